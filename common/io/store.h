/*
 * The store: RocksDB behind the core's port. It knows families, keys and values, not what they
 * mean.
 *
 * One synced batch per update. A store that lacks anything of what was synced is refused, never
 * silently shortened: files that are damaged, shorter or gone; after a background error the store
 * takes no more writes and the daemon stops (design: libraries).
 */
#ifndef OMB_IO_STORE_H
#define OMB_IO_STORE_H

#include "office/writes.h"

#define OMB_STORE_SCHEMA 1

struct omb_store;

enum omb_store_mode {
    OMB_STORE_CREATE, /* must not exist; what a failed creation leaves is removed */
    OMB_STORE_OPEN,   /* must exist; one process at a time */
    OMB_STORE_HUB,    /* the same, with memory for what many offices write */
    OMB_STORE_TAKE,   /* a copy that omb_store_checkpoint made, to be an office's from now on */
    OMB_STORE_LOOK,   /* a copy that nobody opened: it is read, and not a byte of it changes */
    /* The same, even when the last writes that were synced are gone; OMB_META_LOSS says so then. */
    OMB_STORE_ACCEPT_LOSS,
};

/*
 * Opens DIR/db. OMB_BUSY: another process has it, OMB_DAMAGED: says what, and when nothing was
 * changed, OMB_LATER: a later schema, OMB_NOT_FOUND, OMB_FULL, OMB_IO.
 */
enum omb_rc omb_store_open(const char *dir, enum omb_store_mode mode, struct omb_store **out,
                           struct omb_error *err) OMB_MUST_USE;
void omb_store_close(struct omb_store *store);
/* Whether another process has DIR/db open. One that has it itself loses its lock by asking. */
bool omb_store_is_open(const char *dir);
/* Whether this opening gave writes up that had been synced, and how many (0: not known). */
bool omb_store_gave_up(const struct omb_store *store, uint64_t *out_writes);
const struct omb_port *omb_store_port(const struct omb_store *store);

/*
 * Persists all writes in one batch, all or nothing; returns after fsync when sync. OMB_FULL,
 * OMB_IO, OMB_DAMAGED: none of these writes may be taken as kept or as lost before the next start.
 */
enum omb_rc omb_store_commit(struct omb_store *store, const struct omb_writes *writes, bool sync,
                             struct omb_error *err) OMB_MUST_USE;

/*
 * After a commit that deleted rows of the families part, key or index: rewrites what holds their
 * old values, the write-ahead log too, so that the bytes leave the disk. Values of several KiB lie
 * in files that are cleaned later: those of an erased case cannot be read without its key, which is
 * gone at once.
 */
enum omb_rc omb_store_forget(struct omb_store *store, const struct omb_writes *writes,
                             struct omb_error *err) OMB_MUST_USE;

/*
 * Makes durable all that was committed unsynced before the call. May run in another thread while
 * this one reads and commits.
 */
enum omb_rc omb_store_sync(struct omb_store *store, struct omb_error *err) OMB_MUST_USE;

/* Commits and syncs that took a second and more since the opening. */
uint64_t omb_store_stalls(const struct omb_store *store);

/*
 * OMB_OK, or the first error that the store met: of a read, a commit, or its own work in the
 * background. From then on it takes no more writes. Poll it now and then, and after a port's read
 * said OMB_DAMAGED or OMB_IO.
 */
enum omb_rc omb_store_health(struct omb_store *store, struct omb_error *err) OMB_MUST_USE;

/*
 * Makes a copy of the store as it is now in the folder `to`, which must not exist: hard links to
 * the files that change no more, so it lies on the store's own disk. All that was committed before
 * the call is in it, synced or not. May run in another thread while this one reads and commits.
 * OMB_FULL, OMB_IO, OMB_DAMAGED: then there is no folder `to`.
 */
enum omb_rc omb_store_checkpoint(struct omb_store *store, const char *to,
                                 struct omb_error *err) OMB_MUST_USE;

struct omb_family_size {
    const char *family;
    uint64_t rows;  /* estimated */
    uint64_t bytes; /* in files and in memory */
};
/* One row per family; returns their number. */
size_t omb_store_sizes(struct omb_store *store, struct omb_family_size out[OMB_FAMILY_COUNT]);

/*
 * Reads every block that holds rows, past the caches, and compares its checksum. OMB_DAMAGED: the
 * words name the file, the family and the last key (in hex) that could be read.
 */
enum omb_rc omb_store_verify(struct omb_store *store, struct omb_error *err) OMB_MUST_USE;

#endif
