/* The tree itself changes: an office comes under another one, or is silent and passed over. */
#include "support/tree_drive.h"
#include "trace/bank.h"

static void test_a_branch_comes_under_another_region(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view quiet = bank_complaint(bank.b45), decided = bank_complaint(bank.b45);
    const struct omb_office_change move = {.code = OMB_VIEW_LIT("vsp-0045"),
                                           .parent = OMB_VIEW_LIT("south")};
    struct omb_view later;

    ESCALATE(bank.b45, decided, "north");
    tree_settle(tree);
    must_refuse(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &move), "not-found",
                "no office south is known here: an office above both moves it");
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    /* The new parent has its log and its cases; the old one let it go. */
    tree_agree(tree, quiet, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_agree(tree, decided, "open", "north", bank.b45, bank.south, bank.ho, bank.north, NULL);
    assert_true(shown(bank.south, decided)->sealed);
    later = bank_complaint(bank.b45);
    RESOLVE(bank.north, decided, "paid back");
    tree_settle(tree);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    assert_false(tree_holds(bank.north, later));
    tree_agree(tree, decided, "resolved", "vsp-0045", bank.b45, bank.south, bank.ho, bank.north,
               NULL);
    assert_text(shown(bank.b45, decided)->answer, "paid back");
    ESCALATE(bank.b45, later, "south");
    tree_settle(tree);
    assert_text(shown(bank.south, later)->narrative, "charged twice");
    tree_check_whole(tree);
}

/* A region that the home came under and left has to do with the case again: it lacks a note. */
static void test_a_case_comes_back_to_a_region_that_its_home_left(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const branch = tree_add(tree, "vsp-0099", "branch", bank.ho);
    const struct omb_view number = bank_complaint(branch);

    tree_settle(tree);
    tree_move(branch, bank.north);
    tree_settle(tree);
    tree_move(branch, bank.south);
    tree_settle(tree);
    TAKE_OVER(bank.ho, number);
    tree_settle(tree);
    TREE_ACT(bank.ho, number, NULL, NOTED, noted, "the client called", );
    tree_settle(tree);
    DELEGATE(bank.ho, number, "north");
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", branch, bank.south, bank.ho, bank.north, NULL);
    tree_check_whole(tree);
}

/* What it wrote where nobody heard it is signed as an office of the old region; it comes along. */
static void test_a_branch_is_moved_with_work_that_nobody_has(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;

    tree_settle(tree);
    tree_cut(bank.b45);
    number = bank_complaint(bank.b45);
    RESOLVE(bank.b45, number, "paid back");
    tree_pass(tree, OMB_DAY_MS);
    assert_false(tree_holds(bank.ho, number));
    tree_mend(bank.b45);
    tree_stop(bank.north); /* the old parent is gone, too */
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    tree_agree(tree, number, "resolved", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_start(bank.north);
    tree_settle(tree);
    assert_null(tree_link(bank.north, bank.b45));
    tree_check_whole(tree);
}

/* Those below it do not notice, and what they have reaches the new parent. */
static void test_a_region_comes_under_another_one(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77), foreign = bank_complaint(bank.b45);
    struct omb_view later;

    ESCALATE(bank.b45, foreign, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, foreign, "vsp-0077");
    tree_settle(tree);
    tree_move(bank.south, bank.north);
    later = bank_complaint(bank.b77);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0077", bank.b77, bank.south, bank.north, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0077", bank.b77, bank.south, bank.north, bank.ho, NULL);
    RESOLVE(bank.b77, foreign, "paid back");
    ESCALATE(bank.b77, later, "south");
    tree_settle(tree);
    ESCALATE(bank.south, later, "north");
    tree_settle(tree);
    tree_agree(tree, foreign, "resolved", "vsp-0045", bank.b45, bank.b77, bank.south, bank.north,
               bank.ho, NULL);
    assert_text(shown(bank.north, later)->narrative, "charged twice");
    RESOLVE(bank.north, later, "paid back, too");
    tree_settle(tree);
    tree_agree(tree, later, "resolved", "vsp-0077", bank.b77, bank.south, bank.north, bank.ho,
               NULL);
    tree_check_whole(tree);
}

/* Who hears of it only then knows none of the certificates that it had between. */
static void test_a_branch_that_was_moved_twice_is_known_to_a_stranger(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.ho);
    struct omb_view number;

    tree_settle(tree);
    tree_move(bank.b45, east);
    tree_settle(tree);
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    number = bank_complaint(bank.b45);
    ESCALATE(bank.b45, number, "south");
    tree_settle(tree);
    DELEGATE(bank.south, number, "vsp-0077");
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0077", bank.b45, bank.b77, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* The line on which it was the parent may stand yet when it learns that it is the child now. */
static void test_a_region_comes_under_the_one_that_was_below_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.north);
    const struct omb_view number = bank_complaint(bank.b45);
    struct omb_view later;

    tree_settle(tree);
    tree_cut(bank.north);
    tree_move(east, bank.ho);
    tree_move(bank.north, east);
    tree_mend(bank.north);
    tree_settle(tree);
    later = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, east, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.north, east, bank.ho, NULL);
    assert_text(tree_link(bank.north, east)->state, "live");
    tree_check_whole(tree);
}

