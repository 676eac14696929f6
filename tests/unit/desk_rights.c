/* Who may ask what, and who sees what of a case. */
#include "support/deskwork.h"
#include "unit.h"

static const char *const people[] = {"t1", "h1", "s1", "an1", "au1", "admin"};
enum { T = 1, H = 2, S = 4, AN = 8, AU = 16, AD = 32, ALL = 63 };

/* --- the table --- */

/* Asked with an empty message: whoever may ask gets an answer or another refusal. */
static void test_each_request_is_for_its_roles_alone(void **state)
{
    static const struct {
        uint32_t tag;
        unsigned may;
        const struct omb_shape *shape;
    } rows[] = {
        {OMB_ASK_ACT, T | H | S, &omb_shape_act},
        {OMB_ASK_IMPORT_BATCH, S, &omb_shape_import_batch},
        {OMB_ASK_OPERATOR_ADD, AD, &omb_shape_operator_add},
        {OMB_ASK_OPERATOR_CHANGE, AD, &omb_shape_operator_change},
        {OMB_ASK_STORE_REBUILD, AD, &omb_shape_store_rebuild},
        {OMB_ASK_STATUS, ALL, &omb_shape_status_ask},
        {OMB_ASK_CASE_SHOW, T | H | S | AN | AU, &omb_shape_case_ask},
        {OMB_ASK_CASE_HISTORY, ALL, &omb_shape_history_ask},
        {OMB_ASK_CASE_LIST, T | H | S | AN | AU, &omb_shape_case_list_ask},
        {OMB_ASK_LOG_LIST, AU | AD, &omb_shape_log_list_ask},
        {OMB_ASK_LOG_SHOW, AU | AD, &omb_shape_log_show_ask},
        {OMB_ASK_LOG_VERIFY, AU | AD, &omb_shape_log_verify_ask},
        {OMB_ASK_LOG_EXPORT, AU | AD, &omb_shape_log_export_ask},
        {OMB_ASK_EXPLAIN, AU | AD, &omb_shape_explain_ask},
        {OMB_ASK_REPORT, S | AN | AU, &omb_shape_report_ask},
        {OMB_ASK_CHANGES, H | S | AN | AU, &omb_shape_changes_ask},
        {OMB_ASK_OFFICE_LIST, ALL, &omb_shape_office_list_ask},
        {OMB_ASK_OFFICE_SHOW, ALL, &omb_shape_office_ask},
        {OMB_ASK_OPERATOR_LIST, S | AU | AD, &omb_shape_operator_list_ask},
        {OMB_ASK_POLICY_WHEN, ALL, &omb_shape_policy_when_ask},
        {OMB_ASK_STORE_STATS, AU | AD, &omb_shape_store_stats_ask},
        {OMB_ASK_STORE_CHECK, AU | AD, &omb_shape_store_check_ask},
        {OMB_ASK_DOCTOR, AU | AD, &omb_shape_doctor_ask},
        {OMB_ASK_EXPORT_EVENTS, S | AU, &omb_shape_export_events_ask},
        {OMB_ASK_VOCABULARY, ALL, &omb_shape_vocabulary_ask},
    };
    struct rig *rig = *state;
    static const uint8_t empty[4096];

    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        assert_true(rows[i].shape->size <= sizeof(empty));
        for (size_t p = 0; p < UNIT_COUNT(people); p++) {
            const struct omb_reply *reply = ask_as(rig, people[p], rows[i].tag, empty);
            const bool refused =
                reply->error != NULL && omb_view_is(reply->error->code, "forbidden");

            if (refused == !(rows[i].may & 1u << p))
                continue;
            fail_msg("request %u of %s", rows[i].tag, people[p]);
        }
    }
}

static void test_refusal_names_the_roles_that_could(void **state)
{
    struct rig *rig = *state;

    must_refuse(ask_as(rig, "t1", OMB_ASK_REPORT, &(struct omb_report_ask){.top = 0}), "forbidden",
                "supervisor, analyst or auditor");
}

static void test_act_takes_its_least_role(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    must_refuse(ACT(rig, "t1", number, RESOLVED, resolved, "no",
                    .outcome = OMB_VIEW_LIT("founded")),
                "forbidden", "a handler or supervisor");
    must_refuse(ACT(rig, "h1", number, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("other")),
                "forbidden", "a supervisor");
}

static void test_stranger_is_refused(void **state)
{
    struct rig *rig = *state;

    must_refuse(ask_as(rig, "nobody", OMB_ASK_STATUS, NULL), "forbidden",
                NULL);
}

