/* What a peer says at length: is it cut into what others take, and does nothing grow by it? */
#include "unit.h"

#include <stdlib.h>

#include "office/inside.h"
#include "office/post/work.h"
#include "support/visitor.h"
#include "wire/limits.h"

enum { PAGE = OMB_COMPARE_PAGE_MAX };

static const struct omb_records nothing = {0};

static void assert_blocked(struct visitor *visitor, const char *reason)
{
    const struct omb_peer_view *link = tree_link(visitor->ho, visitor->north);

    assert_text(link->state, "blocked");
    assert_non_null(strstr(omb_arena_str(&visitor->tree->arena, link->reason), reason));
}

/* A page of logs that nobody knows, behind those of the pages before it. */
static struct omb_compare page_of_logs(struct visitor *visitor, uint64_t page)
{
    struct omb_life *lives = OMB_ARENA_NEW(&visitor->tree->arena, struct omb_life, PAGE);

    for (size_t i = 0; i < PAGE; i++) {
        lives[i] = (struct omb_life){.head = 3, .count = 3, .digest = {{7}}};
        omb_put_be64(lives[i].office.bytes, (page + 1) * PAGE + i);
        lives[i].incarnation.bytes[3] = 1;
    }
    return (struct omb_compare){.logs = {lives, PAGE}};
}

static size_t heard_of(const struct visitor *visitor, uint32_t tag)
{
    size_t count = 0;

    for (size_t i = 0; i < visitor->heard_count; i++)
        count += visitor->heard[i].message.tag == tag;
    return count;
}

static void resync(struct visitor *visitor)
{
    (void)ASK(&visitor->ho->rig, "admin", LINK_RESYNC, link_resync, link_resynced,
              .peer = OMB_VIEW_LIT("north"));
}

static void a_want_names_no_more_than_may_be_asked(void **state)
{
    struct visitor *visitor = *state;
    size_t owed = 0, wants = 0;

    visitor_greet(visitor);
    for (uint64_t page = 0; page < 4; page++) {
        const struct omb_compare compare = page_of_logs(visitor, page);

        visitor_say(visitor, OMB_FRAME_COMPARE, &compare);
        owed += heard_of(visitor, OMB_FRAME_WANT);
    }
    while (owed > 0 && wants++ < 20) {
        const struct omb_want *want;

        visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
        want = HEARS(visitor, WANT, want);
        owed += heard_of(visitor, OMB_FRAME_WANT);
        owed--;
        if (want)
            assert_true(want->ranges.count > 0 && want->ranges.count <= OMB_WANT_RANGES_MAX);
    }
    assert_int_equal(owed, 0);
    assert_true(HEARS(visitor, COMPARE, compare)->answer);
}

static void a_page_is_done_when_what_it_told_of_is_here(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_hello hello = visitor_hello(visitor);
    const struct omb_compare page = {.logs = hello.own, .last = true};
    struct omb_records records = visitor_journal(visitor, 1, 3);
    const struct omb_compare *answer;
    const struct omb_want *want;

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    assert_null(HEARS(visitor, COMPARE, compare));
    want = HEARS(visitor, WANT, want);
    assert_int_equal(want->ranges.items[0].first, 1);
    records.first = records.last = 0;
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_null(HEARS(visitor, COMPARE, compare));
    want = HEARS(visitor, WANT, want);
    assert_int_equal(want->ranges.items[0].first, 4);
    visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    answer = HEARS(visitor, COMPARE, compare);
    assert_true(answer && answer->answer && answer->last);
}

static void pages_of_what_is_never_given_block(void **state)
{
    struct visitor *visitor = *state;
    uint64_t page = 0;

    visitor_greet(visitor);
    while (page < 100 && !HEARS(visitor, REFUSE, refuse)) {
        const struct omb_compare compare = page_of_logs(visitor, page++);

        visitor_say(visitor, OMB_FRAME_COMPARE, &compare);
    }
    assert_true(page < 10);
    assert_blocked(visitor, "gives nothing that it has");
}

