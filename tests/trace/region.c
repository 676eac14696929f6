/*
 * A region that has offices below it comes under another one: those below it are certified anew by
 * it, by themselves, and stand with it where it stands.
 *
 *     ho ─┬─ north ─── osb ─── br ─┬─ vsp
 *         └─ south                 └─ town ─── vsp-2
 */
#include <stdio.h>

#include "support/tree_drive.h"
#include "trace/bank.h"

enum { CHILDREN = 20, AT_ONCE = 8 };

struct five {
    struct tree_office *ho, *north, *south, *osb, *br, *town, *vsp, *vsp_2;
};

static struct five build(struct tree *tree)
{
    struct five five = {.ho = tree_add(tree, "ho", "head", NULL)};

    five.north = tree_add(tree, "north", "regional", five.ho);
    five.south = tree_add(tree, "south", "regional", five.ho);
    five.osb = tree_add(tree, "osb", "regional", five.north);
    five.br = tree_add(tree, "br", "regional", five.osb);
    five.town = tree_add(tree, "town", "regional", five.br);
    five.vsp = tree_add(tree, "vsp", "branch", five.br);
    five.vsp_2 = tree_add(tree, "vsp-2", "branch", five.town);
    tree_settle(tree);
    return five;
}

/* --- how an administrator sees the tree --- */

/* The codes of an office and of those below it, in the order and with the depth of its tree. */
static const char *drawn(struct tree_office *office)
{
    const struct omb_tree *seen = ask_admin(office, OMB_ASK_TREE, &(struct omb_tree_ask){});
    struct omb_buf line = OMB_BUF_INIT;
    struct omb_view copy;

    for (size_t i = 0; i < seen->offices.count; i++) {
        const struct omb_tree_office *one = &seen->offices.items[i];

        omb_buf_printf(&line, "%s%u:%.*s", i ? " " : "", one->depth, OMB_VIEW_ARGS(one->code));
    }
    omb_buf_add_u8(&line, 0);
    copy = omb_arena_copy(&office->rig.arena, omb_buf_view(&line));
    omb_buf_free(&line);
    return (const char *)copy.data;
}

static void all_are_well(struct tree_office *office)
{
    const struct omb_tree *seen = ask_admin(office, OMB_ASK_TREE, &(struct omb_tree_ask){});

    for (size_t i = 0; i < seen->offices.count; i++) {
        const struct omb_tree_office *one = &seen->offices.items[i];

        if (!omb_view_is(one->level, "ok"))
            fail_msg("%s says of %.*s: %.*s %.*s", office->code, OMB_VIEW_ARGS(one->code),
                     OMB_VIEW_ARGS(one->level), OMB_VIEW_ARGS(one->words));
    }
}

static size_t stale_at(struct tree_office *office)
{
    const struct omb_view by[] = {OMB_VIEW_LIT("office")};
    const struct omb_view measures[] = {OMB_VIEW_LIT("registered")};
    const struct omb_report *report;

    tree_tick(office);
    report = ASK(&office->rig, "s1", REPORT, report_ask, report, .by = {by, 1},
                 .measures = {measures, 1});
    return report->stale.count;
}

/* --- stories --- */

static void test_offices_below_a_region_come_along(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    const struct omb_view before = bank_complaint(five.vsp), deep = bank_complaint(five.vsp_2);
    struct omb_view after;

    tree_settle(tree);
    tree_move(five.br, five.south);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS); /* every office told of itself since */
    assert_string_equal(drawn(five.ho),
                        "0:ho 1:north 2:osb 1:south 2:br 3:town 4:vsp-2 3:vsp");
    assert_string_equal(drawn(five.south), "1:south 2:br 3:town 4:vsp-2 3:vsp");
    assert_string_equal(drawn(five.br), "2:br 3:town 4:vsp-2 3:vsp");
    assert_string_equal(drawn(five.north), "1:north 2:osb");
    assert_string_equal(drawn(five.osb), "2:osb");
    all_are_well(five.ho);
    all_are_well(five.south);
    all_are_well(five.br);
    assert_int_equal(stale_at(five.ho), 0);
    assert_int_equal(stale_at(five.south), 0);
    assert_int_equal(stale_at(five.br), 0);
    /* The new chain above has the cases from before and those from after. */
    after = bank_complaint(five.vsp);
    tree_settle(tree);
    tree_agree(tree, before, "open", "vsp", five.vsp, five.br, five.south, five.ho, NULL);
    tree_agree(tree, deep, "open", "vsp-2", five.vsp_2, five.town, five.br, five.south, five.ho,
               NULL);
    tree_agree(tree, after, "open", "vsp", five.vsp, five.br, five.south, five.ho, NULL);
    assert_false(tree_holds(five.osb, after));
    assert_false(tree_holds(five.north, after));
    ESCALATE(five.vsp, before, "south");
    ESCALATE(five.vsp, after, "south");
    ESCALATE(five.vsp_2, deep, "south");
    tree_settle(tree);
    RESOLVE(five.south, before, "paid back");
    RESOLVE(five.south, after, "paid back");
    RESOLVE(five.south, deep, "paid back");
    tree_settle(tree);
    tree_agree(tree, before, "resolved", "vsp", five.vsp, five.br, five.south, five.ho, NULL);
    tree_agree(tree, after, "resolved", "vsp", five.vsp, five.br, five.south, five.ho, NULL);
    tree_agree(tree, deep, "resolved", "vsp-2", five.vsp_2, five.town, five.br, five.south, NULL);
    tree_check_whole(tree);
}

