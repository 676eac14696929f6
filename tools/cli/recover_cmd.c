/*
 * `office recover`: an office whose disk is gone, from what its parent holds and the bank's
 * recovery key (design: records, Parts).
 *
 *   1. `office init` on the new machine, and `office recover --certificates EXPORT`: the transport
 *      and sealing secrets come out of the escrow in the office's own log, as the parent exported
 *      it, so that children and grants find the office they know. The signing key is new. Whose
 *      these secrets are the certificates of the export say, which must lead to the bank's anchor:
 *      the one said with --anchor, or that is pinned here, or that lies beside the recovery key.
 *   2. `office request`, `office certify` at the parent, `office join`; the daemon's link brings
 *      the log home.
 *   3. `office recover` again, with the daemon down: bodies can be read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escrowed.h"
#include "cli/join.h"
#include "cli/run.h"

enum { PAGE = 1000 };

/* --- the keys of a new directory --- */

static enum omb_rc read_export(const char *path, struct omb_escrowed *found, struct omb_error *err)
{
    FILE *file = fopen(path, "re");
    enum omb_rc rc;

    if (!file)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "%s: there is no such file to be read", path);
    rc = omb_escrowed_read(file, found, err);
    (void)fclose(file);
    return rc;
}

/* `offline/anchor.key` lies beside `offline/recovery.key`, as `office init --root` made them. */
static enum omb_rc path_beside(const char *recovery, const char *name, char *out, size_t size,
                               struct omb_error *err)
{
    const char *slash = strrchr(recovery, '/');
    const int length = slash ? (int)(slash - recovery) + 1 : 0;

    if ((size_t)snprintf(out, size, "%.*s%s", length, recovery, name) >= size)
        return omb_fail(err, OMB_LIMIT, NULL, "the path of the recovery key is too long");
    return OMB_OK;
}

/* The bank's anchor, if it is at hand; *out is NULL when not. */
static enum omb_rc find_anchor(struct omb_cli *cli, const uint8_t **out, struct omb_error *err)
{
    const char *recovery = omb_args_get(&cli->args, OMB_OPT_RECOVERY_KEY);
    uint8_t *anchor = OMB_ARENA_NEW(&cli->arena, uint8_t, OMB_PUBLIC_SIZE);
    char path[4096];
    enum omb_rc rc = omb_cli_anchor_said(cli, out, err);

    if (rc != OMB_OK || *out)
        return rc;
    rc = omb_dir_path(cli->target.dir, "keys/anchor.pub", path, sizeof(path), err);
    if (rc == OMB_OK && access(path, F_OK) != 0)
        rc = path_beside(recovery, "anchor.key", path, sizeof(path), err);
    if (rc != OMB_OK || access(path, F_OK) != 0)
        return rc;
    rc = omb_public_key_read(path, anchor, err);
    if (rc == OMB_OK)
        *out = anchor;
    return rc;
}

static enum omb_rc check_chain(struct omb_cli *cli, const struct omb_escrowed *found,
                               char out_print[40], bool *out_known, struct omb_error *err)
{
    uint8_t to[OMB_PUBLIC_SIZE];
    const uint8_t *anchor;
    enum omb_rc rc = find_anchor(cli, &anchor, err);

    if (rc == OMB_OK)
        rc = omb_escrowed_check(found, anchor, to, err);
    if (rc != OMB_OK)
        return rc;
    omb_fingerprint(to, out_print);
    *out_known = anchor != NULL;
    return OMB_OK;
}

static enum omb_rc check_secret(const struct omb_secret *secret, struct omb_view certified,
                                const char *what, struct omb_error *err)
{
    uint8_t public_key[OMB_PUBLIC_SIZE];

    if (!secret)
        return omb_fail(err, OMB_NOT_FOUND, NULL,
                        "the export holds no escrowed %s secret: it must begin with the log's "
                        "first record",
                        what);
    omb_box_public(secret, public_key);
    if (!omb_view_equal(OMB_VIEW_OF(public_key), certified))
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the escrowed %s secret is not of the office's newest certificate: the "
                        "export ends before its keys changed",
                        what);
    return OMB_OK;
}

static enum omb_rc check_found(const struct omb_escrowed *found, struct omb_error *err)
{
    const struct omb_certificate *newest = &found->newest.inner;
    enum omb_rc rc;

    if (!found->has_certificate)
        return omb_fail(err, OMB_NOT_FOUND, NULL,
                        "the export holds no certificate of %.*s: make it with `ombud log export "
                        "%.*s --certificates`",
                        OMB_VIEW_ARGS(found->code), OMB_VIEW_ARGS(found->code));
    if (found->opened == 0 && found->unopened > 0)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "the recovery key opens none of the %llu escrow keys of the export: it is "
                        "of another bank, or another office's log",
                        (unsigned long long)found->unopened);
    rc = check_secret(found->transport, newest->transport_key, "transport", err);
    return rc == OMB_OK ? check_secret(found->sealing, newest->sealing_key, "sealing", err) : rc;
}

