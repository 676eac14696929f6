/*
 * The links between offices on real sockets: who gets through which door, what arrives, and what is
 * told when nobody answers, hangs up or does not read.
 */
#include "unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "io/clock.h"
#include "support/place.h"
#include "wire/limits.h"

enum { LARGE = 64 * 1024 };

/* The scene of most tests: a place, and the branch below it. */
struct scene {
    void *place_state;
    struct place *place;
    struct omb_linknet *here;
    struct far_office branch;
};

static int scene_open(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    if (place_open(&scene->place_state) != 0)
        return -1;
    scene->place = scene->place_state;
    scene->here = omb_net_links(scene->place->net);
    scene->branch = far_open(&scene->place->branch, 0);
    *state = scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    far_close(&scene->branch);
    place_close(&scene->place_state);
    free(scene);
    return 0;
}

/* Dials, and says something so that this side knows of it; returns the link on this side. */
static uint64_t connect_branch(struct scene *scene, uint64_t *out_theirs)
{
    const uint64_t link = far_dials(&scene->branch, scene->place);
    struct omb_link_news news = links_hear(scene->branch.links);

    assert_int_equal(news.kind, OMB_LINK_MADE);
    omb_linknet_send(scene->branch.links, link, true, OMB_VIEW_LIT("hello"));
    news = links_hear(scene->here);
    assert_true(omb_view_is(news.bytes, "hello"));
    *out_theirs = link;
    return news.link;
}

static void assert_ended(struct omb_linknet *links, const char *words)
{
    const struct omb_link_news news = links_hear(links);
    char why[512];

    assert_int_equal(news.kind, OMB_LINK_ENDED);
    assert_true(news.dialled);
    snprintf(why, sizeof(why), "%.*s", OMB_VIEW_ARGS(news.bytes));
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void assert_refused_below(struct scene *scene, const struct pair *who)
{
    struct far_office other = far_open(who, 0);

    far_dials(&other, scene->place);
    assert_ended(other.links, "refused the key");
    far_close(&other);
}

/* --- who gets through --- */

static void test_an_office_below_gets_through(void **state)
{
    struct scene *scene = *state;
    const uint64_t theirs = far_dials(&scene->branch, scene->place);
    struct omb_link_news news = links_hear(scene->branch.links);

    assert_int_equal(news.kind, OMB_LINK_MADE);
    assert_int_equal(news.link, theirs);
    assert_true(news.dialled);
    omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("up"));
    news = links_hear(scene->here);
    assert_int_equal(news.kind, OMB_LINK_FRAME);
    assert_true(news.fresh && !news.dialled && news.link != 0);
    assert_memory_equal(news.peer, scene->place->branch.public_key, OMB_PUBLIC_SIZE);
    assert_true(omb_view_is(news.bytes, "up"));
    omb_linknet_send(scene->here, news.link, false, OMB_VIEW_LIT("down"));
    news = links_hear(scene->branch.links);
    assert_int_equal(news.kind, OMB_LINK_FRAME);
    assert_int_equal(news.link, theirs);
    assert_memory_equal(news.peer, scene->place->server.public_key, OMB_PUBLIC_SIZE);
    assert_true(omb_view_is(news.bytes, "down"));
}

static void test_a_stranger_is_refused(void **state)
{
    struct scene *scene = *state;

    assert_refused_below(scene, &scene->place->stranger);
    assert_int_equal(omb_linknet_counts(scene->here).refused, 1);
    assert_int_equal(omb_net_counts(scene->place->net).refused, 0);
}

static void test_a_key_of_an_operator_opens_no_link(void **state)
{
    struct scene *scene = *state;

    assert_refused_below(scene, &scene->place->teller);
}

static void test_a_key_of_an_office_is_no_operators(void **state)
{
    struct scene *scene = *state;
    struct omb_client *client = client_of(scene->place, &scene->place->branch);
    struct omb_error err = {0};

    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "refused the key"));
    omb_client_close(client);
}

static void test_a_revoked_office_is_refused_at_its_next_handshake(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs;

    connect_branch(scene, &theirs);
    (void)omb_linknet_admit(scene->here, NULL, 0);
    far_dials(&scene->branch, scene->place);
    assert_ended(scene->branch.links, "refused the key");
}

