/* Does each dimension and each measure read from a case what its name says? */
#include "figures.h"

/* --- dimensions --- */

static void expect_key(struct sample *sample, const char *by, const char *key)
{
    struct omb_report_run *run = start(by, "waiting", 0);
    char words[128];

    add(run, sample);
    (void)snprintf(words, sizeof(words), "%s=0; | 0", key);
    expect(run, words);
}

static void every_dimension_reads_its_own_field(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 5, "cards");
    sample.matter.segment = OMB_VIEW_LIT("vip");
    sample.row.outcome = OMB_VIEW_LIT("partly");
    sample.row.cause = OMB_VIEW_LIT("staff");
    expect_key(&sample, "office", "vsp-5");
    expect_key(&sample, "about", "vsp-5");
    expect_key(&sample, "kind", "complaint");
    expect_key(&sample, "channel", "book");
    expect_key(&sample, "product", "cards");
    expect_key(&sample, "issue", "fees");
    expect_key(&sample, "severity", "normal");
    expect_key(&sample, "segment", "vip");
    expect_key(&sample, "status", "open");
    expect_key(&sample, "outcome", "partly");
    expect_key(&sample, "cause", "staff");
    expect_key(&sample, "custodian-level", "3");
    memset(&sample.about.office, 9, sizeof(sample.about.office));
    sample.matter.about = &sample.about;
    expect_key(&sample, "office,about", "vsp-5,vsp-9");
}

static void dates_are_local(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    sample.matter.received_at = at("2026-12-31T20:59:59Z");
    expect_key(&sample, "day,week,month,quarter,year", "2026-12-31,2026-W53,2026-12,2026-Q4,2026");
    sample.matter.received_at = at("2026-12-31T21:00:00Z");
    expect_key(&sample, "day,week,month,quarter,year", "2027-01-01,2026-W53,2027-01,2027-Q1,2027");
}

static void weeks_are_those_of_iso_8601(void **state)
{
    static const char *const weeks[][2] = {
        {"2025-12-28", "2025-W52"}, {"2025-12-29", "2026-W01"}, {"2026-01-01", "2026-W01"},
        {"2027-01-03", "2026-W53"}, {"2027-01-04", "2027-W01"}, {"2021-01-03", "2020-W53"},
        {"2024-12-30", "2025-W01"}, {"2026-09-30", "2026-W40"},
    };
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    for (size_t i = 0; i < UNIT_COUNT(weeks); i++) {
        sample.matter.received_at = at(weeks[i][0]);
        expect_key(&sample, "week", weeks[i][1]);
    }
}

static void resolution_and_answer_have_dates_of_their_own(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    expect_key(&sample, "month,resolved-month,answered-month", "2026-09,,");
    sample.row.resolved_at = at("2026-10-05T10:00:00Z");
    sample.row.answered_at = at("2026-11-30T21:30:00Z");
    expect_key(&sample, "month,resolved-month,answered-month", "2026-09,2026-10,2026-12");
    expect_key(&sample, "resolved-day,resolved-week,resolved-quarter,resolved-year",
               "2026-10-05,2026-W41,2026-Q4,2026");
    expect_key(&sample, "answered-day,answered-week,answered-quarter,answered-year",
               "2026-12-01,2026-W49,2026-Q4,2026");
}

static void an_instant_without_a_date_has_an_empty_key(void **state)
{
    static const int64_t odd[] = {0, INT64_MIN, INT64_MAX, INT64_MIN / 2, INT64_MAX / 2};
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    for (size_t i = 0; i < UNIT_COUNT(odd); i++) {
        sample.matter.received_at = odd[i];
        expect_key(&sample, "day,week,year", ",,");
    }
}

/* --- measures --- */

static void expect_measure(const struct sample *sample, const char *measure, int64_t value)
{
    struct omb_report_run *run = start("", measure, 0);
    char words[32];

    add(run, sample);
    (void)snprintf(words, sizeof(words), "| %lld", (long long)value);
    expect(run, words);
}

static void expect_in_status(const char *status, const char *measure, int64_t value)
{
    struct sample sample;

    make(&sample, 1, "cards");
    sample.row.status = omb_view_str(status);
    expect_measure(&sample, measure, value);
}

