/*
 * The loop and its links: what becomes an input, when frames leave, and what is dialled.
 */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/clock.h"
#include "support/scene.h"

static struct omb_linknet *links_of(struct scene *scene)
{
    return omb_net_links(scene->place->net);
}

/* The office dials itself: both ends of the link are in one loop. */
static void want_dial(struct scene *scene, const char *address)
{
    fake.dial = (struct omb_dial){.kind = OMB_DIAL_CONNECT, .address = omb_view_str(address)};
    memcpy(fake.dial.server_key, scene->place->server.public_key, OMB_PUBLIC_SIZE);
    (void)omb_linknet_admit(links_of(scene), &scene->place->server.public_key, 1);
    scene->loop.link_tick_at = 0;
}

/* The branch is connected and has said that; returns its link. */
static uint64_t say(struct scene *scene, struct far_office *branch, const char *text)
{
    const uint64_t link = far_dials(branch, scene->place);

    assert_int_equal(links_hear(branch->links).kind, OMB_LINK_MADE);
    omb_linknet_send(branch->links, link, true, omb_view_str(text));
    return link;
}

/* --- frames --- */

static void test_a_frame_is_worked_with_the_key_that_it_came_under(void **state)
{
    struct scene *scene = *state;
    struct far_office branch = far_open(&scene->place->branch, 0);

    say(scene, &branch, "up");
    fake.stop_after_frames = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.newest_news.kind, OMB_INPUT_FRAME);
    assert_string_equal(fake.newest_words, "up");
    assert_memory_equal(fake.newest_news.peer, scene->place->branch.public_key, OMB_PUBLIC_SIZE);
    assert_false(fake.newest_news.dialled);
    assert_true(fake.newest_news.link != 0);
    assert_int_equal(fake.syncs, 1);
    assert_true(scene_logged(scene, "office below connected"));
    far_close(&branch);
}

static struct far_office *listening;
static bool heard_early;

static void listen_early(void)
{
    zmq_pollitem_t items[OMB_LINK_POLLS];
    struct omb_link_news news;

    zmq_poll(items, (int)omb_linknet_polls(listening->links, items), 50);
    heard_early = omb_linknet_next(listening->links, &news);
}

static void test_no_frame_leaves_before_the_sync(void **state)
{
    struct scene *scene = *state;
    struct far_office branch = far_open(&scene->place->branch, 0);
    struct omb_link_news news;

    say(scene, &branch, "up");
    listening = &branch;
    heard_early = true;
    fake.echoing = true;
    fake.on_sync = listen_early;
    fake.stop_after_frames = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_false(heard_early);
    news = links_hear(branch.links);
    assert_int_equal(news.kind, OMB_LINK_FRAME);
    assert_true(omb_view_is(news.bytes, "up"));
    far_close(&branch);
}

static void test_a_frame_of_a_batch_that_failed_never_leaves(void **state)
{
    struct scene *scene = *state;
    struct far_office branch = far_open(&scene->place->branch, 0);
    struct omb_link_news news;

    say(scene, &branch, "up");
    fake.echoing = true;
    fake.sync_rc = OMB_IO;
    assert_int_equal(scene_run(scene, NULL), OMB_IO);
    place_shut(scene->place);
    news = links_hear(branch.links);
    assert_int_equal(news.kind, OMB_LINK_ENDED);
    far_close(&branch);
}

static void test_frames_leave_in_their_order(void **state)
{
    enum { MANY = 100 };
    struct scene *scene = *state;
    struct far_office branch = far_open(&scene->place->branch, 0);
    const uint64_t link = say(scene, &branch, "0");
    char text[16];

    for (int i = 1; i < MANY; i++) {
        snprintf(text, sizeof(text), "%d", i);
        omb_linknet_send(branch.links, link, true, omb_view_str(text));
    }
    fake.echoing = true;
    fake.stop_after_frames = MANY;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_true(omb_view_is(links_hear(branch.links).bytes, text));
    }
    far_close(&branch);
}

static void test_a_batch_takes_no_more_bytes_of_frames_than_its_share(void **state)
{
    enum { MANY = 12, SIZE = 512 * 1024 };
    struct scene *scene = *state;
    struct raw branch = raw_branch(scene->place, NULL);
    uint8_t *large = calloc(1, SIZE);

    for (int i = 0; i < MANY; i++)
        assert_int_equal(zmq_send(branch.socket, large, SIZE, 0), SIZE);
    fake.stop_after_frames = MANY;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_in_range(fake.bytes_in_batch, SIZE, 1024 * 1024 + SIZE - 1);
    free(large);
    raw_close(&branch);
}

static void test_requests_and_frames_share_the_loop(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->teller);

    /* A frame goes around for ever; the request ends it. */
    want_dial(scene, omb_linknet_endpoint(links_of(scene)));
    fake.greeting = true;
    fake.echoing = true;
    fake.stop_after = 1;
    fake.stop_after_frames = 0;
    scene_ask(client, "one");
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    scene_hears(client, "one", NULL);
    omb_client_close(client);
}

/* --- the parent --- */

static void test_a_parent_that_is_dialled_is_reached(void **state)
{
    struct scene *scene = *state;

    want_dial(scene, omb_linknet_endpoint(links_of(scene)));
    fake.stop_after_ups = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(fake.newest_news.dialled);
    assert_true(scene_logged(scene, "parent reached -> link is up"));
}

