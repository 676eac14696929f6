#include <ctype.h>

#include "io/tzif.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    MOST_OFFSET_HOURS = 24,
    MOST_TIME_HOURS = 167,
    USUAL_TIME_S = 2 * HOUR_S,
    FEBRUARY_28 = 59,
};

/* --- reading; each takes what it understands off the front of *rest, or returns false --- */

static bool take(struct omb_view *rest, char c)
{
    if (rest->size == 0 || rest->data[0] != (uint8_t)c)
        return false;
    *rest = omb_view(rest->data + 1, rest->size - 1);
    return true;
}

static bool take_number(struct omb_view *rest, int32_t least, int32_t most, int32_t *out)
{
    int32_t value = 0;
    size_t digits = 0;

    while (rest->size > 0 && isdigit(rest->data[0]) && digits < 3) {
        value = value * 10 + (rest->data[0] - '0');
        (void)take(rest, (char)rest->data[0]);
        digits++;
    }
    if (digits == 0 || value < least || value > most)
        return false;
    *out = value;
    return true;
}

/* [+-]hh[:mm[:ss]] as seconds */
static bool take_time(struct omb_view *rest, int32_t most_hours, int32_t *out)
{
    bool negative = take(rest, '-');
    int32_t hours, minutes = 0, seconds = 0;

    if (!negative)
        (void)take(rest, '+');
    if (!take_number(rest, 0, most_hours, &hours))
        return false;
    if (take(rest, ':') && !take_number(rest, 0, 59, &minutes))
        return false;
    if (take(rest, ':') && !take_number(rest, 0, 59, &seconds))
        return false;
    *out = (hours * HOUR_S + minutes * 60 + seconds) * (negative ? -1 : 1);
    return true;
}

/* Three letters or more, or anything between < and >; what a zone is called is of no use here. */
static bool take_name(struct omb_view *rest)
{
    bool quoted = take(rest, '<');
    size_t size = 0;

    while (rest->size > 0 && (quoted ? rest->data[0] != '>' : isalpha(rest->data[0]))) {
        (void)take(rest, (char)rest->data[0]);
        size++;
    }
    return size >= 3 && (!quoted || take(rest, '>'));
}

static bool take_day(struct omb_view *rest, struct omb_zone_day *out)
{
    bool good;

    if (take(rest, 'M')) {
        out->kind = OMB_DAY_MONTH;
        good = take_number(rest, 1, 12, &out->month) && take(rest, '.') &&
               take_number(rest, 1, 5, &out->week) && take(rest, '.') &&
               take_number(rest, 0, 6, &out->weekday);
    } else if (take(rest, 'J')) {
        out->kind = OMB_DAY_JULIAN;
        good = take_number(rest, 1, 365, &out->day);
    } else {
        out->kind = OMB_DAY_ZERO;
        good = take_number(rest, 0, 365, &out->day);
    }
    out->time_s = USUAL_TIME_S;
    return good && (!take(rest, '/') || take_time(rest, MOST_TIME_HOURS, &out->time_s));
}

static bool take_summer(struct omb_view *rest, struct omb_zone_rule *rule)
{
    int32_t west;

    if (!take_name(rest))
        return false;
    rule->summer_s = rule->standard_s + HOUR_S;
    if (rest->size > 0 && rest->data[0] != ',') {
        if (!take_time(rest, MOST_OFFSET_HOURS, &west))
            return false;
        rule->summer_s = -west;
    }
    return take(rest, ',') && take_day(rest, &rule->starts) && take(rest, ',') &&
           take_day(rest, &rule->ends);
}

enum omb_rc omb_zone_rule_read(struct omb_view text, struct omb_zone_rule *out)
{
    struct omb_zone_rule rule = {.has_summer = false};
    struct omb_view rest = text;
    int32_t west;

    if (!take_name(&rest) || !take_time(&rest, MOST_OFFSET_HOURS, &west))
        return OMB_INVALID;
    rule.standard_s = -west;
    rule.has_summer = rest.size > 0;
    if (rule.has_summer && (!take_summer(&rest, &rule) || rest.size > 0))
        return OMB_INVALID;
    *out = rule;
    return OMB_OK;
}

/* --- the days of a year --- */

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The first such weekday of the month, then weeks on; the fifth may lie in the next month: back. */
static int64_t day_of_month_rule(const struct omb_zone_day *day, int32_t year)
{
    int64_t first = omb_days_from_civil(year, day->month, 1);
    int64_t next = day->month == 12 ? omb_days_from_civil(year + 1, 1, 1)
                                    : omb_days_from_civil(year, day->month + 1, 1);
    int32_t wanted = (day->weekday + 6) % 7; /* 0 Monday, as omb_weekday */
    int64_t days = first + (wanted - omb_weekday(first) + 7) % 7 + 7 * (day->week - 1);

    return days < next ? days : days - 7;
}

/* Local seconds since 1970-01-01 00:00 on that clock. */
static int64_t local_of(const struct omb_zone_day *day, int32_t year)
{
    int64_t days = omb_days_from_civil(year, 1, 1);

    switch (day->kind) {
    case OMB_DAY_MONTH:
        days = day_of_month_rule(day, year);
        break;
    case OMB_DAY_JULIAN:
        days += day->day - 1 + (is_leap(year) && day->day > FEBRUARY_28 ? 1 : 0);
        break;
    case OMB_DAY_ZERO:
        days += day->day;
        break;
    }
    return days * DAY_S + day->time_s;
}

int64_t omb_zone_rule_starts(const struct omb_zone_rule *rule, int32_t year)
{
    return local_of(&rule->starts, year) - rule->standard_s;
}

int64_t omb_zone_rule_ends(const struct omb_zone_rule *rule, int32_t year)
{
    return local_of(&rule->ends, year) - rule->summer_s;
}
