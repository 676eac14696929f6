/*
 * Where each record of a case is: which offices durably hold it, and what the others wait for. An
 * office holds what it wrote, what it wrote upon, what came over it (nothing leaves an office
 * before it is durable there), what it acknowledged, and what a witness of it covers.
 * Acknowledgements go one level: of everybody else it is said whom to ask.
 */
#include <stdlib.h>
#include <string.h>

#include "office/desk/act.h"
#include "office/desk/inspect.h"
#include "office/desk/view.h"
#include "office/post/feed.h"
#include "wire/limits.h"

#define OFFICES_MAX 256 /* of one case; the parties of one are few */

/* An office that should hold the case. */
struct keeper {
    struct omb_office_id office;
    const struct omb_link_seen *link; /* it is the parent or a direct child */
    bool *unacked;                    /* a child: by event, what is in its feed and not taken yet */
    bool unknown;                     /* its feed is too long to be looked through */
    bool *wrote;                      /* by event: what it wrote, and what that stands upon */
    const struct keeper *hop;         /* first on the way there; NULL: it is not told of here */
};

struct tracing {
    struct omb_step *step;
    const struct omb_casefile *file;
    struct keeper *keepers;
    size_t keeper_count;
    size_t *upon; /* by event: the one that its author saw as the newest; SIZE_MAX: none here */
    struct omb_error *err;
};

/* --- who should hold it --- */

static void add_keeper(struct tracing *trace, const struct omb_office_id *office)
{
    for (size_t i = 0; i < trace->keeper_count; i++) {
        if (omb_office_id_equal(&trace->keepers[i].office, office))
            return;
    }
    if (trace->keeper_count < OFFICES_MAX)
        trace->keepers[trace->keeper_count++] = (struct keeper){
            .office = *office,
            .link = omb_desk_link_to(trace->step, office),
        };
}

/* Parties, and every office above one. */
static void find_keepers(struct tracing *trace)
{
    const struct omb_case *folded = &trace->file->folded;

    trace->keepers = OMB_ARENA_NEW(trace->step->arena, struct keeper, OFFICES_MAX);
    for (size_t i = 0; i < folded->party_count; i++) {
        const struct omb_office_card *card =
            omb_office_newest(trace->step, &folded->parties[i]);

        add_keeper(trace, &folded->parties[i]);
        for (size_t a = 0; card != NULL && a < card->seat.above_count; a++)
            add_keeper(trace, &card->seat.above[a]);
    }
}

/* --- what a child still has to take --- */

struct feed_walk {
    const struct tracing *trace;
    struct keeper *keeper;
    size_t scanned;
};

static enum omb_rc visit_feed(void *arg, struct omb_view key, struct omb_view value)
{
    struct feed_walk *walk = arg;
    const struct omb_casefile *file = walk->trace->file;
    struct omb_row_at at;

    (void)key;
    if (!omb_read_place(value, &at.number, &at.seq))
        return omb_fail(walk->trace->err, OMB_DAMAGED, NULL, "a row of a feed cannot be read");
    for (size_t i = 0; i < file->event_count; i++) {
        if (file->rows[i].number == at.number && file->rows[i].seq == at.seq)
            walk->keeper->unacked[i] = true;
    }
    if (++walk->scanned < OMB_SCAN_MAX)
        return OMB_OK;
    walk->keeper->unknown = true;
    return OMB_STOP;
}

static enum omb_rc read_feed(const struct tracing *trace, struct keeper *keeper)
{
    const struct omb_peer_row *row = &keeper->link->row;
    const struct omb_key after =
        omb_key_feed(&keeper->office, row->acked != NULL ? row->acked->position : 0);
    struct feed_walk walk = {.trace = trace, .keeper = keeper};

    keeper->unacked = OMB_ARENA_NEW(trace->step->arena, bool, trace->file->event_count);
    return omb_desk_scan(trace->step, OMB_FAMILY_FEED,
                         omb_view(keeper->office.bytes, OMB_OFFICE_ID_SIZE), &after, visit_feed,
                         &walk, trace->err);
}

