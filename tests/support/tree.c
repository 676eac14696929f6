#include "support/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "ledger/enrol.h"
#include "office/restored.h"
#include "support/tree_drive.h"

/* --- the whole --- */

struct tree *tree_new(void)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    uint8_t seed[32];

    OMB_ASSERT(tree != NULL);
    omb_crypto_init();
    omb_wire_init();
    memset(seed, 0xa0, sizeof(seed));
    tree->anchor = omb_signer_from_seed(seed);
    tree->now_ms = RIG_START_MS;
    omb_arena_init(&tree->arena, SIZE_MAX);
    omb_arena_init(&tree->scratch, SIZE_MAX);
    return tree;
}

static void office_free(struct tree_office *office)
{
    struct rig *rig = &office->rig;

    omb_office_free(rig->office);
    omb_update_free(rig->update);
    if (office->disk.held != NULL)
        omb_update_free(office->disk.held);
    tree_acked_forget(office);
    memport_free(rig->store);
    omb_signer_free(rig->signers[0]);
    omb_secret_free(rig->transport);
    omb_secret_free(rig->sealing);
    omb_secret_free(rig->recovery);
    omb_buf_free(&rig->certificates);
    omb_buf_free(&rig->earlier);
    omb_arena_free(&rig->arena);
    free(office);
}

void tree_free(struct tree *tree)
{
    if (!tree->checked)
        fprintf(stderr, "the story so far:\n%s", omb_buf_str(&tree->told)); /* cmocka cuts */
    for (size_t i = 0; i < tree->count; i++)
        office_free(tree->offices[i]);
    omb_signer_free(tree->anchor);
    for (size_t i = 0; i < tree->lost_count; i++)
        memport_free(tree->lost[i]);
    free(tree->lost);
    free(tree->events);
    free(tree->frames);
    omb_buf_free(&tree->told);
    omb_arena_free(&tree->arena);
    omb_arena_free(&tree->scratch);
    free(tree);
}

int tree_setup(void **state)
{
    *state = tree_new();
    return 0;
}

int tree_teardown(void **state)
{
    tree_free(*state);
    return 0;
}

/* --- a new office --- */

static void secret_bytes(uint8_t seed, uint8_t which, uint8_t out[32])
{
    memset(out, seed, 32);
    out[0] = which;
}

static struct omb_secret *secret_of(uint8_t seed, uint8_t which)
{
    uint8_t bytes[32];

    secret_bytes(seed, which, bytes);
    return omb_secret_new(bytes);
}

/* Keys are of the seed, so that a twin has the same; random bytes never are. */
static struct tree_office *office_new(struct tree *tree, const char *code, const char *kind,
                                      uint8_t seed)
{
    struct tree_office *office = calloc(1, sizeof(*office));
    struct rig *rig = &office->rig;
    uint8_t bytes[32];

    OMB_ASSERT(office != NULL && tree->count < TREE_OFFICES_MAX);
    office->tree = tree;
    office->code = code;
    office->kind = kind;
    office->seed = seed;
    office->wake_ms = INT64_MAX;
    office->up_ms = office->down_ms = 5;
    snprintf(office->address, sizeof(office->address), "tcp://%s:7100", code);
    rig->zone = &omb_zone_utc;
    rig->store = memport_new();
    secret_bytes(seed, 1, bytes);
    rig->signers[0] = omb_signer_from_seed(bytes);
    rig->transport = secret_of(seed, 2);
    rig->sealing = secret_of(seed, 3);
    rig->recovery = secret_of(0x13, 0x13);
    memset(rig->admin, 0xad, sizeof(rig->admin));
    memset(rig->epoch, 0xe0, sizeof(rig->epoch));
    rig->epoch[0] = seed;
    rig->inputs = (uint64_t)(tree->count + 1) << 40;
    rig->update = omb_update_new();
    omb_arena_init(&rig->arena, SIZE_MAX);
    omb_box_public(rig->transport, office->transport);
    tree->offices[tree->count++] = office;
    return office;
}

