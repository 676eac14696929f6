#include "io/linknet.h"

#include <stdlib.h>

#include "base/assert.h"
#include "io/dialler.h"
#include "io/listener.h"

struct omb_linknet {
    struct omb_zap *zap;
    struct omb_listener *listener; /* NULL: nobody is below */
    struct omb_dialler *dialler;
    struct omb_link_counts counts;
    uint64_t newest;               /* name of the newest link, of either kind */
    bool parent_first;             /* whose turn it is */
};

enum omb_rc omb_linknet_open(const struct omb_linknet_setup *setup, struct omb_linknet **out,
                             struct omb_error *err)
{
    struct omb_linknet *linknet = calloc(1, sizeof(*linknet));
    enum omb_rc rc = OMB_OK;

    OMB_ASSERT(linknet);
    linknet->zap = setup->zap;
    linknet->dialler = omb_dialler_new(setup, &linknet->counts);
    if (setup->listen)
        rc = omb_listener_open(setup, &linknet->counts, &linknet->listener, err);
    if (rc != OMB_OK) {
        omb_linknet_close(linknet);
        return rc;
    }
    *out = linknet;
    return OMB_OK;
}

void omb_linknet_close(struct omb_linknet *linknet)
{
    if (!linknet)
        return;
    omb_dialler_free(linknet->dialler);
    omb_listener_close(linknet->listener);
    free(linknet);
}

bool omb_linknet_admit(struct omb_linknet *linknet, const uint8_t (*keys)[OMB_PUBLIC_SIZE],
                       size_t count)
{
    if (linknet->listener)
        omb_listener_expect(linknet->listener, count);
    return omb_zap_admit(linknet->zap, OMB_DOOR_LINKS, keys, count);
}

const char *omb_linknet_endpoint(const struct omb_linknet *linknet)
{
    return linknet->listener ? omb_listener_endpoint(linknet->listener) : "";
}

enum omb_rc omb_linknet_self_test(struct omb_linknet *linknet, int64_t deadline_ms,
                                  struct omb_error *err)
{
    if (!linknet->listener)
        return OMB_OK;
    return omb_listener_self_test(linknet->listener, deadline_ms, err);
}

static bool next_below(struct omb_linknet *linknet, struct omb_link_news *out)
{
    return linknet->listener && omb_listener_next(linknet->listener, &linknet->newest, out);
}

bool omb_linknet_next(struct omb_linknet *linknet, struct omb_link_news *out)
{
    linknet->parent_first = !linknet->parent_first;
    if (linknet->parent_first)
        return omb_dialler_next(linknet->dialler, out) || next_below(linknet, out);
    return next_below(linknet, out) || omb_dialler_next(linknet->dialler, out);
}

void omb_linknet_send(struct omb_linknet *linknet, uint64_t link, bool dialled,
                      struct omb_view bytes)
{
    if (dialled)
        omb_dialler_send(linknet->dialler, link, bytes);
    else if (linknet->listener)
        omb_listener_send(linknet->listener, link, bytes);
    else
        linknet->counts.no_peer++;
}

uint64_t omb_linknet_call(struct omb_linknet *linknet, struct omb_view address,
                          const uint8_t server_key[OMB_PUBLIC_SIZE])
{
    omb_dialler_call(linknet->dialler, address, server_key, ++linknet->newest);
    return linknet->newest;
}

bool omb_linknet_hang_up(struct omb_linknet *linknet)
{
    return omb_dialler_hang_up(linknet->dialler);
}

struct omb_link_counts omb_linknet_counts(const struct omb_linknet *linknet)
{
    struct omb_link_counts counts = linknet->counts;

    counts.refused = omb_zap_refused(linknet->zap, OMB_DOOR_LINKS);
    return counts;
}

size_t omb_linknet_polls(const struct omb_linknet *linknet, zmq_pollitem_t *out)
{
    size_t count = omb_dialler_polls(linknet->dialler, out);

    if (linknet->listener)
        out[count++] = (zmq_pollitem_t){.socket = omb_listener_socket(linknet->listener),
                                        .events = ZMQ_POLLIN};
    return count;
}

int64_t omb_linknet_rest_ms(const struct omb_linknet *linknet)
{
    return omb_dialler_rest_ms(linknet->dialler);
}