/* The newest certificate of an office as that one knows it. */
static const struct omb_office_view *known_at(struct tree_office *asked,
                                              const struct tree_office *whose)
{
    tree_tick(asked);
    return ASK(&asked->rig, "admin", OFFICE_SHOW, office_ask, office_view,
               .code = omb_view_str(whose->code));
}

/* Whether it goes on under the newest one that its parent knows. */
static bool has_taken_it(struct tree_office *office)
{
    const struct omb_digest own = tree_certificate(office);
    char hex[2 * OMB_DIGEST_SIZE + 1];

    omb_hex(OMB_VIEW_OF(own.bytes), hex);
    return omb_view_is(known_at(office->parent, office)->certificate, hex);
}

/* It may be days; nobody does it twice, and no day of what was certified is lost. */
static void test_offices_that_are_away_are_certified_when_they_come(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    const struct omb_office_view before = *known_at(five.br, five.vsp);
    const char *const all = "0:ho 1:north 2:osb 1:south 2:br 3:town 4:vsp-2 3:vsp";
    struct omb_digest certificate;
    struct omb_view number;

    tree_settle(tree);
    tree_cut(five.vsp);
    tree_stop(five.town);
    tree_move(five.br, five.south);
    tree_pass(tree, OMB_DAY_MS);
    assert_string_equal(drawn(five.ho), all);
    assert_true(omb_view_equal(known_at(five.br, five.vsp)->certificate, before.certificate));
    number = bank_complaint(five.vsp);
    tree_mend(five.vsp);
    tree_start(five.town);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_string_equal(drawn(five.ho), all);
    all_are_well(five.ho);
    assert_int_equal(known_at(five.vsp, five.vsp)->depth, 3);
    assert_int_equal(known_at(five.vsp_2, five.vsp_2)->depth, 4);
    assert_true(omb_view_equal(known_at(five.br, five.vsp)->previous, before.certificate));
    assert_int_equal(known_at(five.br, five.vsp)->not_after, before.not_after);
    certificate = tree_certificate(five.vsp);
    tree_stop(five.br);
    tree_pass(tree, OMB_DAY_MS / 24);
    tree_start(five.br);
    tree_settle(tree);
    tree_pass(tree, OMB_DAY_MS / 24);
    assert_true(has_taken_it(five.vsp) && has_taken_it(five.town) && has_taken_it(five.vsp_2));
    assert_memory_equal(tree_certificate(five.vsp).bytes, certificate.bytes, OMB_DIGEST_SIZE);
    ESCALATE(five.vsp, number, "south");
    tree_settle(tree);
    tree_agree(tree, number, "open", "south", five.vsp, five.br, five.south, five.ho, NULL);
    tree_check_whole(tree);
}

static void test_of_many_offices_some_are_certified_at_a_time(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    struct tree_office *children[CHILDREN];
    char codes[CHILDREN][16];
    size_t done = 0;

    for (size_t i = 0; i < CHILDREN; i++) {
        snprintf(codes[i], sizeof(codes[i]), "b-%02zu", i);
        children[i] = tree_add(tree, codes[i], "branch", five.br);
    }
    tree_settle(tree);
    tree_move(five.br, five.south);
    for (size_t turn = 0; done < CHILDREN; turn++) {
        size_t now = 0;

        tree_pass(tree, 20);
        for (size_t i = 0; i < CHILDREN; i++)
            now += known_at(five.br, children[i])->depth == 3;
        if (now > done + AT_ONCE)
            fail_msg("%zu were certified at once", now - done);
        if (done == 0 && now > 0) { /* the daemon ends between two turns */
            tree_stop(five.br);
            tree_pass(tree, 1000);
            tree_start(five.br);
        }
        done = now;
        assert_true(turn < 10000);
    }
    tree_settle(tree);
    for (size_t i = 0; i < CHILDREN; i++)
        assert_true(has_taken_it(children[i]));
    tree_check_whole(tree);
}

