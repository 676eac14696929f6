/*
 * Changing sides: records of one life move between the line that stands and one that is evidence,
 * with every row that names them. A position of the journal goes on naming the same record.
 */
#include <string.h>

#include "base/assert.h"
#include "office/logs.h"
#include "office/post/feed.h"
#include "office/receive_inside.h"
#include "wire/header.h"

static enum omb_rc take_mover(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_movers *movers = arg;
    struct omb_arena *arena = movers->step->arena;
    struct omb_mover *mover;
    uint32_t number;

    if (movers->count == movers->room) {
        struct omb_mover *items;

        movers->room = movers->room ? 2 * movers->room : 16;
        items = OMB_ARENA_NEW(arena, struct omb_mover, movers->room);
        if (movers->count > 0)
            memcpy(items, movers->items, movers->count * sizeof(*items));
        movers->items = items;
    }
    mover = &movers->items[movers->count++];
    *mover = (struct omb_mover){.seq = 0};
    if (!omb_key_read_record(key, &number, &mover->seq) ||
        !omb_stored_read(value, arena, &mover->stored, &mover->header))
        return OMB_DAMAGED;
    mover->digest = omb_record_digest(mover->stored.header);
    return movers->count == movers->most ? OMB_STOP : OMB_OK;
}

/* The records of a line from `seq` on, or that one alone. */
enum omb_rc omb_movers_gather(struct omb_step *step, uint32_t number, uint64_t seq, bool alone,
                              struct omb_movers *out, struct omb_error *err)
{
    const struct omb_key from = omb_key_record(number, seq);
    const struct omb_key until = alone ? omb_key_record(number, seq + 1) : omb_key_log(number + 1);
    enum omb_rc rc;

    *out = (struct omb_movers){.step = step};
    rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from), omb_key_view(&until),
                       false, take_mover, out);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the records of a log cannot be read");
}

/* --- what this office alone has of its own records --- */

static bool is_own(const struct omb_step *step, const struct omb_mover *mover)
{
    return omb_office_id_equal(&mover->header.office, &step->office->self.office);
}

/*
 * Of an own record parts and keys change sides with it, since it is written again from them
 * (desk/renew.c); of another's they are dropped. *out_kept: bits of the parts that moved.
 */
static enum omb_rc move_parts(struct omb_step *step, const struct omb_mover *mover, uint32_t from,
                              uint32_t to, uint32_t *out_kept, struct omb_error *err)
{
    struct omb_writes *writes = step->update->writes;
    struct omb_buf part = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    *out_kept = 0;
    for (size_t i = 0; rc == OMB_OK && i < OMB_PART_KINDS; i++) {
        const struct omb_key was = omb_key_part(from, mover->seq, omb_part_kinds[i]);
        const struct omb_key is = omb_key_part(to, mover->seq, omb_part_kinds[i]);

        omb_buf_clear(&part);
        rc = is_own(step, mover)
                 ? omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&was), &part)
                 : OMB_NOT_FOUND;
        if (rc == OMB_OK) {
            omb_put(writes, OMB_FAMILY_PART, omb_key_view(&is), omb_buf_view(&part));
            *out_kept |= (uint32_t)omb_part_kinds[i];
        }
        if (rc == OMB_OK || rc == OMB_NOT_FOUND) {
            omb_delete(writes, OMB_FAMILY_PART, omb_key_view(&was));
            rc = OMB_OK;
        }
    }
    omb_buf_free(&part);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the parts of a record cannot be read");
}

static void drop_parts_of(struct omb_step *step, const struct omb_movers *movers, uint32_t number,
                          const struct omb_case_id *id)
{
    const struct omb_key wanted = omb_key_case(id);
    struct omb_row_at at = {.number = number};

    for (size_t i = 0; i < movers->count; i++) {
        const struct omb_case_id *of = movers->items[i].header.case_id;
        const struct omb_key is = of ? omb_key_case(of) : (struct omb_key){.size = 0};

        if (!omb_view_equal(omb_key_view(&is), omb_key_view(&wanted)))
            continue;
        at.seq = movers->items[i].seq;
        omb_parts_delete(step->update->writes, &at);
    }
}

struct erasing {
    struct omb_step *step;
    const struct omb_case_id *id;
    struct omb_error *err;
};

