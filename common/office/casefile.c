/*
 * Cases: the records of one, folded; and the rows that are derived from them. Rows can be dropped
 * and made again from the records, the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cases/number.h"
#include "office/inside.h"
#include "office/post/feed.h"

enum { EVENTS_MAX = 20000, FLAGS_MAX = 48, INDEX_MAX = FLAGS_MAX + 8 + OMB_FORMERLY_MAX };

/* --- loading --- */

struct places {
    struct omb_row_at *items;
    size_t count, capacity;
    struct omb_arena *arena;
};

static void add_place(struct places *places, uint32_t number, uint64_t seq)
{
    if (places->count == places->capacity) {
        const size_t capacity = places->capacity ? places->capacity * 2 : 16;
        struct omb_row_at *items = OMB_ARENA_NEW(places->arena, struct omb_row_at, capacity);

        if (places->count > 0)
            memcpy(items, places->items, places->count * sizeof(*items));
        places->items = items;
        places->capacity = capacity;
    }
    places->items[places->count++] = (struct omb_row_at){number, seq};
}

static enum omb_rc take_place(void *arg, struct omb_view key, struct omb_view value)
{
    struct places *places = arg;
    struct omb_case_id id;
    uint32_t number;
    uint64_t seq;

    (void)value;
    if (!omb_key_read_case_log(key, &id, &number, &seq))
        return OMB_DAMAGED;
    if (places->count == EVENTS_MAX)
        return OMB_LIMIT;
    add_place(places, number, seq);
    return OMB_OK;
}

static enum omb_rc fail_full(struct omb_error *err)
{
    return omb_fail(err, OMB_LIMIT, NULL, "a case has at most %d events", EVENTS_MAX);
}

static enum omb_rc find_places(struct omb_step *step, const struct omb_case_id *id,
                               struct places *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_case(id);
    enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_CASE_LOG, omb_key_view(&prefix),
                                          take_place, out);

    if (rc == OMB_LIMIT)
        return fail_full(err);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the records of the case cannot be read");
    if (out->count == 0)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "no record of the case is here");
    return OMB_OK;
}

static const struct omb_seat *seat_of(struct omb_step *step, const struct omb_header *header)
{
    const struct omb_office *office = step->office;
    const struct omb_office_card *card;

    if (memcmp(header->key.bytes, office->key_id.bytes, sizeof(header->key.bytes)) == 0 &&
        omb_office_id_equal(&header->office, &office->self.office))
        return &office->self;
    card = omb_office_card_by_key(step, &header->key);
    if (!card || !card->complete || !omb_office_id_equal(&card->seat.office, &header->office))
        return NULL;
    return &card->seat;
}

static struct omb_event to_event(struct omb_step *step, const struct omb_case_id *id,
                                 const struct omb_header *header, const struct omb_digest *digest,
                                 bool odd)
{
    static const struct omb_facts nothing;
    const bool of_case = header->facts && header->facts->event.tag < OMB_EVENT_POLICY_PUBLISHED;

    return (struct omb_event){
        .digest = *digest,
        .office = header->office,
        .incarnation = header->incarnation,
        .seq = header->seq,
        .seat = seat_of(step, header),
        .actor = header->actor,
        .time_ms = header->time_ms,
        .after = header->after,
        .case_id = *id,
        .facts = of_case ? header->facts : &nothing,
        .odd = odd || !of_case,
        .revoked =
            omb_office_cut_off(step, &header->key, &header->incarnation, header->seq, digest),
        .has_grants = header->grants_size > 0,
    };
}

static enum omb_rc load_event(struct omb_step *step, const struct omb_row_at *at,
                              const struct omb_case_id *id, struct omb_event *out,
                              struct omb_error *err)
{
    struct omb_header header;
    struct omb_digest digest;
    bool odd = false;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, &odd, err);

    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "record %llu of log %u is listed with a case but not in the store",
                        (unsigned long long)at->seq, at->number);
    if (rc == OMB_OK)
        *out = to_event(step, id, &header, &digest, odd);
    return rc;
}

static void fold(struct omb_step *step, struct omb_casefile *file)
{
    const struct omb_seats seats = omb_step_seats(step);

    omb_fold(file->events, file->event_count, step->office->policy, &seats, step->arena,
             &file->folded);
}

enum omb_rc omb_casefile_load(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err)
{
    struct places places = {.arena = step->arena};
    struct omb_casefile file = {.id = *id};
    enum omb_rc rc = find_places(step, id, &places, err);

