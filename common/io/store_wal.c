#include "io/store_wal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/crc32c.h"

enum {
    BLOCK = 32768,
    FRAME = 7,       /* of a fragment, before its bytes */
    BATCH_HEAD = 12, /* of a batch */
};

enum fragment { NONE, WHOLE, FIRST, MIDDLE, LAST };

struct walk {
    struct omb_wal_seen *seen;
    uint64_t in_tables; /* writes up to it need not stand in a log; 0: not known */
    uint64_t next; /* the number that the next batch must have; 1: not known */
    bool at_start; /* of a log: no batch of it was seen */
    bool inside;   /* of a batch that began */
    bool skipped;  /* bytes that are no fragment, since the last batch */
    bool zeros;    /* ... and all of them zero */
    size_t head_size;
    uint8_t head[BATCH_HEAD]; /* of the batch that began */
    const char *file;
};

static uint64_t little(const uint8_t *at, size_t size)
{
    uint64_t value = 0;

    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static uint32_t unmask(uint32_t masked)
{
    const uint32_t turned = masked - UINT32_C(0xa282ead8);

    return turned >> 17 | turned << 15;
}

/* --- batches --- */

static void note_hole(struct walk *walk, uint64_t first)
{
    struct omb_wal_seen *seen = walk->seen;

    if (seen->hole)
        return;
    seen->hole = true;
    seen->hole_is_zeros = walk->zeros || !walk->skipped;
    seen->hole_from = walk->next;
    seen->hole_until = first;
    (void)snprintf(seen->hole_file, sizeof(seen->hole_file), "%s", walk->file);
}

/*
 * A log begins with a batch: what stood before the very first was one. Between two logs of which
 * nothing was skipped none is missed: RocksDB lists in its MANIFEST which it needs and how long
 * they are, and of several that are done with the newest goes first.
 */
static bool misses(const struct walk *walk, uint64_t first)
{
    if (first <= walk->next || first <= walk->in_tables + 1)
        return false;
    if (!walk->seen->any)
        return walk->skipped && walk->next > 1;
    return !walk->at_start || walk->skipped;
}

static void end_batch(struct walk *walk)
{
    const uint64_t first = little(walk->head, 8);
    const uint64_t writes = little(walk->head + 8, 4);

    walk->inside = false;
    if (walk->head_size < BATCH_HEAD)
        return;
    if (misses(walk, first))
        note_hole(walk, first);
    walk->next = first + writes;
    walk->at_start = false;
    walk->seen->any = true;
    walk->seen->reached = walk->next - 1;
    walk->skipped = false;
    walk->zeros = true;
}

/* --- fragments --- */

/* What RocksDB would not take either; whether anything follows decides what it means. */
static void skip(struct walk *walk, struct omb_view bytes)
{
    walk->inside = false;
    walk->skipped = true;
    for (size_t i = 0; walk->zeros && i < bytes.size; i++)
        walk->zeros = bytes.data[i] == 0;
}

static void take_fragment(struct walk *walk, enum fragment type, struct omb_view bytes)
{
    size_t taken;

    if (type == WHOLE || type == FIRST) {
        walk->skipped = walk->skipped || walk->inside; /* the one before has no end */
        walk->inside = true;
        walk->head_size = 0;
    } else if (!walk->inside) {
        walk->skipped = true; /* this one has no beginning */
        return;
    }
    taken = BATCH_HEAD - walk->head_size;
    if (bytes.size < taken)
        taken = bytes.size;
    memcpy(walk->head + walk->head_size, bytes.data, taken);
    walk->head_size += taken;
    if (type == WHOLE || type == LAST)
        end_batch(walk);
}

/* One fragment off the front; false: here is none, and the rest of the block is skipped. */
static bool next_fragment(struct walk *walk, struct omb_view *rest)
{
    const uint8_t *at = rest->data;
    size_t size;

    if (rest->size < FRAME)
        return false;
    size = (size_t)little(at + 4, 2);
    if (at[6] < WHOLE || at[6] > LAST || size > rest->size - FRAME ||
        unmask((uint32_t)little(at, 4)) != omb_crc32c(0, omb_view(at + 6, size + 1)))
        return false;
    take_fragment(walk, (enum fragment)at[6], omb_view(at + FRAME, size));
    *rest = omb_view(at + FRAME + size, rest->size - FRAME - size);
    return true;
}

/* A tail too short for a frame is filled up with zeros. */
static bool is_filling(struct omb_view rest, bool block_is_full)
{
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] != 0)
            return false;
    return block_is_full && rest.size < FRAME;
}

static void walk_block(struct walk *walk, struct omb_view block)
{
    struct omb_view rest = block;

    while (next_fragment(walk, &rest))
        continue;
    if (rest.size > 0 && !is_filling(rest, block.size == BLOCK))
        skip(walk, rest);
}

static enum omb_rc walk_file(struct walk *walk, int folder, const char *name,
                             struct omb_error *err)
{
    static const char unread[] = "the write-ahead log %s cannot be read: %s";
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    uint8_t *block;
    ssize_t size;
    off_t at = 0;
    int error;

    if (fd < 0)
        return omb_fail(err, OMB_IO, NULL, unread, name, strerror(errno));
    walk->file = name;
    walk->at_start = true;
    walk->inside = false;
    block = malloc(BLOCK);
    OMB_ASSERT(block != NULL);
    while ((size = pread(fd, block, BLOCK, at)) > 0) {
        walk_block(walk, omb_view(block, (size_t)size));
        walk->seen->bytes += (uint64_t)size;
        at += size;
    }
    error = errno;
    free(block);
    close(fd);
    walk->seen->newest_is_empty = at == 0;
    if (walk->inside)
        walk->skipped = true; /* a batch that does not end */
    return size == 0 ? OMB_OK : omb_fail(err, OMB_IO, NULL, unread, name, strerror(error));
}

/* --- the folder --- */

static int is_log(const struct dirent *entry)
{
    const size_t digits = strspn(entry->d_name, "0123456789");

    return digits > 0 && strcmp(entry->d_name + digits, ".log") == 0;
}

static int older_first(const struct dirent **a, const struct dirent **b)
{
    const unsigned long long left = strtoull((*a)->d_name, NULL, 10);
    const unsigned long long right = strtoull((*b)->d_name, NULL, 10);

    return (left > right) - (left < right);
}

enum omb_rc omb_wal_look(const char *path, uint64_t in_tables, struct omb_wal_seen *out,
                         struct omb_error *err)
{
    struct walk walk = {
        .seen = out, .in_tables = in_tables, .next = in_tables + 1, .zeros = true};
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent **logs = NULL;
    const int count = folder < 0 ? -1 : scandir(path, &logs, is_log, older_first);
    enum omb_rc rc = OMB_OK;

    *out = (struct omb_wal_seen){.files = 0};
    if (count < 0)
        rc = omb_fail(err, OMB_IO, NULL, "the folder %.200s cannot be read: %s", path,
                      strerror(errno));
    for (int i = 0; i < count; i++) {
        if (rc == OMB_OK)
            rc = walk_file(&walk, folder, logs[i]->d_name, err);
        (void)snprintf(out->newest, sizeof(out->newest), "%.31s", logs[i]->d_name);
        out->files++;
        free(logs[i]);
    }
    out->torn = walk.skipped;
    free(logs);
    if (folder >= 0)
        close(folder);
    return rc;
}
