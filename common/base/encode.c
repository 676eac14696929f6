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
