/* Ticks: does what comes due ring once, also after a pause, and does the timer never spin? */
#include "office/inside.h"
#include "support/casework.h"
#include "support/rig.h"
#include "unit.h"

#define DUE_MS (15 * OMB_DAY_MS) /* casework's decision */

struct work {
    struct omb_case_id id;
    struct omb_appended record;
};

static enum omb_rc do_register(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;

    return casework_register(step, false, &work->id, &work->record, err);
}

static enum omb_rc do_withdraw(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct work *work = arg;
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), step->input->now_ms};

    return casework_write(step, &work->id, "t17", OMB_EVENT_WITHDRAWN, &withdrawn, &work->record,
                          err);
}

static struct work registered(struct rig *rig)
{
    struct work work;

    assert_null(rig_run(rig, do_register, &work)->error);
    rig_commit(rig);
    return work;
}

/* One tick; whether `overdue` rang. */
static bool tick_rings(struct rig *rig)
{
    const struct omb_bell *bells;
    bool rang = false;
    size_t count;

    rig_tick(rig);
    assert_int_equal(omb_office_close(rig->office, rig->update, NULL), OMB_OK);
    count = omb_update_bells(rig->update, &bells);
    for (size_t i = 0; i < count; i++)
        rang |= strcmp(bells[i].topic, "overdue") == 0;
    rig_commit(rig);
    return rang;
}

static void test_the_timer_is_the_first_date(void **state)
{
    struct rig *rig = *state;
    int64_t due;

    assert_true(omb_update_timer(rig->update) == INT64_MAX);
    due = rig->now_ms + DUE_MS;
    registered(rig);
    rig_pass(rig, OMB_DAY_MS);
    registered(rig);
    assert_int_equal(omb_update_timer(rig->update), due);
}

static void test_a_date_that_passed_rings_once(void **state)
{
    struct rig *rig = *state;

    registered(rig);
    rig_pass(rig, DUE_MS - 1);
    assert_false(tick_rings(rig));
    rig_pass(rig, 1);
    assert_true(tick_rings(rig));
    assert_false(tick_rings(rig));
    rig_pass(rig, OMB_DAY_MS);
    assert_false(tick_rings(rig));
}

static void test_it_does_not_ring_again_after_a_restart(void **state)
{
    struct rig *rig = *state;

    registered(rig);
    rig_pass(rig, DUE_MS);
    assert_true(tick_rings(rig));
    rig_reopen(rig);
    assert_false(tick_rings(rig));
}

static void test_a_date_that_passed_while_down_rings_after_the_start(void **state)
{
    struct rig *rig = *state;

    registered(rig);
    rig_pass(rig, DUE_MS + OMB_DAY_MS);
    rig_reopen(rig);
    assert_true(omb_update_timer(rig->update) <= rig->now_ms);
    assert_true(tick_rings(rig));
}

static void test_a_case_that_ended_does_not_ring(void **state)
{
    struct rig *rig = *state;
    struct work work = registered(rig);

    assert_null(rig_run(rig, do_withdraw, &work)->error);
    rig_commit(rig);
    rig_pass(rig, DUE_MS);
    assert_false(tick_rings(rig));
}

static void test_after_a_tick_the_timer_lies_ahead(void **state)
{
    struct rig *rig = *state;

    for (int i = 0; i < 40; i++) {
        registered(rig);
        rig_pass(rig, OMB_DAY_MS);
        tick_rings(rig);
        assert_true(omb_update_timer(rig->update) > rig->now_ms);
    }
}

static void test_many_old_ids_are_forgotten_over_several_ticks(void **state)
{
    enum { REQUESTS = 700 };
    struct rig *rig = *state;
    struct work work;

    for (int i = 0; i < REQUESTS; i++)
        assert_null(rig_run(rig, do_register, &work)->error);
    rig_commit(rig);
    rig_pass(rig, 31 * OMB_DAY_MS);
    rig_tick(rig);
    assert_int_equal(omb_update_timer(rig->update), rig->now_ms + 1000);
    rig_commit(rig);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_REQUEST), REQUESTS - 500);
    rig_pass(rig, 1000);
    rig_tick(rig);
    rig_commit(rig);
    assert_int_equal(memport_count(rig->store, OMB_FAMILY_REQUEST), 0);
    assert_true(omb_update_timer(rig->update) == INT64_MAX);
}

