#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/crypto.h"

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

struct omb_hasher {
    crypto_generichash_state state;
};

struct omb_hasher *omb_hasher_new(const char *tag)
{
    struct omb_hasher *hasher = aligned_alloc(_Alignof(struct omb_hasher), sizeof(*hasher));

    OMB_ASSERT(hasher != NULL);
    crypto_generichash_init(&hasher->state, NULL, 0, OMB_DIGEST_SIZE);
    crypto_generichash_update(&hasher->state, (const uint8_t *)tag, strlen(tag) + 1);
    return hasher;
}

void omb_hasher_add(struct omb_hasher *hasher, struct omb_view bytes)
{
    crypto_generichash_update(&hasher->state, bytes.data, bytes.size);
}

struct omb_digest omb_hasher_end(struct omb_hasher *take_hasher)
{
    struct omb_digest digest;

    crypto_generichash_final(&take_hasher->state, digest.bytes, sizeof(digest.bytes));
    free(take_hasher);
    return digest;
}
