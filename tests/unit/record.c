/* Records: does a proof hold for its record alone, and does a chain show every break? */
#include "ledger/record.h"

#include <stdio.h>

#include "unit.h"

enum { LEAVES_MAX = 70 };

static struct omb_signer *signer;
static uint8_t key[OMB_PUBLIC_SIZE];
static struct omb_arena arena;

static int setup(void **state)
{
    static const uint8_t seed[OMB_SEED_SIZE] = "signer";

    (void)state;
    omb_crypto_init();
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, key);
    omb_arena_init(&arena, SIZE_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    omb_signer_free(signer);
    omb_arena_free(&arena);
    return 0;
}

static struct omb_digest leaf(size_t number)
{
    char text[16];

    snprintf(text, sizeof(text), "record %zu", number);
    return omb_record_digest(omb_view_str(text));
}

static void sign(size_t count, struct omb_digest *leaves, struct omb_proof *proofs)
{
    for (size_t i = 0; i < count; i++)
        leaves[i] = leaf(i);
    omb_batch_sign(signer, leaves, count, &arena, proofs);
}

/* --- proofs --- */

static void test_every_record_of_every_batch_size_proves_itself(void **state)
{
    struct omb_digest leaves[LEAVES_MAX];
    struct omb_proof proofs[LEAVES_MAX];

    (void)state;
    for (size_t count = 1; count <= LEAVES_MAX; count++) {
        struct omb_proof_memo memo = {.valid = false};

        sign(count, leaves, proofs);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(omb_proof_verify(&leaves[i], &proofs[i], key, &memo, NULL), OMB_OK);
    }
}

static void test_a_batch_of_one_has_an_empty_path(void **state)
{
    struct omb_digest leaves[1];
    struct omb_proof proofs[1];

    (void)state;
    sign(1, leaves, proofs);
    assert_int_equal(proofs[0].path.count, 0);
    assert_int_equal(proofs[0].index, 0);
}

static void test_a_proof_holds_for_no_other_record(void **state)
{
    struct omb_digest leaves[5];
    struct omb_proof proofs[5];

    (void)state;
    sign(5, leaves, proofs);
    for (size_t i = 0; i < 5; i++)
        for (size_t other = 0; other < 5; other++)
            assert_int_equal(omb_proof_verify(&leaves[i], &proofs[other], key, NULL, NULL),
                             i == other ? OMB_OK : OMB_UNAUTHENTIC);
}

static void test_every_changed_bit_of_a_proof_is_refused(void **state)
{
    struct omb_digest leaves[6], path[OMB_PATH_MAX];
    struct omb_proof proofs[6], changed;
    uint8_t signature[OMB_SIGNATURE_SIZE];

    (void)state;
    sign(6, leaves, proofs);
    changed = proofs[3];
    memcpy(signature, changed.signature.data, sizeof(signature));
    memcpy(path, changed.path.items, changed.path.count * sizeof(path[0]));
    changed.signature = OMB_VIEW_OF(signature);
    changed.path.items = path;
    assert_int_equal(omb_proof_verify(&leaves[3], &changed, key, NULL, NULL), OMB_OK);
    for (size_t byte = 0; byte < sizeof(signature); byte++) {
        signature[byte] ^= 1;
        assert_int_equal(omb_proof_verify(&leaves[3], &changed, key, NULL, NULL), OMB_UNAUTHENTIC);
        signature[byte] ^= 1;
    }
    for (size_t byte = 0; byte < changed.path.count * OMB_DIGEST_SIZE; byte++) {
        path[byte / OMB_DIGEST_SIZE].bytes[byte % OMB_DIGEST_SIZE] ^= 0x80;
        assert_int_equal(omb_proof_verify(&leaves[3], &changed, key, NULL, NULL), OMB_UNAUTHENTIC);
        path[byte / OMB_DIGEST_SIZE].bytes[byte % OMB_DIGEST_SIZE] ^= 0x80;
    }
    for (uint32_t bit = 0; bit < 32; bit++) {
        changed.index ^= UINT32_C(1) << bit;
        assert_int_equal(omb_proof_verify(&leaves[3], &changed, key, NULL, NULL), OMB_UNAUTHENTIC);
        changed.index ^= UINT32_C(1) << bit;
    }
}

