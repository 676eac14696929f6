/*
 * Key files as text, sealed under a passphrase where one is set. The bytes only: reading, writing
 * and checking the mode of the file is io/officedir.h.
 *
 *   ombud-key 1
 *   use: signing | transport | sealing | operator | anchor | recovery
 *   name: vsp-0045
 *   public: <64 hex digits>
 *   secret: <64 hex digits>                              without a passphrase
 *   sealed: <hex of salt(16) || nonce(24) || box(48)>    with one (Argon2id)
 *
 * Signing and anchor keys are Ed25519, the others X25519. The box is XChaCha20-Poly1305 with the
 * four lines above it as associated data. A public file ends after its fourth line.
 */
#ifndef OMB_CRYPTO_KEYFILE_H
#define OMB_CRYPTO_KEYFILE_H

#include "crypto/crypto.h"

struct omb_keyfile {
    char use[16];
    char name[97];
    uint8_t public_key[OMB_PUBLIC_SIZE];
    struct omb_secret *secret; /* Ed25519 seed or X25519 secret; NULL in a public file */
};

/* The public half of a secret for that use; OMB_UNKNOWN_CODE for a use that is not listed above. */
enum omb_rc omb_keyfile_public(const char *use, const struct omb_secret *secret,
                               uint8_t out[OMB_PUBLIC_SIZE]) OMB_MUST_USE;

/* passphrase empty: not sealed. salt_and_nonce: 40 random bytes. Wipe `out` with omb_buf_wipe. */
enum omb_rc omb_keyfile_write(const struct omb_keyfile *key, struct omb_view passphrase,
                              const uint8_t salt_and_nonce[40], struct omb_buf *out,
                              struct omb_error *err) OMB_MUST_USE;

/*
 * Reads what omb_keyfile_write wrote. The line at fault is named. OMB_UNAUTHENTIC: the passphrase
 * is wrong or absent, or the public key does not belong to the secret. OMB_LATER: a later version
 * wrote it. A passphrase is not looked at where the file is not sealed.
 */
enum omb_rc omb_keyfile_read(struct omb_view text, struct omb_view passphrase,
                             struct omb_keyfile *out, struct omb_error *err) OMB_MUST_USE;
void omb_keyfile_free(struct omb_keyfile *key);

/* "abcd ef01 2345 6789 ...": the first 16 bytes of BLAKE2b-256 of a public key, for people. */
void omb_fingerprint(const uint8_t public_key[OMB_PUBLIC_SIZE], char out[40]);

#endif
