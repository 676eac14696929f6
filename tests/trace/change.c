/* Offices ask each other, forget, stand in for others below, and are put out. */
#include "support/tree_drive.h"
#include "trace/bank.h"

static void test_a_service_office_is_asked_and_replies(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45), other = bank_complaint(bank.b45);

    TREE_ACT(bank.b45, number, "card-centre", ASKED, asked, "which terminal was it?",
             .due = tree->now_ms + 2 * OMB_DAY_MS);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0045", bank.b45, bank.north, bank.ho, bank.cards, NULL);
    assert_text(show(&bank.cards->rig, "s1", number)->narrative, "charged twice");
    TREE_ACT(bank.cards, number, NULL, REPLIED, replied, "the one at the door", );
    tree_settle(tree);
    assert_true(tree_event_of(bank.b45, number, "replied")->effect);
    assert_text(tree_event_of(bank.b45, number, "replied")->text, "the one at the door");
    assert_false(tree_holds(bank.cards, other));
    tree_check(tree);
}

static void test_erasure_reaches_every_replica(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    struct tree_office *const replicas[] = {bank.b45, bank.b46, bank.north, bank.ho};

    ESCALATE(bank.b45, number, "north");
    tree_settle(tree);
    DELEGATE(bank.north, number, "vsp-0046");
    tree_settle(tree);
    TREE_ACT(bank.b45, number, NULL, WITHDRAWN, withdrawn, NULL,
             .method = OMB_VIEW_LIT("phone"));
    TREE_ACT(bank.b45, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    assert_false(show(&bank.b46->rig, "s1", number)->erased);
    TREE_ACT(bank.north, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    for (size_t i = 0; i < UNIT_COUNT(replicas); i++) {
        const struct omb_case_view *view = show(&replicas[i]->rig, "s1", number);

        assert_true(view->erased);
        assert_null(view->client);
        assert_int_equal(view->narrative.size, 0);
    }
    tree_agree(tree, number, "withdrawn", "vsp-0045", bank.b45, bank.b46, bank.north, bank.ho,
               NULL);
    tree_check(tree);
}

static void test_a_region_registers_for_a_branch_below(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct complaint complaint;
    struct omb_view number;

    complaint_new(&complaint);
    complaint.act.custodian = OMB_VIEW_LIT("vsp-0046");
    tree_tick(bank.north);
    number = complaint_send(&bank.north->rig, "t1", &complaint);
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0046", bank.b46, bank.north, bank.ho, NULL);
    assert_text(show(&bank.b46->rig, "s1", number)->narrative, "charged twice");
    RESOLVE(bank.b46, number, "paid back");
    tree_settle(tree);
    tree_agree(tree, number, "resolved", "north", bank.b46, bank.north, bank.ho, NULL);
    assert_false(tree_holds(bank.b45, number));
    tree_check(tree);
}

static void test_what_a_revoked_office_writes_later_has_no_effect(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_office_change revoke = {.code = OMB_VIEW_LIT("vsp-0045"),
                                             .revoke = true,
                                             .ground = OMB_VIEW_LIT("stolen")};
    const struct omb_act_done *noted;
    const struct omb_office_renewed *renewed;
    struct omb_view later;

    tree_settle(tree);
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &revoke));
    tree_settle(tree);
    later = bank_complaint(bank.b45);
    RESOLVE(bank.b45, number, "paid out to a thief");
    tree_settle(tree);
    tree_pass(tree, 5 * 60 * OMB_SECOND_MS); /* the line is blocked for a while, then not made */
    noted = answer_of(act_on(&bank.b45->rig, "t1", later, OMB_EVENT_NOTED, NULL, "who hears it?"));
    assert_int_equal(noted->warnings.count, 1);
    assert_text(noted->warnings.items[0],
                "the office above takes nothing of this one: it refused the key");
    renewed = ask_admin(bank.b45, OMB_ASK_OFFICE_RENEW, &(struct omb_office_renew){});
    assert_true(has_line(renewed->warnings, "it refused the key; an office that was revoked needs "
                                            "new keys"));
    tree_agree(tree, number, "open", "vsp-0045", bank.north, bank.ho, NULL);
    assert_false(tree_holds(bank.north, later));
    TAKE_OVER(bank.north, number);
    tree_settle(tree);
    tree_agree(tree, number, "open", "north", bank.north, bank.ho, NULL);
    tree_stop(bank.b45); /* it sees what it wrote, as nobody else does */
    tree_check(tree);
}

