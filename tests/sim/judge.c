/*
 * What must hold of every seed (design: architecture, Invariants). Nothing is compared with
 * expected values. Where each is judged:
 *
 * 1 Acknowledged is durable: promise.c after every turn and at the end, what an operator was told
 *   its office holds, through every crash; tree_acked.c, what an office acknowledged to those below
 *   it holds, also when the disk of who was told died since.
 *
 * 2 The bytes received: tree_whole.c, a record is kept in the same bytes on all replicas;
 *   tree_parts.c, parts are those that headers name; tree_check.c, every log verifies everywhere.
 *
 * 3 One record at a place: tree_whole.c, on each replica; repeat.c, a request is done once.
 *
 * 4 A function of its set: tree_rest.c, the store's own check, then made again from the records
 *   without a change; tree_check.c, all who share a case hold the same row of it, though it came to
 *   each in another order; tree_cut.c, what was signed behind a revocation has no effect. Feeds:
 *   who begins anew with an empty store is fed from nothing, and is judged like the others (7).
 *
 * 5 One custodian: tree_spine.c, on every replica.
 *
 * 6 Grants and scopes: tree_whole.c, who decides a case has its key, who has a key was given it by
 *   an event, nobody keeps what is erased or out of its scope; tree_whole.c and tree_check.c,
 *   neither did it ever cross a line.
 *
 * 7 No lag, and agreement: tree_rest.c, every link is live and nothing waits; tree_whole.c, every
 *   record is with all whom it concerns; tree_check.c, rows agree.
 *
 * 8 No crash, no excess: run.c, a seed that ends its process, or hangs, is bad; limits.c, frames
 *   that wait stay within their window, which is small in some seeds; other limits of what is kept
 *   of a peer are held, too, but no small bank comes near. (What each lie costs unit/lies.c and
 *   unit/post_above.c measure.)
 *
 * 9 Where an office stands: judge.c, by its own certificate below those that it is below, also when
 *   one of them came under another parent. Where clocks were set it may not hold yet.
 */
#include "unit/unit.h"

#include "base/assert.h"
#include "office/inside.h"
#include "sim/sim.h"

bool sim_has_row(const struct tree_office *office, const struct omb_case_id *id)
{
    const struct omb_key key = omb_key_case(id);
    struct omb_buf value = OMB_BUF_INIT;
    const bool has = omb_port_get(memport_port(office->rig.store), OMB_FAMILY_CASE,
                                  omb_key_view(&key), &value) == OMB_OK;

    omb_buf_free(&value);
    return has;
}

/*
 * Nobody certifies one that was closed or put out. And of frames that were lost on a line that
 * stood, as no real one loses them, nothing tells a child that it was certified anew.
 */
static bool is_certified(const struct sim *sim, const struct tree_office *office)
{
    bool is = office != sim->closed && !office->gone;

    for (; is && office->parent != NULL; office = office->parent)
        is = !office->skipped && !sim_is_revoked(office->parent, office) && !office->parent->gone;
    return is;
}

static void judge_seat(const struct tree_office *office)
{
    const struct omb_seat *seat = &office->rig.office->self;
    const struct tree_office *above = office->parent;
    size_t depth = 0;

    for (; above != NULL; above = above->parent, depth++)
        if (depth == seat->above_count || !omb_office_id_equal(&seat->above[depth], &above->id))
            fail_msg("%s does not stand below %s by its certificate", office->code, above->code);
    if (depth != seat->above_count)
        fail_msg("%s stands too deep by its certificate", office->code);
}

void sim_judge(struct sim *sim)
{
    tree_check_whole(sim->tree);
    for (size_t i = 0; sim->clocks_set == 0 && i < sim->tree->count; i++)
        if (is_certified(sim, sim->tree->offices[i]))
            judge_seat(sim->tree->offices[i]);
    sim_judge_promises(sim, true);
}

static enum omb_rc add_row(void *arg, struct omb_view key, struct omb_view value)
{
    omb_buf_add_view(arg, key);
    omb_buf_add_view(arg, value);
    return OMB_OK;
}

static void fold_in(struct omb_digest *digest, struct omb_buf *bytes)
{
    omb_buf_add_view(bytes, OMB_VIEW_OF(digest->bytes));
    *digest = omb_hash("test/sim", omb_buf_view(bytes));
    omb_buf_clear(bytes);
}

uint64_t sim_digest(const struct sim *sim)
{
    const struct tree *tree = sim->tree;
    struct omb_digest digest = omb_hash("test/sim", omb_buf_view(&tree->told));
    struct omb_buf bytes = OMB_BUF_INIT;

    for (size_t i = 0; i < tree->frame_count; i++)
        omb_buf_add_view(&bytes, tree->frames[i].bytes);
    fold_in(&digest, &bytes);
    for (size_t i = 0; i < tree->count; i++)
        for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++) {
            OMB_ASSERT(omb_port_scan(memport_port(tree->offices[i]->rig.store), family,
                                     OMB_VIEW_NONE, OMB_VIEW_NONE, false, add_row,
                                     &bytes) == OMB_OK);
            fold_in(&digest, &bytes);
        }
    omb_buf_free(&bytes);
    return omb_be64(digest.bytes);
}
