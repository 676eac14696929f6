/*
 * The secret keys in a backup: sealed under a random key, and that one to the bank's recovery key
 * and, where one is set, under a passphrase. Nothing of them is ever written otherwise.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/backup_inside.h"
#include "wire/limits.h"

#define KEYS_TAG "ombud/backup-keys/1"

enum { SALT = 16, KEY_FILE_MAX = 4096, OPERATORS_MAX = 4000, VERSION = 1 };

/* --- sealing --- */

struct gathering {
    const struct omb_backup_seal *seal;
    struct omb_arena *arena;
    struct omb_backup_key *keys;
    struct omb_buf *texts; /* of each; reserved, so that no copy is left behind */
    size_t count;
};

static enum omb_rc add_own(struct gathering *all, const char *use, struct omb_secret *secret,
                           struct omb_error *err)
{
    static const uint8_t unused[40];
    struct omb_buf *text = &all->texts[all->count];
    struct omb_keyfile key = {.secret = secret};
    enum omb_rc rc;

    snprintf(key.use, sizeof(key.use), "%s", use);
    snprintf(key.name, sizeof(key.name), "%s", all->seal->code);
    rc = omb_keyfile_public(use, secret, key.public_key);
    omb_buf_reserve(text, KEY_FILE_MAX);
    if (rc == OMB_OK)
        rc = omb_keyfile_write(&key, OMB_VIEW_NONE, unused, text, err);
    if (rc != OMB_OK)
        return omb_fail_within(err, use);
    all->keys[all->count++] = (struct omb_backup_key){
        omb_arena_printf(all->arena, "keys/%s.key", use), omb_buf_view(text)};
    return OMB_OK;
}

static enum omb_rc add_owns(struct gathering *all, struct omb_error *err)
{
    const struct omb_office_keys *keys = all->seal->keys;
    uint8_t seed[OMB_SEED_SIZE];
    struct omb_secret *signing;
    enum omb_rc rc;

    omb_signer_seed(keys->signer, seed);
    signing = omb_secret_new(seed);
    omb_wipe(seed, sizeof(seed));
    rc = add_own(all, "signing", signing, err);
    if (rc == OMB_OK)
        rc = add_own(all, "transport", keys->transport, err);
    if (rc == OMB_OK)
        rc = add_own(all, "sealing", keys->sealing, err);
    omb_secret_free(signing);
    return rc;
}

static enum omb_rc add_operator(struct gathering *all, struct omb_view name, struct omb_error *err)
{
    struct omb_buf *text = &all->texts[all->count];
    const struct omb_view part =
        omb_arena_printf(all->arena, "operators/%.*s", OMB_VIEW_ARGS(name));
    char path[4096];
    enum omb_rc rc;

    if (!omb_backup_key_path_is_good(part))
        return OMB_OK; /* public halves, and what somebody put there */
    rc = omb_backup_path(all->seal->dir, part, path, err);
    omb_buf_reserve(text, KEY_FILE_MAX + 1);
    if (rc == OMB_OK)
        rc = omb_private_read(path, KEY_FILE_MAX, text, err);
    if (rc == OMB_OK)
        all->keys[all->count++] = (struct omb_backup_key){part, omb_buf_view(text)};
    return rc;
}

static enum omb_rc gather(struct gathering *all, struct omb_error *err)
{
    struct omb_view *names = NULL;
    size_t count = 0;
    char folder[4096];
    enum omb_rc rc = omb_backup_path(all->seal->dir, OMB_VIEW_LIT("operators"), folder, err);

    if (rc == OMB_OK)
        rc = omb_backup_names(folder, all->arena, &names, &count, err);
    if (rc == OMB_NOT_FOUND)
        rc = OMB_OK;
    if (rc == OMB_OK && count > OPERATORS_MAX)
        rc = omb_fail(err, OMB_LIMIT, NULL, "%s holds more than %d files", folder, OPERATORS_MAX);
    if (rc != OMB_OK)
        return rc;
    all->keys = OMB_ARENA_NEW(all->arena, struct omb_backup_key, count + 4);
    all->texts = OMB_ARENA_NEW(all->arena, struct omb_buf, count + 4);
    rc = add_owns(all, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        rc = add_operator(all, names[i], err);
    return rc;
}

static void seal_under(const uint8_t key[OMB_KEY_SIZE], const struct omb_office_id *office,
                       struct omb_view plain, struct omb_buf *out)
{
    struct omb_buf ad = OMB_BUF_INIT;
    uint8_t nonce[OMB_NONCE_SIZE];

