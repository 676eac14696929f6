/*
 * Operators: enrolled with a key made here or elsewhere, given other roles, a new key, or none.
 *
 * A key made here is on disk before the daemon is asked, so that no operator is ever enrolled whose
 * key was lost; when the daemon refuses, the file goes again. Whether a code may be enrolled is the
 * daemon's to say: a key file that stands here may be that of somebody revoked, and is replaced
 * once the new key is taken.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/run.h"
#include "io/officedir.h"

/* Where a new key is written, and where it stands in the end. */
struct key_files {
    char path[4096];
    char made[4096 + 8]; /* path, or beside it while another key stands there */
    bool is_made;        /* false: the key was made elsewhere */
};

static enum omb_rc find_path(struct omb_cli *cli, const char *code, struct key_files *out,
                             struct omb_error *err)
{
    const char *said = omb_args_get(&cli->args, OMB_OPT_KEY_OUT);
    char part[256];

    if (said) {
        if (snprintf(out->path, sizeof(out->path), "%s", said) >= (int)sizeof(out->path))
            return omb_fail(err, OMB_INVALID, NULL, "--key-out is too long");
        return OMB_OK;
    }
    if (!*cli->target.dir)
        return omb_fail(err, OMB_INVALID, NULL,
                        "an office on another machine: say where the new key goes, --key-out FILE");
    /* A code that is none is refused by the daemon; it must not become a path before. */
    if (!omb_text_is_code(omb_view_str(code)))
        return omb_fail(err, OMB_INVALID, "code", "\"%s\" is no code: 1 to %d of a-z, 0-9 and -",
                        code, OMB_CODE_MAX);
    snprintf(part, sizeof(part), "operators/%s.key", code);
    return omb_dir_path(cli->target.dir, part, out->path, sizeof(out->path), err);
}

static enum omb_rc write_key(const char *code, struct key_files *files, bool replaces,
                             uint8_t out_public[OMB_PUBLIC_SIZE], struct omb_error *err)
{
    const bool stands = access(files->path, F_OK) == 0;
    struct omb_keyfile key = {.use = "operator"};
    uint8_t secret[OMB_KEY_SIZE];
    enum omb_rc rc;

    if (stands && !replaces)
        return omb_fail(err, OMB_EXISTS, NULL, "%s is there already", files->path);
    snprintf(files->made, sizeof(files->made), "%s%s", files->path, stands ? ".new" : "");
    if (strlen(code) >= sizeof(key.name))
        return omb_fail(err, OMB_INVALID, "code", "the code is too long");
    memcpy(key.name, code, strlen(code) + 1);
    omb_random(secret, sizeof(secret));
    key.secret = omb_secret_new(secret);
    omb_wipe(secret, sizeof(secret));
    omb_box_public(key.secret, key.public_key);
    memcpy(out_public, key.public_key, OMB_PUBLIC_SIZE);
    rc = omb_key_save(files->made, &key, OMB_VIEW_NONE, err);
    files->is_made = rc == OMB_OK;
    omb_keyfile_free(&key);
    return rc;
}

/* The public key that goes into the request. */
static enum omb_rc make_key(struct omb_cli *cli, const char *code, bool replaces,
                            struct key_files *files, uint8_t out_public[OMB_PUBLIC_SIZE],
                            struct omb_error *err)
{
    const char *elsewhere = omb_args_get(&cli->args, OMB_OPT_PUBLIC_KEY);
    enum omb_rc rc;

    *files = (struct key_files){.is_made = false};
    if (elsewhere)
        return omb_public_key_read(elsewhere, out_public, err);
    rc = find_path(cli, code, files, err);
    return rc == OMB_OK ? write_key(code, files, replaces, out_public, err) : rc;
}

