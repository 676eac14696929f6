#include "cli/titles.h"

#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS = 8 };

/* FNV-1a: for telling titles apart, not for safety. */
static uint32_t hash(struct omb_view text)
{
    uint32_t value = UINT32_C(2166136261);

    for (size_t i = 0; i < text.size; i++)
        value = (value ^ text.data[i]) * UINT32_C(16777619);
    return value;
}

static char code_letter(uint8_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return (char)c;
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : '-';
}

static bool is_blank(struct omb_view title)
{
    for (size_t i = 0; i < title.size; i++)
        if (title.data[i] > ' ')
            return false;
    return true;
}

void omb_title_code(struct omb_view title, char out[OMB_CODE_MAX + 1])
{
    bool cut = false, foreign = false;
    size_t size = 0;

    for (size_t i = 0; i < title.size; i++) {
        char c = code_letter(title.data[i]);

        foreign = foreign || title.data[i] >= 0x80;
        if (c == '-' && (size == 0 || out[size - 1] == '-'))
            continue;
        if (size == OMB_CODE_MAX) {
            cut = true;
            break;
        }
        out[size++] = c;
    }
    if (cut)
        size = OMB_CODE_MAX - HASH_DIGITS - 1;
    while (size && out[size - 1] == '-')
        size--;
    out[size] = '\0';
    if ((cut || foreign || size == 0) && !is_blank(title)) {
        if (size > OMB_CODE_MAX - HASH_DIGITS - 1)
            size = OMB_CODE_MAX - HASH_DIGITS - 1;
        snprintf(out + size, OMB_CODE_MAX + 1 - size, "%s%08x", size ? "-" : "x",
                 (unsigned)hash(title));
    }
}

/* Bytes of the well-formed character at the beginning; 0: it is not well-formed. */
static size_t character(struct omb_view text)
{
    for (size_t size = 1; size <= 4 && size <= text.size; size++)
        if (omb_text_utf8(omb_view(text.data, size)))
            return size;
    return 0;
}

/* C0, DEL and C1, but for tab and line feed. */
static bool is_control(struct omb_view c)
{
    if (c.size == 1)
        return (c.data[0] < 0x20 && c.data[0] != '\t' && c.data[0] != '\n') || c.data[0] == 0x7f;
    return c.size == 2 && c.data[0] == 0xc2 && c.data[1] < 0xa0;
}

bool omb_text_clean(struct omb_view text, size_t max, bool one_line, struct omb_buf *out)
{
    size_t end = out->size + max;
    bool changed = false;

    for (size_t i = 0; i < text.size;) {
        struct omb_view rest = omb_view(text.data + i, text.size - i);
        size_t size = character(rest);
        struct omb_view c = size ? omb_view(rest.data, size) : OMB_VIEW_LIT("\xef\xbf\xbd");

        i += size ? size : 1;
        if (*rest.data == '\r') {
            /* CRLF is one end of line, as is a lone CR. */
            if (rest.size > 1 && rest.data[1] == '\n')
                i++;
            c = OMB_VIEW_LIT("\n");
        } else if (size == 0 || is_control(c)) {
            changed = true;
            c = size == 0 ? c : OMB_VIEW_LIT(" ");
        }
        if (one_line && c.size == 1 && (*c.data == '\n' || *c.data == '\t'))
            c = OMB_VIEW_LIT(" ");
        if (out->size + c.size > end)
            return true;
        omb_buf_add_view(out, c);
    }
    return changed;
}
