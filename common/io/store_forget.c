#include "io/store_internal.h"

/* Rows are forgotten one by one; one table file is rewritten in each level that holds the key. */
static enum omb_rc forget_row(void *arg, enum omb_family family, struct omb_view key,
                              struct omb_view value)
{
    struct omb_store *store = arg;
    const char *at = (const char *)key.data;
    bool holds_words = family == OMB_FAMILY_PART || family == OMB_FAMILY_KEY ||
                       family == OMB_FAMILY_INDEX;

    if (holds_words && !value.data)
        rocksdb_compact_range_cf(store->db, store->families[family], at, key.size, at, key.size);
    return OMB_OK;
}

/* A log is dropped when the rows of all families in it lie in tables. */
enum omb_rc omb_store_flush(struct omb_store *store, struct omb_error *err)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    char *message = NULL;

    rocksdb_flushoptions_set_wait(options, 1);
    for (int i = 0; i < STORE_FAMILY_COUNT && !message; i++)
        rocksdb_flush_cf(store->db, options, store->families[i], &message);
    rocksdb_flushoptions_destroy(options);
    return message ? omb_store_broke(store, message, err) : OMB_OK;
}

enum omb_rc omb_store_forget(struct omb_store *store, const struct omb_writes *writes,
                             struct omb_error *err)
{
    enum omb_rc rc = omb_store_flush(store, err);

    if (rc == OMB_OK)
        rc = omb_writes_each(writes, forget_row, store);
    /* The interface in C does not say how a compaction ended. */
    if (rc == OMB_OK)
        rc = omb_store_health(store, err);
    return rc;
}
