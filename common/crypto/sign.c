#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/internal.h"

static_assert(OMB_SEED_SIZE == crypto_sign_SEEDBYTES, "Ed25519");
static_assert(OMB_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
static_assert(OMB_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");

/* Seed and public key, as libsodium keeps them. */
struct omb_signer {
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

struct omb_signer *omb_signer_from_seed(const uint8_t seed[OMB_SEED_SIZE])
{
    struct omb_signer *signer = omb_guarded_new(sizeof(*signer));
    uint8_t public_key[OMB_PUBLIC_SIZE];

    OMB_ASSERT(crypto_sign_seed_keypair(public_key, signer->secret, seed) == 0);
    sodium_mprotect_readonly(signer);
    return signer;
}

void omb_signer_free(struct omb_signer *signer)
{
    sodium_free(signer);
}

void omb_signer_public(const struct omb_signer *signer, uint8_t out[OMB_PUBLIC_SIZE])
{
    memcpy(out, signer->secret + OMB_SEED_SIZE, OMB_PUBLIC_SIZE);
}

void omb_signer_seed(const struct omb_signer *signer, uint8_t out[OMB_SEED_SIZE])
{
    memcpy(out, signer->secret, OMB_SEED_SIZE);
}

/*
 * Plain Ed25519 goes over its message twice, so tag and message must lie side by side. Batches sign
 * a root of 32 bytes: those stay on the stack.
 */
struct tagged {
    uint8_t near[256];
    uint8_t *far; /* NULL: `near` is used */
    size_t size;
};

static const uint8_t *join(struct tagged *tagged, const char *tag, struct omb_view message)
{
    size_t tag_size = strlen(tag) + 1;
    uint8_t *to = tagged->near;

    tagged->size = tag_size + message.size;
    tagged->far = NULL;
    if (tagged->size > sizeof(tagged->near)) {
        to = tagged->far = malloc(tagged->size);
        OMB_ASSERT(to != NULL);
    }
    memcpy(to, tag, tag_size);
    if (message.size > 0)
        memcpy(to + tag_size, message.data, message.size);
    return to;
}

void omb_sign(const struct omb_signer *signer, const char *tag, struct omb_view message,
              uint8_t out[OMB_SIGNATURE_SIZE])
{
    struct tagged tagged;
    const uint8_t *bytes = join(&tagged, tag, message);

    OMB_ASSERT(crypto_sign_detached(out, NULL, bytes, tagged.size, signer->secret) == 0);
    free(tagged.far);
}

bool omb_verify(const uint8_t key[OMB_PUBLIC_SIZE], const char *tag, struct omb_view message,
                const uint8_t signature[OMB_SIGNATURE_SIZE])
{
    struct tagged tagged;
    const uint8_t *bytes = join(&tagged, tag, message);
    bool good = crypto_sign_verify_detached(signature, bytes, tagged.size, key) == 0;

    free(tagged.far);
    return good;
}
