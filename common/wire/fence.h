/*
 * The fence: bytes from outside are walked by their descriptor before protobuf-c sees them.
 * Messages nest to OMB_DEPTH_MAX, lists have at most OMB_REPEATED_MAX items, fields ascend and none
 * comes twice, wire types are those that were declared (repeated numbers packed), varints are
 * minimal, values obey their kind. A field written out though it is empty or zero is let through.
 * For this folder alone.
 */
#ifndef OMB_WIRE_FENCE_H
#define OMB_WIRE_FENCE_H

#include "wire/bridge.h"

/*
 * tolerant: unknown fields are skipped anywhere. out_odd NULL: strict everywhere; otherwise what is
 * odd inside a Facts message sets *out_odd instead of being refused, as long as it can be walked
 * within the limits. OMB_INVALID or OMB_LIMIT with the path of the field.
 */
enum omb_rc omb_fence_check(const struct omb_bridge *bridge, struct omb_view bytes, bool tolerant,
                            bool *out_odd, struct omb_error *err) OMB_MUST_USE;

/* Appends the bytes without their odd fields, after a check that found some. */
void omb_fence_clean(const struct omb_bridge *bridge, struct omb_view bytes, struct omb_buf *out);

/*
 * The first field of this number and of 1 to `most` bytes at the top of a message that need not
 * pass the fence; empty when there is none before the bytes stop being fields.
 */
struct omb_view omb_fence_peek(struct omb_view bytes, uint32_t number, size_t most);

#endif
