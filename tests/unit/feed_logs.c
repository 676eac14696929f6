/* Comparing logs: does the parent want what it lacks, and does what a disk lost come home? */
#include "office/post/compare.h"
#include "office/post/inside.h"
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
    struct omb_compare page, rest;
    struct omb_want want;
    size_t max;
    enum omb_rc rc;
};

static struct omb_compare kept(struct asking *asking, const struct omb_compare *page)
{
    return *(struct omb_compare *)omb_shape_copy(&omb_shape_compare, page,
                                                 &asking->crossing->arena);
}

static enum omb_rc do_logs_page(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;
    const struct omb_view after = omb_compare_logs_next(step, &asking->page);
    const enum omb_rc rc = omb_compare_logs_page(step, after, asking->max, &asking->page, err);

    asking->page = kept(asking, &asking->page);
    return rc;
}

static void keep_want(struct asking *asking)
{
    if (asking->rc == OMB_OK)
        asking->want = *(struct omb_want *)omb_shape_copy(&omb_shape_want, &asking->want,
                                                          &asking->crossing->arena);
}

static enum omb_rc do_logs_take(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc = omb_compare_logs_take(step, &asking->child, &asking->page, &asking->want,
                                       &asking->rest, err);
    keep_want(asking);
    return OMB_OK;
}

static enum omb_rc do_lives(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;
    struct omb_compare page = {0};
    const enum omb_rc rc = omb_compare_lives(step, &asking->child, &page.logs, err);

    asking->page = kept(asking, &page);
    return rc;
}

static enum omb_rc do_greeting(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc =
        omb_compare_greeting(step, &asking->child, &asking->page.logs, &asking->want, err);
    keep_want(asking);
    return OMB_OK;
}

static struct asking about(struct crossing *crossing, enum place child)
{
    return (struct asking){
        .crossing = crossing, .child = crossing->refs[child].office, .max = 100};
}

/* --- pages --- */

static void logs_page(struct asking *asking, enum place from)
{
    asking->page = (struct omb_compare){0};
    crossing_run(at(asking->crossing, from), do_logs_page, asking);
}

static void take_logs(struct asking *asking, enum place parent)
{
    crossing_run(at(asking->crossing, parent), do_logs_take, asking);
    assert_int_equal(asking->rc, OMB_OK);
}

static const struct omb_life *life_of(const struct asking *asking, enum place place)
{
    for (size_t i = 0; i < asking->page.logs.count; i++)
        if (omb_office_id_equal(&asking->page.logs.items[i].office,
                                &asking->crossing->refs[place].office))
            return &asking->page.logs.items[i];
    fail();
    return NULL;
}

static void equal_logs_want_nothing(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, NORTH);

    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, OTHER, NORTH);
    feeding_carry(crossing, NORTH, HO);
    logs_page(&asking, NORTH);
    assert_int_equal(asking.page.logs.count, 3); /* its own and those below it */
    assert_true(asking.page.last);
    take_logs(&asking, HO);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, HO, NORTH, "");
}

static void what_the_parent_lacks_is_wanted(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;
    const struct omb_life *life;

    logs_page(&asking, OUTLET);
    life = life_of(&asking, OUTLET);
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 1);
    assert_int_equal(asking.want.ranges.items[0].first, 1);
    assert_int_equal(asking.want.ranges.items[0].last, life->head);
    assert_memory_equal(&asking.want.ranges.items[0].incarnation, &life->incarnation,
                        sizeof(life->incarnation));
    feeding_carry(crossing, OUTLET, NORTH);
    crossing_register(at(crossing, OUTLET), &id);
    crossing_note(at(crossing, OUTLET), &id, "called back");
    logs_page(&asking, OUTLET);
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 1);
    assert_int_equal(asking.want.ranges.items[0].first, life->head + 1);
    assert_int_equal(asking.want.ranges.items[0].last, life_of(&asking, OUTLET)->head);
    feeding_at(crossing, NORTH, OUTLET, "");
}

