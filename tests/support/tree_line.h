/*
 * What befalls frames on the lines of a tree (support/tree.h): one direction of one line each.
 *
 * Between two real daemons what arrives has no gaps and comes in order, but it may end: there a
 * frame is lost only with all that follow it (`dead`). The core must do no harm on a worse line,
 * either, where frames are lost alone, come twice, late, or before those sent earlier; what it then
 * misses the next comparison of both ends must find (design: replication, Anti-entropy).
 */
#ifndef OMB_TESTS_TREE_LINE_H
#define OMB_TESTS_TREE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_office;

struct tree_wire {
    bool dead;                         /* nothing arrives, and nobody is told */
    uint32_t lost, twice, late, early; /* of a thousand frames */
};

/* How many frames met what since the tree stands. */
struct tree_met {
    uint64_t lost, twice, late, early;
};

struct tree_fate {
    unsigned copies;
    int64_t late_ms;
    bool early; /* before those sent earlier, if it is faster */
};

/* What becomes of a frame that leaves now. */
struct tree_fate tree_line_fate(struct tree_office *child, bool up);
/* Both wires are sound again; a connection that lost frames ends, as every other one would. */
void tree_line_heal(struct tree_office *child);

#endif
