/*
 * The daemon's own threads: they do not take signals, which are the loop's (io/loop.h).
 */
#ifndef OMB_IO_THREAD_H
#define OMB_IO_THREAD_H

#include <pthread.h>

#include "base/error.h"

/* Starts run(arg); the caller joins it. OMB_IO with the reason. */
enum omb_rc omb_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg,
                             struct omb_error *err) OMB_MUST_USE;

#endif
