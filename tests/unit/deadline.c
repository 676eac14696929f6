/* Do deadlines fall where people with a calendar on the wall find them? */
#include "unit.h"

#include "cases/deadline.h"

#define HOURS(n) ((n) * 3600)

static const struct omb_zone moscow = {.name = "Europe/Moscow", .first_offset_s = HOURS(3)};

static int64_t at(const char *text)
{
    int64_t ms;
    bool local;

    if (omb_rfc3339_parse(omb_view_str(text), &ms, &local) != OMB_OK)
        fail_msg("\"%s\" is no time", text);
    return ms;
}

/* Back to winter time on 25 October 2026 at 03:00, as in Berlin. */
static struct omb_zone berlin(struct omb_transition out[2])
{
    struct omb_zone zone = {.name = "Europe/Berlin", .first_offset_s = HOURS(1), .count = 2};

    out[0] = (struct omb_transition){at("2026-03-29T01:00:00Z"), HOURS(2)};
    out[1] = (struct omb_transition){at("2026-10-25T01:00:00Z"), HOURS(1)};
    zone.transitions = out;
    return zone;
}

static void expect_on(const struct omb_calendar *calendar, const struct omb_zone *zone,
                      const char *term, const char *received, const char *due)
{
    struct omb_term parsed;
    char found[OMB_RFC3339_SIZE];
    int64_t instant;

    assert_int_equal(omb_term_parse(omb_view_str(term), &parsed), OMB_OK);
    instant = omb_deadline_due(parsed, at(received), calendar, zone);
    omb_rfc3339(instant, omb_zone_offset(zone, instant), found);
    if (strcmp(found, due) != 0)
        fail_msg("%s after %s is %s, not %s", term, received, found, due);
}

static void expect(const char *term, const char *received, const char *due)
{
    expect_on(&omb_calendar_weekdays, &moscow, term, received, due);
}

static void hours_are_elapsed_time(void **state)
{
    (void)state;
    expect("24 h", "2026-09-30T17:20:00+03:00", "2026-10-01T17:20:00.000+03:00");
    expect("24 h", "2026-10-02T22:45:10.5+03:00", "2026-10-03T22:45:10.500+03:00");
}

static void days_end_a_second_before_midnight(void **state)
{
    (void)state;
    expect("1 d", "2026-09-30T00:00:00+03:00", "2026-10-01T23:59:59.000+03:00");
    expect("1 d", "2026-09-30T23:59:59+03:00", "2026-10-01T23:59:59.000+03:00");
    expect("15 d", "2026-09-30T17:20:00+03:00", "2026-10-15T23:59:59.000+03:00");
    expect("60 d", "2026-09-30T17:20:00+03:00", "2026-11-29T23:59:59.000+03:00");
}

static void weeks_end_on_the_same_weekday(void **state)
{
    (void)state;
    expect("8 w", "2026-09-30T17:20:00+03:00", "2026-11-25T23:59:59.000+03:00");
}

static void working_days_leave_weekends_out(void **state)
{
    (void)state;
    expect("3 wd", "2026-09-30T17:20:00+03:00", "2026-10-05T23:59:59.000+03:00");
    expect("15 wd", "2026-09-30T17:20:00+03:00", "2026-10-21T23:59:59.000+03:00");
    expect("45 wd", "2026-09-30T17:20:00+03:00", "2026-12-02T23:59:59.000+03:00");
}

static void a_friday_evening_counts_from_monday(void **state)
{
    (void)state;
    expect("1 wd", "2026-10-02T22:45:00+03:00", "2026-10-05T23:59:59.000+03:00");
    expect("15 wd", "2026-10-02T22:45:00+03:00", "2026-10-23T23:59:59.000+03:00");
}

static void a_saturday_counts_from_monday(void **state)
{
    (void)state;
    expect("1 wd", "2026-10-03T11:00:00+03:00", "2026-10-05T23:59:59.000+03:00");
    expect("15 wd", "2026-10-03T11:00:00+03:00", "2026-10-23T23:59:59.000+03:00");
    expect("45 wd", "2026-10-03T11:00:00+03:00", "2026-12-04T23:59:59.000+03:00");
}

/* 22:30 UTC on Friday is 01:30 on Saturday in Moscow. */
static void the_day_of_receipt_is_the_local_one(void **state)
{
    (void)state;
    expect("1 d", "2026-10-02T22:30:00Z", "2026-10-04T23:59:59.000+03:00");
    expect("1 wd", "2026-10-01T22:30:00Z", "2026-10-05T23:59:59.000+03:00");
}

