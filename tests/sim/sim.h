/*
 * Welcome to the simulator: a bank of offices in one process on the pure core, with a virtual
 * clock, simulated lines and stores (support/tree.h). One seed is one exact run.
 *
 *     main.c     the command line
 *     run.c      seeds, each in a process of its own; the summary or the first bad seed
 *     play.c     one seed: a bank, its turns, the calm after them, the judgement
 *     bank.c     draws a bank of 2 to 60 offices
 *     turns.c    the table of what may happen in a turn, with shares
 *     acts.c     operators: they act on what they see, also against the rules
 *     choice.c   what an operator does with a case
 *     repeat.c   the same request again
 *     faults.c   what befalls offices: crashes, disks, clocks, old copies
 *     lines.c    what befalls lines
 *     limits.c   limits of the product, drawn smaller
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
    struct memport *copy;           /* of one office, to be put back to */
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

/* --- acts.c: each returns whether something was done --- */

bool sim_register(struct sim *sim, struct tree_office *office);
/* Somebody moves a case of the office, or does other work on one. */
bool sim_act(struct sim *sim, struct tree_office *office);
/* All who have the case move it at once, before any has heard of another. */
bool sim_quarrel(struct sim *sim, struct tree_office *about);
bool sim_resync(struct sim *sim, struct tree_office *office);

/* --- limits.c --- */

/* For this seed; before there are offices. */
void sim_draw_limits(struct sim *sim);

/* --- repeat.c: the same --- */

/* Registers under an id that is known, or does so again. */
bool sim_repeat(struct sim *sim, struct tree_office *office);

/* --- choice.c --- */

/* An act that moves the case or who may read it: mostly one that makes sense there, often any. */
void sim_choose(struct sim *sim, const struct tree_office *office, const struct sim_affair *affair,
                struct omb_act *out);

/* --- faults.c: the same --- */

bool sim_stop_or_start(struct sim *sim, struct tree_office *office);
bool sim_crash(struct sim *sim, struct tree_office *office);
bool sim_slow_disk(struct sim *sim, struct tree_office *office);
bool sim_full_disk(struct sim *sim, struct tree_office *office);
bool sim_bit_flip(struct sim *sim, struct tree_office *office);
bool sim_put_back(struct sim *sim, struct tree_office *office);
/* What it has just told everybody it forgets, and writes other things in place of it. */
bool sim_relapse(struct sim *sim, struct tree_office *office);
bool sim_set_clock(struct sim *sim, struct tree_office *office);
/* Of what the office sends next a record is not what its author wrote (tree_lie.h). */
bool sim_lie(struct sim *sim, struct tree_office *office);
/* All faults but what was put back and what clocks show are over. */
void sim_heal(struct sim *sim);
/*
 * Where frames were lost or overtaken that no real line loses, or lies were told, both ends greet
 * again and compare what they have, as they do sooner or later.
 */
void sim_compare(struct sim *sim);

/* --- lines.c: the same --- */

bool sim_cut_or_mend(struct sim *sim, struct tree_office *office);
bool sim_one_way(struct sim *sim, struct tree_office *office);
bool sim_bad_line(struct sim *sim, struct tree_office *office);
bool sim_slow_line(struct sim *sim, struct tree_office *office);
/* Lines are cut in one order and mended in another. */
bool sim_swizzle(struct sim *sim, struct tree_office *office);
/* All below an office lose their line at one moment. */
bool sim_reconnect(struct sim *sim, struct tree_office *office);

/* --- promise.c --- */

struct sim_promise *sim_promised(struct sim *sim, struct tree_office *office,
                                 struct omb_view record);
/* The case of a record that the office holds. */
bool sim_case_of(const struct tree_office *office, const struct omb_digest *record,
                 struct omb_case_id *out);
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
