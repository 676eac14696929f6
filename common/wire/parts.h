/*
 * The parts of a record in the clear: bodies, extracts and grants (proto/record.proto). Sealing
 * them is office/vault.h.
 */
#ifndef OMB_WIRE_PARTS_H
#define OMB_WIRE_PARTS_H

#include "wire/facts.h"

#define OMB_ALTERNATIVES_body(A)                                                       \
    A(BODY_REGISTERED, 1, registered, registered_body)                                 \
    A(BODY_AMENDED, 2, amended, registered_body)                                       \
    A(BODY_ACKNOWLEDGED, 3, acknowledged, text_body)                                   \
    A(BODY_CONTACTED, 4, contacted, text_body)                                         \
    A(BODY_PROMISED, 5, promised, text_body)                                           \
    A(BODY_KEPT, 6, kept, text_body)                                                   \
    A(BODY_NOTED, 7, noted, text_body)                                                 \
    A(BODY_PLANNED, 9, planned, planned_body)                                          \
    A(BODY_ASSIGNED, 10, assigned, text_body)                                          \
    A(BODY_ATTACHED, 12, attached, attached_body)                                      \
    A(BODY_EXTENDED, 15, extended, text_body)                                          \
    A(BODY_ESCALATED, 16, escalated, text_body)                                        \
    A(BODY_RETURNED, 17, returned, text_body)                                          \
    A(BODY_DELEGATED, 18, delegated, text_body)                                        \
    A(BODY_SHARED, 21, shared, text_body)                                              \
    A(BODY_ASKED, 22, asked, text_body)                                                \
    A(BODY_REPLIED, 23, replied, text_body)                                            \
    A(BODY_RESOLVED, 24, resolved, resolved_body)                                      \
    A(BODY_ANSWERED, 25, answered, text_body)                                          \
    A(BODY_REOPENED, 27, reopened, text_body)                                          \
    A(BODY_WITHDRAWN, 28, withdrawn, text_body)                                        \
    A(BODY_RATED, 29, rated, text_body)                                                \
    A(BODY_ATTENDED, 30, attended, text_body)                                          \
    A(BODY_ACTION_DONE, 31, action_done, text_body)                                    \
    A(BODY_REBASED, 32, rebased, text_body)                                            \
    A(BODY_OPERATOR_ENROLLED, 69, operator_enrolled, operator_body)                    \
    A(BODY_VISIT_RATED, 74, visit_rated, text_body)                                    \
    A(BODY_RECEPTION_PUBLISHED, 75, reception_published, text_body)                    \
    A(BODY_GOOD_STORY, 79, good_story, text_body)                                      \
    A(BODY_APPOINTMENT, 80, appointment, text_body)
#define OMB_FIELDS_body(F)                                                             \
    F(any, event, body)
OMB_ALTERNATIVES(body)
OMB_SHAPE(body)

#define OMB_FIELDS_text_body(F)                                                        \
    F(text, text, )
OMB_SHAPE(text_body)

#define OMB_FIELDS_client(F)                                                           \
    F(line, name, )                                                                    \
    F(line, phone, )                                                                   \
    F(line, email, )                                                                   \
    F(line, address, )                                                                 \
    F(line, account, )
OMB_SHAPE(client)

#define OMB_FIELDS_registered_body(F)                                                  \
    F(one, client, client)                                                             \
    F(text, narrative, )                                                               \
    F(text, wish, )                                                                    \
    F(text, place, )
OMB_SHAPE(registered_body)

#define OMB_FIELDS_planned_body(F)                                                     \
    F(text, analysis, )                                                                \
    F(text, plan, )                                                                    \
    F(text, alternatives, )
OMB_SHAPE(planned_body)

#define OMB_FIELDS_attached_body(F)                                                    \
    F(line, file_name, )
OMB_SHAPE(attached_body)

#define OMB_FIELDS_resolved_body(F)                                                    \
    F(text, findings, )                                                                \
    F(text, answer, )
OMB_SHAPE(resolved_body)

#define OMB_FIELDS_operator_body(F)                                                    \
    F(line, name, )
OMB_SHAPE(operator_body)

#define OMB_FIELDS_extract(F)                                                          \
    F(line, pseudonym, )                                                               \
    F(line, reference, )                                                               \
    F(line, subject, )                                                                 \
    F(bytes, blind, )
OMB_SHAPE(extract)

#define OMB_FIELDS_grant(F)                                                            \
    F(id, recipient, )                                                                 \
    F(bytes, sealed, )
OMB_SHAPE(grant)

#define OMB_FIELDS_escrow_grant(F)                                                     \
    F(digest, escrow, )                                                                \
    F(bytes, nonce, )                                                                  \
    F(bytes, sealed, )
OMB_SHAPE(escrow_grant)

#define OMB_FIELDS_grants(F)                                                           \
    F(many, offices, grant)                                                            \
    F(one, escrow, escrow_grant)
OMB_SHAPE(grants)

#define OMB_FIELDS_grant_key(F)                                                        \
    F(one, case_id, case_id)                                                           \
    F(id, recipient, )                                                                 \
    F(bytes, key, )
OMB_SHAPE(grant_key)

#define OMB_FIELDS_escrow_secret(F)                                                    \
    F(bytes, key, )                                                                    \
    F(bytes, transport_secret, )                                                       \
    F(bytes, sealing_secret, )
OMB_SHAPE(escrow_secret)

#define OMB_SHAPES_parts(S)                                                            \
    S(body)                                                                            \
    S(text_body)                                                                       \
    S(client)                                                                          \
    S(registered_body)                                                                 \
    S(planned_body)                                                                    \
    S(attached_body)                                                                   \
    S(resolved_body)                                                                   \
    S(operator_body)                                                                   \
    S(extract)                                                                         \
    S(grant)                                                                           \
    S(escrow_grant)                                                                    \
    S(grants)                                                                          \
    S(grant_key)                                                                       \
    S(escrow_secret)

#endif
