/*
 * One record taken apart for people: each thing that makes it authentic on a line of its own, and
 * what it does to its case.
 */
#include <stdio.h>

#include "office/desk/act.h"
#include "office/desk/view.h"
#include "wire/header.h"

struct explaining {
    struct omb_step *step;
    const struct omb_opened *record;
    struct omb_lines lines;
};

static const char *holds(enum omb_rc rc, const struct omb_error *why)
{
    return rc == OMB_OK ? "holds" : why->words;
}

static void explain_frame(struct explaining *explain)
{
    const struct omb_opened *record = explain->record;
    const struct omb_view digest =
        omb_desk_hex(explain->step->arena, OMB_VIEW_OF(record->digest.bytes));
    char at[OMB_RFC3339_SIZE];

    omb_rfc3339(record->header.time_ms, 0, at);
    omb_lines_add(&explain->lines, "frame: version %u, %zu bytes, dated %s", record->header.version,
                  record->stored.header.size, at);
    omb_lines_add(&explain->lines, "digest: %.*s", OMB_VIEW_ARGS(digest));
    if (record->odd)
        omb_lines_add(&explain->lines,
                      "facts: hold something that this version does not understand");
}

/* The certificate whose digest begins as the header's key. */
struct card_search {
    struct omb_digest digest;
    bool found;
};

static enum omb_rc take_card(void *arg, struct omb_view key, struct omb_view value)
{
    struct card_search *search = arg;

    (void)value;
    if (key.size != 1 + OMB_DIGEST_SIZE)
        return OMB_OK;
    memcpy(search->digest.bytes, key.data + 1, OMB_DIGEST_SIZE);
    search->found = true;
    return OMB_STOP;
}

static enum omb_rc find_card(struct omb_step *step, const struct omb_key_id *key,
                             const struct omb_office_card **out, struct omb_error *err)
{
    uint8_t prefix[1 + OMB_KEY_ID_SIZE] = {'C'};
    struct card_search search = {0};
    enum omb_rc rc;

    memcpy(prefix + 1, key->bytes, OMB_KEY_ID_SIZE);
    rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, OMB_VIEW_OF(prefix), NULL, take_card, &search,
                       err);
    if (rc == OMB_OK)
        *out = search.found ? omb_office_card(step, &search.digest) : NULL;
    return rc;
}

static void explain_certificate(struct explaining *explain, const struct omb_office_card *card)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    const struct omb_view digest =
        omb_desk_hex(explain->step->arena, omb_view(card->certificate.digest.bytes, 16));
    char from[OMB_RFC3339_SIZE], until[OMB_RFC3339_SIZE];

    omb_rfc3339(inner->not_before, 0, from);
    omb_rfc3339(inner->not_after, 0, until);
    omb_lines_add(&explain->lines, "certificate: %.*s of %.*s, %s to %s, %s",
                  OMB_VIEW_ARGS(digest), OMB_VIEW_ARGS(inner->code), from, until,
                  card->complete ? "with all issuers up to the root's"
                                 : "an issuer of it is not here");
}

static enum omb_rc explain_signature(struct explaining *explain, struct omb_error *err)
{
    const struct omb_opened *record = explain->record;
    const struct omb_proof *proof = record->stored.proof;
    const struct omb_office_card *card;
    struct omb_error why = {0};
    enum omb_rc rc = find_card(explain->step, &record->header.key, &card, err);

    if (rc != OMB_OK)
        return rc;
    if (card == NULL) {
        omb_lines_add(&explain->lines, "certificate: the one that signed is not here");
        return OMB_OK;
    }
    explain_certificate(explain, card);
    if (proof == NULL) {
        omb_lines_add(&explain->lines, "signature: not signed yet");
        return OMB_OK;
    }
    rc = omb_proof_verify(&record->digest, proof, card->certificate.inner.signing_key.data, NULL,
                          &why);
    omb_lines_add(&explain->lines, "signature: %s (%s)", holds(rc, &why),
                  proof->path.count ? "of a batch" : "of this record alone");
    return OMB_OK;
}

static void explain_chain(struct explaining *explain)
{
    const struct omb_opened *record = explain->record;
    const struct omb_view prev =
        omb_desk_hex(explain->step->arena, omb_view(record->header.prev.bytes, 8));
    struct omb_opened before;
    struct omb_error why = {0};
    enum omb_rc rc;

    if (record->header.seq == 1) {
        if (omb_digest_none(&record->header.prev))
            omb_lines_add(&explain->lines, "chain: the log's first record");
        else
            omb_lines_add(&explain->lines, "chain: begins a life of the log, continues %.*s",
                          OMB_VIEW_ARGS(prev));
        return;
    }
    rc = omb_desk_open(explain->step, record->at.number, record->at.seq - 1, &before, &why);
    if (rc == OMB_NOT_FOUND) {
        omb_lines_add(&explain->lines, "chain: %.*s before it is not held here",
                      OMB_VIEW_ARGS(prev));
        return;
    }
    if (rc == OMB_OK)
        rc = omb_chain_verify(&record->header, &before.header, &before.digest, &why);
    omb_lines_add(&explain->lines, "chain: %s, after %.*s", holds(rc, &why), OMB_VIEW_ARGS(prev));
}

