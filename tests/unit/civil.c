/* Is the calendar the calendar, and is RFC 3339 read strictly? */
#include "unit.h"

#include "base/civil.h"

static int64_t parsed(const char *text, bool *out_local)
{
    int64_t ms = -1;

    if (omb_rfc3339_parse(omb_view_str(text), &ms, out_local) != OMB_OK)
        fail_msg("\"%s\" is refused", text);
    return ms;
}

static int64_t instant(const char *text)
{
    bool local;

    return parsed(text, &local);
}

static void every_day_of_800_years_follows_the_one_before(void **state)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = omb_days_from_civil(1600, 1, 1);
    (void)state;

    for (int32_t year = 1600; year < 2400; year++)
        for (int32_t month = 1; month <= 12; month++) {
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            int32_t length = lengths[month - 1] + (month == 2 && leap);

            for (int32_t day = 1; day <= length; day++, days++) {
                struct omb_civil civil = omb_civil_from_ms(days * OMB_DAY_MS);

                assert_int_equal(omb_days_from_civil(year, month, day), days);
                assert_int_equal(civil.year, year);
                assert_int_equal(civil.month, month);
                assert_int_equal(civil.day, day);
            }
        }
}

static void known_days_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(omb_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(omb_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(omb_days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(omb_days_from_civil(2026, 9, 30), 20726);
    assert_int_equal(omb_days_from_civil(1, 1, 1), -719162);
    assert_int_equal(omb_days_from_civil(9999, 12, 31), 2932896);
}

static void known_days_have_their_weekdays(void **state)
{
    (void)state;
    assert_int_equal(omb_weekday(omb_days_from_civil(1970, 1, 1)), 3);
    assert_int_equal(omb_weekday(omb_days_from_civil(2026, 9, 28)), 0);
    assert_int_equal(omb_weekday(omb_days_from_civil(2026, 10, 4)), 6);
    assert_int_equal(omb_weekday(omb_days_from_civil(1969, 12, 29)), 0);
    assert_int_equal(omb_weekday(omb_days_from_civil(1600, 1, 1)), 5);
}

static void instants_before_1970_count_backwards(void **state)
{
    struct omb_civil civil = omb_civil_from_ms(-1);
    (void)state;

    assert_int_equal(civil.year, 1969);
    assert_int_equal(civil.hour, 23);
    assert_int_equal(civil.millisecond, 999);
    assert_int_equal(omb_civil_to_ms(&civil), -1);
}

static void an_instant_and_its_fields_are_the_same_thing(void **state)
{
    (void)state;
    for (int64_t ms = -INT64_C(60000000000000); ms < INT64_C(250000000000000);
         ms += INT64_C(98765432123)) {
        struct omb_civil civil = omb_civil_from_ms(ms);

        assert_true(omb_civil_valid(&civil));
        assert_true(omb_civil_to_ms(&civil) == ms);
    }
}

static void instants_are_written_in_utc_and_with_an_offset(void **state)
{
    const int64_t ms = INT64_C(1790778000000);
    char out[OMB_RFC3339_SIZE];
    (void)state;

    omb_rfc3339(ms, 0, out);
    assert_string_equal(out, "2026-09-30T14:20:00.000Z");
    omb_rfc3339(ms + 7, 3 * 3600, out);
    assert_string_equal(out, "2026-09-30T17:20:00.007+03:00");
    omb_rfc3339(ms, -(9 * 3600 + 1800), out);
    assert_string_equal(out, "2026-09-30T04:50:00.000-09:30");
}

static void instants_beyond_the_calendar_show_its_ends(void **state)
{
    char out[OMB_RFC3339_SIZE];
    (void)state;

    omb_rfc3339(INT64_MIN, -3600, out);
    assert_string_equal(out, "0001-01-01T00:00:00.000-01:00");
    omb_rfc3339(INT64_MAX, 3600, out);
    assert_string_equal(out, "9999-12-31T23:59:59.999+01:00");
}

static void all_spelled_forms_are_read(void **state)
{
    const int64_t ms = INT64_C(1790778000000);
    (void)state;

    assert_true(instant("2026-09-30T14:20:00.000Z") == ms);
    assert_true(instant("2026-09-30 14:20Z") == ms);
    assert_true(instant("2026-09-30 14:20:00Z") == ms);
    assert_true(instant("2026-09-30T17:20+03:00") == ms);
    assert_true(instant("2026-09-30T08:50:00-05:30") == ms);
    assert_true(instant("2026-09-30T14:20:00.5Z") == ms + 500);
    assert_true(instant("2026-09-30T14:20:00.123999999Z") == ms + 123);
    assert_true(instant("2026-09-30") == INT64_C(20726) * OMB_DAY_MS);
}

static void only_what_has_no_offset_is_local(void **state)
{
    bool local;
    (void)state;

    parsed("2026-09-30", &local);
    assert_true(local);
    parsed("2026-09-30 14:20", &local);
    assert_true(local);
    parsed("2026-09-30 14:20Z", &local);
    assert_false(local);
    parsed("2026-09-30 14:20+00:00", &local);
    assert_false(local);
}

static void what_is_no_date_is_refused_and_leaves_the_result_alone(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-09",
        "2026-9-30",
        "2026-09-31",
        "2026-02-29",
        "1900-02-29",
        "2026-00-10",
        "2026-13-01",
        "2026-01-00",
        "0000-01-01",
        "+026-01-01",
        "26-01-01",
        "2026/01/01",
        "2026-01-01 ",
        "2026-01-01T",
        "2026-01-01T1",
        "2026-01-01T10",
        "2026-01-01T10:",
        "2026-01-01T24:00",
        "2026-01-01T10:60",
        "2026-01-01T10:00:60",
        "2026-01-01T10:00:",
        "2026-01-01T10:00:00.",
        "2026-01-01T10:00:00.1234567890",
        "2026-01-01T10:00:00,5",
        "2026-01-01t10:00",
        "2026-01-01T10:00z",
        "2026-01-01T10:00+3",
        "2026-01-01T10:00+0300",
        "2026-01-01T10:00+24:00",
        "2026-01-01T10:00+03:60",
        "2026-01-01T10:00Z ",
        "2026-01-01T10:00ZZ",
        "2026-01-01Z",
        " 2026-01-01",
        "0001-01-01T00:00+01:00",
        "9999-12-31T23:59-01:00",
        "2026-01-01  10:00",
        "2026-01-01T10:00 +03:00",
    };
    int64_t ms = 42;
    bool local = true;
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        if (omb_rfc3339_parse(omb_view_str(bad[i]), &ms, &local) != OMB_INVALID)
            fail_msg("\"%s\" is accepted", bad[i]);
    assert_int_equal(ms, 42);
}

static void what_is_written_is_read_back(void **state)
{
    char out[OMB_RFC3339_SIZE];
    (void)state;

    for (int64_t ms = -INT64_C(62135500000000); ms < INT64_C(253402200000000);
         ms += INT64_C(1234567890123)) {
        omb_rfc3339(ms, 0, out);
        assert_true(instant(out) == ms);
        omb_rfc3339(ms, 5 * 3600 + 2700, out);
        assert_true(instant(out) == ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_800_years_follows_the_one_before),
        cmocka_unit_test(known_days_have_their_numbers),
        cmocka_unit_test(known_days_have_their_weekdays),
        cmocka_unit_test(instants_before_1970_count_backwards),
        cmocka_unit_test(an_instant_and_its_fields_are_the_same_thing),
        cmocka_unit_test(instants_are_written_in_utc_and_with_an_offset),
        cmocka_unit_test(instants_beyond_the_calendar_show_its_ends),
        cmocka_unit_test(all_spelled_forms_are_read),
        cmocka_unit_test(only_what_has_no_offset_is_local),
        cmocka_unit_test(what_is_no_date_is_refused_and_leaves_the_result_alone),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
