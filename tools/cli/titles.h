/*
 * Titles of other systems turned into codes, and their texts into texts that this system keeps.
 */
#ifndef OMB_CLI_TITLES_H
#define OMB_CLI_TITLES_H

#include "base/text.h"

/*
 * "Loan modification,collection,foreclosure" -> "loan-modification-collection-foreclosure": letters
 * and digits of ASCII in lower case, everything else a hyphen, none twice nor at the ends. Titles
 * that are cut to OMB_CODE_MAX bytes, or hold other letters, end with a hash of the whole, so that
 * different titles stay different. "" for a title of blanks.
 */
void omb_title_code(struct omb_view title, char out[OMB_CODE_MAX + 1]);

/*
 * Appends the text with line ends as line feeds, what is no UTF-8 replaced by U+FFFD and control
 * characters by a blank, cut at a character to `max` bytes. One line: line feeds become blanks.
 * Returns whether anything but line ends was changed.
 */
bool omb_text_clean(struct omb_view text, size_t max, bool one_line, struct omb_buf *out);

#endif
