/* Are links, offices and reports judged as they are, whatever happened to an office before? */
#include "trace/bank.h"

/* `link check` and `tree check` say so of it, and no doctor is alarmed. */
static void judged_well(struct tree_office *office, const char *peer, const char *words)
{
    const struct omb_tree *seen = ask_admin(office, OMB_ASK_TREE, &(struct omb_tree_ask){});

    assert_text(level_of(office, peer)->words, words);
    assert_text(level_of(office, peer)->level, "ok");
    assert_true(doctor_says(office, "links", "ok", ""));
    for (size_t i = 0; i < seen->offices.count; i++) {
        if (omb_view_is(seen->offices.items[i].code, peer))
            assert_text(seen->offices.items[i].words, words);
    }
}

/* --- offices that ended --- */

static void change(struct tree_office *at, const struct omb_office_change *change)
{
    (void)ask_admin(at, OMB_ASK_OFFICE_CHANGE, change);
    tree_settle(at->tree);
}

/* As the guide says: closed, let run until nothing waits, then revoked. */
static void test_an_office_that_was_closed_and_revoked_is_no_alarm(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    change(bank.north, &(struct omb_office_change){.code = OMB_VIEW_LIT("vsp-0045"),
                                                   .successor = OMB_VIEW_LIT("vsp-0046")});
    judged_well(bank.north, "vsp-0045", "closed");
    change(bank.north, &(struct omb_office_change){.code = OMB_VIEW_LIT("vsp-0045"),
                                                   .revoke = true});
    judged_well(bank.north, "vsp-0045", "revoked");
    tree_stop(bank.b45);
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    judged_well(bank.north, "vsp-0045", "revoked");
    /* The office itself is told that nobody takes its records. */
    tree_start(bank.b45);
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    assert_text(level_of(bank.b45, "north")->level, "critical");
    tree->checked = true; /* it holds what nobody takes */
}

/* It never called, and its parent begins anew to wait for it with each start. */
static void test_a_closed_office_that_never_came_is_no_alarm(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_stop(bank.b45);
    change(bank.north, &(struct omb_office_change){.code = OMB_VIEW_LIT("vsp-0045"),
                                                   .successor = OMB_VIEW_LIT("vsp-0046")});
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    judged_well(bank.north, "vsp-0045", "closed");
    tree_stop(bank.north);
    tree_start(bank.north);
    tree_pass(tree, 60 * OMB_SECOND_MS);
    judged_well(bank.north, "vsp-0045", "closed");
    tree->checked = true; /* its daemon does not run */
}

/* --- the doctor of an office whose log goes on in another life --- */

/* What it had lost comes home from above: it goes on in a life that has no record yet. */
static void test_a_doctor_knows_the_life_before(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy;

    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    assert_true(doctor_says(bank.b45, "newest-record", "ok", "record 9 is authentic"));
    assert_true(doctor_says(bank.b45, "escrow", "ok", "this month's key is open"));
    copy = tree_backup(bank.b45);
    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    tree_settle(tree);
    assert_true(doctor_says(bank.b45, "newest-record", "ok",
                            "the next event opens a new life of the log; before it record 10 of "
                            "number 1 is authentic"));
    assert_true(doctor_says(bank.b45, "incarnation", "ok", "the next event opens a new one"));
    assert_true(doctor_says(bank.b45, "escrow", "ok", "the next registration opens this month's"));
    (void)bank_complaint(bank.b45);
    assert_true(doctor_says(bank.b45, "newest-record", "ok", "record 2 is authentic"));
    assert_true(doctor_says(bank.b45, "incarnation", "ok", "number 2 is open"));
    tree_settle(tree);
    tree_check_whole(tree);
}

/* --- the certificate by which an office signs --- */

static bool is_warned(struct tree_office *office, const char *words)
{
    const struct omb_act_done *done;

    tree_tick(office);
    done = ANSWER(act_done, complaint_try(&office->rig));
    return has_line(done->warnings, words);
}

/* By its own clock alone, so that the office above says nothing of it. */
static void test_an_office_knows_that_its_own_certificate_has_ended(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view *words;

    assert_false(is_warned(bank.b45, "certificate"));
    tree_cut(bank.b45);
    tree_set_clock(bank.b45, bank.b45->rig.now_ms + 3660 * OMB_DAY_MS);
    assert_true(is_warned(bank.b45, "the certificate of this office expired at 20"));
    words = &level_of(bank.b45, "north")->words;
    assert_true(has_line((struct omb_views){words, 1},
                         "of this office itself: its certificate expired at 20"));
    assert_text(level_of(bank.b45, "north")->level, "critical");
    assert_false(is_warned(bank.b46, "certificate"));
    tree->checked = true;
}

