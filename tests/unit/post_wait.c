/* Records that cannot be taken yet, or never: does the link say what it waits for, and go on? */
#include "unit.h"

#include "office/inside.h"
#include "office/post/inside.h"
#include "support/deskwork.h"
#include "support/visitor.h"

static const struct omb_peer_view *link_of(struct visitor *visitor)
{
    return tree_link(visitor->ho, visitor->north);
}

static void assert_reason(struct visitor *visitor, const char *reason)
{
    const char *is = omb_arena_str(&visitor->tree->arena, link_of(visitor)->reason);

    if (!strstr(is, reason))
        fail_msg("the reason is `%s`, not `%s`", is, reason);
}

static size_t records_at(struct visitor *visitor)
{
    return memport_count(visitor->ho->rig.store, OMB_FAMILY_RECORD);
}

/* The place in north's journal where its branch's own records begin. */
static uint64_t first_of_branch(struct visitor *visitor)
{
    const uint64_t last = visitor->north->rig.office->tip.journal;

    for (uint64_t at = 1; at <= last; at++) {
        const struct omb_records one = visitor_journal(visitor, at, at);
        struct omb_header header;

        if (one.records.count == 1 &&
            omb_decode_header(one.records.items[0].header, &visitor->tree->arena, &header, NULL) ==
                OMB_OK &&
            omb_office_id_equal(&header.office, &visitor->branch->id))
            return at;
    }
    fail_msg("north holds nothing of its branch");
    return 0;
}

static void a_record_waits_for_the_certificate_of_its_office(void **state)
{
    struct visitor *visitor = *state;
    const uint64_t branch = first_of_branch(visitor);
    const struct omb_records held = visitor_journal(visitor, branch, branch + 1);
    struct omb_records own = visitor_journal(visitor, 1, branch - 1);
    const struct omb_want *want;
    size_t before;

    visitor_greet(visitor);
    before = records_at(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &held);
    want = HEARS(visitor, WANT, want);
    assert_non_null(want);
    assert_int_equal(want->digests.count, 1);
    assert_null(HEARS(visitor, ACK, ack));
    assert_null(HEARS(visitor, CREDIT, credit));
    assert_int_equal(records_at(visitor), before);
    assert_reason(visitor, "waits for the certificate of");

    own.first = own.last = 0;
    visitor_say(visitor, OMB_FRAME_RECORDS, &own);
    assert_non_null(HEARS(visitor, ACK, ack));
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, branch + 1);
    assert_non_null(HEARS(visitor, CREDIT, credit));
    assert_int_equal(records_at(visitor), before + branch - 1 + 2);
    assert_int_equal(link_of(visitor)->reason.size, 0);
}

static void what_waits_is_said_while_the_link_compares(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records third = visitor_journal(visitor, 3, 3);
    const struct omb_link_resync resync = {.peer = OMB_VIEW_LIT("north")};

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_CREDIT, &(struct omb_credit){1 << 20});
    assert_text(link_of(visitor)->state, "live");
    visitor_say(visitor, OMB_FRAME_RECORDS, &third);
    assert_reason(visitor, "waits for records 1-2 of north");
    answer_of(ask_as(&visitor->ho->rig, "admin", OMB_ASK_LINK_RESYNC, &resync));
    assert_text(link_of(visitor)->state, "catching-up");
    assert_reason(visitor, "waits for records 1-2 of north");
}

static void frames_behind_one_that_waits_wait_in_their_order(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records third = visitor_journal(visitor, 3, 3),
                             fourth = visitor_journal(visitor, 4, 4);
    struct omb_records lacking = visitor_journal(visitor, 1, 2);
    const struct omb_want *want;
    size_t before;

    visitor_greet(visitor);
    before = records_at(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &third);
    want = HEARS(visitor, WANT, want);
    assert_non_null(want);
    assert_int_equal(want->ranges.count, 1);
    assert_int_equal(want->ranges.items[0].first, 1);
    assert_int_equal(want->ranges.items[0].last, 2);
    visitor_say(visitor, OMB_FRAME_RECORDS, &fourth);
    assert_int_equal(visitor->heard_count, 0);
    assert_int_equal(records_at(visitor), before);
    assert_reason(visitor, "waits for records 1-2 of north");
    lacking.first = lacking.last = 0;
    visitor_say(visitor, OMB_FRAME_RECORDS, &lacking);
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, 4);
    assert_int_equal(HEARS(visitor, ACK, ack)->witnesses.count, 1);
    assert_int_equal(records_at(visitor), before + 4);
}

static void a_gap_that_nobody_fills_is_not_wanted_for_ever(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records third = visitor_journal(visitor, 3, 3);
    const struct omb_records nothing = {0};
    size_t wants = 0;

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &third);
    while (HEARS(visitor, WANT, want) && wants < 100) {
        wants++;
        visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    }
    assert_true(wants >= 1 && wants < 20);
    assert_reason(visitor, "waits for records 1-2 of north");
}

