#include "wire/request.h"

#include "wire/fence.h"
#include "wire/limits.h"

enum { REQUEST_ID = 2, REPLY_ID = 1 }; /* field numbers of control.proto */

struct omb_view omb_request_id(struct omb_view request)
{
    return omb_fence_peek(request, REQUEST_ID, OMB_REQUEST_ID_MAX);
}

struct omb_view omb_reply_id(struct omb_view reply)
{
    return omb_fence_peek(reply, REPLY_ID, OMB_REQUEST_ID_MAX);
}
