/*
 * Invented complaints for trying things out, as a table that `import csv` takes.
 */
#ifndef OMB_CLI_GENERATE_H
#define OMB_CLI_GENERATE_H

#include <stdint.h>
#include <stdio.h>

/*
 * The header and `count` rows. The same seed makes the same table, and the first rows of a longer
 * one are those of a shorter one.
 */
void omb_generate(FILE *file, uint64_t count, uint64_t seed);

#endif
