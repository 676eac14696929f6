/*
 * Enrolment by files: what an office asks of the one above, and what it gets back. Pure; the files
 * themselves are the command line's, who may be certified is office/desk/enrol.c's.
 *
 *   -----BEGIN OMBUD OFFICE REQUEST-----          or BUNDLE
 *   base64 in lines of 64
 *   -----END OMBUD OFFICE REQUEST-----
 *
 * A request is signed by the key that it asks to have certified, a bundle by the office that issued
 * the certificate in it: neither can be changed on its way.
 */
#ifndef OMB_LEDGER_ENROL_H
#define OMB_LEDGER_ENROL_H

#include "ledger/certify.h"
#include "wire/enrol.h"

#define OMB_ENROL_EARLIER_MAX 16
#define OMB_ENROL_EARLIER_BYTES (16 * 1024)
#define OMB_ENROL_BYTES_MAX (176 * 1024) /* a bundle of nine large certificates, and these */
#define OMB_ENROL_TEXT_MAX (256 * 1024)
#define OMB_ENROL_ADDRESSES_MAX 8

enum omb_enrol_kind { OMB_ENROL_REQUEST, OMB_ENROL_BUNDLE };

/* --- as text --- */

void omb_enrol_print(enum omb_enrol_kind kind, struct omb_view bytes, struct omb_buf *out);
/*
 * Appends the bytes. Lines may end with CR LF, and blank lines may stand around. OMB_INVALID: no
 * such file, one of the other kind, cut off, or damaged, which the words say; OMB_LIMIT.
 */
enum omb_rc omb_enrol_parse(enum omb_enrol_kind kind, struct omb_view text, struct omb_buf *out,
                            struct omb_error *err) OMB_MUST_USE;

/* --- requests --- */

/* Signs and appends an OfficeRequest. previous: the signer of the keys before; NULL: the same. */
void omb_enrol_ask(const struct omb_office_wish *wish, const struct omb_signer *signer,
                   const struct omb_signer *previous, struct omb_buf *out);

struct omb_known_request {
    struct omb_office_request outer;
    struct omb_office_wish wish; /* of kind regional or branch, with whole keys */
};
/*
 * Form and signature. OMB_INVALID, OMB_LIMIT, OMB_LATER; OMB_UNAUTHENTIC: the signature does not
 * hold. Views point into `arena`.
 */
enum omb_rc omb_enrol_read_request(struct omb_view bytes, struct omb_arena *arena,
                                   struct omb_known_request *out,
                                   struct omb_error *err) OMB_MUST_USE;
/* Whether the holder of an earlier signing key asks as well: it is the same key, or it signed. */
bool omb_enrol_asked_by(const struct omb_known_request *request,
                        const uint8_t signing_key[OMB_PUBLIC_SIZE]);

/* --- bundles --- */

/* Signs and appends a Bundle; the signer is the one whose key issued the first certificate. */
void omb_enrol_give(const struct omb_bundle_content *content, const struct omb_signer *issuer,
                    struct omb_buf *out);

struct omb_known_bundle {
    struct omb_bundle_content content;
    struct omb_known_certificate chain[OMB_CHAIN_MAX]; /* own first, the root's last */
    size_t count;                                      /* at least 2 */
    struct omb_known_certificate earlier[OMB_ENROL_EARLIER_MAX];
    size_t earlier_count;
};
/*
 * Form, the chain up to the anchor in the bundle, and the issuer's signature. Whether the anchor is
 * the bank's, the keys are the reader's and the dates fit is for the caller to judge.
 */
enum omb_rc omb_enrol_read_bundle(struct omb_view bytes, struct omb_arena *arena,
                                  struct omb_known_bundle *out,
                                  struct omb_error *err) OMB_MUST_USE;

#endif
