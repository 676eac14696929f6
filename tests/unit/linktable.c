/* Does every connection keep its name, and does the table keep its bounds? */
#include "unit.h"

#include "io/linktable.h"

static struct omb_linktable table;

static int teardown(void **state)
{
    (void)state;
    omb_linktable_free(&table);
    return 0;
}

struct key {
    uint8_t bytes[OMB_PUBLIC_SIZE];
};

static struct key key_of(unsigned number)
{
    return (struct key){{(uint8_t)number, (uint8_t)(number >> 8)}};
}

static uint64_t name_at(uint32_t route, unsigned key)
{
    const struct omb_linked *found = omb_linktable_find(&table, route, key_of(key).bytes);

    return found ? found->name : 0;
}

/* Returns how many gave way to it. */
static size_t add(uint32_t route, unsigned key, uint64_t name, size_t most)
{
    const struct omb_linked *surplus;
    size_t removed = 0;

    while ((surplus = omb_linktable_surplus(&table, key_of(key).bytes, most)) != NULL) {
        omb_linktable_remove(&table, surplus);
        removed++;
    }
    omb_linktable_add(&table, route, key_of(key).bytes, name);
    return removed;
}

static void test_an_empty_table_knows_nobody(void **state)
{
    (void)state;
    assert_int_equal(name_at(7, 1), 0);
    assert_null(omb_linktable_named(&table, 1));
}

static void test_a_connection_is_found_by_route_and_by_name(void **state)
{
    (void)state;
    assert_int_equal(add(7, 1, 10, 64), 0);
    assert_int_equal(add(8, 2, 11, 64), 0);
    assert_int_equal(name_at(7, 1), 10);
    assert_int_equal(name_at(8, 2), 11);
    assert_int_equal(omb_linktable_named(&table, 10)->route, 7);
    assert_int_equal(omb_linktable_named(&table, 11)->route, 8);
    assert_null(omb_linktable_named(&table, 12));
}

static void test_a_route_under_another_key_is_another_connection(void **state)
{
    (void)state;
    add(7, 1, 10, 64);
    assert_int_equal(name_at(7, 2), 0);
    assert_null(omb_linktable_named(&table, 10));
    add(7, 2, 11, 64);
    assert_int_equal(name_at(7, 2), 11);
    assert_int_equal(table.count, 1);
}

static void test_a_key_has_no_more_than_its_connections(void **state)
{
    (void)state;
    add(1, 9, 1, 64);
    for (uint32_t i = 0; i < OMB_LINKS_OF_A_KEY; i++)
        assert_int_equal(add(10 + i, 1, 10 + i, 64), 0);
    assert_int_equal(add(50, 1, 50, 64), 1);
    assert_int_equal(name_at(10, 1), 0);
    assert_int_equal(name_at(11, 1), 11);
    assert_int_equal(name_at(50, 1), 50);
    assert_int_equal(name_at(1, 9), 1);
}

static void test_in_a_full_table_who_was_idle_the_longest_gives_way(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 8; i++)
        add(i, i, i, 8);
    assert_int_equal(name_at(1, 1), 1);
    assert_non_null(omb_linktable_named(&table, 2));
    assert_int_equal(add(9, 9, 9, 8), 1);
    assert_int_equal(name_at(3, 3), 0);
    assert_int_equal(name_at(1, 1), 1);
    assert_int_equal(name_at(2, 2), 2);
    assert_int_equal(table.count, 8);
}

static void test_a_smaller_bound_holds_from_the_next_one_on(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 8; i++)
        add(i, i, i, 8);
    assert_null(omb_linktable_surplus(&table, NULL, 8));
    assert_int_equal(omb_linktable_surplus(&table, NULL, 7)->name, 1);
    assert_int_equal(add(9, 9, 9, 3), 6);
    assert_int_equal(table.count, 3);
    assert_int_equal(name_at(9, 9), 9);
    assert_int_equal(name_at(8, 8), 8);
}

static void test_thousands_come_and_go_and_keep_their_names(void **state)
{
    enum { MANY = 3000 };

    (void)state;
    for (unsigned i = 1; i <= MANY; i++)
        add(0xfffff000U + i, i, i, MANY); /* over the end of the numbers */
    for (unsigned i = 3; i <= MANY; i += 3)
        omb_linktable_remove(&table, omb_linktable_named(&table, i));
    for (unsigned i = 1; i <= MANY; i++)
        assert_int_equal(name_at(0xfffff000U + i, i), i % 3 == 0 ? 0 : i);
    assert_int_equal(table.count, MANY - MANY / 3);
}

#define HERE(test) cmocka_unit_test_teardown(test, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(test_an_empty_table_knows_nobody),
        HERE(test_a_connection_is_found_by_route_and_by_name),
        HERE(test_a_route_under_another_key_is_another_connection),
        HERE(test_a_key_has_no_more_than_its_connections),
        HERE(test_in_a_full_table_who_was_idle_the_longest_gives_way),
        HERE(test_a_smaller_bound_holds_from_the_next_one_on),
        HERE(test_thousands_come_and_go_and_keep_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
