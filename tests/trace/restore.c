/* An office comes back out of a backup: does it hear what was erased before it shows a word? */
#define _GNU_SOURCE /* memmem */
#include "office/restored.h"
#include "trace/restored.h"

/* --- the office at the bottom --- */

static void test_a_branch_hears_of_an_erasure_before_it_shows_a_word(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45), kept = ended_case(tree, bank.b45);
    struct memport *copy = tree_backup(bank.b45);
    struct omb_view lost;
    size_t lives;

    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.north, erased);
    lost = bank_complaint(bank.b45);
    tree_settle(tree);
    lives = lives_of(bank.ho, bank.b45);
    tree_cut(bank.b45);
    tree_restore(bank.b45, copy);
    assert_withheld(bank.b45, erased, "north");
    assert_withheld(bank.b45, kept, "has not compared it with north yet");
    assert_true(reads(bank.b45, bank_complaint(bank.b45))); /* it works at once */
    tree_mend(bank.b45);
    settle_looking(tree, bank.b45, erased);
    assert_true(reads(bank.b45, kept));
    assert_text(seen(bank.b45, lost)->narrative, NARRATIVE);
    assert_false(has_row(bank.b45, "restored"));
    assert_int_equal(lives_of(bank.ho, bank.b45), lives + 1);
    tree_check_whole(tree);
}

/* Nothing was lost: the parent has nothing to offer, and says so with its first pages. */
static void test_a_branch_that_lost_nothing_serves_soon(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = ended_case(tree, bank.b45);

    tree_restore(bank.b45, tree_backup(bank.b45));
    assert_withheld(bank.b45, number, "north");
    tree_settle(tree);
    assert_true(reads(bank.b45, number));
    assert_false(has_row(bank.b45, "restored"));
    tree_check_whole(tree);
}

/* Its parent has never heard its epoch, and compares all the same. */
static void test_a_branch_is_restored_before_it_ever_called(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *branch = tree_add(tree, "vsp-0099", "branch", bank.north);
    struct omb_view number;

    tree_cut(branch);
    number = bank_complaint(branch);
    tree_restore(branch, tree_backup(branch));
    assert_withheld(branch, number, "north");
    tree_mend(branch);
    tree_settle(tree);
    assert_true(reads(branch, number));
    assert_false(has_row(branch, "restored"));
    tree_check_whole(tree);
}

/* A parent that was restored as well, from before it heard of the case. */
static void test_parent_and_child_are_restored_together(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *above = tree_backup(bank.north), *below;
    const struct omb_view number = ended_case(tree, bank.b45);

    below = tree_backup(bank.b45);
    tree_cut(bank.b45);
    tree_cut(bank.north);
    tree_restore(bank.b45, below);
    tree_restore(bank.north, above);
    assert_withheld(bank.b45, number, "north");
    tree_mend(bank.b45);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_true(reads(bank.b45, number));
    assert_true(reads(bank.north, number));
    assert_false(has_row(bank.b45, "restored"));
    assert_false(has_row(bank.north, "restored"));
    tree_check_whole(tree);
}

/* What the office above was not told yet, a comparison with it does not tell either. */
static void test_a_branch_below_a_restored_region_waits_for_the_top(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45), kept = ended_case(tree, bank.b45);
    struct memport *above = tree_backup(bank.north), *below = tree_backup(bank.b45);

    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.ho, erased);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_restore(bank.north, above);
    tree_restore(bank.b45, below);
    tree_settle(tree);
    assert_withheld(bank.b45, erased, "north");
    assert_withheld(bank.north, erased, "ho");
    tree_mend(bank.north);
    settle_looking(tree, bank.b45, erased);
    assert_true(seen(bank.north, erased)->erased);
    assert_true(reads(bank.b45, kept));
    assert_true(reads(bank.north, kept));
    assert_false(has_row(bank.b45, "restored"));
    tree_check_whole(tree);
}

static void resync(struct tree_office *office, const struct tree_office *peer)
{
    const struct omb_link_resync ask = {.peer = omb_view_str(peer->code)};

    tree_tick(office);
    answer_of(ask_as(&office->rig, "admin", OMB_ASK_LINK_RESYNC, &ask));
}

