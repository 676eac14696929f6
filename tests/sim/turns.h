/*
 * What may happen in a turn of the simulator (sim/sim.h). Whatever takes an office and returns a
 * bool is a row of the table in turns.c, and says whether it was done.
 */
#ifndef OMB_TESTS_SIM_TURNS_H
#define OMB_TESTS_SIM_TURNS_H

#include "sim/sim.h"

/* --- reshape.c --- */

/* Below an office, and no office below it. */
bool sim_is_leaf(const struct sim *sim, const struct tree_office *office);
/* An administrator's order about another office; whether it was taken and is durable. */
bool sim_order(struct tree_office *by, const struct omb_office_change *change);
/*
 * The clock of a daemon that runs. A certificate holds from the moment that its issuer's shows: who
 * certifies looks at both.
 */
void sim_set_right(struct sim *sim, struct tree_office *office);
/* The office, or one near it. */
bool sim_revoke(struct sim *sim, struct tree_office *anybody);
bool sim_close(struct sim *sim, struct tree_office *office);
bool sim_begin_anew(struct sim *sim, struct tree_office *office);
/* What came home to those that began anew is opened with the recovery key. */
void sim_recover(struct sim *sim);

/* --- move.c --- */

/* An office is let go to another parent, or the one that was goes on to it. */
bool sim_move(struct sim *sim, struct tree_office *office);
/* Of the one that is on its way; whether it came there. */
bool sim_go_on_moving(struct sim *sim);
/* Nothing hinders it any more; who was put back to before it came joins again. */
void sim_end_moving(struct sim *sim);

/* --- acts.c --- */

bool sim_register(struct sim *sim, struct tree_office *office);
/* What the operator is told; NULL: the daemon did not live to work on it. */
const struct omb_reply *sim_ask(struct tree_office *office, const char *who, uint32_t tag,
                                const void *ask);
/* An administrator writes again what was refused or lost. */
bool sim_renew(struct sim *sim, struct tree_office *office);
/* Somebody asks for anything, sense or not. */
bool sim_fumble(struct sim *sim, struct tree_office *office);
/* Somebody moves a case of the office, or does other work on one. */
bool sim_act(struct sim *sim, struct tree_office *office);
/* Somebody does something in that case; `moves`: that moves it, or who may read it. */
void sim_act_in(struct sim *sim, struct tree_office *office, const struct sim_affair *affair,
                bool moves);
/* All who have the case move it at once, before any has heard of another. */
bool sim_quarrel(struct sim *sim, struct tree_office *about);
bool sim_resync(struct sim *sim, struct tree_office *office);

/* --- limits.c --- */

/* For this seed; before there are offices. */
void sim_draw_limits(struct sim *sim);

/* --- repeat.c --- */

/* Registers under an id that is known, or does so again. */
bool sim_repeat(struct sim *sim, struct tree_office *office);

/* --- choice.c --- */

/* An act that moves the case or who may read it: mostly one that makes sense there, often any. */
void sim_choose(struct sim *sim, const struct tree_office *office, const struct sim_affair *affair,
                struct omb_act *out);

/* --- faults.c --- */

bool sim_stop_or_start(struct sim *sim, struct tree_office *office);
bool sim_crash(struct sim *sim, struct tree_office *office);
bool sim_slow_disk(struct sim *sim, struct tree_office *office);
bool sim_full_disk(struct sim *sim, struct tree_office *office);
bool sim_bit_flip(struct sim *sim, struct tree_office *office);
bool sim_put_back(struct sim *sim, struct tree_office *office);
/* What it has just told everybody it forgets, and writes other things in place of it. */
bool sim_relapse(struct sim *sim, struct tree_office *office);
/* All lines at that office. */
void sim_cut_all(struct sim *sim, struct tree_office *office, bool cut);
/* Its operators do something that is written, if they may. */
void sim_act_some(struct sim *sim, struct tree_office *office);
bool sim_set_clock(struct sim *sim, struct tree_office *office);
/* Of what the office sends next a record is not what its author wrote (tree_lie.h). */
bool sim_lie(struct sim *sim, struct tree_office *office);
/* Whichever office left another is certified once more by that one, which may close it by that. */
bool sim_reclaim(struct sim *sim, struct tree_office *office);
/* Whether nobody else holds the office's own record that it came under another parent. */
bool sim_came_unheard(const struct sim *sim, const struct tree_office *office);
/* Whether the office alone holds a record by which one below it is an office. */
bool sim_would_forget(const struct sim *sim, const struct tree_office *parent);
/* All faults but what was put back and what clocks show are over. */
void sim_heal(struct sim *sim);
/*
 * Where frames were lost or overtaken that no real line loses, or lies were told, both ends of that
 * line greet again and compare what they have, as they do sooner or later.
 */
void sim_compare(struct sim *sim);
/* What a line lacks that its other end has got by another since is wanted again after minutes. */
void sim_wait(struct sim *sim);
/*
 * Who was restored and has not compared with a neighbour does so within a day; for one that calls
 * no more its administrator has it serve.
 */
void sim_serve(struct sim *sim);

/* --- lines.c --- */

bool sim_cut_or_mend(struct sim *sim, struct tree_office *office);
bool sim_one_way(struct sim *sim, struct tree_office *office);
bool sim_bad_line(struct sim *sim, struct tree_office *office);
bool sim_slow_line(struct sim *sim, struct tree_office *office);
/* Lines are cut in one order and mended in another. */
bool sim_swizzle(struct sim *sim, struct tree_office *office);
/* All below an office lose their line at one moment. */
bool sim_reconnect(struct sim *sim, struct tree_office *office);

#endif
