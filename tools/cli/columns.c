/*
 * A table whose columns are named like the fields. Cells are read as options are; empty cells say
 * nothing. A row with an outcome is decided, with a date or method of the answer answered, with a
 * date of closing or the client's word on it closed.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "cli/rows.h"
#include "crypto/crypto.h"

/* column, event, field; event 0: passed over */
static const struct column {
    const char *name;
    uint32_t event;
    const char *field;
} columns[] = {
#define HERE(name, field) {(name), OMB_EVENT_REGISTERED, (field)}
    HERE("kind", "kind"),
    HERE("channel", "channel"),
    HERE("product", "product"),
    HERE("issue", "issue"),
    HERE("severity", "severity"),
    HERE("received_at", "received_at"),
    HERE("segment", "segment"),
    HERE("vulnerable", "vulnerable"),
    HERE("confidential", "confidential"),
    HERE("anonymous", "anonymous"),
    HERE("wish", "wish"),
    HERE("first_asked", "first_asked"),
    HERE("reply_methods", "reply_methods"),
    HERE("about", "act.about"),
    HERE("client_name", "name"),
    HERE("phone", "phone"),
    HERE("email", "email"),
    HERE("address", "address"),
    HERE("account", "account"),
    HERE("narrative", "narrative"),
    HERE("wish_text", "body.wish"),
    HERE("place", "place"),
    HERE("pseudonym", "pseudonym"),
    HERE("reference", "reference"),
    HERE("subject", "subject"),
#undef HERE
    {"outcome", OMB_EVENT_RESOLVED, "outcome"},
    {"bank_error", OMB_EVENT_RESOLVED, "bank_error"},
    {"cause", OMB_EVENT_RESOLVED, "cause"},
    {"remedies", OMB_EVENT_RESOLVED, "remedies"},
    {"redress", OMB_EVENT_RESOLVED, "redress_minor"},
    {"currency", OMB_EVENT_RESOLVED, "currency"},
    {"findings", OMB_EVENT_RESOLVED, "findings"},
    {"answer", OMB_EVENT_RESOLVED, "answer"},
    {"resolved_at", OMB_EVENT_RESOLVED, "at"},
    {"answered_at", OMB_EVENT_ANSWERED, "at"},
    {"answer_method", OMB_EVENT_ANSWERED, "method"},
    {"closed_at", OMB_EVENT_CLOSED, "at"},
    {"accepts", OMB_EVENT_CLOSED, "accepts"},
    /* What `export cases` writes and an office finds out by itself. */
    {"number", 0, NULL},
    {"home", 0, NULL},
    {"custodian", 0, NULL},
    {"status", 0, NULL},
    {"registered_at", 0, NULL},
    {"answer_by", 0, NULL},
    {"overdue", 0, NULL},
    {"responsible", 0, NULL},
    {"flags", 0, NULL},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), REFERENCE_DIGITS = 32 };

/* Without a header the first row stands in its place: what is no name at all is not repeated. */
static bool is_like_name(struct omb_view name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum(name.data[i]) && name.data[i] != '_' && name.data[i] != '-')
            return false;
    return name.size > 0 && name.size <= 40;
}

static enum omb_rc fail_column(struct omb_view name, size_t at, struct omb_error *err)
{
    struct omb_view known[COLUMNS];
    char near[128];

    if (!is_like_name(name))
        return omb_fail(err, OMB_INVALID, NULL,
                        "column %zu of the header has no name of a field: is there a header?", at);
    for (size_t i = 0; i < COLUMNS; i++)
        known[i] = omb_view_str(columns[i].name);
    omb_text_nearest(name, known, COLUMNS, 3, near, sizeof(near));
    return omb_fail(err, OMB_INVALID, NULL, "there is no column \"%.*s\"%s%s%s",
                    OMB_VIEW_ARGS(name), *near ? "; did you mean " : "", near, *near ? "?" : "");
}

static enum omb_rc read_header(const struct omb_csv_row *row, struct omb_columns *out,
                               struct omb_error *err)
{
    bool said[COLUMNS] = {false};

    out->count = row->count;
    for (size_t i = 0; i < row->count; i++) {
        int found = -1;

        for (int c = 0; c < COLUMNS && found < 0; c++)
            if (omb_view_is(row->fields[i], columns[c].name))
                found = c;
        if (found < 0)
            return fail_column(row->fields[i], i + 1, err);
        if (said[found])
            return omb_fail(err, OMB_INVALID, NULL, "the column %s is there twice",
                            columns[found].name);
        said[found] = true;
        out->field_of[i] = found;
    }
    return OMB_OK;
}

/* --- a row --- */

/* A row that has no name of its own is known by what it says, so that it is imported once. */
static struct omb_view content_reference(struct omb_arena *arena, const struct omb_csv_row *row)
{
    char hex[OMB_HEX_DIGEST_SIZE];
    struct omb_buf content = OMB_BUF_INIT;
    struct omb_digest digest;

