/* Enrolment at the desk: is who asks certified as it may be, and refused in words where not? */
#include "ledger/enrol.h"

#include <stdio.h>

#include "office/inside.h"
#include "support/deskwork.h"
#include "unit.h"

/* An office that asks: its keys and what it wishes to be. */
struct asker {
    struct omb_signer *signer;
    uint8_t signing[OMB_PUBLIC_SIZE], box[OMB_PUBLIC_SIZE];
    struct omb_office_wish wish;
    struct omb_buf request;
};

static void asker_new(struct asker *asker, const char *code, const char *kind, uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(asker, 0, sizeof(*asker));
    memset(seed, with, sizeof(seed));
    memset(asker->box, with, sizeof(asker->box));
    asker->signer = omb_signer_from_seed(seed);
    omb_signer_public(asker->signer, asker->signing);
    asker->wish = (struct omb_office_wish){
        .version = 1,
        .code = omb_view_str(code),
        .name = OMB_VIEW_LIT("An Office"),
        .kind = omb_view_str(kind),
        .signing_key = OMB_VIEW_OF(asker->signing),
        .transport_key = OMB_VIEW_OF(asker->box),
        .sealing_key = OMB_VIEW_OF(asker->box),
        .at = RIG_START_MS,
    };
}

static void asker_free(struct asker *asker)
{
    omb_signer_free(asker->signer);
    omb_buf_free(&asker->request);
}

static const struct omb_reply *certify_with(struct rig *rig, struct asker *asker,
                                            struct omb_office_certify ask)
{
    omb_buf_clear(&asker->request);
    omb_enrol_ask(&asker->wish, asker->signer, NULL, &asker->request);
    ask.request = omb_buf_view(&asker->request);
    return ask_as(rig, "admin", OMB_ASK_OFFICE_CERTIFY, &ask);
}

static const struct omb_reply *certify(struct rig *rig, struct asker *asker)
{
    return certify_with(rig, asker, (struct omb_office_certify){.days = 0});
}

static struct omb_known_bundle bundle_of(struct rig *rig, const struct omb_reply *reply)
{
    struct omb_known_bundle bundle;
    struct omb_error err = {0};

    if (omb_enrol_read_bundle(ANSWER(office_issued, reply)->bundle, &rig->arena, &bundle, &err) !=
        OMB_OK)
        fail_msg("%s", err.words);
    return bundle;
}

static const struct omb_office_view *view_of(struct rig *rig, const char *code)
{
    return ASK(rig, "admin", OFFICE_SHOW, office_ask, office_view, .code = omb_view_str(code));
}

static const struct omb_reply *change(struct rig *rig, struct omb_office_change ask)
{
    return ask_as(rig, "admin", OMB_ASK_OFFICE_CHANGE, &ask);
}
#define CHANGE(rig, ...) change((rig), (struct omb_office_change){__VA_ARGS__})

/* --- certify --- */

static void test_an_office_is_certified_with_all_that_it_needs(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle bundle;
    struct asker north;

    asker_new(&north, "north", "regional", 0x61);
    bundle = bundle_of(rig, certify(rig, &north));
    assert_int_equal(bundle.count, 2);
    assert_text(bundle.chain[0].inner.code, "north");
    assert_int_equal(bundle.chain[0].inner.depth, 1);
    assert_int_equal(bundle.chain[0].inner.certify_depth, OMB_ROOT_CERTIFY_DEPTH - 1);
    assert_true(omb_digest_none(&bundle.chain[0].inner.previous));
    assert_true(omb_view_equal(bundle.content.anchor, omb_office_anchor(rig->office)));
    assert_true(omb_view_equal(bundle.content.recovery, omb_office_recovery(rig->office)));
    assert_int_equal(bundle.chain[0].inner.not_after,
                     RIG_START_MS + 3652 * OMB_DAY_MS);
    assert_text(view_of(rig, "north")->parent, "ho");
    assert_text(view_of(rig, "north")->state, "valid");
    asker_free(&north);
}

