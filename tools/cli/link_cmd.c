/*
 * Links to the office above and to those below: the list, one in full, and what a monitor asks.
 */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "cli/when.h"

static void line(const char *label, struct omb_view value)
{
    if (value.size)
        printf("  %-16s %.*s\n", label, OMB_VIEW_ARGS(value));
}

static void line_when(struct omb_cli *cli, const char *label, int64_t ms)
{
    char text[OMB_WHEN_SIZE];

    if (ms == 0)
        return;
    omb_when_print(ms, omb_cli_zone(cli), text);
    line(label, omb_view_str(text));
}

static void line_count(const char *label, uint64_t count)
{
    printf("  %-16s %llu\n", label, (unsigned long long)count);
}

/* --- levels --- */

enum omb_exit omb_cli_level_exit(struct omb_view level)
{
    if (omb_view_is(level, "ok"))
        return OMB_EXIT_DONE;
    if (omb_view_is(level, "warning"))
        return (enum omb_exit)1;
    if (omb_view_is(level, "critical"))
        return (enum omb_exit)2;
    return (enum omb_exit)3;
}

enum omb_exit omb_cli_worse(enum omb_exit a, enum omb_exit b)
{
    static const int rank[] = {0, 1, 3, 2}; /* what is not known is less than what is critical */

    return rank[a] >= rank[b] ? a : b;
}

const void *omb_cli_check(struct omb_cli *cli, uint32_t tag, enum omb_exit *out_exit)
{
    const void *answer = omb_cli_ask(cli, tag, NULL, out_exit);

    if (!answer)
        *out_exit = OMB_EXIT_UNREACHABLE; /* which says unknown */
    return answer;
}

/* --- link list --- */

static void list_columns(struct omb_table *table)
{
    omb_table_column(table, "peer", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "dir", false);
    omb_table_column(table, "state", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "since", false);
    omb_table_keep_whole(table);
    omb_table_column(table, "head", true);
    omb_table_may_leave(table, 2);
    omb_table_column(table, "sent", true);
    omb_table_may_leave(table, 1);
    omb_table_column(table, "acked", true);
    omb_table_may_leave(table, 3);
    omb_table_column(table, "lag", true);
    omb_table_column(table, "oldest s", true);
    omb_table_column(table, "refused", true);
    omb_table_may_leave(table, 4);
    omb_table_column(table, "reason", false);
}

static void list_row(struct omb_cli *cli, struct omb_table *table, const struct omb_peer_view *peer)
{
    omb_table_text(table, peer->peer);
    omb_table_text(table, peer->direction);
    omb_table_text(table, peer->state);
    omb_cli_cell_when(cli, table, peer->since);
    omb_table_printf(table, "%llu", (unsigned long long)peer->head);
    omb_table_printf(table, "%llu", (unsigned long long)peer->sent);
    omb_table_printf(table, "%llu", (unsigned long long)peer->acked);
    omb_table_printf(table, "%llu", (unsigned long long)peer->lag_records);
    omb_table_printf(table, "%llu", (unsigned long long)peer->oldest_unacked_seconds);
    omb_table_printf(table, "%llu", (unsigned long long)peer->refused);
    /* What went wrong before is over when the link is live; `link show` tells it. */
    omb_table_text(table, peer->reason.size || omb_view_is(peer->state, "live")
                              ? peer->reason
                              : peer->last_error);
}

