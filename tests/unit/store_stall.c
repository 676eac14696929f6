/* A commit or a sync that the disk holds up is counted, by a clock that the test sets. */
#include "io/clock.h"
#include "support/storeroom.h"
#include "unit.h"

static int64_t commit_ms, now_ms;

int64_t __wrap_omb_clock_monotonic_ms(void);
int64_t __wrap_omb_clock_monotonic_ms(void)
{
    return now_ms += commit_ms;
}

static void commits_that_take_long_are_counted(void **state)
{
    struct omb_store *store = storeroom_make(state);

    commit_ms = 10;
    storeroom_rows(store, OMB_FAMILY_RECORD, 5);
    assert_int_equal(omb_store_stalls(store), 0);
    commit_ms = 1000;
    storeroom_rows(store, OMB_FAMILY_RECORD, 2);
    assert_int_equal(omb_store_stalls(store), 2);
    assert_int_equal(omb_store_sync(store, NULL), OMB_OK);
    assert_int_equal(omb_store_stalls(store), 3);
    commit_ms = 10;
    storeroom_rows(store, OMB_FAMILY_RECORD, 1);
    assert_int_equal(omb_store_sync(store, NULL), OMB_OK);
    assert_int_equal(omb_store_stalls(store), 3);
    omb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {STOREROOM_TEST(commits_that_take_long_are_counted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
