/* Lists and reports: filters, pages and totals. */
#include "support/deskwork.h"
#include "unit.h"

static const struct omb_case_list *list(struct rig *rig, const char *who,
                                        const struct omb_filter *filter)
{
    return ASK(rig, who, CASE_LIST, case_list_ask, case_list, .filter = filter, .limit = 1000);
}

#define LIST(rig, who, ...) list((rig), (who), &(struct omb_filter){__VA_ARGS__})->cases.count
#define ONE(text) {&OMB_VIEW_LIT(text), 1}

static struct omb_view case_of(struct rig *rig, const char *product, const char *issue)
{
    struct complaint complaint;

    complaint_new(&complaint);
    complaint.matter.product = omb_view_str(product);
    complaint.matter.issue = omb_view_str(issue);
    return complaint_send(rig, "t1", &complaint);
}

/* --- filters --- */

static void test_no_filter_lists_all_in_order(void **state)
{
    struct rig *rig = *state;
    const struct omb_view first = new_case(rig), second = new_case(rig);
    const struct omb_case_list *all = list(rig, "t1", NULL);

    assert_int_equal(all->cases.count, 2);
    assert_true(omb_view_equal(all->cases.items[0].number, first));
    assert_true(omb_view_equal(all->cases.items[1].number, second));
    assert_text(all->cases.items[0].home, "ho");
    assert_text(all->cases.items[0].about, "ho");
    assert_text(all->cases.items[0].product, "cards");
    assert_text(all->cases.items[0].responsible, "t1");
    assert_true(all->cases.items[0].answer_by > RIG_START_MS);
    assert_int_equal(all->cursor.size, 0);
}

static void test_codes_of_one_field_are_alternatives(void **state)
{
    struct rig *rig = *state;
    const struct omb_view both[] = {OMB_VIEW_LIT("cards"), OMB_VIEW_LIT("loans")};

    case_of(rig, "cards", "fees");
    case_of(rig, "loans", "fees");
    case_of(rig, "deposits", "fees");
    assert_int_equal(LIST(rig, "t1", .product = ONE("loans")), 1);
    assert_int_equal(LIST(rig, "t1", .product = {both, 2}), 2);
}

static void test_fields_are_conditions_together(void **state)
{
    struct rig *rig = *state;

    case_of(rig, "cards", "fees");
    case_of(rig, "cards", "delay");
    assert_int_equal(LIST(rig, "t1", .product = ONE("cards"), .issue = ONE("delay")), 1);
    assert_int_equal(LIST(rig, "t1", .product = ONE("loans"), .issue = ONE("delay")), 0);
}

static void test_status_follows_the_case(void **state)
{
    struct rig *rig = *state;
    const struct omb_view both[] = {OMB_VIEW_LIT("open"), OMB_VIEW_LIT("closed"),
                                    OMB_VIEW_LIT("open")};

    new_case(rig);
    settle(rig, new_case(rig));
    assert_int_equal(LIST(rig, "t1", .status = ONE("open")), 1);
    assert_int_equal(LIST(rig, "t1", .status = ONE("closed")), 1);
    assert_int_equal(LIST(rig, "t1", .status = ONE("answered")), 0);
    assert_int_equal(LIST(rig, "t1", .status = {both, 3}), 2);
    assert_int_equal(LIST(rig, "t1", .outcome = ONE("founded")), 1);
    assert_int_equal(LIST(rig, "t1", .cause = ONE("fees")), 1);
}

static void test_receipt_from_since_until_before_until(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    rig_pass(rig, OMB_DAY_MS);
    new_case(rig);
    assert_int_equal(LIST(rig, "t1", .since = RIG_START_MS), 2);
    assert_int_equal(LIST(rig, "t1", .since = RIG_START_MS + 1), 1);
    assert_int_equal(LIST(rig, "t1", .until = RIG_START_MS), 0);
    assert_int_equal(LIST(rig, "t1", .until = RIG_START_MS + OMB_DAY_MS), 1);
    must_refuse(ask_as(rig, "t1", OMB_ASK_CASE_LIST,
                       &(struct omb_case_list_ask){
                           .filter = &(struct omb_filter){.since = 2, .until = 1}}),
                "invalid", "since");
}

static void test_overdue_is_open_past_the_decision(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    settle(rig, new_case(rig));
    assert_int_equal(LIST(rig, "t1", .overdue = true), 0);
    rig_pass(rig, 40 * OMB_DAY_MS);
    assert_int_equal(LIST(rig, "t1", .overdue = true), 1);
    assert_true(list(rig, "t1", NULL)->cases.items[0].overdue);
    assert_false(list(rig, "t1", NULL)->cases.items[1].overdue);
}

