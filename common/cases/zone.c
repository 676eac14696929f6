#include "cases/zone.h"

/* No place on earth is, or was, further from UTC; a change of offset reaches no further. */
#define REACH_MS (26 * OMB_HOUR_MS)

/* Instants beyond these count as these: ten thousand years are enough, and nothing overflows. */
#define FIRST_MS (-1000000 * OMB_DAY_MS)
#define LAST_MS (3000000 * OMB_DAY_MS)

const struct omb_zone omb_zone_utc = {.name = "UTC"};

static int64_t bounded(int64_t ms)
{
    return ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
}

/*
 * A zone is a row of spans, each with one offset. Span 0 lies before the first transition, span k
 * begins with transition k - 1.
 *
 *      span 0     | span 1      | span 2 ...
 *   --------------+-------------+-----------
 *            transition 0  transition 1
 */
static size_t span_at(const struct omb_zone *zone, int64_t ms)
{
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->transitions[middle].at_ms <= ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t span_offset_ms(const struct omb_zone *zone, size_t span)
{
    int32_t offset_s = span == 0 ? zone->first_offset_s : zone->transitions[span - 1].offset_s;

    return offset_s * OMB_SECOND_MS;
}

static bool begins_by(const struct omb_zone *zone, size_t span, int64_t ms)
{
    return span == 0 || zone->transitions[span - 1].at_ms <= ms;
}

static bool ends_by(const struct omb_zone *zone, size_t span, int64_t ms)
{
    return span < zone->count && zone->transitions[span].at_ms <= ms;
}

/*
 * The instant at which clocks show local_ms. Spans are tried in order, so the first that shows it
 * is the earlier of two. Behind the end of one span and before the start of the next lies a gap:
 * read with the offset before it, the instant falls behind the gap, moved forward by its length.
 */
static int64_t instant_of(const struct omb_zone *zone, int64_t local_ms)
{
    size_t span = span_at(zone, local_ms - REACH_MS);

    for (;; span++) {
        int64_t instant = local_ms - span_offset_ms(zone, span);

        if (!ends_by(zone, span, instant))
            return instant;
        if (!begins_by(zone, span + 1, local_ms - span_offset_ms(zone, span + 1)))
            return instant;
    }
}

int32_t omb_zone_offset(const struct omb_zone *zone, int64_t ms)
{
    return (int32_t)(span_offset_ms(zone, span_at(zone, ms)) / OMB_SECOND_MS);
}

static int64_t local_ms_at(const struct omb_zone *zone, int64_t ms)
{
    int64_t instant = bounded(ms);

    return instant + omb_zone_offset(zone, instant) * OMB_SECOND_MS;
}

struct omb_civil omb_zone_local(const struct omb_zone *zone, int64_t ms)
{
    return omb_civil_from_ms(local_ms_at(zone, ms));
}

int64_t omb_zone_instant(const struct omb_zone *zone, const struct omb_civil *local)
{
    return instant_of(zone, omb_civil_to_ms(local));
}

int64_t omb_zone_day(const struct omb_zone *zone, int64_t ms)
{
    int64_t local_ms = local_ms_at(zone, ms);

    return local_ms / OMB_DAY_MS - (local_ms % OMB_DAY_MS < 0);
}

int64_t omb_zone_end_of_day(const struct omb_zone *zone, int64_t day)
{
    int64_t first = FIRST_MS / OMB_DAY_MS, last = LAST_MS / OMB_DAY_MS;
    int64_t within = day < first ? first : day > last ? last : day;

    return instant_of(zone, (within + 1) * OMB_DAY_MS - OMB_SECOND_MS);
}
