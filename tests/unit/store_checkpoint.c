/* A copy of a store that is at work: is it whole, is it left alone, may it become a store? */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support/storeroom.h"

enum { ROWS = 500 };

static struct test_path folder_for(void **state, const char *name)
{
    const struct test_folder *folder = *state;
    struct test_path path = test_path(folder, name);

    assert_int_equal(mkdir(path.text, 0700), 0);
    return path;
}

static void copy_to(struct omb_store *store, const struct test_path *folder)
{
    char db[600];

    snprintf(db, sizeof(db), "%s/db", folder->text);
    assert_int_equal(omb_store_checkpoint(store, db, NULL), OMB_OK);
}

static void it_holds_what_was_written_before(void **state)
{
    struct omb_store *store = storeroom_make(state), *copy;
    const struct test_path folder = folder_for(state, "copy");

    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    copy_to(store, &folder);
    storeroom_fill(store, OMB_FAMILY_PART, 5000, 4);
    copy = storeroom_open(folder.text, OMB_STORE_LOOK);
    assert_int_equal(storeroom_count(copy, OMB_FAMILY_RECORD), ROWS);
    assert_int_equal(storeroom_count(copy, OMB_FAMILY_PART), 0);
    assert_int_equal(omb_store_verify(copy, NULL), OMB_OK);
    omb_store_close(copy);
    omb_store_close(store);
}

/* Names, sizes and times of all files in it. */
static void fingerprint(const struct test_folder *folder, char *out, size_t size)
{
    struct test_path files[64];
    const size_t count = test_list(folder, "db", "", files, UNIT_COUNT(files));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        struct stat st;

        assert_int_equal(stat(files[i].text, &st), 0);
        used += (size_t)snprintf(out + used, size - used, "%s %lld %lld.%ld\n", files[i].text,
                                 (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                                 st.st_mtim.tv_nsec);
        assert_true(used < size);
    }
}

static void who_looks_changes_nothing(void **state)
{
    static char before[16384], after[16384];
    struct omb_store *store = storeroom_make(state), *copy;
    const struct test_path path = folder_for(state, "copy");
    struct test_folder folder;
    struct omb_writes *writes = omb_writes_new();

    snprintf(folder.path, sizeof(folder.path), "%.255s", path.text);
    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    copy_to(store, &path);
    omb_store_close(store);
    fingerprint(&folder, before, sizeof(before));
    copy = storeroom_open(path.text, OMB_STORE_LOOK);
    omb_writes_reset(writes, omb_store_port(copy));
    omb_put(writes, OMB_FAMILY_META, OMB_VIEW_LIT("x"), OMB_VIEW_LIT("y"));
    assert_int_not_equal(omb_store_commit(copy, writes, true, NULL), OMB_OK);
    omb_writes_free(writes);
    omb_store_close(copy);
    fingerprint(&folder, after, sizeof(after));
    assert_string_equal(before, after);
}

/* Without a write-ahead log: one that is lost is still missed in a store that ran. */
static void it_becomes_a_store_when_it_is_taken(void **state)
{
    struct omb_store *store = storeroom_make(state), *copy = NULL;
    const struct test_path folder = folder_for(state, "copy");
    struct omb_error err;

    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    copy_to(store, &folder);
    assert_int_equal(omb_store_open(folder.text, OMB_STORE_OPEN, &copy, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, "write-ahead log"));
    copy = storeroom_open(folder.text, OMB_STORE_TAKE);
    storeroom_rows(copy, OMB_FAMILY_CASE, 10);
    omb_store_close(copy);
    copy = storeroom_open(folder.text, OMB_STORE_OPEN);
    assert_int_equal(storeroom_count(copy, OMB_FAMILY_RECORD), ROWS);
    assert_int_equal(storeroom_count(copy, OMB_FAMILY_CASE), 10);
    omb_store_close(copy);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), 0);
    omb_store_close(store);
}

static void what_is_there_is_not_written_over(void **state)
{
    struct omb_store *store = storeroom_make(state);
    const struct test_path folder = folder_for(state, "copy");
    struct omb_error err = {0};

    assert_int_not_equal(omb_store_checkpoint(store, folder.text, &err), OMB_OK);
    assert_true(err.words[0] != '\0');
    storeroom_rows(store, OMB_FAMILY_RECORD, 1); /* and the store goes on */
    omb_store_close(store);
}

struct other_thread {
    struct omb_store *store;
    const struct test_path *folder;
};

static void *copy_there(void *arg)
{
    const struct other_thread *other = arg;

    copy_to(other->store, other->folder);
    return NULL;
}

/* Rows are written in their order, so whatever the copy has is a beginning of them. */
static void it_is_made_while_another_thread_writes(void **state)
{
    struct omb_store *store = storeroom_make(state), *copy;
    const struct test_path folder = folder_for(state, "copy");
    const struct other_thread other = {store, &folder};
    pthread_t thread;
    uint64_t rows;

    storeroom_rows(store, OMB_FAMILY_RECORD, 10);
    assert_int_equal(pthread_create(&thread, NULL, copy_there, (void *)&other), 0);
    storeroom_rows(store, OMB_FAMILY_JOURNAL, ROWS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    copy = storeroom_open(folder.text, OMB_STORE_LOOK);
    assert_int_equal(storeroom_count(copy, OMB_FAMILY_RECORD), 10);
    rows = storeroom_count(copy, OMB_FAMILY_JOURNAL);
    assert_true(rows <= ROWS);
    omb_store_close(copy);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_JOURNAL), ROWS);
    omb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(it_holds_what_was_written_before),
        STOREROOM_TEST(who_looks_changes_nothing),
        STOREROOM_TEST(it_becomes_a_store_when_it_is_taken),
        STOREROOM_TEST(what_is_there_is_not_written_over),
        STOREROOM_TEST(it_is_made_while_another_thread_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
