/*
 * One seed: a bank, its turns, the calm after them, the judgement. It is played as a cmocka test,
 * since what the support files assert ends such a one; what ends the process tells the story, too.
 */
#define _DEFAULT_SOURCE /* setitimer */
#include "unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sim/plants.h"
#include "sim/turns.h"

static struct {
    const struct sim_options *options;
    uint64_t seed;
    struct sim sim;
} played;

uint32_t sim_below(struct sim *sim, uint32_t sides)
{
    return whim_below(&sim->whim, sides);
}

struct tree_office *sim_somebody(struct sim *sim)
{
    return sim->tree->offices[sim_below(sim, (uint32_t)sim->tree->count)];
}

static void sum_up(struct sim *sim)
{
    struct sim_sum *sum = sim->sum;

    sum->offices = sim->tree->count;
    sum->cases = sim->count;
    sum->met = sim->tree->met;
    for (size_t i = 0; i < sim->tree->count; i++) {
        sum->records += memport_count(sim->tree->offices[i]->rig.store, OMB_FAMILY_RECORD);
        sum->starts += sim->tree->offices[i]->life;
    }
    tree_tell(sim->tree, "%zu cases, %llu acts written, %llu refused", sim->count,
              (unsigned long long)sum->written, (unsigned long long)sum->refused);
    sum->digest = sim_digest(sim);
}

static uint32_t throw_dice(void *arg, uint32_t sides)
{
    return sim_below(arg, sides);
}

static void plays_a_seed(void **state)
{
    struct sim *sim = &played.sim;

    (void)state;
    whim_init(&sim->whim, played.seed);
    tree_tell(sim->tree, "seed %llu", (unsigned long long)played.seed);
    sim->tree->dice = throw_dice;
    sim->tree->dice_arg = sim;
    sim_draw_limits(sim);
    sim_draw_bank(sim);
    sim_draw_shares(sim);
    sim_plants_grow();
    for (unsigned i = 0; i < played.options->turns; i++) {
        sim_turn(sim);
        sim_judge_promises(sim, false);
        tree_pass(sim->tree, (int64_t)sim_below(sim, sim_below(sim, 4) == 0 ? 40000 : 30));
    }
    tree_tell(sim->tree, "the weather is over");
    sim_heal(sim);
    tree_settle(sim->tree);
    sim_end_moving(sim);
    sim_compare(sim);
    sim_wait(sim);
    sim_serve(sim);
    sim_recover(sim);
    sum_up(sim);
    sim_judge(sim);
}

/* --- the end --- */

static int begin(void **state)
{
    played.sim.tree = *state = tree_new();
    return 0;
}

static int end(void **state)
{
    struct tree *tree = *state;

    if (tree->checked && played.options->trace)
        fputs(omb_buf_str(&tree->told), stderr);
    memport_free(played.sim.copy);
    free(played.sim.promises);
    tree_free(tree);
    played.sim.tree = NULL;
    return 0;
}

/* The story of a seed that an assertion of the core, a sanitizer or its hanging ends. */
static void tell_story(void)
{
    const struct tree *tree = played.sim.tree;

    if (tree == NULL ||
        write(STDERR_FILENO, tree->told.data, tree->told.size) != (ssize_t)tree->told.size)
        _exit(1);
}

static void on_abort(int signal_number)
{
    static const char hangs[] = "it hangs\n";

    tell_story();
    if (signal_number == SIGPROF && write(STDERR_FILENO, hangs, sizeof(hangs) - 1) < 0)
        _exit(1);
    _exit(2);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(unsigned patience_s)
{
    const struct sigaction action = {.sa_handler = on_abort};
    const struct itimerval patience = {.it_value = {.tv_sec = (time_t)patience_s}};

    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &patience, NULL);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(tell_story);
}

static uint64_t cpu_us(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * 1000000 + (uint64_t)spent.tv_nsec / 1000;
}

void sim_play(const struct sim_options *options, uint64_t seed, struct sim_sum *sum)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(plays_a_seed, begin, end)};
    int failed;

    played.options = options;
    played.seed = seed;
    played.sim.sum = sum;
    watch(options->patience_s);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed != 0)
        _exit(1);
    sum->cpu_us = cpu_us();
    sum->ended = true;
    exit(0);
}
