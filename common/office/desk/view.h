/*
 * How a case is shown: who may see it, who may read its bodies, and its events as the client gets
 * them. Shared by show, history and export; lists show facts alone.
 */
#ifndef OMB_OFFICE_DESK_VIEW_H
#define OMB_OFFICE_DESK_VIEW_H

#include "office/desk/read.h"

/*
 * The operator complained of, as the newest extract that names one says; empty: nobody known, or
 * nobody of this office. Such an operator is of home or of the office complained of: others may
 * have somebody of the same code.
 */
enum omb_rc omb_desk_subject(struct omb_step *step, const struct omb_casefile *file,
                             struct omb_view *out) OMB_MUST_USE;

/* Whether this operator is the one responsible for the case, and of the office that says so. */
bool omb_desk_is_responsible(const struct omb_step *step, const struct omb_case_row *row);
/* The case of that number, folded, if this operator may see its facts. */
enum omb_rc omb_desk_find_case(struct omb_step *step, struct omb_view number,
                               struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;

/* Whether a role sees confidential cases: supervisors do, and who sees facts alone. */
bool omb_desk_sees_confidential(uint32_t roles);
/* Whether a role reads bodies at all, where there is a key; and the extract, which needs none. */
bool omb_desk_reads_bodies(uint32_t roles);
/* Whether a role is confined to the cases of its own office. */
bool omb_desk_is_confined(uint32_t roles);

/*
 * Whether this operator may see the facts of a case. OMB_FORBIDDEN: its subject, a confidential
 * case for others than its responsible operator and supervisors, a teller and another office's.
 */
enum omb_rc omb_desk_may_see(struct omb_step *step, const struct omb_casefile *file,
                             struct omb_error *err) OMB_MUST_USE;

/* Where a record of the case lies. */
const struct omb_row_at *omb_desk_row_of(const struct omb_casefile *file,
                                         const struct omb_event *event);

/*
 * Room for the texts of one reply. When it is used up a text is replaced by a sentence that says
 * so: no number of long notes can make a case impossible to show.
 */
struct omb_desk_room {
    size_t left;
};
#define OMB_DESK_ROOM ((struct omb_desk_room){OMB_PAGE_BYTES})

/* The body of an event where it is here and the case's key opens it; the caller asked may_read. */
bool omb_desk_event_body(struct omb_step *step, const struct omb_casefile *file,
                         const struct omb_event *event, struct omb_body *out);
/* body NULL: facts only. */
void omb_desk_event_view(struct omb_step *step, const struct omb_casefile *file,
                         const struct omb_judged *judged, const struct omb_body *body,
                         struct omb_desk_room *room, struct omb_event_view *out);

#endif
