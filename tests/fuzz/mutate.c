#include "fuzz/mutate.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/stage.h"
#include "wire/certificate.h"
#include "wire/enrol.h"
#include "wire/limits.h"
#include "wire/link.h"
#include "wire/parts.h"
#include "wire/tree.h"

enum { PLACES_MAX = 512, ITEMS_MAX = 64, TEXT_ROOM = 4096, NESTED_MAX = 6 };

/* Bytes in which another message lies. */
static const struct {
    const struct omb_shape *shape;
    const char *field;
    const struct omb_shape *inner;
} inners[] = {
    {&omb_shape_record, "header", &omb_shape_header},
    {&omb_shape_record, "body", &omb_shape_body},
    {&omb_shape_record, "grants", &omb_shape_grants},
    {&omb_shape_record, "extract", &omb_shape_extract},
    {&omb_shape_grant, "sealed", &omb_shape_grant_key},
    {&omb_shape_witness, "statement", &omb_shape_witness_statement},
    {&omb_shape_signed_certificate, "certificate", &omb_shape_certificate},
    {&omb_shape_office_certify, "request", &omb_shape_office_request},
    {&omb_shape_office_request, "wish", &omb_shape_office_wish},
    {&omb_shape_bundle, "content", &omb_shape_bundle_content},
    {&omb_shape_office_certified, "certificate", &omb_shape_signed_certificate},
};

void mutation_begin(struct mutation *mutation, unsigned seed)
{
    omb_wire_init();
    whim_init(&mutation->whim, seed);
    mutation->whim.now_ms = RIG_START_MS;
    omb_arena_init(&mutation->arena, SIZE_MAX / 2);
}

void mutation_end(struct mutation *mutation)
{
    omb_arena_free(&mutation->arena);
}

static uint32_t below(struct mutation *m, size_t sides)
{
    return whim_below(&m->whim, (uint32_t)sides);
}

/* --- places of a message --- */

struct place {
    const struct omb_shape *shape;
    const struct omb_shape_field *field;
    void *at;
};

struct places {
    struct place items[PLACES_MAX];
    size_t count;
};

static void find_places(const struct omb_shape *shape, void *message, struct places *places);

static void find_nested(const struct place *place, struct places *places)
{
    if (place->field->kind == OMB_KIND_one) {
        void *nested;

        memcpy(&nested, place->at, sizeof(nested));
        if (nested)
            find_places(place->field->sub, nested, places);
    } else if (place->field->kind == OMB_KIND_many) {
        struct omb_any_list list;

        memcpy(&list, place->at, sizeof(list));
        for (size_t i = 0; i < list.count; i++)
            find_places(place->field->sub,
                        (uint8_t *)(uintptr_t)list.items + i * place->field->sub->size, places);
    } else if (place->field->kind == OMB_KIND_any) {
        const struct omb_any *any = place->at;
        const struct omb_alternative *alternative = omb_shape_alternative(place->shape, any->tag);

        if (alternative && any->value)
            find_places(alternative->shape, (void *)(uintptr_t)any->value, places);
    }
}

static void find_places(const struct omb_shape *shape, void *message, struct places *places)
{
    for (size_t i = 0; i < shape->field_count && places->count < PLACES_MAX; i++) {
        const struct place place = {shape, &shape->fields[i],
                                    (uint8_t *)message + shape->fields[i].offset};

        places->items[places->count++] = place;
        find_nested(&place, places);
    }
}

/* --- values --- */

static void change_number(struct mutation *m, enum omb_kind kind, void *at)
{
    static const int64_t odd[] = {
        0, 1, -1, UINT32_MAX, INT64_MAX, INT64_MIN, OMB_WHEN_MAX, OMB_WHEN_MIN, 65536, 1 << 20};
    const bool narrow = kind == OMB_KIND_u32;
    int64_t value = 0;
    uint32_t small;

    memcpy(&value, at, narrow ? sizeof(small) : sizeof(value));
    switch (below(m, 4)) {
    case 0:
        value = odd[below(m, sizeof(odd) / sizeof(odd[0]))];
        break;
    case 1:
        value = (int64_t)((uint64_t)value + below(m, 5) - 2);
        break;
    case 2:
        value ^= (int64_t)(UINT64_C(1) << below(m, 64));
        break;
    case 3:
        value = (int64_t)below(m, 16);
        break;
    }
    if (kind == OMB_KIND_when && (value < OMB_WHEN_MIN || value > OMB_WHEN_MAX))
        value = RIG_START_MS;
    small = (uint32_t)value;
    memcpy(at, narrow ? (void *)&small : (void *)&value, narrow ? sizeof(small) : sizeof(value));
}

