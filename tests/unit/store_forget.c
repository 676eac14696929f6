/*
 * Do bytes that were erased leave the disk? The files are read as anyone with the disk would.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <signal.h>
#include <sys/resource.h>

#include "support/storeroom.h"

#define WORDS "the words that must not stay, forty letters"

static bool is_in_file(const char *path, struct omb_view words)
{
    struct omb_buf bytes = test_read(path);
    bool found =
        bytes.size > 0 && memmem(bytes.data, bytes.size, words.data, words.size) != NULL;

    omb_buf_free(&bytes);
    return found;
}

static bool is_on_disk(void **state, const char *words)
{
    static const char *const ends[] = {".log", ".sst", ".blob"};
    struct test_path files[256];
    bool found = false;

    for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
        size_t count = test_list(*state, "db", ends[i], files, UNIT_COUNT(files));

        for (size_t j = 0; j < count; j++)
            found = found || is_in_file(files[j].text, omb_view_str(words));
    }
    return found;
}

/* One row put or, with value NULL, deleted. */
static void write_row(struct omb_store *store, enum omb_family family, const char *key,
                      const char *value, bool forget)
{
    struct omb_writes *writes = omb_writes_new();

    omb_writes_reset(writes, omb_store_port(store));
    if (value)
        omb_put(writes, family, omb_view_str(key), omb_view_str(value));
    else
        omb_delete(writes, family, omb_view_str(key));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_OK);
    if (forget)
        assert_int_equal(omb_store_forget(store, writes, NULL), OMB_OK);
    omb_writes_free(writes);
}

static void a_key_in_the_log_alone_leaves_it(void **state)
{
    struct omb_store *store = storeroom_make(state);

    write_row(store, OMB_FAMILY_KEY, "case", WORDS, false);
    assert_true(is_on_disk(state, WORDS));
    write_row(store, OMB_FAMILY_KEY, "case", NULL, true);
    assert_false(is_on_disk(state, WORDS));
    omb_store_close(store);
}

static void a_part_in_the_tables_leaves_them(void **state)
{
    struct omb_store *store = storeroom_make(state);

    write_row(store, OMB_FAMILY_PART, "case", WORDS, false);
    storeroom_fill(store, OMB_FAMILY_PART, 1000, 8);
    omb_store_close(store);
    store = storeroom_reopen(state);
    assert_true(is_on_disk(state, WORDS));
    write_row(store, OMB_FAMILY_PART, "case", NULL, true);
    assert_false(is_on_disk(state, WORDS));
    omb_store_close(store);
}

static void what_was_not_deleted_stays(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_buf value = OMB_BUF_INIT;

    write_row(store, OMB_FAMILY_PART, "one", WORDS, false);
    write_row(store, OMB_FAMILY_PART, "two", WORDS, false);
    write_row(store, OMB_FAMILY_PART, "two", NULL, true);
    assert_int_equal(omb_port_get(omb_store_port(store), OMB_FAMILY_PART, OMB_VIEW_LIT("one"),
                                  &value),
                     OMB_OK);
    assert_true(omb_view_is(omb_buf_view(&value), WORDS));
    omb_buf_free(&value);
    omb_store_close(store);
}

/* Files can grow to that size only; the limit before it is returned. */
static rlim_t limit_files(rlim_t bytes)
{
    struct rlimit limit;
    rlim_t before;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    return before;
}

/* The few deleted rows fit under the limit, the table that is to be rewritten does not. */
static void what_cannot_be_rewritten_is_not_called_forgotten(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {.words = ""};
    enum omb_rc rc;
    rlim_t before;

    write_row(store, OMB_FAMILY_KEY, "case", WORDS, false);
    storeroom_fill(store, OMB_FAMILY_KEY, 1000, 3);
    omb_store_close(store);
    store = storeroom_reopen(state);
    omb_writes_reset(writes, omb_store_port(store));
    omb_delete(writes, OMB_FAMILY_KEY, OMB_VIEW_LIT("case"));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    before = limit_files(300000);
    rc = omb_store_forget(store, writes, &err);
    (void)limit_files(before);
    assert_int_equal(rc, OMB_IO);
    assert_true(is_on_disk(state, WORDS));
    omb_writes_free(writes);
    omb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(a_key_in_the_log_alone_leaves_it),
        STOREROOM_TEST(a_part_in_the_tables_leaves_them),
        STOREROOM_TEST(what_was_not_deleted_stays),
        STOREROOM_TEST(what_cannot_be_rewritten_is_not_called_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
