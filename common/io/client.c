#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/net.h"
#include "io/officedir.h"
#include "io/socket.h"
#include "wire/limits.h"

#define CONNECT_MS 5000
#define QUEUE 64

/*
 * libzmq wants one context per process, with its threads, however many clients there are; so it is
 * shared, and goes with the last of them.
 */
static struct {
    pthread_mutex_t lock;
    void *context;
    size_t clients;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One connection, as its monitor told so far. */
struct contact {
    void *socket;
    void *monitor;
    char endpoint[OMB_ENDPOINT_MAX];
    bool stands; /* the handshake has succeeded and the connection has not ended since */
    bool stood;  /* it once did: then it is worth waiting for the next attempt */
    size_t owed; /* answers */
    bool ended;  /* with answers owed: they do not come any more */
};

struct omb_client {
    void *context; /* the shared one */
    const struct omb_secret *secret;
    uint8_t public_key[OMB_PUBLIC_SIZE];
    uint8_t server_key[OMB_PUBLIC_SIZE];
    struct contact office;
    struct contact bell;
};

static void *context_take(void)
{
    void *context;

    pthread_mutex_lock(&shared.lock);
    if (shared.clients++ == 0) {
        shared.context = zmq_ctx_new();
        OMB_ASSERT(shared.context);
        /* Two sockets and two of a monitor for each client. */
        zmq_ctx_set(shared.context, ZMQ_MAX_SOCKETS, 16384);
    }
    context = shared.context;
    pthread_mutex_unlock(&shared.lock);
    return context;
}

static void context_give_back(void)
{
    void *last = NULL;

    pthread_mutex_lock(&shared.lock);
    if (--shared.clients == 0) {
        last = shared.context;
        shared.context = NULL;
    }
    pthread_mutex_unlock(&shared.lock);
    while (last && zmq_ctx_term(last) != 0)
        OMB_ASSERT(errno == EINTR);
}

/* --- connecting --- */

static enum omb_rc knock(const char *endpoint, struct omb_error *err)
{
    const char *path = omb_ipc_path(endpoint);
    enum omb_rc rc;

    if (!path)
        return omb_endpoint_check(omb_view_str(endpoint), OMB_ENDPOINT_REACH, err);
    rc = omb_ipc_knock(path, err);
    if (rc != OMB_NOT_FOUND && rc != OMB_UNREACHABLE)
        return rc;
    (void)omb_fail_within(err, "no daemon runs there");
    if (err)
        err->rc = OMB_UNREACHABLE;
    return OMB_UNREACHABLE;
}

static void hang_up(struct contact *contact)
{
    omb_monitor_close(contact->monitor, contact->socket);
    omb_socket_close(contact->socket);
    contact->socket = contact->monitor = NULL;
    contact->stands = contact->stood = contact->ended = false;
    contact->owed = 0;
}

/* At the contact's endpoint. */
static enum omb_rc call(struct omb_client *client, struct contact *contact, int type,
                        struct omb_error *err)
{
    const struct omb_socket_setup setup = {.type = type,
                                           .send_queue = QUEUE,
                                           .receive_queue = QUEUE,
                                           .message_max = OMB_REPLY_MAX,
                                           .linger_ms = 0,
                                           .secret = client->secret,
                                           .public_key = client->public_key,
                                           .server_key = client->server_key};
    enum omb_rc rc;

    rc = omb_socket_open(client->context, &setup, &contact->socket, err);
    if (rc != OMB_OK)
        return rc;
    rc = omb_monitor_open(client->context, contact->socket, &contact->monitor, err);
    if (rc == OMB_OK)
        rc = omb_socket_connect(contact->socket, contact->endpoint, err);
    if (rc != OMB_OK)
        hang_up(contact);
    return rc;
}

static enum omb_rc name(struct contact *contact, const char *endpoint, struct omb_error *err)
{
    if (strlen(endpoint) >= sizeof(contact->endpoint))
        return omb_fail(err, OMB_LIMIT, NULL, "an endpoint has at most %zu bytes",
                        sizeof(contact->endpoint) - 1);
    memcpy(contact->endpoint, endpoint, strlen(endpoint) + 1);
    return OMB_OK;
}

enum omb_rc omb_client_open(const struct omb_client_setup *setup, struct omb_client **out,
                            struct omb_error *err)
{
    struct omb_client *client;
    enum omb_rc rc = knock(setup->endpoint, err);

