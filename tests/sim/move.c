/*
 * Offices come under another parent: one above both orders it, and once the new parent has heard
 * of it that one certifies and the office joins (design: trust, Offices). Between the two steps
 * whatever happens, happens; one office is on its way at a time.
 */
#include "unit/unit.h"

#include "office/inside.h"
#include "sim/turns.h"

enum { DEPTH_MAX = 6 }; /* of a tree whose offices are moved */

static unsigned depth_of(const struct tree_office *office)
{
    unsigned depth = 1;

    while ((office = office->parent) != NULL)
        depth++;
    return depth;
}

/* How many levels there are from the office on down. */
static unsigned height_of(const struct sim *sim, const struct tree_office *office)
{
    unsigned height = 1;

    for (size_t i = 0; i < sim->tree->count; i++)
        if (tree_is_below(sim->tree->offices[i], office, false)) {
            const unsigned levels = depth_of(sim->tree->offices[i]) - depth_of(office) + 1;

            height = levels > height ? levels : height;
        }
    return height;
}

static bool is_put_out(const struct tree_office *office)
{
    return office->gone || (office->parent != NULL && sim_is_revoked(office->parent, office));
}

static bool may_stand_below(const struct sim *sim, const struct tree_office *office,
                            const struct tree_office *to)
{
    return strcmp(to->kind, "branch") != 0 && !is_put_out(to) && to != office->parent &&
           !tree_is_below(to, office, false) &&
           depth_of(to) + height_of(sim, office) <= DEPTH_MAX;
}

/* The lowest that is above both, or one above that. */
static struct tree_office *orderer(struct sim *sim, const struct tree_office *office,
                                   const struct tree_office *to)
{
    struct tree_office *by = office->parent;

    while (!tree_is_below(to, by, false))
        by = by->parent;
    while (by->parent != NULL && sim_below(sim, 2) == 0)
        by = by->parent;
    return by;
}

static bool begin(struct sim *sim, struct tree_office *office)
{
    struct tree_office *to = sim_somebody(sim), *by;
    struct omb_office_change change = {.code = omb_view_str(office->code)};

    if (office->parent == NULL || is_put_out(office) || office == sim->closed ||
        office->moves == TREE_MOVES_MAX - 1 || !may_stand_below(sim, office, to))
        return false;
    change.parent = omb_view_str(to->code);
    by = orderer(sim, office, to);
    tree_tell(sim->tree, "%s lets %s go to %s", by->code, office->code, to->code);
    if (!sim_order(by, &change))
        return false;
    sim->moving = office;
    sim->moving_to = to;
    return true;
}

/* Who closed it was its parent until now: nobody closes an office that has left. */
static void note_left(struct sim *sim, struct tree_office *office, const struct tree_office *by)
{
    if (office != sim->closed || tree_is_below(office, by, false))
        return;
    tree_tell(sim->tree, "%s is closed no more: it has left %s", office->code, by->code);
    office->successor = NULL;
    sim->closed = NULL;
}

bool sim_go_on_moving(struct sim *sim)
{
    struct tree_office *office = sim->moving, *to = sim->moving_to;
    const struct tree_office *from = office->parent;

    sim_set_right(sim, to);
    sim_set_right(sim, office);
    if (!to->running || !office->running || !sim_knows(to, office) ||
        !tree_try_come_under(office, to))
        return false;
    tree_tell(sim->tree, "%s stands below %s", office->code, to->code);
    note_left(sim, office, from);
    sim->moving = NULL;
    return true;
}

bool sim_move(struct sim *sim, struct tree_office *office)
{
    return sim->moving != NULL ? sim_go_on_moving(sim) : begin(sim, office);
}

/* By the certificate in its store: one that was put back may stand below another parent again. */
static bool stands_where_it_dials(struct tree_office *office)
{
    return omb_office_id_equal(&office->rig.office->own.inner.parent, &office->parent->id);
}

/* It came there, and its daemon ended before anybody was told that it had joined. */
static void note_where_it_came(struct sim *sim, struct tree_office *office)
{
    const struct omb_office_id *parent = &office->rig.office->own.inner.parent;
    bool noted = false;

    for (size_t i = 0; i < office->moves; i++)
        noted |= omb_office_id_equal(&office->before[i]->id, parent);
    for (size_t i = 0; !noted && i < sim->tree->count; i++)
        if (omb_office_id_equal(&sim->tree->offices[i]->id, parent) &&
            office->moves < TREE_MOVES_MAX) {
            office->before[office->moves++] = sim->tree->offices[i];
            noted = true;
        }
}

void sim_end_moving(struct sim *sim)
{
    bool any = sim->moving != NULL;

    if (any)
        (void)sim_go_on_moving(sim);
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        if (!office->running || office->parent == NULL || stands_where_it_dials(office))
            continue;
        sim_set_right(sim, office->parent);
        sim_set_right(sim, office);
        tree_tell(sim->tree, "%s joins again", office->code);
        note_where_it_came(sim, office);
        any = tree_try_come_under(office, office->parent);
    }
    if (any)
        tree_settle(sim->tree);
}
