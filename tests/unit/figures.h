/*
 * What tests of reports share: case rows, a lens, and a report run from words to words.
 */
#ifndef OMB_TESTS_FIGURES_H
#define OMB_TESTS_FIGURES_H

#include "unit.h"

#include <stdio.h>

#include "base/civil.h"
#include "figures/report.h"

static inline int64_t at(const char *text)
{
    int64_t ms;
    bool local;

    if (omb_rfc3339_parse(omb_view_str(text), &ms, &local) != OMB_OK)
        fail_msg("\"%s\" is no time", text);
    return ms;
}

/* --- rows --- */

/* A case row with what it points to; say with `row` what is not as usual. */
struct sample {
    struct omb_case_row row;
    struct omb_case_id id;
    struct omb_matter matter;
    struct omb_office_ref about;
    struct omb_deadline_row deadlines[2];
    struct omb_view flags[2];
};

static inline void make(struct sample *sample, uint8_t home, const char *product)
{
    memset(sample, 0, sizeof(*sample));
    memset(&sample->id.home, home, sizeof(sample->id.home));
    sample->matter = (struct omb_matter){
        .kind = OMB_VIEW_LIT("complaint"),
        .channel = OMB_VIEW_LIT("book"),
        .product = omb_view_str(product),
        .issue = OMB_VIEW_LIT("fees"),
        .severity = OMB_VIEW_LIT("normal"),
        .received_at = at("2026-09-30T17:20:00Z"),
    };
    sample->deadlines[0] = (struct omb_deadline_row){.code = OMB_VIEW_LIT("target"), .due = 1};
    sample->deadlines[1] = (struct omb_deadline_row){
        .code = OMB_VIEW_LIT("decision"), .due = at("2026-10-21T20:59:59Z"), .limit = true};
    sample->row = (struct omb_case_row){
        .case_id = &sample->id,
        .status = OMB_VIEW_LIT("open"),
        .matter = &sample->matter,
        .deadlines = {sample->deadlines, 2},
        .flags = {sample->flags, 0},
        .custodian_depth = 3,
    };
}

static inline void flag(struct sample *sample, const char *name)
{
    sample->flags[sample->row.flags.count++] = omb_view_str(name);
}

/* --- a lens: offices are called after their first byte, in a zone three hours east --- */

static inline struct omb_view office_code(void *ctx, const struct omb_office_id *office)
{
    static char code[8];
    (void)ctx;

    (void)snprintf(code, sizeof(code), "vsp-%u", office->bytes[0]);
    return omb_view_str(code);
}

static inline int32_t offset_s(void *ctx, int64_t ms)
{
    (void)ms;
    return *(const int32_t *)ctx;
}

static inline struct omb_report_lens lens(void)
{
    static int32_t east = 3 * 3600;

    return (struct omb_report_lens){&east, office_code, offset_s, at("2026-10-10T12:00:00Z")};
}

/* --- asking --- */

struct asked {
    struct omb_view by[20], measures[20];
    struct omb_report_ask ask;
};

static inline size_t split(const char *words, struct omb_view out[20])
{
    size_t count = 0;

    while (*words != '\0') {
        size_t size = strcspn(words, ",");

        out[count++] = omb_view(words, size);
        words += size + (words[size] == ',');
    }
    return count;
}

static inline void ask(struct asked *asked, const char *by, const char *measures, uint32_t top)
{
    asked->ask = (struct omb_report_ask){
        .by = {asked->by, split(by, asked->by)},
        .measures = {asked->measures, split(measures, asked->measures)},
        .top = top,
    };
}

static inline struct omb_report_run *start(const char *by, const char *measures, uint32_t top)
{
    struct asked asked;
    struct omb_report_plan plan;
    struct omb_report_lens seen = lens();

    ask(&asked, by, measures, top);
    assert_int_equal(omb_report_plan(&asked.ask, &plan, NULL), OMB_OK);
    return omb_report_start(&plan, &seen);
}

static inline void add(struct omb_report_run *run, const struct sample *sample)
{
    assert_int_equal(omb_report_add(run, &sample->row, NULL), OMB_OK);
}

/* The rows as "key,key=value,value; ..." and the totals behind a bar; frees the run. */
static inline void expect(struct omb_report_run *run, const char *words)
{
    struct omb_arena arena;
    struct omb_report report;
    struct omb_buf text = OMB_BUF_INIT;

    omb_arena_init(&arena, 1024 * 1024);
    assert_int_equal(omb_report_finish(run, &arena, &report, NULL), OMB_OK);
    for (size_t i = 0; i < report.rows.count; i++) {
        const struct omb_report_row *row = &report.rows.items[i];

        for (size_t k = 0; k < row->keys.count; k++)
            omb_buf_printf(&text, "%s%.*s", k == 0 ? "" : ",", OMB_VIEW_ARGS(row->keys.items[k]));
        for (size_t v = 0; v < row->values.count; v++)
            omb_buf_printf(&text, "%s%lld", v == 0 ? "=" : ",", (long long)row->values.items[v]);
        omb_buf_add_str(&text, "; ");
    }
    omb_buf_add_str(&text, "|");
    for (size_t i = 0; i < report.totals.count; i++)
        omb_buf_printf(&text, " %lld", (long long)report.totals.items[i]);
    assert_string_equal(omb_buf_str(&text), words);
    omb_buf_free(&text);
    omb_arena_free(&arena);
    omb_report_free(run);
}

#endif
