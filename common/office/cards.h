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
/*
 * How much an office's word counts that revokes or closes the office of the seat: nearer the root
 * more; 0: nothing. The root speaks for itself.
 */
uint32_t omb_revoker_rank(const struct omb_seat *seat, const struct omb_office_id *by);
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

/* --- standing.c --- */

/* The seat of a card whose certificate is read; what is listed in it goes to the arena. */
void omb_card_fill(struct omb_step *step, struct omb_office_card *card, struct omb_arena *arena);
/* Whom it stands in for alone, and who said so: again when an earlier certificate of it came. */
void omb_card_fill_succeeds(struct omb_step *step, struct omb_office_card *card,
                            struct omb_arena *arena);
/* What stands above alone, as far as the issuers are here: with the last of them it is complete. */
void omb_card_fill_above(struct omb_step *step, struct omb_office_card *card);

#endif
