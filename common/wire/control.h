/*
 * The client protocol: requests and replies (proto/control.proto).
 */
#ifndef OMB_WIRE_CONTROL_H
#define OMB_WIRE_CONTROL_H

#include "wire/facts.h"
#include "wire/parts.h"
#include "wire/tree.h"

#define OMB_ALTERNATIVES_request(A)                                                    \
    A(ASK_ACT, 16, act, act)                                                           \
    A(ASK_IMPORT_BATCH, 17, import_batch, import_batch)                                \
    A(ASK_OPERATOR_ADD, 18, operator_add, operator_add)                                \
    A(ASK_OPERATOR_CHANGE, 19, operator_change, operator_change)                       \
    A(ASK_STORE_REBUILD, 20, store_rebuild, store_rebuild)                             \
    A(ASK_OFFICE_CERTIFY, 21, office_certify, office_certify)                          \
    A(ASK_OFFICE_JOIN, 22, office_join, office_join)                                   \
    A(ASK_OFFICE_CHANGE, 23, office_change, office_change)                             \
    A(ASK_OFFICE_RENEW, 24, office_renew, office_renew)                                \
    A(ASK_LINK_RESYNC, 25, link_resync, link_resync)                                   \
    A(ASK_SUBSCRIPTION_MOVE, 26, subscription_move, subscription_move)                 \
    A(ASK_OFFICE_RECOVER, 27, office_recover, office_recover)                          \
    A(ASK_BACKUP_CREATE, 28, backup_create, backup_create)                             \
    A(ASK_BACKUP_SERVE, 29, backup_serve, backup_serve)                                \
    A(ASK_STATUS, 32, status, status_ask)                                              \
    A(ASK_CASE_SHOW, 33, case_show, case_ask)                                          \
    A(ASK_CASE_HISTORY, 34, case_history, history_ask)                                 \
    A(ASK_CASE_LIST, 35, case_list, case_list_ask)                                     \
    A(ASK_LOG_LIST, 36, log_list, log_list_ask)                                        \
    A(ASK_LOG_SHOW, 37, log_show, log_show_ask)                                        \
    A(ASK_LOG_VERIFY, 38, log_verify, log_verify_ask)                                  \
    A(ASK_LOG_EXPORT, 39, log_export, log_export_ask)                                  \
    A(ASK_EXPLAIN, 40, explain, explain_ask)                                           \
    A(ASK_REPORT, 41, report, report_ask)                                              \
    A(ASK_CHANGES, 42, changes, changes_ask)                                           \
    A(ASK_OFFICE_LIST, 43, office_list, office_list_ask)                               \
    A(ASK_OFFICE_SHOW, 44, office_show, office_ask)                                    \
    A(ASK_OPERATOR_LIST, 45, operator_list, operator_list_ask)                         \
    A(ASK_POLICY_WHEN, 46, policy_when, policy_when_ask)                               \
    A(ASK_STORE_STATS, 47, store_stats, store_stats_ask)                               \
    A(ASK_STORE_CHECK, 48, store_check, store_check_ask)                               \
    A(ASK_DOCTOR, 49, doctor, doctor_ask)                                              \
    A(ASK_EXPORT_EVENTS, 50, export_events, export_events_ask)                         \
    A(ASK_VOCABULARY, 51, vocabulary, vocabulary_ask)                                  \
    A(ASK_LINK_LIST, 52, link_list, peer_list_ask)                                     \
    A(ASK_LINK_SHOW, 53, link_show, peer_ask)                                          \
    A(ASK_TREE, 54, tree, tree_ask)                                                    \
    A(ASK_CASE_TRACE, 55, case_trace, trace_ask)                                       \
    A(ASK_LOG_FORKS, 56, log_forks, forks_ask)                                         \
    A(ASK_LOG_QUARANTINE, 57, log_quarantine, quarantine_ask)                          \
    A(ASK_BACKUP_STATE, 58, backup_state, backup_state_ask)
#define OMB_FIELDS_request(F)                                                          \
    F(u32, protocol, )                                                                 \
    F(bytes, id, )                                                                     \
    F(any, ask, request)
