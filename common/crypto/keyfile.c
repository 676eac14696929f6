#include "crypto/keyfile.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"

#define FIRST_WORD "ombud-key "
#define FIRST_LINE FIRST_WORD "1"

enum {
    SALT_SIZE = 16,
    SEALED_SIZE = SALT_SIZE + OMB_NONCE_SIZE + OMB_KEY_SIZE + OMB_TAG_SIZE,
    FILE_SIZE_MAX = 1024,
};

/* What a key is for says on which curve it lies. */
static const struct use {
    const char *name;
    bool signs; /* Ed25519; else X25519 */
} uses[] = {
    {"signing", true},   {"transport", false}, {"sealing", false},
    {"operator", false}, {"anchor", true},     {"recovery", false},
};

static const struct use *find_use(struct omb_view name)
{
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        if (omb_view_is(name, uses[i].name))
            return &uses[i];
    return NULL;
}

static void public_of(const struct use *use, const struct omb_secret *secret,
                      uint8_t out[OMB_PUBLIC_SIZE])
{
    struct omb_signer *signer;

    if (!use->signs) {
        omb_box_public(secret, out);
        return;
    }
    signer = omb_signer_from_seed(omb_secret_bytes(secret));
    omb_signer_public(signer, out);
    omb_signer_free(signer);
}

enum omb_rc omb_keyfile_public(const char *use_name, const struct omb_secret *secret,
                               uint8_t out[OMB_PUBLIC_SIZE])
{
    const struct use *use = find_use(omb_view_str(use_name));

    if (!use)
        return OMB_UNKNOWN_CODE;
    public_of(use, secret, out);
    return OMB_OK;
}

void omb_fingerprint(const uint8_t public_key[OMB_PUBLIC_SIZE], char out[40])
{
    uint8_t digest[OMB_DIGEST_SIZE];

    crypto_generichash(digest, sizeof(digest), public_key, OMB_PUBLIC_SIZE, NULL, 0);
    for (size_t group = 0; group < 8; group++) {
        omb_hex(omb_view(digest + 2 * group, 2), out + 5 * group);
        out[5 * group + 4] = group < 7 ? ' ' : '\0';
    }
}

void omb_keyfile_free(struct omb_keyfile *key)
{
    omb_secret_free(key->secret);
    *key = (struct omb_keyfile){.secret = NULL};
}

/* --- writing --- */

/* The bytes never leave the stack unwiped. */
static void add_hex(struct omb_buf *out, const char *name, const uint8_t *bytes, size_t size)
{
    char hex[2 * SEALED_SIZE + 1];

    OMB_ASSERT(size <= SEALED_SIZE);
    omb_hex(omb_view(bytes, size), hex);
    omb_buf_add_str(out, name);
    omb_buf_add_str(out, hex);
    omb_buf_add_u8(out, '\n');
    omb_wipe(hex, sizeof(hex));
}

/* The lines above it are bound to the box, so that a sealed file cannot be given another name. */
static enum omb_rc add_sealed(struct omb_buf *out, struct omb_view above,
                              const struct omb_keyfile *key, struct omb_view passphrase,
                              const uint8_t salt_and_nonce[40], struct omb_error *err)
{
    struct omb_buf sealed = OMB_BUF_INIT;
    uint8_t wrap[OMB_KEY_SIZE];

    if (omb_passphrase_key(passphrase, salt_and_nonce, wrap) != OMB_OK)
        return omb_fail(err, OMB_LIMIT, "passphrase",
                        "there is not enough memory to seal the key under a passphrase");
    omb_buf_add(&sealed, salt_and_nonce, SALT_SIZE + OMB_NONCE_SIZE);
    omb_seal(wrap, salt_and_nonce + SALT_SIZE, above,
             omb_view(omb_secret_bytes(key->secret), OMB_KEY_SIZE), &sealed);
    omb_wipe(wrap, sizeof(wrap));
    add_hex(out, "sealed: ", sealed.data, sealed.size);
    omb_buf_free(&sealed);
    return OMB_OK;
}

static enum omb_rc check(const struct omb_keyfile *key, struct omb_error *err)
{
    const struct use *use = find_use(omb_view_str(key->use));
    uint8_t public_key[OMB_PUBLIC_SIZE];

