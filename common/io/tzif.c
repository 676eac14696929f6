#include "io/tzif.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/officedir.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

enum {
    ZONE_FILE_MAX = 256 * 1024,
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    DAY_S = 24 * 3600,
};

/* Transitions outside these years are no use; those before say what holds at the beginning. */
#define FIRST_S INT64_C(-62135596800) /* 0001-01-01 */
#define LAST_S INT64_C(253402300799)  /* 9999-12-31 */

/* --- the file: a block of 32-bit times, then from version 2 on one of 64 bits and the rule --- */

/*
 *   "TZif" version(1) reserved(15) isutc(4) isstd(4) leap(4) time(4) type(4) char(4)
 *   times, types of times, types, names, leap seconds, standard/wall and UT/local marks
 */
struct block {
    uint32_t isutc, isstd, leap, times, types, chars;
    size_t time_size;
    const uint8_t *at_times, *at_indices, *at_types;
    size_t size; /* with its header */
    uint8_t version;
};

static enum omb_rc fail(struct omb_error *err, const char *why)
{
    return omb_fail(err, OMB_DAMAGED, NULL, "%s", why);
}

static enum omb_rc read_block(struct omb_view bytes, size_t time_size, struct block *out,
                              struct omb_error *err)
{
    struct block b = {.time_size = time_size};
    const uint8_t *at = bytes.data;
    uint64_t size;

    if (bytes.size < HEADER_SIZE || memcmp(at, "TZif", 4) != 0)
        return fail(err, "it is not a TZif file");
    b.version = at[4];
    b.isutc = omb_be32(at + 20);
    b.isstd = omb_be32(at + 24);
    b.leap = omb_be32(at + 28);
    b.times = omb_be32(at + 32);
    b.types = omb_be32(at + 36);
    b.chars = omb_be32(at + 40);
    size = HEADER_SIZE + (uint64_t)b.times * (time_size + 1) + (uint64_t)b.types * TYPE_SIZE +
           b.chars + (uint64_t)b.leap * (time_size + 4) + b.isstd + b.isutc;
    if (size > bytes.size)
        return fail(err, "it ends too early");
    b.size = (size_t)size;
    b.at_times = at + HEADER_SIZE;
    b.at_indices = b.at_times + b.times * time_size;
    b.at_types = b.at_indices + b.times;
    *out = b;
    return OMB_OK;
}

static int64_t time_at(const struct block *b, size_t i)
{
    const uint8_t *at = b->at_times + i * b->time_size;

    return b->time_size == 4 ? (int32_t)omb_be32(at) : (int64_t)omb_be64(at);
}

static int32_t offset_of(const struct block *b, size_t type)
{
    return (int32_t)omb_be32(b->at_types + type * TYPE_SIZE);
}

/* RFC 9636 lets offsets go to 26 hours; RFC 3339, in which times are shown, not to 24. */
static bool is_under_a_day(int32_t offset_s)
{
    return offset_s > -DAY_S && offset_s < DAY_S;
}

static enum omb_rc check_block(const struct block *b, struct omb_error *err)
{
    if (b->leap > 0)
        return fail(err, "it counts leap seconds");
    if (b->types == 0)
        return fail(err, "it has no local time");
    for (size_t i = 0; i < b->types; i++)
        if (!is_under_a_day(offset_of(b, i)))
            return fail(err, "a local time is a day or more from UTC");
    for (size_t i = 0; i < b->times; i++) {
        if (b->at_indices[i] >= b->types)
            return fail(err, "a transition leads to a local time that is not there");
        if (i > 0 && time_at(b, i) <= time_at(b, i - 1))
            return fail(err, "its transitions are not in order");
    }
    return OMB_OK;
}

/* --- the table --- */

/*
 * Adds a transition. Two at one instant are one, the later word; a rule whose years overlap is
 * nobody's, and what it would put out of order is left out.
 */
static void add(struct omb_zone *zone, size_t capacity, int64_t at_s, int32_t offset_s)
{
    struct omb_transition *last = zone->count > 0 ? &zone->transitions[zone->count - 1] : NULL;

    if (last && last->at_ms > at_s * OMB_SECOND_MS)
        return;
    if (last && last->at_ms == at_s * OMB_SECOND_MS) {
        last->offset_s = offset_s;
        return;
    }
    if ((last ? last->offset_s : zone->first_offset_s) == offset_s)
        return;
    OMB_ASSERT(zone->count < capacity);
    zone->transitions[zone->count++] =
        (struct omb_transition){.at_ms = at_s * OMB_SECOND_MS, .offset_s = offset_s};
}

/* Returns the last instant that the file itself speaks of. */
static int64_t add_listed(const struct block *b, struct omb_zone *zone, size_t capacity)
{
    int64_t last = FIRST_S;

    zone->first_offset_s = offset_of(b, 0);
    for (size_t i = 0; i < b->times && time_at(b, i) <= LAST_S; i++) {
        if (time_at(b, i) < FIRST_S) {
            zone->first_offset_s = offset_of(b, b->at_indices[i]);
            continue;
        }
        last = time_at(b, i);
        add(zone, capacity, last, offset_of(b, b->at_indices[i]));
    }
    return last;
}

