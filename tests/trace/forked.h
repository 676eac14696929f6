/*
 * A log that forked, as several stories have it, and what its office does about it.
 */
#ifndef OMB_TESTS_TRACE_FORKED_H
#define OMB_TESTS_TRACE_FORKED_H

#include "trace/bank.h"

/* All pages of one renewal; its cases and what it left are those of the first page. */
static inline struct omb_office_renewed renew(struct tree_office *office)
{
    struct omb_office_renewed sum = {.written = 0};
    struct omb_view cursor = OMB_VIEW_NONE;

    tree_tell(office->tree, "%s renews", office->code);
    do {
        const struct omb_office_renewed *page;

        tree_tick(office);
        page = ASK(&office->rig, "admin", OFFICE_RENEW, office_renew, office_renewed,
                   .cursor = cursor, .limit = 50);
        if (cursor.size == 0)
            sum = *page;
        else
            sum.written += page->written;
        cursor = page->cursor;
    } while (cursor.size > 0);
    tree_settle(office->tree);
    return sum;
}

/* Two copies of vsp-0045 ran at once; the other one's line came first. */
struct forked {
    struct bank bank;
    struct tree_office *twin;
    struct omb_view theirs, ours, escalated;
};

static inline struct forked fork_log(struct tree *tree)
{
    struct forked forked = {.bank = bank_build(tree)};
    struct tree_office *b45 = forked.bank.b45;

    forked.escalated = bank_complaint(b45);
    tree_settle(tree);
    tree_cut(b45);
    forked.twin = tree_twin(b45);
    tree_settle(tree); /* its parent confirms its head: it goes on in the same life */
    forked.theirs = bank_complaint(forked.twin);
    tree_settle(tree);
    tree_stop(forked.twin);
    forked.ours = bank_complaint(b45);
    (void)ACT(&b45->rig, "t1", forked.ours, NOTED, noted, "the client is upset", );
    ESCALATE(b45, forked.escalated, "north");
    tree_mend(b45);
    tree_settle(tree);
    return forked;
}

#endif
