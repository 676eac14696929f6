/*
 * Verification of logs, page by page: every record by its own proof, its place in the chain and its
 * parts; and the log as a whole: no record less than its row counts, and a head that is the newest.
 * Of another office's log this one may hold a part alone: what never came is told, and no problem.
 */
#include <stdio.h>

#include "office/desk/read.h"

#define OMB_UNSEEN UINT64_MAX

struct verifying {
    struct omb_step *step;
    struct omb_aside aside;
    const struct omb_desk_log *log;
    struct omb_log_verified *answer;
    struct omb_lines problems;
    size_t limit;
    uint64_t expected; /* the next seq, when nothing is missing */
    uint64_t seen;     /* of this log, when it was read from its start; else OMB_UNSEEN */
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static void report_at(struct verifying *page, uint64_t seq, const char *words)
{
    const struct omb_view place = omb_desk_place(&page->aside.step, &page->log->row.office,
                                                 &page->log->row.incarnation, seq);

    omb_lines_add(&page->problems, "%.*s: %s", OMB_VIEW_ARGS(place), words);
}

/* In a log that was held whole a hole is a loss; in one that is held in part it is told. */
static void report_hole(struct verifying *page, uint64_t until)
{
    char words[96];

    if (until == page->expected)
        return;
    if (page->log->row.count < page->log->row.head) {
        page->answer->holes += until - page->expected;
        return;
    }
    (void)snprintf(words, sizeof(words), "missing, with all before %llu",
                   (unsigned long long)until);
    report_at(page, page->expected, until == page->expected + 1 ? "missing" : words);
}

static enum omb_rc verify_one(void *arg, struct omb_view key, struct omb_view value)
{
    struct verifying *page = arg;
    struct omb_error why = {0};
    uint32_t number, parts = 0;
    uint64_t seq;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &number, &seq))
        return omb_fail(page->err, OMB_DAMAGED, NULL, "a record has a key that is none");
    report_hole(page, seq);
    rc = omb_record_verify(&page->aside.step, number, seq, &parts, &why);
    if (rc == OMB_IO)
        return omb_fail(page->err, rc, NULL, "%s", why.words);
    if (rc == OMB_OK) {
        page->answer->proofs++;
        page->answer->parts += parts;
    } else {
        report_at(page, seq, why.words);
    }
    omb_arena_reset(&page->aside.arena);
    page->expected = seq + 1;
    if (page->seen != OMB_UNSEEN)
        page->seen++;
    omb_page_mark_set(&page->cursor, key);
    if (++page->answer->records < page->limit)
        return OMB_OK;
    page->stopped = true;
    return OMB_STOP;
}

/* After its last record: the log's row must say the same. */
static enum omb_rc verify_head(struct verifying *page)
{
    const struct omb_log_row *row = &page->log->row;
    struct omb_opened newest;
    struct omb_error why = {0};
    enum omb_rc rc;

    report_hole(page, row->head + 1 > page->expected ? row->head + 1 : page->expected);
    if (page->seen < row->count && row->count < row->head)
        report_at(page, row->head, "fewer records are here than the log counts");
    if (page->expected > row->head + 1)
        report_at(page, page->expected - 1, "the log has a record beyond its head");
    if (row->head == 0 || page->expected != row->head + 1)
        return OMB_OK;
    rc = omb_desk_open(&page->aside.step, page->log->number, row->head, &newest, &why);
    if (rc == OMB_IO)
        return omb_fail(page->err, rc, NULL, "%s", why.words);
    if (rc == OMB_OK && !omb_digest_equal(&newest.digest, &row->digest))
        report_at(page, row->head, "the log's head names another digest");
    return OMB_OK;
}

static enum omb_rc verify_logs(struct verifying *page, const struct omb_desk_logs *logs)
{
    size_t first;
    uint64_t seq;
    enum omb_rc rc = omb_desk_logs_resume(logs, &page->cursor, &first, &seq, page->err);

    for (size_t i = first; rc == OMB_OK && i < logs->count && !page->stopped; i++) {
        const struct omb_key prefix = omb_key_log(logs->items[i].number);
        const struct omb_key after = omb_key_record(logs->items[i].number, seq);

        page->log = &logs->items[i];
        page->expected = seq + 1;
        page->seen = seq == 0 ? 0 : OMB_UNSEEN;
        rc = omb_desk_scan(page->step, OMB_FAMILY_RECORD, omb_key_view(&prefix), &after,
                           verify_one, page, page->err);
        if (rc == OMB_OK && !page->stopped)
            rc = verify_head(page);
        seq = 0;
    }
    return rc;
}

enum omb_rc omb_desk_log_verify(struct omb_step *step, const void *ask, const void **out,
                                struct omb_error *err)
{
    const struct omb_log_verify_ask *request = ask;
    struct verifying page = {.step = step, .problems = {.arena = step->arena}, .err = err};
    struct omb_desk_logs logs;
    enum omb_rc rc = omb_page_mark_read(request->cursor, 1, &page.cursor, err);

    if (rc == OMB_OK)
        rc = omb_desk_logs_of(step, request->office, &logs, err);
    if (rc != OMB_OK)
        return rc;
    page.limit = omb_desk_limit(request->limit, OMB_VERIFY_MAX, OMB_VERIFY_MAX);
    page.answer = OMB_ARENA_NEW(step->arena, struct omb_log_verified, 1);
    omb_aside_begin(&page.aside, step);
    rc = verify_logs(&page, &logs);
    omb_aside_end(&page.aside);
    if (rc != OMB_OK)
        return rc;
    page.answer->problems = omb_lines_views(&page.problems);
    if (page.stopped)
        page.answer->cursor = omb_page_mark_print(step->arena, &page.cursor);
    *out = page.answer;
    return OMB_OK;
}
