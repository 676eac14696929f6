/* Witnesses: does a statement hold for what it says alone, and never as a record's proof? */
#include "ledger/witness.h"

#include "unit.h"

enum { MANY = 5 };

static struct omb_signer *signer;
static uint8_t key[OMB_PUBLIC_SIZE];
static struct omb_arena arena;
static struct omb_witness_statement said[MANY];
static struct omb_witness witnesses[MANY];

static int setup(void **state)
{
    static const uint8_t seed[OMB_SEED_SIZE] = "witness";

    (void)state;
    omb_crypto_init();
    omb_wire_init();
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, key);
    omb_arena_init(&arena, SIZE_MAX);
    for (uint8_t i = 0; i < MANY; i++) {
        memset(said[i].witness.bytes, 1, sizeof(said[i].witness.bytes));
        memset(said[i].key.bytes, 2, sizeof(said[i].key.bytes));
        memset(said[i].office.bytes, 3 + i, sizeof(said[i].office.bytes));
        memset(said[i].incarnation.bytes, 4, sizeof(said[i].incarnation.bytes));
        memset(said[i].digest.bytes, 5, sizeof(said[i].digest.bytes));
        said[i].seq = 7u + i;
        said[i].time_ms = 1774951200000;
    }
    omb_witness_sign(signer, said, MANY, &arena, witnesses);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    omb_signer_free(signer);
    omb_arena_free(&arena);
    return 0;
}

static void each_of_a_batch_reads_and_verifies_alone(void **state)
{
    struct omb_proof_memo memo = {.valid = false};

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        struct omb_witness_statement read;

        assert_int_equal(omb_witness_read(&witnesses[i], &arena, &read, NULL), OMB_OK);
        assert_int_equal(read.seq, said[i].seq);
        assert_true(omb_office_id_equal(&read.office, &said[i].office));
        assert_int_equal(omb_witness_verify(&witnesses[i], key, NULL, NULL), OMB_OK);
        assert_int_equal(omb_witness_verify(&witnesses[i], key, &memo, NULL), OMB_OK);
        assert_memory_equal(witnesses[i].proof->signature.data,
                            witnesses[0].proof->signature.data, OMB_SIGNATURE_SIZE);
    }
}

static void another_statement_or_key_does_not_hold(void **state)
{
    struct omb_witness crossed = {witnesses[0].statement, witnesses[1].proof};
    uint8_t other[OMB_PUBLIC_SIZE];

    (void)state;
    assert_int_equal(omb_witness_verify(&crossed, key, NULL, NULL), OMB_UNAUTHENTIC);
    memcpy(other, key, sizeof(other));
    other[3] ^= 1;
    assert_int_equal(omb_witness_verify(&witnesses[0], other, NULL, NULL), OMB_UNAUTHENTIC);
}

static void a_signature_over_records_is_no_witness(void **state)
{
    const struct omb_digest leaf = omb_hash("ombud/witness/1", witnesses[0].statement);
    struct omb_witness forged = {.statement = witnesses[0].statement};
    struct omb_proof proof;

    (void)state;
    omb_batch_sign(signer, &leaf, 1, &arena, &proof);
    forged.proof = &proof;
    assert_int_equal(omb_proof_verify(&leaf, &proof, key, NULL, NULL), OMB_OK);
    assert_int_equal(omb_witness_verify(&forged, key, NULL, NULL), OMB_UNAUTHENTIC);
    assert_int_equal(omb_proof_verify(&leaf, witnesses[0].proof, key, NULL, NULL),
                     OMB_UNAUTHENTIC);
}

static enum omb_rc read_of(const struct omb_witness_statement *statement)
{
    struct omb_witness_statement read;
    struct omb_witness witness;

    omb_witness_sign(signer, statement, 1, &arena, &witness);
    return omb_witness_read(&witness, &arena, &read, NULL);
}

static void a_statement_that_leaves_something_out_is_refused(void **state)
{
    struct omb_witness_statement broken = said[0];
    struct omb_witness bare = {.statement = witnesses[0].statement};

    (void)state;
    assert_int_equal(read_of(&broken), OMB_OK);
    broken.seq = 0;
    assert_int_equal(read_of(&broken), OMB_INVALID);
    broken = said[0];
    memset(&broken.witness, 0, sizeof(broken.witness));
    assert_int_equal(read_of(&broken), OMB_INVALID);
    broken = said[0];
    memset(&broken.digest, 0, sizeof(broken.digest));
    assert_int_equal(read_of(&broken), OMB_INVALID);
    broken = said[0];
    memset(&broken.incarnation, 0, sizeof(broken.incarnation));
    assert_int_equal(read_of(&broken), OMB_INVALID);
    assert_int_equal(omb_witness_read(&bare, &arena, &broken, NULL), OMB_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_a_batch_reads_and_verifies_alone),
        cmocka_unit_test(another_statement_or_key_does_not_hold),
        cmocka_unit_test(a_signature_over_records_is_no_witness),
        cmocka_unit_test(a_statement_that_leaves_something_out_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