static void test_what_the_order_says_is_in_the_certificate(void **state)
{
    struct rig *rig = *state;
    const struct omb_view address = OMB_VIEW_LIT("tcp://ho:7100");
    struct omb_known_bundle bundle;
    struct asker cards;

    asker_new(&cards, "cards", "branch", 0x62);
    bundle = bundle_of(rig, certify_with(rig, &cards,
                                         (struct omb_office_certify){
                                             .days = 10,
                                             .service = true,
                                             .addresses = {&address, 1},
                                         }));
    assert_true(bundle.chain[0].inner.service);
    assert_int_equal(bundle.chain[0].inner.certify_depth, 0);
    assert_int_equal(bundle.chain[0].inner.not_after, RIG_START_MS + 10 * OMB_DAY_MS);
    assert_text(bundle.content.addresses.items[0], "tcp://ho:7100");
    assert_true(view_of(rig, "cards")->service);
    asker_free(&cards);
}

static void test_a_fingerprint_that_was_said_must_be_the_one(void **state)
{
    struct rig *rig = *state;
    const struct omb_office_issued *issued;
    struct asker north;
    char shouted[40];

    asker_new(&north, "north", "regional", 0x61);
    must_refuse(certify_with(rig, &north,
                             (struct omb_office_certify){.fingerprint = OMB_VIEW_LIT("abcd 1234")}),
                "refused", "not the one that was said");
    issued = ANSWER(office_issued, certify(rig, &north));
    snprintf(shouted, sizeof(shouted), "%.*s", OMB_VIEW_ARGS(issued->fingerprint));
    for (char *at = shouted; *at; at++)
        *at = (char)(*at >= 'a' && *at <= 'f' ? *at - 'a' + 'A' : *at);
    assert_text(ANSWER(office_issued,
                       certify_with(rig, &north, (struct omb_office_certify){
                                                     .fingerprint = omb_view_str(shouted)}))
                    ->code,
                "north");
    asker_free(&north);
}

static void test_requests_that_cannot_be_are_refused(void **state)
{
    struct rig *rig = *state;
    struct asker own, north, other;
    struct omb_office_certify changed = {.days = 0};

    asker_new(&own, "ho", "regional", 0x61);
    must_refuse(certify(rig, &own), "exists", "the code of this office itself");
    asker_new(&north, "north", "regional", 0x62);
    (void)ANSWER(office_issued, certify(rig, &north));
    asker_new(&other, "north", "regional", 0x63);
    must_refuse(certify(rig, &other), "exists", "another office has the code north");
    must_refuse(certify_with(rig, &north, (struct omb_office_certify){.days = 40000}), "invalid",
                "at most 36525 days");
    north.request.data[north.request.size - 1] ^= 1;
    changed.request = omb_buf_view(&north.request);
    must_refuse(ask_as(rig, "admin", OMB_ASK_OFFICE_CERTIFY, &changed), "unauthentic",
                "does not hold");
    must_refuse(ask_as(rig, "s1", OMB_ASK_OFFICE_CERTIFY, &changed), "forbidden", "admin");
    asker_free(&own);
    asker_free(&north);
    asker_free(&other);
}

static void test_a_branch_certifies_nobody(void **state)
{
    struct asker below;
    struct rig rig;

    (void)state;
    rig_open(&rig, 2);
    asker_new(&below, "kiosk", "branch", 0x61);
    must_refuse(certify(&rig, &below), "refused", "is a branch and certifies nobody");
    asker_free(&below);
    rig_free(&rig);
}

static void test_an_office_whose_certificate_expired_certifies_nobody(void **state)
{
    struct rig *rig = *state;
    struct asker north;

    asker_new(&north, "north", "regional", 0x61);
    rig_pass(rig, 3660 * OMB_DAY_MS);
    must_refuse(certify(rig, &north), "refused", "has expired");
    asker_free(&north);
}

