/*
 * Records, certificates and statements as a neighbour on the stage would write them: what a draft
 * leaves out is filled in, then it is sealed and signed.
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/stage.h"
#include "ledger/enrol.h"
#include "ledger/record.h"
#include "ledger/witness.h"
#include "office/inside.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/parts.h"

/* The key of every case that a neighbour registers. */
static const uint8_t case_key[OMB_KEY_SIZE] = {0x77, 0x01};

/* One record being completed. */
struct sealing {
    struct stage *stage;
    enum stage_peer peer;
    struct omb_arena *arena;
    struct omb_record *record;
    struct omb_header header;
};

static void fill_part(struct omb_view bytes, struct omb_digest (*hash)(struct omb_view),
                      struct omb_digest *digest, uint32_t *size)
{
    if (bytes.size == 0 || !omb_digest_none(digest) || *size != 0)
        return;
    *digest = hash(bytes);
    *size = (uint32_t)bytes.size;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    return size == 0;
}

/* What is left out is as the peer would write it next. */
static void fill_header(const struct stage_author *author, int64_t at_ms, struct omb_header *header)
{
    static const uint8_t salt[OMB_SALT_SIZE] = {1};

    if (header->version == 0)
        header->version = OMB_HEADER_VERSION;
    if (omb_office_id_none(&header->office))
        header->office = author->office;
    if (is_zero(header->incarnation.bytes, sizeof(header->incarnation.bytes)))
        header->incarnation = author->life;
    if (header->seq == 0)
        header->seq = author->seq + 1;
    if (omb_digest_none(&header->prev))
        header->prev = author->prev;
    if (header->time_ms == 0)
        header->time_ms = at_ms;
    if (is_zero(header->key.bytes, sizeof(header->key.bytes)))
        header->key = author->key;
    if (header->salt.size == 0)
        header->salt = OMB_VIEW_OF(salt);
    if (header->actor.size == 0)
        header->actor = OMB_VIEW_LIT("s1");
}

/* --- parts --- */

static void seal_body(struct sealing *sealing)
{
    static const uint8_t nonce[OMB_NONCE_SIZE] = {3};
    const struct omb_header *header = &sealing->header;
    uint8_t ad[OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE + 8];
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_body body;

    if (sealing->record->body.size == 0 ||
        omb_decode_body(sealing->record->body, sealing->arena, &body, NULL) != OMB_OK)
        return;
    memcpy(ad, header->office.bytes, OMB_OFFICE_ID_SIZE);
    memcpy(ad + OMB_OFFICE_ID_SIZE, header->incarnation.bytes, OMB_INCARNATION_SIZE);
    omb_put_be64(ad + OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE, header->seq);
    omb_buf_add(&out, nonce, sizeof(nonce));
    omb_seal(case_key, nonce, OMB_VIEW_OF(ad), sealing->record->body, &out);
    sealing->record->body = omb_arena_copy(sealing->arena, omb_buf_view(&out));
    omb_buf_free(&out);
}

/* All are sealed for north, whomever they name. */
static void seal_grant(struct sealing *sealing, struct omb_grant *grant)
{
    const uint8_t seed[OMB_SEED_SIZE] = {5};
    struct omb_buf plain = OMB_BUF_INIT, out = OMB_BUF_INIT;
    uint8_t recipient[OMB_PUBLIC_SIZE];
    struct omb_grant_key key;
    struct omb_drbg drbg;

    if (omb_decode_grant_key(grant->sealed, sealing->arena, &key, NULL) != OMB_OK)
        return;
    stage_resolve(sealing->stage, sealing->peer, &omb_shape_grant_key, &key, sealing->arena);
    if (!key.case_id)
        key.case_id = sealing->header.case_id;
    if (omb_office_id_none(&key.recipient))
        key.recipient = sealing->stage->north->id;
    if (key.key.size == 0)
        key.key = OMB_VIEW_OF(case_key);
    omb_encode_grant_key(&key, &plain);
    omb_box_public(sealing->stage->rig->sealing, recipient);
    omb_drbg_init(&drbg, seed);
    OMB_ASSERT(omb_box_seal(recipient, omb_buf_view(&plain), &drbg, &out) == OMB_OK);
    grant->sealed = omb_arena_copy(sealing->arena, omb_buf_view(&out));
    omb_buf_free(&plain);
    omb_buf_free(&out);
}

