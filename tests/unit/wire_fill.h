/*
 * Fills a message of any shape with values that differ from field to field, by the tables alone.
 * For the tests of wire.
 */
#ifndef OMB_TESTS_WIRE_FILL_H
#define OMB_TESTS_WIRE_FILL_H

#include <stdio.h>
#include <string.h>

#include "wire/limits.h"
#include "wire/shape.h"

struct filler {
    struct omb_arena *arena;
    unsigned next;   /* the next value */
    unsigned choice; /* which alternative a oneof takes */
    unsigned depth;
};

/* Bytes of a field whose value is a number or a struct of bytes; 0 for all others. */
static inline size_t plain_size(enum omb_kind kind)
{
    static const size_t sizes[] = {
        [OMB_KIND_u32] = 4,      [OMB_KIND_u64] = 8,   [OMB_KIND_i64] = 8,
        [OMB_KIND_when] = 8,     [OMB_KIND_flag] = 1,  [OMB_KIND_id] = 16,
        [OMB_KIND_keyid] = 16,   [OMB_KIND_life] = 12, [OMB_KIND_digest] = 32,
        [OMB_KIND_digest0] = 32, [OMB_KIND_any] = 0,
    };

    return sizes[kind];
}

static inline bool is_views(enum omb_kind kind)
{
    return kind == OMB_KIND_codes || kind == OMB_KIND_lines || kind == OMB_KIND_blobs;
}

static inline size_t listed_size(const struct omb_shape_field *field)
{
    if (is_views(field->kind))
        return sizeof(struct omb_view);
    if (field->kind == OMB_KIND_i64s)
        return sizeof(int64_t);
    if (field->kind == OMB_KIND_digests)
        return sizeof(struct omb_digest);
    return field->kind == OMB_KIND_many ? field->sub->size : 0;
}

static inline void fill(struct filler *filler, const struct omb_shape *shape, void *message);

static inline struct omb_view fill_text(struct filler *filler, enum omb_kind kind)
{
    const char *form = kind == OMB_KIND_text || kind == OMB_KIND_policy_text ? "value %u,\n\t\u044f"
                       : kind == OMB_KIND_line || kind == OMB_KIND_lines     ? "Value %u, \u044f"
                                                                             : "value-%u";

    return omb_arena_printf(filler->arena, form, filler->next++);
}

static inline void fill_plain(struct filler *filler, enum omb_kind kind, uint8_t *at)
{
    size_t size = plain_size(kind);
    unsigned value = filler->next++;

    if (kind == OMB_KIND_flag) {
        *(bool *)(void *)at = true;
    } else if (size == 4) {
        uint32_t number = UINT32_MAX - value;

        memcpy(at, &number, 4);
    } else if (size == 8) {
        int64_t number = (value % 2 ? -1 : 1) * (INT64_C(1000000000000) + value);

        memcpy(at, &number, 8);
    } else {
        memset(at, 0xa5, size);
        memcpy(at + 3, &value, sizeof(value));
    }
}

static inline void fill_list(struct filler *filler, const struct omb_shape_field *field, void *at)
{
    size_t size = listed_size(field);
    struct omb_any_list list = {NULL, 2};
    uint8_t *items;

    if (field->kind == OMB_KIND_many && filler->depth >= OMB_DEPTH_MAX)
        return;
    items = omb_arena_get(filler->arena, 2 * size + 1);
    for (size_t i = 0; i < 2; i++) {
        struct omb_view text = {0};

        if (is_views(field->kind)) {
            text = fill_text(filler, field->kind);
            memcpy(items + i * size, &text, sizeof(text));
        } else if (field->kind == OMB_KIND_many) {
            fill(filler, field->sub, items + i * size);
        } else {
            fill_plain(filler, field->kind == OMB_KIND_i64s ? OMB_KIND_i64 : OMB_KIND_digest,
                       items + i * size);
        }
    }
    list.items = items;
    memcpy(at, &list, sizeof(list));
}

static inline const void *fill_sub(struct filler *filler, const struct omb_shape *shape)
{
    void *message = NULL;

    if (filler->depth < OMB_DEPTH_MAX) {
        message = omb_arena_get(filler->arena, shape->size);
        fill(filler, shape, message);
    }
    return message;
}

static inline void fill_field(struct filler *filler, const struct omb_shape *shape,
                              const struct omb_shape_field *field, uint8_t *at)
{
    if (plain_size(field->kind) > 0) {
        fill_plain(filler, field->kind, at);
    } else if (listed_size(field) > 0 || field->kind == OMB_KIND_many) {
        fill_list(filler, field, at);
    } else if (field->kind == OMB_KIND_one) {
        const void *sub = fill_sub(filler, field->sub);

        memcpy(at, &sub, sizeof(sub));
    } else if (field->kind == OMB_KIND_any) {
        const struct omb_alternative *chosen =
            &shape->alternatives[filler->choice % shape->alternative_count];
        struct omb_any any = {chosen->tag, fill_sub(filler, chosen->shape)};

        if (any.value)
            memcpy(at, &any, sizeof(any));
    } else {
        struct omb_view text = fill_text(filler, field->kind);

        memcpy(at, &text, sizeof(text));
    }
}

static inline void fill(struct filler *filler, const struct omb_shape *shape, void *message)
{
    filler->depth++;
    for (size_t i = 0; i < shape->field_count; i++)
        fill_field(filler, shape, &shape->fields[i], (uint8_t *)message + shape->fields[i].offset);
    filler->depth--;
}

#endif
