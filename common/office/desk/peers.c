/*
 * Links as administrators see them: a list with levels. One link in full is desk/peer.c. What is
 * told comes from office/post/view.h; nothing is changed here.
 */
#include "office/desk/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/limits.h"

enum { COPIES_SHOW = 3 };

/* --- levels --- */

const char *omb_level_name(enum omb_level level)
{
    static const char *const names[] = {
        [OMB_LEVEL_OK] = "ok",
        [OMB_LEVEL_WARNING] = "warning",
        [OMB_LEVEL_UNKNOWN] = "unknown",
        [OMB_LEVEL_CRITICAL] = "critical",
    };

    return names[level];
}

void omb_judge(struct omb_judgement *judgement, enum omb_level level, const char *format, ...)
{
    char text[OMB_LINE_MAX];
    struct omb_view all;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (level > judgement->level)
        judgement->level = level;
    all = omb_arena_printf(judgement->arena, "%.*s%s%s", OMB_VIEW_ARGS(judgement->words),
                           judgement->words.size ? "; " : "", text);
    judgement->words = omb_text_cut(all, OMB_LINE_MAX);
}

struct omb_view omb_ago(struct omb_arena *arena, int64_t ms)
{
    const long long seconds = ms > 0 ? ms / OMB_SECOND_MS : 0;

    if (seconds < 120)
        return omb_arena_printf(arena, "%lld s", seconds);
    if (seconds < 120 * 60)
        return omb_arena_printf(arena, "%lld min", seconds / 60);
    if (seconds < 48 * 3600)
        return omb_arena_printf(arena, "%lld h", seconds / 3600);
    return omb_arena_printf(arena, "%lld d", seconds / 86400);
}

void omb_judge_certificate(struct omb_step *step, const struct omb_office_card *card,
                           struct omb_judgement *out)
{
    const int64_t now = step->input->now_ms;
    char until[OMB_RFC3339_SIZE];
    int64_t not_after;

    if (card == NULL) {
        omb_judge(out, OMB_LEVEL_UNKNOWN, "its certificate is not here");
        return;
    }
    not_after = card->certificate.inner.not_after;
    omb_rfc3339(not_after, 0, until);
    if (now > not_after)
        omb_judge(out, OMB_LEVEL_CRITICAL, "its certificate expired at %s", until);
    else if (now > not_after - OMB_CERTIFICATE_SOON_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "its certificate ends at %s", until);
}

void omb_judge_forks(const struct omb_fork_health_list *forks, struct omb_judgement *out)
{
    for (size_t i = 0; i < forks->count; i++) {
        if (forks->items[i].renewed)
            continue;
        omb_judge(out, OMB_LEVEL_WARNING,
                  "what it lost to a fork was not written again: `ombud office renew` at that "
                  "office");
        return;
    }
}

void omb_judge_own_certificate(struct omb_step *step, struct omb_judgement *out)
{
    struct omb_judgement own = {.arena = step->arena};

    omb_judge_certificate(step, omb_office_card(step, &omb_office_self(step->office)->certificate),
                          &own);
    if (own.level != OMB_LEVEL_OK)
        omb_judge(out, own.level, "of this office itself: %.*s", OMB_VIEW_ARGS(own.words));
}

static void judge_contact(struct omb_step *step, const struct omb_link_seen *link,
                          struct omb_judgement *out)
{
    const int64_t now = step->input->now_ms;
    const struct omb_view ago = omb_ago(step->arena, now - link->row.last_contact);
    const struct omb_view state = omb_view_str(link->state);
    const char *reason = link->reason ? link->reason : "";

    if (omb_view_is(state, "blocked"))
        omb_judge(out, OMB_LEVEL_CRITICAL, "blocked: %s", reason);
    else if (link->row.last_contact == 0)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "never heard");
    else if (now - link->row.last_contact > OMB_SILENT_MS)
        omb_judge(out, OMB_LEVEL_CRITICAL, "silent for %.*s%s%s", OMB_VIEW_ARGS(ago),
                  *reason ? ": " : "", reason);
    else if (omb_office_lent(step->office)->serves && /* else each of them is */
             (omb_view_is(state, "down") || omb_view_is(state, "connecting")))
        omb_judge(out, OMB_LEVEL_WARNING, "down, heard %.*s ago%s%s", OMB_VIEW_ARGS(ago),
                  *reason ? ": " : "", reason);
}

static bool is_within_hour(const struct omb_step *step, const struct omb_link_change *change,
                           const char *reason)
{
    return omb_view_is(change->reason, reason) &&
           llabs(step->input->now_ms - change->at) < OMB_HOUR_MS;
}

/* A line that takes the place of another is of a peer that was started again, or of a copy. */
static void judge_lines(struct omb_step *step, const struct omb_link_seen *link,
                        struct omb_judgement *out)
{
    unsigned replaced = 0;
    bool earlier = false;

    for (size_t i = 0; i < link->row.history.count; i++) {
        replaced += is_within_hour(step, &link->row.history.items[i], OMB_REPLACED_WORDS);
        earlier |= is_within_hour(step, &link->row.history.items[i], OMB_EARLIER_WORDS);
    }
    if (replaced >= COPIES_SHOW && earlier)
        omb_judge(out, OMB_LEVEL_WARNING,
                  "another line with its key greeted, %u times within the hour: does it run twice?",
                  replaced);
}

/* What an office below that has ended still says or lacks is no fault: it was meant. */
static const char *ended_below(struct omb_step *step, const struct omb_link_seen *link)
{
    const struct omb_office_card *card = omb_office_newest(step, &link->peer);

    return link->up || card == NULL ? NULL : omb_desk_office_ended(step, card);
}

