#include "cli/fill.h"

#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "cli/when.h"
#include "io/officedir.h"
#include "wire/limits.h"

/* --- where a value goes --- */

static bool holds_values(const struct omb_shape_field *field)
{
    switch (field->kind) {
    case OMB_KIND_code:
    case OMB_KIND_line:
    case OMB_KIND_text:
    case OMB_KIND_codes:
    case OMB_KIND_lines:
    case OMB_KIND_u32:
    case OMB_KIND_u64:
    case OMB_KIND_i64:
    case OMB_KIND_when:
    case OMB_KIND_flag:
        return true;
    case OMB_KIND_many:
        return field->sub == &omb_shape_question_score;
    case OMB_KIND_policy_text:
    case OMB_KIND_bytes:
    case OMB_KIND_blobs:
    case OMB_KIND_i64s:
    case OMB_KIND_id:
    case OMB_KIND_keyid:
    case OMB_KIND_life:
    case OMB_KIND_digest:
    case OMB_KIND_digest0:
    case OMB_KIND_digests:
    case OMB_KIND_one:
    case OMB_KIND_any:
        break;
    }
    return false;
}

/* Messages inside facts and bodies whose fields are the client's to say. */
static bool is_open(const struct omb_shape_field *field)
{
    return field->kind == OMB_KIND_one &&
           (field->sub == &omb_shape_matter || field->sub == &omb_shape_client);
}

static bool find_in(const struct omb_shape *shape, struct omb_view name, struct omb_place_of *out)
{
    const struct omb_shape_field *field = shape ? omb_shape_field(shape, name) : NULL;

    if (!shape)
        return false;
    if (field && holds_values(field)) {
        *out = (struct omb_place_of){shape, NULL, field};
        return true;
    }
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *nested = &shape->fields[i];

        field = is_open(nested) ? omb_shape_field(nested->sub, name) : NULL;
        if (field && holds_values(field)) {
            *out = (struct omb_place_of){shape, nested, field};
            return true;
        }
    }
    return false;
}

static const struct omb_shape *event_shape(const struct omb_shape *of, uint32_t event)
{
    const struct omb_alternative *alternative = omb_shape_alternative(of, event);

    return alternative ? alternative->shape : NULL;
}

static bool has_extract(uint32_t event)
{
    return event == OMB_EVENT_REGISTERED || event == OMB_EVENT_AMENDED;
}

struct omb_place_of omb_fill_place(uint32_t event, const struct omb_option *option)
{
    const struct omb_view path = omb_view_str(option->field);
    const struct omb_view body = OMB_VIEW_LIT("body."), act = OMB_VIEW_LIT("act.");
    const struct omb_shape *roots[] = {event_shape(&omb_shape_facts, event),
                                       event_shape(&omb_shape_body, event),
                                       has_extract(event) ? &omb_shape_extract : NULL};
    struct omb_place_of place = {NULL, NULL, NULL};

    if (path.size == 0)
        return place;
    if (omb_view_starts(path, act)) {
        (void)find_in(&omb_shape_act, omb_view(path.data + act.size, path.size - act.size), &place);
        return place;
    }
    if (omb_view_starts(path, body)) {
        (void)find_in(roots[1], omb_view(path.data + body.size, path.size - body.size), &place);
        return place;
    }
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        if (find_in(roots[i], path, &place))
            break;
    return place;
}

/* --- reading values --- */

struct omb_views omb_fill_split(struct omb_arena *arena, struct omb_view text)
{
    struct omb_view *items;
    size_t count = 1, used = 0;

    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == ',';
    items = OMB_ARENA_NEW(arena, struct omb_view, count);
    for (size_t at = 0; at < text.size;) {
        size_t end = at, next;

        while (end < text.size && text.data[end] != ',')
            end++;
        next = end + 1;
        while (at < end && text.data[at] == ' ')
            at++;
        while (end > at && text.data[end - 1] == ' ')
            end--;
        if (end > at)
            items[used++] = omb_arena_copy(arena, omb_view(text.data + at, end - at));
        at = next;
    }
    return (struct omb_views){items, used};
}

static enum omb_rc read_number(const char *what, struct omb_view text, uint64_t most,
                               uint64_t *out, struct omb_error *err)
{
    uint64_t value;

    if (omb_text_u64(text, &value) != OMB_OK || value > most)
        return omb_fail(err, OMB_INVALID, what, "%s takes a number, not \"%.*s\"", what,
                        OMB_VIEW_ARGS(text));
    *out = value;
    return OMB_OK;
}

static enum omb_rc read_when(const struct omb_fill *fill, bool end_of_day, const char *what,
                             struct omb_view text, int64_t *out, struct omb_error *err)
{
    const char *copy = omb_arena_str(fill->arena, text);
    const struct omb_zone *zone = &omb_zone_utc;
    bool needs = false;
    enum omb_rc rc = omb_when_needs_zone(copy, &needs, err);

