#include "cli/verbs.h"

#include <assert.h>
#include <string.h>

#include "base/assert.h"
#include "cases/event.h"

const struct omb_option omb_options[OMB_OPT_COUNT] = {
#define LETTER(id) ((id) == OMB_OPT_DIRECTORY ? 'C' : (id) == OMB_OPT_HELP ? 'h'                   \
                    : (id) == OMB_OPT_VERSION                      ? 'V'                           \
                                                                   : '\0')
#define OPTION(id, name_, kind_, field_, argument_, help_)                                         \
    [OMB_OPT_##id] = {.name = (name_), .kind = OMB_OPTION_##kind_, .field = (field_),              \
                      .argument = (argument_), .help = (help_), .letter = LETTER(OMB_OPT_##id)},
#include "cli/options.def"
#undef OPTION
};

bool omb_option_takes_argument(const struct omb_option *option)
{
    static const bool takes[] = {
#define TAKES(name, argument) [OMB_OPTION_##name] = (argument),
        OMB_OPTION_KINDS(TAKES)
#undef TAKES
    };

    return takes[option->kind];
}

/* Names in verbs.def are short: the ids get their prefix here. */
enum {
#define OPTION(id, name, kind, field, argument, help) id = OMB_OPT_##id,
#include "cli/options.def"
#undef OPTION
    NO_MORE = OMB_OPT_COUNT,
};

static_assert(OMB_OPT_COUNT <= UINT8_MAX, "an option's number fits a byte");

static const uint8_t global_ids[] = {
    DIRECTORY, AS, CONNECT, SERVER_KEY, KEY, PASSPHRASE_FILE, REQUEST_ID, JSON, JSON_LINES, HELP,
    VERSION};

const struct omb_opt_list omb_global_options = {global_ids,
                                                sizeof(global_ids) / sizeof(global_ids[0])};

/* The list ends with one that is not counted, so that it is never empty. */
#define IDS(...) ((const uint8_t[]){__VA_ARGS__})
#define OPTS(...) {IDS(__VA_OPT__(__VA_ARGS__,) NO_MORE),                                          \
                   sizeof(IDS(__VA_OPT__(__VA_ARGS__,) NO_MORE)) - 1}
#define VERB(function, group_, name_, words_, reach_, event_, summary_, ...)                       \
    {.group = (group_), .name = (name_), .words = (words_), .reach = OMB_REACH_##reach_,           \
     .event = (event_), .summary = (summary_), .options = __VA_ARGS__},

const struct omb_verb omb_verbs[] = {
#include "cli/verbs.def"
};

const size_t omb_verb_count = sizeof(omb_verbs) / sizeof(omb_verbs[0]);

const struct omb_verb *omb_verb_find(const char *group, const char *name)
{
    for (size_t i = 0; i < omb_verb_count; i++)
        if (strcmp(omb_verbs[i].group, group) == 0 && strcmp(omb_verbs[i].name, name) == 0)
            return &omb_verbs[i];
    return NULL;
}

bool omb_verb_is_group(const char *word)
{
    for (size_t i = 0; i < omb_verb_count; i++)
        if (*word && strcmp(omb_verbs[i].group, word) == 0)
            return true;
    return false;
}

const char *omb_verb_summary(const struct omb_verb *verb)
{
    const struct omb_event_row *row;

    if (verb->summary)
        return verb->summary;
    row = omb_event_row(verb->event);
    OMB_ASSERT(row != NULL);
    return row->summary;
}

static size_t count_words(const struct omb_verb *verb, bool only_needed)
{
    size_t count = 0;
    bool in_word = false;

    for (const char *at = verb->words; *at; at++) {
        if (!in_word && *at != ' ' && !(only_needed && *at == '['))
            count++;
        in_word = *at != ' ';
    }
    return count;
}

size_t omb_verb_words_least(const struct omb_verb *verb)
{
    return count_words(verb, true);
}

size_t omb_verb_words_most(const struct omb_verb *verb)
{
    return count_words(verb, false);
}

void omb_verb_print_name(const struct omb_verb *verb, struct omb_buf *out)
{
    omb_buf_printf(out, "%s%s%s", verb->group, *verb->group ? " " : "", verb->name);
}
