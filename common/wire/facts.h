/*
 * The facts of every event, one shape per event type. Each field is documented in
 * proto/record.proto; the effect of each event is a row of cases/events.def.
 */
#ifndef OMB_WIRE_FACTS_H
#define OMB_WIRE_FACTS_H

#include "wire/shape.h"

#define OMB_FIELDS_proof(F)                                                            \
    F(bytes, signature, )                                                              \
    F(u32, index, )                                                                    \
    F(digests, path, )
OMB_SHAPE(proof)

#define OMB_FIELDS_case_id(F)                                                          \
    F(id, home, )                                                                      \
    F(life, incarnation, )                                                             \
    F(u32, year, )                                                                     \
    F(u64, serial, )
OMB_SHAPE(case_id)
static inline bool omb_case_id_equal(const struct omb_case_id *a, const struct omb_case_id *b)
{
    return a->serial == b->serial && a->year == b->year &&
           omb_office_id_equal(&a->home, &b->home) &&
           omb_incarnation_equal(&a->incarnation, &b->incarnation);
}

#define OMB_FIELDS_office_ref(F)                                                       \
    F(id, office, )                                                                    \
    F(digest, certificate, )
OMB_SHAPE(office_ref)

#define OMB_ALTERNATIVES_facts(A)                                                      \
    A(EVENT_REGISTERED, 1, registered, registered)                                     \
    A(EVENT_AMENDED, 2, amended, amended)                                              \
    A(EVENT_ACKNOWLEDGED, 3, acknowledged, acknowledged)                               \
    A(EVENT_CONTACTED, 4, contacted, contacted)                                        \
    A(EVENT_PROMISED, 5, promised, promised)                                           \
    A(EVENT_KEPT, 6, kept, kept)                                                       \
    A(EVENT_NOTED, 7, noted, noted)                                                    \
    A(EVENT_CLASSIFIED, 8, classified, classified)                                     \
    A(EVENT_PLANNED, 9, planned, planned)                                              \
    A(EVENT_ASSIGNED, 10, assigned, assigned)                                          \
    A(EVENT_ACCEPTED, 11, accepted, accepted)                                          \
    A(EVENT_ATTACHED, 12, attached, attached)                                          \
    A(EVENT_LINKED, 13, linked, linked)                                                \
    A(EVENT_UNLINKED, 14, unlinked, unlinked)                                          \
    A(EVENT_EXTENDED, 15, extended, extended)                                          \
    A(EVENT_ESCALATED, 16, escalated, escalated)                                       \
    A(EVENT_RETURNED, 17, returned, returned)                                          \
    A(EVENT_DELEGATED, 18, delegated, delegated)                                       \
    A(EVENT_TAKEN_OVER, 19, taken_over, taken_over)                                    \
    A(EVENT_GRANTED, 20, granted, granted)                                             \
    A(EVENT_SHARED, 21, shared, shared)                                                \
    A(EVENT_ASKED, 22, asked, asked)                                                   \
    A(EVENT_REPLIED, 23, replied, replied)                                             \
    A(EVENT_RESOLVED, 24, resolved, resolved)                                          \
    A(EVENT_ANSWERED, 25, answered, answered)                                          \
    A(EVENT_CLOSED, 26, closed, closed)                                                \
    A(EVENT_REOPENED, 27, reopened, reopened)                                          \
    A(EVENT_WITHDRAWN, 28, withdrawn, withdrawn)                                       \
    A(EVENT_RATED, 29, rated, rated)                                                   \
    A(EVENT_ATTENDED, 30, attended, attended)                                          \
    A(EVENT_ACTION_DONE, 31, action_done, action_done)                                 \
    A(EVENT_REBASED, 32, rebased, rebased)                                             \
    A(EVENT_ERASED, 33, erased, erased)                                                \
    A(EVENT_ERASURE_CONFIRMED, 34, erasure_confirmed, erasure_confirmed)               \
    A(EVENT_POLICY_PUBLISHED, 64, policy_published, policy_published)                  \
    A(EVENT_OFFICE_CERTIFIED, 65, office_certified, office_certified)                  \
    A(EVENT_OFFICE_REVOKED, 66, office_revoked, office_revoked)                        \
    A(EVENT_OFFICE_CLOSED, 67, office_closed, office_closed)                           \
    A(EVENT_OFFICE_MOVED, 68, office_moved, office_moved)                              \
    A(EVENT_OPERATOR_ENROLLED, 69, operator_enrolled, operator_enrolled)               \
    A(EVENT_OPERATOR_REVOKED, 70, operator_revoked, operator_revoked)                  \
    A(EVENT_ESCROW_OPENED, 71, escrow_opened, escrow_opened)                           \
    A(EVENT_FORK_FOUND, 72, fork_found, fork_found)                                    \
    A(EVENT_VISITS_REPORTED, 73, visits_reported, visits_reported)                     \
    A(EVENT_VISIT_RATED, 74, visit_rated, visit_rated)                                 \
    A(EVENT_RECEPTION_PUBLISHED, 75, reception_published, reception_published)         \
    A(EVENT_ASSIST_RAISED, 76, assist_raised, assist_raised)                           \
    A(EVENT_ASSIST_ACKNOWLEDGED, 77, assist_acknowledged, assist_acknowledged)         \
    A(EVENT_ASSIST_CLEARED, 78, assist_cleared, assist_cleared)                        \
    A(EVENT_GOOD_STORY, 79, good_story, good_story)                                    \
    A(EVENT_APPOINTMENT, 80, appointment, appointment)                                 \
    A(EVENT_RESTORED, 81, restored, restored)
