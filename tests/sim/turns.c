/* What may happen in a turn, and how often. */
#include "unit/unit.h"

#include "base/assert.h"
#include "sim/sim.h"

/* Of a thousand turns; whoever does it runs, unless it is done to it. */
static const struct {
    const char *name;
    uint32_t share;
    bool (*play)(struct sim *sim, struct tree_office *office);
    bool needs_daemon; /* one that stands still is started first */
} turns[] = {
    {"stops", 30, sim_stop_or_start, false},
    {"cuts", 80, sim_cut_or_mend, false},
    {"put back", 40, sim_put_back, false},
    {"slow lines", 30, sim_slow_down, false},
    {"clocks", 20, sim_set_clock, false},
    {"resyncs", 20, sim_resync, true},
    {"registrations", 120, sim_register, true},
    {"quarrels", 120, sim_quarrel, true},
    {"acts", 540, sim_act, true},
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

void sim_turn(struct sim *sim)
{
    struct tree_office *office = sim_somebody(sim);
    uint32_t total = 0, what;
    size_t i = 0;

    for (size_t k = 0; k < UNIT_COUNT(turns); k++)
        total += turns[k].share;
    for (what = sim_below(sim, total); what >= turns[i].share; i++)
        what -= turns[i].share;
    if (turns[i].needs_daemon && !office->running)
        tree_start(office);
    sim->sum->turns[i] += turns[i].play(sim, office);
}
