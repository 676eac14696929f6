/* Does a report count each case once, and refuse what it cannot do? */
#include "figures.h"

static void expect_refused(const char *by, const char *measures, const char *field,
                           const char *words)
{
    struct asked asked;
    struct omb_report_plan plan;
    struct omb_error err = {0};

    ask(&asked, by, measures, 0);
    assert_int_equal(omb_report_plan(&asked.ask, &plan, &err), OMB_INVALID);
    assert_string_equal(err.field, field);
    assert_string_equal(err.words, words);
}

/* --- plans --- */

static void an_unknown_dimension_is_told_the_nearest(void **state)
{
    (void)state;
    expect_refused("ofice", "", "by", "unknown dimension `ofice`: did you mean office?");
    expect_refused("products", "", "by", "unknown dimension `products`: did you mean product?");
    expect_refused("Client 17", "", "by", "a dimension is named by a-z, 0-9 and - only");
}

static void an_unknown_measure_is_told_the_nearest_or_all(void **state)
{
    (void)state;
    expect_refused("", "registerd", "measures",
                   "unknown measure `registerd`: did you mean registered?");
    expect_refused("", "zzz", "measures",
                   "unknown measure `zzz`: there are registered, open, overdue, resolved, "
                   "answered, answered-late, extended, escalated, founded, attention, undated, "
                   "hand-overs, imported, waiting");
}

static void nothing_is_named_twice(void **state)
{
    (void)state;
    expect_refused("office,product,office", "", "by", "the dimension office is named twice");
    expect_refused("", "open,open", "measures", "the measure open is named twice");
}

static void dimensions_are_bounded(void **state)
{
    (void)state;
    expect_refused("office,about,kind,channel,product,issue,severity,segment,status", "", "by",
                   "a report has at most 8 dimensions");
}

static void every_dimension_and_measure_can_be_asked_for(void **state)
{
    size_t dimensions, measures;
    const struct omb_view *names = omb_dimension_names(&dimensions);
    (void)state;

    assert_int_equal(dimensions, 12 + 3 * 5);
    for (size_t i = 0; i < dimensions; i++) {
        struct omb_report_ask one = {.by = {&names[i], 1}};
        struct omb_report_plan plan;

        one.measures = (struct omb_views){omb_measure_names(&measures), measures};
        assert_int_equal(omb_report_plan(&one, &plan, NULL), OMB_OK);
        assert_int_equal(plan.by[0], i);
        assert_int_equal(plan.measure_count, measures);
    }
}

/* --- counting --- */

static void cases_are_counted_by_their_keys(void **state)
{
    struct omb_report_run *run = start("office,product", "", 0);
    struct sample sample;
    (void)state;

    make(&sample, 7, "loans");
    add(run, &sample);
    make(&sample, 3, "cards");
    add(run, &sample);
    add(run, &sample);
    make(&sample, 3, "accounts");
    add(run, &sample);
    expect(run, "vsp-3,accounts=1; vsp-3,cards=2; vsp-7,loans=1; | 4");
}

static void a_shorter_key_comes_first(void **state)
{
    struct omb_report_run *run = start("product,issue", "", 0);
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards-gold");
    add(run, &sample);
    make(&sample, 1, "cards");
    sample.matter.issue = OMB_VIEW_LIT("zeal");
    add(run, &sample);
    make(&sample, 1, "");
    add(run, &sample);
    expect(run, ",fees=1; cards,zeal=1; cards-gold,fees=1; | 3");
}

static void without_dimensions_there_are_totals_only(void **state)
{
    struct omb_report_run *run = start("", "registered,open", 0);
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    add(run, &sample);
    sample.row.status = OMB_VIEW_LIT("closed");
    add(run, &sample);
    expect(run, "| 2 1");
}

static void nothing_counted_is_nothing(void **state)
{
    (void)state;
    expect(start("office", "registered,open", 0), "| 0 0");
}

