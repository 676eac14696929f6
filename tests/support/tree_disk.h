/*
 * What befalls the disk of an office of a tree (support/tree.h), and an update on its way there.
 *
 *     built --close--> written --sync--> durable --> frames and replies leave
 *           ^                  ^                 ^                ^
 *           BEFORE_WRITE       BEFORE_SYNC       BEFORE_SENDS     AMID_SENDS
 *
 * A daemon that crashes, or whose store met an error, is started again by itself after
 * TREE_RESTART_MS from what its store kept, as a service manager would do.
 */
#ifndef OMB_TESTS_TREE_DISK_H
#define OMB_TESTS_TREE_DISK_H

#include "office/office.h"
#include "support/tree_acked.h"

#define TREE_RESTART_MS 2000
#define TREE_UNTOLD_MAX 256

struct tree_office;

/* How far an update gets. */
enum tree_point {
    TREE_NO_CRASH,
    TREE_BEFORE_WRITE,
    TREE_BEFORE_SYNC,
    TREE_BEFORE_SENDS,
    TREE_AMID_SENDS,
};

struct tree_disk {
    struct omb_port port;
    size_t misread_in; /* rows until one is read wrongly; 0: none will */
    enum tree_point crash;
    size_t few;
    int64_t sync_ms;
    struct omb_update *held; /* written, and its sync is under way; the other one of two */
    bool holding;
    bool waiting;            /* inputs were worked meanwhile */
    uint64_t syncs;          /* the newest that was asked for */
    uint64_t held_batch, told;
    uint64_t untold[TREE_UNTOLD_MAX]; /* batches that crashes took */
    size_t untold_count;
    struct tree_acked acked; /* to offices below */
};

/*
 * The office's next update that writes anything gets to that point and no further. `few`: with
 * BEFORE_SYNC how many of the commits since the last sync survive; with AMID_SENDS how many frames
 * leave.
 */
void tree_crash(struct tree_office *office, enum tree_point point, size_t few);
/* How long the disk takes to sync; the next batch is built meanwhile. 0: no time, as at first. */
void tree_sync_takes(struct tree_office *office, int64_t ms);
/* No room: the next update ends the daemon, which does not start until there is. */
void tree_fill_disk(struct tree_office *office);
void tree_free_disk(struct tree_office *office);
/* The office reads so many rows more; the next meets a flipped bit, once. */
void tree_damage_read(struct tree_office *office, size_t reads);
/* Takes back what did not happen yet; a full disk has room, and its daemon starts. */
void tree_heal(struct tree_office *office);

/*
 * Whether what the office answered while it built that batch (tree_office.batch) was told to
 * anybody: only then was anything promised.
 */
bool tree_was_told(const struct tree_office *office, uint64_t batch);

/* --- for tree.c and tree_drive.c --- */

/* The port that the office reads through. */
const struct omb_port *tree_disk_port(struct tree_office *office);
/* Whether the crash waits at that point of this update. */
bool tree_crash_waits(const struct tree_office *office, enum tree_point point,
                      const struct omb_update *update);
/* When it does, it happens. True: the daemon is gone. */
bool tree_crashes_at(struct tree_office *office, enum tree_point point,
                     const struct omb_update *update);
/* The daemon is gone without a word; frames that had left still arrive. */
void tree_fall(struct tree_office *office, const char *why);
/* Ends the daemon when its store met an error. True: it is gone. */
bool tree_falls_with_store(struct tree_office *office);
/* It did not open since its store met an error, and tries again later. False: it met none. */
bool tree_start_again(struct tree_office *office);
/* TREE_START came due: the daemon starts, if nothing else was done with it since. */
void tree_rise(struct tree_office *office, uint64_t life);

#endif
