/*
 * Questions and orders about the tree of offices and its links (proto/tree.proto); the requests and
 * replies that carry them are in wire/control.h.
 */
#ifndef OMB_WIRE_TREE_H
#define OMB_WIRE_TREE_H

#include "wire/shape.h"

#define OMB_FIELDS_office_certify(F)                                                   \
    F(bytes, request, )                                                                \
    F(u32, days, )                                                                     \
    F(flag, service, )                                                                 \
    F(line, fingerprint, )                                                             \
    F(lines, addresses, )
OMB_SHAPE(office_certify)

#define OMB_FIELDS_office_issued(F)                                                    \
    F(line, code, )                                                                    \
    F(line, fingerprint, )                                                             \
    F(bytes, bundle, )                                                                 \
    F(line, record, )                                                                  \
    F(flag, rekeyed, )
OMB_SHAPE(office_issued)

#define OMB_FIELDS_office_join(F)                                                      \
    F(bytes, bundle, )
OMB_SHAPE(office_join)

#define OMB_FIELDS_office_joined(F)                                                    \
    F(line, certificate, )
OMB_SHAPE(office_joined)

#define OMB_FIELDS_office_change(F)                                                    \
    F(line, code, )                                                                    \
    F(flag, revoke, )                                                                  \
    F(line, ground, )                                                                  \
    F(line, parent, )                                                                  \
    F(line, successor, )
OMB_SHAPE(office_change)

#define OMB_FIELDS_office_changed(F)                                                   \
    F(line, code, )                                                                    \
    F(line, record, )                                                                  \
    F(lines, notes, )
OMB_SHAPE(office_changed)

#define OMB_FIELDS_office_renew(F)                                                     \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(office_renew)

#define OMB_FIELDS_renewed_case(F)                                                     \
    F(line, formerly, )                                                                \
    F(line, number, )
OMB_SHAPE(renewed_case)

#define OMB_FIELDS_left_record(F)                                                      \
    F(line, record, )                                                                  \
    F(line, type, )                                                                    \
    F(line, number, )                                                                  \
    F(line, why, )
OMB_SHAPE(left_record)

#define OMB_FIELDS_office_renewed(F)                                                   \
    F(line, incarnation, )                                                             \
    F(u64, written, )                                                                  \
    F(many, cases, renewed_case)                                                       \
    F(many, left, left_record)                                                         \
    F(line, cursor, )                                                                  \
    F(lines, warnings, )
OMB_SHAPE(office_renewed)

#define OMB_FIELDS_office_recover(F)                                                   \
    F(bytes, secret, )                                                                 \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(office_recover)

#define OMB_FIELDS_office_recovered(F)                                                 \
    F(u64, records, )                                                                  \
    F(u64, escrow_keys, )                                                              \
    F(u64, case_keys, )                                                                \
    F(u64, without_key, )                                                              \
    F(line, cursor, )                                                                  \
    F(u64, erased, )
OMB_SHAPE(office_recovered)

#define OMB_FIELDS_link_resync(F)                                                      \
    F(line, peer, )
OMB_SHAPE(link_resync)

#define OMB_FIELDS_link_resynced(F)                                                    \
    F(line, peer, )
OMB_SHAPE(link_resynced)

#define OMB_FIELDS_subscription_move(F)                                                \
    F(line, name, )                                                                    \
    F(line, position, )                                                                \
    F(lines, topics, )
OMB_SHAPE(subscription_move)

#define OMB_FIELDS_subscription_moved(F)                                               \
    F(line, name, )                                                                    \
    F(line, position, )
OMB_SHAPE(subscription_moved)

#define OMB_FIELDS_peer_list_ask(F)
OMB_SHAPE(peer_list_ask)

