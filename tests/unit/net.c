/*
 * The transport between a daemon and its clients: who is served, what is taken, what is lost.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "io/clock.h"
#include "io/socket.h"
#include "support/place.h"
#include "wire/limits.h"

/* --- who is served --- */

static void test_an_enrolled_key_is_served(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);

    round_trip(place, client);
    omb_client_close(client);
}

static void test_a_message_names_the_key_of_its_sender(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_net_message message;

    client_says(client, "ask");
    message = server_hears(place);
    assert_memory_equal(message.peer, place->teller.public_key, OMB_PUBLIC_SIZE);
    omb_client_close(client);
}

static void test_a_client_is_served_over_tcp(void **state)
{
    struct place *place = *state;
    struct omb_client *client =
        client_at(place, &place->teller, omb_net_client_endpoint(place->net));

    round_trip(place, client);
    omb_client_close(client);
}

static void test_an_unknown_key_is_refused_in_words(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->stranger);
    struct omb_error err = {0};

    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "refused the key"));
    assert_true(omb_net_counts(place->net).refused > 0);
    omb_client_close(client);
}

static void test_a_revoked_key_is_refused_at_its_next_connection(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_error err = {0};

    round_trip(place, client);
    omb_client_close(client);
    omb_net_admit(place->net, NULL, 0);
    client = client_of(place, &place->teller);
    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "refused the key"));
    omb_client_close(client);
}

static void test_a_message_after_the_revocation_is_counted(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);

    round_trip(place, client);
    omb_net_admit(place->net, NULL, 0);
    assert_int_equal(omb_net_counts(place->net).revoked, 0);
    round_trip(place, client);
    assert_int_equal(omb_net_counts(place->net).revoked, 1);
    omb_client_close(client);
}

static void test_the_wrong_server_key_is_named(void **state)
{
    struct place *place = *state;
    struct omb_client_setup setup = {.endpoint = place->endpoint, .secret = place->teller.secret};
    struct omb_client *client = NULL;
    struct omb_error err = {0};

    memcpy(setup.server_key, place->stranger.public_key, OMB_PUBLIC_SIZE);
    assert_int_equal(omb_client_open(&setup, &client, &err), OMB_OK);
    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "server key"));
    omb_client_close(client);
}

static void test_many_clients_get_each_its_own_reply(void **state)
{
    enum { MANY = 64 };
    struct place *place = *state;
    struct omb_client *clients[MANY];
    char text[16];

    for (int i = 0; i < MANY; i++) {
        clients[i] = client_of(place, &place->teller);
        snprintf(text, sizeof(text), "%d", i);
        client_says(clients[i], text);
    }
    for (int i = 0; i < MANY; i++) {
        struct omb_net_message message = server_hears(place);

        omb_net_reply(place->net, message.from, message.bytes);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "%d", i);
        client_hears(clients[i], text);
        omb_client_close(clients[i]);
    }
}

/* --- shapes and sizes of messages --- */

static void test_a_req_socket_gets_its_reply_in_its_envelope(void **state)
{
    struct place *place = *state;
    struct raw raw = raw_open(place, ZMQ_REQ);
    struct omb_net_message message;
    char reply[16] = "";

    assert_int_equal(zmq_send(raw.socket, "ask", 3, 0), 3);
    message = server_hears(place);
    assert_true(omb_view_is(message.bytes, "ask"));
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("answer"));
    assert_int_equal(zmq_recv(raw.socket, reply, sizeof(reply), 0), 6);
    assert_string_equal(reply, "answer");
    raw_close(&raw);
}

static void test_messages_of_other_shapes_are_counted_and_dropped(void **state)
{
    struct place *place = *state;
    struct raw raw = raw_open(place, ZMQ_DEALER);
    struct omb_net_message message;

    zmq_send(raw.socket, "two", 3, ZMQ_SNDMORE);
    zmq_send(raw.socket, "frames", 6, 0);
    zmq_send(raw.socket, "", 0, 0);
    zmq_send(raw.socket, "", 0, ZMQ_SNDMORE);
    zmq_send(raw.socket, "one", 3, ZMQ_SNDMORE);
    zmq_send(raw.socket, "too many", 8, 0);
    zmq_send(raw.socket, "good", 4, 0);
    message = server_hears(place);
    assert_true(omb_view_is(message.bytes, "good"));
    assert_int_equal(omb_net_counts(place->net).malformed, 3);
    assert_int_equal(omb_net_counts(place->net).received, 1);
    raw_close(&raw);
}

