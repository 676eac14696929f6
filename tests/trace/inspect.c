/* Can an administrator see how the tree is: links, offices, forks, and who is behind? */
#include "trace/bank.h"

static const struct omb_report *report_of(struct tree_office *office)
{
    const struct omb_view by[] = {OMB_VIEW_LIT("office")};
    const struct omb_view measures[] = {OMB_VIEW_LIT("registered")};

    tree_tick(office);
    return ASK(&office->rig, "s1", REPORT, report_ask, report, .by = {by, 1},
               .measures = {measures, 1});
}

static const struct omb_stale_office *stale_of(struct tree_office *office, const char *code)
{
    const struct omb_report *report = report_of(office);

    for (size_t i = 0; i < report->stale.count; i++) {
        if (omb_view_is(report->stale.items[i].office, code))
            return &report->stale.items[i];
    }
    return NULL;
}

/* --- links --- */

static void test_links_are_listed_with_their_levels(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    bank_complaint(bank.b45);
    tree_settle(tree);
    assert_int_equal(links_of(bank.north)->peers.count, 3);
    assert_text(links_of(bank.north)->peers.items[0].peer, "ho");
    assert_text(links_of(bank.north)->peers.items[0].direction, "up");
    assert_text(level_of(bank.north, "vsp-0045")->level, "ok");
    assert_int_equal(level_of(bank.north, "vsp-0045")->words.size, 0);
    tree_cut(bank.b45);
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    assert_text(level_of(bank.north, "vsp-0045")->level, "critical");
    assert_text(level_of(bank.north, "vsp-0045")->words,
                "silent for 6 min: nothing came for 15 seconds");
    assert_text(level_of(bank.north, "vsp-0046")->level, "ok");
    tree_mend(bank.b45);
    tree_settle(tree);
    assert_text(level_of(bank.north, "vsp-0045")->level, "ok");
    tree_check(tree);
}

static void test_a_lag_is_a_warning(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_level *level;

    tree_cut(bank.b45);
    bank_complaint(bank.b45);
    tree_pass(tree, 90 * OMB_SECOND_MS);
    level = level_of(bank.b45, "north");
    assert_text(level->level, "warning");
    assert_true(has_line((struct omb_views){&level->words, 1}, "records wait, the oldest written"));
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check(tree);
}

/* A branch comes back with what is older than the region's own records that wait. */
static void test_a_lag_is_as_old_as_the_oldest_record(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    int64_t written, passed;

    tree_settle(tree);
    tree_cut(bank.b45);
    tree_cut(bank.north);
    written = tree->now_ms;
    (void)bank_complaint(bank.b45);
    tree_pass(tree, 10 * 60 * OMB_SECOND_MS);
    (void)bank_complaint(bank.north);
    tree_mend(bank.b45);
    tree_pass(tree, 60 * OMB_SECOND_MS);
    assert_int_equal(tree_link(bank.b45, bank.north)->lag_records, 0);
    passed = (tree->now_ms - written) / OMB_SECOND_MS;
    assert_in_range(tree_link(bank.north, bank.ho)->oldest_unacked_seconds, passed - 5, passed + 5);
    tree_mend(bank.north);
    tree_settle(tree);
    tree_check(tree);
}

static void test_a_link_shows_what_waits_and_who_witnesses(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_view sent = bank_complaint(bank.b45);
    const struct omb_peer_ask ask = {.peer = OMB_VIEW_LIT("north"), .waiting = true};
    const struct omb_peer_detail *detail;
    struct omb_view kept;

    tree_settle(tree);
    tree_cut(bank.b45);
    kept = bank_complaint(bank.b45);
    tree_pass(tree, 30 * OMB_SECOND_MS);
    detail = ask_admin(bank.b45, OMB_ASK_LINK_SHOW, &ask);
    assert_int_equal(detail->waiting.count, 1);
    assert_true(omb_view_equal(detail->waiting.items[0], kept));
    assert_false(omb_view_equal(detail->waiting.items[0], sent));
    assert_int_equal(detail->witnesses.count, 2);
    assert_true(detail->certificate_until > tree->now_ms);
    assert_true(detail->fingerprint.size > 0);
    assert_true(detail->history.count > 0);
    assert_int_equal(detail->disagreements.count, 0);
    assert_text(detail->software, OMB_SOFTWARE);
    tree_mend(bank.b45);
    tree_settle(tree);
    detail = ask_admin(bank.b45, OMB_ASK_LINK_SHOW, &ask);
    assert_int_equal(detail->waiting.count, 0);
    tree_check(tree);
}

