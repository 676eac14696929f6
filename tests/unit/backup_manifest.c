/* The manifest of a backup: is it believed as its office signed it alone, and each fault named? */
#include "ledger/backup.h"

#include <stdlib.h>

#include "unit.h"
#include "wire/limits.h"

#define NOW_MS INT64_C(1774951200000)

enum { FILES = 4 };

/* A manifest of `ho`; what a test changes is signed again by whoever it says. */
struct made {
    struct omb_signer *anchor, *signer, *stranger;
    uint8_t anchor_key[OMB_PUBLIC_SIZE], key[OMB_PUBLIC_SIZE], other[OMB_PUBLIC_SIZE];
    struct omb_buf certificate;
    struct omb_view certificates[OMB_CHAIN_MAX + 1];
    struct omb_backup_file files[FILES];
    struct omb_backup_manifest manifest;
    struct omb_arena arena;
};

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, with, sizeof(seed));
    return omb_signer_from_seed(seed);
}

static void certify(struct made *made)
{
    const struct omb_certificate inner = {
        .version = 1,
        .office = omb_certify_office_id(OMB_VIEW_LIT("ho"), made->key),
        .code = OMB_VIEW_LIT("ho"),
        .name = OMB_VIEW_LIT("Head Office"),
        .kind = OMB_VIEW_LIT("head"),
        .signing_key = OMB_VIEW_OF(made->key),
        .transport_key = OMB_VIEW_OF(made->other),
        .sealing_key = OMB_VIEW_OF(made->other),
        .not_before = NOW_MS,
        .not_after = NOW_MS + 1,
        .issuer = omb_certify_anchor_issuer(made->anchor_key),
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH,
    };

    omb_certify_issue(&inner, made->anchor, &made->certificate);
    for (size_t i = 0; i < UNIT_COUNT(made->certificates); i++)
        made->certificates[i] = omb_buf_view(&made->certificate);
}

static int setup(void **state)
{
    static const char *const paths[FILES] = {"db/000012.sst", "db/CURRENT", "keys.sealed",
                                             "ombud.conf"};
    struct made *made = calloc(1, sizeof(*made));

    omb_crypto_init();
    omb_wire_init();
    omb_arena_init(&made->arena, SIZE_MAX);
    made->anchor = signer_of(1);
    made->signer = signer_of(2);
    made->stranger = signer_of(3);
    omb_signer_public(made->anchor, made->anchor_key);
    omb_signer_public(made->signer, made->key);
    memset(made->other, 9, sizeof(made->other));
    certify(made);
    for (size_t i = 0; i < FILES; i++)
        made->files[i] = (struct omb_backup_file){omb_view_str(paths[i]), 100 * i,
                                                  omb_hash("tests", omb_view_str(paths[i]))};
    made->manifest = (struct omb_backup_manifest){
        .version = OMB_BACKUP_VERSION,
        .schema = 1,
        .code = OMB_VIEW_LIT("ho"),
        .office = omb_certify_office_id(OMB_VIEW_LIT("ho"), made->key),
        .head = 7,
        .digest = omb_hash("tests", OMB_VIEW_LIT("head")),
        .records = 9,
        .cases = 2,
        .made_at = NOW_MS,
        .software = OMB_VIEW_LIT("ombud"),
        .anchor = OMB_VIEW_OF(made->anchor_key),
        .recovery = OMB_VIEW_OF(made->other),
        .files = {made->files, FILES},
    };
    memset(made->manifest.incarnation.bytes, 5, sizeof(made->manifest.incarnation.bytes));
    *state = made;
    return 0;
}

static int teardown(void **state)
{
    struct made *made = *state;

    omb_signer_free(made->anchor);
    omb_signer_free(made->signer);
    omb_signer_free(made->stranger);
    omb_buf_free(&made->certificate);
    omb_arena_free(&made->arena);
    free(made);
    return 0;
}

static enum omb_rc sign_and_read(struct made *made, const struct omb_signer *by, size_t chain,
                                 struct omb_known_backup *out, struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_backup_sign(&made->manifest, (struct omb_views){made->certificates, chain}, by, &bytes);
    rc =
        omb_backup_read(omb_arena_copy(&made->arena, omb_buf_view(&bytes)), &made->arena, out, err);
    omb_buf_free(&bytes);
    return rc;
}

static void refused(struct made *made, enum omb_rc rc, const char *field, const char *words)
{
    struct omb_known_backup known = {.bytes = 77};
    struct omb_error err = {0};

    assert_int_equal(sign_and_read(made, made->signer, 1, &known, &err), rc);
    assert_string_equal(err.field, field);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" does not say \"%s\"", err.words, words);
    assert_int_equal(known.bytes, 77); /* untouched */
}

