#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/text.h"
#include "io/backup_inside.h"
#include "io/clock.h"
#include "wire/limits.h"

#define CHECKPOINT "db.checkpoint"
/* Files, folders and the manifest beside the bytes that are counted. */
#define ROOM_BESIDE (UINT64_C(1024) * 1024)

/* A backup on its way. */
struct making {
    struct omb_backup_job *job;
    struct omb_arena arena;
    char checkpoint[4096]; /* DIR/db.checkpoint: holds nothing but db/ */
    char partial[4096];    /* TO/.CODE.partial */
    int lock;              /* of it; -1: not had */
    struct omb_backup_file *files;
    size_t count;
    struct omb_office_about about;
    struct omb_buf passphrase;
};

/* --- before it --- */

void omb_backup_sweep(const char *dir)
{
    char path[4096];

    /* What cannot be removed now is in the way of the next one, which says so. */
    if (omb_dir_path(dir, CHECKPOINT, path, sizeof(path), NULL) == OMB_OK &&
        omb_backup_remove(path, NULL) != OMB_OK)
        return;
}

/* --- where it goes --- */

static bool lies_in(const char *path, const char *folder)
{
    const size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* A folder as it is without links, and none in which the office itself keeps something. */
static enum omb_rc settle_folder(struct omb_backup_job *job, struct omb_error *err)
{
    static const char *const taken[] = {"db", CHECKPOINT, "keys", "operators", "run"};
    enum omb_rc rc = job->make_folder ? omb_folder_make(job->to, 0700, err) : OMB_OK;
    char *real;

    if (rc != OMB_OK)
        return rc;
    real = realpath(job->to, NULL);
    if (!real)
        return omb_fail(err, errno == ENOENT ? OMB_NOT_FOUND : OMB_IO, NULL,
                        "the folder for backups %s: %s", job->to, strerror(errno));
    rc = omb_backup_text(job->to, sizeof(job->to), omb_view_str(real), "the folder for backups",
                         err);
    free(real);
    for (size_t i = 0; rc == OMB_OK && i < sizeof(taken) / sizeof(taken[0]); i++) {
        char path[4096];

        rc = omb_dir_path(job->dir, taken[i], path, sizeof(path), err);
        if (rc == OMB_OK && lies_in(job->to, path))
            rc =
                omb_fail(err, OMB_INVALID, NULL,
                         "the folder for backups lies in %s, where the office keeps its own", path);
    }
    return rc;
}

static enum omb_rc name_places(struct making *making, struct omb_error *err)
{
    struct omb_backup_job *job = making->job;
    struct stat st;
    int size;
    enum omb_rc rc =
        omb_dir_path(job->dir, CHECKPOINT, making->checkpoint, sizeof(making->checkpoint), err);

    if (rc == OMB_OK)
        rc = omb_backup_path(job->to, omb_view_str(job->name), job->path, err);
    if (rc != OMB_OK)
        return rc;
    size = snprintf(making->partial, sizeof(making->partial), "%s/.%s" OMB_BACKUP_PARTIAL, job->to,
                    job->code);
    if (size < 0 || (size_t)size >= sizeof(making->partial))
        return omb_fail(err, OMB_LIMIT, NULL, "the path of the backup is too long");
    if (lstat(job->path, &st) == 0)
        return omb_fail(err, OMB_EXISTS, NULL, "there is %s already: choose another --name",
                        job->path);
    return OMB_OK;
}

/* Another office of this code may put its backups there, too: its work is not touched. */
static enum omb_rc take_partial(struct making *making, struct omb_error *err)
{
    struct omb_view *names = NULL;
    size_t count = 0;
    char path[4096];
    enum omb_rc rc;

    if (mkdir(making->partial, 0700) != 0 && errno != EEXIST)
        return omb_fail(err, omb_file_rc(errno), NULL, "%s cannot be made: %s", making->partial,
                        strerror(errno));
    making->lock = open(making->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (making->lock < 0)
        return omb_fail(err, OMB_IO, NULL, "%s cannot be opened: %s", making->partial,
                        strerror(errno));
    if (flock(making->lock, LOCK_EX | LOCK_NB) != 0) {
        (void)close(making->lock);
        making->lock = -1;
        return omb_fail(err, OMB_BUSY, NULL, "another backup of an office %s is being made in %s",
                        making->job->code, making->job->to);
    }
    rc = omb_backup_names(making->partial, &making->arena, &names, &count, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++) { /* what one that was killed left */
        rc = omb_backup_path(making->partial, names[i], path, err);
        if (rc == OMB_OK)
            rc = omb_backup_remove(path, err);
    }
    return rc;
}

/* --- room --- */

static enum omb_rc expect_room(const char *where, uint64_t needed, uint64_t kept,
                               struct omb_error *err)
{
    uint64_t room = 0;
    const enum omb_rc rc = omb_backup_room(where, &room, err);

    if (rc != OMB_OK || room >= needed + kept)
        return rc;
    return omb_fail(err, OMB_FULL, NULL,
                    "no space is left for a backup in %s: %llu KiB are free, it takes %llu KiB%s",
                    where, (unsigned long long)(room >> 10), (unsigned long long)(needed >> 10),
                    kept ? " and leaves 64 MiB to the office" : "");
}

/* How much stays free where backups lie: on the office's own disk its daemon needs some. */
static uint64_t kept_room(const struct omb_backup_job *job)
{
    struct stat own, there;

    if (stat(job->dir, &own) == 0 && stat(job->to, &there) == 0 && own.st_dev == there.st_dev)
        return OMB_BACKUP_ROOM_KEPT;
    return 0;
}

/* --- files --- */

/* Somebody else may fill the disk meanwhile: it is looked at before each file. */
static bool gone_by(void *arg, size_t bytes)
{
    struct omb_backup_job *job = arg;

    atomic_fetch_add(&job->done_bytes, bytes);
    if (job->progress)
        job->progress(job);
    return atomic_load(&job->cancelled);
}

static enum omb_rc add_file(struct making *making, const char *folder, struct omb_view part,
                            struct omb_error *err)
{
    struct omb_backup_file *file = &making->files[making->count];
    struct stat st;
    char from[4096], to[4096];
    enum omb_rc rc = omb_backup_path(folder, part, from, err);

    if (rc == OMB_OK)
        rc = omb_backup_path(making->partial, part, to, err);
    if (rc == OMB_OK && !omb_backup_path_is_good(part))
        rc = omb_fail(err, OMB_INVALID, NULL, "%s is no file that a backup takes", from);
    if (rc == OMB_OK && lstat(from, &st) != 0)
        rc = omb_fail(err, OMB_IO, NULL, "%s: %s", from, strerror(errno));
    if (rc == OMB_OK)
        rc = expect_room(making->job->to, (uint64_t)st.st_size, kept_room(making->job), err);
    if (rc == OMB_OK)
        rc = omb_backup_copy(from, to, 0600, gone_by, making->job, &file->size, &file->digest, err);
    if (rc == OMB_OK) {
        file->path = part;
        making->count++;
    }
    return rc;
}

static enum omb_rc list_files(struct making *making, const char *folder, const char *sub,
                              const char *end, struct omb_view **out, size_t *out_count,
                              uint64_t *bytes, struct omb_error *err)
{
    struct omb_view *names = NULL;
    size_t count = 0, kept = 0;
    char path[4096];
    enum omb_rc rc = omb_backup_path(folder, omb_view_str(sub), path, err);

    if (rc == OMB_OK)
        rc = omb_backup_names(path, &making->arena, &names, &count, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        const struct omb_view part =
            omb_arena_printf(&making->arena, "%s/%.*s", sub, OMB_VIEW_ARGS(names[i]));
        const size_t size = strlen(end);
        char inner[4096];
        struct stat st;

        if (part.size < size || memcmp(part.data + part.size - size, end, size) != 0)
            continue;
        rc = omb_backup_path(folder, part, inner, err);
        if (rc == OMB_OK && lstat(inner, &st) == 0)
            *bytes += (uint64_t)st.st_size;
        names[kept++] = part;
    }
    *out = names;
    *out_count = kept;
    return rc;
}

static enum omb_rc add_folder(struct making *making, const char *sub, struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_backup_path(making->partial, omb_view_str(sub), path, err);

    return rc == OMB_OK ? omb_folder_make(path, 0700, err) : rc;
}

static enum omb_rc sync_folder(struct making *making, const char *sub, struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_backup_path(making->partial, omb_view_str(sub), path, err);

    return rc == OMB_OK ? omb_backup_sync(path, err) : rc;
}

static enum omb_rc copy_files(struct making *making, struct omb_error *err)
{
    struct omb_backup_job *job = making->job;
    struct omb_view *tables = NULL, *keys = NULL;
    size_t table_count = 0, key_count = 0;
    uint64_t bytes = 0;
    enum omb_rc rc =
        list_files(making, making->checkpoint, "db", "", &tables, &table_count, &bytes, err);

    if (rc == OMB_OK)
        rc = list_files(making, job->dir, "keys", ".pub", &keys, &key_count, &bytes, err);
    if (rc != OMB_OK)
        return rc;
    making->files =
        OMB_ARENA_NEW(&making->arena, struct omb_backup_file, table_count + key_count + 2);
    atomic_store(&job->total_bytes, 2 * bytes); /* written, and read again */
    rc = expect_room(job->to, bytes + ROOM_BESIDE, kept_room(job), err);
    if (rc == OMB_OK)
        rc = add_folder(making, "db", err);
    if (rc == OMB_OK)
        rc = add_folder(making, "keys", err);
    for (size_t i = 0; rc == OMB_OK && i < table_count; i++)
        rc = add_file(making, making->checkpoint, tables[i], err);
    for (size_t i = 0; rc == OMB_OK && i < key_count; i++)
        rc = add_file(making, job->dir, keys[i], err);
    if (rc == OMB_OK)
        rc = sync_folder(making, "db", err);
    return rc == OMB_OK ? sync_folder(making, "keys", err) : rc;
}

/* --- what it is of --- */

/* From the copy itself: the daemon has gone on since. */
static enum omb_rc ask_copy(struct making *making, struct omb_error *err)
{
    struct omb_driver look;
    enum omb_rc rc = omb_driver_look(making->partial, &look, err);

    if (rc != OMB_OK)
        return rc;
    rc = omb_office_tell(look.office, &making->arena, &making->about, err);
    omb_driver_close(&look);
    return rc;
}

static enum omb_rc load_passphrase(struct making *making, struct omb_error *err)
{
    const enum omb_rc rc =
        omb_passphrase_load(making->job->passphrase_file, &making->passphrase, err);

    return rc == OMB_OK ? rc : omb_fail_within(err, "[backup] passphrase-file");
}

static enum omb_rc add_bytes(struct making *making, const char *part, struct omb_view bytes,
                             struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc = omb_backup_path(making->partial, omb_view_str(part), path, err);

    if (rc == OMB_OK)
        rc = omb_file_write(path, bytes, 0600, err);
    if (rc == OMB_OK && strcmp(part, "manifest") != 0)
        making->files[making->count++] = (struct omb_backup_file){
            omb_view_str(part), bytes.size, omb_hash(OMB_BACKUP_FILE_TAG, bytes)};
    return rc;
}

static enum omb_rc add_keys(struct making *making, struct omb_error *err)
{
    const struct omb_backup_seal seal = {
        .dir = making->job->dir,
        .code = making->job->code,
        .keys = making->job->keys,
        .recovery = making->about.recovery,
        .passphrase = omb_buf_view(&making->passphrase),
        .office = making->about.office,
    };
    struct omb_buf sealed = OMB_BUF_INIT;
    enum omb_rc rc = omb_backup_seal(&seal, &sealed, err);

    if (rc == OMB_OK && sealed.size > OMB_BACKUP_KEYS_MAX)
        rc = omb_fail(err, OMB_LIMIT, NULL, "the keys of all operators are too many for a backup");
    if (rc == OMB_OK)
        rc = add_bytes(making, "keys.sealed", omb_buf_view(&sealed), err);
    omb_buf_free(&sealed);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return omb_view_compare(((const struct omb_backup_file *)a)->path,
                            ((const struct omb_backup_file *)b)->path);
}

static enum omb_rc add_manifest(struct making *making, struct omb_error *err)
{
    const struct omb_office_about *about = &making->about;
    const struct omb_backup_manifest manifest = {
        .version = OMB_BACKUP_VERSION,
        .schema = OMB_STORE_SCHEMA,
        .code = about->code,
        .office = about->office,
        .incarnation = about->incarnation,
        .head = about->head,
        .digest = about->digest,
        .records = about->records,
        .cases = about->cases,
        .made_at = making->job->made_at,
        .software = OMB_VIEW_LIT(OMB_SOFTWARE),
        .anchor = OMB_VIEW_OF(about->anchor),
        .recovery = OMB_VIEW_OF(about->recovery),
        .passphrase = making->passphrase.size > 0,
        .files = {making->files, making->count},
    };
    struct omb_buf bytes = OMB_BUF_INIT;
    enum omb_rc rc;

    qsort(making->files, making->count, sizeof(*making->files), by_path);
    omb_backup_sign(&manifest, about->certificates, making->job->keys->signer, &bytes);
    rc = add_bytes(making, "manifest", omb_buf_view(&bytes), err);
    omb_buf_free(&bytes);
    return rc;
}

/* --- the steps --- */

static enum omb_rc copy_store(struct making *making, struct omb_error *err)
{
    struct omb_backup_job *job = making->job;
    char db[4096];
    enum omb_rc rc = omb_backup_remove(making->checkpoint, err);

    /* What is in memory is written to the disk for it. */
    if (rc == OMB_OK)
        rc = expect_room(job->dir, 16 * ROOM_BESIDE, OMB_BACKUP_ROOM_KEPT, err);
    if (rc == OMB_OK)
        rc = omb_folder_make(making->checkpoint, 0700, err);
    if (rc == OMB_OK)
        rc = omb_backup_path(making->checkpoint, OMB_VIEW_LIT("db"), db, err);
    if (rc == OMB_OK) {
        job->made_at = omb_clock_wall_ms();
        rc = omb_store_checkpoint(job->store, db, err);
    }
    if (rc == OMB_OK)
        rc = copy_files(making, err);
    return rc;
}

static enum omb_rc fill_in(struct making *making, struct omb_error *err)
{
    enum omb_rc rc = copy_store(making, err);

    if (rc == OMB_OK)
        rc = add_file(making, making->job->dir, OMB_VIEW_LIT("ombud.conf"), err);
    if (rc == OMB_OK)
        rc = ask_copy(making, err);
    if (rc == OMB_OK)
        rc = add_keys(making, err);
    if (rc == OMB_OK)
        rc = add_manifest(making, err);
    return rc;
}

/* What was written is read again before anybody relies on it. */
static enum omb_rc read_again(struct making *making, struct omb_error *err)
{
    struct omb_backup_check check = {.files = 0};
    enum omb_rc rc;

    omb_arena_init(&check.arena, SIZE_MAX);
    rc = omb_backup_open(making->partial, &check.arena, &check.known, err);
    if (rc == OMB_OK)
        rc = omb_backup_check_files(making->partial, &check, gone_by, making->job, err);
    if (rc == OMB_OK) {
        making->job->records = check.known.manifest.records;
        making->job->cases = check.known.manifest.cases;
        making->job->bytes = check.known.bytes;
    }
    omb_backup_check_free(&check);
    return rc;
}

static enum omb_rc make(struct making *making, struct omb_error *err)
{
    enum omb_rc rc = settle_folder(making->job, err);

    if (rc == OMB_OK)
        rc = name_places(making, err);
    if (rc == OMB_OK)
        rc = load_passphrase(making, err);
    if (rc == OMB_OK)
        rc = take_partial(making, err);
    if (rc == OMB_OK)
        rc = fill_in(making, err);
    if (rc == OMB_OK)
        rc = read_again(making, err);
    if (rc == OMB_OK)
        rc = omb_backup_publish(making->partial, making->job->path, making->job->to, err);
    return rc;
}

static enum omb_rc remove_older(struct making *making, struct omb_error *err)
{
    struct omb_backup_job *job = making->job;
    const enum omb_rc rc = omb_backup_prune(job->to, &making->about.office, omb_view_str(job->name),
                                            job->keep, &job->removed, err);

    return rc == OMB_OK ? rc
                        : omb_fail_within(err, "it was made and is good, but older ones are not "
                                               "removed");
}

enum omb_rc omb_backup_make(struct omb_backup_job *job, struct omb_error *err)
{
    struct making making = {.job = job, .lock = -1};
    struct omb_error why = {0};
    enum omb_rc rc;

    omb_arena_init(&making.arena, SIZE_MAX);
    omb_buf_reserve(&making.passphrase, OMB_PASSPHRASE_MAX);
    rc = make(&making, &why);
    job->good = rc == OMB_OK;
    if (making.checkpoint[0] && omb_backup_remove(making.checkpoint, NULL) != OMB_OK &&
        rc == OMB_OK)
        rc = omb_fail(&why, OMB_IO, NULL, "it was made and is good, but %s cannot be removed",
                      making.checkpoint);
    /* What is good has its name, and that of its folder may be another's by now. */
    if (!job->good && making.lock >= 0 && omb_backup_remove(making.partial, NULL) != OMB_OK)
        (void)omb_fail(&why, rc, NULL, "%.300s; and what is left of it cannot be removed",
                       omb_arena_str(&making.arena, omb_view_str(why.words)));
    if (rc == OMB_OK)
        rc = remove_older(&making, &why);
    if (making.lock >= 0)
        (void)close(making.lock);
    omb_buf_wipe(&making.passphrase);
    omb_arena_free(&making.arena);
    if (rc != OMB_OK && err)
        *err = why;
    return rc;
}
