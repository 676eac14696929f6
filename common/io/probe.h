/*
 * A knock with a key that nobody knows: the proof that a door is locked. Internal to io/.
 */
#ifndef OMB_IO_PROBE_H
#define OMB_IO_PROBE_H

#include "crypto/crypto.h"

/*
 * Connects a socket of this type to the endpoint with a key made for this one call. OMB_OK: refused
 * at the handshake, as it must be. OMB_REFUSED: it was let in. OMB_UNREACHABLE: neither was seen
 * before the deadline (of omb_clock_monotonic_ms).
 */
enum omb_rc omb_probe(void *context, const char *endpoint, int type,
                      const uint8_t server_key[OMB_PUBLIC_SIZE], int64_t deadline_ms,
                      struct omb_error *err) OMB_MUST_USE;

#endif
