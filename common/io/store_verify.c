#include <stdio.h>

#include "base/ids.h"
#include "io/store_internal.h"

/* The bytes of a key that an error shows: enough to find the row, too few to be one's secret. */
enum { KEY_SHOWN = 20 };

static uint64_t number(struct omb_store *store, int family, const char *property)
{
    uint64_t value = 0;

    if (rocksdb_property_int_cf(store->db, store->families[family], property, &value) != 0)
        return 0;
    return value;
}

size_t omb_store_sizes(struct omb_store *store, struct omb_family_size out[OMB_FAMILY_COUNT])
{
    for (int i = 0; i < OMB_FAMILY_COUNT; i++) {
        out[i].family = omb_store_family_word(i);
        out[i].rows = number(store, i, "rocksdb.estimate-num-keys");
        out[i].bytes = number(store, i, "rocksdb.total-sst-files-size") +
                       number(store, i, "rocksdb.total-blob-file-size") +
                       number(store, i, "rocksdb.size-all-mem-tables");
    }
    return OMB_FAMILY_COUNT;
}

/* The last row that could be read: the damage lies right behind it. */
static void name_place(const char *family, const struct omb_buf *key, struct omb_error *err)
{
    char hex[2 * KEY_SHOWN + 1], prefix[128];

    omb_hex(omb_view(key->data, key->size < KEY_SHOWN ? key->size : KEY_SHOWN), hex);
    if (key->size > 0)
        (void)snprintf(prefix, sizeof(prefix), "family %s, behind key %s", family, hex);
    else
        (void)snprintf(prefix, sizeof(prefix), "family %s, at its beginning", family);
    (void)omb_fail_within(err, prefix);
}

static enum omb_rc verify_family(struct omb_store *store, int family,
                                 const rocksdb_readoptions_t *reading, struct omb_error *err)
{
    rocksdb_iterator_t *rows =
        rocksdb_create_iterator_cf(store->db, reading, store->families[family]);
    struct omb_buf last = OMB_BUF_INIT;
    char *message = NULL;
    enum omb_rc rc = OMB_OK;

    for (rocksdb_iter_seek_to_first(rows); rocksdb_iter_valid(rows); rocksdb_iter_next(rows)) {
        size_t size;
        const char *key = rocksdb_iter_key(rows, &size);

        omb_buf_clear(&last);
        omb_buf_add(&last, key, size);
    }
    rocksdb_iter_get_error(rows, &message);
    rocksdb_iter_destroy(rows);
    if (message) {
        rc = omb_store_broke(store, message, err);
        if (err)
            name_place(omb_store_family_word(family), &last, err);
    }
    omb_buf_free(&last);
    return rc;
}

enum omb_rc omb_store_verify(struct omb_store *store, struct omb_error *err)
{
    rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
    enum omb_rc rc = OMB_OK;

    rocksdb_readoptions_set_verify_checksums(reading, 1);
    rocksdb_readoptions_set_fill_cache(reading, 0);
    for (int i = 0; rc == OMB_OK && i < STORE_FAMILY_COUNT; i++)
        rc = verify_family(store, i, reading, err);
    rocksdb_readoptions_destroy(reading);
    return rc;
}
