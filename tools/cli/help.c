#include "cli/help.h"

#include <string.h>

#include "base/bytes.h"
#include "office/office.h"

enum { OPTION_COLUMN = 30, VERB_COLUMN = 24, WIDTH = 90 };

/* --- what belongs to no verb --- */

static const struct section {
    const char *title;
    const char *group; /* whose verbs' help shows it too; NULL: the man page alone */
    const char *const *paragraphs;
} sections[] = {
    {"TIMES AND AMOUNTS", NULL,
     (const char *const[]){
         "A time is 2026-09-30, \"2026-09-30 17:20\" or RFC 3339. Without an offset it is local to "
         "the office. A date alone is its beginning; of a due date, its end. In JSON times are "
         "RFC 3339 in UTC.",
         "An amount is 250 or 250.00 with --currency, three letters of ISO 4217.", NULL}},
    {"JSON", NULL,
     (const char *const[]){
         "--json prints a list as one array, everything else as one object; --json-lines one value "
         "a line. Names are those of proto/control.proto. What is not said is null or an empty "
         "list; nothing is left out. Bytes are standard base64; digests and ids are hex. log "
         "export prints a value a line always, and watch where it has no end: without --no-wait "
         "and --count.",
         NULL}},
    {"IMPORTS", "import",
     (const char *const[]){
         "import cfpb reads the table that the Consumer Financial Protection Bureau publishes. "
         "Titles become codes; a response that closes resolves, answers and closes the case, "
         "without dates of their own. A row without its id, product or date received, or with "
         "another number of fields than the header, is rejected and named; the others are in.",
         "import csv reads a table whose first line names the columns: kind, channel, product, "
         "issue, severity, received_at, segment, vulnerable, confidential, anonymous, wish, "
         "first_asked, reply_methods, about, client_name, phone, email, address, account, "
         "narrative, wish_text, place, pseudonym, reference, subject; and of a case that has "
         "ended: outcome, bank_error, cause, remedies, redress, currency, findings, answer, "
         "resolved_at, answered_at, answer_method, closed_at, accepts. The columns that export "
         "cases writes beside these are passed over. Without a reference a row is known by its "
         "content.",
         "A row whose reference was imported before is passed over, so an import that was cut off "
         "can be repeated.",
         NULL}},
    {"EXIT STATUS", NULL,
     (const char *const[]){
         "0: done. 1: refused or failed, the reason on standard error; also when a check found "
         "something. 2: the line cannot be parsed. 3: the daemon cannot be reached.",
         NULL}},
    {"FILES", NULL,
     (const char *const[]){
         "DIR/ombud.conf, DIR/keys, DIR/db, DIR/run/api.sock, DIR/operators/CODE.key: an office.",
         "~/.config/ombud/office.conf: the office meant when the line names none; keys connect, "
         "server-key, key, operator, passphrase-file.",
         NULL}},
    {"ENVIRONMENT", NULL,
     (const char *const[]){"OMBUD_DIR: the directory, as -C. OMBUD_OPERATOR: the operator, as "
                           "--as.",
                           NULL}},
    {"SEE ALSO", NULL,
     (const char *const[]){"ombud-faults(7) for what to do when something is wrong, ombud.conf(5), "
                           "ombud-node(8), ombud-hub(8), proto/README.md",
                           NULL}},
};

/* --- help on the screen --- */

void omb_help_usage(FILE *file, const struct omb_verb *verb)
{
    struct omb_buf name = OMB_BUF_INIT;

    omb_verb_print_name(verb, &name);
    fprintf(file, "usage: ombud %s%s%s%s\n", omb_buf_str(&name),
            verb->options.count ? " [options]" : "", *verb->words ? " " : "", verb->words);
    omb_buf_free(&name);
}

static void print_option(FILE *file, const struct omb_option *option)
{
    int width = fprintf(file, "  --%s%s%s", option->name, *option->argument ? " " : "",
                        option->argument);

    if (width >= OPTION_COLUMN)
        fprintf(file, "\n%*s%s\n", OPTION_COLUMN, "", option->help);
    else
        fprintf(file, "%*s%s\n", OPTION_COLUMN - width, "", option->help);
}

static void print_options(FILE *file, struct omb_opt_list list)
{
    for (size_t i = 0; i < list.count; i++)
        print_option(file, &omb_options[list.items[i]]);
}

