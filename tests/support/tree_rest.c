/*
 * What must hold of links and stores once all is quiet (support/tree.h): nothing waits, nobody was
 * told a lie, and derived rows are what the records say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "office/keys.h"
#include "support/tree_drive.h"
#include "wire/rows.h"

/* Which records the office refused from that peer, and why. */
static void say_refused(const struct tree_office *office, const struct tree_office *peer)
{
    const struct omb_key key = omb_key_peer(&peer->id);
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_peer_row row;

    if (omb_port_get(memport_port(office->rig.store), OMB_FAMILY_PEER, omb_key_view(&key),
                     &value) == OMB_OK &&
        omb_decode_peer_row(omb_buf_view(&value), &office->tree->scratch, &row, NULL) == OMB_OK)
        for (size_t i = 0; i < row.refused.count; i++) {
            const struct omb_refused_record *one = &row.refused.items[i];

            print_error("%s refused %02x%02x%02x%02x, %llu of %s: %.*s\n", office->code,
                        one->digest.bytes[0], one->digest.bytes[1], one->digest.bytes[2],
                        one->digest.bytes[3], (unsigned long long)one->seq,
                        tree_code_of(office->tree, &one->office), OMB_VIEW_ARGS(one->why));
        }
    omb_buf_free(&value);
}

/* Quarantined there may be: an act in custody that turned out lost has no effect. */
static void say_link(const struct tree_office *from, const struct tree_office *to,
                     const struct omb_peer_view *link)
{
    print_error("%s to %s: %.*s, %llu records wait, %llu refused, %llu forks: %.*s (%.*s)\n",
                from->code, to->code, OMB_VIEW_ARGS(link->state),
                (unsigned long long)link->lag_records, (unsigned long long)link->refused,
                (unsigned long long)link->forks, OMB_VIEW_ARGS(link->reason),
                OMB_VIEW_ARGS(link->last_error));
}

/* Whether an office came to stand at or below it. */
static bool took_in(const struct tree_office *office)
{
    for (size_t i = 0; i < office->tree->count; i++)
        if (office->tree->offices[i]->moves > 0 &&
            tree_is_below(office->tree->offices[i], office, true))
            return true;
    return false;
}

/*
 * What was refused was a lie, or came twice; where none was told nothing is to be refused. A record
 * that its author signed twice for one place is a fork, when the true one is there before the lie
 * is refused. What came with an office that came here is refused until its word is there, which a
 * lie or a loss may hold up. Who was the child before and is the parent now may have lied then.
 */
static bool is_still(const struct omb_peer_view *link, const struct tree_office *child)
{
    const struct tree_office *parent = child->parent;
    const unsigned lies = child->lies.told + (parent->moves > 0 ? parent->lies.told : 0);

    return omb_view_is(link->state, "live") && link->lag_records == 0 && link->lag_bytes == 0 &&
           (link->refused <= 2 * lies || took_in(child)) && link->forks <= lies;
}

/* One end may know why the other waits: both are told. */
void tree_check_link(struct tree_office *child, struct tree_office *parent)
{
    const struct omb_peer_view *up = tree_link(child, parent), *down = tree_link(parent, child);

    if (up == NULL || down == NULL)
        fail_msg("%s and %s have no link", child->code, parent->code);
    if (is_still(up, child) && is_still(down, child))
        return;
    say_link(child, parent, up);
    say_refused(child, parent);
    say_link(parent, child, down);
    say_refused(parent, child);
    fail_msg("%s and %s do not come to rest", child->code, parent->code);
}

/* The derived rows are what the records say, whatever the order in which they came. */
void tree_check_store(struct tree_office *office)
{
    struct omb_store_check_ask check = {.limit = 1000};
    const struct omb_store_checked *checked;

    tree_tick(office);
    do {
        checked = ANSWER(store_checked, ask_as(&office->rig, "au1", OMB_ASK_STORE_CHECK, &check));
        for (size_t i = 0; i < checked->problems.count; i++)
            print_error("%s: %.*s\n", office->code, OMB_VIEW_ARGS(checked->problems.items[i]));
        assert_int_equal(checked->problems.count, 0);
        check.cursor = checked->cursor;
    } while (checked->cursor.size > 0);
    assert_int_equal(
        ASK(&office->rig, "admin", STORE_REBUILD, store_rebuild, store_rebuilt)->changed, 0);
    tree_keep(office);
}