static void test_a_restart_is_in_the_history_of_links(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_ask ask = {.peer = OMB_VIEW_LIT("north")};
    const struct omb_link_step *last;
    const struct omb_peer_detail *detail;

    tree_stop(bank.b45);
    tree_stop(bank.north);
    tree_start(bank.b45);
    tree_pass(tree, 30 * OMB_SECOND_MS);
    detail = ask_admin(bank.b45, OMB_ASK_LINK_SHOW, &ask);
    last = &detail->history.items[detail->history.count - 1];
    assert_text(last->state, "down");
    assert_text(last->reason, "the daemon here was started");
    tree_start(bank.north);
    tree_settle(tree);
    detail = ask_admin(bank.b45, OMB_ASK_LINK_SHOW, &ask);
    last = &detail->history.items[detail->history.count - 1];
    assert_text(last->state, "live");
    assert_text(last[-1].reason, "the daemon here was started");
    tree_check(tree);
}

static void test_what_was_acknowledged_was_sent_also_after_a_restart(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_view *link;

    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    tree_stop(bank.b45);
    tree_stop(bank.north);
    tree_start(bank.b45);
    tree_pass(tree, OMB_SECOND_MS);
    link = tree_link(bank.b45, bank.north);
    assert_true(link->acked > 0);
    assert_int_equal(link->sent, link->acked);
    tree_stop(bank.b45);
    tree_start(bank.north);
    tree_pass(tree, OMB_SECOND_MS);
    link = tree_link(bank.north, bank.b45);
    assert_true(link->acked > 0);
    assert_int_equal(link->sent, link->acked);
    tree_start(bank.b45);
    tree_settle(tree);
    tree_check(tree);
}

/* Its parent does not see that a line ended before the next one stands: no copy runs for that. */
static void test_who_is_started_again_and_again_does_not_run_twice(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    for (int i = 0; i < 5; i++) {
        tree_stop(bank.b45);
        tree_pass(tree, 2 * OMB_SECOND_MS);
        tree_start(bank.b45);
        tree_pass(tree, 30 * OMB_SECOND_MS);
    }
    assert_text(level_of(bank.north, "vsp-0045")->level, "ok");
    tree_check(tree);
}

/* Nothing was written of a child that did not call since; it is shown all the same. */
static void test_a_child_that_calls_no_more_after_a_restart(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_detail *detail;
    const struct omb_link_step *last;
    int64_t started_at;

    tree_cut(bank.b45);
    tree_stop(bank.north);
    tree_start(bank.north);
    started_at = bank.north->rig.now_ms;
    tree_pass(tree, 30 * OMB_SECOND_MS);
    detail = link_shown(bank.north, bank.b45);
    last = &detail->history.items[detail->history.count - 1];
    assert_text(detail->link->state, "down");
    assert_int_equal(detail->link->since, started_at);
    assert_text(last->reason, "the daemon here was started");
    assert_int_equal(last->at, started_at);
    assert_text(last[-1].state, "live");
    tree_mend(bank.b45);
    tree_settle(tree);
    detail = link_shown(bank.north, bank.b45);
    last = &detail->history.items[detail->history.count - 1];
    assert_text(last->state, "live");
    assert_text(last[-1].reason, "the daemon here was started");
    assert_int_equal(last[-1].at, started_at);
    assert_text(last[-2].state, "live");
    tree_check(tree);
}

static void test_each_end_shows_how_the_other_sees_the_link(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_detail *below, *above;

    bank_complaint(bank.b45);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    below = link_shown(bank.b45, bank.north);
    above = link_shown(bank.north, bank.b45);
    assert_text(below->there->state, "live");
    assert_true(below->link->acked > 0);
    assert_int_equal(below->there->applied, below->link->acked);
    assert_int_equal(below->there->acked, below->held);
    assert_in_range(below->there->told_at, tree->now_ms - 40 * OMB_SECOND_MS, tree->now_ms);
    assert_text(above->there->state, "live");
    assert_int_equal(above->there->applied, above->link->acked);
    assert_int_equal(above->there->acked, above->held);
    assert_int_equal(below->disagreements.count, 0);
    assert_int_equal(above->disagreements.count, 0);
    tree_check(tree);
}

