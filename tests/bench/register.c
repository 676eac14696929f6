/*
 * How many registrations a second an office answers: CLIENTS connections over CURVE in a closed
 * loop, each sending its next registration when the reply to the last one (sent after the synced
 * batch) is there. Prints one JSON object: registrations, rate, latency median and p99.
 *
 *     bench_register DIR OPERATOR CLIENTS COUNT [OFFICES]
 *
 * OFFICES: the complaints are about vsp-0001, vsp-0002, ... up to that one, in turn.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "base/text.h"
#include "base/assert.h"
#include "bench/request.h"
#include "io/officedir.h"
#include "wire/control.h"

#define CLIENTS_MAX 256
#define REPLY_DEADLINE_MS 20000

struct client {
    void *socket;
    int64_t sent_ns;
};

struct bench {
    struct client clients[CLIENTS_MAX];
    size_t client_count;
    uint64_t want, sent, answered, refused;
    uint64_t offices; /* complained of; 0: the own */
    int64_t *latency_ns;
    struct omb_buf request;
    struct omb_arena arena;
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void send_next(struct bench *bench, struct client *client)
{
    char about[32] = "";

    if (bench->sent == bench->want)
        return;
    if (bench->offices > 0)
        snprintf(about, sizeof(about), "vsp-%04" PRIu64, bench->sent % bench->offices + 1);
    bench_registration((uint64_t)now_ns(), ++bench->sent, omb_view_str(about), &bench->request);
    client->sent_ns = now_ns();
    OMB_ASSERT(zmq_send(client->socket, bench->request.data, bench->request.size, 0) >= 0);
}

static void take_reply(struct bench *bench, struct client *client)
{
    struct omb_reply reply;
    zmq_msg_t message;

    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, client->socket, ZMQ_DONTWAIT) < 0) {
        OMB_ASSERT(errno == EAGAIN);
        zmq_msg_close(&message);
        return;
    }
    bench->latency_ns[bench->answered++] = now_ns() - client->sent_ns;
    omb_arena_reset(&bench->arena);
    if (omb_decode_reply(omb_view(zmq_msg_data(&message), zmq_msg_size(&message)), &bench->arena,
                         &reply, NULL) != OMB_OK ||
        reply.error != NULL || reply.answer.tag != OMB_ANSWER_ACT)
        bench->refused++;
    zmq_msg_close(&message);
    send_next(bench, client);
}

static int loop(struct bench *bench)
{
    zmq_pollitem_t items[CLIENTS_MAX];

    for (size_t i = 0; i < bench->client_count; i++)
        items[i] = (zmq_pollitem_t){.socket = bench->clients[i].socket, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < bench->client_count; i++)
        send_next(bench, &bench->clients[i]);
    while (bench->answered < bench->want) {
        if (zmq_poll(items, (int)bench->client_count, REPLY_DEADLINE_MS) <= 0) {
            fprintf(stderr, "bench_register: no reply within %d ms\n", REPLY_DEADLINE_MS);
            return 1;
        }
        for (size_t i = 0; i < bench->client_count; i++) {
            if (items[i].revents & ZMQ_POLLIN)
                take_reply(bench, &bench->clients[i]);
        }
    }
    return 0;
}

static void connect_client(void *context, struct client *client, const char *endpoint,
                           const struct omb_keyfile *key, const struct omb_keyfile *server)
{
    int linger = 0;

    client->socket = zmq_socket(context, ZMQ_DEALER);
    OMB_ASSERT(client->socket != NULL);
    zmq_setsockopt(client->socket, ZMQ_LINGER, &linger, sizeof(linger));
    OMB_ASSERT(zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, server->public_key, 32) == 0);
    OMB_ASSERT(zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, key->public_key, 32) == 0);
    OMB_ASSERT(zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, omb_secret_bytes(key->secret),
                              32) == 0);
    OMB_ASSERT(zmq_connect(client->socket, endpoint) == 0);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void print_result(const struct bench *bench, int64_t took_ns)
{
    qsort(bench->latency_ns, bench->answered, sizeof(int64_t), by_value);
    printf("{\"clients\":%zu,\"registrations\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"rate_per_s\":%.0f,\"latency_median_us\":%.0f,\"latency_p99_us\":%.0f}\n",
           bench->client_count, bench->answered, bench->refused,
           (double)bench->answered * 1e9 / (double)took_ns,
           (double)bench->latency_ns[bench->answered / 2] / 1e3,
           (double)bench->latency_ns[bench->answered * 99 / 100] / 1e3);
}

static int run(struct bench *bench, const char *dir, const char *operator_code)
{
    char path[4352], endpoint[4352];
    struct omb_keyfile key = {0}, server = {0};
    struct omb_error err;
    void *context;
    int64_t began;
    int status;

    snprintf(path, sizeof(path), "%s/operators/%s.key", dir, operator_code);
    if (omb_key_load(path, OMB_VIEW_NONE, &key, &err) != OMB_OK)
        goto bad_key;
    snprintf(path, sizeof(path), "%s/keys/transport.pub", dir);
    if (omb_key_load(path, OMB_VIEW_NONE, &server, &err) != OMB_OK)
        goto bad_key;
    snprintf(endpoint, sizeof(endpoint), "ipc://%s/run/api.sock", dir);
    context = zmq_ctx_new();
    for (size_t i = 0; i < bench->client_count; i++)
        connect_client(context, &bench->clients[i], endpoint, &key, &server);
    began = now_ns();
    status = loop(bench);
    if (status == 0)
        print_result(bench, now_ns() - began);
    for (size_t i = 0; i < bench->client_count; i++)
        zmq_close(bench->clients[i].socket);
    zmq_ctx_term(context);
    omb_keyfile_free(&key);
    omb_keyfile_free(&server);
    return status != 0 || bench->refused != 0;

bad_key:
    fprintf(stderr, "bench_register: %s\n", err.words);
    omb_keyfile_free(&key);
    return 1;
}

int main(int argc, char **argv)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    uint64_t clients, count;
    int status = 2;

    OMB_ASSERT(bench != NULL);
    omb_crypto_init();
    omb_wire_init();
    omb_arena_init(&bench->arena, 1 << 20);
    if (argc < 5 || argc > 6 || omb_text_u64(omb_view_str(argv[3]), &clients) != OMB_OK ||
        clients == 0 || clients > CLIENTS_MAX ||
        omb_text_u64(omb_view_str(argv[4]), &count) != OMB_OK || count == 0 ||
        (argc == 6 && omb_text_u64(omb_view_str(argv[5]), &bench->offices) != OMB_OK)) {
        fprintf(stderr, "usage: bench_register DIR OPERATOR CLIENTS COUNT [OFFICES]\n");
    } else {
        bench->client_count = (size_t)clients;
        bench->want = count;
        bench->latency_ns = calloc(count, sizeof(int64_t));
        OMB_ASSERT(bench->latency_ns != NULL);
        status = run(bench, argv[1], argv[2]);
    }
    free(bench->latency_ns);
    omb_buf_free(&bench->request);
    omb_arena_free(&bench->arena);
    free(bench);
    return status;
}
