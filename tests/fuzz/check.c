#define _GNU_SOURCE
#include "fuzz/check.h"

#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "wire/parts.h"

/* Shorter texts stand in sentences of our own. */
enum { TELLING = 9, TELLING_DIGITS = 12 };

/* --- inputs --- */

uint8_t fuzz_byte(struct omb_view *rest)
{
    uint8_t byte = 0;

    if (rest->size > 0) {
        byte = rest->data[0];
        *rest = omb_view(rest->data + 1, rest->size - 1);
    }
    return byte;
}

struct omb_view fuzz_piece(struct omb_view *rest)
{
    size_t size = (size_t)fuzz_byte(rest) << 8;
    struct omb_view piece;

    size |= fuzz_byte(rest);
    piece = omb_view(rest->data, size < rest->size ? size : rest->size);
    *rest = omb_view(rest->data + piece.size, rest->size - piece.size);
    return piece;
}

/* --- messages --- */

void fuzz_again(const struct omb_shape *shape, const void *message, struct omb_arena *arena)
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

typedef void on_view(void *arg, struct omb_view view);

static void each_view(const struct omb_shape *shape, const void *message, on_view *fn, void *arg);

static void each_nested(const struct omb_shape *shape, const struct omb_shape_field *field,
                        const void *at, on_view *fn, void *arg)
{
    if (field->kind == OMB_KIND_one) {
        const void *nested;

        memcpy(&nested, at, sizeof(nested));
        if (nested)
            each_view(field->sub, nested, fn, arg);
    } else if (field->kind == OMB_KIND_many) {
        struct omb_any_list list;

        memcpy(&list, at, sizeof(list));
        for (size_t i = 0; i < list.count; i++)
            each_view(field->sub, (const uint8_t *)list.items + i * field->sub->size, fn, arg);
    } else if (field->kind == OMB_KIND_any) {
        const struct omb_any *any = at;
        const struct omb_alternative *alternative = omb_shape_alternative(shape, any->tag);

        if (alternative && any->value)
            each_view(alternative->shape, any->value, fn, arg);
    }
}

static void each_view(const struct omb_shape *shape, const void *message, on_view *fn, void *arg)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        const void *at = omb_shape_at(field, message);

        if (field->kind <= OMB_KIND_bytes)
            fn(arg, *(const struct omb_view *)at);
        else if (field->kind <= OMB_KIND_blobs)
            for (size_t n = 0; n < ((const struct omb_views *)at)->count; n++)
                fn(arg, ((const struct omb_views *)at)->items[n]);
        else
            each_nested(shape, field, at, fn, arg);
    }
}

struct span {
    const uint8_t *first, *end; /* NULL: no view was there */
};

static void widen(void *arg, struct omb_view view)
{
    struct span *span = arg;

    if (view.size == 0)
        return;
    if (!span->first || view.data < span->first)
        span->first = view.data;
    if (!span->end || view.data + view.size > span->end)
        span->end = view.data + view.size;
}

void fuzz_inside(const struct omb_shape *shape, const void *message, size_t size)
{
    struct span span = {NULL, NULL};

    each_view(shape, message, widen, &span);
    OMB_ASSERT(span.first == span.end || (size_t)(span.end - span.first) <= size);
}

/* --- errors --- */

void fuzz_said(enum omb_rc rc, const struct omb_error *err)
{
    const struct omb_view words = omb_view_str(err->words), field = omb_view_str(err->field);

    if (rc == OMB_OK)
        return;
    OMB_ASSERT(err->rc == rc && words.size > 0);
    OMB_ASSERT(omb_text_utf8(words) && omb_text_utf8(field));
    OMB_ASSERT(!omb_text_has_controls(words) && !omb_text_has_controls(field));
    OMB_ASSERT(!strpbrk(err->words, "\t\r\n") && !strpbrk(err->field, "\t\r\n"));
}

/* A word of small letters may as well be ours. */
static bool is_telling(struct omb_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] < 'a' || text.data[i] > 'z') && !strchr(" ,;-", text.data[i]))
            return text.size >= TELLING;
    return false;
}

void fuzz_untold(const struct omb_error *err, struct omb_view secret)
{
    if (!is_telling(secret))
        return;
    OMB_ASSERT(!memmem(err->words, strlen(err->words), secret.data, secret.size));
    OMB_ASSERT(!memmem(err->field, strlen(err->field), secret.data, secret.size));
}

static void must_be_untold(void *arg, struct omb_view view)
{
    fuzz_untold(arg, view);
}

void fuzz_untold_message(const struct omb_error *err, const struct omb_shape *shape,
                         const void *message)
{
    struct omb_error copy = *err;

    each_view(shape, message, must_be_untold, &copy);
}

static void untold_nested(const struct omb_error *err, const struct omb_shape *shape,
                          const struct omb_shape_field *field, const void *at)
{
    if (field->kind == OMB_KIND_one) {
        const void *nested;

        memcpy(&nested, at, sizeof(nested));
        if (nested)
            fuzz_untold_parts(err, field->sub, nested);
    } else if (field->kind == OMB_KIND_many) {
        struct omb_any_list list;

        memcpy(&list, at, sizeof(list));
        for (size_t i = 0; i < list.count; i++)
            fuzz_untold_parts(err, field->sub, (const uint8_t *)list.items + i * field->sub->size);
    } else if (field->kind == OMB_KIND_any) {
        const struct omb_any *any = at;
        const struct omb_alternative *alternative = omb_shape_alternative(shape, any->tag);

        if (alternative && any->value)
            fuzz_untold_parts(err, alternative->shape, any->value);
    }
}

void fuzz_untold_parts(const struct omb_error *err, const struct omb_shape *shape,
                       const void *message)
{
    if (shape == &omb_shape_body || shape == &omb_shape_extract) {
        fuzz_untold_message(err, shape, message);
        return;
    }
    for (size_t i = 0; i < shape->field_count; i++)
        untold_nested(err, shape, &shape->fields[i], omb_shape_at(&shape->fields[i], message));
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void fuzz_untold_digits(const struct omb_error *err, struct omb_view text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.size; i++) {
        run = is_hex(text.data[i]) ? run + 1 : 0;
        if (run >= TELLING_DIGITS)
            fuzz_untold(err, omb_view(text.data + i + 1 - TELLING_DIGITS, TELLING_DIGITS));
    }
}
