/*
 * Memory for the length of one call: first from the caller's stack, then from chunks, up to a
 * budget. The generated structs live here while a message is packed or unpacked. For this folder
 * alone.
 */
#ifndef OMB_WIRE_SCRATCH_H
#define OMB_WIRE_SCRATCH_H

#include "base/bytes.h"

#define OMB_SCRATCH_STACK 8192

struct omb_scratch {
    uint8_t *next;
    size_t left;
    size_t budget; /* bytes that may still be given out; below SIZE_MAX / 2 */
    struct omb_scratch_chunk *chunks;
    _Alignas(8) uint8_t stack[OMB_SCRATCH_STACK];
};

void omb_scratch_init(struct omb_scratch *scratch, size_t budget);
/* Aligned for pointers and numbers, not zeroed; NULL over the budget. */
void *omb_scratch_try(struct omb_scratch *scratch, size_t size) OMB_MUST_USE;
/* Frees everything that was given out. */
void omb_scratch_free(struct omb_scratch *scratch);

#endif
