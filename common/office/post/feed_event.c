/*
 * Events of offices: which children they concern. Policies and certificates of service offices go
 * to every child, those that become one later too; what changes the standing of an office goes to
 * whoever was given a certificate of it, stands above it, or is it.
 */
#include <string.h>

#include "base/assert.h"
#include "office/logs.h"
#include "office/post/feed_work.h"
#include "office/post/walk.h"
#include "wire/header.h"

struct event {
    struct omb_step *step;
    const struct omb_row_at *at;
    const struct omb_office_id *children;
    size_t child_count;
};

static bool came_from(const struct event *event, const struct omb_office_id *child)
{
    return omb_feed_came_from(event->step, child, event->at);
}

static enum omb_rc offer_all(const struct event *event, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < event->child_count; i++)
        if (!came_from(event, &event->children[i]))
            rc = omb_feed_record(event->step, &event->children[i], event->at, err);
    return rc;
}

/* --- what goes to every child --- */

static void note_for_all(const struct event *event)
{
    const struct omb_key key = omb_key_for_all(event->at->number, event->at->seq);

    omb_put(event->step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), OMB_VIEW_NONE);
}

/* --- whom the standing of an office concerns --- */

static bool is_self_or_above(const struct omb_step *step, const struct omb_office_id *office)
{
    const struct omb_seat *self = &step->office->self;

    if (omb_office_id_equal(office, &self->office))
        return true;
    for (size_t i = 0; i < self->above_count; i++)
        if (omb_office_id_equal(office, &self->above[i]))
            return true;
    return false;
}

/* The event is about these offices and certificates. */
struct about {
    struct omb_office_id offices[2];
    struct omb_office_id branches[2]; /* the children above them, as the tree is and was */
    struct omb_office_id branches_before[2];
    struct omb_office_certificates certificates; /* of the first office */
    size_t count;
    bool all;
};

/* By the certificate that is named: where the office stood then. */
static struct omb_office_id branch_then(struct omb_step *step, const struct omb_office_ref *ref)
{
    const struct omb_office_card *card = omb_office_card(step, &ref->certificate);
    struct omb_office_id below = ref->office;

    for (size_t i = 0; card && i < card->seat.above_count; i++) {
        if (omb_office_id_equal(&card->seat.above[i], &step->office->self.office))
            return below;
        below = card->seat.above[i];
    }
    return (struct omb_office_id){{0}};
}

static void add_office(struct omb_step *step, struct about *about,
                       const struct omb_office_ref *ref)
{
    const size_t at = about->count++;

    about->offices[at] = ref->office;
    about->branches[at] = omb_feed_branch_of(step, &ref->office);
    about->branches_before[at] = branch_then(step, ref);
    about->all |= is_self_or_above(step, &ref->office);
}

static enum omb_rc concerns(struct omb_step *step, const struct about *about,
                            const struct omb_office_id *child, bool *out, struct omb_error *err)
{
    *out = about->all;
    for (size_t i = 0; i < about->count; i++)
        *out |= omb_office_id_equal(&about->branches[i], child) ||
                omb_office_id_equal(&about->branches_before[i], child);
    return *out ? OMB_OK : omb_feed_knows(step, child, &about->certificates, out, err);
}

/* `one` is whose standing changes; `other` the new parent or successor, if any. */
static enum omb_rc offer_standing(const struct event *event, const struct omb_office_ref *one,
                                  const struct omb_office_ref *other, struct omb_error *err)
{
    struct omb_step *step = event->step;
    struct about *about = OMB_ARENA_NEW(step->arena, struct about, 1);
    enum omb_rc rc;

    if (!one || omb_office_id_none(&one->office))
        return OMB_OK;
    add_office(step, about, one);
    if (other)
        add_office(step, about, other);
    rc = omb_office_certificates(step, &one->office, &about->certificates, err);
    for (size_t i = 0; rc == OMB_OK && i < event->child_count; i++) {
        bool concerned = false;

        if (came_from(event, &event->children[i]))
            continue;
        rc = concerns(step, about, &event->children[i], &concerned, err);
        if (rc == OMB_OK && concerned)
            rc = omb_feed_record(step, &event->children[i], event->at, err);
    }
    return rc;
}

