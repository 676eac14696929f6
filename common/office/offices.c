/*
 * Offices as their certificates say: codes, and seats in the tree. Certificates that were met are
 * kept taken apart, since every record is judged by one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

enum { CACHE_MAX = 4096, NEWEST_MAX = 256 };

/* Found out for an office: each case that is folded asks for the code of its home. */
struct newest {
    struct omb_office_id office;
    const struct omb_office_card *card; /* NULL: nothing is kept here */
};

/* Cards by certificate digest: open addressing. */
struct table {
    struct card **slots;
    size_t count, capacity;
};

struct omb_office_cache {
    struct omb_arena arena;
    struct table known;
    struct table claimed; /* that records may name an office by, and that do not count */
    struct newest *newest; /* by the last bytes of the id: one that comes later takes the place */
    size_t incomplete; /* known cards whose chain was not whole when they were made */
    struct card *fresh; /* of which it is not known yet what came later */
    unsigned loading;   /* cards on their way, each for one below it */
    bool emptied; /* what others borrow from it is to be looked up again */
};

struct card {
    struct omb_office_card card;
    bool checked; /* its chain was held against the anchor */
    struct omb_digest revoked_record; /* what card.revoked says */
    struct card *next;                /* that is fresh, too */
};

struct omb_office_cache *omb_cache_new(void)
{
    struct omb_office_cache *cache = calloc(1, sizeof(*cache));

    OMB_ASSERT(cache != NULL);
    omb_arena_init(&cache->arena, SIZE_MAX);
    cache->emptied = true;
    return cache;
}

void omb_cache_free(struct omb_office_cache *cache)
{
    if (!cache)
        return;
    omb_arena_free(&cache->arena);
    free(cache->known.slots);
    free(cache->claimed.slots);
    free(cache->newest);
    free(cache);
}

static void forget_newest(struct omb_office_cache *cache)
{
    if (cache->newest)
        memset(cache->newest, 0, NEWEST_MAX * sizeof(*cache->newest));
}

static void empty(struct table *table)
{
    if (table->capacity > 0)
        memset(table->slots, 0, table->capacity * sizeof(*table->slots));
    table->count = 0;
}

void omb_cache_empty(struct omb_office_cache *cache)
{
    omb_arena_reset(&cache->arena);
    forget_newest(cache);
    empty(&cache->known);
    empty(&cache->claimed);
    cache->incomplete = 0;
    cache->fresh = NULL;
    cache->emptied = true;
}

void omb_cache_trim(struct omb_office_cache *cache)
{
    if (cache->known.count + cache->claimed.count > CACHE_MAX)
        omb_cache_empty(cache);
}

/* Digests are evenly spread: their first bytes are the hash. Key ids are their first 16. */
static size_t first_slot(const struct table *table, const uint8_t *digest)
{
    return (size_t)omb_be64(digest) & (table->capacity - 1);
}

static struct card *cached(const struct table *table, const uint8_t *digest, size_t size)
{
    if (table->capacity == 0)
        return NULL;
    for (size_t at = first_slot(table, digest); table->slots[at];
         at = (at + 1) & (table->capacity - 1))
        if (memcmp(table->slots[at]->card.certificate.digest.bytes, digest, size) == 0)
            return table->slots[at];
    return NULL;
}

static void place(struct table *table, struct card *card)
{
    size_t at = first_slot(table, card->card.certificate.digest.bytes);

    while (table->slots[at])
        at = (at + 1) & (table->capacity - 1);
    table->slots[at] = card;
}

static void keep(struct table *table, struct card *card)
{
    if ((table->count + 1) * 2 > table->capacity) {
        struct card **old = table->slots;
        const size_t old_capacity = table->capacity;

        table->capacity = old_capacity ? old_capacity * 2 : 64;
        table->slots = calloc(table->capacity, sizeof(*table->slots));
        OMB_ASSERT(table->slots != NULL);
        for (size_t i = 0; i < old_capacity; i++)
            if (old[i])
                place(table, old[i]);
        free(old);
    }
    place(table, card);
    table->count++;
}

/* --- cards --- */

/* A store that cannot be read shows none; it takes no more writes, and says why. */
static void certificates_of(struct omb_step *step, const struct omb_office_id *id,
                            struct omb_office_certificates *out)
{
    if (omb_office_certificates(step, id, out, NULL) != OMB_OK)
        out->count = 0;
}

