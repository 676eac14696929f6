#include "ledger/enrol.h"

#include <string.h>

#include "base/text.h"
#include "wire/limits.h"

#define ENROL_VERSION 1
#define REQUEST_TAG "ombud/request/1"
#define BUNDLE_TAG "ombud/bundle/1"
#define BEGIN "-----BEGIN OMBUD "
#define END "-----END OMBUD "
#define RULE "-----"

enum { LINE_BASE64 = 64 };

static const struct {
    const char *title; /* in the file */
    const char *words;
} kinds[] = {
    [OMB_ENROL_REQUEST] = {"OFFICE REQUEST", "request of an office"},
    [OMB_ENROL_BUNDLE] = {"BUNDLE", "bundle of certificates"},
};

/* --- as text --- */

void omb_enrol_print(enum omb_enrol_kind kind, struct omb_view bytes, struct omb_buf *out)
{
    struct omb_buf text = OMB_BUF_INIT;

    omb_base64(bytes, &text);
    omb_buf_printf(out, BEGIN "%s" RULE "\n", kinds[kind].title);
    for (size_t at = 0; at < text.size; at += LINE_BASE64) {
        const size_t left = text.size - at;

        omb_buf_add(out, text.data + at, left < LINE_BASE64 ? left : LINE_BASE64);
        omb_buf_add_str(out, "\n");
    }
    omb_buf_printf(out, END "%s" RULE "\n", kinds[kind].title);
    omb_buf_free(&text);
}

/* Takes the next line off the text, without what ends it. */
static struct omb_view next_line(struct omb_view *text)
{
    struct omb_view line = {text->data, 0};
    size_t step;

    while (line.size < text->size && text->data[line.size] != '\n')
        line.size++;
    step = line.size < text->size ? line.size + 1 : line.size;
    *text = omb_view(text->data + step, text->size - step);
    while (line.size > 0 && (line.data[line.size - 1] == '\r' || line.data[line.size - 1] == ' ' ||
                             line.data[line.size - 1] == '\t'))
        line.size--;
    return line;
}

/* "<rule>TITLE-----" */
static bool is_rule(struct omb_view line, const char *rule, enum omb_enrol_kind kind)
{
    struct omb_buf wanted = OMB_BUF_INIT;
    bool is;

    omb_buf_printf(&wanted, "%s%s" RULE, rule, kinds[kind].title);
    is = omb_view_equal(line, omb_buf_view(&wanted));
    omb_buf_free(&wanted);
    return is;
}

static enum omb_rc check_begin(enum omb_enrol_kind kind, struct omb_view line,
                               struct omb_error *err)
{
    const enum omb_enrol_kind other =
        kind == OMB_ENROL_REQUEST ? OMB_ENROL_BUNDLE : OMB_ENROL_REQUEST;

    if (is_rule(line, BEGIN, kind))
        return OMB_OK;
    if (is_rule(line, BEGIN, other))
        return omb_fail(err, OMB_INVALID, NULL, "this is a %s, not the %s that is wanted here",
                        kinds[other].words, kinds[kind].words);
    return omb_fail(err, OMB_INVALID, NULL,
                    "this is no %s: it does not begin with the line " BEGIN "%s" RULE,
                    kinds[kind].words, kinds[kind].title);
}

static enum omb_rc check_rest(enum omb_enrol_kind kind, struct omb_view text,
                              struct omb_error *err)
{
    while (text.size > 0)
        if (next_line(&text).size > 0)
            return omb_fail(err, OMB_INVALID, NULL, "something stands behind the end of the %s",
                            kinds[kind].words);
    return OMB_OK;
}

static enum omb_rc take_lines(enum omb_enrol_kind kind, struct omb_view text, unsigned at,
                              struct omb_buf *base64, struct omb_error *err)
{
    bool last = false;

    while (text.size > 0) {
        const struct omb_view line = next_line(&text);

        at++;
        if (is_rule(line, END, kind))
            return check_rest(kind, text, err);
        if (text.size > 0 && (last || line.size == 0 || line.size > LINE_BASE64))
            return omb_fail(err, OMB_INVALID, NULL, "line %u of the %s is damaged", at,
                            kinds[kind].words);
        last = line.size < LINE_BASE64;
        omb_buf_add_view(base64, line);
    }
    return omb_fail(err, OMB_INVALID, NULL, "the %s is cut off: its last line is missing",
                    kinds[kind].words);
}

enum omb_rc omb_enrol_parse(enum omb_enrol_kind kind, struct omb_view text, struct omb_buf *out,
                            struct omb_error *err)
{
    struct omb_buf base64 = OMB_BUF_INIT;
    struct omb_view line = OMB_VIEW_NONE;
    unsigned at = 0;
    enum omb_rc rc;

