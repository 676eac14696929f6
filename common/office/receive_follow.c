/*
 * Rows that name records which changed sides follow them: of the offices at once, of the journal
 * and the feeds in one walk for all that a batch moved, before anybody reads them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/lost.h"
#include "office/receive_inside.h"
#include "wire/header.h"

/* A record that moved, until the rows that name it have followed. */
struct moved {
    struct omb_row_at from, to;
    uint32_t turn;          /* those of one turn moved at the same time */
    uint64_t journal, feed; /* rows up to here were written before it moved */
    bool up;                /* to stand */
    bool from_above, in_journal;
    bool own, written;      /* an own record that can be written again; this store wrote it */
    struct omb_incarnation incarnation;
    struct omb_digest digest;
};

struct omb_moves {
    struct moved *items;
    size_t count, capacity;
    uint32_t turns;
};

struct omb_moves *omb_moves_new(void)
{
    struct omb_moves *moves = calloc(1, sizeof(*moves));

    OMB_ASSERT(moves != NULL);
    return moves;
}

void omb_moves_free(struct omb_moves *moves)
{
    free(moves->items);
    free(moves);
}

void omb_moves_forget(struct omb_moves *moves)
{
    moves->count = moves->turns = 0;
}

static void add(struct omb_moves *moves, const struct moved *moved)
{
    if (moves->count == moves->capacity) {
        moves->capacity = moves->capacity ? 2 * moves->capacity : 64;
        moves->items = realloc(moves->items, moves->capacity * sizeof(*moves->items));
        OMB_ASSERT(moves->items != NULL);
    }
    moves->items[moves->count++] = *moved;
}

struct mend {
    struct omb_view key, value;
};

/* --- rows of the offices: each record is named by one at most --- */

/* The row that would name the record: carrier, revocation, closing or decision. */
static bool named_by(struct omb_step *step, const struct omb_mover *mover, struct omb_key *out)
{
    const struct omb_facts *facts = mover->header.facts;
    const struct omb_fork_found *fork;
    struct omb_known_certificate known;

    if (mover->header.case_id || !facts || !facts->event.value)
        return false;
    switch (facts->event.tag) {
    case OMB_EVENT_OFFICE_CERTIFIED:
        if (omb_certify_read(OMB_AS(office_certified, facts->event)->certificate, step->arena,
                             &known, NULL) != OMB_OK)
            return false;
        *out = omb_key_carrier(&known.digest);
        return true;
    case OMB_EVENT_OFFICE_REVOKED:
        *out = omb_key_revocation(&OMB_AS(office_revoked, facts->event)->certificate);
        return true;
    case OMB_EVENT_OFFICE_CLOSED:
        if (!OMB_AS(office_closed, facts->event)->office)
            return false;
        *out = omb_key_closing(&OMB_AS(office_closed, facts->event)->office->office);
        return true;
    case OMB_EVENT_FORK_FOUND:
        fork = OMB_AS(fork_found, facts->event);
        *out = omb_key_fork(&fork->office, &fork->incarnation, fork->seq);
        return fork->seq > 0;
    }
    return false;
}

static enum omb_rc mend_office(struct omb_step *step, const struct omb_mover *mover, uint32_t from,
                               uint32_t to, struct mend *mends, size_t *count)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_row_at at;
    struct omb_key key;
    uint8_t place[12];
    enum omb_rc rc;

    if (!named_by(step, mover, &key))
        return OMB_OK;
    rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);
    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &at.number, &at.seq))
        rc = OMB_DAMAGED;
    omb_buf_free(&value);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    if (at.number != from || at.seq != mover->seq)
        return OMB_OK;
    omb_put_place(place, to, mover->seq);
    mends[(*count)++] = (struct mend){omb_arena_copy(step->arena, omb_key_view(&key)),
                                      omb_arena_copy(step->arena, OMB_VIEW_OF(place))};
    return OMB_OK;
}

static void put_mends(struct omb_step *step, enum omb_family family, const struct mend *mends,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        omb_put(step->update->writes, family, mends[i].key, mends[i].value);
}

