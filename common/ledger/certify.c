#include "ledger/certify.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "wire/limits.h"

#define CERTIFICATE_VERSION 1
#define CERTIFICATE_TAG "ombud/certificate/1"

struct omb_office_id omb_certify_office_id(struct omb_view code,
                                           const uint8_t signing_key[OMB_PUBLIC_SIZE])
{
    const struct omb_view parts[] = {code, omb_view(signing_key, OMB_PUBLIC_SIZE)};
    const struct omb_digest digest = omb_hash_parts("ombud/office/1", parts, 2);
    struct omb_office_id id;

    memcpy(id.bytes, digest.bytes, sizeof(id.bytes));
    return id;
}

struct omb_digest omb_certify_digest(struct omb_view certificate_bytes)
{
    return omb_hash(CERTIFICATE_TAG, certificate_bytes);
}

struct omb_digest omb_certify_anchor_issuer(const uint8_t anchor[OMB_PUBLIC_SIZE])
{
    return omb_hash("ombud/anchor/1", omb_view(anchor, OMB_PUBLIC_SIZE));
}

void omb_certify_issue(const struct omb_certificate *certificate, const struct omb_signer *issuer,
                       struct omb_buf *out_signed)
{
    uint8_t key[OMB_PUBLIC_SIZE], signature[OMB_SIGNATURE_SIZE];
    const struct omb_certificate_signature by = {OMB_VIEW_OF(key), OMB_VIEW_OF(signature)};
    struct omb_buf inner = OMB_BUF_INIT;
    struct omb_signed_certificate outer = {.signatures = {&by, 1}};

    omb_encode_certificate(certificate, &inner);
    outer.certificate = omb_buf_view(&inner);
    omb_signer_public(issuer, key);
    omb_sign(issuer, CERTIFICATE_TAG, outer.certificate, signature);
    omb_encode_signed_certificate(&outer, out_signed);
    omb_buf_free(&inner);
}

void omb_certify_countersign(const struct omb_known_certificate *known,
                             const struct omb_signer *signer, struct omb_buf *out_signed)
{
    uint8_t key[OMB_PUBLIC_SIZE], signature[OMB_SIGNATURE_SIZE];
    struct omb_certificate_signature by[OMB_CERTIFICATE_SIGNATURES_MAX];
    struct omb_signed_certificate outer = {known->outer.certificate, {by, 0}};

    OMB_ASSERT(known->outer.signatures.count < OMB_CERTIFICATE_SIGNATURES_MAX);
    for (; outer.signatures.count < known->outer.signatures.count; outer.signatures.count++)
        by[outer.signatures.count] = known->outer.signatures.items[outer.signatures.count];
    omb_signer_public(signer, key);
    omb_sign(signer, CERTIFICATE_TAG, outer.certificate, signature);
    by[outer.signatures.count++] =
        (struct omb_certificate_signature){OMB_VIEW_OF(key), OMB_VIEW_OF(signature)};
    omb_encode_signed_certificate(&outer, out_signed);
}

/* --- form --- */

static bool is_kind(struct omb_view kind)
{
    return omb_view_is(kind, "branch") || omb_view_is(kind, "regional") ||
           omb_view_is(kind, "head");
}

static enum omb_rc check_name(const struct omb_certificate *inner, struct omb_error *err)
{
    if (inner->version > CERTIFICATE_VERSION)
        return omb_fail(err, OMB_LATER, "version",
                        "a later version of this program wrote the certificate");
    if (inner->version != CERTIFICATE_VERSION)
        return omb_fail(err, OMB_INVALID, "version", "there is no certificate of version %u",
                        inner->version);
    if (!omb_text_is_code(inner->code))
        return omb_fail(err, OMB_INVALID, "code",
                        "the office's code must be 1 to %d of a-z, 0-9 and -", OMB_CODE_MAX);
    if (inner->name.size == 0)
        return omb_fail(err, OMB_INVALID, "name", "the office has no name");
    if (!is_kind(inner->kind))
        return omb_fail(err, OMB_INVALID, "kind", "an office is of kind branch, regional or head");
    return OMB_OK;
}

