/* Does a zone of tzdata show the local times that its clocks show, far into the future too? */
#include "unit.h"

#include "io/officedir.h"
#include "io/tzif.h"
#include "support/folder.h"

static struct omb_zone load(const char *name)
{
    struct omb_zone zone = omb_zone_utc;
    struct omb_error err = {.words = ""};

    if (omb_zone_load(name, &zone, &err) != OMB_OK)
        fail_msg("%s", err.words);
    return zone;
}

static int64_t instant(const char *text)
{
    int64_t ms = 0;
    bool local;

    assert_int_equal(omb_rfc3339_parse(omb_view_str(text), &ms, &local), OMB_OK);
    assert_false(local);
    return ms;
}

/* At that instant of UTC, so many minutes ahead of UTC. */
static void assert_minutes(const struct omb_zone *zone, const char *at, int minutes)
{
    assert_int_equal(omb_zone_offset(zone, instant(at)), minutes * 60);
}

/* --- zones of tzdata --- */

static void utc_needs_no_file(void **state)
{
    struct omb_zone zone = load("UTC");

    (void)state;
    assert_string_equal(zone.name, "UTC");
    assert_int_equal(zone.count, 0);
    assert_minutes(&zone, "2026-07-01T00:00:00Z", 0);
    omb_zone_free(&zone);
}

static void moscow_gave_up_its_summer_time(void **state)
{
    struct omb_zone zone = load("Europe/Moscow");

    (void)state;
    assert_string_equal(zone.name, "Europe/Moscow");
    assert_minutes(&zone, "2010-01-15T12:00:00Z", 180);
    assert_minutes(&zone, "2010-07-15T12:00:00Z", 240);
    assert_minutes(&zone, "2011-03-26T22:59:59Z", 180);
    assert_minutes(&zone, "2011-03-26T23:00:00Z", 240);
    assert_minutes(&zone, "2012-01-15T12:00:00Z", 240);
    assert_minutes(&zone, "2014-10-25T21:59:59Z", 240);
    assert_minutes(&zone, "2014-10-25T22:00:00Z", 180);
    assert_minutes(&zone, "2026-07-01T00:00:00Z", 180);
    assert_minutes(&zone, "2099-07-01T00:00:00Z", 180);
    omb_zone_free(&zone);
}

static void new_york_changes_its_clocks_twice_a_year(void **state)
{
    struct omb_zone zone = load("America/New_York");

    (void)state;
    assert_minutes(&zone, "2026-03-08T06:59:59Z", -300);
    assert_minutes(&zone, "2026-03-08T07:00:00Z", -240);
    assert_minutes(&zone, "2026-11-01T05:59:59Z", -240);
    assert_minutes(&zone, "2026-11-01T06:00:00Z", -300);
    omb_zone_free(&zone);
}

static void the_rule_at_the_end_is_carried_on(void **state)
{
    struct omb_zone zone = load("America/New_York");

    (void)state;
    assert_minutes(&zone, "2050-03-13T06:59:59Z", -300);
    assert_minutes(&zone, "2050-03-13T07:00:00Z", -240);
    assert_minutes(&zone, "2050-11-06T05:59:59Z", -240);
    assert_minutes(&zone, "2050-11-06T06:00:00Z", -300);
    assert_minutes(&zone, "2100-07-01T00:00:00Z", -240);
    assert_minutes(&zone, "2100-12-31T00:00:00Z", -300);
    omb_zone_free(&zone);
}

static void shanghai_had_summer_time_once(void **state)
{
    struct omb_zone zone = load("Asia/Shanghai");

    (void)state;
    assert_minutes(&zone, "1988-07-01T00:00:00Z", 540);
    assert_minutes(&zone, "1992-07-01T00:00:00Z", 480);
    assert_minutes(&zone, "2050-07-01T00:00:00Z", 480);
    omb_zone_free(&zone);
}

static void lord_howe_moves_by_half_an_hour_in_the_south(void **state)
{
    struct omb_zone zone = load("Australia/Lord_Howe");

    (void)state;
    assert_minutes(&zone, "2026-01-01T00:00:00Z", 660);
    assert_minutes(&zone, "2026-04-04T14:59:59Z", 660);
    assert_minutes(&zone, "2026-04-04T15:00:00Z", 630);
    assert_minutes(&zone, "2026-10-03T15:29:59Z", 630);
    assert_minutes(&zone, "2026-10-03T15:30:00Z", 660);
    assert_minutes(&zone, "2060-07-01T00:00:00Z", 630);
    assert_minutes(&zone, "2060-12-01T00:00:00Z", 660);
    omb_zone_free(&zone);
}