enum omb_rc omb_follow_offices(struct omb_step *step, uint32_t standing, uint32_t aside,
                               const struct omb_movers *down, const struct omb_movers *up,
                               struct omb_error *err)
{
    struct mend *mends = OMB_ARENA_NEW(step->arena, struct mend, down->count + up->count);
    size_t count = 0;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < down->count; i++)
        rc = mend_office(step, &down->items[i], standing, aside, mends, &count);
    for (size_t i = 0; rc == OMB_OK && i < up->count; i++)
        rc = mend_office(step, &up->items[i], aside, standing, mends, &count);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    put_mends(step, OMB_FAMILY_OFFICE, mends, count);
    return OMB_OK;
}

/* --- journal and feeds --- */

/* Escrow keys are of a life: none is written again. */
static void set_who(const struct omb_step *step, struct moved *moved,
                    const struct omb_mover *mover)
{
    const struct omb_header *header = &mover->header;

    moved->own = omb_office_id_equal(&header->office, &step->office->self.office) &&
                 !(header->facts && header->facts->event.tag == OMB_EVENT_ESCROW_OPENED);
    moved->incarnation = header->incarnation;
    moved->digest = mover->digest;
}

void omb_follow_later(struct omb_intake *intake, uint32_t standing, uint32_t aside,
                      const struct omb_movers *down, const struct omb_movers *up)
{
    struct omb_moves *moves = intake->step->update->moves;
    const struct omb_tip *tip = &intake->step->office->tip;
    struct moved moved = {
        .turn = ++moves->turns,
        .journal = tip->journal,
        .feed = tip->feed,
        .from_above = intake->from_above,
    };

    for (size_t i = 0; i < down->count; i++) {
        moved.from = (struct omb_row_at){standing, down->items[i].seq};
        moved.to = (struct omb_row_at){aside, down->items[i].seq};
        set_who(intake->step, &moved, &down->items[i]);
        add(moves, &moved);
    }
    moved.up = true;
    for (size_t i = 0; i < up->count; i++) {
        moved.from = (struct omb_row_at){aside, up->items[i].seq};
        moved.to = (struct omb_row_at){standing, up->items[i].seq};
        set_who(intake->step, &moved, &up->items[i]);
        add(moves, &moved);
    }
}

struct following {
    struct omb_step *step;
    struct moved **moved; /* by the place that they left, then in their order */
    size_t moved_count;
    enum omb_family family;
    struct mend *mends;
    size_t count, room;
};

