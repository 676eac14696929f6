/* What befalls offices: each fault is one that a bank's machines may have. */
#include "unit/unit.h"

#include "office/inside.h"
#include "office/post/inside.h"
#include "sim/turns.h"

bool sim_stop_or_start(struct sim *sim, struct tree_office *office)
{
    (void)sim;
    if (office->running)
        tree_stop(office);
    else
        tree_start(office);
    return true;
}

bool sim_crash(struct sim *sim, struct tree_office *office)
{
    const enum tree_point points[] = {TREE_BEFORE_WRITE, TREE_BEFORE_SYNC, TREE_BEFORE_SENDS,
                                      TREE_AMID_SENDS};

    if (!office->running)
        return false;
    tree_crash(office, points[sim_below(sim, 4)], sim_below(sim, 4));
    return true;
}

bool sim_slow_disk(struct sim *sim, struct tree_office *office)
{
    const int64_t ms = (int64_t)sim_below(sim, 2) * sim_below(sim, 400);

    tree_sync_takes(office, ms);
    tree_tell(sim->tree, "the disk of %s takes %lld ms", office->code, (long long)ms);
    return ms > 0;
}

bool sim_full_disk(struct sim *sim, struct tree_office *office)
{
    if (sim->full != NULL) {
        tree_free_disk(sim->full);
        sim->full = NULL;
        return false;
    }
    tree_fill_disk(sim->full = office);
    return true;
}

bool sim_bit_flip(struct sim *sim, struct tree_office *office)
{
    if (!office->running)
        return false;
    tree_damage_read(office, sim_below(sim, 300));
    return true;
}

/*
 * Whether that store alone holds the record by which the office of that certificate is one. What
 * the office has of it does not come there: it is let in by that record.
 */
static bool has_alone(const struct sim *sim, const struct tree_office *parent,
                      const struct tree_office *child)
{
    struct omb_digest record;

    if (!sim_carrier_of(parent, child, &record))
        return false;
    for (size_t i = 0; i < sim->tree->count; i++)
        if (sim->tree->offices[i] != parent && sim->tree->offices[i] != child &&
            sim_holds(sim->tree->offices[i], &record))
            return false;
    return true;
}

/* Its word that it came under its parent: without it nobody further up believes the parent. */
bool sim_came_unheard(const struct sim *sim, const struct tree_office *office)
{
    return office->moves > 0 && has_alone(sim, office, office);
}

/* Who has just certified an office makes a new copy before it forgets it again. */
bool sim_would_forget(const struct sim *sim, const struct tree_office *parent)
{
    for (size_t i = 0; i < sim->tree->count; i++) {
        const struct tree_office *child = sim->tree->offices[i];

        if (child->parent == parent && has_alone(sim, parent, child))
            return true;
    }
    return false;
}

bool sim_put_back(struct sim *sim, struct tree_office *office)
{
    if (sim->copy == NULL) {
        tree_tell(sim->tree, "%s is copied", office->code);
        sim->copy = tree_backup(office);
        sim->copied = office;
        return false;
    }
    if (sim_would_forget(sim, sim->copied) || sim_would_orphan(sim, sim->copied, sim->copy))
        return false;
    if (sim_below(sim, 2) == 0) {
        tree_roll_back(sim->copied, sim->copy);
    } else { /* as from a backup: the command writes to a disk that is whole */
        tree_heal(sim->copied);
        sim->full = sim->full == sim->copied ? NULL : sim->full;
        tree_restore(sim->copied, sim->copy);
    }
    sim->copy = NULL;
    sim_note_lost(sim, sim->copied);
    return true;
}

void sim_cut_all(struct sim *sim, struct tree_office *office, bool cut)
{
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *child = sim->tree->offices[i];

        if (child->parent == NULL || (child != office && child->parent != office) ||
            child->cut == cut)
            continue;
        if (cut)
            tree_cut(child);
        else
            tree_mend(child);
    }
}

void sim_act_some(struct sim *sim, struct tree_office *office)
{
    const uint64_t enough = sim->sum->written + 1 + sim_below(sim, 3);

    for (unsigned i = 0; i < 20 && office->running && sim->sum->written < enough; i++)
        if (!sim_act(sim, office))
            (void)sim_register(sim, office);
}

/* The newest case that the office shares with one directly below it; NULL: none. */
static const struct sim_affair *shared_affair(const struct sim *sim,
                                              const struct tree_office *office)
{
    for (size_t i = sim->count; i > 0; i--)
        for (size_t k = 0; k < sim->tree->count; k++)
            if (sim->tree->offices[k]->parent == office && !sim->tree->offices[k]->gone &&
                sim_has_row(sim->tree->offices[k], &sim->affairs[i - 1].id) &&
                sim_has_row(office, &sim->affairs[i - 1].id))
                return &sim->affairs[i - 1];
    return NULL;
}

/*
 * Before the copy is put back and behind it, more of them, in one case: so a child's cursor comes
 * to name another record than the one that the feed has there.
 */
