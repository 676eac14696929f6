/*
 * The backup that a daemon makes while its loop goes on: a thread of its own does the work, and the
 * core is told with inputs how it goes. Internal to io/.
 *
 *     update says "make one" -> omb_backwork_start -> (the thread) -> omb_backwork_next: progress,
 *                                                     twice a second, and how it ended
 */
#ifndef OMB_IO_BACKWORK_H
#define OMB_IO_BACKWORK_H

#include "io/backup.h"
#include "io/log.h"
#include "io/syncer.h"

typedef enum omb_rc omb_backup_make_fn(struct omb_backup_job *job, struct omb_error *err);

struct omb_backwork {
    omb_backup_make_fn *make; /* what the thread does: omb_backup_make */

    /* its own, zero at first */
    struct omb_syncer *worker; /* NULL: none was made yet */
    struct omb_backup_job job;
    bool running;
    bool ended;               /* and not told yet */
    struct omb_error failure; /* rc OMB_OK: it is good */
    int64_t told_at;          /* monotonic */
    struct omb_buf bytes;     /* of the input that was told last */
};

/* Begins; *out_fd is readable when it ends, -1: it ended at once. None may run. */
void omb_backwork_start(struct omb_backwork *work, const struct omb_driver *driver,
                        const struct omb_backup_create *wish, const struct omb_log *log,
                        int *out_fd);
/* The next input for the core, which lives until the next call; false: there is none now. */
bool omb_backwork_next(struct omb_backwork *work, const struct omb_log *log, struct omb_input *out);
/* In how many ms there is something to tell; at most `rest`. */
int64_t omb_backwork_rest(const struct omb_backwork *work, int64_t rest);
/* Cancels what runs and waits for its end. One of zero bytes is fine. */
void omb_backwork_stop(struct omb_backwork *work);

#endif
