/* Is a store that was damaged refused, instead of going on without what it had acknowledged? */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/storeroom.h"

enum { FILES = 512 };

static struct test_path only_file(void **state, const char *end)
{
    struct test_path files[FILES];

    assert_int_equal(test_list(*state, "db", end, files, FILES), 1);
    return files[0];
}

/* --- the write-ahead log --- */

/* Four hundred acknowledged rows, all of them still in the log. */
static struct test_path make_log(void **state)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_rows(store, OMB_FAMILY_RECORD, 400);
    omb_store_close(store);
    return only_file(state, ".log");
}

static void a_log_damaged_in_the_middle_is_refused(void **state)
{
    struct test_path log = make_log(state);

    test_damage(log.text, test_size(log.text) / 2);
    storeroom_assert_refused(state, OMB_DAMAGED, strrchr(log.text, '/') + 1);
}

static void a_refusal_changes_nothing(void **state)
{
    struct test_path log = make_log(state);
    struct omb_store *store;

    test_damage(log.text, test_size(log.text) / 2);
    storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
    storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
    test_damage(log.text, test_size(log.text) / 2);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 400);
    omb_store_close(store);
}

static void every_byte_of_the_log_counts(void **state)
{
    struct test_path log = make_log(state);

    /* All but the last record, whose damage may look like a write that was not finished. */
    for (off_t at = 0; at < test_size(log.text) - 1000; at += 6151) {
        test_damage(log.text, at);
        storeroom_assert_refused(state, OMB_DAMAGED, "damaged");
        test_damage(log.text, at);
    }
    omb_store_close(storeroom_reopen(state));
}

static void a_log_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    struct test_path log = make_log(state);

    assert_int_equal(unlink(log.text), 0);
    assert_int_equal(mkdir(log.text, 0700), 0);
    storeroom_assert_refused(state, OMB_IO, "log cannot be read: Is a directory");
    assert_int_equal(rmdir(log.text), 0);
}

/* The same with one row more, of which nobody was told that it is durable. */
static struct test_path make_unsynced_log(void **state)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_rows(store, OMB_FAMILY_RECORD, 399);
    storeroom_unsynced(store, OMB_FAMILY_RECORD, 400);
    omb_store_close(store);
    return only_file(state, ".log");
}

static void only_an_unfinished_last_record_is_forgiven(void **state)
{
    struct test_path log = make_unsynced_log(state);
    struct omb_store *store;

    test_cut(log.text, 10);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 399);
    omb_store_close(store);
}

static void after_a_torn_end_the_store_goes_on(void **state)
{
    struct test_path log = make_unsynced_log(state);
    struct omb_store *store;

    test_cut(log.text, 10);
    store = storeroom_reopen(state);
    storeroom_rows(store, OMB_FAMILY_CASE, 100);
    omb_store_close(store);
    store = storeroom_reopen(state);
    storeroom_fill(store, OMB_FAMILY_INDEX, 1000, 12);
    omb_store_close(store);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 399);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), 100);
    omb_store_close(store);
}

static void an_unfinished_batch_is_gone_as_a_whole(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_writes *writes = omb_writes_new();
    uint8_t value[5000] = {0};

    omb_writes_reset(writes, omb_store_port(store));
    omb_put(writes, OMB_FAMILY_META, OMB_VIEW_LIT("first"), OMB_VIEW_OF(value));
    omb_put(writes, OMB_FAMILY_RECORD, OMB_VIEW_LIT("second"), OMB_VIEW_OF(value));
    omb_put(writes, OMB_FAMILY_OUTBOX, OMB_VIEW_LIT("third"), OMB_VIEW_OF(value));
    assert_int_equal(omb_store_commit(store, writes, false, NULL), OMB_OK);
    omb_writes_free(writes);
    omb_store_close(store);
    test_cut(only_file(state, ".log").text, 10);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_META), 1);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 0);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_OUTBOX), 0);
    omb_store_close(store);
}

