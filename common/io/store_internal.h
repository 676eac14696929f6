/*
 * What the files of the store share: its parts, how it is set up, and how RocksDB's sentences
 * become ours. Nothing outside store*.c includes this.
 */
#ifndef OMB_IO_STORE_INTERNAL_H
#define OMB_IO_STORE_INTERNAL_H

#include <rocksdb/c.h>

#include "io/store.h"
#include "io/store_synced.h"

/* RocksDB insists on a family of its own, "default", behind ours; it stays empty. */
enum { STORE_DEFAULT_FAMILY = OMB_FAMILY_COUNT, STORE_FAMILY_COUNT };

/* What to do about damage that more is lost by than the last writes. */
#define STORE_WAY_OUT                                                                             \
    "copy the folder away, then restore a backup or recover the office from the one above it "    \
    "(`ombud office recover`)"

struct omb_store {
    char path[4096]; /* of the folder db */
    bool many;       /* what many offices write is taken */
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[STORE_FAMILY_COUNT];
    rocksdb_readoptions_t *reading;
    rocksdb_writeoptions_t *synced, *unsynced;
    rocksdb_writebatch_t *batch; /* kept, so that its memory is */
    struct omb_synced_note *note;
    bool gave_up; /* at the opening */
    uint64_t given_up;
    _Atomic uint64_t stalls; /* the thread that syncs counts, too */
    struct omb_port port;
    struct omb_error failure; /* the first that ended the store's service; rc OMB_OK until then */
};

/* How RocksDB is to run; given to it at opening and freed right after. */
struct omb_store_options {
    rocksdb_options_t *families[STORE_FAMILY_COUNT];
    rocksdb_options_t *database;
};

enum omb_store_way {
    STORE_CREATE,
    STORE_WHOLE,     /* damage in a write-ahead log is refused, but for an end that is not whole */
    STORE_TO_DAMAGE, /* a write-ahead log counts up to its first damage */
    STORE_LOOK,      /* nothing is written */
    STORE_PEEK,      /* the same, and a write-ahead log counts up to its first damage */
};

/* `many`: the memory of a hub. */
enum omb_rc omb_store_options_make(enum omb_store_way way, bool many,
                                   struct omb_store_options *out,
                                   struct omb_error *err) OMB_MUST_USE;
void omb_store_options_free(struct omb_store_options *options);
const char *omb_store_family_word(int family);

/* What was found in the store's folder before RocksDB opens it. */
struct omb_store_looked {
    enum omb_store_way way;
    struct omb_synced synced;
    char newest_log[32];
    bool unsure; /* the tables alone say whether all that was synced is there */
    bool lost;            /* something that was synced is given up, as was asked for */
    uint64_t lost_writes; /* 0: not known how many */
};

enum omb_rc omb_store_expect_room(const char *path, uint64_t log_bytes,
                                  struct omb_error *err) OMB_MUST_USE;
/*
 * Before the opening: whether all is there that was synced, as far as it shows from outside. It
 * changes nothing. OMB_DAMAGED, OMB_NOT_FOUND, OMB_FULL, OMB_BUSY, OMB_IO.
 */
enum omb_rc omb_store_look(const char *path, enum omb_store_mode mode, struct omb_store_looked *out,
                           struct omb_error *err) OMB_MUST_USE;
/* Of a store that shows writes up to `reached`, opened for looking only. OMB_DAMAGED. */
enum omb_rc omb_store_expect_synced(const char *path, const struct omb_store_looked *looked,
                                    uint64_t reached, struct omb_error *err) OMB_MUST_USE;
/* After it: the same by what RocksDB found. */
enum omb_rc omb_store_look_again(struct omb_store *store, enum omb_store_mode mode,
                                 struct omb_store_looked *looked,
                                 struct omb_error *err) OMB_MUST_USE;
/* All that was written goes to table files, and needs no log. OMB_FULL, OMB_IO, OMB_DAMAGED. */
enum omb_rc omb_store_flush(struct omb_store *store, struct omb_error *err) OMB_MUST_USE;
/* OMB_DAMAGED, where only the end of the writes is lost: it can be gone on without. */
enum omb_rc omb_store_refuse_log(const char *path, const char *why,
                                 struct omb_error *err) OMB_MUST_USE;

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
