#include "support/tree_line.h"

#include "support/tree_drive.h"

enum { LATE_MS = 8000 };

static bool happens(struct tree *tree, uint32_t of_thousand)
{
    return of_thousand > 0 && tree->dice(tree->dice_arg, 1000) < of_thousand;
}

struct tree_fate tree_line_fate(struct tree_office *child, bool up)
{
    const struct tree_wire *wire = up ? &child->up_wire : &child->down_wire;
    struct tree *tree = child->tree;
    struct tree_fate fate = {.copies = 1};

    if (wire->dead || happens(tree, wire->lost)) {
        tree->met.lost++;
        child->line.harmed = true;
        child->skipped |= !wire->dead;
        fate.copies = 0;
        return fate;
    }
    if (happens(tree, wire->twice)) {
        tree->met.twice++;
        fate.copies = 2;
    }
    if (happens(tree, wire->late)) {
        tree->met.late++;
        fate.late_ms = tree->dice(tree->dice_arg, LATE_MS);
    }
    if (happens(tree, wire->early)) {
        tree->met.early++;
        child->line.harmed = child->skipped = true;
        fate.early = true;
    }
    return fate;
}

void tree_line_heal(struct tree_office *child)
{
    child->up_wire = child->down_wire = (struct tree_wire){.dead = false};
    if (child->line.harmed)
        tree_line_down(child, "the connection was reset");
}
