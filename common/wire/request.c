#include "wire/request.h"

#include "wire/limits.h"
#include "wire/token.h"

enum { REQUEST_ID = 2, REPLY_ID = 1 }; /* field numbers of control.proto */

/*
 * The first field of this number and of 1 to OMB_REQUEST_ID_MAX bytes at the top of a message that
 * need not pass the fence.
 */
static struct omb_view peek(struct omb_view bytes, uint32_t number)
{
    struct omb_view rest = bytes;
    struct omb_token token;

    while (rest.size > 0 && !omb_token_read(&rest, &token))
        if (token.number == number && token.type == OMB_WIRE_BYTES && token.content.size > 0 &&
            token.content.size <= OMB_REQUEST_ID_MAX)
            return token.content;
    return OMB_VIEW_NONE;
}

struct omb_view omb_request_id(struct omb_view request)
{
    return peek(request, REQUEST_ID);
}

struct omb_view omb_reply_id(struct omb_view reply)
{
    return peek(reply, REPLY_ID);
}
