/*
 * The table that the US Consumer Financial Protection Bureau publishes. A row becomes a
 * registration; a response that closes becomes a decision, an answer and a closing without dates,
 * since the table has none.
 */
#include <string.h>

#include "cli/rows.h"
#include "cli/titles.h"
#include "cli/when.h"
#include "wire/limits.h"

enum field {
    RECEIVED, PRODUCT, ISSUE, NARRATIVE, VIA, ID, RESPONSE, DISPUTED, SENT,
    /* Kept as they are, as codes: */
    SUB_PRODUCT, SUB_ISSUE, PUBLIC_RESPONSE, COMPANY, STATE, ZIP, TAGS, CONSENT, TIMELY,
    FIELDS
};

/* The title's code, and the name under which the field is kept; NULL: it goes elsewhere. */
static const struct {
    const char *title;
    const char *kept;
} fields[FIELDS] = {
    [RECEIVED] = {"date-received", NULL},
    [PRODUCT] = {"product", NULL},
    [ISSUE] = {"issue", NULL},
    [NARRATIVE] = {"consumer-complaint-narrative", NULL},
    [VIA] = {"submitted-via", NULL},
    [ID] = {"complaint-id", NULL},
    [RESPONSE] = {"company-response-to-consumer", "company-response"},
    [DISPUTED] = {"consumer-disputed", "disputed"},
    [SENT] = {"date-sent-to-company", "sent"},
    [SUB_PRODUCT] = {"sub-product", "sub-product"},
    [SUB_ISSUE] = {"sub-issue", "sub-issue"},
    [PUBLIC_RESPONSE] = {"company-public-response", "public-response"},
    [COMPANY] = {"company", "company"},
    [STATE] = {"state", "state"},
    [ZIP] = {"zip-code", "zip"},
    [TAGS] = {"tags", "tags"},
    [CONSENT] = {"consumer-consent-provided", "consent"},
    [TIMELY] = {"timely-response", "timely"},
};

static const struct {
    const char *via, *channel;
} channels[] = {
    {"web", "internet"}, {"phone", "phone"}, {"postal-mail", "post"},
    {"fax", "post"},     {"email", "email"}, {"referral", "other"},
};

/* "In progress" and "Untimely response" are no end. */
static const struct {
    const char *response, *outcome;
} endings[] = {
    {"closed-with-relief", "founded"},
    {"closed-with-monetary-relief", "founded"},
    {"closed-with-non-monetary-relief", "founded"},
    {"closed-with-explanation", "unfounded"},
    {"closed", "unfounded"},
    {"closed-without-relief", "unfounded"},
};

/* --- the table --- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Rows begin with a date, the header with the title of that column. */
static bool begins_row(struct omb_view line)
{
    static const char shapes[][11] = {"dddd-dd-dd", "dd/dd/dddd"};

    if (line.size && line.data[0] == '"')
        line = omb_view(line.data + 1, line.size - 1);
    if (omb_view_starts(line, OMB_VIEW_LIT("Date received")))
        return true;
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        size_t i = 0;

        while (i < 10 && i < line.size &&
               (shapes[s][i] == 'd' ? is_digit(line.data[i]) : line.data[i] == shapes[s][i]))
            i++;
        if (i == 10 && line.size > i && (line.data[i] == ',' || line.data[i] == '"'))
            return true;
    }
    return false;
}

static enum omb_rc read_header(const struct omb_csv_row *row, struct omb_columns *out,
                               struct omb_error *err)
{
    static const enum field needed[] = {RECEIVED, PRODUCT, ID};
    bool found[FIELDS] = {false};

    out->count = row->count;
    for (size_t i = 0; i < row->count; i++) {
        char code[OMB_CODE_MAX + 1];

        omb_title_code(row->fields[i], code);
        out->field_of[i] = -1;
        for (int f = 0; f < FIELDS; f++) {
            if (strcmp(code, fields[f].title) == 0) {
                out->field_of[i] = f;
                found[f] = true;
            }
        }
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!found[needed[i]])
            return omb_fail(err, OMB_NOT_FOUND, NULL, "no column \"%s\"",
                            fields[needed[i]].title);
    return OMB_OK;
}

/* --- a row --- */

struct reading {
    const struct omb_fill *fill;
    struct omb_view cells[FIELDS];
    struct omb_view marks[2];
    size_t mark_count;
};

