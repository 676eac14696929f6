/* Content of events from the decision on: answer, closing, scores, erasure. */
#include "cases/content.h"

static bool is_imported(const struct omb_content *c)
{
    return c->so_far->row.imported;
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

static bool check_redress(struct omb_content *c, const struct omb_resolved *facts)
{
    if (facts->redress_minor < 0)
        return omb_content_invalid(c, "redress_minor", "redress is not negative");
    if (facts->redress_minor > 0 && facts->currency.size == 0)
        return omb_content_missing(c, "currency", "redress needs a currency");
    if (facts->currency.size > 0 && !is_currency(facts->currency))
        return omb_content_invalid(c, "currency",
                                   "a currency is three capital letters, as in ISO 4217");
    return true;
}

/*
 * The outcome fits a kind that home ever gave the case, wherever that amendment hangs: an amendment
 * that comes later can then never take the effect of a decision away.
 */
bool omb_content_resolved(struct omb_content *c)
{
    const struct omb_resolved *facts = c->facts.value;

    if (facts->outcome.size == 0)
        return omb_content_missing(c, "outcome", "a decision has an outcome");
    if (!(omb_outcome_kinds(facts->outcome) & c->so_far->kinds))
        return omb_content_invalid(c, "outcome", "the outcome does not fit the kind of the case");
    if (facts->at == 0 && !is_imported(c))
        return omb_content_missing(c, "at", "a decision has a date, unless the case is imported");
    return check_redress(c, facts);
}

bool omb_content_answered(struct omb_content *c)
{
    const struct omb_answered *facts = c->facts.value;

    if (is_imported(c))
        return true;
    if (facts->method.size == 0)
        return omb_content_missing(c, "method", "an answer says how the client was told");
    if (facts->at == 0)
        return omb_content_missing(c, "at", "an answer has a date, unless the case is imported");
    if (omb_view_is(facts->method, "unreachable") && facts->tries == 0)
        return omb_content_missing(c, "tries", "an unreachable client was tried: say how often");
    return true;
}

bool omb_content_closed(struct omb_content *c)
{
    const struct omb_view accepts = OMB_AS(closed, c->facts)->accepts;

    if (accepts.size == 0)
        return omb_content_missing(c, "accepts", "a closing says whether the client accepts");
    if (!OMB_IS_ONE_OF(accepts, "yes", "no", "unknown"))
        return omb_content_invalid(c, "accepts", "the client accepts yes, no or unknown");
    return true;
}

bool omb_content_reopened(struct omb_content *c)
{
    if (OMB_AS(reopened, c->facts)->ground.size == 0)
        return omb_content_missing(c, "ground", "a reopening has a ground");
    return true;
}

/* --- the client's score --- */

bool omb_content_rated(struct omb_content *c)
{
    const struct omb_rated *facts = c->facts.value;

    if (facts->score == 0)
        return omb_content_missing(c, "score", "a rating has a score from 1 to 10");
    if (facts->score > 10)
        return omb_content_invalid(c, "score", "a score is from 1 to 10");
    for (size_t i = 0; i < facts->questions.count; i++)
        if (facts->questions.items[i].score < 1 || facts->questions.items[i].score > 10)
            return omb_content_invalid(c, "questions", "the score of a question is from 1 to 10");
    return true;
}

bool omb_content_attended(struct omb_content *c)
{
    if (OMB_AS(attended, c->facts)->done.size == 0)
        return omb_content_missing(c, "done", "says what was done about the score");
    return true;
}

bool omb_content_action_done(struct omb_content *c)
{
    if (OMB_AS(action_done, c->facts)->action.size == 0)
        return omb_content_missing(c, "action", "says which action was done");
    return true;
}

bool omb_content_erased(struct omb_content *c)
{
    if (OMB_AS(erased, c->facts)->ground.size == 0)
        return omb_content_missing(c, "ground", "an erasure has a ground");
    return true;
}
