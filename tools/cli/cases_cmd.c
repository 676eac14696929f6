/*
 * Lists of cases, page after page: on the screen, as JSON, and written out whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/run.h"
#include "cli/when.h"
#include "wire/limits.h"

/* The rows of a list as they come; false: enough. The summary lives during the call. */
typedef bool case_fn(void *arg, const struct omb_case_summary *summary);

static enum omb_exit each_case(struct omb_cli *cli, const struct omb_filter *filter, uint64_t most,
                               case_fn *fn, void *arg)
{
    char cursor[OMB_LINE_MAX + 1] = "";
    uint64_t count = 0;
    bool more = true;

    while (more && count < most) {
        uint64_t left = most - count;
        const struct omb_case_list_ask ask = {
            .filter = filter,
            .cursor = omb_view_str(cursor),
            .limit = left < OMB_PAGE_MAX ? (uint32_t)left : OMB_PAGE_MAX,
        };
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_case_list *page = omb_cli_ask(cli, OMB_ASK_CASE_LIST, &ask, &exit);

        if (!page)
            return exit;
        for (size_t i = 0; more && i < page->cases.count; i++, count++)
            more = fn(arg, &page->cases.items[i]);
        more = more && page->cursor.size && page->cursor.size <= OMB_LINE_MAX;
        if (more)
            memcpy(cursor, page->cursor.data, page->cursor.size);
        cursor[more ? page->cursor.size : 0] = '\0';
    }
    return OMB_EXIT_DONE;
}

static enum omb_exit read_filter(struct omb_cli *cli, struct omb_filter *out)
{
    const struct omb_fill fill = omb_cli_fill(cli);
    struct omb_error err;

    *out = (struct omb_filter){.since = 0};
    if (omb_fill_message(&fill, &cli->args, &omb_shape_filter, out, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    return OMB_EXIT_DONE;
}

/* --- the list on the screen --- */

/* What a list is for stays on the narrowest terminal: which case, how it stands, by when. */
static void summary_columns(struct omb_table *table)
{
    static const struct {
        const char *title;
        bool whole;
        unsigned leaves;
    } columns[] = {
        {"number", true, 0},     {"status", true, 0},       {"kind", true, 2},
        {"product", false, 7},   {"issue", false, 6},       {"severity", true, 3},
        {"received", true, 8},   {"answer by", true, 0},    {"custodian", true, 1},
        {"responsible", false, 4}, {"flags", false, 5},
    };

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        omb_table_column(table, columns[i].title, false);
        if (columns[i].whole)
            omb_table_keep_whole(table);
        if (columns[i].leaves)
            omb_table_may_leave(table, columns[i].leaves);
    }
}

static void summary_row(struct omb_cli *cli, struct omb_table *table,
                        const struct omb_case_summary *summary)
{
    omb_table_text(table, summary->number);
    omb_table_text(table, summary->status);
    omb_table_text(table, summary->kind);
    omb_table_text(table, summary->product);
    omb_table_text(table, summary->issue);
    omb_table_text(table, summary->severity);
    omb_cli_cell_when(cli, table, summary->received_at);
    omb_cli_cell_when(cli, table, summary->answer_by);
    omb_table_text(table, summary->custodian);
    omb_table_text(table, summary->responsible);
    omb_cli_cell_list(table, summary->flags);
}

struct listing {
    struct omb_cli *cli;
    struct omb_json_list json;
    struct omb_table table;
};

static bool list_case(void *arg, const struct omb_case_summary *summary)
{
    struct listing *listing = arg;

    if (listing->cli->json)
        omb_json_list_add(&listing->json, omb_json_message(&omb_shape_case_summary, summary));
    else
        summary_row(listing->cli, &listing->table, summary);
    return true;
}

enum omb_exit omb_run_case_list(struct omb_cli *cli)
{
    struct listing listing = {.cli = cli, .json = {.lines = cli->json_lines}};
    struct omb_filter filter;
    struct omb_error err;
    uint64_t most;
    enum omb_exit exit = read_filter(cli, &filter);