    /* With sizes, so that "a,b" is not "ab,". */
    for (size_t i = 0; i < row->count; i++) {
        omb_buf_add_be64(&content, row->fields[i].size);
        omb_buf_add_view(&content, row->fields[i]);
    }
    digest = omb_hash("ombud/import-row/1", omb_buf_view(&content));
    omb_buf_free(&content);
    omb_hex(OMB_VIEW_OF(digest.bytes), hex);
    return omb_arena_printf(arena, "row-%.*s", REFERENCE_DIGITS, hex);
}

static bool has_cell(const struct omb_columns *table, const struct omb_csv_row *row, uint32_t event)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->fields[i].size && columns[table->field_of[i]].event == event)
            return true;
    return false;
}

static enum omb_rc fill_event(const struct omb_fill *fill, const struct omb_columns *table,
                              const struct omb_csv_row *row, uint32_t event, struct omb_act *out,
                              struct omb_error *err)
{
    struct omb_act_parts parts;

    omb_fill_begin(fill, event, out, &parts);
    for (size_t i = 0; i < row->count; i++) {
        const struct column *column = &columns[table->field_of[i]];
        const struct omb_option option = {.name = column->name, .field = column->field};
        struct omb_place_of place;
        enum omb_rc rc;

        if (column->event != event || row->fields[i].size == 0)
            continue;
        place = omb_fill_place(event, &option);
        OMB_ASSERT(place.root != NULL);
        rc = omb_fill_set(fill, &parts, &place, column->name, row->fields[i], err);
        if (rc != OMB_OK)
            return rc;
    }
    omb_fill_end(fill, &parts);
    return OMB_OK;
}

/* The acts that followed, as far as the row speaks of them. */
static enum omb_rc fill_ending(const struct omb_fill *fill, const struct omb_columns *table,
                               const struct omb_csv_row *row, struct omb_act *act,
                               struct omb_error *err)
{
    static const uint32_t events[] = {OMB_EVENT_RESOLVED, OMB_EVENT_ANSWERED, OMB_EVENT_CLOSED};
    struct omb_act *then = OMB_ARENA_NEW(fill->arena, struct omb_act, 3);
    size_t count = 0;

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        enum omb_rc rc;

        if (!has_cell(table, row, events[i]))
            continue;
        rc = fill_event(fill, table, row, events[i], &then[count], err);
        if (rc != OMB_OK)
            return rc;
        if (events[i] == OMB_EVENT_CLOSED) {
            struct omb_closed *closed =
                (struct omb_closed *)(uintptr_t)then[count].facts->event.value;

            if (closed->accepts.size == 0)
                closed->accepts = OMB_VIEW_LIT("unknown");
        }
        count++;
    }
    act->then = (struct omb_act_list){then, count};
    return OMB_OK;
}

/* Amounts are in the currency that the same row says. */
static struct omb_fill with_currency(const struct omb_fill *fill, const struct omb_columns *table,
                                     const struct omb_csv_row *row)
{
    struct omb_fill with = *fill;

    with.currency = NULL;
    for (size_t i = 0; i < row->count; i++)
        if (row->fields[i].size && strcmp(columns[table->field_of[i]].name, "currency") == 0)
            with.currency = omb_arena_str(fill->arena, row->fields[i]);
    return with;
}

static enum omb_rc read_row(const struct omb_fill *fill, const struct omb_columns *table,
                            const struct omb_csv_row *row, struct omb_import_row *out,
                            struct omb_error *err)
{
    const struct omb_fill with = with_currency(fill, table, row);
    struct omb_act *act = OMB_ARENA_NEW(fill->arena, struct omb_act, 1);
    struct omb_imported *imported = OMB_ARENA_NEW(fill->arena, struct omb_imported, 1);
    struct omb_extract *extract;
    enum omb_rc rc = fill_event(&with, table, row, OMB_EVENT_REGISTERED, act, err);

    if (rc == OMB_OK)
        rc = fill_ending(&with, table, row, act, err);
    if (rc != OMB_OK)
        return rc;
    imported->source = OMB_VIEW_LIT("csv");
    ((struct omb_registered *)(uintptr_t)act->facts->event.value)->imported = imported;
    extract = OMB_ARENA_NEW(fill->arena, struct omb_extract, 1);
    if (act->extract)
        *extract = *act->extract;
    if (extract->reference.size == 0)
        extract->reference = content_reference(fill->arena, row);
    act->extract = extract;
    *out = (struct omb_import_row){row->line, extract->reference, act};
    return OMB_OK;
}

const struct omb_row_reader omb_rows_csv = {
    .source = "csv",
    .wants = "names of fields",
    .begins_row = NULL,
    .header = read_header,
    .read = read_row,
};
