/*
 * The transport in one process: a server on sockets of its own directory, clients beside it. What
 * is not this program's own client speaks raw ZeroMQ, as foreign clients would.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "io/clock.h"
#include "io/net.h"
#include "io/probe.h"
#include "io/socket.h"
#include "wire/limits.h"

#define PATIENCE_MS 10000

/* A key pair. Its number stands where X25519 does not clear bits. */
struct pair {
    struct omb_secret *secret;
    uint8_t public_key[OMB_PUBLIC_SIZE];
};

struct place {
    char dir[64];
    char api[96];
    char bell[96];
    char spare[96];     /* of a socket that a test makes */
    char endpoint[128]; /* of the api socket */
    struct pair server;
    struct pair teller; /* admitted */
    struct pair stranger;
    struct omb_net *net;
};

static struct pair pair_new(uint8_t number)
{
    uint8_t seed[OMB_KEY_SIZE] = {0, number};
    struct pair pair = {.secret = omb_secret_new(seed)};

    omb_box_public(pair.secret, pair.public_key);
    return pair;
}

static enum omb_rc net_start(struct place *place, const char *tcp, struct omb_error *err)
{
    struct omb_net_setup setup = {.ipc_path = place->api,
                                  .bell_path = place->bell,
                                  .client_listen = tcp,
                                  .bell_listen = tcp,
                                  .transport = place->server.secret};
    enum omb_rc rc;

    memcpy(setup.transport_public, place->server.public_key, OMB_PUBLIC_SIZE);
    rc = omb_net_open(&setup, &place->net, err);
    if (rc == OMB_OK)
        omb_net_admit(place->net, (const uint8_t(*)[OMB_PUBLIC_SIZE]) & place->teller.public_key, 1);
    return rc;
}

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct omb_error err;

    strcpy(place->dir, "/tmp/ombud-net-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->api, sizeof(place->api), "%s/api.sock", place->dir);
    snprintf(place->bell, sizeof(place->bell), "%s/bell.sock", place->dir);
    snprintf(place->spare, sizeof(place->spare), "%s/spare.sock", place->dir);
    snprintf(place->endpoint, sizeof(place->endpoint), "ipc://%s", place->api);
    place->server = pair_new(1);
    place->teller = pair_new(2);
    place->stranger = pair_new(3);
    *state = place;
    return net_start(place, "tcp://127.0.0.1:0", &err) == OMB_OK ? 0 : -1;
}

static int place_close(void **state)
{
    struct place *place = *state;

    omb_net_close(place->net);
    omb_secret_free(place->server.secret);
    omb_secret_free(place->teller.secret);
    omb_secret_free(place->stranger.secret);
    unlink(place->api);
    unlink(place->bell);
    unlink(place->spare);
    assert_int_equal(rmdir(place->dir), 0);
    free(place);
    return 0;
}

static struct omb_client *client_at(struct place *place, const struct pair *who,
                                    const char *endpoint)
{
    struct omb_client_setup setup = {.endpoint = endpoint, .secret = who->secret};
    struct omb_client *client = NULL;
    struct omb_error err = {0};

    memcpy(setup.server_key, place->server.public_key, OMB_PUBLIC_SIZE);
    if (omb_client_open(&setup, &client, &err) != OMB_OK)
        fail_msg("%s", err.words);
    return client;
}

static struct omb_client *client_of(struct place *place, const struct pair *who)
{
    return client_at(place, who, place->endpoint);
}

static void client_says(struct omb_client *client, const char *text)
{
    struct omb_error err = {0};

    if (omb_client_send(client, omb_view_str(text), &err) != OMB_OK)
        fail_msg("%s", err.words);
}

/* Waits for the next message at the server. */
static struct omb_net_message server_hears(struct place *place)
{
    int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;
    struct omb_net_message message = {0};

