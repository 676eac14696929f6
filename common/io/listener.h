/*
 * The listener: where offices below reach this one. A ROUTER behind a door of its own, whose keys
 * are those of offices, not of operators. Internal to io/: the loop sees io/linknet.h.
 */
#ifndef OMB_IO_LISTENER_H
#define OMB_IO_LISTENER_H

#include "io/linknet.h"

struct omb_listener;

/* setup->listen is not NULL. `counts` is lent. */
enum omb_rc omb_listener_open(const struct omb_linknet_setup *setup, struct omb_link_counts *counts,
                              struct omb_listener **out, struct omb_error *err) OMB_MUST_USE;
void omb_listener_close(struct omb_listener *listener); /* NULL is fine */
/* How many offices are admitted: the table of connections grows with it. */
void omb_listener_expect(struct omb_listener *listener, size_t offices);
const char *omb_listener_endpoint(const struct omb_listener *listener);
enum omb_rc omb_listener_self_test(struct omb_listener *listener, int64_t deadline_ms,
                                   struct omb_error *err) OMB_MUST_USE;
/* The next frame; false: none waits. A new connection takes its name from *newest. */
bool omb_listener_next(struct omb_listener *listener, uint64_t *newest, struct omb_link_news *out);
void omb_listener_send(struct omb_listener *listener, uint64_t link, struct omb_view bytes);
void *omb_listener_socket(const struct omb_listener *listener);

#endif
