#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/internal.h"

static_assert(OMB_PUBLIC_SIZE == crypto_scalarmult_BYTES, "X25519");
static_assert(OMB_KEY_SIZE == crypto_scalarmult_SCALARBYTES, "X25519");

void omb_crypto_init(void)
{
    OMB_ASSERT(sodium_init() >= 0);
}

void *omb_guarded_new(size_t size)
{
    void *memory = sodium_malloc(size);

    OMB_ASSERT(memory != NULL);
    return memory;
}

struct omb_secret *omb_secret_new(const uint8_t bytes[OMB_KEY_SIZE])
{
    struct omb_secret *secret = omb_guarded_new(sizeof(*secret));

    memcpy(secret->bytes, bytes, sizeof(secret->bytes));
    sodium_mprotect_readonly(secret);
    return secret;
}

void omb_secret_free(struct omb_secret *secret)
{
    sodium_free(secret);
}

const uint8_t *omb_secret_bytes(const struct omb_secret *secret)
{
    return secret->bytes;
}

struct omb_secret *omb_secret_derive(const struct omb_secret *secret, const char *tag)
{
    struct omb_secret *derived = omb_guarded_new(sizeof(*derived));

    crypto_generichash(derived->bytes, sizeof(derived->bytes), (const uint8_t *)tag,
                       strlen(tag) + 1, secret->bytes, sizeof(secret->bytes));
    sodium_mprotect_readonly(derived);
    return derived;
}

void omb_wipe(void *data, size_t size)
{
    sodium_memzero(data, size);
}

bool omb_equal_ct(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void omb_box_public(const struct omb_secret *secret, uint8_t out[OMB_PUBLIC_SIZE])
{
    OMB_ASSERT(crypto_scalarmult_base(out, secret->bytes) == 0);
}

enum omb_rc omb_passphrase_key(struct omb_view passphrase, const uint8_t salt[16],
                               uint8_t out[OMB_KEY_SIZE])
{
    static_assert(crypto_pwhash_SALTBYTES == 16, "Argon2id salt");
    uint8_t key[OMB_KEY_SIZE];
    const char *text = passphrase.size > 0 ? (const char *)passphrase.data : "";
    /* Fails only where the system has not the 64 MiB that the limits ask for. */
    int failed = crypto_pwhash(key, sizeof(key), text, passphrase.size, salt,
                               crypto_pwhash_OPSLIMIT_INTERACTIVE,
                               crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);

    if (failed)
        return OMB_LIMIT;
    memcpy(out, key, sizeof(key));
    sodium_memzero(key, sizeof(key));
    return OMB_OK;
}
