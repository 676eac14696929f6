/*
 * Links as administrators see them: a list with levels, one link in full, and a comparison on
 * request. What is told comes from office/post/view.h; nothing is changed here.
 */
#include "office/desk/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/keyfile.h"
#include "office/desk/act.h"
#include "office/post/post.h"
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

static void judge_contact(struct omb_step *step, const struct omb_link_seen *link,
                          struct omb_judgement *out)
{
    const int64_t now = step->input->now_ms;
    const struct omb_view ago = omb_ago(step->arena, now - link->row.last_contact);
    const char *reason = link->reason ? link->reason : "";

    if (omb_view_is(omb_view_str(link->state), "blocked"))
        omb_judge(out, OMB_LEVEL_CRITICAL, "blocked: %s", reason);
    else if (link->row.last_contact == 0)
        omb_judge(out, OMB_LEVEL_UNKNOWN, "never heard");
    else if (now - link->row.last_contact > OMB_SILENT_MS)
        omb_judge(out, OMB_LEVEL_CRITICAL, "silent for %.*s%s%s", OMB_VIEW_ARGS(ago),
                  *reason ? ": " : "", reason);
}

/* One line that took the place of another is a peer that called again; more are two that call. */
static void judge_lines(struct omb_step *step, const struct omb_link_seen *link,
                        struct omb_judgement *out)
{
    unsigned replaced = 0;

    for (size_t i = 0; i < link->row.history.count; i++) {
        const struct omb_link_change *change = &link->row.history.items[i];

        replaced += omb_view_is(change->reason, OMB_REPLACED_WORDS) &&
                    step->input->now_ms - change->at < OMB_HOUR_MS;
    }
    if (replaced >= COPIES_SHOW)
        omb_judge(out, OMB_LEVEL_WARNING,
                  "another line with its key greeted, %u times within the hour: does it run twice?",
                  replaced);
}

void omb_judge_link(struct omb_step *step, const struct omb_link_seen *link,
                    struct omb_judgement *out)
{
    const int64_t lag = link->oldest_unacked ? step->input->now_ms - link->oldest_unacked : 0;
    const struct omb_view ago = omb_ago(step->arena, lag);
    const long long offset = (long long)(link->row.clock_offset_ms / OMB_SECOND_MS);

    judge_contact(step, link, out);
    judge_lines(step, link, out);
    if (lag > OMB_LAG_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "%llu records wait, the oldest written %.*s ago",
                  (unsigned long long)link->lag_records, OMB_VIEW_ARGS(ago));
    if (llabs(link->row.clock_offset_ms) > OMB_CLOCK_SLACK_MS)
        omb_judge(out, OMB_LEVEL_WARNING, "its clock is %lld s %s", llabs(offset),
                  offset > 0 ? "ahead" : "behind");
    omb_judge_certificate(step, omb_office_newest(step, &link->peer), out);
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

/* Whether a record of that office comes and goes over the link. */
static bool is_beyond(struct omb_step *step, const struct omb_link_seen *link,
                      const struct omb_office_id *office)
{
    if (link->up)
        return !omb_desk_is_at_or_below(step, office, &omb_office_self(step->office)->office);
    return omb_desk_is_at_or_below(step, office, &link->peer);
}

/* --- one row of the list --- */

/* How far the peer holds ours: it said so, or a comparison found it. */
static uint64_t acked_of(const struct omb_peer_row *row)
{
    const uint64_t acked = row->acked != NULL ? row->acked->position : 0;

    return row->settled > acked ? row->settled : acked;
}

static void show_peer(struct omb_step *step, const struct omb_link_seen *link,
                      struct omb_peer_view *out)
{
    const int64_t waits = link->oldest_unacked ? step->input->now_ms - link->oldest_unacked : 0;
    const uint64_t acked = acked_of(&link->row);

