#include "io/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/linknet.h"
#include "io/probe.h"
#include "io/unread.h"
#include "wire/limits.h"

#define SELF_TEST_MS 5000
#define BELL_MAX 1024      /* bytes of what a subscriber may send: the topics it wants */
#define SKIP_MAX 256       /* malformed messages skipped at once, so that the loop goes round */

/*
 * libzmq tells the writer of a queue how much of it was read only when half of it was, so a queue
 * twice as long as what a client may keep waiting never overflows while the client reads.
 */
#define SEND_QUEUE (2 * OMB_NET_OUTSTANDING)
/*
 * Of a client on this machine, which runs as the office's own user. More than one that keeps to
 * OMB_NET_OUTSTANDING fills, since it must not be full when the client ends (io/socket.c).
 */
#define RECEIVE_QUEUE 1024
/* Bytes of a client elsewhere that were not read yet: more than one sends that keeps to it. */
#define UNREAD ((OMB_NET_OUTSTANDING + UINT64_C(4)) * OMB_REQUEST_MAX)
#define UNREAD_ALL (UINT64_C(1024) * 1024 * 1024) /* of all of them */

/* Whoever waits for a reply. */
struct waiting {
    uint64_t name;     /* 0: nobody */
    zmq_msg_t route;   /* the routing id frame, as it came */
    bool enveloped;    /* a REQ socket: an empty frame stands before the payload */
};

struct omb_net {
    void *context;
    struct omb_zap *zap;
    struct omb_linknet *links;
    void *api;
    void *bell;
    struct omb_unread_watch *watch;
    struct omb_unread *unread[2]; /* of clients of other machines: api, bell; NULL: none listen */
    char ipc_endpoint[OMB_ENDPOINT_MAX];
    char bell_ipc_endpoint[OMB_ENDPOINT_MAX];
    char client_endpoint[OMB_ENDPOINT_MAX]; /* TCP, as bound */
    char bell_endpoint[OMB_ENDPOINT_MAX];
    uint8_t public_key[OMB_PUBLIC_SIZE];
    zmq_msg_t payload; /* of the message given out last */
    uint64_t newest;   /* name of whoever asked last */
    struct waiting waiting[OMB_NET_WAITING]; /* a ring: name N stands at N modulo its size */
    struct omb_net_counts counts;
};

/* --- opening and closing --- */

/* A socket file that a stopped daemon left is removed; one that somebody answers at is not. */
static enum omb_rc make_way(const char *path, struct omb_error *err)
{
    enum omb_rc rc = omb_ipc_knock(path, err);

    if (rc == OMB_OK)
        return omb_fail(err, OMB_BUSY, NULL,
                        "another daemon of this office runs already: it answers at %s", path);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc != OMB_UNREACHABLE)
        return rc;
    if (unlink(path) != 0)
        return omb_fail(err, OMB_IO, NULL, "%s, left by a stopped daemon, cannot be removed: %s",
                        path, strerror(errno));
    return OMB_OK;
}

static enum omb_rc bind_ipc(void *socket, const char *path, char endpoint[OMB_ENDPOINT_MAX],
                            struct omb_error *err)
{
    char text[OMB_ENDPOINT_MAX];
    enum omb_rc rc = make_way(path, err);

    if (rc != OMB_OK)
        return rc;
    snprintf(text, sizeof(text), "ipc://%s", path);
    if (zmq_bind(socket, text) != 0)
        return omb_socket_fail(err, text);
    memcpy(endpoint, text, sizeof(text));
    if (chmod(path, S_IRUSR | S_IWUSR) != 0)
        return omb_fail(err, OMB_IO, NULL, "%s: %s", path, strerror(errno));
    return OMB_OK;
}

/* What clients of other machines send to the socket. */
static enum omb_rc watch(struct omb_net *net, void *socket, struct omb_unread **out,
                         struct omb_error *err)
{
    const enum omb_rc rc = omb_unread_open(net->watch, net->context, socket, UNREAD,
                                           UNREAD_ALL, out, err);

    if (rc == OMB_OK)
        omb_unread_expect(*out, OMB_NET_CLIENTS, OMB_STRANGERS_SILENT);
    return rc;
}

