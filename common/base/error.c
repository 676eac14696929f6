#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"

/* Copies what fits, whole characters only, and ends it with a NUL: one line that may be shown. */
static void put(char *out, size_t size, const char *text)
{
    struct omb_view cut = omb_text_cut(omb_view_str(text), size - 1);

    if (cut.size > 0)
        memmove(out, cut.data, cut.size);
    out[cut.size] = '\0';
    omb_text_show(out);
}

enum omb_rc omb_fail(struct omb_error *err, enum omb_rc rc, const char *field, const char *format,
                     ...)
{
    /* Arguments may point into *err, so the sentence is made beside it. One character more than
     * fits, so that put() sees where the last one ends. */
    char words[sizeof(err->words) + 8];
    va_list args;

    if (!err)
        return rc;
    va_start(args, format);
    if (vsnprintf(words, sizeof(words), format, args) < 0)
        words[0] = '\0';
    va_end(args);
    put(err->field, sizeof(err->field), field);
    put(err->words, sizeof(err->words), words);
    err->rc = rc;
    return rc;
}

enum omb_rc omb_fail_within(struct omb_error *err, const char *prefix)
{
    char words[sizeof(err->words) + 8];

    if (!err)
        return OMB_INVALID;
    OMB_ASSERT(err->rc != OMB_OK);
    if (snprintf(words, sizeof(words), "%s: %s", prefix, err->words) < 0)
        return err->rc;
    put(err->words, sizeof(err->words), words);
    return err->rc;
}
