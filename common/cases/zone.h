/*
 * Local time of one time zone, as a table of transitions that io reads from TZif (io/tzif.h).
 * A local time that occurs twice is the earlier one; one that does not exist moves forward by the
 * gap (design: complaints, Deadlines). Instants and days beyond some thousands of years count as
 * the farthest of these, so that no date from outside overflows.
 */
#ifndef OMB_CASES_ZONE_H
#define OMB_CASES_ZONE_H

#include "base/civil.h"

struct omb_transition {
    int64_t at_ms;    /* from this instant on */
    int32_t offset_s; /* local = UTC + offset, under a day */
};

struct omb_zone {
    char name[64]; /* IANA name */
    int32_t first_offset_s; /* before the first transition */
    struct omb_transition *transitions; /* ascending */
    size_t count;
};

extern const struct omb_zone omb_zone_utc;

int32_t omb_zone_offset(const struct omb_zone *zone, int64_t ms); /* seconds */
struct omb_civil omb_zone_local(const struct omb_zone *zone, int64_t ms);
int64_t omb_zone_instant(const struct omb_zone *zone, const struct omb_civil *local);
/* Day number (since 1970-01-01) of the local date at an instant. */
int64_t omb_zone_day(const struct omb_zone *zone, int64_t ms);
/* 23:59:59.000 local time of a day number, as an instant. */
int64_t omb_zone_end_of_day(const struct omb_zone *zone, int64_t day);

#endif
