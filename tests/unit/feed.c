/* Feeds: does each child get what concerns it, in order and once, and nothing else? */
#include <stdio.h>

#include "office/inside.h"
#include "support/casework.h"
#include "support/feeding.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

/* --- scope --- */

static void a_case_of_the_office_itself_goes_to_no_child(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;

    crossing_register(at(crossing, NORTH), &id);
    crossing_note(at(crossing, NORTH), &id, "called back");
    feeding_at(crossing, NORTH, OUTLET, "");
    feeding_at(crossing, NORTH, OTHER, "");
}

static void what_came_before_goes_before_what_brought_it_into_scope(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;

    crossing_register(at(crossing, NORTH), &id);
    crossing_note(at(crossing, NORTH), &id, "called back");
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    feeding_at(crossing, NORTH, OUTLET, "north:registered north:noted north:shared");
    crossing_note(at(crossing, NORTH), &id, "again");
    feeding_at(crossing, NORTH, OUTLET, "north:registered north:noted north:shared north:noted");
    feeding_at(crossing, NORTH, OTHER, "");
}

static void what_came_from_a_child_does_not_go_back(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_at(crossing, NORTH, OUTLET, "");
    crossing_note(at(crossing, OUTLET), &id, "called back");
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_at(crossing, NORTH, OUTLET, "");
    feeding_write(at(crossing, NORTH), &id, OMB_EVENT_TAKEN_OVER,
                  &(struct omb_taken_over){OMB_VIEW_LIT("time")});
    feeding_at(crossing, NORTH, OUTLET, "north:taken_over");
    feeding_at(crossing, NORTH, OTHER, "");
}

static void certificates_go_first_and_once(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id, next;

    crossing_register(at(crossing, OUTLET), &id);
    crossing_register(at(crossing, OUTLET), &next);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    feeding_at(crossing, NORTH, OTHER,
               "north:office_certified(vsp-0045) vsp-0045:registered north:shared");
    feeding_at(crossing, NORTH, OUTLET, "north:office_certified(vsp-0046) north:shared");
    feeding_share(at(crossing, NORTH), &next, &crossing->refs[OTHER]);
    feeding_at(crossing, NORTH, OTHER,
               "north:office_certified(vsp-0045) vsp-0045:registered north:shared "
               "vsp-0045:registered north:shared");
    feeding_at(crossing, NORTH, OUTLET,
               "north:office_certified(vsp-0046) north:shared north:shared");
}

static void what_comes_from_above_goes_to_whom_it_concerns(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels parcels;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_carry(crossing, NORTH, HO);
    feeding_at(crossing, HO, NORTH, "");
    feeding_write(at(crossing, HO), &id, OMB_EVENT_TAKEN_OVER,
                  &(struct omb_taken_over){OMB_VIEW_LIT("time")});
    feeding_at(crossing, HO, NORTH, "ho:taken_over");
    parcels = crossing_pack(crossing, at(crossing, HO));
    (void)crossing_give(crossing, NORTH, HO, &parcels.items[parcels.count - 1], 1);
    feeding_at(crossing, NORTH, OUTLET, "ho:taken_over");
    feeding_at(crossing, NORTH, OTHER, "");
}

static void a_record_of_a_sibling_goes_down_to_the_other(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    feeding_ack(at(crossing, NORTH), &crossing->refs[OTHER].office);
    crossing_note(at(crossing, OUTLET), &id, "called back");
    feeding_carry(crossing, OUTLET, NORTH);
    feeding_at(crossing, NORTH, OTHER, "north:shared vsp-0045:noted");
}

static enum omb_rc write_within(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct crossing *crossing = *(void **)arg;
    struct omb_case_id id;
    const struct omb_shared shared = {.to = &crossing->refs[OUTLET]};
    struct omb_appended record;
    enum omb_rc rc;

    step->source = &crossing->refs[OUTLET].office;
    rc = casework_register(step, false, &id, &record, err);
    return rc == OMB_OK ? casework_write(step, &id, "system", OMB_EVENT_SHARED, &shared, &record,
                                         err)
                        : rc;
}

/* The acting system answers a record at once, while the frame that brought it is worked on. */
static void what_is_written_meanwhile_goes_to_the_sender_too(void **state)
{
    struct crossing *crossing = *state;

    crossing_run(at(crossing, NORTH), write_within, state);
    feeding_at(crossing, NORTH, OUTLET, "north:registered north:shared");
}

