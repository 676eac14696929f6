/*
 * Forks: two authentic records of one office, life and seq (design: records, Log and incarnation).
 *
 *     line 0   1 - 2 - 3a - 4a          stands: journal, cases, feeds
 *     line 1           3b - 4b - 5b     evidence: header and proof alone, no effect
 *
 * What came first stands, until an office above says in its `fork found` that another one does:
 * then everything of that life from there on changes sides. Positions of the journal keep naming
 * the same record, wherever it lies.
 */
#include <stdio.h>
#include <string.h>

#include "office/receive_inside.h"
#include "office/savepoint.h"
#include "wire/header.h"

enum { LINES_MAX = 8, PARTED_MAX = 128 /* records that are looked through at a time */ };

static enum omb_rc say_fork(struct omb_judging *judging, const char *words)
{
    judging->receipt->kind = OMB_RECEIPT_FORK;
    snprintf(judging->receipt->words, sizeof(judging->receipt->words), words,
             (unsigned long long)judging->header.seq);
    return OMB_STOP;
}

static enum omb_rc is_there(struct omb_step *step, uint32_t number, uint64_t seq, bool *out,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_record(number, seq);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(step->port, OMB_FAMILY_RECORD, omb_key_view(&key), &value);

    omb_buf_free(&value);
    *out = rc == OMB_OK;
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(err, rc, NULL, "a record of a log cannot be read");
}

/* --- evidence --- */

/* A certificate holds by its own signature: also where the record that carries it is evidence. */
static enum omb_rc learn_aside(struct omb_judging *judging)
{
    const struct omb_facts *facts = judging->header.facts;

    if (!facts || facts->event.tag != OMB_EVENT_OFFICE_CERTIFIED)
        return OMB_OK;
    omb_intake_flush(judging->intake);
    return omb_learn(judging->step, &judging->header, &judging->receipt->at, &judging->digest,
                     judging->err);
}

/* Puts the record on the first line from `line` on that is free at its place. */
static enum omb_rc keep_aside(struct omb_judging *judging, uint32_t line)
{
    const struct omb_header *header = &judging->header;
    struct omb_step *step = judging->step;
    const struct omb_stored_record stored = {judging->record->header, judging->record->proof};
    struct omb_log log;
    bool taken = true;
    enum omb_rc rc = OMB_OK;

    for (; rc == OMB_OK && taken && line < LINES_MAX; line++) {
        rc = omb_log_make(step, &header->office, &header->incarnation, line, &log, judging->err);
        if (rc == OMB_OK)
            rc = is_there(step, log.number, header->seq, &taken, judging->err);
    }
    if (rc != OMB_OK)
        return rc;
    if (taken)
        return say_fork(judging, "more records say that they are number %llu than are kept");
    judging->receipt->at = (struct omb_row_at){log.number, header->seq};
    log.row.count++;
    if (header->seq >= log.row.head) {
        log.row.head = header->seq;
        log.row.digest = judging->digest;
        log.row.newest_at = header->time_ms;
    }
    omb_put_stored(step, &judging->receipt->at, &stored, &judging->digest);
    judging->intake->log_aside = true;
    omb_log_put(step, &log);
    step->office->tip.records++;
    step->update->dirty = true;
    return learn_aside(judging);
}

/* --- fork found --- */

/* The place of the `fork found` that decides about a place; OMB_NOT_FOUND. */
static enum omb_rc decided_by(struct omb_step *step, const struct omb_office_id *office,
                              const struct omb_incarnation *incarnation, uint64_t seq,
                              struct omb_row_at *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_fork(office, incarnation, seq);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);

    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &out->number, &out->seq))
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row of the forks is damaged");
    else if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "the rows of forks cannot be read");
    omb_buf_free(&value);
    return rc;
}

/* Of two headers too large for one record nothing is written: the evidence is here. */
static enum omb_rc write_found(struct omb_judging *judging, const struct omb_row_at *first)
{
    struct omb_step *step = judging->step;
    const struct omb_header *header = &judging->header;
    struct omb_stored_record stored;
    struct omb_fork_found found = {
        .office = header->office,
        .incarnation = header->incarnation,
        .seq = header->seq,
        .second_header = judging->record->header,
        .second_proof = judging->record->proof,
    };
    const struct omb_facts facts = {.event = {OMB_EVENT_FORK_FOUND, &found}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("system")};
    struct omb_savepoint before;
    struct omb_appended appended;
    enum omb_rc rc = omb_record_read(step, first->number, first->seq, &stored, NULL, NULL,
                                     judging->err);