#define OMB_FIELDS_peer_view(F)                                                        \
    F(line, peer, )                                                                    \
    F(line, direction, )                                                               \
    F(line, state, )                                                                   \
    F(when, since, )                                                                   \
    F(line, reason, )                                                                  \
    F(u64, head, )                                                                     \
    F(u64, sent, )                                                                     \
    F(u64, acked, )                                                                    \
    F(u64, lag_records, )                                                              \
    F(u64, lag_bytes, )                                                                \
    F(u64, oldest_unacked_seconds, )                                                   \
    F(when, last_contact, )                                                            \
    F(line, last_error, )                                                              \
    F(line, incarnation, )                                                             \
    F(i64, clock_offset_ms, )                                                          \
    F(u64, quarantined, )                                                              \
    F(u64, refused, )                                                                  \
    F(u64, forks, )
OMB_SHAPE(peer_view)

#define OMB_FIELDS_peer_level(F)                                                       \
    F(line, peer, )                                                                    \
    F(line, level, )                                                                   \
    F(line, words, )
OMB_SHAPE(peer_level)

#define OMB_FIELDS_peer_list(F)                                                        \
    F(many, peers, peer_view)                                                          \
    F(many, levels, peer_level)
OMB_SHAPE(peer_list)

#define OMB_FIELDS_peer_ask(F)                                                         \
    F(line, peer, )                                                                    \
    F(flag, waiting, )
OMB_SHAPE(peer_ask)

#define OMB_FIELDS_link_step(F)                                                        \
    F(when, at, )                                                                      \
    F(line, state, )                                                                   \
    F(line, reason, )
OMB_SHAPE(link_step)

#define OMB_FIELDS_refused_view(F)                                                     \
    F(when, at, )                                                                      \
    F(line, record, )                                                                  \
    F(line, office, )                                                                  \
    F(line, why, )
OMB_SHAPE(refused_view)

#define OMB_FIELDS_witness_view(F)                                                     \
    F(line, witness, )                                                                 \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(when, at, )
OMB_SHAPE(witness_view)

#define OMB_FIELDS_link_there(F)                                                       \
    F(when, told_at, )                                                                 \
    F(line, state, )                                                                   \
    F(when, since, )                                                                   \
    F(line, reason, )                                                                  \
    F(u64, applied, )                                                                  \
    F(u64, acked, )                                                                    \
    F(when, last_contact, )
OMB_SHAPE(link_there)

#define OMB_FIELDS_peer_detail(F)                                                      \
    F(one, link, peer_view)                                                            \
    F(line, address, )                                                                 \
    F(line, fingerprint, )                                                             \
    F(when, certificate_until, )                                                       \
    F(line, software, )                                                                \
    F(u64, held, )                                                                     \
    F(when, last_ack, )                                                                \
    F(when, last_progress, )                                                           \
    F(u64, latency_ms_median, )                                                        \
    F(u64, latency_ms_p99, )                                                           \
    F(u32, errors, )                                                                   \
    F(when, next_try, )                                                                \
    F(u64, missing_parts, )                                                            \
    F(u64, credit_bytes, )                                                             \
    F(many, history, link_step)                                                        \
    F(many, refused, refused_view)                                                     \
    F(many, witnesses, witness_view)                                                   \
    F(lines, waiting, )                                                                \
    F(lines, disagreements, )                                                          \
    F(one, there, link_there)                                                          \
    F(u64, gaps, )                                                                     \
    F(u64, superseded, )
OMB_SHAPE(peer_detail)

#define OMB_FIELDS_tree_ask(F)
OMB_SHAPE(tree_ask)

#define OMB_FIELDS_tree_office(F)                                                      \
    F(line, code, )                                                                    \
    F(line, name, )                                                                    \
    F(line, kind, )                                                                    \
    F(line, parent, )                                                                  \
    F(u32, depth, )                                                                    \
    F(flag, self, )                                                                    \
    F(line, state, )                                                                   \
    F(when, as_of, )                                                                   \
    F(u64, backlog, )                                                                  \
    F(line, software, )                                                                \
    F(i64, clock_offset_ms, )                                                          \
    F(u64, disk_free_bytes, )                                                          \
    F(u64, disk_days_left, )                                                           \
    F(when, started_at, )                                                              \
    F(line, last_exit, )                                                               \
    F(when, last_backup, )                                                             \
    F(u64, cases, )                                                                    \
    F(line, level, )                                                                   \
    F(line, words, )                                                                   \
    F(u64, store_stalls, )
