#define _GNU_SOURCE
#include "cli/parse.h"

#include <getopt.h>
#include <string.h>

#include "base/assert.h"
#include "base/text.h"

/* Codes that getopt_long returns for long options, above every character. */
enum { FIRST_VALUE = 1000, OPTIONS_MAX = 96, WORDS_KNOWN_MAX = 128, NEAR_MOST = 4 };

/* The options of one pass over the line. */
struct known {
    struct option longs[OPTIONS_MAX];
    size_t count;
};

static void known_add(struct known *known, struct omb_opt_list list)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct omb_option *option = &omb_options[list.items[i]];

        OMB_ASSERT(known->count + 1 < OPTIONS_MAX);
        known->longs[known->count++] = (struct option){
            option->name,
            omb_option_takes_argument(option) ? required_argument : no_argument,
            NULL,
            FIRST_VALUE + list.items[i],
        };
    }
    known->longs[known->count] = (struct option){NULL, 0, NULL, 0};
}

/* --- one option --- */

static bool is_list(const struct omb_option *option)
{
    return option->kind == OMB_OPTION_CODES || option->kind == OMB_OPTION_SCORES;
}

/* The text of a WORD's argument is its list: a|b|c. */
static bool is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = list; *at;) {
        size_t length = strcspn(at, "|");

        if (length == size && strncmp(at, word, size) == 0)
            return true;
        at += length + (at[length] == '|');
    }
    return false;
}

static enum omb_rc take(struct omb_args *args, enum omb_opt opt, const char *value,
                        struct omb_error *err)
{
    const struct omb_option *option = &omb_options[opt];
    struct omb_buf *joined = &args->joined[opt];

    if (option->kind == OMB_OPTION_FLAG) {
        args->values[opt] = "";
        return OMB_OK;
    }
    if (option->kind == OMB_OPTION_WORD && !is_listed(option->argument, value))
        return omb_fail(err, OMB_INVALID, NULL, "--%s takes %s, not \"%s\"", option->name,
                        option->argument, value);
    if (args->values[opt] == NULL) {
        args->values[opt] = value;
        return OMB_OK;
    }
    if (!is_list(option))
        return omb_fail(err, OMB_INVALID, NULL, "--%s is said twice", option->name);
    if (joined->size == 0)
        omb_buf_add_str(joined, args->values[opt]);
    omb_buf_printf(joined, ",%s", value);
    args->values[opt] = omb_buf_str(joined);
    return OMB_OK;
}

static enum omb_rc fail_unknown(const struct known *known, const char *word, bool before_verb,
                                struct omb_error *err)
{
    struct omb_view names[OPTIONS_MAX];
    struct omb_view said = omb_view(word + 2, strcspn(word + 2, "="));
    char near[128];

    if (word[0] != '-' || word[1] != '-')
        return omb_fail(err, OMB_INVALID, NULL, "there is no option %s", word);
    for (size_t i = 0; i < known->count; i++)
        names[i] = omb_view_str(known->longs[i].name);
    omb_text_nearest(said, names, known->count, 3, near, sizeof(near));
    return omb_fail(err, OMB_INVALID, NULL, "there is no option --%.*s%s%s%s%s",
                    OMB_VIEW_ARGS(said), before_verb ? " before the verb" : "",
                    *near ? "; did you mean --" : "", near, *near ? "?" : "");
}

/* What getopt_long did not like about argv[optind - 1]. */
static enum omb_rc fail_option(const struct known *known, int code, char **argv, bool before_verb,
                               struct omb_error *err)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    const char *word = argv[optind - 1];

    if (optopt >= FIRST_VALUE)
        return omb_fail(err, OMB_INVALID, NULL, "--%s takes %s",
                        omb_options[optopt - FIRST_VALUE].name,
                        code == ':' ? omb_options[optopt - FIRST_VALUE].argument : "no argument");
    if (code == ':')
        return omb_fail(err, OMB_INVALID, NULL, "%s takes an argument", letter);
    return fail_unknown(known, optopt ? letter : word, before_verb, err);
}

/*
 * One pass over argv, which holds a program's name first. in_order: up to the first word that is no
 * option. *out_next: where the words begin.
 */
static enum omb_rc scan(const struct known *known, int argc, char **argv, bool in_order,
                        struct omb_args *args, int *out_next, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;
    int code;

    optind = 0; /* begins anew */
    opterr = 0;
    while (rc == OMB_OK && (code = getopt_long(argc, argv, in_order ? "+:C:hV" : ":C:hV",
                                               known->longs, NULL)) != -1) {
        if (code == 'C')
            rc = take(args, OMB_OPT_DIRECTORY, optarg, err);
        else if (code == 'h')
            rc = take(args, OMB_OPT_HELP, NULL, err);
        else if (code == 'V')
            rc = take(args, OMB_OPT_VERSION, NULL, err);
        else if (code >= FIRST_VALUE)
            rc = take(args, (enum omb_opt)(code - FIRST_VALUE), optarg, err);
        else
            rc = fail_option(known, code, argv, in_order, err);
    }
    *out_next = optind;
    return rc;
}