    if (rc != OMB_OK)
        return rc;
    found.stands = omb_record_digest(stored.header);
    found.first_header = stored.header;
    found.first_proof = stored.proof;
    omb_step_save(step, &before);
    rc = omb_append(step, &draft, &appended, judging->err);
    if (rc == OMB_LIMIT) {
        omb_step_restore(step, &before);
        rc = OMB_OK;
    }
    omb_wipe(&before, sizeof(before));
    return rc;
}

/* What stands of an own log may not have its proof yet: the batch is signed up to here. */
static void settle_own(struct omb_step *step, const struct omb_office_id *office)
{
    struct omb_update *update = step->update;

    if (!omb_office_id_equal(office, &step->office->self.office))
        return;
    omb_settle(step->office, update);
    update->pending_count = update->signed_count = 0; /* they are read as rows from now on */
}

/*
 * Whether the lines parted further down: what it goes on from is not here. A fork is told of by the
 * first two records that differ, since from there on all of the line that loses goes aside: of a
 * later one its author would keep what comes before it, which nobody else has.
 */
static enum omb_rc parted_before(struct omb_judging *judging, bool *out)
{
    const struct omb_header *header = &judging->header;
    struct omb_row_at at;
    enum omb_rc rc;

    *out = false;
    if (header->seq == 1 || judging->holes || judging->intake->from_above ||
        omb_office_id_equal(&header->office, &judging->step->office->self.office))
        return OMB_OK;
    rc = omb_record_place(judging->step, &header->prev, &at);
    *out = rc == OMB_NOT_FOUND;
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(judging->err, rc, NULL, "the digests in the store cannot be read");
}

static enum omb_rc wait_for_parting(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;
    struct omb_receipt *receipt = judging->receipt;

    receipt->kind = OMB_RECEIPT_WAITS;
    receipt->certificate = header->prev;
    receipt->of_chain = true;
    receipt->parted = (struct omb_log_range){
        .office = header->office,
        .incarnation = header->incarnation,
        .first = header->seq > PARTED_MAX ? header->seq - PARTED_MAX : 1,
        .last = header->seq - 1,
    };
    return OMB_STOP;
}

enum omb_rc omb_fork_meet(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;
    const struct omb_log log = judging->intake->log;
    const struct omb_row_at first = {log.number, header->seq};
    struct omb_row_at decision;
    bool stands = false, before;
    enum omb_rc rc = parted_before(judging, &before);

    if (rc != OMB_OK || before)
        return rc == OMB_OK ? wait_for_parting(judging) : rc;
    settle_own(judging->step, &header->office);
    rc = keep_aside(judging, 1);
    if (rc == OMB_OK)
        rc = decided_by(judging->step, &header->office, &header->incarnation, header->seq,
                        &decision, judging->err);
    if (rc != OMB_NOT_FOUND)
        return rc == OMB_OK ? say_fork(judging, "another record %llu stands") : rc;
    rc = log.row.count > 0 ? is_there(judging->step, first.number, first.seq, &stands, judging->err)
                           : OMB_OK;
    omb_intake_flush(judging->intake);
    if (rc == OMB_OK && stands)
        rc = write_found(judging, &first);
    return rc == OMB_OK ? say_fork(judging, "another record %llu came first and stands") : rc;
}

enum omb_rc omb_fork_follows(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;
    struct omb_row_at at;
    struct omb_log log;
    enum omb_rc rc = omb_record_place(judging->step, &header->prev, &at);

    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(judging->err, rc, NULL, "the digests in the store cannot be read");
    if (at.number == judging->intake->log.number || at.seq + 1 != header->seq)
        return OMB_OK;
    rc = omb_log_by_number(judging->step, at.number, &log, judging->err);
    if (rc != OMB_OK)
        return rc;
    if (log.row.line == 0 || !omb_office_id_equal(&log.row.office, &header->office) ||
        !omb_incarnation_equal(&log.row.incarnation, &header->incarnation))
        return OMB_OK;
    rc = keep_aside(judging, log.row.line);
    return rc == OMB_OK ? say_fork(judging, "record %llu follows one that does not stand") : rc;
}

/* `*out_here`: this office itself decided so. */
static enum omb_rc read_decision(struct omb_judging *judging, bool *out_lost, bool *out_here)
{
    const struct omb_header *header = &judging->header;
    struct omb_row_at at;
    struct omb_header found;
    struct omb_digest digest;
    enum omb_rc rc = decided_by(judging->step, &header->office, &header->incarnation, header->seq,
                                &at, judging->err);

