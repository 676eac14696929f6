/*
 * Logs: which there are, and their records one by one. The log of an office is all its lives in
 * order; a line that lost a fork is kept as evidence and shown nowhere here.
 */
#include <stdlib.h>
#include <string.h>

#include "office/desk/act.h"
#include "office/desk/read.h"
#include "wire/header.h"
#include "wire/limits.h"

/* --- logs in order --- */

struct gathering {
    struct omb_step *step;
    const struct omb_office_id *office; /* NULL: all */
    struct omb_desk_logs *logs;
    size_t room;
    struct omb_error *err;
};

static enum omb_rc gather(void *arg, struct omb_view key, struct omb_view value)
{
    struct gathering *all = arg;
    struct omb_desk_log log;

    if (key.size != 4 ||
        omb_decode_log_row(value, all->step->arena, &log.row, NULL) != OMB_OK)
        return omb_fail(all->err, OMB_DAMAGED, NULL, "the row of a log cannot be read");
    log.number = omb_be32(key.data);
    if (log.row.line != 0 ||
        (all->office != NULL && !omb_office_id_equal(&log.row.office, all->office)))
        return OMB_OK;
    if (all->logs->count == all->room) {
        struct omb_desk_log *items;

        all->room = all->room ? 2 * all->room : 16;
        items = OMB_ARENA_NEW(all->step->arena, struct omb_desk_log, all->room);
        if (all->logs->count > 0)
            memcpy(items, all->logs->items, all->logs->count * sizeof(*items));
        all->logs->items = items;
    }
    all->logs->items[all->logs->count++] = log;
    return OMB_OK;
}

static int by_life(const void *a, const void *b)
{
    const struct omb_desk_log *first = a, *second = b;
    const int order = OMB_ID_COMPARE(&first->row.office, &second->row.office);

    return order ? order : OMB_ID_COMPARE(&first->row.incarnation, &second->row.incarnation);
}

enum omb_rc omb_desk_logs_of(struct omb_step *step, struct omb_view code,
                             struct omb_desk_logs *out, struct omb_error *err)
{
    struct omb_desk_logs logs = {0};
    struct gathering all = {.step = step, .logs = &logs, .err = err};
    struct omb_office_ref ref;
    enum omb_rc rc = OMB_OK;

    if (code.size) {
        rc = omb_desk_office(step, code, "office", &ref, err);
        all.office = &ref.office;
    }
    if (rc == OMB_OK)
        rc = omb_desk_scan(step, OMB_FAMILY_LOG, OMB_VIEW_NONE, NULL, gather, &all, err);
    if (rc != OMB_OK)
        return rc;
    if (logs.count > 0)
        qsort(logs.items, logs.count, sizeof(*logs.items), by_life);
    *out = logs;
    return OMB_OK;
}

enum omb_rc omb_desk_logs_resume(const struct omb_desk_logs *logs,
                                 const struct omb_page_mark *cursor, size_t *out_first,
                                 uint64_t *out_seq, struct omb_error *err)
{
    uint32_t number;
    uint64_t seq;

    if (cursor->after.size == 0) {
        *out_first = 0;
        *out_seq = 0;
        return OMB_OK;
    }
    if (omb_key_read_record(omb_key_view(&cursor->after), &number, &seq)) {
        for (size_t i = 0; i < logs->count; i++) {
            if (logs->items[i].number != number)
                continue;
            *out_first = i;
            *out_seq = seq;
            return OMB_OK;
        }
    }
    return omb_fail(err, OMB_INVALID, "cursor", "not a cursor of this log");
}

enum omb_rc omb_desk_logs_walk(struct omb_step *step, const struct omb_desk_logs *logs,
                               const struct omb_page_mark *cursor, const bool *stopped,
                               omb_row_fn *visit, void *arg, struct omb_error *err)
{
    size_t first;
    uint64_t seq;
    enum omb_rc rc = omb_desk_logs_resume(logs, cursor, &first, &seq, err);

    for (size_t i = first; rc == OMB_OK && i < logs->count && !*stopped; i++) {
        const struct omb_key prefix = omb_key_log(logs->items[i].number);
        const struct omb_key after = omb_key_record(logs->items[i].number, seq);

        rc = omb_desk_scan(step, OMB_FAMILY_RECORD, omb_key_view(&prefix), &after, visit, arg,
                           err);
        seq = 0;
    }
    return rc;
}

/* --- log list --- */

enum omb_rc omb_desk_log_list(struct omb_step *step, const void *ask, const void **out,
                              struct omb_error *err)
{
    struct omb_log_list *answer = OMB_ARENA_NEW(step->arena, struct omb_log_list, 1);
    struct omb_desk_logs logs;
    struct omb_log_view *views;
    enum omb_rc rc = omb_desk_logs_of(step, OMB_VIEW_NONE, &logs, err);

