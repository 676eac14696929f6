/* Enrolment files: does what was asked and given come back whole, and is every change seen? */
#include "ledger/enrol.h"

#include "unit.h"
#include "wire/limits.h"

#define NOW_MS INT64_C(1774951200000)

/* ho certifies north; what both files are made of. */
struct enrolment {
    struct omb_signer *anchor, *ho, *north;
    uint8_t anchor_key[OMB_PUBLIC_SIZE], ho_key[OMB_PUBLIC_SIZE], north_key[OMB_PUBLIC_SIZE];
    uint8_t box_key[OMB_PUBLIC_SIZE];
    struct omb_office_wish wish;
    struct omb_buf certificates[2]; /* own first */
    struct omb_view list[2];
    struct omb_view addresses[1];
    struct omb_bundle_content content;
    struct omb_buf request, bundle;
    struct omb_arena arena;
};

static struct enrolment it;

static struct omb_signer *signer_of(uint8_t with, uint8_t out_key[OMB_PUBLIC_SIZE])
{
    uint8_t seed[OMB_SEED_SIZE];
    struct omb_signer *signer;

    memset(seed, with, sizeof(seed));
    signer = omb_signer_from_seed(seed);
    omb_signer_public(signer, out_key);
    return signer;
}

static struct omb_certificate certificate_of(const char *code, const char *kind,
                                             const uint8_t *key)
{
    return (struct omb_certificate){
        .version = 1,
        .office = omb_certify_office_id(omb_view_str(code), key),
        .code = omb_view_str(code),
        .name = omb_view_str(code),
        .kind = omb_view_str(kind),
        .signing_key = omb_view(key, OMB_PUBLIC_SIZE),
        .transport_key = OMB_VIEW_OF(it.box_key),
        .sealing_key = OMB_VIEW_OF(it.box_key),
        .not_before = NOW_MS,
        .not_after = NOW_MS + 1000,
    };
}

static void make_chain(void)
{
    struct omb_certificate ho = certificate_of("ho", "head", it.ho_key);
    struct omb_certificate north = certificate_of("north", "regional", it.north_key);
    struct omb_known_certificate known;

    ho.issuer = omb_certify_anchor_issuer(it.anchor_key);
    ho.certify_depth = OMB_ROOT_CERTIFY_DEPTH;
    omb_certify_issue(&ho, it.anchor, &it.certificates[1]);
    assert_int_equal(
        omb_certify_read(omb_buf_view(&it.certificates[1]), &it.arena, &known, NULL), OMB_OK);
    north.parent = ho.office;
    north.issuer = known.digest;
    north.depth = 1;
    omb_certify_issue(&north, it.ho, &it.certificates[0]);
    it.list[0] = omb_buf_view(&it.certificates[0]);
    it.list[1] = omb_buf_view(&it.certificates[1]);
}

static int setup(void **state)
{
    (void)state;
    omb_crypto_init();
    omb_wire_init();
    memset(&it, 0, sizeof(it));
    omb_arena_init(&it.arena, SIZE_MAX);
    it.anchor = signer_of(0xa0, it.anchor_key);
    it.ho = signer_of(0x50, it.ho_key);
    it.north = signer_of(0x51, it.north_key);
    memset(it.box_key, 9, sizeof(it.box_key));
    make_chain();
    it.wish = (struct omb_office_wish){
        .version = 1,
        .code = OMB_VIEW_LIT("north"),
        .name = OMB_VIEW_LIT("Region North"),
        .kind = OMB_VIEW_LIT("regional"),
        .signing_key = OMB_VIEW_OF(it.north_key),
        .transport_key = OMB_VIEW_OF(it.box_key),
        .sealing_key = OMB_VIEW_OF(it.box_key),
        .at = NOW_MS,
    };
    omb_enrol_ask(&it.wish, it.north, NULL, &it.request);
    it.addresses[0] = OMB_VIEW_LIT("tcp://ho.bank.example:7100");
    it.content = (struct omb_bundle_content){
        .version = 1,
        .certificates = {it.list, 2},
        .anchor = OMB_VIEW_OF(it.anchor_key),
        .recovery = OMB_VIEW_OF(it.box_key),
        .addresses = {it.addresses, 1},
        .at = NOW_MS,
    };
    omb_enrol_give(&it.content, it.ho, &it.bundle);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    omb_signer_free(it.anchor);
    omb_signer_free(it.ho);
    omb_signer_free(it.north);
    omb_buf_free(&it.certificates[0]);
    omb_buf_free(&it.certificates[1]);
    omb_buf_free(&it.request);
    omb_buf_free(&it.bundle);
    omb_arena_free(&it.arena);
    return 0;
}

