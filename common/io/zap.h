/*
 * Who may connect: the handler of ZAP (ZeroMQ's RFC 27), a thread that answers every handshake from
 * tables of admitted CURVE keys, one for each door. It vouches for the key as the connection's
 * User-Id, in hex.
 *
 * libzmq lets everybody in where no handler is bound, so this one is bound before any endpoint is,
 * and omb_net_self_test shows that it works. It judges handshakes only: rights are checked with
 * each message. Internal to io/.
 */
#ifndef OMB_IO_ZAP_H
#define OMB_IO_ZAP_H

#include "io/socket.h"

struct omb_zap;

/* Binds the handler in this context and starts it, with nobody admitted. */
enum omb_rc omb_zap_start(void *context, struct omb_zap **out, struct omb_error *err) OMB_MUST_USE;
/* After zmq_ctx_shutdown of the context, which ends the thread. NULL is fine. */
void omb_zap_stop(struct omb_zap *zap);

/* Thread-safe, all three. */
/* Returns whether the table is another than before. */
bool omb_zap_admit(struct omb_zap *zap, enum omb_door door,
                   const uint8_t (*keys)[OMB_PUBLIC_SIZE], size_t count);
bool omb_zap_admits(struct omb_zap *zap, enum omb_door door, const uint8_t key[OMB_PUBLIC_SIZE]);
/* Handshakes refused at that door so far. */
uint64_t omb_zap_refused(struct omb_zap *zap, enum omb_door door);

#endif
