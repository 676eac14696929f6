/*
 * What no store on the way of a record holds any more does not come home, though offices elsewhere
 * in the bank have it: each side gives back the log of the other and those of offices below the
 * other, and no more (design: records, Log and incarnation). A bank that loses the stores of an
 * office and of all above it between two comparisons has replicas that differ for good; such losses
 * are not played (a region that the office left counts as elsewhere here, though it is compared
 * with). Neither is one that takes the last registration of a case of which others have records:
 * whom it concerns nobody can tell any more.
 */
#include "unit/unit.h"

#include <string.h>

#include "base/assert.h"
#include "office/keys.h"
#include "sim/sim.h"
#include "wire/rows.h"

struct losing {
    const struct sim *sim;
    const struct tree_office *office;
    const struct memport *copy; /* NULL: nothing is left */
    bool orphans;
};

static bool has(const struct memport *store, struct omb_view key)
{
    struct omb_buf value = OMB_BUF_INIT;
    const bool found = omb_port_get(memport_port(store), OMB_FAMILY_DIGEST, key, &value) == OMB_OK;

    omb_buf_free(&value);
    return found;
}

static bool author_of(const struct losing *losing, struct omb_view place, struct omb_office_id *out)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_arena *arena = &losing->sim->tree->scratch;
    struct omb_log_row row;
    struct omb_key key;
    uint32_t number;
    uint64_t seq;
    bool found = omb_read_place(place, &number, &seq);

    omb_arena_reset(arena);
    if (found) {
        key = omb_key_log(number);
        found = omb_port_get(memport_port(losing->office->rig.store), OMB_FAMILY_LOG,
                             omb_key_view(&key), &value) == OMB_OK &&
                omb_decode_log_row(omb_buf_view(&value), arena, &row, NULL) == OMB_OK;
    }
    if (found)
        *out = row.office;
    omb_buf_free(&value);
    return found;
}

static bool is_on_way(const struct tree *tree, const struct tree_office *office,
                      const struct omb_office_id *author)
{
    for (size_t i = 0; i < tree->count; i++)
        if (omb_office_id_equal(&tree->offices[i]->id, author) &&
            tree_is_below(tree->offices[i], office, false))
            return true;
    return false;
}

/*
 * Of a record that nobody else in the bank has: whether others have what goes on from it. One that
 * was put out gives it back to a store that forgot that.
 */
static bool begins_a_case(const struct losing *losing, struct omb_view key)
{
    const struct tree *tree = losing->sim->tree;
    struct omb_digest record = {{0}}; /* as much of it as keys have */
    struct omb_case_id id;
    bool registers, begins = false;

    memcpy(record.bytes, key.data, key.size);
    if (!sim_case_of(losing->office, &record, &id, &registers) || !registers)
        return false;
    for (size_t i = 0; i < tree->count && !begins; i++)
        begins = tree->offices[i] != losing->office && sim_has_row(tree->offices[i], &id);
    return begins;
}

/* Of a record that the copy lacks: whether all who have it stand elsewhere. */
static enum omb_rc see_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct losing *losing = arg;
    const struct tree *tree = losing->sim->tree;
    struct omb_office_id author;
    bool on_way = false, elsewhere = false;

    if ((losing->copy != NULL && has(losing->copy, key)) || !author_of(losing, value, &author) ||
        !is_on_way(tree, losing->office, &author))
        return OMB_OK;
    for (size_t i = 0; i < tree->count && !on_way; i++) {
        const struct tree_office *other = tree->offices[i];

        if (other == losing->office || other->gone || !has(other->rig.store, key))
            continue;
        on_way = is_on_way(tree, other, &author);
        elsewhere = true;
    }
    losing->orphans = !on_way && (elsewhere || begins_a_case(losing, key));
    return losing->orphans ? OMB_STOP : OMB_OK;
}

bool sim_would_orphan(const struct sim *sim, const struct tree_office *office,
                      const struct memport *copy)
{
    struct losing losing = {.sim = sim, .office = office, .copy = copy};

    OMB_ASSERT(omb_port_scan(memport_port(office->rig.store), OMB_FAMILY_DIGEST, OMB_VIEW_NONE,
                             OMB_VIEW_NONE, false, see_record, &losing) == OMB_OK);
    return losing.orphans;
}
