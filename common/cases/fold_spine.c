/*
 * The spine: from `registered`, of the authorised spine events that follow the same record one
 * takes effect; the others and all that follows them move nothing.
 *
 *     registered ── escalated ── resolved ── answered            the effective spine: places 0 to 3
 *          │             └── returned                            lost against `resolved`
 *          │                    └── resolved ── answered         follow a line that lost
 *          └── contacted                                         hangs on place 0
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/moves.h"
#include "cases/fold_work.h"

/*
 *            +--------+------- reopened -------+--------------------+
 *            v        |                        |                    |
 * open --resolved--> resolved --answered--> answered --closed--> closed
 *   |                 |
 *   +-- withdrawn ----+--> withdrawn --reopened--> open
 */
static const struct omb_state statuses[OMB_STATUS_COUNT] = {
    [OMB_STATUS_WAITING] = {"waiting", OMB_IN(OPEN)},
    [OMB_STATUS_OPEN] = {"open", OMB_IN(OPEN) | OMB_IN(RESOLVED) | OMB_IN(WITHDRAWN)},
    [OMB_STATUS_RESOLVED] = {"resolved", OMB_IN(ANSWERED) | OMB_IN(WITHDRAWN) | OMB_IN(OPEN)},
    [OMB_STATUS_ANSWERED] = {"answered", OMB_IN(CLOSED) | OMB_IN(OPEN)},
    [OMB_STATUS_CLOSED] = {"closed", OMB_IN(OPEN)},
    [OMB_STATUS_WITHDRAWN] = {"withdrawn", OMB_IN(OPEN)},
};

/* Where custody goes. */
enum custody { STAYS, TO_HOME, TO_AUTHOR, TO_NAMED };

static const struct {
    enum omb_case_status status;
    enum custody custody;
} moves[] = {
    [OMB_EVENT_REGISTERED] = {OMB_STATUS_OPEN, TO_NAMED},
    [OMB_EVENT_ESCALATED] = {OMB_STATUS_OPEN, TO_NAMED},
    [OMB_EVENT_RETURNED] = {OMB_STATUS_OPEN, TO_NAMED},
    [OMB_EVENT_DELEGATED] = {OMB_STATUS_OPEN, TO_NAMED},
    [OMB_EVENT_TAKEN_OVER] = {OMB_STATUS_OPEN, TO_AUTHOR},
    [OMB_EVENT_RESOLVED] = {OMB_STATUS_RESOLVED, TO_HOME},
    [OMB_EVENT_ANSWERED] = {OMB_STATUS_ANSWERED, STAYS},
    [OMB_EVENT_CLOSED] = {OMB_STATUS_CLOSED, STAYS},
    [OMB_EVENT_REOPENED] = {OMB_STATUS_OPEN, TO_AUTHOR},
    [OMB_EVENT_WITHDRAWN] = {OMB_STATUS_WITHDRAWN, TO_HOME},
};

/* --- taking effect --- */

static const struct omb_seat *custodian_of(const struct omb_case *out, const struct omb_node *node)
{
    switch (moves[node->row->tag].custody) {
    case STAYS:
        return out->custodian;
    case TO_HOME:
        return out->home;
    case TO_AUTHOR:
        return node->event->seat;
    case TO_NAMED:
        return node->to ? node->to : out->home;
    }
    OMB_ASSERT(false && "a row of moves says where custody goes");
    return NULL;
}

static void add_place(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_case *out = fold->out;
    struct omb_place *place = &fold->places[fold->place_count];

    *place = (struct omb_place){
        .status = out->status,
        .home = out->home,
        .custodian = out->custodian,
        .parties = out->parties,
        .party_count = out->party_count,
        .holders = out->holders,
        .holder_count = out->holder_count,
    };
    if (out->status == OMB_STATUS_RESOLVED && node->row->tag == OMB_EVENT_RESOLVED)
        place->resolver = &node->event->office;
    else if (out->status != OMB_STATUS_OPEN)
        place->resolver = fold->places[fold->place_count - 1].resolver;
    fold->spine[fold->place_count++] = node;
}

