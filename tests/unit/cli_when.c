/* Are instants and amounts read as people mean them? */
#include "unit.h"

#include "cli/when.h"

/* Three hours east, for ever. */
static const struct omb_zone east = {.name = "East/Three", .first_offset_s = 3 * 3600};

static int64_t instant(const char *rfc3339)
{
    int64_t ms;
    bool local;

    assert_int_equal(omb_rfc3339_parse(omb_view_str(rfc3339), &ms, &local), OMB_OK);
    return ms;
}

static void assert_when(const char *text, bool end_of_day, const char *utc)
{
    int64_t ms = -1;

    assert_int_equal(omb_when_parse(text, &east, end_of_day, &ms, NULL), OMB_OK);
    assert_true(ms == instant(utc));
}

static void a_local_time_is_the_offices(void **state)
{
    (void)state;
    assert_when("2026-09-30 17:20", false, "2026-09-30T14:20:00Z");
    assert_when("2026-09-30T17:20:05", false, "2026-09-30T14:20:05Z");
}

static void an_offset_is_obeyed(void **state)
{
    (void)state;
    assert_when("2026-09-30T17:20:00Z", false, "2026-09-30T17:20:00Z");
    assert_when("2026-09-30T17:20:00+02:00", false, "2026-09-30T15:20:00Z");
}

static void a_date_alone_is_its_beginning_or_its_end(void **state)
{
    (void)state;
    assert_when("2026-09-30", false, "2026-09-29T21:00:00Z");
    assert_when("2026-09-30", true, "2026-09-30T20:59:59Z");
}

static void a_time_is_not_moved_to_the_end_of_its_day(void **state)
{
    (void)state;
    assert_when("2026-09-30 10:00", true, "2026-09-30T07:00:00Z");
}

static void what_is_no_time_is_refused_in_words(void **state)
{
    const char *const texts[] = {"", "tomorrow", "2026-02-30", "2026-09-30 25:00", "30.09.2026"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct omb_error err;
        int64_t ms = 7;

        assert_int_equal(omb_when_parse(texts[i], &east, false, &ms, &err), OMB_INVALID);
        assert_non_null(strstr(err.words, "is no time"));
        assert_true(ms == 7);
    }
}

static void only_times_without_an_offset_need_the_zone(void **state)
{
    bool needs = false;
    (void)state;

    assert_int_equal(omb_when_needs_zone("2026-09-30", &needs, NULL), OMB_OK);
    assert_true(needs);
    assert_int_equal(omb_when_needs_zone("2026-09-30T10:00:00Z", &needs, NULL), OMB_OK);
    assert_false(needs);
}

static void an_instant_prints_in_local_time(void **state)
{
    char text[OMB_WHEN_SIZE];
    (void)state;

    omb_when_print(instant("2026-09-30T22:20:00Z"), &east, text);
    assert_string_equal(text, "2026-10-01 01:20");
    omb_when_print(0, &east, text);
    assert_string_equal(text, "");
}

/* --- money --- */

static void assert_money(const char *text, const char *currency, int64_t minor)
{
    int64_t out = -1;

    assert_int_equal(omb_money_parse(text, currency, &out, NULL), OMB_OK);
    assert_true(out == minor);
}

static void amounts_become_minor_units_of_the_currency(void **state)
{
    (void)state;
    assert_money("250.00", "RUB", 25000);
    assert_money("250.5", "EUR", 25050);
    assert_money("250", "CNY", 25000);
    assert_money("0.01", "RON", 1);
    assert_money("250", "JPY", 250);
    assert_money("1.234", "KWD", 1234);
    assert_money("1", "BHD", 1000);
}

static void bad_amounts_are_refused(void **state)
{
    const struct {
        const char *text, *currency, *field;
    } bad[] = {
        {"250.001", "RUB", "redress"}, {"1.5", "JPY", "redress"},  {"", "RUB", "redress"},
        {"-5", "RUB", "redress"},      {"5.", "RUB", "redress"},   {".5", "RUB", "redress"},
        {"1,000", "RUB", "redress"},   {"1e3", "RUB", "redress"},  {"5", "rub", "currency"},
        {"5", "", "currency"},         {"5", "RUBL", "currency"},
        {"99999999999999999999", "RUB", "redress"},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct omb_error err;
        int64_t out;

        assert_int_equal(omb_money_parse(bad[i].text, bad[i].currency, &out, &err), OMB_INVALID);
        assert_string_equal(err.field, bad[i].field);
    }
}

static void an_amount_prints_with_the_currencys_decimals(void **state)
{
    char text[OMB_MONEY_SIZE];
    (void)state;

    omb_money_print(25050, OMB_VIEW_LIT("RUB"), text);
    assert_string_equal(text, "250.50 RUB");
    omb_money_print(250, OMB_VIEW_LIT("JPY"), text);
    assert_string_equal(text, "250 JPY");
    omb_money_print(-5, OMB_VIEW_LIT("EUR"), text);
    assert_string_equal(text, "-0.05 EUR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_time_is_the_offices),
        cmocka_unit_test(an_offset_is_obeyed),
        cmocka_unit_test(a_date_alone_is_its_beginning_or_its_end),
        cmocka_unit_test(a_time_is_not_moved_to_the_end_of_its_day),
        cmocka_unit_test(what_is_no_time_is_refused_in_words),
        cmocka_unit_test(only_times_without_an_offset_need_the_zone),
        cmocka_unit_test(an_instant_prints_in_local_time),
        cmocka_unit_test(amounts_become_minor_units_of_the_currency),
        cmocka_unit_test(bad_amounts_are_refused),
        cmocka_unit_test(an_amount_prints_with_the_currencys_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
