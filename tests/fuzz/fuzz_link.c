/*
 * Can a neighbour hurt an office? The input is a script of what the branch below and the head
 * office above say to north, both with keys that are certified: frames as they are, or drafts that
 * are completed and signed as the neighbour would (stage.h). After every one the batch is within
 * its bounds and what north says is in order; at the end all that it holds is.
 */
#include <string.h>

#include "base/assert.h"
#include "fuzz/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "fuzz/stage.h"
#include "wire/limits.h"

/* Each of the branch, then of the head office. */
enum kind { FRAME, RAW, HELLO, LINE, KINDS };
enum { TICK = STAGE_PEERS * KINDS, ALL_KINDS };
enum { BRANCH_GREETS = 1, HO_GREETS = 2 };
enum { BRANCH_LINE = 7001, HO_LINE = 8001 };

struct lines {
    uint64_t of[STAGE_PEERS];
};

static void say_bytes(const struct lines *lines, enum stage_peer peer, struct omb_view bytes)
{
    const struct stage_author *author = &stage_begun()->authors[peer];
    struct omb_input input = {.kind = OMB_INPUT_FRAME,
                              .bytes = bytes,
                              .link = lines->of[peer],
                              .dialled = peer == STAGE_HO};

    memcpy(input.peer, author->transport, sizeof(input.peer));
    stage_work(&input);
}

static void say(const struct lines *lines, enum stage_peer peer, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    if (bytes.size <= OMB_FRAME_MAX)
        say_bytes(lines, peer, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

/* A frame whose records and witnesses are signed; what cannot be read is said as it is. */
static void say_draft(const struct lines *lines, enum stage_peer peer, struct omb_view bytes)
{
    struct stage *stage = stage_begun();
    struct omb_arena arena;
    struct omb_frame frame;
    struct omb_any *message = &frame.message;

    omb_arena_init(&arena, SIZE_MAX / 2);
    if (omb_decode_frame(bytes, &arena, &frame, NULL) == OMB_OK && message->tag != 0) {
        stage_resolve(stage, peer, &omb_shape_frame, &frame, &arena);
        if (message->tag == OMB_FRAME_RECORDS)
            stage_seal(stage, peer, (struct omb_records *)(uintptr_t)message->value, &arena);
        if (message->tag == OMB_FRAME_ACK)
            stage_attest(stage, peer, (struct omb_ack *)(uintptr_t)message->value, &arena);
        say(lines, peer, message->tag, message->value);
    } else {
        say_bytes(lines, peer, bytes);
    }
    omb_arena_free(&arena);
}

/* A greeting; what the draft leaves out is as it should be. */
static void greet(const struct lines *lines, enum stage_peer peer, struct omb_view draft)
{
    struct stage *stage = stage_begun();
    const struct stage_author *author = &stage->authors[peer];
    const struct omb_life life = {author->office, author->life, author->seq, author->prev,
                                  author->seq};
    struct omb_hello hello = {.office = author->office};
    struct omb_arena arena;

    omb_arena_init(&arena, SIZE_MAX / 2);
    if (omb_decode_hello(draft, &arena, &hello, NULL) == OMB_OK)
        stage_resolve(stage, peer, &omb_shape_hello, &hello, &arena);
    if (omb_office_id_none(&hello.office))
        hello.office = author->office;
    if (hello.protocol_max == 0)
        hello.protocol_min = hello.protocol_max = 1;
    if (hello.own.count == 0)
        hello.own = (struct omb_life_list){&life, 1};
    if (hello.store_epoch.size == 0)
        hello.store_epoch = OMB_VIEW_OF(author->epoch);
    if (hello.clock == 0)
        hello.clock = stage->rig->now_ms;
    if (hello.software.size == 0)
        hello.software = OMB_VIEW_LIT("ombud 0.1.0");
    say(lines, peer, peer == STAGE_HO ? OMB_FRAME_WELCOME : OMB_FRAME_HELLO, &hello);
    omb_arena_free(&arena);
}

/* The line of the branch is another from now on; that to the head office stands, or ended. */
static void change_line(struct lines *lines, enum stage_peer peer, struct omb_view words)
{
    struct omb_input input = {.kind = words.size > 0 ? OMB_INPUT_LINK_DOWN : OMB_INPUT_LINK_UP,
                              .bytes = words,
                              .dialled = true};

    lines->of[peer]++;
    if (peer == STAGE_BRANCH)
        return;
    if (words.size > 0)
        lines->of[peer]--;
    input.link = lines->of[peer];
    memcpy(input.peer, stage_begun()->authors[peer].transport, sizeof(input.peer));
    stage_work(&input);
}

/* --- a script --- */

static void begin(struct lines *lines, uint8_t flags)
{
    stage_pass(10);
    if (flags & HO_GREETS) {
        change_line(lines, STAGE_HO, OMB_VIEW_NONE);
        greet(lines, STAGE_HO, OMB_VIEW_NONE);
    }
    if (flags & BRANCH_GREETS)
        greet(lines, STAGE_BRANCH, OMB_VIEW_NONE);
}

/* A hundredth of a second for each unit of two bytes; five seconds without. */
static void pass(struct omb_view bytes)
{
    const int64_t hundredths = (int64_t)fuzz_byte(&bytes) << 8 | fuzz_byte(&bytes);

    stage_pass(hundredths > 0 ? hundredths * 10 : 5000);
}

static void play(struct lines *lines, const struct script_piece *piece)
{
    const uint8_t kind = piece->kind % ALL_KINDS;
    const enum stage_peer peer = kind < KINDS ? STAGE_BRANCH : STAGE_HO;

    if (kind == TICK)
        pass(piece->bytes);
    else if (kind % KINDS == FRAME)
        say_draft(lines, peer, piece->bytes);
    else if (kind % KINDS == RAW)
        say_bytes(lines, peer, piece->bytes);
    else if (kind % KINDS == HELLO)
        greet(lines, peer, piece->bytes);
    else
        change_line(lines, peer, piece->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines lines = {.of = {BRANCH_LINE, HO_LINE}};
    struct script script;

    script_read(omb_view(data, size), &script);
    (void)stage_begin();
    begin(&lines, script.flags);
    for (size_t i = 0; i < script.count; i++)
        play(&lines, &script.pieces[i]);
    stage_end(omb_view(data, size));
    return 0;
}

/* --- mutations --- */

static const struct omb_shape *shape_of(uint8_t kind)
{
    kind %= ALL_KINDS;
    if (kind == TICK || kind % KINDS == LINE)
        return NULL;
    return kind % KINDS == HELLO ? &omb_shape_hello : &omb_shape_frame;
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