static enum omb_rc check_keys(const struct omb_certificate *inner, struct omb_error *err)
{
    const struct {
        const char *field;
        struct omb_view key;
    } keys[] = {{"signing_key", inner->signing_key},
                {"transport_key", inner->transport_key},
                {"sealing_key", inner->sealing_key}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].key.size != OMB_PUBLIC_SIZE)
            return omb_fail(err, OMB_INVALID, keys[i].field, "a public key is %d bytes, not %zu",
                            OMB_PUBLIC_SIZE, keys[i].key.size);
    return OMB_OK;
}

static enum omb_rc check_id(const struct omb_certificate *inner, struct omb_error *err)
{
    const struct omb_office_id made = omb_certify_office_id(inner->code, inner->signing_key.data);

    if (omb_office_id_none(&inner->office))
        return omb_fail(err, OMB_INVALID, "office", "the certificate names no office");
    /* A later certificate keeps the id that the office's first key made. */
    if (omb_digest_none(&inner->previous) && !omb_office_id_equal(&made, &inner->office))
        return omb_fail(err, OMB_INVALID, "office",
                        "the office's id is not made from its code and signing key");
    if (inner->succeeds.count > OMB_SUCCEEDS_MAX)
        return omb_fail(err, OMB_INVALID, "succeeds", "an office stands in for at most %d others",
                        OMB_SUCCEEDS_MAX);
    for (size_t i = 0; i < inner->succeeds.count; i++)
        if (inner->succeeds.items[i].size != OMB_OFFICE_ID_SIZE)
            return omb_fail(err, OMB_INVALID, "succeeds", "an office id is %d bytes",
                            OMB_OFFICE_ID_SIZE);
    return OMB_OK;
}

static enum omb_rc check_standing(const struct omb_certificate *inner, struct omb_error *err)
{
    if (inner->depth >= OMB_CHAIN_MAX)
        return omb_fail(err, OMB_INVALID, "depth", "an office stands at most %d below the root",
                        OMB_CHAIN_MAX - 1);
    if (inner->certify_depth > OMB_ROOT_CERTIFY_DEPTH)
        return omb_fail(err, OMB_INVALID, "certify_depth", "at most %d levels can be certified",
                        OMB_ROOT_CERTIFY_DEPTH);
    if (inner->depth > 0 && omb_office_id_none(&inner->parent))
        return omb_fail(err, OMB_INVALID, "parent", "only the root has no parent");
    if (omb_digest_none(&inner->issuer))
        return omb_fail(err, OMB_INVALID, "issuer", "the certificate names no issuer");
    if (inner->not_before == 0 || inner->not_after <= inner->not_before)
        return omb_fail(err, OMB_INVALID, "not_after", "the certificate's dates leave no time");
    return OMB_OK;
}

static enum omb_rc check_signatures(const struct omb_signed_certificate *outer,
                                    struct omb_error *err)
{
    if (outer->signatures.count == 0)
        return omb_fail(err, OMB_UNAUTHENTIC, "signatures", "nobody signed the certificate");
    if (outer->signatures.count > OMB_CERTIFICATE_SIGNATURES_MAX)
        return omb_fail(err, OMB_LIMIT, "signatures", "a certificate has at most %d signatures",
                        OMB_CERTIFICATE_SIGNATURES_MAX);
    for (size_t i = 0; i < outer->signatures.count; i++)
        if (outer->signatures.items[i].key.size != OMB_PUBLIC_SIZE ||
            outer->signatures.items[i].signature.size != OMB_SIGNATURE_SIZE)
            return omb_fail(err, OMB_INVALID, "signatures",
                            "a signature has a key of %d and a signature of %d bytes",
                            OMB_PUBLIC_SIZE, OMB_SIGNATURE_SIZE);
    return OMB_OK;
}

