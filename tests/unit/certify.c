/* Certificates: is a chain accepted only whole, and is every broken link named? */
#include "ledger/certify.h"

#include "unit.h"
#include "wire/limits.h"

#define NOW_MS INT64_C(1774951200000)

enum { OFFICES = 3 };

/* ho over north over vsp-0045; certificates are made anew after a test changed what they say. */
struct tree {
    struct omb_signer *anchor, *signers[OFFICES];
    uint8_t anchor_key[OMB_PUBLIC_SIZE], keys[OFFICES][OMB_PUBLIC_SIZE];
    uint8_t box_key[OMB_PUBLIC_SIZE];
    struct omb_certificate inner[OFFICES]; /* root first */
    struct omb_buf signed_bytes[OFFICES];
    struct omb_known_certificate chain[OFFICES]; /* own first */
    struct omb_arena arena;
};

static struct tree tree;

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, with, sizeof(seed));
    return omb_signer_from_seed(seed);
}

static void issue(size_t level)
{
    struct omb_certificate *inner = &tree.inner[level];

    omb_buf_clear(&tree.signed_bytes[level]);
    omb_certify_issue(inner, level == 0 ? tree.anchor : tree.signers[level - 1],
                      &tree.signed_bytes[level]);
    assert_int_equal(omb_certify_read(omb_buf_view(&tree.signed_bytes[level]), &tree.arena,
                                      &tree.chain[OFFICES - 1 - level], NULL),
                     OMB_OK);
}

/* Issues from this level down; what a lower one says of the one above follows. */
static void issue_from(size_t level)
{
    for (; level < OFFICES; level++) {
        if (level > 0)
            tree.inner[level].issuer = tree.chain[OFFICES - level].digest;
        issue(level);
    }
}

static int setup(void **state)
{
    static const char *const codes[] = {"ho", "north", "vsp-0045"};
    static const char *const kinds[] = {"head", "regional", "branch"};

    (void)state;
    omb_crypto_init();
    omb_wire_init();
    memset(&tree, 0, sizeof(tree));
    omb_arena_init(&tree.arena, SIZE_MAX);
    tree.anchor = signer_of(0xa0);
    omb_signer_public(tree.anchor, tree.anchor_key);
    memset(tree.box_key, 9, sizeof(tree.box_key));
    for (size_t i = 0; i < OFFICES; i++) {
        tree.signers[i] = signer_of((uint8_t)(0x50 + i));
        omb_signer_public(tree.signers[i], tree.keys[i]);
        tree.inner[i] = (struct omb_certificate){
            .version = 1,
            .office = omb_certify_office_id(omb_view_str(codes[i]), tree.keys[i]),
            .code = omb_view_str(codes[i]),
            .name = omb_view_str(codes[i]),
            .kind = omb_view_str(kinds[i]),
            .signing_key = OMB_VIEW_OF(tree.keys[i]),
            .transport_key = OMB_VIEW_OF(tree.box_key),
            .sealing_key = OMB_VIEW_OF(tree.box_key),
            .not_before = NOW_MS,
            .not_after = NOW_MS + 1,
            .depth = (uint32_t)i,
            .certify_depth = OMB_ROOT_CERTIFY_DEPTH - (uint32_t)i,
        };
        if (i > 0)
            tree.inner[i].parent = tree.inner[i - 1].office;
    }
    tree.inner[0].issuer = omb_certify_anchor_issuer(tree.anchor_key);
    issue_from(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    omb_signer_free(tree.anchor);
    for (size_t i = 0; i < OFFICES; i++) {
        omb_signer_free(tree.signers[i]);
        omb_buf_free(&tree.signed_bytes[i]);
    }
    omb_arena_free(&tree.arena);
    return 0;
}

static enum omb_rc check(struct omb_error *err)
{
    return omb_certify_check_chain(tree.chain, OFFICES, tree.anchor_key, err);
}

static void assert_broken(const char *field, const char *who)
{
    struct omb_error err = {0};

    assert_int_equal(check(&err), OMB_UNAUTHENTIC);
    assert_string_equal(err.field, field);
    assert_non_null(strstr(err.words, who));
}

/* --- whole chains --- */

static void test_a_whole_chain_holds(void **state)
{
    (void)state;
    assert_int_equal(check(NULL), OMB_OK);
}

static void test_the_root_alone_is_a_chain(void **state)
{
    (void)state;
    assert_int_equal(omb_certify_check_chain(&tree.chain[2], 1, tree.anchor_key, NULL), OMB_OK);
}

static void test_no_certificate_is_no_chain(void **state)
{
    (void)state;
    assert_int_equal(omb_certify_check_chain(tree.chain, 0, tree.anchor_key, NULL),
                     OMB_UNAUTHENTIC);
}

/* --- broken links --- */

static void test_another_anchor_is_named(void **state)
{
    (void)state;
    tree.anchor_key[0] ^= 1;
    assert_broken("issuer", "ho");
}

static void test_a_chain_that_ends_early_is_named(void **state)
{
    struct omb_error err;

    (void)state;
    assert_int_equal(omb_certify_check_chain(tree.chain, 2, tree.anchor_key, &err),
                     OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "north"));
}

