/*
 * Enrolment by files: `office request` at an office, `office certify` at the one above, `office
 * join` at the first again. The files go to standard output, what people compare to standard error.
 * And what the office above decides later: revoke, move, close.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/join.h"
#include "cli/run.h"
#include "io/clock.h"

/* --- files --- */

static enum omb_rc fail_in(const char *name, struct omb_error *err)
{
    return omb_fail_within(err, strcmp(name, "-") == 0 ? "standard input" : name);
}

static enum omb_rc read_text(enum omb_enrol_kind kind, const char *name, struct omb_buf *out,
                             struct omb_error *err)
{
    struct omb_buf text = OMB_BUF_INIT;
    enum omb_rc rc = omb_file_read(strcmp(name, "-") == 0 ? "/dev/stdin" : name,
                                   OMB_ENROL_TEXT_MAX, &text, err);

    if (rc == OMB_OK) {
        rc = omb_enrol_parse(kind, omb_buf_view(&text), out, err);
        if (rc != OMB_OK)
            rc = fail_in(name, err);
    }
    omb_buf_free(&text);
    return rc;
}

/* Looked at here, too: the office that is asked to certify does not know what the file is. */
static enum omb_rc read_request(struct omb_cli *cli, const char *name, struct omb_buf *out,
                                struct omb_error *err)
{
    struct omb_known_request known;
    enum omb_rc rc = read_text(OMB_ENROL_REQUEST, name, out, err);

    if (rc == OMB_OK &&
        omb_enrol_read_request(omb_buf_view(out), &cli->arena, &known, err) != OMB_OK)
        rc = fail_in(name, err);
    return rc;
}

static enum omb_rc read_bundle(struct omb_cli *cli, const char *name, struct omb_buf *bytes,
                               struct omb_known_bundle *out, struct omb_error *err)
{
    enum omb_rc rc = read_text(OMB_ENROL_BUNDLE, name, bytes, err);

    if (rc == OMB_OK && omb_enrol_read_bundle(omb_buf_view(bytes), &cli->arena, out, err) != OMB_OK)
        rc = fail_in(name, err);
    return rc;
}

static void print_file(const struct omb_cli *cli, enum omb_enrol_kind kind, struct omb_view bytes,
                       json_t *object, const char *key)
{
    struct omb_buf text = OMB_BUF_INIT;

    omb_enrol_print(kind, bytes, &text);
    if (cli->json) {
        json_object_set_new(object, key, omb_json_text(omb_buf_view(&text)));
        omb_json_print(object, cli->json_lines);
    } else {
        fwrite(text.data, 1, text.size, stdout);
        json_decref(object);
    }
    omb_buf_free(&text);
}

/* Where these verbs work: on a directory, whatever runs in it. */
static enum omb_rc find_dir(struct omb_cli *cli, struct omb_error *err)
{
    enum omb_rc rc = omb_target_find(&cli->args, &cli->target, err);

    if (rc == OMB_OK && !*cli->target.dir)
        rc = omb_fail(err, OMB_INVALID, NULL, "this works on the office's own directory: -C DIR");
    return rc;
}

/* --- request --- */

struct asking {
    struct omb_office_wish wish;
    struct omb_wished wished;
    struct omb_config config;
    struct omb_office_keys keys;
    uint8_t signing[OMB_PUBLIC_SIZE], sealing[OMB_PUBLIC_SIZE];
};

/* An office that has a certificate asks for the next as what it is. */
static enum omb_rc wish_again(struct omb_cli *cli, struct asking *asking, struct omb_error *err)
{
    const struct omb_office_ask ask = {.code = omb_view_str(asking->config.code)};
    const struct omb_office_view *self;
    const void *answer;
    enum omb_rc rc = omb_session_open(&cli->target, OMB_REACH_OFFICE, &cli->session, err);

