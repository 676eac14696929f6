/*
 * A daemon from its command line to its exit code: options, the office opened and proved to be
 * locked against strangers, readiness told, the loop, a clean stop. What it does in between is
 * io/loop.h.
 *
 * Exit codes: 0 stopped by a signal, 1 failed with the reason on stderr, 2 a line that cannot be
 * parsed.
 */
#ifndef OMB_IO_DAEMON_H
#define OMB_IO_DAEMON_H

#include <stdbool.h>

/* What the daemons differ in. */
struct omb_daemon {
    const char *program;    /* ombud-node */
    const char *does;       /* a line for --help */
    bool takes_children;    /* may serve offices below it */
};

int omb_daemon_main(const struct omb_daemon *daemon, int argc, char **argv);

#endif
