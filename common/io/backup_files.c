#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/backup_inside.h"

enum { CHUNK = 256 * 1024 };

static enum omb_rc fail_system(struct omb_error *err, const char *what, const char *path)
{
    const int error = errno;

    return omb_fail(err, omb_file_rc(error), NULL, "%.300s cannot be %s: %s", path, what,
                    strerror(error));
}

enum omb_rc omb_backup_path(const char *path, struct omb_view part, char out[4096],
                            struct omb_error *err)
{
    const int size = snprintf(out, 4096, "%s/%.*s", path, OMB_VIEW_ARGS(part));

    return size > 0 && size < 4096
               ? OMB_OK
               : omb_fail(err, OMB_LIMIT, NULL, "a path in %.200s is too long", path);
}

/* --- bytes --- */

struct copying {
    const char *from, *to; /* to: NULL: they are only read */
    int in, out;
    omb_backup_bytes_fn *fn;
    void *arg;
    struct omb_hasher *hasher;
    uint64_t size;
};

static enum omb_rc put_all(const struct copying *copy, const uint8_t *bytes, size_t size,
                           struct omb_error *err)
{
    size_t done = 0;

    while (copy->to && done < size) {
        const ssize_t put = write(copy->out, bytes + done, size - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_system(err, "written", copy->to);
        done += (size_t)put;
    }
    return OMB_OK;
}

static enum omb_rc copy_bytes(struct copying *copy, uint8_t *chunk, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;
    ssize_t got = 1;

    while (rc == OMB_OK && got != 0) {
        got = read(copy->in, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_system(err, "read", copy->from);
        omb_hasher_add(copy->hasher, omb_view(chunk, (size_t)got));
        copy->size += (uint64_t)got;
        rc = put_all(copy, chunk, (size_t)got, err);
        if (rc == OMB_OK && copy->fn && copy->fn(copy->arg, (size_t)got))
            rc = omb_fail(err, OMB_STOP, NULL, "it was cancelled");
    }
    if (rc == OMB_OK && copy->to && fsync(copy->out) != 0)
        rc = fail_system(err, "written", copy->to);
    return rc;
}

static enum omb_rc run(struct copying *copy, uint64_t *out_size, struct omb_digest *out_digest,
                       struct omb_error *err)
{
    uint8_t *chunk = malloc(CHUNK);
    struct omb_digest digest;
    enum omb_rc rc;

    OMB_ASSERT(chunk != NULL);
    copy->hasher = omb_hasher_new(OMB_BACKUP_FILE_TAG);
    rc = copy_bytes(copy, chunk, err);
    digest = omb_hasher_end(copy->hasher);
    free(chunk);
    if (rc == OMB_OK) {
        *out_size = copy->size;
        *out_digest = digest;
    }
    return rc;
}

/* A link would lead elsewhere than where the backup says, a pipe would not end. */
static enum omb_rc open_file(const char *path, int *out, struct omb_error *err)
{
    struct stat st;

    *out = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (*out < 0)
        return fail_system(err, "opened", path);
    if (fstat(*out, &st) == 0 && S_ISREG(st.st_mode))
        return OMB_OK;
    (void)close(*out);
    return omb_fail(err, OMB_INVALID, NULL, "%.300s is no file", path);
}

enum omb_rc omb_backup_copy(const char *from, const char *to, unsigned mode,
                            omb_backup_bytes_fn *fn, void *arg, uint64_t *out_size,
                            struct omb_digest *out_digest, struct omb_error *err)
{
    struct copying copy = {.from = from, .to = to, .fn = fn, .arg = arg};
    enum omb_rc rc = open_file(from, &copy.in, err);

    if (rc != OMB_OK)
        return rc;
    copy.out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (copy.out < 0) {
        rc = fail_system(err, "made", to);
    } else {
        rc = run(&copy, out_size, out_digest, err);
        if (rc == OMB_OK && fchmod(copy.out, (mode_t)mode) != 0)
            rc = fail_system(err, "made", to);
        (void)posix_fadvise(copy.out, 0, 0, POSIX_FADV_DONTNEED);
        if (close(copy.out) != 0 && rc == OMB_OK)
            rc = fail_system(err, "written", to);
    }
    (void)close(copy.in);
    return rc;
}

enum omb_rc omb_backup_digest(const char *path, omb_backup_bytes_fn *fn, void *arg,
                              uint64_t *out_size, struct omb_digest *out_digest,
                              struct omb_error *err)
{
    struct copying copy = {.from = path, .fn = fn, .arg = arg};
    enum omb_rc rc = open_file(path, &copy.in, err);

    if (rc != OMB_OK)
        return rc;
    rc = run(&copy, out_size, out_digest, err);
    (void)close(copy.in);
    return rc;
}

/* --- folders --- */

static enum omb_rc remove_within(const char *path, struct omb_error *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    enum omb_rc rc = OMB_OK;

    if (!folder)
        return errno == ENOENT ? OMB_OK : fail_system(err, "removed", path);
    while (rc == OMB_OK && (entry = readdir(folder)) != NULL) {
        char inner[4096];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        rc = omb_backup_path(path, omb_view_str(entry->d_name), inner, err);
        if (rc == OMB_OK)
            rc = omb_backup_remove(inner, err);
    }
    closedir(folder);
    return rc;
}

enum omb_rc omb_backup_remove(const char *path, struct omb_error *err)
{
    struct stat st;
    enum omb_rc rc = OMB_OK;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? OMB_OK : fail_system(err, "removed", path);
    if (!S_ISDIR(st.st_mode))
        return unlink(path) == 0 || errno == ENOENT ? OMB_OK : fail_system(err, "removed", path);
    rc = remove_within(path, err);
    if (rc == OMB_OK && rmdir(path) != 0 && errno != ENOENT)
        rc = fail_system(err, "removed", path);
    return rc;
}

enum omb_rc omb_backup_sync(const char *path, struct omb_error *err)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced;

    if (fd < 0)
        return fail_system(err, "opened", path);
    synced = fsync(fd) == 0;
    (void)close(fd);
    return synced ? OMB_OK : fail_system(err, "synced", path);
}

enum omb_rc omb_backup_publish(const char *partial, const char *path, const char *folder,
                               struct omb_error *err)
{
    enum omb_rc rc = omb_backup_sync(partial, err);

