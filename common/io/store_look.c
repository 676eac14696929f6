/*
 * Whether a store is whole, as far as it shows before and right after RocksDB opened it. What its
 * table files hold is checked where it is read, and all of it by omb_store_verify.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "io/store_internal.h"
#include "io/store_wal.h"

enum {
    PATH_SHOWN = 80, /* so that what to do still fits behind it */
    /* Of what RocksDB writes at every start its options are the most, some 80 KiB. */
    ROOM_TO_OPEN = 1 << 20,
};

#define LOG_WAY_OUT                                                                    \
    "copy the folder away, then restore a backup, or go on without what is lost: " \
    "`ombud store rebuild --accept-loss`"

static enum omb_rc refuse_opened(const char *path, const char *why, const char *way_out,
                                 struct omb_error *err)
{
    const struct omb_view shown = omb_text_cut(omb_view_str(path), PATH_SHOWN);

    return omb_fail(err, OMB_DAMAGED, NULL, "the store %.*s is damaged: %s; %s",
                    OMB_VIEW_ARGS(shown), why, way_out);
}

static enum omb_rc refuse(const char *path, const char *why, const char *way_out,
                          struct omb_error *err)
{
    const struct omb_view shown = omb_text_cut(omb_view_str(path), PATH_SHOWN);

    return omb_fail(err, OMB_DAMAGED, NULL,
                    "the store %.*s is damaged: %s; nothing was changed: %s", OMB_VIEW_ARGS(shown),
                    why, way_out);
}

static void tell_hole(const struct omb_wal_seen *seen, char *out, size_t size)
{
    (void)snprintf(out, size,
                   "writes %" PRIu64 " up to %" PRIu64 " are missing before those in its "
                   "write-ahead log %s", seen->hole_from, seen->hole_until - 1, seen->hole_file);
}

enum omb_rc omb_store_refuse_log(const char *path, const char *why, struct omb_error *err)
{
    return refuse(path, why, LOG_WAY_OUT, err);
}

/* --- room --- */

/*
 * What the write-ahead logs hold goes to table files at the start, and RocksDB ends the process
 * when a full disk meets it as it writes down its options: so room is looked for before.
 */
enum omb_rc omb_store_expect_room(const char *path, uint64_t log_bytes, struct omb_error *err)
{
    const uint64_t needed = ROOM_TO_OPEN + log_bytes;
    struct statvfs disk;
    uint64_t room;

    if (statvfs(path, &disk) != 0)
        return omb_fail(err, OMB_IO, NULL, "the room on the disk of %.200s cannot be found out: %s",
                        path, strerror(errno));
    room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (disk.f_blocks == 0 || room >= needed) /* no blocks: a filesystem that does not say */
        return OMB_OK;
    return omb_fail(err, OMB_FULL, NULL,
                    "no space is left for the store %.200s: %llu KiB are free and %llu KiB are "
                    "needed to open it", path, (unsigned long long)(room >> 10),
                    (unsigned long long)(needed >> 10));
}

/* --- before RocksDB opens it --- */

static enum omb_rc expect_current(const char *path, struct omb_error *err)
{
    char current[4096 + 16];
    struct stat st;

    if (stat(path, &st) != 0)
        return omb_fail(err, errno == ENOENT ? OMB_NOT_FOUND : OMB_IO, NULL,
                        "there is no store %.200s: %s", path, strerror(errno));
    (void)snprintf(current, sizeof(current), "%s/CURRENT", path);
    if (stat(current, &st) != 0)
        return refuse(path, "its file CURRENT is missing", STORE_WAY_OUT, err);
    return OMB_OK;
}

/* An open store always has a write-ahead log, and leaves it. */
static enum omb_rc judge_logs(const char *path, const struct omb_wal_seen *seen,
                              const struct omb_synced *synced, struct omb_error *err)
{
    char why[200];

    if (seen->files == 0)
        return omb_store_refuse_log(path, "its write-ahead log (*.log) is missing", err);
    if (seen->hole) {
        tell_hole(seen, why, sizeof(why));
        return seen->hole_is_zeros ? refuse(path, why, STORE_WAY_OUT, err)
                                   : omb_store_refuse_log(path, why, err);
    }
    /* RocksDB begins a log when all before went to tables; only it knows then how far they go. */
    if (seen->any && !seen->newest_is_empty && seen->reached < synced->write) {
        (void)snprintf(why, sizeof(why),
                       "its write-ahead log ends at write %" PRIu64 " in %s, and write %" PRIu64
                       " had been synced", seen->reached, seen->newest, synced->write);
        return omb_store_refuse_log(path, why, err);
    }
    return OMB_OK;
}

/* What the logs lack is accepted, but for a gap that RocksDB would not notice and write across. */
static enum omb_rc accept_logs(const char *path, const struct omb_wal_seen *seen,
                               const struct omb_synced *synced, struct omb_store_looked *out,
                               struct omb_error *err)
{
    if (judge_logs(path, seen, synced, NULL) == OMB_OK)
        return OMB_OK;
    out->way = STORE_TO_DAMAGE;
    out->lost = true;
    return seen->hole && seen->hole_is_zeros ? judge_logs(path, seen, synced, err) : OMB_OK;
}

static enum omb_rc judge_manifest(const char *path, const struct omb_synced *synced,
                                  struct omb_error *err)
{
    struct omb_error why;
    const enum omb_rc rc = omb_synced_check_manifest(path, synced, &why);

    return rc == OMB_DAMAGED ? refuse(path, why.words, STORE_WAY_OUT, err)
           : rc == OMB_OK    ? OMB_OK
                             : omb_fail(err, rc, NULL, "%s", why.words);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t size = strlen(name), tail = strlen(end);