/* Each office below a region has witnesses of all above: a greeting tells them again. */
static void witnesses_of_a_large_tree_come_in_frames_that_are_taken(void **state)
{
    enum { MANY = 3 * OMB_WITNESSES_MAX };
    struct visitor *visitor = *state;
    struct omb_post *post = visitor->ho->rig.office->post;
    const struct omb_records records = visitor_journal(visitor, 1, 3);
    struct omb_buf bytes = OMB_BUF_INIT;
    size_t told = 0;

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    omb_encode_witness(&HEARS(visitor, ACK, ack)->witnesses.items[0], &bytes);
    post->relayed = realloc(post->relayed, MANY * sizeof(*post->relayed));
    post->relayed_capacity = post->relayed_count = MANY;
    for (size_t i = 0; i < MANY; i++)
        post->relayed[i] = (struct omb_relayed){omb_post_peer(post, &visitor->north->id),
                                                omb_buf_view(&bytes)};
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    for (size_t i = 0; i < visitor->heard_count; i++) {
        const struct omb_any *message = &visitor->heard[i].message;

        if (message->tag != OMB_FRAME_ACK)
            continue;
        assert_true(OMB_AS(ack, *message)->witnesses.count <= OMB_WITNESSES_MAX);
        told += OMB_AS(ack, *message)->witnesses.count;
    }
    assert_int_equal(told, MANY);
    omb_buf_free(&bytes);
}

/* --- what is looked at for one peer --- */

static uint64_t rows_read(const struct visitor *visitor)
{
    const struct memport_reads reads = memport_reads(visitor->ho->rig.store);

    return reads.gets + reads.rows;
}

/* A want of parts that no record has, of one record again and again: nothing of it is answered. */
static struct omb_want want_of_nothing(struct visitor *visitor)
{
    const struct omb_records records = visitor_journal(visitor, 1, 1);
    struct omb_missing_part *parts =
        OMB_ARENA_NEW(&visitor->tree->arena, struct omb_missing_part, OMB_WANT_DIGESTS_MAX);

    for (size_t i = 0; i < OMB_WANT_DIGESTS_MAX; i++)
        parts[i] = (struct omb_missing_part){omb_record_digest(records.records.items[0].header),
                                             OMB_PART_EXTRACT};
    return (struct omb_want){.parts = {parts, OMB_WANT_DIGESTS_MAX}};
}

static void what_costs_much_is_put_off_and_answered_in_its_turn(void **state)
{
    enum { MANY = 20 };
    struct visitor *visitor = *state;
    struct omb_want want;
    size_t answered = 0, soon;
    uint64_t before;

    visitor_give_journal(visitor);
    want = want_of_nothing(visitor);
    before = rows_read(visitor);
    for (int i = 0; i < MANY; i++) {
        visitor_say(visitor, OMB_FRAME_WANT, &want);
        answered += heard_of(visitor, OMB_FRAME_RECORDS);
    }
    assert_true(answered >= OMB_LOOK_ROWS / OMB_WANT_DIGESTS_MAX - 1 && answered < MANY);
    assert_true(rows_read(visitor) - before < 6 * (OMB_LOOK_ROWS + OMB_WANT_DIGESTS_MAX));
    assert_true(omb_view_is(tree_link(visitor->ho, visitor->north)->reason,
                            "it asks for much: some of it is looked up each second"));
    soon = answered;
    visitor_pass(visitor, OMB_LOOK_MS);
    answered += heard_of(visitor, OMB_FRAME_RECORDS);
    assert_true(answered > soon);
    assert_int_equal(answered, MANY);
    assert_int_equal(tree_link(visitor->ho, visitor->north)->reason.size, 0);
}

/* A peer that greets again goes by it that its answer was taken: what differs is offered. */
static void a_greeting_does_not_overtake_the_answer_to_a_page(void **state)
{
    enum { MANY = 20 };
    struct visitor *visitor = *state;
    struct tree_office *ho = visitor->ho;
    struct omb_view number;
    struct omb_want want;
    const struct omb_compare *page;
    struct omb_compare answer;
    struct omb_hello hello;
    uint64_t before;

    tree_tick(ho);
    number = new_case(&ho->rig);
    TREE_ACT(ho, number, "north", DELEGATED, delegated, "you know the client", );
    visitor_give_journal(visitor);
    resync(visitor);
    want = want_of_nothing(visitor);
    visitor_say(visitor, OMB_FRAME_WANT, &want);
    page = HEARS(visitor, COMPARE, compare);
    assert_int_equal(page->cases.count, 1);
    for (int i = 0; i < MANY; i++)
        visitor_say(visitor, OMB_FRAME_WANT, &want);
    answer = *page;
    answer.answer = true;
    before = ho->rig.office->tip.feed;
    visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
    assert_int_equal(ho->rig.office->tip.feed, before); /* put off */
    hello = visitor_hello(visitor);
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_true(ho->rig.office->tip.feed > before);
}

