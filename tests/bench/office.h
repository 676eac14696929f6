/*
 * An office as a bench talks to it: one operator over the client protocol. Whatever goes wrong ends
 * the bench with the reason.
 */
#ifndef OMB_BENCH_OFFICE_H
#define OMB_BENCH_OFFICE_H

#include "io/net.h"
#include "io/officedir.h"
#include "wire/control.h"

struct bench_office {
    struct omb_client *client;
    struct omb_keyfile key;
    struct omb_arena arena; /* of the last reply */
    struct omb_buf bytes;
    uint64_t ids;
};

int64_t bench_now_ns(void);

void bench_office_open(struct bench_office *out, const char *dir, const char *operator_code);
void bench_office_close(struct bench_office *office);
/* Hears the bell from now on. */
void bench_office_listen(struct bench_office *office);

/* Sends an encoded request; the reply lives until the next. A refusal ends the bench. */
const struct omb_reply *bench_exchange(struct bench_office *office, struct omb_view request);
/* The answer to one question. */
const void *bench_ask(struct bench_office *office, uint32_t tag, const void *ask);

#endif