    omb_random(nonce, sizeof(nonce));
    omb_buf_add(&ad, KEYS_TAG, sizeof(KEYS_TAG));
    omb_buf_add(&ad, office->bytes, sizeof(office->bytes));
    omb_buf_add(out, nonce, sizeof(nonce));
    omb_seal(key, nonce, omb_buf_view(&ad), plain, out);
    omb_buf_free(&ad);
}

static enum omb_rc open_under(const uint8_t key[OMB_KEY_SIZE], const struct omb_office_id *office,
                              struct omb_view sealed, struct omb_buf *out)
{
    struct omb_buf ad = OMB_BUF_INIT;
    enum omb_rc rc = OMB_UNAUTHENTIC;

    omb_buf_add(&ad, KEYS_TAG, sizeof(KEYS_TAG));
    omb_buf_add(&ad, office->bytes, sizeof(office->bytes));
    if (sealed.size >= OMB_NONCE_SIZE + OMB_TAG_SIZE)
        rc = omb_open(key, sealed.data, omb_buf_view(&ad),
                      omb_view(sealed.data + OMB_NONCE_SIZE, sealed.size - OMB_NONCE_SIZE), out);
    omb_buf_free(&ad);
    return rc;
}

static enum omb_rc seal_for_passphrase(const struct omb_backup_seal *seal,
                                       const uint8_t key[OMB_KEY_SIZE], const uint8_t salt[SALT],
                                       struct omb_buf *out, struct omb_error *err)
{
    uint8_t derived[OMB_KEY_SIZE];
    enum omb_rc rc;

    if (seal->passphrase.size == 0)
        return OMB_OK;
    rc = omb_passphrase_key(seal->passphrase, salt, derived);
    if (rc == OMB_OK)
        seal_under(derived, &seal->office, omb_view(key, OMB_KEY_SIZE), out);
    else
        rc = omb_fail(err, rc, NULL, "there is no memory to seal keys under a passphrase");
    omb_wipe(derived, sizeof(derived));
    return rc;
}

static enum omb_rc seal_all(const struct gathering *all, struct omb_buf *out, struct omb_error *err)
{
    const struct omb_backup_seal *seal = all->seal;
    const struct omb_backup_keys keys = {.keys = {all->keys, all->count}};
    struct omb_buf plain = OMB_BUF_INIT, sealed = OMB_BUF_INIT, box = OMB_BUF_INIT,
                   under = OMB_BUF_INIT;
    uint8_t key[OMB_KEY_SIZE], salt[SALT], seed[OMB_SEED_SIZE];
    struct omb_drbg drbg;
    enum omb_rc rc;

    omb_random(key, sizeof(key));
    omb_random(salt, sizeof(salt));
    omb_random(seed, sizeof(seed));
    omb_drbg_init(&drbg, seed);
    omb_buf_reserve(&plain, (all->count + 1) * (KEY_FILE_MAX + 512));
    omb_encode_backup_keys(&keys, &plain);
    seal_under(key, &seal->office, omb_buf_view(&plain), &sealed);
    rc = omb_box_seal(seal->recovery, omb_view(key, sizeof(key)), &drbg, &box);
    if (rc != OMB_OK)
        rc = omb_fail(err, rc, NULL, "the bank's recovery key in the store is no key");
    if (rc == OMB_OK)
        rc = seal_for_passphrase(seal, key, salt, &under, err);
    if (rc == OMB_OK)
        omb_encode_sealed_keys(&(struct omb_sealed_keys){.version = VERSION,
                                                         .for_recovery = omb_buf_view(&box),
                                                         .salt = OMB_VIEW_OF(salt),
                                                         .for_passphrase = omb_buf_view(&under),
                                                         .sealed = omb_buf_view(&sealed)},
                               out);
    omb_wipe(key, sizeof(key));
    omb_wipe(&drbg, sizeof(drbg));
    omb_wipe(seed, sizeof(seed));
    omb_buf_wipe(&plain);
    omb_buf_free(&sealed);
    omb_buf_free(&box);
    omb_buf_free(&under);
    return rc;
}

enum omb_rc omb_backup_seal(const struct omb_backup_seal *seal, struct omb_buf *out,
                            struct omb_error *err)
{
    struct omb_arena arena;
    struct gathering all = {.seal = seal, .arena = &arena};
    enum omb_rc rc;

    omb_arena_init(&arena, SIZE_MAX);
    rc = gather(&all, err);
    if (rc == OMB_OK)
        rc = seal_all(&all, out, err);
    for (size_t i = 0; all.texts && i < all.count + 1; i++)
        omb_buf_wipe(&all.texts[i]);
    omb_arena_free(&arena);
    return rc;
}

/* --- opening --- */

static enum omb_rc open_key(const struct omb_sealed_keys *sealed,
                            const struct omb_backup_restore *with,
                            const struct omb_office_id *office, struct omb_buf *out,
                            struct omb_error *err)
{
    uint8_t derived[OMB_KEY_SIZE];
    enum omb_rc rc;

