#define _GNU_SOURCE /* memmem */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "io/officedir.h"

enum { KEY_FILE_MAX = 4096, LARGEST_DESCRIPTOR = 1 << 20, NAME_SIZE = 32 };

/* --- passphrases --- */

/* What stands behind "fd:"; -1 when it is not a descriptor's number. */
static int descriptor_of(const char *source)
{
    uint64_t number;

    if (omb_text_u64(omb_view_str(source + 3), &number) != OMB_OK || number > LARGEST_DESCRIPTOR)
        return -1;
    return (int)number;
}

static enum omb_rc read_descriptor(const char *source, struct omb_buf *out, struct omb_error *err)
{
    int fd = descriptor_of(source);
    ssize_t got = 1;

    if (fd < 0)
        return omb_fail(err, OMB_INVALID, "passphrase-file", "\"%s\" is no descriptor; e.g. fd:3",
                        source);
    while (got > 0 && out->size <= OMB_PASSPHRASE_MAX) {
        got = read(fd, out->data + out->size, OMB_PASSPHRASE_MAX + 1 - out->size);
        if (got > 0)
            out->size += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (got < 0)
        return omb_fail(err, OMB_IO, "passphrase-file",
                        "the passphrase cannot be read from descriptor %d: %s", fd,
                        strerror(errno));
    if (fd > STDERR_FILENO) /* else the next file that is opened would take its place */
        (void)close(fd);
    if (out->size > OMB_PASSPHRASE_MAX)
        return omb_fail(err, OMB_LIMIT, "passphrase-file",
                        "the passphrase from descriptor %d is longer than %d bytes", fd,
                        OMB_PASSPHRASE_MAX);
    return OMB_OK;
}

static size_t first_line(struct omb_view text)
{
    size_t size = 0;

    while (size < text.size && text.data[size] != '\n' && text.data[size] != '\r')
        size++;
    return size;
}

enum omb_rc omb_passphrase_load(const char *source, struct omb_buf *out, struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    enum omb_rc rc;

    if (source[0] == '\0')
        return OMB_OK;
    /* All at once: a buffer that grows leaves copies of the secret behind. */
    omb_buf_reserve(&text, OMB_PASSPHRASE_MAX + 1);
    if (strncmp(source, "fd:", 3) == 0)
        rc = read_descriptor(source, &text, err);
    else
        rc = omb_private_read(source, OMB_PASSPHRASE_MAX, &text, err);
    text.size = first_line(omb_buf_view(&text));
    if (rc == OMB_OK && text.size == 0)
        rc = omb_fail(err, OMB_INVALID, "passphrase-file",
                      "the first line of %s is empty, not a passphrase", source);
    if (rc == OMB_OK)
        omb_buf_add_view(out, omb_buf_view(&text));
    omb_buf_wipe(&text);
    return rc;
}

/* --- one key --- */

/* What everybody may read need not be private. */
static bool is_public(struct omb_view text)
{
    return !memmem(text.data, text.size, "\nsecret:", 8) &&
           !memmem(text.data, text.size, "\nsealed:", 8);
}

enum omb_rc omb_key_load(const char *path, struct omb_view passphrase, struct omb_keyfile *out,
                         struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    enum omb_rc rc = omb_file_read(path, KEY_FILE_MAX, &text, err);

    if (rc == OMB_OK && !is_public(omb_buf_view(&text))) {
        omb_buf_wipe(&text);
        rc = omb_private_read(path, KEY_FILE_MAX, &text, err);
    }
    if (rc == OMB_OK) {
        rc = omb_keyfile_read(omb_buf_view(&text), passphrase, out, err);
        if (rc != OMB_OK)
            (void)omb_fail_within(err, path);
    }
    omb_buf_wipe(&text);
    return rc;
}

enum omb_rc omb_key_save(const char *path, const struct omb_keyfile *key,
                         struct omb_view passphrase, struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    uint8_t salt_and_nonce[40];
    enum omb_rc rc;

    omb_random(salt_and_nonce, sizeof(salt_and_nonce));
    rc = omb_keyfile_write(key, passphrase, salt_and_nonce, &text, err);
    if (rc == OMB_OK)
        rc = omb_file_write(path, omb_buf_view(&text), key->secret ? 0600 : 0644, err);
    else
        (void)omb_fail_within(err, path);
    omb_buf_wipe(&text);
    return rc;
}

/* --- the keys of an office --- */

static enum omb_rc check_belongs(const struct omb_keyfile *key, const char *path, const char *use,
                                 const struct omb_config *config, struct omb_error *err)
{
    if (strcmp(key->use, use) != 0)
        return omb_fail(err, OMB_INVALID, "use", "%s is a key for %s, not for %s", path, key->use,
                        use);
    if (strcmp(key->name, config->code) != 0)
        return omb_fail(err, OMB_INVALID, "name", "%s is a key of %s; ombud.conf says %s", path,
                        key->name, config->code);
    if (!key->secret)
        return omb_fail(err, OMB_INVALID, "secret", "%s holds no secret, only the public half",
                        path);
    return OMB_OK;
}

static enum omb_rc load_for(const char *dir, const char *use, const struct omb_config *config,
                            struct omb_view passphrase, struct omb_keyfile *out,
                            struct omb_error *err)
{
    struct omb_keyfile key = {.secret = NULL};
    char part[NAME_SIZE], path[4096];
    enum omb_rc rc;

    (void)snprintf(part, sizeof(part), "keys/%s.key", use);
    rc = omb_dir_path(dir, part, path, sizeof(path), err);
    if (rc == OMB_OK)
        rc = omb_key_load(path, passphrase, &key, err);
    if (rc == OMB_OK)
        rc = check_belongs(&key, path, use, config, err);
    if (rc == OMB_OK)
        *out = key;
    else
        omb_keyfile_free(&key);
    return rc;
}

enum omb_rc omb_office_keys_load(const char *dir, const struct omb_config *config,
                                 struct omb_office_keys *out, struct omb_error *err)
{
    struct omb_keyfile signing = {.secret = NULL}, transport = {.secret = NULL},
                       sealing = {.secret = NULL};
    struct omb_buf passphrase = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_buf_reserve(&passphrase, OMB_PASSPHRASE_MAX);
    rc = omb_passphrase_load(config->passphrase_file, &passphrase, err);
    if (rc == OMB_OK)
        rc = load_for(dir, "signing", config, omb_buf_view(&passphrase), &signing, err);
    if (rc == OMB_OK)
        rc = load_for(dir, "transport", config, omb_buf_view(&passphrase), &transport, err);
    if (rc == OMB_OK)
        rc = load_for(dir, "sealing", config, omb_buf_view(&passphrase), &sealing, err);
    omb_buf_wipe(&passphrase);
    if (rc == OMB_OK) {
        out->signer = omb_signer_from_seed(omb_secret_bytes(signing.secret));
        out->transport = transport.secret;
        out->sealing = sealing.secret;
        memcpy(out->transport_public, transport.public_key, sizeof(out->transport_public));
        transport.secret = NULL;
        sealing.secret = NULL;
    }
    omb_keyfile_free(&signing);
    omb_keyfile_free(&transport);
    omb_keyfile_free(&sealing);
    return rc;
}

void omb_office_keys_free(struct omb_office_keys *keys)
{
    omb_signer_free(keys->signer);
    omb_secret_free(keys->transport);
    omb_secret_free(keys->sealing);
    *keys = (struct omb_office_keys){.signer = NULL};
}