static void measures_of_status_follow_the_status(void **state)
{
    static const struct {
        const char *status;
        int64_t registered, open, resolved, answered, waiting;
    } rows[] = {
        {"waiting", 0, 0, 0, 0, 1}, {"open", 1, 1, 0, 0, 0},   {"resolved", 1, 0, 1, 0, 0},
        {"answered", 1, 0, 1, 1, 0}, {"closed", 1, 0, 1, 1, 0}, {"withdrawn", 1, 0, 0, 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        expect_in_status(rows[i].status, "registered", rows[i].registered);
        expect_in_status(rows[i].status, "open", rows[i].open);
        expect_in_status(rows[i].status, "resolved", rows[i].resolved);
        expect_in_status(rows[i].status, "answered", rows[i].answered);
        expect_in_status(rows[i].status, "waiting", rows[i].waiting);
    }
}

/* Now is 10 October. */
static void overdue_is_unanswered_past_the_decision(void **state)
{
    static const struct {
        const char *status, *due;
        int64_t overdue;
    } rows[] = {
        {"open", "2026-10-10T12:00:00Z", 0},     {"open", "2026-10-10T11:59:59Z", 1},
        {"resolved", "2026-10-09T20:59:59Z", 1}, {"answered", "2026-10-09T20:59:59Z", 0},
        {"closed", "2026-10-09T20:59:59Z", 0},   {"withdrawn", "2026-10-09T20:59:59Z", 0},
        {"waiting", "2026-10-09T20:59:59Z", 0},
    };
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        sample.row.status = omb_view_str(rows[i].status);
        sample.deadlines[1].due = at(rows[i].due);
        expect_measure(&sample, "overdue", rows[i].overdue);
    }
}

static void a_met_or_missing_decision_is_not_overdue(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    sample.deadlines[1].due = at("2026-10-01");
    expect_measure(&sample, "overdue", 1);
    sample.deadlines[1].met_at = at("2026-09-30");
    expect_measure(&sample, "overdue", 0);
    sample.row.deadlines.count = 1;
    expect_measure(&sample, "overdue", 0);
}

static void answered_late_is_after_the_decision_as_extended(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    sample.row.status = OMB_VIEW_LIT("answered");
    sample.row.answered_at = at("2026-10-22T08:00:00Z");
    expect_measure(&sample, "answered-late", 1);
    expect_measure(&sample, "extended", 0);
    sample.deadlines[1].due = at("2026-11-11T20:59:59Z");
    sample.deadlines[1].extended = true;
    expect_measure(&sample, "answered-late", 0);
    expect_measure(&sample, "extended", 1);
}

static void flags_and_fields_are_counted(void **state)
{
    struct sample sample;
    (void)state;

    make(&sample, 1, "cards");
    expect_measure(&sample, "attention", 0);
    expect_measure(&sample, "escalated", 0);
    flag(&sample, "attention");
    flag(&sample, "escalated");
    sample.row.outcome = OMB_VIEW_LIT("founded");
    sample.row.undated = true;
    sample.row.imported = true;
    sample.row.hand_overs = 4;
    expect_measure(&sample, "attention", 1);
    expect_measure(&sample, "escalated", 1);
    expect_measure(&sample, "founded", 1);
    expect_measure(&sample, "undated", 1);
    expect_measure(&sample, "imported", 1);
    expect_measure(&sample, "hand-overs", 4);
    sample.row.outcome = OMB_VIEW_LIT("unfounded");
    expect_measure(&sample, "founded", 0);
}

static void a_case_that_waits_counts_as_nothing_else(void **state)
{
    struct omb_report_run *run =
        start("office,product", "registered,imported,hand-overs,waiting", 0);
    struct sample sample;
    (void)state;

    make(&sample, 1, "");
    sample.row.matter = NULL;
    sample.row.status = OMB_VIEW_LIT("waiting");
    sample.row.imported = true;
    sample.row.hand_overs = 2;
    add(run, &sample);
    expect(run, "vsp-1,=0,0,0,1; | 0 0 0 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dimension_reads_its_own_field),
        cmocka_unit_test(dates_are_local),
        cmocka_unit_test(weeks_are_those_of_iso_8601),
        cmocka_unit_test(resolution_and_answer_have_dates_of_their_own),
        cmocka_unit_test(an_instant_without_a_date_has_an_empty_key),
        cmocka_unit_test(measures_of_status_follow_the_status),
        cmocka_unit_test(overdue_is_unanswered_past_the_decision),
        cmocka_unit_test(a_met_or_missing_decision_is_not_overdue),
        cmocka_unit_test(answered_late_is_after_the_decision_as_extended),
        cmocka_unit_test(flags_and_fields_are_counted),
        cmocka_unit_test(a_case_that_waits_counts_as_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
