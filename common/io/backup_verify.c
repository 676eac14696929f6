#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/backup_inside.h"

enum { PROBLEMS_MAX = 100, LOG_PAGE = 1000 };

void omb_backup_check_free(struct omb_backup_check *check)
{
    omb_buf_free(&check->problems);
    omb_arena_free(&check->arena);
}

static void report(struct omb_backup_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report(struct omb_backup_check *check, const char *format, ...)
{
    struct omb_error line = {0};
    va_list args;

    if (++check->problem_count > PROBLEMS_MAX)
        return;
    va_start(args, format);
    vsnprintf(line.words, sizeof(line.words), format, args);
    va_end(args);
    omb_buf_printf(&check->problems, "%s\n", line.words);
}

/* --- files --- */

static enum omb_rc check_file(const char *path, const struct omb_backup_file *file,
                              struct omb_backup_check *check, omb_backup_bytes_fn *fn, void *arg,
                              struct omb_error *err)
{
    struct omb_digest digest;
    struct omb_error why = {0};
    uint64_t size = 0;
    char inner[4096];
    enum omb_rc rc = omb_backup_path(path, file->path, inner, err);

    if (rc != OMB_OK)
        return rc;
    rc = omb_backup_digest(inner, fn, arg, &size, &digest, &why);
    if (rc == OMB_STOP)
        return omb_fail(err, rc, NULL, "%s", why.words);
    if (rc == OMB_NOT_FOUND)
        report(check, "%.*s: the file is missing", OMB_VIEW_ARGS(file->path));
    else if (rc != OMB_OK)
        report(check, "%.*s: %s", OMB_VIEW_ARGS(file->path), why.words);
    else if (size != file->size)
        report(check, "%.*s: the file has %llu bytes, not %llu", OMB_VIEW_ARGS(file->path),
               (unsigned long long)size, (unsigned long long)file->size);
    else if (!omb_digest_equal(&digest, &file->digest))
        report(check, "%.*s: the file is not what was backed up: its digest differs",
               OMB_VIEW_ARGS(file->path));
    check->files++;
    check->bytes += size;
    if (check->progress)
        check->progress(check);
    return OMB_OK;
}

static bool lists(const struct omb_backup_manifest *manifest, struct omb_view path)
{
    for (size_t i = 0; i < manifest->files.count; i++)
        if (omb_view_equal(manifest->files.items[i].path, path))
            return true;
    return false;
}

/* The store would read a file that somebody put beside its own. */
static enum omb_rc check_strangers(const char *path, struct omb_backup_check *check,
                                   struct omb_error *err)
{
    struct omb_view *names = NULL;
    size_t count = 0;
    char folder[4096];
    enum omb_rc rc = omb_backup_path(path, OMB_VIEW_LIT("db"), folder, err);

    if (rc == OMB_OK)
        rc = omb_backup_names(folder, &check->arena, &names, &count, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        const struct omb_view inner =
            omb_arena_printf(&check->arena, "db/%.*s", OMB_VIEW_ARGS(names[i]));

        if (!lists(&check->known.manifest, inner))
            report(check, "%.*s: the file is not of this backup", OMB_VIEW_ARGS(inner));
    }
    return rc == OMB_NOT_FOUND ? OMB_OK : rc; /* its files were reported */
}

static enum omb_rc judge(const struct omb_backup_check *check, struct omb_error *err)
{
    const char *first = omb_buf_str((struct omb_buf *)&check->problems);

    if (check->problem_count == 0)
        return OMB_OK;
    return omb_fail(err, OMB_DAMAGED, NULL, "%.*s", (int)strcspn(first, "\n"), first);
}

enum omb_rc omb_backup_check_files(const char *path, struct omb_backup_check *check,
                                   omb_backup_bytes_fn *fn, void *arg, struct omb_error *err)
{
    const struct omb_backup_manifest *manifest = &check->known.manifest;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < manifest->files.count; i++)
        rc = check_file(path, &manifest->files.items[i], check, fn, arg, err);
    if (rc == OMB_OK)
        rc = check_strangers(path, check, err);
    return rc == OMB_OK ? judge(check, err) : rc;
}

/* --- the store in it --- */

