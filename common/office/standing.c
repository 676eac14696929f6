/*
 * Which office stands below which: as newest certificates say, and as was claimed.
 *
 * An office that comes under another parent says so in its own log, and that parent does, before
 * all that proves it is here. Its records and those of offices below it come by way of that parent
 * from then on, those from before too: they are let in. A record that names the office by such a
 * certificate says where its author saw it. Nothing else follows; the certificate counts when what
 * proves it comes, which may be never: the office's word can be lost with its disk.
 */
#include <string.h>

#include "office/inside.h"
#include "office/post/post.h"

enum { EARLIER_MAX = 64 }; /* certificates of one office that are looked through */

/* --- records that rows of offices name --- */

enum omb_rc omb_office_place(struct omb_step *step, const struct omb_key *key,
                             struct omb_row_at *out, struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(key), &value);

    if (rc == OMB_OK && !omb_read_place(omb_buf_view(&value), &out->number, &out->seq))
        rc = omb_fail(err, OMB_DAMAGED, NULL, "a row of the offices is damaged");
    else if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    omb_buf_free(&value);
    return rc;
}

enum omb_rc omb_office_place_standing(struct omb_step *step, const struct omb_key *key,
                                      struct omb_row_at *out, struct omb_error *err)
{
    struct omb_log log;
    enum omb_rc rc = omb_office_place(step, key, out, err);

    if (rc == OMB_OK)
        rc = omb_log_by_number(step, out->number, &log, err);
    return rc == OMB_OK && log.row.line > 0 ? OMB_NOT_FOUND : rc;
}

/* --- seats --- */

void omb_card_fill_above(struct omb_step *step, struct omb_office_card *card)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    struct omb_seat *seat = &card->seat;
    const struct omb_office_card *issuer;

    seat->above_count = 0;
    if (inner->depth == 0) {
        card->complete = true;
        return;
    }
    seat->above[seat->above_count++] = inner->parent;
    issuer = omb_office_card(step, &inner->issuer);
    if (!issuer || issuer->certificate.inner.depth >= inner->depth)
        return;
    for (size_t i = 0; i < issuer->seat.above_count; i++)
        seat->above[seat->above_count++] = issuer->seat.above[i];
    card->complete = issuer->complete;
}

bool omb_certificate_says(const struct omb_certificate *inner, struct omb_view closed)
{
    for (size_t i = 0; i < inner->succeeds.count; i++)
        if (omb_view_equal(inner->succeeds.items[i], closed))
            return true;
    return false;
}

/* An earlier certificate of the office, read by itself: a chain of them may be long. */
static bool read_earlier(struct omb_step *step, const struct omb_office_id *office,
                         const struct omb_digest *certificate, struct omb_arena *arena,
                         struct omb_known_certificate *out)
{
    const struct omb_key key = omb_key_certificate(certificate);
    struct omb_buf value = OMB_BUF_INIT;
    const bool found =
        !omb_digest_none(certificate) &&
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value) == OMB_OK &&
        omb_certify_read(omb_arena_copy(arena, omb_buf_view(&value)), arena, out, NULL) == OMB_OK &&
        omb_office_id_equal(&out->inner.office, office);

    omb_buf_free(&value);
    return found;
}

/* Whoever issued the first certificate in a row that says so said it: later ones repeat it. */
static void find_who_said(struct omb_step *step, const struct omb_certificate *inner,
                          struct omb_succession *succeeds)
{
    struct omb_digest previous = inner->previous;
    struct omb_arena arena;
    bool *open = OMB_ARENA_NEW(step->arena, bool, inner->succeeds.count);
    size_t left = inner->succeeds.count;

    omb_arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < inner->succeeds.count; i++)
        open[i] = true;
    for (int link = 0; link < EARLIER_MAX && left > 0; link++) {
        struct omb_known_certificate before;

        if (!read_earlier(step, &inner->office, &previous, &arena, &before))
            break;
        previous = before.inner.previous;
        for (size_t i = 0; i < inner->succeeds.count; i++) {
            if (!open[i])
                continue;
            open[i] = omb_certificate_says(&before.inner, inner->succeeds.items[i]);
            if (open[i])
                succeeds[i].by = before.inner.parent;
            left -= !open[i];
        }
    }
    omb_arena_free(&arena);
}

void omb_card_fill_succeeds(struct omb_step *step, struct omb_office_card *card,
                            struct omb_arena *arena)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    const size_t count = inner->succeeds.count;
    struct omb_succession *succeeds = OMB_ARENA_NEW(arena, struct omb_succession, count);

    for (size_t i = 0; i < count; i++) {
        memcpy(succeeds[i].closed.bytes, inner->succeeds.items[i].data, OMB_OFFICE_ID_SIZE);
        succeeds[i].by = inner->parent;
    }
    if (count > 0)
        find_who_said(step, inner, succeeds);
    card->seat.succeeds = succeeds;
    card->seat.succeeds_count = count;
}

