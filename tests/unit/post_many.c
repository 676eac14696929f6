/* Many offices below a region speak at once: does its own line to the head office bear it? */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/enrol.h"
#include "office/post/work.h"
#include "support/tree.h"

enum { MANY = 200, LINE = 9000 };

/* A region whose line stands, and outlets that a test speaks for by hand. */
struct crowd {
    struct tree *tree;
    struct tree_office *ho, *north;
    uint8_t keys[MANY][OMB_PUBLIC_SIZE];
    struct omb_office_id ids[MANY];
    char codes[MANY][16];
};

static void enrol(struct crowd *crowd, uint8_t which)
{
    uint8_t signing[OMB_PUBLIC_SIZE], seed[32] = {0xcc, which};
    char *code = crowd->codes[which];
    struct omb_signer *signer = omb_signer_from_seed(seed);
    struct omb_secret *secret = omb_secret_new(seed);
    struct omb_buf request = OMB_BUF_INIT;
    struct omb_office_wish wish = {
        .version = 1,
        .name = OMB_VIEW_LIT("Outlet"),
        .kind = OMB_VIEW_LIT("branch"),
        .signing_key = OMB_VIEW_OF(signing),
        .transport_key = OMB_VIEW_OF(crowd->keys[which]),
        .sealing_key = OMB_VIEW_OF(crowd->keys[which]),
        .at = crowd->tree->now_ms,
    };

    snprintf(code, sizeof(crowd->codes[which]), "out-%03d", which);
    wish.code = omb_view_str(code);
    omb_box_public(secret, crowd->keys[which]);
    omb_signer_public(signer, signing);
    crowd->ids[which] = omb_certify_office_id(wish.code, signing);
    omb_enrol_ask(&wish, signer, NULL, &request);
    (void)ASK(&crowd->north->rig, "admin", OFFICE_CERTIFY, office_certify, office_issued,
              .request = omb_buf_view(&request));
    omb_buf_free(&request);
    omb_secret_free(secret);
    omb_signer_free(signer);
}

static int crowd_setup(void **state)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));

    assert_non_null(crowd);
    crowd->tree = tree_new();
    crowd->tree->checked = true;
    crowd->ho = tree_add(crowd->tree, "ho", "head", NULL);
    crowd->north = tree_add(crowd->tree, "north", "regional", crowd->ho);
    for (unsigned i = 0; i < MANY; i++)
        enrol(crowd, (uint8_t)i);
    tree_settle(crowd->tree);
    tree_tick(crowd->north);
    *state = crowd;
    return 0;
}

static int crowd_teardown(void **state)
{
    struct crowd *crowd = *state;

    tree_free(crowd->tree);
    free(crowd);
    return 0;
}

#define CROWD_TEST(test) cmocka_unit_test_setup_teardown(test, crowd_setup, crowd_teardown)

