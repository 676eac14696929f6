/*
 * One link: its states with their reasons, what is kept of its peer, and the line to the parent,
 * which is dialled again whenever it ends.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/view.h"
#include "office/post/work.h"
#include "wire/limits.h"

enum { WORDS_MAX = 300 };

static void drop_held(struct omb_link *link)
{
    while (link->held_first) {
        struct omb_held *held = link->held_first;

        link->held_first = held->next;
        free(held);
    }
    link->held_last = NULL;
}

void omb_link_free(struct omb_link *link)
{
    drop_held(link);
    omb_later_drop(link);
    free(link->reason);
    free(link->last_error);
    free(link->pace);
    free(link->ranges);
    free(link);
}

/* --- words --- */

static void set_text(char **at, const char *words)
{
    free(*at);
    *at = NULL;
    if (words[0] == '\0')
        return;
    *at = strdup(words);
    OMB_ASSERT(*at != NULL);
}

void omb_link_reason(struct omb_link *link, const char *format, ...)
{
    char words[WORDS_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    set_text(&link->reason, words);
}

void omb_link_error(struct omb_link *link, const char *words)
{
    link->errors++;
    set_text(&link->last_error, words);
}

void omb_link_words(struct omb_view bytes, char *out, size_t size)
{
    const struct omb_view cut = omb_text_cut(bytes, size - 1);

    out[0] = '\0';
    if (omb_text_utf8(bytes) && omb_text_is_plain(cut))
        snprintf(out, size, "%.*s", OMB_VIEW_ARGS(cut));
}

/* --- what is kept --- */

enum omb_rc omb_link_row(struct omb_step *step, const struct omb_link *link,
                         struct omb_peer_row *out, struct omb_error *err)
{
    const struct omb_key key = omb_key_peer(&link->peer);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    *out = (struct omb_peer_row){.office = link->peer};
    if (rc == OMB_OK) {
        const struct omb_view bytes = omb_arena_copy(step->arena, omb_buf_view(&value));

        if (omb_decode_peer_row(bytes, step->arena, out, NULL) != OMB_OK)
            rc = omb_fail(err, OMB_DAMAGED, NULL, "what is kept of a link is damaged");
    } else if (rc == OMB_NOT_FOUND) {
        rc = OMB_OK;
    } else {
        rc = omb_fail(err, rc, NULL, "what is kept of a link cannot be read");
    }
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_link_recall(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_peer_row row;
    const enum omb_rc rc = omb_link_row(step, link, &row, err);

    if (rc != OMB_OK)
        return rc;
    if (row.held)
        link->held = *row.held;
    if (row.acked)
        link->acked = *row.acked;
    if (row.epoch.size == sizeof(link->epoch))
        memcpy(link->epoch, row.epoch.data, sizeof(link->epoch));
    link->last_ack = row.last_ack;
    link->contact_at = row.last_contact;
    link->compared_at = row.compared_at;
    link->clock_offset_ms = row.clock_offset_ms;
    link->sent_ever = row.sent;
    link->settled = row.settled;
    link->once_more = row.once_more;
    link->lacked = row.lacked;
    return OMB_OK;
}

void omb_link_put(struct omb_step *step, struct omb_link *link, const struct omb_peer_row *row)
{
    static const uint8_t none[16];
    const struct omb_key key = omb_key_peer(&link->peer);
    struct omb_buf *value = &step->office->post->row;
    struct omb_peer_row now = *row;

    now.office = link->peer;
    now.held = link->held.position > 0 ? &link->held : NULL;
    now.acked = link->acked.position > 0 ? &link->acked : NULL;
    if (memcmp(link->epoch, none, sizeof(none)) != 0)
        now.epoch = OMB_VIEW_OF(link->epoch);
    now.last_contact = link->contact_at;
    now.last_ack = link->last_ack;
    now.compared_at = link->compared_at;
    now.clock_offset_ms = link->clock_offset_ms;
    now.sent = link->sent_ever;
    now.settled = link->settled;
    now.once_more = link->once_more;
    now.lacked = link->lacked;
    omb_buf_clear(value);
    omb_encode_peer_row(&now, value);
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), omb_buf_view(value));
    link->dirty = false;
}

uint64_t omb_link_acked(const struct omb_link *link)
{
    return link->settled > link->acked.position ? link->settled : link->acked.position;
}

