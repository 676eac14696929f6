/*
 * An office whose records came to mean nothing goes on in a new life of its log and writes them
 * again (office/desk/renew.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "cli/run.h"

/* The answers of all pages together. */
struct sum {
    struct omb_view incarnation;
    uint64_t written;
    struct omb_renewed_case *cases;
    struct omb_left_record *left;
    size_t case_count, left_count;
    struct omb_views warnings; /* of the last page */
};

static void *grown(struct omb_cli *cli, const void *items, size_t count, size_t more, size_t size)
{
    uint8_t *room = omb_arena_get(&cli->arena, (count + more + 1) * size);

    if (count > 0)
        memcpy(room, items, count * size);
    return room;
}

static void add_page(struct omb_cli *cli, struct sum *sum, const struct omb_office_renewed *page)
{
    const struct omb_office_renewed *kept =
        omb_shape_copy(&omb_shape_office_renewed, page, &cli->arena);

    if (sum->incarnation.size == 0)
        sum->incarnation = kept->incarnation;
    sum->written += kept->written;
    sum->warnings = kept->warnings;
    sum->cases = grown(cli, sum->cases, sum->case_count, kept->cases.count, sizeof(*sum->cases));
    sum->left = grown(cli, sum->left, sum->left_count, kept->left.count, sizeof(*sum->left));
    for (size_t i = 0; i < kept->cases.count; i++)
        sum->cases[sum->case_count++] = kept->cases.items[i];
    for (size_t i = 0; i < kept->left.count; i++)
        sum->left[sum->left_count++] = kept->left.items[i];
}

static void print_cases(const struct sum *sum)
{
    struct omb_table table;

    if (sum->case_count == 0)
        return;
    puts("\nThese complaints have new numbers; the old ones find them too:");
    omb_table_init(&table);
    omb_table_column(&table, "formerly", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "number", false);
    omb_table_keep_whole(&table);
    for (size_t i = 0; i < sum->case_count; i++) {
        omb_table_text(&table, sum->cases[i].formerly);
        omb_table_text(&table, sum->cases[i].number);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
}

static void print_left(const struct sum *sum)
{
    struct omb_table table;

    if (sum->left_count == 0)
        return;
    puts("\nThese records were left as they are:");
    omb_table_init(&table);
    omb_table_column(&table, "event", false);
    omb_table_column(&table, "case", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "record", false);
    omb_table_column(&table, "why", false);
    for (size_t i = 0; i < sum->left_count; i++) {
        const struct omb_left_record *left = &sum->left[i];

        omb_table_text(&table, left->type);
        omb_table_text(&table, left->number);
        omb_table_text(&table, omb_view(left->record.data, left->record.size < 16
                                                               ? left->record.size
                                                               : 16));
        omb_table_text(&table, left->why);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
}

static void print(const struct omb_cli *cli, const struct sum *sum)
{
    const struct omb_office_renewed all = {
        .incarnation = sum->incarnation,
        .written = sum->written,
        .cases = {sum->cases, sum->case_count},
        .left = {sum->left, sum->left_count},
        .warnings = sum->warnings,
    };

    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_office_renewed, &all);
        return;
    }
    printf("The log goes on in incarnation %.*s; %llu record%s written again.\n",
           OMB_VIEW_ARGS(sum->incarnation), (unsigned long long)sum->written,
           sum->written == 1 ? " was" : "s were");
    print_cases(sum);
    print_left(sum);
    for (size_t i = 0; i < sum->warnings.count; i++)
        fprintf(stderr, "ombud: warning: %.*s\n", OMB_VIEW_ARGS(sum->warnings.items[i]));
    if (sum->written == 0 && sum->left_count == 0)
        puts("If the office above found a fork, what it decided comes with the link: renew once "
             "more when\nthe link is live.");
}

enum omb_exit omb_run_office_renew(struct omb_cli *cli)
{
    struct omb_office_renew ask = {.limit = 0};
    struct sum sum = {.written = 0};

    do {
        enum omb_exit exit = OMB_EXIT_FAILED;
        const struct omb_office_renewed *page =
            omb_cli_ask(cli, OMB_ASK_OFFICE_RENEW, &ask, &exit);

        if (!page)
            return exit;
        add_page(cli, &sum, page);
        ask.cursor = omb_arena_copy(&cli->arena, page->cursor);
        omb_cli_progress("%llu records", (unsigned long long)sum.written);
    } while (ask.cursor.size > 0);
    omb_cli_progress_end();
    print(cli, &sum);
    return OMB_EXIT_DONE;
}
