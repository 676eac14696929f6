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

enum { ROOM = 1024, CAME_ROWS = 16 /* read to see whether an office came below */ };

/*
 * How far a log was looked at. Each stage may be left within it: when enough was looked at for one
 * peer, when more lacks than one Want names, or when the child has too much to take. What is wanted
 * comes in between: then it is counted anew.
 *
 *     START - COUNT - HOLES - BEYOND - GIVE
 */
enum { START, COUNT, HOLES, BEYOND, GIVE };

struct looking {
    struct omb_step *step;
    const struct omb_office_id *child;
    struct omb_log_range *ranges;
    size_t range_count;
    bool goes_on;              /* what has no room is found by another comparison */
    struct omb_log_mark from;  /* where it goes on */
    struct omb_log_mark *mark; /* where it stopped */
    struct omb_log_mark at;    /* of the log that is looked at */
    bool stopped;
    size_t given;
    struct omb_row_at *under_way; /* rows of the child's feed, in order; NULL: not looked at */
    size_t under_way_count, under_way_room;
    bool crowded; /* more than it is given at a time */
    bool passed_over; /* entries of offices that stand elsewhere */
};

static void begin_log(struct looking *looking, const struct omb_life *life)
{
    const struct omb_log_mark *from = &looking->from;

    looking->at = (struct omb_log_mark){life->office, life->incarnation, START, 1, 0, 1};
    if (from->next > 0 && omb_office_id_equal(&from->office, &life->office) &&
        omb_incarnation_equal(&from->incarnation, &life->incarnation))
        looking->at = *from;
}

static void stop(struct looking *looking)
{
    looking->stopped = true;
    *looking->mark = looking->at;
}

static void want(struct looking *looking, const struct omb_life *life, uint64_t first,
                 uint64_t last)
{
    if (looking->stopped)
        return;
    if (looking->range_count < OMB_WANT_RANGES_MAX) {
        looking->ranges[looking->range_count++] =
            (struct omb_log_range){life->office, life->incarnation, first, last};
        return;
    }
    if (looking->goes_on)
        return;
    looking->at.stage = looking->at.stage == START ? START : COUNT;
    looking->at.next = 1;
    looking->at.held = 0;
    stop(looking);
}

