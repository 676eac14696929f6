/*
 * What an office knows about itself: offices, operators, vocabularies, deadlines, and who answers.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "cli/when.h"
#include "crypto/keyfile.h"

static void line(const char *label, struct omb_view value)
{
    printf("  %-14s %.*s\n", label, OMB_VIEW_ARGS(value));
}

static void line_when(struct omb_cli *cli, const char *label, int64_t ms)
{
    char text[OMB_WHEN_SIZE];

    omb_when_print(ms, omb_cli_zone(cli), text);
    line(label, omb_view_str(text));
}

/* As `office init` and `office join` print it: people compare them. */
static void line_anchor(struct omb_view hex)
{
    uint8_t key[OMB_PUBLIC_SIZE];
    char print[40];

    if (omb_unhex(hex, key, sizeof(key)) != OMB_OK) {
        line("anchor", hex);
        return;
    }
    omb_fingerprint(key, print);
    line("anchor", omb_view_str(print));
}

/* --- offices --- */

enum omb_exit omb_run_office_list(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_office_list *list = omb_cli_ask(cli, OMB_ASK_OFFICE_LIST, NULL, &exit);
    struct omb_table table;

    if (!list)
        return exit;
    if (cli->json) {
        omb_cli_print_json_list(cli, &omb_shape_office_view,
                                (struct omb_any_list){list->offices.items, list->offices.count});
        return OMB_EXIT_DONE;
    }
    omb_table_init(&table);
    omb_table_column(&table, "code", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "name", false);
    omb_table_column(&table, "kind", false);
    omb_table_column(&table, "parent", false);
    omb_table_column(&table, "depth", true);
    omb_table_column(&table, "state", false);
    omb_table_column(&table, "valid until", false);
    omb_table_keep_whole(&table);
    for (size_t i = 0; i < list->offices.count; i++) {
        const struct omb_office_view *office = &list->offices.items[i];

        omb_table_printf(&table, "%.*s%s", OMB_VIEW_ARGS(office->code), office->self ? " *" : "");
        omb_table_text(&table, office->name);
        omb_table_text(&table, office->kind);
        omb_table_text(&table, office->parent);
        omb_table_printf(&table, "%u", office->depth);
        omb_table_printf(&table, "%.*s%s%s", OMB_VIEW_ARGS(office->state),
                         office->rekeyed ? ", re-keyed" : "",
                         office->same_code ? ", same code" : "");
        omb_cli_cell_when(cli, &table, office->not_after);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_office_show(struct omb_cli *cli)
{
    const struct omb_office_ask ask = {.code = omb_view_str(cli->args.words[0])};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_office_view *office = omb_cli_ask(cli, OMB_ASK_OFFICE_SHOW, &ask, &exit);

    if (!office)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_office_view, office);
        return OMB_EXIT_DONE;
    }
    printf("%.*s  %.*s%s\n", OMB_VIEW_ARGS(office->code), OMB_VIEW_ARGS(office->name),
           office->self ? "  (this office)" : "");
    line("kind", office->kind);
    line("parent", office->parent.size ? office->parent : OMB_VIEW_LIT("none: the root"));
    printf("  %-14s %u\n", "depth", office->depth);
    line("id", office->id);
    line("certificate", office->certificate);
    line("state", office->state);
    if (office->rekeyed)
        line("re-keyed", OMB_VIEW_LIT("its key before did not sign this certificate"));
    if (office->same_code)
        line("attention", OMB_VIEW_LIT("another office here has the same code"));
    if (office->previous.size)
        line("previous", office->previous);
    line("signing key", office->fingerprint);
    line("transport key", office->transport);
    if (office->service)
        line("service", OMB_VIEW_LIT("any office may ask it"));
    for (size_t i = 0; i < office->succeeds.count; i++)
        line("stands in for", office->succeeds.items[i]);
    if (office->successor.size)
        line("successor", office->successor);
    line_when(cli, "valid from", office->not_before);
    line_when(cli, "valid until", office->not_after);
    line_anchor(office->anchor);
    return OMB_EXIT_DONE;
}

/* --- operators --- */

