/*
 * Shapes: how a message of proto/ looks as a plain C struct, and how it is packed and unpacked.
 *
 * A message is a struct of views, numbers and nested structs, declared by one list of fields:
 *
 *     #define OMB_FIELDS_kept(F) F(digest, promise, )
 *     OMB_SHAPE(kept)         declares struct omb_kept, struct omb_kept_list, omb_encode_kept()
 *                             and omb_decode_kept()
 *
 * The same list makes the table (omb_shape_kept) by which messages are packed and unpacked. At
 * start omb_wire_init() compares every table with the descriptor that protoc-gen-c made from the
 * .proto file, in both directions; a difference is an assertion. The tables also serve whoever
 * treats messages by field name: the command line, JSON. protobuf-c is hidden in this folder; it
 * describes the messages, and does not touch their bytes.
 *
 * Bytes from outside pass the fence (fence.c): depth, counts, sizes, UTF-8, ascending fields, none
 * twice, minimal varints, a budget of memory.
 */
#ifndef OMB_WIRE_SHAPE_H
#define OMB_WIRE_SHAPE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

/* kind, C type of the member */
#define OMB_KIND_TABLE(X)                                                                        \
    X(code, struct omb_view)          /* [a-z0-9-], to 96 bytes, or empty */                     \
    X(line, struct omb_view)          /* UTF-8 without control characters, to OMB_LINE_MAX */    \
    X(text, struct omb_view)          /* UTF-8 of several lines, to OMB_TEXT_MAX */              \
    X(policy_text, struct omb_view)   /* UTF-8, to OMB_POLICY_TEXT_MAX */                        \
    X(bytes, struct omb_view)                                                                    \
    X(codes, struct omb_views)                                                                   \
    X(lines, struct omb_views)                                                                   \
    X(blobs, struct omb_views)                                                                   \
    X(u32, uint32_t)                                                                             \
    X(u64, uint64_t)                                                                             \
    X(i64, int64_t)                                                                              \
    X(i64s, struct omb_i64s)                                                                     \
    X(when, int64_t)                  /* instant, ms since 1970 UTC, to OMB_WHEN_MAX; 0: none */ \
    X(flag, bool)                                                                                \
    X(id, struct omb_office_id)       /* 16 bytes; zero: absent */                               \
    X(keyid, struct omb_key_id)       /* 16 bytes; zero: absent */                               \
    X(life, struct omb_incarnation)   /* 12 bytes; zero: absent */                               \
    X(digest, struct omb_digest)      /* 32 bytes; zero: absent */                               \
    X(digest0, struct omb_digest)     /* 32 bytes, always present, may be zero */                \
    X(digests, struct omb_digests)                                                               \
    X(one, const void *)              /* a nested message; NULL: absent */                       \
    X(many, struct omb_any_list)      /* nested messages */                                      \
    X(any, struct omb_any)            /* a oneof: which, and the message */

struct omb_i64s {
    const int64_t *items;
    size_t count;
};
struct omb_digests {
    const struct omb_digest *items;
    size_t count;
};
struct omb_any_list {
    const void *items;
    size_t count;
};
struct omb_any {
    uint32_t tag; /* field number of the alternative; 0: none */
    const void *value; /* when encoding, NULL is a message that says nothing */
};

/* The message in a oneof whose tag has been looked at. */
#define OMB_AS(shape, any_) ((const struct omb_##shape *)(any_).value)

enum omb_kind {
#define OMB_KIND_ENUM(kind, type) OMB_KIND_##kind,
    OMB_KIND_TABLE(OMB_KIND_ENUM)
#undef OMB_KIND_ENUM
};

struct omb_alternative {
    uint32_t tag;
    const char *name;
    const struct omb_shape *shape;
};

struct omb_shape_field {
    const char *name;
    enum omb_kind kind;
    size_t offset;
    const struct omb_shape *sub; /* of one and many */
};

struct omb_shape {
    const char *name; /* as in the .proto file, in lower case with underscores */
    unsigned number;  /* its row in the tables of this folder */
    size_t size;      /* of the struct */
    const struct omb_shape_field *fields;
    size_t field_count;
    const struct omb_alternative *alternatives; /* of the `any` field, if there is one */
    size_t alternative_count;
};

/*
 * Checks all tables against the .proto descriptors; at program start, before any other thread and
 * before anything else of this folder. A second call does nothing.
 */
void omb_wire_init(void);

const struct omb_shape_field *omb_shape_field(const struct omb_shape *shape, struct omb_view name);
const struct omb_alternative *omb_shape_alternative(const struct omb_shape *shape, uint32_t tag);
const struct omb_alternative *omb_shape_alternative_named(const struct omb_shape *shape,
                                                          struct omb_view name);