/* --- what an office wrote upon --- */

struct place_in_file {
    const struct omb_digest *digest;
    size_t index;
};

static int by_digest(const void *a, const void *b)
{
    const struct place_in_file *one = a, *other = b;

    return OMB_ID_COMPARE(one->digest, other->digest);
}

static void find_upon(struct tracing *trace)
{
    const struct omb_casefile *file = trace->file;
    const size_t count = file->event_count;
    struct place_in_file *places = OMB_ARENA_NEW(trace->step->arena, struct place_in_file, count);

    trace->upon = OMB_ARENA_NEW(trace->step->arena, size_t, count);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place_in_file){&file->events[i].digest, i};
    if (count > 0)
        qsort(places, count, sizeof(*places), by_digest);
    for (size_t i = 0; i < count; i++) {
        const struct place_in_file key = {.digest = &file->events[i].after};
        const struct place_in_file *found =
            bsearch(&key, places, count, sizeof(*places), by_digest);

        trace->upon[i] = found ? found->index : SIZE_MAX;
    }
}

/* Nobody names a record as the newest without having it, and what that one names. */
static void find_wrote(const struct tracing *trace, struct keeper *keeper)
{
    const struct omb_casefile *file = trace->file;

    keeper->wrote = OMB_ARENA_NEW(trace->step->arena, bool, file->event_count);
    for (size_t i = 0; i < file->event_count; i++) {
        if (!omb_office_id_equal(&file->events[i].office, &keeper->office))
            continue;
        for (size_t k = i; k != SIZE_MAX && !keeper->wrote[k]; k = trace->upon[k])
            keeper->wrote[k] = true;
    }
}

/* --- the way that a record came --- */

/* Whether it passed through the office on its way from its author to this one. */
static bool came_through(const struct tracing *trace, const struct omb_office_id *author,
                         const struct omb_office_id *office)
{
    struct omb_step *step = trace->step;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const bool above_author = omb_office_is_within(step, author, office);
    const bool above_self = omb_office_is_within(step, self, office);
    const struct omb_office_card *card;

    if (omb_office_id_equal(office, author) || omb_office_id_equal(office, self))
        return true;
    if (above_author != above_self)
        return true; /* on one side alone: below where the two ways meet */
    if (!above_author)
        return false;
    /* Above both: it is where they meet when nobody below it is above both. */
    card = omb_office_newest(step, author);
    if (omb_office_is_within(step, self, author) || omb_office_is_within(step, author, self))
        return false;
    for (size_t i = 0; card != NULL && i < card->seat.above_count; i++) {
        if (omb_office_is_within(step, self, &card->seat.above[i]))
            return omb_office_id_equal(&card->seat.above[i], office);
    }
    return false;
}

static bool is_witnessed(const struct omb_witness_seen *seen, size_t count,
                         const struct omb_office_id *office, uint64_t seq)
{
    for (size_t i = 0; i < count; i++) {
        if (omb_office_id_equal(&seen[i].witness, office) && seen[i].seq >= seq)
            return true;
    }
    return false;
}

/* --- one event --- */

struct event_trace {
    struct tracing *trace;
    const struct omb_judged *judged;
    size_t index; /* of the event in the file */
    const struct omb_witness_seen *witnesses;
    size_t witness_count;
    struct omb_view *held;
    size_t held_count;
    struct omb_trace_wait *waits;
    size_t wait_count;
};

static void wait_for(struct event_trace *event, const struct omb_office_id *office,
                     struct omb_view on, int64_t since)
{
    event->waits[event->wait_count++] = (struct omb_trace_wait){
        .office = omb_office_code_of(event->trace->step, office),
        .on = on,
        .since = since,
    };
}