static enum omb_rc offer_revoked(const struct event *event,
                                 const struct omb_office_revoked *revoked, struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card(event->step, &revoked->certificate);
    const struct omb_office_ref ref = {
        .office = card ? card->seat.office : (struct omb_office_id){{0}},
        .certificate = revoked->certificate,
    };

    return offer_standing(event, &ref, NULL, err);
}

/* --- certificates --- */

/*
 * An office that came from elsewhere brings along what it signed as before: the child that it is
 * below now judges its log by the certificates that it had.
 */
static enum omb_rc offer_previous(struct omb_step *step, const struct omb_office_id *now,
                                  const struct omb_certificate *inner, struct omb_error *err)
{
    if (omb_office_id_none(now) || omb_office_id_equal(now, &inner->office) ||
        omb_digest_none(&inner->previous))
        return OMB_OK;
    return omb_feed_certificate(step, now, &inner->previous, err);
}

/*
 * `concerns`: in any case; else when the child was given one of the others: where the office stands
 * says who may act in its cases. Its own word goes to all of them: by that they believe the parent.
 */
static enum omb_rc offer_carrier(const struct event *event, const struct omb_office_id *child,
                                 const struct omb_digest *certificate,
                                 const struct omb_office_certificates *others, bool concerns,
                                 bool own_word, struct omb_error *err)
{
    bool knows = false;
    enum omb_rc rc = OMB_OK;

    if (own_word || !concerns)
        rc = omb_feed_knows(event->step, child, others, &knows, err);
    if (rc != OMB_OK || !(concerns || knows))
        return rc;
    return knows && own_word ? omb_feed_record(event->step, child, event->at, err)
                             : omb_feed_certificate(event->step, child, certificate, err);
}

/* The child below which the office stands now that the one of that certificate has left. */
static struct omb_office_id branch_of_left(struct omb_step *step,
                                           const struct omb_digest *certificate)
{
    const struct omb_office_card *card = omb_office_card(step, certificate);

    return card ? omb_feed_branch_of(step, &card->certificate.inner.parent)
                : (struct omb_office_id){{0}};
}

/*
 * Of one on the path of every child, and of a service office: to all. Of one below a child: to that
 * one, unless it came from there, to the one that it stood below before, which lets it go, and to
 * the one below which whom it left has come meanwhile.
 */
static enum omb_rc offer_certified(const struct event *event, const struct omb_office_id *author,
                                   const struct omb_office_certified *certified,
                                   struct omb_error *err)
{
    struct omb_step *step = event->step;
    struct omb_office_certificates *others =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    struct omb_known_certificate known;
    struct omb_office_id now, before, left;
    enum omb_rc rc;
    bool all;

    if (omb_certify_read(certified->certificate, step->arena, &known, NULL) != OMB_OK)
        return OMB_OK;
    all = known.inner.service || is_self_or_above(step, &known.inner.office);
    now = omb_feed_child_above(step, &known.inner.office);
    before = branch_then(step, &(struct omb_office_ref){known.inner.office, known.inner.previous});
    left = branch_of_left(step, &known.inner.previous);
    if (known.inner.service)
        note_for_all(event);
    rc = omb_feed_certified(step, &known.digest, err);
    if (rc == OMB_OK && !omb_digest_none(&known.inner.previous)) /* the first one nobody knows */
        rc = omb_office_certificates(step, &known.inner.office, others, err);
    for (size_t i = 0; rc == OMB_OK && i < event->child_count; i++) {
        const struct omb_office_id *child = &event->children[i];

        if (came_from(event, child))
            continue;
        rc = offer_carrier(event, child, &known.digest, others,
                           all || omb_office_id_equal(child, &now) ||
                               omb_office_id_equal(child, &before) ||
                               omb_office_id_equal(child, &left),
                           omb_office_id_equal(author, &known.inner.office), err);
    }
    return rc == OMB_OK ? offer_previous(step, &now, &known.inner, err) : rc;
}

