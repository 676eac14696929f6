/*
 * What every fuzz target defines: libFuzzer calls it with bytes of its own making, replay.c with
 * those of the corpus. Who says what a good input looks like defines the mutator as well.
 */
#ifndef OMB_TESTS_FUZZ_H
#define OMB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Change data in place, within max_size; the seed is all the chance there is. The new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* Makes `out` of two inputs; its size. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned seed);

/* libFuzzer's own mutator of bytes, for those above; in the suite replay.c has a small one. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
