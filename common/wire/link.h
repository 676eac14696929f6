/*
 * The messages of the link between a child and its parent (proto/link.proto).
 */
#ifndef OMB_WIRE_LINK_H
#define OMB_WIRE_LINK_H

#include "wire/record.h"

#define OMB_ALTERNATIVES_frame(A)                                                      \
    A(FRAME_HELLO, 1, hello, hello)                                                    \
    A(FRAME_WELCOME, 2, welcome, hello)                                                \
    A(FRAME_REFUSE, 3, refuse, refuse)                                                 \
    A(FRAME_RECORDS, 4, records, records)                                              \
    A(FRAME_ACK, 5, ack, ack)                                                          \
    A(FRAME_CREDIT, 6, credit, credit)                                                 \
    A(FRAME_WANT, 7, want, want)                                                       \
    A(FRAME_COMPARE, 8, compare, compare)                                              \
    A(FRAME_HEALTH, 9, health, health)                                                 \
    A(FRAME_PING, 10, ping, ping)                                                      \
    A(FRAME_PONG, 11, pong, ping)
#define OMB_FIELDS_frame(F)                                                            \
    F(any, message, frame)
OMB_ALTERNATIVES(frame)
OMB_SHAPE(frame)

#define OMB_FIELDS_cursor(F)                                                           \
    F(u64, position, )                                                                 \
    F(digest, digest, )
OMB_SHAPE(cursor)

#define OMB_FIELDS_life(F)                                                             \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, head, )                                                                     \
    F(digest, digest, )                                                                \
    F(u64, count, )
OMB_SHAPE(life)

#define OMB_FIELDS_hello(F)                                                            \
    F(u32, protocol_min, )                                                             \
    F(u32, protocol_max, )                                                             \
    F(id, office, )                                                                    \
    F(many, own, life)                                                                 \
    F(one, cursor, cursor)                                                             \
    F(bytes, store_epoch, )                                                            \
    F(when, clock, )                                                                   \
    F(line, software, )                                                                \
    F(many, yours, life)                                                               \
    F(flag, sure, )                                                                    \
    F(flag, confirms, )
OMB_SHAPE(hello)

#define OMB_FIELDS_refuse(F)                                                           \
    F(line, code, )                                                                    \
    F(line, words, )                                                                   \
    F(digest, record, )
OMB_SHAPE(refuse)

#define OMB_FIELDS_missing_part(F)                                                     \
    F(digest, digest, )                                                                \
    F(u32, parts, )
OMB_SHAPE(missing_part)

#define OMB_FIELDS_records(F)                                                          \
    F(u64, first, )                                                                    \
    F(u64, last, )                                                                     \
    F(many, records, record)                                                           \
    F(many, missing, missing_part)
OMB_SHAPE(records)

#define OMB_FIELDS_witness(F)                                                          \
    F(bytes, statement, )                                                              \
    F(one, proof, proof)
OMB_SHAPE(witness)

#define OMB_FIELDS_ack(F)                                                              \
    F(one, cursor, cursor)                                                             \
    F(many, witnesses, witness)
OMB_SHAPE(ack)

#define OMB_FIELDS_witness_statement(F)                                                \
    F(id, witness, )                                                                   \
    F(keyid, key, )                                                                    \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(digest, digest, )                                                                \
    F(when, time_ms, )
OMB_SHAPE(witness_statement)

#define OMB_FIELDS_credit(F)                                                           \
    F(u64, bytes, )
OMB_SHAPE(credit)

#define OMB_FIELDS_log_range(F)                                                        \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, first, )                                                                    \
    F(u64, last, )
OMB_SHAPE(log_range)

#define OMB_FIELDS_want(F)                                                             \
    F(digests, digests, )                                                              \
    F(many, ranges, log_range)                                                         \
    F(many, parts, missing_part)
OMB_SHAPE(want)

#define OMB_FIELDS_case_sum(F)                                                         \
    F(one, case_id, case_id)                                                           \
    F(u64, count, )                                                                    \
    F(bytes, hash, )
OMB_SHAPE(case_sum)

#define OMB_FIELDS_compare(F)                                                          \
    F(many, cases, case_sum)                                                           \
    F(many, logs, life)                                                                \
    F(bytes, after, )                                                                  \
    F(flag, last, )                                                                    \
    F(flag, answer, )                                                                  \
    F(flag, again, )
OMB_SHAPE(compare)

#define OMB_FIELDS_link_health(F)                                                      \
    F(id, peer, )                                                                      \
    F(line, state, )                                                                   \
    F(when, since, )                                                                   \
    F(line, reason, )                                                                  \
    F(u64, lag_records, )                                                              \
    F(when, last_contact, )                                                            \
    F(u64, acked, )                                                                    \
    F(u64, held, )
OMB_SHAPE(link_health)

#define OMB_FIELDS_fork_health(F)                                                      \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(flag, renewed, )
OMB_SHAPE(fork_health)

#define OMB_FIELDS_health(F)                                                           \
    F(when, at, )                                                                      \
    F(line, software, )                                                                \
    F(u64, backlog_records, )                                                          \
    F(u64, backlog_bytes, )                                                            \
    F(when, oldest_unacked, )                                                          \
    F(i64, clock_offset_ms, )                                                          \
    F(u64, disk_free_bytes, )                                                          \
    F(u64, disk_days_left, )                                                           \
    F(when, started_at, )                                                              \
    F(line, last_exit, )                                                               \
    F(when, last_backup, )                                                             \
    F(u64, store_stalls, )                                                             \
    F(many, links, link_health)                                                        \
    F(id, office, )                                                                    \
    F(u64, cases, )                                                                    \
    F(many, own, life)                                                                 \
    F(many, forks, fork_health)
OMB_SHAPE(health)

#define OMB_FIELDS_ping(F)                                                             \
    F(when, sent, )                                                                    \
    F(when, received, )                                                                \
    F(u64, number, )
OMB_SHAPE(ping)

#define OMB_SHAPES_link(S)                                                             \
    S(frame)                                                                           \
    S(cursor)                                                                          \
    S(life)                                                                            \
    S(hello)                                                                           \
    S(refuse)                                                                          \
    S(missing_part)                                                                    \
    S(records)                                                                         \
    S(witness)                                                                         \
    S(ack)                                                                             \
    S(witness_statement)                                                               \
    S(credit)                                                                          \
    S(log_range)                                                                       \
    S(want)                                                                            \
    S(case_sum)                                                                        \
    S(compare)                                                                         \
    S(link_health)                                                                     \
    S(fork_health)                                                                     \
    S(health)                                                                          \
    S(ping)

#endif