static void test_a_message_too_large_closes_its_connection_alone(void **state)
{
    struct place *place = *state;
    struct omb_client *other = client_of(place, &place->teller);
    struct raw raw = raw_open(place, ZMQ_DEALER);
    uint8_t *large = calloc(1, OMB_REQUEST_MAX + 1);

    round_trip(place, other);
    assert_int_equal(zmq_send(raw.socket, large, OMB_REQUEST_MAX + 1, 0), OMB_REQUEST_MAX + 1);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_LOST);
    round_trip(place, other);
    assert_int_equal(omb_net_counts(place->net).received, 2);
    free(large);
    raw_close(&raw);
    omb_client_close(other);
}

static void test_the_largest_request_is_taken(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_buf large = OMB_BUF_INIT;

    omb_buf_reserve(&large, OMB_REQUEST_MAX);
    memset(large.data, 'x', OMB_REQUEST_MAX);
    large.size = OMB_REQUEST_MAX;
    assert_int_equal(omb_client_send(client, omb_buf_view(&large), NULL), OMB_OK);
    assert_int_equal(server_hears(place).bytes.size, OMB_REQUEST_MAX);
    omb_buf_free(&large);
    omb_client_close(client);
}

static void test_the_client_does_not_send_what_no_office_takes(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    uint8_t *large = calloc(1, OMB_REQUEST_MAX + 1);

    assert_int_equal(omb_client_send(client, omb_view(large, OMB_REQUEST_MAX + 1), NULL),
                     OMB_LIMIT);
    free(large);
    omb_client_close(client);
}

/* --- clients that leave or do not read --- */

/* A client asks and leaves; it is answered when the server has served a later one. */
static void answer_who_left(struct place *place)
{
    struct omb_client *leaving = client_of(place, &place->teller);
    struct omb_net_message message;
    struct omb_client *other;

    client_says(leaving, "ask");
    message = server_hears(place);
    omb_client_close(leaving);
    other = client_of(place, &place->teller);
    round_trip(place, other);
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("answer"));
    omb_client_close(other);
}

/* The server sees in its own time that a connection ended: most often before a later one begins. */
static void test_a_reply_to_a_client_that_left_is_counted(void **state)
{
    struct place *place = *state;
    const int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;

    while (omb_net_counts(place->net).gone == 0) {
        assert_true(omb_clock_monotonic_ms() < deadline);
        answer_who_left(place);
    }
    assert_int_equal(omb_net_counts(place->net).gone, 1);
}

static void test_a_client_that_does_not_read_loses_replies_alone(void **state)
{
    struct place *place = *state;
    struct omb_client *deaf = client_of(place, &place->teller);
    struct omb_client *other = client_of(place, &place->teller);
    struct omb_buf reply = OMB_BUF_INIT;

    omb_buf_reserve(&reply, 65536);
    memset(reply.data, 'x', 65536);
    reply.size = 65536;
    for (int i = 0; i < 2000 && omb_net_counts(place->net).unread == 0; i++) {
        client_says(deaf, "ask");
        omb_net_reply(place->net, server_hears(place).from, omb_buf_view(&reply));
    }
    assert_int_equal(omb_net_counts(place->net).unread, 1);
    round_trip(place, other);
    omb_buf_free(&reply);
    omb_client_close(deaf);
    omb_client_close(other);
}

static void test_a_client_within_its_window_loses_no_reply(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);

    for (int i = 0; i < OMB_NET_OUTSTANDING - 1; i++)
        client_says(client, "ask");
    for (int i = 0; i < 2000; i++) {
        client_says(client, "ask");
        omb_net_reply(place->net, server_hears(place).from, OMB_VIEW_LIT("answer"));
        client_hears(client, "answer");
    }
    assert_int_equal(omb_net_counts(place->net).unread, 0);
    omb_client_close(client);
}

static void test_a_request_is_answered_once(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_net_message message;

    client_says(client, "ask");
    message = server_hears(place);
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("first"));
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("second"));
    client_hears(client, "first");
    round_trip(place, client);
    omb_client_close(client);
}

static void test_the_client_says_when_the_daemon_ends_before_answering(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_buf reply = OMB_BUF_INIT;
    struct omb_error err = {0};

    client_says(client, "ask");
    (void)server_hears(place);
    place_shut(place);
    assert_int_equal(omb_client_receive(client, PATIENCE_MS, &reply, &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "closed the connection"));
    assert_int_equal(omb_client_receive(client, PATIENCE_MS, &reply, &err), OMB_UNREACHABLE);
    assert_int_equal(place_serve(place, NULL, NULL), OMB_OK);
    round_trip(place, client);
    omb_client_close(client);
}

