/*
 * A region that has offices below it comes under another one.
 *
 *     ho ─┬─ north ─── osb ─── br ─┬─ vsp
 *         └─ south                 └─ town ─── vsp-2
 */
#include "support/tree_drive.h"
#include "trace/bank.h"

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

/* --- stories --- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_a_tree_is_drawn_as_it_stands_and_has_no_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