    while (omb_net_receive(place->net, &message) != OMB_OK) {
        assert_true(omb_clock_monotonic_ms() < deadline);
        assert_int_equal(omb_net_wait(place->net, -1, PATIENCE_MS, NULL), OMB_OK);
    }
    return message;
}

static void client_hears(struct omb_client *client, const char *text)
{
    struct omb_buf reply = OMB_BUF_INIT;
    struct omb_error err = {0};

    if (omb_client_receive(client, PATIENCE_MS, &reply, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_string_equal(omb_buf_str(&reply), text);
    omb_buf_free(&reply);
}

/* One request and its reply. */
static void round_trip(struct place *place, struct omb_client *client)
{
    struct omb_net_message message;

    client_says(client, "ask");
    message = server_hears(place);
    assert_true(omb_view_is(message.bytes, "ask"));
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("answer"));
    client_hears(client, "answer");
}

/* --- a client that is not ours --- */

struct raw {
    void *context;
    void *socket;
    void *monitor;
};

static struct raw raw_open(struct place *place, int type)
{
    struct omb_socket_setup setup = {.type = type,
                                     .send_queue = 8,
                                     .receive_queue = 8,
                                     .message_max = -1,
                                     .secret = place->teller.secret,
                                     .public_key = place->teller.public_key,
                                     .server_key = place->server.public_key};
    struct raw raw = {.context = zmq_ctx_new()};

    assert_int_equal(omb_socket_open(raw.context, &setup, &raw.socket, NULL), OMB_OK);
    assert_int_equal(omb_monitor_open(raw.context, raw.socket, &raw.monitor, NULL), OMB_OK);
    assert_int_equal(zmq_connect(raw.socket, place->endpoint), 0);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_MADE);
    return raw;
}

static void raw_close(struct raw *raw)
{
    omb_monitor_close(raw->monitor, raw->socket);
    omb_socket_close(raw->socket);
    zmq_ctx_term(raw->context);
}

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

static void test_a_reply_to_a_client_that_left_is_counted(void **state)
{
    struct place *place = *state;
    struct omb_client *leaving = client_of(place, &place->teller);
    struct omb_client *other = client_of(place, &place->teller);
    struct omb_net_message message;

    round_trip(place, other);
    client_says(leaving, "ask");
    message = server_hears(place);
    omb_client_close(leaving);
    omb_client_close(other);
    /* The server sees connections end in order: before a later one begins. */
    other = client_of(place, &place->teller);
    round_trip(place, other);
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("answer"));
    assert_int_equal(omb_net_counts(place->net).gone, 1);
    omb_client_close(other);
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
    omb_net_close(place->net);
    place->net = NULL;
    assert_int_equal(omb_client_receive(client, PATIENCE_MS, &reply, &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "closed the connection"));
    omb_client_close(client);
}

static void test_the_client_finds_a_daemon_that_started_again(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);

    round_trip(place, client);
    omb_net_close(place->net);
    assert_int_equal(net_start(place, NULL, NULL), OMB_OK);
    round_trip(place, client);
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

/* --- nobody there --- */

static void test_a_path_that_does_not_exist_is_unreachable_at_once(void **state)
{
    struct place *place = *state;
    struct omb_client_setup setup = {.secret = place->teller.secret};
    struct omb_client *client = NULL;
    struct omb_error err = {0};
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "ipc://%s", place->spare);
    setup.endpoint = endpoint;
    assert_int_equal(omb_client_open(&setup, &client, &err), OMB_UNREACHABLE);
    assert_int_equal(err.rc, OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "does not exist"));
}

static void test_a_port_where_nobody_listens_is_unreachable(void **state)
{
    struct place *place = *state;
    struct omb_client *client;
    struct omb_error err = {0};
    char endpoint[OMB_ENDPOINT_MAX];

    snprintf(endpoint, sizeof(endpoint), "%s", omb_net_client_endpoint(place->net));
    omb_net_close(place->net);
    place->net = NULL;
    client = client_at(place, &place->teller, endpoint);
    assert_int_equal(omb_client_send(client, OMB_VIEW_LIT("ask"), &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "nobody answers"));
    omb_client_close(client);
}