static void act_again(struct sim *sim, struct tree_office *office, const struct sim_affair *affair,
                      uint64_t count)
{
    const uint64_t enough = sim->sum->written + count;

    if (affair == NULL) {
        sim_act_some(sim, office);
        return;
    }
    for (unsigned i = 0; i < 20 && office->running && sim->sum->written < enough; i++)
        sim_act_in(sim, office, affair, i % 2 == 1);
}

bool sim_relapse(struct sim *sim, struct tree_office *office)
{
    const struct sim_affair *affair = shared_affair(sim, office);
    struct memport *copy = tree_backup(office);

    tree_tell(sim->tree, "%s is copied and will be put back", office->code);
    act_again(sim, office, affair, 1);
    tree_pass(sim->tree, 100 + (int64_t)sim_below(sim, 1000));
    sim_cut_all(sim, office, true);
    if (sim_would_forget(sim, office) || sim_would_orphan(sim, office, copy)) {
        memport_free(copy);
        sim_cut_all(sim, office, false);
        return false;
    }
    tree_roll_back(office, copy);
    sim_note_lost(sim, office);
    act_again(sim, office, affair, 2);
    tree_pass(sim->tree, 1);
    sim_cut_all(sim, office, false);
    return true;
}

bool sim_set_clock(struct sim *sim, struct tree_office *office)
{
    static const int64_t far[] = {1000, INT64_C(2085978496000)};
    const uint32_t way = sim_below(sim, 4);

    if (!office->running)
        return false;
    sim->clocks_set++;
    tree_set_clock(office, way < 2
                               ? far[way]
                               : sim->tree->now_ms + ((int64_t)sim_below(sim, 600) - 300) * 1000);
    return true;
}

bool sim_lie(struct sim *sim, struct tree_office *office)
{
    enum tree_lie lie = (enum tree_lie)(1 + sim_below(sim, TREE_LIES - 1));

    if (lie == TREE_LIE_NAME && sim_is_leaf(sim, office)) /* nobody's records but its own */
        lie = TREE_LIE_CHAIN;
    else if (lie == TREE_LIE_CHAIN && office->parent == NULL)
        lie = TREE_LIE_NAME;
    tree_lie(office, lie);
    if (lie == TREE_LIE_CHAIN) /* it is told of an own record */
        sim_act_some(sim, office);
    return true;
}

/* The newest certificate that it has from that parent; NULL: none that is here. */
static const struct omb_office_card *certified_by(struct omb_step *step,
                                                  const struct tree_office *office,
                                                  const struct tree_office *parent)
{
    const struct omb_office_card *card = omb_office_card(step, &office->rig.office->own.digest);

    while (card && !omb_office_id_equal(&card->certificate.inner.parent, &parent->id))
        card = omb_card_previous(step, &card->certificate);
    return card;
}

static bool reclaim(struct sim *sim, struct tree_office *office, struct tree_office *by)
{
    struct omb_step step = {.office = office->rig.office,
                            .update = office->rig.update,
                            .port = omb_writes_port(office->rig.update->writes),
                            .arena = &sim->tree->arena};
    const struct omb_office_card *before = certified_by(&step, office, by);
    struct omb_digest since;

    if (before == NULL)
        return false;
    since = tree_lie_certify(by, office, &before->certificate.digest);
    if (omb_digest_none(&since))
        return false;
    tree_tell(sim->tree, "%s certifies %s once more", by->code, office->code);
    if (by->running && sim_below(sim, 2) == 0) {
        tree_lie_close(by, office, &since, by);
        tree_tell(sim->tree, "%s closes %s by that", by->code, office->code);
    }
    return true;
}

/*
 * Above it no more, nor below it, where it would but put out itself, and running; NULL: none of
 * those that once were above.
 */
static struct tree_office *former_parent(const struct tree_office *office)
{
    for (size_t i = 0; i < office->moves; i++) {
        struct tree_office *by = office->before[i];

        if (by->running && !tree_is_below(office, by, false) && !tree_is_below(by, office, false))
            return by;
    }
    return NULL;
}

bool sim_reclaim(struct sim *sim, struct tree_office *office)
{
    struct tree_office *by = NULL;

    for (size_t i = 0; by == NULL && i < sim->tree->count; i++) {
        office = sim->tree->offices[i];
        if (office->running && office != sim->moving)
            by = former_parent(office);
    }
    return by != NULL && reclaim(sim, office, by);
}

void sim_heal(struct sim *sim)
{
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        /* An order may be durable though nobody was told. */
        office->gone |= office->parent != NULL && sim_is_revoked(office->parent, office);
        tree_heal(office);
        tree_sync_takes(office, 0);
        tree_lie(office, TREE_HONEST);
        tree_line_heal(office);
        if (office->cut)
            tree_mend(office);
        if (office->gone && office->running)
            tree_stop(office);
        else if (!office->gone && !office->running)
            tree_start(office);
    }
    sim->full = NULL;
}

