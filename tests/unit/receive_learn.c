/* What offices say of each other: does it have its effect, whenever it comes, and only by right? */
#include <stdio.h>

#include "office/inside.h"
#include "office/logs.h"
#include "support/casework.h"
#include "support/crossing.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

static void carry(struct crossing *crossing, enum place from, enum place to)
{
    const struct parcels all = crossing_pack(crossing, at(crossing, from));
    const struct parcels own = crossing_of(crossing, &all, &crossing->refs[from].office);

    (void)crossing_give(crossing, to, from, own.items, own.count);
}

struct event {
    uint32_t tag;
    const void *facts;
};

static enum omb_rc do_say(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct event *event = arg;
    const struct omb_facts facts = {.event = {event->tag, event->facts}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

static void say(struct crossing *crossing, enum place place, uint32_t tag, const void *facts)
{
    struct event event = {tag, facts};

    crossing_run(at(crossing, place), do_say, &event);
}

static enum omb_rc do_withdraw(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_withdrawn withdrawn = {OMB_VIEW_LIT("phone"), step->input->now_ms};
    struct omb_appended record;

    return casework_write(step, arg, "t17", OMB_EVENT_WITHDRAWN, &withdrawn, &record, err);
}

struct reading {
    const struct omb_case_id *id;
    char status[16];
    bool revoked; /* of any record of the case */
};

static enum omb_rc do_read(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct reading *reading = arg;
    struct omb_casefile file;
    struct omb_case_row row;
    enum omb_rc rc = omb_case_row_read(step, reading->id, &row, err);

    if (rc == OMB_OK)
        rc = omb_casefile_load(step, reading->id, &file, err);
    if (rc != OMB_OK)
        return rc;
    snprintf(reading->status, sizeof(reading->status), "%.*s", OMB_VIEW_ARGS(row.status));
    for (size_t i = 0; i < file.event_count; i++)
        reading->revoked |= file.events[i].revoked;
    return OMB_OK;
}

static struct reading read_case(struct crossing *crossing, enum place place,
                                const struct omb_case_id *id)
{
    struct reading reading = {.id = id};

    crossing_run(at(crossing, place), do_read, &reading);
    return reading;
}

/* --- revocations --- */

/* A case of the outlet, and its withdrawal, which a thief wrote with the outlet's key. */
struct theft {
    struct omb_case_id id;
    struct parcels records;
    struct omb_log_position until;
};

static struct theft steal(struct crossing *crossing)
{
    struct theft theft;
    struct parcels honest;

    crossing_register(at(crossing, OUTLET), &theft.id);
    honest = crossing_pack(crossing, at(crossing, OUTLET));
    theft.until = (struct omb_log_position){
        .incarnation = honest.headers[honest.count - 1].incarnation,
        .seq = honest.headers[honest.count - 1].seq,
        .digest = omb_record_digest(honest.items[honest.count - 1].header),
    };
    crossing_run(at(crossing, OUTLET), do_withdraw, &theft.id);
    theft.records = crossing_pack(crossing, at(crossing, OUTLET));
    return theft;
}

static void revoke(struct crossing *crossing, enum place by, const struct theft *theft)
{
    const struct omb_office_revoked revoked = {
        .certificate = crossing->refs[OUTLET].certificate,
        .until = {&theft->until, 1},
        .ground = OMB_VIEW_LIT("stolen"),
    };

    say(crossing, by, OMB_EVENT_OFFICE_REVOKED, &revoked);
}

static void a_revocation_takes_effect_away(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);

    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "withdrawn");
    revoke(crossing, NORTH, &theft);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "open");
    assert_true(read_case(crossing, NORTH, &theft.id).revoked);
}

static void a_record_after_its_revocation_is_kept_without_effect(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);

    revoke(crossing, NORTH, &theft);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count),
                  theft.records.count, OMB_RECEIPT_NEW);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "open");
}

static void a_revocation_comes_to_the_same_in_any_order(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);

    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    revoke(crossing, NORTH, &theft);
    carry(crossing, NORTH, HO);
    (void)crossing_give(crossing, HO, NORTH, theft.records.items, theft.records.count);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &theft.id));
    assert_string_equal(read_case(crossing, HO, &theft.id).status, "open");
}