    if (rc != OMB_OK)
        return rc;
    file.rows = places.items;
    file.event_count = places.count;
    file.events = OMB_ARENA_NEW(step->arena, struct omb_event, places.count);
    for (size_t i = 0; i < places.count; i++) {
        rc = load_event(step, &places.items[i], id, &file.events[i], err);
        if (rc != OMB_OK)
            return rc;
    }
    fold(step, &file);
    *out = file;
    return OMB_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct omb_row_at *x = &((const struct omb_case_record *)a)->at;
    const struct omb_row_at *y = &((const struct omb_case_record *)b)->at;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void omb_casefile_begin(struct omb_step *step, const struct omb_case_id *id,
                        struct omb_case_record *records, size_t count, struct omb_casefile *out)
{
    *out = (struct omb_casefile){.id = *id, .event_count = count, .born = true};
    out->rows = OMB_ARENA_NEW(step->arena, struct omb_row_at, count);
    out->events = OMB_ARENA_NEW(step->arena, struct omb_event, count);
    qsort(records, count, sizeof(*records), by_place);
    for (size_t i = 0; i < count; i++) {
        const struct omb_case_record *record = &records[i];

        out->rows[i] = record->at;
        out->events[i] = to_event(step, id, record->header, &record->digest, record->odd);
    }
    fold(step, out);
}

/* --- writing --- */

/* What decoding the record would give. */
static struct omb_event event_of(struct omb_step *step, const struct omb_draft *draft,
                                 const struct omb_appended *record)
{
    const struct omb_office *office = step->office;
    struct omb_facts *facts = OMB_ARENA_NEW(step->arena, struct omb_facts, 1);

    *facts = *draft->facts;
    return (struct omb_event){
        .digest = record->digest,
        .office = office->self.office,
        .incarnation = office->tip.incarnation,
        .seq = record->seq,
        .seat = &office->self,
        .actor = draft->actor,
        .time_ms = office->tip.time_ms,
        .after = draft->after,
        .case_id = *draft->case_id,
        .facts = facts,
        .revoked = omb_office_cut_off(step, &office->key_id, &office->tip.incarnation,
                                      record->seq, &record->digest),
        .has_grants = omb_draft_grants(draft),
    };
}

static void add_fresh(struct omb_step *step, struct omb_casefile *file, struct omb_row_at row)
{
    const size_t count = file->fresh_count;
    struct omb_row_at *fresh = OMB_ARENA_NEW(step->arena, struct omb_row_at, count + 1);

    if (count > 0)
        memcpy(fresh, file->fresh, count * sizeof(*fresh));
    fresh[count] = row;
    file->fresh = fresh;
    file->fresh_count = count + 1;
}

static void add_event(struct omb_step *step, struct omb_casefile *file,
                      const struct omb_event *event, struct omb_row_at row)
{
    const size_t count = file->event_count;
    struct omb_event *events = OMB_ARENA_NEW(step->arena, struct omb_event, count + 1);
    struct omb_row_at *rows = OMB_ARENA_NEW(step->arena, struct omb_row_at, count + 1);

    if (count > 0) {
        memcpy(events, file->events, count * sizeof(*events));
        memcpy(rows, file->rows, count * sizeof(*rows));
    }
    events[count] = *event;
    rows[count] = row;
    file->events = events;
    file->rows = rows;
    file->event_count = count + 1;
    add_fresh(step, file, row);
}

enum omb_rc omb_casefile_write(struct omb_step *step, const struct omb_draft *draft,
                               struct omb_casefile *file, struct omb_appended *out,
                               struct omb_error *err)
{
    struct omb_draft whole = *draft;
    struct omb_event event;
    enum omb_rc rc;

    if (file->event_count == EVENTS_MAX)
        return fail_full(err);
    whole.erased = file->folded.row.erased;
    rc = omb_append(step, &whole, out, err);
    if (rc != OMB_OK)
        return rc;
    if (file->event_count == 0) {
        file->id = *draft->case_id;
        file->born = true;
    }
    event = event_of(step, draft, out);
    add_event(step, file, &event, (struct omb_row_at){out->number, out->seq});
    fold(step, file);
    return OMB_OK;
}

/* --- the row --- */

enum omb_rc omb_case_row_read(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_case_row *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_case(id);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_CASE, omb_key_view(&key), &value);

    if (rc == OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "there is no such case here");
    else if (rc != OMB_OK)
        rc = omb_fail(err, rc, NULL, "the row of the case cannot be read");
    else if (omb_decode_case_row(omb_buf_view(&value), step->arena, out, NULL) != OMB_OK)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the row of the case is damaged");
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_case_is_erased(struct omb_step *step, const struct omb_case_id *id, bool *out,
                               struct omb_error *err)
{
    struct omb_case_row row;
    struct omb_error why = {0};
    const enum omb_rc rc = omb_case_row_read(step, id, &row, &why);

    *out = rc == OMB_OK && row.erased;
    if (rc == OMB_OK || rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (err)
        *err = why;
    return rc;
}

/* --- index rows --- */

enum omb_rc omb_casefile_reference(struct omb_step *step, const struct omb_casefile *file,
                                   struct omb_view *out, struct omb_error *err)
{
    const struct omb_event *registered = file->folded.registered;
    const struct omb_registered *facts =
        registered ? OMB_AS(registered, registered->facts->event) : NULL;
    struct omb_extract extract = {0};
    enum omb_rc rc;

