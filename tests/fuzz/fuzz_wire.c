/*
 * Can bytes from outside hurt the decoders? The first byte picks the message, the rest is it. What
 * is decoded strictly must survive being packed and decoded again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/shapes.h"

#include "fuzz.h"

static const struct omb_shape *const outside[] = {
    &omb_shape_record,  &omb_shape_header, &omb_shape_certificate,        &omb_shape_frame,
    &omb_shape_request, &omb_shape_reply,  &omb_shape_signed_certificate, &omb_shape_body,
    &omb_shape_grants,  &omb_shape_extract};

static void again(const struct omb_shape *shape, const void *message, struct omb_arena *arena)
{
    struct omb_buf once = OMB_BUF_INIT, twice = OMB_BUF_INIT;
    void *second = omb_arena_get(arena, shape->size);
    struct omb_error err;
    enum omb_rc rc;

    OMB_ASSERT(omb_shape_check(shape, message, &err) == OMB_OK);
    omb_shape_encode(shape, message, &once);
    rc = omb_shape_decode(shape, omb_buf_view(&once), arena, second, NULL, &err);
    /* Without what was written out though empty, the bytes may be too few for their memory. */
    OMB_ASSERT(rc == OMB_OK || rc == OMB_LIMIT);
    if (rc == OMB_OK) {
        omb_shape_encode(shape, second, &twice);
        OMB_ASSERT(omb_view_equal(omb_buf_view(&once), omb_buf_view(&twice)));
    }
    omb_buf_free(&once);
    omb_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct omb_shape *shape;
    struct omb_arena arena;
    struct omb_header header;
    struct omb_error err = {0};
    struct omb_view bytes;
    enum omb_rc rc;
    void *message;
    bool odd;

    omb_wire_init();
    if (size == 0)
        return 0;
    shape = outside[data[0] % (sizeof(outside) / sizeof(outside[0]))];
    bytes = omb_view(data + 1, size - 1);
    omb_arena_init(&arena, SIZE_MAX / 2);
    message = omb_arena_get(&arena, shape->size);
    rc = omb_shape_decode(shape, bytes, &arena, message, NULL, &err);
    OMB_ASSERT((rc == OMB_OK) == (err.words[0] == '\0'));
    if (rc == OMB_OK)
        again(shape, message, &arena);
    if (shape == &omb_shape_header)
        (void)!omb_header_decode(bytes, &arena, &header, &odd, &err);
    if (shape == &omb_shape_record && rc == OMB_OK)
        (void)!omb_record_check_sizes(message, &err);
    if (shape == &omb_shape_reply)
        (void)!omb_shape_decode_tolerant(shape, bytes, &arena, message, &err);
    omb_arena_free(&arena);
    return 0;
}
