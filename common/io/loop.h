/*
 * The loop of a daemon: waits, drains what is waiting into one batch, a request and a frame of a
 * link in turn, persists it once, and only then lets anybody know. Beside that it keeps the timers
 * of the core, the health of the store, the signals and the watchdog. Starting and stopping is
 * io/daemon.h.
 *
 * While the disk takes one batch the next one is built (io/syncer.h):
 *
 *     build A | write A | build B                | write B | build C
 *                         sync A -------> tell A |           sync B -------> tell B
 *
 * At most one batch is held back, and batches are told in their order: nobody hears of B, nor of
 * what B read of A, before A is on disk. B is not even written before: a disk puts down what waits
 * in any order, and a power cut must never leave B without A.
 */
#ifndef OMB_IO_LOOP_H
#define OMB_IO_LOOP_H

#include "io/backwork.h"
#include "io/driver.h"
#include "io/linkwork.h"
#include "io/syncer.h"

struct omb_loop {
    struct omb_driver *driver;
    struct omb_net *net;
    struct omb_log *log;
    bool format_fixed;           /* --log-format was said: a reload leaves the format */
    int signals;                 /* a signalfd of SIGTERM, SIGINT and SIGHUP */
    int64_t tick_at;             /* wall clock; INT64_MAX: none wanted */
    int64_t link_tick_at;        /* monotonic clock; the same */
    struct omb_backwork backup;  /* its `make`; the rest is the loop's own */
    int64_t watchdog_ms;         /* how often the watchdog wants to hear of us; 0: there is none */

    /* the loop's own, zero at first; times are of the monotonic clock */
    bool stopping;
    struct omb_syncer *syncer;
    struct omb_update *held;     /* the update that is being synced, while `holding` */
    bool holding;
    int wake;                    /* an epoll of the signals and the end of a sync */
    struct omb_linkwork links;
    int64_t tick_not_before;
    int64_t link_tick_not_before;
    bool ticked;                 /* in the batch that is being built */
    int64_t disk_seen_at;
    uint64_t disk_free_bytes;
    int64_t health_seen_at;
    int64_t watchdog_told_at;
    int64_t counts_told_at;
    struct omb_net_counts counts_told;
};

/*
 * Runs until SIGTERM or SIGINT (OMB_OK), or until the office cannot go on. Then what was
 * acknowledged is on disk, what was refused is not, and whoever waits has been refused with the
 * reason, but for those whose batch the disk may have taken or not: they hear nothing. err must not
 * be NULL: it is what those who wait are told.
 */
enum omb_rc omb_loop_run(struct omb_loop *loop, struct omb_error *err) OMB_MUST_USE;

#endif