/* The one mover: status, custody and place follow from a record that takes effect. */
static void take(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_case *out = fold->out;
    struct omb_judged *judged = &out->judged[out->judged_count++];
    unsigned status = out->status;

    omb_move(statuses, OMB_STATUS_COUNT, &status, moves[node->row->tag].status);
    out->status = (enum omb_case_status)status;
    out->custodian = custodian_of(out, node);
    out->spine = node->event->digest;
    node->place = fold->place_count;
    node->stands = true;
    omb_fold_judge(node, OMB_VERDICT_EFFECT, NULL, NULL);
    *judged = (struct omb_judged){
        .event = node->event,
        .verdict = OMB_VERDICT_EFFECT,
        .place = node->place,
        .status_after = out->status,
    };
    add_place(fold, node);
}

/* --- the root --- */

static bool is_claim(const struct omb_node *node)
{
    return node->row && node->row->tag == OMB_EVENT_REGISTERED;
}

/* Only the office named in the case id registers it, and only in the life named there. */
static bool may_claim(struct omb_node *node)
{
    const struct omb_event *event = node->event;

    if (!omb_office_id_equal(&event->office, &event->case_id.home) ||
        !omb_incarnation_equal(&event->incarnation, &event->case_id.incarnation)) {
        omb_fold_judge(node, OMB_VERDICT_NO_RIGHT, NULL,
                       "only the office and the life that the case id names may register it");
        return false;
    }
    if (event->revoked)
        return omb_fold_is_sound(node);
    return true;
}

static int by_seq(const void *a, const void *b)
{
    const struct omb_event *one = (*(struct omb_node *const *)a)->event;
    const struct omb_event *other = (*(struct omb_node *const *)b)->event;

    if (one->seq != other->seq)
        return one->seq < other->seq ? -1 : 1;
    return OMB_ID_COMPARE(&one->digest, &other->digest);
}

static struct omb_node **find_claims(struct omb_fold *fold, uint32_t *out_count)
{
    struct omb_node **claims;
    uint32_t room = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < fold->count; i++)
        room += is_claim(&fold->nodes[i]);
    claims = OMB_ARENA_NEW(fold->arena, struct omb_node *, room);
    for (uint32_t i = 0; i < fold->count; i++)
        if (is_claim(&fold->nodes[i]) && may_claim(&fold->nodes[i]))
            claims[count++] = &fold->nodes[i];
    if (count > 1)
        qsort(claims, count, sizeof(claims[0]), by_seq);
    *out_count = count;
    return claims;
}

static enum omb_verdict judge_claim(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_place place = {.status = OMB_STATUS_WAITING};
    struct omb_finding finding;

    if (!omb_fold_is_sound(node))
        return node->verdict;
    omb_content_find(node->event, fold->out, &place, fold->seats, &finding);
    node->to = finding.to;
    omb_fold_judge(node, finding.verdict, finding.waits, finding.why);
    return finding.verdict;
}

static void take_root(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_registered *facts = node->event->facts->event.value;
    struct omb_case *out = fold->out;
    uint32_t spine = 1;

    for (uint32_t i = 0; i < fold->count; i++)
        spine += fold->nodes[i].spine;
    fold->places = OMB_ARENA_NEW(fold->arena, struct omb_place, spine);
    fold->spine = OMB_ARENA_NEW(fold->arena, struct omb_node *, spine);
    fold->registered = (uint32_t)(node - fold->nodes);
    out->registered = node->event;
    out->home = node->event->seat;
    out->custodian = out->home;
    out->kinds |= omb_kind_bit(facts->matter->kind);
    out->row.imported = facts->imported != NULL;
    take(fold, node);
}

