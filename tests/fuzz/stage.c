#define _GNU_SOURCE /* memmem */
#include "fuzz/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/assert.h"
#include "fuzz/check.h"
#include "office/inside.h"
#include "support/tree_drive.h"
#include "wire/limits.h"

enum {
    OWN_RECORDS = 64,       /* that an office adds of itself in one batch */
    WRITES_FLOOR = 4 << 20, /* bytes of rows that any batch may put, and as many it may send */
    WRITES_FACTOR = 64,     /* of them for each byte that came */
    INPUTS = 1 << 20,       /* seeds are counted from it */
};

static struct stage stage;
static struct stage_author fresh[STAGE_PEERS];
static struct memport *rows;
static int64_t now_ms;

/* --- the bank, once --- */

static struct stage_author author_of(const struct tree_office *office)
{
    const struct omb_office *core = office->rig.office;
    struct stage_author author = {
        .office = office->id,
        .key = core->key_id,
        .certificate = core->own.digest,
        .depth = core->self.depth,
        .signer = office->rig.signers[0],
        .transport = office->transport,
        .life = core->tip.incarnation,
        .seq = core->tip.seq,
        .prev = core->tip.prev,
        .position = core->tip.journal,
    };

    memcpy(author.epoch, core->epoch, sizeof(author.epoch));
    return author;
}

static void live(struct tree *tree, struct tree_office *ho, struct tree_office *branch)
{
    struct omb_view number;

    for (size_t i = 0; i < STAGE_CASES; i++) {
        tree_tick(i < 2 ? branch : stage.north);
        number = new_case(i < 2 ? &branch->rig : &stage.north->rig);
        snprintf(stage.numbers[i], STAGE_TEXT, "%.*s", OMB_VIEW_ARGS(number));
    }
    TREE_ACT(branch, omb_view_str(stage.numbers[0]), NULL, NOTED, noted, "called back");
    TREE_ACT(branch, omb_view_str(stage.numbers[0]), "north", ESCALATED, escalated, "beyond us",
             .ground = OMB_VIEW_LIT("amount"));
    TREE_ACT(stage.north, omb_view_str(stage.numbers[2]), "ho", ESCALATED, escalated, "beyond us",
             .ground = OMB_VIEW_LIT("amount"));
    TREE_ACT(stage.north, omb_view_str(stage.numbers[3]), "vsp-0045", DELEGATED, delegated,
             "you know them");
    tree_settle(tree);
    TREE_ACT(stage.north, omb_view_str(stage.numbers[0]), NULL, NOTED, noted, "looked into");
    tree_settle(tree);
    fresh[STAGE_BRANCH] = author_of(branch);
    fresh[STAGE_HO] = author_of(ho);
}

static void make(void)
{
    struct tree *tree = tree_new();
    struct tree_office *ho, *branch;

    tree->checked = true;
    ho = tree_add(tree, "ho", "head", NULL);
    stage.north = tree_add(tree, "north", "regional", ho);
    branch = tree_add(tree, "vsp-0045", "branch", stage.north);
    stage.rig = &stage.north->rig;
    tree_settle(tree);
    live(tree, ho, branch);
    tree_stop(branch);
    tree_stop(stage.north);
    tree_stop(ho);
    rows = memport_copy(stage.rig->store);
    now_ms = tree->now_ms;
}

/* --- every input --- */

static void open_office(void)
{
    struct rig *rig = stage.rig;
    const struct omb_office_setup setup = {
        .port = memport_port(rig->store),
        .signer = rig->signers[0],
        .transport = rig->transport,
        .sealing = rig->sealing,
        .zone = rig->zone,
        .bell = OMB_VIEW_LIT("ipc://bell"),
        .started_at = rig->now_ms,
        .serves = true,
        .takes_children = true,
        .parents = &stage.north->dials,
        .parent_count = 1,
        .advertise = omb_view_str(stage.north->address),
        .last_exit = OMB_VIEW_LIT("clean"),
    };
    struct omb_input start = {.kind = OMB_INPUT_START};
    struct omb_error err = {0};
    const enum omb_rc rc = omb_office_open(&setup, &rig->office, &err);

    if (rc != OMB_OK)
        fail_msg("north does not open: %s", err.words);
    omb_update_begin(rig->update, rig->office);
    stage_work(&start);
}

