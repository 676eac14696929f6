#include "io/refusal.h"

#include "wire/control.h"
#include "wire/limits.h"

static size_t decode_limit(struct omb_view bytes)
{
    return bytes.size * OMB_DECODE_FACTOR + OMB_DECODE_FLOOR;
}

static void refuse(struct omb_view id, const struct omb_error *why, struct omb_buf *out)
{
    const struct omb_refusal refusal = {.code = omb_view_str(omb_rc_word(why->rc)),
                                        .words = omb_view_str(why->words)};
    const struct omb_reply reply = {.id = id, .error = &refusal};

    omb_encode_reply(&reply, out);
}

void omb_refuse_request(struct omb_view request, const struct omb_error *why, struct omb_buf *out)
{
    struct omb_request message = {0};
    struct omb_arena arena;

    omb_arena_init(&arena, decode_limit(request));
    if (omb_shape_decode_tolerant(&omb_shape_request, request, &arena, &message, NULL) != OMB_OK)
        message.id = OMB_VIEW_NONE;
    refuse(message.id, why, out);
    omb_arena_free(&arena);
}

void omb_refuse_instead(struct omb_view reply, const struct omb_error *why, struct omb_buf *out)
{
    struct omb_reply message = {0};
    struct omb_arena arena;

    omb_arena_init(&arena, decode_limit(reply));
    if (omb_shape_decode_tolerant(&omb_shape_reply, reply, &arena, &message, NULL) != OMB_OK)
        message.id = OMB_VIEW_NONE;
    refuse(message.id, why, out);
    omb_arena_free(&arena);
}