static void the_revoked_office_learns_it_too(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);

    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    revoke(crossing, NORTH, &theft);
    carry(crossing, NORTH, OUTLET);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, OUTLET), &theft.id));
}

static void a_sibling_revokes_nothing(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);

    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    revoke(crossing, OTHER, &theft);
    carry(crossing, OTHER, NORTH);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "withdrawn");
    assert_false(crossing_has(at(crossing, NORTH), OMB_FAMILY_OFFICE,
                              omb_key_revocation(&crossing->refs[OUTLET].certificate)));
}

static void the_office_nearest_the_root_revokes_for_all(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);
    struct theft milder = theft;

    /* NORTH lets the withdrawal stand, HO does not: the root's word counts, in either order. */
    milder.until.seq++;
    milder.until.digest =
        omb_record_digest(theft.records.items[theft.records.count - 1].header);
    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    revoke(crossing, NORTH, &milder);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "withdrawn");
    carry(crossing, NORTH, HO);
    revoke(crossing, HO, &theft);
    carry(crossing, HO, NORTH);
    (void)crossing_give(crossing, HO, NORTH, theft.records.items, theft.records.count);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "open");
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &theft.id));
}

/* --- many cases --- */

enum { CROWD = 700 };

struct crowd {
    struct omb_case_id ids[CROWD];
    struct omb_log_position until; /* each was withdrawn by the thief behind it */
    size_t withdrawn, open;
};

static enum omb_rc do_register_all(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct crowd *crowd = arg;
    struct omb_appended record;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < CROWD; i++)
        rc = casework_register(step, false, &crowd->ids[i], &record, err);
    crowd->until = (struct omb_log_position){
        .incarnation = step->office->tip.incarnation,
        .seq = step->office->tip.seq,
        .digest = step->office->tip.prev,
    };
    return rc;
}

static enum omb_rc do_withdraw_all(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct crowd *crowd = arg;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < CROWD; i++)
        rc = do_withdraw(step, &crowd->ids[i], err);
    return rc;
}

static enum omb_rc do_count(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct crowd *crowd = arg;
    enum omb_rc rc = OMB_OK;

    crowd->withdrawn = crowd->open = 0;
    for (size_t i = 0; rc == OMB_OK && i < CROWD; i++) {
        struct omb_case_row row;

        rc = omb_case_row_read(step, &crowd->ids[i], &row, err);
        crowd->withdrawn += rc == OMB_OK && omb_view_is(row.status, "withdrawn");
        crowd->open += rc == OMB_OK && omb_view_is(row.status, "open");
    }
    return rc;
}

static void count(struct crossing *crossing, struct crowd *crowd)
{
    crossing_run(at(crossing, NORTH), do_count, crowd);
    assert_int_equal(crowd->withdrawn + crowd->open, CROWD);
}

static void give_crowd(struct crossing *crossing, struct crowd *crowd)
{
    struct parcels all;

    crossing_run(at(crossing, OUTLET), do_register_all, crowd);
    crossing_run(at(crossing, OUTLET), do_withdraw_all, crowd);
    all = crossing_pack(crossing, at(crossing, OUTLET));
    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, all.count), all.count,
                  OMB_RECEIPT_NEW);
}

/* A tick when it is due. */
static void turn(struct rig *rig)
{
    rig_pass(rig, 50);
    rig_tick(rig);
    rig_commit(rig);
}

