/*
 * What each child must still get: records of the cases in its scope, and before them the
 * certificates without which it could not judge them.
 */
#include <string.h>

#include "base/assert.h"
#include "office/post/feed_work.h"
#include "office/post/walk.h"
#include "wire/header.h"

enum { NEEDS_DEPTH_MAX = 32 }; /* of certificates whose carriers need certificates */

/* --- certificates --- */

static enum omb_rc give(struct omb_step *step, const struct omb_office_id *child,
                        const struct omb_digest *certificate, unsigned depth,
                        struct omb_error *err);

static enum omb_rc give_by_key(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_key_id *key, unsigned depth,
                               struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card_by_key(step, key);

    return card ? give(step, child, &card->certificate.digest, depth, err) : OMB_OK;
}

/* A certificate that this child issued, or an office below it, came from there. */
static bool came_from(const struct omb_office_card *card, const struct omb_office_id *child)
{
    for (size_t i = 0; i < card->seat.above_count; i++)
        if (omb_office_id_equal(&card->seat.above[i], child))
            return true;
    return false;
}

/* A record that is about certificates: its signer's first, then its row. */
static enum omb_rc put_carrier(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_row_at *at, unsigned depth, struct omb_error *err)
{
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, NULL, err);

    if (rc == OMB_OK)
        rc = give_by_key(step, child, &header.key, depth, err);
    if (rc == OMB_OK)
        omb_feed_put(step, child, at);
    return rc;
}

static enum omb_rc give_above(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_certificate *inner, unsigned depth,
                              struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    if (inner->depth > 0)
        rc = give(step, child, &inner->issuer, depth, err);
    if (rc == OMB_OK && !omb_digest_none(&inner->previous))
        rc = give(step, child, &inner->previous, depth, err);
    return rc;
}

/*
 * A certificate without a record that carries it is of this office's own bundle, and so of every
 * child's. What revoked it goes along, or where the office went that it is astray of: the child
 * must judge as this office does.
 */
static enum omb_rc give(struct omb_step *step, const struct omb_office_id *child,
                        const struct omb_digest *certificate, unsigned depth,
                        struct omb_error *err)
{
    const struct omb_key carrier = omb_key_carrier(certificate);
    const struct omb_key revocation = omb_key_revocation(certificate);
    const struct omb_office_card *card, *newest;
    struct omb_row_at at, revoked;
    bool given = false;
    enum omb_rc rc = omb_feed_was_given(step, child, certificate, &given, err);

    if (rc != OMB_OK || given)
        return rc;
    card = omb_office_named(step, certificate);
    if (!card || depth > NEEDS_DEPTH_MAX || came_from(card, child))
        return OMB_OK;
    rc = omb_office_place(step, &carrier, &at, err);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    omb_feed_note_given(step, child, certificate);
    rc = give_above(step, child, &card->certificate.inner, depth + 1, err);
    if (rc == OMB_OK)
        rc = put_carrier(step, child, &at, depth + 1, err);
    if (rc == OMB_OK)
        rc = omb_office_place(step, &revocation, &revoked, err);
    if (rc == OMB_OK)
        rc = put_carrier(step, child, &revoked, depth + 1, err);
    if (rc == OMB_NOT_FOUND)
        rc = OMB_OK;
    if (rc == OMB_OK && card->revoked)
        rc = give(step, child, &card->revoked_as, depth + 1, err);
    newest = rc == OMB_OK && card->astray ? omb_office_newest(step, &card->seat.office) : NULL;
    return newest ? give(step, child, &newest->certificate.digest, depth + 1, err) : rc;
}

enum omb_rc omb_feed_certificate(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_digest *certificate, struct omb_error *err)
{
    return give(step, child, certificate, 0, err);
}

/* --- what the facts of a record name --- */

