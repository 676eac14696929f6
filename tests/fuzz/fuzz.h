/*
 * What every fuzz target defines: libFuzzer calls it with bytes of its own making, replay.c with
 * those of the corpus.
 */
#ifndef OMB_TESTS_FUZZ_H
#define OMB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
