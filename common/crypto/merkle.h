/*
 * Batch proofs (design: records committed together are signed together). Leaves are digests; a node
 * is BLAKE2b-256("ombud/node/1\0" || left || right); a lone node is promoted unchanged.
 *
 *            root
 *           /    \
 *         n01     l2        index of l1: bit 0 set (l0 is its left sibling), then bit 1 clear
 *        /   \
 *      l0     l1
 */
#ifndef OMB_CRYPTO_MERKLE_H
#define OMB_CRYPTO_MERKLE_H

#include "crypto/crypto.h"

#define OMB_PATH_MAX 16
#define OMB_BATCH_MAX 65536

struct omb_path {
    uint32_t index; /* bit i: nodes[i] is the left sibling */
    size_t count;
    struct omb_digest nodes[OMB_PATH_MAX];
};

/* The root over 1..OMB_BATCH_MAX leaves; out_paths (count entries) may be NULL. */
struct omb_digest omb_merkle_root(const struct omb_digest *leaves, size_t count,
                                  struct omb_path *out_paths);

/* The root that a leaf and its path lead to; OMB_INVALID when index has bits beyond the path. */
enum omb_rc omb_merkle_climb(const struct omb_digest *leaf, const struct omb_path *path,
                             struct omb_digest *out_root) OMB_MUST_USE;

#endif
