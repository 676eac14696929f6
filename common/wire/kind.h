/*
 * What each kind of field is: its form in C, its type in protobuf, and which values it may hold.
 * The fence (bytes from outside) and omb_shape_check() (messages that were built) apply the same
 * rules through omb_kind_fault(), and name the place of a fault with the same words. For this
 * folder alone.
 */
#ifndef OMB_WIRE_KIND_H
#define OMB_WIRE_KIND_H

#include <protobuf-c/protobuf-c.h>

#include "wire/shape.h"

/* Kinds that differ only in the rules for their values share a form. */
enum omb_form {
    OMB_FORM_TEXT,    /* struct omb_view */
    OMB_FORM_BYTES,   /* struct omb_view */
    OMB_FORM_TEXTS,   /* struct omb_views */
    OMB_FORM_BLOBS,   /* struct omb_views */
    OMB_FORM_NUMBER,
    OMB_FORM_NUMBERS, /* struct omb_i64s */
    OMB_FORM_FLAG,    /* bool */
    OMB_FORM_FIXED,   /* bytes in a struct; zero: absent */
    OMB_FORM_FIXED0,  /* the same, always present */
    OMB_FORM_FIXEDS,  /* struct omb_digests */
    OMB_FORM_ONE,
    OMB_FORM_MANY,
    OMB_FORM_ANY
};

struct omb_kind_traits {
    enum omb_form form;
    ProtobufCType type;
    bool repeated;
    size_t size; /* of a number or of fixed bytes */
    size_t max;  /* bytes of a text */
};

extern const struct omb_kind_traits omb_kinds[];

/* Where in a message: from the innermost outwards. */
struct omb_step {
    const struct omb_step *up;
    const char *name; /* of the field; NULL at the top */
    size_t index;     /* in a repeated field, from 0 */
    bool indexed;
};

/*
 * NULL, or what is wrong with a value of the kind (of a repeated kind: with one item), to stand
 * behind the name of the field. Only texts and bytes are looked at. *out_rc is OMB_INVALID or
 * OMB_LIMIT, set only when something is wrong.
 */
const char *omb_kind_fault(enum omb_kind kind, struct omb_view value, enum omb_rc *out_rc);
/* The same for an instant. */
const char *omb_when_fault(int64_t ms);

/* "act.facts.registered.matter.channel: <fault>", and that path as the field. Returns rc. */
enum omb_rc omb_step_fail(const struct omb_step *step, enum omb_rc rc, const char *fault,
                          struct omb_error *err) OMB_MUST_USE;

#endif
