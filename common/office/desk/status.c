/*
 * Where the office stands, and the words that it knows.
 */
#include "office/desk/read.h"

enum omb_rc omb_desk_status(struct omb_step *step, const void *ask, const void **out,
                            struct omb_error *err)
{
    struct omb_status *answer = OMB_ARENA_NEW(step->arena, struct omb_status, 1);
    const struct omb_office_setup *lent = omb_office_lent(step->office);
    const struct omb_tip *tip = omb_office_tip(step->office);
    const struct omb_office_card *card =
        omb_office_card(step, &omb_office_self(step->office)->certificate);

    (void)ask;
    if (card == NULL)
        return omb_fail(err, OMB_DAMAGED, NULL, "the office's own certificate is not in its store");
    *answer = (struct omb_status){
        .office = card->certificate.inner.code,
        .name = card->certificate.inner.name,
        .kind = card->certificate.inner.kind,
        .software = OMB_VIEW_LIT(OMB_SOFTWARE),
        .now = step->input->now_ms,
        .started_at = lent->started_at,
        .operator = omb_view_str(step->who != NULL ? step->who->code : "admin"),
        .roles = omb_desk_roles(step, omb_desk_asking(step)),
        .cases = tip->cases,
        .position = omb_position_print(step, tip->journal),
        .zone = omb_view_str(omb_office_zone(step->office)->name),
        .bell = lent->bell,
        .listen = omb_office_listens(step->office),
    };
    *out = answer;
    return OMB_OK;
}

enum omb_rc omb_desk_vocabulary(struct omb_step *step, const void *ask, const void **out,
                                struct omb_error *err)
{
    const struct omb_policy *policy = omb_office_policy(step->office);
    struct omb_vocabularies *answer = OMB_ARENA_NEW(step->arena, struct omb_vocabularies, 1);
    struct omb_vocabulary_codes *fields =
        OMB_ARENA_NEW(step->arena, struct omb_vocabulary_codes, policy->vocabulary_count);

    (void)ask;
    (void)err;
    for (size_t i = 0; i < policy->vocabulary_count; i++) {
        const struct omb_vocabulary *vocabulary = &policy->vocabularies[i];

        fields[i].field = omb_view_str(vocabulary->name);
        fields[i].codes = (struct omb_views){vocabulary->codes, vocabulary->count};
    }
    answer->fields.items = fields;
    answer->fields.count = policy->vocabulary_count;
    *out = answer;
    return OMB_OK;
}