    return size > tail && strcmp(name + size - tail, end) == 0;
}

static uint64_t bytes_of_files(const char *path, const char *end)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    uint64_t bytes = 0;
    struct stat st;

    while (folder && (entry = readdir(folder)) != NULL)
        if (ends_with(entry->d_name, end) && fstatat(dirfd(folder), entry->d_name, &st, 0) == 0)
            bytes += (uint64_t)st.st_size;
    if (folder)
        (void)closedir(folder);
    return bytes;
}

/* RocksDB locks the file LOCK; what another process writes at this moment cannot be judged. */
static bool is_locked(const char *folder, const char *name)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char file[4096 + 16];
    bool held;
    int fd;

    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held;
}

bool omb_store_is_open(const char *dir)
{
    return is_locked(dir, "db/LOCK");
}

static enum omb_rc look(const char *path, bool accept_loss, struct omb_store_looked *out,
                        struct omb_error *err)
{
    struct omb_wal_seen seen;
    enum omb_rc rc;

    *out = (struct omb_store_looked){.way = STORE_WHOLE};
    omb_synced_read(path, &out->synced); /* first: what is written meanwhile is beyond it */
    rc = expect_current(path, err);

    if (rc == OMB_OK)
        rc = omb_wal_look(path, out->synced.opened, &seen, err);
    if (rc == OMB_OK)
        rc = accept_loss ? accept_logs(path, &seen, &out->synced, out, err)
                         : judge_logs(path, &seen, &out->synced, err);
    if (rc == OMB_OK)
        rc = judge_manifest(path, &out->synced, err);
    if (rc != OMB_OK)
        return rc;
    /* All that was synced stands before it: what the power cut off, in whatever shape. */
    if (seen.torn && out->synced.write > 0)
        out->way = STORE_TO_DAMAGE;
    out->unsure = !accept_loss && out->synced.opened < out->synced.write &&
                  !(seen.any && seen.reached >= out->synced.write);
    (void)snprintf(out->newest_log, sizeof(out->newest_log), "%s", seen.newest);
    return omb_store_expect_room(path, seen.bytes, err);
}

/* A checkpoint has all in its tables, and no note; what it consists of, its MANIFEST says. */
static enum omb_rc look_at_copy(const char *path, enum omb_store_mode mode, struct omb_error *err)
{
    const enum omb_rc rc = expect_current(path, err);

    return rc == OMB_OK && mode == OMB_STORE_TAKE ? omb_store_expect_room(path, 0, err) : rc;
}

enum omb_rc omb_store_look(const char *path, enum omb_store_mode mode,
                           struct omb_store_looked *out, struct omb_error *err)
{
    const bool accept_loss = mode == OMB_STORE_ACCEPT_LOSS;
    enum omb_rc rc;

    *out = (struct omb_store_looked){.way = mode == OMB_STORE_LOOK ? STORE_LOOK : STORE_WHOLE};
    if (mode == OMB_STORE_LOOK || mode == OMB_STORE_TAKE)
        return look_at_copy(path, mode, err);
    rc = look(path, accept_loss, out, err);
    if (rc == OMB_OK || rc == OMB_NOT_FOUND)
        return rc;
    /* A daemon that ended meanwhile changed what was being read: what it left counts. */
    if (!is_locked(path, "LOCK"))
        rc = look(path, accept_loss, out, err);
    if (rc != OMB_OK && is_locked(path, "LOCK"))
        return omb_store_translate(path, strdup("While lock file"), true, err);
    return rc;
}

/* --- after it --- */

/* RocksDB looks for a blob file when a value of it is read. */
static enum omb_rc expect_blobs(struct omb_store *store, struct omb_error *err)
{
    const uint64_t there = bytes_of_files(store->path, ".blob");
    uint64_t listed = 0;
    char why[160];

    if (rocksdb_property_int_cf(store->db, store->families[OMB_FAMILY_PART],
                                "rocksdb.total-blob-file-size", &listed) != 0 ||
        there >= listed)
        return OMB_OK;
    (void)snprintf(why, sizeof(why),
                   "its blob files (*.blob) hold %" PRIu64 " bytes and should hold %" PRIu64
                   ": one is shorter or missing", there, listed);
    return refuse_opened(store->path, why, STORE_WAY_OUT, err);
}

static void tell_lost(const struct omb_store_looked *looked, uint64_t reached, char *out,
                      size_t size)
{
    (void)snprintf(out, size,
                   "its newest write is %" PRIu64 ", and write %" PRIu64 " had been synced: its "
                   "write-ahead log %s lost what it held", reached, looked->synced.write,
                   looked->newest_log);
}

enum omb_rc omb_store_expect_synced(const char *path, const struct omb_store_looked *looked,
                                    uint64_t reached, struct omb_error *err)
{
    char why[200];

    if (reached >= looked->synced.write)
        return OMB_OK;
    tell_lost(looked, reached, why, sizeof(why));
    return omb_store_refuse_log(path, why, err);
}

/* RocksDB put what the logs held into table files by now: that nothing was changed is not said. */
enum omb_rc omb_store_look_again(struct omb_store *store, enum omb_store_mode mode,
                                 struct omb_store_looked *looked, struct omb_error *err)
{
    const uint64_t reached = rocksdb_get_latest_sequence_number(store->db);
    const uint64_t synced = looked->synced.write;
    char why[200];

    if (reached < synced) {
        if (mode != OMB_STORE_ACCEPT_LOSS) {
            tell_lost(looked, reached, why, sizeof(why));
            return refuse_opened(store->path, why, LOG_WAY_OUT, err);
        }
        looked->lost = true;
        looked->lost_writes = synced - reached;
    }
    return expect_blobs(store, err);
}