    if (text.size > OMB_ENROL_TEXT_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a %s is at most %d bytes long", kinds[kind].words,
                        OMB_ENROL_TEXT_MAX);
    while (text.size > 0 && line.size == 0) {
        line = next_line(&text);
        at++;
    }
    rc = check_begin(kind, line, err);
    if (rc == OMB_OK)
        rc = take_lines(kind, text, at, &base64, err);
    if (rc == OMB_OK && base64.size == 0)
        rc = omb_fail(err, OMB_INVALID, NULL, "the %s is empty", kinds[kind].words);
    if (rc == OMB_OK && omb_unbase64(omb_buf_view(&base64), out) != OMB_OK)
        rc = omb_fail(err, OMB_INVALID, NULL, "the %s is damaged: it is no base64",
                      kinds[kind].words);
    omb_buf_free(&base64);
    return rc;
}

/* --- requests --- */

void omb_enrol_ask(const struct omb_office_wish *wish, const struct omb_signer *signer,
                   const struct omb_signer *previous, struct omb_buf *out)
{
    uint8_t signature[OMB_SIGNATURE_SIZE], by_previous[OMB_SIGNATURE_SIZE];
    struct omb_office_request request = {.signature = OMB_VIEW_OF(signature)};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_office_wish(wish, &bytes);
    request.wish = omb_buf_view(&bytes);
    omb_sign(signer, REQUEST_TAG, request.wish, signature);
    if (previous) {
        omb_sign(previous, REQUEST_TAG, request.wish, by_previous);
        request.previous_signature = OMB_VIEW_OF(by_previous);
    }
    omb_encode_office_request(&request, out);
    omb_buf_free(&bytes);
}

static enum omb_rc check_version(uint32_t version, enum omb_enrol_kind kind, struct omb_error *err)
{
    if (version > ENROL_VERSION)
        return omb_fail(err, OMB_LATER, "version", "a later version of this program wrote the %s",
                        kinds[kind].words);
    if (version != ENROL_VERSION)
        return omb_fail(err, OMB_INVALID, "version", "there is no %s of version %u",
                        kinds[kind].words, version);
    return OMB_OK;
}

static enum omb_rc check_wish(const struct omb_office_wish *wish, struct omb_error *err)
{
    if (!omb_text_is_code(wish->code))
        return omb_fail(err, OMB_INVALID, "code", "an office's code is 1 to %d of a-z, 0-9 and -",
                        OMB_CODE_MAX);
    if (wish->name.size == 0)
        return omb_fail(err, OMB_INVALID, "name", "the office has no name");
    if (!omb_view_is(wish->kind, "branch") && !omb_view_is(wish->kind, "regional"))
        return omb_fail(err, OMB_INVALID, "kind",
                        "an office below another is of kind branch or regional");
    if (wish->signing_key.size != OMB_PUBLIC_SIZE || wish->transport_key.size != OMB_PUBLIC_SIZE ||
        wish->sealing_key.size != OMB_PUBLIC_SIZE)
        return omb_fail(err, OMB_INVALID, "signing_key", "a public key is %d bytes",
                        OMB_PUBLIC_SIZE);
    return OMB_OK;
}

static enum omb_rc check_request_signature(const struct omb_known_request *request,
                                           struct omb_error *err)
{
    const struct omb_office_request *outer = &request->outer;

    if (outer->signature.size == OMB_SIGNATURE_SIZE &&
        omb_verify(request->wish.signing_key.data, REQUEST_TAG, outer->wish,
                   outer->signature.data))
        return OMB_OK;
    return omb_fail(err, OMB_UNAUTHENTIC, "signature",
                    "the signature of the request does not hold: it was changed on its way");
}

enum omb_rc omb_enrol_read_request(struct omb_view bytes, struct omb_arena *arena,
                                   struct omb_known_request *out, struct omb_error *err)
{
    struct omb_known_request known;
    enum omb_rc rc;

    if (bytes.size > OMB_CERTIFICATE_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a request is at most %d bytes, this is %zu",
                        OMB_CERTIFICATE_MAX, bytes.size);
    rc = omb_decode_office_request(bytes, arena, &known.outer, err);
    if (rc == OMB_OK)
        rc = omb_decode_office_wish(known.outer.wish, arena, &known.wish, err);
    if (rc != OMB_OK)
        return omb_fail_within(err, "the request cannot be read");
    rc = check_version(known.wish.version, OMB_ENROL_REQUEST, err);
    if (rc == OMB_OK)
        rc = check_wish(&known.wish, err);
    if (rc == OMB_OK)
        rc = check_request_signature(&known, err);
    if (rc == OMB_OK)
        *out = known;
    return rc;
}

bool omb_enrol_asked_by(const struct omb_known_request *request,
                        const uint8_t signing_key[OMB_PUBLIC_SIZE])
{
    const struct omb_office_request *outer = &request->outer;

    return memcmp(request->wish.signing_key.data, signing_key, OMB_PUBLIC_SIZE) == 0 ||
           (outer->previous_signature.size == OMB_SIGNATURE_SIZE &&
            omb_verify(signing_key, REQUEST_TAG, outer->wish, outer->previous_signature.data));
}

/* --- bundles --- */