static void test_frames_after_the_revocation_are_dropped(void **state)
{
    struct scene *scene = *state;
    const struct pair *both[] = {&scene->place->branch, &scene->place->stranger};
    struct far_office other = far_open(both[1], 0);
    struct omb_link_news news;
    uint64_t theirs, others;

    connect_branch(scene, &theirs);
    (void)omb_linknet_admit(scene->here, &both[1]->public_key, 1);
    omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("late"));
    others = far_dials(&other, scene->place);
    assert_int_equal(links_hear(other.links).kind, OMB_LINK_MADE);
    while (omb_linknet_counts(scene->here).revoked == 0) {
        omb_linknet_send(other.links, others, true, OMB_VIEW_LIT("good"));
        news = links_hear(scene->here);
        assert_true(omb_view_is(news.bytes, "good"));
    }
    far_close(&other);
}

static void test_the_self_test_covers_the_door_of_the_links(void **state)
{
    struct scene *scene = *state;
    struct omb_error err = {0};

    if (omb_net_self_test(scene->place->net, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(omb_linknet_counts(scene->here).refused, 1);
}

static void test_a_wildcard_is_tested_at_this_machine(void **state)
{
    struct scene *scene = *state;
    struct omb_error err = {0};

    place_shut(scene->place);
    assert_int_equal(place_serve(scene->place, "tcp://*:0", &err), OMB_OK);
    if (omb_net_self_test(scene->place->net, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_int_equal(omb_linknet_counts(omb_net_links(scene->place->net)).refused, 1);
}

/* --- the parent is not reached --- */

static void test_a_parent_that_is_away_does_not_answer(void **state)
{
    struct scene *scene = *state;
    char address[OMB_ENDPOINT_MAX];

    snprintf(address, sizeof(address), "%s", omb_linknet_endpoint(scene->here));
    place_shut(scene->place);
    omb_linknet_call(scene->branch.links, omb_view_str(address), scene->place->server.public_key);
    assert_ended(scene->branch.links, "does not answer");
    assert_int_equal(omb_linknet_rest_ms(scene->branch.links), -1);
}

static void test_a_host_without_an_address_does_not_answer(void **state)
{
    struct scene *scene = *state;

    omb_linknet_call(scene->branch.links, OMB_VIEW_LIT("tcp://no-such-host.invalid:7100"),
                     scene->place->server.public_key);
    assert_ended(scene->branch.links, "does not answer");
}

static void test_another_key_than_the_parents_is_told(void **state)
{
    struct scene *scene = *state;

    omb_linknet_call(scene->branch.links, omb_view_str(omb_linknet_endpoint(scene->here)),
                     scene->place->stranger.public_key);
    assert_ended(scene->branch.links, "during the handshake");
}

static void test_an_address_that_is_none_is_told(void **state)
{
    static const char *const bad[] = {"", "ipc:///tmp/x", "tcp://*:7100", "tcp://host", "host:1"};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        omb_linknet_call(scene->branch.links, omb_view_str(bad[i]),
                         scene->place->server.public_key);
        assert_ended(scene->branch.links, "");
    }
}

/* Somebody takes the connection and says nothing. */
static void test_a_handshake_that_does_not_come_is_given_up(void **state)
{
    struct scene *scene = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    int mute = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct far_office other = far_open(&scene->place->branch, 50);
    char address[64];

    assert_int_equal(bind(mute, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(mute, 1), 0);
    assert_int_equal(getsockname(mute, (struct sockaddr *)&at, &size), 0);
    snprintf(address, sizeof(address), "tcp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    omb_linknet_call(other.links, omb_view_str(address), scene->place->server.public_key);
    assert_ended(other.links, "in time");
    close(mute);
    far_close(&other);
}

/* --- a link ends --- */

/* What a dialler waits for, in the order in which it names them. */
enum { MONITOR, FRAMES, WAITED_FOR };

static void await(struct omb_linknet *links, size_t which)
{
    zmq_pollitem_t items[OMB_LINK_POLLS];

    assert_int_equal(omb_linknet_polls(links, items), WAITED_FOR);
    assert_int_equal(zmq_poll(&items[which], 1, PATIENCE_MS), 1);
}

/* The frame is there, then the end, and only then somebody looks. */
static void test_a_lost_connection_is_told_behind_what_came(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs, ours = connect_branch(scene, &theirs);

    omb_linknet_send(scene->here, ours, false, OMB_VIEW_LIT("last"));
    await(scene->branch.links, FRAMES);
    place_shut(scene->place);
    await(scene->branch.links, MONITOR);
    assert_true(omb_view_is(links_hear(scene->branch.links).bytes, "last"));
    assert_ended(scene->branch.links, "closed the connection");
}

static void test_who_hangs_up_hears_no_more_of_it(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs, ours = connect_branch(scene, &theirs);
    struct omb_link_news news;
    zmq_pollitem_t items[OMB_LINK_POLLS];

    omb_linknet_send(scene->here, ours, false, OMB_VIEW_LIT("late"));
    (void)omb_linknet_hang_up(scene->branch.links);
    assert_false(omb_linknet_next(scene->branch.links, &news));
    assert_int_equal(omb_linknet_polls(scene->branch.links, items), 0);
    assert_int_equal(omb_linknet_rest_ms(scene->branch.links), -1);
    omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("late"));
    assert_int_equal(omb_linknet_counts(scene->branch.links).no_peer, 1);
}

static void test_every_connection_is_a_new_link(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs[2], ours[2];

    ours[0] = connect_branch(scene, &theirs[0]);
    ours[1] = connect_branch(scene, &theirs[1]);
    assert_true(ours[0] != ours[1] && theirs[0] != theirs[1]);
    omb_linknet_send(scene->branch.links, theirs[0], true, OMB_VIEW_LIT("to the old one"));
    assert_int_equal(omb_linknet_counts(scene->branch.links).no_peer, 1);
    omb_linknet_send(scene->here, ours[1], false, OMB_VIEW_LIT("to the new one"));
    assert_true(omb_view_is(links_hear(scene->branch.links).bytes, "to the new one"));
}

static void test_frames_for_who_has_left_are_dropped(void **state)
{
    struct scene *scene = *state;
    const int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;
    uint64_t theirs, ours = connect_branch(scene, &theirs);

    omb_linknet_send(scene->here, UINT64_C(1) << 60, false, OMB_VIEW_LIT("to nobody"));
    assert_int_equal(omb_linknet_counts(scene->here).no_peer, 1);
    (void)omb_linknet_hang_up(scene->branch.links);
    /* That it left is seen in its own time: before some later connection begins. */
    while (omb_linknet_counts(scene->here).no_peer == 1) {
        assert_true(omb_clock_monotonic_ms() < deadline);
        connect_branch(scene, &theirs);
        omb_linknet_send(scene->here, ours, false, OMB_VIEW_LIT("late"));
    }
    assert_int_equal(omb_linknet_counts(scene->here).no_peer, 2);
}

/* --- many and large --- */

static void fill(uint8_t *frame, size_t number)
{
    memset(frame, (int)(number & 0xff), LARGE);
    memcpy(frame, &number, sizeof(number));
}

static void assert_frame(struct omb_linknet *links, size_t number)
{
    const struct omb_link_news news = links_hear(links);
    uint8_t expected[LARGE];

    fill(expected, number);
    assert_int_equal(news.kind, OMB_LINK_FRAME);
    assert_int_equal(news.bytes.size, LARGE);
    assert_memory_equal(news.bytes.data, expected, LARGE);
}

static void test_large_frames_arrive_in_order_both_ways(void **state)
{
    enum { MANY = 300, WINDOW = 32 };
    struct scene *scene = *state;
    uint64_t theirs, ours = connect_branch(scene, &theirs);
    uint8_t frame[LARGE];

    for (size_t i = 0; i < MANY + WINDOW; i++) {
        if (i < MANY) {
            fill(frame, i);
            omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_OF(frame));
            omb_linknet_send(scene->here, ours, false, OMB_VIEW_OF(frame));
        }
        if (i >= WINDOW) {
            assert_frame(scene->here, i - WINDOW);
            assert_frame(scene->branch.links, i - WINDOW);
        }
    }
    assert_int_equal(omb_linknet_counts(scene->here).no_room, 0);
    assert_int_equal(omb_linknet_counts(scene->branch.links).no_room, 0);
}

static void test_the_largest_frame_is_taken_and_a_larger_one_ends_its_link(void **state)
{
    struct scene *scene = *state;
    struct raw raw = raw_branch(scene->place, NULL);
    uint8_t *large = calloc(1, OMB_FRAME_MAX + 1);

    assert_int_equal(zmq_send(raw.socket, large, OMB_FRAME_MAX, 0), OMB_FRAME_MAX);
    assert_int_equal(links_hear(scene->here).bytes.size, OMB_FRAME_MAX);
    assert_int_equal(zmq_send(raw.socket, large, OMB_FRAME_MAX + 1, 0), OMB_FRAME_MAX + 1);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_LOST);
    assert_int_equal(omb_linknet_counts(scene->here).received, 1);
    free(large);
    raw_close(&raw);
}

/* What arrives has no gaps: behind the first frame without room nothing is sent any more. */
static void test_who_does_not_read_gets_the_first_frames_and_no_others(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs, ours = connect_branch(scene, &theirs);
    uint8_t frame[LARGE];
    uint64_t sent;

    for (size_t i = 0; i < 4000 && omb_linknet_counts(scene->here).no_room == 0; i++) {
        fill(frame, i);
        omb_linknet_send(scene->here, ours, false, OMB_VIEW_OF(frame));
    }
    sent = omb_linknet_counts(scene->here).sent;
    assert_int_equal(omb_linknet_counts(scene->here).no_room, 1);
    for (uint64_t i = 0; i < sent; i++)
        assert_frame(scene->branch.links, i);
    omb_linknet_send(scene->here, ours, false, OMB_VIEW_LIT("behind the gap"));
    assert_int_equal(omb_linknet_counts(scene->here).no_room, 2);
    assert_int_equal(omb_linknet_counts(scene->here).sent, sent);
    ours = connect_branch(scene, &theirs);
    omb_linknet_send(scene->here, ours, false, OMB_VIEW_LIT("anew"));
    assert_true(omb_view_is(links_hear(scene->branch.links).bytes, "anew"));
}

/* A peer sends until it is ended; one frame of `slow` is read here meanwhile, 0: none. */
static void flood(struct scene *scene, uint64_t slow)
{
    enum { MOST = 16 * OMB_LINK_UNREAD / LARGE }; /* more than comes between two looks */
    struct raw raw = raw_branch(scene->place, NULL);
    struct omb_link_news news;
    uint8_t frame[LARGE] = {0};
    uint64_t theirs, pushed = 0;

    while (pushed < MOST && omb_monitor_next(raw.monitor) != OMB_CONTACT_LOST) {
        assert_int_equal(zmq_send(raw.socket, frame, sizeof(frame), 0), LARGE);
        pushed++;
        if (slow > 0 && pushed % slow == 0)
            (void)links_hear(scene->here);
    }
    assert_in_range(pushed, OMB_LINK_UNREAD / LARGE, MOST - 1);
    raw_close(&raw);
    theirs = far_dials(&scene->branch, scene->place);
    assert_int_equal(links_hear(scene->branch.links).kind, OMB_LINK_MADE);
    omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("mine"));
    do
        news = links_hear(scene->here);
    while (!omb_view_is(news.bytes, "mine"));
    assert_int_equal(omb_linknet_counts(scene->here).endless, 1);
}

/* What waits of one peer is bounded while nobody reads here, and ends with it. */
static void test_a_flood_is_ended_and_holds_up_nobody(void **state)
{
    flood(*state, 0);
}

static void test_a_flood_that_is_read_slowly_is_ended(void **state)
{
    flood(*state, 8);
}

/* --- shapes --- */

static void test_messages_of_other_shapes_are_counted_and_dropped(void **state)
{
    struct scene *scene = *state;
    struct raw raw = raw_branch(scene->place, NULL);

    zmq_send(raw.socket, "two", 3, ZMQ_SNDMORE);
    zmq_send(raw.socket, "frames", 6, 0);
    zmq_send(raw.socket, "", 0, 0);
    zmq_send(raw.socket, "good", 4, 0);
    assert_true(omb_view_is(links_hear(scene->here).bytes, "good"));
    assert_int_equal(omb_linknet_counts(scene->here).malformed, 2);
    raw_close(&raw);
}

static void test_who_chose_its_routing_id_is_not_served(void **state)
{
    struct scene *scene = *state;
    struct raw chosen = raw_branch(scene->place, "north");
    struct omb_link_news news;
    uint64_t theirs;

    assert_int_equal(zmq_send(chosen.socket, "one", 3, 0), 3);
    connect_branch(scene, &theirs);
    while (omb_linknet_counts(scene->here).malformed == 0) {
        omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("good"));
        news = links_hear(scene->here);
        assert_true(omb_view_is(news.bytes, "good"));
    }
    raw_close(&chosen);
}