/* --- further certificates --- */

static void test_a_further_certificate_names_the_one_before(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle first, second;
    struct asker north;

    asker_new(&north, "north", "regional", 0x61);
    first = bundle_of(rig, certify(rig, &north));
    north.wish.previous = first.chain[0].digest;
    second = bundle_of(rig, certify(rig, &north));
    assert_true(omb_digest_equal(&second.chain[0].inner.previous, &first.chain[0].digest));
    assert_true(omb_office_id_equal(&second.chain[0].inner.office, &first.chain[0].inner.office));
    assert_true(second.chain[0].inner.not_before > first.chain[0].inner.not_before);
    assert_int_equal(first.earlier_count, 0);
    assert_int_equal(second.earlier_count, 1);
    assert_true(omb_digest_equal(&second.earlier[0].digest, &first.chain[0].digest));
    assert_false(view_of(rig, "north")->rekeyed);
    assert_int_equal(view_of(rig, "north")->previous.size, 64);
    asker_free(&north);
}

/* It lost the file of the second: nobody but the parent may know that one. */
static void test_the_one_before_is_the_one_that_the_request_names(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle first, third;
    struct asker north;

    asker_new(&north, "north", "regional", 0x61);
    first = bundle_of(rig, certify(rig, &north));
    north.wish.previous = first.chain[0].digest;
    (void)bundle_of(rig, certify(rig, &north));
    third = bundle_of(rig, certify(rig, &north));
    assert_true(omb_digest_equal(&third.chain[0].inner.previous, &first.chain[0].digest));
    assert_int_equal(third.earlier_count, 1);
    asker_free(&north);
}

/* Also when certificates between name one before it. */
static void test_a_revoked_key_comes_back_under_no_certificate(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle first, second;
    struct asker north, again;

    asker_new(&north, "north", "regional", 0x61);
    first = bundle_of(rig, certify(rig, &north));
    asker_new(&again, "north", "regional", 0x62);
    again.wish.previous = first.chain[0].digest;
    second = bundle_of(rig, certify(rig, &again));
    (void)answer_of(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true,
                           .ground = OMB_VIEW_LIT("stolen")));
    asker_free(&again);
    asker_new(&again, "north", "regional", 0x63);
    again.wish.previous = first.chain[0].digest;
    (void)bundle_of(rig, certify(rig, &again));
    asker_free(&again);
    asker_new(&again, "north", "regional", 0x62);
    again.wish.previous = second.chain[0].digest;
    must_refuse(certify(rig, &again), "refused", "was revoked: the office needs new keys");
    asker_free(&north);
    asker_free(&again);
}

static void test_new_keys_without_the_old_one_show_as_re_keyed(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle first;
    const struct omb_office_issued *issued;
    struct asker north, again;

    asker_new(&north, "north", "regional", 0x61);
    first = bundle_of(rig, certify(rig, &north));
    asker_new(&again, "north", "regional", 0x62);
    again.wish.previous = first.chain[0].digest;
    issued = ANSWER(office_issued, certify(rig, &again));
    assert_true(issued->rekeyed);
    assert_true(view_of(rig, "north")->rekeyed);
    again.wish.code = OMB_VIEW_LIT("south");
    must_refuse(certify(rig, &again), "refused", "is of north, not of south");
    asker_free(&north);
    asker_free(&again);
}

/* --- join again --- */

static const struct omb_reply *join(struct rig *rig, struct omb_view bundle)
{
    return ask_as(rig, "admin", OMB_ASK_OFFICE_JOIN, &(struct omb_office_join){.bundle = bundle});
}

