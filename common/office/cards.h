/*
 * Cards from the inside: certificates that were met, kept taken apart from input to input
 * (offices.c). What others may ask of them is office/offices.h.
 */
#ifndef OMB_OFFICE_CARDS_H
#define OMB_OFFICE_CARDS_H

#include "ledger/record.h"
#include "office/offices.h"
#include "office/writes.h"

struct omb_office;
struct omb_office_cache;

struct omb_office_cache *omb_cache_new(void);
void omb_cache_free(struct omb_office_cache *cache);
/* Forgets it when it has grown large; between inputs only, since cards are borrowed within one. */
void omb_cache_trim(struct omb_office_cache *cache);
void omb_cache_empty(struct omb_office_cache *cache);
/* The card of the certificate whose digest begins with a header's key id; NULL: not here. */
const struct omb_office_card *omb_office_card_by_key(struct omb_step *step,
                                                     const struct omb_key_id *key);
/* Whether the certificates above hold up to the anchor (looked at once per card). */
enum omb_rc omb_office_card_check(struct omb_step *step, const struct omb_office_card *card,
                                  struct omb_error *err) OMB_MUST_USE;
/* The memo for records that this signature proves. */
struct omb_proof_memo *omb_office_memo(struct omb_office *office, struct omb_view signature);
/* After the cache was emptied: what the own seat borrows from it is looked up again. */
void omb_cache_begin(struct omb_step *step);
/* A certificate was put, or a revocation: cards that are borrowed learn of it where they stand. */
void omb_cache_learned(struct omb_step *step, const struct omb_digest *certificate);
/* As omb_office_card_check, of a certificate that is not in the store yet. */
enum omb_rc omb_certificate_check(struct omb_step *step, const struct omb_known_certificate *known,
                                  struct omb_error *err) OMB_MUST_USE;
/* Puts the rows of a certificate. */
void omb_certificate_put(struct omb_writes *writes, const struct omb_known_certificate *known);

/* --- lineage.c --- */

/* The one of its office that it names before it; NULL: none, or it is not here. */
const struct omb_office_card *omb_card_previous(struct omb_step *step,
                                                const struct omb_known_certificate *known);
/* Whether its signatures say by themselves that the office goes on from the one before it. */
bool omb_card_is_further(struct omb_step *step, const struct omb_known_certificate *known);
/*
 * The office's next certificate, of all that are here: one that names this one as `previous` and
 * may follow it; of several what the office signed itself. One that this office issued in vain,
 * while the office went elsewhere, is such a one here alone: it gives way.
 */
void omb_card_fill_later(struct omb_step *step, struct omb_office_card *card,
                         const struct omb_office_certificates *all);

/* Certificates that follow each other, the oldest first. */
struct omb_lineage {
    const struct omb_office_card *cards[OMB_OFFICE_CERTIFICATES_MAX];
    size_t count;
};
/* Of those that are here the line that the office went itself, or the newest. Count 0: no cards. */
void omb_lineage_find(struct omb_step *step, const struct omb_office_certificates *all,
                      struct omb_lineage *out);
/* The newest: the last of that line, or one of the same parent beside it. NULL: none. */
const struct omb_office_card *omb_lineage_newest(struct omb_step *step,
                                                 const struct omb_office_certificates *all);
/* Whether that office may revoke the key: of a key of the line, one that stood above it. */
bool omb_lineage_lets(const struct omb_lineage *lineage, struct omb_view key,
                      const struct omb_office_id *by);
/* Whether somebody whom the office has left certified it since, by a key that it never had. */
bool omb_lineage_strays(struct omb_step *step, const struct omb_office_certificates *all,
                        const struct omb_lineage *lineage, const struct omb_office_card *card);

/* --- revoked.c --- */

/*
 * How much an office's word counts that revokes or closes the office of the seat: nearer the root
 * more; 0: nothing. The root speaks for itself.
 */
uint32_t omb_revoker_rank(const struct omb_seat *seat, const struct omb_office_id *by);
/* Whether somebody revokes this very certificate who stands above that seat as well. */
bool omb_card_is_revoked(struct omb_step *step, const struct omb_office_card *card,
                         const struct omb_seat *seat);
/* What revokes a key. */
struct omb_revocation {
    uint32_t rank; /* 0: nothing does */
    struct omb_digest record, certificate;
    const struct omb_office_revoked *facts;
};
/* The key of the card, whichever certificate of its office, of all that are here, names it. */
struct omb_revocation omb_key_is_revoked(struct omb_step *step, const struct omb_office_card *card,
                                         const struct omb_office_certificates *all);

/* --- standing.c --- */

/* The seat of a card whose certificate is read; what is listed in it goes to the arena. */
void omb_card_fill(struct omb_step *step, struct omb_office_card *card, struct omb_arena *arena);
/* Whom it stands in for alone, and who said so: again when an earlier certificate of it came. */
void omb_card_fill_succeeds(struct omb_step *step, struct omb_office_card *card,
                            struct omb_arena *arena);
/* What stands above alone, as far as the issuers are here: with the last of them it is complete. */
void omb_card_fill_above(struct omb_step *step, struct omb_office_card *card);

#endif
