#include "support/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
                                  .links_listen = tcp,
                                  .transport = place->server.secret};
    enum omb_rc rc;

    memcpy(setup.transport_public, place->server.public_key, OMB_PUBLIC_SIZE);
    rc = omb_net_open(&setup, &place->net, err);
    if (rc == OMB_OK)
        omb_net_admit(place->net, &place->teller.public_key, 1);
    if (rc == OMB_OK)
        (void)omb_linknet_admit(omb_net_links(place->net), &place->branch.public_key, 1);
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
    place->branch = pair_new(4);
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
    omb_secret_free(place->branch.secret);
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

static struct raw raw_connect(struct place *place, const struct pair *who, int type,
                              const char *endpoint, const char *routing_id)
{
    struct omb_socket_setup setup = {.type = type,
                                     .send_queue = 8,
                                     .receive_queue = 8,
                                     .message_max = -1,
                                     .secret = who->secret,
                                     .public_key = who->public_key,
                                     .server_key = place->server.public_key};
    struct raw raw = {.context = zmq_ctx_new()};

    assert_int_equal(omb_socket_open(raw.context, &setup, &raw.socket, NULL), OMB_OK);
    assert_int_equal(omb_monitor_open(raw.context, raw.socket, &raw.monitor, NULL), OMB_OK);
    if (routing_id)
        assert_int_equal(zmq_setsockopt(raw.socket, ZMQ_ROUTING_ID, routing_id,
                                        strlen(routing_id)), 0);
    assert_int_equal(zmq_connect(raw.socket, endpoint), 0);
    assert_int_equal(omb_monitor_wait(raw.monitor, omb_clock_monotonic_ms() + PATIENCE_MS),
                     OMB_CONTACT_MADE);
    return raw;
}

struct raw raw_open(struct place *place, int type)
{
    return raw_connect(place, &place->teller, type, place->endpoint, NULL);
}

struct raw raw_branch(struct place *place, const char *routing_id)
{
    return raw_connect(place, &place->branch, ZMQ_DEALER,
                       omb_linknet_endpoint(omb_net_links(place->net)), routing_id);
}

void raw_close(struct raw *raw)
{
    omb_monitor_close(raw->monitor, raw->socket);
    omb_socket_close(raw->socket);
    zmq_ctx_term(raw->context);
}

/* --- another office --- */

struct far_office far_open(const struct pair *who, int64_t handshake_ms)
{
    struct far_office far = {.context = zmq_ctx_new()};
    struct omb_linknet_setup setup = {.context = far.context,
                                      .transport = who->secret,
                                      .transport_public = who->public_key,
                                      .handshake_ms = handshake_ms};

    zmq_ctx_set(far.context, ZMQ_IO_THREADS, OMB_SOCKET_THREADS);
    assert_int_equal(omb_zap_start(far.context, &far.zap, NULL), OMB_OK);
    setup.zap = far.zap;
    assert_int_equal(omb_linknet_open(&setup, &far.links, NULL), OMB_OK);
    return far;
}

void far_close(struct far_office *far)
{
    omb_linknet_close(far->links);
    zmq_ctx_shutdown(far->context);
    omb_zap_stop(far->zap);
    zmq_ctx_term(far->context);
}

uint64_t far_dials(struct far_office *far, struct place *place)
{
    const char *at = omb_linknet_endpoint(omb_net_links(place->net));

    return omb_linknet_call(far->links, omb_view_str(at), place->server.public_key);
}

struct omb_link_news links_hear(struct omb_linknet *links)
{
    const int64_t deadline = omb_clock_monotonic_ms() + PATIENCE_MS;
    struct omb_link_news news;

    while (!omb_linknet_next(links, &news)) {
        zmq_pollitem_t items[OMB_LINK_POLLS];
        const size_t count = omb_linknet_polls(links, items);
        const int64_t left = deadline - omb_clock_monotonic_ms();
        const int64_t rest = omb_linknet_rest_ms(links);

        assert_true(left > 0);
        zmq_poll(items, (int)count, (long)(rest >= 0 && rest < left ? rest : left));
    }
    return news;
}