OMB_SHAPE(tree_office)

#define OMB_FIELDS_tree(F)                                                             \
    F(many, offices, tree_office)
OMB_SHAPE(tree)

#define OMB_FIELDS_trace_ask(F)                                                        \
    F(line, number, )
OMB_SHAPE(trace_ask)

#define OMB_FIELDS_trace_wait(F)                                                       \
    F(line, office, )                                                                  \
    F(line, on, )                                                                      \
    F(when, since, )
OMB_SHAPE(trace_wait)

#define OMB_FIELDS_trace_event(F)                                                      \
    F(line, type, )                                                                    \
    F(line, office, )                                                                  \
    F(line, record, )                                                                  \
    F(when, at, )                                                                      \
    F(flag, effect, )                                                                  \
    F(line, why, )                                                                     \
    F(lines, held_by, )                                                                \
    F(many, waits, trace_wait)
OMB_SHAPE(trace_event)

#define OMB_FIELDS_trace(F)                                                            \
    F(line, number, )                                                                  \
    F(many, events, trace_event)
OMB_SHAPE(trace)

#define OMB_FIELDS_forks_ask(F)
OMB_SHAPE(forks_ask)

#define OMB_FIELDS_fork_view(F)                                                        \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(line, stands, )                                                                  \
    F(line, other, )                                                                   \
    F(line, found_by, )                                                                \
    F(when, at, )                                                                      \
    F(flag, renewed, )                                                                 \
    F(flag, told, )
OMB_SHAPE(fork_view)

#define OMB_FIELDS_forks(F)                                                            \
    F(many, forks, fork_view)
OMB_SHAPE(forks)

#define OMB_FIELDS_quarantine_ask(F)                                                   \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(quarantine_ask)

#define OMB_FIELDS_quarantined_record(F)                                               \
    F(line, record, )                                                                  \
    F(line, office, )                                                                  \
    F(line, type, )                                                                    \
    F(line, number, )                                                                  \
    F(when, at, )                                                                      \
    F(line, why, )
OMB_SHAPE(quarantined_record)

#define OMB_FIELDS_quarantine(F)                                                       \
    F(many, records, quarantined_record)                                               \
    F(line, cursor, )
OMB_SHAPE(quarantine)

#define OMB_SHAPES_tree(S)                                                             \
    S(office_certify)                                                                  \
    S(office_issued)                                                                   \
    S(office_join)                                                                     \
    S(office_joined)                                                                   \
    S(office_change)                                                                   \
    S(office_changed)                                                                  \
    S(office_renew)                                                                    \
    S(renewed_case)                                                                    \
    S(left_record)                                                                     \
    S(office_renewed)                                                                  \
    S(office_recover)                                                                  \
    S(office_recovered)                                                                \
    S(link_resync)                                                                     \
    S(link_resynced)                                                                   \
    S(subscription_move)                                                               \
    S(subscription_moved)                                                              \
    S(peer_list_ask)                                                                   \
    S(peer_view)                                                                       \
    S(peer_level)                                                                      \
    S(peer_list)                                                                       \
    S(peer_ask)                                                                        \
    S(link_step)                                                                       \
    S(refused_view)                                                                    \
    S(witness_view)                                                                    \
    S(link_there)                                                                      \
    S(peer_detail)                                                                     \
    S(tree_ask)                                                                        \
    S(tree_office)                                                                     \
    S(tree)                                                                            \
    S(trace_ask)                                                                       \
    S(trace_wait)                                                                      \
    S(trace_event)                                                                     \
    S(trace)                                                                           \
    S(forks_ask)                                                                       \
    S(fork_view)                                                                       \
    S(forks)                                                                           \
    S(quarantine_ask)                                                                  \
    S(quarantined_record)                                                              \
    S(quarantine)

#endif
