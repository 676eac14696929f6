/*
 * Unpacking: the fence, then protobuf-c into scratch memory with a budget, then our structs in the
 * caller's arena under the same budget.
 */
#include "base/assert.h"
#include "wire/fence.h"
#include "wire/limits.h"
#include "wire/scratch.h"

/* --- protobuf-c's memory --- */

/*
 * While it unpacks a message of many fields protobuf-c notes them in slabs, which it frees when the
 * message is done, so a list of such messages would be charged for a slab each. A freed slab is
 * given out again; the rest waits for the end of the call.
 */
enum { SLAB_MIN = 1024 };

/* What protobuf-c is given stands behind the size of it; a free slab holds the next free one. */
struct block {
    size_t size;
    struct block *next_free[];
};

struct unpacking {
    struct omb_scratch scratch;
    struct block *slabs;
    bool refused;
};

static struct block *reuse_slab(struct unpacking *unpacking, size_t size)
{
    struct block **at = &unpacking->slabs;

    while (*at && (*at)->size != size)
        at = &(*at)->next_free[0];
    if (*at) {
        struct block *found = *at;

        *at = found->next_free[0];
        return found;
    }
    return NULL;
}

static void *unpack_alloc(void *data, size_t size)
{
    struct unpacking *unpacking = data;
    struct block *block = size >= SLAB_MIN ? reuse_slab(unpacking, size) : NULL;

    if (!block && size < SIZE_MAX / 4)
        block = omb_scratch_try(&unpacking->scratch, sizeof(*block) + size);
    if (!block) {
        unpacking->refused = true;
        return NULL;
    }
    block->size = size;
    return block->next_free;
}

static void unpack_free(void *data, void *pointer)
{
    struct unpacking *unpacking = data;
    struct block *block;

    if (!pointer)
        return;
    block = (struct block *)(void *)((uint8_t *)pointer - sizeof(*block));
    if (block->size < SLAB_MIN)
        return;
    block->next_free[0] = unpacking->slabs;
    unpacking->slabs = block;
}

/* --- from the generated struct to ours; false when the memory is used up --- */

struct taking {
    struct omb_arena *arena;
    size_t budget;
};

static void *take_message(struct taking *taking, const struct omb_bridge *bridge,
                          const ProtobufCMessage *from);
static bool take_fields(struct taking *taking, const struct omb_bridge *bridge,
                        const ProtobufCMessage *from, void *to);

static void *get(struct taking *taking, size_t size)
{
    if (size > taking->budget)
        return NULL;
    taking->budget -= size;
    return omb_arena_try(taking->arena, size);
}

static bool take_view(struct taking *taking, const void *data, size_t size, struct omb_view *to)
{
    void *copy;

    *to = OMB_VIEW_NONE;
    if (size == 0)
        return true;
    copy = get(taking, size);
    if (!copy)
        return false;
    *to = omb_view(memcpy(copy, data, size), size);
    return true;
}

static bool take_text(struct taking *taking, const char *text, struct omb_view *to)
{
    return take_view(taking, text, text ? strlen(text) : 0, to);
}

static bool take_texts(struct taking *taking, char *const *from, struct omb_view *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!take_text(taking, from[i], &to[i]))
            return false;
    return true;
}

static bool take_blobs(struct taking *taking, const ProtobufCBinaryData *from, struct omb_view *to,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!take_view(taking, from[i].data, from[i].len, &to[i]))
            return false;
    return true;
}

static bool take_messages(struct taking *taking, const struct omb_bridge *bridge,
                          ProtobufCMessage *const *from, uint8_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!take_fields(taking, bridge, from[i], to + i * bridge->shape->size))
            return false;
    return true;
}

static size_t item_size(const struct omb_binding *binding)
{
    switch (omb_kinds[binding->field->kind].form) {
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
        return sizeof(struct omb_view);
    case OMB_FORM_MANY:
        return binding->sub->shape->size;
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_TEXT:
    case OMB_FORM_BYTES:
    case OMB_FORM_NUMBER:
    case OMB_FORM_FLAG:
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
    case OMB_FORM_ONE:
    case OMB_FORM_ANY:
        break;
    }
    return omb_kinds[binding->field->kind].size;
}

static bool take_list(struct taking *taking, const struct omb_binding *binding, const uint8_t *from,
                      void *to)
{
    enum omb_form form = omb_kinds[binding->field->kind].form;
    const void *items = omb_pointer_at(from + binding->proto->offset);
    size_t size = item_size(binding), count;
    void *out;

    memcpy(&count, from + binding->proto->quantifier_offset, sizeof(count));
    if (count == 0)
        return true;
    OMB_ASSERT(size == 0 || count <= SIZE_MAX / size);
    out = get(taking, count * size);
    if (!out)
        return false;
    omb_put_list(to, out, count);
    if (form == OMB_FORM_TEXTS)
        return take_texts(taking, items, out, count);
    if (form == OMB_FORM_BLOBS)
        return take_blobs(taking, items, out, count);
    if (form == OMB_FORM_MANY)
        return take_messages(taking, binding->sub, items, out, count);
    if (form == OMB_FORM_NUMBERS) {
        memcpy(out, items, count * size);
        return true;
    }
    for (size_t i = 0; i < count; i++)
        memcpy((uint8_t *)out + i * size, ((const ProtobufCBinaryData *)items)[i].data, size);
    return true;
}

