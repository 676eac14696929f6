#include "io/backwork.h"

#include "base/assert.h"
#include "io/clock.h"

#define PROGRESS_MS 500

static enum omb_rc run(void *ctx, struct omb_error *err)
{
    struct omb_backwork *work = ctx;

    return work->make(&work->job, err);
}

static void fail(struct omb_backwork *work, const struct omb_error *why)
{
    work->failure = *why;
    work->ended = true;
}

void omb_backwork_start(struct omb_backwork *work, const struct omb_driver *driver,
                        const struct omb_backup_create *wish, const struct omb_log *log,
                        int *out_fd)
{
    struct omb_error why = {0};
    enum omb_rc rc;

    OMB_ASSERT(!work->running && !work->ended);
    omb_backup_job_end(&work->job);
    work->job = (struct omb_backup_job){.keep = 0};
    work->failure = (struct omb_error){.rc = OMB_OK};
    work->running = true;
    *out_fd = -1;
    rc = omb_backup_prepare(driver, wish, omb_clock_wall_ms(), &work->job, &why);
    if (rc == OMB_OK && !work->worker) {
        rc = omb_syncer_start(run, work, &work->worker, &why);
        if (rc == OMB_OK)
            *out_fd = omb_syncer_fd(work->worker);
    }
    if (rc != OMB_OK) {
        fail(work, &why);
        return;
    }
    /* Before it is: the thread writes the folder's path over, without links. */
    OMB_LOG(log, NOTICE, "backup -> begun", OMB_LOG_T("name", work->job.name),
            OMB_LOG_T("to", work->job.to));
    omb_syncer_ask(work->worker);
}

static void look(struct omb_backwork *work)
{
    struct omb_error why = {0};
    bool done = false;
    enum omb_rc rc;

    if (!work->running || work->ended)
        return;
    rc = omb_syncer_take(work->worker, false, &done, &why);
    if (!done)
        return;
    work->ended = true;
    if (rc != OMB_OK)
        work->failure = why;
}

static void say_end(const struct omb_backwork *work, const struct omb_log *log)
{
    if (work->failure.rc != OMB_OK)
        omb_log_error(log, OMB_LOG_ERROR, "backup -> failed", &work->failure);
    if (work->job.good)
        OMB_LOG(log, NOTICE, "backup -> good", OMB_LOG_T("path", work->job.path),
                OMB_LOG_N("records", work->job.records), OMB_LOG_N("bytes", work->job.bytes));
}

bool omb_backwork_next(struct omb_backwork *work, const struct omb_log *log, struct omb_input *out)
{
    const int64_t now = omb_clock_monotonic_ms();

    look(work);
    if (!work->running || (!work->ended && now - work->told_at < PROGRESS_MS))
        return false;
    work->told_at = now;
    omb_buf_clear(&work->bytes);
    omb_backup_tell(&work->job, !work->ended, work->failure.rc != OMB_OK ? &work->failure : NULL,
                    omb_clock_wall_ms(), &work->bytes);
    if (work->ended) {
        say_end(work, log);
        work->running = work->ended = false;
    }
    *out = (struct omb_input){.kind = OMB_INPUT_BACKUP, .bytes = omb_buf_view(&work->bytes)};
    return true;
}

int64_t omb_backwork_rest(const struct omb_backwork *work, int64_t rest)
{
    const int64_t left = work->ended ? 0 : work->told_at + PROGRESS_MS - omb_clock_monotonic_ms();

    return work->running && left < rest ? left : rest;
}

void omb_backwork_stop(struct omb_backwork *work)
{
    atomic_store(&work->job.cancelled, true);
    omb_syncer_stop(work->worker);
    omb_backup_job_end(&work->job);
    omb_buf_free(&work->bytes);
    work->worker = NULL;
}
