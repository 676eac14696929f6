/*
 * From a command line to a verb and its options. Nothing is judged here but the form: which verb,
 * which options, how many arguments. What the values mean is cli/fill.h.
 *
 * getopt_long does the cutting, from the table of verbs: it can say which word it did not know, so
 * that the nearest known option is named, which argp keeps to itself.
 */
#ifndef OMB_CLI_PARSE_H
#define OMB_CLI_PARSE_H

#include "base/error.h"
#include "cli/verbs.h"

struct omb_args {
    const struct omb_verb *verb;          /* NULL: only --help or --version was said */
    const char *group;                    /* without a verb: the group that was; NULL: none */
    const char *values[OMB_OPT_COUNT];    /* NULL: not said; "" for a flag */
    const char *words[OMB_VERB_WORDS_MAX];
    size_t word_count;
    struct omb_buf joined[OMB_OPT_COUNT]; /* lists that were said more than once */
};

/*
 * Reorders argv. OMB_INVALID: the line cannot be parsed, and the words say why. With --help or
 * --version all the rest is forgiven. *out is to be freed whatever comes back.
 */
enum omb_rc omb_args_parse(int argc, char **argv, struct omb_args *out,
                           struct omb_error *err) OMB_MUST_USE;
void omb_args_free(struct omb_args *args);

/* NULL: not said. */
const char *omb_args_get(const struct omb_args *args, enum omb_opt opt);
bool omb_args_has(const struct omb_args *args, enum omb_opt opt);
/* The verb's option that says the field at this path of a request; NULL: none does. */
const struct omb_option *omb_args_option_of(const struct omb_args *args, const char *path);
/* The number that was said, else `otherwise`; OMB_INVALID names the option. */
enum omb_rc omb_args_number(const struct omb_args *args, enum omb_opt opt, uint64_t otherwise,
                            uint64_t *out, struct omb_error *err) OMB_MUST_USE;

#endif
