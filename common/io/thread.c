#include "io/thread.h"

#include <signal.h>
#include <string.h>

enum omb_rc omb_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg,
                             struct omb_error *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(out, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return omb_fail(err, OMB_IO, NULL, "a thread cannot be started: %s", strerror(failed));
    return OMB_OK;
}
