/*
 * Renewing: records of the own log that mean nothing any more are written again, in a new life of
 * the log, with what this store alone still has of them. Which ones: those that the parent refused,
 * that lost a fork, and that a revocation cut off. Only what this store wrote itself: a record that
 * came home from a peer may be a thief's, or a copy's that lives on.
 *
 * The journal is read page by page; what was written again is noted, so nothing is written twice.
 */
#include <string.h>

#include "base/assert.h"
#include "office/desk/renew.h"
#include "office/logs.h"
#include "office/lost.h"
#include "office/post/post.h"
#include "office/post/view.h"
#include "office/restored.h"
#include "office/savepoint.h"
#include "wire/header.h"

enum { WRITTEN_MAX = 200 /* in one page */, REFUSED_MAX = 1000 };

struct line {
    uint32_t number;
    bool aside;
};

/* A record to be written again. */
struct found {
    struct omb_row_at at;
    bool aside, moved;
    bool registers;
    struct omb_case_id case_id; /* that it registers */
};

struct renewal {
    struct omb_step *step;
    struct omb_arena *arena; /* of the answer; each record is written with memory of its own */
    struct omb_aside looking;
    struct line *lines; /* of the own log */
    size_t line_count, line_room;
    bool refused, revoked; /* there is something of it */
    bool replaced; /* some case was registered again */
    struct omb_page_mark cursor;
    size_t seen, limit;
    bool stopped;
    struct found *found;
    size_t found_count;
    struct omb_renewed_case *cases;
    struct omb_left_record *left;
    size_t case_count, left_count;
    uint64_t written;
    struct omb_error *err;
};

/* --- what there is of it --- */

static enum omb_rc take_line(void *arg, const struct omb_log *log)
{
    struct renewal *renewal = arg;

    if (renewal->line_count == renewal->line_room) {
        struct line *lines;

        renewal->line_room = renewal->line_room ? 2 * renewal->line_room : 16;
        lines = OMB_ARENA_NEW(renewal->step->arena, struct line, renewal->line_room);
        if (renewal->line_count > 0)
            memcpy(lines, renewal->lines, renewal->line_count * sizeof(*lines));
        renewal->lines = lines;
    }
    renewal->lines[renewal->line_count++] = (struct line){log->number, log->row.line > 0};
    return OMB_OK;
}

static const struct line *line_of(const struct renewal *renewal, uint32_t number)
{
    for (size_t i = 0; i < renewal->line_count; i++)
        if (renewal->lines[i].number == number)
            return &renewal->lines[i];
    return NULL;
}

static enum omb_rc take_certificate(void *arg, struct omb_view key, struct omb_view value)
{
    struct renewal *renewal = arg;
    struct omb_digest digest;
    const struct omb_office_card *card;

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(digest.bytes, key.data + 1 + OMB_OFFICE_ID_SIZE, sizeof(digest.bytes));
    card = omb_office_card(renewal->step, &digest);
    renewal->revoked |= card && card->revoked;
    return OMB_OK;
}

static enum omb_rc see_any(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    *(bool *)arg = true;
    return OMB_STOP;
}

static enum omb_rc prepare(struct renewal *renewal)
{
    const struct omb_key replaced = omb_key_index(OMB_INDEX_FORMERLY, OMB_VIEW_NONE, NULL);
    struct omb_step *step = renewal->step;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const struct omb_key certificates = omb_key_office(self, NULL);
    const struct omb_key refused = omb_key_refused(NULL);
    enum omb_rc rc = omb_logs_each(step, self, take_line, renewal, renewal->err);

    if (rc == OMB_OK)
        rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, omb_key_view(&certificates), NULL,
                           take_certificate, renewal, renewal->err);
    if (rc == OMB_OK)
        rc = omb_desk_scan(step, OMB_FAMILY_PEER, omb_key_view(&refused), NULL, see_any,
                           &renewal->refused, renewal->err);
    if (rc == OMB_OK)
        rc = omb_desk_scan(step, OMB_FAMILY_INDEX, omb_key_view(&replaced), NULL, see_any,
                           &renewal->replaced, renewal->err);
    return rc;
}

/* --- the new life --- */

struct refused_list {
    struct omb_step *step;
    struct omb_refused_record items[REFUSED_MAX];
    size_t count;
};

static enum omb_rc take_refused_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct refused_list *list = arg;

    (void)key;
    if (omb_decode_refused_record(value, list->step->arena, &list->items[list->count], NULL) !=
        OMB_OK)
        return OMB_DAMAGED;
    return ++list->count < REFUSED_MAX ? OMB_OK : OMB_STOP;
}

