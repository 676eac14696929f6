/* The overlay: does it read like a store to which the writes had been made already? */
#include "office/writes.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "support/memport.h"
#include "unit.h"

enum { KEYS = 40, ROUNDS = 300, STEPS = 60 };

/* The plain model: what each key of one family holds; -1: nothing. */
struct model {
    int values[KEYS];
};

struct world {
    struct memport *store;
    struct omb_writes *writes;
    struct omb_drbg drbg;
    struct model now;
};

static uint32_t dice(struct world *world, uint32_t sides)
{
    uint8_t bytes[4];

    omb_drbg_bytes(&world->drbg, bytes, sizeof(bytes));
    return omb_be32(bytes) % sides;
}

static struct omb_view key_of(int key, char out[16])
{
    snprintf(out, 16, "k%03d", key);
    return omb_view_str(out);
}

static int setup(void **state)
{
    static const uint8_t seed[OMB_SEED_SIZE] = "overlay";
    struct world *world = calloc(1, sizeof(*world));

    omb_crypto_init();
    omb_drbg_init(&world->drbg, seed);
    world->store = memport_new();
    world->writes = omb_writes_new();
    omb_writes_reset(world->writes, memport_port(world->store));
    for (int i = 0; i < KEYS; i++)
        world->now.values[i] = -1;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    omb_writes_free(world->writes);
    memport_free(world->store);
    free(world);
    return 0;
}

static void put(struct world *world, int key, int value)
{
    char name[16];
    uint8_t bytes[4];

    omb_put_be32(bytes, (uint32_t)value);
    world->now.values[key] = value;
    omb_put(world->writes, OMB_FAMILY_CASE, key_of(key, name), OMB_VIEW_OF(bytes));
}

static void take(struct world *world, int key)
{
    char name[16];

    world->now.values[key] = -1;
    omb_delete(world->writes, OMB_FAMILY_CASE, key_of(key, name));
}

/* --- comparing --- */

static void check_gets(struct world *world)
{
    struct omb_buf got = OMB_BUF_INIT;
    char name[16];

    for (int i = 0; i < KEYS; i++) {
        const enum omb_rc rc =
            omb_port_get(omb_writes_port(world->writes), OMB_FAMILY_CASE, key_of(i, name), &got);

        if (world->now.values[i] < 0) {
            assert_int_equal(rc, OMB_NOT_FOUND);
            continue;
        }
        assert_int_equal(rc, OMB_OK);
        assert_int_equal(omb_be32(got.data), world->now.values[i]);
    }
    omb_buf_free(&got);
}

struct seen {
    int keys[KEYS], values[KEYS];
    size_t count, stop_at;
};

static enum omb_rc see(void *arg, struct omb_view key, struct omb_view value)
{
    struct seen *seen = arg;

    assert_true(seen->count < KEYS);
    assert_int_equal(key.size, 4);
    seen->keys[seen->count] =
        (key.data[1] - '0') * 100 + (key.data[2] - '0') * 10 + key.data[3] - '0';
    seen->values[seen->count++] = (int)omb_be32(value.data);
    return seen->count == seen->stop_at ? OMB_STOP : OMB_OK;
}

static void check_scan(struct world *world, int from, int until, bool backwards, size_t stop_at)
{
    struct seen seen = {.stop_at = stop_at};
    size_t expected = 0;
    char low[16], high[16];
    const struct omb_view end = until < KEYS ? key_of(until, high) : OMB_VIEW_NONE;

    assert_int_equal(omb_port_scan(omb_writes_port(world->writes), OMB_FAMILY_CASE,
                                   key_of(from, low), end, backwards, see, &seen),
                     OMB_OK);
    for (int i = from; i < until; i++) {
        const int key = backwards ? until - 1 - (i - from) : i;

        if (key >= KEYS || world->now.values[key] < 0)
            continue;
        if (stop_at > 0 && expected == stop_at)
            break;
        assert_true(expected < seen.count);
        assert_int_equal(seen.keys[expected], key);
        assert_int_equal(seen.values[expected], world->now.values[key]);
        expected++;
    }
    assert_int_equal(seen.count, expected);
}