    if (with->recovery) {
        rc = omb_box_open(with->recovery, sealed->for_recovery, out);
        return rc == OMB_OK ? rc
                            : omb_fail(err, OMB_UNAUTHENTIC, NULL,
                                       "the recovery key does not open the keys of this backup: "
                                       "it is of another bank");
    }
    if (sealed->for_passphrase.size == 0)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "this backup was made without a passphrase: say --recovery-key");
    rc = omb_passphrase_key(with->passphrase, sealed->salt.data, derived);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "there is no memory to open keys under a passphrase");
    rc = open_under(derived, office, sealed->for_passphrase, out);
    omb_wipe(derived, sizeof(derived));
    return rc == OMB_OK ? rc
                        : omb_fail(err, OMB_UNAUTHENTIC, NULL,
                                   "the passphrase does not open the keys of this backup");
}

static enum omb_rc save_own(const struct omb_backup_key *key, const char *path, struct omb_view own,
                            struct omb_error *err)
{
    struct omb_keyfile file = {.secret = NULL};
    enum omb_rc rc = omb_keyfile_read(key->content, OMB_VIEW_NONE, &file, err);

    if (rc == OMB_OK)
        rc = omb_key_save(path, &file, own, err);
    omb_keyfile_free(&file);
    return rc;
}

static enum omb_rc save(const struct omb_backup_key *key, const char *dir, struct omb_view own,
                        uint64_t *operators, struct omb_error *err)
{
    const bool of_operator = key->path.size > 0 && key->path.data[0] == 'o';
    char path[4096];
    enum omb_rc rc;

    if (!omb_backup_key_path_is_good(key->path))
        return omb_fail(err, OMB_INVALID, NULL,
                        "keys.sealed holds a key for no place of an office");
    rc = omb_backup_path(dir, key->path, path, err);
    if (rc == OMB_OK && of_operator)
        rc = omb_file_write(path, key->content, 0600, err);
    else if (rc == OMB_OK)
        rc = save_own(key, path, own, err);
    *operators += of_operator;
    return rc;
}

static enum omb_rc save_all(struct omb_view plain, const char *dir, struct omb_view own,
                            uint64_t *out_operators, struct omb_error *err)
{
    struct omb_backup_keys keys;
    struct omb_arena arena;
    enum omb_rc rc;

    *out_operators = 0;
    omb_arena_init(&arena, (size_t)OMB_BACKUP_KEYS_MAX * OMB_DECODE_FACTOR);
    rc = omb_decode_backup_keys(plain, &arena, &keys, err);
    if (rc != OMB_OK)
        rc = omb_fail_within(err, "keys.sealed");
    for (size_t i = 0; rc == OMB_OK && i < keys.keys.count; i++)
        rc = save(&keys.keys.items[i], dir, own, out_operators, err);
    omb_arena_wipe(&arena); /* what was decoded is a copy */
    return rc;
}

static enum omb_rc check_form(const struct omb_sealed_keys *sealed, struct omb_error *err)
{
    if (sealed->version != VERSION)
        return omb_fail(err, sealed->version > VERSION ? OMB_LATER : OMB_INVALID, NULL,
                        "keys.sealed has version %u; this program knows %d", sealed->version,
                        VERSION);
    if (sealed->salt.size != SALT)
        return omb_fail(err, OMB_INVALID, NULL, "keys.sealed has a salt of %zu bytes, not %d",
                        sealed->salt.size, SALT);
    return OMB_OK;
}

enum omb_rc omb_backup_unseal(struct omb_view bytes, const struct omb_backup_restore *with,
                              const struct omb_office_id *office, const char *dir,
                              struct omb_view own, uint64_t *out_operators, struct omb_error *err)
{
    struct omb_buf key = OMB_BUF_INIT, plain = OMB_BUF_INIT;
    struct omb_sealed_keys sealed;
    struct omb_arena arena;
    enum omb_rc rc;

    omb_arena_init(&arena, (size_t)OMB_BACKUP_KEYS_MAX * OMB_DECODE_FACTOR);
    omb_buf_reserve(&key, OMB_KEY_SIZE + 64);
    omb_buf_reserve(&plain, bytes.size);
    rc = omb_decode_sealed_keys(bytes, &arena, &sealed, err);
    if (rc != OMB_OK)
        rc = omb_fail_within(err, "keys.sealed");
    if (rc == OMB_OK)
        rc = check_form(&sealed, err);
    if (rc == OMB_OK)
        rc = open_key(&sealed, with, office, &key, err);
    if (rc == OMB_OK &&
        (key.size != OMB_KEY_SIZE || open_under(key.data, office, sealed.sealed, &plain) != OMB_OK))
        rc = omb_fail(err, OMB_UNAUTHENTIC, NULL, "keys.sealed does not open: it is damaged");
    if (rc == OMB_OK)
        rc = save_all(omb_buf_view(&plain), dir, own, out_operators, err);
    omb_buf_wipe(&key);
    omb_buf_wipe(&plain);
    omb_arena_free(&arena);
    return rc;
}
