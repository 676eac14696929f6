/*
 * The requests that the benches send: a registration as a teller of an outlet makes it, and a batch
 * of an import with what became of each case.
 */
#ifndef OMB_BENCH_REQUEST_H
#define OMB_BENCH_REQUEST_H

#include "base/bytes.h"

/*
 * Replaces *out's content; `run` and `number` make the id, so that no request is a repeat. about:
 * the code of the office complained of; empty: the one that registers.
 */
void bench_registration(uint64_t run, uint64_t number, struct omb_view about, struct omb_buf *out);
/* The same: rows first .. first + count - 1, each registered, resolved, answered and closed. */
void bench_import(uint64_t first, size_t count, struct omb_buf *out);

#endif