/* Text in lines of at most WIDTH, broken at blanks; those behind the first begin at `indent`. */
static void print_wrapped(FILE *file, struct omb_view text, size_t indent)
{
    const char *at = (const char *)text.data, *end = at + text.size;
    size_t column = indent;

    while (at < end) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        const size_t size = (size_t)((blank ? blank : end) - at);

        if (column > indent && column + 1 + size > WIDTH) {
            fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        }
        column += (size_t)fprintf(file, "%s%.*s", column > indent ? " " : "", (int)size, at);
        for (at += size; at < end && *at == ' ';)
            at++;
    }
    putc('\n', file);
}

/* Of a summary that says more than fits a list; `help GROUP VERB` says all of it. */
static struct omb_view first_clause(const char *summary)
{
    const struct omb_view whole = omb_view_str(summary);
    const struct omb_view first = omb_view(whole.data, strcspn(summary, ";"));

    return whole.size > WIDTH ? first : whole;
}

static void print_verb_line(FILE *file, const struct omb_verb *verb)
{
    struct omb_buf name = OMB_BUF_INIT;

    omb_verb_print_name(verb, &name);
    fprintf(file, "  %-*s ", VERB_COLUMN, omb_buf_str(&name));
    print_wrapped(file, first_clause(omb_verb_summary(verb)), VERB_COLUMN + 3);
    omb_buf_free(&name);
}

void omb_help_group(FILE *file, const char *group)
{
    fprintf(file, "usage: ombud %s VERB ...\n\n", group);
    for (size_t i = 0; i < omb_verb_count; i++)
        if (strcmp(omb_verbs[i].group, group) == 0)
            print_verb_line(file, &omb_verbs[i]);
}

static void print_all(FILE *file)
{
    fputs("usage: ombud [global options] [GROUP] VERB [options] ...\n\n", file);
    for (size_t i = 0; i < omb_verb_count; i++)
        print_verb_line(file, &omb_verbs[i]);
    fputs("\nglobal options, before or after the verb:\n", file);
    print_options(file, omb_global_options);
    fputs("\n`ombud help GROUP VERB` explains one.\n", file);
}

static void print_sections(FILE *file, const char *group)
{
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (!sections[i].group || strcmp(sections[i].group, group) != 0)
            continue;
        for (const char *const *text = sections[i].paragraphs; *text; text++) {
            putc('\n', file);
            print_wrapped(file, omb_view_str(*text), 0);
        }
    }
}

void omb_help_print(FILE *file, const struct omb_verb *verb)
{
    struct omb_buf says = OMB_BUF_INIT;

    if (!verb) {
        print_all(file);
        return;
    }
    omb_help_usage(file, verb);
    omb_buf_printf(&says, "This verb %s.", omb_verb_summary(verb));
    putc('\n', file);
    print_wrapped(file, omb_buf_view(&says), 0);
    omb_buf_free(&says);
    if (verb->options.count) {
        fputs("\noptions:\n", file);
        print_options(file, verb->options);
    }
    print_sections(file, verb->group);
    fputs("\nglobal options, before or after the verb:\n", file);
    print_options(file, omb_global_options);
}

/* --- the man page --- */

/* A hyphen is a minus, a backslash is itself, and a line never begins with a command. */
static void roff(FILE *file, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", file);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", file);
        else if (*text == '-')
            fputs("\\-", file);
        else
            putc(*text, file);
    }
}

/* A line that ends with a full stop, or with the dots that the text ends with. */
static void roff_sentence(FILE *file, const char *text)
{
    size_t size = strlen(text);

    roff(file, text);
    fputs(size && text[size - 1] == '.' ? "\n" : ".\n", file);
}

static void man_options(FILE *file, struct omb_opt_list list)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct omb_option *option = &omb_options[list.items[i]];

        fputs(".TP\n.B ", file);
        roff(file, "--");
        roff(file, option->name);
        if (*option->argument) {
            fputs(" \\fI", file);
            roff(file, option->argument);
            fputs("\\fR", file);
        }
        putc('\n', file);
        roff_sentence(file, option->help);
    }
}

static void man_verb(FILE *file, const struct omb_verb *verb)
{
    struct omb_buf name = OMB_BUF_INIT;

    omb_verb_print_name(verb, &name);
    fputs(".SS ", file);
    roff(file, omb_buf_str(&name));
    if (*verb->words) {
        putc(' ', file);
        roff(file, verb->words);
    }
    fputs("\nThis verb ", file);
    roff_sentence(file, omb_verb_summary(verb));
    man_options(file, verb->options);
    omb_buf_free(&name);
}