    *out = (struct omb_peer_view){
        .peer = omb_office_code_of(step, &link->peer),
        .direction = link->up ? OMB_VIEW_LIT("up") : OMB_VIEW_LIT("down"),
        .state = omb_view_str(link->state),
        .since = link->since,
        .reason = omb_view_str(link->reason),
        .head = link->head,
        .sent = link->sent,
        .acked = acked,
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
    struct omb_peer_view *views;
    size_t count;
};

static void count_quarantined(void *arg, const struct omb_event *event)
{
    struct sorting *sort = arg;

    for (size_t i = 0; i < sort->count; i++) {
        if (!is_beyond(sort->step, &sort->links[i], &event->office))
            continue;
        sort->views[i].quarantined++;
        return;
    }
}

enum omb_rc omb_desk_link_list(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    struct omb_peer_list *answer = OMB_ARENA_NEW(step->arena, struct omb_peer_list, 1);
    struct sorting sort = {.step = step};
    struct omb_peer_level *levels;
    enum omb_rc rc;

    (void)ask;
    sort.count = omb_post_links(step, &sort.links);
    sort.views = OMB_ARENA_NEW(step->arena, struct omb_peer_view, sort.count);
    levels = OMB_ARENA_NEW(step->arena, struct omb_peer_level, sort.count);
    for (size_t i = 0; i < sort.count; i++) {
        struct omb_judgement judgement = {.arena = step->arena};

        show_peer(step, &sort.links[i], &sort.views[i]);
        omb_judge_link(step, &sort.links[i], &judgement);
        levels[i] = (struct omb_peer_level){
            .peer = sort.views[i].peer,
            .level = omb_view_str(omb_level_name(judgement.level)),
            .words = judgement.words,
        };
    }
    rc = omb_desk_quarantine_each(step, count_quarantined, &sort, err);
    if (rc != OMB_OK)
        return rc;
    answer->peers.items = sort.views;
    answer->peers.count = sort.count;
    answer->levels.items = levels;
    answer->levels.count = sort.count;
    *out = answer;
    return OMB_OK;
}

/* --- one link in full --- */

static void show_history(struct omb_step *step, const struct omb_peer_row *row,
                         struct omb_peer_detail *out)
{
    struct omb_link_step *steps =
        OMB_ARENA_NEW(step->arena, struct omb_link_step, row->history.count);
    struct omb_refused_view *refused =
        OMB_ARENA_NEW(step->arena, struct omb_refused_view, row->refused.count);

    for (size_t i = 0; i < row->history.count; i++) {
        const struct omb_link_change *change = &row->history.items[i];

        steps[i] = (struct omb_link_step){change->at, change->state, change->reason};
    }
    for (size_t i = 0; i < row->refused.count; i++) {
        const struct omb_refused_record *record = &row->refused.items[i];

        refused[i] = (struct omb_refused_view){
            .at = record->at,
            .record = omb_desk_hex(step->arena, OMB_VIEW_OF(record->digest.bytes)),
            .why = record->why,
        };
        if (record->seq > 0) /* else its header could not be read */
            refused[i].office =
                omb_desk_place(step, &record->office, &record->incarnation, record->seq);
    }
    out->history.items = steps;
    out->history.count = row->history.count;
    out->refused.items = refused;
    out->refused.count = row->refused.count;
}

static void show_certificate(struct omb_step *step, const struct omb_link_seen *link,
                             struct omb_peer_detail *out)
{
    const struct omb_office_card *card = omb_office_newest(step, &link->peer);
    char print[40] = "";

    if (card == NULL)
        return;
    if (card->certificate.inner.transport_key.size == OMB_PUBLIC_SIZE)
        omb_fingerprint(card->certificate.inner.transport_key.data, print);
    out->fingerprint = omb_arena_copy(step->arena, omb_view_str(print));
    out->certificate_until = card->certificate.inner.not_after;
}

/* Who holds the newest life of a log: upward the own, downward the peer's. */
static enum omb_rc show_witnesses(struct omb_step *step, const struct omb_link_seen *link,
                                  struct omb_peer_detail *out, struct omb_error *err)
{
    const struct omb_office_id *office =
        link->up ? &omb_office_self(step->office)->office : &link->peer;
    const struct omb_view code = omb_office_code_of(step, office);
    const struct omb_witness_seen *seen;
    struct omb_witness_view *views;
    struct omb_desk_logs logs;
    const struct omb_desk_log *log;
    size_t count;
    enum omb_rc rc = omb_desk_logs_of(step, code, &logs, err);

