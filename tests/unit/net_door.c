/*
 * The doors of the transport: the proof that they are shut, the bell behind one, and the files and
 * addresses where they are.
 */
#include "unit.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "io/clock.h"
#include "io/probe.h"
#include "io/socket.h"
#include "support/place.h"

/* --- nobody there --- */

static void test_a_path_that_does_not_exist_is_unreachable_at_once(void **state)
{
    struct place *place = *state;
    struct omb_client_setup setup = {.secret = place->teller.secret};
    struct omb_client *client = NULL;
    struct omb_error err = {0};

    setup.endpoint = place->spare_endpoint;
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
    place_shut(place);
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

    /* CURVE is on and no handler is there: libzmq lets everybody in. */
    zmq_setsockopt(door, ZMQ_CURVE_SERVER, &on, sizeof(on));
    zmq_setsockopt(door, ZMQ_CURVE_SECRETKEY, omb_secret_bytes(place->server.secret), OMB_KEY_SIZE);
    assert_int_equal(zmq_bind(door, place->spare_endpoint), 0);
    assert_int_equal(omb_probe(context, place->spare_endpoint, ZMQ_DEALER, place->server.public_key,
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

    assert_int_equal(omb_socket_open(context, &setup, &door, NULL), OMB_OK);
    assert_int_equal(zmq_bind(door, place->spare_endpoint), 0);
    assert_int_equal(omb_probe(context, place->spare_endpoint, ZMQ_DEALER,
                               place->server.public_key, omb_clock_monotonic_ms() + 300, &err),
                     OMB_UNREACHABLE);
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

    if (omb_client_subscribe(client, place->bell_endpoint, &err) != OMB_OK)
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

    assert_int_equal(omb_client_subscribe(client, place->bell_endpoint, &err), OMB_UNREACHABLE);
    assert_non_null(strstr(err.words, "refused the key"));
    omb_client_close(client);
}

/* --- the socket files --- */

static void test_the_sockets_are_for_their_owner_alone(void **state)
{
    struct place *place = *state;

    assert_int_equal(test_mode(place->api.text), 0600);
    assert_int_equal(test_mode(place->bell.text), 0600);
}

static void test_a_second_daemon_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_net *first = place->net;
    struct omb_client *client;
    struct omb_error err = {0};

    assert_int_equal(place_serve(place, NULL, &err), OMB_BUSY);
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

    place_shut(place);
    assert_true(strlen(place->api.text) < sizeof(address.sun_path));
    memcpy(address.sun_path, place->api.text, strlen(place->api.text) + 1);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(place_serve(place, NULL, NULL), OMB_OK);
    client = client_of(place, &place->teller);
    round_trip(place, client);
    omb_client_close(client);
}

static void test_a_file_in_the_way_is_not_removed(void **state)
{
    struct place *place = *state;
    struct omb_error err = {0};

    place_shut(place);
    test_write(place->api.text, OMB_VIEW_LIT("mine"), 0600);
    assert_int_equal(place_serve(place, NULL, &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "not a socket"));
    assert_true(test_exists(place->api.text));
}

static void test_a_path_over_the_limit_of_the_system_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_net_setup setup = {.bell_path = place->bell.text, .transport = place->server.secret};
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

static void test_an_address_of_another_machine_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_error err = {0};

    place_shut(place);
    assert_int_equal(place_serve(place, "tcp://192.0.2.1:7200", &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "not an address of this machine"));
}

static void test_a_port_in_use_is_refused(void **state)
{
    struct place *place = *state;
    struct omb_error err = {0};
    struct omb_net *first = place->net;
    char endpoint[OMB_ENDPOINT_MAX];

    memcpy(endpoint, omb_net_client_endpoint(first), sizeof(endpoint));
    unlink(place->api.text);
    unlink(place->bell.text);
    assert_int_equal(place_serve(place, endpoint, &err), OMB_BUSY);
    assert_non_null(strstr(err.words, "in use"));
    place->net = first;
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        HERE(test_an_address_of_another_machine_is_refused),
        HERE(test_a_port_in_use_is_refused),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
