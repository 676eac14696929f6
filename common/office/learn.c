/*
 * What events of offices do, whoever wrote them: certificates become known, revocations take
 * effect, closings are noted, forks are decided. A record whose author had no right to it is kept
 * like any other and does nothing.
 */
#include <string.h>

#include "base/assert.h"
#include "office/logs.h"
#include "office/receive_inside.h"
#include "wire/header.h"

static void put_place(struct omb_step *step, const struct omb_key *key,
                      const struct omb_row_at *at)
{
    uint8_t place[12];

    omb_put_place(place, at->number, at->seq);
    omb_put(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(key), OMB_VIEW_OF(place));
}

static void tree_changed(struct omb_step *step, const struct omb_digest *certificate)
{
    omb_cache_learned(step, certificate);
    step->office->tree_changed = true;
    omb_post_tree_changed(step);
}

/* --- certificates --- */

/*
 * An office certifies those below it; the root's comes from the anchor and is told by itself, and
 * so is one that an office signed as well when it came under another parent.
 */
static bool may_certify(const struct omb_header *header, const struct omb_certificate *inner)
{
    const bool itself = inner->depth == 0 || !omb_digest_none(&inner->previous);

    return (itself && omb_office_id_equal(&header->office, &inner->office)) ||
           (inner->depth > 0 && omb_office_id_equal(&header->office, &inner->parent));
}

/* One that counts makes another of the same parent count, and the one that it names before it. */
static bool vouches_for(const struct omb_office_card *card,
                        const struct omb_known_certificate *known)
{
    return omb_office_id_equal(&card->certificate.inner.parent, &known->inner.parent) ||
           omb_digest_equal(&card->certificate.inner.previous, &known->digest);
}

/* The one that it names as its own before it is that of another office. */
static bool is_of_another(struct omb_step *step, const struct omb_known_certificate *known)
{
    const struct omb_office_card *previous = omb_digest_none(&known->inner.previous)
                                                 ? NULL
                                                 : omb_office_card(step, &known->inner.previous);

    return previous && !omb_office_id_equal(&previous->seat.office, &known->inner.office);
}

static enum omb_rc is_vouched_for(struct omb_step *step, const struct omb_known_certificate *known,
                                  bool *out, struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    const enum omb_rc rc = omb_office_certificates(step, &known->inner.office, list, err);

    *out = rc == OMB_OK && list->count == 0 && !is_of_another(step, known); /* the first one */
    for (size_t i = 0; rc == OMB_OK && !*out && i < list->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &list->items[i]);

        *out = card && vouches_for(card, known);
    }
    return rc;
}

/*
 * Whether there is room for another one of the office. Only so many are looked at, and whoever has
 * certified it once can do so without end: what does not follow the newest gives way early, and
 * what the office did not sign itself before the end.
 */
static enum omb_rc has_room(struct omb_step *step, const struct omb_known_certificate *known,
                            bool *out, struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    const struct omb_office_card *newest = omb_office_newest(step, &known->inner.office);
    const struct omb_office_card *previous = omb_card_previous(step, known);
    const enum omb_rc rc = omb_office_certificates(step, &known->inner.office, list, err);
    const bool own_word =
        previous && omb_certify_signed_by(known, previous->certificate.inner.signing_key);
    const bool next = previous && newest && previous == newest;

    *out = rc == OMB_OK && list->count < (own_word ? OMB_OFFICE_CERTIFICATES_MAX
                                          : next   ? OMB_OFFICE_CERTIFIED_NEXT
                                                   : OMB_OFFICE_CERTIFIED_BESIDE);
    return rc;
}

/*
 * Whether a further certificate of an office that is known here speaks for it. An older one may
 * come after a newer, and one that it never joined with beside the one that it did.
 */
static enum omb_rc is_of_office(struct omb_step *step, const struct omb_known_certificate *known,
                                bool *out, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    *out = omb_card_is_further(step, known);
    if (!*out)
        rc = is_vouched_for(step, known, out, err);
    return rc == OMB_OK && *out ? has_room(step, known, out, err) : rc;
}

