/*
 * Logs by number, and records by digest: what every reader of another office's records goes
 * through.
 */
#include "office/logs.h"

#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "wire/header.h"

static bool is_newest_own(const struct omb_step *step, const struct omb_office_id *office,
                          const struct omb_incarnation *incarnation, uint32_t line)
{
    const struct omb_tip *tip = &step->office->tip;

    return line == 0 && tip->seq > 0 && omb_office_id_equal(office, &step->office->self.office) &&
           omb_incarnation_equal(incarnation, &tip->incarnation);
}

static void from_tip(const struct omb_step *step, struct omb_log *out)
{
    const struct omb_tip *tip = &step->office->tip;

    *out = (struct omb_log){
        .number = tip->number,
        .row = {.office = step->office->self.office,
                .incarnation = tip->incarnation,
                .head = tip->seq,
                .digest = tip->prev,
                .newest_at = tip->time_ms,
                .count = tip->seq},
    };
}

static enum omb_rc read_row(struct omb_step *step, uint32_t number, struct omb_log_row *out,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_log(number);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_LOG, omb_key_view(&key), &value);

    if (rc == OMB_OK && omb_decode_log_row(omb_buf_view(&value), step->arena, out, NULL) != OMB_OK)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the row of log %u is damaged", number);
    else if (rc == OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "there is no log %u", number);
    else if (rc != OMB_OK)
        rc = omb_fail(err, rc, NULL, "the row of log %u cannot be read", number);
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_log_by_number(struct omb_step *step, uint32_t number, struct omb_log *out,
                              struct omb_error *err)
{
    struct omb_log log = {.number = number};
    enum omb_rc rc;

    if (step->office->tip.seq > 0 && number == step->office->tip.number) {
        from_tip(step, out);
        return OMB_OK;
    }
    rc = read_row(step, number, &log.row, err);
    if (rc == OMB_OK)
        *out = log;
    return rc;
}

/* The number that stands for a life and line; OMB_NOT_FOUND. */
static enum omb_rc read_number(struct omb_step *step, const struct omb_key *key, uint32_t *out,
                               struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(key), &value);

    if (rc == OMB_OK && value.size != 4)
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row that names a log is damaged");
    else if (rc == OMB_OK)
        *out = omb_be32(value.data);
    else if (rc != OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "the rows that name logs cannot be read");
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_log_find(struct omb_step *step, const struct omb_office_id *office,
                         const struct omb_incarnation *incarnation, uint32_t line,
                         struct omb_log *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_life(office, incarnation, line);
    uint32_t number = 0;
    enum omb_rc rc;

    if (is_newest_own(step, office, incarnation, line)) {
        from_tip(step, out);
        return OMB_OK;
    }
    rc = read_number(step, &key, &number, err);
    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, rc, NULL, "no record of that life is here");
    return rc == OMB_OK ? omb_log_by_number(step, number, out, err) : rc;
}

enum omb_rc omb_log_make(struct omb_step *step, const struct omb_office_id *office,
                         const struct omb_incarnation *incarnation, uint32_t line,
                         struct omb_log *out, struct omb_error *err)
{
    struct omb_tip *tip = &step->office->tip;
    const enum omb_rc rc = omb_log_find(step, office, incarnation, line, out, err);

    if (rc != OMB_NOT_FOUND)
        return rc;
    if (tip->next_number == UINT32_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the store has used up its numbers of logs");
    *out = (struct omb_log){
        .number = tip->next_number++,
        .row = {.office = *office, .incarnation = *incarnation, .line = line},
    };
    step->update->dirty = true;
    return OMB_OK;
}

void omb_log_put_name(struct omb_writes *writes, const struct omb_office_id *office,
                      const struct omb_incarnation *incarnation, uint32_t line, uint32_t number)
{
    const struct omb_key key = omb_key_life(office, incarnation, line);
    uint8_t value[4];

    omb_put_be32(value, number);
    omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_OF(value));
}

