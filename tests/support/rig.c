#include "support/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static const struct {
    const char *code, *name, *kind;
} levels[RIG_CHAIN_MAX] = {
    {"ho", "Head Office", "head"},
    {"north", "North", "regional"},
    {"vsp-0045", "Outlet 45", "branch"},
};

static void fill(uint8_t out[32], uint8_t with)
{
    memset(out, with, 32);
}

static struct omb_secret *secret_of(uint8_t with)
{
    uint8_t bytes[OMB_KEY_SIZE];

    fill(bytes, with);
    return omb_secret_new(bytes);
}

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    fill(seed, with);
    return omb_signer_from_seed(seed);
}

/* Certificates from the root down; each goes in front of those above it. */
static void certify(struct rig *rig, unsigned depth)
{
    uint8_t signing[OMB_PUBLIC_SIZE], transport[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    uint8_t anchor[OMB_PUBLIC_SIZE];
    struct omb_certificate above = {0};
    struct omb_digest issuer;
    struct omb_arena arena;

    omb_arena_init(&arena, SIZE_MAX);
    omb_signer_public(rig->anchor, anchor);
    issuer = omb_certify_anchor_issuer(anchor);
    for (unsigned level = 0; level <= depth; level++) {
        struct omb_signer *signer = rig->signers[depth - level];
        struct omb_buf one = OMB_BUF_INIT, all = OMB_BUF_INIT;
        struct omb_known_certificate known;
        struct omb_certificate inner = {
            .version = 1,
            .code = omb_view_str(levels[level].code),
            .name = omb_view_str(levels[level].name),
            .kind = omb_view_str(levels[level].kind),
            .parent = above.office,
            .not_before = RIG_START_MS - OMB_DAY_MS,
            .not_after = RIG_START_MS + 3650 * OMB_DAY_MS,
            .issuer = issuer,
            .depth = level,
            .certify_depth = OMB_ROOT_CERTIFY_DEPTH - level,
        };

        omb_signer_public(signer, signing);
        omb_box_public(rig->transport, transport);
        omb_box_public(rig->sealing, sealing);
        inner.office = omb_certify_office_id(inner.code, signing);
        inner.signing_key = OMB_VIEW_OF(signing);
        inner.transport_key = OMB_VIEW_OF(transport);
        inner.sealing_key = OMB_VIEW_OF(sealing);
        omb_certify_issue(&inner, level == 0 ? rig->anchor : rig->signers[depth - level + 1], &one);
        OMB_ASSERT(omb_certify_read(omb_buf_view(&one), &arena, &known, NULL) == OMB_OK);
        issuer = known.digest;
        above = inner;
        omb_buf_add_be32(&all, (uint32_t)one.size);
        omb_buf_add_view(&all, omb_buf_view(&one));
        omb_buf_add_view(&all, omb_buf_view(&rig->certificates));
        omb_buf_free(&one);
        omb_buf_free(&rig->certificates);
        rig->certificates = all;
    }
    omb_arena_free(&arena);
}

static void found(struct rig *rig)
{
    struct omb_office_birth birth = {.certificates = omb_buf_view(&rig->certificates),
                                     .zone = omb_view_str(rig->zone->name),
                                     .now_ms = rig->now_ms};
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err;

    omb_signer_public(rig->anchor, birth.anchor);
    omb_box_public(rig->recovery, birth.recovery);
    memcpy(birth.admin_key, rig->admin, sizeof(rig->admin));
    memcpy(birth.epoch, rig->epoch, sizeof(rig->epoch));
    omb_writes_reset(writes, memport_port(rig->store));
    if (omb_office_found(&birth, writes, &err) != OMB_OK) {
        fprintf(stderr, "%s\n", err.words);
        abort();
    }
    memport_commit(rig->store, writes);
    omb_writes_free(writes);
}

static void must(enum omb_rc rc, const struct omb_error *err)
{
    if (rc == OMB_OK)
        return;
    fprintf(stderr, "rig: %s: %s\n", omb_rc_word(rc), err->words);
    abort();
}

static void start(struct rig *rig)
{
    const struct omb_office_setup setup = {
        .port = memport_port(rig->store),
        .signer = rig->signers[0],
        .transport = rig->transport,
        .sealing = rig->sealing,
        .zone = rig->zone,
        .bell = OMB_VIEW_LIT("ipc://bell"),
        .started_at = rig->now_ms,
    };
    struct omb_input input = {.kind = OMB_INPUT_START};
    struct omb_error err;

    must(omb_office_open(&setup, &rig->office, &err), &err);
    omb_update_begin(rig->update, rig->office);
    must(rig_step(rig, &input, &err), &err);
    rig_commit(rig);
}

/* What every office of every test has. */
static void begin(struct rig *rig)
{
    uint8_t seed[32];

    omb_crypto_init();
    omb_wire_init();
    *rig = (struct rig){.zone = &omb_zone_utc, .now_ms = RIG_START_MS, .monotonic_ms = 1000};
    rig->store = memport_new();
    rig_anchor(seed);
    rig->anchor = omb_signer_from_seed(seed);
    rig->recovery = secret_of(0x13);
    fill(rig->admin, 0xad);
    memset(rig->epoch, 0xe0, sizeof(rig->epoch));
    rig->update = omb_update_new();
    omb_arena_init(&rig->arena, SIZE_MAX);
}

void rig_open(struct rig *rig, unsigned depth)
{
    OMB_ASSERT(depth < RIG_CHAIN_MAX);
    begin(rig);
    for (unsigned i = 0; i <= depth; i++)
        rig->signers[i] = signer_of((uint8_t)(0x50 + i));
    rig->transport = secret_of(0x11);
    rig->sealing = secret_of(0x12);
    certify(rig, depth);
    found(rig);
    start(rig);
}

void rig_anchor(uint8_t out[32])
{
    fill(out, 0xa0);
}

void rig_secret(uint8_t seed, enum rig_secret which, uint8_t out[32])
{
    fill(out, seed);
    out[0] = (uint8_t)which;
}

void rig_open_as(struct rig *rig, uint8_t seed, struct omb_view certificates)
{
    uint8_t secret[32];

    begin(rig);
    rig->epoch[0] = seed;
    rig_secret(seed, RIG_SIGNING, secret);
    rig->signers[0] = omb_signer_from_seed(secret);
    rig_secret(seed, RIG_TRANSPORT, secret);
    rig->transport = omb_secret_new(secret);
    rig_secret(seed, RIG_SEALING, secret);
    rig->sealing = omb_secret_new(secret);
    omb_buf_add_view(&rig->certificates, certificates);
    found(rig);
    start(rig);
}

void rig_free(struct rig *rig)
{
    omb_office_free(rig->office);
    omb_update_free(rig->update);
    memport_free(rig->store);
    omb_signer_free(rig->anchor);
    for (size_t i = 0; i < RIG_CHAIN_MAX; i++)
        if (rig->signers[i])
            omb_signer_free(rig->signers[i]);
    omb_secret_free(rig->transport);
    omb_secret_free(rig->sealing);
    omb_secret_free(rig->recovery);
    omb_buf_free(&rig->earlier);
    omb_buf_free(&rig->certificates);
    omb_arena_free(&rig->arena);
}

int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    OMB_ASSERT(rig != NULL);
    rig_open(rig, 0);
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    rig_free(*state);
    free(*state);
    return 0;
}