#define OMB_FIELDS_facts(F)                                                            \
    F(any, event, facts)
OMB_ALTERNATIVES(facts)
OMB_SHAPE(facts)

#define OMB_FIELDS_deadline(F)                                                         \
    F(code, code, )                                                                    \
    F(when, due, )                                                                     \
    F(flag, limit, )
OMB_SHAPE(deadline)

#define OMB_FIELDS_imported_field(F)                                                   \
    F(code, name, )                                                                    \
    F(code, code, )
OMB_SHAPE(imported_field)

#define OMB_FIELDS_imported(F)                                                         \
    F(code, source, )                                                                  \
    F(many, fields, imported_field)                                                    \
    F(codes, marks, )
OMB_SHAPE(imported)

#define OMB_FIELDS_matter(F)                                                           \
    F(code, kind, )                                                                    \
    F(one, about, office_ref)                                                          \
    F(code, channel, )                                                                 \
    F(code, product, )                                                                 \
    F(code, issue, )                                                                   \
    F(code, severity, )                                                                \
    F(when, received_at, )                                                             \
    F(code, segment, )                                                                 \
    F(flag, vulnerable, )                                                              \
    F(flag, confidential, )                                                            \
    F(flag, anonymous, )                                                               \
    F(code, wish, )                                                                    \
    F(code, first_asked, )                                                             \
    F(codes, reply_methods, )
OMB_SHAPE(matter)

#define OMB_FIELDS_registered(F)                                                       \
    F(one, matter, matter)                                                             \
    F(digest, policy, )                                                                \
    F(code, profile, )                                                                 \
    F(code, calendar, )                                                                \
    F(line, zone, )                                                                    \
    F(many, deadlines, deadline)                                                       \
    F(one, imported, imported)                                                         \
    F(one, custodian, office_ref)                                                      \
    F(digest, key_commitment, )                                                        \
    F(many, formerly, case_id)
OMB_SHAPE(registered)

#define OMB_FIELDS_amended(F)                                                          \
    F(one, matter, matter)                                                             \
    F(codes, cleared, )
OMB_SHAPE(amended)

#define OMB_FIELDS_acknowledged(F)                                                     \
    F(code, method, )                                                                  \
    F(when, at, )
OMB_SHAPE(acknowledged)

