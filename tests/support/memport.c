#include "support/memport.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

struct row {
    struct omb_view key, value; /* owned; one allocation each */
    bool damaged;
};

/* A row as it was before a commit that is not durable yet; value.data NULL: it was not there. */
struct undo {
    enum omb_family family;
    struct omb_view key, value; /* owned */
};

struct memport {
    struct omb_port port;
    struct row *rows[OMB_FAMILY_COUNT];
    size_t count[OMB_FAMILY_COUNT], capacity[OMB_FAMILY_COUNT];
    struct undo *undo; /* of all commits since the last sync */
    size_t undo_count, undo_capacity;
    size_t *begins; /* place in `undo` where each of those commits begins */
    size_t begin_count, begin_capacity;
    bool full;
    enum omb_rc broken;
    enum omb_rc failing;
    struct memport_reads reads;
};

static void *grown(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 64;
    items = realloc(items, *capacity * size);
    OMB_ASSERT(items != NULL);
    return items;
}

static struct omb_view owned(struct omb_view view)
{
    uint8_t *data = malloc(view.size + 1);

    OMB_ASSERT(data != NULL);
    if (view.size > 0)
        memcpy(data, view.data, view.size);
    return omb_view(data, view.size);
}

static void drop(struct omb_view view)
{
    free((void *)(uintptr_t)view.data);
}

