/*
 * Quarantine: authentic records that are kept without effect, because a rule speaks against them or
 * because this version does not understand them. Of cases those are found by the flag of the case,
 * or in cases that wait for their registration; of offices by looking at each record.
 */
#include <string.h>

#include "base/assert.h"
#include "office/desk/act.h"
#include "office/desk/inspect.h"
#include "wire/header.h"
#include "wire/limits.h"

/* In this order, each from its own cursor. */
enum stage { FLAGGED, WAITING, OF_OFFICES, STAGE_COUNT };

struct listing {
    struct omb_step *step;
    struct omb_aside aside;
    struct omb_quarantined_record *records;
    size_t count, room;
    size_t limit;
    size_t scanned;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static void add(struct listing *list, const struct omb_quarantined_record *record)
{
    if (list->count == list->room) {
        struct omb_quarantined_record *records;

        list->room = list->room ? 2 * list->room : 64;
        records = OMB_ARENA_NEW(list->step->arena, struct omb_quarantined_record, list->room);
        if (list->count > 0)
            memcpy(records, list->records, list->count * sizeof(*records));
        list->records = records;
    }
    list->records[list->count++] = *(const struct omb_quarantined_record *)omb_shape_copy(
        &omb_shape_quarantined_record, record, list->step->arena);
}

static enum omb_rc go_on(struct listing *list, struct omb_view key)
{
    omb_page_mark_set(&list->cursor, key);
    omb_arena_reset(&list->aside.arena);
    if (++list->scanned < OMB_SCAN_MAX && list->count < list->limit)
        return OMB_OK;
    list->stopped = true;
    return OMB_STOP;
}

/* --- cases --- */

static void add_judged(struct listing *list, const struct omb_case_id *id,
                       const struct omb_judged *judged)
{
    struct omb_step *step = &list->aside.step;
    const struct omb_event *event = judged->event;
    char why[OMB_LINE_MAX / 2];

    omb_judged_words(judged, why, sizeof(why));
    add(list, &(struct omb_quarantined_record){
                  .record = omb_desk_hex(step->arena, OMB_VIEW_OF(event->digest.bytes)),
                  .office = omb_office_code_of(step, &event->office),
                  .type = omb_view_str(omb_event_name(event->facts->event.tag)),
                  .number = omb_act_number(step, id),
                  .at = event->time_ms,
                  .why = omb_view_str(why),
              });
}

/* A case that an index row leads to; the cursor is the case. */
static enum omb_rc visit_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct listing *list = arg;
    struct omb_casefile file;
    struct omb_view case_key;
    struct omb_case_id id;
    enum omb_rc rc;

    (void)value;
    OMB_ASSERT(key.size > OMB_CASE_KEY_SIZE);
    case_key = omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE);
    if (!omb_key_read_case(case_key, &id))
        return omb_fail(list->err, OMB_DAMAGED, NULL, "an index row names no case");
    rc = omb_casefile_load(&list->aside.step, &id, &file, list->err);
    for (size_t i = 0; rc == OMB_OK && i < file.folded.judged_count; i++) {
        if (omb_verdict_is_quarantine(file.folded.judged[i].verdict))
            add_judged(list, &id, &file.folded.judged[i]);
    }
    return rc == OMB_OK ? go_on(list, case_key) : rc;
}

static enum omb_rc walk_cases(struct listing *list, enum omb_index_kind kind, const char *word)
{
    const struct omb_key prefix = omb_key_index(kind, omb_view_str(word), NULL);
    struct omb_key after = {.size = 0};

    if (list->cursor.after.size > 0) {
        if (list->cursor.after.size != OMB_CASE_KEY_SIZE)
            return omb_fail(list->err, OMB_INVALID, "cursor", "not a cursor of this list");
        after = prefix;
        memcpy(after.bytes + after.size, list->cursor.after.bytes, OMB_CASE_KEY_SIZE);
        after.size += OMB_CASE_KEY_SIZE;
    }
    return omb_desk_scan(list->step, OMB_FAMILY_INDEX, omb_key_view(&prefix), &after, visit_case,
                         list, list->err);
}

/* --- events of offices --- */

static enum omb_rc visit_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct listing *list = arg;
    struct omb_step *step = &list->aside.step;
    struct omb_opened record;
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &number, &seq))
        return omb_fail(list->err, OMB_DAMAGED, NULL, "a record has a key that is none");
    rc = omb_desk_open(step, number, seq, &record, list->err);
    if (rc != OMB_OK)
        return rc;
    if (record.header.case_id == NULL && (record.odd || omb_opened_tag(&record) == 0))
        add(list, &(struct omb_quarantined_record){
                      .record = omb_desk_hex(step->arena, OMB_VIEW_OF(record.digest.bytes)),
                      .office = omb_office_code_of(step, &record.header.office),
                      .type = omb_view_str(omb_event_name(omb_opened_tag(&record))),
                      .at = record.header.time_ms,
                      .why = OMB_VIEW_LIT("holds something that this version does not understand"),
                  });
    return go_on(list, key);
}

