/*
 * Draws a bank: a head office, regions to five levels, branches, service offices. Most are small,
 * as most faults need few offices; some are large.
 */
#include "sim/sim.h"

enum { LEVELS_MAX = 5, REGIONS_MAX = 12 };

struct place {
    struct tree_office *office;
    unsigned level; /* the head office is 1 */
};

struct draft {
    struct sim *sim;
    struct place places[REGIONS_MAX]; /* that may have offices below */
    size_t count;
};

/* Of ten banks one is large and three are middling. */
static uint32_t draw_size(struct sim *sim)
{
    const uint32_t die = sim_below(sim, 30);

    if (die == 0)
        return 20 + sim_below(sim, 41);
    if (die < 6)
        return 9 + sim_below(sim, 8);
    return 2 + sim_below(sim, 7);
}

static const char *draw_code(struct draft *draft, const char *what)
{
    struct tree *tree = draft->sim->tree;
    struct omb_buf code = OMB_BUF_INIT;
    const char *kept;

    omb_buf_printf(&code, "%s%zu", what, tree->count);
    kept = omb_arena_str(&tree->arena, omb_buf_view(&code));
    omb_buf_free(&code);
    return kept;
}

/* The deeper ones are as likely as those at the top: towers and brooms both come about. */
static struct place *draw_place(struct draft *draft)
{
    return &draft->places[sim_below(draft->sim, (uint32_t)draft->count)];
}

static void add_region(struct draft *draft, const struct place *above)
{
    const unsigned level = above->level + 1;

    draft->places[draft->count++] = (struct place){
        tree_add(draft->sim->tree, draw_code(draft, "region-"), "regional", above->office), level};
}

void sim_draw_bank(struct sim *sim)
{
    struct draft draft = {.sim = sim, .count = 1};
    const uint32_t size = draw_size(sim);

    draft.places[0] = (struct place){tree_add(sim->tree, "ho", "head", NULL), 1};
    while (sim->tree->count < size) {
        const uint32_t what = sim_below(sim, 10);
        const struct place *above = draw_place(&draft);

        if (what == 0 && sim->tree->count > 2)
            tree_add_service(sim->tree, draw_code(&draft, "service-"), draft.places[0].office);
        else if (what < 4 && above->level < LEVELS_MAX - 1 && draft.count < REGIONS_MAX)
            add_region(&draft, above);
        else
            tree_add(sim->tree, draw_code(&draft, "vsp-"), "branch", above->office);
        if (sim->tree->count % 8 == 0)
            tree_settle(sim->tree);
    }
    tree_settle(sim->tree);
}
