/*
 * Backups: made by the daemon, or from the store itself when it is down; and listed. Verifying and
 * restoring is restore_cmd.c.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "cli/backup.h"
#include "cli/run.h"
#include "cli/when.h"
#include "io/backup.h"

#define ASK_AGAIN_MS 200

enum { MIB = 1024 * 1024 };

/* --- create: a daemon makes it --- */

static void show_progress(uint64_t done, uint64_t total)
{
    if (total > 0)
        omb_cli_progress("%llu of %llu MiB written and read again",
                         (unsigned long long)(done / 2 / MIB),
                         (unsigned long long)(total / 2 / MIB));
}

static const struct omb_backup_state *await_daemon(struct omb_cli *cli, struct omb_view name,
                                                   enum omb_exit *out_exit)
{
    const struct omb_backup_state *state;

    do {
        (void)poll(NULL, 0, ASK_AGAIN_MS);
        state = omb_cli_ask(cli, OMB_ASK_BACKUP_STATE, NULL, out_exit);
        if (state)
            show_progress(state->done_bytes, state->total_bytes);
    } while (state && (state->running || !omb_view_equal(state->name, name)));
    omb_cli_progress_end();
    return state;
}

static const struct omb_backup_state *
by_daemon(struct omb_cli *cli, const struct omb_backup_create *wish, enum omb_exit *out_exit)
{
    const struct omb_backup_started *started =
        omb_cli_ask(cli, OMB_ASK_BACKUP_CREATE, wish, out_exit);

    return started ? await_daemon(cli, omb_arena_copy(&cli->arena, started->name), out_exit) : NULL;
}

/* --- create: from the store itself --- */

static void job_progress(const struct omb_backup_job *job)
{
    show_progress(atomic_load(&job->done_bytes), atomic_load(&job->total_bytes));
}

/* The store's own row of the last backup says it, too. */
static enum omb_rc keep_end(struct omb_driver *driver, struct omb_view state, struct omb_error *err)
{
    struct omb_input input = {.kind = OMB_INPUT_BACKUP, .bytes = state};

    omb_driver_stamp(&input);
    return omb_driver_once(driver, &input, NULL, err);
}

static enum omb_rc make(struct omb_driver *driver, const struct omb_backup_create *wish,
                        struct omb_buf *out_state, struct omb_error *err)
{
    struct omb_backup_job job = {.progress = job_progress};
    struct omb_input now = {.kind = OMB_INPUT_TICK};
    struct omb_error why = {0};
    enum omb_rc rc;

    omb_driver_stamp(&now);
    rc = omb_backup_prepare(driver, wish, now.now_ms, &job, err);
    if (rc != OMB_OK)
        return rc;
    if (omb_backup_make(&job, &why) == OMB_OK)
        why.rc = OMB_OK;
    omb_cli_progress_end();
    omb_driver_stamp(&now);
    omb_backup_tell(&job, false, why.rc != OMB_OK ? &why : NULL, now.now_ms, out_state);
    omb_backup_job_end(&job);
    return keep_end(driver, omb_buf_view(out_state), err);
}

static const struct omb_backup_state *
by_store(struct omb_cli *cli, const struct omb_backup_create *wish, enum omb_exit *out_exit)
{
    struct omb_driver *driver = omb_session_driver(cli->session);
    const struct omb_backup_started *started =
        omb_cli_ask(cli, OMB_ASK_BACKUP_CREATE, wish, out_exit);
    struct omb_backup_state *state = OMB_ARENA_NEW(&cli->arena, struct omb_backup_state, 1);
    struct omb_backup_create named = *wish;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err;
    enum omb_rc rc;

    if (!started)
        return NULL;
    named.name = omb_arena_copy(&cli->arena, started->name);
    rc = make(driver, &named, &bytes, &err);
    if (rc == OMB_OK)
        rc = omb_decode_backup_state(omb_arena_copy(&cli->arena, omb_buf_view(&bytes)), &cli->arena,
                                     state, &err);
    omb_buf_free(&bytes);
    if (rc == OMB_OK)
        return state;
    *out_exit = omb_cli_fail(&err);
    return NULL;
}

/* --- create --- */

static bool lies_within(struct omb_view path, const char *dir)
{
    const size_t size = strlen(dir);

    return size > 0 && path.size > size && memcmp(path.data, dir, size) == 0 &&
           path.data[size] == '/';
}