/* --- what it says --- */

static void what_was_signed_comes_back(void **state)
{
    struct made *made = *state;
    struct omb_known_backup known;

    assert_int_equal(sign_and_read(made, made->signer, 1, &known, NULL), OMB_OK);
    assert_int_equal(known.bytes, 600);
    assert_int_equal(known.chain_count, 1);
    assert_int_equal(known.manifest.files.count, FILES);
    assert_true(omb_view_is(known.manifest.files.items[3].path, "ombud.conf"));
    assert_int_equal(known.manifest.made_at, NOW_MS);
    assert_false(omb_digest_none(&known.digest));
    made->manifest.head = 0;
    made->manifest.digest = (struct omb_digest){{0}};
    assert_int_equal(sign_and_read(made, made->signer, 1, &known, NULL), OMB_OK);
}

static void each_field_is_held_to_its_form(void **state)
{
    struct made *made = *state;
    const struct omb_backup_manifest good = made->manifest;

    made->manifest.version = 0;
    refused(made, OMB_INVALID, "version", "version 0");
    made->manifest.version = 2;
    refused(made, OMB_LATER, "version", "version 2");
    made->manifest = good;
    made->manifest.schema = 0;
    refused(made, OMB_MISSING, "schema", "schema");
    made->manifest = good;
    made->manifest.code = OMB_VIEW_NONE;
    refused(made, OMB_MISSING, "code", "code");
    made->manifest.code = OMB_VIEW_LIT("HO");
    refused(made, OMB_INVALID, "code", "code");
    made->manifest.code = OMB_VIEW_LIT("north");
    refused(made, OMB_UNAUTHENTIC, "office", "another office");
    made->manifest = good;
    made->manifest.office.bytes[3] ^= 1;
    refused(made, OMB_UNAUTHENTIC, "office", "another office");
    made->manifest = good;
    made->manifest.head = 0;
    refused(made, OMB_INVALID, "digest", "not both there");
    made->manifest = good;
    made->manifest.digest = (struct omb_digest){{0}};
    refused(made, OMB_INVALID, "digest", "not both there");
    made->manifest = good;
    made->manifest.made_at = 0;
    refused(made, OMB_MISSING, "made_at", "when it was made");
    made->manifest = good;
    made->manifest.software = OMB_VIEW_LIT("om\nbud");
    refused(made, OMB_INVALID, "software", "software");
    made->manifest = good;
    made->manifest.anchor.size--;
    refused(made, OMB_INVALID, "anchor", "31 bytes");
    made->manifest = good;
    made->manifest.recovery.size--;
    refused(made, OMB_INVALID, "recovery", "31 bytes");
}

static void each_file_has_its_place(void **state)
{
    static const char *const nowhere[] = {
        "",
        "/etc/passwd",
        "../x",
        "db/../../x",
        "db/.x",
        "db/",
        "db/a/b",
        "db",
        "manifest",
        "keys/a.key",
        "keys/../a.pub",
        "keys/.pub",
        "operators/x.key",
        "run/x",
        "db/a\\b",
        "db/a b",
        "keys/x.pub/y",
        "ombud.conf/x",
    };
    struct made *made = *state;

    for (size_t i = 0; i < UNIT_COUNT(nowhere); i++) {
        made->files[0].path = omb_view_str(nowhere[i]);
        refused(made, OMB_INVALID, "files", "no place in a backup");
    }
    made->files[0].path = OMB_VIEW_LIT("db/CURRENT");
    refused(made, OMB_INVALID, "files", "twice or out of its order");
    made->files[0].path = OMB_VIEW_LIT("db/ZZZ");
    refused(made, OMB_INVALID, "files", "db/CURRENT stands twice or out of its order");
    made->files[0].path = OMB_VIEW_LIT("db/000012.sst");
    made->files[0].digest = (struct omb_digest){{0}};
    refused(made, OMB_MISSING, "files", "db/000012.sst has no digest");
    made->files[0].digest = made->files[1].digest;
    made->files[0].size = made->files[1].size = UINT64_MAX / 2 + 1;
    refused(made, OMB_LIMIT, "files", "too large");
    made->files[0].size = made->files[1].size = 1;
    made->files[1].path = OMB_VIEW_LIT("db/MANIFEST-000001");
    refused(made, OMB_MISSING, "files", "does not list db/CURRENT");
    made->manifest.files.count = 0;
    refused(made, OMB_MISSING, "files", "does not list");
}

