/*
 * Reports, and changes as they happen.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "cli/when.h"
#include "wire/limits.h"

/* --- reports --- */

static json_t *report_values(const struct omb_report *report, struct omb_views keys,
                             const struct omb_i64s *values)
{
    json_t *object = json_object();

    for (size_t i = 0; i < keys.count && i < report->by.count; i++)
        json_object_setn_new(object, (const char *)report->by.items[i].data,
                             report->by.items[i].size, omb_json_text(keys.items[i]));
    for (size_t i = 0; i < values->count && i < report->measures.count; i++)
        json_object_setn_new(object, (const char *)report->measures.items[i].data,
                             report->measures.items[i].size, json_integer(values->items[i]));
    return object;
}

/* {"rows":[{...}],"totals":{...},"as_of":...,"stale":[...]}: totals never stand among the rows. */
static json_t *report_json(const struct omb_report *report)
{
    const struct omb_views none = {NULL, 0};
    json_t *rows = json_array(), *stale = json_array();
    json_t *object = json_object();

    for (size_t i = 0; i < report->rows.count; i++)
        json_array_append_new(rows, report_values(report, report->rows.items[i].keys,
                                                  &report->rows.items[i].values));
    for (size_t i = 0; i < report->stale.count; i++)
        json_array_append_new(stale,
                              omb_json_message(&omb_shape_stale_office, &report->stale.items[i]));
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "totals", report_values(report, none, &report->totals));
    json_object_set_new(object, "as_of", omb_json_when(report->as_of));
    json_object_set_new(object, "stale", stale);
    return object;
}

/* Titles are views: the table wants them ended. */
static void report_columns(struct omb_cli *cli, const struct omb_report *report,
                           struct omb_table *table)
{
    for (size_t i = 0; i < report->by.count; i++)
        omb_table_column(table, omb_arena_str(&cli->arena, report->by.items[i]), false);
    for (size_t i = 0; i < report->measures.count; i++)
        omb_table_column(table, omb_arena_str(&cli->arena, report->measures.items[i]), true);
}

static void report_row(const struct omb_report *report, struct omb_views keys,
                       const struct omb_i64s *values, struct omb_table *table)
{
    for (size_t i = 0; i < report->by.count; i++)
        omb_table_text(table, i < keys.count ? keys.items[i] : OMB_VIEW_NONE);
    for (size_t i = 0; i < report->measures.count; i++)
        omb_table_printf(table, "%lld",
                         i < values->count ? (long long)values->items[i] : 0LL);
}

static void print_report(struct omb_cli *cli, const struct omb_report *report, bool csv)
{
    static const struct omb_view total = {(const uint8_t *)"total", 5};
    struct omb_table table;

    omb_table_init(&table);
    report_columns(cli, report, &table);
    for (size_t i = 0; i < report->rows.count; i++)
        report_row(report, report->rows.items[i].keys, &report->rows.items[i].values, &table);
    if (!csv)
        report_row(report, (struct omb_views){&total, 1}, &report->totals, &table);
    else if (report->by.count == 0)
        report_row(report, (struct omb_views){NULL, 0}, &report->totals, &table);
    if (csv)
        omb_table_print_csv(&table, stdout);
    else
        omb_cli_print_table(&table);
    omb_table_free(&table);
    /* A program that reads the rows takes no line beside them; people are told all the same. */
    for (size_t i = 0; i < report->stale.count; i++) {
        char since[OMB_WHEN_SIZE];

        omb_when_print(report->stale.items[i].since, omb_cli_zone(cli), since);
        fprintf(csv ? stderr : stdout, "stale: %.*s since %s\n",
                OMB_VIEW_ARGS(report->stale.items[i].office), since);
    }
}

enum omb_exit omb_run_report(struct omb_cli *cli)
{
    const char *format = omb_args_get(&cli->args, OMB_OPT_REPORT_FORMAT);
    const struct omb_fill fill = omb_cli_fill(cli);
    struct omb_filter filter = {.since = 0};
    struct omb_report_ask ask = {.filter = &filter};
    const struct omb_report *report;
    enum omb_exit exit = OMB_EXIT_FAILED;
    struct omb_error err;
    uint64_t top;

