/*
 * The writes of one update: an ordered overlay over a port, with savepoints.
 *
 * Reads through omb_writes_port() see the puts and deletes made so far. An input that fails is
 * rolled back to the savepoint taken before it; the others stand. The store takes the final rows
 * in key order per family.
 */
#ifndef OMB_OFFICE_WRITES_H
#define OMB_OFFICE_WRITES_H

#include "office/port.h"

struct omb_writes; /* opaque: nodes and undo log live in its own arena */

struct omb_writes *omb_writes_new(void);
void omb_writes_free(struct omb_writes *writes);
/* Forgets everything and reads through `base` from now on. */
void omb_writes_reset(struct omb_writes *writes, const struct omb_port *base);
const struct omb_port *omb_writes_port(const struct omb_writes *writes);

void omb_put(struct omb_writes *writes, enum omb_family family, struct omb_view key,
             struct omb_view value);
void omb_delete(struct omb_writes *writes, enum omb_family family, struct omb_view key);

size_t omb_writes_mark(const struct omb_writes *writes);
void omb_writes_rollback(struct omb_writes *writes, size_t mark);

size_t omb_writes_count(const struct omb_writes *writes);
/* Each row once, by family and key; deleted rows have value.data NULL (an empty value has not). */
typedef enum omb_rc omb_write_fn(void *arg, enum omb_family family, struct omb_view key,
                                 struct omb_view value);
enum omb_rc omb_writes_each(const struct omb_writes *writes, omb_write_fn *fn,
                            void *arg) OMB_MUST_USE;

#endif
