/* Is what was synced missed when a file of the store lacks it, though RocksDB does not miss it? */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/store_internal.h"
#include "support/power.h"
#include "support/storeroom.h"

enum { FILES = STOREROOM_FILES, ROWS = 400, BLOCK = 32768 };

static struct test_path manifest(void **state)
{
    struct test_path files[FILES];
    const size_t count = test_list(*state, "db", "", files, FILES);

    for (size_t i = 0; i < count; i++)
        if (strstr(files[i].text, "/MANIFEST-"))
            return files[i];
    fail_msg("the store has no MANIFEST");
    return files[0];
}

/* One family's rows go to table files, which begins a new log. */
static void flush(struct omb_store *store, enum omb_family family)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    char *message = NULL;

    rocksdb_flushoptions_set_wait(options, 1);
    rocksdb_flush_cf(store->db, options, store->families[family], &message);
    rocksdb_flushoptions_destroy(options);
    assert_null(message);
}

enum { LOGS = 3 };

/* The first holds rows that lie nowhere else, so it stays, and all behind it do. */
static void make_logs(void **state, struct test_path out_logs[LOGS])
{
    struct omb_store *store = storeroom_make(state);
    struct test_path logs[FILES];

    storeroom_rows(store, OMB_FAMILY_JOURNAL, 50);
    for (uint64_t i = 1; i < LOGS; i++) {
        storeroom_rows(store, OMB_FAMILY_RECORD, 50);
        flush(store, OMB_FAMILY_RECORD);
        storeroom_rows(store, OMB_FAMILY_CASE, 50);
    }
    omb_store_close(store);
    assert_int_equal(test_list(*state, "db", ".log", logs, FILES), LOGS);
    memcpy(out_logs, logs, LOGS * sizeof(*logs));
}

static void add_noise(const char *path)
{
    struct omb_buf bytes = test_read(path);

    for (int i = 0; i < 300; i++)
        omb_buf_add_be64(&bytes, (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15));
    test_write(path, omb_buf_view(&bytes), 0600);
    omb_buf_free(&bytes);
}

/* --- the write-ahead log --- */

static void a_synced_end_that_was_cut_is_missed(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);

    test_cut(log.text, 10);
    storeroom_assert_refused(state, OMB_DAMAGED, "had been synced");
    storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
    storeroom_assert_refused(state, OMB_DAMAGED, "--accept-loss");
    storeroom_assert_refused(state, OMB_DAMAGED, strrchr(log.text, '/') + 1);
}

/* Whatever is left is a log in order. */
static void a_log_cut_between_two_batches_is_missed(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);
    struct omb_buf bytes = test_read(log.text);

    for (int cut = 0; cut < 64; cut++) {
        test_write(log.text, omb_view(bytes.data, bytes.size - 5000 - (size_t)cut * 7), 0600);
        storeroom_assert_refused(state, OMB_DAMAGED, "had been synced");
    }
    test_write(log.text, omb_buf_view(&bytes), 0600);
    omb_buf_free(&bytes);
    omb_store_close(storeroom_reopen(state));
}

/* By what an opening finds that changes nothing. */
static void a_log_of_zeros_is_missed(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);

    test_zero(log.text, 0, test_size(log.text));
    storeroom_assert_refused(state, OMB_DAMAGED, "lost what it held; nothing was changed");
    test_cut(log.text, test_size(log.text));
    storeroom_assert_refused(state, OMB_DAMAGED, "had been synced");
}

static void zeros_anywhere_in_a_log_are_missed(void **state)
{
    struct test_path log = storeroom_log(state, ROWS);
    struct omb_buf bytes = test_read(log.text);

    for (off_t at = 0; at + 4096 < (off_t)bytes.size; at += 4096) {
        test_zero(log.text, at, 4096);
        storeroom_assert_refused(state, OMB_DAMAGED, "damaged");
        test_write(log.text, omb_buf_view(&bytes), 0600);
    }
    omb_buf_free(&bytes);
    omb_store_close(storeroom_reopen(state));
}

