/*
 * Enrolment: an office below asks and is certified; an office takes a certificate that it was
 * issued anew (design: trust, Offices). The files are ledger/enrol.h.
 */
#include "office/desk/enrol.h"

#include <string.h>

#include "base/assert.h"
#include "crypto/keyfile.h"
#include "ledger/enrol.h"
#include "office/issue.h"

#define DAYS_STANDARD 3652 /* ten years */
#define DAYS_MOST 36525

static struct omb_view fingerprint_of(struct omb_step *step, struct omb_view key)
{
    char print[40];

    omb_fingerprint(key.data, print);
    return omb_arena_copy(step->arena, omb_view_str(print));
}

/* --- issuing --- */

enum omb_rc omb_desk_office_event(struct omb_step *step, const struct omb_facts *facts,
                                  struct omb_appended *out, struct omb_view *out_hex,
                                  struct omb_error *err)
{
    const struct omb_draft draft = {
        .facts = facts,
        .actor = omb_view_str(step->who != NULL ? step->who->code : "system"),
    };
    enum omb_rc rc = omb_append(step, &draft, out, err);

    if (rc == OMB_OK)
        *out_hex = omb_desk_hex(step->arena, OMB_VIEW_OF(out->digest.bytes));
    return rc;
}

static enum omb_rc check_days(uint32_t days, struct omb_error *err)
{
    if (days <= DAYS_MOST)
        return OMB_OK;
    return omb_fail(err, OMB_INVALID, "days", "a certificate holds at most %d days", DAYS_MOST);
}

/* --- who asks --- */

/* What is known here of the office that asks. */
struct asker {
    struct omb_known_request request;
    struct omb_office_id id;
    const struct omb_office_card *so_far; /* its newest certificate here; NULL: none */
    bool rekeyed;
};

