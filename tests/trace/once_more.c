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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_a_line_took_along_is_asked_again),
        TREE_TEST(test_a_parent_that_starts_again_asks_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
