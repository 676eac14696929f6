/* What a peer does wrong: is it refused with the reason, and does its link alone pay for it? */
#include "unit.h"

#include "office/inside.h"
#include "support/visitor.h"
#include "wire/limits.h"

static const struct omb_peer_view *link_of(struct visitor *visitor)
{
    return tree_link(visitor->ho, visitor->north);
}

static void assert_blocked(struct visitor *visitor, const char *reason)
{
    const struct omb_peer_view *link = link_of(visitor);

    assert_text(link->state, "blocked");
    assert_non_null(strstr(omb_arena_str(&visitor->tree->arena, link->reason), reason));
}

/* --- before the greeting --- */

static void who_does_not_greet_is_told_to(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records records = visitor_journal(visitor, 1, 3);
    const size_t before = memport_count(visitor->ho->rig.store, OMB_FAMILY_RECORD);

    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    visitor_refused(visitor, "greet");
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    visitor_refused(visitor, "greet");
    assert_int_equal(memport_count(visitor->ho->rig.store, OMB_FAMILY_RECORD), before);
}

static void a_greeting_needs_the_key_of_its_certificate(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_hello hello = visitor_hello(visitor);

    visitor->key = visitor->branch->transport;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    visitor_refused(visitor, "key");
    assert_text(link_of(visitor)->state, "down");
    visitor->key = visitor->north->transport;
    visitor_greet(visitor);
}

static void a_grandchild_is_no_child(void **state)
{
    struct visitor *visitor = *state;
    struct omb_hello hello = visitor_hello(visitor);

    hello.office = visitor->branch->id;
    visitor->key = visitor->branch->transport;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    visitor_refused(visitor, "unknown");
}

static void protocols_must_meet(void **state)
{
    struct visitor *visitor = *state;
    struct omb_hello hello = visitor_hello(visitor);

    hello.protocol_min = 2;
    hello.protocol_max = 9;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    visitor_refused(visitor, "protocol");
    hello.protocol_min = 1;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_non_null(HEARS(visitor, WELCOME, hello));
}

static void an_expired_certificate_ends_the_link(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_hello hello = visitor_hello(visitor);

    visitor_pass(visitor, 4000 * OMB_DAY_MS);
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    visitor_refused(visitor, "expired");
    assert_blocked(visitor, "expired");
}

static void an_expired_certificate_ends_a_line_that_stands(void **state)
{
    struct visitor *visitor = *state;

    visitor_greet(visitor);
    visitor_pass(visitor, 5000);
    visitor->ho->clock_ms += 4000 * OMB_DAY_MS; /* its clock alone: the line is not silent */
    visitor_pass(visitor, 5000);
    visitor_refused(visitor, "expired");
    assert_blocked(visitor, "expired");
}

/* --- after it --- */

static void what_was_blocked_is_let_lie_for_a_minute(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_hello hello = visitor_hello(visitor);

    visitor_greet(visitor);
    visitor_say_bytes(visitor, OMB_VIEW_LIT("no frame"));
    visitor_refused(visitor, "blocked");
    assert_text(link_of(visitor)->state, "blocked");
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    assert_int_equal(visitor->heard_count, 0);
    visitor->line++;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    visitor_refused(visitor, "blocked");
    visitor_pass(visitor, 60000);
    visitor->line++;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_non_null(HEARS(visitor, WELCOME, hello));
}

static void an_ack_of_what_was_not_sent_blocks(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_cursor cursor = {.position = 99, .digest = {{1}}};

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_ACK, &(struct omb_ack){.cursor = &cursor});
    assert_blocked(visitor, "acknowledges what was not sent");
}

static void positions_must_rise(void **state)
{
    struct visitor *visitor = *state;
    struct omb_records records = visitor_journal(visitor, 1, 4);

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, 4);
    records = visitor_journal(visitor, 4, 5);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_blocked(visitor, "positions do not rise");
}

static void a_frame_that_came_before_is_acknowledged_again(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records records = visitor_journal(visitor, 1, 4);
    size_t kept;

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    kept = memport_count(visitor->ho->rig.store, OMB_FAMILY_JOURNAL);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_int_equal(HEARS(visitor, ACK, ack)->cursor->position, 4);
    assert_int_equal(memport_count(visitor->ho->rig.store, OMB_FAMILY_JOURNAL), kept);
}

static void wanting_without_end_blocks(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_digest nothing = {{9}};
    const struct omb_want want = {.digests = {&nothing, 1}};

    visitor_greet(visitor);
    for (int i = 0; i < 256; i++) {
        visitor_say(visitor, OMB_FRAME_WANT, &want);
        assert_int_equal(HEARS(visitor, RECORDS, records)->records.count, 0);
    }
    visitor_say(visitor, OMB_FRAME_WANT, &want);
    assert_blocked(visitor, "wants too much");
}