static char fold_case(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* As people write it down: without regard to blanks and capitals. */
static bool same_fingerprint(struct omb_view said, struct omb_view is)
{
    size_t a = 0, b = 0;

    for (;;) {
        while (a < said.size && (said.data[a] == ' ' || said.data[a] == '-'))
            a++;
        while (b < is.size && is.data[b] == ' ')
            b++;
        if (a == said.size || b == is.size)
            return a == said.size && b == is.size;
        if (fold_case(said.data[a++]) != fold_case(is.data[b++]))
            return false;
    }
}

static enum omb_rc check_fingerprint(struct omb_step *step, const struct asker *asker,
                                     struct omb_view said, struct omb_error *err)
{
    const struct omb_view is = fingerprint_of(step, asker->request.wish.signing_key);

    if (said.size == 0 || same_fingerprint(said, is))
        return OMB_OK;
    return omb_fail(err, OMB_REFUSED, "fingerprint",
                    "the request has the fingerprint %.*s, not the one that was said",
                    OMB_VIEW_ARGS(is));
}

static enum omb_rc fail_taken(struct omb_view code, struct omb_error *err)
{
    return omb_fail(err, OMB_EXISTS, "code",
                    "another office has the code %.*s; an office that is certified already names "
                    "its certificate in the request",
                    OMB_VIEW_ARGS(code));
}

/* A request that names no certificate: of an office that is new, or that never joined. */
static enum omb_rc find_new(struct omb_step *step, struct asker *asker, struct omb_error *err)
{
    const struct omb_office_wish *wish = &asker->request.wish;
    struct omb_office_ref known;
    enum omb_rc rc = omb_office_by_code(step, wish->code, &known, NULL);

    asker->id = omb_certify_office_id(wish->code, wish->signing_key.data);
    asker->so_far = omb_office_newest(step, &asker->id);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the offices in the store cannot be read");
    if (!omb_office_id_equal(&known.office, &asker->id))
        return fail_taken(wish->code, err);
    return asker->so_far ? OMB_OK
                         : omb_fail(err, OMB_IO, NULL, "the offices in the store cannot be read");
}

/* A request that names one. Of another parent's office, that certificate may not be here. */
static enum omb_rc find_known(struct omb_step *step, struct asker *asker, struct omb_error *err)
{
    const struct omb_office_wish *wish = &asker->request.wish;
    const struct omb_office_card *named = omb_office_card(step, &wish->previous);

    if (named == NULL)
        return find_new(step, asker, err);
    if (!omb_view_equal(named->certificate.inner.code, wish->code))
        return omb_fail(err, OMB_REFUSED, "previous",
                        "the certificate that the request names is of %.*s, not of %.*s",
                        OMB_VIEW_ARGS(named->certificate.inner.code), OMB_VIEW_ARGS(wish->code));
    asker->id = named->certificate.inner.office;
    asker->so_far = omb_office_newest(step, &asker->id);
    if (asker->so_far == NULL) /* it has that one at least */
        return omb_fail(err, OMB_IO, NULL, "the offices in the store cannot be read");
    asker->rekeyed = !omb_enrol_asked_by(&asker->request,
                                         asker->so_far->certificate.inner.signing_key.data);
    return OMB_OK;
}

/* Whether the office had this key, and it was revoked. */
static enum omb_rc had_revoked(struct omb_step *step, const struct asker *asker, bool *out,
                               struct omb_error *err)
{
    struct omb_office_certificates *list =
        OMB_ARENA_NEW(step->arena, struct omb_office_certificates, 1);
    const enum omb_rc rc = omb_office_certificates(step, &asker->id, list, err);

    *out = false;
    for (size_t i = 0; rc == OMB_OK && !*out && i < list->count; i++) {
        const struct omb_office_card *card = omb_office_card(step, &list->items[i]);

        *out = card && card->revoked &&
               omb_view_equal(card->certificate.inner.signing_key,
                              asker->request.wish.signing_key);
    }
    return rc;
}

/* Where it stands as others know it: a certificate of this office may have been in vain. */
static struct omb_view home_of(struct omb_step *step, const struct asker *asker)
{
    const struct omb_certificate *was = &asker->so_far->certificate.inner;
    const struct omb_office_card *before = omb_office_card(step, &was->previous);

    if (before && omb_office_id_equal(&was->parent, &omb_office_self(step->office)->office))
        was = &before->certificate.inner;
    return omb_office_code_of(step, &was->parent);
}

/* An office of another parent must ask by itself: nobody takes it away without its key. */
static enum omb_rc check_further(struct omb_step *step, const struct asker *asker,
                                 struct omb_error *err)
{
    const struct omb_certificate *was = &asker->so_far->certificate.inner;
    const struct omb_digest *previous = &asker->request.wish.previous;
    const struct omb_office_card *named = omb_office_card(step, previous);
    const struct omb_office_id *self = &omb_office_self(step->office)->office;
    const bool here = omb_office_id_equal(&was->parent, self);
    bool revoked, ours = false;
    enum omb_rc rc = had_revoked(step, asker, &revoked, err);

    if (rc == OMB_OK && here)
        rc = omb_office_has_come(step, asker->so_far, &ours, err);
    if (rc != OMB_OK)
        return rc;
    if (revoked)
        return omb_fail(err, OMB_REFUSED, "signing_key",
                        "the signing key of %.*s was revoked: the office needs new keys",
                        OMB_VIEW_ARGS(was->code));
    if (!ours && asker->rekeyed)
        return omb_fail(err, OMB_REFUSED, "previous",
                        "%.*s is an office below %.*s, and its key did not sign this request",
                        OMB_VIEW_ARGS(was->code), OMB_VIEW_ARGS(home_of(step, asker)));
    /* It comes from a backup, say: it would join without a word, which it takes to come back. */
    if (!here && named && omb_office_id_equal(&named->certificate.inner.parent, self))
        return omb_fail(err, OMB_REFUSED, "previous",
                        "%.*s went to %.*s since it had the certificate that the request names: "
                        "let it join there once more, then it can come back",
                        OMB_VIEW_ARGS(was->code), OMB_VIEW_ARGS(home_of(step, asker)));
    if (!ours && omb_digest_none(previous))
        return omb_fail(err, OMB_REFUSED, "previous",
                        "%.*s is an office below %.*s: its request must name its certificate",
                        OMB_VIEW_ARGS(was->code), OMB_VIEW_ARGS(home_of(step, asker)));
    return OMB_OK;
}

static enum omb_rc check_asker(struct omb_step *step, const struct omb_office_certify *ask,
                               struct asker *out, struct omb_error *err)
{
    const struct omb_office_wish *wish = &out->request.wish;
    enum omb_rc rc = omb_enrol_read_request(ask->request, step->arena, &out->request, err);

    if (rc == OMB_OK)
        rc = check_fingerprint(step, out, ask->fingerprint, err);
    if (rc == OMB_OK)
        rc = omb_issue_may(step, err);
    if (rc != OMB_OK)
        return rc;
    if (omb_view_equal(wish->code, omb_office_self_code(step->office)))
        return omb_fail(err, OMB_EXISTS, "code", "%.*s is the code of this office itself",
                        OMB_VIEW_ARGS(wish->code));
    rc = omb_digest_none(&wish->previous) ? find_new(step, out, err) : find_known(step, out, err);
    return rc == OMB_OK && out->so_far ? check_further(step, out, err) : rc;
}

/* --- certify --- */

static enum omb_rc check_addresses(struct omb_views addresses, struct omb_error *err)
{
    if (addresses.count > OMB_ENROL_ADDRESSES_MAX)
        return omb_fail(err, OMB_LIMIT, "addresses", "at most %d addresses are given",
                        OMB_ENROL_ADDRESSES_MAX);
    for (size_t i = 0; i < addresses.count; i++)
        if (!omb_view_starts(addresses.items[i], OMB_VIEW_LIT("tcp://")))
            return omb_fail(err, OMB_INVALID, "addresses", "an address is tcp://host:port");
    return OMB_OK;
}

/* What the office of that certificate had before, newest first, while there is room. */
static void add_earlier(struct omb_step *step, const struct omb_known_certificate *known,
                        struct omb_bundle_content *content, struct omb_view *items, size_t *room)
{
    const struct omb_office_card *card;

    for (; !omb_digest_none(&known->inner.previous); known = &card->certificate) {
        card = omb_office_card(step, &known->inner.previous);
        if (!card || content->earlier.count == OMB_ENROL_EARLIER_MAX ||
            card->certificate.signed_bytes.size > *room)
            return;
        *room -= card->certificate.signed_bytes.size;
        items[content->earlier.count++] = card->certificate.signed_bytes;
    }
}

/* All that the office needs to begin: the chain from it up to the root, and where this one is. */
static struct omb_view make_bundle(struct omb_step *step,
                                   const struct omb_known_certificate *issued,
                                   struct omb_views addresses)
{
    const struct omb_office_setup *setup = omb_office_lent(step->office);
    const struct omb_known_certificate *at = omb_issue_own(step);
    struct omb_view certificates[OMB_CHAIN_MAX] = {issued->signed_bytes};
    struct omb_view earlier[OMB_ENROL_EARLIER_MAX];
    size_t room = OMB_ENROL_EARLIER_BYTES;
    struct omb_bundle_content content = {
        .version = 1,
        .certificates = {certificates, 1},
        .anchor = omb_office_anchor(step->office),
        .recovery = omb_office_recovery(step->office),
        .addresses = addresses,
        .at = step->input->now_ms,
        .earlier = {earlier, 0},
    };
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view bundle;

    if (addresses.count == 0 && setup->advertise.size)
        content.addresses = (struct omb_views){&setup->advertise, 1};
    add_earlier(step, issued, &content, earlier, &room);
    for (;;) {
        const struct omb_office_card *issuer;

        add_earlier(step, at, &content, earlier, &room);
        OMB_ASSERT(content.certificates.count < OMB_CHAIN_MAX);
        certificates[content.certificates.count++] = at->signed_bytes;
        if (at->inner.depth == 0)
            break;
        issuer = omb_office_card(step, &at->inner.issuer);
        OMB_ASSERT(issuer != NULL);
        at = &issuer->certificate;
    }
    omb_enrol_give(&content, setup->signer, &bytes);
    bundle = omb_arena_copy(step->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return bundle;
}

static struct omb_certificate wished(const struct asker *asker, bool service)
{
    const struct omb_office_wish *wish = &asker->request.wish;
    struct omb_certificate certificate = {
        .office = asker->id,
        .code = wish->code,
        .name = wish->name,
        .kind = wish->kind,
        .signing_key = wish->signing_key,
        .transport_key = wish->transport_key,
        .sealing_key = wish->sealing_key,
        .service = service,
        .previous = wish->previous,
    };

    if (asker->so_far) {
        /* The one that it holds: of a further one that it never joined with nobody may know. */
        if (omb_digest_none(&wish->previous))
            certificate.previous = asker->so_far->certificate.digest;
    }
    return certificate;
}

/*
 * Whom the office stands in for goes on from the certificate that the next one names as previous.
 * This office says nothing new of it: what the newest one has beside that counts for nobody, or was
 * not taken yet by the office, and would be lost with the next.
 */
static enum omb_rc repeat_succeeds(struct omb_step *step, const struct asker *asker,
                                   struct omb_certificate *certificate, struct omb_error *err)
{
    const struct omb_office_card *named = omb_office_card(step, &certificate->previous);
    const struct omb_views *newest =
        asker->so_far ? &asker->so_far->certificate.inner.succeeds : NULL;

    if (named && omb_office_id_equal(&named->seat.office, &certificate->office))
        certificate->succeeds = named->certificate.inner.succeeds;
    for (size_t i = 0; newest && i < newest->count; i++) {
        const struct omb_office_card *closed;

        if (omb_certificate_says(certificate, newest->items[i]))
            continue;
        closed = omb_office_stood_in_for(step, asker->so_far, newest->items[i]);
        if (closed)
            return omb_fail(err, OMB_REFUSED, "previous",
                            "it has not taken the certificate yet by which it stands in for %.*s: "
                            "let it call the office above it, and ask again",
                            OMB_VIEW_ARGS(closed->certificate.inner.code));
    }
    return OMB_OK;
}

enum omb_rc omb_desk_office_certify(struct omb_step *step, const void *ask, const void **out,
                                    struct omb_error *err)
{
    const struct omb_office_certify *request = ask;
    struct omb_office_issued *answer = OMB_ARENA_NEW(step->arena, struct omb_office_issued, 1);
    struct asker asker = {.so_far = NULL};
    struct omb_certificate certificate;
    struct omb_known_certificate issued;
    struct omb_appended record;
    uint32_t days;
    enum omb_rc rc = check_asker(step, request, &asker, err);

    if (rc == OMB_OK)
        rc = check_days(request->days, err);
    if (rc == OMB_OK)
        rc = check_addresses(request->addresses, err);
    if (rc != OMB_OK)
        return rc;
    certificate = wished(&asker, request->service);
    rc = repeat_succeeds(step, &asker, &certificate, err);
    if (rc != OMB_OK)
        return rc;
    days = request->days ? request->days : DAYS_STANDARD;
    rc = omb_issue(step, &certificate, (int64_t)days * OMB_DAY_MS,
                   asker.so_far ? &asker.so_far->certificate.inner : NULL, &issued, &record, err);
    if (rc != OMB_OK)
        return rc;
    answer->record = omb_desk_hex(step->arena, OMB_VIEW_OF(record.digest.bytes));
    answer->code = asker.request.wish.code;
    answer->fingerprint = fingerprint_of(step, asker.request.wish.signing_key);
    answer->bundle = make_bundle(step, &issued, request->addresses);
    answer->rekeyed = asker.rekeyed;
    *out = answer;
    return OMB_OK;
}

/* --- join: a certificate issued anew --- */

static enum omb_rc check_keys(struct omb_step *step, const struct omb_certificate *issued,
                              struct omb_error *err)
{
    const struct omb_certificate *own = &omb_issue_own(step)->inner;

    if (!omb_office_id_equal(&issued->office, &own->office))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the certificate is for another office: it is of %.*s, this is %.*s",
                        OMB_VIEW_ARGS(issued->code), OMB_VIEW_ARGS(own->code));
    if (!omb_view_equal(issued->signing_key, own->signing_key) ||
        !omb_view_equal(issued->transport_key, own->transport_key) ||
        !omb_view_equal(issued->sealing_key, own->sealing_key))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the certificate is for other keys than this office holds");
    return OMB_OK;
}

static enum omb_rc check_bank(struct omb_step *step, const struct omb_bundle_content *content,
                              struct omb_error *err)
{
    if (!omb_view_equal(content->anchor, omb_office_anchor(step->office)))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the bundle is of another bank: its anchor is not the one pinned here");
    if (!omb_view_equal(content->recovery, omb_office_recovery(step->office)))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the bundle names another recovery key than the one pinned here");
    return OMB_OK;
}

static enum omb_rc check_newer(struct omb_step *step, const struct omb_known_certificate *issued,
                               struct omb_error *err)
{
    const struct omb_known_certificate *own = omb_issue_own(step);

    if (omb_digest_equal(&issued->digest, &own->digest))
        return omb_fail(err, OMB_EXISTS, NULL, "%.*s has joined with this certificate already",
                        OMB_VIEW_ARGS(own->inner.code));
    if (issued->inner.not_before <= own->inner.not_before)
        return omb_fail(err, OMB_EXISTS, NULL,
                        "%.*s has joined already, with a newer certificate than this",
                        OMB_VIEW_ARGS(own->inner.code));
    return omb_certify_valid_at(&issued->inner, step->input->now_ms, err);
}

/*
 * Another office issued it than the one before: that this office agrees shows by its signature,
 * which it tells in its own log while its old certificate still stands there.
 */
static enum omb_rc agree(struct omb_step *step, struct omb_known_certificate *issued,
                         struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_appended record;
    enum omb_rc rc;

    if (omb_office_id_equal(&issued->inner.parent, &omb_issue_own(step)->inner.parent))
        return OMB_OK;
    if (issued->outer.signatures.count >= OMB_CERTIFICATE_SIGNATURES_MAX)
        return omb_fail(err, OMB_LIMIT, NULL,
                        "the certificate has no room for the signature of this office");
    /* Its old parent, which may never hear of this, might confirm a copy that does not know it. */
    omb_office_tip(step->office)->must_open = true;
    omb_certify_countersign(issued, omb_office_lent(step->office)->signer, &bytes);
    rc = omb_certify_read(omb_arena_copy(step->arena, omb_buf_view(&bytes)), step->arena, issued,
                          err);
    omb_buf_free(&bytes);
    return rc == OMB_OK ? omb_issue_tell(step, issued, &record, err) : rc;
}

enum omb_rc omb_desk_office_join(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_office_join *request = ask;
    struct omb_office_joined *answer = OMB_ARENA_NEW(step->arena, struct omb_office_joined, 1);
    struct omb_known_bundle bundle;
    enum omb_rc rc = omb_enrol_read_bundle(request->bundle, step->arena, &bundle, err);

    if (rc == OMB_OK)
        rc = check_bank(step, &bundle.content, err);
    if (rc == OMB_OK)
        rc = check_keys(step, &bundle.chain[0].inner, err);
    if (rc == OMB_OK)
        rc = check_newer(step, &bundle.chain[0], err);
    if (rc != OMB_OK)
        return rc;
    for (size_t i = bundle.count - 1; i > 0; i--)
        omb_certificate_keep(step, &bundle.chain[i]);
    for (size_t i = 0; i < bundle.earlier_count; i++)
        if (!omb_office_card(step, &bundle.earlier[i].digest))
            omb_certificate_keep(step, &bundle.earlier[i]);
    rc = agree(step, &bundle.chain[0], err);
    if (rc != OMB_OK)
        return rc;
    omb_certificate_keep(step, &bundle.chain[0]);
    omb_identity_take(step, &bundle.chain[0]);
    answer->certificate = omb_desk_hex(step->arena, OMB_VIEW_OF(bundle.chain[0].digest.bytes));
    *out = answer;
    return OMB_OK;
}
