/*
 * The greeting: who is there, how far each holds what the other has, and from where both go on.
 *
 *     child   Hello    ->                  own log, cursor in the parent's feed
 *             <-  Welcome | Refuse         the same, and how far it holds the child's log
 *
 * A cursor that names neither the row acknowledged last nor a row still held starts a comparison:
 * upward by logs, downward by cases (design: replication, Links).
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/ack.h"
#include "office/post/own.h"
#include "office/post/work.h"
#include "wire/limits.h"

/* --- what both say --- */

/* Of each log the newest lives: older ones are finished and change no more. */
static void newest_lives(struct omb_life_list *lives)
{
    if (lives->count <= OMB_LIVES_TOLD)
        return;
    lives->items += lives->count - OMB_LIVES_TOLD;
    lives->count = OMB_LIVES_TOLD;
}

static const struct omb_life *newest_of(struct omb_life_list lives)
{
    const struct omb_life *newest = NULL;

    for (size_t i = 0; i < lives.count; i++)
        if (!newest || OMB_ID_COMPARE(&lives.items[i].incarnation, &newest->incarnation) > 0)
            newest = &lives.items[i];
    return newest;
}

/* Hello and Welcome from this office to the peer. */
static enum omb_rc make_greeting(struct omb_step *step, struct omb_link *link,
                                 struct omb_hello *out, struct omb_error *err)
{
    struct omb_office *office = step->office;
    struct omb_life_list own, yours;
    struct omb_view epoch;
    struct omb_cursor *cursor = OMB_ARENA_NEW(step->arena, struct omb_cursor, 1);
    const struct omb_life *life;
    enum omb_rc rc = omb_compare_lives(step, &office->self.office, &own, err);

    if (rc == OMB_OK)
        rc = omb_compare_lives(step, &link->peer, &yours, err);
    if (rc == OMB_OK)
        rc = omb_restored_epoch(step, &link->peer, &epoch, err);
    if (rc != OMB_OK)
        return rc;
    newest_lives(&own);
    newest_lives(&yours);
    *cursor = link->held;
    life = newest_of(own);
    *out = (struct omb_hello){
        .protocol_min = OMB_PROTOCOL,
        .protocol_max = OMB_PROTOCOL,
        .office = office->self.office,
        .own = own,
        .cursor = link->held.position > 0 ? cursor : NULL,
        .store_epoch = epoch,
        .clock = step->input->now_ms,
        .software = OMB_VIEW_LIT(OMB_SOFTWARE),
        .yours = yours,
        .sure = !office->tip.must_open && life &&
                omb_incarnation_equal(&life->incarnation, &office->tip.incarnation),
    };
    return OMB_OK;
}

enum omb_rc omb_greet_send(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_hello hello;
    enum omb_rc rc;

    omb_link_reset(link);
    link->heard_at = step->input->monotonic_ms;
    link->greeted_as = step->office->tip.incarnation;
    rc = make_greeting(step, link, &hello, err);
    if (rc != OMB_OK)
        return rc;
    omb_link_send(step, link, OMB_FRAME_HELLO, &hello);
    omb_post_wake(step, step->input->monotonic_ms + OMB_SILENCE_MS);
    return omb_link_to(step, link, OMB_LINK_GREETING, "", err);
}

/* What the peer said of itself, and the windows of the new greeting. */
static void take_greeting(struct omb_step *step, struct omb_link *link,
                          const struct omb_hello *hello)
{
    const struct omb_life *life = newest_of(hello->own);

    memset(&link->life, 0, sizeof(link->life));
    if (life)
        link->life = life->incarnation;
    if (life && hello->sure)
        link->sure = *life;
    link->clock_offset_ms = hello->clock - step->input->now_ms;
    link->contact_at = step->input->now_ms;
    link->greeted = true;
    link->greeted_at = link->heard_at = step->input->monotonic_ms;
    link->errors = 0;
    link->came = 0;
    if (link->compared_at == 0) /* the first greeting of all: the daily one is a day off */
        link->compared_at = step->input->now_ms;
    link->dirty = true;
    link->give_back = omb_inbox_window(step->office->post, link); /* told with the first ack */
    omb_post_busy(step->office->post, link);
}

