/*
 * Which certificates of one office follow each other. An office that goes to another parent says so
 * by its old key; its parent, and those above, may go on without it. Whoever it has left still has
 * keys by which it certified it once: what it issues since is known here like any other, and leads
 * nowhere.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

/* --- one after the other --- */

/* The certificate and those above it, as far as they are here. */
static size_t chain_of(struct omb_step *step, const struct omb_office_card *card,
                       struct omb_known_certificate out[OMB_CHAIN_MAX])
{
    size_t count = 0;

    for (; card && count < OMB_CHAIN_MAX;
         card = omb_office_card(step, &card->certificate.inner.issuer)) {
        out[count++] = card->certificate;
        if (card->certificate.inner.depth == 0)
            break;
    }
    return count;
}

const struct omb_office_card *omb_card_previous(struct omb_step *step,
                                                const struct omb_known_certificate *known)
{
    const struct omb_office_card *card = omb_digest_none(&known->inner.previous)
                                             ? NULL
                                             : omb_office_card(step, &known->inner.previous);

    return card && omb_office_id_equal(&card->seat.office, &known->inner.office) ? card : NULL;
}

bool omb_card_is_further(struct omb_step *step, const struct omb_known_certificate *known)
{
    const struct omb_office_card *previous = omb_card_previous(step, known);
    struct omb_known_certificate chain[OMB_CHAIN_MAX];

    return previous && omb_certify_further(known, chain, chain_of(step, previous, chain)) !=
                           OMB_FURTHER_FOREIGN;
}

/*
 * Whether the office itself signed that it goes on by this one. Who stands above it there may take
 * that back by a revocation of the key; whom it left may not.
 */
static bool is_own_word(struct omb_step *step, const struct omb_office_card *previous,
                        const struct omb_office_card *card)
{
    return omb_certify_signed_by(&card->certificate, previous->certificate.inner.signing_key) &&
           !omb_card_is_revoked(step, previous, &card->seat);
}

static bool has_key(const struct omb_office_card *card, struct omb_view key)
{
    return omb_view_equal(card->certificate.inner.signing_key, key);
}

/* Whether it is that one or follows it; *out_same: all in between have that key. */
static bool is_behind(struct omb_step *step, const struct omb_office_card *card,
                      const struct omb_office_card *first, struct omb_view key, bool *out_same)
{
    *out_same = true;
    for (size_t i = 0; card && card != first && i < OMB_OFFICE_CERTIFICATES_MAX; i++) {
        card = omb_card_previous(step, &card->certificate);
        *out_same = *out_same && card && has_key(card, key);
    }
    return card == first;
}

/*
 * Whether the office itself says that it goes on by that one or by what follows it. Who issued it
 * may have given it any key, and can say by that whatever it likes: so the word is by the key that
 * the office had, or it was let in by it where that one has no say.
 */
static bool leads_on(struct omb_step *step, const struct omb_office_certificates *all,
                     struct omb_view key, const struct omb_office_card *first)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &all->items[i]);
        const struct omb_office_card *before =
            card ? omb_card_previous(step, &card->certificate) : NULL;
        bool same;

        if (before && is_behind(step, card, first, key, &same) &&
            ((same && has_key(before, key)) ||
             omb_revoker_rank(&card->seat, &first->certificate.inner.parent) == 0) &&
            is_own_word(step, before, card))
            return true;
    }
    return false;
}

/* --- the next one --- */

static bool begins_later(const struct omb_office_card *a, const struct omb_office_card *b)
{
    const int64_t one = a->certificate.inner.not_before, other = b->certificate.inner.not_before;

    return one > other || (one == other && OMB_ID_COMPARE(&a->certificate.digest,
                                                          &b->certificate.digest) > 0);
}

/* This office goes by what it issued itself as long as nothing better is here. */
static bool may_follow(struct omb_step *step, const struct omb_office_card *card)
{
    return omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office) ||
           omb_card_is_further(step, &card->certificate);
}

/* One of several that would follow the same, or that each begin a line. */
struct heir {
    const struct omb_office_card *card; /* NULL: none */
    struct omb_view key; /* that the office had before it, or has by it */
    bool come, asked, leads; /* asked: `leads` is known */
};

/* The key of one that names none before it made the id of the office: no other is its first. */
static bool is_first(const struct omb_office_card *card)
{
    return omb_digest_none(&card->certificate.inner.previous);
}

static bool leads(struct omb_step *step, const struct omb_office_certificates *all,
                  struct heir *heir)
{
    if (!heir->asked)
        heir->leads = leads_on(step, all, heir->key, heir->card);
    heir->asked = true;
    return heir->leads;
}

/* By which the office itself goes on: from its first key, if that is here; or else the later. */
static bool goes_before(struct omb_step *step, const struct omb_office_certificates *all,
                        struct heir *a, struct heir *b)
{
    if (!b->card || a->come != b->come)
        return !b->card || a->come;
    if (leads(step, all, a) != leads(step, all, b))
        return a->leads;
    if (a->leads && is_first(a->card) != is_first(b->card))
        return is_first(a->card);
    return begins_later(a->card, b->card);
}

void omb_card_fill_later(struct omb_step *step, struct omb_office_card *card,
                         const struct omb_office_certificates *all)
{
    const struct omb_digest *this = &card->certificate.digest;
    struct heir best = {.card = NULL};

    for (size_t i = 0; i < all->count; i++) {
        struct heir other = {
            .card = omb_digest_equal(&all->items[i], this) ? NULL
                                                           : omb_office_card(step, &all->items[i]),
            .key = card->certificate.inner.signing_key,
        };

        if (!other.card || !omb_digest_equal(&other.card->certificate.inner.previous, this) ||
            !may_follow(step, other.card) ||
            omb_office_has_come(step, other.card, &other.come, NULL) != OMB_OK)
            continue;
        if (goes_before(step, all, &other, &best))
            best = other;
    }
    card->seat.later = best.card ? &best.card->seat : NULL;
}