    if (rc != OMB_OK)
        return rc;
    client = calloc(1, sizeof(*client));
    OMB_ASSERT(client);
    client->secret = setup->secret;
    omb_box_public(setup->secret, client->public_key);
    memcpy(client->server_key, setup->server_key, OMB_PUBLIC_SIZE);
    client->context = context_take();
    rc = name(&client->office, setup->endpoint, err);
    if (rc == OMB_OK)
        rc = call(client, &client->office, ZMQ_DEALER, err);
    if (rc != OMB_OK) {
        omb_client_close(client);
        return rc;
    }
    *out = client;
    return OMB_OK;
}

void omb_client_close(struct omb_client *client)
{
    if (!client)
        return;
    if (client->bell.socket)
        hang_up(&client->bell);
    if (client->office.socket)
        hang_up(&client->office);
    context_give_back();
    free(client);
}

/* --- what became of the connection --- */

static void see(struct contact *contact, enum omb_contact what)
{
    contact->stands = what == OMB_CONTACT_MADE;
    contact->stood = contact->stood || contact->stands;
    contact->ended = contact->ended || (contact->owed > 0 && !contact->stands);
}

static enum omb_rc tell(struct contact *contact, enum omb_contact what, struct omb_error *err)
{
    bool stood = contact->stands;

    see(contact, what);
    switch (what) {
    case OMB_CONTACT_MADE:
        return OMB_OK;
    case OMB_CONTACT_REFUSED:
        return omb_fail(err, OMB_UNREACHABLE, NULL,
                        "the office at %s refused the key: it belongs to no operator there",
                        contact->endpoint);
    case OMB_CONTACT_ABSENT:
        return omb_fail(err, OMB_UNREACHABLE, NULL, "nobody answers at %s", contact->endpoint);
    case OMB_CONTACT_LOST:
    case OMB_CONTACT_BROKEN:
        break;
    case OMB_CONTACT_BEGUN:
    case OMB_CONTACT_NONE:
        return omb_fail(err, OMB_UNREACHABLE, NULL, "%s does not answer", contact->endpoint);
    }
    if (stood)
        return omb_fail(err, OMB_UNREACHABLE, NULL, "%s closed the connection", contact->endpoint);
    return omb_fail(err, OMB_UNREACHABLE, NULL,
                    "%s closed the connection during the handshake: is its server key the one "
                    "that is given?", contact->endpoint);
}

/* What happened before now is history: a connection that ended and came back is as good as new. */
static void catch_up(struct contact *contact)
{
    enum omb_contact what;

    while ((what = omb_monitor_next(contact->monitor)) != OMB_CONTACT_NONE)
        see(contact, what);
}

/* A daemon that restarts is away for a moment only; one that was never there fails at once. */
static bool is_final(const struct contact *contact, enum omb_contact what)
{
    return !contact->stood || what == OMB_CONTACT_MADE || what == OMB_CONTACT_REFUSED ||
           what == OMB_CONTACT_NONE;
}

static enum omb_rc await_handshake(struct contact *contact, struct omb_error *err)
{
    int64_t deadline = omb_clock_monotonic_ms() + CONNECT_MS;

    while (!contact->stands) {
        enum omb_contact what = omb_monitor_wait(contact->monitor, deadline);

        if (is_final(contact, what))
            return tell(contact, what, err);
    }
    return OMB_OK;
}

/*
 * The caller hears that the answers that it is owed do not come. What lies in the socket still goes
 * with it: libzmq would send it behind the caller's back once the office is there again.
 */
static enum omb_rc give_up(struct contact *office, struct omb_error *err)
{
    hang_up(office);
    return omb_fail(err, OMB_UNREACHABLE, NULL, "%s closed the connection", office->endpoint);
}

/* --- requests and replies --- */

enum omb_rc omb_client_send(struct omb_client *client, struct omb_view request,
                            struct omb_error *err)
{
    struct contact *office = &client->office;
    int64_t deadline = omb_clock_monotonic_ms() + CONNECT_MS;
    enum omb_rc rc = OMB_OK;

    if (request.size > OMB_REQUEST_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the request has %zu bytes, at most %d are taken",
                        request.size, OMB_REQUEST_MAX);
    if (!office->socket) { /* it was given up */
        rc = call(client, office, ZMQ_DEALER, err);
        office->stood = true;
    }
    if (office->stands)
        catch_up(office);
    if (office->ended)
        return give_up(office, err);
    if (rc == OMB_OK)
        rc = await_handshake(office, err);
    /* EAGAIN: the office reads slowly. */
    while (rc == OMB_OK && zmq_send(office->socket, request.data, request.size, ZMQ_DONTWAIT) < 0) {
        zmq_pollitem_t item = {.socket = office->socket, .events = ZMQ_POLLOUT};
        int64_t left = deadline - omb_clock_monotonic_ms();

        if (errno != EAGAIN && errno != EINTR)
            return omb_socket_fail(err, office->endpoint);
        if (left <= 0)
            return omb_fail(err, OMB_UNREACHABLE, NULL, "%s does not take requests",
                            office->endpoint);
        zmq_poll(&item, 1, (long)left);
    }
    office->owed += rc == OMB_OK;
    return rc;
}

/* Appends the first frame of a waiting message, the only one that counts; false: none waits. */
static bool take(void *socket, struct omb_buf *out)
{
    zmq_msg_t frame;
    bool taken, more;

    zmq_msg_init(&frame);
    taken = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0;
    if (taken)
        omb_buf_add(out, zmq_msg_data(&frame), zmq_msg_size(&frame));
    more = taken && zmq_msg_more(&frame) != 0;
    while (more)
        more = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&frame) != 0;
    zmq_msg_close(&frame);
    return taken;
}