/*
 * Of a parent that was put back a comparison finds what it holds, by no position: both ends are
 * told so, and neither says that the other one is wrong.
 */
static void test_ends_that_compared_do_not_disagree(void **state)
{
    struct tree *tree = *state;
    struct tree_office *const ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *const north = tree_add(tree, "north", "regional", ho);
    struct memport *const before = tree_backup(north);
    struct tree_office *const b45 = tree_add(tree, "vsp-0045", "branch", north);

    bank_complaint(b45);
    tree_settle(tree);
    tree_roll_back(north, before);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_non_null(link_shown(b45, north)->there);
    assert_int_equal(link_shown(b45, north)->disagreements.count, 0);
    assert_int_equal(link_shown(north, b45)->disagreements.count, 0);
    assert_int_equal(link_shown(ho, north)->disagreements.count, 0);
    assert_int_equal(link_shown(north, ho)->disagreements.count, 0);
    tree_check_whole(tree);
}

/* What it said by the clock of before is not the newest for as long as that was ahead. */
static void test_a_clock_that_is_put_right_disagrees_no_more(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_detail *below;

    tree_set_clock(bank.north, bank.north->rig.now_ms + 20 * 3600 * OMB_SECOND_MS);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    tree_set_clock(bank.north, tree->now_ms);
    tree_pass(tree, 5 * 60 * OMB_SECOND_MS);
    below = link_shown(bank.b45, bank.north);
    assert_in_range(below->there->told_at, tree->now_ms - 40 * OMB_SECOND_MS, tree->now_ms);
    assert_int_equal(below->disagreements.count, 0);
    assert_int_equal(link_shown(bank.ho, bank.north)->disagreements.count, 0);
    tree_settle(tree);
    tree_check(tree);
}

static void test_only_peers_have_links(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_peer_ask ask = {.peer = OMB_VIEW_LIT("vsp-0045")};
    const struct omb_link_resync resync = {.peer = OMB_VIEW_LIT("north")};

    tree_tick(bank.ho);
    must_refuse(ask_as(&bank.ho->rig, "admin", OMB_ASK_LINK_SHOW, &ask), "not-found",
                "no link to vsp-0045");
    must_refuse(ask_as(&bank.ho->rig, "s1", OMB_ASK_LINK_RESYNC, &resync), "forbidden", "admin");
    answer_of(ask_as(&bank.ho->rig, "admin", OMB_ASK_LINK_RESYNC, &resync));
    assert_text(tree_link(bank.ho, bank.north)->reason, "compares");
    tree_settle(tree);
    assert_text(tree_link(bank.ho, bank.north)->state, "live");
    assert_text(tree_link(bank.ho, bank.north)->reason, "");
    tree_check(tree);
}

/* --- the tree --- */

static void test_the_root_sees_every_office_below(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_tree *seen;

    bank_complaint(bank.b45);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS); /* every office told of itself since */
    seen = ask_admin(bank.ho, OMB_ASK_TREE, &(struct omb_tree_ask){});
    assert_int_equal(seen->offices.count, 7);
    assert_text(seen->offices.items[0].code, "ho");
    assert_text(seen->offices.items[0].state, "root");
    assert_true(seen->offices.items[0].self);
    assert_text(seen->offices.items[1].code, "card-centre");
    assert_text(seen->offices.items[2].code, "north");
    assert_text(seen->offices.items[3].code, "vsp-0045"); /* behind the office above it */
    assert_text(seen->offices.items[3].parent, "north");
    assert_text(seen->offices.items[3].state, "live");
    assert_int_equal(seen->offices.items[3].cases, 1);
    for (size_t i = 0; i < seen->offices.count; i++) {
        if (!omb_view_is(seen->offices.items[i].level, "ok"))
            fail_msg("%.*s: %.*s", OMB_VIEW_ARGS(seen->offices.items[i].code),
                     OMB_VIEW_ARGS(seen->offices.items[i].words));
        assert_true(seen->offices.items[i].as_of > 0);
    }
    assert_null(in_tree(bank.north, "south"));
    tree_check(tree);
}

static void see_well(struct tree_office *top, const char *code)
{
    const struct omb_tree_office *seen = in_tree(top, code);

    assert_text(seen->state, "live");
    assert_text(seen->level, "ok");
    assert_int_equal(seen->backlog, 0);
    assert_null(stale_of(top, code));
}

