/*
 * Whether a record that came is authentic: its frame, the certificate that signed, the proof, its
 * parts, the chain that it stands in; and whether it is here already.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "office/receive_inside.h"
#include "wire/header.h"

static struct omb_view part_of(const struct omb_record *record, enum omb_part_kind kind)
{
    switch (kind) {
    case OMB_PART_BODY:
        return record->body;
    case OMB_PART_GRANTS:
        return record->grants;
    case OMB_PART_EXTRACT:
        return record->extract;
    }
    return OMB_VIEW_NONE;
}

static enum omb_rc refuse_words(struct omb_judging *judging, const char *words)
{
    judging->receipt->kind = OMB_RECEIPT_REFUSED;
    snprintf(judging->receipt->words, sizeof(judging->receipt->words), "%s", words);
    return OMB_STOP;
}

static enum omb_rc wait_for(struct omb_judging *judging, const struct omb_digest *digest)
{
    judging->receipt->kind = OMB_RECEIPT_WAITS;
    judging->receipt->certificate = *digest;
    return OMB_STOP;
}

/* --- the frame --- */

enum omb_rc omb_check_form(struct omb_judging *judging)
{
    struct omb_receipt *receipt = judging->receipt;
    struct omb_error why = {0};
    enum omb_rc rc = omb_record_check_sizes(judging->record, &why);

    judging->digest = receipt->digest = omb_record_digest(judging->record->header);
    if (rc == OMB_OK)
        rc = omb_header_decode(judging->record->header, judging->step->arena, &judging->header,
                               &judging->odd, &why);
    if (rc != OMB_OK)
        return omb_refuse(judging, &why);
    receipt->office = judging->header.office;
    receipt->incarnation = judging->header.incarnation;
    receipt->seq = judging->header.seq;
    return OMB_OK;
}

/* --- here already --- */

/* Which parts of the record are listed as missing; OMB_NOT_FOUND: none. */
static enum omb_rc read_missing(struct omb_judging *judging, uint32_t *out)
{
    struct omb_step *step = judging->step;
    const struct omb_key key = omb_key_missing(&judging->digest);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_missing_row row;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    if (rc == OMB_OK &&
        omb_decode_missing_row(omb_buf_view(&value), step->arena, &row, NULL) != OMB_OK)
        rc = omb_fail(judging->err, OMB_DAMAGED, NULL, "a row of missing parts is damaged");
    else if (rc == OMB_OK)
        *out = row.parts;
    else if (rc != OMB_NOT_FOUND)
        rc = omb_fail(judging->err, rc, NULL, "the rows of missing parts cannot be read");
    omb_buf_free(&value);
    return rc;
}

/* A part that was missing came: verified, kept, and the case looked at again. */
static enum omb_rc complete(struct omb_judging *judging)
{
    struct omb_step *step = judging->step;
    struct omb_receipt *receipt = judging->receipt;
    uint32_t missing = 0, left;
    enum omb_rc rc = read_missing(judging, &missing);

    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_STOP : rc;
    left = missing;
    rc = omb_check_parts(judging);
    for (size_t i = 0; rc == OMB_OK && i < OMB_PART_KINDS; i++) {
        const struct omb_key key =
            omb_key_part(receipt->at.number, receipt->at.seq, omb_part_kinds[i]);
        const struct omb_view part = part_of(judging->record, omb_part_kinds[i]);

        if (part.size == 0 || !(missing & (uint32_t)omb_part_kinds[i]))
            continue;
        omb_put(step->update->writes, OMB_FAMILY_PART, omb_key_view(&key), part);
        left &= ~(uint32_t)omb_part_kinds[i];
    }
    if (rc != OMB_OK || left == missing)
        return rc == OMB_OK ? OMB_STOP : rc;
    omb_put_missing(step, &judging->digest, &judging->header.office, left);
    if (judging->header.case_id)
        omb_intake_again(judging);
    receipt->kind = OMB_RECEIPT_COMPLETED;
    return OMB_STOP;
}

