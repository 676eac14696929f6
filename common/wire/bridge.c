#include "wire/bridge.h"

#include <stdlib.h>

#include "base/assert.h"

/* Mutable only because numbers of fields are known to descriptors alone, at run time: written by
 * omb_wire_init(), before there are threads. */
static struct omb_bridge bridges[OMB_SHAPE_COUNT];

const struct omb_bridge *omb_bridge_of(const struct omb_shape *shape)
{
    const struct omb_bridge *bridge = &bridges[shape->number];

    OMB_ASSERT(bridge->shape == shape);
    return bridge;
}

const struct omb_binding *omb_bridge_find(const struct omb_bridge *bridge, uint32_t number,
                                          const struct omb_binding *hint)
{
    const struct omb_binding *end = bridge->bindings + bridge->proto->n_fields;
    const struct omb_binding *at = bridge->bindings;

    if (hint && hint->proto->id <= number)
        at = hint;
    while (at < end && at->proto->id < number)
        at++;
    return at < end && at->proto->id == number ? at : NULL;
}

/* The field that the .proto field belongs to: of its name, or the `any` field for a oneof. */
static const struct omb_shape_field *field_of(const struct omb_shape *shape,
                                              const ProtobufCFieldDescriptor *proto)
{
    const struct omb_shape_field *field = NULL;

    if (!(proto->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return omb_shape_field(shape, omb_view_str(proto->name));
    for (size_t i = 0; i < shape->field_count; i++)
        if (shape->fields[i].kind == OMB_KIND_any)
            field = &shape->fields[i];
    return field;
}

static const struct omb_shape *sub_of(const struct omb_shape *shape,
                                      const struct omb_shape_field *field,
                                      const ProtobufCFieldDescriptor *proto)
{
    const struct omb_alternative *alternative;

    if (field->kind != OMB_KIND_any)
        return field->sub;
    alternative = omb_shape_alternative(shape, proto->id);
    OMB_ASSERT(alternative && strcmp(alternative->name, proto->name) == 0);
    return alternative->shape;
}

/* Binds one .proto field, and asserts that table and descriptor say the same of it. */
static void bind_field(struct omb_binding *binding, const struct omb_shape *shape,
                       const ProtobufCFieldDescriptor *proto)
{
    const struct omb_shape_field *field = field_of(shape, proto);
    const struct omb_kind_traits *traits;
    const struct omb_shape *sub;

    OMB_ASSERT(field != NULL);
    traits = &omb_kinds[field->kind];
    OMB_ASSERT(traits->type == proto->type);
    OMB_ASSERT(proto->label ==
               (traits->repeated ? PROTOBUF_C_LABEL_REPEATED : PROTOBUF_C_LABEL_NONE));
    OMB_ASSERT((traits->form == OMB_FORM_ANY) == !!(proto->flags & PROTOBUF_C_FIELD_FLAG_ONEOF));
    OMB_ASSERT((traits->form == OMB_FORM_NUMBERS) ==
               !!(proto->flags & PROTOBUF_C_FIELD_FLAG_PACKED));
    binding->proto = proto;
    binding->field = field;
    sub = sub_of(shape, field, proto);
    OMB_ASSERT((sub != NULL) == (proto->type == PROTOBUF_C_TYPE_MESSAGE));
    if (sub) {
        binding->sub = &bridges[sub->number];
        OMB_ASSERT(proto->descriptor == omb_shape_protos[sub->number]);
    }
}

static void build(struct omb_bridge *bridge, const struct omb_shape *shape)
{
    const ProtobufCMessageDescriptor *proto = omb_shape_protos[shape->number];
    struct omb_binding *bindings = calloc(proto->n_fields + 1, sizeof(*bindings));
    const struct omb_binding **by_field = calloc(shape->field_count + 1, sizeof(*by_field));
    size_t alternatives = 0;

    OMB_ASSERT(bindings && by_field);
    for (size_t i = 0; i < proto->n_fields; i++) {
        size_t at;

        bind_field(&bindings[i], shape, &proto->fields[i]);
        /* In the order of their numbers in both, the members of a oneof side by side. */
        OMB_ASSERT(i == 0 || bindings[i].field >= bindings[i - 1].field);
        at = (size_t)(bindings[i].field - shape->fields);
        alternatives += bindings[i].field->kind == OMB_KIND_any;
        bridge->always += omb_kinds[bindings[i].field->kind].form == OMB_FORM_FIXED0;
        if (!by_field[at])
            by_field[at] = &bindings[i];
        else
            OMB_ASSERT(bindings[i].field->kind == OMB_KIND_any);
    }
    for (size_t i = 0; i < shape->field_count; i++)
        OMB_ASSERT(by_field[i] != NULL);
    OMB_ASSERT(alternatives == shape->alternative_count);
    bridge->shape = shape;
    bridge->proto = proto;
    bridge->bindings = bindings;
    bridge->by_field = by_field;
}

void omb_wire_init(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    for (size_t i = 0; i < OMB_SHAPE_COUNT; i++)
        build(&bridges[i], omb_shapes[i]);
    omb_event_names_init();
}