static enum omb_rc read_request(struct omb_view bytes, struct omb_known_request *out,
                                struct omb_error *err)
{
    return omb_enrol_read_request(bytes, &it.arena, out, err);
}

static enum omb_rc read_bundle(struct omb_view bytes, struct omb_error *err)
{
    static struct omb_known_bundle bundle;

    return omb_enrol_read_bundle(bytes, &it.arena, &bundle, err);
}

/* --- whole --- */

static void test_a_request_comes_back(void **state)
{
    struct omb_known_request known;

    (void)state;
    assert_int_equal(read_request(omb_buf_view(&it.request), &known, NULL), OMB_OK);
    assert_true(omb_view_is(known.wish.code, "north"));
    assert_true(omb_view_is(known.wish.name, "Region North"));
    assert_true(omb_view_equal(known.wish.signing_key, it.wish.signing_key));
    assert_true(omb_enrol_asked_by(&known, it.north_key));
    assert_false(omb_enrol_asked_by(&known, it.ho_key));
}

static void test_the_previous_key_signs_beside_the_new_one(void **state)
{
    struct omb_known_request known;
    struct omb_buf bytes = OMB_BUF_INIT;

    (void)state;
    omb_enrol_ask(&it.wish, it.north, it.ho, &bytes);
    assert_int_equal(read_request(omb_buf_view(&bytes), &known, NULL), OMB_OK);
    assert_true(omb_enrol_asked_by(&known, it.ho_key));
    assert_false(omb_enrol_asked_by(&known, it.anchor_key));
    omb_buf_free(&bytes);
}

static void test_a_bundle_comes_back(void **state)
{
    struct omb_known_bundle known;

    (void)state;
    assert_int_equal(omb_enrol_read_bundle(omb_buf_view(&it.bundle), &it.arena, &known, NULL),
                     OMB_OK);
    assert_int_equal(known.count, 2);
    assert_true(omb_view_is(known.chain[0].inner.code, "north"));
    assert_true(omb_view_is(known.chain[1].inner.code, "ho"));
    assert_true(omb_view_is(known.content.addresses.items[0], "tcp://ho.bank.example:7100"));
}

/* --- what is not as it should be --- */

static void assert_wish_refused(enum omb_rc rc, const char *field)
{
    struct omb_known_request known;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    omb_enrol_ask(&it.wish, it.north, NULL, &bytes);
    assert_int_equal(read_request(omb_buf_view(&bytes), &known, &err), rc);
    assert_string_equal(err.field, field);
    omb_buf_free(&bytes);
}

static void test_every_breach_of_a_request_is_named(void **state)
{
    const struct omb_office_wish whole = it.wish;

    (void)state;
    it.wish.version = 2;
    assert_wish_refused(OMB_LATER, "version");
    it.wish.version = 0;
    assert_wish_refused(OMB_INVALID, "version");
    it.wish = whole;
    it.wish.code = OMB_VIEW_NONE;
    assert_wish_refused(OMB_INVALID, "code");
    it.wish = whole;
    it.wish.name = OMB_VIEW_NONE;
    assert_wish_refused(OMB_INVALID, "name");
    it.wish = whole;
    it.wish.kind = OMB_VIEW_LIT("head");
    assert_wish_refused(OMB_INVALID, "kind");
    it.wish = whole;
    it.wish.sealing_key.size--;
    assert_wish_refused(OMB_INVALID, "signing_key");
    it.wish = whole;
    it.wish.signing_key = OMB_VIEW_OF(it.ho_key); /* a key that did not sign */
    assert_wish_refused(OMB_UNAUTHENTIC, "signature");
}

static void assert_bundle_refused(const struct omb_signer *by, enum omb_rc rc, const char *field)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    omb_enrol_give(&it.content, by, &bytes);
    assert_int_equal(read_bundle(omb_buf_view(&bytes), &err), rc);
    assert_string_equal(err.field, field);
    omb_buf_free(&bytes);
}

