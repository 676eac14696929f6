/* One case at several offices: is it the same for all, whoever acts and whatever comes first? */
#include <string.h>

#include "support/family.h"
#include "unit.h"

/* --- who is who --- */

static const struct omb_case_list *listed_for(struct rig *rig, const char *who, bool mine)
{
    const struct omb_filter filter = {.mine = mine};

    return ASK(rig, who, CASE_LIST, case_list_ask, case_list, .filter = &filter);
}

static void test_operators_of_another_office_are_others(void **state)
{
    struct family *family = *state;
    struct complaint complaint;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.matter.confidential = true;
    complaint.extract.subject = OMB_VIEW_LIT("s1");
    number = complaint_send(RIG(family, OUTLET), "h1", &complaint);
    family_carry(family, OUTLET, NORTH);
    assert_text(show(RIG(family, OUTLET), "h1", number)->responsible, "h1");
    assert_text(shown(family, NORTH, number)->responsible, "h1@vsp-0045");
    assert_text(shown(family, NORTH, number)->first_asked, "h1@vsp-0045");
    must_refuse(ask_as(RIG(family, OUTLET), "s1", OMB_ASK_CASE_SHOW,
                       &(struct omb_case_ask){.number = number}),
                "forbidden", "subject");
    must_refuse(ask_as(RIG(family, NORTH), "h1", OMB_ASK_CASE_SHOW,
                       &(struct omb_case_ask){.number = number}),
                "forbidden", "confidential");
    assert_int_equal(listed_for(RIG(family, NORTH), "h1", false)->cases.count, 0);
    assert_int_equal(listed_for(RIG(family, NORTH), "s2", true)->cases.count, 0);
    assert_int_equal(listed_for(RIG(family, OUTLET), "h1", true)->cases.count, 1);
    assert_text(listed_for(RIG(family, NORTH), "s2", false)->cases.items[0].responsible,
                "h1@vsp-0045");
}

/* --- the same case everywhere --- */

/* `h1@vsp-0045` is `h1` at home. */
static struct omb_view bare(struct omb_view actor)
{
    for (size_t i = 0; i < actor.size; i++)
        if (actor.data[i] == '@')
            return omb_view(actor.data, i);
    return actor;
}

/* What a client gets, but for how operators of other offices are called. */
static void print_view(struct family *family, enum member member, struct omb_view number,
                       struct omb_buf *out)
{
    struct omb_case_view view = *shown(family, member, number);
    struct omb_event_view *events =
        OMB_ARENA_NEW(&RIG(family, member)->arena, struct omb_event_view, view.events.count);

    for (size_t i = 0; i < view.events.count; i++) {
        events[i] = view.events.items[i];
        events[i].actor = bare(events[i].actor);
    }
    view.events.items = events;
    view.first_asked = bare(view.first_asked);
    view.responsible = bare(view.responsible);
    omb_encode_case_view(&view, out);
}

static void assert_same(struct family *family, enum member one, enum member other,
                        struct omb_view number)
{
    struct omb_buf a = OMB_BUF_INIT, b = OMB_BUF_INIT;

    print_view(family, one, number, &a);
    print_view(family, other, number, &b);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    omb_buf_free(&a);
    omb_buf_free(&b);
}

static void test_take_over_beats_a_late_decision_at_a_silent_branch(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));
    const struct omb_case_view *view;

    answer_of(SEND(RIG(family, OUTLET), number, GRANTED, granted, "ho", NULL, .to = NULL));
    MEET(family, OUTLET, NORTH, HO);
    answer_of(take_over(RIG(family, NORTH), number));
    settle(RIG(family, OUTLET), number);
    answer_of(ACT(RIG(family, OUTLET), "h1", number, CONTACTED, contacted, "told him on the phone",
                  .method = OMB_VIEW_LIT("phone"), .direction = OMB_VIEW_LIT("to-client")));
    MEET(family, OUTLET, NORTH, HO);
    view = shown(family, HO, number);
    assert_text(view->status, "open");
    assert_text(view->custodian, "north");
    assert_true(has_code(view->flags, "superseded"));
    assert_true(has_code(view->flags, "lost-answer"));
    assert_false(event_of(&view->events, "resolved")->effect);
    assert_true(event_of(&view->events, "contacted")->effect);
    assert_same(family, OUTLET, HO, number);
    assert_same(family, OUTLET, NORTH, number);
}

