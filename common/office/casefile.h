/*
 * Cases: the records of one, folded, and the rows that are derived from them. What the records mean
 * is cases/fold.h; how they come to be written is office/corridor.h.
 *
 *     omb_casefile_load      the case as it stands; a new one begins with zeroes
 *     omb_casefile_write     one more event, seen by those after it; as often as is wanted
 *     omb_casefile_save      once at the end: the rows that are derived
 */
#ifndef OMB_OFFICE_CASEFILE_H
#define OMB_OFFICE_CASEFILE_H

#include "cases/fold.h"
#include "office/records.h"

struct omb_step;
struct omb_draft;
struct omb_appended;

/* The records of a case as far as they are here, folded. Memory is the step's arena. */
struct omb_casefile {
    struct omb_case_id id;
    struct omb_event *events;
    size_t event_count;
    struct omb_row_at *rows;  /* same order: where each record lies */
    bool born;                /* the case was not here before its records in this file */
    const struct omb_row_at *fresh; /* records that were added since the case was saved last */
    size_t fresh_count;
    struct omb_case folded;
};

/* OMB_NOT_FOUND when no record of the case is here. */
enum omb_rc omb_casefile_load(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;
/* A record of a case as it was taken in, and where it was put. */
struct omb_case_record {
    struct omb_row_at at;
    const struct omb_header *header;
    struct omb_digest digest;
    bool odd;
};
/* A case that is new here, of all its records: nothing is read. Sorts the records. */
void omb_casefile_begin(struct omb_step *step, const struct omb_case_id *id,
                        struct omb_case_record *records, size_t count, struct omb_casefile *out);
/*
 * Writes one event of the case (omb_append) and folds it in. What the draft's facts point to must
 * live as long as the file.
 */
enum omb_rc omb_casefile_write(struct omb_step *step, const struct omb_draft *draft,
                               struct omb_casefile *file, struct omb_appended *out,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * What the acting system owes at once is written (duty/duty.h); then case row and index rows are
 * put in place of those that the store has, erased parts dropped, and the children's feeds written
 * (post/feed.h).
 */
enum omb_rc omb_casefile_save(struct omb_step *step, struct omb_casefile *file,
                              struct omb_error *err) OMB_MUST_USE;
/* No record of the case stands any more (a fork was decided): its row and index rows go. */
enum omb_rc omb_casefile_drop(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_error *err) OMB_MUST_USE;
/*
 * Finds the case of a printed number, also of the one that it had before a fork was lost; says
 * which of number, check characters, case is wrong.
 */
enum omb_rc omb_casefile_find(struct omb_step *step, struct omb_view number,
                              struct omb_case_id *out, struct omb_error *err) OMB_MUST_USE;
/* Cases that replace the one with this id: a few at most. Lost copies may have given it twice. */
enum omb_rc omb_casefile_replacing(struct omb_step *step, const struct omb_case_id *formerly,
                                   struct omb_case_id out[OMB_FORMERLY_MAX], size_t *out_count,
                                   struct omb_error *err) OMB_MUST_USE;
/*
 * Index rows (kind|value|case) of a case, from its row alone; used by save, check and rebuild.
 * `reference` is what omb_casefile_reference found: empty for most cases.
 */
void omb_casefile_index(struct omb_step *step, const struct omb_case_row *row,
                        struct omb_view reference,
                        void (*fn)(void *arg, struct omb_view key), void *arg);
/* "source/reference" of an imported case, from the extract of its registration; else empty. */
enum omb_rc omb_casefile_reference(struct omb_step *step, const struct omb_casefile *file,
                                   struct omb_view *out, struct omb_error *err) OMB_MUST_USE;
/* Whether it is known to be erased: its key is gone for good. A case that is not known is not. */
enum omb_rc omb_case_is_erased(struct omb_step *step, const struct omb_case_id *id, bool *out,
                               struct omb_error *err) OMB_MUST_USE;
/* The stored row of a case, decoded into the arena. OMB_NOT_FOUND. */
enum omb_rc omb_case_row_read(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_case_row *out, struct omb_error *err) OMB_MUST_USE;

#endif
