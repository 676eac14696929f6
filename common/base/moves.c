#include "base/moves.h"

#include "base/assert.h"

bool omb_move_allowed(const struct omb_state *table, size_t count, unsigned from, unsigned to)
{
    OMB_ASSERT(count <= 32);
    return from < count && to < count && (table[from].allowed >> to & 1) != 0;
}

void omb_move(const struct omb_state *table, size_t count, unsigned *state, unsigned to)
{
    OMB_ASSERT(omb_move_allowed(table, count, *state, to));
    *state = to;
}