static enum omb_rc check_logs(struct omb_driver *look, struct omb_backup_check *check,
                              struct omb_error *err)
{
    struct omb_log_verify_ask ask = {.limit = LOG_PAGE};
    struct omb_buf cursor = OMB_BUF_INIT;
    enum omb_rc rc;

    do {
        const struct omb_log_verified *page = NULL;
        const void *answer;
        struct omb_arena arena;

        omb_arena_init(&arena, SIZE_MAX / 2);
        rc = omb_driver_question(look, OMB_ASK_LOG_VERIFY, &ask, &arena, &answer, err);
        if (rc == OMB_OK) {
            page = answer;
            check->records += page->proofs;
            for (size_t i = 0; i < page->problems.count; i++)
                report(check, "log of %.*s", OMB_VIEW_ARGS(page->problems.items[i]));
            omb_buf_clear(&cursor);
            omb_buf_add_view(&cursor, page->cursor);
            ask.cursor = omb_buf_view(&cursor);
        }
        omb_arena_free(&arena);
        if (check->progress)
            check->progress(check);
    } while (rc == OMB_OK && cursor.size > 0);
    omb_buf_free(&cursor);
    return rc;
}

static void check_about(const struct omb_office_about *about, struct omb_backup_check *check)
{
    const struct omb_backup_manifest *manifest = &check->known.manifest;

    if (!omb_office_id_equal(&about->office, &manifest->office) ||
        !omb_view_equal(about->code, manifest->code))
        report(check, "db: the store is of %.*s, the manifest of %.*s", OMB_VIEW_ARGS(about->code),
               OMB_VIEW_ARGS(manifest->code));
    if (about->head != manifest->head || !omb_digest_equal(&about->digest, &manifest->digest) ||
        !omb_incarnation_equal(&about->incarnation, &manifest->incarnation))
        report(check,
               "db: the newest record of the office's log is %llu, and another one than the "
               "manifest's, %llu",
               (unsigned long long)about->head, (unsigned long long)manifest->head);
    if (about->records != manifest->records || about->cases != manifest->cases)
        report(check,
               "db: the store counts %llu records and %llu cases, the manifest %llu and "
               "%llu",
               (unsigned long long)about->records, (unsigned long long)about->cases,
               (unsigned long long)manifest->records, (unsigned long long)manifest->cases);
    if (!omb_view_equal(OMB_VIEW_OF(about->anchor), manifest->anchor) ||
        !omb_view_equal(OMB_VIEW_OF(about->recovery), manifest->recovery))
        report(check, "db: the store pins other keys of the bank than the manifest says");
}

static enum omb_rc check_store(const char *path, struct omb_backup_check *check,
                               struct omb_error *err)
{
    struct omb_driver look;
    struct omb_office_about about;
    enum omb_rc rc = omb_driver_look(path, &look, err);

    if (rc != OMB_OK)
        return omb_fail_within(err, "db");
    rc = omb_office_tell(look.office, &check->arena, &about, err);
    if (rc == OMB_OK) {
        check_about(&about, check);
        rc = omb_store_verify(look.store, err);
    }
    if (rc == OMB_OK)
        rc = check_logs(&look, check, err);
    omb_driver_close(&look);
    if (rc != OMB_OK)
        return omb_fail_within(err, "db");
    return judge(check, err);
}

/* --- all of it --- */

enum omb_rc omb_backup_verify(const char *path, const uint8_t *anchor, struct omb_backup_check *out,
                              struct omb_error *err)
{
    enum omb_rc rc;

    omb_arena_init(&out->arena, SIZE_MAX);
    rc = omb_backup_open(path, &out->arena, &out->known, err);
    if (rc == OMB_OK && anchor &&
        memcmp(out->known.manifest.anchor.data, anchor, OMB_PUBLIC_SIZE) != 0)
        rc = omb_fail(err, OMB_UNAUTHENTIC, NULL,
                      "manifest: the backup is of another bank: its anchor is not the one that was "
                      "said");
    if (rc == OMB_OK)
        rc = omb_backup_check_files(path, out, NULL, NULL, err);
    if (rc == OMB_OK)
        rc = check_store(path, out, err);
    if (rc != OMB_OK && out->problem_count == 0 && err)
        report(out, "%s", err->words);
    return rc;
}
