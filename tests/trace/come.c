/*
 * What an office that comes under another parent brings along, and what those on its new way up
 * must be given of cases that others wrote in.
 */
#include "support/tree_drive.h"
#include "trace/bank.h"

#define SHARE(office, number, to_)                                                                 \
    TREE_ACT((office), (number), (to_), SHARED, shared, "you will be asked", )
#define NOTE(office, number) TREE_ACT((office), (number), NULL, NOTED, noted, "the client called", )

/* Nobody on the new way took part in it: it goes there since the branch does. */
static void test_a_case_that_names_the_office_follows_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct complaint complaint;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.act.custodian = OMB_VIEW_LIT("vsp-0045");
    tree_tick(bank.ho);
    number = ANSWER(act_done, ask_as(&bank.ho->rig, "t1", OMB_ASK_ACT, &complaint.act))->number;
    tree_keep(bank.ho);
    tree_settle(tree);
    assert_false(tree_holds(bank.south, number));
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.ho, bank.south, bank.b45, NULL);
    tree_check_whole(tree);
}

/* The same of one that is below the office that came. */
static void test_a_case_that_names_one_below_follows_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.ho);
    struct tree_office *town = tree_add(tree, "town", "regional", bank.north);
    struct tree_office *b99 = tree_add(tree, "vsp-0099", "branch", town);
    const struct omb_view number = bank_complaint(bank.b77);

    ESCALATE(bank.b77, number, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, number, "vsp-0099");
    tree_settle(tree);
    tree_move(town, east);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0099", bank.ho, east, town, b99, NULL);
    tree_check_whole(tree);
}

/* What was written above while it stood elsewhere, to the region that it stood below before. */
static void test_an_office_that_comes_back_brings_what_was_missed(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    tree_move(bank.b45, bank.south);
    tree_settle(tree);
    NOTE(bank.ho, number);
    tree_settle(tree);
    tree_move(bank.b45, bank.north);
    tree_settle(tree);
    tree_check_whole(tree);
}

/* Of one below it, written where nobody heard it; the new parent passes all on in one frame. */
static void test_what_one_below_wrote_comes_before_the_region_says_why(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;

    tree_cut(bank.north);
    number = bank_complaint(bank.b45);
    tree_pass(tree, OMB_SECOND_MS * 10);
    tree_move(bank.north, bank.south);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* More cases than one turn looks at, and the daemon is stopped between two of them. */
static void test_many_cases_follow_in_turns(void **state)
{
    enum { CASES = 400 };
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    for (size_t i = 0; i < CASES; i++) {
        struct complaint complaint;

        complaint_new(&complaint);
        complaint.act.custodian = OMB_VIEW_LIT("vsp-0045");
        tree_tick(bank.ho);
        ANSWER(act_done, ask_as(&bank.ho->rig, "t1", OMB_ASK_ACT, &complaint.act));
        tree_keep(bank.ho);
    }
    tree_settle(tree);
    tree_cut(bank.south);
    tree_move(bank.b45, bank.south);
    tree_mend(bank.south);
    while (!tree_told(tree, "vsp-0045 -> south Hello"))
        tree_pass(tree, 100);
    tree_stop(bank.ho);
    tree_pass(tree, OMB_SECOND_MS);
    tree_start(bank.ho);
    tree_settle(tree);
    tree_check_whole(tree);
}

/* The file with the first bundle was lost; the new parent means the office by that one already. */
static void test_a_certificate_that_it_never_joined_with_counts(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77), later = bank_complaint(bank.b45);
    const struct omb_digest before = tree_certificate(bank.b45);
    struct omb_buf lost = OMB_BUF_INIT;

    ESCALATE(bank.b77, number, "south");
    tree_settle(tree);
    let_go(bank.ho, bank.b45, bank.south);
    assert_true(tree_try_enrol(bank.b45, bank.south, &before, &lost));
    DELEGATE(bank.south, number, "vsp-0045");
    tree_pass(tree, 10);
    assert_true(tree_try_come_under(bank.b45, bank.south));
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.b77, bank.south, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
    omb_buf_free(&lost);
}

/*
 * The region delegates to it by that certificate, and then it comes under another: no proof of the
 * first is to be had anywhere. It says all the same where the region saw the office.
 */