static enum omb_rc open_api(struct omb_net *net, const struct omb_net_setup *setup,
                            struct omb_error *err)
{
    const struct omb_socket_setup socket = {.type = ZMQ_ROUTER,
                                            .send_queue = SEND_QUEUE,
                                            .receive_queue = RECEIVE_QUEUE,
                                            .message_max = OMB_REQUEST_MAX,
                                            .linger_ms = 500,
                                            .secret = setup->transport,
                                            .thread = OMB_THREAD_CLIENTS};
    enum omb_rc rc = omb_socket_open(net->context, &socket, &net->api, err);

    if (rc == OMB_OK)
        rc = bind_ipc(net->api, setup->ipc_path, net->ipc_endpoint, err);
    if (rc == OMB_OK && setup->client_listen)
        rc = watch(net, net->api, &net->unread[0], err);
    if (rc == OMB_OK && setup->client_listen)
        rc = omb_socket_bind_tcp(net->api, setup->client_listen, net->client_endpoint, err);
    return rc;
}

static enum omb_rc open_bell(struct omb_net *net, const struct omb_net_setup *setup,
                             struct omb_error *err)
{
    const struct omb_socket_setup socket = {.type = ZMQ_PUB,
                                            .send_queue = SEND_QUEUE,
                                            .receive_queue = RECEIVE_QUEUE,
                                            .message_max = BELL_MAX,
                                            .linger_ms = 0,
                                            .secret = setup->transport,
                                            .thread = OMB_THREAD_CLIENTS};
    enum omb_rc rc = omb_socket_open(net->context, &socket, &net->bell, err);

    if (rc == OMB_OK)
        rc = bind_ipc(net->bell, setup->bell_path, net->bell_ipc_endpoint, err);
    if (rc == OMB_OK && setup->bell_listen)
        rc = watch(net, net->bell, &net->unread[1], err);
    if (rc == OMB_OK && setup->bell_listen)
        rc = omb_socket_bind_tcp(net->bell, setup->bell_listen, net->bell_endpoint, err);
    return rc;
}

static enum omb_rc open_links(struct omb_net *net, const struct omb_net_setup *setup,
                              struct omb_error *err)
{
    const struct omb_linknet_setup links = {.context = net->context,
                                            .zap = net->zap,
                                            .watch = net->watch,
                                            .transport = setup->transport,
                                            .transport_public = net->public_key,
                                            .listen = setup->links_listen};

    return omb_linknet_open(&links, &net->links, err);
}

enum omb_rc omb_net_open(const struct omb_net_setup *setup, struct omb_net **out,
                         struct omb_error *err)
{
    struct omb_net *net = calloc(1, sizeof(*net));
    enum omb_rc rc;

    OMB_ASSERT(net);
    zmq_msg_init(&net->payload);
    memcpy(net->public_key, setup->transport_public, OMB_PUBLIC_SIZE);
    net->context = zmq_ctx_new();
    OMB_ASSERT(net->context);
    zmq_ctx_set(net->context, ZMQ_IO_THREADS, OMB_SOCKET_THREADS);
    rc = omb_zap_start(net->context, &net->zap, err);
    if (rc == OMB_OK)
        rc = omb_unread_watch_start(&net->watch, err);
    if (rc == OMB_OK)
        rc = open_api(net, setup, err);
    if (rc == OMB_OK)
        rc = open_bell(net, setup, err);
    if (rc == OMB_OK)
        rc = open_links(net, setup, err);
    if (rc != OMB_OK) {
        omb_net_close(net);
        return rc;
    }
    *out = net;
    return OMB_OK;
}

static void release(struct waiting *waiting)
{
    zmq_msg_close(&waiting->route);
    waiting->name = 0;
}

/* libzmq leaves the file. It goes while the socket still listens: never a successor's. */
static void shut(void *socket, const char *ipc_endpoint)
{
    const char *path = omb_ipc_path(ipc_endpoint);

    if (path)
        unlink(path);
    omb_socket_close(socket);
}

