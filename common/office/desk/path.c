/*
 * Where in a request the field stands that a rule found wrong: rules name the field alone, clients
 * are told its path (proto/README.md, Errors).
 */
#include <stdio.h>
#include <string.h>

#include "office/desk/act.h"

void omb_desk_within(struct omb_error *err, const char *prefix)
{
    char path[2 * sizeof(err->field)];
    size_t size;

    if (err == NULL || err->field[0] == '\0')
        return;
    snprintf(path, sizeof(path), "%s.%s", prefix, err->field);
    size = strlen(path);
    /* Of a very long path, its end. */
    snprintf(err->field, sizeof(err->field), "%s",
             path + (size < sizeof(err->field) ? 0 : size - sizeof(err->field) + 1));
}

void omb_desk_blame(struct omb_error *err, const char *field)
{
    if (err != NULL)
        snprintf(err->field, sizeof(err->field), "%s", field);
}

enum omb_rc omb_desk_office(struct omb_step *step, struct omb_view code, const char *field,
                            struct omb_office_ref *out, struct omb_error *err)
{
    const enum omb_rc rc = omb_office_by_code(step, code, out, err);

    if (rc != OMB_OK)
        omb_desk_blame(err, field);
    return rc;
}

/* The path of a field inside one alternative of a oneof, or inside a message that it holds. */
static bool find_in(const struct omb_shape *shape, const char *part, uint32_t tag,
                    struct omb_error *err)
{
    const struct omb_alternative *type = omb_shape_alternative(shape, tag);
    const struct omb_view name = omb_view_str(err->field);
    char prefix[sizeof(err->field)];

    if (type == NULL)
        return false;
    if (omb_shape_field(type->shape, name) != NULL) {
        snprintf(prefix, sizeof(prefix), "%s.%s", part, type->name);
        omb_desk_within(err, prefix);
        return true;
    }
    for (size_t i = 0; i < type->shape->field_count; i++) {
        const struct omb_shape_field *field = &type->shape->fields[i];

        if (field->kind != OMB_KIND_one || omb_shape_field(field->sub, name) == NULL)
            continue;
        snprintf(prefix, sizeof(prefix), "%s.%s.%s", part, type->name, field->name);
        omb_desk_within(err, prefix);
        return true;
    }
    return false;
}

void omb_act_path(const struct omb_act *act, struct omb_error *err)
{
    const struct omb_view name = omb_view_str(err != NULL ? err->field : NULL);

    if (name.size == 0 || omb_shape_field(&omb_shape_act, name) != NULL)
        return;
    if (act->facts != NULL && find_in(&omb_shape_facts, "facts", act->facts->event.tag, err))
        return;
    if (act->body != NULL && find_in(&omb_shape_body, "body", act->body->event.tag, err))
        return;
    if (omb_shape_field(&omb_shape_extract, name) != NULL)
        omb_desk_within(err, "extract");
}
