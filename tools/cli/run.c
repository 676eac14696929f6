#define _GNU_SOURCE
#include "cli/run.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "cli/help.h"
#include "cli/when.h"
#include "office/office.h"
#include "wire/limits.h"

#define MEMORY_MAX ((size_t)2 * 1024 * 1024 * 1024)
#define REFRESH_MS 2000 /* of --watch */

/* In the order of omb_verbs. */
static omb_verb_fn *const functions[] = {
#define VERB(function, group, name, words, reach, event, summary, options) function,
#include "cli/verbs.def"
#undef VERB
};

/* --- errors --- */

/* People know a field by its name, not by its path in the request. */
static const char *field_name(const struct omb_error *err)
{
    const char *dot = strrchr(err->field, '.');

    return dot ? dot + 1 : err->field;
}

static void print_error(const struct omb_error *err)
{
    const char *field = field_name(err);

    fprintf(stderr, "ombud: %s%s%s%s\n", err->words, *field ? " (" : "", field,
            *field ? ")" : "");
}

enum omb_exit omb_cli_fail(const struct omb_error *err)
{
    print_error(err);
    return err->rc == OMB_UNREACHABLE ? OMB_EXIT_UNREACHABLE : OMB_EXIT_FAILED;
}

enum omb_exit omb_cli_fail_value(const struct omb_error *err)
{
    if (err->rc != OMB_INVALID && err->rc != OMB_UNKNOWN_CODE)
        return omb_cli_fail(err);
    print_error(err);
    return OMB_EXIT_USAGE;
}

void omb_cli_shorten(struct omb_error *err)
{
    const char *name = field_name(err);
    size_t path = strlen(err->field);

    if (path && strncmp(err->words, err->field, path) == 0 &&
        strncmp(err->words + path, ": ", 2) == 0)
        memmove(err->words, err->words + path + 2, strlen(err->words + path + 2) + 1);
    memmove(err->field, name, strlen(name) + 1);
}

void omb_cli_name_option(const struct omb_cli *cli, struct omb_error *err)
{
    const struct omb_option *option =
        *err->field ? omb_args_option_of(&cli->args, err->field) : NULL;

    omb_cli_shorten(err);
    if (option)
        snprintf(err->field, sizeof(err->field), "--%s", option->name);
}

/* --- for the verbs --- */

static enum omb_rc ask_zone(void *ctx, const struct omb_zone **out, struct omb_error *err)
{
    struct omb_cli *cli = ctx;

    return omb_session_zone(cli->session, out, err);
}

struct omb_fill omb_cli_fill(struct omb_cli *cli)
{
    return (struct omb_fill){.arena = &cli->arena,
                             .zone = ask_zone,
                             .ctx = cli,
                             .currency = omb_args_get(&cli->args, OMB_OPT_CURRENCY)};
}

const struct omb_zone *omb_cli_zone(struct omb_cli *cli)
{
    const struct omb_zone *zone;

    return omb_session_zone(cli->session, &zone, NULL) == OMB_OK ? zone : &omb_zone_utc;
}

const void *omb_cli_ask(struct omb_cli *cli, uint32_t tag, const void *ask,
                        enum omb_exit *out_exit)
{
    struct omb_error err;
    const void *answer;

    if (omb_session_ask(cli->session, tag, ask, &answer, &err) == OMB_OK)
        return answer;
    omb_cli_name_option(cli, &err);
    *out_exit = omb_cli_fail(&err);
    cli->unanswered = true;
    return NULL;
}

void omb_cli_print_json(const struct omb_cli *cli, const struct omb_shape *shape,
                        const void *message)
{
    omb_json_print(omb_json_message(shape, message), cli->json_lines);
}

void omb_cli_print_json_list(const struct omb_cli *cli, const struct omb_shape *shape,
                             struct omb_any_list items)
{
    struct omb_json_list list = {.lines = cli->json_lines};

    for (size_t i = 0; i < items.count; i++)
        omb_json_list_add(&list, omb_json_message(shape, (const uint8_t *)items.items +
                                                             i * shape->size));
    omb_json_list_end(&list);
}

void omb_cli_print_table(const struct omb_table *table)
{
    omb_table_print(table, stdout, omb_terminal_width(stdout));
}

void omb_cli_cell_when(struct omb_cli *cli, struct omb_table *table, int64_t ms)
{
    char text[OMB_WHEN_SIZE];

    omb_when_print(ms, ms ? omb_cli_zone(cli) : &omb_zone_utc, text);
    omb_table_text(table, omb_view_str(text));
}

