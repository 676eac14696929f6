#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/backup_inside.h"
#include "io/clock.h"
#include "office/restored.h"
#include "wire/limits.h"

/* An office on its way back. */
struct taking {
    const struct omb_backup_check *checked;
    const struct omb_backup_restore *ask;
    char parent[4096];  /* the folder that the office will lie in */
    char partial[4096]; /* PARENT/.NAME.restoring */
    int lock;           /* of it; -1: not had */
};

/* --- where it goes --- */

static bool has(const char *dir, const char *part)
{
    char path[4096];
    struct stat st;

    return omb_backup_path(dir, omb_view_str(part), path, NULL) == OMB_OK && lstat(path, &st) == 0;
}

/* A folder that is there and empty will do. */
static enum omb_rc expect_nothing(const char *to, struct omb_error *err)
{
    struct omb_view *names = NULL;
    struct omb_arena arena;
    size_t count = 0;
    struct stat st;
    enum omb_rc rc;

    if (lstat(to, &st) != 0)
        return errno == ENOENT ? OMB_OK
                               : omb_fail(err, OMB_IO, NULL, "%s: %s", to, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return omb_fail(err, OMB_EXISTS, NULL, "%s is there and is no folder", to);
    if (omb_store_is_open(to))
        return omb_fail(err, OMB_BUSY, NULL,
                        "%s holds an office whose daemon runs: stop it, and move the directory "
                        "away before you restore there",
                        to);
    if (has(to, "db") || has(to, "ombud.conf") || has(to, "keys"))
        return omb_fail(err, OMB_EXISTS, NULL,
                        "%s holds an office: move it away first (mv %s %s.before), nothing is "
                        "written over it",
                        to, to, to);
    omb_arena_init(&arena, SIZE_MAX);
    rc = omb_backup_names(to, &arena, &names, &count, err);
    omb_arena_free(&arena);
    if (rc == OMB_OK && count > 0)
        rc = omb_fail(err, OMB_EXISTS, NULL, "%s is not empty", to);
    return rc;
}

/* "/srv/bank/north/" lies in "/srv/bank" and is called "north". */
static enum omb_rc name_places(struct taking *taking, struct omb_error *err)
{
    char path[4096];
    char *slash, *real;
    const char *name;
    size_t size = strlen(taking->ask->to);
    int written;

    while (size > 1 && taking->ask->to[size - 1] == '/')
        size--;
    if (size == 0 || size >= sizeof(path) - 2)
        return omb_fail(err, OMB_INVALID, NULL, "--to must name the directory of the office");
    snprintf(path, sizeof(path), "%s%.*s", taking->ask->to[0] == '/' ? "" : "./", (int)size,
             taking->ask->to);
    slash = strrchr(path, '/');
    name = slash + 1;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return omb_fail(err, OMB_INVALID, NULL, "--to must name the directory of the office");
    *slash = '\0';
    real = realpath(path[0] ? path : "/", NULL);
    if (!real)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "%s: the folder to restore into: %s",
                        path[0] ? path : "/", strerror(errno));
    snprintf(taking->parent, sizeof(taking->parent), "%s", real);
    free(real);
    written = snprintf(taking->partial, sizeof(taking->partial), "%s/.%s.restoring", taking->parent,
                       name);
    return written > 0 && (size_t)written < sizeof(taking->partial)
               ? OMB_OK
               : omb_fail(err, OMB_LIMIT, NULL, "the path of the office is too long");
}

static enum omb_rc take_partial(struct taking *taking, struct omb_error *err)
{
    static const char *const inner[] = {"db", "keys", "operators", "ombud.conf"};
    enum omb_rc rc = omb_folder_make(taking->partial, 0700, err);
    int fd;

    if (rc != OMB_OK)
        return rc;
    fd = open(taking->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0)
        return omb_fail(err, OMB_BUSY, NULL, "another restore is under way there: %s",
                        taking->partial);
    taking->lock = fd;
    /* What one that was killed left goes, but for the folder that is locked. */
    for (size_t i = 0; rc == OMB_OK && i < sizeof(inner) / sizeof(inner[0]); i++) {
        char path[4096];

        rc = omb_backup_path(taking->partial, omb_view_str(inner[i]), path, err);
        if (rc == OMB_OK)
            rc = omb_backup_remove(path, err);
    }
    return rc;
}

