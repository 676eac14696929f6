/*
 * The write-ahead logs of a store, read before RocksDB replays them: up to which write do they go,
 * and is one missing between two others? RocksDB takes zeros and a log that ends early for the end
 * of what was written, goes on without what stood there, and deletes the log.
 *
 * A log is cut into blocks of 32 KiB, these hold fragments, and fragments make up batches
 * (RocksDB: db/log_format.h, WriteBatch; unchanged since LevelDB):
 *
 *   fragment: masked CRC-32C of type and bytes (4) | length (2) | type (1) | bytes
 *   batch:    number of its first write (8) | how many writes (4) | ...        all little-endian
 *
 * Nothing outside store*.c includes this.
 */
#ifndef OMB_IO_STORE_WAL_H
#define OMB_IO_STORE_WAL_H

#include "base/bytes.h"
#include "base/error.h"

struct omb_wal_seen {
    size_t files;
    uint64_t bytes;
    bool any;         /* a whole batch was found */
    uint64_t reached; /* the last write of the last of them */
    char newest[32];  /* the file of the newest log */
    bool newest_is_empty;
    bool torn;        /* behind the last batch stands what is none */
    bool hole;        /* writes [hole_from, hole_until) are missing between two batches */
    bool hole_is_zeros; /* ... which RocksDB would skip without a word */
    uint64_t hole_from, hole_until;
    char hole_file[32]; /* where the batch behind the hole stands */
};

/*
 * Reads all logs of the folder. Writes up to `in_tables` (0: not known) need not stand in them:
 * what is no batch, before the write behind, is the end of a log that RocksDB is done with. `out`
 * is overwritten. OMB_IO: the folder or a file is not read.
 */
enum omb_rc omb_wal_look(const char *path, uint64_t in_tables, struct omb_wal_seen *out,
                         struct omb_error *err) OMB_MUST_USE;

#endif