void omb_cli_cell_list(struct omb_table *table, struct omb_views codes)
{
    struct omb_buf text = OMB_BUF_INIT;

    for (size_t i = 0; i < codes.count; i++) {
        omb_buf_add_str(&text, i ? "," : "");
        omb_buf_add_view(&text, codes.items[i]);
    }
    omb_table_text(table, omb_buf_view(&text));
    omb_buf_free(&text);
}

void omb_cli_progress(const char *format, ...)
{
    va_list args;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

void omb_cli_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

/* --- again and again --- */

enum omb_exit omb_cli_repeat(struct omb_cli *cli, omb_verb_fn *once)
{
    const bool again = omb_args_has(&cli->args, OMB_OPT_REFRESH);
    const bool in_place = again && isatty(STDOUT_FILENO);
    enum omb_exit exit = OMB_EXIT_DONE;
    struct omb_error err;
    uint64_t left;

    if (omb_args_number(&cli->args, OMB_OPT_COUNT_TIMES, again ? UINT64_MAX : 1, &left, &err) !=
        OMB_OK)
        return omb_cli_fail_value(&err);
    if (!again && left != 1) {
        (void)omb_fail(&err, OMB_INVALID, NULL, "--count goes with --watch");
        return omb_cli_fail_value(&err);
    }
    while (left > 0 && !cli->unanswered) {
        if (in_place)
            fputs("\033[H\033[2J", stdout);
        exit = once(cli);
        if (fflush(stdout) != 0)
            return OMB_EXIT_FAILED;
        if (--left > 0 && !cli->unanswered)
            (void)poll(NULL, 0, REFRESH_MS);
    }
    return exit;
}

/* --- the run --- */

static enum omb_rc read_request_id(struct omb_cli *cli, struct omb_error *err)
{
    const char *text = omb_args_get(&cli->args, OMB_OPT_REQUEST_ID);
    size_t size = text ? strlen(text) : 0;
    uint8_t id[OMB_REQUEST_ID_MAX];

    if (!text)
        return OMB_OK;
    if (size == 0 || size % 2 || size > 2 * sizeof(id) ||
        omb_unhex(omb_view_str(text), id, size / 2) != OMB_OK)
        return omb_fail(err, OMB_INVALID, NULL,
                        "--request-id takes 2 to 64 hex digits, an even number of them");
    omb_session_set_id(cli->session, omb_view(id, size / 2));
    return OMB_OK;
}

static enum omb_exit run_with_office(struct omb_cli *cli, omb_verb_fn *function)
{
    struct omb_error err;
    enum omb_exit exit;

    if (omb_target_find(&cli->args, &cli->target, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    if (omb_session_open(&cli->target, cli->args.verb->reach, &cli->session, &err) != OMB_OK)
        return omb_cli_fail(&err);
    if (read_request_id(cli, &err) != OMB_OK)
        exit = omb_cli_fail_value(&err);
    else
        exit = function(cli);
    omb_session_close(cli->session);
    cli->session = NULL;
    return exit;
}

static enum omb_exit run_verb(struct omb_cli *cli)
{
    const struct omb_verb *verb = cli->args.verb;
    enum omb_exit exit;

    if (omb_args_has(&cli->args, OMB_OPT_VERSION)) {
        puts(OMB_SOFTWARE);
        return OMB_EXIT_DONE;
    }
    if (omb_args_has(&cli->args, OMB_OPT_HELP)) {
        if (!verb && cli->args.group)
            omb_help_group(stdout, cli->args.group);
        else
            omb_help_print(stdout, verb);
        return OMB_EXIT_DONE;
    }
    OMB_ASSERT(verb >= omb_verbs && verb < omb_verbs + omb_verb_count);
    exit = verb->reach == OMB_REACH_NOTHING ? functions[verb - omb_verbs](cli)
                                            : run_with_office(cli, functions[verb - omb_verbs]);
    return exit;
}

enum omb_exit omb_run(int argc, char **argv)
{
    struct omb_cli cli = {.session = NULL};
    struct omb_error err;
    enum omb_exit exit;

    if (omb_args_parse(argc, argv, &cli.args, &err) != OMB_OK) {
        print_error(&err);
        if (cli.args.verb)
            omb_help_usage(stderr, cli.args.verb);
        omb_args_free(&cli.args);
        return OMB_EXIT_USAGE;
    }
    cli.json_lines = omb_args_has(&cli.args, OMB_OPT_JSON_LINES);
    cli.json = cli.json_lines || omb_args_has(&cli.args, OMB_OPT_JSON);
    omb_arena_init(&cli.arena, MEMORY_MAX);
    exit = run_verb(&cli);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("ombud: the output cannot be written\n", stderr);
        exit = OMB_EXIT_FAILED;
    }
    omb_arena_free(&cli.arena);
    omb_args_free(&cli.args);
    return exit;
}
