/* Is every record that is kept without effect listed, with the rule that it breaks? */
#include "office/desk/inspect.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

struct work {
    struct rig *rig;
    struct omb_case_id id;
    struct omb_appended record;
    struct omb_view cursor;
    uint32_t limit;
    const struct omb_quarantine *listed;
    uint64_t counted;
};

/* --- scripts --- */

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, false, &work->id, &work->record, err);
}

/* An answer before a decision: this desk lets none pass, another version's might. */
static enum omb_rc do_answer(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_answered answered = {.method = OMB_VIEW_LIT("phone"),
                                          .at = step->input->now_ms};
    struct work *work = arg;

    return casework_write(step, &work->id, "t17", OMB_EVENT_ANSWERED, &answered, &work->record,
                          err);
}

static enum omb_rc do_note(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    struct omb_appended record;

    return casework_note(step, &work->id, "takes effect", &record, err);
}

static void count(void *arg, const struct omb_event *event)
{
    struct work *work = arg;

    assert_int_equal(event->facts->event.tag, OMB_EVENT_ANSWERED);
    work->counted++;
}

static enum omb_rc do_look(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_quarantine_ask ask = {.cursor = work->cursor, .limit = work->limit};
    const void *answer;
    enum omb_rc rc = omb_desk_log_quarantine(step, &ask, &answer, err);

    if (rc != OMB_OK)
        return rc;
    work->listed = omb_shape_copy(&omb_shape_quarantine, answer, &work->rig->arena);
    work->counted = 0;
    return omb_desk_flagged_each(step, OMB_FLAGGED_QUARANTINED, count, work, err);
}

static void run(struct work *work, rig_script *script)
{
    const struct omb_reply *reply = rig_run(work->rig, script, work);

    if (reply->error != NULL)
        fail_msg("%.*s", OMB_VIEW_ARGS(reply->error->words));
}

/* --- tests --- */

static void test_what_took_effect_is_not_listed(void **state)
{
    struct work work = {.rig = *state};

    run(&work, do_register);
    run(&work, do_note);
    run(&work, do_look);
    assert_int_equal(work.listed->records.count, 0);
    assert_int_equal(work.listed->cursor.size, 0);
    assert_int_equal(work.counted, 0);
}

static void test_what_breaks_a_rule_is_listed_with_it(void **state)
{
    struct work work = {.rig = *state};
    const struct omb_quarantined_record *record;
    char digest[OMB_HEX_DIGEST_SIZE];

    run(&work, do_register);
    run(&work, do_answer);
    run(&work, do_note);
    run(&work, do_look);
    assert_int_equal(work.listed->records.count, 1);
    record = &work.listed->records.items[0];
    omb_hex(OMB_VIEW_OF(work.record.digest.bytes), digest);
    assert_true(omb_view_is(record->record, digest));
    assert_true(omb_view_is(record->office, "ho"));
    assert_true(omb_view_is(record->type, "answered"));
    assert_true(record->why.size > 0);
    assert_true(record->number.size > 0);
    assert_int_equal(work.counted, 1);
}

static void test_pages_go_over_all_cases(void **state)
{
    struct work work = {.rig = *state, .limit = 1};
    size_t seen = 0, pages = 0;

    for (size_t i = 0; i < 3; i++) {
        run(&work, do_register);
        run(&work, do_answer);
    }
    do {
        run(&work, do_look);
        seen += work.listed->records.count;
        work.cursor = work.listed->cursor;
        assert_true(++pages < 8);
    } while (work.cursor.size > 0);
    assert_int_equal(seen, 3);
    assert_int_equal(work.counted, 3);
}

static void test_a_cursor_of_another_page_is_refused(void **state)
{
    struct work work = {.rig = *state, .cursor = OMB_VIEW_LIT("0-00112233")};

    assert_non_null(rig_run(work.rig, do_look, &work)->error);
    work.cursor = OMB_VIEW_LIT("7-00112233");
    assert_non_null(rig_run(work.rig, do_look, &work)->error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_what_took_effect_is_not_listed),
        RIG_TEST(test_what_breaks_a_rule_is_listed_with_it),
        RIG_TEST(test_pages_go_over_all_cases),
        RIG_TEST(test_a_cursor_of_another_page_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
