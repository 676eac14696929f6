/*
 * The daemon's loop over a core of a few lines: what is told when, and to whom, whatever happens.
 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/clock.h"
#include "support/scene.h"

/* --- the order of things --- */

static void test_a_request_is_answered_after_its_sync(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);

    fake.stop_after = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.commits, 1);
    assert_int_equal(fake.syncs, 1);
    scene_hears(client, "one", NULL);
    omb_client_close(client);
}

static struct omb_client *listener;
static enum omb_rc heard_early;
static struct omb_buf early;

static void listen_early(void)
{
    heard_early = omb_client_receive(listener, 50, &early, NULL);
}

static void test_no_reply_leaves_before_the_sync(void **state)
{
    struct scene *scene = *state;

    listener = client_of(scene->place, &scene->place->teller);
    heard_early = OMB_OK;
    fake.stop_after = 1;
    fake.on_sync = listen_early;
    scene_ask(listener, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(heard_early, OMB_UNREACHABLE);
    scene_hears(listener, "one", NULL);
    omb_client_close(listener);
    omb_buf_free(&early);
}

static void test_what_only_reads_is_not_committed(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);

    fake.reading = true;
    fake.stop_after = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.commits, 0);
    assert_int_equal(fake.syncs, 0);
    scene_hears(client, "one", NULL);
    omb_client_close(client);
}

/* The second request only reads, and may read what the first one wrote: it is told after it. */
static void ask_to_read(void)
{
    fake.reading = true;
    scene_ask(listener, "two");
    heard_early = omb_client_receive(listener, 50, &early, NULL);
}

static void test_what_only_reads_waits_for_what_it_may_have_read(void **state)
{
    struct scene *scene = *state;

    listener = client_of(scene->place, &scene->place->teller);
    heard_early = OMB_OK;
    fake.stop_after = 2;
    fake.on_sync = ask_to_read;
    scene_ask(listener, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(heard_early, OMB_UNREACHABLE);
    assert_int_equal(fake.syncs, 1);
    scene_hears(listener, "one", NULL);
    scene_hears(listener, "two", NULL);
    omb_client_close(listener);
    omb_buf_free(&early);
}

/* A power cut must leave no batch without the one before it, whatever the disk writes first. */
static void ask_to_write(void)
{
    if (fake.syncs > 1)
        return;
    scene_ask(listener, "two");
    heard_early = omb_client_receive(listener, 50, &early, NULL);
}

static void test_no_batch_is_written_before_the_last_is_on_disk(void **state)
{
    struct scene *scene = *state;

    listener = client_of(scene->place, &scene->place->teller);
    fake.stop_after = 2;
    fake.on_sync = ask_to_write;
    scene_ask(listener, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.commits, 2);
    assert_int_equal(fake.syncs, 2);
    assert_int_equal(fake.early_commits, 0);
    scene_hears(listener, "one", NULL);
    scene_hears(listener, "two", NULL);
    omb_client_close(listener);
    omb_buf_free(&early);
}

static void test_what_was_erased_leaves_the_disk_before_the_reply(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);

    fake.erasing = true;
    fake.stop_after = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.forgets, 1);
    assert_int_equal(fake.synced_commits, 1);
    scene_hears(client, "one", NULL);
    omb_client_close(client);
}

/* Eight more during each sync, until one batch takes several; then it is enough, once. */
static void ask_more(void)
{
    static const struct fake *stopped;

    if (fake.largest <= 1) {
        for (int i = 0; i < 8; i++)
            scene_ask(listener, "more");
    } else if (stopped != &fake) {
        stopped = &fake;
        kill(getpid(), SIGTERM);
    }
}

static void test_requests_that_wait_share_a_commit(void **state)
{
    struct scene *scene = *state;

    listener = client_of(scene->place, &scene->place->teller);
    fake.on_sync = ask_more;
    scene_ask(listener, "first");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(fake.largest > 1);
    assert_true(fake.commits < fake.requests);
    omb_client_close(listener);
}

