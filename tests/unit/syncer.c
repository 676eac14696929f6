/*
 * The thread that makes durable what was written: asked, awaited, taken, and stopped in any state.
 * Run under the thread sanitizer as well (tests/README.md).
 */
#include "unit.h"

#include <poll.h>
#include <pthread.h>

#include "io/syncer.h"

#define PATIENCE_MS 10000

/* A disk that takes as long as the test wants. */
struct disk {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;     /* a sync does not return */
    size_t began, ended;
    enum omb_rc rc;
};

static enum omb_rc sync_disk(void *ctx, struct omb_error *err)
{
    struct disk *disk = ctx;
    enum omb_rc rc;

    pthread_mutex_lock(&disk->lock);
    disk->began++;
    pthread_cond_broadcast(&disk->changed);
    while (disk->held)
        pthread_cond_wait(&disk->changed, &disk->lock);
    disk->ended++;
    rc = disk->rc;
    pthread_mutex_unlock(&disk->lock);
    return rc == OMB_OK ? OMB_OK : omb_fail(err, rc, NULL, "the disk is gone");
}

static void hold(struct disk *disk, bool held)
{
    pthread_mutex_lock(&disk->lock);
    disk->held = held;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
}

static void await_began(struct disk *disk, size_t count)
{
    pthread_mutex_lock(&disk->lock);
    while (disk->began < count)
        pthread_cond_wait(&disk->changed, &disk->lock);
    pthread_mutex_unlock(&disk->lock);
}

static struct disk disk_new(void)
{
    return (struct disk){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
}

static bool is_readable(const struct omb_syncer *syncer, int timeout_ms)
{
    struct pollfd item = {.fd = omb_syncer_fd(syncer), .events = POLLIN};

    return poll(&item, 1, timeout_ms) == 1;
}

static void test_each_ask_is_one_sync(void **state)
{
    struct disk disk = disk_new();
    struct omb_syncer *syncer;

    (void)state;
    assert_int_equal(omb_syncer_start(sync_disk, &disk, &syncer, NULL), OMB_OK);
    for (size_t i = 1; i <= 100; i++) {
        bool done = false;

        omb_syncer_ask(syncer);
        assert_int_equal(omb_syncer_take(syncer, true, &done, NULL), OMB_OK);
        assert_true(done);
        assert_int_equal(disk.ended, i);
    }
    omb_syncer_stop(syncer);
}

static void test_what_is_under_way_is_not_done(void **state)
{
    struct disk disk = disk_new();
    struct omb_syncer *syncer;
    bool done = true;

    (void)state;
    hold(&disk, true);
    assert_int_equal(omb_syncer_start(sync_disk, &disk, &syncer, NULL), OMB_OK);
    omb_syncer_ask(syncer);
    await_began(&disk, 1);
    assert_int_equal(omb_syncer_take(syncer, false, &done, NULL), OMB_OK);
    assert_false(done);
    assert_false(is_readable(syncer, 0));
    hold(&disk, false);
    assert_true(is_readable(syncer, PATIENCE_MS));
    assert_int_equal(omb_syncer_take(syncer, false, &done, NULL), OMB_OK);
    assert_true(done);
    omb_syncer_stop(syncer);
}

static void test_the_descriptor_is_quiet_once_taken(void **state)
{
    struct disk disk = disk_new();
    struct omb_syncer *syncer;

    (void)state;
    assert_int_equal(omb_syncer_start(sync_disk, &disk, &syncer, NULL), OMB_OK);
    for (int i = 0; i < 100; i++) {
        bool done = false;

        omb_syncer_ask(syncer);
        assert_int_equal(omb_syncer_take(syncer, true, &done, NULL), OMB_OK);
        assert_false(is_readable(syncer, 0));
    }
    omb_syncer_stop(syncer);
}

static void test_an_error_is_handed_over(void **state)
{
    struct disk disk = disk_new();
    struct omb_error err = {0};
    struct omb_syncer *syncer;
    bool done = false;

    (void)state;
    disk.rc = OMB_FULL;
    assert_int_equal(omb_syncer_start(sync_disk, &disk, &syncer, NULL), OMB_OK);
    omb_syncer_ask(syncer);
    assert_int_equal(omb_syncer_take(syncer, true, &done, &err), OMB_FULL);
    assert_true(done);
    assert_string_equal(err.words, "the disk is gone");
    omb_syncer_stop(syncer);
}

static void test_stopping_lets_a_sync_end(void **state)
{
    struct disk disk = disk_new();
    struct omb_syncer *syncer;

    (void)state;
    assert_int_equal(omb_syncer_start(sync_disk, &disk, &syncer, NULL), OMB_OK);
    omb_syncer_ask(syncer);
    omb_syncer_stop(syncer);
    assert_int_equal(disk.began, disk.ended);
    omb_syncer_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_ask_is_one_sync),
        cmocka_unit_test(test_what_is_under_way_is_not_done),
        cmocka_unit_test(test_the_descriptor_is_quiet_once_taken),
        cmocka_unit_test(test_an_error_is_handed_over),
        cmocka_unit_test(test_stopping_lets_a_sync_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
