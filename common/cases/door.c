/*
 * The author's door: what the fold would say, in words that help, and the rules that only the
 * author can know, because they ask for the policy, the clock or the case as it stands now.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/civil.h"
#include "cases/finding.h"

struct door {
    const struct omb_case *now;
    const struct omb_event *event;
    const struct omb_event_row *row;
    struct omb_any facts;
    struct omb_place place;
    const struct omb_policy *policy;
    const struct omb_seats *seats;
    struct omb_buf *warnings;
    struct omb_error *err;
};

static struct omb_view office_words(const struct door *d, const struct omb_seat *seat)
{
    if (d->event->seat && omb_office_id_equal(&seat->office, &d->event->seat->office))
        return OMB_VIEW_LIT("this office");
    return seat->code.size > 0 ? seat->code : OMB_VIEW_LIT("another office");
}

/* --- status and right --- */

/* What would have to be done first; "" when nothing of the kind helps. */
static const char *first_do(const struct door *d)
{
    const enum omb_case_status status = d->now->status;
    const uint32_t offered = d->row->offered;

    if (d->row->tag == OMB_EVENT_REOPENED)
        return "";
    if (offered & OMB_IN(OPEN))
        return "; reopen it first";
    if (status == OMB_STATUS_OPEN && offered & OMB_IN(RESOLVED))
        return "; resolve it first";
    if (status == OMB_STATUS_OPEN && offered & OMB_IN(ANSWERED))
        return "; resolve and answer it first";
    if (status == OMB_STATUS_RESOLVED && offered & OMB_IN(ANSWERED))
        return "; answer it first";
    return "";
}

static enum omb_rc refuse_status(const struct door *d)
{
    return omb_fail(d->err, OMB_REFUSED, NULL, "the case is %s: `%s` needs %s%s",
                    omb_status_name(d->now->status), d->row->verb,
                    omb_statuses_words(d->row->offered), first_do(d));
}

static const char *how_to_get_custody(const struct door *d)
{
    const struct omb_seat *custodian = d->now->custodian;

    if (!(d->row->rights & OMB_RIGHT_CUSTODIAN) || d->now->status != OMB_STATUS_OPEN)
        return "";
    if (omb_seat_is_above(custodian, &d->event->seat->office))
        return "; `take` the case over first";
    if (omb_seat_is_above(d->event->seat, &custodian->office))
        return "; the custodian can `return` or `delegate` it";
    return "";
}

static enum omb_rc refuse_right(const struct door *d)
{
    struct omb_view custodian = office_words(d, d->now->custodian);
    struct omb_view home = office_words(d, d->now->home);

    return omb_fail(d->err, OMB_REFUSED, NULL,
                    "the case is %s, home is %.*s, custody is with %.*s: only %s may `%s`%s",
                    omb_status_name(d->now->status), OMB_VIEW_ARGS(home), OMB_VIEW_ARGS(custodian),
                    omb_rights_words(d->row->rights), d->row->verb, how_to_get_custody(d));
}

static const struct omb_judged *find_judged(const struct omb_case *now,
                                            const struct omb_digest *digest)
{
    for (size_t i = 0; i < now->judged_count; i++)
        if (omb_digest_equal(&now->judged[i].event->digest, digest))
            return &now->judged[i];
    return NULL;
}

static enum omb_rc check_right(struct door *d)
{
    const char *why;

    switch (omb_rules_judge(d->row, &d->place, d->event->seat, &why)) {
    case OMB_VERDICT_NO_RIGHT:
        return refuse_right(d);
    case OMB_VERDICT_BAD_STATUS:
        return refuse_status(d);
    case OMB_VERDICT_EFFECT:
    case OMB_VERDICT_SUPERSEDED:
    case OMB_VERDICT_RULE:
    case OMB_VERDICT_WAITS:
    case OMB_VERDICT_ODD:
    case OMB_VERDICT_REVOKED:
        break;
    }
    return d->row->offered >> d->now->status & 1 ? OMB_OK : refuse_status(d);
}

/* --- what it answers --- */