/*
 * Who dropped the words of the case on a word that has no effect gets them back where they are: the
 * root its own, too, from a region below.
 */
static void test_an_erasure_that_was_cut_off_is_undone(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view number = bank_complaint(bank.b45);
    const struct omb_office_change revoke = {.code = OMB_VIEW_LIT("vsp-0045"),
                                             .revoke = true,
                                             .ground = OMB_VIEW_LIT("stolen")};
    struct memport *copy;

    ESCALATE(bank.b45, number, "ho");
    tree_settle(tree);
    TREE_ACT(bank.ho, number, NULL, NOTED, noted, "the client called", );
    TREE_ACT(bank.b45, number, NULL, WITHDRAWN, withdrawn, NULL,
             .method = OMB_VIEW_LIT("phone"));
    tree_settle(tree);
    copy = tree_backup(bank.north);
    TREE_ACT(bank.b45, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    tree_cut(bank.north);
    TREE_ACT(bank.ho, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
    assert_true(show(&bank.ho->rig, "s1", number)->erased);
    tree_cut(bank.b45);
    tree_roll_back(bank.north, copy);
    answer_of(ask_as(&bank.north->rig, "admin", OMB_ASK_OFFICE_CHANGE, &revoke));
    tree_stop(bank.b45);
    bank.b45->gone = true;
    tree_mend(bank.north);
    tree_settle(tree);
    assert_false(show(&bank.north->rig, "s1", number)->erased);
    assert_false(show(&bank.ho->rig, "s1", number)->erased);
    assert_text(show(&bank.ho->rig, "s1", number)->narrative, "charged twice");
    tree_check_whole(tree);
}

/* The only one that still has them stands two levels below the root, who wrote some of them. */
static void test_words_from_above_come_up_when_an_erasure_is_undone(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const town = tree_add(tree, "town", "regional", bank.north);
    struct tree_office *const branch = tree_add(tree, "vsp-0048", "branch", town);
    const struct omb_office_change revoke = {.code = OMB_VIEW_LIT("vsp-0048"),
                                             .revoke = true,
                                             .ground = OMB_VIEW_LIT("stolen")};
    const struct omb_view number = bank_complaint(branch);
    struct memport *copy;

    ESCALATE(branch, number, "ho");
    tree_settle(tree);
    TREE_ACT(bank.ho, number, NULL, NOTED, noted, "the client called", );
    TREE_ACT(branch, number, NULL, WITHDRAWN, withdrawn, NULL, .method = OMB_VIEW_LIT("phone"));
    tree_settle(tree);
    copy = tree_backup(town);
    TREE_ACT(branch, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    tree_cut(town);
    TREE_ACT(bank.ho, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    assert_true(show(&bank.north->rig, "s1", number)->erased);
    tree_cut(branch);
    tree_roll_back(town, copy);
    answer_of(ask_as(&town->rig, "admin", OMB_ASK_OFFICE_CHANGE, &revoke));
    tree_stop(branch);
    branch->gone = true;
    tree_mend(town);
    tree_settle(tree);
    assert_text(tree_event_of(bank.ho, number, "noted")->text, "the client called");
    tree_check_whole(tree);
}

/* It asks there with its old key, and dials there from its next start on. */
static void move_to(struct tree_office *office, struct tree_office *parent)
{
    struct omb_buf bundle = OMB_BUF_INIT;
    struct omb_office_join join;

    office->before[office->moves++] = office->parent;
    office->parent = parent;
    memcpy(office->parent_address, parent->address, sizeof(office->parent_address));
    tree_enrol(office, true, &bundle);
    join = (struct omb_office_join){.bundle = omb_buf_view(&bundle)};
    tree_tick(office);
    answer_of(ask_as(&office->rig, "admin", OMB_ASK_OFFICE_JOIN, &join));
    tree_keep(office);
    tree_stop(office);
    tree_mend(office);
    tree_start(office);
    omb_buf_free(&bundle);
}

/* At the office above both it is one below the new region, and no link of its own any more. */
static void see_below(struct tree_office *top, const char *code, const char *parent)
{
    const struct omb_peer_list *links;
    const struct omb_tree *seen;
    size_t found = 0;

    tree_tick(top);
    links = ASK(&top->rig, "admin", LINK_LIST, peer_list_ask, peer_list, );
    for (size_t i = 0; i < links->peers.count; i++)
        assert_false(omb_view_is(links->peers.items[i].peer, code));
    seen = ASK(&top->rig, "admin", TREE, tree_ask, tree, );
    for (size_t i = 0; i < seen->offices.count; i++) {
        if (!omb_view_is(seen->offices.items[i].code, code))
            continue;
        assert_text(seen->offices.items[i].parent, parent);
        assert_text(seen->offices.items[i].state, "live");
        assert_text(seen->offices.items[i].level, "ok");
        found++;
    }
    assert_int_equal(found, 1);
}

static void test_an_office_comes_under_another_region(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *const moved = tree_add(tree, "vsp-0099", "branch", bank.ho);
    const struct omb_office_change move = {.code = OMB_VIEW_LIT("vsp-0099"),
                                           .parent = OMB_VIEW_LIT("south")};
    struct omb_view before, last, later;

    tree_settle(tree);
    before = bank_complaint(moved);
    tree_settle(tree);
    answer_of(ask_as(&bank.ho->rig, "admin", OMB_ASK_OFFICE_CHANGE, &move));
    tree_settle(tree);
    tree_cut(moved);
    last = bank_complaint(moved); /* under its old certificate, and seen by nobody yet */
    move_to(moved, bank.south);
    tree_settle(tree);
    tree_agree(tree, before, "open", "vsp-0099", moved, bank.south, bank.ho, NULL);
    tree_agree(tree, last, "open", "vsp-0099", moved, bank.south, bank.ho, NULL);
    later = bank_complaint(moved);
    ESCALATE(moved, later, "south");
    tree_settle(tree);
    RESOLVE(bank.south, later, "paid back");
    RESOLVE(moved, before, "paid back");
    tree_settle(tree);
    tree_agree(tree, before, "resolved", "vsp-0099", moved, bank.south, bank.ho, NULL);
    tree_agree(tree, later, "resolved", "vsp-0099", moved, bank.south, bank.ho, NULL);
    assert_int_equal(tree_link(bank.ho, bank.south)->refused, 0);
    assert_int_equal(tree_link(bank.ho, bank.south)->lag_records, 0);
    see_below(bank.ho, "vsp-0099", "south");
    tree_check(tree);
}

/* The new region knows neither its certificate nor the region that issued it: those above do. */
static void test_a_region_asks_above_who_came(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view before = bank_complaint(bank.b45);
    struct omb_view later;

    tree_settle(tree);
    tree_cut(bank.b45);
    move_to(bank.b45, bank.south);
    later = bank_complaint(bank.b45);
    tree_settle(tree);
    tree_agree(tree, before, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    tree_agree(tree, later, "open", "vsp-0045", bank.b45, bank.south, bank.ho, NULL);
    see_below(bank.ho, "vsp-0045", "south");
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_service_office_is_asked_and_replies),
        TREE_TEST(test_erasure_reaches_every_replica),
        TREE_TEST(test_a_region_registers_for_a_branch_below),
        TREE_TEST(test_what_a_revoked_office_writes_later_has_no_effect),
        TREE_TEST(test_an_erasure_that_was_cut_off_is_undone),
        TREE_TEST(test_words_from_above_come_up_when_an_erasure_is_undone),
        TREE_TEST(test_an_office_comes_under_another_region),
        TREE_TEST(test_a_region_asks_above_who_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
