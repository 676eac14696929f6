/*
 * A backup is verified and taken back. Neither needs a daemon, nor the office that it is of.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/backup.h"
#include "cli/run.h"
#include "cli/when.h"
#include "io/backup.h"

/* --- which one --- */

/* A directory, or a name in the folder of backups. */
static enum omb_rc find_backup(struct omb_cli *cli, char out[4096], struct omb_error *err)
{
    const char *said = cli->args.words[0];
    char folder[4096];
    enum omb_rc rc;

    if (strchr(said, '/') ||
        (!omb_args_has(&cli->args, OMB_OPT_BACKUP_FROM) && access(said, F_OK) == 0)) {
        if (strlen(said) >= 4096)
            return omb_fail(err, OMB_LIMIT, NULL, "the path of the backup is too long");
        memcpy(out, said, strlen(said) + 1);
        return OMB_OK;
    }
    rc = omb_cli_backup_folder(cli, folder, err);
    return rc == OMB_OK ? omb_dir_path(folder, said, out, 4096, err) : rc;
}

enum omb_rc omb_cli_anchor_said(struct omb_cli *cli, const uint8_t **out, struct omb_error *err)
{
    const char *said = omb_args_get(&cli->args, OMB_OPT_ANCHOR);
    uint8_t *anchor = OMB_ARENA_NEW(&cli->arena, uint8_t, OMB_PUBLIC_SIZE);
    enum omb_rc rc = OMB_OK;

    *out = NULL;
    if (said)
        rc = omb_public_key_read(said, anchor, err);
    if (said && rc == OMB_OK)
        *out = anchor;
    return rc;
}

/* --- verify --- */

static void show_progress(const struct omb_backup_check *check)
{
    omb_cli_progress("%llu of %zu files, %llu records", (unsigned long long)check->files,
                     check->known.manifest.files.count, (unsigned long long)check->records);
}

static enum omb_rc verify(struct omb_cli *cli, const char *path, struct omb_backup_check *out,
                          struct omb_error *err)
{
    const uint8_t *anchor;
    enum omb_rc rc = omb_cli_anchor_said(cli, &anchor, err);

    *out = (struct omb_backup_check){.progress = show_progress};
    if (rc != OMB_OK)
        return rc;
    rc = omb_backup_verify(path, anchor, out, err);
    omb_cli_progress_end();
    return rc;
}

static struct omb_view next_line(struct omb_view *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    const struct omb_view line = omb_view(rest->data, (size_t)(end - rest->data));

    *rest = omb_view(end + 1, rest->size - line.size - 1);
    return line;
}

static json_t *problems_as_json(const struct omb_backup_check *check)
{
    struct omb_view rest = omb_buf_view(&check->problems);
    json_t *problems = json_array();

    while (rest.size > 0)
        json_array_append_new(problems, omb_json_text(next_line(&rest)));
    return problems;
}

static void print_fingerprint(const char *label, struct omb_view key)
{
    char words[40];

    omb_fingerprint(key.data, words);
    printf("  %-12s %s\n", label, words);
}

static void print_good(const char *path, const struct omb_backup_check *check)
{
    const struct omb_backup_manifest *manifest = &check->known.manifest;
    char at[OMB_WHEN_SIZE];

    omb_when_print(manifest->made_at, &omb_zone_utc, at);
    printf("%s is good\n", path);
    printf("  %-12s %.*s, as it was at %s\n", "office", OMB_VIEW_ARGS(manifest->code), at);
    printf("  %-12s %llu with %llu proofs that hold, of %llu cases\n", "records",
           (unsigned long long)manifest->records, (unsigned long long)check->records,
           (unsigned long long)manifest->cases);
    printf("  %-12s %llu, %llu KiB\n", "files", (unsigned long long)check->files,
           (unsigned long long)(check->bytes / 1024));
    printf("  %-12s sealed to the recovery key%s\n", "keys",
           manifest->passphrase ? " and under a passphrase" : "");
    print_fingerprint("anchor", manifest->anchor);
}

static enum omb_exit print_verified(struct omb_cli *cli, const char *path,
                                    const struct omb_backup_check *check, enum omb_rc rc)
{
    const struct omb_backup_manifest *manifest = &check->known.manifest;
    struct omb_view rest = omb_buf_view(&check->problems);

    if (cli->json)
        omb_json_print(json_pack("{s:s, s:o, s:o, s:b, s:I, s:I, s:I, s:o}", "path", path, "office",
                                 omb_json_text(manifest->code), "made_at",
                                 omb_json_when(manifest->made_at), "good", rc == OMB_OK, "files",
                                 (json_int_t)check->files, "bytes", (json_int_t)check->bytes,
                                 "records", (json_int_t)check->records, "problems",
                                 problems_as_json(check)),
                       cli->json_lines);
    else if (rc == OMB_OK)
        print_good(path, check);
    while (rc != OMB_OK && rest.size > 0) {
        const struct omb_view line = next_line(&rest);

        fprintf(stderr, "ombud: %.*s\n", OMB_VIEW_ARGS(line));
    }
    if (rc != OMB_OK)
        fprintf(stderr, "ombud: %s is not good: do not restore it\n", path);
    return rc == OMB_OK ? OMB_EXIT_DONE : OMB_EXIT_FAILED;
}

