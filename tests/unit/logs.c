/* Logs by number: is each life found, in order, as far as it goes in this batch? */
#include "office/inside.h"
#include "office/logs.h"
#include "support/crossing.h"
#include "unit.h"

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

struct lives {
    struct omb_log items[16];
    size_t count;
};

static enum omb_rc take_life(void *arg, const struct omb_log *log)
{
    struct lives *lives = arg;

    assert_true(lives->count < UNIT_COUNT(lives->items));
    lives->items[lives->count++] = *log;
    return OMB_OK;
}

static enum omb_rc take_first(void *arg, const struct omb_log *log)
{
    const enum omb_rc rc = take_life(arg, log);

    return rc == OMB_OK ? OMB_STOP : rc;
}

struct looking {
    const struct omb_office_id *office;
    struct lives lives;
    omb_log_fn *fn;
};

static enum omb_rc do_look(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct looking *looking = arg;

    looking->lives.count = 0;
    return omb_logs_each(step, looking->office, looking->fn, &looking->lives, err);
}

static struct lives lives_of(struct crossing *crossing, enum place place,
                             const struct omb_office_id *office)
{
    struct looking looking = {.office = office, .fn = take_life};

    crossing_run(at(crossing, place), do_look, &looking);
    return looking.lives;
}

static void carry(struct crossing *crossing, enum place from, enum place to)
{
    const struct parcels all = crossing_pack(crossing, at(crossing, from));

    (void)crossing_give(crossing, to, from, all.items, all.count);
}

static enum omb_rc check_own(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_tip *tip = omb_office_tip(step->office);
    struct omb_case_id id;
    struct omb_log log;
    enum omb_rc rc;

    (void)arg;
    rc = omb_case_next(step, &id, err); /* a new life may be open without a record */
    if (rc == OMB_OK)
        rc = omb_log_by_number(step, tip->number, &log, err);
    if (rc != OMB_OK)
        return rc;
    assert_int_equal(log.row.head, tip->seq);
    assert_int_equal(log.row.count, tip->seq);
    assert_true(omb_digest_equal(&log.row.digest, &tip->prev));
    return OMB_OK;
}

static void the_own_life_is_as_the_tip_says(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;

    crossing_register(at(crossing, OUTLET), &id);
    crossing_run(at(crossing, OUTLET), check_own, NULL);
}

static void own_lives_are_found_in_order(void **state)
{
    struct crossing *crossing = *state;
    struct rig *outlet = at(crossing, OUTLET);
    struct omb_case_id id;
    struct lives lives;

    for (int i = 0; i < 3; i++) {
        crossing_register(outlet, &id);
        rig_reopen(outlet);
    }
    crossing_register(outlet, &id);
    lives = lives_of(crossing, OUTLET, &crossing->refs[OUTLET].office);
    assert_true(lives.count >= 4);
    for (size_t i = 1; i < lives.count; i++)
        assert_true(OMB_ID_COMPARE(&lives.items[i - 1].row.incarnation,
                                   &lives.items[i].row.incarnation) < 0);
    assert_true(omb_incarnation_equal(&lives.items[lives.count - 1].row.incarnation,
                                      &id.incarnation));
}

static void all_logs_are_seen_and_a_visitor_may_stop(void **state)
{
    struct crossing *crossing = *state;
    struct looking looking = {.office = NULL, .fn = take_first};
    struct lives all;

    assert_int_equal(lives_of(crossing, NORTH, NULL).count, 1);
    carry(crossing, OUTLET, NORTH);
    carry(crossing, OTHER, NORTH);
    all = lives_of(crossing, NORTH, NULL);
    assert_int_equal(all.count, 3);
    for (size_t i = 1; i < all.count; i++)
        assert_true(OMB_ID_COMPARE(&all.items[i - 1].row.office, &all.items[i].row.office) < 0);
    crossing_run(at(crossing, NORTH), do_look, &looking);
    assert_int_equal(looking.lives.count, 1);
}

static enum omb_rc check_absent(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_id *office = arg;
    const struct omb_incarnation life = {{0, 0, 0, 9}};
    const struct omb_digest digest = {{7}};
    struct omb_log log;
    struct omb_row_at place;

    assert_int_equal(omb_log_find(step, office, &life, 0, &log, err), OMB_NOT_FOUND);
    assert_int_equal(omb_log_by_number(step, 4711, &log, err), OMB_NOT_FOUND);
    assert_int_equal(omb_record_place(step, &digest, &place), OMB_NOT_FOUND);
    return OMB_OK;
}

static void what_is_not_here_is_not_found(void **state)
{
    struct crossing *crossing = *state;

    crossing_run(at(crossing, NORTH), check_absent, &crossing->refs[OUTLET].office);
    crossing_run(at(crossing, NORTH), check_absent, &crossing->refs[NORTH].office);
}

