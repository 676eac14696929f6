/*
 * Ticks: what comes due by itself. Dates of answers that passed ring a bell, and request ids are
 * forgotten after 30 days.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

enum { FORGOTTEN_AT_ONCE = 500, RETRY_MS = 1000 };

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

struct forgetting {
    struct omb_arena *arena;
    struct omb_view keys[FORGOTTEN_AT_ONCE];
    size_t count;
};

static enum omb_rc see_expired(void *arg, struct omb_view key, struct omb_view value)
{
    struct forgetting *forgetting = arg;

    (void)value;
    if (key.size < 9)
        return OMB_DAMAGED;
    forgetting->keys[forgetting->count++] = omb_arena_copy(forgetting->arena, key);
    return forgetting->count < FORGOTTEN_AT_ONCE ? OMB_OK : OMB_STOP;
}

static enum omb_rc forget_requests(struct omb_step *step, struct omb_error *err)
{
    struct forgetting *forgetting = OMB_ARENA_NEW(step->arena, struct forgetting, 1);
    uint8_t until[8];
    enum omb_rc rc;

    if (step->input->now_ms < 0)
        return OMB_OK;
    forgetting->arena = step->arena;
    omb_put_be64(until, (uint64_t)step->input->now_ms + 1);
    rc = omb_port_scan(step->port, OMB_FAMILY_OUTBOX, OMB_VIEW_NONE, OMB_VIEW_OF(until), false,
                       see_expired, forgetting);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the outbox in the store cannot be read");
    for (size_t i = 0; i < forgetting->count; i++) {
        const struct omb_view key = forgetting->keys[i];

        omb_delete(step->update->writes, OMB_FAMILY_OUTBOX, key);
        if (key.data[8] == 'r')
            omb_delete(step->update->writes, OMB_FAMILY_REQUEST,
                       omb_view(key.data + 9, key.size - 9));
    }
    return OMB_OK;
}

/* --- the next one --- */

static enum omb_rc see_first(void *arg, struct omb_view key, struct omb_view value)
{
    int64_t *first = arg;

    (void)value;
    if (key.size < 8)
        return OMB_DAMAGED;
    *first = (int64_t)omb_be64(key.data);
    return OMB_STOP;
}

enum omb_rc omb_tick_next(struct omb_office *office, const struct omb_port *port,
                          struct omb_error *err)
{
    int64_t first = INT64_MAX;
    struct dues due;
    enum omb_rc rc = omb_port_scan(port, OMB_FAMILY_OUTBOX, OMB_VIEW_NONE, OMB_VIEW_NONE, false,
                                   see_first, &first);

    if (rc == OMB_OK)
        rc = first_due(port, office->looked_ms + 1, INT64_MAX, &due);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "what comes due cannot be read from the store");
    office->wake_ms = due.count > 0 && due.first < first ? due.first : first;
    return OMB_OK;
}

enum omb_rc omb_tick(struct omb_step *step, struct omb_error *err)
{
    enum omb_rc rc = ring_overdue(step, err);

    if (rc == OMB_OK)
        rc = forget_requests(step, err);
    if (rc == OMB_OK)
        rc = omb_tick_next(step->office, step->port, err);
    if (rc != OMB_OK)
        return rc;
    /* More than one tick may do is left: soon again, with others served in between. */
    if (step->office->wake_ms <= step->input->now_ms)
        step->office->wake_ms = step->input->now_ms + RETRY_MS;
    step->update->timer = step->office->wake_ms;
    return OMB_OK;
}