static void a_top_has_the_largest_first_and_all_in_the_totals(void **state)
{
    static const char *const products[] = {"loans", "cards", "loans", "deposits", "accounts",
                                           "loans", "accounts"};
    struct omb_report_run *run = start("product", "", 3);
    struct sample sample;
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(products); i++) {
        make(&sample, 1, products[i]);
        add(run, &sample);
    }
    expect(run, "loans=3; accounts=2; cards=1; | 7");
}

static void a_top_may_be_larger_than_the_report(void **state)
{
    struct omb_report_run *run = start("product", "", 1000);
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    add(run, &sample);
    expect(run, "cards=1; | 1");
}

/* --- limits --- */

static void add_products(struct omb_report_run *run, size_t count, enum omb_rc last,
                         struct omb_error *err)
{
    struct sample sample;

    for (size_t i = 0; i < count; i++) {
        char product[32];

        (void)snprintf(product, sizeof(product), "p-%zu", i);
        make(&sample, 1, product);
        assert_int_equal(omb_report_add(run, &sample.row, err), i + 1 < count ? OMB_OK : last);
    }
}

static void too_many_rows_are_refused_in_words(void **state)
{
    struct omb_report_run *run = start("product", "", 0);
    struct omb_error err = {0};
    struct sample sample;
    (void)state;

    add_products(run, OMB_REPORT_GROUPS_MAX + 1, OMB_LIMIT, &err);
    assert_string_equal(err.field, "by");
    assert_non_null(strstr(err.words, "more than 100000 rows"));
    make(&sample, 1, "p-17");
    add(run, &sample);
    omb_report_free(run);
}

static void many_rows_come_out_sorted_and_whole(void **state)
{
    struct omb_report_run *run = start("product", "", 0);
    struct omb_arena arena;
    struct omb_report report;
    (void)state;

    add_products(run, 5000, OMB_OK, NULL);
    add_products(run, 5000, OMB_OK, NULL);
    omb_arena_init(&arena, 4 * 1024 * 1024);
    assert_int_equal(omb_report_finish(run, &arena, &report, NULL), OMB_OK);
    assert_int_equal(report.rows.count, 5000);
    for (size_t i = 0; i < report.rows.count; i++) {
        const struct omb_report_row *row = &report.rows.items[i];

        assert_int_equal(row->values.items[0], 2);
        assert_true(i == 0 || omb_view_compare(row[-1].keys.items[0], row->keys.items[0]) < 0);
    }
    assert_int_equal(report.totals.items[0], 10000);
    assert_true(report.as_of == at("2026-10-10T12:00:00Z"));
    omb_arena_free(&arena);
    omb_report_free(run);
}

static void an_arena_too_small_is_refused_in_words(void **state)
{
    struct omb_report_run *run = start("product", "", 0);
    struct omb_arena arena;
    struct omb_report report = {.as_of = 17};
    struct omb_error err = {0};
    (void)state;

    add_products(run, 1000, OMB_OK, NULL);
    omb_arena_init(&arena, 1024);
    assert_int_equal(omb_report_finish(run, &arena, &report, &err), OMB_LIMIT);
    assert_non_null(strstr(err.words, "1000 rows are too many"));
    assert_int_equal(report.as_of, 17);
    omb_arena_free(&arena);
    omb_report_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_dimension_is_told_the_nearest),
        cmocka_unit_test(an_unknown_measure_is_told_the_nearest_or_all),
        cmocka_unit_test(nothing_is_named_twice),
        cmocka_unit_test(dimensions_are_bounded),
        cmocka_unit_test(every_dimension_and_measure_can_be_asked_for),
        cmocka_unit_test(cases_are_counted_by_their_keys),
        cmocka_unit_test(a_shorter_key_comes_first),
        cmocka_unit_test(without_dimensions_there_are_totals_only),
        cmocka_unit_test(nothing_counted_is_nothing),
        cmocka_unit_test(a_top_has_the_largest_first_and_all_in_the_totals),
        cmocka_unit_test(a_top_may_be_larger_than_the_report),
        cmocka_unit_test(too_many_rows_are_refused_in_words),
        cmocka_unit_test(many_rows_come_out_sorted_and_whole),
        cmocka_unit_test(an_arena_too_small_is_refused_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