/* A bundle for the rig's own office (north), made as ho would. */
static void bundle_for(struct rig *rig, int64_t not_before, const uint8_t *recovery,
                       struct omb_buf *out)
{
    const struct omb_known_certificate *own = &rig->office->own;
    struct omb_known_certificate chain[2];
    struct omb_view list[2];
    struct omb_certificate inner = own->inner;
    struct omb_view at = omb_buf_view(&rig->certificates);
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_bundle_content content = {
        .version = 1,
        .certificates = {list, 2},
        .anchor = omb_office_anchor(rig->office),
        .recovery = recovery ? omb_view(recovery, OMB_PUBLIC_SIZE)
                             : omb_office_recovery(rig->office),
        .at = rig->now_ms,
    };

    for (size_t i = 0; i < 2; i++) {
        const size_t size = omb_be32(at.data);

        assert_int_equal(
            omb_certify_read(omb_view(at.data + 4, size), &rig->arena, &chain[i], NULL), OMB_OK);
        at = omb_view(at.data + 4 + size, at.size - 4 - size);
    }
    inner.not_before = not_before;
    inner.previous = own->digest;
    omb_certify_issue(&inner, rig->signers[1], &bytes);
    list[0] = omb_buf_view(&bytes);
    list[1] = chain[1].signed_bytes;
    omb_buf_clear(out);
    omb_enrol_give(&content, rig->signers[1], out);
    omb_buf_free(&bytes);
}

static void test_an_office_goes_on_under_its_newer_certificate(void **state)
{
    const struct omb_office_joined *joined;
    struct omb_buf bundle = OMB_BUF_INIT;
    struct rig rig;

    (void)state;
    rig_open(&rig, 1);
    bundle_for(&rig, rig.now_ms - 1, NULL, &bundle);
    joined = ANSWER(office_joined, join(&rig, omb_buf_view(&bundle)));
    assert_true(omb_view_equal(view_of(&rig, "north")->certificate, joined->certificate));
    must_refuse(join(&rig, omb_buf_view(&bundle)), "exists", "already");
    hire(&rig, "t1", "teller"); /* a record under the newer certificate */
    rig_commit(&rig);
    rig_reopen(&rig);
    assert_true(omb_view_equal(view_of(&rig, "north")->certificate, joined->certificate));
    assert_int_equal(ASK(&rig, "admin", LOG_VERIFY, log_verify_ask, log_verified)->problems.count,
                     0);
    omb_buf_free(&bundle);
    rig_free(&rig);
}

static void test_bundles_that_do_not_fit_change_nothing(void **state)
{
    static const uint8_t other[OMB_PUBLIC_SIZE] = {9};
    struct omb_buf bundle = OMB_BUF_INIT;
    struct omb_view before;
    struct asker stranger;
    struct rig rig, ho;

    (void)state;
    rig_open(&rig, 1);
    rig_open(&ho, 0);
    before = view_of(&rig, "north")->certificate;
    bundle_for(&rig, rig.now_ms + 1, NULL, &bundle);
    must_refuse(join(&rig, omb_buf_view(&bundle)), "refused", "does not hold yet");
    bundle_for(&rig, rig.now_ms - 2 * OMB_DAY_MS, NULL, &bundle);
    must_refuse(join(&rig, omb_buf_view(&bundle)), "exists", "a newer certificate");
    bundle_for(&rig, rig.now_ms, other, &bundle);
    must_refuse(join(&rig, omb_buf_view(&bundle)), "refused", "another recovery key");
    asker_new(&stranger, "south", "regional", 0x61);
    must_refuse(join(&rig, ANSWER(office_issued, certify(&ho, &stranger))->bundle), "refused",
                "for another office");
    must_refuse(join(&rig, OMB_VIEW_LIT("nonsense")), "invalid", NULL);
    assert_true(omb_view_equal(view_of(&rig, "north")->certificate, before));
    asker_free(&stranger);
    omb_buf_free(&bundle);
    rig_free(&rig);
    rig_free(&ho);
}

/* --- revoke, move, close --- */

