/* A case from the counter to its end, as its operators see it: show and history. */
#include <stdio.h>
#include <stdlib.h>

#include "cases/number.h"
#include "support/deskwork.h"
#include "unit.h"
#include "wire/limits.h"

static const struct omb_deadline_view *deadline_of(const struct omb_case_view *view,
                                                   const char *name)
{
    for (size_t i = 0; i < view->deadlines.count; i++) {
        if (omb_view_is(view->deadlines.items[i].name, name))
            return &view->deadlines.items[i];
    }
    fail_msg("no deadline %s", name);
    return NULL;
}

/* --- registration --- */

static void test_registration_tells_number_date_and_channels(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_act_done *done;

    complaint_new(&complaint);
    done = ANSWER(act_done, ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act));
    assert_text(omb_view(done->number.data, 14), "ho-2026-000001");
    assert_int_equal(done->answer_by, INT64_C(1776815999000)); /* 2026-04-21T23:59:59Z */
    assert_true(has_code(done->channels, "book"));
    assert_int_equal(done->deadlines.count, 5);
}

static void test_registered_case_is_shown_with_its_words(void **state)
{
    struct rig *rig = *state;
    const struct omb_case_view *view = show(rig, "t1", new_case(rig));

    assert_text(view->home, "ho");
    assert_text(view->custodian, "ho");
    assert_text(view->about, "ho");
    assert_text(view->status, "open");
    assert_text(view->kind, "complaint");
    assert_text(view->first_asked, "t1");
    assert_text(view->responsible, "t1");
    assert_text(view->narrative, "charged twice");
    assert_non_null(view->client);
    assert_text(view->client->name, "Client 17");
    assert_false(view->sealed);
    assert_false(view->erased);
    assert_int_equal(view->received_at, RIG_START_MS);
    assert_int_equal(view->events.count, 1);
    assert_text(view->events.items[0].type, "registered");
    assert_text(view->events.items[0].actor, "t1");
    assert_text(view->events.items[0].text, "charged twice");
    assert_true(view->events.items[0].effect);
}

static void test_numbers_count_on_and_are_found_however_typed(void **state)
{
    struct rig *rig = *state;
    const struct omb_view first = new_case(rig), second = new_case(rig);
    char capitals[OMB_NUMBER_SIZE];

    assert_false(omb_view_equal(first, second));
    assert_text(omb_view(second.data, 14), "ho-2026-000002");
    snprintf(capitals, sizeof(capitals), "HO%.*s", (int)first.size - 2,
             (const char *)first.data + 2);
    assert_true(omb_view_equal(show(rig, "t1", omb_view_str(capitals))->number, first));
}

static void test_wrong_check_characters_are_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    char other[OMB_NUMBER_SIZE];
    struct omb_case_ask ask = {.number = omb_view_str(other)};

    snprintf(other, sizeof(other), "%.*s", OMB_VIEW_ARGS(number));
    other[number.size - 1] = other[number.size - 1] == '0' ? '1' : '0';
    ask.number = omb_view_str(other);
    assert_non_null(ask_as(rig, "t1", OMB_ASK_CASE_SHOW, &ask)->error);
}

/* --- the life of a case --- */

static void test_settled_case_shows_outcome_answer_and_times(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    rig_pass(rig, OMB_HOUR_MS);
    settle(rig, number);
    view = show(rig, "h1", number);
    assert_text(view->status, "closed");
    assert_text(view->outcome, "founded");
    assert_text(view->cause, "fees");
    assert_text(view->bank_error, "yes");
    assert_text(view->answer, "the fee is paid back");
    assert_int_equal(view->registered_at, RIG_START_MS);
    assert_int_equal(view->resolved_at, RIG_START_MS + OMB_HOUR_MS);
    assert_int_equal(view->answered_at, RIG_START_MS + OMB_HOUR_MS);
    assert_int_equal(view->closed_at, RIG_START_MS + OMB_HOUR_MS);
    assert_int_equal(view->events.count, 4);
    assert_true(deadline_of(view, "decision")->met);
    assert_false(deadline_of(view, "decision")->breached);
}

