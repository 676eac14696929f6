/* Who may read a case, told over the lines: does the key reach whom it is for, and nobody else? */
#include "trace/bank.h"

static void assert_reads(struct tree_office *office, struct omb_view number)
{
    assert_false(shown(office, number)->sealed);
    assert_text(shown(office, number)->narrative, "charged twice");
}

static void assert_sealed(struct tree_office *office, struct omb_view number)
{
    assert_true(shown(office, number)->sealed);
    assert_int_equal(shown(office, number)->narrative.size, 0);
}

static void test_service_office_is_asked_across_the_tree(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const int64_t due = bank.b45->rig.now_ms + OMB_DAY_MS;

    TREE_ACT(bank.b45, number, "card-centre", ASKED, asked, "when was it?", .due = due);
    tree_settle(tree);
    assert_reads(bank.cards, number);
    assert_sealed(bank.ho, number);
    assert_text(tree_event_of(bank.cards, number, "asked")->text, "when was it?");
    answer_of(tree_act(bank.cards, "h1", number, NULL, OMB_EVENT_REPLIED,
                       &(struct omb_replied){.question = {{0}}}, "on the 3rd of May"));
    tree_settle(tree);
    assert_text(tree_event_of(bank.b45, number, "replied")->text, "on the 3rd of May");
    assert_true(shown(bank.b45, number)->promises.items[0].kept);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, bank.cards, NULL);
    assert_false(tree_holds(bank.b77, number));
    tree_check(tree);
}

static void test_case_is_shared_with_another_region(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    /* A branch knows the offices above it and the service offices; others are named above. */
    must_refuse(tree_act(bank.b45, "s1", number, "vsp-0077", OMB_EVENT_SHARED,
                         &(struct omb_shared){.to = NULL}, NULL),
                "not-found", "vsp-0077");
    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    TREE_ACT(bank.ho, number, "vsp-0077", SHARED, shared, "he moved there", .to = NULL);
    tree_settle(tree);
    assert_reads(bank.b77, number);
    assert_reads(bank.ho, number);
    assert_sealed(bank.south, number);
    assert_sealed(bank.north, number);
    assert_text(tree_event_of(bank.b77, number, "shared")->text, "he moved there");
    tree_agree(tree, number, "open", "ho", bank.b45, bank.north, bank.ho, bank.south, bank.b77,
               NULL);
    assert_false(tree_holds(bank.b46, number));
    tree_check(tree);
}

static void test_case_is_registered_above_for_a_branch(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct complaint complaint;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.act.custodian = OMB_VIEW_LIT("vsp-0046");
    tree_tick(bank.ho);
    number = complaint_send(&bank.ho->rig, "t1", &complaint);
    tree_settle(tree);
    assert_reads(bank.b46, number);
    assert_sealed(bank.north, number);
    RESOLVE(bank.b46, number, "the fee is paid back");
    tree_settle(tree);
    TELL(bank.ho, number);
    tree_settle(tree);
    tree_agree(tree, number, "answered", "ho", bank.ho, bank.north, bank.b46, NULL);
    tree_check(tree);
}

static void test_erasure_reaches_everybody_who_shares_the_case(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct tree_office *const all[] = {bank.b45, bank.north, bank.ho, bank.south, bank.b77};

    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    TREE_ACT(bank.ho, number, "vsp-0077", SHARED, shared, "he moved there", .to = NULL);
    RESOLVE(bank.ho, number, "the fee is paid back");
    tree_settle(tree);
    TELL(bank.b45, number);
    tree_settle(tree);
    tree_cut(bank.b77);
    TREE_ACT(bank.b45, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    assert_false(shown(bank.b45, number)->erased);
    TREE_ACT(bank.north, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    assert_reads(bank.b77, number);
    TREE_ACT(bank.b77, number, NULL, NOTED, noted, "written before it heard", );
    tree_mend(bank.b77);
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        assert_true(shown(all[i], number)->erased);
        assert_int_equal(shown(all[i], number)->narrative.size, 0);
        assert_int_equal(tree_event_of(all[i], number, "noted")->text.size, 0);
    }
    tree_agree(tree, number, "answered", "vsp-0045", bank.b45, bank.north, bank.ho, bank.south,
               bank.b77, NULL);
    tree_check(tree);
}

static void test_reopened_above_while_the_branch_is_silent(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);

    RESOLVE(bank.b45, number, "nothing is paid back");
    tree_settle(tree);
    tree_cut(bank.b45);
    TREE_ACT(bank.ho, number, NULL, REOPENED, reopened, NULL, .ground = OMB_VIEW_LIT("other"));
    tree_settle(tree);
    assert_sealed(bank.ho, number);
    assert_text(shown(bank.ho, number)->key_asked_of, "vsp-0045");
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_reads(bank.ho, number);
    assert_sealed(bank.north, number);
    assert_text(tree_event_of(bank.ho, number, "granted")->actor, "system@vsp-0045");
    tree_agree(tree, number, "open", "ho", bank.b45, bank.north, bank.ho, NULL);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_service_office_is_asked_across_the_tree),
        TREE_TEST(test_case_is_shared_with_another_region),
        TREE_TEST(test_case_is_registered_above_for_a_branch),
        TREE_TEST(test_erasure_reaches_everybody_who_shares_the_case),
        TREE_TEST(test_reopened_above_while_the_branch_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