    if (!use)
        return omb_fail(err, OMB_UNKNOWN_CODE, "use", "no key is for \"%s\"", key->use);
    if (!omb_text_is_code(omb_view_str(key->name)))
        return omb_fail(err, OMB_INVALID, "name", "the name of a key is a code: a-z, 0-9 and -");
    if (!key->secret)
        return OMB_OK;
    public_of(use, key->secret, public_key);
    if (memcmp(public_key, key->public_key, sizeof(public_key)) != 0)
        return omb_fail(err, OMB_INVALID, "public", "the public key does not belong to the secret");
    return OMB_OK;
}

enum omb_rc omb_keyfile_write(const struct omb_keyfile *key, struct omb_view passphrase,
                              const uint8_t salt_and_nonce[40], struct omb_buf *out,
                              struct omb_error *err)
{
    size_t start = out->size;
    enum omb_rc rc = check(key, err);

    if (rc != OMB_OK)
        return rc;
    /* All at once: a buffer that grows leaves copies of the secret behind. */
    omb_buf_reserve(out, FILE_SIZE_MAX);
    omb_buf_printf(out, FIRST_LINE "\nuse: %s\nname: %s\n", key->use, key->name);
    add_hex(out, "public: ", key->public_key, sizeof(key->public_key));
    if (!key->secret)
        return OMB_OK;
    if (passphrase.size == 0) {
        add_hex(out, "secret: ", omb_secret_bytes(key->secret), OMB_KEY_SIZE);
        return OMB_OK;
    }
    rc = add_sealed(out, omb_view(out->data + start, out->size - start), key, passphrase,
                    salt_and_nonce, err);
    if (rc != OMB_OK)
        out->size = start;
    return rc;
}

/* --- reading --- */

struct lines {
    struct omb_view rest;
    int number; /* of the line taken last */
};

static bool take_line(struct lines *lines, struct omb_view *out)
{
    const uint8_t *end;
    size_t size;

    if (lines->rest.size == 0)
        return false;
    end = memchr(lines->rest.data, '\n', lines->rest.size);
    size = end ? (size_t)(end - lines->rest.data) : lines->rest.size;
    *out = omb_view(lines->rest.data, size);
    size += end ? 1 : 0;
    lines->rest = omb_view(lines->rest.data + size, lines->rest.size - size);
    lines->number++;
    return true;
}

/* The value of the next line, which must be "name: value". */
static enum omb_rc take_value(struct lines *lines, const char *name, struct omb_view *out,
                              struct omb_error *err)
{
    struct omb_view line = OMB_VIEW_NONE, prefix = omb_view_str(name);

    if (!take_line(lines, &line))
        return omb_fail(err, OMB_INVALID, name, "line %d of the key file, \"%s: ...\", is missing",
                        lines->number + 1, name);
    if (!omb_view_starts(line, prefix) || line.size < prefix.size + 2 ||
        line.data[prefix.size] != ':' || line.data[prefix.size + 1] != ' ')
        return omb_fail(err, OMB_INVALID, name, "line %d of the key file is not \"%s: ...\"",
                        lines->number, name);
    *out = omb_view(line.data + prefix.size + 2, line.size - prefix.size - 2);
    return OMB_OK;
}

static enum omb_rc take_first_line(struct lines *lines, struct omb_error *err)
{
    const struct omb_view word = OMB_VIEW_LIT(FIRST_WORD);
    struct omb_view line = OMB_VIEW_NONE;
    uint64_t version = 0;

    if (!take_line(lines, &line) || !omb_view_starts(line, word) ||
        omb_text_u64(omb_view(line.data + word.size, line.size - word.size), &version) != OMB_OK ||
        version == 0)
        return omb_fail(err, OMB_INVALID, NULL, "line 1 of the key file is not \"" FIRST_LINE "\"");
    if (version > 1)
        return omb_fail(err, OMB_LATER, NULL,
                        "line 1 of the key file names a version that this program cannot read");
    return OMB_OK;
}

static enum omb_rc take_hex(struct lines *lines, const char *name, uint8_t *out, size_t size,
                            struct omb_error *err)
{
    struct omb_view value;
    enum omb_rc rc = take_value(lines, name, &value, err);

    if (rc == OMB_OK && omb_unhex(value, out, size) != OMB_OK)
        rc =
            omb_fail(err, OMB_INVALID, name, "line %d of the key file does not hold %zu hex digits",
                     lines->number, 2 * size);
    return rc;
}

