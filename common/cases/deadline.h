/*
 * Deadlines: pure functions of receipt, profile, calendar and zone, computed by the office that
 * registers and pinned in the event (R1, R2, R5, R6, R10; design: complaints, Deadlines).
 *
 * Day 1 is the day after receipt; for working days the first working day after it. Due at 23:59:59
 * local time of the last day. Hours are elapsed time.
 */
#ifndef OMB_CASES_DEADLINE_H
#define OMB_CASES_DEADLINE_H

#include "cases/policy.h"
#include "cases/zone.h"
#include "wire/facts.h"

#define OMB_DEADLINES_MAX 16

int64_t omb_deadline_due(struct omb_term term, int64_t from_ms, const struct omb_calendar *calendar,
                         const struct omb_zone *zone);

/*
 * All deadlines of a profile for a case of this kind and receipt; none for suggestions and
 * commendations. `survey` gets due 0 (no date before `answered`). Writes at most OMB_DEADLINES_MAX
 * and returns how many; codes point into the profile.
 */
size_t omb_deadlines_compute(const struct omb_profile *profile, struct omb_view kind,
                             int64_t received_at, const struct omb_calendar *calendar,
                             const struct omb_zone *zone,
                             struct omb_deadline out[OMB_DEADLINES_MAX]);

/* NULL: there is none with that code. */
const struct omb_deadline *omb_deadline_find(const struct omb_deadline *deadlines, size_t count,
                                             const char *code);

/* "15 wd", "24 h", "30 d", "8 w", 1 to 9999 of them; OMB_INVALID otherwise. */
enum omb_rc omb_term_parse(struct omb_view text, struct omb_term *out) OMB_MUST_USE;
void omb_term_print(struct omb_term term, char out[16]);

#endif
