/*
 * Which days are working days: weekend days, holidays, and working weekend days (China and Russia
 * move days). Pure; a calendar is part of a policy and named by its code.
 */
#ifndef OMB_CASES_CALENDAR_H
#define OMB_CASES_CALENDAR_H

#include "base/bytes.h"

struct omb_calendar {
    char code[97];
    uint8_t weekend;       /* bit n: weekday n (0 Monday) is off; never all seven */
    const int32_t *off;    /* ascending day numbers: holidays */
    size_t off_count;
    const int32_t *on;     /* ascending day numbers: working weekend days */
    size_t on_count;
};

/* Saturday and Sunday off, no holidays: the calendar of a new office. */
extern const struct omb_calendar omb_calendar_weekdays;

bool omb_calendar_works(const struct omb_calendar *calendar, int64_t day);
/* The nth (1..) working day after `day`, which itself never counts. */
int64_t omb_calendar_nth_after(const struct omb_calendar *calendar, int64_t day, uint32_t n);
/* Working days in (from, until]; 0 when until is not after from. */
int64_t omb_calendar_between(const struct omb_calendar *calendar, int64_t from, int64_t until);

#endif