    if (rc != OMB_OK)
        return omb_fail_within(err, what);
    if (needs)
        rc = fill->zone(fill->ctx, &zone, err);
    return rc == OMB_OK ? omb_when_parse(copy, zone, end_of_day, out, err) : rc;
}

static enum omb_rc read_money(const struct omb_fill *fill, struct omb_view text, int64_t *out,
                              struct omb_error *err)
{
    if (!fill->currency)
        return omb_fail(err, OMB_MISSING, "currency", "an amount needs its currency");
    return omb_money_parse(omb_arena_str(fill->arena, text), fill->currency, out, err);
}

/* "calm=8,informed=9" */
static enum omb_rc read_scores(const struct omb_fill *fill, const char *what, struct omb_view text,
                               struct omb_question_score_list *out, struct omb_error *err)
{
    struct omb_views items = omb_fill_split(fill->arena, text);
    struct omb_question_score *scores =
        OMB_ARENA_NEW(fill->arena, struct omb_question_score, items.count);

    for (size_t i = 0; i < items.count; i++) {
        struct omb_view item = items.items[i];
        const uint8_t *equals = memchr(item.data, '=', item.size);
        uint64_t score = 0;
        enum omb_rc rc;

        if (!equals)
            return omb_fail(err, OMB_INVALID, what, "%s takes CODE=N, with commas, not \"%.*s\"",
                            what, OMB_VIEW_ARGS(item));
        scores[i].question = omb_view(item.data, (size_t)(equals - item.data));
        rc = read_number(what,
                         omb_view(equals + 1, item.size - scores[i].question.size - 1), UINT32_MAX,
                         &score, err);
        if (rc != OMB_OK)
            return rc;
        scores[i].score = (uint32_t)score;
    }
    *out = (struct omb_question_score_list){scores, items.count};
    return OMB_OK;
}

static enum omb_rc read_flag(const char *what, struct omb_view text, bool *out,
                             struct omb_error *err)
{
    if (text.size == 0 || omb_view_is(text, "yes") || omb_view_is(text, "true") ||
        omb_view_is(text, "1"))
        *out = true;
    else if (omb_view_is(text, "no") || omb_view_is(text, "false") || omb_view_is(text, "0"))
        *out = false;
    else
        return omb_fail(err, OMB_INVALID, what, "%s takes yes or no, not \"%.*s\"", what,
                        OMB_VIEW_ARGS(text));
    return OMB_OK;
}

enum omb_rc omb_fill_value(const struct omb_fill *fill, const struct omb_shape_field *field,
                           bool end_of_day, const char *what, struct omb_view text, void *message,
                           struct omb_error *err)
{
    void *at = (uint8_t *)message + field->offset;
    uint64_t number = 0;
    enum omb_rc rc;

    OMB_ASSERT(holds_values(field));
    if (field->kind == OMB_KIND_codes || field->kind == OMB_KIND_lines) {
        *(struct omb_views *)at = omb_fill_split(fill->arena, text);
        return OMB_OK;
    }
    if (field->kind == OMB_KIND_when)
        return read_when(fill, end_of_day, what, text, at, err);
    if (field->kind == OMB_KIND_i64)
        return read_money(fill, text, at, err);
    if (field->kind == OMB_KIND_flag)
        return read_flag(what, text, at, err);
    if (field->kind == OMB_KIND_many)
        return read_scores(fill, what, text, at, err);
    if (field->kind == OMB_KIND_u32 || field->kind == OMB_KIND_u64) {
        bool small = field->kind == OMB_KIND_u32;

        rc = read_number(what, text, small ? UINT32_MAX : UINT64_MAX, &number, err);
        if (rc == OMB_OK && small)
            *(uint32_t *)at = (uint32_t)number;
        else if (rc == OMB_OK)
            *(uint64_t *)at = number;
        return rc;
    }
    *(struct omb_view *)at = omb_arena_copy(fill->arena, text);
    return OMB_OK;
}

/* --- filling --- */

static enum omb_rc read_file(const struct omb_fill *fill, const char *path, struct omb_view *out,
                             struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    enum omb_rc rc =
        omb_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, OMB_TEXT_MAX + 1, &bytes, err);

    while (rc == OMB_OK && bytes.size && bytes.data[bytes.size - 1] == '\n')
        bytes.size--;
    if (rc == OMB_OK)
        *out = omb_arena_copy(fill->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return rc;
}

static enum omb_rc fill_one(const struct omb_fill *fill, const struct omb_option *option,
                            const char *said, const struct omb_shape_field *field, void *message,
                            struct omb_error *err)
{
    struct omb_view text = omb_view_str(said);
    char what[64] = "--";
    enum omb_rc rc = OMB_OK;

    strncat(what, option->name, sizeof(what) - sizeof("--"));
    if (!omb_shape_is_empty(field, message))
        return omb_fail(err, OMB_INVALID, NULL,
                        "%s says what another option has said already", what);
    if (option->kind == OMB_OPTION_TEXT_FILE)
        rc = read_file(fill, said, &text, err);
    if (rc != OMB_OK)
        return rc;
    return omb_fill_value(fill, field, option->kind == OMB_OPTION_DUE, what, text, message, err);
}

