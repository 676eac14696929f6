/*
 * Reports: cases counted by dimensions. A plan is made of what was asked, rows are added one by one
 * as a scan finds them, and finishing sorts what was counted. Memory is bounded by the number of
 * distinct keys, never by the number of cases. Which cases count (filters) is the caller's choice.
 *
 *     omb_report_plan -> omb_report_start -> omb_report_add ... -> omb_report_finish
 *                                                                  omb_report_free
 */
#ifndef OMB_FIGURES_REPORT_H
#define OMB_FIGURES_REPORT_H

#include "figures/dimension.h"
#include "figures/measure.h"
#include "wire/control.h"

#define OMB_REPORT_BY_MAX 8
#define OMB_REPORT_GROUPS_MAX 100000

/* What was asked, checked. */
struct omb_report_plan {
    size_t by[OMB_REPORT_BY_MAX]; /* dimensions */
    size_t by_count;
    size_t measures[OMB_MEASURES_MAX];
    size_t measure_count; /* at least 1: `registered` when none was asked for */
    uint32_t top;         /* 0: all rows */
};

/*
 * OMB_INVALID: an unknown dimension or measure (with the nearest names), one named twice, more
 * dimensions than OMB_REPORT_BY_MAX.
 */
enum omb_rc omb_report_plan(const struct omb_report_ask *ask, struct omb_report_plan *out,
                            struct omb_error *err) OMB_MUST_USE;

struct omb_report_run; /* a report being counted */

/* The lens is copied; what its ctx points to must live as long as rows are added. */
struct omb_report_run *omb_report_start(const struct omb_report_plan *plan,
                                        const struct omb_report_lens *lens);
void omb_report_free(struct omb_report_run *run);

/* Counts one case. OMB_LIMIT: more than OMB_REPORT_GROUPS_MAX distinct keys, or their memory. */
enum omb_rc omb_report_add(struct omb_report_run *run, const struct omb_case_row *row,
                           struct omb_error *err) OMB_MUST_USE;

/*
 * Everything but `stale`, which the caller knows. Rows ascend by their keys; of a top N come the N
 * largest by the first measure, largest first, equals by their keys. Totals are of all cases, also
 * of rows that a top leaves out; without dimensions there are only totals. OMB_LIMIT: the arena, or
 * a reply, cannot hold that many rows.
 */
enum omb_rc omb_report_finish(const struct omb_report_run *run, struct omb_arena *arena,
                              struct omb_report *out, struct omb_error *err) OMB_MUST_USE;

#endif