static void of_many_cases_the_rest_is_folded_in_turns(void **state)
{
    struct crossing *crossing = *state;
    struct rig *north = at(crossing, NORTH);
    struct crowd *crowd = OMB_ARENA_NEW(&crossing->arena, struct crowd, 1);
    const struct omb_office_revoked revoked = {
        .certificate = crossing->refs[OUTLET].certificate,
        .until = {&crowd->until, 1},
        .ground = OMB_VIEW_LIT("stolen"),
    };
    size_t turns = 0, before;

    give_crowd(crossing, crowd);
    say(crossing, NORTH, OMB_EVENT_OFFICE_REVOKED, &revoked);
    count(crossing, crowd);
    assert_true(crowd->open > 0 && crowd->open <= 256);
    for (before = crowd->open; crowd->withdrawn > 0; before = crowd->open) {
        if (turns == 1)
            rig_reopen(north); /* the power went: it goes on where it was */
        turn(north);
        count(crossing, crowd);
        assert_true(crowd->open > before && crowd->open - before <= 256);
        turns++;
    }
    assert_true(turns > 1);
    for (int i = 0; i < 10; i++) /* what it wrote in other cases is looked through, too */
        turn(north);
    assert_false(
        crossing_has(north, OMB_FAMILY_OFFICE, omb_key_unfolded(&crossing->refs[OUTLET].office)));
    assert_true(north->office->wake_ms > north->now_ms);
}

/* Each is looked through, though nothing is found. */
static void many_offices_without_a_case_are_looked_at_in_turns(void **state)
{
    enum { OFFICES = 5000 };
    struct crossing *crossing = *state;
    struct rig *north = at(crossing, NORTH);
    const size_t others = memport_count(north->store, OMB_FAMILY_OFFICE);
    size_t turns = 0;

    for (uint32_t i = 0; i < OFFICES; i++) {
        struct omb_office_id office = {{0xee}};
        struct omb_key key;

        omb_put_be32(office.bytes + 1, i);
        key = omb_key_unfolded(&office);
        memport_set(north->store, OMB_FAMILY_OFFICE, omb_key_view(&key), OMB_VIEW_LIT("\0"));
    }
    rig_reopen(north);
    while (memport_count(north->store, OMB_FAMILY_OFFICE) > others && turns++ < 100)
        turn(north);
    assert_true(turns > 1 && turns < 100);
}

/* --- certificates --- */

static void a_certificate_becomes_known(void **state)
{
    struct crossing *crossing = *state;
    const struct omb_key key = omb_key_certificate(&crossing->refs[OTHER].certificate);

    assert_false(crossing_has(at(crossing, OUTLET), OMB_FAMILY_OFFICE, key));
    carry(crossing, NORTH, OUTLET);
    assert_true(crossing_has(at(crossing, OUTLET), OMB_FAMILY_OFFICE, key));
    assert_true(crossing_has(at(crossing, OUTLET), OMB_FAMILY_OFFICE,
                             omb_key_carrier(&crossing->refs[OTHER].certificate)));
}

/* A certificate of the outlet by this office, made with the outlet's own first key. */
static struct omb_view certify_outlet_at(struct crossing *crossing, enum place by, bool previous,
                                         int64_t later_by, struct omb_digest *out)
{
    const struct omb_known_certificate first = crossing_certificate(crossing, OUTLET);
    struct omb_certificate inner = first.inner;

    inner.not_before += later_by;
    inner.parent = crossing->refs[by].office;
    inner.issuer = crossing->refs[by].certificate;
    inner.depth = by == HO ? 1 : by == NORTH ? 2 : 3;
    inner.certify_depth = 0;
    if (previous)
        inner.previous = first.digest;
    return crossing_certify(crossing, by, &inner, out);
}

static struct omb_view certify_outlet(struct crossing *crossing, enum place by, bool previous,
                                      struct omb_digest *out)
{
    return certify_outlet_at(crossing, by, previous, 1, out);
}

static bool knows(struct crossing *crossing, enum place place, const struct omb_digest *digest)
{
    return crossing_has(at(crossing, place), OMB_FAMILY_OFFICE, omb_key_certificate(digest));
}

static void a_further_certificate_of_the_same_parent_counts(void **state)
{
    struct crossing *crossing = *state;
    struct omb_digest digest;
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digest);
    const struct omb_office_certified certified = {.certificate = bytes};

    say(crossing, NORTH, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    assert_true(knows(crossing, NORTH, &digest));
    carry(crossing, NORTH, HO);
    assert_true(knows(crossing, HO, &digest));
}

