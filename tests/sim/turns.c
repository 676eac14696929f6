/* What may happen in a turn, and how often. */
#include "unit/unit.h"

#include "base/assert.h"
#include "sim/turns.h"

/* Of all turns by their shares; whoever does it runs, unless it is done to it. */
static const struct {
    const char *name;
    uint32_t share;
    bool (*play)(struct sim *sim, struct tree_office *office);
    bool needs_daemon; /* one that stands still is started first */
    bool always;       /* in every seed; of the others some come often, some not at all */
} turns[] = {
    {"stops", 30, sim_stop_or_start, false, false},
    {"crashes", 40, sim_crash, false, false},
    {"slow disks", 20, sim_slow_disk, false, false},
    {"full disks", 15, sim_full_disk, false, false},
    {"bit flips", 20, sim_bit_flip, false, false},
    {"put back", 40, sim_put_back, false, false},
    {"relapses", 30, sim_relapse, true, false},
    {"clocks", 20, sim_set_clock, false, false},
    {"cuts", 80, sim_cut_or_mend, false, false},
    {"one-way lines", 30, sim_one_way, false, false},
    {"bad lines", 30, sim_bad_line, false, false},
    {"slow lines", 30, sim_slow_line, false, false},
    {"swizzles", 10, sim_swizzle, false, false},
    {"mass reconnects", 10, sim_reconnect, false, false},
    {"lies", 40, sim_lie, true, false},
    {"reclaims", 30, sim_reclaim, false, true},
    {"revocations", 12, sim_revoke, false, false},
    {"closings", 6, sim_close, false, false},
    {"moves", 20, sim_move, false, false},
    {"new beginnings", 8, sim_begin_anew, false, false},
    {"renewals", 10, sim_renew, true, false},
    {"fumbles", 60, sim_fumble, true, false},
    {"resyncs", 20, sim_resync, true, false},
    {"registrations", 120, sim_register, true, true},
    {"repeats", 60, sim_repeat, true, false},
    {"quarrels", 100, sim_quarrel, true, false},
    {"acts", 450, sim_act, true, true},
};
_Static_assert(UNIT_COUNT(turns) <= SIM_TURNS_MAX, "each has its counter");

size_t sim_turn_count(void)
{
    return UNIT_COUNT(turns);
}

const char *sim_turn_name(size_t place)
{
    return turns[place].name;
}

void sim_draw_shares(struct sim *sim)
{
    static const uint32_t times[] = {0, 0, 1, 3};

    for (size_t i = 0; i < UNIT_COUNT(turns); i++)
        sim->shares[i] = turns[i].share * (turns[i].always ? 1 : times[sim_below(sim, 4)]);
}

void sim_turn(struct sim *sim)
{
    struct tree_office *office = sim_somebody(sim);
    uint32_t total = 0, what;
    size_t i = 0;

    for (size_t k = 0; k < UNIT_COUNT(turns); k++)
        total += sim->shares[k];
    for (what = sim_below(sim, total); what >= sim->shares[i]; i++)
        what -= sim->shares[i];
    if (turns[i].needs_daemon && !office->running)
        tree_start(office);
    if (office->running || !turns[i].needs_daemon)
        sim->sum->turns[i] += turns[i].play(sim, office);
}
