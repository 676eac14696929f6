/* A region comes back out of a backup: who above and below it must be heard before it shows a word?
 */
#define _GNU_SOURCE /* memmem */
#include "trace/restored.h"

static void test_a_region_asks_above_and_below(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view of45 = ended_case(tree, bank.b45), of46 = ended_case(tree, bank.b46);
    const struct omb_view own = bank_complaint(bank.north);
    struct memport *copy;

    tree_settle(tree);
    copy = tree_backup(bank.north);
    tree_cut(bank.north);
    tree_cut(bank.b45);
    tree_cut(bank.b46);
    tree_restore(bank.north, copy);
    assert_withheld(bank.north, of45, "ho");
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_withheld(bank.north, of45, "ho");
    tree_mend(bank.north);
    tree_settle(tree);
    assert_true(reads(bank.north, of45));
    assert_true(reads(bank.north, own));
    assert_withheld(bank.north, of46, "vsp-0046");
    tree_mend(bank.b46);
    tree_settle(tree);
    assert_true(reads(bank.north, of46));
    assert_false(has_row(bank.north, "restored"));
    tree_check_whole(tree);
}

/* The parts of a store, as far as `among` has them (NULL: whatever it has). */
struct parts {
    const struct omb_port *among;
    size_t count;
};

static enum omb_rc see_theirs(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    if (!omb_view_equal(value, *(const struct omb_view *)arg))
        return OMB_OK;
    *(struct omb_view *)arg = OMB_VIEW_NONE;
    return OMB_STOP;
}

static enum omb_rc see_part(void *arg, struct omb_view key, struct omb_view value)
{
    struct parts *parts = arg;
    struct omb_view looked_for = value;

    (void)key;
    assert_int_equal(omb_port_scan(parts->among, OMB_FAMILY_PART, OMB_VIEW_NONE, OMB_VIEW_NONE,
                                   false, see_theirs, &looked_for),
                     OMB_OK);
    parts->count += looked_for.size == 0;
    return OMB_OK;
}

/* How many parts of the one store, whatever record they are of, the office has as well. */
static size_t parts_of(const struct memport *store, const struct tree_office *office)
{
    struct parts parts = {.among = memport_port(office->rig.store)};

    assert_int_equal(omb_port_scan(memport_port(store), OMB_FAMILY_PART, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, see_part, &parts),
                     OMB_OK);
    return parts.count;
}

/*
 * Words that this office would not show are given to nobody who would, also those that their author
 * wrote by a clock which is ahead: by their time they came after the backup.
 */
static void withheld_words_stay(struct tree *tree, int64_t ahead_ms)
{
    struct bank bank = bank_build(tree);
    const struct omb_reply *refused;
    struct omb_shared shared = {};
    struct memport *copy, *before;
    struct omb_view erased;

    tree_set_clock(bank.b45, bank.b45->rig.now_ms + ahead_ms);
    erased = bank_complaint(bank.b45);

    ESCALATE(bank.b45, erased, "north");
    tree_settle(tree);
    copy = tree_backup(bank.north);
    before = tree_backup(bank.b45);
    assert_int_equal(parts_of(before, bank.b46), 0);
    withdraw(bank.b45, erased);
    tree_settle(tree);
    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.ho, erased);
    tree_settle(tree);
    tree_cut(bank.north);
    tree_cut(bank.b45);
    tree_restore(bank.north, copy);
    assert_withheld(bank.north, erased, "ho");
    DELEGATE(bank.north, erased, "vsp-0046");
    refused = tree_act(bank.north, "s1", erased, "vsp-0046", OMB_EVENT_SHARED, &shared, NULL);
    assert_text(refused->error->code, "sealed");
    tree_settle(tree);
    assert_false(reads(bank.b46, erased));
    assert_true(tree_holds(bank.b46, erased));
    assert_int_equal(parts_of(before, bank.b46), 0);
    tree_mend(bank.north);
    tree_mend(bank.b45);
    settle_looking(tree, bank.b46, erased);
    assert_int_equal(parts_of(before, bank.b46), 0);
    memport_free(before);
    tree_check_whole(tree);
}

static void test_words_that_are_withheld_are_not_given_on(void **state)
{
    withheld_words_stay(*state, 0);
}

static void test_withheld_words_by_a_clock_that_is_ahead_are_not_given_on(void **state)
{
    withheld_words_stay(*state, OMB_DAY_MS / 2);
}