/* A peer that has not acknowledged it. */
static void wait_for_link(struct event_trace *event, const struct keeper *keeper)
{
    const struct omb_link_seen *link = keeper->link;

    if (omb_view_is(omb_view_str(link->state), "live") &&
        (link->reason == NULL || link->reason[0] == '\0'))
        wait_for(event, &keeper->office, OMB_VIEW_LIT("not acknowledged yet"),
                 event->judged->event->time_ms);
    else
        wait_for(event, &keeper->office, omb_desk_link_words(event->trace->step, link),
                 link->since);
}

/* Whether a direct child has taken it out of its feed. */
static bool is_taken(const struct event_trace *event, const struct keeper *keeper)
{
    return keeper->link != NULL && !keeper->link->up && !keeper->unknown &&
           !keeper->unacked[event->index];
}

static bool is_held(const struct event_trace *event, const struct keeper *keeper)
{
    const struct omb_event *record = event->judged->event;

    return keeper->wrote[event->index] ||
           came_through(event->trace, &record->office, &keeper->office) ||
           is_witnessed(event->witnesses, event->witness_count, &keeper->office, record->seq) ||
           is_taken(event, keeper);
}

/* Beyond the next office: it knows, when it has the record. */
static void wait_beyond(struct event_trace *event, const struct keeper *keeper)
{
    struct omb_step *step = event->trace->step;
    const struct keeper *hop = keeper->hop;
    struct omb_view on = OMB_VIEW_LIT("unknown: not seen from here");

    if (hop != NULL && !hop->unknown)
        on = omb_arena_printf(step->arena,
                              is_held(event, hop) ? "not seen from here: %.*s has it, ask there"
                                                  : "it goes by way of %.*s, which waits for it",
                              OMB_VIEW_ARGS(omb_office_code_of(step, &hop->office)));
    wait_for(event, &keeper->office, on, 0);
}

static void trace_keeper(struct event_trace *event, const struct keeper *keeper)
{
    struct omb_step *step = event->trace->step;
    const struct omb_event *record = event->judged->event;
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const bool mine = omb_office_is_within(step, &record->office, self);

    if (is_held(event, keeper))
        event->held[event->held_count++] = omb_office_code_of(step, &keeper->office);
    else if (keeper->link != NULL && (keeper->link->up || !keeper->unknown))
        wait_for_link(event, keeper);
    else if (mine && omb_office_is_within(step, self, &keeper->office))
        wait_for(event, &keeper->office, OMB_VIEW_LIT("no witness of it has come"),
                 record->time_ms);
    else if (keeper->link != NULL)
        wait_for(event, &keeper->office,
                 OMB_VIEW_LIT("unknown: what waits for it is too long to be looked through"), 0);
    else
        wait_beyond(event, keeper);
}

/* The custodian cannot read the case until a holder grants it the key. */
static void trace_key(struct event_trace *event)
{
    const struct omb_case *folded = &event->trace->file->folded;
    struct omb_step *step = event->trace->step;
    struct omb_view home;

    if (folded->custodian == NULL || folded->home == NULL ||
        !omb_digest_equal(&event->judged->event->digest, &folded->spine) ||
        omb_case_is_holder(folded, &folded->custodian->office))
        return;
    home = omb_office_code_of(step, &folded->home->office);
    wait_for(event, &folded->custodian->office,
             omb_office_gone(step, &folded->custodian->office)
                 ? OMB_VIEW_LIT("closed or revoked: an office above takes the case over")
                 : omb_arena_printf(step->arena, "sealed: the case's key, asked of %.*s",
                                    OMB_VIEW_ARGS(home)),
             event->judged->event->time_ms);
}