/* The office opened so many lives, each of one record. */
static void open_lives(struct rig *rig, const struct omb_office_id *office, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        struct omb_log_row row = {
            .office = *office, .head = 1, .digest = {{1}}, .newest_at = 1, .count = 1};
        const struct omb_key key = omb_key_log(5000 + i);
        struct omb_buf value = OMB_BUF_INIT;
        struct omb_key name;
        uint8_t number[4];

        omb_put_be32(row.incarnation.bytes, i);
        omb_put_be32(number, 5000 + i);
        name = omb_key_life(office, &row.incarnation, 0);
        omb_encode_log_row(&row, &value);
        memport_set(rig->store, OMB_FAMILY_LOG, omb_key_view(&key), omb_buf_view(&value));
        memport_set(rig->store, OMB_FAMILY_OFFICE, omb_key_view(&name), OMB_VIEW_OF(number));
        omb_buf_free(&value);
    }
}

/* The office's newest record, from its store. */
static struct omb_header newest_of(struct rig *rig)
{
    const struct omb_tip *tip = omb_office_tip(rig->office);
    const struct omb_key key = omb_key_record(tip->number, tip->seq);
    struct omb_buf row = OMB_BUF_INIT;
    struct omb_stored_record stored;
    struct omb_header header;

    rig_commit(rig);
    assert_int_equal(
        omb_port_get(memport_port(rig->store), OMB_FAMILY_RECORD, omb_key_view(&key), &row),
        OMB_OK);
    assert_true(omb_stored_read(omb_arena_copy(&rig->arena, omb_buf_view(&row)), &rig->arena,
                                &stored, &header));
    omb_buf_free(&row);
    return header;
}

/* A thief opens lives without end: what counts is where the office is now. */
static void test_a_revocation_names_the_newest_lives(void **state)
{
    enum { MANY = 2050, NAMED = 2048 };
    struct rig *rig = *state;
    struct omb_known_bundle bundle;
    struct omb_header header;
    const struct omb_office_revoked *revoked;
    bool newest = false;
    struct asker north;

    asker_new(&north, "north", "regional", 0x71);
    bundle = bundle_of(rig, certify(rig, &north));
    rig_commit(rig);
    open_lives(rig, &bundle.chain[0].inner.office, MANY);
    (void)ANSWER(office_changed, CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true,
                                        .ground = OMB_VIEW_LIT("stolen")));
    header = newest_of(rig);
    assert_int_equal(header.facts->event.tag, OMB_EVENT_OFFICE_REVOKED);
    revoked = OMB_AS(office_revoked, header.facts->event);
    assert_int_equal(revoked->until.count, NAMED);
    for (size_t i = 0; i < revoked->until.count; i++)
        newest |= omb_incarnation_number(&revoked->until.items[i].incarnation) == MANY;
    assert_true(newest);
    asker_free(&north);
}

static void test_a_revoked_office_needs_new_keys(void **state)
{
    struct rig *rig = *state;
    struct omb_known_bundle first;
    struct asker north, again;

    asker_new(&north, "north", "regional", 0x61);
    first = bundle_of(rig, certify(rig, &north));
    (void)ANSWER(office_changed, CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true,
                                        .ground = OMB_VIEW_LIT("stolen")));
    assert_text(view_of(rig, "north")->state, "revoked");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true), "exists", "already");
    north.wish.previous = first.chain[0].digest;
    must_refuse(certify(rig, &north), "refused", "was revoked");
    asker_new(&again, "north", "regional", 0x62);
    again.wish.previous = first.chain[0].digest;
    (void)ANSWER(office_issued, certify(rig, &again));
    assert_text(view_of(rig, "north")->state, "valid");
    must_refuse(certify(rig, &north), "refused", "was revoked"); /* the thief asks once more */
    asker_free(&north);
    asker_free(&again);
}

