/*
 * Mutations that know what a message looks like: fields are changed, added, dropped and exchanged
 * by the tables of shapes, also in messages that lie in the bytes of others, and what comes out can
 * be decoded. And scripts: inputs of several pieces, each behind its kind and its size.
 *
 *     script = flags(1) { kind(1) size(2, big-endian) piece }
 */
#ifndef OMB_TESTS_FUZZ_MUTATE_H
#define OMB_TESTS_FUZZ_MUTATE_H

#include "support/whim.h"
#include "wire/shape.h"

struct mutation {
    struct whim whim;       /* all chance */
    struct omb_arena arena; /* of messages */
};

void mutation_begin(struct mutation *mutation, unsigned seed);
void mutation_end(struct mutation *mutation);

/*
 * Changes one place of a message. false: the bytes are none, or what came out is too large for
 * `max` bytes; then *out is as before.
 */
bool mutate_message(struct mutation *mutation, const struct omb_shape *shape, struct omb_view bytes,
                    size_t max, struct omb_buf *out);
/* Puts a part of the second into the first, where one of that kind can stand. */
bool mutate_cross(struct mutation *mutation, const struct omb_shape *shape, struct omb_view first,
                  struct omb_view second, size_t max, struct omb_buf *out);
/* A new one. */
void mutate_invent(struct mutation *mutation, const struct omb_shape *shape, struct omb_buf *out);

/* --- scripts --- */

enum { SCRIPT_PIECES = 64 };

struct script {
    uint8_t flags;
    struct script_piece {
        uint8_t kind;
        struct omb_view bytes;
    } pieces[SCRIPT_PIECES];
    size_t count;
};

void script_read(struct omb_view input, struct script *out);
/* What a piece is; NULL: bytes. */
typedef const struct omb_shape *script_shape_fn(uint8_t kind);

/* For LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver; `kinds`: how many there are. */
size_t script_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed,
                     script_shape_fn *shape_of, uint8_t kinds);
size_t script_cross(struct omb_view first, struct omb_view second, uint8_t *out, size_t max_size,
                    unsigned seed, script_shape_fn *shape_of);

#endif
