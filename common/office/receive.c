/*
 * The inbound door: an intake from its beginning to its end, and what is kept of a record.
 */
#include "office/receive.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "office/receive_inside.h"

struct omb_intake *omb_intake_begin(struct omb_step *step, const struct omb_office_id *from,
                                    bool from_above)
{
    struct omb_intake *intake = OMB_ARENA_NEW(step->arena, struct omb_intake, 1);

    *intake = (struct omb_intake){
        .step = step,
        .from = *from,
        .from_above = from_above,
        .source_before = step->source,
        .outer = step->intake,
    };
    step->source = &intake->from;
    step->intake = intake;
    return intake;
}

/* --- the log that records come for --- */

void omb_intake_flush(struct omb_intake *intake)
{
    if (intake->log_moved)
        omb_log_put(intake->step, &intake->log);
    intake->log_set = intake->log_moved = intake->log_forked = intake->log_aside = false;
}

static enum omb_rc see_fork(void *arg, struct omb_view key, struct omb_view value)
{
    bool *found = arg;

    (void)key;
    (void)value;
    *found = true;
    return OMB_STOP;
}

enum omb_rc omb_intake_log(struct omb_intake *intake, const struct omb_office_id *office,
                           const struct omb_incarnation *incarnation, struct omb_error *err)
{
    const struct omb_key forks = omb_key_fork(office, incarnation, 0);
    const struct omb_key aside = omb_key_life(office, incarnation, 1);
    const struct omb_key behind = omb_key_life(office, incarnation, UINT32_MAX);
    struct omb_step *step = intake->step;
    enum omb_rc rc;

    if (intake->log_set && omb_office_id_equal(&intake->log.row.office, office) &&
        omb_incarnation_equal(&intake->log.row.incarnation, incarnation))
        return OMB_OK;
    omb_intake_flush(intake);
    rc = omb_log_find(step, office, incarnation, 0, &intake->log, err);
    if (rc == OMB_NOT_FOUND) { /* it gets a number with its first record */
        intake->log = (struct omb_log){.row = {.office = *office, .incarnation = *incarnation}};
        rc = OMB_OK;
    }
    if (rc == OMB_OK)
        rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&forks), see_fork,
                                  &intake->log_forked);
    if (rc == OMB_OK)
        rc = omb_port_scan(step->port, OMB_FAMILY_OFFICE, omb_key_view(&aside),
                           omb_key_view(&behind), false, see_fork, &intake->log_aside);
    intake->log_set = rc == OMB_OK;
    return rc;
}

/* --- rows --- */

void omb_put_stored(struct omb_step *step, const struct omb_row_at *at,
                    const struct omb_stored_record *stored, const struct omb_digest *digest)
{
    struct omb_writes *writes = step->update->writes;
    const struct omb_key key = omb_key_record(at->number, at->seq);
    const struct omb_key by_digest = omb_key_digest(digest);
    struct omb_buf *row = &step->update->row;
    uint8_t place[12];

    omb_buf_clear(row);
    omb_encode_stored_record(stored, row);
    omb_put(writes, OMB_FAMILY_RECORD, omb_key_view(&key), omb_buf_view(row));
    omb_put_place(place, at->number, at->seq);
    omb_put(writes, OMB_FAMILY_DIGEST, omb_key_view(&by_digest), OMB_VIEW_OF(place));
}

uint64_t omb_journal_put(struct omb_step *step, const struct omb_row_at *at, bool from_above)
{
    struct omb_update *update = step->update;
    struct omb_tip *tip = &step->office->tip;
    const struct omb_key key = omb_key_journal(++tip->journal);

    omb_buf_clear(&update->row);
    omb_put_journal(&update->row, at->number, at->seq, from_above);
    omb_put(update->writes, OMB_FAMILY_JOURNAL, omb_key_view(&key), omb_buf_view(&update->row));
    update->dirty = true;
    return tip->journal;
}

uint32_t omb_parts_named(const struct omb_header *header)
{
    uint32_t parts = 0;

    if (header->body_size > 0)
        parts |= OMB_PART_BODY;
    if (header->grants_size > 0)
        parts |= OMB_PART_GRANTS;
    if (header->extract_size > 0)
        parts |= OMB_PART_EXTRACT;
    return parts;
}