static void write_row(struct omb_store *store, uint64_t number, size_t value_size)
{
    struct omb_writes *writes = omb_writes_new();
    uint8_t *value = calloc(1, value_size), key[8];

    omb_put_be64(key, number);
    memset(value, 'v', value_size);
    omb_writes_reset(writes, omb_store_port(store));
    omb_put(writes, OMB_FAMILY_RECORD, OMB_VIEW_OF(key), omb_view(value, value_size));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_OK);
    omb_writes_free(writes);
    free(value);
}

/*
 * Batches fill the blocks of the log exactly, so that after a block of zeros the next begins with a
 * batch: RocksDB goes on there without a word. A row takes its value and 32 or 33 bytes.
 */
static struct test_path make_even_log(void **state, struct omb_store **out)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path log = storeroom_newest(state, ".log");

    write_row(store, 1, (size_t)(BLOCK - test_size(log.text)) - 33);
    assert_int_equal(test_size(log.text), BLOCK);
    for (uint64_t i = 2; i < 26; i++)
        write_row(store, i, 4096 - 32);
    assert_int_equal(test_size(log.text), 4 * BLOCK);
    *out = store;
    return log;
}

static void a_block_of_zeros_between_batches_is_missed(void **state)
{
    struct omb_store *store;
    struct test_path log = make_even_log(state, &store);

    omb_store_close(store);
    test_zero(log.text, BLOCK, BLOCK);
    storeroom_assert_refused(state, OMB_DAMAGED, "writes 3 up to 10 are missing");
    assert_int_equal(omb_store_open(((struct test_folder *)*state)->path, OMB_STORE_ACCEPT_LOSS,
                                    &store, NULL), OMB_DAMAGED);
}

static void any_of_several_logs_is_missed(void **state)
{
    struct test_path logs[LOGS];

    make_logs(state, logs);
    for (size_t i = 0; i < LOGS; i++) {
        struct omb_buf bytes = test_read(logs[i].text);

        assert_int_equal(unlink(logs[i].text), 0);
        storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
        test_write(logs[i].text, OMB_VIEW_NONE, 0600);
        storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
        test_write(logs[i].text, omb_buf_view(&bytes), 0600);
        test_zero(logs[i].text, 0, test_size(logs[i].text));
        storeroom_assert_refused(state, OMB_DAMAGED, "nothing was changed");
        test_write(logs[i].text, omb_buf_view(&bytes), 0600);
        omb_buf_free(&bytes);
    }
    omb_store_close(storeroom_reopen(state));
}

/* With a whole log before it and one behind. */
static void a_log_between_two_others_is_missed_by_its_number(void **state)
{
    struct test_path logs[LOGS];
    char words[64];

    make_logs(state, logs);
    assert_int_equal(unlink(logs[1].text), 0);
    (void)snprintf(words, sizeof(words), "Missing WAL with log number: %llu",
                   strtoull(strrchr(logs[1].text, '/') + 1, NULL, 10));
    storeroom_assert_refused(state, OMB_DAMAGED, words);
}

/* --- what was not synced --- */

static struct test_path make_unsynced_end(void **state, struct omb_buf *out_synced)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path log = storeroom_newest(state, ".log");

    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    *out_synced = test_read(log.text);
    storeroom_fill(store, OMB_FAMILY_JOURNAL, 1024, 1);
    omb_store_close(store);
    return log;
}

static void assert_synced_rows(void **state)
{
    struct omb_store *store = storeroom_reopen(state);

    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), ROWS);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_JOURNAL), 0);
    omb_store_close(store);
}

static void an_end_that_was_not_synced_may_be_cut(void **state)
{
    struct omb_buf synced;
    struct test_path log = make_unsynced_end(state, &synced);

    test_cut(log.text, test_size(log.text) - (off_t)synced.size - 100);
    assert_synced_rows(state);
    omb_buf_free(&synced);
}

