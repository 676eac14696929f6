/*
 * Acts: one event of an operator on a case, from the request to the record. What registration adds
 * is desk/register.c; imports and everything else that writes an event of a case go through
 * omb_act_write.
 */
#ifndef OMB_OFFICE_DESK_ACT_H
#define OMB_OFFICE_DESK_ACT_H

#include "office/desk.h"

/* One act being written, and the case as it stands after it. */
struct omb_act_work {
    struct omb_step *step;
    const struct omb_act *act;
    bool imported;              /* codes of the source's vocabulary, acts without a date */
    struct omb_casefile file;   /* of the case; after a registration, the new one */
    struct omb_appended record; /* the newest record written */
    struct omb_buf *warnings;   /* lines */
};

/* Whether the operator's role reaches what the event asks for; OMB_FORBIDDEN names who may. */
enum omb_rc omb_act_role(const struct omb_step *step, const struct omb_event_row *row,
                         struct omb_error *err) OMB_MUST_USE;

/* The role bits any of which reaches a least role. */
uint32_t omb_act_reaches(enum omb_role least);

/* Registers a new case (desk/register.c) and fills work->file. */
enum omb_rc omb_act_register(struct omb_act_work *work, struct omb_error *err) OMB_MUST_USE;

/* Writes the act and those in `then`, on the case that work->file holds or that it registers. */
enum omb_rc omb_act_write(struct omb_act_work *work, struct omb_error *err) OMB_MUST_USE;

/*
 * A copy of the act's facts in which the office may fill in its own fields; OMB_INVALID when the
 * request set one of them.
 */
enum omb_rc omb_act_facts(const struct omb_act_work *work, struct omb_facts *out,
                          struct omb_error *err) OMB_MUST_USE;

/* The whole of it for an event on a case that is there: `subject` is who may not be assigned. */
enum omb_rc omb_act_fill(const struct omb_act_work *work, const struct omb_event_row *row,
                         struct omb_view subject, struct omb_facts *out,
                         struct omb_error *err) OMB_MUST_USE;

/* An office that is to act or to read: by its code, and one that can still sign. */
enum omb_rc omb_act_office(const struct omb_act_work *work, struct omb_view code,
                           const char *field, struct omb_office_ref *out,
                           struct omb_error *err) OMB_MUST_USE;

/*
 * The grant for the office that the facts name, when this office holds the key of the case; none
 * when it does not. OMB_SEALED and OMB_ERASED only for acts that are about reading: grant, share.
 */
enum omb_rc omb_act_grant(const struct omb_act_work *work, const struct omb_case_id *id,
                          const struct omb_facts *facts, struct omb_grants *out,
                          struct omb_error *err) OMB_MUST_USE;

/* The rules of the procedure for one more event on the case that work->file holds. */
enum omb_rc omb_act_door(const struct omb_act_work *work, const struct omb_draft *draft,
                         struct omb_error *err) OMB_MUST_USE;

/* Turns the name of a field that a rule found wrong into its path inside the act. */
void omb_act_path(const struct omb_act *act, struct omb_error *err);

/* The printed number of a case. */
struct omb_view omb_act_number(struct omb_step *step, const struct omb_case_id *id);

#endif
