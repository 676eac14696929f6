#include <stdio.h>

#include "support/port_subject.h"

enum { UNSYNCED = 8, VALUE = 6000 };

/* --- the power goes --- */

static void what_is_written_is_seen_before_it_is_durable(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "key", "value");
    commit_unsynced(subject);
    assert_value(subject, OMB_FAMILY_CASE, "key", "value");
    omb_delete(subject->writes, OMB_FAMILY_CASE, OMB_VIEW_LIT("key"));
    commit_unsynced(subject);
    assert_absent(subject, OMB_FAMILY_CASE, "key");
}

static void what_was_synced_outlives_a_crash(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "first", "1");
    commit_unsynced(subject);
    put(subject, OMB_FAMILY_INDEX, "second", "2");
    commit_unsynced(subject);
    assert_int_equal(subject->maker->sync(subject->it), OMB_OK);
    put(subject, OMB_FAMILY_CASE, "third", "3");
    commit_unsynced(subject);
    crash(subject, 0);
    assert_value(subject, OMB_FAMILY_CASE, "first", "1");
    assert_value(subject, OMB_FAMILY_INDEX, "second", "2");
    assert_absent(subject, OMB_FAMILY_CASE, "third");
}

static void a_synced_commit_takes_those_before_it_along(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "before", "1");
    commit_unsynced(subject);
    put(subject, OMB_FAMILY_CASE, "synced", "2");
    commit(subject);
    crash(subject, 0);
    assert_value(subject, OMB_FAMILY_CASE, "before", "1");
    assert_value(subject, OMB_FAMILY_CASE, "synced", "2");
}

static void a_crash_brings_back_what_was_replaced_and_deleted(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "replaced", "old");
    put(subject, OMB_FAMILY_CASE, "deleted", "");
    commit(subject);
    put(subject, OMB_FAMILY_CASE, "replaced", "new");
    commit_unsynced(subject);
    put(subject, OMB_FAMILY_CASE, "replaced", "newer");
    omb_delete(subject->writes, OMB_FAMILY_CASE, OMB_VIEW_LIT("deleted"));
    commit_unsynced(subject);
    crash(subject, 0);
    assert_value(subject, OMB_FAMILY_CASE, "replaced", "old");
    assert_value(subject, OMB_FAMILY_CASE, "deleted", "");
}

static void nothing_is_lost_by_a_plain_end(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "key", "value");
    commit_unsynced(subject);
    reopen(subject);
    assert_value(subject, OMB_FAMILY_CASE, "key", "value");
}

static bool has(struct subject *subject, enum omb_family family, const char *key)
{
    struct omb_buf got = OMB_BUF_INIT;
    const enum omb_rc rc = omb_port_get(port_of(subject), family, omb_view_str(key), &got);

    assert_true(rc == OMB_OK || rc == OMB_NOT_FOUND);
    omb_buf_free(&got);
    return rc == OMB_OK;
}

/* A batch lies in several families, one of them with large values. */
static void put_batch(struct subject *subject, const char *key)
{
    struct omb_buf large = OMB_BUF_INIT;

    while (large.size < VALUE)
        omb_buf_add_be64(&large, (large.size + subject->rows) * UINT64_C(0x9e3779b97f4a7c15));
    put(subject, OMB_FAMILY_CASE, key, "a row");
    put(subject, OMB_FAMILY_OUTBOX, key, "");
    omb_put(subject->writes, OMB_FAMILY_PART, omb_view_str(key), omb_buf_view(&large));
    omb_buf_free(&large);
    subject->rows++;
}

/* Whole batches, the oldest first; returns how many of the unsynced ones are there. */
static unsigned count_kept(struct subject *subject, unsigned round)
{
    unsigned kept = 0;
    char key[32];

    for (unsigned i = 0; i <= UNSYNCED; i++) {
        bool is;

        snprintf(key, sizeof(key), "%u/%u", round, i);
        is = has(subject, OMB_FAMILY_CASE, key);
        assert_int_equal(has(subject, OMB_FAMILY_OUTBOX, key), is);
        assert_int_equal(has(subject, OMB_FAMILY_PART, key), is);
        assert_true(is ? kept == i : i > 0);
        kept += is;
    }
    return kept - 1;
}

