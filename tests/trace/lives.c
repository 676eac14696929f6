/* In which life does a log go on after a start? */
#include "trace/bank.h"

static void test_a_restart_opens_no_life_when_the_parent_confirms(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;

    tree_stop(bank.b45);
    tree_start(bank.b45);
    tree_settle(tree);
    number = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_int_equal(lives_of(bank.ho, bank.b45), 1);
    tree_check(tree);
}

/* What they lost the root holds: that the region has no more of the branch's log says nothing. */
static void put_back_both(struct tree *tree, void (*again)(struct tree_office *branch))
{
    struct bank bank = bank_build(tree);
    struct memport *branch = tree_backup(bank.b45), *region = tree_backup(bank.north);
    const struct omb_view lost = bank_complaint(bank.b45);
    struct omb_view next;

    tree_settle(tree);
    tree_cut(bank.north);
    tree_roll_back(bank.north, region);
    tree_roll_back(bank.b45, branch);
    tree_settle(tree);
    again(bank.b45);
    tree_settle(tree);
    next = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, lost, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, next, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_int_equal(lives_of(bank.ho, bank.b45), 2);
    tree_check_whole(tree);
}

static void not_again(struct tree_office *branch)
{
    (void)branch;
}

static void on_another_line(struct tree_office *branch)
{
    tree_cut(branch);
    tree_pass(branch->tree, OMB_SECOND_MS);
    tree_mend(branch);
}

static void by_another_start(struct tree_office *branch)
{
    tree_stop(branch);
    tree_start(branch);
}

static void test_a_branch_is_put_back_with_its_region(void **state)
{
    put_back_both(*state, not_again);
}

/* That it has greeted since proves no more. */
static void test_a_branch_put_back_with_its_region_greets_again(void **state)
{
    put_back_both(*state, on_another_line);
}

static void test_a_branch_put_back_with_its_region_starts_again(void **state)
{
    put_back_both(*state, by_another_start);
}

static bool sorts_behind(const struct tree_office *office, const struct omb_incarnation *lost)
{
    const struct omb_incarnation life = omb_office_tip(office->rig.office)->incarnation;

    return OMB_ID_COMPARE(&life, lost) > 0;
}

/*
 * The branch loses a life and opens another of the same number, which sorts before the lost one.
 * That one comes home, and the daemon starts once more before anything is written.
 */
static void test_a_life_that_came_home_is_outlived(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    struct omb_incarnation lost;

    tree_cut(bank.b45);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    (void)bank_complaint(bank.b45);
    lost = omb_office_tip(bank.b45->rig.office)->incarnation;
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_cut(bank.b45);
    do {
        struct memport *again;

        tree_roll_back(bank.b45, copy);
        again = tree_backup(bank.b45);
        tree_pass(tree, OMB_SECOND_MS);
        (void)bank_complaint(bank.b45);
        copy = again;
    } while (sorts_behind(bank.b45, &lost));
    memport_free(copy);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    tree_settle(tree);
    assert_int_equal(lives_of(bank.b45, bank.b45), 3);
    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    assert_int_equal(lives_of(bank.north, bank.b45), 4);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_restart_opens_no_life_when_the_parent_confirms),
        TREE_TEST(test_a_branch_is_put_back_with_its_region),
        TREE_TEST(test_a_branch_put_back_with_its_region_greets_again),
        TREE_TEST(test_a_branch_put_back_with_its_region_starts_again),
        TREE_TEST(test_a_life_that_came_home_is_outlived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