enum omb_rc omb_link_software(struct omb_step *step, struct omb_link *link,
                              struct omb_view software, struct omb_error *err)
{
    struct omb_peer_row row;
    char words[64];
    enum omb_rc rc = omb_link_row(step, link, &row, err);

    if (rc != OMB_OK)
        return rc;
    omb_link_words(software, words, sizeof(words));
    if (!omb_view_is(row.software, words)) {
        row.software = omb_arena_copy(step->arena, omb_view_str(words));
        omb_link_put(step, link, &row);
    }
    return OMB_OK;
}

/* The items behind the first of a list that is full, and room for one more. */
#define NEWEST(step, type, list, out_items, out_count)                                            \
    do {                                                                                          \
        const size_t keep_ =                                                                      \
            (list).count < OMB_NEWEST_KEPT ? (list).count : OMB_NEWEST_KEPT - 1;                  \
                                                                                                  \
        (out_items) = OMB_ARENA_NEW((step)->arena, type, keep_ + 1);                              \
        if (keep_ > 0)                                                                            \
            memcpy((out_items), (list).items + ((list).count - keep_),              \
                   keep_ * sizeof(type));                                                         \
        (out_count) = keep_;                                                                      \
    } while (0)

static void add_history(struct omb_step *step, struct omb_link *link, struct omb_peer_row *row,
                        const struct omb_link_change *change)
{
    struct omb_link_change *items;
    size_t count;

    NEWEST(step, struct omb_link_change, row->history, items, count);
    items[count++] = *change;
    row->history.items = items;
    row->history.count = count;
    omb_link_put(step, link, row);
}

enum omb_rc omb_link_history(struct omb_step *step, struct omb_link *link, const char *state,
                             const char *reason, struct omb_error *err)
{
    const struct omb_link_change *last;
    struct omb_peer_row row;
    const enum omb_rc rc = omb_link_row(step, link, &row, err);

    if (rc != OMB_OK)
        return rc;
    last = row.history.count > 0
               ? &row.history.items[row.history.count - 1]
               : NULL;
    if (last && omb_view_is(last->state, state) && omb_view_is(last->reason, reason))
        return OMB_OK; /* the same again and again is one step */
    add_history(step, link, &row,
                &(struct omb_link_change){
                    step->input->now_ms > 0 ? step->input->now_ms : 1,
                    omb_view_str(state),
                    omb_arena_copy(step->arena, omb_view_str(reason)),
                });
    return OMB_OK;
}

enum omb_rc omb_link_refused(struct omb_step *step, struct omb_link *link,
                             const struct omb_receipt *receipt, struct omb_error *err)
{
    struct omb_refused_record *items;
    struct omb_peer_row row;
    size_t count;
    enum omb_rc rc = omb_link_row(step, link, &row, err);

    if (rc != OMB_OK)
        return rc;
    NEWEST(step, struct omb_refused_record, row.refused, items, count);
    items[count++] = (struct omb_refused_record){
        .at = step->input->now_ms,
        .digest = receipt->digest,
        .office = receipt->office,
        .incarnation = receipt->incarnation,
        .seq = receipt->seq,
        .why = omb_arena_copy(step->arena, omb_view_str(receipt->words)),
    };
    row.refused.items = items;
    row.refused.count = count;
    row.refused_count++;
    omb_link_put(step, link, &row);
    return OMB_OK;
}

/* --- states --- */

bool omb_link_ended_with_daemon(const struct omb_peer_row *row)
{
    const size_t count = row->history.count;

    return count > 0 && !omb_view_is(row->history.items[count - 1].state, "down");
}

/* The line ended with the daemon, which could not say so then. */
static enum omb_rc tell_start(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_peer_row row;
    enum omb_rc rc = omb_link_row(step, link, &row, err);

    link->told = true;
    if (rc != OMB_OK || !omb_link_ended_with_daemon(&row))
        return rc;
    add_history(step, link, &row,
                &(struct omb_link_change){step->office->setup.started_at, OMB_VIEW_LIT("down"),
                                          OMB_VIEW_LIT(OMB_STARTED_WORDS)});
    return OMB_OK;
}

/* Steps that somebody looks for later; greetings and redials come and go. */
static bool is_history(unsigned from, unsigned to)
{
    return to == OMB_LINK_LIVE || to == OMB_LINK_BLOCKED ||
           (to == OMB_LINK_DOWN && (from == OMB_LINK_LIVE || from == OMB_LINK_CATCHING_UP));
}