static void test_a_wrong_issuer_is_named(void **state)
{
    (void)state;
    tree.inner[2].issuer.bytes[0] ^= 1;
    issue(2);
    assert_broken("issuer", "vsp-0045");
}

static void test_a_wrong_parent_is_named(void **state)
{
    (void)state;
    tree.inner[2].parent = tree.inner[0].office;
    issue(2);
    assert_broken("parent", "vsp-0045");
}

static void test_a_wrong_depth_is_named(void **state)
{
    (void)state;
    tree.inner[2].depth = 3;
    issue(2);
    assert_broken("depth", "vsp-0045");
}

static void test_more_levels_than_the_issuer_may_give_are_named(void **state)
{
    (void)state;
    tree.inner[1].certify_depth = 0;
    issue_from(1);
    tree.inner[2].certify_depth = 0;
    issue(2);
    assert_broken("certify_depth", "vsp-0045");
}

static void test_an_office_that_signs_for_its_issuer_is_named(void **state)
{
    struct omb_buf forged = OMB_BUF_INIT;

    (void)state;
    omb_certify_issue(&tree.inner[2], tree.signers[2], &forged);
    assert_int_equal(omb_certify_read(omb_buf_view(&forged), &tree.arena, &tree.chain[0], NULL),
                     OMB_OK);
    assert_broken("signatures", "vsp-0045");
    omb_buf_free(&forged);
}

static void test_a_root_that_the_anchor_did_not_sign_is_named(void **state)
{
    struct omb_buf forged = OMB_BUF_INIT;

    (void)state;
    omb_certify_issue(&tree.inner[0], tree.signers[0], &forged);
    assert_int_equal(omb_certify_read(omb_buf_view(&forged), &tree.arena, &tree.chain[2], NULL),
                     OMB_OK);
    assert_broken("signatures", "ho");
    omb_buf_free(&forged);
}

/* Either the form no longer holds, or the chain does not; never both. */
static void test_every_changed_byte_is_refused(void **state)
{
    const struct omb_view whole = omb_buf_view(&tree.signed_bytes[2]);
    uint8_t changed[1024];
    struct omb_arena arena;

    (void)state;
    assert_true(whole.size < sizeof(changed));
    omb_arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < whole.size; i++) {
        struct omb_known_certificate known;

        memcpy(changed, whole.data, whole.size);
        changed[i] ^= 0x01;
        if (omb_certify_read(omb_view(changed, whole.size), &arena, &known, NULL) != OMB_OK)
            continue;
        tree.chain[0] = known;
        assert_int_equal(check(NULL), OMB_UNAUTHENTIC);
    }
    omb_arena_free(&arena);
}

/* --- form --- */

struct form {
    const char *field;
    enum omb_rc rc;
    void (*spoil)(struct omb_certificate *inner);
};