/* --- the rows --- */

struct rows {
    struct omb_office_id child;
    uint64_t last;
};

static enum omb_rc count_taken(void *arg, const struct omb_row_at *at)
{
    assert_true(at->seq > 0);
    ++*(size_t *)arg;
    return OMB_OK;
}

/* How many rows the child took with this. */
static size_t acked(struct omb_step *step, const struct rows *rows, uint64_t position,
                    struct omb_error *err)
{
    size_t taken = 0;

    assert_int_equal(omb_feed_acked(step, &rows->child, position, count_taken, &taken, err),
                     OMB_OK);
    return taken;
}

static enum omb_rc check_acked(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct rows *rows = arg;
    uint64_t first, second, third, position;
    struct omb_row_at row;

    assert_int_equal(omb_feed_next(step, &rows->child, 0, &first, &row, err), OMB_OK);
    assert_int_equal(omb_feed_next(step, &rows->child, first, &second, &row, err), OMB_OK);
    assert_int_equal(omb_feed_next(step, &rows->child, second, &third, &row, err), OMB_OK);
    assert_int_equal(acked(step, rows, second, err), 2);
    assert_int_equal(omb_feed_next(step, &rows->child, 0, &position, &row, err), OMB_OK);
    assert_int_equal(position, second);
    assert_int_equal(acked(step, rows, second, err), 0);
    assert_int_equal(acked(step, rows, first, err), 0);
    assert_int_equal(omb_feed_next(step, &rows->child, 0, &position, &row, err), OMB_OK);
    assert_int_equal(position, second);
    assert_int_equal(acked(step, rows, third + 1000, err), 1);
    assert_int_equal(omb_feed_next(step, &rows->child, 0, &position, &row, err), OMB_OK);
    assert_int_equal(position, third);
    assert_int_equal(omb_feed_next(step, &rows->child, third, &position, &row, err),
                     OMB_NOT_FOUND);
    rows->last = third;
    return OMB_OK;
}

static void rows_before_the_acknowledged_one_go(void **state)
{
    struct crossing *crossing = *state;
    struct rows rows = {.child = crossing->refs[OUTLET].office};
    struct omb_case_id id;

    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    crossing_note(at(crossing, NORTH), &id, "called back");
    crossing_run(at(crossing, NORTH), check_acked, &rows);
    feeding_at(crossing, NORTH, OUTLET, "north:noted");
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OTHER]);
    feeding_at(crossing, NORTH, OUTLET,
               "north:noted north:office_certified(vsp-0046) north:shared");
    feeding_at(crossing, NORTH, OTHER,
               "north:registered north:office_certified(vsp-0045) north:shared north:noted "
               "north:shared");
}

static void positions_go_on_in_a_store_that_is_opened_again(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    uint64_t before;

    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    before = omb_office_tip(at(crossing, NORTH)->office)->feed;
    assert_int_equal(before, 2);
    rig_reopen(at(crossing, NORTH));
    assert_int_equal(omb_office_tip(at(crossing, NORTH)->office)->feed, before);
    crossing_note(at(crossing, NORTH), &id, "called back");
    feeding_at(crossing, NORTH, OUTLET, "north:registered north:shared north:noted");
    assert_int_equal(omb_office_tip(at(crossing, NORTH)->office)->feed, before + 1);
}

static enum omb_rc share_and_look(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct crossing *crossing = *(void **)arg;
    const struct omb_shared shared = {.to = &crossing->refs[OUTLET]};
    const struct omb_office_id *touched;
    struct omb_case_id id;
    struct omb_appended record;
    enum omb_rc rc;

    assert_int_equal(omb_feed_touched(step, &touched), 0);
    rc = casework_register(step, false, &id, &record, err);
    if (rc == OMB_OK)
        rc = casework_write(step, &id, "s1", OMB_EVENT_SHARED, &shared, &record, err);
    assert_int_equal(omb_feed_touched(step, &touched), 1);
    assert_true(omb_office_id_equal(&touched[0], &crossing->refs[OUTLET].office));
    assert_int_equal(omb_feed_touched(step, &touched), 0);
    return rc;
}

static void feeds_that_got_rows_are_named_once(void **state)
{
    struct crossing *crossing = *state;

    crossing_run(at(crossing, NORTH), share_and_look, state);
}