enum omb_rc omb_link_to(struct omb_step *step, struct omb_link *link, unsigned state,
                        const char *reason, struct omb_error *err)
{
    const unsigned from = link->state;
    const bool same = strcmp(link->reason ? link->reason : "", reason) == 0;
    const enum omb_rc rc =
        link->told || !step->office->setup.serves ? OMB_OK : tell_start(step, link, err);

    if (rc != OMB_OK)
        return rc;
    if (from == OMB_LINK_BLOCKED && state != OMB_LINK_DOWN && state != OMB_LINK_BLOCKED)
        omb_link_move(&link->state, OMB_LINK_DOWN);
    if (link->state != state)
        omb_link_move(&link->state, state);
    if (from != state)
        link->since = step->input->now_ms;
    if (!same)
        omb_link_reason(link, "%s", reason);
    if ((from == state && same) || !is_history(from, state))
        return OMB_OK;
    if (from != state)
        omb_health_changed(step);
    return omb_link_history(step, link, omb_link_state_name(state), reason, err);
}

void omb_link_reset(struct omb_link *link)
{
    drop_held(link);
    omb_later_drop(link);
    link->greeted = link->comparing = link->ack_due = link->drained = false;
    link->may_send = link->granted = (struct omb_window){0};
    link->give_back = 0;
    link->any_position = true;
    link->retries = link->wanted = link->besides = 0;
    omb_want_anew(link);
    link->mark = 0;
    link->marked = false;
    free(link->ranges);
    link->ranges = NULL;
    link->range_count = 0;
    link->ranges_left = 0;
    link->page_due = link->once_more_told = false;
    link->parts_asked = 0;
    link->parts_due = false;
    if (link->pace)
        link->pace->count = 0;
}

/* --- frames out --- */

size_t omb_link_send(struct omb_step *step, const struct omb_link *link, uint32_t tag,
                     const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_buf *bytes = &step->office->post->frame;

    OMB_ASSERT(link->connection != 0);
    omb_buf_clear(bytes);
    omb_encode_frame(&frame, bytes);
    OMB_ASSERT(bytes->size <= OMB_FRAME_MAX);
    omb_update_send(step->update, link->connection, link->up, omb_buf_view(bytes));
    return bytes->size;
}

void omb_link_refuse(struct omb_step *step, uint64_t connection, bool dialled, const char *code,
                     const char *words)
{
    const struct omb_refuse refuse = {.code = omb_view_str(code), .words = omb_view_str(words)};
    const struct omb_frame frame = {.message = {OMB_FRAME_REFUSE, &refuse}};
    struct omb_buf *bytes = &step->office->post->frame;

    omb_buf_clear(bytes);
    omb_encode_frame(&frame, bytes);
    omb_update_send(step->update, connection, dialled, omb_buf_view(bytes));
}

/* --- ends --- */

static void dial_again(struct omb_step *step, int64_t wait_ms)
{
    struct omb_post *post = step->office->post;

    post->try_at = step->input->monotonic_ms + wait_ms;
    post->try_wall = step->input->now_ms + wait_ms;
    omb_post_wake(step, post->try_at);
}

static void hang_up(struct omb_step *step, struct omb_link *link)
{
    omb_update_dial_set(step->update, &(struct omb_dial){.kind = OMB_DIAL_HANG_UP});
    omb_restored_line_ended(step->office);
    omb_post_disconnect(step->office->post, link);
}

enum omb_rc omb_link_ended(struct omb_step *step, struct omb_link *link, const char *why,
                           struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    const bool stood = link->greeted;

    if (link->up) {
        hang_up(step, link);
        if (stood)
            omb_backoff_ended(&post->backoff, step->input->monotonic_ms - link->greeted_at);
        if (!stood && step->office->setup.parent_count > 0)
            post->address = (post->address + 1) % step->office->setup.parent_count;
        dial_again(step, omb_backoff_next(&post->backoff, &step->drbg));
    } else {
        omb_post_disconnect(post, link);
    }
    omb_link_reset(link);
    omb_link_error(link, why);
    return omb_link_to(step, link, OMB_LINK_DOWN, why, err);
}