OMB_ALTERNATIVES(request)
OMB_SHAPE(request)

#define OMB_FIELDS_refusal(F)                                                          \
    F(line, code, )                                                                    \
    F(line, words, )                                                                   \
    F(line, field, )
OMB_SHAPE(refusal)

#define OMB_ALTERNATIVES_reply(A)                                                      \
    A(ANSWER_ACT, 16, act, act_done)                                                   \
    A(ANSWER_IMPORT_BATCH, 17, import_batch, import_done)                              \
    A(ANSWER_OPERATOR_ADD, 18, operator_add, operator_done)                            \
    A(ANSWER_OPERATOR_CHANGE, 19, operator_change, operator_done)                      \
    A(ANSWER_STORE_REBUILD, 20, store_rebuild, store_rebuilt)                          \
    A(ANSWER_OFFICE_CERTIFY, 21, office_certify, office_issued)                        \
    A(ANSWER_OFFICE_JOIN, 22, office_join, office_joined)                              \
    A(ANSWER_OFFICE_CHANGE, 23, office_change, office_changed)                         \
    A(ANSWER_OFFICE_RENEW, 24, office_renew, office_renewed)                           \
    A(ANSWER_LINK_RESYNC, 25, link_resync, link_resynced)                              \
    A(ANSWER_SUBSCRIPTION_MOVE, 26, subscription_move, subscription_moved)             \
    A(ANSWER_OFFICE_RECOVER, 27, office_recover, office_recovered)                     \
    A(ANSWER_BACKUP_CREATE, 28, backup_create, backup_started)                         \
    A(ANSWER_BACKUP_SERVE, 29, backup_serve, backup_served)                            \
    A(ANSWER_STATUS, 32, status, status)                                               \
    A(ANSWER_CASE_SHOW, 33, case_show, case_view)                                      \
    A(ANSWER_CASE_HISTORY, 34, case_history, history)                                  \
    A(ANSWER_CASE_LIST, 35, case_list, case_list)                                      \
    A(ANSWER_LOG_LIST, 36, log_list, log_list)                                         \
    A(ANSWER_LOG_SHOW, 37, log_show, log_show)                                         \
    A(ANSWER_LOG_VERIFY, 38, log_verify, log_verified)                                 \
    A(ANSWER_LOG_EXPORT, 39, log_export, log_export)                                   \
    A(ANSWER_EXPLAIN, 40, explain, explanation)                                        \
    A(ANSWER_REPORT, 41, report, report)                                               \
    A(ANSWER_CHANGES, 42, changes, changes)                                            \
    A(ANSWER_OFFICE_LIST, 43, office_list, office_list)                                \
    A(ANSWER_OFFICE_SHOW, 44, office_show, office_view)                                \
    A(ANSWER_OPERATOR_LIST, 45, operator_list, operator_list)                          \
    A(ANSWER_POLICY_WHEN, 46, policy_when, policy_when)                                \
    A(ANSWER_STORE_STATS, 47, store_stats, store_stats)                                \
    A(ANSWER_STORE_CHECK, 48, store_check, store_checked)                              \
    A(ANSWER_DOCTOR, 49, doctor, doctor)                                               \
    A(ANSWER_EXPORT_EVENTS, 50, export_events, export_events)                          \
    A(ANSWER_VOCABULARY, 51, vocabulary, vocabularies)                                 \
    A(ANSWER_LINK_LIST, 52, link_list, peer_list)                                      \
    A(ANSWER_LINK_SHOW, 53, link_show, peer_detail)                                    \
    A(ANSWER_TREE, 54, tree, tree)                                                     \
    A(ANSWER_CASE_TRACE, 55, case_trace, trace)                                        \
    A(ANSWER_LOG_FORKS, 56, log_forks, forks)                                          \
    A(ANSWER_LOG_QUARANTINE, 57, log_quarantine, quarantine)                           \
    A(ANSWER_BACKUP_STATE, 58, backup_state, backup_state)
#define OMB_FIELDS_reply(F)                                                            \
    F(bytes, id, )                                                                     \
    F(one, error, refusal)                                                             \
    F(any, answer, reply)