static enum omb_rc erase_line(void *arg, const struct omb_log *log)
{
    const struct erasing *erasing = arg;
    struct omb_movers movers;
    enum omb_rc rc;

    if (log->row.line == 0)
        return OMB_OK;
    rc = omb_movers_gather(erasing->step, log->number, 0, false, &movers, erasing->err);
    if (rc == OMB_OK)
        drop_parts_of(erasing->step, &movers, log->number, erasing->id);
    return rc;
}

/* Where a registration of that id lies aside, what lies there is of another client's case. */
enum omb_rc omb_aside_erase(struct omb_step *step, const struct omb_case_id *id,
                            struct omb_error *err)
{
    const struct omb_key lost = omb_key_lost_secret(id);
    struct erasing erasing = {step, id, err};
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_KEY, omb_key_view(&lost), &value);

    omb_buf_free(&value);
    if (rc == OMB_OK)
        return rc;
    return rc == OMB_NOT_FOUND
               ? omb_logs_each(step, &step->office->self.office, erase_line, &erasing, err)
               : omb_fail(err, rc, NULL, "the keys in the store cannot be read");
}

static enum omb_rc move_case_key(struct omb_step *step, const struct omb_mover *mover, bool stands)
{
    const struct omb_registered *registered = OMB_AS(registered, mover->header.facts->event);
    const struct omb_case_id *id = mover->header.case_id;

    if (!id || (stands && !is_own(step, mover)))
        return OMB_OK;
    if (stands)
        return omb_vault_regain_case_key(step, id, &registered->key_commitment);
    if (is_own(step, mover))
        return omb_vault_lose_case_key(step, id);
    omb_vault_drop_case_key(step, id);
    return OMB_OK;
}

static enum omb_rc move_keys(struct omb_step *step, const struct omb_mover *mover, uint32_t from,
                             uint32_t to, bool stands, struct omb_error *err)
{
    const struct omb_facts *facts = mover->header.facts;
    const uint32_t tag = facts ? facts->event.tag : 0;
    enum omb_rc rc = OMB_OK;

    if (tag == OMB_EVENT_ESCROW_OPENED && is_own(step, mover))
        rc = omb_vault_move_escrow_key(step, from, to, mover->seq);
    else if (tag == OMB_EVENT_REGISTERED)
        rc = move_case_key(step, mover, stands);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the keys in the store cannot be read");
}

/* Takes the rows of a record off its line; of the line that stands also what it meant. */
static void take_off(struct omb_intake *intake, const struct omb_log *log, uint32_t to,
                     const struct omb_mover *mover)
{
    struct omb_writes *writes = intake->step->update->writes;
    const struct omb_row_at at = {log->number, mover->seq};
    struct omb_key key = omb_key_record(log->number, mover->seq);

    omb_delete(writes, OMB_FAMILY_RECORD, omb_key_view(&key));
    if (mover->header.case_id)
        omb_intake_leave(intake, mover->header.case_id, &at, &mover->digest,
                         is_own(intake->step, mover) ? to : 0);
    if (log->row.line > 0)
        return;
    omb_put_missing(intake->step, &mover->digest, &mover->header.office, 0);
    key = omb_key_for_all(log->number, mover->seq);
    omb_delete(writes, OMB_FAMILY_PEER, omb_key_view(&key));
    if (!mover->header.case_id)
        return;
    key = omb_key_case_log(mover->header.case_id, log->number, mover->seq);
    omb_delete(writes, OMB_FAMILY_CASE_LOG, omb_key_view(&key));
    (void)omb_intake_touch(intake, mover->header.case_id, NULL);
}

/* Puts a record aside: it is evidence. */
static enum omb_rc put_aside(struct omb_step *step, uint32_t standing, uint32_t aside,
                             const struct omb_mover *mover, struct omb_error *err)
{
    const struct omb_row_at at = {aside, mover->seq};
    uint32_t kept;
    enum omb_rc rc = move_parts(step, mover, standing, aside, &kept, err);

    omb_put_stored(step, &at, &mover->stored, &mover->digest);
    return rc == OMB_OK ? move_keys(step, mover, standing, aside, false, err) : rc;
}

