/*
 * Imports: rows are read as a stream, sent in batches with a few under way, and accounted for one
 * by one. A row that cannot be taken is named with its line and reason; the others are in. Memory
 * is that of the batch being filled and of the reasons.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rows.h"
#include "cli/run.h"

#define BATCH_BYTES (1024 * 1024) /* of the file: well under the largest request when encoded */

enum { BATCH_ROWS = 250, UNDER_WAY = 4, NOISE_MAX = 1000 };

struct reason {
    uint64_t line;
    const char *words;
};

struct import {
    struct omb_cli *cli;
    const struct omb_row_reader *reader;
    struct omb_csv csv;
    struct omb_columns columns;
    struct omb_csv_row row;
    struct omb_arena arena;                 /* of the batch */
    struct omb_import_row rows[BATCH_ROWS];
    size_t count;
    size_t bytes;
    size_t under_way;                       /* batches sent and not yet answered */
    bool dry_run;

    uint64_t read, imported, there;
    struct reason *reasons;
    size_t reason_count, reason_capacity;
};

/* --- rejected rows --- */

static void reject(struct import *import, uint64_t line, const struct omb_error *err)
{
    struct omb_arena *arena = &import->cli->arena;
    struct omb_view words;

    if (import->reason_count == import->reason_capacity) {
        size_t capacity = import->reason_capacity ? 2 * import->reason_capacity : 64;
        struct reason *reasons = OMB_ARENA_NEW(arena, struct reason, capacity);

        if (import->reason_count)
            memcpy(reasons, import->reasons, import->reason_count * sizeof(*reasons));
        import->reasons = reasons;
        import->reason_capacity = capacity;
    }
    words = omb_arena_printf(arena, "%s%s%s%s", err->words, *err->field ? " (" : "", err->field,
                             *err->field ? ")" : "");
    import->reasons[import->reason_count++] =
        (struct reason){line, omb_arena_str(arena, words)};
}

static int by_line(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;

    return x->line < y->line ? -1 : x->line > y->line;
}

/* --- batches --- */

static void take_results(struct import *import, const struct omb_import_done *done)
{
    for (size_t i = 0; i < done->results.count; i++) {
        const struct omb_import_result *result = &done->results.items[i];
        struct omb_error err;

        if (result->error) {
            char field[64];
            struct omb_view name = result->error->field;

            snprintf(field, sizeof(field), "%.*s", OMB_VIEW_ARGS(name));
            (void)omb_fail(&err, OMB_REFUSED, field, "%.*s", OMB_VIEW_ARGS(result->error->words));
            omb_cli_shorten(&err);
            reject(import, result->line, &err);
        } else if (result->duplicate) {
            import->there++;
        } else {
            import->imported++;
        }
    }
    omb_cli_progress("%llu rows read, %llu %s", (unsigned long long)import->read,
                     (unsigned long long)(import->imported + import->there),
                     import->dry_run ? "fine" : "in");
}

static enum omb_rc receive(struct import *import, struct omb_error *err)
{
    const void *done;
    enum omb_rc rc =
        omb_session_receive(import->cli->session, OMB_ASK_IMPORT_BATCH, &done, err);

    import->under_way--;
    if (rc == OMB_OK)
        take_results(import, done);
    return rc;
}

static enum omb_rc send_batch(struct import *import, struct omb_error *err)
{
    const struct omb_import_batch batch = {.source = omb_view_str(import->reader->source),
                                           .rows = {import->rows, import->count},
                                           .dry_run = import->dry_run};
    enum omb_rc rc = OMB_OK;

    if (import->count == 0)
        return OMB_OK;
    if (import->under_way == UNDER_WAY)
        rc = receive(import, err);
    if (rc == OMB_OK)
        rc = omb_session_send(import->cli->session, OMB_ASK_IMPORT_BATCH, &batch, err);
    if (rc != OMB_OK)
        return rc;
    import->under_way++;
    import->count = 0;
    import->bytes = 0;
    omb_arena_reset(&import->arena);
    return OMB_OK;
}

/* --- rows --- */

/* Codes and texts that no daemon takes would cost the whole batch: found here, they cost a row. */
static enum omb_rc read_row(struct import *import, struct omb_error *err)
{
    struct omb_fill fill = omb_cli_fill(import->cli);
    struct omb_import_row *row = &import->rows[import->count];
    enum omb_rc rc;

    fill.arena = &import->arena;
    if (import->row.count != import->columns.count)
        return omb_fail(err, OMB_INVALID, NULL, "the row has %zu fields, the header has %zu",
                        import->row.count, import->columns.count);
    rc = import->reader->read(&fill, &import->columns, &import->row, row, err);
    if (rc == OMB_OK)
        rc = omb_shape_check(&omb_shape_import_row, row, err);
    if (rc != OMB_OK)
        omb_cli_shorten(err);
    return rc;
}

static enum omb_rc take_row(struct import *import, struct omb_error *err)
{
    enum omb_rc rc = read_row(import, err);