#define OMB_FIELDS_contacted(F)                                                        \
    F(code, method, )                                                                  \
    F(code, direction, )                                                               \
    F(when, at, )                                                                      \
    F(flag, is_progress, )
OMB_SHAPE(contacted)

#define OMB_FIELDS_promised(F)                                                         \
    F(when, due, )                                                                     \
    F(code, to, )
OMB_SHAPE(promised)

#define OMB_FIELDS_kept(F)                                                             \
    F(digest, promise, )
OMB_SHAPE(kept)

#define OMB_FIELDS_noted(F)
OMB_SHAPE(noted)

#define OMB_FIELDS_classified(F)                                                       \
    F(code, product, )                                                                 \
    F(code, issue, )                                                                   \
    F(code, severity, )                                                                \
    F(codes, risks, )
OMB_SHAPE(classified)

#define OMB_FIELDS_planned(F)                                                          \
    F(code, cause, )                                                                   \
    F(when, due, )
OMB_SHAPE(planned)

#define OMB_FIELDS_assigned(F)                                                         \
    F(code, responsible, )
OMB_SHAPE(assigned)

#define OMB_FIELDS_accepted(F)                                                         \
    F(digest, assignment, )
OMB_SHAPE(accepted)

#define OMB_FIELDS_attached(F)                                                         \
    F(digest, digest, )                                                                \
    F(u64, size, )                                                                     \
    F(line, media_type, )
OMB_SHAPE(attached)

#define OMB_FIELDS_linked(F)                                                           \
    F(one, other, case_id)                                                             \
    F(code, relation, )                                                                \
    F(when, received_at, )                                                             \
    F(many, deadlines, deadline)
OMB_SHAPE(linked)

#define OMB_FIELDS_unlinked(F)                                                         \
    F(digest, link, )
OMB_SHAPE(unlinked)

#define OMB_FIELDS_extended(F)                                                         \
    F(code, limit, )                                                                   \
    F(when, until, )                                                                   \
    F(code, ground, )                                                                  \
    F(code, method, )                                                                  \
    F(when, at, )
OMB_SHAPE(extended)

#define OMB_FIELDS_escalated(F)                                                        \
    F(one, to, office_ref)                                                             \
    F(code, ground, )
OMB_SHAPE(escalated)

#define OMB_FIELDS_returned(F)                                                         \
    F(one, to, office_ref)                                                             \
    F(code, ground, )
OMB_SHAPE(returned)

#define OMB_FIELDS_delegated(F)                                                        \
    F(one, to, office_ref)                                                             \
    F(code, ground, )
OMB_SHAPE(delegated)

#define OMB_FIELDS_taken_over(F)                                                       \
    F(code, ground, )
OMB_SHAPE(taken_over)

#define OMB_FIELDS_granted(F)                                                          \
    F(one, to, office_ref)
OMB_SHAPE(granted)

#define OMB_FIELDS_shared(F)                                                           \
    F(one, to, office_ref)                                                             \
    F(code, ground, )
OMB_SHAPE(shared)

#define OMB_FIELDS_asked(F)                                                            \
    F(one, to, office_ref)                                                             \
    F(when, due, )                                                                     \
    F(code, ground, )
OMB_SHAPE(asked)

#define OMB_FIELDS_replied(F)                                                          \
    F(digest, question, )
OMB_SHAPE(replied)

#define OMB_FIELDS_resolved(F)                                                         \
    F(code, outcome, )                                                                 \
    F(code, bank_error, )                                                              \
    F(code, cause, )                                                                   \
    F(codes, remedies, )                                                               \
    F(i64, redress_minor, )                                                            \
    F(line, currency, )                                                                \
    F(code, prevent, )                                                                 \
    F(code, prevent_owner, )                                                           \
    F(when, prevent_due, )                                                             \
    F(when, at, )
OMB_SHAPE(resolved)