/* --- the newest one --- */

/* From one that nothing here goes before to the last that follows it. */
static void follow(struct omb_step *step, const struct omb_office_card *first,
                   struct omb_lineage *out)
{
    *out = (struct omb_lineage){.cards = {first}, .count = 1};
    while (out->count < OMB_OFFICE_CERTIFICATES_MAX) {
        const struct omb_seat *later = out->cards[out->count - 1]->seat.later;
        const struct omb_office_card *next =
            later ? omb_office_card(step, &later->certificate) : NULL;

        if (!next)
            break;
        out->cards[out->count++] = next;
    }
}

static const struct omb_office_card *last_of(const struct omb_lineage *lineage)
{
    return lineage->cards[lineage->count - 1];
}

void omb_lineage_find(struct omb_step *step, const struct omb_office_certificates *all,
                      struct omb_lineage *out)
{
    struct heir best = {.card = NULL};

    out->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &all->items[i]);
        struct heir other = {.card = card};

        if (!card || omb_card_previous(step, &card->certificate))
            continue;
        other.key = card->certificate.inner.signing_key;
        if (goes_before(step, all, &other, &best))
            best = other;
    }
    if (best.card)
        follow(step, best.card, out);
}

/*
 * Where that card is in the line, or the nearest before it; the count: nowhere, and *out_oldest is
 * the oldest before it.
 */
static size_t place_in(struct omb_step *step, const struct omb_lineage *lineage,
                       const struct omb_office_card *card,
                       const struct omb_office_card **out_oldest)
{
    for (size_t up = 0; card && up < OMB_OFFICE_CERTIFICATES_MAX; up++) {
        for (size_t i = 0; i < lineage->count; i++)
            if (lineage->cards[i] == card)
                return i;
        *out_oldest = card;
        card = omb_card_previous(step, &card->certificate);
    }
    return lineage->count;
}

/* Whether the office itself says that it goes on by the line where that card is, or leaves it. */
static bool goes_on_behind(struct omb_step *step, const struct omb_office_certificates *all,
                           const struct omb_lineage *lineage, const struct omb_office_card *card)
{
    const struct omb_office_card *oldest = card;
    const size_t at = place_in(step, lineage, card, &oldest);

    if (at == lineage->count) /* what leads from its first key to the line may not be here yet */
        return !is_first(oldest);
    return at + 1 < lineage->count &&
           leads_on(step, all, lineage->cards[at]->certificate.inner.signing_key,
                    lineage->cards[at + 1]);
}

/*
 * This office certified one that comes from elsewhere, which is let in by that to say so itself:
 * what others issue meanwhile does not keep it out. That this office revokes it does.
 */
static bool is_expected(struct omb_step *step, const struct omb_office_certificates *all,
                        const struct omb_office_card *card, const struct omb_lineage *lineage)
{
    const struct omb_office_card *previous = omb_card_previous(step, &card->certificate);
    const struct omb_office_id *parent = &card->certificate.inner.parent;

    return previous && omb_office_id_equal(parent, &step->office->self.office) &&
           !omb_office_id_equal(parent, &previous->certificate.inner.parent) &&
           !omb_card_is_revoked(step, card, &card->seat) &&
           !goes_on_behind(step, all, lineage, previous);
}

/*
 * Others of the same parent count as well: what they follow may not be here yet, or it was issued
 * twice. So does what this office issued upon something that is not here.
 */
static bool may_be_newest(struct omb_step *step, const struct omb_office_card *card,
                          const struct omb_office_card *last)
{
    const struct omb_office_id *parent = &card->certificate.inner.parent;

    return omb_office_id_equal(parent, &last->certificate.inner.parent) ||
           (omb_office_id_equal(parent, &step->office->self.office) &&
            !omb_digest_none(&card->certificate.inner.previous) &&
            !omb_card_is_further(step, &card->certificate));
}

const struct omb_office_card *omb_lineage_newest(struct omb_step *step,
                                                 const struct omb_office_certificates *all)
{
    const struct omb_office_card *newest, *expected = NULL;
    struct omb_lineage lineage;

    omb_lineage_find(step, all, &lineage);
    if (lineage.count == 0)
        return NULL;
    newest = last_of(&lineage);
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &all->items[i]);

        if (!card)
            continue;
        if ((!expected || begins_later(card, expected)) && is_expected(step, all, card, &lineage))
            expected = card;
        if (begins_later(card, newest) && may_be_newest(step, card, last_of(&lineage)))
            newest = card;
    }
    return expected ? expected : newest;
}

bool omb_lineage_strays(struct omb_step *step, const struct omb_office_certificates *all,
                        const struct omb_lineage *lineage, const struct omb_office_card *card)
{
    const struct omb_certificate *inner = &card->certificate.inner;

    if (lineage->count == 0 ||
        omb_office_id_equal(&inner->parent, &last_of(lineage)->certificate.inner.parent))
        return false;
    for (size_t i = 0; i < lineage->count; i++)
        if (has_key(lineage->cards[i], inner->signing_key))
            return false;
    return goes_on_behind(step, all, lineage, card);
}

bool omb_lineage_lets(const struct omb_lineage *lineage, struct omb_view key,
                      const struct omb_office_id *by)
{
    bool named = false;

    for (size_t i = 0; i < lineage->count; i++) {
        const struct omb_office_card *card = lineage->cards[i];

        if (!has_key(card, key))
            continue;
        if (omb_revoker_rank(&card->seat, by) > 0)
            return true;
        named = true;
    }
    return !named;
}
