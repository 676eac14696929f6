#include "io/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "io/officedir.h"
#include "io/store_internal.h"

#define SCHEMA_KEY OMB_VIEW_LIT("schema")

enum { STALL_MS = 1000 }; /* as proto/link.proto says */

/* Above this a batch's memory is given back after the commit. */
enum { BATCH_KEPT = 1 << 20 };

/* --- reading: the port --- */

static enum omb_rc get(void *ctx, enum omb_family family, struct omb_view key, struct omb_buf *out)
{
    struct omb_store *store = ctx;
    char *message = NULL;
    rocksdb_pinnableslice_t *slice =
        rocksdb_get_pinned_cf(store->db, store->reading, store->families[family],
                              (const char *)key.data, key.size, &message);
    size_t size;
    const char *value;

    if (message)
        return omb_store_broke(store, message, NULL);
    if (!slice)
        return OMB_NOT_FOUND;
    value = rocksdb_pinnableslice_value(slice, &size);
    omb_buf_clear(out);
    omb_buf_add(out, value, size);
    rocksdb_pinnableslice_destroy(slice);
    return OMB_OK;
}

static enum omb_rc visit(struct omb_store *store, rocksdb_iterator_t *rows, bool backwards,
                         omb_row_fn *fn, void *arg)
{
    enum omb_rc rc = OMB_OK;
    char *message = NULL;

    if (backwards)
        rocksdb_iter_seek_to_last(rows);
    else
        rocksdb_iter_seek_to_first(rows);
    while (rc == OMB_OK && rocksdb_iter_valid(rows)) {
        size_t key_size, value_size;
        const char *key = rocksdb_iter_key(rows, &key_size);
        const char *value = rocksdb_iter_value(rows, &value_size);

        rc = fn(arg, omb_view(key, key_size), omb_view(value, value_size));
        if (rc != OMB_OK)
            break;
        if (backwards)
            rocksdb_iter_prev(rows);
        else
            rocksdb_iter_next(rows);
    }
    rocksdb_iter_get_error(rows, &message);
    if (message)
        return omb_store_broke(store, message, NULL);
    return rc == OMB_STOP ? OMB_OK : rc;
}

static enum omb_rc scan(void *ctx, enum omb_family family, struct omb_view from,
                        struct omb_view until, bool backwards, omb_row_fn *fn, void *arg)
{
    struct omb_store *store = ctx;
    rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
    rocksdb_iterator_t *rows;
    enum omb_rc rc;

    if (from.size > 0)
        rocksdb_readoptions_set_iterate_lower_bound(reading, (const char *)from.data, from.size);
    if (until.size > 0)
        rocksdb_readoptions_set_iterate_upper_bound(reading, (const char *)until.data, until.size);
    rows = rocksdb_create_iterator_cf(store->db, reading, store->families[family]);
    rc = visit(store, rows, backwards, fn, arg);
    rocksdb_iter_destroy(rows);
    rocksdb_readoptions_destroy(reading);
    return rc;
}

const struct omb_port *omb_store_port(const struct omb_store *store)
{
    return &store->port;
}

/* --- writing --- */

static enum omb_rc add_to_batch(void *arg, enum omb_family family, struct omb_view key,
                                struct omb_view value)
{
    struct omb_store *store = arg;

    if (value.data)
        rocksdb_writebatch_put_cf(store->batch, store->families[family], (const char *)key.data,
                                  key.size, (const char *)value.data, value.size);
    else
        rocksdb_writebatch_delete_cf(store->batch, store->families[family],
                                     (const char *)key.data, key.size);
    return OMB_OK;
}

static enum omb_rc repeat_failure(const struct omb_store *store, struct omb_error *err)
{
    if (err)
        *err = store->failure;
    return store->failure.rc;
}

static void empty_batch(struct omb_store *store)
{
    size_t size;

    (void)rocksdb_writebatch_data(store->batch, &size);
    if (size <= BATCH_KEPT) {
        rocksdb_writebatch_clear(store->batch);
        return;
    }
    rocksdb_writebatch_destroy(store->batch);
    store->batch = rocksdb_writebatch_create();
}

static void note_stall(struct omb_store *store, int64_t began)
{
    store->stalls += omb_clock_monotonic_ms() - began >= STALL_MS;
}