    *out_lost = *out_here = false;
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc == OMB_OK)
        rc = omb_header_read(judging->step, &at, &found, &digest, NULL, judging->err);
    if (rc != OMB_OK)
        return rc;
    if (!found.facts || found.facts->event.tag != OMB_EVENT_FORK_FOUND)
        return omb_fail(judging->err, OMB_DAMAGED, NULL, "a row of the forks names another record");
    *out_lost = !omb_digest_equal(&OMB_AS(fork_found, found.facts->event)->stands,
                                  &judging->digest);
    *out_here = omb_office_id_equal(&found.office, &judging->step->office->self.office);
    return OMB_OK;
}

enum omb_rc omb_fork_decided(struct omb_judging *judging, bool *out_lost)
{
    bool here;

    return read_decision(judging, out_lost, &here);
}

/* --- deciding --- */

/* The line on which what stands lies, or else one that is free from there on. */
static enum omb_rc find_aside(struct omb_step *step, const struct omb_fork_found *found,
                              struct omb_log *out, bool *out_holds, struct omb_error *err)
{
    struct omb_row_at at;
    enum omb_rc rc = omb_record_place(step, &found->stands, &at);

    *out_holds = rc == OMB_OK;
    if (rc == OMB_OK)
        return omb_log_by_number(step, at.number, out, err);
    if (rc != OMB_NOT_FOUND)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    for (uint32_t line = 1; line < UINT32_MAX; line++) {
        rc = omb_log_make(step, &found->office, &found->incarnation, line, out, err);
        if (rc != OMB_OK || out->row.head < found->seq)
            return rc;
    }
    return OMB_LIMIT;
}

/* An office above said which record stands: if it is not what stands here, sides are changed. */
static enum omb_rc take_decision(struct omb_intake *intake, const struct omb_fork_found *found,
                                 struct omb_error *err)
{
    struct omb_step *step = intake->step;
    struct omb_tip *tip = &step->office->tip;
    struct omb_movers down = {.step = step}, up = {.step = step};
    struct omb_log standing, aside;
    bool holds;
    enum omb_rc rc;

    omb_intake_flush(intake);
    settle_own(step, &found->office);
    if (omb_office_id_equal(&found->office, &step->office->self.office) &&
        omb_incarnation_equal(&found->incarnation, &tip->incarnation)) {
        tip->must_open = true;
        rc = omb_log_ready(step, err);
        step->update->dirty = true;
        if (rc != OMB_OK)
            return rc;
    }
    rc = omb_log_find(step, &found->office, &found->incarnation, 0, &standing, err);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc == OMB_OK)
        rc = find_aside(step, found, &aside, &holds, err);
    if (rc != OMB_OK || (holds && aside.row.line == 0))
        return rc;
    rc = omb_movers_gather(step, standing.number, found->seq, false, &down, err);
    if (rc == OMB_OK && holds)
        rc = omb_movers_gather(step, aside.number, found->seq, false, &up, err);
    if (rc != OMB_OK || down.count + up.count == 0)
        return rc;
    return omb_change_sides(intake, &standing, &aside, &down, &up, err);
}

/*
 * Whether its place on the line that stands is free, and nobody above decided for another record,
 * and what is before it there is what it goes on from; or not here: from above logs have holes.
 */
