/*
 * Is a record that passes every check the record that was signed? The first byte says what is put
 * right before the rest, a Record, is judged: a fuzzer does not guess digests and signatures.
 */
#include <string.h>

#include "base/assert.h"
#include "ledger/record.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/parts.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum { PARTS_FIT = 1, SIGNED = 2, BATCH_SHIFT = 2, BATCH_BITS = 15 };

struct judged {
    struct omb_arena arena;
    struct omb_record record;
    struct omb_header header;
    uint8_t key[OMB_PUBLIC_SIZE];
};

static struct omb_signer *signer(void)
{
    static struct omb_signer *one;
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, 0x51, sizeof(seed));
    if (!one)
        one = omb_signer_from_seed(seed);
    return one;
}

/* --- putting right --- */

static void fit_part(struct omb_view bytes, struct omb_digest (*hash)(struct omb_view),
                     struct omb_digest *digest, uint32_t *size)
{
    *digest = bytes.size > 0 ? hash(bytes) : (struct omb_digest){{0}};
    *size = (uint32_t)bytes.size;
}

static void fit_parts(struct judged *judged)
{
    struct omb_header *header = &judged->header;
    struct omb_buf bytes = OMB_BUF_INIT;

    if (omb_decode_header(judged->record.header, &judged->arena, header, NULL) != OMB_OK)
        return;
    fit_part(judged->record.body, omb_body_digest, &header->body_digest, &header->body_size);
    fit_part(judged->record.grants, omb_grants_digest, &header->grants_digest,
             &header->grants_size);
    fit_part(judged->record.extract, omb_extract_digest, &header->extract_digest,
             &header->extract_size);
    omb_encode_header(header, &bytes);
    judged->record.header = omb_arena_copy(&judged->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

/* The record is one of a batch; the others are made up. */
static void sign(struct judged *judged, unsigned others)
{
    struct omb_digest leaves[BATCH_BITS + 1] = {0};
    struct omb_proof proofs[BATCH_BITS + 1], *proof;

    for (unsigned i = 0; i <= others; i++)
        leaves[i].bytes[0] = (uint8_t)i;
    leaves[others / 2] = omb_record_digest(judged->record.header);
    omb_batch_sign(signer(), leaves, others + 1, &judged->arena, proofs);
    proof = OMB_ARENA_NEW(&judged->arena, struct omb_proof, 1);
    *proof = proofs[others / 2];
    judged->record.proof = proof;
}

/* --- what must hold --- */

/* No other header is proven by the same proof. */
static void check_bound(struct judged *judged, const struct omb_digest *leaf)
{
    uint8_t *other = OMB_ARENA_NEW(&judged->arena, uint8_t, judged->record.header.size);
    struct omb_proof_memo memo = {.valid = false};
    struct omb_digest changed;
    enum omb_rc rc;

    memcpy(other, judged->record.header.data, judged->record.header.size);
    other[leaf->bytes[0] % judged->record.header.size] ^= (uint8_t)(1u << (leaf->bytes[1] % 8));
    changed = omb_record_digest(omb_view(other, judged->record.header.size));
    rc = omb_proof_verify(leaf, judged->record.proof, judged->key, &memo, NULL);
    OMB_ASSERT(rc == OMB_OK && memo.valid);
    rc = omb_proof_verify(&changed, judged->record.proof, judged->key, &memo, NULL);
    OMB_ASSERT(rc == OMB_UNAUTHENTIC);
}

static void check_part(const struct judged *judged, enum omb_part_kind kind, struct omb_view bytes,
                       const struct omb_digest *digest, uint32_t size)
{
    struct omb_error err = {0};
    const enum omb_rc rc = omb_part_verify(&judged->header, kind, bytes, &err);

    fuzz_said(rc, &err);
    OMB_ASSERT(rc != OMB_OK || (size == bytes.size && bytes.size > 0 && !omb_digest_none(digest)));
}

static void check_parts(struct judged *judged)
{
    const struct omb_header *header = &judged->header;
    const struct omb_record *record = &judged->record;
    struct omb_body body;
    struct omb_grants grants;
    struct omb_extract extract;
    struct omb_error err = {0};

    check_part(judged, OMB_PART_BODY, record->body, &header->body_digest, header->body_size);
    check_part(judged, OMB_PART_GRANTS, record->grants, &header->grants_digest,
               header->grants_size);
    check_part(judged, OMB_PART_EXTRACT, record->extract, &header->extract_digest,
               header->extract_size);
    fuzz_said(omb_decode_body(record->body, &judged->arena, &body, &err), &err);
    fuzz_said(omb_decode_grants(record->grants, &judged->arena, &grants, &err), &err);
    fuzz_said(omb_decode_extract(record->extract, &judged->arena, &extract, &err), &err);
}

/* A header of facts that this version knows says the same again; others are kept as they are. */
static void check_header(struct judged *judged)
{
    struct omb_header strict;
    struct omb_error err = {0};
    struct omb_digest before = {{1}};
    bool odd = false;
    enum omb_rc rc =
        omb_header_decode(judged->record.header, &judged->arena, &judged->header, &odd, &err);

    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        return;
    rc = omb_header_decode(judged->record.header, &judged->arena, &strict, NULL, &err);
    OMB_ASSERT((rc == OMB_OK) == !odd || rc == OMB_LIMIT);
    if (rc == OMB_OK)
        fuzz_again(&omb_shape_header, &strict, &judged->arena);
    rc = omb_chain_verify(&judged->header, NULL, NULL, &err);
    OMB_ASSERT((rc == OMB_OK) == (judged->header.seq == 1));
    rc = omb_chain_verify(&judged->header, &judged->header, &before, &err);
    OMB_ASSERT(rc == OMB_UNAUTHENTIC);
    check_parts(judged);
}

static void judge(struct judged *judged, uint8_t flags)
{
    struct omb_error err = {0};
    struct omb_digest leaf;
    enum omb_rc rc;

    if (flags & PARTS_FIT)
        fit_parts(judged);
    if (flags & SIGNED)
        sign(judged, (flags >> BATCH_SHIFT) & BATCH_BITS);
    rc = omb_record_check_sizes(&judged->record, &err);
    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        return;
    omb_signer_public(signer(), judged->key);
    leaf = omb_record_digest(judged->record.header);
    rc = omb_proof_verify(&leaf, judged->record.proof, judged->key, NULL, &err);
    fuzz_said(rc, &err);
    OMB_ASSERT(rc == OMB_OK || !(flags & SIGNED));
    if (rc == OMB_OK && judged->record.header.size > 0)
        check_bound(judged, &leaf);
    check_header(judged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    struct judged judged = {.record = {.header = OMB_VIEW_NONE}};
    struct omb_error err = {0};
    uint8_t flags;
    enum omb_rc rc;

    omb_crypto_init();
    omb_wire_init();
    flags = fuzz_byte(&bytes);
    omb_arena_init(&judged.arena, SIZE_MAX / 2);
    rc = omb_decode_record(bytes, &judged.arena, &judged.record, &err);
    fuzz_said(rc, &err);
    if (rc == OMB_OK)
        judge(&judged, flags);
    omb_arena_free(&judged.arena);
    return 0;
}
