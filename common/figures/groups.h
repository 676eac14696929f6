/*
 * Counted groups: a bounded hash table from a key to a row of sums. Private to this folder's
 * reports.
 */
#ifndef OMB_FIGURES_GROUPS_H
#define OMB_FIGURES_GROUPS_H

#include "base/bytes.h"

struct omb_group {
    struct omb_view key;
    int64_t *sums; /* one per measure, from 0 */
};

struct omb_groups {
    struct omb_group **slots; /* a power of two of them, at most half in use */
    size_t count;
    size_t most;
    size_t measures;
    struct omb_arena arena; /* keys and sums */
};

/* Room for `most` groups of `measures` sums each. */
void omb_groups_init(struct omb_groups *groups, size_t most, size_t measures);
void omb_groups_free(struct omb_groups *groups);

/* The group of a key, a new one with sums 0 if need be; NULL: no room for another. */
struct omb_group *omb_groups_at(struct omb_groups *groups, struct omb_view key);

/* All groups in no order; the caller frees the array. */
struct omb_group **omb_groups_list(const struct omb_groups *groups);

#endif