    *out = OMB_VIEW_NONE;
    if (!facts || !facts->imported)
        return OMB_OK;
    for (size_t i = 0; i < file->event_count; i++) {
        if (!omb_digest_equal(&file->events[i].digest, &registered->digest))
            continue;
        rc = omb_vault_extract(step, &file->rows[i], &extract);
        if (rc == OMB_NOT_FOUND)
            return OMB_OK;
        if (rc != OMB_OK)
            return omb_fail(err, rc, NULL, "an extract of the case cannot be read");
        break;
    }
    if (extract.reference.size > 0)
        *out = omb_arena_printf(step->arena, "%.*s/%.*s", OMB_VIEW_ARGS(facts->imported->source),
                                OMB_VIEW_ARGS(extract.reference));
    return OMB_OK;
}

/* The date by which the client was promised an answer, while it is owed; 0: none. */
static int64_t due_of(const struct omb_case_row *row)
{
    if (!omb_view_is(row->status, "open") && !omb_view_is(row->status, "resolved"))
        return 0;
    for (size_t i = 0; i < row->deadlines.count; i++) {
        const struct omb_deadline_row *deadline = &row->deadlines.items[i];

        if (omb_view_is(deadline->code, "decision") && deadline->met_at == 0)
            return deadline->due;
    }
    return 0;
}

static void index_one(const struct omb_case_row *row, enum omb_index_kind kind,
                      struct omb_view value, void (*fn)(void *arg, struct omb_view key), void *arg)
{
    struct omb_key key;

    if (value.size == 0)
        return;
    key = omb_key_index(kind, value, row->case_id);
    fn(arg, omb_key_view(&key));
}

/* Without check characters. Empty while no certificate of home is here: who is it? */
static struct omb_view number_of(struct omb_step *step, const struct omb_case_id *id)
{
    if (!omb_office_id_equal(&id->home, &step->office->self.office) &&
        omb_office_newest(step, &id->home) == NULL)
        return OMB_VIEW_NONE;
    return omb_arena_printf(step->arena, "%.*s-%u-%llu",
                            OMB_VIEW_ARGS(omb_office_code_of(step, &id->home)), id->year,
                            (unsigned long long)id->serial);
}

void omb_casefile_index(struct omb_step *step, const struct omb_case_row *row,
                        struct omb_view reference, void (*fn)(void *arg, struct omb_view key),
                        void *arg)
{
    const int64_t due_ms = due_of(row);
    uint8_t due[8];

    index_one(row, OMB_INDEX_NUMBER, number_of(step, row->case_id), fn, arg);
    for (size_t i = 0; i < row->formerly.count && i < OMB_FORMERLY_MAX; i++)
        index_one(row, OMB_INDEX_FORMERLY, number_of(step, &row->formerly.items[i]), fn, arg);
    index_one(row, OMB_INDEX_STATUS, row->status, fn, arg);
    for (size_t i = 0; i < row->flags.count && i < FLAGS_MAX; i++)
        index_one(row, OMB_INDEX_FLAG, row->flags.items[i], fn, arg);
    if (due_ms > 0) {
        omb_put_be64(due, (uint64_t)due_ms);
        index_one(row, OMB_INDEX_DUE, OMB_VIEW_OF(due), fn, arg);
    }
    if (!row->erased)
        index_one(row, OMB_INDEX_REFERENCE, reference, fn, arg);
}

struct index_keys {
    struct omb_view items[INDEX_MAX];
    size_t count;
    struct omb_arena *arena;
};

static void take_key(void *arg, struct omb_view key)
{
    struct index_keys *keys = arg;

    OMB_ASSERT(keys->count < INDEX_MAX);
    keys->items[keys->count++] = omb_arena_copy(keys->arena, key);
}

static bool holds(const struct index_keys *keys, struct omb_view key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (omb_view_equal(keys->items[i], key))
            return true;
    return false;
}

/* Of a case from a link the extract and home's certificate may come after its first row. */
static void put_late(struct omb_step *step, const struct omb_case_row *row,
                     enum omb_index_kind kind, struct omb_view value)
{
    struct omb_key key;