/* Nor one that an administrator of the office above asks for. */
static void test_a_resync_waits_for_the_top_as_well(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45);
    struct memport *above = tree_backup(bank.north), *below = tree_backup(bank.b45);

    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.ho, erased);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_restore(bank.north, above);
    tree_restore(bank.b45, below);
    tree_settle(tree);
    resync(bank.north, bank.b45);
    tree_settle(tree);
    assert_withheld(bank.b45, erased, "north");
    tree_mend(bank.north);
    settle_looking(tree, bank.b45, erased);
    tree_check_whole(tree);
}

/* A line that ends in the midst of it, a parent that starts again: it begins anew. */
static void test_a_comparison_that_is_cut_off_counts_for_nothing(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45);
    struct memport *copy = tree_backup(bank.b45);

    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.north, erased);
    tree_settle(tree);
    tree_cut(bank.b45);
    tree_restore(bank.b45, copy);
    for (unsigned i = 0; i < 40; i++) {
        tree_mend(bank.b45);
        for (unsigned ms = 0; ms < 20 * i; ms += 5) {
            tree_pass(tree, 5);
            assert_false(reads(bank.b45, erased));
        }
        if (i % 4 == 3) {
            tree_stop(bank.north);
            tree_start(bank.north);
        }
        if (i % 7 == 6) {
            tree_stop(bank.b45);
            tree_start(bank.b45);
        }
        tree_cut(bank.b45);
        assert_false(reads(bank.b45, erased));
    }
    tree_mend(bank.b45);
    settle_looking(tree, bank.b45, erased);
    assert_false(has_row(bank.b45, "restored"));
    tree_check_whole(tree);
}

static void test_an_administrator_may_serve_anyway(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = ended_case(tree, bank.b45);
    const struct omb_backup_served *served;

    assert_non_null(serve(bank.b45)->error);
    tree_cut(bank.b45);
    tree_restore(bank.b45, tree_backup(bank.b45));
    assert_withheld(bank.b45, number, "north");
    served = answer_of(serve(bank.b45));
    assert_int_equal(served->unheard.count, 1);
    assert_text(served->unheard.items[0], "north");
    assert_true(reads(bank.b45, number));
    assert_non_null(serve(bank.b45)->error);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    assert_true(reads(bank.b45, number));
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check_whole(tree);
}

/* --- the root --- */

static void test_the_root_asks_all_below(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view own = bank_complaint(bank.ho), erased = bank_complaint(bank.b45);
    struct memport *copy;

    ESCALATE(bank.b45, erased, "ho");
    tree_settle(tree);
    withdraw(bank.b45, erased);
    tree_settle(tree);
    copy = tree_backup(bank.ho);
    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.ho, erased);
    tree_settle(tree);
    tree_cut(bank.south);
    tree_restore(bank.ho, copy);
    settle_looking(tree, bank.ho, erased);
    assert_withheld(bank.ho, own, "south");
    tree_mend(bank.south);
    tree_settle(tree);
    assert_true(reads(bank.ho, own));
    assert_false(has_row(bank.ho, "restored"));
    tree_check_whole(tree);
}

/* A disk that fails is told as one, and not as damage, which has another way out. */
static void test_rows_that_the_disk_does_not_give_are_no_damage(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct rig *rig = &bank.b45->rig;
    const struct omb_restoring restoring = {.made_at = 1, .restored_at = 2};
    struct omb_writes *writes = omb_writes_new();
    struct omb_error why = {0};

    omb_writes_reset(writes, memport_port(rig->store));
    memport_fail(rig->store, OMB_IO);
    assert_int_equal(
        omb_restored_put(rig->office, memport_port(rig->store), &restoring, writes, &why), OMB_IO);
    assert_int_equal(why.rc, OMB_IO);
    memport_fail(rig->store, OMB_OK);
    omb_writes_free(writes);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_branch_hears_of_an_erasure_before_it_shows_a_word),
        TREE_TEST(test_a_branch_that_lost_nothing_serves_soon),
        TREE_TEST(test_a_branch_is_restored_before_it_ever_called),
        TREE_TEST(test_parent_and_child_are_restored_together),
        TREE_TEST(test_a_branch_below_a_restored_region_waits_for_the_top),
        TREE_TEST(test_a_resync_waits_for_the_top_as_well),
        TREE_TEST(test_a_comparison_that_is_cut_off_counts_for_nothing),
        TREE_TEST(test_an_administrator_may_serve_anyway),
        TREE_TEST(test_the_root_asks_all_below),
        TREE_TEST(test_rows_that_the_disk_does_not_give_are_no_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