    if (rc == OMB_OK)
        rc = omb_session_ask(cli->session, OMB_ASK_OFFICE_SHOW, &ask, &answer, err);
    if (rc == OMB_OK) {
        self = answer;
        asking->wish.name = omb_arena_copy(&cli->arena, self->name);
        asking->wish.kind = omb_arena_copy(&cli->arena, self->kind);
        if (omb_unhex(self->certificate, asking->wish.previous.bytes, OMB_DIGEST_SIZE) != OMB_OK)
            rc = omb_fail(err, OMB_INVALID, NULL, "the office does not say its certificate");
        else if (omb_view_is(self->kind, "head"))
            rc = omb_fail(err, OMB_REFUSED, NULL,
                          "the root office has nobody above: its certificate is the anchor's");
    }
    omb_session_close(cli->session);
    cli->session = NULL;
    return rc;
}

static enum omb_rc fill_wish(struct omb_cli *cli, struct asking *asking, struct omb_error *err)
{
    struct omb_office_wish *wish = &asking->wish;
    char path[4096];
    enum omb_rc rc = omb_dir_path(cli->target.dir, "ombud.conf", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_config_read(path, &asking->config, err);
    if (rc == OMB_OK)
        rc = omb_office_keys_load(cli->target.dir, &asking->config, &asking->keys, err);
    if (rc != OMB_OK)
        return rc;
    omb_signer_public(asking->keys.signer, asking->signing);
    omb_box_public(asking->keys.sealing, asking->sealing);
    wish->version = 1;
    wish->code = omb_view_str(asking->config.code);
    wish->signing_key = OMB_VIEW_OF(asking->signing);
    wish->transport_key = OMB_VIEW_OF(asking->keys.transport_public);
    wish->sealing_key = OMB_VIEW_OF(asking->sealing);
    wish->at = omb_clock_wall_ms();
    rc = omb_join_wished(cli->target.dir, &asking->wished, err);
    if (rc == OMB_NOT_FOUND)
        return wish_again(cli, asking, err);
    if (rc == OMB_OK)
        rc = omb_join_check_advertise(&asking->config, err);
    wish->name = omb_view_str(asking->wished.name);
    wish->kind = omb_view_str(asking->wished.kind);
    wish->previous = asking->wished.previous;
    return rc == OMB_OK ? omb_shape_check(&omb_shape_office_wish, wish, err) : rc;
}

enum omb_exit omb_run_office_request(struct omb_cli *cli)
{
    struct asking asking = {.keys = {.signer = NULL}};
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err;
    char print[40];
    enum omb_rc rc = find_dir(cli, &err);

    if (rc == OMB_OK)
        rc = fill_wish(cli, &asking, &err);
    if (rc == OMB_OK) {
        json_t *object = json_object();

        omb_enrol_ask(&asking.wish, asking.keys.signer, NULL, &bytes);
        omb_fingerprint(asking.signing, print);
        json_object_set_new(object, "code", omb_json_text(asking.wish.code));
        json_object_set_new(object, "fingerprint", omb_json_text(omb_view_str(print)));
        print_file(cli, OMB_ENROL_REQUEST, omb_buf_view(&bytes), object, "request");
        fprintf(stderr, "request of %s, signing key %s\n", asking.config.code, print);
    }
    omb_buf_free(&bytes);
    omb_office_keys_free(&asking.keys);
    return rc == OMB_OK ? OMB_EXIT_DONE : omb_cli_fail(&err);
}

/* --- certify --- */

static bool has_addresses(struct omb_cli *cli, struct omb_view bundle)
{
    struct omb_known_bundle known;

    return omb_enrol_read_bundle(bundle, &cli->arena, &known, NULL) == OMB_OK &&
           known.content.addresses.count > 0;
}

static void tell_issued(struct omb_cli *cli, const struct omb_office_issued *issued)
{
    fprintf(stderr, "certified %.*s, signing key %.*s: compare it with what `office request` said "
                    "there\n",
            OMB_VIEW_ARGS(issued->code), OMB_VIEW_ARGS(issued->fingerprint));
    if (issued->rekeyed)
        fputs("it has another signing key than before, and the old one did not sign: re-keyed\n",
              stderr);
    if (!has_addresses(cli, issued->bundle))
        fputs("the bundle holds no address of this office: say --address, or in ombud.conf [links] "
              "advertise, or a listen that names one host and port\n",
              stderr);
}

static enum omb_exit read_order(struct omb_cli *cli, struct omb_office_certify *out)
{
    const char *addresses = omb_args_get(&cli->args, OMB_OPT_PARENT_ADDRESSES);
    struct omb_error err;
    uint64_t days;

