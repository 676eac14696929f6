#include "io/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/officedir.h"

/* Hidden behind DRAFT in the header of libzmq 4.3.4, honoured by the library all the same. Without
 * it a server whose ZAP handler is gone lets everybody in. */
#define ENFORCE_DOMAIN 93

/* What CURVE adds to a frame (its name, a nonce, a tag, flags); libzmq's limit counts it. */
#define CURVE_OVERHEAD 33

struct option {
    int name;
    int value;
};

/*
 * For every socket. The system finds peers that vanished without a word, by probing and by what
 * they do not confirm; libzmq's own heartbeats are no way to it, see below. A peer that does not
 * finish its handshake gives back its file descriptor soon.
 */
static const struct option common_options[] = {
    {ZMQ_TCP_KEEPALIVE, 1},         {ZMQ_TCP_KEEPALIVE_IDLE, 10}, {ZMQ_TCP_KEEPALIVE_INTVL, 5},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},     {ZMQ_TCP_MAXRT, 30000},       {ZMQ_HANDSHAKE_IVL, 10000},
    {ZMQ_RECONNECT_IVL, 100},       {ZMQ_RECONNECT_IVL_MAX, 2000},
};

static const struct option server_options[] = {
    {ZMQ_CURVE_SERVER, 1},
    {ENFORCE_DOMAIN, 1},
    {ZMQ_BACKLOG, 1024},
};

/* Later than any caller waits. libzmq tells that it found nobody only where it would try again. */
static const struct option once_options[] = {
    {ZMQ_RECONNECT_IVL, 3600000},
    {ZMQ_RECONNECT_IVL_MAX, 0},
};

/*
 * Of messages that come over TCP. Where a queue is full when its peer hangs up, libzmq reads on as
 * it empties, and asserts that it can answer a heartbeat that it finds there (measured: any
 * enrolled peer could end the process). So no queue of what comes fills: io/unread.h bounds it by
 * bytes.
 */
static const struct option any_number = {ZMQ_RCVHWM, 0};

const char *omb_door_domain(enum omb_door door)
{
    static const char *const domains[OMB_DOORS] = {
        [OMB_DOOR_CLIENTS] = "ombud",
        [OMB_DOOR_LINKS] = "ombud-link",
    };

    return domains[door];
}

static bool set_options(void *socket, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(int)) != 0)
            return false;
    return true;
}

static bool set_key(void *socket, int name, const uint8_t *key)
{
    return zmq_setsockopt(socket, name, key, OMB_KEY_SIZE) == 0;
}

static bool set_curve(void *socket, const struct omb_socket_setup *setup)
{
    const char *domain = omb_door_domain(setup->door);

    if (!set_key(socket, ZMQ_CURVE_SECRETKEY, omb_secret_bytes(setup->secret)))
        return false;
    if (setup->server_key)
        return set_key(socket, ZMQ_CURVE_PUBLICKEY, setup->public_key) &&
               set_key(socket, ZMQ_CURVE_SERVERKEY, setup->server_key);
    return zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0 &&
           set_options(socket, server_options, sizeof(server_options) / sizeof(*server_options));
}

static bool set_thread(void *socket, enum omb_socket_thread thread)
{
    uint64_t threads = thread == OMB_THREAD_ANY ? 0 : UINT64_C(1) << (thread - 1);

    return zmq_setsockopt(socket, ZMQ_AFFINITY, &threads, sizeof(threads)) == 0;
}

static bool set_all(void *socket, const struct omb_socket_setup *setup)
{
    int64_t message_max = setup->message_max < 0 ? -1 : setup->message_max + CURVE_OVERHEAD;
    const struct option own[] = {
        {ZMQ_SNDHWM, setup->send_queue},
        {ZMQ_RCVHWM, setup->receive_queue},
        {ZMQ_LINGER, setup->linger_ms},
    };
    /*
     * A router says so when a reply cannot be delivered, instead of dropping it silently. The other
     * sockets queue for a peer that is away: ZMQ_IMMEDIATE forbids that, and with it libzmq drops
     * what came and was not read yet when the connection ends.
     */
    const struct option router = {ZMQ_ROUTER_MANDATORY, 1};

    return set_options(socket, common_options, sizeof(common_options) / sizeof(*common_options)) &&
           set_options(socket, own, sizeof(own) / sizeof(*own)) &&
           (setup->type != ZMQ_ROUTER || set_options(socket, &router, 1)) &&
           (!setup->once ||
            set_options(socket, once_options, sizeof(once_options) / sizeof(*once_options))) &&
           set_thread(socket, setup->thread) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof(message_max)) == 0 &&
           set_curve(socket, setup);
}

