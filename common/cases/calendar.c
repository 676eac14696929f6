#include "cases/calendar.h"

#include "base/assert.h"
#include "base/civil.h"

enum { SATURDAY = 5, SUNDAY = 6, ALL_WEEK = 0x7f };

const struct omb_calendar omb_calendar_weekdays = {
    .code = "weekdays",
    .weekend = 1u << SATURDAY | 1u << SUNDAY,
};

static bool listed(const int32_t *days, size_t count, int64_t day)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && days[low] == day;
}

bool omb_calendar_works(const struct omb_calendar *calendar, int64_t day)
{
    if ((calendar->weekend >> omb_weekday(day) & 1) != 0)
        return listed(calendar->on, calendar->on_count, day);
    return !listed(calendar->off, calendar->off_count, day);
}

int64_t omb_calendar_nth_after(const struct omb_calendar *calendar, int64_t day, uint32_t n)
{
    OMB_ASSERT(n >= 1);
    OMB_ASSERT((calendar->weekend & ALL_WEEK) != ALL_WEEK);
    while (n > 0) {
        day++;
        if (omb_calendar_works(calendar, day))
            n--;
    }
    return day;
}

int64_t omb_calendar_between(const struct omb_calendar *calendar, int64_t from, int64_t until)
{
    int64_t count = 0;

    for (int64_t day = from + 1; day <= until; day++)
        if (omb_calendar_works(calendar, day))
            count++;
    return count;
}