/* One that nobody above it knew of as gone when it came elsewhere itself. */
static void test_an_office_that_left_meanwhile_is_not_certified(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    const struct omb_office_view before = *known_at(five.br, five.vsp);

    tree_settle(tree);
    tree_cut(five.br);
    tree_move(five.vsp, five.north);
    tree_move(five.br, five.south);
    tree_pass(tree, OMB_DAY_MS / 24);
    assert_true(omb_view_equal(known_at(five.br, five.vsp)->certificate, before.certificate));
    tree_mend(five.br);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_string_equal(drawn(five.ho), "0:ho 1:north 2:osb 2:vsp 1:south 2:br 3:town 4:vsp-2");
    assert_true(has_taken_it(five.vsp) && has_taken_it(five.town) && has_taken_it(five.vsp_2));
    all_are_well(five.ho);
    tree_check_whole(tree);
}

static void test_offices_that_are_put_out_are_not_certified(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    struct tree_office *const heir = tree_add(tree, "heir", "branch", five.br);
    struct tree_office *const lost = tree_add(tree, "lost", "branch", five.br);
    const struct omb_office_change close = {.code = OMB_VIEW_LIT("vsp"),
                                            .successor = OMB_VIEW_LIT("heir")};
    const struct omb_office_change revoke = {.code = OMB_VIEW_LIT("lost"), .revoke = true};
    struct omb_office_view closed, revoked;

    tree_settle(tree);
    (void)ask_admin(five.br, OMB_ASK_OFFICE_CHANGE, &close);
    (void)ask_admin(five.br, OMB_ASK_OFFICE_CHANGE, &revoke);
    five.vsp->successor = heir;
    lost->gone = true;
    tree_settle(tree);
    closed = *known_at(five.br, five.vsp);
    revoked = *known_at(five.br, lost);
    tree_move(five.br, five.south);
    tree_settle(tree);
    assert_true(omb_view_equal(known_at(five.br, five.vsp)->certificate, closed.certificate));
    assert_true(omb_view_equal(known_at(five.br, lost)->certificate, revoked.certificate));
    assert_int_equal(known_at(heir, heir)->depth, 3);
    assert_int_equal(known_at(heir, heir)->succeeds.count, 1);
    tree_check(tree);
}

/* It ends before the region has a line to its new parent: the others are certified all the same. */
static void test_an_office_whose_certificate_has_ended_holds_up_no_other(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);

    five.vsp->days = 1;
    assert_true(tree_try_come_under(five.vsp, five.br));
    tree_settle(tree);
    tree_move(five.br, five.south);
    tree_cut(five.br);
    tree_pass(tree, known_at(five.br, five.vsp)->not_after - tree->now_ms);
    tree_mend(five.br);
    tree_settle(tree);
    assert_int_equal(known_at(five.vsp, five.vsp)->depth, 4);
    assert_true(has_taken_it(five.town) && has_taken_it(five.vsp_2));
    tree->checked = true; /* nobody takes what it has */
}

/* Who was away all the time needs nothing; who was not stands where it stood before. */
static void test_a_region_comes_back(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    const struct omb_office_view before = *known_at(five.br, five.town);
    const struct omb_view number = bank_complaint(five.vsp);
    struct omb_view later;

    tree_settle(tree);
    tree_cut(five.town);
    tree_move(five.br, five.south);
    tree_settle(tree);
    tree_move(five.br, five.osb);
    tree_settle(tree);
    tree_mend(five.town);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_true(omb_view_equal(known_at(five.br, five.town)->certificate, before.certificate));
    assert_string_equal(drawn(five.ho), "0:ho 1:north 2:osb 3:br 4:town 5:vsp-2 4:vsp 1:south");
    all_are_well(five.ho);
    assert_int_equal(known_at(five.vsp, five.vsp)->depth, 4);
    later = bank_complaint(five.vsp);
    ESCALATE(five.vsp, number, "osb");
    ESCALATE(five.vsp, later, "north");
    tree_settle(tree);
    tree_agree(tree, number, "open", "osb", five.vsp, five.br, five.osb, five.north, five.ho, NULL);
    tree_agree(tree, later, "open", "north", five.vsp, five.br, five.osb, five.north, five.ho,
               NULL);
    assert_false(tree_holds(five.south, later));
    tree_check_whole(tree);
}

/* What the parent certified does not hold yet where it comes to. */
static void test_an_office_whose_clock_is_behind_takes_it_later(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);

    tree_settle(tree);
    tree_set_clock(five.vsp, tree->now_ms - OMB_DAY_MS / 24);
    tree_settle(tree);
    tree_move(five.br, five.south);
    tree_settle(tree);
    assert_int_equal(known_at(five.br, five.vsp)->depth, 3);
    assert_false(has_taken_it(five.vsp));
    tree_pass(tree, OMB_DAY_MS / 12);
    assert_true(has_taken_it(five.vsp));
    tree_check_whole(tree);
}

