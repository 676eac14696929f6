/*
 * The parent looks at a page of logs: it wants what it lacks of them, and gives back what the child
 * has lost.
 */
#include <stdlib.h>
#include <string.h>

#include "office/post/compare_work.h"
#include "office/post/feed.h"
#include "office/post/inside.h"
#include "office/post/walk.h"
#include "office/post/work.h"

enum { ROOM = 1024 };

struct looking {
    struct omb_step *step;
    const struct omb_office_id *child;
    struct omb_log_range *ranges;
    size_t range_count;
    bool full;                 /* more lacks than one Want names: it stopped */
    bool goes_on;              /* it does not stop: another comparison finds the others */
    struct omb_log_mark *mark; /* where the looking goes on in a log, or stopped */
    size_t given;
    struct omb_row_at *under_way; /* rows of the child's feed, in order; NULL: not looked at */
    size_t under_way_count, under_way_room;
};

static bool is_marked(const struct looking *looking, const struct omb_life *life)
{
    const struct omb_log_mark *mark = looking->mark;

    return mark->next > 0 && omb_office_id_equal(&mark->office, &life->office) &&
           omb_incarnation_equal(&mark->incarnation, &life->incarnation);
}

/* When there is no room for it, the life is looked at again from there on. */
static void want(struct looking *looking, const struct omb_life *life, uint64_t first,
                 uint64_t last)
{
    if (looking->full)
        return;
    if (looking->range_count == OMB_WANT_RANGES_MAX) {
        if (looking->goes_on)
            return;
        looking->full = true;
        *looking->mark = (struct omb_log_mark){life->office, life->incarnation, first};
        return;
    }
    looking->ranges[looking->range_count++] =
        (struct omb_log_range){life->office, life->incarnation, first, last};
}

