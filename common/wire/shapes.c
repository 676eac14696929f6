#include "wire/bridge.h"

#include "backup.pb-c.h"
#include "certificate.pb-c.h"
#include "control.pb-c.h"
#include "enrol.pb-c.h"
#include "link.pb-c.h"
#include "record.pb-c.h"
#include "store.pb-c.h"
#include "tree.pb-c.h"

/*
 * A list of fields does not know its shape, so the shape is slipped in before each row: the list is
 * given "OPEN(s) ROW" for F, and F(kind, member, sub) becomes OPEN(s) ROW(kind, member, sub), of
 * which OPEN writes the part that needs the shape's name.
 */
#define OPEN(s)                                                                                    \
    {.offset = __builtin_offsetof(struct omb_##s,
#define ROW(kind_, member, s) member), .name = #member, .kind = OMB_KIND_##kind_, SUB_##kind_(s)   \
    }                                                                                              \
    ,

#define SUB_one(s) .sub = &omb_shape_##s
#define SUB_many(s) .sub = &omb_shape_##s
#define SUB_any(s)
#define SUB_code(s)
#define SUB_line(s)
#define SUB_text(s)
#define SUB_policy_text(s)
#define SUB_bytes(s)
#define SUB_codes(s)
#define SUB_lines(s)
#define SUB_blobs(s)
#define SUB_u32(s)
#define SUB_u64(s)
#define SUB_i64(s)
#define SUB_i64s(s)
#define SUB_when(s)
#define SUB_flag(s)
#define SUB_id(s)
#define SUB_keyid(s)
#define SUB_life(s)
#define SUB_digest(s)
#define SUB_digest0(s)
#define SUB_digests(s)

#define FIELDS(s) static const struct omb_shape_field fields_##s[] = {OMB_FIELDS_##s(OPEN(s) ROW)};
OMB_SHAPES_ALL(FIELDS)

#define ALTERNATIVE(upper, tag_, name_, s) {.tag = (tag_), .name = #name_, .shape = &omb_shape_##s},
#define ALTERNATIVES(s)                                                                            \
    static const struct omb_alternative alternatives_##s[] = {OMB_ALTERNATIVES_##s(ALTERNATIVE)};
ALTERNATIVES(facts)
ALTERNATIVES(body)
ALTERNATIVES(frame)
ALTERNATIVES(request)
ALTERNATIVES(reply)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of all fields only a oneof says something about the whole shape. */
#define CHOICE(kind_, member, s) CHOICE_##kind_(s)
#define CHOICE_any(s)                                                                              \
    .alternatives = alternatives_##s, .alternative_count = COUNT(alternatives_##s),
#define CHOICE_one(s)
#define CHOICE_many(s)
#define CHOICE_code(s)
#define CHOICE_line(s)
#define CHOICE_text(s)
#define CHOICE_policy_text(s)
#define CHOICE_bytes(s)
#define CHOICE_codes(s)
#define CHOICE_lines(s)
#define CHOICE_blobs(s)
#define CHOICE_u32(s)
#define CHOICE_u64(s)
#define CHOICE_i64(s)
#define CHOICE_i64s(s)
#define CHOICE_when(s)
#define CHOICE_flag(s)
#define CHOICE_id(s)
#define CHOICE_keyid(s)
#define CHOICE_life(s)
#define CHOICE_digest(s)
#define CHOICE_digest0(s)
#define CHOICE_digests(s)

#define SHAPE(s)                                                                                   \
    const struct omb_shape omb_shape_##s = {.name = #s,                                            \
                                            .number = OMB_NUMBER_##s,                              \
                                            .size = sizeof(struct omb_##s),                        \
                                            .fields = fields_##s,                                  \
                                            .field_count = COUNT(fields_##s),                      \
                                            OMB_FIELDS_##s(CHOICE)};
OMB_SHAPES_ALL(SHAPE)

#define SHAPE_POINTER(s) [OMB_NUMBER_##s] = &omb_shape_##s,
const struct omb_shape *const omb_shapes[OMB_SHAPE_COUNT] = {OMB_SHAPES_ALL(SHAPE_POINTER)};

#define DESCRIPTOR(s) [OMB_NUMBER_##s] = &ombud__##s##__descriptor,
const ProtobufCMessageDescriptor *const omb_shape_protos[OMB_SHAPE_COUNT] = {
    OMB_SHAPES_ALL(DESCRIPTOR)};
