/* Does local time follow the table, through gaps and overlaps? */
#include "unit.h"

#include "cases/zone.h"

#define HOURS(n) ((n) * 3600)

static int64_t at(const char *text)
{
    int64_t ms;
    bool local;

    if (omb_rfc3339_parse(omb_view_str(text), &ms, &local) != OMB_OK)
        fail_msg("\"%s\" is no time", text);
    return ms;
}

static struct omb_zone zone(int32_t first_s, struct omb_transition *transitions, size_t count)
{
    struct omb_zone made = {.name = "Test/Zone", .first_offset_s = first_s};

    made.transitions = transitions;
    made.count = count;
    return made;
}

/* Forward in March, back in October, as in Berlin in 2026. */
static struct omb_zone northern(struct omb_transition out[2])
{
    out[0] = (struct omb_transition){at("2026-03-29T01:00:00Z"), HOURS(2)};
    out[1] = (struct omb_transition){at("2026-10-25T01:00:00Z"), HOURS(1)};
    return zone(HOURS(1), out, 2);
}

/* Back in April, forward in October, as in Sydney in 2026. */
static struct omb_zone southern(struct omb_transition out[2])
{
    out[0] = (struct omb_transition){at("2026-04-04T16:00:00Z"), HOURS(10)};
    out[1] = (struct omb_transition){at("2026-10-03T16:00:00Z"), HOURS(11)};
    return zone(HOURS(11), out, 2);
}

static void expect_instant(const struct omb_zone *in, const char *local, const char *instant)
{
    struct omb_civil civil = omb_civil_from_ms(at(local));
    char found[OMB_RFC3339_SIZE];

    omb_rfc3339(omb_zone_instant(in, &civil), 0, found);
    assert_string_equal(found, instant);
}

static void utc_is_its_own_local_time(void **state)
{
    (void)state;
    assert_int_equal(omb_zone_offset(&omb_zone_utc, at("2026-09-30T17:20:00Z")), 0);
    expect_instant(&omb_zone_utc, "2026-09-30 17:20", "2026-09-30T17:20:00.000Z");
}

static void offsets_change_at_the_instant_of_a_transition(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = northern(table);
    (void)state;

    assert_int_equal(omb_zone_offset(&in, at("1901-01-01")), HOURS(1));
    assert_int_equal(omb_zone_offset(&in, table[0].at_ms - 1), HOURS(1));
    assert_int_equal(omb_zone_offset(&in, table[0].at_ms), HOURS(2));
    assert_int_equal(omb_zone_offset(&in, table[1].at_ms - 1), HOURS(2));
    assert_int_equal(omb_zone_offset(&in, table[1].at_ms), HOURS(1));
    assert_int_equal(omb_zone_offset(&in, at("2199-01-01")), HOURS(1));
}

static void a_time_that_does_not_exist_moves_forward_by_the_gap(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = northern(table);
    (void)state;

    expect_instant(&in, "2026-03-29 01:59:59.999", "2026-03-29T00:59:59.999Z");
    expect_instant(&in, "2026-03-29 02:00", "2026-03-29T01:00:00.000Z");
    expect_instant(&in, "2026-03-29 02:30", "2026-03-29T01:30:00.000Z");
    expect_instant(&in, "2026-03-29 02:59:59", "2026-03-29T01:59:59.000Z");
    expect_instant(&in, "2026-03-29 03:00", "2026-03-29T01:00:00.000Z");
    expect_instant(&in, "2026-03-29 03:30", "2026-03-29T01:30:00.000Z");
}

static void a_time_that_occurs_twice_is_the_earlier(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = northern(table);
    (void)state;

    expect_instant(&in, "2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z");
    expect_instant(&in, "2026-10-25 02:00", "2026-10-25T00:00:00.000Z");
    expect_instant(&in, "2026-10-25 02:59:59.999", "2026-10-25T00:59:59.999Z");
    expect_instant(&in, "2026-10-25 03:00", "2026-10-25T02:00:00.000Z");
}

static void the_southern_half_has_its_summer_in_january(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = southern(table);
    (void)state;

    expect_instant(&in, "2026-01-15 12:00", "2026-01-15T01:00:00.000Z");
    expect_instant(&in, "2026-04-05 02:30", "2026-04-04T15:30:00.000Z");
    expect_instant(&in, "2026-04-05 03:00", "2026-04-04T17:00:00.000Z");
    expect_instant(&in, "2026-07-15 12:00", "2026-07-15T02:00:00.000Z");
    expect_instant(&in, "2026-10-04 02:30", "2026-10-03T16:30:00.000Z");
    expect_instant(&in, "2026-12-31 23:59:59", "2026-12-31T12:59:59.000Z");
}

