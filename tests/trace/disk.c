/* A daemon crashes, its disk is slow, full or reads wrongly: is everything that it said kept? */
#include <stdio.h>

#include "support/tree_drive.h"
#include "trace/bank.h"

enum { FLIPS = 12 };

/* A complaint by t1 under an id that can be repeated; NULL: it was refused. */
static const struct omb_act_done *register_as(struct tree_office *office, const char *id)
{
    struct complaint complaint;
    const struct omb_reply *reply;

    complaint_new(&complaint);
    tree_tick(office);
    tree_tell(office->tree, "%s t1 registers as %s", office->code, id);
    reply = ask_again(&office->rig, "t1", id, OMB_ASK_ACT, &complaint.act);
    return reply->error == NULL ? answer_of(reply) : NULL;
}

struct ending {
    enum tree_point point;
    size_t few;
    bool kept; /* by the office's own disk */
};

static void crash_at(struct tree *tree, struct bank *bank, const struct ending *ending)
{
    struct omb_view number, again;
    uint64_t batch;

    tree_crash(bank->b45, ending->point, ending->few);
    batch = bank->b45->batch;
    number = register_as(bank->b45, "the one request")->number;
    assert_false(tree_was_told(bank->b45, batch));
    tree_pass(tree, 1);
    assert_false(bank->b45->running);
    assert_int_equal(memport_unsynced(bank->b45->rig.store), 0);
    tree_settle(tree);
    assert_true(bank->b45->running);
    assert_false(tree_was_told(bank->b45, batch));
    assert_int_equal(tree_holds(bank->b45, number), ending->kept);
    assert_int_equal(tree_holds(bank->ho, number), ending->kept);
    /* Nobody heard the answer, so the same is asked again. */
    batch = bank->b45->batch;
    again = register_as(bank->b45, "the one request")->number;
    if (ending->kept)
        assert_true(omb_view_equal(number, again));
    tree_settle(tree);
    assert_true(tree_was_told(bank->b45, batch));
    tree_agree(tree, again, "open", "vsp-0045", bank->b45, bank->north, bank->ho, NULL);
    assert_int_equal(memport_count(bank->ho->rig.store, OMB_FAMILY_CASE), 1);
}

static void crash_story(void **state, struct ending ending)
{
    struct bank bank = bank_build(*state);

    crash_at(*state, &bank, &ending);
    tree_check_whole(*state);
}

static void test_a_crash_before_the_write_takes_what_was_not_told(void **state)
{
    crash_story(state, (struct ending){TREE_BEFORE_WRITE, 0, false});
}

static void test_a_crash_before_the_sync_takes_what_was_written(void **state)
{
    crash_story(state, (struct ending){TREE_BEFORE_SYNC, 0, false});
}

static void test_a_crash_before_the_sync_may_leave_what_was_written(void **state)
{
    crash_story(state, (struct ending){TREE_BEFORE_SYNC, 1, true});
}

static void test_a_crash_before_anybody_is_told_keeps_what_is_durable(void **state)
{
    crash_story(state, (struct ending){TREE_BEFORE_SENDS, 0, true});
}

static void test_a_crash_while_others_are_told_keeps_what_is_durable(void **state)
{
    crash_story(state, (struct ending){TREE_AMID_SENDS, 1, true});
}