static enum omb_exit print_made(struct omb_cli *cli, const struct omb_backup_state *state)
{
    char at[OMB_WHEN_SIZE];

    if (cli->json) {
        json_t *removed = json_array();

        for (size_t i = 0; i < state->removed.count; i++)
            json_array_append_new(removed, omb_json_text(state->removed.items[i]));
        omb_json_print(
            json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "name",
                      omb_json_text(state->good_name), "path", omb_json_text(state->good_path),
                      "made_at", omb_json_when(state->good_at), "records",
                      (json_int_t)state->good_records, "cases", (json_int_t)state->good_cases,
                      "bytes", (json_int_t)state->good_bytes, "removed", removed),
            cli->json_lines);
        return OMB_EXIT_DONE;
    }
    omb_when_print(state->good_at, omb_cli_zone(cli), at);
    printf("%.*s\nof %s: %llu records, %llu cases, %llu KiB; read again, and good\n",
           OMB_VIEW_ARGS(state->good_path), at, (unsigned long long)state->good_records,
           (unsigned long long)state->good_cases, (unsigned long long)(state->good_bytes / 1024));
    if (lies_within(state->good_path, cli->target.dir))
        puts("It lies in the office's own directory: keep a copy on another disk.");
    for (size_t i = 0; i < state->removed.count; i++)
        printf("removed %.*s\n", OMB_VIEW_ARGS(state->removed.items[i]));
    return OMB_EXIT_DONE;
}

/* A daemon may stand elsewhere on the disk than who asks. */
static enum omb_rc name_folder(struct omb_cli *cli, struct omb_view *out, struct omb_error *err)
{
    const char *said = omb_args_get(&cli->args, OMB_OPT_BACKUP_TO);
    char *real;

    *out = said ? omb_view_str(said) : OMB_VIEW_NONE;
    if (!said || !*cli->target.dir)
        return OMB_OK;
    real = realpath(said, NULL);
    if (!real)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "--to %s: %s", said, strerror(errno));
    *out = omb_arena_copy(&cli->arena, omb_view_str(real));
    free(real);
    return OMB_OK;
}

enum omb_exit omb_run_backup_create(struct omb_cli *cli)
{
    const char *name = omb_args_get(&cli->args, OMB_OPT_BACKUP_NAME);
    struct omb_backup_create wish = {.name = name ? omb_view_str(name) : OMB_VIEW_NONE};
    const struct omb_backup_state *state;
    enum omb_exit exit = OMB_EXIT_FAILED;
    struct omb_error err;
    uint64_t keep = 0;

    if (omb_args_number(&cli->args, OMB_OPT_BACKUP_KEEP, 0, &keep, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    wish.keep = keep < UINT32_MAX ? (uint32_t)keep : UINT32_MAX;
    if (name_folder(cli, &wish.to, &err) != OMB_OK)
        return omb_cli_fail(&err);
    state = omb_session_driver(cli->session) ? by_store(cli, &wish, &exit)
                                             : by_daemon(cli, &wish, &exit);
    if (!state)
        return exit;
    if (state->failure.size == 0)
        return print_made(cli, state);
    (void)omb_fail(&err, OMB_REFUSED, NULL, "no backup was made: %.*s",
                   OMB_VIEW_ARGS(state->failure));
    if (omb_view_equal(state->good_name, state->name))
        (void)omb_fail(&err, OMB_REFUSED, NULL, "%.*s", OMB_VIEW_ARGS(state->failure));
    return omb_cli_fail(&err);
}

/* --- list --- */

enum omb_rc omb_cli_backup_folder(struct omb_cli *cli, char out[4096], struct omb_error *err)
{
    const char *said = omb_args_get(&cli->args, OMB_OPT_BACKUP_FROM);
    struct omb_config config;
    char path[4096];
    enum omb_rc rc;

    if (said)
        return omb_dir_path(said, "", out, 4096, err);
    rc = omb_target_find(&cli->args, &cli->target, err);
    if (rc == OMB_OK && !*cli->target.dir)
        rc = omb_fail(err, OMB_INVALID, NULL,
                      "backups lie on the office's own machine: say --from DIR");
    if (rc == OMB_OK)
        rc = omb_dir_path(cli->target.dir, "ombud.conf", path, sizeof(path), err);
    if (rc == OMB_OK)
        rc = omb_config_read(path, &config, err);
    if (rc != OMB_OK)
        return rc;
    return config.backup_to[0] ? omb_dir_path(config.backup_to, "", out, 4096, err)
                               : omb_dir_path(cli->target.dir, "backups", out, 4096, err);
}

static json_t *seen_as_json(const struct omb_backup_seen *seen)
{
    const struct omb_backup_manifest *manifest = seen->known ? &seen->known->manifest : NULL;

    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:b, s:b, s:o}", "name",
                     omb_json_text(seen->name), "path", omb_json_text(seen->path), "office",
                     omb_json_text(manifest ? manifest->code : OMB_VIEW_NONE), "made_at",
                     omb_json_when(manifest ? manifest->made_at : 0), "records",
                     (json_int_t)(manifest ? manifest->records : 0), "cases",
                     (json_int_t)(manifest ? manifest->cases : 0), "bytes",
                     (json_int_t)(seen->known ? seen->known->bytes : 0), "passphrase",
                     manifest && manifest->passphrase, "good", seen->good, "problem",
                     omb_json_text(seen->problem));
}

