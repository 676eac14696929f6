#include "support/storeroom.h"

#include "unit/unit.h"

struct omb_store *storeroom_open(const char *dir, enum omb_store_mode mode)
{
    struct omb_store *store = NULL;
    struct omb_error err = {.words = ""};

    if (omb_store_open(dir, mode, &store, &err) != OMB_OK)
        fail_msg("the store does not open: %s", err.words);
    return store;
}

static void commit_row(struct omb_store *store, enum omb_family family, uint64_t number,
                       struct omb_view value, bool sync)
{
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {.words = ""};
    uint8_t key[8];

    omb_put_be64(key, number);
    omb_writes_reset(writes, omb_store_port(store));
    omb_put(writes, family, OMB_VIEW_OF(key), value);
    if (omb_store_commit(store, writes, sync, &err) != OMB_OK)
        fail_msg("the commit failed: %s", err.words);
    omb_writes_free(writes);
}

static void small_row(struct omb_store *store, enum omb_family family, uint64_t number, bool sync)
{
    uint8_t value[300];

    memset(value, 'v', sizeof(value));
    commit_row(store, family, number, OMB_VIEW_OF(value), sync);
}

void storeroom_rows(struct omb_store *store, enum omb_family family, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++)
        small_row(store, family, i, true);
}

void storeroom_unsynced(struct omb_store *store, enum omb_family family, uint64_t number)
{
    small_row(store, family, number, false);
}

enum omb_rc storeroom_count_row(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    ++*(uint64_t *)arg;
    return OMB_OK;
}

uint64_t storeroom_count(const struct omb_store *store, enum omb_family family)
{
    uint64_t rows = 0;

    assert_int_equal(omb_port_scan(omb_store_port(store), family, OMB_VIEW_NONE, OMB_VIEW_NONE,
                                   false, storeroom_count_row, &rows), OMB_OK);
    return rows;
}

void storeroom_fill(struct omb_store *store, enum omb_family family, size_t value_size, size_t mib)
{
    struct omb_buf value = OMB_BUF_INIT;
    uint64_t count = mib * 1024 * 1024 / value_size;

    for (uint64_t i = 1; i <= count; i++) {
        omb_buf_clear(&value);
        while (value.size < value_size)
            omb_buf_add_be64(&value, (i + value.size) * UINT64_C(0x9e3779b97f4a7c15));
        commit_row(store, family, i, omb_buf_view(&value), false);
    }
    omb_buf_free(&value);
}

int storeroom_setup(void **state)
{
    static struct test_folder folder;

    folder = test_folder_make();
    *state = &folder;
    return 0;
}

int storeroom_teardown(void **state)
{
    test_folder_remove(*state);
    return 0;
}

struct omb_store *storeroom_make(void **state)
{
    return storeroom_open(((struct test_folder *)*state)->path, OMB_STORE_CREATE);
}

struct omb_store *storeroom_reopen(void **state)
{
    return storeroom_open(((struct test_folder *)*state)->path, OMB_STORE_OPEN);
}

void storeroom_assert_refused(void **state, enum omb_rc rc, const char *word)
{
    const struct test_folder *folder = *state;
    struct omb_store *store = NULL;
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_store_open(folder->path, OMB_STORE_OPEN, &store, &err), rc);
    assert_null(store);
    if (!strstr(err.words, word))
        fail_msg("\"%s\" is not in: %s", word, err.words);
}

struct test_path storeroom_newest(void **state, const char *end)
{
    struct test_path files[STOREROOM_FILES];
    const size_t count = test_list(*state, "db", end, files, STOREROOM_FILES);

    assert_in_range(count, 1, STOREROOM_FILES);
    return files[count - 1];
}

struct test_path storeroom_log(void **state, uint64_t count)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_rows(store, OMB_FAMILY_RECORD, count);
    omb_store_close(store);
    return storeroom_newest(state, ".log");
}