/* What the key is worth. */
static void fill_worth(struct omb_step *step, struct card *card,
                       const struct omb_office_certificates *all,
                       const struct omb_lineage *lineage)
{
    const struct omb_revocation word = omb_key_is_revoked(step, &card->card, all);

    card->card.astray = omb_lineage_strays(step, all, lineage, &card->card);
    if (omb_digest_equal(&word.record, &card->revoked_record))
        return;
    card->revoked_record = word.record; /* none, where what came meanwhile says it does not count */
    card->card.revoked_as = word.certificate;
    card->card.revoked = word.rank == 0 ? NULL
                                        : omb_shape_copy(&omb_shape_office_revoked, word.facts,
                                                         &step->office->cache->arena);
}

/*
 * What came later of the offices of fresh cards, once these are whole: the later one of an office
 * may lead to the seat of one that stood below it and is on its way just now.
 */
static void fill_fresh(struct omb_step *step)
{
    struct omb_office_cache *cache = step->office->cache;
    struct omb_office_certificates search;
    struct omb_lineage lineage;

    cache->loading++;
    while (cache->fresh) {
        struct card *seen = NULL;

        for (struct card *card; (card = cache->fresh) != NULL;) { /* and all others of its office */
            cache->fresh = card->next;
            certificates_of(step, &card->card.seat.office, &search);
            omb_card_fill_later(step, &card->card, &search);
            card->next = seen;
            seen = card;
        }
        for (const struct card *last = NULL; seen; last = seen, seen = seen->next) {
            const struct omb_office_id *office = &seen->card.seat.office;

            if (!last || !omb_office_id_equal(office, &last->card.seat.office)) {
                certificates_of(step, office, &search);
                omb_lineage_find(step, &search, &lineage);
            }
            fill_worth(step, seen, &search, &lineage);
        }
    }
    cache->loading--;
}

/* From the row that holds the certificate; NULL: it is not here. */
static struct card *read_card(struct omb_step *step, const struct omb_key *row,
                              const struct omb_digest *digest)
{
    struct omb_arena *arena = &step->office->cache->arena;
    struct omb_buf value = OMB_BUF_INIT;
    struct card *card = NULL;

    if (omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(row), &value) == OMB_OK) {
        card = OMB_ARENA_NEW(arena, struct card, 1);
        if (omb_certify_read(omb_arena_copy(arena, omb_buf_view(&value)), arena,
                             &card->card.certificate, NULL) != OMB_OK ||
            !omb_digest_equal(&card->card.certificate.digest, digest))
            card = NULL;
    }
    omb_buf_free(&value);
    return card;
}

static struct card *load_card(struct omb_step *step, const struct omb_digest *digest)
{
    struct omb_office_cache *cache = step->office->cache;
    const struct omb_key key = omb_key_certificate(digest);
    struct card *card = cached(&cache->known, digest->bytes, OMB_DIGEST_SIZE);

    if (card)
        return card;
    card = read_card(step, &key, digest);
    if (card) {
        keep(&cache->known, card);
        card->next = cache->fresh;
        cache->fresh = card;
        cache->loading++;
        omb_card_fill(step, &card->card, &cache->arena);
        cache->loading--;
        cache->incomplete += !card->card.complete;
    }
    if (cache->loading == 0 && cache->fresh)
        fill_fresh(step);
    return card;
}

const struct omb_office_card *omb_office_card(struct omb_step *step,
                                              const struct omb_digest *certificate)
{
    const struct card *card = load_card(step, certificate);

    return card ? &card->card : NULL;
}

const struct omb_office_card *omb_office_named(struct omb_step *step,
                                               const struct omb_digest *certificate)
{
    struct omb_office_cache *cache = step->office->cache;
    const struct omb_office_card *known = omb_office_card(step, certificate);
    const struct omb_key key = omb_key_named(certificate);
    struct card *card = cached(&cache->claimed, certificate->bytes, OMB_DIGEST_SIZE);

    if (known)
        return known;
    if (card && !card->card.complete) {
        omb_card_fill_above(step, &card->card);
    } else if (!card && (card = read_card(step, &key, certificate)) != NULL) {
        keep(&cache->claimed, card);
        omb_card_fill(step, &card->card, &cache->arena);
    }
    return card ? &card->card : NULL;
}

static enum omb_rc take_certificate_key(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_digest *digest = arg;

    (void)value;
    if (key.size != 1 + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(digest->bytes, key.data + 1, OMB_DIGEST_SIZE);
    return OMB_STOP;
}

const struct omb_office_card *omb_office_card_by_key(struct omb_step *step,
                                                     const struct omb_key_id *key)
{
    const struct card *card = cached(&step->office->cache->known, key->bytes, sizeof(key->bytes));
    uint8_t prefix[1 + OMB_KEY_ID_SIZE] = {'C'};
    struct omb_digest digest = {{0}};

    if (card)
        return &card->card;
    memcpy(prefix + 1, key->bytes, sizeof(key->bytes));
    if (omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, OMB_VIEW_OF(prefix),
                             take_certificate_key, &digest) != OMB_OK ||
        omb_digest_none(&digest))
        return NULL;
    return omb_office_card(step, &digest);
}

