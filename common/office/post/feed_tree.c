/*
 * Which child stands above an office: kept in memory, since every record of a case asks it of every
 * party. An office without children finds out once and asks no more.
 *
 * While the tree changes (from the step that puts a certificate until the next input) nothing kept
 * is used: the step may still be taken back.
 */
#include <string.h>

#include "base/assert.h"
#include "office/post/feed_work.h"

enum { KNOWN_MAX = 65536, FIRST_CAPACITY = 256 };

/* --- the children --- */

struct below {
    struct omb_arena *arena;
    struct omb_office_id *items;
    size_t count, room;
};

static enum omb_rc take_below(void *arg, struct omb_view key, struct omb_view value)
{
    struct below *below = arg;

    (void)value;
    if (key.size != 1 + 2 * OMB_OFFICE_ID_SIZE)
        return OMB_DAMAGED;
    if (below->count == below->room) {
        const size_t room = below->room ? 2 * below->room : 16;
        struct omb_office_id *items = OMB_ARENA_NEW(below->arena, struct omb_office_id, room);

        if (below->count > 0)
            memcpy(items, below->items, below->count * sizeof(*items));
        below->items = items;
        below->room = room;
    }
    memcpy(below->items[below->count++].bytes, key.data + 1 + OMB_OFFICE_ID_SIZE,
           OMB_OFFICE_ID_SIZE);
    return OMB_OK;
}

/*
 * Whether it is linked to this office now: its newest certificate says so, and stands. One that was
 * closed stays until it is revoked: it has keys to give away.
 */
static bool is_child(struct omb_step *step, const struct omb_office_id *id)
{
    const struct omb_office_card *card = omb_office_newest(step, id);

    return card && card->certificate.inner.depth > 0 && !card->revoked &&
           omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office);
}

/* A store that cannot be read shows no children; whatever is asked of it next says why. */
static size_t read_children(struct omb_step *step, struct omb_arena *arena,
                            struct omb_office_id **out)
{
    const struct omb_key prefix = omb_key_below(&step->office->self.office, NULL);
    struct below below = {.arena = arena};
    size_t count = 0;

    if (omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), take_below,
                             &below) != OMB_OK)
        below.count = 0;
    for (size_t i = 0; i < below.count; i++)
        if (is_child(step, &below.items[i]))
            below.items[count++] = below.items[i];
    *out = below.items;
    return count;
}

/* --- what is kept --- */

struct omb_feed *omb_feed_memory(struct omb_step *step)
{
    struct omb_office *office = step->office;

    if (!office->feed) {
        office->feed = OMB_ARENA_NEW(&office->own_arena, struct omb_feed, 1);
        omb_arena_init(&office->feed->arena, SIZE_MAX);
    }
    return office->feed;
}

static void forget(struct omb_feed *feed)
{
    feed->children = NULL;
    feed->child_count = 0;
    feed->known = false;
    feed->slots = NULL;
    feed->slot_count = feed->slot_capacity = 0;
}

void omb_feed_forget(struct omb_office *office)
{
    if (!office->feed)
        return;
    forget(office->feed);
    omb_arena_reset(&office->feed->arena);
}

/* While the tree changes; what was borrowed of it in this step stays. */
static bool is_changing(struct omb_step *step)
{
    if (step->office->tree_changed && step->office->feed)
        forget(step->office->feed);
    return step->office->tree_changed;
}

void omb_feed_free(struct omb_office *office)
{
    if (office->feed)
        omb_arena_free(&office->feed->arena);
    office->feed = NULL;
}

size_t omb_feed_children(struct omb_step *step, const struct omb_office_id **out)
{
    struct omb_feed *feed = omb_feed_memory(step);
    struct omb_office_id *children;
    size_t count;

    if (is_changing(step)) {
        count = read_children(step, step->arena, &children);
        *out = children;
        return count;
    }
    if (!feed->known) {
        feed->child_count = read_children(step, &feed->arena, &feed->children);
        feed->known = true;
    }
    *out = feed->children;
    return feed->child_count;
}

static size_t first_slot(const struct omb_feed *feed, const struct omb_office_id *office)
{
    return (size_t)omb_be64(office->bytes) & (feed->slot_capacity - 1);
}