static void before_the_first_transition_there_is_local_mean_time(void **state)
{
    struct omb_zone zone = load("Europe/Moscow");

    (void)state;
    assert_int_equal(omb_zone_offset(&zone, instant("1800-01-01T00:00:00Z")), 9017);
    omb_zone_free(&zone);
}

static void transitions_ascend_and_each_changes_something(void **state)
{
    static const char *const names[] = {"Europe/Dublin", "Africa/Casablanca", "Asia/Gaza",
                                        "America/Sao_Paulo", "Antarctica/Troll", "Pacific/Apia"};

    (void)state;
    for (size_t n = 0; n < UNIT_COUNT(names); n++) {
        struct omb_zone zone = load(names[n]);
        int32_t offset = zone.first_offset_s;

        assert_in_range(zone.count, 2, 600);
        for (size_t i = 0; i < zone.count; i++) {
            assert_true(i == 0 || zone.transitions[i - 1].at_ms < zone.transitions[i].at_ms);
            assert_int_not_equal(zone.transitions[i].offset_s, offset);
            offset = zone.transitions[i].offset_s;
        }
        omb_zone_free(&zone);
    }
}

/* --- names --- */

static void assert_no_zone(const char *name, enum omb_rc rc, const char *words)
{
    struct omb_zone zone = {.name = "untouched"};
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_zone_load(name, &zone, &err), rc);
    assert_string_equal(zone.name, "untouched");
    assert_non_null(strstr(err.words, words));
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const names[] = {"", "/etc/passwd", "../../../etc/passwd", "Europe/../x",
                                        "Europe//Moscow", "Europe/", ".", "a b", "zone.tab"};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        assert_no_zone(names[i], OMB_INVALID, "is not the name of a time zone");
}

static void zones_that_are_not_there_say_so(void **state)
{
    (void)state;
    assert_no_zone("Europe/Atlantis", OMB_UNKNOWN_CODE, "there is no time zone Europe/Atlantis");
    assert_no_zone("Europe", OMB_IO, "directory");
}

/* --- damaged files --- */

static struct omb_buf new_york(void)
{
    return test_read("/usr/share/zoneinfo/America/New_York");
}

static void assert_damaged(struct omb_view bytes, const char *words)
{
    struct omb_zone zone;
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_tzif_read(bytes, &zone, &err), OMB_DAMAGED);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" is not in: %s", words, err.words);
}

/* Where the block of 64-bit times begins. */
static size_t second_block(const struct omb_buf *file)
{
    const uint8_t *at = file->data;

    return 44 + omb_be32(at + 32) * 5 + omb_be32(at + 36) * 6 + omb_be32(at + 40) +
           omb_be32(at + 28) * 8 + omb_be32(at + 24) + omb_be32(at + 20);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct omb_buf file = new_york();

    (void)state;
    for (size_t size = 0; size < file.size; size++) {
        struct omb_zone zone;
        uint8_t *exact = file.data; /* a copy of that size, so that a sanitizer sees the end */
        struct omb_buf cut = OMB_BUF_INIT;

        omb_buf_add(&cut, exact, size);
        assert_int_equal(omb_tzif_read(omb_buf_view(&cut), &zone, NULL), OMB_DAMAGED);
        omb_buf_free(&cut);
    }
    omb_buf_free(&file);
}

static void a_file_of_something_else_is_refused(void **state)
{
    (void)state;
    assert_damaged(OMB_VIEW_NONE, "it is not a TZif file");
    assert_damaged(OMB_VIEW_LIT("#!/bin/sh\necho this is more than forty-four bytes long\n"),
                   "it is not a TZif file");
}

static void counts_beyond_the_file_are_refused(void **state)
{
    static const size_t counts[] = {20, 24, 28, 32, 36, 40};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(counts); i++) {
        struct omb_buf file = new_york();

        memset(file.data + second_block(&file) + counts[i], 0xff, 4);
        assert_damaged(omb_buf_view(&file), "it ends too early");
        omb_buf_free(&file);
    }
}