    if (rc != OMB_OK || logs.count == 0)
        return rc;
    log = &logs.items[logs.count - 1];
    rc = omb_post_witnesses(step, log->number, &seen, &count, err);
    if (rc != OMB_OK)
        return rc;
    views = OMB_ARENA_NEW(step->arena, struct omb_witness_view, count);
    for (size_t i = 0; i < count; i++)
        views[i] = (struct omb_witness_view){
            .witness = omb_office_code_of(step, &seen[i].witness),
            .office = code,
            .incarnation = omb_desk_hex(step->arena, OMB_VIEW_OF(log->row.incarnation.bytes)),
            .seq = seen[i].seq,
            .at = seen[i].at,
        };
    out->witnesses.items = views;
    out->witnesses.count = count;
    return OMB_OK;
}

/* --- what waits --- */

struct waiting {
    struct omb_aside aside;
    struct omb_case_id *cases;
    size_t count;
    size_t scanned;
    bool up;
    struct omb_error *err;
};

static bool is_listed(const struct waiting *wait, const struct omb_case_id *id)
{
    for (size_t i = 0; i < wait->count; i++) {
        const struct omb_case_id *other = &wait->cases[i];

        if (other->serial == id->serial && other->year == id->year &&
            omb_office_id_equal(&other->home, &id->home) &&
            omb_incarnation_equal(&other->incarnation, &id->incarnation))
            return true;
    }
    return false;
}

/* A row of the journal, or of the feed: both begin with a place. */
static enum omb_rc visit_waiting(void *arg, struct omb_view key, struct omb_view value)
{
    struct waiting *wait = arg;
    struct omb_opened record;
    struct omb_row_at at;
    bool from_above = false;
    enum omb_rc rc;

    (void)key;
    if (!(wait->up ? omb_read_journal(value, &at.number, &at.seq, &from_above)
                   : omb_read_place(value, &at.number, &at.seq)))
        return omb_fail(wait->err, OMB_DAMAGED, NULL, "a row of a feed cannot be read");
    if (!from_above) {
        rc = omb_desk_open(&wait->aside.step, at.number, at.seq, &record, wait->err);
        if (rc != OMB_OK)
            return rc;
        if (record.header.case_id != NULL && !is_listed(wait, record.header.case_id))
            wait->cases[wait->count++] = *record.header.case_id;
        omb_arena_reset(&wait->aside.arena);
    }
    return ++wait->scanned < OMB_SCAN_MAX && wait->count < OMB_PAGE_MAX ? OMB_OK : OMB_STOP;
}

static enum omb_rc show_waiting(struct omb_step *step, const struct omb_link_seen *link,
                                struct omb_peer_detail *out, struct omb_error *err)
{
    const uint64_t acked = acked_of(&link->row);
    const struct omb_key after =
        link->up ? omb_key_journal(acked) : omb_key_feed(&link->peer, acked);
    const struct omb_view prefix =
        link->up ? OMB_VIEW_NONE : omb_view(link->peer.bytes, OMB_OFFICE_ID_SIZE);
    struct waiting wait = {.up = link->up, .err = err};
    struct omb_view *numbers;
    enum omb_rc rc;

