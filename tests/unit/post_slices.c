/* A page of logs that is much to look at, or of which much lacks: is it dealt with, bit by bit? */
#include "unit.h"

#include "office/inside.h"
#include "office/post/walk.h"
#include "office/post/work.h"
#include "support/visitor.h"
#include "wire/header.h"

static const struct omb_records nothing = {0};

/* Lives of north's branch, each of so many records, all of which north says it has. */
enum { LIVES = 6, LENGTH = 8000 };

static struct omb_life life_of(struct visitor *visitor, uint32_t which)
{
    struct omb_life life = {
        .office = visitor->branch->id, .head = LENGTH, .digest = {{7}}, .count = LENGTH};

    omb_put_be32(life.incarnation.bytes, 1000 + which);
    return life;
}

/* Every `hole`th record of the life lacks at the head office. */
static void lay_down(struct visitor *visitor, uint32_t which, uint64_t hole)
{
    struct memport *store = visitor->ho->rig.store;
    const struct omb_life life = life_of(visitor, which);
    const uint32_t number = 5000 + which;
    const struct omb_log_row row = {
        .office = life.office,
        .incarnation = life.incarnation,
        .head = LENGTH,
        .digest = life.digest,
        .count = LENGTH - LENGTH / hole,
    };
    const struct omb_key at = omb_key_log(number);
    const struct omb_key name = omb_key_life(&life.office, &life.incarnation, 0);
    struct omb_buf value = OMB_BUF_INIT;
    uint8_t place[4];

    omb_encode_log_row(&row, &value);
    omb_put_be32(place, number);
    memport_set(store, OMB_FAMILY_LOG, omb_key_view(&at), omb_buf_view(&value));
    memport_set(store, OMB_FAMILY_OFFICE, omb_key_view(&name), OMB_VIEW_OF(place));
    for (uint64_t seq = 1; seq <= LENGTH; seq++) {
        const struct omb_key key = omb_key_record(number, seq);

        if ((seq + 1) % hole != 0)
            memport_set(store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_LIT("x"));
    }
    omb_buf_free(&value);
}

static void a_page_that_has_whole_logs_walked_is_looked_at_in_slices(void **state)
{
    struct visitor *visitor = *state;
    const struct memport *store = visitor->ho->rig.store;
    struct omb_life lives[LIVES];
    const struct omb_compare page = {.logs = {lives, LIVES}, .last = true};
    size_t slices = 1;
    uint64_t before;

    visitor_give_journal(visitor);
    for (uint32_t i = 0; i < LIVES; i++) {
        lay_down(visitor, i, LENGTH);
        lives[i] = life_of(visitor, i);
    }
    before = memport_reads(store).rows;
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    while (HEARS(visitor, COMPARE, compare) == NULL && slices < 20) {
        assert_true(memport_reads(store).rows - before < OMB_LOOK_ROWS + 2 * LENGTH);
        if (HEARS(visitor, WANT, want)) {
            assert_true(HEARS(visitor, WANT, want)->ranges.count <= LIVES);
            visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
            continue;
        }
        before = memport_reads(store).rows;
        visitor_pass(visitor, OMB_LOOK_MS);
        slices++;
    }
    assert_true(slices > 1 && slices < 20);
    assert_true(HEARS(visitor, COMPARE, compare)->last);
}

/* Of the ranges that were wanted those that no want named before. */
struct named {
    uint64_t *firsts;
    size_t count;
};

static void note_wants(struct visitor *visitor, struct named *named, size_t *owed)
{
    for (size_t i = 0; i < visitor->heard_count; i++) {
        const struct omb_want *want;

        if (visitor->heard[i].message.tag != OMB_FRAME_WANT)
            continue;
        want = OMB_AS(want, visitor->heard[i].message);
        assert_true(want->ranges.count > 0 && want->ranges.count <= OMB_WANT_RANGES_MAX);
        (*owed)++;
        for (size_t k = 0; k < want->ranges.count; k++) {
            const struct omb_log_range *range = &want->ranges.items[k];
            const uint64_t name =
                (uint64_t)omb_be32(range->incarnation.bytes) * (LENGTH + 1) + range->first;
            size_t at = 0;

            while (at < named->count && named->firsts[at] != name)
                at++;
            if (at == named->count)
                named->firsts[named->count++] = name;
        }
    }
}

/* What is wanted is answered, with nothing, as late as an honest office on a slow line does. */
static void let_it_want(struct visitor *visitor, struct named *named, unsigned late_s)
{
    size_t owed = 0;
    bool done = HEARS(visitor, COMPARE, compare) != NULL;

    note_wants(visitor, named, &owed);
    for (unsigned i = 0; !done && i < 400; i++) {
        if (owed > 0 && i % (late_s + 1) == late_s) {
            visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
            owed--;
        } else {
            visitor_pass(visitor, OMB_LOOK_MS);
        }
        assert_null(HEARS(visitor, REFUSE, refuse));
        note_wants(visitor, named, &owed);
        done = HEARS(visitor, COMPARE, compare) != NULL;
    }
    assert_true(done);
}

