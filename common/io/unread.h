/*
 * What came over TCP connections and is no message yet. libzmq keeps the parts of a message until
 * its last one has come, however many they are, and holds none of them against its limits
 * (measured: of a message that does not end, 200 MiB lie in the process after 1.5 s). So a
 * connection over which more came since its last message than may wait is ended: what was kept of
 * it goes with it. Nor does it bound how many strangers connect and say nothing: above the number
 * that can be meant honestly those that were never heard of are ended. Of sockets in the file
 * system the kernel does not say how much came: a message that does not end fills memory there
 * (measured: 300 MiB of 300). They are of mode 0600, so only the office's own user, who could as
 * well kill it, can do that. Internal to io/.
 */
#ifndef OMB_IO_UNREAD_H
#define OMB_IO_UNREAD_H

#include <zmq.h>

#include "base/error.h"

#define OMB_UNREAD_LOOK_MS 500

struct omb_unread;

/*
 * Watches what a server's socket accepts, from before it binds. `bytes` that may come over a
 * connection before its next message: more than the queue of the socket and its buffer hold.
 */
enum omb_rc omb_unread_open(void *context, void *socket, uint64_t bytes, struct omb_unread **out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_unread_close(struct omb_unread *unread); /* before the socket; NULL is fine */
/* The same where others watch, and say which connection began; all are forgotten at its end. */
struct omb_unread *omb_unread_new(uint64_t bytes);
void omb_unread_begin(struct omb_unread *unread, int fd);
void omb_unread_forget(struct omb_unread *unread);
/* A message was read, of which this is a part: what came before it has been dealt with. */
void omb_unread_heard(struct omb_unread *unread, zmq_msg_t *part);
/* Looks, when it is time. `most`: connections that may stand; 0: any number. */
struct omb_unread_ended {
    size_t endless; /* connections ended for a message that does not end, */
    size_t silent;  /* and because there are too many of which nothing was heard */
};
struct omb_unread_ended omb_unread_look(struct omb_unread *unread, size_t most);
/* In how many ms to look again. */
int64_t omb_unread_rest_ms(const struct omb_unread *unread);

#endif
