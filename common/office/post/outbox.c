/*
 * The sender: rows of the journal upward, of the child's feed downward, as records in frames, as
 * far as the peer's credit reaches. It goes on behind `sent`; what was sent is remembered by its
 * positions alone.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "office/post/work.h"
#include "wire/limits.h"

enum { ROWS_AT_ONCE = 256, BACKLOG_ROWS = 4096, PROOF_BYTES = 128 };

/* --- rows of a feed --- */

struct row {
    uint64_t position;
    struct omb_row_at at;
};

/* The next rows behind a position, and how far was looked. */
struct rows {
    struct row items[ROWS_AT_ONCE];
    size_t count;
    uint64_t looked;
    bool end; /* nothing lies behind */
    bool given_back; /* some that were looked at came home from the parent: they are not sent */
};

struct journal_walk {
    struct omb_step *step;
    struct rows *rows;
    size_t seen;
};

/* A record of this office or of one below it. */
static enum omb_rc is_of_own_side(struct omb_step *step, uint32_t number, bool *out)
{
    struct omb_office_id branch;
    struct omb_log log;
    const enum omb_rc rc = omb_log_by_number(step, number, &log, NULL);

    if (rc != OMB_OK)
        return rc;
    branch = omb_feed_branch_of(step, &log.row.office);
    *out = omb_office_id_equal(&log.row.office, &step->office->self.office) ||
           !omb_office_id_none(&branch);
    return OMB_OK;
}

static enum omb_rc see_journal(void *arg, struct omb_view key, struct omb_view value)
{
    struct journal_walk *walk = arg;
    struct rows *rows = walk->rows;
    struct row row;
    bool from_above;

    if (key.size != 8 ||
        !omb_read_journal(value, &row.at.number, &row.at.seq, &from_above))
        return OMB_DAMAGED;
    if (rows->count == ROWS_AT_ONCE || walk->seen++ == 4 * ROWS_AT_ONCE) {
        rows->end = false;
        return OMB_STOP;
    }
    row.position = rows->looked = omb_be64(key.data);
    if (from_above)
        return rows->given_back ? OMB_OK
                                : is_of_own_side(walk->step, row.at.number, &rows->given_back);
    rows->items[rows->count++] = row;
    return OMB_OK;
}

static enum omb_rc read_journal(struct omb_step *step, uint64_t after, struct rows *out,
                                struct omb_error *err)
{
    const struct omb_key from = omb_key_journal(after + 1);
    struct journal_walk walk = {.step = step, .rows = out};
    enum omb_rc rc;

    *out = (struct rows){.looked = after, .end = true};
    rc = omb_port_scan(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&from), OMB_VIEW_NONE, false,
                       see_journal, &walk);
    return rc == OMB_OK ? OMB_OK : omb_fail(err, rc, NULL, "the journal cannot be read");
}

static enum omb_rc see_feed(void *arg, uint64_t position, const struct omb_row_at *at)
{
    struct rows *rows = arg;

    if (rows->count == ROWS_AT_ONCE) {
        rows->end = false;
        return OMB_STOP;
    }
    rows->items[rows->count++] = (struct row){position, *at};
    rows->looked = position;
    return OMB_OK;
}

static enum omb_rc read_feed(struct omb_step *step, const struct omb_office_id *child,
                             uint64_t after, struct rows *out, struct omb_error *err)
{
    out->count = 0;
    out->looked = after;
    out->end = true;
    return omb_feed_each(step, child, after, see_feed, out, err);
}

static enum omb_rc read_rows(struct omb_step *step, const struct omb_link *link, uint64_t after,
                             struct rows *out, struct omb_error *err)
{
    return link->up ? read_journal(step, after, out, err)
                    : read_feed(step, &link->peer, after, out, err);
}

/* --- frames --- */

struct outgoing {
    struct omb_record records[ROWS_AT_ONCE];
    struct omb_missing_part missing[ROWS_AT_ONCE];
    size_t count, missing_count, bytes;
    uint64_t first, last;
};

/* A record of this batch has no proof yet when a question counts it. */
static size_t size_of(const struct omb_record *record)
{
    const size_t levels = record->proof ? record->proof->path.count : 0;

    return record->header.size + record->body.size + record->grants.size + record->extract.size +
           levels * OMB_DIGEST_SIZE + PROOF_BYTES;
}