OMB_ALTERNATIVES(reply)
OMB_SHAPE(reply)

#define OMB_FIELDS_act(F)                                                              \
    F(line, number, )                                                                  \
    F(one, facts, facts)                                                               \
    F(one, body, body)                                                                 \
    F(one, extract, extract)                                                           \
    F(line, about, )                                                                   \
    F(line, custodian, )                                                               \
    F(line, to, )                                                                      \
    F(line, other, )                                                                   \
    F(line, answers, )                                                                 \
    F(many, then, act)
OMB_SHAPE(act)

#define OMB_FIELDS_act_done(F)                                                         \
    F(line, number, )                                                                  \
    F(when, answer_by, )                                                               \
    F(line, record, )                                                                  \
    F(line, position, )                                                                \
    F(lines, warnings, )                                                               \
    F(lines, channels, )                                                               \
    F(many, deadlines, deadline)
OMB_SHAPE(act_done)

#define OMB_FIELDS_import_row(F)                                                       \
    F(u64, line, )                                                                     \
    F(line, reference, )                                                               \
    F(one, act, act)
OMB_SHAPE(import_row)

#define OMB_FIELDS_import_batch(F)                                                     \
    F(line, source, )                                                                  \
    F(many, rows, import_row)                                                          \
    F(flag, dry_run, )
OMB_SHAPE(import_batch)

#define OMB_FIELDS_import_result(F)                                                    \
    F(u64, line, )                                                                     \
    F(line, number, )                                                                  \
    F(flag, duplicate, )                                                               \
    F(one, error, refusal)
OMB_SHAPE(import_result)

#define OMB_FIELDS_import_done(F)                                                      \
    F(many, results, import_result)
OMB_SHAPE(import_done)

#define OMB_FIELDS_operator_add(F)                                                     \
    F(line, code, )                                                                    \
    F(line, name, )                                                                    \
    F(lines, roles, )                                                                  \
    F(line, title, )                                                                   \
    F(bytes, public_key, )
OMB_SHAPE(operator_add)

#define OMB_FIELDS_operator_change(F)                                                  \
    F(line, code, )                                                                    \
    F(lines, roles, )                                                                  \
    F(bytes, public_key, )                                                             \
    F(flag, revoke, )
OMB_SHAPE(operator_change)

#define OMB_FIELDS_operator_done(F)                                                    \
    F(line, code, )                                                                    \
    F(line, record, )
OMB_SHAPE(operator_done)

#define OMB_FIELDS_store_rebuild(F)
OMB_SHAPE(store_rebuild)

#define OMB_FIELDS_store_rebuilt(F)                                                    \
    F(u64, records, )                                                                  \
    F(u64, cases, )                                                                    \
    F(u64, changed, )
OMB_SHAPE(store_rebuilt)

#define OMB_FIELDS_status_ask(F)
OMB_SHAPE(status_ask)

#define OMB_FIELDS_status(F)                                                           \
    F(line, office, )                                                                  \
    F(line, name, )                                                                    \
    F(line, kind, )                                                                    \
    F(line, software, )                                                                \
    F(when, now, )                                                                     \
    F(when, started_at, )                                                              \
    F(line, operator, )                                                                \
    F(lines, roles, )                                                                  \
    F(u64, cases, )                                                                    \
    F(line, position, )                                                                \
    F(line, zone, )                                                                    \
    F(line, bell, )                                                                    \
    F(line, listen, )
OMB_SHAPE(status)

#define OMB_FIELDS_case_ask(F)                                                         \
    F(line, number, )
OMB_SHAPE(case_ask)

#define OMB_FIELDS_deadline_view(F)                                                    \
    F(line, name, )                                                                    \
    F(when, due, )                                                                     \
    F(flag, limit, )                                                                   \
    F(flag, breached, )                                                                \
    F(flag, extended, )                                                                \
    F(flag, met, )
OMB_SHAPE(deadline_view)

#define OMB_FIELDS_client_view(F)                                                      \
    F(line, name, )                                                                    \
    F(line, phone, )                                                                   \
    F(line, email, )                                                                   \
    F(line, address, )                                                                 \
    F(line, account, )
