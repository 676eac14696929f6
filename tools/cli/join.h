/*
 * Joining: an office that has keys and a bundle from the office above becomes one with a store.
 * Everything is checked before anything is written.
 */
#ifndef OMB_CLI_JOIN_H
#define OMB_CLI_JOIN_H

#include "io/officedir.h"
#include "ledger/enrol.h"

/* What stands in keys/request.conf from `office init` until the office has joined. */
struct omb_wished {
    char name[513];
    char kind[97];
    /* of an office that is rebuilt: its certificate so far, the number of its log's newest life */
    struct omb_digest previous;
    uint32_t life;
};
/* OMB_NOT_FOUND: the office has joined. */
enum omb_rc omb_join_wished(const char *dir, struct omb_wished *out,
                            struct omb_error *err) OMB_MUST_USE;

/* Writes it for an office that is rebuilt: it is certified anew, under a new signing key. */
enum omb_rc omb_join_wish_again(const char *dir, const struct omb_wished *wished,
                                struct omb_error *err) OMB_MUST_USE;

/*
 * An office without a certificate says in ombud.conf where those below call it, or listens nowhere
 * or at one address: later it would be in their bundles.
 */
enum omb_rc omb_join_check_advertise(const struct omb_config *config,
                                     struct omb_error *err) OMB_MUST_USE;

/* Whether there is an office in the store already; its first certificate is taken else. */
enum omb_rc omb_join_is_first(const char *dir, bool *out, struct omb_error *err) OMB_MUST_USE;

/*
 * Checks the bundle against the office's configuration and keys, pins anchor and recovery key, says
 * the parent's addresses in ombud.conf and makes the store. After a failure nothing has changed.
 */
enum omb_rc omb_join_first(const char *dir, const struct omb_known_bundle *bundle,
                           struct omb_error *err) OMB_MUST_USE;

/* Says the parent's addresses in ombud.conf; *out_changed: others stood there. */
enum omb_rc omb_join_parent(const char *dir, const struct omb_known_bundle *bundle,
                            bool *out_changed, struct omb_error *err) OMB_MUST_USE;

#endif
