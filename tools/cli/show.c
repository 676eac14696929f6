/*
 * One case: as a page, and as the table of its events.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/civil.h"
#include "cli/run.h"
#include "cli/when.h"

/* --- lines of the page --- */

static void line(const char *label, struct omb_view value)
{
    if (value.size == 0)
        return;
    printf("  %-14s ", label);
    omb_text_print(stdout, value);
    putchar('\n');
}

static void line_when(struct omb_cli *cli, const char *label, int64_t ms)
{
    char text[OMB_WHEN_SIZE];

    if (ms == 0)
        return;
    omb_when_print(ms, omb_cli_zone(cli), text);
    line(label, omb_view_str(text));
}

static void line_list(const char *label, struct omb_views codes)
{
    struct omb_buf text = OMB_BUF_INIT;

    for (size_t i = 0; i < codes.count; i++)
        omb_buf_printf(&text, "%s%.*s", i ? ", " : "", OMB_VIEW_ARGS(codes.items[i]));
    line(label, omb_buf_view(&text));
    omb_buf_free(&text);
}

/* A text of several lines, each set in. */
static void paragraph(const char *indent, struct omb_view text)
{
    for (size_t from = 0; from < text.size;) {
        size_t end = from;

        while (end < text.size && text.data[end] != '\n')
            end++;
        fputs(indent, stdout);
        omb_text_print(stdout, omb_view(text.data + from, end - from));
        putchar('\n');
        from = end + 1;
    }
}

static void section(const char *title, struct omb_view text)
{
    if (text.size == 0)
        return;
    printf("\n%s\n", title);
    paragraph("  ", text);
}

/* --- the page --- */

static void print_matter(struct omb_cli *cli, const struct omb_case_view *view)
{
    char score[24];

    line("kind", view->kind);
    line("about", view->about);
    line("channel", view->channel);
    line("product", view->product);
    line("issue", view->issue);
    line("severity", view->severity);
    line("segment", view->segment);
    line("wish", view->wish);
    line("home", view->home);
    line("custodian", view->custodian);
    line("first asked", view->first_asked);
    line("responsible", view->responsible);
    line_list("reply by", view->reply_methods);
    line("reference", view->reference);
    line("pseudonym", view->pseudonym);
    line_when(cli, "received", view->received_at);
    line_when(cli, "registered", view->registered_at);
    line_when(cli, "resolved", view->resolved_at);
    line_when(cli, "answered", view->answered_at);
    line_when(cli, "closed", view->closed_at);
    if (view->score) {
        snprintf(score, sizeof(score), "%u", view->score);
        line("score", omb_view_str(score));
    }
    line_list("flags", view->flags);
    line("formerly", view->formerly);
    line_list("see also", view->namesakes); /* a lost copy of the office gave them this number */
}

/* The event of this kind that took effect last, or of them the one that is this record. */
static const struct omb_event_view *find_event(const struct omb_case_view *view, uint32_t tag,
                                               struct omb_view record)
{
    const struct omb_event_view *found = NULL;

    for (size_t i = 0; i < view->events.count; i++) {
        const struct omb_event_view *event = &view->events.items[i];

        if (event->effect && event->facts && (tag == 0 || event->facts->event.tag == tag) &&
            (record.size == 0 || omb_view_equal(event->digest, record)))
            found = event;
    }
    return found;
}

/* Why a deadline has moved, and how the client was told of it. */
static void print_extension(struct omb_cli *cli, const struct omb_case_view *view,
                            struct omb_view limit)
{
    const struct omb_extended *extended = NULL;
    char told[OMB_WHEN_SIZE];

    for (size_t i = 0; i < view->events.count; i++) {
        const struct omb_event_view *event = &view->events.items[i];

        if (event->effect && event->facts && event->facts->event.tag == OMB_EVENT_EXTENDED &&
            omb_view_equal(OMB_AS(extended, event->facts->event)->limit, limit))
            extended = OMB_AS(extended, event->facts->event);
    }
    if (!extended)
        return;
    omb_when_print(extended->at, omb_cli_zone(cli), told);
    printf("  %-14s on the ground %.*s; the client was told %s%s%.*s\n", "",
           OMB_VIEW_ARGS(extended->ground), told, extended->method.size ? " by " : "",
           OMB_VIEW_ARGS(extended->method));
}

