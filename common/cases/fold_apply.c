/*
 * Effects on the row: the effective spine first, then everything that hangs on it, place by place.
 * The spine moved status and custody while it was walked (fold_spine.c); here it fills fields.
 */
#include "base/assert.h"
#include "cases/fold_work.h"

/* --- the spine --- */

/* An office gives new numbers to its own cases alone, and not without end. */
static struct omb_case_id_list former_ids(const struct omb_fold *fold,
                                          const struct omb_case_id_list *said)
{
    struct omb_case_id *ids = OMB_ARENA_NEW(fold->arena, struct omb_case_id, OMB_FORMERLY_MAX);
    struct omb_case_id_list list = {ids, 0};

    for (size_t i = 0; i < said->count && list.count < OMB_FORMERLY_MAX; i++)
        if (omb_office_id_equal(&said->items[i].home, &fold->out->row.case_id->home))
            ids[list.count++] = said->items[i];
    return list;
}

static void apply_registered(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_registered *facts = node->event->facts->event.value;
    struct omb_case_row *row = &fold->out->row;

    fold->matter = *facts->matter;
    row->registered_at = node->event->time_ms;
    row->policy = facts->policy;
    row->profile = facts->profile;
    row->calendar = facts->calendar;
    row->zone = facts->zone;
    row->formerly = former_ids(fold, &facts->formerly);
    omb_fold_set_deadlines(fold, &facts->deadlines);
}

static void apply_escalated(struct omb_fold *fold, struct omb_node *node)
{
    (void)node;
    fold->escalated = true;
}

static void apply_resolved(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_resolved *facts = node->event->facts->event.value;
    struct omb_case_row *row = &fold->out->row;

    fold->decided = node;
    row->resolved_at = omb_fold_date(fold, node->event, facts->at);
    row->outcome = facts->outcome;
    row->bank_error = facts->bank_error;
    row->cause = facts->cause;
    row->redress_minor = facts->redress_minor;
    row->currency = facts->currency;
    row->resolver = node->event->office;
    row->undated = row->resolved_at == 0;
    omb_fold_first(&fold->clocks.response, row->resolved_at);
}

static void apply_answered(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_answered *facts = node->event->facts->event.value;
    struct omb_case_row *row = &fold->out->row;

    row->answered_at = omb_fold_date(fold, node->event, facts->at);
    row->undated |= row->answered_at == 0;
    omb_fold_first(&fold->clocks.response, row->answered_at);
    omb_fold_first(&fold->clocks.answer, row->answered_at);
}

static void apply_closed(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_closed *facts = node->event->facts->event.value;

    fold->out->row.closed_at = omb_fold_date(fold, node->event, facts->at);
}

static void apply_withdrawn(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_withdrawn *facts = node->event->facts->event.value;

    fold->out->row.closed_at = omb_fold_date(fold, node->event, facts->at);
}

/* The decision no longer stands; what stopped the clocks still did. */
static void apply_reopened(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_case_row *row = &fold->out->row;

    (void)node;
    fold->decided = NULL;
    row->resolved_at = row->answered_at = row->closed_at = 0;
    row->outcome = row->bank_error = row->cause = row->currency = OMB_VIEW_NONE;
    row->redress_minor = 0;
    row->resolver = (struct omb_office_id){{0}};
    row->undated = false;
}

/* --- what hangs on it --- */

static void apply_amended(struct omb_fold *fold, struct omb_node *node)
{
    omb_fold_amend(fold, node->event);
}

static void apply_acknowledged(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_acknowledged *facts = node->event->facts->event.value;

    omb_fold_first(&fold->clocks.response, omb_fold_date(fold, node->event, facts->at));
}

static void apply_contacted(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_contacted *facts = node->event->facts->event.value;

    if (facts->is_progress || omb_view_is(facts->direction, "to-client"))
        omb_fold_first(&fold->clocks.response, omb_fold_date(fold, node->event, facts->at));
}

static void apply_commitment(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_promise *promise = &fold->out->promises[fold->out->promise_count++];

    promise->event = node->event;
    promise->kept = node->answered;
}

static void apply_classified(struct omb_fold *fold, struct omb_node *node)
{
    omb_fold_classify(fold, node->event);
}

static void apply_planned(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_planned *facts = node->event->facts->event.value;

    if (facts->cause.size > 0)
        fold->planned_cause = facts->cause;
}

static void apply_assigned(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_assigned *facts = node->event->facts->event.value;

    fold->out->row.assigned = node->answered ? OMB_VIEW_NONE : facts->responsible;
    fold->out->row.assigned_office =
        node->answered ? (struct omb_office_id){{0}} : node->event->office;
}

static void apply_accepted(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_node *assignment = &fold->nodes[node->target];
    const struct omb_assigned *facts = assignment->event->facts->event.value;

    fold->out->row.responsible = facts->responsible;
    fold->out->row.responsible_office = node->event->office;
    fold->out->row.hand_overs += !assignment->counted;
    assignment->counted = true;
}

static void apply_extended(struct omb_fold *fold, struct omb_node *node)
{
    struct omb_finding finding;

    omb_content_find(node->event, fold->out, &fold->places[node->place], fold->seats, &finding);
    omb_fold_judge(node, finding.verdict, finding.waits, finding.why);
    if (finding.verdict == OMB_VERDICT_EFFECT)
        omb_fold_extend(fold, node->event->facts->event.value);
}

