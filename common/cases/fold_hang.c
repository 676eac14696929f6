/*
 * Everything that hangs on the spine: judged at its place, and put in the order in which it
 * applies.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "cases/fold_work.h"

/* Not on the spine, with a place, and nothing wrong with the record itself. */
static bool hangs(struct omb_node *node)
{
    if (node->stands || node->spine || (node->row && node->row->tag == OMB_EVENT_REGISTERED))
        return false;
    return node->place != OMB_PLACE_NONE && omb_fold_is_sound(node);
}

/* Whom the question went to that an event answers; NULL: it answers none. */
static const struct omb_office_id *asked_office(const struct omb_fold *fold,
                                                const struct omb_node *node)
{
    const struct omb_event *question =
        node->target == OMB_NODE_NONE ? NULL : fold->nodes[node->target].event;
    const struct omb_office_ref *to;

    if (!question || question->facts->event.tag != OMB_EVENT_ASKED)
        return NULL;
    to = omb_event_to(question);
    return to ? &to->office : NULL;
}

static bool may_write(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_place place = fold->places[node->place];
    enum omb_verdict verdict;
    const char *why;

    place.asked = asked_office(fold, node);
    verdict = omb_rules_judge(node->row, &place, node->event->seat, &why);
    if (verdict == OMB_VERDICT_EFFECT)
        return true;
    omb_fold_judge(node, verdict, NULL, why);
    return false;
}

static bool has_content(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_finding finding;

    omb_content_find(node->event, fold->out, &fold->places[node->place], fold->seats, &finding);
    omb_fold_judge(node, finding.verdict, finding.waits, finding.why);
    return finding.verdict == OMB_VERDICT_EFFECT;
}

/* An extension is judged against the deadlines of its turn: fold_apply.c looks at its content. */
static void judge_plain(struct omb_fold *fold, struct omb_node *node)
{
    if (!may_write(fold, node))
        return;
    if (node->row->tag == OMB_EVENT_EXTENDED)
        omb_fold_judge(node, OMB_VERDICT_EFFECT, NULL, NULL);
    else
        (void)has_content(fold, node);
}

static bool fits_target(struct omb_fold *fold, struct omb_node *node)
{
    const char *why;

    if (omb_rules_answer(node->event, fold->nodes[node->target].event, &why, NULL) ==
        OMB_VERDICT_EFFECT)
        return true;
    omb_fold_judge(node, OMB_VERDICT_RULE, &fold->nodes[node->target].event->digest, why);
    return false;
}

/* An answer applies whenever what it answers does, in any order, and waits if that is not here. */
static void judge_answer(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_digest *answers = omb_event_answers(node->event);
    struct omb_node *target;

    if (!has_content(fold, node))
        return;
    node->target = omb_fold_node(fold, answers);
    if (node->target == OMB_NODE_NONE) {
        omb_fold_judge(node, OMB_VERDICT_WAITS, answers, "the record that it answers is not here");
        return;
    }
    target = &fold->nodes[node->target];
    if (!may_write(fold, node) || !fits_target(fold, node))
        return;
    if (target->verdict == OMB_VERDICT_EFFECT)
        target->answered = true;
    else if (target->verdict == OMB_VERDICT_WAITS || target->verdict == OMB_VERDICT_ODD)
        omb_fold_judge(node, OMB_VERDICT_WAITS, answers, "the record that it answers waits");
    else
        omb_fold_judge(node, OMB_VERDICT_RULE, answers, "answers a record without effect");
}

/* No event answers an answer, so two rounds are enough. */
void omb_fold_hang(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->count; i++)
        if (hangs(&fold->nodes[i]) && !fold->nodes[i].row->answers)
            judge_plain(fold, &fold->nodes[i]);
    for (uint32_t i = 0; i < fold->count; i++)
        if (hangs(&fold->nodes[i]) && fold->nodes[i].row->answers)
            judge_answer(fold, &fold->nodes[i]);
}

/* --- the order in which they apply --- */

/* Farthest from the root first, so that the word of an office above comes last and wins. */
static int by_depth(const struct omb_seat *one, const struct omb_seat *other)
{
    uint32_t a = one ? one->depth : 0;
    uint32_t b = other ? other->depth : 0;

    return a == b ? 0 : a > b ? -1 : 1;
}

static int by_turn(const void *a, const void *b)
{
    const struct omb_node *one = *(struct omb_node *const *)a;
    const struct omb_node *other = *(struct omb_node *const *)b;
    int order = by_depth(one->event->seat, other->event->seat);

    if (one->place != other->place)
        return one->place < other->place ? -1 : 1;
    if (order == 0)
        order = OMB_ID_COMPARE(&one->event->office, &other->event->office);
    if (order == 0)
        order = OMB_ID_COMPARE(&one->event->incarnation, &other->event->incarnation);
    if (order == 0 && one->event->seq != other->event->seq)
        order = one->event->seq < other->event->seq ? -1 : 1;
    return order != 0 ? order : OMB_ID_COMPARE(&one->event->digest, &other->event->digest);
}

void omb_fold_sort(struct omb_fold *fold)
{
    fold->order_count = 0;
    for (uint32_t i = 0; i < fold->count; i++)
        if (!fold->nodes[i].stands)
            fold->order[fold->order_count++] = &fold->nodes[i];
    if (fold->order_count > 1)
        qsort(fold->order, fold->order_count, sizeof(fold->order[0]), by_turn);
}