/* The lines that everybody may see. */
static enum omb_rc take_open(struct lines *lines, struct omb_keyfile *key, struct omb_error *err)
{
    struct omb_view value;
    enum omb_rc rc = take_first_line(lines, err);

    if (rc == OMB_OK)
        rc = take_value(lines, "use", &value, err);
    if (rc != OMB_OK)
        return rc;
    if (!find_use(value))
        return omb_fail(err, OMB_INVALID, "use", "line 2 of the key file names no use of a key");
    memcpy(key->use, value.data, value.size);
    rc = take_value(lines, "name", &value, err);
    if (rc != OMB_OK)
        return rc;
    if (!omb_text_is_code(value))
        return omb_fail(err, OMB_INVALID, "name", "line 3 of the key file does not hold a code");
    memcpy(key->name, value.data, value.size);
    return take_hex(lines, "public", key->public_key, sizeof(key->public_key), err);
}

static enum omb_rc unseal(const uint8_t sealed[SEALED_SIZE], struct omb_view above,
                          struct omb_view passphrase, struct omb_buf *out, struct omb_error *err)
{
    uint8_t wrap[OMB_KEY_SIZE];
    enum omb_rc rc;

    if (passphrase.size == 0)
        return omb_fail(err, OMB_UNAUTHENTIC, "sealed",
                        "the key file is sealed and no passphrase was given");
    if (omb_passphrase_key(passphrase, sealed, wrap) != OMB_OK)
        return omb_fail(err, OMB_LIMIT, "passphrase",
                        "there is not enough memory to open the key with its passphrase");
    rc = omb_open(wrap, sealed + SALT_SIZE, above,
                  omb_view(sealed + SALT_SIZE + OMB_NONCE_SIZE, OMB_KEY_SIZE + OMB_TAG_SIZE), out);
    omb_wipe(wrap, sizeof(wrap));
    if (rc != OMB_OK)
        return omb_fail(err, OMB_UNAUTHENTIC, "sealed",
                        "the passphrase is wrong or the key file was changed");
    return OMB_OK;
}

/* The last line, "secret" or "sealed"; leaves the secret's bytes in out. */
static enum omb_rc take_secret(struct lines *lines, struct omb_view above,
                               struct omb_view passphrase, struct omb_buf *out,
                               struct omb_error *err)
{
    uint8_t bytes[SEALED_SIZE];
    enum omb_rc rc;

    if (omb_view_starts(lines->rest, OMB_VIEW_LIT("sealed:"))) {
        rc = take_hex(lines, "sealed", bytes, SEALED_SIZE, err);
        if (rc == OMB_OK)
            rc = unseal(bytes, above, passphrase, out, err);
    } else {
        rc = take_hex(lines, "secret", bytes, OMB_KEY_SIZE, err);
        if (rc == OMB_OK)
            omb_buf_add(out, bytes, OMB_KEY_SIZE);
    }
    omb_wipe(bytes, sizeof(bytes));
    if (rc == OMB_OK && lines->rest.size > 0)
        rc = omb_fail(err, OMB_INVALID, NULL, "line %d of the key file is one too many",
                      lines->number + 1);
    return rc;
}

enum omb_rc omb_keyfile_read(struct omb_view text, struct omb_view passphrase,
                             struct omb_keyfile *out, struct omb_error *err)
{
    static_assert(sizeof(out->name) == OMB_CODE_MAX + 1, "a name is a code and its NUL");
    struct lines lines = {.rest = text};
    struct omb_keyfile key = {.secret = NULL};
    struct omb_buf secret = OMB_BUF_INIT;
    uint8_t public_key[OMB_PUBLIC_SIZE];
    enum omb_rc rc = take_open(&lines, &key, err);

    if (rc != OMB_OK)
        goto out;
    if (lines.rest.size > 0) {
        rc = take_secret(&lines, omb_view(text.data, text.size - lines.rest.size), passphrase,
                         &secret, err);
        if (rc != OMB_OK)
            goto out;
        key.secret = omb_secret_new(secret.data);
        public_of(find_use(omb_view_str(key.use)), key.secret, public_key);
        if (memcmp(public_key, key.public_key, sizeof(public_key)) != 0) {
            rc = omb_fail(err, OMB_UNAUTHENTIC, "public",
                          "line 4 of the key file, the public key, does not belong to the secret");
            goto out;
        }
    }
    *out = key;
    key.secret = NULL;
out:
    omb_buf_wipe(&secret);
    omb_keyfile_free(&key);
    return rc;
}
