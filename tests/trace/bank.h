/*
 * The bank that most stories play in.
 *
 *     ho ─┬─ north ─┬─ vsp-0045
 *         │         └─ vsp-0046
 *         ├─ south ─── vsp-0077
 *         └─ card-centre (a service office)
 */
#ifndef OMB_TESTS_TRACE_BANK_H
#define OMB_TESTS_TRACE_BANK_H

#include "support/tree.h"
#include "unit/unit.h"

struct bank {
    struct tree_office *ho, *north, *south, *cards, *b45, *b46, *b77;
};

static inline struct bank bank_build(struct tree *tree)
{
    struct bank bank = {.ho = tree_add(tree, "ho", "head", NULL)};

    bank.north = tree_add(tree, "north", "regional", bank.ho);
    bank.south = tree_add(tree, "south", "regional", bank.ho);
    bank.cards = tree_add_service(tree, "card-centre", bank.ho);
    bank.b45 = tree_add(tree, "vsp-0045", "branch", bank.north);
    bank.b46 = tree_add(tree, "vsp-0046", "branch", bank.north);
    bank.b77 = tree_add(tree, "vsp-0077", "branch", bank.south);
    tree_settle(tree);
    return bank;
}

/* What the office answers its administrator, at the time as it has it. */
static inline const void *ask_admin(struct tree_office *office, uint32_t tag, const void *ask)
{
    tree_tick(office);
    return answer_of(ask_as(&office->rig, "admin", tag, ask));
}

/* The case as s1 sees it there. */
static inline const struct omb_case_view *shown(struct tree_office *office, struct omb_view number)
{
    tree_tick(office);
    return show(&office->rig, "s1", number);
}

/* Of how many lives of its log the other office tells. */
static inline size_t lives_of(struct tree_office *asked, const struct tree_office *whose)
{
    const struct omb_log_list_ask ask = {};
    const struct omb_log_list *list = ask_admin(asked, OMB_ASK_LOG_LIST, &ask);
    size_t lives = 0;

    for (size_t i = 0; i < list->logs.count; i++)
        lives += omb_view_is(list->logs.items[i].office, whose->code);
    return lives;
}

/* The link to that peer, in full. */
static inline const struct omb_peer_detail *link_shown(struct tree_office *office,
                                                       const struct tree_office *peer)
{
    const struct omb_peer_ask ask = {.peer = omb_view_str(peer->code)};

    return ask_admin(office, OMB_ASK_LINK_SHOW, &ask);
}

/* Whether the doctor says so of that check, in words that begin like these. */
static inline bool doctor_says(struct tree_office *office, const char *check, const char *level,
                               const char *words)
{
    const struct omb_doctor_ask ask = {};
    const struct omb_doctor *doctor = ask_admin(office, OMB_ASK_DOCTOR, &ask);

    for (size_t i = 0; i < doctor->findings.count; i++) {
        const struct omb_finding *one = &doctor->findings.items[i];

        if (omb_view_is(one->check, check) && omb_view_is(one->level, level) &&
            omb_view_starts(one->words, omb_view_str(words)))
            return true;
    }
    return false;
}

static inline const struct omb_peer_list *links_of(struct tree_office *office)
{
    return ask_admin(office, OMB_ASK_LINK_LIST, &(struct omb_peer_list_ask){});
}

/* How the link to that peer is judged. */
static inline const struct omb_peer_level *level_of(struct tree_office *office, const char *peer)
{
    const struct omb_peer_list *list = links_of(office);

    assert_int_equal(list->peers.count, list->levels.count);
    for (size_t i = 0; i < list->levels.count; i++) {
        assert_true(omb_view_equal(list->levels.items[i].peer, list->peers.items[i].peer));
        if (omb_view_is(list->levels.items[i].peer, peer))
            return &list->levels.items[i];
    }
    fail_msg("no link to %s", peer);
    return NULL;
}

/* NULL: it is not there. */
static inline const struct omb_tree_office *in_tree(struct tree_office *office, const char *code)
{
    const struct omb_tree *seen = ask_admin(office, OMB_ASK_TREE, &(struct omb_tree_ask){});

    for (size_t i = 0; i < seen->offices.count; i++) {
        if (omb_view_is(seen->offices.items[i].code, code))
            return &seen->offices.items[i];
    }
    return NULL;
}

/* The first half of a move alone: an office above both lets it go there, and all hear of it. */
static inline void let_go(struct tree_office *by, const struct tree_office *office,
                          const struct tree_office *to)
{
    const struct omb_office_change change = {.code = omb_view_str(office->code),
                                             .parent = omb_view_str(to->code)};

    (void)ask_admin(by, OMB_ASK_OFFICE_CHANGE, &change);
    tree_settle(by->tree);
}

/* A plain complaint by t1, at the time as the office has it. */
static inline struct omb_view bank_complaint(struct tree_office *office)
{
    tree_tick(office);
    tree_tell(office->tree, "%s t1 registers", office->code);
    return new_case(&office->rig);
}

#define ESCALATE(office, number, to_)                                                              \
    TREE_ACT((office), (number), (to_), ESCALATED, escalated, "beyond our limit",                  \
             .ground = OMB_VIEW_LIT("amount"))
#define DELEGATE(office, number, to_)                                                              \
    TREE_ACT((office), (number), (to_), DELEGATED, delegated, "you know the client", )
#define TAKE_OVER(office, number)                                                                  \
    TREE_ACT((office), (number), NULL, TAKEN_OVER, taken_over, NULL, .ground = OMB_VIEW_LIT("time"))
#define RESOLVE(office, number, said)                                                              \
    TREE_ACT((office), (number), NULL, RESOLVED, resolved, (said),                                 \
             .outcome = OMB_VIEW_LIT("founded"), .cause = OMB_VIEW_LIT("fees"),                    \
             .bank_error = OMB_VIEW_LIT("yes"))
#define TELL(office, number)                                                                       \
    TREE_ACT((office), (number), NULL, ANSWERED, answered, "told by telephone",                    \
             .method = OMB_VIEW_LIT("phone"))

#endif
