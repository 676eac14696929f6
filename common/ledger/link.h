/*
 * A link's bookkeeping without the link: its states, when to dial again, and credit (design:
 * replication, Links). Pure; who uses it is office/post.
 *
 *              dialled        stands        welcomed          all that waited is acknowledged
 *     down -> connecting -> greeting -> catching-up -> live
 *       \________ greeting (the parent, on a Hello) ^      |    a comparison, a new life
 *        ^                          ^_______________|______|
 *        |_____________ from any, when the line ends
 *     blocked(reason)   from any; back to down, and greeting again
 */
#ifndef OMB_LEDGER_LINK_H
#define OMB_LEDGER_LINK_H

#include "base/moves.h"
#include "crypto/crypto.h"

enum omb_link_state {
    OMB_LINK_DOWN, OMB_LINK_CONNECTING, OMB_LINK_GREETING, OMB_LINK_CATCHING_UP, OMB_LINK_LIVE,
    OMB_LINK_BLOCKED, OMB_LINK_STATES,
};

/* "down", "connecting", ...; never NULL. */
const char *omb_link_state_name(unsigned state);
/* The one mover: asserts that the table allows it. */
void omb_link_move(unsigned *state, unsigned to);
bool omb_link_may_move(unsigned from, unsigned to);

/* --- when to dial again --- */

#define OMB_BACKOFF_BASE_MS 500
#define OMB_BACKOFF_CAP_MS 15000
#define OMB_BACKOFF_STABLE_MS 60000 /* a link that stood so long begins anew */
#define OMB_BLOCKED_MS 60000        /* a peer that did wrong may greet again after it */

/*
 * Decorrelated jitter (Brooker, "Exponential backoff and jitter"): each wait is drawn between the
 * base and three times the one before, so that offices which lost their line together come back
 * spread out.
 */
struct omb_backoff {
    int64_t wait_ms; /* the last one; 0: none yet */
};
int64_t omb_backoff_next(struct omb_backoff *backoff, struct omb_drbg *drbg);
/*
 * The wait of a link that is blocked: as long, and up to half as long again, so that children whom
 * one parent refused together do not come back together.
 */
int64_t omb_backoff_blocked(struct omb_drbg *drbg);
/* The link ended after it had stood that long. */
void omb_backoff_ended(struct omb_backoff *backoff, int64_t stood_ms);

/* --- credit --- */

/*
 * One account of a window in bytes, kept alike by both ends. A frame may go while the balance is
 * above zero, whatever its size, so a record larger than the window passes; the balance may end
 * below zero by that one frame.
 */
struct omb_window {
    int64_t balance;
};
#define OMB_CREDIT_MAX (INT64_C(1) << 40) /* what is granted beyond is not counted */
void omb_credit_grant(struct omb_window *credit, uint64_t bytes);
bool omb_credit_left(const struct omb_window *credit);
/* The sender's and the receiver's entry for one frame. false: no credit was left, it is a flood. */
bool omb_credit_use(struct omb_window *credit, size_t bytes) OMB_MUST_USE;

#endif