    if (omb_args_number(&cli->args, OMB_OPT_DAYS, 0, &days, &err) != OMB_OK)
        return omb_cli_fail_value(&err);
    if (days == 0 && omb_args_has(&cli->args, OMB_OPT_DAYS)) {
        (void)!omb_fail(&err, OMB_INVALID, "days", "a certificate holds at least one day");
        return omb_cli_fail_value(&err);
    }
    out->days = days > UINT32_MAX ? UINT32_MAX : (uint32_t)days;
    out->service = omb_args_has(&cli->args, OMB_OPT_SERVICE);
    out->fingerprint = omb_view_str(omb_args_get(&cli->args, OMB_OPT_FINGERPRINT));
    if (addresses)
        out->addresses = omb_fill_split(&cli->arena, omb_view_str(addresses));
    for (size_t i = 0; i < out->addresses.count; i++)
        if (omb_endpoint_check(out->addresses.items[i], OMB_ENDPOINT_REACH, &err) != OMB_OK)
            return omb_cli_fail_value(&err);
    return OMB_EXIT_DONE;
}

enum omb_exit omb_run_office_certify(struct omb_cli *cli)
{
    struct omb_office_certify order = {.days = 0};
    const struct omb_office_issued *issued = NULL;
    struct omb_buf request = OMB_BUF_INIT;
    struct omb_error err;
    enum omb_exit exit = read_order(cli, &order);

    if (exit != OMB_EXIT_DONE)
        return exit;
    if (read_request(cli, cli->args.words[0], &request, &err) != OMB_OK) {
        exit = omb_cli_fail(&err);
    } else {
        order.request = omb_buf_view(&request);
        issued = omb_cli_ask(cli, OMB_ASK_OFFICE_CERTIFY, &order, &exit);
    }
    if (issued) {
        json_t *object = json_object();

        json_object_set_new(object, "code", omb_json_text(issued->code));
        json_object_set_new(object, "fingerprint", omb_json_text(issued->fingerprint));
        json_object_set_new(object, "record", omb_json_text(issued->record));
        json_object_set_new(object, "rekeyed", json_boolean(issued->rekeyed));
        print_file(cli, OMB_ENROL_BUNDLE, issued->bundle, object, "bundle");
        tell_issued(cli, issued);
    }
    omb_buf_free(&request);
    return exit;
}

/* --- join --- */

static void tell_joined(struct omb_cli *cli, const struct omb_known_bundle *bundle, bool restart)
{
    const struct omb_certificate *own = &bundle->chain[0].inner;
    const struct omb_certificate *parent = &bundle->chain[1].inner;
    char print[40], anchor[40];

    omb_fingerprint(own->signing_key.data, print);
    omb_fingerprint(bundle->content.anchor.data, anchor);
    if (cli->json) {
        json_t *object = json_object();

        json_object_set_new(object, "code", omb_json_text(own->code));
        json_object_set_new(object, "parent", omb_json_text(parent->code));
        json_object_set_new(object, "fingerprint", omb_json_text(omb_view_str(print)));
        json_object_set_new(object, "anchor", omb_json_text(omb_view_str(anchor)));
        json_object_set_new(object, "restart", json_boolean(restart));
        omb_json_print(object, cli->json_lines);
    } else {
        printf("%.*s has joined below %.*s\n  signing key    %s\n  anchor         %s\n",
               OMB_VIEW_ARGS(own->code), OMB_VIEW_ARGS(parent->code), print, anchor);
    }
    if (bundle->content.addresses.count == 0)
        fputs("the bundle names no address of the office above: say it in ombud.conf, [links] "
              "parent\n",
              stderr);
    if (restart)
        fputs("the address of the office above changed: start the daemon again\n", stderr);
}

/* The office has a certificate: the daemon, or the store, takes the newer one. */
static enum omb_rc join_again(struct omb_cli *cli, struct omb_view bytes,
                              const struct omb_known_bundle *bundle, bool *out_restart,
                              struct omb_error *err)
{
    const struct omb_office_join order = {.bundle = bytes};
    const void *answer;
    bool changed = false;
    enum omb_rc rc = omb_session_open(&cli->target, OMB_REACH_OFFICE, &cli->session, err);

