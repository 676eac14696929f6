/*
 * What the files of backups do for each other: files and trees of them, and the sealed keys.
 * Nothing outside io/backup*.c includes this.
 */
#ifndef OMB_IO_BACKUP_INSIDE_H
#define OMB_IO_BACKUP_INSIDE_H

#include "io/backup.h"
#include "office/backup.h"

/* --- backup_job.c --- */

/* OMB_LIMIT: the text does not fit. */
enum omb_rc omb_backup_text(char *out, size_t size, struct omb_view text, const char *what,
                            struct omb_error *err) OMB_MUST_USE;

/* Paths may be of any bytes; what is told is a line of text. */
struct omb_view omb_backup_plain(struct omb_view text);

/* --- backup_files.c --- */

/* Told as the bytes go by; true: stop. */
typedef bool omb_backup_bytes_fn(void *arg, size_t bytes);

/*
 * Copies a file, syncs it and says what was copied. `from` is no link. OMB_STOP: `fn` said so.
 * OMB_FULL, OMB_IO, OMB_NOT_FOUND. fn may be NULL.
 */
enum omb_rc omb_backup_copy(const char *from, const char *to, unsigned mode,
                            omb_backup_bytes_fn *fn, void *arg, uint64_t *out_size,
                            struct omb_digest *out_digest, struct omb_error *err) OMB_MUST_USE;
/* The same without a copy, read from the disk where it can be. */
enum omb_rc omb_backup_digest(const char *path, omb_backup_bytes_fn *fn, void *arg,
                              uint64_t *out_size, struct omb_digest *out_digest,
                              struct omb_error *err) OMB_MUST_USE;
/* Removes a folder with all in it; what is not there is fine, also when another removes it, too. */
enum omb_rc omb_backup_remove(const char *path, struct omb_error *err) OMB_MUST_USE;
/* A folder's own names are durable. */
enum omb_rc omb_backup_sync(const char *path, struct omb_error *err) OMB_MUST_USE;
/*
 * What is whole in `partial` gets its name `path`, both of `folder`, and keeps it after a power
 * cut. After a failure it has its old one, unless the words say that it has not. OMB_FULL, OMB_IO.
 */
enum omb_rc omb_backup_publish(const char *partial, const char *path, const char *folder,
                               struct omb_error *err) OMB_MUST_USE;
/* Names in a folder that do not begin with a dot, in rising order; in the arena. */
enum omb_rc omb_backup_names(const char *path, struct omb_arena *arena, struct omb_view **out,
                             size_t *out_count, struct omb_error *err) OMB_MUST_USE;
/* Bytes that are free on the disk of a path; UINT64_MAX where the disk does not say. */
enum omb_rc omb_backup_room(const char *path, uint64_t *out, struct omb_error *err) OMB_MUST_USE;

/* --- backup_keys.c --- */

struct omb_backup_seal {
    const char *dir, *code;
    const struct omb_office_keys *keys;
    const uint8_t *recovery;    /* the bank's public key */
    struct omb_view passphrase; /* empty: none */
    struct omb_office_id office;
};
/* Appends a SealedKeys of the office's keys and of those in DIR/operators. */
enum omb_rc omb_backup_seal(const struct omb_backup_seal *seal, struct omb_buf *out,
                            struct omb_error *err) OMB_MUST_USE;
/* Writes them below `dir`; those of the office under the passphrase `own`, when it has one. */
enum omb_rc omb_backup_unseal(struct omb_view bytes, const struct omb_backup_restore *with,
                              const struct omb_office_id *office, const char *dir,
                              struct omb_view own, uint64_t *out_operators,
                              struct omb_error *err) OMB_MUST_USE;

/* --- backup_list.c --- */

/* Of a folder in which a backup is made, hidden behind a dot: ".CODE.partial". */
#define OMB_BACKUP_PARTIAL ".partial"

/* The manifest of the backup at a path. */
enum omb_rc omb_backup_open(const char *path, struct omb_arena *arena, struct omb_known_backup *out,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * Removes the oldest good ones of the office beyond `keep` (0: none), never the one just `made`,
 * whatever the clock said; their names go to `removed`. What a removal that was killed left goes
 * with them.
 */
enum omb_rc omb_backup_prune(const char *folder, const struct omb_office_id *office,
                             struct omb_view made, uint32_t keep, struct omb_buf *removed,
                             struct omb_error *err) OMB_MUST_USE;

/* --- backup_verify.c --- */

/* Whether each file is there as the manifest says, and no other in db/. */
enum omb_rc omb_backup_check_files(const char *path, struct omb_backup_check *check,
                                   omb_backup_bytes_fn *fn, void *arg,
                                   struct omb_error *err) OMB_MUST_USE;

/* PATH/part with an error that names both. */
enum omb_rc omb_backup_path(const char *path, struct omb_view part, char out[4096],
                            struct omb_error *err) OMB_MUST_USE;

#endif
