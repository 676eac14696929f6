/*
 * The post of an office: its links, found by connection and by peer, and what happens to them in
 * the course of a batch: inputs, ticks, and the pump at its end.
 */
#include "office/post/post.h"

#include <stdlib.h>

#include "base/assert.h"
#include "office/post/ack.h"
#include "office/post/work.h"
#include "wire/limits.h"

enum { SLOTS = 64 };

struct omb_post *omb_post_new(void)
{
    struct omb_post *post = calloc(1, sizeof(*post));

    OMB_ASSERT(post != NULL);
    post->slots = SLOTS;
    post->peers = calloc(SLOTS, sizeof(struct omb_link *));
    post->connections = calloc(SLOTS, sizeof(struct omb_link *));
    OMB_ASSERT(post->peers != NULL && post->connections != NULL);
    post->try_at = post->look_at = INT64_MAX;
    omb_arena_init(&post->arena, SIZE_MAX);
    return post;
}

void omb_post_free(struct omb_post *post)
{
    if (!post)
        return;
    for (size_t i = 0; i < post->slots; i++)
        while (post->peers[i]) {
            struct omb_link *link = post->peers[i];

            post->peers[i] = link->next_peer;
            omb_link_free(link);
        }
    free(post->peers);
    free(post->connections);
    free(post->grown);
    free(post->relayed);
    free(post->keys);
    free(post->untold);
    omb_buf_free(&post->frame);
    omb_buf_free(&post->row);
    omb_buf_free(&post->above);
    omb_arena_free(&post->arena);
    free(post);
}

/* --- finding links --- */

/* Office ids are hashes: their first bytes serve as one. */
static size_t peer_slot(const struct omb_post *post, const struct omb_office_id *peer)
{
    return (size_t)omb_be64(peer->bytes) & (post->slots - 1);
}