static enum omb_exit list_links(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_peer_list *list = omb_cli_ask(cli, OMB_ASK_LINK_LIST, NULL, &exit);
    struct omb_table table;

    if (!list)
        return exit;
    if (cli->json) {
        omb_cli_print_json_list(cli, &omb_shape_peer_view,
                                (struct omb_any_list){list->peers.items, list->peers.count});
        return OMB_EXIT_DONE;
    }
    omb_table_init(&table);
    list_columns(&table);
    for (size_t i = 0; i < list->peers.count; i++)
        list_row(cli, &table, &list->peers.items[i]);
    omb_cli_print_table(&table);
    omb_table_free(&table);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_link_list(struct omb_cli *cli)
{
    return omb_cli_repeat(cli, list_links);
}

/* --- link check --- */

enum omb_exit omb_run_link_check(struct omb_cli *cli)
{
    enum omb_exit exit = OMB_EXIT_DONE;
    const struct omb_peer_list *list = omb_cli_check(cli, OMB_ASK_LINK_LIST, &exit);

    if (!list)
        return exit;
    for (size_t i = 0; i < list->levels.count; i++)
        exit = omb_cli_worse(exit, omb_cli_level_exit(list->levels.items[i].level));
    if (cli->json) {
        omb_cli_print_json_list(cli, &omb_shape_peer_level,
                                (struct omb_any_list){list->levels.items, list->levels.count});
        return exit;
    }
    for (size_t i = 0; i < list->levels.count; i++) {
        const struct omb_peer_level *level = &list->levels.items[i];

        printf("%-8.*s  %.*s%s%.*s\n", OMB_VIEW_ARGS(level->level), OMB_VIEW_ARGS(level->peer),
               level->words.size ? ": " : "", OMB_VIEW_ARGS(level->words));
    }
    if (list->levels.count == 0)
        puts("ok        there are no links");
    return exit;
}

/* --- link show --- */

static void print_state(struct omb_cli *cli, const struct omb_peer_detail *detail)
{
    const struct omb_peer_view *link = detail->link;

    printf("%.*s  %.*s  %.*s\n", OMB_VIEW_ARGS(link->peer), OMB_VIEW_ARGS(link->direction),
           OMB_VIEW_ARGS(link->state));
    line_when(cli, "since", link->since);
    line("reason", link->reason);
    line("address", detail->address);
    line("fingerprint", detail->fingerprint);
    line_when(cli, "certificate to", detail->certificate_until);
    line("incarnation", link->incarnation);
    line("software", detail->software);
    line_when(cli, "last contact", link->last_contact);
    line_when(cli, "last ack", detail->last_ack);
    line_when(cli, "last progress", detail->last_progress);
    printf("  %-16s %lld ms\n", "clock offset", (long long)link->clock_offset_ms);
    line_count("errors in a row", detail->errors);
    line("last error", link->last_error);
    line_when(cli, "next try", detail->next_try);
}

/* The same link as the office at its other end sees it. */
static void print_there(struct omb_cli *cli, const struct omb_peer_detail *detail)
{
    const struct omb_link_there *there = detail->there;
    char since[OMB_WHEN_SIZE], told[OMB_WHEN_SIZE];

    if (!there) {
        line("seen from there", omb_view_str("not told yet"));
        return;
    }
    omb_when_print(there->since, omb_cli_zone(cli), since);
    omb_when_print(there->told_at, omb_cli_zone(cli), told);
    printf("  seen from there  %.*s since %s%s%.*s, told at %s\n", OMB_VIEW_ARGS(there->state),
           since, there->reason.size ? ": " : "", OMB_VIEW_ARGS(there->reason), told);
    line_count("applied there", there->applied);
}

static void print_flow(const struct omb_peer_detail *detail)
{
    const struct omb_peer_view *link = detail->link;

    line_count("feed head", link->head);
    line_count("sent", link->sent);
    line_count("acked", link->acked);
    printf("  %-16s %llu record%s, %llu bytes", "lag", (unsigned long long)link->lag_records,
           link->lag_records == 1 ? "" : "s", (unsigned long long)link->lag_bytes);
    if (link->lag_records > 0)
        printf(", the oldest written %llu s ago", (unsigned long long)link->oldest_unacked_seconds);
    putchar('\n');
    printf("  %-16s %llu ms median, %llu ms of 99 in 100\n", "latency",
           (unsigned long long)detail->latency_ms_median,
           (unsigned long long)detail->latency_ms_p99);
    line_count("credit bytes", detail->credit_bytes);
    line_count("held of theirs", detail->held);
    if (omb_view_is(link->direction, "down"))
        line_count("gaps", detail->gaps);
    line_count("missing parts", detail->missing_parts);
    line_count("quarantined", link->quarantined);
    line_count("superseded", detail->superseded);
    line_count("refused", link->refused);
    line_count("forks", link->forks);
}

static void print_records(struct omb_cli *cli, const struct omb_peer_detail *detail)
{
    for (size_t i = 0; i < detail->disagreements.count; i++)
        printf("  DISAGREES        %.*s\n", OMB_VIEW_ARGS(detail->disagreements.items[i]));
    for (size_t i = 0; i < detail->witnesses.count; i++) {
        const struct omb_witness_view *witness = &detail->witnesses.items[i];
        char at[OMB_WHEN_SIZE];

        omb_when_print(witness->at, omb_cli_zone(cli), at);
        printf("  witness          %.*s holds the log of %.*s to record %llu, at %s\n",
               OMB_VIEW_ARGS(witness->witness), OMB_VIEW_ARGS(witness->office),
               (unsigned long long)witness->seq, at);
    }
    for (size_t i = 0; i < detail->refused.count; i++) {
        const struct omb_refused_view *refused = &detail->refused.items[i];

        printf("  refused          %.*s%s%.*s\n", OMB_VIEW_ARGS(refused->office),
               refused->office.size ? ": " : "", OMB_VIEW_ARGS(refused->why));
    }
    for (size_t i = 0; i < detail->waiting.count; i++)
        printf("  waits            %.*s\n", OMB_VIEW_ARGS(detail->waiting.items[i]));
}

static void print_steps(struct omb_cli *cli, const struct omb_peer_detail *detail)
{
    for (size_t i = 0; i < detail->history.count; i++) {
        const struct omb_link_step *step = &detail->history.items[i];
        char at[OMB_WHEN_SIZE];

        omb_when_print(step->at, omb_cli_zone(cli), at);
        printf("  %s  %.*s%s%.*s\n", at, OMB_VIEW_ARGS(step->state),
               step->reason.size ? ": " : "", OMB_VIEW_ARGS(step->reason));
    }
}

static enum omb_exit show_link(struct omb_cli *cli)
{
    const struct omb_peer_ask ask = {
        .peer = omb_view_str(cli->args.words[0]),
        .waiting = omb_args_has(&cli->args, OMB_OPT_WAITING),
    };
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_peer_detail *detail = omb_cli_ask(cli, OMB_ASK_LINK_SHOW, &ask, &exit);

    if (!detail)
        return exit;
    if (cli->json || !detail->link) {
        omb_cli_print_json(cli, &omb_shape_peer_detail, detail);
        return OMB_EXIT_DONE;
    }
    print_state(cli, detail);
    print_flow(detail);
    print_there(cli, detail);
    print_records(cli, detail);
    print_steps(cli, detail);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_link_show(struct omb_cli *cli)
{
    return omb_cli_repeat(cli, show_link);
}

/* --- link resync --- */

enum omb_exit omb_run_link_resync(struct omb_cli *cli)
{
    const struct omb_link_resync ask = {.peer = omb_view_str(cli->args.words[0])};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_link_resynced *done = omb_cli_ask(cli, OMB_ASK_LINK_RESYNC, &ask, &exit);

    if (!done)
        return exit;
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_link_resynced, done);
    else
        printf("everything is compared with %.*s again\n", OMB_VIEW_ARGS(done->peer));
    return OMB_EXIT_DONE;
}
