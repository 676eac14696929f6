/*
 * The dialler: the one connection that this office makes, to its parent. A DEALER that is new for
 * every attempt, so that nothing of an old connection leaks into the next; when to try is the
 * core's. Internal to io/: the loop sees io/linknet.h.
 *
 *     idle -- call --> calling -- handshake --> stands
 *      ^                  | refused, absent,       | lost
 *      |                  v broken, too late       v
 *      +-- told -------- over <--------------------+        hang up: idle from any, untold
 */
#ifndef OMB_IO_DIALLER_H
#define OMB_IO_DIALLER_H

#include "io/linknet.h"

struct omb_dialler;

/* `counts` is lent, as what the setup points to. */
struct omb_dialler *omb_dialler_new(const struct omb_linknet_setup *setup,
                                    struct omb_link_counts *counts);
void omb_dialler_free(struct omb_dialler *dialler); /* NULL is fine */
void omb_dialler_call(struct omb_dialler *dialler, struct omb_view address,
                      const uint8_t server_key[OMB_PUBLIC_SIZE], uint64_t link);
/* Returns whether there was anything to hang up. */
bool omb_dialler_hang_up(struct omb_dialler *dialler);
bool omb_dialler_next(struct omb_dialler *dialler, struct omb_link_news *out);
void omb_dialler_send(struct omb_dialler *dialler, uint64_t link, struct omb_view bytes);
size_t omb_dialler_polls(const struct omb_dialler *dialler, zmq_pollitem_t *out);
int64_t omb_dialler_rest_ms(const struct omb_dialler *dialler);

#endif
