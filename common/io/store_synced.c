#include "io/store_synced.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/crc32c.h"
#include "io/officedir.h"

#define NAME "SYNCED"
/* Of one length always, so that writing it over leaves nothing of what stood there. */
#define LINE                                                                        \
    "write %020" PRIu64 " opened %020" PRIu64 " manifest %020" PRIu64 " size %020" PRIu64 \
    " crc %08" PRIx32
#define CHECK " check %08" PRIx32 "\n"
#define PREFIX "MANIFEST-"

enum { LINE_MAX_SIZE = 224, CURRENT_MAX = 64, SYNC_MS = 1000, CHUNK = 65536 };

struct omb_synced_note {
    const char *path;
    int fd;
    pthread_mutex_t lock; /* of all below */
    struct omb_synced said;
    int64_t synced_at;
};

/* --- the file --- */

static size_t print_line(const struct omb_synced *synced, char out[LINE_MAX_SIZE])
{
    const int size = snprintf(out, LINE_MAX_SIZE, LINE, synced->write, synced->opened,
                              synced->manifest, synced->manifest_size, synced->manifest_crc);
    const uint32_t check = omb_crc32c(0, omb_view(out, (size_t)size));

    return (size_t)size + (size_t)snprintf(out + size, LINE_MAX_SIZE - (size_t)size, CHECK, check);
}

static void place(const char *path, const char *name, char out[4096])
{
    const int size = snprintf(out, 4096, "%s/%s", path, name);

    OMB_ASSERT(size > 0 && size < 4096);
}

static uint64_t take_number(const char **at, const char *word, int base)
{
    const size_t size = strlen(word);
    char *end;
    uint64_t number;

    if (strncmp(*at, word, size) != 0)
        return 0;
    number = strtoull(*at + size, &end, base);
    *at = end;
    return number;
}

/* Whatever is read is right when it gives the same line again. */
void omb_synced_read(const char *path, struct omb_synced *out)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_synced read = {.write = 0};
    char file[4096], again[LINE_MAX_SIZE];
    const char *at;

    *out = read;
    place(path, NAME, file);
    if (omb_file_read(file, LINE_MAX_SIZE, &bytes, NULL) == OMB_OK) {
        at = omb_buf_str(&bytes);
        read.write = take_number(&at, "write ", 10);
        read.opened = take_number(&at, " opened ", 10);
        read.manifest = take_number(&at, " manifest ", 10);
        read.manifest_size = take_number(&at, " size ", 10);
        read.manifest_crc = (uint32_t)take_number(&at, " crc ", 16);
        if (omb_view_equal(omb_buf_view(&bytes), omb_view(again, print_line(&read, again))))
            *out = read;
    }
    omb_buf_free(&bytes);
}

void omb_synced_remove(const char *path)
{
    char file[4096];

    place(path, NAME, file);
    (void)unlink(file);
}

/* --- the MANIFEST --- */

/* The number in the name that CURRENT holds; 0: it holds none. */
static uint64_t current_manifest(const char *path)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    uint64_t number = 0;
    char file[4096];

    place(path, "CURRENT", file);
    if (omb_file_read(file, CURRENT_MAX, &bytes, NULL) == OMB_OK &&
        strncmp(omb_buf_str(&bytes), PREFIX, sizeof(PREFIX) - 1) == 0)
        number = strtoull(omb_buf_str(&bytes) + sizeof(PREFIX) - 1, NULL, 10);
    omb_buf_free(&bytes);
    return number;
}

static int open_manifest(const char *path, uint64_t number)
{
    char name[CURRENT_MAX], file[4096];

    snprintf(name, sizeof(name), PREFIX "%06" PRIu64, number);
    place(path, name, file);
    return open(file, O_RDONLY | O_CLOEXEC);
}

/* Carries a checksum on over the bytes [from, until) of a file. False: it does not have them. */
static bool extend(int fd, uint64_t from, uint64_t until, uint32_t *crc)
{
    uint8_t *chunk = malloc(CHUNK);
    ssize_t size = 1;

    OMB_ASSERT(chunk != NULL);
    while (from < until && size > 0) {
        const size_t wanted = until - from < CHUNK ? (size_t)(until - from) : CHUNK;

        size = pread(fd, chunk, wanted, (off_t)from);
        if (size > 0) {
            *crc = omb_crc32c(*crc, omb_view(chunk, (size_t)size));
            from += (uint64_t)size;
        }
    }
    free(chunk);
    return from == until;
}

enum omb_rc omb_synced_check_manifest(const char *path, const struct omb_synced *synced,
                                       struct omb_error *err)
{
    const uint64_t number = current_manifest(path);
    uint32_t crc = 0;
    bool whole;
    int fd;

