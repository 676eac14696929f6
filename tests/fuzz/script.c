/* Scripts: inputs of several pieces (fuzz/mutate.h). */
#include <string.h>

#include "fuzz/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"

enum { HEAD = 3, PIECE_MAX = UINT16_MAX };

void script_read(struct omb_view input, struct script *out)
{
    out->count = 0;
    out->flags = fuzz_byte(&input);
    while (input.size > 0 && out->count < SCRIPT_PIECES) {
        struct script_piece *piece = &out->pieces[out->count++];

        piece->kind = fuzz_byte(&input);
        piece->bytes = fuzz_piece(&input);
    }
}

/* What does not fit any more is left out. */
static size_t script_write(const struct script *script, uint8_t *out, size_t max)
{
    size_t size = 0;

    if (max == 0)
        return 0;
    out[size++] = script->flags;
    for (size_t i = 0; i < script->count; i++) {
        const struct omb_view bytes = script->pieces[i].bytes;

        if (bytes.size > PIECE_MAX || HEAD + bytes.size > max - size)
            continue;
        out[size] = script->pieces[i].kind;
        out[size + 1] = (uint8_t)(bytes.size >> 8);
        out[size + 2] = (uint8_t)bytes.size;
        if (bytes.size > 0)
            memcpy(out + size + HEAD, bytes.data, bytes.size);
        size += HEAD + bytes.size;
    }
    return size;
}

/* --- mutations --- */

static struct omb_view any_bytes(struct mutation *m, struct omb_view bytes, size_t max)
{
    const size_t room = bytes.size + 32 < max ? bytes.size + 32 : bytes.size;
    uint8_t *copy = omb_arena_get(&m->arena, room + 1);

    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    return omb_view(copy, LLVMFuzzerMutate(copy, bytes.size, room + 1));
}

static void change_piece(struct mutation *m, struct script_piece *piece, size_t max,
                         script_shape_fn *shape_of)
{
    const struct omb_shape *shape = shape_of(piece->kind);
    struct omb_buf out = OMB_BUF_INIT;

    if (shape && whim_below(&m->whim, 32) > 0 && mutate_message(m, shape, piece->bytes, max, &out))
        piece->bytes = omb_arena_copy(&m->arena, omb_buf_view(&out));
    else
        piece->bytes = any_bytes(m, piece->bytes, max);
    omb_buf_free(&out);
}

static struct script_piece new_piece(struct mutation *m, script_shape_fn *shape_of, uint8_t kinds)
{
    struct script_piece piece = {.kind = (uint8_t)whim_below(&m->whim, kinds)};
    const struct omb_shape *shape = shape_of(piece.kind);
    struct omb_buf out = OMB_BUF_INIT;

    if (shape)
        mutate_invent(m, shape, &out);
    piece.bytes = omb_arena_copy(&m->arena, omb_buf_view(&out));
    omb_buf_free(&out);
    return piece;
}

static void insert(struct script *script, size_t at, struct script_piece piece)
{
    if (script->count == SCRIPT_PIECES)
        return;
    memmove(&script->pieces[at + 1], &script->pieces[at],
            (script->count++ - at) * sizeof(script->pieces[0]));
    script->pieces[at] = piece;
}

static void drop(struct script *script, size_t at)
{
    memmove(&script->pieces[at], &script->pieces[at + 1],
            (--script->count - at) * sizeof(script->pieces[0]));
}

static void change_script(struct mutation *m, struct script *script, size_t max,
                          script_shape_fn *shape_of, uint8_t kinds)
{
    const uint32_t way = whim_below(&m->whim, 16);
    const size_t count = script->count;
    const size_t at = count > 0 ? whim_below(&m->whim, (uint32_t)count) : 0;
    const size_t other = count > 0 ? whim_below(&m->whim, (uint32_t)count) : 0;

    if (count == 0 || way < 2) {
        insert(script, count > 0 ? at : 0, new_piece(m, shape_of, kinds));
    } else if (way == 2) {
        insert(script, at, script->pieces[other]);
    } else if (way == 3) {
        drop(script, at);
    } else if (way == 4) {
        const struct script_piece piece = script->pieces[at];

        script->pieces[at] = script->pieces[other];
        script->pieces[other] = piece;
    } else if (way == 5) {
        script->flags ^= (uint8_t)(1u << whim_below(&m->whim, 3));
    } else {
        change_piece(m, &script->pieces[at], max, shape_of);
    }
}

size_t script_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed,
                     script_shape_fn *shape_of, uint8_t kinds)
{
    struct mutation m;
    struct script script;
    uint8_t *copy;

    mutation_begin(&m, seed);
    copy = omb_arena_get(&m.arena, size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    script_read(omb_view(copy, size), &script);
    for (uint32_t turns = 1 + whim_below(&m.whim, 3); turns > 0; turns--)
        change_script(&m, &script, max_size > size ? max_size - size + 64 : 64, shape_of, kinds);
    size = script_write(&script, data, max_size);
    mutation_end(&m);
    return size;
}

/* --- crossing --- */

/* A piece of the second goes in, whole or in part. */
static void cross_pieces(struct mutation *m, struct script *script, const struct script *other,
                         script_shape_fn *shape_of)
{
    const struct script_piece *from = &other->pieces[whim_below(&m->whim, (uint32_t)other->count)];
    const size_t at = whim_below(&m->whim, (uint32_t)script->count);
    struct script_piece *to = &script->pieces[at];
    struct omb_buf out = OMB_BUF_INIT;

    if (whim_below(&m->whim, 3) > 0 && to->kind == from->kind && shape_of(to->kind) &&
        mutate_cross(m, shape_of(to->kind), to->bytes, from->bytes, PIECE_MAX, &out))
        to->bytes = omb_arena_copy(&m->arena, omb_buf_view(&out));
    else if (whim_below(&m->whim, 2) == 0)
        insert(script, at, *from);
    else
        *to = *from;
    omb_buf_free(&out);
}

size_t script_cross(struct omb_view first, struct omb_view second, uint8_t *out, size_t max_size,
                    unsigned seed, script_shape_fn *shape_of)
{
    struct mutation m;
    struct script one, other;
    size_t size;

    mutation_begin(&m, seed);
    script_read(first, &one);
    script_read(second, &other);
    if (one.count > 0 && other.count > 0)
        cross_pieces(&m, &one, &other, shape_of);
    size = script_write(&one, out, max_size);
    mutation_end(&m);
    return size;
}