static void test_settled_on_the_spot_in_one_request(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_resolved resolved = {.outcome = OMB_VIEW_LIT("founded"),
                                          .cause = OMB_VIEW_LIT("service")};
    const struct omb_answered answered = {.method = OMB_VIEW_LIT("in-person")};
    const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("yes")};
    const struct omb_resolved_body decided = {.answer = OMB_VIEW_LIT("done at once")};
    const struct omb_body body = {.event = {OMB_BODY_RESOLVED, &decided}};
    const struct omb_facts facts[] = {{.event = {OMB_EVENT_RESOLVED, &resolved}},
                                      {.event = {OMB_EVENT_ANSWERED, &answered}},
                                      {.event = {OMB_EVENT_CLOSED, &closed}}};
    const struct omb_act then[] = {
        {.facts = &facts[0], .body = &body}, {.facts = &facts[1]}, {.facts = &facts[2]}};
    const struct omb_case_view *view;

    complaint_new(&complaint);
    complaint.act.then.items = then;
    complaint.act.then.count = UNIT_COUNT(then);
    view = show(rig, "h1", complaint_send(rig, "h1", &complaint));
    assert_text(view->status, "closed");
    assert_text(view->answer, "done at once");
    assert_int_equal(view->events.count, 4);
}

static void test_batch_that_fails_writes_nothing(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("yes")};
    const struct omb_facts facts = {.event = {OMB_EVENT_CLOSED, &closed}};
    const struct omb_act then = {.facts = &facts};
    const uint64_t before = omb_office_tip(rig->office)->records;

    complaint_new(&complaint);
    complaint.act.then.items = &then;
    complaint.act.then.count = 1;
    must_refuse(ask_as(rig, "h1", OMB_ASK_ACT, &complaint.act), "refused", "answer");
    assert_int_equal(omb_office_tip(rig->office)->records, before);
    assert_int_equal(ASK(rig, "s1", CASE_LIST, case_list_ask, case_list, .limit = 0)->cases.count,
                     0);
}

static void test_registration_is_no_further_act(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    struct omb_act then;
    const struct omb_reply *reply;

    complaint_new(&complaint);
    then = complaint.act;
    complaint.act.then.items = &then;
    complaint.act.then.count = 1;
    reply = ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act);
    must_refuse(reply, "invalid", "a registration begins a case");
    assert_text(reply->error->field, "act.then[0].facts");
}

static void test_reopened_case_shows_no_answer(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    settle(rig, number);
    answer_of(ACT(rig, "h1", number, REOPENED, reopened, "not all was paid back",
                  .ground = OMB_VIEW_LIT("client-asks")));
    view = show(rig, "h1", number);
    assert_text(view->status, "open");
    assert_int_equal(view->answer.size, 0);
    assert_text(event_of(&view->events, "resolved")->text,
                "findings: looked into\nanswer: the fee is paid back");
}

/* --- dates --- */

static void test_date_that_passed_unmet_is_breached(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    rig_pass(rig, 2 * OMB_DAY_MS);
    view = show(rig, "h1", number);
    assert_true(deadline_of(view, "first-response")->breached);
    assert_false(deadline_of(view, "first-response")->limit);
    assert_false(deadline_of(view, "decision")->breached);
    assert_true(deadline_of(view, "decision")->limit);
    rig_pass(rig, 30 * OMB_DAY_MS);
    assert_true(deadline_of(show(rig, "h1", number), "decision")->breached);
}

static void test_date_that_was_met_late_stays_breached(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_deadline_view *decision;

    rig_pass(rig, 40 * OMB_DAY_MS);
    settle(rig, number);
    decision = deadline_of(show(rig, "h1", number), "decision");
    assert_true(decision->met);
    assert_true(decision->breached);
}

static void test_withdrawal_stops_the_dates(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    rig_pass(rig, 2 * OMB_DAY_MS);
    answer_of(ACT(rig, "t1", number, WITHDRAWN, withdrawn, "not wanted any more",
                  .method = OMB_VIEW_LIT("phone")));
    rig_pass(rig, 40 * OMB_DAY_MS);
    view = show(rig, "t1", number);
    assert_text(view->status, "withdrawn");
    assert_false(deadline_of(view, "decision")->breached);
    assert_true(deadline_of(view, "first-response")->breached);
}