/* Of a log that the child may not see: what is looked at for one Want ends all of its ranges. */
static void ranges_end_with_what_may_be_looked_at(void **state)
{
    enum { CASES = 400 };
    struct visitor *visitor = *state;
    struct tree_office *ho = visitor->ho;
    const struct omb_tip *tip = &ho->rig.office->tip;
    struct omb_log_range *ranges =
        OMB_ARENA_NEW(&visitor->tree->arena, struct omb_log_range, OMB_WANT_RANGES_MAX);
    const struct omb_want want = {.ranges = {ranges, OMB_WANT_RANGES_MAX}};
    uint64_t first, before;

    visitor_give_journal(visitor);
    tree_tick(ho);
    first = tip->seq + 1;
    for (int i = 0; i < CASES; i++)
        (void)new_case(&ho->rig);
    visitor_pass(visitor, 1); /* it is written */
    ranges[0] =
        (struct omb_log_range){.office = ho->rig.office->self.office, .first = 1, .last = 1};
    for (size_t i = 1; i < OMB_WANT_RANGES_MAX; i++)
        ranges[i] = (struct omb_log_range){.office = ho->rig.office->self.office,
                                           .incarnation = tip->incarnation,
                                           .first = first,
                                           .last = UINT64_MAX};
    before = rows_read(visitor);
    visitor_say(visitor, OMB_FRAME_WANT, &want);
    assert_int_equal(heard_of(visitor, OMB_FRAME_RECORDS), 1);
    assert_true(rows_read(visitor) - before < 6 * (OMB_LOOK_ROWS + OMB_WANT_DIGESTS_MAX));
}

static void who_asks_on_and_on_is_cut_off(void **state)
{
    struct visitor *visitor = *state;
    struct omb_want want;
    uint64_t before;
    int said = 0;

    visitor_give_journal(visitor);
    want = want_of_nothing(visitor);
    before = rows_read(visitor);
    while (said++ < 200 && !HEARS(visitor, REFUSE, refuse))
        visitor_say(visitor, OMB_FRAME_WANT, &want);
    assert_true(said < 60);
    assert_true(rows_read(visitor) - before < 6 * (OMB_LOOK_ROWS + OMB_WANT_DIGESTS_MAX));
    assert_blocked(visitor, "it asks for more than is looked up for one office");
}

/* --- what is offered again --- */

/* A case of the head office in which north is a party. */
static void share_a_case(struct visitor *visitor)
{
    const struct omb_view number = new_case(&visitor->ho->rig);

    (void)answer_of(tree_act(visitor->ho, "s1", number, "north", OMB_EVENT_DELEGATED,
                             &(struct omb_delegated){.to = NULL}, "you know them"));
}

static void who_loses_all_again_and_again_is_not_offered_all_each_time(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_cursor nowhere = {.position = 4242, .digest = {{4}}};
    struct omb_hello hello = visitor_hello(visitor);
    size_t rows = 0;

    tree_add_service(visitor->tree, "card-centre", visitor->ho);
    share_a_case(visitor);
    hello.cursor = &nowhere;
    for (int i = 0; i < 10; i++) {
        struct omb_compare answer;

        visitor_say(visitor, OMB_FRAME_HELLO, &hello);
        if (HEARS(visitor, COMPARE, compare)) {
            answer = *HEARS(visitor, COMPARE, compare);
            assert_int_equal(answer.cases.count, 1);
            answer.answer = true;
            visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
        }
        if (i == 0)
            rows = memport_count(visitor->ho->rig.store, OMB_FAMILY_FEED);
    }
    assert_true(rows > 0);
    assert_int_equal(memport_count(visitor->ho->rig.store, OMB_FAMILY_FEED), rows);
}

/* North says that it has all that it was sent; what it has not is found by the next comparison. */
static void the_next_comparison_comes_when_the_last_one_is_in(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_cursor nowhere = {.position = 4242, .digest = {{4}}};
    struct omb_hello hello = visitor_hello(visitor);
    struct omb_compare answer;
    struct omb_cursor cursor = {.digest = {{5}}};

    share_a_case(visitor);
    hello.cursor = &nowhere;
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    answer = *HEARS(visitor, COMPARE, compare);
    answer.answer = true;
    visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
    visitor_say(visitor, OMB_FRAME_HELLO, &hello);
    assert_null(HEARS(visitor, COMPARE, compare));
    visitor_pass(visitor, 6000);
    assert_null(HEARS(visitor, COMPARE, compare));
    visitor_say(visitor, OMB_FRAME_CREDIT, &(struct omb_credit){1 << 20});
    cursor.position = HEARS(visitor, RECORDS, records)->last;
    visitor_say(visitor, OMB_FRAME_ACK, &(struct omb_ack){.cursor = &cursor});
    visitor_pass(visitor, 6000);
    assert_non_null(HEARS(visitor, COMPARE, compare));
}