static enum omb_rc save_key(const char *dir, const char *part, const char *use,
                            const struct omb_escrowed *found, struct omb_secret *secret, bool whole,
                            struct omb_view passphrase, struct omb_error *err)
{
    struct omb_keyfile key = {.secret = whole ? secret : NULL};
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, part, path, sizeof(path), err);

    snprintf(key.use, sizeof(key.use), "%s", use);
    snprintf(key.name, sizeof(key.name), "%.*s", OMB_VIEW_ARGS(found->code));
    omb_box_public(secret, key.public_key);
    return rc == OMB_OK ? omb_key_save(path, &key, whole ? passphrase : OMB_VIEW_NONE, err) : rc;
}

/* Who stole the old transport key would be let in again with it. */
static enum omb_rc keep_new_transport(const char *dir, const struct omb_escrowed *found,
                                      struct omb_error *err)
{
    uint8_t here[OMB_PUBLIC_SIZE], old[OMB_PUBLIC_SIZE];
    char path[4096];
    enum omb_rc rc = omb_dir_path(dir, "keys/transport.pub", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_public_key_read(path, here, err);
    omb_box_public(found->transport, old);
    if (rc == OMB_OK && memcmp(here, old, sizeof(old)) == 0)
        rc = omb_fail(err, OMB_REFUSED, NULL,
                      "the transport key here is the old one already: begin again in an empty "
                      "folder, with `office init`");
    return rc;
}

static enum omb_rc save_transport(const char *dir, const struct omb_escrowed *found,
                                  struct omb_view passphrase, struct omb_error *err)
{
    enum omb_rc rc = save_key(dir, "keys/transport.key", "transport", found, found->transport, true,
                              passphrase, err);

    if (rc == OMB_OK)
        rc = save_key(dir, "keys/transport.pub", "transport", found, found->transport, false,
                      OMB_VIEW_NONE, err);
    return rc;
}

static enum omb_rc save_keys(const char *dir, const struct omb_escrowed *found, bool new_transport,
                             const struct omb_config *config, struct omb_error *err)
{
    struct omb_buf passphrase = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_buf_reserve(&passphrase, OMB_PASSPHRASE_MAX);
    rc = omb_passphrase_load(config->passphrase_file, &passphrase, err);
    if (rc == OMB_OK)
        rc = new_transport ? keep_new_transport(dir, found, err)
                           : save_transport(dir, found, omb_buf_view(&passphrase), err);
    if (rc == OMB_OK)
        rc = save_key(dir, "keys/sealing.key", "sealing", found, found->sealing, true,
                      omb_buf_view(&passphrase), err);
    omb_buf_wipe(&passphrase);
    return rc;
}

static enum omb_rc wish_again(const char *dir, const struct omb_wished *wished,
                              const struct omb_escrowed *found, struct omb_error *err)
{
    struct omb_wished again = *wished;

    again.previous = found->newest.digest;
    again.life = found->life;
    return omb_join_wish_again(dir, &again, err);
}

static enum omb_rc take_keys(struct omb_cli *cli, const struct omb_keyfile *recovery,
                             const char *path, struct omb_error *err)
{
    const bool new_transport = omb_args_has(&cli->args, OMB_OPT_NEW_TRANSPORT);
    struct omb_escrowed found = {.arena = &cli->arena, .recovery = recovery};
    struct omb_wished wished;
    struct omb_config config;
    char conf[4096], print[40];
    bool known = false;
    enum omb_rc rc = omb_dir_path(cli->target.dir, "ombud.conf", conf, sizeof(conf), err);

    if (rc == OMB_OK)
        rc = omb_config_read(conf, &config, err);
    if (rc == OMB_OK)
        rc = omb_join_wished(cli->target.dir, &wished, err);
    if (rc == OMB_OK) {
        found.code = omb_view_str(config.code);
        rc = read_export(path, &found, err);
    }
    if (rc == OMB_OK)
        rc = check_found(&found, err);
    if (rc == OMB_OK)
        rc = check_chain(cli, &found, print, &known, err);
    if (rc == OMB_OK)
        rc = save_keys(cli->target.dir, &found, new_transport, &config, err);
    if (rc == OMB_OK)
        rc = wish_again(cli->target.dir, &wished, &found, err);
    omb_escrowed_free(&found);
    if (rc == OMB_OK && cli->json)
        omb_json_print(json_pack("{s:s, s:s, s:s, s:b}", "recovered", "keys", "next",
                                 "office request", "anchor", print, "anchor_known", (int)known),
                       cli->json_lines);
    else if (rc == OMB_OK)
        printf("%s has its %s again; its %s new.\n  anchor         %s%s\n"
               "Next: `office request` here, `office certify` at the office above, `office join`; "
               "start the daemon,\nand when its link is live stop it and say `office recover` "
               "once more.\n",
               config.code, new_transport ? "sealing key" : "transport and sealing keys",
               new_transport ? "transport and signing keys are" : "signing key is", print,
               known ? "" : "   compare it with the bank's: none was at hand (--anchor)");
    return rc;
}

/* --- the log that came home --- */

static enum omb_rc take_pages(struct omb_cli *cli, const struct omb_keyfile *recovery,
                              struct omb_office_recovered *sum, struct omb_error *err)
{
    struct omb_office_recover ask = {
        .secret = omb_view(omb_secret_bytes(recovery->secret), OMB_KEY_SIZE), .limit = PAGE};
    const void *answer;
    enum omb_rc rc;