static void test_a_certificate_that_nobody_ever_proves_names_the_office(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *west = tree_add(tree, "west", "regional", bank.ho);
    const struct omb_view number = bank_complaint(bank.b77), later = bank_complaint(bank.b45);
    const struct omb_digest before = tree_certificate(bank.b45);
    const struct omb_office_change closing = {.code = OMB_VIEW_LIT("vsp-0045"),
                                              .successor = OMB_VIEW_LIT("vsp-0077")};
    struct omb_buf lost = OMB_BUF_INIT;

    ESCALATE(bank.b77, number, "south");
    tree_settle(tree);
    let_go(bank.ho, bank.b45, bank.south);
    assert_true(tree_try_enrol(bank.b45, bank.south, &before, &lost));
    tree_tick(bank.south);
    must_refuse(ask_as(&bank.south->rig, "admin", OMB_ASK_OFFICE_CHANGE, &closing), "refused",
                "has not come yet");
    DELEGATE(bank.south, number, "vsp-0045");
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.b77, bank.south, bank.ho, NULL);
    tree_move(bank.b45, west);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.b77, west, bank.south, bank.ho,
               NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, west, bank.ho, NULL);
    RESOLVE(bank.b45, number, "paid back");
    tree_settle(tree);
    tree_check_whole(tree);
    omb_buf_free(&lost);
}

/* The region believes its own certificate, and sees all the same where the office went. */
static void test_who_certified_in_vain_judges_like_the_others(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *west = tree_add(tree, "west", "regional", bank.ho);
    struct tree_office *const moved[] = {bank.b45, bank.b46};
    struct omb_view numbers[2];

    for (size_t i = 0; i < 2; i++) {
        const struct omb_digest before = tree_certificate(moved[i]);
        struct omb_buf lost = OMB_BUF_INIT;

        numbers[i] = bank_complaint(moved[i]);
        ESCALATE(moved[i], numbers[i], "ho");
        tree_settle(tree);
        SHARE(bank.ho, numbers[i], "south");
        DELEGATE(bank.ho, numbers[i], moved[i]->code);
        tree_settle(tree);
        let_go(bank.ho, moved[i], bank.south);
        assert_true(tree_try_enrol(moved[i], bank.south, &before, &lost));
        tree_settle(tree);
        tree_move(moved[i], west);
        tree_settle(tree);
        tree_stop(moved[i]);
        TAKE_OVER(west, numbers[i]);
        tree_settle(tree);
        tree_agree(tree, numbers[i], "open", "west", west, bank.south, bank.ho, NULL);
        tree_start(moved[i]);
        omb_buf_free(&lost);
    }
    tree_settle(tree);
    tree_check_whole(tree);
}

/* Of those above its new parent a bundle told the region; the branch must hear of them itself. */
static void test_a_branch_hears_who_stands_above_where_its_region_came(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *west = tree_add(tree, "west", "regional", bank.ho);
    struct tree_office *far = tree_add(tree, "far-west", "regional", west);
    struct tree_office *farther = tree_add(tree, "farthest-west", "regional", far);
    struct omb_view number;

    tree_settle(tree);
    tree_cut(bank.north);
    tree_move(bank.north, farther);
    number = bank_complaint(bank.b45);
    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    NOTE(bank.north, number);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_pass(tree, OMB_DAY_MS / 12);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, farther, far, west, bank.ho,
               NULL);
    tree_check_whole(tree);
}

/*
 * The region was put back, and compares what it gave before; the log of an office that came
 * meanwhile goes up by itself, and is there before the region's word that it came.
 */
static void test_the_log_of_who_came_overtakes_the_word_for_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct memport *copy;
    size_t welcomes;

    let_go(bank.ho, bank.b45, bank.south);
    copy = tree_backup(bank.south);
    (void)bank_complaint(bank.south);
    tree_settle(tree);
    bank.south->up_ms = bank.south->down_ms = 4000;
    welcomes = tree_told(tree, "ho -> south Welcome");
    tree_roll_back(bank.south, copy);
    tree_cut(bank.b45);
    assert_true(tree_try_come_under(bank.b45, bank.south));
    while (tree_told(tree, "ho -> south Welcome") == welcomes)
        tree_pass(tree, 100);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Its own log of before is signed under certificates that no record of its new parent carries. */
