/* A store is put back to an earlier state: does everything come home that a peer holds? */
#include "support/tree_drive.h"
#include "trace/bank.h"

#define NOTE(office, number) TREE_ACT((office), (number), NULL, NOTED, noted, "the client called", )

static void test_a_branch_is_put_back_and_gets_its_log_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_view lost = bank_complaint(bank.b45);
    struct omb_view next;

    ESCALATE(bank.b45, lost, "north");
    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    next = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, lost, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, next, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_int_equal(lives_of(bank.ho, bank.b45), 2);
    RESOLVE(bank.north, lost, "paid back");
    tree_settle(tree);
    tree_agree(tree, lost, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* The key of the month was in the copy: with it the office opens what it registered since. */
static void test_a_branch_put_back_reads_what_comes_home(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = (bank_complaint(bank.b45), tree_backup(bank.b45));
    const struct omb_view lost = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    tree_settle(tree);
    assert_false(show(&bank.b45->rig, "s1", lost)->sealed);
    assert_text(show(&bank.b45->rig, "s1", lost)->narrative, "charged twice");
    tree_agree(tree, lost, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* The copy is of the month before: what came since the recovery key opens, and no office. */
static void test_a_branch_that_lost_its_escrow_key_asks_nobody(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    struct omb_view lost;

    tree_set_clock(bank.b45, bank.b45->rig.now_ms + 32 * OMB_DAY_MS);
    lost = bank_complaint(bank.b45);
    tree_settle(tree);
    assert_true(doctor_says(bank.b45, "case-keys", "ok", "every own case"));
    tree_roll_back(bank.b45, copy);
    tree_settle(tree);
    assert_true(show(&bank.b45->rig, "s1", lost)->sealed);
    assert_true(show(&bank.b45->rig, "s1", lost)->key_lost);
    assert_true(show(&bank.north->rig, "s1", lost)->sealed);
    assert_false(show(&bank.north->rig, "s1", lost)->key_lost);
    assert_true(doctor_says(bank.b45, "case-keys", "critical", "1 own cases cannot be read here"));
    assert_int_equal(show(&bank.b45->rig, "s1", lost)->key_asked_of.size, 0);
    tree_agree(tree, lost, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

static void test_a_branch_put_back_works_at_once_without_a_line(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_view lost = bank_complaint(bank.b45);
    struct omb_view again;

    tree_settle(tree);
    tree_cut(bank.b45);
    tree_roll_back(bank.b45, copy);
    again = bank_complaint(bank.b45);
    assert_false(omb_view_equal(lost, again)); /* one serial, told apart by the check characters */
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, lost, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, again, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* The case key that its disk lost comes home with the registration, as its escrow. */
static void test_a_branch_put_back_can_still_give_its_keys(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    tree_settle(tree);
    assert_text(show(&bank.b45->rig, "s1", number)->narrative, "charged twice");
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    assert_text(show(&bank.north->rig, "s1", number)->narrative, "charged twice");
    tree_check_whole(tree);
}

static void test_a_region_is_put_back(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.north);
    const struct omb_view decided = bank_complaint(bank.b45), taken = bank_complaint(bank.b46);
    struct omb_view later;

    ESCALATE(bank.b45, decided, "north");
    tree_settle(tree);
    RESOLVE(bank.north, decided, "paid back");
    TAKE_OVER(bank.north, taken);
    tree_settle(tree);
    tree_roll_back(bank.north, copy);
    later = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, decided, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, taken, "open", "north", bank.b46, bank.north, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    RESOLVE(bank.north, taken, "paid back, too");
    tree_settle(tree);
    tree_agree(tree, taken, "resolved", "vsp-0046", bank.b46, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/* With the case it lost the certificates of those who wrote it, from the other side of the bank. */
static void test_a_region_put_back_gets_certificates_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.south);
    const struct omb_view number = bank_complaint(bank.b46);

    ESCALATE(bank.b46, number, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, number, "vsp-0077");
    tree_settle(tree);
    tree_roll_back(bank.south, copy);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0077", bank.b77, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/*
 * Its own act comes home from below and names an office that it lost, too. The branch, which knows
 * it from above, has no right to say who that is: the region waits for those above, without a word.
 */
static void test_a_region_put_back_waits_for_a_certificate_from_above(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.north);
    struct tree_office *legal = tree_add_service(tree, "legal", bank.ho);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    TREE_ACT(bank.north, number, "legal", ASKED, asked, "may we?",
             .due = tree->now_ms + 2 * OMB_DAY_MS);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    assert_int_equal(tree_link(bank.north, bank.b45)->refused, 0);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, legal, NULL);
    tree_check_whole(tree);
}

/* Who was put out meanwhile, and which offices serve all, it hears again. */
static void test_a_region_put_back_hears_again_who_is_trusted(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.south);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_office_change revoke = {.code = OMB_VIEW_LIT("vsp-0045"),
                                             .revoke = true,
                                             .ground = OMB_VIEW_LIT("stolen")};
    struct tree_office *legal;
    struct omb_view later, last;

    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, number, "vsp-0077");
    tree_settle(tree);
    memport_free(copy);
    copy = tree_backup(bank.south); /* it has the case */
    tree_cut(bank.b45);
    TREE_ACT(bank.b45, number, NULL, NOTED, noted, "by a thief", );
    tree_pass(tree, 1000);
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &revoke));
    legal = tree_add_service(tree, "legal", bank.ho);
    tree_settle(tree);
    later = bank_complaint(bank.b77);
    TREE_ACT(bank.b77, later, "legal", ASKED, asked, "may we?",
             .due = tree->now_ms + 2 * OMB_DAY_MS);
    last = bank_complaint(bank.b46); /* what is above it in the feed is gone from there */
    ESCALATE(bank.b46, last, "ho");
    tree_settle(tree);
    DELEGATE(bank.ho, last, "vsp-0077");
    tree_settle(tree);
    tree_roll_back(bank.south, copy);
    tree_settle(tree);
    tree_agree(tree, later, "open", "vsp-0077", bank.b77, bank.south, bank.ho, legal, NULL);
    tree_agree(tree, number, "open", "vsp-0077", bank.b77, bank.south, bank.ho, bank.north, NULL);
    tree_tick(bank.south);
    assert_text(ASK(&bank.south->rig, "admin", OFFICE_SHOW, office_ask, office_view,
                    .code = OMB_VIEW_LIT("vsp-0045"))
                    ->state,
                "revoked");
    tree_stop(bank.b45);
    tree_check(tree);
}

