/* An office comes back out of a backup: does it hear what was erased before it shows a word? */
#define _GNU_SOURCE /* memmem */
#include "trace/bank.h"

#include "office/keys.h"

#define NARRATIVE "charged twice"

/* --- what an office shows --- */

static const struct omb_case_view *seen(struct tree_office *office, struct omb_view number)
{
    tree_tick(office);
    return show(&office->rig, "s1", number);
}

static bool reads(struct tree_office *office, struct omb_view number)
{
    const struct omb_case_view *view = seen(office, number);

    assert_true((view->narrative.size > 0) == (view->client != NULL));
    return view->narrative.size > 0;
}

static void assert_withheld(struct tree_office *office, struct omb_view number, const char *by)
{
    const struct omb_case_view *view = seen(office, number);

    assert_int_equal(view->narrative.size, 0);
    assert_null(view->client);
    assert_true(view->withheld.size > 0);
    assert_non_null(memmem(view->withheld.data, view->withheld.size, by, strlen(by)));
    for (size_t i = 0; i < view->events.count; i++)
        assert_int_equal(view->events.items[i].text.size, 0);
}

static bool has_row(const struct tree_office *office, const char *name)
{
    const struct omb_key key = omb_key_meta(name);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(memport_port(office->rig.store), OMB_FAMILY_META, omb_key_view(&key), &value);

    omb_buf_free(&value);
    return rc == OMB_OK;
}

/* --- what happens --- */

static void withdraw(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, WITHDRAWN, withdrawn, NULL, .method = OMB_VIEW_LIT("phone"));
}

static void ask_erasure(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
}

static void confirm_erasure(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
}

/* A case of the office that its region can read, and that came to an end. */
static struct omb_view ended_case(struct tree *tree, struct tree_office *office)
{
    const struct omb_view number = bank_complaint(office);

    ESCALATE(office, number, "north");
    tree_settle(tree);
    withdraw(office, number);
    tree_settle(tree);
    return number;
}

/* Until nothing is under way, in steps so small that every frame is between two looks. */
static void settle_looking(struct tree *tree, struct tree_office *office, struct omb_view erased)
{
    for (unsigned i = 0; i < 4000; i++) {
        assert_false(reads(office, erased));
        tree_pass(tree, 10);
    }
    tree_settle(tree);
    assert_true(seen(office, erased)->erased);
    assert_false(reads(office, erased));
}

static const struct omb_reply *serve(struct tree_office *office)
{
    static const struct omb_backup_serve ask = {};

    tree_tick(office);
    return ask_as(&office->rig, "admin", OMB_ASK_BACKUP_SERVE, &ask);
}

static size_t lives_of(struct tree_office *asked, const struct tree_office *whose)
{
    const struct omb_log_list_ask ask = {};
    const struct omb_log_list *list;
    size_t lives = 0;

    tree_tick(asked);
    list = answer_of(ask_as(&asked->rig, "admin", OMB_ASK_LOG_LIST, &ask));
    for (size_t i = 0; i < list->logs.count; i++)
        lives += omb_view_is(list->logs.items[i].office, whose->code);
    return lives;
}

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

/* --- an office between --- */

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

/* Words that this office would not show are given to nobody who would. */
static void test_words_that_are_withheld_are_not_given_on(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view erased = bank_complaint(bank.b45);
    const struct omb_reply *refused;
    struct omb_shared shared = {};
    struct memport *copy;

    ESCALATE(bank.b45, erased, "north");
    tree_settle(tree);
    copy = tree_backup(bank.north);
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
    tree_mend(bank.north);
    tree_mend(bank.b45);
    settle_looking(tree, bank.b46, erased);
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
        TREE_TEST(test_a_region_asks_above_and_below),
        TREE_TEST(test_words_that_are_withheld_are_not_given_on),
        TREE_TEST(test_a_key_that_was_not_given_meanwhile_is_given_then),
        TREE_TEST(test_a_region_hears_from_below_what_it_erased_itself),
        TREE_TEST(test_the_root_asks_all_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
