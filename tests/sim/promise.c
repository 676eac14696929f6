/*
 * What was acknowledged to operators: each such record must be with the office that said so, from
 * the moment on at which anybody could know (invariant 1). A store that is put back may forget it;
 * then it comes home when any other office has it.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "base/assert.h"
#include "office/keys.h"
#include "sim/sim.h"
#include "wire/rows.h"

struct sim_promise *sim_promised(struct sim *sim, struct tree_office *office,
                                 struct omb_view record)
{
    struct sim_promise promise = {.by = office, .batch = office->batch};

    if (sim->promise_count == sim->promise_room) {
        sim->promise_room = sim->promise_room ? 2 * sim->promise_room : 64;
        sim->promises = realloc(sim->promises, sim->promise_room * sizeof(*sim->promises));
        OMB_ASSERT(sim->promises != NULL);
    }
    OMB_ASSERT(omb_unhex(record, promise.record.bytes, OMB_DIGEST_SIZE) == OMB_OK);
    sim->promises[sim->promise_count] = promise;
    return &sim->promises[sim->promise_count++];
}

static bool get(const struct tree_office *office, enum omb_family family, const struct omb_key *key,
                struct omb_buf *out)
{
    return omb_port_get(memport_port(office->rig.store), family, omb_key_view(key), out) == OMB_OK;
}

static bool holds(const struct tree_office *office, const struct omb_digest *record)
{
    const struct omb_key key = omb_key_digest(record);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found = get(office, OMB_FAMILY_DIGEST, &key, &value);

    omb_buf_free(&value);
    return found;
}

bool sim_case_of(const struct tree_office *office, const struct omb_digest *record,
                 struct omb_case_id *out)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_key key = omb_key_digest(record);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_stored_record stored;
    struct omb_header header;
    uint32_t number;
    uint64_t seq;
    bool found = get(office, OMB_FAMILY_DIGEST, &key, &value) &&
                 omb_read_place(omb_buf_view(&value), &number, &seq);

    if (found) {
        key = omb_key_record(number, seq);
        found = get(office, OMB_FAMILY_RECORD, &key, &value) &&
                omb_decode_stored_record(omb_buf_view(&value), arena, &stored, NULL) == OMB_OK &&
                omb_header_decode(stored.header, arena, &header, NULL, NULL) == OMB_OK &&
                header.case_id != NULL;
        if (found)
            *out = *header.case_id;
    }
    omb_buf_free(&value);
    return found;
}

/*
 * What its store had alone is lost with it, also what others had lost before; the rest is away
 * until it comes home.
 */
void sim_note_lost(struct sim *sim, const struct tree_office *office)
{
    for (size_t i = 0; i < sim->promise_count; i++) {
        struct sim_promise *promise = &sim->promises[i];
        bool held = false;

        if ((promise->by != office && !promise->away) || holds(promise->by, &promise->record))
            continue;
        for (size_t k = 0; !held && k < sim->tree->count; k++)
            held = holds(sim->tree->offices[k], &promise->record);
        promise->lost |= !held;
        promise->away = true;
    }
}

void sim_judge_promises(const struct sim *sim, bool at_the_end)
{
    for (size_t i = 0; i < sim->promise_count; i++) {
        const struct sim_promise *promise = &sim->promises[i];

        if (promise->lost || (promise->away && !at_the_end) ||
            !tree_was_told(promise->by, promise->batch))
            continue;
        if (!holds(promise->by, &promise->record))
            fail_msg("%s acknowledged %02x%02x%02x%02x and lacks it", promise->by->code,
                     promise->record.bytes[0], promise->record.bytes[1], promise->record.bytes[2],
                     promise->record.bytes[3]);
    }
}
