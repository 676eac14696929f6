/*
 * What is known on the stage, for messages that only say which; and records and statements that
 * are completed and signed.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "fuzz/stage.h"
#include "ledger/record.h"
#include "ledger/witness.h"
#include "office/inside.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/rows.h"

static struct stage *on_stage;            /* while a message is resolved */
static const struct omb_case_id *case_of; /* that a header is about; NULL: none */
static enum stage_peer speaker;

/* --- which --- */

/* -1: the bytes are what they are. */
static int marked(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + 2 < size; i++)
        if (bytes[i] != 0)
            return -1;
    return bytes[size - 2] == STAGE_MARK ? bytes[size - 1] : -1;
}

static void resolve_id(struct omb_office_id *id)
{
    const int which = marked(id->bytes, sizeof(id->bytes));

    if (which >= 0 && which % 3 < STAGE_PEERS)
        *id = on_stage->authors[which % 3].office;
    else if (which >= 0)
        *id = on_stage->north->id;
}

static void resolve_life(struct omb_incarnation *life)
{
    const int which = marked(life->bytes, sizeof(life->bytes));

    if (which >= 0 && which % 3 < STAGE_PEERS)
        *life = on_stage->authors[which % 3].life;
    else if (which >= 0)
        *life = on_stage->rig->office->tip.incarnation;
}

static void resolve_key(struct omb_key_id *key)
{
    const int which = marked(key->bytes, sizeof(key->bytes));

    if (which >= 0 && which % 3 < STAGE_PEERS)
        *key = on_stage->authors[which % 3].key;
    else if (which >= 0)
        *key = on_stage->rig->office->key_id;
}

struct seek {
    int left;
    struct omb_digest *out;
};

/* Keys of the family are the first half of a digest; the whole is the record's. */
static enum omb_rc take_digest(void *arg, struct omb_view key, struct omb_view value)
{
    struct seek *seek = arg;
    struct omb_stored_record stored;
    struct omb_arena arena;
    enum omb_rc rc = OMB_OK;

    (void)key;
    if (seek->left-- > 0)
        return OMB_OK;
    omb_arena_init(&arena, SIZE_MAX / 2);
    rc = omb_decode_stored_record(value, &arena, &stored, NULL);
    if (rc == OMB_OK)
        *seek->out = omb_record_digest(stored.header);
    omb_arena_free(&arena);
    return OMB_STOP;
}

static void spine_of(struct omb_digest *out)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_arena arena;
    struct omb_case_row row;
    struct omb_key key;

    memset(out, 0, sizeof(*out));
    if (!case_of)
        return;
    key = omb_key_case(case_of);
    omb_arena_init(&arena, SIZE_MAX / 2);
    if (omb_port_get(memport_port(on_stage->rig->store), OMB_FAMILY_CASE, omb_key_view(&key),
                     &bytes) == OMB_OK &&
        omb_decode_case_row(omb_buf_view(&bytes), &arena, &row, NULL) == OMB_OK)
        *out = row.spine;
    omb_arena_free(&arena);
    omb_buf_free(&bytes);
}

static void resolve_digest(struct omb_digest *digest)
{
    const int which = marked(digest->bytes, sizeof(digest->bytes));
    struct seek seek = {which, digest};

    if (which == STAGE_NEWEST)
        *digest = on_stage->authors[speaker].prev;
    else if (which == STAGE_SPINE)
        spine_of(digest);
    else if (which >= 0)
        (void)!omb_port_scan(memport_port(on_stage->rig->store), OMB_FAMILY_RECORD, OMB_VIEW_NONE,
                             OMB_VIEW_NONE, false, take_digest, &seek);
}

static void resolve_digests(const struct omb_digests *digests)
{
    for (size_t i = 0; i < digests->count; i++)
        resolve_digest((struct omb_digest *)(uintptr_t)&digests->items[i]);
}

