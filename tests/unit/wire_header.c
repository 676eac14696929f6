/* Are headers held to what every header must say, and are odd facts kept? */
#include "unit.h"

#include <stdlib.h>

#include "wire/header.h"
#include "wire/limits.h"

struct fixture {
    struct omb_arena arena;
    struct omb_buf bytes;
    struct omb_matter matter;
    struct omb_registered registered;
    struct omb_facts facts;
    struct omb_case_id case_id;
    struct omb_header header;
    struct omb_header got;
    bool odd;
    struct omb_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    omb_arena_init(&f->arena, 1 << 22);
    f->matter.channel = OMB_VIEW_LIT("book");
    f->matter.product = OMB_VIEW_LIT("cards");
    f->registered.matter = &f->matter;
    f->registered.zone = OMB_VIEW_LIT("Europe/Moscow");
    f->facts.event = (struct omb_any){OMB_EVENT_REGISTERED, &f->registered};
    f->header = (struct omb_header){.version = 1,
                                    .seq = 1,
                                    .time_ms = 1790000000000,
                                    .salt = OMB_VIEW_LIT("sixteen salt salt"),
                                    .actor = OMB_VIEW_LIT("t17"),
                                    .facts = &f->facts};
    f->header.salt.size = 16;
    memset(&f->header.office, 1, sizeof(f->header.office));
    memset(&f->header.incarnation, 2, sizeof(f->header.incarnation));
    memset(&f->header.key, 3, sizeof(f->header.key));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    omb_buf_free(&f->bytes);
    omb_arena_free(&f->arena);
    free(f);
    return 0;
}

static enum omb_rc pass(struct fixture *f)
{
    omb_buf_clear(&f->bytes);
    omb_encode_header(&f->header, &f->bytes);
    f->odd = false;
    return omb_header_decode(omb_buf_view(&f->bytes), &f->arena, &f->got, &f->odd, &f->err);
}

static void refused(struct fixture *f, enum omb_rc rc, const char *field)
{
    assert_int_equal(pass(f), rc);
    assert_string_equal(f->err.field, field);
}

/* The header with these bytes for its facts. */
static enum omb_rc pass_facts(struct fixture *f, struct omb_view facts, bool strict)
{
    uint8_t lead[] = {0x92, 0x01, 0};

    lead[2] = (uint8_t)facts.size;
    f->header.facts = NULL;
    omb_buf_clear(&f->bytes);
    omb_encode_header(&f->header, &f->bytes);
    omb_buf_add(&f->bytes, lead, sizeof(lead));
    omb_buf_add_view(&f->bytes, facts);
    f->odd = false;
    return omb_header_decode(omb_buf_view(&f->bytes), &f->arena, &f->got, strict ? NULL : &f->odd,
                             &f->err);
}

/* --- the frame --- */

static void a_header_in_order_passes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pass(f), OMB_OK);
    assert_false(f->odd);
    assert_int_equal(f->got.facts->event.tag, OMB_EVENT_REGISTERED);
    assert_true(omb_view_is(OMB_AS(registered, f->got.facts->event)->matter->channel, "book"));
}

static void every_field_of_the_frame_must_be_said(void **state)
{
    struct fixture *f = *state;
    struct omb_header whole = f->header;

    f->header.version = 0;
    refused(f, OMB_INVALID, "version");
    f->header = whole;
    memset(&f->header.office, 0, sizeof(f->header.office));
    refused(f, OMB_INVALID, "office");
    f->header = whole;
    memset(&f->header.incarnation, 0, sizeof(f->header.incarnation));
    refused(f, OMB_INVALID, "incarnation");
    f->header = whole;
    f->header.seq = 0;
    refused(f, OMB_INVALID, "seq");
    f->header = whole;
    memset(&f->header.key, 0, sizeof(f->header.key));
    refused(f, OMB_INVALID, "key");
    f->header = whole;
    f->header.salt.size = 15;
    refused(f, OMB_INVALID, "salt");
    f->header = whole;
    f->header.actor = OMB_VIEW_NONE;
    refused(f, OMB_INVALID, "actor");
    f->header.actor = OMB_VIEW_LIT("Teller 17");
    refused(f, OMB_INVALID, "actor");
    f->header = whole;
    f->header.facts = NULL;
    refused(f, OMB_INVALID, "facts");
}

static void a_later_version_is_told_apart(void **state)
{
    struct fixture *f = *state;

    f->header.version = 2;
    refused(f, OMB_LATER, "version");
}

static void prev_is_present_even_when_it_is_zero(void **state)
{
    struct fixture *f = *state;
    size_t before = 2 + 18 + 14 + 2; /* version, office, incarnation, seq */

    assert_int_equal(pass(f), OMB_OK);
    assert_memory_equal(f->bytes.data + before, "\x2a\x20\0\0", 4);
    f->bytes.size -= 34;
    memmove(f->bytes.data + before, f->bytes.data + before + 34, f->bytes.size - before);
    assert_int_equal(
        omb_header_decode(omb_buf_view(&f->bytes), &f->arena, &f->got, &f->odd, &f->err),
        OMB_INVALID);
    assert_string_equal(f->err.words, "prev: the field is missing");
}

