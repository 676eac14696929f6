#include "ledger/record.h"

#include <string.h>

#include "base/assert.h"
#include "wire/limits.h"

struct omb_digest omb_record_digest(struct omb_view header)
{
    return omb_hash("ombud/record/1", header);
}

struct omb_digest omb_body_digest(struct omb_view body)
{
    return omb_hash("ombud/body/1", body);
}

struct omb_digest omb_grants_digest(struct omb_view grants)
{
    return omb_hash("ombud/grants/1", grants);
}

struct omb_digest omb_extract_digest(struct omb_view extract)
{
    return omb_hash("ombud/extract/1", extract);
}

struct omb_digest omb_case_key_commitment(const uint8_t key[OMB_KEY_SIZE])
{
    return omb_hash("ombud/case-key/1", omb_view(key, OMB_KEY_SIZE));
}

struct omb_incarnation omb_incarnation_next(const struct omb_incarnation *last,
                                            const uint8_t random[8])
{
    const uint32_t number = omb_incarnation_number(last);
    struct omb_incarnation next;

    OMB_ASSERT(number < UINT32_MAX);
    omb_put_be32(next.bytes, number + 1);
    memcpy(next.bytes + 4, random, 8);
    return next;
}

#define BATCH_TAG "ombud/batch/1"

void omb_batch_sign(const struct omb_signer *signer, const struct omb_digest *leaves, size_t count,
                    struct omb_arena *arena, struct omb_proof *out_proofs)
{
    omb_batch_sign_as(signer, BATCH_TAG, leaves, count, arena, out_proofs);
}

void omb_batch_sign_as(const struct omb_signer *signer, const char *tag,
                       const struct omb_digest *leaves, size_t count, struct omb_arena *arena,
                       struct omb_proof *out_proofs)
{
    struct omb_path *paths = OMB_ARENA_NEW(arena, struct omb_path, count);
    uint8_t *signature = OMB_ARENA_NEW(arena, uint8_t, OMB_SIGNATURE_SIZE);
    const struct omb_digest root = omb_merkle_root(leaves, count, paths);

    omb_sign(signer, tag, OMB_VIEW_OF(root.bytes), signature);
    for (size_t i = 0; i < count; i++)
        out_proofs[i] = (struct omb_proof){
            .signature = omb_view(signature, OMB_SIGNATURE_SIZE),
            .index = paths[i].index,
            .path = {paths[i].nodes, paths[i].count},
        };
}

static bool remembers(const struct omb_proof_memo *memo, const struct omb_digest *root,
                      const uint8_t *key, const uint8_t *signature)
{
    return memo && memo->valid && omb_digest_equal(&memo->root, root) &&
           memcmp(memo->key, key, sizeof(memo->key)) == 0 &&
           memcmp(memo->signature, signature, sizeof(memo->signature)) == 0;
}

enum omb_rc omb_proof_verify(const struct omb_digest *leaf, const struct omb_proof *proof,
                             const uint8_t signing_key[OMB_PUBLIC_SIZE],
                             struct omb_proof_memo *memo, struct omb_error *err)
{
    return omb_proof_verify_as(BATCH_TAG, leaf, proof, signing_key, memo, err);
}

enum omb_rc omb_proof_verify_as(const char *tag, const struct omb_digest *leaf,
                                const struct omb_proof *proof,
                                const uint8_t signing_key[OMB_PUBLIC_SIZE],
                                struct omb_proof_memo *memo, struct omb_error *err)
{
    struct omb_path path = {.index = proof->index, .count = proof->path.count};
    struct omb_digest root;