bool omb_fold_root(struct omb_fold *fold)
{
    uint32_t count;
    struct omb_node **claims = find_claims(fold, &count);
    uint32_t at = 0;

    /* A claim that breaks a rule is none; one that cannot be judged yet might be the one. */
    while (at < count && judge_claim(fold, claims[at]) == OMB_VERDICT_RULE)
        at++;
    if (at == count)
        return false;
    if (claims[at]->verdict == OMB_VERDICT_EFFECT)
        take_root(fold, claims[at]);
    for (uint32_t i = at + 1; i < count; i++)
        omb_fold_judge(claims[i],
                       claims[at]->stands ? OMB_VERDICT_SUPERSEDED : OMB_VERDICT_WAITS,
                       &claims[at]->event->digest, "an earlier record registers the case");
    return claims[at]->stands;
}

/* --- the walk --- */

static bool is_authorised(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_place *place = &fold->places[fold->place_count - 1];
    struct omb_finding finding;
    enum omb_verdict verdict;
    const char *why;

    if (!omb_fold_is_sound(node))
        return false;
    verdict = omb_rules_judge(node->row, place, node->event->seat, &why);
    if (verdict != OMB_VERDICT_EFFECT) {
        omb_fold_judge(node, verdict, NULL, why);
        return false;
    }
    omb_content_find(node->event, fold->out, place, fold->seats, &finding);
    node->to = finding.to;
    omb_fold_judge(node, finding.verdict, finding.waits, finding.why);
    return finding.verdict == OMB_VERDICT_EFFECT;
}

/* Of one office the earlier counts, whatever came later: nobody can unsay what it said. */
static bool is_earlier(const struct omb_event *one, const struct omb_event *other)
{
    int order = OMB_ID_COMPARE(&one->incarnation, &other->incarnation);

    if (order != 0)
        return order < 0;
    if (one->seq != other->seq)
        return one->seq < other->seq;
    return OMB_ID_COMPARE(&one->digest, &other->digest) < 0;
}

/* Of several offices the one nearest the root; else home; else the smaller digest. */
static bool is_stronger(const struct omb_event *one, const struct omb_event *other,
                        const struct omb_seat *home)
{
    bool one_home = omb_seat_counts_as(one->seat, home);
    bool other_home = omb_seat_counts_as(other->seat, home);

    if (one->seat->depth != other->seat->depth)
        return one->seat->depth < other->seat->depth;
    if (one_home != other_home)
        return one_home;
    return OMB_ID_COMPARE(&one->digest, &other->digest) < 0;
}

static int by_office(const void *a, const void *b)
{
    const struct omb_event *one = (*(struct omb_node *const *)a)->event;
    const struct omb_event *other = (*(struct omb_node *const *)b)->event;
    int order = OMB_ID_COMPARE(&one->office, &other->office);

    return order != 0 ? order : is_earlier(one, other) ? -1 : 1;
}

/* Sorted by office each office's first is its earliest; those compete. */
static struct omb_node *choose(struct omb_fold *fold, struct omb_node **candidates, uint32_t count)
{
    struct omb_node *winner = candidates[0];

    if (count == 1)
        return winner;
    qsort(candidates, count, sizeof(candidates[0]), by_office);
    winner = candidates[0];
    for (uint32_t i = 1; i < count; i++)
        if (!omb_office_id_equal(&candidates[i]->event->office,
                                 &candidates[i - 1]->event->office) &&
            is_stronger(candidates[i]->event, winner->event, fold->out->home))
            winner = candidates[i];
    return winner;
}

/* One step along the spine; NULL: it ends here. */
static struct omb_node *step(struct omb_fold *fold, const struct omb_node *from)
{
    struct omb_node **candidates = fold->order;
    struct omb_node *winner;
    uint32_t count = 0;