void omb_put_missing(struct omb_step *step, const struct omb_digest *digest,
                     const struct omb_office_id *office, uint32_t parts)
{
    const struct omb_missing_row row = {*office, parts, step->input->now_ms};
    const struct omb_key key = omb_key_missing(digest);
    struct omb_buf *value = &step->update->row;

    if (parts == 0) {
        omb_delete(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key));
        return;
    }
    omb_buf_clear(value);
    omb_encode_missing_row(&row, value);
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), omb_buf_view(value));
}

static struct omb_view part_of(const struct omb_held_parts *held, enum omb_part_kind kind)
{
    switch (kind) {
    case OMB_PART_BODY:
        return held->body;
    case OMB_PART_GRANTS:
        return held->grants;
    case OMB_PART_EXTRACT:
        return held->extract;
    }
    return OMB_VIEW_NONE;
}

/* The parts that came; what the header names beyond them is listed as missing. */
static void put_parts(struct omb_step *step, const struct omb_held_parts *held)
{
    uint32_t missing = omb_parts_named(held->header);

    for (size_t i = 0; i < OMB_PART_KINDS; i++) {
        const struct omb_key key = omb_key_part(held->at.number, held->at.seq, omb_part_kinds[i]);
        const struct omb_view part = part_of(held, omb_part_kinds[i]);

        if (part.size == 0)
            continue;
        omb_put(step->update->writes, OMB_FAMILY_PART, omb_key_view(&key), part);
        missing &= ~(uint32_t)omb_part_kinds[i];
    }
    if (missing != 0)
        omb_put_missing(step, &held->digest, &held->header->office, missing);
}

/* --- one record --- */

enum omb_rc omb_refuse(struct omb_judging *judging, const struct omb_error *why)
{
    struct omb_receipt *receipt = judging->receipt;

    receipt->kind = OMB_RECEIPT_REFUSED;
    snprintf(receipt->words, sizeof(receipt->words), "%.199s", why->words);
    return OMB_STOP;
}

static struct omb_held_parts held_of(const struct omb_judging *judging)
{
    return (struct omb_held_parts){
        .at = judging->receipt->at,
        .header = &judging->header,
        .digest = judging->digest,
        .body = judging->record->body,
        .grants = judging->record->grants,
        .extract = judging->record->extract,
    };
}

/* Parts of a case's record wait for its fold; the judging lives in the step's arena. */
static void hold_parts(struct omb_judging *judging, struct omb_touched *touched)
{
    struct omb_held_parts *held;

    if (omb_parts_named(&judging->header) == 0)
        return;
    held = OMB_ARENA_NEW(judging->step->arena, struct omb_held_parts, 1);
    *held = held_of(judging);
    held->next = touched->parts;
    touched->parts = held;
}

enum omb_rc omb_intake_hold_parts(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;
    const enum omb_rc rc = omb_check_parts(judging);

    if (rc != OMB_OK)
        return rc;
    omb_put_missing(judging->step, &judging->digest, &header->office, 0);
    hold_parts(judging, omb_intake_touch(judging->intake, header->case_id, NULL));
    return OMB_STOP;
}

static void keep_in_case(struct omb_judging *judging)
{
    const struct omb_row_at *at = &judging->receipt->at;
    const struct omb_case_id *id = judging->header.case_id;
    const struct omb_key key = omb_key_case_log(id, at->number, at->seq);
    const struct omb_case_record record = {*at, &judging->header, judging->digest, judging->odd};
    struct omb_touched *touched = omb_intake_touch(judging->intake, id, &record);

    if (judging->header.facts && judging->header.facts->event.tag == OMB_EVENT_REGISTERED)
        touched->registered = true;
    omb_put(judging->step->update->writes, OMB_FAMILY_CASE_LOG, omb_key_view(&key), OMB_VIEW_NONE);
    hold_parts(judging, touched);
}

static enum omb_rc keep_of_office(struct omb_judging *judging)
{
    const struct omb_receipt *receipt = judging->receipt;
    const struct omb_held_parts held = held_of(judging);
    enum omb_rc rc;

    put_parts(judging->step, &held);
    omb_intake_flush(judging->intake);
    rc = omb_learn(judging->step, &judging->header, &receipt->at, &judging->digest, judging->err);
    if (rc == OMB_OK)
        rc = omb_feed_event(judging->step, &judging->header, &receipt->at, judging->err);
    return rc;
}

static void move_log(struct omb_log_row *row, const struct omb_judging *judging)
{
    row->count++;
    if (judging->header.seq < row->head)
        return;
    row->head = judging->header.seq;
    row->digest = judging->digest;
    row->newest_at = judging->header.time_ms;
}

