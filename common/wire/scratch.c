#include "wire/scratch.h"

#include <assert.h>
#include <stdlib.h>

enum { ALIGNMENT = sizeof(uint64_t), FIRST_CHUNK = 32 * 1024, LARGEST_CHUNK = 1024 * 1024 };

static_assert(_Alignof(void *) <= ALIGNMENT && _Alignof(uint64_t) <= ALIGNMENT,
              "generated structs hold pointers and numbers");

struct omb_scratch_chunk {
    struct omb_scratch_chunk *below;
    size_t size;
    _Alignas(ALIGNMENT) uint8_t data[];
};

void omb_scratch_init(struct omb_scratch *scratch, size_t budget)
{
    scratch->next = scratch->stack;
    scratch->left = sizeof(scratch->stack);
    scratch->budget = budget;
    scratch->chunks = NULL;
}

static bool add_chunk(struct omb_scratch *scratch, size_t size)
{
    size_t next = scratch->chunks ? scratch->chunks->size * 2 : FIRST_CHUNK;
    struct omb_scratch_chunk *chunk;

    if (next > LARGEST_CHUNK)
        next = LARGEST_CHUNK;
    if (next < size)
        next = size;
    chunk = malloc(sizeof(*chunk) + next);
    if (!chunk)
        return false;
    chunk->below = scratch->chunks;
    chunk->size = next;
    scratch->chunks = chunk;
    scratch->next = chunk->data;
    scratch->left = next;
    return true;
}

void *omb_scratch_try(struct omb_scratch *scratch, size_t size)
{
    size_t rounded;
    void *given;

    if (size > scratch->budget)
        return NULL;
    rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > scratch->budget)
        return NULL;
    if (rounded > scratch->left && !add_chunk(scratch, rounded))
        return NULL;
    given = scratch->next;
    scratch->next += rounded;
    scratch->left -= rounded;
    scratch->budget -= rounded;
    return given;
}

void omb_scratch_free(struct omb_scratch *scratch)
{
    while (scratch->chunks) {
        struct omb_scratch_chunk *below = scratch->chunks->below;

        free(scratch->chunks);
        scratch->chunks = below;
    }
}