static struct omb_view trimmed(struct omb_view text)
{
    while (text.size && text.data[0] <= ' ')
        text = omb_view(text.data + 1, text.size - 1);
    while (text.size && text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

static struct omb_view code_of(const struct reading *reading, enum field field)
{
    char code[OMB_CODE_MAX + 1];

    omb_title_code(reading->cells[field], code);
    return *code ? omb_arena_copy(reading->fill->arena, omb_view_str(code)) : OMB_VIEW_NONE;
}

/* Cells slip: what stands there instead may be a client's words, and is not repeated. */
static enum omb_rc fail_date(enum field field, struct omb_error *err)
{
    return omb_fail(err, OMB_INVALID, fields[field].title,
                    "it must hold a date: 03/31/2026 or 2026-03-31");
}

/* "2015-03-19", also as it was published before: "03/19/2015". */
static enum omb_rc read_date(const struct reading *reading, enum field field, int64_t *out,
                             struct omb_error *err)
{
    const struct omb_view cell = reading->cells[field];
    const char *d = (const char *)cell.data;
    const struct omb_zone *zone;
    enum omb_rc rc;
    char iso[11];

    if (cell.size == 0)
        return omb_fail(err, OMB_MISSING, fields[field].title, "the row has no date");
    if (cell.size != 10)
        return fail_date(field, err);
    memcpy(iso, d, 10);
    if (d[2] == '/' && d[5] == '/') {
        memcpy(iso, d + 6, 4);
        iso[4] = iso[7] = '-';
        memcpy(iso + 5, d, 2);
        memcpy(iso + 8, d + 3, 2);
    }
    iso[10] = '\0';
    rc = reading->fill->zone(reading->fill->ctx, &zone, err);
    if (rc == OMB_OK)
        rc = omb_when_parse(iso, zone, false, out, err);
    return rc == OMB_INVALID ? fail_date(field, err) : rc;
}

static struct omb_view channel_of(const struct reading *reading)
{
    struct omb_view via = code_of(reading, VIA);

    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
        if (omb_view_is(via, channels[i].via))
            return omb_view_str(channels[i].channel);
    return OMB_VIEW_LIT("other");
}

static enum omb_rc read_matter(const struct reading *reading, struct omb_matter *out,
                               struct omb_error *err)
{
    out->kind = OMB_VIEW_LIT("complaint");
    out->channel = channel_of(reading);
    out->product = code_of(reading, PRODUCT);
    out->issue = code_of(reading, ISSUE);
    if (out->issue.size == 0)
        out->issue = OMB_VIEW_LIT("other");
    if (out->product.size == 0)
        return omb_fail(err, OMB_MISSING, "product", "the row has no product");
    return read_date(reading, RECEIVED, &out->received_at, err);
}

static void keep_fields(struct reading *reading, int64_t received_at, struct omb_imported *out)
{
    struct omb_arena *arena = reading->fill->arena;
    struct omb_imported_field *kept = OMB_ARENA_NEW(arena, struct omb_imported_field, FIELDS);
    size_t count = 0;
    int64_t sent;

    for (int f = 0; f < FIELDS; f++) {
        struct omb_view code = fields[f].kept ? code_of(reading, (enum field)f) : OMB_VIEW_NONE;

        if (code.size)
            kept[count++] = (struct omb_imported_field){omb_view_str(fields[f].kept), code};
    }
    if (reading->cells[SENT].size && read_date(reading, SENT, &sent, NULL) == OMB_OK &&
        sent < received_at)
        reading->marks[reading->mark_count++] = OMB_VIEW_LIT("dates-backwards");
    out->source = OMB_VIEW_LIT("cfpb");
    out->fields = (struct omb_imported_field_list){kept, count};
}

/* A narrative is taken as it is, but for what no text may hold. */
static void read_narrative(struct reading *reading, struct omb_registered_body *out)
{
    struct omb_buf text = OMB_BUF_INIT;

    if (omb_text_clean(reading->cells[NARRATIVE], OMB_TEXT_MAX, false, &text))
        reading->marks[reading->mark_count++] = OMB_VIEW_LIT("text-changed");
    out->narrative = omb_arena_copy(reading->fill->arena, omb_buf_view(&text));
    omb_buf_free(&text);
}

static const struct omb_facts *facts_of(struct omb_arena *arena, uint32_t tag, const void *event)
{
    struct omb_facts *facts = OMB_ARENA_NEW(arena, struct omb_facts, 1);

    facts->event = (struct omb_any){tag, event};
    return facts;
}

static void add_ending(const struct reading *reading, struct omb_act *act)
{
    struct omb_arena *arena = reading->fill->arena;
    struct omb_view response = code_of(reading, RESPONSE);
    const char *outcome = NULL;
    struct omb_resolved *resolved;
    struct omb_closed *closed;
    struct omb_act *then;

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (omb_view_is(response, endings[i].response))
            outcome = endings[i].outcome;
    if (!outcome)
        return;
    resolved = OMB_ARENA_NEW(arena, struct omb_resolved, 1);
    resolved->outcome = omb_view_str(outcome);
    resolved->bank_error = OMB_VIEW_LIT("unknown");
    closed = OMB_ARENA_NEW(arena, struct omb_closed, 1);
    /* Who disputes does not accept; who does not has not said so. */
    closed->accepts = omb_view_is(code_of(reading, DISPUTED), "yes") ? OMB_VIEW_LIT("no")
                                                                      : OMB_VIEW_LIT("unknown");
    then = OMB_ARENA_NEW(arena, struct omb_act, 3);
    then[0].facts = facts_of(arena, OMB_EVENT_RESOLVED, resolved);
    then[1].facts =
        facts_of(arena, OMB_EVENT_ANSWERED, OMB_ARENA_NEW(arena, struct omb_answered, 1));
    then[2].facts = facts_of(arena, OMB_EVENT_CLOSED, closed);
    act->then = (struct omb_act_list){then, 3};
}

static enum omb_rc read_row(const struct omb_fill *fill, const struct omb_columns *columns,
                            const struct omb_csv_row *row, struct omb_import_row *out,
                            struct omb_error *err)
{
    struct reading reading = {.fill = fill};
    struct omb_arena *arena = fill->arena;
    struct omb_act *act = OMB_ARENA_NEW(arena, struct omb_act, 1);
    struct omb_registered *registered = OMB_ARENA_NEW(arena, struct omb_registered, 1);
    struct omb_matter *matter = OMB_ARENA_NEW(arena, struct omb_matter, 1);
    struct omb_imported *imported = OMB_ARENA_NEW(arena, struct omb_imported, 1);
    struct omb_registered_body *words = OMB_ARENA_NEW(arena, struct omb_registered_body, 1);
    struct omb_body *body = OMB_ARENA_NEW(arena, struct omb_body, 1);
    struct omb_extract *extract = OMB_ARENA_NEW(arena, struct omb_extract, 1);
    enum omb_rc rc;

    for (size_t i = 0; i < row->count; i++)
        if (columns->field_of[i] >= 0)
            reading.cells[columns->field_of[i]] = trimmed(row->fields[i]);
    extract->reference = omb_arena_copy(arena, reading.cells[ID]);
    if (extract->reference.size == 0)
        return omb_fail(err, OMB_MISSING, "complaint-id", "the row has no complaint id");
    rc = read_matter(&reading, matter, err);
    if (rc != OMB_OK)
        return rc;
    keep_fields(&reading, matter->received_at, imported);
    if (reading.cells[NARRATIVE].size) {
        read_narrative(&reading, words);
        body->event = (struct omb_any){OMB_EVENT_REGISTERED, words};
        act->body = body;
    }
    imported->marks = (struct omb_views){OMB_ARENA_NEW(arena, struct omb_view, 2),
                                         reading.mark_count};
    memcpy((struct omb_view *)(uintptr_t)imported->marks.items, reading.marks,
           sizeof(reading.marks));
    registered->matter = matter;
    registered->imported = imported;
    act->facts = facts_of(arena, OMB_EVENT_REGISTERED, registered);
    act->extract = extract;
    add_ending(&reading, act);
    *out = (struct omb_import_row){row->line, extract->reference, act};
    return OMB_OK;
}

const struct omb_row_reader omb_rows_cfpb = {
    .source = "cfpb",
    .wants = "Date received, Product and Complaint ID",
    .begins_row = begins_row,
    .header = read_header,
    .read = read_row,
};