static enum omb_rc give_ref(struct omb_step *step, const struct omb_office_id *child,
                            const struct omb_office_ref *ref, struct omb_error *err)
{
    if (!ref || omb_digest_none(&ref->certificate))
        return OMB_OK;
    return give(step, child, &ref->certificate, 0, err);
}

static enum omb_rc give_pair(struct omb_step *step, const struct omb_office_id *child,
                             const struct omb_office_ref *one, const struct omb_office_ref *other,
                             struct omb_error *err)
{
    const enum omb_rc rc = give_ref(step, child, one, err);

    return rc == OMB_OK ? give_ref(step, child, other, err) : rc;
}

static const struct omb_office_ref *about_of(const struct omb_facts *facts)
{
    const struct omb_matter *matter = NULL;

    if (facts->event.tag == OMB_EVENT_REGISTERED)
        matter = OMB_AS(registered, facts->event)->matter;
    else if (facts->event.tag == OMB_EVENT_AMENDED)
        matter = OMB_AS(amended, facts->event)->matter;
    return matter ? matter->about : NULL;
}

/* The keys that signed the two lines of a fork. */
static enum omb_rc give_fork(struct omb_step *step, const struct omb_office_id *child,
                             const struct omb_fork_found *fork, struct omb_error *err)
{
    const struct omb_view headers[] = {fork->first_header, fork->second_header};
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < 2; i++) {
        struct omb_header header;
        bool odd;

        if (omb_header_decode(headers[i], step->arena, &header, &odd, NULL) == OMB_OK)
            rc = give_by_key(step, child, &header.key, 0, err);
    }
    return rc;
}

/*
 * Where the office stands now, too: a child that gets its own record back may have let it go since,
 * and below another parent than this one, which told it so then.
 */
static enum omb_rc give_certified(struct omb_step *step, const struct omb_office_id *child,
                                  const struct omb_office_certified *certified,
                                  struct omb_error *err)
{
    struct omb_known_certificate known;
    const struct omb_office_card *newest;
    enum omb_rc rc;

    if (omb_certify_read(certified->certificate, step->arena, &known, NULL) != OMB_OK)
        return OMB_OK;
    omb_feed_note_given(step, child, &known.digest); /* with the record itself */
    rc = give_above(step, child, &known.inner, 0, err);
    newest = rc == OMB_OK ? omb_office_newest(step, &known.inner.office) : NULL;
    return newest ? give(step, child, &newest->certificate.digest, 0, err) : rc;
}

static enum omb_rc give_named(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_facts *facts, struct omb_error *err)
{
    const struct omb_event event = {.facts = facts};
    const struct omb_any *any = &facts->event;

    if (any->tag == 0 || any->value == NULL)
        return OMB_OK;
    if (any->tag < OMB_EVENT_POLICY_PUBLISHED)
        return give_pair(step, child, omb_event_to(&event), about_of(facts), err);
    if (any->tag == OMB_EVENT_OFFICE_CERTIFIED)
        return give_certified(step, child, OMB_AS(office_certified, *any), err);
    if (any->tag == OMB_EVENT_OFFICE_REVOKED)
        return give(step, child, &OMB_AS(office_revoked, *any)->certificate, 0, err);
    if (any->tag == OMB_EVENT_OFFICE_CLOSED)
        return give_pair(step, child, OMB_AS(office_closed, *any)->office,
                         OMB_AS(office_closed, *any)->successor, err);
    if (any->tag == OMB_EVENT_OFFICE_MOVED)
        return give_pair(step, child, OMB_AS(office_moved, *any)->office,
                         OMB_AS(office_moved, *any)->parent, err);
    if (any->tag == OMB_EVENT_FORK_FOUND)
        return give_fork(step, child, OMB_AS(fork_found, *any), err);
    return OMB_OK;
}

/* The certificates that a record needs: of its signer, and those that its facts name. */
static enum omb_rc give_needs(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_header *header, struct omb_error *err)
{
    const enum omb_rc rc = give_by_key(step, child, &header->key, 0, err);