static void a_type_that_is_not_there_is_refused(void **state)
{
    struct omb_buf file = new_york();
    size_t at = second_block(&file), times = omb_be32(file.data + at + 32);

    (void)state;
    file.data[at + 44 + 8 * times + 10] = 200;
    assert_damaged(omb_buf_view(&file), "leads to a local time that is not there");
    omb_buf_free(&file);
}

static void times_out_of_order_are_refused(void **state)
{
    struct omb_buf file = new_york();
    uint8_t *first = file.data + second_block(&file) + 44;

    (void)state;
    memcpy(first + 80, first, 8);
    assert_damaged(omb_buf_view(&file), "its transitions are not in order");
    omb_buf_free(&file);
}

static void an_offset_of_days_is_refused(void **state)
{
    struct omb_buf file = new_york();
    size_t at = second_block(&file), times = omb_be32(file.data + at + 32);

    (void)state;
    omb_put_be32(file.data + at + 44 + 9 * times, 100 * 3600);
    assert_damaged(omb_buf_view(&file), "a local time is a day or more from UTC");
    omb_buf_free(&file);
}

/* No time with such an offset can be shown. */
static void an_offset_of_a_day_is_refused(void **state)
{
    static const int32_t offsets[] = {24 * 3600, -24 * 3600};
    static const char *const rules[] = {"AAA-24", "AAA24", "AAA-23BBB,M3.2.0,M11.1.0",
                                        "AAA-1BBB24,J1,J9"};
    struct omb_buf file = new_york();
    const size_t block = second_block(&file);
    const size_t at = block + 44 + 9 * omb_be32(file.data + block + 32);
    const uint32_t saved = omb_be32(file.data + at);
    size_t rule = file.size - 1;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(offsets); i++) {
        omb_put_be32(file.data + at, (uint32_t)offsets[i]);
        assert_damaged(omb_buf_view(&file), "a local time is a day or more from UTC");
    }
    omb_put_be32(file.data + at, saved);
    while (file.data[rule - 1] != '\n')
        rule--;
    for (size_t i = 0; i < UNIT_COUNT(rules); i++) {
        file.size = rule;
        omb_buf_printf(&file, "%s\n", rules[i]);
        assert_damaged(omb_buf_view(&file), "a local time of the rule at its end is a day");
    }
    omb_buf_free(&file);
}

static void leap_seconds_are_refused(void **state)
{
    struct omb_zone zone;
    struct omb_error err;

    (void)state;
    if (!test_exists("/usr/share/zoneinfo/right/UTC"))
        skip();
    assert_int_equal(omb_zone_load("right/UTC", &zone, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, "right/UTC: it counts leap seconds"));
}

static void a_rule_that_is_none_is_refused(void **state)
{
    struct omb_buf file = new_york();

    (void)state;
    file.data[file.size - 2] = 'X';
    assert_damaged(omb_buf_view(&file), "the rule at its end is not understood");
    file.data[file.size - 1] = 'X';
    assert_damaged(omb_buf_view(&file), "the rule at its end is missing");
    omb_buf_free(&file);
}

static void no_byte_of_a_file_can_do_harm(void **state)
{
    struct omb_buf file = new_york();

    (void)state;
    for (size_t i = 0; i < file.size; i++) {
        static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
        uint8_t before = file.data[i];

        for (size_t v = 0; v < UNIT_COUNT(values); v++) {
            struct omb_zone zone = omb_zone_utc;

            file.data[i] = values[v];
            if (omb_tzif_read(omb_buf_view(&file), &zone, NULL) == OMB_OK) {
                for (size_t k = 1; k < zone.count; k++)
                    assert_true(zone.transitions[k - 1].at_ms < zone.transitions[k].at_ms);
                omb_zone_free(&zone);
            }
        }
        file.data[i] = before;
    }
    omb_buf_free(&file);
}

/* --- the rule --- */

static struct omb_zone_rule rule_of(const char *text)
{
    struct omb_zone_rule rule = {.has_summer = false};

    if (omb_zone_rule_read(omb_view_str(text), &rule) != OMB_OK)
        fail_msg("%s", text);
    return rule;
}