static enum omb_rc write_batch(struct omb_store *store, bool sync, struct omb_error *err)
{
    const int64_t began = omb_clock_monotonic_ms();
    char *message = NULL;

    rocksdb_write(store->db, sync ? store->synced : store->unsynced, store->batch, &message);
    note_stall(store, began);
    empty_batch(store);
    return message ? omb_store_broke(store, message, err) : OMB_OK;
}

enum omb_rc omb_store_commit(struct omb_store *store, const struct omb_writes *writes, bool sync,
                             struct omb_error *err)
{
    enum omb_rc rc;

    if (store->failure.rc != OMB_OK)
        return repeat_failure(store, err);
    rc = omb_writes_each(writes, add_to_batch, store);
    OMB_ASSERT(rc == OMB_OK);
    rc = write_batch(store, sync, err);
    if (rc == OMB_OK && sync)
        rc = omb_synced_note(store->note, rocksdb_get_latest_sequence_number(store->db), err);
    return rc;
}

uint64_t omb_store_stalls(const struct omb_store *store)
{
    return store->stalls;
}

/* Of another thread: it touches the database, the note and the count alone, which allow that. */
enum omb_rc omb_store_sync(struct omb_store *store, struct omb_error *err)
{
    const uint64_t write = rocksdb_get_latest_sequence_number(store->db);
    const int64_t began = omb_clock_monotonic_ms();
    char *message = NULL;

    rocksdb_flush_wal(store->db, 1, &message);
    note_stall(store, began);
    return message ? omb_store_translate(store->path, message, false, err)
                   : omb_synced_note(store->note, write, err);
}

enum omb_rc omb_store_health(struct omb_store *store, struct omb_error *err)
{
    uint64_t errors = 0;

    if (store->failure.rc != OMB_OK)
        return repeat_failure(store, err);
    if (rocksdb_property_int(store->db, "rocksdb.background-errors", &errors) != 0 || errors == 0)
        return OMB_OK;
    /* Only a write is told what happened in the background; this one is empty. */
    if (write_batch(store, false, err) != OMB_OK)
        return store->failure.rc;
    store->failure.rc = omb_fail(&store->failure, OMB_IO, NULL,
                                 "the store %.200s met an error while it tidied its files; the "
                                 "file LOG in it says more", store->path);
    return repeat_failure(store, err);
}

/* --- opening and closing --- */

/* RocksDB names every file that it finds damaged but a write-ahead log. */
static enum omb_rc refuse_opening(const char *path, char *take_message, struct omb_error *err)
{
    bool nameless = strncmp(take_message, "Corruption", 10) == 0 && !strchr(take_message, '/') &&
                    !strstr(take_message, "WAL") && !strstr(take_message, "CURRENT");
    char why[160];

    if (!nameless)
        return omb_store_translate(path, take_message, true, err);
    (void)snprintf(why, sizeof(why), "a write-ahead log (*.log) in it: %s", take_message);
    rocksdb_free(take_message);
    return omb_store_refuse_log(path, why, err);
}

static enum omb_rc open_database(struct omb_store *store, enum omb_store_way way,
                                 struct omb_error *err)
{
    struct omb_store_options options;
    const char *names[STORE_FAMILY_COUNT];
    char *message = NULL;
    enum omb_rc rc = omb_store_options_make(way, store->many, &options, err);

    if (rc != OMB_OK)
        return rc;
    for (int i = 0; i < STORE_FAMILY_COUNT; i++)
        names[i] = omb_store_family_word(i);
    if (way == STORE_LOOK || way == STORE_PEEK)
        store->db = rocksdb_open_for_read_only_column_families(
            options.database, store->path, STORE_FAMILY_COUNT, names,
            (const rocksdb_options_t *const *)options.families, store->families, 0, &message);
    else
        store->db = rocksdb_open_column_families(
            options.database, store->path, STORE_FAMILY_COUNT, names,
            (const rocksdb_options_t *const *)options.families, store->families, &message);
    omb_store_options_free(&options);
    return message ? refuse_opening(store->path, message, err) : OMB_OK;
}

static enum omb_rc write_schema(struct omb_store *store, struct omb_error *err)
{
    uint8_t schema[4];
    enum omb_rc rc;