static void test_an_office_that_came_begins_anew(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view first = bank_complaint(bank.b45);
    struct omb_view second;

    tree_settle(tree);
    tree_move(bank.b45, bank.south);
    second = bank_complaint(bank.b45);
    tree_settle(tree);
    assert_true(tree_begin_anew(bank.b45, 9));
    tree_settle(tree);
    tree_agree(tree, first, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_agree(tree, second, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    assert_int_equal(tree_link(bank.b45, bank.south)->lag_records, 0);
    tree_check(tree);
}

/* The region names it by its new certificate before anybody has the office's own word for that. */
static void test_the_proof_comes_behind_what_needs_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77);

    ESCALATE(bank.b77, number, "south");
    tree_settle(tree);
    tree_cut(bank.b45);
    (void)bank_complaint(bank.b45);
    (void)bank_complaint(bank.b45);
    tree_move(bank.b45, bank.south);
    DELEGATE(bank.south, number, "vsp-0045");
    tree_settle(tree);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.b77, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* What its old region knew of others, nobody on the new way does but the head office. */
static void test_certificates_that_it_names_come_from_above(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.south);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    DELEGATE(bank.north, number, "vsp-0046");
    tree_settle(tree);
    ESCALATE(bank.b46, number, "north");
    tree_settle(tree);
    DELEGATE(bank.north, number, "vsp-0045");
    tree_settle(tree);
    SHARE(bank.b45, number, "vsp-0046");
    tree_settle(tree);
    tree_move(bank.b45, east);
    tree_settle(tree);
    for (unsigned i = 0; i < 3; i++) {
        tree_pass(tree, 11 * 60 * OMB_SECOND_MS);
        tree_settle(tree);
    }
    tree_check_whole(tree);
}

