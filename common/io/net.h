/*
 * The transport: ZeroMQ and CURVE behind a few calls. The identity of whoever sent a message is the
 * CURVE key that the ZAP handler vouched for, read from a body frame (design: trust, Transport).
 *
 * Endpoints of a daemon: `api` (ROUTER, ipc in the data directory and TCP with client-listen),
 * `bell` (PUB), and those of the links (io/linknet.h). A handler thread answers ZAP from tables of
 * admitted keys, one for clients and one for offices; it is bound before any endpoint, the domain
 * is enforced, and omb_net_self_test shows that an unknown key is refused.
 */
#ifndef OMB_IO_NET_H
#define OMB_IO_NET_H

#include "crypto/crypto.h"

struct omb_linknet;
struct omb_net;

/* Requests that wait for their reply at once; when more do, the oldest loses its reply. */
#define OMB_NET_WAITING 4096
/* A client that keeps no more than this many requests unanswered, and reads, loses no reply. */
#define OMB_NET_OUTSTANDING 32
/* TCP connections to an endpoint, above which those that say nothing are ended. */
#define OMB_NET_CLIENTS 1024

struct omb_net_setup {
    const char *ipc_path;           /* absolute path of run/api.sock; at most 107 bytes */
    const char *bell_path;          /* run/bell.sock */
    const char *client_listen;      /* "tcp://host:port" or NULL; port 0 or * picks a free one */
    const char *bell_listen;        /* the same for the bell, or NULL */
    const char *links_listen;       /* the same for the offices below, or NULL */
    const struct omb_secret *transport; /* server's CURVE secret */
    uint8_t transport_public[OMB_PUBLIC_SIZE];
};

/* A message that came in. Views live until the next omb_net_receive. */
struct omb_net_message {
    uint64_t from;                  /* name for omb_net_reply; never reused while the daemon runs */
    uint8_t peer[OMB_PUBLIC_SIZE];  /* as the handshake proved it; may be revoked since */
    struct omb_view bytes;
};

/* What happened since the start. */
struct omb_net_counts {
    uint64_t received;              /* messages given out */
    uint64_t malformed;             /* not of frames [request] or [empty][request]: dropped */
    uint64_t endless;               /* connections ended: more came than was read */
    uint64_t silent;                /* connections of strangers ended: there were too many */
    uint64_t revoked;               /* from keys revoked since their handshake: the core refuses */
    uint64_t gone;                  /* replies whose client had left */
    uint64_t unread;                /* replies lost by clients that do not read */
    uint64_t refused;               /* handshakes with a key that is not admitted */
};

enum omb_rc omb_net_open(const struct omb_net_setup *setup, struct omb_net **out,
                         struct omb_error *err) OMB_MUST_USE;
void omb_net_close(struct omb_net *net);

/* The links to other offices; they wait and are tested with the rest. */
struct omb_linknet *omb_net_links(struct omb_net *net);

/* Replaces the table of keys of clients that may connect (thread-safe). */
void omb_net_admit(struct omb_net *net, const uint8_t (*keys)[OMB_PUBLIC_SIZE], size_t count);
/*
 * Connects to each endpoint with a key of its own making and expects to be refused. OMB_REFUSED:
 * the door is open. OMB_UNREACHABLE: nothing was shown within 5 s.
 */
enum omb_rc omb_net_self_test(struct omb_net *net, struct omb_error *err) OMB_MUST_USE;

/*
 * Waits until a message, news of a link, the wake-up fd (readable) or the timeout (ms; -1: none).
 * OMB_OK also after a timeout.
 */
enum omb_rc omb_net_wait(struct omb_net *net, int wake_fd, int64_t timeout_ms,
                         struct omb_error *err) OMB_MUST_USE;
/* Takes a waiting message; OMB_NOT_FOUND when there is none. Malformed ones are only counted. */
enum omb_rc omb_net_receive(struct omb_net *net, struct omb_net_message *out) OMB_MUST_USE;
/* Sends without blocking; a client that does not read loses its reply (counted). */
void omb_net_reply(struct omb_net *net, uint64_t to, struct omb_view bytes);
/* Tells whoever listens: two frames, topic and position. Bells that nobody hears are lost. */
void omb_net_ring(struct omb_net *net, const char *topic, struct omb_view position);
/* The endpoint as bound, e.g. with the port that was picked. "" when not there. */
const char *omb_net_client_endpoint(const struct omb_net *net);
const char *omb_net_bell_endpoint(const struct omb_net *net);
struct omb_net_counts omb_net_counts(const struct omb_net *net);

/* --- the client's side: the command line, benchmarks, tests --- */

struct omb_client;

struct omb_client_setup {
    const char *endpoint;           /* ipc:///... or tcp://host:port */
    uint8_t server_key[OMB_PUBLIC_SIZE];
    const struct omb_secret *secret; /* lent for the life of the client */
};

/*
 * Begins to connect. Where the path of an ipc endpoint is not there, or nobody listens behind it,
 * OMB_UNREACHABLE at once; everything else shows in the calls that wait.
 */
enum omb_rc omb_client_open(const struct omb_client_setup *setup, struct omb_client **out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_client_close(struct omb_client *client);
/*
 * Waits up to 5 s for the connection. OMB_UNREACHABLE: nobody there, or the key was refused, or the
 * connection ended with answers owed, which do not come then; the words say which. OMB_LIMIT: a
 * request larger than any office takes.
 */
enum omb_rc omb_client_send(struct omb_client *client, struct omb_view request,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * The next reply, appended. OMB_UNREACHABLE: none within timeout_ms from now, the connection ended
 * before it came (ask again with the same request id), or the key was refused.
 */
enum omb_rc omb_client_receive(struct omb_client *client, int64_t timeout_ms, struct omb_buf *out,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * Listens to the bell at the endpoint that the office tells in Status; a wildcard host in it is
 * the host of the client's own endpoint. Waits up to 5 s until the bell's door has opened.
 */
enum omb_rc omb_client_subscribe(struct omb_client *client, const char *endpoint,
                                 struct omb_error *err) OMB_MUST_USE;
/* Waits for one ring; OMB_NOT_FOUND: none within timeout_ms from now. */
enum omb_rc omb_client_bell(struct omb_client *client, int64_t timeout_ms, char out_topic[32],
                            struct omb_error *err) OMB_MUST_USE;

#endif