static void spoil_version(struct omb_certificate *inner)
{
    inner->version = 2;
}
static void spoil_code(struct omb_certificate *inner)
{
    inner->code = OMB_VIEW_NONE;
}
static void spoil_name(struct omb_certificate *inner)
{
    inner->name = OMB_VIEW_NONE;
}
static void spoil_kind(struct omb_certificate *inner)
{
    inner->kind = OMB_VIEW_LIT("kiosk");
}
static void spoil_id(struct omb_certificate *inner)
{
    inner->office.bytes[0] ^= 1;
}
static void spoil_key(struct omb_certificate *inner)
{
    inner->sealing_key.size--;
}
static void spoil_dates(struct omb_certificate *inner)
{
    inner->not_after = inner->not_before;
}
static void spoil_issuer(struct omb_certificate *inner)
{
    memset(&inner->issuer, 0, sizeof(inner->issuer));
}
static void spoil_depth(struct omb_certificate *inner)
{
    inner->depth = OMB_CHAIN_MAX;
}

static void spoil_succeeds(struct omb_certificate *inner)
{
    static struct omb_view ids[OMB_SUCCEEDS_MAX + 1];

    for (size_t i = 0; i < UNIT_COUNT(ids); i++)
        ids[i] = OMB_VIEW_LIT("sixteen bytes id");
    inner->succeeds = (struct omb_views){ids, UNIT_COUNT(ids)};
}

static void test_every_breach_of_the_form_is_named(void **state)
{
    static const struct form forms[] = {
        {"version", OMB_LATER, spoil_version},   {"code", OMB_INVALID, spoil_code},
        {"name", OMB_INVALID, spoil_name},       {"kind", OMB_INVALID, spoil_kind},
        {"office", OMB_INVALID, spoil_id},       {"sealing_key", OMB_INVALID, spoil_key},
        {"not_after", OMB_INVALID, spoil_dates}, {"issuer", OMB_INVALID, spoil_issuer},
        {"depth", OMB_INVALID, spoil_depth},     {"succeeds", OMB_INVALID, spoil_succeeds},
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(forms); i++) {
        struct omb_certificate inner = tree.inner[2];
        struct omb_known_certificate known;
        struct omb_buf bytes = OMB_BUF_INIT;
        struct omb_error err = {0};

        forms[i].spoil(&inner);
        omb_certify_issue(&inner, tree.signers[1], &bytes);
        assert_int_equal(omb_certify_read(omb_buf_view(&bytes), &tree.arena, &known, &err),
                         forms[i].rc);
        assert_string_equal(err.field, forms[i].field);
        omb_buf_free(&bytes);
    }
}

static void test_a_later_certificate_keeps_the_first_one_s_id(void **state)
{
    struct omb_known_certificate known;
    struct omb_certificate inner = tree.inner[2];
    struct omb_buf bytes = OMB_BUF_INIT;

    (void)state;
    inner.signing_key = OMB_VIEW_OF(tree.keys[0]); /* another key, the same id */
    inner.previous = tree.chain[0].digest;
    omb_certify_issue(&inner, tree.signers[1], &bytes);
    assert_int_equal(omb_certify_read(omb_buf_view(&bytes), &tree.arena, &known, NULL), OMB_OK);
    tree.chain[0] = known;
    assert_int_equal(check(NULL), OMB_OK);
    omb_buf_free(&bytes);
}

static void test_codes_and_keys_make_different_ids(void **state)
{
    const struct omb_office_id a = omb_certify_office_id(OMB_VIEW_LIT("a"), tree.keys[0]);
    const struct omb_office_id b = omb_certify_office_id(OMB_VIEW_LIT("b"), tree.keys[0]);
    const struct omb_office_id c = omb_certify_office_id(OMB_VIEW_LIT("a"), tree.keys[1]);

    (void)state;
    assert_false(omb_office_id_equal(&a, &b));
    assert_false(omb_office_id_equal(&a, &c));
}

/* --- dates, depths, further certificates --- */

static void test_a_certificate_holds_between_its_dates(void **state)
{
    const struct omb_certificate *inner = &tree.inner[2];
    struct omb_error err = {0};

    (void)state;
    assert_int_equal(omb_certify_valid_at(inner, NOW_MS, NULL), OMB_OK);
    assert_int_equal(omb_certify_valid_at(inner, NOW_MS + 1, NULL), OMB_OK);
    assert_int_equal(omb_certify_valid_at(inner, NOW_MS - 1, &err), OMB_REFUSED);
    assert_string_equal(err.field, "not_before");
    assert_int_equal(omb_certify_valid_at(inner, NOW_MS + 2, &err), OMB_REFUSED);
    assert_string_equal(err.field, "not_after");
}