/* Behind the newest of a log of another office that has one line alone: it cannot be here. */
static bool goes_on(const struct omb_judging *judging)
{
    const struct omb_intake *intake = judging->intake;
    const struct omb_header *header = &judging->header;
    const struct omb_log_row *row = &intake->log.row;

    return intake->log_set && !intake->log_aside && header->seq > row->head &&
           omb_office_id_equal(&row->office, &header->office) &&
           omb_incarnation_equal(&row->incarnation, &header->incarnation) &&
           !omb_office_id_equal(&row->office, &judging->step->office->self.office);
}

/* What it lost when it went aside came with it again; of an own record nothing was lost. */
static enum omb_rc take_restored(struct omb_judging *judging)
{
    const struct omb_header *header = &judging->header;

    if (omb_office_id_equal(&header->office, &judging->step->office->self.office))
        return OMB_STOP;
    return header->case_id ? omb_intake_hold_parts(judging) : complete(judging);
}

enum omb_rc omb_check_known(struct omb_judging *judging)
{
    struct omb_receipt *receipt = judging->receipt;
    struct omb_intake *intake = judging->intake;
    struct omb_log log;
    bool restored = false;
    enum omb_rc rc;

    if (goes_on(judging))
        return OMB_OK;
    rc = omb_record_place(judging->step, &judging->digest, &receipt->at);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(judging->err, rc, NULL, "the digests in the store cannot be read");
    receipt->kind = OMB_RECEIPT_DUPLICATE;
    if (intake->log_set && intake->log.number == receipt->at.number)
        return complete(judging);
    rc = omb_log_by_number(judging->step, receipt->at.number, &log, judging->err);
    if (rc == OMB_OK && log.row.line > 0 && intake->from_above)
        rc = omb_fork_restore(judging, &log, &restored);
    if (rc == OMB_OK && restored)
        return take_restored(judging);
    if (rc != OMB_OK || log.row.line > 0)
        return rc == OMB_OK ? OMB_STOP : rc;
    return complete(judging);
}

/* --- certificates --- */

/* The certificate that a chain lacks; NULL: it lacks none. */
static const struct omb_digest *lacking(struct omb_step *step, const struct omb_office_card *card)
{
    while (card && !card->complete) {
        const struct omb_certificate *inner = &card->certificate.inner;
        const struct omb_office_card *issuer = omb_office_card(step, &inner->issuer);

        if (!issuer)
            return &inner->issuer;
        if (issuer->certificate.inner.depth >= inner->depth)
            return NULL;
        card = issuer;
    }
    return NULL;
}

/* From below come records of those below, and of this office itself: what its disk lost. */
static enum omb_rc in_scope(struct omb_judging *judging, bool *out)
{
    const struct omb_intake *intake = judging->intake;
    const struct omb_office_id *office = &judging->header.office;

    *out = intake->from_above || omb_office_id_equal(office, &intake->from) ||
           omb_office_id_equal(office, &judging->step->office->self.office) ||
           omb_seat_is_above(&judging->card->seat, &intake->from);
    return *out ? OMB_OK
                : omb_office_came_below(judging->step, office, &intake->from, out, judging->err);
}

/* The certificate of an office that the facts name must be here before the record is. */
static enum omb_rc check_card(struct omb_judging *judging, const struct omb_office_card *card,
                              const struct omb_digest *certificate)
{
    const struct omb_digest *lacks = card ? lacking(judging->step, card) : certificate;

    return lacks ? wait_for(judging, lacks) : OMB_OK;
}

static enum omb_rc check_ref(struct omb_judging *judging, const struct omb_office_ref *ref)
{
    if (!ref || omb_digest_none(&ref->certificate))
        return OMB_OK;
    return check_card(judging, omb_office_card(judging->step, &ref->certificate),
                      &ref->certificate);
}

/* An event of a case says where its author saw the office: one that is only claimed says it too. */
static enum omb_rc check_party(struct omb_judging *judging, const struct omb_office_ref *ref)
{
    if (!ref || omb_digest_none(&ref->certificate))
        return OMB_OK;
    return check_card(judging, omb_office_named(judging->step, &ref->certificate),
                      &ref->certificate);
}