/* The clock stood in 2036 when north greeted, and was set right. */
static void a_clock_that_was_wrong_puts_no_comparison_off(void **state)
{
    struct visitor *visitor = *state;
    const int64_t right = visitor->ho->rig.now_ms;

    tree_set_clock(visitor->ho, right + 4000 * OMB_DAY_MS / 2);
    tree_tick(visitor->ho);
    visitor_greet(visitor);
    assert_null(HEARS(visitor, COMPARE, compare));
    tree_set_clock(visitor->ho, right);
    visitor_pass(visitor, 6000);
    assert_non_null(HEARS(visitor, COMPARE, compare));
}

/* --- missing parts --- */

/* So many records of north lack their bodies. */
static void lose_bodies(struct visitor *visitor, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++)
        rig_lose_body(&visitor->ho->rig, &visitor->north->id, i);
}

static void parts_beyond_the_first_are_wanted_too(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_want *want;
    size_t named = 0, wants = 0;

    lose_bodies(visitor, 1200);
    visitor_greet(visitor);
    while ((want = HEARS(visitor, WANT, want)) != NULL && wants++ < 20) {
        named += want->parts.count;
        visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    }
    assert_int_equal(named, 1200);
}

static void parts_are_wanted_again_with_a_comparison(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_compare answer = {.answer = true, .last = true};

    lose_bodies(visitor, 3);
    visitor_greet(visitor);
    assert_int_equal(HEARS(visitor, WANT, want)->parts.count, 3);
    visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    assert_null(HEARS(visitor, WANT, want));
    resync(visitor);
    visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
    assert_int_equal(HEARS(visitor, WANT, want)->parts.count, 3);
}

/* An answer says of which page it is by its turn alone. */
static void a_comparison_that_is_under_way_goes_on_to_its_end(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_compare answer = {.answer = true, .last = true};

    visitor_greet(visitor);
    resync(visitor);
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    assert_int_equal(heard_of(visitor, OMB_FRAME_COMPARE), 1);
    resync(visitor);
    visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 2});
    assert_int_equal(heard_of(visitor, OMB_FRAME_COMPARE), 0);
    visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
    visitor_pass(visitor, OMB_PING_MS);
    assert_int_equal(heard_of(visitor, OMB_FRAME_COMPARE), 1); /* the one that was asked for */
    visitor_say(visitor, OMB_FRAME_COMPARE, &answer);
    visitor_pass(visitor, OMB_PING_MS);
    assert_int_equal(heard_of(visitor, OMB_FRAME_COMPARE), 0);
}

/* They may have come to the peer: a day would be long for whoever waits for the words of a case. */
static void parts_are_wanted_again_while_the_line_stands(void **state)
{
    struct visitor *visitor = *state;
    int64_t passed;
    size_t wants = 0;

    lose_bodies(visitor, 3);
    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
    for (passed = 0; passed <= OMB_PARTS_MS; passed += 10000) {
        visitor_pass(visitor, 10000);
        wants += heard_of(visitor, OMB_FRAME_WANT);
        visitor_say(visitor, OMB_FRAME_PING, &(struct omb_ping){.sent = 1});
    }
    assert_int_equal(wants, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(a_want_names_no_more_than_may_be_asked),
        VISITOR_TEST(a_page_is_done_when_what_it_told_of_is_here),
        VISITOR_TEST(pages_of_what_is_never_given_block),
        VISITOR_TEST(what_costs_much_is_put_off_and_answered_in_its_turn),
        VISITOR_TEST(a_greeting_does_not_overtake_the_answer_to_a_page),
        VISITOR_TEST(ranges_end_with_what_may_be_looked_at),
        VISITOR_TEST(who_asks_on_and_on_is_cut_off),
        VISITOR_TEST(who_loses_all_again_and_again_is_not_offered_all_each_time),
        VISITOR_TEST(the_next_comparison_comes_when_the_last_one_is_in),
        VISITOR_TEST(a_clock_that_was_wrong_puts_no_comparison_off),
        VISITOR_TEST(parts_beyond_the_first_are_wanted_too),
        VISITOR_TEST(parts_are_wanted_again_with_a_comparison),
        VISITOR_TEST(a_comparison_that_is_under_way_goes_on_to_its_end),
        VISITOR_TEST(parts_are_wanted_again_while_the_line_stands),
        VISITOR_TEST(witnesses_of_a_large_tree_come_in_frames_that_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