void omb_log_put(struct omb_step *step, const struct omb_log *log)
{
    const struct omb_log_row *row = &log->row;
    const struct omb_key key = omb_key_log(log->number);
    struct omb_buf *value = &step->update->row;

    OMB_ASSERT(log->number != step->office->tip.number || step->office->tip.seq == 0);
    OMB_ASSERT(row->count > 0 && row->head >= row->count);
    omb_buf_clear(value);
    omb_encode_log_row(row, value);
    omb_put(step->update->writes, OMB_FAMILY_LOG, omb_key_view(&key), omb_buf_view(value));
    omb_log_put_name(step->update->writes, &row->office, &row->incarnation, row->line,
                     log->number);
}

void omb_log_drop(struct omb_step *step, const struct omb_log *log)
{
    const struct omb_log_row *row = &log->row;
    const struct omb_key key = omb_key_log(log->number);
    const struct omb_key name = omb_key_life(&row->office, &row->incarnation, row->line);

    omb_delete(step->update->writes, OMB_FAMILY_LOG, omb_key_view(&key));
    omb_delete(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&name));
}

/* --- all of an office --- */

struct numbers {
    struct omb_arena *arena;
    uint32_t *items;
    size_t count, room;
};

static enum omb_rc take_number(void *arg, struct omb_view key, struct omb_view value)
{
    struct numbers *numbers = arg;

    (void)key;
    if (value.size != 4)
        return OMB_DAMAGED;
    if (numbers->count == numbers->room) {
        uint32_t *items;

        numbers->room = numbers->room ? 2 * numbers->room : 16;
        items = OMB_ARENA_NEW(numbers->arena, uint32_t, numbers->room);
        if (numbers->count > 0)
            memcpy(items, numbers->items, numbers->count * sizeof(*items));
        numbers->items = items;
    }
    numbers->items[numbers->count++] = omb_be32(value.data);
    return OMB_OK;
}

enum omb_rc omb_logs_each(struct omb_step *step, const struct omb_office_id *office,
                          omb_log_fn *fn, void *arg, struct omb_error *err)
{
    static const uint8_t all[] = {'L'};
    struct numbers numbers = {.arena = step->arena};
    struct omb_key prefix;
    enum omb_rc rc;

    if (office)
        prefix = omb_key_life(office, NULL, 0);
    /* Gathered first: whoever is shown a log may write. */
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE,
                              office ? omb_key_view(&prefix) : OMB_VIEW_OF(all), take_number,
                              &numbers);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows that name logs cannot be read");
    for (size_t i = 0; i < numbers.count; i++) {
        struct omb_log log;

        rc = omb_log_by_number(step, numbers.items[i], &log, err);
        if (rc == OMB_NOT_FOUND)
            return omb_fail(err, OMB_DAMAGED, NULL, "log %u has a name but no row",
                            numbers.items[i]);
        if (rc == OMB_OK)
            rc = fn(arg, &log);
        if (rc != OMB_OK)
            return rc == OMB_STOP ? OMB_OK : rc;
    }
    return OMB_OK;
}

/* Behind every line of the life that these bytes name. */
static struct omb_key behind_life(struct omb_view life)
{
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    struct omb_key key;

    OMB_ASSERT(life.size == sizeof(office.bytes) + sizeof(incarnation.bytes));
    memcpy(office.bytes, life.data, sizeof(office.bytes));
    memcpy(incarnation.bytes, life.data + sizeof(office.bytes), sizeof(incarnation.bytes));
    key = omb_key_life(&office, &incarnation, UINT32_MAX);
    key.bytes[key.size++] = 0;
    return key;
}

struct naming {
    struct omb_key last; /* row that was seen */
    uint32_t numbers[256];
    size_t count;
};

static enum omb_rc take_name(void *arg, struct omb_view key, struct omb_view value)
{
    struct naming *naming = arg;

    if (value.size != 4 || key.size > OMB_KEY_MAX)
        return OMB_DAMAGED;
    memcpy(naming->last.bytes, key.data, key.size);
    naming->last.size = key.size;
    naming->numbers[naming->count++] = omb_be32(value.data);
    return naming->count < 256 ? OMB_OK : OMB_STOP;
}

static enum omb_rc show(struct omb_step *step, uint32_t number, omb_log_fn *fn, void *arg,
                        struct omb_error *err)
{
    struct omb_log log;
    const enum omb_rc rc = omb_log_by_number(step, number, &log, err);

    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_DAMAGED, NULL, "log %u has a name but no row", number);
    return rc == OMB_OK ? fn(arg, &log) : rc;
}

