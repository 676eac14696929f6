/* Records that came to mean nothing are written again: does the client's complaint go on? */
#include "office/keys.h"
#include "support/tree_drive.h"
#include "trace/forked.h"
#include "wire/header.h"
#include "wire/rows.h"

static const struct omb_case_view *show_at(struct tree_office *office, struct omb_view number)
{
    tree_tick(office);
    return ASK(&office->rig, "s1", CASE_SHOW, case_ask, case_view, .number = number);
}

/* --- forks --- */

static void test_a_line_that_lost_is_written_again(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct tree_office *b45 = f.bank.b45, *north = f.bank.north, *ho = f.bank.ho;
    const struct omb_case_view *view;
    struct omb_office_renewed renewed;

    assert_text(tree_link(north, b45)->state, "blocked");
    (void)renew(b45); /* a new life: the link stands again, and the decision comes down */
    assert_text(tree_link(north, b45)->state, "live");
    tree_agree(tree, f.escalated, "open", "vsp-0045", b45, north, ho, NULL);
    renewed = renew(b45);
    assert_int_equal(renewed.written, 3);
    assert_int_equal(renewed.cases.count, 1);
    assert_int_equal(renewed.left.count, 0);
    assert_true(omb_view_equal(renewed.cases.items[0].formerly, f.ours));

    view = show_at(b45, renewed.cases.items[0].number);
    assert_true(omb_view_equal(view->formerly, f.ours));
    assert_false(view->sealed);
    assert_non_null(view->client);
    assert_text(event_of(&view->events, "noted")->text, "the client is upset");
    tree_agree(tree, renewed.cases.items[0].number, "open", "vsp-0045", b45, north, ho, NULL);
    tree_agree(tree, f.escalated, "open", "north", b45, north, ho, NULL);
    assert_false(show_at(north, f.escalated)->sealed);
    assert_true(show_at(north, renewed.cases.items[0].number)->sealed);
    tree_check(tree);
}

/* What was restored may have been erased: it gets no new number before that is known. */
/*
 * Both wrote as much, or ours more: a comparison sees two heads that differ, or one beyond the
 * other, and the lines parted before them. `again`: in the meantime ours went on in another life.
 */
static void renew_long_lines(struct tree *tree, size_t both, size_t more, bool again)
{
    struct bank bank = bank_build(tree);
    struct tree_office *const b45 = bank.b45, *const north = bank.north;
    struct omb_view theirs = {0}, first;
    struct omb_office_renewed renewed;
    struct tree_office *twin;

    bank_complaint(b45);
    tree_settle(tree);
    tree_cut(b45);
    twin = tree_twin(b45);
    tree_settle(tree);
    for (size_t i = 0; i < both; i++)
        theirs = bank_complaint(twin);
    tree_settle(tree);
    tree_stop(twin);
    first = bank_complaint(b45);
    for (size_t i = 1; i < both + more; i++)
        bank_complaint(b45);
    if (again) {
        tree_stop(b45);
        tree_start(b45);
        bank_complaint(b45);
    }
    tree_mend(b45);
    tree_settle(tree);
    assert_text(tree_link(north, b45)->state, again ? "live" : "blocked");
    if (!again)
        (void)renew(b45);
    renewed = renew(b45);
    assert_int_equal(renewed.written, both + more);
    assert_true(omb_view_equal(renewed.cases.items[0].formerly, first));
    assert_text(tree_link(b45, north)->state, "live");
    for (size_t i = 0; i < renewed.cases.count; i++)
        tree_agree(tree, renewed.cases.items[i].number, "open", "vsp-0045", b45, north, bank.ho,
                   NULL);
    tree_agree(tree, theirs, "open", "vsp-0045", b45, north, bank.ho, NULL);
    tree_check(tree);
}

static void test_lines_that_parted_before_their_heads(void **state)
{
    renew_long_lines(*state, 3, 0, false);
}

static void test_a_longer_line_that_parted_before_the_other_head(void **state)
{
    renew_long_lines(*state, 3, 2, false);
}

static void test_lines_that_parted_long_before_their_heads(void **state)
{
    renew_long_lines(*state, 140, 1, false);
}

static void test_lines_of_a_life_that_ended_parted_before_their_heads(void **state)
{
    renew_long_lines(*state, 3, 0, true);
}

