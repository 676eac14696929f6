/*
 * Ticks: what comes due by itself. Dates of answers that passed ring a bell, and request ids are
 * forgotten after 30 days.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

enum { WALKED_AT_ONCE = 500, RETRY_MS = 1000, TURN_MS = 50 };

#define BETWEEN_WALKS_MS OMB_DAY_MS

/* --- dates that passed --- */

struct dues {
    size_t count;
    int64_t first;
};

static int64_t due_of_key(struct omb_view key)
{
    return (int64_t)omb_be64(key.data + 1);
}

static enum omb_rc see_due(void *arg, struct omb_view key, struct omb_view value)
{
    struct dues *dues = arg;

    (void)value;
    if (key.size < 9)
        return OMB_DAMAGED;
    dues->first = due_of_key(key);
    dues->count++;
    return OMB_STOP;
}

/* The first due date with from <= date < until. */
static enum omb_rc first_due(const struct omb_port *port, int64_t from, int64_t until,
                             struct dues *out)
{
    uint8_t low[9] = {OMB_INDEX_DUE}, high[9] = {OMB_INDEX_DUE};

    *out = (struct dues){0};
    omb_put_be64(low + 1, (uint64_t)from);
    omb_put_be64(high + 1, (uint64_t)until);
    return omb_port_scan(port, OMB_FAMILY_INDEX, OMB_VIEW_OF(low), OMB_VIEW_OF(high), false,
                         see_due, out);
}

static enum omb_rc ring_overdue(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    const struct omb_key key = omb_key_meta("look");
    const int64_t now = step->input->now_ms;
    struct dues passed;
    uint8_t look[8];
    enum omb_rc rc;

    if (now <= office->looked_ms)
        return OMB_OK;
    rc = first_due(step->port, office->looked_ms + 1, now + 1, &passed);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the dates in the store cannot be read");
    office->looked_ms = now;
    if (passed.count == 0)
        return OMB_OK; /* looking again finds nothing again: no need to write the look */
    omb_ring(step, "overdue", office->tip.journal);
    omb_put_be64(look, (uint64_t)now);
    omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key), OMB_VIEW_OF(look));
    return OMB_OK;
}

/* --- request ids --- */

/*
 * Ids are not listed by age, which would be one more row for every request: the family is walked
 * from end to end, a slice a tick, and again when the oldest that a walk met has had its time.
 */
struct walk {
    struct omb_office *office;
    int64_t now;
    struct omb_arena *keys; /* of this step */
    struct omb_arena row;   /* of one row */
    struct omb_view expired[WALKED_AT_ONCE];
    size_t expired_count, seen;
};

/* A row that cannot be read is left to the store's check. */
static enum omb_rc see_request(void *arg, struct omb_view key, struct omb_view value)
{
    struct walk *walk = arg;
    struct omb_office *office = walk->office;
    struct omb_request_row row;

    if (walk->seen == WALKED_AT_ONCE) {
        memcpy(office->forget_from.bytes, key.data, key.size);
        office->forget_from.size = key.size;
        return OMB_STOP;
    }
    walk->seen++;
    omb_arena_reset(&walk->row);
    if (omb_decode_request_row(value, &walk->row, &row, NULL) != OMB_OK)
        return OMB_OK;
    if (row.at <= walk->now - OMB_REQUEST_KEPT_MS)
        walk->expired[walk->expired_count++] = omb_arena_copy(walk->keys, key);
    else if (row.at < office->oldest_request_ms)
        office->oldest_request_ms = row.at;
    return OMB_OK;
}

/* When the next walk is due, or the next slice of this one. */
static int64_t next_walk(const struct omb_office *office, int64_t now)
{
    int64_t due;

    if (office->forget_from.size > 0)
        return now;
    if (office->oldest_request_ms == INT64_MAX)
        return INT64_MAX;
    due = office->oldest_request_ms + OMB_REQUEST_KEPT_MS;
    return due > now + BETWEEN_WALKS_MS ? due : now + BETWEEN_WALKS_MS;
}