OMB_SHAPE(client_view)

#define OMB_FIELDS_event_view(F)                                                       \
    F(line, type, )                                                                    \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(line, actor, )                                                                   \
    F(when, at, )                                                                      \
    F(flag, effect, )                                                                  \
    F(line, why, )                                                                     \
    F(line, digest, )                                                                  \
    F(one, facts, facts)                                                               \
    F(text, text, )                                                                    \
    F(line, proof, )
OMB_SHAPE(event_view)

#define OMB_FIELDS_corrected_value(F)                                                        \
    F(line, field, )                                                                   \
    F(line, value, )                                                                   \
    F(line, by, )                                                                      \
    F(when, at, )
OMB_SHAPE(corrected_value)

#define OMB_FIELDS_promise_view(F)                                                     \
    F(line, record, )                                                                  \
    F(when, due, )                                                                     \
    F(line, to, )                                                                      \
    F(flag, kept, )                                                                    \
    F(flag, broken, )
OMB_SHAPE(promise_view)

#define OMB_FIELDS_link_view(F)                                                        \
    F(line, record, )                                                                  \
    F(line, other, )                                                                   \
    F(line, relation, )
OMB_SHAPE(link_view)

#define OMB_FIELDS_case_view(F)                                                        \
    F(line, number, )                                                                  \
    F(line, home, )                                                                    \
    F(line, custodian, )                                                               \
    F(line, status, )                                                                  \
    F(line, kind, )                                                                    \
    F(line, about, )                                                                   \
    F(line, channel, )                                                                 \
    F(line, product, )                                                                 \
    F(line, issue, )                                                                   \
    F(line, severity, )                                                                \
    F(when, received_at, )                                                             \
    F(many, deadlines, deadline_view)                                                  \
    F(line, first_asked, )                                                             \
    F(line, responsible, )                                                             \
    F(line, outcome, )                                                                 \
    F(text, answer, )                                                                  \
    F(one, client, client_view)                                                        \
    F(flag, sealed, )                                                                  \
    F(flag, erased, )                                                                  \
    F(lines, flags, )                                                                  \
    F(many, events, event_view)                                                        \
    F(text, narrative, )                                                               \
    F(line, cause, )                                                                   \
    F(line, bank_error, )                                                              \
    F(when, registered_at, )                                                           \
    F(when, resolved_at, )                                                             \
    F(when, answered_at, )                                                             \
    F(when, closed_at, )                                                               \
    F(u32, score, )                                                                    \
    F(line, reference, )                                                               \
    F(many, corrected, corrected_value)                                                      \
    F(many, promises, promise_view)                                                    \
    F(many, links, link_view)                                                          \
    F(u32, hand_overs, )                                                               \
    F(line, wish, )                                                                    \
    F(line, segment, )                                                                 \
    F(flag, anonymous, )                                                               \
    F(flag, confidential, )                                                            \
    F(flag, vulnerable, )                                                              \
    F(lines, reply_methods, )                                                          \
    F(line, pseudonym, )                                                               \
    F(line, key_asked_of, )                                                            \
    F(when, key_asked_at, )                                                            \
    F(line, formerly, )                                                                \
    F(lines, namesakes, )                                                              \
    F(line, withheld, )                                                                \
    F(flag, key_lost, )
OMB_SHAPE(case_view)

#define OMB_FIELDS_history_ask(F)                                                      \
    F(line, number, )                                                                  \
    F(flag, verify, )
OMB_SHAPE(history_ask)

#define OMB_FIELDS_history(F)                                                          \
    F(line, number, )                                                                  \
    F(many, events, event_view)                                                        \
    F(u64, verified, )                                                                 \
    F(lines, problems, )                                                               \
    F(line, withheld, )
OMB_SHAPE(history)

