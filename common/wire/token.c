#include "wire/token.h"

enum { NUMBER_MAX = (1 << 29) - 1, VARINT_MAX = 10 };

bool omb_varint_read(struct omb_view *rest, uint64_t *out, bool *minimal)
{
    uint64_t value = 0;

    for (size_t i = 0; i < rest->size && i < VARINT_MAX; i++) {
        uint8_t byte = rest->data[i];

        if (i == VARINT_MAX - 1 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i > 0 && byte == 0)
            *minimal = false;
        *out = value;
        *rest = omb_view(rest->data + i + 1, rest->size - i - 1);
        return true;
    }
    return false;
}

static bool skip(struct omb_view *rest, uint64_t size, struct omb_view *out)
{
    if (size > rest->size)
        return false;
    *out = omb_view(rest->data, (size_t)size);
    *rest = omb_view(rest->data + size, rest->size - (size_t)size);
    return true;
}

const char *omb_token_read(struct omb_view *rest, struct omb_token *out)
{
    uint64_t tag, size;
    bool whole = false;

    *out = (struct omb_token){.minimal = true};
    if (!omb_varint_read(rest, &tag, &out->minimal))
        return "a tag is cut short or too long";
    if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        return "a field number is out of range";
    out->number = (uint32_t)(tag >> 3);
    out->type = (unsigned)(tag & 7);
    if (out->type == OMB_WIRE_VARINT)
        whole = omb_varint_read(rest, &out->value, &out->minimal);
    else if (out->type == OMB_WIRE_64)
        whole = skip(rest, 8, &out->content);
    else if (out->type == OMB_WIRE_32)
        whole = skip(rest, 4, &out->content);
    else if (out->type == OMB_WIRE_BYTES)
        whole = omb_varint_read(rest, &size, &out->minimal) && skip(rest, size, &out->content);
    else
        return "a wire type is not one of protobuf 3";
    return whole ? NULL : "the bytes end inside a field";
}

size_t omb_token_count(struct omb_view rest, uint32_t number)
{
    struct omb_token token;
    size_t count = 0;

    while (rest.size > 0 && !omb_token_read(&rest, &token))
        count += token.number == number;
    return count;
}