enum omb_rc omb_link_wrong(struct omb_step *step, struct omb_link *link, const char *words,
                           struct omb_error *err)
{
    omb_link_error(link, words);
    link->blocked_until = step->input->monotonic_ms + OMB_BLOCKED_MS;
    if (link->up) {
        hang_up(step, link);
        dial_again(step, omb_backoff_blocked(&step->drbg));
    } else {
        /* The connection stays known, so that what still comes over it is let lie. */
        omb_link_refuse(step, link->connection, false, "blocked", words);
    }
    omb_link_reset(link);
    return omb_link_to(step, link, OMB_LINK_BLOCKED, words, err);
}

enum omb_rc omb_link_useless(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    if (++link->wants > OMB_WANTS_MAX)
        return omb_link_wrong(step, link, "it says over and over what nobody asked for", err);
    return OMB_OK;
}

/* --- the line to the parent --- */

void omb_link_pinged(struct omb_step *step, struct omb_link *link, const struct omb_ping *ping,
                     bool pong)
{
    const int64_t now = step->input->now_ms;
    struct omb_ping answer = *ping;

    if (!pong) {
        if (!link->up) /* as far as one way tells */
            link->clock_offset_ms = ping->sent - now;
        answer.received = now;
        omb_link_send(step, link, OMB_FRAME_PONG, &answer);
    } else if (ping->number == step->office->post->pings && ping->sent <= now) {
        link->clock_offset_ms = ping->received - (ping->sent + (now - ping->sent) / 2);
    }
}

static enum omb_rc dial(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_post *post = office->post;
    const struct omb_office_card *card = omb_office_newest(step, &link->peer);
    struct omb_dial out = {.kind = OMB_DIAL_CONNECT,
                           .address = office->setup.parents[post->address]};

    post->try_at = INT64_MAX;
    post->try_wall = 0;
    if (!card || card->certificate.inner.transport_key.size != OMB_PUBLIC_SIZE)
        return omb_link_to(step, link, OMB_LINK_BLOCKED,
                           "the parent's certificate is not in the store", err);
    memcpy(out.server_key, card->certificate.inner.transport_key.data, OMB_PUBLIC_SIZE);
    omb_update_dial_set(step->update, &out);
    link->heard_at = step->input->monotonic_ms;
    return omb_link_to(step, link, OMB_LINK_CONNECTING, "", err);
}

static void ping(struct omb_step *step, struct omb_link *link)
{
    struct omb_post *post = step->office->post;
    const struct omb_ping message = {.sent = step->input->now_ms, .number = ++post->pings};

    omb_link_send(step, link, OMB_FRAME_PING, &message);
    post->ping_at = step->input->monotonic_ms + OMB_PING_MS;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A link that stands: pings and health. */
static enum omb_rc tend_greeted(struct omb_step *step, struct omb_link *link, int64_t *out_at,
                                struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    enum omb_rc rc = OMB_OK;

    if (step->input->monotonic_ms >= post->ping_at)
        ping(step, link);
    if (step->input->monotonic_ms >= post->health_at)
        rc = omb_health_send(step, err);
    if (rc == OMB_OK && omb_greet_is_due(step, link))
        rc = omb_greet_compare(step, link, err);
    if (rc == OMB_OK)
        omb_want_again(step, link);
    *out_at = sooner(*out_at, sooner(post->ping_at, post->health_at));
    return rc;
}

enum omb_rc omb_link_tend(struct omb_step *step, struct omb_link *link, int64_t *out_at,
                          struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    const int64_t now = step->input->monotonic_ms;
    const int64_t patience =
        link->state == OMB_LINK_CONNECTING ? OMB_DIAL_MS : OMB_SILENCE_MS;
    enum omb_rc rc = OMB_OK;

    link->wants = 0;
    if (now >= post->try_at)
        rc = dial(step, link, err);
    else if (link->state != OMB_LINK_DOWN && link->state != OMB_LINK_BLOCKED &&
             now - link->heard_at >= patience)
        rc = omb_link_ended(step, link,
                            link->state == OMB_LINK_CONNECTING ? "nobody answers at the address"
                                                               : "nothing came for 15 seconds",
                            err);
    else if (link->greeted)
        rc = tend_greeted(step, link, out_at, err);
    if (link->state != OMB_LINK_DOWN && link->state != OMB_LINK_BLOCKED)
        *out_at = sooner(*out_at, link->heard_at + (link->state == OMB_LINK_CONNECTING
                                                        ? OMB_DIAL_MS
                                                        : OMB_SILENCE_MS));
    *out_at = sooner(*out_at, post->try_at);
    return rc;
}