/* The place of the first row whose key is not below `key`. */
static size_t lower(const struct memport *store, enum omb_family family, struct omb_view key)
{
    size_t low = 0, high = store->count[family];

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (omb_view_compare(store->rows[family][middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct memport *store, enum omb_family family, size_t at,
                  struct omb_view key)
{
    return at < store->count[family] && omb_view_equal(store->rows[family][at].key, key);
}

/* As the checksums of a real store would: the row is not shown, and nothing is written any more. */
static enum omb_rc meet_damage(struct memport *store)
{
    if (store->broken == OMB_OK)
        store->broken = OMB_DAMAGED;
    return OMB_DAMAGED;
}

static enum omb_rc get(void *ctx, enum omb_family family, struct omb_view key, struct omb_buf *out)
{
    struct memport *store = ctx;
    const size_t at = lower(store, family, key);

    store->reads.gets++;
    if (store->failing != OMB_OK)
        return store->failing;
    if (!is_at(store, family, at, key))
        return OMB_NOT_FOUND;
    if (store->rows[family][at].damaged)
        return meet_damage(store);
    omb_buf_clear(out);
    omb_buf_add_view(out, store->rows[family][at].value);
    return OMB_OK;
}

static enum omb_rc scan(void *ctx, enum omb_family family, struct omb_view from,
                        struct omb_view until, bool backwards, omb_row_fn *fn, void *arg)
{
    struct memport *store = ctx;
    const size_t first = lower(store, family, from);
    const size_t end = until.size > 0 ? lower(store, family, until) : store->count[family];

    store->reads.scans++;
    if (store->failing != OMB_OK)
        return store->failing;
    for (size_t i = first; i < end; i++) {
        const struct row *row = &store->rows[family][backwards ? end - 1 - (i - first) : i];
        enum omb_rc rc;

        if (row->damaged)
            return meet_damage(store);
        store->reads.rows++;
        rc = fn(arg, row->key, row->value);
        if (rc == OMB_STOP)
            return OMB_OK;
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}

struct memport *memport_new(void)
{
    struct memport *store = calloc(1, sizeof(*store));

    OMB_ASSERT(store != NULL);
    store->port = (struct omb_port){.ctx = store, .get = get, .scan = scan};
    return store;
}

uint64_t memport_bytes(const struct memport *store)
{
    uint64_t bytes = 0;

    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++)
        for (size_t i = 0; i < store->count[family]; i++)
            bytes += store->rows[family][i].key.size + store->rows[family][i].value.size;
    return bytes;
}

static void forget_undo(struct memport *store, size_t from)
{
    for (size_t i = from; i < store->undo_count; i++) {
        drop(store->undo[i].key);
        drop(store->undo[i].value);
    }
    store->undo_count = from;
}

void memport_free(struct memport *store)
{
    if (!store)
        return;
    forget_undo(store, 0);
    free(store->undo);
    free(store->begins);
    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++) {
        for (size_t i = 0; i < store->count[family]; i++) {
            drop(store->rows[family][i].key);
            drop(store->rows[family][i].value);
        }
        free(store->rows[family]);
    }
    free(store);
}

void memport_set(struct memport *store, enum omb_family family, struct omb_view key,
                 struct omb_view value)
{
    const size_t at = lower(store, family, key);
    const bool known = is_at(store, family, at, key);
    struct row *rows = store->rows[family];
    size_t *count = &store->count[family];

    if (known) {
        drop(rows[at].key);
        drop(rows[at].value);
        memmove(&rows[at], &rows[at + 1], (--*count - at) * sizeof(*rows));
    }
    if (!value.data)
        return;
    rows = store->rows[family] =
        grown(rows, *count, &store->capacity[family], sizeof(*rows));
    memmove(&rows[at + 1], &rows[at], ((*count)++ - at) * sizeof(*rows));
    rows[at] = (struct row){.key = owned(key), .value = owned(value)};
}

struct memport *memport_copy(const struct memport *store)
{
    struct memport *copy = memport_new();

    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++)
        for (size_t i = 0; i < store->count[family]; i++) {
            const struct row *row = &store->rows[family][i];

            memport_set(copy, family, row->key, row->value);
            copy->rows[family][i].damaged = row->damaged;
        }
    return copy;
}

const struct omb_port *memport_port(const struct memport *store)
{
    return &store->port;
}

/* --- commits --- */

static enum omb_rc commit_row(void *arg, enum omb_family family, struct omb_view key,
                              struct omb_view value)
{
    struct memport *store = arg;
    const size_t at = lower(store, family, key);
    struct undo was = {.family = family, .key = owned(key)};

    if (is_at(store, family, at, key))
        was.value = owned(store->rows[family][at].value);
    store->undo = grown(store->undo, store->undo_count, &store->undo_capacity, sizeof(was));
    store->undo[store->undo_count++] = was;
    memport_set(store, family, key, value);
    return OMB_OK;
}

enum omb_rc memport_write(struct memport *store, const struct omb_writes *writes)
{
    enum omb_rc rc;

    if (store->full && store->broken == OMB_OK && omb_writes_count(writes) > 0)
        store->broken = OMB_FULL;
    if (store->broken != OMB_OK)
        return store->broken;
    store->begins =
        grown(store->begins, store->begin_count, &store->begin_capacity, sizeof(*store->begins));
    store->begins[store->begin_count++] = store->undo_count;
    rc = omb_writes_each(writes, commit_row, store);
    OMB_ASSERT(rc == OMB_OK);
    return OMB_OK;
}

void memport_sync(struct memport *store)
{
    forget_undo(store, 0);
    store->begin_count = 0;
}

void memport_commit(struct memport *store, const struct omb_writes *writes)
{
    const enum omb_rc rc = memport_write(store, writes);

    OMB_ASSERT(rc == OMB_OK);
    memport_sync(store);
}

size_t memport_unsynced(const struct memport *store)
{
    return store->begin_count;
}

void memport_crash(struct memport *store, size_t survive)
{
    while (store->begin_count > survive) {
        const size_t from = store->begins[--store->begin_count];

        for (size_t i = store->undo_count; i > from; i--)
            memport_set(store, store->undo[i - 1].family, store->undo[i - 1].key,
                        store->undo[i - 1].value);
        forget_undo(store, from);
    }
    memport_sync(store);
}

enum omb_rc memport_reopen(struct memport *store)
{
    if (store->full)
        return OMB_FULL;
    store->broken = OMB_OK;
    return OMB_OK;
}

enum omb_rc memport_health(const struct memport *store)
{
    return store->broken;
}

void memport_break(struct memport *store, enum omb_rc rc)
{
    if (store->broken == OMB_OK)
        store->broken = rc;
}

void memport_fill(struct memport *store, bool full)
{
    store->full = full;
}

void memport_damage(struct memport *store, enum omb_family family, struct omb_view key)
{
    const size_t at = lower(store, family, key);

    OMB_ASSERT(is_at(store, family, at, key));
    store->rows[family][at].damaged = true;
}

size_t memport_count(const struct memport *store, enum omb_family family)
{
    return store->count[family];
}

bool memport_same(const struct memport *a, const struct memport *b, enum omb_family family)
{
    if (a->count[family] != b->count[family])
        return false;
    for (size_t i = 0; i < a->count[family]; i++)
        if (!omb_view_equal(a->rows[family][i].key, b->rows[family][i].key) ||
            !omb_view_equal(a->rows[family][i].value, b->rows[family][i].value))
            return false;
    return true;
}

struct memport_reads memport_reads(const struct memport *store)
{
    return store->reads;
}

void memport_fail(struct memport *store, enum omb_rc rc)
{
    store->failing = rc;
}