/* What this store had lost, or another copy of it wrote. */
static enum omb_rc come_home(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;

    judging->intake->came_home = true;
    return header->facts && header->facts->event.tag == OMB_EVENT_REGISTERED && header->case_id
               ? omb_case_came_home(judging->step, header->case_id, judging->err)
               : OMB_OK;
}

/* Line 0 is free at its place: the record is new here and stands. */
static enum omb_rc keep(struct omb_judging *judging)
{
    struct omb_intake *intake = judging->intake;
    struct omb_step *step = judging->step;
    struct omb_receipt *receipt = judging->receipt;
    const struct omb_stored_record stored = {judging->record->header, judging->record->proof};
    struct omb_log *log = &intake->log;
    uint64_t position;
    enum omb_rc rc;

    if (log->row.count == 0) {
        const struct omb_log_row row = log->row;

        rc = omb_log_make(step, &row.office, &row.incarnation, 0, log, judging->err);
        if (rc != OMB_OK)
            return rc;
    }
    receipt->kind = OMB_RECEIPT_NEW;
    receipt->at = (struct omb_row_at){log->number, judging->header.seq};
    if (omb_office_id_equal(&log->row.office, &step->office->self.office)) {
        rc = come_home(judging);
        if (rc != OMB_OK)
            return rc;
    }
    move_log(&log->row, judging);
    intake->log_moved = true;
    omb_put_stored(step, &receipt->at, &stored, &judging->digest);
    position = omb_journal_put(step, &receipt->at, intake->from_above);
    step->office->tip.records++;
    omb_ring_for(step, judging->header.facts, judging->header.case_id != NULL, position);
    if (!judging->header.case_id)
        return keep_of_office(judging);
    keep_in_case(judging);
    return OMB_OK;
}

enum omb_rc omb_intake_take(struct omb_intake *intake, const struct omb_record *record,
                            uint32_t missing, bool holes, struct omb_receipt *out,
                            struct omb_error *err)
{
    struct omb_judging *judging = OMB_ARENA_NEW(intake->step->arena, struct omb_judging, 1);
    enum omb_rc rc;

    *out = (struct omb_receipt){.kind = OMB_RECEIPT_REFUSED};
    *judging = (struct omb_judging){
        .intake = intake,
        .step = intake->step,
        .record = record,
        .missing = missing,
        .holes = holes,
        .receipt = out,
        .err = err,
    };
    rc = omb_check_form(judging);
    if (rc == OMB_OK)
        rc = omb_check_known(judging);
    if (rc == OMB_OK)
        rc = omb_check_signer(judging);
    if (rc == OMB_OK)
        rc = omb_check_parts(judging);
    if (rc == OMB_OK)
        rc = omb_check_place(judging);
    if (rc == OMB_OK)
        rc = keep(judging);
    return rc == OMB_STOP ? OMB_OK : rc;
}

/* --- the end --- */

/* Nobody asks for the parts of an erased case. */
static void want_nothing(struct omb_step *step, const struct omb_casefile *file)
{
    for (size_t i = 0; i < file->event_count; i++)
        omb_put_missing(step, &file->events[i].digest, &file->events[i].office, 0);
}

/*
 * Whether the case is new here: nothing of it needs to be read, which most of what comes up a link
 * is. A case of which there are records has a row.
 */
static enum omb_rc is_new(const struct omb_intake *intake, const struct omb_touched *touched,
                          bool *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_case(&touched->id);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    *out = false;
    if (!touched->registered || intake->moved)
        return OMB_OK;
    rc = omb_port_get(intake->step->port, OMB_FAMILY_CASE, omb_key_view(&key), &value);
    omb_buf_free(&value);
    *out = rc == OMB_NOT_FOUND;
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(err, rc, NULL, "the row of a case cannot be read");
}

static enum omb_rc load_case(const struct omb_intake *intake, const struct omb_touched *touched,
                             struct omb_casefile *out, struct omb_error *err)
{
    struct omb_step *step = intake->step;
    struct omb_row_at *fresh;
    bool born;
    enum omb_rc rc = is_new(intake, touched, &born, err);