static enum omb_rc check_made(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_office_id *office = arg;
    const struct omb_incarnation life = {{0, 0, 0, 9}};
    struct omb_log one, line, again;

    assert_int_equal(omb_log_make(step, office, &life, 0, &one, err), OMB_OK);
    one.row.count = one.row.head = 1;
    omb_log_put(step, &one);
    assert_int_equal(omb_log_make(step, office, &life, 1, &line, err), OMB_OK);
    assert_int_not_equal(one.number, line.number);
    assert_int_equal(omb_log_make(step, office, &life, 0, &again, err), OMB_OK);
    assert_int_equal(one.number, again.number);
    assert_int_equal(again.row.head, 1);
    omb_log_drop(step, &one);
    assert_int_equal(omb_log_find(step, office, &life, 0, &again, err), OMB_NOT_FOUND);
    return OMB_OK;
}

static void a_life_keeps_its_number(void **state)
{
    struct crossing *crossing = *state;

    crossing_run(at(crossing, NORTH), check_made, &crossing->refs[OUTLET].office);
}

/* What is read back is what crossed: header, proof and every part. */
static void a_record_crosses_whole(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels one, other;

    crossing_register(at(crossing, OUTLET), &id);
    one = crossing_pack(crossing, at(crossing, OUTLET));
    carry(crossing, OUTLET, NORTH);
    other = crossing_pack(crossing, at(crossing, NORTH));
    other = crossing_of(crossing, &other, &crossing->refs[OUTLET].office);
    assert_int_equal(one.count, other.count);
    for (size_t i = 0; i < one.count; i++) {
        struct omb_buf a = OMB_BUF_INIT, b = OMB_BUF_INIT;

        omb_encode_record(&one.items[i], &a);
        omb_encode_record(&other.items[i], &b);
        assert_true(omb_view_equal(omb_buf_view(&a), omb_buf_view(&b)));
        omb_buf_free(&a);
        omb_buf_free(&b);
    }
}

/* --- records that follow each other --- */

enum { RUN = 6 };

struct running {
    uint32_t number;
    size_t bytes;    /* room */
    size_t expected; /* of RUN */
};

static void assert_same(const struct omb_record *a, const struct omb_record *b)
{
    struct omb_buf one = OMB_BUF_INIT, other = OMB_BUF_INIT;

    omb_encode_record(a, &one);
    omb_encode_record(b, &other);
    assert_true(omb_view_equal(omb_buf_view(&one), omb_buf_view(&other)));
    omb_buf_free(&one);
    omb_buf_free(&other);
}

static enum omb_rc check_run(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct running *running = arg;
    struct omb_whole run[RUN];
    size_t count = 0;

    assert_int_equal(omb_record_run(step, &(struct omb_row_at){running->number, 2}, RUN,
                                    running->bytes, run, &count, err),
                     OMB_OK);
    assert_int_equal(count, running->expected);
    for (size_t i = 0; i < count; i++) {
        const struct omb_row_at at = {running->number, 2 + i};
        struct omb_header header;
        struct omb_record record;
        uint32_t missing;

        assert_int_equal(omb_record_whole(step, &at, &record, &header, &missing, err), OMB_OK);
        assert_same(&run[i].record, &record);
        assert_int_equal(run[i].missing, missing);
        assert_int_equal(run[i].header.seq, header.seq);
    }
    return OMB_OK;
}

static enum omb_rc check_no_run(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct running *running = arg;
    struct omb_whole run[RUN];
    size_t count;

    assert_int_equal(omb_record_run(step, &(struct omb_row_at){running->number, 900}, RUN,
                                    running->bytes, run, &count, err),
                     OMB_NOT_FOUND);
    return OMB_OK;
}

/* As one by one, also where a part or a record is not here; no further than there is room. */
static void records_that_follow_each_other_are_read_in_one_walk(void **state)
{
    struct crossing *crossing = *state;
    struct rig *north = at(crossing, NORTH);
    struct running running = {.bytes = SIZE_MAX, .expected = RUN};
    struct omb_case_id id;
    struct lives lives;
    struct omb_key key;

    for (size_t i = 0; i < RUN + 2; i++)
        crossing_register(at(crossing, OUTLET), &id);
    carry(crossing, OUTLET, NORTH);
    lives = lives_of(crossing, NORTH, &crossing->refs[OUTLET].office);
    running.number = lives.items[lives.count - 1].number;
    assert_true(lives.items[lives.count - 1].row.head > RUN + 2);
    crossing_run(north, check_run, &running);
    crossing_run(north, check_no_run, &running);
    key = omb_key_part(running.number, 4, OMB_PART_BODY);
    memport_set(north->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_NONE);
    crossing_run(north, check_run, &running);
    running.bytes = running.expected = 1;
    crossing_run(north, check_run, &running);
    running.bytes = SIZE_MAX;
    running.expected = 3;
    key = omb_key_record(running.number, 5);
    memport_set(north->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_NONE);
    crossing_run(north, check_run, &running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(the_own_life_is_as_the_tip_says),
        CROSSING_TEST(own_lives_are_found_in_order),
        CROSSING_TEST(all_logs_are_seen_and_a_visitor_may_stop),
        CROSSING_TEST(what_is_not_here_is_not_found),
        CROSSING_TEST(a_life_keeps_its_number),
        CROSSING_TEST(a_record_crosses_whole),
        CROSSING_TEST(records_that_follow_each_other_are_read_in_one_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