/* Of a life that it lost a child gives back a part: that holds nothing up, though it has holes. */
static void test_a_region_gets_back_a_life_with_holes(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number, later;
    struct memport *copy;

    tree_cut(bank.north);
    tree_stop(bank.north);
    tree_start(bank.north);
    number = bank_complaint(bank.b45);
    tree_settle(tree);
    copy = tree_backup(bank.north);
    bank_complaint(bank.north); /* a new life; nobody else hears of it */
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_roll_back(bank.north, copy);
    later = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, NULL);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    /* Nobody has that complaint and the key that was opened for it. */
    assert_int_equal(link_shown(bank.ho, bank.north)->gaps, 2);
    assert_int_equal(link_shown(bank.ho, bank.south)->gaps, 0);
    tree_check_whole(tree);
}

/*
 * A life with holes waits for the word that it ended: for the first record of the newest one. That
 * goes on from a life between them, which waits for its turn behind the first.
 */
static void test_three_lives_wait_for_each_other(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number, later;
    struct memport *copy;

    tree_cut(bank.north);
    number = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_stop(bank.north);
    tree_start(bank.north);
    copy = tree_backup(bank.north);
    bank_complaint(bank.north);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    NOTE(bank.north, number);
    tree_settle(tree);
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    (void)bank_complaint(bank.north);
    tree_roll_back(bank.north, tree_backup(bank.north));
    later = bank_complaint(bank.north);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, later, "open", "north", bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Its parent has the first half of what it lost, a child the second: all get both. */
static void test_a_region_gets_back_its_life_in_two_halves(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct memport *copy;
    struct omb_view first;

    tree_settle(tree);
    copy = tree_backup(bank.north);
    first = bank_complaint(bank.north);
    tree_settle(tree);
    tree_cut(bank.north);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, first, "open", "north", bank.north, bank.ho, NULL);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

/*
 * Its feed grew again to where its parent had it, and bears the same record there: what lies before
 * is another past all the same: what the region wrote, where cases of vsp-0045 stood.
 */
static void a_feed_that_grew_again_is_not_the_same(struct tree *tree, bool restarts)
{
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.north);
    struct omb_view old, last, later;

    bank_complaint(bank.b45);
    old = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_cut(bank.b45);
    last = bank_complaint(bank.b46);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_cut(bank.b46);
    tree_roll_back(bank.north, copy);
    later = bank_complaint(bank.north); /* two records: its new life has an escrow key, too */
    tree_settle(tree);
    tree_mend(bank.b46);
    tree_settle(tree);
    if (restarts) { /* what the store has grown to says nothing about what was ever sent */
        tree_stop(bank.north);
        tree_start(bank.north);
    }
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, later, "open", "north", bank.north, bank.ho, NULL);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, old, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, last, "open", "vsp-0046", bank.b46, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Its parent confirms its head; a branch had heard more. Nothing is written twice in one place. */
static void test_a_region_put_back_told_a_branch_more_than_its_parent(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct memport *copy;

    tree_settle(tree);
    copy = tree_backup(bank.north);
    tree_cut(bank.north);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_cut(bank.b45);
    tree_roll_back(bank.north, copy);
    tree_mend(bank.north);
    tree_settle(tree);
    bank_complaint(bank.north);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.b45, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

static void test_a_feed_that_grew_again_is_another_past(void **state)
{
    a_feed_that_grew_again_is_not_the_same(*state, false);
}

static void test_a_restart_does_not_make_another_past_the_same(void **state)
{
    a_feed_that_grew_again_is_not_the_same(*state, true);
}

static void test_the_root_is_put_back(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.ho);
    const struct omb_view decided = bank_complaint(bank.b45);
    struct omb_view later;

    ESCALATE(bank.b45, decided, "ho");
    tree_settle(tree);
    RESOLVE(bank.ho, decided, "paid back");
    tree_settle(tree);
    tree_roll_back(bank.ho, copy);
    later = bank_complaint(bank.b77);
    tree_settle(tree);
    tree_agree(tree, decided, "resolved", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0077", bank.b77, bank.south, bank.ho, NULL);
    TAKE_OVER(bank.ho, later);
    tree_settle(tree);
    tree_agree(tree, later, "open", "ho", bank.b77, bank.south, bank.ho, NULL);
    tree_check(tree);
}

/* Of two lives that were lost a child had the second: what that goes on from is no damage here. */
/* The branch lost a record, got it back from the root, and then the root lost it. */
static void test_the_root_forgets_what_it_gave_back(void **state)
{
    struct tree *tree = *state;
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *branch = tree_add(tree, "vsp-0001", "branch", ho);
    struct memport *root_before, *branch_before;
    struct omb_view number;

    (void)bank_complaint(branch);
    tree_settle(tree);
    root_before = tree_backup(ho);
    branch_before = tree_backup(branch);
    number = bank_complaint(branch);
    tree_settle(tree);
    tree_roll_back(branch, branch_before);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0001", branch, ho, NULL);
    tree_roll_back(ho, root_before);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0001", branch, ho, NULL);
    tree_check_whole(tree);
}

static void test_a_life_comes_home_without_the_one_before(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.cards);
    struct memport *copy;

    tree_settle(tree);
    copy = tree_backup(bank.ho);
    bank_complaint(bank.ho); /* a life that nobody else hears of */
    tree_stop(bank.ho);
    tree_start(bank.ho);
    TAKE_OVER(bank.ho, number); /* the root opens one with every start */
    tree_settle(tree);
    tree_roll_back(bank.ho, copy);
    tree_settle(tree);
    tree_agree(tree, number, "open", "ho", bank.cards, bank.ho, NULL);
    tree_check_whole(tree);
}