enum omb_rc omb_logs_between(struct omb_step *step, struct omb_view after, struct omb_view until,
                             omb_log_fn *fn, void *arg, struct omb_error *err)
{
    struct omb_key from = {.bytes = {'L'}, .size = 1};
    struct omb_key end = {.bytes = {'L' + 1}, .size = 1};
    struct naming *naming = OMB_ARENA_NEW(step->arena, struct naming, 1);
    enum omb_rc rc;

    if (after.size > 0)
        from = behind_life(after);
    if (until.size > 0)
        end = behind_life(until);
    do {
        naming->count = 0;
        rc = omb_port_scan(step->port, OMB_FAMILY_OFFICE, omb_key_view(&from), omb_key_view(&end),
                           false, take_name, naming);
        if (rc != OMB_OK)
            return omb_fail(err, rc, NULL, "the rows that name logs cannot be read");
        for (size_t i = 0; i < naming->count; i++) {
            rc = show(step, naming->numbers[i], fn, arg, err);
            if (rc != OMB_OK)
                return rc == OMB_STOP ? OMB_OK : rc;
        }
        from = naming->last;
        from.bytes[from.size++] = 0;
    } while (naming->count == 256);
    return OMB_OK;
}

static enum omb_rc see_later(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    *(bool *)arg = true;
    return OMB_STOP;
}

enum omb_rc omb_log_has_later(struct omb_step *step, const struct omb_office_id *office,
                              const struct omb_incarnation *than, bool *out, struct omb_error *err)
{
    struct omb_key from = omb_key_life(office, than, UINT32_MAX), until = from;
    enum omb_rc rc;

    from.bytes[from.size++] = 0;
    memset(until.bytes + 1 + OMB_OFFICE_ID_SIZE, 0xff, OMB_INCARNATION_SIZE);
    *out = false;
    rc = omb_port_scan(step->port, OMB_FAMILY_OFFICE, omb_key_view(&from), omb_key_view(&until),
                       false, see_later, out);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the rows that name logs cannot be read");
}

/* --- records --- */

enum omb_rc omb_record_place(struct omb_step *step, const struct omb_digest *digest,
                             struct omb_row_at *out)
{
    const struct omb_key key = omb_key_digest(digest);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_DIGEST, omb_key_view(&key), &value);

    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &out->number, &out->seq))
        rc = OMB_DAMAGED;
    omb_buf_free(&value);
    return rc;
}

static enum omb_rc read_part(struct omb_step *step, const struct omb_row_at *at,
                             enum omb_part_kind kind, const struct omb_digest *digest,
                             struct omb_view *out, uint32_t *missing, struct omb_error *err)
{
    const struct omb_key key = omb_key_part(at->number, at->seq, kind);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    if (omb_digest_none(digest))
        return OMB_OK;
    rc = omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&key), &value);
    if (rc == OMB_OK) {
        *out = omb_arena_copy(step->arena, omb_buf_view(&value));
    } else if (rc == OMB_NOT_FOUND) {
        *missing |= (uint32_t)kind;
        rc = OMB_OK;
    } else {
        rc = omb_fail(err, rc, NULL, "a part of record %llu of log %u cannot be read",
                      (unsigned long long)at->seq, at->number);
    }
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_record_whole(struct omb_step *step, const struct omb_row_at *at,
                             struct omb_record *out, struct omb_header *out_header,
                             uint32_t *out_missing_parts, struct omb_error *err)
{
    struct omb_stored_record stored;
    struct omb_record record = {0};
    struct omb_header header;
    uint32_t missing = 0;
    bool odd;
    enum omb_rc rc = omb_record_read(step, at->number, at->seq, &stored, &header, &odd, err);

    if (rc != OMB_OK)
        return rc;
    record.header = stored.header;
    record.proof = stored.proof;
    rc = read_part(step, at, OMB_PART_BODY, &header.body_digest, &record.body, &missing, err);
    if (rc == OMB_OK)
        rc = read_part(step, at, OMB_PART_GRANTS, &header.grants_digest, &record.grants, &missing,
                       err);
    if (rc == OMB_OK)
        rc = read_part(step, at, OMB_PART_EXTRACT, &header.extract_digest, &record.extract,
                       &missing, err);
    if (rc != OMB_OK)
        return rc;
    *out = record;
    *out_header = header;
    *out_missing_parts = missing;
    return OMB_OK;
}

