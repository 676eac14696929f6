/* Does a store go on without what it lost, when it is asked to, and say how much that was? */
#include "unit.h"

#include <unistd.h>

#include "support/storeroom.h"

enum { ROWS = 400 };

static struct omb_store *accept(void **state)
{
    return storeroom_open(((struct test_folder *)*state)->path, OMB_STORE_ACCEPT_LOSS);
}

static void assert_noted(const struct omb_store *store, uint64_t lost)
{
    struct omb_buf value = OMB_BUF_INIT;

    assert_int_equal(omb_port_get(omb_store_port(store), OMB_FAMILY_META,
                                  OMB_VIEW_LIT(OMB_META_LOSS), &value), OMB_OK);
    assert_int_equal(value.size, OMB_META_LOSS_SIZE);
    assert_int_equal(omb_be64(value.data + 8), lost);
    omb_buf_free(&value);
}

static void assert_goes_on(void **state, uint64_t lost)
{
    struct omb_store *store = accept(state);

    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), ROWS - lost);
    assert_noted(store, lost);
    storeroom_rows(store, OMB_FAMILY_CASE, 3);
    omb_store_close(store);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), 3);
    omb_store_close(store);
}

static void a_loss_is_accepted_and_noted(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);

    test_cut(log.text, 10);
    storeroom_assert_refused(state, OMB_DAMAGED, "had been synced");
    assert_goes_on(state, 1);
}

static void a_log_counts_up_to_its_damage(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);

    test_damage(log.text, test_size(log.text) - 3 * 332 - 100);
    storeroom_assert_refused(state, OMB_DAMAGED, "--accept-loss");
    assert_goes_on(state, 4);
}

/* What the note says to lie in tables does so, and needs no log. */
static void what_was_written_before_the_note_outlives_the_log(void **state)
{
    struct test_path log;
    struct omb_store *store = storeroom_make(state);

    omb_store_close(store);
    log = storeroom_newest(state, ".log");
    test_zero(log.text, 0, test_size(log.text));
    store = storeroom_reopen(state);
    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    omb_store_close(store);
    test_cut(storeroom_newest(state, ".log").text, 10);
    omb_store_close(accept(state));
    log = storeroom_newest(state, ".log");
    test_zero(log.text, 0, test_size(log.text));
    store = storeroom_reopen(state);
    assert_noted(store, 1);
    omb_store_close(store);
}

/* A power cut between the row that tells of the loss and the note leaves the old note. */
static void a_loss_that_is_accepted_twice_is_counted_once(void **state)
{
    struct test_path log = storeroom_log(state, ROWS), note = storeroom_newest(state, "SYNCED");
    struct omb_buf before = test_read(note.text);
    struct omb_store *store;
    uint64_t writes;

    test_damage(log.text, test_size(log.text) - 3 * 332 - 100);
    omb_store_close(accept(state));
    for (int again = 0; again < 2; again++) {
        test_write(note.text, omb_buf_view(&before), 0600);
        storeroom_assert_refused(state, OMB_DAMAGED, "--accept-loss");
        store = accept(state);
        assert_true(omb_store_gave_up(store, &writes));
        assert_int_equal(writes, 4);
        assert_noted(store, 4);
        omb_store_close(store);
    }
    store = storeroom_reopen(state);
    storeroom_rows(store, OMB_FAMILY_CASE, ROWS);
    omb_store_close(store);
    test_cut(storeroom_newest(state, ".log").text, 10);
    store = accept(state);
    assert_noted(store, 1);
    omb_store_close(store);
    omb_buf_free(&before);
}

static void all_of_a_log_is_accepted_as_lost(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);

    assert_int_equal(unlink(log.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "--accept-loss");
    assert_goes_on(state, ROWS);
}

static void of_a_whole_store_nothing_is_lost(void **state)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_store *store;

    (void)storeroom_log(state, ROWS);
    store = accept(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), ROWS);
    assert_int_equal(omb_port_get(omb_store_port(store), OMB_FAMILY_META,
                                  OMB_VIEW_LIT(OMB_META_LOSS), &value), OMB_NOT_FOUND);
    omb_buf_free(&value);
    omb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(a_loss_is_accepted_and_noted),
        STOREROOM_TEST(a_log_counts_up_to_its_damage),
        STOREROOM_TEST(what_was_written_before_the_note_outlives_the_log),
        STOREROOM_TEST(a_loss_that_is_accepted_twice_is_counted_once),
        STOREROOM_TEST(all_of_a_log_is_accepted_as_lost),
        STOREROOM_TEST(of_a_whole_store_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
