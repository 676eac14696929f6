/*
 * Does a file of a time zone that is read give a table that can be asked at any instant? The bytes
 * are the file, as tzdata or anybody else put it there.
 */
#include <string.h>

#include "base/assert.h"
#include "io/officedir.h"
#include "io/tzif.h"
#include "wire/limits.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum { FARTHEST_S = 24 * 3600 - 1 };

/* Whether offsets change so seldom that no two changes concern one local time. */
static bool is_sane(const struct omb_zone *zone)
{
    for (size_t i = 1; i < zone->count; i++)
        if (zone->transitions[i].at_ms - zone->transitions[i - 1].at_ms <
            4 * FARTHEST_S * OMB_SECOND_MS)
            return false;
    return true;
}

static void ask(const struct omb_zone *zone, bool sane, int64_t ms)
{
    const int64_t reach = 2 * FARTHEST_S * OMB_SECOND_MS;
    const int32_t offset = omb_zone_offset(zone, ms);
    const int64_t day = omb_zone_day(zone, ms);
    const struct omb_civil local = omb_zone_local(zone, ms);
    const int64_t back = omb_zone_instant(zone, &local);
    char text[OMB_RFC3339_SIZE];

    OMB_ASSERT(offset >= -FARTHEST_S && offset <= FARTHEST_S);
    OMB_ASSERT(omb_civil_valid(&local));
    OMB_ASSERT(back >= ms - reach && back <= ms + reach);
    if (sane) {
        const struct omb_civil again = omb_zone_local(zone, back);

        /* A local time that comes twice is the earlier one. */
        OMB_ASSERT(back <= ms && memcmp(&again, &local, sizeof(local)) == 0);
        OMB_ASSERT(omb_zone_day(zone, omb_zone_end_of_day(zone, day)) >= day);
    }
    omb_rfc3339(ms, offset, text);
}

static void check_table(const struct omb_zone *zone, size_t size)
{
    const bool sane = is_sane(zone);

    /* A transition takes five bytes, and the rule gives two a year. */
    OMB_ASSERT(zone->count <= size / 5 + 2 * (OMB_ZONE_LAST_YEAR - 1900 + 1));
    for (size_t i = 0; i < zone->count; i++) {
        OMB_ASSERT(i == 0 || zone->transitions[i].at_ms > zone->transitions[i - 1].at_ms);
        ask(zone, sane, zone->transitions[i].at_ms);
        ask(zone, sane, zone->transitions[i].at_ms - 1);
    }
    ask(zone, sane, 0);
    ask(zone, sane, OMB_WHEN_MIN);
    ask(zone, sane, OMB_WHEN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_zone zone;
    struct omb_zone_rule rule;
    struct omb_error err = {0};
    const enum omb_rc rc = omb_tzif_read(omb_view(data, size), &zone, &err);

    fuzz_said(rc, &err);
    if (rc == OMB_OK) {
        check_table(&zone, size);
        omb_zone_free(&zone);
    }
    if (omb_zone_rule_read(omb_view(data, size), &rule) == OMB_OK && rule.has_summer)
        for (int32_t year = 1900; year <= OMB_ZONE_LAST_YEAR; year += 25) {
            const int64_t starts = omb_zone_rule_starts(&rule, year);
            const int64_t day = omb_days_from_civil(year, 1, 1) * 86400;

            /* The year, give or take what rules may add: a week and the offsets. */
            OMB_ASSERT(starts > day - 10 * 86400 && starts < day + 377 * 86400);
        }
    return 0;
}