/* --- records that follow each other --- */

struct run {
    struct omb_step *step;
    struct omb_row_at first;
    size_t most, bytes;
    struct omb_whole *items;
    size_t count, size;
};

static enum omb_rc take_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct run *run = arg;
    struct omb_whole *whole = &run->items[run->count];
    struct omb_stored_record stored;
    uint32_t number;
    uint64_t seq;
    bool odd;

    if (!omb_key_read_record(key, &number, &seq) ||
        omb_decode_stored_record(value, run->step->arena, &stored, NULL) != OMB_OK ||
        omb_header_decode(stored.header, run->step->arena, &whole->header, &odd, NULL) != OMB_OK ||
        whole->header.seq != seq)
        return OMB_DAMAGED;
    if (seq != run->first.seq + run->count) /* there is none */
        return OMB_STOP;
    whole->record = (struct omb_record){.header = stored.header, .proof = stored.proof};
    whole->missing = 0;
    run->size += stored.header.size + whole->header.body_size + whole->header.grants_size +
                 whole->header.extract_size;
    return ++run->count == run->most || run->size >= run->bytes ? OMB_STOP : OMB_OK;
}

static enum omb_rc take_part(void *arg, struct omb_view key, struct omb_view value)
{
    const struct run *run = arg;
    struct omb_record *record;
    struct omb_view part;
    uint64_t seq;

    if (key.size != 13)
        return OMB_DAMAGED;
    seq = omb_be64(key.data + 4);
    if (seq < run->first.seq || seq - run->first.seq >= run->count)
        return OMB_DAMAGED;
    record = &run->items[seq - run->first.seq].record;
    part = omb_arena_copy(run->step->arena, value);
    if (key.data[12] == OMB_PART_BODY)
        record->body = part;
    else if (key.data[12] == OMB_PART_GRANTS)
        record->grants = part;
    else if (key.data[12] == OMB_PART_EXTRACT)
        record->extract = part;
    return OMB_OK;
}

/* A part that the header does not name is none of the record's. */
static void match_part(const struct omb_digest *named, struct omb_view *part,
                       enum omb_part_kind kind, uint32_t *missing)
{
    if (omb_digest_none(named))
        *part = OMB_VIEW_NONE;
    else if (!part->data)
        *missing |= (uint32_t)kind;
}

static void match_parts(struct omb_whole *whole)
{
    const struct omb_header *header = &whole->header;

    match_part(&header->body_digest, &whole->record.body, OMB_PART_BODY, &whole->missing);
    match_part(&header->grants_digest, &whole->record.grants, OMB_PART_GRANTS, &whole->missing);
    match_part(&header->extract_digest, &whole->record.extract, OMB_PART_EXTRACT,
               &whole->missing);
}

enum omb_rc omb_record_run(struct omb_step *step, const struct omb_row_at *first, size_t most,
                           size_t bytes, struct omb_whole *out, size_t *out_count,
                           struct omb_error *err)
{
    struct run run = {.step = step, .first = *first, .most = most, .bytes = bytes, .items = out};
    struct omb_key from = omb_key_record(first->number, first->seq);
    struct omb_key until = omb_key_record(first->number, first->seq + most);
    enum omb_rc rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from),
                                   omb_key_view(&until), false, take_record, &run);

    if (rc == OMB_OK && run.count == 0)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "there is no record %llu in log %u",
                        (unsigned long long)first->seq, first->number);
    until = omb_key_record(first->number, first->seq + run.count);
    if (rc == OMB_OK)
        rc = omb_port_scan(step->port, OMB_FAMILY_PART, omb_key_view(&from), omb_key_view(&until),
                           false, take_part, &run);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "records of log %u from %llu on cannot be read",
                        first->number, (unsigned long long)first->seq);
    for (size_t i = 0; i < run.count; i++)
        match_parts(&out[i]);
    *out_count = run.count;
    return OMB_OK;
}