/* The office came back meanwhile: what it owed before is told as lost, not waited for. */
static void test_the_client_says_what_a_daemon_that_started_again_owes(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_error err = {0};

    client_says(client, "ask");
    client_says(client, "more");
    omb_net_reply(place->net, server_hears(place).from, OMB_VIEW_LIT("answer"));
    client_hears(client, "answer");
    (void)server_hears(place);
    omb_net_close(place->net);
    assert_int_equal(place_serve(place, NULL, NULL), OMB_OK);
    while (omb_client_send(client, OMB_VIEW_LIT("again"), &err) == OMB_OK)
        assert_true(omb_view_is(server_hears(place).bytes, "again"));
    assert_non_null(strstr(err.words, "closed the connection"));
    round_trip(place, client);
    omb_client_close(client);
}

static void test_a_reply_that_came_before_the_end_is_there(void **state)
{
    struct place *place = *state;
    struct raw raw = raw_open(place, ZMQ_DEALER);
    char reply[16] = "";

    assert_int_equal(zmq_send(raw.socket, "ask", 3, 0), 3);
    assert_int_equal(zmq_recv(raw.socket, reply, sizeof(reply), ZMQ_DONTWAIT), -1);
    omb_net_reply(place->net, server_hears(place).from, OMB_VIEW_LIT("answer"));
    place_shut(place);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_LOST);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_ABSENT);
    assert_int_equal(zmq_recv(raw.socket, reply, sizeof(reply), ZMQ_DONTWAIT), 6);
    raw_close(&raw);
}

static enum omb_rc ask_and_hear(struct place *place, struct omb_client *client)
{
    struct omb_buf reply = OMB_BUF_INIT;
    enum omb_rc rc;

    client_says(client, "ask");
    omb_net_reply(place->net, server_hears(place).from, OMB_VIEW_LIT("answer"));
    rc = omb_client_receive(client, PATIENCE_MS, &reply, NULL);
    omb_buf_free(&reply);
    return rc;
}

/* It may ask before it has heard of the end, and believe that its question is lost with that. */
static void test_the_client_finds_a_daemon_that_started_again(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);

    round_trip(place, client);
    omb_net_close(place->net);
    assert_int_equal(place_serve(place, NULL, NULL), OMB_OK);
    if (ask_and_hear(place, client) != OMB_OK)
        assert_int_equal(ask_and_hear(place, client), OMB_OK);
    omb_client_close(client);
}

static void test_a_silent_office_is_told_after_the_timeout(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_buf reply = OMB_BUF_INIT;
    struct omb_error err = {0};

    client_says(client, "ask");
    assert_int_equal(omb_client_receive(client, 20, &reply, &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "did not answer"));
    omb_client_close(client);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_an_enrolled_key_is_served),
        HERE(test_a_message_names_the_key_of_its_sender),
        HERE(test_a_client_is_served_over_tcp),
        HERE(test_an_unknown_key_is_refused_in_words),
        HERE(test_a_revoked_key_is_refused_at_its_next_connection),
        HERE(test_a_message_after_the_revocation_is_counted),
        HERE(test_the_wrong_server_key_is_named),
        HERE(test_many_clients_get_each_its_own_reply),
        HERE(test_a_req_socket_gets_its_reply_in_its_envelope),
        HERE(test_messages_of_other_shapes_are_counted_and_dropped),
        HERE(test_a_message_too_large_closes_its_connection_alone),
        HERE(test_the_largest_request_is_taken),
        HERE(test_the_client_does_not_send_what_no_office_takes),
        HERE(test_a_reply_to_a_client_that_left_is_counted),
        HERE(test_a_client_that_does_not_read_loses_replies_alone),
        HERE(test_a_client_within_its_window_loses_no_reply),
        HERE(test_a_request_is_answered_once),
        HERE(test_the_client_says_when_the_daemon_ends_before_answering),
        HERE(test_the_client_says_what_a_daemon_that_started_again_owes),
        HERE(test_a_reply_that_came_before_the_end_is_there),
        HERE(test_the_client_finds_a_daemon_that_started_again),
        HERE(test_a_silent_office_is_told_after_the_timeout),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