void omb_net_close(struct omb_net *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < OMB_NET_WAITING; i++)
        if (net->waiting[i].name != 0)
            release(&net->waiting[i]);
    zmq_msg_close(&net->payload);
    omb_linknet_close(net->links);
    omb_unread_close(net->unread[0]);
    omb_unread_close(net->unread[1]);
    shut(net->api, net->ipc_endpoint);
    omb_unread_watch_end(net->watch);
    shut(net->bell, net->bell_ipc_endpoint);
    /* Ends the handler's wait; what the closed sockets still have to send is sent by the term. */
    zmq_ctx_shutdown(net->context);
    omb_zap_stop(net->zap);
    while (zmq_ctx_term(net->context) != 0)
        OMB_ASSERT(errno == EINTR);
    free(net);
}

/* --- who may come in --- */

struct omb_linknet *omb_net_links(struct omb_net *net)
{
    return net->links;
}

void omb_net_admit(struct omb_net *net, const uint8_t (*keys)[OMB_PUBLIC_SIZE], size_t count)
{
    (void)omb_zap_admit(net->zap, OMB_DOOR_CLIENTS, keys, count);
}

enum omb_rc omb_net_self_test(struct omb_net *net, struct omb_error *err)
{
    int64_t deadline = omb_clock_monotonic_ms() + SELF_TEST_MS;
    enum omb_rc rc = omb_probe(net->context, net->ipc_endpoint, ZMQ_DEALER, net->public_key,
                               deadline, err);

    if (rc != OMB_OK)
        return rc;
    rc = omb_probe(net->context, net->bell_ipc_endpoint, ZMQ_SUB, net->public_key, deadline, err);
    if (rc != OMB_OK)
        return rc;
    return omb_linknet_self_test(net->links, deadline, err);
}

/* --- messages --- */

static void count_unread(struct omb_net *net)
{
    for (size_t i = 0; i < sizeof(net->unread) / sizeof(*net->unread); i++)
        if (net->unread[i]) {
            const struct omb_unread_ended ended = omb_unread_ended(net->unread[i]);

            net->counts.endless += ended.endless;
            net->counts.silent += ended.silent;
        }
}

enum omb_rc omb_net_wait(struct omb_net *net, int wake_fd, int64_t timeout_ms,
                         struct omb_error *err)
{
    zmq_pollitem_t items[2 + OMB_LINK_POLLS] = {{.socket = net->api, .events = ZMQ_POLLIN}};
    size_t count = 1 + omb_linknet_polls(net->links, items + 1);
    const int64_t rest = omb_linknet_rest_ms(net->links);

    count_unread(net);
    if (wake_fd >= 0)
        items[count++] = (zmq_pollitem_t){.fd = wake_fd, .events = ZMQ_POLLIN};
    if (rest >= 0 && (timeout_ms < 0 || rest < timeout_ms))
        timeout_ms = rest;
    if (zmq_poll(items, (int)count, (long)timeout_ms) < 0 && errno != EINTR)
        return omb_fail(err, OMB_IO, NULL, "waiting for messages failed: %s", zmq_strerror(errno));
    return OMB_OK;
}

/* Reads the frames behind the routing id; true when they are [request] or [empty][request]. */
static bool take_frames(struct omb_net *net, bool *out_enveloped)
{
    size_t frames = 0;
    bool empty_first = false, more = true;

    while (more) {
        if (zmq_msg_recv(&net->payload, net->api, ZMQ_DONTWAIT) < 0)
            return false;
        if (frames++ == 0)
            empty_first = zmq_msg_size(&net->payload) == 0;
        more = zmq_msg_more(&net->payload) != 0;
    }
    if (net->unread[0])
        omb_unread_heard(net->unread[0], &net->payload);
    *out_enveloped = empty_first;
    return frames == (empty_first ? 2 : 1) && zmq_msg_size(&net->payload) > 0;
}

/* The key that the handshake proved. libzmq keeps it with the frames of the body. */
static bool sender(struct omb_net *net, uint8_t out[OMB_PUBLIC_SIZE])
{
    const char *user = zmq_msg_gets(&net->payload, "User-Id");

    return user && omb_unhex(omb_view_str(user), out, OMB_PUBLIC_SIZE) == OMB_OK;
}