static bool is_answered(const struct door *d, const struct omb_digest *digest)
{
    for (size_t i = 0; i < d->now->judged_count; i++) {
        const struct omb_judged *judged = &d->now->judged[i];

        if (judged->verdict == OMB_VERDICT_EFFECT &&
            judged->event->facts->event.tag == d->row->tag &&
            omb_digest_equal(omb_event_answers(judged->event), digest))
            return true;
    }
    return false;
}

static const char *answers_field(const struct door *d)
{
    return omb_shape_alternative(&omb_shape_facts, d->row->tag)->shape->fields[0].name;
}

static enum omb_rc check_target(struct door *d)
{
    const struct omb_digest *digest = omb_event_answers(d->event);
    const struct omb_judged *target;
    const char *why;

    if (!digest || omb_digest_none(digest))
        return OMB_OK;
    target = find_judged(d->now, digest);
    if (!target)
        return omb_fail(d->err, OMB_NOT_FOUND, answers_field(d),
                        "the case has no such record to `%s`", d->row->verb);
    if (omb_rules_answer(d->event, target->event, &why, NULL) != OMB_VERDICT_EFFECT)
        return omb_fail(d->err, OMB_REFUSED, answers_field(d), "`%s`: %s", d->row->verb, why);
    if (target->verdict != OMB_VERDICT_EFFECT)
        return omb_fail(d->err, OMB_REFUSED, answers_field(d),
                        "the record that `%s` would answer has no effect", d->row->verb);
    if (d->row->rights & OMB_RIGHT_ASKED)
        d->place.asked = &omb_event_to(target->event)->office;
    else if (is_answered(d, digest))
        return omb_fail(d->err, OMB_REFUSED, answers_field(d), "that was done already");
    return OMB_OK;
}

/* --- content --- */

static enum omb_rc check_content(const struct door *d)
{
    struct omb_finding finding;

    omb_content_find(d->event, d->now, &d->place, d->seats, &finding);
    if (finding.verdict == OMB_VERDICT_EFFECT)
        return OMB_OK;
    return omb_fail(d->err, finding.rc, finding.field, "`%s`: %s", d->row->verb, finding.why);
}

static enum omb_rc check_date(const struct door *d, const struct omb_shape *shape,
                              const void *message)
{
    static const char *const past[] = {"at", "received_at"};

    for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        const struct omb_shape_field *field = omb_shape_field(shape, omb_view_str(past[i]));
        int64_t date = field ? *(const int64_t *)omb_shape_at(field, message) : 0;

        if (date > d->event->time_ms + OMB_DAY_MS)
            return omb_fail(d->err, OMB_INVALID, past[i], "%s lies in the future", past[i]);
        if (date < 0)
            return omb_fail(d->err, OMB_INVALID, past[i], "%s lies before 1970", past[i]);
    }
    return OMB_OK;
}

static enum omb_rc check_dates(const struct door *d)
{
    const struct omb_shape *shape = omb_shape_alternative(&omb_shape_facts, d->row->tag)->shape;
    const struct omb_shape_field *matter = omb_shape_field(shape, OMB_VIEW_LIT("matter"));
    enum omb_rc rc = check_date(d, shape, d->facts.value);

    if (rc == OMB_OK && matter && !omb_shape_is_empty(matter, d->facts.value))
        rc = check_date(d, &omb_shape_matter,
                        *(const struct omb_matter *const *)omb_shape_at(matter, d->facts.value));
    return rc;
}

/* --- rules of single events --- */

static enum omb_rc missing(const struct door *d, const char *field, const char *words)
{
    return omb_fail(d->err, OMB_MISSING, field, "%s", words);
}

static enum omb_rc door_registered(const struct door *d)
{
    const struct omb_registered *facts = d->facts.value;
    const struct omb_matter *matter = facts->matter;
    bool grievance = (omb_kind_bit(matter->kind) & (OMB_KIND_COMPLAINT | OMB_KIND_CLAIM)) != 0;

    if (facts->imported)
        return OMB_OK;
    if (matter->channel.size == 0)
        return missing(d, "channel", "a registration says by which channel the case came");
    if (grievance && matter->product.size == 0)
        return missing(d, "product", "a complaint or claim needs a product");
    if (grievance && matter->issue.size == 0)
        return missing(d, "issue", "a complaint or claim needs an issue");
    return OMB_OK;
}

