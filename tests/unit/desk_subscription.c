/* Does a named subscription go on where its client confirmed, whatever ends in between? */
#include "support/deskwork.h"
#include "unit.h"

static const struct omb_view cases[] = {OMB_VIEW_LIT("cases")};

static const struct omb_changes *named(struct rig *rig, const char *name, uint32_t limit)
{
    return ASK(rig, "h1", CHANGES, changes_ask, changes, .topics = {cases, 1}, .limit = limit,
               .name = omb_view_str(name));
}

static struct omb_subscription_move moved(struct rig *rig, const char *name, struct omb_view to)
{
    return (struct omb_subscription_move){
        .name = omb_view_str(name),
        .position = omb_arena_copy(&rig->arena, to),
        .topics = {cases, 1},
    };
}

static struct omb_view confirm(struct rig *rig, const char *name, struct omb_view to)
{
    const struct omb_subscription_move ask = moved(rig, name, to);
    const struct omb_subscription_moved *done = ANSWER(
        subscription_moved, ask_as(rig, "h1", OMB_ASK_SUBSCRIPTION_MOVE, &ask));

    assert_text(done->name, name);
    return done->position;
}

static void test_what_was_not_confirmed_comes_again(void **state)
{
    struct rig *rig = *state;
    const struct omb_changes *page;
    struct omb_view first;

    new_case(rig);
    new_case(rig);
    page = named(rig, "crm", 1);
    assert_int_equal(page->changes.count, 1);
    first = omb_arena_copy(&rig->arena, page->changes.items[0].position);
    page = named(rig, "crm", 1);
    assert_true(omb_view_equal(page->changes.items[0].position, first));
    confirm(rig, "crm", page->next);
    page = named(rig, "crm", 1);
    assert_int_equal(page->changes.count, 1);
    assert_false(omb_view_equal(page->changes.items[0].position, first));
}

static void test_it_outlives_the_daemon(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    confirm(rig, "crm", named(rig, "crm", 0)->next);
    rig_commit(rig);
    rig_reopen(rig);
    assert_int_equal(named(rig, "crm", 0)->changes.count, 0);
    assert_int_equal(named(rig, "other", 0)->changes.count, 1);
    new_case(rig);
    assert_int_equal(named(rig, "crm", 0)->changes.count, 1);
}

static void test_a_late_confirmation_moves_nothing_back(void **state)
{
    struct rig *rig = *state;
    struct omb_view early, late;

    new_case(rig);
    early = omb_arena_copy(&rig->arena, named(rig, "crm", 1)->next);
    new_case(rig);
    late = omb_arena_copy(&rig->arena, named(rig, "crm", 0)->next);
    confirm(rig, "crm", late);
    assert_true(omb_view_equal(confirm(rig, "crm", early), late));
    assert_int_equal(named(rig, "crm", 0)->changes.count, 0);
}

static void test_a_name_follows_one_set_of_topics(void **state)
{
    struct rig *rig = *state;
    const struct omb_view others[] = {OMB_VIEW_LIT("resolutions")};
    const struct omb_changes_ask ask = {.topics = {others, 1}, .name = OMB_VIEW_LIT("crm")};

    new_case(rig);
    confirm(rig, "crm", named(rig, "crm", 0)->next);
    must_refuse(ask_as(rig, "h1", OMB_ASK_CHANGES, &ask), "refused", "follows cases");
}

static void test_since_is_stronger_than_the_name(void **state)
{
    struct rig *rig = *state;
    struct omb_changes_ask ask = {.topics = {cases, 1}, .name = OMB_VIEW_LIT("crm")};
    struct omb_view start;

    new_case(rig);
    start = omb_arena_copy(&rig->arena, named(rig, "crm", 0)->next);
    new_case(rig);
    confirm(rig, "crm", named(rig, "crm", 0)->next);
    ask.since = start;
    assert_int_equal(ANSWER(changes, ask_as(rig, "h1", OMB_ASK_CHANGES, &ask))->changes.count, 1);
}

static void test_positions_of_other_stores_are_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_subscription_move old = moved(rig, "crm", OMB_VIEW_LIT("00000000-1"));
    const struct omb_subscription_move nameless = moved(rig, "", OMB_VIEW_LIT("00000000-1"));
    const struct omb_reply *reply = ask_as(rig, "h1", OMB_ASK_SUBSCRIPTION_MOVE, &old);

    must_refuse(reply, "refused", "start from the beginning");
    assert_text(reply->error->field, "subscription_move.position");
    must_refuse(ask_as(rig, "h1", OMB_ASK_SUBSCRIPTION_MOVE, &nameless), "invalid", "name");
    must_refuse(ask_as(rig, "t1", OMB_ASK_SUBSCRIPTION_MOVE, &old), "forbidden", "handler");
}

/* --- what is kept without effect, in an office that nobody disturbs --- */

static void test_a_root_alone_has_no_links_no_forks_and_nothing_in_quarantine(void **state)
{
    struct rig *rig = *state;
    const struct omb_tree *tree;

    settle(rig, new_case(rig));
    assert_int_equal(ASK(rig, "au1", LINK_LIST, peer_list_ask, peer_list)->peers.count, 0);
    assert_int_equal(ASK(rig, "au1", LOG_FORKS, forks_ask, forks)->forks.count, 0);
    assert_int_equal(ASK(rig, "au1", LOG_QUARANTINE, quarantine_ask, quarantine)->records.count, 0);
    tree = ASK(rig, "au1", TREE, tree_ask, tree);
    assert_int_equal(tree->offices.count, 1);
    assert_text(tree->offices.items[0].state, "root");
    assert_text(tree->offices.items[0].level, "ok");
    must_refuse(ask_as(rig, "t1", OMB_ASK_TREE, &(struct omb_tree_ask){}), "forbidden", "auditor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_what_was_not_confirmed_comes_again),
        DESK_TEST(test_it_outlives_the_daemon),
        DESK_TEST(test_a_late_confirmation_moves_nothing_back),
        DESK_TEST(test_a_name_follows_one_set_of_topics),
        DESK_TEST(test_since_is_stronger_than_the_name),
        DESK_TEST(test_positions_of_other_stores_are_refused),
        DESK_TEST(test_a_root_alone_has_no_links_no_forks_and_nothing_in_quarantine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
