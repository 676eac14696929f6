/*
 * Backups of an office (proto/backup.proto). Judging a manifest is ledger/backup.h, making and
 * taking backups io/backup.h.
 */
#ifndef OMB_WIRE_BACKUP_H
#define OMB_WIRE_BACKUP_H

#include "wire/shape.h"

#define OMB_FIELDS_signed_backup(F)                                                    \
    F(bytes, manifest, )                                                               \
    F(bytes, signature, )                                                              \
    F(blobs, certificates, )
OMB_SHAPE(signed_backup)

#define OMB_FIELDS_backup_file(F)                                                      \
    F(line, path, )                                                                    \
    F(u64, size, )                                                                     \
    F(digest, digest, )
OMB_SHAPE(backup_file)

#define OMB_FIELDS_backup_manifest(F)                                                  \
    F(u32, version, )                                                                  \
    F(u32, schema, )                                                                   \
    F(code, code, )                                                                    \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, head, )                                                                     \
    F(digest, digest, )                                                                \
    F(u64, records, )                                                                  \
    F(u64, cases, )                                                                    \
    F(when, made_at, )                                                                 \
    F(line, software, )                                                                \
    F(bytes, anchor, )                                                                 \
    F(bytes, recovery, )                                                               \
    F(flag, passphrase, )                                                              \
    F(many, files, backup_file)
OMB_SHAPE(backup_manifest)

#define OMB_FIELDS_sealed_keys(F)                                                      \
    F(u32, version, )                                                                  \
    F(bytes, for_recovery, )                                                           \
    F(bytes, salt, )                                                                   \
    F(bytes, for_passphrase, )                                                         \
    F(bytes, sealed, )
OMB_SHAPE(sealed_keys)

#define OMB_FIELDS_backup_key(F)                                                       \
    F(line, path, )                                                                    \
    F(bytes, content, )
OMB_SHAPE(backup_key)

#define OMB_FIELDS_backup_keys(F)                                                      \
    F(many, keys, backup_key)
OMB_SHAPE(backup_keys)

#define OMB_SHAPES_backup(S)                                                           \
    S(signed_backup)                                                                   \
    S(backup_file)                                                                     \
    S(backup_manifest)                                                                 \
    S(sealed_keys)                                                                     \
    S(backup_key)                                                                      \
    S(backup_keys)

#endif
