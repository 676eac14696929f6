/* What befalls lines. */
#include "sim/turns.h"

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

bool sim_one_way(struct sim *sim, struct tree_office *office)
{
    const bool up = sim_below(sim, 2) == 0;

    if (office->parent == NULL)
        return false;
    if (office->up_wire.dead || office->down_wire.dead) {
        tree_tell(sim->tree, "the line of %s carries both ways again", office->code);
        tree_line_heal(office);
        return false;
    }
    tree_tell(sim->tree, "the line of %s carries nothing %s", office->code, up ? "up" : "down");
    (up ? &office->up_wire : &office->down_wire)->dead = true;
    return true;
}

static struct tree_wire bad_wire(struct sim *sim)
{
    struct tree_wire wire = {.dead = false};
    uint32_t *const of[] = {&wire.lost, &wire.twice, &wire.late, &wire.early};

    for (size_t i = 0; i < 4; i++)
        *of[i] = sim_below(sim, 2) * sim_below(sim, 300);
    return wire;
}

bool sim_bad_line(struct sim *sim, struct tree_office *office)
{
    if (office->parent == NULL)
        return false;
    tree_line_heal(office);
    if (sim_below(sim, 3) == 0)
        return false;
    tree_tell(sim->tree, "the line of %s is bad", office->code);
    office->up_wire = bad_wire(sim);
    office->down_wire = bad_wire(sim);
    return true;
}

bool sim_slow_line(struct sim *sim, struct tree_office *office)
{
    office->up_ms = 1 + (int64_t)sim_below(sim, sim_below(sim, 3) == 0 ? 5000 : 20);
    office->down_ms = 1 + (int64_t)sim_below(sim, sim_below(sim, 3) == 0 ? 5000 : 20);
    tree_tell(sim->tree, "the line of %s takes %lld and %lld ms", office->code,
              (long long)office->up_ms, (long long)office->down_ms);
    return true;
}

/* Those that are not as wanted, each in its turn, with a little time between. */
static void cut_all(struct sim *sim, bool cut)
{
    const size_t count = sim->tree->count, step = 1 + sim_below(sim, (uint32_t)count);

    for (size_t i = 0; i < count; i++) {
        struct tree_office *office = sim->tree->offices[(i * step + step) % count];

        if (office->parent == NULL || office->cut == cut)
            continue;
        if (cut)
            tree_cut(office);
        else
            tree_mend(office);
        tree_pass(sim->tree, sim_below(sim, 3000));
    }
}

bool sim_swizzle(struct sim *sim, struct tree_office *office)
{
    (void)office;
    tree_tell(sim->tree, "lines are cut in one order and mended in another");
    cut_all(sim, true);
    cut_all(sim, false);
    return true;
}

bool sim_reconnect(struct sim *sim, struct tree_office *office)
{
    bool some = false;

    tree_tell(sim->tree, "all lines to %s end", office->code);
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *child = sim->tree->offices[i];

        if (child->parent != office || child->line.id == 0)
            continue;
        tree_line_down(child, "the connection was reset");
        some = true;
    }
    return some;
}
