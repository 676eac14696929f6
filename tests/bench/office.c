#include "bench/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"

#define PATIENCE_MS 60000

int64_t bench_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void must(enum omb_rc rc, const struct omb_error *err)
{
    if (rc == OMB_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", omb_rc_word(rc), err->words);
    exit(1);
}

void bench_office_open(struct bench_office *out, const char *dir, const char *operator_code)
{
    struct omb_client_setup setup = {0};
    struct omb_keyfile server = {0};
    char path[4352];
    struct omb_error err = {0};

    omb_crypto_init();
    omb_wire_init();
    *out = (struct bench_office){.ids = (uint64_t)bench_now_ns()};
    omb_arena_init(&out->arena, SIZE_MAX);
    snprintf(path, sizeof(path), "%s/operators/%s.key", dir, operator_code);
    must(omb_key_load(path, OMB_VIEW_NONE, &out->key, &err), &err);
    snprintf(path, sizeof(path), "%s/keys/transport.pub", dir);
    must(omb_key_load(path, OMB_VIEW_NONE, &server, &err), &err);
    memcpy(setup.server_key, server.public_key, sizeof(setup.server_key));
    omb_keyfile_free(&server);
    snprintf(path, sizeof(path), "ipc://%s/run/api.sock", dir);
    setup.endpoint = path;
    setup.secret = out->key.secret;
    must(omb_client_open(&setup, &out->client, &err), &err);
}

void bench_office_close(struct bench_office *office)
{
    omb_client_close(office->client);
    omb_keyfile_free(&office->key);
    omb_arena_free(&office->arena);
    omb_buf_free(&office->bytes);
}

const struct omb_reply *bench_exchange(struct bench_office *office, struct omb_view request)
{
    struct omb_reply *reply;
    struct omb_error err = {0};

    must(omb_client_send(office->client, request, &err), &err);
    omb_buf_clear(&office->bytes);
    must(omb_client_receive(office->client, PATIENCE_MS, &office->bytes, &err), &err);
    omb_arena_reset(&office->arena);
    reply = OMB_ARENA_NEW(&office->arena, struct omb_reply, 1);
    must(omb_decode_reply(omb_buf_view(&office->bytes), &office->arena, reply, &err), &err);
    if (reply->error) {
        fprintf(stderr, "bench: refused: %.*s\n", OMB_VIEW_ARGS(reply->error->words));
        exit(1);
    }
    return reply;
}

const void *bench_ask(struct bench_office *office, uint32_t tag, const void *ask)
{
    uint8_t id[8];
    const struct omb_request request = {.protocol = 1, .id = OMB_VIEW_OF(id), .ask = {tag, ask}};
    struct omb_buf bytes = OMB_BUF_INIT;
    const struct omb_reply *reply;

    omb_put_be64(id, ++office->ids);
    omb_encode_request(&request, &bytes);
    reply = bench_exchange(office, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return reply->answer.value;
}

void bench_office_listen(struct bench_office *office)
{
    static const struct omb_status_ask ask;
    const struct omb_status *status = bench_ask(office, OMB_ASK_STATUS, &ask);
    char endpoint[512];
    struct omb_error err = {0};

    snprintf(endpoint, sizeof(endpoint), "%.*s", OMB_VIEW_ARGS(status->bell));
    must(omb_client_subscribe(office->client, endpoint, &err), &err);
}
