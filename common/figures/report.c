#include "figures/report.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/text.h"
#include "figures/groups.h"
#include "wire/limits.h"

enum {
    MOST_NEAREST = 3,
    REPLY_ROOM = 64 * 1024, /* for what is in a reply beside rows */
    ROW_FRAME = 8,          /* tags and lengths around a row, its keys and its values */
    KEY_FRAME = 3,
};

/* --- the plan --- */

static enum omb_rc fail_unknown(struct omb_view word, const struct omb_view *names, size_t count,
                                const char *field, const char *what, struct omb_error *err)
{
    char nearest[3 * OMB_CODE_MAX];
    struct omb_buf list = OMB_BUF_INIT;
    enum omb_rc rc;

    if (!omb_text_is_code(word))
        return omb_fail(err, OMB_INVALID, field, "a %s is named by a-z, 0-9 and - only", what);
    omb_text_nearest(word, names, count, MOST_NEAREST, nearest, sizeof(nearest));
    if (nearest[0] != '\0')
        return omb_fail(err, OMB_INVALID, field, "unknown %s `%.*s`: did you mean %s?", what,
                        OMB_VIEW_ARGS(word), nearest);
    for (size_t i = 0; i < count; i++) {
        omb_buf_add_str(&list, i == 0 ? "" : ", ");
        omb_buf_add_view(&list, names[i]);
    }
    rc = omb_fail(err, OMB_INVALID, field, "unknown %s `%.*s`: there are %s", what,
                  OMB_VIEW_ARGS(word), omb_buf_str(&list));
    omb_buf_free(&list);
    return rc;
}

/* Turns words into indexes of `names`; `most` of them at most. */
static enum omb_rc find_all(struct omb_views words, const struct omb_view *names, size_t count,
                            size_t most, const char *field, const char *what, size_t *out,
                            struct omb_error *err)
{
    for (size_t i = 0; i < words.count; i++) {
        size_t found = 0;

        while (found < count && !omb_view_equal(words.items[i], names[found]))
            found++;
        if (found == count)
            return fail_unknown(words.items[i], names, count, field, what, err);
        for (size_t before = 0; before < i; before++)
            if (out[before] == found)
                return omb_fail(err, OMB_INVALID, field, "the %s %.*s is named twice", what,
                                OMB_VIEW_ARGS(words.items[i]));
        if (i == most)
            return omb_fail(err, OMB_INVALID, field, "a report has at most %zu %ss", most, what);
        out[i] = found;
    }
    return OMB_OK;
}

enum omb_rc omb_report_plan(const struct omb_report_ask *ask, struct omb_report_plan *out,
                            struct omb_error *err)
{
    struct omb_report_plan plan = {.by_count = ask->by.count, .top = ask->top};
    size_t count;
    const struct omb_view *names = omb_dimension_names(&count);
    enum omb_rc rc = find_all(ask->by, names, count, OMB_REPORT_BY_MAX, "by", "dimension",
                              plan.by, err);

    if (rc != OMB_OK)
        return rc;
    names = omb_measure_names(&count);
    rc = find_all(ask->measures, names, count, OMB_MEASURES_MAX, "measures", "measure",
                  plan.measures, err);
    if (rc != OMB_OK)
        return rc;
    /* Index 0 is `registered`. */
    plan.measure_count = ask->measures.count == 0 ? 1 : ask->measures.count;
    *out = plan;
    return OMB_OK;
}

/* --- counting --- */

struct omb_report_run {
    struct omb_report_plan plan;
    struct omb_report_lens lens;
    struct omb_groups groups;
    struct omb_buf key; /* of the row being added: keys joined by NUL, so it sorts as they do */
    int64_t totals[OMB_MEASURES_MAX];
};

struct omb_report_run *omb_report_start(const struct omb_report_plan *plan,
                                        const struct omb_report_lens *lens)
{
    struct omb_report_run *run = calloc(1, sizeof(*run));

    OMB_ASSERT(run != NULL);
    run->plan = *plan;
    run->lens = *lens;
    omb_groups_init(&run->groups, OMB_REPORT_GROUPS_MAX, plan->measure_count);
    return run;
}

void omb_report_free(struct omb_report_run *run)
{
    if (run == NULL)
        return;
    omb_groups_free(&run->groups);
    omb_buf_free(&run->key);
    free(run);
}

static void make_key(struct omb_report_run *run, const struct omb_case_row *row)
{
    omb_buf_clear(&run->key);
    for (size_t i = 0; i < run->plan.by_count; i++) {
        if (i > 0)
            omb_buf_add_u8(&run->key, 0);
        omb_dimension_key(run->plan.by[i], row, &run->lens, &run->key);
    }
}

enum omb_rc omb_report_add(struct omb_report_run *run, const struct omb_case_row *row,
                           struct omb_error *err)
{
    struct omb_group *group;

    make_key(run, row);
    group = omb_groups_at(&run->groups, omb_buf_view(&run->key));
    if (group == NULL)
        return omb_fail(err, OMB_LIMIT, "by",
                        "the report has more than %zu rows: count by fewer or coarser dimensions, "
                        "or filter", run->groups.count);
    for (size_t i = 0; i < run->plan.measure_count; i++) {
        int64_t value = omb_measure_of(run->plan.measures[i], row, run->lens.now_ms);

        group->sums[i] += value;
        run->totals[i] += value;
    }
    return OMB_OK;
}

