#include "io/store_internal.h"

/*
 * Of another thread: it touches nothing of the store but the database, which allows that. What lies
 * in memory goes to table files first (0: however little it is), so that the copy has no
 * write-ahead log with rows in it.
 */
enum omb_rc omb_store_checkpoint(struct omb_store *store, const char *to, struct omb_error *err)
{
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(store->db, &message);

    if (!message)
        rocksdb_checkpoint_create(checkpoint, to, 0, &message);
    if (checkpoint)
        rocksdb_checkpoint_object_destroy(checkpoint);
    return message ? omb_store_translate(store->path, message, false, err) : OMB_OK;
}
