/* Are the keys of an office opened when they are its own, and refused in words when not? */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/officedir.h"
#include "support/folder.h"

static struct test_folder folder;
static struct omb_config config;

static int setup(void **state)
{
    (void)state;
    folder = test_folder_make();
    omb_config_defaults(&config);
    (void)snprintf(config.code, sizeof(config.code), "vsp-0045");
    assert_int_equal(mkdir(test_path(&folder, "keys").text, 0700), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    return 0;
}

static struct omb_keyfile make_key(const char *use, const char *name, uint8_t seed)
{
    struct omb_keyfile key = {.secret = NULL};
    uint8_t bytes[OMB_KEY_SIZE];

    memset(bytes, seed, sizeof(bytes));
    (void)snprintf(key.use, sizeof(key.use), "%s", use);
    (void)snprintf(key.name, sizeof(key.name), "%s", name);
    key.secret = omb_secret_new(bytes);
    assert_int_equal(omb_keyfile_public(use, key.secret, key.public_key), OMB_OK);
    return key;
}

static void save(const char *part, const char *use, const char *name, uint8_t seed,
                 const char *passphrase)
{
    struct omb_keyfile key = make_key(use, name, seed);

    assert_int_equal(omb_key_save(test_path(&folder, part).text, &key, omb_view_str(passphrase),
                                  NULL), OMB_OK);
    omb_keyfile_free(&key);
}

static void save_all(const char *passphrase)
{
    save("keys/signing.key", "signing", "vsp-0045", 1, passphrase);
    save("keys/transport.key", "transport", "vsp-0045", 2, passphrase);
    save("keys/sealing.key", "sealing", "vsp-0045", 3, passphrase);
}

static void assert_refused(enum omb_rc rc, const char *words)
{
    struct omb_office_keys keys = {.signer = NULL};
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_office_keys_load(folder.path, &config, &keys, &err), rc);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" is not in: %s", words, err.words);
    assert_null(keys.signer);
    assert_null(keys.transport);
}

/* --- one key --- */

static void a_saved_key_is_loaded(void **state)
{
    struct test_path path = test_path(&folder, "keys/signing.key");
    struct omb_keyfile key, made = make_key("signing", "vsp-0045", 1);

    (void)state;
    save("keys/signing.key", "signing", "vsp-0045", 1, "");
    assert_int_equal(test_mode(path.text), 0600);
    assert_int_equal(omb_key_load(path.text, OMB_VIEW_NONE, &key, NULL), OMB_OK);
    assert_string_equal(key.use, "signing");
    assert_string_equal(key.name, "vsp-0045");
    assert_memory_equal(key.public_key, made.public_key, OMB_PUBLIC_SIZE);
    assert_memory_equal(omb_secret_bytes(key.secret), omb_secret_bytes(made.secret), OMB_KEY_SIZE);
    omb_keyfile_free(&key);
    omb_keyfile_free(&made);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "keys/signing.key");
    struct omb_keyfile key;
    struct omb_error err;

    (void)state;
    save("keys/signing.key", "signing", "vsp-0045", 1, "");
    assert_int_equal(chmod(path.text, 0644), 0);
    assert_int_equal(omb_key_load(path.text, OMB_VIEW_NONE, &key, &err), OMB_FORBIDDEN);
    assert_non_null(strstr(err.words, "mode 0644; run: chmod 0600 "));
}

static void a_sealed_key_is_as_private(void **state)
{
    struct test_path path = test_path(&folder, "keys/signing.key");
    struct omb_keyfile key;

    (void)state;
    save("keys/signing.key", "signing", "vsp-0045", 1, "open sesame");
    assert_int_equal(chmod(path.text, 0644), 0);
    assert_int_equal(omb_key_load(path.text, OMB_VIEW_LIT("open sesame"), &key, NULL),
                     OMB_FORBIDDEN);
}

