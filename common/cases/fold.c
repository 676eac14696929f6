#include "cases/fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "cases/fold_work.h"

/* --- distinct events, and the tree that `after` makes of them --- */

static int by_digest(const void *a, const void *b)
{
    const struct omb_event *const *one = a;
    const struct omb_event *const *other = b;

    return OMB_ID_COMPARE(&(*one)->digest, &(*other)->digest);
}

static struct omb_node new_node(const struct omb_event *event)
{
    const struct omb_event_row *row = omb_event_row_of(event);

    return (struct omb_node){
        .event = event,
        .row = row,
        .after = OMB_NODE_NONE,
        .child = OMB_NODE_NONE,
        .next = OMB_NODE_NONE,
        .place = OMB_PLACE_NONE,
        .target = OMB_NODE_NONE,
        .verdict = OMB_VERDICT_RULE,
        .spine = row && row->spine && row->tag != OMB_EVENT_REGISTERED,
        .why = "leads to no registration",
    };
}

static void collect(struct omb_fold *fold, const struct omb_event *events, size_t count)
{
    const struct omb_event **sorted = OMB_ARENA_NEW(fold->arena, const struct omb_event *, count);

    for (size_t i = 0; i < count; i++) {
        OMB_ASSERT(omb_case_id_equal(&events[i].case_id, &events[0].case_id));
        sorted[i] = &events[i];
    }
    if (count > 1)
        qsort(sorted, count, sizeof(sorted[0]), by_digest);
    fold->nodes = OMB_ARENA_NEW(fold->arena, struct omb_node, count);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !omb_digest_equal(&sorted[i]->digest, &sorted[i - 1]->digest))
            fold->nodes[fold->count++] = new_node(sorted[i]);
}

uint32_t omb_fold_node(const struct omb_fold *fold, const struct omb_digest *digest)
{
    uint32_t low = 0;
    uint32_t high = fold->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = OMB_ID_COMPARE(&fold->nodes[middle].event->digest, digest);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return OMB_NODE_NONE;
}

static void connect(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->count; i++) {
        struct omb_node *node = &fold->nodes[i];

        if (omb_digest_none(&node->event->after))
            continue;
        node->after = omb_fold_node(fold, &node->event->after);
        if (node->after == OMB_NODE_NONE)
            continue;
        node->next = fold->nodes[node->after].child;
        fold->nodes[node->after].child = i;
    }
}

/* --- verdicts --- */

void omb_fold_judge(struct omb_node *node, enum omb_verdict verdict, const struct omb_digest *by,
                    const char *why)
{
    node->verdict = verdict;
    node->by = by;
    node->why = why;
}

bool omb_fold_is_sound(struct omb_node *node)
{
    if (node->event->revoked)
        omb_fold_judge(node, OMB_VERDICT_REVOKED, NULL, "was signed beyond a revocation");
    else if (node->event->odd || !node->row)
        omb_fold_judge(node, OMB_VERDICT_ODD, NULL, "is not understood by this version");
    else if (!node->event->seat)
        omb_fold_judge(node, OMB_VERDICT_WAITS, NULL, "the certificate of its author is not here");
    else
        return true;
    return false;
}

/* The effective spine was handed out as it was walked; the rest follows as it was applied. */
static void hand_out(struct omb_fold *fold)
{
    struct omb_case *out = fold->out;

    for (uint32_t i = 0; i < fold->order_count; i++) {
        const struct omb_node *node = fold->order[i];
        struct omb_judged *judged = &out->judged[out->judged_count++];

        judged->event = node->event;
        judged->verdict = node->verdict;
        if (node->by)
            judged->by = *node->by;
        judged->why = node->why;
        judged->place = node->place;
    }
}

bool omb_verdict_is_quarantine(enum omb_verdict verdict)
{
    switch (verdict) {
    case OMB_VERDICT_EFFECT:
    case OMB_VERDICT_SUPERSEDED:
    case OMB_VERDICT_WAITS:
        return false;
    case OMB_VERDICT_NO_RIGHT:
    case OMB_VERDICT_BAD_STATUS:
    case OMB_VERDICT_RULE:
    case OMB_VERDICT_ODD:
    case OMB_VERDICT_REVOKED:
        return true;
    }
    return true;
}

static void count_without_effect(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->order_count; i++) {
        fold->out->superseded += fold->order[i]->verdict == OMB_VERDICT_SUPERSEDED;
        fold->out->quarantined += omb_verdict_is_quarantine(fold->order[i]->verdict);
    }
}

/* --- the steps --- */

static void wait_for_registration(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->count; i++) {
        struct omb_node *node = &fold->nodes[i];

        if ((!node->row || node->row->tag != OMB_EVENT_REGISTERED) && omb_fold_is_sound(node))
            omb_fold_judge(node, OMB_VERDICT_WAITS, NULL, "the registration is not here");
    }
}

static void open_row(struct omb_fold *fold, const struct omb_event *first)
{
    struct omb_case *out = fold->out;

    memset(out, 0, sizeof(*out));
    out->judged = OMB_ARENA_NEW(fold->arena, struct omb_judged, fold->count);
    out->row.case_id = &first->case_id;
    out->row.events = fold->count;
    out->row.status = omb_view_str(omb_status_name(OMB_STATUS_WAITING));
}

void omb_fold(const struct omb_event *events, size_t count, const struct omb_policy *policy,
              const struct omb_seats *seats, struct omb_arena *arena, struct omb_case *out)
{
    struct omb_fold fold = {
        .out = out,
        .policy = policy,
        .seats = seats,
        .arena = arena,
        .registered = OMB_NODE_NONE,
    };

    OMB_ASSERT(count > 0 && count < OMB_NODE_NONE);
    collect(&fold, events, count);
    connect(&fold);
    fold.scratch = OMB_ARENA_NEW(arena, uint32_t, fold.count);
    fold.order = OMB_ARENA_NEW(arena, struct omb_node *, fold.count);
    open_row(&fold, fold.nodes[0].event);
    omb_fold_parties(&fold);
    if (omb_fold_root(&fold)) {
        omb_fold_walk(&fold);
        omb_fold_spread(&fold);
        omb_fold_hang(&fold);
        omb_fold_sort(&fold);
        omb_fold_apply(&fold);
        count_without_effect(&fold);
        omb_fold_flags(&fold);
    } else {
        wait_for_registration(&fold);
        omb_fold_sort(&fold);
        count_without_effect(&fold);
    }
    hand_out(&fold);
}

/* --- words --- */

void omb_judged_words(const struct omb_judged *judged, char *out, size_t size)
{
    char by[2 * 8 + 1] = "";

    OMB_ASSERT(size > 0);
    out[0] = '\0';
    if (!omb_digest_none(&judged->by))
        omb_hex(omb_view(judged->by.bytes, 8), by);
    if (judged->verdict == OMB_VERDICT_SUPERSEDED)
        (void)snprintf(out, size, "superseded by record %s", by);
    else if (judged->verdict == OMB_VERDICT_WAITS && by[0] != '\0')
        (void)snprintf(out, size, "waits for %s: %s", by, judged->why);
    else if (judged->why)
        (void)snprintf(out, size, "%s%s%s%s", judged->why, by[0] != '\0' ? " (" : "", by,
                       by[0] != '\0' ? ")" : "");
}
