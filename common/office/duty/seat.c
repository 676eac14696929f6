/*
 * Where this office and those below it stand, when an office above them came under another parent.
 *
 * A certificate says where its office stands by its issuers, as they were when it was issued. So
 * when this office goes on under one of its own that stands elsewhere, it certifies its children
 * anew, with the keys and dates that they have: some in a turn, each of them while it is connected,
 * since one that has left calls another office; and while the link above is live, since by then
 * what those below need to judge the new ones has come here. Nothing of it is kept: a child that
 * calls and stands by an older way is found then (design: trust, Offices).
 *
 * The child goes on under it by itself, and does the same for those below it.
 */
#include <string.h>

#include "office/inside.h"
#include "office/issue.h"
#include "office/post/view.h"

enum { CHILDREN_AT_ONCE = 8, TURN_MS = 50, WAIT_MS = 2000 };

/* --- children --- */

/* By its issuers it stands below this office as this office stands itself. */
static bool stands_here(const struct omb_seat *self, const struct omb_seat *child)
{
    if (child->above_count != self->above_count + 1)
        return false;
    for (size_t i = 0; i < self->above_count; i++)
        if (!omb_office_id_equal(&child->above[i + 1], &self->above[i]))
            return false;
    return omb_office_id_equal(&child->above[0], &self->office);
}

/* Of one that ended, or is about to, there is none that would end with it. */
static bool has_ended(const struct omb_step *step, const struct omb_certificate *inner)
{
    return inner->not_after <= step->input->now_ms || inner->not_after <= inner->not_before + 1;
}

/* The newest certificate of a child that has to be certified anew; NULL: it has not. */
static const struct omb_office_card *left_behind(struct omb_step *step,
                                                 const struct omb_office_id *child)
{
    const struct omb_seat *self = &step->office->self;
    const struct omb_office_card *card = omb_office_newest(step, child);

    if (!card || !card->complete || !omb_office_id_equal(&card->seat.above[0], &self->office) ||
        stands_here(self, &card->seat) || has_ended(step, &card->certificate.inner) ||
        omb_office_gone(step, child))
        return NULL;
    return card;
}

static enum omb_rc certify(struct omb_step *step, const struct omb_office_card *card,
                           struct omb_error *err)
{
    struct omb_certificate certificate = card->certificate.inner;
    struct omb_known_certificate issued;
    struct omb_appended record;
    enum omb_rc rc;

    certificate.previous = card->certificate.digest;
    rc = omb_issue(step, &certificate, 0, &card->certificate.inner, &issued, &record, err);
    return rc == OMB_IO || rc == OMB_DAMAGED ? rc : OMB_OK; /* one child holds up no other */
}

/* `out_waits`: some cannot be certified yet; `out_more`: the turn is over before all were. */
static enum omb_rc certify_some(struct omb_step *step, bool *out_waits, bool *out_more,
                                struct omb_error *err)
{
    const bool may = omb_post_above_is_live(step->office);
    const struct omb_office_id *children;
    const size_t count = omb_feed_children(step, &children);
    size_t done = 0;
    enum omb_rc rc = OMB_OK;

    *out_waits = *out_more = false;
    for (size_t i = 0; rc == OMB_OK && i < count && !*out_more; i++) {
        const struct omb_office_card *card;

        if (!omb_post_is_connected(step->office, &children[i]))
            continue;
        card = left_behind(step, &children[i]);
        if (!card)
            continue;
        if (!may || !omb_post_is_heard(step->office, &children[i]))
            *out_waits = true;
        else if (done == CHILDREN_AT_ONCE)
            *out_more = true;
        else {
            rc = certify(step, card, err);
            done++;
        }
    }
    return rc;
}

static void look_at_children(struct omb_step *step, int64_t at_ms)
{
    step->office->seating.children = true;
    step->office->seating.at_ms = at_ms;
    omb_wake_at(step, at_ms);
}

static enum omb_rc children_turn(struct omb_step *step, struct omb_error *err)
{
    struct omb_seating *seating = &step->office->seating;
    const int64_t now = step->input->now_ms;
    bool waits, more;
    enum omb_rc rc;

