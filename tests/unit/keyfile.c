/* Does a key file give back the key, to those who may have it, and name the line that is wrong? */
#include "unit.h"

#include <stdio.h>

#include "crypto/keyfile.h"

static const uint8_t salt_and_nonce[40] = {1, 2, 3};
static const struct omb_view no_passphrase = {NULL, 0};

static int start(void **state)
{
    (void)state;
    omb_crypto_init();
    return 0;
}

static struct omb_keyfile make(const char *use, const char *name)
{
    const uint8_t bytes[OMB_KEY_SIZE] = {11, 22, 33};
    struct omb_keyfile key = {.secret = omb_secret_new(bytes)};

    snprintf(key.use, sizeof(key.use), "%s", use);
    snprintf(key.name, sizeof(key.name), "%s", name);
    assert_int_equal(omb_keyfile_public(use, key.secret, key.public_key), OMB_OK);
    return key;
}

static void write_key(const char *use, struct omb_view passphrase, struct omb_buf *out)
{
    struct omb_keyfile key = make(use, "vsp-0045");

    assert_int_equal(omb_keyfile_write(&key, passphrase, salt_and_nonce, out, NULL), OMB_OK);
    omb_keyfile_free(&key);
}

static void check_read(const struct omb_buf *text, struct omb_view passphrase, const char *use)
{
    struct omb_keyfile expected = make(use, "vsp-0045"), key;

    assert_int_equal(omb_keyfile_read(omb_buf_view(text), passphrase, &key, NULL), OMB_OK);
    assert_string_equal(key.use, use);
    assert_string_equal(key.name, "vsp-0045");
    assert_memory_equal(key.public_key, expected.public_key, OMB_PUBLIC_SIZE);
    assert_memory_equal(omb_secret_bytes(key.secret), omb_secret_bytes(expected.secret),
                        OMB_KEY_SIZE);
    omb_keyfile_free(&key);
    omb_keyfile_free(&expected);
}

/* What is read is refused with this code, and the sentence has these words. */
static void check_refused(const char *text, struct omb_view passphrase, enum omb_rc rc,
                          const char *words)
{
    struct omb_keyfile key = {.use = "untouched"};
    struct omb_error err = {0};

    assert_int_equal(omb_keyfile_read(omb_view_str(text), passphrase, &key, &err), rc);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" does not say \"%s\"", err.words, words);
    assert_string_equal(key.use, "untouched");
}

static void keys_of_every_use_come_back(void **state)
{
    static const char *const uses[] = {"signing",  "transport", "sealing",
                                       "operator", "anchor",    "recovery"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(uses); i++) {
        struct omb_buf text = OMB_BUF_INIT;

        write_key(uses[i], no_passphrase, &text);
        check_read(&text, no_passphrase, uses[i]);
        omb_buf_wipe(&text);
    }
}

static void a_plain_file_reads_as_documented(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("sealing", no_passphrase, &text);
    assert_non_null(strstr(omb_buf_str(&text), "ombud-key 1\nuse: sealing\nname: vsp-0045\n"
                                               "public: "));
    assert_non_null(strstr(omb_buf_str(&text), "\nsecret: 0b1621000000"));
    assert_int_equal(text.data[text.size - 1], '\n');
    omb_buf_wipe(&text);
}

static void a_sealed_file_opens_with_its_passphrase(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("signing", OMB_VIEW_LIT("correct horse"), &text);
    check_read(&text, OMB_VIEW_LIT("correct horse"), "signing");
    omb_buf_wipe(&text);
}

static void a_sealed_file_does_not_show_its_secret(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("signing", OMB_VIEW_LIT("correct horse"), &text);
    assert_null(strstr(omb_buf_str(&text), "secret:"));
    assert_null(strstr(omb_buf_str(&text), "0b1621000000"));
    omb_buf_wipe(&text);
}

static void a_wrong_or_absent_passphrase_is_refused(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("signing", OMB_VIEW_LIT("correct horse"), &text);
    check_refused(omb_buf_str(&text), OMB_VIEW_LIT("wrong horse"), OMB_UNAUTHENTIC,
                  "the passphrase is wrong");
    check_refused(omb_buf_str(&text), no_passphrase, OMB_UNAUTHENTIC, "no passphrase was given");
    omb_buf_wipe(&text);
}

static void a_sealed_file_cannot_be_given_another_name(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("signing", OMB_VIEW_LIT("correct horse"), &text);
    memcpy(strstr(omb_buf_str(&text), "vsp-0045"), "vsp-0046", 8);
    check_refused(omb_buf_str(&text), OMB_VIEW_LIT("correct horse"), OMB_UNAUTHENTIC, "changed");
    omb_buf_wipe(&text);
}

static void a_passphrase_does_not_keep_a_plain_file_shut(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    write_key("operator", no_passphrase, &text);
    check_read(&text, OMB_VIEW_LIT("correct horse"), "operator");
    omb_buf_wipe(&text);
}

static void a_public_file_has_no_secret(void **state)
{
    struct omb_keyfile key = make("anchor", "ho"), read;
    struct omb_buf text = OMB_BUF_INIT;
    (void)state;

    omb_secret_free(key.secret);
    key.secret = NULL;
    assert_int_equal(omb_keyfile_write(&key, no_passphrase, salt_and_nonce, &text, NULL), OMB_OK);
    assert_int_equal(omb_keyfile_read(omb_buf_view(&text), no_passphrase, &read, NULL), OMB_OK);
    assert_null(read.secret);
    assert_memory_equal(read.public_key, key.public_key, OMB_PUBLIC_SIZE);
    omb_keyfile_free(&read);
    omb_buf_free(&text);
}

