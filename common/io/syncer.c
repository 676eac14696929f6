#include "io/syncer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/moves.h"
#include "io/thread.h"

enum { IDLE, ASKED, DONE };

#define TO(state) (UINT32_C(1) << (state))

static const struct omb_state states[] = {
    [IDLE] = {"idle", TO(ASKED)},
    [ASKED] = {"asked", TO(DONE)},
    [DONE] = {"done", TO(IDLE)},
};

struct omb_syncer {
    omb_sync_fn *sync;
    void *ctx;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    int ended; /* eventfd */
    unsigned state;
    bool stopping;
    enum omb_rc rc;
    struct omb_error err;
};

static void move(struct omb_syncer *syncer, unsigned to)
{
    omb_move(states, sizeof(states) / sizeof(states[0]), &syncer->state, to);
    pthread_cond_broadcast(&syncer->changed);
}

/* False: it is time to end. */
static bool await_work(struct omb_syncer *syncer)
{
    bool work;

    pthread_mutex_lock(&syncer->lock);
    while (syncer->state != ASKED && !syncer->stopping)
        pthread_cond_wait(&syncer->changed, &syncer->lock);
    work = syncer->state == ASKED;
    pthread_mutex_unlock(&syncer->lock);
    return work;
}

static void *serve(void *arg)
{
    struct omb_syncer *syncer = arg;

    while (await_work(syncer)) {
        const uint64_t one = 1;
        struct omb_error err = {0};
        const enum omb_rc rc = syncer->sync(syncer->ctx, &err);

        pthread_mutex_lock(&syncer->lock);
        syncer->rc = rc;
        syncer->err = err;
        move(syncer, DONE);
        /* Under the lock, so that whoever takes the result finds the descriptor readable. */
        OMB_ASSERT(write(syncer->ended, &one, sizeof(one)) == (ssize_t)sizeof(one));
        pthread_mutex_unlock(&syncer->lock);
    }
    return NULL;
}

static void release(struct omb_syncer *syncer)
{
    close(syncer->ended);
    pthread_cond_destroy(&syncer->changed);
    pthread_mutex_destroy(&syncer->lock);
    free(syncer);
}

enum omb_rc omb_syncer_start(omb_sync_fn *sync, void *ctx, struct omb_syncer **out,
                             struct omb_error *err)
{
    struct omb_syncer *syncer = calloc(1, sizeof(*syncer));
    enum omb_rc rc;

    OMB_ASSERT(syncer != NULL);
    syncer->sync = sync;
    syncer->ctx = ctx;
    syncer->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (syncer->ended < 0) {
        free(syncer);
        return omb_fail(err, OMB_IO, NULL, "an eventfd cannot be had: %s", strerror(errno));
    }
    pthread_mutex_init(&syncer->lock, NULL);
    pthread_cond_init(&syncer->changed, NULL);
    rc = omb_thread_start(&syncer->thread, serve, syncer, err);
    if (rc == OMB_OK)
        *out = syncer;
    else
        release(syncer);
    return rc;
}

void omb_syncer_stop(struct omb_syncer *syncer)
{
    if (!syncer)
        return;
    pthread_mutex_lock(&syncer->lock);
    syncer->stopping = true;
    pthread_cond_broadcast(&syncer->changed);
    pthread_mutex_unlock(&syncer->lock);
    pthread_join(syncer->thread, NULL);
    release(syncer);
}

void omb_syncer_ask(struct omb_syncer *syncer)
{
    pthread_mutex_lock(&syncer->lock);
    move(syncer, ASKED);
    pthread_mutex_unlock(&syncer->lock);
}

int omb_syncer_fd(const struct omb_syncer *syncer)
{
    return syncer->ended;
}

/* The count goes back to none, so that the descriptor is quiet until the next sync ends. */
static void hush(struct omb_syncer *syncer)
{
    uint64_t count;

    while (read(syncer->ended, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

enum omb_rc omb_syncer_take(struct omb_syncer *syncer, bool wait, bool *out_done,
                            struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    pthread_mutex_lock(&syncer->lock);
    OMB_ASSERT(syncer->state != IDLE);
    while (wait && syncer->state != DONE)
        pthread_cond_wait(&syncer->changed, &syncer->lock);
    *out_done = syncer->state == DONE;
    if (*out_done) {
        rc = syncer->rc;
        if (rc != OMB_OK && err != NULL)
            *err = syncer->err;
        move(syncer, IDLE);
        hush(syncer);
    }
    pthread_mutex_unlock(&syncer->lock);
    return rc;
}
