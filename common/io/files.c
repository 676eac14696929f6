#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "io/officedir.h"

enum { PATH_SIZE = 4096, FIRST_READ = 4096 };

/* One without its NUL. */
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* --- paths --- */

enum omb_rc omb_dir_path(const char *dir, const char *part, char *out, size_t size,
                         struct omb_error *err)
{
    size_t dir_size = strlen(dir), part_size = strlen(part);

    if (dir_size + 1 + part_size >= size)
        return omb_fail(err, OMB_LIMIT, NULL, "the path of %s in the office's folder is too long",
                        part);
    memcpy(out, dir, dir_size);
    out[dir_size] = '/';
    memcpy(out + dir_size + 1, part, part_size + 1);
    return OMB_OK;
}

enum omb_rc omb_socket_path(const char *dir, const char *part, char *out, size_t size,
                            struct omb_error *err)
{
    size_t needed = strlen(dir) + 1 + strlen(part);

    if (needed > SOCKET_PATH_MAX)
        return omb_fail(err, OMB_LIMIT, NULL,
                        "the path of the socket %s/%s has %zu bytes and the system takes %zu: "
                        "choose a shorter folder",
                        dir, part, needed, SOCKET_PATH_MAX);
    return omb_dir_path(dir, part, out, size, err);
}

/* The folder that a path's last part lies in. */
static void folder_of(const char *path, char out[PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    size_t size = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);

    if (size >= PATH_SIZE)
        size = PATH_SIZE - 1; /* no system call takes it */
    memcpy(out, size > 0 ? path : ".", size > 0 ? size : 1);
    out[size > 0 ? size : 1] = '\0';
}

/* --- reading --- */

enum omb_rc omb_file_rc(int error)
{
    return error == ENOENT                      ? OMB_NOT_FOUND
           : error == ENOSPC || error == EDQUOT ? OMB_FULL
                                                : OMB_IO;
}

static enum omb_rc fail_system(struct omb_error *err, const char *what, const char *path, int error)
{
    return omb_fail(err, omb_file_rc(error), NULL, "%s cannot be %s: %s", path, what,
                    strerror(error));
}

/* Reads to the end; `out` grows before the bytes come, as long as the file keeps its size. */
static enum omb_rc read_all(int fd, const char *path, size_t max, struct omb_buf *out,
                            struct omb_error *err)
{
    size_t start = out->size;
    struct stat st;
    ssize_t got;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        omb_buf_reserve(out, (uint64_t)st.st_size < max ? (size_t)st.st_size + 1 : max + 1);
    do {
        if (out->size == out->capacity)
            omb_buf_reserve(out, FIRST_READ);
        got = read(fd, out->data + out->size, out->capacity - out->size);
        if (got > 0)
            out->size += (size_t)got;
    } while ((got > 0 && out->size - start <= max) || (got < 0 && errno == EINTR));
    if (got < 0) {
        out->size = start;
        return fail_system(err, "read", path, errno);
    }
    if (out->size - start > max) {
        out->size = start;
        return omb_fail(err, OMB_LIMIT, NULL, "%s is longer than %zu bytes", path, max);
    }
    return OMB_OK;
}

enum omb_rc omb_file_read(const char *path, size_t max, struct omb_buf *out, struct omb_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum omb_rc rc;

    if (fd < 0)
        return fail_system(err, "opened", path, errno);
    rc = read_all(fd, path, max, out, err);
    (void)close(fd);
    return rc;
}

/* --- secrets --- */

static bool wider(mode_t mode, mode_t most)
{
    return (mode & 0777 & ~most) != 0;
}

static enum omb_rc check_private(int fd, const char *path, struct omb_error *err)
{
    char folder[PATH_SIZE];
    struct stat st;

