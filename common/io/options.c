#include "io/options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/office.h"

enum { CHECK_CONFIG = 256, LOG_FORMAT, VERSION };

static const struct argp_option option_table[] = {
    {"directory", 'C', "DIR", 0, "The office's directory; without it, the variable OMBUD_DIR", 0},
    {"check-config", CHECK_CONFIG, NULL, 0, "Check ombud.conf, say what is wrong, and end", 0},
    {"log-format", LOG_FORMAT, "text|json", 0, "How log lines look, whatever ombud.conf says", 0},
    {"version", VERSION, NULL, 0, "Print the version and end", 0},
    {0},
};

/* What the parser needs beside the options. */
struct parse {
    const char *program;
    struct omb_options *options;
};

static void take_format(struct argp_state *state, struct omb_options *options, const char *word)
{
    options->format_said = true;
    if (strcmp(word, "text") == 0)
        options->format = OMB_LOG_TEXT;
    else if (strcmp(word, "json") == 0)
        options->format = OMB_LOG_JSON;
    else
        argp_error(state, "--log-format is text or json, not \"%s\"", word);
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct parse *parse = state->input;

    switch (key) {
    case 'C':
        parse->options->dir = value;
        return 0;
    case CHECK_CONFIG:
        parse->options->check_config = true;
        return 0;
    case LOG_FORMAT:
        take_format(state, parse->options, value);
        return 0;
    case VERSION:
        printf("%s (%s)\n", parse->program, OMB_SOFTWARE);
        exit(EXIT_SUCCESS);
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is not an option; this program takes nothing else", value);
        return 0;
    case ARGP_KEY_END:
        if (!parse->options->dir || !parse->options->dir[0])
            argp_error(state, "say which office: -C DIR, or the variable OMBUD_DIR");
        return 0;
    default: /* argp's own keys */
        return ARGP_ERR_UNKNOWN;
    }
}

void omb_options_parse(const char *program, const char *does, int argc, char **argv,
                       struct omb_options *out)
{
    const struct argp argp = {.options = option_table, .parser = take, .doc = does};
    struct parse parse = {.program = program, .options = out};
    error_t failed;

    *out = (struct omb_options){.dir = getenv("OMBUD_DIR"), .format = OMB_LOG_TEXT};
    argp_err_exit_status = 2;
    failed = argp_parse(&argp, argc, argv, 0, NULL, &parse);
    OMB_ASSERT(failed == 0);
}