static void test_a_memo_does_not_vouch_for_another_signature_or_key(void **state)
{
    static const uint8_t other_seed[OMB_SEED_SIZE] = "another";
    struct omb_proof_memo memo = {.valid = false};
    uint8_t forged[OMB_SIGNATURE_SIZE], other_key[OMB_PUBLIC_SIZE];
    struct omb_signer *other = omb_signer_from_seed(other_seed);
    struct omb_digest leaves[2];
    struct omb_proof proofs[2];

    (void)state;
    omb_signer_public(other, other_key);
    omb_signer_free(other);
    sign(2, leaves, proofs);
    assert_int_equal(omb_proof_verify(&leaves[0], &proofs[0], key, &memo, NULL), OMB_OK);
    assert_int_equal(omb_proof_verify(&leaves[1], &proofs[1], other_key, &memo, NULL),
                     OMB_UNAUTHENTIC);
    memcpy(forged, proofs[1].signature.data, sizeof(forged));
    forged[5] ^= 1;
    proofs[1].signature = OMB_VIEW_OF(forged);
    assert_int_equal(omb_proof_verify(&leaves[1], &proofs[1], key, &memo, NULL), OMB_UNAUTHENTIC);
}

static void test_too_long_a_path_is_refused(void **state)
{
    static const struct omb_digest path[OMB_PATH_MAX + 1];
    struct omb_digest leaves[1];
    struct omb_proof proofs[1];

    (void)state;
    sign(1, leaves, proofs);
    proofs[0].path = (struct omb_digests){path, OMB_PATH_MAX + 1};
    assert_int_equal(omb_proof_verify(&leaves[0], &proofs[0], key, NULL, NULL), OMB_UNAUTHENTIC);
}

/* --- digests --- */

static void test_each_use_of_the_same_bytes_has_a_digest_of_its_own(void **state)
{
    const uint8_t bytes[OMB_KEY_SIZE] = "the same bytes";
    const struct omb_view view = OMB_VIEW_OF(bytes);
    const struct omb_digest all[] = {omb_record_digest(view), omb_body_digest(view),
                                     omb_grants_digest(view), omb_extract_digest(view),
                                     omb_case_key_commitment(bytes)};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        for (size_t j = 0; j < i; j++)
            assert_false(omb_digest_equal(&all[i], &all[j]));
}

/* The documented hash, spelled out: anyone can compute it without this program. */
static void test_record_digest_is_as_documented(void **state)
{
    const struct omb_digest one = omb_record_digest(OMB_VIEW_LIT("header"));
    const struct omb_digest same = omb_hash("ombud/record/1", OMB_VIEW_LIT("header"));

    (void)state;
    assert_true(omb_digest_equal(&one, &same));
}

/* --- incarnations --- */

