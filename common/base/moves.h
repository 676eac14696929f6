/*
 * State machines as tables: a row per state with its name and the set of states it may move to,
 * and one mover that asserts.
 */
#ifndef OMB_BASE_MOVES_H
#define OMB_BASE_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct omb_state {
    const char *name;
    uint32_t allowed; /* bit n: may move to state n */
};

bool omb_move_allowed(const struct omb_state *table, size_t count, unsigned from, unsigned to);
/* Moves *state; asserts that the table allows it. */
void omb_move(const struct omb_state *table, size_t count, unsigned *state, unsigned to);

#endif
