/* Offices that are closed: who stands in for them, and who hears of it? */
#include "support/tree_drive.h"
#include "trace/bank.h"

enum { CASES = 250 };

/* By the office above both, as an administrator orders it. */
static void close_office(struct tree_office *office, struct tree_office *successor)
{
    const struct omb_office_change change = {.code = omb_view_str(office->code),
                                             .successor = omb_view_str(successor->code)};

    tree_tick(office->parent);
    tree_tell(office->tree, "%s is closed", office->code);
    (void)answer_of(ask_as(&office->parent->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    office->successor = successor;
}

static void test_a_closed_office_leaves_its_cases_to_its_successor(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view open = bank_complaint(bank.b45), decided = bank_complaint(bank.b45);
    const struct omb_case_view *view;

    ESCALATE(bank.b45, decided, "north");
    tree_settle(tree);
    assert_false(tree_holds(bank.b46, open));
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    /* It still stands on its line, gave its keys away, and takes nothing new. */
    assert_text(tree_link(bank.north, bank.b45)->state, "live");
    assert_int_equal(tree_link(bank.b45, bank.north)->lag_records, 0);
    must_refuse(complaint_try(&bank.b45->rig), "refused", "vsp-0046");
    tree_agree(tree, open, "open", "vsp-0045", bank.b45, bank.b46, bank.north, bank.ho, NULL);
    view = shown(bank.b46, open);
    assert_false(view->sealed);
    assert_text(view->narrative, "charged twice");
    tree_stop(bank.b45);
    /* The successor counts as home: what was decided above comes to it, and it answers. */
    RESOLVE(bank.north, decided, "paid back");
    RESOLVE(bank.b46, open, "paid back, too");
    tree_settle(tree);
    assert_text(shown(bank.b46, decided)->answer, "paid back");
    TELL(bank.b46, decided);
    TELL(bank.b46, open);
    tree_settle(tree);
    tree_agree(tree, decided, "answered", "vsp-0045", bank.b46, bank.north, bank.ho, NULL);
    tree_agree(tree, open, "answered", "vsp-0045", bank.b46, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* More cases than one turn takes; the daemon is stopped between two of them. */
static void test_a_closed_office_goes_on_giving_where_it_stopped(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view numbers[CASES];

    for (size_t i = 0; i < CASES; i++)
        numbers[i] = bank_complaint(bank.b45);
    tree_settle(tree);
    close_office(bank.b45, bank.b46);
    tree_pass(tree, 30);
    tree_stop(bank.b45);
    tree_pass(tree, 1000);
    tree_start(bank.b45);
    tree_settle(tree);
    for (size_t i = 0; i < CASES; i++)
        assert_false(shown(bank.b46, numbers[i])->sealed);
    tree_check(tree);
}

/* A case of another branch that the closed one was to decide: an office above takes it over. */
static void test_what_a_closed_office_was_to_decide_is_taken_over(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77);

    ESCALATE(bank.b77, number, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, number, "vsp-0045");
    tree_settle(tree);
    tree_stop(bank.b45); /* its machine is dead */
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b77, bank.ho, bank.north, NULL);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    RESOLVE(bank.north, number, "paid back");
    tree_settle(tree);
    tree_agree(tree, number, "resolved", "vsp-0077", bank.b77, bank.ho, bank.north, NULL);
    tree_check(tree);
}

/* Closed and not yet aware of it, it takes custody: it gets no key, whoever takes over does. */
static void test_a_closed_office_that_takes_a_case_gets_no_key(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77);

    tree_settle(tree);
    tree_move(bank.b77, bank.north);
    tree_settle(tree);
    tree_cut(bank.south);
    close_office(bank.south, bank.north);
    tree_settle(tree);
    TAKE_OVER(bank.south, number);
    tree_mend(bank.south);
    tree_settle(tree);
    tree_agree(tree, number, "open", "south", bank.b77, bank.south, bank.ho, bank.north, NULL);
    assert_true(shown(bank.south, number)->sealed);
    tree_check_whole(tree);
    TAKE_OVER(bank.ho, number);
    tree_settle(tree);
    assert_text(shown(bank.ho, number)->narrative, "charged twice");
    tree_check_whole(tree);
}

/* It stands in for another one, is closed itself, and so on: the last of them is home to all. */
static void test_stand_ins_follow_each_other(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const b47 = tree_add(tree, "vsp-0047", "branch", bank.north);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    tree_stop(bank.b45);
    close_office(bank.b46, b47);
    tree_settle(tree);
    tree_stop(bank.b46);
    assert_text(shown(b47, number)->narrative, "charged twice");
    RESOLVE(b47, number, "paid back");
    tree_settle(tree);
    tree_agree(tree, number, "resolved", "vsp-0045", b47, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* Its new parent is not above the office that was closed; that the old one was counts. */
static void test_a_stand_in_is_moved(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    tree_stop(bank.b45);
    tree_move(bank.b46, bank.south);
    tree_settle(tree);
    RESOLVE(bank.b46, number, "paid back");
    TELL(bank.b46, number);
    tree_settle(tree);
    tree_agree(tree, number, "answered", "vsp-0045", bank.b46, bank.south, bank.north, bank.ho,
               NULL);
    /* Nobody would be home to those cases if an office that is not above them closed it. */
    must_refuse(ask_as(&bank.south->rig, "admin", OMB_ASK_OFFICE_CHANGE,
                       &(struct omb_office_change){.code = OMB_VIEW_LIT("vsp-0046"),
                                                   .successor = OMB_VIEW_LIT("vsp-0077")}),
                "refused", "stands in for vsp-0045, which is not below this office");
    tree_check(tree);
}

static const struct omb_office_view *seen_at(struct tree_office *asked,
                                             const struct tree_office *whose)
{
    tree_tick(asked);
    return ASK(&asked->rig, "admin", OFFICE_SHOW, office_ask, office_view,
               .code = omb_view_str(whose->code));
}

static struct omb_view state_at(struct tree_office *asked, const struct tree_office *whose)
{
    return seen_at(asked, whose)->state;
}

/* Who goes on with its cases, by everybody who knows of the closing. */
static void test_a_closed_office_names_who_stands_in_for_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const all[] = {bank.ho, bank.north, bank.b45, bank.b46};
    int64_t until;

    assert_int_equal(seen_at(bank.north, bank.b45)->successor.size, 0);
    until = seen_at(bank.north, bank.b46)->not_after;
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        assert_text(seen_at(all[i], bank.b45)->successor, "vsp-0046");
        assert_int_equal(seen_at(all[i], bank.b46)->successor.size, 0);
    }
    /* Its next certificate ends when the one before would have. */
    assert_int_equal(seen_at(bank.north, bank.b46)->not_after, until);
    tree_check(tree);
}

static void test_a_stand_in_keeps_its_dates(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const int64_t until = seen_at(bank.north, bank.b46)->not_after;

    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    assert_int_equal(seen_at(bank.b46, bank.b46)->succeeds.count, 1);
    assert_int_equal(seen_at(bank.b46, bank.b46)->not_after, until);
    tree_check(tree);
}

/* What the office above certified does not hold yet where it comes to. */
static void test_a_stand_in_whose_clock_is_behind(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_set_clock(bank.b46, tree->now_ms - OMB_DAY_MS / 24);
    tree_settle(tree);
    close_office(bank.b45, bank.b46);
    tree_settle(tree);
    assert_int_equal(seen_at(bank.b46, bank.b46)->succeeds.count, 0);
    tree_pass(tree, OMB_DAY_MS / 12);
    assert_int_equal(seen_at(bank.b46, bank.b46)->succeeds.count, 1);
    tree_check(tree);
}

/* It had left before the region that it stood below closed it, which had not heard of that. */
static void test_a_closing_by_a_region_that_it_left_closes_nobody(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_office_change change = {.code = OMB_VIEW_LIT("vsp-0045"),
                                             .successor = OMB_VIEW_LIT("vsp-0046")};
    struct tree_office *const all[] = {bank.ho, bank.south, bank.b45, bank.north, bank.b46};

    tree_cut(bank.north);
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    (void)ask_admin(bank.north, OMB_ASK_OFFICE_CHANGE, &change);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        assert_text(state_at(all[i], bank.b45), "valid");
    tree_check_whole(tree);
}

/* The root let it go to the north and closes it before it knows that it came; it hears nothing. */
static void close_on_its_way(struct bank *bank, struct tree_office *branch)
{
    struct tree *tree = branch->tree;

    tree_cut(branch);
    close_office(branch, bank->south);
    tree_settle(tree);
    assert_true(tree_try_come_under(branch, bank->north));
    tree_mend(branch);
    tree_settle(tree);
}

static void assert_heard(struct bank *bank, struct tree_office *branch, struct omb_view number)
{
    tree_settle(branch->tree);
    must_refuse(complaint_try(&branch->rig), "refused", "south");
    assert_text(shown(bank->south, number)->narrative, "charged twice");
    tree_check_whole(branch->tree);
}

/* Who closed it is not its parent any more: it hears of it where it came. */
static void test_an_office_is_closed_on_its_way(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const branch = tree_add(tree, "vsp-0099", "branch", bank.ho);
    const struct omb_view number = bank_complaint(branch);

    tree_settle(tree);
    let_go(bank.ho, branch, bank.north);
    close_on_its_way(&bank, branch);
    assert_heard(&bank, branch, number);
}

/* Where it stood before, too: it is no new child there. */
static void test_an_office_is_closed_on_its_way_back(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_move(bank.b45, bank.ho);
    tree_settle(tree);
    let_go(bank.ho, bank.b45, bank.north);
    close_on_its_way(&bank, bank.b45);
    assert_heard(&bank, bank.b45, number);
}

/* The region that it came under has not heard of it either, and comes under another one. */
static void test_an_office_is_closed_on_its_way_and_its_region_moves(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const branch = tree_add(tree, "vsp-0099", "branch", bank.ho);
    const struct omb_view number = bank_complaint(branch);

    let_go(bank.ho, branch, bank.north);
    tree_cut(bank.north);
    close_on_its_way(&bank, branch);
    let_go(bank.ho, bank.north, bank.south);
    assert_true(tree_try_come_under(bank.north, bank.south));
    tree_mend(bank.north);
    assert_heard(&bank, branch, number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_closed_office_leaves_its_cases_to_its_successor),
        TREE_TEST(test_a_closed_office_names_who_stands_in_for_it),
        TREE_TEST(test_a_closed_office_goes_on_giving_where_it_stopped),
        TREE_TEST(test_what_a_closed_office_was_to_decide_is_taken_over),
        TREE_TEST(test_a_closed_office_that_takes_a_case_gets_no_key),
        TREE_TEST(test_stand_ins_follow_each_other),
        TREE_TEST(test_a_stand_in_is_moved),
        TREE_TEST(test_a_stand_in_keeps_its_dates),
        TREE_TEST(test_a_stand_in_whose_clock_is_behind),
        TREE_TEST(test_a_closing_by_a_region_that_it_left_closes_nobody),
        TREE_TEST(test_an_office_is_closed_on_its_way),
        TREE_TEST(test_an_office_is_closed_on_its_way_back),
        TREE_TEST(test_an_office_is_closed_on_its_way_and_its_region_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