static void seal_grants(struct sealing *sealing)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_grants grants;

    if (sealing->record->grants.size == 0 ||
        omb_decode_grants(sealing->record->grants, sealing->arena, &grants, NULL) != OMB_OK)
        return;
    stage_resolve(sealing->stage, sealing->peer, &omb_shape_grants, &grants, sealing->arena);
    for (size_t i = 0; i < grants.offices.count; i++)
        seal_grant(sealing, (struct omb_grant *)(uintptr_t)&grants.offices.items[i]);
    omb_encode_grants(&grants, &out);
    sealing->record->grants = omb_arena_copy(sealing->arena, omb_buf_view(&out));
    omb_buf_free(&out);
}

/* --- certificates --- */

static void fill_certificate(const struct stage_author *issuer, struct omb_certificate *inner)
{
    static const uint8_t key[OMB_PUBLIC_SIZE] = {9};

    if (inner->version == 0)
        inner->version = 1;
    if (inner->signing_key.size == 0)
        inner->signing_key = OMB_VIEW_OF(key);
    if (inner->transport_key.size == 0)
        inner->transport_key = OMB_VIEW_OF(key);
    if (inner->sealing_key.size == 0)
        inner->sealing_key = OMB_VIEW_OF(key);
    if (omb_office_id_none(&inner->office) && inner->signing_key.size == OMB_PUBLIC_SIZE)
        inner->office = omb_certify_office_id(inner->code, inner->signing_key.data);
    if (omb_office_id_none(&inner->parent))
        inner->parent = issuer->office;
    if (omb_digest_none(&inner->issuer))
        inner->issuer = issuer->certificate;
    if (inner->depth == 0)
        inner->depth = issuer->depth + 1;
    if (inner->not_before == 0)
        inner->not_before = RIG_START_MS;
    if (inner->not_after == 0)
        inner->not_after = RIG_START_MS + 365 * OMB_DAY_MS;
}

static void issue(struct sealing *sealing, struct omb_office_certified *certified)
{
    const struct stage_author *author = &sealing->stage->authors[sealing->peer];
    struct omb_signed_certificate outer;
    struct omb_certificate inner;
    struct omb_buf out = OMB_BUF_INIT;

    if (omb_decode_signed_certificate(certified->certificate, sealing->arena, &outer, NULL) !=
            OMB_OK ||
        outer.signatures.count > 0 ||
        omb_decode_certificate(outer.certificate, sealing->arena, &inner, NULL) != OMB_OK)
        return;
    stage_resolve(sealing->stage, sealing->peer, &omb_shape_certificate, &inner, sealing->arena);
    fill_certificate(author, &inner);
    omb_certify_issue(&inner, author->signer, &out);
    certified->certificate = omb_arena_copy(sealing->arena, omb_buf_view(&out));
    omb_buf_free(&out);
}

void stage_wish(struct omb_office_certify *certify, struct omb_arena *arena)
{
    static const uint8_t box[OMB_PUBLIC_SIZE] = {9}, seed[OMB_SEED_SIZE] = {6};
    struct omb_office_request request;
    struct omb_office_wish wish;
    struct omb_signer *signer;
    struct omb_buf out = OMB_BUF_INIT;
    uint8_t key[OMB_PUBLIC_SIZE];

    if (omb_decode_office_request(certify->request, arena, &request, NULL) != OMB_OK ||
        request.signature.size > 0 ||
        omb_decode_office_wish(request.wish, arena, &wish, NULL) != OMB_OK)
        return;
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, key);
    if (wish.version == 0)
        wish.version = 1;
    if (wish.signing_key.size == 0)
        wish.signing_key = OMB_VIEW_OF(key);
    if (wish.transport_key.size == 0)
        wish.transport_key = OMB_VIEW_OF(box);
    if (wish.sealing_key.size == 0)
        wish.sealing_key = OMB_VIEW_OF(box);
    omb_enrol_ask(&wish, signer, NULL, &out);
    certify->request = omb_arena_copy(arena, omb_buf_view(&out));
    omb_signer_free(signer);
    omb_buf_free(&out);
}

