/*
 * Witnesses: signed statements of how far an office durably holds another's log, batched and signed
 * like records (design: records, Log and incarnation). Pure.
 */
#ifndef OMB_LEDGER_WITNESS_H
#define OMB_LEDGER_WITNESS_H

#include "ledger/record.h"
#include "wire/link.h"

/* Encodes and signs 1 to OMB_BATCH_MAX statements with one signature; all in the arena. */
void omb_witness_sign(const struct omb_signer *signer,
                      const struct omb_witness_statement *statements, size_t count,
                      struct omb_arena *arena, struct omb_witness *out);

/* Reads a statement and says whether its form holds: every field there. OMB_INVALID. */
enum omb_rc omb_witness_read(const struct omb_witness *witness, struct omb_arena *arena,
                             struct omb_witness_statement *out, struct omb_error *err) OMB_MUST_USE;

/* Whether the key signed it. memo may be NULL, and is of witnesses alone. OMB_UNAUTHENTIC. */
enum omb_rc omb_witness_verify(const struct omb_witness *witness,
                               const uint8_t signing_key[OMB_PUBLIC_SIZE],
                               struct omb_proof_memo *memo, struct omb_error *err) OMB_MUST_USE;

#endif