    /* A clock that was put back holds nothing up. */
    if (!seating->children || (now < seating->at_ms && seating->at_ms - now <= WAIT_MS))
        return OMB_OK;
    seating->children = false;
    if (omb_issue_may(step, NULL) != OMB_OK) /* a branch, or one that stands too deep by now */
        return OMB_OK;
    rc = certify_some(step, &waits, &more, err);
    if (rc == OMB_OK && (waits || more))
        look_at_children(step, now + (more ? TURN_MS : WAIT_MS));
    return rc;
}

void omb_duty_child_called(struct omb_step *step, const struct omb_office_id *child)
{
    if (step->office->self.depth > 0 && !step->office->seating.children &&
        left_behind(step, child))
        look_at_children(step, step->input->now_ms);
}

/* --- this office --- */

/* Nor does a parent shorten what it holds, unasked. */
static bool is_what_it_was(const struct omb_certificate *is, const struct omb_certificate *was)
{
    return omb_view_equal(is->code, was->code) && omb_view_equal(is->kind, was->kind) &&
           is->service == was->service && is->not_after >= was->not_after &&
           omb_view_equal(is->signing_key, was->signing_key) &&
           omb_view_equal(is->transport_key, was->transport_key) &&
           omb_view_equal(is->sealing_key, was->sealing_key);
}

/* It is issued under a later certificate of the parent, which stands elsewhere by that one. */
static bool parent_went_on(struct omb_step *step, const struct omb_known_certificate *known)
{
    const struct omb_certificate *was = &step->office->own.inner;
    const struct omb_office_card *now = omb_office_card(step, &known->inner.issuer);
    const struct omb_office_card *before = omb_office_card(step, &was->issuer);

    return now && now->complete && before && known->inner.not_before > was->not_before &&
           now->certificate.inner.not_before > before->certificate.inner.not_before &&
           !stands_here(&now->seat, &step->office->self);
}

/*
 * The parent certified this office as what it is, with the same keys: as one that stands in for
 * another that was closed, or since the parent stands elsewhere. Nobody asked for that here, so no
 * bundle comes. Any other comes by a bundle, when somebody joins with it.
 */
static bool comes_by_itself(struct omb_step *step, const struct omb_known_certificate *known)
{
    const struct omb_certificate *was = &step->office->own.inner;
    const struct omb_certificate *is = &known->inner;

    if (!omb_office_id_equal(&is->office, &was->office) ||
        !omb_office_id_equal(&is->parent, &was->parent) || !is_what_it_was(is, was))
        return false;
    return (omb_digest_equal(&is->previous, &step->office->own.digest) &&
            is->succeeds.count > was->succeeds.count) ||
           parent_went_on(step, known);
}

void omb_duty_certified(struct omb_step *step, const struct omb_known_certificate *known)
{
    if (!comes_by_itself(step, known))
        return;
    if (omb_certify_valid_at(&known->inner, step->input->now_ms, NULL) == OMB_OK)
        omb_identity_take(step, known);
    else if (step->input->now_ms < known->inner.not_before) /* by a clock that is behind */
        step->office->seating.own = true; /* links tick every few seconds */
}

/* One came before it held yet, or before this office joined with the one before it. */
static enum omb_rc own_turn(struct omb_step *step, struct omb_error *err)
{
    struct omb_seating *seating = &step->office->seating;
    struct omb_office_certificates *list;
    enum omb_rc rc;

    if (!seating->own)
        return OMB_OK;
    seating->own = false;
    list = OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    rc = omb_office_certificates(step, &step->office->self.office, list, err);
    for (size_t i = 0; rc == OMB_OK && i < list->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &list->items[i]);

        if (card && card->complete && !card->revoked)
            omb_duty_certified(step, &card->certificate);
    }
    return rc;
}

/* --- both --- */

void omb_duty_seat_new(struct omb_step *step)
{
    step->office->seating.own = true;
    look_at_children(step, step->input->now_ms);
}

enum omb_rc omb_duty_seat_turn(struct omb_step *step, struct omb_error *err)
{
    const enum omb_rc rc = own_turn(step, err);

    return rc == OMB_OK ? children_turn(step, err) : rc;
}
