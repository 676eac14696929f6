/*
 * The rows of feeds: positions count on over all children, a row names a record. With them what the
 * child has: certificates that were given, cases in its scope.
 */
#include "base/assert.h"
#include "office/post/feed_work.h"

/* --- rows --- */

void omb_feed_put(struct omb_step *step, const struct omb_office_id *child,
                  const struct omb_row_at *at)
{
    const struct omb_key key = omb_key_feed(child, ++step->office->tip.feed);
    uint8_t place[12];

    OMB_ASSERT(!omb_office_id_none(child));
    omb_put_place(place, at->number, at->seq);
    omb_put(step->update->writes, OMB_FAMILY_FEED, omb_key_view(&key), OMB_VIEW_OF(place));
    step->update->dirty = true;
    omb_feed_touch(step, child);
}

struct row {
    uint64_t position;
    struct omb_row_at at;
    bool found;
};

static enum omb_rc take_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct row *row = arg;

    if (key.size != OMB_OFFICE_ID_SIZE + 8 ||
        !omb_read_place(value, &row->at.number, &row->at.seq))
        return OMB_DAMAGED;
    row->position = omb_be64(key.data + OMB_OFFICE_ID_SIZE);
    row->found = true;
    return OMB_STOP;
}

/* The first row of from <= position < until, or the last one. */
static enum omb_rc find_row(struct omb_step *step, const struct omb_office_id *child,
                            uint64_t from, uint64_t until, bool backwards, struct row *out,
                            struct omb_error *err)
{
    const struct omb_key first = omb_key_feed(child, from), behind = omb_key_feed(child, until);
    enum omb_rc rc;

    *out = (struct row){0};
    rc = omb_port_scan(step->port, OMB_FAMILY_FEED, omb_key_view(&first), omb_key_view(&behind),
                       backwards, take_row, out);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the feed of a child cannot be read");
}

enum omb_rc omb_feed_next(struct omb_step *step, const struct omb_office_id *child,
                          uint64_t after, uint64_t *out_position, struct omb_row_at *out,
                          struct omb_error *err)
{
    struct row row;
    enum omb_rc rc;

    if (after >= UINT64_MAX - 1)
        return OMB_NOT_FOUND;
    rc = find_row(step, child, after + 1, UINT64_MAX, false, &row, err);
    if (rc != OMB_OK)
        return rc;
    if (!row.found)
        return OMB_NOT_FOUND;
    *out_position = row.position;
    *out = row.at;
    return OMB_OK;
}

struct showing {
    omb_feed_fn *fn;
    void *arg;
};

static enum omb_rc show_row(void *arg, struct omb_view key, struct omb_view value)
{
    const struct showing *showing = arg;
    struct row row;
    const enum omb_rc rc = take_row(&row, key, value);

    return rc == OMB_STOP ? showing->fn(showing->arg, row.position, &row.at) : rc;
}

enum omb_rc omb_feed_each(struct omb_step *step, const struct omb_office_id *child,
                          uint64_t after, omb_feed_fn *fn, void *arg, struct omb_error *err)
{
    const struct omb_key first = omb_key_feed(child, after + 1);
    const struct omb_key behind = omb_key_feed(child, UINT64_MAX);
    struct showing showing = {fn, arg};
    enum omb_rc rc;

    if (after >= UINT64_MAX - 1)
        return OMB_OK;
    rc = omb_port_scan(step->port, OMB_FAMILY_FEED, omb_key_view(&first), omb_key_view(&behind),
                       false, show_row, &showing);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the feed of a child cannot be read");
}

struct rows {
    struct omb_arena *arena;
    struct row *items;
    size_t count, room;
};

static enum omb_rc gather_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct rows *rows = arg;

    if (rows->count == rows->room) {
        const size_t room = rows->room ? 2 * rows->room : 64;
        struct row *items = OMB_ARENA_NEW(rows->arena, struct row, room);

        if (rows->count > 0)
            memcpy(items, rows->items, rows->count * sizeof(*items));
        rows->items = items;
        rows->room = room;
    }
    return take_row(&rows->items[rows->count++], key, value) == OMB_STOP ? OMB_OK : OMB_DAMAGED;
}

enum omb_rc omb_feed_acked(struct omb_step *step, const struct omb_office_id *child,
                           uint64_t position, omb_feed_taken_fn *fn, void *arg,
                           struct omb_error *err)
{
    struct omb_feed_seat *seat = omb_feed_seat_kept(step, child);
    const uint64_t from = seat ? seat->trimmed : 0;
    const struct omb_key first = omb_key_feed(child, from);
    struct rows gone = {.arena = step->arena};
    struct omb_key last;
    struct row row;
    enum omb_rc rc;

    if (position < from || position == UINT64_MAX)
        return OMB_OK;
    rc = find_row(step, child, from, position + 1, true, &row, err);
    if (rc != OMB_OK || !row.found)
        return rc;
    last = omb_key_feed(child, row.position);
    rc = omb_port_scan(step->port, OMB_FAMILY_FEED, omb_key_view(&first), omb_key_view(&last),
                       false, gather_row, &gone);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the feed of a child cannot be read");
    for (size_t i = 0; rc == OMB_OK && i < gone.count; i++) {
        const struct omb_key key = omb_key_feed(child, gone.items[i].position);

        omb_delete(step->update->writes, OMB_FAMILY_FEED, omb_key_view(&key));
        if (gone.items[i].position > from)
            rc = fn(arg, &gone.items[i].at);
    }
    if (rc == OMB_OK && row.position > from)
        rc = fn(arg, &row.at);
    if (seat)
        seat->trimmed = row.position;
    return rc;
}

/* --- what the child has --- */

static enum omb_rc has(struct omb_step *step, enum omb_family family, const struct omb_key *key,
                       bool *out, struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc = omb_port_get(step->port, family, omb_key_view(key), &value);

    omb_buf_free(&value);
    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return omb_fail(err, rc, NULL, "what a child has cannot be read");
    *out = rc == OMB_OK;
    return OMB_OK;
}

enum omb_rc omb_feed_was_given(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_digest *certificate, bool *out,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_given(child, certificate);

    return has(step, OMB_FAMILY_PEER, &key, out, err);
}

enum omb_rc omb_feed_knows(struct omb_step *step, const struct omb_office_id *child,
                           const struct omb_office_certificates *list, bool *out,
                           struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    *out = false;
    for (size_t i = 0; rc == OMB_OK && !*out && i < list->count; i++)
        rc = omb_feed_was_given(step, child, &list->items[i], out, err);
    return rc;
}

void omb_feed_note_given(struct omb_step *step, const struct omb_office_id *child,
                         const struct omb_digest *certificate)
{
    const struct omb_key key = omb_key_given(child, certificate);

    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), OMB_VIEW_NONE);
}

enum omb_rc omb_feed_read_scope(struct omb_step *step, const struct omb_office_id *child,
                                const struct omb_case_id *id, bool *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_scope(child, id);

    return has(step, OMB_FAMILY_PEER, &key, out, err);
}

bool omb_feed_in_scope(struct omb_step *step, const struct omb_office_id *child,
                       const struct omb_case_id *id)
{
    bool in = false;

    return omb_feed_read_scope(step, child, id, &in, NULL) == OMB_OK && in;
}