static enum omb_rc trace_event(struct tracing *trace, const struct omb_judged *judged,
                               struct omb_trace_event *out)
{
    struct omb_step *step = trace->step;
    const struct omb_event *record = judged->event;
    const struct omb_row_at *at = omb_desk_row_of(trace->file, record);
    struct omb_desk_room room = OMB_DESK_ROOM;
    struct event_trace event = {
        .trace = trace,
        .judged = judged,
        .index = (size_t)(record - trace->file->events),
        .held = OMB_ARENA_NEW(step->arena, struct omb_view, trace->keeper_count),
        .waits = OMB_ARENA_NEW(step->arena, struct omb_trace_wait, trace->keeper_count + 1),
    };
    struct omb_event_view view;
    enum omb_rc rc = omb_post_witnesses(step, at->number, &event.witnesses, &event.witness_count,
                                        trace->err);

    if (rc != OMB_OK)
        return rc;
    for (size_t i = 0; i < trace->keeper_count; i++)
        trace_keeper(&event, &trace->keepers[i]);
    trace_key(&event);
    omb_desk_event_view(step, trace->file, judged, NULL, &room, &view);
    *out = (struct omb_trace_event){
        .type = view.type,
        .office = view.office,
        .record = view.digest,
        .at = view.at,
        .effect = view.effect,
        .why = view.why,
        .held_by = {event.held, event.held_count},
        .waits = {event.waits, event.wait_count},
    };
    return OMB_OK;
}

/* The first office on the way from here to the other one. */
static const struct keeper *hop_to(const struct tracing *trace, const struct keeper *keeper)
{
    const struct omb_office_id child = omb_feed_child_above(trace->step, &keeper->office);

    for (size_t i = 0; i < trace->keeper_count; i++) {
        const struct keeper *hop = &trace->keepers[i];

        if (omb_office_id_none(&child) ? hop->link != NULL && hop->link->up
                                       : omb_office_id_equal(&hop->office, &child))
            return hop;
    }
    return NULL;
}

/* The author and this office are no parties of a record without effect, but hold it. */
static void add_holders(struct tracing *trace)
{
    add_keeper(trace, &omb_office_self(trace->step->office)->office);
    for (size_t i = 0; i < trace->file->event_count; i++)
        add_keeper(trace, &trace->file->events[i].office);
}

static enum omb_rc trace_case(struct tracing *trace, struct omb_trace *out)
{
    const struct omb_case *folded = &trace->file->folded;
    struct omb_trace_event *events =
        OMB_ARENA_NEW(trace->step->arena, struct omb_trace_event, folded->judged_count);
    enum omb_rc rc = OMB_OK;

    find_keepers(trace);
    add_holders(trace);
    find_upon(trace);
    for (size_t i = 0; rc == OMB_OK && i < trace->keeper_count; i++) {
        find_wrote(trace, &trace->keepers[i]);
        trace->keepers[i].hop = hop_to(trace, &trace->keepers[i]);
        if (trace->keepers[i].link != NULL && !trace->keepers[i].link->up)
            rc = read_feed(trace, &trace->keepers[i]);
    }
    for (size_t i = 0; rc == OMB_OK && i < folded->judged_count; i++)
        rc = trace_event(trace, &folded->judged[i], &events[i]);
    out->events.items = events;
    out->events.count = folded->judged_count;
    return rc;
}

enum omb_rc omb_desk_case_trace(struct omb_step *step, const void *ask, const void **out,
                                struct omb_error *err)
{
    const struct omb_trace_ask *request = ask;
    struct omb_trace *answer = OMB_ARENA_NEW(step->arena, struct omb_trace, 1);
    struct omb_casefile file;
    struct omb_case_id id;
    struct tracing trace = {.step = step, .file = &file, .err = err};
    enum omb_rc rc = omb_casefile_find(step, request->number, &id, err);

    if (rc == OMB_OK)
        rc = omb_casefile_load(step, &id, &file, err);
    if (rc == OMB_OK)
        rc = omb_desk_may_see(step, &file, err);
    if (rc == OMB_OK)
        rc = trace_case(&trace, answer);
    if (rc != OMB_OK)
        return rc;
    answer->number = omb_act_number(step, &id);
    *out = answer;
    return OMB_OK;
}
