/*
 * The table of verbs and options, from which everything that concerns the shape of the command line
 * is made: the parser (cli/parse.h), help, man page and completion (cli/help.h), and the filling of
 * messages (cli/fill.h). What a verb does is cli/run.h.
 */
#ifndef OMB_CLI_VERBS_H
#define OMB_CLI_VERBS_H

#include "base/bytes.h"

/* name, whether it takes an argument */
#define OMB_OPTION_KINDS(X)                                                                       \
    X(FLAG, false)                                                                                \
    X(LINE, true)                                                                                 \
    X(TEXT, true)      /* of several lines */                                                     \
    X(TEXT_FILE, true) /* a file that holds the text; - is standard input */                      \
    X(CODE, true)                                                                                 \
    X(CODES, true)     /* with commas; may be repeated */                                         \
    X(WORD, true)      /* one of the words that its argument lists: a|b */                        \
    X(OFFICE, true)                                                                               \
    X(CASE, true)                                                                                 \
    X(RECORD, true)    /* digest in hex, or a prefix of it */                                     \
    X(WHEN, true)      /* an instant; a date alone is its beginning */                            \
    X(DUE, true)       /* an instant; a date alone is its end */                                  \
    X(MONEY, true)     /* of the currency that --currency says */                                 \
    X(NUMBER, true)                                                                               \
    X(SCORES, true)    /* code=number, with commas */                                             \
    X(FILE, true)

enum omb_option_kind {
#define OMB_OPTION_KIND_ENUM(name, argument) OMB_OPTION_##name,
    OMB_OPTION_KINDS(OMB_OPTION_KIND_ENUM)
#undef OMB_OPTION_KIND_ENUM
};

enum omb_opt {
#define OPTION(id, name, kind, field, argument, help) OMB_OPT_##id,
#include "cli/options.def"
#undef OPTION
    OMB_OPT_COUNT
};

struct omb_option {
    const char *name;
    enum omb_option_kind kind;
    const char *field;
    const char *argument;
    const char *help;
    char letter; /* -C; 0: none */
};

extern const struct omb_option omb_options[OMB_OPT_COUNT];
bool omb_option_takes_argument(const struct omb_option *option);

struct omb_opt_list {
    const uint8_t *items; /* of enum omb_opt */
    size_t count;
};

extern const struct omb_opt_list omb_global_options;

enum omb_reach {
    OMB_REACH_NOTHING, /* works without an office */
    OMB_REACH_DAEMON,
    OMB_REACH_OFFICE,  /* the daemon, or the store when the daemon is down */
};

#define OMB_VERB_WORDS_MAX 2

struct omb_verb {
    const char *group; /* "" where the verb stands alone */
    const char *name;
    const char *words; /* "NUMBER", "[OFFICE]", "" */
    enum omb_reach reach;
    uint32_t event;    /* tag; 0: none */
    const char *summary;
    struct omb_opt_list options;
};

extern const struct omb_verb omb_verbs[];
extern const size_t omb_verb_count;

const struct omb_verb *omb_verb_find(const char *group, const char *name);
bool omb_verb_is_group(const char *word);
/* The summary, of events that of the table of events; never NULL. */
const char *omb_verb_summary(const struct omb_verb *verb);
/* How many arguments that are no options there must and may be. */
size_t omb_verb_words_least(const struct omb_verb *verb);
size_t omb_verb_words_most(const struct omb_verb *verb);
/* "case show", "watch". */
void omb_verb_print_name(const struct omb_verb *verb, struct omb_buf *out);

#endif
