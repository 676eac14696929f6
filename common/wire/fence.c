#include "wire/fence.h"

#include <stdio.h>

#include "base/assert.h"
#include "wire/facts.h"
#include "wire/limits.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { NUMBER_MAX = (1 << 29) - 1, VARINT_MAX = 10 };

struct fence {
    bool tolerant;
    bool *out_odd;        /* NULL: strict */
    struct omb_buf *kept; /* NULL: only checking */
    struct omb_error *err;
};

/* A message being walked. */
struct level {
    const struct omb_bridge *bridge;
    const struct omb_step *step;
    unsigned depth;
    bool lenient;                   /* inside facts: odd is not wrong */
    const struct omb_binding *last; /* the latest field that was in order */
    size_t count;                   /* its items so far */
    size_t always;                  /* fields seen that must be there */
    bool chosen;                    /* the oneof has an alternative */
};

/* A field as it stands in the bytes. */
struct token {
    struct omb_view whole;
    uint32_t number;
    unsigned type;
    bool minimal;
    uint64_t value;          /* of a varint */
    struct omb_view content; /* of bytes */
};

static enum omb_rc walk(struct fence *fence, struct level *level, struct omb_view bytes);

/* --- reading --- */

static bool read_varint(struct omb_view *rest, uint64_t *out, bool *minimal)
{
    uint64_t value = 0;

    for (size_t i = 0; i < rest->size && i < VARINT_MAX; i++) {
        uint8_t byte = rest->data[i];

        if (i == VARINT_MAX - 1 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i > 0 && byte == 0)
            *minimal = false;
        *out = value;
        *rest = omb_view(rest->data + i + 1, rest->size - i - 1);
        return true;
    }
    return false;
}

static bool skip(struct omb_view *rest, uint64_t size, struct omb_view *out)
{
    if (size > rest->size)
        return false;
    *out = omb_view(rest->data, (size_t)size);
    *rest = omb_view(rest->data + size, rest->size - (size_t)size);
    return true;
}

/* Takes one field off the front; NULL, or why it cannot be read at all. */
static const char *read_token(struct omb_view *rest, struct token *out)
{
    const uint8_t *start = rest->data;
    uint64_t tag, size;
    bool whole = false;

    *out = (struct token){.minimal = true};
    if (!read_varint(rest, &tag, &out->minimal))
        return "a tag is cut short or too long";
    if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        return "a field number is out of range";
    out->number = (uint32_t)(tag >> 3);
    out->type = (unsigned)(tag & 7);
    if (out->type == WIRE_VARINT)
        whole = read_varint(rest, &out->value, &out->minimal);
    else if (out->type == WIRE_64)
        whole = skip(rest, 8, &out->content);
    else if (out->type == WIRE_32)
        whole = skip(rest, 4, &out->content);
    else if (out->type == WIRE_BYTES)
        whole = read_varint(rest, &size, &out->minimal) && skip(rest, size, &out->content);
    else
        return "a wire type is not one of protobuf 3";
    out->whole = omb_view(start, (size_t)(rest->data - start));
    return whole ? NULL : "the bytes end inside a field";
}

/* --- judging one field: NULL, or what is odd about it --- */

static const char *order_fault(const struct level *level, const struct omb_binding *binding)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];

    if (level->last && binding->proto->id < level->last->proto->id)
        return "the fields do not ascend";
    if (level->last == binding && (!traits->repeated || traits->form == OMB_FORM_NUMBERS))
        return "the field comes twice";
    if (level->chosen && traits->form == OMB_FORM_ANY)
        return "only one of the alternatives may be present";
    return NULL;
}

static const char *number_fault(const struct omb_binding *binding, uint64_t value)
{
    if (binding->proto->type == PROTOBUF_C_TYPE_UINT32 && value > UINT32_MAX)
        return "the number is over 32 bits";
    if (binding->proto->type == PROTOBUF_C_TYPE_BOOL && value > 1)
        return "a flag is 0 or 1";
    if (binding->field->kind == OMB_KIND_when)
        return omb_when_fault((int64_t)value);
    return NULL;
}

static const char *packed_fault(struct omb_view rest, enum omb_rc *out_rc)
{
    bool minimal = true;
    uint64_t value;
    size_t count = 0;

    while (rest.size > 0) {
        if (!read_varint(&rest, &value, &minimal))
            return "a packed number is cut short or too long";
        if (!minimal)
            return "a number takes more bytes than it needs";
        if (++count > OMB_REPEATED_MAX) {
            *out_rc = OMB_LIMIT;
            return "the list is too long";
        }
    }
    return NULL;
}

static const char *value_fault(const struct omb_binding *binding, const struct token *token,
                               enum omb_rc *out_rc)
{
    enum omb_form form = omb_kinds[binding->field->kind].form;
    bool varint = form == OMB_FORM_NUMBER || form == OMB_FORM_FLAG;

    *out_rc = OMB_INVALID;
    if (token->type != (varint ? WIRE_VARINT : WIRE_BYTES))
        return "the wire type is not that of the field";
    if (!token->minimal)
        return "a tag, length or number takes more bytes than it needs";
    if (varint)
        return number_fault(binding, token->value);
    if (form == OMB_FORM_NUMBERS)
        return packed_fault(token->content, out_rc);
    return omb_kind_fault(binding->field->kind, token->content, out_rc);
}

/* --- walking --- */