    if (synced->manifest == 0 || number > synced->manifest || number == 0)
        return OMB_OK; /* without a number: RocksDB refuses it and says why */
    if (number < synced->manifest)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "its file CURRENT names MANIFEST-%06" PRIu64 ", which MANIFEST-%06" PRIu64
                        " had replaced", number, synced->manifest);
    fd = open_manifest(path, number);
    if (fd < 0)
        return errno == ENOENT ? OMB_OK /* the same */
                               : omb_fail(err, OMB_IO, NULL,
                                          "the store %.200s cannot be used (" PREFIX "%06" PRIu64
                                          ": %s)", path, number, strerror(errno));
    whole = extend(fd, 0, synced->manifest_size, &crc);
    close(fd);
    if (whole && crc == synced->manifest_crc)
        return OMB_OK;
    if (whole)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "its file MANIFEST-%06" PRIu64 " is not what was synced", number);
    return omb_fail(err, OMB_DAMAGED, NULL,
                    "its file MANIFEST-%06" PRIu64 " is shorter than what was synced", number);
}

/* When it grew, its bytes are synced and added; that is rare. */
static void look_at_manifest(struct omb_synced_note *note, struct omb_synced *synced)
{
    struct omb_synced seen = *synced;
    const uint64_t number = current_manifest(note->path);
    const int fd = number > 0 ? open_manifest(note->path, number) : -1;
    struct stat st;

    if (fd < 0)
        return; /* replaced at this moment: seen the next time */
    if (number != seen.manifest)
        seen = (struct omb_synced){
            .write = seen.write, .opened = seen.opened, .manifest = number};
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > seen.manifest_size && fdatasync(fd) == 0 &&
        extend(fd, seen.manifest_size, (uint64_t)st.st_size, &seen.manifest_crc)) {
        seen.manifest_size = (uint64_t)st.st_size;
        *synced = seen;
    }
    close(fd);
}

/* --- the note --- */

static enum omb_rc fail_writing(const struct omb_synced_note *note, int error,
                                struct omb_error *err)
{
    const enum omb_rc rc = omb_file_rc(error);

    return rc == OMB_FULL
               ? omb_fail(err, rc, NULL, "no space is left for the store %.200s (" NAME ": %s)",
                          note->path, strerror(error))
               : omb_fail(err, OMB_IO, NULL,
                          "the file " NAME " of the store cannot be written: %s", strerror(error));
}

/* On a disk that is filling up a part is written, and the next call says why not all of it was. */
static bool write_all(int fd, const char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t put = pwrite(fd, bytes + done, size - done, (off_t)done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? EIO : errno;
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

static enum omb_rc write_line(struct omb_synced_note *note, int64_t now, bool sync,
                              struct omb_error *err)
{
    char line[LINE_MAX_SIZE];
    const size_t size = print_line(&note->said, line);
    bool done = write_all(note->fd, line, size);

    if (done && (sync || now - note->synced_at >= SYNC_MS)) {
        done = fdatasync(note->fd) == 0;
        note->synced_at = now;
    }
    return done ? OMB_OK : fail_writing(note, errno, err);
}

/* Made anew when it is not one that can be written over: too short, or gone. */
static enum omb_rc open_file(struct omb_synced_note *note, struct omb_error *err)
{
    const struct omb_synced none = {.write = 0};
    char file[4096], line[LINE_MAX_SIZE];
    const size_t size = print_line(&none, line);
    enum omb_rc rc = OMB_OK;
    struct stat st;

    place(note->path, NAME, file);
    if (stat(file, &st) != 0 || st.st_size != (off_t)size)
        rc = omb_file_write(file, omb_view(line, size), 0600, err);
    if (rc != OMB_OK)
        return rc;
    note->fd = open(file, O_WRONLY | O_CLOEXEC);
    return note->fd >= 0 ? OMB_OK : fail_writing(note, errno, err);
}

enum omb_rc omb_synced_begin(const char *path, uint64_t write, struct omb_synced_note **out,
                              struct omb_error *err)
{
    struct omb_synced_note *note = calloc(1, sizeof(*note));
    enum omb_rc rc;

    OMB_ASSERT(note != NULL);
    note->path = path;
    note->fd = -1;
    pthread_mutex_init(&note->lock, NULL);
    rc = open_file(note, err);
    if (rc == OMB_OK) {
        note->said.write = note->said.opened = write;
        look_at_manifest(note, &note->said);
        rc = write_line(note, omb_clock_monotonic_ms(), true, err);
    }
    if (rc == OMB_OK)
        *out = note;
    else
        omb_synced_end(note);
    return rc;
}

enum omb_rc omb_synced_note(struct omb_synced_note *note, uint64_t write, struct omb_error *err)
{
    const int64_t now = omb_clock_monotonic_ms();
    enum omb_rc rc;

    pthread_mutex_lock(&note->lock);
    if (write > note->said.write)
        note->said.write = write;
    look_at_manifest(note, &note->said);
    rc = write_line(note, now, false, err);
    pthread_mutex_unlock(&note->lock);
    return rc;
}

void omb_synced_end(struct omb_synced_note *note)
{
    if (!note)
        return;
    if (note->fd >= 0) {
        look_at_manifest(note, &note->said);
        /* What it does not say is not missed, which is no reason to fail at the end. */
        if (write_line(note, omb_clock_monotonic_ms(), true, NULL) != OMB_OK)
            (void)fdatasync(note->fd);
        close(note->fd);
    }
    pthread_mutex_destroy(&note->lock);
    free(note);
}
