/*
 * How the fields of a shape correspond to those of the descriptor of its message: computed once by
 * omb_wire_init() and only read afterwards. For this folder alone. Read wire/encode.c and
 * wire/decode.c next.
 */
#ifndef OMB_WIRE_BRIDGE_H
#define OMB_WIRE_BRIDGE_H

#include <string.h>

#include "wire/kind.h"
#include "wire/shapes.h"

/* One field of the .proto file. The members of a oneof share the `any` field of the shape. */
struct omb_binding {
    const ProtobufCFieldDescriptor *proto;
    const struct omb_shape_field *field;
    const struct omb_bridge *sub; /* of a message */
};

struct omb_bridge {
    const struct omb_shape *shape;
    const ProtobufCMessageDescriptor *proto;
    const struct omb_binding *bindings;        /* one per field of the .proto file, by number */
    const struct omb_binding *const *by_field; /* one per field of the shape; of `any`, the first */
    size_t always;                             /* fields that are never absent */
};

/* The descriptor that protoc made of the message of each shape, by the shape's number. */
extern const ProtobufCMessageDescriptor *const omb_shape_protos[OMB_SHAPE_COUNT];

const struct omb_bridge *omb_bridge_of(const struct omb_shape *shape);

/* NULL when the message has no such field. Searches upwards from `hint`, a former find. */
const struct omb_binding *omb_bridge_find(const struct omb_bridge *bridge, uint32_t number,
                                          const struct omb_binding *hint);

/* Of header.h's names of events; part of omb_wire_init(). */
void omb_event_names_init(void);

/*
 * Pointers and lists in messages have types of their own, which C does not let us look at through
 * another: they are copied in and out.
 */
static inline const void *omb_pointer_at(const void *at)
{
    const void *pointer;

    memcpy(&pointer, at, sizeof(pointer));
    return pointer;
}
static inline void omb_put_pointer(void *at, const void *pointer)
{
    memcpy(at, &pointer, sizeof(pointer));
}
static inline struct omb_any_list omb_list_at(const void *at)
{
    struct omb_any_list list;

    memcpy(&list, at, sizeof(list));
    return list;
}
static inline void omb_put_list(void *at, const void *items, size_t count)
{
    struct omb_any_list list = {items, count};

    memcpy(at, &list, sizeof(list));
}

static_assert(sizeof(struct omb_any_list) == sizeof(struct omb_views) &&
                  sizeof(struct omb_any_list) == sizeof(struct omb_i64s) &&
                  sizeof(struct omb_any_list) == sizeof(struct omb_digests),
              "all lists are a pointer and a count");

#endif