enum omb_exit omb_run_operator_list(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_operator_list *list = omb_cli_ask(cli, OMB_ASK_OPERATOR_LIST, NULL, &exit);
    struct omb_table table;

    if (!list)
        return exit;
    if (cli->json) {
        omb_cli_print_json_list(
            cli, &omb_shape_operator_view,
            (struct omb_any_list){list->operators.items, list->operators.count});
        return OMB_EXIT_DONE;
    }
    omb_table_init(&table);
    omb_table_column(&table, "code", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "roles", false);
    omb_table_column(&table, "title", false);
    omb_table_column(&table, "name", false);
    omb_table_column(&table, "since", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "key", false);
    for (size_t i = 0; i < list->operators.count; i++) {
        const struct omb_operator_view *operator_ = &list->operators.items[i];

        omb_table_text(&table, operator_->code);
        if (operator_->revoked)
            omb_table_text(&table, OMB_VIEW_LIT("revoked"));
        else
            omb_cli_cell_list(&table, operator_->roles);
        omb_table_text(&table, operator_->title);
        omb_table_text(&table, operator_->name);
        omb_cli_cell_when(cli, &table, operator_->since);
        omb_table_text(&table, operator_->key);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

/* --- who answers --- */

enum omb_exit omb_run_status(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_status *status = omb_cli_ask(cli, OMB_ASK_STATUS, NULL, &exit);

    if (!status)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_status, status);
        return OMB_EXIT_DONE;
    }
    printf("%.*s  %.*s  %.*s\n", OMB_VIEW_ARGS(status->office), OMB_VIEW_ARGS(status->name),
           OMB_VIEW_ARGS(status->kind));
    line("software", status->software);
    line_when(cli, "now", status->now);
    line_when(cli, "started", status->started_at);
    line("time zone", status->zone);
    printf("  %-14s %.*s:", "operator", OMB_VIEW_ARGS(status->operator));
    for (size_t i = 0; i < status->roles.count; i++)
        printf(" %.*s", OMB_VIEW_ARGS(status->roles.items[i]));
    printf("\n  %-14s %llu\n", "cases", (unsigned long long)status->cases);
    line("position", status->position);
    if (status->listen.size)
        line("listens at", status->listen);
    return OMB_EXIT_DONE;
}

/* --- policy --- */

static enum omb_exit read_receipt(struct omb_cli *cli, struct omb_policy_when_ask *out)
{
    const char *received = omb_args_get(&cli->args, OMB_OPT_RECEIVED);
    const char *profile = omb_args_get(&cli->args, OMB_OPT_PROFILE);
    const struct omb_fill fill = omb_cli_fill(cli);
    const struct omb_shape_field *field =
        omb_shape_field(&omb_shape_policy_when_ask, OMB_VIEW_LIT("received_at"));
    struct omb_error err;

    *out = (struct omb_policy_when_ask){
        .profile = omb_view_str(profile),
        .calendar = omb_view_str(omb_args_get(&cli->args, OMB_OPT_CALENDAR)),
    };
    if (received && omb_fill_value(&fill, field, false, "--received", omb_view_str(received), out,
                                   &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_policy_when(struct omb_cli *cli)
{
    struct omb_policy_when_ask ask;
    enum omb_exit exit = read_receipt(cli, &ask);
    const struct omb_policy_when *when;
    struct omb_table table;

    if (exit != OMB_EXIT_DONE)
        return exit;
    when = omb_cli_ask(cli, OMB_ASK_POLICY_WHEN, &ask, &exit);
    if (!when)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_policy_when, when);
        return OMB_EXIT_DONE;
    }
    printf("%.*s, calendar %.*s, %.*s\n\n", OMB_VIEW_ARGS(when->profile),
           OMB_VIEW_ARGS(when->calendar), OMB_VIEW_ARGS(when->zone));
    omb_table_init(&table);
    omb_table_column(&table, "deadline", false);
    omb_table_column(&table, "due", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "kind", false);
    for (size_t i = 0; i < when->deadlines.count; i++) {
        const struct omb_deadline *deadline = &when->deadlines.items[i];

        omb_table_text(&table, deadline->code);
        if (deadline->due == 0 && i < when->local.count)
            omb_table_text(&table, when->local.items[i]);
        else
            omb_cli_cell_when(cli, &table, deadline->due);
        omb_table_printf(&table, "%s", deadline->limit ? "limit" : "target");
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_policy_show(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_vocabularies *vocabulary =
        omb_cli_ask(cli, OMB_ASK_VOCABULARY, NULL, &exit);

    if (!vocabulary)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_vocabularies, vocabulary);
        return OMB_EXIT_DONE;
    }
    for (size_t i = 0; i < vocabulary->fields.count; i++) {
        const struct omb_vocabulary_codes *field = &vocabulary->fields.items[i];

        printf("%.*s:", OMB_VIEW_ARGS(field->field));
        for (size_t c = 0; c < field->codes.count; c++)
            printf(" %.*s", OMB_VIEW_ARGS(field->codes.items[c]));
        putchar('\n');
    }
    return OMB_EXIT_DONE;
}
