#include "office/desk/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "ledger/record.h"
#include "wire/limits.h"

uint32_t omb_desk_limit(uint32_t asked, uint32_t standard, uint32_t most)
{
    if (asked == 0)
        return standard;
    return asked < most ? asked : most;
}

void omb_aside_begin(struct omb_aside *aside, const struct omb_step *step)
{
    aside->step = *step;
    aside->step.arena = &aside->arena;
    omb_arena_init(&aside->arena, SIZE_MAX / 2);
}

void omb_aside_end(struct omb_aside *aside)
{
    omb_arena_free(&aside->arena);
}

/* --- scans and cursors --- */

static enum omb_rc not_a_cursor(struct omb_error *err)
{
    return omb_fail(err, OMB_INVALID, "cursor",
                    "not a cursor of this kind of page: give back what the page before said");
}

enum omb_rc omb_page_mark_read(struct omb_view text, uint32_t stages, struct omb_page_mark *out,
                            struct omb_error *err)
{
    struct omb_page_mark cursor = {0};
    uint64_t stage;
    size_t dash = 0;

    if (text.size == 0) {
        *out = cursor;
        return OMB_OK;
    }
    while (dash < text.size && text.data[dash] != '-')
        dash++;
    if (dash == text.size || omb_text_u64(omb_view(text.data, dash), &stage) != OMB_OK ||
        stage >= stages)
        return not_a_cursor(err);
    cursor.stage = (uint32_t)stage;
    cursor.after.size = (text.size - dash - 1) / 2;
    if (cursor.after.size == 0 || cursor.after.size > OMB_KEY_MAX ||
        omb_unhex(omb_view(text.data + dash + 1, text.size - dash - 1), cursor.after.bytes,
                  cursor.after.size) != OMB_OK)
        return not_a_cursor(err);
    *out = cursor;
    return OMB_OK;
}

struct omb_view omb_page_mark_print(struct omb_arena *arena, const struct omb_page_mark *cursor)
{
    char hex[2 * OMB_KEY_MAX + 1];

    omb_hex(omb_key_view(&cursor->after), hex);
    return omb_arena_printf(arena, "%u-%s", cursor->stage, hex);
}

void omb_page_mark_set(struct omb_page_mark *cursor, struct omb_view key)
{
    OMB_ASSERT(key.size <= OMB_KEY_MAX);
    memcpy(cursor->after.bytes, key.data, key.size);
    cursor->after.size = key.size;
}

/* The first key behind all that start with the prefix; empty when there is none. */
static struct omb_key behind(struct omb_view prefix)
{
    struct omb_key key = {.size = prefix.size};

    OMB_ASSERT(prefix.size <= OMB_KEY_MAX);
    if (prefix.size > 0)
        memcpy(key.bytes, prefix.data, prefix.size);
    while (key.size > 0 && key.bytes[key.size - 1] == 0xff)
        key.size--;
    if (key.size > 0)
        key.bytes[key.size - 1]++;
    return key;
}

enum omb_rc omb_desk_scan(const struct omb_step *step, enum omb_family family,
                          struct omb_view prefix, const struct omb_key *after, omb_row_fn *fn,
                          void *arg, struct omb_error *err)
{
    uint8_t next[OMB_KEY_MAX + 1];
    const struct omb_key until = behind(prefix);
    struct omb_view from = prefix;
    enum omb_rc rc;

    if (after != NULL && after->size > 0) {
        memcpy(next, after->bytes, after->size);
        next[after->size] = 0;
        from = omb_view(next, after->size + 1);
    }
    rc = omb_port_scan(step->port, family, from, omb_key_view(&until), false, fn, arg);
    if (rc != OMB_OK && err != NULL && err->words[0] == '\0')
        return omb_fail(err, rc, NULL, "the rows of `%s` cannot be read", omb_family_name(family));
    return rc;
}

/* --- lists of sentences --- */

void omb_lines_add(struct omb_lines *lines, const char *format, ...)
{
    char text[OMB_LINE_MAX + 1];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    OMB_ASSERT(size >= 0);
    if (lines->count == lines->room) {
        struct omb_view *items;

        lines->room = lines->room ? 2 * lines->room : 16;
        items = OMB_ARENA_NEW(lines->arena, struct omb_view, lines->room);
        if (lines->count > 0)
            memcpy(items, lines->items, lines->count * sizeof(*items));
        lines->items = items;
    }
    lines->items[lines->count++] =
        omb_arena_copy(lines->arena, omb_text_cut(omb_view_str(text), OMB_LINE_MAX));
}

struct omb_views omb_lines_views(const struct omb_lines *lines)
{
    return (struct omb_views){lines->items, lines->count};
}

/* --- words --- */

struct omb_view omb_desk_hex(struct omb_arena *arena, struct omb_view bytes)
{
    char *hex = omb_arena_get(arena, 2 * bytes.size + 1);

    omb_hex(bytes, hex);
    return omb_view(hex, 2 * bytes.size);
}

struct omb_view omb_desk_actor(struct omb_step *step, const struct omb_office_id *office,
                               struct omb_view actor)
{
    struct omb_view code;

    if (omb_office_id_equal(office, &omb_office_self(step->office)->office))
        return actor;
    code = omb_office_code_of(step, office);
    return omb_arena_printf(step->arena, "%.*s@%.*s", OMB_VIEW_ARGS(actor), OMB_VIEW_ARGS(code));
}

struct omb_view omb_desk_place(struct omb_step *step, const struct omb_office_id *office,
                               const struct omb_incarnation *incarnation, uint64_t seq)
{
    const struct omb_view code = omb_office_code_of(step, office);
    char hex[2 * OMB_INCARNATION_SIZE + 1];

    omb_hex(OMB_VIEW_OF(incarnation->bytes), hex);
    return omb_arena_printf(step->arena, "%.*s/%s/%llu", OMB_VIEW_ARGS(code), hex,
                            (unsigned long long)seq);
}

struct omb_views omb_desk_roles(struct omb_step *step, uint32_t roles)
{
    static const char *const words[] = {
#define ROLE_WORD(name, word) word,
        OMB_ROLE_BITS(ROLE_WORD)
#undef ROLE_WORD
    };
    struct omb_view *items = OMB_ARENA_NEW(step->arena, struct omb_view, OMB_ROLEIDX_COUNT);
    size_t count = 0;

    for (size_t i = 0; i < OMB_ROLEIDX_COUNT; i++) {
        if (roles & (1u << i))
            items[count++] = omb_view_str(words[i]);
    }
    return (struct omb_views){items, count};
}

uint32_t omb_desk_asking(const struct omb_step *step)
{
    return step->who != NULL ? step->who->roles : OMB_MAY(ADMIN);
}

/* --- a record, opened --- */

enum omb_rc omb_desk_open(struct omb_step *step, uint32_t number, uint64_t seq,
                          struct omb_opened *out, struct omb_error *err)
{
    struct omb_opened record = {.at = {number, seq}};
    enum omb_rc rc =
        omb_record_read(step, number, seq, &record.stored, &record.header, &record.odd, err);

    if (rc != OMB_OK)
        return rc;
    record.digest = omb_record_digest(record.stored.header);
    *out = record;
    return OMB_OK;
}

uint32_t omb_opened_tag(const struct omb_opened *record)
{
    return record->header.facts != NULL ? record->header.facts->event.tag : 0;
}

enum omb_rc omb_desk_part(struct omb_step *step, const struct omb_row_at *at,
                          enum omb_part_kind kind, struct omb_buf *out)
{
    const struct omb_key key = omb_key_part(at->number, at->seq, kind);

    return omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&key), out);
}
