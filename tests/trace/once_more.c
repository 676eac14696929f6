/*
 * When its parent learns who came, a child is to compare once more: does it, though its line or a
 * daemon ends before it hears that?
 */
#include "support/tree_drive.h"
#include "trace/bank.h"

/* The branch lost with its disk whom it hired, which no case tells of, and was sent elsewhere. */
static void lose_and_leave(struct tree *tree, struct bank *bank)
{
    struct memport *copy;

    *bank = bank_build(tree);
    copy = tree_backup(bank->b45);
    tree_tick(bank->b45);
    hire(&bank->b45->rig, "t9", "teller");
    tree_keep(bank->b45);
    tree_settle(tree);
    tree_cut(bank->b45);
    tree_roll_back(bank->b45, copy);
    tree_move(bank->b45, bank->south);
}

static void pass_until(struct tree *tree, const char *told)
{
    const size_t before = tree_told(tree, told);

    while (tree_told(tree, told) == before)
        tree_pass(tree, 1);
}

/* Its word that it came is at the head office. */
static void call_from_there(struct tree *tree, struct bank *bank)
{
    tree_mend(bank->b45);
    pass_until(tree, "vsp-0045 -> south Records");
    pass_until(tree, "south -> ho Records");
}

static void test_what_a_line_took_along_is_asked_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank;

    lose_and_leave(tree, &bank);
    bank.south->down_wire.dead = true;
    call_from_there(tree, &bank);
    tree_settle(tree);
    tree_line_heal(bank.south);
    tree_settle(tree);
    tree_check_whole(tree);
}

static void test_a_parent_that_starts_again_asks_all_the_same(void **state)
{
    struct tree *tree = *state;
    struct bank bank;

    lose_and_leave(tree, &bank);
    call_from_there(tree, &bank);
    tree_stop(bank.ho);
    tree_start(bank.ho);
    tree_settle(tree);
    tree_check_whole(tree);
}

/*
 * The region was put back to before it heard of an office that a record of a branch names, and its
 * own line is down: it waits for that certificate, and is started anew before it comes.
 */
static void test_a_region_that_starts_again_knows_that_it_waits(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *town = tree_add(tree, "town", "regional", bank.north);
    struct tree_office *b99 = tree_add(tree, "vsp-0099", "branch", town);
    struct tree_office *legal;
    struct memport *copy, *before;
    struct omb_view number;

    tree_settle(tree);
    before = tree_backup(town);
    (void)bank_complaint(town);
    tree_settle(tree);
    copy = tree_backup(bank.north);
    tree_roll_back(town, before); /* what the region has of it, it does not know */
    (void)bank_complaint(town);
    legal = tree_add_service(tree, "legal", bank.ho);
    tree_settle(tree);
    tree_cut(bank.north);
    number = bank_complaint(b99);
    TREE_ACT(b99, number, "legal", ASKED, asked, "may we?",
             .due = tree->now_ms + 2 * OMB_DAY_MS);
    tree_settle(tree);
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    (void)bank_complaint(town); /* from here on its journal goes on: it does not compare again */
    tree_settle(tree);
    tree_stop(bank.north);
    tree_start(bank.north);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0099", b99, town, bank.north, bank.ho, legal, NULL);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_a_line_took_along_is_asked_again),
        TREE_TEST(test_a_parent_that_starts_again_asks_all_the_same),
        TREE_TEST(test_a_region_that_starts_again_knows_that_it_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
