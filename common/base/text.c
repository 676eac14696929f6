#include "base/text.h"

#include <string.h>

/*
 * The length of the well-formed character at `at` with `left` bytes before the end, 0 when there is
 * none: the table of well-formed byte sequences in the Unicode standard (D92), without U+0000.
 */
static size_t character(const uint8_t *at, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t size;

    if (at[0] < 0x80)
        return at[0] != 0;
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        size = 2;
    } else if ((at[0] & 0xf0) == 0xe0) {
        size = 3;
        low = at[0] == 0xe0 ? 0xa0 : low;   /* below: overlong */
        high = at[0] == 0xed ? 0x9f : high; /* above: surrogates */
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        size = 4;
        low = at[0] == 0xf0 ? 0x90 : low;   /* below: overlong */
        high = at[0] == 0xf4 ? 0x8f : high; /* above: beyond U+10FFFF */
    } else {
        return 0;
    }
    if (left < size || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

/* A byte of `word` is below 0x20, is 0x7f, or has its high bit set. */
static bool has_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    const uint64_t below = (word - ones * 0x20) & ~word;
    const uint64_t dels = ((word ^ ones * 0x7f) - ones) & ~(word ^ ones * 0x7f);

    return ((word | below | dels) & highs) != 0;
}

bool omb_text_is_plain(struct omb_view text)
{
    size_t i = 0;

    for (; text.size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, text.data + i, sizeof(word));
        if (has_special(word))
            return false;
    }
    for (; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7e)
            return false;
    return true;
}

bool omb_text_utf8(struct omb_view text)
{
    for (size_t i = 0; i < text.size;) {
        size_t size = character(text.data + i, text.size - i);

        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

bool omb_text_has_controls(struct omb_view text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return true;
        /* U+0080 to U+009F, which some terminals obey. */
        if (c == 0xc2 && i + 1 < text.size && text.data[i + 1] >= 0x80 && text.data[i + 1] < 0xa0)
            return true;
    }
    return false;
}

void omb_text_show(char *text)
{
    struct omb_view rest = omb_view_str(text);
    char *out = text;

    if (omb_text_is_plain(rest))
        return;
    while (rest.size > 0) {
        const size_t size = character(rest.data, rest.size);
        const struct omb_view shown = omb_view(rest.data, size > 0 ? size : 1);

        if (size == 0 || rest.data[0] < 0x20 || omb_text_has_controls(shown))
            *out++ = '?';
        else
            for (size_t i = 0; i < size; i++)
                *out++ = (char)rest.data[i];
        rest = omb_view(rest.data + shown.size, rest.size - shown.size);
    }
    *out = '\0';
}

bool omb_text_is_code(struct omb_view text)
{
    if (text.size == 0 || text.size > OMB_CODE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

struct omb_view omb_text_cut(struct omb_view text, size_t max)
{
    size_t size = max;

    if (text.size <= max)
        return text;
    while (size > 0 && (text.data[size] & 0xc0) == 0x80)
        size--;
    return omb_view(text.data, size);
}

enum omb_rc omb_text_u64(struct omb_view text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.size == 0 || (text.size > 1 && text.data[0] == '0'))
        return OMB_INVALID;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return OMB_INVALID;
        value = value * 10 + digit;
    }
    *out = value;
    return OMB_OK;
}
