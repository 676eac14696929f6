/*
 * The driver: gives inputs to the core and performs its updates in one order, always: persist, then
 * reply, then bells and timers. The daemons' loop (io/loop.h) is built on it; the command line uses
 * it on a store whose daemon is down, and the tests drive the core the same way.
 *
 *     omb_driver_begin, omb_driver_step ..., omb_driver_persist       one batch, one synced write
 *     omb_driver_begin, omb_driver_step ..., omb_driver_write         the same, synced by another
 *     omb_driver_once                                                 a batch of one input
 */
#ifndef OMB_IO_DRIVER_H
#define OMB_IO_DRIVER_H

#include "io/lastexit.h"
#include "io/net.h"
#include "io/officedir.h"
#include "io/store.h"
#include "office/office.h"

/* An office opened from its directory: store, keys, zone, core. */
struct omb_driver {
    char dir[4096];              /* absolute, without links */
    char bell[256];              /* the bell's endpoint, as the office tells it in Status */
    bool serves;                 /* a daemon's */
    bool takes_children;
    bool takes;                  /* a store from a backup */
    bool looks;                  /* at a copy, without keys */
    bool accepts_loss;           /* of the last writes of a store */
    char last_exit[OMB_LAST_EXIT_MAX]; /* how the daemon before this one ended */
    struct omb_view parents[OMB_PARENTS_MAX]; /* of the configuration */
    struct omb_config config;
    struct omb_office_keys keys;
    struct omb_zone zone;
    struct omb_store *store;
    struct omb_office *office;
    struct omb_update *update;
};

/* What opens a store: the command line for a moment, or a daemon, which keeps links. */
enum omb_driver_use {
    OMB_DRIVER_COMMAND,
    OMB_DRIVER_NODE,
    OMB_DRIVER_HUB, /* offices below may greet it */
    OMB_DRIVER_TAKE, /* as COMMAND, of a store that comes from a backup */
    OMB_DRIVER_ACCEPT_LOSS, /* as COMMAND, of a store that may have lost its last writes */
};

/* The core borrows from *out, so it stays where it is; after a failure it is of zero bytes. */
enum omb_rc omb_driver_open_for(enum omb_driver_use use, const char *dir, struct omb_driver *out,
                                struct omb_error *err) OMB_MUST_USE;
/* For the command line. */
enum omb_rc omb_driver_open(const char *dir, struct omb_driver *out,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * A copy of an office's store in DIR/db, without its keys: questions of auditors and administrators
 * are answered, with omb_driver_question, and nothing is written.
 */
enum omb_rc omb_driver_look(const char *dir, struct omb_driver *out,
                            struct omb_error *err) OMB_MUST_USE;
/* What an administrator asks: ask is OMB_ASK_*, *out the answer's message in the arena. */
enum omb_rc omb_driver_question(struct omb_driver *driver, uint32_t tag, const void *ask,
                                struct omb_arena *arena, const void **out,
                                struct omb_error *err) OMB_MUST_USE;
/* A driver of zero bytes is fine. */
void omb_driver_close(struct omb_driver *driver);
/* A daemon notes how it ends, before it closes; why: NULL when it was asked to. */
void omb_driver_note_end(const struct omb_driver *driver, const struct omb_error *why);

/* Fills time and random bytes of an input from the system. */
void omb_driver_stamp(struct omb_input *input);

void omb_driver_begin(struct omb_driver *driver);
/* Works one input on top of those before it. An error: the store cannot be read; stop. */
enum omb_rc omb_driver_step(struct omb_driver *driver, const struct omb_input *input,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * Signs the batch and writes it without waiting for the disk, which omb_store_sync does.
 * *out_durable: there is nothing to wait for (it only read, or what it erased had to leave the disk
 * at once). An error as with omb_driver_persist.
 */
enum omb_rc omb_driver_write(struct omb_driver *driver, bool *out_durable,
                             struct omb_error *err) OMB_MUST_USE;
/*
 * Signs and persists the batch; returns when it is durable. After an error nothing of the batch may
 * be told to anyone and the driver must be closed: what its core remembers is not on disk.
 */
enum omb_rc omb_driver_persist(struct omb_driver *driver, struct omb_error *err) OMB_MUST_USE;

/* One input, closed and persisted alone; the reply is appended to `out` (may be NULL). */
enum omb_rc omb_driver_once(struct omb_driver *driver, const struct omb_input *input,
                            struct omb_buf *out, struct omb_error *err) OMB_MUST_USE;

#endif
