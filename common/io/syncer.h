/*
 * One thread that makes durable what was written, while the loop works on: the next batch is built
 * during the time that the disk takes for this one. It knows nothing of batches; what may be told
 * after a sync is the loop's business (io/loop.h).
 *
 *     idle --ask--> asked --(the thread syncs)--> done --take--> idle
 */
#ifndef OMB_IO_SYNCER_H
#define OMB_IO_SYNCER_H

#include <stdbool.h>

#include "base/error.h"

struct omb_syncer;

/* Returns when all that was written before the call is on disk. Called by the thread alone. */
typedef enum omb_rc omb_sync_fn(void *ctx, struct omb_error *err);

enum omb_rc omb_syncer_start(omb_sync_fn *sync, void *ctx, struct omb_syncer **out,
                             struct omb_error *err) OMB_MUST_USE;
/* Lets a sync under way end. NULL is fine. */
void omb_syncer_stop(struct omb_syncer *syncer);

/* Everything written before this call is to be synced; only when the last one was taken. */
void omb_syncer_ask(struct omb_syncer *syncer);
/* Readable when the sync that was asked for has ended. */
int omb_syncer_fd(const struct omb_syncer *syncer);
/*
 * How the sync that was asked for ended: its own result code. With `wait` it is awaited; without,
 * *out_done may be false and nothing has happened.
 */
enum omb_rc omb_syncer_take(struct omb_syncer *syncer, bool wait, bool *out_done,
                            struct omb_error *err) OMB_MUST_USE;

#endif