/* The child has a whole log, and here are holes. */
static enum omb_rc want_holes(struct looking *looking, const struct omb_life *life,
                              const struct omb_log *log, struct omb_error *err)
{
    const uint64_t last = life->head < log->row.head ? life->head : log->row.head;
    struct omb_walk *walk = OMB_ARENA_NEW(looking->step->arena, struct omb_walk, 1);
    uint64_t next = is_marked(looking, life) ? looking->mark->next : 1;

    if (next > last)
        return OMB_OK;
    do {
        const enum omb_rc rc = omb_walk_log(looking->step, log->number, next, last, walk, err);

        if (rc != OMB_OK)
            return rc;
        for (size_t i = 0; i < walk->count; i++) {
            if (walk->items[i] > next)
                want(looking, life, next, walk->items[i] - 1);
            next = walk->items[i] + 1;
        }
    } while (walk->count == OMB_WALK && next <= last && !looking->full);
    if (next <= last)
        want(looking, life, next, last);
    return OMB_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct omb_row_at *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum omb_rc take_under_way(void *arg, uint64_t position, const struct omb_row_at *at)
{
    struct looking *looking = arg;

    (void)position;
    if (looking->under_way_count == looking->under_way_room) {
        const size_t room = looking->under_way_room ? 2 * looking->under_way_room : ROOM;
        struct omb_row_at *rows = OMB_ARENA_NEW(looking->step->arena, struct omb_row_at, room);

        if (looking->under_way_count > 0)
            memcpy(rows, looking->under_way, looking->under_way_count * sizeof(*rows));
        looking->under_way = rows;
        looking->under_way_room = room;
    }
    looking->under_way[looking->under_way_count++] = *at;
    return OMB_OK;
}

/*
 * What an earlier greeting gave back, and the line cut off, is in the feed still. The row that the
 * child acknowledged last is, too, whatever became of its record there.
 */
static enum omb_rc look_under_way(struct looking *looking, struct omb_error *err)
{
    const struct omb_link *link = omb_post_peer(looking->step->office->post, looking->child);
    const uint64_t after = link != NULL ? link->acked.position : 0;
    enum omb_rc rc;

    if (looking->under_way)
        return OMB_OK;
    looking->under_way_room = ROOM;
    looking->under_way = OMB_ARENA_NEW(looking->step->arena, struct omb_row_at, ROOM);
    rc = omb_feed_each(looking->step, looking->child, after, take_under_way, looking, err);
    omb_looked(looking->step, looking->under_way_count);
    if (looking->under_way_count > 1)
        qsort(looking->under_way, looking->under_way_count, sizeof(*looking->under_way), by_place);
    return rc;
}

static bool is_under_way(const struct looking *looking, const struct omb_row_at *at)
{
    return looking->under_way_count > 0 &&
           bsearch(at, looking->under_way, looking->under_way_count, sizeof(*at), by_place);
}

static enum omb_rc give_back(struct looking *looking, const struct omb_log *log, uint64_t first,
                             uint64_t last, struct omb_error *err)
{
    struct omb_walk *walk = OMB_ARENA_NEW(looking->step->arena, struct omb_walk, 1);
    enum omb_rc rc = look_under_way(looking, err);

    if (rc != OMB_OK)
        return rc;
    do {
        rc = omb_walk_log(looking->step, log->number, first, last, walk, err);

        for (size_t i = 0; rc == OMB_OK && i < walk->count; i++) {
            const struct omb_row_at at = {log->number, walk->items[i]};

            first = walk->items[i] + 1;
            if (is_under_way(looking, &at))
                continue;
            if (looking->given++ >= OMB_GIVE_BACK_MAX)
                return OMB_OK;
            rc = omb_feed_give_back(looking->step, looking->child, &at, err);
        }
        if (rc != OMB_OK)
            return rc;
    } while (walk->count == OMB_WALK && first <= last);
    return OMB_OK;
}

/* Two lines of one life: the records at the last place that both have are not the same. */
static enum omb_rc parts_ways(struct omb_step *step, const struct omb_life *life,
                              const struct omb_log *log, bool *out, struct omb_error *err)
{
    const struct omb_row_at at = {log->number, life->head};
    struct omb_header header;
    struct omb_digest digest = log->row.digest;
    enum omb_rc rc = OMB_OK;

    *out = false;
    if (log->row.head < life->head)
        return OMB_OK;
    if (log->row.head > life->head)
        rc = omb_header_read(step, &at, &header, &digest, NULL, err);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    *out = rc == OMB_OK && !omb_digest_equal(&digest, &life->digest);
    return rc;
}

static enum omb_rc see_fork(void *arg, struct omb_view key, struct omb_view value)
{
    (void)value;
    if (key.size < 8)
        return OMB_DAMAGED;
    *(uint64_t *)arg = omb_be64(key.data + key.size - 8);
    return OMB_STOP;
}

/* The line that stands, from where the child's went another way, if that was decided already. */
static enum omb_rc give_standing(struct looking *looking, const struct omb_log *log,
                                 struct omb_error *err)
{
    const struct omb_key forks = omb_key_fork(&log->row.office, &log->row.incarnation, 0);
    uint64_t first = 0;

    if (omb_port_scan_prefix(looking->step->port, OMB_FAMILY_OFFICE, omb_key_view(&forks),
                             see_fork, &first) != OMB_OK)
        return omb_fail(err, OMB_DAMAGED, NULL, "the rows of forks cannot be read");
    return first > 0 ? give_back(looking, log, first, log->row.head, err) : OMB_OK;
}

/* Of a log all of which lies below its head: what lies beyond the child's, when that is less. */
static enum omb_rc count_held(struct omb_step *step, const struct omb_log *log, uint64_t last,
                              uint64_t *out, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;
    uint64_t beyond = 0;
    enum omb_rc rc = OMB_OK;

    if (row->head > last && row->head - last >= last)
        return omb_walk_count(step, log->number, 1, last, out, err);
    if (row->head > last)
        rc = omb_walk_count(step, log->number, last + 1, row->head, &beyond, err);
    *out = row->count - beyond;
    return rc;
}

/*
 * How many records of the life are held up to the child's head. Where neither side has holes, the
 * heads say it.
 */
static enum omb_rc count_common(struct looking *looking, const struct omb_life *life,
                                const struct omb_log *log, uint64_t *out, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;

    if (life->count < life->head || row->count < row->head)
        return count_held(looking->step, log, life->head, out, err);
    *out = row->head < life->head ? row->head : life->head;
    return OMB_OK;
}

static enum omb_rc look_at_both(struct looking *looking, const struct omb_life *life,
                                const struct omb_log *log, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;
    const struct omb_office_id branch = omb_feed_branch_of(looking->step, &row->office);
    const uint64_t beyond = life->head > row->head ? life->head - row->head : 0;
    uint64_t held = 0;
    bool forked;
    enum omb_rc rc = parts_ways(looking->step, life, log, &forked, err);

    if (rc == OMB_OK && forked)
        want(looking, life, life->head, life->head);
    if (rc == OMB_OK)
        rc = count_common(looking, life, log, &held, err);
    if (rc == OMB_OK && row->count < row->head && life->count > held)
        rc = want_holes(looking, life, log, err);
    if (beyond > 0)
        want(looking, life, row->head + 1, life->head);
    if (rc != OMB_OK || looking->full || !omb_office_id_equal(&branch, looking->child))
        return rc;
    if (forked)
        return give_standing(looking, log, err);
    /* Of what it has, as much as can be lies beyond the head that is here. */
    if (life->count < life->head && held + beyond > life->count)
        return give_back(looking, log, 1, row->head, err);
    return row->head > life->head ? give_back(looking, log, life->head + 1, row->head, err)
                                  : OMB_OK;
}

static enum omb_rc look_at(struct looking *looking, const struct omb_life *life,
                           struct omb_error *err)
{
    struct omb_log log;
    enum omb_rc rc =
        omb_log_find(looking->step, &life->office, &life->incarnation, 0, &log, err);

    if (rc == OMB_NOT_FOUND) {
        want(looking, life, 1, life->head);
        return OMB_OK;
    }
    return rc == OMB_OK ? look_at_both(looking, life, &log, err) : rc;
}

/* What a log of the page may say; its offices are at or below the child, or not known here yet. */
static enum omb_rc check_life(struct looking *looking, const struct omb_life *life, bool *out_look,
                              struct omb_error *err)
{
    const struct omb_office_id branch = omb_feed_branch_of(looking->step, &life->office);

    if (life->head == 0 || life->head == UINT64_MAX || life->count > life->head ||
        omb_digest_none(&life->digest) || omb_office_id_none(&life->office))
        return omb_fail(err, OMB_INVALID, NULL, "an entry of a comparison is of no log");
    *out_look = omb_office_id_equal(&branch, looking->child) ||
                !omb_office_newest(looking->step, &life->office);
    return OMB_OK;
}

/* How many of them were looked at before it was enough; the next one perhaps in part. */
static enum omb_rc look_at_page(struct looking *looking, const struct omb_life_list *lives,
                                size_t *out_done, struct omb_error *err)
{
    enum omb_rc rc = omb_compare_check_size(lives->count, err);
    size_t i;

    for (i = 0; rc == OMB_OK && i < lives->count; i++) {
        const struct omb_life *life = &lives->items[i];
        bool look = false;

        if (i > 0 && omb_looked_enough(looking->step))
            break;
        if (i > 0) {
            const struct omb_life_key key = omb_life_key_of(&life->office, &life->incarnation);
            const struct omb_life_key before =
                omb_life_key_of(&life[-1].office, &life[-1].incarnation);

            if (OMB_ID_COMPARE(&before, &key) >= 0)
                return omb_fail(err, OMB_INVALID, NULL, "logs of a comparison do not ascend");
        }
        omb_looked(looking->step, 1);
        rc = check_life(looking, life, &look, err);
        if (rc == OMB_OK && look)
            rc = look_at(looking, life, err);
        if (looking->full)
            break;
        if (is_marked(looking, life))
            looking->mark->next = 0;
    }
    *out_done = i;
    return rc;
}

static bool is_listed(const struct omb_life_list *lives, const struct omb_life *life)
{
    const struct omb_life_key key = omb_life_key_of(&life->office, &life->incarnation);
    size_t low = 0, high = lives->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct omb_life *at = &lives->items[middle];
        const struct omb_life_key other = omb_life_key_of(&at->office, &at->incarnation);
        const int order = OMB_ID_COMPARE(&other, &key);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Logs here that the page passes over: the child has nothing of them. */
static enum omb_rc give_back_rest(struct looking *looking, const struct omb_gathering *here,
                                  const struct omb_life_list *lives, struct omb_view until,
                                  struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < here->count; i++) {
        const struct omb_life *life = &here->items[i];
        const struct omb_life_key key = omb_life_key_of(&life->office, &life->incarnation);
        const struct omb_log log = {.number = here->numbers[i]};

        if (until.size > 0 && omb_view_compare(OMB_VIEW_OF(key.bytes), until) > 0)
            break;
        if (!is_listed(lives, life))
            rc = give_back(looking, &log, 1, life->head, err);
    }
    return rc;
}

/* Of a page cut short *page is what was looked at, *out_rest the others. */
static void cut_page(struct omb_step *step, struct omb_compare *page, size_t done,
                     struct omb_compare *out_rest)
{
    *out_rest = (struct omb_compare){.last = page->last};
    if (done == page->logs.count)
        return;
    out_rest->logs = (struct omb_life_list){page->logs.items + done, page->logs.count - done};
    page->logs.count = done;
    page->last = false;
    out_rest->after = omb_compare_logs_next(step, page);
}

static enum omb_rc take_lives(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_office_id *office, struct omb_compare *page,
                              struct omb_compare *out_rest, struct omb_want *out_want,
                              struct omb_error *err)
{
    struct omb_link *link = omb_post_peer(step->office->post, child);
    struct omb_log_mark from_start = {.next = 0};
    struct looking looking = {
        .step = step,
        .child = child,
        .goes_on = office != NULL,
        .mark = link && !office ? &link->page_mark : &from_start,
    };
    struct omb_gathering here = {
        .step = step, .below = child, .after = page->after, .max = SIZE_MAX};
    struct omb_view until;
    size_t done = 0;
    enum omb_rc rc;

    looking.ranges = OMB_ARENA_NEW(step->arena, struct omb_log_range, OMB_WANT_RANGES_MAX);
    rc = look_at_page(&looking, &page->logs, &done, err);
    if (rc != OMB_OK)
        return rc;
    *out_want = (struct omb_want){.ranges = {looking.ranges, looking.range_count}};
    cut_page(step, page, done, out_rest);
    if (done == 0 && out_rest->logs.count > 0) /* all of it is to be looked at again */
        return OMB_OK;
    until = page->last ? OMB_VIEW_NONE : omb_compare_logs_next(step, page);
    rc = office ? omb_logs_each(step, office, omb_gather_log, &here, err)
                : omb_logs_between(step, page->after, until, omb_gather_log, &here, err);
    omb_looked(step, here.count);
    if (rc == OMB_OK)
        rc = give_back_rest(&looking, &here, &page->logs, until, err);
    return rc;
}

enum omb_rc omb_compare_logs_take(struct omb_step *step, const struct omb_office_id *child,
                                  const struct omb_compare *page, struct omb_want *out_want,
                                  struct omb_compare *out_rest, struct omb_error *err)
{
    struct omb_compare part = *page;
    const enum omb_rc rc = omb_compare_check_after(page->after, err);

    if (rc != OMB_OK)
        return rc;
    if (!page->last && page->logs.count == 0)
        return omb_fail(err, OMB_INVALID, NULL, "a page of logs is empty and not the last");
    return take_lives(step, child, NULL, &part, out_rest, out_want, err);
}

enum omb_rc omb_compare_greeting(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_life_list *own, struct omb_want *out_want,
                                 struct omb_error *err)
{
    struct omb_compare page = {.logs = *own, .last = true}, rest;
    struct omb_life_key first;

    for (size_t i = 0; i < own->count; i++)
        if (!omb_office_id_equal(&own->items[i].office, child))
            return omb_fail(err, OMB_INVALID, NULL, "a greeting tells of another office's log");
    if (own->count >= OMB_LIVES_TOLD) {
        first = omb_life_key_of(&own->items[0].office, &own->items[0].incarnation);
        page.after = OMB_VIEW_OF(first.bytes);
    }
    return take_lives(step, child, child, &page, &rest, out_want, err);
}

static enum omb_rc look_at_own(struct looking *looking, const struct omb_life *life,
                               struct omb_error *err)
{
    struct omb_log log;
    enum omb_rc rc =
        omb_log_find(looking->step, &life->office, &life->incarnation, 0, &log, err);

    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return rc;
    if (rc == OMB_NOT_FOUND) {
        want(looking, life, 1, life->head);
        return OMB_OK;
    }
    rc = log.row.count < log.row.head ? want_holes(looking, life, &log, err) : OMB_OK;
    if (life->head > log.row.head)
        want(looking, life, log.row.head + 1, life->head);
    return rc;
}

enum omb_rc omb_compare_yours(struct omb_step *step, const struct omb_life_list *yours,
                              struct omb_want *out_want, struct omb_error *err)
{
    struct omb_log_mark from_start = {.next = 0};
    struct looking looking = {.step = step, .goes_on = true, .mark = &from_start};
    enum omb_rc rc = omb_compare_check_size(yours->count, err);

    looking.ranges = OMB_ARENA_NEW(step->arena, struct omb_log_range, OMB_WANT_RANGES_MAX);
    for (size_t i = 0; rc == OMB_OK && i < yours->count; i++) {
        const struct omb_life *life = &yours->items[i];

        if (life->head == 0 || life->head == UINT64_MAX ||
            !omb_office_id_equal(&life->office, &step->office->self.office))
            return omb_fail(err, OMB_INVALID, NULL, "a greeting tells of another log as ours");
        rc = look_at_own(&looking, life, err);
    }
    if (rc == OMB_OK)
        *out_want = (struct omb_want){.ranges = {looking.ranges, looking.range_count}};
    return rc;
}
