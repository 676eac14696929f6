#include "io/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/linktable.h"
#include "io/probe.h"
#include "io/unread.h"
#include "wire/limits.h"

#define SKIP_MAX 256     /* dropped messages at once, so that the loop goes round */
#define STRANGERS_MAX 64 /* connections that no office of now has: of revoked ones, still open */
#define ROUTE_SIZE 5     /* of a routing id that libzmq picked: a zero byte and a number */

struct omb_listener {
    void *context;
    struct omb_zap *zap;
    struct omb_link_counts *counts;
    void *socket;
    char endpoint[OMB_ENDPOINT_MAX];
    uint8_t public_key[OMB_PUBLIC_SIZE];
    zmq_msg_t frame; /* given out last */
    int frame_fd;    /* which it came over */
    struct omb_unread *unread;
    struct omb_linktable table;
    size_t most;     /* connections in the table, and at all */
};

enum omb_rc omb_listener_open(const struct omb_linknet_setup *setup, struct omb_link_counts *counts,
                              struct omb_listener **out, struct omb_error *err)
{
    const struct omb_socket_setup socket = {.type = ZMQ_ROUTER,
                                            .send_queue = OMB_LINK_SEND_QUEUE,
                                            .message_max = OMB_FRAME_MAX,
                                            .linger_ms = 500,
                                            .secret = setup->transport,
                                            .door = OMB_DOOR_LINKS,
                                            .thread = OMB_THREAD_LINKS};
    struct omb_listener *listener = calloc(1, sizeof(*listener));
    enum omb_rc rc;

    OMB_ASSERT(listener);
    listener->context = setup->context;
    listener->zap = setup->zap;
    listener->counts = counts;
    memcpy(listener->public_key, setup->transport_public, OMB_PUBLIC_SIZE);
    zmq_msg_init(&listener->frame);
    rc = omb_socket_open(setup->context, &socket, &listener->socket, err);
    if (rc == OMB_OK)
        rc = omb_unread_open(setup->watch, setup->context, listener->socket, OMB_LINK_UNREAD,
                             OMB_LINK_UNREAD_ALL, &listener->unread, err);
    if (rc == OMB_OK)
        omb_listener_expect(listener, 0);
    if (rc == OMB_OK)
        rc = omb_socket_bind_tcp(listener->socket, setup->listen, listener->endpoint, err);
    if (rc != OMB_OK) {
        omb_listener_close(listener);
        return rc;
    }
    *out = listener;
    return OMB_OK;
}

void omb_listener_close(struct omb_listener *listener)
{
    if (!listener)
        return;
    zmq_msg_close(&listener->frame);
    omb_unread_close(listener->unread);
    omb_socket_close(listener->socket);
    omb_linktable_free(&listener->table);
    free(listener);
}

/* Before one of that key comes, or where there are too many: NULL. */
static void make_room(struct omb_listener *listener, const uint8_t *key)
{
    const struct omb_linked *surplus;

    while ((surplus = omb_linktable_surplus(&listener->table, key, listener->most)) != NULL) {
        omb_unread_hang_up(listener->unread, surplus->name);
        omb_linktable_remove(&listener->table, surplus);
        listener->counts->forgotten++;
    }
}

/* An office speaks first: who stands and is not in the table is a stranger, or gave way. */
void omb_listener_expect(struct omb_listener *listener, size_t offices)
{
    listener->most = OMB_LINKS_OF_A_KEY * offices + STRANGERS_MAX;
    make_room(listener, NULL);
    omb_unread_expect(listener->unread, listener->most, OMB_STRANGERS_UNKEPT);
}

const char *omb_listener_endpoint(const struct omb_listener *listener)
{
    return listener->endpoint;
}

void *omb_listener_socket(const struct omb_listener *listener)
{
    return listener->socket;
}

/* A wildcard is called by the machine's own name for itself. */
enum omb_rc omb_listener_self_test(struct omb_listener *listener, int64_t deadline_ms,
                                   struct omb_error *err)
{
    char near[OMB_ENDPOINT_MAX];

    omb_endpoint_near(listener->endpoint, near);
    return omb_probe(listener->context, near, ZMQ_DEALER, listener->public_key, deadline_ms, err);
}

/* --- receiving --- */

/* Peers may choose their routing id, and so another's: only those that libzmq picked are served. */
static bool read_route(zmq_msg_t *route, uint32_t *out)
{
    const uint8_t *id = zmq_msg_data(route);

    if (zmq_msg_size(route) != ROUTE_SIZE || id[0] != 0)
        return false;
    memcpy(out, id + 1, sizeof(*out));
    return true;
}

