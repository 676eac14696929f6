/*
 * Views, buffers and arenas: who owns bytes, and for how long.
 *
 * A view borrows. A buffer owns and grows. An arena owns everything given out until it is reset,
 * and refuses beyond its limit. Memory that this program needs for itself is asserted; memory whose
 * size comes from outside goes through an arena with a limit.
 */
#ifndef OMB_BASE_BYTES_H
#define OMB_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

struct omb_view {
    const uint8_t *data;
    size_t size;
};

/* A list of views, as repeated texts and bytes of a message are. */
struct omb_views {
    const struct omb_view *items;
    size_t count;
};

#define OMB_VIEW_NONE ((struct omb_view){NULL, 0})
#define OMB_VIEW_OF(array) ((struct omb_view){(const uint8_t *)(array), sizeof(array)})
#define OMB_VIEW_LIT(text) ((struct omb_view){(const uint8_t *)("" text), sizeof(text) - 1})

struct omb_view omb_view(const void *data, size_t size);
struct omb_view omb_view_str(const char *text); /* without the NUL; NULL gives the empty view */
bool omb_view_equal(struct omb_view a, struct omb_view b);
bool omb_view_is(struct omb_view view, const char *text);
int omb_view_compare(struct omb_view a, struct omb_view b); /* bytewise; a prefix comes first */
bool omb_view_starts(struct omb_view view, struct omb_view prefix);

/* For "%.*s": the precision and the pointer of a view. */
#define OMB_VIEW_ARGS(view) \
    (int)(view).size, (const char *)((view).size ? (view).data : (const uint8_t *)"")

struct omb_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

#define OMB_BUF_INIT ((struct omb_buf){NULL, 0, 0})

void omb_buf_free(struct omb_buf *buf);  /* also makes it empty again */
/* Overwrites, then frees: for secrets. Growth leaves copies, so reserve their size first. */
void omb_buf_wipe(struct omb_buf *buf);
void omb_buf_clear(struct omb_buf *buf); /* size 0, memory kept */
void omb_buf_grow(struct omb_buf *buf, size_t more); /* for omb_buf_reserve alone */
static inline void omb_buf_reserve(struct omb_buf *buf, size_t more)
{
    if (more > buf->capacity - buf->size)
        omb_buf_grow(buf, more);
}
void omb_buf_add(struct omb_buf *buf, const void *data, size_t size);
void omb_buf_add_view(struct omb_buf *buf, struct omb_view view);
void omb_buf_add_str(struct omb_buf *buf, const char *text);
void omb_buf_add_u8(struct omb_buf *buf, uint8_t value);
void omb_buf_add_be16(struct omb_buf *buf, uint16_t value);
void omb_buf_add_be32(struct omb_buf *buf, uint32_t value);
void omb_buf_add_be64(struct omb_buf *buf, uint64_t value);
void omb_buf_printf(struct omb_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct omb_view omb_buf_view(const struct omb_buf *buf);
/* The text so far with a NUL behind it (not counted); valid until the next change. */
const char *omb_buf_str(struct omb_buf *buf);

uint16_t omb_be16(const uint8_t *at);
uint32_t omb_be32(const uint8_t *at);
uint64_t omb_be64(const uint8_t *at);
void omb_put_be32(uint8_t *at, uint32_t value);
void omb_put_be64(uint8_t *at, uint64_t value);

/*
 * A bump allocator: memory comes in chunks that double; the first (64 KiB) is kept over a reset.
 * The limit is on the sum of what was asked for, each rounded up to 16.
 */
struct omb_arena {
    struct omb_arena_chunk *chunk;
    size_t used;  /* bytes given out since the last reset */
    size_t limit; /* beyond which it refuses */
};

void omb_arena_init(struct omb_arena *arena, size_t limit);
void omb_arena_free(struct omb_arena *arena);
void omb_arena_wipe(struct omb_arena *arena); /* for secrets: zeroed, and freed */
void omb_arena_reset(struct omb_arena *arena);
/* Zeroed, aligned for any type; NULL over the limit. */
void *omb_arena_try(struct omb_arena *arena, size_t size) OMB_MUST_USE;
/* The same where the caller has bounded the sum: asserts. */
void *omb_arena_get(struct omb_arena *arena, size_t size);
/* The same without the zeroes: for what is written over at once. */
void *omb_arena_room(struct omb_arena *arena, size_t size);
struct omb_view omb_arena_copy(struct omb_arena *arena, struct omb_view view);
/* A NUL-terminated copy. */
char *omb_arena_str(struct omb_arena *arena, struct omb_view view);
struct omb_view omb_arena_printf(struct omb_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An array of n zeroed structs. */
#define OMB_ARENA_NEW(arena, type, n) ((type *)omb_arena_get((arena), sizeof(type) * (size_t)(n)))

#endif