/* --- forks --- */

/* Records of a life from a place on, of all its lines: is one of a case in the child's scope? */
struct line {
    struct omb_step *step;
    const struct omb_fork_found *fork;
    const struct omb_office_id *child;
    bool holds;
    struct omb_error *err;
};

static enum omb_rc see_place(void *arg, struct omb_view key, struct omb_view value)
{
    struct line *line = arg;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_arena arena;
    enum omb_rc rc = OMB_OK;

    (void)key;
    if (omb_looked_enough(line->step))
        return OMB_LIMIT;
    omb_looked(line->step, 1);
    omb_arena_init(&arena, SIZE_MAX);
    if (!omb_stored_read(value, &arena, &stored, &header))
        rc = omb_fail(line->err, OMB_DAMAGED, NULL, "a record in the store is damaged");
    else if (header.case_id)
        rc = omb_feed_read_scope(line->step, line->child, header.case_id, &line->holds, line->err);
    omb_arena_free(&arena);
    return rc == OMB_OK && line->holds ? OMB_STOP : rc;
}

static enum omb_rc see_line(void *arg, const struct omb_log *log)
{
    struct line *line = arg;
    const struct omb_key from = omb_key_record(log->number, line->fork->seq);
    const struct omb_key until = omb_key_record(log->number + 1, 0);
    enum omb_rc rc;

    if (!omb_incarnation_equal(&log->row.incarnation, &line->fork->incarnation))
        return OMB_OK;
    rc = omb_port_scan(line->step->port, OMB_FAMILY_RECORD, omb_key_view(&from),
                       omb_key_view(&until), false, see_place, line);
    return rc == OMB_OK && line->holds ? OMB_STOP : rc;
}

/* Whether the office stands below the child, or did by a certificate that it had. */
static enum omb_rc was_below(struct omb_step *step, const struct omb_office_id *office,
                             const struct omb_office_id *child, bool *out, struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    struct omb_office_id branch = omb_feed_branch_of(step, office);
    enum omb_rc rc;

    *out = omb_office_id_equal(&branch, child);
    rc = omb_office_certificates(step, office, list, err);
    for (size_t i = 0; rc == OMB_OK && !*out && i < list->count; i++) {
        branch = branch_then(step, &(struct omb_office_ref){*office, list->items[i]});
        *out = omb_office_id_equal(&branch, child);
    }
    return rc;
}

/*
 * A fork names two records, perhaps of cases: it goes to whom the office is, or stands above, or is
 * or was below, and else only to who may hold what has to move aside.
 */
enum omb_rc omb_feed_fork_concerns(struct omb_step *step, const struct omb_fork_found *fork,
                                   const struct omb_office_id *child, bool *out,
                                   struct omb_error *err)
{
    struct line line = {.step = step, .fork = fork, .child = child, .err = err};
    enum omb_rc rc = OMB_OK;

    *out = is_self_or_above(step, &fork->office);
    if (!*out)
        rc = was_below(step, &fork->office, child, out, err);
    if (rc != OMB_OK || *out)
        return rc;
    rc = omb_logs_each(step, &fork->office, see_line, &line, err);
    *out = line.holds;
    return rc;
}

/* `decides`: what stands here is so by this one. A child that cannot tell puts all aside first. */
static enum omb_rc offer_fork(const struct event *event, const struct omb_fork_found *fork,
                              bool decides, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < event->child_count; i++) {
        const struct omb_office_id *child = &event->children[i];
        bool concerned = false;

        if (came_from(event, child))
            continue;
        rc = omb_feed_fork_concerns(event->step, fork, child, &concerned, err);
        if (rc == OMB_OK && concerned)
            rc = omb_feed_record(event->step, child, event->at, err);
        if (rc == OMB_OK && concerned && decides)
            rc = omb_feed_line(event->step, child, fork, err);
    }
    return rc;
}