static void list_row(struct omb_table *table, const struct omb_backup_seen *seen)
{
    char at[OMB_WHEN_SIZE] = "";

    omb_table_text(table, seen->name);
    if (seen->known) {
        omb_when_print(seen->known->manifest.made_at, &omb_zone_utc, at);
        omb_table_text(table, seen->known->manifest.code);
        omb_table_text(table, omb_view_str(at));
        omb_table_printf(table, "%llu", (unsigned long long)seen->known->manifest.records);
        omb_table_printf(table, "%llu", (unsigned long long)(seen->known->bytes / 1024));
    } else {
        for (size_t i = 0; i < 4; i++)
            omb_table_text(table, OMB_VIEW_NONE);
    }
    omb_table_text(table, seen->good ? OMB_VIEW_LIT("good") : seen->problem);
}

static void print_list(const struct omb_backup_seen *seen, size_t count)
{
    struct omb_table table;

    omb_table_init(&table);
    omb_table_column(&table, "backup", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "office", false);
    omb_table_column(&table, "of", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "records", true);
    omb_table_column(&table, "KiB", true);
    omb_table_column(&table, "at a quick look", false);
    for (size_t i = 0; i < count; i++)
        list_row(&table, &seen[i]);
    omb_cli_print_table(&table);
    omb_table_free(&table);
}

/* The office's own folder comes with the first backup; one that was said must be there. */
static bool is_not_made(const struct omb_cli *cli, const char *folder)
{
    return omb_args_get(&cli->args, OMB_OPT_BACKUP_FROM) == NULL && access(folder, F_OK) != 0 &&
           errno == ENOENT;
}

enum omb_exit omb_run_backup_list(struct omb_cli *cli)
{
    struct omb_json_list json = {.lines = cli->json_lines};
    struct omb_backup_seen *seen = NULL;
    struct omb_error err;
    size_t count = 0;
    char folder[4096];
    enum omb_rc rc = omb_cli_backup_folder(cli, folder, &err);

    if (rc == OMB_INVALID)
        return omb_cli_fail_value(&err);
    if (rc == OMB_OK && is_not_made(cli, folder))
        fprintf(stderr, "no backup was made yet: %.300s is not there\n", folder);
    else if (rc == OMB_OK)
        rc = omb_backup_list(folder, &cli->arena, &seen, &count, &err);
    if (rc != OMB_OK)
        return omb_cli_fail(&err);
    if (!cli->json) {
        print_list(seen, count);
        return OMB_EXIT_DONE;
    }
    for (size_t i = 0; i < count; i++)
        omb_json_list_add(&json, seen_as_json(&seen[i]));
    omb_json_list_end(&json);
    return OMB_EXIT_DONE;
}

/* --- serve-anyway --- */

enum omb_exit omb_run_backup_serve(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_backup_served *served = omb_cli_ask(cli, OMB_ASK_BACKUP_SERVE, NULL, &exit);

    if (!served)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_backup_served, served);
        return OMB_EXIT_DONE;
    }
    puts("Words of restored cases are shown from now on; the log says so.");
    fputs("Not compared with:", stdout);
    for (size_t i = 0; i < served->unheard.count; i++)
        printf(" %.*s", OMB_VIEW_ARGS(served->unheard.items[i]));
    puts(". What was erased since the backup is dropped here when it is heard of.");
    return OMB_EXIT_DONE;
}