static const struct omb_office_card *find_newest(struct omb_step *step,
                                                 const struct omb_office_id *id)
{
    struct omb_office_certificates search;

    certificates_of(step, id, &search);
    return omb_lineage_newest(step, &search);
}

/* While the tree changes nothing is kept: the step may still be taken back. */
static struct newest *place_of_newest(struct omb_step *step, const struct omb_office_id *id)
{
    struct omb_office_cache *cache = step->office->cache;

    if (step->office->tree_changed)
        return NULL;
    if (!cache->newest) {
        cache->newest = calloc(NEWEST_MAX, sizeof(*cache->newest));
        OMB_ASSERT(cache->newest != NULL);
    }
    return &cache->newest[omb_be64(id->bytes + OMB_OFFICE_ID_SIZE - 8) % NEWEST_MAX];
}

const struct omb_office_card *omb_office_newest(struct omb_step *step,
                                                const struct omb_office_id *id)
{
    const struct omb_office_card *card;
    struct newest *kept;

    if (omb_office_id_equal(id, &step->office->self.office))
        return omb_office_card(step, &step->office->self.certificate);
    kept = place_of_newest(step, id);
    if (kept && kept->card && omb_office_id_equal(&kept->office, id))
        return kept->card;
    card = find_newest(step, id);
    if (kept && card)
        *kept = (struct newest){*id, card};
    return card;
}

/* --- what changes under cards that are borrowed --- */

void omb_cache_begin(struct omb_step *step)
{
    struct omb_office *office = step->office;
    const struct omb_office_card *card;

    if (!office->cache->emptied)
        return;
    office->cache->emptied = false;
    card = omb_office_card(step, &office->self.certificate);
    office->self.later = card ? card->seat.later : NULL;
}

/* Seats that were not whole may be now; one may make the next whole. */
static void fill_incomplete(struct omb_step *step)
{
    struct omb_office_cache *cache = step->office->cache;
    struct card **cards;
    size_t count = 0;
    bool changed = cache->incomplete > 0;

    if (!changed)
        return;
    cards = OMB_ARENA_NEW(step->arena, struct card *, cache->known.count);
    for (size_t i = 0; i < cache->known.capacity; i++)
        if (cache->known.slots[i] && !cache->known.slots[i]->card.complete)
            cards[count++] = cache->known.slots[i];
    while (changed) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            if (cards[i]->card.complete)
                continue;
            omb_card_fill_above(step, &cards[i]->card);
            if (!cards[i]->card.complete)
                continue;
            cache->incomplete--;
            changed = true;
        }
    }
}

/* What the own seat, which stays when the cache is emptied, has of its card. */
static void refresh_self(struct omb_seat *self, const struct omb_seat *seat)
{
    self->later = seat->later;
    if (seat->succeeds_count > 0 && seat->succeeds_count == self->succeeds_count)
        memcpy((struct omb_succession *)(uintptr_t)self->succeeds, seat->succeeds,
               seat->succeeds_count * sizeof(*seat->succeeds));
}

/* The office may have signed it as well since. Cards are borrowed: it stays where it is. */
static void read_again(struct omb_step *step, struct card *card)
{
    const struct omb_digest digest = card->card.certificate.digest;
    const struct omb_key key = omb_key_certificate(&digest);
    const struct card *now = NULL;
    struct omb_buf value = OMB_BUF_INIT;

    if (omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value) == OMB_OK &&
        !omb_view_equal(omb_buf_view(&value), card->card.certificate.signed_bytes))
        now = read_card(step, &key, &digest);
    omb_buf_free(&value);
    if (now)
        card->card.certificate = now->card.certificate;
}

/* What stands beside a certificate that was learned: one that counts may make others count. */
static void fill_beside(struct omb_step *step, const struct omb_office_certificates *all)
{
    struct omb_office_cache *cache = step->office->cache;
    struct omb_lineage lineage;

    for (size_t i = 0; i < all->count; i++) {
        struct card *card = load_card(step, &all->items[i]);

        if (!card)
            continue;
        omb_card_fill_later(step, &card->card, all);
        if (card->card.seat.succeeds_count > 0)
            omb_card_fill_succeeds(step, &card->card, &cache->arena);
    }
    omb_lineage_find(step, all, &lineage);
    for (size_t i = 0; i < all->count; i++) { /* a key may have several; by what follows what now */
        struct card *card = load_card(step, &all->items[i]);

        if (card)
            fill_worth(step, card, all, &lineage);
        if (card && omb_digest_equal(&all->items[i], &step->office->self.certificate))
            refresh_self(&step->office->self, &card->card.seat);
    }
}

