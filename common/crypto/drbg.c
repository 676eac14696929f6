#include <sodium.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/crypto.h"

enum { BLOCK_SIZE = 64 };

void omb_random(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void omb_drbg_init(struct omb_drbg *drbg, const uint8_t seed[OMB_SEED_SIZE])
{
    memcpy(drbg->key, seed, sizeof(drbg->key));
    drbg->counter = 0;
}

/*
 * The stream is ChaCha20 under the seed with a zero nonce; `counter` is the place in it in bytes.
 * So the same seed gives the same bytes however they are asked for.
 */
void omb_drbg_bytes(struct omb_drbg *drbg, void *out, size_t size)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t *to = out;
    size_t skip = drbg->counter % BLOCK_SIZE;

    OMB_ASSERT(size <= UINT64_MAX - drbg->counter);
    if (skip > 0 && size > 0) {
        uint8_t block[BLOCK_SIZE] = {0};
        size_t head = size < BLOCK_SIZE - skip ? size : BLOCK_SIZE - skip;

        crypto_stream_chacha20_xor_ic(block, block, sizeof(block), nonce,
                                      drbg->counter / BLOCK_SIZE, drbg->key);
        memcpy(to, block + skip, head);
        sodium_memzero(block, sizeof(block));
        drbg->counter += head;
        to += head;
        size -= head;
    }
    if (size > 0) {
        memset(to, 0, size);
        crypto_stream_chacha20_xor_ic(to, to, size, nonce, drbg->counter / BLOCK_SIZE, drbg->key);
        drbg->counter += size;
    }
}
