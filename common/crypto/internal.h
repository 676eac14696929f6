/*
 * What the files of this folder share about secrets; nobody else includes it.
 */
#ifndef OMB_CRYPTO_INTERNAL_H
#define OMB_CRYPTO_INTERNAL_H

#include <stddef.h>

#include "crypto/crypto.h"

struct omb_secret {
    uint8_t bytes[OMB_KEY_SIZE];
};

/* Guarded, locked memory; asserts that there is some. sodium_free() wipes and frees it. */
void *omb_guarded_new(size_t size);

#endif
