#include <sodium.h>
#include <string.h>

#include "crypto/crypto.h"
#include <assert.h>

static_assert(OMB_DIGEST_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");

struct omb_digest omb_hash_parts(const char *tag, const struct omb_view *parts, size_t count)
{
    crypto_generichash_state state;
    struct omb_digest digest;

    crypto_generichash_init(&state, NULL, 0, sizeof(digest.bytes));
    crypto_generichash_update(&state, (const uint8_t *)tag, strlen(tag) + 1);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, parts[i].data, parts[i].size);
    crypto_generichash_final(&state, digest.bytes, sizeof(digest.bytes));
    return digest;
}

struct omb_digest omb_hash(const char *tag, struct omb_view bytes)
{
    return omb_hash_parts(tag, &bytes, 1);
}
