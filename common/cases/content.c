/*
 * What the facts of one event must say, the same on every replica and for ever: only the record,
 * the certificates it names and the case up to its place are looked at. One function per event type
 * that has such rules.
 */
#include "base/assert.h"
#include "cases/deadline.h"
#include "cases/finding.h"

enum { CODES_MAX = 32 };

struct content {
    const struct omb_event *event;
    struct omb_any facts;
    const struct omb_case *so_far;
    const struct omb_place *place;
    const struct omb_seats *seats;
    struct omb_finding *out;
};

static bool find(struct content *c, enum omb_rc rc, const char *field, const char *why)
{
    c->out->verdict = OMB_VERDICT_RULE;
    c->out->rc = rc;
    c->out->field = field;
    c->out->why = why;
    return false;
}

static bool missing(struct content *c, const char *field, const char *why)
{
    return find(c, OMB_MISSING, field, why);
}

static bool invalid(struct content *c, const char *field, const char *why)
{
    return find(c, OMB_INVALID, field, why);
}

static bool refused(struct content *c, const char *why)
{
    return find(c, OMB_REFUSED, NULL, why);
}

static bool is_imported(const struct content *c)
{
    return c->so_far->row.imported;
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

static bool is_one_of(struct omb_view code, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (omb_view_is(code, known[i]))
            return true;
    return false;
}

#define IS_ONE_OF(code, ...)                                                                     \
    is_one_of((code), (const char *const[]){__VA_ARGS__},                                        \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* --- offices that an event names --- */

static bool find_seat(struct content *c, const struct omb_office_ref *ref, const char *field)
{
    if (!ref || omb_office_id_none(&ref->office))
        return missing(c, field, "does not say which office");
    c->out->to = c->seats->find(c->seats->ctx, ref);
    if (!c->out->to) {
        find(c, OMB_REFUSED, field, "the certificate of the office that it names is not here");
        c->out->verdict = OMB_VERDICT_WAITS;
        c->out->waits = &ref->certificate;
        return false;
    }
    if (!omb_office_id_equal(&c->out->to->office, &ref->office))
        return invalid(c, field, "the certificate that it names is another office's");
    return true;
}

/* The office that has custody after an effective spine event. */
static const struct omb_office_id *custodian_after(const struct omb_case *so_far,
                                                   const struct omb_event *event)
{
    const struct omb_office_ref *to = omb_event_to(event);

    if (to)
        return &to->office;
    if (event->facts->event.tag == OMB_EVENT_TAKEN_OVER ||
        event->facts->event.tag == OMB_EVENT_REOPENED)
        return &event->office;
    return &so_far->home->office;
}

static bool had_custody(const struct omb_case *so_far, const struct omb_office_id *office)
{
    for (size_t i = 0; i < so_far->judged_count; i++) {
        const struct omb_judged *judged = &so_far->judged[i];

        /* The effective spine stands first; what follows it moves nothing. */
        if (judged->verdict != OMB_VERDICT_EFFECT || !omb_event_row_of(judged->event)->spine)
            break;
        if (omb_office_id_equal(custodian_after(so_far, judged->event), office))
            return true;
    }
    return false;
}

/* --- registration --- */

static bool check_deadlines(struct content *c, const struct omb_deadline_list *list)
{
    if (list->count > OMB_DEADLINES_MAX)
        return invalid(c, "deadlines", "has more deadlines than a case may have");
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].code.size == 0)
            return missing(c, "deadlines", "has a deadline without a code");
        for (size_t k = 0; k < i; k++)
            if (omb_view_equal(list->items[k].code, list->items[i].code))
                return invalid(c, "deadlines", "has one deadline twice");
    }
    return true;
}

/* Lists of codes are short, or sorting and joining them would not be. */
static bool check_codes(struct content *c, const char *field, struct omb_views codes)
{
    if (codes.count > CODES_MAX)
        return invalid(c, field, "has more codes than a case may have");
    return true;
}

static bool check_registered(struct content *c)
{
    const struct omb_registered *facts = c->facts.value;
    const struct omb_matter *matter = facts->matter;

    if (!omb_digest_none(&c->event->after))
        return refused(c, "a registration follows no other record");
    if (!matter)
        return missing(c, "matter", "a registration says what the case is about");
    if (matter->kind.size == 0)
        return missing(c, "kind", "a registration says which kind of case it is");
    if (omb_kind_bit(matter->kind) == 0)
        return invalid(c, "kind", "the kind is none that a case can have");
    if (matter->received_at == 0)
        return missing(c, "received_at", "a registration says when the case was received");
    if (!check_codes(c, "reply_methods", matter->reply_methods) ||
        !check_deadlines(c, &facts->deadlines))
        return false;
    if (!facts->custodian)
        return true;
    if (!find_seat(c, facts->custodian, "custodian"))
        return false;
    if (!omb_seat_is_above(c->out->to, &c->event->office))
        return invalid(c, "custodian", "a registration gives custody to an office below home only");
    return true;
}