/* The child has a whole log, and here are holes. */
static enum omb_rc want_holes(struct looking *looking, const struct omb_life *life,
                              const struct omb_log *log, struct omb_error *err)
{
    const uint64_t last = life->head < log->row.head ? life->head : log->row.head;
    struct omb_walk *walk = OMB_ARENA_NEW(looking->step->arena, struct omb_walk, 1);
    uint64_t *next = &looking->at.holes;

    while (*next <= last && !looking->stopped) {
        const enum omb_rc rc = omb_walk_log(looking->step, log->number, *next, last, walk, err);

        if (rc != OMB_OK)
            return rc;
        for (size_t i = 0; i < walk->count && !looking->stopped; i++) {
            if (walk->items[i] > *next)
                want(looking, life, *next, walk->items[i] - 1);
            if (!looking->stopped)
                *next = walk->items[i] + 1;
        }
        if (walk->count < OMB_WALK)
            break;
        if (!looking->stopped && omb_looked_enough(looking->step))
            stop(looking);
    }
    if (*next <= last)
        want(looking, life, *next, last);
    if (!looking->stopped)
        *next = last + 1;
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
    looking->crowded = looking->step->office->post->look_most > 0 &&
                       looking->under_way_count >= OMB_LOOK_ROWS;
    return looking->crowded ? OMB_STOP : OMB_OK;
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

/* From looking->at.next on. What was given before has to be taken first. */
static enum omb_rc give_back(struct looking *looking, const struct omb_log *log, uint64_t last,
                             struct omb_error *err)
{
    struct omb_walk *walk = OMB_ARENA_NEW(looking->step->arena, struct omb_walk, 1);
    uint64_t *next = &looking->at.next;
    enum omb_rc rc = look_under_way(looking, err);

    looking->at.stage = GIVE;
    if (rc == OMB_OK && looking->crowded && *next <= last)
        stop(looking);
    while (rc == OMB_OK && *next <= last && !looking->stopped) {
        rc = omb_walk_log(looking->step, log->number, *next, last, walk, err);
        for (size_t i = 0; rc == OMB_OK && i < walk->count; i++) {
            const struct omb_row_at at = {log->number, walk->items[i]};

            *next = walk->items[i] + 1;
            if (is_under_way(looking, &at))
                continue;
            if (looking->given++ >= OMB_GIVE_BACK_MAX)
                return OMB_OK;
            rc = omb_feed_give_back(looking->step, looking->child, &at, err);
        }
        if (walk->count < OMB_WALK)
            break;
        if (rc == OMB_OK && *next <= last && omb_looked_enough(looking->step))
            stop(looking);
    }
    return rc;
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
    const enum omb_rc rc = omb_port_scan_prefix(looking->step->port, OMB_FAMILY_OFFICE,
                                                omb_key_view(&forks), see_fork, &first);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of forks cannot be read");
    looking->at.next = first;
    return first > 0 ? give_back(looking, log, log->row.head, err) : OMB_OK;
}

/* Adds how many of next <= seq <= last are here. */
static enum omb_rc count_on(struct looking *looking, const struct omb_log *log, uint64_t last,
                            struct omb_error *err)
{
    struct omb_walk *walk = OMB_ARENA_NEW(looking->step->arena, struct omb_walk, 1);
    struct omb_log_mark *at = &looking->at;

    while (at->next <= last) {
        const enum omb_rc rc = omb_walk_log(looking->step, log->number, at->next, last, walk, err);

        if (rc != OMB_OK)
            return rc;
        at->held += walk->count;
        at->next = walk->count == OMB_WALK ? walk->items[walk->count - 1] + 1 : last + 1;
        if (at->next <= last && omb_looked_enough(looking->step)) {
            stop(looking);
            break;
        }
    }
    return OMB_OK;
}

/* Of a log all of which lies below its head: what lies beyond the child's, when that is less. */
static enum omb_rc count_held(struct looking *looking, const struct omb_log *log, uint64_t last,
                              struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;
    enum omb_rc rc = OMB_OK;

    if (row->head > last && row->head - last >= last)
        return count_on(looking, log, last, err);
    if (looking->at.next <= last)
        looking->at.next = last + 1;
    if (row->head > last)
        rc = count_on(looking, log, row->head, err);
    if (!looking->stopped)
        looking->at.held = row->count - looking->at.held;
    return rc;
}

/*
 * How many records of the life are held up to the child's head. Where neither side has holes, the
 * heads say it.
 */
static enum omb_rc count_common(struct looking *looking, const struct omb_life *life,
                                const struct omb_log *log, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;

    if (life->count < life->head || row->count < row->head)
        return count_held(looking, log, life->head, err);
    looking->at.held = row->head < life->head ? row->head : life->head;
    return OMB_OK;
}

/* What of it is wanted; whether the two lines parted ways. */
static enum omb_rc want_of_both(struct looking *looking, const struct omb_life *life,
                                const struct omb_log *log, bool forked, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;
    struct omb_log_mark *at = &looking->at;
    enum omb_rc rc = OMB_OK;

    if (at->stage == START && forked)
        want(looking, life, life->head, life->head);
    if (at->stage == START && !looking->stopped)
        at->stage = COUNT;
    if (at->stage == COUNT && !looking->stopped) {
        rc = count_common(looking, life, log, err);
        at->stage = looking->stopped ? COUNT : HOLES;
    }
    if (rc == OMB_OK && at->stage == HOLES) {
        if (row->count < row->head && life->count > at->held)
            rc = want_holes(looking, life, log, err);
        if (!looking->stopped)
            at->stage = BEYOND;
    }
    if (rc == OMB_OK && at->stage == BEYOND && life->head > row->head)
        want(looking, life, row->head + 1, life->head);
    return rc;
}

static enum omb_rc look_at_both(struct looking *looking, const struct omb_life *life,
                                const struct omb_log *log, struct omb_error *err)
{
    const struct omb_log_row *row = &log->row;
    const struct omb_office_id branch = omb_feed_branch_of(looking->step, &row->office);
    const uint64_t beyond = life->head > row->head ? life->head - row->head : 0;
    bool forked;
    enum omb_rc rc;

    if (looking->at.stage == GIVE)
        return give_back(looking, log, row->head, err);
    rc = parts_ways(looking->step, life, log, &forked, err);
    if (rc == OMB_OK)
        rc = want_of_both(looking, life, log, forked, err);
    if (rc != OMB_OK || looking->stopped || !omb_office_id_equal(&branch, looking->child))
        return rc;
    if (forked)
        return give_standing(looking, log, err);
    /* Of what it has, as much as can be lies beyond the head that is here. */
    looking->at.next =
        life->count < life->head && looking->at.held + beyond > life->count ? 1 : life->head + 1;
    return looking->at.next <= row->head ? give_back(looking, log, row->head, err) : OMB_OK;
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

/*
 * What a log of the page may say; its offices are or were at or below the child or said to be, or
 * not known here yet.
 */
static enum omb_rc check_life(struct looking *looking, const struct omb_life *life, bool *out_look,
                              struct omb_error *err)
{
    const struct omb_office_id branch = omb_feed_branch_of(looking->step, &life->office);
    enum omb_rc rc = OMB_OK;

    if (life->head == 0 || life->head == UINT64_MAX || life->count > life->head ||
        omb_digest_none(&life->digest) || omb_office_id_none(&life->office))
        return omb_fail(err, OMB_INVALID, NULL, "an entry of a comparison is of no log");
    *out_look = omb_office_id_equal(&branch, looking->child) ||
                !omb_office_newest(looking->step, &life->office);
    if (!*out_look) {
        omb_looked(looking->step, CAME_ROWS);
        rc = omb_office_came_below(looking->step, &life->office, looking->child, out_look, err);
    }
    looking->passed_over |= !*out_look;
    return rc;
}

static struct omb_life_key key_of_life(const struct omb_life *life)
{
    return omb_life_key_of(&life->office, &life->incarnation);
}

/*
 * Logs here, from *at on, that the page passes over before that key (NULL: all): the child has
 * nothing of them. Those before the one in which the looking stopped were given.
 */
static enum omb_rc give_passed(struct looking *looking, const struct omb_gathering *here,
                               const struct omb_life_key *until, size_t *at, struct omb_error *err)
{
    const struct omb_life_key from =
        omb_life_key_of(&looking->from.office, &looking->from.incarnation);
    enum omb_rc rc = OMB_OK;

    for (; rc == OMB_OK && *at < here->count && !looking->stopped; ++*at) {
        const struct omb_life *life = &here->items[*at];
        const struct omb_life_key key = key_of_life(life);
        const struct omb_log log = {.number = here->numbers[*at]};

        if (until && OMB_ID_COMPARE(&key, until) >= 0)
            break;
        if (looking->from.next > 0 && OMB_ID_COMPARE(&key, &from) < 0)
            continue;
        begin_log(looking, life);
        rc = give_back(looking, &log, life->head, err);
    }
    return rc;
}

static enum omb_rc look_at_entry(struct looking *looking, const struct omb_life_list *lives,
                                 size_t i, struct omb_error *err)
{
    const struct omb_life *life = &lives->items[i];
    bool look = false;
    enum omb_rc rc = check_life(looking, life, &look, err);

    omb_looked(looking->step, 1);
    if (rc != OMB_OK || !look)
        return rc;
    begin_log(looking, life);
    return look_at(looking, life, err);
}

/* Whose entries ascend; how many were looked at, with what lies between them, before it ended. */
static enum omb_rc look_at_page(struct looking *looking, const struct omb_compare *page,
                                const struct omb_gathering *here, size_t *out_done,
                                struct omb_error *err)
{
    const struct omb_life_list *lives = &page->logs;
    size_t at = 0, i;
    enum omb_rc rc = OMB_OK;

    for (i = 0; rc == OMB_OK && i < lives->count; i++) {
        const struct omb_life_key key = key_of_life(&lives->items[i]);

        if (i > 0 && omb_looked_enough(looking->step)) {
            looking->stopped = true;
            break;
        }
        rc = give_passed(looking, here, &key, &at, err);
        if (rc == OMB_OK && !looking->stopped)
            rc = look_at_entry(looking, lives, i, err);
        if (looking->stopped)
            break;
        while (at < here->count) { /* it is in the page */
            const struct omb_life_key other = key_of_life(&here->items[at]);

            if (OMB_ID_COMPARE(&other, &key) > 0)
                break;
            at++;
        }
    }
    *out_done = i;
    return rc == OMB_OK && !looking->stopped && page->last
               ? give_passed(looking, here, NULL, &at, err)
               : rc;
}

static enum omb_rc check_order(const struct omb_life_list *lives, struct omb_error *err)
{
    enum omb_rc rc = omb_compare_check_size(lives->count, err);

    for (size_t i = 1; rc == OMB_OK && i < lives->count; i++) {
        const struct omb_life_key key = key_of_life(&lives->items[i]);
        const struct omb_life_key before = key_of_life(&lives->items[i - 1]);

        if (OMB_ID_COMPARE(&before, &key) >= 0)
            rc = omb_fail(err, OMB_INVALID, NULL, "logs of a comparison do not ascend");
    }
    return rc;
}

/* What is left of a page of which so many entries are done. */
static struct omb_compare rest_of(struct omb_step *step, const struct omb_compare *page,
                                  size_t done)
{
    struct omb_compare looked_at = *page;

    looked_at.logs.count = done;
    return (struct omb_compare){
        .logs = {page->logs.items + done, page->logs.count - done},
        .after = omb_compare_logs_next(step, &looked_at),
        .last = page->last,
    };
}

static enum omb_rc take_lives(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_office_id *office, const struct omb_compare *page,
                              struct omb_compare *out_rest, struct omb_want *out_want,
                              struct omb_error *err)
{
    struct omb_link *link = omb_post_peer(step->office->post, child);
    struct omb_log_mark nowhere = {.next = 0};
    struct looking looking = {
        .step = step,
        .child = child,
        .goes_on = office != NULL,
        .mark = link && !office ? &link->page_mark : &nowhere,
    };
    struct omb_gathering here = {
        .step = step, .below = child, .after = page->after, .max = SIZE_MAX};
    const struct omb_view until =
        page->last ? OMB_VIEW_NONE : omb_compare_logs_next(step, page);
    size_t done = 0;
    enum omb_rc rc = check_order(&page->logs, err);

    looking.from = *looking.mark;
    looking.mark->next = 0;
    looking.ranges = OMB_ARENA_NEW(step->arena, struct omb_log_range, OMB_WANT_RANGES_MAX);
    if (rc == OMB_OK)
        rc = office ? omb_logs_each(step, office, omb_gather_log, &here, err)
                    : omb_logs_between(step, page->after, until, omb_gather_log, &here, err);
    omb_looked(step, here.count);
    if (rc == OMB_OK)
        rc = look_at_page(&looking, page, &here, &done, err);
    if (rc != OMB_OK)
        return rc;
    if (link)
        link->passed_over |= looking.passed_over;
    *out_want = (struct omb_want){.ranges = {looking.ranges, looking.range_count}};
    *out_rest = looking.stopped ? rest_of(step, page, done)
                                : (struct omb_compare){.last = page->last};
    return OMB_OK;
}

enum omb_rc omb_compare_logs_take(struct omb_step *step, const struct omb_office_id *child,
                                  const struct omb_compare *page, struct omb_want *out_want,
                                  struct omb_compare *out_rest, struct omb_error *err)
{
    const enum omb_rc rc = omb_compare_check_after(page->after, err);

    if (rc != OMB_OK)
        return rc;
    if (!page->last && page->logs.count == 0)
        return omb_fail(err, OMB_INVALID, NULL, "a page of logs is empty and not the last");
    return take_lives(step, child, NULL, page, out_rest, out_want, err);
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
    begin_log(looking, life);
    rc = log.row.count < log.row.head ? want_holes(looking, life, &log, err) : OMB_OK;
    if (life->head > log.row.head)
        want(looking, life, log.row.head + 1, life->head);
    return rc;
}

enum omb_rc omb_compare_yours(struct omb_step *step, const struct omb_life_list *yours,
                              struct omb_want *out_want, struct omb_error *err)
{
    struct omb_log_mark nowhere = {.next = 0};
    struct looking looking = {.step = step, .goes_on = true, .mark = &nowhere};
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