/* The region acknowledged what the head office never got, and then lost it. */
static void test_children_hold_what_a_dead_region_took_with_it(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.north);
    struct omb_view first, second;

    tree_cut(bank.north);
    first = bank_complaint(bank.b45);
    second = bank_complaint(bank.b46);
    ESCALATE(bank.b46, second, "ho");
    tree_settle(tree);
    assert_true(tree_holds(bank.north, first));
    assert_false(tree_holds(bank.ho, first));
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    tree_agree(tree, first, "open", "vsp-0045", bank.b45, bank.north, NULL);
    assert_false(tree_holds(bank.ho, first));
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, first, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, second, "open", "ho", bank.b46, bank.north, bank.ho, NULL);
    tree_check(tree);
}

/*
 * Its disk died; while it could read nothing its case was taken over. The recovery key opens its
 * cases again, and whoever decides one gets the key that home owes.
 */
static void test_a_branch_that_began_anew_gives_the_keys_that_it_owes(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_office_recover ask = {
        .secret = omb_view(omb_secret_bytes(bank.b45->rig.recovery), OMB_KEY_SIZE), .limit = 100};
    const struct omb_office_recovered *recovered;

    tree_settle(tree);
    assert_true(tree_begin_anew(bank.b45, 1));
    tree_settle(tree);
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    assert_true(show(&bank.b45->rig, "s1", number)->sealed);
    assert_true(show(&bank.north->rig, "s1", number)->sealed);
    tree_tick(bank.b45);
    recovered = ANSWER(office_recovered,
                       rig_ask_offline(&bank.b45->rig, OMB_ASK_OFFICE_RECOVER, &ask));
    assert_int_equal(recovered->case_keys, 1);
    tree_stop(bank.b45); /* the command line worked on its store */
    tree_start(bank.b45);
    tree_settle(tree);
    assert_text(show(&bank.b45->rig, "s1", number)->narrative, "charged twice");
    assert_text(show(&bank.north->rig, "s1", number)->narrative, "charged twice");
    assert_text(tree_event_of(bank.north, number, "granted")->actor, "system@vsp-0045");
    tree_check_whole(tree);
}

