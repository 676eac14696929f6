/* The tree itself changes: offices are put out, closed, and come again from nothing. */
#include "unit/unit.h"

#include "base/assert.h"
#include "sim/turns.h"
#include "wire/rows.h"

bool sim_is_leaf(const struct sim *sim, const struct tree_office *office)
{
    for (size_t i = 0; i < sim->tree->count; i++)
        if (sim->tree->offices[i]->parent == office)
            return false;
    return office->parent != NULL;
}

/* Of what nobody was told, the administrator asks again when the daemon is back. */
bool sim_order(struct tree_office *by, const struct omb_office_change *change)
{
    for (unsigned asked = 0; asked < 2 && by->running; asked++) {
        const uint64_t batch = by->batch;
        const struct omb_reply *reply = sim_ask(by, "admin", OMB_ASK_OFFICE_CHANGE, change);

        if (reply == NULL)
            return false;
        if (reply->error != NULL)
            return asked > 0 && omb_view_is(reply->error->code, "exists");
        if (by->running)
            tree_keep(by);
        if (by->running)
            tree_sync_now(by);
        if (tree_was_told(by, batch))
            return true;
        if (!by->running)
            tree_start(by);
    }
    return false;
}

/* From that office on the first that may be put out by one that is itself below another. */
static struct tree_office *low_leaf(const struct sim *sim, struct tree_office *office)
{
    const struct tree *tree = sim->tree;
    size_t from = 0;

    while (tree->offices[from] != office)
        from++;
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_office *other = tree->offices[(from + i) % tree->count];

        if (!other->gone && sim_is_leaf(sim, other) && other->parent->parent != NULL)
            return other;
    }
    return office;
}

/*
 * What the office wrote last came further up than to its parent, which forgets it before it puts
 * the office out: so there is something that the revocation cuts off.
 */
static bool forget_newest(struct sim *sim, struct tree_office *office)
{
    struct tree_office *parent = office->parent;
    struct memport *copy;

    if (!parent->running || parent->parent == NULL || parent == sim->copied)
        return false;
    if (!office->running)
        tree_start(office);
    copy = tree_backup(parent);
    sim_act_some(sim, office);
    tree_pass(sim->tree, 100 + (int64_t)sim_below(sim, 3000));
    sim_cut_all(sim, parent, true);
    if (sim_would_forget(sim, parent) || sim_would_orphan(sim, parent, copy)) {
        memport_free(copy);
        sim_cut_all(sim, parent, false);
        return false;
    }
    tree_tell(sim->tree, "%s forgets what %s did last", parent->code, office->code);
    tree_roll_back(parent, copy);
    sim_note_lost(sim, parent);
    return true;
}

bool sim_revoke(struct sim *sim, struct tree_office *anybody)
{
    const bool forgets = sim_below(sim, 4) > 0;
    struct tree_office *office = forgets ? low_leaf(sim, anybody) : anybody;
    const struct omb_office_change change = {
        .code = omb_view_str(office->code), .revoke = true, .ground = OMB_VIEW_LIT("stolen")};
    bool forgot, done;

    if (sim->gone == 2 || office->gone || office == sim->moving || office == sim->moving_to ||
        !sim_is_leaf(sim, office))
        return false;
    forgot = forgets && forget_newest(sim, office);
    done = !sim_would_orphan(sim, office, NULL) && !sim_came_unheard(sim, office);
    if (done) {
        tree_tell(sim->tree, "%s is put out", office->code);
        done = sim_order(office->parent, &change);
    }
    if (forgot)
        sim_cut_all(sim, office->parent, false);
    if (!done)
        return false;
    office->gone = true; /* its thief goes on, and nobody listens */
    sim->gone++;
    return true;
}

bool sim_close(struct sim *sim, struct tree_office *office)
{
    const struct tree_office *successor = sim_somebody(sim);
    const struct omb_office_change change = {.code = omb_view_str(office->code),
                                             .successor = omb_view_str(successor->code)};

    if (sim->closed != NULL || successor == office || successor->gone || office->gone ||
        !sim_is_leaf(sim, office) || successor->parent != office->parent ||
        successor->service != office->service)
        return false;
    tree_tell(sim->tree, "%s is closed, %s succeeds", office->code, successor->code);
    if (!sim_order(office->parent, &change))
        return false;
    sim->closed = office;
    office->successor = successor;
    return true;
}

/* --- from nothing --- */

void sim_set_right(struct sim *sim, struct tree_office *office)
{
    if (!office->running || office->clock_ms == 0)
        return;
    sim->clocks_set++;
    tree_set_clock(office, office->tree->now_ms);
}

struct lives {
    const struct tree_office *of;
    uint32_t newest;
};

static enum omb_rc see_log(void *arg, struct omb_view key, struct omb_view value)
{
    struct lives *lives = arg;
    struct omb_log_row row;

    (void)key;
    omb_arena_reset(&lives->of->tree->scratch);
    OMB_ASSERT(omb_decode_log_row(value, &lives->of->tree->scratch, &row, NULL) == OMB_OK);
    if (omb_office_id_equal(&row.office, &lives->of->id) &&
        omb_incarnation_number(&row.incarnation) > lives->newest)
        lives->newest = omb_incarnation_number(&row.incarnation);
    return OMB_OK;
}

/* Its disk is gone with all that it held; the keys come from the recovery key, but the signing's.
 */
bool sim_begin_anew(struct sim *sim, struct tree_office *office)
{
    struct tree_office *parent = office->parent;
    struct lives lives = {.of = office};

    if (parent == NULL || office->gone || !parent->running || !office->running ||
        office == sim->closed || sim->copied == office)
        return false;
    sim_set_right(sim, parent);
    sim_set_right(sim, office);
    if (!parent->running || !office->running || !sim_knows(parent, office) ||
        sim_came_unheard(sim, office) || sim_would_forget(sim, office) ||
        sim_would_orphan(sim, office, NULL))
        return false;
    OMB_ASSERT(omb_port_scan(memport_port(parent->rig.store), OMB_FAMILY_LOG, OMB_VIEW_NONE,
                             OMB_VIEW_NONE, false, see_log, &lives) == OMB_OK);
    if (!tree_begin_anew(office, lives.newest))
        return false;
    sim->anew = true;
    sim_note_lost(sim, office);
    return true;
}

/* The recovery key opens what came home of offices that began anew. */
static void recover(struct tree_office *office)
{
    struct omb_office_recover ask = {
        .secret = omb_view(omb_secret_bytes(office->rig.recovery), OMB_KEY_SIZE), .limit = 500};
    const struct omb_office_recovered *page;

    do {
        tree_tick(office);
        page =
            ANSWER(office_recovered, rig_ask_offline(&office->rig, OMB_ASK_OFFICE_RECOVER, &ask));
        ask.cursor = page->cursor;
    } while (page->cursor.size > 0);
    tree_stop(office); /* the command line works on a store whose daemon is down */
    tree_start(office);
}

void sim_recover(struct sim *sim)
{
    if (!sim->anew)
        return;
    for (size_t i = 0; i < sim->tree->count; i++)
        if (!sim->tree->offices[i]->gone)
            recover(sim->tree->offices[i]);
    tree_settle(sim->tree);
}
