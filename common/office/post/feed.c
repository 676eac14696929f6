/*
 * What each child must still get: rows of the family feed.
 */
#include "office/post/feed.h"

enum omb_rc omb_feed_case(struct omb_step *step, const struct omb_casefile *file,
                          struct omb_error *err)
{
    (void)step;
    (void)file;
    (void)err;
    return OMB_OK;
}

enum omb_rc omb_feed_event(struct omb_step *step, const struct omb_header *header,
                           const struct omb_row_at *at, struct omb_error *err)
{
    (void)step;
    (void)header;
    (void)at;
    (void)err;
    return OMB_OK;
}
