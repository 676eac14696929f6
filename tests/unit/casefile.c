/* Cases: are they found, indexed and counted as their records say, however often they are saved? */
#include <stdio.h>

#include "cases/number.h"
#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

struct work {
    struct omb_case_id id;
    struct omb_appended record;
    char number[OMB_NUMBER_SIZE];
    struct omb_case_id found;
    struct omb_error err;
    enum omb_rc rc;
};

/* --- scripts --- */

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, true, &work->id, &work->record, err);
}

static enum omb_rc do_note(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_note(step, &work->id, "a note", &work->record, err);
}

static enum omb_rc do_withdraw(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), step->input->now_ms};

    return casework_write(step, &work->id, "t17", OMB_EVENT_WITHDRAWN, &withdrawn, &work->record,
                          err);
}

static enum omb_rc do_find(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)err;
    work->err = (struct omb_error){0};
    work->rc = omb_casefile_find(step, omb_view_str(work->number), &work->found, &work->err);
    return OMB_OK;
}

static enum omb_rc do_save_again(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    struct omb_casefile file;
    const enum omb_rc rc = omb_casefile_load(step, &work->id, &file, err);

    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

static enum omb_rc do_forget_and_save(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_key key = omb_key_case(&work->id);

    omb_delete(omb_step_writes(step), OMB_FAMILY_CASE, omb_key_view(&key));
    return do_save_again(step, arg, err);
}

/* --- helpers --- */

static void run(struct rig *rig, rig_script *script, struct work *work)
{
    const struct omb_reply *reply = rig_run(rig, script, work);

    if (reply->error)
        print_error("%.*s\n", OMB_VIEW_ARGS(reply->error->words));
    assert_null(reply->error);
}

static struct work registered(struct rig *rig)
{
    struct work work = {.rc = OMB_OK};

    run(rig, do_register, &work);
    omb_number_print(&work.id, omb_office_code(rig->office), work.number);
    return work;
}

static void assert_not_found(struct rig *rig, struct work *work, enum omb_rc rc, const char *words)
{
    run(rig, do_find, work);
    assert_int_equal(work->rc, rc);
    if (!strstr(work->err.words, words))
        fail_msg("\"%s\" does not say \"%s\"", work->err.words, words);
}

struct printed {
    struct omb_buf text;
};

static enum omb_rc print_index(void *arg, struct omb_view key, struct omb_view value)
{
    struct printed *printed = arg;
    enum omb_index_kind kind;
    struct omb_view text;
    struct omb_case_id id;

    (void)value;
    assert_true(omb_key_read_index(key, &kind, &text, &id));
    if (kind == OMB_INDEX_DUE)
        omb_buf_printf(&printed->text, "d:%llu ", (unsigned long long)omb_be64(text.data));
    else
        omb_buf_printf(&printed->text, "%c:%.*s ", (int)kind, OMB_VIEW_ARGS(text));
    return OMB_OK;
}

static void assert_index(struct rig *rig, const char *expected)
{
    struct printed printed = {OMB_BUF_INIT};

    assert_int_equal(omb_port_scan(memport_port(rig->store), OMB_FAMILY_INDEX, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, print_index, &printed),
                     OMB_OK);
    assert_string_equal(omb_buf_str(&printed.text), expected);
    omb_buf_free(&printed.text);
}

/* --- finding --- */

static void test_a_number_finds_its_case(void **state)
{
    struct rig *rig = *state;
    struct work first = registered(rig), second = registered(rig);

    run(rig, do_find, &first);
    assert_int_equal(first.rc, OMB_OK);
    assert_int_equal(first.found.serial, first.id.serial);
    rig_commit(rig);
    run(rig, do_find, &second);
    assert_int_equal(second.found.serial, second.id.serial);
}

static void test_a_number_in_capitals_finds_its_case(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    for (char *at = work.number; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    run(rig, do_find, &work);
    assert_int_equal(work.rc, OMB_OK);
}

static void test_wrong_check_characters_are_told_from_an_unknown_case(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    char *last = work.number + strlen(work.number) - 1;

    *last = *last == '3' ? '4' : '3';
    assert_not_found(rig, &work, OMB_NOT_FOUND, "check characters");
    snprintf(work.number, sizeof(work.number), "ho-2026-000009-77");
    assert_not_found(rig, &work, OMB_NOT_FOUND, "no case 9 of 2026");
}

static void test_an_unknown_office_is_named_with_those_near_to_it(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    snprintf(work.number, sizeof(work.number), "hoo-2026-000001-77");
    assert_not_found(rig, &work, OMB_NOT_FOUND, "no office hoo is known here; near to it: ho");
}

static void test_what_is_no_number_is_said(void **state)
{
    struct work work = {.number = "17"};

    assert_not_found(*state, &work, OMB_INVALID, "");
    assert_true(work.err.words[0] != '\0');
}

/* A restored store may give a serial again: the check characters tell the two apart. */
static void test_two_cases_of_one_serial_are_told_apart(void **state)
{
    struct rig *rig = *state;
    struct work first = registered(rig), second;

    rig_commit(rig);
    rig_reopen(rig);
    omb_office_tip(rig->office)->serial = 0;
    second = registered(rig);
    assert_int_equal(first.id.serial, second.id.serial);
    assert_string_not_equal(first.number, second.number);
    run(rig, do_find, &first);
    assert_int_equal(first.rc, OMB_OK);
    assert_true(omb_incarnation_equal(&first.found.incarnation, &first.id.incarnation));
    run(rig, do_find, &second);
    assert_true(omb_incarnation_equal(&second.found.incarnation, &second.id.incarnation));
}

/* --- index rows --- */

static void test_index_follows_the_case(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    rig_commit(rig);
    assert_index(rig, "d:1776247200000 f:imported n:ho-2026-1 s:open "
                      "x:test/SRC-1 ");
    run(rig, do_withdraw, &work);
    rig_commit(rig);
    assert_index(rig, "f:imported f:withdrawn n:ho-2026-1 s:withdrawn x:test/SRC-1 ");
}

static void test_saving_again_changes_nothing(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    struct memport *before;

    run(rig, do_note, &work);
    rig_commit(rig);
    before = memport_copy(rig->store);
    run(rig, do_save_again, &work);
    rig_commit(rig);
    assert_true(memport_same(before, rig->store, OMB_FAMILY_CASE));
    assert_true(memport_same(before, rig->store, OMB_FAMILY_INDEX));
    memport_free(before);
}

static void test_a_row_that_was_lost_is_made_again_the_same(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    struct memport *before;

    run(rig, do_note, &work);
    rig_commit(rig);
    before = memport_copy(rig->store);
    run(rig, do_forget_and_save, &work);
    rig_commit(rig);
    assert_true(memport_same(before, rig->store, OMB_FAMILY_CASE));
    memport_free(before);
}

/* Whether events were written in one batch or in many must not show. */
static void test_batches_do_not_show_in_the_row(void **state)
{
    struct rig together, apart;
    struct work work = {.rc = OMB_OK};

    (void)state;
    rig_open(&together, 0);
    rig_open(&apart, 0);
    run(&together, do_register, &work);
    run(&together, do_note, &work);
    run(&together, do_withdraw, &work);
    rig_commit(&together);
    run(&apart, do_register, &work);
    rig_commit(&apart);
    run(&apart, do_note, &work);
    rig_commit(&apart);
    run(&apart, do_withdraw, &work);
    rig_commit(&apart);
    assert_int_equal(memport_count(together.store, OMB_FAMILY_CASE), 1);
    assert_true(memport_same(together.store, apart.store, OMB_FAMILY_CASE));
    assert_true(memport_same(together.store, apart.store, OMB_FAMILY_INDEX));
    assert_true(memport_same(together.store, apart.store, OMB_FAMILY_CASE_LOG));
    rig_free(&together);
    rig_free(&apart);
}

static void test_cases_are_counted_once(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    registered(rig);
    run(rig, do_note, &work);
    rig_commit(rig);
    run(rig, do_withdraw, &work);
    rig_commit(rig);
    rig_reopen(rig);
    assert_int_equal(omb_office_tip(rig->office)->cases, 2);
}

/* --- damage --- */

static void test_a_listed_record_that_is_gone_is_damage(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);
    const struct omb_key key = omb_key_record(work.record.number, work.record.seq);
    struct omb_input input = {.kind = OMB_INPUT_REQUEST};
    static const struct omb_act nothing;
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("id"), .ask = {OMB_ASK_ACT, &nothing}};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err;

    rig_commit(rig);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_NONE);
    rig_script_set(do_save_again, &work);
    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    input.local_admin = true;
    assert_int_equal(rig_step(rig, &input, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, "listed with a case"));
    omb_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_a_number_finds_its_case),
        RIG_TEST(test_a_number_in_capitals_finds_its_case),
        RIG_TEST(test_wrong_check_characters_are_told_from_an_unknown_case),
        RIG_TEST(test_an_unknown_office_is_named_with_those_near_to_it),
        RIG_TEST(test_what_is_no_number_is_said),
        RIG_TEST(test_two_cases_of_one_serial_are_told_apart),
        RIG_TEST(test_index_follows_the_case),
        RIG_TEST(test_saving_again_changes_nothing),
        RIG_TEST(test_a_row_that_was_lost_is_made_again_the_same),
        cmocka_unit_test(test_batches_do_not_show_in_the_row),
        RIG_TEST(test_cases_are_counted_once),
        RIG_TEST(test_a_listed_record_that_is_gone_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
