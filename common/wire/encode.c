/*
 * Packing: fields in the order of their numbers, what is empty or zero left out, numbers as short
 * as they go. So equal messages give equal bytes, and the same that protobuf-c gives: a unit test
 * asks it.
 */
#include "base/assert.h"
#include "wire/bridge.h"

enum { VARINT_MAX = 10, WIRE_VARINT = 0, WIRE_BYTES = 2 };

static void put_fields(struct omb_buf *out, const struct omb_bridge *bridge, const void *message);

static size_t write_varint(uint8_t *to, uint64_t value)
{
    size_t size = 0;

    for (; value > 0x7f; value >>= 7)
        to[size++] = (uint8_t)(value | 0x80);
    to[size++] = (uint8_t)value;
    return size;
}

static uint64_t tag_of(const struct omb_binding *binding, unsigned type)
{
    return (uint64_t)binding->proto->id << 3 | type;
}

static void put_varint(struct omb_buf *out, uint64_t value)
{
    omb_buf_reserve(out, VARINT_MAX);
    out->size += write_varint(out->data + out->size, value);
}

static void put_bytes(struct omb_buf *out, const struct omb_binding *binding, const void *data,
                      size_t size)
{
    uint8_t *to;

    omb_buf_reserve(out, 2 * VARINT_MAX + size);
    to = out->data + out->size;
    to += write_varint(to, tag_of(binding, WIRE_BYTES));
    to += write_varint(to, size);
    if (size > 0)
        memcpy(to, data, size);
    out->size = (size_t)(to - out->data) + size;
}

/* Contents of a field stand behind their length, which is known when they are there. */
static size_t open_length(struct omb_buf *out)
{
    omb_buf_add_u8(out, 0);
    return out->size;
}

static void close_length(struct omb_buf *out, size_t start)
{
    uint8_t length[VARINT_MAX];
    const size_t size = out->size - start;
    const size_t more = write_varint(length, size) - 1;

    if (more > 0) {
        omb_buf_reserve(out, more);
        memmove(out->data + start + more, out->data + start, size);
        out->size += more;
    }
    memcpy(out->data + start - 1, length, more + 1);
}

static void put_message(struct omb_buf *out, const struct omb_binding *binding, const void *message)
{
    size_t start;

    put_varint(out, tag_of(binding, WIRE_BYTES));
    start = open_length(out);
    if (message)
        put_fields(out, binding->sub, message);
    close_length(out, start);
}

static void put_number(struct omb_buf *out, const struct omb_binding *binding, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(out, tag_of(binding, WIRE_VARINT));
    put_varint(out, value);
}

static uint64_t number_at(const void *from, size_t size)
{
    uint64_t wide;
    uint32_t narrow;

    if (size == sizeof(narrow)) {
        memcpy(&narrow, from, sizeof(narrow));
        return narrow;
    }
    OMB_ASSERT(size == sizeof(wide));
    memcpy(&wide, from, sizeof(wide)); /* what is negative takes ten bytes */
    return wide;
}

static void put_numbers(struct omb_buf *out, const struct omb_binding *binding,
                        const int64_t *items, size_t count)
{
    size_t start;

    if (count == 0)
        return;
    put_varint(out, tag_of(binding, WIRE_BYTES));
    start = open_length(out);
    for (size_t i = 0; i < count; i++)
        put_varint(out, (uint64_t)items[i]);
    close_length(out, start);
}

static void put_views(struct omb_buf *out, const struct omb_binding *binding,
                      const struct omb_view *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_bytes(out, binding, items[i].data, items[i].size);
}

static void put_messages(struct omb_buf *out, const struct omb_binding *binding,
                         const uint8_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_message(out, binding, items + i * binding->sub->shape->size);
}

static void put_any(struct omb_buf *out, const struct omb_bridge *bridge,
                    const struct omb_binding *first, const struct omb_any *any)
{
    const struct omb_binding *binding;

    if (any->tag == 0)
        return;
    binding = omb_bridge_find(bridge, any->tag, first);
    OMB_ASSERT(binding && binding->field == first->field);
    put_message(out, binding, any->value);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    static const uint8_t zero[OMB_DIGEST_SIZE];

    return memcmp(bytes, zero, size) == 0;
}

static void put_field(struct omb_buf *out, const struct omb_bridge *bridge,
                      const struct omb_binding *binding, const void *from)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];
    const struct omb_view *view = from;
    struct omb_any_list list;

    switch (traits->form) {
    case OMB_FORM_TEXT:
    case OMB_FORM_BYTES:
        if (view->size > 0)
            put_bytes(out, binding, view->data, view->size);
        return;
    case OMB_FORM_NUMBER:
        put_number(out, binding, number_at(from, traits->size));
        return;
    case OMB_FORM_FLAG:
        put_number(out, binding, *(const bool *)from);
        return;
    case OMB_FORM_FIXED:
        if (!is_zero(from, traits->size))
            put_bytes(out, binding, from, traits->size);
        return;
    case OMB_FORM_FIXED0:
        put_bytes(out, binding, from, traits->size);
        return;
    case OMB_FORM_ONE:
        if (omb_pointer_at(from))
            put_message(out, binding, omb_pointer_at(from));
        return;
    case OMB_FORM_ANY:
        put_any(out, bridge, binding, from);
        return;
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
        list = omb_list_at(from);
        put_views(out, binding, list.items, list.count);
        return;
    case OMB_FORM_NUMBERS:
        list = omb_list_at(from);
        put_numbers(out, binding, list.items, list.count);
        return;
    case OMB_FORM_FIXEDS:
        list = omb_list_at(from);
        for (size_t i = 0; i < list.count; i++)
            put_bytes(out, binding, (const uint8_t *)list.items + i * traits->size, traits->size);
        return;
    case OMB_FORM_MANY:
        list = omb_list_at(from);
        put_messages(out, binding, list.items, list.count);
        return;
    }
}

static void put_fields(struct omb_buf *out, const struct omb_bridge *bridge, const void *message)
{
    const struct omb_shape *shape = bridge->shape;

    for (size_t i = 0; i < shape->field_count; i++)
        put_field(out, bridge, bridge->by_field[i], omb_shape_at(&shape->fields[i], message));
}

void omb_shape_encode(const struct omb_shape *shape, const void *message, struct omb_buf *out)
{
    put_fields(out, omb_bridge_of(shape), message);
}
