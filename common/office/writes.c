#include "office/writes.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/*
 * A skip list per family. A node is a key; its versions stack up, the newest on top, so that a
 * rollback takes versions off in the reverse order of the log of changes. A node without versions
 * is as if it were not there, and stays until the reset.
 *
 *     head -> node -> node -> node ->         level 1
 *     head -> node -> node -> node -> node    level 0, linked both ways
 *                      |
 *                   version (newest) -> version -> ...
 *
 * A key stands behind its node, a value behind its version. Most families grow at their end: where
 * that is, is known of every level, and no search is made for a key beyond it.
 */
enum { LEVELS = 12 };

struct version {
    struct version *older;
    struct omb_view value; /* data NULL: deleted */
};

struct node {
    struct omb_view key;
    enum omb_family family;
    struct version *newest;
    struct node *before;
    struct node *next[]; /* as many as its height */
};

struct omb_writes {
    struct omb_arena arena;
    struct omb_port base;
    struct omb_port port;
    struct node *heads[OMB_FAMILY_COUNT][LEVELS];
    struct node **ends[OMB_FAMILY_COUNT][LEVELS]; /* the last link of each level */
    struct node *last[OMB_FAMILY_COUNT];
    int heights[OMB_FAMILY_COUNT];
    uint64_t dice;
    size_t rows; /* nodes that have a version */
    struct node **log;
    size_t log_count, log_capacity;
};

static enum omb_rc port_get(void *ctx, enum omb_family family, struct omb_view key,
                            struct omb_buf *out);
static enum omb_rc port_scan(void *ctx, enum omb_family family, struct omb_view from,
                             struct omb_view until, bool backwards, omb_row_fn *fn, void *arg);

static void forget(struct omb_writes *writes)
{
    omb_arena_reset(&writes->arena);
    memset(writes->heads, 0, sizeof(writes->heads));
    memset(writes->last, 0, sizeof(writes->last));
    memset(writes->heights, 0, sizeof(writes->heights));
    for (int family = 0; family < OMB_FAMILY_COUNT; family++)
        for (int level = 0; level < LEVELS; level++)
            writes->ends[family][level] = &writes->heads[family][level];
    writes->rows = 0;
    writes->log_count = 0;
    writes->dice = UINT64_C(0x9e3779b97f4a7c15);
}

struct omb_writes *omb_writes_new(void)
{
    struct omb_writes *writes = calloc(1, sizeof(*writes));

    OMB_ASSERT(writes != NULL);
    omb_arena_init(&writes->arena, SIZE_MAX);
    writes->port = (struct omb_port){.ctx = writes, .get = port_get, .scan = port_scan};
    forget(writes);
    return writes;
}

void omb_writes_free(struct omb_writes *writes)
{
    if (!writes)
        return;
    omb_arena_free(&writes->arena);
    free(writes->log);
    free(writes);
}

void omb_writes_reset(struct omb_writes *writes, const struct omb_port *base)
{
    forget(writes);
    writes->base = base ? *base : (struct omb_port){0};
}

const struct omb_port *omb_writes_port(const struct omb_writes *writes)
{
    return &writes->port;
}

/* --- the list --- */