/* --- the verb --- */

/* What may have been meant: the word people write, and what is to be written. */
struct meant {
    struct omb_view words[WORDS_KNOWN_MAX]; /* of the table: ended with a NUL */
    const char *groups[WORDS_KNOWN_MAX]; /* "" where the word stands alone */
    size_t count;
};

static void meant_add(struct meant *meant, const char *group, const char *word)
{
    if (meant->count == WORDS_KNOWN_MAX)
        return;
    meant->words[meant->count] = omb_view_str(word);
    meant->groups[meant->count++] = group;
}

/* Every first word once. */
static void meant_add_first_words(struct meant *meant)
{
    for (size_t i = 0; i < omb_verb_count; i++) {
        const char *group = omb_verbs[i].group;

        if (!*group)
            meant_add(meant, "", omb_verbs[i].name);
        else if (i == 0 || strcmp(group, omb_verbs[i - 1].group) != 0)
            meant_add(meant, "", group);
    }
}

/* The verbs of a group, or with "" those of all groups; name: those alone, NULL: all. */
static void meant_add_verbs(struct meant *meant, const char *group, const char *name)
{
    for (size_t i = 0; i < omb_verb_count; i++) {
        const struct omb_verb *verb = &omb_verbs[i];

        if (*verb->group && (!*group || strcmp(verb->group, group) == 0) &&
            (!name || strcmp(verb->name, name) == 0))
            meant_add(meant, verb->group, verb->name);
    }
}

/* Moves those near to the word from `meant` to `near`, the nearest first. */
static void meant_move(struct meant *meant, const char *word, struct meant *near)
{
    char name[128];

    while (near->count < NEAR_MOST) {
        size_t i = 0;

        omb_text_nearest(omb_view_str(word), meant->words, meant->count, 1, name, sizeof(name));
        while (i < meant->count && !omb_view_is(meant->words[i], name))
            i++;
        if (i == meant->count)
            break;
        meant_add(near, meant->groups[i], (const char *)meant->words[i].data);
        meant->count--;
        memmove(meant->words + i, meant->words + i + 1,
                (meant->count - i) * sizeof(*meant->words));
        memmove(meant->groups + i, meant->groups + i + 1,
                (meant->count - i) * sizeof(*meant->groups));
    }
    meant->count = 0;
}

static enum omb_rc fail_verb(const char *group, const char *word, struct omb_error *err)
{
    struct meant meant = {.count = 0}, near = {.count = 0};
    struct omb_buf said = OMB_BUF_INIT;

    if (*group)
        meant_add_verbs(&meant, group, NULL);
    else
        meant_add_first_words(&meant);
    meant_move(&meant, word, &near);
    /* `resolve` may lack its group, or have another's. */
    meant_add_verbs(&meant, "", word);
    meant_move(&meant, word, &near);
    if (near.count == 0 && !*group) {
        meant_add_verbs(&meant, "", NULL);
        meant_move(&meant, word, &near);
    }
    for (size_t i = 0; i < near.count; i++)
        omb_buf_printf(&said, "%s%s%s%.*s%s",
                       i == 0                ? "; did you mean "
                       : i + 1 == near.count ? " or "
                                             : ", ",
                       near.groups[i], *near.groups[i] ? " " : "", OMB_VIEW_ARGS(near.words[i]),
                       i + 1 == near.count ? "?" : "");
    (void)omb_fail(err, OMB_INVALID, NULL, "there is no verb `%s%s%s`%s", group,
                   *group ? " " : "", word, omb_buf_str(&said));
    omb_buf_free(&said);
    return OMB_INVALID;
}

/* The next word, global options before it taken; NULL: there is none. Moves *argc and *argv. */
static enum omb_rc next_word(struct omb_args *args, int *argc, char ***argv, const char **out,
                             struct omb_error *err)
{
    struct known known = {.count = 0};
    enum omb_rc rc;
    int next;

    known_add(&known, omb_global_options);
    rc = scan(&known, *argc, *argv, true, args, &next, err);
    if (rc != OMB_OK)
        return rc;
    *out = next < *argc ? (*argv)[next] : NULL;
    if (*out) {
        *argc -= next;
        *argv += next;
    }
    return OMB_OK;
}

static enum omb_rc find_verb(struct omb_args *args, int *argc, char ***argv, struct omb_error *err)
{
    const char *first, *second = NULL;
    enum omb_rc rc = next_word(args, argc, argv, &first, err);