static enum omb_rc expect_room(const struct taking *taking, struct omb_error *err)
{
    const uint64_t needed = taking->checked->known.bytes + OMB_BACKUP_ROOM_KEPT;
    uint64_t room = 0;
    const enum omb_rc rc = omb_backup_room(taking->parent, &room, err);

    if (rc != OMB_OK || room >= needed)
        return rc;
    return omb_fail(err, OMB_FULL, NULL,
                    "no space is left in %s for the office: %llu KiB are free, it takes %llu KiB",
                    taking->parent, (unsigned long long)(room >> 10),
                    (unsigned long long)(needed >> 10));
}

/* --- files --- */

static enum omb_rc make_folders(const struct taking *taking, struct omb_error *err)
{
    static const char *const folders[] = {"db", "keys", "operators"};
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < sizeof(folders) / sizeof(folders[0]); i++) {
        char path[4096];

        rc = omb_backup_path(taking->partial, omb_view_str(folders[i]), path, err);
        if (rc == OMB_OK)
            rc = omb_folder_make(path, 0700, err);
    }
    return rc;
}

#define SEALED "keys.sealed"

/* The backup may have changed since it was verified. */
static enum omb_rc expect_same(const struct omb_backup_file *file, uint64_t size,
                               const struct omb_digest *digest, const char *path,
                               struct omb_error *err)
{
    return size == file->size && omb_digest_equal(digest, &file->digest)
               ? OMB_OK
               : omb_fail(err, OMB_DAMAGED, NULL, "%s changed while it was restored", path);
}

static enum omb_rc take_file(const struct taking *taking, const struct omb_backup_file *file,
                             struct omb_error *err)
{
    const bool of_store = file->path.size > 3 && memcmp(file->path.data, "db/", 3) == 0;
    struct omb_digest digest;
    uint64_t size;
    char from[4096], to[4096];
    enum omb_rc rc = omb_backup_path(taking->ask->from, file->path, from, err);

    if (rc == OMB_OK)
        rc = omb_backup_path(taking->partial, file->path, to, err);
    if (rc == OMB_OK)
        rc = omb_backup_copy(from, to, of_store ? 0600 : 0644, NULL, NULL, &size, &digest, err);
    return rc == OMB_OK ? expect_same(file, size, &digest, from, err) : rc;
}

static enum omb_rc take_files(const struct taking *taking, struct omb_error *err)
{
    const struct omb_backup_file_list *files = &taking->checked->known.manifest.files;
    enum omb_rc rc = make_folders(taking, err);

    for (size_t i = 0; rc == OMB_OK && i < files->count; i++)
        if (!omb_view_is(files->items[i].path, SEALED))
            rc = take_file(taking, &files->items[i], err);
    return rc;
}

/* --- keys --- */

/* Key files are sealed again as the configuration says that they are. */
static enum omb_rc load_own(const struct taking *taking, struct omb_buf *out, struct omb_error *err)
{
    struct omb_config config;
    char path[4096];
    enum omb_rc rc = omb_backup_path(taking->partial, OMB_VIEW_LIT("ombud.conf"), path, err);

    if (rc == OMB_OK)
        rc = omb_config_read(path, &config, err);
    if (rc != OMB_OK || config.passphrase_file[0] == '\0')
        return rc;
    rc = omb_passphrase_load(config.passphrase_file, out, err);
    if (rc != OMB_OK)
        return omb_fail_within(err, "the office keeps its keys under a passphrase ([keys] "
                                    "passphrase-file), which must be at hand here, too: any one "
                                    "will do");
    return OMB_OK;
}

static enum omb_rc read_sealed(const struct taking *taking, struct omb_buf *out,
                               struct omb_error *err)
{
    const struct omb_backup_file_list *files = &taking->checked->known.manifest.files;
    const struct omb_backup_file none = {.size = 0}, *file = &none;
    struct omb_digest digest;
    char path[4096];
    enum omb_rc rc = omb_backup_path(taking->ask->from, OMB_VIEW_LIT(SEALED), path, err);

    for (size_t i = 0; i < files->count; i++)
        if (omb_view_is(files->items[i].path, SEALED))
            file = &files->items[i];
    if (rc == OMB_OK)
        rc = omb_file_read(path, OMB_BACKUP_KEYS_MAX, out, err);
    if (rc != OMB_OK)
        return rc;
    digest = omb_hash(OMB_BACKUP_FILE_TAG, omb_buf_view(out));
    return expect_same(file, out->size, &digest, path, err);
}