/* One of those known on the stage, none, or nearly what it was. */
static void change_id(struct mutation *m, uint8_t *at, size_t size)
{
    const uint32_t way = below(m, 8);

    if (way == 0) {
        memset(at, 0, size);
    } else if (way == 1) {
        at[below(m, size)] ^= (uint8_t)(1u << below(m, 8));
    } else {
        memset(at, 0, size);
        at[size - 2] = STAGE_MARK;
        at[size - 1] =
            (uint8_t)(way == 2 ? STAGE_NEWEST - below(m, 8) : below(m, way < 5 ? 4 : 64));
    }
}

static struct omb_view changed_bytes(struct mutation *m, struct omb_view bytes)
{
    uint8_t *room = omb_arena_get(&m->arena, TEXT_ROOM);
    const size_t size = bytes.size < TEXT_ROOM / 2 ? bytes.size : TEXT_ROOM / 2;

    if (size > 0)
        memcpy(room, bytes.data, size);
    return omb_view(room, LLVMFuzzerMutate(room, size, size + 1 + below(m, 64)));
}

static struct omb_view some_line(struct mutation *m)
{
    static const char *const lines[] = {"#0", "#1",       "#2",    "#3",       "%0",  "%1",
                                        "%2", "ho",       "north", "vsp-0045", "s1",  "h1",
                                        "",   "north/**", "**",    "north/3",  "ho/2"};

    if (below(m, 4) == 0)
        return omb_arena_printf(&m->arena, "%%%u%c%c", (unsigned)below(m, STAGE_SEEN),
                                (int)below(m, 40), "0123456789abcdef-zZ"[below(m, 19)]);
    return omb_view_str(lines[below(m, sizeof(lines) / sizeof(lines[0]))]);
}

static struct omb_view some_code(struct mutation *m)
{
    static const char *const codes[] = {"complaint", "cards",  "fees",       "book",     "founded",
                                        "phone",     "yes",    "no",         "north",    "ho",
                                        "vsp-0045",  "branch", "head",       "regional", "s1",
                                        "h1",        "admin",  "supervisor", "",         "x"};

    return omb_view_str(codes[below(m, sizeof(codes) / sizeof(codes[0]))]);
}

static struct omb_view changed_text(struct mutation *m, enum omb_kind kind, struct omb_view text)
{
    if (below(m, 2) == 0)
        return changed_bytes(m, text);
    return kind == OMB_KIND_line || kind == OMB_KIND_lines ? some_line(m) : some_code(m);
}

/* What lies in the bytes is changed, where it is a message. */
static struct omb_view changed_inner(struct mutation *m, const struct place *place,
                                     struct omb_view bytes, unsigned depth);

static struct omb_views changed_list(struct mutation *m, enum omb_kind kind, struct omb_views list)
{
    struct omb_view *items = OMB_ARENA_NEW(&m->arena, struct omb_view, list.count + 1);
    const size_t at = below(m, list.count + 1);
    size_t count = list.count;

    if (count > 0)
        memcpy(items, list.items, count * sizeof(*items));
    if (at == count || below(m, 3) == 0)
        items[count++] = changed_text(m, kind, OMB_VIEW_NONE);
    else if (below(m, 2) == 0)
        items[at] = items[--count];
    else
        items[at] = changed_text(m, kind, items[at]);
    return (struct omb_views){items, count};
}

