/*
 * A note of what was synced: the small file SYNCED in the store's folder, beside what it tells
 * of. RocksDB takes what it finds for all there was; with this a start sees that its write-ahead
 * log or its MANIFEST (the list of its files) became shorter than it was when somebody was told
 * "durable".
 *
 * The file is written over in place after each sync, which costs no further one, and is itself
 * synced about once a second: it may lag behind after the power went, and never runs ahead. A
 * folder that is copied takes it along. One that is missing or unreadable says nothing: it is made
 * anew, and nothing was lost with it.
 *
 * Nothing outside store*.c includes this.
 */
#ifndef OMB_IO_STORE_SYNCED_H
#define OMB_IO_STORE_SYNCED_H

#include <stdint.h>

#include "base/error.h"

/* What the file says; all zero when there is none. */
struct omb_synced {
    uint64_t write;         /* the number of the last write that was synced */
    uint64_t opened;        /* up to which all lay in table files when the store was opened */
    uint64_t manifest;      /* the number of the MANIFEST of that moment */
    uint64_t manifest_size; /* of what was synced of it */
    uint32_t manifest_crc;  /* of these bytes */
};

void omb_synced_read(const char *path, struct omb_synced *out);

/*
 * Whether the MANIFEST that CURRENT names is the one of `synced`, with nothing less in it, or a
 * later one. OMB_DAMAGED: the words say which file, without the store's path. OMB_IO.
 */
enum omb_rc omb_synced_check_manifest(const char *path, const struct omb_synced *synced,
                                       struct omb_error *err) OMB_MUST_USE;

struct omb_synced_note;

/* All up to `write` is on the disk. Borrows path. OMB_FULL, OMB_IO. */
enum omb_rc omb_synced_begin(const char *path, uint64_t write, struct omb_synced_note **out,
                              struct omb_error *err) OMB_MUST_USE;
/* Of any thread. OMB_FULL, OMB_IO. */
enum omb_rc omb_synced_note(struct omb_synced_note *note, uint64_t write,
                             struct omb_error *err) OMB_MUST_USE;
/* When the store is closed: the MANIFEST is as it will be found. NULL is fine. */
void omb_synced_end(struct omb_synced_note *note);
/* For a store that was not created to the end. */
void omb_synced_remove(const char *path);

#endif
