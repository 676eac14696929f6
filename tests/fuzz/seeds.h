/*
 * Where a campaign begins: inputs that the real thing makes, a file each, for every target that
 * there is (fuzz_seeds FOLDER writes FOLDER/TARGET/NAME). What campaigns made of them and is worth
 * keeping is in corpus/.
 */
#ifndef OMB_TESTS_FUZZ_SEEDS_H
#define OMB_TESTS_FUZZ_SEEDS_H

#include "base/bytes.h"

/* Writes one input; everything fails the program when the system does not play along. */
void seeds_write(const char *target, const char *name, struct omb_view bytes);
/* The same with a byte in front, by which the target picks what to do with the rest. */
void seeds_write_as(const char *target, const char *name, uint8_t first, struct omb_view bytes);
void seeds_write_text(const char *target, const char *name, uint8_t first, const char *text);

void seeds_of_texts(void);  /* seeds_text.c: csv, conf, text, tz, zap */
void seeds_of_papers(void); /* seeds_paper.c: record, certificate, keys, export, backup */
void seeds_of_stage(void);  /* seeds_stage.c: link, control */

#endif
