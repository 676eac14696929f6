/*
 * The driver: gives inputs to the core and performs its updates in one order, always: persist, then
 * reply, then bells and timers. The daemons' loop is here; the command line uses the same driver
 * on a store whose daemon is down, and the tests drive the core the same way.
 */
#ifndef OMB_IO_DRIVER_H
#define OMB_IO_DRIVER_H

#include "io/net.h"
#include "io/officedir.h"
#include "io/store.h"
#include "office/office.h"

/* An office opened from its directory: store, keys, zone, core. */
struct omb_driver {
    char dir[4096];
    struct omb_config config;
    struct omb_office_keys keys;
    struct omb_zone zone;
    struct omb_store *store;
    struct omb_office *office;
    struct omb_update *update;
};

enum omb_rc omb_driver_open(const char *dir, struct omb_driver *out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_driver_close(struct omb_driver *driver);

/* Fills time and random bytes of an input from the system. */
void omb_driver_stamp(struct omb_input *input);

/* One input, closed and persisted alone; the reply is appended to `out` (may be NULL). */
enum omb_rc omb_driver_once(struct omb_driver *driver, struct omb_input *input,
                            struct omb_buf *out, struct omb_error *err) OMB_MUST_USE;

/* What the two daemons differ in. */
struct omb_daemon {
    const char *program;         /* ombud-node */
    bool takes_children;         /* a listener for the offices below */
};

/* The daemon from command line to exit code: options, signals, readiness, loop, clean stop. */
int omb_daemon_main(const struct omb_daemon *daemon, int argc, char **argv);

#endif
