/*
 * Records as a log keeps them: their digests, the proofs of a batch, and whether bytes that came
 * are authentic (design: records). Pure.
 */
#ifndef OMB_LEDGER_RECORD_H
#define OMB_LEDGER_RECORD_H

#include "crypto/merkle.h"
#include "wire/record.h"

struct omb_digest omb_record_digest(struct omb_view header);
struct omb_digest omb_body_digest(struct omb_view body);
struct omb_digest omb_grants_digest(struct omb_view grants);
struct omb_digest omb_extract_digest(struct omb_view extract);
struct omb_digest omb_case_key_commitment(const uint8_t key[OMB_KEY_SIZE]);

/* Parts of a record; also bits of MissingPart.parts on a link. */
enum omb_part_kind { OMB_PART_BODY = 1, OMB_PART_GRANTS = 2, OMB_PART_EXTRACT = 4 };

/* The number of the next life: one above `last` (zero: the first), then 8 of the random bytes. */
struct omb_incarnation omb_incarnation_next(const struct omb_incarnation *last,
                                            const uint8_t random[8]);

/* Signs a batch: one signature over the root of the leaves, a proof for each in the arena. */
void omb_batch_sign(const struct omb_signer *signer, const struct omb_digest *leaves, size_t count,
                    struct omb_arena *arena, struct omb_proof *out_proofs);
/* The same for leaves of another kind, whose signature has a tag of its own (ledger/witness.h). */
void omb_batch_sign_as(const struct omb_signer *signer, const char *tag,
                       const struct omb_digest *leaves, size_t count, struct omb_arena *arena,
                       struct omb_proof *out_proofs);

/* Roots that were verified a moment ago: a burst costs one signature check. */
struct omb_proof_memo {
    struct omb_digest root;
    uint8_t key[OMB_PUBLIC_SIZE];
    uint8_t signature[OMB_SIGNATURE_SIZE];
    bool valid;
};

/* Whether the proof leads from the leaf to a root that the key signed. memo may be NULL. */
enum omb_rc omb_proof_verify(const struct omb_digest *leaf, const struct omb_proof *proof,
                             const uint8_t signing_key[OMB_PUBLIC_SIZE],
                             struct omb_proof_memo *memo, struct omb_error *err) OMB_MUST_USE;
/* The same under another tag; a memo is of one tag. */
enum omb_rc omb_proof_verify_as(const char *tag, const struct omb_digest *leaf,
                                const struct omb_proof *proof,
                                const uint8_t signing_key[OMB_PUBLIC_SIZE],
                                struct omb_proof_memo *memo, struct omb_error *err) OMB_MUST_USE;

/* A part against the header's digest and size; part_kind is one of enum omb_part_kind. */
enum omb_rc omb_part_verify(const struct omb_header *header, uint32_t part_kind,
                            struct omb_view bytes, struct omb_error *err) OMB_MUST_USE;

/* A record against the one before it in its incarnation (NULL: the first). */
enum omb_rc omb_chain_verify(const struct omb_header *header, const struct omb_header *before,
                             const struct omb_digest *before_digest,
                             struct omb_error *err) OMB_MUST_USE;

#endif
