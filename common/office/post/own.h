/*
 * An office's own log as its parent holds it. A store that was put back would write a place of its
 * log anew; so a log goes on in the life that it had before a start only when a parent confirms its
 * head, and a parent that may have been put back at the same time confirms none.
 */
#ifndef OMB_OFFICE_POST_OWN_H
#define OMB_OFFICE_POST_OWN_H

#include "office/post/inside.h"

/*
 * What the parent's Welcome says of this office's log: whether the store lost some of it, then the
 * log goes on in another life, and whether the head is confirmed. A parent that says again and
 * again that records are lost is blocked.
 */
enum omb_rc omb_own_welcome(struct omb_step *step, struct omb_link *link,
                            const struct omb_hello *welcome, struct omb_error *err) OMB_MUST_USE;
/*
 * An office above holds the record with that digest: when it is the newest one, no incarnation is
 * due, unless the parent does not confirm (omb_own_confirms), or this office has children.
 */
void omb_own_confirm(struct omb_step *step, const struct omb_incarnation *incarnation, uint64_t seq,
                     const struct omb_digest *digest);
/*
 * Whether a Welcome to that child confirms its head: it greeted this daemon before, and was sure of
 * its log then, which is to say that it was in it already; and all that it told of it is here. What
 * the store held before the daemon's start it may have lost in part, and the child the same part.
 * Asked before the new greeting is taken.
 */
enum omb_rc omb_own_confirms(struct omb_step *step, const struct omb_link *link, bool *out,
                             struct omb_error *err) OMB_MUST_USE;

#endif