#define HEX32 "0b16210000000000000000000000000000000000000000000000000000000000"
#define HEAD "ombud-key 1\nuse: sealing\nname: vsp-0045\n"

static void the_damaged_line_is_named(void **state)
{
    static const char *const damaged[][2] = {
        {"", "line 1 "},
        {"ombud-kex 1\n", "line 1 "},
        {"ombud-key 1 \n", "line 1 "},
        {"ombud-key 1", "line 2 "},
        {"ombud-key 1\nuse:sealing\n", "line 2 "},
        {"ombud-key 1\nuse: wealing\n", "line 2 "},
        {"ombud-key 1\nname: vsp-0045\n", "line 2 "},
        {"ombud-key 1\nuse: sealing\n", "line 3 "},
        {"ombud-key 1\nuse: sealing\nname: \n", "line 3 "},
        {"ombud-key 1\nuse: sealing\nname: Vsp 45\n", "line 3 "},
        {HEAD, "line 4 "},
        {HEAD "public: " HEX32 "0\n", "line 4 "},
        {HEAD "public: xy" HEX32 "\n", "line 4 "},
        {HEAD "secret: " HEX32 "\n", "line 4 "},
        {HEAD "public: " HEX32 "\nsecret: 00\n", "line 5 "},
        {HEAD "public: " HEX32 "\nsealed: " HEX32 "\n", "line 5 "},
        {HEAD "public: " HEX32 "\n\n", "line 5 "},
        {HEAD "public: " HEX32 "\nsecret: " HEX32 "\nmore\n", "line 6 "},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(damaged); i++)
        check_refused(damaged[i][0], no_passphrase, OMB_INVALID, damaged[i][1]);
}

static void a_later_version_is_said_to_be_later(void **state)
{
    (void)state;
    check_refused("ombud-key 2\nanything\n", no_passphrase, OMB_LATER, "line 1 ");
}

static void a_public_key_of_another_secret_is_refused(void **state)
{
    (void)state;
    check_refused(HEAD "public: " HEX32 "\nsecret: " HEX32 "\n", no_passphrase, OMB_UNAUTHENTIC,
                  "line 4 ");
}

static void every_cut_of_a_file_is_refused_or_public(void **state)
{
    struct omb_buf text = OMB_BUF_INIT;
    size_t open_lines;
    (void)state;

    write_key("transport", no_passphrase, &text);
    open_lines = (size_t)(strstr(omb_buf_str(&text), "secret: ") - (const char *)text.data);
    for (size_t size = 0; size + 1 < text.size; size++) {
        struct omb_keyfile key = {.secret = NULL};
        enum omb_rc rc = omb_keyfile_read(omb_view(text.data, size), no_passphrase, &key, NULL);
        bool is_public = size == open_lines || size == open_lines - 1;

        assert_int_equal(rc, is_public ? OMB_OK : OMB_INVALID);
        assert_null(key.secret);
    }
    omb_buf_wipe(&text);
}

static void a_bad_key_is_not_written(void **state)
{
    struct omb_keyfile key = make("signing", "vsp-0045");
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    key.public_key[0] ^= 1;
    assert_int_equal(omb_keyfile_write(&key, no_passphrase, salt_and_nonce, &out, NULL),
                     OMB_INVALID);
    key.public_key[0] ^= 1;
    key.name[0] = 'V';
    assert_int_equal(omb_keyfile_write(&key, no_passphrase, salt_and_nonce, &out, NULL),
                     OMB_INVALID);
    key.name[0] = 'v';
    key.use[0] = 'x';
    assert_int_equal(omb_keyfile_write(&key, no_passphrase, salt_and_nonce, &out, NULL),
                     OMB_UNKNOWN_CODE);
    assert_int_equal(out.size, 0);
    omb_keyfile_free(&key);
    omb_buf_free(&out);
}

static void no_error_ever_holds_the_secret(void **state)
{
    struct omb_keyfile key = {.secret = NULL};
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(omb_keyfile_read(OMB_VIEW_LIT(HEAD "public: " HEX32 "\nsecret: x" HEX32 "\n"),
                                      no_passphrase, &key, &err),
                     OMB_INVALID);
    assert_null(strstr(err.words, "0b1621"));
}

static void a_fingerprint_is_eight_groups_of_four(void **state)
{
    const uint8_t key[OMB_PUBLIC_SIZE] = {0};
    char out[40];
    (void)state;

    omb_fingerprint(key, out);
    assert_string_equal(out, "89eb 0d6a 8a69 1dae 2cd1 5ed0 3699 31ce");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_use_come_back),
        cmocka_unit_test(a_plain_file_reads_as_documented),
        cmocka_unit_test(a_sealed_file_opens_with_its_passphrase),
        cmocka_unit_test(a_sealed_file_does_not_show_its_secret),
        cmocka_unit_test(a_wrong_or_absent_passphrase_is_refused),
        cmocka_unit_test(a_sealed_file_cannot_be_given_another_name),
        cmocka_unit_test(a_passphrase_does_not_keep_a_plain_file_shut),
        cmocka_unit_test(a_public_file_has_no_secret),
        cmocka_unit_test(the_damaged_line_is_named),
        cmocka_unit_test(a_later_version_is_said_to_be_later),
        cmocka_unit_test(a_public_key_of_another_secret_is_refused),
        cmocka_unit_test(every_cut_of_a_file_is_refused_or_public),
        cmocka_unit_test(a_bad_key_is_not_written),
        cmocka_unit_test(no_error_ever_holds_the_secret),
        cmocka_unit_test(a_fingerprint_is_eight_groups_of_four),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