/* --- fields of the matter --- */

static bool is_field_code(struct omb_view code, const char *name)
{
    size_t i = 0;

    for (; i < code.size && name[i] != '\0'; i++)
        if (code.data[i] != (name[i] == '_' ? '-' : (uint8_t)name[i]))
            return false;
    return i == code.size && name[i] == '\0';
}

const struct omb_shape_field *omb_matter_clearable(struct omb_view code)
{
    if (IS_ONE_OF(code, "kind", "received-at", "channel", "first-asked"))
        return NULL;
    for (size_t i = 0; i < omb_shape_matter.field_count; i++)
        if (is_field_code(code, omb_shape_matter.fields[i].name))
            return &omb_shape_matter.fields[i];
    return NULL;
}

static bool check_amended(struct content *c)
{
    const struct omb_amended *facts = c->facts.value;

    if (!facts->matter && facts->cleared.count == 0)
        return missing(c, "matter", "an amendment says what it changes");
    if (facts->matter && facts->matter->kind.size > 0 && omb_kind_bit(facts->matter->kind) == 0)
        return invalid(c, "kind", "the kind is none that a case can have");
    for (size_t i = 0; i < facts->cleared.count; i++)
        if (!omb_matter_clearable(facts->cleared.items[i]))
            return invalid(c, "cleared", "clears a field that cannot be empty");
    return !facts->matter || check_codes(c, "reply_methods", facts->matter->reply_methods);
}

static bool check_classified(struct content *c)
{
    const struct omb_classified *facts = c->facts.value;

    if (facts->product.size + facts->issue.size + facts->severity.size + facts->risks.count == 0)
        return missing(c, "product", "a classification says product, issue, severity or risks");
    return check_codes(c, "risks", facts->risks);
}

/* --- contact with the client --- */

static bool check_acknowledged(struct content *c)
{
    if (OMB_AS(acknowledged, c->facts)->method.size == 0)
        return missing(c, "method", "an acknowledgement says how the client was told");
    return true;
}

static bool check_contacted(struct content *c)
{
    const struct omb_contacted *facts = c->facts.value;

    if (facts->method.size == 0)
        return missing(c, "method", "a contact says by which method");
    if (facts->direction.size == 0)
        return missing(c, "direction", "a contact says its direction, to-client or from-client");
    if (!IS_ONE_OF(facts->direction, "to-client", "from-client"))
        return invalid(c, "direction", "the direction of a contact is to-client or from-client");
    return true;
}

static bool check_promised(struct content *c)
{
    const struct omb_promised *facts = c->facts.value;

    if (facts->due == 0)
        return missing(c, "due", "a promise has a date");
    if (facts->to.size > 0 && !IS_ONE_OF(facts->to, "client", "office"))
        return invalid(c, "to", "a promise is made to client or office");
    return true;
}

/* --- work on the case --- */

static bool check_assigned(struct content *c)
{
    if (OMB_AS(assigned, c->facts)->responsible.size == 0)
        return missing(c, "responsible", "an assignment names an operator");
    return true;
}

static bool check_attached(struct content *c)
{
    if (omb_digest_none(&OMB_AS(attached, c->facts)->digest))
        return missing(c, "digest", "an attachment names the digest of its chunks");
    return true;
}

static bool same_case(const struct omb_case_id *a, const struct omb_case_id *b)
{
    return omb_office_id_equal(&a->home, &b->home) &&
           omb_incarnation_equal(&a->incarnation, &b->incarnation) && a->year == b->year &&
           a->serial == b->serial;
}

static bool check_linked(struct content *c)
{
    const struct omb_linked *facts = c->facts.value;

    if (!facts->other)
        return missing(c, "other", "a link names the other case");
    if (same_case(facts->other, &c->event->case_id))
        return invalid(c, "other", "a case is not linked to itself");
    if (facts->relation.size == 0)
        return missing(c, "relation", "a link says the relation");
    if (!IS_ONE_OF(facts->relation, "same-matter", "duplicate", "related", "repeat"))
        return invalid(c, "relation",
                       "the relation is same-matter, duplicate, related or repeat");
    return check_deadlines(c, &facts->deadlines);
}

static const struct omb_deadline_row *find_row(const struct omb_case *so_far, struct omb_view code)
{
    const struct omb_deadline_row_list *list = &so_far->row.deadlines;

    for (size_t i = 0; i < list->count; i++)
        if (omb_view_equal(list->items[i].code, code))
            return &list->items[i];
    return NULL;
}

