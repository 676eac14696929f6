#include "ledger/link.h"

#include "base/assert.h"

#define TO(name) (1u << OMB_LINK_##name)

static const struct omb_state states[OMB_LINK_STATES] = {
    [OMB_LINK_DOWN] = {"down", TO(CONNECTING) | TO(GREETING) | TO(BLOCKED)},
    [OMB_LINK_CONNECTING] = {"connecting", TO(DOWN) | TO(GREETING) | TO(BLOCKED)},
    [OMB_LINK_GREETING] = {"greeting", TO(DOWN) | TO(CATCHING_UP) | TO(BLOCKED)},
    [OMB_LINK_CATCHING_UP] = {"catching-up", TO(DOWN) | TO(GREETING) | TO(LIVE) | TO(BLOCKED)},
    [OMB_LINK_LIVE] = {"live", TO(DOWN) | TO(GREETING) | TO(CATCHING_UP) | TO(BLOCKED)},
    [OMB_LINK_BLOCKED] = {"blocked", TO(DOWN)},
};

const char *omb_link_state_name(unsigned state)
{
    OMB_ASSERT(state < OMB_LINK_STATES);
    return states[state].name;
}

void omb_link_move(unsigned *state, unsigned to)
{
    omb_move(states, OMB_LINK_STATES, state, to);
}

bool omb_link_may_move(unsigned from, unsigned to)
{
    return omb_move_allowed(states, OMB_LINK_STATES, from, to);
}

/* --- when to dial again --- */

static int64_t draw_below(struct omb_drbg *drbg, uint64_t span)
{
    uint8_t random[8];

    omb_drbg_bytes(drbg, random, sizeof(random));
    return (int64_t)(omb_be64(random) % span);
}

/* The cap bounds what is drawn from, not what was drawn: else most would wait as long as others. */
int64_t omb_backoff_next(struct omb_backoff *backoff, struct omb_drbg *drbg)
{
    const int64_t before =
        backoff->wait_ms < OMB_BACKOFF_BASE_MS ? OMB_BACKOFF_BASE_MS : backoff->wait_ms;
    const int64_t most = before * 3 < OMB_BACKOFF_CAP_MS ? before * 3 : OMB_BACKOFF_CAP_MS;
    const uint64_t span = (uint64_t)(most - OMB_BACKOFF_BASE_MS) + 1;

    backoff->wait_ms = OMB_BACKOFF_BASE_MS + draw_below(drbg, span);
    return backoff->wait_ms;
}

int64_t omb_backoff_blocked(struct omb_drbg *drbg)
{
    return OMB_BLOCKED_MS + draw_below(drbg, OMB_BLOCKED_MS / 2 + 1);
}

void omb_backoff_ended(struct omb_backoff *backoff, int64_t stood_ms)
{
    if (stood_ms >= OMB_BACKOFF_STABLE_MS)
        backoff->wait_ms = 0;
}

/* --- credit --- */

void omb_credit_grant(struct omb_window *credit, uint64_t bytes)
{
    const int64_t room = OMB_CREDIT_MAX - credit->balance;

    credit->balance += bytes > (uint64_t)room ? room : (int64_t)bytes;
}

bool omb_credit_left(const struct omb_window *credit)
{
    return credit->balance > 0;
}

bool omb_credit_use(struct omb_window *credit, size_t bytes)
{
    if (credit->balance <= 0)
        return false;
    OMB_ASSERT(bytes < (size_t)OMB_CREDIT_MAX);
    credit->balance -= (int64_t)bytes;
    return true;
}
