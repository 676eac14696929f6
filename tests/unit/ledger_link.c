/* Links: do states move as drawn, do waits stay within their bounds, does credit bound a flood? */
#include "ledger/link.h"

#include "unit.h"

static void a_link_goes_through_its_greeting(void **state)
{
    unsigned at = OMB_LINK_DOWN;

    (void)state;
    omb_link_move(&at, OMB_LINK_CONNECTING);
    omb_link_move(&at, OMB_LINK_GREETING);
    omb_link_move(&at, OMB_LINK_CATCHING_UP);
    omb_link_move(&at, OMB_LINK_LIVE);
    assert_string_equal(omb_link_state_name(at), "live");
    assert_false(omb_link_may_move(OMB_LINK_DOWN, OMB_LINK_LIVE));
    assert_false(omb_link_may_move(OMB_LINK_CONNECTING, OMB_LINK_CATCHING_UP));
    assert_false(omb_link_may_move(OMB_LINK_GREETING, OMB_LINK_LIVE));
}

static void every_state_may_be_blocked_and_end(void **state)
{
    (void)state;
    for (unsigned from = 0; from < OMB_LINK_STATES; from++) {
        if (from != OMB_LINK_BLOCKED)
            assert_true(omb_link_may_move(from, OMB_LINK_BLOCKED));
        if (from != OMB_LINK_DOWN)
            assert_true(omb_link_may_move(from, OMB_LINK_DOWN));
    }
    for (unsigned to = 0; to < OMB_LINK_STATES; to++)
        assert_int_equal(omb_link_may_move(OMB_LINK_BLOCKED, to), to == OMB_LINK_DOWN);
}

/* --- waits --- */

static void seed(struct omb_drbg *drbg, uint8_t with)
{
    uint8_t bytes[OMB_SEED_SIZE];

    memset(bytes, with, sizeof(bytes));
    omb_drbg_init(drbg, bytes);
}

static void waits_grow_to_the_cap_and_never_beyond_three_times(void **state)
{
    bool capped = false;

    (void)state;
    for (uint8_t run = 0; run < 50; run++) {
        struct omb_backoff backoff = {0};
        struct omb_drbg drbg;
        int64_t before = OMB_BACKOFF_BASE_MS;

        seed(&drbg, run);
        for (int i = 0; i < 40; i++) {
            const int64_t wait = omb_backoff_next(&backoff, &drbg);

            assert_true(wait >= OMB_BACKOFF_BASE_MS && wait <= OMB_BACKOFF_CAP_MS);
            assert_true(wait <= before * 3);
            capped = capped || wait > OMB_BACKOFF_CAP_MS / 10 * 9;
            before = wait;
        }
    }
    assert_true(capped);
}

static void offices_that_fell_together_come_back_apart(void **state)
{
    int64_t seen[64];
    size_t same = 0;

    (void)state;
    for (uint8_t run = 0; run < 64; run++) {
        struct omb_backoff backoff = {0};
        struct omb_drbg drbg;

        seed(&drbg, run);
        seen[run] = omb_backoff_next(&backoff, &drbg);
        for (uint8_t i = 0; i < run; i++)
            same += seen[i] == seen[run];
    }
    assert_true(same < 10);
}

/* After a long outage too: at the cap waits are still drawn. */
static void offices_that_were_long_away_come_back_apart(void **state)
{
    int64_t seen[64];
    size_t same = 0;

    (void)state;
    for (uint8_t run = 0; run < 64; run++) {
        struct omb_backoff backoff = {.wait_ms = OMB_BACKOFF_CAP_MS};
        struct omb_drbg drbg;

        seed(&drbg, run);
        seen[run] = omb_backoff_next(&backoff, &drbg);
        for (uint8_t i = 0; i < run; i++)
            same += seen[i] == seen[run];
    }
    assert_true(same < 10);
}

static void only_a_stable_link_begins_anew(void **state)
{
    struct omb_backoff backoff = {.wait_ms = 9000};

    (void)state;
    omb_backoff_ended(&backoff, OMB_BACKOFF_STABLE_MS - 1);
    assert_int_equal(backoff.wait_ms, 9000);
    omb_backoff_ended(&backoff, OMB_BACKOFF_STABLE_MS);
    assert_int_equal(backoff.wait_ms, 0);
}

/* --- credit --- */

static void nothing_goes_without_credit(void **state)
{
    struct omb_window credit = {0};

    (void)state;
    assert_false(omb_credit_left(&credit));
    assert_false(omb_credit_use(&credit, 1));
    omb_credit_grant(&credit, 100);
    assert_true(omb_credit_use(&credit, 100));
    assert_false(omb_credit_use(&credit, 1));
}

static void one_frame_may_pass_the_window_and_is_paid_back(void **state)
{
    struct omb_window credit = {0};

    (void)state;
    omb_credit_grant(&credit, 100);
    assert_true(omb_credit_use(&credit, 1000));
    omb_credit_grant(&credit, 900);
    assert_false(omb_credit_left(&credit));
    omb_credit_grant(&credit, 1);
    assert_true(omb_credit_left(&credit));
}

static void a_boundless_grant_is_bounded(void **state)
{
    struct omb_window credit = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        omb_credit_grant(&credit, UINT64_MAX);
    assert_true(credit.balance == OMB_CREDIT_MAX);
    assert_true(omb_credit_use(&credit, 1));
    omb_credit_grant(&credit, UINT64_MAX);
    assert_true(credit.balance == OMB_CREDIT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_goes_through_its_greeting),
        cmocka_unit_test(every_state_may_be_blocked_and_end),
        cmocka_unit_test(waits_grow_to_the_cap_and_never_beyond_three_times),
        cmocka_unit_test(offices_that_fell_together_come_back_apart),
        cmocka_unit_test(offices_that_were_long_away_come_back_apart),
        cmocka_unit_test(only_a_stable_link_begins_anew),
        cmocka_unit_test(nothing_goes_without_credit),
        cmocka_unit_test(one_frame_may_pass_the_window_and_is_paid_back),
        cmocka_unit_test(a_boundless_grant_is_bounded),
    };

    omb_crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