static void a_crash_keeps_whole_batches_in_their_order(void **state)
{
    struct subject *subject = *state;
    unsigned kept[11];
    char key[32];

    for (unsigned round = 0; round <= 10; round++) {
        for (unsigned i = 0; i <= UNSYNCED; i++) {
            snprintf(key, sizeof(key), "%u/%u", round, i);
            put_batch(subject, key);
            assert_int_equal(try_commit(subject, i == 0), OMB_OK);
        }
        crash(subject, 10 * round);
        kept[round] = count_kept(subject, round);
    }
    assert_int_equal(kept[0], 0);
    assert_in_range(kept[5], 1, UNSYNCED - 1);
    assert_int_equal(kept[10], UNSYNCED);
    for (unsigned round = 0; round < 10; round++) /* what a crash left the next ones leave */
        assert_int_equal(count_kept(subject, round), kept[round]);
}

static void a_store_goes_on_after_a_crash(void **state)
{
    struct subject *subject = *state;

    for (unsigned i = 0; i < 3; i++) {
        put(subject, OMB_FAMILY_CASE, "lost", "1");
        commit_unsynced(subject);
        crash(subject, 50);
        put(subject, OMB_FAMILY_CASE, "lost", "2");
        put(subject, OMB_FAMILY_INDEX, "kept", "3");
        commit(subject);
        crash(subject, 0);
        assert_value(subject, OMB_FAMILY_CASE, "lost", "2");
        assert_value(subject, OMB_FAMILY_INDEX, "kept", "3");
    }
}

/* --- the disk is full --- */

static void a_full_disk_takes_no_batch_and_shows_what_is_there(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "before", "1");
    commit(subject);
    subject->maker->fill(subject->it, true);
    put_batch(subject, "with no room");
    assert_int_equal(try_commit(subject, true), OMB_FULL);
    assert_int_equal(subject->maker->health(subject->it), OMB_FULL);
    assert_value(subject, OMB_FAMILY_CASE, "before", "1");
    subject->maker->fill(subject->it, false);
}

static void after_a_full_disk_nothing_is_written_before_the_next_start(void **state)
{
    struct subject *subject = *state;

    subject->maker->fill(subject->it, true);
    put_batch(subject, "with no room");
    assert_int_equal(try_commit(subject, false), OMB_FULL);
    subject->maker->fill(subject->it, false);
    put(subject, OMB_FAMILY_CASE, "after", "1");
    assert_int_equal(try_commit(subject, true), OMB_FULL);
    reopen(subject);
    assert_absent(subject, OMB_FAMILY_CASE, "after");
    assert_int_equal(subject->maker->health(subject->it), OMB_OK);
    put(subject, OMB_FAMILY_CASE, "after", "2");
    commit(subject);
    crash(subject, 0);
    assert_value(subject, OMB_FAMILY_CASE, "after", "2");
}

static void a_batch_that_met_a_full_disk_is_whole_or_absent(void **state)
{
    struct subject *subject = *state;
    bool kept;

    put_batch(subject, "before");
    commit(subject);
    subject->maker->fill(subject->it, true);
    put_batch(subject, "with no room");
    assert_int_equal(try_commit(subject, true), OMB_FULL);
    subject->maker->fill(subject->it, false);
    reopen(subject);
    kept = has(subject, OMB_FAMILY_CASE, "with no room");
    assert_int_equal(has(subject, OMB_FAMILY_OUTBOX, "with no room"), kept);
    assert_int_equal(has(subject, OMB_FAMILY_PART, "with no room"), kept);
    assert_true(has(subject, OMB_FAMILY_PART, "before"));
}

static void a_store_does_not_open_on_a_full_disk(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "key", "value");
    commit(subject);
    subject->maker->fill(subject->it, true);
    assert_int_equal(subject->maker->reopen(subject->it), OMB_FULL);
    subject->maker->fill(subject->it, false);
    reopen(subject);
    assert_value(subject, OMB_FAMILY_CASE, "key", "value");
}

/* --- what lies on the disk is not what was written --- */

static enum omb_rc must_not_see(void *arg, struct omb_view key, struct omb_view value)
{
    (void)value;
    if (omb_view_is(key, "damaged"))
        ++*(int *)arg;
    return OMB_OK;
}

static struct omb_buf random_value(unsigned seed, size_t size)
{
    struct omb_buf value = OMB_BUF_INIT;