    import->read++;
    if (rc == OMB_UNREACHABLE || rc == OMB_IO || rc == OMB_REFUSED)
        return rc;
    if (rc != OMB_OK) {
        reject(import, import->row.line, err);
        if (import->row.count != import->columns.count)
            omb_csv_give_back(&import->csv, &import->row);
        return OMB_OK;
    }
    import->bytes += import->csv.row_size;
    import->count++;
    return import->count == BATCH_ROWS || import->bytes > BATCH_BYTES ? send_batch(import, err)
                                                                     : OMB_OK;
}

static enum omb_rc read_rows(struct import *import, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK) {
        rc = omb_csv_next(&import->csv, &import->row, err);
        if (rc == OMB_OK) {
            rc = take_row(import, err);
        } else if (rc == OMB_INVALID) {
            import->read++;
            reject(import, import->row.line, err);
            rc = OMB_OK;
        }
    }
    if (rc == OMB_NOT_FOUND)
        rc = send_batch(import, err);
    while (rc == OMB_OK && import->under_way)
        rc = receive(import, err);
    return rc;
}

/* Whatever stands before the header is noise. */
static enum omb_rc find_header(struct import *import, struct omb_error *err)
{
    enum omb_rc rc = OMB_NOT_FOUND;

    for (size_t i = 0; i < NOISE_MAX; i++) {
        rc = omb_csv_next(&import->csv, &import->row, err);
        if (rc == OMB_INVALID)
            continue;
        if (rc != OMB_OK)
            break;
        rc = import->reader->header(&import->row, &import->columns, err);
        if (rc != OMB_NOT_FOUND)
            return rc;
        omb_csv_give_back(&import->csv, &import->row);
    }
    if (rc == OMB_IO)
        return rc;
    return omb_fail(err, OMB_INVALID, NULL, "the file has no header with %s",
                    import->reader->wants);
}

/* --- the account --- */

static void print_json(const struct import *import)
{
    json_t *object = json_object(), *rejected = json_array();

    for (size_t i = 0; i < import->reason_count; i++) {
        json_t *row = json_object();

        json_object_set_new(row, "line", json_integer((json_int_t)import->reasons[i].line));
        json_object_set_new(row, "reason",
                            omb_json_text(omb_view_str(import->reasons[i].words)));
        json_array_append_new(rejected, row);
    }
    json_object_set_new(object, "rows", json_integer((json_int_t)import->read));
    json_object_set_new(object, "imported", json_integer((json_int_t)import->imported));
    json_object_set_new(object, "already_there", json_integer((json_int_t)import->there));
    json_object_set_new(object, "rejected", rejected);
    json_object_set_new(object, "dry_run", json_boolean(import->dry_run));
    omb_json_print(object, import->cli->json_lines);
}

static void print_account(const struct import *import)
{
    printf("rows read      %llu\n%s       %llu\nalready there  %llu\nrejected       %zu\n",
           (unsigned long long)import->read, import->dry_run ? "fine    " : "imported",
           (unsigned long long)import->imported, (unsigned long long)import->there,
           import->reason_count);
    for (size_t i = 0; i < import->reason_count; i++)
        printf("line %llu: %s\n", (unsigned long long)import->reasons[i].line,
               import->reasons[i].words);
}

static enum omb_exit run(struct import *import)
{
    const struct omb_zone *zone;
    struct omb_error err;
    /* Before batches are under way, whose answers would come in between. */
    enum omb_rc rc = omb_session_zone(import->cli->session, &zone, &err);

    if (rc == OMB_OK)
        rc = find_header(import, &err);
    if (rc == OMB_OK)
        rc = read_rows(import, &err);
    omb_cli_progress_end();
    if (rc != OMB_OK) {
        if (import->imported && !import->dry_run)
            fprintf(stderr, "ombud: %llu rows are in; the import can be repeated\n",
                    (unsigned long long)import->imported);
        return omb_cli_fail(&err);
    }
    if (import->reason_count)
        qsort(import->reasons, import->reason_count, sizeof(*import->reasons), by_line);
    if (import->cli->json)
        print_json(import);
    else
        print_account(import);
    return import->reason_count ? OMB_EXIT_FAILED : OMB_EXIT_DONE;
}

static enum omb_exit import_file(struct omb_cli *cli, const struct omb_row_reader *reader)
{
    const char *path = cli->args.words[0];
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    struct import *import;
    struct omb_error err;
    enum omb_exit exit;

    if (!file) {
        (void)omb_fail(&err, OMB_NOT_FOUND, NULL, "%s cannot be opened: %s", path, strerror(errno));
        return omb_cli_fail(&err);
    }
    import = OMB_ARENA_NEW(&cli->arena, struct import, 1);
    import->cli = cli;
    import->reader = reader;
    import->dry_run = omb_args_has(&cli->args, OMB_OPT_DRY_RUN);
    omb_arena_init(&import->arena, SIZE_MAX);
    omb_csv_open(file, &import->csv);
    import->csv.begins_row = reader->begins_row;
    exit = run(import);
    omb_csv_close(&import->csv);
    omb_arena_free(&import->arena);
    if (!is_stdin)
        fclose(file);
    return exit;
}

enum omb_exit omb_run_import_cfpb(struct omb_cli *cli)
{
    return import_file(cli, &omb_rows_cfpb);
}

enum omb_exit omb_run_import_csv(struct omb_cli *cli)
{
    return import_file(cli, &omb_rows_csv);
}