    return rc == OMB_OK && header->facts ? give_named(step, child, header->facts, err) : rc;
}

/* --- records --- */

static enum omb_rc offer(struct omb_step *step, const struct omb_office_id *child,
                         const struct omb_row_at *at, bool in_scope, struct omb_error *err)
{
    struct omb_header header;
    struct omb_digest digest;
    bool in = true;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, NULL, err);

    if (rc == OMB_OK && in_scope && header.case_id)
        rc = omb_feed_read_scope(step, child, header.case_id, &in, err);
    if (rc != OMB_OK)
        return rc;
    OMB_ASSERT(in); /* nothing about a case leaves for whom it does not concern */
    rc = give_needs(step, child, &header, err);
    if (rc == OMB_OK)
        omb_feed_put(step, child, at);
    return rc;
}

enum omb_rc omb_feed_record(struct omb_step *step, const struct omb_office_id *child,
                            const struct omb_row_at *at, struct omb_error *err)
{
    return offer(step, child, at, true, err);
}

enum omb_rc omb_feed_give_back(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_row_at *at, struct omb_error *err)
{
    struct omb_log log;
    struct omb_office_id branch;
    enum omb_rc rc = omb_log_by_number(step, at->number, &log, err);

    if (rc != OMB_OK)
        return rc;
    branch = omb_feed_branch_of(step, &log.row.office);
    OMB_ASSERT(omb_office_id_equal(&branch, child));
    return offer(step, child, at, false, err);
}

/* --- a line that stands --- */

static enum omb_rc offer_of_line(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_row_at *at, struct omb_error *err)
{
    struct omb_header header;
    struct omb_digest digest;
    bool in = false;
    enum omb_rc rc = omb_header_read(step, at, &header, &digest, NULL, err);

    if (rc == OMB_OK && !header.case_id)
        return omb_feed_event_again(step, child, &header, at, err);
    if (rc == OMB_OK)
        rc = omb_feed_read_scope(step, child, header.case_id, &in, err);
    return rc == OMB_OK && in ? omb_feed_record(step, child, at, err) : rc;
}

enum omb_rc omb_feed_line(struct omb_step *step, const struct omb_office_id *child,
                          const struct omb_fork_found *fork, struct omb_error *err)
{
    const struct omb_office_id branch = omb_feed_branch_of(step, &fork->office);
    struct omb_walk *walk = OMB_ARENA_NEW(step->arena, struct omb_walk, 1);
    uint64_t next = fork->seq;
    struct omb_log log;
    enum omb_rc rc = omb_log_find(step, &fork->office, &fork->incarnation, 0, &log, err);

    if (rc != OMB_OK || omb_office_id_equal(&branch, child))
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    do {
        rc = omb_walk_log(step, log.number, next, log.row.head, walk, err);
        for (size_t i = 0; rc == OMB_OK && i < walk->count; i++) {
            const struct omb_row_at at = {log.number, walk->items[i]};

            rc = offer_of_line(step, child, &at, err);
            next = at.seq + 1;
        }
    } while (rc == OMB_OK && walk->count == OMB_WALK && next <= log.row.head);
    return rc;
}

/* --- cases --- */

static bool is_fresh(const struct omb_casefile *file, const struct omb_row_at *at)
{
    for (size_t i = 0; i < file->fresh_count; i++)
        if (file->fresh[i].number == at->number && file->fresh[i].seq == at->seq)
            return true;
    return false;
}

static enum omb_rc offer_earlier(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_casefile *file, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < file->event_count; i++) {
        const struct omb_office_id branch = omb_feed_branch_of(step, &file->events[i].office);

        if (!omb_office_id_equal(&branch, child) && !is_fresh(file, &file->rows[i]))
            rc = omb_feed_record(step, child, &file->rows[i], err);
    }
    return rc;
}