/* One frame of an outlet's line, in the batch that is being built. */
static void say(struct crowd *crowd, size_t which, uint32_t tag, const void *message)
{
    const struct omb_frame frame = {.message = {tag, message}};
    struct omb_input input = {.kind = OMB_INPUT_FRAME, .link = LINE + which};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err = {0};

    omb_encode_frame(&frame, &bytes);
    input.bytes = omb_buf_view(&bytes);
    memcpy(input.peer, crowd->keys[which], sizeof(input.peer));
    if (rig_step(&crowd->north->rig, &input, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
    omb_buf_free(&bytes);
}

/* Ends the batch; how many frames of that kind it sends to the head office, or to outlets. */
static size_t end_of_batch(struct crowd *crowd, uint32_t tag, bool above)
{
    struct rig *rig = &crowd->north->rig;
    const struct omb_send *sends;
    struct omb_error err = {0};
    size_t count, found = 0;

    if (omb_office_close(rig->office, rig->update, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
    count = omb_update_sends(rig->update, &sends);
    for (size_t i = 0; i < count; i++) {
        struct omb_frame frame;

        assert_int_equal(omb_decode_frame(omb_arena_copy(&crowd->tree->arena, sends[i].bytes),
                                          &crowd->tree->arena, &frame, NULL),
                         OMB_OK);
        found += sends[i].dialled == above && frame.message.tag == tag;
    }
    memport_commit(rig->store, omb_update_writes(rig->update));
    omb_update_begin(rig->update, rig->office);
    return found;
}

static size_t end_batch(struct crowd *crowd, uint32_t tag)
{
    return end_of_batch(crowd, tag, true);
}

static void greet(struct crowd *crowd, size_t which)
{
    const struct omb_hello hello = {
        .protocol_min = 1,
        .protocol_max = 1,
        .office = crowd->ids[which],
        .store_epoch = OMB_VIEW_LIT("0123456789abcdef"),
        .clock = crowd->tree->now_ms,
        .software = OMB_VIEW_LIT("outlet 1.0"),
    };

    say(crowd, which, OMB_FRAME_HELLO, &hello);
}

static void tick(struct crowd *crowd, int64_t ms)
{
    struct omb_input input = {.kind = OMB_INPUT_TICK};
    struct omb_error err = {0};

    crowd->tree->now_ms += ms;
    tree_tick(crowd->north);
    if (rig_step(&crowd->north->rig, &input, &err) != OMB_OK)
        fail_msg("north stops: %s", err.words);
}

/* The queue to the parent has room for 256 frames. */
static void what_all_tell_of_themselves_goes_on_by_and_by(void **state)
{
    struct crowd *crowd = *state;
    size_t passed, most = 0, batches = 0;

    for (size_t i = 0; i < MANY; i++)
        greet(crowd, i);
    (void)end_batch(crowd, OMB_FRAME_HEALTH);
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < MANY; i++) {
            const struct omb_health health = {
                .at = crowd->tree->now_ms, .office = crowd->ids[i], .cases = round};

            say(crowd, i, OMB_FRAME_HEALTH, &health);
        }
    passed = most = end_batch(crowd, OMB_FRAME_HEALTH);
    while (passed < MANY && ++batches < 20) {
        size_t now;

        assert_true(crowd->north->rig.office->link_wake_ms <= crowd->north->rig.monotonic_ms);
        tick(crowd, 5);
        now = end_batch(crowd, OMB_FRAME_HEALTH);
        passed += now;
        most = now > most ? now : most;
    }
    assert_true(most <= 100);
    assert_int_equal(passed, MANY);
}

/* Each record is of a key that nobody knows; the answers hold nothing. */
static void what_one_waits_for_does_not_use_up_what_the_region_may_want(void **state)
{
    struct crowd *crowd = *state;
    const struct omb_operator_revoked revoked = {.code = OMB_VIEW_LIT("t17")};
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_REVOKED, &revoked}};
    const uint8_t zeros[OMB_SIGNATURE_SIZE] = {0};
    const struct omb_proof proof = {.signature = OMB_VIEW_OF(zeros)};
    const struct omb_records nothing = {.records = {NULL, 0}};
    struct omb_header header = {
        .version = 1,
        .office = crowd->ids[0],
        .incarnation = {{0, 0, 0, 1}},
        .seq = 1,
        .time_ms = 1,
        .salt = omb_view(zeros, 16),
        .actor = OMB_VIEW_LIT("s01"),
        .facts = &facts,
    };
    size_t wants = 0;

    greet(crowd, 0);
    (void)end_batch(crowd, OMB_FRAME_WANT);
    for (uint64_t i = 1; i <= 600; i++) {
        struct omb_record record = {.proof = &proof};
        const struct omb_records records = {i, i, {&record, 1}, {NULL, 0}};
        struct omb_buf bytes = OMB_BUF_INIT;

        omb_put_be64(header.key.bytes, i);
        omb_encode_header(&header, &bytes);
        record.header = omb_buf_view(&bytes);
        say(crowd, 0, OMB_FRAME_RECORDS, &records);
        say(crowd, 0, OMB_FRAME_RECORDS, &nothing);
        omb_buf_free(&bytes);
        wants += end_batch(crowd, OMB_FRAME_WANT);
    }
    assert_true(wants > 0);
    assert_true(wants < OMB_WANTS_MAX / 2);
}

/* --- what many have looked up --- */

static uint64_t rows_read(const struct crowd *crowd)
{
    const struct memport_reads reads = memport_reads(crowd->north->rig.store);

    return reads.gets + reads.rows;
}

/* One tick by itself, soon enough for no line to be silent; what it sends to outlets. */
static size_t turn(struct crowd *crowd, uint32_t tag, uint64_t most)
{
    const uint64_t before = rows_read(crowd);

    tick(crowd, 20);
    assert_true(rows_read(crowd) - before < most);
    return end_of_batch(crowd, tag, false);
}

/* Each of them has more put off than a slice; all are due in the same second. */
static void what_many_had_put_off_is_looked_up_over_several_ticks(void **state)
{
    enum { SOME = 10, TIMES = 24 };
    static struct omb_missing_part parts[OMB_WANT_DIGESTS_MAX];
    const struct omb_want want = {.parts = {parts, OMB_WANT_DIGESTS_MAX}};
    struct crowd *crowd = *state;
    size_t answered = 0, turns = 0;

    for (size_t i = 0; i < OMB_WANT_DIGESTS_MAX; i++)
        parts[i] = (struct omb_missing_part){crowd->north->rig.office->tip.prev,
                                             OMB_PART_EXTRACT};
    for (size_t i = 0; i < SOME; i++) {
        greet(crowd, i);
        for (size_t k = 0; k < TIMES; k++)
            say(crowd, i, OMB_FRAME_WANT, &want);
    }
    answered = end_of_batch(crowd, OMB_FRAME_RECORDS, false);
    assert_true(answered < SOME * TIMES);
    crowd->tree->now_ms += OMB_LOOK_MS;
    while (answered < SOME * TIMES && turns++ < 50)
        answered += turn(crowd, OMB_FRAME_RECORDS, 6 * (OMB_TURN_ROWS + OMB_LOOK_ROWS));
    assert_int_equal(answered, SOME * TIMES);
    assert_true(turns > 1);
}

/* Records lack parts: many of offices elsewhere, and at the end of the list one of each outlet. */
static void lose_parts(struct crowd *crowd, uint64_t elsewhere)
{
    for (uint64_t i = 1; i <= elsewhere + MANY; i++)
        rig_lose_body(&crowd->north->rig,
                      i > elsewhere ? &crowd->ids[i - elsewhere - 1] : &crowd->ho->id, i);
}

static void what_lacks_is_looked_for_in_slices(void **state)
{
    enum { ELSEWHERE = 40000, SOME = 8 };
    struct crowd *crowd = *state;
    struct omb_post *post = crowd->north->rig.office->post;
    size_t wanted = 0, turns = 0;

    lose_parts(crowd, ELSEWHERE);
    for (size_t i = 0; i < SOME; i++) {
        const uint64_t before = rows_read(crowd);

        greet(crowd, i);
        assert_true(rows_read(crowd) - before < 2 * OMB_LOOK_ROWS);
        wanted += end_of_batch(crowd, OMB_FRAME_WANT, false);
    }
    while (wanted < SOME && turns++ < 50)
        wanted += turn(crowd, OMB_FRAME_WANT, OMB_TURN_ROWS + 2 * OMB_LOOK_ROWS);
    assert_int_equal(wanted, SOME);
    for (size_t i = 0; i < SOME; i++) { /* long ago, and nothing of it came */
        omb_post_peer(post, &crowd->ids[i])->anew_at -= OMB_PARTS_MS;
        say(crowd, i, OMB_FRAME_RECORDS, &(struct omb_records){.first = 0});
    }
    (void)end_of_batch(crowd, OMB_FRAME_WANT, false);
    for (wanted = turns = 0; wanted < SOME && turns < 600; turns++)
        wanted += turn(crowd, OMB_FRAME_WANT, OMB_TURN_ROWS + 2 * OMB_LOOK_ROWS);
    assert_int_equal(wanted, SOME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROWD_TEST(what_all_tell_of_themselves_goes_on_by_and_by),
        CROWD_TEST(what_one_waits_for_does_not_use_up_what_the_region_may_want),
        CROWD_TEST(what_many_had_put_off_is_looked_up_over_several_ticks),
        CROWD_TEST(what_lacks_is_looked_for_in_slices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