static void check_scans(struct world *world)
{
    for (int i = 0; i < 6; i++) {
        const int from = (int)dice(world, KEYS);
        const int until = from + (int)dice(world, (uint32_t)(KEYS - from + 1));

        check_scan(world, from, until, false, 0);
        check_scan(world, from, until, true, 0);
        check_scan(world, from, until, dice(world, 2) == 0, 1 + dice(world, 5));
    }
    check_scan(world, 0, KEYS, false, 0);
    check_scan(world, 0, KEYS, true, 0);
}

/* --- the model test --- */

static void change(struct world *world)
{
    const int key = (int)dice(world, KEYS);

    if (dice(world, 3) == 0)
        take(world, key);
    else
        put(world, key, (int)dice(world, 1000));
}

static void test_reads_like_the_model_under_random_changes(void **state)
{
    struct world *world = *state;

    for (int round = 0; round < ROUNDS; round++) {
        struct model outer = world->now;
        const size_t outer_mark = omb_writes_mark(world->writes);

        for (int i = 0; i < STEPS / 2; i++) {
            struct model inner = world->now;
            const size_t mark = omb_writes_mark(world->writes);

            change(world);
            change(world);
            if (dice(world, 3) == 0) {
                omb_writes_rollback(world->writes, mark);
                world->now = inner;
            }
        }
        if (dice(world, 4) == 0) {
            omb_writes_rollback(world->writes, outer_mark);
            world->now = outer;
        }
        check_gets(world);
        check_scans(world);
        if (dice(world, 3) == 0) {
            memport_commit(world->store, world->writes);
            omb_writes_reset(world->writes, memport_port(world->store));
            check_gets(world);
        }
    }
}

/* --- one question each --- */

static void test_rollback_to_the_start_leaves_no_rows(void **state)
{
    struct world *world = *state;

    put(world, 1, 1);
    take(world, 2);
    put(world, 1, 2);
    assert_int_equal(omb_writes_count(world->writes), 2);
    omb_writes_rollback(world->writes, 0);
    assert_int_equal(omb_writes_count(world->writes), 0);
}

static void test_empty_value_is_a_row(void **state)
{
    struct world *world = *state;
    struct omb_buf got = OMB_BUF_INIT;

    omb_put(world->writes, OMB_FAMILY_CASE_LOG, OMB_VIEW_LIT("a"), OMB_VIEW_NONE);
    assert_int_equal(
        omb_port_get(omb_writes_port(world->writes), OMB_FAMILY_CASE_LOG, OMB_VIEW_LIT("a"), &got),
        OMB_OK);
    memport_commit(world->store, world->writes);
    assert_int_equal(memport_count(world->store, OMB_FAMILY_CASE_LOG), 1);
    omb_buf_free(&got);
}

static enum omb_rc see_order(void *arg, enum omb_family family, struct omb_view key,
                             struct omb_view value)
{
    struct omb_buf *text = arg;

    omb_buf_printf(text, "%s/%.*s=%s ", omb_family_name(family), OMB_VIEW_ARGS(key),
                   value.data ? "put" : "deleted");
    return OMB_OK;
}

static void test_rows_come_once_by_family_and_key(void **state)
{
    struct world *world = *state;
    struct omb_buf text = OMB_BUF_INIT;

    omb_put(world->writes, OMB_FAMILY_RECORD, OMB_VIEW_LIT("b"), OMB_VIEW_LIT("1"));
    omb_put(world->writes, OMB_FAMILY_META, OMB_VIEW_LIT("z"), OMB_VIEW_LIT("1"));
    omb_delete(world->writes, OMB_FAMILY_RECORD, OMB_VIEW_LIT("a"));
    omb_put(world->writes, OMB_FAMILY_RECORD, OMB_VIEW_LIT("b"), OMB_VIEW_LIT("2"));
    assert_int_equal(omb_writes_each(world->writes, see_order, &text), OMB_OK);
    assert_string_equal(omb_buf_str(&text), "meta/z=put record/a=deleted record/b=put ");
    omb_buf_free(&text);
}

