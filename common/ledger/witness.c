#include "ledger/witness.h"

#include "base/assert.h"

#define BATCH_TAG "ombud/witness-batch/1"

static struct omb_digest leaf_of(struct omb_view statement)
{
    return omb_hash("ombud/witness/1", statement);
}

void omb_witness_sign(const struct omb_signer *signer,
                      const struct omb_witness_statement *statements, size_t count,
                      struct omb_arena *arena, struct omb_witness *out)
{
    struct omb_digest *leaves = OMB_ARENA_NEW(arena, struct omb_digest, count);
    struct omb_proof *proofs = OMB_ARENA_NEW(arena, struct omb_proof, count);
    struct omb_buf bytes = OMB_BUF_INIT;

    OMB_ASSERT(count > 0);
    for (size_t i = 0; i < count; i++) {
        omb_buf_clear(&bytes);
        omb_encode_witness_statement(&statements[i], &bytes);
        out[i].statement = omb_arena_copy(arena, omb_buf_view(&bytes));
        out[i].proof = &proofs[i];
        leaves[i] = leaf_of(out[i].statement);
    }
    omb_buf_free(&bytes);
    omb_batch_sign_as(signer, BATCH_TAG, leaves, count, arena, proofs);
}

enum omb_rc omb_witness_read(const struct omb_witness *witness, struct omb_arena *arena,
                             struct omb_witness_statement *out, struct omb_error *err)
{
    static const struct omb_key_id no_key;
    struct omb_witness_statement read;
    enum omb_rc rc;

    if (!witness->proof)
        return omb_fail(err, OMB_INVALID, "proof", "a witness holds no proof");
    rc = omb_decode_witness_statement(witness->statement, arena, &read, err);
    if (rc != OMB_OK)
        return rc;
    if (omb_office_id_none(&read.witness) || omb_office_id_none(&read.office) ||
        memcmp(&read.key, &no_key, sizeof(no_key)) == 0 || read.seq == 0 ||
        omb_incarnation_number(&read.incarnation) == 0 || omb_digest_none(&read.digest))
        return omb_fail(err, OMB_INVALID, "statement", "a witness does not say who holds what");
    *out = read;
    return OMB_OK;
}

enum omb_rc omb_witness_verify(const struct omb_witness *witness,
                               const uint8_t signing_key[OMB_PUBLIC_SIZE],
                               struct omb_proof_memo *memo, struct omb_error *err)
{
    const struct omb_digest leaf = leaf_of(witness->statement);

    return omb_proof_verify_as(BATCH_TAG, &leaf, witness->proof, signing_key, memo, err);
}
