#define _GNU_SOURCE
#include "support/power.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"

enum { FILES_MAX = 4096 };

/* A file that was synced, and how long it was then. */
struct synced {
    dev_t device;
    ino_t number;
    off_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct synced files[FILES_MAX];
static size_t file_count;
static bool is_full;
static struct stat refused; /* the folder of which names cannot be synced; st_ino 0: none */

static bool full(void)
{
    bool now;

    pthread_mutex_lock(&lock);
    now = is_full;
    pthread_mutex_unlock(&lock);
    return now;
}

void power_fill(bool now)
{
    pthread_mutex_lock(&lock);
    is_full = now;
    pthread_mutex_unlock(&lock);
}

void power_on(void)
{
    pthread_mutex_lock(&lock);
    is_full = false;
    file_count = 0;
    refused.st_ino = 0;
    pthread_mutex_unlock(&lock);
}

void power_refuse_names(const char *folder, bool now)
{
    struct stat seen = {.st_ino = 0};

    OMB_ASSERT(!now || stat(folder, &seen) == 0);
    pthread_mutex_lock(&lock);
    refused = seen;
    pthread_mutex_unlock(&lock);
}

static bool is_refused(int fd)
{
    struct stat seen;
    bool is;

    pthread_mutex_lock(&lock);
    is = refused.st_ino != 0 && fstat(fd, &seen) == 0 && seen.st_ino == refused.st_ino &&
         seen.st_dev == refused.st_dev;
    pthread_mutex_unlock(&lock);
    return is;
}

/* Under the lock. */
static struct synced *synced_of(const struct stat *seen)
{
    for (size_t i = 0; i < file_count; i++)
        if (files[i].device == seen->st_dev && files[i].number == seen->st_ino)
            return &files[i];
    return NULL;
}

static void note_synced(const struct stat *seen)
{
    struct synced *file;

    pthread_mutex_lock(&lock);
    file = synced_of(seen);
    if (file == NULL) {
        OMB_ASSERT(file_count < FILES_MAX);
        file = &files[file_count++];
    }
    *file = (struct synced){seen->st_dev, seen->st_ino, seen->st_size};
    pthread_mutex_unlock(&lock);
}

/* --- in place of the C library's --- */

/* POSIX has functions come out of dlsym as objects. */
#define REAL(name, type, args) \
    type(*real) args;             \
    *(void **)&real = dlsym(RTLD_NEXT, name)

static bool lacks_room(int fd)
{
    struct stat seen;

    return fd > STDERR_FILENO && full() && fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL("write", ssize_t, (int, const void *, size_t));

    if (lacks_room(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    REAL("pwrite", ssize_t, (int, const void *, size_t, off_t));
    const bool full_up = lacks_room(fd);

    if (full_up && size == 1) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, full_up ? size / 2 : size, at);
}

static int sync_by(int (*real)(int), int fd)
{
    struct stat seen;
    /* Before: what is written meanwhile may not be on the disk. */
    const bool known = fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode);
    int failed;

    if (is_refused(fd)) {
        errno = EIO;
        return -1;
    }
    failed = real(fd);
    if (failed == 0 && known)
        note_synced(&seen);
    return failed;
}

int fdatasync(int fd)
{
    REAL("fdatasync", int, (int));

    return sync_by(real, fd);
}

int fsync(int fd)
{
    REAL("fsync", int, (int));

    return sync_by(real, fd);
}

/* Another file may have its number afterwards. */
static void forget(const char *path)
{
    struct synced *file;
    struct stat seen;

    pthread_mutex_lock(&lock);
    file = lstat(path, &seen) == 0 ? synced_of(&seen) : NULL;
    if (file != NULL)
        *file = files[--file_count];
    pthread_mutex_unlock(&lock);
}

int unlink(const char *path)
{
    REAL("unlink", int, (const char *));

    forget(path);
    return real(path);
}

int rename(const char *from, const char *to)
{
    REAL("rename", int, (const char *, const char *));

    forget(to);
    return real(from, to);
}

int statvfs(const char *path, struct statvfs *out)
{
    REAL("statvfs", int, (const char *, struct statvfs *));
    const int failed = real(path, out);

    if (failed == 0 && full())
        out->f_bfree = out->f_bavail = 0;
    return failed;
}

/* --- a power cut --- */

static off_t reached_disk(int fd, unsigned hundredths)
{
    const struct synced *file;
    struct stat seen;
    off_t size = 0;

    OMB_ASSERT(fstat(fd, &seen) == 0);
    pthread_mutex_lock(&lock);
    file = synced_of(&seen);
    if (file != NULL)
        size = file->size < seen.st_size ? file->size : seen.st_size;
    pthread_mutex_unlock(&lock);
    return size + (seen.st_size - size) * hundredths / 100;
}

static void copy_start(int from, int to, off_t size)
{
    char bytes[65536];

    while (size > 0) {
        const size_t most = size < (off_t)sizeof(bytes) ? (size_t)size : sizeof(bytes);
        const ssize_t got = read(from, bytes, most);

        OMB_ASSERT(got > 0 && write(to, bytes, (size_t)got) == got);
        size -= got;
    }
}

static void each_file(const char *path, void (*visit)(int fd, const char *name, void *arg),
                      void *arg)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    OMB_ASSERT(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        int fd;

        if (entry->d_name[0] == '.')
            continue;
        fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
        OMB_ASSERT(fd >= 0);
        visit(fd, entry->d_name, arg);
        (void)close(fd);
    }
    (void)closedir(folder);
}

struct copying {
    int to;
    unsigned hundredths;
};

static void copy_file(int fd, const char *name, void *arg)
{
    const struct copying *copying = arg;
    const int out = openat(copying->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    OMB_ASSERT(out >= 0);
    copy_start(fd, out, reached_disk(fd, copying->hundredths));
    (void)close(out);
}

static void sync_file(int fd, const char *name, void *arg)
{
    (void)name;
    (void)arg;
    OMB_ASSERT(fsync(fd) == 0);
}

void power_cut(const char *from, const char *to, unsigned hundredths)
{
    struct copying copying = {.hundredths = hundredths};

    OMB_ASSERT(mkdir(to, 0700) == 0);
    copying.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OMB_ASSERT(copying.to >= 0);
    each_file(from, copy_file, &copying);
    (void)close(copying.to);
    power_on();
    each_file(to, sync_file, NULL);
}
