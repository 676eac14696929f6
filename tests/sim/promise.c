/*
 * What was acknowledged to operators: each such record must be with the office that said so, from
 * the moment on at which anybody could know (invariant 1). A store that is put back may forget it;
 * then it comes home when any other office has it.
 */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

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

bool sim_holds(const struct tree_office *office, const struct omb_digest *record)
{
    const struct omb_key key = omb_key_digest(record);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found = get(office, OMB_FAMILY_DIGEST, &key, &value);

    omb_buf_free(&value);
    return found;
}

/* The header of a record at its place, in the tree's arena. */
static bool header_at(const struct tree_office *office, struct omb_buf *place,
                      struct omb_view *out_bytes, struct omb_header *out)
{
    struct omb_arena *arena = &office->tree->arena;
    struct omb_stored_record stored;
    struct omb_key key;
    uint32_t number;
    uint64_t seq;

    if (!omb_read_place(omb_buf_view(place), &number, &seq))
        return false;
    key = omb_key_record(number, seq);
    if (!get(office, OMB_FAMILY_RECORD, &key, place) ||
        omb_decode_stored_record(omb_arena_copy(arena, omb_buf_view(place)), arena, &stored,
                                 NULL) != OMB_OK)
        return false;
    *out_bytes = stored.header;
    return omb_header_decode(stored.header, arena, out, NULL, NULL) == OMB_OK;
}

bool sim_case_of(const struct tree_office *office, const struct omb_digest *record,
                 struct omb_case_id *out, bool *out_registers)
{
    const struct omb_key key = omb_key_digest(record);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_header header;
    struct omb_view bytes;
    const bool found = get(office, OMB_FAMILY_DIGEST, &key, &value) &&
                       header_at(office, &value, &bytes, &header) && header.case_id != NULL;

    if (found) {
        *out = *header.case_id;
        *out_registers = header.facts != NULL && header.facts->event.tag == OMB_EVENT_REGISTERED;
    }
    omb_buf_free(&value);
    return found;
}

/* The certificate by which the office signs, as its store has it. */
static bool identity_of(const struct tree_office *office, struct omb_digest *out)
{
    const struct omb_key identity = omb_key_meta("identity");
    struct omb_buf value = OMB_BUF_INIT;
    const bool found =
        get(office, OMB_FAMILY_META, &identity, &value) && value.size == OMB_DIGEST_SIZE;

    if (found)
        memcpy(out->bytes, value.data, OMB_DIGEST_SIZE);
    omb_buf_free(&value);
    return found;
}

struct revoking {
    const struct tree_office *parent;
    bool found;
};

static enum omb_rc see_certificate(void *arg, struct omb_view key, struct omb_view value)
{
    struct revoking *revoking = arg;
    struct omb_buf row = OMB_BUF_INIT;
    struct omb_digest certificate;
    struct omb_key revocation;

    (void)value;
    memcpy(certificate.bytes, key.data + key.size - OMB_DIGEST_SIZE, OMB_DIGEST_SIZE);
    revocation = omb_key_revocation(&certificate);
    revoking->found |= get(revoking->parent, OMB_FAMILY_OFFICE, &revocation, &row);
    omb_buf_free(&row);
    return OMB_OK;
}

/* Any of its certificates: it may not have heard of the newest. */
bool sim_is_revoked(const struct tree_office *parent, const struct tree_office *child)
{
    const struct omb_key prefix = omb_key_office(&child->id, NULL);
    struct revoking revoking = {.parent = parent};

    OMB_ASSERT(omb_port_scan_prefix(memport_port(parent->rig.store), OMB_FAMILY_OFFICE,
                                    omb_key_view(&prefix), see_certificate, &revoking) == OMB_OK);
    return revoking.found;
}

bool sim_knows(const struct tree_office *office, const struct tree_office *other)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_digest certificate;
    struct omb_key key;
    bool known = identity_of(other, &certificate);

    if (known) {
        key = omb_key_certificate(&certificate);
        known = get(office, OMB_FAMILY_OFFICE, &key, &value);
    }
    omb_buf_free(&value);
    return known;
}

bool sim_carrier_of(const struct tree_office *parent, const struct tree_office *child,
                    struct omb_digest *out)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_digest certificate;
    struct omb_header header;
    struct omb_view bytes;
    struct omb_key key;
    bool found = identity_of(child, &certificate);

    if (found) {
        key = omb_key_carrier(&certificate);
        found = get(parent, OMB_FAMILY_OFFICE, &key, &value) &&
                header_at(parent, &value, &bytes, &header);
    }
    if (found)
        *out = omb_record_digest(bytes);
    omb_buf_free(&value);
    return found;
}

/* In the bank: who was put out gives nothing back. */
static bool is_anywhere(const struct sim *sim, const struct omb_digest *record)
{
    for (size_t i = 0; i < sim->tree->count; i++)
        if (!sim->tree->offices[i]->gone && sim_holds(sim->tree->offices[i], record))
            return true;
    return false;
}

/*
 * What its store had alone is lost with it, also what others had lost before; the rest is away
 * until it comes home.
 */
void sim_note_lost(struct sim *sim, const struct tree_office *office)
{
    for (size_t i = 0; i < sim->promise_count; i++) {
        struct sim_promise *promise = &sim->promises[i];
        if ((promise->by != office && !promise->away) || sim_holds(promise->by, &promise->record))
            continue;
        promise->lost |= !is_anywhere(sim, &promise->record);
        promise->away = true;
    }
}

void sim_judge_promises(const struct sim *sim, bool at_the_end)
{
    for (size_t i = 0; i < sim->promise_count; i++) {
        const struct sim_promise *promise = &sim->promises[i];

        if (promise->lost || (promise->by->gone && at_the_end) || (promise->away && !at_the_end) ||
            !tree_was_told(promise->by, promise->batch) ||
            (promise->away && !is_anywhere(sim, &promise->record)))
            continue;
        if (!sim_holds(promise->by, &promise->record))
            fail_msg("%s acknowledged %02x%02x%02x%02x and lacks it", promise->by->code,
                     promise->record.bytes[0], promise->record.bytes[1], promise->record.bytes[2],
                     promise->record.bytes[3]);
    }
}