static bool take_sub(struct taking *taking, const struct omb_binding *binding, const uint8_t *from,
                     void *to)
{
    const ProtobufCMessage *sub = omb_pointer_at(from + binding->proto->offset);
    const void *taken;

    if (!sub)
        return true;
    taken = take_message(taking, binding->sub, sub);
    omb_put_pointer(to, taken);
    return taken != NULL;
}

static bool take_any(struct taking *taking, const struct omb_bridge *bridge,
                     const struct omb_binding *first, const uint8_t *from, struct omb_any *to)
{
    const struct omb_binding *binding;

    memcpy(&to->tag, from + first->proto->quantifier_offset, sizeof(to->tag));
    if (to->tag == 0)
        return true;
    binding = omb_bridge_find(bridge, to->tag, first);
    OMB_ASSERT(binding != NULL);
    return take_sub(taking, binding, from, &to->value);
}

static bool take_field(struct taking *taking, const struct omb_bridge *bridge,
                       const struct omb_binding *binding, const uint8_t *from, void *to)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];
    const void *at = from + binding->proto->offset;
    const ProtobufCBinaryData *bytes = at;

    switch (traits->form) {
    case OMB_FORM_TEXT:
        return take_text(taking, omb_pointer_at(at), to);
    case OMB_FORM_BYTES:
        return take_view(taking, bytes->data, bytes->len, to);
    case OMB_FORM_NUMBER:
        memcpy(to, at, traits->size);
        return true;
    case OMB_FORM_FLAG:
        *(bool *)to = *(const protobuf_c_boolean *)at != 0;
        return true;
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
        OMB_ASSERT(bytes->len == 0 || bytes->len == traits->size);
        if (bytes->len > 0)
            memcpy(to, bytes->data, traits->size);
        return true;
    case OMB_FORM_ONE:
        return take_sub(taking, binding, from, to);
    case OMB_FORM_ANY:
        return take_any(taking, bridge, binding, from, to);
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_MANY:
        return take_list(taking, binding, from, to);
    }
    return false;
}

static bool take_fields(struct taking *taking, const struct omb_bridge *bridge,
                        const ProtobufCMessage *from, void *to)
{
    for (size_t i = 0; i < bridge->shape->field_count; i++)
        if (!take_field(taking, bridge, bridge->by_field[i], (const uint8_t *)from,
                        (uint8_t *)to + bridge->shape->fields[i].offset))
            return false;
    return true;
}

static void *take_message(struct taking *taking, const struct omb_bridge *bridge,
                          const ProtobufCMessage *from)
{
    void *to = get(taking, bridge->shape->size);

    return to && take_fields(taking, bridge, from, to) ? to : NULL;
}

/* --- all of it --- */

static enum omb_rc unpack(const struct omb_bridge *bridge, struct omb_view bytes, size_t budget,
                          struct omb_arena *arena, void *out_message, struct omb_error *err)
{
    struct unpacking unpacking = {.slabs = NULL, .refused = false};
    struct taking taking = {.arena = arena, .budget = budget};
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, &unpacking};
    const ProtobufCMessage *message;
    void *taken;
    enum omb_rc rc = OMB_OK;

    omb_scratch_init(&unpacking.scratch, budget);
    message = protobuf_c_message_unpack(bridge->proto, &allocator, bytes.size,
                                        bytes.size ? bytes.data : (const uint8_t *)"");
    if (!message && !unpacking.refused) {
        rc = omb_fail(err, OMB_INVALID, NULL, "the message cannot be unpacked");
        goto out;
    }
    taken = message ? take_message(&taking, bridge, message) : NULL;
    if (!taken)
        rc = omb_fail(err, OMB_LIMIT, NULL, "the message takes too much memory when unpacked");
    else if (bridge->shape->size > 0)
        memcpy(out_message, taken, bridge->shape->size);
out:
    omb_scratch_free(&unpacking.scratch);
    return rc;
}

static enum omb_rc decode(const struct omb_shape *shape, struct omb_view bytes, bool tolerant,
                          struct omb_arena *arena, void *out_message, bool *out_odd,
                          struct omb_error *err)
{
    const struct omb_bridge *bridge = omb_bridge_of(shape);
    struct omb_buf clean = OMB_BUF_INIT;
    size_t budget;
    bool odd = false;
    enum omb_rc rc;

    if (bytes.size > OMB_REPLY_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the message is larger than any may be");
    budget = OMB_DECODE_FLOOR + bytes.size * OMB_DECODE_FACTOR;
    rc = omb_fence_check(bridge, bytes, tolerant, out_odd ? &odd : NULL, err);
    if (rc != OMB_OK)
        return rc;
    if (odd) {
        omb_fence_clean(bridge, bytes, &clean);
        bytes = omb_buf_view(&clean);
    }
    rc = unpack(bridge, bytes, budget, arena, out_message, err);
    if (rc == OMB_OK && out_odd)
        *out_odd = odd;
    omb_buf_free(&clean);
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
