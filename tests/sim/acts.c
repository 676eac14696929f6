/*
 * Operators: they register, move cases and work on them as they see them, also against the rules.
 * What may not be done is refused, and that is well.
 */
#include "unit/unit.h"

#include "base/assert.h"
#include "sim/turns.h"

const struct omb_reply *sim_ask(struct tree_office *office, const char *who, uint32_t tag,
                                const void *ask)
{
    const struct omb_reply *reply;

    tree_tick(office);
    reply = ask_as(&office->rig, who, tag, ask);
    return tree_falls_with_store(office) ? NULL : reply;
}

bool sim_register(struct sim *sim, struct tree_office *office)
{
    struct sim_affair *affair = &sim->affairs[sim->count];
    const struct sim_promise *promise;
    struct complaint complaint;
    const struct omb_reply *reply;
    bool registers;

    if (sim->count == SIM_CASES_MAX)
        return false;
    complaint_new(&complaint);
    if (sim_below(sim, 5) == 0)
        complaint.act.custodian = omb_view_str(sim_somebody(sim)->code);
    tree_tell(sim->tree, "%s t1 registers", office->code);
    reply = sim_ask(office, "t1", OMB_ASK_ACT, &complaint.act);
    if (reply == NULL || reply->error != NULL)
        return true; /* for an office that is not below */
    promise = sim_promised(sim, office, OMB_AS(act_done, reply->answer)->record);
    tree_keep(office);
    if (!sim_case_of(office, &promise->record, &affair->id, &registers))
        return true; /* it was not even written */
    affair->number = OMB_AS(act_done, reply->answer)->number;
    affair->home = office;
    sim->count++;
    return true;
}

/* A case that the office has, the newer the likelier. */
static const struct sim_affair *some_affair(struct sim *sim, const struct tree_office *office)
{
    for (unsigned i = 0; sim->count > 0 && i < 8; i++) {
        const uint32_t back = sim_below(sim, 1 + sim_below(sim, (uint32_t)sim->count));
        const struct sim_affair *affair = &sim->affairs[sim->count - 1 - back];

        if (sim_has_row(office, &affair->id))
            return affair;
    }
    return NULL;
}

static bool names_office(const struct omb_act *act)
{
    const struct omb_shape_field *to = omb_shape_field(
        omb_shape_alternative(&omb_shape_facts, act->facts->event.tag)->shape, OMB_VIEW_LIT("to"));

    return to != NULL && to->kind == OMB_KIND_one;
}

void sim_act_in(struct sim *sim, struct tree_office *office, const struct sim_affair *affair,
                bool moves)
{
    const char *who = sim_below(sim, 4) == 0 ? "s2" : "s1";
    const struct omb_reply *reply;
    struct omb_act act;

    sim->whim.now_ms = office->rig.now_ms;
    if (moves) {
        sim_choose(sim, office, affair, &act);
    } else {
        act = *whim_act(&sim->whim, &sim->tree->arena, false);
        act.to = names_office(&act) ? omb_view_str(sim_somebody(sim)->code) : OMB_VIEW_NONE;
    }
    act.number = affair->number;
    reply = sim_ask(office, who, OMB_ASK_ACT, &act);
    if (reply == NULL)
        return;
    sim->sum->written += reply->error == NULL;
    sim->sum->refused += reply->error != NULL;
    if (reply->error == NULL)
        (void)sim_promised(sim, office, OMB_AS(act_done, reply->answer)->record);
    tree_tell(sim->tree, "%s %s writes %s of %.*s %.*s%s", office->code, who,
              omb_event_name(act.facts->event.tag), OMB_VIEW_ARGS(affair->number),
              OMB_VIEW_ARGS(act.to), reply->error ? ": refused" : "");
}

bool sim_act(struct sim *sim, struct tree_office *office)
{
    const struct sim_affair *affair = some_affair(sim, office);

    if (affair == NULL)
        return false;
    sim_act_in(sim, office, affair, sim_below(sim, 3) > 0);
    return true;
}

bool sim_quarrel(struct sim *sim, struct tree_office *about)
{
    const struct sim_affair *affair = some_affair(sim, about);

    for (size_t i = 0; affair != NULL && i < sim->tree->count; i++) {
        struct tree_office *office = sim->tree->offices[i];

        for (unsigned tries = 0; tries < 4; tries++)
            if (office->running && sim_has_row(office, &affair->id))
                sim_act_in(sim, office, affair, true);
    }
    return affair != NULL;
}

bool sim_resync(struct sim *sim, struct tree_office *office)
{
    const struct omb_link_resync resync = {.peer = omb_view_str(sim_somebody(sim)->code)};

    (void)sim_ask(office, "admin", OMB_ASK_LINK_RESYNC, &resync);
    tree_tell(sim->tree, "%s resyncs with %.*s", office->code, OMB_VIEW_ARGS(resync.peer));
    return true;
}

bool sim_renew(struct sim *sim, struct tree_office *office)
{
    struct omb_office_renew ask = {.limit = 50};
    const struct omb_reply *reply;

    tree_tell(sim->tree, "%s renews", office->code);
    do {
        reply = office->running ? sim_ask(office, "admin", OMB_ASK_OFFICE_RENEW, &ask) : NULL;
        if (reply == NULL || reply->error != NULL)
            return false;
        ask.cursor = OMB_AS(office_renewed, reply->answer)->cursor;
    } while (ask.cursor.size > 0);
    return true;
}

bool sim_fumble(struct sim *sim, struct tree_office *office)
{
    static const char *const who[] = {"t1", "h1", "s1", "s2", "an1", "au1"};
    const struct omb_request *request = whim_request(&sim->whim, &sim->tree->arena);
    const struct omb_reply *reply;

    reply =
        sim_ask(office, who[sim_below(sim, UNIT_COUNT(who))], request->ask.tag, request->ask.value);
    if (reply != NULL && reply->answer.value != NULL)
        whim_learn_all(&sim->whim,
                       omb_shape_alternative(&omb_shape_reply, reply->answer.tag)->shape,
                       reply->answer.value);
    tree_tell(sim->tree, "%s is asked for ask %u", office->code, request->ask.tag);
    return true;
}
