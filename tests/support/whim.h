/*
 * Requests on a whim: messages of any shape with values that often make sense and sometimes do not.
 * The same seed gives the same messages.
 */
#ifndef OMB_TESTS_WHIM_H
#define OMB_TESTS_WHIM_H

#include "crypto/crypto.h"
#include "wire/control.h"

enum { WHIM_WORDS = 256, WHIM_NUMBERS = 12 };

struct whim {
    struct omb_drbg drbg;
    int64_t now_ms;
    char words[WHIM_WORDS][128]; /* case numbers, digests, positions, cursors that were seen */
    size_t word_count;
    char numbers[WHIM_NUMBERS][128]; /* of the newest cases: acts go to them */
    size_t number_count;
};

void whim_init(struct whim *whim, uint64_t seed);
uint32_t whim_below(struct whim *whim, uint32_t sides);
/* Remembers a text for later messages; empty ones are not worth it. */
void whim_learn(struct whim *whim, struct omb_view word);
void whim_learn_number(struct whim *whim, struct omb_view number);
/* Learns every line of a message. */
void whim_learn_all(struct whim *whim, const struct omb_shape *shape, const void *message);

/* Fields of a message of this shape, most of them; what it points to is in the arena. */
void whim_fill(struct whim *whim, struct omb_arena *arena, const struct omb_shape *shape,
               void *out);

/* An act that a client could mean, in the arena: it registers, or goes to one of the cases. */
struct omb_act *whim_act(struct whim *whim, struct omb_arena *arena, bool registers);
/* A request in the arena: most are such acts. */
const struct omb_request *whim_request(struct whim *whim, struct omb_arena *arena);

#endif