void rig_reopen(struct rig *rig)
{
    omb_office_free(rig->office);
    rig->office = NULL;
    start(rig);
}

void rig_pass(struct rig *rig, int64_t ms)
{
    rig->now_ms += ms;
    rig->monotonic_ms += ms;
}

enum omb_rc rig_step(struct rig *rig, struct omb_input *input, struct omb_error *err)
{
    input->now_ms = rig->now_ms;
    input->monotonic_ms = rig->monotonic_ms;
    omb_put_be64(input->seed, ++rig->inputs);
    return omb_office_step(rig->office, input, rig->update, err);
}

void rig_tick(struct rig *rig)
{
    struct omb_input input = {.kind = OMB_INPUT_TICK};
    struct omb_error err;

    must(rig_step(rig, &input, &err), &err);
}

void rig_commit(struct rig *rig)
{
    struct omb_error err;

    must(omb_office_close(rig->office, rig->update, &err), &err);
    memport_commit(rig->store, omb_update_writes(rig->update));
    omb_update_begin(rig->update, rig->office);
}

/* The daemon's loop refuses whoever asked when the store met an error, and ends. */
static const struct omb_reply *refused(struct rig *rig, const struct omb_error *err,
                                       struct omb_reply *out)
{
    struct omb_refusal *refusal = OMB_ARENA_NEW(&rig->arena, struct omb_refusal, 1);