/* Where nobody has that one any more it counts all the same. */
static void a_later_certificate_waits_for_the_one_before(void **state)
{
    struct crossing *crossing = *state;
    struct omb_digest digest;
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digest);
    const struct omb_office_certified certified = {.certificate = bytes};
    const struct omb_office_id *north = &crossing->refs[NORTH].office;
    const struct omb_receipt *receipt;
    struct parcels all;

    say(crossing, NORTH, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    all = crossing_pack(crossing, at(crossing, NORTH));
    receipt = crossing_give_as(crossing, at(crossing, OTHER), north, true, false,
                               &all.items[all.count - 1], 1);
    assert_int_equal(receipt->kind, OMB_RECEIPT_WAITS);
    assert_true(receipt->of_chain);
    assert_true(omb_digest_equal(&receipt->certificate, &crossing->refs[OUTLET].certificate));
    receipt = crossing_give_as(crossing, at(crossing, OTHER), north, true, true,
                               &all.items[all.count - 1], 1);
    assert_int_equal(receipt->kind, OMB_RECEIPT_NEW);
    assert_true(knows(crossing, OTHER, &digest));
}

static void nobody_takes_an_office_from_its_parent(void **state)
{
    struct crossing *crossing = *state;
    struct omb_digest further, first;
    const struct omb_view bytes = certify_outlet(crossing, OTHER, true, &further);
    const struct omb_view again = certify_outlet(crossing, OTHER, false, &first);
    const struct omb_office_certified certified = {.certificate = bytes};
    const struct omb_office_certified as_first = {.certificate = again};
    const size_t before = memport_count(at(crossing, NORTH)->store, OMB_FAMILY_RECORD);

    say(crossing, OTHER, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    say(crossing, OTHER, OMB_EVENT_OFFICE_CERTIFIED, &as_first);
    carry(crossing, OTHER, NORTH);
    assert_true(memport_count(at(crossing, NORTH)->store, OMB_FAMILY_RECORD) > before);
    assert_false(knows(crossing, NORTH, &further));
    assert_false(knows(crossing, NORTH, &first));
}

/* More than are looked at of one office at a time, and none of them comes again. */
static void what_was_claimed_counts_with_its_proof_while_there_is_room(void **state)
{
    enum { CLAIMS = OMB_OFFICE_CERTIFICATES_MAX + 6 };
    struct crossing *crossing = *state;
    struct omb_digest claimed[CLAIMS], proof;
    struct omb_office_certified certified;
    size_t count = 2; /* its first one, and the proof */

    for (size_t i = 0; i < CLAIMS; i++) {
        certified.certificate =
            certify_outlet_at(crossing, HO, false, (int64_t)i + 1, &claimed[i]);
        say(crossing, HO, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    }
    carry(crossing, HO, NORTH);
    for (size_t i = 0; i < CLAIMS; i++)
        assert_false(knows(crossing, NORTH, &claimed[i]));
    certified.certificate = certify_outlet(crossing, HO, true, &proof);
    say(crossing, HO, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    carry(crossing, HO, NORTH);
    assert_true(knows(crossing, NORTH, &proof));
    for (size_t i = 0; i < CLAIMS; i++)
        count += knows(crossing, NORTH, &claimed[i]);
    assert_int_equal(count, OMB_OFFICE_CERTIFIED_BESIDE);
}

static void only_its_issuer_tells_a_certificate(void **state)
{
    struct crossing *crossing = *state;
    struct omb_digest digest;
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digest);
    const struct omb_office_certified certified = {.certificate = bytes};

    say(crossing, OTHER, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    carry(crossing, OTHER, NORTH);
    assert_false(knows(crossing, NORTH, &digest));
}

static enum omb_rc check_gone(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card(step, arg);

    (void)err;
    assert_non_null(card);
    assert_non_null(card->revoked);
    assert_true(omb_office_gone(step, &card->seat.office));
    return OMB_OK;
}

/* A key is stolen, not a certificate: whichever of them names it, the revocation is of all. */
static void a_revocation_is_of_the_key_in_all_its_certificates(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);
    struct omb_digest digest;
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digest);
    const struct omb_office_certified certified = {.certificate = bytes};
    const struct omb_office_revoked revoked = {
        .certificate = digest,
        .until = {&theft.until, 1},
        .ground = OMB_VIEW_LIT("stolen"),
    };

    (void)crossing_give(crossing, NORTH, OUTLET, theft.records.items, theft.records.count);
    say(crossing, NORTH, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "withdrawn");
    say(crossing, NORTH, OMB_EVENT_OFFICE_REVOKED, &revoked);
    assert_string_equal(read_case(crossing, NORTH, &theft.id).status, "open");
    carry(crossing, NORTH, HO);
    (void)crossing_give(crossing, HO, NORTH, theft.records.items, theft.records.count);
    assert_string_equal(read_case(crossing, HO, &theft.id).status, "open");
    rig_reopen(at(crossing, HO));
    rig_tick(at(crossing, HO));
    assert_string_equal(read_case(crossing, HO, &theft.id).status, "open");
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, HO), &theft.id));
}

