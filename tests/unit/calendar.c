/* Are working days counted as the calendar says? */
#include "unit.h"

#include "base/civil.h"
#include "cases/calendar.h"

static int32_t day(int32_t year, int32_t month, int32_t of_month)
{
    return (int32_t)omb_days_from_civil(year, month, of_month);
}

struct days {
    int32_t off[7], on[2];
};

/* The National Day week of 2026: off on 1 to 7 October, worked on the two Sundays around it. */
static struct omb_calendar golden_week(struct days *days)
{
    struct omb_calendar calendar = omb_calendar_weekdays;

    for (int32_t i = 0; i < 7; i++)
        days->off[i] = day(2026, 10, 1 + i);
    days->on[0] = day(2026, 9, 27);
    days->on[1] = day(2026, 10, 11);
    calendar.off = days->off;
    calendar.off_count = 7;
    calendar.on = days->on;
    calendar.on_count = 2;
    return calendar;
}

static void weekdays_work_and_weekends_do_not(void **state)
{
    (void)state;
    for (int32_t monday = day(1969, 12, 29); monday < day(2100, 1, 1); monday += 7)
        for (int32_t i = 0; i < 7; i++)
            assert_int_equal(omb_calendar_works(&omb_calendar_weekdays, monday + i), i < 5);
}

static void holidays_do_not_work(void **state)
{
    struct days days;
    struct omb_calendar calendar = golden_week(&days);
    (void)state;

    assert_true(omb_calendar_works(&calendar, day(2026, 9, 30)));
    for (int32_t i = 0; i < 7; i++)
        assert_false(omb_calendar_works(&calendar, day(2026, 10, 1 + i)));
    assert_true(omb_calendar_works(&calendar, day(2026, 10, 8)));
}

static void a_working_weekend_day_works(void **state)
{
    struct days days;
    struct omb_calendar calendar = golden_week(&days);
    (void)state;

    assert_true(omb_calendar_works(&calendar, day(2026, 9, 27)));
    assert_true(omb_calendar_works(&calendar, day(2026, 10, 11)));
    assert_false(omb_calendar_works(&calendar, day(2026, 10, 10)));
}

static void the_weekend_is_the_calendars_own(void **state)
{
    struct omb_calendar calendar = {.code = "friday-saturday", .weekend = 1 << 4 | 1 << 5};
    (void)state;

    assert_false(omb_calendar_works(&calendar, day(2026, 10, 2)));
    assert_false(omb_calendar_works(&calendar, day(2026, 10, 3)));
    assert_true(omb_calendar_works(&calendar, day(2026, 10, 4)));
}

static void the_first_day_is_the_next_working_day(void **state)
{
    (void)state;
    assert_int_equal(omb_calendar_nth_after(&omb_calendar_weekdays, day(2026, 9, 30), 1),
                     day(2026, 10, 1));
    assert_int_equal(omb_calendar_nth_after(&omb_calendar_weekdays, day(2026, 10, 2), 1),
                     day(2026, 10, 5));
    assert_int_equal(omb_calendar_nth_after(&omb_calendar_weekdays, day(2026, 10, 3), 1),
                     day(2026, 10, 5));
    assert_int_equal(omb_calendar_nth_after(&omb_calendar_weekdays, day(2026, 10, 4), 1),
                     day(2026, 10, 5));
}

static void five_working_days_are_a_week(void **state)
{
    (void)state;
    for (uint32_t weeks = 1; weeks < 600; weeks++)
        assert_int_equal(
            omb_calendar_nth_after(&omb_calendar_weekdays, day(2026, 9, 30), 5 * weeks),
            day(2026, 9, 30) + 7 * (int32_t)weeks);
}

static void moved_days_move_the_count(void **state)
{
    struct days days;
    struct omb_calendar calendar = golden_week(&days);
    (void)state;

    /* After Saturday 26 September: Sunday 27 works, 28 to 30, then 8, 9 and Sunday 11 October. */
    assert_int_equal(omb_calendar_nth_after(&calendar, day(2026, 9, 26), 1), day(2026, 9, 27));
    assert_int_equal(omb_calendar_nth_after(&calendar, day(2026, 9, 26), 4), day(2026, 9, 30));
    assert_int_equal(omb_calendar_nth_after(&calendar, day(2026, 9, 26), 5), day(2026, 10, 8));
    assert_int_equal(omb_calendar_nth_after(&calendar, day(2026, 9, 26), 7), day(2026, 10, 11));
    assert_int_equal(omb_calendar_nth_after(&calendar, day(2026, 9, 26), 8), day(2026, 10, 12));
}

static void between_counts_what_nth_steps_over(void **state)
{
    struct days days;
    struct omb_calendar calendar = golden_week(&days);
    int32_t from = day(2026, 9, 26);
    (void)state;

    for (uint32_t n = 1; n < 100; n++)
        assert_int_equal(omb_calendar_between(&calendar, from,
                                              omb_calendar_nth_after(&calendar, from, n)), n);
    assert_int_equal(omb_calendar_between(&calendar, from, from), 0);
    assert_int_equal(omb_calendar_between(&calendar, from, from - 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weekdays_work_and_weekends_do_not),
        cmocka_unit_test(holidays_do_not_work),
        cmocka_unit_test(a_working_weekend_day_works),
        cmocka_unit_test(the_weekend_is_the_calendars_own),
        cmocka_unit_test(the_first_day_is_the_next_working_day),
        cmocka_unit_test(five_working_days_are_a_week),
        cmocka_unit_test(moved_days_move_the_count),
        cmocka_unit_test(between_counts_what_nth_steps_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
