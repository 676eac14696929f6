/*
 * Records that are kept and take no effect: forks, and the quarantine.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "wire/limits.h"

/* --- forks --- */

/* The beginning of a digest, by which a record is found. */
static void cell_digest(struct omb_table *table, struct omb_view digest)
{
    omb_table_printf(table, "%.16s", digest.size >= 16 ? (const char *)digest.data : "");
}

static void fork_row(struct omb_cli *cli, struct omb_table *table, const struct omb_fork_view *fork)
{
    omb_table_text(table, fork->office);
    omb_table_printf(table, "%llu", (unsigned long long)fork->seq);
    cell_digest(table, fork->stands);
    cell_digest(table, fork->other);
    omb_table_text(table, fork->found_by);
    omb_cli_cell_when(cli, table, fork->at);
    omb_table_printf(table, "%s", fork->renewed ? "yes" : fork->told ? "no" : "not known");
}

enum omb_exit omb_run_log_forks(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_forks *forks = omb_cli_ask(cli, OMB_ASK_LOG_FORKS, NULL, &exit);
    struct omb_table table;

    if (!forks)
        return exit;
    if (cli->json) {
        omb_cli_print_json_list(cli, &omb_shape_fork_view,
                                (struct omb_any_list){forks->forks.items, forks->forks.count});
        return OMB_EXIT_DONE;
    }
    omb_table_init(&table);
    omb_table_column(&table, "office", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "seq", true);
    omb_table_column(&table, "stands", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "other", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "found by", false);
    omb_table_column(&table, "at", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "renewed", false);
    for (size_t i = 0; i < forks->forks.count; i++)
        fork_row(cli, &table, &forks->forks.items[i]);
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

/* --- quarantine --- */

static void quarantine_columns(struct omb_table *table)
{
    omb_table_column(table, "at", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "event", false);
    omb_table_column(table, "office", false);
    omb_table_column(table, "case", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "record", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "why", false);
}

static void quarantine_row(struct omb_cli *cli, struct omb_table *table,
                           const struct omb_quarantined_record *record)
{
    omb_cli_cell_when(cli, table, record->at);
    omb_table_text(table, record->type);
    omb_table_text(table, record->office);
    omb_table_text(table, record->number);
    cell_digest(table, record->record);
    omb_table_text(table, record->why);
}

static enum omb_exit each_quarantined(struct omb_cli *cli, struct omb_json_list *json,
                                      struct omb_table *table)
{
    char cursor[OMB_LINE_MAX + 1] = "";

    do {
        const struct omb_quarantine_ask ask = {.cursor = omb_view_str(cursor),
                                               .limit = OMB_PAGE_MAX};
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_quarantine *page = omb_cli_ask(cli, OMB_ASK_LOG_QUARANTINE, &ask, &exit);

        if (!page)
            return exit;
        for (size_t i = 0; i < page->records.count; i++) {
            const struct omb_quarantined_record *record = &page->records.items[i];

            if (cli->json)
                omb_json_list_add(json, omb_json_message(&omb_shape_quarantined_record, record));
            else
                quarantine_row(cli, table, record);
        }
        if (page->cursor.size > OMB_LINE_MAX)
            break;
        if (page->cursor.size)
            memcpy(cursor, page->cursor.data, page->cursor.size);
        cursor[page->cursor.size] = '\0';
    } while (cursor[0] != '\0');
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_log_quarantine(struct omb_cli *cli)
{
    struct omb_json_list json = {.lines = cli->json_lines};
    struct omb_table table;
    enum omb_exit exit;

    omb_table_init(&table);
    quarantine_columns(&table);
    exit = each_quarantined(cli, &json, &table);
    if (exit == OMB_EXIT_DONE && cli->json)
        omb_json_list_end(&json);
    else if (exit == OMB_EXIT_DONE)
        omb_cli_print_table(&table);
    omb_table_free(&table);
    return exit;
}