    omb_put_be32(schema, OMB_STORE_SCHEMA);
    rc = add_to_batch(store, OMB_FAMILY_META, SCHEMA_KEY, OMB_VIEW_OF(schema));
    OMB_ASSERT(rc == OMB_OK);
    return write_batch(store, true, err);
}

static enum omb_rc check_schema(struct omb_store *store, struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = get(store, OMB_FAMILY_META, SCHEMA_KEY, &value);
    uint32_t schema = rc == OMB_OK && value.size == 4 ? omb_be32(value.data) : 0;

    omb_buf_free(&value);
    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return repeat_failure(store, err);
    if (schema > OMB_STORE_SCHEMA)
        return omb_fail(err, OMB_LATER, "schema",
                        "the store %.200s has schema %u, which a later version of this program "
                        "wrote; this one knows schemas up to %u", store->path, (unsigned)schema,
                        (unsigned)OMB_STORE_SCHEMA);
    if (schema == 0)
        return omb_fail(err, OMB_DAMAGED, "schema",
                        "the store %.200s says no schema: it was not created to the end, or is "
                        "another program's; nothing was changed", store->path);
    return OMB_OK;
}

static enum omb_rc make_folder(const char *path, struct omb_error *err)
{
    if (mkdir(path, 0700) == 0)
        return omb_name_sync(path, err);
    return omb_fail(err, errno == EEXIST ? OMB_EXISTS : omb_file_rc(errno), NULL,
                    "the folder %.200s cannot be made: %s", path, strerror(errno));
}

/* What a failed creation leaves is of no use, and in the way of the next. */
static void remove_halfway(const char *path)
{
    rocksdb_options_t *options = rocksdb_options_create();
    char *message = NULL;

    rocksdb_destroy_db(options, path, &message);
    rocksdb_free(message);
    rocksdb_options_destroy(options);
    omb_synced_remove(path);
    (void)rmdir(path);
}

static void close_database(struct omb_store *store)
{
    if (!store->db)
        return;
    for (int i = 0; i < STORE_FAMILY_COUNT; i++)
        rocksdb_column_family_handle_destroy(store->families[i]);
    rocksdb_close(store->db);
    store->db = NULL;
}

static struct omb_store *new_store(const char *dir)
{
    struct omb_store *store = calloc(1, sizeof(*store));
    int size;

    OMB_ASSERT(store != NULL);
    size = snprintf(store->path, sizeof(store->path), "%s/db", dir);
    if (size < 0 || (size_t)size >= sizeof(store->path)) {
        free(store);
        return NULL;
    }
    store->reading = rocksdb_readoptions_create();
    store->synced = rocksdb_writeoptions_create();
    store->unsynced = rocksdb_writeoptions_create();
    store->batch = rocksdb_writebatch_create();
    rocksdb_writeoptions_set_sync(store->synced, 1);
    store->port = (struct omb_port){.ctx = store, .get = get, .scan = scan};
    /* Of this thread, which reads and commits: nobody asks how often keys were compared. */
    rocksdb_set_perf_level(rocksdb_disable);
    return store;
}

/*
 * Of a store of which all lies in table files, which were synced: an opening puts there what it
 * replays, and what is written before the note goes there, too.
 */
static enum omb_rc begin_note(struct omb_store *store, struct omb_error *err)
{
    return omb_synced_begin(store->path, rocksdb_get_latest_sequence_number(store->db),
                             &store->note, err);
}

static enum omb_rc create(struct omb_store *store, struct omb_error *err)
{
    enum omb_rc rc = make_folder(store->path, err);

    if (rc != OMB_OK)
        return rc;
    rc = omb_store_expect_room(store->path, 0, err);
    if (rc == OMB_OK)
        rc = open_database(store, STORE_CREATE, err);
    if (rc == OMB_OK)
        rc = write_schema(store, err);
    if (rc == OMB_OK)
        rc = omb_store_flush(store, err);
    if (rc == OMB_OK)
        rc = begin_note(store, err);
    if (rc != OMB_OK) {
        close_database(store);
        remove_halfway(store->path);
    }
    return rc;
}

bool omb_store_gave_up(const struct omb_store *store, uint64_t *out_writes)
{
    *out_writes = store->given_up;
    return store->gave_up;
}