/* What an office in between told before those below it had called is not their last word. */
static void test_a_tree_that_comes_up_is_no_alarm(void **state)
{
    struct tree *tree = *state;
    struct tree_office *const ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *const north = tree_add(tree, "north", "regional", ho);
    struct tree_office *const b45 = tree_add(tree, "vsp-0045", "branch", north);

    tree_pass(tree, 10 * OMB_SECOND_MS);
    see_well(ho, "vsp-0045");
    tree_stop(north);
    (void)bank_complaint(b45);
    tree_start(north);
    tree_pass(tree, 20 * OMB_SECOND_MS);
    see_well(ho, "north");
    see_well(ho, "vsp-0045");
    tree_check(tree);
}

/* A line that ends further down is known at the top when it is known above it. */
static void test_what_ends_below_is_told_at_once(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_cut(bank.b45);
    tree_pass(tree, 25 * OMB_SECOND_MS);
    assert_text(in_tree(bank.north, "vsp-0045")->state, "down");
    assert_text(in_tree(bank.ho, "vsp-0045")->state, "down");
    assert_non_null(stale_of(bank.ho, "vsp-0045"));
    tree_mend(bank.b45);
    tree_pass(tree, 20 * OMB_SECOND_MS);
    see_well(bank.ho, "vsp-0045");
    tree_check(tree);
}

/* Nobody says that all is well while another one says that nothing is known. */
static void test_a_line_that_ended_is_a_warning_before_it_is_critical(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_pass(tree, 70 * OMB_SECOND_MS);
    tree_cut(bank.north);
    tree_pass(tree, 80 * OMB_SECOND_MS);
    assert_text(level_of(bank.ho, "north")->level, "warning");
    assert_text(level_of(bank.ho, "north")->words,
                "down, heard 80 s ago: nothing came for 15 seconds");
    assert_text(level_of(bank.north, "ho")->level, "warning");
    assert_text(in_tree(bank.ho, "north")->level, "warning");
    assert_text(in_tree(bank.ho, "vsp-0045")->level, "unknown");
    tree_mend(bank.north);
    tree_cut(bank.b45);
    tree_pass(tree, 80 * OMB_SECOND_MS);
    assert_text(level_of(bank.north, "vsp-0045")->level, "warning");
    assert_text(in_tree(bank.ho, "vsp-0045")->level, "warning");
    assert_true(omb_view_equal(in_tree(bank.ho, "vsp-0045")->words,
                               level_of(bank.north, "vsp-0045")->words));
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check(tree);
}

/* A region that lost its store tells of a branch that has not called it since. */
static void test_a_branch_that_a_rebuilt_region_never_heard_is_missed(void **state)
{
    struct tree *tree = *state;
    struct tree_office *const ho = tree_add(tree, "ho", "head", NULL);
    struct tree_office *const north = tree_add(tree, "north", "regional", ho);
    struct tree_office *const b45 = tree_add(tree, "vsp-0045", "branch", north);
    struct memport *const copy = tree_backup(north);
    int64_t heard;

    tree_pass(tree, 70 * OMB_SECOND_MS);
    see_well(ho, "vsp-0045");
    heard = ho->rig.now_ms;
    tree_cut(b45);
    tree_roll_back(north, copy);
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    assert_text(in_tree(north, "vsp-0045")->level, "unknown");
    assert_text(in_tree(ho, "vsp-0045")->level, "critical");
    assert_non_null(stale_of(ho, "vsp-0045"));
    assert_true(stale_of(ho, "vsp-0045")->since > heard - 70 * OMB_SECOND_MS);
    tree_mend(b45);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    see_well(ho, "vsp-0045");
    tree_check(tree);
}

static void test_what_is_below_a_lost_office_is_not_known(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);

    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    tree_cut(bank.north);
    tree_pass(tree, 6 * 60 * OMB_SECOND_MS);
    assert_text(in_tree(bank.ho, "north")->level, "critical");
    assert_text(in_tree(bank.ho, "vsp-0045")->level, "unknown");
    assert_text(in_tree(bank.ho, "vsp-0077")->level, "ok");
    assert_text(in_tree(bank.north, "vsp-0045")->level, "ok");
    tree_mend(bank.north);
    tree_settle(tree);
    tree_check(tree);
}