void omb_judge_link(struct omb_step *step, const struct omb_link_seen *link,
                    struct omb_judgement *out)
{
    const int64_t lag = link->oldest_unacked ? step->input->now_ms - link->oldest_unacked : 0;
    const struct omb_view ago = omb_ago(step->arena, lag);
    const long long offset = (long long)(link->row.clock_offset_ms / OMB_SECOND_MS);
    const char *ended = ended_below(step, link);

    if (ended != NULL) {
        omb_judge(out, OMB_LEVEL_OK, "%s", ended);
        return;
    }
    judge_contact(step, link, out);
    judge_lines(step, link, out);
    if (lag > OMB_LAG_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "%llu records wait, the oldest written %.*s ago",
                  (unsigned long long)link->lag_records, OMB_VIEW_ARGS(ago));
    if (llabs(link->row.clock_offset_ms) > OMB_CLOCK_SLACK_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "its clock is %lld s %s", llabs(offset),
                  offset > 0 ? "ahead" : "behind");
    if (!link->up && link->row.health != NULL) /* the one above speaks of the link alone */
        omb_judge_forks(&link->row.health->forks, out);
    omb_judge_certificate(step, omb_office_newest(step, &link->peer), out);
    if (link->up)
        omb_judge_own_certificate(step, out);
}

/* --- finding --- */

const struct omb_link_seen *omb_desk_link_to(struct omb_step *step,
                                             const struct omb_office_id *peer)
{
    const struct omb_link_seen *links;
    const size_t count = omb_post_links(step, &links);

    for (size_t i = 0; i < count; i++) {
        if (omb_office_id_equal(&links[i].peer, peer))
            return &links[i];
    }
    return NULL;
}

struct omb_view omb_desk_link_words(struct omb_step *step, const struct omb_link_seen *link)
{
    const struct omb_view code = omb_office_code_of(step, &link->peer);
    const bool says = link->reason != NULL && link->reason[0] != '\0';

    return omb_arena_printf(step->arena, "the link to %.*s is %s%s%s", OMB_VIEW_ARGS(code),
                            link->state, says ? ": " : "", says ? link->reason : "");
}

bool omb_desk_is_beyond(struct omb_step *step, const struct omb_link_seen *link,
                        const struct omb_office_id *office)
{
    if (link->up)
        return !omb_office_is_within(step, office, &omb_office_self(step->office)->office);
    return omb_office_is_within(step, office, &link->peer);
}

/* --- one row of the list --- */

void omb_desk_show_peer(struct omb_step *step, const struct omb_link_seen *link,
                        struct omb_peer_view *out)
{
    const int64_t waits = link->oldest_unacked ? step->input->now_ms - link->oldest_unacked : 0;

    *out = (struct omb_peer_view){
        .peer = omb_office_code_of(step, &link->peer),
        .direction = link->up ? OMB_VIEW_LIT("up") : OMB_VIEW_LIT("down"),
        .state = omb_view_str(link->state),
        .since = link->since,
        .reason = omb_view_str(link->reason),
        .head = link->head,
        .sent = link->sent,
        .acked = link->acked,
        .lag_records = link->lag_records,
        .lag_bytes = link->lag_bytes,
        .oldest_unacked_seconds = waits > 0 ? (uint64_t)(waits / OMB_SECOND_MS) : 0,
        .last_contact = link->row.last_contact,
        .last_error = omb_view_str(link->last_error),
        .clock_offset_ms = link->row.clock_offset_ms,
        .refused = link->row.refused_count,
        .forks = link->forks,
    };
    if (omb_incarnation_number(&link->incarnation) != 0)
        out->incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(link->incarnation.bytes));
}

struct sorting {
    struct omb_step *step;
    const struct omb_link_seen *links;
    size_t count;
    uint64_t *counts;
};

static void count_beyond(void *arg, const struct omb_event *event)
{
    struct sorting *sort = arg;

    for (size_t i = 0; i < sort->count; i++) {
        if (!omb_desk_is_beyond(sort->step, &sort->links[i], &event->office))
            continue;
        sort->counts[i]++;
        return;
    }
}

enum omb_rc omb_desk_count_flagged(struct omb_step *step, enum omb_flagged which,
                                   const struct omb_link_seen *links, size_t count,
                                   uint64_t *out_counts, struct omb_error *err)
{
    struct sorting sort = {step, links, count, out_counts};

    return omb_desk_flagged_each(step, which, count_beyond, &sort, err);
}

enum omb_rc omb_desk_link_list(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    struct omb_peer_list *answer = OMB_ARENA_NEW(step->arena, struct omb_peer_list, 1);
    const struct omb_link_seen *links;
    const size_t count = omb_post_links(step, &links);
    struct omb_peer_view *views = OMB_ARENA_NEW(step->arena, struct omb_peer_view, count);
    struct omb_peer_level *levels = OMB_ARENA_NEW(step->arena, struct omb_peer_level, count);
    uint64_t *quarantined = OMB_ARENA_NEW(step->arena, uint64_t, count);
    const enum omb_rc rc = omb_desk_count_flagged(step, OMB_FLAGGED_QUARANTINED, links, count,
                                                  quarantined, err);

    (void)ask;
    if (rc != OMB_OK)
        return rc;
    for (size_t i = 0; i < count; i++) {
        struct omb_judgement judgement = {.arena = step->arena};

        omb_desk_show_peer(step, &links[i], &views[i]);
        views[i].quarantined = quarantined[i];
        omb_judge_link(step, &links[i], &judgement);
        levels[i] = (struct omb_peer_level){
            .peer = views[i].peer,
            .level = omb_view_str(omb_level_name(judgement.level)),
            .words = judgement.words,
        };
    }
    answer->peers.items = views;
    answer->peers.count = count;
    answer->levels.items = levels;
    answer->levels.count = count;
    *out = answer;
    return OMB_OK;
}
