/*
 * What renewing an office's records takes apart: which are written again is desk/renew.c, how one
 * is written is desk/renew_write.c (design: records, Log and incarnation).
 */
#ifndef OMB_OFFICE_DESK_RENEW_H
#define OMB_OFFICE_DESK_RENEW_H

#include "office/desk/act.h"
#include "office/desk/read.h"

/* An own record that means nothing as it stands. */
struct omb_renewing {
    struct omb_step *step;
    struct omb_opened record;
    bool aside;                  /* it lost a fork: its parts and keys lie aside */
    bool moved;                  /* it means nothing only because its case was registered again */
    struct omb_appended written; /* in its place */
    struct omb_case_id case_id;  /* of a registration: the new case's */
};

/*
 * Writes the record again: facts and body as they were, under the author's code, sealed anew, where
 * the case stands now. A registration gets a new case, which says `formerly`; what hangs on one
 * that was registered again goes to the new case. Whoever calls undoes the step when it fails.
 * OMB_IO, OMB_DAMAGED: the store cannot be read. Everything else says why the record is left.
 */
enum omb_rc omb_renew_write(struct omb_renewing *renewing, struct omb_error *err) OMB_MUST_USE;

/*
 * The case in place of one whose registration, as it stands here, was written again. What another
 * copy of the office registered under the id is no such case. OMB_NOT_FOUND: it goes on itself.
 */
enum omb_rc omb_renewed_case(struct omb_step *step, const struct omb_case_id *id,
                             struct omb_case_id *out, struct omb_error *err) OMB_MUST_USE;
/* The record that was written in place of this one. OMB_NOT_FOUND: none. */
enum omb_rc omb_renewed_as(struct omb_step *step, const struct omb_digest *record,
                           struct omb_row_at *out, struct omb_error *err) OMB_MUST_USE;

#endif