/* A daemon that only restarts, its head confirmed above, goes on in the same life. */

/* Level by level, however often the comparison with the next one was made before it came. */
static void test_what_it_lost_comes_down_to_it_level_by_level(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *branch = tree_add(tree, "vsp-0001", "branch", bank.ho);
    struct tree_office *west = tree_add(tree, "west", "regional", bank.ho);
    struct tree_office *far = tree_add(tree, "far-west", "regional", west);
    struct tree_office *farther = tree_add(tree, "farthest-west", "regional", far);
    const struct omb_view number = bank_complaint(branch);

    tree_settle(tree);
    tree_cut(branch);
    assert_true(tree_begin_anew(branch, 9));
    west->up_ms = west->down_ms = 3000;
    tree_move(branch, farther);
    tree_mend(branch);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0001", branch, farther, far, west, bank.ho, NULL);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_branch_is_put_back_and_gets_its_log_again),
        TREE_TEST(test_a_branch_put_back_reads_what_comes_home),
        TREE_TEST(test_a_branch_that_lost_its_escrow_key_asks_nobody),
        TREE_TEST(test_a_branch_put_back_works_at_once_without_a_line),
        TREE_TEST(test_a_branch_put_back_can_still_give_its_keys),
        TREE_TEST(test_a_region_is_put_back),
        TREE_TEST(test_a_region_put_back_gets_certificates_again),
        TREE_TEST(test_a_region_put_back_waits_for_a_certificate_from_above),
        TREE_TEST(test_a_region_put_back_hears_again_who_is_trusted),
        TREE_TEST(test_a_region_gets_back_a_life_with_holes),
        TREE_TEST(test_three_lives_wait_for_each_other),
        TREE_TEST(test_a_region_gets_back_its_life_in_two_halves),
        TREE_TEST(test_a_feed_that_grew_again_is_another_past),
        TREE_TEST(test_a_restart_does_not_make_another_past_the_same),
        TREE_TEST(test_a_region_put_back_told_a_branch_more_than_its_parent),
        TREE_TEST(test_the_root_is_put_back),
        TREE_TEST(test_the_root_forgets_what_it_gave_back),
        TREE_TEST(test_a_life_comes_home_without_the_one_before),
        TREE_TEST(test_children_hold_what_a_dead_region_took_with_it),
        TREE_TEST(test_what_it_lost_comes_down_to_it_level_by_level),
        TREE_TEST(test_a_branch_that_began_anew_gives_the_keys_that_it_owes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