void omb_cache_learned(struct omb_step *step, const struct omb_digest *certificate)
{
    struct card *card = load_card(step, certificate);
    struct omb_office_certificates search;

    forget_newest(step->office->cache);
    fill_incomplete(step);
    if (!card)
        return;
    read_again(step, card);
    certificates_of(step, &card->card.seat.office, &search);
    fill_beside(step, &search);
}

struct omb_proof_memo *omb_office_memo(struct omb_office *office, struct omb_view signature)
{
    return &office->memos[signature.size > 0 ? signature.data[0] % OMB_MEMOS : 0];
}

/* --- chains --- */

/* The certificates above one that is not a card yet, and itself, held against the anchor. */
enum omb_rc omb_certificate_check(struct omb_step *step, const struct omb_known_certificate *known,
                                  struct omb_error *err)
{
    struct omb_known_certificate *chain =
        OMB_ARENA_NEW(step->arena, struct omb_known_certificate, OMB_CHAIN_MAX);
    size_t count = 0;

    chain[count++] = *known;
    while (count < OMB_CHAIN_MAX && chain[count - 1].inner.depth > 0) {
        const struct omb_digest *above = &chain[count - 1].inner.issuer;
        const struct omb_office_card *issuer = omb_office_card(step, above);

        if (!issuer)
            break;
        chain[count++] = issuer->certificate;
    }
    return omb_certify_check_chain(chain, count, step->office->anchor, err);
}

enum omb_rc omb_office_card_check(struct omb_step *step, const struct omb_office_card *card,
                                  struct omb_error *err)
{
    struct card *mine =
        cached(&step->office->cache->known, card->certificate.digest.bytes, OMB_DIGEST_SIZE);
    struct omb_known_certificate *chain =
        OMB_ARENA_NEW(step->arena, struct omb_known_certificate, OMB_CHAIN_MAX);
    size_t count = 0;
    enum omb_rc rc;

    OMB_ASSERT(mine != NULL);
    if (mine->checked)
        return OMB_OK;
    for (const struct omb_office_card *at = card; at && count < OMB_CHAIN_MAX;
         at = omb_office_card(step, &at->certificate.inner.issuer)) {
        chain[count++] = at->certificate;
        if (at->certificate.inner.depth == 0)
            break;
    }
    rc = omb_certify_check_chain(chain, count, step->office->anchor, err);
    mine->checked = rc == OMB_OK;
    return rc;
}

/* --- look-ups of the corridor --- */

const struct omb_seat *omb_office_seat(struct omb_step *step, const struct omb_office_ref *ref)
{
    const struct omb_office_card *card;

    if (omb_digest_equal(&ref->certificate, &step->office->self.certificate) &&
        omb_office_id_equal(&ref->office, &step->office->self.office))
        return &step->office->self;
    card = omb_office_named(step, &ref->certificate);
    if (!card || !card->complete || !omb_office_id_equal(&card->seat.office, &ref->office))
        return NULL;
    return &card->seat;
}

static const struct omb_seat *find_seat(void *ctx, const struct omb_office_ref *ref)
{
    return omb_office_seat(ctx, ref);
}

struct omb_seats omb_step_seats(struct omb_step *step)
{
    return (struct omb_seats){.ctx = step, .find = find_seat};
}

struct omb_view omb_office_code_of(struct omb_step *step, const struct omb_office_id *id)
{
    const struct omb_office_card *card;
    char hex[2 * OMB_OFFICE_ID_SIZE + 1];

    if (omb_office_id_equal(id, &step->office->self.office))
        return step->office->own.inner.code;
    card = omb_office_newest(step, id);
    if (card)
        return card->certificate.inner.code;
    omb_hex(OMB_VIEW_OF(id->bytes), hex);
    return omb_arena_copy(step->arena, omb_view_str(hex));
}

void omb_certificate_put(struct omb_writes *writes, const struct omb_known_certificate *known)
{
    const struct omb_key by_digest = omb_key_certificate(&known->digest);
    const struct omb_key by_office = omb_key_office(&known->inner.office, &known->digest);
    const struct omb_key by_code = omb_key_office_code(known->inner.code, &known->inner.office);

    omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&by_digest), known->signed_bytes);
    omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&by_office), OMB_VIEW_NONE);
    omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&by_code), OMB_VIEW_NONE);
    if (known->inner.depth > 0) {
        const struct omb_key below = omb_key_below(&known->inner.parent, &known->inner.office);

        omb_put(writes, OMB_FAMILY_OFFICE, omb_key_view(&below), OMB_VIEW_NONE);
    }
}