static enum omb_rc offer_found(const struct event *event, const struct omb_fork_found *fork,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_fork(&fork->office, &fork->incarnation, fork->seq);
    struct omb_row_at at;
    const enum omb_rc rc = omb_office_place(event->step, &key, &at, err);

    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return rc;
    return offer_fork(event, fork,
                      rc == OMB_OK && at.number == event->at->number && at.seq == event->at->seq,
                      err);
}

/* Offers it to those of the event's children whom it concerns. */
static enum omb_rc offer_to_concerned(const struct event *event, const struct omb_any *any,
                                      struct omb_error *err)
{
    if (any->tag == OMB_EVENT_OFFICE_REVOKED)
        return offer_revoked(event, OMB_AS(office_revoked, *any), err);
    if (any->tag == OMB_EVENT_OFFICE_MOVED)
        return offer_standing(event, OMB_AS(office_moved, *any)->office,
                              OMB_AS(office_moved, *any)->parent, err);
    if (any->tag == OMB_EVENT_OFFICE_CLOSED)
        return offer_standing(event, OMB_AS(office_closed, *any)->office,
                              OMB_AS(office_closed, *any)->successor, err);
    if (any->tag == OMB_EVENT_FORK_FOUND)
        return offer_found(event, OMB_AS(fork_found, *any), err);
    return OMB_OK;
}

enum omb_rc omb_feed_event(struct omb_step *step, const struct omb_header *header,
                           const struct omb_row_at *at, struct omb_error *err)
{
    struct event event = {.step = step, .at = at};
    const struct omb_any *any;

    if (header->case_id || !header->facts || !header->facts->event.value)
        return OMB_OK;
    any = &header->facts->event;
    event.child_count = omb_feed_children(step, &event.children);
    if (any->tag == OMB_EVENT_POLICY_PUBLISHED) {
        note_for_all(&event);
        return offer_all(&event, err);
    }
    if (any->tag == OMB_EVENT_OFFICE_CERTIFIED)
        return offer_certified(&event, &header->office, OMB_AS(office_certified, *any), err);
    return offer_to_concerned(&event, any, err);
}

enum omb_rc omb_feed_event_again(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_header *header, const struct omb_row_at *at,
                                 struct omb_error *err)
{
    const struct event event = {.step = step, .at = at, .children = child, .child_count = 1};
    const struct omb_any *any = header->facts ? &header->facts->event : NULL;
    struct omb_known_certificate known;
    bool had = any && any->tag == OMB_EVENT_POLICY_PUBLISHED;
    enum omb_rc rc = OMB_OK;

    if (!any || !any->value)
        return OMB_OK;
    if (any->tag == OMB_EVENT_FORK_FOUND)
        return offer_fork(&event, OMB_AS(fork_found, *any), false, err);
    if (any->tag == OMB_EVENT_OFFICE_CERTIFIED &&
        omb_certify_read(OMB_AS(office_certified, *any)->certificate, step->arena, &known, NULL) ==
            OMB_OK)
        rc = omb_feed_was_given(step, child, &known.digest, &had, err);
    if (rc == OMB_OK)
        rc = had ? omb_feed_record(step, child, at, err) : offer_to_concerned(&event, any, err);
    return rc;
}

/* --- a child that lost some of what it had --- */

static enum omb_rc take_standing(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_row_at *at = omb_feed_next_place(arg);

    (void)key;
    return omb_read_place(value, &at->number, &at->seq) ? OMB_OK : OMB_DAMAGED;
}

static bool is_on_side(const struct event *event, const struct omb_office_id *office)
{
    const struct omb_office_id branch = omb_feed_branch_of(event->step, office);

    return omb_office_id_equal(&branch, event->children);
}

static bool names_one_on_side(const struct event *event, const struct omb_office_ref *one,
                              const struct omb_office_ref *other)
{
    return (one && is_on_side(event, &one->office)) || (other && is_on_side(event, &other->office));
}

