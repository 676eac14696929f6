/*
 * Certificates that an office issues to the offices below it: what enrolment, and changes of the
 * tree, have in common.
 */
#ifndef OMB_OFFICE_DESK_ENROL_H
#define OMB_OFFICE_DESK_ENROL_H

#include "office/desk/read.h"

/* An event of the office by whoever asks; its digest in hex. */
enum omb_rc omb_desk_office_event(struct omb_step *step, const struct omb_facts *facts,
                                  struct omb_appended *out, struct omb_view *out_hex,
                                  struct omb_error *err) OMB_MUST_USE;
/* OMB_REFUSED: this office may certify nobody, or not now. */
enum omb_rc omb_desk_may_certify(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/*
 * Signs a certificate of an office below, writes the event, and gives the certificate back. The
 * caller filled in who the office is, its keys, `previous` and `succeeds`; where it stands and how
 * deep it certifies is filled in here. previous: its certificate so far; NULL: none is here. days: 0
 * for the end that the certificate says, or the usual one where it says none.
 */
enum omb_rc omb_desk_issue(struct omb_step *step, struct omb_certificate *certificate,
                           uint32_t days, const struct omb_certificate *previous,
                           struct omb_known_certificate *out, struct omb_view *out_record,
                           struct omb_error *err) OMB_MUST_USE;

#endif
