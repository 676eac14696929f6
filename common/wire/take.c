#include "wire/take.h"

#include "base/assert.h"

static void *room(struct omb_taking *taking, size_t count, size_t size)
{
    if (size > 0 && count > taking->budget / size)
        return NULL;
    taking->budget -= count * size;
    return omb_arena_try(taking->arena, count * size);
}

/* The next place of a list, which is made when its first item comes. */
static void *next_item(struct omb_taking *taking, void *at, size_t size, size_t more)
{
    struct omb_any_list list = omb_list_at(at);
    uint8_t *items = (uint8_t *)(uintptr_t)list.items;

    if (list.count == 0)
        items = room(taking, more + 1, size);
    if (!items)
        return NULL;
    omb_put_list(at, items, list.count + 1);
    return items + list.count * size;
}

static bool take_numbers(struct omb_taking *taking, struct omb_view packed, void *at)
{
    int64_t *items = room(taking, packed.size, sizeof(*items)); /* a byte each at least */
    size_t count = 0;
    bool minimal;

    if (!items)
        return false;
    while (packed.size > 0) {
        uint64_t value;

        OMB_ASSERT(omb_varint_read(&packed, &value, &minimal));
        items[count++] = (int64_t)value;
    }
    omb_put_list(at, items, count);
    return true;
}

static bool take_view(struct omb_view content, struct omb_view *to)
{
    if (to)
        *to = content.size > 0 ? content : OMB_VIEW_NONE;
    return to != NULL;
}

static void take_number(const struct omb_kind_traits *traits, uint64_t value, void *at)
{
    const uint32_t narrow = (uint32_t)value;

    if (traits->size == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &value, sizeof(value));
}

static void take_fixed(const struct omb_kind_traits *traits, struct omb_view content, void *at)
{
    OMB_ASSERT(content.size == 0 || content.size == traits->size);
    if (content.size > 0)
        memcpy(at, content.data, content.size);
}

bool omb_take_value(struct omb_taking *taking, const struct omb_binding *binding,
                    const struct omb_token *token, size_t more, void *at)
{
    const struct omb_kind_traits *traits = &omb_kinds[binding->field->kind];
    void *item;

    switch (traits->form) {
    case OMB_FORM_TEXT:
    case OMB_FORM_BYTES:
        return take_view(token->content, at);
    case OMB_FORM_TEXTS:
    case OMB_FORM_BLOBS:
        return take_view(token->content, next_item(taking, at, sizeof(struct omb_view), more));
    case OMB_FORM_NUMBER:
        take_number(traits, token->value, at);
        return true;
    case OMB_FORM_NUMBERS:
        return take_numbers(taking, token->content, at);
    case OMB_FORM_FLAG:
        *(bool *)at = token->value != 0;
        return true;
    case OMB_FORM_FIXED:
    case OMB_FORM_FIXED0:
        take_fixed(traits, token->content, at);
        return true;
    case OMB_FORM_FIXEDS:
        item = next_item(taking, at, traits->size, more);
        if (item)
            take_fixed(traits, token->content, item);
        return item != NULL;
    case OMB_FORM_ONE:
    case OMB_FORM_MANY:
    case OMB_FORM_ANY:
        break;
    }
    OMB_ASSERT(false);
    return false;
}

void *omb_take_message(struct omb_taking *taking, const struct omb_binding *binding, size_t more,
                       void *at)
{
    const size_t size = binding->sub->shape->size;
    void *message;

    if (omb_kinds[binding->field->kind].form == OMB_FORM_MANY)
        return next_item(taking, at, size, more);
    message = room(taking, 1, size);
    if (binding->field->kind == OMB_KIND_any)
        *(struct omb_any *)at = (struct omb_any){binding->proto->id, message};
    else
        omb_put_pointer(at, message);
    return message;
}