/* By what others go by: the office's own word, or a chain of signatures that leads to it. */
static enum omb_rc is_proven(struct omb_step *step, const struct omb_office_card *card, bool *out,
                             struct omb_error *err)
{
    *out = false;
    for (size_t i = 0; card && !*out && i < OMB_CHAIN_MAX; i++) {
        const struct omb_certificate *inner = &card->certificate.inner;
        const struct omb_key key = omb_key_carrier(&card->certificate.digest);
        struct omb_header header;
        struct omb_digest digest;
        struct omb_row_at at;
        enum omb_rc rc;

        *out = omb_digest_none(&inner->previous) ||
               !omb_office_id_equal(&inner->parent, &step->office->self.office);
        rc = *out ? OMB_NOT_FOUND : omb_office_place_standing(step, &key, &at, err);
        if (rc == OMB_OK)
            rc = omb_header_read(step, &at, &header, &digest, NULL, err);
        if (rc == OMB_OK)
            *out = omb_office_id_equal(&header.office, &inner->office);
        else if (rc != OMB_NOT_FOUND)
            return rc;
        card = omb_card_is_further(step, &card->certificate) /* as good as the one before it */
                   ? omb_card_previous(step, &card->certificate)
                   : NULL;
    }
    return OMB_OK;
}

enum omb_rc omb_office_has_come(struct omb_step *step, const struct omb_office_card *card,
                                bool *out, struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    const struct omb_known_certificate *known = &card->certificate;
    enum omb_rc rc = is_proven(step, card, out, err);

    if (rc == OMB_OK && !*out)
        rc = omb_office_certificates(step, &known->inner.office, list, err);
    for (size_t i = 0; rc == OMB_OK && !*out && i < list->count; i++) {
        const struct omb_office_card *other = omb_office_card(step, &list->items[i]);

        if (other && vouches_for(other, known))
            rc = is_proven(step, other, out, err);
    }
    return rc;
}

/* Where an office stands, by its newest certificate. */
struct standing {
    struct omb_office_id branch; /* the child at or below which that is; none: none */
    const struct omb_office_card *newest; /* NULL: nobody knows it */
};

static struct standing standing_of(struct omb_step *step, const struct omb_office_id *office)
{
    return (struct standing){omb_feed_branch_of(step, office), omb_office_newest(step, office)};
}

static bool stands_alike(const struct omb_office_card *one, const struct omb_office_card *other)
{
    const struct omb_seat *a = &one->seat, *b = &other->seat;

    if (a->above_count != b->above_count)
        return false;
    for (size_t i = 0; i < a->above_count; i++)
        if (!omb_office_id_equal(&a->above[i], &b->above[i]))
            return false;
    return true;
}

/* Where it stands below the same offices as before, nobody else decides for it than did. */
static enum omb_rc refold_standing(struct omb_step *step, const struct omb_known_certificate *known,
                                   const struct standing *before, const struct standing *now,
                                   struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    const struct omb_office_card *this = omb_office_card(step, &known->digest);
    const struct omb_office_card *previous = omb_card_previous(step, known);
    enum omb_rc rc = omb_office_certificates(step, &known->inner.office, list, err);
    bool alike = !before->newest || !now->newest || stands_alike(before->newest, now->newest);

    if (this && previous)
        alike = alike && stands_alike(previous, this);
    for (size_t i = 0; rc == OMB_OK && this && !previous && alike && i < list->count; i++) {
        const struct omb_office_card *other = omb_office_card(step, &list->items[i]);

        alike = !other || stands_alike(other, this);
    }
    return rc == OMB_OK ? omb_refold_cases_of(step, &known->inner.office,
                                              alike ? OMB_REFOLD_OWN : OMB_REFOLD_NAMED, err)
                        : rc;
}

/*
 * What means something else by a certificate, since it counts, or since its key was revoked. With
 * the first one of an office its cases, if others told of them, get their numbers.
 */
static enum omb_rc refold_for(struct omb_step *step, const struct omb_known_certificate *known,
                              const struct standing *before, struct omb_error *err)
{
    const struct omb_certificate *inner = &known->inner;
    const struct standing now = standing_of(step, &inner->office);
    const bool came = before->newest && !omb_office_id_none(&now.branch) &&
                      !omb_office_id_equal(&now.branch, &before->branch);
    enum omb_rc rc = came ? omb_refold_cases_of(step, &inner->office, OMB_REFOLD_CAME, err)
                          : refold_standing(step, known, before, &now, err);

    if (came) /* it may have lost what it gave by the way that it stood on before */
        omb_post_came_below(step, &now.branch);
    if (rc == OMB_OK && came && !step->intake) /* at the end of what comes: omb_intake_end */
        rc = omb_feed_standings(step, &now.branch, false, err);
    for (size_t i = 0; rc == OMB_OK && i < inner->succeeds.count; i++) {
        struct omb_office_id closed;

        memcpy(closed.bytes, inner->succeeds.items[i].data, sizeof(closed.bytes));
        rc = omb_refold_cases_of(step, &closed, OMB_REFOLD_OWN, err);
    }
    return rc;
}

