/*
 * The fence: bytes from outside are walked by their descriptor, and what passes becomes a message.
 * Messages nest to OMB_DEPTH_MAX, lists have at most OMB_REPEATED_MAX items, fields ascend and none
 * comes twice, wire types are those that were declared (repeated numbers packed), varints are
 * minimal, values obey their kind. A field written out though it is empty or zero is let through.
 * For this folder alone.
 */
#ifndef OMB_WIRE_FENCE_H
#define OMB_WIRE_FENCE_H

#include "wire/take.h"

/*
 * `message` is empty, and its content means nothing after an error. tolerant: unknown fields are
 * skipped anywhere. out_odd NULL: strict everywhere; otherwise what is odd inside a Facts message
 * is left out and sets *out_odd instead of being refused, as long as it can be walked within the
 * limits. OMB_INVALID or OMB_LIMIT with the path of the field.
 */
enum omb_rc omb_fence_pass(const struct omb_bridge *bridge, struct omb_view bytes, bool tolerant,
                           struct omb_taking *taking, void *message, bool *out_odd,
                           struct omb_error *err) OMB_MUST_USE;

#endif
