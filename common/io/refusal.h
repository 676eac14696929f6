/*
 * The last word of an office that cannot go on: a Refusal to whoever waits, so that nobody takes
 * silence for success. Everything else is refused by the core itself.
 */
#ifndef OMB_IO_REFUSAL_H
#define OMB_IO_REFUSAL_H

#include "base/bytes.h"
#include "base/error.h"

/* Appends a Reply that refuses a Request with that error, under the request's id if it has one. */
void omb_refuse_request(struct omb_view request, const struct omb_error *why, struct omb_buf *out);

/* The same in place of a Reply that must not be sent any more. */
void omb_refuse_instead(struct omb_view reply, const struct omb_error *why, struct omb_buf *out);

#endif
