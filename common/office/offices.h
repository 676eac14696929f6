/*
 * Offices as their certificates say: codes, and seats in the tree.
 */
#ifndef OMB_OFFICE_OFFICES_H
#define OMB_OFFICE_OFFICES_H

#include "cases/event.h"
#include "ledger/certify.h"

struct omb_step;

/*
 * A certificate that is here, taken apart, and where it puts its office. Lives until the next
 * input.
 */
struct omb_office_card {
    struct omb_known_certificate certificate;
    struct omb_seat seat;
    bool complete; /* every issuer up to the root is here: the seat is whole */
    /* What lets records under its signing key stand; NULL: all do. Of a certificate of that key. */
    const struct omb_office_revoked *revoked;
    struct omb_digest revoked_as;
    bool astray; /* whom the office has left made up its key: nothing under it stands */
};
/* NULL: not here. */
const struct omb_office_card *omb_office_card(struct omb_step *step,
                                              const struct omb_digest *certificate);
/*
 * The same of one that a record names. One that is only claimed (standing.c) says as well where the
 * office that it names stood in the eyes of whoever named it, which is all that counts there
 * (design: complaints, Custody); nothing else follows from it.
 */
const struct omb_office_card *omb_office_named(struct omb_step *step,
                                               const struct omb_digest *certificate);
/* The newest certificate of an office; NULL: none here. */
const struct omb_office_card *omb_office_newest(struct omb_step *step,
                                                const struct omb_office_id *id);

/* Code of an office as its certificate says; its id in hex when no certificate is here. */
struct omb_view omb_office_code_of(struct omb_step *step, const struct omb_office_id *id);
/*
 * An office by its code, or by its id in hex. OMB_NOT_FOUND names the nearest known office codes;
 * OMB_INVALID: several living offices have the code, and the words say their ids.
 */
enum omb_rc omb_office_by_code(struct omb_step *step, struct omb_view code,
                               struct omb_office_ref *out, struct omb_error *err) OMB_MUST_USE;
/* The look-up that the fold and the rules are given. */
struct omb_seats omb_step_seats(struct omb_step *step);
const struct omb_seat *omb_office_seat(struct omb_step *step, const struct omb_office_ref *ref);

/* --- standing.c --- */

/*
 * Certificates of one office, as many as are looked at: more nobody needs. Of those that others
 * issued fewer count, the fewest of those that do not follow the newest, so that it can always go
 * elsewhere by its own word.
 */
enum {
    OMB_OFFICE_CERTIFICATES_MAX = 64,
    OMB_OFFICE_CERTIFIED_NEXT = 48,
    OMB_OFFICE_CERTIFIED_BESIDE = 24,
};
struct omb_office_certificates {
    struct omb_digest items[OMB_OFFICE_CERTIFICATES_MAX];
    size_t count;
};
enum omb_rc omb_office_certificates(struct omb_step *step, const struct omb_office_id *office,
                                    struct omb_office_certificates *out,
                                    struct omb_error *err) OMB_MUST_USE;

/* From an office to its parent by its newest certificate; false: it is the root, or unknown. */
bool omb_office_climb(struct omb_step *step, struct omb_office_id *at);
/* Whether it is that office or stands below it, by newest certificates. */
bool omb_office_is_within(struct omb_step *step, const struct omb_office_id *office,
                          const struct omb_office_id *top);
/*
 * Whether what the office signed may come by way of that one (or of this office, if it is that): it
 * stands or stood at or below it, or it or one above it is said to have come there.
 */
enum omb_rc omb_office_came_below(struct omb_step *step, const struct omb_office_id *office,
                                  const struct omb_office_id *from, bool *out,
                                  struct omb_error *err) OMB_MUST_USE;
/*
 * The author's record there says that an office came under the parent that certified it so, and
 * nothing proves it yet.
 */
enum omb_rc omb_office_claim(struct omb_step *step, const struct omb_office_id *author,
                             const struct omb_known_certificate *known,
                             const struct omb_row_at *at, struct omb_error *err) OMB_MUST_USE;
/* The records that say so of one office by a certificate that does not count: the next of them. */
struct omb_office_claims {
    struct omb_row_at items[OMB_OFFICE_CERTIFICATES_MAX];
    size_t count;         /* less than the most: no more are behind them */
    struct omb_key after; /* the row that was looked at last; size 0: none was */
};
enum omb_rc omb_office_claimed(struct omb_step *step, const struct omb_office_id *office,
                               struct omb_office_claims *out, struct omb_error *err) OMB_MUST_USE;

/*
 * The record that such a row names: carrier, revocation, claim. OMB_NOT_FOUND: there is no row; or,
 * of one that must stand, its record was put aside.
 */
enum omb_rc omb_office_place(struct omb_step *step, const struct omb_key *key,
                             struct omb_row_at *out, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_office_place_standing(struct omb_step *step, const struct omb_key *key,
                                      struct omb_row_at *out, struct omb_error *err) OMB_MUST_USE;
/* Whether it says that its office stands in for that one (an id). */
bool omb_certificate_says(const struct omb_certificate *inner, struct omb_view closed);
/*
 * The newest certificate of an office (an id of those that the card's says) for which the card's
 * stands in, as all others see it. NULL: it does not, or that one is not known here.
 */
const struct omb_office_card *omb_office_stood_in_for(struct omb_step *step,
                                                      const struct omb_office_card *card,
                                                      struct omb_view closed);
/* Whether its newest certificate's key was revoked, or it was closed, as far as is known here. */
bool omb_office_gone(struct omb_step *step, const struct omb_office_id *id);
/*
 * Whether a revocation of the key that signed leaves the record without effect (design:
 * trust, Who may hurt us), or that key is none of the office's.
 */
bool omb_office_cut_off(struct omb_step *step, const struct omb_key_id *key,
                        const struct omb_incarnation *incarnation, uint64_t seq,
                        const struct omb_digest *digest);

/* --- learn.c --- */

/*
 * Whether others know an office by its certificate: not by one that this office issued to one that
 * comes from elsewhere, until its own word for that is here.
 */
enum omb_rc omb_office_has_come(struct omb_step *step, const struct omb_office_card *card,
                                bool *out, struct omb_error *err) OMB_MUST_USE;

#endif