static void holidays_do_not_count(void **state)
{
    const int32_t off[] = {(int32_t)omb_days_from_civil(2026, 11, 4)}; /* a Wednesday */
    struct omb_calendar calendar = omb_calendar_weekdays;
    (void)state;

    calendar.off = off;
    calendar.off_count = 1;
    expect_on(&calendar, &moscow, "1 wd", "2026-11-03T10:00:00+03:00",
              "2026-11-05T23:59:59.000+03:00");
    expect_on(&calendar, &moscow, "1 wd", "2026-11-04T10:00:00+03:00",
              "2026-11-05T23:59:59.000+03:00");
    expect_on(&calendar, &moscow, "15 wd", "2026-10-21T10:00:00+03:00",
              "2026-11-12T23:59:59.000+03:00");
}

static void months_and_years_end_where_they_end(void **state)
{
    (void)state;
    expect("30 d", "2024-01-31T10:00:00+03:00", "2024-03-01T23:59:59.000+03:00");
    expect("30 d", "2026-01-31T10:00:00+03:00", "2026-03-02T23:59:59.000+03:00");
    expect("1 d", "2024-02-28T10:00:00+03:00", "2024-02-29T23:59:59.000+03:00");
    expect("1 d", "2100-02-28T10:00:00+03:00", "2100-03-01T23:59:59.000+03:00");
    expect("15 d", "2026-12-20T10:00:00+03:00", "2027-01-04T23:59:59.000+03:00");
    expect("15 wd", "2026-12-21T10:00:00+03:00", "2027-01-11T23:59:59.000+03:00");
}

static void the_change_to_winter_time_shifts_hours_not_days(void **state)
{
    struct omb_transition table[2];
    struct omb_zone zone = berlin(table);
    const struct omb_calendar *calendar = &omb_calendar_weekdays;
    (void)state;

    expect_on(calendar, &zone, "24 h", "2026-10-24T12:00:00+02:00",
              "2026-10-25T11:00:00.000+01:00");
    expect_on(calendar, &zone, "1 d", "2026-10-24T12:00:00+02:00",
              "2026-10-25T23:59:59.000+01:00");
    expect_on(calendar, &zone, "15 d", "2026-10-20T12:00:00+02:00",
              "2026-11-04T23:59:59.000+01:00");
    expect_on(calendar, &zone, "15 wd", "2026-10-20T12:00:00+02:00",
              "2026-11-10T23:59:59.000+01:00");
}

static void the_change_to_summer_time_shifts_hours_not_days(void **state)
{
    struct omb_transition table[2];
    struct omb_zone zone = berlin(table);
    const struct omb_calendar *calendar = &omb_calendar_weekdays;
    (void)state;

    expect_on(calendar, &zone, "24 h", "2026-03-28T12:00:00+01:00",
              "2026-03-29T13:00:00.000+02:00");
    expect_on(calendar, &zone, "8 w", "2026-03-20T12:00:00+01:00", "2026-05-15T23:59:59.000+02:00");
}

static void no_receipt_overflows(void **state)
{
    struct omb_term hours = {9999, OMB_UNIT_HOURS}, days = {9999, OMB_UNIT_DAYS};
    (void)state;

    assert_true(omb_deadline_due(hours, INT64_MAX, &omb_calendar_weekdays, &moscow) == INT64_MAX);
    assert_true(omb_deadline_due(days, INT64_MAX, &omb_calendar_weekdays, &moscow) > 0);
    assert_true(omb_deadline_due(days, INT64_MIN, &omb_calendar_weekdays, &moscow) < 0);
}

/* --- profiles --- */

static const struct omb_profile *profile(const char *code)
{
    const struct omb_profile *found = omb_policy_profile(&omb_policy_0, omb_view_str(code));

    assert_non_null(found);
    return found;
}

static void expect_deadline(const struct omb_deadline *deadlines, size_t count, const char *code,
                            bool limit, int64_t due)
{
    const struct omb_deadline *found = omb_deadline_find(deadlines, count, code);

    assert_non_null(found);
    assert_int_equal(found->limit, limit);
    assert_int_equal(found->due, due);
}