bool omb_feed_came_from(const struct omb_step *step, const struct omb_office_id *child,
                        const struct omb_row_at *at)
{
    return step->source && omb_office_id_equal(step->source, child) &&
           !omb_update_find(step->update, at->number, at->seq);
}

static enum omb_rc offer_fresh(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_casefile *file, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < file->fresh_count; i++)
        if (!omb_feed_came_from(step, child, &file->fresh[i]))
            rc = omb_feed_record(step, child, &file->fresh[i], err);
    return rc;
}

/* Where the home of a case stands now says who may do what in it. */
static enum omb_rc enter_scope(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_case_id *id, struct omb_error *err)
{
    const struct omb_key scope = omb_key_scope(child, id);
    const struct omb_office_id branch = omb_feed_branch_of(step, &id->home);
    const struct omb_office_card *home = omb_office_newest(step, &id->home);

    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&scope), OMB_VIEW_NONE);
    return home && !omb_office_id_equal(&branch, child)
               ? omb_feed_certificate(step, child, &home->certificate.digest, err)
               : OMB_OK;
}

/*
 * Whether the case was in the child's scope since an office stood below it once, and comes back to
 * it by a record that names one there now: what was written in between did not go there.
 */
static bool comes_back(struct omb_step *step, const struct omb_office_id *child,
                       const struct omb_casefile *file)
{
    const struct omb_office_id home = omb_feed_branch_of(step, &file->id.home);
    const struct omb_seat *seat = file->folded.home;
    bool named = false;

    if (omb_office_id_equal(&home, child))
        return false;
    for (size_t i = 0; seat && i < seat->above_count; i++) /* where it was registered */
        if (omb_office_id_equal(&seat->above[i], child))
            return false;
    for (size_t i = 0; i < file->event_count; i++) {
        const struct omb_office_ref *to = omb_event_to(&file->events[i]);
        struct omb_office_id branch;

        if (!to)
            continue;
        branch = omb_feed_branch_of(step, &to->office);
        if (!omb_office_id_equal(&branch, child))
            continue;
        if (!is_fresh(file, &file->rows[i]))
            return false; /* it was fed since */
        named = true;
    }
    return named;
}

static enum omb_rc feed_child(struct omb_step *step, const struct omb_office_id *child,
                              const struct omb_casefile *file, struct omb_error *err)
{
    bool in = false;
    enum omb_rc rc = OMB_OK;

    if (!file->born) /* one that is new is in none yet */
        rc = omb_feed_read_scope(step, child, &file->id, &in, err);
    if (rc == OMB_OK && !in) {
        rc = enter_scope(step, child, &file->id, err);
        if (rc == OMB_OK)
            rc = offer_earlier(step, child, file, err);
    } else if (rc == OMB_OK && comes_back(step, child, file)) {
        rc = offer_earlier(step, child, file, err);
    }
    return rc == OMB_OK ? offer_fresh(step, child, file, err) : rc;
}

/* Children that were seen to. */
struct seen {
    struct omb_office_id *items;
    size_t count;
};

static bool is_another(struct seen *seen, const struct omb_office_id *child)
{
    if (omb_office_id_none(child))
        return false;
    for (size_t i = 0; i < seen->count; i++)
        if (omb_office_id_equal(&seen->items[i], child))
            return false;
    seen->items[seen->count++] = *child;
    return true;
}

/*
 * Whoever writes in a case of which nobody on its side is a party may have it from when the home
 * stood there: what was written since, and may stand against it, did not go there. Whose scope it
 * never was in is told nothing. What is fresh is mostly the last.
 */
static enum omb_rc feed_writers(struct omb_step *step, const struct omb_casefile *file,
                                struct seen *seen, struct omb_error *err)
{
    size_t left = file->fresh_count;
    enum omb_rc rc = OMB_OK;

