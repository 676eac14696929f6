/*
 * Cases: the records of one, folded, and the rows that are derived from them. What the records mean
 * is cases/fold.h; how they come to be written is office/corridor.h.
 */
#ifndef OMB_OFFICE_CASEFILE_H
#define OMB_OFFICE_CASEFILE_H

#include "cases/fold.h"
#include "office/records.h"

struct omb_step;

/* The records of a case as far as they are here, folded. Memory is the step's arena. */
struct omb_casefile {
    struct omb_case_id id;
    struct omb_event *events;
    size_t event_count;
    struct omb_row_at *rows;  /* same order: where each record lies */
    struct omb_case folded;
};

/* OMB_NOT_FOUND when no record of the case is here. */
enum omb_rc omb_casefile_load(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;
/* Loads again with the batch's own records, folds, and puts case row and index rows. */
enum omb_rc omb_casefile_save(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;
/* Finds the case of a printed number; says which of number, check characters, case is wrong. */
enum omb_rc omb_casefile_find(struct omb_step *step, struct omb_view number,
                              struct omb_case_id *out, struct omb_error *err) OMB_MUST_USE;
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
/* The stored row of a case, decoded into the arena. OMB_NOT_FOUND. */
enum omb_rc omb_case_row_read(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_case_row *out, struct omb_error *err) OMB_MUST_USE;

#endif
