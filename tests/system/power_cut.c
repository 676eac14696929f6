/*
 * Put before a daemon (LD_PRELOAD), this notes what the disk holds for certain of one folder
 * (OMB_POWER_FOLDER), so that after a kill a story can leave of it what a cut of the power leaves
 * at worst (power.py). In the folder OMB_POWER_KEPT:
 *
 *   notes        F INODE SIZE         a file was synced: its bytes up to there are on the disk
 *                D INODE/NAME ...     the folder was synced: these names are, whatever was made,
 *                                     renamed or removed before or since
 *   INODE        a second name of each such file, so that it is there when it was removed since
 *   INODE.bytes  what stood in a small file when it was synced: it may be written over in place
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH = 2048, SMALL = 4096, LISTING = 65536 };

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        abort();
    return value;
}

static void note(const char *line, size_t size)
{
    char path[PATH];
    int out;

    (void)snprintf(path, sizeof(path), "%s/notes", variable("OMB_POWER_KEPT"));
    out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (out < 0 || write(out, line, size) != (ssize_t)size)
        abort();
    close(out);
}

/* False: it is gone, or no regular file. A second name that is there already is the same file. */
static int keep(int folder, const char *name, ino_t inode)
{
    char path[PATH];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s/%llu", variable("OMB_POWER_KEPT"),
                   (unsigned long long)inode);
    (void)linkat(folder, name, AT_FDCWD, path, 0);
    return stat(path, &st) == 0 && st.st_ino == inode;
}

static void keep_bytes(int fd, const struct stat *st)
{
    char path[PATH], bytes[SMALL];
    ssize_t size = st->st_size <= SMALL ? pread(fd, bytes, SMALL, 0) : -1;
    int out;

    if (size < 0) /* a log, a table: only added to */
        return;
    (void)snprintf(path, sizeof(path), "%s/%llu.bytes", variable("OMB_POWER_KEPT"),
                   (unsigned long long)st->st_ino);
    out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0 || write(out, bytes, (size_t)size) != size)
        abort();
    close(out);
}

/* Where the descriptor points to below the folder; NULL: elsewhere. "" is the folder itself. */
static const char *inside(int fd, char path[PATH])
{
    const char *folder = variable("OMB_POWER_FOLDER");
    const size_t size = strlen(folder);
    char link[64];
    ssize_t length;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, PATH - 1);
    if (length < 0)
        return NULL;
    path[length] = '\0';
    if (strncmp(path, folder, size) != 0 || (path[size] != '/' && path[size] != '\0'))
        return NULL;
    return path + size + (path[size] == '/');
}

static void note_file(int fd, const char *path, const struct stat *st)
{
    char line[96];
    const int size = snprintf(line, sizeof(line), "F %llu %lld\n", (unsigned long long)st->st_ino,
                              (long long)st->st_size);

    if (!keep(AT_FDCWD, path, st->st_ino))
        return; /* it has no name any more */
    note(line, (size_t)size);
    keep_bytes(fd, st);
}

/* The names before the sync; those that go meanwhile may or may not be there. */
static size_t list(const char *path, char *out)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    size_t size = (size_t)snprintf(out, LISTING, "D");

    if (!folder)
        abort();
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_type == DT_REG && size < LISTING - 300 &&
            keep(dirfd(folder), entry->d_name, entry->d_ino))
            size += (size_t)snprintf(out + size, LISTING - size, " %llu/%s",
                                     (unsigned long long)entry->d_ino, entry->d_name);
    closedir(folder);
    out[size++] = '\n';
    return size;
}

static int sync_folder(long call, int fd, const char *path)
{
    char *names = malloc(LISTING);
    const size_t size = list(path, names);
    const int failed = (int)syscall(call, fd);

    if (!failed)
        note(names, size);
    free(names);
    return failed;
}

/* The size before: what another thread adds meanwhile need not be on the disk. */
static int sync_and_note(long call, int fd)
{
    char path[PATH];
    const char *name = inside(fd, path);
    struct stat st;
    int failed;

    if (!name || fstat(fd, &st) != 0)
        return (int)syscall(call, fd);
    if (S_ISDIR(st.st_mode))
        return sync_folder(call, fd, path);
    failed = (int)syscall(call, fd);
    if (!failed && S_ISREG(st.st_mode))
        note_file(fd, path, &st);
    return failed;
}

int fsync(int fd)
{
    return sync_and_note(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_and_note(SYS_fdatasync, fd);
}
