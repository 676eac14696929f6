/*
 * A store in memory behind the core's port, for tests of the core: sorted rows, and what becomes of
 * them when the power goes, the disk is full or a row is damaged. What a store promises is asked of
 * it by port_suite.h as of the real one.
 *
 *     written (visible) --sync--> durable          a crash takes what was written and not synced
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
/* Written and synced; a store of which nothing is wrong. */
void memport_commit(struct memport *store, const struct omb_writes *writes);

/*
 * All of it is visible, or none; durable with the next sync. OMB_FULL, OMB_DAMAGED: something is
 * wrong with the store, which takes no more writes until it is opened again.
 */
enum omb_rc memport_write(struct memport *store, const struct omb_writes *writes) OMB_MUST_USE;
void memport_sync(struct memport *store);
/* Commits since the last sync. */
size_t memport_unsynced(const struct memport *store);
/*
 * The power goes: of the commits since the last sync the first `survive` reached the disk, as a
 * write-ahead log may keep a part of its end. Whoever goes on opens it again.
 */
void memport_crash(struct memport *store, size_t survive);
/* What was wrong is looked for anew. OMB_FULL: the disk still is. */
enum omb_rc memport_reopen(struct memport *store) OMB_MUST_USE;
/* OMB_OK, or what it met first. */
enum omb_rc memport_health(const struct memport *store);
/* It met this: from now on it takes no more writes. */
void memport_break(struct memport *store, enum omb_rc rc);
/* Whether the disk has no room for anything that is written. */
void memport_fill(struct memport *store, bool full);
/* What lies on the disk there is not what was written: reads say OMB_DAMAGED until it is put. */
void memport_damage(struct memport *store, enum omb_family family, struct omb_view key);

size_t memport_count(const struct memport *store, enum omb_family family);
/* Of all rows, keys and values. */
uint64_t memport_bytes(const struct memport *store);
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
