/*
 * A store in memory behind the core's port, for tests of the core: sorted rows, nothing else. What
 * a store promises is asked of it by port_suite.h as of the real one.
 */
#ifndef OMB_TESTS_MEMPORT_H
#define OMB_TESTS_MEMPORT_H

#include "office/writes.h"

struct memport;

struct memport *memport_new(void);
void memport_free(struct memport *store);
/* The same rows in a store of their own: a backup. */
struct memport *memport_copy(const struct memport *store);
const struct omb_port *memport_port(const struct memport *store);
void memport_commit(struct memport *store, const struct omb_writes *writes);

size_t memport_count(const struct memport *store, enum omb_family family);
/* Whether a family holds the same rows in both. */
bool memport_same(const struct memport *a, const struct memport *b, enum omb_family family);
/* What was asked of it since it was made. */
struct memport_reads {
    uint64_t gets, scans, rows; /* rows: that scans were shown */
};
struct memport_reads memport_reads(const struct memport *store);
/* Changes a stored row behind the core's back; NULL data takes it away. */
void memport_set(struct memport *store, enum omb_family family, struct omb_view key,
                 struct omb_view value);
/* From now on every read fails with this code; OMB_OK: none does. */
void memport_fail(struct memport *store, enum omb_rc rc);

#endif