/* A disk writes the pages of a file in any order before they are synced. */
static void an_end_that_was_not_synced_may_be_noise(void **state)
{
    struct omb_buf synced;
    struct test_path log = make_unsynced_end(state, &synced);

    test_write(log.text, omb_buf_view(&synced), 0600);
    add_noise(log.text);
    assert_synced_rows(state);
    omb_buf_free(&synced);
}

static void an_end_that_was_not_synced_may_be_zeros(void **state)
{
    struct omb_buf synced;
    struct test_path log = make_unsynced_end(state, &synced);

    test_zero(log.text, (off_t)synced.size, test_size(log.text) - (off_t)synced.size);
    assert_synced_rows(state);
    omb_buf_free(&synced);
}

/* A log of which nothing was whole may come back: its removal was not on the disk. */
static void a_log_that_was_done_with_may_be_there_again(void **state)
{
    struct test_path log;
    struct omb_store *store = storeroom_make(state);

    omb_store_close(store);
    omb_store_close(storeroom_reopen(state));
    log = storeroom_newest(state, ".log");
    test_write(log.text, OMB_VIEW_LIT("torn"), 0600);
    store = storeroom_reopen(state);
    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    omb_store_close(store);
    test_write(log.text, OMB_VIEW_LIT("torn"), 0600);
    assert_synced_rows(state);
}

/*
 * Logs that are done with go newest first: a process that is killed on the way leaves the oldest
 * of several, and those behind it are gone.
 */
static void the_oldest_log_that_was_done_with_may_be_left_alone(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path log = storeroom_newest(state, ".log"), copy = test_path(*state, "copy");
    struct omb_buf oldest;

    storeroom_rows(store, OMB_FAMILY_JOURNAL, 50);
    oldest = test_read(log.text);
    storeroom_rows(store, OMB_FAMILY_RECORD, 50);
    assert_int_equal(omb_store_checkpoint(store, copy.text, NULL), OMB_OK);
    storeroom_rows(store, OMB_FAMILY_CASE, ROWS);
    omb_store_close(store);
    assert_false(test_exists(log.text));
    test_write(log.text, omb_buf_view(&oldest), 0600);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 50);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), ROWS);
    omb_store_close(store);
    omb_buf_free(&oldest);
}

/* The same right after all went to table files: nothing stands in the log that was begun then. */
static void the_oldest_log_may_be_left_beside_an_empty_one(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path log = storeroom_newest(state, ".log"), copy;
    struct omb_buf oldest;

    storeroom_rows(store, OMB_FAMILY_RECORD, ROWS);
    oldest = test_read(log.text);
    storeroom_rows(store, OMB_FAMILY_CASE, ROWS);
    copy = test_path(*state, "copy");
    assert_int_equal(omb_store_checkpoint(store, copy.text, NULL), OMB_OK);
    omb_store_close(store);
    assert_int_not_equal(access(log.text, F_OK), 0);
    assert_int_equal(test_size(storeroom_newest(state, ".log").text), 0);
    test_write(log.text, omb_buf_view(&oldest), 0600);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), ROWS);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), ROWS);
    omb_store_close(store);
    omb_buf_free(&oldest);
}

/* --- the MANIFEST, and large values --- */

static void make_files(void **state)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_fill(store, OMB_FAMILY_RECORD, 1000, 12);
    storeroom_fill(store, OMB_FAMILY_PART, 16384, 12);
    storeroom_rows(store, OMB_FAMILY_JOURNAL, 3);
    omb_store_close(store);
}