/* --- the door --- */

static void test_the_self_test_passes(void **state)
{
    struct place *place = *state;
    struct omb_error err = {0};

    if (omb_net_self_test(place->net, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_true(omb_net_counts(place->net).refused >= 2);
}

static void test_the_self_test_catches_an_open_door(void **state)
{
    struct place *place = *state;
    void *context = zmq_ctx_new();
    void *door = zmq_socket(context, ZMQ_ROUTER);
    int on = 1;
    struct omb_error err = {0};
    char endpoint[128];

    /* CURVE is on and no handler is there: libzmq lets everybody in. */
    snprintf(endpoint, sizeof(endpoint), "ipc://%s", place->spare);
    zmq_setsockopt(door, ZMQ_CURVE_SERVER, &on, sizeof(on));
    zmq_setsockopt(door, ZMQ_CURVE_SECRETKEY, omb_secret_bytes(place->server.secret), OMB_KEY_SIZE);
    assert_int_equal(zmq_bind(door, endpoint), 0);
    assert_int_equal(omb_probe(context, endpoint, ZMQ_DEALER, place->server.public_key,
                               omb_clock_monotonic_ms() + PATIENCE_MS, &err),
                     OMB_REFUSED);
    zmq_close(door);
    zmq_ctx_term(context);
}

static void test_a_server_without_its_handler_lets_nobody_in(void **state)
{
    struct place *place = *state;
    void *context = zmq_ctx_new();
    struct omb_socket_setup setup = {.type = ZMQ_ROUTER, .send_queue = 1, .receive_queue = 1,
                                     .message_max = 16, .secret = place->server.secret};
    struct omb_error err = {0};
    void *door = NULL;
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "ipc://%s", place->spare);
    assert_int_equal(omb_socket_open(context, &setup, &door, NULL), OMB_OK);
    assert_int_equal(zmq_bind(door, endpoint), 0);
    assert_int_not_equal(omb_probe(context, endpoint, ZMQ_DEALER, place->server.public_key,
                                   omb_clock_monotonic_ms() + 300, &err),
                         OMB_REFUSED);
    omb_socket_close(door);
    zmq_ctx_term(context);
}

/* --- the bell --- */

static void ring_until_heard(struct place *place, struct omb_client *client)
{
    int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;
    char topic[32] = "";

    /* The subscription travels behind the handshake: the first rings may come before it. */
    do {
        assert_true(omb_clock_monotonic_ms() < deadline);
        omb_net_ring(place->net, "escalations", OMB_VIEW_LIT("7.1"));
    } while (omb_client_bell(client, 10, topic, NULL) != OMB_OK);
    assert_string_equal(topic, "escalations");
}

static void test_a_subscriber_hears_the_bell(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->teller);
    struct omb_error err = {0};
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "ipc://%s", place->bell);
    if (omb_client_subscribe(client, endpoint, &err) != OMB_OK)
        fail_msg("%s", err.words);
    ring_until_heard(place, client);
    omb_client_close(client);
}

static void test_a_wildcard_bell_is_sought_at_the_office(void **state)
{
    struct place *place = *state;
    struct omb_client *client =
        client_at(place, &place->teller, omb_net_client_endpoint(place->net));
    const char *port = strrchr(omb_net_bell_endpoint(place->net), ':');
    struct omb_error err = {0};
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "tcp://0.0.0.0%s", port);
    if (omb_client_subscribe(client, endpoint, &err) != OMB_OK)
        fail_msg("%s", err.words);
    ring_until_heard(place, client);
    omb_client_close(client);
}

