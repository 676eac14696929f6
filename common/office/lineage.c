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
    return omb_digest_none(&known->inner.previous) ? NULL
                                                   : omb_office_card(step, &known->inner.previous);
}

bool omb_card_is_further(struct omb_step *step, const struct omb_known_certificate *known)
{
    const struct omb_office_card *previous = omb_card_previous(step, known);
    struct omb_known_certificate chain[OMB_CHAIN_MAX];

    return previous && omb_certify_further(known, chain, chain_of(step, previous, chain)) !=
                           OMB_FURTHER_FOREIGN;
}

/* Whether the office itself signed that it goes on by this one. A key that was revoked says no more
 * than any other. */
static bool is_own_word(struct omb_step *step, const struct omb_office_card *previous,
                        const struct omb_office_card *card)
{
    return omb_certify_signed_by(&card->certificate, previous->certificate.inner.signing_key) &&
           !omb_card_is_revoked(step, previous);
}

/* --- the next one --- */

struct heir {
    const struct omb_office_card *card; /* NULL: none */
    bool come, own_word;
};

static bool begins_later(const struct omb_office_card *a, const struct omb_office_card *b)
{
    const int64_t one = a->certificate.inner.not_before, other = b->certificate.inner.not_before;

    return one > other || (one == other && OMB_ID_COMPARE(&a->certificate.digest,
                                                          &b->certificate.digest) > 0);
}

static bool goes_before(const struct heir *a, const struct heir *b)
{
    if (!b->card || a->come != b->come)
        return !b->card || a->come;
    if (a->own_word != b->own_word)
        return a->own_word;
    return begins_later(a->card, b->card);
}

/* This office goes by what it issued itself as long as nothing better is here. */
static bool may_follow(struct omb_step *step, const struct omb_office_card *card)
{
    return omb_office_id_equal(&card->certificate.inner.parent, &step->office->self.office) ||
           omb_card_is_further(step, &card->certificate);
}

void omb_card_fill_later(struct omb_step *step, struct omb_office_card *card,
                         const struct omb_office_certificates *all)
{
    const struct omb_digest *this = &card->certificate.digest;
    struct heir best = {.card = NULL};

    for (size_t i = 0; i < all->count; i++) {
        struct heir other = {.card = omb_digest_equal(&all->items[i], this)
                                         ? NULL
                                         : omb_office_card(step, &all->items[i])};

        if (!other.card || !omb_digest_equal(&other.card->certificate.inner.previous, this) ||
            !may_follow(step, other.card) ||
            omb_office_has_come(step, other.card, &other.come, NULL) != OMB_OK)
            continue;
        other.own_word = is_own_word(step, card, other.card);
        if (goes_before(&other, &best))
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
        const struct omb_office_card *last = out->cards[out->count - 1];
        const struct omb_office_card *next =
            last->seat.later ? omb_office_card(step, &last->seat.later->certificate) : NULL;

        if (!next)
            break;
        out->own_words += is_own_word(step, last, next);
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
    struct omb_lineage other;

    out->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &all->items[i]);

        if (!card || omb_card_previous(step, &card->certificate))
            continue;
        follow(step, card, &other);
        if (out->count == 0 || other.own_words > out->own_words ||
            (other.own_words == out->own_words && begins_later(last_of(&other), last_of(out))))
            *out = other;
    }
}

/* Whether it is said in the line, behind that card, by the office itself that it goes elsewhere. */
static bool goes_on_behind(struct omb_step *step, const struct omb_lineage *lineage,
                           const struct omb_office_card *card)
{
    bool behind = false;

    for (size_t i = 0; i + 1 < lineage->count; i++) {
        behind |= lineage->cards[i] == card;
        if (behind && is_own_word(step, lineage->cards[i], lineage->cards[i + 1]))
            return true;
    }
    return !behind && last_of(lineage) != card;
}

/*
 * This office certified one that comes from elsewhere, which is let in by that to say so itself:
 * what others issue meanwhile does not keep it out.
 */
static bool is_expected(struct omb_step *step, const struct omb_office_card *card,
                        const struct omb_lineage *lineage)
{
    const struct omb_office_card *previous = omb_card_previous(step, &card->certificate);
    const struct omb_office_id *parent = &card->certificate.inner.parent;

    return previous && omb_office_id_equal(parent, &step->office->self.office) &&
           !omb_office_id_equal(parent, &previous->certificate.inner.parent) &&
           !goes_on_behind(step, lineage, previous);
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
        if ((!expected || begins_later(card, expected)) && is_expected(step, card, &lineage))
            expected = card;
        if (begins_later(card, newest) && may_be_newest(step, card, last_of(&lineage)))
            newest = card;
    }
    return expected ? expected : newest;
}

bool omb_lineage_lets(const struct omb_lineage *lineage, struct omb_view key,
                      const struct omb_office_id *by)
{
    bool named = false;

    for (size_t i = 0; i < lineage->count; i++) {
        const struct omb_office_card *card = lineage->cards[i];

        if (!omb_view_equal(card->certificate.inner.signing_key, key))
            continue;
        if (omb_revoker_rank(&card->seat, by) > 0)
            return true;
        named = true;
    }
    return !named;
}
