#include "bench/branch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "bench/branch_state.h"
#include "io/clock.h"
#include "io/driver.h"

#define TICK_PAUSE_MS 250

static void must(enum omb_rc rc, const struct branch *branch, const struct omb_error *err)
{
    if (rc == OMB_OK)
        return;
    fprintf(stderr, "bench: %s: %s: %s\n", branch->code, omb_rc_word(rc), err->words);
    exit(1);
}

/* --- enrolment --- */

void branch_ask(struct branch *branch, uint64_t number, struct omb_buf *out_request)
{
    uint8_t secret[OMB_SEED_SIZE], signing[OMB_PUBLIC_SIZE], transport[OMB_PUBLIC_SIZE],
        sealing[OMB_PUBLIC_SIZE];
    struct omb_office_wish wish = {
        .version = 1,
        .kind = OMB_VIEW_LIT("branch"),
        .signing_key = OMB_VIEW_OF(signing),
        .transport_key = OMB_VIEW_OF(transport),
        .sealing_key = OMB_VIEW_OF(sealing),
        .at = omb_clock_wall_ms(),
    };

    *branch = (struct branch){.tick_at = INT64_MAX, .link_tick_at = INT64_MAX};
    snprintf(branch->code, sizeof(branch->code), "vsp-%04llu", (unsigned long long)number);
    omb_random(secret, sizeof(secret));
    branch->signer = omb_signer_from_seed(secret);
    omb_random(secret, sizeof(secret));
    branch->transport = omb_secret_new(secret);
    omb_random(secret, sizeof(secret));
    branch->sealing = omb_secret_new(secret);
    omb_wipe(secret, sizeof(secret));
    omb_signer_public(branch->signer, signing);
    omb_box_public(branch->transport, transport);
    omb_box_public(branch->sealing, sealing);
    wish.code = wish.name = omb_view_str(branch->code);
    omb_enrol_ask(&wish, branch->signer, NULL, out_request);
}

static void found(struct branch *branch, const struct omb_known_bundle *bundle)
{
    struct omb_buf certificates = OMB_BUF_INIT;
    struct omb_office_birth birth = {.zone = omb_view_str(omb_zone_utc.name),
                                     .now_ms = omb_clock_wall_ms()};
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {0};

    for (size_t i = 0; i < bundle->count; i++) {
        omb_buf_add_be32(&certificates, (uint32_t)bundle->chain[i].signed_bytes.size);
        omb_buf_add_view(&certificates, bundle->chain[i].signed_bytes);
    }
    birth.certificates = omb_buf_view(&certificates);
    memcpy(birth.anchor, bundle->content.anchor.data, sizeof(birth.anchor));
    memcpy(birth.recovery, bundle->content.recovery.data, sizeof(birth.recovery));
    omb_random(birth.admin_key, sizeof(birth.admin_key));
    omb_random(birth.epoch, sizeof(birth.epoch));
    branch->store = memport_new();
    omb_writes_reset(writes, memport_port(branch->store));
    must(omb_office_found(&birth, writes, &err), branch, &err);
    memport_commit(branch->store, writes);
    omb_writes_free(writes);
    omb_buf_free(&certificates);
}

void branch_join(struct branch *branch, struct omb_view bytes)
{
    struct omb_known_bundle *bundle = calloc(1, sizeof(*bundle));
    struct omb_arena arena;
    struct omb_error err = {0};

    OMB_ASSERT(bundle != NULL);
    omb_arena_init(&arena, SIZE_MAX);
    must(omb_enrol_read_bundle(bytes, &arena, bundle, &err), branch, &err);
    OMB_ASSERT(bundle->content.addresses.count > 0);
    snprintf(branch->address, sizeof(branch->address), "%.*s",
             OMB_VIEW_ARGS(bundle->content.addresses.items[0]));
    found(branch, bundle);
    omb_arena_free(&arena);
    free(bundle);
}

/* --- as a daemon's loop --- */

static void step(struct branch *branch, struct omb_input *input)
{
    struct omb_error err = {0};

    omb_driver_stamp(input);
    must(omb_office_step(branch->office, input, branch->update, &err), branch, &err);
}

static void keep(struct branch *branch)
{
    struct omb_error err = {0};

    must(omb_office_close(branch->office, branch->update, &err), branch, &err);
    memport_commit(branch->store, omb_update_writes(branch->update));
    omb_linkwork_send(&branch->work, branch->update);
    omb_linkwork_dial(&branch->work, omb_update_dial(branch->update));
    branch->tick_at = omb_update_timer(branch->update);
    branch->link_tick_at = omb_update_link_timer(branch->update);
    omb_update_begin(branch->update, branch->office);
}

static void open_office(struct branch *branch)
{
    const struct omb_office_setup setup = {
        .port = memport_port(branch->store),
        .signer = branch->signer,
        .transport = branch->transport,
        .sealing = branch->sealing,
        .zone = &omb_zone_utc,
        .started_at = omb_clock_wall_ms(),
        .serves = true,
        .parents = &branch->parent,
        .parent_count = 1,
        .last_exit = OMB_VIEW_LIT("clean"),
    };
    struct omb_error err = {0};

    branch->parent = omb_view_str(branch->address);
    must(omb_office_open(&setup, &branch->office, &err), branch, &err);
    branch->update = omb_update_new();
    omb_update_begin(branch->update, branch->office);
}

void branch_start(struct branch *branch, void *context, const struct omb_log *log)
{
    uint8_t public_key[OMB_PUBLIC_SIZE];
    const struct omb_linknet_setup setup = {
        .context = context, .transport = branch->transport, .transport_public = public_key};
    struct omb_input input = {.kind = OMB_INPUT_START};
    struct omb_error err = {0};

    omb_box_public(branch->transport, public_key);
    must(omb_linknet_open(&setup, &branch->work.links, &err), branch, &err);
    branch->work.log = log;
    open_office(branch);
    step(branch, &input);
    keep(branch);
}

static bool is_due(const struct branch *branch)
{
    return branch->tick_at <= omb_clock_wall_ms() ||
           branch->link_tick_at <= omb_clock_monotonic_ms();
}

bool branch_turn(struct branch *branch)
{
    struct omb_input input;
    const bool was = branch->live;
    bool worked = false;

    if (is_due(branch)) {
        input = (struct omb_input){.kind = OMB_INPUT_TICK};
        step(branch, &input);
        worked = true;
    }
    while (omb_linkwork_next(&branch->work, &input)) {
        step(branch, &input);
        worked = true;
    }
    if (worked)
        keep(branch);
    branch->live = branch_is_live(branch->office);
    return branch->live != was;
}

int64_t branch_rest_ms(const struct branch *branch)
{
    int64_t rest = TICK_PAUSE_MS, left;

    if (branch->tick_at != INT64_MAX) {
        left = branch->tick_at - omb_clock_wall_ms();
        rest = left < rest ? left : rest;
    }
    if (branch->link_tick_at != INT64_MAX) {
        left = branch->link_tick_at - omb_clock_monotonic_ms();
        rest = left < rest ? left : rest;
    }
    left = omb_linknet_rest_ms(branch->work.links);
    if (left >= 0 && left < rest)
        rest = left;
    return rest > 0 ? rest : 0;
}

void branch_free(struct branch *branch)
{
    omb_linknet_close(branch->work.links);
    if (branch->office)
        omb_office_free(branch->office);
    if (branch->update)
        omb_update_free(branch->update);
    memport_free(branch->store);
    omb_signer_free(branch->signer);
    omb_secret_free(branch->transport);
    omb_secret_free(branch->sealing);
}