/* Both of a year in their order, which in the south begins with the end of summer time. */
static void add_year(const struct omb_zone_rule *rule, int32_t year, int64_t after,
                     struct omb_zone *zone, size_t capacity)
{
    int64_t starts = omb_zone_rule_starts(rule, year), ends = omb_zone_rule_ends(rule, year);
    bool north = starts < ends;
    int64_t first = north ? starts : ends, second = north ? ends : starts;

    if (first > after)
        add(zone, capacity, first, north ? rule->summer_s : rule->standard_s);
    if (second > after)
        add(zone, capacity, second, north ? rule->standard_s : rule->summer_s);
}

static int32_t first_year(int64_t last)
{
    /* Rules of summer time are younger than this; a file without transitions has none. */
    int32_t year = omb_civil_from_ms(last * OMB_SECOND_MS).year;

    return year < 1900 ? 1900 : year;
}

static void make_table(const struct block *b, const struct omb_zone_rule *rule,
                       struct omb_zone *out)
{
    size_t capacity = (size_t)b->times + 2 * (OMB_ZONE_LAST_YEAR - 1900 + 1);
    int64_t last;

    *out = (struct omb_zone){.name = ""};
    out->transitions = calloc(capacity, sizeof(*out->transitions));
    OMB_ASSERT(out->transitions != NULL);
    last = add_listed(b, out, capacity);
    if (rule->has_summer)
        for (int32_t year = first_year(last); year <= OMB_ZONE_LAST_YEAR; year++)
            add_year(rule, year, last, out, capacity);
}

/* The rule between two line feeds at the end; an empty one says nothing. */
static enum omb_rc read_rule(struct omb_view end, struct omb_zone_rule *out, struct omb_error *err)
{
    if (end.size < 2 || end.data[0] != '\n' || end.data[end.size - 1] != '\n')
        return fail(err, "the rule at its end is missing");
    *out = (struct omb_zone_rule){.has_summer = false};
    if (end.size == 2)
        return OMB_OK;
    if (omb_zone_rule_read(omb_view(end.data + 1, end.size - 2), out) != OMB_OK)
        return fail(err, "the rule at its end is not understood");
    if (!is_under_a_day(out->standard_s) || !is_under_a_day(out->summer_s))
        return fail(err, "a local time of the rule at its end is a day or more from UTC");
    return OMB_OK;
}

enum omb_rc omb_tzif_read(struct omb_view bytes, struct omb_zone *out, struct omb_error *err)
{
    struct omb_zone_rule rule = {.has_summer = false};
    struct omb_view rest = bytes;
    struct block block;
    bool has_rule;
    enum omb_rc rc = read_block(bytes, 4, &block, err);

    if (rc != OMB_OK)
        return rc;
    has_rule = block.version >= '2';
    if (has_rule) {
        rest = omb_view(rest.data + block.size, rest.size - block.size);
        rc = read_block(rest, 8, &block, err);
    }
    if (rc == OMB_OK)
        rc = check_block(&block, err);
    if (rc == OMB_OK && has_rule)
        rc = read_rule(omb_view(rest.data + block.size, rest.size - block.size), &rule, err);
    if (rc == OMB_OK)
        make_table(&block, &rule, out);
    return rc;
}

/* --- by name --- */

bool omb_zone_is_name(struct omb_view name)
{
    bool after_slash = true;

    if (name.size == 0 || name.size >= sizeof(((struct omb_zone *)NULL)->name))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];

        if (c == '/' ? after_slash : !isalnum(c) && c != '_' && c != '+' && c != '-')
            return false;
        after_slash = c == '/';
    }
    return !after_slash;
}

static enum omb_rc read_named(const char *name, struct omb_zone *out, struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    char path[sizeof(ZONE_FOLDER) + sizeof(out->name)];
    enum omb_rc rc;

    (void)snprintf(path, sizeof(path), ZONE_FOLDER "/%s", name);
    rc = omb_file_read(path, ZONE_FILE_MAX, &bytes, err);
    if (rc == OMB_NOT_FOUND)
        rc = omb_fail(err, OMB_UNKNOWN_CODE, "time-zone",
                      "there is no time zone %s here: no file %s (package tzdata)", name, path);
    else if (rc == OMB_OK) {
        rc = omb_tzif_read(omb_buf_view(&bytes), out, err);
        if (rc != OMB_OK)
            (void)omb_fail_within(err, path);
    }
    omb_buf_free(&bytes);
    return rc;
}

enum omb_rc omb_zone_load(const char *name, struct omb_zone *out, struct omb_error *err)
{
    enum omb_rc rc;

    if (!omb_zone_is_name(omb_view_str(name)))
        return omb_fail(err, OMB_INVALID, "time-zone",
                        "\"%.80s\" is not the name of a time zone, e.g. Europe/Moscow", name);
    if (strcmp(name, omb_zone_utc.name) == 0) {
        *out = omb_zone_utc;
        return OMB_OK;
    }
    rc = read_named(name, out, err);
    if (rc == OMB_OK)
        memcpy(out->name, name, strlen(name) + 1);
    return rc;
}

void omb_zone_free(struct omb_zone *zone)
{
    free(zone->transitions);
    *zone = (struct omb_zone){.name = ""};
}
