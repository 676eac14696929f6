/*
 * Keys and sealed parts: case keys and escrow keys as this office holds them, and the bodies that
 * they open (design: records, Parts). Sealing a body is omb_append's.
 */
#ifndef OMB_OFFICE_VAULT_H
#define OMB_OFFICE_VAULT_H

#include "crypto/crypto.h"
#include "office/casefile.h"
#include "wire/parts.h"

struct omb_step;

/* The case key, unwrapped; OMB_SEALED when this office has none, OMB_ERASED after an erasure. */
enum omb_rc omb_vault_case_key(struct omb_step *step, const struct omb_case_id *id,
                               uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
/* The escrow key that the record at this place opened; OMB_SEALED when it is not kept here. */
enum omb_rc omb_vault_escrow_key(struct omb_step *step, const struct omb_row_at *at,
                                 uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
void omb_vault_keep_escrow_key(struct omb_step *step, uint32_t number, uint64_t seq,
                               const uint8_t key[OMB_KEY_SIZE]);
void omb_vault_keep_case_key(struct omb_step *step, const struct omb_case_id *id,
                             const uint8_t key[OMB_KEY_SIZE]);
/* Keys of own records that change sides in a fork (receive_sides.c) go with them. */
enum omb_rc omb_vault_move_escrow_key(struct omb_step *step, uint32_t from, uint32_t to,
                                      uint64_t seq) OMB_MUST_USE;
/*
 * Keeps the key of a case that came by a grant or out of escrow. Where the same was put aside with
 * a registration that lost a fork, that one goes.
 */
enum omb_rc omb_vault_regained(struct omb_step *step, const struct omb_case_id *id,
                               const uint8_t key[OMB_KEY_SIZE]) OMB_MUST_USE;
/*
 * The registration of a case lost a fork: what stands now, if anything, committed to another key.
 * That of an own one is put aside, and taken back when it stands again.
 */
void omb_vault_drop_case_key(struct omb_step *step, const struct omb_case_id *id);
enum omb_rc omb_vault_lose_case_key(struct omb_step *step,
                                    const struct omb_case_id *id) OMB_MUST_USE;
enum omb_rc omb_vault_regain_case_key(struct omb_step *step, const struct omb_case_id *id,
                                      const struct omb_digest *commitment) OMB_MUST_USE;
/* The next `escrow opened` seals the office's transport and sealing secrets to the bank again. */
void omb_vault_escrow_secrets_again(struct omb_step *step);
/* Opens the escrow key of this month and incarnation when it is due (writes `escrow opened`). */
enum omb_rc omb_vault_escrow(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/*
 * A new case's key: random, kept wrapped, committed to in the facts, and sealed under the escrow
 * key (opened first when the month or the incarnation has none).
 */
enum omb_rc omb_vault_new_case(struct omb_step *step, const struct omb_case_id *id,
                               struct omb_digest *out_commitment, struct omb_grants *out_grants,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * A grant of the case's key to another office: sealed to the sealing key of the certificate that
 * `to` names. OMB_SEALED, also while the words of the case are withheld (restored.h), OMB_ERASED,
 * or OMB_NOT_FOUND when that certificate is not here.
 */
enum omb_rc omb_vault_grant(struct omb_step *step, const struct omb_case_id *id,
                            const struct omb_office_ref *to, struct omb_grant *out,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * The key of a case that this office registered, as the grants of the registration at that place
 * hold it under an escrow key. OMB_NOT_FOUND: the part is not here, or has no such grant;
 * OMB_SEALED: that escrow key is with the bank only; OMB_UNAUTHENTIC: it is not the case's key.
 */
enum omb_rc omb_vault_open_escrow(struct omb_step *step, const struct omb_row_at *at,
                                  const struct omb_case_id *id,
                                  const struct omb_registered *facts,
                                  uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
/*
 * Looks for the key of a case of which this office holds none: what it sealed for itself when it
 * registered the case, and grants to it in the records that name it. A grant that does not open,
 * names another case or office, or holds another key than the one that the registration committed
 * to, is passed over. Called whenever records of the case came in; as long as its registration or
 * the part is not here, nothing is found.
 */
enum omb_rc omb_vault_take_grants(struct omb_step *step, const struct omb_casefile *file,
                                  struct omb_error *err) OMB_MUST_USE;
/*
 * The key in the grants of one record of the case, by its index in the file. OMB_NOT_FOUND: no
 * grant to this office, or the part or the registration is not here; OMB_UNAUTHENTIC: it is not
 * the key of the case.
 */
enum omb_rc omb_vault_try_grant(struct omb_step *step, const struct omb_casefile *file,
                                size_t index, uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
/* The decoded body of a record: OMB_NOT_FOUND (part not here), OMB_SEALED, OMB_ERASED. */
enum omb_rc omb_vault_body(struct omb_step *step, const struct omb_event *event,
                           const struct omb_row_at *at, struct omb_body *out) OMB_MUST_USE;
/* The same of an own record that lost a fork, with the keys that went aside with it. */
enum omb_rc omb_vault_lost_body(struct omb_step *step, const struct omb_event *event,
                                const struct omb_row_at *at, struct omb_body *out) OMB_MUST_USE;
enum omb_rc omb_vault_extract(struct omb_step *step, const struct omb_row_at *at,
                              struct omb_extract *out) OMB_MUST_USE;

#endif
