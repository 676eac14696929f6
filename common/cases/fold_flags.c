/*
 * Flags of the row: words by which lists find a case. Sorted by name, so that equal cases have
 * equal bytes.
 */
#include "base/assert.h"
#include "cases/fold_work.h"

static bool is_action_open(const struct omb_fold *fold)
{
    const struct omb_resolved *facts;

    if (!fold->decided)
        return false;
    facts = fold->decided->event->facts->event.value;
    return facts->prevent.size > 0 && !omb_view_is(facts->prevent, "none") &&
           !fold->decided->answered;
}

static bool is_anonymous(const struct omb_fold *fold)
{
    return fold->matter.anonymous;
}

/* R54: until somebody says what was done about it. */
static bool wants_attention(const struct omb_fold *fold)
{
    return fold->rated && !fold->rated->answered &&
           fold->out->row.score <= fold->policy->attention_max;
}

static bool is_confidential(const struct omb_fold *fold)
{
    return fold->matter.confidential;
}

static bool is_before(int64_t later, int64_t earlier)
{
    return later != 0 && earlier != 0 && later < earlier;
}

static bool has_dates_backwards(const struct omb_fold *fold)
{
    const struct omb_case_row *row = &fold->out->row;
    const struct omb_registered *facts = fold->out->registered->facts->event.value;

    for (size_t i = 0; facts->imported && i < facts->imported->marks.count; i++)
        if (omb_view_is(facts->imported->marks.items[i], "dates-backwards"))
            return true;
    return is_before(row->resolved_at, fold->matter.received_at) ||
           is_before(row->answered_at, fold->matter.received_at) ||
           is_before(row->answered_at, row->resolved_at);
}

static bool was_escalated(const struct omb_fold *fold)
{
    return fold->escalated;
}

static bool is_extended(const struct omb_fold *fold)
{
    for (size_t i = 0; i < fold->deadline_count; i++)
        if (fold->deadlines[i].extended)
            return true;
    return false;
}

static bool was_handed_over_often(const struct omb_fold *fold)
{
    return fold->out->row.hand_overs > fold->policy->hand_overs_max;
}

static bool is_imported(const struct omb_fold *fold)
{
    return fold->out->row.imported;
}

static bool has_lost_answer(const struct omb_fold *fold)
{
    return fold->lost_answer;
}

static bool has_quarantined(const struct omb_fold *fold)
{
    return fold->out->quarantined > 0;
}

static bool has_superseded(const struct omb_fold *fold)
{
    return fold->out->superseded > 0;
}

static bool is_undated(const struct omb_fold *fold)
{
    return fold->out->row.undated;
}

static bool is_vulnerable(const struct omb_fold *fold)
{
    return fold->matter.vulnerable;
}

static bool is_withdrawn(const struct omb_fold *fold)
{
    return fold->out->status == OMB_STATUS_WITHDRAWN;
}

/* Beside these, risk-<code> for each risk that the case was classified with. */
static const struct {
    const char *name;
    bool (*holds)(const struct omb_fold *fold);
} flags[] = {
    {"action-open", is_action_open},         /* a preventive action is not done yet */
    {"anonymous", is_anonymous},
    {"attention", wants_attention},          /* R54 */
    {"confidential", is_confidential},
    {"dates-backwards", has_dates_backwards},
    {"escalated", was_escalated},            /* at some time */
    {"extended", is_extended},
    {"hand-overs", was_handed_over_often},   /* R21: more than the policy's bound */
    {"imported", is_imported},
    {"lost-answer", has_lost_answer},        /* the client was told what does not stand */
    {"quarantined", has_quarantined},        /* an act is kept without effect: a rule, or odd */
    {"superseded", has_superseded},          /* two offices acted at once */
    {"undated", is_undated},
    {"vulnerable", is_vulnerable},
    {"withdrawn", is_withdrawn},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

/* Puts a word where it belongs, once. */
static void insert(struct omb_view *items, size_t *count, struct omb_view word)
{
    size_t at = *count;

    while (at > 0 && omb_view_compare(items[at - 1], word) > 0)
        at--;
    if (at > 0 && omb_view_equal(items[at - 1], word))
        return;
    memmove(&items[at + 1], &items[at], (*count - at) * sizeof(items[0]));
    items[at] = word;
    (*count)++;
}

void omb_fold_flags(struct omb_fold *fold)
{
    bool holds[FLAG_COUNT];
    size_t room = fold->risks.count;
    struct omb_view *items;
    size_t count = 0;

    for (size_t i = 0; i < FLAG_COUNT; i++)
        room += holds[i] = flags[i].holds(fold);
    if (room == 0)
        return;
    items = OMB_ARENA_NEW(fold->arena, struct omb_view, room);
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (holds[i])
            insert(items, &count, omb_view_str(flags[i].name));
    for (size_t i = 0; i < fold->risks.count; i++)
        insert(items, &count, omb_arena_printf(fold->arena, "risk-%.*s",
                                               OMB_VIEW_ARGS(fold->risks.items[i])));
    fold->out->row.flags = (struct omb_views){items, count};
}