/* Puts a record on line 0: from now on it stands. Parts that are not here are wanted. */
static enum omb_rc put_up(struct omb_step *step, uint32_t number, uint32_t aside,
                          const struct omb_mover *mover, struct omb_error *err)
{
    const struct omb_row_at at = {number, mover->seq};
    uint32_t kept, missing;
    enum omb_rc rc = move_parts(step, mover, aside, number, &kept, err);

    if (rc == OMB_OK)
        rc = move_keys(step, mover, aside, number, true, err);
    if (rc != OMB_OK)
        return rc;
    missing = omb_parts_named(&mover->header) & ~kept;
    omb_put_stored(step, &at, &mover->stored, &mover->digest);
    if (missing != 0)
        omb_put_missing(step, &mover->digest, &mover->header.office, missing);
    return OMB_OK;
}

/* What it says has its effect. Whoever acts upon it finds its log as it is from now on. */
static enum omb_rc tell_up(struct omb_intake *intake, uint32_t number,
                           const struct omb_mover *mover, struct omb_error *err)
{
    const struct omb_row_at at = {number, mover->seq};
    struct omb_step *step = intake->step;
    struct omb_key key;

    omb_ring_for(step, mover->header.facts, mover->header.case_id != NULL,
                 step->office->tip.journal);
    if (!mover->header.case_id) {
        enum omb_rc rc = omb_learn(step, &mover->header, &at, &mover->digest, err);
        return rc == OMB_OK ? omb_feed_event(step, &mover->header, &at, err) : rc;
    }
    key = omb_key_case_log(mover->header.case_id, at.number, at.seq);
    omb_put(step->update->writes, OMB_FAMILY_CASE_LOG, omb_key_view(&key), OMB_VIEW_NONE);
    (void)omb_intake_touch(intake, mover->header.case_id, &(struct omb_case_record){.at = at});
    return OMB_OK;
}

/* The row of a line after `less` records left it and `more` came. */
static enum omb_rc put_line(struct omb_step *step, struct omb_log *log,
                            const struct omb_movers *less, const struct omb_movers *more,
                            struct omb_error *err)
{
    struct omb_movers newest = {.step = step, .most = 1};
    const struct omb_key from = omb_key_record(log->number, 0);
    const struct omb_key until = omb_key_log(log->number + 1);
    enum omb_rc rc;

    log->row.count = log->row.count - less->count + more->count;
    if (log->row.count == 0) {
        omb_log_drop(step, log);
        return OMB_OK;
    }
    rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from), omb_key_view(&until),
                       true, take_mover, &newest);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the records of a log cannot be read");
    OMB_ASSERT(newest.count > 0);
    log->row.head = newest.items[0].seq;
    log->row.digest = newest.items[0].digest;
    log->row.newest_at = newest.items[0].header.time_ms;
    omb_log_put(step, log);
    return OMB_OK;
}

/* Records of `down` leave line 0 for `aside`, those of `up` come back from there. */
enum omb_rc omb_change_sides(struct omb_intake *intake, struct omb_log *standing,
                             struct omb_log *aside, struct omb_movers *down, struct omb_movers *up,
                             struct omb_error *err)
{
    struct omb_step *step = intake->step;
    enum omb_rc rc = omb_follow_offices(step, standing->number, aside->number, down, up, err);

    for (struct omb_intake *around = intake; around; around = around->outer)
        around->moved = true;
    if (rc != OMB_OK)
        return rc;
    omb_follow_later(intake, standing->number, aside->number, down, up);
    for (size_t i = 0; i < down->count; i++)
        take_off(intake, standing, aside->number, &down->items[i]);
    for (size_t i = 0; i < up->count; i++)
        take_off(intake, aside, standing->number, &up->items[i]);
    for (size_t i = 0; rc == OMB_OK && i < down->count; i++)
        rc = put_aside(step, standing->number, aside->number, &down->items[i], err);
    for (size_t i = 0; rc == OMB_OK && i < up->count; i++)
        rc = put_up(step, standing->number, aside->number, &up->items[i], err);
    if (rc == OMB_OK)
        rc = put_line(step, aside, up, down, err);
    if (rc == OMB_OK)
        rc = put_line(step, standing, down, up, err);
    for (size_t i = 0; rc == OMB_OK && i < up->count; i++)
        rc = tell_up(intake, standing->number, &up->items[i], err);
    return rc;
}
