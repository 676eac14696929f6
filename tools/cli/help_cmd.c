/*
 * The verbs that explain the command line.
 */
#include "cli/help.h"
#include "cli/run.h"

static enum omb_exit fail_topic(const char *group, const char *name)
{
    struct omb_error err;

    (void)omb_fail(&err, OMB_INVALID, NULL, "there is no verb `%s%s%s`: `ombud help` lists all",
                   group, *group ? " " : "", name);
    return omb_cli_fail_value(&err);
}

enum omb_exit omb_run_help(struct omb_cli *cli)
{
    const struct omb_args *args = &cli->args;
    const struct omb_verb *verb;

    if (omb_args_has(args, OMB_OPT_MAN)) {
        omb_help_man(stdout);
        return OMB_EXIT_DONE;
    }
    if (args->word_count == 1 && omb_verb_is_group(args->words[0])) {
        omb_help_group(stdout, args->words[0]);
        return OMB_EXIT_DONE;
    }
    verb = args->word_count == 0   ? NULL
           : args->word_count == 1 ? omb_verb_find("", args->words[0])
                                   : omb_verb_find(args->words[0], args->words[1]);
    if (args->word_count > 0 && !verb)
        return args->word_count == 1 ? fail_topic("", args->words[0])
                                     : fail_topic(args->words[0], args->words[1]);
    omb_help_print(stdout, verb);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_completion(struct omb_cli *cli)
{
    (void)cli;
    omb_help_completion(stdout);
    return OMB_EXIT_DONE;
}
