/*
 * Certificates: making them, checking them up to the anchor, and what they say about where an
 * office stands. Pure; files and enrolment by hand are tools/cli.
 */
#ifndef OMB_LEDGER_CERTIFY_H
#define OMB_LEDGER_CERTIFY_H

#include "crypto/crypto.h"
#include "wire/certificate.h"

#define OMB_CHAIN_MAX 9
#define OMB_CERTIFICATE_SIGNATURES_MAX 4
#define OMB_ROOT_CERTIFY_DEPTH 8

struct omb_office_id omb_certify_office_id(struct omb_view code,
                                           const uint8_t signing_key[OMB_PUBLIC_SIZE]);
struct omb_digest omb_certify_digest(struct omb_view certificate_bytes);
struct omb_digest omb_certify_anchor_issuer(const uint8_t anchor[OMB_PUBLIC_SIZE]);

/* Encodes and signs; appends a SignedCertificate. The caller filled in every field. */
void omb_certify_issue(const struct omb_certificate *certificate, const struct omb_signer *issuer,
                       struct omb_buf *out_signed);

struct omb_known_certificate;
/* Appends the same certificate with one more signature; it has fewer than it may. */
void omb_certify_countersign(const struct omb_known_certificate *known,
                             const struct omb_signer *signer, struct omb_buf *out_signed);

/* A certificate taken apart: views into `bytes`' arena. */
struct omb_known_certificate {
    struct omb_view signed_bytes;
    struct omb_signed_certificate outer;
    struct omb_certificate inner;
    struct omb_digest digest;
};
/* Form only: sizes, code, kind, id made from code and key when it is the office's first. */
enum omb_rc omb_certify_read(struct omb_view signed_bytes, struct omb_arena *arena,
                             struct omb_known_certificate *out, struct omb_error *err) OMB_MUST_USE;

/*
 * Checks chain[0] (an office's own) up to chain[count-1] (the root's, signed by the anchor):
 * signatures, issuer digests, parents, depths, how deep each may certify. Dates are not judged:
 * expiry binds the daemon and its link, not history. OMB_UNAUTHENTIC says which link is broken.
 */
enum omb_rc omb_certify_check_chain(const struct omb_known_certificate *chain, size_t count,
                                    const uint8_t anchor[OMB_PUBLIC_SIZE],
                                    struct omb_error *err) OMB_MUST_USE;

/*
 * Whether a certificate holds at an instant: asked when it is issued and on the direct link.
 * OMB_REFUSED: not yet, or no longer, which the words say.
 */
enum omb_rc omb_certify_valid_at(const struct omb_certificate *certificate, int64_t now_ms,
                                 struct omb_error *err) OMB_MUST_USE;
/* How deep an office of that kind may certify, below an issuer that may `issuer_depth` deep. */
uint32_t omb_certify_depth_of(struct omb_view kind, uint32_t issuer_depth);

/* Whether one of its signatures is by that key. */
bool omb_certify_signed_by(const struct omb_known_certificate *one, struct omb_view key);

/*
 *  COUNTS   the same office issued it, or one above the previous issuer or the previous key signed
 *  REKEYED  it counts, but has another signing key, and the old one did not sign
 *  FOREIGN  no further certificate of that office: nobody who may speaks for it
 */
enum omb_further { OMB_FURTHER_COUNTS, OMB_FURTHER_REKEYED, OMB_FURTHER_FOREIGN };
/* chain: the previous certificate and those above it, as far as they are here. */
enum omb_further omb_certify_further(const struct omb_known_certificate *newer,
                                     const struct omb_known_certificate *chain, size_t count);

#endif