static void test_each_level_certifies_one_less_and_a_branch_nobody(void **state)
{
    (void)state;
    assert_int_equal(omb_certify_depth_of(OMB_VIEW_LIT("regional"), OMB_ROOT_CERTIFY_DEPTH),
                     OMB_ROOT_CERTIFY_DEPTH - 1);
    assert_int_equal(omb_certify_depth_of(OMB_VIEW_LIT("regional"), 1), 0);
    assert_int_equal(omb_certify_depth_of(OMB_VIEW_LIT("branch"), OMB_ROOT_CERTIFY_DEPTH), 0);
}

static void test_a_branch_that_issues_is_named(void **state)
{
    (void)state;
    tree.inner[1].kind = OMB_VIEW_LIT("branch");
    issue_from(1);
    assert_broken("kind", "north");
}

/* A further certificate of vsp-0045, from that issuer, of that key; second NULL: nobody else. */
static enum omb_further further(const struct omb_signer *issuer, struct omb_office_id parent,
                                const uint8_t *key, const struct omb_signer *second)
{
    struct omb_certificate inner = tree.inner[2];
    struct omb_certificate_signature by[2];
    uint8_t keys[2][OMB_PUBLIC_SIZE], signatures[2][OMB_SIGNATURE_SIZE];
    const struct omb_signer *const signers[] = {issuer, second};
    struct omb_signed_certificate outer = {.signatures = {by, second ? 2 : 1}};
    struct omb_known_certificate known;
    struct omb_buf bytes = OMB_BUF_INIT, all = OMB_BUF_INIT;
    enum omb_further result;

    inner.parent = parent;
    inner.signing_key = omb_view(key, OMB_PUBLIC_SIZE);
    inner.previous = tree.chain[0].digest;
    omb_encode_certificate(&inner, &bytes);
    outer.certificate = omb_buf_view(&bytes);
    for (size_t i = 0; i < outer.signatures.count; i++) {
        omb_signer_public(signers[i], keys[i]);
        omb_sign(signers[i], "ombud/certificate/1", outer.certificate, signatures[i]);
        by[i] = (struct omb_certificate_signature){OMB_VIEW_OF(keys[i]),
                                                   OMB_VIEW_OF(signatures[i])};
    }
    omb_encode_signed_certificate(&outer, &all);
    assert_int_equal(omb_certify_read(omb_buf_view(&all), &tree.arena, &known, NULL), OMB_OK);
    result = omb_certify_further(&known, tree.chain, OFFICES);
    omb_buf_free(&bytes);
    omb_buf_free(&all);
    return result;
}

static void test_who_may_issue_a_further_certificate(void **state)
{
    const struct omb_office_id elsewhere = {{7}};
    const struct omb_office_id north = tree.inner[1].office;
    struct omb_signer *stranger = signer_of(0x77);

    (void)state;
    /* the same office; with another key it is re-keyed unless the old key signed */
    assert_int_equal(further(tree.signers[1], north, tree.keys[2], NULL), OMB_FURTHER_COUNTS);
    assert_int_equal(further(tree.signers[1], north, tree.keys[0], NULL), OMB_FURTHER_REKEYED);
    assert_int_equal(further(tree.signers[1], north, tree.keys[0], tree.signers[2]),
                     OMB_FURTHER_COUNTS);
    /* another office: with the previous key, or one above the previous issuer */
    assert_int_equal(further(stranger, elsewhere, tree.keys[2], NULL), OMB_FURTHER_FOREIGN);
    assert_int_equal(further(stranger, elsewhere, tree.keys[2], tree.signers[2]),
                     OMB_FURTHER_COUNTS);
    assert_int_equal(further(stranger, elsewhere, tree.keys[0], tree.signers[0]),
                     OMB_FURTHER_REKEYED);
    assert_int_equal(further(tree.signers[0], tree.inner[0].office, tree.keys[2], NULL),
                     OMB_FURTHER_COUNTS);
    /* the previous issuer itself does not stand above itself */
    assert_int_equal(further(stranger, elsewhere, tree.keys[2], tree.signers[1]),
                     OMB_FURTHER_FOREIGN);
    omb_signer_free(stranger);
}