/* --- waiting --- */

static void test_the_wait_of_the_daemon_wakes_for_links(void **state)
{
    struct scene *scene = *state;
    struct omb_net *net = scene->place->net;
    struct omb_link_news news;
    uint64_t theirs = far_dials(&scene->branch, scene->place);

    assert_int_equal(links_hear(scene->branch.links).kind, OMB_LINK_MADE);
    omb_linknet_send(scene->branch.links, theirs, true, OMB_VIEW_LIT("up"));
    assert_int_equal(omb_net_wait(net, -1, PATIENCE_MS, NULL), OMB_OK);
    assert_true(omb_view_is(links_hear(scene->here).bytes, "up"));
    /* An address that is none is over at once, without any socket to wait for. */
    omb_linknet_call(scene->here, OMB_VIEW_LIT("nowhere"), scene->place->server.public_key);
    assert_int_equal(omb_net_wait(net, -1, -1, NULL), OMB_OK);
    assert_true(omb_linknet_next(scene->here, &news));
    assert_int_equal(news.kind, OMB_LINK_ENDED);
}

static void test_the_wait_of_the_daemon_sleeps_when_nothing_comes(void **state)
{
    struct scene *scene = *state;
    uint64_t theirs;
    int64_t began;

    connect_branch(scene, &theirs);
    began = omb_clock_monotonic_ms();
    assert_int_equal(omb_net_wait(scene->place->net, -1, 60, NULL), OMB_OK);
    assert_true(omb_clock_monotonic_ms() - began >= 50);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_an_office_below_gets_through),
        HERE(test_a_stranger_is_refused),
        HERE(test_a_key_of_an_operator_opens_no_link),
        HERE(test_a_key_of_an_office_is_no_operators),
        HERE(test_a_revoked_office_is_refused_at_its_next_handshake),
        HERE(test_frames_after_the_revocation_are_dropped),
        HERE(test_the_self_test_covers_the_door_of_the_links),
        HERE(test_a_wildcard_is_tested_at_this_machine),
        HERE(test_a_parent_that_is_away_does_not_answer),
        HERE(test_a_host_without_an_address_does_not_answer),
        HERE(test_another_key_than_the_parents_is_told),
        HERE(test_an_address_that_is_none_is_told),
        HERE(test_a_handshake_that_does_not_come_is_given_up),
        HERE(test_a_lost_connection_is_told_behind_what_came),
        HERE(test_who_hangs_up_hears_no_more_of_it),
        HERE(test_every_connection_is_a_new_link),
        HERE(test_frames_for_who_has_left_are_dropped),
        HERE(test_large_frames_arrive_in_order_both_ways),
        HERE(test_the_largest_frame_is_taken_and_a_larger_one_ends_its_link),
        HERE(test_who_does_not_read_gets_the_first_frames_and_no_others),
        HERE(test_a_flood_is_ended_and_holds_up_nobody),
        HERE(test_a_flood_that_is_read_slowly_is_ended),
        HERE(test_messages_of_other_shapes_are_counted_and_dropped),
        HERE(test_who_chose_its_routing_id_is_not_served),
        HERE(test_the_wait_of_the_daemon_wakes_for_links),
        HERE(test_the_wait_of_the_daemon_sleeps_when_nothing_comes),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
