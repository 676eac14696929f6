#include "crypto/merkle.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* Most batches are the inputs of one turn of the loop: they need no heap. */
enum { NEAR_NODES = 64 };

static struct omb_digest parent(const struct omb_digest *left, const struct omb_digest *right)
{
    const struct omb_view parts[] = {OMB_VIEW_OF(left->bytes), OMB_VIEW_OF(right->bytes)};

    return omb_hash_parts("ombud/node/1", parts, 2);
}

/*
 * One level's part in the path of the leaf that stands under node `at` of `count`: its sibling, or
 * nothing where the node is the lone last one and is promoted.
 */
static void add_step(struct omb_path *path, const struct omb_digest *nodes, size_t count, size_t at)
{
    size_t sibling = at ^ 1;

    if (sibling >= count)
        return;
    OMB_ASSERT(path->count < OMB_PATH_MAX);
    if (sibling < at)
        path->index |= UINT32_C(1) << path->count;
    path->nodes[path->count++] = nodes[sibling];
}

/* Replaces a level by the one above it; returns that one's number of nodes. */
static size_t rise(struct omb_digest *nodes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        nodes[i / 2] = parent(&nodes[i], &nodes[i + 1]);
    if (count % 2 != 0)
        nodes[count / 2] = nodes[count - 1];
    return (count + 1) / 2;
}

struct omb_digest omb_merkle_root(const struct omb_digest *leaves, size_t count,
                                  struct omb_path *out_paths)
{
    struct omb_digest near[NEAR_NODES], *nodes = near, root;

    OMB_ASSERT(count >= 1 && count <= OMB_BATCH_MAX);
    if (count > NEAR_NODES)
        nodes = malloc(count * sizeof(*nodes));
    OMB_ASSERT(nodes != NULL);
    memcpy(nodes, leaves, count * sizeof(*nodes));
    for (size_t i = 0; out_paths && i < count; i++) {
        out_paths[i].index = 0;
        out_paths[i].count = 0;
    }
    for (size_t level = 0, width = count; width > 1; level++) {
        for (size_t i = 0; out_paths && i < count; i++)
            add_step(&out_paths[i], nodes, width, i >> level);
        width = rise(nodes, width);
    }
    root = nodes[0];
    if (nodes != near)
        free(nodes);
    return root;
}

enum omb_rc omb_merkle_climb(const struct omb_digest *leaf, const struct omb_path *path,
                             struct omb_digest *out_root)
{
    struct omb_digest at = *leaf;

    if (path->count > OMB_PATH_MAX || path->index >> path->count != 0)
        return OMB_INVALID;
    for (size_t i = 0; i < path->count; i++) {
        if (path->index >> i & 1)
            at = parent(&path->nodes[i], &at);
        else
            at = parent(&at, &path->nodes[i]);
    }
    *out_root = at;
    return OMB_OK;
}