static void a_public_half_may_be_read_by_all(void **state)
{
    struct test_path path = test_path(&folder, "transport.pub");
    struct omb_keyfile key = make_key("transport", "vsp-0045", 2), read;

    (void)state;
    omb_secret_free(key.secret);
    key.secret = NULL;
    assert_int_equal(chmod(folder.path, 0755), 0);
    assert_int_equal(omb_key_save(path.text, &key, OMB_VIEW_NONE, NULL), OMB_OK);
    assert_int_equal(test_mode(path.text), 0644);
    assert_int_equal(omb_key_load(path.text, OMB_VIEW_NONE, &read, NULL), OMB_OK);
    assert_memory_equal(read.public_key, key.public_key, OMB_PUBLIC_SIZE);
    assert_null(read.secret);
    omb_keyfile_free(&read);
}

static void a_key_file_that_is_none_names_file_and_line(void **state)
{
    struct test_path path = test_path(&folder, "keys/signing.key");
    struct omb_keyfile key;
    struct omb_error err;

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("ombud-key 1\nuse: lunch\n"), 0600);
    assert_int_equal(omb_key_load(path.text, OMB_VIEW_NONE, &key, &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "keys/signing.key: line 2"));
}

/* --- passphrases --- */

static void assert_passphrase(const char *source, enum omb_rc rc, const char *passphrase)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_passphrase_load(source, &out, &err), rc);
    assert_string_equal(omb_buf_str(&out), passphrase);
    omb_buf_wipe(&out);
}

static void a_passphrase_is_the_first_line_of_a_private_file(void **state)
{
    struct test_path path = test_path(&folder, "pass");

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("open sesame\n"), 0600);
    assert_passphrase(path.text, OMB_OK, "open sesame");
    test_write(path.text, OMB_VIEW_LIT("no line's end"), 0600);
    assert_passphrase(path.text, OMB_OK, "no line's end");
    test_write(path.text, OMB_VIEW_LIT("  spaces count \r\nmore\n"), 0600);
    assert_passphrase(path.text, OMB_OK, "  spaces count ");
}

static void no_source_is_no_passphrase(void **state)
{
    (void)state;
    assert_passphrase("", OMB_OK, "");
}

static void a_passphrase_must_be_private_and_said(void **state)
{
    struct test_path path = test_path(&folder, "pass");
    uint8_t large[OMB_PASSPHRASE_MAX + 1];

    (void)state;
    assert_passphrase(path.text, OMB_NOT_FOUND, "");
    test_write(path.text, OMB_VIEW_LIT("open sesame\n"), 0644);
    assert_passphrase(path.text, OMB_FORBIDDEN, "");
    test_write(path.text, OMB_VIEW_LIT("\nopen sesame\n"), 0600);
    assert_passphrase(path.text, OMB_INVALID, "");
    memset(large, 'x', sizeof(large));
    test_write(path.text, OMB_VIEW_OF(large), 0600);
    assert_passphrase(path.text, OMB_LIMIT, "");
}

static void a_passphrase_may_come_from_a_descriptor(void **state)
{
    int ends[2];
    char source[16];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "open ", 5), 5);
    assert_int_equal(write(ends[1], "sesame\n", 7), 7);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(source, sizeof(source), "fd:%d", ends[0]);
    assert_passphrase(source, OMB_OK, "open sesame");
    assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* closed: nobody else may read it */
    assert_passphrase(source, OMB_IO, "");
    assert_passphrase("fd:", OMB_INVALID, "");
    assert_passphrase("fd:three", OMB_INVALID, "");
    assert_passphrase("fd:99999999999", OMB_INVALID, "");
}

/* --- all of an office --- */

