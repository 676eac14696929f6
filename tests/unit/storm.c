/* Can any request hurt an office? After thousands on a whim it must be in order and start again. */
#include <stdio.h>
#include <stdlib.h>

#include "office/corridor.h"
#include "support/deskwork.h"
#include "support/whim.h"
#include "unit.h"

enum { REQUESTS = 6000, REOPEN_EVERY = 1500 };

static const char *const people[] = {"t1", "h1", "s1", "an1", "au1", "admin"};
static const char *const staff[] = {"t1", "h1", "s1", "s1", "s2", "s2"};

struct tally {
    size_t done, refused, written;
};

static void one_request(struct rig *rig, struct whim *whim, struct tally *tally)
{
    const struct omb_request *request;
    const struct omb_reply *reply;
    const char *who;

    whim->now_ms = rig->now_ms;
    request = whim_request(whim, &rig->arena);
    who = request->ask.tag == OMB_ASK_ACT && whim_below(whim, 20) > 0
              ? staff[whim_below(whim, UNIT_COUNT(staff))]
              : people[whim_below(whim, UNIT_COUNT(people))];
    /* The storm must not dismiss everybody. */
    if (request->ask.tag == OMB_ASK_OPERATOR_CHANGE)
        return;
    reply = ask_as(rig, who, request->ask.tag, request->ask.value);
    if (reply->error) {
        assert_true(reply->error->words.size > 0);
        tally->refused++;
    } else {
        tally->done++;
        tally->written += request->ask.tag == OMB_ASK_ACT;
        if (request->ask.tag == OMB_ASK_ACT) {
            whim_learn_all(whim, &omb_shape_act_done, reply->answer.value);
            if (OMB_AS(act, request->ask)->number.size == 0)
                whim_learn_number(whim, OMB_AS(act_done, reply->answer)->number);
        }
    }
}

/* Every record, part and derived row holds, and nothing needs mending. */
static void check_order(struct rig *rig)
{
    struct omb_log_verify_ask verify = {.limit = 1000};
    struct omb_store_check_ask check = {.limit = 1000};
    const struct omb_log_verified *verified;
    const struct omb_store_checked *checked;
    uint64_t records = 0;

    do {
        verified = ANSWER(log_verified, ask_as(rig, "au1", OMB_ASK_LOG_VERIFY, &verify));
        if (verified->problems.count > 0)
            print_error("%.*s\n", OMB_VIEW_ARGS(verified->problems.items[0]));
        assert_int_equal(verified->problems.count, 0);
        records += verified->records;
        verify.cursor = verified->cursor;
    } while (verified->cursor.size > 0);
    assert_int_equal(records, omb_office_tip(rig->office)->records);
    do {
        checked = ANSWER(store_checked, ask_as(rig, "au1", OMB_ASK_STORE_CHECK, &check));
        if (checked->problems.count > 0)
            print_error("%.*s\n", OMB_VIEW_ARGS(checked->problems.items[0]));
        assert_int_equal(checked->problems.count, 0);
        check.cursor = checked->cursor;
    } while (checked->cursor.size > 0);
    assert_int_equal(ASK(rig, "admin", STORE_REBUILD, store_rebuild, store_rebuilt)->changed, 0);
    rig_commit(rig);
}

static void storm(struct rig *rig, uint64_t seed, size_t requests)
{
    struct whim *whim = malloc(sizeof(*whim));
    struct tally tally = {0};

    assert_non_null(whim);
    whim_init(whim, seed);
    for (size_t i = 1; i <= requests; i++) {
        one_request(rig, whim, &tally);
        omb_arena_reset(&rig->arena);
        if (whim_below(whim, 8) == 0)
            rig_commit(rig);
        if (whim_below(whim, 50) == 0) {
            rig_pass(rig, 3600000 * (int64_t)whim_below(whim, 100));
            rig_tick(rig);
        }
        if (i % REOPEN_EVERY == 0) {
            rig_commit(rig);
            rig_reopen(rig);
            check_order(rig);
        }
    }
    /* A storm that is refused at every door asks nothing. */
    assert_true(tally.written > requests / 50);
    assert_true(tally.refused > requests / 50);
    free(whim);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void storm_at_depth(unsigned depth)
{
    struct rig rig;

    rig_open(&rig, depth);
    hire(&rig, "t1", "teller");
    hire(&rig, "h1", "handler");
    hire(&rig, "s1", "supervisor");
    hire(&rig, "s2", "supervisor");
    hire(&rig, "an1", "analyst");
    hire(&rig, "au1", "auditor");
    storm(&rig, from_environment("OMB_SEED", 1), from_environment("OMB_REQUESTS", REQUESTS));
    rig_free(&rig);
}

static void test_a_head_office_stays_in_order_whatever_it_is_asked(void **state)
{
    (void)state;
    storm_at_depth(0);
}

static void test_a_branch_stays_in_order_whatever_it_is_asked(void **state)
{
    (void)state;
    storm_at_depth(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_head_office_stays_in_order_whatever_it_is_asked),
        cmocka_unit_test(test_a_branch_stays_in_order_whatever_it_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
