#include "io/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/socket.h"

struct connection {
    bool open;
    bool heard;      /* since the last look */
    bool known;      /* it was heard of ever */
    uint64_t socket; /* the system's name of it, which no other ever has; 0: it was gone already */
    uint64_t read;   /* bytes that had come when it was heard of last */
};

struct omb_unread {
    void *socket, *monitor; /* NULL: told by others */
    struct connection *all; /* by descriptor */
    size_t capacity;
    uint64_t bytes; /* that may come before the next message */
    int64_t look_ms;
};

struct omb_unread *omb_unread_new(uint64_t bytes)
{
    struct omb_unread *unread = calloc(1, sizeof(*unread));

    OMB_ASSERT(unread);
    unread->bytes = bytes;
    return unread;
}

enum omb_rc omb_unread_open(void *context, void *socket, uint64_t bytes, struct omb_unread **out,
                            struct omb_error *err)
{
    struct omb_unread *unread = omb_unread_new(bytes);
    const enum omb_rc rc = omb_monitor_open(context, socket, &unread->monitor, err);

    unread->socket = socket;
    if (rc != OMB_OK) {
        free(unread);
        return rc;
    }
    *out = unread;
    return OMB_OK;
}

void omb_unread_close(struct omb_unread *unread)
{
    if (!unread)
        return;
    if (unread->monitor)
        omb_monitor_close(unread->monitor, unread->socket);
    free(unread->all);
    free(unread);
}

/* --- which connections there are --- */

static struct connection *find(const struct omb_unread *unread, int fd)
{
    return fd >= 0 && (size_t)fd < unread->capacity && unread->all[fd].open ? &unread->all[fd]
                                                                            : NULL;
}

/* libzmq closes descriptors in its own threads, and says so later: a number may be another's. */
static uint64_t socket_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof(cookie);

    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

void omb_unread_begin(struct omb_unread *unread, int fd)
{
    const size_t place = (size_t)fd;

    OMB_ASSERT(fd >= 0);
    if (place >= unread->capacity) {
        const size_t capacity = 2 * place + 16;

        unread->all = realloc(unread->all, capacity * sizeof(*unread->all));
        OMB_ASSERT(unread->all);
        memset(unread->all + unread->capacity, 0,
               (capacity - unread->capacity) * sizeof(*unread->all));
        unread->capacity = capacity;
    }
    unread->all[place] = (struct connection){.open = true, .socket = socket_of(fd)};
}

void omb_unread_forget(struct omb_unread *unread)
{
    for (size_t i = 0; i < unread->capacity; i++)
        unread->all[i].open = false;
}

static void follow(struct omb_unread *unread)
{
    enum omb_contact what;
    int fd;

    while (unread->monitor &&
           (what = omb_monitor_next_at(unread->monitor, &fd)) != OMB_CONTACT_NONE) {
        struct connection *known = find(unread, fd);

        if (what == OMB_CONTACT_BEGUN && fd >= 0)
            omb_unread_begin(unread, fd);
        else if (what == OMB_CONTACT_LOST && known)
            known->open = false;
    }
}

/* --- looking --- */

/* libzmq calls this property old, and gives it all the same; there is no other way to it. */
void omb_unread_heard(struct omb_unread *unread, zmq_msg_t *part)
{
    struct connection *known = find(unread, zmq_msg_get(part, ZMQ_SRCFD));

    if (known)
        known->heard = known->known = true;
}

/* false: it is no TCP connection, or none any more. */
static bool bytes_received(int fd, uint64_t *out)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    *out = info.tcpi_bytes_received;
    return true;
}

/* Whether more came over it since it was heard of than may wait. */
static bool is_endless(struct connection *connection, int fd, uint64_t most)
{
    uint64_t received;

    if (socket_of(fd) != connection->socket || !bytes_received(fd, &received)) {
        connection->open = false;
        return false;
    }
    if (connection->heard)
        connection->read = received;
    connection->heard = false;
    return received - connection->read > most;
}

/*
 * By a descriptor of our own, so that it is the connection's until it is shut. Whether it ended: it
 * stays watched where there is no descriptor for that now. When libzmq closes it the other end is
 * reset: one that waits for room would else hear nothing for a minute, since the system tells of no
 * room behind the end.
 */
static bool hang_up(struct omb_unread *unread, size_t fd)
{
    static const struct linger at_once = {.l_onoff = 1};
    struct connection *connection = &unread->all[fd];
    const int own = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
    bool ended;

    if (own < 0 && errno != EBADF)
        return false;
    ended = own >= 0 && socket_of(own) == connection->socket;
    if (ended) {
        (void)setsockopt(own, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        (void)shutdown(own, SHUT_RDWR);
    }
    if (own >= 0)
        (void)close(own);
    connection->open = false;
    return ended;
}

/* Those of which nothing was heard yet, as many as there are too many. */
static size_t end_silent(struct omb_unread *unread, size_t count, size_t most)
{
    size_t ended = 0;

    for (size_t i = 0; i < unread->capacity && count > most; i++)
        if (unread->all[i].open && !unread->all[i].known) {
            ended += hang_up(unread, i);
            count -= !unread->all[i].open;
        }
    return ended;
}

struct omb_unread_ended omb_unread_look(struct omb_unread *unread, size_t most)
{
    const int64_t now = omb_clock_monotonic_ms();
    struct omb_unread_ended ended = {0, 0};
    size_t count = 0;

    if (now < unread->look_ms)
        return ended;
    unread->look_ms = now + OMB_UNREAD_LOOK_MS;
    follow(unread);
    for (size_t i = 0; i < unread->capacity; i++) {
        if (unread->all[i].open && is_endless(&unread->all[i], (int)i, unread->bytes))
            ended.endless += hang_up(unread, i);
        count += unread->all[i].open;
    }
    if (most > 0 && count > most)
        ended.silent = end_silent(unread, count, most);
    return ended;
}

int64_t omb_unread_rest_ms(const struct omb_unread *unread)
{
    const int64_t left = unread->look_ms - omb_clock_monotonic_ms();

    return left > 0 ? left : 0;
}