static void test_a_batch_takes_no_more_than_configured(void **state)
{
    enum { MANY = 24 };
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);

    scene->driver.config.batch_inputs = 3;
    fake.stop_after = MANY;
    for (int i = 0; i < MANY; i++)
        scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_in_range(fake.largest, 1, 3);
    assert_true(fake.commits >= MANY / 3);
    omb_client_close(client);
}

static void test_an_input_carries_time_random_bytes_and_key(void **state)
{
    static const uint8_t none[OMB_SEED_SIZE];
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);
    int64_t before = omb_clock_wall_ms();

    fake.stop_after = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_in_range(fake.newest_input_ms, before, omb_clock_wall_ms());
    assert_memory_not_equal(fake.newest_seed, none, sizeof(none));
    assert_memory_equal(fake.newest_peer, scene->place->teller.public_key, OMB_PUBLIC_SIZE);
    omb_client_close(client);
}

static void test_a_new_operator_may_connect_when_the_reply_is_there(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller), *new_one;

    fake.admitted = &scene->place->stranger.public_key;
    fake.admitted_count = 1;
    fake.operators_change = true;
    fake.stop_after = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    scene_hears(client, "one", NULL);
    new_one = client_of(scene->place, &scene->place->stranger);
    round_trip(scene->place, new_one);
    omb_client_close(new_one);
    omb_client_close(client);
}

/* --- when the office cannot go on --- */

static void test_a_full_disk_refuses_everybody_in_the_batch(void **state)
{
    enum { MANY = 8 };
    struct scene *scene = *state;
    struct omb_client *clients[MANY];
    struct omb_error err = {0};
    char id[16];

    fake.commit_rc = OMB_FULL;
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        clients[i] = client_of(scene->place, &scene->place->teller);
        scene_ask(clients[i], id);
    }
    assert_int_equal(scene_run(scene, &err), OMB_FULL);
    assert_string_equal(err.words, "no space left on the device");
    assert_int_equal(fake.commits, 1);
    /* Some were in the batch, some came behind it: each is refused, or hears that we left. */
    place_shut(scene->place);
    for (int i = 0; i < MANY; i++) {
        struct omb_buf bytes = OMB_BUF_INIT;
        enum omb_rc rc = omb_client_receive(clients[i], PATIENCE_MS, &bytes, NULL);

        assert_true(rc == OMB_UNREACHABLE || (rc == OMB_OK && bytes.size > 0));
        omb_buf_free(&bytes);
        omb_client_close(clients[i]);
    }
}

static void test_the_refusal_carries_the_id_the_code_and_no_success(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);
    struct omb_error err = {0};

    fake.commit_rc = OMB_FULL;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, &err), OMB_FULL);
    scene_hears(client, "one", "full");
    omb_client_close(client);
}

/* It may be on the disk or not: neither an answer nor a refusal would be true for certain. */
static void test_a_sync_that_fails_leaves_its_batch_without_a_word(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    fake.sync_rc = OMB_IO;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, &err), OMB_IO);
    assert_string_equal(err.words, "the disk does not answer");
    place_shut(scene->place);
    assert_int_equal(omb_client_receive(client, PATIENCE_MS, &bytes, NULL), OMB_UNREACHABLE);
    assert_int_equal(bytes.size, 0);
    omb_buf_free(&bytes);
    omb_client_close(client);
}

static void test_a_store_that_cannot_be_read_refuses_whoever_asked(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);
    struct omb_error err = {0};

    fake.fail_step_at = 1;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, &err), OMB_DAMAGED);
    scene_hears(client, "one", "damaged");
    assert_int_equal(fake.commits, 0);
    omb_client_close(client);
}

static void test_an_input_that_fails_takes_its_batch_with_it(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);
    struct omb_error err = {0};

    /* One request is waiting when the tick's batch begins or not: either way it is refused. */
    fake.fail_step_at = 2;
    fake.commit_rc = OMB_IO;
    scene_ask(client, "one");
    scene_ask(client, "two");
    assert_int_not_equal(scene_run(scene, &err), OMB_OK);
    scene_hears(client, "one", omb_rc_word(err.rc));
    omb_client_close(client);
}