/* R6, R7: to the maximum and no further; with a ground, and the client told how and when. */
static bool check_extended(struct content *c)
{
    const struct omb_extended *facts = c->facts.value;
    const struct omb_deadline_row *row = find_row(c->so_far, facts->limit);
    const struct omb_deadline_row *maximum = find_row(c->so_far, OMB_VIEW_LIT("maximum"));

    if (facts->limit.size == 0)
        return missing(c, "limit", "an extension names the limit that it moves");
    if (facts->until == 0)
        return missing(c, "until", "an extension has a new date");
    if (facts->ground.size == 0)
        return missing(c, "ground", "an extension has a ground");
    if (facts->method.size == 0)
        return missing(c, "method", "an extension needs notice to the client: say how");
    if (facts->at == 0)
        return missing(c, "at", "an extension needs notice to the client: say when");
    if (!row)
        return invalid(c, "limit", "the case has no such deadline");
    if (!row->limit)
        return invalid(c, "limit", "an internal target is not extended, only a limit is");
    if (row == maximum || !maximum)
        return invalid(c, "limit", "the rules of this case allow no extension of that limit");
    if (facts->until <= row->due)
        return invalid(c, "until", "an extension moves a limit to a later date");
    if (facts->until > maximum->due)
        return invalid(c, "until", "no extension goes beyond the maximum of the case");
    return true;
}

static bool check_rebased(struct content *c)
{
    const struct omb_rebased *facts = c->facts.value;

    if (facts->profile.size == 0 && facts->calendar.size == 0 && facts->deadlines.count == 0 &&
        omb_digest_none(&facts->policy))
        return missing(c, "deadlines", "a rebasing says policy, profile, calendar or deadlines");
    return check_deadlines(c, &facts->deadlines);
}

/* --- custody and reading --- */

static bool check_escalated(struct content *c)
{
    const struct omb_escalated *facts = c->facts.value;

    if (facts->ground.size == 0)
        return missing(c, "ground", "an escalation has a ground");
    if (!find_seat(c, facts->to, "to"))
        return false;
    if (!omb_seat_is_above(c->place->custodian, &facts->to->office))
        return invalid(c, "to", "an escalation goes to an office above the custodian");
    return true;
}

static bool check_returned(struct content *c)
{
    const struct omb_office_ref *to = OMB_AS(returned, c->facts)->to;
    const struct omb_office_id *custodian = &c->place->custodian->office;

    if (!find_seat(c, to, "to"))
        return false;
    if (omb_office_id_equal(&to->office, custodian))
        return invalid(c, "to", "that office has custody already");
    if (omb_office_id_equal(&to->office, &c->place->home->office))
        return true;
    if (!omb_seat_is_above(c->out->to, custodian) || !had_custody(c->so_far, &to->office))
        return invalid(c, "to", "a return goes home or to an office below that had custody before");
    return true;
}

static bool check_delegated(struct content *c)
{
    if (!find_seat(c, OMB_AS(delegated, c->facts)->to, "to"))
        return false;
    if (!omb_seat_is_above(c->out->to, &c->place->custodian->office))
        return invalid(c, "to", "a delegation goes to an office below the custodian");
    return true;
}

static bool check_taken_over(struct content *c)
{
    if (OMB_AS(taken_over, c->facts)->ground.size == 0)
        return missing(c, "ground", "a take-over has a ground");
    return true;
}

static bool check_key_given(struct content *c)
{
    if (!find_seat(c, omb_event_to(c->event), "to"))
        return false;
    if (!c->event->has_grants)
        return refused(c, "brings no key for the office that it names");
    return true;
}

static bool check_asked(struct content *c)
{
    const struct omb_asked *facts = c->facts.value;

    if (facts->due == 0)
        return missing(c, "due", "a question has a date");
    if (!find_seat(c, facts->to, "to"))
        return false;
    if (!c->out->to->service)
        return invalid(c, "to", "a question goes to a service office");
    return true;
}

/* --- decision and answer --- */

static bool is_currency(struct omb_view text)
{
    if (text.size != 3)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 'A' || text.data[i] > 'Z')
            return false;
    return true;
}

static bool check_redress(struct content *c, const struct omb_resolved *facts)
{
    if (facts->redress_minor < 0)
        return invalid(c, "redress_minor", "redress is not negative");
    if (facts->redress_minor > 0 && facts->currency.size == 0)
        return missing(c, "currency", "redress needs a currency");
    if (facts->currency.size > 0 && !is_currency(facts->currency))
        return invalid(c, "currency", "a currency is three capital letters, as in ISO 4217");
    return true;
}

/*
 * The outcome fits a kind that home ever gave the case, wherever that amendment hangs: an amendment
 * that comes later can then never take the effect of a decision away.
 */