/* Whether it was noted, and the process ended before its note of what was synced was begun anew. */
static enum omb_rc find_loss(struct omb_store *store, const struct omb_store_looked *looked,
                             bool *out_noted, struct omb_error *err)
{
    const struct omb_synced *synced = &looked->synced;
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc = get(store, OMB_FAMILY_META, OMB_VIEW_LIT(OMB_META_LOSS), &value);
    uint64_t writes;

    *out_noted = false;
    if (rc == OMB_OK && value.size == OMB_META_LOSS_SIZE) {
        writes = omb_be64(value.data + 8);
        *out_noted = writes > 0 && omb_be64(value.data + 16) == synced->write &&
                     synced->opened <= synced->write - writes;
        if (*out_noted)
            store->given_up = writes;
    }
    omb_buf_free(&value);
    return rc == OMB_OK || rc == OMB_NOT_FOUND ? OMB_OK : repeat_failure(store, err);
}

/* Before the note of what was synced is begun anew: after that the loss cannot be seen. */
static enum omb_rc note_loss(struct omb_store *store, const struct omb_store_looked *looked,
                             struct omb_error *err)
{
    uint8_t value[OMB_META_LOSS_SIZE];
    bool noted;
    enum omb_rc rc = find_loss(store, looked, &noted, err);

    store->gave_up = true;
    if (rc != OMB_OK || noted)
        return rc;
    store->given_up = looked->lost_writes;
    omb_put_be64(value, (uint64_t)omb_clock_wall_ms());
    omb_put_be64(value + 8, looked->lost_writes);
    omb_put_be64(value + 16, looked->synced.write);
    rc = add_to_batch(store, OMB_FAMILY_META, OMB_VIEW_LIT(OMB_META_LOSS), OMB_VIEW_OF(value));
    OMB_ASSERT(rc == OMB_OK);
    rc = write_batch(store, true, err);
    return rc == OMB_OK ? omb_store_flush(store, err) : rc;
}

/* Whether what was synced is there is found out before an opening changes anything. */
static enum omb_rc peek(struct omb_store *store, const struct omb_store_looked *looked,
                        struct omb_error *err)
{
    enum omb_rc rc = open_database(store, STORE_PEEK, err);
    uint64_t reached;

    if (rc != OMB_OK)
        return rc;
    reached = rocksdb_get_latest_sequence_number(store->db);
    close_database(store);
    return omb_store_expect_synced(store->path, looked, reached, err);
}

static enum omb_rc open_existing(struct omb_store *store, enum omb_store_mode mode,
                                 struct omb_error *err)
{
    struct omb_store_looked looked;
    enum omb_rc rc = omb_store_look(store->path, mode, &looked, err);

    if (rc == OMB_OK && looked.unsure)
        rc = peek(store, &looked, err);
    if (rc == OMB_OK)
        rc = open_database(store, looked.way, err);
    if (rc == OMB_OK)
        rc = omb_store_look_again(store, mode, &looked, err);
    if (rc == OMB_OK)
        rc = check_schema(store, err);
    if (rc == OMB_OK && looked.lost)
        rc = note_loss(store, &looked, err);
    return rc == OMB_OK && mode != OMB_STORE_LOOK ? begin_note(store, err) : rc;
}

enum omb_rc omb_store_open(const char *dir, enum omb_store_mode mode, struct omb_store **out,
                           struct omb_error *err)
{
    struct omb_store *store = new_store(dir);
    enum omb_rc rc;

    if (!store)
        return omb_fail(err, OMB_LIMIT, NULL, "the path of the office's folder is too long");
    store->many = mode == OMB_STORE_HUB;
    rc = mode == OMB_STORE_CREATE ? create(store, err) : open_existing(store, mode, err);
    if (rc != OMB_OK) {
        omb_store_close(store);
        return rc;
    }
    *out = store;
    return OMB_OK;
}

void omb_store_close(struct omb_store *store)
{
    if (!store)
        return;
    close_database(store);
    omb_synced_end(store->note);
    rocksdb_writebatch_destroy(store->batch);
    rocksdb_writeoptions_destroy(store->unsynced);
    rocksdb_writeoptions_destroy(store->synced);
    rocksdb_readoptions_destroy(store->reading);
    free(store);
}