static void write_route(uint32_t route, uint8_t out[ROUTE_SIZE])
{
    out[0] = 0;
    memcpy(out + 1, &route, sizeof(route));
}

/* Reads what stands behind the routing id; true when it is one frame that is not empty. */
static bool take_body(struct omb_listener *listener)
{
    size_t frames = 0;
    bool more = true;

    while (more) {
        if (zmq_msg_recv(&listener->frame, listener->socket, ZMQ_DONTWAIT) < 0)
            return false;
        frames++;
        more = zmq_msg_more(&listener->frame) != 0;
    }
    listener->frame_fd = omb_unread_heard(listener->unread, &listener->frame);
    return frames == 1 && zmq_msg_size(&listener->frame) > 0;
}

/* The key that the handshake proved. libzmq keeps it with the frames of the body. */
static bool read_peer(zmq_msg_t *frame, uint8_t out[OMB_PUBLIC_SIZE])
{
    const char *user = zmq_msg_gets(frame, "User-Id");

    return user && omb_unhex(omb_view_str(user), out, OMB_PUBLIC_SIZE) == OMB_OK;
}

static void name_link(struct omb_listener *listener, uint32_t route, uint64_t *newest,
                      struct omb_link_news *out)
{
    const struct omb_linked *known = omb_linktable_find(&listener->table, route, out->peer);

    out->fresh = !known;
    out->link = known ? known->name : ++*newest;
    if (known)
        return;
    make_room(listener, out->peer);
    omb_linktable_add(&listener->table, route, out->peer, out->link);
    omb_unread_keep(listener->unread, listener->frame_fd, out->link);
}

enum taken { TAKEN_NONE, TAKEN_BAD, TAKEN_GOOD };

static enum taken take(struct omb_listener *listener, zmq_msg_t *id, uint64_t *newest,
                       struct omb_link_news *out)
{
    uint32_t route = 0;
    bool whole;

    if (zmq_msg_recv(id, listener->socket, ZMQ_DONTWAIT) < 0) {
        omb_unread_drained(listener->unread);
        return TAKEN_NONE;
    }
    whole = zmq_msg_more(id) && take_body(listener);
    if (!whole || !read_route(id, &route) || !read_peer(&listener->frame, out->peer)) {
        listener->counts->malformed++;
        return TAKEN_BAD;
    }
    /* The handshake may have been before the revocation. */
    if (!omb_zap_admits(listener->zap, OMB_DOOR_LINKS, out->peer)) {
        listener->counts->revoked++;
        return TAKEN_BAD;
    }
    name_link(listener, route, newest, out);
    out->bytes = omb_view(zmq_msg_data(&listener->frame), zmq_msg_size(&listener->frame));
    return TAKEN_GOOD;
}

static void look(struct omb_listener *listener)
{
    const struct omb_unread_ended ended = omb_unread_ended(listener->unread);

    listener->counts->endless += ended.endless;
    listener->counts->silent += ended.silent;
}

/* libzmq gives the messages of its connections in turn, one of each. */
bool omb_listener_next(struct omb_listener *listener, uint64_t *newest, struct omb_link_news *out)
{
    enum taken taken = TAKEN_BAD;
    zmq_msg_t id;

    *out = (struct omb_link_news){.kind = OMB_LINK_FRAME};
    look(listener);
    zmq_msg_init(&id);
    for (size_t i = 0; i < SKIP_MAX && taken == TAKEN_BAD; i++)
        taken = take(listener, &id, newest, out);
    zmq_msg_close(&id);
    if (taken != TAKEN_GOOD)
        return false;
    listener->counts->received++;
    return true;
}

/* --- sending --- */

static bool send_route(struct omb_listener *listener, uint32_t route)
{
    uint8_t id[ROUTE_SIZE];

    write_route(route, id);
    return omb_socket_send(listener->socket, OMB_VIEW_OF(id), ZMQ_SNDMORE);
}

void omb_listener_send(struct omb_listener *listener, uint64_t link, struct omb_view bytes)
{
    struct omb_linked *linked = omb_linktable_named(&listener->table, link);

    if (!linked) {
        listener->counts->no_peer++;
        return;
    }
    if (linked->full) {
        listener->counts->no_room++;
        return;
    }
    /* Once the first frame is taken libzmq takes the other, or drops both. */
    if (send_route(listener, linked->route) &&
        zmq_send(listener->socket, bytes.data, bytes.size, ZMQ_DONTWAIT) >= 0) {
        listener->counts->sent++;
    } else if (errno == EAGAIN) {
        linked->full = true;
        listener->counts->no_room++;
    } else {
        omb_unread_drop(listener->unread, link);
        omb_linktable_remove(&listener->table, linked);
        listener->counts->no_peer++;
    }
}
