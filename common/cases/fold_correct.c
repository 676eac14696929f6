/*
 * Fields of the matter that are amended or classified. The latest wins; the old value stays visible
 * as text, in the order in which it was replaced.
 */
#include "base/assert.h"
#include "base/civil.h"
#include "cases/fold_work.h"

static size_t size_of(enum omb_kind kind)
{
    static const size_t sizes[] = {
#define KIND_SIZE(kind, type) [OMB_KIND_##kind] = sizeof(type),
        OMB_KIND_TABLE(KIND_SIZE)
#undef KIND_SIZE
    };

    return sizes[kind];
}

static struct omb_view join(struct omb_arena *arena, const struct omb_views *list)
{
    size_t size = 0;
    char *joined;
    char *at;

    for (size_t i = 0; i < list->count; i++)
        size += list->items[i].size + 2;
    joined = at = omb_arena_get(arena, size);
    for (size_t i = 0; i < list->count; i++) {
        memcpy(at, list->items[i].data, list->items[i].size);
        at += list->items[i].size;
        memcpy(at, ", ", 2);
        at += 2;
    }
    return omb_view(joined, size - 2);
}

/* An office is named by its id; whoever shows it knows the code. */
static struct omb_view office_text(struct omb_arena *arena, const struct omb_office_ref *ref)
{
    char hex[2 * OMB_OFFICE_ID_SIZE + 1];

    omb_hex(OMB_VIEW_OF(ref->office.bytes), hex);
    return omb_arena_copy(arena, omb_view_str(hex));
}

/* The kinds that fields of a matter have. */
static struct omb_view value_text(struct omb_arena *arena, const struct omb_shape_field *field,
                                  const void *message)
{
    const void *value = omb_shape_at(field, message);
    char instant[OMB_RFC3339_SIZE];

    if (field->kind == OMB_KIND_code)
        return *(const struct omb_view *)value;
    if (field->kind == OMB_KIND_codes)
        return join(arena, value);
    if (field->kind == OMB_KIND_flag)
        return OMB_VIEW_LIT("yes");
    if (field->kind == OMB_KIND_one)
        return office_text(arena, *(const struct omb_office_ref *const *)value);
    OMB_ASSERT(field->kind == OMB_KIND_when);
    omb_rfc3339(*(const int64_t *)value, 0, instant);
    return omb_arena_copy(arena, omb_view_str(instant));
}

static void grow(struct omb_fold *fold)
{
    struct omb_case *out = fold->out;
    size_t room = fold->corrected_room ? 2 * fold->corrected_room : 8;
    struct omb_old_value *grown = OMB_ARENA_NEW(fold->arena, struct omb_old_value, room);

    if (out->corrected_count > 0)
        memcpy(grown, out->corrected, out->corrected_count * sizeof(grown[0]));
    out->corrected = grown;
    fold->corrected_room = room;
}

/* What was never said leaves no old value. */
static void keep_old(struct omb_fold *fold, const struct omb_shape_field *field,
                     const struct omb_event *by)
{
    struct omb_case *out = fold->out;

    if (omb_shape_is_empty(field, &fold->matter))
        return;
    if (out->corrected_count == fold->corrected_room)
        grow(fold);
    out->corrected[out->corrected_count++] = (struct omb_old_value){
        .field = omb_view_str(field->name),
        .value = value_text(fold->arena, field, &fold->matter),
        .by = by,
    };
}

static void *slot(struct omb_fold *fold, const struct omb_shape_field *field)
{
    return (uint8_t *)&fold->matter + field->offset;
}

/* Whether a field that is said says what the case says already. */
static bool is_same(struct omb_fold *fold, const struct omb_shape_field *field, const void *said)
{
    return !omb_shape_is_empty(field, &fold->matter) &&
           omb_view_equal(value_text(fold->arena, field, said),
                          value_text(fold->arena, field, &fold->matter));
}

void omb_fold_amend(struct omb_fold *fold, const struct omb_event *event)
{
    const struct omb_amended *facts = event->facts->event.value;
    const struct omb_shape *shape = &omb_shape_matter;

    for (size_t i = 0; facts->matter && i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];

        if (omb_shape_is_empty(field, facts->matter) || is_same(fold, field, facts->matter))
            continue;
        keep_old(fold, field, event);
        memcpy(slot(fold, field), omb_shape_at(field, facts->matter), size_of(field->kind));
    }
    for (size_t i = 0; i < facts->cleared.count; i++) {
        const struct omb_shape_field *field = omb_matter_clearable(facts->cleared.items[i]);

        keep_old(fold, field, event);
        memset(slot(fold, field), 0, size_of(field->kind));
    }
}

static void reclassify(struct omb_fold *fold, const char *name, struct omb_view code,
                       const struct omb_event *by)
{
    const struct omb_shape_field *field = omb_shape_field(&omb_shape_matter, omb_view_str(name));
    struct omb_view *old = slot(fold, field);

    if (code.size == 0 || omb_view_equal(code, *old))
        return;
    keep_old(fold, field, by);
    *old = code;
}

void omb_fold_classify(struct omb_fold *fold, const struct omb_event *event)
{
    const struct omb_classified *facts = event->facts->event.value;

    reclassify(fold, "product", facts->product, event);
    reclassify(fold, "issue", facts->issue, event);
    reclassify(fold, "severity", facts->severity, event);
    if (facts->risks.count > 0)
        fold->risks = facts->risks;
}