/* More ranges than one Want names: the others are wanted when these are done with. */
static void a_log_with_many_holes_is_wanted_to_its_end(void **state)
{
    struct visitor *visitor = *state;
    struct omb_life life = life_of(visitor, 0);
    const struct omb_compare page = {.logs = {&life, 1}, .last = true};
    uint64_t *firsts = OMB_ARENA_NEW(&visitor->tree->arena, uint64_t, LENGTH);
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    lay_down(visitor, 0, 2);
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    let_it_want(visitor, &named, 0);
    assert_int_equal(named.count, LENGTH / 2);
}

static void many_logs_with_holes_block_no_office_that_is_slow(void **state)
{
    struct visitor *visitor = *state;
    struct omb_life lives[LIVES];
    const struct omb_compare page = {.logs = {lives, LIVES}, .last = true};
    uint64_t *firsts = OMB_ARENA_NEW(&visitor->tree->arena, uint64_t, LIVES * LENGTH);
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    for (uint32_t i = 0; i < LIVES; i++) {
        lay_down(visitor, i, 10);
        lives[i] = life_of(visitor, i);
    }
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    let_it_want(visitor, &named, 4);
    assert_int_equal(named.count, LIVES * (LENGTH / 10));
}

/* --- one log that is long --- */

enum { LONG = 60000 };

/*
 * A life all of which lies here, but for one record. Each is the first one of north with another
 * number: enough to be read and offered.
 */
static struct omb_life lay_down_long(struct visitor *visitor, uint64_t hole)
{
    struct memport *store = visitor->ho->rig.store;
    const struct omb_record first = visitor_journal(visitor, 1, 1).records.items[0];
    const struct omb_key at = omb_key_log(5000);
    struct omb_life life = life_of(visitor, 0);
    const struct omb_key name = omb_key_life(&life.office, &life.incarnation, 0);
    struct omb_log_row row = {.office = life.office,
                              .incarnation = life.incarnation,
                              .head = LONG,
                              .count = LONG - (hole > 0)};
    struct omb_buf bytes = OMB_BUF_INIT, value = OMB_BUF_INIT;
    struct omb_header header;
    uint8_t place[4];

    assert_int_equal(
        omb_header_decode(first.header, &visitor->tree->arena, &header, NULL, NULL), OMB_OK);
    for (uint64_t seq = 1; seq <= LONG; seq++) {
        const struct omb_key key = omb_key_record(5000, seq);
        struct omb_stored_record stored = {.proof = first.proof};

        if (seq == hole)
            continue;
        header.seq = seq;
        omb_buf_clear(&bytes);
        omb_buf_clear(&value);
        omb_encode_header(&header, &bytes);
        stored.header = omb_buf_view(&bytes);
        omb_encode_stored_record(&stored, &value);
        memport_set(store, OMB_FAMILY_RECORD, omb_key_view(&key), omb_buf_view(&value));
        if (seq == LONG / 2)
            life.digest = omb_record_digest(stored.header);
        row.digest = omb_record_digest(stored.header);
    }
    omb_buf_clear(&value);
    omb_encode_log_row(&row, &value);
    omb_put_be32(place, 5000);
    memport_set(store, OMB_FAMILY_LOG, omb_key_view(&at), omb_buf_view(&value));
    memport_set(store, OMB_FAMILY_OFFICE, omb_key_view(&name), OMB_VIEW_OF(place));
    omb_buf_free(&bytes);
    omb_buf_free(&value);
    life.head = life.count = LONG / 2;
    return life;
}

/*
 * Says the page, and lets it be looked at: no step looks at more than a slice. What goes into the
 * child's feed is taken before the next one.
 */
static size_t slices_of(struct visitor *visitor, const struct omb_compare *page,
                        struct named *named)
{
    const struct memport *store = visitor->ho->rig.store;
    struct omb_office *ho = visitor->ho->rig.office;
    struct omb_link *link = omb_post_peer(ho->post, &visitor->north->id);
    uint64_t before = memport_reads(store).rows, fed = ho->tip.feed;
    size_t slices = 1, owed = 0;

    visitor_say(visitor, OMB_FRAME_COMPARE, page);
    for (;;) {
        note_wants(visitor, named, &owed);
        assert_true(memport_reads(store).rows - before < OMB_LOOK_ROWS + 8 * OMB_WALK);
        assert_true(ho->tip.feed - fed < OMB_LOOK_ROWS + 2 * OMB_WALK);
        if (HEARS(visitor, COMPARE, compare) || slices == 100)
            break;
        link->acked.position = fed = ho->tip.feed;
        before = memport_reads(store).rows;
        if (owed > 0) {
            visitor_say(visitor, OMB_FRAME_RECORDS, &nothing);
            owed--;
        } else {
            visitor_pass(visitor, OMB_LOOK_MS);
            slices++;
        }
    }
    assert_non_null(HEARS(visitor, COMPARE, compare));
    return slices;
}