static void test_an_error_in_the_background_ends_the_loop(void **state)
{
    struct scene *scene = *state;
    struct omb_error err = {0};

    fake.health_rc = OMB_IO;
    assert_int_equal(scene_run(scene, &err), OMB_IO);
    assert_non_null(strstr(err.words, "background"));
}

/* --- beside the requests --- */

static void test_a_tick_comes_when_it_is_due(void **state)
{
    struct scene *scene = *state;
    int64_t due = omb_clock_wall_ms() + 30;

    scene->loop.tick_at = due;
    fake.stop_after_ticks = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.ticks, 1);
    assert_in_range(fake.newest_input_ms, due, due + PATIENCE_MS);
}

static void test_ticks_keep_apart_whatever_the_core_wants(void **state)
{
    struct scene *scene = *state;
    int64_t began = omb_clock_monotonic_ms();

    scene->loop.tick_at = 0;
    fake.timer = 0;
    fake.stop_after_ticks = 2;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(omb_clock_monotonic_ms() - began >= 200);
}

static void test_a_signal_ends_the_loop(void **state)
{
    struct scene *scene = *state;

    kill(getpid(), SIGTERM);
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(scene_logged(scene, "signal -> stopping"));
}

static void write_config(struct scene *scene, const char *text)
{
    struct test_path path = test_path(&scene->place->folder, "ombud.conf");

    memcpy(scene->driver.dir, scene->place->folder.path, sizeof(scene->place->folder.path));
    test_write(path.text, omb_view_str(text), 0600);
}

static void test_a_reload_reads_the_log_level_again(void **state)
{
    struct scene *scene = *state;

    write_config(scene, "[office]\ncode = vsp-0045\n[daemon]\nlog-level = error\n");
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(scene->log.level, OMB_LOG_ERROR);
}

static void test_a_reload_of_a_bad_file_changes_nothing(void **state)
{
    struct scene *scene = *state;

    write_config(scene, "[office]\ncode = vsp-0045\n[daemon]\nlog-level = loud\n");
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(scene->log.level, OMB_LOG_DEBUG);
    assert_true(scene_logged(scene, "reload -> refused"));
}

static void test_refused_strangers_are_told_as_a_count(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->stranger);

    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), NULL), OMB_UNREACHABLE);
    omb_client_close(client);
    kill(getpid(), SIGTERM);
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(scene_logged(scene, "unknown key -> refused"));
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_a_request_is_answered_after_its_sync),
        HERE(test_no_reply_leaves_before_the_sync),
        HERE(test_what_only_reads_is_not_committed),
        HERE(test_what_only_reads_waits_for_what_it_may_have_read),
        HERE(test_no_batch_is_written_before_the_last_is_on_disk),
        HERE(test_what_was_erased_leaves_the_disk_before_the_reply),
        HERE(test_requests_that_wait_share_a_commit),
        HERE(test_a_batch_takes_no_more_than_configured),
        HERE(test_an_input_carries_time_random_bytes_and_key),
        HERE(test_a_new_operator_may_connect_when_the_reply_is_there),
        HERE(test_a_full_disk_refuses_everybody_in_the_batch),
        HERE(test_the_refusal_carries_the_id_the_code_and_no_success),
        HERE(test_a_sync_that_fails_leaves_its_batch_without_a_word),
        HERE(test_a_store_that_cannot_be_read_refuses_whoever_asked),
        HERE(test_an_input_that_fails_takes_its_batch_with_it),
        HERE(test_an_error_in_the_background_ends_the_loop),
        HERE(test_a_tick_comes_when_it_is_due),
        HERE(test_ticks_keep_apart_whatever_the_core_wants),
        HERE(test_a_signal_ends_the_loop),
        HERE(test_a_reload_reads_the_log_level_again),
        HERE(test_a_reload_of_a_bad_file_changes_nothing),
        HERE(test_refused_strangers_are_told_as_a_count),
    };

    scene_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
