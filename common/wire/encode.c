/* Packing: our structs are laid over with generated ones, which protobuf-c packs. */
#include "base/assert.h"
#include "wire/bridge.h"
#include "wire/scratch.h"

/* What this program writes is bounded by what it holds. */
enum { BUDGET = 1 << 30 };

static ProtobufCMessage *to_proto(struct omb_scratch *scratch, const struct omb_bridge *bridge,
                                  const void *message);

static void *get(struct omb_scratch *scratch, size_t size)
{
    void *given = omb_scratch_try(scratch, size);

    OMB_ASSERT(given != NULL);
    return given;
}

static char *text(struct omb_scratch *scratch, struct omb_view view)
{
    char *out = get(scratch, view.size + 1);

    if (view.size > 0) {
        /* protobuf-c ends a text at its first NUL: writing less than was given would be a lie. */
        OMB_ASSERT(memchr(view.data, 0, view.size) == NULL);
        memcpy(out, view.data, view.size);
    }
    out[view.size] = '\0';
    return out;
}

static ProtobufCBinaryData binary(const void *data, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)data};
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    static const uint8_t zero[OMB_DIGEST_SIZE];

    return memcmp(bytes, zero, size) == 0;
}

static char **texts(struct omb_scratch *scratch, const struct omb_view *items, size_t count)
{
    char **out = get(scratch, count * sizeof(*out));

    for (size_t i = 0; i < count; i++)
        out[i] = text(scratch, items[i]);
    return out;
}

static ProtobufCBinaryData *blobs(struct omb_scratch *scratch, const struct omb_view *items,
                                  size_t count)
{
    ProtobufCBinaryData *out = get(scratch, count * sizeof(*out));

    for (size_t i = 0; i < count; i++)
        out[i] = binary(items[i].data, items[i].size);
    return out;
}

static ProtobufCBinaryData *digests(struct omb_scratch *scratch, const struct omb_digest *items,
                                    size_t count)
{
    ProtobufCBinaryData *out = get(scratch, count * sizeof(*out));

    for (size_t i = 0; i < count; i++)
        out[i] = binary(items[i].bytes, sizeof(items[i].bytes));
    return out;
}

static ProtobufCMessage **messages(struct omb_scratch *scratch, const struct omb_bridge *bridge,
                                   const uint8_t *items, size_t count)
{
    ProtobufCMessage **out = get(scratch, count * sizeof(ProtobufCMessage *));

    for (size_t i = 0; i < count; i++)
        out[i] = to_proto(scratch, bridge, items + i * bridge->shape->size);
    return out;
}

static void put_list(struct omb_scratch *scratch, const struct omb_binding *binding,
                     const void *from, uint8_t *to)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];
    struct omb_any_list list = omb_list_at(from);
    const void *items = NULL;

    if (list.count == 0)
        return;
    if (traits->form == OMB_FORM_TEXTS)
        items = texts(scratch, list.items, list.count);
    else if (traits->form == OMB_FORM_BLOBS)
        items = blobs(scratch, list.items, list.count);
    else if (traits->form == OMB_FORM_FIXEDS)
        items = digests(scratch, list.items, list.count);
    else if (traits->form == OMB_FORM_MANY)
        items = messages(scratch, binding->sub, list.items, list.count);
    else
        items = list.items;
    memcpy(to + binding->proto->quantifier_offset, &list.count, sizeof(list.count));
    omb_put_pointer(to + binding->proto->offset, items);
}

static void put_any(struct omb_scratch *scratch, const struct omb_bridge *bridge,
                    const struct omb_binding *first, const struct omb_any *any, uint8_t *to)
{
    const struct omb_binding *binding;

    if (any->tag == 0)
        return;
    binding = omb_bridge_find(bridge, any->tag, first);
    OMB_ASSERT(binding && binding->field == first->field);
    memcpy(to + binding->proto->quantifier_offset, &any->tag, sizeof(any->tag));
    omb_put_pointer(to + binding->proto->offset, to_proto(scratch, binding->sub, any->value));
}

static void put_binary(uint8_t *at, const void *data, size_t size)
{
    ProtobufCBinaryData value = binary(data, size);

    memcpy(at, &value, sizeof(value));
}

static void put_field(struct omb_scratch *scratch, const struct omb_bridge *bridge,
                      const struct omb_binding *binding, const void *from, uint8_t *to)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];
    uint8_t *at = to + binding->proto->offset;
    const struct omb_view *view = from;
    const void *sub;

    switch (traits->form) {
    case OMB_FORM_TEXT:
        if (view->size > 0)
            omb_put_pointer(at, text(scratch, *view));
        return;
    case OMB_FORM_BYTES:
        put_binary(at, view->data, view->size);
        return;
    case OMB_FORM_NUMBER:
        memcpy(at, from, traits->size);
        return;
    case OMB_FORM_FLAG:
        *(protobuf_c_boolean *)(void *)at = *(const bool *)from;
        return;
    case OMB_FORM_FIXED:
        if (!is_zero(from, traits->size))
            put_binary(at, from, traits->size);
        return;
    case OMB_FORM_FIXED0:
        put_binary(at, from, traits->size);
        return;
    case OMB_FORM_ONE:
        sub = omb_pointer_at(from);
        if (sub)
            omb_put_pointer(at, to_proto(scratch, binding->sub, sub));
        return;
    case OMB_FORM_ANY:
        put_any(scratch, bridge, binding, from, to);
        return;
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_MANY:
        put_list(scratch, binding, from, to);
        return;
    }
}

static ProtobufCMessage *to_proto(struct omb_scratch *scratch, const struct omb_bridge *bridge,
                                  const void *message)
{
    const struct omb_shape *shape = bridge->shape;
    ProtobufCMessage *out = get(scratch, bridge->proto->sizeof_message);

    bridge->proto->message_init(out);
    if (!message)
        return out;
    for (size_t i = 0; i < shape->field_count; i++)
        put_field(scratch, bridge, bridge->by_field[i], omb_shape_at(&shape->fields[i], message),
                  (uint8_t *)out);
    return out;
}

void omb_shape_encode(const struct omb_shape *shape, const void *message, struct omb_buf *out)
{
    struct omb_scratch scratch;
    const ProtobufCMessage *packed;
    size_t size;

    omb_scratch_init(&scratch, BUDGET);
    packed = to_proto(&scratch, omb_bridge_of(shape), message);
    size = protobuf_c_message_get_packed_size(packed);
    omb_buf_reserve(out, size);
    if (size > 0)
        OMB_ASSERT(protobuf_c_message_pack(packed, out->data + out->size) == size);
    out->size += size;
    omb_scratch_free(&scratch);
}
