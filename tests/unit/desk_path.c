/* What is refused names the field that is wrong by its path in the request. */
#include "support/deskwork.h"
#include "unit.h"

static void assert_field(const struct omb_reply *reply, const char *path)
{
    assert_non_null(reply->error);
    assert_text(reply->error->field, path);
}

static void test_field_of_a_registration(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;

    complaint_new(&complaint);
    complaint.matter.product = OMB_VIEW_LIT("no-such-product");
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act),
                 "act.facts.registered.matter.product");
    complaint.matter.product = OMB_VIEW_NONE;
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act),
                 "act.facts.registered.matter.product");
    complaint_new(&complaint);
    complaint.registered.profile = OMB_VIEW_LIT("bank-standard");
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act), "act.facts.registered.profile");
    complaint_new(&complaint);
    complaint.act.number = OMB_VIEW_LIT("ho-2026-000001-00");
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act), "act.number");
    complaint_new(&complaint);
    complaint.act.about = OMB_VIEW_LIT("nowhere");
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act), "act.about");
    complaint_new(&complaint);
    complaint.matter.anonymous = true;
    assert_field(ask_as(rig, "t1", OMB_ASK_ACT, &complaint.act), "act.body.registered.client.name");
}

static void test_field_of_an_act(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);

    assert_field(ACT(rig, "h1", number, RESOLVED, resolved, "no",
                     .outcome = OMB_VIEW_LIT("fuonded")),
                 "act.facts.resolved.outcome");
    assert_field(ACT(rig, "s1", number, ESCALATED, escalated, "up",
                     .ground = OMB_VIEW_LIT("amount")),
                 "act.to");
    assert_field(ACT(rig, "h1", number, ASSIGNED, assigned, NULL,
                     .responsible = OMB_VIEW_LIT("nobody")),
                 "act.facts.assigned.responsible");
}

static void test_field_of_a_further_act(void **state)
{
    struct rig *rig = *state;
    struct complaint complaint;
    const struct omb_closed closed = {.accepts = OMB_VIEW_LIT("maybe")};
    static const struct omb_noted noted;
    const struct omb_facts facts[] = {{.event = {OMB_EVENT_NOTED, &noted}},
                                      {.event = {OMB_EVENT_CLOSED, &closed}}};
    const struct omb_act then[] = {{.facts = &facts[0]}, {.facts = &facts[1]}};

    complaint_new(&complaint);
    complaint.act.then.items = then;
    complaint.act.then.count = 2;
    assert_field(ask_as(rig, "h1", OMB_ASK_ACT, &complaint.act),
                 "act.then[1].facts.closed.accepts");
}

static void test_field_of_a_question(void **state)
{
    struct rig *rig = *state;
    const struct omb_filter filter = {.status = {&OMB_VIEW_LIT("opne"), 1}};
    const struct omb_filter offices = {.office = {&OMB_VIEW_LIT("nowhere"), 1}};

    assert_field(ask_as(rig, "t1", OMB_ASK_CASE_LIST,
                        &(struct omb_case_list_ask){.filter = &filter}),
                 "case_list.filter.status");
    assert_field(ask_as(rig, "an1", OMB_ASK_REPORT, &(struct omb_report_ask){.filter = &offices}),
                 "report.filter.office");
    assert_field(ask_as(rig, "t1", OMB_ASK_CASE_LIST,
                        &(struct omb_case_list_ask){.cursor = OMB_VIEW_LIT("x")}),
                 "case_list.cursor");
    assert_field(ask_as(rig, "au1", OMB_ASK_EXPLAIN,
                        &(struct omb_explain_ask){.record = OMB_VIEW_LIT("x")}),
                 "explain.record");
    assert_field(ask_as(rig, "t1", OMB_ASK_CASE_SHOW,
                        &(struct omb_case_ask){.number = OMB_VIEW_LIT("x")}),
                 "case_show.number");
}

static void test_refusal_of_nothing_in_the_request_names_no_field(void **state)
{
    struct rig *rig = *state;

    must_refuse(ask_as(rig, "t1", OMB_ASK_REPORT, &(struct omb_report_ask){.top = 0}), "forbidden",
                NULL);
    assert_field(ask_as(rig, "t1", OMB_ASK_REPORT, &(struct omb_report_ask){.top = 0}), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_field_of_a_registration),
        DESK_TEST(test_field_of_an_act),
        DESK_TEST(test_field_of_a_further_act),
        DESK_TEST(test_field_of_a_question),
        DESK_TEST(test_refusal_of_nothing_in_the_request_names_no_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