static void keys_have_their_places(void **state)
{
    (void)state;
    assert_true(omb_backup_key_path_is_good(OMB_VIEW_LIT("keys/signing.key")));
    assert_true(omb_backup_key_path_is_good(OMB_VIEW_LIT("operators/t17.key")));
    assert_false(omb_backup_key_path_is_good(OMB_VIEW_LIT("keys/backup.pass")));
    assert_false(omb_backup_key_path_is_good(OMB_VIEW_LIT("operators/../keys/signing.key")));
    assert_false(omb_backup_key_path_is_good(OMB_VIEW_LIT("operators/.key")));
    assert_false(omb_backup_key_path_is_good(OMB_VIEW_LIT("operators/x")));
    assert_false(omb_backup_key_path_is_good(OMB_VIEW_NONE));
}

/* --- who says it --- */

static void only_its_office_signs_it(void **state)
{
    struct made *made = *state;
    struct omb_known_backup known;
    struct omb_error err = {0};

    assert_int_equal(sign_and_read(made, made->stranger, 1, &known, &err), OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "the signature of ho does not hold"));
    assert_int_equal(sign_and_read(made, made->anchor, 1, &known, NULL), OMB_UNAUTHENTIC);
    assert_int_equal(sign_and_read(made, made->signer, 0, &known, &err), OMB_MISSING);
    assert_string_equal(err.field, "certificates");
    assert_int_equal(sign_and_read(made, made->signer, 2, &known, NULL), OMB_UNAUTHENTIC);
    assert_int_equal(sign_and_read(made, made->signer, OMB_CHAIN_MAX + 1, &known, &err), OMB_LIMIT);
    made->manifest.anchor = OMB_VIEW_OF(made->other);
    assert_int_equal(sign_and_read(made, made->signer, 1, &known, NULL), OMB_UNAUTHENTIC);
    made->certificates[0] = OMB_VIEW_LIT("no certificate");
    assert_int_not_equal(sign_and_read(made, made->signer, 1, &known, NULL), OMB_OK);
}

static void the_outer_message_is_held_to_its_form(void **state)
{
    struct made *made = *state;
    const struct omb_views chain = {made->certificates, 1};
    struct omb_signed_backup outer = {.signature = OMB_VIEW_OF(made->key), .certificates = chain};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_known_backup known;
    struct omb_error err = {0};

    assert_int_equal(omb_backup_read(OMB_VIEW_NONE, &made->arena, &known, &err), OMB_MISSING);
    assert_string_equal(err.field, "manifest");
    outer.manifest = OMB_VIEW_LIT("x");
    omb_encode_signed_backup(&outer, &bytes);
    assert_int_equal(omb_backup_read(omb_buf_view(&bytes), &made->arena, &known, &err),
                     OMB_INVALID);
    assert_string_equal(err.field, "signature");
    omb_buf_clear(&bytes);
    omb_buf_reserve(&bytes, OMB_BACKUP_MANIFEST_MAX + 1);
    memset(bytes.data, 0, OMB_BACKUP_MANIFEST_MAX + 1);
    bytes.size = OMB_BACKUP_MANIFEST_MAX + 1;
    assert_int_equal(omb_backup_read(omb_buf_view(&bytes), &made->arena, &known, NULL), OMB_LIMIT);
    omb_buf_free(&bytes);
}

/* Every bit of it counts, and every end. */
static void no_changed_byte_is_believed(void **state)
{
    struct made *made = *state;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_known_backup known;

    omb_backup_sign(&made->manifest, (struct omb_views){made->certificates, 1}, made->signer,
                    &bytes);
    for (size_t at = 0; at < bytes.size; at++) {
        const struct omb_view cut = {bytes.data, at};

        omb_arena_reset(&made->arena);
        assert_int_not_equal(omb_backup_read(cut, &made->arena, &known, NULL), OMB_OK);
        for (unsigned bit = 0; bit < 8; bit += 3) {
            bytes.data[at] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(omb_backup_read(omb_buf_view(&bytes), &made->arena, &known, NULL),
                                 OMB_OK);
            bytes.data[at] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(omb_backup_read(omb_buf_view(&bytes), &made->arena, &known, NULL), OMB_OK);
    omb_buf_free(&bytes);
}

#define MANIFEST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MANIFEST_TEST(what_was_signed_comes_back),
        MANIFEST_TEST(each_field_is_held_to_its_form),
        MANIFEST_TEST(each_file_has_its_place),
        MANIFEST_TEST(keys_have_their_places),
        MANIFEST_TEST(only_its_office_signs_it),
        MANIFEST_TEST(the_outer_message_is_held_to_its_form),
        MANIFEST_TEST(no_changed_byte_is_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