static enum omb_rc may_stand(struct omb_judging *judging, const struct omb_log *standing,
                             bool *out, struct omb_error *err)
{
    const struct omb_header *header = &judging->header;
    const struct omb_row_at previous = {standing->number, header->seq - 1};
    struct omb_header before;
    struct omb_digest digest;
    bool taken = false, lost, here, follows = true;
    enum omb_rc rc = read_decision(judging, &lost, &here);

    if (rc == OMB_OK && standing->row.count > 0)
        rc = is_there(judging->step, standing->number, header->seq, &taken, err);
    if (rc == OMB_OK && standing->row.count > 0 && header->seq > 1) {
        rc = omb_header_read(judging->step, &previous, &before, &digest, NULL, err);
        follows = rc != OMB_OK || omb_digest_equal(&digest, &header->prev);
    }
    *out = !taken && follows && (!lost || here);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

enum omb_rc omb_fork_restore(struct omb_judging *judging, const struct omb_log *aside,
                             bool *out_restored)
{
    struct omb_intake *intake = judging->intake;
    const struct omb_header *header = &judging->header;
    struct omb_movers down = {.step = judging->step}, up;
    struct omb_log standing = {.row = {.count = 0}}, from = *aside;
    bool may = false;
    enum omb_rc rc;

    omb_intake_flush(intake);
    rc = omb_log_find(judging->step, &header->office, &header->incarnation, 0, &standing,
                      judging->err);
    if (rc == OMB_OK || rc == OMB_NOT_FOUND)
        rc = may_stand(judging, &standing, &may, judging->err);
    if (rc != OMB_OK || !may)
        return rc;
    rc = omb_log_make(judging->step, &header->office, &header->incarnation, 0, &standing,
                      judging->err);
    if (rc == OMB_OK)
        rc = omb_movers_gather(judging->step, from.number, header->seq, true, &up, judging->err);
    if (rc == OMB_OK)
        rc = omb_change_sides(intake, &standing, &from, &down, &up, judging->err);
    judging->receipt->at.number = standing.number;
    *out_restored = rc == OMB_OK;
    return rc;
}

/* --- learning --- */

static bool proves(struct omb_step *step, const struct omb_fork_found *found,
                   struct omb_view bytes, const struct omb_proof *proof,
                   struct omb_digest *out_digest)
{
    const struct omb_office_card *card;
    struct omb_header header;
    bool odd;

    if (!proof || omb_header_decode(bytes, step->arena, &header, &odd, NULL) != OMB_OK ||
        !omb_office_id_equal(&header.office, &found->office) ||
        !omb_incarnation_equal(&header.incarnation, &found->incarnation) ||
        header.seq != found->seq)
        return false;
    card = omb_office_card_by_key(step, &header.key);
    *out_digest = omb_record_digest(bytes);
    return card && omb_office_id_equal(&card->seat.office, &header.office) &&
           omb_office_card_check(step, card, NULL) == OMB_OK &&
           omb_proof_verify(out_digest, proof, card->certificate.inner.signing_key.data, NULL,
                            NULL) == OMB_OK;
}

static bool is_fork(struct omb_step *step, const struct omb_fork_found *found)
{
    struct omb_digest first, second;

    return proves(step, found, found->first_header, found->first_proof, &first) &&
           proves(step, found, found->second_header, found->second_proof, &second) &&
           !omb_digest_equal(&first, &second) &&
           (omb_digest_equal(&found->stands, &first) || omb_digest_equal(&found->stands, &second));
}

/* How near the root an office is whose word counts here: this one, and those above it. */
static bool depth_of(struct omb_step *step, const struct omb_header *header, uint32_t *out)
{
    const struct omb_seat *self = &step->office->self;
    const struct omb_office_card *card;

    if (omb_office_id_equal(&header->office, &self->office)) {
        *out = self->depth;
        return true;
    }
    card = omb_office_card_by_key(step, &header->key);
    if (!card || !omb_seat_is_above(self, &header->office))
        return false;
    *out = card->seat.depth;
    return true;
}

/* Whether the decision that is here already is the stronger one. */
static enum omb_rc is_outdone(struct omb_step *step, const struct omb_fork_found *found,
                              uint32_t depth, const struct omb_digest *digest, bool *out,
                              struct omb_error *err)
{
    struct omb_header other;
    struct omb_digest other_digest;
    struct omb_row_at at;
    uint32_t other_depth;
    enum omb_rc rc =
        decided_by(step, &found->office, &found->incarnation, found->seq, &at, err);

    *out = false;
    if (rc == OMB_OK)
        rc = omb_header_read(step, &at, &other, &other_digest, NULL, err);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    if (depth_of(step, &other, &other_depth))
        *out = other_depth < depth ||
               (other_depth == depth && OMB_ID_COMPARE(&other_digest, digest) <= 0);
    return OMB_OK;
}

/* What an office elsewhere found decides nothing here: it is only listed. */
static void note_told(struct omb_step *step, const struct omb_fork_found *found,
                      const struct omb_digest *digest)
{
    const struct omb_key key =
        omb_key_told_fork(&found->office, &found->incarnation, found->seq, digest);

    omb_put(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_NONE);
}

enum omb_rc omb_fork_learn(struct omb_step *step, const struct omb_header *header,
                           const struct omb_row_at *at, const struct omb_digest *digest,
                           struct omb_error *err)
{
    const struct omb_fork_found *found = OMB_AS(fork_found, header->facts->event);
    const struct omb_key key = omb_key_fork(&found->office, &found->incarnation, found->seq);
    const bool own = omb_office_id_equal(&header->office, &step->office->self.office);
    uint8_t place[12];
    uint32_t depth;
    bool outdone;
    enum omb_rc rc;

    if (found->seq == 0 || (!own && !is_fork(step, found)))
        return OMB_OK;
    if (!depth_of(step, header, &depth)) {
        note_told(step, found, digest);
        return OMB_OK;
    }
    rc = is_outdone(step, found, depth, digest, &outdone, err);
    if (rc != OMB_OK || outdone)
        return rc;
    omb_put_place(place, at->number, at->seq);
    omb_put(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_OF(place));
    return own || !step->intake ? OMB_OK : take_decision(step->intake, found, err);
}
