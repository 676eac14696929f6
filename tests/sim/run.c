/*
 * Seeds, each in a process of its own, so that one which crashes or hangs is a bad seed and no
 * more. They are begun in their order: when one is bad, all before it were played.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "sim/sim.h"

enum { JOBS_MAX = 64 };

/* A seed that is being played. */
struct job {
    pid_t pid; /* 0: none */
    uint64_t seed;
    FILE *said;
};

struct run {
    const struct sim_options *options;
    struct job jobs[JOBS_MAX];
    struct sim_sum *sums; /* of the jobs; shared with their processes */
    struct sim_sum total;
    uint64_t next; /* seed */
    uint64_t good, bad, first_bad, worst_seed;
    char *words;      /* of the first bad one */
    uint64_t *cpu_us; /* of the good ones */
};

static void begin_seed(struct run *run, size_t place)
{
    struct job *job = &run->jobs[place];

    job->seed = run->next++;
    job->said = tmpfile();
    OMB_ASSERT(job->said != NULL);
    memset(&run->sums[place], 0, sizeof(run->sums[place]));
    fflush(NULL);
    job->pid = fork();
    OMB_ASSERT(job->pid >= 0);
    if (job->pid > 0)
        return;
    if (dup2(fileno(job->said), STDOUT_FILENO) < 0 || dup2(fileno(job->said), STDERR_FILENO) < 0)
        _exit(1);
    sim_play(run->options, job->seed, &run->sums[place]);
}

static char *all_said(FILE *said)
{
    long size;
    char *words;

    OMB_ASSERT(fseek(said, 0, SEEK_END) == 0 && (size = ftell(said)) >= 0);
    rewind(said);
    words = calloc(1, (size_t)size + 1);
    OMB_ASSERT(words != NULL);
    OMB_ASSERT(fread(words, 1, (size_t)size, said) == (size_t)size);
    return words;
}

static void add_sum(struct run *run, const struct job *job, const struct sim_sum *sum)
{
    struct sim_sum *total = &run->total;

    if (sum->cpu_us > total->cpu_us) {
        total->cpu_us = sum->cpu_us;
        run->worst_seed = job->seed;
    }
    total->offices += sum->offices;
    total->cases += sum->cases;
    total->written += sum->written;
    total->refused += sum->refused;
    total->records += sum->records;
    total->starts += sum->starts;
    total->met.lost += sum->met.lost;
    total->met.twice += sum->met.twice;
    total->met.late += sum->met.late;
    total->met.early += sum->met.early;
    for (size_t i = 0; i < sim_turn_count(); i++)
        total->turns[i] += sum->turns[i];
    run->cpu_us = realloc(run->cpu_us, (run->good + 1) * sizeof(*run->cpu_us));
    OMB_ASSERT(run->cpu_us != NULL);
    run->cpu_us[run->good++] = sum->cpu_us;
}

static void take_bad(struct run *run, const struct job *job, char *take_words)
{
    if (run->options->all)
        printf("seed %llu is bad\n", (unsigned long long)job->seed);
    if (run->bad++ > 0 && job->seed > run->first_bad) {
        free(take_words);
        return;
    }
    free(run->words);
    run->first_bad = job->seed;
    run->words = take_words;
}

static void end_seed(struct run *run, size_t place, int status)
{
    struct job *job = &run->jobs[place];
    const struct sim_sum *sum = &run->sums[place];
    char *words = all_said(job->said);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !sum->ended) {
        take_bad(run, job, words);
    } else {
        if (run->options->trace)
            fputs(words, stdout);
        if (run->options->digests)
            printf("seed %llu: %016llx\n", (unsigned long long)job->seed,
                   (unsigned long long)sum->digest);
        add_sum(run, job, sum);
        free(words);
    }
    fclose(job->said);
    job->pid = 0;
}

static void await_one(struct run *run)
{
    int status;
    const pid_t pid = wait(&status);

    OMB_ASSERT(pid > 0);
    for (size_t i = 0; i < run->options->jobs; i++)
        if (run->jobs[i].pid == pid)
            end_seed(run, i, status);
}

static size_t running(const struct run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->options->jobs; i++)
        count += run->jobs[i].pid != 0;
    return count;
}

static void play_all(struct run *run)
{
    const struct sim_options *options = run->options;

    while (run->next <= options->last && (run->bad == 0 || options->all)) {
        for (size_t i = 0; i < options->jobs && run->next <= options->last; i++)
            if (run->jobs[i].pid == 0)
                begin_seed(run, i);
        await_one(run);
    }
    while (running(run) > 0)
        await_one(run);
}

/* --- what is told --- */

static int by_size(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static void say_figure(uint64_t figure, const char *of)
{
    printf("%llu %s ", (unsigned long long)figure, of);
}

static void say_summary(struct run *run)
{
    const struct sim_sum *total = &run->total;

    if (run->good == 0)
        return;
    qsort(run->cpu_us, run->good, sizeof(*run->cpu_us), by_size);
    say_figure(run->good, "seeds:");
    say_figure(total->offices, "offices,");
    say_figure(total->starts, "starts,");
    say_figure(total->cases, "cases,");
    say_figure(total->written, "acts written,");
    say_figure(total->refused, "refused,");
    say_figure(total->records, "records;");
    for (size_t i = 0; i < sim_turn_count(); i++)
        printf("%llu %s, ", (unsigned long long)total->turns[i], sim_turn_name(i));
    say_figure(total->met.lost, "frames lost,");
    say_figure(total->met.twice, "doubled,");
    say_figure(total->met.late, "late,");
    say_figure(total->met.early, "overtaking;");
    printf("median %.1f ms, worst %.1f ms (seed %llu)\n", (double)run->cpu_us[run->good / 2] / 1000,
           (double)total->cpu_us / 1000, (unsigned long long)run->worst_seed);
}

static void say_bad(const struct run *run)
{
    printf("%s\nseed %llu is bad; again: ombud-sim --seeds %llu..%llu", run->words,
           (unsigned long long)run->first_bad, (unsigned long long)run->first_bad,
           (unsigned long long)run->first_bad);
    if (run->options->turns != SIM_TURNS)
        printf(" --turns %u", run->options->turns);
    if (run->options->plant != NULL)
        printf(" --plant %s", run->options->plant);
    putchar('\n');
}

int sim_run(const struct sim_options *options)
{
    struct run run = {.options = options, .next = options->first};
    const size_t size = options->jobs * sizeof(*run.sums);

    OMB_ASSERT(options->jobs > 0 && options->jobs <= JOBS_MAX);
    run.sums = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    OMB_ASSERT(run.sums != MAP_FAILED);
    play_all(&run);
    if (run.bad > 0)
        say_bad(&run);
    say_summary(&run);
    free(run.words);
    free(run.cpu_us);
    munmap(run.sums, size);
    return run.bad > 0;
}
