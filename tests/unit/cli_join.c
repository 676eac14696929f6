/* Joining: is a bundle taken only when it fits this office, its keys, its bank and the date? */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/birth.h"
#include "cli/join.h"
#include "io/clock.h"
#include "support/folder.h"

/* An office that has keys, and an office above it that certifies whatever a test wants. */
struct joiner {
    struct test_folder folder;
    char dir[512];
    struct omb_signer *anchor, *ho;
    uint8_t anchor_key[OMB_PUBLIC_SIZE], ho_key[OMB_PUBLIC_SIZE], signing[OMB_PUBLIC_SIZE];
    uint8_t sealing[OMB_PUBLIC_SIZE], recovery[OMB_PUBLIC_SIZE];
    struct omb_office_keys keys;
    struct omb_certificate inner;
    struct omb_view address;
    struct omb_buf root, bundle;
    struct omb_arena arena;
};

static struct joiner it;

static struct omb_signer *signer_of(uint8_t with, uint8_t out_key[OMB_PUBLIC_SIZE])
{
    uint8_t seed[OMB_SEED_SIZE];
    struct omb_signer *signer;

    memset(seed, with, sizeof(seed));
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, out_key);
    return signer;
}

static void make_root(struct omb_known_certificate *out)
{
    const struct omb_certificate root = {
        .version = 1,
        .office = omb_certify_office_id(OMB_VIEW_LIT("ho"), it.ho_key),
        .code = OMB_VIEW_LIT("ho"),
        .name = OMB_VIEW_LIT("Head Office"),
        .kind = OMB_VIEW_LIT("head"),
        .signing_key = OMB_VIEW_OF(it.ho_key),
        .transport_key = OMB_VIEW_OF(it.recovery),
        .sealing_key = OMB_VIEW_OF(it.recovery),
        .not_before = 1,
        .not_after = OMB_DAY_MS * 100000,
        .issuer = omb_certify_anchor_issuer(it.anchor_key),
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH,
    };

    omb_certify_issue(&root, it.anchor, &it.root);
    assert_int_equal(omb_certify_read(omb_buf_view(&it.root), &it.arena, out, NULL), OMB_OK);
}