void omb_help_man(FILE *file)
{
    fputs(".TH OMBUD 1 \"\" \"" OMB_SOFTWARE "\" \"Ombud\"\n.SH NAME\n"
          "ombud \\- the command line of a complaint hub\n.SH SYNOPSIS\n"
          ".B ombud\n[global options] [GROUP] VERB [options] ...\n.SH DESCRIPTION\n"
          "ombud speaks to the daemon of an office. The verbs of office, log, store and doctor "
          "also work on the office's directory itself while its daemon is down.\n"
          ".SH GLOBAL OPTIONS\n",
          file);
    man_options(file, omb_global_options);
    fputs(".SH VERBS\n", file);
    for (size_t i = 0; i < omb_verb_count; i++)
        man_verb(file, &omb_verbs[i]);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        fprintf(file, ".SH %s\n", sections[i].title);
        for (const char *const *text = sections[i].paragraphs; *text; text++) {
            if (text != sections[i].paragraphs)
                fputs(".PP\n", file);
            roff(file, *text);
            putc('\n', file);
        }
    }
}

/* --- completion --- */

static void names(FILE *file, struct omb_opt_list list)
{
    for (size_t i = 0; i < list.count; i++)
        fprintf(file, " --%s", omb_options[list.items[i]].name);
}

/* The words that may follow a group; "" gives the first words. */
static void words_after(FILE *file, const char *group)
{
    for (size_t i = 0; i < omb_verb_count; i++) {
        const struct omb_verb *verb = &omb_verbs[i];

        if (strcmp(verb->group, group) == 0)
            fprintf(file, " %s", verb->name);
        else if (!*group && (i == 0 || strcmp(verb->group, omb_verbs[i - 1].group) != 0))
            fprintf(file, " %s", verb->group);
    }
}

static void completion_groups(FILE *file)
{
    for (size_t i = 0; i < omb_verb_count; i++) {
        const char *group = omb_verbs[i].group;

        if (!*group || (i > 0 && strcmp(group, omb_verbs[i - 1].group) == 0))
            continue;
        fprintf(file, "    %s) words=\"", group);
        words_after(file, group);
        fputs("\" ;;\n", file);
    }
}

static void completion_verbs(FILE *file)
{
    for (size_t i = 0; i < omb_verb_count; i++) {
        struct omb_buf name = OMB_BUF_INIT;

        omb_verb_print_name(&omb_verbs[i], &name);
        fprintf(file, "    \"%s\") words=\"", omb_buf_str(&name));
        names(file, omb_verbs[i].options);
        fputs("\" ;;\n", file);
        omb_buf_free(&name);
    }
}

/* "-C|--directory|...": those that take an argument, or only those that take a file. */
static void completion_options(FILE *file, bool only_files)
{
    fputs("-C", file);
    for (size_t i = 0; i < OMB_OPT_COUNT; i++) {
        bool takes_file = omb_options[i].kind == OMB_OPTION_FILE ||
                          omb_options[i].kind == OMB_OPTION_TEXT_FILE;

        if (omb_option_takes_argument(&omb_options[i]) && (takes_file || !only_files))
            fprintf(file, "|--%s", omb_options[i].name);
    }
}

void omb_help_completion(FILE *file)
{
    fputs("_ombud() {\n"
          "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local said=() words i\n"
          "  case $before in ",
          file);
    completion_options(file, true);
    fputs(") COMPREPLY=($(compgen -f -- \"$word\")); return ;; esac\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    case ${COMP_WORDS[i-1]} in ",
          file);
    completion_options(file, false);
    fputs(") continue ;; esac\n"
          "    case ${COMP_WORDS[i]} in -*) ;; *) said+=(\"${COMP_WORDS[i]}\") ;; esac\n"
          "  done\n"
          "  case \"${said[*]:0:2}\" in\n"
          "    \"\") words=\"",
          file);
    words_after(file, "");
    fputs("\" ;;\n", file);
    completion_groups(file);
    completion_verbs(file);
    fputs("    *) words=\"\" ;;\n  esac\n"
          "  case $word in -*) words=\"$words", file);
    names(file, omb_global_options);
    fputs("\" ;; esac\n"
          "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "}\ncomplete -F _ombud ombud\n", file);
}