/* `what` says to people what became of the operator. */
static enum omb_exit finish(struct omb_cli *cli, const struct key_files *files, const char *what,
                            const struct omb_operator_done *done, enum omb_exit exit)
{
    if (!done) {
        if (files->is_made)
            unlink(files->made);
        return exit;
    }
    if (files->is_made && strcmp(files->made, files->path) != 0 &&
        rename(files->made, files->path) != 0) {
        fprintf(stderr, "ombud: the new key is in %s: it cannot be moved to %s\n", files->made,
                files->path);
        exit = OMB_EXIT_FAILED;
    }
    if (cli->json)
        omb_cli_print_json(cli, &omb_shape_operator_done, done);
    else
        printf("%.*s %s%s%s\n", OMB_VIEW_ARGS(done->code), what,
               files->is_made ? ", key in " : "", files->is_made ? files->path : "");
    return exit;
}

static const struct omb_operator_done *ask_add(struct omb_cli *cli,
                                               const struct omb_operator_add *ask,
                                               enum omb_exit *out_exit)
{
    const void *answer;
    struct omb_error err;

    if (omb_session_ask(cli->session, OMB_ASK_OPERATOR_ADD, ask, &answer, &err) == OMB_OK)
        return answer;
    if (err.rc == OMB_EXISTS)
        (void)omb_fail(&err, OMB_EXISTS, NULL,
                       "%s: `operator rekey` gives a new key, `operator role` other roles",
                       err.words);
    omb_cli_name_option(cli, &err);
    *out_exit = omb_cli_fail(&err);
    return NULL;
}

enum omb_exit omb_run_operator_add(struct omb_cli *cli)
{
    const char *code = cli->args.words[0];
    const struct omb_fill fill = omb_cli_fill(cli);
    enum omb_exit exit = OMB_EXIT_DONE;
    uint8_t key[OMB_PUBLIC_SIZE];
    struct key_files files;
    struct omb_error err;
    const struct omb_operator_done *done;
    const struct omb_operator_add ask = {
        .code = omb_view_str(code),
        .name = omb_view_str(omb_args_get(&cli->args, OMB_OPT_PERSON_NAME)),
        .roles = omb_fill_split(fill.arena,
                                omb_view_str(omb_args_get(&cli->args, OMB_OPT_ROLES))),
        .title = omb_view_str(omb_args_get(&cli->args, OMB_OPT_TITLE)),
        .public_key = omb_view(key, sizeof(key)),
    };

    if (make_key(cli, code, !omb_args_has(&cli->args, OMB_OPT_KEY_OUT), &files, key, &err) !=
        OMB_OK)
        return omb_cli_fail(&err);
    done = ask_add(cli, &ask, &exit);
    return finish(cli, &files, "is enrolled", done, exit);
}

static enum omb_exit change(struct omb_cli *cli, const struct omb_operator_change *ask,
                            const struct key_files *files, const char *what)
{
    enum omb_exit exit = OMB_EXIT_DONE;
    const struct omb_operator_done *done =
        omb_cli_ask(cli, OMB_ASK_OPERATOR_CHANGE, ask, &exit);

    return finish(cli, files, what, done, exit);
}

enum omb_exit omb_run_operator_role(struct omb_cli *cli)
{
    const struct key_files none = {.is_made = false};
    const struct omb_operator_change ask = {
        .code = omb_view_str(cli->args.words[0]),
        .roles = omb_fill_split(&cli->arena,
                                omb_view_str(omb_args_get(&cli->args, OMB_OPT_ROLES))),
    };

    return change(cli, &ask, &none, "has other roles");
}

enum omb_exit omb_run_operator_rekey(struct omb_cli *cli)
{
    const char *code = cli->args.words[0];
    uint8_t key[OMB_PUBLIC_SIZE];
    struct key_files files;
    struct omb_error err;
    const struct omb_operator_change ask = {.code = omb_view_str(code),
                                            .public_key = omb_view(key, sizeof(key))};

    if (make_key(cli, code, true, &files, key, &err) != OMB_OK)
        return omb_cli_fail(&err);
    return change(cli, &ask, &files, "has a new key");
}

enum omb_exit omb_run_operator_revoke(struct omb_cli *cli)
{
    const struct key_files none = {.is_made = false};
    const struct omb_operator_change ask = {.code = omb_view_str(cli->args.words[0]),
                                            .revoke = true};

    return change(cli, &ask, &none, "is revoked");
}