#define OMB_FIELDS_filter(F)                                                           \
    F(lines, status, )                                                                 \
    F(lines, kind, )                                                                   \
    F(lines, channel, )                                                                \
    F(lines, product, )                                                                \
    F(lines, issue, )                                                                  \
    F(lines, severity, )                                                               \
    F(lines, segment, )                                                                \
    F(lines, outcome, )                                                                \
    F(lines, office, )                                                                 \
    F(when, since, )                                                                   \
    F(when, until, )                                                                   \
    F(flag, overdue, )                                                                 \
    F(flag, escalated, )                                                               \
    F(flag, attention, )                                                               \
    F(flag, mine, )                                                                    \
    F(flag, superseded, )                                                              \
    F(lines, cause, )
OMB_SHAPE(filter)

#define OMB_FIELDS_case_list_ask(F)                                                    \
    F(one, filter, filter)                                                             \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(case_list_ask)

#define OMB_FIELDS_case_summary(F)                                                     \
    F(line, number, )                                                                  \
    F(line, home, )                                                                    \
    F(line, custodian, )                                                               \
    F(line, status, )                                                                  \
    F(line, kind, )                                                                    \
    F(line, about, )                                                                   \
    F(line, channel, )                                                                 \
    F(line, product, )                                                                 \
    F(line, issue, )                                                                   \
    F(line, severity, )                                                                \
    F(line, segment, )                                                                 \
    F(line, outcome, )                                                                 \
    F(line, cause, )                                                                   \
    F(when, received_at, )                                                             \
    F(when, registered_at, )                                                           \
    F(when, resolved_at, )                                                             \
    F(when, answered_at, )                                                             \
    F(when, closed_at, )                                                               \
    F(when, answer_by, )                                                               \
    F(flag, overdue, )                                                                 \
    F(line, responsible, )                                                             \
    F(lines, flags, )
OMB_SHAPE(case_summary)

#define OMB_FIELDS_case_list(F)                                                        \
    F(many, cases, case_summary)                                                       \
    F(line, cursor, )
OMB_SHAPE(case_list)

#define OMB_FIELDS_log_list_ask(F)
OMB_SHAPE(log_list_ask)

#define OMB_FIELDS_log_view(F)                                                         \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, head, )                                                                     \
    F(u64, records, )                                                                  \
    F(line, digest, )                                                                  \
    F(when, newest_at, )
OMB_SHAPE(log_view)

#define OMB_FIELDS_log_list(F)                                                         \
    F(many, logs, log_view)
OMB_SHAPE(log_list)

#define OMB_FIELDS_log_show_ask(F)                                                     \
    F(line, office, )                                                                  \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(log_show_ask)

#define OMB_FIELDS_log_entry(F)                                                        \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(line, digest, )                                                                  \
    F(line, type, )                                                                    \
    F(line, actor, )                                                                   \
    F(when, at, )                                                                      \
    F(line, case_number, )                                                             \
    F(u32, size, )                                                                     \
    F(line, parts, )
OMB_SHAPE(log_entry)

#define OMB_FIELDS_log_show(F)                                                         \
    F(many, records, log_entry)                                                        \
    F(line, cursor, )
OMB_SHAPE(log_show)

#define OMB_FIELDS_log_verify_ask(F)                                                   \
    F(line, office, )                                                                  \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(log_verify_ask)

#define OMB_FIELDS_log_verified(F)                                                     \
    F(u64, records, )                                                                  \
    F(u64, proofs, )                                                                   \
    F(u64, parts, )                                                                    \
    F(lines, problems, )                                                               \
    F(line, cursor, )                                                                  \
    F(u64, holes, )
OMB_SHAPE(log_verified)

#define OMB_FIELDS_log_export_ask(F)                                                   \
    F(line, office, )                                                                  \
    F(line, cursor, )                                                                  \
    F(u32, limit, )                                                                    \
    F(flag, certificates, )
OMB_SHAPE(log_export_ask)