static void a_part_has_digest_and_size_or_neither(void **state)
{
    struct fixture *f = *state;

    f->header.body_size = 5;
    refused(f, OMB_INVALID, "body_size");
    memset(&f->header.body_digest, 7, sizeof(f->header.body_digest));
    assert_int_equal(pass(f), OMB_OK);
    f->header.body_size = OMB_PART_MAX + 1;
    refused(f, OMB_LIMIT, "body_size");
    f->header.body_size = 5;
    memset(&f->header.grants_digest, 7, sizeof(f->header.grants_digest));
    refused(f, OMB_INVALID, "grants_size");
    f->header.grants_size = 5;
    f->header.extract_size = 5;
    refused(f, OMB_INVALID, "extract_size");
}

static void an_oddity_in_the_frame_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pass(f), OMB_OK);
    omb_buf_add_str(&f->bytes, "\x98\x01\x05");
    assert_int_equal(
        omb_header_decode(omb_buf_view(&f->bytes), &f->arena, &f->got, &f->odd, &f->err),
        OMB_INVALID);
    assert_string_equal(f->err.words, "the message: field number 19 is not known");
}

static void a_header_has_a_greatest_size(void **state)
{
    struct fixture *f = *state;
    static uint8_t zeros[OMB_HEADER_MAX + 1];

    assert_int_equal(omb_header_decode(OMB_VIEW_OF(zeros), &f->arena, &f->got, &f->odd, &f->err),
                     OMB_LIMIT);
}

/* --- facts --- */

static void an_unknown_event_is_odd_and_kept(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pass_facts(f, OMB_VIEW_LIT("\xfa\x03\x02\x08\x01"), false), OMB_OK);
    assert_true(f->odd);
    assert_non_null(f->got.facts);
    assert_int_equal(f->got.facts->event.tag, 0);
    assert_int_equal(f->got.seq, 1);
}

static void facts_without_an_event_are_not_facts(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pass_facts(f, OMB_VIEW_NONE, false), OMB_INVALID);
    assert_string_equal(f->err.field, "facts");
}

struct odd_case {
    struct omb_view facts;
    const char *channel; /* what is left of it */
    const char *profile;
};

static void odd_facts_are_kept_as_far_as_they_are_understood(void **state)
{
    /* registered { matter { channel } profile } and something wrong with it */
    static const struct odd_case cases[] = {
        {OMB_VIEW_LIT("\x0a\x0b\x0a\x03\x1a\x01q\x1a\x01p\xd8\x01\x05"), "q", "p"}, /* unknown */
        {OMB_VIEW_LIT("\x0a\x0b\x0a\x06\x1a\x01q\xa0\x06\x05\x1a\x01p"), "q", "p"}, /* within */
        {OMB_VIEW_LIT("\x0a\x08\x0a\x03\x1a\x01Q\x1a\x01p"), "", "p"},              /* no code */
        {OMB_VIEW_LIT("\x0a\x0b\x0a\x03\x1a\x01q\x12\x01x\x1a\x01p"), "q", "p"},    /* size */
        {OMB_VIEW_LIT("\x0a\x0a\x0a\x03\x1a\x01q\x10\x05\x1a\x01p"), "q", "p"},     /* type */
        {OMB_VIEW_LIT("\x0a\x0b\x0a\x03\x1a\x01q\x1a\x01p\x1a\x01r"), "q", "p"},    /* twice */
        {OMB_VIEW_LIT("\x0a\x08\x1a\x01p\x0a\x03\x1a\x01q"), "", "p"},              /* order */
        {OMB_VIEW_LIT("\x0a\x09\x0a\x83\x00\x1a\x01q\x1a\x01p"), "", "p"},          /* varint */
        {OMB_VIEW_LIT("\x0a\x08\x0a\x03\x1a\x01q\x1a\x01p\x3a\x00"), "q", "p"},     /* two events */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const struct omb_registered *got;

        if (pass_facts(f, cases[i].facts, false) != OMB_OK)
            fail_msg("case %zu: %s", i, f->err.words);
        assert_true(f->odd);
        assert_int_equal(f->got.facts->event.tag, OMB_EVENT_REGISTERED);
        got = OMB_AS(registered, f->got.facts->event);
        if (!omb_view_is(got->matter ? got->matter->channel : OMB_VIEW_NONE, cases[i].channel))
            fail_msg("case %zu: channel", i);
        if (!omb_view_is(got->profile, cases[i].profile))
            fail_msg("case %zu: profile", i);
        assert_int_equal(pass_facts(f, cases[i].facts, true), OMB_INVALID);
        assert_int_equal(strncmp(f->err.words, "facts", 5), 0);
    }
}