/* --- starts --- */

static void start_again(struct tree_office *office, int64_t clock_ms)
{
    tree_stop(office);
    office->clock_ms = clock_ms;
    tree_pass(office->tree, 2 * OMB_SECOND_MS);
    tree_start(office);
    tree_pass(office->tree, 40 * OMB_SECOND_MS);
}

/* When it was started says nothing of what was started first. */
static void test_whose_clock_jumps_does_not_run_twice(void **state)
{
    static const int64_t jumps[] = {2 * OMB_HOUR_MS, -6 * 365 * OMB_DAY_MS, 9 * 365 * OMB_DAY_MS,
                                    -OMB_DAY_MS, 0};
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    for (size_t i = 0; i < UNIT_COUNT(jumps); i++) {
        start_again(bank.b45, jumps[i]);
        assert_false(has_line((struct omb_views){&level_of(bank.north, "vsp-0045")->words, 1},
                              "does it run twice?"));
    }
    assert_text(level_of(bank.north, "vsp-0045")->level, "ok");
    tree->checked = true;
}

/* --- stale --- */

static const struct omb_stale_office *stale_of(struct tree_office *office, const char *pattern,
                                               const char *code)
{
    const struct omb_view by[] = {OMB_VIEW_LIT("office")};
    const struct omb_view measures[] = {OMB_VIEW_LIT("registered")};
    const struct omb_view offices[] = {omb_view_str(pattern)};
    const struct omb_filter filter = {.office = {offices, *pattern ? 1 : 0}};
    const struct omb_report *report;

    tree_tick(office);
    report = ASK(&office->rig, "s1", REPORT, report_ask, report, .by = {by, 1},
                 .measures = {measures, 1}, .filter = &filter);
    for (size_t i = 0; i < report->stale.count; i++) {
        if (omb_view_is(report->stale.items[i].office, code))
            return &report->stale.items[i];
    }
    return NULL;
}

/* When the end of a line was noticed, or this office was started, tells nothing of before. */
static void test_it_is_stale_since_it_was_heard_last(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    int64_t cut_at;

    tree_pass(tree, 70 * OMB_SECOND_MS);
    cut_at = tree->now_ms;
    tree_cut(bank.b45);
    tree_pass(tree, 30 * OMB_SECOND_MS);
    assert_text(tree_link(bank.north, bank.b45)->state, "down");
    assert_true(stale_of(bank.north, "", "vsp-0045")->since <= cut_at);
    assert_true(stale_of(bank.ho, "", "vsp-0045")->since <= cut_at);
    tree_stop(bank.north);
    tree_start(bank.north);
    tree_pass(tree, 10 * OMB_SECOND_MS);
    assert_true(stale_of(bank.north, "", "vsp-0045")->since <= cut_at);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check(tree);
}

static void test_a_report_is_not_behind_on_offices_that_it_leaves_out(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_pass(tree, 70 * OMB_SECOND_MS);
    tree_cut(bank.south);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_non_null(stale_of(bank.ho, "", "vsp-0077"));
    assert_non_null(stale_of(bank.ho, "south/**", "vsp-0077"));
    assert_non_null(stale_of(bank.ho, "vsp-0077", "vsp-0077")); /* as what is above it is */
    assert_null(stale_of(bank.ho, "vsp-0077", "south"));
    assert_null(stale_of(bank.ho, "north/**", "south"));
    assert_null(stale_of(bank.ho, "north/**", "vsp-0077"));
    tree_mend(bank.south);
    tree_settle(tree);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_doctor_knows_the_life_before),
        TREE_TEST(test_an_office_knows_that_its_own_certificate_has_ended),
        TREE_TEST(test_whose_clock_jumps_does_not_run_twice),
        TREE_TEST(test_it_is_stale_since_it_was_heard_last),
        TREE_TEST(test_a_report_is_not_behind_on_offices_that_it_leaves_out),
        TREE_TEST(test_an_office_that_was_closed_and_revoked_is_no_alarm),
        TREE_TEST(test_a_closed_office_that_never_came_is_no_alarm),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
