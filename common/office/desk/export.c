/*
 * All events of the cases that pass a filter, in the order in which they were written here, with
 * their words where this operator may read them. Cases that the operator may not see are left out.
 */
#include "office/desk/act.h"
#include "office/desk/filter.h"
#include "office/desk/view.h"
#include "wire/limits.h"

struct exporting {
    struct omb_step *step;
    struct omb_aside row;  /* the record at hand */
    struct omb_aside kept; /* the case at hand: events of one case often follow each other */
    const struct omb_desk_filter *filter;
    struct omb_casefile file;
    bool has_file;
    bool passes, reads; /* of the case at hand */
    struct omb_exported_event *events;
    size_t count, limit;
    size_t scanned, bytes;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static enum omb_rc take_case(struct exporting *page, const struct omb_case_id *id)
{
    const struct omb_case_id wanted = *id;
    enum omb_rc rc;

    if (page->has_file && omb_case_id_equal(&page->file.id, &wanted))
        return OMB_OK;
    omb_arena_reset(&page->kept.arena);
    page->has_file = false;
    rc = omb_casefile_load(&page->kept.step, &wanted, &page->file, page->err);
    if (rc != OMB_OK)
        return rc;
    page->has_file = true;
    rc = omb_desk_may_see(&page->kept.step, &page->file, NULL);
    if (rc != OMB_OK && rc != OMB_FORBIDDEN)
        return omb_fail(page->err, rc, NULL, "a case's extract cannot be read");
    page->passes =
        rc == OMB_OK && omb_desk_filter_passes(page->filter, &page->file.folded.row);
    page->reads = page->passes && omb_desk_may_read(&page->kept.step, &page->file, NULL);
    return OMB_OK;
}

static void export_event(struct exporting *page, const struct omb_judged *judged)
{
    struct omb_step *step = &page->row.step;
    struct omb_desk_room room = OMB_DESK_ROOM;
    struct omb_event_view view;
    struct omb_exported_event event = {.event = &view};
    struct omb_body body;
    const bool said = page->reads && omb_desk_event_body(step, &page->file, judged->event, &body);

    omb_desk_event_view(step, &page->file, judged, said ? &body : NULL, &room, &view);
    event.number = omb_act_number(step, &page->file.id);
    page->events[page->count++] = *(const struct omb_exported_event *)omb_shape_copy(
        &omb_shape_exported_event, &event, page->step->arena);
    page->bytes += view.text.size + 1024;
}

static enum omb_rc export_record(struct exporting *page, const struct omb_row_at *at)
{
    struct omb_opened record;
    enum omb_rc rc = omb_desk_open(&page->row.step, at->number, at->seq, &record, page->err);

    if (rc != OMB_OK || record.header.case_id == NULL)
        return rc;
    rc = take_case(page, record.header.case_id);
    if (rc != OMB_OK || !page->passes)
        return rc;
    for (size_t i = 0; i < page->file.folded.judged_count; i++) {
        const struct omb_judged *judged = &page->file.folded.judged[i];

        if (omb_digest_equal(&judged->event->digest, &record.digest)) {
            export_event(page, judged);
            break;
        }
    }
    return OMB_OK;
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct exporting *page = arg;
    struct omb_row_at at;
    enum omb_rc rc;

    if (!omb_read_journal(value, &at.number, &at.seq, NULL))
        return omb_fail(page->err, OMB_DAMAGED, NULL, "a row of the journal cannot be read");
    rc = export_record(page, &at);
    omb_arena_reset(&page->row.arena);
    if (rc != OMB_OK)
        return rc;
    omb_page_mark_set(&page->cursor, key);
    if (++page->scanned < OMB_SCAN_MAX && page->count < page->limit &&
        page->bytes < OMB_PAGE_BYTES)
        return OMB_OK;
    page->stopped = true;
    return OMB_STOP;
}

enum omb_rc omb_desk_export_events(struct omb_step *step, const void *ask, const void **out,
                                   struct omb_error *err)
{
    const struct omb_export_events_ask *request = ask;
    struct exporting page = {.step = step, .err = err};
    struct omb_desk_filter *filter;
    struct omb_export_events *answer;
    enum omb_rc rc = omb_desk_filter_new(step, request->filter, &filter, err);

    if (rc == OMB_OK)
        rc = omb_page_mark_read(request->cursor, 1, &page.cursor, err);
    if (rc != OMB_OK)
        return rc;
    page.filter = filter;
    page.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    page.events = OMB_ARENA_NEW(step->arena, struct omb_exported_event, page.limit);
    omb_aside_begin(&page.row, step);
    omb_aside_begin(&page.kept, step);
    rc = omb_desk_scan(step, OMB_FAMILY_JOURNAL, OMB_VIEW_NONE, &page.cursor.after, visit, &page,
                       err);
    omb_aside_end(&page.kept);
    omb_aside_end(&page.row);
    if (rc != OMB_OK)
        return rc;
    answer = OMB_ARENA_NEW(step->arena, struct omb_export_events, 1);
    answer->events.items = page.events;
    answer->events.count = page.count;
    if (page.stopped)
        answer->cursor = omb_page_mark_print(step->arena, &page.cursor);
    *out = answer;
    return OMB_OK;
}