static void test_a_restored_office_leaves_what_it_withholds(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct tree_office *b45 = f.bank.b45;
    struct omb_office_renewed renewed;
    struct memport *copy;

    (void)renew(b45);
    copy = tree_backup(b45);
    tree_cut(b45);
    tree_restore(b45, copy);
    renewed = renew(b45);
    assert_int_equal(renewed.written, 0);
    assert_int_equal(renewed.left.count, 3);
    assert_text(renewed.left.items[0].why, "the words of its case are withheld: whether they were "
                                           "erased is not known here yet");
    tree_mend(b45);
    tree_settle(tree);
    renewed = renew(b45);
    assert_int_equal(renewed.written, 3);
    assert_int_equal(renewed.left.count, 0);
    tree_check(tree);
}

/* Both copies gave one id: who has the lost receipt is led on from the case that stands. */
static void test_a_lost_receipt_leads_to_the_new_number(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct omb_office_renewed renewed;
    const struct omb_case_view *view;

    assert_true(omb_view_equal(f.ours, f.theirs));
    (void)renew(f.bank.b45);
    renewed = renew(f.bank.b45);
    view = show_at(f.bank.north, f.ours);
    assert_int_equal(view->namesakes.count, 1);
    assert_true(omb_view_equal(view->namesakes.items[0], renewed.cases.items[0].number));
    assert_int_equal(view->formerly.size, 0);
    /* The other copy sealed it under the escrow key of the month, which both had. */
    assert_false(show_at(f.bank.b45, f.ours)->sealed);
    tree_check(tree);
}

static void test_nothing_is_written_twice(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    size_t cases;

    (void)renew(f.bank.b45);
    (void)renew(f.bank.b45);
    cases = memport_count(f.bank.ho->rig.store, OMB_FAMILY_CASE);
    assert_int_equal(renew(f.bank.b45).written, 0);
    tree_roll_back(f.bank.b45, tree_backup(f.bank.b45));
    assert_int_equal(renew(f.bank.b45).written, 0);
    assert_int_equal(memport_count(f.bank.ho->rig.store, OMB_FAMILY_CASE), cases);
    tree_check(tree);
}

/* What may not be done any more is left, and said. */
static void test_an_act_that_came_too_late_is_left(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct omb_office_renewed renewed;

    (void)renew(f.bank.b45);
    RESOLVE(f.bank.b45, f.escalated, "paid back");
    tree_settle(tree);
    renewed = renew(f.bank.b45);
    assert_int_equal(renewed.written, 2);
    assert_int_equal(renewed.left.count, 1);
    assert_text(renewed.left.items[0].type, "escalated");
    assert_true(omb_view_equal(renewed.left.items[0].number, f.escalated));
    tree_agree(tree, f.escalated, "resolved", "vsp-0045", f.bank.b45, f.bank.north, NULL);
    tree_check(tree);
}

/* --- refused --- */