static void test_every_breach_of_a_bundle_is_named(void **state)
{
    const struct omb_bundle_content whole = it.content;
    struct omb_view many[OMB_ENROL_ADDRESSES_MAX + 1];
    struct omb_view earlier[OMB_ENROL_EARLIER_MAX + 1];

    (void)state;
    it.content.version = 2;
    assert_bundle_refused(it.ho, OMB_LATER, "version");
    it.content = whole;
    it.content.certificates.count = 1;
    assert_bundle_refused(it.ho, OMB_INVALID, "certificates");
    it.content = whole;
    it.content.recovery = OMB_VIEW_NONE;
    assert_bundle_refused(it.ho, OMB_INVALID, "anchor");
    it.content = whole;
    for (size_t i = 0; i < UNIT_COUNT(many); i++)
        many[i] = it.addresses[0];
    it.content.addresses = (struct omb_views){many, UNIT_COUNT(many)};
    assert_bundle_refused(it.ho, OMB_LIMIT, "addresses");
    it.content = whole;
    it.content.earlier = (struct omb_views){it.list, 1}; /* nobody's before */
    assert_bundle_refused(it.ho, OMB_INVALID, "earlier");
    it.content = whole;
    for (size_t i = 0; i < UNIT_COUNT(earlier); i++)
        earlier[i] = it.list[0];
    it.content.earlier = (struct omb_views){earlier, UNIT_COUNT(earlier)};
    assert_bundle_refused(it.ho, OMB_LIMIT, "earlier");
    it.content = whole;
    it.content.anchor = OMB_VIEW_OF(it.ho_key);
    assert_bundle_refused(it.ho, OMB_UNAUTHENTIC, "issuer");
    it.content = whole;
    assert_bundle_refused(it.north, OMB_UNAUTHENTIC, "signature");
}

static void test_what_is_no_message_is_told_as_what_it_was_to_be(void **state)
{
    const uint8_t bytes[] = {0x0f, 0x0f, 0x0f};
    struct omb_known_request request;
    struct omb_error err;

    (void)state;
    assert_int_equal(read_bundle(OMB_VIEW_OF(bytes), &err), OMB_INVALID);
    assert_string_equal(err.words, "the bundle cannot be read: the message: a wire type is not "
                                   "one of protobuf 3");
    assert_int_equal(omb_enrol_read_request(OMB_VIEW_OF(bytes), &it.arena, &request, &err),
                     OMB_INVALID);
    assert_string_equal(err.words, "the request cannot be read: the message: a wire type is not "
                                   "one of protobuf 3");
}

static void test_what_is_too_long_is_refused_unread(void **state)
{
    static const uint8_t zeros[OMB_ENROL_BYTES_MAX + 1];
    static uint8_t text[OMB_ENROL_TEXT_MAX + 1];
    struct omb_known_request request;
    struct omb_buf out = OMB_BUF_INIT;

    (void)state;
    assert_int_equal(read_request(omb_view(zeros, OMB_CERTIFICATE_MAX + 1), &request, NULL),
                     OMB_LIMIT);
    assert_int_equal(read_bundle(OMB_VIEW_OF(zeros), NULL), OMB_LIMIT);
    memset(text, '\n', sizeof(text));
    assert_int_equal(omb_enrol_parse(OMB_ENROL_BUNDLE, OMB_VIEW_OF(text), &out, NULL), OMB_LIMIT);
    assert_int_equal(out.size, 0);
}

/* --- as text --- */

static void assert_text_refused(enum omb_enrol_kind kind, const char *text, const char *words)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_error err = {0};

    assert_int_equal(omb_enrol_parse(kind, omb_view_str(text), &out, &err), OMB_INVALID);
    if (!strstr(err.words, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.words);
    assert_int_equal(out.size, 0);
    omb_buf_free(&out);
}

#define BEGIN_REQUEST "-----BEGIN OMBUD OFFICE REQUEST-----\n"
#define END_REQUEST "-----END OMBUD OFFICE REQUEST-----\n"

static void test_a_file_says_what_it_is(void **state)
{
    struct omb_buf text = OMB_BUF_INIT, long_text = OMB_BUF_INIT;
    uint8_t bytes[100];

    (void)state;
    omb_enrol_print(OMB_ENROL_REQUEST, OMB_VIEW_LIT("foobar"), &text);
    assert_string_equal(omb_buf_str(&text), BEGIN_REQUEST "Zm9vYmFy\n" END_REQUEST);
    memset(bytes, 0, sizeof(bytes));
    omb_enrol_print(OMB_ENROL_BUNDLE, OMB_VIEW_OF(bytes), &long_text);
    assert_int_equal(strspn(strchr(omb_buf_str(&long_text), '\n') + 1, "A="), 64);
    omb_buf_free(&text);
    omb_buf_free(&long_text);
}