static const struct omb_office_ref *about_of(const struct omb_any *facts)
{
    const struct omb_matter *matter = NULL;

    if (facts->tag == OMB_EVENT_REGISTERED)
        matter = OMB_AS(registered, *facts)->matter;
    else if (facts->tag == OMB_EVENT_AMENDED)
        matter = OMB_AS(amended, *facts)->matter;
    return matter ? matter->about : NULL;
}

/*
 * The first certificate of an office that is met counts, and of those that it had before the next
 * one must tell: a later one alone would keep them out for ever. From above they can be had.
 */
static enum omb_rc check_previous(struct omb_judging *judging, const struct omb_certificate *inner)
{
    if (!judging->intake->from_above || judging->holes || omb_digest_none(&inner->previous) ||
        omb_office_newest(judging->step, &inner->office))
        return OMB_OK;
    judging->receipt->of_chain = true;
    return wait_for(judging, &inner->previous);
}

/* Of the certificate that a record carries, the one that issued it, and the one before it. */
static enum omb_rc check_carried(struct omb_judging *judging, const struct omb_any *facts)
{
    struct omb_known_certificate known;
    struct omb_office_ref issuer = {.office = {{0}}};
    enum omb_rc rc;

    if (omb_certify_read(OMB_AS(office_certified, *facts)->certificate, judging->step->arena,
                         &known, NULL) != OMB_OK ||
        known.inner.depth == 0)
        return OMB_OK;
    issuer.certificate = known.inner.issuer;
    rc = check_ref(judging, &issuer);
    return rc == OMB_OK ? check_previous(judging, &known.inner) : rc;
}

static enum omb_rc check_named(struct omb_judging *judging)
{
    const struct omb_facts *facts = judging->header.facts;
    const struct omb_event event = {.facts = facts};
    enum omb_rc rc;

    if (!facts || facts->event.tag == 0 || !facts->event.value)
        return OMB_OK;
    if (facts->event.tag == OMB_EVENT_OFFICE_CERTIFIED)
        return check_carried(judging, &facts->event);
    if (facts->event.tag == OMB_EVENT_OFFICE_CLOSED) {
        rc = check_ref(judging, OMB_AS(office_closed, facts->event)->office);
        return rc == OMB_OK ? check_ref(judging, OMB_AS(office_closed, facts->event)->successor)
                            : rc;
    }
    if (facts->event.tag == OMB_EVENT_OFFICE_MOVED) {
        rc = check_ref(judging, OMB_AS(office_moved, facts->event)->office);
        return rc == OMB_OK ? check_ref(judging, OMB_AS(office_moved, facts->event)->parent) : rc;
    }
    rc = check_party(judging, omb_event_to(&event));
    return rc == OMB_OK ? check_party(judging, about_of(&facts->event)) : rc;
}

/* Of the certificate that signed only the key id is known: the digest wanted ends in zeros. */
static enum omb_rc wait_for_key(struct omb_judging *judging)
{
    struct omb_digest digest = {{0}};

    memcpy(digest.bytes, judging->header.key.bytes, sizeof(judging->header.key.bytes));
    return wait_for(judging, &digest);
}

enum omb_rc omb_check_signer(struct omb_judging *judging)
{
    struct omb_step *step = judging->step;
    const struct omb_digest *lacks;
    struct omb_error why = {0};
    bool fits = false;
    enum omb_rc rc;

    judging->card = omb_office_card_by_key(step, &judging->header.key);
    if (!judging->card)
        return wait_for_key(judging);
    if (!omb_office_id_equal(&judging->card->seat.office, &judging->header.office))
        return refuse_words(judging, "its signing certificate is of another office");
    lacks = lacking(step, judging->card);
    if (lacks)
        return wait_for(judging, lacks);
    rc = omb_office_card_check(step, judging->card, &why);
    if (rc == OMB_OK)
        rc = omb_proof_verify(&judging->digest, judging->record->proof,
                              judging->card->certificate.inner.signing_key.data,
                              omb_office_memo(step->office, judging->record->proof->signature),
                              &why);
    if (rc != OMB_OK)
        return omb_refuse(judging, &why);
    rc = in_scope(judging, &fits);
    judging->receipt->out_of_scope = rc == OMB_OK && !fits;
    if (rc == OMB_OK && !fits)
        return refuse_words(judging, "out of scope: its author is not below who gave it");
    return rc == OMB_OK ? check_named(judging) : rc;
}

