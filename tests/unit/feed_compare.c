/* Comparing cases: does a child find out what it lacks, and is exactly that offered again? */
#include "office/inside.h"
#include "office/post/compare.h"
#include "support/casework.h"
#include "support/feeding.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

/* A question to one office, answered into the arena of the crossing. */
struct asking {
    struct crossing *crossing;
    struct omb_office_id child;
    struct omb_compare page, answer;
    size_t max;
    bool all;
    enum omb_rc rc;
};

static struct omb_compare kept(struct asking *asking, const struct omb_compare *page)
{
    return *(struct omb_compare *)omb_shape_copy(&omb_shape_compare, page,
                                                 &asking->crossing->arena);
}

static enum omb_rc do_cases_page(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;
    const struct omb_view after = omb_compare_cases_next(step, &asking->page);
    const enum omb_rc rc =
        omb_compare_cases_page(step, &asking->child, after, asking->max, &asking->page, err);

    asking->page = kept(asking, &asking->page);
    return rc;
}

static enum omb_rc do_cases_answer(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc = omb_compare_cases_answer(step, &asking->page, &asking->answer, err);
    if (asking->rc == OMB_OK)
        asking->answer = kept(asking, &asking->answer);
    return OMB_OK;
}

static enum omb_rc do_cases_again(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc = omb_compare_cases_again(step, &asking->child, &asking->answer, &asking->all, err);
    return OMB_OK;
}

static struct asking about(struct crossing *crossing, enum place child)
{
    return (struct asking){
        .crossing = crossing, .child = crossing->refs[child].office, .max = 100};
}

/* Takes what lies in the feed of a child over, as its link would. */
struct moving {
    struct crossing *crossing;
    struct omb_office_id child;
    struct omb_record items[64];
    size_t count;
};

static enum omb_rc do_gather(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct moving *moving = arg;
    struct omb_row_at row;
    uint64_t position = 0;

    while (omb_feed_next(step, &moving->child, position, &position, &row, err) == OMB_OK) {
        struct omb_record record;
        struct omb_header header;
        uint32_t missing;
        const enum omb_rc rc = omb_record_whole(step, &row, &record, &header, &missing, err);

        if (rc != OMB_OK)
            return rc;
        assert_true(moving->count < 64);
        moving->items[moving->count++] = *(struct omb_record *)omb_shape_copy(
            &omb_shape_record, &record, &moving->crossing->arena);
    }
    return OMB_OK;
}

static void deliver(struct crossing *crossing, enum place parent, enum place child)
{
    struct moving moving = {.crossing = crossing, .child = crossing->refs[child].office};
    const struct omb_receipt *receipts;

    crossing_run(at(crossing, parent), do_gather, &moving);
    receipts = crossing_give(crossing, child, parent, moving.items, moving.count);
    for (size_t i = 0; i < moving.count; i++)
        if (receipts[i].kind != OMB_RECEIPT_NEW && receipts[i].kind != OMB_RECEIPT_DUPLICATE)
            fail_msg("not taken (%d): %s", (int)receipts[i].kind, receipts[i].words);
    feeding_ack(at(crossing, parent), &moving.child);
}

static void compare_cases(struct asking *asking)
{
    struct crossing *crossing = asking->crossing;

    crossing_run(at(crossing, NORTH), do_cases_page, asking);
    crossing_run(at(crossing, OUTLET), do_cases_answer, asking);
    assert_int_equal(asking->rc, OMB_OK);
    assert_true(asking->answer.answer);
}

/* North has two cases with the outlet, of which the outlet holds all. */
static void two_shared(struct crossing *crossing, struct omb_case_id ids[2])
{
    for (size_t i = 0; i < 2; i++) {
        crossing_register(at(crossing, NORTH), &ids[i]);
        feeding_share(at(crossing, NORTH), &ids[i], &crossing->refs[OUTLET]);
    }
    deliver(crossing, NORTH, OUTLET);
}

static void equal_cases_give_no_answer(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id ids[2], elsewhere;

    two_shared(crossing, ids);
    crossing_register(at(crossing, NORTH), &elsewhere); /* not in scope */
    compare_cases(&asking);
    assert_int_equal(asking.page.cases.count, 2);
    assert_true(asking.page.last);
    assert_int_equal(asking.page.cases.items[0].count, 2);
    assert_int_equal(asking.page.cases.items[0].hash.size, OMB_DIGEST_SIZE);
    assert_int_equal(asking.answer.cases.count, 0);
    assert_true(asking.answer.last);
}