static void what_the_child_lost_is_given_back(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;
    struct omb_life before;

    logs_page(&asking, OUTLET);
    before = *life_of(&asking, OUTLET);
    crossing_register(at(crossing, OUTLET), &id);
    crossing_note(at(crossing, OUTLET), &id, "called back");
    feeding_carry(crossing, OUTLET, NORTH);
    asking.page = (struct omb_compare){.logs = {&before, 1}, .last = true};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, NORTH, OUTLET, "vsp-0045:registered vsp-0045:noted");
}

static void a_log_that_is_gone_is_given_back_whole(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);

    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, OTHER, NORTH);
    asking.page = (struct omb_compare){.last = true};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, NORTH, OUTLET, "vsp-0045:escrow_opened vsp-0045:operator_enrolled");
    feeding_at(crossing, NORTH, OTHER, "");
}

/* A line that breaks again and again: each greeting finds the same that the child lacks. */
static void what_is_under_way_is_not_given_back_again(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);

    feeding_carry(crossing, OUTLET, NORTH);
    for (int i = 0; i < 3; i++) {
        asking.page = (struct omb_compare){.last = true};
        take_logs(&asking, NORTH);
    }
    feeding_at(crossing, NORTH, OUTLET, "vsp-0045:escrow_opened vsp-0045:operator_enrolled");
    feeding_ack(at(crossing, NORTH), &crossing->refs[OUTLET].office);
    asking.page = (struct omb_compare){.last = true};
    take_logs(&asking, NORTH);
    feeding_at(crossing, NORTH, OUTLET, "vsp-0045:operator_enrolled vsp-0045:escrow_opened");
}

static void a_hole_of_the_child_is_filled(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life with_hole;

    feeding_carry(crossing, OUTLET, NORTH);
    logs_page(&asking, OUTLET);
    with_hole = *life_of(&asking, OUTLET);
    with_hole.count--;
    asking.page.logs = (struct omb_life_list){&with_hole, 1};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, NORTH, OUTLET, "vsp-0045:escrow_opened vsp-0045:operator_enrolled");
}

struct holes {
    struct omb_office_id office;
    const uint64_t *seqs;
    size_t count;
};

static enum omb_rc tear_log(void *arg, const struct omb_log *log)
{
    *(struct omb_log *)arg = *log;
    return OMB_OK;
}

/* A log as stragglers leave it: some of its records are nowhere. */
static enum omb_rc do_tear(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct holes *holes = arg;
    struct omb_log log = {0};
    const enum omb_rc rc = omb_logs_each(step, &holes->office, tear_log, &log, err);

    for (size_t i = 0; rc == OMB_OK && i < holes->count; i++) {
        const struct omb_key key = omb_key_record(log.number, holes->seqs[i]);

        omb_delete(omb_step_writes(step), OMB_FAMILY_RECORD, omb_key_view(&key));
    }
    log.row.count -= holes->count;
    omb_log_put(step, &log);
    return rc;
}

static void tear(struct crossing *crossing, const uint64_t *seqs, size_t count)
{
    struct holes holes = {crossing->refs[OUTLET].office, seqs, count};
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    for (int i = 0; i < 3; i++)
        crossing_note(at(crossing, OUTLET), &id, "called back");
    feeding_carry(crossing, OUTLET, NORTH);
    crossing_run(at(crossing, NORTH), do_tear, &holes);
}

static void holes_here_are_wanted(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);

    tear(crossing, (const uint64_t[]){2, 3, 5}, 3);
    logs_page(&asking, OUTLET);
    assert_int_equal(life_of(&asking, OUTLET)->head, 6);
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 2);
    assert_int_equal(asking.want.ranges.items[0].first, 2);
    assert_int_equal(asking.want.ranges.items[0].last, 3);
    assert_int_equal(asking.want.ranges.items[1].first, 5);
    assert_int_equal(asking.want.ranges.items[1].last, 5);
    feeding_at(crossing, NORTH, OUTLET, "");
}

static void holes_on_both_sides_are_let_be(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life life;

    tear(crossing, (const uint64_t[]){2}, 1);
    logs_page(&asking, OUTLET);
    life = *life_of(&asking, OUTLET);
    life.count = 5;
    asking.page.logs = (struct omb_life_list){&life, 1};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, NORTH, OUTLET, "");
}

