/*
 * Enrolment by files (proto/enrol.proto). Making and judging them is ledger/enrol.h.
 */
#ifndef OMB_WIRE_ENROL_H
#define OMB_WIRE_ENROL_H

#include "wire/shape.h"

#define OMB_FIELDS_office_request(F)                                                   \
    F(bytes, wish, )                                                                   \
    F(bytes, signature, )                                                              \
    F(bytes, previous_signature, )
OMB_SHAPE(office_request)

#define OMB_FIELDS_office_wish(F)                                                      \
    F(u32, version, )                                                                  \
    F(code, code, )                                                                    \
    F(line, name, )                                                                    \
    F(code, kind, )                                                                    \
    F(bytes, signing_key, )                                                            \
    F(bytes, transport_key, )                                                          \
    F(bytes, sealing_key, )                                                            \
    F(when, at, )                                                                      \
    F(digest, previous, )
OMB_SHAPE(office_wish)

#define OMB_FIELDS_bundle(F)                                                           \
    F(bytes, content, )                                                                \
    F(bytes, signature, )
OMB_SHAPE(bundle)

#define OMB_FIELDS_bundle_content(F)                                                   \
    F(u32, version, )                                                                  \
    F(blobs, certificates, )                                                           \
    F(bytes, anchor, )                                                                 \
    F(bytes, recovery, )                                                               \
    F(lines, addresses, )                                                              \
    F(when, at, )                                                                      \
    F(blobs, earlier, )
OMB_SHAPE(bundle_content)

#define OMB_SHAPES_enrol(S)                                                            \
    S(office_request)                                                                  \
    S(office_wish)                                                                     \
    S(bundle)                                                                          \
    S(bundle_content)

#endif