static void add_certificate(struct omb_buf *list, struct omb_view one)
{
    omb_buf_add_be32(list, (uint32_t)one.size);
    omb_buf_add_view(list, one);
}

static void certify_root(struct tree_office *office)
{
    struct rig *rig = &office->rig;
    uint8_t signing[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE], anchor[OMB_PUBLIC_SIZE];
    struct omb_certificate inner = {
        .version = 1,
        .code = omb_view_str(office->code),
        .name = omb_view_str(office->code),
        .kind = omb_view_str(office->kind),
        .not_before = RIG_START_MS - OMB_DAY_MS,
        .not_after = RIG_START_MS + 3650 * OMB_DAY_MS,
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH,
    };
    struct omb_buf one = OMB_BUF_INIT;

    omb_signer_public(rig->signers[0], signing);
    omb_box_public(rig->sealing, sealing);
    omb_signer_public(office->tree->anchor, anchor);
    inner.issuer = omb_certify_anchor_issuer(anchor);
    inner.office = omb_certify_office_id(inner.code, signing);
    inner.signing_key = OMB_VIEW_OF(signing);
    inner.transport_key = OMB_VIEW_OF(office->transport);
    inner.sealing_key = OMB_VIEW_OF(sealing);
    omb_certify_issue(&inner, office->tree->anchor, &one);
    add_certificate(&rig->certificates, omb_buf_view(&one));
    omb_buf_free(&one);
    office->id = inner.office;
}