static void explain_part(struct explaining *explain, const char *name, enum omb_part_kind kind,
                         const struct omb_digest *digest, uint32_t size)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error why = {0};
    enum omb_rc rc;

    if (omb_digest_none(digest))
        return;
    rc = omb_desk_part(explain->step, &explain->record->at, kind, &bytes);
    if (rc == OMB_OK)
        rc = omb_part_verify(&explain->record->header, kind, omb_buf_view(&bytes), &why);
    else
        (void)omb_fail(&why, rc, NULL, "is not here");
    omb_lines_add(&explain->lines, "%s: %u bytes, %s", name, size,
                  rc == OMB_OK ? "digest holds" : why.words);
    omb_buf_free(&bytes);
}

static void explain_parts(struct explaining *explain)
{
    const struct omb_header *header = &explain->record->header;

    explain_part(explain, "body", OMB_PART_BODY, &header->body_digest, header->body_size);
    explain_part(explain, "grants", OMB_PART_GRANTS, &header->grants_digest, header->grants_size);
    explain_part(explain, "extract", OMB_PART_EXTRACT, &header->extract_digest,
                 header->extract_size);
}

/* Whether the key in it, if there is one for this office, is the one of the case. */
static void explain_grant(struct explaining *explain, const struct omb_casefile *file, size_t index)
{
    uint8_t key[OMB_KEY_SIZE];
    const enum omb_rc rc = omb_vault_try_grant(explain->step, file, index, key);

    omb_wipe(key, sizeof(key));
    if (rc == OMB_OK)
        omb_lines_add(&explain->lines, "grant: to this office, of the key of the case");
    else if (rc == OMB_UNAUTHENTIC)
        omb_lines_add(&explain->lines,
                      "grant: to this office, but not of the key of the case: it is passed over");
}

static enum omb_rc explain_effect(struct explaining *explain, struct omb_explanation *out,
                                  struct omb_error *err)
{
    const struct omb_header *header = &explain->record->header;
    struct omb_casefile file;
    enum omb_rc rc;

    if (header->case_id == NULL) {
        out->effect = omb_opened_tag(explain->record) != 0;
        omb_lines_add(&explain->lines, "effect: an event of the office");
        return OMB_OK;
    }
    rc = omb_casefile_load(explain->step, header->case_id, &file, err);
    for (size_t i = 0; rc == OMB_OK && i < file.folded.judged_count; i++) {
        const struct omb_judged *judged = &file.folded.judged[i];
        struct omb_desk_room room = OMB_DESK_ROOM;
        struct omb_event_view view;

        if (!omb_digest_equal(&judged->event->digest, &explain->record->digest))
            continue;
        explain_grant(explain, &file, (size_t)(judged->event - file.events));
        omb_desk_event_view(explain->step, &file, judged, NULL, &room, &view);
        out->effect = view.effect;
        out->why = view.why;
        omb_lines_add(&explain->lines, "effect: %s%.*s", view.effect ? "took effect" : "none: ",
                      OMB_VIEW_ARGS(view.why));
    }
    return rc;
}

enum omb_rc omb_desk_explain(struct omb_step *step, const void *ask, const void **out,
                             struct omb_error *err)
{
    const struct omb_explain_ask *request = ask;
    struct omb_explanation *answer = OMB_ARENA_NEW(step->arena, struct omb_explanation, 1);
    struct omb_log_entry *entry = OMB_ARENA_NEW(step->arena, struct omb_log_entry, 1);
    struct explaining explain = {.step = step, .lines = {.arena = step->arena}};
    struct omb_opened record;
    struct omb_row_at at;
    enum omb_rc rc = omb_record_find(step, request->record, &at, err);

    if (rc != OMB_OK)
        omb_desk_blame(err, "record");
    else
        rc = omb_desk_open(step, at.number, at.seq, &record, err);
    if (rc != OMB_OK)
        return rc;
    explain.record = &record;
    omb_desk_log_entry(step, &record, entry);
    explain_frame(&explain);
    rc = explain_signature(&explain, err);
    if (rc != OMB_OK)
        return rc;
    explain_chain(&explain);
    explain_parts(&explain);
    rc = explain_effect(&explain, answer, err);
    if (rc != OMB_OK)
        return rc;
    answer->record = entry;
    answer->lines = omb_lines_views(&explain.lines);
    *out = answer;
    return OMB_OK;
}