/* Whether it is about an office at or below the child. */
static bool concerns_side(const struct event *event, const struct omb_any *any)
{
    const struct omb_office_card *card;

    if (any->tag == OMB_EVENT_OFFICE_CLOSED)
        return names_one_on_side(event, OMB_AS(office_closed, *any)->office,
                                 OMB_AS(office_closed, *any)->successor);
    if (any->tag == OMB_EVENT_FORK_FOUND)
        return is_on_side(event, &OMB_AS(fork_found, *any)->office);
    if (any->tag != OMB_EVENT_OFFICE_REVOKED)
        return false;
    card = omb_office_card(event->step, &OMB_AS(office_revoked, *any)->certificate);
    return card && is_on_side(event, &card->seat.office);
}

static enum omb_rc offer_one_standing(const struct event *event, bool all, struct omb_error *err)
{
    const struct omb_any *any;
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc = omb_header_read(event->step, event->at, &header, &digest, NULL, err);

    if (rc != OMB_OK || !header.facts || !header.facts->event.value)
        return rc;
    any = &header.facts->event;
    if (!all && (is_on_side(event, &header.office) || !concerns_side(event, any)))
        return OMB_OK;
    return offer_to_concerned(event, any, err);
}

/* Offices that had a certificate of the child, or of one below it, and stand elsewhere. */
struct certified {
    const struct event *event;
    struct omb_office_id parent; /* of the rows just now, which come in its order */
    bool on_side;                /* the child's */
    struct omb_office_id *items;
    size_t count, room;
};

static enum omb_rc take_certified(void *arg, struct omb_view key, struct omb_view value)
{
    struct certified *certified = arg;
    struct omb_arena *arena = certified->event->step->arena;
    struct omb_office_id parent, office;

    (void)value;
    if (key.size != 1 + 2 * OMB_OFFICE_ID_SIZE)
        return OMB_DAMAGED;
    memcpy(parent.bytes, key.data + 1, OMB_OFFICE_ID_SIZE);
    memcpy(office.bytes, key.data + 1 + OMB_OFFICE_ID_SIZE, OMB_OFFICE_ID_SIZE);
    if (!omb_office_id_equal(&parent, &certified->parent))
        certified->on_side = is_on_side(certified->event, &parent);
    certified->parent = parent;
    if (!certified->on_side || is_on_side(certified->event, &office))
        return OMB_OK;
    if (certified->count == certified->room) {
        const size_t room = certified->room ? 2 * certified->room : 16;
        struct omb_office_id *items = OMB_ARENA_NEW(arena, struct omb_office_id, room);

        if (certified->count > 0)
            memcpy(items, certified->items, certified->count * sizeof(*items));
        certified->items = items;
        certified->room = room;
    }
    certified->items[certified->count++] = office;
    return OMB_OK;
}

/* It may not have heard that they left. */
static enum omb_rc offer_left(const struct event *event, struct omb_error *err)
{
    struct omb_step *step = event->step;
    const struct omb_key all = omb_key_below(NULL, NULL);
    struct certified certified = {.event = event};
    enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&all),
                                          take_certified, &certified);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of the offices cannot be read");
    for (size_t i = 0; rc == OMB_OK && i < certified.count; i++) {
        const struct omb_office_card *newest = omb_office_newest(step, &certified.items[i]);

        if (newest)
            rc = omb_feed_certificate(step, event->children, &newest->certificate.digest, err);
    }
    return rc;
}

enum omb_rc omb_feed_standings(struct omb_step *step, const struct omb_office_id *child, bool all,
                               struct omb_error *err)
{
    const struct event side = {.step = step, .children = child, .child_count = 1};
    const struct omb_key prefixes[] = {omb_key_revocation(NULL), omb_key_closing(NULL),
                                       omb_key_fork(NULL, NULL, 0)};
    const struct omb_office_id *source = step->source;
    struct omb_feed_places list = {.arena = step->arena};
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefixes[i]),
                                  take_standing, &list);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of the offices cannot be read");
    step->source = NULL; /* what is under way from the child brought none of them */
    for (size_t i = 0; rc == OMB_OK && i < list.count; i++) {
        const struct event event = {
            .step = step, .at = &list.items[i], .children = child, .child_count = 1};

        rc = offer_one_standing(&event, all, err);
    }
    if (rc == OMB_OK)
        rc = offer_left(&side, err);
    step->source = source;
    return rc;
}
