/* What a peer says at length: is it cut into what others take, and does nothing grow by it? */
#include "unit.h"

#include "office/inside.h"
#include "office/post/inside.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(a_want_names_no_more_than_may_be_asked),
        VISITOR_TEST(a_page_is_done_when_what_it_told_of_is_here),
        VISITOR_TEST(pages_of_what_is_never_given_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