/*
 * A link that greets just now is not compared by hand, nor one that is still blocked, by what was
 * greeted with before a renewal: it compares when it stands again.
 */
static void resync(struct tree_office *office, struct tree_office *peer)
{
    const struct omb_link_resync ask = {.peer = omb_view_str(peer->code)};
    const struct omb_peer_view *link;

    tree_tick(office);
    link = tree_link(office, peer);
    if (link != NULL &&
        (omb_view_is(link->state, "greeting") ||
         (omb_view_is(link->state, "blocked") && office->lies.told + peer->lies.told > 0)))
        return;
    (void)ANSWER(link_resynced, ask_as(&office->rig, "admin", OMB_ASK_LINK_RESYNC, &ask));
}

static bool is_compare_due(const struct tree_office *office)
{
    return office->skipped || office->lies.told > 0;
}

/*
 * Who signed two records for one place goes on in another life. A parent that was put back knows of
 * the fork by its own word alone: the evidence is lost.
 */
static void renew_forked(struct sim *sim)
{
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];
        const struct omb_peer_view *up, *down;

        if (office->lies.told == 0 || office->parent == NULL || office->gone)
            continue;
        up = tree_link(office, office->parent);
        down = tree_link(office->parent, office);
        if ((down != NULL && down->forks > 0) ||
            (up != NULL && omb_view_is(up->state, "blocked")))
            (void)sim_renew(sim, office);
    }
    tree_settle(sim->tree);
}

static bool waits(struct tree_office *office, const struct tree_office *peer)
{
    const struct omb_peer_view *link = tree_link(office, peer);

    return link != NULL && link->reason.size > 9 && memcmp(link->reason.data, "waits for", 9) == 0;
}

static bool any_waits(const struct sim *sim)
{
    bool any = false;

    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        if (office->running && office->parent != NULL && office->parent->running)
            any = any || waits(office, office->parent) || waits(office->parent, office);
    }
    return any;
}

/* What an office asks its parent for, that one asks its own. */
void sim_wait(struct sim *sim)
{
    for (unsigned level = 0; level < 5 && any_waits(sim); level++) {
        tree_pass(sim->tree, OMB_PARTS_MS + OMB_PARTS_MS / 10);
        tree_settle(sim->tree);
    }
}

/* `all`: also links of which none is due. */
static void compare_those(struct sim *sim, bool all)
{
    tree_tell(sim->tree, "links compare");
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        if (office->parent == NULL || office->gone || !(all || is_compare_due(office)))
            continue;
        resync(office, office->parent);
        resync(office->parent, office);
    }
    tree_settle(sim->tree);
}

/* What an office lacks since lies were told its new parent lacks, too, and was told none. */
void sim_compare(struct sim *sim)
{
    unsigned lies = 0, due = 0, moves = 0;

    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        lies += office->lies.told;
        due += is_compare_due(office);
        moves += (unsigned)office->moves;
        if (office->lies.told > 0)
            tree_line_down(office, "the line is cut");
    }
    if (due == 0)
        return;
    if (lies > 0) {
        tree_settle(sim->tree);
        renew_forked(sim);
    }
    compare_those(sim, false);
    if (lies > 0 && moves > 0)
        compare_those(sim, true);
}

/* Whether it could have compared with it: one that was put out, or is kept out, does not call. */
static bool is_live(const struct sim *sim, struct tree_office *office, struct omb_view code)
{
    for (size_t i = 0; i < sim->tree->count; i++) {
        const struct tree_office *other = sim->tree->offices[i];
        const struct omb_peer_view *link;

        if (!omb_view_is(code, other->code) || other->gone)
            continue;
        link = tree_link(office, other);
        return link != NULL && omb_view_is(link->state, "live");
    }
    return false;
}

void sim_serve(struct sim *sim)
{
    static const struct omb_backup_serve ask = {};
    bool any = false;

    for (size_t i = 0; i < sim->tree->count; i++)
        any = any || (sim->tree->offices[i]->running &&
                      sim->tree->offices[i]->rig.office->restored.on);
    if (!any)
        return;
    tree_pass(sim->tree, OMB_DAY_MS + OMB_DAY_MS / 24); /* links compare each day */
    tree_settle(sim->tree);
    for (size_t i = 0; i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];
        const struct omb_reply *reply =
            office->running ? sim_ask(office, "admin", OMB_ASK_BACKUP_SERVE, &ask) : NULL;
        const struct omb_backup_served *served;

        if (reply == NULL || reply->error != NULL) /* it was not restored, or has heard all */
            continue;
        served = OMB_AS(backup_served, reply->answer);
        tree_tell(sim->tree, "%s serves anyway", office->code);
        for (size_t j = 0; j < served->unheard.count; j++)
            if (is_live(sim, office, served->unheard.items[j]))
                fail_msg("%s has not compared with %.*s", office->code,
                         OMB_VIEW_ARGS(served->unheard.items[j]));
    }
    tree_settle(sim->tree);
}
