#include "office/issue.h"

#include "base/assert.h"

const struct omb_known_certificate *omb_issue_own(struct omb_step *step)
{
    const struct omb_seat *self = omb_office_self(step->office);
    const struct omb_office_card *card = omb_office_card(step, &self->certificate);

    OMB_ASSERT(card != NULL && card->complete);
    return &card->certificate;
}

enum omb_rc omb_issue_may(struct omb_step *step, struct omb_error *err)
{
    const struct omb_certificate *own = &omb_issue_own(step)->inner;

    if (omb_view_is(own->kind, "branch"))
        return omb_fail(err, OMB_REFUSED, NULL, "%.*s is a branch and certifies nobody",
                        OMB_VIEW_ARGS(own->code));
    if (own->certify_depth == 0 || own->depth + 1 >= OMB_CHAIN_MAX)
        return omb_fail(err, OMB_REFUSED, NULL,
                        "%.*s stands too deep in the tree: it may certify no office below it",
                        OMB_VIEW_ARGS(own->code));
    return omb_certify_valid_at(own, step->input->now_ms, err);
}

/* The newest certificate of an office is the one that begins last. */
static void set_dates(const struct omb_step *step, int64_t lasts_ms,
                      const struct omb_certificate *previous, struct omb_certificate *out)
{
    out->not_before = step->input->now_ms;
    if (previous && out->not_before <= previous->not_before)
        out->not_before = previous->not_before + 1;
    if (lasts_ms > 0)
        out->not_after = out->not_before + lasts_ms;
}

enum omb_rc omb_issue_tell(struct omb_step *step, const struct omb_known_certificate *known,
                           struct omb_appended *out, struct omb_error *err)
{
    const struct omb_office_certified event = {.certificate = known->signed_bytes};
    const struct omb_facts facts = {.event = {OMB_EVENT_OFFICE_CERTIFIED, &event}};
    const struct omb_draft draft = {
        .facts = &facts,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
    };

    return omb_append(step, &draft, out, err);
}

enum omb_rc omb_issue(struct omb_step *step, struct omb_certificate *certificate, int64_t lasts_ms,
                      const struct omb_certificate *previous, struct omb_known_certificate *out,
                      struct omb_appended *out_record, struct omb_error *err)
{
    const struct omb_known_certificate *own = omb_issue_own(step);
    struct omb_buf bytes = OMB_BUF_INIT;
    enum omb_rc rc;

    certificate->version = 1;
    certificate->parent = own->inner.office;
    certificate->issuer = own->digest;
    certificate->depth = own->inner.depth + 1;
    certificate->certify_depth =
        omb_certify_depth_of(certificate->kind, own->inner.certify_depth);
    set_dates(step, lasts_ms, previous, certificate);
    rc = omb_shape_check(&omb_shape_certificate, certificate, err);
    if (rc != OMB_OK)
        return rc;
    omb_certify_issue(certificate, omb_office_lent(step->office)->signer, &bytes);
    rc = omb_certify_read(omb_arena_copy(step->arena, omb_buf_view(&bytes)), step->arena, out, err);
    omb_buf_free(&bytes);
    return rc == OMB_OK ? omb_issue_tell(step, out, out_record, err) : rc;
}
