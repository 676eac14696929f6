/*
 * Unpacking: one copy of the bytes, which the views of the message point into, and one walk over
 * them that judges every field (fence.c) and stores it (take.c), all within a budget.
 */
#include "wire/fence.h"
#include "wire/limits.h"

static enum omb_rc decode(const struct omb_shape *shape, struct omb_view bytes, bool tolerant,
                          struct omb_arena *arena, void *out_message, bool *out_odd,
                          struct omb_error *err)
{
    struct omb_taking taking = {.arena = arena};
    uint8_t *copy;
    void *message;
    enum omb_rc rc;

    if (bytes.size > OMB_REPLY_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the message is larger than any may be");
    taking.budget = OMB_DECODE_FLOOR + bytes.size * OMB_DECODE_FACTOR;
    message = omb_arena_try(arena, shape->size);
    copy = omb_arena_try(arena, bytes.size);
    if (!message || !copy)
        return omb_fail(err, OMB_LIMIT, NULL, "the message takes too much memory when unpacked");
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    rc = omb_fence_pass(omb_bridge_of(shape), omb_view(copy, bytes.size), tolerant, &taking,
                        message, out_odd, err);
    if (rc == OMB_OK && shape->size > 0)
        memcpy(out_message, message, shape->size);
    return rc;
}

enum omb_rc omb_shape_decode(const struct omb_shape *shape, struct omb_view bytes,
                             struct omb_arena *arena, void *out_message, bool *out_odd,
                             struct omb_error *err)
{
    return decode(shape, bytes, false, arena, out_message, out_odd, err);
}

enum omb_rc omb_shape_decode_tolerant(const struct omb_shape *shape, struct omb_view bytes,
                                      struct omb_arena *arena, void *out_message,
                                      struct omb_error *err)
{
    return decode(shape, bytes, true, arena, out_message, NULL, err);
}
