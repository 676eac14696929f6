/*
 * Is nobody let in but who is enrolled at that door? The input is a request of ZAP (ZeroMQ's RFC
 * 27), its frames behind their sizes, as libzmq hands them on from a handshake; the real handler
 * answers it over the socket that libzmq uses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/zap.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum { FRAMES = 7, FRAMES_MAX = 16, ANSWERS = 6 };
enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS };
enum { STATUS = 2, USER = 4 };

static void *context, *asker;
static struct omb_zap *zap;

/* One key at each door. */
static void key_at(enum omb_door door, uint8_t out[1][OMB_PUBLIC_SIZE])
{
    memset(out[0], door == OMB_DOOR_LINKS ? 'l' : 'c', OMB_PUBLIC_SIZE);
}

static void end(void)
{
    omb_socket_close(asker);
    (void)zmq_ctx_shutdown(context);
    omb_zap_stop(zap);
    (void)zmq_ctx_term(context);
}

static void begin(void)
{
    uint8_t key[1][OMB_PUBLIC_SIZE];
    struct omb_error err = {0};

    if (zap)
        return;
    context = zmq_ctx_new();
    OMB_ASSERT(context != NULL && omb_zap_start(context, &zap, &err) == OMB_OK);
    for (unsigned door = 0; door < OMB_DOORS; door++) {
        key_at((enum omb_door)door, key);
        (void)omb_zap_admit(zap, (enum omb_door)door, (const uint8_t(*)[OMB_PUBLIC_SIZE])key, 1);
    }
    asker = zmq_socket(context, ZMQ_REQ);
    OMB_ASSERT(asker != NULL && zmq_connect(asker, "inproc://zeromq.zap.01") == 0);
    OMB_ASSERT(atexit(end) == 0);
}

/* --- one request --- */

struct asked {
    struct omb_view frames[FRAMES_MAX];
    size_t count;
};

/* A fuzzer has a clock that interrupts calls. */
static void send_all(const struct asked *asked)
{
    for (size_t i = 0; i < asked->count; i++) {
        const struct omb_view frame = asked->frames[i];
        const int flags = i + 1 < asked->count ? ZMQ_SNDMORE : 0;
        const uint8_t *bytes = frame.size > 0 ? frame.data : (const uint8_t *)"";

        while (zmq_send(asker, bytes, frame.size, flags) != (int)frame.size)
            OMB_ASSERT(errno == EINTR);
    }
}

static bool is_enrolled(const struct asked *asked)
{
    uint8_t key[1][OMB_PUBLIC_SIZE];

    if (asked->count != FRAMES || !omb_view_is(asked->frames[VERSION], "1.0") ||
        !omb_view_is(asked->frames[MECHANISM], "CURVE"))
        return false;
    for (unsigned door = 0; door < OMB_DOORS; door++) {
        key_at((enum omb_door)door, key);
        if (omb_view_is(asked->frames[DOMAIN], omb_door_domain((enum omb_door)door)) &&
            omb_view_equal(asked->frames[CREDENTIALS], OMB_VIEW_OF(key[0])))
            return true;
    }
    return false;
}

static void check_frame(const struct asked *asked, size_t at, struct omb_view frame)
{
    char user[2 * OMB_PUBLIC_SIZE + 1] = "";
    const bool enrolled = is_enrolled(asked);

    if (enrolled)
        omb_hex(asked->frames[CREDENTIALS], user);
    if (at == VERSION)
        OMB_ASSERT(omb_view_is(frame, "1.0"));
    else if (at == REQUEST_ID)
        OMB_ASSERT(omb_view_equal(frame, asked->count > REQUEST_ID ? asked->frames[REQUEST_ID]
                                                                   : OMB_VIEW_NONE));
    else if (at == STATUS)
        OMB_ASSERT(omb_view_is(frame, enrolled ? "200" : "400"));
    else if (at == USER)
        OMB_ASSERT(omb_view_is(frame, user));
}

static void hear(zmq_msg_t *frame)
{
    while (zmq_msg_recv(frame, asker, 0) < 0)
        OMB_ASSERT(errno == EINTR);
}

static void hear_all(const struct asked *asked)
{
    size_t count = 0;
    bool more = true;

    for (; more; count++) {
        zmq_msg_t frame;

        zmq_msg_init(&frame);
        hear(&frame);
        OMB_ASSERT(count < ANSWERS);
        check_frame(asked, count, omb_view(zmq_msg_data(&frame), zmq_msg_size(&frame)));
        more = zmq_msg_more(&frame) != 0;
        zmq_msg_close(&frame);
    }
    OMB_ASSERT(count == ANSWERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view rest = omb_view(data, size);
    struct asked asked = {.count = 0};
    uint64_t refused = 0, after = 0;

    omb_crypto_init();
    begin();
    while (rest.size > 0 && asked.count < FRAMES_MAX)
        asked.frames[asked.count++] = fuzz_piece(&rest);
    if (asked.count == 0)
        return 0;
    for (unsigned door = 0; door < OMB_DOORS; door++)
        refused += omb_zap_refused(zap, (enum omb_door)door);
    send_all(&asked);
    hear_all(&asked);
    for (unsigned door = 0; door < OMB_DOORS; door++)
        after += omb_zap_refused(zap, (enum omb_door)door);
    OMB_ASSERT(after == refused + !is_enrolled(&asked));
    return 0;
}