static void print_deadlines(struct omb_cli *cli, const struct omb_case_view *view)
{
    char due[OMB_WHEN_SIZE];

    if (view->deadlines.count)
        puts("\ndeadlines");
    for (size_t i = 0; i < view->deadlines.count; i++) {
        const struct omb_deadline_view *deadline = &view->deadlines.items[i];

        omb_when_print(deadline->due, omb_cli_zone(cli), due);
        printf("  %-14.*s %s%s%s%s%s\n", OMB_VIEW_ARGS(deadline->name),
               deadline->due ? due : "no date yet", deadline->limit ? " limit" : "",
               deadline->extended ? " extended" : "", deadline->met ? " met" : "",
               deadline->breached ? " BREACHED" : "");
        if (deadline->extended)
            print_extension(cli, view, deadline->name);
    }
}

/* "@ho" behind a code that the event names, as behind its actor's; "" of this office. */
static struct omb_view at_office(const struct omb_event_view *event)
{
    const struct omb_view actor = event->actor;
    size_t at = 0;

    while (at < actor.size && actor.data[at] != '@')
        at++;
    return omb_view(actor.data + at, actor.size - at);
}

/* Against its happening again (R44). */
static void print_prevention(struct omb_cli *cli, const struct omb_event_view *decision)
{
    const struct omb_resolved *resolved = OMB_AS(resolved, decision->facts->event);
    const struct omb_view place = at_office(decision);
    struct omb_buf text = OMB_BUF_INIT;
    char due[OMB_WHEN_SIZE];

    omb_when_print(resolved->prevent_due, omb_cli_zone(cli), due);
    omb_buf_add_view(&text, resolved->prevent);
    if (resolved->prevent_owner.size)
        omb_buf_printf(&text, ", %.*s%.*s sees to it", OMB_VIEW_ARGS(resolved->prevent_owner),
                       OMB_VIEW_ARGS(place));
    if (*due)
        omb_buf_printf(&text, " by %s", due);
    line("prevention", omb_buf_view(&text));
    omb_buf_free(&text);
}

static void print_decision(struct omb_cli *cli, const struct omb_case_view *view)
{
    const struct omb_event_view *event = find_event(view, OMB_EVENT_RESOLVED, OMB_VIEW_NONE);
    const struct omb_resolved *resolved = event ? OMB_AS(resolved, event->facts->event) : NULL;
    char redress[OMB_MONEY_SIZE];

    if (view->outcome.size == 0)
        return;
    puts("\ndecision");
    line("outcome", view->outcome);
    line("cause", view->cause);
    line("bank error", view->bank_error);
    if (!resolved)
        return;
    line_list("remedies", resolved->remedies);
    if (resolved->redress_minor) {
        omb_money_print(resolved->redress_minor, resolved->currency, redress);
        line("redress", omb_view_str(redress));
    }
    print_prevention(cli, event);
}

static void print_sealed(struct omb_cli *cli, const struct omb_case_view *view)
{
    char since[OMB_WHEN_SIZE];

    if (view->key_lost) {
        puts("  sealed: this office lost the key to its own case, the bank has it: stop the daemon "
             "and say `office recover`");
        return;
    }
    if (view->key_asked_of.size == 0) {
        puts("  sealed: this office holds no key to the case");
        return;
    }
    omb_when_print(view->key_asked_at, omb_cli_zone(cli), since);
    printf("  sealed, key asked of %.*s since %s\n", OMB_VIEW_ARGS(view->key_asked_of), since);
}

static void print_client(struct omb_cli *cli, const struct omb_case_view *view)
{
    const struct omb_client_view *client = view->client;

    puts("\nclient");
    if (view->erased)
        puts("  erased");
    else if (view->withheld.size)
        printf("  withheld: %.*s\n", OMB_VIEW_ARGS(view->withheld));
    else if (view->sealed)
        print_sealed(cli, view);
    else if (view->anonymous)
        puts("  anonymous");
    else if (!client)
        puts("  not for this operator");
    else if (client->name.size + client->phone.size + client->email.size + client->address.size +
                 client->account.size == 0)
        puts("  not named");
    if (!client)
        return;
    line("name", client->name);
    line("phone", client->phone);
    line("email", client->email);
    line("address", client->address);
    line("account", client->account);
}