static struct omb_feed_seat *slot_of(const struct omb_feed *feed,
                                     const struct omb_office_id *office)
{
    size_t at = first_slot(feed, office);

    while (feed->slots[at].used && !omb_office_id_equal(&feed->slots[at].office, office))
        at = (at + 1) & (feed->slot_capacity - 1);
    return &feed->slots[at];
}

static void keep(struct omb_feed *feed, const struct omb_feed_seat *seat)
{
    if (2 * (feed->slot_count + 1) > feed->slot_capacity) {
        const struct omb_feed_seat *old = feed->slots;
        const size_t old_capacity = feed->slot_capacity;

        feed->slot_capacity = old_capacity ? 2 * old_capacity : FIRST_CAPACITY;
        feed->slots = OMB_ARENA_NEW(&feed->arena, struct omb_feed_seat, feed->slot_capacity);
        for (size_t i = 0; i < old_capacity; i++)
            if (old[i].used)
                *slot_of(feed, &old[i].office) = old[i];
    }
    *slot_of(feed, &seat->office) = *seat;
    feed->slot_count++;
}

static void drop_seats(struct omb_feed *feed)
{
    memset(feed->slots, 0, feed->slot_capacity * sizeof(*feed->slots));
    feed->slot_count = 0;
}

/* Up from the office by newest certificates, as far as this one. */
static struct omb_feed_seat find_seat(struct omb_step *step, const struct omb_office_id *office)
{
    struct omb_feed_seat seat = {.office = *office, .used = true};
    struct omb_office_id at = *office;

    for (size_t i = 0; i < OMB_CHAIN_MAX; i++) {
        const struct omb_office_id below = at;

        if (!omb_office_climb(step, &at))
            break;
        if (omb_office_id_equal(&at, &step->office->self.office)) {
            seat.branch = below;
            seat.fed = is_child(step, &below);
            break;
        }
    }
    return seat;
}

static struct omb_feed_seat seat_of(struct omb_step *step, const struct omb_office_id *office)
{
    struct omb_feed *feed = omb_feed_memory(step);
    struct omb_feed_seat seat;

    if (is_changing(step))
        return find_seat(step, office);
    if (feed->slot_capacity > 0) {
        const struct omb_feed_seat *slot = slot_of(feed, office);

        if (slot->used)
            return *slot;
    }
    seat = find_seat(step, office);
    if (feed->slot_count == KNOWN_MAX) /* ids that records made up are not kept for ever */
        drop_seats(feed);
    keep(feed, &seat);
    return seat;
}

struct omb_feed_seat *omb_feed_seat_kept(struct omb_step *step, const struct omb_office_id *child)
{
    if (is_changing(step))
        return NULL;
    (void)seat_of(step, child);
    return slot_of(step->office->feed, child);
}

struct omb_office_id omb_feed_child_above(struct omb_step *step,
                                          const struct omb_office_id *office)
{
    const struct omb_office_id none = {{0}};
    const struct omb_office_id *children;
    struct omb_feed_seat seat;

    if (omb_office_id_equal(office, &step->office->self.office) ||
        omb_feed_children(step, &children) == 0)
        return none;
    seat = seat_of(step, office);
    return seat.fed ? seat.branch : none;
}

struct omb_office_id omb_feed_branch_of(struct omb_step *step, const struct omb_office_id *office)
{
    const struct omb_office_id none = {{0}};

    return omb_office_id_equal(office, &step->office->self.office) ? none
                                                                   : seat_of(step, office).branch;
}

/* --- which feeds got rows --- */

void omb_feed_touch(struct omb_step *step, const struct omb_office_id *child)
{
    struct omb_feed *feed = omb_feed_memory(step);

    for (size_t i = 0; i < feed->touched_count; i++)
        if (omb_office_id_equal(&feed->touched[i], child))
            return;
    if (feed->touched_count < OMB_FEED_TOUCHED_MAX)
        feed->touched[feed->touched_count] = *child;
    feed->touched_count++; /* one too many says: look at all */
}

size_t omb_feed_touched(struct omb_step *step, const struct omb_office_id **out)
{
    struct omb_feed *feed = omb_feed_memory(step);
    const size_t count = feed->touched_count;
    struct omb_office_id *items;

    feed->touched_count = 0;
    if (count > OMB_FEED_TOUCHED_MAX)
        return omb_feed_children(step, out);
    items = OMB_ARENA_NEW(step->arena, struct omb_office_id, count);
    if (count > 0)
        memcpy(items, feed->touched, count * sizeof(*items));
    *out = items;
    return count;
}
