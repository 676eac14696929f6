/*
 * Clients who did not hear the answer ask the same again, under the same id: it is done once. Not
 * of a store that was put back to before it, nor when a clock has passed the days that an id is
 * kept.
 */
#include "unit/unit.h"

#include <stdio.h>

#include "sim/turns.h"

/* A complaint under that id; NULL: refused, or the daemon ended over it. */
static const struct omb_act_done *register_as(struct tree_office *office, unsigned id)
{
    struct complaint complaint;
    const struct omb_reply *reply;
    char text[16];

    snprintf(text, sizeof(text), "once %u", id);
    complaint_new(&complaint);
    tree_tick(office);
    tree_tell(office->tree, "%s t1 registers as %s", office->code, text);
    reply = ask_again(&office->rig, "t1", text, OMB_ASK_ACT, &complaint.act);
    return tree_falls_with_store(office) || reply->error != NULL ? NULL
                                                                 : OMB_AS(act_done, reply->answer);
}

static bool must_be_known(const struct sim *sim, const struct sim_promise *promise)
{
    const struct tree_office *office = promise->by;

    return !promise->lost && !promise->away && sim->clocks_set == sim->repeat.clocks_set &&
           (tree_was_told(office, promise->batch) || promise->batch == office->batch);
}

static bool ask_first(struct sim *sim, struct tree_office *office)
{
    const struct omb_act_done *done = register_as(office, ++sim->repeat.id);

    if (done == NULL)
        return false;
    sim->repeat.promise = (size_t)(sim_promised(sim, office, done->record) - sim->promises);
    sim->repeat.clocks_set = sim->clocks_set;
    sim->repeat.under_way = true;
    return true;
}

bool sim_repeat(struct sim *sim, struct tree_office *office)
{
    const struct sim_promise *promise;
    const struct omb_act_done *done;
    struct omb_digest record;

    if (!sim->repeat.under_way)
        return ask_first(sim, office);
    promise = &sim->promises[sim->repeat.promise];
    office = promise->by;
    if (!office->running)
        return false;
    sim->repeat.under_way = sim_below(sim, 2) == 0;
    done = register_as(office, sim->repeat.id);
    if (done == NULL)
        return false;
    assert_int_equal(omb_unhex(done->record, record.bytes, sizeof(record.bytes)), OMB_OK);
    if (omb_digest_equal(&record, &promise->record))
        return true;
    if (must_be_known(sim, promise))
        fail_msg("%s does a request twice", office->code);
    sim->repeat.promise = (size_t)(sim_promised(sim, office, done->record) - sim->promises);
    sim->repeat.clocks_set = sim->clocks_set;
    return true;
}