    ask.by = omb_fill_split(&cli->arena, omb_view_str(omb_args_get(&cli->args, OMB_OPT_BY)));
    ask.measures =
        omb_fill_split(&cli->arena, omb_view_str(omb_args_get(&cli->args, OMB_OPT_MEASURE)));
    if (omb_args_number(&cli->args, OMB_OPT_TOP, 0, &top, &err) != OMB_OK ||
        omb_fill_message(&fill, &cli->args, &omb_shape_filter, &filter, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    ask.top = top < UINT32_MAX ? (uint32_t)top : UINT32_MAX;
    report = omb_cli_ask(cli, OMB_ASK_REPORT, &ask, &exit);
    if (!report)
        return exit;
    if (cli->json || (format && strcmp(format, "json") == 0))
        omb_json_print(report_json(report), cli->json_lines);
    else
        print_report(cli, report, format && strcmp(format, "csv") == 0);
    return OMB_EXIT_DONE;
}

/* --- changes --- */

#define LOOK_AGAIN_MS 2000 /* a ring that was lost costs so much */

/* A watch on its way. */
struct watching {
    struct omb_cli *cli;
    struct omb_views topics;
    char position[OMB_LINE_MAX + 1];
    uint64_t left; /* changes until it stops */
    bool more;     /* ask again at once */
    bool told;     /* changes that were not confirmed yet */
    bool whole; /* one array, which nobody can read before its end */
    struct omb_json_list json;
};

static void print_change(struct watching *watch, const struct omb_change *change)
{
    struct omb_cli *cli = watch->cli;
    char at[OMB_WHEN_SIZE];

    if (cli->json) {
        omb_json_list_add(&watch->json, omb_json_message(&omb_shape_change, change));
        return;
    }
    omb_when_print(change->at, omb_cli_zone(cli), at);
    printf("%s  %-11.*s %-16.*s %.*s  by %.*s  %.*s\n", at, OMB_VIEW_ARGS(change->topic),
           OMB_VIEW_ARGS(change->type), OMB_VIEW_ARGS(change->number),
           OMB_VIEW_ARGS(change->actor), OMB_VIEW_ARGS(change->position));
}

/* Whoever reads the output has it: the subscription goes on behind it. */
static enum omb_exit confirm(struct watching *watch)
{
    struct omb_cli *cli = watch->cli;
    const char *name = omb_args_get(&cli->args, OMB_OPT_SUBSCRIPTION);
    const struct omb_subscription_move ask = {
        .name = omb_view_str(name),
        .position = omb_view_str(watch->position),
        .topics = watch->topics,
    };
    enum omb_exit exit = OMB_EXIT_DONE;

    if (!watch->told)
        return exit;
    if (fflush(stdout) != 0 || ferror(stdout))
        return OMB_EXIT_FAILED;
    watch->told = false;
    if (name != NULL)
        (void)omb_cli_ask(cli, OMB_ASK_SUBSCRIPTION_MOVE, &ask, &exit);
    return exit;
}

static enum omb_exit watch_page(struct watching *watch)
{
    const struct omb_changes_ask ask = {
        .since = omb_view_str(watch->position),
        .topics = watch->topics,
        .name = omb_view_str(omb_args_get(&watch->cli->args, OMB_OPT_SUBSCRIPTION)),
        .limit = watch->left < OMB_PAGE_MAX ? (uint32_t)watch->left : OMB_PAGE_MAX,
    };
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_changes *changes = omb_cli_ask(watch->cli, OMB_ASK_CHANGES, &ask, &exit);

    if (!changes)
        return exit;
    for (size_t i = 0; i < changes->changes.count; i++)
        print_change(watch, &changes->changes.items[i]);
    watch->told |= changes->changes.count > 0;
    watch->left -= changes->changes.count < watch->left ? changes->changes.count : watch->left;
    watch->more = changes->next.size && !omb_view_is(changes->next, watch->position);
    if (changes->next.size && changes->next.size <= OMB_LINE_MAX) {
        memcpy(watch->position, changes->next.data, changes->next.size);
        watch->position[changes->next.size] = '\0';
    }
    return watch->whole ? OMB_EXIT_DONE : confirm(watch);
}

static enum omb_exit watch_on(struct watching *watch)
{
    const bool waits = !omb_args_has(&watch->cli->args, OMB_OPT_NO_WAIT);
    struct omb_error err;

    while (watch->left > 0) {
        const enum omb_exit exit = watch_page(watch);

        if (exit != OMB_EXIT_DONE)
            return exit;
        if (watch->more)
            continue;
        if (!waits)
            break;
        if (omb_session_wait(watch->cli->session, LOOK_AGAIN_MS, &err) != OMB_OK)
            return omb_cli_fail(&err);
    }
    return OMB_EXIT_DONE;
}

/* A list that does not end is no array: of it, programs read a line at a time. */
enum omb_exit omb_run_watch(struct omb_cli *cli)
{
    const char *since = omb_args_get(&cli->args, OMB_OPT_SINCE_POSITION);
    const bool ends = omb_args_has(&cli->args, OMB_OPT_NO_WAIT) ||
                      omb_args_has(&cli->args, OMB_OPT_COUNT_CHANGES);
    struct watching watch = {
        .cli = cli,
        .topics = omb_fill_split(&cli->arena, omb_view_str(cli->args.words[0])),
        .json.lines = cli->json_lines || !ends,
        .whole = cli->json && !cli->json_lines && ends,
    };
    enum omb_exit exit;
    struct omb_error err;

    if (omb_args_number(&cli->args, OMB_OPT_COUNT_CHANGES, UINT64_MAX, &watch.left, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    if (since && strlen(since) > OMB_LINE_MAX) {
        (void)omb_fail(&err, OMB_INVALID, NULL, "--since is no position");
        return omb_cli_fail_value(&err);
    }
    memcpy(watch.position, since ? since : "", since ? strlen(since) + 1 : 1);
    exit = watch_on(&watch);
    if (cli->json && (exit == OMB_EXIT_DONE || watch.told))
        omb_json_list_end(&watch.json);
    return exit == OMB_EXIT_DONE ? confirm(&watch) : exit;
}
