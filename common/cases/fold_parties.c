/*
 * Parties: home, each office named by a record of a party, and every office above a party. The set
 * only grows and depends on no order and no effect (design: replication, What goes where). Found
 * the same way: who was granted the key, and which kinds home ever gave the case.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "cases/fold_work.h"

/* A sorted list of distinct ids that grows. */
struct ids {
    struct omb_arena *arena;
    struct omb_office_id *items;
    size_t count, room;
    const struct omb_seat *seen; /* most records of a case are by the same few seats */
};

static void grow(struct ids *ids)
{
    size_t room = ids->room ? 2 * ids->room : 16;
    struct omb_office_id *items = OMB_ARENA_NEW(ids->arena, struct omb_office_id, room);

    if (ids->count > 0)
        memcpy(items, ids->items, ids->count * sizeof(items[0]));
    ids->items = items;
    ids->room = room;
}

static bool add(struct ids *ids, const struct omb_office_id *id)
{
    size_t at = ids->count;

    if (omb_office_id_none(id) || omb_ids_have(ids->items, ids->count, id))
        return false;
    if (ids->count == ids->room)
        grow(ids);
    for (; at > 0 && OMB_ID_COMPARE(&ids->items[at - 1], id) > 0; at--)
        ids->items[at] = ids->items[at - 1];
    ids->items[at] = *id;
    ids->count++;
    return true;
}

static bool add_above(struct ids *ids, const struct omb_seat *seat)
{
    bool grew = false;

    if (seat == ids->seen)
        return false;
    for (size_t i = 0; seat && i < seat->above_count; i++)
        grew |= add(ids, &seat->above[i]);
    ids->seen = seat;
    return grew;
}

/* Whether an office named is new; its seat is looked for once, then. */
static bool add_named(struct omb_fold *fold, struct ids *ids, const struct omb_office_ref *ref)
{
    bool grew;

    if (!ref || omb_office_id_none(&ref->office))
        return false;
    grew = add(ids, &ref->office);
    return add_above(ids, fold->seats->find(fold->seats->ctx, ref)) || grew;
}

static const struct omb_office_ref *about_of(const struct omb_event *event)
{
    const struct omb_registered *facts = event->facts->event.value;

    return event->facts->event.tag == OMB_EVENT_REGISTERED && facts->matter ? facts->matter->about
                                                                          : NULL;
}

static bool add_record(struct omb_fold *fold, const struct omb_node *node, struct ids *parties)
{
    const struct omb_event *event = node->event;
    bool grew = add_above(parties, event->seat);

    if (!node->row || !event->facts->event.value)
        return grew;
    grew |= add_named(fold, parties, omb_event_to(event));
    grew |= add_named(fold, parties, about_of(event));
    return grew;
}

/*
 * Takes in the records of parties until none is left that is new. A round that adds nobody ends it;
 * what was taken in is not looked at again.
 */
static void spread_parties(struct omb_fold *fold, struct ids *parties)
{
    uint32_t *left = fold->scratch;
    uint32_t count = fold->count;
    bool grew = true;

    for (uint32_t i = 0; i < count; i++)
        left[i] = i;
    while (grew && count > 0) {
        uint32_t kept = 0;

        grew = false;
        for (uint32_t i = 0; i < count; i++) {
            const struct omb_node *node = &fold->nodes[left[i]];

            if (omb_ids_have(parties->items, parties->count, &node->event->office))
                grew |= add_record(fold, node, parties);
            else
                left[kept++] = left[i];
        }
        count = kept;
    }
}

static bool brings_grant(const struct omb_event *event)
{
    return !event->revoked && omb_event_row_of(event) && event->facts->event.value &&
           event->has_grants && omb_event_to(event);
}

/* Whether home registers the case by it, in the life that the case id names. */
static bool registers(const struct omb_event *event, const struct omb_case_id *id)
{
    return event->facts->event.tag == OMB_EVENT_REGISTERED && !event->revoked &&
           omb_office_id_equal(&event->office, &id->home) &&
           omb_incarnation_equal(&event->incarnation, &id->incarnation);
}

/*
 * Where home stood when it registered the case; NULL: that is not here. Of several the first one,
 * as for the spine: by another one others would stand in for it.
 */
static const struct omb_seat *home_seat(const struct omb_fold *fold)
{
    const struct omb_event *first = NULL;

    for (uint32_t i = 0; i < fold->count; i++) { /* by rising digests */
        const struct omb_event *event = fold->nodes[i].event;

        if (registers(event, fold->out->row.case_id) && (!first || event->seq < first->seq))
            first = event;
    }
    return first ? first->seat : NULL;
}

/* Whoever stands in for a closed home has its keys. */
static bool holds_key(const struct omb_event *event, const struct omb_seat *home,
                      const struct omb_office_id *holders, size_t count)
{
    return omb_ids_have(holders, count, &event->office) ||
           (event->seat && omb_seat_counts_as(event->seat, home));
}

/* Only who holds the key can give it: a grant by anyone else is none, and makes nobody a holder. */
static void spread_holders(struct omb_fold *fold, const struct omb_seat *home,
                           struct ids *holders)
{
    uint32_t *left = fold->scratch;
    uint32_t count = 0;
    bool grew = true;

    for (uint32_t i = 0; i < fold->count; i++)
        if (brings_grant(fold->nodes[i].event))
            left[count++] = i;
    while (grew && count > 0) {
        uint32_t kept = 0;

        grew = false;
        for (uint32_t i = 0; i < count; i++) {
            const struct omb_event *event = fold->nodes[left[i]].event;

            if (holds_key(event, home, holders->items, holders->count))
                grew |= add(holders, &omb_event_to(event)->office);
            else
                left[kept++] = left[i];
        }
        count = kept;
    }
}

static uint32_t amended_kinds(const struct omb_fold *fold, const struct omb_seat *home)
{
    uint32_t kinds = 0;

    for (uint32_t i = 0; i < fold->count; i++) {
        const struct omb_event *event = fold->nodes[i].event;
        const struct omb_amended *facts = event->facts->event.value;

        if (event->facts->event.tag == OMB_EVENT_AMENDED && !event->odd && !event->revoked &&
            facts->matter && event->seat && omb_seat_counts_as(event->seat, home))
            kinds |= omb_kind_bit(facts->matter->kind);
    }
    return kinds;
}

void omb_fold_parties(struct omb_fold *fold)
{
    struct ids parties = {.arena = fold->arena};
    struct ids holders = {.arena = fold->arena};
    const struct omb_seat *home = home_seat(fold);

    (void)add(&parties, &fold->out->row.case_id->home);
    (void)add(&holders, &fold->out->row.case_id->home);
    spread_parties(fold, &parties);
    spread_holders(fold, home, &holders);
    fold->out->parties = parties.items;
    fold->out->party_count = parties.count;
    fold->out->holders = holders.items;
    fold->out->holder_count = holders.count;
    fold->out->kinds = amended_kinds(fold, home);
}

bool omb_case_gives_key(const struct omb_case *now, const struct omb_event *event)
{
    return brings_grant(event) &&
           holds_key(event, now->home, now->holders, now->holder_count);
}

bool omb_case_is_holder(const struct omb_case *now, const struct omb_office_id *office)
{
    return omb_ids_have(now->holders, now->holder_count, office);
}