static void test_lives_count_up_and_end_in_the_random_bytes(void **state)
{
    static const struct omb_incarnation none;
    const uint8_t random[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const struct omb_incarnation first = omb_incarnation_next(&none, random);
    const struct omb_incarnation second = omb_incarnation_next(&first, random);

    (void)state;
    assert_int_equal(omb_incarnation_number(&first), 1);
    assert_int_equal(omb_incarnation_number(&second), 2);
    assert_memory_equal(first.bytes + 4, random, 8);
    assert_true(OMB_ID_COMPARE(&first, &second) < 0);
}

/* --- parts --- */

static void test_parts_are_held_against_digest_and_size(void **state)
{
    const struct omb_header header = {
        .body_digest = omb_body_digest(OMB_VIEW_LIT("body")),
        .body_size = 4,
        .extract_digest = omb_extract_digest(OMB_VIEW_LIT("extract")),
        .extract_size = 6, /* wrong */
    };
    struct omb_error err;

    (void)state;
    assert_int_equal(omb_part_verify(&header, OMB_PART_BODY, OMB_VIEW_LIT("body"), &err), OMB_OK);
    assert_int_equal(omb_part_verify(&header, OMB_PART_BODY, OMB_VIEW_LIT("bodY"), &err),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_part_verify(&header, OMB_PART_BODY, OMB_VIEW_LIT("body."), &err),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_part_verify(&header, OMB_PART_EXTRACT, OMB_VIEW_LIT("extract"), &err),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_part_verify(&header, OMB_PART_GRANTS, OMB_VIEW_LIT("grants"), &err),
                     OMB_UNAUTHENTIC);
    assert_int_equal(omb_part_verify(&header, 3, OMB_VIEW_LIT("body"), &err), OMB_INVALID);
}

/* --- chains --- */

struct link {
    struct omb_header before, header;
    struct omb_digest digest;
};

static struct link good_link(void)
{
    struct link link = {
        .before = {.office = {{1}}, .incarnation = {{0, 0, 0, 1}}, .seq = 6, .time_ms = 100},
        .header = {.office = {{1}}, .incarnation = {{0, 0, 0, 1}}, .seq = 7, .time_ms = 100},
        .digest = leaf(6),
    };

    link.header.prev = link.digest;
    return link;
}

static enum omb_rc judge(const struct link *link, struct omb_error *err)
{
    return omb_chain_verify(&link->header, &link->before, &link->digest, err);
}

static void test_a_record_follows_the_one_before_it(void **state)
{
    const struct link link = good_link();

    (void)state;
    assert_int_equal(judge(&link, NULL), OMB_OK);
}

static void assert_broken(const struct link *link, const char *field)
{
    struct omb_error err = {0};

    assert_int_equal(judge(link, &err), OMB_UNAUTHENTIC);
    assert_string_equal(err.field, field);
}

static void test_every_break_of_a_chain_is_named(void **state)
{
    struct link link = good_link();

    (void)state;
    link.header.seq = 8;
    assert_broken(&link, "seq");
    link = good_link();
    link.header.prev = leaf(5);
    assert_broken(&link, "prev");
    link = good_link();
    link.header.time_ms = 99;
    assert_broken(&link, "time_ms");
    link = good_link();
    link.header.incarnation.bytes[3] = 2;
    assert_broken(&link, "incarnation");
    link = good_link();
    link.header.office.bytes[0] = 2;
    assert_broken(&link, "incarnation");
}

static void test_a_life_begins_with_record_one(void **state)
{
    struct omb_header header = {.seq = 1};
    struct omb_error err;

    (void)state;
    assert_int_equal(omb_chain_verify(&header, NULL, NULL, &err), OMB_OK);
    header.seq = 2;
    assert_int_equal(omb_chain_verify(&header, NULL, NULL, &err), OMB_UNAUTHENTIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_of_every_batch_size_proves_itself),
        cmocka_unit_test(test_a_batch_of_one_has_an_empty_path),
        cmocka_unit_test(test_a_proof_holds_for_no_other_record),
        cmocka_unit_test(test_every_changed_bit_of_a_proof_is_refused),
        cmocka_unit_test(test_a_memo_does_not_vouch_for_another_signature_or_key),
        cmocka_unit_test(test_too_long_a_path_is_refused),
        cmocka_unit_test(test_each_use_of_the_same_bytes_has_a_digest_of_its_own),
        cmocka_unit_test(test_record_digest_is_as_documented),
        cmocka_unit_test(test_lives_count_up_and_end_in_the_random_bytes),
        cmocka_unit_test(test_parts_are_held_against_digest_and_size),
        cmocka_unit_test(test_a_record_follows_the_one_before_it),
        cmocka_unit_test(test_every_break_of_a_chain_is_named),
        cmocka_unit_test(test_a_life_begins_with_record_one),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
