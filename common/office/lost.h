/*
 * What this office wrote and lost to a fork, and whether it was written again. A row stands for
 * each such record, from the batch in which it goes aside (receive_follow.c) until `office renew`
 * has written it again, or has left it and said why (desk/renew.c). Only the office itself knows:
 * what stands in the place of a lost record does not name it. So it tells the offices above in its
 * health, and they say no more than it told.
 */
#ifndef OMB_OFFICE_LOST_H
#define OMB_OFFICE_LOST_H

#include "office/corridor.h"
#include "wire/link.h"

#define OMB_FORKS_TOLD 64 /* of the own log, the newest */

/* The record lost. One that was written again before stays so. */
enum omb_rc omb_lost_put(struct omb_step *step, const struct omb_incarnation *incarnation,
                         uint64_t seq, const struct omb_digest *record,
                         struct omb_error *err) OMB_MUST_USE;
/* It stands after all, was written again, or was left. */
void omb_lost_drop(struct omb_step *step, const struct omb_incarnation *incarnation, uint64_t seq,
                   const struct omb_digest *record);

/*
 * Whether nothing is left to be done for a fork of the own log: the log has gone on in another
 * life, and nothing waits of what lost from that place on.
 */
enum omb_rc omb_lost_is_renewed(struct omb_step *step, const struct omb_incarnation *incarnation,
                                uint64_t seq, bool *out, struct omb_error *err) OMB_MUST_USE;
/* The forks of the own log that are decided here, the newest first; in the step's arena. */
enum omb_rc omb_lost_forks(struct omb_step *step, struct omb_fork_health_list *out,
                           struct omb_error *err) OMB_MUST_USE;

#endif