static bool is_own(const struct omb_step *step, const struct omb_office_id *office)
{
    return omb_office_id_equal(office, &step->office->self.office);
}

/*
 * The office that it is of signed it as well, which the issuer could not know: only that record
 * tells a stranger that it came under another parent.
 */
static bool is_own_word(const struct omb_header *header, const struct omb_known_certificate *known)
{
    return omb_office_id_equal(&header->office, &known->inner.office);
}

/*
 * What a record that carries the certificate is worth to who does not know it: signed under what it
 * carries nothing, by its issuer a claim, by the office, under another, the proof.
 */
enum worth { WORTH_ITSELF, WORTH_CLAIM, WORTH_PROOF };

static enum worth worth_of(const struct omb_header *header,
                           const struct omb_known_certificate *known)
{
    if (!is_own_word(header, known))
        return WORTH_CLAIM;
    return memcmp(header->key.bytes, known->digest.bytes, sizeof(header->key.bytes)) == 0
               ? WORTH_ITSELF
               : WORTH_PROOF;
}

/*
 * The record carries the certificate from now on, if none that stands does, or the other is worth
 * less; *out_own: the office's own word carries it since now.
 */
static enum omb_rc put_carrier(struct omb_step *step, const struct omb_header *header,
                               const struct omb_row_at *at,
                               const struct omb_known_certificate *known, bool *out_own,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_carrier(&known->digest);
    const enum worth worth = worth_of(header, known);
    struct omb_row_at carrier;
    struct omb_header other;
    struct omb_digest digest;
    struct omb_log log;
    enum omb_rc rc = omb_office_place_standing(step, &key, &carrier, err);

    *out_own = false;
    if (rc == OMB_OK && worth == WORTH_ITSELF)
        return rc;
    if (rc == OMB_OK) {
        rc = omb_log_by_number(step, at->number, &log, err);
        if (rc == OMB_OK && log.row.line == 0)
            rc = omb_header_read(step, &carrier, &other, &digest, NULL, err);
        if (rc != OMB_OK || log.row.line > 0 || worth_of(&other, known) >= worth)
            return rc;
    } else if (rc != OMB_NOT_FOUND) {
        return rc;
    }
    *out_own = worth == WORTH_PROOF;
    put_place(step, &key, at);
    return OMB_OK;
}

/* --- who closes an office --- */

/* Whether it stands above by that certificate, if others know the office by it. */
static enum omb_rc stands_above(struct omb_step *step, const struct omb_office_card *card,
                                const struct omb_office_id *by, bool *out, struct omb_error *err)
{
    bool come = false;
    const enum omb_rc rc = omb_office_has_come(step, card, &come, err);

    *out = rc == OMB_OK && (!come || omb_revoker_rank(&card->seat, by) > 0);
    return rc;
}

/*
 * Whether it is below that one by the certificate that a closing names, by all after it and by the
 * newest: who lets an office go closes it no more, nor by an older certificate of it, nor by one
 * that it issued since.
 */
static enum omb_rc may_close(struct omb_step *step, const struct omb_office_card *card,
                             const struct omb_office_id *by, bool *out, struct omb_error *err)
{
    const struct omb_office_card *newest = omb_office_newest(step, &card->seat.office);
    const struct omb_seat *later = card->seat.later;
    enum omb_rc rc = OMB_OK;

    *out = omb_revoker_rank(&card->seat, by) > 0;
    if (*out && newest)
        rc = stands_above(step, newest, by, out, err);
    for (; rc == OMB_OK && *out && later; later = later->later) {
        const struct omb_office_card *next = omb_office_card(step, &later->certificate);

        if (next)
            rc = stands_above(step, next, by, out, err);
    }
    return rc;
}

/* That it had left may be known here only after who closed it: elsewhere it is the other way. */
static enum omb_rc check_closing(struct omb_step *step, const struct omb_office_id *office,
                                 struct omb_error *err)
{
    const struct omb_key key = omb_key_closing(office);
    const struct omb_office_card *card;
    struct omb_header header;
    struct omb_digest digest;
    struct omb_row_at at;
    bool may = true;
    enum omb_rc rc = omb_office_place(step, &key, &at, err);

    if (rc == OMB_OK)
        rc = omb_header_read(step, &at, &header, &digest, NULL, err);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    card = omb_office_card(
        step, &OMB_AS(office_closed, header.facts->event)->office->certificate);
    rc = card ? may_close(step, card, &header.office, &may, err) : OMB_OK;
    if (rc != OMB_OK || may)
        return rc;
    omb_delete(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&key));
    if (is_own(step, office))
        omb_duty_reopened(step);
    return OMB_OK;
}

