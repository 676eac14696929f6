/* What befalls offices and lines: each fault is one that a bank's machines and wires may have. */
#include "sim/sim.h"

bool sim_stop_or_start(struct sim *sim, struct tree_office *office)
{
    (void)sim;
    if (office->running)
        tree_stop(office);
    else
        tree_start(office);
    return true;
}

/* What its store had alone is lost with it. */
static void note_lost(struct sim *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        bool held = false;

        for (size_t k = 0; k < sim->tree->count; k++)
            held |= sim_has_row(sim->tree->offices[k], &sim->affairs[i].id);
        sim->affairs[i].lost |= !held;
    }
}

bool sim_put_back(struct sim *sim, struct tree_office *office)
{
    if (sim->copy == NULL) {
        tree_tell(sim->tree, "%s is copied", office->code);
        sim->copy = tree_backup(office);
        sim->copied = office;
        return false;
    }
    tree_roll_back(sim->copied, sim->copy);
    sim->copy = NULL;
    note_lost(sim);
    return true;
}

bool sim_cut_or_mend(struct sim *sim, struct tree_office *office)
{
    (void)sim;
    if (office->parent == NULL)
        return false;
    if (office->cut)
        tree_mend(office);
    else
        tree_cut(office);
    return true;
}

bool sim_slow_down(struct sim *sim, struct tree_office *office)
{
    office->up_ms = 1 + (int64_t)sim_below(sim, sim_below(sim, 3) == 0 ? 5000 : 20);
    office->down_ms = 1 + (int64_t)sim_below(sim, sim_below(sim, 3) == 0 ? 5000 : 20);
    tree_tell(sim->tree, "the line of %s takes %lld and %lld ms", office->code,
              (long long)office->up_ms, (long long)office->down_ms);
    return true;
}

bool sim_set_clock(struct sim *sim, struct tree_office *office)
{
    static const int64_t far[] = {1000, INT64_C(2085978496000)};
    const uint32_t way = sim_below(sim, 4);

    if (!office->running)
        return false;
    tree_set_clock(office, way < 2
                               ? far[way]
                               : sim->tree->now_ms + ((int64_t)sim_below(sim, 600) - 300) * 1000);
    return true;
}
