/*
 * The offices below as they were last known, and where the records of a case are.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "cli/when.h"

/* --- tree --- */

static void tree_columns(struct omb_table *table)
{
    omb_table_column(table, "office", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "kind", false);
    omb_table_may_leave(table, 1);
    omb_table_column(table, "state", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "level", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "backlog", true);
    omb_table_column(table, "cases", true);
    omb_table_may_leave(table, 2);
    omb_table_column(table, "as of", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "last backup", false);
    omb_table_may_leave(table, 3);
    omb_table_column(table, "what is wrong", false);
}

/* Whether another office of that depth follows below the same one. */
static bool goes_on(const struct omb_tree *tree, size_t at, uint32_t depth)
{
    for (size_t i = at + 1; i < tree->offices.count; i++)
        if (tree->offices.items[i].depth <= depth)
            return tree->offices.items[i].depth == depth;
    return false;
}

/* The lines to an office: offices come in the order of a tree, each behind the one above it. */
static void draw_lines(const struct omb_tree *tree, size_t at, struct omb_buf *out)
{
    const uint32_t top = tree->offices.items[0].depth;
    const uint32_t depth = tree->offices.items[at].depth;

    for (uint32_t level = top + 1; level < depth; level++)
        omb_buf_add_str(out, goes_on(tree, at, level) ? "\xe2\x94\x82  " : "   ");
    if (depth > top)
        omb_buf_add_str(out, goes_on(tree, at, depth) ? "\xe2\x94\x9c\xe2\x94\x80 "
                                                      : "\xe2\x94\x94\xe2\x94\x80 ");
}

/* Nothing of an office that never told of itself is known to be none. */
static void cell_told(struct omb_table *table, const struct omb_tree_office *office, uint64_t count)
{
    if (office->as_of == 0)
        omb_table_text(table, OMB_VIEW_NONE);
    else
        omb_table_printf(table, "%llu", (unsigned long long)count);
}

static json_t *office_json(const struct omb_tree_office *office)
{
    const bool told = office->as_of != 0;
    json_t *object = omb_json_message(&omb_shape_tree_office, office);
    const struct {
        const char *name;
        bool known;
    } numbers[] = {
        {"backlog", told},
        {"cases", told},
        {"store_stalls", told},
        {"clock_offset_ms", told},
        {"disk_free_bytes", office->disk_free_bytes > 0},
        {"disk_days_left", office->disk_days_left > 0},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!numbers[i].known)
            json_object_set_new(object, numbers[i].name, json_null());
    return object;
}

static void print_tree_json(const struct omb_cli *cli, const struct omb_tree *tree)
{
    struct omb_json_list list = {.lines = cli->json_lines};

    for (size_t i = 0; i < tree->offices.count; i++)
        omb_json_list_add(&list, office_json(&tree->offices.items[i]));
    omb_json_list_end(&list);
}

static void tree_row(struct omb_cli *cli, struct omb_table *table, const char *lines,
                     const struct omb_tree_office *office)
{
    omb_table_printf(table, "%s%.*s%s", lines, OMB_VIEW_ARGS(office->code),
                     office->self ? " *" : "");
    omb_table_text(table, office->kind);
    omb_table_text(table, office->state);
    omb_table_text(table, office->level);
    cell_told(table, office, office->backlog);
    cell_told(table, office, office->cases);
    omb_cli_cell_when(cli, table, office->as_of);
    omb_cli_cell_when(cli, table, office->last_backup);
    omb_table_text(table, office->words);
}

static void print_tree(struct omb_cli *cli, const struct omb_tree *tree, bool ill_only)
{
    struct omb_buf lines = OMB_BUF_INIT;
    struct omb_table table;

    omb_table_init(&table);
    tree_columns(&table);
    for (size_t i = 0; i < tree->offices.count; i++) {
        omb_buf_clear(&lines);
        if (!ill_only)
            draw_lines(tree, i, &lines);
        if (!ill_only || !omb_view_is(tree->offices.items[i].level, "ok"))
            tree_row(cli, &table, omb_buf_str(&lines), &tree->offices.items[i]);
    }
    omb_buf_free(&lines);
    if (omb_table_rows(&table) > 0)
        omb_cli_print_table(&table);
    else
        printf("ok: %zu offices\n", tree->offices.count);
    omb_table_free(&table);
}