    if (fstat(fd, &st) != 0)
        return fail_system(err, "examined", path, errno);
    if (!S_ISREG(st.st_mode))
        return omb_fail(err, OMB_FORBIDDEN, NULL, "%s must hold a secret and is not a file", path);
    if (wider(st.st_mode, 0600))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s holds a secret and has mode %04o; run: chmod 0600 %s", path,
                        (unsigned)st.st_mode & 07777, path);
    folder_of(path, folder);
    if (stat(folder, &st) != 0)
        return fail_system(err, "examined", folder, errno);
    if (wider(st.st_mode, 0700))
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s holds secrets and has mode %04o; run: chmod 0700 %s", folder,
                        (unsigned)st.st_mode & 07777, folder);
    return OMB_OK;
}

/* Opened without following a link, and without waiting should it be a pipe. */
static enum omb_rc open_unlinked(const char *path, int *out_fd, struct omb_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ELOOP)
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "%s must hold a secret and is a link; name the file itself", path);
    if (fd < 0)
        return fail_system(err, "opened", path, errno);
    *out_fd = fd;
    return OMB_OK;
}

enum omb_rc omb_private_read(const char *path, size_t max, struct omb_buf *out,
                             struct omb_error *err)
{
    int fd = -1;
    enum omb_rc rc = open_unlinked(path, &fd, err);

    if (rc != OMB_OK)
        return rc;
    rc = check_private(fd, path, err);
    if (rc == OMB_OK)
        rc = read_all(fd, path, max, out, err);
    (void)close(fd);
    return rc;
}

/* --- writing --- */

static enum omb_rc write_all(int fd, const char *path, struct omb_view bytes, unsigned mode,
                             struct omb_error *err)
{
    size_t done = 0;

    while (done < bytes.size) {
        ssize_t put = write(fd, bytes.data + done, bytes.size - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_system(err, "written", path, errno);
        done += (size_t)put;
    }
    /* Not what the umask left of it. */
    if (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0)
        return fail_system(err, "written", path, errno);
    return OMB_OK;
}

enum omb_rc omb_name_sync(const char *path, struct omb_error *err)
{
    char folder[PATH_SIZE];
    int fd;
    bool synced;

    folder_of(path, folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_system(err, "opened", folder, errno);
    synced = fsync(fd) == 0;
    (void)close(fd);
    return synced ? OMB_OK : fail_system(err, "synced", folder, errno);
}

static enum omb_rc write_beside(const char *beside, struct omb_view bytes, unsigned mode,
                                struct omb_error *err)
{
    enum omb_rc rc;
    int fd;

    /* One that is left from a crash would keep its mode and its readers. */
    if (unlink(beside) != 0 && errno != ENOENT)
        return fail_system(err, "replaced", beside, errno);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_system(err, "made", beside, errno);
    rc = write_all(fd, beside, bytes, mode, err);
    if (close(fd) != 0 && rc == OMB_OK)
        rc = fail_system(err, "written", beside, errno);
    return rc;
}

enum omb_rc omb_file_write(const char *path, struct omb_view bytes, unsigned mode,
                           struct omb_error *err)
{
    char beside[PATH_SIZE];
    int size = snprintf(beside, sizeof(beside), "%s.new", path);
    enum omb_rc rc;

    if (size < 0 || (size_t)size >= sizeof(beside))
        return omb_fail(err, OMB_LIMIT, NULL, "the path of a file to write is too long");
    rc = write_beside(beside, bytes, mode, err);
    if (rc == OMB_OK && rename(beside, path) != 0)
        rc = fail_system(err, "replaced", path, errno);
    if (rc != OMB_OK) {
        (void)unlink(beside);
        return rc;
    }
    return omb_name_sync(path, err);
}

enum omb_rc omb_folder_make(const char *path, unsigned mode, struct omb_error *err)
{
    struct stat st;

    if (mkdir(path, (mode_t)mode) == 0) {
        if (chmod(path, (mode_t)mode) != 0)
            return fail_system(err, "made", path, errno);
        return omb_name_sync(path, err);
    }
    if (errno != EEXIST || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return fail_system(err, "made", path, errno);
    if (wider(st.st_mode, (mode_t)mode))
        return omb_fail(err, OMB_FORBIDDEN, NULL, "the folder %s has mode %04o; run: chmod %04o %s",
                        path, (unsigned)st.st_mode & 07777, mode, path);
    return OMB_OK;
}
