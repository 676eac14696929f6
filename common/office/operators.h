/*
 * Operators from the inside: who is enrolled, as the store says it and as it is kept in memory.
 * What may be asked of them is office/corridor.h.
 */
#ifndef OMB_OFFICE_OPERATORS_H
#define OMB_OFFICE_OPERATORS_H

#include "office/corridor.h"

/* Takes back changes of this step beyond the first `count`. */
void omb_operators_undo(struct omb_office *office, size_t count);
enum omb_rc omb_operators_load(struct omb_office *office, const struct omb_port *port,
                               struct omb_error *err) OMB_MUST_USE;
const struct omb_operator *omb_operator_by_key(const struct omb_office *office,
                                               const uint8_t key[OMB_PUBLIC_SIZE]);
const struct omb_operator *omb_operator_by_code(const struct omb_office *office,
                                                struct omb_view code);
/* An own event of operators that a disk had lost and a peer gave back. */
enum omb_rc omb_operators_learn(struct omb_step *step, const struct omb_header *header,
                                const struct omb_digest *digest,
                                struct omb_error *err) OMB_MUST_USE;
/* "teller, handler or supervisor" */
void omb_roles_words(uint32_t roles, const char *joint, char *out, size_t size);

#endif