    while (value.size < size)
        omb_buf_add_be64(&value, (seed + value.size) * UINT64_C(0x9e3779b97f4a7c15));
    return value;
}

/* In a family of small rows and in one whose large values lie by themselves. */
static const struct {
    enum omb_family family;
    size_t size;
} damages[] = {{OMB_FAMILY_CASE, 200}, {OMB_FAMILY_PART, VALUE}};

static void make_damage(struct subject *subject, size_t which)
{
    struct omb_buf value = random_value((unsigned)which + 1, damages[which].size);

    put(subject, OMB_FAMILY_INDEX, "whole", "1");
    omb_put(subject->writes, damages[which].family, OMB_VIEW_LIT("damaged"), omb_buf_view(&value));
    commit(subject);
    subject->maker->damage(subject->it, damages[which].family, OMB_VIEW_LIT("damaged"),
                           omb_buf_view(&value));
    omb_writes_reset(subject->writes, port_of(subject));
    omb_buf_free(&value);
}

static void assert_get_damaged(struct subject *subject, enum omb_family family)
{
    struct omb_buf got = OMB_BUF_INIT;

    omb_buf_add_str(&got, "before");
    assert_int_equal(omb_port_get(port_of(subject), family, OMB_VIEW_LIT("damaged"), &got),
                     OMB_DAMAGED);
    assert_string_equal(omb_buf_str(&got), "before");
    omb_buf_free(&got);
}

static void damage_of(struct subject *subject, size_t which)
{
    const enum omb_family family = damages[which].family;
    int seen = 0;

    make_damage(subject, which);
    assert_int_equal(subject->maker->health(subject->it), OMB_OK);
    assert_get_damaged(subject, family);
    for (unsigned backwards = 0; backwards <= 1; backwards++)
        assert_int_equal(omb_port_scan(port_of(subject), family, OMB_VIEW_NONE, OMB_VIEW_NONE,
                                       backwards != 0, must_not_see, &seen), OMB_DAMAGED);
    assert_int_equal(seen, 0);
    assert_value(subject, OMB_FAMILY_INDEX, "whole", "1");
    assert_int_equal(subject->maker->health(subject->it), OMB_DAMAGED);
    put(subject, OMB_FAMILY_INDEX, "later", "1");
    assert_int_equal(try_commit(subject, true), OMB_DAMAGED);
    reopen(subject);
    assert_absent(subject, OMB_FAMILY_INDEX, "later");
    assert_get_damaged(subject, family);
}

static void a_damaged_row_is_never_shown(void **state)
{
    damage_of(*state, 0);
}

static void a_damaged_large_value_is_never_shown(void **state)
{
    damage_of(*state, 1);
}

static void what_is_put_in_place_of_a_damaged_row_is_whole(void **state)
{
    struct subject *subject = *state;

    make_damage(subject, 0);
    put(subject, OMB_FAMILY_CASE, "damaged", "anew");
    commit(subject);
    assert_value(subject, OMB_FAMILY_CASE, "damaged", "anew");
    assert_int_equal(subject->maker->health(subject->it), OMB_OK);
}

int omb_port_suite_faults(const struct omb_port_maker *maker)
{
#define ROW(test) SUBJECT_ROW(test, maker)
    const struct CMUnitTest tests[] = {
        ROW(what_is_written_is_seen_before_it_is_durable),
        ROW(what_was_synced_outlives_a_crash),
        ROW(a_synced_commit_takes_those_before_it_along),
        ROW(a_crash_brings_back_what_was_replaced_and_deleted),
        ROW(nothing_is_lost_by_a_plain_end),
        ROW(a_crash_keeps_whole_batches_in_their_order),
        ROW(a_store_goes_on_after_a_crash),
        ROW(a_full_disk_takes_no_batch_and_shows_what_is_there),
        ROW(after_a_full_disk_nothing_is_written_before_the_next_start),
        ROW(a_batch_that_met_a_full_disk_is_whole_or_absent),
        ROW(a_store_does_not_open_on_a_full_disk),
        ROW(a_damaged_row_is_never_shown),
        ROW(a_damaged_large_value_is_never_shown),
        ROW(what_is_put_in_place_of_a_damaged_row_is_whole),
    };
#undef ROW

    return _cmocka_run_group_tests(maker->name, tests, UNIT_COUNT(tests), NULL, NULL);
}
