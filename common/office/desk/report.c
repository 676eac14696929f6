/*
 * Reports: all cases that pass the filter, counted by figures/report.h in one scan.
 */
#include "figures/report.h"
#include "office/desk/filter.h"
#include "office/desk/inspect.h"

struct counting {
    struct omb_aside aside;
    const struct omb_desk_filter *filter;
    struct omb_report_run *run;
    struct omb_error *err;
};

static struct omb_view code_of(void *ctx, const struct omb_office_id *office)
{
    struct counting *count = ctx;

    return omb_office_code_of(&count->aside.step, office);
}

static int32_t offset_at(void *ctx, int64_t ms)
{
    const struct counting *count = ctx;

    return omb_zone_offset(omb_office_zone(count->aside.step.office), ms);
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct counting *count = arg;
    struct omb_case_row row;
    enum omb_rc rc = OMB_OK;

    (void)key;
    if (omb_decode_case_row(value, &count->aside.arena, &row, NULL) != OMB_OK)
        rc = omb_fail(count->err, OMB_DAMAGED, NULL,
                      "a case's row cannot be read: rebuild the store");
    else if (omb_desk_filter_passes(count->filter, &row))
        rc = omb_report_add(count->run, &row, count->err);
    omb_arena_reset(&count->aside.arena);
    return rc;
}

enum omb_rc omb_desk_report(struct omb_step *step, const void *ask, const void **out,
                            struct omb_error *err)
{
    const struct omb_report_ask *request = ask;
    struct omb_report *report = OMB_ARENA_NEW(step->arena, struct omb_report, 1);
    struct counting count = {.err = err};
    const struct omb_report_lens lens = {
        .ctx = &count,
        .office_code = code_of,
        .offset_s = offset_at,
        .now_ms = step->input->now_ms,
    };
    struct omb_report_plan plan;
    struct omb_desk_filter *filter;
    enum omb_rc rc = omb_report_plan(request, &plan, err);

    if (rc == OMB_OK)
        rc = omb_desk_filter_new(step, request->filter, &filter, err);
    if (rc != OMB_OK)
        return rc;
    count.filter = filter;
    omb_aside_begin(&count.aside, step);
    count.run = omb_report_start(&plan, &lens);
    rc = omb_desk_scan(step, OMB_FAMILY_CASE, OMB_VIEW_NONE, NULL, visit, &count, err);
    if (rc == OMB_OK)
        rc = omb_report_finish(count.run, step->arena, report, err);
    omb_report_free(count.run);
    omb_aside_end(&count.aside);
    if (rc == OMB_OK)
        rc = omb_desk_stale(step, filter, &report->stale, err);
    if (rc == OMB_OK)
        *out = report;
    return rc;
}
