#include "io/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/socket.h"
#include "io/thread.h"

struct connection {
    bool open;
    bool heard;      /* since the last look */
    bool known;      /* it was heard of ever, or has stood longer than strangers are let */
    uint64_t kept;   /* the link that it is kept for; 0: none */
    uint64_t age;    /* how many began before it */
    unsigned looks;  /* since it began */
    uint64_t socket; /* the system's name of it, which no other ever has; 0: it was gone already */
    uint64_t read;   /* bytes that came and have been dealt with, as far as is known */
    uint64_t waits;  /* bytes that had not, at the last look */
};

/* What goes with a small message on the wire: frames, the name of the command, nonce and tag. */
#define AROUND 64

/* Longer than a handshake may take (io/socket.c): who stands then has a key, and may but listen. */
#define STRANGER_LOOKS (12000 / OMB_UNREAD_LOOK_MS)

/* Of no peer fewer bytes come before its first message: libzmq's greeting, CURVE's two commands. */
#define HANDSHAKE_BYTES 512

struct omb_unread {
    struct omb_unread_watch *watch;
    struct omb_unread *next;

    pthread_mutex_t lock;   /* of all that follows */
    void *socket, *monitor; /* NULL: told by others */
    struct connection *all; /* by descriptor */
    size_t capacity;
    uint64_t begun; /* connections, ever */
    size_t most;    /* connections that may stand; 0: any number */
    enum omb_strangers strangers;
    uint64_t bytes, all_bytes; /* that may wait of one connection, and of all */
    bool drained;   /* since the last look */
    struct omb_unread_ended ended;
};

struct omb_unread_watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ends;
    bool ending;
    struct omb_unread *first;
};

/* --- who looks --- */

static struct timespec next_look(void)
{
    struct timespec at;