/* --- who is below --- */

static enum omb_rc check_seats(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct crossing *crossing = arg;
    const struct omb_office_id *children;
    struct omb_office_id seat;

    (void)err;
    assert_int_equal(omb_feed_children(step, &children), 1);
    assert_true(omb_office_id_equal(&children[0], &crossing->refs[NORTH].office));
    for (enum place place = NORTH; place <= OTHER; place++) {
        seat = omb_feed_child_above(step, &crossing->refs[place].office);
        assert_true(omb_office_id_equal(&seat, &crossing->refs[NORTH].office));
    }
    seat = omb_feed_child_above(step, &crossing->refs[HO].office);
    assert_true(omb_office_id_none(&seat));
    seat = omb_feed_child_above(step, &(struct omb_office_id){{1, 2, 3}});
    assert_true(omb_office_id_none(&seat));
    return OMB_OK;
}

static void the_child_above_an_office_is_found(void **state)
{
    struct crossing *crossing = *state;

    feeding_carry(crossing, NORTH, HO);
    crossing_run(at(crossing, HO), check_seats, crossing);
    crossing_run(at(crossing, HO), check_seats, crossing); /* as it is kept */
}

/* --- what a record costs --- */

struct counting {
    struct omb_port port;
    const struct omb_port *under;
    const struct omb_case_id *id;
    size_t reads;
};

static enum omb_rc counted_get(void *ctx, enum omb_family family, struct omb_view key,
                               struct omb_buf *out)
{
    struct counting *counting = ctx;

    counting->reads++;
    return omb_port_get(counting->under, family, key, out);
}

static enum omb_rc counted_scan(void *ctx, enum omb_family family, struct omb_view from,
                                struct omb_view until, bool backwards, omb_row_fn *fn, void *arg)
{
    struct counting *counting = ctx;

    counting->reads++;
    return omb_port_scan(counting->under, family, from, until, backwards, fn, arg);
}

static enum omb_rc note_counted(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct counting *counting = arg;
    const struct omb_port *before = step->port;
    struct omb_appended record;
    enum omb_rc rc;

    counting->under = before;
    counting->port = (struct omb_port){counting, counted_get, counted_scan};
    counting->reads = 0;
    step->port = &counting->port;
    rc = casework_note(step, counting->id, "called back", &record, err);
    step->port = before;
    return rc;
}

static void a_record_costs_the_same_however_many_children_there_are(void **state)
{
    struct crossing *crossing = *state;
    struct counting counting = {0};
    struct omb_case_id id;
    size_t with_two;

    crossing_register(at(crossing, NORTH), &id);
    feeding_share(at(crossing, NORTH), &id, &crossing->refs[OUTLET]);
    counting.id = &id;
    crossing_run(at(crossing, NORTH), note_counted, &counting); /* once, to know the tree */
    crossing_run(at(crossing, NORTH), note_counted, &counting);
    with_two = counting.reads;
    assert_true(with_two > 0);
    for (unsigned i = 0; i < 60; i++) {
        char code[16];

        snprintf(code, sizeof(code), "vsp-1%03u", i);
        (void)feeding_certify(at(crossing, NORTH), code, (uint8_t)(0x90 + i), false, RIG_START_MS);
    }
    crossing_run(at(crossing, NORTH), note_counted, &counting);
    crossing_run(at(crossing, NORTH), note_counted, &counting);
    assert_in_range(counting.reads, with_two - 4, with_two + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(a_case_of_the_office_itself_goes_to_no_child),
        CROSSING_TEST(what_came_before_goes_before_what_brought_it_into_scope),
        CROSSING_TEST(what_came_from_a_child_does_not_go_back),
        CROSSING_TEST(certificates_go_first_and_once),
        CROSSING_TEST(what_comes_from_above_goes_to_whom_it_concerns),
        CROSSING_TEST(a_record_of_a_sibling_goes_down_to_the_other),
        CROSSING_TEST(what_is_written_meanwhile_goes_to_the_sender_too),
        CROSSING_TEST(rows_before_the_acknowledged_one_go),
        CROSSING_TEST(positions_go_on_in_a_store_that_is_opened_again),
        CROSSING_TEST(feeds_that_got_rows_are_named_once),
        CROSSING_TEST(the_child_above_an_office_is_found),
        CROSSING_TEST(a_record_costs_the_same_however_many_children_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