    if (proof->signature.size != OMB_SIGNATURE_SIZE)
        return omb_fail(err, OMB_UNAUTHENTIC, "signature", "the proof holds no signature");
    if (proof->path.count > OMB_PATH_MAX)
        return omb_fail(err, OMB_UNAUTHENTIC, "path", "the proof has %zu levels, at most %d exist",
                        proof->path.count, OMB_PATH_MAX);
    for (size_t i = 0; i < path.count; i++)
        path.nodes[i] = proof->path.items[i];
    if (omb_merkle_climb(leaf, &path, &root) != OMB_OK)
        return omb_fail(err, OMB_UNAUTHENTIC, "index", "the proof's index goes beyond its path");
    if (remembers(memo, &root, signing_key, proof->signature.data))
        return OMB_OK;
    if (!omb_verify(signing_key, tag, OMB_VIEW_OF(root.bytes), proof->signature.data))
        return omb_fail(err, OMB_UNAUTHENTIC, "signature",
                        "the signature is not of the signing key over this record");
    if (memo) {
        memo->root = root;
        memcpy(memo->key, signing_key, sizeof(memo->key));
        memcpy(memo->signature, proof->signature.data, sizeof(memo->signature));
        memo->valid = true;
    }
    return OMB_OK;
}

/* What a header says of one part, and how the part is hashed. */
struct part_claim {
    const char *name;
    struct omb_digest digest;
    uint32_t size;
    struct omb_digest (*hash)(struct omb_view bytes);
};

static struct part_claim claim_of(const struct omb_header *header, uint32_t part_kind)
{
    switch ((enum omb_part_kind)part_kind) {
    case OMB_PART_BODY:
        return (struct part_claim){"body", header->body_digest, header->body_size, omb_body_digest};
    case OMB_PART_GRANTS:
        return (struct part_claim){"grants", header->grants_digest, header->grants_size,
                                   omb_grants_digest};
    case OMB_PART_EXTRACT:
        return (struct part_claim){"extract", header->extract_digest, header->extract_size,
                                   omb_extract_digest};
    }
    return (struct part_claim){0};
}

enum omb_rc omb_part_verify(const struct omb_header *header, uint32_t part_kind,
                            struct omb_view bytes, struct omb_error *err)
{
    const struct part_claim claim = claim_of(header, part_kind);
    struct omb_digest digest;

    if (!claim.hash)
        return omb_fail(err, OMB_INVALID, NULL, "there is no part of kind %u", part_kind);
    if (omb_digest_none(&claim.digest))
        return omb_fail(err, OMB_UNAUTHENTIC, claim.name, "the header names no %s", claim.name);
    if (claim.size != bytes.size)
        return omb_fail(err, OMB_UNAUTHENTIC, claim.name,
                        "the %s has %zu bytes, the header says %u", claim.name, bytes.size,
                        claim.size);
    digest = claim.hash(bytes);
    if (!omb_digest_equal(&digest, &claim.digest))
        return omb_fail(err, OMB_UNAUTHENTIC, claim.name,
                        "the %s is not the one that the header was signed with", claim.name);
    return OMB_OK;
}

enum omb_rc omb_chain_verify(const struct omb_header *header, const struct omb_header *before,
                             const struct omb_digest *before_digest, struct omb_error *err)
{
    if (!before) {
        if (header->seq != 1)
            return omb_fail(err, OMB_UNAUTHENTIC, "seq",
                            "a life of a log begins with record 1, not with %llu",
                            (unsigned long long)header->seq);
        return OMB_OK;
    }
    if (!omb_office_id_equal(&header->office, &before->office) ||
        !omb_incarnation_equal(&header->incarnation, &before->incarnation))
        return omb_fail(err, OMB_UNAUTHENTIC, "incarnation",
                        "the record before it is of another log or life");
    if (header->seq != before->seq + 1)
        return omb_fail(err, OMB_UNAUTHENTIC, "seq", "record %llu does not follow record %llu",
                        (unsigned long long)header->seq, (unsigned long long)before->seq);
    if (!omb_digest_equal(&header->prev, before_digest))
        return omb_fail(err, OMB_UNAUTHENTIC, "prev",
                        "it names another record before it than the one that is here");
    if (header->time_ms < before->time_ms)
        return omb_fail(err, OMB_UNAUTHENTIC, "time_ms",
                        "it is dated before the record that it follows");
    return OMB_OK;
}
