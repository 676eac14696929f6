/* The backup beside a daemon's loop: begun, told as it goes, ended, cancelled. */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/backwork.h"

#define PATIENCE_MS 10000

/* What the thread does, as a test wants it. */
static struct {
    enum omb_rc rc;
    bool until_cancelled;
    atomic_bool began;
} plan;

static enum omb_rc make(struct omb_backup_job *job, struct omb_error *err)
{
    atomic_store(&job->total_bytes, 200);
    atomic_store(&job->done_bytes, 100);
    atomic_store(&plan.began, true);
    while (plan.until_cancelled && !atomic_load(&job->cancelled))
        (void)poll(NULL, 0, 1);
    if (plan.rc != OMB_OK)
        return omb_fail(err, plan.rc, NULL, "no space is left");
    job->good = true;
    job->made_at = 7;
    job->records = 12;
    snprintf(job->path, sizeof(job->path), "%.3900s/%s", job->to, job->name);
    omb_buf_add_str(&job->removed, "old\nolder\n");
    return OMB_OK;
}

static struct omb_log silent(void)
{
    return (struct omb_log){.fd = -1, .level = OMB_LOG_ERROR};
}

static struct omb_backup_state next(struct omb_backwork *work, struct omb_arena *arena)
{
    const struct omb_log log = silent();
    struct omb_backup_state state;
    struct omb_input input;
    unsigned left = PATIENCE_MS;

    while (!omb_backwork_next(work, &log, &input)) {
        assert_true(left-- > 0);
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(input.kind, OMB_INPUT_BACKUP);
    assert_int_equal(
        omb_decode_backup_state(omb_arena_copy(arena, input.bytes), arena, &state, NULL), OMB_OK);
    return state;
}

static void begin(struct omb_backwork *work, const struct omb_driver *driver, const char *to)
{
    const struct omb_backup_create wish = {.to = omb_view_str(to), .name = OMB_VIEW_LIT("a")};
    const struct omb_log log = silent();
    int fd = -1;

    omb_backwork_start(work, driver, &wish, &log, &fd);
}

static struct omb_driver office(void)
{
    struct omb_driver driver = {.dir = "/office"};

    omb_config_defaults(&driver.config);
    snprintf(driver.config.code, sizeof(driver.config.code), "ho");
    return driver;
}

static int setup(void **state)
{
    struct omb_arena *arena = calloc(1, sizeof(*arena));

    omb_wire_init();
    omb_arena_init(arena, SIZE_MAX);
    *state = arena;
    plan.rc = OMB_OK;
    plan.until_cancelled = false;
    atomic_store(&plan.began, false);
    return 0;
}

static int teardown(void **state)
{
    omb_arena_free(*state);
    free(*state);
    return 0;
}

static void a_good_one_is_told(void **state)
{
    struct omb_backwork work = {.make = make};
    const struct omb_driver driver = office();
    struct omb_backup_state told;

    for (unsigned i = 0; i < 3; i++) { /* one after the other, by one thread */
        begin(&work, &driver, "/backups");
        do
            told = next(&work, *state);
        while (told.running);
        assert_true(omb_view_is(told.good_path, "/backups/a"));
        assert_int_equal(told.good_records, 12);
        assert_int_equal(told.removed.count, 2);
        assert_true(omb_view_is(told.removed.items[1], "older"));
        assert_int_equal(told.failed_at, 0);
        assert_int_equal(omb_backwork_rest(&work, 5000), 5000);
    }
    omb_backwork_stop(&work);
}

static void a_failed_one_is_told(void **state)
{
    struct omb_backwork work = {.make = make};
    const struct omb_driver driver = office();
    struct omb_backup_state told;

    plan.rc = OMB_FULL;
    begin(&work, &driver, "/backups");
    do
        told = next(&work, *state);
    while (told.running);
    assert_true(omb_view_is(told.failure, "no space is left"));
    assert_true(omb_view_is(told.failed_as, "full"));
    assert_int_equal(told.good_at, 0);
    omb_backwork_stop(&work);
}

static void what_cannot_begin_is_told_as_failed(void **state)
{
    static char path[5000];
    struct omb_backwork work = {.make = make};
    const struct omb_driver driver = office();
    struct omb_backup_state told;

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    begin(&work, &driver, path);
    told = next(&work, *state);
    assert_false(told.running);
    assert_true(omb_view_is(told.failed_as, "limit"));
    assert_false(atomic_load(&plan.began));
    omb_backwork_stop(&work);
}

static void it_is_told_how_it_goes(void **state)
{
    struct omb_backwork work = {.make = make};
    const struct omb_driver driver = office();
    struct omb_backup_state told;

    plan.until_cancelled = true;
    begin(&work, &driver, "/backups");
    do
        told = next(&work, *state);
    while (told.running && told.done_bytes == 0);
    assert_true(told.running);
    assert_int_equal(told.done_bytes, 100);
    assert_int_equal(told.total_bytes, 200);
    assert_true(omb_backwork_rest(&work, 5000) <= 500);
    omb_backwork_stop(&work); /* does not wait for ever */
}

static void what_never_ran_stops(void **state)
{
    struct omb_backwork work = {.make = make};

    (void)state;
    omb_backwork_stop(&work);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_good_one_is_told),
        ROW(a_failed_one_is_told),
        ROW(what_cannot_begin_is_told_as_failed),
        ROW(it_is_told_how_it_goes),
        ROW(what_never_ran_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
