/*
 * What enrolment and changes of the tree have in common at the desk. How a certificate of an office
 * below is issued is office/issue.h.
 */
#ifndef OMB_OFFICE_DESK_ENROL_H
#define OMB_OFFICE_DESK_ENROL_H

#include "office/desk/read.h"

/* An event of the office by whoever asks; its digest in hex. */
enum omb_rc omb_desk_office_event(struct omb_step *step, const struct omb_facts *facts,
                                  struct omb_appended *out, struct omb_view *out_hex,
                                  struct omb_error *err) OMB_MUST_USE;

#endif
