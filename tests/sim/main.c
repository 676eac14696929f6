/* The command line of ombud-sim. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plants.h"
#include "sim/sim.h"

enum { JOBS_MOST = 64, TURNS_MOST = 100000 };

static const char usage[] =
    "ombud-sim --seeds FROM..TO [--jobs N] [--turns N] [--patience SECONDS]\n"
    "          [--trace] [--digests] [--all] [--plant NAME]\n"
    "ombud-sim --plants\n"
    "Plays every seed; ends with 0 and a summary, or with 1, the story of the first bad seed and\n"
    "the command that plays it again.\n"
    "  --jobs      so many at a time (1)\n"
    "  --turns     so many in each seed (120)\n"
    "  --patience  a seed that takes more CPU time hangs (300)\n"
    "  --trace     tells the story of good seeds, too\n"
    "  --digests   a line for each seed: the digest of all that it made\n"
    "  --all       goes on after a bad seed\n"
    "  --plant     with that mistake in the product: some seed should be bad\n"
    "  --plants    lists them\n";

/* Digits from `text` on, to the character that must follow. */
static bool read_number(const char *text, char until, uint64_t most, uint64_t *out,
                        const char **out_rest)
{
    char *end;

    errno = 0;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    *out_rest = end;
    return errno == 0 && *end == until && *out <= most;
}

static bool read_seeds(const char *text, struct sim_options *options)
{
    const char *rest;

    if (!read_number(text, '.', UINT64_MAX - 1, &options->first, &rest) || rest[1] != '.')
        return false;
    return read_number(rest + 2, '\0', UINT64_MAX - 1, &options->last, &rest) &&
           options->first <= options->last;
}

static bool read_count(const char *text, uint64_t most, unsigned *out)
{
    const char *rest;
    uint64_t count;

    if (!read_number(text, '\0', most, &count, &rest) || count == 0)
        return false;
    *out = (unsigned)count;
    return true;
}

static bool read_flag(const char *name, struct sim_options *options)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--trace", &options->trace},
        {"--digests", &options->digests},
        {"--all", &options->all},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(name, flags[i].name) == 0)
            return *flags[i].flag = true;
    return false;
}

static bool read_value(const char *name, const char *text, struct sim_options *options)
{
    if (strcmp(name, "--seeds") == 0)
        return read_seeds(text, options);
    if (strcmp(name, "--jobs") == 0)
        return read_count(text, JOBS_MOST, &options->jobs);
    if (strcmp(name, "--turns") == 0)
        return read_count(text, TURNS_MOST, &options->turns);
    if (strcmp(name, "--plant") == 0)
        return text != NULL && sim_plant_choose(options->plant = text);
    if (strcmp(name, "--patience") == 0)
        return read_count(text, 86400, &options->patience_s);
    return false;
}

int main(int argc, char **argv)
{
    struct sim_options options = {
        .first = UINT64_MAX, .jobs = 1, .turns = SIM_TURNS, .patience_s = 300};

    if (argc == 2 && strcmp(argv[1], "--plants") == 0) {
        sim_plants_list();
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (read_flag(argv[i], &options))
            continue;
        if (!read_value(argv[i], argv[i + 1], &options)) {
            fprintf(stderr, "%s %s is not understood\n%s", argv[i],
                    argv[i + 1] != NULL ? argv[i + 1] : "", usage);
            return 2;
        }
        i++;
    }
    if (options.first == UINT64_MAX) {
        fputs(usage, stderr);
        return 2;
    }
    return sim_run(&options);
}
