/* Requests: is each judged by who asks, done once, and answered in words when it is not? */
#include <stdio.h>

#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

struct work {
    struct omb_case_id id;
    struct omb_appended record;
    size_t runs;
};

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    work->runs++;
    return casework_register(step, false, &work->id, &work->record, err);
}

static enum omb_rc do_refuse(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    (void)step;
    work->runs++;
    return omb_fail(err, OMB_MISSING, "product", "a complaint needs a product");
}

static enum omb_rc do_break(struct omb_step *step, void *arg, struct omb_error *err)
{
    (void)step;
    (void)arg;
    return omb_fail(err, OMB_DAMAGED, NULL, "a row is damaged");
}

/* Refused without words of its own. */
static enum omb_rc do_refuse_silently(struct omb_step *step, void *arg, struct omb_error *err)
{
    (void)step;
    (void)arg;
    (void)err;
    return OMB_NOT_FOUND;
}

struct newcomer {
    struct omb_operator operator_;
    bool refuse;
};

static enum omb_rc do_enrol(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct newcomer *newcomer = arg;
    const struct omb_view role = OMB_VIEW_LIT("teller");
    const struct omb_operator_row row = {
        .code = omb_view_str(newcomer->operator_.code),
        .roles = {&role, 1},
        .public_key = OMB_VIEW_OF(newcomer->operator_.key),
        .revoked = newcomer->operator_.revoked,
        .since = step->input->now_ms,
    };

    omb_office_set_operator(step, &newcomer->operator_, &row);
    return newcomer->refuse ? omb_fail(err, OMB_REFUSED, NULL, "not today") : OMB_OK;
}

static struct newcomer teller(void)
{
    struct newcomer newcomer = {.operator_ = {.code = "t17", .roles = OMB_MAY(TELLER)}};

    memset(newcomer.operator_.key, 0x17, sizeof(newcomer.operator_.key));
    return newcomer;
}

static void assert_refused(const struct omb_reply *reply, const char *code, const char *words)
{
    char said[512];

    assert_non_null(reply->error);
    snprintf(said, sizeof(said), "%.*s: %.*s", OMB_VIEW_ARGS(reply->error->code),
             OMB_VIEW_ARGS(reply->error->words));
    assert_true(omb_view_is(reply->error->code, code));
    if (!strstr(said, words))
        fail_msg("\"%s\" does not say \"%s\"", said, words);
}

static struct omb_view id_of(const char *text)
{
    return omb_view_str(text);
}

/* --- once --- */

static void test_a_repeated_request_gets_the_first_reply_and_does_nothing(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    const struct omb_reply *first, *second;

    first = rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    rig_commit(rig);
    second = rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    assert_int_equal(work.runs, 1);
    assert_true(omb_view_equal(OMB_AS(act_done, first->answer)->position,
                               OMB_AS(act_done, second->answer)->position));
    assert_false(omb_update_must_sync(rig->update));
}

static void test_a_request_repeated_within_a_batch_is_done_once(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    assert_null(rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work)->error);
    assert_int_equal(work.runs, 1);
}

static void test_a_request_repeated_after_a_restart_is_done_once(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    rig_commit(rig);
    rig_reopen(rig);
    assert_null(rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work)->error);
    assert_int_equal(work.runs, 1);
}

static const struct omb_reply *ask_with_number(struct rig *rig, const char *number)
{
    const struct omb_act act = {.number = omb_view_str(number)};
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("id-1"), .ask = {OMB_ASK_ACT, &act}};

    return rig_request(rig, rig->admin, &request);
}

static void test_the_same_id_with_other_content_is_refused_also_after_a_restart(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    assert_refused(ask_with_number(rig, "other"), "conflict", "id");
    rig_commit(rig);
    assert_refused(ask_with_number(rig, "other"), "conflict", "id");
    rig_reopen(rig);
    assert_refused(ask_with_number(rig, "other"), "conflict", "id");
}

static void test_two_operators_may_use_the_same_id(void **state)
{
    struct rig *rig = *state;
    struct newcomer newcomer = teller();
    struct work work = {0};

    assert_null(rig_run(rig, do_enrol, &newcomer)->error);
    rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    rig_run_as(rig, newcomer.operator_.key, id_of("id-1"), do_register, &work);
    assert_int_equal(work.runs, 2);
}

static void test_a_refused_request_may_be_tried_again_under_its_id(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    assert_refused(rig_run_as(rig, rig->admin, id_of("id-1"), do_refuse, &work), "missing",
                   "product");
    assert_null(rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work)->error);
    assert_int_equal(work.runs, 2);
}

