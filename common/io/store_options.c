#include <string.h>

#include "base/assert.h"
#include "io/store_internal.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/*
 * Every family has an arena of its own, so arena blocks are small; buffers, and the blocks, indexes
 * and filters that were read, are each held down by one bound over all families.
 */
#define ARENA_BLOCK (16 * KIB)
#define BLOCK_CACHE (4 * MIB)
#define TABLE_FILE (4 * MIB)
#define LEVEL_BASE (16 * MIB)
#define BLOB_FILE (16 * MIB)
#define MEMORY_FILTER 0.02 /* of a write buffer: 80 KiB, of a hub's 160 */
#define BLOB_FROM (4 * KIB)
#define FILE_BUFFER (64 * KIB)
#define MANIFEST_STEP (64 * KIB)
#define MANIFEST_FILE (4 * MIB)

enum {
    OPEN_FILES = 128,
    BITS_PER_KEY = 10,
    GATHERED_FILES = 10,
    INFO_LOG_FATAL = 4,
    /* Not the default, which drops acknowledged writes behind damage without a word. */
    RECOVERY_TOLERATES_TORN_TAIL = 0,
    RECOVERY_UP_TO_DAMAGE = 2,
};

/*
 * Not in the C interface. Write-ahead logs that were closed are listed with their sizes, so that
 * one that is missing or cut is seen. After an error nothing resumes by itself. (What a start
 * replays is written to files at once, the default: a log kept over a start would not be on that
 * list.)
 */
#define MORE_OPTIONS "track_and_verify_wals_in_manifest=true;max_bgerror_resume_count=0"

struct buffers {
    size_t one, all; /* of a family, of all of them */
    uint64_t log;    /* write-ahead logs: what an opening may have to replay */
};

/* The whole daemon stays under 32 MiB. */
static const struct buffers of_small_office = {4 * MIB, 6 * MIB, 16 * MIB};
/*
 * Children that come back after days write faster than files of a small office's size are merged:
 * with larger buffers a record costs less to take in. An opening after a kill may have 48 MiB of
 * logs to replay, and asks for as much room.
 */
static const struct buffers of_hub = {8 * MIB, 16 * MIB, 48 * MIB};

/* What rows are read for decides how they lie. */
enum shape {
    PLAIN,  /* few rows, or read in ranges */
    POINT,  /* asked for by key, often in vain: a Bloom filter answers */
    VAIN,   /* the same, once for every act: what is still in memory has a filter too */
    SEALED, /* ciphertext: not compressed; the large ones in blob files */
};

static const enum shape shapes[STORE_FAMILY_COUNT] = {
    [OMB_FAMILY_META] = PLAIN,     [OMB_FAMILY_LOG] = PLAIN,
    [OMB_FAMILY_RECORD] = POINT,   [OMB_FAMILY_PART] = SEALED,
    [OMB_FAMILY_DIGEST] = POINT,   [OMB_FAMILY_JOURNAL] = PLAIN,
    [OMB_FAMILY_FEED] = PLAIN,     [OMB_FAMILY_CASE] = POINT,
    [OMB_FAMILY_CASE_LOG] = PLAIN, [OMB_FAMILY_INDEX] = PLAIN,
    [OMB_FAMILY_KEY] = POINT,      [OMB_FAMILY_PEER] = POINT,
    [OMB_FAMILY_OFFICE] = PLAIN,   [OMB_FAMILY_OPERATOR] = PLAIN,
    [OMB_FAMILY_POLICY] = PLAIN,   [OMB_FAMILY_REQUEST] = VAIN,
    [OMB_FAMILY_OUTBOX] = PLAIN,   [STORE_DEFAULT_FAMILY] = PLAIN,
};

const char *omb_store_family_word(int family)
{
    return family == STORE_DEFAULT_FAMILY ? "default" : omb_family_name((enum omb_family)family);
}

static void set_memory(rocksdb_options_t *options, const struct buffers *buffers)
{
    rocksdb_options_set_write_buffer_size(options, buffers->one);
    rocksdb_options_set_max_write_buffer_number(options, 2);
    rocksdb_options_set_db_write_buffer_size(options, buffers->all);
    rocksdb_options_set_max_total_wal_size(options, buffers->log);
    rocksdb_options_set_arena_block_size(options, ARENA_BLOCK);
    rocksdb_options_set_max_open_files(options, OPEN_FILES);
    rocksdb_options_set_writable_file_max_buffer_size(options, FILE_BUFFER);
    /* One thread writes: nothing to gain from what serves many. */
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    rocksdb_options_set_enable_write_thread_adaptive_yield(options, 0);
    rocksdb_options_set_table_cache_numshardbits(options, 0);
}