enum omb_rc omb_socket_open(void *context, const struct omb_socket_setup *setup, void **out,
                            struct omb_error *err)
{
    void *socket = zmq_socket(context, setup->type);

    if (!socket)
        return omb_fail(err, OMB_IO, NULL, "no socket can be made: %s", zmq_strerror(errno));
    if (!set_all(socket, setup)) {
        enum omb_rc rc = omb_fail(err, OMB_IO, NULL,
                                  "libzmq does not take a setting that this program needs: %s",
                                  zmq_strerror(errno));

        zmq_close(socket);
        return rc;
    }
    *out = socket;
    return OMB_OK;
}

void omb_socket_close(void *socket)
{
    if (socket)
        OMB_ASSERT(zmq_close(socket) == 0);
}

/* libzmq looks for addresses of IPv4 alone unless it is told. */
static bool set_ipv6(void *socket, const char *endpoint)
{
    int ipv6 = strchr(endpoint, '[') != NULL;

    return zmq_setsockopt(socket, ZMQ_IPV6, &ipv6, sizeof(ipv6)) == 0;
}

enum omb_rc omb_socket_connect(void *socket, const char *endpoint, struct omb_error *err)
{
    if (!set_ipv6(socket, endpoint) || zmq_connect(socket, endpoint) != 0)
        return omb_socket_fail(err, endpoint);
    return OMB_OK;
}

enum omb_rc omb_socket_bind_tcp(void *socket, const char *listen, char bound[OMB_ENDPOINT_MAX],
                                struct omb_error *err)
{
    size_t size = OMB_ENDPOINT_MAX;
    enum omb_rc rc = omb_endpoint_check(omb_view_str(listen), OMB_ENDPOINT_LISTEN, err);

    if (rc != OMB_OK)
        return rc;
    if (!set_options(socket, &any_number, 1) || !set_ipv6(socket, listen) ||
        zmq_bind(socket, listen) != 0 ||
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
        return omb_socket_fail(err, listen);
    return OMB_OK;
}

bool omb_socket_send(void *socket, struct omb_view bytes, int flags)
{
    int events;
    size_t size = sizeof(events);

    if (zmq_send(socket, bytes.data, bytes.size, flags | ZMQ_DONTWAIT) >= 0)
        return true;
    if (errno != EAGAIN)
        return false;
    (void)zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
    return zmq_send(socket, bytes.data, bytes.size, flags | ZMQ_DONTWAIT) >= 0;
}

void omb_endpoint_near(const char *endpoint, char out[OMB_ENDPOINT_MAX])
{
    static const struct {
        const char *wildcard, *near;
    } hosts[] = {
        {"tcp://*:", "tcp://127.0.0.1:"},
        {"tcp://0.0.0.0:", "tcp://127.0.0.1:"},
        {"tcp://[::]:", "tcp://[::1]:"},
    };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        size_t size = strlen(hosts[i].wildcard);

        if (strncmp(endpoint, hosts[i].wildcard, size) == 0) {
            snprintf(out, OMB_ENDPOINT_MAX, "%s%s", hosts[i].near, endpoint + size);
            return;
        }
    }
    snprintf(out, OMB_ENDPOINT_MAX, "%s", endpoint);
}

enum omb_rc omb_socket_fail(struct omb_error *err, const char *endpoint)
{
    switch (errno) {
    case EADDRINUSE:
        return omb_fail(err, OMB_BUSY, NULL, "%s is in use by another process", endpoint);
    case EADDRNOTAVAIL:
    case ENODEV:
        return omb_fail(err, OMB_INVALID, NULL, "%s is not an address of this machine", endpoint);
    case EINVAL:
        return omb_fail(err, OMB_INVALID, NULL, "%s is not an endpoint", endpoint);
    case EACCES:
    case EPERM:
        return omb_fail(err, OMB_IO, NULL, "%s: permission denied", endpoint);
    default:
        return omb_fail(err, OMB_IO, NULL, "%s: %s", endpoint, zmq_strerror(errno));
    }
}

const char *omb_ipc_path(const char *endpoint)
{
    static const char scheme[] = "ipc://";

    return strncmp(endpoint, scheme, strlen(scheme)) == 0 ? endpoint + strlen(scheme) : NULL;
}

static enum omb_rc knock_failed(const char *path, struct omb_error *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return omb_fail(err, OMB_NOT_FOUND, NULL, "%s does not exist", path);
    case ECONNREFUSED:
        return omb_fail(err, OMB_UNREACHABLE, NULL, "nobody answers at %s", path);
    default:
        return omb_fail(err, OMB_IO, NULL, "%s: %s", path, strerror(errno));
    }
}

