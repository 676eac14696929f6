#define _GNU_SOURCE
#include "cli/birth.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/civil.h"
#include "io/clock.h"
#include "io/driver.h"
#include "ledger/certify.h"

enum { FILES_OPEN = 16, YEARS = 10 };

/* An office being made. */
struct making {
    const struct omb_birth *birth;
    struct omb_born *born;
    struct omb_buf passphrase;
    struct omb_keyfile signing, transport, sealing, admin, anchor, recovery;
};

/* --- the directory --- */

static enum omb_rc check_empty(const char *dir, struct omb_error *err)
{
    DIR *folder = opendir(dir);
    const struct dirent *entry;
    bool empty = true;

    if (!folder)
        return errno == ENOENT ? OMB_OK
                               : omb_fail(err, OMB_EXISTS, NULL, "%s is there and no folder that "
                                                                 "can be used: %s",
                                          dir, strerror(errno));
    while (empty && (entry = readdir(folder)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty ? OMB_OK
                 : omb_fail(err, OMB_EXISTS, NULL,
                            "%s is not empty: a new office takes a folder of its own", dir);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    if (where->level > 0)
        (void)remove(path);
    return 0;
}

static enum omb_rc make_folders(const struct making *making, struct omb_error *err)
{
    static const char *const parts[] = {"keys", "operators", "run", "offline"};
    size_t count = making->birth->root ? 4 : 3;
    char path[4096];
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        rc = omb_dir_path(making->born->dir, parts[i], path, sizeof(path), err);
        if (rc == OMB_OK)
            rc = omb_folder_make(path, 0700, err);
    }
    return rc;
}

/* --- keys --- */

static void make_key(struct omb_keyfile *key, const char *use, const char *name)
{
    uint8_t secret[OMB_KEY_SIZE];
    enum omb_rc rc;

    OMB_ASSERT(strlen(use) < sizeof(key->use) && strlen(name) < sizeof(key->name));
    memcpy(key->use, use, strlen(use) + 1);
    memcpy(key->name, name, strlen(name) + 1);
    omb_random(secret, sizeof(secret));
    key->secret = omb_secret_new(secret);
    omb_wipe(secret, sizeof(secret));
    rc = omb_keyfile_public(use, key->secret, key->public_key);
    OMB_ASSERT(rc == OMB_OK);
}

static void make_keys(struct making *making)
{
    const char *code = making->birth->config.code;

    make_key(&making->signing, "signing", code);
    make_key(&making->transport, "transport", code);
    make_key(&making->sealing, "sealing", code);
    make_key(&making->admin, "operator", "admin");
    omb_fingerprint(making->signing.public_key, making->born->signing);
    omb_fingerprint(making->transport.public_key, making->born->transport);
    if (!making->birth->root)
        return;
    make_key(&making->anchor, "anchor", code);
    make_key(&making->recovery, "recovery", code);
    omb_fingerprint(making->anchor.public_key, making->born->anchor);
    omb_fingerprint(making->recovery.public_key, making->born->recovery);
}

static void free_keys(struct making *making)
{
    struct omb_keyfile *keys[] = {&making->signing, &making->transport, &making->sealing,
                                  &making->admin,   &making->anchor,    &making->recovery};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        omb_keyfile_free(keys[i]);
    omb_buf_wipe(&making->passphrase);
}

static enum omb_rc save_key(const struct making *making, const char *part,
                            const struct omb_keyfile *key, bool secret, struct omb_error *err)
{
    struct omb_keyfile saved = *key;
    char path[4096];
    enum omb_rc rc = omb_dir_path(making->born->dir, part, path, sizeof(path), err);

    if (!secret)
        saved.secret = NULL;
    return rc == OMB_OK ? omb_key_save(path, &saved,
                                       secret ? omb_buf_view(&making->passphrase) : OMB_VIEW_NONE,
                                       err)
                        : rc;
}

static enum omb_rc save_keys(const struct making *making, struct omb_error *err)
{
    const struct {
        const char *part;
        const struct omb_keyfile *key;
        bool secret;
        bool of_root;
    } files[] = {
        {"keys/signing.key", &making->signing, true, false},
        {"keys/transport.key", &making->transport, true, false},
        {"keys/transport.pub", &making->transport, false, false},
        {"keys/sealing.key", &making->sealing, true, false},
        {"operators/admin.key", &making->admin, true, false},
        {"offline/anchor.key", &making->anchor, true, true},
        {"offline/recovery.key", &making->recovery, true, true},
        {"keys/anchor.pub", &making->anchor, false, true},
        {"keys/recovery.pub", &making->recovery, false, true},
    };
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < sizeof(files) / sizeof(files[0]); i++)
        if (making->birth->root || !files[i].of_root)
            rc = save_key(making, files[i].part, files[i].key, files[i].secret, err);
    return rc;
}