/* "#n" is the number of a case; "%n" is a line of a reply, with a character changed by "%nPC". */
static void resolve_line(struct omb_view *line, struct omb_arena *arena)
{
    char text[STAGE_TEXT];
    size_t which, at;

    if (line->size < 2 || line->size > 4 || (line->data[0] != '#' && line->data[0] != '%'))
        return;
    which = line->data[1];
    if (line->data[0] == '#') {
        *line = omb_view_str(on_stage->numbers[which % STAGE_CASES]);
        return;
    }
    snprintf(text, sizeof(text), "%s", on_stage->seen[which % STAGE_SEEN]);
    at = line->size == 4 ? line->data[2] : sizeof(text);
    if (at < strlen(text))
        text[at] = (char)line->data[3];
    *line = omb_arena_copy(arena, omb_view_str(text));
}

/* --- a message --- */

static void resolve(const struct omb_shape *shape, void *message, struct omb_arena *arena);

static void resolve_nested(const struct omb_shape *shape, const struct omb_shape_field *field,
                           void *at, struct omb_arena *arena)
{
    if (field->kind == OMB_KIND_one) {
        void *nested;

        memcpy(&nested, at, sizeof(nested));
        if (nested)
            resolve(field->sub, nested, arena);
    } else if (field->kind == OMB_KIND_many) {
        struct omb_any_list list;

        memcpy(&list, at, sizeof(list));
        for (size_t i = 0; i < list.count; i++)
            resolve(field->sub, (uint8_t *)(uintptr_t)list.items + i * field->sub->size, arena);
    } else if (field->kind == OMB_KIND_any) {
        const struct omb_any *any = at;
        const struct omb_alternative *alternative = omb_shape_alternative(shape, any->tag);

        if (alternative && any->value)
            resolve(alternative->shape, (void *)(uintptr_t)any->value, arena);
    }
}

static void resolve(const struct omb_shape *shape, void *message, struct omb_arena *arena)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        void *at = (uint8_t *)message + field->offset;

        if (field->kind == OMB_KIND_id)
            resolve_id(at);
        else if (field->kind == OMB_KIND_keyid)
            resolve_key(at);
        else if (field->kind == OMB_KIND_life)
            resolve_life(at);
        else if (field->kind == OMB_KIND_digest || field->kind == OMB_KIND_digest0)
            resolve_digest(at);
        else if (field->kind == OMB_KIND_digests)
            resolve_digests(at);
        else if (field->kind == OMB_KIND_line)
            resolve_line(at, arena);
        else
            resolve_nested(shape, field, at, arena);
    }
}

void stage_resolve(struct stage *stage, enum stage_peer peer, const struct omb_shape *shape,
                   void *message, struct omb_arena *arena)
{
    on_stage = stage;
    speaker = peer;
    case_of = NULL;
    resolve(shape, message, arena);
}

/* --- records --- */

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

static void seal_one(struct stage *stage, enum stage_peer peer, struct omb_record *record,
                     struct omb_arena *arena)
{
    struct stage_author *author = &stage->authors[peer];
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_header header;

    if (omb_decode_header(record->header, arena, &header, NULL) != OMB_OK)
        return;
    on_stage = stage;
    speaker = peer;
    if (header.case_id)
        resolve(&omb_shape_case_id, (void *)(uintptr_t)header.case_id, arena);
    case_of = header.case_id;
    resolve(&omb_shape_header, &header, arena);
    fill_header(author, stage->rig->now_ms, &header);
    fill_part(record->body, omb_body_digest, &header.body_digest, &header.body_size);
    fill_part(record->grants, omb_grants_digest, &header.grants_digest, &header.grants_size);
    fill_part(record->extract, omb_extract_digest, &header.extract_digest, &header.extract_size);
    omb_encode_header(&header, &bytes);
    record->header = omb_arena_copy(arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    if (header.seq == author->seq + 1 && omb_office_id_equal(&header.office, &author->office)) {
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
        seal_one(stage, peer, &items[i], arena);
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
