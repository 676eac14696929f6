/*
 * Reading the wire format: one field after the other, whatever it means. For this folder alone.
 */
#ifndef OMB_WIRE_TOKEN_H
#define OMB_WIRE_TOKEN_H

#include "base/bytes.h"

enum { OMB_WIRE_VARINT = 0, OMB_WIRE_64 = 1, OMB_WIRE_BYTES = 2, OMB_WIRE_32 = 5 };

/* A field as it stands in the bytes. */
struct omb_token {
    uint32_t number;
    unsigned type;
    bool minimal;            /* tag, length and number are as short as they go */
    uint64_t value;          /* of a varint */
    struct omb_view content; /* of bytes */
};

/* Takes one field off the front; NULL, or why it cannot be read at all. */
const char *omb_token_read(struct omb_view *rest, struct omb_token *out);
/* How many fields of this number are left, as far as the bytes can be read. */
size_t omb_token_count(struct omb_view rest, uint32_t number);

/* Takes a varint off the front; false: it is cut short or too long. *minimal is only cleared. */
bool omb_varint_read(struct omb_view *rest, uint64_t *out, bool *minimal);

#endif