/* Who did not have it may have got it since, and have nothing else to send. */
static void what_nobody_had_is_wanted_again_while_the_line_stands(void **state)
{
    struct visitor *visitor = *state;
    const uint64_t branch = first_of_branch(visitor);
    const struct omb_records held = visitor_journal(visitor, branch, branch), nothing = {0};
    size_t wants = 0;

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &held);
    while (HEARS(visitor, WANT, want))
        visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    for (int64_t passed = 0; passed <= OMB_PARTS_MS + 10000; passed += 10000) {
        visitor_pass(visitor, 10000);
        wants += HEARS(visitor, WANT, want) != NULL;
        visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    }
    assert_int_equal(wants, 1);
    assert_reason(visitor, "waits for the certificate of");
}

/* The last record of the life before is lost with a disk; the comparison tells of the next one. */
static void what_a_life_goes_on_from_and_nobody_has_is_done_without(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_tip *tip = &visitor->north->rig.office->tip;
    const uint64_t last = tip->journal;
    struct omb_records before, second;
    const struct omb_want *want;
    struct omb_header header;
    struct omb_life life;
    size_t kept, answers = 0;

    tree_stop(visitor->branch);
    tree_start(visitor->branch);
    tree_tick(visitor->branch);
    (void)new_case(&visitor->branch->rig);
    tree_settle(visitor->tree);
    before = visitor_journal(visitor, 1, last - 1);
    second = visitor_journal(visitor, last + 1, tip->journal);
    second.first = second.last = 0;
    assert_int_equal(omb_decode_header(second.records.items[second.records.count - 1].header,
                                       &visitor->tree->arena, &header, NULL),
                     OMB_OK);
    assert_true(omb_office_id_equal(&header.office, &visitor->branch->id));
    life = (struct omb_life){.office = header.office,
                             .incarnation = header.incarnation,
                             .head = header.seq,
                             .digest = omb_record_digest(
                                 second.records.items[second.records.count - 1].header),
                             .count = header.seq};
    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &before);
    kept = records_at(visitor);
    visitor_say(visitor, OMB_FRAME_COMPARE,
                &(struct omb_compare){.logs = {&life, 1}, .last = true});
    while ((want = HEARS(visitor, WANT, want)) != NULL && answers++ < 10)
        visitor_say(visitor, OMB_FRAME_RECORDS,
                    want->ranges.count > 0 ? &second : &(struct omb_records){0});
    assert_int_equal(records_at(visitor), kept + second.records.count);
}

static void what_waits_is_forgotten_with_the_line(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records third = visitor_journal(visitor, 3, 3),
                             all = visitor_journal(visitor, 1, 3);
    const struct omb_hello hello = visitor_hello(visitor);

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &third);
    visitor->line++;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_int_equal(HEARS(visitor, WELCOME, hello)->yours.count, 0);
    visitor_say(visitor, OMB_FRAME_RECORDS, &all);
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, 3);
    assert_int_equal(link_of(visitor)->reason.size, 0);
}

static void a_record_that_is_refused_is_named_until_the_office_renews(void **state)
{
    struct visitor *visitor = *state;
    struct omb_records second = visitor_journal(visitor, 2, 2), beside;
    const struct omb_records first = visitor_journal(visitor, 1, 1),
                             third = visitor_journal(visitor, 3, 3);
    struct omb_record garbled = second.records.items[0];
    struct omb_proof proof = *garbled.proof;
    uint8_t signature[OMB_SIGNATURE_SIZE];
    size_t wants = 0;

    memcpy(signature, proof.signature.data, sizeof(signature));
    signature[5] ^= 1;
    proof.signature = OMB_VIEW_OF(signature);
    garbled.proof = &proof;
    second.records.items = &garbled;
    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &first);
    visitor_say(visitor, OMB_FRAME_RECORDS, &second);
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, 2);
    assert_int_equal(link_of(visitor)->refused, 1);
    assert_reason(visitor, "its record 2 was refused");
    visitor_say(visitor, OMB_FRAME_RECORDS, &third);
    beside = second;
    beside.first = beside.last = 0;
    while (HEARS(visitor, WANT, want) && wants < 100) {
        wants++;
        visitor_say(visitor, OMB_FRAME_RECORDS, &beside);
    }
    assert_true(wants >= 1 && wants < 20);
    assert_reason(visitor, "office renew");
    assert_null(HEARS(visitor, ACK, ack));
}

static void nothing_comes_beside_the_feed_that_was_not_wanted(void **state)
{
    struct visitor *visitor = *state;
    struct omb_records records = visitor_journal(visitor, 1, 3);
    size_t before;

    visitor_greet(visitor);
    before = records_at(visitor);
    records.first = records.last = 0;
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_int_equal(records_at(visitor), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(a_record_waits_for_the_certificate_of_its_office),
        VISITOR_TEST(what_waits_is_said_while_the_link_compares),
        VISITOR_TEST(frames_behind_one_that_waits_wait_in_their_order),
        VISITOR_TEST(a_gap_that_nobody_fills_is_not_wanted_for_ever),
        VISITOR_TEST(what_nobody_had_is_wanted_again_while_the_line_stands),
        VISITOR_TEST(what_a_life_goes_on_from_and_nobody_has_is_done_without),
        VISITOR_TEST(what_waits_is_forgotten_with_the_line),
        VISITOR_TEST(a_record_that_is_refused_is_named_until_the_office_renews),
        VISITOR_TEST(nothing_comes_beside_the_feed_that_was_not_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
