/*
 * Which numbers of a log are here, looked at in slices, and what it costs: a peer's question may
 * have whole logs walked, so each row that is looked at for it is counted (post/later.c).
 */
#ifndef OMB_OFFICE_POST_WALK_H
#define OMB_OFFICE_POST_WALK_H

#include "office/corridor.h"

#define OMB_WALK 1024

struct omb_walk {
    uint64_t items[OMB_WALK]; /* rising */
    size_t count;             /* OMB_WALK: there may be more */
};

/* The next ones of first <= seq <= last that are here. */
enum omb_rc omb_walk_log(struct omb_step *step, uint32_t number, uint64_t first, uint64_t last,
                         struct omb_walk *out, struct omb_error *err) OMB_MUST_USE;

/* So many rows were looked at for a peer. */
void omb_looked(struct omb_step *step, size_t rows);
/* It is as much as one step may look at for one peer: the rest is left for a later one. */
bool omb_looked_enough(const struct omb_step *step);

#endif
