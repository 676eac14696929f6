#include "wire/shape.h"

#include "base/assert.h"
#include "wire/bridge.h"

const struct omb_shape_field *omb_shape_field(const struct omb_shape *shape, struct omb_view name)
{
    for (size_t i = 0; i < shape->field_count; i++)
        if (omb_view_is(name, shape->fields[i].name))
            return &shape->fields[i];
    return NULL;
}

const struct omb_alternative *omb_shape_alternative(const struct omb_shape *shape, uint32_t tag)
{
    for (size_t i = 0; i < shape->alternative_count; i++)
        if (shape->alternatives[i].tag == tag)
            return &shape->alternatives[i];
    return NULL;
}

const struct omb_alternative *omb_shape_alternative_named(const struct omb_shape *shape,
                                                          struct omb_view name)
{
    for (size_t i = 0; i < shape->alternative_count; i++)
        if (omb_view_is(name, shape->alternatives[i].name))
            return &shape->alternatives[i];
    return NULL;
}

const void *omb_shape_at(const struct omb_shape_field *field, const void *message)
{
    return (const uint8_t *)message + field->offset;
}

static bool is_zero(const void *at, size_t size)
{
    const uint8_t *bytes = at;

    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

bool omb_shape_is_empty(const struct omb_shape_field *field, const void *message)
{
    const void *at = omb_shape_at(field, message);

    switch (omb_kinds[field->kind].form) {
    case OMB_FORM_TEXT:
    case OMB_FORM_BYTES:
        return ((const struct omb_view *)at)->size == 0;
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_MANY:
        return omb_list_at(at).count == 0;
    case OMB_FORM_NUMBER:
    case OMB_FORM_FLAG:
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
        return is_zero(at, omb_kinds[field->kind].size);
    case OMB_FORM_ONE:
        return omb_pointer_at(at) == NULL;
    case OMB_FORM_ANY:
        return ((const struct omb_any *)at)->tag == 0;
    }
    return true;
}

/* --- copying: the struct first, then everything it points to is moved over --- */

static void copy_within(const struct omb_shape *shape, void *message, struct omb_arena *arena);

static void *copy_items(const void *items, size_t count, size_t size, struct omb_arena *arena)
{
    void *out = omb_arena_get(arena, count * size);

    if (count * size > 0)
        memcpy(out, items, count * size);
    return out;
}

static void copy_list(const struct omb_shape_field *field, void *at, struct omb_arena *arena)
{
    const struct omb_kind_traits *traits = &omb_kinds[field->kind];
    struct omb_any_list list = omb_list_at(at);
    size_t size = traits->form == OMB_FORM_MANY ? field->sub->size : traits->size;
    uint8_t *items;

    if (list.count == 0)
        return;
    if (traits->form == OMB_FORM_TEXTS || traits->form == OMB_FORM_BLOBS)
        size = sizeof(struct omb_view);
    items = copy_items(list.items, list.count, size, arena);
    for (size_t i = 0; i < list.count; i++) {
        struct omb_view *view = (struct omb_view *)(void *)(items + i * size);

        if (traits->form == OMB_FORM_MANY)
            copy_within(field->sub, items + i * size, arena);
        else if (traits->form == OMB_FORM_TEXTS || traits->form == OMB_FORM_BLOBS)
            *view = omb_arena_copy(arena, *view);
    }
    omb_put_list(at, items, list.count);
}

static void copy_any(const struct omb_shape *shape, struct omb_any *any, struct omb_arena *arena)
{
    const struct omb_alternative *alternative;

    if (any->tag == 0 || !any->value)
        return;
    alternative = omb_shape_alternative(shape, any->tag);
    OMB_ASSERT(alternative != NULL);
    any->value = omb_shape_copy(alternative->shape, any->value, arena);
}

static void copy_field(const struct omb_shape *shape, const struct omb_shape_field *field, void *at,
                       struct omb_arena *arena)
{
    struct omb_view *view = at;

    switch (omb_kinds[field->kind].form) {
    case OMB_FORM_TEXT:
    case OMB_FORM_BYTES:
        *view = omb_arena_copy(arena, *view);
        return;
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_MANY:
        copy_list(field, at, arena);
        return;
    case OMB_FORM_ONE:
        if (omb_pointer_at(at))
            omb_put_pointer(at, omb_shape_copy(field->sub, omb_pointer_at(at), arena));
        return;
    case OMB_FORM_ANY:
        copy_any(shape, at, arena);
        return;
    case OMB_FORM_NUMBER:
    case OMB_FORM_FLAG:
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
        return;
    }
}

static void copy_within(const struct omb_shape *shape, void *message, struct omb_arena *arena)
{
    for (size_t i = 0; i < shape->field_count; i++)
        copy_field(shape, &shape->fields[i], (uint8_t *)message + shape->fields[i].offset, arena);
}

void *omb_shape_copy(const struct omb_shape *shape, const void *message, struct omb_arena *arena)
{
    void *out = copy_items(message, 1, shape->size, arena);

    copy_within(shape, out, arena);
    return out;
}
