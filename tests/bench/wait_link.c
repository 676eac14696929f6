/*
 * How fast a link catches up: asks an office for its link to the parent until all that waits is
 * acknowledged, which means durable there. Prints one JSON object: records that waited when the
 * first of them was acknowledged, and the seconds from then to the last.
 *
 *     bench_wait_link DIR OPERATOR
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "bench/office.h"

#define DEADLINE_NS INT64_C(600000000000)

struct progress {
    uint64_t head, acked;
};

/* False: the office has no link upward. */
static bool look(struct bench_office *office, struct progress *out)
{
    static const struct omb_peer_list_ask ask;
    const struct omb_peer_list *list = bench_ask(office, OMB_ASK_LINK_LIST, &ask);

    for (size_t i = 0; i < list->peers.count; i++)
        if (omb_view_is(list->peers.items[i].direction, "up")) {
            *out = (struct progress){list->peers.items[i].head, list->peers.items[i].acked};
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    struct bench_office office;
    struct progress first, now;
    int64_t began_ns, moved_ns = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_wait_link DIR OPERATOR\n");
        return 2;
    }
    bench_office_open(&office, argv[1], argv[2]);
    if (!look(&office, &first)) {
        fprintf(stderr, "bench_wait_link: the office has no parent\n");
        return 1;
    }
    began_ns = bench_now_ns();
    now = first;
    while (now.acked < now.head && bench_now_ns() - began_ns < DEADLINE_NS) {
        if (moved_ns == 0 && now.acked > first.acked) {
            moved_ns = bench_now_ns();
            first = now;
        }
        OMB_ASSERT(look(&office, &now));
    }
    printf("{\"records\":%" PRIu64 ",\"seconds\":%.3f,\"seconds_in_all\":%.3f}\n",
           now.acked - first.acked, (double)(bench_now_ns() - moved_ns) / 1e9,
           (double)(bench_now_ns() - began_ns) / 1e9);
    bench_office_close(&office);
    return now.acked < now.head || moved_ns == 0;
}