static enum omb_rc walk_records(struct listing *list)
{
    if (list->cursor.after.size > 0 && list->cursor.after.size != 12)
        return omb_fail(list->err, OMB_INVALID, "cursor", "not a cursor of this list");
    return omb_desk_scan(list->step, OMB_FAMILY_RECORD, OMB_VIEW_NONE, &list->cursor.after,
                         visit_record, list, list->err);
}

static enum omb_rc walk_stage(struct listing *list)
{
    switch ((enum stage)list->cursor.stage) {
    case FLAGGED:
        return walk_cases(list, OMB_INDEX_FLAG, "quarantined");
    case WAITING:
        return walk_cases(list, OMB_INDEX_STATUS, omb_status_name(OMB_STATUS_WAITING));
    case OF_OFFICES:
        return walk_records(list);
    case STAGE_COUNT:
        break;
    }
    return OMB_OK;
}

static enum omb_rc walk(struct listing *list)
{
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && list->cursor.stage < STAGE_COUNT) {
        rc = walk_stage(list);
        if (rc != OMB_OK || list->stopped)
            return rc;
        list->cursor.stage++;
        list->cursor.after.size = 0;
    }
    return rc;
}

enum omb_rc omb_desk_log_quarantine(struct omb_step *step, const void *ask, const void **out,
                                    struct omb_error *err)
{
    const struct omb_quarantine_ask *request = ask;
    struct listing list = {.step = step, .err = err};
    struct omb_quarantine *answer;
    enum omb_rc rc = omb_page_mark_read(request->cursor, STAGE_COUNT, &list.cursor, err);

    if (rc != OMB_OK)
        return rc;
    list.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    omb_aside_begin(&list.aside, step);
    rc = walk(&list);
    omb_aside_end(&list.aside);
    if (rc != OMB_OK)
        return rc;
    answer = OMB_ARENA_NEW(step->arena, struct omb_quarantine, 1);
    answer->records.items = list.records;
    answer->records.count = list.count;
    if (list.stopped)
        answer->cursor = omb_page_mark_print(step->arena, &list.cursor);
    *out = answer;
    return OMB_OK;
}

/* --- how many, by where they came from --- */

#define COUNTED_MAX 256 /* cases folded to count: links are looked at often */

struct counting {
    struct omb_step *step;
    struct omb_aside aside;
    bool (*counts)(enum omb_verdict verdict);
    omb_flagged_fn *fn;
    void *arg;
    size_t cases;
    struct omb_error *err;
};

static enum omb_rc count_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct counting *count = arg;
    struct omb_casefile file;
    struct omb_case_id id;
    enum omb_rc rc;

    (void)value;
    if (key.size < OMB_CASE_KEY_SIZE ||
        !omb_key_read_case(omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE),
                           &id))
        return omb_fail(count->err, OMB_DAMAGED, NULL, "an index row names no case");
    rc = omb_casefile_load(&count->aside.step, &id, &file, count->err);
    for (size_t i = 0; rc == OMB_OK && i < file.folded.judged_count; i++) {
        if (count->counts(file.folded.judged[i].verdict))
            count->fn(count->arg, file.folded.judged[i].event);
    }
    omb_arena_reset(&count->aside.arena);
    return rc != OMB_OK || ++count->cases < COUNTED_MAX ? rc : OMB_STOP;
}

static bool is_superseded(enum omb_verdict verdict)
{
    return verdict == OMB_VERDICT_SUPERSEDED;
}

enum omb_rc omb_desk_flagged_each(struct omb_step *step, enum omb_flagged which,
                                  omb_flagged_fn *fn, void *arg, struct omb_error *err)
{
    static const struct {
        const char *flag;
        bool (*counts)(enum omb_verdict verdict);
    } kinds[] = {
        [OMB_FLAGGED_QUARANTINED] = {"quarantined", omb_verdict_is_quarantine},
        [OMB_FLAGGED_SUPERSEDED] = {"superseded", is_superseded},
    };
    const struct omb_key prefix =
        omb_key_index(OMB_INDEX_FLAG, omb_view_str(kinds[which].flag), NULL);
    struct counting count = {
        .step = step, .counts = kinds[which].counts, .fn = fn, .arg = arg, .err = err};
    enum omb_rc rc;

    omb_aside_begin(&count.aside, step);
    rc = omb_desk_scan(step, OMB_FAMILY_INDEX, omb_key_view(&prefix), NULL, count_case, &count,
                       err);
    omb_aside_end(&count.aside);
    return rc;
}
