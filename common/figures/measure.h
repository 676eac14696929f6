/*
 * Measures: what a report counts. Each is a number of one case row; a report adds them up.
 */
#ifndef OMB_FIGURES_MEASURE_H
#define OMB_FIGURES_MEASURE_H

#include "wire/rows.h"

#define OMB_MEASURES_MAX 16

/*
 * The names of all measures; a measure is known by its index.
 *
 *   registered     the registration is here
 *   open           in status open
 *   overdue        omb_measure_overdue()
 *   resolved       decided and not reopened: resolved, answered or closed
 *   answered       the client was told
 *   answered-late  told after the `decision` limit, as extended
 *   extended       a limit was moved
 *   escalated      went to an office above
 *   founded        outcome founded (partly is an outcome of its own)
 *   attention      on the attention list
 *   undated        resolved or answered without a date of its own: left out of measures of time
 *   hand-overs     how often the responsible operator changed
 *   imported       came from another system
 *   waiting        its registration is not here, only later records; no other measure counts it
 */
const struct omb_view *omb_measure_names(size_t *out_count);

int64_t omb_measure_of(size_t measure, const struct omb_case_row *row, int64_t now_ms);

/*
 * Whether the client should have been told by now: not answered (open, or resolved only) past the
 * `decision` limit, as extended. Lists and reports agree by asking here.
 */
bool omb_measure_overdue(const struct omb_case_row *row, int64_t now_ms);

#endif
