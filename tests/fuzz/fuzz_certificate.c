/*
 * Are papers of offices that pass every check what somebody signed? Requests, bundles and
 * certificates, as text and as bytes. The first byte says what the rest is; where it is content
 * without its signature it is signed here with keys that a fuzzer cannot guess.
 */
#include <string.h>

#include "base/assert.h"
#include "ledger/enrol.h"
#include "wire/limits.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum what { REQUEST_TEXT, BUNDLE_TEXT, REQUEST, BUNDLE, WISH, CONTENT, CERTIFICATE, WHATS };
enum { ANCHOR = OMB_CHAIN_MAX, SIGNERS };

static struct omb_arena arena;

/* The offices' keys, own first, then those above, the anchor last. */
static struct omb_signer *signer(size_t level)
{
    static struct omb_signer *all[SIGNERS];
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, (int)(0x60 + level), sizeof(seed));
    if (!all[level])
        all[level] = omb_signer_from_seed(seed);
    return all[level];
}

static struct omb_view public_of(size_t level)
{
    uint8_t *key = OMB_ARENA_NEW(&arena, uint8_t, OMB_PUBLIC_SIZE);

    omb_signer_public(signer(level), key);
    return omb_view(key, OMB_PUBLIC_SIZE);
}

/* --- requests --- */

static void read_request(struct omb_view bytes, bool must_hold)
{
    struct omb_known_request known;
    struct omb_error err = {0};
    struct omb_buf text = OMB_BUF_INIT, back = OMB_BUF_INIT;
    uint8_t *changed;
    enum omb_rc rc = omb_enrol_read_request(bytes, &arena, &known, &err);

    fuzz_said(rc, &err);
    OMB_ASSERT(!must_hold || rc != OMB_UNAUTHENTIC);
    if (rc != OMB_OK)
        return;
    fuzz_inside(&omb_shape_office_wish, &known.wish, bytes.size);
    fuzz_again(&omb_shape_office_wish, &known.wish, &arena);
    OMB_ASSERT(omb_enrol_asked_by(&known, known.wish.signing_key.data));
    /* A character in a name may be another; then the signature is of something else. */
    changed = (uint8_t *)(uintptr_t)memcpy(OMB_ARENA_NEW(&arena, uint8_t, bytes.size), bytes.data,
                                           bytes.size);
    changed[bytes.size / 2] ^= 1;
    OMB_ASSERT(omb_enrol_read_request(omb_view(changed, bytes.size), &arena, &known, NULL) !=
                   OMB_OK ||
               known.outer.previous_signature.size > 0);
    omb_enrol_print(OMB_ENROL_REQUEST, bytes, &text);
    rc = omb_enrol_parse(OMB_ENROL_REQUEST, omb_buf_view(&text), &back, &err);
    OMB_ASSERT(rc == OMB_OK && omb_view_equal(omb_buf_view(&back), bytes));
    omb_buf_free(&text);
    omb_buf_free(&back);
}

static void read_wish(struct omb_view bytes)
{
    struct omb_office_wish wish;
    struct omb_buf request = OMB_BUF_INIT;

    if (omb_decode_office_wish(bytes, &arena, &wish, NULL) != OMB_OK)
        return;
    wish.signing_key = public_of(0);
    omb_enrol_ask(&wish, signer(0), bytes.data[bytes.size - 1] & 1 ? signer(1) : NULL, &request);
    read_request(omb_buf_view(&request), true);
    omb_buf_free(&request);
}

/* --- certificates and bundles --- */

static void read_certificate(struct omb_view bytes)
{
    struct omb_known_certificate known;
    struct omb_error err = {0};
    enum omb_rc rc = omb_certify_read(bytes, &arena, &known, &err);
    uint8_t anchor[OMB_PUBLIC_SIZE];

    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        return;
    fuzz_again(&omb_shape_certificate, &known.inner, &arena);
    fuzz_again(&omb_shape_signed_certificate, &known.outer, &arena);
    fuzz_said(omb_certify_valid_at(&known.inner, known.inner.not_before, &err), &err);
    OMB_ASSERT(omb_certify_valid_at(&known.inner, known.inner.not_after + 1, &err) == OMB_REFUSED);
    omb_signer_public(signer(ANCHOR), anchor);
    fuzz_said(omb_certify_check_chain(&known, 1, anchor, &err), &err);
    OMB_ASSERT(omb_certify_further(&known, &known, 1) == OMB_FURTHER_FOREIGN);
}

static void check_chain(const struct omb_known_bundle *known)
{
    for (size_t i = 0; i < known->count; i++) {
        const struct omb_certificate *inner = &known->chain[i].inner;

        OMB_ASSERT(inner->depth == known->count - 1 - i);
        OMB_ASSERT(i == 0 || !omb_view_is(inner->kind, "branch"));
        OMB_ASSERT(i == 0 || inner->certify_depth > known->chain[i - 1].inner.certify_depth);
    }
}