static void change_digests(struct mutation *m, struct omb_digests *digests)
{
    struct omb_digest *items = OMB_ARENA_NEW(&m->arena, struct omb_digest, digests->count + 1);
    const size_t at = below(m, digests->count + 1);

    if (digests->count > 0)
        memcpy(items, digests->items, digests->count * sizeof(*items));
    change_id(m, items[at].bytes, OMB_DIGEST_SIZE);
    *digests = (struct omb_digests){items, digests->count + (at == digests->count)};
}

/* --- nested messages --- */

static void *invented(struct mutation *m, const struct omb_shape *shape)
{
    void *message = omb_arena_get(&m->arena, shape->size);
    struct places places = {.count = 0};

    if (below(m, 4) > 0)
        whim_fill(&m->whim, &m->arena, shape, message);
    find_places(shape, message, &places);
    for (size_t i = 0; i < places.count; i++) {
        const struct place *place = &places.items[i];

        if (place->field->kind == OMB_KIND_id && below(m, 8) > 0)
            change_id(m, place->at, OMB_OFFICE_ID_SIZE);
        else if (place->field->kind == OMB_KIND_life && below(m, 8) > 0)
            change_id(m, place->at, OMB_INCARNATION_SIZE);
        else if (place->field->kind == OMB_KIND_digest && below(m, 8) > 0)
            change_id(m, place->at, OMB_DIGEST_SIZE);
    }
    return message;
}

static void change_many(struct mutation *m, const struct place *place)
{
    const size_t item = place->field->sub->size;
    struct omb_any_list list;
    uint8_t *items;
    size_t at;

    memcpy(&list, place->at, sizeof(list));
    items = omb_arena_get(&m->arena, item * (list.count + 1));
    if (list.count > 0)
        memcpy(items, list.items, item * list.count);
    at = below(m, list.count + 1);
    if (at == list.count || (below(m, 3) == 0 && list.count < ITEMS_MAX)) {
        const bool twice = list.count > 0 && below(m, 2) == 0;

        memcpy(items + item * list.count, twice ? items : invented(m, place->field->sub), item);
        list.count++;
    } else if (below(m, 2) == 0) {
        list.count--;
        memmove(items + item * at, items + item * list.count, item);
    } else {
        memmove(items + item * at, items + item * below(m, list.count), item);
    }
    list.items = items;
    memcpy(place->at, &list, sizeof(list));
}

static void change_one(struct mutation *m, const struct place *place)
{
    const void *nested = below(m, 2) == 0 ? NULL : invented(m, place->field->sub);

    memcpy(place->at, &nested, sizeof(nested));
}

static void change_any(struct mutation *m, const struct place *place)
{
    const struct omb_alternative *alternative =
        &place->shape->alternatives[below(m, place->shape->alternative_count)];

    *(struct omb_any *)place->at =
        (struct omb_any){alternative->tag, invented(m, alternative->shape)};
}

static void change(struct mutation *m, const struct place *place, unsigned depth)
{
    const enum omb_kind kind = place->field->kind;
    struct omb_view *view = place->at;

    if (kind == OMB_KIND_bytes)
        *view = changed_inner(m, place, *view, depth);
    else if (kind < OMB_KIND_bytes)
        *view = changed_text(m, kind, *view);
    else if (kind <= OMB_KIND_blobs)
        *(struct omb_views *)place->at = changed_list(m, kind, *(struct omb_views *)place->at);
    else if (kind <= OMB_KIND_i64 || kind == OMB_KIND_when)
        change_number(m, kind, place->at);
    else if (kind == OMB_KIND_flag)
        *(bool *)place->at ^= true;
    else if (kind == OMB_KIND_id || kind == OMB_KIND_keyid)
        change_id(m, place->at, OMB_OFFICE_ID_SIZE);
    else if (kind == OMB_KIND_life)
        change_id(m, place->at, OMB_INCARNATION_SIZE);
    else if (kind == OMB_KIND_digest || kind == OMB_KIND_digest0)
        change_id(m, place->at, OMB_DIGEST_SIZE);
    else if (kind == OMB_KIND_digests)
        change_digests(m, place->at);
    else if (kind == OMB_KIND_many)
        change_many(m, place);
    else if (kind == OMB_KIND_one)
        change_one(m, place);
    else if (kind == OMB_KIND_any)
        change_any(m, place);
}