static void set_files(rocksdb_options_t *options, enum omb_store_way way)
{
    rocksdb_options_set_wal_recovery_mode(
        options, way == STORE_TO_DAMAGE || way == STORE_PEEK ? RECOVERY_UP_TO_DAMAGE
                                                             : RECOVERY_TOLERATES_TORN_TAIL);
    rocksdb_options_set_manifest_preallocation_size(options, MANIFEST_STEP);
    rocksdb_options_set_max_manifest_file_size(options, MANIFEST_FILE);
    rocksdb_options_set_target_file_size_base(options, TABLE_FILE);
    rocksdb_options_set_max_bytes_for_level_base(options, LEVEL_BASE);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    /* Small files gather before they are merged: a burst is not slowed by rewriting itself. */
    rocksdb_options_set_level0_file_num_compaction_trigger(options, GATHERED_FILES);
    rocksdb_options_set_level0_slowdown_writes_trigger(options, 4 * GATHERED_FILES);
    rocksdb_options_set_level0_stop_writes_trigger(options, 6 * GATHERED_FILES);
    /* What stays is compressed, once; what will be written again soon is not worth it. */
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_bottommost_compression(options, rocksdb_lz4_compression);
}

static void set_service(rocksdb_options_t *options)
{
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_max_file_opening_threads(options, 1);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    /* Its own log lies on the same disk; where that is full, a second line ends the process. */
    rocksdb_options_set_info_log_level(options, INFO_LOG_FATAL);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_max_log_file_size(options, MIB);
}

/* Takes a share of the cache; the filter is the table's own. */
static void set_table(rocksdb_options_t *options, enum shape shape, rocksdb_cache_t *cache)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();

    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
    rocksdb_block_based_options_set_format_version(table, 5);
    if (shape == POINT || shape == VAIN)
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(BITS_PER_KEY));
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

static void set_vain(rocksdb_options_t *options)
{
    rocksdb_options_set_memtable_whole_key_filtering(options, 1);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, MEMORY_FILTER);
}

static void set_sealed(rocksdb_options_t *options)
{
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_enable_blob_files(options, 1);
    rocksdb_options_set_min_blob_size(options, BLOB_FROM);
    rocksdb_options_set_blob_file_size(options, BLOB_FILE);
    rocksdb_options_set_blob_compression_type(options, rocksdb_no_compression);
    rocksdb_options_set_enable_blob_gc(options, 1);
}

static rocksdb_cache_t *make_cache(void)
{
    rocksdb_lru_cache_options_t *options = rocksdb_lru_cache_options_create();
    rocksdb_cache_t *cache;

    rocksdb_lru_cache_options_set_capacity(options, BLOCK_CACHE);
    rocksdb_lru_cache_options_set_num_shard_bits(options, 0);
    cache = rocksdb_cache_create_lru_opts(options);
    rocksdb_lru_cache_options_destroy(options);
    return cache;
}

enum omb_rc omb_store_options_make(enum omb_store_way way, bool many,
                                   struct omb_store_options *out, struct omb_error *err)
{
    rocksdb_options_t *plain = rocksdb_options_create();
    rocksdb_options_t *database = rocksdb_options_create();
    rocksdb_cache_t *cache = make_cache();
    char *message = NULL;
    enum omb_rc rc = OMB_OK;

    rocksdb_get_options_from_string(plain, MORE_OPTIONS, database, &message);
    if (message) {
        rc = omb_fail(err, OMB_IO, NULL, "this version of RocksDB lacks an option (%.200s)",
                      message);
        rocksdb_free(message);
        rocksdb_options_destroy(database);
        goto out;
    }
    set_memory(database, many ? &of_hub : &of_small_office);
    set_files(database, way);
    set_service(database);
    rocksdb_options_set_create_if_missing(database, way == STORE_CREATE);
    rocksdb_options_set_error_if_exists(database, way == STORE_CREATE);
    rocksdb_options_set_create_missing_column_families(database, way == STORE_CREATE);
    for (int i = 0; i < STORE_FAMILY_COUNT; i++) {
        out->families[i] = rocksdb_options_create_copy(database);
        set_table(out->families[i], shapes[i], cache);
        if (shapes[i] == SEALED)
            set_sealed(out->families[i]);
        if (shapes[i] == VAIN)
            set_vain(out->families[i]);
    }
    out->database = database;
out:
    rocksdb_cache_destroy(cache);
    rocksdb_options_destroy(plain);
    return rc;
}

void omb_store_options_free(struct omb_store_options *options)
{
    for (int i = 0; i < STORE_FAMILY_COUNT; i++)
        rocksdb_options_destroy(options->families[i]);
    rocksdb_options_destroy(options->database);
}
