/*
 * The id of a message of the client protocol that need not decode: whoever asked is told what is
 * wrong with a request under its id whenever that can be read.
 */
#ifndef OMB_WIRE_REQUEST_H
#define OMB_WIRE_REQUEST_H

#include "base/bytes.h"

/*
 * The id of a Request: its first field `id` of 1 to OMB_REQUEST_ID_MAX bytes, whatever else is
 * wrong before or behind it. Empty when there is none before the bytes stop being fields. A view
 * into the bytes; nothing is allocated.
 */
struct omb_view omb_request_id(struct omb_view request);

/* The same of a Reply. */
struct omb_view omb_reply_id(struct omb_view reply);

#endif
