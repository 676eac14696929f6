/*
 * Looks into the core of a branch (bench/branch.h).
 */
#ifndef OMB_BENCH_BRANCH_STATE_H
#define OMB_BENCH_BRANCH_STATE_H

#include <stdbool.h>

struct omb_office;

/* Whether its link to the parent is live. */
bool branch_is_live(const struct omb_office *office);

#endif