#define OMB_FIELDS_answered(F)                                                         \
    F(code, method, )                                                                  \
    F(when, at, )                                                                      \
    F(codes, routes, )                                                                 \
    F(u32, tries, )
OMB_SHAPE(answered)

#define OMB_FIELDS_closed(F)                                                           \
    F(code, accepts, )                                                                 \
    F(when, at, )
OMB_SHAPE(closed)

#define OMB_FIELDS_reopened(F)                                                         \
    F(code, ground, )
OMB_SHAPE(reopened)

#define OMB_FIELDS_withdrawn(F)                                                        \
    F(code, method, )                                                                  \
    F(when, at, )
OMB_SHAPE(withdrawn)

#define OMB_FIELDS_question_score(F)                                                   \
    F(code, question, )                                                                \
    F(u32, score, )
OMB_SHAPE(question_score)

#define OMB_FIELDS_rated(F)                                                            \
    F(u32, score, )                                                                    \
    F(code, survey, )                                                                  \
    F(many, questions, question_score)
OMB_SHAPE(rated)

#define OMB_FIELDS_attended(F)                                                         \
    F(digest, rating, )                                                                \
    F(code, done, )
OMB_SHAPE(attended)

#define OMB_FIELDS_action_done(F)                                                      \
    F(digest, resolution, )                                                            \
    F(code, action, )
OMB_SHAPE(action_done)

#define OMB_FIELDS_rebased(F)                                                          \
    F(digest, policy, )                                                                \
    F(code, profile, )                                                                 \
    F(code, calendar, )                                                                \
    F(many, deadlines, deadline)
OMB_SHAPE(rebased)

#define OMB_FIELDS_erased(F)                                                           \
    F(code, ground, )
OMB_SHAPE(erased)

#define OMB_FIELDS_erasure_confirmed(F)                                                \
    F(digest, erasure, )                                                               \
    F(code, ground, )
OMB_SHAPE(erasure_confirmed)

#define OMB_FIELDS_policy_published(F)                                                 \
    F(digest, digest, )                                                                \
    F(u32, version, )                                                                  \
    F(policy_text, text, )
OMB_SHAPE(policy_published)

#define OMB_FIELDS_office_certified(F)                                                 \
    F(bytes, certificate, )
OMB_SHAPE(office_certified)

#define OMB_FIELDS_log_position(F)                                                     \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(digest, digest, )
OMB_SHAPE(log_position)

#define OMB_FIELDS_office_revoked(F)                                                   \
    F(digest, certificate, )                                                           \
    F(many, until, log_position)                                                       \
    F(code, ground, )
OMB_SHAPE(office_revoked)

#define OMB_FIELDS_office_closed(F)                                                    \
    F(one, office, office_ref)                                                         \
    F(one, successor, office_ref)
OMB_SHAPE(office_closed)

#define OMB_FIELDS_office_moved(F)                                                     \
    F(one, office, office_ref)                                                         \
    F(one, parent, office_ref)
OMB_SHAPE(office_moved)

#define OMB_FIELDS_operator_enrolled(F)                                                \
    F(code, code, )                                                                    \
    F(codes, roles, )                                                                  \
    F(code, title, )                                                                   \
    F(bytes, public_key, )
OMB_SHAPE(operator_enrolled)

#define OMB_FIELDS_operator_revoked(F)                                                 \
    F(code, code, )
OMB_SHAPE(operator_revoked)

#define OMB_FIELDS_escrow_opened(F)                                                    \
    F(u32, year, )                                                                     \
    F(u32, month, )                                                                    \
    F(bytes, sealed, )
OMB_SHAPE(escrow_opened)

#define OMB_FIELDS_fork_found(F)                                                       \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(digest, stands, )                                                                \
    F(bytes, first_header, )                                                           \
    F(one, first_proof, proof)                                                         \
    F(bytes, second_header, )                                                          \
    F(one, second_proof, proof)
OMB_SHAPE(fork_found)

