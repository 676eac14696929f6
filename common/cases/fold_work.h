/*
 * Inside the fold: the events of one case as a tree along `after`, and the steps that judge and
 * apply them. Others use cases/fold.h.
 *
 *   fold.c          distinct events, the tree, the order of the steps, the verdicts handed out
 *   fold_parties.c  parties, holders of the key, kinds: what depends on no order and no effect
 *   fold_spine.c    the walk from `registered`, and what becomes of lines that lost
 *   fold_hang.c     right, status and content of everything that hangs on the spine
 *   fold_apply.c    effects on the row, event by event
 *   fold_correct.c  fields that are amended or classified, and their old values
 *   fold_clocks.c   deadlines, and what stops the client's clocks
 *   fold_flags.c    the flags
 */
#ifndef OMB_CASES_FOLD_WORK_H
#define OMB_CASES_FOLD_WORK_H

#include "cases/deadline.h"
#include "cases/finding.h"

#define OMB_NODE_NONE UINT32_MAX

/* One distinct event. */
struct omb_node {
    const struct omb_event *event;
    const struct omb_event_row *row; /* NULL: not understood */
    uint32_t after;                  /* its parent in the tree; OMB_NODE_NONE: none or not here */
    uint32_t child, next;            /* first that follows it; next that follows its parent */
    uint32_t place;                  /* of the spine record that it is or hangs on */
    uint32_t target;                 /* the one that it answers, when that is here */
    enum omb_verdict verdict;
    bool spine;                      /* a spine event other than `registered` */
    bool stands;                     /* on the effective spine */
    bool answered;                   /* an event with effect answers it */
    bool counted;                    /* an assignment whose hand-over is counted */
    const struct omb_seat *to; /* the seat of the office that it names, once looked for */
    const struct omb_digest *by;
    const char *why;
};

/* Dates that stop the client's clocks: the earliest of each, 0 when there is none. */
struct omb_clocks {
    int64_t response, answer, rating;
};

struct omb_fold {
    struct omb_case *out;
    const struct omb_policy *policy;
    const struct omb_seats *seats;
    struct omb_arena *arena;
    struct omb_node *nodes; /* ascending digests */
    uint32_t count;
    uint32_t *scratch;      /* `count` node numbers, for the step that runs */
    struct omb_node **order; /* what is not on the effective spine, as it applies; before that,
                                the candidates of a step of the walk */
    uint32_t order_count;
    struct omb_place *places; /* one per record of the effective spine ... */
    struct omb_node **spine;  /* ... and that record */
    uint32_t place_count;
    uint32_t registered;    /* node, or OMB_NODE_NONE */

    /* running state of the row */
    struct omb_matter matter;
    size_t corrected_room;
    struct omb_deadline_row deadlines[OMB_DEADLINES_MAX];
    int64_t base[OMB_DEADLINES_MAX];  /* due before extension */
    int64_t until[OMB_DEADLINES_MAX]; /* extended to; 0: not */
    size_t deadline_count;
    struct omb_clocks clocks;
    const struct omb_node *decided; /* the `resolved` that stands, or NULL */
    const struct omb_node *rated;   /* the latest, or NULL */
    struct omb_view planned_cause;
    struct omb_views risks;
    bool escalated, lost_answer;
};

/* --- fold.c --- */

/* The node of a digest, or OMB_NODE_NONE. */
uint32_t omb_fold_node(const struct omb_fold *fold, const struct omb_digest *digest);
void omb_fold_judge(struct omb_node *node, enum omb_verdict verdict, const struct omb_digest *by,
                    const char *why);
/* Own defects that no place can heal: false and judged when revoked, odd or without certificate. */
bool omb_fold_is_sound(struct omb_node *node);

/* --- fold_parties.c --- */

void omb_fold_parties(struct omb_fold *fold);

/* --- fold_spine.c --- */

/* Finds `registered`; false: the case waits. */
bool omb_fold_root(struct omb_fold *fold);
void omb_fold_walk(struct omb_fold *fold);
/* Gives each other event its place, and followers of lines without effect their verdict. */
void omb_fold_spread(struct omb_fold *fold);

/* --- fold_hang.c --- */

void omb_fold_hang(struct omb_fold *fold);
/* Fills fold->order. */
void omb_fold_sort(struct omb_fold *fold);

/* --- fold_apply.c --- */

void omb_fold_apply(struct omb_fold *fold);

/* --- fold_correct.c --- */

void omb_fold_amend(struct omb_fold *fold, const struct omb_event *event);
void omb_fold_classify(struct omb_fold *fold, const struct omb_event *event);

/* --- fold_clocks.c --- */

/* When something happened: its own date, or the record's; an imported event may have none. */
int64_t omb_fold_date(const struct omb_fold *fold, const struct omb_event *event, int64_t at);
/* Keeps the earlier of two dates; 0 is none. */
void omb_fold_first(int64_t *clock, int64_t date);
/* Deadlines as registered or rebased; limits of linked cases govern where they are earlier. */
void omb_fold_set_deadlines(struct omb_fold *fold, const struct omb_deadline_list *list);
void omb_fold_extend(struct omb_fold *fold, const struct omb_extended *facts);
/* Answers on lines that lost reached the client all the same. */
void omb_fold_lost_answers(struct omb_fold *fold);
void omb_fold_stop_clocks(struct omb_fold *fold);

/* --- fold_flags.c --- */

void omb_fold_flags(struct omb_fold *fold);

#endif
