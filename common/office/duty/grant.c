/*
 * The key for a custodian that has none: after a take-over, a reopening from above, or an act of an
 * office that held no key itself. Home grants it as soon as it hears of it; another holder does
 * when home can no longer sign.
 */
#include "office/duty/duty.h"

static bool is_mine(struct omb_step *step, const struct omb_case *now)
{
    const struct omb_seat *self = omb_office_self(step->office);

    if (omb_seat_counts_as(self, now->home))
        return true;
    return omb_case_is_holder(now, &self->office) && omb_office_gone(step, &now->home->office);
}

/* The office that decides and cannot read, by its newest certificate; false: there is none. */
static bool find_keyless(struct omb_step *step, const struct omb_case *now,
                         struct omb_office_ref *out)
{
    const struct omb_seat *custodian = now->custodian;
    const struct omb_office_card *card;

    if (omb_office_id_equal(&custodian->office, &omb_office_self(step->office)->office) ||
        omb_case_is_holder(now, &custodian->office))
        return false;
    card = omb_office_newest(step, &custodian->office);
    if (card == NULL || !card->complete || omb_office_gone(step, &custodian->office))
        return false;
    *out = (struct omb_office_ref){custodian->office, card->certificate.digest};
    return true;
}

/* Who stands in for this office and cannot read the case yet; false: nobody. */
static bool find_successor(struct omb_step *step, const struct omb_case *now,
                           struct omb_office_ref *out)
{
    const struct omb_office_id *successor = omb_office_successor(step->office);
    const struct omb_office_card *card;

    if (successor == NULL || omb_case_is_holder(now, successor) ||
        !omb_case_is_holder(now, &omb_office_self(step->office)->office))
        return false;
    card = omb_office_newest(step, successor);
    if (card == NULL || !card->complete || omb_office_gone(step, successor))
        return false;
    *out = (struct omb_office_ref){*successor, card->certificate.digest};
    return true;
}

static enum omb_rc write_granted(struct omb_step *step, struct omb_casefile *file,
                                 const struct omb_office_ref *to, const struct omb_grant *grant,
                                 struct omb_error *err)
{
    struct omb_granted *granted = OMB_ARENA_NEW(step->arena, struct omb_granted, 1);
    const struct omb_facts facts = {.event = {OMB_EVENT_GRANTED, granted}};
    const struct omb_grants grants = {.offices = {grant, 1}};
    const struct omb_case_id id = file->id;
    const struct omb_draft draft = {
        .case_id = &id,
        .facts = &facts,
        .grants = &grants,
        .after = file->folded.spine,
        .actor = OMB_VIEW_LIT("system"),
    };
    struct omb_appended record;
    enum omb_rc rc;

    granted->to = to;
    rc = omb_casefile_write(step, &draft, file, &record, err);
    return rc == OMB_LIMIT ? OMB_OK : rc; /* a case that is full stays as it is */
}

static enum omb_rc grant_to(struct omb_step *step, struct omb_casefile *file,
                            const struct omb_office_ref *to, struct omb_error *err)
{
    struct omb_grant *grant = OMB_ARENA_NEW(step->arena, struct omb_grant, 1);
    struct omb_error why;
    const enum omb_rc rc = omb_vault_grant(step, &file->id, to, grant, &why);

    if (rc == OMB_OK)
        return write_granted(step, file, to, grant, err);
    /* What this office cannot give, the next fold tries again; only a store that fails is told. */
    return rc == OMB_IO || rc == OMB_DAMAGED ? omb_fail(err, rc, NULL, "%s", why.words) : OMB_OK;
}

enum omb_rc omb_duty_case(struct omb_step *step, struct omb_casefile *file, struct omb_error *err)
{
    struct omb_office_ref *to;
    enum omb_rc rc = OMB_OK;

    if (file->folded.registered == NULL || file->folded.row.erased)
        return OMB_OK;
    to = OMB_ARENA_NEW(step->arena, struct omb_office_ref, 2);
    if (is_mine(step, &file->folded) && find_keyless(step, &file->folded, &to[0]))
        rc = grant_to(step, file, &to[0], err);
    if (rc == OMB_OK && find_successor(step, &file->folded, &to[1]))
        rc = grant_to(step, file, &to[1], err);
    return rc;
}