#define OMB_FIELDS_visits_reported(F)                                                  \
    F(when, since, )                                                                   \
    F(when, until, )                                                                   \
    F(u64, clients, )
OMB_SHAPE(visits_reported)

#define OMB_FIELDS_visit_rated(F)                                                      \
    F(u32, score, )                                                                    \
    F(code, survey, )                                                                  \
    F(many, questions, question_score)
OMB_SHAPE(visit_rated)

#define OMB_FIELDS_reception_published(F)                                              \
    F(code, officer, )                                                                 \
    F(line, place, )                                                                   \
    F(line, hours, )
OMB_SHAPE(reception_published)

#define OMB_FIELDS_assist_raised(F)                                                    \
    F(code, reason, )                                                                  \
    F(u32, minutes, )                                                                  \
    F(line, counter, )
OMB_SHAPE(assist_raised)

#define OMB_FIELDS_assist_acknowledged(F)                                              \
    F(digest, assist, )
OMB_SHAPE(assist_acknowledged)

#define OMB_FIELDS_assist_cleared(F)                                                   \
    F(digest, assist, )
OMB_SHAPE(assist_cleared)

#define OMB_FIELDS_good_story(F)                                                       \
    F(code, topic, )                                                                   \
    F(i64, saved_minor, )                                                              \
    F(line, currency, )
OMB_SHAPE(good_story)

#define OMB_FIELDS_appointment(F)                                                      \
    F(when, at, )                                                                      \
    F(code, officer, )
OMB_SHAPE(appointment)

#define OMB_FIELDS_restored(F)                                                         \
    F(when, made_at, )                                                                 \
    F(digest, backup, )                                                                \
    F(flag, served, )
OMB_SHAPE(restored)

#define OMB_SHAPES_facts(S)                                                            \
    S(proof)                                                                           \
    S(case_id)                                                                         \
    S(office_ref)                                                                      \
    S(facts)                                                                           \
    S(deadline)                                                                        \
    S(imported_field)                                                                  \
    S(imported)                                                                        \
    S(matter)                                                                          \
    S(registered)                                                                      \
    S(amended)                                                                         \
    S(acknowledged)                                                                    \
    S(contacted)                                                                       \
    S(promised)                                                                        \
    S(kept)                                                                            \
    S(noted)                                                                           \
    S(classified)                                                                      \
    S(planned)                                                                         \
    S(assigned)                                                                        \
    S(accepted)                                                                        \
    S(attached)                                                                        \
    S(linked)                                                                          \
    S(unlinked)                                                                        \
    S(extended)                                                                        \
    S(escalated)                                                                       \
    S(returned)                                                                        \
    S(delegated)                                                                       \
    S(taken_over)                                                                      \
    S(granted)                                                                         \
    S(shared)                                                                          \
    S(asked)                                                                           \
    S(replied)                                                                         \
    S(resolved)                                                                        \
    S(answered)                                                                        \
    S(closed)                                                                          \
    S(reopened)                                                                        \
    S(withdrawn)                                                                       \
    S(question_score)                                                                  \
    S(rated)                                                                           \
    S(attended)                                                                        \
    S(action_done)                                                                     \
    S(rebased)                                                                         \
    S(erased)                                                                          \
    S(erasure_confirmed)                                                               \
    S(policy_published)                                                                \
    S(office_certified)                                                                \
    S(log_position)                                                                    \
    S(office_revoked)                                                                  \
    S(office_closed)                                                                   \
    S(office_moved)                                                                    \
    S(operator_enrolled)                                                               \
    S(operator_revoked)                                                                \
    S(escrow_opened)                                                                   \
    S(fork_found)                                                                      \
    S(visits_reported)                                                                 \
    S(visit_rated)                                                                     \
    S(reception_published)                                                             \
    S(assist_raised)                                                                   \
    S(assist_acknowledged)                                                             \
    S(assist_cleared)                                                                  \
    S(good_story)                                                                      \
    S(appointment)                                                                     \
    S(restored)

#endif
