/*
 * Can a client hurt an office? The input is a script of requests, each by an operator with a role
 * or by nobody known, as bytes or as a message in which what is known is put in place (stage.h):
 * numbers of cases, and what replies said: cursors and positions, whole or with a character
 * changed. Every request has one reply under its id; what is refused is refused in words, changes
 * nothing and tells nothing; repeating what was done gives the same reply and does nothing.
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "fuzz/stage.h"
#include "office/desk.h"
#include "office/inside.h"
#include "wire/limits.h"
#include "wire/request.h"

static const char *const people[] = {"t1", "h1", "s1", "s2", "an1", "au1", "admin", "nobody"};
enum { PEOPLE = sizeof(people) / sizeof(people[0]), TICK = PEOPLE, ALL_KINDS };
enum { RAW = 0x80 };

/* One request, and what came of it. */
struct asked {
    struct omb_arena arena;
    struct omb_view bytes;
    struct omb_request request;
    bool readable; /* as a request of this protocol */
    struct omb_reply reply;
    struct omb_view answer; /* the reply's bytes */
    bool wrote;
};

static void key_of(const struct stage *stage, const char *who, uint8_t out[OMB_PUBLIC_SIZE])
{
    const struct omb_digest digest = omb_hash("test/operator", omb_view_str(who));

    if (strcmp(who, "admin") == 0)
        memcpy(out, stage->rig->admin, OMB_PUBLIC_SIZE);
    else
        memcpy(out, digest.bytes, OMB_PUBLIC_SIZE);
}

/* --- asking --- */

/* The request as bytes; a message gets an id and a protocol, and what it names. */
static void prepare(struct asked *asked, struct stage *stage, struct omb_view bytes, bool raw)
{
    struct omb_request *request = &asked->request;
    struct omb_buf out = OMB_BUF_INIT;
    uint8_t id[8];

    asked->readable = omb_decode_request(bytes, &asked->arena, request, NULL) == OMB_OK;
    if (!raw && asked->readable) {
        stage_resolve(stage, STAGE_BRANCH, &omb_shape_request, request, &asked->arena);
        if (request->ask.tag == OMB_ASK_OFFICE_CERTIFY)
            stage_wish((struct omb_office_certify *)(uintptr_t)request->ask.value, &asked->arena);
        if (request->protocol == 0)
            request->protocol = 1;
        omb_put_be64(id, ++stage->rig->ids);
        if (request->id.size == 0)
            request->id = OMB_VIEW_OF(id);
        omb_encode_request(request, &out);
        bytes = omb_arena_copy(&asked->arena, omb_buf_view(&out));
        request->id = omb_arena_copy(&asked->arena, request->id);
    }
    asked->bytes = bytes;
    omb_buf_free(&out);
}

static void take_reply(struct asked *asked, const struct stage *stage)
{
    const struct omb_reply_out *replies;
    const size_t count = omb_update_replies(stage->rig->update, &replies);
    struct omb_error err = {0};
    enum omb_rc rc;

    OMB_ASSERT(count == 1 && replies[0].bytes.size <= OMB_REPLY_MAX);
    asked->answer = omb_arena_copy(&asked->arena, replies[0].bytes);
    rc = omb_decode_reply(asked->answer, &asked->arena, &asked->reply, &err);
    OMB_ASSERT(rc == OMB_OK);
    OMB_ASSERT(omb_view_equal(asked->reply.id, omb_request_id(asked->bytes)));
    OMB_ASSERT((asked->reply.error != NULL) == (asked->reply.answer.tag == 0));
}

static void step(struct asked *asked, struct stage *stage, const char *who)
{
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .bytes = asked->bytes, .reply_to = 1};
    struct omb_error err = {0};
    enum omb_rc rc;

    key_of(stage, who, input.peer);
    rc = rig_step(stage->rig, &input, &err);
    OMB_ASSERT(rc == OMB_OK);
    take_reply(asked, stage);
    asked->wrote = stage->rig->update->pending_count > 0 ||
                   omb_writes_count(omb_update_writes(stage->rig->update)) > 0;
    stage_close(&input);
}