static void print_promises(struct omb_cli *cli, const struct omb_case_view *view)
{
    char due[OMB_WHEN_SIZE];

    if (view->promises.count)
        puts("\npromises");
    for (size_t i = 0; i < view->promises.count; i++) {
        const struct omb_promise_view *promise = &view->promises.items[i];
        const struct omb_event_view *event = find_event(view, 0, promise->record);

        omb_when_print(promise->due, omb_cli_zone(cli), due);
        printf("  %s to %.*s, %s (%.16s)\n", due, OMB_VIEW_ARGS(promise->to),
               promise->kept     ? "kept"
               : promise->broken ? "BROKEN"
                                 : "open",
               promise->record.size >= 16 ? (const char *)promise->record.data : "");
        if (event)
            paragraph("    ", event->text);
    }
}

/* Times among what was corrected come as programs write them. */
static struct omb_view old_value(struct omb_cli *cli, const struct omb_corrected_value *old,
                                 char text[OMB_WHEN_SIZE])
{
    const struct omb_shape_field *field = omb_shape_field(&omb_shape_matter, old->field);
    int64_t ms;
    bool local;

    if (!field || field->kind != OMB_KIND_when ||
        omb_rfc3339_parse(old->value, &ms, &local) != OMB_OK || local)
        return old->value;
    omb_when_print(ms, omb_cli_zone(cli), text);
    return omb_view_str(text);
}

static void print_corrected(struct omb_cli *cli, const struct omb_case_view *view)
{
    if (view->corrected.count)
        puts("\ncorrected");
    for (size_t i = 0; i < view->corrected.count; i++) {
        const struct omb_corrected_value *old = &view->corrected.items[i];
        char until[OMB_WHEN_SIZE], time[OMB_WHEN_SIZE];
        struct omb_view value = old_value(cli, old, time);

        omb_when_print(old->at, omb_cli_zone(cli), until);
        printf("  %.*s was \"", OMB_VIEW_ARGS(old->field));
        omb_text_print(stdout, value);
        printf("\" until %s (%.*s)\n", until, OMB_VIEW_ARGS(old->by));
    }
}

static void print_links(const struct omb_case_view *view)
{
    if (view->links.count)
        puts("\nlinks");
    for (size_t i = 0; i < view->links.count; i++)
        printf("  %.*s %.*s\n", OMB_VIEW_ARGS(view->links.items[i].relation),
               OMB_VIEW_ARGS(view->links.items[i].other));
}