static void a_long_odd_message_is_kept(void **state)
{
    struct fixture *f = *state;
    struct omb_buf facts = OMB_BUF_INIT;
    struct omb_facts got;
    bool odd = false;

    /* policy_published { text of 300 bytes, two unknown fields }: lengths of two bytes change */
    omb_buf_add(&facts, "\x82\x04\xb3\x02\x1a\xac\x02", 7);
    for (int i = 0; i < 300; i++)
        omb_buf_add_u8(&facts, 'a');
    omb_buf_add(&facts, "\x20\x05\x28\x07", 4);
    assert_int_equal(
        omb_shape_decode(&omb_shape_facts, omb_buf_view(&facts), &f->arena, &got, &odd, &f->err),
        OMB_OK);
    assert_true(odd);
    assert_int_equal(got.event.tag, OMB_EVENT_POLICY_PUBLISHED);
    assert_int_equal(OMB_AS(policy_published, got.event)->text.size, 300);
    omb_buf_free(&facts);
}

static void facts_that_cannot_be_walked_are_refused(void **state)
{
    static const struct omb_view facts[] = {
        OMB_VIEW_LIT("\x0a\x08\x0a\x03\x1a\x05q\x1a\x01p"), /* ends inside a known message */
        OMB_VIEW_LIT("\xfa\x03\x05\x08\x01"),               /* ends inside an unknown one */
        OMB_VIEW_LIT("\x0b\x0c"),                           /* a group */
        OMB_VIEW_LIT("\x00\x00"),                           /* number 0 */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < UNIT_COUNT(facts); i++)
        assert_int_equal(pass_facts(f, facts[i], false), OMB_INVALID);
}

static void facts_in_requests_are_never_odd(void **state)
{
    struct fixture *f = *state;
    struct omb_facts got;

    assert_int_equal(omb_decode_facts(OMB_VIEW_LIT("\xfa\x03\x00"), &f->arena, &got, &f->err),
                     OMB_INVALID);
}

/* --- records --- */

static void records_are_of_the_sizes_that_are_allowed(void **state)
{
    static uint8_t bytes[OMB_PART_MAX + 1];
    static const struct omb_digest path[17];
    struct omb_proof proof = {.signature = {bytes, 64}, .path = {path, 2}, .index = 3};
    struct omb_record good = {.header = {bytes, 100}, .proof = &proof}, record = good;
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(omb_record_check_sizes(&record, &err), OMB_OK);
    record.header.size = 0;
    assert_int_equal(omb_record_check_sizes(&record, &err), OMB_INVALID);
    record.header.size = OMB_HEADER_MAX + 1;
    assert_int_equal(omb_record_check_sizes(&record, &err), OMB_LIMIT);
    record = good;
    record.grants = omb_view(bytes, OMB_PART_MAX + 1);
    assert_int_equal(omb_record_check_sizes(&record, &err), OMB_LIMIT);
    assert_string_equal(err.field, "grants");
    record = good;
    record.proof = NULL;
    assert_int_equal(omb_record_check_sizes(&record, &err), OMB_INVALID);
}

static void proofs_are_of_the_sizes_that_are_allowed(void **state)
{
    static const uint8_t bytes[65];
    static const struct omb_digest path[17];
    struct omb_proof proof = {.signature = {bytes, 64}, .path = {path, 16}, .index = 0xffff};
    struct omb_record record = {.header = {bytes, 60}, .proof = &proof};
    (void)state;

    assert_int_equal(omb_record_check_sizes(&record, NULL), OMB_OK);
    proof.index = 0x10000;
    assert_int_equal(omb_record_check_sizes(&record, NULL), OMB_INVALID);
    proof.index = 0;
    proof.path.count = 17;
    assert_int_equal(omb_record_check_sizes(&record, NULL), OMB_LIMIT);
    proof.path.count = 0;
    proof.index = 1;
    assert_int_equal(omb_record_check_sizes(&record, NULL), OMB_INVALID);
    proof.index = 0;
    proof.signature.size = 65;
    assert_int_equal(omb_record_check_sizes(&record, NULL), OMB_INVALID);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_header_in_order_passes),
        WITH_FIXTURE(every_field_of_the_frame_must_be_said),
        WITH_FIXTURE(a_later_version_is_told_apart),
        WITH_FIXTURE(prev_is_present_even_when_it_is_zero),
        WITH_FIXTURE(a_part_has_digest_and_size_or_neither),
        WITH_FIXTURE(an_oddity_in_the_frame_is_refused),
        WITH_FIXTURE(a_header_has_a_greatest_size),
        WITH_FIXTURE(an_unknown_event_is_odd_and_kept),
        WITH_FIXTURE(facts_without_an_event_are_not_facts),
        WITH_FIXTURE(odd_facts_are_kept_as_far_as_they_are_understood),
        WITH_FIXTURE(a_long_odd_message_is_kept),
        WITH_FIXTURE(facts_that_cannot_be_walked_are_refused),
        WITH_FIXTURE(facts_in_requests_are_never_odd),
        cmocka_unit_test(records_are_of_the_sizes_that_are_allowed),
        cmocka_unit_test(proofs_are_of_the_sizes_that_are_allowed),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