#define OMB_FIELDS_exported_record(F)                                                  \
    F(line, office, )                                                                  \
    F(line, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(bytes, header, )                                                                 \
    F(bytes, digest, )                                                                 \
    F(bytes, prev, )                                                                   \
    F(u32, index, )                                                                    \
    F(digests, path, )                                                                 \
    F(bytes, signature, )                                                              \
    F(bytes, key, )
OMB_SHAPE(exported_record)

#define OMB_FIELDS_exported_signature(F)                                               \
    F(bytes, key, )                                                                    \
    F(bytes, signature, )
OMB_SHAPE(exported_signature)

#define OMB_FIELDS_exported_certificate(F)                                             \
    F(bytes, digest, )                                                                 \
    F(bytes, issuer, )                                                                 \
    F(line, office, )                                                                  \
    F(bytes, signing_key, )                                                            \
    F(bytes, certificate, )                                                            \
    F(many, signatures, exported_signature)
OMB_SHAPE(exported_certificate)

#define OMB_FIELDS_log_export(F)                                                       \
    F(many, records, exported_record)                                                  \
    F(many, certificates, exported_certificate)                                        \
    F(line, cursor, )
OMB_SHAPE(log_export)

#define OMB_FIELDS_explain_ask(F)                                                      \
    F(line, record, )
OMB_SHAPE(explain_ask)

#define OMB_FIELDS_explanation(F)                                                      \
    F(one, record, log_entry)                                                          \
    F(lines, lines, )                                                                  \
    F(flag, effect, )                                                                  \
    F(line, why, )
OMB_SHAPE(explanation)

#define OMB_FIELDS_report_ask(F)                                                       \
    F(lines, by, )                                                                     \
    F(lines, measures, )                                                               \
    F(one, filter, filter)                                                             \
    F(u32, top, )
OMB_SHAPE(report_ask)

#define OMB_FIELDS_report_row(F)                                                       \
    F(lines, keys, )                                                                   \
    F(i64s, values, )
OMB_SHAPE(report_row)

#define OMB_FIELDS_stale_office(F)                                                     \
    F(line, office, )                                                                  \
    F(when, since, )
OMB_SHAPE(stale_office)

#define OMB_FIELDS_report(F)                                                           \
    F(lines, by, )                                                                     \
    F(lines, measures, )                                                               \
    F(many, rows, report_row)                                                          \
    F(i64s, totals, )                                                                  \
    F(when, as_of, )                                                                   \
    F(many, stale, stale_office)
OMB_SHAPE(report)

#define OMB_FIELDS_changes_ask(F)                                                      \
    F(line, since, )                                                                   \
    F(lines, topics, )                                                                 \
    F(u32, limit, )                                                                    \
    F(line, name, )
OMB_SHAPE(changes_ask)

#define OMB_FIELDS_change(F)                                                           \
    F(line, position, )                                                                \
    F(line, topic, )                                                                   \
    F(line, type, )                                                                    \
    F(line, number, )                                                                  \
    F(line, office, )                                                                  \
    F(line, actor, )                                                                   \
    F(when, at, )                                                                      \
    F(line, record, )
OMB_SHAPE(change)

#define OMB_FIELDS_changes(F)                                                          \
    F(many, changes, change)                                                           \
    F(line, next, )
OMB_SHAPE(changes)

#define OMB_FIELDS_office_list_ask(F)
OMB_SHAPE(office_list_ask)

#define OMB_FIELDS_office_view(F)                                                      \
    F(line, code, )                                                                    \
    F(line, name, )                                                                    \
    F(line, kind, )                                                                    \
    F(line, parent, )                                                                  \
    F(u32, depth, )                                                                    \
    F(line, id, )                                                                      \
    F(line, certificate, )                                                             \
    F(when, not_before, )                                                              \
    F(when, not_after, )                                                               \
    F(line, state, )                                                                   \
    F(flag, self, )                                                                    \
    F(line, anchor, )                                                                  \
    F(flag, same_code, )                                                               \
    F(flag, service, )                                                                 \
    F(line, previous, )                                                                \
    F(flag, rekeyed, )                                                                 \
    F(line, fingerprint, )                                                             \
    F(line, transport, )                                                               \
    F(lines, succeeds, )                                                               \
    F(line, successor, )
OMB_SHAPE(office_view)

#define OMB_FIELDS_office_list(F)                                                      \
    F(many, offices, office_view)
OMB_SHAPE(office_list)

#define OMB_FIELDS_office_ask(F)                                                       \
    F(line, code, )
OMB_SHAPE(office_ask)

#define OMB_FIELDS_operator_list_ask(F)
OMB_SHAPE(operator_list_ask)

#define OMB_FIELDS_operator_view(F)                                                    \
    F(line, code, )                                                                    \
    F(lines, roles, )                                                                  \
    F(line, title, )                                                                   \
    F(line, name, )                                                                    \
    F(line, key, )                                                                     \
    F(flag, revoked, )                                                                 \
    F(when, since, )
OMB_SHAPE(operator_view)

#define OMB_FIELDS_operator_list(F)                                                    \
    F(many, operators, operator_view)
OMB_SHAPE(operator_list)

#define OMB_FIELDS_policy_when_ask(F)                                                  \
    F(line, profile, )                                                                 \
    F(when, received_at, )                                                             \
    F(line, received_local, )                                                          \
    F(line, calendar, )
OMB_SHAPE(policy_when_ask)

#define OMB_FIELDS_policy_when(F)                                                      \
    F(line, profile, )                                                                 \
    F(line, calendar, )                                                                \
    F(line, zone, )                                                                    \
    F(when, received_at, )                                                             \
    F(many, deadlines, deadline)                                                       \
    F(lines, local, )
OMB_SHAPE(policy_when)

#define OMB_FIELDS_store_stats_ask(F)
OMB_SHAPE(store_stats_ask)

#define OMB_FIELDS_family_stats(F)                                                     \
    F(line, family, )                                                                  \
    F(u64, rows, )                                                                     \
    F(u64, bytes, )                                                                    \
    F(flag, more, )
OMB_SHAPE(family_stats)

#define OMB_FIELDS_store_stats(F)                                                      \
    F(u32, schema, )                                                                   \
    F(line, epoch, )                                                                   \
    F(many, families, family_stats)                                                    \
    F(u64, bytes, )                                                                    \
    F(u64, cases, )                                                                    \
    F(u64, records, )
OMB_SHAPE(store_stats)

#define OMB_FIELDS_store_check_ask(F)                                                  \
    F(line, cursor, )                                                                  \
    F(u32, limit, )
OMB_SHAPE(store_check_ask)

#define OMB_FIELDS_store_checked(F)                                                    \
    F(u64, rows, )                                                                     \
    F(lines, problems, )                                                               \
    F(line, cursor, )
OMB_SHAPE(store_checked)

#define OMB_FIELDS_backup_create(F)                                                    \
    F(line, to, )                                                                      \
    F(line, name, )                                                                    \
    F(u32, keep, )
OMB_SHAPE(backup_create)

#define OMB_FIELDS_backup_started(F)                                                   \
    F(line, name, )
OMB_SHAPE(backup_started)

#define OMB_FIELDS_backup_state_ask(F)
OMB_SHAPE(backup_state_ask)

#define OMB_FIELDS_backup_state(F)                                                     \
    F(flag, running, )                                                                 \
    F(line, name, )                                                                    \
    F(when, started_at, )                                                              \
    F(u64, done_bytes, )                                                               \
    F(u64, total_bytes, )                                                              \
    F(when, failed_at, )                                                               \
    F(line, failed_as, )                                                               \
    F(line, failure, )                                                                 \
    F(when, good_at, )                                                                 \
    F(line, good_name, )                                                               \
    F(line, good_path, )                                                               \
    F(u64, good_records, )                                                             \
    F(u64, good_cases, )                                                               \
    F(u64, good_bytes, )                                                               \
    F(lines, removed, )
OMB_SHAPE(backup_state)

#define OMB_FIELDS_backup_serve(F)
OMB_SHAPE(backup_serve)

#define OMB_FIELDS_backup_served(F)                                                    \
    F(line, record, )                                                                  \
    F(lines, unheard, )
OMB_SHAPE(backup_served)

#define OMB_FIELDS_doctor_ask(F)
OMB_SHAPE(doctor_ask)

#define OMB_FIELDS_finding(F)                                                          \
    F(line, check, )                                                                   \
    F(line, level, )                                                                   \
    F(line, words, )
OMB_SHAPE(finding)

#define OMB_FIELDS_doctor(F)                                                           \
    F(many, findings, finding)
OMB_SHAPE(doctor)

#define OMB_FIELDS_export_events_ask(F)                                                \
    F(line, cursor, )                                                                  \
    F(u32, limit, )                                                                    \
    F(one, filter, filter)
OMB_SHAPE(export_events_ask)

#define OMB_FIELDS_exported_event(F)                                                   \
    F(line, number, )                                                                  \
    F(one, event, event_view)
OMB_SHAPE(exported_event)

#define OMB_FIELDS_export_events(F)                                                    \
    F(many, events, exported_event)                                                    \
    F(line, cursor, )
OMB_SHAPE(export_events)

#define OMB_FIELDS_vocabulary_ask(F)
OMB_SHAPE(vocabulary_ask)

#define OMB_FIELDS_vocabulary_codes(F)                                                 \
    F(line, field, )                                                                   \
    F(lines, codes, )
OMB_SHAPE(vocabulary_codes)

#define OMB_FIELDS_vocabularies(F)                                                       \
    F(many, fields, vocabulary_codes)
OMB_SHAPE(vocabularies)

#define OMB_SHAPES_control(S)                                                          \
    S(request)                                                                         \
    S(refusal)                                                                         \
    S(reply)                                                                           \
    S(act)                                                                             \
    S(act_done)                                                                        \
    S(import_row)                                                                      \
    S(import_batch)                                                                    \
    S(import_result)                                                                   \
    S(import_done)                                                                     \
    S(operator_add)                                                                    \
    S(operator_change)                                                                 \
    S(operator_done)                                                                   \
    S(store_rebuild)                                                                   \
    S(store_rebuilt)                                                                   \
    S(status_ask)                                                                      \
    S(status)                                                                          \
    S(case_ask)                                                                        \
    S(deadline_view)                                                                   \
    S(client_view)                                                                     \
    S(event_view)                                                                      \
    S(corrected_value)                                                                       \
    S(promise_view)                                                                    \
    S(link_view)                                                                       \
    S(case_view)                                                                       \
    S(history_ask)                                                                     \
    S(history)                                                                         \
    S(filter)                                                                          \
    S(case_list_ask)                                                                   \
    S(case_summary)                                                                    \
    S(case_list)                                                                       \
    S(log_list_ask)                                                                    \
    S(log_view)                                                                        \
    S(log_list)                                                                        \
    S(log_show_ask)                                                                    \
    S(log_entry)                                                                       \
    S(log_show)                                                                        \
    S(log_verify_ask)                                                                  \
    S(log_verified)                                                                    \
    S(log_export_ask)                                                                  \
    S(exported_record)                                                                 \
    S(exported_signature)                                                              \
    S(exported_certificate)                                                            \
    S(log_export)                                                                      \
    S(explain_ask)                                                                     \
    S(explanation)                                                                     \
    S(report_ask)                                                                      \
    S(report_row)                                                                      \
    S(stale_office)                                                                    \
    S(report)                                                                          \
    S(changes_ask)                                                                     \
    S(change)                                                                          \
    S(changes)                                                                         \
    S(office_list_ask)                                                                 \
    S(office_view)                                                                     \
    S(office_list)                                                                     \
    S(office_ask)                                                                      \
    S(operator_list_ask)                                                               \
    S(operator_view)                                                                   \
    S(operator_list)                                                                   \
    S(policy_when_ask)                                                                 \
    S(policy_when)                                                                     \
    S(store_stats_ask)                                                                 \
    S(family_stats)                                                                    \
    S(store_stats)                                                                     \
    S(store_check_ask)                                                                 \
    S(store_checked)                                                                   \
    S(backup_create)                                                                   \
    S(backup_started)                                                                  \
    S(backup_state_ask)                                                                \
    S(backup_state)                                                                    \
    S(backup_serve)                                                                    \
    S(backup_served)                                                                   \
    S(doctor_ask)                                                                      \
    S(finding)                                                                         \
    S(doctor)                                                                          \
    S(export_events_ask)                                                               \
    S(exported_event)                                                                  \
    S(export_events)                                                                   \
    S(vocabulary_ask)                                                                  \
    S(vocabulary_codes)                                                                \
    S(vocabularies)

#endif
