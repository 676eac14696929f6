/* A page of logs that is much to look at, or of which much lacks: is it dealt with, bit by bit? */
#include "unit.h"

#include "office/inside.h"
#include "office/post/work.h"
#include "support/visitor.h"

static const struct omb_records nothing = {0};

static void give_journal(struct visitor *visitor)
{
    const struct omb_records records =
        visitor_journal(visitor, 1, visitor->north->rig.office->tip.seq);

    visitor_greet(visitor);
    visitor_say(visitor, OMB_FRAME_RECORDS, &records);
    assert_non_null(HEARS(visitor, ACK, ack));
}

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

    give_journal(visitor);
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

    give_journal(visitor);
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

    give_journal(visitor);
    for (uint32_t i = 0; i < LIVES; i++) {
        lay_down(visitor, i, 10);
        lives[i] = life_of(visitor, i);
    }
    visitor_say(visitor, OMB_FRAME_COMPARE, &page);
    let_it_want(visitor, &named, 4);
    assert_int_equal(named.count, LIVES * (LENGTH / 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITOR_TEST(a_page_that_has_whole_logs_walked_is_looked_at_in_slices),
        VISITOR_TEST(a_log_with_many_holes_is_wanted_to_its_end),
        VISITOR_TEST(many_logs_with_holes_block_no_office_that_is_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