static void test_revoked_operator_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_operator_change change = {.code = OMB_VIEW_LIT("t1"), .revoke = true};

    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change));
    must_refuse(ask_as(rig, "t1", OMB_ASK_STATUS, NULL), "forbidden", NULL);
}

/* --- words --- */

static void assert_no_words(const struct omb_case_view *view)
{
    assert_null(view->client);
    assert_int_equal(view->narrative.size, 0);
    assert_int_equal(view->answer.size, 0);
    for (size_t i = 0; i < view->events.count; i++)
        assert_int_equal(view->events.items[i].text.size, 0);
}

static void test_analyst_sees_facts_alone(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_case_view *view;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.extract.pseudonym = OMB_VIEW_LIT("p-17");
    number = complaint_send(rig, "t1", &complaint);
    settle(rig, number);
    view = show(rig, "an1", number);
    assert_text(view->outcome, "founded");
    assert_no_words(view);
    assert_int_equal(view->pseudonym.size, 0);
    assert_false(view->sealed);
    assert_text(show(rig, "t1", number)->pseudonym, "p-17");
}

static void test_auditor_reads_everything(void **state)
{
    struct rig *rig = *state;
    const struct omb_case_view *view = show(rig, "au1", new_case(rig));

    assert_text(view->narrative, "charged twice");
    assert_text(view->client->name, "Client 17");
}

static void test_admin_gets_history_of_facts(void **state)
{
    struct rig *rig = *state;
    const struct omb_history *history =
        ASK(rig, "admin", CASE_HISTORY, history_ask, history, .number = new_case(rig));

    assert_int_equal(history->events.count, 1);
    assert_int_equal(history->events.items[0].text.size, 0);
    assert_non_null(history->events.items[0].facts);
}

static void test_case_without_a_key_is_sealed(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_id id = {.home = omb_office_self(rig->office)->office,
                                   .incarnation = omb_office_tip(rig->office)->incarnation,
                                   .year = 2026,
                                   .serial = 1};
    const struct omb_key key = omb_key_case_secret(&id);
    const struct omb_case_view *view;

    rig_commit(rig);
    memport_set(rig->store, OMB_FAMILY_KEY, omb_key_view(&key), OMB_VIEW_NONE);
    view = show(rig, "s1", number);
    assert_true(view->sealed);
    assert_no_words(view);
    assert_true(show(rig, "an1", number)->sealed);
}

/* --- recusal --- */

static struct omb_view case_about(struct rig *rig, const char *subject)
{
    struct complaint complaint;

    complaint_new(&complaint);
    complaint.extract.subject = omb_view_str(subject);
    return complaint_send(rig, "t1", &complaint);
}

static void test_subject_may_not_read_the_case(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = case_about(rig, "h1");
    const struct omb_case_ask ask = {.number = number};
    const struct omb_history_ask history = {.number = number};

    must_refuse(ask_as(rig, "h1", OMB_ASK_CASE_SHOW, &ask), "forbidden", "subject");
    must_refuse(ask_as(rig, "h1", OMB_ASK_CASE_HISTORY, &history), "forbidden", "subject");
    assert_text(show(rig, "s1", number)->narrative, "charged twice");
}

static void test_subject_may_neither_act_nor_be_assigned(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = case_about(rig, "h1");

    must_refuse(ACT(rig, "h1", number, NOTED, noted, "I was not there"), "forbidden", "subject");
    must_refuse(ACT(rig, "s1", number, ASSIGNED, assigned, "yours",
                    .responsible = OMB_VIEW_LIT("h1")),
                "refused", "subject");
}

static void test_supervisor_who_is_the_subject_gets_no_export_of_it(void **state)
{
    struct rig *rig = *state;
    const struct omb_export_events *events;

    case_about(rig, "s1");
    new_case(rig);
    events = ASK(rig, "s1", EXPORT_EVENTS, export_events_ask, export_events, .limit = 0);
    assert_int_equal(events->events.count, 1);
    events = ASK(rig, "au1", EXPORT_EVENTS, export_events_ask, export_events, .limit = 0);
    assert_int_equal(events->events.count, 2);
}

/* --- confidential, anonymous --- */

static struct omb_view confidential_case(struct rig *rig)
{
    struct complaint complaint;

    complaint_new(&complaint);
    complaint.matter.confidential = true;
    return complaint_send(rig, "t1", &complaint);
}

static void test_confidential_case_is_for_responsible_and_supervisors(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = confidential_case(rig);
    const struct omb_case_ask ask = {.number = number};

    must_refuse(ask_as(rig, "h1", OMB_ASK_CASE_SHOW, &ask), "forbidden", "confidential");
    assert_text(show(rig, "t1", number)->narrative, "charged twice");
    assert_text(show(rig, "s1", number)->narrative, "charged twice");
    assert_true(show(rig, "s1", number)->confidential);
}