    if (exit != OMB_EXIT_DONE)
        return exit;
    if (omb_args_number(&cli->args, OMB_OPT_LIMIT_ROWS, UINT64_MAX, &most, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    omb_table_init(&listing.table);
    summary_columns(&listing.table);
    exit = each_case(cli, &filter, most, list_case, &listing);
    if (exit == OMB_EXIT_DONE && cli->json)
        omb_json_list_end(&listing.json);
    else if (exit == OMB_EXIT_DONE)
        omb_cli_print_table(&listing.table);
    omb_table_free(&listing.table);
    return exit;
}

/* --- what is due --- */

struct due {
    struct omb_cli *cli;
    const struct omb_case_summary **cases;
    size_t count;
    size_t capacity;
};

static bool keep_case(void *arg, const struct omb_case_summary *summary)
{
    struct due *due = arg;

    if (summary->answer_by == 0)
        return true;
    if (due->count == due->capacity) {
        size_t capacity = due->capacity ? 2 * due->capacity : 256;
        const struct omb_case_summary **cases =
            OMB_ARENA_NEW(&due->cli->arena, const struct omb_case_summary *, capacity);

        if (due->count)
            memcpy(cases, due->cases, due->count * sizeof(*cases));
        due->cases = cases;
        due->capacity = capacity;
    }
    due->cases[due->count++] = omb_shape_copy(&omb_shape_case_summary, summary, &due->cli->arena);
    return true;
}

static int by_due(const void *a, const void *b)
{
    const struct omb_case_summary *const *x = a, *const *y = b;

    if ((*x)->answer_by != (*y)->answer_by)
        return (*x)->answer_by < (*y)->answer_by ? -1 : 1;
    return omb_view_compare((*x)->number, (*y)->number);
}

static void print_due(const struct due *due, size_t most)
{
    struct omb_table table;

    omb_table_init(&table);
    summary_columns(&table);
    for (size_t i = 0; i < due->count && i < most; i++)
        summary_row(due->cli, &table, due->cases[i]);
    omb_cli_print_table(&table);
    omb_table_free(&table);
}

enum omb_exit omb_run_case_due(struct omb_cli *cli)
{
    static const struct omb_view pending[] = {{(const uint8_t *)"open", 4},
                                              {(const uint8_t *)"resolved", 8}};
    struct omb_json_list json = {.lines = cli->json_lines};
    struct due due = {.cli = cli};
    struct omb_filter filter;
    struct omb_error err;
    uint64_t most;
    enum omb_exit exit = read_filter(cli, &filter);

    if (exit != OMB_EXIT_DONE)
        return exit;
    if (omb_args_number(&cli->args, OMB_OPT_LIMIT_ROWS, UINT64_MAX, &most, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    if (filter.status.count == 0)
        filter.status = (struct omb_views){pending, 2};
    exit = each_case(cli, &filter, UINT64_MAX, keep_case, &due);
    if (exit != OMB_EXIT_DONE)
        return exit;
    if (due.count)
        qsort(due.cases, due.count, sizeof(*due.cases), by_due);
    if (!cli->json) {
        print_due(&due, most);
        return OMB_EXIT_DONE;
    }
    for (size_t i = 0; i < due.count && i < most; i++)
        omb_json_list_add(&json, omb_json_message(&omb_shape_case_summary, due.cases[i]));
    omb_json_list_end(&json);
    return OMB_EXIT_DONE;
}

/* --- written out --- */

struct writing {
    bool csv;
    bool begun; /* the titles are written */
    const char *before;           /* a column before those of the shape, or NULL */
    const struct omb_shape *shape;
    struct omb_json_list json;
    struct omb_buf line;
    uint64_t count;
};

/* --json is an array as everywhere, --json-lines and the format jsonl are lines. */
static struct writing writing_as_said(const struct omb_cli *cli, const struct omb_shape *shape,
                                      const char *before)
{
    const char *format = omb_args_get(&cli->args, OMB_OPT_EXPORT_FORMAT);
    bool jsonl = format && strcmp(format, "jsonl") == 0;

    return (struct writing){.csv = !cli->json && !jsonl,
                            .before = before,
                            .shape = shape,
                            .json = {.lines = jsonl || cli->json_lines}};
}

static void flush_line(struct writing *writing)
{
    if (writing->line.size > 0)
        fwrite(writing->line.data, 1, writing->line.size, stdout);
    omb_buf_clear(&writing->line);
}

/* Titles come with the first answer: who is refused gets nothing. */
static void begin_writing(struct writing *writing)
{
    if (writing->csv && !writing->begun) {
        if (writing->before)
            omb_csv_add(&writing->line, omb_view_str(writing->before), true);
        for (size_t i = 0; i < writing->shape->field_count; i++)
            omb_csv_add(&writing->line, omb_view_str(writing->shape->fields[i].name),
                        i == 0 && !writing->before);
        omb_buf_add_u8(&writing->line, '\n');
        flush_line(writing);
    }
    writing->begun = true;
}

static void end_writing(struct writing *writing, enum omb_exit exit)
{
    if (exit == OMB_EXIT_DONE)
        begin_writing(writing);
    if (!writing->csv && exit == OMB_EXIT_DONE)
        omb_json_list_end(&writing->json);
    omb_buf_free(&writing->line);
    omb_cli_progress_end();
}

static void count_written(struct writing *writing)
{
    if (++writing->count % OMB_PAGE_MAX == 0)
        omb_cli_progress("%llu written", (unsigned long long)writing->count);
}

/* Any message as a row: instants RFC 3339, lists with commas, messages as JSON. */
static void csv_row(const struct omb_shape *shape, const void *message, struct omb_buf *line)
{
    json_t *object = omb_json_message(shape, message), *value;
    const char *key;
    bool first = true;

    json_object_foreach(object, key, value) {
        struct omb_buf cell = OMB_BUF_INIT;
        char *nested = NULL;
        json_t *item;
        size_t i;

        if (json_is_string(value))
            omb_buf_add(&cell, json_string_value(value), json_string_length(value));
        else if (json_is_integer(value))
            omb_buf_printf(&cell, "%lld", (long long)json_integer_value(value));
        else if (json_is_boolean(value))
            omb_buf_add_str(&cell, json_is_true(value) ? "yes" : "no");
        else if (json_is_array(value))
            json_array_foreach(value, i, item)
                omb_buf_printf(&cell, "%s%s", i ? "," : "", json_string_value(item));
        else if (json_is_object(value))
            omb_buf_add_str(&cell, nested = json_dumps(value, JSON_COMPACT));
        omb_csv_add(line, omb_buf_view(&cell), first);
        first = false;
        free(nested);
        omb_buf_free(&cell);
    }
    omb_buf_add_u8(line, '\n');
    json_decref(object);
}

static bool write_case(void *arg, const struct omb_case_summary *summary)
{
    struct writing *writing = arg;

    begin_writing(writing);
    if (writing->csv) {
        csv_row(&omb_shape_case_summary, summary, &writing->line);
        flush_line(writing);
    } else {
        omb_json_list_add(&writing->json, omb_json_message(&omb_shape_case_summary, summary));
    }
    count_written(writing);
    return true;
}

enum omb_exit omb_run_export_cases(struct omb_cli *cli)
{
    struct writing writing;
    struct omb_filter filter;
    enum omb_exit exit = read_filter(cli, &filter);

    if (exit != OMB_EXIT_DONE)
        return exit;
    writing = writing_as_said(cli, &omb_shape_case_summary, NULL);
    exit = each_case(cli, &filter, UINT64_MAX, write_case, &writing);
    end_writing(&writing, exit);
    return exit;
}

/* An event with its case's number before it, as one flat row. */
static void write_event(struct writing *writing, const struct omb_exported_event *exported)
{
    begin_writing(writing);
    if (!writing->csv) {
        json_t *object = json_object();

        json_object_set_new(object, "number", omb_json_text(exported->number));
        if (exported->event) {
            json_t *event = omb_json_message(&omb_shape_event_view, exported->event);

            json_object_update(object, event);
            json_decref(event);
        }
        omb_json_list_add(&writing->json, object);
    } else if (exported->event) {
        omb_csv_add(&writing->line, exported->number, true);
        omb_buf_add_u8(&writing->line, ',');
        csv_row(&omb_shape_event_view, exported->event, &writing->line);
        flush_line(writing);
    }
    count_written(writing);
}

static enum omb_exit write_events(struct omb_cli *cli, const struct omb_filter *filter,
                                  struct writing *writing)
{
    char cursor[OMB_LINE_MAX + 1] = "";

    do {
        const struct omb_export_events_ask ask = {
            .cursor = omb_view_str(cursor), .limit = OMB_PAGE_MAX, .filter = filter};
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_export_events *page = omb_cli_ask(cli, OMB_ASK_EXPORT_EVENTS, &ask, &exit);
        size_t size;

        if (!page)
            return exit;
        for (size_t i = 0; i < page->events.count; i++)
            write_event(writing, &page->events.items[i]);
        size = page->cursor.size <= OMB_LINE_MAX ? page->cursor.size : 0;
        memcpy(cursor, size ? page->cursor.data : (const uint8_t *)"", size);
        cursor[size] = '\0';
    } while (*cursor);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_export_events(struct omb_cli *cli)
{
    struct writing writing;
    struct omb_filter filter;
    enum omb_exit exit = read_filter(cli, &filter);

    if (exit != OMB_EXIT_DONE)
        return exit;
    writing = writing_as_said(cli, &omb_shape_event_view, "number");
    exit = write_events(cli, &filter, &writing);
    end_writing(&writing, exit);
    return exit;
}
