/* A log forked: is it known whether what lost was written again, and what the link has come to? */
#include "trace/forked.h"

static const char lost[] = "what it lost to a fork was not written again: `ombud office renew` at "
                           "that office";
static const char lost_here[] = "what this office lost to a fork was not written again: "
                                "`office renew`";

/* The only fork that the office lists: of the branch. */
static const struct omb_fork_view *fork_at(struct tree_office *office)
{
    const struct omb_forks *forks = ask_admin(office, OMB_ASK_LOG_FORKS, &(struct omb_forks_ask){});

    assert_int_equal(forks->forks.count, 1);
    assert_text(forks->forks.items[0].office, "vsp-0045");
    return &forks->forks.items[0];
}

static void assert_warned(struct tree_office *office, bool warned)
{
    const struct omb_tree_office *seen = in_tree(office, "vsp-0045");

    assert_text(seen->level, warned ? "warning" : "ok");
    assert_text(seen->words, warned ? lost : "");
}

/* What the branch, its region and the head office say of it. */
static void assert_renewed(const struct bank *bank, bool renewed)
{
    struct tree_office *const all[] = {bank->b45, bank->north, bank->ho};

    for (size_t i = 0; i < 3; i++) {
        const struct omb_fork_view *fork = fork_at(all[i]);

        assert_int_equal(fork->renewed, renewed);
        assert_true(fork->told);
        assert_warned(all[i], !renewed);
    }
    assert_text(level_of(bank->north, "vsp-0045")->level, renewed ? "ok" : "warning");
    assert_text(level_of(bank->north, "vsp-0045")->words, renewed ? "" : lost);
    assert_int_equal(doctor_says(bank->b45, "forks", "warning", lost_here), !renewed);
}

/* --- whether what lost was written again --- */

/* The first renewal finds nothing: what the region decided comes with the link that it opens. */
static void test_a_new_life_alone_renews_nothing(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);

    assert_false(fork_at(f.bank.north)->renewed);
    assert_int_equal(renew(f.bank.b45).written, 0);
    assert_text(tree_link(f.bank.north, f.bank.b45)->state, "live");
    assert_renewed(&f.bank, false);
    assert_int_equal(renew(f.bank.b45).written, 3);
    assert_renewed(&f.bank, true);
    tree_check(tree);
}

/* Another life was open when the fork of the one before was found: no link is blocked. */
static void test_a_fork_of_a_life_that_ended_is_warned_of(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *twin;

    tree_cut(bank.b45);
    twin = tree_twin(bank.b45);
    tree_settle(tree);
    (void)bank_complaint(twin);
    tree_settle(tree);
    tree_stop(twin);
    (void)bank_complaint(bank.b45);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    (void)bank_complaint(bank.b45);
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_text(tree_link(bank.north, bank.b45)->state, "live");
    assert_renewed(&bank, false);
    assert_int_equal(renew(bank.b45).written, 1);
    assert_renewed(&bank, true);
    tree_check(tree);
}

/* What may not be done any more is said once, with the reason; nothing is to be typed for it. */
static void test_what_was_left_is_dealt_with(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);

    (void)renew(f.bank.b45);
    RESOLVE(f.bank.b45, f.escalated, "paid back");
    tree_settle(tree);
    assert_renewed(&f.bank, false);
    assert_int_equal(renew(f.bank.b45).left.count, 1);
    assert_renewed(&f.bank, true);
    tree_check(tree);
}

/* A restored office leaves what it withholds until it knows more: then there is more to do. */
static void test_what_is_withheld_is_not_renewed(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct memport *copy;

    (void)renew(f.bank.b45);
    copy = tree_backup(f.bank.b45);
    tree_cut(f.bank.b45);
    tree_restore(f.bank.b45, copy);
    assert_int_equal(renew(f.bank.b45).left.count, 3);
    assert_false(fork_at(f.bank.b45)->renewed);
    tree_mend(f.bank.b45);
    tree_settle(tree);
    assert_renewed(&f.bank, false);
    assert_int_equal(renew(f.bank.b45).written, 3);
    assert_renewed(&f.bank, true);
    tree_check(tree);
}

/* --- how far the link has come --- */

/* A copy goes on in the same life and takes what is new: what the branch then writes must lose. */
static void test_a_blocked_link_shows_what_was_acknowledged(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const b45 = bank.b45, *const north = bank.north, *twin;
    const struct omb_view shared = bank_complaint(b45);
    uint64_t up, down;

    ESCALATE(b45, shared, "north");
    tree_settle(tree);
    up = tree_link(b45, north)->acked;
    down = tree_link(north, b45)->acked;
    assert_true(up > 0 && down > 0);
    tree_cut(b45);
    twin = tree_twin(b45);
    tree_settle(tree);
    (void)bank_complaint(twin);
    TREE_ACT(north, shared, NULL, NOTED, noted, "we look into it", );
    tree_settle(tree);
    tree_stop(twin);
    (void)bank_complaint(b45);
    tree_mend(b45);
    tree_settle(tree);
    for (int i = 0; i < 2; i++) {
        assert_text(tree_link(b45, north)->state, i == 0 ? "blocked" : "down");
        assert_int_equal(tree_link(b45, north)->acked, up);
        assert_int_equal(tree_link(b45, north)->lag_records, 1);
        assert_int_equal(tree_link(north, b45)->acked, down); /* what the copy took it has not */
        tree_stop(b45);
        tree_start(b45);
    }
    (void)renew(b45);
    assert_int_equal(tree_link(b45, north)->lag_records, 0);
    assert_int_equal(tree_link(north, b45)->lag_records, 0);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_new_life_alone_renews_nothing),
        TREE_TEST(test_a_fork_of_a_life_that_ended_is_warned_of),
        TREE_TEST(test_what_was_left_is_dealt_with),
        TREE_TEST(test_what_is_withheld_is_not_renewed),
        TREE_TEST(test_a_blocked_link_shows_what_was_acknowledged),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