static bool is_epoch_new(struct omb_link *link, const struct omb_hello *hello)
{
    static const uint8_t none[16];
    const bool known = memcmp(link->epoch, none, sizeof(none)) != 0;
    const bool same = memcmp(link->epoch, hello->store_epoch.data, sizeof(link->epoch)) == 0;

    memcpy(link->epoch, hello->store_epoch.data, sizeof(link->epoch));
    return known && !same;
}

/* --- where to go on --- */

static enum omb_rc see_row(void *arg, struct omb_view key, struct omb_view value)
{
    bool from_above;
    struct omb_row_at *at = arg;

    (void)key;
    if (!omb_read_journal(value, &at->number, &at->seq, &from_above))
        return OMB_DAMAGED;
    return OMB_STOP;
}

/*
 * A peer cannot hold what was never sent to it, as far as this store knows: the store was put back
 * since, and its feed grew again.
 */
static bool of_another_past(const struct omb_link *link, const struct omb_cursor *cursor)
{
    return cursor->position > link->sent_ever;
}

/* Whether the row at the position names the record with that digest. */
static enum omb_rc names_row(struct omb_step *step, const struct omb_link *link,
                             const struct omb_cursor *cursor, bool *out, struct omb_error *err)
{
    const struct omb_key journal = omb_key_journal(cursor->position);
    struct omb_row_at at = {0}, place;
    uint64_t position = 0;
    enum omb_rc rc;

    *out = false;
    if (cursor->position == 0 || of_another_past(link, cursor))
        return OMB_OK;
    if (link->up) {
        rc = omb_port_scan_prefix(step->port, OMB_FAMILY_JOURNAL, omb_key_view(&journal), see_row,
                                  &at);
        position = at.number > 0 ? cursor->position : 0;
    } else {
        rc = omb_feed_next(step, &link->peer, cursor->position - 1, &position, &at, err);
        if (rc == OMB_NOT_FOUND)
            return OMB_OK;
    }
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the feed to a link cannot be read");
    if (position != cursor->position)
        return OMB_OK;
    *out = omb_record_place(step, &cursor->digest, &place) == OMB_OK && place.number == at.number &&
           place.seq == at.seq;
    return OMB_OK;
}

/* The peer holds our feed up to there. */
static enum omb_rc go_on_behind(struct omb_step *step, struct omb_link *link,
                                const struct omb_cursor *cursor, struct omb_error *err)
{
    link->acked = *cursor;
    if (link->acked_most < cursor->position)
        link->acked_most = cursor->position;
    link->start = link->sent = link->sent_record = cursor->position;
    return link->up ? OMB_OK : omb_ack_taken(step, link, cursor->position, err);
}

/*
 * What the peer acknowledged before and holds all the same, though a comparison must find the rest:
 * its store is the same, and names a row of ours, if only one that another copy of this office
 * sent. A child may be a copy itself: it holds no more than it says.
 */
static uint64_t still_held(const struct omb_link *link, const struct omb_cursor *cursor,
                           bool epoch_new)
{
    const uint64_t acked = omb_link_acked(link);

    if (!cursor || epoch_new)
        return 0;
    return link->up || acked < cursor->position ? acked : cursor->position;
}

/* `held` is shown until more is known: a comparison that finds a fork may have no other end. */
static void go_on_from(struct omb_link *link, uint64_t position, uint64_t held)
{
    link->acked = (struct omb_cursor){0};
    link->settled = held;
    link->start = link->sent = link->sent_record = position;
}

/* --- the child: Welcome --- */

static enum omb_rc go_on_up(struct omb_step *step, struct omb_link *link,
                            const struct omb_hello *welcome, struct omb_error *err)
{
    const bool epoch_new = is_epoch_new(link, welcome);
    const bool nothing = link->acked.position == 0 && !welcome->cursor;
    const bool never = nothing && welcome->yours.count == 0;
    bool same = false;
    enum omb_rc rc = OMB_OK;

    if (welcome->cursor)
        rc = names_row(step, link, welcome->cursor, &same, err);
    if (rc != OMB_OK)
        return rc;
    if (same)
        rc = go_on_behind(step, link, welcome->cursor, err);
    else
        go_on_from(link, nothing ? 0 : step->office->tip.journal,
                   still_held(link, welcome->cursor, epoch_new));
    if (rc == OMB_OK && ((!same && !never) || epoch_new || step->office->post->lacking))
        rc = omb_greet_compare(step, link, err);
    return rc;
}