static void a_case_that_lacks_a_record_is_offered_again(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id ids[2];

    two_shared(crossing, ids);
    crossing_note(at(crossing, NORTH), &ids[1], "called back");
    feeding_ack(at(crossing, NORTH), &asking.child); /* and never came */
    feeding_at(crossing, NORTH, OUTLET, "north:noted");
    compare_cases(&asking);
    assert_int_equal(asking.answer.cases.count, 1);
    assert_memory_equal(asking.answer.cases.items[0].case_id, &ids[1], sizeof(ids[1]));
    assert_int_equal(asking.answer.cases.items[0].count, 2);
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    assert_int_equal(asking.rc, OMB_OK);
    feeding_at(crossing, NORTH, OUTLET, "north:noted north:registered north:shared north:noted");
    deliver(crossing, NORTH, OUTLET);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, OUTLET), &ids[1]));
    asking.page = (struct omb_compare){0};
    compare_cases(&asking);
    assert_int_equal(asking.answer.cases.count, 0);
}

static void a_case_that_never_came_is_offered_again(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;

    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    feeding_ack(at(crossing, NORTH), &asking.child);
    compare_cases(&asking);
    assert_int_equal(asking.answer.cases.count, 1);
    assert_int_equal(asking.answer.cases.items[0].count, 0);
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    deliver(crossing, NORTH, OUTLET);
    assert_true(crossing_same_case(at(crossing, NORTH), at(crossing, OUTLET), &id));
}

static void what_the_child_has_more_differs_but_does_not_go_back(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    crossing_note(at(crossing, OUTLET), &id, "not sent yet");
    compare_cases(&asking);
    assert_int_equal(asking.answer.cases.count, 1);
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    feeding_at(crossing, NORTH, OUTLET, "");
}

static void pages_go_on_behind_their_last_case(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id ids[2];

    two_shared(crossing, ids);
    asking.max = 1;
    for (size_t i = 0; i < 2; i++) {
        compare_cases(&asking);
        assert_int_equal(asking.page.cases.count, 1);
        assert_memory_equal(asking.page.cases.items[0].case_id, &ids[i], sizeof(ids[i]));
        assert_int_equal(asking.page.last, i == 1);
        assert_int_equal(asking.answer.last, i == 1);
    }
    crossing_run(at(crossing, NORTH), do_cases_page, &asking);
    assert_int_equal(asking.page.cases.count, 0);
    assert_true(asking.page.last);
}

static void an_answer_brings_nothing_out_of_scope(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;
    struct omb_case_sum sum = {.case_id = &id};

    crossing_register(at(crossing, NORTH), &id);
    asking.answer = (struct omb_compare){.cases = {&sum, 1}, .answer = true};
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    assert_int_equal(asking.rc, OMB_OK);
    feeding_at(crossing, NORTH, OUTLET, "");
    sum.case_id = NULL;
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
}

static void a_case_named_twice_is_offered_once(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id ids[2];
    struct omb_case_sum sums[2] = {{.case_id = &ids[0]}, {.case_id = &ids[0]}};

    two_shared(crossing, ids);
    asking.answer = (struct omb_compare){.cases = {sums, 2}, .answer = true};
    crossing_run(at(crossing, NORTH), do_cases_again, &asking);
    feeding_at(crossing, NORTH, OUTLET, "north:shared north:registered north:shared");
}

static void a_page_beyond_its_bound_is_the_peers_fault(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id = {.year = 2026};
    struct omb_case_sum *sums =
        OMB_ARENA_NEW(&crossing->arena, struct omb_case_sum, OMB_COMPARE_PAGE_MAX + 1);

    for (size_t i = 0; i <= OMB_COMPARE_PAGE_MAX; i++)
        sums[i].case_id = &id;
    asking.page.cases = (struct omb_case_sum_list){sums, OMB_COMPARE_PAGE_MAX + 1};
    crossing_run(at(crossing, OUTLET), do_cases_answer, &asking);
    assert_int_equal(asking.rc, OMB_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(equal_cases_give_no_answer),
        CROSSING_TEST(a_case_that_lacks_a_record_is_offered_again),
        CROSSING_TEST(a_case_that_never_came_is_offered_again),
        CROSSING_TEST(what_the_child_has_more_differs_but_does_not_go_back),
        CROSSING_TEST(pages_go_on_behind_their_last_case),
        CROSSING_TEST(an_answer_brings_nothing_out_of_scope),
        CROSSING_TEST(a_case_named_twice_is_offered_once),
        CROSSING_TEST(a_page_beyond_its_bound_is_the_peers_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