enum omb_rc omb_ipc_knock(const char *path, struct omb_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum omb_rc rc = OMB_OK;
    struct stat st;
    int fd;

    if (strlen(path) > OMB_IPC_PATH_MAX)
        return omb_fail(err, OMB_LIMIT, NULL,
                        "%s has %zu bytes; the path of a socket may have at most %d", path,
                        strlen(path), OMB_IPC_PATH_MAX);
    if (lstat(path, &st) != 0)
        return knock_failed(path, err);
    if (!S_ISSOCK(st.st_mode))
        return omb_fail(err, OMB_INVALID, NULL, "%s is there, but it is not a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return omb_fail(err, OMB_IO, NULL, "no socket can be made: %s", strerror(errno));
    /* EAGAIN: somebody listens, whose queue is full at the moment. */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 && errno != EAGAIN)
        rc = knock_failed(path, err);
    close(fd);
    return rc;
}

/* --- the monitor --- */

#define WATCHED                                                                                    \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                             \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |                  \
     ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECTED |                    \
     ZMQ_EVENT_ACCEPTED)

enum omb_rc omb_monitor_open(void *context, void *socket, void **out, struct omb_error *err)
{
    static const struct option any_events = {ZMQ_RCVHWM, 0}; /* a full one holds up who connects */
    char address[64];
    void *monitor;

    snprintf(address, sizeof(address), "inproc://monitor-%p", socket);
    if (zmq_socket_monitor(socket, address, WATCHED) != 0)
        return omb_fail(err, OMB_IO, NULL, "a connection cannot be watched: %s",
                        zmq_strerror(errno));
    monitor = zmq_socket(context, ZMQ_PAIR);
    if (!monitor || !set_options(monitor, &any_events, 1) || zmq_connect(monitor, address) != 0) {
        enum omb_rc rc = omb_fail(err, OMB_IO, NULL, "a connection cannot be watched: %s",
                                  zmq_strerror(errno));

        omb_monitor_close(monitor, socket);
        return rc;
    }
    *out = monitor;
    return OMB_OK;
}

void omb_monitor_close(void *monitor, void *socket)
{
    if (socket)
        zmq_socket_monitor(socket, NULL, 0);
    omb_socket_close(monitor);
}

static enum omb_contact contact_of(uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return OMB_CONTACT_MADE;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return OMB_CONTACT_REFUSED;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return OMB_CONTACT_BROKEN;
    case ZMQ_EVENT_CONNECT_RETRIED:
        return OMB_CONTACT_ABSENT;
    case ZMQ_EVENT_DISCONNECTED:
        return OMB_CONTACT_LOST;
    case ZMQ_EVENT_CONNECTED:
    case ZMQ_EVENT_ACCEPTED:
        return OMB_CONTACT_BEGUN;
    default: /* libzmq's own: it also says when the monitor stops */
        return OMB_CONTACT_NONE;
    }
}

/*
 * An event is a number (2 bytes) and a value (4), in the machine's order; then the endpoint. The
 * value is the descriptor where a connection begins or ends.
 */
enum omb_contact omb_monitor_next_at(void *monitor, int *out_fd)
{
    uint8_t frame[OMB_ENDPOINT_MAX];
    enum omb_contact contact;
    uint16_t event;
    int32_t value;
    int size = zmq_recv(monitor, frame, sizeof(frame), ZMQ_DONTWAIT);

    *out_fd = -1;
    if (size < (int)(sizeof(event) + sizeof(value)))
        return OMB_CONTACT_NONE;
    memcpy(&event, frame, sizeof(event));
    memcpy(&value, frame + sizeof(event), sizeof(value));
    if (zmq_recv(monitor, frame, sizeof(frame), ZMQ_DONTWAIT) < 0)
        return OMB_CONTACT_NONE;
    contact = contact_of(event);
    if (contact == OMB_CONTACT_BEGUN || contact == OMB_CONTACT_LOST)
        *out_fd = value;
    return contact;
}

enum omb_contact omb_monitor_next(void *monitor)
{
    enum omb_contact contact;
    int fd;

    do
        contact = omb_monitor_next_at(monitor, &fd);
    while (contact == OMB_CONTACT_BEGUN);
    return contact;
}

enum omb_contact omb_monitor_wait(void *monitor, int64_t deadline_ms)
{
    for (;;) {
        zmq_pollitem_t item = {.socket = monitor, .events = ZMQ_POLLIN};
        enum omb_contact contact = omb_monitor_next(monitor);
        int64_t left = deadline_ms - omb_clock_monotonic_ms();

        if (contact != OMB_CONTACT_NONE || left <= 0)
            return contact;
        if (zmq_poll(&item, 1, (long)left) < 0 && errno != EINTR)
            return OMB_CONTACT_NONE;
    }
}
