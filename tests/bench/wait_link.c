/*
 * How fast a link catches up, seen from the office above: waits until COUNT cases are there, folded
 * and durable. The bell rings when a batch is on disk, and what Status says of cases is told after
 * the batch that it counts. Prints one JSON object: cases that came after the first of them were
 * seen, the seconds from then to the last, and their rate.
 *
 *     bench_wait_link DIR OPERATOR COUNT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"
#include "bench/office.h"

#define PATIENCE_MS 60000 /* without a bell */

static uint64_t cases_of(struct bench_office *office)
{
    static const struct omb_status_ask ask;
    const struct omb_status *status = bench_ask(office, OMB_ASK_STATUS, &ask);

    return status->cases;
}

static void await_bell(struct bench_office *office)
{
    struct omb_error err;
    char topic[32];

    if (omb_client_bell(office->client, PATIENCE_MS, topic, &err) == OMB_OK)
        return;
    fprintf(stderr, "bench_wait_link: %s\n", err.words);
    exit(1);
}

int main(int argc, char **argv)
{
    struct bench_office office;
    uint64_t count, first, cases, came;
    int64_t first_ns = 0, took_ns;

    if (argc != 4 || omb_text_u64(omb_view_str(argv[3]), &count) != OMB_OK || count == 0) {
        fprintf(stderr, "usage: bench_wait_link DIR OPERATOR COUNT\n");
        return 2;
    }
    bench_office_open(&office, argv[1], argv[2]);
    bench_office_listen(&office);
    cases = first = cases_of(&office);
    while (cases < count) {
        if (first_ns == 0 && cases > 0) {
            first_ns = bench_now_ns();
            first = cases;
        }
        await_bell(&office);
        cases = cases_of(&office);
    }
    /* All in one batch: nothing came between the first and the last. */
    took_ns = first_ns == 0 ? 0 : bench_now_ns() - first_ns;
    came = first_ns == 0 ? 0 : cases - first;
    printf("{\"records\":%" PRIu64 ",\"seconds\":%.4f,\"rate_per_s\":%.0f}\n", came,
           (double)took_ns / 1e9, took_ns > 0 ? (double)came * 1e9 / (double)took_ns : 0.0);
    bench_office_close(&office);
    return 0;
}
