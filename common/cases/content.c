/*
 * What the facts of one event must say, the same on every replica and for ever: only the record,
 * the certificates it names and the case up to its place are looked at. The rules of each event
 * type are content_*.c; here are the table of them and what they share.
 */
#include "cases/content.h"

#include "base/assert.h"
#include "cases/deadline.h"

enum { CODES_MAX = 32 };

static bool find(struct omb_content *c, enum omb_rc rc, const char *field, const char *why)
{
    c->out->verdict = OMB_VERDICT_RULE;
    c->out->rc = rc;
    c->out->field = field;
    c->out->why = why;
    return false;
}

bool omb_content_missing(struct omb_content *c, const char *field, const char *why)
{
    return find(c, OMB_MISSING, field, why);
}

bool omb_content_invalid(struct omb_content *c, const char *field, const char *why)
{
    return find(c, OMB_INVALID, field, why);
}

bool omb_content_refused(struct omb_content *c, const char *why)
{
    return find(c, OMB_REFUSED, NULL, why);
}

/* --- fields that several events have --- */

bool omb_content_is_one_of(struct omb_view code, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (omb_view_is(code, known[i]))
            return true;
    return false;
}

bool omb_content_find_seat(struct omb_content *c, const struct omb_office_ref *ref,
                           const char *field)
{
    if (!ref || omb_office_id_none(&ref->office))
        return omb_content_missing(c, field, "does not say which office");
    c->out->to = c->seats->find(c->seats->ctx, ref);
    if (!c->out->to) {
        find(c, OMB_REFUSED, field, "the certificate of the office that it names is not here");
        c->out->verdict = OMB_VERDICT_WAITS;
        c->out->waits = &ref->certificate;
        return false;
    }
    if (!omb_office_id_equal(&c->out->to->office, &ref->office))
        return omb_content_invalid(c, field, "the certificate that it names is another office's");
    return true;
}

bool omb_content_has_deadlines(struct omb_content *c, const struct omb_deadline_list *list)
{
    if (list->count > OMB_DEADLINES_MAX)
        return omb_content_invalid(c, "deadlines", "has more deadlines than a case may have");
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].code.size == 0)
            return omb_content_missing(c, "deadlines", "has a deadline without a code");
        for (size_t k = 0; k < i; k++)
            if (omb_view_equal(list->items[k].code, list->items[i].code))
                return omb_content_invalid(c, "deadlines", "has one deadline twice");
    }
    return true;
}

/* Lists of codes are short, or sorting and joining them would not be. */
bool omb_content_has_codes(struct omb_content *c, const char *field, struct omb_views codes)
{
    if (codes.count > CODES_MAX)
        return omb_content_invalid(c, field, "has more codes than a case may have");
    return true;
}

/* --- kinds and outcomes --- */

static const struct {
    const char *kind;
    uint32_t bit;
} kinds[] = {
    {"complaint", OMB_KIND_COMPLAINT},
    {"claim", OMB_KIND_CLAIM},
    {"suggestion", OMB_KIND_SUGGESTION},
    {"commendation", OMB_KIND_COMMENDATION},
};

uint32_t omb_kind_bit(struct omb_view kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (omb_view_is(kind, kinds[i].kind))
            return kinds[i].bit;
    return 0;
}

#define GRIEVANCE (OMB_KIND_COMPLAINT | OMB_KIND_CLAIM)
#define OPINION (OMB_KIND_SUGGESTION | OMB_KIND_COMMENDATION)

static const struct {
    const char *outcome;
    uint32_t fits;
} outcomes[] = {
    {"founded", GRIEVANCE},     {"partly", GRIEVANCE}, {"unfounded", GRIEVANCE},
    {"not-for-us", GRIEVANCE},  {"accepted", OPINION}, {"declined", OPINION},
    {"thanked", OPINION},
};

uint32_t omb_outcome_kinds(struct omb_view outcome)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (omb_view_is(outcome, outcomes[i].outcome))
            return outcomes[i].fits;
    return 0;
}

/* --- the table --- */

/* Events that are not here say nothing that could be wrong. */
static bool (*const checks[])(struct omb_content *c) = {
    [OMB_EVENT_REGISTERED] = omb_content_registered,
    [OMB_EVENT_AMENDED] = omb_content_amended,
    [OMB_EVENT_ACKNOWLEDGED] = omb_content_acknowledged,
    [OMB_EVENT_CONTACTED] = omb_content_contacted,
    [OMB_EVENT_PROMISED] = omb_content_promised,
    [OMB_EVENT_CLASSIFIED] = omb_content_classified,
    [OMB_EVENT_ASSIGNED] = omb_content_assigned,
    [OMB_EVENT_ATTACHED] = omb_content_attached,
    [OMB_EVENT_LINKED] = omb_content_linked,
    [OMB_EVENT_EXTENDED] = omb_content_extended,
    [OMB_EVENT_ESCALATED] = omb_content_escalated,
    [OMB_EVENT_RETURNED] = omb_content_returned,
    [OMB_EVENT_DELEGATED] = omb_content_delegated,
    [OMB_EVENT_TAKEN_OVER] = omb_content_taken_over,
    [OMB_EVENT_GRANTED] = omb_content_key_given,
    [OMB_EVENT_SHARED] = omb_content_key_given,
    [OMB_EVENT_ASKED] = omb_content_asked,
    [OMB_EVENT_RESOLVED] = omb_content_resolved,
    [OMB_EVENT_ANSWERED] = omb_content_answered,
    [OMB_EVENT_CLOSED] = omb_content_closed,
    [OMB_EVENT_REOPENED] = omb_content_reopened,
    [OMB_EVENT_RATED] = omb_content_rated,
    [OMB_EVENT_ATTENDED] = omb_content_attended,
    [OMB_EVENT_ACTION_DONE] = omb_content_action_done,
    [OMB_EVENT_REBASED] = omb_content_rebased,
    [OMB_EVENT_ERASED] = omb_content_erased,
    [OMB_EVENT_ERASURE_CONFIRMED] = NULL,
};

/* The name of the digest field of an event that answers another. */
static const char *answer_field(uint32_t tag)
{
    return omb_shape_alternative(&omb_shape_facts, tag)->shape->fields[0].name;
}

void omb_content_find(const struct omb_event *event, const struct omb_case *so_far,
                      const struct omb_place *place, const struct omb_seats *seats,
                      struct omb_finding *out)
{
    struct omb_content c = {event, event->facts->event, so_far, place, seats, out};
    const struct omb_digest *answers = omb_event_answers(event);

    OMB_ASSERT(c.facts.tag >= 1 && c.facts.tag < sizeof(checks) / sizeof(checks[0]));
    *out = (struct omb_finding){.verdict = OMB_VERDICT_EFFECT, .rc = OMB_OK};
    if (answers && omb_digest_none(answers))
        omb_content_missing(&c, answer_field(c.facts.tag),
                            "does not name the record that it answers");
    else if (checks[c.facts.tag])
        (void)checks[c.facts.tag](&c);
}

enum omb_verdict omb_rules_content(const struct omb_event *event, const struct omb_case *so_far,
                                   const struct omb_place *place, const struct omb_seats *seats,
                                   const char **out_why, const char **out_field)
{
    struct omb_finding finding;

    omb_content_find(event, so_far, place, seats, &finding);
    if (finding.verdict != OMB_VERDICT_EFFECT) {
        *out_why = finding.why;
        if (out_field)
            *out_field = finding.field;
    }
    return finding.verdict;
}
