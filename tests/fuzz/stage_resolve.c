/* What is known on the stage, for messages that only say which. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "fuzz/stage.h"
#include "ledger/record.h"
#include "office/inside.h"
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
    else if (which >= STAGE_CERTIFICATE)
        *digest = which - STAGE_CERTIFICATE < STAGE_PEERS
                      ? on_stage->authors[which - STAGE_CERTIFICATE].certificate
                      : on_stage->rig->office->own.digest;
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
    stage_resolve_of(stage, peer, NULL, shape, message, arena);
}

void stage_resolve_of(struct stage *stage, enum stage_peer peer, const struct omb_case_id *id,
                      const struct omb_shape *shape, void *message, struct omb_arena *arena)
{
    on_stage = stage;
    speaker = peer;
    case_of = id;
    resolve(shape, message, arena);
}