static void test_ids_are_forgotten_after_thirty_days(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    rig_run_as(rig, rig->admin, id_of("id-1"), do_register, &work);
    rig_commit(rig);
    rig_pass(rig, 30 * OMB_DAY_MS - 1);
    rig_tick(rig);
    rig_commit(rig);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_REQUEST), 1);
    rig_pass(rig, 1);
    rig_tick(rig);
    rig_commit(rig);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_REQUEST), 0);
}

/* --- who may --- */

static void test_an_unknown_key_is_refused(void **state)
{
    struct rig *rig = *state;
    const uint8_t stranger[OMB_PUBLIC_SIZE] = {1};
    struct work work = {0};

    assert_refused(rig_run_as(rig, stranger, id_of("x"), do_register, &work), "forbidden",
                   "no operator");
    assert_int_equal(work.runs, 0);
    assert_false(omb_office_admits(rig->office, stranger));
}

static void test_a_revoked_operator_is_refused_and_not_admitted(void **state)
{
    struct rig *rig = *state;
    struct newcomer newcomer = teller();
    struct work work = {0};

    rig_run(rig, do_enrol, &newcomer);
    assert_true(omb_office_admits(rig->office, newcomer.operator_.key));
    newcomer.operator_.revoked = true;
    rig_run(rig, do_enrol, &newcomer);
    assert_false(omb_office_admits(rig->office, newcomer.operator_.key));
    assert_refused(rig_run_as(rig, newcomer.operator_.key, id_of("x"), do_register, &work),
                   "forbidden", "no operator");
}

static void test_a_role_that_may_not_is_told_which_could(void **state)
{
    struct rig *rig = *state;
    const struct omb_history_ask ask = {.number = OMB_VIEW_LIT("x")};

    assert_refused(rig_ask(rig, OMB_ASK_CASE_HISTORY, &ask), "forbidden",
                   "auditor; admin has admin");
}

static void test_a_request_in_no_row_is_refused(void **state)
{
    struct rig *rig = *state;
    static const struct omb_status_ask ask;

    assert_refused(rig_ask(rig, OMB_ASK_STATUS, &ask), "forbidden", "no role");
}

static void test_the_local_command_line_acts_as_admin_whatever_key(void **state)
{
    struct rig *rig = *state;
    static const struct omb_act nothing;
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("id"), .ask = {OMB_ASK_ACT, &nothing}};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = true};
    const struct omb_reply_out *replies;
    struct omb_reply reply;
    struct work work = {0};

    rig_run_as(rig, rig->admin, id_of("other"), do_register, &work); /* sets the script */
    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    assert_int_equal(rig_step(rig, &input, NULL), OMB_OK);
    assert_int_equal(omb_update_replies(rig->update, &replies), 2);
    assert_int_equal(omb_decode_reply(replies[1].bytes, &rig->arena, &reply, NULL), OMB_OK);
    assert_null(reply.error);
    assert_int_equal(work.runs, 2);
    omb_buf_free(&bytes);
}

/* --- operators over savepoints and restarts --- */

static void test_a_refused_enrolment_leaves_no_operator(void **state)
{
    struct rig *rig = *state;
    struct newcomer newcomer = teller();
    const uint8_t(*keys)[OMB_PUBLIC_SIZE];

    newcomer.refuse = true;
    rig_run(rig, do_enrol, &newcomer);
    assert_int_equal(omb_office_admitted(rig->office, &keys), 1);
    assert_memory_equal(keys[0], rig->admin, OMB_PUBLIC_SIZE);
    rig_commit(rig);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_OPERATOR), 1);
}

static void test_a_refused_change_keeps_the_operator_as_it_was(void **state)
{
    struct rig *rig = *state;
    struct newcomer newcomer = teller();

    rig_run(rig, do_enrol, &newcomer);
    newcomer.operator_.revoked = true;
    newcomer.refuse = true;
    rig_run(rig, do_enrol, &newcomer);
    assert_true(omb_office_admits(rig->office, newcomer.operator_.key));
}

static void test_operators_are_there_again_after_a_restart(void **state)
{
    struct rig *rig = *state;
    struct newcomer newcomer = teller();
    const struct omb_operator *operators;

    rig_run(rig, do_enrol, &newcomer);
    assert_true(omb_update_operators_changed(rig->update));
    rig_commit(rig);
    assert_false(omb_update_operators_changed(rig->update));
    rig_reopen(rig);
    assert_int_equal(omb_office_operators(rig->office, &operators), 2);
    assert_string_equal(operators[1].code, "t17");
    assert_int_equal(operators[1].roles, OMB_MAY(TELLER));
}

/* --- form --- */