/* The field's value inside a message of the shape. */
const void *omb_shape_at(const struct omb_shape_field *field, const void *message);
bool omb_shape_is_empty(const struct omb_shape_field *field, const void *message);
/* Copies a message and all that it points to into the arena. */
void *omb_shape_copy(const struct omb_shape *shape, const void *message, struct omb_arena *arena);

/*
 * Appends the encoding: fields ascend, so equal messages give equal bytes. Texts hold no NUL, which
 * omb_shape_check() sees to.
 */
void omb_shape_encode(const struct omb_shape *shape, const void *message, struct omb_buf *out);

/*
 * Decodes bytes from outside. All memory comes from the arena; views point into it.
 * out_odd NULL: strict everywhere. Otherwise fields of `facts` that this version does not know, or
 * that break a kind, set *out_odd instead of being refused: the record is kept without effect.
 * OMB_INVALID names the path of the field; OMB_LIMIT a bound that was passed.
 */
enum omb_rc omb_shape_decode(const struct omb_shape *shape, struct omb_view bytes,
                             struct omb_arena *arena, void *out_message, bool *out_odd,
                             struct omb_error *err) OMB_MUST_USE;

/*
 * The same for a reply that a later version of this program may have written: fields that this one
 * does not know are skipped, wherever they are.
 */
enum omb_rc omb_shape_decode_tolerant(const struct omb_shape *shape, struct omb_view bytes,
                                      struct omb_arena *arena, void *out_message,
                                      struct omb_error *err) OMB_MUST_USE;

/*
 * Checks a message that was not decoded but built (from a command line): kinds and sizes as the
 * fence would. OMB_INVALID or OMB_LIMIT with the field.
 */
enum omb_rc omb_shape_check(const struct omb_shape *shape, const void *message,
                            struct omb_error *err) OMB_MUST_USE;

/* --- declaring a shape --- */

#define OMB_MEMBER_one(name, s) const struct omb_##s *name;
#define OMB_MEMBER_many(name, s) struct omb_##s##_list name;
#define OMB_MEMBER_code(name, s) struct omb_view name;
#define OMB_MEMBER_line(name, s) struct omb_view name;
#define OMB_MEMBER_text(name, s) struct omb_view name;
#define OMB_MEMBER_policy_text(name, s) struct omb_view name;
#define OMB_MEMBER_bytes(name, s) struct omb_view name;
#define OMB_MEMBER_codes(name, s) struct omb_views name;
#define OMB_MEMBER_lines(name, s) struct omb_views name;
#define OMB_MEMBER_blobs(name, s) struct omb_views name;
#define OMB_MEMBER_u32(name, s) uint32_t name;
#define OMB_MEMBER_u64(name, s) uint64_t name;
#define OMB_MEMBER_i64(name, s) int64_t name;
#define OMB_MEMBER_i64s(name, s) struct omb_i64s name;
#define OMB_MEMBER_when(name, s) int64_t name;
#define OMB_MEMBER_flag(name, s) bool name;
#define OMB_MEMBER_id(name, s) struct omb_office_id name;
#define OMB_MEMBER_keyid(name, s) struct omb_key_id name;
#define OMB_MEMBER_life(name, s) struct omb_incarnation name;
#define OMB_MEMBER_digest(name, s) struct omb_digest name;
#define OMB_MEMBER_digest0(name, s) struct omb_digest name;
#define OMB_MEMBER_digests(name, s) struct omb_digests name;
#define OMB_MEMBER_any(name, s) struct omb_any name;
#define OMB_MEMBER(kind, name, s) OMB_MEMBER_##kind(name, s)

#define OMB_SHAPE(s)                                                                             \
    struct omb_##s;                                                                              \
    struct omb_##s##_list {                                                                      \
        const struct omb_##s *items;                                                             \
        size_t count;                                                                            \
    };                                                                                           \
    struct omb_##s {                                                                             \
        OMB_FIELDS_##s(OMB_MEMBER)                                                               \
    };                                                                                           \
    extern const struct omb_shape omb_shape_##s;                                                 \
    static inline void omb_encode_##s(const struct omb_##s *message, struct omb_buf *out)        \
    {                                                                                            \
        omb_shape_encode(&omb_shape_##s, message, out);                                          \
    }                                                                                            \
    static inline OMB_MUST_USE enum omb_rc omb_decode_##s(                                       \
        struct omb_view bytes, struct omb_arena *arena, struct omb_##s *out_message,             \
        struct omb_error *err)                                                                   \
    {                                                                                            \
        return omb_shape_decode(&omb_shape_##s, bytes, arena, out_message, NULL, err);           \
    }

/* The tags of a oneof: enum omb_<s>_tag { OMB_<NAME> = number, ... }. */
#define OMB_ALTERNATIVE_ENUM(upper, number, name, s) OMB_##upper = (number),
#define OMB_ALTERNATIVES(s) enum omb_##s##_tag { OMB_ALTERNATIVES_##s(OMB_ALTERNATIVE_ENUM) };

#endif