    if (rc != OMB_OK)
        return rc;
    if (!first)
        return omb_fail(err, OMB_INVALID, NULL, "say what to do: `ombud help` lists all verbs");
    args->verb = omb_verb_find("", first);
    if (args->verb)
        return OMB_OK;
    if (!omb_verb_is_group(first))
        return fail_verb("", first, err);
    args->group = first;
    rc = next_word(args, argc, argv, &second, err);
    if (rc != OMB_OK)
        return rc;
    if (!second)
        return omb_fail(err, OMB_INVALID, NULL, "say what to do: `ombud help %s` lists its verbs",
                        first);
    args->verb = omb_verb_find(first, second);
    return args->verb ? OMB_OK : fail_verb(first, second, err);
}

static enum omb_rc take_words(struct omb_args *args, int argc, char **argv, struct omb_error *err)
{
    struct omb_buf name = OMB_BUF_INIT;
    size_t count = (size_t)argc;
    enum omb_rc rc = OMB_OK;

    omb_verb_print_name(args->verb, &name);
    if (count < omb_verb_words_least(args->verb))
        rc = omb_fail(err, OMB_INVALID, NULL, "`%s` takes %s", omb_buf_str(&name),
                      args->verb->words);
    else if (count > omb_verb_words_most(args->verb))
        rc = omb_fail(err, OMB_INVALID, NULL, "`%s` takes %s%s, not \"%s\"", omb_buf_str(&name),
                      *args->verb->words ? args->verb->words : "options",
                      *args->verb->words ? "" : " alone",
                      argv[omb_verb_words_most(args->verb)]);
    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        args->words[args->word_count++] = argv[i];
    omb_buf_free(&name);
    return rc;
}

static bool only_asks(const struct omb_args *args)
{
    return omb_args_has(args, OMB_OPT_HELP) || omb_args_has(args, OMB_OPT_VERSION);
}

enum omb_rc omb_args_parse(int argc, char **argv, struct omb_args *out, struct omb_error *err)
{
    struct known known = {.count = 0};
    enum omb_rc rc;
    int next;

    *out = (struct omb_args){.verb = NULL};
    rc = find_verb(out, &argc, &argv, err);
    if (!out->verb)
        return only_asks(out) ? OMB_OK : rc;
    known_add(&known, omb_global_options);
    known_add(&known, out->verb->options);
    rc = scan(&known, argc, argv, false, out, &next, err);
    if (rc == OMB_OK && !only_asks(out))
        rc = take_words(out, argc - next, argv + next, err);
    return only_asks(out) ? OMB_OK : rc;
}

void omb_args_free(struct omb_args *args)
{
    for (size_t i = 0; i < OMB_OPT_COUNT; i++)
        omb_buf_free(&args->joined[i]);
}

const char *omb_args_get(const struct omb_args *args, enum omb_opt opt)
{
    return args->values[opt];
}

bool omb_args_has(const struct omb_args *args, enum omb_opt opt)
{
    return args->values[opt] != NULL;
}

/* What stands behind the last dot. */
static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

/* "client-name" is client_name. */
static bool is_named(const struct omb_option *option, const char *field)
{
    const char *name = option->name;

    while (*name && *field && (*name == *field || (*name == '-' && *field == '_'))) {
        name++;
        field++;
    }
    return !*name && !*field;
}

const struct omb_option *omb_args_option_of(const struct omb_args *args, const char *path)
{
    const struct omb_option *found = NULL;
    const bool in_body = strncmp(path, "body.", strlen("body.")) == 0;
    const char *field = last_name(path);
    int best = 0;

    for (size_t i = 0; i < args->verb->options.count; i++) {
        enum omb_opt opt = (enum omb_opt)args->verb->options.items[i];
        const struct omb_option *option = &omb_options[opt];
        bool of_body = strchr(option->field, '.') != NULL;
        int fits = 0;

        /* The wish is a code in the facts and words in the body. */
        if (strcmp(last_name(option->field), field) == 0)
            fits = of_body == in_body ? 6 : 4;
        else if (!*option->field && is_named(option, field))
            fits = 2;
        /* Of --text and --text-file the one that was said. */
        if (fits && omb_args_has(args, opt))
            fits++;
        if (fits > best) {
            best = fits;
            found = option;
        }
    }
    return found;
}

enum omb_rc omb_args_number(const struct omb_args *args, enum omb_opt opt, uint64_t otherwise,
                            uint64_t *out, struct omb_error *err)
{
    const char *text = omb_args_get(args, opt);

    if (!text) {
        *out = otherwise;
        return OMB_OK;
    }
    if (omb_text_u64(omb_view_str(text), out) != OMB_OK)
        return omb_fail(err, OMB_INVALID, NULL, "--%s takes a number, not \"%s\"",
                        omb_options[opt].name, text);
    return OMB_OK;
}
