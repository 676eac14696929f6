/*
 * Compares two messages of a shape by the tables alone: the name of the first field that differs,
 * or NULL. For the tests of wire.
 */
#ifndef OMB_TESTS_WIRE_COMPARE_H
#define OMB_TESTS_WIRE_COMPARE_H

#include "wire_fill.h"

static inline const char *difference(const struct omb_shape *shape, const void *a, const void *b);

static inline const char *list_difference(const struct omb_shape_field *field, const void *a,
                                          const void *b)
{
    struct omb_any_list left, right;
    size_t size = listed_size(field);

    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    if (left.count != right.count)
        return field->name;
    for (size_t i = 0; i < left.count; i++) {
        const uint8_t *x = (const uint8_t *)left.items + i * size;
        const uint8_t *y = (const uint8_t *)right.items + i * size;
        const char *inner = NULL;

        if (field->kind == OMB_KIND_many)
            inner = difference(field->sub, x, y);
        else if (is_views(field->kind))
            inner = omb_view_equal(*(const struct omb_view *)(const void *)x,
                                   *(const struct omb_view *)(const void *)y)
                        ? NULL
                        : field->name;
        else if (memcmp(x, y, size) != 0)
            inner = field->name;
        if (inner)
            return inner;
    }
    return NULL;
}

static inline const char *sub_difference(const struct omb_shape *shape, const char *name,
                                         const void *a, const void *b)
{
    if (!a || !b)
        return a == b ? NULL : name;
    return difference(shape, a, b);
}

static inline const char *field_difference(const struct omb_shape *shape,
                                           const struct omb_shape_field *field, const void *a,
                                           const void *b)
{
    if (plain_size(field->kind) > 0)
        return memcmp(a, b, plain_size(field->kind)) ? field->name : NULL;
    if (listed_size(field) > 0 || field->kind == OMB_KIND_many)
        return list_difference(field, a, b);
    if (field->kind == OMB_KIND_one) {
        const void *x, *y;

        memcpy(&x, a, sizeof(x));
        memcpy(&y, b, sizeof(y));
        return sub_difference(field->sub, field->name, x, y);
    }
    if (field->kind == OMB_KIND_any) {
        const struct omb_any *x = a, *y = b;

        if (x->tag != y->tag)
            return field->name;
        return x->tag == 0 ? NULL
                           : sub_difference(omb_shape_alternative(shape, x->tag)->shape,
                                            field->name, x->value, y->value);
    }
    return omb_view_equal(*(const struct omb_view *)a, *(const struct omb_view *)b) ? NULL
                                                                                    : field->name;
}

static inline const char *difference(const struct omb_shape *shape, const void *a, const void *b)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const char *inner =
            field_difference(shape, &shape->fields[i], omb_shape_at(&shape->fields[i], a),
                             omb_shape_at(&shape->fields[i], b));

        if (inner)
            return inner;
    }
    return NULL;
}

#endif