    if (rc == OMB_OK && born)
        omb_casefile_begin(step, &touched->id, touched->fresh, touched->fresh_count, out);
    else if (rc == OMB_OK)
        rc = omb_casefile_load(step, &touched->id, out, err);
    if (rc != OMB_OK || touched->fresh_count == 0)
        return rc;
    fresh = OMB_ARENA_NEW(step->arena, struct omb_row_at, touched->fresh_count);
    for (size_t i = 0; i < touched->fresh_count; i++)
        fresh[i] = touched->fresh[i].at;
    out->fresh = fresh;
    out->fresh_count = touched->fresh_count;
    return OMB_OK;
}

/*
 * More records than a case can have are kept and forwarded; they mean nothing, and the case stays
 * as it was.
 */
static enum omb_rc end_case(const struct omb_intake *intake, const struct omb_touched *touched,
                            struct omb_error *err)
{
    struct omb_step *step = intake->step;
    struct omb_casefile file;
    enum omb_rc rc = load_case(intake, touched, &file, err);
    bool erased;

    if (rc == OMB_NOT_FOUND)
        return omb_casefile_drop(step, &touched->id, err);
    if (rc == OMB_LIMIT) {
        for (const struct omb_held_parts *held = touched->parts; held; held = held->next)
            put_parts(step, held);
        return OMB_OK;
    }
    if (rc != OMB_OK)
        return rc;
    erased = file.folded.row.erased;
    for (const struct omb_held_parts *held = touched->parts; held && !erased; held = held->next)
        put_parts(step, held);
    if (erased)
        want_nothing(step, &file);
    else
        rc = omb_vault_take_grants(step, &file, err);
    return rc == OMB_OK ? omb_casefile_save(step, &file, err) : rc;
}

static enum omb_rc end_cases(struct omb_intake *intake, struct omb_error *err)
{
    struct omb_step *step = intake->step;
    struct omb_arena *arena = step->arena, one;
    enum omb_rc rc = OMB_OK;

    omb_arena_init(&one, SIZE_MAX);
    step->arena = &one;
    for (size_t i = 0; rc == OMB_OK && i < intake->case_count; i++) {
        rc = end_case(intake, intake->cases[i], err);
        omb_arena_reset(&one);
    }
    step->arena = arena;
    omb_arena_free(&one);
    return rc;
}

/*
 * Own records that this store had lost, and not all of them: what it writes from now on is another
 * life, and that is said at once. Until others know, a hole in the life that was lost in part holds
 * up whoever waits for it, and everything behind. (A life that is whole holds up nobody, and of two
 * copies that run at a time each would answer the other with a new one for ever.)
 */
static enum omb_rc go_on_anew(struct omb_step *step, struct omb_error *err)
{
    bool holes = false;
    const enum omb_rc rc = omb_log_outlive(step, &holes, err);

    return rc == OMB_OK && holes ? omb_vault_escrow(step, err) : rc;
}

/*
 * What was said meanwhile of who came, and of those below it, went the way on which they stood
 * before: it may have ended before they heard. Once for each child, since many come with a region.
 */
static enum omb_rc offer_missed(struct omb_intake *intake, struct omb_error *err)
{
    struct omb_step *step = intake->step;
    struct omb_office_id *done =
        OMB_ARENA_NEW(step->arena, struct omb_office_id, intake->refold_count);
    size_t count = 0;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < intake->refold_count; i++) {
        const struct omb_refold_due *due = &intake->refolds[i];
        const struct omb_office_id child = omb_feed_branch_of(step, &due->office);
        size_t known = 0;

        if (due->which != OMB_REFOLD_CAME || omb_office_id_none(&child))
            continue;
        while (known < count && !omb_office_id_equal(&done[known], &child))
            known++;
        if (known < count)
            continue;
        done[count++] = child;
        rc = omb_feed_standings(step, &child, false, err);
    }
    return rc;
}

enum omb_rc omb_intake_end(struct omb_intake *intake, struct omb_error *err)
{
    struct omb_step *step = intake->step;
    enum omb_rc rc;

    OMB_ASSERT(step->intake == intake);
    omb_intake_flush(intake);
    rc = end_cases(intake, err);
    step->intake = intake->outer;
    if (rc == OMB_OK)
        rc = offer_missed(intake, err);
    for (size_t i = 0; rc == OMB_OK && i < intake->refold_count; i++)
        rc = omb_refold_cases_of(step, &intake->refolds[i].office, intake->refolds[i].which, err);
    if (rc == OMB_OK && intake->came_home)
        rc = go_on_anew(step, err);
    step->source = intake->source_before;
    return rc;
}