static enum omb_rc forget_requests(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    const int64_t now = step->input->now_ms;
    struct walk *walk;
    struct omb_key from;
    enum omb_rc rc;

    if (now < office->forget_ms)
        return OMB_OK;
    walk = OMB_ARENA_NEW(step->arena, struct walk, 1);
    walk->office = office;
    walk->now = now;
    walk->keys = step->arena;
    omb_arena_init(&walk->row, SIZE_MAX);
    from = office->forget_from;
    office->forget_from.size = 0;
    if (from.size == 0)
        office->oldest_request_ms = INT64_MAX;
    rc = omb_port_scan(step->port, OMB_FAMILY_REQUEST, omb_key_view(&from), OMB_VIEW_NONE, false,
                       see_request, walk);
    omb_arena_free(&walk->row);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the request ids in the store cannot be read");
    for (size_t i = 0; i < walk->expired_count; i++)
        omb_delete(step->update->writes, OMB_FAMILY_REQUEST, walk->expired[i]);
    office->forget_ms = next_walk(office, now);
    return OMB_OK;
}

void omb_tick_kept(struct omb_step *step, int64_t at_ms)
{
    struct omb_office *office = step->office;
    const int64_t due = at_ms + OMB_REQUEST_KEPT_MS;

    if (at_ms < office->oldest_request_ms)
        office->oldest_request_ms = at_ms;
    if (due < office->forget_ms)
        office->forget_ms = due;
    omb_wake_at(step, due);
}

/* --- the next one --- */

static enum omb_rc next_tick(struct omb_office *office, const struct omb_port *port,
                             struct omb_error *err)
{
    struct dues due;
    enum omb_rc rc = first_due(port, office->looked_ms + 1, INT64_MAX, &due);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the dates in the store cannot be read");
    office->wake_ms =
        due.count > 0 && due.first < office->forget_ms ? due.first : office->forget_ms;
    if (office->seating.children && office->seating.at_ms < office->wake_ms)
        office->wake_ms = office->seating.at_ms;
    if (office->closing.giving || office->refolding.pending)
        office->wake_ms = 0;
    return OMB_OK;
}

static enum omb_rc see_any(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    *(bool *)arg = true;
    return OMB_STOP;
}

enum omb_rc omb_tick_open(struct omb_office *office, struct omb_error *err)
{
    bool any = false;
    const enum omb_rc rc =
        omb_port_scan(office->setup.port, OMB_FAMILY_REQUEST, OMB_VIEW_NONE, OMB_VIEW_NONE, false,
                      see_any, &any);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the request ids in the store cannot be read");
    office->oldest_request_ms = INT64_MAX;
    office->forget_ms = any ? 0 : INT64_MAX;
    return next_tick(office, office->setup.port, err);
}

enum omb_rc omb_tick(struct omb_step *step, struct omb_error *err)
{
    enum omb_rc rc = ring_overdue(step, err);

    if (rc == OMB_OK)
        rc = forget_requests(step, err);
    if (rc == OMB_OK)
        rc = omb_duty_close_turn(step, err);
    if (rc == OMB_OK)
        rc = omb_duty_seat_turn(step, err);
    if (rc == OMB_OK)
        rc = omb_restored_turn(step, err);
    if (rc == OMB_OK)
        rc = omb_restored_give(step, err);
    if (rc == OMB_OK)
        rc = omb_duty_refold_turn(step, err);
    if (rc == OMB_OK)
        rc = next_tick(step->office, step->port, err);
    if (rc != OMB_OK)
        return rc;
    /* More than one tick may do is left: soon again, with others served in between. */
    if (step->office->wake_ms <= step->input->now_ms)
        step->office->wake_ms =
            step->input->now_ms + (step->office->refolding.pending ? TURN_MS : RETRY_MS);
    step->update->timer = step->office->wake_ms;
    return OMB_OK;
}