void omb_card_fill(struct omb_step *step, struct omb_office_card *card, struct omb_arena *arena)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    struct omb_seat *seat = &card->seat;

    seat->office = inner->office;
    seat->certificate = card->certificate.digest;
    seat->code = inner->code;
    seat->depth = inner->depth;
    seat->service = inner->service;
    omb_card_fill_succeeds(step, card, arena);
    omb_card_fill_above(step, card);
}

const struct omb_office_card *omb_office_stood_in_for(struct omb_step *step,
                                                      const struct omb_office_card *card,
                                                      struct omb_view closed)
{
    const struct omb_office_card *newest;
    struct omb_office_id id;

    memcpy(id.bytes, closed.data, sizeof(id.bytes));
    newest = omb_office_newest(step, &id);
    return newest && omb_seat_counts_as(&card->seat, &newest->seat) ? newest : NULL;
}

/* --- claims --- */

/* The office's own word says more than that of its parent, and may come before it: it stays. */
enum omb_rc omb_office_claim(struct omb_step *step, const struct omb_office_id *author,
                             const struct omb_known_certificate *known,
                             const struct omb_row_at *at, struct omb_error *err)
{
    const struct omb_key key =
        omb_key_claimed(&known->inner.office, &known->inner.parent, &known->digest);
    const struct omb_key named = omb_key_named(&known->digest);
    struct omb_row_at before;
    enum omb_rc rc = OMB_NOT_FOUND;
    uint8_t place[12];

    if (!omb_office_id_equal(author, &known->inner.office))
        rc = omb_office_place_standing(step, &key, &before, err);
    if (rc != OMB_NOT_FOUND)
        return rc;
    omb_put_place(place, at->number, at->seq);
    omb_put(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_OF(place));
    omb_put(step->update->writes, OMB_FAMILY_OFFICE, omb_key_view(&named), known->signed_bytes);
    omb_post_standing_learned(step);
    return OMB_OK;
}

struct claiming {
    struct omb_step *step;
    struct omb_office_claims *out;
};

static enum omb_rc take_claim(void *arg, struct omb_view key, struct omb_view value)
{
    const struct claiming *claiming = arg;
    struct omb_office_claims *claims = claiming->out;
    struct omb_row_at *at = &claims->items[claims->count];
    struct omb_digest digest;

    if (key.size != 1 + 2 * OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE ||
        !omb_read_place(value, &at->number, &at->seq))
        return OMB_DAMAGED;
    memcpy(digest.bytes, key.data + key.size - OMB_DIGEST_SIZE, OMB_DIGEST_SIZE);
    memcpy(claims->after.bytes, key.data, key.size);
    claims->after.size = key.size;
    if (!omb_office_card(claiming->step, &digest))
        claims->count++;
    return claims->count < OMB_OFFICE_CERTIFICATES_MAX ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_office_claimed(struct omb_step *step, const struct omb_office_id *office,
                               struct omb_office_claims *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_claimed(office, NULL, NULL);
    struct omb_key from = out->after.size > 0 ? out->after : prefix;
    struct omb_key until = prefix;
    struct claiming claiming = {step, out};
    enum omb_rc rc;

    if (out->after.size > 0)
        from.bytes[from.size++] = 0;
    while (until.bytes[until.size - 1] == 0xff) /* its first byte is none */
        until.size--;
    until.bytes[until.size - 1]++;
    out->count = 0;
    rc = omb_port_scan(step->port, OMB_FAMILY_OFFICE, omb_key_view(&from), omb_key_view(&until),
                       false, take_claim, &claiming);
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the offices in the store cannot be read");
}

static enum omb_rc take_certificate(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_office_certificates *list = arg;

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(list->items[list->count++].bytes, key.data + 1 + OMB_OFFICE_ID_SIZE, OMB_DIGEST_SIZE);
    return list->count < OMB_OFFICE_CERTIFICATES_MAX ? OMB_OK : OMB_STOP;
}

enum omb_rc omb_office_certificates(struct omb_step *step, const struct omb_office_id *office,
                                    struct omb_office_certificates *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_office(office, NULL);
    enum omb_rc rc;

    out->count = 0;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix),
                              take_certificate, out);
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the offices in the store cannot be read");
}

bool omb_office_climb(struct omb_step *step, struct omb_office_id *at)
{
    const struct omb_office_card *card = omb_office_newest(step, at);

    if (!card || card->certificate.inner.depth == 0)
        return false;
    *at = card->certificate.inner.parent;
    return true;
}

bool omb_office_is_within(struct omb_step *step, const struct omb_office_id *office,
                          const struct omb_office_id *top)
{
    struct omb_office_id at = *office;

    for (size_t i = 0; i < OMB_CHAIN_MAX; i++)
        if (omb_office_id_equal(&at, top))
            return true;
        else if (!omb_office_climb(step, &at))
            return false;
    return false;
}

static bool is_at_or_below(const struct omb_office_card *card, const struct omb_office_id *office)
{
    return card && (omb_office_id_equal(&card->seat.office, office) ||
                    omb_seat_is_above(&card->seat, office));
}

/* Offices that are looked at, each with all above it: one, and those it is said to be below. */
enum { LOOKED_AT_MAX = 32 };
struct looking {
    struct omb_office_id items[LOOKED_AT_MAX];
    size_t count;
};

