/*
 * Certificates of offices (proto/certificate.proto). Issuing and judging them is ledger/certify.h.
 */
#ifndef OMB_WIRE_CERTIFICATE_H
#define OMB_WIRE_CERTIFICATE_H

#include "wire/shape.h"

#define OMB_FIELDS_certificate(F)                                                      \
    F(u32, version, )                                                                  \
    F(id, office, )                                                                    \
    F(code, code, )                                                                    \
    F(line, name, )                                                                    \
    F(code, kind, )                                                                    \
    F(id, parent, )                                                                    \
    F(bytes, signing_key, )                                                            \
    F(bytes, transport_key, )                                                          \
    F(bytes, sealing_key, )                                                            \
    F(when, not_before, )                                                              \
    F(when, not_after, )                                                               \
    F(digest, issuer, )                                                                \
    F(u32, depth, )                                                                    \
    F(u32, certify_depth, )                                                            \
    F(flag, service, )                                                                 \
    F(digest, previous, )                                                              \
    F(blobs, succeeds, )
OMB_SHAPE(certificate)

#define OMB_FIELDS_certificate_signature(F)                                            \
    F(bytes, key, )                                                                    \
    F(bytes, signature, )
OMB_SHAPE(certificate_signature)

#define OMB_FIELDS_signed_certificate(F)                                               \
    F(bytes, certificate, )                                                            \
    F(many, signatures, certificate_signature)
OMB_SHAPE(signed_certificate)

#define OMB_SHAPES_certificate(S)                                                      \
    S(certificate)                                                                     \
    S(certificate_signature)                                                           \
    S(signed_certificate)

#endif
