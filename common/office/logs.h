/*
 * Logs by number: a store-local number stands for (office, incarnation, line). Line 0 stands; other
 * lines lost a fork and are kept as evidence, without effect (design: records, Log and
 * incarnation).
 */
#ifndef OMB_OFFICE_LOGS_H
#define OMB_OFFICE_LOGS_H

#include "office/records.h"
#include "office/writes.h"

struct omb_step;

struct omb_log {
    uint32_t number;
    struct omb_log_row row; /* of the own newest life: as the tip says, this batch included */
};

/* OMB_NOT_FOUND: no record of it is here. */
enum omb_rc omb_log_find(struct omb_step *step, const struct omb_office_id *office,
                         const struct omb_incarnation *incarnation, uint32_t line,
                         struct omb_log *out, struct omb_error *err) OMB_MUST_USE;
/* The same; one that is not here gets the next number, and is put with its first record. */
enum omb_rc omb_log_make(struct omb_step *step, const struct omb_office_id *office,
                         const struct omb_incarnation *incarnation, uint32_t line,
                         struct omb_log *out, struct omb_error *err) OMB_MUST_USE;
/* Puts its row and the row by which it is found. Not of the own newest life, which is the tip's. */
void omb_log_put(struct omb_step *step, const struct omb_log *log);
/* Takes both away: its last record lies on another line now. */
void omb_log_drop(struct omb_step *step, const struct omb_log *log);
/* Puts the row by which a life and line is found alone: of the own newest life. */
void omb_log_put_name(struct omb_writes *writes, const struct omb_office_id *office,
                      const struct omb_incarnation *incarnation, uint32_t line, uint32_t number);
enum omb_rc omb_log_by_number(struct omb_step *step, uint32_t number, struct omb_log *out,
                              struct omb_error *err) OMB_MUST_USE;

/* Lives of one office (NULL: of all) in rising order, all lines. OMB_STOP ends well. */
typedef enum omb_rc omb_log_fn(void *arg, const struct omb_log *log);
enum omb_rc omb_logs_each(struct omb_step *step, const struct omb_office_id *office,
                          omb_log_fn *fn, void *arg, struct omb_error *err) OMB_MUST_USE;

/*
 * The same of all offices, behind one life and up to another: office id(16) incarnation(12), as
 * they sort; empty: from the first, to the last.
 */
enum omb_rc omb_logs_between(struct omb_step *step, struct omb_view after, struct omb_view until,
                             omb_log_fn *fn, void *arg, struct omb_error *err) OMB_MUST_USE;
/* Whether a later life of that office is here. */
enum omb_rc omb_log_has_later(struct omb_step *step, const struct omb_office_id *office,
                              const struct omb_incarnation *than, bool *out,
                              struct omb_error *err) OMB_MUST_USE;

/* Where the record with that digest lies. OMB_NOT_FOUND. */
enum omb_rc omb_record_place(struct omb_step *step, const struct omb_digest *digest,
                             struct omb_row_at *out) OMB_MUST_USE;
/*
 * The record as it crosses a link: header, proof and the parts that are here, in the arena. The
 * proof is NULL while a record of this batch is not signed yet.
 */
enum omb_rc omb_record_whole(struct omb_step *step, const struct omb_row_at *at,
                             struct omb_record *out, struct omb_header *out_header,
                             uint32_t *out_missing_parts, struct omb_error *err) OMB_MUST_USE;
struct omb_whole {
    struct omb_record record;
    struct omb_header header;
    uint32_t missing; /* parts */
};
/*
 * The same of records that follow each other in one log, read in one walk: at most `most`, and no
 * more behind the one that makes them `bytes` long; at least one. All of them are in the store.
 */
enum omb_rc omb_record_run(struct omb_step *step, const struct omb_row_at *first, size_t most,
                           size_t bytes, struct omb_whole *out, size_t *out_count,
                           struct omb_error *err) OMB_MUST_USE;

#endif