static bool check_resolved(struct content *c)
{
    const struct omb_resolved *facts = c->facts.value;

    if (facts->outcome.size == 0)
        return missing(c, "outcome", "a decision has an outcome");
    if (!(omb_outcome_kinds(facts->outcome) & c->so_far->kinds))
        return invalid(c, "outcome", "the outcome does not fit the kind of the case");
    if (facts->at == 0 && !is_imported(c))
        return missing(c, "at", "a decision has a date, unless the case is imported");
    return check_redress(c, facts);
}

static bool check_answered(struct content *c)
{
    const struct omb_answered *facts = c->facts.value;

    if (is_imported(c))
        return true;
    if (facts->method.size == 0)
        return missing(c, "method", "an answer says how the client was told");
    if (facts->at == 0)
        return missing(c, "at", "an answer has a date, unless the case is imported");
    if (omb_view_is(facts->method, "unreachable") && facts->tries == 0)
        return missing(c, "tries", "an unreachable client was tried: say how often");
    return true;
}

static bool check_closed(struct content *c)
{
    const struct omb_view accepts = OMB_AS(closed, c->facts)->accepts;

    if (accepts.size == 0)
        return missing(c, "accepts", "a closing says whether the client accepts");
    if (!IS_ONE_OF(accepts, "yes", "no", "unknown"))
        return invalid(c, "accepts", "the client accepts yes, no or unknown");
    return true;
}

static bool check_reopened(struct content *c)
{
    if (OMB_AS(reopened, c->facts)->ground.size == 0)
        return missing(c, "ground", "a reopening has a ground");
    return true;
}

/* --- the client's score --- */

static bool check_rated(struct content *c)
{
    const struct omb_rated *facts = c->facts.value;

    if (facts->score == 0)
        return missing(c, "score", "a rating has a score from 1 to 10");
    if (facts->score > 10)
        return invalid(c, "score", "a score is from 1 to 10");
    for (size_t i = 0; i < facts->questions.count; i++)
        if (facts->questions.items[i].score < 1 || facts->questions.items[i].score > 10)
            return invalid(c, "questions", "the score of a question is from 1 to 10");
    return true;
}

static bool check_attended(struct content *c)
{
    if (OMB_AS(attended, c->facts)->done.size == 0)
        return missing(c, "done", "says what was done about the score");
    return true;
}

static bool check_action_done(struct content *c)
{
    if (OMB_AS(action_done, c->facts)->action.size == 0)
        return missing(c, "action", "says which action was done");
    return true;
}

static bool check_erased(struct content *c)
{
    if (OMB_AS(erased, c->facts)->ground.size == 0)
        return missing(c, "ground", "an erasure has a ground");
    return true;
}

/* Events that are not here say nothing that could be wrong. */
static bool (*const checks[])(struct content *c) = {
    [OMB_EVENT_REGISTERED] = check_registered,
    [OMB_EVENT_AMENDED] = check_amended,
    [OMB_EVENT_ACKNOWLEDGED] = check_acknowledged,
    [OMB_EVENT_CONTACTED] = check_contacted,
    [OMB_EVENT_PROMISED] = check_promised,
    [OMB_EVENT_CLASSIFIED] = check_classified,
    [OMB_EVENT_ASSIGNED] = check_assigned,
    [OMB_EVENT_ATTACHED] = check_attached,
    [OMB_EVENT_LINKED] = check_linked,
    [OMB_EVENT_EXTENDED] = check_extended,
    [OMB_EVENT_ESCALATED] = check_escalated,
    [OMB_EVENT_RETURNED] = check_returned,
    [OMB_EVENT_DELEGATED] = check_delegated,
    [OMB_EVENT_TAKEN_OVER] = check_taken_over,
    [OMB_EVENT_GRANTED] = check_key_given,
    [OMB_EVENT_SHARED] = check_key_given,
    [OMB_EVENT_ASKED] = check_asked,
    [OMB_EVENT_RESOLVED] = check_resolved,
    [OMB_EVENT_ANSWERED] = check_answered,
    [OMB_EVENT_CLOSED] = check_closed,
    [OMB_EVENT_REOPENED] = check_reopened,
    [OMB_EVENT_RATED] = check_rated,
    [OMB_EVENT_ATTENDED] = check_attended,
    [OMB_EVENT_ACTION_DONE] = check_action_done,
    [OMB_EVENT_REBASED] = check_rebased,
    [OMB_EVENT_ERASED] = check_erased,
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
    struct content c = {event, event->facts->event, so_far, place, seats, out};
    const struct omb_digest *answers = omb_event_answers(event);

    OMB_ASSERT(c.facts.tag >= 1 && c.facts.tag < sizeof(checks) / sizeof(checks[0]));
    *out = (struct omb_finding){.verdict = OMB_VERDICT_EFFECT, .rc = OMB_OK};
    if (answers && omb_digest_none(answers))
        missing(&c, answer_field(c.facts.tag), "does not name the record that it answers");
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
