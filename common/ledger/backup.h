/*
 * The manifest of a backup: what it says, and whether the office that it names signed it. Pure: the
 * bytes come from outside, from a file that anybody may have written. The files that it lists are
 * io/backup.h's to hold against it.
 */
#ifndef OMB_LEDGER_BACKUP_H
#define OMB_LEDGER_BACKUP_H

#include "ledger/certify.h"
#include "wire/backup.h"

#define OMB_BACKUP_VERSION 1
/* BLAKE2b-256 with this tag over the bytes of each file. */
#define OMB_BACKUP_FILE_TAG "ombud/backup-file/1"

/* A manifest taken apart: views into the arena. */
struct omb_known_backup {
    struct omb_backup_manifest manifest;
    struct omb_digest digest; /* of the signed manifest: what names this backup in the log */
    struct omb_known_certificate chain[OMB_CHAIN_MAX]; /* own first, up to the root's */
    size_t chain_count;
    uint64_t bytes; /* of all files */
};

/* Encodes and signs; appends a SignedBackup. certificates: own first, up to the root's. */
void omb_backup_sign(const struct omb_backup_manifest *manifest, struct omb_views certificates,
                     const struct omb_signer *signer, struct omb_buf *out_signed);

/*
 * Reads the bytes of a file `manifest`. It is held against itself: form, paths (each below the
 * folder, of its place, once, rising), the certificates up to the anchor that it names, and the
 * signature by the first one's key. Whether that is the bank's own anchor only who knows it can
 * say. OMB_INVALID or OMB_LIMIT with the field; OMB_LATER: of a later version; OMB_UNAUTHENTIC:
 * somebody else wrote or changed it.
 */
enum omb_rc omb_backup_read(struct omb_view signed_bytes, struct omb_arena *arena,
                            struct omb_known_backup *out, struct omb_error *err) OMB_MUST_USE;

/* Letters, digits, '.', '_', '-', and no dot first: a name on any disk, nothing hidden. */
bool omb_backup_name_is_good(struct omb_view name);
/* Whether a file of this path may stand in a backup: no place but those that an office has. */
bool omb_backup_path_is_good(struct omb_view path);
/* The same of a key in the sealed ones. */
bool omb_backup_key_path_is_good(struct omb_view path);

#endif