static void make_office(void)
{
    struct omb_birth birth = {.dir = it.dir, .name = "North", .kind = "regional"};
    struct omb_born born;
    struct omb_error err = {0};

    omb_config_defaults(&birth.config);
    (void)snprintf(birth.config.code, sizeof(birth.config.code), "north");
    if (omb_birth(&birth, &born, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(omb_office_keys_load(it.dir, &birth.config, &it.keys, NULL), OMB_OK);
    omb_signer_public(it.keys.signer, it.signing);
    omb_box_public(it.keys.sealing, it.sealing);
}

static int setup(void **state)
{
    struct omb_known_certificate root;

    (void)state;
    omb_crypto_init();
    omb_wire_init();
    memset(&it, 0, sizeof(it));
    omb_arena_init(&it.arena, SIZE_MAX);
    it.folder = test_folder_make();
    (void)snprintf(it.dir, sizeof(it.dir), "%s/north", it.folder.path);
    it.anchor = signer_of(0xa0, it.anchor_key);
    it.ho = signer_of(0x50, it.ho_key);
    memset(it.recovery, 9, sizeof(it.recovery));
    make_office();
    make_root(&root);
    it.address = OMB_VIEW_LIT("tcp://ho:7100");
    it.inner = (struct omb_certificate){
        .version = 1,
        .office = omb_certify_office_id(OMB_VIEW_LIT("north"), it.signing),
        .code = OMB_VIEW_LIT("north"),
        .name = OMB_VIEW_LIT("North"),
        .kind = OMB_VIEW_LIT("regional"),
        .parent = root.inner.office,
        .signing_key = OMB_VIEW_OF(it.signing),
        .transport_key = OMB_VIEW_OF(it.keys.transport_public),
        .sealing_key = OMB_VIEW_OF(it.sealing),
        .not_before = omb_clock_wall_ms() - OMB_DAY_MS,
        .not_after = omb_clock_wall_ms() + OMB_DAY_MS,
        .issuer = root.digest,
        .depth = 1,
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(&it.folder);
    omb_signer_free(it.anchor);
    omb_signer_free(it.ho);
    omb_office_keys_free(&it.keys);
    omb_buf_free(&it.root);
    omb_buf_free(&it.bundle);
    omb_arena_free(&it.arena);
    return 0;
}

static enum omb_rc join(struct omb_error *err)
{
    struct omb_buf own = OMB_BUF_INIT;
    struct omb_known_bundle bundle;
    struct omb_view list[2];
    const struct omb_bundle_content content = {
        .version = 1,
        .certificates = {list, 2},
        .anchor = OMB_VIEW_OF(it.anchor_key),
        .recovery = OMB_VIEW_OF(it.recovery),
        .addresses = {&it.address, it.address.size ? 1 : 0},
        .at = 1,
    };
    enum omb_rc rc;

    omb_certify_issue(&it.inner, it.ho, &own);
    list[0] = omb_buf_view(&own);
    list[1] = omb_buf_view(&it.root);
    omb_buf_clear(&it.bundle);
    omb_enrol_give(&content, it.ho, &it.bundle);
    omb_buf_free(&own);
    rc = omb_enrol_read_bundle(omb_buf_view(&it.bundle), &it.arena, &bundle, err);
    return rc == OMB_OK ? omb_join_first(it.dir, &bundle, err) : rc;
}

static bool is_there(const char *part)
{
    char path[600];

    (void)snprintf(path, sizeof(path), "%s/%s", it.dir, part);
    return test_exists(path);
}

static void assert_refused(const char *words)
{
    struct omb_error err = {0};

    assert_int_not_equal(join(&err), OMB_OK);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.words);
    assert_true(is_there("keys/request.conf"));
    assert_false(is_there("keys/anchor.pub"));
    assert_false(is_there("keys/recovery.pub"));
    assert_false(is_there("db"));
}

/* --- what fits --- */

static void test_a_bundle_that_fits_makes_the_store(void **state)
{
    struct omb_error err = {0};
    struct omb_config config;
    char path[600];
    bool first;

    (void)state;
    assert_int_equal(omb_join_is_first(it.dir, &first, NULL), OMB_OK);
    assert_true(first);
    if (join(&err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(omb_join_is_first(it.dir, &first, NULL), OMB_OK);
    assert_false(first);
    assert_false(is_there("keys/request.conf"));
    assert_true(is_there("keys/anchor.pub"));
    (void)snprintf(path, sizeof(path), "%s/ombud.conf", it.dir);
    assert_int_equal(omb_config_read(path, &config, NULL), OMB_OK);
    assert_string_equal(config.parent, "tcp://ho:7100");
}

static void test_what_the_office_wished_is_read(void **state)
{
    struct omb_wished wished;

    (void)state;
    assert_int_equal(omb_join_wished(it.dir, &wished, NULL), OMB_OK);
    assert_string_equal(wished.name, "North");
    assert_string_equal(wished.kind, "regional");
    assert_int_equal(join(NULL), OMB_OK);
    assert_int_equal(omb_join_wished(it.dir, &wished, NULL), OMB_NOT_FOUND);
}

/* --- what does not --- */

static void test_what_the_office_wished_is_read_line_by_line(void **state)
{
    const struct omb_wished wished = {.name = "Our kind = life = previous = 7",
                                      .kind = "branch",
                                      .previous = {{0xab}},
                                      .life = 3};
    struct omb_wished back;
    (void)state;

    assert_int_equal(omb_join_wish_again(it.dir, &wished, NULL), OMB_OK);
    assert_int_equal(omb_join_wished(it.dir, &back, NULL), OMB_OK);
    assert_string_equal(back.name, wished.name);
    assert_string_equal(back.kind, "branch");
    assert_true(omb_digest_equal(&back.previous, &wished.previous));
    assert_int_equal(back.life, 3);
}

/* A previous certificate that is passed over would make the office another one. */
static void test_a_wish_with_a_line_too_long_is_refused(void **state)
{
    struct omb_error err = {0};
    struct omb_wished wished;
    const char *text = "name = North\nkind = regional\nprevious = 0123456789abcdef"
                       "0123456789abcdef0123456789abcdef0123456789abcdef0\n";
    char path[600];
    (void)state;

    (void)snprintf(path, sizeof(path), "%s/keys/request.conf", it.dir);
    test_write(path, omb_view_str(text), 0600);
    assert_int_equal(omb_join_wished(it.dir, &wished, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, "request.conf: a line of it is too long"));
}

static void test_a_certificate_of_another_time_is_refused(void **state)
{
    (void)state;
    it.inner.not_after = omb_clock_wall_ms() - 1000;
    assert_refused("has expired");
    it.inner.not_before = omb_clock_wall_ms() + OMB_DAY_MS;
    it.inner.not_after = it.inner.not_before + OMB_DAY_MS;
    assert_refused("does not hold yet");
}

static void test_another_office_s_certificate_is_refused(void **state)
{
    const struct omb_certificate whole = it.inner;

    (void)state;
    it.inner.code = OMB_VIEW_LIT("south");
    it.inner.office = omb_certify_office_id(it.inner.code, it.signing);
    assert_refused("a certificate for another office");
    it.inner = whole;
    it.inner.signing_key = OMB_VIEW_OF(it.ho_key);
    it.inner.office = omb_certify_office_id(it.inner.code, it.ho_key);
    assert_refused("other keys");
    it.inner = whole;
    it.inner.sealing_key = OMB_VIEW_OF(it.recovery);
    assert_refused("other keys");
}

static void test_an_address_that_nobody_can_call_is_refused(void **state)
{
    (void)state;
    it.address = OMB_VIEW_LIT("tcp://*:7100");
    assert_refused("nobody can connect");
}

/* What fails while it is written leaves nothing behind: a point of small order is no key. */
static void test_a_recovery_key_that_is_none_leaves_nothing_behind(void **state)
{
    (void)state;
    memset(it.recovery, 0, sizeof(it.recovery));
    assert_refused("recovery key");
    assert_int_equal(test_exists(it.dir), true);
}

#define JOIN_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOIN_TEST(test_a_bundle_that_fits_makes_the_store),
        JOIN_TEST(test_what_the_office_wished_is_read),
        JOIN_TEST(test_what_the_office_wished_is_read_line_by_line),
        JOIN_TEST(test_a_wish_with_a_line_too_long_is_refused),
        JOIN_TEST(test_a_certificate_of_another_time_is_refused),
        JOIN_TEST(test_another_office_s_certificate_is_refused),
        JOIN_TEST(test_an_address_that_nobody_can_call_is_refused),
        JOIN_TEST(test_a_recovery_key_that_is_none_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