    if (!step->source || value.size == 0)
        return;
    key = omb_key_index(kind, value, row->case_id);
    omb_put(step->update->writes, OMB_FAMILY_INDEX, omb_key_view(&key), OMB_VIEW_NONE);
}

/* Puts what is new, deletes what is no more. */
static void move_index(struct omb_step *step, const struct omb_case_row *old,
                       const struct omb_case_row *row, struct omb_view reference)
{
    struct omb_writes *writes = step->update->writes;
    struct index_keys was = {.arena = step->arena}, is = {.arena = step->arena};

    if (old)
        omb_casefile_index(step, old, reference, take_key, &was);
    omb_casefile_index(step, row, reference, take_key, &is);
    for (size_t i = 0; i < was.count; i++)
        if (!holds(&is, was.items[i]))
            omb_delete(writes, OMB_FAMILY_INDEX, was.items[i]);
    for (size_t i = 0; i < is.count; i++)
        if (!holds(&was, is.items[i]))
            omb_put(writes, OMB_FAMILY_INDEX, is.items[i], OMB_VIEW_NONE);
}

/* --- saving --- */

/* The row as it was before; NULL in *out when there is none. */
static enum omb_rc read_old(struct omb_step *step, const struct omb_casefile *file,
                            const struct omb_case_row **out, struct omb_error *err)
{
    struct omb_case_row *old;
    enum omb_rc rc;

    *out = NULL;
    if (file->born)
        return OMB_OK;
    old = OMB_ARENA_NEW(step->arena, struct omb_case_row, 1);
    rc = omb_case_row_read(step, &file->id, old, err);
    if (rc == OMB_OK)
        *out = old;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

static void put_row(struct omb_step *step, const struct omb_casefile *file)
{
    const struct omb_key key = omb_key_case(&file->id);
    struct omb_buf *value = &step->update->row;

    omb_buf_clear(value);
    omb_encode_case_row(&file->folded.row, value);
    omb_put(step->update->writes, OMB_FAMILY_CASE, omb_key_view(&key), omb_buf_view(value));
}

enum omb_rc omb_casefile_save(struct omb_step *step, struct omb_casefile *file,
                              struct omb_error *err)
{
    const struct omb_case_row *old, *row = &file->folded.row;
    struct omb_view reference;
    int64_t due;
    enum omb_rc rc = omb_duty_case(step, file, err);

    due = due_of(row);
    if (rc == OMB_OK)
        rc = read_old(step, file, &old, err);
    if (rc == OMB_OK)
        rc = omb_casefile_reference(step, file, &reference, err);
    if (rc != OMB_OK)
        return rc;
    move_index(step, old, row, reference);
    put_late(step, row, OMB_INDEX_NUMBER, number_of(step, row->case_id));
    if (!row->erased)
        put_late(step, row, OMB_INDEX_REFERENCE, reference);
    put_row(step, file);
    if (row->erased && !(old && old->erased)) {
        omb_casefile_drop_parts(step, file);
        rc = omb_aside_erase(step, &file->id, err);
    } else if (!row->erased && old && old->erased) {
        rc = omb_casefile_want_parts(step, file, err);
    }
    if (rc != OMB_OK)
        return rc;
    if (!old)
        step->office->tip.cases++;
    step->update->dirty = true;
    if (due > 0 && due > step->office->looked_ms)
        omb_wake_at(step, due);
    rc = omb_feed_case(step, file, err);
    file->fresh_count = 0;
    return rc;
}

struct reference_search {
    const struct omb_case_id *id;
    struct index_keys *found;
};

static enum omb_rc take_reference(void *arg, struct omb_view key, struct omb_view value)
{
    const struct reference_search *search = arg;
    const struct omb_key id = omb_key_case(search->id);

    (void)value;
    if (key.size < id.size ||
        memcmp(key.data + key.size - id.size, id.bytes, id.size) != 0)
        return OMB_OK;
    take_key(search->found, key);
    return OMB_STOP;
}

/* The extract that told its reference is gone: the row is looked for. */
static enum omb_rc find_reference(struct omb_step *step, const struct omb_case_row *row,
                                  struct index_keys *found)
{
    struct reference_search search = {row->case_id, found};
    const struct omb_key prefix = omb_key_index(OMB_INDEX_REFERENCE, OMB_VIEW_NONE, NULL);

    return !row->imported ? OMB_OK
                          : omb_port_scan_prefix(step->port, OMB_FAMILY_INDEX,
                                                 omb_key_view(&prefix), take_reference, &search);
}

enum omb_rc omb_casefile_drop(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_error *err)
{
    const struct omb_key key = omb_key_case(id);
    struct index_keys was = {.arena = step->arena};
    struct omb_case_row row;
    enum omb_rc rc = omb_case_row_read(step, id, &row, err);

    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    omb_casefile_index(step, &row, OMB_VIEW_NONE, take_key, &was);
    rc = find_reference(step, &row, &was);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the indexes of the store cannot be read");
    for (size_t i = 0; i < was.count; i++)
        omb_delete(step->update->writes, OMB_FAMILY_INDEX, was.items[i]);
    omb_delete(step->update->writes, OMB_FAMILY_CASE, omb_key_view(&key));
    step->office->tip.cases--;
    step->update->dirty = true;
    return OMB_OK;
}