static void two_lines_of_one_life_are_looked_at(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life life;

    feeding_carry(crossing, OUTLET, NORTH);
    logs_page(&asking, OUTLET);
    life = *life_of(&asking, OUTLET);
    life.digest.bytes[0] ^= 1;
    asking.page.logs = (struct omb_life_list){&life, 1};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 1);
    assert_int_equal(asking.want.ranges.items[0].first, life.head);
    assert_int_equal(asking.want.ranges.items[0].last, life.head);
}

static void logs_of_others_are_nothing_to_a_child(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life life;

    feeding_carry(crossing, OTHER, NORTH);
    logs_page(&asking, OTHER);
    life = *life_of(&asking, OTHER);
    life.head--; /* as if the outlet had a part of it */
    life.count--;
    feeding_carry(crossing, OUTLET, NORTH);
    logs_page(&asking, OUTLET);
    asking.page = (struct omb_compare){.logs = {&life, 1}, .after = asking.page.after};
    take_logs(&asking, NORTH);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, NORTH, OTHER, "");
    if (OMB_ID_COMPARE(&asking.child, &life.office) > 0) /* beyond what the page speaks of */
        feeding_at(crossing, NORTH, OUTLET, "");
}

static void pages_of_logs_go_on_and_ascend(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, NORTH);
    struct omb_office_id before = {{0}};
    size_t pages = 0;

    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, OTHER, NORTH);
    feeding_carry(crossing, NORTH, HO);
    asking.max = 1;
    do {
        crossing_run(at(crossing, NORTH), do_logs_page, &asking);
        assert_int_equal(asking.page.logs.count, 1);
        assert_true(OMB_ID_COMPARE(&asking.page.logs.items[0].office, &before) > 0);
        before = asking.page.logs.items[0].office;
        take_logs(&asking, HO);
        assert_int_equal(asking.want.ranges.count, 0);
        pages++;
    } while (!asking.page.last);
    assert_int_equal(pages, 3);
    feeding_at(crossing, HO, NORTH, "");
}

