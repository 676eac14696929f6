/*
 * Deadlines of the row, and what stops the client's clocks. Legal clocks never pause and never
 * restart: the first answer stops them, whatever becomes of its line. Whether a deadline is overdue
 * depends on the present and is nobody's fold.
 */
#include "base/assert.h"
#include "base/civil.h"
#include "cases/fold_work.h"

#define SURVEY_AFTER_MS (7 * OMB_DAY_MS)

int64_t omb_fold_date(const struct omb_fold *fold, const struct omb_event *event, int64_t at)
{
    return at != 0 ? at : fold->out->row.imported ? 0 : event->time_ms;
}

void omb_fold_first(int64_t *clock, int64_t date)
{
    if (date != 0 && (*clock == 0 || date < *clock))
        *clock = date;
}

/* --- deadlines --- */

static struct omb_deadline_row *find(struct omb_fold *fold, struct omb_view code, size_t *out_at)
{
    for (size_t i = 0; i < fold->deadline_count; i++)
        if (omb_view_equal(fold->deadlines[i].code, code)) {
            *out_at = i;
            return &fold->deadlines[i];
        }
    return NULL;
}

/* An extension that the client was told of outlives a later computation of the limit. */
static void settle(struct omb_fold *fold, size_t at)
{
    struct omb_deadline_row *row = &fold->deadlines[at];

    row->extended = fold->until[at] > fold->base[at];
    row->due = row->extended ? fold->until[at] : fold->base[at];
}

static void govern(struct omb_fold *fold)
{
    for (size_t i = 0; i < fold->out->tie_count; i++) {
        const struct omb_linked *facts = fold->out->ties[i].event->facts->event.value;

        for (size_t k = 0; k < facts->deadlines.count; k++) {
            const struct omb_deadline *other = &facts->deadlines.items[k];
            size_t at;

            if (other->due != 0 && find(fold, other->code, &at) && other->due < fold->base[at])
                fold->base[at] = other->due;
        }
    }
}

void omb_fold_set_deadlines(struct omb_fold *fold, const struct omb_deadline_list *list)
{
    struct omb_deadline_row rows[OMB_DEADLINES_MAX];
    int64_t base[OMB_DEADLINES_MAX];
    int64_t until[OMB_DEADLINES_MAX];

    OMB_ASSERT(list->count <= OMB_DEADLINES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        const struct omb_deadline *deadline = &list->items[i];
        size_t at;

        rows[i] = (struct omb_deadline_row){.code = deadline->code, .limit = deadline->limit};
        base[i] = deadline->due;
        until[i] = find(fold, deadline->code, &at) ? fold->until[at] : 0;
    }
    fold->deadline_count = list->count;
    memcpy(fold->deadlines, rows, list->count * sizeof(rows[0]));
    memcpy(fold->base, base, list->count * sizeof(base[0]));
    memcpy(fold->until, until, list->count * sizeof(until[0]));
    govern(fold);
    for (size_t i = 0; i < fold->deadline_count; i++)
        settle(fold, i);
    fold->out->row.deadlines.items = fold->deadlines;
    fold->out->row.deadlines.count = fold->deadline_count;
}

void omb_fold_extend(struct omb_fold *fold, const struct omb_extended *facts)
{
    size_t at = 0;
    const struct omb_deadline_row *row = find(fold, facts->limit, &at);

    OMB_ASSERT(row);
    fold->until[at] = facts->until;
    settle(fold, at);
}

/* --- what stops them --- */

/* On a line that lost an answer counts when its author was home, or took the decision it tells. */
static bool reached_client(const struct omb_fold *fold, const struct omb_node *node)
{
    const struct omb_node *decision;
    struct omb_finding finding;

    if (node->verdict != OMB_VERDICT_SUPERSEDED || node->row->tag != OMB_EVENT_ANSWERED ||
        !node->event->seat || node->after == OMB_NODE_NONE)
        return false;
    decision = &fold->nodes[node->after];
    if (!decision->row || decision->row->tag != OMB_EVENT_RESOLVED)
        return false;
    if (!omb_seat_counts_as(node->event->seat, fold->out->home) &&
        !omb_office_id_equal(&node->event->office, &decision->event->office))
        return false;
    omb_content_find(node->event, fold->out, &fold->places[node->place], fold->seats, &finding);
    return finding.verdict == OMB_VERDICT_EFFECT;
}

void omb_fold_lost_answers(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->order_count; i++) {
        const struct omb_node *node = fold->order[i];
        const struct omb_answered *facts = node->event->facts->event.value;

        if (!reached_client(fold, node))
            continue;
        fold->lost_answer = true;
        omb_fold_first(&fold->clocks.answer, omb_fold_date(fold, node->event, facts->at));
        omb_fold_first(&fold->clocks.response, omb_fold_date(fold, node->event, facts->at));
    }
}

static void stop_survey(const struct omb_fold *fold, struct omb_deadline_row *row)
{
    const struct omb_case_row *whole = &fold->out->row;

    row->due = whole->answered_at != 0 ? whole->answered_at + SURVEY_AFTER_MS : 0;
    row->met_at = fold->clocks.rating;
}

void omb_fold_stop_clocks(struct omb_fold *fold)
{
    struct omb_case_row *whole = &fold->out->row;
    struct omb_deadline_row *rows;

    whole->first_response_at = fold->clocks.response;
    whole->deadlines.items = NULL;
    if (fold->deadline_count == 0)
        return;
    rows = OMB_ARENA_NEW(fold->arena, struct omb_deadline_row, fold->deadline_count);
    memcpy(rows, fold->deadlines, fold->deadline_count * sizeof(rows[0]));
    for (size_t i = 0; i < fold->deadline_count; i++) {
        if (omb_view_is(rows[i].code, "survey")) {
            stop_survey(fold, &rows[i]);
            continue;
        }
        rows[i].met_at = omb_view_is(rows[i].code, "first-response") ? fold->clocks.response
                                                                   : fold->clocks.answer;
        /* Nothing is owed any more to a client who took the case back. */
        if (rows[i].met_at == 0 && fold->out->status == OMB_STATUS_WITHDRAWN)
            rows[i].met_at = whole->closed_at;
    }
    whole->deadlines.items = rows;
}