static void test_a_report_names_whom_it_is_behind_on(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    int64_t cut_at;

    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_int_equal(report_of(bank.ho)->stale.count, 0);
    cut_at = bank.ho->rig.now_ms;
    tree_cut(bank.north);
    tree_pass(tree, 2 * 60 * OMB_SECOND_MS);
    assert_non_null(stale_of(bank.ho, "north"));
    assert_true(stale_of(bank.ho, "north")->since <= cut_at + 60 * OMB_SECOND_MS);
    assert_non_null(stale_of(bank.ho, "vsp-0045"));
    assert_null(stale_of(bank.ho, "south"));
    assert_null(stale_of(bank.north, "vsp-0045"));
    tree_mend(bank.north);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_int_equal(report_of(bank.ho)->stale.count, 0);
    tree_check(tree);
}

/* --- forks --- */

static void test_a_fork_is_listed_with_both_digests(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    const struct omb_forks_ask ask = {};
    const struct omb_forks *forks = ask_admin(bank.north, OMB_ASK_LOG_FORKS, &ask);
    struct tree_office *twin;

    assert_int_equal(forks->forks.count, 0);
    bank_complaint(bank.b45);
    tree_settle(tree);
    tree_cut(bank.b45);
    twin = tree_twin(bank.b45);
    tree_settle(tree); /* its parent confirms its head: it goes on in the same life */
    bank_complaint(twin);
    tree_settle(tree);
    tree_stop(twin);
    bank_complaint(bank.b45);
    tree_mend(bank.b45);
    tree_settle(tree);
    forks = ask_admin(bank.north, OMB_ASK_LOG_FORKS, &ask);
    assert_int_equal(forks->forks.count, 1);
    assert_text(forks->forks.items[0].office, "vsp-0045");
    assert_int_equal(forks->forks.items[0].stands.size, 64);
    assert_false(omb_view_equal(forks->forks.items[0].stands, forks->forks.items[0].other));
    tree->checked = true; /* the copies differ for ever */
}

/* Who was put back compares, and nothing of its own is acknowledged again for that. */
static void test_what_a_comparison_found_there_does_not_wait(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct memport *copy;

    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    copy = tree_backup(bank.b45);
    (void)bank_complaint(bank.b45);
    tree_settle(tree);
    tree_roll_back(bank.b45, copy);
    tree_settle(tree);
    tree_cut(bank.b45);
    tree_pass(tree, OMB_SECOND_MS * 60);
    assert_text(tree_link(bank.b45, bank.north)->state, "down");
    assert_int_equal(tree_link(bank.b45, bank.north)->lag_records, 0);
    tree_stop(bank.b45);
    tree_start(bank.b45);
    tree_pass(tree, OMB_SECOND_MS * 60);
    assert_int_equal(tree_link(bank.b45, bank.north)->lag_records, 0);
    (void)bank_complaint(bank.b45);
    tree_pass(tree, 1);
    assert_true(tree_link(bank.b45, bank.north)->lag_records > 0);
    tree_mend(bank.b45);
    tree_settle(tree);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_what_a_comparison_found_there_does_not_wait),
        TREE_TEST(test_links_are_listed_with_their_levels),
        TREE_TEST(test_a_lag_is_a_warning),
        TREE_TEST(test_a_lag_is_as_old_as_the_oldest_record),
        TREE_TEST(test_a_link_shows_what_waits_and_who_witnesses),
        TREE_TEST(test_a_restart_is_in_the_history_of_links),
        TREE_TEST(test_what_was_acknowledged_was_sent_also_after_a_restart),
        TREE_TEST(test_who_is_started_again_and_again_does_not_run_twice),
        TREE_TEST(test_a_child_that_calls_no_more_after_a_restart),
        TREE_TEST(test_each_end_shows_how_the_other_sees_the_link),
        TREE_TEST(test_ends_that_compared_do_not_disagree),
        TREE_TEST(test_a_clock_that_is_put_right_disagrees_no_more),
        TREE_TEST(test_only_peers_have_links),
        TREE_TEST(test_the_root_sees_every_office_below),
        TREE_TEST(test_a_tree_that_comes_up_is_no_alarm),
        TREE_TEST(test_what_ends_below_is_told_at_once),
        TREE_TEST(test_a_line_that_ended_is_a_warning_before_it_is_critical),
        TREE_TEST(test_a_branch_that_a_rebuilt_region_never_heard_is_missed),
        TREE_TEST(test_what_is_below_a_lost_office_is_not_known),
        TREE_TEST(test_a_report_names_whom_it_is_behind_on),
        TREE_TEST(test_a_fork_is_listed_with_both_digests),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