/* --- records --- */

static void fill_event(struct sealing *sealing)
{
    const struct omb_any *event = sealing->header.facts ? &sealing->header.facts->event : NULL;

    if (!event || !event->value)
        return;
    if (event->tag == OMB_EVENT_OFFICE_CERTIFIED)
        issue(sealing, (struct omb_office_certified *)(uintptr_t)event->value);
    if (event->tag == OMB_EVENT_REGISTERED) {
        struct omb_registered *registered = (struct omb_registered *)(uintptr_t)event->value;

        if (omb_digest_none(&registered->key_commitment))
            registered->key_commitment = omb_case_key_commitment(case_key);
    }
}

static void seal_one(struct sealing *sealing)
{
    struct stage_author *author = &sealing->stage->authors[sealing->peer];
    struct omb_header *header = &sealing->header;
    struct omb_record *record = sealing->record;
    struct omb_buf bytes = OMB_BUF_INIT;

    if (omb_decode_header(record->header, sealing->arena, header, NULL) != OMB_OK)
        return;
    if (header->case_id)
        stage_resolve(sealing->stage, sealing->peer, &omb_shape_case_id,
                      (void *)(uintptr_t)header->case_id, sealing->arena);
    stage_resolve_of(sealing->stage, sealing->peer, header->case_id, &omb_shape_header, header,
                     sealing->arena);
    fill_header(author, sealing->stage->rig->now_ms, header);
    fill_event(sealing);
    seal_body(sealing);
    seal_grants(sealing);
    fill_part(record->body, omb_body_digest, &header->body_digest, &header->body_size);
    fill_part(record->grants, omb_grants_digest, &header->grants_digest, &header->grants_size);
    fill_part(record->extract, omb_extract_digest, &header->extract_digest, &header->extract_size);
    omb_encode_header(header, &bytes);
    record->header = omb_arena_copy(sealing->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    if (header->seq == author->seq + 1 && omb_office_id_equal(&header->office, &author->office)) {
        author->seq++;
        author->prev = omb_record_digest(record->header);
    }
}

void stage_seal(struct stage *stage, enum stage_peer peer, struct omb_records *records,
                struct omb_arena *arena)
{
    struct stage_author *author = &stage->authors[peer];
    const size_t count = records->records.count;
    struct omb_record *items = (struct omb_record *)(uintptr_t)records->records.items;
    struct omb_digest *leaves = OMB_ARENA_NEW(arena, struct omb_digest, count + 1);
    struct omb_proof *proofs = OMB_ARENA_NEW(arena, struct omb_proof, count + 1);

    for (size_t i = 0; i < count; i++) {
        seal_one(&(struct sealing){stage, peer, arena, &items[i], {.version = 0}});
        leaves[i] = omb_record_digest(items[i].header);
    }
    if (count > 0)
        omb_batch_sign(author->signer, leaves, count, arena, proofs);
    for (size_t i = 0; i < count; i++)
        if (!items[i].proof)
            items[i].proof = &proofs[i];
    if (records->first == UINT64_MAX) {
        records->first = author->position + 1;
        records->last = author->position + (count > 0 ? count : 1);
        author->position = records->last;
    }
}

void stage_attest(struct stage *stage, enum stage_peer peer, struct omb_ack *ack,
                  struct omb_arena *arena)
{
    const struct stage_author *author = &stage->authors[peer];
    struct omb_witness *items = (struct omb_witness *)(uintptr_t)ack->witnesses.items;

    for (size_t i = 0; i < ack->witnesses.count && i < OMB_REPEATED_MAX; i++) {
        struct omb_witness_statement said;

        if (items[i].proof ||
            omb_decode_witness_statement(items[i].statement, arena, &said, NULL) != OMB_OK)
            continue;
        stage_resolve(stage, peer, &omb_shape_witness_statement, &said, arena);
        if (omb_office_id_none(&said.witness))
            said.witness = author->office;
        if (is_zero(said.key.bytes, sizeof(said.key.bytes)))
            said.key = author->key;
        if (said.time_ms == 0)
            said.time_ms = stage->rig->now_ms;
        omb_witness_sign(author->signer, &said, 1, arena, &items[i]);
    }
}