/* The backup has nothing of them, so nobody can have erased what it would bring back. */
static void test_words_that_came_after_the_backup_are_given_on(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *after;
    struct omb_view number;
    size_t had;

    tree_settle(tree);
    tree_cut(bank.north);
    tree_restore(bank.north, tree_backup(bank.north));
    tree_settle(tree);
    after = tree_backup(bank.b45);
    had = parts_of(after, bank.b46);
    memport_free(after);
    number = bank_complaint(bank.b45);
    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    assert_withheld(bank.north, number, "ho");
    DELEGATE(bank.north, number, "vsp-0046");
    tree_settle(tree);
    after = tree_backup(bank.b45);
    assert_true(parts_of(after, bank.b46) > had);
    memport_free(after);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_true(reads(bank.b46, number));
    tree_check_whole(tree);
}

/* Nothing was erased: an office that comes to a case meanwhile has its words in the end. */
static void test_words_that_were_held_back_come_in_the_end(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    tree_cut(bank.north);
    tree_cut(bank.b45);
    tree_restore(bank.north, tree_backup(bank.north));
    DELEGATE(bank.north, number, "vsp-0046");
    tree_settle(tree);
    assert_false(reads(bank.b46, number));
    tree_mend(bank.north);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_false(has_row(bank.north, "restored"));
    assert_true(reads(bank.b46, number));
    tree_check_whole(tree);
}

/* Whom a case went to meanwhile reads it once it is known that it was not erased. */
static void test_a_key_that_was_not_given_meanwhile_is_given_then(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    tree_settle(tree);
    tree_cut(bank.b45);
    tree_restore(bank.b45, tree_backup(bank.b45));
    ESCALATE(bank.b45, number, "north");
    assert_withheld(bank.b45, number, "north");
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_true(reads(bank.b45, number));
    assert_true(reads(bank.north, number));
    tree_check_whole(tree);
}

/* Also through an office between that was never restored. */
static void test_what_was_held_back_goes_down_all_the_way(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b77);

    ESCALATE(bank.b77, number, "ho");
    tree_settle(tree);
    tree_cut(bank.south);
    tree_restore(bank.ho, tree_backup(bank.ho));
    DELEGATE(bank.ho, number, "vsp-0045");
    tree_settle(tree);
    assert_withheld(bank.ho, number, "south");
    assert_false(reads(bank.b45, number));
    tree_mend(bank.south);
    tree_settle(tree);
    assert_true(reads(bank.b45, number));
    tree_check_whole(tree);
}

/* It confirmed the erasure itself and told its branch alone before its disk died. */
static void test_a_region_hears_from_below_what_it_erased_itself(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45);
    struct memport *copy = tree_backup(bank.north);

    tree_cut(bank.north);
    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    confirm_erasure(bank.north, erased);
    tree_settle(tree);
    assert_true(seen(bank.b45, erased)->erased);
    tree_cut(bank.b45);
    tree_restore(bank.north, copy);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_withheld(bank.north, erased, "vsp-0045");
    tree_mend(bank.b45);
    settle_looking(tree, bank.north, erased);
    tree_check_whole(tree);
}

/* Put back to where it had not compared with the branch yet, which has seen its store since. */
static void test_a_region_that_is_put_back_asks_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct memport *copy;

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    tree_cut(bank.b45);
    tree_restore(bank.north, tree_backup(bank.north));
    tree_settle(tree);
    assert_withheld(bank.north, number, "vsp-0045");
    copy = tree_backup(bank.north);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_false(has_row(bank.north, "restored"));
    tree_roll_back(bank.north, copy);
    tree_settle(tree);
    assert_false(has_row(bank.north, "restored"));
    assert_true(reads(bank.north, number));
    tree_check_whole(tree);
}

/* A case of vsp-0045 that vsp-0046 can read as well, and that came to an end. */
static struct omb_view shared_case(struct tree *tree, struct bank *bank)
{
    struct omb_shared shared = {};
    const struct omb_view number = bank_complaint(bank->b45);

    ESCALATE(bank->b45, number, "north");
    tree_settle(tree);
    assert_null(
        tree_act(bank->north, "s1", number, "vsp-0046", OMB_EVENT_SHARED, &shared, NULL)->error);
    tree_settle(tree);
    withdraw(bank->b45, number);
    tree_settle(tree);
    return number;
}