/* R12: beyond a limit nothing is promised to a client who still waits for the answer. */
static enum omb_rc door_promised(const struct door *d)
{
    const struct omb_promised *facts = d->facts.value;
    const struct omb_deadline_row_list *rows = &d->now->row.deadlines;
    char due[OMB_RFC3339_SIZE];

    if (facts->due <= d->event->time_ms)
        return omb_fail(d->err, OMB_INVALID, "due", "a promise is for the future");
    for (size_t i = 0; i < rows->count && !omb_view_is(facts->to, "office"); i++) {
        const struct omb_deadline_row *row = &rows->items[i];

        if (!row->limit || row->met_at != 0 || row->due == 0 || facts->due <= row->due)
            continue;
        omb_rfc3339(row->due, 0, due);
        return omb_fail(d->err, OMB_REFUSED, "due",
                        "no promise goes beyond the limit `%.*s` of the case, %s",
                        OMB_VIEW_ARGS(row->code), due);
    }
    return OMB_OK;
}

static enum omb_rc door_extended(const struct door *d)
{
    const struct omb_extended *facts = d->facts.value;

    for (size_t i = 0; i < d->now->row.deadlines.count; i++) {
        const struct omb_deadline_row *row = &d->now->row.deadlines.items[i];

        if (omb_view_equal(row->code, facts->limit) && row->due < d->event->time_ms)
            return omb_fail(d->err, OMB_REFUSED, "limit",
                            "the limit `%.*s` has passed: it can no longer be extended",
                            OMB_VIEW_ARGS(row->code));
    }
    return OMB_OK;
}

static enum omb_rc door_resolved(const struct door *d)
{
    const struct omb_resolved *facts = d->facts.value;
    bool prevents = facts->prevent.size > 0 && !omb_view_is(facts->prevent, "none");

    if (!(omb_outcome_kinds(facts->outcome) & omb_kind_bit(d->now->row.matter->kind)))
        return omb_fail(d->err, OMB_INVALID, "outcome", "`%.*s` is no outcome of a %.*s",
                        OMB_VIEW_ARGS(facts->outcome), OMB_VIEW_ARGS(d->now->row.matter->kind));
    if (d->now->row.imported)
        return OMB_OK;
    if (facts->cause.size == 0 &&
        (omb_view_is(facts->outcome, "founded") || omb_view_is(facts->outcome, "partly")))
        return missing(d, "cause", "a founded complaint has a cause");
    if (prevents && facts->prevent_owner.size == 0)
        return missing(d, "prevent_owner", "a preventive action has an owner");
    if (prevents && facts->prevent_due == 0)
        return missing(d, "prevent_due", "a preventive action has a due date");
    return OMB_OK;
}

static bool has_view(struct omb_views list, struct omb_view word)
{
    for (size_t i = 0; i < list.count; i++)
        if (omb_view_equal(list.items[i], word))
            return true;
    return false;
}

static void warn(const struct door *d, const char *words, struct omb_view method)
{
    if (d->warnings)
        omb_buf_printf(d->warnings, words, OMB_VIEW_ARGS(method));
}

/* R3, R49 */
static enum omb_rc door_answered(const struct door *d)
{
    const struct omb_answered *facts = d->facts.value;
    const struct omb_matter *matter = d->now->row.matter;
    bool reached = !omb_view_is(facts->method, "unreachable");

    if (omb_view_is(facts->method, "none-anonymous")) {
        if (matter->anonymous)
            return OMB_OK;
        return omb_fail(d->err, OMB_REFUSED, "method",
                        "`none-anonymous` is for anonymous clients, and this one is known");
    }
    if (reached && matter->reply_methods.count > 0 && facts->method.size > 0 &&
        !has_view(matter->reply_methods, facts->method))
        warn(d, "the client left other contacts than `%.*s` for the answer\n", facts->method);
    if (reached && matter->confidential && !omb_view_is(facts->method, "in-person") &&
        !omb_view_is(facts->method, "phone"))
        warn(d, "the case is confidential: others than the client may read `%.*s`\n",
             facts->method);
    return OMB_OK;
}

static enum omb_rc door_withdrawn(const struct door *d)
{
    if (OMB_AS(withdrawn, d->facts)->method.size == 0 && !d->now->row.imported)
        return missing(d, "method", "a withdrawal says how the client told it");
    return OMB_OK;
}