struct stage *stage_begin(void)
{
    struct rig *rig;

    if (!rows)
        make();
    rig = stage.rig;
    omb_office_free(rig->office);
    rig->office = NULL;
    memport_free(rig->store);
    rig->store = memport_copy(rows);
    omb_arena_reset(&rig->arena);
    rig->inputs = INPUTS;
    rig->ids = INPUTS;
    rig->now_ms = now_ms;
    rig->monotonic_ms = 1000;
    memcpy(stage.authors, fresh, sizeof(fresh));
    stage.seen_count = 0;
    open_office();
    return &stage;
}

struct stage *stage_begun(void)
{
    return &stage;
}

/* --- what must hold after every input --- */

struct sums {
    size_t bytes, records;
};

static enum omb_rc add_row(void *arg, enum omb_family family, struct omb_view key,
                           struct omb_view value)
{
    struct sums *sums = arg;

    sums->bytes += key.size + value.size;
    sums->records += family == OMB_FAMILY_RECORD && value.data != NULL;
    return OMB_OK;
}

/* What came makes no more work than its size allows. */
static void check_bounds(const struct omb_input *input)
{
    const size_t most = WRITES_FLOOR + WRITES_FACTOR * input->bytes.size;
    struct sums sums = {0, 0};
    const enum omb_rc rc = omb_writes_each(omb_update_writes(stage.rig->update), add_row, &sums);

    OMB_ASSERT(rc == OMB_OK && sums.bytes <= most);
    OMB_ASSERT(sums.records <= OWN_RECORDS + input->bytes.size / 32);
    OMB_ASSERT(stage.rig->update->arena.used <= 2 * most);
}

/* A peer of the same version understands every word. */
static void check_sends(const struct omb_input *input)
{
    const size_t most = WRITES_FLOOR + WRITES_FACTOR * input->bytes.size;
    const struct omb_send *sends;
    const size_t count = omb_update_sends(stage.rig->update, &sends);
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        struct omb_arena arena;
        struct omb_frame frame;
        struct omb_error err = {0};
        enum omb_rc rc;

        omb_arena_init(&arena, SIZE_MAX / 2);
        rc = omb_decode_frame(sends[i].bytes, &arena, &frame, &err);
        if (rc != OMB_OK)
            fail_msg("north sends what is no frame: %s", err.words);
        OMB_ASSERT(sends[i].bytes.size <= OMB_FRAME_MAX && frame.message.tag != 0);
        sum += sends[i].bytes.size;
        omb_arena_free(&arena);
    }
    OMB_ASSERT(sum <= most);
}