/* One bit of the proof of the newest own record turns in the branch's store. */
static void damage_newest(struct tree_office *office)
{
    const struct omb_tip *tip;
    struct omb_stored_record stored;
    struct omb_proof proof;
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_key key;
    uint8_t signature[64];

    tree_keep(office);
    tip = omb_office_tip(office->rig.office);
    key = omb_key_record(tip->number, tip->seq);
    assert_int_equal(omb_port_get(memport_port(office->rig.store), OMB_FAMILY_RECORD,
                                  omb_key_view(&key), &value),
                     OMB_OK);
    assert_int_equal(omb_decode_stored_record(omb_buf_view(&value), &office->rig.arena, &stored,
                                              NULL),
                     OMB_OK);
    proof = *stored.proof;
    memcpy(signature, proof.signature.data, sizeof(signature));
    signature[7] ^= 1;
    proof.signature = OMB_VIEW_OF(signature);
    stored.proof = &proof;
    omb_buf_clear(&value);
    omb_encode_stored_record(&stored, &value);
    memport_set(office->rig.store, OMB_FAMILY_RECORD, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

static void test_a_record_that_was_refused_is_written_again(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *b45 = bank.b45;
    struct omb_view damaged, behind;
    struct omb_office_renewed renewed;

    tree_cut(b45);
    damaged = bank_complaint(b45);
    damage_newest(b45);
    behind = bank_complaint(b45);
    tree_mend(b45);
    tree_settle(tree);
    assert_false(tree_holds(bank.north, damaged));
    assert_false(tree_holds(bank.north, behind)); /* nothing is skipped silently */
    assert_non_null(strstr(omb_arena_str(&tree->arena, tree_link(b45, bank.north)->reason),
                           "office renew"));
    assert_non_null(strstr(omb_arena_str(&tree->arena, tree_link(bank.north, b45)->reason),
                           "office renew"));

    renewed = renew(b45);
    assert_int_equal(renewed.written, 1);
    assert_int_equal(renewed.cases.count, 1);
    tree_agree(tree, renewed.cases.items[0].number, "open", "vsp-0045", bank.north, bank.ho, NULL);
    tree_agree(tree, behind, "open", "vsp-0045", bank.north, bank.ho, NULL);
    assert_true(omb_view_equal(show_at(bank.ho, damaged)->number, renewed.cases.items[0].number));
    assert_text(tree_link(bank.north, b45)->state, "live");
    assert_int_equal(renew(b45).written, 0);
    tree->checked = true; /* the branch's own copy of the record stays damaged */
}

/* What was done on a case whose registration was refused goes on with the new one. */
static void test_acts_follow_a_registration_that_was_refused(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *b45 = bank.b45;
    struct omb_view damaged;
    struct omb_office_renewed renewed;
    const struct omb_case_view *view;

    tree_cut(b45);
    damaged = bank_complaint(b45);
    damage_newest(b45);
    (void)ACT(&b45->rig, "t1", damaged, NOTED, noted, "the client is upset", );
    ESCALATE(b45, damaged, "north");
    tree_mend(b45);
    tree_settle(tree);
    renewed = renew(b45);
    assert_int_equal(renewed.cases.count, 1);
    assert_int_equal(renewed.left.count, 0);
    assert_int_equal(renewed.written, 3);
    view = show_at(bank.north, renewed.cases.items[0].number);
    assert_text(view->custodian, "north");
    assert_non_null(event_of(&view->events, "noted"));
    assert_text(event_of(&view->events, "noted")->text, "the client is upset");
    assert_true(omb_view_equal(show_at(b45, damaged)->number, view->number));
    assert_true(omb_view_equal(show_at(bank.ho, damaged)->number, view->number));
    assert_int_equal(renew(b45).written, 0);
    tree->checked = true; /* the branch's own copy of the record stays damaged */
}

/* The receipt that the client holds leads on, however often the case was registered again. */
static void test_a_receipt_leads_on_after_two_renewals(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *b45 = bank.b45;
    struct omb_office_renewed renewed;
    struct omb_view first;

    tree_cut(b45);
    first = bank_complaint(b45);
    damage_newest(b45);
    tree_mend(b45);
    tree_settle(tree);
    tree_cut(b45);
    renewed = renew(b45);
    assert_int_equal(renewed.written, 1);
    damage_newest(b45);
    tree_mend(b45);
    tree_settle(tree);
    renewed = renew(b45);
    assert_int_equal(renewed.written, 1);
    assert_true(tree_holds(bank.ho, renewed.cases.items[0].number));
    assert_true(omb_view_equal(show_at(b45, first)->number, renewed.cases.items[0].number));
    assert_true(omb_view_equal(show_at(bank.ho, first)->number, renewed.cases.items[0].number));
    tree->checked = true; /* the branch's own copies of the records stay damaged */
}

/* --- erased meanwhile --- */

struct parts_of {
    struct tree_office *office;
    struct omb_view type; /* of the event */
    size_t found;
};

static enum omb_rc count_part(void *arg, struct omb_view key, struct omb_view value)
{
    struct parts_of *parts = arg;
    struct omb_arena *arena = &parts->office->rig.arena;
    const struct omb_key at = omb_key_record(omb_be32(key.data), omb_be64(key.data + 4));
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_buf row = OMB_BUF_INIT;
    bool odd;

    (void)value;
    assert_int_equal(omb_port_get(memport_port(parts->office->rig.store), OMB_FAMILY_RECORD,
                                  omb_key_view(&at), &row),
                     OMB_OK);
    assert_int_equal(
        omb_decode_stored_record(omb_arena_copy(arena, omb_buf_view(&row)), arena, &stored, NULL),
        OMB_OK);
    assert_int_equal(omb_header_decode(stored.header, arena, &header, &odd, NULL), OMB_OK);
    parts->found += omb_view_equal(omb_view_str(omb_event_name(header.facts->event.tag)),
                                   parts->type);
    omb_buf_free(&row);
    return OMB_OK;
}

static size_t parts_of(struct tree_office *office, const char *type)
{
    struct parts_of parts = {.office = office, .type = omb_view_str(type)};

    tree_keep(office);
    assert_int_equal(omb_port_scan_prefix(memport_port(office->rig.store), OMB_FAMILY_PART,
                                          OMB_VIEW_NONE, count_part, &parts),
                     OMB_OK);
    return parts.found;
}

/* What lies aside of an erased case goes like the rest; of the other case of that id it stays. */
static void test_an_erasure_reaches_what_lies_aside(void **state)
{
    struct tree *tree = *state;
    struct forked f = fork_log(tree);
    struct tree_office *b45 = f.bank.b45;
    struct omb_office_renewed renewed;

    (void)renew(b45);
    assert_int_equal(parts_of(b45, "escalated"), 2); /* body and grants, aside */
    TREE_ACT(b45, f.escalated, NULL, WITHDRAWN, withdrawn, NULL, .method = OMB_VIEW_LIT("phone"));
    TREE_ACT(b45, f.escalated, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    TREE_ACT(f.bank.north, f.escalated, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
    tree_settle(tree);
    assert_int_equal(parts_of(b45, "escalated"), 0);
    renewed = renew(b45);
    assert_int_equal(renewed.cases.count, 1);
    assert_int_equal(renewed.written, 2);
    assert_text(show_at(b45, renewed.cases.items[0].number)->narrative, "charged twice");
    tree_check(tree);
}

/* --- a region that forked --- */

/* The line that lost certified a branch: renewed, the branch is one like any other. */
static void test_a_branch_that_a_lost_line_certified_goes_on(void **state)
{
    struct tree *tree = *state;
    struct bank bank = bank_build(tree);
    struct tree_office *north = bank.north, *twin, *b47;
    struct omb_view number;

    tree_cut(north);
    twin = tree_twin(north);
    tree_settle(tree);
    hire(&twin->rig, "t9", "teller");
    tree_keep(twin);
    tree_settle(tree);
    tree_stop(twin);
    b47 = tree_add(tree, "vsp-0047", "branch", north);
    number = bank_complaint(b47);
    tree_mend(north);
    tree_settle(tree);
    (void)renew(north);
    (void)renew(north);
    assert_true(tree_holds(north, number));
    assert_text(tree_link(north, b47)->state, "live");
    ESCALATE(b47, number, "ho");
    tree_settle(tree);
    tree_agree(tree, number, "open", "ho", b47, north, bank.ho, NULL);
    DELEGATE(bank.ho, number, "vsp-0077");
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0077", b47, north, bank.ho, bank.b77, NULL);
    number = bank_complaint(b47);
    tree_settle(tree);
    TAKE_OVER(north, number);
    tree_settle(tree);
    DELEGATE(north, number, "vsp-0046");
    tree_settle(tree);
    tree_agree(tree, number, "open", "vsp-0046", b47, north, bank.ho, bank.b46, NULL);
    tree_check(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_line_that_lost_is_written_again),
        TREE_TEST(test_lines_that_parted_before_their_heads),
        TREE_TEST(test_a_longer_line_that_parted_before_the_other_head),
        TREE_TEST(test_lines_that_parted_long_before_their_heads),
        TREE_TEST(test_lines_of_a_life_that_ended_parted_before_their_heads),
        TREE_TEST(test_a_restored_office_leaves_what_it_withholds),
        TREE_TEST(test_a_lost_receipt_leads_to_the_new_number),
        TREE_TEST(test_nothing_is_written_twice),
        TREE_TEST(test_an_act_that_came_too_late_is_left),
        TREE_TEST(test_a_record_that_was_refused_is_written_again),
        TREE_TEST(test_acts_follow_a_registration_that_was_refused),
        TREE_TEST(test_a_receipt_leads_on_after_two_renewals),
        TREE_TEST(test_an_erasure_reaches_what_lies_aside),
        TREE_TEST(test_a_branch_that_a_lost_line_certified_goes_on),
    };

    omb_wire_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