/* An office that was below and is above now: a line that it dialled as a child stands yet. */
static void test_the_line_of_a_child_is_given_up_when_it_is_the_parent(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.north);
    const struct omb_office_change change = {.code = OMB_VIEW_LIT("north"),
                                             .parent = OMB_VIEW_LIT("east")};
    const struct omb_hello hello = {
        .protocol_min = 1,
        .protocol_max = 1,
        .office = east->id,
        .store_epoch = OMB_VIEW_OF(east->rig.epoch),
        .clock = tree->now_ms,
        .software = OMB_VIEW_LIT("east 1.0"),
    };
    const struct omb_frame frame = {.message = {OMB_FRAME_HELLO, &hello}};
    struct omb_input input = {.kind = OMB_INPUT_FRAME, .link = 4711};
    struct omb_buf bundle = OMB_BUF_INIT, bytes = OMB_BUF_INIT;

    tree_settle(tree);
    tree_cut(bank.north);
    tree_move(east, bank.ho);
    tree_tick(bank.ho);
    answer_of(ask_as(&bank.ho->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    tree_settle(tree);
    bank.north->parent = east;
    tree_tick(east);
    tree_enrol(bank.north, true, &bundle);
    omb_encode_frame(&frame, &bytes);
    input.bytes = omb_buf_view(&bytes);
    memcpy(input.peer, east->transport, sizeof(input.peer));
    tree_input(bank.north, &input);
    tree_keep(bank.north);
    assert_text(tree_link(bank.north, east)->state, "catching-up");
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_JOIN,
                     &(struct omb_office_join){.bundle = omb_buf_view(&bundle)}));
    tree_keep(bank.north);
    tree_pass(tree, OMB_DAY_MS);
    assert_text(tree_link(bank.north, east)->direction, "up");
    tree->checked = true;
    omb_buf_free(&bundle);
    omb_buf_free(&bytes);
}

/* What the silent branch decided too late is shown, superseded, by everybody in the same words. */
static void test_a_silent_branch_is_taken_over(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct tree_office *const all[] = {bank.b45, bank.north, bank.ho};
    int64_t asked_at;

    tree_settle(tree);
    tree_cut(bank.b45);
    TAKE_OVER(bank.north, number);
    asked_at = bank.north->rig.now_ms;
    tree_settle(tree);
    RESOLVE(bank.b45, number, "nothing is paid back");
    TELL(bank.b45, number);
    tree_pass(tree, OMB_DAY_MS);
    assert_true(shown(bank.north, number)->sealed);
    assert_text(shown(bank.north, number)->key_asked_of, "vsp-0045");
    assert_int_equal(shown(bank.north, number)->key_asked_at, asked_at);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_text(shown(bank.north, number)->narrative, "charged twice");
    assert_int_equal(shown(bank.north, number)->key_asked_of.size, 0);
    assert_text(tree_event_of(bank.ho, number, "granted")->actor, "system@vsp-0045");
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        const struct omb_event_view *late = tree_event_of(all[i], number, "resolved");

        assert_false(late->effect);
        assert_true(omb_view_equal(late->why, tree_event_of(bank.ho, number, "resolved")->why));
        assert_true(has_code(shown(all[i], number)->flags, "superseded"));
    }
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    assert_int_equal(link_shown(bank.ho, bank.north)->superseded, 2);
    assert_int_equal(link_shown(bank.north, bank.b45)->superseded, 2);
    assert_int_equal(link_shown(bank.north, bank.b46)->superseded, 0);
    tree_check_whole(tree);
}

/* It writes nothing in the case; whoever takes it over may so by the word alone that it came. */
static void test_a_case_is_taken_over_from_who_just_came(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77);

    ESCALATE(bank.b77, number, "ho");
    let_go(bank.ho, bank.b45, bank.south);
    tree_cut(bank.b45);
    assert_true(tree_try_come_under(bank.b45, bank.south));
    DELEGATE(bank.ho, number, "vsp-0045");
    tree_settle(tree);
    TAKE_OVER(bank.south, number);
    tree_settle(tree);
    assert_text(shown(bank.ho, number)->custodian, "vsp-0045");
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "south", bank.b77, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* It has the case since the home stood below it, is no party of it, and acts without knowing. */
static void test_a_region_acts_in_a_case_whose_home_has_left(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const branch = tree_add(tree, "vsp-0099", "branch", bank.ho);
    const struct omb_view number = bank_complaint(branch);

    tree_settle(tree);
    tree_move(branch, bank.north);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_move(branch, bank.south);
    tree_settle(tree);
    TAKE_OVER(bank.ho, number);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_true(omb_view_equal(shown(bank.north, number)->custodian,
                               shown(bank.ho, number)->custodian));
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_branch_comes_under_another_region),
        TREE_TEST(test_a_case_comes_back_to_a_region_that_its_home_left),
        TREE_TEST(test_a_case_is_taken_over_from_who_just_came),
        TREE_TEST(test_a_region_acts_in_a_case_whose_home_has_left),
        TREE_TEST(test_a_branch_is_moved_with_work_that_nobody_has),
        TREE_TEST(test_a_silent_branch_is_taken_over),
        TREE_TEST(test_a_region_comes_under_another_one),
        TREE_TEST(test_a_branch_that_was_moved_twice_is_known_to_a_stranger),
        TREE_TEST(test_a_region_comes_under_the_one_that_was_below_it),
        TREE_TEST(test_the_line_of_a_child_is_given_up_when_it_is_the_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
