#include "io/dialler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/officedir.h"
#include "io/unread.h"
#include "wire/limits.h"

#define SKIP_MAX 256 /* dropped messages at once, so that the loop goes round */

enum state { IDLE, CALLING, STANDS, OVER };

struct omb_dialler {
    void *context;
    const struct omb_secret *secret;
    uint8_t public_key[OMB_PUBLIC_SIZE];
    struct omb_link_counts *counts;

    enum state state;
    uint64_t link;       /* name of this attempt */
    int64_t handshake_ms;
    int64_t deadline_ms; /* of the handshake */
    void *socket;  /* NULL when idle, and when it could not be made */
    void *monitor;
    struct omb_unread *unread;
    bool full;     /* a frame found no room: those behind it must not arrive */
    char address[OMB_ENDPOINT_MAX];
    uint8_t server_key[OMB_PUBLIC_SIZE];
    struct omb_error why; /* it is over */
    zmq_msg_t frame;      /* given out last */
};

struct omb_dialler *omb_dialler_new(const struct omb_linknet_setup *setup,
                                    struct omb_link_counts *counts)
{
    struct omb_dialler *dialler = calloc(1, sizeof(*dialler));

    OMB_ASSERT(dialler);
    dialler->context = setup->context;
    dialler->secret = setup->transport;
    memcpy(dialler->public_key, setup->transport_public, OMB_PUBLIC_SIZE);
    dialler->counts = counts;
    dialler->handshake_ms = setup->handshake_ms > 0 ? setup->handshake_ms : OMB_LINK_HANDSHAKE_MS;
    zmq_msg_init(&dialler->frame);
    dialler->unread = omb_unread_new(setup->watch, OMB_LINK_UNREAD, OMB_LINK_UNREAD_ALL);
    return dialler;
}

void omb_dialler_free(struct omb_dialler *dialler)
{
    if (!dialler)
        return;
    (void)omb_dialler_hang_up(dialler);
    zmq_msg_close(&dialler->frame);
    omb_unread_close(dialler->unread);
    free(dialler);
}

/* --- calling and hanging up --- */

static enum omb_rc begin(struct omb_dialler *dialler, struct omb_view address,
                         struct omb_error *err)
{
    const struct omb_socket_setup setup = {.type = ZMQ_DEALER,
                                           .send_queue = OMB_LINK_SEND_QUEUE,
                                           .message_max = OMB_FRAME_MAX,
                                           .linger_ms = 0,
                                           .secret = dialler->secret,
                                           .public_key = dialler->public_key,
                                           .server_key = dialler->server_key,
                                           .thread = OMB_THREAD_PARENT,
                                           .once = true};
    enum omb_rc rc = omb_endpoint_check(address, OMB_ENDPOINT_REACH, err);

    if (rc != OMB_OK)
        return rc;
    if (address.size >= sizeof(dialler->address))
        return omb_fail(err, OMB_LIMIT, NULL, "the address of the parent is too long");
    snprintf(dialler->address, sizeof(dialler->address), "%.*s", OMB_VIEW_ARGS(address));
    rc = omb_socket_open(dialler->context, &setup, &dialler->socket, err);
    if (rc == OMB_OK)
        rc = omb_monitor_open(dialler->context, dialler->socket, &dialler->monitor, err);
    if (rc == OMB_OK)
        rc = omb_socket_connect(dialler->socket, dialler->address, err);
    return rc;
}

void omb_dialler_call(struct omb_dialler *dialler, struct omb_view address,
                      const uint8_t server_key[OMB_PUBLIC_SIZE], uint64_t link)
{
    (void)omb_dialler_hang_up(dialler);
    dialler->link = link;
    dialler->deadline_ms = omb_clock_monotonic_ms() + dialler->handshake_ms;
    memcpy(dialler->server_key, server_key, OMB_PUBLIC_SIZE);
    dialler->state = begin(dialler, address, &dialler->why) == OMB_OK ? CALLING : OVER;
}

bool omb_dialler_hang_up(struct omb_dialler *dialler)
{
    const bool busy = dialler->state != IDLE;

    if (dialler->monitor)
        omb_monitor_close(dialler->monitor, dialler->socket);
    omb_socket_close(dialler->socket);
    omb_unread_forget(dialler->unread);
    dialler->monitor = NULL;
    dialler->socket = NULL;
    dialler->full = false;
    dialler->state = IDLE;
    return busy;
}

/* --- what became of it --- */

static void end(struct omb_dialler *dialler, enum omb_rc rc, const char *words)
{
    if (dialler->state == OVER)
        return;
    (void)omb_fail(&dialler->why, rc, NULL, "%s %s", dialler->address, words);
    dialler->state = OVER;
}