enum omb_rc omb_greet_welcome(struct omb_step *step, struct omb_link *link,
                              const struct omb_hello *welcome, struct omb_error *err)
{
    bool again = false;
    enum omb_rc rc;

    if (!omb_office_id_equal(&welcome->office, &link->peer) || welcome->store_epoch.size != 16 ||
        welcome->yours.count > OMB_LIVES_TOLD || welcome->own.count > OMB_LIVES_TOLD)
        return omb_link_wrong(step, link, "its welcome does not say who it is", err);
    if (welcome->protocol_min > OMB_PROTOCOL || welcome->protocol_max < OMB_PROTOCOL)
        return omb_link_wrong(step, link, "it speaks no protocol that this version knows", err);
    take_greeting(step, link, welcome);
    step->office->post->ping_at = step->office->post->health_at = step->input->monotonic_ms;
    omb_post_wake(step, step->input->monotonic_ms);
    rc = omb_link_to(step, link, OMB_LINK_CATCHING_UP, "", err);
    if (rc == OMB_OK)
        rc = omb_link_software(step, link, welcome->software, err);
    if (rc == OMB_OK)
        rc = omb_own_welcome(step, link, welcome, err);
    if (rc != OMB_OK || link->state == OMB_LINK_BLOCKED)
        return rc;
    rc = go_on_up(step, link, welcome, err);
    if (rc == OMB_OK)
        rc = omb_want_parts(step, link, err);
    if (rc == OMB_OK)
        rc = omb_restored_again(step, welcome->cursor || welcome->yours.count > 0, &again, err);
    return rc == OMB_OK && again ? omb_greet_send(step, link, err) : rc;
}

enum omb_rc omb_greet_refused(struct omb_step *step, struct omb_link *link,
                              const struct omb_refuse *refuse, struct omb_error *err)
{
    char words[200];

    omb_link_words(refuse->words, words, sizeof(words));
    if (omb_view_is(refuse->code, "record"))
        return omb_ack_refused(step, link, &refuse->record, words, err);
    if (omb_view_is(refuse->code, "greet") || omb_view_is(refuse->code, "replaced"))
        return omb_link_ended(step, link, words, err);
    return omb_link_wrong(step, link, words[0] ? words : "it refused without a word", err);
}

/* --- the parent: Hello --- */

static enum omb_rc refuse_hello(struct omb_step *step, struct omb_link *link, const char *code,
                                const char *words, struct omb_error *err)
{
    omb_link_refuse(step, step->input->link, false, code, words);
    if (!link)
        return OMB_OK;
    omb_link_error(link, words);
    if (link->connection == step->input->link) {
        omb_post_disconnect(step->office->post, link);
        omb_link_reset(link);
    }
    if (link->connection != 0)
        return OMB_OK; /* another line of it stands */
    return omb_link_to(step, link, OMB_LINK_BLOCKED, words, err);
}

static enum omb_rc see_fork(void *arg, struct omb_view key, struct omb_view value)
{
    (void)value;
    if (key.size < 8)
        return OMB_DAMAGED;
    *(uint64_t *)arg = omb_be64(key.data + key.size - 8);
    return OMB_STOP;
}

/* Whether the peer's newest life has a fork: it must open another. */
static enum omb_rc find_fork(struct omb_step *step, const struct omb_office_id *office,
                             const struct omb_incarnation *life, uint64_t *out_seq,
                             struct omb_error *err)
{
    const struct omb_key prefix = omb_key_fork(office, life, 0);
    enum omb_rc rc;

    *out_seq = 0;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), see_fork,
                              out_seq);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the rows of forks cannot be read");
}

static enum omb_rc judge_hello(struct omb_step *step, const struct omb_hello *hello,
                               struct omb_link *link, char *words, size_t size, const char **code,
                               struct omb_error *err)
{
    const struct omb_life *life = newest_of(hello->own);
    struct omb_error why = {0};
    uint64_t seq = 0;
    enum omb_rc rc = OMB_OK;

