/*
 * What the stories of restored offices share: what such an office shows, and what happens to its
 * cases meanwhile.
 */
#ifndef OMB_TESTS_TRACE_RESTORED_H
#define OMB_TESTS_TRACE_RESTORED_H

#include "office/keys.h"
#include "trace/bank.h"

#define NARRATIVE "charged twice"

/* --- what an office shows --- */

static inline const struct omb_case_view *seen(struct tree_office *office, struct omb_view number)
{
    tree_tick(office);
    return show(&office->rig, "s1", number);
}

static inline bool reads(struct tree_office *office, struct omb_view number)
{
    const struct omb_case_view *view = seen(office, number);

    assert_true((view->narrative.size > 0) == (view->client != NULL));
    return view->narrative.size > 0;
}

static inline void assert_withheld(struct tree_office *office, struct omb_view number,
                                   const char *by)
{
    const struct omb_case_view *view = seen(office, number);

    assert_int_equal(view->narrative.size, 0);
    assert_null(view->client);
    assert_true(view->withheld.size > 0);
    assert_non_null(memmem(view->withheld.data, view->withheld.size, by, strlen(by)));
    for (size_t i = 0; i < view->events.count; i++)
        assert_int_equal(view->events.items[i].text.size, 0);
}

static inline bool has_row(const struct tree_office *office, const char *name)
{
    const struct omb_key key = omb_key_meta(name);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(memport_port(office->rig.store), OMB_FAMILY_META, omb_key_view(&key), &value);

    omb_buf_free(&value);
    return rc == OMB_OK;
}

/* --- what happens --- */

static inline void withdraw(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, WITHDRAWN, withdrawn, NULL, .method = OMB_VIEW_LIT("phone"));
}

static inline void ask_erasure(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, ERASED, erased, NULL, .ground = OMB_VIEW_LIT("client-asks"));
}

static inline void confirm_erasure(struct tree_office *office, struct omb_view number)
{
    TREE_ACT(office, number, NULL, ERASURE_CONFIRMED, erasure_confirmed, NULL,
             .ground = OMB_VIEW_LIT("client-asks"));
}

/* A case of the office that its region can read, and that came to an end. */
static inline struct omb_view ended_case(struct tree *tree, struct tree_office *office)
{
    const struct omb_view number = bank_complaint(office);

    ESCALATE(office, number, "north");
    tree_settle(tree);
    withdraw(office, number);
    tree_settle(tree);
    return number;
}

/* Until nothing is under way, in steps so small that every frame is between two looks. */
static inline void settle_looking(struct tree *tree, struct tree_office *office,
                                  struct omb_view erased)
{
    for (unsigned i = 0; i < 4000; i++) {
        assert_false(reads(office, erased));
        tree_pass(tree, 10);
    }
    tree_settle(tree);
    assert_true(seen(office, erased)->erased);
    assert_false(reads(office, erased));
}

static inline const struct omb_reply *serve(struct tree_office *office)
{
    static const struct omb_backup_serve ask = {};

    tree_tick(office);
    return ask_as(&office->rig, "admin", OMB_ASK_BACKUP_SERVE, &ask);
}

#endif
