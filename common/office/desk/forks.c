/*
 * Forks: places of logs at which two authentic records stand (design: records, Log and
 * incarnation). One row a place leads to the `fork found` that decides; of what offices found that
 * do not stand above this one there is a row for each word.
 */
#include <string.h>

#include "office/desk/inspect.h"
#include "office/logs.h"
#include "office/lost.h"
#include "wire/header.h"
#include "wire/limits.h"

#define FORKS_MAX 1000 /* of one answer; a bank that has more has other worries */
#define TOLD_MAX 4000  /* words of other offices that one answer looks at */

struct collecting {
    struct omb_step *step;
    struct omb_fork_view *forks;
    size_t count, room;
    size_t told;           /* how many words of others were looked at */
    struct omb_view place; /* of the newest one that was found elsewhere, and */
    uint32_t depth;        /* where who found it stands */
    struct omb_error *err;
};

/* --- whether what lost was written again --- */

/*
 * What an office below said of it last. It tells of each fork of its log that it has heard of, but
 * when there are too many; one that it has not heard of it can have done nothing about.
 */
static bool is_told(struct omb_step *step, const struct omb_fork_found *fork, bool *out_renewed)
{
    const struct omb_health *health = omb_post_health_of(step, &fork->office);

    if (health == NULL || !omb_office_is_within(step, &fork->office,
                                                   &omb_office_self(step->office)->office))
        return false;
    for (size_t i = 0; i < health->forks.count; i++) {
        const struct omb_fork_health *one = &health->forks.items[i];

        if (one->seq != fork->seq || !omb_incarnation_equal(&one->incarnation, &fork->incarnation))
            continue;
        *out_renewed = one->renewed;
        return true;
    }
    return health->forks.count < OMB_FORKS_TOLD;
}

static enum omb_rc show_renewed(struct omb_step *step, const struct omb_fork_found *fork,
                                struct omb_fork_view *out, struct omb_error *err)
{
    if (!omb_office_id_equal(&fork->office, &omb_office_self(step->office)->office)) {
        out->told = is_told(step, fork, &out->renewed);
        return OMB_OK;
    }
    out->told = true;
    return omb_lost_is_renewed(step, &fork->incarnation, fork->seq, &out->renewed, err);
}

/* --- one row --- */

/* Of the two headers the one that does not stand. */
static struct omb_digest other_of(const struct omb_fork_found *fork)
{
    const struct omb_digest first = omb_record_digest(fork->first_header);

    return omb_digest_equal(&first, &fork->stands) ? omb_record_digest(fork->second_header) : first;
}

static enum omb_rc show_fork(struct omb_step *step, const struct omb_opened *record,
                             struct omb_fork_view *out, struct omb_error *err)
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
    };
    return show_renewed(step, fork, out, err);
}

/* --- those that decide here --- */

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
    rc = show_fork(all->step, &record, &all->forks[all->count++], all->err);
    return rc != OMB_OK || all->count < all->room ? rc : OMB_STOP;
}

/* --- those that were found elsewhere --- */

static enum omb_rc is_decided_here(struct omb_step *step, const struct omb_fork_found *fork,
                                   bool *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_fork(&fork->office, &fork->incarnation, fork->seq);
    struct omb_row_at at;
    const enum omb_rc rc = omb_office_place(step, &key, &at, err);

    *out = rc == OMB_OK;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* UINT32_MAX: the office that wrote the record is not known here. */
static uint32_t depth_of(struct omb_step *step, const struct omb_opened *record)
{
    const struct omb_office_card *card = omb_office_newest(step, &record->header.office);

    return card ? card->seat.depth : UINT32_MAX;
}

/* Rows of one place follow each other: of what several found there the nearest the root counts. */
static enum omb_rc visit_told(void *arg, struct omb_view key, struct omb_view value)
{
    struct collecting *all = arg;
    struct omb_view place = omb_view(key.data, key.size - OMB_DIGEST_SIZE);
    struct omb_opened record;
    struct omb_digest digest;
    struct omb_row_at at;
    uint32_t depth;
    bool again, decided;
    enum omb_rc rc;

    (void)value;
    if (all->told++ == TOLD_MAX)
        return OMB_STOP;
    memcpy(digest.bytes, key.data + place.size, sizeof(digest.bytes));
    rc = omb_record_place(all->step, &digest, &at);
    if (rc == OMB_OK)
        rc = omb_desk_open(all->step, at.number, at.seq, &record, NULL);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(all->err, rc, NULL, "a record that tells of a fork cannot be read");
    if (omb_opened_tag(&record) != OMB_EVENT_FORK_FOUND)
        return omb_fail(all->err, OMB_DAMAGED, NULL, "the row of a fork names another record");
    rc = is_decided_here(all->step, OMB_AS(fork_found, record.header.facts->event), &decided,
                         all->err);
    if (rc != OMB_OK || decided)
        return rc;
    depth = depth_of(all->step, &record);
    again = omb_view_equal(place, all->place);
    if (again && depth >= all->depth)
        return OMB_OK;
    if (!again && all->count == all->room)
        return OMB_STOP;
    all->place = omb_arena_copy(all->step->arena, place);
    all->depth = depth;
    return show_fork(all->step, &record, &all->forks[again ? all->count - 1 : all->count++],
                     all->err);
}

static enum omb_rc collect(struct omb_step *step, struct omb_fork_view_list *out,
                           struct omb_error *err)
{
    const struct omb_key decided = omb_key_fork(NULL, NULL, 0);
    const struct omb_key told = omb_key_told_fork(NULL, NULL, 0, NULL);
    struct collecting all = {.step = step, .room = FORKS_MAX, .err = err};
    enum omb_rc rc;

    all.forks = OMB_ARENA_NEW(step->arena, struct omb_fork_view, all.room);
    rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, omb_key_view(&decided), NULL, visit, &all, err);
    if (rc == OMB_OK && all.count < all.room)
        rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, omb_key_view(&told), NULL, visit_told, &all,
                           err);
    out->items = all.forks;
    out->count = all.count;
    return rc;
}

enum omb_rc omb_desk_log_forks(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    struct omb_forks *answer = OMB_ARENA_NEW(step->arena, struct omb_forks, 1);

    (void)ask;
    *out = answer;
    return collect(step, &answer->forks, err);
}

enum omb_rc omb_desk_fork_count(struct omb_step *step, uint64_t *out, struct omb_error *err)
{
    struct omb_fork_view_list forks = {.count = 0};
    const enum omb_rc rc = collect(step, &forks, err);

    if (rc == OMB_OK)
        *out = forks.count;
    return rc;
}