static void look_at(struct looking *looking, const struct omb_office_id *office)
{
    for (size_t i = 0; i < looking->count; i++)
        if (omb_office_id_equal(&looking->items[i], office))
            return;
    if (looking->count < LOOKED_AT_MAX)
        looking->items[looking->count++] = *office;
}

static enum omb_rc see_claim(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_office_id parent;

    (void)value;
    if (key.size != 1 + 2 * OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(parent.bytes, key.data + 1 + OMB_OFFICE_ID_SIZE, sizeof(parent.bytes));
    look_at(arg, &parent);
    return OMB_OK;
}

/* Up from the office, as newest certificates say; what is claimed on the way is looked at later. */
static enum omb_rc look_up(struct omb_step *step, struct omb_office_id at,
                           const struct omb_office_id *from, struct looking *looking, bool *out,
                           struct omb_error *err)
{
    *out = is_at_or_below(omb_office_newest(step, &at), from);
    for (size_t i = 0; !*out && i < OMB_CHAIN_MAX; i++) {
        const struct omb_key prefix = omb_key_claimed(&at, NULL, NULL);
        const enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE,
                                                    omb_key_view(&prefix), see_claim, looking);

        if (rc != OMB_OK)
            return omb_fail(err, rc, NULL, "the offices in the store cannot be read");
        *out = omb_office_id_equal(&at, from);
        if (!omb_office_climb(step, &at))
            break;
    }
    return OMB_OK;
}

/*
 * Whether any certificate of it, or of one that it ever stood below, puts it at or below that one:
 * what it was certified under may have moved since, with what it left there.
 */
static enum omb_rc ever_stood_below(struct omb_step *step, const struct omb_office_id *office,
                                    const struct omb_office_id *from, bool *out,
                                    struct omb_error *err)
{
    struct looking past = {.count = 0};
    struct omb_office_certificates list;

    *out = false;
    look_at(&past, office);
    for (size_t i = 0; !*out && i < past.count; i++) {
        const enum omb_rc rc = omb_office_certificates(step, &past.items[i], &list, err);

        if (rc != OMB_OK)
            return rc;
        for (size_t k = 0; !*out && k < list.count; k++) {
            const struct omb_office_card *card = omb_office_card(step, &list.items[k]);

            *out = is_at_or_below(card, from);
            for (size_t above = 0; card && above < card->seat.above_count; above++)
                look_at(&past, &card->seat.above[above]);
        }
    }
    return OMB_OK;
}

/*
 * The last copy of what an office wrote may have stayed where it stood before. It may come here by
 * that way if the office stands or stood below this one as well, else it is none of its business.
 */
static enum omb_rc was_below(struct omb_step *step, const struct omb_office_id *office,
                             const struct omb_office_id *from, bool *out, struct omb_error *err)
{
    const struct omb_office_id *self = &step->office->self.office;
    enum omb_rc rc = ever_stood_below(step, office, from, out, err);

    if (rc == OMB_OK && *out && !omb_office_id_equal(from, self))
        rc = ever_stood_below(step, office, self, out, err);
    return rc;
}

/* A page of lives and a range of records ask the same of one office again and again. */
enum omb_rc omb_office_came_below(struct omb_step *step, const struct omb_office_id *office,
                                  const struct omb_office_id *from, bool *out,
                                  struct omb_error *err)
{
    struct omb_came *last = &step->came;
    struct looking looking = {.count = 0};
    enum omb_rc rc = OMB_OK;

    if (last->known && omb_office_id_equal(&last->office, office) &&
        omb_office_id_equal(&last->from, from)) {
        *out = last->came;
        return OMB_OK;
    }
    look_at(&looking, office);
    *out = false;
    for (size_t i = 0; rc == OMB_OK && !*out && i < looking.count; i++)
        rc = look_up(step, looking.items[i], from, &looking, out, err);
    if (rc == OMB_OK && !*out)
        rc = was_below(step, office, from, out, err);
    *last = (struct omb_came){*office, *from, rc == OMB_OK, *out};
    return rc;
}

/* --- whose word ends --- */

bool omb_office_gone(struct omb_step *step, const struct omb_office_id *id)
{
    const struct omb_office_card *newest = omb_office_newest(step, id);
    const struct omb_key key = omb_key_closing(id);
    struct omb_row_at at;

    return (newest && newest->revoked) ||
           omb_office_place(step, &key, &at, NULL) == OMB_OK;
}

bool omb_office_cut_off(struct omb_step *step, const struct omb_key_id *key,
                        const struct omb_incarnation *incarnation, uint64_t seq,
                        const struct omb_digest *digest)
{
    const struct omb_office_card *card = omb_office_card_by_key(step, key);

    if (!card || (!card->revoked && !card->astray))
        return false;
    for (size_t i = 0; !card->astray && i < card->revoked->until.count; i++) {
        const struct omb_log_position *until = &card->revoked->until.items[i];

        if (!omb_incarnation_equal(&until->incarnation, incarnation))
            continue;
        return seq > until->seq ||
               (seq == until->seq && !omb_digest_equal(&until->digest, digest));
    }
    return true;
}
