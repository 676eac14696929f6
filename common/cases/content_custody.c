/* Content of events that name an office: custody, keys, questions. */
#include "cases/content.h"

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

/* --- custody and reading --- */

bool omb_content_escalated(struct omb_content *c)
{
    const struct omb_escalated *facts = c->facts.value;

    if (facts->ground.size == 0)
        return omb_content_missing(c, "ground", "an escalation has a ground");
    if (!omb_content_find_seat(c, facts->to, "to"))
        return false;
    if (!omb_seat_is_above(c->place->custodian, &facts->to->office))
        return omb_content_invalid(c, "to", "an escalation goes to an office above the custodian");
    return true;
}

bool omb_content_returned(struct omb_content *c)
{
    const struct omb_office_ref *to = OMB_AS(returned, c->facts)->to;
    const struct omb_office_id *custodian = &c->place->custodian->office;

    if (!omb_content_find_seat(c, to, "to"))
        return false;
    if (omb_office_id_equal(&to->office, custodian))
        return omb_content_invalid(c, "to", "that office has custody already");
    if (omb_office_id_equal(&to->office, &c->place->home->office))
        return true;
    if (!omb_seat_is_above(c->out->to, custodian) || !had_custody(c->so_far, &to->office))
        return omb_content_invalid(c, "to",
                                   "a return goes home or to an office below that had custody");
    return true;
}

bool omb_content_delegated(struct omb_content *c)
{
    if (!omb_content_find_seat(c, OMB_AS(delegated, c->facts)->to, "to"))
        return false;
    if (!omb_seat_is_above(c->out->to, &c->place->custodian->office))
        return omb_content_invalid(c, "to", "a delegation goes to an office below the custodian");
    return true;
}

bool omb_content_taken_over(struct omb_content *c)
{
    if (OMB_AS(taken_over, c->facts)->ground.size == 0)
        return omb_content_missing(c, "ground", "a take-over has a ground");
    return true;
}

bool omb_content_key_given(struct omb_content *c)
{
    if (!omb_content_find_seat(c, omb_event_to(c->event), "to"))
        return false;
    if (!c->event->has_grants)
        return omb_content_refused(c, "brings no key for the office that it names");
    return true;
}

bool omb_content_asked(struct omb_content *c)
{
    const struct omb_asked *facts = c->facts.value;

    if (facts->due == 0)
        return omb_content_missing(c, "due", "a question has a date");
    if (!omb_content_find_seat(c, facts->to, "to"))
        return false;
    if (!c->out->to->service)
        return omb_content_invalid(c, "to", "a question goes to a service office");
    return true;
}
