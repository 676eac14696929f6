/*
 * The links between offices: the listener for those below (a ROUTER, io/listener.c), the dialled
 * connection to the parent (a DEALER, io/dialler.c), and what comes over either. What the frames
 * say and when the parent is dialled is the core's (office/post/post.h); here a connection has a
 * name, and a frame is bytes.
 *
 * For each link frames arrive in the order in which they were sent, and none is missing before one
 * that arrived: a link on which a frame found no room takes no more, until the peer dials again.
 */
#ifndef OMB_IO_LINKNET_H
#define OMB_IO_LINKNET_H

#include "io/unread.h"
#include "io/zap.h"

struct omb_linknet;

/* Frames that wait for one peer; credit keeps what an honest one is sent far below. */
#define OMB_LINK_SEND_QUEUE 256
/* Bytes over a connection that were not read yet: more than credit lets an honest peer send. */
#define OMB_LINK_UNREAD (32 * 1024 * 1024)
/* The same of all connections: more than the windows of all children together (post/inbox.c). */
#define OMB_LINK_UNREAD_ALL (1024 * 1024 * 1024)
/* A parent that has not finished the handshake by then is not reached. */
#define OMB_LINK_HANDSHAKE_MS 10000

struct omb_linknet_setup {
    void *context;
    struct omb_zap *zap;
    struct omb_unread_watch *watch; /* of what comes and is not read; NULL: nobody looks */
    const struct omb_secret *transport;
    const uint8_t *transport_public;
    const char *listen;   /* "tcp://host:port" for the offices below; NULL: nobody is below */
    int64_t handshake_ms; /* 0: OMB_LINK_HANDSHAKE_MS */
};

enum omb_link_news_kind {
    OMB_LINK_FRAME,
    OMB_LINK_MADE,  /* dialled, and the handshake is made */
    OMB_LINK_ENDED, /* dialled, and could not be made or ended; bytes: why, in words */
};

struct omb_link_news {
    enum omb_link_news_kind kind;
    uint64_t link;                 /* never 0, and never used again */
    bool dialled;                  /* the link to the parent */
    bool refused;                  /* ENDED: there nobody is let in with this office's key */
    bool fresh;                    /* from below: the first that is heard of this connection */
    uint8_t peer[OMB_PUBLIC_SIZE]; /* as the handshake proved it */
    struct omb_view bytes;         /* until the next call */
};

/* What happened since the start. */
struct omb_link_counts {
    uint64_t received; /* frames */
    uint64_t sent;
    uint64_t refused;   /* handshakes of offices that are not admitted */
    uint64_t revoked;   /* frames of offices that are not admitted any more: dropped */
    uint64_t malformed; /* messages that are not one frame, or of a routing id not ours: dropped */
    uint64_t no_room;   /* frames dropped because the peer does not read */
    uint64_t no_peer;   /* frames dropped because the connection has ended */
    uint64_t endless;   /* connections ended: more came over them than was read */
    uint64_t silent;    /* connections of strangers ended: there were too many */
    uint64_t forgotten; /* connections from below that gave way to new ones */
};

enum omb_rc omb_linknet_open(const struct omb_linknet_setup *setup, struct omb_linknet **out,
                             struct omb_error *err) OMB_MUST_USE;
void omb_linknet_close(struct omb_linknet *linknet); /* NULL is fine */

/* Replaces the table of offices below that may connect; returns whether it is another. */
bool omb_linknet_admit(struct omb_linknet *linknet, const uint8_t (*keys)[OMB_PUBLIC_SIZE],
                       size_t count);
/* Where the offices below reach this one, e.g. with the port that was picked. "" when nowhere. */
const char *omb_linknet_endpoint(const struct omb_linknet *linknet);
/* The door of the listener, as omb_net_self_test. OMB_OK as well when there is none. */
enum omb_rc omb_linknet_self_test(struct omb_linknet *linknet, int64_t deadline_ms,
                                  struct omb_error *err) OMB_MUST_USE;

/* The next thing that came, each peer having its turn; false: nothing waits. */
bool omb_linknet_next(struct omb_linknet *linknet, struct omb_link_news *out);
/* Sends without blocking, or drops and counts. */
void omb_linknet_send(struct omb_linknet *linknet, uint64_t link, bool dialled,
                      struct omb_view bytes);
/*
 * Dials the parent, hanging up before; what was hung up is told no more. Whether it is reached is
 * told by omb_linknet_next, also when the address is none.
 */
uint64_t omb_linknet_call(struct omb_linknet *linknet, struct omb_view address,
                          const uint8_t server_key[OMB_PUBLIC_SIZE]);
/* Returns whether there was anything to hang up. */
bool omb_linknet_hang_up(struct omb_linknet *linknet);

struct omb_link_counts omb_linknet_counts(const struct omb_linknet *linknet);

#define OMB_LINK_POLLS 3
/* What to wait for, at most OMB_LINK_POLLS; returns how many. */
size_t omb_linknet_polls(const struct omb_linknet *linknet, zmq_pollitem_t *out);
/* In how many ms there is news without any of these; -1: never. */
int64_t omb_linknet_rest_ms(const struct omb_linknet *linknet);

#endif