    *code = NULL;
    words[0] = '\0';
    if (!omb_child_card(step, &hello->office, step->input->peer, &why) || !link) {
        *code = omb_arena_str(step->arena, omb_view_str(why.field[0] ? why.field : "unknown"));
        snprintf(words, size, "%s", why.words[0] ? why.words : "it is no office below this one");
    } else if (hello->protocol_min > OMB_PROTOCOL || hello->protocol_max < OMB_PROTOCOL) {
        *code = "protocol";
        snprintf(words, size, "this office speaks protocol %d, the other %u to %u", OMB_PROTOCOL,
                 hello->protocol_min, hello->protocol_max);
    } else if (hello->store_epoch.size != 16 || hello->own.count > OMB_LIVES_TOLD ||
               hello->yours.count > OMB_LIVES_TOLD) {
        *code = "invalid";
        snprintf(words, size, "its greeting is not formed as greetings are");
    } else if (step->input->monotonic_ms < link->blocked_until) {
        *code = "blocked";
        snprintf(words, size, "%s", link->last_error ? link->last_error : "it did wrong before");
    } else if (!omb_later_may(step, link)) {
        *code = "greet";
        snprintf(words, size, "it asks for much: greet again in a second");
    } else if (life) {
        rc = find_fork(step, &hello->office, &life->incarnation, &seq, err);
        if (rc == OMB_OK && seq > 0) {
            *code = "fork";
            snprintf(words, size, OMB_FORK_WORDS, (unsigned long long)seq);
        }
    }
    return rc;
}

/* The newest line of a child counts. */
static enum omb_rc take_line(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    enum omb_rc rc = OMB_OK;

    if (link->connection == step->input->link)
        return OMB_OK;
    if (link->connection != 0) {
        if (link->state != OMB_LINK_BLOCKED) {
            omb_link_refuse(step, link->connection, false, "replaced",
                            "another line with this key greeted");
            rc = omb_link_history(step, link, "down", OMB_REPLACED_WORDS, err);
        }
        omb_post_disconnect(post, link);
    }
    omb_post_connect(post, link, step->input->link);
    if (post->look_at == INT64_MAX) {
        post->look_at = step->input->monotonic_ms + OMB_PING_MS;
        omb_post_wake(step, post->look_at);
    }
    return rc;
}

/*
 * A peer that took nothing of what it was offered anew has it all before it still. (One that greets
 * again and again, each time as if it had lost everything, would fill the store.)
 */
static enum omb_rc offer_anew(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    if (link->anew && link->acked_most <= link->anew_behind)
        return OMB_OK;
    link->anew = true;
    link->anew_behind = step->office->tip.feed;
    return omb_feed_anew(step, &link->peer, err);
}

/* What the last comparison found comes first: until it is there the next one finds it again. */
static enum omb_rc compare_down(struct omb_step *step, struct omb_link *link,
                                struct omb_error *err)
{
    if (!omb_greet_offers(link))
        return omb_greet_compare(step, link, err);
    link->compared_at = OMB_LONG_AGO;
    link->dirty = true;
    return OMB_OK;
}

static enum omb_rc go_on_down(struct omb_step *step, struct omb_link *link,
                              const struct omb_hello *hello, struct omb_error *err)
{
    const bool epoch_new = is_epoch_new(link, hello);
    const bool never = !hello->cursor && link->acked.position == 0;
    bool same = false;
    enum omb_rc rc = OMB_OK;

    if (hello->cursor)
        rc = names_row(step, link, hello->cursor, &same, err);
    if (rc != OMB_OK)
        return rc;
    if (same) {
        rc = go_on_behind(step, link, hello->cursor, err);
    } else {
        /*
         * Of the feed all that is still there goes again; what it had of cases is found by
         * comparison, of whom it may trust nothing is taken for granted any more.
         */
        go_on_from(link, 0, still_held(link, hello->cursor, epoch_new));
        if (!never)
            rc = offer_anew(step, link, err);
    }
    if (rc == OMB_OK && ((!same && !never) || epoch_new))
        rc = compare_down(step, link, err);
    return rc;
}