static void one_long_log_is_looked_at_in_slices_as_well(void **state)
{
    struct visitor *visitor = *state;
    struct omb_life life;
    const struct omb_compare page = {.logs = {&life, 1}, .last = true};
    uint64_t firsts[16];
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    life = lay_down_long(visitor, LONG - 7);
    life.head = life.count = LONG;
    life.digest = (struct omb_digest){{7}};
    assert_true(slices_of(visitor, &page, &named) > LONG / (OMB_LOOK_ROWS + OMB_WALK));
    assert_true(named.count >= 1); /* the hole; and its newest, which is another one than here */
}

/* How many of its records lie here is counted first, as there is a hole; then the rest is given. */
static void what_is_counted_of_a_long_log_is_counted_in_slices(void **state)
{
    struct visitor *visitor = *state;
    struct omb_life life;
    const struct omb_compare page = {.logs = {&life, 1}, .last = true};
    uint64_t firsts[16], fed;
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    life = lay_down_long(visitor, LONG / 4);
    fed = visitor->ho->rig.office->tip.feed;
    assert_true(slices_of(visitor, &page, &named) > LONG / (OMB_LOOK_ROWS + OMB_WALK));
    assert_int_equal(named.count, 1);
    assert_true(visitor->ho->rig.office->tip.feed - fed >= LONG / 2);
}

/* The child has nothing of it. */
static void a_long_log_is_given_back_in_slices(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_compare page = {.last = true};
    uint64_t firsts[16], fed;
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    (void)lay_down_long(visitor, 0);
    fed = visitor->ho->rig.office->tip.feed;
    assert_true(slices_of(visitor, &page, &named) > LONG / (OMB_LOOK_ROWS + OMB_WALK));
    fed = visitor->ho->rig.office->tip.feed - fed;
    assert_true(fed >= LONG && fed < LONG + 100); /* and what else north has, but once */
}

/* A child that does not take what it is given is given no more. */
static void no_more_is_given_back_than_is_taken(void **state)
{
    struct visitor *visitor = *state;
    const struct omb_compare page = {.last = true};
    uint64_t fed;

    visitor_give_journal(visitor);
    (void)lay_down_long(visitor, 0);
    fed = visitor->ho->rig.office->tip.feed;
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    for (int i = 0; i < 8; i++)
        visitor_pass(visitor, OMB_LOOK_MS);
    assert_null(HEARS(visitor, COMPARE, compare));
    assert_true(visitor->ho->rig.office->tip.feed - fed < 2 * OMB_LOOK_ROWS + 4 * OMB_WALK);
}

/* Where there is no room for the record of its other line, its holes are not passed over. */
static void a_log_with_two_lines_is_wanted_to_its_end(void **state)
{
    enum { LOGS = 3 };
    static const uint64_t holes[LOGS] = {8, 333, 10};
    struct visitor *visitor = *state;
    struct omb_life lives[LOGS];
    const struct omb_compare page = {.logs = {lives, LOGS}, .last = true};
    uint64_t *firsts = OMB_ARENA_NEW(&visitor->tree->arena, uint64_t, LOGS * LENGTH);
    struct named named = {firsts, 0};
    size_t lacking = 1; /* the newest of the last one is not the same on both sides */

    visitor_give_journal(visitor);
    for (uint32_t i = 0; i < LOGS; i++) {
        lay_down(visitor, i, holes[i]);
        lives[i] = life_of(visitor, i);
        lacking += LENGTH / holes[i];
    }
    assert_int_equal(LENGTH / holes[0] + LENGTH / holes[1], OMB_WANT_RANGES_MAX);
    lives[LOGS - 1].digest = (struct omb_digest){{8}};
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    let_it_want(visitor, &named, 0);
    assert_int_equal(named.count, lacking);
}

/* So many that their number does not say it: it is as many the next time, so nothing came. */
static void more_records_than_can_be_counted_are_given_up(void **state)
{
    struct visitor *visitor = *state;
    struct omb_life lives[] = {life_of(visitor, 0), life_of(visitor, 1)};
    const struct omb_compare page = {.logs = {lives, UNIT_COUNT(lives)}, .last = true};
    uint64_t firsts[UNIT_COUNT(lives)];
    struct named named = {firsts, 0};

    visitor_give_journal(visitor);
    for (size_t i = 0; i < UNIT_COUNT(lives); i++)
        lives[i].head = lives[i].count = UINT64_MAX / 2 + 1;
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    let_it_want(visitor, &named, 0);
    assert_int_equal(named.count, UNIT_COUNT(lives));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(a_page_that_has_whole_logs_walked_is_looked_at_in_slices),
        VISITOR_TEST(one_long_log_is_looked_at_in_slices_as_well),
        VISITOR_TEST(what_is_counted_of_a_long_log_is_counted_in_slices),
        VISITOR_TEST(a_long_log_is_given_back_in_slices),
        VISITOR_TEST(no_more_is_given_back_than_is_taken),
        VISITOR_TEST(a_log_with_many_holes_is_wanted_to_its_end),
        VISITOR_TEST(many_logs_with_holes_block_no_office_that_is_slow),
        VISITOR_TEST(a_log_with_two_lines_is_wanted_to_its_end),
        VISITOR_TEST(more_records_than_can_be_counted_are_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
