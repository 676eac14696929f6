/*
 * Checks on text from outside: UTF-8, codes, and the nearest known word to a misspelt one.
 */
#ifndef OMB_BASE_TEXT_H
#define OMB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define OMB_CODE_MAX 96

/* Well-formed UTF-8 (no surrogates, no overlong forms) without U+0000. */
bool omb_text_utf8(struct omb_view text);

/* Printable ASCII alone: well-formed, without controls, on one line. Eight bytes at a time. */
bool omb_text_is_plain(struct omb_view text);

/* Control characters (C0, DEL and C1) other than tab, line feed and carriage return. */
bool omb_text_has_controls(struct omb_view text);

/*
 * Makes a text fit to be a part of a line that people see: what is no character of UTF-8 and what
 * controls a terminal or ends the line becomes a question mark. In place; it does not grow.
 */
void omb_text_show(char *text);

/* [a-z0-9-], 1 to OMB_CODE_MAX bytes. */
bool omb_text_is_code(struct omb_view text);

/* Cuts at a character boundary to at most `max` bytes. */
struct omb_view omb_text_cut(struct omb_view text, size_t max);

/*
 * Writes up to `most` (at most 8) of the words nearest to `word` as "a, b or c" into out (size
 * bytes): those within a third of the word's length in edits (a swap of neighbours is one), then
 * those of which one begins with the other; capitals do not count. "" when none is near.
 */
void omb_text_nearest(struct omb_view word, const struct omb_view *known, size_t count, size_t most,
                      char *out, size_t size);

/* A decimal number without sign, spaces or leading zeros (0 itself allowed), else OMB_INVALID. */
enum omb_rc omb_text_u64(struct omb_view text, uint64_t *out) OMB_MUST_USE;

#endif