    (void)ask;
    if (rc != OMB_OK)
        return rc;
    views = OMB_ARENA_NEW(step->arena, struct omb_log_view, logs.count);
    for (size_t i = 0; i < logs.count; i++) {
        const struct omb_log_row *row = &logs.items[i].row;

        views[i] = (struct omb_log_view){
            .office = omb_office_code_of(step, &row->office),
            .incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(row->incarnation.bytes)),
            .head = row->head,
            .digest = omb_desk_hex(step->arena, OMB_VIEW_OF(row->digest.bytes)),
            .newest_at = row->newest_at,
            .records = row->count,
        };
    }
    answer->logs.items = views;
    answer->logs.count = logs.count;
    *out = answer;
    return OMB_OK;
}

/* --- log show --- */

/* "body, grants absent": the parts that the header names, and which of them are not here. */
static struct omb_view parts_words(struct omb_step *step, const struct omb_opened *record,
                                   bool erased)
{
    const struct {
        const char *name;
        enum omb_part_kind kind;
        const struct omb_digest *digest;
    } parts[] = {
        {"body", OMB_PART_BODY, &record->header.body_digest},
        {"grants", OMB_PART_GRANTS, &record->header.grants_digest},
        {"extract", OMB_PART_EXTRACT, &record->header.extract_digest},
    };
    struct omb_buf words = OMB_BUF_INIT;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view said;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (omb_digest_none(parts[i].digest))
            continue;
        omb_buf_printf(&words, "%s%s", words.size ? ", " : "", parts[i].name);
        if (omb_desk_part(step, &record->at, parts[i].kind, &bytes) != OMB_OK)
            omb_buf_add_str(&words, erased ? " erased" : " absent");
    }
    said = omb_arena_copy(step->arena, omb_buf_view(&words));
    omb_buf_free(&bytes);
    omb_buf_free(&words);
    return said;
}

/* Where that cannot be read a part is told as absent. */
static bool is_erased(struct omb_step *step, const struct omb_case_id *id)
{
    bool erased;

    return id != NULL && omb_case_is_erased(step, id, &erased, NULL) == OMB_OK && erased;
}

void omb_desk_log_entry(struct omb_step *step, const struct omb_opened *record,
                        struct omb_log_entry *out)
{
    const struct omb_header *header = &record->header;

    *out = (struct omb_log_entry){
        .office = omb_office_code_of(step, &header->office),
        .incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(header->incarnation.bytes)),
        .seq = header->seq,
        .digest = omb_desk_hex(step->arena, OMB_VIEW_OF(record->digest.bytes)),
        .type = omb_view_str(omb_event_name(omb_opened_tag(record))),
        .actor = omb_desk_actor(step, &header->office, header->actor),
        .at = header->time_ms,
        .size = (uint32_t)record->stored.header.size + header->body_size + header->grants_size +
                header->extract_size,
        .parts = parts_words(step, record, is_erased(step, header->case_id)),
    };
    if (header->case_id != NULL)
        out->case_number = omb_act_number(step, header->case_id);
}

struct leafing {
    struct omb_step *step;
    struct omb_aside aside;
    struct omb_log_entry *entries;
    size_t count, limit;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static enum omb_rc leaf(void *arg, struct omb_view key, struct omb_view value)
{
    struct leafing *page = arg;
    struct omb_log_entry entry;
    struct omb_opened record;
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &number, &seq))
        return omb_fail(page->err, OMB_DAMAGED, NULL, "a record has a key that is none");
    rc = omb_desk_open(&page->aside.step, number, seq, &record, page->err);
    if (rc != OMB_OK)
        return rc;
    omb_desk_log_entry(&page->aside.step, &record, &entry);
    page->entries[page->count++] = *(const struct omb_log_entry *)omb_shape_copy(
        &omb_shape_log_entry, &entry, page->step->arena);
    omb_arena_reset(&page->aside.arena);
    omb_page_mark_set(&page->cursor, key);
    if (page->count < page->limit)
        return OMB_OK;
    page->stopped = true;
    return OMB_STOP;
}

enum omb_rc omb_desk_log_show(struct omb_step *step, const void *ask, const void **out,
                              struct omb_error *err)
{
    const struct omb_log_show_ask *request = ask;
    struct leafing page = {.step = step, .err = err};
    struct omb_log_show *answer;
    struct omb_desk_logs logs;
    enum omb_rc rc = omb_page_mark_read(request->cursor, 1, &page.cursor, err);

    if (rc == OMB_OK)
        rc = omb_desk_logs_of(step,
                              request->office.size ? request->office
                                                   : omb_office_self_code(step->office),
                              &logs, err);
    if (rc != OMB_OK)
        return rc;
    page.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    page.entries = OMB_ARENA_NEW(step->arena, struct omb_log_entry, page.limit);
    omb_aside_begin(&page.aside, step);
    rc = omb_desk_logs_walk(step, &logs, &page.cursor, &page.stopped, leaf, &page, err);
    omb_aside_end(&page.aside);
    if (rc != OMB_OK)
        return rc;
    answer = OMB_ARENA_NEW(step->arena, struct omb_log_show, 1);
    answer->records.items = page.entries;
    answer->records.count = page.count;
    if (page.stopped)
        answer->cursor = omb_page_mark_print(step->arena, &page.cursor);
    *out = answer;
    return OMB_OK;
}