/* --- a store --- */

/* The log's first records are the office's own to write. */
static enum omb_rc start_office(const char *dir, struct omb_error *err)
{
    struct omb_input input = {.kind = OMB_INPUT_START, .local_admin = true};
    struct omb_driver *driver = calloc(1, sizeof(*driver));
    enum omb_rc rc;

    OMB_ASSERT(driver != NULL);
    rc = omb_driver_open(dir, driver, err);
    if (rc == OMB_OK) {
        omb_driver_stamp(&input);
        rc = omb_driver_once(driver, &input, NULL, err);
        omb_driver_close(driver);
    }
    free(driver);
    return rc;
}

static enum omb_rc fill_store(struct omb_store *store, const struct omb_office_birth *birth,
                              struct omb_error *err)
{
    struct omb_writes *writes = omb_writes_new();
    enum omb_rc rc;

    omb_writes_reset(writes, omb_store_port(store));
    rc = omb_office_found(birth, writes, err);
    if (rc == OMB_OK)
        rc = omb_store_commit(store, writes, true, err);
    omb_writes_free(writes);
    return rc;
}

static void remove_folder(const char *path)
{
    (void)nftw(path, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
    (void)rmdir(path);
}

/* In a folder beside, which an attempt that was killed may have left. */
static enum omb_rc make_aside(const char *aside, const struct omb_office_birth *birth,
                              struct omb_error *err)
{
    struct omb_store *store;
    enum omb_rc rc;

    remove_folder(aside);
    rc = omb_folder_make(aside, 0700, err);
    if (rc == OMB_OK)
        rc = omb_store_open(aside, OMB_STORE_CREATE, &store, err);
    if (rc != OMB_OK)
        return rc;
    rc = fill_store(store, birth, err);
    omb_store_close(store);
    return rc;
}

/* A store that is there is whole: it is made beside, and moved when it says who the office is. */
enum omb_rc omb_birth_store(const char *dir, const struct omb_office_birth *birth,
                            struct omb_error *err)
{
    char path[4096], aside[4096], made[4096];
    bool moved = false;
    enum omb_rc rc = omb_dir_path(dir, "db", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_dir_path(dir, "db.new", aside, sizeof(aside), err);
    if (rc == OMB_OK)
        rc = omb_dir_path(dir, "db.new/db", made, sizeof(made), err);
    if (rc == OMB_OK && access(path, F_OK) == 0)
        rc = omb_fail(err, OMB_EXISTS, NULL, "there is a store in %s", path);
    if (rc != OMB_OK)
        return rc;
    rc = make_aside(aside, birth, err);
    if (rc == OMB_OK) {
        moved = rename(made, path) == 0;
        rc = moved ? omb_name_sync(path, err)
                   : omb_fail(err, OMB_IO, NULL, "%s cannot be put in its place: %s", path,
                              strerror(errno));
    }
    remove_folder(aside);
    if (rc == OMB_OK)
        rc = start_office(dir, err);
    if (rc != OMB_OK && moved)
        remove_folder(path);
    return rc;
}

/* --- the root's certificate and store --- */

static int64_t years_after(int64_t ms)
{
    struct omb_civil civil = omb_civil_from_ms(ms);

    civil.year += YEARS;
    if (!omb_civil_valid(&civil))
        civil.day--; /* 29 February */
    return omb_civil_to_ms(&civil);
}

static enum omb_rc certify_root(const struct making *making, struct omb_buf *out,
                                struct omb_error *err)
{
    const int64_t now = omb_clock_wall_ms();
    struct omb_certificate certificate = {
        .version = 1,
        .code = omb_view_str(making->birth->config.code),
        .name = omb_view_str(making->birth->name),
        .kind = omb_view_str(making->birth->kind),
        .signing_key = OMB_VIEW_OF(making->signing.public_key),
        .transport_key = OMB_VIEW_OF(making->transport.public_key),
        .sealing_key = OMB_VIEW_OF(making->sealing.public_key),
        .not_before = now,
        .not_after = years_after(now),
        .issuer = omb_certify_anchor_issuer(making->anchor.public_key),
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH,
    };
    struct omb_signer *anchor;
    enum omb_rc rc;

    certificate.office = omb_certify_office_id(certificate.code, making->signing.public_key);
    rc = omb_shape_check(&omb_shape_certificate, &certificate, err);
    if (rc != OMB_OK)
        return rc;
    anchor = omb_signer_from_seed(omb_secret_bytes(making->anchor.secret));
    omb_certify_issue(&certificate, anchor, out);
    omb_signer_free(anchor);
    return OMB_OK;
}

static enum omb_rc make_store(const struct making *making, struct omb_error *err)
{
    struct omb_office_birth birth = {.zone = omb_view_str(making->birth->config.zone),
                                     .now_ms = omb_clock_wall_ms()};
    struct omb_buf certificate = OMB_BUF_INIT, list = OMB_BUF_INIT;
    enum omb_rc rc = certify_root(making, &certificate, err);

    if (rc == OMB_OK) {
        omb_buf_add_be32(&list, (uint32_t)certificate.size);
        omb_buf_add_view(&list, omb_buf_view(&certificate));
        birth.certificates = omb_buf_view(&list);
        memcpy(birth.anchor, making->anchor.public_key, sizeof(birth.anchor));
        memcpy(birth.recovery, making->recovery.public_key, sizeof(birth.recovery));
        memcpy(birth.admin_key, making->admin.public_key, sizeof(birth.admin_key));
        omb_random(birth.epoch, sizeof(birth.epoch));
        rc = omb_birth_store(making->born->dir, &birth, err);
    }
    omb_buf_free(&certificate);
    omb_buf_free(&list);
    return rc;
}

/* --- all of it --- */

/* What `office request` will say of the office; its keys stand beside. */
static enum omb_rc write_wish(const struct making *making, struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    char path[4096];
    enum omb_rc rc = omb_dir_path(making->born->dir, "keys/request.conf", path, sizeof(path), err);

    omb_buf_printf(&text, "name = %s\nkind = %s\n", making->birth->name, making->birth->kind);
    if (rc == OMB_OK)
        rc = omb_file_write(path, omb_buf_view(&text), 0600, err);
    omb_buf_free(&text);
    return rc;
}

static enum omb_rc make_all(struct making *making, struct omb_error *err)
{
    char path[4096];
    enum omb_rc rc =
        omb_socket_path(making->born->dir, "run/bell.sock", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_passphrase_load(making->birth->config.passphrase_file, &making->passphrase, err);
    if (rc == OMB_OK)
        rc = make_folders(making, err);
    if (rc != OMB_OK)
        return rc;
    make_keys(making);
    rc = save_keys(making, err);
    if (rc == OMB_OK)
        rc = omb_dir_path(making->born->dir, "ombud.conf", path, sizeof(path), err);
    if (rc == OMB_OK)
        rc = omb_config_write(path, &making->birth->config, err);
    if (rc == OMB_OK)
        rc = making->birth->root ? make_store(making, err) : write_wish(making, err);
    return rc;
}

/* The folder itself, so that its path is known; *out_made: it was not there. */
static enum omb_rc make_directory(const char *dir, char out[4096], bool *out_made,
                                  struct omb_error *err)
{
    char *absolute;
    enum omb_rc rc = OMB_OK;

    *out_made = mkdir(dir, 0700) == 0;
    if (!*out_made && errno != EEXIST)
        return omb_fail(err, OMB_IO, NULL, "%s cannot be made: %s", dir, strerror(errno));
    absolute = realpath(dir, NULL);
    if (!absolute || strlen(absolute) >= 4096)
        rc = omb_fail(err, OMB_IO, NULL, "the path of %s cannot be found", dir);
    else
        memcpy(out, absolute, strlen(absolute) + 1);
    if (rc == OMB_OK && *out_made)
        rc = omb_name_sync(out, err);
    free(absolute);
    if (rc != OMB_OK && *out_made)
        rmdir(dir);
    return rc;
}

enum omb_rc omb_birth(const struct omb_birth *birth, struct omb_born *out, struct omb_error *err)
{
    struct making making = {.birth = birth, .born = out};
    sigset_t ends, before;
    bool made;
    enum omb_rc rc = check_empty(birth->dir, err);

    *out = (struct omb_born){.dir = ""};
    if (rc == OMB_OK)
        rc = make_directory(birth->dir, out->dir, &made, err);
    if (rc != OMB_OK)
        return rc;
    /* An office half made would be in the way of the next attempt. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &before);
    omb_buf_reserve(&making.passphrase, OMB_PASSPHRASE_MAX);
    rc = make_all(&making, err);
    if (rc != OMB_OK) {
        (void)nftw(out->dir, remove_one, FILES_OPEN, FTW_DEPTH | FTW_PHYS);
        if (made)
            rmdir(out->dir);
    }
    free_keys(&making);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}
