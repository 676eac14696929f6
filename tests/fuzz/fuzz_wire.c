/*
 * Can bytes from outside hurt the decoders? The first byte picks the message, the rest is it. What
 * is decoded strictly must survive being packed and decoded again, and takes no more memory than
 * wire/limits.h allows.
 */
#include "base/assert.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/request.h"
#include "wire/shapes.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

static const struct omb_shape *const outside[] = {
    &omb_shape_record,
    &omb_shape_header,
    &omb_shape_certificate,
    &omb_shape_frame,
    &omb_shape_request,
    &omb_shape_reply,
    &omb_shape_signed_certificate,
    &omb_shape_body,
    &omb_shape_grants,
    &omb_shape_extract,
    &omb_shape_grant_key,
    &omb_shape_escrow_secret,
    &omb_shape_witness_statement,
    &omb_shape_office_request,
    &omb_shape_office_wish,
    &omb_shape_bundle,
    &omb_shape_bundle_content,
    &omb_shape_signed_backup,
    &omb_shape_backup_manifest,
    &omb_shape_sealed_keys,
    &omb_shape_backup_keys,
};

/* Twice, since each piece of memory is rounded up. */
static void check_memory(const struct omb_shape *shape, size_t used, size_t size)
{
    OMB_ASSERT(used <= 2 * (shape->size + size + OMB_DECODE_FLOOR + size * OMB_DECODE_FACTOR));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    const struct omb_shape *shape;
    struct omb_arena arena;
    struct omb_header header;
    struct omb_error err = {0};
    enum omb_rc rc;
    void *message;
    bool odd;

    omb_wire_init();
    if (size == 0)
        return 0;
    shape = outside[fuzz_byte(&bytes) % (sizeof(outside) / sizeof(outside[0]))];
    omb_arena_init(&arena, SIZE_MAX / 2);
    message = omb_arena_get(&arena, shape->size);
    rc = omb_shape_decode(shape, bytes, &arena, message, NULL, &err);
    fuzz_said(rc, &err);
    check_memory(shape, arena.used, size);
    if (rc == OMB_OK) {
        fuzz_inside(shape, message, bytes.size);
        fuzz_again(shape, message, &arena);
    }
    if (shape == &omb_shape_header)
        (void)!omb_header_decode(bytes, &arena, &header, &odd, &err);
    if (shape == &omb_shape_record && rc == OMB_OK)
        (void)!omb_record_check_sizes(message, &err);
    if (shape == &omb_shape_reply)
        (void)!omb_shape_decode_tolerant(shape, bytes, &arena, message, &err);
    omb_arena_free(&arena);
    return 0;
}
