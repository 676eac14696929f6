/*
 * Records as they lie in the store: reading, finding and verifying them.
 */
#ifndef OMB_OFFICE_RECORDS_H
#define OMB_OFFICE_RECORDS_H

#include "base/error.h"
#include "ledger/record.h"
#include "wire/record.h"
#include "wire/rows.h"

struct omb_step;
struct omb_writes;

/* Where a record lies in this store. */
struct omb_row_at {
    uint32_t number;
    uint64_t seq;
};

/* The kinds of parts that a record may have. */
enum { OMB_PART_KINDS = 3 };
extern const enum omb_part_kind omb_part_kinds[OMB_PART_KINDS];
/* Its parts are not in the store any more. */
void omb_parts_delete(struct omb_writes *writes, const struct omb_row_at *at);

/* Reads one record's header and proof (StoredRecord decoded into the arena). */
enum omb_rc omb_record_read(struct omb_step *step, uint32_t number, uint64_t seq,
                            struct omb_stored_record *out, struct omb_header *out_header,
                            bool *out_odd, struct omb_error *err) OMB_MUST_USE;
/* A row of the records, decoded into the arena; false: it is damaged. */
bool omb_stored_read(struct omb_view row, struct omb_arena *arena, struct omb_stored_record *out,
                     struct omb_header *out_header);
/* Full or prefix (8 hex digits or more) of a digest, or OFFICE/SEQ -> place of the record. */
enum omb_rc omb_record_find(struct omb_step *step, struct omb_view reference,
                            struct omb_row_at *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Everything checked that can be: frame, digest row, climb, signature, certificates up to the
 * anchor, chain to prev, parts that are here. OMB_UNAUTHENTIC says what does not hold; a record
 * that this update has not signed yet is checked but for its proof.
 */
enum omb_rc omb_record_verify(struct omb_step *step, uint32_t number, uint64_t seq,
                              uint32_t *out_parts_checked, struct omb_error *err) OMB_MUST_USE;

#endif