enum omb_exit omb_run_backup_verify(struct omb_cli *cli)
{
    struct omb_backup_check check;
    struct omb_error err;
    enum omb_exit exit;
    char path[4096];
    enum omb_rc rc = find_backup(cli, path, &err);

    if (rc != OMB_OK)
        return omb_cli_fail_value(&err);
    rc = verify(cli, path, &check, &err);
    if (rc != OMB_OK && check.problem_count == 0)
        exit = omb_cli_fail(&err); /* before it was looked at */
    else
        exit = print_verified(cli, path, &check, rc);
    omb_backup_check_free(&check);
    return exit;
}

/* --- restore --- */

/* What opens the keys. */
struct opener {
    struct omb_keyfile recovery;
    struct omb_buf passphrase;
};

static enum omb_rc load_opener(struct omb_cli *cli, struct opener *out, struct omb_error *err)
{
    const char *recovery = omb_args_get(&cli->args, OMB_OPT_RECOVERY_KEY);
    const char *file = omb_args_get(&cli->args, OMB_OPT_PASSPHRASE_FILE);

    omb_buf_reserve(&out->passphrase, OMB_PASSPHRASE_MAX);
    if (recovery)
        return omb_cli_load_recovery(recovery, file ? file : "", &out->recovery, err);
    if (file)
        return omb_passphrase_load(file, &out->passphrase, err);
    return omb_fail(err, OMB_MISSING, NULL,
                    "the keys in a backup are sealed: say --recovery-key FILE, or "
                    "--passphrase-file FILE when it was made with a passphrase");
}

static void say_next(const char *to, const struct omb_backup_check *check,
                     const struct omb_backup_restored *restored)
{
    const struct omb_backup_manifest *manifest = &check->known.manifest;
    const bool root = check->known.chain_count == 1;
    char at[OMB_WHEN_SIZE];

    omb_when_print(manifest->made_at, &omb_zone_utc, at);
    printf("%s is %.*s as it was at %s; keys of operators in it: %llu.\n\n", to,
           OMB_VIEW_ARGS(manifest->code), at, (unsigned long long)restored->operator_keys);
    printf("Next: see that no other copy of this office runs, then start its daemon here:\n"
           "    ombud-node -C %s    (ombud-hub when it has offices below it)\n\n",
           to);
    puts("Its log goes on in a new life. What came after the backup comes home from the offices\n"
         "beside it when its links stand. Cases that nobody else held yet are lost: register them\n"
         "again from paper. `ombud office renew` writes again what the office above refuses.\n");
    printf("Words of restored cases are withheld, since some may have been erased meanwhile, "
           "until\n%s.\n"
           "New cases are registered and read at once. Should a line be down for long, or no "
           "office\nbe there to ask: `ombud backup serve-anyway`, which the log records.\n",
           root ? "every office below was compared with"
                : "the office above was compared with, and for a case from below the office that "
                  "leads there");
}

static enum omb_rc restore(struct omb_cli *cli, const char *path, struct omb_backup_check *check,
                           struct omb_error *err)
{
    const char *to = omb_args_get(&cli->args, OMB_OPT_RESTORE_TO);
    struct opener opener = {.recovery = {.secret = NULL}};
    struct omb_backup_restored restored = {.operator_keys = 0};
    struct omb_backup_restore ask = {.from = path, .to = to};
    enum omb_rc rc = load_opener(cli, &opener, err);

    ask.recovery = opener.recovery.secret;
    ask.passphrase = omb_buf_view(&opener.passphrase);
    if (rc == OMB_OK)
        rc = omb_backup_take(check, &ask, &restored, err);
    omb_keyfile_free(&opener.recovery);
    omb_buf_wipe(&opener.passphrase);
    if (rc == OMB_OK && cli->json)
        omb_json_print(json_pack("{s:s, s:o, s:o, s:I, s:I, s:s}", "dir", to, "office",
                                 omb_json_text(check->known.manifest.code), "made_at",
                                 omb_json_when(check->known.manifest.made_at), "records",
                                 (json_int_t)check->known.manifest.records, "operator_keys",
                                 (json_int_t)restored.operator_keys, "next", "start the daemon"),
                       cli->json_lines);
    else if (rc == OMB_OK)
        say_next(to, check, &restored);
    return rc;
}

/* What the store makes beside its tables is nobody else's to read, either. */
enum omb_exit omb_run_backup_restore(struct omb_cli *cli)
{
    struct omb_backup_check check;
    struct omb_error err;
    enum omb_exit exit = OMB_EXIT_DONE;
    char path[4096];
    enum omb_rc rc = find_backup(cli, path, &err);

    umask(077);
    if (rc == OMB_OK && !omb_args_has(&cli->args, OMB_OPT_RESTORE_TO))
        rc = omb_fail(&err, OMB_INVALID, NULL, "say where the office goes: --to DIR");
    if (rc != OMB_OK)
        return omb_cli_fail_value(&err);
    rc = verify(cli, path, &check, &err);
    if (rc != OMB_OK && check.problem_count > 0)
        exit = print_verified(cli, path, &check, rc);
    else if (rc != OMB_OK || restore(cli, path, &check, &err) != OMB_OK)
        exit = omb_cli_fail(&err);
    omb_backup_check_free(&check);
    return exit;
}
