/*
 * Records on the wire: the frame, its proof and its sealed parts. What the bytes mean and what is
 * hashed and signed: proto/record.proto and proto/README.md. Read wire/facts.h next.
 */
#ifndef OMB_WIRE_RECORD_H
#define OMB_WIRE_RECORD_H

#include "wire/facts.h"

#define OMB_FIELDS_record(F)                                                           \
    F(bytes, header, )                                                                 \
    F(one, proof, proof)                                                               \
    F(bytes, body, )                                                                   \
    F(bytes, grants, )                                                                 \
    F(bytes, extract, )
OMB_SHAPE(record)

#define OMB_FIELDS_header(F)                                                           \
    F(u32, version, )                                                                  \
    F(id, office, )                                                                    \
    F(life, incarnation, )                                                             \
    F(u64, seq, )                                                                      \
    F(digest0, prev, )                                                                 \
    F(when, time_ms, )                                                                 \
    F(keyid, key, )                                                                    \
    F(bytes, salt, )                                                                   \
    F(line, actor, )                                                                   \
    F(one, case_id, case_id)                                                           \
    F(digest, after, )                                                                 \
    F(digest, body_digest, )                                                           \
    F(u32, body_size, )                                                                \
    F(digest, grants_digest, )                                                         \
    F(u32, grants_size, )                                                              \
    F(digest, extract_digest, )                                                        \
    F(u32, extract_size, )                                                             \
    F(one, facts, facts)
OMB_SHAPE(header)

#define OMB_SHAPES_record(S)                                                           \
    S(record)                                                                          \
    S(header)

#endif