static void a_manifest_that_is_shorter_is_missed(void **state)
{
    struct test_path path;
    struct omb_buf bytes;

    make_files(state);
    path = manifest(state);
    bytes = test_read(path.text);
    for (size_t cut = 1; cut < bytes.size; cut += bytes.size / 40 + 1) {
        test_write(path.text, omb_view(bytes.data, bytes.size - cut), 0600);
        storeroom_assert_refused(state, OMB_DAMAGED, "MANIFEST-");
        storeroom_assert_refused(state, OMB_DAMAGED, "office recover");
    }
    test_write(path.text, omb_buf_view(&bytes), 0600);
    omb_buf_free(&bytes);
    omb_store_close(storeroom_reopen(state));
}

/* Table files are also written when nobody syncs. */
static void what_a_manifest_said_at_the_closing_is_missed(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path copy = test_path(*state, "copy");

    storeroom_rows(store, OMB_FAMILY_RECORD, 3);
    assert_int_equal(omb_store_checkpoint(store, copy.text, NULL), OMB_OK);
    omb_store_close(store);
    test_cut(manifest(state).text, 1);
    storeroom_assert_refused(state, OMB_DAMAGED, "is shorter than what was synced");
}

static void a_manifest_that_ends_in_zeros_is_missed(void **state)
{
    struct test_path path;

    make_files(state);
    path = manifest(state);
    test_zero(path.text, test_size(path.text) / 2, test_size(path.text) - test_size(path.text) / 2);
    storeroom_assert_refused(state, OMB_DAMAGED, "MANIFEST-");
}

static void an_older_manifest_is_noticed(void **state)
{
    struct test_path path, older;
    struct omb_buf bytes, current = OMB_BUF_INIT;

    make_files(state);
    older = manifest(state);
    bytes = test_read(older.text);
    omb_store_close(storeroom_reopen(state));
    path = storeroom_newest(state, "CURRENT");
    test_write(older.text, omb_buf_view(&bytes), 0600);
    omb_buf_printf(&current, "%s\n", strrchr(older.text, '/') + 1);
    test_write(path.text, omb_buf_view(&current), 0600);
    storeroom_assert_refused(state, OMB_DAMAGED, "CURRENT names MANIFEST-");
    omb_buf_free(&current);
    omb_buf_free(&bytes);
}

/* What a daemon does that ends at this moment: a name that was replaced was read just before. */
static void *replace_current(void *arg)
{
    const struct test_path *current = arg;
    struct test_path aside;
    int fd;

    (void)snprintf(aside.text, sizeof(aside.text), "%.500s.aside", current->text);
    fd = open(current->text, O_WRONLY); /* when it is opened for reading */
    OMB_ASSERT(fd >= 0 && rename(aside.text, current->text) == 0);
    OMB_ASSERT(write(fd, "MANIFEST-000001\n", 16) == 16 && close(fd) == 0);
    return NULL;
}

static void a_store_that_changed_while_it_was_looked_at_is_looked_at_again(void **state)
{
    struct test_path current, aside;
    pthread_t daemon;

    make_files(state);
    current = storeroom_newest(state, "CURRENT");
    (void)snprintf(aside.text, sizeof(aside.text), "%.500s.aside", current.text);
    assert_int_equal(rename(current.text, aside.text), 0);
    assert_int_equal(mkfifo(current.text, 0600), 0);
    assert_int_equal(pthread_create(&daemon, NULL, replace_current, &current), 0);
    omb_store_close(storeroom_reopen(state));
    assert_int_equal(pthread_join(daemon, NULL), 0);
}

static void a_large_value_that_is_gone_is_missed_at_the_start(void **state)
{
    struct test_path blob;

    make_files(state);
    blob = storeroom_newest(state, ".blob");
    test_cut(blob.text, 100);
    storeroom_assert_refused(state, OMB_DAMAGED, "blob files (*.blob)");
    assert_int_equal(unlink(blob.text), 0);
    storeroom_assert_refused(state, OMB_DAMAGED, "blob files (*.blob)");
}

/* --- the note itself --- */

