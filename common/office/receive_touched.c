/*
 * What an intake touches, to be looked at once at its end: cases with the records and parts that
 * came for them, and offices whose cases mean something else now.
 */
#include <string.h>

#include "office/receive_inside.h"

static size_t hash_case(const struct omb_case_id *id)
{
    uint64_t mix = omb_be64(id->home.bytes) ^ omb_be64(id->incarnation.bytes + 4) ^ id->year;

    mix = (mix ^ id->serial) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mix ^ (mix >> 29));
}

static uint32_t *slot_of(const struct omb_intake *intake, const struct omb_case_id *id)
{
    size_t at = hash_case(id) & (intake->slot_count - 1);

    while (intake->slots[at] > 0 &&
           !omb_case_id_equal(&intake->cases[intake->slots[at] - 1]->id, id))
        at = (at + 1) & (intake->slot_count - 1);
    return &intake->slots[at];
}

static void widen(struct omb_intake *intake)
{
    struct omb_arena *arena = intake->step->arena;
    struct omb_touched **cases;

    if (intake->case_count < intake->case_room)
        return;
    intake->case_room = intake->case_room ? 2 * intake->case_room : 32;
    intake->slot_count = 2 * intake->case_room;
    cases = OMB_ARENA_NEW(arena, struct omb_touched *, intake->case_room);
    if (intake->case_count > 0)
        memcpy(cases, intake->cases, intake->case_count * sizeof(*cases));
    intake->cases = cases;
    intake->slots = OMB_ARENA_NEW(arena, uint32_t, intake->slot_count);
    for (size_t i = 0; i < intake->case_count; i++)
        *slot_of(intake, &cases[i]->id) = (uint32_t)i + 1;
}

static void add_fresh(struct omb_intake *intake, struct omb_touched *touched,
                      const struct omb_case_record *record)
{
    if (touched->fresh_count == touched->fresh_room) {
        struct omb_case_record *fresh;

        touched->fresh_room = touched->fresh_room ? 2 * touched->fresh_room : 4;
        fresh = OMB_ARENA_NEW(intake->step->arena, struct omb_case_record, touched->fresh_room);
        if (touched->fresh_count > 0)
            memcpy(fresh, touched->fresh, touched->fresh_count * sizeof(*fresh));
        touched->fresh = fresh;
    }
    touched->fresh[touched->fresh_count++] = *record;
}

struct omb_touched *omb_intake_touch(struct omb_intake *intake, const struct omb_case_id *id,
                                     const struct omb_case_record *fresh)
{
    struct omb_touched *touched;
    uint32_t *slot;

    widen(intake);
    slot = slot_of(intake, id);
    if (*slot == 0) {
        touched = OMB_ARENA_NEW(intake->step->arena, struct omb_touched, 1);
        touched->id = *id;
        intake->cases[intake->case_count++] = touched;
        *slot = (uint32_t)intake->case_count;
    }
    touched = intake->cases[*slot - 1];
    if (fresh)
        add_fresh(intake, touched, fresh);
    return touched;
}

/* What waits for the fold of its case in one intake. */
static void leave(struct omb_touched *touched, const struct omb_row_at *at,
                  const struct omb_digest *digest, uint32_t to)
{
    size_t kept = 0;

    for (struct omb_held_parts **held = &touched->parts; *held;) {
        const bool leaves =
            (*held)->at.number == at->number && omb_digest_equal(&(*held)->digest, digest);

        if (leaves && to == 0) {
            *held = (*held)->next;
            continue;
        }
        if (leaves)
            (*held)->at.number = to;
        held = &(*held)->next;
    }
    for (size_t i = 0; i < touched->fresh_count; i++) {
        const struct omb_case_record *fresh = &touched->fresh[i];

        if (fresh->at.number != at->number || fresh->at.seq != at->seq ||
            (fresh->header && !omb_digest_equal(&fresh->digest, digest)))
            touched->fresh[kept++] = *fresh;
    }
    touched->fresh_count = kept;
}

void omb_intake_leave(struct omb_intake *intake, const struct omb_case_id *id,
                      const struct omb_row_at *at, const struct omb_digest *digest, uint32_t to)
{
    for (struct omb_intake *around = intake; around; around = around->outer) {
        const uint32_t *slot = around->slot_count > 0 ? slot_of(around, id) : NULL;

        if (slot && *slot > 0)
            leave(around->cases[*slot - 1], at, digest, to);
    }
}

void omb_intake_again(struct omb_judging *judging)
{
    const struct omb_row_at *at = &judging->receipt->at;
    const struct omb_case_record record = {*at, &judging->header, judging->digest, judging->odd};
    struct omb_touched *touched = omb_intake_touch(judging->intake, judging->header.case_id, NULL);

    for (size_t i = 0; i < touched->fresh_count; i++)
        if (touched->fresh[i].at.number == at->number && touched->fresh[i].at.seq == at->seq)
            return;
    add_fresh(judging->intake, touched, &record);
}

void omb_intake_refold(struct omb_intake *intake, const struct omb_office_id *office,
                       enum omb_refold which)
{
    for (size_t i = 0; i < intake->refold_count; i++)
        if (omb_office_id_equal(&intake->refolds[i].office, office)) {
            if (which < intake->refolds[i].which)
                intake->refolds[i].which = which;
            return;
        }
    if (intake->refold_count == intake->refold_room) {
        struct omb_refold_due *items;

        intake->refold_room = intake->refold_room ? 2 * intake->refold_room : 8;
        items = OMB_ARENA_NEW(intake->step->arena, struct omb_refold_due, intake->refold_room);
        if (intake->refold_count > 0)
            memcpy(items, intake->refolds, intake->refold_count * sizeof(*items));
        intake->refolds = items;
    }
    intake->refolds[intake->refold_count++] = (struct omb_refold_due){*office, which};
}