static void test_extension_moves_the_limit(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const int64_t until = RIG_START_MS + 35 * OMB_DAY_MS;
    const struct omb_deadline_view *decision;

    answer_of(ACT(rig, "s1", number, EXTENDED, extended, "an expert is asked",
                  .limit = OMB_VIEW_LIT("decision"), .until = until,
                  .ground = OMB_VIEW_LIT("time"), .method = OMB_VIEW_LIT("phone"),
                  .at = RIG_START_MS));
    rig_pass(rig, 30 * OMB_DAY_MS);
    decision = deadline_of(show(rig, "s1", number), "decision");
    assert_true(decision->extended);
    assert_int_equal(decision->due, until);
    assert_false(decision->breached);
}

/* --- what hangs on a case --- */

static void test_amendment_corrects_and_keeps_the_old_value(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_matter matter = {.product = OMB_VIEW_LIT("loans")};
    const struct omb_client client = {.phone = OMB_VIEW_LIT("555-0118")};
    const struct omb_registered_body words = {.client = &client};
    const struct omb_amended amended = {.matter = &matter};
    const struct omb_facts facts = {.event = {OMB_EVENT_AMENDED, &amended}};
    const struct omb_body body = {.event = {OMB_BODY_AMENDED, &words}};
    const struct omb_act act = {.number = number, .facts = &facts, .body = &body};
    const struct omb_case_view *view;

    answer_of(ask_as(rig, "t1", OMB_ASK_ACT, &act));
    view = show(rig, "t1", number);
    assert_text(view->product, "loans");
    assert_text(view->client->name, "Client 17");
    assert_text(view->client->phone, "555-0118");
    assert_text(view->narrative, "charged twice");
    assert_int_equal(view->corrected.count, 1);
    assert_text(view->corrected.items[0].field, "product");
    assert_text(view->corrected.items[0].value, "cards");
    assert_text(view->corrected.items[0].by, "t1");
}

static void test_promise_is_broken_when_its_date_passes(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    answer_of(ACT(rig, "t1", number, PROMISED, promised, "I will ask and reply",
                  .due = RIG_START_MS + OMB_DAY_MS, .to = OMB_VIEW_LIT("client")));
    view = show(rig, "t1", number);
    assert_int_equal(view->promises.count, 1);
    assert_text(view->promises.items[0].to, "client");
    assert_false(view->promises.items[0].broken);
    rig_pass(rig, 2 * OMB_DAY_MS);
    assert_true(show(rig, "t1", number)->promises.items[0].broken);
    answer_of(ACT(rig, "t1", number, KEPT, kept, "asked and replied", .promise = {{0}}));
    view = show(rig, "t1", number);
    assert_true(view->promises.items[0].kept);
    assert_false(view->promises.items[0].broken);
}

static void test_link_shows_the_other_number(void **state)
{
    struct rig *rig = *state;
    const struct omb_view first = new_case(rig), second = new_case(rig);
    const struct omb_linked linked = {.relation = OMB_VIEW_LIT("related")};
    const struct omb_facts facts = {.event = {OMB_EVENT_LINKED, &linked}};
    const struct omb_act act = {.number = second, .facts = &facts, .other = first};
    const struct omb_case_view *view;

    answer_of(ask_as(rig, "h1", OMB_ASK_ACT, &act));
    view = show(rig, "h1", second);
    assert_int_equal(view->links.count, 1);
    assert_true(omb_view_equal(view->links.items[0].other, first));
    assert_text(view->links.items[0].relation, "related");
}

static void test_acceptance_moves_the_responsible_operator(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    hire(rig, "h2", "handler");
    answer_of(ACT(rig, "h1", number, ASSIGNED, assigned, "yours",
                  .responsible = OMB_VIEW_LIT("h2")));
    assert_text(show(rig, "h1", number)->responsible, "t1");
    must_refuse(ACT(rig, "h1", number, ACCEPTED, accepted, NULL, .assignment = {{0}}), "forbidden",
                "only the operator");
    answer_of(ACT(rig, "h2", number, ACCEPTED, accepted, NULL, .assignment = {{0}}));
    assert_text(show(rig, "h1", number)->responsible, "h2");
    assert_text(show(rig, "h1", number)->first_asked, "t1");
}

