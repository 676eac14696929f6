/* Where are the records of a case, and what does each missing copy wait for? */
#include "trace/bank.h"

static const struct omb_trace_event *trace_of(struct tree_office *office, struct omb_view number,
                                              const char *type)
{
    const struct omb_trace *trace =
        ask_admin(office, OMB_ASK_CASE_TRACE, &(struct omb_trace_ask){.number = number});

    for (size_t i = 0; i < trace->events.count; i++) {
        if (omb_view_is(trace->events.items[i].type, type))
            return &trace->events.items[i];
    }
    fail_msg("no event %s", type);
    return NULL;
}

static const struct omb_trace_wait *wait_of(const struct omb_trace_event *event, const char *office)
{
    for (size_t i = 0; i < event->waits.count; i++) {
        if (omb_view_is(event->waits.items[i].office, office))
            return &event->waits.items[i];
    }
    return NULL;
}

static void test_a_trace_names_who_holds_and_who_waits(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_trace_event *event;

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    event = trace_of(bank.b45, number, "escalated");
    assert_true(has_code(event->held_by, "vsp-0045"));
    assert_true(has_code(event->held_by, "north"));
    assert_true(has_code(event->held_by, "ho"));
    assert_int_equal(event->waits.count, 0);

    tree_cut(bank.b45);
    RESOLVE(bank.north, number, "paid back");
    tree_pass(tree, 90 * OMB_SECOND_MS);
    event = trace_of(bank.north, number, "resolved");
    assert_true(has_code(event->held_by, "north"));
    assert_true(has_code(event->held_by, "ho"));
    assert_false(has_code(event->held_by, "vsp-0045"));
    assert_non_null(wait_of(event, "vsp-0045"));
    assert_true(has_line((struct omb_views){&wait_of(event, "vsp-0045")->on, 1}, "the link to"));
    assert_true(wait_of(event, "vsp-0045")->since > 0);
    event = trace_of(bank.ho, number, "resolved");
    assert_text(wait_of(event, "vsp-0045")->on, "not seen from here: north has it, ask there");
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_true(has_code(trace_of(bank.north, number, "resolved")->held_by, "vsp-0045"));
    /* That it answered says at the head office, too, that the decision had come to it. */
    assert_non_null(wait_of(trace_of(bank.ho, number, "resolved"), "vsp-0045"));
    TELL(bank.b45, number);
    tree_settle(tree);
    event = trace_of(bank.ho, number, "resolved");
    assert_true(has_code(event->held_by, "vsp-0045"));
    assert_int_equal(event->waits.count, 0);
    tree_check(tree);
}

static void test_a_trace_names_who_holds_up_what_goes_down(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_trace_event *event;

    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    tree_cut(bank.north);
    RESOLVE(bank.ho, number, "paid back");
    tree_pass(tree, 90 * OMB_SECOND_MS);
    event = trace_of(bank.ho, number, "resolved");
    assert_true(has_line((struct omb_views){&wait_of(event, "north")->on, 1}, "the link to"));
    assert_text(wait_of(event, "vsp-0045")->on, "it goes by way of north, which waits for it");
    tree_mend(bank.north);
    tree_settle(tree);
    event = trace_of(bank.ho, number, "resolved");
    assert_true(has_code(event->held_by, "north"));
    assert_text(wait_of(event, "vsp-0045")->on, "not seen from here: north has it, ask there");
    tree_check(tree);
}

static void test_a_trace_names_a_custodian_that_is_closed(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_office_change change = {.code = OMB_VIEW_LIT("north"),
                                             .successor = OMB_VIEW_LIT("south")};
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_cut(bank.b45);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    assert_text(wait_of(trace_of(bank.ho, number, "taken-over"), "north")->on,
                "sealed: the case's key, asked of vsp-0045");
    (void)ask_admin(bank.ho, OMB_ASK_OFFICE_CHANGE, &change);
    tree_settle(tree);
    assert_text(wait_of(trace_of(bank.ho, number, "taken-over"), "north")->on,
                "closed or revoked: an office above takes the case over");
}

static void test_a_trace_tells_a_cut_branch_who_has_nothing(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_trace_event *event;
    struct omb_view number;

    tree_cut(bank.b45);
    number = bank_complaint(bank.b45);
    tree_pass(tree, 90 * OMB_SECOND_MS);
    event = trace_of(bank.b45, number, "registered");
    assert_int_equal(event->held_by.count, 1);
    assert_non_null(wait_of(event, "north"));
    assert_text(wait_of(event, "ho")->on, "no witness of it has come");
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check(tree);
}

/* Its store lost what those above have the only copy of, and they gave it back. */
static void test_a_trace_knows_who_gave_back_what_was_lost(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_trace_event *event;

    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    event = trace_of(bank.b45, number, "registered");
    assert_true(has_code(event->held_by, "north"));
    assert_true(has_code(event->held_by, "ho"));
    assert_int_equal(event->waits.count, 0);
    tree_check(tree);
}

/* Its region has it alone when the branch comes under another one. `lost`: the branch has not. */
static void play_left_behind(struct tree *tree, bool lost)
{
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_trace_event *event;
    struct omb_view number;

    tree_cut(bank.north);
    number = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_cut(bank.b45);
    if (lost)
        tree_roll_back(bank.b45, copy);
    else
        memport_free(copy);
    tree_move(bank.b45, bank.south);
    tree_mend(lost ? bank.b45 : bank.north);
    tree_settle(tree);
    tree_mend(lost ? bank.north : bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    event = trace_of(bank.b45, number, "registered");
    assert_true(has_code(event->held_by, "south"));
    assert_true(has_code(event->held_by, "ho"));
    tree_check_whole(tree);
}

static void test_a_trace_knows_what_came_up_where_it_stood_before(void **state)
{
    play_left_behind(*state, false);
}

static void test_a_trace_knows_what_its_old_region_alone_had(void **state)
{
    play_left_behind(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_trace_names_who_holds_and_who_waits),
        TREE_TEST(test_a_trace_names_who_holds_up_what_goes_down),
        TREE_TEST(test_a_trace_names_a_custodian_that_is_closed),
        TREE_TEST(test_a_trace_tells_a_cut_branch_who_has_nothing),
        TREE_TEST(test_a_trace_knows_who_gave_back_what_was_lost),
        TREE_TEST(test_a_trace_knows_what_came_up_where_it_stood_before),
        TREE_TEST(test_a_trace_knows_what_its_old_region_alone_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