    OMB_ASSERT(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_nsec += OMB_UNREAD_LOOK_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

static void *look_now_and_then(void *arg)
{
    struct omb_unread_watch *watch = arg;

    pthread_mutex_lock(&watch->lock);
    while (!watch->ending) {
        const struct timespec until = next_look();

        for (struct omb_unread *one = watch->first; one; one = one->next)
            omb_unread_look(one);
        while (!watch->ending &&
               pthread_cond_timedwait(&watch->ends, &watch->lock, &until) != ETIMEDOUT)
            continue;
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

enum omb_rc omb_unread_watch_start(struct omb_unread_watch **out, struct omb_error *err)
{
    struct omb_unread_watch *watch = calloc(1, sizeof(*watch));
    pthread_condattr_t monotonic;
    enum omb_rc rc;

    OMB_ASSERT(watch);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->ends, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&watch->lock, NULL);
    rc = omb_thread_start(&watch->thread, look_now_and_then, watch, err);
    if (rc == OMB_OK) {
        *out = watch;
        return OMB_OK;
    }
    pthread_cond_destroy(&watch->ends);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
    return rc;
}

void omb_unread_watch_end(struct omb_unread_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    OMB_ASSERT(!watch->first);
    watch->ending = true;
    pthread_cond_signal(&watch->ends);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->ends);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static void join(struct omb_unread_watch *watch, struct omb_unread *unread)
{
    unread->watch = watch;
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    unread->next = watch->first;
    watch->first = unread;
    pthread_mutex_unlock(&watch->lock);
}

static void leave(struct omb_unread_watch *watch, const struct omb_unread *unread)
{
    struct omb_unread **at;

    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    for (at = &watch->first; *at != unread; at = &(*at)->next)
        continue;
    *at = unread->next;
    pthread_mutex_unlock(&watch->lock);
}

/* --- what is looked at --- */

static struct omb_unread *make(uint64_t bytes, uint64_t all_bytes)
{
    struct omb_unread *unread = calloc(1, sizeof(*unread));

    OMB_ASSERT(unread);
    pthread_mutex_init(&unread->lock, NULL);
    unread->bytes = bytes;
    unread->all_bytes = all_bytes;
    return unread;
}

struct omb_unread *omb_unread_new(struct omb_unread_watch *watch, uint64_t bytes,
                                  uint64_t all_bytes)
{
    struct omb_unread *unread = make(bytes, all_bytes);

    join(watch, unread);
    return unread;
}

static void discard(struct omb_unread *unread)
{
    pthread_mutex_destroy(&unread->lock);
    free(unread->all);
    free(unread);
}

enum omb_rc omb_unread_open(struct omb_unread_watch *watch, void *context, void *socket,
                            uint64_t bytes, uint64_t all_bytes, struct omb_unread **out,
                            struct omb_error *err)
{
    struct omb_unread *unread = make(bytes, all_bytes);
    const enum omb_rc rc = omb_monitor_open(context, socket, &unread->monitor, err);

    unread->socket = socket;
    if (rc != OMB_OK) {
        discard(unread);
        return rc;
    }
    join(watch, unread);
    *out = unread;
    return OMB_OK;
}

void omb_unread_close(struct omb_unread *unread)
{
    if (!unread)
        return;
    leave(unread->watch, unread);
    if (unread->monitor)
        omb_monitor_close(unread->monitor, unread->socket);
    discard(unread);
}

void omb_unread_expect(struct omb_unread *unread, size_t most, enum omb_strangers strangers)
{
    pthread_mutex_lock(&unread->lock);
    unread->most = most;
    unread->strangers = strangers;
    pthread_mutex_unlock(&unread->lock);
}

struct omb_unread_ended omb_unread_ended(struct omb_unread *unread)
{
    struct omb_unread_ended ended;

    pthread_mutex_lock(&unread->lock);
    ended = unread->ended;
    unread->ended = (struct omb_unread_ended){0, 0};
    pthread_mutex_unlock(&unread->lock);
    return ended;
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

static void begin(struct omb_unread *unread, int fd)
{
    const size_t place = (size_t)fd;

    if (place >= unread->capacity) {
        const size_t capacity = 2 * place + 16;

        unread->all = realloc(unread->all, capacity * sizeof(*unread->all));
        OMB_ASSERT(unread->all);
        memset(unread->all + unread->capacity, 0,
               (capacity - unread->capacity) * sizeof(*unread->all));
        unread->capacity = capacity;
    }
    unread->all[place] = (struct connection){
        .open = true, .socket = socket_of(fd), .age = unread->begun++};
}

void omb_unread_begin(struct omb_unread *unread, int fd)
{
    OMB_ASSERT(fd >= 0);
    pthread_mutex_lock(&unread->lock);
    begin(unread, fd);
    pthread_mutex_unlock(&unread->lock);
}

void omb_unread_forget(struct omb_unread *unread)
{
    pthread_mutex_lock(&unread->lock);
    for (size_t i = 0; i < unread->capacity; i++)
        unread->all[i].open = false;
    pthread_mutex_unlock(&unread->lock);
}

static void follow(struct omb_unread *unread)
{
    enum omb_contact what;
    int fd;

    while (unread->monitor &&
           (what = omb_monitor_next_at(unread->monitor, &fd)) != OMB_CONTACT_NONE) {
        struct connection *known = find(unread, fd);

        if (what == OMB_CONTACT_BEGUN && fd >= 0)
            begin(unread, fd);
        else if (what == OMB_CONTACT_LOST && known)
            known->open = false;
    }
}

/* --- what was heard --- */

/* libzmq calls this property old, and gives it all the same; there is no other way to it. */
int omb_unread_heard(struct omb_unread *unread, zmq_msg_t *part)
{
    const int fd = zmq_msg_get(part, ZMQ_SRCFD);
    struct connection *known;

    pthread_mutex_lock(&unread->lock);
    known = find(unread, fd);
    if (known) {
        known->heard = known->known = true;
        known->read += zmq_msg_size(part) + AROUND;
    }
    pthread_mutex_unlock(&unread->lock);
    return fd;
}

void omb_unread_drained(struct omb_unread *unread)
{
    pthread_mutex_lock(&unread->lock);
    unread->drained = true;
    pthread_mutex_unlock(&unread->lock);
}

/* --- looking --- */

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

/* Bytes that wait. What was read is not known to the byte: it is no more than came. */
static uint64_t waiting_of(struct connection *connection, int fd, bool drained)
{
    uint64_t received;

    if (socket_of(fd) != connection->socket || !bytes_received(fd, &received)) {
        connection->open = false;
        return 0;
    }
    if ((connection->heard && drained) || connection->read > received)
        connection->read = received;
    connection->heard = false;
    return received - connection->read;
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

static size_t standing(const struct omb_unread *unread)
{
    size_t count = 0;

    for (size_t i = 0; i < unread->capacity; i++)
        count += unread->all[i].open;
    return count;
}

static bool is_strange(const struct omb_unread *unread, const struct connection *one)
{
    return unread->strangers == OMB_STRANGERS_UNKEPT ? one->kept == 0 : !one->known;
}

struct stranger {
    uint64_t age;
    size_t fd;
};

static int compare_ages(const void *a, const void *b)
{
    const uint64_t x = ((const struct stranger *)a)->age, y = ((const struct stranger *)b)->age;

    return (x > y) - (x < y);
}

/* As many of them as there are too many. They may be thousands. */
static void end_strangers(struct omb_unread *unread, size_t count)
{
    struct stranger *strangers = calloc(count, sizeof(*strangers));
    size_t found = 0;

    OMB_ASSERT(strangers);
    for (size_t i = 0; i < unread->capacity; i++)
        if (unread->all[i].open && is_strange(unread, &unread->all[i]))
            strangers[found++] = (struct stranger){unread->all[i].age, i};
    qsort(strangers, found, sizeof(*strangers), compare_ages);
    for (size_t i = 0; i < found && count > unread->most; i++) {
        unread->ended.silent += hang_up(unread, strangers[i].fd);
        count -= !unread->all[strangers[i].fd].open;
    }
    free(strangers);
}

/* Of all together no more may wait than so much: those of which the most waits are ended. */
static void end_largest(struct omb_unread *unread, uint64_t sum)
{
    while (sum > unread->all_bytes) {
        size_t largest = 0;

        for (size_t i = 1; i < unread->capacity; i++)
            if (unread->all[i].waits > unread->all[largest].waits)
                largest = i;
        sum -= unread->all[largest].waits;
        unread->all[largest].waits = 0;
        unread->ended.endless += hang_up(unread, largest);
    }
}

void omb_unread_look(struct omb_unread *unread)
{
    uint64_t sum = 0;
    size_t count;

    pthread_mutex_lock(&unread->lock);
    follow(unread);
    for (size_t i = 0; i < unread->capacity; i++) {
        struct connection *one = &unread->all[i];

        one->waits = one->open ? waiting_of(one, (int)i, unread->drained) : 0;
        if (one->waits > unread->bytes) {
            one->waits = 0;
            unread->ended.endless += hang_up(unread, i);
        }
        sum += one->waits;
        one->known |= ++one->looks > STRANGER_LOOKS;
    }
    unread->drained = false;
    end_largest(unread, sum);
    count = standing(unread);
    if (unread->most > 0 && count > unread->most)
        end_strangers(unread, count);
    pthread_mutex_unlock(&unread->lock);
}

/* --- which are kept --- */

/* libzmq tells that a connection began before anything comes over it, so it is found here. */
void omb_unread_keep(struct omb_unread *unread, int fd, uint64_t name)
{
    struct connection *one;
    uint64_t received;

    pthread_mutex_lock(&unread->lock);
    follow(unread);
    one = find(unread, fd);
    /* One that is in its handshake has said nothing: it was another of its number. */
    if (one && socket_of(fd) == one->socket && bytes_received(fd, &received) &&
        received >= HANDSHAKE_BYTES)
        one->kept = name;
    pthread_mutex_unlock(&unread->lock);
}

/* It is kept no more; its descriptor, -1: none was. */
static int let_go(struct omb_unread *unread, uint64_t name)
{
    for (size_t i = 0; i < unread->capacity; i++)
        if (unread->all[i].open && unread->all[i].kept == name) {
            unread->all[i].kept = 0;
            return (int)i;
        }
    return -1;
}

void omb_unread_drop(struct omb_unread *unread, uint64_t name)
{
    pthread_mutex_lock(&unread->lock);
    (void)let_go(unread, name);
    pthread_mutex_unlock(&unread->lock);
}

void omb_unread_hang_up(struct omb_unread *unread, uint64_t name)
{
    int fd;

    pthread_mutex_lock(&unread->lock);
    fd = let_go(unread, name);
    if (fd >= 0)
        (void)hang_up(unread, (size_t)fd);
    pthread_mutex_unlock(&unread->lock);
}
