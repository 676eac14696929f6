/*
 * Values of the store (proto/store.proto). Their keys are office/keys.h.
 */
#ifndef OMB_WIRE_ROWS_H
#define OMB_WIRE_ROWS_H

#include "wire/link.h"

#define OMB_FIELDS_stored_record(F)                                                    \
    F(bytes, header, )                                                                 \
    F(one, proof, proof)
OMB_SHAPE(stored_record)

#define OMB_FIELDS_log_row(F)                                                          \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u32, line, )                                                                     \
    F(u64, head, )                                                                     \
    F(digest, digest, )                                                                \
    F(when, newest_at, )                                                               \
    F(u64, count, )
OMB_SHAPE(log_row)

#define OMB_FIELDS_refused_record(F)                                                   \
    F(when, at, )                                                                      \
    F(digest, digest, )                                                                \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(line, why, )
OMB_SHAPE(refused_record)

#define OMB_FIELDS_link_change(F)                                                      \
    F(when, at, )                                                                      \
    F(line, state, )                                                                   \
    F(line, reason, )
OMB_SHAPE(link_change)

#define OMB_FIELDS_peer_row(F)                                                         \
    F(id, office, )                                                                    \
    F(one, held, cursor)                                                               \
    F(one, acked, cursor)                                                              \
    F(bytes, epoch, )                                                                  \
    F(line, software, )                                                                \
    F(when, last_contact, )                                                            \
    F(when, last_ack, )                                                                \
    F(when, compared_at, )                                                             \
    F(line, blocked, )                                                                 \
    F(u64, refused_count, )                                                            \
    F(many, refused, refused_record)                                                   \
    F(many, history, link_change)                                                      \
    F(one, health, health)                                                             \
    F(when, health_at, )                                                               \
    F(i64, clock_offset_ms, )                                                          \
    F(u64, sent, )                                                                     \
    F(u64, settled, )                                                                  \
    F(flag, once_more, )                                                               \
    F(flag, lacked, )
OMB_SHAPE(peer_row)

#define OMB_FIELDS_missing_row(F)                                                      \
    F(id, office, )                                                                    \
    F(u32, parts, )                                                                    \
    F(when, since, )
OMB_SHAPE(missing_row)

#define OMB_FIELDS_subscription_row(F)                                                 \
    F(line, name, )                                                                    \
    F(u64, position, )                                                                 \
    F(when, moved_at, )                                                                \
    F(line, topic, )
OMB_SHAPE(subscription_row)

#define OMB_FIELDS_operator_row(F)                                                     \
    F(line, code, )                                                                    \
    F(lines, roles, )                                                                  \
    F(line, title, )                                                                   \
    F(bytes, public_key, )                                                             \
    F(flag, revoked, )                                                                 \
    F(when, since, )                                                                   \
    F(digest, record, )
OMB_SHAPE(operator_row)

#define OMB_FIELDS_deadline_row(F)                                                     \
    F(line, code, )                                                                    \
    F(when, due, )                                                                     \
    F(flag, limit, )                                                                   \
    F(flag, extended, )                                                                \
    F(when, met_at, )
OMB_SHAPE(deadline_row)

#define OMB_FIELDS_case_row(F)                                                         \
    F(one, case_id, case_id)                                                           \
    F(line, status, )                                                                  \
    F(one, custodian, office_ref)                                                      \
    F(one, matter, matter)                                                             \
    F(when, registered_at, )                                                           \
    F(when, resolved_at, )                                                             \
    F(when, answered_at, )                                                             \
    F(when, closed_at, )                                                               \
    F(when, first_response_at, )                                                       \
    F(line, outcome, )                                                                 \
    F(line, cause, )                                                                   \
    F(line, bank_error, )                                                              \
    F(line, first_asked, )                                                             \
    F(line, responsible, )                                                             \
    F(line, assigned, )                                                                \
    F(u32, score, )                                                                    \
    F(many, deadlines, deadline_row)                                                   \
    F(lines, flags, )                                                                  \
    F(u32, hand_overs, )                                                               \
    F(digest, spine, )                                                                 \
    F(id, resolver, )                                                                  \
    F(flag, imported, )                                                                \
    F(flag, erased, )                                                                  \
    F(flag, undated, )                                                                 \
    F(u32, events, )                                                                   \
    F(i64, redress_minor, )                                                            \
    F(line, currency, )                                                                \
    F(digest, policy, )                                                                \
    F(line, zone, )                                                                    \
    F(line, calendar, )                                                                \
    F(line, profile, )                                                                 \
    F(u32, custodian_depth, )                                                          \
    F(id, responsible_office, )                                                        \
    F(id, assigned_office, )                                                           \
    F(many, formerly, case_id)
OMB_SHAPE(case_row)

#define OMB_FIELDS_request_row(F)                                                      \
    F(digest, digest, )                                                                \
    F(when, at, )                                                                      \
    F(bytes, reply, )
OMB_SHAPE(request_row)

#define OMB_FIELDS_key_row(F)                                                          \
    F(bytes, nonce, )                                                                  \
    F(bytes, sealed, )
OMB_SHAPE(key_row)

#define OMB_FIELDS_restored_row(F)                                                     \
    F(when, made_at, )                                                                 \
    F(digest, backup, )                                                                \
    F(when, restored_at, )                                                             \
    F(u32, life, )                                                                     \
    F(flag, told, )
OMB_SHAPE(restored_row)

#define OMB_SHAPES_rows(S)                                                             \
    S(stored_record)                                                                   \
    S(log_row)                                                                         \
    S(refused_record)                                                                  \
    S(link_change)                                                                     \
    S(peer_row)                                                                        \
    S(missing_row)                                                                     \
    S(subscription_row)                                                                \
    S(operator_row)                                                                    \
    S(deadline_row)                                                                    \
    S(case_row)                                                                        \
    S(request_row)                                                                     \
    S(key_row)                                                                         \
    S(restored_row)

#endif
