/*
 * Comparing what two offices hold of logs, upward: the child tells its lives in pages. What the
 * parent makes of them is in compare_look.c.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/post/compare_work.h"
#include "office/post/feed.h"
#include "office/post/walk.h"

struct omb_life_key omb_life_key_of(const struct omb_office_id *office,
                                    const struct omb_incarnation *incarnation)
{
    struct omb_life_key key;

    memcpy(key.bytes, office->bytes, sizeof(office->bytes));
    memcpy(key.bytes + sizeof(office->bytes), incarnation->bytes, sizeof(incarnation->bytes));
    return key;
}

static struct omb_life life_of(const struct omb_log_row *row)
{
    return (struct omb_life){
        .office = row->office,
        .incarnation = row->incarnation,
        .head = row->head,
        .digest = row->digest,
        .count = row->count,
    };
}

static enum omb_rc see_below(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    *(bool *)arg = false;
    return OMB_STOP;
}

/* Nobody ever stood below: of the many logs that such an office may share cases with none is. */
static enum omb_rc is_alone(struct omb_step *step, bool *out, struct omb_error *err)
{
    const struct omb_key below = omb_key_below(&step->office->self.office, NULL);
    enum omb_rc rc;

    *out = true;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&below), see_below, out);
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the offices in the store cannot be read");
}

/* To a parent goes what it takes: of an office that left this one may have the last copy. */
static enum omb_rc belongs(const struct omb_gathering *gathering,
                           const struct omb_office_id *office, bool *out)
{
    struct omb_step *step = gathering->step;
    struct omb_office_id branch;

    *out = gathering->all || omb_office_id_equal(office, &step->office->self.office);
    if (gathering->all || gathering->alone)
        return OMB_OK;
    if (!gathering->below)
        return omb_office_came_below(step, office, &step->office->self.office, out,
                                     gathering->err);
    branch = omb_feed_branch_of(step, office);
    *out = omb_office_id_equal(&branch, gathering->below);
    return OMB_OK;
}

enum omb_rc omb_gather_log(void *arg, const struct omb_log *log)
{
    struct omb_gathering *gathering = arg;
    const struct omb_life_key key = omb_life_key_of(&log->row.office, &log->row.incarnation);
    bool belongs_there = false;
    enum omb_rc rc;

    if (log->row.line != 0 || log->row.head == 0 ||
        (gathering->after.size > 0 &&
         omb_view_compare(OMB_VIEW_OF(key.bytes), gathering->after) <= 0))
        return OMB_OK;
    rc = belongs(gathering, &log->row.office, &belongs_there);
    if (rc != OMB_OK || !belongs_there)
        return rc;
    if (gathering->count == gathering->max) {
        gathering->more = true;
        return OMB_STOP;
    }
    if (gathering->count == gathering->room) {
        struct omb_arena *arena = gathering->step->arena;
        const size_t room = gathering->room ? 2 * gathering->room : 16;
        struct omb_life *items = OMB_ARENA_NEW(arena, struct omb_life, room);
        uint32_t *numbers = OMB_ARENA_NEW(arena, uint32_t, room);

        if (gathering->count > 0) {
            memcpy(items, gathering->items, gathering->count * sizeof(*items));
            memcpy(numbers, gathering->numbers, gathering->count * sizeof(*numbers));
        }
        gathering->items = items;
        gathering->numbers = numbers;
        gathering->room = room;
    }
    gathering->items[gathering->count] = life_of(&log->row);
    gathering->numbers[gathering->count++] = log->number;
    return OMB_OK;
}

enum omb_rc omb_compare_check_after(struct omb_view after, struct omb_error *err)
{
    if (after.size != 0 && after.size != OMB_LIFE_KEY_SIZE)
        return omb_fail(err, OMB_INVALID, NULL, "a page of logs begins behind no log");
    return OMB_OK;
}

enum omb_rc omb_compare_logs_page(struct omb_step *step, struct omb_view after, size_t max,
                                  struct omb_compare *out, struct omb_error *err)
{
    struct omb_gathering gathering = {
        .step = step,
        .after = after,
        .max = max < OMB_COMPARE_PAGE_MAX ? max : OMB_COMPARE_PAGE_MAX,
        .err = err,
    };
    enum omb_rc rc = omb_compare_check_after(after, err);

    OMB_ASSERT(max > 0);
    if (rc == OMB_OK)
        rc = is_alone(step, &gathering.alone, err);
    if (rc == OMB_OK)
        rc = omb_logs_between(step, after, OMB_VIEW_NONE, omb_gather_log, &gathering, err);
    if (rc != OMB_OK)
        return rc;
    *out = (struct omb_compare){
        .logs = {gathering.items, gathering.count},
        .after = omb_arena_copy(step->arena, after),
        .last = !gathering.more,
    };
    return OMB_OK;
}

enum omb_rc omb_compare_lives(struct omb_step *step, const struct omb_office_id *office,
                              struct omb_life_list *out, struct omb_error *err)
{
    struct omb_gathering gathering = {.step = step, .all = true, .max = SIZE_MAX};
    const enum omb_rc rc = omb_logs_each(step, office, omb_gather_log, &gathering, err);

    omb_looked(step, gathering.count);
    if (rc == OMB_OK)
        *out = (struct omb_life_list){gathering.items, gathering.count};
    return rc;
}

struct omb_view omb_compare_logs_next(struct omb_step *step, const struct omb_compare *page)
{
    const struct omb_life *life;
    struct omb_life_key key;

    if (page->logs.count == 0)
        return page->after;
    life = &page->logs.items[page->logs.count - 1];
    key = omb_life_key_of(&life->office, &life->incarnation);
    return omb_arena_copy(step->arena, OMB_VIEW_OF(key.bytes));
}