static enum omb_rc fail_here(void *arg, struct omb_view key, struct omb_view value)
{
    (void)arg;
    (void)key;
    (void)value;
    return OMB_LIMIT;
}

static void test_scan_ends_with_the_visitor_s_code(void **state)
{
    struct world *world = *state;

    put(world, 3, 3);
    assert_int_equal(omb_port_scan(omb_writes_port(world->writes), OMB_FAMILY_CASE, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, fail_here, NULL),
                     OMB_LIMIT);
}

static void test_failure_of_the_store_comes_through(void **state)
{
    struct world *world = *state;
    struct seen seen = {.count = 0};
    struct omb_buf got = OMB_BUF_INIT;

    put(world, 3, 3);
    memport_fail(world->store, OMB_IO);
    assert_int_equal(
        omb_port_get(omb_writes_port(world->writes), OMB_FAMILY_CASE, OMB_VIEW_LIT("k004"), &got),
        OMB_IO);
    assert_int_equal(omb_port_scan(omb_writes_port(world->writes), OMB_FAMILY_CASE, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, see, &seen),
                     OMB_IO);
    omb_buf_free(&got);
}

struct prefix_case {
    struct omb_view keys[4];
    struct omb_view prefix;
    const char *found;
};

static enum omb_rc see_hex(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_buf *text = arg;
    char hex[32];

    (void)value;
    omb_hex(key, hex);
    omb_buf_printf(text, "%s ", hex);
    return OMB_OK;
}

static void test_prefix_scans_end_with_the_prefix(void **state)
{
    struct world *world = *state;
    static const struct prefix_case cases[] = {
        {{OMB_VIEW_LIT("\x01\xff"), OMB_VIEW_LIT("\x01\xff\x00"), OMB_VIEW_LIT("\x02"),
          OMB_VIEW_LIT("\xff\xff")},
         OMB_VIEW_LIT("\x01\xff"),
         "01ff 01ff00 "},
        {{OMB_VIEW_LIT("\xff\xff"), OMB_VIEW_LIT("\xff\xfe"), OMB_VIEW_LIT("\xff\xff\x01"),
          OMB_VIEW_LIT("\x01")},
         OMB_VIEW_LIT("\xff\xff"),
         "ffff ffff01 "},
        {{OMB_VIEW_LIT("a"), OMB_VIEW_LIT("b"), OMB_VIEW_LIT("c"), OMB_VIEW_LIT("\xff")},
         {NULL, 0},
         "61 62 63 ff "},
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct omb_buf text = OMB_BUF_INIT;

        omb_writes_reset(world->writes, memport_port(world->store));
        for (size_t k = 0; k < 4; k++)
            omb_put(world->writes, OMB_FAMILY_INDEX, cases[i].keys[k], OMB_VIEW_NONE);
        assert_int_equal(omb_port_scan_prefix(omb_writes_port(world->writes), OMB_FAMILY_INDEX,
                                              cases[i].prefix, see_hex, &text),
                         OMB_OK);
        assert_string_equal(omb_buf_str(&text), cases[i].found);
        omb_buf_free(&text);
    }
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_reads_like_the_model_under_random_changes),
        WORLD_TEST(test_rollback_to_the_start_leaves_no_rows),
        WORLD_TEST(test_empty_value_is_a_row),
        WORLD_TEST(test_rows_come_once_by_family_and_key),
        WORLD_TEST(test_scan_ends_with_the_visitor_s_code),
        WORLD_TEST(test_failure_of_the_store_comes_through),
        WORLD_TEST(test_prefix_scans_end_with_the_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
