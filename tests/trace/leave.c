/*
 * What stays behind at a region that an office left: is it lost when nobody else has it?
 */
#include <stdio.h>

#include "support/tree_drive.h"
#include "trace/bank.h"

/*
 * The region writes what its parent acknowledges, is put back, and writes something else there: of
 * its journal nothing is sent again, and what it has is found by comparison alone.
 */
static void part_ways(struct tree_office *region)
{
    struct memport *copy = tree_backup(region);

    (void)bank_complaint(region);
    tree_settle(region->tree);
    tree_cut(region);
    tree_roll_back(region, copy);
    (void)bank_complaint(region);
    tree_settle(region->tree);
}

/* The line breaks when the region has heard who left, and before it answered what was wanted. */
static void mend_badly(struct tree_office *region)
{
    struct tree *tree = region->tree;
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "%s -> %s Want", region->parent->code, region->code);
    tree_mend(region);
    while (!tree_told(tree, wanted))
        tree_pass(tree, 1);
    tree_cut(region);
    tree_settle(tree);
    tree_mend(region);
    tree_settle(tree);
}

/* What the branch wrote since the copy its disk loses, and it comes under another parent. */
static void leave(struct tree_office *branch, struct memport *take_copy, struct tree_office *to)
{
    struct tree *tree = branch->tree;

    tree_settle(tree);
    tree_cut(branch);
    tree_roll_back(branch, take_copy);
    tree_move(branch, to);
    tree_mend(branch);
    tree_settle(tree);
}

static void test_what_its_old_region_alone_has_comes_home(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);
    struct omb_view number;

    part_ways(bank.north);
    number = bank_complaint(bank.b45);
    leave(bank.b45, copy, bank.south);
    mend_badly(bank.north);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_check_whole(tree);
}

/* Of no case, and no word of trust: nothing but a comparison takes it down again. */
static void test_whom_it_hired_it_hears_from_its_new_region(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy = tree_backup(bank.b45);

    part_ways(bank.north);
    tree_tick(bank.b45);
    hire(&bank.b45->rig, "t9", "teller");
    tree_keep(bank.b45);
    leave(bank.b45, copy, bank.south);
    mend_badly(bank.north);
    tree_check_whole(tree);
}

/*
 * Of what a branch below a town wrote the town alone has the last copy; `moves`: it has come under
 * another region since the branch was certified there.
 */
static void leave_a_town(struct tree *tree, bool moves)
{
    struct bank bank = bank_build(tree);
    struct tree_office *town = tree_add(tree, "town", "regional", bank.north);
    struct tree_office *b99 = tree_add(tree, "vsp-0099", "branch", town);
    struct tree_office *to = moves ? bank.ho : bank.south;
    struct memport *copy;
    struct omb_view number;

    tree_settle(tree);
    if (moves) {
        tree_move(town, bank.south);
        tree_settle(tree);
    }
    part_ways(town);
    copy = tree_backup(b99);
    number = bank_complaint(b99);
    leave(b99, copy, to);
    mend_badly(town);
    tree_agree(tree, number, "open", "vsp-0099", b99, bank.ho, NULL);
    assert_true(tree_holds(to, number));
    tree_check_whole(tree);
}

/* Who passes it on never had to do with the branch but by the town. */
static void test_what_a_town_alone_has_comes_home_level_by_level(void **state)
{
    leave_a_town(*state, false);
}

static void test_what_a_town_that_moved_alone_has_comes_home(void **state)
{
    leave_a_town(*state, true);
}

/* Of its word that it came, by which its certificate counts, nobody else ever heard. */
static void test_its_word_for_a_region_that_it_left_comes_home(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy;

    let_go(bank.ho, bank.b45, bank.south);
    part_ways(bank.south);
    copy = tree_backup(bank.b45);
    assert_true(tree_try_come_under(bank.b45, bank.south));
    leave(bank.b45, copy, bank.ho);
    mend_badly(bank.south);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_its_old_region_alone_has_comes_home),
        TREE_TEST(test_whom_it_hired_it_hears_from_its_new_region),
        TREE_TEST(test_what_a_town_alone_has_comes_home_level_by_level),
        TREE_TEST(test_what_a_town_that_moved_alone_has_comes_home),
        TREE_TEST(test_its_word_for_a_region_that_it_left_comes_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