static void all_keys_are_loaded(void **state)
{
    struct omb_office_keys keys;
    struct omb_keyfile signing = make_key("signing", "vsp-0045", 1);
    struct omb_keyfile transport = make_key("transport", "vsp-0045", 2);
    uint8_t public_key[OMB_PUBLIC_SIZE], sealing[OMB_KEY_SIZE];

    (void)state;
    save_all("");
    assert_int_equal(omb_office_keys_load(folder.path, &config, &keys, NULL), OMB_OK);
    omb_signer_public(keys.signer, public_key);
    assert_memory_equal(public_key, signing.public_key, OMB_PUBLIC_SIZE);
    assert_memory_equal(keys.transport_public, transport.public_key, OMB_PUBLIC_SIZE);
    assert_memory_equal(omb_secret_bytes(keys.transport), omb_secret_bytes(transport.secret),
                        OMB_KEY_SIZE);
    memset(sealing, 3, sizeof(sealing));
    assert_memory_equal(omb_secret_bytes(keys.sealing), sealing, OMB_KEY_SIZE);
    omb_office_keys_free(&keys);
    omb_keyfile_free(&signing);
    omb_keyfile_free(&transport);
}

static void sealed_keys_are_opened_with_the_passphrase(void **state)
{
    struct test_path path = test_path(&folder, "keys/passphrase");
    struct omb_office_keys keys;

    (void)state;
    save_all("open sesame");
    assert_refused(OMB_UNAUTHENTIC, "keys/signing.key: the key file is sealed");
    test_write(path.text, OMB_VIEW_LIT("open barley\n"), 0600);
    memcpy(config.passphrase_file, path.text, strlen(path.text) + 1);
    assert_refused(OMB_UNAUTHENTIC, "keys/signing.key: the passphrase is wrong");
    test_write(path.text, OMB_VIEW_LIT("open sesame\n"), 0600);
    assert_int_equal(omb_office_keys_load(folder.path, &config, &keys, NULL), OMB_OK);
    omb_office_keys_free(&keys);
}

static void a_missing_key_is_named(void **state)
{
    (void)state;
    save_all("");
    assert_int_equal(unlink(test_path(&folder, "keys/sealing.key").text), 0);
    assert_refused(OMB_NOT_FOUND, "keys/sealing.key cannot be opened");
}

static void a_key_for_another_use_is_refused(void **state)
{
    (void)state;
    save_all("");
    save("keys/transport.key", "sealing", "vsp-0045", 3, "");
    assert_refused(OMB_INVALID, "keys/transport.key is a key for sealing, not for transport");
}

static void a_key_of_another_office_is_refused(void **state)
{
    (void)state;
    save_all("");
    save("keys/transport.key", "transport", "north", 2, "");
    assert_refused(OMB_INVALID, "keys/transport.key is a key of north; ombud.conf says vsp-0045");
}

static void a_public_half_alone_is_refused(void **state)
{
    struct omb_keyfile key = make_key("sealing", "vsp-0045", 3);

    (void)state;
    save_all("");
    omb_secret_free(key.secret);
    key.secret = NULL;
    assert_int_equal(omb_key_save(test_path(&folder, "keys/sealing.key").text, &key, OMB_VIEW_NONE,
                                  NULL), OMB_OK);
    assert_refused(OMB_INVALID, "keys/sealing.key holds no secret");
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_saved_key_is_loaded),
        ROW(a_key_that_others_can_read_is_refused),
        ROW(a_sealed_key_is_as_private),
        ROW(a_public_half_may_be_read_by_all),
        ROW(a_key_file_that_is_none_names_file_and_line),
        ROW(a_passphrase_is_the_first_line_of_a_private_file),
        ROW(no_source_is_no_passphrase),
        ROW(a_passphrase_must_be_private_and_said),
        ROW(a_passphrase_may_come_from_a_descriptor),
        ROW(all_keys_are_loaded),
        ROW(sealed_keys_are_opened_with_the_passphrase),
        ROW(a_missing_key_is_named),
        ROW(a_key_for_another_use_is_refused),
        ROW(a_key_of_another_office_is_refused),
        ROW(a_public_half_alone_is_refused),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
