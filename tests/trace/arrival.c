/* However late, often and crosswise records arrive: does everybody come to the same end? */
#include "support/whim.h"
#include "trace/bank.h"

#define NOTE(office, number) TREE_ACT((office), (number), NULL, NOTED, noted, "the client called", )

static void test_a_branch_works_for_days_without_a_line(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view numbers[12];

    tree_cut(bank.b45);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        numbers[i] = bank_complaint(bank.b45);
        RESOLVE(bank.b45, numbers[i], "paid back");
        TELL(bank.b45, numbers[i]);
        tree_pass(tree, 8 * OMB_HOUR_MS);
    }
    assert_false(tree_holds(bank.north, numbers[0]));
    tree_mend(bank.b45);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        tree_agree(tree, numbers[i], "answered", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* What was sent comes again after each greeting: a duplicate is a verdict, not an error. */
static void test_the_line_breaks_before_every_ack(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view numbers[8];

    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        numbers[i] = bank_complaint(bank.b45);
        ESCALATE(bank.b45, numbers[i], "ho");
        tree_pass(tree, bank.b45->up_ms + 1); /* the records are there, the ack is under way */
        tree_cut(bank.b45);
        tree_pass(tree, 60 * OMB_SECOND_MS);
        tree_mend(bank.b45);
        tree_pass(tree, 60 * OMB_SECOND_MS);
        tree_cut(bank.north);
        RESOLVE(bank.ho, numbers[i], "paid back");
        tree_mend(bank.north);
        tree_pass(tree, 60 * OMB_SECOND_MS);
    }
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        tree_agree(tree, numbers[i], "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

static uint32_t roll(void *arg, uint32_t sides)
{
    return whim_below(arg, sides);
}

/* No line between two daemons is as bad; what is missed on it, the daily comparison finds. */
static void test_frames_come_twice_late_and_overtake_each_other(void **state)
{
    static const struct tree_wire bad = {.twice = 200, .late = 200, .early = 200};
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const offices[] = {bank.b45, bank.north};
    struct omb_view numbers[8];
    struct whim whim;

    whim_init(&whim, 7);
    tree->dice = roll;
    tree->dice_arg = &whim;
    for (size_t i = 0; i < UNIT_COUNT(offices); i++)
        offices[i]->up_wire = offices[i]->down_wire = bad;
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        numbers[i] = bank_complaint(bank.b45);
        ESCALATE(bank.b45, numbers[i], "north");
        NOTE(bank.b45, numbers[i]);
        tree_pass(tree, 600 * OMB_SECOND_MS);
        if (tree_holds(bank.north, numbers[i]))
            NOTE(bank.north, numbers[i]);
    }
    assert_true(tree->met.twice > 0 && tree->met.late > 0 && tree->met.early > 0);
    for (size_t i = 0; i < UNIT_COUNT(offices); i++)
        tree_line_heal(offices[i]);
    tree_pass(tree, 25 * OMB_HOUR_MS);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        tree_agree(tree, numbers[i], "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

static void test_one_branch_hears_a_day_after_the_other(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    tree_cut(bank.b46);
    DELEGATE(bank.north, number, "vsp-0046");
    tree_settle(tree);
    assert_false(tree_holds(bank.b46, number));
    TREE_ACT(bank.b45, number, NULL, NOTED, noted, "the client called", );
    tree_pass(tree, OMB_DAY_MS);
    TAKE_OVER(bank.ho, number);
    tree_settle(tree);
    tree_mend(bank.b46);
    tree_settle(tree);
    tree_agree(tree, number, "open", "ho", bank.b45, bank.b46, bank.north, bank.ho, NULL);
    tree_check(tree);
}

static void test_delegated_to_a_branch_that_never_heard_of_home(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view mine = bank_complaint(bank.b45), other = bank_complaint(bank.b45);

    ESCALATE(bank.b45, mine, "ho");
    tree_settle(tree);
    assert_false(tree_holds(bank.b77, mine));
    DELEGATE(bank.ho, mine, "vsp-0077");
    tree_settle(tree);
    tree_agree(tree, mine, "open", "vsp-0077", bank.b45, bank.north, bank.ho, bank.south, bank.b77,
               NULL);
    assert_text(show(&bank.b77->rig, "s1", mine)->narrative, "charged twice");
    assert_true(show(&bank.south->rig, "s1", mine)->sealed);
    RESOLVE(bank.b77, mine, "we know the client: paid back");
    tree_settle(tree);
    tree_agree(tree, mine, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, bank.south,
               bank.b77, NULL);
    assert_text(show(&bank.b45->rig, "s1", mine)->answer, "we know the client: paid back");
    assert_false(tree_holds(bank.b77, other));
    assert_false(tree_holds(bank.b46, mine));
    tree_check(tree);
}

static void test_clocks_of_1970_and_2036_decide_nothing(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view early, late;

    tree_set_clock(bank.b45, 1000);
    tree_set_clock(bank.b46, INT64_C(2085978496000)); /* 2036-02-07T06:28:16Z */
    early = bank_complaint(bank.b45);
    late = bank_complaint(bank.b46);
    ESCALATE(bank.b45, early, "north");
    ESCALATE(bank.b46, late, "north");
    tree_settle(tree);
    RESOLVE(bank.north, early, "paid back");
    RESOLVE(bank.north, late, "paid back");
    tree_settle(tree);
    tree_agree(tree, early, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, late, "resolved", "vsp-0046", bank.b46, bank.north, bank.ho, NULL);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_branch_works_for_days_without_a_line),
        TREE_TEST(test_the_line_breaks_before_every_ack),
        TREE_TEST(test_frames_come_twice_late_and_overtake_each_other),
        TREE_TEST(test_one_branch_hears_a_day_after_the_other),
        TREE_TEST(test_delegated_to_a_branch_that_never_heard_of_home),
        TREE_TEST(test_clocks_of_1970_and_2036_decide_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