/* Samoa had no 30 December 2011. */
static void a_whole_day_can_be_missing(void **state)
{
    struct omb_transition table[] = {{at("2011-12-30T10:00:00Z"), HOURS(14)}};
    struct omb_zone in = zone(HOURS(-10), table, 1);
    (void)state;

    expect_instant(&in, "2011-12-29 23:59:59", "2011-12-30T09:59:59.000Z");
    expect_instant(&in, "2011-12-30 12:00", "2011-12-30T22:00:00.000Z");
    expect_instant(&in, "2011-12-31 00:00", "2011-12-30T10:00:00.000Z");
}

static void before_the_first_transition_the_first_offset_holds(void **state)
{
    struct omb_transition table[] = {{at("1880-01-01T00:00:00Z"), HOURS(3)}};
    struct omb_zone in = zone(9017, table, 1);
    (void)state;

    expect_instant(&in, "1879-06-01 02:30:17", "1879-06-01T00:00:00.000Z");
    assert_int_equal(omb_zone_local(&in, at("1879-06-01T00:00:00Z")).second, 17);
}

static void local_and_back_never_leads_later(void **state)
{
    struct omb_transition tables[2][2];
    struct omb_zone zones[] = {northern(tables[0]), southern(tables[1])};
    (void)state;

    for (size_t z = 0; z < 2; z++)
        for (size_t t = 0; t < 2; t++)
            for (int64_t minute = -300; minute < 300; minute++) {
                int64_t ms = zones[z].transitions[t].at_ms + minute * 60 * OMB_SECOND_MS;
                struct omb_civil local = omb_zone_local(&zones[z], ms);
                int64_t back = omb_zone_instant(&zones[z], &local);
                struct omb_civil again = omb_zone_local(&zones[z], back);

                assert_true(back == ms || back == ms - OMB_HOUR_MS);
                assert_memory_equal(&again, &local, sizeof(local));
            }
}

static void days_begin_at_local_midnight(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = southern(table);
    int64_t day = omb_days_from_civil(2026, 7, 15);
    (void)state;

    assert_int_equal(omb_zone_day(&in, at("2026-07-14T13:59:59.999Z")), day - 1);
    assert_int_equal(omb_zone_day(&in, at("2026-07-14T14:00:00Z")), day);
    assert_int_equal(omb_zone_day(&omb_zone_utc, -1), -1);
}

static void a_day_ends_a_second_before_midnight(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = northern(table);
    (void)state;

    assert_int_equal(omb_zone_end_of_day(&in, omb_days_from_civil(2026, 10, 24)),
                     at("2026-10-24T21:59:59Z"));
    assert_int_equal(omb_zone_end_of_day(&in, omb_days_from_civil(2026, 10, 25)),
                     at("2026-10-25T22:59:59Z"));
}

/* Clocks that go from 24:00 back to 23:00, and from 23:30 on to 00:30. */
static void a_change_at_midnight_moves_the_end_of_day(void **state)
{
    struct omb_transition back[] = {{at("2026-10-31T22:00:00Z"), HOURS(1)}};
    struct omb_transition on[] = {{at("2026-03-31T21:30:00Z"), HOURS(3)}};
    struct omb_zone twice = zone(HOURS(2), back, 1), never = zone(HOURS(2), on, 1);
    (void)state;

    assert_int_equal(omb_zone_end_of_day(&twice, omb_days_from_civil(2026, 10, 31)),
                     at("2026-10-31T21:59:59Z"));
    assert_int_equal(omb_zone_end_of_day(&never, omb_days_from_civil(2026, 3, 31)),
                     at("2026-03-31T21:59:59Z"));
}

static void no_instant_is_too_far(void **state)
{
    struct omb_transition table[2];
    struct omb_zone in = southern(table);
    (void)state;

    assert_true(omb_zone_day(&in, INT64_MIN) < omb_days_from_civil(1, 1, 1));
    assert_true(omb_zone_day(&in, INT64_MAX) > omb_days_from_civil(9999, 12, 31));
    assert_true(omb_zone_end_of_day(&in, INT64_MIN) < at("0001-01-01"));
    assert_true(omb_zone_end_of_day(&in, INT64_MAX) > at("9999-12-31"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_is_its_own_local_time),
        cmocka_unit_test(offsets_change_at_the_instant_of_a_transition),
        cmocka_unit_test(a_time_that_does_not_exist_moves_forward_by_the_gap),
        cmocka_unit_test(a_time_that_occurs_twice_is_the_earlier),
        cmocka_unit_test(the_southern_half_has_its_summer_in_january),
        cmocka_unit_test(a_whole_day_can_be_missing),
        cmocka_unit_test(before_the_first_transition_the_first_offset_holds),
        cmocka_unit_test(local_and_back_never_leads_later),
        cmocka_unit_test(days_begin_at_local_midnight),
        cmocka_unit_test(a_day_ends_a_second_before_midnight),
        cmocka_unit_test(a_change_at_midnight_moves_the_end_of_day),
        cmocka_unit_test(no_instant_is_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