/* A certificate that it asked for is not joined with yet; then it has other keys. */
static void test_an_office_that_asked_before_joins_with_both(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    struct omb_buf bundle = OMB_BUF_INIT;

    tree_settle(tree);
    tree_enrol(five.vsp, true, &bundle);
    tree_keep(five.br);
    tree_move(five.br, five.south);
    tree_settle(tree);
    assert_true(has_taken_it(five.vsp));
    assert_int_equal(known_at(five.vsp, five.vsp)->depth, 3);
    tree_tick(five.vsp);
    must_refuse(ask_as(&five.vsp->rig, "admin", OMB_ASK_OFFICE_JOIN,
                       &(struct omb_office_join){.bundle = omb_buf_view(&bundle)}),
                "exists", "vsp has joined already, with a newer certificate than this");
    omb_buf_free(&bundle);
    tree_check_whole(tree);
}

/* By what certificates said when they were issued it would be drawn otherwise, and have one. */
static void test_a_tree_is_drawn_as_it_stands_and_has_no_ring(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);
    struct omb_office_change change = {.code = OMB_VIEW_LIT("south"),
                                       .parent = OMB_VIEW_LIT("town")};

    tree_settle(tree);
    tree_cut(five.town);
    tree_move(five.br, five.south);
    tree_settle(tree);
    assert_string_equal(drawn(five.ho),
                        "0:ho 1:north 2:osb 1:south 2:br 3:town 4:vsp-2 3:vsp");
    tree_tick(five.ho);
    must_refuse(ask_as(&five.ho->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change), "refused",
                "south cannot stand below town");
    change.code = OMB_VIEW_LIT("osb"); /* town stood below it */
    tree_tick(five.ho);
    answer_of(ask_as(&five.ho->rig, "admin", OMB_ASK_OFFICE_CHANGE, &change));
    tree_keep(five.ho);
    tree_mend(five.town);
    tree_settle(tree);
    tree_check_whole(tree);
}

/* It let an office go there, comes below the south, and loses its disk. */
static void begin_anew(struct tree *tree, const struct five *five, struct tree_office *there)
{
    tree_settle(tree);
    tree_move(five->vsp, there);
    tree_settle(tree);
    tree_move(five->br, five->south);
    tree_settle(tree);
    assert_string_equal(drawn(five->br), "2:br 3:town 4:vsp-2");
    assert_true(tree_begin_anew(five->br, 9));
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_string_equal(drawn(five->br), "2:br 3:town 4:vsp-2");
    all_are_well(five->br);
    assert_int_equal(stale_at(five->br), 0);
    tree_check_whole(tree);
}

/* The office that it let go stands below its new parent, too: nothing of that goes down to it. */
static void test_a_region_that_began_anew_knows_whom_it_let_go(void **state)
{
    const struct five five = build(*state);

    begin_anew(*state, &five, five.south);
}

/* Below a third one, of which its new parent knows nothing. */
static void test_a_region_that_began_anew_knows_who_went_elsewhere(void **state)
{
    const struct five five = build(*state);

    begin_anew(*state, &five, five.north);
}

static void test_a_region_hears_at_its_new_parent_who_left_it(void **state)
{
    struct tree *tree = *state;
    const struct five five = build(tree);

    tree_settle(tree);
    tree_cut(five.br);
    tree_move(five.vsp, five.south);
    tree_settle(tree);
    tree_move(five.br, five.south);
    tree_mend(five.br);
    tree_settle(tree);
    tree_pass(tree, 70 * OMB_SECOND_MS);
    assert_string_equal(drawn(five.br), "2:br 3:town 4:vsp-2");
    all_are_well(five.br);
    tree_check_whole(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_offices_below_a_region_come_along),
        TREE_TEST(test_offices_that_are_away_are_certified_when_they_come),
        TREE_TEST(test_of_many_offices_some_are_certified_at_a_time),
        TREE_TEST(test_an_office_that_left_meanwhile_is_not_certified),
        TREE_TEST(test_offices_that_are_put_out_are_not_certified),
        TREE_TEST(test_an_office_whose_certificate_has_ended_holds_up_no_other),
        TREE_TEST(test_a_region_comes_back),
        TREE_TEST(test_an_office_whose_clock_is_behind_takes_it_later),
        TREE_TEST(test_an_office_that_asked_before_joins_with_both),
        TREE_TEST(test_a_tree_is_drawn_as_it_stands_and_has_no_ring),
        TREE_TEST(test_a_region_that_began_anew_knows_whom_it_let_go),
        TREE_TEST(test_a_region_hears_at_its_new_parent_who_left_it),
        TREE_TEST(test_a_region_that_began_anew_knows_who_went_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
