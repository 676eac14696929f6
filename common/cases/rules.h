/*
 * Whether an act may be done now: the rules at the author's door, in words. The fold judges the
 * same rights and statuses again on every replica; both call the functions of this file.
 */
#ifndef OMB_CASES_RULES_H
#define OMB_CASES_RULES_H

#include "cases/fold.h"

/* A case at one place of its spine. */
struct omb_place {
    enum omb_case_status status;
    const struct omb_seat *home;          /* NULL: not registered yet */
    const struct omb_seat *custodian;
    const struct omb_office_id *resolver; /* NULL: not resolved */
    const struct omb_office_id *asked;    /* of `replied`: whom the question went to; else NULL */
    const struct omb_office_id *parties;  /* sorted */
    size_t party_count;
    const struct omb_office_id *holders;  /* sorted: home and who was granted the key */
    size_t holder_count;
};

/* Where the case stands now. */
struct omb_place omb_rules_place(const struct omb_case *now);

/* OMB_VERDICT_EFFECT, NO_RIGHT or BAD_STATUS; out_why gets a static sentence. */
enum omb_verdict omb_rules_judge(const struct omb_event_row *row, const struct omb_place *place,
                                 const struct omb_seat *author, const char **out_why);

/*
 * Rules on the content of one event at a place, judged everywhere: fields that must be said, scores
 * 1 to 10, an escalation to an office above, a delegation below, an extension with ground and
 * notice to the client, an outcome that fits the kind, redress with a currency. *out_why and the
 * verdict OMB_VERDICT_RULE; out_field (may be NULL) names the field.
 */
enum omb_verdict omb_rules_content(const struct omb_event *event, const struct omb_case *so_far,
                                   const struct omb_place *place, const struct omb_seats *seats,
                                   const char **out_why, const char **out_field);

/*
 * Whether an event may answer the one whose digest it names: the type fits, and so does who answers
 * (an assignment is accepted by the operator it names, the root's erasure is confirmed by another
 * supervisor). EFFECT or RULE. Whether `target` itself has effect is the caller's question.
 */
enum omb_verdict omb_rules_answer(const struct omb_event *event, const struct omb_event *target,
                                  const char **out_why, const char **out_field);

/*
 * Whether this office's operator may add `event` to the case as it stands now; now NULL: to none,
 * so it must be `registered`. OMB_REFUSED with words that say status, custody and who could;
 * OMB_MISSING, OMB_INVALID and OMB_UNKNOWN_CODE name the field. Also the rules that only the
 * author's door knows: codes of the policy, a promise beyond a limit (R12), a cause for a founded
 * outcome. Role and recusal are judged by the desk. OMB_OK also with warnings (an answer that
 * ignores the contacts left, R3), which are appended to `warnings`, when not NULL, as lines.
 */
enum omb_rc omb_rules_door(const struct omb_case *now, const struct omb_event *event,
                           const struct omb_policy *policy, const struct omb_seats *seats,
                           struct omb_buf *warnings, struct omb_error *err) OMB_MUST_USE;

#endif