static enum omb_rc door_attended(const struct door *d)
{
    const struct omb_event *rating =
        find_judged(d->now, &OMB_AS(attended, d->facts)->rating)->event;

    if (OMB_AS(rated, rating->facts->event)->score > d->policy->attention_max)
        return omb_fail(d->err, OMB_REFUSED, "rating",
                        "that score is not low: it is not on the attention list");
    return OMB_OK;
}

static enum omb_rc door_action_done(const struct door *d)
{
    const struct omb_event *decision =
        find_judged(d->now, &OMB_AS(action_done, d->facts)->resolution)->event;
    struct omb_view prevent = OMB_AS(resolved, decision->facts->event)->prevent;

    if (prevent.size == 0 || omb_view_is(prevent, "none"))
        return omb_fail(d->err, OMB_REFUSED, "resolution",
                        "that decision asked for no preventive action");
    return OMB_OK;
}

static enum omb_rc door_erased(const struct door *d)
{
    if (d->now->row.erased)
        return omb_fail(d->err, OMB_ERASED, NULL, "the case was erased already");
    return OMB_OK;
}

static enum omb_rc check_single(const struct door *d)
{
    switch (d->row->tag) {
    case OMB_EVENT_REGISTERED:
        return door_registered(d);
    case OMB_EVENT_PROMISED:
        return door_promised(d);
    case OMB_EVENT_EXTENDED:
        return door_extended(d);
    case OMB_EVENT_RESOLVED:
        return door_resolved(d);
    case OMB_EVENT_ANSWERED:
        return door_answered(d);
    case OMB_EVENT_WITHDRAWN:
        return door_withdrawn(d);
    case OMB_EVENT_ATTENDED:
        return door_attended(d);
    case OMB_EVENT_ACTION_DONE:
        return door_action_done(d);
    case OMB_EVENT_ERASED:
        return door_erased(d);
    }
    return OMB_OK;
}

/* --- the door --- */

static bool is_imported(const struct door *d)
{
    if (d->row->tag == OMB_EVENT_REGISTERED)
        return OMB_AS(registered, d->facts)->imported != NULL;
    return d->now->row.imported;
}

static enum omb_rc check_who(const struct door *d)
{
    if (d->row->tag != OMB_EVENT_REGISTERED && d->now->status == OMB_STATUS_WAITING)
        return omb_fail(d->err, OMB_REFUSED, NULL,
                        "the registration of the case is not here yet: `%s` has to wait",
                        d->row->verb);
    if (omb_view_is(d->event->actor, "system") && !d->row->system)
        return omb_fail(d->err, OMB_FORBIDDEN, NULL, "`%s` needs an operator, not `system`",
                        d->row->verb);
    return OMB_OK;
}

enum omb_rc omb_rules_door(const struct omb_case *now, const struct omb_event *event,
                           const struct omb_policy *policy, const struct omb_seats *seats,
                           struct omb_buf *warnings, struct omb_error *err)
{
    static const struct omb_case none;
    struct door d = {
        .now = now ? now : &none,
        .event = event,
        .row = omb_event_row_of(event),
        .facts = event->facts->event,
        .policy = policy,
        .seats = seats,
        .warnings = warnings,
        .err = err,
    };
    enum omb_rc rc;

    if (!d.row)
        return omb_fail(err, OMB_INVALID, NULL, "this is no event of a case");
    OMB_ASSERT(event->seat && !event->odd && !event->revoked);
    d.place = omb_rules_place(d.now);
    rc = check_who(&d);
    /* The right to reply lies in the question; elsewhere who may comes before what it answers. */
    if (rc == OMB_OK && !(d.row->rights & OMB_RIGHT_ASKED))
        rc = check_right(&d);
    if (rc == OMB_OK)
        rc = check_target(&d);
    if (rc == OMB_OK && d.row->rights & OMB_RIGHT_ASKED)
        rc = check_right(&d);
    if (rc == OMB_OK)
        rc = omb_policy_check_facts(policy, event->facts, is_imported(&d), err);
    if (rc == OMB_OK)
        rc = check_content(&d);
    if (rc == OMB_OK)
        rc = check_dates(&d);
    return rc == OMB_OK ? check_single(&d) : rc;
}
