#include "base/ids.h"

void omb_hex(struct omb_view bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    out[2 * bytes.size] = '\0';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum omb_rc omb_unhex(struct omb_view text, uint8_t *out, size_t size)
{
    if (text.size % 2 != 0 || text.size / 2 != size)
        return OMB_INVALID;
    for (size_t i = 0; i < text.size; i++)
        if (hex_digit(text.data[i]) < 0)
            return OMB_INVALID;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(hex_digit(text.data[2 * i]) << 4 | hex_digit(text.data[2 * i + 1]));
    return OMB_OK;
}

void omb_base64(struct omb_view bytes, struct omb_buf *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = bytes.data;
    size_t left = bytes.size;
    uint8_t *to;

    if (left == 0)
        return;
    omb_buf_reserve(out, (left + 2) / 3 * 4);
    to = out->data + out->size;
    for (; left >= 3; left -= 3, in += 3, to += 4) {
        uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

        to[0] = (uint8_t)letters[bits >> 18];
        to[1] = (uint8_t)letters[bits >> 12 & 63];
        to[2] = (uint8_t)letters[bits >> 6 & 63];
        to[3] = (uint8_t)letters[bits & 63];
    }
    if (left > 0) {
        uint32_t bits = (uint32_t)in[0] << 16 | (left == 2 ? (uint32_t)in[1] << 8 : 0);

        to[0] = (uint8_t)letters[bits >> 18];
        to[1] = (uint8_t)letters[bits >> 12 & 63];
        to[2] = left == 2 ? (uint8_t)letters[bits >> 6 & 63] : '=';
        to[3] = '=';
    }
    out->size += (bytes.size + 2) / 3 * 4;
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum omb_rc omb_unbase64(struct omb_view text, struct omb_buf *out)
{
    const size_t padding = text.size < 4                        ? 0
                           : text.data[text.size - 2] == '='    ? 2
                           : text.data[text.size - 1] == '='    ? 1
                                                                : 0;
    const size_t before = out->size;
    uint32_t bits = 0;

    if (text.size % 4 != 0)
        return OMB_INVALID;
    omb_buf_reserve(out, text.size / 4 * 3);
    for (size_t i = 0; i < text.size; i++) {
        const bool pads = i + padding >= text.size;
        const int digit = pads ? (text.data[i] == '=' ? 0 : -1) : base64_digit(text.data[i]);

        /* The bits beside the last byte are zero: one text for one content. */
        if (digit < 0 || (i + padding + 1 == text.size && padding > 0 &&
                          (digit & (padding == 2 ? 15 : 3)) != 0)) {
            out->size = before;
            return OMB_INVALID;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            omb_buf_add_u8(out, (uint8_t)(bits >> 16));
            omb_buf_add_u8(out, (uint8_t)(bits >> 8));
            omb_buf_add_u8(out, (uint8_t)bits);
        }
    }
    out->size -= padding;
    return OMB_OK;
}
