/*
 * What the loop does for links: news of them becomes inputs of the core, and what an update wants
 * of them is done. Each decision is a log line, "cause -> decision"; what may come in floods is
 * counted, and told as a count. Internal to io/: the loop is io/loop.h.
 */
#ifndef OMB_IO_LINKWORK_H
#define OMB_IO_LINKWORK_H

#include "io/linknet.h"
#include "io/log.h"
#include "office/office.h"

struct omb_linkwork {
    struct omb_linknet *links;
    const struct omb_log *log;

    /* its own, zero at first */
    bool stands;                    /* the link to the parent */
    char address[OMB_ENDPOINT_MAX]; /* dialled last */
    char why[sizeof(((struct omb_error *)NULL)->words)]; /* not reached, as it was told last */
    struct omb_link_counts told;
};

/* The next news as an input, without time and random bytes; false: there is none. Its bytes live
 * until the next call. */
bool omb_linkwork_next(struct omb_linkwork *work, struct omb_input *out);
/* Of a batch that is durable: lets in the offices that may connect, where that changed. */
void omb_linkwork_admit(struct omb_linkwork *work, const struct omb_office *office);
/* Of the same: the frames in their order. */
void omb_linkwork_send(struct omb_linkwork *work, const struct omb_update *update);
/* Of the same, last: the parent is dialled or hung up. */
void omb_linkwork_dial(struct omb_linkwork *work, const struct omb_dial *dial);
/* Tells what rose since it was told last. */
void omb_linkwork_tell(struct omb_linkwork *work);

#endif
