/*
 * One link as administrators see it, in full: what is kept of it, what waits and lacks, where the
 * office at its other end says something else; and a comparison on request.
 */
#include <stdlib.h>

#include "crypto/keyfile.h"
#include "office/desk/act.h"
#include "office/desk/inspect.h"
#include "office/post/post.h"
#include "wire/limits.h"

/* --- what is kept --- */

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
    const struct omb_key after =
        link->up ? omb_key_journal(link->acked) : omb_key_feed(&link->peer, link->acked);
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

/* --- what lacks --- */

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
    lack->count += omb_desk_is_beyond(lack->step, lack->link, &row.office);
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

/*
 * Holes in logs of a child's side, which come up whole; of a parent's side what concerns this
 * office comes down, with holes. A line that lost a fork is kept from its fork on.
 */
static enum omb_rc count_gaps(struct omb_step *step, const struct omb_link_seen *link,
                              uint64_t *out, struct omb_error *err)
{
    struct omb_desk_logs logs = {.count = 0};
    const enum omb_rc rc =
        link->up ? OMB_OK : omb_desk_logs_of(step, OMB_VIEW_NONE, &logs, err);

    for (size_t i = 0; rc == OMB_OK && i < logs.count; i++) {
        const struct omb_log_row *row = &logs.items[i].row;

        if (row->head > row->count && omb_desk_is_beyond(step, link, &row->office))
            *out += row->head - row->count;
    }
    return rc;
}

/* --- the peer's own view --- */

/* What it told of this link last; NULL: nothing yet. */
static const struct omb_link_health *told_of(struct omb_step *step,
                                             const struct omb_link_seen *link)
{
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const struct omb_health *health = link->row.health;

    for (size_t i = 0; health != NULL && i < health->links.count; i++) {
        if (omb_office_id_equal(&health->links.items[i].peer, self))
            return &health->links.items[i];
    }
    return NULL;
}

static const struct omb_link_there *show_there(struct omb_step *step,
                                               const struct omb_link_seen *link)
{
    const struct omb_link_health *told = told_of(step, link);
    struct omb_link_there *there;

    if (told == NULL)
        return NULL;
    there = OMB_ARENA_NEW(step->arena, struct omb_link_there, 1);
    *there = (struct omb_link_there){
        .told_at = link->row.health_at,
        .state = told->state,
        .since = told->since,
        .reason = told->reason,
        .applied = told->held,
        .acked = told->acked,
        .last_contact = told->last_contact,
    };
    return there;
}

/* Whether the one end still catches up while the other is through is no disagreement. */
static bool runs(struct omb_view state)
{
    return omb_view_is(state, "live") || omb_view_is(state, "catching-up");
}

/* On the way from one to the other it only takes its time. */
static bool is_settled(struct omb_view state)
{
    return runs(state) || omb_view_is(state, "blocked") || omb_view_is(state, "down");
}

static void compare_state(const struct omb_link_seen *link, const struct omb_link_health *theirs,
                          struct omb_lines *out)
{
    const struct omb_view here = omb_view_str(link->state);

    if (omb_view_equal(theirs->state, here) || (runs(theirs->state) && runs(here)) ||
        !is_settled(theirs->state) || !is_settled(here))
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

/*
 * What it acknowledged it holds, and what it knows to be acknowledged is held here: of the feeds
 * alone, since what a comparison found to be there came by no position.
 */
static void compare_positions(const struct omb_link_seen *link,
                              const struct omb_link_health *theirs, struct omb_lines *out)
{
    const uint64_t held = link->row.held != NULL ? link->row.held->position : 0;
    const uint64_t acked = link->row.acked != NULL ? link->row.acked->position : 0;

    if (theirs->held < acked && link->row.last_ack < link->row.health_at)
        omb_lines_add(out, "feed: acknowledged up to %llu, there it is held up to %llu",
                      (unsigned long long)acked, (unsigned long long)theirs->held);
    if (theirs->acked > held)
        omb_lines_add(out, "its feed: held here up to %llu, there it is acknowledged up to %llu",
                      (unsigned long long)held, (unsigned long long)theirs->acked);
}

static void compare_clock(const struct omb_link_seen *link, const struct omb_health *health,
                          struct omb_lines *out)
{
    const long long here = (long long)link->row.clock_offset_ms;
    const long long there = (long long)health->clock_offset_ms;

    if (llabs(here + there) > OMB_CLOCK_SLACK_MS)
        omb_lines_add(out, "clock: here it is %lld ms ahead, there this one is %lld ms ahead",
                      here, there);
}

static enum omb_rc show_disagreements(struct omb_step *step, const struct omb_link_seen *link,
                                      struct omb_peer_detail *out, struct omb_error *err)
{
    const struct omb_health *health = link->row.health;
    const struct omb_link_health *theirs = told_of(step, link);
    struct omb_lines lines = {.arena = step->arena};
    enum omb_rc rc = OMB_OK;

    if (health == NULL)
        return OMB_OK;
    /* What it said before the link became what it is now is no other view of it. */
    if (theirs != NULL && link->row.health_at > link->since) {
        compare_state(link, theirs, &lines);
        compare_positions(link, theirs, &lines);
    }
    for (size_t i = 0; rc == OMB_OK && i < health->own.count; i++)
        rc = compare_log(step, &health->own.items[i], health->at, &lines, err);
    if (link->row.health_at > link->since)
        compare_clock(link, health, &lines);
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
    out->there = show_there(step, link);
    rc = show_witnesses(step, link, out, err);
    if (rc == OMB_OK)
        rc = count_missing(step, link, &out->missing_parts, err);
    if (rc == OMB_OK)
        rc = count_gaps(step, link, &out->gaps, err);
    if (rc == OMB_OK)
        rc = omb_desk_count_flagged(step, OMB_FLAGGED_SUPERSEDED, link, 1, &out->superseded, err);
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
    const struct omb_link_seen *link;
    enum omb_rc rc = find_link(step, request->peer, &link, err);

    if (rc != OMB_OK)
        return rc;
    omb_desk_show_peer(step, link, view);
    rc = omb_desk_count_flagged(step, OMB_FLAGGED_QUARANTINED, link, 1, &view->quarantined, err);
    if (rc == OMB_OK)
        rc = fill_detail(step, link, request->waiting, answer, err);
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
