/*
 * What fuzz targets ask of whatever was decoded, or was refused.
 */
#ifndef OMB_TESTS_FUZZ_CHECK_H
#define OMB_TESTS_FUZZ_CHECK_H

#include "wire/shape.h"

/* An input taken apart from its front; what is not there any more is zero or empty. */
uint8_t fuzz_byte(struct omb_view *rest);
/* A piece behind its size (be16), as far as it goes. */
struct omb_view fuzz_piece(struct omb_view *rest);

/* A message that was decoded strictly survives being packed and decoded again. */
void fuzz_again(const struct omb_shape *shape, const void *message, struct omb_arena *arena);
/* All views of a message lie within one piece of memory as large as what it was decoded from. */
void fuzz_inside(const struct omb_shape *shape, const void *message, size_t size);

/* OMB_OK or a refusal with a sentence on one line. */
void fuzz_said(enum omb_rc rc, const struct omb_error *err);
/* An error does not repeat this text, which nobody but its reader may see. */
void fuzz_untold(const struct omb_error *err, struct omb_view secret);
/* The same of every text of a message. */
void fuzz_untold_message(const struct omb_error *err, const struct omb_shape *shape,
                         const void *message);
/* The same of the texts of all bodies and extracts in a message. */
void fuzz_untold_parts(const struct omb_error *err, const struct omb_shape *shape,
                       const void *message);
/* The same of every dozen of hex digits in a file, as keys are written. */
void fuzz_untold_digits(const struct omb_error *err, struct omb_view text);

#endif