static void test_the_bell_refuses_an_unknown_key(void **state)
{
    struct place *place = *state;
    struct omb_client *client = client_of(place, &place->stranger);
    struct omb_error err = {0};
    char endpoint[128];

    snprintf(endpoint, sizeof(endpoint), "ipc://%s", place->bell);
    assert_int_equal(omb_client_subscribe(client, endpoint, &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "refused the key"));
    omb_client_close(client);
}

/* --- the socket files --- */

static void test_the_sockets_are_for_their_owner_alone(void **state)
{
    struct place *place = *state;
    struct stat st;

    assert_int_equal(stat(place->api, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(place->bell, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_a_second_daemon_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_net *first = place->net;
    struct omb_client *client;
    struct omb_error err = {0};

    assert_int_equal(net_start(place, NULL, &err), OMB_BUSY);
    assert_non_null(strstr(err.words, "runs already"));
    place->net = first;
    client = client_of(place, &place->teller);
    round_trip(place, client);
    omb_client_close(client);
}

static void test_a_socket_left_by_a_killed_daemon_is_replaced(void **state)
{
    struct place *place = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct omb_client *client;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    omb_net_close(place->net);
    place->net = NULL;
    strcpy(address.sun_path, place->api);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(net_start(place, NULL, NULL), OMB_OK);
    client = client_of(place, &place->teller);
    round_trip(place, client);
    omb_client_close(client);
}

static void test_a_file_in_the_way_is_not_removed(void **state)
{
    struct place *place = *state;
    struct omb_error err = {0};
    FILE *file;

    omb_net_close(place->net);
    place->net = NULL;
    file = fopen(place->api, "w");
    fclose(file);
    assert_int_equal(net_start(place, NULL, &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "not a socket"));
    assert_int_equal(access(place->api, F_OK), 0);
}

static void test_a_path_over_the_limit_of_the_system_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_net_setup setup = {.bell_path = place->bell, .transport = place->server.secret};
    struct omb_net *net = NULL;
    struct omb_error err = {0};
    char path[OMB_IPC_PATH_MAX + 2];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    setup.ipc_path = path;
    assert_int_equal(omb_net_open(&setup, &net, &err), OMB_LIMIT);
    assert_non_null(strstr(err.words, "at most 107"));
}

static void test_listen_addresses_are_checked(void **state)
{
    static const char *const bad[] = {"127.0.0.1:7101", "tcp://127.0.0.1", "tcp://:7101",
                                      "tcp://127.0.0.1:70000", "tcp://127.0.0.1:seven", ""};

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct omb_error err = {0};

        assert_int_equal(omb_tcp_check(bad[i], "listen", &err), OMB_INVALID);
        assert_string_equal(err.field, "listen");
    }
    assert_int_equal(omb_tcp_check("tcp://*:0", "listen", NULL), OMB_OK);
    assert_int_equal(omb_tcp_check("tcp://[::1]:7101", "listen", NULL), OMB_OK);
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
        HERE(test_the_client_finds_a_daemon_that_started_again),
        HERE(test_a_silent_office_is_told_after_the_timeout),
        HERE(test_a_path_that_does_not_exist_is_unreachable_at_once),
        HERE(test_a_port_where_nobody_listens_is_unreachable),
        HERE(test_the_self_test_passes),
        HERE(test_the_self_test_catches_an_open_door),
        HERE(test_a_server_without_its_handler_lets_nobody_in),
        HERE(test_a_subscriber_hears_the_bell),
        HERE(test_a_wildcard_bell_is_sought_at_the_office),
        HERE(test_the_bell_refuses_an_unknown_key),
        HERE(test_the_sockets_are_for_their_owner_alone),
        HERE(test_a_second_daemon_is_refused),
        HERE(test_a_socket_left_by_a_killed_daemon_is_replaced),
        HERE(test_a_file_in_the_way_is_not_removed),
        HERE(test_a_path_over_the_limit_of_the_system_is_refused),
        cmocka_unit_test(test_listen_addresses_are_checked),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