static void test_frames_go_both_ways_over_a_dialled_link(void **state)
{
    struct scene *scene = *state;

    want_dial(scene, omb_linknet_endpoint(links_of(scene)));
    fake.greeting = true;
    fake.echoing = true;
    fake.stop_after_frames = 6;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_string_equal(fake.newest_words, "hello");
    assert_string_equal(fake.order, "tuffffff");
    assert_memory_equal(fake.newest_news.peer, scene->place->server.public_key, OMB_PUBLIC_SIZE);
}

static void test_a_parent_that_is_not_reached_is_told_in_words(void **state)
{
    struct scene *scene = *state;

    want_dial(scene, "tcp://no-such-host.invalid:7100");
    fake.stop_after_downs = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_string_equal(fake.newest_words, "tcp://no-such-host.invalid:7100 does not answer");
    assert_true(fake.newest_news.dialled && fake.newest_news.link != 0);
    assert_true(scene_logged(scene, "parent not reached -> down"));
}

static size_t lines_that_say(struct scene *scene, const char *what)
{
    char lines[8192] = "";
    const char *at = lines;
    size_t count = 0;

    assert_true(pread(fileno(scene->lines), lines, sizeof(lines) - 1, 0) > 0);
    for (; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

/* The reason is told once in the log, but each time to the core. */
static void test_a_parent_that_stays_away_is_one_line(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 1; i <= 2; i++) {
        scene->log.level = OMB_LOG_INFO;
        want_dial(scene, "tcp://no-such-host.invalid:7100");
        fake.stop_after_downs = i;
        scene->loop.stopping = false;
        assert_int_equal(scene_run(scene, NULL), OMB_OK);
        assert_int_equal(fake.downs, i);
        assert_int_equal(lines_that_say(scene, "parent not reached"), 1);
    }
}

static void hang_up_once_up(void)
{
    if (fake.ups > 0) {
        fake.dial = (struct omb_dial){.kind = OMB_DIAL_HANG_UP};
        fake.on_sync = NULL;
    }
}

static void test_a_link_that_is_hung_up_is_told_no_more(void **state)
{
    struct scene *scene = *state;

    want_dial(scene, omb_linknet_endpoint(links_of(scene)));
    fake.greeting = true;
    fake.on_sync = hang_up_once_up;
    fake.link_timer = 0;
    fake.stop_after_ticks = 200;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_int_equal(fake.ups, 1);
    assert_int_equal(fake.downs, 0);
    assert_true(scene_logged(scene, "parent hung up"));
}

/* --- who may connect, and when links are looked after --- */

static void test_an_office_below_may_connect_once_its_certificate_is_durable(void **state)
{
    struct scene *scene = *state;
    struct far_office branch = far_open(&scene->place->branch, 0);

    (void)omb_linknet_admit(links_of(scene), NULL, 0);
    fake.children = &scene->place->branch.public_key;
    fake.child_count = 1;
    fake.children_change = true;
    scene->loop.tick_at = 0;
    fake.stop_after_ticks = 1;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    far_dials(&branch, scene->place);
    assert_int_equal(links_hear(branch.links).kind, OMB_LINK_MADE);
    far_close(&branch);
}

static void test_an_office_that_is_refused_is_told_as_a_count(void **state)
{
    struct scene *scene = *state;
    struct far_office other = far_open(&scene->place->stranger, 0);

    far_dials(&other, scene->place);
    assert_int_equal(links_hear(other.links).kind, OMB_LINK_ENDED);
    kill(getpid(), SIGTERM);
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(scene_logged(scene, "key of no office below -> refused"));
    far_close(&other);
}

static void test_a_tick_of_links_comes_by_the_clock_that_is_never_set(void **state)
{
    struct scene *scene = *state;
    const int64_t due = omb_clock_monotonic_ms() + 30;

    memcpy(scene->driver.dir, scene->place->folder.path, sizeof(scene->place->folder.path));
    scene->loop.link_tick_at = due;
    fake.stop_after_ticks = 1;
    fake.stalls = 3;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(omb_clock_monotonic_ms() >= due);
    assert_true(fake.disk_free_bytes > 0);
    assert_int_equal(fake.stalls_told, 3);
}

static void test_ticks_of_links_keep_apart_but_wait_for_no_other_tick(void **state)
{
    struct scene *scene = *state;
    const int64_t began = omb_clock_monotonic_ms();

    scene->loop.link_tick_at = 0;
    fake.link_timer = 0;
    fake.stop_after_ticks = 5;
    assert_int_equal(scene_run(scene, NULL), OMB_OK);
    assert_true(omb_clock_monotonic_ms() - began >= 4 * 5);
    assert_int_equal(scene->loop.tick_not_before, 0);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_a_frame_is_worked_with_the_key_that_it_came_under),
        HERE(test_no_frame_leaves_before_the_sync),
        HERE(test_a_frame_of_a_batch_that_failed_never_leaves),
        HERE(test_frames_leave_in_their_order),
        HERE(test_a_batch_takes_no_more_bytes_of_frames_than_its_share),
        HERE(test_requests_and_frames_share_the_loop),
        HERE(test_a_parent_that_is_dialled_is_reached),
        HERE(test_frames_go_both_ways_over_a_dialled_link),
        HERE(test_a_parent_that_is_not_reached_is_told_in_words),
        HERE(test_a_parent_that_stays_away_is_one_line),
        HERE(test_a_link_that_is_hung_up_is_told_no_more),
        HERE(test_an_office_below_may_connect_once_its_certificate_is_durable),
        HERE(test_an_office_that_is_refused_is_told_as_a_count),
        HERE(test_a_tick_of_links_comes_by_the_clock_that_is_never_set),
        HERE(test_ticks_of_links_keep_apart_but_wait_for_no_other_tick),
    };

    scene_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
