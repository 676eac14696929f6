/*
 * Writing: the own log grows by one record at a time, and the records of a batch get their proofs
 * together, from one signature.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/post/feed.h"
#include "office/receive.h"
#include "wire/header.h"
#include "wire/limits.h"

/* --- incarnations --- */

static enum omb_rc see_life(void *arg, const struct omb_log *log)
{
    struct omb_incarnation *newest = arg;

    if (omb_incarnation_number(&log->row.incarnation) > omb_incarnation_number(newest))
        *newest = log->row.incarnation;
    return OMB_OK;
}

/*
 * Lives sort in the order in which they began, so the next one is above all that are known: a store
 * that was made anew meets lives of its office that came home, or that the parent told of.
 */
static enum omb_rc newest_life(struct omb_step *step, struct omb_incarnation *out,
                               struct omb_error *err)
{
    const struct omb_office *office = step->office;

    *out = office->tip.incarnation;
    if (office->life_told > omb_incarnation_number(out))
        omb_put_be32(out->bytes, office->life_told);
    return omb_logs_each(step, &office->self.office, see_life, out, err);
}

enum omb_rc omb_log_ready(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_tip *tip = &office->tip;
    struct omb_incarnation newest;
    uint8_t random[8];
    enum omb_rc rc;

    if (!tip->must_open)
        return OMB_OK;
    rc = newest_life(step, &newest, err);
    if (rc != OMB_OK)
        return rc;
    if (omb_incarnation_number(&newest) == UINT32_MAX || tip->next_number == UINT32_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "the office's log has used up its lives");
    omb_tip_put_log(tip, &office->self.office, step->update->writes);
    omb_drbg_bytes(&step->drbg, random, sizeof(random));
    tip->incarnation = omb_incarnation_next(&newest, random);
    tip->number = tip->next_number++;
    tip->seq = 0;
    tip->time_ms = 0;
    tip->escrow = (struct omb_digest){0};
    tip->escrow_month = 0;
    omb_wipe(tip->escrow_key, sizeof(tip->escrow_key));
    tip->must_open = false;
    return OMB_OK;
}

struct other_lives {
    const struct omb_tip *tip;
    bool holes; /* in one that the life written now does not outlive yet */
    bool newer; /* than that life, as far as numbers go */
};

static enum omb_rc see_other_life(void *arg, const struct omb_log *log)
{
    struct other_lives *others = arg;
    const struct omb_tip *tip = others->tip;
    const bool newer = !omb_incarnation_equal(&log->row.incarnation, &tip->incarnation) &&
                       omb_incarnation_number(&log->row.incarnation) >=
                           omb_incarnation_number(&tip->incarnation);

    if (log->row.line > 0 || log->row.count == log->row.head)
        return OMB_OK;
    others->newer |= newer;
    others->holes |= newer || tip->seq == 0;
    return OMB_OK;
}

enum omb_rc omb_log_outlive(struct omb_step *step, bool *out_due, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct other_lives others = {.tip = &office->tip};
    const enum omb_rc rc =
        omb_logs_each(step, &office->self.office, see_other_life, &others, err);

    if (rc != OMB_OK)
        return rc;
    office->tip.must_open |= others.newer;
    *out_due = others.holes;
    return OMB_OK;
}

int64_t omb_log_time(const struct omb_step *step)
{
    const struct omb_tip *tip = &step->office->tip;
    const int64_t now = step->input->now_ms > 0 ? step->input->now_ms : 1;

    return !tip->must_open && tip->time_ms > now ? tip->time_ms : now;
}

/* --- parts --- */

/* The parts of a record being made; a view without data is an absent part. */
struct parts {
    struct omb_view body, grants, extract;
};

