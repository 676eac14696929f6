/*
 * What came over TCP connections and was not read yet. How many messages wait in a socket is not
 * bounded by libzmq (io/socket.c says why), and the parts of a message it keeps until its last one
 * has come, however many they are (measured: of a message that does not end, 200 MiB lie in the
 * process after 1.5 s). So a connection over which more came than was read, by more than may wait,
 * is ended: what was kept of it goes with it, or is read and counts for nothing. A thread of its
 * own looks, since the one that reads may be held up, by a disk say, just then. Nor does libzmq
 * bound how many connections stand: above the number that can be meant honestly those of strangers
 * are ended, the oldest first, since the newest may be honest and in its handshake. Of sockets in
 * the file system the kernel does not say how much came: a message that does not end fills memory
 * there (measured: 300 MiB of 300). They are of mode 0600, so only the office's own user, who could
 * as well kill it, can do that. Internal to io/.
 */
#ifndef OMB_IO_UNREAD_H
#define OMB_IO_UNREAD_H

#include <zmq.h>

#include "base/error.h"

#define OMB_UNREAD_LOOK_MS 500

/* --- who looks --- */

struct omb_unread_watch;

/* A thread that looks at all that it is given, every OMB_UNREAD_LOOK_MS. */
enum omb_rc omb_unread_watch_start(struct omb_unread_watch **out,
                                   struct omb_error *err) OMB_MUST_USE;
void omb_unread_watch_end(struct omb_unread_watch *watch); /* when it has nothing; NULL is fine */

/* --- what is looked at --- */

struct omb_unread;

/*
 * Watches what a server's socket accepts, from before it binds. `bytes` that may wait of one
 * connection: more than an honest peer ever sends ahead, and than its largest message; `all_bytes`
 * of all together, since a key may have many connections. `watch`, which is lent: NULL, when only
 * who asks looks.
 */
enum omb_rc omb_unread_open(struct omb_unread_watch *watch, void *context, void *socket,
                            uint64_t bytes, uint64_t all_bytes, struct omb_unread **out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_unread_close(struct omb_unread *unread); /* before the socket; NULL is fine */
/* The same where others watch, and say which connection began; all are forgotten at its end. */
struct omb_unread *omb_unread_new(struct omb_unread_watch *watch, uint64_t bytes,
                                  uint64_t all_bytes);
void omb_unread_begin(struct omb_unread *unread, int fd);
void omb_unread_forget(struct omb_unread *unread);
enum omb_strangers {
    OMB_STRANGERS_SILENT, /* not heard of yet, for as long as a handshake may take */
    OMB_STRANGERS_UNKEPT, /* not kept for a link, see below: where an honest peer speaks first */
};
/* How many connections may stand; 0, as at first: any number. Above it strangers are ended. */
void omb_unread_expect(struct omb_unread *unread, size_t most, enum omb_strangers strangers);
/* A message was read, of which this is the last part; returns its descriptor, -1: it has none. */
int omb_unread_heard(struct omb_unread *unread, zmq_msg_t *part);
/* No message waits: of those that were heard since the last look nothing does. */
void omb_unread_drained(struct omb_unread *unread);

/*
 * The connection over which the first message of a link came is kept for it, under a name that is
 * never used again, until it is hung up or, since it is gone, dropped. Had it ended by then, its
 * number may be another's, which is taken for it: the first message of that one puts it right.
 */
void omb_unread_keep(struct omb_unread *unread, int fd, uint64_t name);
void omb_unread_drop(struct omb_unread *unread, uint64_t name);
void omb_unread_hang_up(struct omb_unread *unread, uint64_t name);

/* Looks now. */
void omb_unread_look(struct omb_unread *unread);
/* What was ended since this was asked last. */
struct omb_unread_ended {
    size_t endless; /* connections ended for more than may wait, */
    size_t silent;  /* and those of strangers because there are too many */
};
struct omb_unread_ended omb_unread_ended(struct omb_unread *unread);

#endif