/* Whether the parent took it after all: an office above says so. */
static enum omb_rc is_witnessed(struct renewal *renewal, const struct omb_refused_record *refused,
                                bool *out)
{
    const struct omb_witness_seen *seen;
    size_t count;
    struct omb_log log;
    enum omb_rc rc = omb_log_find(renewal->step, &refused->office, &refused->incarnation, 0, &log,
                                  renewal->err);

    *out = false;
    if (rc == OMB_OK)
        rc = omb_post_witnesses(renewal->step, log.number, &seen, &count, renewal->err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        *out |= seen[i].seq >= refused->seq;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

static enum omb_rc forget_witnessed(struct renewal *renewal)
{
    struct omb_step *step = renewal->step;
    const struct omb_key prefix = omb_key_refused(NULL);
    struct refused_list *list = OMB_ARENA_NEW(step->arena, struct refused_list, 1);
    enum omb_rc rc;

    list->step = step;
    rc = omb_desk_scan(step, OMB_FAMILY_PEER, omb_key_view(&prefix), NULL, take_refused_row, list,
                       renewal->err);
    for (size_t i = 0; rc == OMB_OK && i < list->count; i++) {
        const struct omb_refused_record *refused = &list->items[i];
        const struct omb_key key = omb_key_refused(&refused->digest);
        bool witnessed = false;

        rc = is_witnessed(renewal, refused, &witnessed);
        if (witnessed)
            omb_delete(omb_step_writes(step), OMB_FAMILY_PEER, omb_key_view(&key));
    }
    return rc;
}

/* The newest record of this life that an office above holds; where none does, the one before it. */
static enum omb_rc last_taken(struct renewal *renewal, struct omb_digest *out)
{
    struct omb_step *step = renewal->step;
    const struct omb_tip *tip = omb_office_tip(step->office);
    const struct omb_witness_seen *seen;
    struct omb_opened record;
    uint64_t newest = 0;
    size_t count;
    enum omb_rc rc = omb_post_witnesses(step, tip->number, &seen, &count, renewal->err);

    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        newest = seen[i].seq > newest ? seen[i].seq : newest;
    if (rc == OMB_OK)
        rc = omb_desk_open(step, tip->number, newest > 0 ? newest : 1, &record, renewal->err);
    if (rc == OMB_OK)
        *out = newest > 0 ? record.digest : record.header.prev;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/*
 * The life goes on from the last record that the parent took: what follows there are stragglers.
 * Its first record is written at once, so that the next greeting tells of it.
 */
static enum omb_rc open_life(struct renewal *renewal)
{
    struct omb_step *step = renewal->step;
    struct omb_tip *tip = omb_office_tip(step->office);
    struct omb_digest before = tip->prev;
    enum omb_rc rc = forget_witnessed(renewal);

    if (rc == OMB_OK && omb_office_self(step->office)->depth > 0 && tip->seq > 0)
        rc = last_taken(renewal, &before);
    tip->must_open = true;
    if (rc == OMB_OK)
        rc = omb_log_ready(step, renewal->err);
    if (rc != OMB_OK)
        return rc;
    omb_vault_escrow_secrets_again(step);
    tip->prev = before;
    omb_tip_touch(step);
    omb_post_dial_now(step); /* it may have been kept out for the life that ends here */
    return omb_vault_escrow(step, renewal->err);
}

/* --- which --- */

static enum omb_rc is_refused(struct omb_step *step, const struct omb_digest *digest, bool *out)
{
    const struct omb_key key = omb_key_refused(digest);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    omb_buf_free(&value);
    *out = rc == OMB_OK;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* What was done on a case that is registered again, in this page or before, goes along with it. */
static enum omb_rc is_moved(struct renewal *renewal, const struct omb_opened *record, bool *out)
{
    const struct omb_case_id *id = record->header.case_id;
    struct omb_case_id now;
    enum omb_rc rc;

    if (id == NULL || omb_opened_tag(record) == OMB_EVENT_REGISTERED)
        return OMB_OK;
    for (size_t i = 0; i < renewal->found_count; i++)
        *out |= renewal->found[i].registers && !renewal->found[i].aside &&
                omb_case_id_equal(&renewal->found[i].case_id, id);
    if (*out || !renewal->replaced)
        return OMB_OK;
    rc = omb_renewed_case(&renewal->looking.step, id, &now, renewal->err);
    *out = rc == OMB_OK;
    return rc == OMB_NOT_FOUND || rc == OMB_LIMIT ? OMB_OK : rc;
}

/* Escrow keys are of a life: the new one opens its own. */
static enum omb_rc is_due(struct renewal *renewal, const struct line *line,
                          const struct omb_opened *record, bool *out, bool *out_moved)
{
    struct omb_step *step = &renewal->looking.step;
    const struct omb_header *header = &record->header;
    struct omb_row_at at;
    enum omb_rc rc = omb_renewed_as(step, &record->digest, &at, renewal->err);

    *out = false;
    if (rc != OMB_NOT_FOUND)
        return rc;
    if (omb_opened_tag(record) == OMB_EVENT_ESCROW_OPENED)
        return OMB_OK;
    *out = line->aside || (renewal->revoked &&
                           omb_office_cut_off(step, &header->key, &header->incarnation,
                                              header->seq, &record->digest));
    if (!*out && renewal->refused && is_refused(step, &record->digest, out) != OMB_OK)
        return omb_fail(renewal->err, OMB_IO, NULL, "the refused records cannot be read");
    if (*out)
        return OMB_OK;
    rc = is_moved(renewal, record, out_moved);
    *out = *out_moved;
    return rc;
}

static enum omb_rc look_at(struct renewal *renewal, const struct line *line,
                           const struct omb_row_at *at)
{
    struct omb_opened record;
    bool due = false, moved = false;
    struct found *found;
    enum omb_rc rc =
        omb_desk_open(&renewal->looking.step, at->number, at->seq, &record, renewal->err);

    if (rc == OMB_OK)
        rc = is_due(renewal, line, &record, &due, &moved);
    if (rc != OMB_OK || !due)
        return rc;
    found = &renewal->found[renewal->found_count++];
    *found = (struct found){.at = *at, .aside = line->aside, .moved = moved};
    found->registers = omb_opened_tag(&record) == OMB_EVENT_REGISTERED;
    if (found->registers)
        found->case_id = *record.header.case_id;
    return OMB_OK;
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct renewal *renewal = arg;
    const struct line *line;
    struct omb_row_at at;
    bool from_above;
    enum omb_rc rc = OMB_OK;

    if (!omb_read_journal(value, &at.number, &at.seq, &from_above))
        return OMB_DAMAGED;
    line = from_above ? NULL : line_of(renewal, at.number);
    if (line && (line->aside || renewal->refused || renewal->revoked || renewal->replaced))
        rc = look_at(renewal, line, &at);
    omb_arena_reset(&renewal->looking.arena);
    if (rc != OMB_OK)
        return rc;
    omb_page_mark_set(&renewal->cursor, key);
    if (++renewal->seen < OMB_SCAN_MAX && renewal->found_count < renewal->limit)
        return OMB_OK;
    renewal->stopped = true;
    return OMB_STOP;
}

static enum omb_rc find(struct renewal *renewal)
{
    const struct omb_key after = renewal->cursor.after;
    enum omb_rc rc;

    renewal->found = OMB_ARENA_NEW(renewal->step->arena, struct found, renewal->limit);
    omb_aside_begin(&renewal->looking, renewal->step);
    rc = omb_desk_scan(&renewal->looking.step, OMB_FAMILY_JOURNAL, OMB_VIEW_NONE, &after, visit,
                       renewal, renewal->err);
    omb_aside_end(&renewal->looking);
    return rc;
}

/* --- writing --- */

static struct omb_view number_of(const struct renewal *renewal, const struct omb_case_id *id)
{
    return id ? omb_arena_copy(renewal->arena, omb_act_number(renewal->step, id)) : OMB_VIEW_NONE;
}

/* While words are withheld it may only be too early: it is told of until a later renewal. */
static void leave(struct renewal *renewal, const struct omb_renewing *renewing,
                  const struct omb_error *why)
{
    const struct omb_opened *record = &renewing->record;

    if (renewing->aside && omb_restored_made_at(renewal->step->office) == 0)
        omb_lost_drop(renewal->step, &record->header.incarnation, record->header.seq,
                      &record->digest);
    renewal->left[renewal->left_count++] = (struct omb_left_record){
        .record = omb_desk_hex(renewal->arena, OMB_VIEW_OF(record->digest.bytes)),
        .type = omb_view_str(omb_event_name(omb_opened_tag(record))),
        .number = number_of(renewal, record->header.case_id),
        .why = omb_arena_copy(renewal->arena, omb_view_str(why->words)),
    };
}

static void note_case(struct renewal *renewal, const struct omb_renewing *renewing)
{
    if (omb_opened_tag(&renewing->record) != OMB_EVENT_REGISTERED)
        return;
    renewal->cases[renewal->case_count++] = (struct omb_renewed_case){
        .formerly = number_of(renewal, renewing->record.header.case_id),
        .number = number_of(renewal, &renewing->case_id),
    };
}

static enum omb_rc write_one(struct renewal *renewal, const struct found *found)
{
    struct omb_renewing renewing = {
        .step = renewal->step, .aside = found->aside, .moved = found->moved};
    const struct omb_row_at *at = &found->at;
    struct omb_savepoint before;
    struct omb_error why = {0};
    enum omb_rc rc =
        omb_desk_open(renewal->step, at->number, at->seq, &renewing.record, renewal->err);

    if (rc != OMB_OK)
        return rc;
    omb_step_save(renewal->step, &before);
    rc = omb_renew_write(&renewing, &why);
    if (rc == OMB_OK) {
        renewal->written++;
        note_case(renewal, &renewing);
    } else if (rc == OMB_IO || rc == OMB_DAMAGED) {
        rc = omb_fail(renewal->err, rc, NULL, "%s", why.words);
    } else {
        omb_step_restore(renewal->step, &before);
        leave(renewal, &renewing, &why);
        rc = OMB_OK;
    }
    omb_wipe(&before, sizeof(before));
    return rc;
}

static enum omb_rc write_all(struct renewal *renewal)
{
    const size_t room = renewal->found_count + 1;
    struct omb_arena one;
    enum omb_rc rc = OMB_OK;

    renewal->cases = OMB_ARENA_NEW(renewal->arena, struct omb_renewed_case, room);
    renewal->left = OMB_ARENA_NEW(renewal->arena, struct omb_left_record, room);
    omb_arena_init(&one, SIZE_MAX);
    renewal->step->arena = &one;
    for (size_t i = 0; rc == OMB_OK && i < renewal->found_count; i++) {
        rc = write_one(renewal, &renewal->found[i]);
        omb_arena_reset(&one);
    }
    renewal->step->arena = renewal->arena;
    omb_arena_free(&one);
    return rc;
}

/* --- the request --- */

/* In a new life or not: what a revoked key signs nobody takes. */
static struct omb_views warnings(struct omb_step *step)
{
    const char *why = omb_post_blocked_above(step->office);
    struct omb_lines lines = {.arena = step->arena};
    const struct omb_office_card *card =
        omb_office_card(step, &omb_office_self(step->office)->certificate);

    if (card != NULL && card->revoked)
        omb_lines_add(&lines, "the certificate of this office was revoked: it needs new keys, "
                              "which no renewal makes");
    else if (why != NULL)
        omb_lines_add(&lines, "the office above takes nothing of this one: %s; an office that was "
                              "revoked needs new keys, which no renewal makes", why);
    return omb_lines_views(&lines);
}

static const struct omb_office_renewed *answer(const struct renewal *renewal)
{
    struct omb_arena *arena = renewal->arena;
    struct omb_office_renewed *out = OMB_ARENA_NEW(arena, struct omb_office_renewed, 1);

    *out = (struct omb_office_renewed){
        .incarnation = omb_desk_hex(
            arena, OMB_VIEW_OF(omb_office_tip(renewal->step->office)->incarnation.bytes)),
        .written = renewal->written,
        .cases = {renewal->cases, renewal->case_count},
        .left = {renewal->left, renewal->left_count},
        .warnings = warnings(renewal->step),
    };
    if (renewal->stopped)
        out->cursor = omb_page_mark_print(arena, &renewal->cursor);
    return out;
}

enum omb_rc omb_desk_office_renew(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    const struct omb_office_renew *request = ask;
    struct renewal renewal = {.step = step, .arena = step->arena, .err = err};
    enum omb_rc rc = omb_page_mark_read(request->cursor, 1, &renewal.cursor, err);

    renewal.limit = omb_desk_limit(request->limit, WRITTEN_MAX, WRITTEN_MAX);
    if (rc == OMB_OK && renewal.cursor.after.size == 0)
        rc = open_life(&renewal);
    if (rc == OMB_OK)
        rc = prepare(&renewal);
    if (rc == OMB_OK)
        rc = find(&renewal);
    if (rc == OMB_OK)
        rc = write_all(&renewal);
    if (rc == OMB_OK)
        *out = answer(&renewal);
    return rc;
}