    if (rc == OMB_OK)
        rc = omb_session_ask(cli->session, OMB_ASK_OFFICE_JOIN, &order, &answer, err);
    if (rc == OMB_OK)
        rc = omb_join_parent(cli->target.dir, bundle, &changed, err);
    *out_restart = changed && cli->session && !omb_session_driver(cli->session);
    omb_session_close(cli->session);
    cli->session = NULL;
    return rc;
}

enum omb_exit omb_run_office_join(struct omb_cli *cli)
{
    struct omb_known_bundle bundle;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error err;
    bool first = false, restart = false;
    enum omb_rc rc = find_dir(cli, &err);

    if (rc == OMB_OK)
        rc = read_bundle(cli, cli->args.words[0], &bytes, &bundle, &err);
    if (rc == OMB_OK)
        rc = omb_join_is_first(cli->target.dir, &first, &err);
    if (rc == OMB_OK)
        rc = first ? omb_join_first(cli->target.dir, &bundle, &err)
                   : join_again(cli, omb_buf_view(&bytes), &bundle, &restart, &err);
    if (rc == OMB_OK)
        tell_joined(cli, &bundle, restart);
    omb_buf_free(&bytes);
    return rc == OMB_OK ? OMB_EXIT_DONE : omb_cli_fail(&err);
}

/* --- revoke, move, close --- */

static enum omb_exit change(struct omb_cli *cli, const struct omb_office_change *order)
{
    enum omb_exit exit = OMB_EXIT_FAILED;
    const struct omb_office_changed *done = omb_cli_ask(cli, OMB_ASK_OFFICE_CHANGE, order, &exit);

    if (!done)
        return exit;
    if (cli->json) {
        omb_cli_print_json(cli, &omb_shape_office_changed, done);
        return OMB_EXIT_DONE;
    }
    printf("%.*s  record %.16s\n", OMB_VIEW_ARGS(done->code), (const char *)done->record.data);
    for (size_t i = 0; i < done->notes.count; i++)
        printf("%.*s\n", OMB_VIEW_ARGS(done->notes.items[i]));
    return OMB_EXIT_DONE;
}

static enum omb_exit missing(enum omb_opt opt)
{
    struct omb_error err;

    (void)omb_fail(&err, OMB_MISSING, NULL, "say --%s %s", omb_options[opt].name,
                   omb_options[opt].argument);
    return omb_cli_fail(&err);
}

enum omb_exit omb_run_office_revoke(struct omb_cli *cli)
{
    const struct omb_office_change order = {
        .code = omb_view_str(cli->args.words[0]),
        .revoke = true,
        .ground = omb_view_str(omb_args_get(&cli->args, OMB_OPT_CHANGE_GROUND)),
    };

    return change(cli, &order);
}

enum omb_exit omb_run_office_move(struct omb_cli *cli)
{
    const struct omb_office_change order = {
        .code = omb_view_str(cli->args.words[0]),
        .parent = omb_view_str(omb_args_get(&cli->args, OMB_OPT_NEW_PARENT)),
    };

    return order.parent.size ? change(cli, &order) : missing(OMB_OPT_NEW_PARENT);
}

enum omb_exit omb_run_office_close(struct omb_cli *cli)
{
    const struct omb_office_change order = {
        .code = omb_view_str(cli->args.words[0]),
        .successor = omb_view_str(omb_args_get(&cli->args, OMB_OPT_SUCCESSOR)),
    };

    return order.successor.size ? change(cli, &order) : missing(OMB_OPT_SUCCESSOR);
}
