#include "base/civil.h"

#include "base/assert.h"

enum {
    DAYS_IN_ERA = 146097, /* 400 years, after which the calendar repeats */
    EPOCH_FROM_MARCH_0000 = 719468,
    FIRST_YEAR = 1,
    LAST_YEAR = 9999,
};

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    return a - floor_div(a, b) * b;
}

static bool leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month - 1];
}

/*
 * Years are counted from March, so that the leap day is the last of its year and the months before
 * it follow one formula: month m of March-based years begins on day (153 m + 2) / 5.
 */
int64_t omb_days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t march_year = (int64_t)year - (month <= 2);
    int64_t march_month = month > 2 ? month - 3 : month + 9;
    int64_t era = floor_div(march_year, 400);
    int64_t of_era = march_year - era * 400;
    int64_t of_year = (153 * march_month + 2) / 5 + day - 1;

    return era * DAYS_IN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           EPOCH_FROM_MARCH_0000;
}

struct omb_civil omb_civil_from_ms(int64_t ms)
{
    int64_t days = floor_div(ms, OMB_DAY_MS) + EPOCH_FROM_MARCH_0000;
    int64_t era = floor_div(days, DAYS_IN_ERA);
    int64_t day = days - era * DAYS_IN_ERA;
    /* Without the leap days before it, day / 365 is the year of the era. */
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_IN_ERA - 1)) / 365;
    int64_t of_year = day - (year * 365 + year / 4 - year / 100);
    int64_t march_month = (5 * of_year + 2) / 153;
    int64_t of_day = floor_mod(ms, OMB_DAY_MS);

    return (struct omb_civil){
        .year = (int32_t)(era * 400 + year + (march_month >= 10)),
        .month = (int32_t)(march_month < 10 ? march_month + 3 : march_month - 9),
        .day = (int32_t)(of_year - (153 * march_month + 2) / 5 + 1),
        .hour = (int32_t)(of_day / OMB_HOUR_MS),
        .minute = (int32_t)(of_day / (60 * OMB_SECOND_MS) % 60),
        .second = (int32_t)(of_day / OMB_SECOND_MS % 60),
        .millisecond = (int32_t)(of_day % OMB_SECOND_MS),
    };
}

int64_t omb_civil_to_ms(const struct omb_civil *civil)
{
    return omb_days_from_civil(civil->year, civil->month, civil->day) * OMB_DAY_MS +
           civil->hour * OMB_HOUR_MS + civil->minute * 60 * OMB_SECOND_MS +
           civil->second * OMB_SECOND_MS + civil->millisecond;
}

int omb_weekday(int64_t days)
{
    return (int)floor_mod(days + 3, 7); /* 1970-01-01 was a Thursday */
}

static bool within(int32_t value, int32_t low, int32_t high)
{
    return value >= low && value <= high;
}

bool omb_civil_valid(const struct omb_civil *civil)
{
    return within(civil->year, FIRST_YEAR, LAST_YEAR) && within(civil->month, 1, 12) &&
           within(civil->day, 1, days_in_month(civil->year, civil->month)) &&
           within(civil->hour, 0, 23) && within(civil->minute, 0, 59) &&
           within(civil->second, 0, 59) && within(civil->millisecond, 0, 999);
}

/* --- RFC 3339 --- */

/* Writes `value` in `digits` digits and one more character behind it; returns the place after. */
static char *put(char *at, int32_t value, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = after;
    return at + digits + 1;
}

void omb_rfc3339(int64_t ms, int32_t offset_s, char *out)
{
    int64_t shown = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
    int32_t minutes = offset_s / 60;
    struct omb_civil c;

    OMB_ASSERT(within(minutes, -24 * 60 + 1, 24 * 60 - 1));
    shown += minutes * 60 * OMB_SECOND_MS;
    c = omb_civil_from_ms(shown < FIRST_MS ? FIRST_MS : shown > LAST_MS ? LAST_MS : shown);
    out = put(out, c.year, 4, '-');
    out = put(out, c.month, 2, '-');
    out = put(out, c.day, 2, 'T');
    out = put(out, c.hour, 2, ':');
    out = put(out, c.minute, 2, ':');
    out = put(out, c.second, 2, '.');
    out = put(out, c.millisecond, 3, 'Z');
    if (minutes != 0) {
        int32_t distance = minutes < 0 ? -minutes : minutes;

        out[-1] = minutes < 0 ? '-' : '+';
        out = put(out, distance / 60, 2, ':');
        out = put(out, distance % 60, 2, '\0');
    }
    *out = '\0';
}

/* Takes one character off the front, if it is that one. */
static bool take(struct omb_view *text, char c)
{
    if (text->size == 0 || text->data[0] != (uint8_t)c)
        return false;
    *text = omb_view(text->data + 1, text->size - 1);
    return true;
}

static bool take_number(struct omb_view *text, size_t digits, int32_t *out)
{
    int32_t value = 0;

    if (text->size < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        value = value * 10 + (text->data[i] - '0');
    }
    *text = omb_view(text->data + digits, text->size - digits);
    *out = value;
    return true;
}

/* One to nine digits behind the point; what is below a millisecond is cut. */
static bool take_fraction(struct omb_view *text, int32_t *out)
{
    int32_t value = 0, digit;
    size_t count = 0;

    for (; count < 9 && take_number(text, 1, &digit); count++)
        if (count < 3)
            value = value * 10 + digit;
    for (size_t i = count; i < 3; i++)
        value *= 10;
    *out = value;
    return count > 0;
}

static bool take_clock(struct omb_view *text, struct omb_civil *civil)
{
    if (!take_number(text, 2, &civil->hour) || !take(text, ':') ||
        !take_number(text, 2, &civil->minute))
        return false;
    if (!take(text, ':'))
        return true;
    if (!take_number(text, 2, &civil->second))
        return false;
    return !take(text, '.') || take_fraction(text, &civil->millisecond);
}

static bool take_offset(struct omb_view *text, int64_t *out_ms)
{
    int32_t hours, minutes;
    bool west;

    *out_ms = 0;
    if (take(text, 'Z'))
        return true;
    west = take(text, '-');
    if (!west && !take(text, '+'))
        return false;
    if (!take_number(text, 2, &hours) || !take(text, ':') || !take_number(text, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *out_ms = (hours * OMB_HOUR_MS + minutes * 60 * OMB_SECOND_MS) * (west ? -1 : 1);
    return true;
}

enum omb_rc omb_rfc3339_parse(struct omb_view text, int64_t *out_ms, bool *out_local)
{
    struct omb_civil civil = {0};
    int64_t offset_ms = 0, ms;
    bool local = true;

    if (!take_number(&text, 4, &civil.year) || !take(&text, '-') ||
        !take_number(&text, 2, &civil.month) || !take(&text, '-') ||
        !take_number(&text, 2, &civil.day))
        return OMB_INVALID;
    if (text.size > 0) {
        if ((!take(&text, ' ') && !take(&text, 'T')) || !take_clock(&text, &civil))
            return OMB_INVALID;
        local = text.size == 0;
        if (!local && !take_offset(&text, &offset_ms))
            return OMB_INVALID;
    }
    if (text.size > 0 || !omb_civil_valid(&civil))
        return OMB_INVALID;
    ms = omb_civil_to_ms(&civil) - offset_ms;
    if (ms < FIRST_MS || ms > LAST_MS)
        return OMB_INVALID;
    *out_ms = ms;
    *out_local = local;
    return OMB_OK;
}
