#include "wire/fence.h"

#include <stdio.h>

#include "base/assert.h"
#include "wire/facts.h"
#include "wire/limits.h"

struct fence {
    bool tolerant;
    bool *out_odd; /* NULL: strict */
    struct omb_taking *taking;
    struct omb_error *err;
};

/* A message being walked. */
struct level {
    const struct omb_bridge *bridge;
    const struct omb_step *step;
    uint8_t *to;                    /* the message that is made of it */
    struct omb_view rest;           /* of its bytes, behind the field that is looked at */
    unsigned depth;
    bool lenient;                   /* inside facts: odd is not wrong */
    const struct omb_binding *last; /* the latest field that was in order */
    size_t count;                   /* its items so far */
    size_t always;                  /* fields seen that must be there */
    bool chosen;                    /* the oneof has an alternative */
};

static enum omb_rc walk(struct fence *fence, struct level *level);

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
        if (!omb_varint_read(&rest, &value, &minimal))
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

static const char *value_fault(const struct omb_binding *binding, const struct omb_token *token,
                               enum omb_rc *out_rc)
{
    enum omb_form form = omb_kinds[binding->field->kind].form;
    bool varint = form == OMB_FORM_NUMBER || form == OMB_FORM_FLAG;

    *out_rc = OMB_INVALID;
    if (token->type != (varint ? OMB_WIRE_VARINT : OMB_WIRE_BYTES))
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
                           const struct omb_token *token)
{
    char fault[64];

    if (fence->tolerant)
        return OMB_OK;
    snprintf(fault, sizeof(fault), "field number %u is not known", (unsigned)token->number);
    return odd(fence, level, level->step, OMB_INVALID, fault);
}

/* How many items a list may yet get, so that room for all is made when the first one comes. */
static size_t items_behind(const struct level *level, const struct omb_binding *binding)
{
    const bool first = omb_kinds[binding->field->kind].repeated && level->count == 1;

    return first ? omb_token_count(level->rest, binding->proto->id) : 0;
}

static enum omb_rc enter(struct fence *fence, const struct level *level,
                         const struct omb_binding *binding, const struct omb_step *step,
                         struct omb_view content, void *to)
{
    struct level inner = {
        .bridge = binding->sub,
        .step = step,
        .to = to,
        .rest = content,
        .depth = level->depth + 1,
        .lenient = level->lenient || (fence->out_odd && binding->sub->shape == &omb_shape_facts),
    };

    if (inner.depth > OMB_DEPTH_MAX)
        return omb_step_fail(step, OMB_LIMIT, "messages are nested too deeply", fence->err);
    return walk(fence, &inner);
}

static enum omb_rc take(struct fence *fence, const struct level *level,
                        const struct omb_binding *binding, struct omb_step *step,
                        const struct omb_token *token)
{
    const size_t more = items_behind(level, binding);
    void *at = level->to + binding->field->offset;
    void *to = NULL;
    bool taken;

    if (more >= OMB_REPEATED_MAX) {
        step->index = OMB_REPEATED_MAX;
        return omb_step_fail(step, OMB_LIMIT, "the list is too long", fence->err);
    }
    if (binding->sub)
        taken = (to = omb_take_message(fence->taking, binding, more, at)) != NULL;
    else
        taken = omb_take_value(fence->taking, binding, token, more, at);
    if (!taken)
        return omb_fail(fence->err, OMB_LIMIT, NULL,
                        "the message takes too much memory when unpacked");
    return to ? enter(fence, level, binding, step, token->content, to) : OMB_OK;
}

static void note(struct level *level, const struct omb_binding *binding)
{
    level->count = level->last == binding ? level->count + 1 : 1;
    level->last = binding;
    level->always += omb_kinds[binding->field->kind].form == OMB_FORM_FIXED0;
    level->chosen |= binding->field->kind == OMB_KIND_any;
}

static enum omb_rc visit(struct fence *fence, struct level *level, const struct omb_token *token)
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
    return take(fence, level, binding, &step, token);
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

static enum omb_rc walk(struct fence *fence, struct level *level)
{
    while (level->rest.size > 0) {
        struct omb_token token;
        const char *fault = omb_token_read(&level->rest, &token);
        enum omb_rc rc;

        if (fault)
            return omb_step_fail(level->step, OMB_INVALID, fault, fence->err);
        rc = visit(fence, level, &token);
        if (rc != OMB_OK)
            return rc;
    }
    return complete(fence, level);
}

enum omb_rc omb_fence_pass(const struct omb_bridge *bridge, struct omb_view bytes, bool tolerant,
                           struct omb_taking *taking, void *message, bool *out_odd,
                           struct omb_error *err)
{
    bool found = false;
    struct fence fence = {
        .tolerant = tolerant, .out_odd = out_odd ? &found : NULL, .taking = taking, .err = err};
    struct level top = {.bridge = bridge, .to = message, .rest = bytes, .depth = 1};
    enum omb_rc rc;

    top.lenient = out_odd && bridge->shape == &omb_shape_facts;
    rc = walk(&fence, &top);
    if (rc == OMB_OK && out_odd)
        *out_odd = found;
    return rc;
}
