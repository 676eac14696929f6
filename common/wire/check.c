/* Messages that were built here are held to the rules of the fence before they are sent. */
#include "wire/bridge.h"
#include "wire/limits.h"

struct checking {
    const struct omb_step *step;
    unsigned depth;
    struct omb_error *err;
};

static enum omb_rc check_message(const struct checking *outer, const struct omb_shape *shape,
                                 const void *message);

static enum omb_rc check_value(const struct checking *at, enum omb_kind kind, struct omb_view value)
{
    enum omb_rc rc = OMB_OK;
    const char *fault = omb_kind_fault(kind, value, &rc);

    return fault ? omb_step_fail(at->step, rc, fault, at->err) : OMB_OK;
}

static enum omb_rc check_list(const struct checking *outer, const struct omb_shape_field *field,
                              const void *value)
{
    enum omb_form form = omb_kinds[field->kind].form;
    struct omb_any_list list = omb_list_at(value);
    struct omb_step step = {.up = outer->step, .name = field->name, .indexed = true};
    struct checking at = {.step = &step, .depth = outer->depth, .err = outer->err};
    enum omb_rc rc = OMB_OK;

    if (list.count > OMB_REPEATED_MAX)
        return omb_step_fail(&step, OMB_LIMIT, "the list is too long", outer->err);
    for (; step.index < list.count && rc == OMB_OK; step.index++) {
        if (form == OMB_FORM_TEXTS)
            rc = check_value(&at, field->kind, ((const struct omb_view *)list.items)[step.index]);
        else if (form == OMB_FORM_MANY)
            rc = check_message(&at, field->sub,
                               (const uint8_t *)list.items + step.index * field->sub->size);
    }
    return rc;
}

static enum omb_rc check_any(const struct checking *outer, const struct omb_shape *shape,
                             const struct omb_shape_field *field, const struct omb_any *any)
{
    const struct omb_alternative *alternative;
    struct omb_step step = {.up = outer->step, .name = field->name};
    struct checking at = {.step = &step, .depth = outer->depth, .err = outer->err};

    if (any->tag == 0)
        return OMB_OK;
    alternative = omb_shape_alternative(shape, any->tag);
    if (!alternative)
        return omb_step_fail(&step, OMB_INVALID, "there is no such alternative", outer->err);
    step.name = alternative->name;
    return any->value ? check_message(&at, alternative->shape, any->value) : OMB_OK;
}

static enum omb_rc check_field(const struct checking *outer, const struct omb_shape *shape,
                               const struct omb_shape_field *field, const void *value)
{
    struct omb_step step = {.up = outer->step, .name = field->name};
    struct checking at = {.step = &step, .depth = outer->depth, .err = outer->err};
    const char *fault;
    int64_t when;

    switch (omb_kinds[field->kind].form) {
    case OMB_FORM_TEXT:
        return check_value(&at, field->kind, *(const struct omb_view *)value);
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
    case OMB_FORM_NUMBERS:
    case OMB_FORM_FIXEDS:
    case OMB_FORM_MANY:
        return check_list(outer, field, value);
    case OMB_FORM_NUMBER:
        if (field->kind != OMB_KIND_when)
            return OMB_OK;
        memcpy(&when, value, sizeof(when));
        fault = omb_when_fault(when);
        return fault ? omb_step_fail(&step, OMB_INVALID, fault, at.err) : OMB_OK;
    case OMB_FORM_ONE:
        return omb_pointer_at(value) ? check_message(&at, field->sub, omb_pointer_at(value))
                                     : OMB_OK;
    case OMB_FORM_ANY:
        return check_any(outer, shape, field, value);
    case OMB_FORM_BYTES:
    case OMB_FORM_FLAG:
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
        return OMB_OK;
    }
    return OMB_OK;
}

static enum omb_rc check_message(const struct checking *outer, const struct omb_shape *shape,
                                 const void *message)
{
    struct checking at = {.step = outer->step, .depth = outer->depth + 1, .err = outer->err};

    if (at.depth > OMB_DEPTH_MAX)
        return omb_step_fail(at.step, OMB_LIMIT, "messages are nested too deeply", at.err);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        enum omb_rc rc = check_field(&at, shape, field, omb_shape_at(field, message));

        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}

enum omb_rc omb_shape_check(const struct omb_shape *shape, const void *message,
                            struct omb_error *err)
{
    struct checking top = {.step = NULL, .depth = 0, .err = err};

    return check_message(&top, shape, message);
}
