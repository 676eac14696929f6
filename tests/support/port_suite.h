/*
 * What every store behind the core's port must do, as one suite of tests: the real store and the
 * memory store of the simulation are held to the same promises (office/port.h, io/store.h).
 *
 *     port_suite.c          rows, scans, batches
 *     port_suite_faults.c   what is kept when the power goes, the disk is full or bytes are damaged
 */
#ifndef OMB_TESTS_PORT_SUITE_H
#define OMB_TESTS_PORT_SUITE_H

#include "office/writes.h"

struct omb_port_maker {
    const char *name;
    void *(*open)(void); /* a fresh one; rows of `meta` may be there already, no others */
    const struct omb_port *(*port)(void *subject);
    /* One batch; durable when it returns, if `sync`. */
    enum omb_rc (*commit)(void *subject, const struct omb_writes *writes, bool sync);
    enum omb_rc (*sync)(void *subject);
    enum omb_rc (*health)(void *subject);
    /* As after an end and a start; the port may be another one then. After an error: none is. */
    enum omb_rc (*reopen)(void *subject);
    /*
     * The power goes: all that was synced is on the disk, and of what was not the first so many
     * hundredths. Opened again.
     */
    void (*crash)(void *subject, unsigned hundredths);
    /* From now on the disk has no room, or has again. */
    void (*fill)(void *subject, bool full);
    /* What lies on the disk of this row is not what was written. Opened again. */
    void (*damage)(void *subject, enum omb_family family, struct omb_view key,
                   struct omb_view value);
    void (*close)(void *subject); /* and removes it */
};

/* Runs the suite; returns the number of tests that failed. */
int omb_port_suite(const struct omb_port_maker *maker);
int omb_port_suite_faults(const struct omb_port_maker *maker);

#endif
