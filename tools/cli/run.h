/*
 * What the verbs do. Each is a function from a parsed line to an exit code; they live in the files
 * named *_cmd.c, act.c, show.c, doctor.c, import.c and generate.c, one family a file.
 */
#ifndef OMB_CLI_RUN_H
#define OMB_CLI_RUN_H

#include "cli/fill.h"
#include "cli/json.h"
#include "cli/session.h"
#include "cli/table.h"

enum omb_exit {
    OMB_EXIT_DONE = 0,
    OMB_EXIT_FAILED = 1,      /* refused or failed; the reason is on standard error */
    OMB_EXIT_USAGE = 2,       /* the line cannot be parsed */
    OMB_EXIT_UNREACHABLE = 3, /* no daemon answers */
};

/* One run of the program. */
struct omb_cli {
    struct omb_args args;
    struct omb_arena arena;        /* what lives as long as the run */
    struct omb_target target;      /* of verbs that need an office */
    struct omb_session *session;   /* NULL for verbs that need none */
    bool json;                     /* --json or --json-lines */
    bool json_lines;
    bool unanswered;               /* a question failed */
};

typedef enum omb_exit omb_verb_fn(struct omb_cli *cli);
#define VERB(function, group, name, words, reach, event, summary, options) omb_verb_fn function;
#include "cli/verbs.def"
#undef VERB

/* Opens what the verb needs, runs it, closes it. */
enum omb_exit omb_run(int argc, char **argv);

/* --- for the verbs --- */

/* "ombud: words (field)" and the exit code that goes with the error. */
enum omb_exit omb_cli_fail(const struct omb_error *err);
/* The same for a value on the line that cannot be read: exit code 2. */
enum omb_exit omb_cli_fail_value(const struct omb_error *err);

/* A field's path becomes its name, which is what the line calls it. */
void omb_cli_shorten(struct omb_error *err);

/* The same, and it is named as the option that says it where the verb has one. */
void omb_cli_name_option(const struct omb_cli *cli, struct omb_error *err);

/* How values are read: times in the office's zone, which is asked for when it is needed. */
struct omb_fill omb_cli_fill(struct omb_cli *cli);
/* The zone in which times are shown; UTC where the office's cannot be had. */
const struct omb_zone *omb_cli_zone(struct omb_cli *cli);

/* Asks; NULL: failed, *out_exit says how and the reason has been printed. */
const void *omb_cli_ask(struct omb_cli *cli, uint32_t tag, const void *ask,
                        enum omb_exit *out_exit);

/*
 * What a monitor asks (interfaces: 0 ok, 1 warning, 2 critical, 3 unknown): a question that is not
 * answered is unknown.
 */
const void *omb_cli_check(struct omb_cli *cli, uint32_t tag, enum omb_exit *out_exit);
enum omb_exit omb_cli_level_exit(struct omb_view level);
enum omb_exit omb_cli_worse(enum omb_exit a, enum omb_exit b);

/*
 * What the verb shows, once, or with --watch again and again: on a terminal in place of what stood
 * there. The exit code is that of the last time; one that could not be asked ends it.
 */
enum omb_exit omb_cli_repeat(struct omb_cli *cli, omb_verb_fn *once);

/* Prints a whole answer as one JSON object. */
void omb_cli_print_json(const struct omb_cli *cli, const struct omb_shape *shape,
                        const void *message);
/* A list that came whole: items of a shape as an array, or a line each. */
void omb_cli_print_json_list(const struct omb_cli *cli, const struct omb_shape *shape,
                             struct omb_any_list items);
/* On a terminal cut to its width. */
void omb_cli_print_table(const struct omb_table *table);

/* A cell with a local time; "a,b" of a list of codes. */
void omb_cli_cell_when(struct omb_cli *cli, struct omb_table *table, int64_t ms);
void omb_cli_cell_list(struct omb_table *table, struct omb_views codes);

/* The bank's recovery key; passphrase_file may be "". Free it with omb_keyfile_free. */
struct omb_keyfile;
enum omb_rc omb_cli_load_recovery(const char *path, const char *passphrase_file,
                                  struct omb_keyfile *out, struct omb_error *err) OMB_MUST_USE;

/* The bank's anchor when it is said with --anchor, in the arena; *out is NULL when not. */
enum omb_rc omb_cli_anchor_said(struct omb_cli *cli, const uint8_t **out,
                                struct omb_error *err) OMB_MUST_USE;

/* "1234 rows ..." on standard error, only where that is a terminal; rewritten in place. */
void omb_cli_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void omb_cli_progress_end(void);

#endif
