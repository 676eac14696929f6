#include "cases/deadline.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/text.h"

enum { TERM_MAX = 9999, DAYS_A_WEEK = 7 };

static const char *const unit_words[] = {
    [OMB_UNIT_HOURS] = "h",
    [OMB_UNIT_DAYS] = "d",
    [OMB_UNIT_WORKING_DAYS] = "wd",
    [OMB_UNIT_WEEKS] = "w",
};

/* Receipt may come from outside: beyond the last instant there is none. */
static int64_t after_hours(int64_t from_ms, uint32_t count)
{
    int64_t elapsed = count * OMB_HOUR_MS;

    return from_ms > INT64_MAX - elapsed ? INT64_MAX : from_ms + elapsed;
}

int64_t omb_deadline_due(struct omb_term term, int64_t from_ms, const struct omb_calendar *calendar,
                         const struct omb_zone *zone)
{
    int64_t day = omb_zone_day(zone, from_ms);

    switch (term.unit) {
    case OMB_UNIT_HOURS:
        return after_hours(from_ms, term.count);
    case OMB_UNIT_DAYS:
        day += term.count;
        break;
    case OMB_UNIT_WORKING_DAYS:
        day = omb_calendar_nth_after(calendar, day, term.count);
        break;
    case OMB_UNIT_WEEKS:
        day += (int64_t)term.count * DAYS_A_WEEK;
        break;
    }
    return omb_zone_end_of_day(zone, day);
}

/* The survey counts from the answer, everything else from receipt. */
static bool is_survey(const struct omb_profile_row *row)
{
    return strcmp(row->code, "survey") == 0;
}

static bool has_deadlines(struct omb_view kind)
{
    return omb_view_is(kind, "complaint") || omb_view_is(kind, "claim");
}

size_t omb_deadlines_compute(const struct omb_profile *profile, struct omb_view kind,
                             int64_t received_at, const struct omb_calendar *calendar,
                             const struct omb_zone *zone,
                             struct omb_deadline out[OMB_DEADLINES_MAX])
{
    OMB_ASSERT(profile->count <= OMB_DEADLINES_MAX);
    if (!has_deadlines(kind))
        return 0;
    for (size_t i = 0; i < profile->count; i++) {
        const struct omb_profile_row *row = &profile->rows[i];

        out[i] = (struct omb_deadline){
            .code = omb_view_str(row->code),
            .due = is_survey(row) ? 0 : omb_deadline_due(row->term, received_at, calendar, zone),
            .limit = row->limit,
        };
    }
    return profile->count;
}

const struct omb_deadline *omb_deadline_find(const struct omb_deadline *deadlines, size_t count,
                                             const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (omb_view_is(deadlines[i].code, code))
            return &deadlines[i];
    return NULL;
}

enum omb_rc omb_term_parse(struct omb_view text, struct omb_term *out)
{
    const uint8_t *space = text.size == 0 ? NULL : memchr(text.data, ' ', text.size);
    size_t digits = space == NULL ? 0 : (size_t)(space - text.data);
    uint64_t count;

    if (space == NULL || omb_text_u64(omb_view(text.data, digits), &count) != OMB_OK ||
        count == 0 || count > TERM_MAX)
        return OMB_INVALID;
    for (size_t unit = 0; unit < sizeof(unit_words) / sizeof(*unit_words); unit++) {
        if (!omb_view_is(omb_view(space + 1, text.size - digits - 1), unit_words[unit]))
            continue;
        *out = (struct omb_term){(uint32_t)count, (enum omb_unit)unit};
        return OMB_OK;
    }
    return OMB_INVALID;
}

void omb_term_print(struct omb_term term, char out[16])
{
    (void)snprintf(out, 16, "%" PRIu32 " %s", term.count, unit_words[term.unit]);
}
