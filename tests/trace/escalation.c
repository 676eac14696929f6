/* A complaint goes up, is decided above, and comes down: do all offices tell it alike? */
#include "trace/bank.h"

static void test_what_is_registered_is_counted_above_and_read_by_nobody(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_told_in_order(tree, "vsp-0045 dials north", "vsp-0045 -> north Hello",
                       "north -> vsp-0045 Welcome", "vsp-0045 -> north Records",
                       "north -> vsp-0045 Ack", NULL);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_true(show(&bank.ho->rig, "s1", number)->sealed);
    assert_true(show(&bank.north->rig, "s1", number)->sealed);
    assert_null(show(&bank.ho->rig, "s1", number)->client);
    assert_false(tree_holds(bank.b46, number));
    assert_false(tree_holds(bank.south, number));
    tree_check(tree);
}

static void test_escalated_twice_decided_above_and_answered_at_the_branch(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    assert_text(show(&bank.north->rig, "s1", number)->narrative, "charged twice");
    assert_true(show(&bank.ho->rig, "s1", number)->sealed);

    ESCALATE(bank.north, number, "ho");
    tree_settle(tree);
    tree_agree(tree, number, "open", "ho", bank.b45, bank.north, bank.ho, NULL);
    assert_text(show(&bank.ho->rig, "s1", number)->client->name, "Client 17");

    RESOLVE(bank.ho, number, "the fee is paid back");
    tree_settle(tree);
    tree_agree(tree, number, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_text(show(&bank.b45->rig, "s1", number)->answer, "the fee is paid back");

    TELL(bank.b45, number);
    TREE_ACT(bank.b45, number, NULL, CLOSED, closed, NULL, .accepts = OMB_VIEW_LIT("yes"));
    tree_settle(tree);
    tree_agree(tree, number, "closed", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_told_in_order(tree, "vsp-0045 s1 writes escalated", "vsp-0045 -> north Records",
                       "north s1 writes escalated", "north -> vsp-0045 Records",
                       "ho s1 writes resolved", "ho -> north Records",
                       "north -> vsp-0045 Records", "vsp-0045 s1 writes answered",
                       "north -> ho Records", NULL);
    assert_false(tree_holds(bank.b46, number));
    tree_check(tree);
}

static void test_two_offices_act_at_once(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_cut(bank.b45);
    RESOLVE(bank.b45, number, "too late");
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.north, bank.ho, NULL);
    tree_agree(tree, number, "resolved", "vsp-0045", bank.b45, NULL);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    assert_false(tree_event_of(bank.b45, number, "resolved")->effect);
    assert_false(tree_event_of(bank.ho, number, "resolved")->effect);
    /* Home gave the key to the office that took over. */
    assert_text(show(&bank.north->rig, "s1", number)->narrative, "charged twice");
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_is_registered_is_counted_above_and_read_by_nobody),
        TREE_TEST(test_escalated_twice_decided_above_and_answered_at_the_branch),
        TREE_TEST(test_two_offices_act_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
