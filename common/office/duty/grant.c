/*
 * The key for a custodian that has none: after a take-over, a reopening from above, or an act of an
 * office that held no key itself. Home grants it as soon as it hears of it; another holder does
 * when home can no longer sign.
 */
#include "office/duty/duty.h"

static bool is_mine(struct omb_step *step, const struct omb_case *now)
{
    const struct omb_seat *self = omb_office_self(step->office);

    if (omb_seat_counts_as(self, &now->home->office))
        return true;
    return omb_case_is_holder(now, &self->office) && omb_office_gone(step, &now->home->office);
}

/* Closings one after the other that are followed. */
enum { STAND_INS_MAX = 8 };

/* Who decides in the custodian's place: itself, or who stands in for it since it was closed. */
static enum omb_rc find_decider(struct omb_step *step, const struct omb_case *now,
                                struct omb_office_id *out, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    *out = now->custodian->office;
    for (int i = 0; rc == OMB_OK && i < STAND_INS_MAX && !omb_case_is_holder(now, out); i++)
        rc = omb_office_closing(step, out, out, err);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* The office that decides and cannot read, by its newest certificate. */
static enum omb_rc find_keyless(struct omb_step *step, const struct omb_case *now,
                                struct omb_office_ref *out, bool *out_any, struct omb_error *err)
{
    struct omb_office_id decider;
    const struct omb_office_card *card;
    const enum omb_rc rc = find_decider(step, now, &decider, err);

    *out_any = false;
    if (rc != OMB_OK || omb_case_is_holder(now, &decider) ||
        omb_office_id_equal(&decider, &omb_office_self(step->office)->office))
        return rc;
    card = omb_office_newest(step, &decider);
    if (card == NULL || !card->complete || omb_office_gone(step, &decider))
        return OMB_OK;
    *out = (struct omb_office_ref){decider, card->certificate.digest};
    *out_any = true;
    return OMB_OK;
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
    bool keyless = false;

    if (file->folded.registered == NULL || file->folded.row.erased)
        return OMB_OK;
    to = OMB_ARENA_NEW(step->arena, struct omb_office_ref, 2);
    if (is_mine(step, &file->folded))
        rc = find_keyless(step, &file->folded, &to[0], &keyless, err);
    if (rc == OMB_OK && keyless)
        rc = grant_to(step, file, &to[0], err);
    if (rc == OMB_OK && find_successor(step, &file->folded, &to[1]))
        rc = grant_to(step, file, &to[1], err);
    return rc;
}
