/*
 * Which of the eight invariants (design: architecture) is judged where. Nothing is compared with
 * expected values.
 */
#include "unit/unit.h"

#include "base/assert.h"
#include "office/keys.h"
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

void sim_judge(struct sim *sim)
{
    tree_check_whole(sim->tree);
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