static enum omb_rc body_key(struct omb_step *step, const struct omb_draft *draft,
                            uint8_t out[OMB_KEY_SIZE], struct omb_error *err)
{
    enum omb_rc rc;

    if (!draft->case_id) {
        memcpy(out, step->office->tip.escrow_key, OMB_KEY_SIZE);
        return OMB_OK;
    }
    rc = draft->erased ? OMB_ERASED : omb_vault_case_key(step, draft->case_id, out);
    if (rc == OMB_SEALED)
        return omb_fail(err, rc, NULL,
                        "this office holds no key to the case: its acts can say codes, not words");
    if (rc == OMB_ERASED)
        return omb_fail(err, rc, NULL, "the case was erased: its acts can say codes, not words");
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the key of the case cannot be read");
}

static enum omb_rc check_part(struct omb_view part, const char *name, struct omb_error *err)
{
    if (part.size > OMB_PART_MAX)
        return omb_fail(err, OMB_LIMIT, name, "the %s has %zu bytes, at most %d are kept", name,
                        part.size, OMB_PART_MAX);
    return OMB_OK;
}

static enum omb_rc seal_body(struct omb_step *step, const struct omb_draft *draft,
                             struct omb_view *out, struct omb_error *err)
{
    struct omb_buf *buf = &step->update->body;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc;

    if (!draft->body || draft->body->event.tag == 0)
        return OMB_OK;
    OMB_ASSERT(draft->body->event.tag == draft->facts->event.tag);
    rc = body_key(step, draft, key, err);
    if (rc != OMB_OK)
        return rc;
    omb_buf_clear(buf);
    omb_vault_seal_body(step, key, step->office->tip.seq + 1, draft->body, buf);
    omb_wipe(key, sizeof(key));
    *out = omb_buf_view(buf);
    return check_part(*out, "body", err);
}

bool omb_draft_grants(const struct omb_draft *draft)
{
    return draft->grants && (draft->grants->offices.count > 0 || draft->grants->escrow);
}

static enum omb_rc encode_grants(struct omb_step *step, const struct omb_draft *draft,
                                 struct omb_view *out, struct omb_error *err)
{
    struct omb_buf *buf = &step->update->grants;

    if (!omb_draft_grants(draft))
        return OMB_OK;
    omb_buf_clear(buf);
    omb_encode_grants(draft->grants, buf);
    *out = omb_buf_view(buf);
    return check_part(*out, "grants", err);
}

static enum omb_rc encode_extract(struct omb_step *step, const struct omb_draft *draft,
                                  struct omb_view *out, struct omb_error *err)
{
    struct omb_buf *buf = &step->update->extract;
    struct omb_extract extract;
    uint8_t blind[32];

    if (!draft->extract)
        return OMB_OK;
    extract = *draft->extract;
    if (extract.pseudonym.size == 0 && extract.reference.size == 0 && extract.subject.size == 0)
        return OMB_OK;
    omb_drbg_bytes(&step->drbg, blind, sizeof(blind));
    extract.blind = OMB_VIEW_OF(blind);
    omb_buf_clear(buf);
    omb_encode_extract(&extract, buf);
    *out = omb_buf_view(buf);
    return check_part(*out, "extract", err);
}

static enum omb_rc make_parts(struct omb_step *step, const struct omb_draft *draft,
                              struct parts *out, struct omb_error *err)
{
    enum omb_rc rc = seal_body(step, draft, &out->body, err);

    if (rc == OMB_OK)
        rc = encode_grants(step, draft, &out->grants, err);
    if (rc == OMB_OK)
        rc = encode_extract(step, draft, &out->extract, err);
    return rc;
}

/* --- the header --- */