static void a_want_beyond_its_bounds_blocks(void **state)
{
    struct visitor *visitor = *state;
    struct omb_digest *many =
        OMB_ARENA_NEW(&visitor->tree->arena, struct omb_digest, 5000);

    for (size_t i = 0; i < 5000; i++)
        omb_put_be64(many[i].bytes, i + 1);
    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_WANT, &(struct omb_want){.digests = {many, 5000}});
    assert_blocked(visitor, "not said as wants are");
}

/* --- credit --- */

static void a_flood_beyond_the_credit_blocks(void **state)
{
    struct visitor *visitor = *state;
    struct omb_records records;
    struct omb_record *gap;
    uint64_t granted, sent = 0;

    visitor_greet(visitor);
    granted = HEARS(visitor, CREDIT, credit)->bytes;
    /* A record whose predecessor never comes is held, so nothing is given back. */
    records = visitor_journal(visitor, 2, 2);
    gap = OMB_ARENA_NEW(&visitor->tree->arena, struct omb_record, 3000);
    for (size_t i = 0; i < 3000; i++)
        gap[i] = records.records.items[0];
    records.records.items = gap;
    records.records.count = 300;
    for (uint64_t at = 1000; sent < 3 * granted; at += 1000) {
        records.first = at;
        records.last = at + 999;
        visitor_say(visitor, OMB_FRAME_RECORDS, &records);
        assert_null(HEARS(visitor, CREDIT, credit));
        if (HEARS(visitor, REFUSE, refuse))
            break;
        sent += 300 * gap[0].header.size;
    }
    assert_blocked(visitor, "more than it was granted");
    assert_true(sent <= granted + 300 * 2048);
}

static void nothing_is_sent_without_credit(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records *records;

    tree_add_service(visitor->tree, "card-centre", visitor->ho); /* known to every child */
    visitor_greet(visitor);
    assert_null(HEARS(visitor, RECORDS, records));
    visitor_say(visitor, OMB_FRAME_CREDIT, &(struct omb_credit){1});
    records = HEARS(visitor, RECORDS, records);
    assert_non_null(records);
    assert_true(records->records.count > 0);
}

static void credit_comes_back_when_a_frame_is_done(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_records records = visitor_journal(visitor, 1, 4);
    const struct omb_frame frame = {.message = {OMB_FRAME_RECORDS, &records}};
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_encode_frame(&frame, &bytes);
    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_int_equal(HEARS(visitor, CREDIT, credit)->bytes, bytes.size);
    omb_buf_free(&bytes);
}

/* --- lines --- */

static void the_newest_line_counts_and_the_other_is_shown(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_hello hello = visitor_hello(visitor);
    const struct omb_send *sends;

    visitor_greet(visitor);
    visitor->line++;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_non_null(HEARS(visitor, WELCOME, hello));
    visitor->line--;
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    visitor_refused(visitor, "greet");
    assert_int_equal(omb_update_sends(visitor->ho->rig.update, &sends), 0);
    assert_text(link_of(visitor)->state, "catching-up");
}

static void silence_ends_a_line(void **state)
{
    struct visitor *visitor = *state;

    visitor_greet(visitor);
    visitor_pass(visitor, 14000);
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1, .number = 5});
    assert_int_equal(HEARS(visitor, PONG, ping)->number, 5);
    visitor_pass(visitor, 14000);
    assert_string_not_equal(
        omb_arena_str(&visitor->tree->arena, link_of(visitor)->state), "down");
    visitor_pass(visitor, 6000);
    assert_text(link_of(visitor)->state, "down");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(who_does_not_greet_is_told_to),
        VISITOR_TEST(a_greeting_needs_the_key_of_its_certificate),
        VISITOR_TEST(a_grandchild_is_no_child),
        VISITOR_TEST(protocols_must_meet),
        VISITOR_TEST(an_expired_certificate_ends_the_link),
        VISITOR_TEST(an_expired_certificate_ends_a_line_that_stands),
        VISITOR_TEST(what_was_blocked_is_let_lie_for_a_minute),
        VISITOR_TEST(an_ack_of_what_was_not_sent_blocks),
        VISITOR_TEST(positions_must_rise),
        VISITOR_TEST(a_frame_that_came_before_is_acknowledged_again),
        VISITOR_TEST(wanting_without_end_blocks),
        VISITOR_TEST(a_want_beyond_its_bounds_blocks),
        VISITOR_TEST(a_flood_beyond_the_credit_blocks),
        VISITOR_TEST(nothing_is_sent_without_credit),
        VISITOR_TEST(credit_comes_back_when_a_frame_is_done),
        VISITOR_TEST(the_newest_line_counts_and_the_other_is_shown),
        VISITOR_TEST(silence_ends_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
