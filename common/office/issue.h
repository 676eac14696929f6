/*
 * Certificates that an office issues to the offices below it: for who asks (desk/enrol.c), for who
 * stands in for another one (desk/reshape.c), and by itself when it stands elsewhere (duty/seat.c).
 */
#ifndef OMB_OFFICE_ISSUE_H
#define OMB_OFFICE_ISSUE_H

#include "office/corridor.h"

/* The certificate under which this office signs. */
const struct omb_known_certificate *omb_issue_own(struct omb_step *step);
/* OMB_REFUSED: this office may certify nobody, or not now. */
enum omb_rc omb_issue_may(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/*
 * Signs a certificate of an office below, writes the event, and gives the certificate back. The
 * caller filled in who the office is, its keys, `previous` and `succeeds`; where it stands and how
 * deep it certifies is filled in here. It holds for `lasts_ms`; 0: until `not_after`, which the
 * caller filled in too. previous: its certificate so far; NULL: none is here.
 */
enum omb_rc omb_issue(struct omb_step *step, struct omb_certificate *certificate, int64_t lasts_ms,
                      const struct omb_certificate *previous, struct omb_known_certificate *out,
                      struct omb_appended *out_record, struct omb_error *err) OMB_MUST_USE;
/* The event makes the certificate known here and offers it to the offices below. */
enum omb_rc omb_issue_tell(struct omb_step *step, const struct omb_known_certificate *known,
                           struct omb_appended *out, struct omb_error *err) OMB_MUST_USE;

#endif