enum omb_rc omb_certify_read(struct omb_view signed_bytes, struct omb_arena *arena,
                             struct omb_known_certificate *out, struct omb_error *err)
{
    struct omb_known_certificate known = {.signed_bytes = signed_bytes};
    enum omb_rc rc;

    if (signed_bytes.size > OMB_CERTIFICATE_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a certificate is at most %d bytes, this is %zu",
                        OMB_CERTIFICATE_MAX, signed_bytes.size);
    rc = omb_decode_signed_certificate(signed_bytes, arena, &known.outer, err);
    if (rc == OMB_OK)
        rc = check_signatures(&known.outer, err);
    if (rc == OMB_OK)
        rc = omb_decode_certificate(known.outer.certificate, arena, &known.inner, err);
    if (rc == OMB_OK)
        rc = check_name(&known.inner, err);
    if (rc == OMB_OK)
        rc = check_keys(&known.inner, err);
    if (rc == OMB_OK)
        rc = check_id(&known.inner, err);
    if (rc == OMB_OK)
        rc = check_standing(&known.inner, err);
    if (rc != OMB_OK)
        return rc;
    known.digest = omb_certify_digest(known.outer.certificate);
    *out = known;
    return OMB_OK;
}

/* --- chain --- */

static enum omb_rc check_signed_by(const struct omb_known_certificate *one, const uint8_t *key,
                                   const char *by, struct omb_error *err)
{
    const struct omb_certificate_signature *first = &one->outer.signatures.items[0];

    if (memcmp(first->key.data, key, OMB_PUBLIC_SIZE) != 0 ||
        !omb_verify(key, CERTIFICATE_TAG, one->outer.certificate, first->signature.data))
        return omb_fail(err, OMB_UNAUTHENTIC, "signatures",
                        "%.*s: its certificate is not signed by %s", OMB_VIEW_ARGS(one->inner.code),
                        by);
    return OMB_OK;
}

static enum omb_rc check_root(const struct omb_known_certificate *root, const uint8_t *anchor,
                              struct omb_error *err)
{
    const struct omb_digest issuer = omb_certify_anchor_issuer(anchor);

    if (root->inner.depth != 0 || !omb_office_id_none(&root->inner.parent))
        return omb_fail(err, OMB_UNAUTHENTIC, "depth", "%.*s: the chain ends below the root",
                        OMB_VIEW_ARGS(root->inner.code));
    if (!omb_digest_equal(&root->inner.issuer, &issuer))
        return omb_fail(err, OMB_UNAUTHENTIC, "issuer",
                        "%.*s: its certificate is issued by another anchor than the pinned one",
                        OMB_VIEW_ARGS(root->inner.code));
    return check_signed_by(root, anchor, "the anchor", err);
}

/* One link of the chain: what an office says of its issuer, and whether the issuer may. */
static enum omb_rc check_link(const struct omb_known_certificate *one,
                              const struct omb_known_certificate *issuer, struct omb_error *err)
{
    char by[OMB_CODE_MAX + 1];

    snprintf(by, sizeof(by), "%.*s", OMB_VIEW_ARGS(issuer->inner.code));
    if (!omb_digest_equal(&one->inner.issuer, &issuer->digest))
        return omb_fail(err, OMB_UNAUTHENTIC, "issuer",
                        "%.*s: its certificate names another issuing certificate than %s's",
                        OMB_VIEW_ARGS(one->inner.code), by);
    if (!omb_office_id_equal(&one->inner.parent, &issuer->inner.office))
        return omb_fail(err, OMB_UNAUTHENTIC, "parent", "%.*s: its parent is not %s, who issued it",
                        OMB_VIEW_ARGS(one->inner.code), by);
    if (one->inner.depth != issuer->inner.depth + 1)
        return omb_fail(err, OMB_UNAUTHENTIC, "depth", "%.*s: it is not one level below %s",
                        OMB_VIEW_ARGS(one->inner.code), by);
    if (omb_view_is(issuer->inner.kind, "branch"))
        return omb_fail(err, OMB_UNAUTHENTIC, "kind", "%.*s: %s is a branch and certifies nobody",
                        OMB_VIEW_ARGS(one->inner.code), by);
    if (one->inner.certify_depth >= issuer->inner.certify_depth)
        return omb_fail(err, OMB_UNAUTHENTIC, "certify_depth",
                        "%.*s: %s may certify %u levels below itself, too few for this office",
                        OMB_VIEW_ARGS(one->inner.code), by, issuer->inner.certify_depth);
    return check_signed_by(one, issuer->inner.signing_key.data, by, err);
}

