/*
 * Every verb that writes an event of a case: the options become an Act, the daemon judges it.
 */
#include <stdio.h>

#include "cli/run.h"
#include "cli/when.h"
#include "wire/header.h"

/* --- what came of it --- */

static void print_warnings(const struct omb_act_done *done)
{
    for (size_t i = 0; i < done->warnings.count; i++)
        fprintf(stderr, "ombud: warning: %.*s\n", OMB_VIEW_ARGS(done->warnings.items[i]));
}

/* What the client is told: the number, the date of the answer, where to turn (R10, R36). */
static void print_receipt(struct omb_cli *cli, const struct omb_act_done *done)
{
    const struct omb_zone *zone = omb_cli_zone(cli);
    char due[OMB_WHEN_SIZE];

    printf("%.*s\n", OMB_VIEW_ARGS(done->number));
    if (done->answer_by) {
        omb_when_print(done->answer_by, zone, due);
        printf("answer by %s\n", due);
    }
    for (size_t i = 0; i < done->deadlines.count; i++) {
        const struct omb_deadline *deadline = &done->deadlines.items[i];

        omb_when_print(deadline->due, zone, due);
        if (deadline->due)
            printf("  %-16.*s %s%s\n", OMB_VIEW_ARGS(deadline->code), due,
                   deadline->limit ? " limit" : "");
    }
}

static enum omb_exit print_done(struct omb_cli *cli, const struct omb_act_done *done)
{
    print_warnings(done);
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_act_done, done);
    else if (cli->args.verb->event == OMB_EVENT_REGISTERED)
        print_receipt(cli, done);
    else
        printf("%.*s %s, record %.16s\n", OMB_VIEW_ARGS(done->number),
               omb_event_name(cli->args.verb->event),
               done->record.size >= 16 ? (const char *)done->record.data : "");
    return OMB_EXIT_DONE;
}

static enum omb_exit send(struct omb_cli *cli, const struct omb_act *act)
{
    struct omb_error err;
    enum omb_exit exit;
    const void *done;

    /* What no daemon could read is refused with the option, not with the message's field. */
    if (omb_shape_check(&omb_shape_act, act, &err) != OMB_OK) {
        omb_cli_name_option(cli, &err);
        return omb_cli_fail(&err);
    }
    done = omb_cli_ask(cli, OMB_ASK_ACT, act, &exit);
    return done ? print_done(cli, done) : exit;
}

static enum omb_exit fail_filling(const struct omb_cli *cli, struct omb_error *err)
{
    omb_cli_name_option(cli, err);
    return omb_cli_fail_value(err);
}

enum omb_exit omb_run_act(struct omb_cli *cli)
{
    const struct omb_fill fill = omb_cli_fill(cli);
    struct omb_error err;
    struct omb_act act;

    if (omb_fill_act(&fill, &cli->args, cli->args.verb->event, &act, &err) != OMB_OK)
        return fail_filling(cli, &err);
    act.number = omb_view_str(cli->args.words[0]);
    return send(cli, &act);
}

/* --- registering --- */

/* Options of `case new` that say how a case was settled on the spot. */
static bool says_decision(const struct omb_args *args, const struct omb_option **out)
{
    for (size_t i = 0; i < args->verb->options.count; i++) {
        enum omb_opt opt = (enum omb_opt)args->verb->options.items[i];

        if (omb_args_has(args, opt) && opt != OMB_OPT_SETTLED && *omb_options[opt].field &&
            !omb_fill_place(OMB_EVENT_REGISTERED, &omb_options[opt]).root) {
            *out = &omb_options[opt];
            return true;
        }
    }
    return false;
}

/* Registered, resolved, answered and closed in one batch, or not at all (R9, R25, R55). */
static enum omb_rc fill_settled(const struct omb_fill *fill, const struct omb_args *args,
                                struct omb_act *act, struct omb_error *err)
{
    static const uint32_t events[] = {OMB_EVENT_RESOLVED, OMB_EVENT_ANSWERED, OMB_EVENT_CLOSED};
    enum { COUNT = sizeof(events) / sizeof(events[0]) };
    struct omb_act *then = OMB_ARENA_NEW(fill->arena, struct omb_act, COUNT);

    for (size_t i = 0; i < COUNT; i++) {
        enum omb_rc rc = omb_fill_act(fill, args, events[i], &then[i], err);

        if (rc != OMB_OK)
            return rc;
    }
    /* The client stands there: told in person, and heard only where it is said. */
    if (!omb_args_has(args, OMB_OPT_METHOD))
        ((struct omb_answered *)(uintptr_t)then[1].facts->event.value)->method =
            OMB_VIEW_LIT("in-person");
    if (!omb_args_has(args, OMB_OPT_ACCEPTS))
        ((struct omb_closed *)(uintptr_t)then[2].facts->event.value)->accepts =
            OMB_VIEW_LIT("unknown");
    act->then = (struct omb_act_list){then, COUNT};
    return OMB_OK;
}

enum omb_exit omb_run_case_new(struct omb_cli *cli)
{
    const struct omb_fill fill = omb_cli_fill(cli);
    const struct omb_option *decision;
    struct omb_error err;
    struct omb_act act;

    if (!omb_args_has(&cli->args, OMB_OPT_SETTLED) && says_decision(&cli->args, &decision)) {
        (void)omb_fail(&err, OMB_INVALID, NULL, "--%s needs --settled", decision->name);
        return omb_cli_fail_value(&err);
    }
    if (omb_fill_act(&fill, &cli->args, OMB_EVENT_REGISTERED, &act, &err) != OMB_OK)
        return fail_filling(cli, &err);
    if (omb_args_has(&cli->args, OMB_OPT_SETTLED) &&
        fill_settled(&fill, &cli->args, &act, &err) != OMB_OK)
        return fail_filling(cli, &err);
    return send(cli, &act);
}