static void a_note_that_is_gone_or_unreadable_is_made_anew(void **state)
{
    struct test_path log = storeroom_log(state, ROWS), note = storeroom_newest(state, "SYNCED");
    const off_t size = test_size(note.text);

    assert_int_equal(unlink(note.text), 0);
    omb_store_close(storeroom_reopen(state));
    test_damage(note.text, 10);
    omb_store_close(storeroom_reopen(state));
    test_zero(note.text, 0, size);
    omb_store_close(storeroom_reopen(state));
    test_cut(note.text, 20);
    omb_store_close(storeroom_reopen(state));
    assert_int_equal(test_size(note.text), size);
    (void)log;
}

static void it_goes_along_with_a_copy_of_the_folder(void **state)
{
    struct test_path log = storeroom_log(state, ROWS), note = storeroom_newest(state, "SYNCED");
    struct omb_buf before = test_read(note.text), later;
    struct omb_store *store = storeroom_reopen(state);

    storeroom_rows(store, OMB_FAMILY_CASE, 5);
    omb_store_close(store);
    later = test_read(note.text);
    assert_int_equal(before.size, later.size);
    assert_memory_not_equal(before.data, later.data, before.size);
    omb_buf_free(&before);
    omb_buf_free(&later);
    (void)log;
}

/* Writing over takes room on some filesystems: that is a disk that is full, and no other fault. */
static void a_note_for_which_there_is_no_room_is_told_as_such(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_synced_note *note;
    struct omb_synced said;
    struct omb_error err = {.words = ""};

    power_on();
    assert_int_equal(omb_synced_begin(folder->path, 7, &note, NULL), OMB_OK);
    power_fill(true);
    assert_int_equal(omb_synced_note(note, 8, &err), OMB_FULL);
    assert_non_null(strstr(err.words, "no space is left for the store"));
    assert_non_null(strstr(err.words, "SYNCED: No space left on device"));
    power_fill(false);
    assert_int_equal(omb_synced_note(note, 9, NULL), OMB_OK);
    omb_synced_end(note);
    omb_synced_read(folder->path, &said);
    assert_int_equal(said.write, 9);
    assert_int_equal(said.opened, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(a_synced_end_that_was_cut_is_missed),
        STOREROOM_TEST(a_log_cut_between_two_batches_is_missed),
        STOREROOM_TEST(a_log_of_zeros_is_missed),
        STOREROOM_TEST(zeros_anywhere_in_a_log_are_missed),
        STOREROOM_TEST(a_block_of_zeros_between_batches_is_missed),
        STOREROOM_TEST(any_of_several_logs_is_missed),
        STOREROOM_TEST(a_log_between_two_others_is_missed_by_its_number),
        STOREROOM_TEST(an_end_that_was_not_synced_may_be_cut),
        STOREROOM_TEST(an_end_that_was_not_synced_may_be_noise),
        STOREROOM_TEST(an_end_that_was_not_synced_may_be_zeros),
        STOREROOM_TEST(a_log_that_was_done_with_may_be_there_again),
        STOREROOM_TEST(the_oldest_log_that_was_done_with_may_be_left_alone),
        STOREROOM_TEST(the_oldest_log_may_be_left_beside_an_empty_one),
        STOREROOM_TEST(a_manifest_that_is_shorter_is_missed),
        STOREROOM_TEST(what_a_manifest_said_at_the_closing_is_missed),
        STOREROOM_TEST(a_manifest_that_ends_in_zeros_is_missed),
        STOREROOM_TEST(an_older_manifest_is_noticed),
        STOREROOM_TEST(a_store_that_changed_while_it_was_looked_at_is_looked_at_again),
        STOREROOM_TEST(a_large_value_that_is_gone_is_missed_at_the_start),
        STOREROOM_TEST(a_note_that_is_gone_or_unreadable_is_made_anew),
        STOREROOM_TEST(it_goes_along_with_a_copy_of_the_folder),
        STOREROOM_TEST(a_note_for_which_there_is_no_room_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
