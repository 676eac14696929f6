/*
 * A backup as a job: what was wished, and how it goes, in the words of the protocol. Making it is
 * backup_make.c.
 */
#include <string.h>

#include "base/text.h"
#include "io/backup_inside.h"
#include "wire/limits.h"

enum omb_rc omb_backup_text(char *out, size_t size, struct omb_view text, const char *what,
                            struct omb_error *err)
{
    if (text.size >= size)
        return omb_fail(err, OMB_LIMIT, NULL, "the path of %s is too long", what);
    memcpy(out, text.data ? text.data : (const uint8_t *)"", text.size);
    out[text.size] = '\0';
    return OMB_OK;
}

enum omb_rc omb_backup_prepare(const struct omb_driver *driver,
                               const struct omb_backup_create *wish, int64_t now_ms,
                               struct omb_backup_job *out, struct omb_error *err)
{
    const struct omb_config *config = &driver->config;
    enum omb_rc rc = OMB_OK;

    out->dir = driver->dir;
    out->code = config->code;
    out->store = driver->store;
    out->keys = &driver->keys;
    out->keep = wish->keep ? wish->keep : config->backup_keep;
    out->started_at = now_ms;
    memcpy(out->passphrase_file, config->backup_passphrase_file, sizeof(out->passphrase_file));
    out->make_folder = wish->to.size == 0 && config->backup_to[0] == '\0';
    if (out->make_folder)
        rc = omb_dir_path(driver->dir, "backups", out->to, sizeof(out->to), err);
    else
        rc = omb_backup_text(out->to, sizeof(out->to),
                             wish->to.size ? wish->to : omb_view_str(config->backup_to),
                             "the folder for backups", err);
    return rc == OMB_OK
               ? omb_backup_text(out->name, sizeof(out->name), wish->name, "the backup", err)
               : rc;
}

void omb_backup_job_end(struct omb_backup_job *job)
{
    omb_buf_free(&job->removed);
}

/* --- how it goes --- */

struct omb_view omb_backup_plain(struct omb_view text)
{
    const struct omb_view cut = omb_text_cut(text, OMB_LINE_MAX);

    return omb_text_utf8(cut) && omb_text_is_plain(cut) ? cut : OMB_VIEW_LIT("(not printable)");
}

static size_t list_removed(const struct omb_backup_job *job, struct omb_view out[OMB_PAGE_MAX])
{
    const char *at = (const char *)job->removed.data;
    size_t count = 0;

    for (size_t left = job->removed.size; left > 0 && count < OMB_PAGE_MAX; count++) {
        const char *end = memchr(at, '\n', left);

        out[count] = omb_view(at, (size_t)(end - at));
        left -= out[count].size + 1;
        at = end + 1;
    }
    return count;
}

/* While it runs another thread writes what only a good one has. */
void omb_backup_tell(const struct omb_backup_job *job, bool running, const struct omb_error *why,
                     int64_t now_ms, struct omb_buf *out)
{
    struct omb_backup_state state = {
        .running = running,
        .name = omb_view_str(job->name),
        .started_at = job->started_at,
        .done_bytes = atomic_load(&job->done_bytes),
        .total_bytes = atomic_load(&job->total_bytes),
    };
    struct omb_view removed[OMB_PAGE_MAX];

    if (why) {
        state.failed_at = now_ms;
        state.failed_as = omb_view_str(omb_rc_word(why->rc));
        state.failure = omb_backup_plain(omb_view_str(why->words));
    }
    if (!running && job->good) {
        state.good_at = job->made_at;
        state.good_name = state.name;
        state.good_path = omb_backup_plain(omb_view_str(job->path));
        state.good_records = job->records;
        state.good_cases = job->cases;
        state.good_bytes = job->bytes;
        state.removed = (struct omb_views){removed, list_removed(job, removed)};
    }
    omb_encode_backup_state(&state, out);
}