    for (uint32_t i = from->child; i != OMB_NODE_NONE; i = fold->nodes[i].next)
        if (fold->nodes[i].spine && is_authorised(fold, &fold->nodes[i]))
            candidates[count++] = &fold->nodes[i];
    if (count == 0)
        return NULL;
    winner = choose(fold, candidates, count);
    for (uint32_t i = 0; i < count; i++)
        if (candidates[i] != winner)
            omb_fold_judge(candidates[i], OMB_VERDICT_SUPERSEDED, &winner->event->digest,
                           "another record that follows the same one takes effect");
    take(fold, winner);
    return winner;
}

void omb_fold_walk(struct omb_fold *fold)
{
    struct omb_node *at = &fold->nodes[fold->registered];

    while (at)
        at = step(fold, at);
}

/* --- what follows --- */

/* A spine event after a record that is not on the effective spine. */
static void follow(struct omb_node *node, const struct omb_node *from)
{
    const struct omb_digest *from_digest = &from->event->digest;

    if (node->event->revoked || node->event->odd)
        (void)omb_fold_is_sound(node);
    else if (!from->row || from->verdict == OMB_VERDICT_ODD)
        omb_fold_judge(node, OMB_VERDICT_WAITS, from_digest,
                       "it follows a record that this version does not understand");
    else if (!from->row->spine)
        omb_fold_judge(node, OMB_VERDICT_RULE, from_digest,
                       "follows a record that moves neither status nor custody");
    else if (from->verdict == OMB_VERDICT_SUPERSEDED)
        omb_fold_judge(node, OMB_VERDICT_SUPERSEDED, from->by, "follows a line that lost");
    else if (from->verdict == OMB_VERDICT_WAITS)
        omb_fold_judge(node, OMB_VERDICT_WAITS, from->by ? from->by : from_digest,
                       "it follows a record that waits");
    else
        omb_fold_judge(node, OMB_VERDICT_RULE, from->by ? from->by : from_digest,
                       "follows a record without effect");
}

/* Everything that follows a registration hangs where its nearest effective ancestor is. */
static void spread_from(struct omb_fold *fold, uint32_t root)
{
    uint32_t *stack = fold->scratch;
    uint32_t depth = 0;

    stack[depth++] = root;
    while (depth > 0) {
        const struct omb_node *from = &fold->nodes[stack[--depth]];

        for (uint32_t i = from->child; i != OMB_NODE_NONE; i = fold->nodes[i].next) {
            struct omb_node *node = &fold->nodes[i];

            if (is_claim(node))
                continue;
            if (!node->stands)
                node->place = from->place;
            if (node->spine && !from->stands)
                follow(node, from);
            stack[depth++] = i;
        }
    }
}

/* What hangs on a record that is not here waits for it; what names none at all is told so. */
static void spread_loose(struct omb_fold *fold, uint32_t root)
{
    const struct omb_digest *after = &fold->nodes[root].event->after;
    uint32_t *stack = fold->scratch;
    uint32_t depth = 0;

    stack[depth++] = root;
    while (depth > 0) {
        struct omb_node *node = &fold->nodes[stack[--depth]];

        if (omb_fold_is_sound(node)) {
            if (omb_digest_none(after))
                omb_fold_judge(node, OMB_VERDICT_RULE, NULL, "names no record that it follows");
            else
                omb_fold_judge(node, OMB_VERDICT_WAITS, after,
                               "the record that it follows is not here");
        }
        for (uint32_t i = node->child; i != OMB_NODE_NONE; i = fold->nodes[i].next)
            if (!is_claim(&fold->nodes[i]))
                stack[depth++] = i;
    }
}

void omb_fold_spread(struct omb_fold *fold)
{
    for (uint32_t i = 0; i < fold->count; i++) {
        struct omb_node *node = &fold->nodes[i];

        if (is_claim(node)) {
            node->place = 0;
            spread_from(fold, i);
        } else if (node->after == OMB_NODE_NONE) {
            spread_loose(fold, i);
        }
    }
}