static void test_files_that_are_none_are_told_apart(void **state)
{
    (void)state;
    assert_text_refused(OMB_ENROL_REQUEST, "", "does not begin with");
    assert_text_refused(OMB_ENROL_REQUEST, "hello\n", "does not begin with");
    assert_text_refused(OMB_ENROL_BUNDLE, BEGIN_REQUEST "Zm9vYmFy\n" END_REQUEST,
                        "this is a request of an office, not the bundle");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST, "cut off");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST "Zm9vYmFy\n", "cut off");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST "Zm9vYmFy\n-----END OMBUD OFF", "cut off");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST END_REQUEST, "empty");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST "Zm9vYmF\n" END_REQUEST, "damaged");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST "Zm9v\nYmFy\n" END_REQUEST,
                        "line 3 of the request of an office is damaged");
    assert_text_refused(OMB_ENROL_REQUEST, BEGIN_REQUEST "Zm9vYmFy\n" END_REQUEST "more\n",
                        "behind the end");
}

static void test_ends_of_lines_and_blank_lines_around_do_not_matter(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;

    (void)state;
    assert_int_equal(omb_enrol_parse(OMB_ENROL_REQUEST,
                                     OMB_VIEW_LIT("\r\n-----BEGIN OMBUD OFFICE REQUEST-----\r\n"
                                                  "Zm9vYmFy\r\n"
                                                  "-----END OMBUD OFFICE REQUEST-----\r\n\r\n"),
                                     &out, NULL),
                     OMB_OK);
    assert_string_equal(omb_buf_str(&out), "foobar");
    omb_buf_free(&out);
}

/* What a reader makes of a text: nothing, or the same bytes as those that were written. */
static bool same_or_refused(enum omb_enrol_kind kind, struct omb_view text, struct omb_view whole)
{
    struct omb_known_request request;
    struct omb_buf bytes = OMB_BUF_INIT;
    bool fine = true;

    if (omb_enrol_parse(kind, text, &bytes, NULL) == OMB_OK) {
        const enum omb_rc rc = kind == OMB_ENROL_REQUEST
                                   ? read_request(omb_buf_view(&bytes), &request, NULL)
                                   : read_bundle(omb_buf_view(&bytes), NULL);

        fine = rc != OMB_OK || omb_view_equal(omb_buf_view(&bytes), whole);
    }
    omb_buf_free(&bytes);
    omb_arena_reset(&it.arena);
    return fine;
}

static void check_cuts_and_flips(enum omb_enrol_kind kind, struct omb_view whole)
{
    struct omb_buf text = OMB_BUF_INIT;

    omb_enrol_print(kind, whole, &text);
    for (size_t size = 0; size < text.size; size++)
        assert_true(same_or_refused(kind, omb_view(text.data, size), whole));
    for (size_t at = 0; at < text.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            text.data[at] ^= (uint8_t)(1u << bit);
            if (!same_or_refused(kind, omb_buf_view(&text), whole))
                fail_msg("bit %u of byte %zu may be changed unseen", bit, at);
            text.data[at] ^= (uint8_t)(1u << bit);
        }
    omb_buf_free(&text);
}

static void test_every_cut_and_flip_of_a_request_is_seen(void **state)
{
    (void)state;
    check_cuts_and_flips(OMB_ENROL_REQUEST, omb_buf_view(&it.request));
}

static void test_every_cut_and_flip_of_a_bundle_is_seen(void **state)
{
    (void)state;
    check_cuts_and_flips(OMB_ENROL_BUNDLE, omb_buf_view(&it.bundle));
}

#define ENROL_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROL_TEST(test_a_request_comes_back),
        ENROL_TEST(test_the_previous_key_signs_beside_the_new_one),
        ENROL_TEST(test_a_bundle_comes_back),
        ENROL_TEST(test_every_breach_of_a_request_is_named),
        ENROL_TEST(test_every_breach_of_a_bundle_is_named),
        ENROL_TEST(test_what_is_no_message_is_told_as_what_it_was_to_be),
        ENROL_TEST(test_what_is_too_long_is_refused_unread),
        cmocka_unit_test(test_a_file_says_what_it_is),
        cmocka_unit_test(test_files_that_are_none_are_told_apart),
        cmocka_unit_test(test_ends_of_lines_and_blank_lines_around_do_not_matter),
        ENROL_TEST(test_every_cut_and_flip_of_a_request_is_seen),
        ENROL_TEST(test_every_cut_and_flip_of_a_bundle_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
