/*
 * Cryptography for the rest of the house: libsodium is behind this folder and nowhere else.
 *
 * Functions are deterministic: where randomness is needed it comes from a struct omb_drbg that the
 * caller seeds with the input's own random bytes, so that the core stays pure. Secrets live in
 * guarded, locked memory behind opaque types and are wiped when freed.
 */
#ifndef OMB_CRYPTO_CRYPTO_H
#define OMB_CRYPTO_CRYPTO_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

#define OMB_SEED_SIZE 32
#define OMB_KEY_SIZE 32
#define OMB_PUBLIC_SIZE 32
#define OMB_SIGNATURE_SIZE 64
#define OMB_NONCE_SIZE 24
#define OMB_TAG_SIZE 16
#define OMB_SEALED_BOX_OVERHEAD 48

/* Once, before anything else; asserts that the library starts. */
void omb_crypto_init(void);

/* --- hashing: BLAKE2b-256 over a domain tag (with its NUL) and the parts in order --- */

/* tag is a literal such as "ombud/record/1"; its terminating NUL is hashed with it. */
struct omb_digest omb_hash(const char *tag, struct omb_view bytes);
struct omb_digest omb_hash_parts(const char *tag, const struct omb_view *parts, size_t count);

/* The same of bytes that come in pieces. */
struct omb_hasher;
struct omb_hasher *omb_hasher_new(const char *tag);
void omb_hasher_add(struct omb_hasher *hasher, struct omb_view bytes);
/* Ends it and frees the hasher. */
struct omb_digest omb_hasher_end(struct omb_hasher *take_hasher);

/* --- random bytes --- */

/* From the operating system: for io and tools only, never the core. */
void omb_random(void *out, size_t size);

/* A deterministic stream (ChaCha20) from a seed, the same however it is cut into calls. */
struct omb_drbg {
    uint8_t key[OMB_SEED_SIZE];
    uint64_t counter; /* bytes given out */
};
void omb_drbg_init(struct omb_drbg *drbg, const uint8_t seed[OMB_SEED_SIZE]);
void omb_drbg_bytes(struct omb_drbg *drbg, void *out, size_t size);

/* --- signing --- */

struct omb_signer; /* an Ed25519 secret in locked memory */

struct omb_signer *omb_signer_from_seed(const uint8_t seed[OMB_SEED_SIZE]);
void omb_signer_free(struct omb_signer *signer);
void omb_signer_public(const struct omb_signer *signer, uint8_t out[OMB_PUBLIC_SIZE]);
/* The seed, for writing a key file; the caller wipes it. */
void omb_signer_seed(const struct omb_signer *signer, uint8_t out[OMB_SEED_SIZE]);
/* Signs tag (with its NUL) || message. */
void omb_sign(const struct omb_signer *signer, const char *tag, struct omb_view message,
              uint8_t out[OMB_SIGNATURE_SIZE]);
bool omb_verify(const uint8_t key[OMB_PUBLIC_SIZE], const char *tag, struct omb_view message,
                const uint8_t signature[OMB_SIGNATURE_SIZE]);

/* --- sealing --- */

struct omb_secret; /* 32 secret bytes in locked memory */

struct omb_secret *omb_secret_new(const uint8_t bytes[OMB_KEY_SIZE]);
void omb_secret_free(struct omb_secret *secret);
const uint8_t *omb_secret_bytes(const struct omb_secret *secret);
/* A subkey for one purpose: BLAKE2b-256 keyed with the secret over tag (with its NUL). */
struct omb_secret *omb_secret_derive(const struct omb_secret *secret, const char *tag);
void omb_wipe(void *data, size_t size);
bool omb_equal_ct(const void *a, const void *b, size_t size);

/* X25519 public key of a secret. */
void omb_box_public(const struct omb_secret *secret, uint8_t out[OMB_PUBLIC_SIZE]);

/* XChaCha20-Poly1305; appends ciphertext and tag (size + OMB_TAG_SIZE). key: OMB_KEY_SIZE bytes. */
void omb_seal(const uint8_t *key, const uint8_t nonce[OMB_NONCE_SIZE], struct omb_view ad,
              struct omb_view plain, struct omb_buf *out);
/* Appends the plaintext; OMB_UNAUTHENTIC when key, nonce, ad or bytes do not match. */
enum omb_rc omb_open(const uint8_t *key, const uint8_t nonce[OMB_NONCE_SIZE], struct omb_view ad,
                     struct omb_view sealed, struct omb_buf *out) OMB_MUST_USE;

/*
 * A sealed box as libsodium's crypto_box_seal_open opens it (ephemeral key || box, nonce =
 * BLAKE2b-192(ephemeral || recipient)), but with the ephemeral key from `drbg`. Appends.
 * OMB_INVALID: the recipient is not a key (a point of small order). Opening: OMB_UNAUTHENTIC.
 */
enum omb_rc omb_box_seal(const uint8_t recipient[OMB_PUBLIC_SIZE], struct omb_view plain,
                         struct omb_drbg *drbg, struct omb_buf *out) OMB_MUST_USE;
enum omb_rc omb_box_open(const struct omb_secret *secret, struct omb_view sealed,
                         struct omb_buf *out) OMB_MUST_USE;

/*
 * Argon2id of a passphrase (interactive limits: 64 MiB, 2 passes), for key files. OMB_LIMIT: no
 * memory for it.
 */
enum omb_rc omb_passphrase_key(struct omb_view passphrase, const uint8_t salt[16],
                               uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;

#endif
