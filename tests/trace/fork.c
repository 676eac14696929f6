/* Two copies of one office run at a time: does everybody end with the same line? */
#include "trace/bank.h"

static const struct omb_forks *forks_of(struct tree_office *office)
{
    tree_tick(office);
    return ASK(&office->rig, "admin", LOG_FORKS, forks_ask, forks);
}

/* One fork, and the same record stands as at the other office. */
static void assert_same_fork(struct tree_office *office, struct tree_office *other)
{
    const struct omb_forks *mine = forks_of(office), *theirs = forks_of(other);

    assert_int_equal(mine->forks.count, 1);
    assert_int_equal(theirs->forks.count, 1);
    assert_text(mine->forks.items[0].office, "vsp-0045");
    assert_true(omb_view_equal(mine->forks.items[0].stands, theirs->forks.items[0].stands));
    assert_true(omb_view_equal(mine->forks.items[0].other, theirs->forks.items[0].other));
    assert_int_equal(mine->forks.items[0].seq, theirs->forks.items[0].seq);
}

/* Above who found it the fork is listed, and nothing follows from that there. */
static void assert_told(struct tree_office *above, struct tree_office *finder)
{
    const struct omb_forks *told;

    assert_same_fork(above, finder);
    told = forks_of(above);
    assert_text(told->forks.items[0].found_by, finder->code);
    assert_true(doctor_says(above, "forks", "warning", "1: see `log forks`"));
}

/* The lines of everybody else go on. */
static void check_others(struct tree *tree, const struct bank *bank)
{
    const struct omb_view mine = bank_complaint(bank->b46), theirs = bank_complaint(bank->b77);

    ESCALATE(bank->b46, mine, "ho");
    tree_settle(tree);
    tree_agree(tree, mine, "open", "ho", bank->b46, bank->north, bank->ho, NULL);
    tree_agree(tree, theirs, "open", "vsp-0077", bank->b77, bank->south, bank->ho, NULL);
}

/* A copy that goes on where the office itself has gone on: what the parent had first stands. */
static void test_only_the_forking_link_is_blocked_until_a_new_life(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *twin;
    struct omb_view first, second, next;

    tree_settle(tree);
    tree_cut(bank.b45);
    twin = tree_twin(bank.b45);
    tree_settle(tree); /* its head is confirmed: it goes on in the same life */
    first = bank_complaint(twin);
    tree_settle(tree);
    tree_stop(twin);
    second = bank_complaint(bank.b45);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_true(omb_view_equal(first, second)); /* of one life, one serial: only one can stand */
    tree_agree(tree, first, "open", "vsp-0045", bank.north, bank.ho, NULL);
    assert_int_equal(forks_of(bank.north)->forks.count, 1);
    assert_text(forks_of(bank.north)->forks.items[0].found_by, "north");
    assert_told(bank.ho, bank.north);
    assert_int_equal(forks_of(bank.south)->forks.count, 0);
    assert_text(tree_link(bank.north, bank.b45)->state, "blocked");
    check_others(tree, &bank);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    next = bank_complaint(bank.b45); /* in another life: its link stands again */
    tree_settle(tree);
    tree_agree(tree, next, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_agree(tree, first, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_text(tree_link(bank.b45, bank.north)->state, "live");
    tree_check(tree);
}

/*
 * The office is moved to the south; an old copy of it still talks to the north, whose line to the
 * head office is down. Both regions take what they get; the head office decides for all.
 */
static void test_a_fork_through_two_regions(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *copy;
    struct omb_view here, there, shared = bank_complaint(bank.b45);
    const struct omb_view other = bank_complaint(bank.b45);

    ESCALATE(bank.b45, shared, "north");
    tree_settle(tree);
    tree_cut(bank.b45);
    copy = tree_twin(bank.b45);
    tree_settle(tree);
    tree_cut(bank.north);
    there = bank_complaint(copy);
    TREE_ACT(copy, shared, NULL, NOTED, noted, "said at the old place", );
    tree_settle(tree);
    tree_cut(copy);
    TREE_ACT(bank.b45, other, NULL, NOTED, noted, "said at the new place", );
    tree_move(bank.b45, bank.south);
    tree_mend(bank.b45);
    here = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_mend(copy);
    tree_settle(tree);
    tree_agree(tree, there, "open", "vsp-0045", copy, bank.north, NULL);
    tree_agree(tree, here, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_same_fork(bank.north, bank.ho);
    assert_false(tree_holds(bank.ho, there));
    assert_false(tree_holds(bank.north, there));
    assert_false(tree_holds(bank.south, there));
    assert_null(tree_event_of(bank.north, shared, "noted")); /* kept aside, as evidence */
    tree_stop(copy);
    RESOLVE(bank.north, shared, "paid back");
    tree_settle(tree);
    tree_agree(tree, shared, "resolved", "vsp-0045", bank.b45, bank.south, bank.north, bank.ho,
               NULL);
    tree_agree(tree, here, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    check_others(tree, &bank);
    tree_check(tree);
}

/*
 * Of a log an office has what concerns it alone: behind a fork that the one above it found, it
 * keeps what it was given of the line that stands. `only_behind`: it has nothing before the fork.
 */
static void play_holes(struct tree *tree, bool only_behind)
{
    struct tree_office *ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *cards = tree_add_service(tree, "card-centre", ho);
    struct tree_office *branch = tree_add(tree, "vsp-0045", "branch", ho), *twin;
    struct tree_office *home = only_behind ? ho : branch;
    struct omb_view first, shared;

    tree_settle(tree);
    shared = bank_complaint(home);
    TREE_ACT(home, shared, "card-centre", SHARED, shared, "you will be asked", );
    if (only_behind)
        TREE_ACT(ho, shared, "vsp-0045", SHARED, shared, "the client is yours", );
    tree_settle(tree);
    tree_cut(branch);
    twin = tree_twin(branch);
    tree_settle(tree);
    first = bank_complaint(twin);
    TREE_ACT(twin, shared, NULL, NOTED, noted, "the client called", );
    tree_settle(tree);
    tree_stop(twin);
    (void)bank_complaint(branch);
    tree_mend(branch);
    tree_settle(tree); /* of the two records at the place of the fork the centre has neither */
    assert_int_equal(forks_of(cards)->forks.count, 1);
    assert_false(forks_of(cards)->forks.items[0].told); /* no word of the branch comes there */
    assert_false(tree_holds(cards, first));
    assert_non_null(tree_event_of(cards, shared, "noted"));
    tree_stop(branch);
    tree_start(branch); /* in a new life, in which it takes what stands */
    (void)bank_complaint(branch);
    tree_settle(tree);
    tree_agree(tree, shared, "open", home->code, cards, branch, ho, NULL);
    twin->gone = true;
    branch->lies.told = 1; /* the fork */
    tree_check_whole(tree);
}

static void test_who_has_holes_keeps_what_stands(void **state)
{
    play_holes(*state, false);
}

static void test_who_has_nothing_before_keeps_what_stands(void **state)
{
    play_holes(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_only_the_forking_link_is_blocked_until_a_new_life),
        TREE_TEST(test_a_fork_through_two_regions),
        TREE_TEST(test_who_has_holes_keeps_what_stands),
        TREE_TEST(test_who_has_nothing_before_keeps_what_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