static void test_low_score_is_attended_to_above(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(SEND(RIG(family, OUTLET), number, GRANTED, granted, "ho", NULL, .to = NULL));
    settle(RIG(family, OUTLET), number);
    answer_of(ACT(RIG(family, OUTLET), "t1", number, RATED, rated, "never again", .score = 2));
    MEET(family, OUTLET, NORTH, HO);
    assert_true(has_code(shown(family, HO, number)->flags, "attention"));
    answer_of(ACT(RIG(family, HO), "h1", number, ATTENDED, attended, "called him",
                  .done = OMB_VIEW_LIT("apology")));
    MEET(family, OUTLET, NORTH, HO);
    assert_false(has_code(shown(family, OUTLET, number)->flags, "attention"));
    assert_same(family, OUTLET, HO, number);
}

static void test_two_delegations_at_once_end_alike(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));

    answer_of(escalate(RIG(family, OUTLET), number, "north"));
    MEET(family, OUTLET, NORTH, HO);
    answer_of(SEND(RIG(family, NORTH), number, DELEGATED, delegated, "vsp-0046", "you know him",
                   .to = NULL));
    answer_of(take_over(RIG(family, HO), number));
    answer_of(SEND(RIG(family, HO), number, DELEGATED, delegated, "vsp-0045", NULL, .to = NULL));
    MEET(family, OUTLET, OTHER, NORTH, HO);
    assert_text(shown(family, OTHER, number)->custodian, "vsp-0045");
    assert_reads(family, OTHER, number);
    assert_same(family, OUTLET, OTHER, number);
    assert_same(family, OUTLET, NORTH, number);
    must_refuse(ACT(RIG(family, OTHER), "h1", number, RESOLVED, resolved, NULL,
                    .outcome = OMB_VIEW_LIT("founded"), .cause = OMB_VIEW_LIT("fees")),
                "refused", "only the custodian");
}

/* --- what comes in another order --- */

static void test_case_waits_for_its_registration_and_so_does_its_key(void **state)
{
    struct family *family = *state;
    const struct omb_view number = new_case(RIG(family, OUTLET));
    const struct omb_case_view *view;

    answer_of(escalate(RIG(family, OUTLET), number, "north"));
    family_carry(family, OUTLET, NORTH);
    answer_of(escalate(RIG(family, NORTH), number, "ho"));
    family_carry_own(family, NORTH, HO);
    view = shown(family, HO, number);
    assert_text(view->status, "waiting");
    assert_text(view->home, "vsp-0045");
    assert_int_equal(view->events.count, 1);
    assert_true(view->sealed);
    must_refuse(ACT(RIG(family, HO), "h1", number, NOTED, noted, NULL), "refused",
                "the registration of the case is not here yet");
    family_carry_own(family, OUTLET, HO);
    assert_text(shown(family, HO, number)->custodian, "ho");
    assert_reads(family, HO, number);
    MEET(family, OUTLET, NORTH, HO);
    assert_same(family, OUTLET, HO, number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAMILY_TEST(test_operators_of_another_office_are_others),
        FAMILY_TEST(test_take_over_beats_a_late_decision_at_a_silent_branch),
        FAMILY_TEST(test_low_score_is_attended_to_above),
        FAMILY_TEST(test_two_delegations_at_once_end_alike),
        FAMILY_TEST(test_case_waits_for_its_registration_and_so_does_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