static enum omb_exit tree(struct omb_cli *cli)
{
    const bool check = cli->args.word_count > 0;
    enum omb_exit exit = OMB_EXIT_DONE;
    const struct omb_tree *answer = check ? omb_cli_check(cli, OMB_ASK_TREE, &exit)
                                          : omb_cli_ask(cli, OMB_ASK_TREE, NULL, &exit);

    if (!answer)
        return exit;
    exit = OMB_EXIT_DONE;
    for (size_t i = 0; check && i < answer->offices.count; i++)
        exit = omb_cli_worse(exit, omb_cli_level_exit(answer->offices.items[i].level));
    if (cli->json)
        print_tree_json(cli, answer);
    else
        print_tree(cli, answer, check);
    return exit;
}

enum omb_exit omb_run_tree(struct omb_cli *cli)
{
    struct omb_error err;

    if (cli->args.word_count == 0 || strcmp(cli->args.words[0], "check") == 0)
        return omb_cli_repeat(cli, tree);
    (void)omb_fail(&err, OMB_INVALID, NULL, "`ombud tree` takes nothing, or check");
    return omb_cli_fail_value(&err);
}

/* --- case trace --- */

static bool wait_alike(const struct omb_trace_wait *a, const struct omb_trace_wait *b)
{
    return omb_view_equal(a->on, b->on) && a->since == b->since;
}

/* Offices that wait for the same stand in one line. */
static void print_waits(struct omb_cli *cli, const struct omb_trace_event *event)
{
    for (size_t i = 0; i < event->waits.count; i++) {
        const struct omb_trace_wait *wait = &event->waits.items[i];
        const bool more = i + 1 < event->waits.count && wait_alike(wait, wait + 1);
        char at[OMB_WHEN_SIZE];

        printf("%s%.*s", i > 0 && wait_alike(wait - 1, wait) ? ", " : "  waits: ",
               OMB_VIEW_ARGS(wait->office));
        if (more)
            continue;
        omb_when_print(wait->since, omb_cli_zone(cli), at);
        printf(": %.*s%s%s\n", OMB_VIEW_ARGS(wait->on), wait->since ? ", since " : "",
               wait->since ? at : "");
    }
}

static void print_event(struct omb_cli *cli, const struct omb_trace_event *event)
{
    char at[OMB_WHEN_SIZE];

    omb_when_print(event->at, omb_cli_zone(cli), at);
    printf("%s  %.*s of %.*s  %.16s%s%.*s\n", at, OMB_VIEW_ARGS(event->type),
           OMB_VIEW_ARGS(event->office),
           event->record.size >= 16 ? (const char *)event->record.data : "",
           event->effect ? "" : "  without effect: ", OMB_VIEW_ARGS(event->why));
    printf("  held by ");
    for (size_t i = 0; i < event->held_by.count; i++)
        printf("%s%.*s", i ? ", " : "", OMB_VIEW_ARGS(event->held_by.items[i]));
    putchar('\n');
    print_waits(cli, event);
}

enum omb_exit omb_run_case_trace(struct omb_cli *cli)
{
    const struct omb_trace_ask ask = {.number = omb_view_str(cli->args.words[0])};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_trace *trace = omb_cli_ask(cli, OMB_ASK_CASE_TRACE, &ask, &exit);

    if (!trace)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_trace, trace);
        return OMB_EXIT_DONE;
    }
    printf("%.*s\n", OMB_VIEW_ARGS(trace->number));
    for (size_t i = 0; i < trace->events.count; i++)
        print_event(cli, &trace->events.items[i]);
    return OMB_EXIT_DONE;
}