/* --- finishing --- */

static int by_key(const void *a, const void *b)
{
    const struct omb_group *const *first = a, *const *second = b;

    return omb_view_compare((*first)->key, (*second)->key);
}

static int by_largest(const void *a, const void *b)
{
    const struct omb_group *const *first = a, *const *second = b;

    if ((*first)->sums[0] != (*second)->sums[0])
        return (*first)->sums[0] > (*second)->sums[0] ? -1 : 1;
    return by_key(a, b);
}

static size_t varint_size(int64_t value)
{
    size_t size = 1;

    for (uint64_t rest = (uint64_t)value >> 7; rest != 0; rest >>= 7)
        size++;
    return size;
}

/* What a row takes in a reply, so that the caller is told what to do and not just "no". */
static size_t reply_size(const struct omb_report_run *run, const struct omb_group *group)
{
    size_t size = ROW_FRAME + group->key.size + KEY_FRAME * run->plan.by_count;

    for (size_t i = 0; i < run->plan.measure_count; i++)
        size += varint_size(group->sums[i]);
    return size;
}

static enum omb_rc fail_too_large(size_t rows, struct omb_error *err)
{
    return omb_fail(err, OMB_LIMIT, "top",
                    "%zu rows are too many for one reply: ask for the top N, count by fewer or "
                    "coarser dimensions, or filter", rows);
}

static enum omb_rc copy_names(const size_t *indexes, size_t count, const struct omb_view *names,
                              struct omb_arena *arena, struct omb_views *out)
{
    struct omb_view *items = omb_arena_try(arena, count * sizeof(*items));

    if (items == NULL)
        return OMB_LIMIT;
    for (size_t i = 0; i < count; i++)
        items[i] = names[indexes[i]];
    *out = (struct omb_views){items, count};
    return OMB_OK;
}

static enum omb_rc copy_values(const int64_t *values, size_t count, struct omb_arena *arena,
                               struct omb_i64s *out)
{
    int64_t *items = omb_arena_try(arena, count * sizeof(*items));

    if (items == NULL)
        return OMB_LIMIT;
    memcpy(items, values, count * sizeof(*items));
    *out = (struct omb_i64s){items, count};
    return OMB_OK;
}

/* Takes the joined key apart again. */
static enum omb_rc copy_keys(const struct omb_group *group, size_t count, struct omb_arena *arena,
                             struct omb_views *out)
{
    struct omb_view *items = omb_arena_try(arena, count * sizeof(*items));
    uint8_t *bytes = omb_arena_try(arena, group->key.size + 1);
    size_t from = 0;

    if (items == NULL || bytes == NULL)
        return OMB_LIMIT;
    if (group->key.size > 0)
        memcpy(bytes, group->key.data, group->key.size);
    for (size_t i = 0; i < count; i++) {
        size_t size = strnlen((const char *)bytes + from, group->key.size - from);

        items[i] = omb_view(bytes + from, size);
        from += size + 1;
    }
    *out = (struct omb_views){items, count};
    return OMB_OK;
}

static enum omb_rc copy_rows(const struct omb_report_run *run, struct omb_group *const *groups,
                             size_t count, struct omb_arena *arena, struct omb_report *out)
{
    struct omb_report_row *rows = omb_arena_try(arena, count * sizeof(*rows));
    size_t size = REPLY_ROOM;

    if (rows == NULL)
        return OMB_LIMIT;
    for (size_t i = 0; i < count; i++) {
        size += reply_size(run, groups[i]);
        if (size > OMB_REPLY_MAX ||
            copy_keys(groups[i], run->plan.by_count, arena, &rows[i].keys) != OMB_OK ||
            copy_values(groups[i]->sums, run->plan.measure_count, arena, &rows[i].values) != OMB_OK)
            return OMB_LIMIT;
    }
    out->rows.items = rows;
    out->rows.count = count;
    return OMB_OK;
}

static enum omb_rc fill(const struct omb_report_run *run, struct omb_group *const *groups,
                        size_t count, struct omb_arena *arena, struct omb_report *out)
{
    const struct omb_report_plan *plan = &run->plan;
    size_t names;
    enum omb_rc rc = copy_names(plan->by, plan->by_count, omb_dimension_names(&names), arena,
                                &out->by);

    if (rc == OMB_OK)
        rc = copy_names(plan->measures, plan->measure_count, omb_measure_names(&names), arena,
                        &out->measures);
    if (rc == OMB_OK)
        rc = copy_rows(run, groups, count, arena, out);
    if (rc == OMB_OK)
        rc = copy_values(run->totals, plan->measure_count, arena, &out->totals);
    return rc;
}

enum omb_rc omb_report_finish(const struct omb_report_run *run, struct omb_arena *arena,
                              struct omb_report *out, struct omb_error *err)
{
    struct omb_group **groups = omb_groups_list(&run->groups);
    size_t count = run->plan.by_count == 0 ? 0 : run->groups.count;
    bool cut = run->plan.top != 0 && run->plan.top < count;
    struct omb_report report = {.as_of = run->lens.now_ms};
    enum omb_rc rc;

    qsort(groups, count, sizeof(*groups), run->plan.top != 0 ? by_largest : by_key);
    if (cut)
        count = run->plan.top;
    rc = fill(run, groups, count, arena, &report);
    if (rc == OMB_OK)
        *out = report;
    else
        rc = fail_too_large(count, err);
    free(groups);
    return rc;
}