static void test_a_crash_above_after_the_frames_left_takes_nothing(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    /* North hears of it, keeps it, and is gone before it acknowledges. */
    tree_crash(bank.north, TREE_BEFORE_SENDS, 0);
    tree_settle(tree);
    tree_told_in_order(tree, "vsp-0045 -> north Records", "north crashes before anybody is told",
                       "north starts", "vsp-0045 dials north", NULL);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

static void test_frames_that_left_before_a_crash_arrive(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;
    size_t records;

    bank.b45->up_ms = 500;
    number = bank_complaint(bank.b45);
    records = tree_told(tree, "vsp-0045 -> north Records");
    tree_crash(bank.b45, TREE_AMID_SENDS, 1);
    tree_pass(tree, 100);
    assert_false(bank.b45->running);
    assert_int_equal(tree_told(tree, "vsp-0045 -> north Records"), records);
    tree_pass(tree, 1000);
    assert_false(bank.b45->running);
    assert_int_equal(tree_told(tree, "vsp-0045 -> north Records"), records + 1);
    assert_true(tree_holds(bank.north, number));
    tree_settle(tree);
    tree_check_whole(tree);
}

static void test_nothing_leaves_while_the_disk_syncs(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view first, second;
    uint64_t batch;
    size_t frames;

    tree_sync_takes(bank.b45, 300);
    frames = tree_told(tree, "vsp-0045 -> north Records");
    batch = bank.b45->batch;
    first = bank_complaint(bank.b45);
    tree_pass(tree, 100);
    assert_int_equal(memport_unsynced(bank.b45->rig.store), 1);
    second = bank_complaint(bank.b45);
    tree_pass(tree, 100);
    assert_int_equal(memport_unsynced(bank.b45->rig.store), 1);
    assert_false(tree_was_told(bank.b45, batch));
    assert_int_equal(tree_told(tree, "vsp-0045 -> north Records"), frames);
    tree_pass(tree, 150); /* the first is durable, and the second on its way to the disk */
    assert_true(tree_was_told(bank.b45, batch));
    assert_false(tree_was_told(bank.b45, batch + 1));
    assert_int_equal(tree_told(tree, "vsp-0045 -> north Records"), frames + 1);
    tree_crash(bank.b45, TREE_BEFORE_SYNC, 0);
    tree_settle(tree);
    assert_false(tree_was_told(bank.b45, batch + 1));
    tree_agree(tree, first, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    assert_false(tree_holds(bank.b45, second));
    tree_check_whole(tree);
}

static void test_a_full_disk_ends_the_daemon_until_there_is_room(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct omb_view number;
    uint64_t batch;

    tree_fill_disk(bank.b45);
    batch = bank.b45->batch;
    number = register_as(bank.b45, "with no room")->number;
    tree_settle(tree);
    assert_false(bank.b45->running);
    tree_told_in_order(tree, "crashes since its disk is full", "cannot start: its disk is full",
                       NULL);
    tree_free_disk(bank.b45);
    tree_settle(tree);
    assert_false(tree_was_told(bank.b45, batch));
    assert_false(tree_holds(bank.b45, number));
    number = register_as(bank.b45, "with no room")->number;
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, NULL);
    tree_check_whole(tree);
}

static void test_a_flipped_bit_is_never_believed(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    char id[16];

    /* Whichever row of the office's work it is; what is refused or not told is asked again. */
    for (size_t reads = 0; reads < FLIPS; reads++) {
        snprintf(id, sizeof(id), "with %zu", reads);
        tree_damage_read(bank.b45, reads);
        (void)register_as(bank.b45, id);
        tree_pass(tree, 10000);
        if (!bank.b45->running)
            tree_pass(tree, 2 * TREE_RESTART_MS);
    }
    tree_heal(bank.b45);
    tree_settle(tree);
    assert_in_range(tree_told(tree, "vsp-0045 crashes since its store is damaged"), FLIPS / 2,
                    FLIPS);
    for (size_t reads = 0; reads < FLIPS; reads++) {
        snprintf(id, sizeof(id), "with %zu", reads);
        assert_non_null(register_as(bank.b45, id));
    }
    tree_settle(tree);
    assert_int_equal(memport_count(bank.ho->rig.store, OMB_FAMILY_CASE), FLIPS);
    tree_check_whole(tree);
}

/* Whoever is certified again is looked for in several ways: one of them may fail alone. */
static void test_a_flipped_bit_certifies_nobody_by_half(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_digest certificate = tree_certificate(bank.b45);
    struct omb_buf bundle = OMB_BUF_INIT;
    size_t reads = 0;
    bool certified = false;

    for (; !certified; reads++) { /* until it reads less than that */
        tree_damage_read(bank.ho, reads);
        certified = tree_try_enrol(bank.b45, bank.ho, &certificate, &bundle);
        tree_heal(bank.ho);
        if (!bank.ho->running)
            tree_pass(tree, 2 * TREE_RESTART_MS);
    }
    assert_in_range(reads, FLIPS, 1000);
    tree_settle(tree);
    tree_check(tree);
    omb_buf_free(&bundle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_crash_before_the_write_takes_what_was_not_told),
        TREE_TEST(test_a_crash_before_the_sync_takes_what_was_written),
        TREE_TEST(test_a_crash_before_the_sync_may_leave_what_was_written),
        TREE_TEST(test_a_crash_before_anybody_is_told_keeps_what_is_durable),
        TREE_TEST(test_a_crash_while_others_are_told_keeps_what_is_durable),
        TREE_TEST(test_a_crash_above_after_the_frames_left_takes_nothing),
        TREE_TEST(test_frames_that_left_before_a_crash_arrive),
        TREE_TEST(test_nothing_leaves_while_the_disk_syncs),
        TREE_TEST(test_a_full_disk_ends_the_daemon_until_there_is_room),
        TREE_TEST(test_a_flipped_bit_is_never_believed),
        TREE_TEST(test_a_flipped_bit_certifies_nobody_by_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