/* A fourth of the nodes of a level reach the next; the same dice for the same writes. */
static int throw_height(struct omb_writes *writes)
{
    int height = 1;

    writes->dice ^= writes->dice << 13;
    writes->dice ^= writes->dice >> 7;
    writes->dice ^= writes->dice << 17;
    for (uint64_t bits = writes->dice; height < LEVELS && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

/*
 * The first node whose key is not below `key`; NULL when there is none. `links`, when given, takes
 * the link of each level that would lead to a new node of that key.
 */
static struct node *seek(const struct omb_writes *writes, enum omb_family family,
                         struct omb_view key, struct node ***links, struct node **out_before)
{
    struct node *before = NULL;

    for (int level = writes->heights[family] - 1; level >= 0; level--) {
        struct node *const *link = before ? &before->next[level] : &writes->heads[family][level];

        while (*link && omb_view_compare((*link)->key, key) < 0) {
            before = *link;
            link = &before->next[level];
        }
        if (links)
            links[level] = (struct node **)(uintptr_t)link;
        if (level == 0) {
            if (out_before)
                *out_before = before;
            return *link;
        }
    }
    if (out_before)
        *out_before = NULL;
    return NULL;
}

static struct node *new_node(struct omb_writes *writes, enum omb_family family,
                             struct omb_view key, int height)
{
    const size_t size = sizeof(struct node) + (size_t)height * sizeof(struct node *);
    struct node *node = omb_arena_room(&writes->arena, size + key.size);
    uint8_t *bytes = (uint8_t *)node + size;

    if (key.size > 0)
        memcpy(bytes, key.data, key.size);
    *node = (struct node){.key = {bytes, key.size}, .family = family};
    return node;
}

static struct node *insert(struct omb_writes *writes, enum omb_family family, struct omb_view key)
{
    struct node **near[LEVELS], ***links = writes->ends[family];
    struct node *before = writes->last[family], *node;
    const int height = throw_height(writes);

    if (before && omb_view_compare(before->key, key) >= 0) {
        struct node *found = seek(writes, family, key, near, &before);

        if (omb_view_equal(found->key, key))
            return found;
        for (int level = writes->heights[family]; level < height; level++)
            near[level] = &writes->heads[family][level];
        links = near;
    }
    node = new_node(writes, family, key, height);
    for (int level = 0; level < height; level++) {
        node->next[level] = *links[level];
        *links[level] = node;
        if (!node->next[level])
            writes->ends[family][level] = &node->next[level];
    }
    if (height > writes->heights[family])
        writes->heights[family] = height;
    node->before = before;
    if (node->next[0])
        node->next[0]->before = node;
    else
        writes->last[family] = node;
    return node;
}

static void note(struct omb_writes *writes, struct node *node)
{
    if (writes->log_count == writes->log_capacity) {
        writes->log_capacity = writes->log_capacity ? writes->log_capacity * 2 : 256;
        writes->log = realloc(writes->log, writes->log_capacity * sizeof(*writes->log));
        OMB_ASSERT(writes->log != NULL);
    }
    writes->log[writes->log_count++] = node;
}

/* A value without data: deleted. */
static void add_version(struct omb_writes *writes, enum omb_family family, struct omb_view key,
                        struct omb_view value)
{
    struct node *node = insert(writes, family, key);
    struct version *version = omb_arena_room(&writes->arena, sizeof(*version) + value.size);

    if (!node->newest)
        writes->rows++;
    version->older = node->newest;
    version->value = OMB_VIEW_NONE;
    if (value.data)
        version->value = omb_view(memcpy(version + 1, value.data, value.size), value.size);
    node->newest = version;
    note(writes, node);
}

void omb_put(struct omb_writes *writes, enum omb_family family, struct omb_view key,
             struct omb_view value)
{
    add_version(writes, family, key, value.data ? value : omb_view("", 0));
}

void omb_delete(struct omb_writes *writes, enum omb_family family, struct omb_view key)
{
    add_version(writes, family, key, OMB_VIEW_NONE);
}

size_t omb_writes_mark(const struct omb_writes *writes)
{
    return writes->log_count;
}

void omb_writes_rollback(struct omb_writes *writes, size_t mark)
{
    OMB_ASSERT(mark <= writes->log_count);
    while (writes->log_count > mark) {
        struct node *node = writes->log[--writes->log_count];

        node->newest = node->newest->older;
        if (!node->newest)
            writes->rows--;
    }
}

size_t omb_writes_count(const struct omb_writes *writes)
{
    return writes->rows;
}

enum omb_rc omb_writes_each(const struct omb_writes *writes, omb_write_fn *fn, void *arg)
{
    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++) {
        for (const struct node *at = writes->heads[family][0]; at; at = at->next[0]) {
            enum omb_rc rc;

            if (!at->newest)
                continue;
            rc = fn(arg, family, at->key, at->newest->value);
            if (rc == OMB_STOP)
                return OMB_OK;
            if (rc != OMB_OK)
                return rc;
        }
    }
    return OMB_OK;
}

/* --- the port --- */

static enum omb_rc port_get(void *ctx, enum omb_family family, struct omb_view key,
                            struct omb_buf *out)
{
    const struct omb_writes *writes = ctx;
    const struct node *node = seek(writes, family, key, NULL, NULL);

    if (node && node->newest && omb_view_equal(node->key, key)) {
        if (!node->newest->value.data)
            return OMB_NOT_FOUND;
        omb_buf_clear(out);
        omb_buf_add_view(out, node->newest->value);
        return OMB_OK;
    }
    if (!writes->base.get)
        return OMB_NOT_FOUND;
    return omb_port_get(&writes->base, family, key, out);
}

/* Two ordered streams merged: rows of the store, and rows written over them. */
struct merge {
    const struct node *next; /* next of ours that has a version */
    struct omb_view edge;    /* ours end here: `until`, or `from` when falling */
    bool backwards, stopped;
    omb_row_fn *fn;
    void *arg;
};

static const struct node *step_on(const struct node *node, bool backwards)
{
    return backwards ? node->before : node->next[0];
}

/* Moves over nodes without versions, and ends the stream at its edge. */
static void settle(struct merge *merge)
{
    while (merge->next && !merge->next->newest)
        merge->next = step_on(merge->next, merge->backwards);
    if (!merge->next)
        return;
    if (merge->backwards
            ? omb_view_compare(merge->next->key, merge->edge) < 0
            : merge->edge.size > 0 && omb_view_compare(merge->next->key, merge->edge) >= 0)
        merge->next = NULL;
}

static enum omb_rc show(struct merge *merge, struct omb_view key, struct omb_view value)
{
    enum omb_rc rc = merge->fn(merge->arg, key, value);

    merge->stopped = rc == OMB_STOP;
    return rc;
}

static enum omb_rc show_ours(struct merge *merge)
{
    const struct node *node = merge->next;

    merge->next = step_on(node, merge->backwards);
    settle(merge);
    if (!node->newest->value.data)
        return OMB_OK;
    return show(merge, node->key, node->newest->value);
}

static enum omb_rc see_base(void *arg, struct omb_view key, struct omb_view value)
{
    struct merge *merge = arg;

    while (merge->next) {
        const int order = omb_view_compare(merge->next->key, key);
        enum omb_rc rc;

        if (merge->backwards ? order < 0 : order > 0)
            break;
        rc = show_ours(merge);
        if (rc != OMB_OK || order == 0)
            return rc;
    }
    return show(merge, key, value);
}

static const struct node *last_below(const struct omb_writes *writes, enum omb_family family,
                                     struct omb_view until)
{
    struct node *before = writes->last[family];

    if (until.size > 0)
        seek(writes, family, until, NULL, &before);
    return before;
}

static enum omb_rc port_scan(void *ctx, enum omb_family family, struct omb_view from,
                             struct omb_view until, bool backwards, omb_row_fn *fn, void *arg)
{
    const struct omb_writes *writes = ctx;
    struct merge merge = {.backwards = backwards, .fn = fn, .arg = arg};
    enum omb_rc rc = OMB_OK;

    merge.edge = backwards ? from : until;
    merge.next =
        backwards ? last_below(writes, family, until) : seek(writes, family, from, NULL, NULL);
    settle(&merge);
    if (writes->base.scan)
        rc = omb_port_scan(&writes->base, family, from, until, backwards, see_base, &merge);
    while (rc == OMB_OK && !merge.stopped && merge.next)
        rc = show_ours(&merge);
    return rc == OMB_STOP ? OMB_OK : rc;
}