static enum omb_rc welcome(struct omb_step *step, struct omb_link *link,
                           const struct omb_hello *hello, bool confirms, struct omb_error *err)
{
    struct omb_want unwanted; /* its log comes by itself, or by the comparison that it starts */
    struct omb_want lost;     /* of this office's own log */
    struct omb_hello answer;
    enum omb_rc rc = make_greeting(step, link, &answer, err);

    if (rc != OMB_OK)
        return rc;
    answer.confirms = confirms;
    omb_link_send(step, link, OMB_FRAME_WELCOME, &answer);
    rc = omb_link_to(step, link, OMB_LINK_CATCHING_UP, "", err);
    if (rc == OMB_OK)
        rc = go_on_down(step, link, hello, err);
    if (rc == OMB_OK)
        rc = omb_compare_greeting(step, &link->peer, &hello->own, &unwanted, err);
    if (rc == OMB_OK)
        rc = omb_compare_yours(step, &hello->yours, &lost, err);
    if (rc == OMB_OK)
        omb_want_ranges(step, link, &lost);
    if (rc == OMB_LIMIT || rc == OMB_INVALID)
        return omb_link_wrong(step, link, "its hello does not say which logs it holds", err);
    if (rc == OMB_OK)
        rc = omb_ack_greeted(step, link, err);
    if (rc == OMB_OK)
        rc = omb_want_parts(step, link, err);
    return rc;
}

enum omb_rc omb_greet_hello(struct omb_step *step, const struct omb_hello *hello,
                            struct omb_error *err)
{
    struct omb_post *post = step->office->post;
    struct omb_link *link = omb_post_peer(post, &hello->office);
    struct omb_link *speaker = omb_post_connection(post, step->input->link);
    const char *code;
    char words[sizeof(((struct omb_error *)0)->words)];
    bool confirms = false;
    enum omb_rc rc;

    if (speaker && speaker != link)
        return omb_link_wrong(step, speaker, "it greets as another office than before", err);
    if (link && (link->up || link->gone))
        link = NULL;
    rc = link && link == speaker ? omb_later_answer(step, link, err) : OMB_OK;
    if (rc != OMB_OK || (link && link->state == OMB_LINK_BLOCKED && link == speaker))
        return rc;
    rc = judge_hello(step, hello, link, words, sizeof(words), &code, err);
    if (rc != OMB_OK)
        return rc;
    if (code)
        return refuse_hello(step, omb_view_is(omb_view_str(code), "key") ? NULL : link, code, words,
                            err);
    rc = take_line(step, link, err);
    if (rc != OMB_OK)
        return rc;
    if (link->greeted_at != 0 && ++link->wants > OMB_WANTS_MAX) /* on whatever lines */
        return omb_link_wrong(step, link, "it greets over and over", err);
    omb_link_reset(link);
    rc = omb_link_to(step, link, OMB_LINK_GREETING, "", err);
    if (rc == OMB_OK)
        rc = omb_own_confirms(step, link, &confirms, err);
    if (rc != OMB_OK)
        return rc;
    omb_later_begin(step, 0);
    take_greeting(step, link, hello);
    rc = welcome(step, link, hello, confirms, err);
    omb_later_end(step, link);
    omb_duty_child_called(step, &link->peer);
    return rc;
}

/* --- comparing --- */

bool omb_greet_offers(const struct omb_link *link)
{
    return link->offered > link->acked.position;
}

/* A clock that was wrong for a while puts no comparison off for years. */
bool omb_greet_is_due(const struct omb_step *step, const struct omb_link *link)
{
    const int64_t ago = step->input->now_ms - link->compared_at;

    return !link->comparing && !omb_greet_offers(link) &&
           (link->compared_at == OMB_LONG_AGO || ago >= OMB_DAY_MS || ago < -OMB_DAY_MS);
}

enum omb_rc omb_greet_compare(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    bool awaits = false;
    enum omb_rc rc = link->up ? OMB_OK : omb_restored_awaits_above(step, &awaits, err);

    if (rc != OMB_OK)
        return rc;
    link->dirty |= link->compared_at != OMB_LONG_AGO;
    link->compared_at = OMB_LONG_AGO; /* one that the line cuts off begins again */
    if (awaits) /* those below may not rely on what this office knows: later */
        return OMB_OK;
    if (link->state == OMB_LINK_LIVE)
        rc = omb_link_to(step, link, OMB_LINK_CATCHING_UP,
                         link->held_first && link->reason ? link->reason : OMB_LINK_COMPARES, err);
    if (rc != OMB_OK)
        return rc;
    link->comparing = true;
    link->after.size = 0;
    return omb_compare_send(step, link, err);
}