    do {
        const struct omb_office_recovered *page;

        rc = omb_session_ask(cli->session, OMB_ASK_OFFICE_RECOVER, &ask, &answer, err);
        if (rc != OMB_OK)
            break;
        page = answer;
        sum->records += page->records;
        sum->escrow_keys += page->escrow_keys;
        sum->case_keys += page->case_keys;
        sum->without_key += page->without_key;
        sum->erased += page->erased;
        ask.cursor = omb_arena_copy(&cli->arena, page->cursor);
        omb_cli_progress("%llu records", (unsigned long long)sum->records);
    } while (ask.cursor.size > 0);
    omb_cli_progress_end();
    return rc;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_taken(const struct omb_office_recovered *sum)
{
    printf("%llu record%s of the office's own log, %llu escrow key%s and %llu case key%s taken "
           "again",
           (unsigned long long)sum->records, plural(sum->records),
           (unsigned long long)sum->escrow_keys, plural(sum->escrow_keys),
           (unsigned long long)sum->case_keys, plural(sum->case_keys));
    if (sum->erased > 0)
        printf("; %llu case%s erased", (unsigned long long)sum->erased, plural(sum->erased));
    printf("; %llu registration%s without a key\n", (unsigned long long)sum->without_key,
           plural(sum->without_key));
}

static enum omb_rc take_log(struct omb_cli *cli, const struct omb_keyfile *recovery,
                            struct omb_error *err)
{
    struct omb_office_recovered sum = {.records = 0};
    enum omb_rc rc = omb_session_open(&cli->target, OMB_REACH_OFFICE, &cli->session, err);

    if (rc == OMB_OK && !omb_session_driver(cli->session))
        rc = omb_fail(err, OMB_REFUSED, NULL,
                      "the recovery key is not sent to a daemon: stop it first");
    if (rc == OMB_OK)
        rc = take_pages(cli, recovery, &sum, err);
    if (rc == OMB_OK && cli->json)
        omb_cli_print_json(cli, &omb_shape_office_recovered, &sum);
    else if (rc == OMB_OK)
        print_taken(&sum);
    if (cli->session)
        omb_session_close(cli->session);
    cli->session = NULL;
    return rc;
}

/* --- the verb --- */

enum omb_rc omb_cli_load_recovery(const char *path, const char *passphrase_file,
                                  struct omb_keyfile *out, struct omb_error *err)
{
    struct omb_buf passphrase = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_buf_reserve(&passphrase, OMB_PASSPHRASE_MAX);
    rc = omb_passphrase_load(passphrase_file, &passphrase, err);
    if (rc == OMB_OK)
        rc = omb_key_load(path, omb_buf_view(&passphrase), out, err);
    omb_buf_wipe(&passphrase);
    if (rc == OMB_OK && (strcmp(out->use, "recovery") != 0 || !out->secret))
        rc = omb_fail(err, OMB_INVALID, NULL,
                      "the key file is of use `%s`, not `recovery`: the bank keeps that one "
                      "offline",
                      out->use);
    return rc;
}

enum omb_exit omb_run_office_recover(struct omb_cli *cli)
{
    const char *export = omb_args_get(&cli->args, OMB_OPT_CERTIFICATE_FILE);
    struct omb_keyfile recovery = {.secret = NULL};
    struct omb_error err = {0};
    bool first = false;
    enum omb_rc rc = omb_target_find(&cli->args, &cli->target, &err);

    if (rc == OMB_OK && !*cli->target.dir)
        rc = omb_fail(&err, OMB_INVALID, NULL, "this works on the office's own directory: -C DIR");
    if (rc == OMB_OK && !omb_args_has(&cli->args, OMB_OPT_RECOVERY_KEY))
        rc = omb_fail(&err, OMB_MISSING, NULL, "say the bank's recovery key: --recovery-key FILE");
    if (rc == OMB_OK)
        rc = omb_cli_load_recovery(omb_args_get(&cli->args, OMB_OPT_RECOVERY_KEY),
                                   cli->target.passphrase_file, &recovery, &err);
    if (rc == OMB_OK)
        rc = omb_join_is_first(cli->target.dir, &first, &err);
    if (rc == OMB_OK && first && !export)
        rc = omb_fail(&err, OMB_MISSING, NULL,
                      "the office has no store yet: say --certificates FILE, which the office "
                      "above makes with `ombud log export CODE --certificates`");
    if (rc == OMB_OK && !first && omb_args_has(&cli->args, OMB_OPT_NEW_TRANSPORT))
        rc = omb_fail(&err, OMB_INVALID, NULL,
                      "--new-transport is said before the office joins, with --certificates");
    if (rc == OMB_OK)
        rc = first ? take_keys(cli, &recovery, export, &err) : take_log(cli, &recovery, &err);
    omb_keyfile_free(&recovery);
    return rc == OMB_OK ? OMB_EXIT_DONE : omb_cli_fail(&err);
}