/* Remembers where the reply goes; takes the frame. */
static uint64_t remember(struct omb_net *net, zmq_msg_t *take_route, bool enveloped)
{
    struct waiting *waiting = &net->waiting[++net->newest % OMB_NET_WAITING];

    if (waiting->name != 0) {
        net->counts.gone++;
        release(waiting);
    }
    zmq_msg_init(&waiting->route);
    zmq_msg_move(&waiting->route, take_route);
    waiting->name = net->newest;
    waiting->enveloped = enveloped;
    return waiting->name;
}

enum taken { TAKEN_NONE, TAKEN_BAD, TAKEN_GOOD };

static enum taken take(struct omb_net *net, zmq_msg_t *route, struct omb_net_message *out)
{
    bool enveloped = false;
    uint8_t peer[OMB_PUBLIC_SIZE];

    if (zmq_msg_recv(route, net->api, ZMQ_DONTWAIT) < 0) {
        if (net->unread[0])
            omb_unread_drained(net->unread[0]);
        return TAKEN_NONE;
    }
    if (!zmq_msg_more(route) || !take_frames(net, &enveloped) || !sender(net, peer))
        return TAKEN_BAD;
    out->from = remember(net, route, enveloped);
    memcpy(out->peer, peer, sizeof(peer));
    out->bytes = omb_view(zmq_msg_data(&net->payload), zmq_msg_size(&net->payload));
    return TAKEN_GOOD;
}

enum omb_rc omb_net_receive(struct omb_net *net, struct omb_net_message *out)
{
    enum taken taken = TAKEN_BAD;
    zmq_msg_t route;

    zmq_msg_init(&route);
    for (size_t i = 0; i < SKIP_MAX && taken == TAKEN_BAD; i++) {
        taken = take(net, &route, out);
        if (taken == TAKEN_BAD)
            net->counts.malformed++;
    }
    zmq_msg_close(&route);
    if (taken != TAKEN_GOOD)
        return OMB_NOT_FOUND;
    net->counts.received++;
    if (!omb_zap_admits(net->zap, OMB_DOOR_CLIENTS, out->peer))
        net->counts.revoked++;
    return OMB_OK;
}

/* Why a frame was not taken: the client has left, or does not read. */
static void count_lost(struct omb_net *net)
{
    if (errno == EAGAIN)
        net->counts.unread++;
    else
        net->counts.gone++;
}

static struct omb_view route_of(struct waiting *waiting)
{
    return omb_view(zmq_msg_data(&waiting->route), zmq_msg_size(&waiting->route));
}

void omb_net_reply(struct omb_net *net, uint64_t to, struct omb_view bytes)
{
    struct waiting *waiting = &net->waiting[to % OMB_NET_WAITING];

    if (to == 0 || waiting->name != to)
        return;
    /* Once the first frame is taken libzmq takes the others, or drops all of them. */
    if (!omb_socket_send(net->api, route_of(waiting), ZMQ_SNDMORE) ||
        (waiting->enveloped && zmq_send(net->api, NULL, 0, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) ||
        zmq_send(net->api, bytes.data, bytes.size, ZMQ_DONTWAIT) < 0)
        count_lost(net);
    release(waiting);
}

void omb_net_ring(struct omb_net *net, const char *topic, struct omb_view position)
{
    /* A publisher never blocks: it drops what a slow subscriber does not take. */
    if (zmq_send(net->bell, topic, strlen(topic), ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0)
        (void)zmq_send(net->bell, position.data, position.size, ZMQ_DONTWAIT);
}

const char *omb_net_client_endpoint(const struct omb_net *net)
{
    return net->client_endpoint;
}

const char *omb_net_bell_endpoint(const struct omb_net *net)
{
    return net->bell_endpoint;
}

struct omb_net_counts omb_net_counts(const struct omb_net *net)
{
    struct omb_net_counts counts = net->counts;

    counts.refused = omb_zap_refused(net->zap, OMB_DOOR_CLIENTS);
    return counts;
}