static void test_low_score_comes_on_the_attention_list(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    settle(rig, number);
    answer_of(ACT(rig, "t1", number, RATED, rated, "not content", .score = 2));
    assert_true(has_code(show(rig, "h1", number)->flags, "attention"));
    assert_int_equal(show(rig, "h1", number)->score, 2);
    answer_of(ACT(rig, "h1", number, ATTENDED, attended, "called",
                  .done = OMB_VIEW_LIT("called")));
    assert_false(has_code(show(rig, "h1", number)->flags, "attention"));
}

/* Notes of 64 KiB until no reply could hold them all. */
static void test_case_of_many_long_notes_is_still_shown(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    char *note = malloc(OMB_TEXT_MAX + 1);
    const struct omb_case_view *view;
    size_t whole = 0;

    assert_non_null(note);
    memset(note, 'n', OMB_TEXT_MAX);
    note[OMB_TEXT_MAX] = '\0';
    for (size_t i = 0; i < 270; i++)
        answer_of(act_on(rig, "t1", number, OMB_EVENT_NOTED, NULL, note));
    view = show(rig, "t1", number);
    assert_int_equal(view->events.count, 271);
    for (size_t i = 0; i < view->events.count; i++)
        whole += view->events.items[i].text.size == OMB_TEXT_MAX;
    assert_true(whole > 50);
    assert_true(whole < 270);
    assert_text(view->events.items[270].text,
                "(left out: the texts before it fill the reply)");
    free(note);
}

/* --- history --- */

static void test_history_verifies_every_record(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_history *history;

    settle(rig, number);
    history = ASK(rig, "au1", CASE_HISTORY, history_ask, history, .number = number, .verify = true);
    assert_int_equal(history->events.count, 4);
    assert_int_equal(history->verified, 4);
    assert_int_equal(history->problems.count, 0);
    for (size_t i = 0; i < history->events.count; i++) {
        assert_text(history->events.items[i].proof, "ok");
        assert_int_equal(history->events.items[i].digest.size, 64);
        assert_int_equal(history->events.items[i].incarnation.size, 24);
    }
}

static void test_history_without_verify_has_no_proof_words(void **state)
{
    struct rig *rig = *state;
    const struct omb_history *history =
        ASK(rig, "t1", CASE_HISTORY, history_ask, history, .number = new_case(rig));

    assert_int_equal(history->verified, 0);
    assert_int_equal(history->events.items[0].proof.size, 0);
    assert_text(history->events.items[0].text, "charged twice");
}

static void test_history_names_the_record_that_does_not_hold(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_tip *tip = omb_office_tip(rig->office);
    const struct omb_key key = omb_key_part(tip->number, tip->seq, OMB_PART_BODY);
    const struct omb_history *history;

    rig_commit(rig);
    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_LIT("other bytes"));
    history = ASK(rig, "au1", CASE_HISTORY, history_ask, history, .number = number, .verify = true);
    assert_int_equal(history->verified, 0);
    assert_int_equal(history->problems.count, 1);
    assert_true(has_line(history->problems, "ho/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_registration_tells_number_date_and_channels),
        DESK_TEST(test_registered_case_is_shown_with_its_words),
        DESK_TEST(test_numbers_count_on_and_are_found_however_typed),
        DESK_TEST(test_wrong_check_characters_are_refused),
        DESK_TEST(test_settled_case_shows_outcome_answer_and_times),
        DESK_TEST(test_settled_on_the_spot_in_one_request),
        DESK_TEST(test_batch_that_fails_writes_nothing),
        DESK_TEST(test_registration_is_no_further_act),
        DESK_TEST(test_reopened_case_shows_no_answer),
        DESK_TEST(test_date_that_passed_unmet_is_breached),
        DESK_TEST(test_date_that_was_met_late_stays_breached),
        DESK_TEST(test_withdrawal_stops_the_dates),
        DESK_TEST(test_extension_moves_the_limit),
        DESK_TEST(test_amendment_corrects_and_keeps_the_old_value),
        DESK_TEST(test_promise_is_broken_when_its_date_passes),
        DESK_TEST(test_link_shows_the_other_number),
        DESK_TEST(test_acceptance_moves_the_responsible_operator),
        DESK_TEST(test_low_score_comes_on_the_attention_list),
        DESK_TEST(test_case_of_many_long_notes_is_still_shown),
        DESK_TEST(test_history_verifies_every_record),
        DESK_TEST(test_history_without_verify_has_no_proof_words),
        DESK_TEST(test_history_names_the_record_that_does_not_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