/* --- parts --- */

enum omb_rc omb_check_parts(struct omb_judging *judging)
{
    struct omb_error why = {0};

    for (size_t i = 0; i < OMB_PART_KINDS; i++) {
        const struct omb_view part = part_of(judging->record, omb_part_kinds[i]);

        if (part.size > 0 &&
            omb_part_verify(&judging->header, omb_part_kinds[i], part, &why) != OMB_OK)
            return omb_refuse(judging, &why);
    }
    return OMB_OK;
}

/* --- its place --- */

/* The header before it in its life; *out_here false: it is not here. */
static enum omb_rc read_before(struct omb_judging *judging, struct omb_header *out,
                               struct omb_digest *out_digest, bool *out_here)
{
    const struct omb_log *log = &judging->intake->log;
    const struct omb_row_at at = {log->number, judging->header.seq - 1};
    enum omb_rc rc;

    *out_here = false;
    if (log->row.count == 0 || at.seq > log->row.head)
        return OMB_OK;
    *out_here = true;
    if (at.seq == log->row.head) { /* the common one costs no reading */
        *out = (struct omb_header){.office = log->row.office,
                                   .incarnation = log->row.incarnation,
                                   .seq = at.seq,
                                   .time_ms = log->row.newest_at};
        *out_digest = log->row.digest;
        return OMB_OK;
    }
    rc = omb_header_read(judging->step, &at, out, out_digest, NULL, judging->err);
    if (rc != OMB_NOT_FOUND)
        return rc;
    *out_here = false;
    return OMB_OK;
}

static enum omb_rc take_seq(void *arg, struct omb_view key, struct omb_view value)
{
    uint64_t *seq = arg;
    uint32_t number;

    (void)value;
    return omb_key_read_record(key, &number, seq) ? OMB_STOP : OMB_DAMAGED;
}

/* The records between the nearest one below it that is here and itself. */
static enum omb_rc wait_for_range(struct omb_judging *judging)
{
    const struct omb_log *log = &judging->intake->log;
    const struct omb_key from = omb_key_record(log->number, 0);
    const struct omb_key until = omb_key_record(log->number, judging->header.seq);
    uint64_t below = 0;
    enum omb_rc rc = OMB_OK;

    if (log->row.count > 0)
        rc = omb_port_scan(judging->step->port, OMB_FAMILY_RECORD, omb_key_view(&from),
                           omb_key_view(&until), true, take_seq, &below);
    if (rc != OMB_OK)
        return omb_fail(judging->err, rc, NULL, "the records of a log cannot be read");
    judging->receipt->kind = OMB_RECEIPT_WAITS;
    judging->receipt->of_chain = true;
    judging->receipt->range = (struct omb_log_range){
        .office = log->row.office,
        .incarnation = log->row.incarnation,
        .first = below + 1,
        .last = judging->header.seq - 1,
    };
    return OMB_STOP;
}

/* The record before it is of another life or line: it is known by its digest alone. */
static enum omb_rc wait_for_prev(struct omb_judging *judging)
{
    judging->receipt->of_chain = true;
    return wait_for(judging, &judging->header.prev);
}

/* Whether the records before it need not be here: nobody has them, or nobody asks. */
static enum omb_rc may_skip(struct omb_judging *judging, bool *out)
{
    const struct omb_header *header = &judging->header;

    *out = judging->intake->from_above ||
           omb_office_id_equal(&header->office, &judging->step->office->self.office);
    if (*out || !judging->holes)
        return OMB_OK;
    return omb_log_has_later(judging->step, &header->office, &header->incarnation, out,
                             judging->err);
}

/* The first of a life goes on from another life of its office, or from nothing. */
static enum omb_rc check_first(struct omb_judging *judging)
{
    struct omb_header before;
    struct omb_digest digest;
    struct omb_error why = {0};
    struct omb_row_at at;
    bool skip;
    enum omb_rc rc;