enum omb_rc omb_certify_check_chain(const struct omb_known_certificate *chain, size_t count,
                                    const uint8_t anchor[OMB_PUBLIC_SIZE], struct omb_error *err)
{
    if (count == 0 || count > OMB_CHAIN_MAX)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "a chain has 1 to %d certificates, this has %zu", OMB_CHAIN_MAX, count);
    for (size_t i = 0; i + 1 < count; i++) {
        const enum omb_rc rc = check_link(&chain[i], &chain[i + 1], err);

        if (rc != OMB_OK)
            return rc;
    }
    return check_root(&chain[count - 1], anchor, err);
}

/* --- dates and further certificates --- */

enum omb_rc omb_certify_valid_at(const struct omb_certificate *certificate, int64_t now_ms,
                                 struct omb_error *err)
{
    if (now_ms < certificate->not_before)
        return omb_fail(err, OMB_REFUSED, "not_before",
                        "the certificate of %.*s does not hold yet: look at the clocks of both "
                        "offices",
                        OMB_VIEW_ARGS(certificate->code));
    if (now_ms > certificate->not_after)
        return omb_fail(err, OMB_REFUSED, "not_after", "the certificate of %.*s has expired",
                        OMB_VIEW_ARGS(certificate->code));
    return OMB_OK;
}

uint32_t omb_certify_depth_of(struct omb_view kind, uint32_t issuer_depth)
{
    return issuer_depth == 0 || omb_view_is(kind, "branch") ? 0 : issuer_depth - 1;
}

bool omb_certify_signed_by(const struct omb_known_certificate *one, struct omb_view key)
{
    for (size_t i = 0; i < one->outer.signatures.count; i++) {
        const struct omb_certificate_signature *by = &one->outer.signatures.items[i];

        if (omb_view_equal(by->key, key) &&
            omb_verify(key.data, CERTIFICATE_TAG, one->outer.certificate, by->signature.data))
            return true;
    }
    return false;
}

enum omb_further omb_certify_further(const struct omb_known_certificate *newer,
                                     const struct omb_known_certificate *chain, size_t count)
{
    const struct omb_known_certificate *previous = &chain[0];
    bool by_previous, counts;

    OMB_ASSERT(count > 0);
    if (!omb_office_id_equal(&newer->inner.office, &previous->inner.office) ||
        !omb_digest_equal(&newer->inner.previous, &previous->digest))
        return OMB_FURTHER_FOREIGN;
    by_previous = omb_certify_signed_by(newer, previous->inner.signing_key);
    counts = by_previous || omb_office_id_equal(&newer->inner.parent, &previous->inner.parent);
    for (size_t i = 2; !counts && i < count; i++)
        counts = omb_certify_signed_by(newer, chain[i].inner.signing_key);
    if (!counts)
        return OMB_FURTHER_FOREIGN;
    return by_previous || omb_view_equal(newer->inner.signing_key, previous->inner.signing_key)
               ? OMB_FURTHER_COUNTS
               : OMB_FURTHER_REKEYED;
}