static void test_attention_lists_low_scores(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    new_case(rig);
    settle(rig, number);
    answer_of(ACT(rig, "t1", number, RATED, rated, NULL, .score = 1));
    assert_int_equal(LIST(rig, "h1", .attention = true), 1);
    assert_int_equal(LIST(rig, "h1", .attention = true, .status = ONE("open")), 0);
    assert_int_equal(LIST(rig, "h1", .escalated = true), 0);
    assert_int_equal(LIST(rig, "h1", .superseded = true), 0);
}

static void test_mine_is_responsible_or_offered(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    assert_int_equal(LIST(rig, "t1", .mine = true), 1);
    assert_int_equal(LIST(rig, "h1", .mine = true), 0);
    answer_of(ACT(rig, "s1", number, ASSIGNED, assigned, NULL,
                  .responsible = OMB_VIEW_LIT("h1")));
    assert_int_equal(LIST(rig, "h1", .mine = true), 1);
}

static void test_office_by_code_and_pattern(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    assert_int_equal(LIST(rig, "t1", .office = ONE("ho")), 1);
    assert_int_equal(LIST(rig, "t1", .office = ONE("ho/**")), 1);
    assert_int_equal(LIST(rig, "t1", .office = ONE("h*")), 1);
    assert_int_equal(LIST(rig, "t1", .office = ONE("?o")), 1);
    assert_int_equal(LIST(rig, "t1", .office = ONE("**")), 1);
}

static void test_office_that_is_not_there_is_refused(void **state)
{
    static const char *const wrong[] = {"hoo", "x*", "ho/*", "ho//x", "HO*"};
    struct rig *rig = *state;

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        const struct omb_view office = omb_view_str(wrong[i]);
        const struct omb_filter filter = {.office = {&office, 1}};
        const struct omb_case_list_ask ask = {.filter = &filter};

        assert_non_null(ask_as(rig, "t1", OMB_ASK_CASE_LIST, &ask)->error);
    }
}

static void test_misspelt_status_is_refused_with_the_nearest(void **state)
{
    struct rig *rig = *state;
    const struct omb_filter filter = {.status = ONE("opne")};
    const struct omb_case_list_ask ask = {.filter = &filter};

    must_refuse(ask_as(rig, "t1", OMB_ASK_CASE_LIST, &ask), "unknown-code", "open");
}

/* A pattern over a tree: a branch with what stands above it. */
static void test_patterns_begin_at_any_level(void **state)
{
    static const char *const right[] = {"north/**", "ho/**", "north/vsp-0045", "ho/*/vsp-*",
                                        "vsp-00??", "**/vsp-0045", "ho/**/vsp-0045"};
    struct rig rig;

    (void)state;
    rig_open(&rig, 2);
    hire(&rig, "t1", "teller");
    new_case(&rig);
    for (size_t i = 0; i < UNIT_COUNT(right); i++) {
        const struct omb_view office = omb_view_str(right[i]);

        if (LIST(&rig, "t1", .office = {&office, 1}) != 1)
            fail_msg("%s", right[i]);
    }
    assert_int_equal(LIST(&rig, "t1", .office = ONE("ho")), 0);
    assert_int_equal(LIST(&rig, "t1", .office = ONE("ho/*")), 0);
    rig_free(&rig);
}

/* --- pages --- */

static size_t walk_pages(struct rig *rig, const struct omb_filter *filter, uint32_t limit,
                         size_t *out_pages)
{
    struct omb_case_list_ask ask = {.filter = filter, .limit = limit};
    struct omb_view last = OMB_VIEW_NONE;
    size_t count = 0;

    *out_pages = 0;
    do {
        const struct omb_case_list *page =
            ANSWER(case_list, ask_as(rig, "s1", OMB_ASK_CASE_LIST, &ask));

        assert_true(page->cases.count <= limit);
        for (size_t i = 0; i < page->cases.count; i++) {
            assert_false(omb_view_equal(page->cases.items[i].number, last));
            last = page->cases.items[i].number;
        }
        count += page->cases.count;
        ask.cursor = page->cursor;
        ++*out_pages;
    } while (ask.cursor.size);
    return count;
}

static void test_pages_hold_every_case_once(void **state)
{
    struct rig *rig = *state;
    const struct omb_view both[] = {OMB_VIEW_LIT("open"), OMB_VIEW_LIT("closed")};
    const struct omb_filter filter = {.status = {both, 2}};
    size_t pages;

    for (size_t i = 0; i < 7; i++) {
        const struct omb_view number = new_case(rig);

        if (i % 2)
            settle(rig, number);
    }
    assert_int_equal(walk_pages(rig, NULL, 3, &pages), 7);
    assert_int_equal(pages, 3);
    assert_int_equal(walk_pages(rig, &filter, 2, &pages), 7);
    assert_int_equal(walk_pages(rig, &filter, 1, &pages), 7);
}

