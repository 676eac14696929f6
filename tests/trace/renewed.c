/* A log forked: is it known whether what lost was written again? */
#include "trace/forked.h"

/* The only fork that the office lists: of the branch. */
static const struct omb_fork_view *fork_at(struct tree_office *office)
{
    const struct omb_forks *forks = ask_admin(office, OMB_ASK_LOG_FORKS, &(struct omb_forks_ask){});

    assert_int_equal(forks->forks.count, 1);
    assert_text(forks->forks.items[0].office, "vsp-0045");
    return &forks->forks.items[0];
}

/* What the branch, its region and the head office say of it. */
static void assert_renewed(const struct bank *bank, bool renewed)
{
    struct tree_office *const all[] = {bank->b45, bank->north, bank->ho};

    for (size_t i = 0; i < 3; i++) {
        const struct omb_fork_view *fork = fork_at(all[i]);

        assert_int_equal(fork->renewed, renewed);
        assert_true(fork->told);
    }
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_new_life_alone_renews_nothing),
        TREE_TEST(test_what_was_left_is_dealt_with),
        TREE_TEST(test_what_is_withheld_is_not_renewed),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
