/*
 * Many branches below one real office: COUNT of them (bench/branch.h) are certified by the daemon
 * of the office in DIR. At the first line on its standard input they start, all at once, and dial;
 * at its end they leave. Prints one JSON object a line, with the moment of the monotonic clock:
 * {"event":"certified"}, then {"event":"live"} whenever all links came to be live, and
 * {"event":"down"} whenever none of them is any more.
 *
 *     bench_branches DIR OPERATOR COUNT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

#include "base/assert.h"
#include "base/text.h"
#include "bench/branch.h"
#include "bench/office.h"
#include "io/socket.h"

#define SOCKETS_OF_ONE 4 /* and files: one each, and the connection */

struct branches {
    struct branch *items;
    size_t count, live;
    zmq_pollitem_t *polls; /* standard input first */
    struct omb_log log;
    void *context;
};

static void tell(const char *event)
{
    printf("{\"event\":\"%s\",\"at\":%.3f}\n", event, (double)bench_now_ns() / 1e9);
    fflush(stdout);
}

/* --- enrolment --- */

static void certify(struct branches *all, const char *dir, const char *operator_code)
{
    struct bench_office parent;

    bench_office_open(&parent, dir, operator_code);
    for (size_t i = 0; i < all->count; i++) {
        struct omb_buf request = OMB_BUF_INIT;
        struct omb_office_certify ask = {0};
        const struct omb_office_issued *issued;

        branch_ask(&all->items[i], i + 1, &request);
        ask.request = omb_buf_view(&request);
        issued = bench_ask(&parent, OMB_ASK_OFFICE_CERTIFY, &ask);
        branch_join(&all->items[i], issued->bundle);
        omb_buf_free(&request);
    }
    bench_office_close(&parent);
}

/* --- turns --- */

static int64_t gather(struct branches *all, size_t *out_count)
{
    size_t count = 1;
    int64_t rest = INT64_MAX;

    all->polls[0] = (zmq_pollitem_t){.fd = STDIN_FILENO,
                                     .events = ZMQ_POLLIN | ZMQ_POLLERR};
    for (size_t i = 0; i < all->count; i++) {
        const int64_t left = branch_rest_ms(&all->items[i]);

        count += omb_linknet_polls(all->items[i].work.links, &all->polls[count]);
        rest = left < rest ? left : rest;
    }
    *out_count = count;
    return rest;
}

/* Every branch has its turn: one that has nothing to do finds that out at once. */
static void turn_all(struct branches *all)
{
    const size_t before = all->live;

    for (size_t i = 0; i < all->count; i++) {
        if (!branch_turn(&all->items[i]))
            continue;
        if (all->items[i].live)
            all->live++;
        else
            all->live--;
    }
    if (all->live == before)
        return;
    if (all->live == all->count)
        tell("live");
    else if (all->live == 0)
        tell("down");
}

static void run(struct branches *all)
{
    bool ended = false;

    while (!ended) {
        size_t count;
        const int64_t rest = gather(all, &count);

        if (zmq_poll(all->polls, (int)count, (long)rest) < 0)
            OMB_ASSERT(errno == EINTR);
        ended = all->polls[0].revents != 0; /* also when it was closed */
        turn_all(all);
    }
}

/* --- the whole --- */

static void *make_context(size_t count)
{
    struct rlimit files;
    void *context = zmq_ctx_new();

    OMB_ASSERT(context != NULL && getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    OMB_ASSERT(setrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_cur < SOCKETS_OF_ONE * count + 64) {
        fprintf(stderr, "bench_branches: too few files may be open (ulimit -n)\n");
        exit(1);
    }
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)(SOCKETS_OF_ONE * count + 64));
    zmq_ctx_set(context, ZMQ_IO_THREADS, OMB_SOCKET_THREADS);
    return context;
}

static void start_all(struct branches *all)
{
    char line[16];

    if (!fgets(line, sizeof(line), stdin))
        return;
    for (size_t i = 0; i < all->count; i++)
        branch_start(&all->items[i], all->context, &all->log);
    run(all);
}

int main(int argc, char **argv)
{
    struct branches all = {.log = {.fd = STDERR_FILENO, .level = OMB_LOG_ERROR}};
    uint64_t count;

    if (argc != 4 || omb_text_u64(omb_view_str(argv[3]), &count) != OMB_OK || count == 0 ||
        count > 4000) {
        fprintf(stderr, "usage: bench_branches DIR OPERATOR COUNT\n");
        return 2;
    }
    omb_crypto_init();
    omb_wire_init();
    all.count = (size_t)count;
    all.items = calloc(all.count, sizeof(*all.items));
    all.polls = calloc(1 + OMB_LINK_POLLS * all.count, sizeof(*all.polls));
    OMB_ASSERT(all.items != NULL && all.polls != NULL);
    all.context = make_context(all.count);
    certify(&all, argv[1], argv[2]);
    tell("certified");
    start_all(&all);
    for (size_t i = 0; i < all.count; i++)
        branch_free(&all.items[i]);
    zmq_ctx_term(all.context);
    free(all.items);
    free(all.polls);
    return 0;
}
