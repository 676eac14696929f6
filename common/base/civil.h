/*
 * Calendar arithmetic in the proleptic Gregorian calendar, and RFC 3339. No time zones but fixed
 * offsets: those are cases/zone.h. Instants are milliseconds since 1970-01-01T00:00:00Z.
 */
#ifndef OMB_BASE_CIVIL_H
#define OMB_BASE_CIVIL_H

#include <stdint.h>

#include "base/bytes.h"

#define OMB_SECOND_MS INT64_C(1000)
#define OMB_HOUR_MS (3600 * OMB_SECOND_MS)
#define OMB_DAY_MS (24 * OMB_HOUR_MS)
#define OMB_RFC3339_SIZE 32

struct omb_civil {
    int32_t year; /* 0001 to 9999 */
    int32_t month, day, hour, minute, second, millisecond;
};

int64_t omb_days_from_civil(int32_t year, int32_t month, int32_t day); /* since 1970-01-01 */
struct omb_civil omb_civil_from_ms(int64_t ms);
int64_t omb_civil_to_ms(const struct omb_civil *civil);
int omb_weekday(int64_t days); /* 0 Monday .. 6 Sunday */
bool omb_civil_valid(const struct omb_civil *civil);

/*
 * "2026-09-30T17:20:00.000Z", or with an offset "+03:00" (in seconds, under a day, shown in
 * minutes); out has OMB_RFC3339_SIZE. Instants outside the years 1 to 9999 show as the nearest end.
 */
void omb_rfc3339(int64_t ms, int32_t offset_s, char *out);

/*
 * Reads "2026-09-30", "2026-09-30 17:20[:05[.123]]" or with "T" and "Z" or "+hh:mm". Without an
 * offset *out_local is true and the instant is as if in UTC. Up to nine digits of a second are
 * read, below the millisecond they are cut. OMB_INVALID for any other form and for dates and times
 * that do not exist (no 30 February, no 24:00, no second 60).
 */
enum omb_rc omb_rfc3339_parse(struct omb_view text, int64_t *out_ms, bool *out_local) OMB_MUST_USE;

#endif