static enum omb_rc odd(struct fence *fence, const struct level *level, const struct omb_step *step,
                       enum omb_rc rc, const char *fault)
{
    if (!level->lenient)
        return omb_step_fail(step, rc, fault, fence->err);
    *fence->out_odd = true;
    return OMB_OK;
}

static enum omb_rc unknown(struct fence *fence, const struct level *level,
                           const struct token *token)
{
    char fault[64];

    if (fence->tolerant)
        return OMB_OK;
    snprintf(fault, sizeof(fault), "field number %u is not known", (unsigned)token->number);
    return odd(fence, level, level->step, OMB_INVALID, fault);
}

static void keep(struct omb_buf *kept, struct omb_view bytes)
{
    if (kept)
        omb_buf_add_view(kept, bytes);
}

static enum omb_rc enter(struct fence *fence, const struct level *level,
                         const struct omb_binding *binding, const struct omb_step *step,
                         const struct token *token)
{
    const struct omb_shape *shape = binding->sub->shape;
    struct level inner = {.bridge = binding->sub, .step = step, .depth = level->depth + 1};
    size_t tag_size, start;
    enum omb_rc rc;

    inner.lenient = level->lenient || (fence->out_odd && shape == &omb_shape_facts);
    if (inner.depth > OMB_DEPTH_MAX)
        return omb_step_fail(step, OMB_LIMIT, "messages are nested too deeply", fence->err);
    if (!fence->kept)
        return walk(fence, &inner, token->content);
    for (tag_size = 1; token->whole.data[tag_size - 1] & 0x80; tag_size++)
        continue;
    omb_buf_add(fence->kept, token->whole.data, tag_size);
    start = omb_length_open(fence->kept);
    rc = walk(fence, &inner, token->content);
    omb_length_close(fence->kept, start);
    return rc;
}

static void note(struct level *level, const struct omb_binding *binding)
{
    level->count = level->last == binding ? level->count + 1 : 1;
    level->last = binding;
    level->always += omb_kinds[binding->field->kind].form == OMB_FORM_FIXED0;
    level->chosen |= binding->field->kind == OMB_KIND_any;
}

static enum omb_rc visit(struct fence *fence, struct level *level, const struct token *token)
{
    const struct omb_binding *binding = omb_bridge_find(level->bridge, token->number, level->last);
    struct omb_step step = {.up = level->step};
    enum omb_rc rc = OMB_INVALID;
    const char *fault;

    if (!binding)
        return unknown(fence, level, token);
    step.name = binding->proto->name;
    step.indexed = omb_kinds[binding->field->kind].repeated;
    step.index = level->last == binding ? level->count : 0;
    fault = order_fault(level, binding);
    if (!fault)
        fault = value_fault(binding, token, &rc);
    if (fault)
        return odd(fence, level, &step, rc, fault);
    note(level, binding);
    if (level->count > OMB_REPEATED_MAX)
        return omb_step_fail(&step, OMB_LIMIT, "the list is too long", fence->err);
    if (binding->sub)
        return enter(fence, level, binding, &step, token);
    keep(fence->kept, token->whole);
    return OMB_OK;
}

/* Only one field of all messages is always there; it is named when it is not. */
static enum omb_rc complete(struct fence *fence, const struct level *level)
{
    struct omb_step step = {.up = level->step};

    if (level->always == level->bridge->always)
        return OMB_OK;
    for (size_t i = 0; i < level->bridge->proto->n_fields; i++)
        if (omb_kinds[level->bridge->bindings[i].field->kind].form == OMB_FORM_FIXED0)
            step.name = level->bridge->bindings[i].proto->name;
    return odd(fence, level, &step, OMB_INVALID, "the field is missing");
}

static enum omb_rc walk(struct fence *fence, struct level *level, struct omb_view bytes)
{
    struct omb_view rest = bytes;

    while (rest.size > 0) {
        struct token token;
        const char *fault = read_token(&rest, &token);
        enum omb_rc rc;

        if (fault)
            return omb_step_fail(level->step, OMB_INVALID, fault, fence->err);
        rc = visit(fence, level, &token);
        if (rc != OMB_OK)
            return rc;
    }
    return complete(fence, level);
}

enum omb_rc omb_fence_check(const struct omb_bridge *bridge, struct omb_view bytes, bool tolerant,
                            bool *out_odd, struct omb_error *err)
{
    bool found = false;
    struct fence fence = {.tolerant = tolerant, .out_odd = out_odd ? &found : NULL, .err = err};
    struct level top = {.bridge = bridge, .depth = 1};
    enum omb_rc rc;

    top.lenient = out_odd && bridge->shape == &omb_shape_facts;
    rc = walk(&fence, &top, bytes);
    if (rc == OMB_OK && out_odd)
        *out_odd = found;
    return rc;
}

void omb_fence_clean(const struct omb_bridge *bridge, struct omb_view bytes, struct omb_buf *out)
{
    bool found;
    struct fence fence = {.out_odd = &found, .kept = out};
    struct level top = {.bridge = bridge, .depth = 1};

    top.lenient = bridge->shape == &omb_shape_facts;
    OMB_ASSERT(walk(&fence, &top, bytes) == OMB_OK);
}

struct omb_view omb_fence_peek(struct omb_view bytes, uint32_t number, size_t most)
{
    struct omb_view rest = bytes;
    struct token token;

    while (rest.size > 0 && !read_token(&rest, &token))
        if (token.number == number && token.type == WIRE_BYTES && token.content.size > 0 &&
            token.content.size <= most)
            return token.content;
    return OMB_VIEW_NONE;
}
