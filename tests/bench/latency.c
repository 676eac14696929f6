/*
 * How long a registration at one office takes to be durable at another, on an idle system: the
 * other office's bell rings when its batch is on disk. One at a time. Prints one JSON object:
 * median and p99 from the commit at the first (its reply) and from the request.
 *
 *     bench_latency DIR OPERATOR UPPER-DIR UPPER-OPERATOR COUNT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "bench/office.h"
#include "bench/request.h"

#define PATIENCE_MS 20000

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Other topics ring for the same batch: "cases" is the one of a registration. */
static void await_bell(struct bench_office *upper)
{
    struct omb_error err;
    char topic[32];

    do {
        if (omb_client_bell(upper->client, PATIENCE_MS, topic, &err) != OMB_OK) {
            fprintf(stderr, "bench_latency: %s\n", err.words);
            exit(1);
        }
    } while (strcmp(topic, "cases") != 0);
}

static void measure(struct bench_office *lower, struct bench_office *upper, uint64_t count,
                    int64_t *from_commit, int64_t *from_request)
{
    struct omb_buf request = OMB_BUF_INIT;
    const uint64_t run = (uint64_t)bench_now_ns();

    for (uint64_t i = 0; i < count; i++) {
        int64_t asked, committed, rung;

        bench_registration(run, i + 1, OMB_VIEW_NONE, &request);
        asked = bench_now_ns();
        (void)bench_exchange(lower, omb_buf_view(&request));
        committed = bench_now_ns();
        await_bell(upper);
        rung = bench_now_ns();
        from_commit[i] = rung - committed;
        from_request[i] = rung - asked;
    }
    omb_buf_free(&request);
    qsort(from_commit, count, sizeof(int64_t), by_value);
    qsort(from_request, count, sizeof(int64_t), by_value);
}

int main(int argc, char **argv)
{
    struct bench_office lower, upper;
    int64_t *from_commit, *from_request;
    uint64_t count;

    if (argc != 6 || omb_text_u64(omb_view_str(argv[5]), &count) != OMB_OK || count == 0) {
        fprintf(stderr,
                "usage: bench_latency DIR OPERATOR UPPER-DIR UPPER-OPERATOR COUNT\n");
        return 2;
    }
    from_commit = calloc(count, sizeof(*from_commit));
    from_request = calloc(count, sizeof(*from_request));
    OMB_ASSERT(from_commit && from_request);
    bench_office_open(&lower, argv[1], argv[2]);
    bench_office_open(&upper, argv[3], argv[4]);
    bench_office_listen(&upper);
    measure(&lower, &upper, count, from_commit, from_request);
    printf("{\"registrations\":%" PRIu64 ",\"from_commit_median_ms\":%.3f,"
           "\"from_commit_p99_ms\":%.3f,\"from_request_median_ms\":%.3f,"
           "\"from_request_p99_ms\":%.3f}\n",
           count, (double)from_commit[count / 2] / 1e6, (double)from_commit[count * 99 / 100] / 1e6,
           (double)from_request[count / 2] / 1e6, (double)from_request[count * 99 / 100] / 1e6);
    bench_office_close(&lower);
    bench_office_close(&upper);
    free(from_commit);
    free(from_request);
    return 0;
}