    *refusal = (struct omb_refusal){
        .code = omb_view_str(omb_rc_word(err->rc)),
        .words = omb_arena_copy(&rig->arena, omb_view_str(err->words)),
    };
    out->error = refusal;
    return out;
}

static const struct omb_reply *give(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                    struct omb_view bytes, bool offline)
{
    struct omb_input input = {.kind = OMB_INPUT_REQUEST,
                              .bytes = bytes,
                              .reply_to = rig->ids,
                              .local_admin = offline};
    struct omb_reply *reply = OMB_ARENA_NEW(&rig->arena, struct omb_reply, 1);
    const struct omb_reply_out *replies;
    struct omb_error err;
    size_t count;

    memcpy(input.peer, key, sizeof(input.peer));
    if (rig_step(rig, &input, &err) != OMB_OK) {
        if (memport_health(rig->store) == OMB_OK)
            must(err.rc, &err);
        return refused(rig, &err, reply);
    }
    count = omb_update_replies(rig->update, &replies);
    OMB_ASSERT(count > 0);
    must(omb_decode_reply(replies[count - 1].bytes, &rig->arena, reply, &err), &err);
    return reply;
}

const struct omb_reply *rig_bytes(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                  struct omb_view bytes)
{
    return give(rig, key, bytes, false);
}

const struct omb_reply *rig_request(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                    const struct omb_request *request)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    const struct omb_reply *reply;

    omb_encode_request(request, &bytes);
    reply = rig_bytes(rig, key, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return reply;
}

const struct omb_reply *rig_ask(struct rig *rig, uint32_t tag, const void *ask)
{
    uint8_t id[8];
    const struct omb_request request = {.protocol = 1, .id = OMB_VIEW_OF(id), .ask = {tag, ask}};

    omb_put_be64(id, ++rig->ids);
    return rig_request(rig, rig->admin, &request);
}

const struct omb_reply *rig_ask_offline(struct rig *rig, uint32_t tag, const void *ask)
{
    uint8_t id[8];
    const struct omb_request request = {.protocol = 1, .id = OMB_VIEW_OF(id), .ask = {tag, ask}};
    struct omb_buf bytes = OMB_BUF_INIT;
    const struct omb_reply *reply;

    omb_put_be64(id, ++rig->ids);
    omb_encode_request(&request, &bytes);
    reply = give(rig, rig->admin, omb_buf_view(&bytes), true);
    omb_buf_free(&bytes);
    return reply;
}

void rig_lose_body(struct rig *rig, const struct omb_office_id *office, uint64_t n)
{
    const struct omb_missing_row row = {*office, OMB_PART_BODY, 1};
    struct omb_digest digest = {{0}};
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_key key;

    omb_put_be64(digest.bytes, n << 40);
    key = omb_key_missing(&digest);
    omb_encode_missing_row(&row, &value);
    memport_set(rig->store, OMB_FAMILY_PEER, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}