static size_t kept(const struct rig *rig)
{
    return memport_count(rig->store, OMB_FAMILY_REQUEST);
}

/* Ticks as the timer wants them until it lies `ms` ahead. */
static void pass_with_ticks(struct rig *rig, int64_t ms)
{
    const int64_t until = rig->now_ms + ms;

    while (omb_update_timer(rig->update) <= until) {
        if (omb_update_timer(rig->update) > rig->now_ms)
            rig_pass(rig, omb_update_timer(rig->update) - rig->now_ms);
        rig_tick(rig);
        rig_commit(rig);
        assert_true(omb_update_timer(rig->update) > rig->now_ms);
    }
    rig_pass(rig, until - rig->now_ms);
}

static void test_ids_from_before_a_restart_are_forgotten_in_their_time(void **state)
{
    struct rig *rig = *state;

    registered(rig);
    pass_with_ticks(rig, 10 * OMB_DAY_MS);
    rig_reopen(rig);
    pass_with_ticks(rig, 20 * OMB_DAY_MS - 1);
    assert_int_equal(kept(rig), 1);
    pass_with_ticks(rig, 1);
    assert_int_equal(kept(rig), 0);
    assert_true(omb_update_timer(rig->update) == INT64_MAX);
}

static void test_ids_are_kept_a_day_too_long_at_most(void **state)
{
    struct rig *rig = *state;

    for (int day = 0; day < 40; day++) {
        registered(rig);
        pass_with_ticks(rig, OMB_DAY_MS - OMB_HOUR_MS);
        registered(rig);
        pass_with_ticks(rig, OMB_HOUR_MS);
        /* Two a day of 30 days; perhaps without the one that is 30 days old, or with a day more. */
        assert_in_range(kept(rig), day < 29 ? 2 * day + 2 : 59, day < 29 ? 2 * day + 2 : 62);
    }
}

static void test_an_id_that_comes_behind_a_walk_is_forgotten_in_its_time(void **state)
{
    enum { REQUESTS = 700 };
    struct rig *rig = *state;
    struct work work;

    for (int i = 0; i < REQUESTS; i++)
        assert_null(rig_run(rig, do_register, &work)->error);
    rig_commit(rig);
    pass_with_ticks(rig, 20 * OMB_DAY_MS);
    rig_reopen(rig);
    rig_tick(rig); /* the walk's first slice; then comes an id that sorts before all others */
    assert_null(rig_run_as(rig, rig->admin, omb_view("", 1), do_register, &work)->error);
    rig_commit(rig);
    pass_with_ticks(rig, 11 * OMB_DAY_MS);
    assert_int_equal(kept(rig), 1);
    pass_with_ticks(rig, 20 * OMB_DAY_MS);
    assert_int_equal(kept(rig), 0);
}

static void test_a_tick_with_nothing_to_do_writes_nothing(void **state)
{
    struct rig *rig = *state;

    registered(rig);
    rig_tick(rig);
    assert_false(omb_update_must_sync(rig->update));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_the_timer_is_the_first_date),
        RIG_TEST(test_a_date_that_passed_rings_once),
        RIG_TEST(test_it_does_not_ring_again_after_a_restart),
        RIG_TEST(test_a_date_that_passed_while_down_rings_after_the_start),
        RIG_TEST(test_a_case_that_ended_does_not_ring),
        RIG_TEST(test_after_a_tick_the_timer_lies_ahead),
        RIG_TEST(test_many_old_ids_are_forgotten_over_several_ticks),
        RIG_TEST(test_ids_from_before_a_restart_are_forgotten_in_their_time),
        RIG_TEST(test_ids_are_kept_a_day_too_long_at_most),
        RIG_TEST(test_an_id_that_comes_behind_a_walk_is_forgotten_in_its_time),
        RIG_TEST(test_a_tick_with_nothing_to_do_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
