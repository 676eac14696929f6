#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

enum { ALIGNMENT = 16, FIRST_CHUNK = 64 * 1024, LARGEST_CHUNK = 4 * 1024 * 1024 };

/* Chunks form a stack: the newest is bumped, each is twice the one below it, up to a bound. */
struct omb_arena_chunk {
    struct omb_arena_chunk *below;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) uint8_t data[];
};

void omb_arena_init(struct omb_arena *arena, size_t limit)
{
    *arena = (struct omb_arena){.limit = limit};
}

void omb_arena_free(struct omb_arena *arena)
{
    while (arena->chunk) {
        struct omb_arena_chunk *below = arena->chunk->below;

        free(arena->chunk);
        arena->chunk = below;
    }
    arena->used = 0;
}

void omb_arena_wipe(struct omb_arena *arena)
{
    for (struct omb_arena_chunk *chunk = arena->chunk; chunk; chunk = chunk->below)
        explicit_bzero(chunk->data, chunk->used);
    omb_arena_free(arena);
}

void omb_arena_reset(struct omb_arena *arena)
{
    struct omb_arena_chunk *first = arena->chunk;

    while (first && first->below) {
        struct omb_arena_chunk *below = first->below;

        free(first);
        first = below;
    }
    arena->chunk = first;
    arena->used = 0;
    /* One great message must not pin its memory for ever. */
    if (first && first->size > FIRST_CHUNK)
        omb_arena_free(arena);
    else if (first)
        first->used = 0;
}

static bool add_chunk(struct omb_arena *arena, size_t size)
{
    struct omb_arena_chunk *chunk;
    size_t next = arena->chunk ? arena->chunk->size * 2 : FIRST_CHUNK;

    if (next > LARGEST_CHUNK)
        next = LARGEST_CHUNK;
    if (next < size)
        next = size;
    chunk = malloc(sizeof(*chunk) + next);
    if (!chunk)
        return false;
    chunk->below = arena->chunk;
    chunk->size = next;
    chunk->used = 0;
    arena->chunk = chunk;
    return true;
}

/* NULL over the limit. */
static void *bump(struct omb_arena *arena, size_t size)
{
    size_t rounded;
    void *given;

    if (arena->used > arena->limit || size > arena->limit - arena->used || size > SIZE_MAX / 2)
        return NULL;
    rounded = size > 0 ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    if (!arena->chunk || rounded > arena->chunk->size - arena->chunk->used)
        if (!add_chunk(arena, rounded))
            return NULL;
    given = arena->chunk->data + arena->chunk->used;
    arena->chunk->used += rounded;
    arena->used += rounded;
    return given;
}

void *omb_arena_try(struct omb_arena *arena, size_t size)
{
    void *given = bump(arena, size);

    return given ? memset(given, 0, size) : NULL;
}

void *omb_arena_get(struct omb_arena *arena, size_t size)
{
    return memset(omb_arena_room(arena, size), 0, size);
}

void *omb_arena_room(struct omb_arena *arena, size_t size)
{
    void *given = bump(arena, size);

    OMB_ASSERT(given != NULL);
    return given;
}

struct omb_view omb_arena_copy(struct omb_arena *arena, struct omb_view view)
{
    if (view.size == 0)
        return OMB_VIEW_NONE;
    return omb_view(memcpy(omb_arena_room(arena, view.size), view.data, view.size), view.size);
}

char *omb_arena_str(struct omb_arena *arena, struct omb_view view)
{
    char *text = omb_arena_room(arena, view.size + 1);

    if (view.size > 0)
        memcpy(text, view.data, view.size);
    text[view.size] = '\0';
    return text;
}

struct omb_view omb_arena_printf(struct omb_arena *arena, const char *format, ...)
{
    va_list args;
    int size;
    char *text;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    OMB_ASSERT(size >= 0);
    text = omb_arena_room(arena, (size_t)size + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return omb_view(text, (size_t)size);
}