static void the_banks_standard_gives_five_deadlines(void **state)
{
    struct omb_deadline found[OMB_DEADLINES_MAX];
    size_t count = omb_deadlines_compute(profile("bank-standard"), OMB_VIEW_LIT("complaint"),
                                         at("2026-09-30T17:20:00+03:00"), &omb_calendar_weekdays,
                                         &moscow, found);
    (void)state;

    assert_int_equal(count, 5);
    expect_deadline(found, count, "first-response", false, at("2026-10-01T17:20:00+03:00"));
    expect_deadline(found, count, "target", false, at("2026-10-01T17:20:00+03:00"));
    expect_deadline(found, count, "decision", true, at("2026-10-21T23:59:59+03:00"));
    expect_deadline(found, count, "maximum", true, at("2026-12-02T23:59:59+03:00"));
    expect_deadline(found, count, "survey", false, 0);
    assert_null(omb_deadline_find(found, count, "other"));
}

static void every_profile_has_its_legal_limits(void **state)
{
    static const struct {
        const char *profile, *target, *decision, *maximum;
    } laws[] = {
        {"bank-standard", "24 h", "15 wd", "45 wd"}, {"cn-2020", "15 d", "15 d", "60 d"},
        {"ru-442", "15 wd", "15 wd", "25 wd"},       {"eu-psd2", "15 wd", "15 wd", "35 wd"},
        {"uk-disp", "3 wd", "8 w", "8 w"},           {"us-cfpb", "15 d", "15 d", "60 d"},
    };
    (void)state;

    assert_int_equal(omb_policy_0.profile_count, UNIT_COUNT(laws));
    for (size_t i = 0; i < UNIT_COUNT(laws); i++) {
        const struct omb_profile *found = profile(laws[i].profile);
        const char *terms[] = {"24 h", laws[i].target, laws[i].decision, laws[i].maximum, "7 d"};
        static const char *const codes[] = {"first-response", "target", "decision", "maximum",
                                            "survey"};

        assert_int_equal(found->count, UNIT_COUNT(codes));
        for (size_t row = 0; row < UNIT_COUNT(codes); row++) {
            char term[16];

            omb_term_print(found->rows[row].term, term);
            assert_string_equal(found->rows[row].code, codes[row]);
            assert_string_equal(term, terms[row]);
            assert_int_equal(found->rows[row].limit, row == 2 || row == 3);
        }
    }
}

static void only_complaints_and_claims_have_deadlines(void **state)
{
    static const struct {
        const char *kind;
        size_t count;
    } kinds[] = {{"complaint", 5}, {"claim", 5}, {"suggestion", 0}, {"commendation", 0}};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        struct omb_deadline found[OMB_DEADLINES_MAX];

        assert_int_equal(omb_deadlines_compute(profile("bank-standard"),
                                               omb_view_str(kinds[i].kind), at("2026-09-30"),
                                               &omb_calendar_weekdays, &moscow, found),
                         kinds[i].count);
    }
}

/* --- terms as text --- */

static void terms_read_back(void **state)
{
    static const char *const terms[] = {"1 h", "24 h", "30 d", "15 wd", "8 w", "9999 wd"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(terms); i++) {
        struct omb_term term;
        char printed[16];

        assert_int_equal(omb_term_parse(omb_view_str(terms[i]), &term), OMB_OK);
        omb_term_print(term, printed);
        assert_string_equal(printed, terms[i]);
    }
}

static void what_is_no_term_is_refused(void **state)
{
    static const char *const wrong[] = {"",     " ",     "15",     "wd",      " wd",  "15wd", "0 d",
                                        "-1 d", "01 d", "15  d", "15 wd ", "10000 d", "15 m",
                                        "15 W"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct omb_term term = {7, OMB_UNIT_DAYS};

        assert_int_equal(omb_term_parse(omb_view_str(wrong[i]), &term), OMB_INVALID);
        assert_int_equal(term.count, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_elapsed_time),
        cmocka_unit_test(days_end_a_second_before_midnight),
        cmocka_unit_test(weeks_end_on_the_same_weekday),
        cmocka_unit_test(working_days_leave_weekends_out),
        cmocka_unit_test(a_friday_evening_counts_from_monday),
        cmocka_unit_test(a_saturday_counts_from_monday),
        cmocka_unit_test(the_day_of_receipt_is_the_local_one),
        cmocka_unit_test(holidays_do_not_count),
        cmocka_unit_test(months_and_years_end_where_they_end),
        cmocka_unit_test(the_change_to_winter_time_shifts_hours_not_days),
        cmocka_unit_test(the_change_to_summer_time_shifts_hours_not_days),
        cmocka_unit_test(no_receipt_overflows),
        cmocka_unit_test(the_banks_standard_gives_five_deadlines),
        cmocka_unit_test(every_profile_has_its_legal_limits),
        cmocka_unit_test(only_complaints_and_claims_have_deadlines),
        cmocka_unit_test(terms_read_back),
        cmocka_unit_test(what_is_no_term_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