    for (size_t i = file->event_count; rc == OMB_OK && left > 0 && i > 0; i--) {
        struct omb_office_id child;
        bool in = false;

        if (!is_fresh(file, &file->rows[i - 1]))
            continue;
        left--;
        child = omb_feed_child_above(step, &file->events[i - 1].office);
        if (is_another(seen, &child))
            rc = omb_feed_read_scope(step, &child, &file->id, &in, err);
        if (rc == OMB_OK && in)
            rc = offer_earlier(step, &child, file, err);
        if (rc == OMB_OK && in)
            rc = offer_fresh(step, &child, file, err);
    }
    return rc;
}

enum omb_rc omb_feed_case(struct omb_step *step, const struct omb_casefile *file,
                          struct omb_error *err)
{
    const struct omb_case *now = &file->folded;
    const struct omb_office_id *children;
    struct seen seen = {.count = 0};
    enum omb_rc rc = OMB_OK;

    if (omb_feed_children(step, &children) == 0)
        return OMB_OK;
    seen.items = OMB_ARENA_NEW(step->arena, struct omb_office_id,
                               now->party_count + file->fresh_count);
    for (size_t i = 0; rc == OMB_OK && i < now->party_count; i++) {
        const struct omb_office_id child = omb_feed_child_above(step, &now->parties[i]);

        if (is_another(&seen, &child))
            rc = feed_child(step, &child, file, err);
    }
    return rc == OMB_OK ? feed_writers(step, file, &seen, err) : rc;
}

struct places {
    struct omb_arena *arena;
    struct omb_row_at *items;
    size_t count, room;
};

static enum omb_rc take_place(void *arg, struct omb_view key, struct omb_view value)
{
    struct places *places = arg;
    struct omb_case_id id;
    struct omb_row_at at;

    (void)value;
    if (!omb_key_read_case_log(key, &id, &at.number, &at.seq))
        return OMB_DAMAGED;
    if (places->count == places->room) {
        const size_t room = places->room ? 2 * places->room : 32;
        struct omb_row_at *items = OMB_ARENA_NEW(places->arena, struct omb_row_at, room);

        if (places->count > 0)
            memcpy(items, places->items, places->count * sizeof(*items));
        places->items = items;
        places->room = room;
    }
    places->items[places->count++] = at;
    return OMB_OK;
}

enum omb_rc omb_feed_whole_case(struct omb_step *step, const struct omb_office_id *child,
                                const struct omb_case_id *id, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_case(id);
    struct places places = {.arena = step->arena};
    bool in = false;
    enum omb_rc rc = omb_feed_read_scope(step, child, id, &in, err);

    if (rc != OMB_OK || !in)
        return rc;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_CASE_LOG, omb_key_view(&prefix), take_place,
                              &places);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the records of a case cannot be read");
    omb_looked(step, places.count);
    for (size_t i = 0; rc == OMB_OK && i < places.count; i++) {
        struct omb_log log;
        struct omb_office_id branch;

        rc = omb_log_by_number(step, places.items[i].number, &log, err);
        if (rc != OMB_OK)
            break;
        branch = omb_feed_branch_of(step, &log.row.office);
        if (!omb_office_id_equal(&branch, child))
            rc = omb_feed_record(step, child, &places.items[i], err);
    }
    return rc;
}

enum omb_rc omb_feed_newcomer(struct omb_step *step, const struct omb_office_id *office,
                              const struct omb_casefile *file, struct omb_error *err)
{
    const struct omb_office_id child = omb_feed_child_above(step, office);
    const struct omb_case *now = &file->folded;

    if (omb_office_id_none(&child))
        return OMB_OK;
    for (size_t i = 0; i < now->party_count; i++)
        if (omb_office_is_within(step, &now->parties[i], office)) {
            const enum omb_rc rc = enter_scope(step, &child, &file->id, err);

            return rc == OMB_OK ? omb_feed_whole_case(step, &child, &file->id, err) : rc;
        }
    return OMB_OK;
}