bool tree_try_enrol(struct tree_office *office, struct tree_office *parent,
                    const struct omb_digest *previous, struct omb_buf *out_bundle)
{
    struct rig *rig = &office->rig;
    uint8_t signing[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
    const uint64_t batch = parent->batch;
    const struct omb_reply *reply;
    struct omb_buf request = OMB_BUF_INIT;
    struct omb_office_wish wish = {
        .version = 1,
        .code = omb_view_str(office->code),
        .name = omb_view_str(office->code),
        .kind = omb_view_str(office->kind),
        .signing_key = OMB_VIEW_OF(signing),
        .transport_key = OMB_VIEW_OF(office->transport),
        .sealing_key = OMB_VIEW_OF(sealing),
        .at = office->tree->now_ms,
    };
    struct omb_office_certify ask = {.service = office->service, .days = office->days};

    if (previous != NULL)
        wish.previous = *previous;
    omb_signer_public(rig->signers[0], signing);
    omb_box_public(rig->sealing, sealing);
    omb_enrol_ask(&wish, rig->signers[0], NULL, &request);
    ask.request = omb_buf_view(&request);
    tree_tick(parent);
    reply = ask_as(&parent->rig, "admin", OMB_ASK_OFFICE_CERTIFY, &ask);
    omb_buf_free(&request);
    tree_keep(parent);
    if (parent->running)
        tree_sync_now(parent);
    if (reply->error != NULL || !tree_was_told(parent, batch)) {
        tree_tell(office->tree, "%s does not certify %s: %.*s", parent->code, office->code,
                  OMB_VIEW_ARGS(reply->error ? reply->error->words : OMB_VIEW_NONE));
        return false;
    }
    omb_buf_add_view(out_bundle, OMB_AS(office_issued, reply->answer)->bundle);
    return true;
}

void tree_enrol(struct tree_office *office, bool anew, struct omb_buf *out_bundle)
{
    struct omb_digest own = {{0}};

    if (anew && office->rig.office != NULL)
        own = tree_certificate(office);
    if (!tree_try_enrol(office, office->parent, &own, out_bundle))
        fail_msg("%s is not certified", office->code);
}

static void take_bundle(struct tree_office *office, struct omb_view bytes)
{
    struct omb_known_bundle bundle;
    struct omb_error err = {0};

    if (omb_enrol_read_bundle(bytes, &office->rig.arena, &bundle, &err) != OMB_OK)
        fail_msg("%s", err.words);
    omb_buf_clear(&office->rig.certificates);
    omb_buf_clear(&office->rig.earlier);
    for (size_t i = 0; i < bundle.count; i++)
        add_certificate(&office->rig.certificates, bundle.chain[i].signed_bytes);
    for (size_t i = 0; i < bundle.earlier_count; i++)
        add_certificate(&office->rig.earlier, bundle.earlier[i].signed_bytes);
    office->id = bundle.chain[0].inner.office;
}

static void certify(struct tree_office *office)
{
    struct omb_buf bytes = OMB_BUF_INIT;

    tree_enrol(office, false, &bytes);
    take_bundle(office, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
}

static void found(struct tree_office *office, uint32_t life)
{
    struct rig *rig = &office->rig;
    struct omb_office_birth birth = {.certificates = omb_buf_view(&rig->certificates),
                                     .earlier = omb_buf_view(&rig->earlier),
                                     .zone = omb_view_str(rig->zone->name),
                                     .life = life,
                                     .now_ms = office->tree->now_ms + office->clock_ms};
    struct omb_writes *writes = omb_writes_new();
    struct omb_error err = {0};

    omb_signer_public(office->tree->anchor, birth.anchor);
    omb_box_public(rig->recovery, birth.recovery);
    memcpy(birth.admin_key, rig->admin, sizeof(rig->admin));
    memcpy(birth.epoch, rig->epoch, sizeof(rig->epoch));
    omb_writes_reset(writes, memport_port(rig->store));
    if (omb_office_found(&birth, writes, &err) != OMB_OK)
        fail_msg("%s: %s", office->code, err.words);
    memport_commit(rig->store, writes);
    omb_writes_free(writes);
}

static struct tree_office *add(struct tree *tree, const char *code, const char *kind,
                               struct tree_office *parent, bool service)
{
    struct tree_office *office = office_new(tree, code, kind, (uint8_t)(0x40 + tree->count));

    office->parent = parent;
    office->service = service;
    if (parent != NULL) {
        snprintf(office->parent_address, sizeof(office->parent_address), "%s", parent->address);
        certify(office);
    } else {
        certify_root(office);
    }
    found(office, 0);
    tree_start(office);
    hire(&office->rig, "t1", "teller");
    hire(&office->rig, "h1", "handler");
    hire(&office->rig, "s1", "supervisor");
    hire(&office->rig, "s2", "supervisor");
    hire(&office->rig, "an1", "analyst");
    hire(&office->rig, "au1", "auditor");
    tree_keep(office);
    return office;
}

struct tree_office *tree_add(struct tree *tree, const char *code, const char *kind,
                             struct tree_office *parent)
{
    return add(tree, code, kind, parent, false);
}

struct tree_office *tree_add_service(struct tree *tree, const char *code,
                                     struct tree_office *parent)
{
    return add(tree, code, "branch", parent, true);
}

struct tree_office *tree_twin(struct tree_office *office)
{
    struct tree_office *twin =
        office_new(office->tree, office->code, office->kind, office->seed);

    twin->parent = office->parent;
    twin->id = office->id;
    memcpy(twin->parent_address, office->parent_address, sizeof(twin->parent_address));
    memport_free(twin->rig.store);
    twin->rig.store = tree_backup(office);
    twin->rig.ids = office->rig.ids + 1000;
    tree_start(twin);
    return twin;
}

/* Whether the office holds by that certificate, and was told so. */
static bool join(struct tree_office *office, struct omb_view bundle)
{
    const struct omb_office_join ask = {.bundle = bundle};
    const uint64_t batch = office->batch;
    const struct omb_reply *reply;

    tree_tick(office);
    reply = ask_as(&office->rig, "admin", OMB_ASK_OFFICE_JOIN, &ask);
    if (tree_falls_with_store(office))
        return false;
    if (reply->error != NULL)
        tree_tell(office->tree, "%s does not join: %.*s", office->code,
                  OMB_VIEW_ARGS(reply->error->words));
    tree_keep(office);
    if (office->running)
        tree_sync_now(office);
    return reply->error == NULL && tree_was_told(office, batch);
}

bool tree_try_come_under(struct tree_office *office, struct tree_office *to)
{
    const struct omb_digest previous = tree_certificate(office);
    struct omb_buf bundle = OMB_BUF_INIT;
    bool joined = tree_try_enrol(office, to, &previous, &bundle);

    joined = joined && office->running && join(office, omb_buf_view(&bundle));
    omb_buf_free(&bundle);
    if (!joined)
        return false;
    if (office->parent != to) {
        OMB_ASSERT(office->moves < TREE_MOVES_MAX);
        office->before[office->moves++] = office->parent;
    }
    if (office->running)
        tree_stop(office);
    office->parent = to;
    snprintf(office->parent_address, sizeof(office->parent_address), "%s", to->address);
    tree_start(office);
    return true;
}

void tree_move(struct tree_office *office, struct tree_office *to)
{
    struct tree_office *root = office->tree->offices[0];
    const struct omb_office_change change = {.code = omb_view_str(office->code),
                                             .parent = omb_view_str(to->code)};

    tree_tell(office->tree, "%s is moved to %s", office->code, to->code);
    tree_tick(root);
    answer_of(ask_as(&root->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    tree_settle(office->tree); /* the new parent hears who it is */
    if (!tree_try_come_under(office, to))
        fail_msg("%s does not come under %s", office->code, to->code);
}

/* What the store said of scopes was so, though it is lost. */
static void put_in_place(struct tree_office *office, struct memport *take_rows)
{
    struct tree *tree = office->tree;

    tree->lost = realloc(tree->lost, (tree->lost_count + 1) * sizeof(*tree->lost));
    OMB_ASSERT(tree->lost != NULL);
    tree->lost[tree->lost_count++] = office->rig.store;
    office->rig.store = take_rows;
    tree_acked_forget(office);
}

bool tree_begin_anew(struct tree_office *office, uint32_t life)
{
    struct rig *rig = &office->rig;
    struct omb_signer *before = rig->signers[0];
    const struct omb_digest certificate = tree_certificate(office);
    struct omb_buf bundle = OMB_BUF_INIT;
    uint8_t bytes[32];
    bool certified;

    secret_bytes(office->seed, (uint8_t)(0x80 + ++office->renewed), bytes);
    rig->signers[0] = omb_signer_from_seed(bytes);
    certified = tree_try_enrol(office, office->parent, &certificate, &bundle);
    if (certified && office->running)
        tree_leave(office, false);
    if (certified) {
        put_in_place(office, memport_new());
        rig->epoch[1]++;
        take_bundle(office, omb_buf_view(&bundle));
        found(office, life);
        tree_tell(office->tree, "%s begins anew", office->code);
        tree_start(office);
    }
    omb_signer_free(certified ? before : rig->signers[0]);
    if (!certified)
        rig->signers[0] = before;
    omb_buf_free(&bundle);
    return certified;
}

/* What was above an office once may stand below it now: so far up and no further. */
static bool is_below(const struct tree_office *office, const struct tree_office *top, bool ever,
                     unsigned levels)
{
    if (office == NULL || levels == 0)
        return false;
    if (omb_office_id_equal(&office->id, &top->id) ||
        is_below(office->parent, top, ever, levels - 1))
        return true;
    for (size_t i = 0; ever && i < office->moves; i++)
        if (is_below(office->before[i], top, ever, levels - 1))
            return true;
    return false;
}

bool tree_is_below(const struct tree_office *office, const struct tree_office *top, bool ever)
{
    return is_below(office, top, ever, 8);
}

/* --- its life --- */

static struct omb_office_setup setup_of(struct tree_office *office)
{
    const struct rig *rig = &office->rig;

    office->dials = omb_view_str(office->parent_address);
    return (struct omb_office_setup){
        .port = tree_disk_port(office),
        .signer = rig->signers[0],
        .transport = rig->transport,
        .sealing = rig->sealing,
        .zone = rig->zone,
        .bell = OMB_VIEW_LIT("ipc://bell"),
        .started_at = office->tree->now_ms + office->clock_ms,
        .serves = true,
        .takes_children = strcmp(office->kind, "branch") != 0,
        .parents = office->parent != NULL ? &office->dials : NULL,
        .parent_count = office->parent != NULL,
        .advertise = omb_view_str(office->address),
        .last_exit = OMB_VIEW_LIT("clean"),
    };
}

void tree_start(struct tree_office *office)
{
    struct rig *rig = &office->rig;
    const struct omb_office_setup setup = setup_of(office);
    struct omb_input input = {.kind = OMB_INPUT_START};
    struct omb_error err = {0};

    OMB_ASSERT(!office->running);
    if (memport_reopen(rig->store) != OMB_OK) {
        tree_tell(office->tree, "%s cannot start: its disk is full", office->code);
        return;
    }
    if (omb_office_open(&setup, &rig->office, &err) != OMB_OK) {
        if (!tree_start_again(office))
            fail_msg("%s: %s", office->code, err.words);
        return;
    }
    omb_update_begin(rig->update, rig->office);
    office->running = true;
    office->life++;
    office->batch++;
    tree_tell(office->tree, "%s starts", office->code);
    tree_input(office, &input);
    tree_keep(office);
}

void tree_stop(struct tree_office *office)
{
    OMB_ASSERT(office->running);
    tree_keep(office);
    if (office->running)
        tree_sync_now(office);
    if (!office->running)
        return; /* it had crashed before */
    tree_tell(office->tree, "%s stops", office->code);
    tree_leave(office, false);
}

struct memport *tree_backup(struct tree_office *office)
{
    if (office->running)
        tree_keep(office);
    return memport_copy(office->rig.store);
}

void tree_roll_back(struct tree_office *office, struct memport *take_rows)
{
    if (office->running)
        tree_stop(office);
    tree_tell(office->tree, "%s is rolled back", office->code);
    put_in_place(office, take_rows);
    tree_start(office);
}

void tree_restore(struct tree_office *office, struct memport *take_rows)
{
    struct rig *rig = &office->rig;
    const struct omb_office_setup setup = setup_of(office);
    struct omb_restoring restoring = {
        .made_at = office->tree->now_ms,
        .restored_at = office->tree->now_ms + 1,
        .backup = omb_hash("tests/backup", omb_view_str(office->code)),
    };
    struct omb_writes *writes = omb_writes_new();

    if (office->running)
        tree_stop(office);
    tree_tell(office->tree, "%s is restored", office->code);
    put_in_place(office, take_rows);
    omb_put_be64(restoring.epoch, office->tree->orders);
    omb_writes_reset(writes, memport_port(rig->store));
    if (omb_office_open(&setup, &rig->office, NULL) != OMB_OK ||
        omb_restored_put(rig->office, memport_port(rig->store), &restoring, writes, NULL) != OMB_OK)
        fail_msg("%s is not restored", office->code);
    memport_commit(rig->store, writes);
    omb_writes_free(writes);
    omb_office_free(rig->office);
    rig->office = NULL;
    tree_start(office);
}

void tree_set_clock(struct tree_office *office, int64_t wall_ms)
{
    struct omb_input tick = {.kind = OMB_INPUT_TICK};

    tree_keep(office);
    if (!office->running)
        return;
    office->clock_ms = wall_ms - office->tree->now_ms;
    tree_tell(office->tree, "%s sets its clock", office->code);
    tree_input(office, &tick);
    tree_keep(office);
}

/* --- acts --- */

const struct omb_reply *tree_act(struct tree_office *office, const char *who,
                                 struct omb_view number, const char *to, uint32_t tag,
                                 const void *event, const char *text)
{
    const struct omb_facts facts = {.event = {tag, event}};
    const struct omb_resolved_body decided = {.findings = OMB_VIEW_LIT("looked into"),
                                              .answer = omb_view_str(text)};
    const struct omb_text_body said = {.text = omb_view_str(text)};
    const struct omb_body body = {
        .event = {tag, tag == OMB_EVENT_RESOLVED ? (const void *)&decided : &said}};
    const struct omb_act act = {.number = number,
                                .facts = &facts,
                                .body = text != NULL ? &body : NULL,
                                .to = omb_view_str(to)};

    tree_tick(office);
    tree_tell(office->tree, "%s %s writes %s", office->code, who, omb_event_name(tag));
    return ask_as(&office->rig, who, OMB_ASK_ACT, &act);
}
