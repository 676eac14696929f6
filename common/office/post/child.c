/*
 * Who may connect from below: the office of a certificate that this office issued, that holds now
 * and was not revoked, with the transport key that it names. A child that was certified anew goes
 * on with its older keys until it has joined with the new ones; one that was closed goes on to give
 * away what it has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/work.h"

enum { OLDER_MAX = 4 };

static enum omb_rc check_card(struct omb_step *step, const struct omb_office_card *card,
                              struct omb_error *err)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    const int64_t now = step->input ? step->input->now_ms : inner->not_before;

    if (!omb_office_id_equal(&inner->parent, &step->office->self.office))
        return omb_fail(err, OMB_FORBIDDEN, "parent", "another office is its parent");
    if (card->revoked)
        return omb_fail(err, OMB_FORBIDDEN, "revoked", "its certificate was revoked");
    if (now >= inner->not_after)
        return omb_fail(err, OMB_FORBIDDEN, "expired", "its certificate has expired");
    return OMB_OK;
}

const struct omb_office_card *omb_child_card(struct omb_step *step,
                                             const struct omb_office_id *child,
                                             const uint8_t key[OMB_PUBLIC_SIZE],
                                             struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_newest(step, child);

    if (!card || card->certificate.inner.depth == 0) {
        omb_fail(err, OMB_FORBIDDEN, "unknown", "it is no office below this one");
        return NULL;
    }
    if (check_card(step, card, err) != OMB_OK)
        return NULL;
    for (int i = 0; card && i <= OLDER_MAX; i++) {
        const struct omb_certificate *inner = &card->certificate.inner;

        if ((!key || (inner->transport_key.size == OMB_PUBLIC_SIZE &&
                      memcmp(inner->transport_key.data, key, OMB_PUBLIC_SIZE) == 0)) &&
            check_card(step, card, err) == OMB_OK)
            return card;
        card = omb_digest_none(&inner->previous) ? NULL : omb_office_card(step, &inner->previous);
    }
    omb_fail(err, OMB_FORBIDDEN, "key", "the line's key is not the one in its certificate");
    return NULL;
}

static void gather_keys(struct omb_step *step, const struct omb_office_id *children, size_t count)
{
    struct omb_post *post = step->office->post;

    free(post->keys);
    post->keys = calloc(count * (OLDER_MAX + 1) + 1, sizeof(*post->keys));
    OMB_ASSERT(post->keys != NULL);
    post->key_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct omb_office_card *card = omb_office_newest(step, &children[i]);

        for (int j = 0; card && j <= OLDER_MAX; j++) {
            const struct omb_certificate *inner = &card->certificate.inner;

            if (inner->transport_key.size == OMB_PUBLIC_SIZE &&
                check_card(step, card, NULL) == OMB_OK)
                memcpy(post->keys[post->key_count++], inner->transport_key.data, OMB_PUBLIC_SIZE);
            card = omb_digest_none(&inner->previous) ? NULL
                                                     : omb_office_card(step, &inner->previous);
        }
    }
}

/* --- the tree as it is now --- */

/* Children that are new get a link, and those that are none any more lose their line. */
enum omb_rc omb_child_lost(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_error why = {0};

    if (link->connection == 0 || link->state == OMB_LINK_BLOCKED || !step->update)
        return OMB_OK;
    if (omb_child_card(step, &link->peer, NULL, &why))
        return OMB_OK;
    omb_link_refuse(step, link->connection, false, why.field, why.words);
    omb_post_disconnect(step->office->post, link);
    omb_link_reset(link);
    return omb_link_to(step, link, OMB_LINK_BLOCKED, why.words, err);
}