static void see(struct omb_dialler *dialler, enum omb_contact what)
{
    const bool stood = dialler->state == STANDS;

    switch (what) {
    case OMB_CONTACT_MADE:
        dialler->state = STANDS;
        return;
    case OMB_CONTACT_REFUSED:
        end(dialler, OMB_REFUSED, "refused the key: it belongs to no office below it");
        return;
    case OMB_CONTACT_ABSENT:
        end(dialler, OMB_UNREACHABLE, stood ? "closed the connection" : "does not answer");
        return;
    case OMB_CONTACT_BROKEN:
    case OMB_CONTACT_LOST:
        end(dialler, OMB_UNREACHABLE,
            stood ? "closed the connection"
                  : "closed the connection during the handshake: is its key the known one?");
        return;
    case OMB_CONTACT_BEGUN:
    case OMB_CONTACT_NONE:
        return;
    }
}

/* Follows the monitor as far as it tells; the news is that the handshake was made. */
static bool look(struct omb_dialler *dialler)
{
    while (dialler->state == CALLING || dialler->state == STANDS) {
        int fd;
        enum omb_contact what = omb_monitor_next_at(dialler->monitor, &fd);

        if (what == OMB_CONTACT_NONE)
            break;
        if (what == OMB_CONTACT_BEGUN && fd >= 0)
            omb_unread_begin(dialler->unread, fd);
        see(dialler, what);
        if (what == OMB_CONTACT_MADE)
            return true;
    }
    if (dialler->state == CALLING && omb_clock_monotonic_ms() >= dialler->deadline_ms)
        end(dialler, OMB_UNREACHABLE, "did not finish the handshake in time");
    return false;
}

/* One message; false: none waits. out_good: it is one frame that is not empty. */
static bool take(struct omb_dialler *dialler, bool *out_good)
{
    size_t frames = 0;
    bool more = true;

    while (more) {
        if (zmq_msg_recv(&dialler->frame, dialler->socket, ZMQ_DONTWAIT) < 0) {
            omb_unread_drained(dialler->unread);
            return false;
        }
        frames++;
        more = zmq_msg_more(&dialler->frame) != 0;
    }
    omb_unread_heard(dialler->unread, &dialler->frame);
    *out_good = frames == 1 && zmq_msg_size(&dialler->frame) > 0;
    return true;
}

static bool next_frame(struct omb_dialler *dialler)
{
    bool good = false;

    for (size_t i = 0; i < SKIP_MAX && !good && take(dialler, &good); i++)
        if (!good)
            dialler->counts->malformed++;
    return good;
}

bool omb_dialler_next(struct omb_dialler *dialler, struct omb_link_news *out)
{
    const bool made = look(dialler);

    dialler->counts->endless += omb_unread_ended(dialler->unread).endless;
    *out = (struct omb_link_news){.link = dialler->link, .dialled = true};
    memcpy(out->peer, dialler->server_key, OMB_PUBLIC_SIZE);
    if (made) {
        out->kind = OMB_LINK_MADE;
        return true;
    }
    if (dialler->state == IDLE || dialler->state == CALLING)
        return false;
    /* What came before the end of the connection is still there to be taken. */
    if (dialler->socket && next_frame(dialler)) {
        out->kind = OMB_LINK_FRAME;
        out->bytes = omb_view(zmq_msg_data(&dialler->frame), zmq_msg_size(&dialler->frame));
        dialler->counts->received++;
        return true;
    }
    if (dialler->state == STANDS)
        return false;
    (void)omb_dialler_hang_up(dialler);
    out->kind = OMB_LINK_ENDED;
    out->bytes = omb_view_str(dialler->why.words);
    out->refused = dialler->why.rc == OMB_REFUSED;
    return true;
}

/* --- sending --- */

void omb_dialler_send(struct omb_dialler *dialler, uint64_t link, struct omb_view bytes)
{
    if (dialler->state != STANDS || dialler->link != link) {
        dialler->counts->no_peer++;
        return;
    }
    if (!dialler->full && omb_socket_send(dialler->socket, bytes, 0)) {
        dialler->counts->sent++;
        return;
    }
    dialler->full = true;
    dialler->counts->no_room++;
}

/* --- waiting --- */

size_t omb_dialler_polls(const struct omb_dialler *dialler, zmq_pollitem_t *out)
{
    if (dialler->state != CALLING && dialler->state != STANDS)
        return 0;
    out[0] = (zmq_pollitem_t){.socket = dialler->monitor, .events = ZMQ_POLLIN};
    if (dialler->state == CALLING)
        return 1;
    out[1] = (zmq_pollitem_t){.socket = dialler->socket, .events = ZMQ_POLLIN};
    return 2;
}

int64_t omb_dialler_rest_ms(const struct omb_dialler *dialler)
{
    int64_t left;

    if (dialler->state == OVER)
        return 0;
    if (dialler->state != CALLING)
        return -1;
    left = dialler->deadline_ms - omb_clock_monotonic_ms();
    return left > 0 ? left : 0;
}