/*
 * The office's own word for what its parent alone had said so far: what it signed is kept, wherever
 * the record stands that brought it, and of several certificates it may be the next now.
 */
static enum omb_rc see_own_word(struct omb_step *step, const struct omb_known_certificate *known,
                                const struct omb_office_card *card, bool carries,
                                bool *out_counts, struct omb_error *err)
{
    const bool signs =
        known->outer.signatures.count > card->certificate.outer.signatures.count &&
        omb_certificate_check(step, known, NULL) == OMB_OK;
    struct standing before;
    enum omb_rc rc;

    *out_counts = signs || carries;
    if (!*out_counts)
        return OMB_OK;
    before = standing_of(step, &known->inner.office);
    if (signs)
        omb_certificate_put(step->update->writes, known);
    tree_changed(step, &known->digest);
    rc = check_closing(step, &known->inner.office, err);
    return rc == OMB_OK ? refold_for(step, known, &before, err) : rc;
}

/* The certificate that a record carries, in *out; *out_taken: it counts, or for more, since now. */
static enum omb_rc take_certificate(struct omb_step *step, const struct omb_header *header,
                                    const struct omb_row_at *at,
                                    struct omb_known_certificate *out, bool *out_taken,
                                    struct omb_error *err)
{
    const struct omb_view bytes = OMB_AS(office_certified, header->facts->event)->certificate;
    const struct omb_office_card *card;
    struct standing before;
    bool is_new, own, counts = true;
    enum omb_rc rc;

    *out_taken = false;
    if (omb_certify_read(bytes, step->arena, out, NULL) != OMB_OK ||
        !may_certify(header, &out->inner))
        return OMB_OK;
    card = omb_office_card(step, &out->digest);
    is_new = card == NULL;
    if (is_new && omb_certificate_check(step, out, NULL) != OMB_OK)
        return OMB_OK;
    rc = is_new && !is_own(step, &header->office) ? is_of_office(step, out, &counts, err) : OMB_OK;
    if (rc != OMB_OK)
        return rc;
    rc = put_carrier(step, header, at, out, &own, err);
    if (rc == OMB_OK && !counts)
        return omb_office_claim(step, &header->office, out, at, err);
    if (rc == OMB_OK && !is_new && is_own_word(header, out))
        return see_own_word(step, out, card, own, out_taken, err);
    if (rc != OMB_OK || !is_new)
        return rc;
    before = standing_of(step, &out->inner.office);
    *out_taken = true;
    omb_certificate_put(step->update->writes, out);
    tree_changed(step, &out->digest);
    if (is_own(step, &out->inner.office))
        omb_duty_certified(step, out);
    rc = check_closing(step, &out->inner.office, err);
    return rc == OMB_OK ? refold_for(step, out, &before, err) : rc;
}

/* Of some that were only claimed so far those that count, since another one does. */
static enum omb_rc take_of_these(struct omb_step *step, const struct omb_office_claims *claims,
                                 bool *out_taken, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < claims->count; i++) {
        struct omb_known_certificate known;
        bool taken = false;
        struct omb_header header;
        struct omb_digest digest;
        struct omb_log log;

        rc = omb_log_by_number(step, claims->items[i].number, &log, err);
        if (rc == OMB_OK && log.row.line > 0)
            continue;
        if (rc == OMB_OK)
            rc = omb_header_read(step, &claims->items[i], &header, &digest, NULL, err);
        if (rc == OMB_OK)
            rc = take_certificate(step, &header, &claims->items[i], &known, &taken, err);
        *out_taken |= taken;
    }
    return rc;
}

/* Anybody may claim as many as it likes: what counts may stand behind them. */
static enum omb_rc take_claimed(struct omb_step *step, const struct omb_office_id *office,
                                bool *out_taken, struct omb_error *err)
{
    struct omb_office_claims *claims = OMB_ARENA_NEW(step->arena, struct omb_office_claims, 1);
    enum omb_rc rc;

    *out_taken = false;
    do {
        rc = omb_office_claimed(step, office, claims, err);
        if (rc == OMB_OK)
            rc = take_of_these(step, claims, out_taken, err);
    } while (rc == OMB_OK && claims->count == OMB_OFFICE_CERTIFICATES_MAX);
    return rc;
}

static enum omb_rc learn_certificate(struct omb_step *step, const struct omb_header *header,
                                     const struct omb_row_at *at, struct omb_error *err)
{
    struct omb_known_certificate known;
    bool taken;
    enum omb_rc rc = take_certificate(step, header, at, &known, &taken, err);

    while (rc == OMB_OK && taken) /* each time there are fewer that are only claimed */
        rc = take_claimed(step, &known.inner.office, &taken, err);
    return rc;
}