/* The office adds its own signature to what another parent issued: then it counts. */
static void test_a_countersigned_certificate_counts(void **state)
{
    const struct omb_office_id elsewhere = {{7}};
    struct omb_signer *stranger = signer_of(0x77);
    struct omb_certificate inner = tree.inner[2];
    struct omb_known_certificate known;
    struct omb_buf issued = OMB_BUF_INIT, both = OMB_BUF_INIT;
    struct omb_digest digest;

    (void)state;
    inner.parent = elsewhere;
    inner.previous = tree.chain[0].digest;
    omb_certify_issue(&inner, stranger, &issued);
    assert_int_equal(omb_certify_read(omb_buf_view(&issued), &tree.arena, &known, NULL), OMB_OK);
    assert_int_equal(omb_certify_further(&known, tree.chain, OFFICES), OMB_FURTHER_FOREIGN);
    digest = known.digest;
    omb_certify_countersign(&known, tree.signers[2], &both);
    assert_int_equal(omb_certify_read(omb_buf_view(&both), &tree.arena, &known, NULL), OMB_OK);
    assert_int_equal(known.outer.signatures.count, 2);
    assert_true(omb_digest_equal(&known.digest, &digest));
    assert_int_equal(omb_certify_further(&known, tree.chain, OFFICES), OMB_FURTHER_COUNTS);
    omb_buf_free(&issued);
    omb_buf_free(&both);
    omb_signer_free(stranger);
}

static void test_too_many_signatures_are_refused(void **state)
{
    struct omb_certificate_signature by[OMB_CERTIFICATE_SIGNATURES_MAX + 1];
    const struct omb_known_certificate *whole = &tree.chain[0];
    struct omb_signed_certificate outer = {whole->outer.certificate, {by, UNIT_COUNT(by)}};
    struct omb_known_certificate known;
    struct omb_buf bytes = OMB_BUF_INIT;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(by); i++)
        by[i] = whole->outer.signatures.items[0];
    omb_encode_signed_certificate(&outer, &bytes);
    assert_int_equal(omb_certify_read(omb_buf_view(&bytes), &tree.arena, &known, NULL), OMB_LIMIT);
    omb_buf_free(&bytes);
}

static void test_a_certificate_that_names_no_previous_one_is_no_further_one(void **state)
{
    (void)state;
    assert_int_equal(omb_certify_further(&tree.chain[0], tree.chain, OFFICES),
                     OMB_FURTHER_FOREIGN);
    assert_int_equal(omb_certify_further(&tree.chain[1], tree.chain, OFFICES),
                     OMB_FURTHER_FOREIGN);
}

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_whole_chain_holds),
        TREE_TEST(test_the_root_alone_is_a_chain),
        TREE_TEST(test_no_certificate_is_no_chain),
        TREE_TEST(test_another_anchor_is_named),
        TREE_TEST(test_a_chain_that_ends_early_is_named),
        TREE_TEST(test_a_wrong_issuer_is_named),
        TREE_TEST(test_a_wrong_parent_is_named),
        TREE_TEST(test_a_wrong_depth_is_named),
        TREE_TEST(test_more_levels_than_the_issuer_may_give_are_named),
        TREE_TEST(test_an_office_that_signs_for_its_issuer_is_named),
        TREE_TEST(test_a_root_that_the_anchor_did_not_sign_is_named),
        TREE_TEST(test_every_changed_byte_is_refused),
        TREE_TEST(test_every_breach_of_the_form_is_named),
        TREE_TEST(test_a_later_certificate_keeps_the_first_one_s_id),
        TREE_TEST(test_codes_and_keys_make_different_ids),
        TREE_TEST(test_a_certificate_holds_between_its_dates),
        TREE_TEST(test_each_level_certifies_one_less_and_a_branch_nobody),
        TREE_TEST(test_a_branch_that_issues_is_named),
        TREE_TEST(test_who_may_issue_a_further_certificate),
        TREE_TEST(test_a_countersigned_certificate_counts),
        TREE_TEST(test_too_many_signatures_are_refused),
        TREE_TEST(test_a_certificate_that_names_no_previous_one_is_no_further_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
