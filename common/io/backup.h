/*
 * Backups of an office: making one, also under a daemon at work; listing, verifying and restoring
 * them, which needs no daemon. What the files say is proto/backup.proto, and whether a manifest
 * holds is ledger/backup.h; what the core knows of backups is office/backup.h, and what an office
 * that was restored withholds office/restored.h.
 *
 *     FOLDER/vsp-0045-20261128T211959.087Z/
 *         manifest                  signed by the office: every other file with size and digest
 *         keys.sealed               the secret keys, for the recovery key and for a passphrase
 *         ombud.conf, keys/transport.pub    as they were
 *         db/                       a checkpoint of the store
 *
 * No secret key is in it but sealed. Words of clients are in it as they are in the store, under
 * case keys that the sealing key opens: of cases that were erased since, too, so old backups should
 * go (keep). While one is made it lies in FOLDER/.CODE.partial and is no backup.
 */
#ifndef OMB_IO_BACKUP_H
#define OMB_IO_BACKUP_H

#include <stdatomic.h>

#include "io/driver.h"
#include "ledger/backup.h"
#include "wire/control.h"

#define OMB_BACKUP_NAME_MAX 100
/* This much stays free on the disk of the office, or its daemon would have to stop. */
#define OMB_BACKUP_ROOM_KEPT (UINT64_C(64) * 1024 * 1024)

/* --- making one --- */

/* One backup that is made. All that it borrows lives until it has ended. */
struct omb_backup_job {
    const char *dir;
    const char *code;
    struct omb_store *store;
    const struct omb_office_keys *keys;
    char to[4096];    /* the folder that backups lie in */
    bool make_folder; /* `to` is DIR/backups: made when it is missing */
    char name[OMB_BACKUP_NAME_MAX + 1];
    char passphrase_file[512];
    uint32_t keep; /* 0: all */
    int64_t started_at;
    /* Read and set by other threads. */
    atomic_bool cancelled;
    atomic_uint_fast64_t done_bytes, total_bytes;
    /* Called now and then by the thread that makes it; NULL: nobody wants to know. */
    void (*progress)(const struct omb_backup_job *job);
    /* Of one that is made: it is good. */
    bool good;
    char path[4096];
    uint64_t records, cases, bytes;
    int64_t made_at;
    struct omb_buf removed; /* names of older ones that went, a line each */
};

/*
 * What was wished, with the configuration's word where it says nothing. The name is said.
 * OMB_LIMIT: a path is too long.
 */
enum omb_rc omb_backup_prepare(const struct omb_driver *driver,
                               const struct omb_backup_create *wish, int64_t now_ms,
                               struct omb_backup_job *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Makes it, reads all of it again, and then removes what `keep` does not keep. In any thread, while
 * the store is read and written. After a failure nothing of it is left and no other was removed,
 * but for one that is `good` all the same, when older ones, or the copy of the store that it was
 * made of, could not be removed: OMB_EXISTS, OMB_NOT_FOUND (the folder), OMB_FULL, OMB_IO,
 * OMB_DAMAGED, OMB_BUSY, OMB_STOP (it was cancelled).
 */
enum omb_rc omb_backup_make(struct omb_backup_job *job, struct omb_error *err) OMB_MUST_USE;
/* Appends a BackupState of it; why: NULL when it runs or went well. */
void omb_backup_tell(const struct omb_backup_job *job, bool running, const struct omb_error *why,
                     int64_t now_ms, struct omb_buf *out);
void omb_backup_job_end(struct omb_backup_job *job);
/* What a make that was killed left in the office's directory; before any other is begun. */
void omb_backup_sweep(const char *dir);

/* --- what there is --- */

struct omb_backup_seen {
    struct omb_view name, path;
    bool good;                      /* as far as is looked: manifest, and the size of every file */
    struct omb_view problem;        /* else */
    struct omb_known_backup *known; /* NULL: the manifest does not hold */
};
/*
 * All backups in a folder, oldest first; those whose manifest does not hold last, and what is on
 * its way or was cut off. In the arena. OMB_NOT_FOUND: no such folder.
 */
enum omb_rc omb_backup_list(const char *folder, struct omb_arena *arena,
                            struct omb_backup_seen **out, size_t *out_count,
                            struct omb_error *err) OMB_MUST_USE;

/* What was found in a backup, a line each. */
struct omb_backup_check {
    struct omb_arena arena;
    struct omb_known_backup known;
    struct omb_buf problems; /* the first hundred */
    uint64_t problem_count;
    uint64_t files, bytes; /* read and compared */
    uint64_t records;      /* whose proofs hold */
    void (*progress)(const struct omb_backup_check *check);
};
/*
 * Reads all of it: manifest, every file, the store's own checksums, and every record, proof and
 * chain in it as `log verify` does; *out may be asked afterwards whatever is returned, and is freed
 * with omb_backup_check_free. anchor: the bank's, NULL when it is not at hand. OMB_DAMAGED: lines
 * say what and where; OMB_UNAUTHENTIC: it is not what the office made, or of another bank.
 */
enum omb_rc omb_backup_verify(const char *path, const uint8_t *anchor, struct omb_backup_check *out,
                              struct omb_error *err) OMB_MUST_USE;
void omb_backup_check_free(struct omb_backup_check *check);

/* --- taking it back --- */

struct omb_backup_restore {
    const char *from, *to;
    const struct omb_secret *recovery; /* one of the two */
    struct omb_view passphrase;
};
/* What the finished directory has. */
struct omb_backup_restored {
    uint64_t operator_keys;
};
/*
 * Makes the office's directory `to` from a backup that was verified: keys, configuration, store
 * with a new epoch, as the backup shows it. Either all of it is there in the end, or nothing.
 * OMB_EXISTS, OMB_BUSY: there is an office, and whether its daemon runs; OMB_UNAUTHENTIC: the key
 * or passphrase does not open it.
 */
enum omb_rc omb_backup_take(const struct omb_backup_check *checked,
                            const struct omb_backup_restore *ask, struct omb_backup_restored *out,
                            struct omb_error *err) OMB_MUST_USE;

#endif
