/*
 * One ZeroMQ socket with this program's settings, and what its monitor tells: everything that was
 * measured about libzmq (design: libraries) is obeyed here, once, for servers and clients alike.
 * Internal to io/: the daemon's endpoints are io/net.c, io/listener.c and io/dialler.c, the
 * client's side is io/client.c.
 */
#ifndef OMB_IO_SOCKET_H
#define OMB_IO_SOCKET_H

#include <zmq.h>

#include "crypto/crypto.h"

#define OMB_IPC_PATH_MAX 107      /* bytes of a socket's path: the system's limit */
#define OMB_ENDPOINT_MAX 256      /* bytes of an endpoint as text */

/* A server's door: which table of keys opens it. What is enrolled for one opens no other. */
enum omb_door {
    OMB_DOOR_CLIENTS, /* operators and their programs */
    OMB_DOOR_LINKS,   /* the offices below */
};
enum { OMB_DOORS = OMB_DOOR_LINKS + 1 };
/* Its ZAP domain. */
const char *omb_door_domain(enum omb_door door);

/*
 * Which of libzmq's threads serves a socket: it looks up the name of a host in there, which may
 * take long, and nobody else's messages may wait for that.
 */
enum omb_socket_thread {
    OMB_THREAD_ANY,
    OMB_THREAD_CLIENTS,
    OMB_THREAD_LINKS,
    OMB_THREAD_PARENT,
};
enum { OMB_SOCKET_THREADS = OMB_THREAD_PARENT };

struct omb_socket_setup {
    int type;                     /* ZMQ_ROUTER, ... */
    int send_queue;               /* messages that wait for one peer at most */
    int receive_queue;            /* the same of what comes; 0: any number */
    int64_t message_max;          /* bytes of a frame; a larger one ends its connection; -1: any */
    int linger_ms;                /* how long unsent messages hold up the end */
    const struct omb_secret *secret;
    const uint8_t *public_key;    /* of the secret; a server needs none */
    const uint8_t *server_key;    /* NULL: this side is the server */
    enum omb_door door;           /* of a server */
    enum omb_socket_thread thread;
    bool once;                    /* a connection that fails or ends is not tried again */
};

/* A socket with CURVE on, neither bound nor connected. A server's enforces the ZAP domain. */
enum omb_rc omb_socket_open(void *context, const struct omb_socket_setup *setup, void **out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_socket_close(void *socket); /* NULL is fine */

/* Begins to connect. */
enum omb_rc omb_socket_connect(void *socket, const char *endpoint,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * Binds to tcp://...; what it was bound to, e.g. with the port that was picked, goes to `bound`.
 * Any number of messages may wait that come in there: watch them (io/unread.h).
 */
enum omb_rc omb_socket_bind_tcp(void *socket, const char *listen, char bound[OMB_ENDPOINT_MAX],
                                struct omb_error *err) OMB_MUST_USE;

/*
 * Sends a frame without blocking. libzmq looks only now and then what a peer has taken, so that it
 * says of an empty queue that it is full: it is made to look before it is believed. false: errno is
 * EAGAIN for no room, else the peer is gone.
 */
bool omb_socket_send(void *socket, struct omb_view bytes, int flags);

/* A wildcard host becomes this machine itself; other endpoints stay as they are. */
void omb_endpoint_near(const char *endpoint, char out[OMB_ENDPOINT_MAX]);

/* Turns errno after a call of libzmq on this endpoint into words. */
enum omb_rc omb_socket_fail(struct omb_error *err, const char *endpoint) OMB_MUST_USE;

/* "ipc://" and the path: NULL when the endpoint is of another transport. */
const char *omb_ipc_path(const char *endpoint);

/*
 * Asks who is behind the path of an ipc endpoint. OMB_OK: somebody listens. OMB_NOT_FOUND: there is
 * no such file. OMB_UNREACHABLE: a socket that a stopped process left behind. OMB_LIMIT: too long.
 * OMB_INVALID: not a socket. OMB_IO: may not be touched.
 */
enum omb_rc omb_ipc_knock(const char *path, struct omb_error *err) OMB_MUST_USE;

/* --- the monitor: what became of a connection --- */

enum omb_contact {
    OMB_CONTACT_NONE,    /* nothing new */
    OMB_CONTACT_BEGUN,   /* there is a connection, with no handshake yet */
    OMB_CONTACT_MADE,    /* the handshake succeeded */
    OMB_CONTACT_REFUSED, /* the other side does not admit our key */
    OMB_CONTACT_BROKEN,  /* the handshake failed in another way */
    OMB_CONTACT_ABSENT,  /* nobody took the connection; it is tried again */
    OMB_CONTACT_LOST,    /* a connection that stood has ended */
};

/* The monitor of a socket, to be opened before it connects and closed before the socket is. */
enum omb_rc omb_monitor_open(void *context, void *socket, void **out,
                             struct omb_error *err) OMB_MUST_USE;
void omb_monitor_close(void *monitor, void *socket);
/* The next thing that happened, but for what began; never blocks. */
enum omb_contact omb_monitor_next(void *monitor);
/* The same with what began, and the descriptor of what began or was lost; -1: of another thing. */
enum omb_contact omb_monitor_next_at(void *monitor, int *out_fd);
/* Waits for it. OMB_CONTACT_NONE: the deadline (of omb_clock_monotonic_ms) has passed. */
enum omb_contact omb_monitor_wait(void *monitor, int64_t deadline_ms);

#endif