static void test_the_successor_of_a_closed_office_is_certified_anew(void **state)
{
    struct rig *rig = *state;
    const struct omb_office_view *south;
    struct omb_known_bundle first;
    struct asker north, next;

    asker_new(&north, "north", "regional", 0x61);
    asker_new(&next, "south", "regional", 0x62);
    (void)ANSWER(office_issued, certify(rig, &north));
    first = bundle_of(rig, certify(rig, &next));
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .successor = OMB_VIEW_LIT("north")),
                "invalid", "in for itself");
    (void)ANSWER(office_changed,
                 CHANGE(rig, .code = OMB_VIEW_LIT("north"), .successor = OMB_VIEW_LIT("south")));
    south = view_of(rig, "south");
    assert_text(view_of(rig, "north")->state, "closed");
    assert_int_equal(south->succeeds.count, 1);
    assert_text(south->succeeds.items[0], "north");
    assert_int_equal(south->previous.size, 64);
    /* By the certificate before, which does not say so, the next one would not either. */
    next.wish.previous = first.chain[0].digest;
    must_refuse(certify(rig, &next), "refused", "stands in for north: let it call the office");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("south"), .successor = OMB_VIEW_LIT("north")),
                "exists", "closed already");
    asker_free(&north);
    asker_free(&next);
}

static void test_only_children_are_changed_and_in_one_way_at_a_time(void **state)
{
    struct rig *rig = *state;
    struct asker north, cards;

    asker_new(&north, "north", "regional", 0x61);
    asker_new(&cards, "cards", "branch", 0x62);
    (void)ANSWER(office_issued, certify(rig, &north));
    (void)ANSWER(office_issued, certify(rig, &cards));
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("ho"), .revoke = true), "refused",
                "not directly below");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true,
                       .ground = OMB_VIEW_LIT("stole")),
                "unknown-code", "`stole`: it must be stolen, lost, misused or other");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north")), "invalid", "say one of");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .revoke = true,
                       .parent = OMB_VIEW_LIT("cards")),
                "invalid", "say one of");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .parent = OMB_VIEW_LIT("cards")),
                "refused", "is a branch");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .parent = OMB_VIEW_LIT("north")),
                "refused", "cannot stand below");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .parent = OMB_VIEW_LIT("ho")),
                "exists", "already");
    must_refuse(CHANGE(rig, .code = OMB_VIEW_LIT("north"), .parent = OMB_VIEW_LIT("south")),
                "not-found", "no office south is known here");
    (void)ANSWER(office_changed,
                 CHANGE(rig, .code = OMB_VIEW_LIT("cards"), .parent = OMB_VIEW_LIT("north")));
    asker_free(&north);
    asker_free(&cards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_an_office_is_certified_with_all_that_it_needs),
        DESK_TEST(test_what_the_order_says_is_in_the_certificate),
        DESK_TEST(test_a_fingerprint_that_was_said_must_be_the_one),
        DESK_TEST(test_requests_that_cannot_be_are_refused),
        cmocka_unit_test(test_a_branch_certifies_nobody),
        DESK_TEST(test_an_office_whose_certificate_expired_certifies_nobody),
        DESK_TEST(test_a_further_certificate_names_the_one_before),
        DESK_TEST(test_the_one_before_is_the_one_that_the_request_names),
        DESK_TEST(test_a_revoked_key_comes_back_under_no_certificate),
        DESK_TEST(test_new_keys_without_the_old_one_show_as_re_keyed),
        cmocka_unit_test(test_an_office_goes_on_under_its_newer_certificate),
        cmocka_unit_test(test_bundles_that_do_not_fit_change_nothing),
        DESK_TEST(test_a_revocation_names_the_newest_lives),
        DESK_TEST(test_a_revoked_office_needs_new_keys),
        DESK_TEST(test_the_successor_of_a_closed_office_is_certified_anew),
        DESK_TEST(test_only_children_are_changed_and_in_one_way_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