static void test_cursor_of_another_kind_is_refused(void **state)
{
    static const char *const wrong[] = {"x", "0-", "0-zz", "9-00", "0-0", "0-00", "1-00"};
    struct rig *rig = *state;

    new_case(rig);
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        const struct omb_case_list_ask ask = {.cursor = omb_view_str(wrong[i])};

        must_refuse(ask_as(rig, "t1", OMB_ASK_CASE_LIST, &ask), "invalid", "cursor");
    }
}

static void test_cursor_goes_with_its_filter(void **state)
{
    struct rig *rig = *state;
    const struct omb_view both[] = {OMB_VIEW_LIT("closed"), OMB_VIEW_LIT("open")};
    const struct omb_filter filter = {.status = {both, 2}};
    struct omb_case_list_ask ask = {.filter = &filter, .limit = 1};

    new_case(rig);
    new_case(rig);
    ask.cursor = ANSWER(case_list, ask_as(rig, "t1", OMB_ASK_CASE_LIST, &ask))->cursor;
    ask.filter = NULL;
    must_refuse(ask_as(rig, "t1", OMB_ASK_CASE_LIST, &ask), "invalid", "filter");
}

/* --- reports --- */

static const struct omb_report *report(struct rig *rig, const char *by, const char *measure,
                                       const struct omb_filter *filter)
{
    const struct omb_view dimension = omb_view_str(by), what = omb_view_str(measure);

    return ASK(rig, "an1", REPORT, report_ask, report, .by = {&dimension, by != NULL},
               .measures = {&what, 1}, .filter = filter);
}

static void test_report_counts_by_product(void **state)
{
    struct rig *rig = *state;
    const struct omb_report *counted;

    case_of(rig, "loans", "fees");
    case_of(rig, "cards", "fees");
    case_of(rig, "cards", "delay");
    counted = report(rig, "product", "registered", NULL);
    assert_int_equal(counted->rows.count, 2);
    assert_text(counted->rows.items[0].keys.items[0], "cards");
    assert_int_equal(counted->rows.items[0].values.items[0], 2);
    assert_text(counted->rows.items[1].keys.items[0], "loans");
    assert_int_equal(counted->rows.items[1].values.items[0], 1);
    assert_int_equal(counted->totals.items[0], 3);
    assert_int_equal(counted->as_of, RIG_START_MS);
}

static void test_report_by_office_shows_codes(void **state)
{
    struct rig *rig = *state;
    const struct omb_report *counted;

    new_case(rig);
    counted = report(rig, "office", "open", NULL);
    assert_int_equal(counted->rows.count, 1);
    assert_text(counted->rows.items[0].keys.items[0], "ho");
}

static void test_report_counts_what_the_filter_lets_through(void **state)
{
    struct rig *rig = *state;
    const struct omb_filter filter = {.product = ONE("loans")};

    case_of(rig, "loans", "fees");
    case_of(rig, "cards", "fees");
    assert_int_equal(report(rig, NULL, "registered", &filter)->totals.items[0], 1);
}

static void test_report_and_list_agree_on_overdue(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    settle(rig, new_case(rig));
    rig_pass(rig, 40 * OMB_DAY_MS);
    new_case(rig);
    assert_int_equal(report(rig, NULL, "overdue", NULL)->totals.items[0],
                     (int)LIST(rig, "s1", .overdue = true));
    assert_int_equal(LIST(rig, "s1", .overdue = true), 1);
}

static void test_unknown_measure_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_report_ask ask = {.measures = ONE("registred")};

    must_refuse(ask_as(rig, "an1", OMB_ASK_REPORT, &ask), "invalid", "registered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_no_filter_lists_all_in_order),
        DESK_TEST(test_codes_of_one_field_are_alternatives),
        DESK_TEST(test_fields_are_conditions_together),
        DESK_TEST(test_status_follows_the_case),
        DESK_TEST(test_receipt_from_since_until_before_until),
        DESK_TEST(test_overdue_is_open_past_the_decision),
        DESK_TEST(test_attention_lists_low_scores),
        DESK_TEST(test_mine_is_responsible_or_offered),
        DESK_TEST(test_office_by_code_and_pattern),
        DESK_TEST(test_office_that_is_not_there_is_refused),
        DESK_TEST(test_misspelt_status_is_refused_with_the_nearest),
        cmocka_unit_test(test_patterns_begin_at_any_level),
        DESK_TEST(test_pages_hold_every_case_once),
        DESK_TEST(test_cursor_of_another_kind_is_refused),
        DESK_TEST(test_cursor_goes_with_its_filter),
        DESK_TEST(test_report_counts_by_product),
        DESK_TEST(test_report_by_office_shows_codes),
        DESK_TEST(test_report_counts_what_the_filter_lets_through),
        DESK_TEST(test_report_and_list_agree_on_overdue),
        DESK_TEST(test_unknown_measure_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
