/*
 * An office on disk: ombud.conf, keys/, db/, run/, operators/. Reading and checking what stands
 * there: modes of folders and key files, the configuration with strict keys, passphrases.
 */
#ifndef OMB_IO_OFFICEDIR_H
#define OMB_IO_OFFICEDIR_H

#include "base/logline.h"
#include "cases/zone.h"
#include "crypto/keyfile.h"

/* ombud.conf: every key with its default is a row of the table in config.c. */
struct omb_config {
    char code[97];
    char zone[64];               /* [office] time-zone */
    char client_listen[256];     /* [client] listen: tcp://... or empty */
    char bell_listen[256];       /* [client] bell-listen */
    char listen[256];            /* [links] listen: for the offices below */
    char advertise[256];         /* [links] advertise */
    char passphrase_file[512];   /* [keys] passphrase-file */
    enum omb_log_level log_level;
    enum omb_log_format log_format;
    uint32_t batch_inputs;       /* [daemon] batch-inputs: inputs worked into one batch at most */
};

/* Unknown keys and bad values: file, line, nearest key. */
enum omb_rc omb_config_read(const char *path, struct omb_config *out,
                            struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_config_write(const char *path, const struct omb_config *config,
                             struct omb_error *err) OMB_MUST_USE;

/* DIR/part, refused over the system's limit. */
enum omb_rc omb_dir_path(const char *dir, const char *part, char *out, size_t size,
                         struct omb_error *err) OMB_MUST_USE;

/* A whole file, at most `max` bytes. */
enum omb_rc omb_file_read(const char *path, size_t max, struct omb_buf *out,
                          struct omb_error *err) OMB_MUST_USE;
/* Written beside, synced, renamed: never half a file. mode e.g. 0600. */
enum omb_rc omb_file_write(const char *path, struct omb_view bytes, unsigned mode,
                           struct omb_error *err) OMB_MUST_USE;

/* A key file: refused when its mode is wider than 0600 or its folder's than 0700, naming both. */
enum omb_rc omb_key_load(const char *path, struct omb_view passphrase, struct omb_keyfile *out,
                         struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_key_save(const char *path, const struct omb_keyfile *key,
                         struct omb_view passphrase, struct omb_error *err) OMB_MUST_USE;

/* The time zone of an IANA name from the system's TZif files. */
enum omb_rc omb_zone_load(const char *name, struct omb_zone *out, struct omb_error *err) OMB_MUST_USE;
void omb_zone_free(struct omb_zone *zone);

/* All keys of an office, opened. */
struct omb_office_keys {
    struct omb_signer *signer;
    struct omb_secret *transport;
    struct omb_secret *sealing;
    uint8_t transport_public[OMB_PUBLIC_SIZE];
};
enum omb_rc omb_office_keys_load(const char *dir, const struct omb_config *config,
                                 struct omb_office_keys *out, struct omb_error *err) OMB_MUST_USE;
void omb_office_keys_free(struct omb_office_keys *keys);

#endif
