#include "io/zap.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/thread.h"

#define ENDPOINT "inproc://zeromq.zap.01"

/* The keys that open a door, in order. */
struct table {
    uint8_t (*keys)[OMB_PUBLIC_SIZE];
    size_t count;
    uint64_t refused;
};

struct omb_zap {
    void *socket; /* used by the thread alone once it runs */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    struct table tables[OMB_DOORS];
};

/* The frames of a request, in order. */
enum frame { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, FRAME_COUNT };

struct request {
    zmq_msg_t frames[FRAME_COUNT];
    size_t count; /* beyond FRAME_COUNT they are only counted */
};

static struct omb_view frame_view(struct request *request, enum frame frame)
{
    zmq_msg_t *msg = &request->frames[frame];

    return omb_view(zmq_msg_data(msg), zmq_msg_size(msg));
}

/* Reads one whole request; false when the context ends. */
static bool take_request(void *socket, struct request *request)
{
    zmq_msg_t spare;
    bool more = true, lives = true;

    zmq_msg_init(&spare);
    for (request->count = 0; more && lives; request->count++) {
        zmq_msg_t *to = request->count < FRAME_COUNT ? &request->frames[request->count] : &spare;

        while (zmq_msg_recv(to, socket, 0) < 0 && lives)
            lives = errno == EINTR;
        more = zmq_msg_more(to) != 0;
    }
    zmq_msg_close(&spare);
    return lives;
}

/* At which door it was; false: at none of ours, or it is no request of CURVE. */
static bool find_door(struct request *request, enum omb_door *out)
{
    if (request->count != FRAME_COUNT || !omb_view_is(frame_view(request, VERSION), "1.0") ||
        !omb_view_is(frame_view(request, MECHANISM), "CURVE") ||
        frame_view(request, CREDENTIALS).size != OMB_PUBLIC_SIZE)
        return false;
    for (unsigned door = 0; door < OMB_DOORS; door++) {
        if (omb_view_is(frame_view(request, DOMAIN), omb_door_domain((enum omb_door)door))) {
            *out = (enum omb_door)door;
            return true;
        }
    }
    return false;
}

static void send_text(void *socket, const char *text, int flags)
{
    zmq_send(socket, text, strlen(text), flags);
}

static void count_refused(struct omb_zap *zap, enum omb_door door)
{
    pthread_mutex_lock(&zap->lock);
    zap->tables[door].refused++;
    pthread_mutex_unlock(&zap->lock);
}

static void answer(struct omb_zap *zap, struct request *request)
{
    char user[2 * OMB_PUBLIC_SIZE + 1] = "";
    struct omb_view id = OMB_VIEW_NONE;
    enum omb_door door = OMB_DOOR_CLIENTS;
    bool known = find_door(request, &door) &&
                 omb_zap_admits(zap, door, frame_view(request, CREDENTIALS).data);

    if (known)
        omb_hex(frame_view(request, CREDENTIALS), user);
    else
        count_refused(zap, door); /* before anybody hears of it */
    if (request->count > REQUEST_ID)
        id = frame_view(request, REQUEST_ID);
    send_text(zap->socket, "1.0", ZMQ_SNDMORE);
    zmq_send(zap->socket, id.data, id.size, ZMQ_SNDMORE);
    send_text(zap->socket, known ? "200" : "400", ZMQ_SNDMORE);
    send_text(zap->socket, known ? "OK" : "the key is not enrolled here", ZMQ_SNDMORE);
    send_text(zap->socket, user, ZMQ_SNDMORE);
    send_text(zap->socket, "", 0);
}

static void *run(void *arg)
{
    struct omb_zap *zap = arg;
    struct request request;

    for (size_t i = 0; i < FRAME_COUNT; i++)
        zmq_msg_init(&request.frames[i]);
    while (take_request(zap->socket, &request))
        answer(zap, &request);
    for (size_t i = 0; i < FRAME_COUNT; i++)
        zmq_msg_close(&request.frames[i]);
    omb_socket_close(zap->socket);
    return NULL;
}

/* The thread takes no signals: they belong to the loop. */
enum omb_rc omb_zap_start(void *context, struct omb_zap **out, struct omb_error *err)
{
    struct omb_zap *zap = calloc(1, sizeof(*zap));
    enum omb_rc rc = OMB_OK;

    OMB_ASSERT(zap);
    pthread_mutex_init(&zap->lock, NULL);
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (!zap->socket || zmq_bind(zap->socket, ENDPOINT) != 0)
        rc = omb_fail(err, OMB_IO, NULL, "the handler that checks keys cannot be started: %s",
                      zmq_strerror(errno));
    if (rc == OMB_OK)
        rc = omb_thread_start(&zap->thread, run, zap, err);
    if (rc == OMB_OK) {
        *out = zap;
        return OMB_OK;
    }
    omb_socket_close(zap->socket);
    pthread_mutex_destroy(&zap->lock);
    free(zap);
    return rc;
}

void omb_zap_stop(struct omb_zap *zap)
{
    if (!zap)
        return;
    pthread_join(zap->thread, NULL);
    pthread_mutex_destroy(&zap->lock);
    for (size_t door = 0; door < OMB_DOORS; door++)
        free(zap->tables[door].keys);
    free(zap);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, OMB_PUBLIC_SIZE);
}

bool omb_zap_admit(struct omb_zap *zap, enum omb_door door,
                   const uint8_t (*keys)[OMB_PUBLIC_SIZE], size_t count)
{
    struct table *table = &zap->tables[door];
    uint8_t(*sorted)[OMB_PUBLIC_SIZE] = NULL;
    void *old;
    bool changed;

    if (count > 0) {
        sorted = malloc(count * OMB_PUBLIC_SIZE);
        OMB_ASSERT(sorted);
        memcpy(sorted, keys, count * OMB_PUBLIC_SIZE);
        qsort(sorted, count, OMB_PUBLIC_SIZE, compare_keys);
    }
    pthread_mutex_lock(&zap->lock);
    old = table->keys;
    changed = table->count != count ||
              (count > 0 && memcmp(old, sorted, count * OMB_PUBLIC_SIZE) != 0);
    table->keys = sorted;
    table->count = count;
    pthread_mutex_unlock(&zap->lock);
    free(old);
    return changed;
}

bool omb_zap_admits(struct omb_zap *zap, enum omb_door door, const uint8_t key[OMB_PUBLIC_SIZE])
{
    const struct table *table = &zap->tables[door];
    bool known;

    pthread_mutex_lock(&zap->lock);
    known = table->count > 0 &&
            bsearch(key, table->keys, table->count, OMB_PUBLIC_SIZE, compare_keys) != NULL;
    pthread_mutex_unlock(&zap->lock);
    return known;
}

uint64_t omb_zap_refused(struct omb_zap *zap, enum omb_door door)
{
    uint64_t refused;

    pthread_mutex_lock(&zap->lock);
    refused = zap->tables[door].refused;
    pthread_mutex_unlock(&zap->lock);
    return refused;
}
