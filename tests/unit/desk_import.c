/* What must be done once: imported rows, and requests that are repeated. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <string.h>

#include "support/deskwork.h"
#include "unit.h"

/* A row of a file: a complaint with its source and reference. */
struct row {
    struct complaint complaint;
    char reference[16];
};

static void row_new(struct row *row, struct omb_import_row *out, uint64_t line,
                    const char *reference)
{
    complaint_new(&row->complaint);
    snprintf(row->reference, sizeof(row->reference), "%s", reference);
    row->complaint.imported.source = OMB_VIEW_LIT("csv");
    row->complaint.registered.imported = &row->complaint.imported;
    row->complaint.extract.reference = omb_view_str(row->reference);
    row->complaint.act.extract = &row->complaint.extract;
    *out = (struct omb_import_row){
        .line = line, .reference = omb_view_str(row->reference), .act = &row->complaint.act};
}

static const struct omb_import_done *import(struct rig *rig, const struct omb_import_row *rows,
                                            size_t count, bool dry_run)
{
    return ASK(rig, "s1", IMPORT_BATCH, import_batch, import_done, .source = OMB_VIEW_LIT("csv"),
               .rows = {rows, count}, .dry_run = dry_run);
}

static uint64_t cases(struct rig *rig)
{
    return omb_office_tip(rig->office)->cases;
}

/* --- imports --- */

static void test_rows_become_cases(void **state)
{
    struct rig *rig = *state;
    struct row rows[2];
    struct omb_import_row asked[2];
    const struct omb_import_done *done;
    const struct omb_case_view *view;

    row_new(&rows[0], &asked[0], 2, "A-1");
    row_new(&rows[1], &asked[1], 3, "A-2");
    done = import(rig, asked, 2, false);
    assert_int_equal(done->results.count, 2);
    assert_int_equal(done->results.items[1].line, 3);
    assert_false(done->results.items[1].duplicate);
    view = show(rig, "s1", done->results.items[1].number);
    assert_text(view->reference, "A-2");
    assert_true(has_code(view->flags, "imported"));
}

static void test_row_is_imported_once(void **state)
{
    struct rig *rig = *state;
    struct row rows[2];
    struct omb_import_row asked[2];
    const struct omb_import_done *first, *second;

    row_new(&rows[0], &asked[0], 2, "A-1");
    row_new(&rows[1], &asked[1], 9, "A-1");
    first = import(rig, asked, 2, false);
    assert_null(first->results.items[1].error);
    assert_true(first->results.items[1].duplicate);
    assert_true(
        omb_view_equal(first->results.items[0].number, first->results.items[1].number));
    rig_commit(rig);
    rig_reopen(rig);
    second = import(rig, asked, 1, false);
    assert_true(second->results.items[0].duplicate);
    assert_int_equal(cases(rig), 1);
}