/* --- revocations and closings --- */

/*
 * Whether another word stands in that row: of several the one nearest the root, of equals the
 * smaller digest, everywhere. Of an office that is not known here none can be judged: card NULL.
 */
static enum omb_rc is_outdone(struct omb_step *step, const struct omb_key *key,
                              const struct omb_office_card *card, const struct omb_header *header,
                              const struct omb_digest *digest, bool *out, struct omb_error *err)
{
    struct omb_header other;
    struct omb_digest other_digest;
    struct omb_row_at at;
    uint32_t rank, other_rank;
    enum omb_rc rc = omb_office_place_standing(step, key, &at, err);

    *out = false;
    if (rc == OMB_OK)
        rc = omb_header_read(step, &at, &other, &other_digest, NULL, err);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    rank = card ? omb_revoker_rank(&card->seat, &header->office) : 0;
    other_rank = card ? omb_revoker_rank(&card->seat, &other.office) : 0;
    *out = !card || other_rank > rank ||
           (other_rank == rank && OMB_ID_COMPARE(&other_digest, digest) <= 0);
    return OMB_OK;
}

static enum omb_rc learn_revocation(struct omb_step *step, const struct omb_header *header,
                                    const struct omb_row_at *at, const struct omb_digest *digest,
                                    struct omb_error *err)
{
    const struct omb_digest *certificate =
        &OMB_AS(office_revoked, header->facts->event)->certificate;
    const struct omb_office_card *card = omb_office_card(step, certificate);
    const struct omb_key key = omb_key_revocation(certificate);
    struct standing before = {.newest = NULL};
    bool outdone;
    enum omb_rc rc;

    if (card && omb_revoker_rank(&card->seat, &header->office) == 0)
        return OMB_OK;
    if (card)
        before = standing_of(step, &card->seat.office);
    rc = is_outdone(step, &key, card, header, digest, &outdone, err);
    if (rc != OMB_OK || outdone)
        return rc;
    put_place(step, &key, at);
    tree_changed(step, certificate);
    return card ? refold_for(step, &card->certificate, &before, err) : OMB_OK;
}

static enum omb_rc learn_closing(struct omb_step *step, const struct omb_header *header,
                                 const struct omb_row_at *at, const struct omb_digest *digest,
                                 struct omb_error *err)
{
    const struct omb_office_ref *closed = OMB_AS(office_closed, header->facts->event)->office;
    const struct omb_office_card *card =
        closed ? omb_office_card(step, &closed->certificate) : NULL;
    struct omb_key key;
    bool may, outdone = false;
    enum omb_rc rc;

    if (!card || !omb_office_id_equal(&card->seat.office, &closed->office))
        return OMB_OK;
    key = omb_key_closing(&closed->office);
    rc = may_close(step, card, &header->office, &may, err);
    if (rc == OMB_OK && may)
        rc = is_outdone(step, &key, card, header, digest, &outdone, err);
    if (rc != OMB_OK || !may || outdone)
        return rc;
    put_place(step, &key, at);
    if (is_own(step, &closed->office) && OMB_AS(office_closed, header->facts->event)->successor)
        omb_duty_closed(step, &OMB_AS(office_closed, header->facts->event)->successor->office);
    tree_changed(step, &closed->certificate);
    return OMB_OK;
}

enum omb_rc omb_learn(struct omb_step *step, const struct omb_header *header,
                      const struct omb_row_at *at, const struct omb_digest *digest,
                      struct omb_error *err)
{
    if (header->case_id || !header->facts || !header->facts->event.value)
        return OMB_OK;
    switch (header->facts->event.tag) {
    case OMB_EVENT_OFFICE_CERTIFIED:
        return learn_certificate(step, header, at, err);
    case OMB_EVENT_OFFICE_REVOKED:
        return learn_revocation(step, header, at, digest, err);
    case OMB_EVENT_OFFICE_CLOSED:
        return learn_closing(step, header, at, digest, err);
    case OMB_EVENT_FORK_FOUND:
        return omb_fork_learn(step, header, at, digest, err);
    case OMB_EVENT_OPERATOR_ENROLLED:
    case OMB_EVENT_OPERATOR_REVOKED:
        /* What is written here the desk has told the table; what comes home it has not. */
        return step->intake &&
                       omb_office_id_equal(&header->office, &step->office->self.office)
                   ? omb_operators_learn(step, header, digest, err)
                   : OMB_OK;
    }
    return OMB_OK;
}