static void test_bytes_that_are_no_request_are_refused(void **state)
{
    struct rig *rig = *state;

    assert_refused(rig_bytes(rig, rig->admin, OMB_VIEW_LIT("\xff\xff\xff")), "invalid", "");
}

static void test_another_protocol_is_refused(void **state)
{
    struct rig *rig = *state;
    static const struct omb_act nothing;
    const struct omb_request request = {
        .protocol = 2, .id = OMB_VIEW_LIT("id"), .ask = {OMB_ASK_ACT, &nothing}};

    assert_refused(rig_request(rig, rig->admin, &request), "later", "protocol 1");
}

static void test_ids_have_one_to_thirty_two_bytes(void **state)
{
    struct rig *rig = *state;
    static const struct omb_act nothing;
    struct omb_request request = {.protocol = 1, .ask = {OMB_ASK_ACT, &nothing}};

    assert_refused(rig_request(rig, rig->admin, &request), "invalid", "1 to 32");
    request.id = OMB_VIEW_LIT("0123456789012345678901234567890123");
    assert_refused(rig_request(rig, rig->admin, &request), "invalid", "1 to 32");
}

static void test_a_request_that_asks_nothing_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_request request = {.protocol = 1, .id = OMB_VIEW_LIT("id")};

    assert_refused(rig_request(rig, rig->admin, &request), "missing", "nothing");
}

static void test_refusals_carry_the_request_s_id(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};

    assert_true(
        omb_view_is(rig_run_as(rig, rig->admin, id_of("my id"), do_refuse, &work)->id, "my id"));
}

/* The bytes end inside the act, behind a protocol and an id that can be read. */
static void test_a_request_that_cannot_be_decoded_is_refused_under_its_id(void **state)
{
    struct rig *rig = *state;
    const struct omb_reply *reply =
        rig_bytes(rig, rig->admin, OMB_VIEW_LIT("\x08\x01\x12\x05my id\x82\x01\x05"));

    assert_refused(reply, "invalid", "");
    assert_true(omb_view_is(reply->id, "my id"));
}

static void test_a_refusal_without_words_says_what_its_code_means(void **state)
{
    struct rig *rig = *state;

    assert_refused(rig_run(rig, do_refuse_silently, NULL), "not-found",
                   omb_rc_meaning(OMB_NOT_FOUND));
}

static void test_damage_met_while_answering_ends_the_step(void **state)
{
    struct rig *rig = *state;
    struct work work = {0};
    struct omb_input input = {.kind = OMB_INPUT_REQUEST};
    static const struct omb_act nothing;
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("id-9"), .ask = {OMB_ASK_ACT, &nothing}};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err;

    rig_run(rig, do_refuse, &work);
    rig_script_set(do_break, NULL);
    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    memcpy(input.peer, rig->admin, sizeof(input.peer));
    assert_int_equal(rig_step(rig, &input, &err), OMB_DAMAGED);
    assert_string_equal(err.words, "a row is damaged");
    omb_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_a_repeated_request_gets_the_first_reply_and_does_nothing),
        RIG_TEST(test_a_request_repeated_within_a_batch_is_done_once),
        RIG_TEST(test_a_request_repeated_after_a_restart_is_done_once),
        RIG_TEST(test_the_same_id_with_other_content_is_refused_also_after_a_restart),
        RIG_TEST(test_two_operators_may_use_the_same_id),
        RIG_TEST(test_a_refused_request_may_be_tried_again_under_its_id),
        RIG_TEST(test_ids_are_forgotten_after_thirty_days),
        RIG_TEST(test_an_unknown_key_is_refused),
        RIG_TEST(test_a_revoked_operator_is_refused_and_not_admitted),
        RIG_TEST(test_a_role_that_may_not_is_told_which_could),
        RIG_TEST(test_a_request_in_no_row_is_refused),
        RIG_TEST(test_the_local_command_line_acts_as_admin_whatever_key),
        RIG_TEST(test_a_refused_enrolment_leaves_no_operator),
        RIG_TEST(test_a_refused_change_keeps_the_operator_as_it_was),
        RIG_TEST(test_operators_are_there_again_after_a_restart),
        RIG_TEST(test_bytes_that_are_no_request_are_refused),
        RIG_TEST(test_another_protocol_is_refused),
        RIG_TEST(test_ids_have_one_to_thirty_two_bytes),
        RIG_TEST(test_a_request_that_asks_nothing_is_refused),
        RIG_TEST(test_refusals_carry_the_request_s_id),
        RIG_TEST(test_a_request_that_cannot_be_decoded_is_refused_under_its_id),
        RIG_TEST(test_a_refusal_without_words_says_what_its_code_means),
        RIG_TEST(test_damage_met_while_answering_ends_the_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