/* People read events as they came; the daemon's order is the one in which they take effect. */
static int by_time(const void *a, const void *b)
{
    const struct omb_event_view *const *x = a, *const *y = b;

    if ((*x)->at != (*y)->at)
        return (*x)->at < (*y)->at ? -1 : 1;
    if (omb_view_equal((*x)->office, (*y)->office) && (*x)->seq != (*y)->seq)
        return (*x)->seq < (*y)->seq ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static const struct omb_event_view **sorted_events(struct omb_cli *cli,
                                                   const struct omb_event_view_list *events)
{
    const struct omb_event_view **sorted =
        OMB_ARENA_NEW(&cli->arena, const struct omb_event_view *, events->count + 1);

    for (size_t i = 0; i < events->count; i++)
        sorted[i] = &events->items[i];
    if (events->count)
        qsort(sorted, events->count, sizeof(*sorted), by_time);
    return sorted;
}

/* Why it was done, as a code: it is seen where the words are sealed. */
static struct omb_view ground_of(const struct omb_event_view *event)
{
    const struct omb_any *any = event->facts ? &event->facts->event : NULL;
    const struct omb_alternative *row =
        any && any->value ? omb_shape_alternative(&omb_shape_facts, any->tag) : NULL;
    const struct omb_shape_field *field =
        row ? omb_shape_field(row->shape, OMB_VIEW_LIT("ground")) : NULL;

    return field ? *(const struct omb_view *)omb_shape_at(field, any->value) : OMB_VIEW_NONE;
}

static void print_events(struct omb_cli *cli, const struct omb_case_view *view)
{
    const struct omb_event_view **sorted = sorted_events(cli, &view->events);
    char at[OMB_WHEN_SIZE];

    puts("\nevents");
    for (size_t i = 0; i < view->events.count; i++) {
        const struct omb_event_view *event = sorted[i];
        const struct omb_view ground = ground_of(event);

        omb_when_print(event->at, omb_cli_zone(cli), at);
        printf("  %s  %-16.*s %.*s", at, OMB_VIEW_ARGS(event->type), OMB_VIEW_ARGS(event->actor));
        if (ground.size)
            printf("  on the ground %.*s", OMB_VIEW_ARGS(ground));
        if (!event->effect)
            printf("  (no effect: %.*s)", OMB_VIEW_ARGS(event->why));
        putchar('\n');
        paragraph("                      ", event->text);
    }
}

static void print_page(struct omb_cli *cli, const struct omb_case_view *view)
{
    printf("%.*s  %.*s%s%s\n", OMB_VIEW_ARGS(view->number), OMB_VIEW_ARGS(view->status),
           view->confidential ? "  confidential" : "", view->vulnerable ? "  vulnerable" : "");
    print_matter(cli, view);
    print_deadlines(cli, view);
    print_client(cli, view);
    section("what happened", view->narrative);
    print_decision(cli, view);
    section("answer", view->answer);
    print_promises(cli, view);
    print_links(view);
    print_corrected(cli, view);
    print_events(cli, view);
}

enum omb_exit omb_run_case_show(struct omb_cli *cli)
{
    const struct omb_case_ask ask = {.number = omb_view_str(cli->args.words[0])};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const void *answer = omb_cli_ask(cli, OMB_ASK_CASE_SHOW, &ask, &exit);

    if (!answer)
        return exit;
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_case_view, answer);
    else
        print_page(cli, answer);
    return OMB_EXIT_DONE;
}

/* --- the history --- */

static void print_history(struct omb_cli *cli, const struct omb_history *history, bool verify)
{
    const struct omb_event_view **sorted = sorted_events(cli, &history->events);
    struct omb_table table;

    omb_table_init(&table);
    omb_table_column(&table, "at", false);
    omb_table_keep_whole(&table);
    omb_table_column(&table, "event", false);
    omb_table_column(&table, "by", false);
    omb_table_column(&table, "office", false);
    omb_table_may_leave(&table, 1);
    omb_table_column(&table, "seq", true);
    omb_table_column(&table, "effect", false);
    omb_table_column(&table, "record", false);
    omb_table_keep_whole(&table);
    if (verify)
        omb_table_column(&table, "proof", false);
    for (size_t i = 0; i < history->events.count; i++) {
        const struct omb_event_view *event = sorted[i];

        omb_cli_cell_when(cli, &table, event->at);
        omb_table_text(&table, event->type);
        omb_table_text(&table, event->actor);
        omb_table_text(&table, event->office);
        omb_table_printf(&table, "%llu", (unsigned long long)event->seq);
        omb_table_printf(&table, "%s%.*s", event->effect ? "yes" : "no: ",
                         event->effect ? 0 : (int)event->why.size,
                         event->why.size ? (const char *)event->why.data : "");
        omb_table_printf(&table, "%.16s",
                         event->digest.size >= 16 ? (const char *)event->digest.data : "");
        if (verify)
            omb_table_text(&table, event->proof);
    }
    omb_cli_print_table(&table);
    omb_table_free(&table);
    if (verify)
        printf("\nverified: %llu\n", (unsigned long long)history->verified);
    for (size_t i = 0; i < history->problems.count; i++)
        printf("PROBLEM: %.*s\n", OMB_VIEW_ARGS(history->problems.items[i]));
}

enum omb_exit omb_run_case_history(struct omb_cli *cli)
{
    const bool verify = omb_args_has(&cli->args, OMB_OPT_VERIFY);
    const struct omb_history_ask ask = {.number = omb_view_str(cli->args.words[0]),
                                        .verify = verify};
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_history *history = omb_cli_ask(cli, OMB_ASK_CASE_HISTORY, &ask, &exit);

    if (!history)
        return exit;
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_history, history);
    else
        print_history(cli, history, verify);
    return history->problems.count ? OMB_EXIT_FAILED : OMB_EXIT_DONE;
}