    wait.cases = OMB_ARENA_NEW(step->arena, struct omb_case_id, OMB_PAGE_MAX);
    omb_aside_begin(&wait.aside, step);
    rc = omb_desk_scan(step, link->up ? OMB_FAMILY_JOURNAL : OMB_FAMILY_FEED, prefix, &after,
                       visit_waiting, &wait, err);
    omb_aside_end(&wait.aside);
    if (rc != OMB_OK)
        return rc;
    numbers = OMB_ARENA_NEW(step->arena, struct omb_view, wait.count);
    for (size_t i = 0; i < wait.count; i++)
        numbers[i] = omb_act_number(step, &wait.cases[i]);
    out->waiting = (struct omb_views){numbers, wait.count};
    return OMB_OK;
}

/* --- parts that lack --- */

struct lacking {
    struct omb_step *step;
    const struct omb_link_seen *link;
    uint64_t count;
    struct omb_error *err;
};

static enum omb_rc visit_missing(void *arg, struct omb_view key, struct omb_view value)
{
    struct lacking *lack = arg;
    struct omb_missing_row row;

    (void)key;
    if (omb_decode_missing_row(value, lack->step->arena, &row, NULL) != OMB_OK)
        return omb_fail(lack->err, OMB_DAMAGED, NULL, "the row of a missing part cannot be read");
    lack->count += is_beyond(lack->step, lack->link, &row.office);
    return lack->count < OMB_SCAN_MAX ? OMB_OK : OMB_STOP;
}

static enum omb_rc count_missing(struct omb_step *step, const struct omb_link_seen *link,
                                 uint64_t *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_missing(NULL);
    struct lacking lack = {.step = step, .link = link, .err = err};
    const enum omb_rc rc = omb_desk_scan(step, OMB_FAMILY_PEER, omb_key_view(&prefix), NULL,
                                         visit_missing, &lack, err);

    *out = lack.count;
    return rc;
}

/* --- the peer's own view --- */

/* Whether the one end still catches up while the other is through is no disagreement. */
static bool runs(struct omb_view state)
{
    return omb_view_is(state, "live") || omb_view_is(state, "catching-up");
}

static void compare_state(const struct omb_link_seen *link, const struct omb_link_health *theirs,
                          struct omb_lines *out)
{
    const struct omb_view here = omb_view_str(link->state);

    if (omb_view_equal(theirs->state, here) || (runs(theirs->state) && runs(here)))
        return;
    omb_lines_add(out, "state: here %s, there %.*s%s%.*s", link->state,
                  OMB_VIEW_ARGS(theirs->state), theirs->reason.size ? ": " : "",
                  OMB_VIEW_ARGS(theirs->reason));
}

/*
 * A log that is shorter there than here was put back to an earlier state, unless what is here came
 * after it was told: both dates are by the clock of the log's author.
 */
static enum omb_rc compare_log(struct omb_step *step, const struct omb_life *own, int64_t told_at,
                               struct omb_lines *out, struct omb_error *err)
{
    const struct omb_view code = omb_office_code_of(step, &own->office);
    struct omb_desk_logs logs;
    enum omb_rc rc = omb_desk_logs_of(step, code, &logs, err);

    for (size_t i = 0; rc == OMB_OK && i < logs.count; i++) {
        const struct omb_log_row *row = &logs.items[i].row;

        if (!omb_incarnation_equal(&row->incarnation, &own->incarnation))
            continue;
        if (row->head > own->head && row->newest_at < told_at)
            omb_lines_add(out, "log: here up to record %llu, there it ends at %llu",
                          (unsigned long long)row->head, (unsigned long long)own->head);
        else if (row->head == own->head && !omb_digest_equal(&row->digest, &own->digest))
            omb_lines_add(out, "log: record %llu is another one there",
                          (unsigned long long)row->head);
    }
    return rc;
}

static enum omb_rc show_disagreements(struct omb_step *step, const struct omb_link_seen *link,
                                      struct omb_peer_detail *out, struct omb_error *err)
{
    const struct omb_health *health = link->row.health;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    struct omb_lines lines = {.arena = step->arena};
    enum omb_rc rc = OMB_OK;

