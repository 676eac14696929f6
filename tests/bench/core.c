/*
 * What one registration, or one row of an import, costs the core and the store, without sockets: an
 * office of made-up keys in a fresh store, COUNT registrations in batches of 64 or COUNT rows in
 * batches of 250. Prints one JSON object: CPU time of this thread for each, split into steps, the
 * closing of batches and their commits; the rate by the wall clock; rows and bytes written. Clocks
 * and random bytes are counted up by hand, so that the newest digest of the log says whether two
 * versions of the program sign the same bytes.
 *
 *     bench_core [--import] [--no-sync] COUNT [DIR]      DIR: where the store is made, and left
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/text.h"
#include "bench/request.h"
#include "io/store.h"
#include "support/rig.h"
#include "wire/control.h"

enum { REGISTRATIONS = 64, IMPORT_ROWS = 250, WARM_UP = 8 };

struct spent {
    int64_t step_ns, close_ns, commit_ns;
    uint64_t rows, bytes;
};

struct bench {
    bool import, sync;
    uint64_t want, done, batches;
    struct rig rig; /* keys, certificates and clocks */
    struct omb_store *store;
    struct omb_office *office;
    struct omb_update *update;
    uint8_t teller[OMB_PUBLIC_SIZE];
    struct omb_buf request;
    struct omb_arena arena;
    struct spent spent;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Adds what the thread has spent since, and begins anew. */
static void charge(int64_t *account, int64_t *since)
{
    const int64_t now = clock_ns(CLOCK_THREAD_CPUTIME_ID);

    *account += now - *since;
    *since = now;
}

static void must(enum omb_rc rc, const struct omb_error *err)
{
    if (rc == OMB_OK)
        return;
    fprintf(stderr, "bench_core: %s\n", err->words);
    exit(1);
}

/* --- the office --- */

static void found(struct bench *bench)
{
    struct rig *rig = &bench->rig;
    struct omb_office_birth birth = {.certificates = omb_buf_view(&rig->certificates),
                                     .zone = omb_view_str(rig->zone->name),
                                     .now_ms = rig->now_ms};
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err;

    omb_signer_public(rig->anchor, birth.anchor);
    omb_box_public(rig->recovery, birth.recovery);
    memcpy(birth.admin_key, rig->admin, sizeof(rig->admin));
    memcpy(birth.epoch, rig->epoch, sizeof(rig->epoch));
    omb_writes_reset(writes, omb_store_port(bench->store));
    must(omb_office_found(&birth, writes, &err), &err);
    must(omb_store_commit(bench->store, writes, true, &err), &err);
    omb_writes_free(writes);
}

static void step(struct bench *bench, struct omb_input *input)
{
    struct omb_error err;

    input->now_ms = bench->rig.now_ms;
    input->monotonic_ms = bench->rig.monotonic_ms;
    omb_put_be64(input->seed, ++bench->rig.inputs);
    must(omb_office_step(bench->office, input, bench->update, &err), &err);
}

static void persist(struct bench *bench)
{
    struct omb_error err;

    OMB_ASSERT(omb_office_close(bench->office, bench->update, NULL) == OMB_OK);
    must(omb_store_commit(bench->store, omb_update_writes(bench->update), bench->sync, &err), &err);
}

static void enrol_teller(struct bench *bench)
{
    static const struct omb_view role = {(const uint8_t *)"supervisor", 10};
    const struct omb_operator_add add = {
        .code = OMB_VIEW_LIT("bench"),
        .name = OMB_VIEW_LIT("Bench 1"),
        .roles = {&role, 1},
        .public_key = OMB_VIEW_OF(bench->teller),
    };
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("enrol"), .ask = {OMB_ASK_OPERATOR_ADD, &add}};
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = true};

    memset(bench->teller, 0x7e, sizeof(bench->teller));
    omb_encode_request(&request, &bench->request);
    input.bytes = omb_buf_view(&bench->request);
    step(bench, &input);
}

static void open_office(struct bench *bench, const char *dir)
{
    struct rig *rig = &bench->rig;
    struct omb_office_setup setup = {.signer = rig->signers[0],
                                     .transport = rig->transport,
                                     .sealing = rig->sealing,
                                     .zone = rig->zone,
                                     .bell = OMB_VIEW_LIT("ipc://bell")};
    struct omb_input input = {.kind = OMB_INPUT_START};
    struct omb_error err;

    must(omb_store_open(dir, OMB_STORE_CREATE, &bench->store, &err), &err);
    setup.port = omb_store_port(bench->store);
    found(bench);
    must(omb_office_open(&setup, &bench->office, &err), &err);
    bench->update = omb_update_new();
    omb_update_begin(bench->update, bench->office);
    step(bench, &input);
    enrol_teller(bench);
    persist(bench);
}

/* --- the work --- */

static enum omb_rc count_bytes(void *arg, enum omb_family family, struct omb_view key,
                               struct omb_view value)
{
    (void)family;
    *(uint64_t *)arg += key.size + value.size;
    return OMB_OK;
}

