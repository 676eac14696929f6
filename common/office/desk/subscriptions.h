/*
 * Named subscriptions (design: replication, Subscriptions): the place in the journal from which a
 * client goes on that has nowhere to keep it itself.
 */
#ifndef OMB_OFFICE_DESK_SUBSCRIPTIONS_H
#define OMB_OFFICE_DESK_SUBSCRIPTIONS_H

#include "office/desk/read.h"

/*
 * Where the subscription stands; 0 when nothing was confirmed under that name. OMB_REFUSED: it
 * follows other topics, or this store has not come as far.
 */
enum omb_rc omb_desk_subscription(struct omb_step *step, struct omb_view name,
                                  const struct omb_views *topics, uint64_t *out,
                                  struct omb_error *err) OMB_MUST_USE;

/* Topics that can be followed (desk/changes.c); OMB_UNKNOWN_CODE names the nearest. */
enum omb_rc omb_desk_check_topics(const struct omb_step *step, const struct omb_views *topics,
                                  struct omb_error *err) OMB_MUST_USE;

#endif