    if (health == NULL)
        return OMB_OK;
    /* What it said before the link became what it is now is no other view of it. */
    for (size_t i = 0; i < health->links.count && link->row.health_at > link->since; i++) {
        if (omb_office_id_equal(&health->links.items[i].peer, self))
            compare_state(link, &health->links.items[i], &lines);
    }
    for (size_t i = 0; rc == OMB_OK && i < health->own.count; i++)
        rc = compare_log(step, &health->own.items[i], health->at, &lines, err);
    if (llabs(link->row.clock_offset_ms + health->clock_offset_ms) > OMB_CLOCK_SLACK_MS)
        omb_lines_add(&lines, "clock: here it is %lld ms ahead, there this one is %lld ms ahead",
                      (long long)link->row.clock_offset_ms, (long long)health->clock_offset_ms);
    out->disagreements = omb_lines_views(&lines);
    return rc;
}

static enum omb_rc find_link(struct omb_step *step, struct omb_view code,
                             const struct omb_link_seen **out, struct omb_error *err)
{
    struct omb_office_ref ref;
    const struct omb_office_card *card;
    const char *ended;
    const enum omb_rc rc = omb_desk_office(step, code, "peer", &ref, err);

    if (rc != OMB_OK)
        return rc;
    *out = omb_desk_link_to(step, &ref.office);
    if (*out != NULL)
        return OMB_OK;
    card = omb_office_newest(step, &ref.office);
    ended = card ? omb_desk_office_ended(step, card) : NULL;
    return omb_fail(err, OMB_NOT_FOUND, "peer", "there is no link to %.*s: %s%s",
                    OMB_VIEW_ARGS(code), ended ? "it was " : "",
                    ended ? ended : "links go to the parent and to the offices directly below");
}

static enum omb_rc fill_detail(struct omb_step *step, const struct omb_link_seen *link,
                               bool waiting, struct omb_peer_detail *out, struct omb_error *err)
{
    enum omb_rc rc;

    out->address = omb_view_str(link->address);
    out->software = link->row.software;
    out->held = link->row.held != NULL ? link->row.held->position : 0;
    out->last_ack = link->row.last_ack;
    out->last_progress = link->last_progress;
    out->latency_ms_median = link->latency_ms_median;
    out->latency_ms_p99 = link->latency_ms_p99;
    out->errors = link->errors;
    out->next_try = link->next_try;
    out->credit_bytes = link->credit_bytes;
    show_history(step, &link->row, out);
    show_certificate(step, link, out);
    rc = show_witnesses(step, link, out, err);
    if (rc == OMB_OK)
        rc = count_missing(step, link, &out->missing_parts, err);
    if (rc == OMB_OK)
        rc = show_disagreements(step, link, out, err);
    if (rc == OMB_OK && waiting)
        rc = show_waiting(step, link, out, err);
    return rc;
}

enum omb_rc omb_desk_link_show(struct omb_step *step, const void *ask, const void **out,
                               struct omb_error *err)
{
    const struct omb_peer_ask *request = ask;
    struct omb_peer_detail *answer = OMB_ARENA_NEW(step->arena, struct omb_peer_detail, 1);
    struct omb_peer_view *view = OMB_ARENA_NEW(step->arena, struct omb_peer_view, 1);
    struct sorting sort = {.step = step, .views = view, .count = 1};
    enum omb_rc rc = find_link(step, request->peer, &sort.links, err);

    if (rc != OMB_OK)
        return rc;
    show_peer(step, sort.links, view);
    rc = omb_desk_quarantine_each(step, count_quarantined, &sort, err);
    if (rc == OMB_OK)
        rc = fill_detail(step, sort.links, request->waiting, answer, err);
    if (rc != OMB_OK)
        return rc;
    answer->link = view;
    *out = answer;
    return OMB_OK;
}

/* --- a comparison on request --- */

enum omb_rc omb_desk_link_resync(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_link_resync *request = ask;
    struct omb_link_resynced *answer = OMB_ARENA_NEW(step->arena, struct omb_link_resynced, 1);
    const struct omb_link_seen *link;
    enum omb_rc rc = find_link(step, request->peer, &link, err);

    if (rc == OMB_OK)
        rc = omb_post_resync(step, &link->peer, err);
    if (rc != OMB_OK)
        return rc;
    answer->peer = request->peer;
    *out = answer;
    return OMB_OK;
}