enum omb_rc omb_fill_message(const struct omb_fill *fill, const struct omb_args *args,
                             const struct omb_shape *shape, void *out, struct omb_error *err)
{
    for (size_t i = 0; i < args->verb->options.count; i++) {
        enum omb_opt opt = (enum omb_opt)args->verb->options.items[i];
        const struct omb_option *option = &omb_options[opt];
        struct omb_place_of place;
        enum omb_rc rc;

        if (!omb_args_has(args, opt) || !*option->field ||
            !find_in(shape, omb_view_str(option->field), &place) || place.nested)
            continue;
        rc = fill_one(fill, option, omb_args_get(args, opt), place.field, out, err);
        if (rc != OMB_OK)
            return rc;
    }
    return OMB_OK;
}

static void *message_of(const struct omb_fill *fill, struct omb_act_parts *parts,
                        const struct omb_place_of *place)
{
    void **root, **inner, *act = parts->act;

    if (place->root == parts->facts_shape)
        root = &parts->facts;
    else if (place->root == parts->body_shape)
        root = &parts->body;
    else if (place->root == &omb_shape_extract)
        root = &parts->extract;
    else
        root = &act;
    if (!*root)
        *root = omb_arena_get(fill->arena, place->root->size);
    if (!place->nested)
        return *root;
    inner = (void **)((uint8_t *)*root + place->nested->offset);
    if (!*inner)
        *inner = omb_arena_get(fill->arena, place->nested->sub->size);
    return *inner;
}

void omb_fill_begin(const struct omb_fill *fill, uint32_t event, struct omb_act *out,
                    struct omb_act_parts *out_parts)
{
    *out = (struct omb_act){.facts = NULL};
    *out_parts = (struct omb_act_parts){.event = event,
                                        .facts_shape = event_shape(&omb_shape_facts, event),
                                        .body_shape = event_shape(&omb_shape_body, event),
                                        .act = out};
    OMB_ASSERT(out_parts->facts_shape != NULL);
    /* A shape without fields has no size of its own. */
    out_parts->facts = omb_arena_get(
        fill->arena, out_parts->facts_shape->size ? out_parts->facts_shape->size : 1);
}

/* What a cell of a kind that can be wrong must hold. */
static const char *wanted_in_cell(enum omb_kind kind)
{
    if (kind == OMB_KIND_when)
        return "a time: 2026-09-30, 2026-09-30 17:20 or 2026-09-30T17:20:00+03:00";
    if (kind == OMB_KIND_i64)
        return "an amount, e.g. 250.00, in a currency of three capital letters";
    if (kind == OMB_KIND_flag)
        return "yes or no";
    return kind == OMB_KIND_many ? "CODE=N, with commas" : "a number";
}

/* Cells of a table slip: a client's name may stand where a date should, and is not repeated. */
enum omb_rc omb_fill_set(const struct omb_fill *fill, struct omb_act_parts *parts,
                         const struct omb_place_of *place, const char *what, struct omb_view text,
                         struct omb_error *err)
{
    const enum omb_rc rc = omb_fill_value(fill, place->field, false, what, text,
                                          message_of(fill, parts, place), err);

    return rc == OMB_INVALID ? omb_fail(err, rc, what, "%s must hold %s", what,
                                        wanted_in_cell(place->field->kind))
                             : rc;
}

void omb_fill_end(const struct omb_fill *fill, struct omb_act_parts *parts)
{
    struct omb_facts *facts = OMB_ARENA_NEW(fill->arena, struct omb_facts, 1);
    struct omb_body *body;

    facts->event = (struct omb_any){parts->event, parts->facts};
    parts->act->facts = facts;
    parts->act->extract = parts->extract;
    if (!parts->body)
        return;
    body = OMB_ARENA_NEW(fill->arena, struct omb_body, 1);
    body->event = (struct omb_any){parts->event, parts->body};
    parts->act->body = body;
}

enum omb_rc omb_fill_act(const struct omb_fill *fill, const struct omb_args *args, uint32_t event,
                         struct omb_act *out, struct omb_error *err)
{
    struct omb_act_parts parts;

    omb_fill_begin(fill, event, out, &parts);
    for (size_t i = 0; i < args->verb->options.count; i++) {
        enum omb_opt opt = (enum omb_opt)args->verb->options.items[i];
        const struct omb_option *option = &omb_options[opt];
        struct omb_place_of place;
        enum omb_rc rc;

        if (!omb_args_has(args, opt))
            continue;
        place = omb_fill_place(event, option);
        if (!place.root)
            continue;
        rc = fill_one(fill, option, omb_args_get(args, opt), place.field,
                      message_of(fill, &parts, &place), err);
        if (rc != OMB_OK)
            return rc;
    }
    omb_fill_end(fill, &parts);
    return OMB_OK;
}