/* The first certificate was revoked; another of the same key comes later. */
static void a_later_certificate_of_a_revoked_key_gives_nothing_back(void **state)
{
    struct crossing *crossing = *state;
    const struct theft theft = steal(crossing);
    struct omb_digest digest;
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digest);
    const struct omb_office_certified certified = {.certificate = bytes};

    revoke(crossing, NORTH, &theft);
    say(crossing, NORTH, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    crossing_run(at(crossing, NORTH), check_gone, &digest);
    carry(crossing, NORTH, HO);
    crossing_run(at(crossing, HO), check_gone, &digest);
}

/* --- seats --- */

static enum omb_rc check_later(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_digest *digests = arg;
    const struct omb_office_card *card = omb_office_card(step, &digests[0]);

    (void)err;
    assert_non_null(card);
    assert_non_null(card->seat.later);
    assert_true(omb_digest_equal(&card->seat.later->certificate, &digests[1]));
    return OMB_OK;
}

static void a_seat_knows_its_later_one_in_any_order(void **state)
{
    struct crossing *crossing = *state;
    struct omb_digest digests[2] = {crossing->refs[OUTLET].certificate};
    const struct omb_view bytes = certify_outlet(crossing, NORTH, true, &digests[1]);
    const struct omb_office_certified certified = {.certificate = bytes};

    carry(crossing, NORTH, HO);
    say(crossing, NORTH, OMB_EVENT_OFFICE_CERTIFIED, &certified);
    carry(crossing, NORTH, HO);
    crossing_run(at(crossing, NORTH), check_later, digests);
    crossing_run(at(crossing, HO), check_later, digests);
    carry(crossing, NORTH, OUTLET);
    assert_non_null(omb_office_self(at(crossing, OUTLET)->office)->later);
    rig_reopen(at(crossing, OUTLET));
    rig_tick(at(crossing, OUTLET));
    assert_non_null(omb_office_self(at(crossing, OUTLET)->office)->later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(a_revocation_takes_effect_away),
        CROSSING_TEST(a_record_after_its_revocation_is_kept_without_effect),
        CROSSING_TEST(a_revocation_comes_to_the_same_in_any_order),
        CROSSING_TEST(the_revoked_office_learns_it_too),
        CROSSING_TEST(a_sibling_revokes_nothing),
        CROSSING_TEST(the_office_nearest_the_root_revokes_for_all),
        CROSSING_TEST(a_certificate_becomes_known),
        CROSSING_TEST(a_further_certificate_of_the_same_parent_counts),
        CROSSING_TEST(a_later_certificate_waits_for_the_one_before),
        CROSSING_TEST(nobody_takes_an_office_from_its_parent),
        CROSSING_TEST(what_was_claimed_counts_with_its_proof_while_there_is_room),
        CROSSING_TEST(only_its_issuer_tells_a_certificate),
        CROSSING_TEST(a_revocation_is_of_the_key_in_all_its_certificates),
        CROSSING_TEST(a_later_certificate_of_a_revoked_key_gives_nothing_back),
        CROSSING_TEST(a_seat_knows_its_later_one_in_any_order),
        CROSSING_TEST(of_many_cases_the_rest_is_folded_in_turns),
        CROSSING_TEST(many_offices_without_a_case_are_looked_at_in_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