/* --- the whole --- */

static bool decode(struct mutation *m, const struct omb_shape *shape, struct omb_view bytes,
                   void **out)
{
    *out = omb_arena_get(&m->arena, shape->size);
    return omb_shape_decode(shape, bytes, &m->arena, *out, NULL, NULL) == OMB_OK;
}

static bool change_somewhere(struct mutation *m, const struct omb_shape *shape,
                             struct omb_view bytes, unsigned depth, struct omb_buf *out)
{
    struct places *places = OMB_ARENA_NEW(&m->arena, struct places, 1);
    void *message;

    if (!decode(m, shape, bytes, &message))
        return false;
    find_places(shape, message, places);
    if (places->count > 0)
        change(m, &places->items[below(m, places->count)], depth);
    if (omb_shape_check(shape, message, NULL) != OMB_OK)
        return false;
    omb_shape_encode(shape, message, out);
    return true;
}

static struct omb_view changed_inner(struct mutation *m, const struct place *place,
                                     struct omb_view bytes, unsigned depth)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_view changed = OMB_VIEW_NONE;

    for (size_t i = 0; i < sizeof(inners) / sizeof(inners[0]) && depth < NESTED_MAX; i++)
        if (inners[i].shape == place->shape && strcmp(inners[i].field, place->field->name) == 0 &&
            below(m, 8) > 0 && change_somewhere(m, inners[i].inner, bytes, depth + 1, &out))
            changed = omb_arena_copy(&m->arena, omb_buf_view(&out));
    omb_buf_free(&out);
    return changed.size > 0 ? changed : changed_bytes(m, bytes);
}

bool mutate_message(struct mutation *mutation, const struct omb_shape *shape, struct omb_view bytes,
                    size_t max, struct omb_buf *out)
{
    const size_t before = out->size;

    if (change_somewhere(mutation, shape, bytes, 0, out) && out->size - before <= max)
        return true;
    out->size = before;
    return false;
}

void mutate_invent(struct mutation *mutation, const struct omb_shape *shape, struct omb_buf *out)
{
    const void *message = invented(mutation, shape);

    if (omb_shape_check(shape, message, NULL) == OMB_OK)
        omb_shape_encode(shape, message, out);
}

/* The size of a value of a kind in its message. */
static size_t size_of(enum omb_kind kind)
{
    static const size_t sizes[] = {
#define KIND_SIZE(kind, type) [OMB_KIND_##kind] = sizeof(type),
        OMB_KIND_TABLE(KIND_SIZE)
#undef KIND_SIZE
    };

    return sizes[kind];
}

static bool fits(const struct place *to, const struct place *from)
{
    return to->field->kind == from->field->kind && to->field->sub == from->field->sub &&
           (to->field->kind != OMB_KIND_any || to->shape == from->shape);
}

bool mutate_cross(struct mutation *mutation, const struct omb_shape *shape, struct omb_view first,
                  struct omb_view second, size_t max, struct omb_buf *out)
{
    struct places *to = OMB_ARENA_NEW(&mutation->arena, struct places, 1);
    struct places *from = OMB_ARENA_NEW(&mutation->arena, struct places, 1);
    const size_t before = out->size;
    void *one, *other;
    size_t at, start;

    if (!decode(mutation, shape, first, &one) || !decode(mutation, shape, second, &other))
        return false;
    find_places(shape, one, to);
    find_places(shape, other, from);
    if (to->count == 0 || from->count == 0)
        return false;
    at = below(mutation, to->count);
    start = below(mutation, from->count);
    for (size_t i = 0; i < from->count; i++) {
        const struct place *place = &from->items[(start + i) % from->count];

        if (!fits(&to->items[at], place))
            continue;
        memcpy(to->items[at].at, place->at, size_of(place->field->kind));
        if (omb_shape_check(shape, one, NULL) != OMB_OK)
            return false;
        omb_shape_encode(shape, one, out);
        if (out->size - before <= max)
            return true;
        break;
    }
    out->size = before;
    return false;
}