static void a_missing_log_is_refused(void **state)
{
    struct test_path log = make_log(state);

    assert_int_equal(unlink(log.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "write-ahead log (*.log) is missing");
}

/* One family's rows go to files, which begins new logs; those of the others stay in the first. */
static struct test_path make_older_log(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path logs[FILES];

    for (int i = 0; i < OMB_FAMILY_COUNT; i++)
        storeroom_rows(store, (enum omb_family)i, 3);
    storeroom_fill(store, OMB_FAMILY_RECORD, 1000, 4);
    storeroom_rows(store, OMB_FAMILY_JOURNAL, 5);
    omb_store_close(store);
    assert_in_range(test_list(*state, "db", ".log", logs, FILES), 2, FILES);
    return logs[0];
}

static void an_older_log_that_was_cut_is_refused(void **state)
{
    struct test_path log = make_older_log(state);

    test_cut(log.text, 10);
    storeroom_assert_refused(state, OMB_DAMAGED, ".log");
}

static void an_older_log_that_is_missing_is_refused(void **state)
{
    struct test_path log = make_older_log(state);

    assert_int_equal(unlink(log.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "WAL");
}

static void no_log_is_kept_over_a_start(void **state)
{
    struct test_path log = make_older_log(state), logs[FILES];

    omb_store_close(storeroom_reopen(state));
    assert_int_equal(test_list(*state, "db", ".log", logs, FILES), 1);
    assert_string_not_equal(logs[0].text, log.text);
}

/* --- the other files --- */

static void a_missing_current_is_refused(void **state)
{
    (void)make_log(state);
    assert_int_equal(unlink(only_file(state, "CURRENT").text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "CURRENT is missing");
}

static void find_manifest(void **state, struct test_path *out)
{
    struct test_path files[FILES];
    size_t count = test_list(*state, "db", "", files, FILES);

    for (size_t i = 0; i < count; i++)
        if (strstr(files[i].text, "/MANIFEST-"))
            *out = files[i];
}

static void a_missing_manifest_is_refused(void **state)
{
    struct test_path manifest = {.text = ""};

    (void)make_log(state);
    find_manifest(state, &manifest);
    assert_int_equal(unlink(manifest.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "MANIFEST-");
}

static void a_damaged_manifest_is_refused(void **state)
{
    struct test_path manifest = {.text = ""};

    (void)make_log(state);
    find_manifest(state, &manifest);
    test_damage(manifest.text, 100);
    storeroom_assert_refused(state, OMB_DAMAGED, "MANIFEST-");
}

/* The largest of them is told. */
static struct test_path make_files(void **state, enum omb_family family, size_t value_size,
                                   const char *end)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path files[FILES];
    size_t count, largest = 0;

    storeroom_fill(store, family, value_size, 12);
    omb_store_close(store);
    count = test_list(*state, "db", end, files, FILES);
    assert_in_range(count, 1, FILES);
    for (size_t i = 1; i < count; i++)
        if (test_size(files[i].text) > test_size(files[largest].text))
            largest = i;
    return files[largest];
}

static void a_missing_table_is_refused(void **state)
{
    struct test_path table = make_files(state, OMB_FAMILY_RECORD, 1000, ".sst");

    assert_int_equal(unlink(table.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "damaged");
}

static void assert_verify_finds(void **state, const char *family, const char *file_end)
{
    struct omb_store *store = storeroom_reopen(state);
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_store_verify(store, &err), OMB_DAMAGED);
    if (!strstr(err.words, family) || !strstr(err.words, file_end))
        fail_msg("\"%s\" and \"%s\" are not in: %s", family, file_end, err.words);
    omb_store_close(store);
}

static void verify_finds_damage_in_a_table(void **state)
{
    test_damage(make_files(state, OMB_FAMILY_RECORD, 1000, ".sst").text, 5000);
    assert_verify_finds(state, "family record, behind key ", ".sst");
}

static void verify_says_when_the_first_block_is_damaged(void **state)
{
    test_damage(make_files(state, OMB_FAMILY_RECORD, 1000, ".sst").text, 10);
    assert_verify_finds(state, "family record, at its beginning", ".sst");
}

static void verify_finds_damage_in_a_large_part(void **state)
{
    test_damage(make_files(state, OMB_FAMILY_PART, 16384, ".blob").text, 40000);
    assert_verify_finds(state, "family part, behind key ", "");
}

static void verify_is_content_with_a_sound_store(void **state)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_fill(store, OMB_FAMILY_RECORD, 1000, 12);
    storeroom_fill(store, OMB_FAMILY_PART, 16384, 12);
    assert_int_equal(omb_store_verify(store, NULL), OMB_OK);
    assert_int_equal(omb_store_health(store, NULL), OMB_OK);
    omb_store_close(store);
}

static void damage_that_a_read_meets_ends_the_service(void **state)
{
    struct omb_store *store;
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {.words = ""};
    uint64_t rows = 0;

    test_damage(make_files(state, OMB_FAMILY_RECORD, 1000, ".sst").text, 5000);
    store = storeroom_reopen(state);
    assert_int_equal(omb_store_health(store, &err), OMB_OK);
    assert_int_equal(omb_port_scan(omb_store_port(store), OMB_FAMILY_RECORD, OMB_VIEW_NONE,
                                   OMB_VIEW_NONE, false, storeroom_count_row, &rows), OMB_DAMAGED);
    assert_int_equal(omb_store_health(store, &err), OMB_DAMAGED);
    assert_non_null(strstr(err.words, ".sst"));
    omb_writes_reset(writes, omb_store_port(store));
    omb_put(writes, OMB_FAMILY_CASE, OMB_VIEW_LIT("key"), OMB_VIEW_LIT("value"));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_DAMAGED);
    omb_writes_free(writes);
    omb_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(a_log_damaged_in_the_middle_is_refused),
        STOREROOM_TEST(a_refusal_changes_nothing),
        STOREROOM_TEST(every_byte_of_the_log_counts),
        STOREROOM_TEST(a_log_that_cannot_be_read_is_named_with_the_reason),
        STOREROOM_TEST(only_an_unfinished_last_record_is_forgiven),
        STOREROOM_TEST(after_a_torn_end_the_store_goes_on),
        STOREROOM_TEST(an_unfinished_batch_is_gone_as_a_whole),
        STOREROOM_TEST(a_missing_log_is_refused),
        STOREROOM_TEST(an_older_log_that_was_cut_is_refused),
        STOREROOM_TEST(an_older_log_that_is_missing_is_refused),
        STOREROOM_TEST(no_log_is_kept_over_a_start),
        STOREROOM_TEST(a_missing_current_is_refused),
        STOREROOM_TEST(a_missing_manifest_is_refused),
        STOREROOM_TEST(a_damaged_manifest_is_refused),
        STOREROOM_TEST(a_missing_table_is_refused),
        STOREROOM_TEST(verify_finds_damage_in_a_table),
        STOREROOM_TEST(verify_says_when_the_first_block_is_damaged),
        STOREROOM_TEST(verify_finds_damage_in_a_large_part),
        STOREROOM_TEST(verify_is_content_with_a_sound_store),
        STOREROOM_TEST(damage_that_a_read_meets_ends_the_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
