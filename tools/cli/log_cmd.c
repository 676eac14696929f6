/*
 * Logs and the store: what is held, whether it holds, and written out for anyone to verify.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "io/driver.h"
#include "wire/limits.h"

/* A page's cursor is kept while the next page takes its place; "" at the end. */
struct cursor {
    char text[OMB_LINE_MAX + 1];
};

static bool advance(struct cursor *cursor, struct omb_view next)
{
    size_t size = next.size <= OMB_LINE_MAX ? next.size : 0;

    memcpy(cursor->text, size ? next.data : (const uint8_t *)"", size);
    cursor->text[size] = '\0';
    return size > 0;
}

static void print_problems(struct omb_views problems)
{
    for (size_t i = 0; i < problems.count; i++)
        printf("PROBLEM: %.*s\n", OMB_VIEW_ARGS(problems.items[i]));
}

/* --- logs --- */

enum omb_exit omb_run_log_list(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_log_list *list = omb_cli_ask(cli, OMB_ASK_LOG_LIST, NULL, &exit);
    struct omb_table table;

    if (!list)
        return exit;
    if (cli->json) {
        omb_cli_print_json_list(cli, &omb_shape_log_view,
                                (struct omb_any_list){list->logs.items, list->logs.count});
        return OMB_EXIT_DONE;
    }
    omb_table_init(&table);
    omb_table_column(&table, "office", false);
    omb_table_column(&table, "incarnation", false);
    omb_table_column(&table, "head", true);
    omb_table_column(&table, "records", true);
    omb_table_column(&table, "newest", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "digest", false);
    for (size_t i = 0; i < list->logs.count; i++) {
        const struct omb_log_view *log = &list->logs.items[i];

        omb_table_text(&table, log->office);
        omb_table_text(&table, log->incarnation);
        omb_table_printf(&table, "%llu", (unsigned long long)log->head);
        omb_table_printf(&table, "%llu", (unsigned long long)log->records);
        omb_cli_cell_when(cli, &table, log->newest_at);
        omb_table_text(&table, log->digest);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

static void log_columns(struct omb_table *table)
{
    omb_table_column(table, "incarnation", false);
    omb_table_may_leave(table, 1);
    omb_table_column(table, "seq", true);
    omb_table_column(table, "at", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "event", false);
    omb_table_column(table, "by", false);
    omb_table_column(table, "case", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "bytes", true);
    omb_table_column(table, "parts", false);
    omb_table_may_leave(table, 2);
    omb_table_column(table, "record", false);
    omb_table_keep_whole(table);
}

static void log_row(struct omb_cli *cli, struct omb_table *table, const struct omb_log_entry *entry)
{
    omb_table_text(table, entry->incarnation);
    omb_table_printf(table, "%llu", (unsigned long long)entry->seq);
    omb_cli_cell_when(cli, table, entry->at);
    omb_table_text(table, entry->type);
    omb_table_text(table, entry->actor);
    omb_table_text(table, entry->case_number);
    omb_table_printf(table, "%u", entry->size);
    omb_table_text(table, entry->parts);
    omb_table_printf(table, "%.16s",
                     entry->digest.size >= 16 ? (const char *)entry->digest.data : "");
}

static enum omb_exit each_entry(struct omb_cli *cli, uint64_t most, struct omb_json_list *json,
                                struct omb_table *table)
{
    struct cursor cursor = {""};
    uint64_t count = 0;
    bool more = true;

    while (more && count < most) {
        const struct omb_log_show_ask ask = {
            .office = omb_view_str(cli->args.words[0]),
            .cursor = omb_view_str(cursor.text),
            .limit = most - count < OMB_PAGE_MAX ? (uint32_t)(most - count) : OMB_PAGE_MAX,
        };
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_log_show *page = omb_cli_ask(cli, OMB_ASK_LOG_SHOW, &ask, &exit);

        if (!page)
            return exit;
        for (size_t i = 0; i < page->records.count; i++, count++) {
            const struct omb_log_entry *entry = &page->records.items[i];

            if (cli->json)
                omb_json_list_add(json, omb_json_message(&omb_shape_log_entry, entry));
            else
                log_row(cli, table, entry);
        }
        more = advance(&cursor, page->cursor);
    }
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_log_show(struct omb_cli *cli)
{
    struct omb_json_list json = {.lines = cli->json_lines};
    struct omb_table table;
    struct omb_error err;
    enum omb_exit exit;
    uint64_t most;

    if (omb_args_number(&cli->args, OMB_OPT_LIMIT_ROWS, UINT64_MAX, &most, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    omb_table_init(&table);
    log_columns(&table);
    exit = each_entry(cli, most, &json, &table);
    if (exit == OMB_EXIT_DONE && cli->json)
        omb_json_list_end(&json);
    else if (exit == OMB_EXIT_DONE)
        omb_cli_print_table(&table);
    omb_table_free(&table);
    return exit;
}

/* The problems of all pages, kept. */
static void add_problems(struct omb_cli *cli, struct omb_views *all, struct omb_views page)
{
    struct omb_view *items;

    if (page.count == 0)
        return;
    items = OMB_ARENA_NEW(&cli->arena, struct omb_view, all->count + page.count);
    if (all->count)
        memcpy(items, all->items, all->count * sizeof(*items));
    for (size_t i = 0; i < page.count; i++)
        items[all->count + i] = omb_arena_copy(&cli->arena, page.items[i]);
    *all = (struct omb_views){items, all->count + page.count};
}

enum omb_exit omb_run_log_verify(struct omb_cli *cli)
{
    struct omb_log_verified sum = {.records = 0};
    struct cursor cursor = {""};
    bool more = true;

    while (more) {
        const struct omb_log_verify_ask ask = {
            .office = omb_view_str(cli->args.word_count ? cli->args.words[0] : NULL),
            .cursor = omb_view_str(cursor.text),
        };
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_log_verified *page = omb_cli_ask(cli, OMB_ASK_LOG_VERIFY, &ask, &exit);

        if (!page)
            return exit;
        sum.records += page->records;
        sum.proofs += page->proofs;
        sum.parts += page->parts;
        sum.holes += page->holes;
        add_problems(cli, &sum.problems, page->problems);
        omb_cli_progress("%llu records verified", (unsigned long long)sum.records);
        more = advance(&cursor, page->cursor);
    }
    omb_cli_progress_end();
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_log_verified, &sum);
    } else {
        printf("records %llu, proofs %llu, parts %llu: %s\n", (unsigned long long)sum.records,
               (unsigned long long)sum.proofs, (unsigned long long)sum.parts,
               sum.problems.count ? "NOT all hold" : "all hold");
        if (sum.holes)
            printf("holes %llu: records of logs that this office holds in part\n",
                   (unsigned long long)sum.holes);
        print_problems(sum.problems);
    }
    return sum.problems.count ? OMB_EXIT_FAILED : OMB_EXIT_DONE;
}

/* The keys that the interface lists, and no other; the incarnation in base64 like all bytes. */
static json_t *exported_record(const struct omb_exported_record *record)
{
    json_t *object = omb_json_message(&omb_shape_exported_record, record);
    uint8_t life[OMB_INCARNATION_SIZE];

    if (omb_unhex(record->incarnation, life, sizeof(life)) == OMB_OK)
        json_object_set_new(object, "incarnation", omb_json_bytes(OMB_VIEW_OF(life)));
    return object;
}

enum omb_exit omb_run_log_export(struct omb_cli *cli)
{
    struct omb_json_list json = {.lines = true};
    struct cursor cursor = {""};
    bool more = true;

    while (more) {
        const struct omb_log_export_ask ask = {
            .office = omb_view_str(cli->args.words[0]),
            .cursor = omb_view_str(cursor.text),
            .limit = OMB_PAGE_MAX,
            .certificates = omb_args_has(&cli->args, OMB_OPT_CERTIFICATES),
        };
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_log_export *page = omb_cli_ask(cli, OMB_ASK_LOG_EXPORT, &ask, &exit);

        if (!page)
            return exit;
        for (size_t i = 0; i < page->records.count; i++)
            omb_json_list_add(&json, exported_record(&page->records.items[i]));
        for (size_t i = 0; i < page->certificates.count; i++)
            omb_json_list_add(&json, omb_json_message(&omb_shape_exported_certificate,
                                                      &page->certificates.items[i]));
        omb_cli_progress("%zu written", json.count);
        more = advance(&cursor, page->cursor);
    }
    omb_cli_progress_end();
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_explain(struct omb_cli *cli)
{
    const struct omb_explain_ask ask = {.record = omb_view_str(cli->args.words[0])};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_explanation *explanation = omb_cli_ask(cli, OMB_ASK_EXPLAIN, &ask, &exit);

    if (!explanation)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_explanation, explanation);
        return OMB_EXIT_DONE;
    }
    if (explanation->record)
        printf("%.*s of %.*s, record %llu, by %.*s\n", OMB_VIEW_ARGS(explanation->record->type),
               OMB_VIEW_ARGS(explanation->record->office),
               (unsigned long long)explanation->record->seq,
               OMB_VIEW_ARGS(explanation->record->actor));
    for (size_t i = 0; i < explanation->lines.count; i++)
        printf("  %.*s\n", OMB_VIEW_ARGS(explanation->lines.items[i]));
    return OMB_EXIT_DONE;
}

/* --- the store --- */

/* With the daemon down every block is read too; a running daemon's files are its own. */
static enum omb_exit check_blocks(struct omb_cli *cli)
{
    struct omb_driver *driver = omb_session_driver(cli->session);
    struct omb_error err;

    if (driver && omb_store_verify(driver->store, &err) != OMB_OK)
        return omb_cli_fail(&err);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_store_check(struct omb_cli *cli)
{
    struct omb_store_checked sum = {.rows = 0};
    struct cursor cursor = {""};
    bool more = true;
    enum omb_exit exit = check_blocks(cli);

    while (more && exit == OMB_EXIT_DONE) {
        const struct omb_store_check_ask ask = {.cursor = omb_view_str(cursor.text)};
        const struct omb_store_checked *page = omb_cli_ask(cli, OMB_ASK_STORE_CHECK, &ask, &exit);

        if (!page)
            return exit;
        sum.rows += page->rows;
        add_problems(cli, &sum.problems, page->problems);
        omb_cli_progress("%llu rows read", (unsigned long long)sum.rows);
        more = advance(&cursor, page->cursor);
    }
    omb_cli_progress_end();
    if (exit != OMB_EXIT_DONE)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_store_checked, &sum);
    } else {
        printf("rows %llu: %s\n", (unsigned long long)sum.rows,
               sum.problems.count ? "NOT all hold" : "all hold");
        print_problems(sum.problems);
    }
    return sum.problems.count ? OMB_EXIT_FAILED : OMB_EXIT_DONE;
}

/* What was given up to open the store, as `--accept-loss` asked. */
static void tell_loss(struct omb_cli *cli)
{
    const struct omb_driver *driver = omb_session_driver(cli->session);
    uint64_t writes;

    if (!driver || !omb_store_gave_up(driver->store, &writes))
        return;
    if (writes > 0)
        fprintf(stderr, "given up: the last %llu writes that had been synced\n",
                (unsigned long long)writes);
    else
        fprintf(stderr, "given up: what stood behind the damage, if anything\n");
}

enum omb_exit omb_run_store_rebuild(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_store_rebuilt *rebuilt =
        omb_cli_ask(cli, OMB_ASK_STORE_REBUILD, NULL, &exit);

    if (!rebuilt)
        return exit;
    tell_loss(cli);
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_store_rebuilt, rebuilt);
    else
        printf("records %llu, cases %llu, changed %llu\n", (unsigned long long)rebuilt->records,
               (unsigned long long)rebuilt->cases, (unsigned long long)rebuilt->changed);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_store_stats(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_store_stats *stats = omb_cli_ask(cli, OMB_ASK_STORE_STATS, NULL, &exit);
    struct omb_table table;

    if (!stats)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_store_stats, stats);
        return OMB_EXIT_DONE;
    }
    printf("schema %u, epoch %.*s, cases %llu, records %llu, bytes %llu\n\n", stats->schema,
           OMB_VIEW_ARGS(stats->epoch), (unsigned long long)stats->cases,
           (unsigned long long)stats->records, (unsigned long long)stats->bytes);
    omb_table_init(&table);
    omb_table_column(&table, "family", false);
    omb_table_column(&table, "rows", true);
    omb_table_column(&table, "bytes", true);
    for (size_t i = 0; i < stats->families.count; i++) {
        omb_table_text(&table, stats->families.items[i].family);
        omb_table_printf(&table, "%llu", (unsigned long long)stats->families.items[i].rows);
        omb_table_printf(&table, "%llu", (unsigned long long)stats->families.items[i].bytes);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}
