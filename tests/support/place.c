#include "support/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "io/clock.h"
#include "io/socket.h"
#include "unit/unit.h"

/* X25519 clears bits of the first byte, so the number stands in the second. */
static struct pair pair_new(uint8_t number)
{
    uint8_t seed[OMB_KEY_SIZE] = {0, number};
    struct pair pair = {.secret = omb_secret_new(seed)};

    omb_box_public(pair.secret, pair.public_key);
    return pair;
}

enum omb_rc place_serve(struct place *place, const char *tcp, struct omb_error *err)
{
    struct omb_net_setup setup = {.ipc_path = place->api.text,
                                  .bell_path = place->bell.text,
                                  .client_listen = tcp,
                                  .bell_listen = tcp,
                                  .transport = place->server.secret};
    enum omb_rc rc;

    memcpy(setup.transport_public, place->server.public_key, OMB_PUBLIC_SIZE);
    rc = omb_net_open(&setup, &place->net, err);
    if (rc == OMB_OK)
        omb_net_admit(place->net, &place->teller.public_key, 1);
    return rc;
}

void place_shut(struct place *place)
{
    omb_net_close(place->net);
    place->net = NULL;
}

static void name_ipc(char out[600], const struct test_path *path)
{
    int size = snprintf(out, 600, "ipc://%s", path->text);

    assert_in_range(size, 1, 599);
}

int place_open(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct omb_error err;

    place->folder = test_folder_make();
    place->api = test_path(&place->folder, "api.sock");
    place->bell = test_path(&place->folder, "bell.sock");
    place->spare = test_path(&place->folder, "spare.sock");
    name_ipc(place->endpoint, &place->api);
    name_ipc(place->bell_endpoint, &place->bell);
    name_ipc(place->spare_endpoint, &place->spare);
    place->server = pair_new(1);
    place->teller = pair_new(2);
    place->stranger = pair_new(3);
    *state = place;
    return place_serve(place, "tcp://127.0.0.1:0", &err) == OMB_OK ? 0 : -1;
}

int place_close(void **state)
{
    struct place *place = *state;

    omb_net_close(place->net);
    omb_secret_free(place->server.secret);
    omb_secret_free(place->teller.secret);
    omb_secret_free(place->stranger.secret);
    test_folder_remove(&place->folder);
    free(place);
    return 0;
}

struct omb_client *client_at(struct place *place, const struct pair *who,
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

struct omb_client *client_of(struct place *place, const struct pair *who)
{
    return client_at(place, who, place->endpoint);
}

void client_says(struct omb_client *client, const char *text)
{
    struct omb_error err = {0};

    if (omb_client_send(client, omb_view_str(text), &err) != OMB_OK)
        fail_msg("%s", err.words);
}

/* Waits for the next message at the server. */
struct omb_net_message server_hears(struct place *place)
{
    int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;
    struct omb_net_message message = {0};

    while (omb_net_receive(place->net, &message) != OMB_OK) {
        assert_true(omb_clock_monotonic_ms() < deadline);
        assert_int_equal(omb_net_wait(place->net, -1, PATIENCE_MS, NULL), OMB_OK);
    }
    return message;
}

void client_hears(struct omb_client *client, const char *text)
{
    struct omb_buf reply = OMB_BUF_INIT;
    struct omb_error err = {0};

    if (omb_client_receive(client, PATIENCE_MS, &reply, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_string_equal(omb_buf_str(&reply), text);
    omb_buf_free(&reply);
}

/* One request and its reply. */
void round_trip(struct place *place, struct omb_client *client)
{
    struct omb_net_message message;

    client_says(client, "ask");
    message = server_hears(place);
    assert_true(omb_view_is(message.bytes, "ask"));
    omb_net_reply(place->net, message.from, OMB_VIEW_LIT("answer"));
    client_hears(client, "answer");
}

/* --- a client that is not ours --- */

struct raw raw_open(struct place *place, int type)
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

void raw_close(struct raw *raw)
{
    omb_monitor_close(raw->monitor, raw->socket);
    omb_socket_close(raw->socket);
    zmq_ctx_term(raw->context);
}