static void add(struct outgoing *out, const struct row *row, const struct omb_whole *whole)
{
    const struct omb_record *record = &whole->record;

    if (whole->missing != 0)
        out->missing[out->missing_count++] =
            (struct omb_missing_part){omb_record_digest(record->header), whole->missing};
    if (out->count == 0)
        out->first = row->position;
    out->records[out->count++] = *record;
    out->last = row->position;
    out->bytes += size_of(record);
}

/* How many rows from there on name records that follow each other in one log. */
static size_t run_at(const struct rows *rows, size_t at)
{
    const struct omb_row_at *first = &rows->items[at].at;
    size_t count = 1;

    while (at + count < rows->count && rows->items[at + count].at.number == first->number &&
           rows->items[at + count].at.seq == first->seq + count)
        count++;
    return count;
}

/* Adds the next records, as many as lie together and have room in the frame; *at goes on. */
static enum omb_rc add_run(struct omb_step *step, const struct omb_link *link,
                           const struct rows *rows, size_t *at, struct outgoing *out,
                           struct omb_error *err)
{
    const struct omb_row_at *first = &rows->items[*at].at;
    size_t most = run_at(rows, *at), count = 1;
    struct omb_whole *whole;
    enum omb_rc rc;

    if (most > ROWS_AT_ONCE - out->count)
        most = ROWS_AT_ONCE - out->count;
    whole = OMB_ARENA_NEW(step->arena, struct omb_whole, most);
    if (most == 1)
        rc = omb_record_whole(step, first, &whole->record, &whole->header, &whole->missing, err);
    else
        rc = omb_record_run(step, first, most, OMB_RECORDS_FRAME - out->bytes, whole, &count, err);
    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        if (!link->up)
            rc = omb_restored_hold_back(step, &link->peer, first->number, &whole[i].header,
                                        &whole[i].record, &whole[i].missing, err);
        if (rc == OMB_OK)
            add(out, &rows->items[(*at)++], &whole[i]);
    }
    return rc;
}

static void note_sent(struct omb_step *step, struct omb_link *link, uint64_t position)
{
    struct omb_pace *pace = link->pace;
    const size_t room = sizeof(pace->sent) / sizeof(pace->sent[0]);

    if (!pace) {
        pace = link->pace = calloc(1, sizeof(*pace));
        OMB_ASSERT(pace != NULL);
    }
    if (pace->count == room)
        return;
    pace->sent[(pace->first + pace->count) % room].position = position;
    pace->sent[(pace->first + pace->count) % room].at = step->input->monotonic_ms;
    pace->count++;
}

static void send_frame(struct omb_step *step, struct omb_link *link, const struct outgoing *out)
{
    const struct omb_records message = {
        .first = out->first,
        .last = out->last,
        .records = {out->records, out->count},
        .missing = {out->missing, out->missing_count},
    };
    const size_t bytes = omb_link_send(step, link, OMB_FRAME_RECORDS, &message);
    const bool had = omb_credit_use(&link->may_send, bytes);

    OMB_ASSERT(had);
    link->sent_record = out->last;
    if (link->sent_ever < out->last) {
        link->sent_ever = out->last;
        link->dirty = true; /* it is durable before the frame leaves */
    }
    note_sent(step, link, out->last);
}

/* Frames of these rows, until credit or `frames` is used up. */
static enum omb_rc send_rows(struct omb_step *step, struct omb_link *link, const struct rows *rows,
                             unsigned *frames, struct omb_error *err)
{
    struct omb_arena *arena = &step->office->post->arena;
    size_t at = 0;

    while (at < rows->count && *frames > 0 && omb_credit_left(&link->may_send)) {
        struct outgoing *out;
        enum omb_rc rc = OMB_OK;

        omb_arena_reset(arena);
        out = OMB_ARENA_NEW(arena, struct outgoing, 1);
        while (rc == OMB_OK && at < rows->count && out->bytes < OMB_RECORDS_FRAME)
            rc = add_run(step, link, rows, &at, out, err);
        if (rc != OMB_OK)
            return rc;
        send_frame(step, link, out);
        link->sent = out->last;
        (*frames)--;
    }
    if (at == rows->count)
        link->sent = rows->looked; /* those behind the last are not for the peer */
    return OMB_OK;
}