void stage_close(const struct omb_input *input)
{
    struct rig *rig = stage.rig;
    struct omb_error err = {0};

    if (omb_office_close(rig->office, rig->update, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
    check_bounds(input);
    check_sends(input);
    memport_commit(rig->store, omb_update_writes(rig->update));
    omb_update_begin(rig->update, rig->office);
}

void stage_work(struct omb_input *input)
{
    struct omb_error err = {0};

    if (rig_step(stage.rig, input, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
    stage_close(input);
}

void stage_pass(int64_t ms)
{
    struct omb_input tick = {.kind = OMB_INPUT_TICK, .disk_free_bytes = UINT64_C(1) << 36};

    rig_pass(stage.rig, ms);
    stage_work(&tick);
}

/* --- at the end --- */

/*
 * What contradicts a log is kept when it comes from above, until it is known which line stands
 * (office/receive_check.c); that it does is what a verification is to find.
 */
static void check_authentic(struct omb_views problems)
{
    static const char *const contradictions[] = {
        "it names another record before it", "it is dated before the record that it follows",
        "the record that it continues is not of an earlier life"};

    for (size_t i = 0; i < problems.count; i++) {
        bool contradicts = false;

        for (size_t n = 0; n < sizeof(contradictions) / sizeof(contradictions[0]); n++)
            contradicts |= memmem(problems.items[i].data, problems.items[i].size, contradictions[n],
                                  strlen(contradictions[n])) != NULL;
        if (!contradicts)
            fail_msg("%.*s", OMB_VIEW_ARGS(problems.items[i]));
    }
}

/* Peers' rows change with every greeting. */
static bool is_as_before(void)
{
    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++)
        if (family != OMB_FAMILY_PEER && !memport_same(rows, stage.rig->store, family))
            return false;
    return true;
}

static bool is_asked(struct omb_view input)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < input.size; i++)
        sum = (uint8_t)(sum * 3 + input.data[i]);
    return sum % 4 == 0 && !is_as_before();
}

/* As whoever holds the directory: clients may have dismissed everybody. */
static const void *ask_here(struct rig *rig, uint32_t tag, const void *ask)
{
    uint8_t id[8];
    const struct omb_request request = {.protocol = 1, .id = OMB_VIEW_OF(id), .ask = {tag, ask}};
    struct omb_reply *reply = OMB_ARENA_NEW(&rig->arena, struct omb_reply, 1);
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = true};
    const struct omb_reply_out *replies;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};
    size_t count;

    omb_put_be64(id, ++rig->ids);
    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    if (rig_step(rig, &input, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
    count = omb_update_replies(rig->update, &replies);
    OMB_ASSERT(count > 0 &&
               omb_decode_reply(replies[count - 1].bytes, &rig->arena, reply, &err) == OMB_OK);
    omb_buf_free(&bytes);
    return answer_of(reply);
}

/* Whatever neighbours wrote, it can be shown. */
static void look_around(struct rig *rig)
{
    static const uint32_t asks[] = {OMB_ASK_LINK_LIST,   OMB_ASK_TREE,    OMB_ASK_DOCTOR,
                                    OMB_ASK_OFFICE_LIST, OMB_ASK_CHANGES, OMB_ASK_LOG_FORKS};
    const struct omb_case_list_ask all = {.limit = 100};
    const struct omb_reply *reply = ask_as(rig, "s1", OMB_ASK_CASE_LIST, &all);
    const struct omb_case_list *list = reply->error ? NULL : reply->answer.value;

    for (size_t i = 0; list && i < list->cases.count; i++) {
        const struct omb_case_ask which = {list->cases.items[i].number};

        const struct omb_history_ask same = {.number = which.number};

        (void)ask_as(rig, "s1", OMB_ASK_CASE_SHOW, &which);
        (void)ask_as(rig, "s1", OMB_ASK_CASE_HISTORY, &same);
    }
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        (void)ask_as(rig, "au1", asks[i], NULL);
}

void stage_end(struct omb_view input)
{
    struct rig *rig = stage.rig;
    struct omb_log_verify_ask verify = {.limit = 1000};
    struct omb_store_check_ask check = {.limit = 1000};
    const struct omb_log_verified *verified;
    const struct omb_store_checked *checked;
    const struct omb_store_rebuilt *rebuilt;

    if (!is_asked(input))
        return;
    omb_office_free(rig->office);
    rig->office = NULL;
    open_office();
    do {
        verified = ask_here(rig, OMB_ASK_LOG_VERIFY, &verify);
        check_authentic(verified->problems);
        verify.cursor = verified->cursor;
    } while (verified->cursor.size > 0);
    do {
        checked = ask_here(rig, OMB_ASK_STORE_CHECK, &check);
        check_authentic(checked->problems);
        check.cursor = checked->cursor;
    } while (checked->cursor.size > 0);
    look_around(rig);
    rebuilt = ask_here(rig, OMB_ASK_STORE_REBUILD, NULL);
    OMB_ASSERT(rebuilt->changed == 0);
    rig_commit(rig);
}