static enum omb_rc make_header(struct omb_step *step, const struct omb_draft *draft,
                               const struct parts *parts, struct omb_error *err)
{
    const struct omb_office *office = step->office;
    const struct omb_tip *tip = &office->tip;
    struct omb_buf *buf = &step->update->header;
    uint8_t salt[OMB_SALT_SIZE];
    struct omb_header header = {
        .version = OMB_HEADER_VERSION,
        .office = office->self.office,
        .incarnation = tip->incarnation,
        .seq = tip->seq + 1,
        .prev = tip->prev,
        .time_ms = omb_log_time(step),
        .key = office->key_id,
        .salt = OMB_VIEW_OF(salt),
        .actor = draft->actor,
        .case_id = draft->case_id,
        .after = draft->after,
        .body_size = (uint32_t)parts->body.size,
        .grants_size = (uint32_t)parts->grants.size,
        .extract_size = (uint32_t)parts->extract.size,
        .facts = draft->facts,
    };

    omb_drbg_bytes(&step->drbg, salt, sizeof(salt));
    if (parts->body.data)
        header.body_digest = omb_body_digest(parts->body);
    if (parts->grants.data)
        header.grants_digest = omb_grants_digest(parts->grants);
    if (parts->extract.data)
        header.extract_digest = omb_extract_digest(parts->extract);
    omb_buf_clear(buf);
    omb_encode_header(&header, buf);
    if (buf->size > OMB_HEADER_MAX)
        return omb_fail(err, OMB_LIMIT, "facts", "the facts make a header of %zu bytes, at most %d",
                        buf->size, OMB_HEADER_MAX);
    return OMB_OK;
}

/* --- rows --- */

static void put_part(struct omb_step *step, uint64_t seq, enum omb_part_kind kind,
                     struct omb_view bytes)
{
    const struct omb_key key = omb_key_part(step->office->tip.number, seq, kind);

    if (bytes.data)
        omb_put(step->update->writes, OMB_FAMILY_PART, omb_key_view(&key), bytes);
}

static void put_stored(struct omb_update *update, const struct omb_pending *record,
                       const struct omb_proof *proof)
{
    const struct omb_stored_record stored = {.header = record->header, .proof = proof};
    const struct omb_key key = omb_key_record(record->number, record->seq);

    omb_buf_clear(&update->row);
    omb_encode_stored_record(&stored, &update->row);
    omb_put(update->writes, OMB_FAMILY_RECORD, omb_key_view(&key), omb_buf_view(&update->row));
}

static void put_rows(struct omb_step *step, const struct omb_draft *draft,
                     const struct omb_pending *record, const struct parts *parts)
{
    struct omb_writes *writes = step->update->writes;
    const struct omb_key digest = omb_key_digest(&record->leaf);
    const struct omb_key journal = omb_key_journal(step->office->tip.journal + 1);
    uint8_t place[12];

    omb_put_place(place, record->number, record->seq);
    omb_put(writes, OMB_FAMILY_DIGEST, omb_key_view(&digest), OMB_VIEW_OF(place));
    omb_put(writes, OMB_FAMILY_JOURNAL, omb_key_view(&journal), OMB_VIEW_OF(place));
    if (record->seq == 1)
        omb_log_put_name(writes, &step->office->self.office, &step->office->tip.incarnation, 0,
                         record->number);
    if (draft->case_id) {
        const struct omb_key key = omb_key_case_log(draft->case_id, record->number, record->seq);

        omb_put(writes, OMB_FAMILY_CASE_LOG, omb_key_view(&key), OMB_VIEW_NONE);
    }
    if (!draft->erased) {
        put_part(step, record->seq, OMB_PART_BODY, parts->body);
        put_part(step, record->seq, OMB_PART_GRANTS, parts->grants);
        put_part(step, record->seq, OMB_PART_EXTRACT, parts->extract);
    }
}

/* --- bells --- */

void omb_ring_for(struct omb_step *step, const struct omb_facts *facts, bool of_case,
                  uint64_t position)
{
    const uint32_t tag = facts ? facts->event.tag : 0;

    omb_ring(step, of_case ? "cases" : "offices", position);
    if (!of_case || tag == 0 || !facts->event.value)
        return;
    if (tag == OMB_EVENT_ESCALATED || tag == OMB_EVENT_RETURNED || tag == OMB_EVENT_DELEGATED ||
        tag == OMB_EVENT_TAKEN_OVER)
        omb_ring(step, "escalations", position);
    if (tag == OMB_EVENT_RESOLVED)
        omb_ring(step, "resolutions", position);
    if (tag == OMB_EVENT_RATED &&
        OMB_AS(rated, facts->event)->score <= step->office->policy->attention_max)
        omb_ring(step, "attention", position);
}

