/*
 * An office on disk: ombud.conf, keys/, db/, run/, operators/. Reading and checking what stands
 * there: modes of folders and key files, the configuration with strict keys, passphrases. Time
 * zones are read here too; how their files look is io/tzif.h.
 */
#ifndef OMB_IO_OFFICEDIR_H
#define OMB_IO_OFFICEDIR_H

#include "base/logline.h"
#include "cases/zone.h"
#include "crypto/keyfile.h"

/* ombud.conf: every key with its default is a row of the table in config.c. */
struct omb_config {
    char code[97];               /* [office] code */
    char zone[64];               /* [office] time-zone */
    char client_listen[256];     /* [client] listen: tcp://... or empty */
    char bell_listen[256];       /* [client] bell-listen */
    char listen[256];            /* [links] listen: for the offices below */
    char advertise[256];         /* [links] advertise */
    char parent[1024];           /* [links] parent: where it listens; several with commas */
    char passphrase_file[512];   /* [keys] passphrase-file: a path or fd:N; empty: none */
    char backup_to[1024];        /* [backup] to: a folder; empty: DIR/backups */
    uint32_t backup_keep;        /* [backup] keep: good ones that stay; 0: all */
    uint32_t backup_max_age_days; /* [backup] max-age: then the doctor warns; 0: never */
    char backup_passphrase_file[512]; /* [backup] passphrase-file; empty: none */
    enum omb_log_level log_level;
    enum omb_log_format log_format;
    uint32_t batch_inputs;       /* [daemon] batch-inputs: inputs worked into one batch at most */
    int zone_line;               /* of time-zone in the file that was read; 0: it does not say it */
};

/* Every key as it is when the file does not say it; the code is empty. */
void omb_config_defaults(struct omb_config *out);

/*
 * Unknown, repeated and misplaced keys and bad values are refused with file, line and the nearest
 * key; field is "section.key". OMB_NOT_FOUND: no such file; OMB_MISSING: no code.
 */
enum omb_rc omb_config_read(const char *path, struct omb_config *out,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * Writes every key with what it is for, those at their default as comments. What could not be read
 * back is refused as reading would refuse it, and nothing is written.
 */
enum omb_rc omb_config_write(const char *path, const struct omb_config *config,
                             struct omb_error *err) OMB_MUST_USE;

#define OMB_PARENTS_MAX 8
/* The addresses in [links] parent, in their order; views into the configuration. */
size_t omb_config_parents(const struct omb_config *config, struct omb_view out[OMB_PARENTS_MAX]);
/* Where the offices below are told to call this one; empty: it says no place they can reach. */
struct omb_view omb_config_advertised(const struct omb_config *config);
/* Whether it listens for them everywhere and does not say where they call it. */
bool omb_config_lacks_advertise(const struct omb_config *config);

/* Who uses an endpoint decides what may stand in it. */
enum omb_endpoint_use {
    OMB_ENDPOINT_LISTEN, /* a wildcard host, and port 0 or * to have one picked, are fine */
    OMB_ENDPOINT_REACH,  /* others connect to it: neither */
};
/* tcp://HOST:PORT, HOST a name, an IPv4 address or an IPv6 address in brackets. */
enum omb_rc omb_endpoint_check(struct omb_view endpoint, enum omb_endpoint_use use,
                               struct omb_error *err) OMB_MUST_USE;
/* Whether it is listened at on every address of the machine, so that nobody learns one from it. */
bool omb_endpoint_is_everywhere(struct omb_view endpoint);

/* DIR/part; OMB_LIMIT when it does not fit. */
enum omb_rc omb_dir_path(const char *dir, const char *part, char *out, size_t size,
                         struct omb_error *err) OMB_MUST_USE;
/* The same for a socket, also refused over the 107 bytes that the system takes. */
enum omb_rc omb_socket_path(const char *dir, const char *part, char *out, size_t size,
                            struct omb_error *err) OMB_MUST_USE;

/* What the system's number says of a file: OMB_NOT_FOUND, OMB_FULL, OMB_IO. */
enum omb_rc omb_file_rc(int error) OMB_MUST_USE;
/*
 * Appends a whole file of at most `max` bytes (OMB_LIMIT: it is longer). OMB_NOT_FOUND, OMB_IO. Any
 * file will do, /dev/stdin too.
 */
enum omb_rc omb_file_read(const char *path, size_t max, struct omb_buf *out,
                          struct omb_error *err) OMB_MUST_USE;
/*
 * Written beside (PATH.new), synced, renamed: never half a file. mode e.g. 0600. OMB_FULL, OMB_IO.
 */
enum omb_rc omb_file_write(const char *path, struct omb_view bytes, unsigned mode,
                           struct omb_error *err) OMB_MUST_USE;
/* A file or folder that was made is durable when the folder that names it is. */
enum omb_rc omb_name_sync(const char *path, struct omb_error *err) OMB_MUST_USE;
/* Makes a folder with exactly that mode; one that is there must not be wider (OMB_FORBIDDEN). */
enum omb_rc omb_folder_make(const char *path, unsigned mode, struct omb_error *err) OMB_MUST_USE;

/*
 * What a file of secrets must be: not a link, mode not wider than 0600, in a folder not wider than
 * 0700. OMB_FORBIDDEN: the words name the file, the mode found and the command to mend it.
 */
enum omb_rc omb_private_read(const char *path, size_t max, struct omb_buf *out,
                             struct omb_error *err) OMB_MUST_USE;

/* Longer passphrases are refused. */
#define OMB_PASSPHRASE_MAX 1024
/*
 * Appends the first line of `source`: a private file, or "fd:3" for a descriptor that was inherited
 * (read to its end and, above the standard ones, closed). "" appends nothing. Wipe `out` with
 * omb_buf_wipe.
 */
enum omb_rc omb_passphrase_load(const char *source, struct omb_buf *out,
                                struct omb_error *err) OMB_MUST_USE;

/*
 * A key file as omb_keyfile_read sees it, and private as above; a public one may be read by all.
 * Words name the file. Saving a public one gives it mode 0644, else 0600.
 */
enum omb_rc omb_key_load(const char *path, struct omb_view passphrase, struct omb_keyfile *out,
                         struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_key_save(const char *path, const struct omb_keyfile *key,
                         struct omb_view passphrase, struct omb_error *err) OMB_MUST_USE;

/*
 * The time zone of an IANA name from the system's TZif files, up to the year 2100; "UTC" needs
 * none. OMB_UNKNOWN_CODE: no such zone here, OMB_DAMAGED: its file cannot be understood.
 */
enum omb_rc omb_zone_load(const char *name, struct omb_zone *out,
                          struct omb_error *err) OMB_MUST_USE;
/* The one that the configuration names; `path`: of its file, whose line is to blame. */
enum omb_rc omb_config_zone(const char *path, const struct omb_config *config,
                            struct omb_zone *out, struct omb_error *err) OMB_MUST_USE;
void omb_zone_free(struct omb_zone *zone);

/* All keys of an office, opened: DIR/keys/signing.key, transport.key, sealing.key. */
struct omb_office_keys {
    struct omb_signer *signer;
    struct omb_secret *transport;
    struct omb_secret *sealing;
    uint8_t transport_public[OMB_PUBLIC_SIZE];
};
/* Each must be for its use and of the office that the configuration names. */
enum omb_rc omb_office_keys_load(const char *dir, const struct omb_config *config,
                                 struct omb_office_keys *out, struct omb_error *err) OMB_MUST_USE;
/* Keys of zero bytes are fine. */
void omb_office_keys_free(struct omb_office_keys *keys);

#endif
