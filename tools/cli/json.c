#include "cli/json.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/civil.h"

static json_t *own(json_t *value)
{
    OMB_ASSERT(value != NULL);
    return value;
}

/* jansson checks the UTF-8 again; texts that came over the wire have passed the fence. */
static json_t *string(struct omb_view text)
{
    json_t *value = json_stringn(text.size ? (const char *)text.data : "", text.size);

    return value ? value : own(json_string("\xef\xbf\xbd"));
}

json_t *omb_json_text(struct omb_view text)
{
    return text.size ? string(text) : own(json_null());
}

json_t *omb_json_when(int64_t ms)
{
    char text[OMB_RFC3339_SIZE];

    if (ms == 0)
        return own(json_null());
    omb_rfc3339(ms, 0, text);
    return own(json_string(text));
}

json_t *omb_json_bytes(struct omb_view bytes)
{
    struct omb_buf text = OMB_BUF_INIT;
    json_t *value;

    if (bytes.size == 0)
        return own(json_null());
    omb_base64(bytes, &text);
    value = string(omb_buf_view(&text));
    omb_buf_free(&text);
    return value;
}

static json_t *hex(const uint8_t *bytes, size_t size, bool null_if_zero)
{
    char text[2 * OMB_DIGEST_SIZE + 1];
    uint8_t any = 0;

    OMB_ASSERT(size <= OMB_DIGEST_SIZE);
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    if (!any && null_if_zero)
        return own(json_null());
    omb_hex(omb_view(bytes, size), text);
    return own(json_string(text));
}

/* --- lists --- */

static json_t *texts(const struct omb_views *views, json_t *(*one)(struct omb_view))
{
    json_t *array = own(json_array());

    for (size_t i = 0; i < views->count; i++)
        json_array_append_new(array, one(views->items[i]));
    return array;
}

static json_t *numbers(const struct omb_i64s *list)
{
    json_t *array = own(json_array());

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, own(json_integer(list->items[i])));
    return array;
}

static json_t *digests(const struct omb_digests *list)
{
    json_t *array = own(json_array());

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, omb_json_bytes(OMB_VIEW_OF(list->items[i].bytes)));
    return array;
}

static json_t *messages(const struct omb_shape *shape, const struct omb_any_list *list)
{
    json_t *array = own(json_array());

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(
            array, omb_json_message(shape, (const uint8_t *)list->items + i * shape->size));
    return array;
}

/* --- fields --- */

static json_t *field_value(const struct omb_shape_field *field, const void *at)
{
    switch (field->kind) {
    case OMB_KIND_code:
    case OMB_KIND_line:
    case OMB_KIND_text:
    case OMB_KIND_policy_text:
        return omb_json_text(*(const struct omb_view *)at);
    case OMB_KIND_bytes:
        return omb_json_bytes(*(const struct omb_view *)at);
    case OMB_KIND_codes:
    case OMB_KIND_lines:
        return texts(at, string);
    case OMB_KIND_blobs:
        return texts(at, omb_json_bytes);
    case OMB_KIND_u32:
        return own(json_integer((json_int_t) * (const uint32_t *)at));
    case OMB_KIND_u64:
        return own(json_integer((json_int_t) * (const uint64_t *)at));
    case OMB_KIND_i64:
        return own(json_integer(*(const int64_t *)at));
    case OMB_KIND_i64s:
        return numbers(at);
    case OMB_KIND_when:
        return omb_json_when(*(const int64_t *)at);
    case OMB_KIND_flag:
        return own(json_boolean(*(const bool *)at));
    case OMB_KIND_id:
        return hex(at, OMB_OFFICE_ID_SIZE, true);
    case OMB_KIND_keyid:
        return hex(at, OMB_KEY_ID_SIZE, true);
    case OMB_KIND_life:
        return hex(at, OMB_INCARNATION_SIZE, true);
    case OMB_KIND_digest:
        return hex(at, OMB_DIGEST_SIZE, true);
    case OMB_KIND_digest0:
        return hex(at, OMB_DIGEST_SIZE, false);
    case OMB_KIND_digests:
        return digests(at);
    case OMB_KIND_one: {
        const void *sub = *(const void *const *)at;

        return sub ? omb_json_message(field->sub, sub) : own(json_null());
    }
    case OMB_KIND_many:
        return messages(field->sub, at);
    case OMB_KIND_any:
        break;
    }
    OMB_ASSERT(field->kind != OMB_KIND_any);
    return NULL;
}

json_t *omb_json_message(const struct omb_shape *shape, const void *message)
{
    json_t *object = own(json_object());

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        const void *at = omb_shape_at(field, message);

        if (field->kind == OMB_KIND_any) {
            const struct omb_any *any = at;
            const struct omb_alternative *is = omb_shape_alternative(shape, any->tag);

            if (is)
                json_object_set_new(object, is->name,
                                    any->value ? omb_json_message(is->shape, any->value)
                                               : own(json_object()));
            continue;
        }
        json_object_set_new(object, field->name, field_value(field, at));
    }
    return object;
}

/* --- printing --- */

void omb_json_print(json_t *take_value, bool one_line)
{
    json_dumpf(take_value, stdout, JSON_ENCODE_ANY | (one_line ? JSON_COMPACT : JSON_INDENT(2)));
    putchar('\n');
    json_decref(take_value);
}

void omb_json_list_add(struct omb_json_list *list, json_t *take_value)
{
    if (!list->lines)
        fputs(list->count ? ",\n" : "[\n", stdout);
    list->count++;
    json_dumpf(take_value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(take_value);
    if (list->lines)
        putchar('\n');
}

void omb_json_list_end(struct omb_json_list *list)
{
    if (!list->lines)
        fputs(list->count ? "\n]\n" : "[]\n", stdout);
}