static size_t connection_slot(const struct omb_post *post, uint64_t connection)
{
    return (size_t)(connection * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (post->slots - 1);
}

struct omb_link *omb_post_peer(struct omb_post *post, const struct omb_office_id *peer)
{
    struct omb_link *link = post->peers[peer_slot(post, peer)];

    while (link && !omb_office_id_equal(&link->peer, peer))
        link = link->next_peer;
    return link;
}

struct omb_link *omb_post_connection(struct omb_post *post, uint64_t connection)
{
    struct omb_link *link = post->connections[connection_slot(post, connection)];

    while (link && link->connection != connection)
        link = link->next_connection;
    return link;
}

static void spread(struct omb_post *post)
{
    struct omb_link **old = post->peers;
    const size_t old_slots = post->slots;

    post->slots *= 2;
    free(post->connections);
    post->peers = calloc(post->slots, sizeof(struct omb_link *));
    post->connections = calloc(post->slots, sizeof(struct omb_link *));
    OMB_ASSERT(post->peers != NULL && post->connections != NULL);
    for (size_t i = 0; i < old_slots; i++)
        while (old[i]) {
            struct omb_link *link = old[i];
            struct omb_link **slot = &post->peers[peer_slot(post, &link->peer)];

            old[i] = link->next_peer;
            link->next_peer = *slot;
            *slot = link;
            if (link->connection == 0)
                continue;
            slot = &post->connections[connection_slot(post, link->connection)];
            link->next_connection = *slot;
            *slot = link;
        }
    free(old);
}

struct omb_link *omb_post_add(struct omb_post *post, const struct omb_office_id *peer, bool up)
{
    struct omb_link *link = calloc(1, sizeof(*link));
    struct omb_link **slot;

    OMB_ASSERT(link != NULL);
    link->peer = *peer;
    link->up = up;
    link->any_position = true;
    if (post->count == post->slots)
        spread(post);
    slot = &post->peers[peer_slot(post, peer)];
    link->next_peer = *slot;
    *slot = link;
    post->count++;
    return link;
}

void omb_post_connect(struct omb_post *post, struct omb_link *link, uint64_t connection)
{
    struct omb_link **slot = &post->connections[connection_slot(post, connection)];

    OMB_ASSERT(link->connection == 0 && connection != 0);
    link->connection = connection;
    link->next_connection = *slot;
    *slot = link;
    post->connected++;
}

void omb_post_disconnect(struct omb_post *post, struct omb_link *link)
{
    struct omb_link **at = &post->connections[connection_slot(post, link->connection)];

    if (link->connection == 0)
        return;
    while (*at != link)
        at = &(*at)->next_connection;
    *at = link->next_connection;
    link->next_connection = NULL;
    link->connection = 0;
    post->connected--;
}

void omb_post_busy(struct omb_post *post, struct omb_link *link)
{
    if (link->busy)
        return;
    link->busy = true;
    link->next_busy = post->busy;
    post->busy = link;
}

void omb_post_wake(struct omb_step *step, int64_t at_ms)
{
    if (at_ms < step->office->link_wake_ms)
        step->office->link_wake_ms = at_ms;
    if (at_ms < step->update->link_timer)
        step->update->link_timer = at_ms;
}

/* --- opening --- */

enum omb_rc omb_post_open(struct omb_office *office, struct omb_error *err)
{
    struct omb_arena arena;
    struct omb_step step = {.office = office, .port = office->setup.port, .arena = &arena};
    struct omb_post *post = office->post;
    enum omb_rc rc = OMB_OK;

    omb_arena_init(&arena, SIZE_MAX);
    if (office->self.depth > 0) {
        post->up = omb_post_add(post, &office->self.above[0], true);
        rc = omb_link_recall(&step, post->up, err);
        if (office->setup.serves && office->setup.parent_count > 0)
            post->try_at = office->link_wake_ms = 0;
        else
            omb_link_reason(post->up, "no address of the parent is configured");
    }
    if (rc == OMB_OK)
        rc = omb_post_look_up(&step, err);
    omb_arena_free(&arena);
    return rc;
}

/* --- inputs --- */

static enum omb_rc frame_of(struct omb_step *step, struct omb_link *link,
                            const struct omb_frame *frame, struct omb_error *err)
{
    const struct omb_any *message = &frame->message;

    switch ((enum omb_frame_tag)message->tag) {
    case OMB_FRAME_HELLO:
        return omb_greet_hello(step, OMB_AS(hello, *message), err);
    case OMB_FRAME_WELCOME:
        if (link->state != OMB_LINK_GREETING)
            return omb_link_useless(step, link, err);
        return omb_greet_welcome(step, link, OMB_AS(hello, *message), err);
    case OMB_FRAME_REFUSE:
        return omb_greet_refused(step, link, OMB_AS(refuse, *message), err);
    case OMB_FRAME_RECORDS:
        return omb_inbox_records(step, link, OMB_AS(records, *message), err);
    case OMB_FRAME_ACK:
        return omb_ack_came(step, link, OMB_AS(ack, *message), err);
    case OMB_FRAME_CREDIT:
        omb_credit_grant(&link->may_send, OMB_AS(credit, *message)->bytes);
        return OMB_OK;
    case OMB_FRAME_WANT:
    case OMB_FRAME_COMPARE:
        return omb_later_ask(step, link, message, err);
    case OMB_FRAME_HEALTH:
        return omb_health_came(step, link, OMB_AS(health, *message), err);
    case OMB_FRAME_PING:
    case OMB_FRAME_PONG:
        omb_link_pinged(step, link, OMB_AS(ping, *message), message->tag == OMB_FRAME_PONG);
        return OMB_OK;
    }
    return omb_link_wrong(step, link, "it sent a frame that says nothing", err);
}

/* Who may say what before and after the greeting. */
static bool in_order(const struct omb_link *link, uint32_t tag)
{
    if (tag == OMB_FRAME_HELLO)
        return !link->up;
    if (tag == OMB_FRAME_WELCOME)
        return link->up;
    if (tag == OMB_FRAME_REFUSE)
        return link->up;
    return link->greeted;
}

/* A connection that no link has: a child that has yet to greet, or one that was given up. */
static enum omb_rc stranger(struct omb_step *step, const struct omb_frame *frame,
                            struct omb_error *err)
{
    if (step->input->dialled)
        return OMB_OK; /* of a line that was hung up */
    if (frame->message.tag == OMB_FRAME_HELLO)
        return omb_greet_hello(step, OMB_AS(hello, frame->message), err);
    if (frame->message.tag != OMB_FRAME_REFUSE)
        omb_link_refuse(step, step->input->link, false, "greet", "greet first");
    return OMB_OK;
}

static enum omb_rc frame_in(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_link *link = omb_post_connection(post, step->input->link);
    struct omb_frame frame;
    struct omb_error why = {0};
    enum omb_rc rc = OMB_OK;

    if (step->input->dialled ? link != post->up : !step->office->setup.takes_children)
        return OMB_OK;
    if (link && link->state == OMB_LINK_BLOCKED)
        return OMB_OK;
    if (step->input->bytes.size > OMB_FRAME_MAX)
        omb_fail(&why, OMB_LIMIT, NULL, "a frame has at most %d bytes", OMB_FRAME_MAX);
    else if (omb_decode_frame(step->input->bytes, step->arena, &frame, &why) == OMB_OK)
        why.rc = OMB_OK;
    if (why.rc != OMB_OK) {
        if (link)
            return omb_link_wrong(step, link, why.words, err);
        if (!step->input->dialled)
            omb_link_refuse(step, step->input->link, false, "invalid", why.words);
        return OMB_OK;
    }
    if (frame.message.tag != OMB_FRAME_RECORDS)
        rc = omb_follow_moved(step, err);
    if (rc != OMB_OK)
        return rc;
    if (!link)
        return stranger(step, &frame, err);
    link->heard_at = step->input->monotonic_ms;
    link->contact_at = step->input->now_ms;
    if (!in_order(link, frame.message.tag)) {
        /* What was under way when a greeting began anew is sent again after it. */
        if (link->state == OMB_LINK_GREETING && frame.message.tag != OMB_FRAME_HELLO)
            return OMB_OK;
        return omb_link_wrong(step, link, "it sent a frame out of its order", err);
    }
    step->source = &link->peer;
    omb_post_busy(post, link);
    return frame_of(step, link, &frame, err);
}

enum omb_rc omb_post_input(struct omb_step *step, struct omb_error *err)
{
    struct omb_link *up = step->office->post->up;
    char why[200];

    if (step->input->kind == OMB_INPUT_FRAME)
        return frame_in(step, err);
    if (!up)
        return OMB_OK;
    if (step->input->kind == OMB_INPUT_LINK_UP) {
        if (up->state != OMB_LINK_CONNECTING)
            return OMB_OK;
        up->refused = false;
        omb_post_connect(step->office->post, up, step->input->link);
        return omb_greet_send(step, up, err);
    }
    if (up->connection != 0 && step->input->link != 0 && up->connection != step->input->link)
        return OMB_OK;
    if (up->state == OMB_LINK_DOWN || up->state == OMB_LINK_BLOCKED)
        return OMB_OK;
    up->refused |= step->input->refused; /* until it lets us in: it may not be there meanwhile */
    omb_link_words(step->input->bytes, why, sizeof(why));
    return omb_link_ended(step, up, why[0] ? why : "the line ended", err);
}

/* --- ticks --- */

static enum omb_rc look_at_child(struct omb_step *step, struct omb_link *link,
                                 struct omb_error *err)
{
    enum omb_rc rc;

    link->wants = 0;
    if (link->up || link->connection == 0 || link->state == OMB_LINK_BLOCKED)
        return OMB_OK;
    if (step->input->monotonic_ms - link->heard_at >= OMB_SILENCE_MS)
        return omb_link_ended(step, link, "nothing came for 15 seconds", err);
    rc = omb_child_lost(step, link, err); /* a certificate ends while the line stands */
    if (rc != OMB_OK || !link->greeted)
        return rc;
    if (omb_greet_is_due(step, link))
        rc = omb_greet_compare(step, link, err);
    if (rc == OMB_OK)
        omb_compare_once_more(step, link);
    if (rc == OMB_OK)
        omb_want_again(step, link);
    return rc;
}

static enum omb_rc look(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    enum omb_rc rc = OMB_OK;

    if (step->input->monotonic_ms < post->look_at)
        return OMB_OK;
    for (size_t i = 0; rc == OMB_OK && i < post->slots; i++)
        for (struct omb_link *link = post->peers[i]; rc == OMB_OK && link; link = link->next_peer)
            rc = look_at_child(step, link, err);
    post->asked_above = 0;
    post->look_at = post->connected > 0 ? step->input->monotonic_ms + OMB_PING_MS : INT64_MAX;
    return rc;
}

/* Frames wait for what came by another link, too. */
static enum omb_rc retry_all(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    enum omb_rc rc = OMB_OK;

    if (!post->retry)
        return OMB_OK;
    post->retry = false;
    for (size_t i = 0; rc == OMB_OK && i < post->slots; i++)
        for (struct omb_link *link = post->peers[i]; rc == OMB_OK && link; link = link->next_peer)
            if (link->held_first && link->greeted) {
                step->source = &link->peer;
                rc = omb_inbox_retry(step, link, err);
            }
    step->source = NULL;
    return rc;
}

enum omb_rc omb_post_tick(struct omb_step *step, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_post *post = office->post;
    int64_t at = INT64_MAX;
    enum omb_rc rc;

    office->link_wake_ms = step->update->link_timer = INT64_MAX;
    omb_health_disk(step);
    rc = retry_all(step, err);
    if (rc == OMB_OK)
        rc = omb_later_turn(step, err);
    if (rc == OMB_OK)
        rc = look(step, err);
    if (rc == OMB_OK && post->up)
        rc = omb_link_tend(step, post->up, &at, err);
    if (rc == OMB_OK)
        rc = omb_want_parts_turn(step, err);
    omb_post_wake(step, at < post->look_at ? at : post->look_at);
    return rc;
}

/* --- the end of a batch --- */

static void note_touched(struct omb_step *step)
{
    struct omb_post *post = step->office->post;
    const struct omb_office_id *children;
    const size_t count = omb_feed_touched(step, &children);

    for (size_t i = 0; i < count; i++) {
        struct omb_link *link = omb_post_peer(post, &children[i]);

        if (link) {
            link->drained = false;
            omb_post_busy(post, link);
        }
    }
    if (post->up && post->up->sent < step->office->tip.journal) {
        post->up->drained = false;
        omb_post_busy(post, post->up);
    }
}

/* The log has another life: the parent hears of it before its first record comes. */
static enum omb_rc greet_anew(struct omb_step *step, struct omb_error *err)
{
    struct omb_link *up = step->office->post->up;

    if (!up || !up->greeted || up->connection == 0 ||
        omb_incarnation_equal(&up->greeted_as, &step->office->tip.incarnation))
        return OMB_OK;
    return omb_greet_send(step, up, err);
}

/* Takes the links off the list one by one; those with more to do come back with the next tick. */
static enum omb_rc pump_busy(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_link *link = post->busy;
    enum omb_rc rc = OMB_OK;

    post->busy = NULL;
    while (rc == OMB_OK && link) {
        struct omb_link *next = link->next_busy;

        link->busy = false;
        link->next_busy = NULL;
        omb_arena_reset(step->arena);
        if (link->greeted && link->connection != 0)
            rc = omb_outbox_pump(step, link, err);
        if (rc == OMB_OK && link->dirty) {
            struct omb_peer_row row;

            rc = omb_link_row(step, link, &row, err);
            if (rc == OMB_OK)
                omb_link_put(step, link, &row);
        }
        link = next;
    }
    return rc;
}

enum omb_rc omb_post_pump(struct omb_step *step, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    enum omb_rc rc = omb_post_learn_tree(step, err);

    if (rc != OMB_OK)
        return rc;
    note_touched(step);
    rc = greet_anew(step, err);
    if (rc == OMB_OK)
        rc = omb_ack_send(step, err);
    if (rc == OMB_OK)
        rc = omb_health_pass_on(step, err);
    if (rc == OMB_OK)
        rc = pump_busy(step, err);
    omb_arena_reset(&post->arena);
    return rc;
}

/* --- what others ask for --- */

enum omb_rc omb_post_resync(struct omb_step *step, const struct omb_office_id *peer,
                            struct omb_error *err)
{
    struct omb_link *link = omb_post_peer(step->office->post, peer);
    enum omb_rc rc = OMB_OK;

    if (!link || link->gone)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "there is no link to that office");
    if (!link->greeted || link->state == OMB_LINK_BLOCKED)
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the link is %s: it compares by itself when it stands again",
                        omb_link_state_name(link->state));
    omb_post_busy(step->office->post, link);
    if (!link->up)
        rc = omb_feed_anew(step, peer, err);
    if (rc != OMB_OK || !link->comparing)
        return rc == OMB_OK ? omb_greet_compare(step, link, err) : rc;
    link->in_part = true; /* an answer under way would be taken for one to the new pages */
    return OMB_OK;
}

void omb_post_dial_now(struct omb_step *step)
{
    struct omb_post *post = step->office->post;
    const struct omb_link *up = post->up;

    if (!up || !step->office->setup.serves || step->office->setup.parent_count == 0 ||
        (up->state != OMB_LINK_DOWN && up->state != OMB_LINK_BLOCKED))
        return;
    post->try_at = step->input->monotonic_ms;
    post->try_wall = step->input->now_ms;
    omb_post_wake(step, post->try_at);
}