static void test_confidential_case_is_facts_for_analyst_and_auditor(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = confidential_case(rig);

    assert_no_words(show(rig, "an1", number));
    assert_no_words(show(rig, "au1", number));
}

static void test_confidential_case_is_listed_for_those_alone(void **state)
{
    struct rig *rig = *state;

    confidential_case(rig);
    assert_int_equal(
        ASK(rig, "h1", CASE_LIST, case_list_ask, case_list, .limit = 0)->cases.count, 0);
    assert_int_equal(
        ASK(rig, "t1", CASE_LIST, case_list_ask, case_list, .limit = 0)->cases.count, 1);
    assert_int_equal(
        ASK(rig, "s1", CASE_LIST, case_list_ask, case_list, .limit = 0)->cases.count, 1);
}

static void test_confidential_case_is_not_acted_on_by_others(void **state)
{
    struct rig *rig = *state;

    must_refuse(ACT(rig, "h1", confidential_case(rig), NOTED, noted, "seen"), "forbidden",
                "confidential");
}

static void test_anonymous_case_names_no_client(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_case_view *view;

    complaint_new(&complaint);
    complaint.matter.anonymous = true;
    must_refuse(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act), "invalid", "anonymous");
    complaint.words.client = NULL;
    view = show(rig, "t1", complaint_send(rig, "t1", &complaint));
    assert_true(view->anonymous);
    assert_non_null(view->client);
    assert_int_equal(view->client->name.size, 0);
}

/* --- erasure --- */

static void test_erased_case_keeps_facts_alone(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_case_view *view;

    settle(rig, number);
    hire(rig, "s2", "supervisor");
    answer_of(ACT(rig, "s1", number, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks")));
    answer_of(ACT(rig, "s2", number, ERASURE_CONFIRMED, erasure_confirmed, NULL,
                  .ground = OMB_VIEW_LIT("client-asks")));
    view = show(rig, "s1", number);
    assert_true(view->erased);
    assert_false(view->sealed);
    assert_no_words(view);
    assert_text(view->outcome, "founded");
}

static void test_words_with_the_act_that_erases_are_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_erasure_confirmed confirmed = {.ground = OMB_VIEW_LIT("client-asks")};
    static const struct omb_noted noted;
    const struct omb_text_body words = {.text = OMB_VIEW_LIT("one word more")};
    const struct omb_facts facts[] = {{.event = {OMB_EVENT_ERASURE_CONFIRMED, &confirmed}},
                                      {.event = {OMB_EVENT_NOTED, &noted}}};
    const struct omb_body body = {.event = {OMB_BODY_NOTED, &words}};
    const struct omb_act then = {.facts = &facts[1], .body = &body};
    struct omb_act act = {.facts = &facts[0], .then = {&then, 1}};

    act.number = new_case(rig);
    settle(rig, act.number);
    hire(rig, "s2", "supervisor");
    answer_of(
        ACT(rig, "s1", act.number, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks")));
    must_refuse(ask_as(rig, "s2", OMB_ASK_ACT, &act), "erased", "codes, not words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_each_request_is_for_its_roles_alone),
        DESK_TEST(test_refusal_names_the_roles_that_could),
        DESK_TEST(test_act_takes_its_least_role),
        DESK_TEST(test_stranger_is_refused),
        DESK_TEST(test_revoked_operator_is_refused),
        DESK_TEST(test_analyst_sees_facts_alone),
        DESK_TEST(test_auditor_reads_everything),
        DESK_TEST(test_admin_gets_history_of_facts),
        DESK_TEST(test_case_without_a_key_is_sealed),
        DESK_TEST(test_subject_may_not_read_the_case),
        DESK_TEST(test_subject_may_neither_act_nor_be_assigned),
        DESK_TEST(test_supervisor_who_is_the_subject_gets_no_export_of_it),
        DESK_TEST(test_confidential_case_is_for_responsible_and_supervisors),
        DESK_TEST(test_confidential_case_is_facts_for_analyst_and_auditor),
        DESK_TEST(test_confidential_case_is_listed_for_those_alone),
        DESK_TEST(test_confidential_case_is_not_acted_on_by_others),
        DESK_TEST(test_anonymous_case_names_no_client),
        DESK_TEST(test_erased_case_keeps_facts_alone),
        DESK_TEST(test_words_with_the_act_that_erases_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
