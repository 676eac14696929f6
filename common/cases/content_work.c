/* Content of events about work on the case: contacts, promises, links, limits. */
#include "cases/content.h"

/* --- contact with the client --- */

bool omb_content_acknowledged(struct omb_content *c)
{
    if (OMB_AS(acknowledged, c->facts)->method.size == 0)
        return omb_content_missing(c, "method", "an acknowledgement says how the client was told");
    return true;
}

bool omb_content_contacted(struct omb_content *c)
{
    const struct omb_contacted *facts = c->facts.value;

    if (facts->method.size == 0)
        return omb_content_missing(c, "method", "a contact says by which method");
    if (facts->direction.size == 0)
        return omb_content_missing(c, "direction",
                                   "a contact says its direction, to-client or from-client");
    if (!OMB_IS_ONE_OF(facts->direction, "to-client", "from-client"))
        return omb_content_invalid(c, "direction",
                                   "the direction of a contact is to-client or from-client");
    return true;
}

bool omb_content_promised(struct omb_content *c)
{
    const struct omb_promised *facts = c->facts.value;

    if (facts->due == 0)
        return omb_content_missing(c, "due", "a promise has a date");
    if (facts->to.size > 0 && !OMB_IS_ONE_OF(facts->to, "client", "office"))
        return omb_content_invalid(c, "to", "a promise is made to client or office");
    return true;
}

/* --- work on the case --- */

bool omb_content_assigned(struct omb_content *c)
{
    if (OMB_AS(assigned, c->facts)->responsible.size == 0)
        return omb_content_missing(c, "responsible", "an assignment names an operator");
    return true;
}

bool omb_content_attached(struct omb_content *c)
{
    if (omb_digest_none(&OMB_AS(attached, c->facts)->digest))
        return omb_content_missing(c, "digest", "an attachment names the digest of its chunks");
    return true;
}

bool omb_content_linked(struct omb_content *c)
{
    const struct omb_linked *facts = c->facts.value;

    if (!facts->other)
        return omb_content_missing(c, "other", "a link names the other case");
    if (omb_case_id_equal(facts->other, &c->event->case_id))
        return omb_content_invalid(c, "other", "a case is not linked to itself");
    if (facts->relation.size == 0)
        return omb_content_missing(c, "relation", "a link says the relation");
    if (!OMB_IS_ONE_OF(facts->relation, "same-matter", "duplicate", "related", "repeat"))
        return omb_content_invalid(c, "relation",
                       "the relation is same-matter, duplicate, related or repeat");
    return omb_content_has_deadlines(c, &facts->deadlines);
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
bool omb_content_extended(struct omb_content *c)
{
    const struct omb_extended *facts = c->facts.value;
    const struct omb_deadline_row *row = find_row(c->so_far, facts->limit);
    const struct omb_deadline_row *maximum = find_row(c->so_far, OMB_VIEW_LIT("maximum"));

    if (facts->limit.size == 0)
        return omb_content_missing(c, "limit", "an extension names the limit that it moves");
    if (facts->until == 0)
        return omb_content_missing(c, "until", "an extension has a new date");
    if (facts->ground.size == 0)
        return omb_content_missing(c, "ground", "an extension has a ground");
    if (facts->method.size == 0)
        return omb_content_missing(c, "method", "an extension needs notice to the client: say how");
    if (facts->at == 0)
        return omb_content_missing(c, "at", "an extension needs notice to the client: say when");
    if (!row)
        return omb_content_invalid(c, "limit", "the case has no such deadline");
    if (!row->limit)
        return omb_content_invalid(c, "limit",
                                   "an internal target is not extended, only a limit is");
    if (row == maximum || !maximum)
        return omb_content_invalid(c, "limit",
                                   "the rules of this case allow no extension of that limit");
    if (facts->until <= row->due)
        return omb_content_invalid(c, "until", "an extension moves a limit to a later date");
    if (facts->until > maximum->due)
        return omb_content_invalid(c, "until", "no extension goes beyond the maximum of the case");
    return true;
}

bool omb_content_rebased(struct omb_content *c)
{
    const struct omb_rebased *facts = c->facts.value;

    if (facts->profile.size == 0 && facts->calendar.size == 0 && facts->deadlines.count == 0 &&
        omb_digest_none(&facts->policy))
        return omb_content_missing(c, "deadlines",
                                   "a rebasing says policy, profile, calendar or deadlines");
    return omb_content_has_deadlines(c, &facts->deadlines);
}
