/*
 * An office's own log as its parent holds it: what the store lost of it, whether the next record
 * may go on in the same life, and, for a child, whether this office can say so (design: records,
 * Log and incarnation).
 */
#include "office/post/own.h"

#include "office/post/work.h"

/* --- the child --- */

/*
 * An own life that this store does not have: the next one that opens is above it. How far a parent
 * may push the number is bounded, or a false word would use it up.
 */
static void lack(struct omb_office *office, const struct omb_incarnation *life)
{
    const uint32_t told = omb_incarnation_number(life);

    office->post->lacking = true;
    if (told > office->life_told &&
        told - omb_incarnation_number(&office->tip.incarnation) <= OMB_LIVES_LEAP)
        office->life_told = told;
}

/* Whether the parent's head of the newest life is a record of this store: no copy wrote another. */
static bool stands_here(struct omb_step *step, const struct omb_life *life)
{
    struct omb_row_at at;

    return omb_record_place(step, &life->digest, &at) == OMB_OK &&
           at.number == step->office->tip.number && at.seq == life->head;
}

/*
 * The log goes on in another life, since the parent says that this store lost some of it. An honest
 * one says so once for what was lost; one that says it of each new life would have every record
 * open another.
 */
static bool goes_on_anew(struct omb_step *step)
{
    struct omb_post *post = step->office->post;

    if (step->office->tip.must_open)
        return true;
    if (post->anew == 0 || step->input->monotonic_ms - post->anew_since >= OMB_DAY_MS) {
        post->anew = 0;
        post->anew_since = step->input->monotonic_ms;
    }
    if (post->anew++ >= OMB_ANEW_MAX)
        return false;
    step->office->tip.must_open = true;
    return true;
}

/*
 * Of what an office told those below it its parent may know nothing, and a store that was put back
 * would write it again, otherwise: one that may have children opens a life
 * after every start, as the root.
 */
void omb_own_confirm(struct omb_step *step, const struct omb_incarnation *incarnation, uint64_t seq,
                     const struct omb_digest *digest)
{
    struct omb_office *office = step->office;
    struct omb_tip *tip = &office->tip;

    if (office->post->lacking || !office->post->confirms || seq == 0 || seq != tip->seq ||
        !omb_incarnation_equal(incarnation, &tip->incarnation) ||
        !omb_digest_equal(digest, &tip->prev) ||
        !omb_view_is(office->own.inner.kind, "branch"))
        return;
    tip->must_open = false;
}

enum omb_rc omb_own_welcome(struct omb_step *step, struct omb_link *link,
                            const struct omb_hello *welcome, struct omb_error *err)
{
    struct omb_office *office = step->office;
    const struct omb_tip *tip = &office->tip;
    const struct omb_life *lives = welcome->yours.items;
    const struct omb_life *head = NULL;
    bool newest = true;

    office->post->lacking = false;
    for (size_t i = 0; i < welcome->yours.count; i++) {
        const struct omb_life *life = &lives[i];
        struct omb_log log;
        enum omb_rc rc;

        if (tip->seq > 0 && omb_incarnation_equal(&life->incarnation, &tip->incarnation)) {
            head = life;
            if (life->head > tip->seq || !stands_here(step, life))
                office->post->lacking = true;
            continue;
        }
        rc = omb_log_find(step, &office->self.office, &life->incarnation, 0, &log, err);
        if (rc != OMB_OK && rc != OMB_NOT_FOUND)
            return rc;
        if (omb_incarnation_number(&life->incarnation) < omb_incarnation_number(&tip->incarnation))
            continue;
        if (rc == OMB_NOT_FOUND)
            lack(office, &life->incarnation);
        else /* it came home, and the life that is written sorts before it */
            newest = false;
    }
    office->post->confirms = welcome->confirms && newest;
    if ((office->post->lacking || !newest) && !goes_on_anew(step))
        return omb_link_wrong(
            step, link, "it says again and again that records of this office's log are lost", err);
    if (!office->post->lacking && head)
        omb_own_confirm(step, &head->incarnation, head->head, &head->digest);
    return OMB_OK;
}

/* --- the parent --- */

enum omb_rc omb_own_confirms(struct omb_step *step, const struct omb_link *link, bool *out,
                             struct omb_error *err)
{
    struct omb_log log;
    enum omb_rc rc;

    *out = false;
    if (link->sure.head == 0)
        return OMB_OK;
    rc = omb_log_find(step, &link->peer, &link->sure.incarnation, 0, &log, err);
    *out = rc == OMB_OK && log.row.head >= link->sure.head;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

void omb_post_put_back(struct omb_office *office)
{
    office->post->confirms = false;
    for (size_t i = 0; i < office->post->slots; i++)
        for (struct omb_link *link = office->post->peers[i]; link; link = link->next_peer)
            link->sure = (struct omb_life){.head = 0};
}
