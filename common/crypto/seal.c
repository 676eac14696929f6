#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/internal.h"

static_assert(OMB_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "XChaCha20");
static_assert(OMB_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20");
static_assert(OMB_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "Poly1305");
static_assert(OMB_SEALED_BOX_OVERHEAD == crypto_box_SEALBYTES, "sealed box");

void omb_seal(const uint8_t *key, const uint8_t nonce[OMB_NONCE_SIZE], struct omb_view ad,
              struct omb_view plain, struct omb_buf *out)
{
    omb_buf_reserve(out, plain.size + OMB_TAG_SIZE);
    OMB_ASSERT(crypto_aead_xchacha20poly1305_ietf_encrypt(out->data + out->size, NULL, plain.data,
                                                          plain.size, ad.data, ad.size, NULL, nonce,
                                                          key) == 0);
    out->size += plain.size + OMB_TAG_SIZE;
}

enum omb_rc omb_open(const uint8_t *key, const uint8_t nonce[OMB_NONCE_SIZE], struct omb_view ad,
                     struct omb_view sealed, struct omb_buf *out)
{
    if (sealed.size < OMB_TAG_SIZE)
        return OMB_UNAUTHENTIC;
    omb_buf_reserve(out, sealed.size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out->data + out->size, NULL, NULL, sealed.data,
                                                   sealed.size, ad.data, ad.size, nonce, key) != 0)
        return OMB_UNAUTHENTIC;
    out->size += sealed.size - OMB_TAG_SIZE;
    return OMB_OK;
}

/* The nonce of a sealed box: BLAKE2b-192 of both public keys, as libsodium makes it. */
static void box_nonce(const uint8_t *ephemeral, const uint8_t *recipient,
                      uint8_t out[crypto_box_NONCEBYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
    crypto_generichash_update(&state, ephemeral, OMB_PUBLIC_SIZE);
    crypto_generichash_update(&state, recipient, OMB_PUBLIC_SIZE);
    crypto_generichash_final(&state, out, crypto_box_NONCEBYTES);
}

enum omb_rc omb_box_seal(const uint8_t recipient[OMB_PUBLIC_SIZE], struct omb_view plain,
                         struct omb_drbg *drbg, struct omb_buf *out)
{
    uint8_t ephemeral_secret[crypto_box_SECRETKEYBYTES], ephemeral[OMB_PUBLIC_SIZE];
    uint8_t nonce[crypto_box_NONCEBYTES];
    enum omb_rc rc = OMB_OK;
    uint8_t *to;

    omb_drbg_bytes(drbg, ephemeral_secret, sizeof(ephemeral_secret));
    OMB_ASSERT(crypto_scalarmult_base(ephemeral, ephemeral_secret) == 0);
    box_nonce(ephemeral, recipient, nonce);
    omb_buf_reserve(out, OMB_SEALED_BOX_OVERHEAD + plain.size);
    to = out->data + out->size;
    /* Fails where the recipient's key is a point of small order, which no honest key is. */
    if (crypto_box_easy(to + OMB_PUBLIC_SIZE, plain.data, plain.size, nonce, recipient,
                        ephemeral_secret) != 0) {
        rc = OMB_INVALID;
        goto out;
    }
    memcpy(to, ephemeral, sizeof(ephemeral));
    out->size += OMB_SEALED_BOX_OVERHEAD + plain.size;
out:
    sodium_memzero(ephemeral_secret, sizeof(ephemeral_secret));
    return rc;
}

enum omb_rc omb_box_open(const struct omb_secret *secret, struct omb_view sealed,
                         struct omb_buf *out)
{
    uint8_t recipient[OMB_PUBLIC_SIZE];

    if (sealed.size < OMB_SEALED_BOX_OVERHEAD)
        return OMB_UNAUTHENTIC;
    omb_box_public(secret, recipient);
    omb_buf_reserve(out, sealed.size);
    if (crypto_box_seal_open(out->data + out->size, sealed.data, sealed.size, recipient,
                             secret->bytes) != 0)
        return OMB_UNAUTHENTIC;
    out->size += sealed.size - OMB_SEALED_BOX_OVERHEAD;
    return OMB_OK;
}
