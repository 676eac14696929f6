/*
 * Whose word revokes a key: of several who may what the office nearest the root says, then the
 * smaller digest.
 */
#include "office/inside.h"

uint32_t omb_revoker_rank(const struct omb_seat *seat, const struct omb_office_id *by)
{
    if (seat->depth == 0)
        return omb_office_id_equal(&seat->office, by) ? 1 : 0;
    for (size_t i = 0; i < seat->above_count; i++)
        if (omb_office_id_equal(&seat->above[i], by))
            return (uint32_t)i + 1;
    return 0;
}

/* The word about this certificate, as far as it counts by itself; rank 0: none. */
static struct omb_revocation read_word(struct omb_step *step, const struct omb_office_card *card,
                                       struct omb_office_id *out_by)
{
    const struct omb_key key = omb_key_revocation(&card->certificate.digest);
    struct omb_revocation found = {.certificate = card->certificate.digest};
    struct omb_header header;
    struct omb_row_at at;

    if (omb_office_place(step, &key, &at, NULL) == OMB_OK &&
        omb_header_read(step, &at, &header, &found.record, NULL, NULL) == OMB_OK &&
        header.facts && header.facts->event.tag == OMB_EVENT_OFFICE_REVOKED) {
        found.rank = omb_revoker_rank(&card->seat, &header.office);
        found.facts = header.facts->event.value;
        *out_by = header.office;
    }
    return found;
}

bool omb_card_is_revoked(struct omb_step *step, const struct omb_office_card *card,
                         const struct omb_seat *seat)
{
    struct omb_office_id by;

    return read_word(step, card, &by).rank > 0 && omb_revoker_rank(seat, &by) > 0;
}

static void see_word(struct omb_step *step, const struct omb_office_card *card,
                     const struct omb_office_certificates *all, struct omb_revocation *best)
{
    struct omb_office_id by;
    const struct omb_revocation found = read_word(step, card, &by);
    struct omb_lineage lineage;

    if (found.rank == 0 || found.rank < best->rank ||
        (found.rank == best->rank && OMB_ID_COMPARE(&found.record, &best->record) >= 0))
        return;
    omb_lineage_find(step, all, &lineage);
    if (omb_lineage_lets(&lineage, card->certificate.inner.signing_key, &by))
        *best = found;
}

struct omb_revocation omb_key_is_revoked(struct omb_step *step, const struct omb_office_card *card,
                                         const struct omb_office_certificates *all)
{
    const struct omb_view key = card->certificate.inner.signing_key;
    struct omb_revocation best = {.rank = 0};

    see_word(step, card, all, &best);
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_office_card *other = omb_office_card(step, &all->items[i]);

        if (other && other != card &&
            omb_view_equal(other->certificate.inner.signing_key, key))
            see_word(step, other, all, &best);
    }
    return best;
}
