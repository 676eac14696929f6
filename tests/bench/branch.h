/*
 * A branch without a daemon: the real core on a store in memory, with keys of its own, certified by
 * a real office and joined to it over a real CURVE connection, which io/ dials as a daemon's. Many
 * of them live in one process. What is simulated is the disk alone.
 */
#ifndef OMB_BENCH_BRANCH_H
#define OMB_BENCH_BRANCH_H

#include "io/linkwork.h"
#include "ledger/enrol.h"
#include "support/memport.h"

struct branch {
    char code[32], address[OMB_ENDPOINT_MAX];
    struct omb_view parent; /* the address, as lent to the core */
    struct omb_signer *signer;
    struct omb_secret *transport, *sealing;
    struct memport *store;
    struct omb_office *office;
    struct omb_update *update;
    struct omb_linkwork work;
    int64_t tick_at, link_tick_at; /* wall clock; monotonic clock */
    bool live;
};

/* Makes keys and appends the request to be certified. */
void branch_ask(struct branch *branch, uint64_t number, struct omb_buf *out_request);
/* Founds the office by what its parent gave. */
void branch_join(struct branch *branch, struct omb_view bundle);
/* Starts it: from now on it dials. */
void branch_start(struct branch *branch, void *context, const struct omb_log *log);
/* Works all that is there, due ticks included; true: its link went live or down meanwhile. */
bool branch_turn(struct branch *branch);
/* In how many ms it must be turned, whatever comes. */
int64_t branch_rest_ms(const struct branch *branch);
void branch_free(struct branch *branch);

#endif