static bool take_answer(struct contact *office, struct omb_buf *out)
{
    if (!office->socket || !take(office->socket, out))
        return false;
    office->owed -= office->owed > 0;
    return true;
}

enum omb_rc omb_client_receive(struct omb_client *client, int64_t timeout_ms, struct omb_buf *out,
                               struct omb_error *err)
{
    struct contact *office = &client->office;
    int64_t deadline = omb_clock_monotonic_ms() + timeout_ms;

    while (!take_answer(office, out)) {
        zmq_pollitem_t items[] = {{.socket = office->socket, .events = ZMQ_POLLIN},
                                  {.socket = office->monitor, .events = ZMQ_POLLIN}};
        int64_t left = deadline - omb_clock_monotonic_ms();
        enum omb_contact what;

        if (office->ended || !office->socket)
            return give_up(office, err);
        what = omb_monitor_next(office->monitor);
        if (what != OMB_CONTACT_NONE && tell(office, what, err) != OMB_OK) {
            office->ended = true;
            continue; /* what came before the end of the connection is still there to be taken */
        }
        if (left <= 0) {
            office->owed = 0; /* nobody waits for it any more */
            return omb_fail(err, OMB_UNREACHABLE, NULL, "%s did not answer within %lld ms",
                            office->endpoint, (long long)timeout_ms);
        }
        if (what == OMB_CONTACT_NONE)
            zmq_poll(items, 2, (long)left);
    }
    return OMB_OK;
}

/* --- the bell --- */

/*
 * tcp://0.0.0.0:7101 as the office knows its own bell -> the host that the client reached it at;
 * from the same machine (ipc), the machine itself.
 */
static void bell_endpoint(const char *office, const char *told, char out[OMB_ENDPOINT_MAX])
{
    static const char *const wildcards[] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};
    const char *host_end = strrchr(office, ':');

    for (size_t i = 0; i < sizeof(wildcards) / sizeof(*wildcards); i++) {
        size_t size = strlen(wildcards[i]);

        if (strncmp(told, wildcards[i], size) != 0)
            continue;
        if (omb_ipc_path(office))
            snprintf(out, OMB_ENDPOINT_MAX, "tcp://127.0.0.1:%s", told + size);
        else
            snprintf(out, OMB_ENDPOINT_MAX, "%.*s:%s", (int)(host_end - office), office,
                     told + size);
        return;
    }
    snprintf(out, OMB_ENDPOINT_MAX, "%s", told);
}

enum omb_rc omb_client_subscribe(struct omb_client *client, const char *endpoint,
                                 struct omb_error *err)
{
    char at[OMB_ENDPOINT_MAX];
    enum omb_rc rc;

    bell_endpoint(client->office.endpoint, endpoint, at);
    rc = knock(at, err);
    if (rc != OMB_OK)
        return rc;
    if (client->bell.socket)
        hang_up(&client->bell);
    rc = name(&client->bell, at, err);
    if (rc == OMB_OK)
        rc = call(client, &client->bell, ZMQ_SUB, err);
    if (rc != OMB_OK)
        return rc;
    if (zmq_setsockopt(client->bell.socket, ZMQ_SUBSCRIBE, "", 0) != 0)
        rc = omb_socket_fail(err, at);
    if (rc == OMB_OK)
        rc = await_handshake(&client->bell, err);
    if (rc != OMB_OK)
        hang_up(&client->bell);
    return rc;
}

enum omb_rc omb_client_bell(struct omb_client *client, int64_t timeout_ms, char out_topic[32],
                            struct omb_error *err)
{
    int64_t deadline = omb_clock_monotonic_ms() + timeout_ms;
    struct omb_buf topic = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    if (!client->bell.socket)
        return omb_fail(err, OMB_INVALID, NULL, "nobody listens to the bell yet");
    while (rc == OMB_OK && !take(client->bell.socket, &topic)) {
        zmq_pollitem_t item = {.socket = client->bell.socket, .events = ZMQ_POLLIN};
        int64_t left = deadline - omb_clock_monotonic_ms();

        if (left <= 0)
            rc = omb_fail(err, OMB_NOT_FOUND, NULL, "the bell did not ring");
        else
            zmq_poll(&item, 1, (long)left);
    }
    if (rc == OMB_OK && topic.size >= 32)
        rc = omb_fail(err, OMB_LIMIT, NULL, "the bell rang for a topic of %zu bytes", topic.size);
    if (rc == OMB_OK)
        memcpy(out_topic, omb_buf_str(&topic), topic.size + 1);
    omb_buf_free(&topic);
    return rc;
}
