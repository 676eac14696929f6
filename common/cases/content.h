/*
 * Inside cases: what the functions that judge the facts of one event share. Each event type that
 * has rules on its content has one function, omb_content_<type>; the table of them is content.c.
 * Others use cases/rules.h.
 */
#ifndef OMB_CASES_CONTENT_H
#define OMB_CASES_CONTENT_H

#include "cases/finding.h"

struct omb_content {
    const struct omb_event *event;
    struct omb_any facts;
    const struct omb_case *so_far;
    const struct omb_place *place;
    const struct omb_seats *seats;
    struct omb_finding *out;
};

/* All return false, so that a rule that is broken is one line; `field` and `why` are literals. */
bool omb_content_missing(struct omb_content *c, const char *field, const char *why);
bool omb_content_invalid(struct omb_content *c, const char *field, const char *why);
bool omb_content_refused(struct omb_content *c, const char *why);

/* Finds the seat of an office that the event names, into c->out->to; or says that it waits. */
bool omb_content_find_seat(struct omb_content *c, const struct omb_office_ref *ref,
                           const char *field);
bool omb_content_has_deadlines(struct omb_content *c, const struct omb_deadline_list *list);
bool omb_content_has_codes(struct omb_content *c, const char *field, struct omb_views codes);

bool omb_content_is_one_of(struct omb_view code, const char *const *known, size_t count);
#define OMB_IS_ONE_OF(code, ...)                                                                 \
    omb_content_is_one_of((code), (const char *const[]){__VA_ARGS__},                            \
                          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* --- content_matter.c --- */

bool omb_content_registered(struct omb_content *c);
bool omb_content_amended(struct omb_content *c);
bool omb_content_classified(struct omb_content *c);

/* --- content_work.c --- */

bool omb_content_acknowledged(struct omb_content *c);
bool omb_content_contacted(struct omb_content *c);
bool omb_content_promised(struct omb_content *c);
bool omb_content_assigned(struct omb_content *c);
bool omb_content_attached(struct omb_content *c);
bool omb_content_linked(struct omb_content *c);
bool omb_content_extended(struct omb_content *c);
bool omb_content_rebased(struct omb_content *c);

/* --- content_custody.c --- */

bool omb_content_escalated(struct omb_content *c);
bool omb_content_returned(struct omb_content *c);
bool omb_content_delegated(struct omb_content *c);
bool omb_content_taken_over(struct omb_content *c);
bool omb_content_key_given(struct omb_content *c);
bool omb_content_asked(struct omb_content *c);

/* --- content_decision.c --- */

bool omb_content_resolved(struct omb_content *c);
bool omb_content_answered(struct omb_content *c);
bool omb_content_closed(struct omb_content *c);
bool omb_content_reopened(struct omb_content *c);
bool omb_content_rated(struct omb_content *c);
bool omb_content_attended(struct omb_content *c);
bool omb_content_action_done(struct omb_content *c);
bool omb_content_erased(struct omb_content *c);

#endif