    if (omb_chain_verify(&judging->header, NULL, NULL, &why) != OMB_OK)
        return omb_refuse(judging, &why);
    if (omb_digest_none(&judging->header.prev))
        return OMB_OK;
    rc = omb_record_place(judging->step, &judging->header.prev, &at);
    if (rc == OMB_NOT_FOUND) {
        rc = may_skip(judging, &skip);
        if (rc != OMB_OK)
            return rc;
        return skip || judging->holes ? OMB_OK : wait_for_prev(judging);
    }
    if (rc == OMB_OK)
        rc = omb_header_read(judging->step, &at, &before, &digest, NULL, judging->err);
    if (rc != OMB_OK)
        return rc;
    if (!omb_office_id_equal(&before.office, &judging->header.office) ||
        OMB_ID_COMPARE(&before.incarnation, &judging->header.incarnation) >= 0)
        return refuse_words(judging,
                            "the record that it continues is not of an earlier life of its log");
    return OMB_OK;
}

/*
 * From above a log comes with holes, and its author's line may be another one than what is here:
 * what contradicts is kept there too, until it is known which stands.
 */
static enum omb_rc check_chain(struct omb_judging *judging)
{
    struct omb_header before;
    struct omb_digest digest;
    struct omb_error why = {0};
    bool here, skip;
    enum omb_rc rc;

    if (judging->header.seq == 1)
        return check_first(judging);
    rc = read_before(judging, &before, &digest, &here);
    if (rc != OMB_OK)
        return rc;
    if (here && omb_chain_verify(&judging->header, &before, &digest, &why) == OMB_OK)
        return OMB_OK;
    rc = omb_fork_follows(judging);
    if (rc != OMB_OK)
        return rc;
    rc = may_skip(judging, &skip);
    if (rc != OMB_OK || skip)
        return rc;
    if (!here)
        return wait_for_range(judging);
    /* It goes on from another line: what that holds instead shows a fork. */
    return judging->holes || omb_digest_equal(&digest, &judging->header.prev)
               ? omb_refuse(judging, &why)
               : wait_for_prev(judging);
}

/* An own record that the own log lacks: a store that lost it goes on in a new life. */
static enum omb_rc give_way(struct omb_judging *judging)
{
    struct omb_step *step = judging->step;
    struct omb_tip *tip = &step->office->tip;
    const struct omb_header *header = &judging->header;
    enum omb_rc rc;

    if (!omb_office_id_equal(&header->office, &step->office->self.office) ||
        !omb_incarnation_equal(&header->incarnation, &tip->incarnation))
        return OMB_OK;
    omb_intake_flush(judging->intake);
    tip->must_open = true;
    rc = omb_log_ready(step, judging->err);
    step->update->dirty = true;
    return rc;
}

static enum omb_rc stands_there(struct omb_judging *judging, bool *out)
{
    const struct omb_log *log = &judging->intake->log;
    const struct omb_key key = omb_key_record(log->number, judging->header.seq);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    *out = false;
    if (log->row.count == 0 || judging->header.seq > log->row.head)
        return OMB_OK;
    if (omb_update_find(judging->step->update, log->number, judging->header.seq)) {
        *out = true;
        return OMB_OK;
    }
    rc = omb_port_get(judging->step->port, OMB_FAMILY_RECORD, omb_key_view(&key), &value);
    omb_buf_free(&value);
    *out = rc == OMB_OK;
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(judging->err, rc, NULL, "a record of a log cannot be read");
}

enum omb_rc omb_check_place(struct omb_judging *judging)
{
    struct omb_intake *intake = judging->intake;
    const struct omb_header *header = &judging->header;
    bool other = false, lost = false;
    enum omb_rc rc = give_way(judging);

    if (rc == OMB_OK)
        rc = omb_intake_log(intake, &header->office, &header->incarnation, judging->err);
    if (rc == OMB_OK && intake->log_forked)
        rc = omb_fork_decided(judging, &lost);
    if (rc == OMB_OK)
        rc = stands_there(judging, &other);
    if (rc != OMB_OK)
        return rc;
    return other || lost ? omb_fork_meet(judging) : check_chain(judging);
}