static void read_bundle(struct omb_view bytes)
{
    struct omb_known_bundle known;
    struct omb_error err = {0};
    const enum omb_rc rc = omb_enrol_read_bundle(bytes, &arena, &known, &err);

    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        return;
    OMB_ASSERT(known.count >= 2 && known.count <= OMB_CHAIN_MAX);
    fuzz_again(&omb_shape_bundle_content, &known.content, &arena);
    check_chain(&known);
    for (size_t i = 0; i < known.count; i++)
        read_certificate(known.chain[i].signed_bytes);
}

/* Puts the certificates of a bundle into one chain: who signed, and whom it names. */
static struct omb_view issued(struct omb_view bytes, size_t level, size_t count,
                              const struct omb_known_certificate *above)
{
    struct omb_signed_certificate outer;
    struct omb_certificate inner;
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_view view;

    if (omb_decode_signed_certificate(bytes, &arena, &outer, NULL) != OMB_OK ||
        omb_decode_certificate(outer.certificate, &arena, &inner, NULL) != OMB_OK)
        return bytes;
    inner.signing_key = public_of(level);
    if (omb_digest_none(&inner.previous) && omb_text_is_code(inner.code))
        inner.office = omb_certify_office_id(inner.code, inner.signing_key.data);
    inner.issuer = above ? above->digest : omb_certify_anchor_issuer(public_of(ANCHOR).data);
    if (above)
        inner.parent = above->inner.office;
    omb_certify_issue(&inner, signer(level + 1 < count ? level + 1 : ANCHOR), &out);
    view = omb_arena_copy(&arena, omb_buf_view(&out));
    omb_buf_free(&out);
    return view;
}

static void read_content(struct omb_view bytes)
{
    struct omb_known_certificate known, *above = NULL;
    struct omb_bundle_content content;
    struct omb_view papers[OMB_CHAIN_MAX];
    struct omb_buf bundle = OMB_BUF_INIT;
    size_t count;

    if (omb_decode_bundle_content(bytes, &arena, &content, NULL) != OMB_OK)
        return;
    count = content.certificates.count;
    if (count < 1 || count > OMB_CHAIN_MAX)
        return;
    for (size_t i = count; i > 0; i--) {
        papers[i - 1] = issued(content.certificates.items[i - 1], i - 1, count, above);
        above = omb_certify_read(papers[i - 1], &arena, &known, NULL) == OMB_OK ? &known : NULL;
    }
    content.certificates.items = papers;
    content.anchor = public_of(ANCHOR);
    omb_enrol_give(&content, signer(count > 1 ? 1 : ANCHOR), &bundle);
    read_bundle(omb_buf_view(&bundle));
    omb_buf_free(&bundle);
}

/* --- texts --- */

static void read_text(enum omb_enrol_kind kind, struct omb_view text)
{
    struct omb_buf bytes = OMB_BUF_INIT, again = OMB_BUF_INIT, back = OMB_BUF_INIT;
    struct omb_error err = {0};
    enum omb_rc rc = omb_enrol_parse(kind, text, &bytes, &err);

    fuzz_said(rc, &err);
    if (rc == OMB_OK) {
        OMB_ASSERT(bytes.size > 0 && bytes.size < text.size);
        omb_enrol_print(kind, omb_buf_view(&bytes), &again);
        rc = omb_enrol_parse(kind, omb_buf_view(&again), &back, &err);
        OMB_ASSERT(rc == OMB_OK && omb_view_equal(omb_buf_view(&bytes), omb_buf_view(&back)));
        if (kind == OMB_ENROL_REQUEST)
            read_request(omb_buf_view(&bytes), false);
        else
            read_bundle(omb_buf_view(&bytes));
    }
    omb_buf_free(&bytes);
    omb_buf_free(&again);
    omb_buf_free(&back);
}

static void read(enum what what, struct omb_view bytes)
{
    switch (what) {
    case REQUEST_TEXT:
        read_text(OMB_ENROL_REQUEST, bytes);
        break;
    case BUNDLE_TEXT:
        read_text(OMB_ENROL_BUNDLE, bytes);
        break;
    case REQUEST:
        read_request(bytes, false);
        break;
    case BUNDLE:
        read_bundle(bytes);
        break;
    case WISH:
        read_wish(bytes);
        break;
    case CONTENT:
        read_content(bytes);
        break;
    case CERTIFICATE:
        read_certificate(bytes);
        break;
    case WHATS:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    uint8_t what;

    omb_crypto_init();
    omb_wire_init();
    what = fuzz_byte(&bytes);
    omb_arena_init(&arena, SIZE_MAX / 2);
    if (bytes.size > 0)
        read((enum what)(what % WHATS), bytes);
    omb_arena_free(&arena);
    return 0;
}
