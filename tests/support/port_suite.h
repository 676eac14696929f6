/*
 * What every store behind the core's port must do, as one suite of tests: the real store and the
 * memory store of the other tests are held to the same promises.
 */
#ifndef OMB_TESTS_PORT_SUITE_H
#define OMB_TESTS_PORT_SUITE_H

#include "office/writes.h"

struct omb_port_maker {
    const char *name;
    void *(*open)(void); /* a fresh one; rows of `meta` may be there already, no others */
    const struct omb_port *(*port)(void *subject);
    void (*commit)(void *subject, const struct omb_writes *writes);
    void (*reopen)(void *subject); /* as after a restart; the port may be another one then */
    void (*close)(void *subject);  /* and removes it */
};

/* Runs the suite; returns the number of tests that failed. */
int omb_port_suite(const struct omb_port_maker *maker);

#endif