/* --- append --- */

static void check_draft(const struct omb_step *step, const struct omb_draft *draft)
{
    const uint32_t tag = draft->facts->event.tag;

    OMB_ASSERT(tag > 0 && draft->facts->event.value != NULL);
    OMB_ASSERT((tag < OMB_EVENT_POLICY_PUBLISHED) == (draft->case_id != NULL));
    OMB_ASSERT(draft->actor.size > 0);
    if (tag == OMB_EVENT_REGISTERED) {
        OMB_ASSERT(omb_office_id_equal(&draft->case_id->home, &step->office->self.office));
        OMB_ASSERT(
            omb_incarnation_equal(&draft->case_id->incarnation, &step->office->tip.incarnation));
    }
}

static void move_tip(struct omb_step *step, const struct omb_pending *record)
{
    struct omb_tip *tip = &step->office->tip;

    tip->time_ms = omb_log_time(step);
    tip->seq = record->seq;
    tip->prev = record->leaf;
    tip->journal++;
    tip->records++;
    step->update->dirty = true;
}

/* An event of the office has its effect here as it has where it comes by a link. */
static enum omb_rc tell(struct omb_step *step, const struct omb_appended *record,
                        struct omb_error *err)
{
    const struct omb_row_at at = {record->number, record->seq};
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc = omb_header_read(step, &at, &header, &digest, NULL, err);

    if (rc == OMB_OK)
        rc = omb_learn(step, &header, &at, &digest, err);
    return rc == OMB_OK ? omb_feed_event(step, &header, &at, err) : rc;
}

enum omb_rc omb_append(struct omb_step *step, const struct omb_draft *draft,
                       struct omb_appended *out, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct parts parts = {0};
    struct omb_pending record = {0};
    enum omb_rc rc = omb_log_ready(step, err);

    if (rc == OMB_OK && !draft->case_id && draft->body && omb_digest_none(&office->tip.escrow))
        rc = omb_vault_escrow(step, err);
    if (rc != OMB_OK)
        return rc;
    check_draft(step, draft);
    rc = make_parts(step, draft, &parts, err);
    if (rc == OMB_OK)
        rc = make_header(step, draft, &parts, err);
    if (rc != OMB_OK)
        return rc;
    record.number = office->tip.number;
    record.seq = office->tip.seq + 1;
    record.header = omb_buf_view(&step->update->header);
    record.leaf = omb_record_digest(record.header);

    put_rows(step, draft, &record, &parts);
    omb_update_pend(step->update, &record);
    move_tip(step, &record);
    omb_ring_for(step, draft->facts, draft->case_id != NULL, office->tip.journal);
    *out = (struct omb_appended){record.leaf, record.number, record.seq, office->tip.journal};
    return draft->case_id ? OMB_OK : tell(step, out, err);
}

/* --- the end of a batch --- */

static void sign_pending(struct omb_office *office, struct omb_update *update)
{
    const size_t first = update->signed_count;
    const size_t count = update->pending_count - first;
    struct omb_digest *leaves;
    struct omb_proof *proofs;

    if (count == 0)
        return;
    OMB_ASSERT(count <= OMB_BATCH_MAX);
    leaves = OMB_ARENA_NEW(&update->step_arena, struct omb_digest, count);
    proofs = OMB_ARENA_NEW(&update->step_arena, struct omb_proof, count);
    for (size_t i = 0; i < count; i++)
        leaves[i] = update->pending[first + i].leaf;
    omb_batch_sign(office->setup.signer, leaves, count, &update->step_arena, proofs);
    for (size_t i = 0; i < count; i++)
        put_stored(update, &update->pending[first + i], &proofs[i]);
    update->signed_count = update->pending_count;
}

void omb_settle(struct omb_office *office, struct omb_update *update)
{
    sign_pending(office, update);
    if (update->dirty)
        omb_tip_put(office, update->writes);
    update->dirty = false;
}