/* As a restore leaves the store of an office that has nobody beside it. */
static void restore(struct rig *rig)
{
    const struct omb_restored_row row = {.made_at = 1, .restored_at = 2, .life = 1};
    const struct omb_key key = omb_key_meta("restored");
    struct omb_buf value = OMB_BUF_INIT;

    omb_encode_restored_row(&row, &value);
    memport_set(rig->store, OMB_FAMILY_META, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
    rig_reopen(rig);
}

/*
 * As a duplicate the row would be lost when the case turns out to be erased, as a new case it would
 * be there twice when it does not.
 */
static void test_row_of_a_withheld_case_is_refused_until_it_is_known(void **state)
{
    static const struct omb_backup_serve anyway = {};
    struct rig *rig = *state;
    struct row rows[2];
    struct omb_import_row asked[2];
    const struct omb_import_result *result;
    struct omb_digest number;

    row_new(&rows[0], &asked[0], 2, "A-1");
    number = omb_hash("tests/number", import(rig, asked, 1, false)->results.items[0].number);
    rig_commit(rig);
    restore(rig);
    row_new(&rows[1], &asked[1], 3, "A-2");
    result = import(rig, asked, 2, false)->results.items;
    assert_non_null(result[0].error);
    assert_text(result[0].error->code, "refused");
    assert_text(result[0].error->field, "reference");
    assert_non_null(memmem(result[0].error->words.data, result[0].error->words.size,
                           "serve-anyway", strlen("serve-anyway")));
    assert_false(result[0].duplicate);
    assert_int_equal(result[0].number.size, 0);
    assert_null(result[1].error);
    assert_int_equal(cases(rig), 2);
    result = import(rig, asked, 1, true)->results.items;
    assert_non_null(result[0].error);
    answer_of(ask_as(rig, "admin", OMB_ASK_BACKUP_SERVE, &anyway));
    result = import(rig, asked, 1, false)->results.items;
    assert_true(result[0].duplicate);
    assert_memory_equal(omb_hash("tests/number", result[0].number).bytes, number.bytes,
                        sizeof(number.bytes));
    assert_int_equal(cases(rig), 2);
}

static void test_bad_row_fails_alone(void **state)
{
    struct rig *rig = *state;
    struct row rows[3];
    struct omb_import_row asked[3];
    const struct omb_import_done *done;

    for (size_t i = 0; i < 3; i++)
        row_new(&rows[i], &asked[i], 2 + i, i == 0 ? "A-1" : i == 1 ? "A-2" : "A-3");
    rows[1].complaint.matter.kind = OMB_VIEW_LIT("complain");
    done = import(rig, asked, 3, false);
    assert_null(done->results.items[0].error);
    assert_text(done->results.items[1].error->code, "unknown-code");
    assert_text(done->results.items[1].error->field, "act.facts.registered.matter.kind");
    assert_int_equal(done->results.items[1].number.size, 0);
    assert_null(done->results.items[2].error);
    assert_int_equal(cases(rig), 2);
    assert_text(omb_view(done->results.items[2].number.data, 14), "ho-2026-000002");
}

static void test_unlisted_codes_of_the_source_pass(void **state)
{
    struct rig *rig = *state;
    struct row row;
    struct omb_import_row asked;
    const struct omb_filter filter = {.product = {&OMB_VIEW_LIT("student-loan"), 1}};
    const struct omb_case_list_ask ask = {.filter = &filter};

    row_new(&row, &asked, 2, "A-1");
    row.complaint.matter.product = OMB_VIEW_LIT("student-loan");
    assert_null(import(rig, &asked, 1, false)->results.items[0].error);
    assert_int_equal(
        ANSWER(case_list, ask_as(rig, "s1", OMB_ASK_CASE_LIST, &ask))->cases.count, 1);
}

static void test_dry_run_finds_what_is_wrong_and_writes_nothing(void **state)
{
    struct rig *rig = *state;
    struct row rows[2];
    struct omb_import_row asked[2];
    const uint64_t before = omb_office_tip(rig->office)->records;
    const struct omb_import_done *done;

    row_new(&rows[0], &asked[0], 2, "A-1");
    row_new(&rows[1], &asked[1], 3, "A-2");
    rows[1].complaint.matter.channel = OMB_VIEW_NONE;
    done = import(rig, asked, 2, true);
    assert_null(done->results.items[0].error);
    assert_int_equal(done->results.items[0].number.size, 0);
    assert_text(done->results.items[1].error->field, "act.facts.registered.matter.channel");
    assert_int_equal(omb_office_tip(rig->office)->records, before);
    assert_false(import(rig, asked, 1, false)->results.items[0].duplicate);
}

static void test_row_of_another_source_is_refused(void **state)
{
    struct rig *rig = *state;
    struct row row;
    struct omb_import_row asked;

    row_new(&row, &asked, 2, "A-1");
    row.complaint.imported.source = OMB_VIEW_LIT("cfpb");
    assert_non_null(import(rig, &asked, 1, false)->results.items[0].error);
    assert_int_equal(cases(rig), 0);
}

/* --- repeated requests --- */

static void test_repeated_request_is_done_once(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_act_done *first, *second;

    complaint_new(&complaint);
    first = ANSWER(act_done, ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    second = ANSWER(act_done, ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    assert_true(omb_view_equal(first->number, second->number));
    assert_true(omb_view_equal(first->record, second->record));
    assert_int_equal(cases(rig), 1);
}

static void test_repeated_request_is_known_after_a_restart(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_act_done *first, *second;

    complaint_new(&complaint);
    first = ANSWER(act_done, ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    rig_commit(rig);
    rig_reopen(rig);
    second = ANSWER(act_done, ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    assert_true(omb_view_equal(first->number, second->number));
    assert_int_equal(cases(rig), 1);
}

static void test_same_id_with_other_content_is_refused(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;

    complaint_new(&complaint);
    answer_of(ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    complaint.matter.product = OMB_VIEW_LIT("loans");
    must_refuse(ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act), "conflict", NULL);
    assert_int_equal(cases(rig), 1);
}

static void test_same_id_of_another_operator_is_another_request(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;

    complaint_new(&complaint);
    answer_of(ask_again(rig, "t1", "r-1", OMB_ASK_ACT, &complaint.act));
    answer_of(ask_again(rig, "h1", "r-1", OMB_ASK_ACT, &complaint.act));
    assert_int_equal(cases(rig), 2);
}

static void test_refused_request_may_be_tried_again(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_answered answered = {.method = OMB_VIEW_LIT("phone")};
    const struct omb_facts facts = {.event = {OMB_EVENT_ANSWERED, &answered}};
    const struct omb_act act = {.number = number, .facts = &facts};

    must_refuse(ask_again(rig, "h1", "r-1", OMB_ASK_ACT, &act), "refused", "resolve");
    answer_of(ACT(rig, "h1", number, RESOLVED, resolved, "decided",
                  .outcome = OMB_VIEW_LIT("unfounded"), .cause = OMB_VIEW_LIT("other")));
    answer_of(ask_again(rig, "h1", "r-1", OMB_ASK_ACT, &act));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_rows_become_cases),
        DESK_TEST(test_row_is_imported_once),
        DESK_TEST(test_row_of_a_withheld_case_is_refused_until_it_is_known),
        DESK_TEST(test_bad_row_fails_alone),
        DESK_TEST(test_unlisted_codes_of_the_source_pass),
        DESK_TEST(test_dry_run_finds_what_is_wrong_and_writes_nothing),
        DESK_TEST(test_row_of_another_source_is_refused),
        DESK_TEST(test_repeated_request_is_done_once),
        DESK_TEST(test_repeated_request_is_known_after_a_restart),
        DESK_TEST(test_same_id_with_other_content_is_refused),
        DESK_TEST(test_same_id_of_another_operator_is_another_request),
        DESK_TEST(test_refused_request_may_be_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
