/*
 * What the files of the store share: its parts, how it is set up, and how RocksDB's sentences
 * become ours. Nothing outside store*.c includes this.
 */
#ifndef OMB_IO_STORE_INTERNAL_H
#define OMB_IO_STORE_INTERNAL_H

#include <rocksdb/c.h>

#include "io/store.h"

/* RocksDB insists on a family of its own, "default", behind ours; it stays empty. */
enum { STORE_DEFAULT_FAMILY = OMB_FAMILY_COUNT, STORE_FAMILY_COUNT };

struct omb_store {
    char path[4096]; /* of the folder db */
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[STORE_FAMILY_COUNT];
    rocksdb_readoptions_t *reading;
    rocksdb_writeoptions_t *synced, *unsynced;
    rocksdb_writebatch_t *batch; /* kept, so that its memory is */
    struct omb_port port;
    struct omb_error failure; /* the first that ended the store's service; rc OMB_OK until then */
};

/* How RocksDB is to run; given to it at opening and freed right after. */
struct omb_store_options {
    rocksdb_options_t *families[STORE_FAMILY_COUNT];
    rocksdb_options_t *database;
};

enum omb_rc omb_store_options_make(bool create, struct omb_store_options *out,
                                   struct omb_error *err) OMB_MUST_USE;
void omb_store_options_free(struct omb_store_options *options);
const char *omb_store_family_word(int family);

/*
 * The one place that reads RocksDB's sentences. Takes over `take_message`. A store that failed
 * while it was `opening` was left as it is.
 */
enum omb_rc omb_store_translate(const char *path, char *take_message, bool opening,
                                struct omb_error *err) OMB_MUST_USE;
/* The same, and from then on the store only repeats it. */
enum omb_rc omb_store_broke(struct omb_store *store, char *take_message,
                            struct omb_error *err) OMB_MUST_USE;

#endif