/* It confirmed the erasure and told another office of the case alone, not the one that asked. */
static void test_a_region_hears_from_another_office_of_the_case(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = shared_case(tree, &bank), kept = ended_case(tree, bank.b45);
    struct memport *copy = tree_backup(bank.north);

    tree_cut(bank.north);
    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    tree_cut(bank.b45);
    confirm_erasure(bank.north, erased);
    tree_settle(tree);
    assert_true(seen(bank.b46, erased)->erased);
    tree_cut(bank.b46);
    tree_restore(bank.north, copy);
    tree_mend(bank.north);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_withheld(bank.north, erased, "vsp-0046");
    assert_true(reads(bank.north, kept)); /* vsp-0046 has nothing of it */
    tree_mend(bank.b46);
    settle_looking(tree, bank.north, erased);
    assert_false(has_row(bank.north, "restored"));
    tree_check_whole(tree);
}

/* The office that came to the case, and was told of its end, after the backup was made. */
static void test_a_region_hears_from_an_office_that_came_to_the_case_later(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = bank_complaint(bank.b45);
    struct omb_shared shared = {};
    struct memport *copy;

    ESCALATE(bank.b45, erased, "north");
    tree_settle(tree);
    copy = tree_backup(bank.north);
    tree_cut(bank.north);
    assert_null(
        tree_act(bank.north, "s1", erased, "vsp-0046", OMB_EVENT_SHARED, &shared, NULL)->error);
    withdraw(bank.b45, erased);
    tree_settle(tree);
    ask_erasure(bank.b45, erased);
    tree_settle(tree);
    tree_cut(bank.b45);
    confirm_erasure(bank.north, erased);
    tree_settle(tree);
    assert_true(seen(bank.b46, erased)->erased);
    tree_cut(bank.b46);
    tree_restore(bank.north, copy);
    tree_mend(bank.north);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_withheld(bank.north, erased, "vsp-0046");
    tree_mend(bank.b46);
    settle_looking(tree, bank.north, erased);
    tree_check_whole(tree);
}

/* Who stands in for a closed home may have asked for the erasure. */
static void test_a_region_hears_from_the_successor_of_the_home(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = ended_case(tree, bank.b45);
    const struct omb_office_change change = {.code = OMB_VIEW_LIT("vsp-0045"),
                                             .successor = OMB_VIEW_LIT("vsp-0046")};
    struct memport *copy;

    tree_tick(bank.north);
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    tree_settle(tree);
    copy = tree_backup(bank.north);
    tree_cut(bank.north);
    ask_erasure(bank.b46, erased);
    tree_settle(tree);
    confirm_erasure(bank.north, erased);
    tree_settle(tree);
    assert_true(seen(bank.b46, erased)->erased);
    tree_cut(bank.b46);
    tree_restore(bank.north, copy);
    tree_mend(bank.north);
    tree_settle(tree);
    assert_withheld(bank.north, erased, "vsp-0046");
    tree_mend(bank.b46);
    settle_looking(tree, bank.north, erased);
}

/* Nobody waits for an office that was put out: it is not asked any more. */
static void test_an_office_that_was_put_out_is_not_waited_for(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = shared_case(tree, &bank);
    const struct omb_office_change change = {.code = OMB_VIEW_LIT("vsp-0046"), .revoke = true};

    tree_cut(bank.b46);
    tree_restore(bank.north, tree_backup(bank.north));
    tree_settle(tree);
    assert_withheld(bank.north, number, "vsp-0046");
    tree_tick(bank.north);
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    tree_settle(tree);
    assert_true(reads(bank.north, number));
    tree_tick(bank.north);
    assert_false(has_row(bank.north, "restored"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_region_asks_above_and_below),
        TREE_TEST(test_words_that_are_withheld_are_not_given_on),
        TREE_TEST(test_withheld_words_by_a_clock_that_is_ahead_are_not_given_on),
        TREE_TEST(test_words_that_came_after_the_backup_are_given_on),
        TREE_TEST(test_words_that_were_held_back_come_in_the_end),
        TREE_TEST(test_what_was_held_back_goes_down_all_the_way),
        TREE_TEST(test_a_key_that_was_not_given_meanwhile_is_given_then),
        TREE_TEST(test_a_region_that_is_put_back_asks_again),
        TREE_TEST(test_a_region_hears_from_below_what_it_erased_itself),
        TREE_TEST(test_a_region_hears_from_another_office_of_the_case),
        TREE_TEST(test_a_region_hears_from_an_office_that_came_to_the_case_later),
        TREE_TEST(test_a_region_hears_from_the_successor_of_the_home),
        TREE_TEST(test_an_office_that_was_put_out_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