static void check_replies(struct bench *bench, size_t want)
{
    const struct omb_reply_out *replies;
    const size_t count = omb_update_replies(bench->update, &replies);

    OMB_ASSERT(count == want);
    for (size_t i = 0; i < count; i++) {
        const struct omb_import_done *done;
        struct omb_reply reply;
        struct omb_error err;

        omb_arena_reset(&bench->arena);
        must(omb_decode_reply(replies[i].bytes, &bench->arena, &reply, &err), &err);
        OMB_ASSERT(reply.error == NULL);
        done = reply.answer.value;
        for (size_t row = 0; bench->import && row < done->results.count; row++)
            OMB_ASSERT(done->results.items[row].error == NULL);
    }
}

static void work_batch(struct bench *bench, struct spent *spent)
{
    const struct omb_writes *writes = omb_update_writes(bench->update);
    const size_t most = bench->import ? IMPORT_ROWS : REGISTRATIONS;
    const size_t count = bench->want - bench->done < most ? bench->want - bench->done : most;
    const size_t inputs = bench->import ? 1 : count;
    int64_t since = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct omb_error err;

    rig_pass(&bench->rig, 4);
    omb_update_begin(bench->update, bench->office);
    charge(&spent->step_ns, &since);
    for (size_t i = 0; i < inputs; i++) {
        struct omb_input input = {.kind = OMB_INPUT_REQUEST};

        memcpy(input.peer, bench->teller, sizeof(input.peer));
        if (bench->import)
            bench_import(bench->done + 1, count, &bench->request);
        else
            bench_registration(1, bench->done + i + 1, OMB_VIEW_NONE, &bench->request);
        input.bytes = omb_buf_view(&bench->request);
        since = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        step(bench, &input);
        charge(&spent->step_ns, &since);
    }
    OMB_ASSERT(omb_office_close(bench->office, bench->update, NULL) == OMB_OK);
    charge(&spent->close_ns, &since);
    must(omb_store_commit(bench->store, writes, bench->sync, &err), &err);
    charge(&spent->commit_ns, &since);
    spent->rows += omb_writes_count(writes);
    OMB_ASSERT(omb_writes_each(writes, count_bytes, &spent->bytes) == OMB_OK);
    check_replies(bench, inputs);
    bench->done += count;
}

static void print_result(struct bench *bench, int64_t took_ns, uint64_t counted)
{
    const struct spent *spent = &bench->spent;
    const double each = 1e3 * (double)counted;
    char head[OMB_HEX_DIGEST_SIZE];

    omb_hex(OMB_VIEW_OF(omb_office_tip(bench->office)->prev.bytes), head);
    printf("{\"what\":\"%s\",\"count\":%" PRIu64 ",\"step_us\":%.2f,\"close_us\":%.2f,"
           "\"commit_us\":%.2f,\"total_us\":%.2f,\"rate_per_s\":%.0f,\"rows\":%.1f,"
           "\"bytes\":%.0f,\"head\":\"%s\"}\n",
           bench->import ? "import" : "register", counted, (double)spent->step_ns / each,
           (double)spent->close_ns / each, (double)spent->commit_ns / each,
           (double)(spent->step_ns + spent->close_ns + spent->commit_ns) / each,
           (double)counted * 1e9 / (double)took_ns, (double)spent->rows / (double)counted,
           (double)spent->bytes / (double)counted, head);
}

static void run(struct bench *bench)
{
    struct spent warm_up = {0};
    uint64_t first;
    int64_t began;

    for (int i = 0; i < WARM_UP && bench->done < bench->want / 2; i++)
        work_batch(bench, &warm_up);
    first = bench->done;
    began = clock_ns(CLOCK_MONOTONIC);
    while (bench->done < bench->want)
        work_batch(bench, &bench->spent);
    print_result(bench, clock_ns(CLOCK_MONOTONIC) - began, bench->done - first);
}

/* --- the command --- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

static bool parse(int argc, char **argv, struct bench *out, const char **out_dir)
{
    int at = 1;

    out->sync = true;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--import") == 0)
            out->import = true;
        else if (strcmp(argv[at], "--no-sync") == 0)
            out->sync = false;
        else
            return false;
    }
    *out_dir = argc - at == 2 ? argv[at + 1] : NULL;
    return (argc - at == 1 || argc - at == 2) &&
           omb_text_u64(omb_view_str(argv[at]), &out->want) == OMB_OK && out->want > 0;
}

int main(int argc, char **argv)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    char fresh[] = "/tmp/ombud-bench-XXXXXX";
    const char *dir;

    OMB_ASSERT(bench != NULL);
    if (!parse(argc, argv, bench, &dir)) {
        fprintf(stderr, "usage: bench_core [--import] [--no-sync] COUNT [DIR]\n");
        free(bench);
        return 2;
    }
    if (!dir)
        OMB_ASSERT(mkdtemp(fresh) != NULL);
    rig_open(&bench->rig, 0);
    omb_arena_init(&bench->arena, SIZE_MAX);
    open_office(bench, dir ? dir : fresh);
    run(bench);
    omb_update_free(bench->update);
    omb_office_free(bench->office);
    omb_store_close(bench->store);
    rig_free(&bench->rig);
    omb_buf_free(&bench->request);
    omb_arena_free(&bench->arena);
    free(bench);
    return dir || nftw(fresh, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 1;
}