    if (rc != OMB_OK)
        return rc;
    if (rename(partial, path) != 0)
        return fail_system(err, "named", path);
    rc = omb_backup_sync(folder, err);
    if (rc != OMB_OK && rename(path, partial) != 0)
        return omb_fail_within(err, "it is there, but may be gone after a power cut");
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return omb_view_compare(*(const struct omb_view *)a, *(const struct omb_view *)b);
}

enum omb_rc omb_backup_names(const char *path, struct omb_arena *arena, struct omb_view **out,
                             size_t *out_count, struct omb_error *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    size_t count = 0, room = 0;
    struct omb_view *names = NULL;

    if (!folder)
        return fail_system(err, "read", path);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (count == room) {
            struct omb_view *more = OMB_ARENA_NEW(arena, struct omb_view, room ? 2 * room : 64);

            if (count > 0)
                memcpy(more, names, count * sizeof(*names));
            names = more;
            room = room ? 2 * room : 64;
        }
        names[count++] = omb_arena_copy(arena, omb_view_str(entry->d_name));
    }
    closedir(folder);
    if (count > 1)
        qsort(names, count, sizeof(*names), by_name);
    *out = names;
    *out_count = count;
    return OMB_OK;
}

enum omb_rc omb_backup_room(const char *path, uint64_t *out, struct omb_error *err)
{
    struct statvfs disk;

    if (statvfs(path, &disk) != 0)
        return fail_system(err, "asked for its room", path);
    *out = disk.f_blocks == 0 ? UINT64_MAX : (uint64_t)disk.f_bavail * disk.f_frsize;
    return OMB_OK;
}