static void apply_rated(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_rated *facts = node->event->facts->event.value;

    fold->rated = node;
    fold->out->row.score = facts->score;
    omb_fold_first(&fold->clocks.rating, node->event->time_ms);
}

static void apply_rebased(struct omb_fold *fold, struct omb_node *node)
{
    const struct omb_rebased *facts = node->event->facts->event.value;
    struct omb_case_row *row = &fold->out->row;

    if (!omb_digest_none(&facts->policy))
        row->policy = facts->policy;
    if (facts->profile.size > 0)
        row->profile = facts->profile;
    if (facts->calendar.size > 0)
        row->calendar = facts->calendar;
    if (facts->deadlines.count > 0)
        omb_fold_set_deadlines(fold, &facts->deadlines);
}

static void apply_erased(struct omb_fold *fold, struct omb_node *node)
{
    fold->out->row.erased |= node->answered;
}

/* Events that are not here change no field: what they mean lies in the event that they answer, in
 * the spine, or in being shown. */
static void (*const effects[])(struct omb_fold *fold, struct omb_node *node) = {
    [OMB_EVENT_REGISTERED] = apply_registered,
    [OMB_EVENT_AMENDED] = apply_amended,
    [OMB_EVENT_ACKNOWLEDGED] = apply_acknowledged,
    [OMB_EVENT_CONTACTED] = apply_contacted,
    [OMB_EVENT_PROMISED] = apply_commitment,
    [OMB_EVENT_CLASSIFIED] = apply_classified,
    [OMB_EVENT_PLANNED] = apply_planned,
    [OMB_EVENT_ASSIGNED] = apply_assigned,
    [OMB_EVENT_ACCEPTED] = apply_accepted,
    [OMB_EVENT_EXTENDED] = apply_extended,
    [OMB_EVENT_ESCALATED] = apply_escalated,
    [OMB_EVENT_ASKED] = apply_commitment,
    [OMB_EVENT_RESOLVED] = apply_resolved,
    [OMB_EVENT_ANSWERED] = apply_answered,
    [OMB_EVENT_CLOSED] = apply_closed,
    [OMB_EVENT_REOPENED] = apply_reopened,
    [OMB_EVENT_WITHDRAWN] = apply_withdrawn,
    [OMB_EVENT_RATED] = apply_rated,
    [OMB_EVENT_REBASED] = apply_rebased,
    [OMB_EVENT_ERASED] = apply_erased,
    [OMB_EVENT_ERASURE_CONFIRMED] = NULL,
};

/* --- the order --- */

static void apply(struct omb_fold *fold, struct omb_node *node)
{
    OMB_ASSERT(node->row->tag < sizeof(effects) / sizeof(effects[0]));
    if (effects[node->row->tag])
        effects[node->row->tag](fold, node);
}

static bool has_effect(const struct omb_node *node, uint32_t tag)
{
    return node->verdict == OMB_VERDICT_EFFECT && node->row->tag == tag;
}

/* Links first: the limits of another case that govern this one do so from the start. */
static void find_ties(struct omb_fold *fold)
{
    struct omb_case *out = fold->out;
    size_t ties = 0;
    size_t promises = 0;

    for (uint32_t i = 0; i < fold->order_count; i++) {
        ties += has_effect(fold->order[i], OMB_EVENT_LINKED);
        promises += has_effect(fold->order[i], OMB_EVENT_PROMISED) ||
                    has_effect(fold->order[i], OMB_EVENT_ASKED);
    }
    if (promises > 0)
        out->promises = OMB_ARENA_NEW(fold->arena, struct omb_promise, promises);
    if (ties > 0)
        out->ties = OMB_ARENA_NEW(fold->arena, struct omb_tie, ties);
    for (uint32_t i = 0; i < fold->order_count; i++)
        if (has_effect(fold->order[i], OMB_EVENT_LINKED) && !fold->order[i]->answered)
            out->ties[out->tie_count++].event = fold->order[i]->event;
}

static void fill_rest(struct omb_fold *fold)
{
    struct omb_case *out = fold->out;
    struct omb_matter *matter = OMB_ARENA_NEW(fold->arena, struct omb_matter, 1);
    struct omb_office_ref *custodian = OMB_ARENA_NEW(fold->arena, struct omb_office_ref, 1);

    *matter = fold->matter;
    custodian->office = out->custodian->office;
    custodian->certificate = out->custodian->certificate;
    out->row.matter = matter;
    out->row.custodian = custodian;
    out->row.custodian_depth = out->custodian->depth;
    out->row.status = omb_view_str(omb_status_name(out->status));
    out->row.spine = out->spine;
    out->row.first_asked = matter->first_asked;
    if (out->row.responsible.size == 0) {
        out->row.responsible = matter->first_asked;
        out->row.responsible_office = out->row.case_id->home;
    }
    if (out->row.cause.size == 0)
        out->row.cause = fold->planned_cause;
    out->resolved = fold->decided ? fold->decided->event : NULL;
}

void omb_fold_apply(struct omb_fold *fold)
{
    find_ties(fold);
    for (uint32_t i = 0; i < fold->place_count; i++)
        apply(fold, fold->spine[i]);
    for (uint32_t i = 0; i < fold->order_count; i++)
        if (fold->order[i]->verdict == OMB_VERDICT_EFFECT)
            apply(fold, fold->order[i]);
    omb_fold_lost_answers(fold);
    fill_rest(fold);
    omb_fold_stop_clocks(fold);
}
