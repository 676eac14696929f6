/*
 * Lists of cases, page by page. Where a filter allows, only the index rows of its statuses or flags
 * are walked; a page may end before it is full, so that no step looks at more than some rows.
 */
#include <string.h>

#include "base/assert.h"
#include "office/desk/filter.h"
#include "wire/limits.h"

struct listing {
    struct omb_step *step;
    struct omb_aside aside;
    const struct omb_desk_filter *filter;
    struct omb_case_summary *cases;
    size_t count, limit;
    size_t scanned;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static enum omb_rc fail_row(struct listing *list, enum omb_rc rc)
{
    return omb_fail(list->err, rc, NULL, "a case's row cannot be read: rebuild the store");
}

static enum omb_rc take_row(struct listing *list, struct omb_view value)
{
    struct omb_case_row row;

    if (omb_decode_case_row(value, &list->aside.arena, &row, NULL) != OMB_OK ||
        row.case_id == NULL)
        return fail_row(list, OMB_DAMAGED);
    if (omb_desk_filter_passes(list->filter, &row)) {
        /* Once more into memory that lives as long as the reply. */
        if (omb_decode_case_row(value, list->step->arena, &row, NULL) != OMB_OK)
            return fail_row(list, OMB_DAMAGED);
        omb_desk_case_summary(list->step, &row, &list->cases[list->count++]);
    }
    omb_arena_reset(&list->aside.arena);
    return OMB_OK;
}

static enum omb_rc go_on(struct listing *list, struct omb_view case_key)
{
    omb_page_mark_set(&list->cursor, case_key);
    if (++list->scanned < OMB_SCAN_MAX && list->count < list->limit)
        return OMB_OK;
    list->stopped = true;
    return OMB_STOP;
}

static enum omb_rc visit_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct listing *list = arg;
    const enum omb_rc rc = take_row(list, value);

    return rc == OMB_OK ? go_on(list, key) : rc;
}

static enum omb_rc visit_index(void *arg, struct omb_view key, struct omb_view value)
{
    struct listing *list = arg;
    struct omb_view case_key;
    struct omb_buf row = OMB_BUF_INIT;
    enum omb_rc rc;

    (void)value;
    OMB_ASSERT(key.size > OMB_CASE_KEY_SIZE);
    case_key = omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE);
    rc = omb_port_get(list->step->port, OMB_FAMILY_CASE, case_key, &row);
    if (rc == OMB_OK)
        rc = take_row(list, omb_buf_view(&row));
    else
        rc = fail_row(list, rc == OMB_NOT_FOUND ? OMB_DAMAGED : rc);
    omb_buf_free(&row);
    return rc == OMB_OK ? go_on(list, case_key) : rc;
}

static enum omb_rc walk_index(struct listing *list, const struct omb_filter_source *source)
{
    const struct omb_key prefix = omb_key_index(source->kind, source->value, NULL);
    struct omb_key after = {.size = 0};

    if (list->cursor.after.size > 0) {
        OMB_ASSERT(prefix.size + OMB_CASE_KEY_SIZE <= sizeof(after.bytes));
        after = prefix;
        memcpy(after.bytes + after.size, list->cursor.after.bytes, OMB_CASE_KEY_SIZE);
        after.size += OMB_CASE_KEY_SIZE;
    }
    return omb_desk_scan(list->step, OMB_FAMILY_INDEX, omb_key_view(&prefix), &after, visit_index,
                         list, list->err);
}

static enum omb_rc walk(struct listing *list)
{
    struct omb_filter_source sources[OMB_FILTER_SOURCES_MAX];
    const size_t count = omb_desk_filter_sources(list->filter, sources);
    const size_t begun = list->cursor.after.size;

    if ((begun && begun != OMB_CASE_KEY_SIZE) || list->cursor.stage > (count ? count - 1 : 0))
        return omb_fail(list->err, OMB_INVALID, "cursor",
                        "not a cursor of this list: go on with the filter that it came from");
    if (count == 0)
        return omb_desk_scan(list->step, OMB_FAMILY_CASE, OMB_VIEW_NONE, &list->cursor.after,
                             visit_case, list, list->err);
    while (list->cursor.stage < count) {
        const enum omb_rc rc = walk_index(list, &sources[list->cursor.stage]);

        if (rc != OMB_OK || list->stopped)
            return rc;
        list->cursor.stage++;
        list->cursor.after.size = 0;
    }
    return OMB_OK;
}

enum omb_rc omb_desk_case_list(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    const struct omb_case_list_ask *request = ask;
    struct listing list = {.step = step, .err = err};
    struct omb_desk_filter *filter;
    struct omb_case_list *answer;
    enum omb_rc rc = omb_desk_filter_new(step, request->filter, &filter, err);

    if (rc == OMB_OK)
        rc = omb_page_mark_read(request->cursor, OMB_FILTER_SOURCES_MAX, &list.cursor, err);
    if (rc != OMB_OK)
        return rc;
    list.filter = filter;
    list.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    list.cases = OMB_ARENA_NEW(step->arena, struct omb_case_summary, list.limit);
    omb_aside_begin(&list.aside, step);
    rc = walk(&list);
    omb_aside_end(&list.aside);
    if (rc != OMB_OK)
        return rc;
    answer = OMB_ARENA_NEW(step->arena, struct omb_case_list, 1);
    answer->cases.items = list.cases;
    answer->cases.count = list.count;
    if (list.stopped)
        answer->cursor = omb_page_mark_print(step->arena, &list.cursor);
    *out = answer;
    return OMB_OK;
}