/* All that waited at the greeting is acknowledged: the link is live. */
static enum omb_rc look_if_live(struct omb_step *step, struct omb_link *link,
                                struct omb_error *err)
{
    if (link->state != OMB_LINK_CATCHING_UP || !link->greeted || link->comparing)
        return OMB_OK;
    if (!link->marked && link->drained) {
        link->marked = true;
        link->mark = link->sent_record > link->start ? link->sent_record : 0;
    }
    if (!link->marked || link->acked.position < link->mark)
        return OMB_OK;
    return omb_link_to(step, link, OMB_LINK_LIVE, link->reason ? link->reason : "", err);
}

/*
 * Behind the row from which it goes on lies what the parent gave back. It had it then; a parent
 * that was put back since has it no more, and only a comparison says so.
 */
static void compare_soon(struct omb_link *link)
{
    link->compared_at = OMB_LONG_AGO;
    link->dirty = true;
}

enum omb_rc omb_outbox_pump(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_step within = *step;
    unsigned frames = OMB_PUMP_FRAMES;
    struct rows *rows;
    enum omb_rc rc = OMB_OK;

    if (link->drained || !omb_credit_left(&link->may_send))
        return look_if_live(step, link, err);
    rows = OMB_ARENA_NEW(step->arena, struct rows, 1);
    within.arena = &post->arena;
    while (rc == OMB_OK && !link->drained && frames > 0 && omb_credit_left(&link->may_send)) {
        omb_arena_reset(&post->arena);
        rc = read_rows(&within, link, link->sent, rows, err);
        if (rc == OMB_OK && rows->given_back)
            compare_soon(link);
        if (rc == OMB_OK)
            rc = send_rows(&within, link, rows, &frames, err);
        if (rc == OMB_OK && rows->end && link->sent == rows->looked)
            link->drained = true;
    }
    if (rc == OMB_OK && !link->drained && omb_credit_left(&link->may_send)) {
        omb_post_busy(post, link);
        omb_post_wake(step, step->input->monotonic_ms);
    }
    return rc == OMB_OK ? look_if_live(step, link, err) : rc;
}

/* --- what came back --- */

void omb_outbox_acked(struct omb_step *step, struct omb_link *link, uint64_t position)
{
    struct omb_pace *pace = link->pace;
    const size_t room = sizeof(pace->sent) / sizeof(pace->sent[0]);
    const size_t kept = sizeof(pace->took) / sizeof(pace->took[0]);

    while (pace && pace->count > 0 && pace->sent[pace->first].position <= position) {
        const int64_t took = step->input->monotonic_ms - pace->sent[pace->first].at;

        pace->took[pace->took_count++ % kept] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
        pace->first = (pace->first + 1) % room;
        pace->count--;
    }
}

enum omb_rc omb_outbox_backlog(struct omb_step *step, const struct omb_link *link,
                               struct omb_backlog *out, struct omb_error *err)
{
    struct rows *rows = OMB_ARENA_NEW(step->arena, struct rows, 1);
    const uint64_t start = link->greeted ? link->start : link->settled;
    uint64_t after = start > link->acked.position ? start : link->acked.position;
    enum omb_rc rc = OMB_OK;

    *out = (struct omb_backlog){0};
    rows->end = link->drained && after >= link->sent_record;
    while (rc == OMB_OK && !rows->end && out->records < BACKLOG_ROWS) {
        rc = read_rows(step, link, after, rows, err);
        for (size_t i = 0; rc == OMB_OK && i < rows->count; i++) {
            struct omb_header header;
            struct omb_record record;
            uint32_t missing;

            rc = omb_record_whole(step, &rows->items[i].at, &record, &header, &missing, err);
            if (rc != OMB_OK)
                break;
            out->bytes += size_of(&record);
            if (out->records++ == 0 || header.time_ms < out->oldest)
                out->oldest = header.time_ms > 1 ? header.time_ms : 1; /* 0 would be none */
            out->newest = rows->items[i].position;
        }
        after = rows->looked;
    }
    out->cut = !rows->end;
    return rc;
}
