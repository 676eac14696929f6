/*
 * Forks: places of logs at which two authentic records stand (design: records, Log and
 * incarnation). One row a place leads to the `fork found` that decides.
 */
#include "office/desk/inspect.h"
#include "wire/header.h"
#include "wire/limits.h"

#define FORKS_MAX 1000 /* of one answer; a bank that has more has other worries */

struct collecting {
    struct omb_step *step;
    struct omb_fork_view *forks;
    size_t count, room;
    struct omb_error *err;
};

/* Whether the office has opened a life behind the one that forked. */
static bool is_renewed(struct omb_step *step, const struct omb_fork_found *fork)
{
    const struct omb_view code = omb_office_code_of(step, &fork->office);
    struct omb_desk_logs logs;

    if (omb_desk_logs_of(step, code, &logs, NULL) != OMB_OK)
        return false;
    for (size_t i = 0; i < logs.count; i++) {
        const struct omb_log_row *row = &logs.items[i].row;

        if (omb_office_id_equal(&row->office, &fork->office) && row->head > 0 &&
            OMB_ID_COMPARE(&row->incarnation, &fork->incarnation) > 0)
            return true;
    }
    return false;
}

/* Of the two headers the one that does not stand. */
static struct omb_digest other_of(const struct omb_fork_found *fork)
{
    const struct omb_digest first = omb_record_digest(fork->first_header);

    return omb_digest_equal(&first, &fork->stands) ? omb_record_digest(fork->second_header) : first;
}

static void show_fork(struct omb_step *step, const struct omb_opened *record,
                      struct omb_fork_view *out)
{
    const struct omb_fork_found *fork = OMB_AS(fork_found, record->header.facts->event);
    const struct omb_digest other = other_of(fork);

    *out = (struct omb_fork_view){
        .office = omb_office_code_of(step, &fork->office),
        .incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(fork->incarnation.bytes)),
        .seq = fork->seq,
        .stands = omb_desk_hex(step->arena, OMB_VIEW_OF(fork->stands.bytes)),
        .other = omb_desk_hex(step->arena, OMB_VIEW_OF(other.bytes)),
        .found_by = omb_office_code_of(step, &record->header.office),
        .at = record->header.time_ms,
        .renewed = is_renewed(step, fork),
    };
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct collecting *all = arg;
    struct omb_opened record;
    struct omb_row_at at;
    enum omb_rc rc;

    (void)key;
    if (!omb_read_place(value, &at.number, &at.seq))
        return omb_fail(all->err, OMB_DAMAGED, NULL, "the row of a fork cannot be read");
    rc = omb_desk_open(all->step, at.number, at.seq, &record, all->err);
    if (rc != OMB_OK)
        return rc;
    if (omb_opened_tag(&record) != OMB_EVENT_FORK_FOUND)
        return omb_fail(all->err, OMB_DAMAGED, NULL, "the row of a fork names another record");
    show_fork(all->step, &record, &all->forks[all->count++]);
    return all->count < all->room ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_desk_log_forks(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    struct omb_forks *answer = OMB_ARENA_NEW(step->arena, struct omb_forks, 1);
    struct collecting all = {.step = step, .room = FORKS_MAX, .err = err};
    enum omb_rc rc;

    (void)ask;
    all.forks = OMB_ARENA_NEW(step->arena, struct omb_fork_view, all.room);
    rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, OMB_VIEW_LIT("F"), NULL, visit, &all, err);
    if (rc != OMB_OK)
        return rc;
    answer->forks.items = all.forks;
    answer->forks.count = all.count;
    *out = answer;
    return OMB_OK;
}

/* --- how many --- */

static enum omb_rc count_fork(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    return ++*(uint64_t *)arg < FORKS_MAX ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_desk_fork_count(struct omb_step *step, uint64_t *out, struct omb_error *err)
{
    uint64_t count = 0;
    const enum omb_rc rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, OMB_VIEW_LIT("F"), NULL,
                                         count_fork, &count, err);

    if (rc == OMB_OK)
        *out = count;
    return rc;
}