static void assert_starts(const char *text, int32_t year, const char *at)
{
    struct omb_zone_rule rule = rule_of(text);

    assert_int_equal(omb_zone_rule_starts(&rule, year), instant(at) / 1000);
}

static void offsets_are_said_west_of_utc(void **state)
{
    (void)state;
    assert_int_equal(rule_of("MSK-3").standard_s, 3 * 3600);
    assert_false(rule_of("MSK-3").has_summer);
    assert_int_equal(rule_of("<+0545>-5:45").standard_s, 5 * 3600 + 45 * 60);
    assert_int_equal(rule_of("EST5EDT,M3.2.0,M11.1.0").summer_s, -4 * 3600);
    assert_int_equal(rule_of("IST-1GMT0,M10.5.0,M3.5.0/1").summer_s, 0);
    assert_int_equal(rule_of("ABC+1:02:03").standard_s, -3723);
}

static void days_are_said_in_three_ways(void **state)
{
    (void)state;
    assert_starts("AAA0BBB,M3.2.0,M11.1.0", 2026, "2026-03-08T02:00:00Z");
    assert_starts("AAA0BBB,M3.5.0/1,M10.5.0", 2026, "2026-03-29T01:00:00Z");
    assert_starts("AAA0BBB,M2.5.6/0,M10.5.0", 2028, "2028-02-26T00:00:00Z");
    assert_starts("AAA0BBB,M12.5.4/0,M10.5.0", 2026, "2026-12-31T00:00:00Z");
    assert_starts("AAA0BBB,J60/0,J300", 2027, "2027-03-01T00:00:00Z");
    assert_starts("AAA0BBB,J60/0,J300", 2028, "2028-03-01T00:00:00Z");
    assert_starts("AAA0BBB,J59/0,J300", 2028, "2028-02-28T00:00:00Z");
    assert_starts("AAA0BBB,59/0,300", 2028, "2028-02-29T00:00:00Z");
    assert_starts("AAA0BBB,59/0,300", 2027, "2027-03-01T00:00:00Z");
}

static void times_may_lie_on_other_days(void **state)
{
    (void)state;
    assert_starts("AAA0BBB,M3.4.4/50,M10.4.4/50", 2026, "2026-03-28T02:00:00Z");
    assert_starts("AAA3BBB,M3.5.0/-2,M10.5.0/-1", 2026, "2026-03-29T01:00:00Z");
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const bad[] = {
        "E5",       "EST",            "EST5EDT",          "EST5EDT,M3.2.0",      "EST25",
        "<+03-3",   "EST5EDT,M13.1.0,M1.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.0.0,M1.1.0",
        "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J1",  "EST5EDT,J366,J1",  "EST5EDT,366,1",
        "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0x", "EST5EDT,M3.2.0,M11.1.0,"};
    struct omb_zone_rule rule;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        if (omb_zone_rule_read(omb_view_str(bad[i]), &rule) != OMB_INVALID)
            fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(moscow_gave_up_its_summer_time),
        cmocka_unit_test(new_york_changes_its_clocks_twice_a_year),
        cmocka_unit_test(the_rule_at_the_end_is_carried_on),
        cmocka_unit_test(shanghai_had_summer_time_once),
        cmocka_unit_test(lord_howe_moves_by_half_an_hour_in_the_south),
        cmocka_unit_test(before_the_first_transition_there_is_local_mean_time),
        cmocka_unit_test(transitions_ascend_and_each_changes_something),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(zones_that_are_not_there_say_so),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_file_of_something_else_is_refused),
        cmocka_unit_test(counts_beyond_the_file_are_refused),
        cmocka_unit_test(a_type_that_is_not_there_is_refused),
        cmocka_unit_test(times_out_of_order_are_refused),
        cmocka_unit_test(an_offset_of_days_is_refused),
        cmocka_unit_test(an_offset_of_a_day_is_refused),
        cmocka_unit_test(leap_seconds_are_refused),
        cmocka_unit_test(a_rule_that_is_none_is_refused),
        cmocka_unit_test(no_byte_of_a_file_can_do_harm),
        cmocka_unit_test(offsets_are_said_west_of_utc),
        cmocka_unit_test(days_are_said_in_three_ways),
        cmocka_unit_test(times_may_lie_on_other_days),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