static int by_place(const void *a, const void *b)
{
    const struct moved *x = *(struct moved *const *)a;
    const struct moved *y = *(struct moved *const *)b;

    if (x->from.number != y->from.number)
        return x->from.number < y->from.number ? -1 : 1;
    if (x->from.seq != y->from.seq)
        return x->from.seq < y->from.seq ? -1 : 1;
    return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static bool was_there(const struct following *f, const struct moved *moved, uint64_t position)
{
    return position <= (f->family == OMB_FAMILY_FEED ? moved->feed : moved->journal);
}

/* What a record at that place did after that turn; NULL: it stayed. */
static struct moved *move_from(const struct following *f, const struct omb_row_at *at,
                               uint32_t turn, uint64_t position)
{
    const struct moved key = {.from = *at, .turn = turn + 1};
    const struct moved *wanted = &key;
    size_t low = 0, high = f->moved_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (by_place(&f->moved[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < f->moved_count; low++) {
        struct moved *moved = f->moved[low];

        if (moved->from.number != at->number || moved->from.seq != at->seq)
            return NULL;
        if (was_there(f, moved, position))
            return moved;
    }
    return NULL;
}

static struct mend *next_mend(struct following *f)
{
    if (f->count == f->room) {
        struct mend *mends;

        f->room = f->room ? 2 * f->room : 16;
        mends = OMB_ARENA_NEW(f->step->arena, struct mend, f->room);
        if (f->count > 0)
            memcpy(mends, f->mends, f->count * sizeof(*mends));
        f->mends = mends;
    }
    return &f->mends[f->count++];
}

static enum omb_rc follow_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct following *f = arg;
    struct omb_arena *arena = f->step->arena;
    struct moved *moved;
    struct omb_row_at at;
    uint32_t turn = 0;
    uint64_t position;
    bool from_above = true;
    uint8_t *bytes;

    if (value.size < 12 || key.size < 8)
        return OMB_DAMAGED;
    at = (struct omb_row_at){omb_be32(value.data), omb_be64(value.data + 4)};
    position = omb_be64(key.data + key.size - 8);
    if (f->family == OMB_FAMILY_JOURNAL &&
        !omb_read_journal(value, &at.number, &at.seq, &from_above))
        return OMB_DAMAGED;
    while ((moved = move_from(f, &at, turn, position)) != NULL) {
        at = moved->to;
        turn = moved->turn;
        moved->in_journal |= f->family == OMB_FAMILY_JOURNAL;
        moved->written |= !from_above;
    }
    if (turn == 0)
        return OMB_OK;
    bytes = omb_arena_get(arena, value.size);
    memcpy(bytes, value.data, value.size);
    omb_put_place(bytes, at.number, at.seq);
    *next_mend(f) = (struct mend){omb_arena_copy(arena, key), omb_view(bytes, value.size)};
    return OMB_OK;
}

static enum omb_rc follow(struct following *f, enum omb_family family, struct omb_error *err)
{
    enum omb_rc rc;

    f->family = family;
    f->count = 0;
    rc = omb_port_scan_prefix(f->step->port, family, OMB_VIEW_NONE, follow_row, f);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the positions in the store cannot be read");
    put_mends(f->step, family, f->mends, f->count);
    return OMB_OK;
}

/* What stands now and is in no row of the journal gets one: watchers and those above hear of it. */
static enum omb_rc put_in_journal(struct following *f, const struct moved *moved,
                                  struct omb_error *err)
{
    struct omb_step *step = f->step;
    const bool from_above = moved->from_above;
    struct omb_row_at at = moved->to;
    struct moved *next;
    struct omb_header header;
    struct omb_digest digest;
    bool stands = true;
    enum omb_rc rc;

    for (; (next = move_from(f, &at, moved->turn, 0)) != NULL; moved = next) {
        at = next->to;
        stands = next->up;
        next->in_journal = true;
    }
    if (!stands)
        return OMB_OK;
    rc = omb_header_read(step, &at, &header, &digest, NULL, err);
    if (rc == OMB_OK)
        omb_ring_for(step, header.facts, header.case_id != NULL,
                     omb_journal_put(step, &at, from_above));
    return rc;
}

/* What this store wrote and lost is to be written again: people are told until it is. */
static enum omb_rc note_lost(struct omb_step *step, const struct omb_moves *moves,
                             struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < moves->count; i++) {
        const struct moved *moved = &moves->items[i];

        if (!moved->own || !moved->written)
            continue;
        if (moved->up)
            omb_lost_drop(step, &moved->incarnation, moved->to.seq, &moved->digest);
        else
            rc = omb_lost_put(step, &moved->incarnation, moved->to.seq, &moved->digest, err);
    }
    return rc;
}

enum omb_rc omb_follow_moved(struct omb_step *step, struct omb_error *err)
{
    struct omb_moves *moves = step->update->moves;
    struct following f = {.step = step, .moved_count = moves->count};
    enum omb_rc rc;

    if (moves->count == 0)
        return OMB_OK;
    f.moved = OMB_ARENA_NEW(step->arena, struct moved *, moves->count);
    for (size_t i = 0; i < moves->count; i++)
        f.moved[i] = &moves->items[i];
    qsort(f.moved, f.moved_count, sizeof(struct moved *), by_place);
    rc = follow(&f, OMB_FAMILY_FEED, err);
    if (rc == OMB_OK)
        rc = follow(&f, OMB_FAMILY_JOURNAL, err);
    for (size_t i = 0; rc == OMB_OK && i < moves->count; i++)
        if (moves->items[i].up && !moves->items[i].in_journal)
            rc = put_in_journal(&f, &moves->items[i], err);
    if (rc == OMB_OK)
        rc = note_lost(step, moves, err);
    moves->count = 0;
    return rc;
}