void omb_enrol_give(const struct omb_bundle_content *content, const struct omb_signer *issuer,
                    struct omb_buf *out)
{
    uint8_t signature[OMB_SIGNATURE_SIZE];
    struct omb_bundle bundle = {.signature = OMB_VIEW_OF(signature)};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_bundle_content(content, &bytes);
    bundle.content = omb_buf_view(&bytes);
    omb_sign(issuer, BUNDLE_TAG, bundle.content, signature);
    omb_encode_bundle(&bundle, out);
    omb_buf_free(&bytes);
}

static enum omb_rc check_content(const struct omb_bundle_content *content, struct omb_error *err)
{
    enum omb_rc rc = check_version(content->version, OMB_ENROL_BUNDLE, err);

    if (rc != OMB_OK)
        return rc;
    if (content->certificates.count < 2 || content->certificates.count > OMB_CHAIN_MAX)
        return omb_fail(err, OMB_INVALID, "certificates",
                        "a bundle holds 2 to %d certificates, this has %zu", OMB_CHAIN_MAX,
                        content->certificates.count);
    if (content->earlier.count > OMB_ENROL_EARLIER_MAX)
        return omb_fail(err, OMB_LIMIT, "earlier", "a bundle holds at most %d earlier certificates",
                        OMB_ENROL_EARLIER_MAX);
    if (content->anchor.size != OMB_PUBLIC_SIZE || content->recovery.size != OMB_PUBLIC_SIZE)
        return omb_fail(err, OMB_INVALID, "anchor", "a public key is %d bytes", OMB_PUBLIC_SIZE);
    if (content->addresses.count > OMB_ENROL_ADDRESSES_MAX)
        return omb_fail(err, OMB_LIMIT, "addresses", "a bundle holds at most %d addresses",
                        OMB_ENROL_ADDRESSES_MAX);
    return OMB_OK;
}

static bool names(const struct omb_known_certificate *later,
                  const struct omb_known_certificate *one)
{
    return omb_office_id_equal(&later->inner.office, &one->inner.office) &&
           omb_digest_equal(&later->inner.previous, &one->digest);
}

/* Some certificate of the bundle says that its office had that one before, whoever issued it. */
static bool is_named(const struct omb_known_bundle *known, const struct omb_known_certificate *one)
{
    for (size_t i = 0; i < known->count; i++)
        if (names(&known->chain[i], one))
            return true;
    for (size_t i = 0; i < known->earlier_count; i++)
        if (names(&known->earlier[i], one))
            return true;
    return false;
}

static enum omb_rc read_earlier(struct omb_known_bundle *known, struct omb_arena *arena,
                                struct omb_error *err)
{
    const struct omb_views *earlier = &known->content.earlier;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < earlier->count; i++) {
        struct omb_known_certificate *one = &known->earlier[i];

        rc = omb_certify_read(earlier->items[i], arena, one, err);
        if (rc == OMB_OK && !is_named(known, one))
            rc = omb_fail(err, OMB_INVALID, "earlier",
                          "no certificate of the bundle names the %zuth earlier one", i + 1);
        if (rc == OMB_OK)
            known->earlier_count++;
    }
    return rc;
}

static enum omb_rc read_chain(struct omb_known_bundle *known, struct omb_arena *arena,
                              struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    known->count = known->content.certificates.count;
    for (size_t i = 0; rc == OMB_OK && i < known->count; i++)
        rc = omb_certify_read(known->content.certificates.items[i], arena, &known->chain[i], err);
    return rc == OMB_OK ? omb_certify_check_chain(known->chain, known->count,
                                                  known->content.anchor.data, err)
                        : rc;
}

enum omb_rc omb_enrol_read_bundle(struct omb_view bytes, struct omb_arena *arena,
                                  struct omb_known_bundle *out, struct omb_error *err)
{
    struct omb_known_bundle known = {.count = 0};
    struct omb_bundle outer;
    enum omb_rc rc;

    if (bytes.size > OMB_ENROL_BYTES_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a bundle is at most %d bytes, this is %zu",
                        OMB_ENROL_BYTES_MAX, bytes.size);
    rc = omb_decode_bundle(bytes, arena, &outer, err);
    if (rc == OMB_OK)
        rc = omb_decode_bundle_content(outer.content, arena, &known.content, err);
    if (rc != OMB_OK)
        return omb_fail_within(err, "the bundle cannot be read");
    rc = check_content(&known.content, err);
    if (rc == OMB_OK)
        rc = read_chain(&known, arena, err);
    if (rc == OMB_OK)
        rc = read_earlier(&known, arena, err);
    if (rc != OMB_OK)
        return rc;
    if (outer.signature.size != OMB_SIGNATURE_SIZE ||
        !omb_verify(known.chain[1].inner.signing_key.data, BUNDLE_TAG, outer.content,
                    outer.signature.data))
        return omb_fail(err, OMB_UNAUTHENTIC, "signature",
                        "the signature of the bundle does not hold: it was changed on its way");
    *out = known;
    return OMB_OK;
}