static void logs_that_do_not_ascend_are_refused(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life lives[2];

    logs_page(&asking, OUTLET);
    lives[0] = lives[1] = *life_of(&asking, OUTLET);
    asking.page.logs = (struct omb_life_list){lives, 2};
    crossing_run(at(crossing, NORTH), do_logs_take, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
    lives[0].count = lives[0].head + 1;
    asking.page.logs.count = 1;
    crossing_run(at(crossing, NORTH), do_logs_take, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
    asking.page = (struct omb_compare){.after = OMB_VIEW_LIT("short"), .last = true};
    crossing_run(at(crossing, NORTH), do_logs_take, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
    asking.page = (struct omb_compare){.last = false};
    crossing_run(at(crossing, NORTH), do_logs_take, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
}

static void a_page_beyond_its_bound_is_the_peers_fault(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_life *lives =
        OMB_ARENA_NEW(&crossing->arena, struct omb_life, OMB_COMPARE_PAGE_MAX + 1);

    asking.page = (struct omb_compare){.logs = {lives, OMB_COMPARE_PAGE_MAX + 1}, .last = true};
    crossing_run(at(crossing, NORTH), do_logs_take, &asking);
    assert_int_equal(asking.rc, OMB_LIMIT);
}

/* --- at a greeting --- */

static void a_greeting_compares_the_childs_own_log_alone(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, NORTH);

    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, NORTH, HO);
    crossing_run(at(crossing, NORTH), do_lives, &asking);
    assert_int_equal(asking.page.logs.count, 1);
    crossing_run(at(crossing, HO), do_greeting, &asking);
    assert_int_equal(asking.rc, OMB_OK);
    assert_int_equal(asking.want.ranges.count, 0);
    feeding_at(crossing, HO, NORTH, ""); /* nor the outlet's log, of which it says nothing */
    asking.page = (struct omb_compare){0};
    crossing_run(at(crossing, HO), do_greeting, &asking);
    feeding_at(crossing, HO, NORTH,
               "north:escrow_opened north:operator_enrolled north:office_certified(vsp-0045) "
               "north:office_certified(vsp-0046)");
}

/* A greeting has room for the newest lives alone. */
static void lives_that_a_full_greeting_leaves_out_are_let_be(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OUTLET);
    struct omb_case_id id;

    for (int i = 0; i < OMB_LIVES_TOLD; i++) {
        rig_reopen(at(crossing, OUTLET));
        crossing_register(at(crossing, OUTLET), &id);
    }
    feeding_carry(crossing, OUTLET, NORTH);
    crossing_run(at(crossing, OUTLET), do_lives, &asking);
    assert_int_equal(asking.page.logs.count, OMB_LIVES_TOLD + 1);
    asking.page.logs.items++;
    asking.page.logs.count--;
    crossing_run(at(crossing, NORTH), do_greeting, &asking);
    assert_int_equal(asking.rc, OMB_OK);
    feeding_at(crossing, NORTH, OUTLET, "");
    asking.page.logs.items++;
    asking.page.logs.count--;
    crossing_run(at(crossing, NORTH), do_greeting, &asking);
    feeding_at(crossing, NORTH, OUTLET,
               "vsp-0045:escrow_opened vsp-0045:operator_enrolled vsp-0045:escrow_opened "
               "vsp-0045:registered");
}

static enum omb_rc do_yours(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct asking *asking = arg;

    asking->rc = omb_compare_yours(step, &asking->page.logs, &asking->want, err);
    keep_want(asking);
    return OMB_OK;
}

static void what_a_restored_office_lacks_of_its_own_is_wanted(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, NORTH);
    struct omb_life life;

    crossing_run(at(crossing, NORTH), do_lives, &asking);
    crossing_run(at(crossing, NORTH), do_yours, &asking);
    assert_int_equal(asking.rc, OMB_OK);
    assert_int_equal(asking.want.ranges.count, 0);
    life = *life_of(&asking, NORTH);
    asking.page.logs = (struct omb_life_list){&life, 1};
    life.count = 1; /* a child holds a part alone */
    life.head += 2;
    crossing_run(at(crossing, NORTH), do_yours, &asking);
    assert_int_equal(asking.want.ranges.count, 1);
    assert_int_equal(asking.want.ranges.items[0].first, life.head - 1);
    assert_int_equal(asking.want.ranges.items[0].last, life.head);
    life.incarnation.bytes[3]++; /* a life that the store does not know */
    crossing_run(at(crossing, NORTH), do_yours, &asking);
    assert_int_equal(asking.want.ranges.count, 1);
    assert_int_equal(asking.want.ranges.items[0].first, 1);
    assert_int_equal(asking.want.ranges.items[0].last, life.head);
    crossing_run(at(crossing, OUTLET), do_yours, &asking);
    assert_int_equal(asking.rc, OMB_INVALID); /* of another office */
}

static void a_greeting_of_another_log_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct asking asking = about(crossing, OTHER);

    crossing_run(at(crossing, OTHER), do_lives, &asking);
    asking.child = crossing->refs[OUTLET].office;
    crossing_run(at(crossing, NORTH), do_greeting, &asking);
    assert_int_equal(asking.rc, OMB_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(equal_logs_want_nothing),
        CROSSING_TEST(what_the_parent_lacks_is_wanted),
        CROSSING_TEST(what_the_child_lost_is_given_back),
        CROSSING_TEST(a_log_that_is_gone_is_given_back_whole),
        CROSSING_TEST(what_is_under_way_is_not_given_back_again),
        CROSSING_TEST(a_hole_of_the_child_is_filled),
        CROSSING_TEST(holes_here_are_wanted),
        CROSSING_TEST(holes_on_both_sides_are_let_be),
        CROSSING_TEST(two_lines_of_one_life_are_looked_at),
        CROSSING_TEST(logs_of_others_are_nothing_to_a_child),
        CROSSING_TEST(pages_of_logs_go_on_and_ascend),
        CROSSING_TEST(logs_that_do_not_ascend_are_refused),
        CROSSING_TEST(a_page_beyond_its_bound_is_the_peers_fault),
        CROSSING_TEST(a_greeting_compares_the_childs_own_log_alone),
        CROSSING_TEST(lives_that_a_full_greeting_leaves_out_are_let_be),
        CROSSING_TEST(what_a_restored_office_lacks_of_its_own_is_wanted),
        CROSSING_TEST(a_greeting_of_another_log_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
