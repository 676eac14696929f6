/*
 * Welcome to the simulator: a bank of offices in one process on the pure core, with a virtual
 * clock, simulated lines and stores (support/tree.h). One seed is one exact run.
 *
 *     main.c     the command line
 *     run.c      seeds, each in a process of its own; the summary or the first bad seed
 *     play.c     one seed: a bank, its turns, the calm after them, the judgement
 *     bank.c     draws a bank of 2 to 60 offices
 *     turns.c    the table of what may happen in a turn, with shares
 *     reshape.c  the tree itself changes
 *     move.c     an office comes under another one
 *     acts.c     operators: they act on what they see, also against the rules
 *     choice.c   what an operator does with a case
 *     repeat.c   the same request again
 *     faults.c   what befalls offices: crashes, disks, clocks, old copies
 *     lines.c    what befalls lines
 *     limits.c   limits of the product, drawn smaller
 *     orphan.c   losses that are not played, and why
 *     promise.c  what was acknowledged
 *     judge.c    which invariant is checked where
 *     plants.c   mistakes in the product, each of which must be caught (plants.h)
 */
#ifndef OMB_TESTS_SIM_H
#define OMB_TESTS_SIM_H

#include "support/tree_drive.h"
#include "support/whim.h"

enum { SIM_CASES_MAX = 40, SIM_TURNS_MAX = 64, SIM_TURNS = 120 };

struct sim_options {
    uint64_t first, last; /* seeds */
    unsigned jobs;
    unsigned turns;
    unsigned patience_s; /* of CPU time for a seed: longer is a hang */
    bool trace;          /* print every seed's */
    bool digests;        /* print every seed's digest */
    bool all;            /* go on after a bad seed */
    const char *plant;   /* NULL: none */
};

/* What one seed came to; the process that played it leaves it in shared memory. */
struct sim_sum {
    bool ended;
    uint64_t digest; /* of the trace, of every frame and of every store */
    uint64_t offices, cases, written, refused, records;
    uint64_t turns[SIM_TURNS_MAX]; /* by their place in the table */
    struct tree_met met;           /* frames */
    uint64_t starts;               /* of daemons */
    uint64_t cpu_us;
};

/* A case that was registered. */
struct sim_affair {
    struct omb_view number;
    struct tree_office *home;
    struct omb_case_id id;
};

/* A record that an operator was told of. */
struct sim_promise {
    struct omb_digest record;
    struct tree_office *by;
    uint64_t batch; /* in which it was answered */
    bool lost;      /* with the only store that had it */
    bool away;      /* its office was put back to before it */
};

struct sim {
    struct tree *tree;
    struct whim whim;
    struct sim_sum *sum;
    struct sim_affair affairs[SIM_CASES_MAX];
    size_t count;
    struct sim_promise *promises;
    size_t promise_count, promise_room;
    uint32_t shares[SIM_TURNS_MAX]; /* of the turns, in this seed */
    struct tree_office *full;       /* whose disk is */
    unsigned gone;                  /* offices that were put out */
    struct tree_office *closed;
    struct tree_office *moving, *moving_to; /* let go, and not there yet */
    bool anew;            /* an office began with an empty store */
    struct memport *copy; /* of one office, to be put back to */
    struct tree_office *copied;
    unsigned clocks_set; /* so often */
    struct {
        bool under_way;
        unsigned id;
        size_t promise;      /* what was answered */
        unsigned clocks_set; /* before it was asked */
    } repeat;
};

/* --- run.c --- */

/* Plays them all; the exit status of the program. */
int sim_run(const struct sim_options *options);

/* --- play.c --- */

/* Plays one seed in this process and exits: 0 when all that must hold does. Says why not. */
_Noreturn void sim_play(const struct sim_options *options, uint64_t seed, struct sim_sum *sum);

uint32_t sim_below(struct sim *sim, uint32_t sides);
struct tree_office *sim_somebody(struct sim *sim);

/* --- bank.c --- */

void sim_draw_bank(struct sim *sim);

/* --- turns.c --- */

/* Which faults come often, seldom or never in this seed. */
void sim_draw_shares(struct sim *sim);
void sim_turn(struct sim *sim);
size_t sim_turn_count(void);
const char *sim_turn_name(size_t place);

/* What may happen in a turn: sim/turns.h. */

/* --- orphan.c --- */

/* Whether, put back to that copy (NULL: to nothing), it loses what only offices elsewhere have. */
bool sim_would_orphan(const struct sim *sim, const struct tree_office *office,
                      const struct memport *copy);

/* --- promise.c --- */

struct sim_promise *sim_promised(struct sim *sim, struct tree_office *office,
                                 struct omb_view record);
/* The case of a record that the office holds, and whether the record registers it. */
bool sim_case_of(const struct tree_office *office, const struct omb_digest *record,
                 struct omb_case_id *out, bool *out_registers);
bool sim_holds(const struct tree_office *office, const struct omb_digest *record);
/* The record by which the parent certified the child as what it is now, if it is there. */
bool sim_carrier_of(const struct tree_office *parent, const struct tree_office *child,
                    struct omb_digest *out);
/* Whether the certificate by which the other one signs is there. */
bool sim_knows(const struct tree_office *office, const struct tree_office *other);
bool sim_is_revoked(const struct tree_office *parent, const struct tree_office *child);
/* The office's store was put back, or is another. */
void sim_note_lost(struct sim *sim, const struct tree_office *office);
void sim_judge_promises(const struct sim *sim, bool at_the_end);

/* --- judge.c --- */

/* All faults are over and all is quiet: what must hold now. */
void sim_judge(struct sim *sim);
bool sim_has_row(const struct tree_office *office, const struct omb_case_id *id);
/* Every byte that the seed made. */
uint64_t sim_digest(const struct sim *sim);

#endif