static enum omb_rc take_keys(const struct taking *taking, uint64_t *out_operators,
                             struct omb_error *err)
{
    struct omb_buf sealed = OMB_BUF_INIT, own = OMB_BUF_INIT;
    enum omb_rc rc = read_sealed(taking, &sealed, err);

    omb_buf_reserve(&own, OMB_PASSPHRASE_MAX);
    if (rc == OMB_OK)
        rc = load_own(taking, &own, err);
    if (rc == OMB_OK)
        rc = omb_backup_unseal(omb_buf_view(&sealed), taking->ask,
                               &taking->checked->known.manifest.office, taking->partial,
                               omb_buf_view(&own), out_operators, err);
    omb_buf_free(&sealed);
    omb_buf_wipe(&own);
    return rc;
}

/* --- the store --- */

/* The office knows the backup that it comes from as the last good one. */
static void tell_last(const struct taking *taking, struct omb_buf *out)
{
    const struct omb_backup_manifest *manifest = &taking->checked->known.manifest;
    char *real = realpath(taking->ask->from, NULL);
    const struct omb_view path = omb_view_str(real ? real : taking->ask->from);
    const char *slash = strrchr((const char *)path.data, '/');
    const struct omb_backup_state state = {
        .name = omb_backup_plain(omb_view_str(slash ? slash + 1 : (const char *)path.data)),
        .good_at = manifest->made_at,
        .good_name = omb_backup_plain(omb_view_str(slash ? slash + 1 : (const char *)path.data)),
        .good_path = omb_backup_plain(path),
        .good_records = manifest->records,
        .good_cases = manifest->cases,
        .good_bytes = taking->checked->known.bytes,
    };

    omb_encode_backup_state(&state, out);
    free(real);
}

/* Opening shows that keys, certificate and configuration are of one office. */
static enum omb_rc settle_store(const struct taking *taking, struct omb_error *err)
{
    const struct omb_known_backup *known = &taking->checked->known;
    struct omb_restoring restoring = {
        .made_at = known->manifest.made_at,
        .backup = known->digest,
        .restored_at = omb_clock_wall_ms(),
    };
    struct omb_buf state = OMB_BUF_INIT;
    struct omb_driver driver;
    struct omb_writes *writes;
    enum omb_rc rc = omb_driver_open_for(OMB_DRIVER_TAKE, taking->partial, &driver, err);

    if (rc != OMB_OK)
        return rc;
    tell_last(taking, &state);
    restoring.state = omb_buf_view(&state);
    omb_random(restoring.epoch, sizeof(restoring.epoch));
    writes = omb_writes_new();
    omb_writes_reset(writes, omb_store_port(driver.store));
    rc = omb_restored_put(driver.office, omb_store_port(driver.store), &restoring, writes, err);
    if (rc == OMB_OK)
        rc = omb_store_commit(driver.store, writes, true, err);
    omb_writes_free(writes);
    omb_buf_free(&state);
    omb_driver_close(&driver);
    return rc;
}

/* --- the steps --- */

static enum omb_rc publish(const struct taking *taking, struct omb_error *err)
{
    const enum omb_rc rc = expect_nothing(taking->ask->to, err);

    return rc == OMB_OK ? omb_backup_publish(taking->partial, taking->ask->to, taking->parent, err)
                        : rc;
}

enum omb_rc omb_backup_take(const struct omb_backup_check *checked,
                            const struct omb_backup_restore *ask, struct omb_backup_restored *out,
                            struct omb_error *err)
{
    struct taking taking = {.checked = checked, .ask = ask, .lock = -1};
    enum omb_rc rc = expect_nothing(ask->to, err);

    if (rc == OMB_OK)
        rc = name_places(&taking, err);
    if (rc == OMB_OK)
        rc = expect_room(&taking, err);
    if (rc == OMB_OK)
        rc = take_partial(&taking, err);
    if (rc == OMB_OK)
        rc = take_files(&taking, err);
    if (rc == OMB_OK)
        rc = take_keys(&taking, &out->operator_keys, err);
    if (rc == OMB_OK)
        rc = settle_store(&taking, err);
    if (rc == OMB_OK)
        rc = publish(&taking, err);
    if (rc != OMB_OK && taking.lock >= 0 && omb_backup_remove(taking.partial, NULL) != OMB_OK)
        rc = omb_fail_within(err, "what is left of it cannot be removed");
    if (taking.lock >= 0)
        (void)close(taking.lock);
    return rc;
}