/* The region's word for it is lost with its journal, and a comparison brings it. */
static void test_a_comparison_goes_on_when_it_learned_who_came(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy;
    struct omb_view number;

    copy = tree_backup(bank.south);
    (void)bank_complaint(bank.south);
    (void)bank_complaint(bank.south);
    tree_settle(tree);
    let_go(bank.ho, bank.b45, bank.south);
    tree_cut(bank.south);
    tree_cut(bank.b45);
    number = bank_complaint(bank.b45);
    tree_roll_back(bank.south, copy);
    tree_mend(bank.south);
    tree_pass(tree, 1);
    tree_cut(bank.south);
    assert_true(tree_try_come_under(bank.b45, bank.south));
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_mend(bank.south);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Who shares a case with it knows who may act there now: the region that it stands below. */
static void test_all_who_share_a_case_hear_where_its_home_stands(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *east = tree_add(tree, "east", "regional", bank.ho);
    const struct omb_view before = bank_complaint(bank.b45), later = bank_complaint(bank.b45);

    ESCALATE(bank.b45, before, "ho");
    ESCALATE(bank.b45, later, "ho");
    tree_settle(tree);
    SHARE(bank.ho, before, "vsp-0077");
    tree_settle(tree);
    tree_move(bank.b45, east);
    tree_settle(tree);
    SHARE(bank.ho, later, "vsp-0077");
    RESOLVE(bank.ho, before, "paid back");
    RESOLVE(bank.ho, later, "paid back");
    tree_settle(tree);
    TREE_ACT(east, before, NULL, REOPENED, reopened, NULL,
             .ground = OMB_VIEW_LIT("other"));
    TREE_ACT(east, later, NULL, REOPENED, reopened, NULL,
             .ground = OMB_VIEW_LIT("other"));
    tree_settle(tree);
    tree_agree(tree, before, "open", "east", bank.b45, bank.b77, bank.south, east, bank.ho, NULL);
    tree_agree(tree, later, "open", "east", bank.b45, bank.b77, bank.south, east, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Its store is put back to before it came: it joins again, with what it holds. */
static void test_an_office_that_was_put_back_to_before_it_came_joins_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;
    struct memport *copy;

    tree_settle(tree);
    copy = tree_backup(bank.b45);
    tree_move(bank.b45, bank.south);
    number = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    tree_pass(tree, OMB_DAY_MS / 24);
    assert_text(tree_link(bank.b45, bank.north)->state, "down");
    assert_true(tree_try_come_under(bank.b45, bank.south));
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* What its store lost, those above its old region alone still have. */
static void test_what_it_lost_before_it_came_is_given_back(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_cut(bank.b45);
    tree_roll_back(bank.b45, copy);
    tree_move(bank.b45, bank.south);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Nobody above heard of it before: the region needs its word first, and that all before it. */
static void test_a_log_of_two_lives_comes_for_its_word(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *b99 = tree_add(tree, "vsp-0099", "branch", bank.north);
    const struct omb_view number = bank_complaint(bank.b77);
    struct omb_view last;
    struct memport *copy;

    ESCALATE(bank.b77, number, "south");
    tree_settle(tree);
    tree_cut(b99);
    (void)bank_complaint(b99);
    copy = tree_backup(b99);
    (void)bank_complaint(b99);
    tree_roll_back(b99, copy);
    last = bank_complaint(b99);
    let_go(bank.ho, b99, bank.south);
    tree_cut(bank.south);
    assert_true(tree_try_come_under(b99, bank.south));
    DELEGATE(bank.south, number, "vsp-0099");
    tree_mend(b99);
    tree_settle(tree);
    tree_mend(bank.south);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0099", b99, bank.b77, bank.south, bank.ho, NULL);
    tree_agree(tree, last, "open", "vsp-0099", b99, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* A case of vsp-0045 is with the card centre, too; then it comes under another region. */
static struct omb_view share_and_come(const struct bank *bank)
{
    const struct omb_view number = bank_complaint(bank->b45);
    struct tree *tree = bank->ho->tree;

    ESCALATE(bank->b45, number, "ho");
    tree_settle(tree);
    SHARE(bank->ho, number, "card-centre");
    tree_settle(tree);
    tree_move(bank->b45, bank->south);
    NOTE(bank->b45, number);
    tree_settle(tree);
    return number;
}

/* Both lose all: vsp-0045, which gets its third certificate, and the card centre, which was cut. */
static void lose_both(const struct bank *bank, struct omb_view number)
{
    struct tree *tree = bank->ho->tree;

    assert_true(tree_begin_anew(bank->b45, 9));
    tree_settle(tree);
    assert_true(tree_begin_anew(bank->cards, 10));
    tree_mend(bank->cards);
    tree_settle(tree);
    tree_agree(tree, number, "open", "ho", bank->b45, bank->south, bank->cards, bank->ho, NULL);
    tree_check_whole(tree);
}

/*
 * Who lost all meets what it signed under its second certificate, and then its third one first: the
 * record that carries the second is signed by the first.
 */
static void test_certificates_are_given_with_those_they_are_judged_by(void **state)
{
    struct bank bank = bank_build(*state);
    const struct omb_view number = share_and_come(&bank);

    tree_cut(bank.cards);
    NOTE(bank.b45, number);
    tree_settle(*state);
    lose_both(&bank, number);
}

/* The same, and the third is what comes first. */
static void test_a_certificate_waits_for_those_before_it(void **state)
{
    struct bank bank = bank_build(*state);
    const struct omb_view number = share_and_come(&bank);

    NOTE(bank.ho, number);
    tree_settle(*state);
    tree_cut(bank.cards);
    lose_both(&bank, number);
}

/*
 * Seats are found by walking up, and the newest certificate of who stands above may lead back to
 * one that is being looked up.
 */
static void test_an_office_comes_below_one_that_stood_below_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *mid = tree_add(tree, "mid", "regional", bank.north);
    struct tree_office *town = tree_add(tree, "town", "regional", mid);
    struct tree_office *b99 = tree_add(tree, "vsp-0099", "branch", town);
    const struct omb_view number = bank_complaint(b99);
    struct omb_view later;

    ESCALATE(b99, number, "ho");
    tree_settle(tree);
    assert_true(tree_begin_anew(town, 9));
    tree_settle(tree);
    later = bank_complaint(town);
    ESCALATE(town, later, "ho");
    tree_settle(tree);
    tree_move(town, bank.south);
    tree_settle(tree);
    tree_move(bank.north, town);
    tree_settle(tree);
    tree_stop(bank.ho);
    tree_start(bank.ho);
    tree_settle(tree);
    tree_agree(tree, later, "open", "ho", town, mid, bank.north, bank.south, bank.ho, NULL);
    tree_agree(tree, number, "open", "ho", b99, town, mid, bank.north, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_case_that_names_the_office_follows_it),
        TREE_TEST(test_a_case_that_names_one_below_follows_it),
        TREE_TEST(test_an_office_that_comes_back_brings_what_was_missed),
        TREE_TEST(test_what_one_below_wrote_comes_before_the_region_says_why),
        TREE_TEST(test_many_cases_follow_in_turns),
        TREE_TEST(test_a_certificate_that_it_never_joined_with_counts),
        TREE_TEST(test_a_certificate_that_nobody_ever_proves_names_the_office),
        TREE_TEST(test_who_certified_in_vain_judges_like_the_others),
        TREE_TEST(test_a_branch_hears_who_stands_above_where_its_region_came),
        TREE_TEST(test_the_log_of_who_came_overtakes_the_word_for_it),
        TREE_TEST(test_an_office_that_came_begins_anew),
        TREE_TEST(test_the_proof_comes_behind_what_needs_it),
        TREE_TEST(test_certificates_that_it_names_come_from_above),
        TREE_TEST(test_a_comparison_goes_on_when_it_learned_who_came),
        TREE_TEST(test_all_who_share_a_case_hear_where_its_home_stands),
        TREE_TEST(test_an_office_that_was_put_back_to_before_it_came_joins_again),
        TREE_TEST(test_what_it_lost_before_it_came_is_given_back),
        TREE_TEST(test_a_log_of_two_lives_comes_for_its_word),
        TREE_TEST(test_certificates_are_given_with_those_they_are_judged_by),
        TREE_TEST(test_a_certificate_waits_for_those_before_it),
        TREE_TEST(test_an_office_comes_below_one_that_stood_below_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