/* --- what must hold --- */

static void check_refusal(const struct asked *asked)
{
    const struct omb_refusal *refusal = asked->reply.error;
    struct omb_error err = {.rc = OMB_REFUSED};

    OMB_ASSERT(refusal->words.size > 0 && refusal->words.size < sizeof(err.words));
    OMB_ASSERT(refusal->code.size > 0 && refusal->field.size < sizeof(err.field));
    OMB_ASSERT(!asked->wrote);
    memcpy(err.words, refusal->words.data, refusal->words.size);
    if (refusal->field.size > 0)
        memcpy(err.field, refusal->field.data, refusal->field.size);
    fuzz_said(OMB_REFUSED, &err);
    if (asked->readable)
        fuzz_untold_parts(&err, &omb_shape_request, &asked->request);
}

static void check_repeated(const struct asked *asked, struct stage *stage, const char *who)
{
    struct asked again = {.bytes = asked->bytes};

    omb_arena_init(&again.arena, SIZE_MAX / 2);
    step(&again, stage, who);
    OMB_ASSERT(omb_view_equal(again.answer, asked->answer) && !again.wrote);
    omb_arena_free(&again.arena);
}

/* --- learning --- */

static void learn(struct stage *stage, const struct omb_shape *shape, const void *message)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct omb_shape_field *field = &shape->fields[i];
        const void *at = omb_shape_at(field, message);
        const struct omb_view *line = at;
        const void *nested;

        if (field->kind == OMB_KIND_one) {
            memcpy(&nested, at, sizeof(nested));
            if (nested)
                learn(stage, field->sub, nested);
        } else if (field->kind == OMB_KIND_line && line->size >= 8 && line->size < STAGE_TEXT) {
            char *seen = stage->seen[stage->seen_count++ % STAGE_SEEN];

            memcpy(seen, line->data, line->size);
            seen[line->size] = '\0';
        }
    }
}

static void ask(struct stage *stage, const char *who, struct omb_view bytes, bool raw)
{
    struct asked asked = {.readable = false};
    const struct omb_desk_row *row;

    omb_arena_init(&asked.arena, SIZE_MAX / 2);
    prepare(&asked, stage, bytes, raw);
    if (asked.bytes.size <= OMB_REQUEST_MAX) {
        step(&asked, stage, who);
        row = omb_desk_row(asked.request.ask.tag);
        if (asked.reply.error)
            check_refusal(&asked);
        else if (asked.readable && row && row->writes)
            check_repeated(&asked, stage, who);
        if (!asked.reply.error)
            learn(stage, omb_shape_alternative(&omb_shape_reply, asked.reply.answer.tag)->shape,
                  asked.reply.answer.value);
    }
    omb_arena_free(&asked.arena);
}

/* --- a script --- */

static uint8_t kind_of(uint8_t kind)
{
    return (uint8_t)((kind & ~RAW) % ALL_KINDS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage *stage = stage_begin();
    struct script script;

    script_read(omb_view(data, size), &script);
    for (size_t i = 0; i < script.count; i++) {
        const struct script_piece *piece = &script.pieces[i];
        struct omb_view rest = piece->bytes;

        if (kind_of(piece->kind) == TICK)
            stage_pass(((int64_t)fuzz_byte(&rest) + 1) * OMB_HOUR_MS);
        else
            ask(stage, people[kind_of(piece->kind)], piece->bytes, piece->kind & RAW);
    }
    stage_end(omb_view(data, size));
    return 0;
}

/* --- mutations --- */

static const struct omb_shape *shape_of(uint8_t kind)
{
    return kind_of(kind) == TICK ? NULL : &omb_shape_request;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return script_mutate(data, size, max_size, seed, shape_of, ALL_KINDS);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned seed)
{
    return script_cross(omb_view(data1, size1), omb_view(data2, size2), out, max_size, seed,
                        shape_of);
}