enum omb_rc omb_post_look_up(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    const struct omb_office_id *children;
    const size_t count = omb_feed_children(step, &children);
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; i < post->slots; i++)
        for (struct omb_link *link = post->peers[i]; link; link = link->next_peer)
            link->gone = !link->up;
    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        struct omb_link *link = omb_post_peer(post, &children[i]);

        if (!link) {
            link = omb_post_add(post, &children[i], false);
            rc = omb_link_recall(step, link, err);
        }
        link->gone = false;
    }
    for (size_t i = 0; rc == OMB_OK && i < post->slots; i++)
        for (struct omb_link *link = post->peers[i]; rc == OMB_OK && link; link = link->next_peer)
            if (!link->up) {
                rc = omb_child_lost(step, link, err);
                if (link->gone) /* it tells others of its log from now on */
                    link->sure = (struct omb_life){.head = 0};
            }
    if (rc == OMB_OK)
        gather_keys(step, children, count);
    return rc;
}

void omb_post_tree_changed(struct omb_step *step)
{
    step->office->post->tree_changed = true;
    step->update->children_changed = true;
    omb_post_standing_learned(step);
}

void omb_post_standing_learned(struct omb_step *step)
{
    step->office->post->learned++;
    step->came.known = false;
}

/* Kept until it compares: the line may die with what it was told, this daemon before it says so. */
static void ask_once_more(struct omb_step *step, struct omb_link *link)
{
    link->once_more = link->dirty = true;
    link->once_more_told = false;
    omb_post_busy(step->office->post, link);
}

void omb_post_came_below(struct omb_step *step, const struct omb_office_id *child)
{
    struct omb_link *link = omb_post_peer(step->office->post, child);

    if (link)
        ask_once_more(step, link);
}

size_t omb_office_children(const struct omb_office *office,
                           const uint8_t (**out_keys)[OMB_PUBLIC_SIZE])
{
    *out_keys = (const uint8_t(*)[OMB_PUBLIC_SIZE])office->post->keys;
    return office->setup.takes_children ? office->post->key_count : 0;
}

/* The new parent was a child until now: a line that it dialled is not the one to it. */
static enum omb_rc turn_round(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    static const char words[] = "it is the parent now";

    if (link->connection != 0)
        omb_link_refuse(step, link->connection, false, "parent", words);
    omb_post_disconnect(step->office->post, link);
    omb_link_reset(link);
    link->held = link->acked = (struct omb_cursor){0}; /* of the feed that it was given */
    link->offered = link->acked_most = link->sent_ever = link->settled = 0;
    link->anew = false;
    link->dirty = true;
    omb_post_busy(step->office->post, link);
    return omb_link_to(step, link, OMB_LINK_DOWN, words, err);
}

/* The office was moved: its line is to another parent from now on. */
static enum omb_rc turn_up(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_post *post = office->post;
    struct omb_link *old = post->up;
    enum omb_rc rc;

    if (!old || office->self.depth == 0 ||
        omb_office_id_equal(&old->peer, &office->self.above[0]))
        return OMB_OK;
    rc = omb_link_ended(step, old, "another office is the parent now", err);
    if (rc != OMB_OK)
        return rc;
    old->up = false;
    old->gone = true;
    post->up = omb_post_peer(post, &office->self.above[0]);
    if (!post->up) {
        post->up = omb_post_add(post, &office->self.above[0], true);
        rc = omb_link_recall(step, post->up, err);
    } else if (!post->up->up) {
        rc = turn_round(step, post->up, err);
    }
    post->up->up = true;
    post->up->gone = false;
    return rc;
}

enum omb_rc omb_post_learn_tree(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    enum omb_rc rc = turn_up(step, err);

    if (rc != OMB_OK || !office->post->tree_changed)
        return rc;
    /* No input is being worked on: cards are borrowed by nobody. */
    omb_cache_empty(office->cache);
    omb_feed_forget(office);
    office->post->tree_changed = false;
    for (size_t i = 0; i < office->post->slots; i++)
        for (struct omb_link *link = office->post->peers[i]; link; link = link->next_peer) {
            if (link->lacked)
                ask_once_more(step, link);
            office->post->retry = office->post->retry || link->held_first;
        }
    if (office->post->retry)
        omb_post_wake(step, step->input->monotonic_ms);
    return omb_post_look_up(step, err);
}
