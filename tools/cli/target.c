#define _GNU_SOURCE
#include "cli/target.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/text.h"
#include "io/officedir.h"

#define DEFAULT_OPERATOR "admin"

enum { KEY_FILE_MAX = 4096 };

static enum omb_rc copy(char *out, size_t size, const char *text, const char *what,
                        struct omb_error *err)
{
    if (strlen(text) >= size)
        return omb_fail(err, OMB_INVALID, NULL, "%s is too long", what);
    memcpy(out, text, strlen(text) + 1);
    return OMB_OK;
}

/* The option, else the variable of the environment; NULL when neither is there. */
static const char *said(const struct omb_args *args, enum omb_opt opt, const char *variable)
{
    const char *value = omb_args_get(args, opt);

    if (!value && variable)
        value = getenv(variable);
    return value && *value ? value : NULL;
}

/* --- ~/.config/ombud/office.conf --- */

struct conf {
    struct omb_target *target;
    const char *path;
    struct omb_error *err;
    enum omb_rc rc;
};

static const struct {
    const char *key;
    size_t offset;
    size_t size;
} conf_keys[] = {
#define CONF(key, member)                                                                          \
    {(key), offsetof(struct omb_target, member), sizeof(((struct omb_target *)0)->member)}
    CONF("connect", endpoint),
    CONF("server-key", server_key),
    CONF("key", key),
    CONF("operator", operator_code),
    CONF("passphrase-file", passphrase_file),
#undef CONF
};

enum { CONF_KEYS = sizeof(conf_keys) / sizeof(conf_keys[0]) };

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
    struct conf *conf = arg;
    struct omb_view known[CONF_KEYS];
    char near[128];

    (void)section;
    if (conf->rc != OMB_OK)
        return 1;
    for (size_t i = 0; i < CONF_KEYS; i++) {
        if (strcmp(conf_keys[i].key, name) == 0) {
            conf->rc = copy((char *)conf->target + conf_keys[i].offset, conf_keys[i].size, value,
                            name, conf->err);
            return 1;
        }
        known[i] = omb_view_str(conf_keys[i].key);
    }
    omb_text_nearest(omb_view_str(name), known, CONF_KEYS, 1, near, sizeof(near));
    conf->rc = omb_fail(conf->err, OMB_INVALID, NULL, "%s: unknown key \"%s\"%s%s%s", conf->path,
                        name, *near ? "; did you mean " : "", near, *near ? "?" : "");
    return 1;
}

/* *out_found: there is such a file. */
static enum omb_rc read_conf(struct omb_target *target, bool *out_found, struct omb_error *err)
{
    const char *home = getenv("HOME");
    char path[4096];
    struct conf conf = {target, path, err, OMB_OK};
    int line;

    *out_found = false;
    if (!home || !*home)
        return OMB_OK;
    if (snprintf(path, sizeof(path), "%s/.config/ombud/office.conf", home) >= (int)sizeof(path) ||
        access(path, F_OK) != 0)
        return OMB_OK;
    line = ini_parse(path, on_key, &conf);
    if (line != 0)
        return omb_fail(err, OMB_INVALID, NULL, line < 0 ? "%s cannot be read"
                                                         : "%s: line %d is no `key = value`",
                        path, line);
    *out_found = true;
    return conf.rc;
}

/* --- the three ways --- */

static enum omb_rc from_directory(const char *dir, struct omb_target *out, struct omb_error *err)
{
    char *absolute = realpath(dir, NULL);
    char part[192];
    enum omb_rc rc;

    if (!absolute)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "%s: there is no such directory", dir);
    rc = copy(out->dir, sizeof(out->dir), absolute, "the directory's path", err);
    free(absolute);
    if (rc != OMB_OK)
        return rc;
    rc = omb_dir_path(out->dir, "ombud.conf", out->server_key, sizeof(out->server_key), err);
    if (rc != OMB_OK)
        return rc;
    if (access(out->server_key, F_OK) != 0)
        return omb_fail(err, OMB_NOT_FOUND, NULL,
                        "%s holds no office: `ombud office init` makes one", out->dir);
    rc = omb_dir_path(out->dir, "keys/transport.pub", out->server_key, sizeof(out->server_key),
                      err);
    if (rc != OMB_OK)
        return rc;
    if (!*out->key) {
        snprintf(part, sizeof(part), "operators/%s.key", out->operator_code);
        rc = omb_dir_path(out->dir, part, out->key, sizeof(out->key), err);
        if (rc != OMB_OK)
            return rc;
    }
    memcpy(out->endpoint, "ipc://", 7);
    return omb_socket_path(out->dir, "run/api.sock", out->endpoint + 6,
                           sizeof(out->endpoint) - 6, err);
}

static enum omb_rc check_remote(const struct omb_target *target, struct omb_error *err)
{
    if (!*target->endpoint)
        return omb_fail(err, OMB_INVALID, NULL,
                        "--connect takes the office's endpoint, tcp://host:port (`connect` in "
                        "office.conf)");
    if (!*target->server_key)
        return omb_fail(err, OMB_INVALID, NULL,
                        "--connect takes --server-key FILE as well: the office's transport.pub");
    if (!*target->key)
        return omb_fail(err, OMB_INVALID, NULL,
                        "--connect takes --key FILE as well: the operator's key");
    return OMB_OK;
}

/* What the line says goes over what the file said. */
static enum omb_rc take_said(const struct omb_args *args, struct omb_target *out,
                             struct omb_error *err)
{
    const struct {
        enum omb_opt opt;
        const char *variable;
        char *to;
        size_t size;
    } values[] = {
        {OMB_OPT_CONNECT, NULL, out->endpoint, sizeof(out->endpoint)},
        {OMB_OPT_SERVER_KEY, NULL, out->server_key, sizeof(out->server_key)},
        {OMB_OPT_KEY, NULL, out->key, sizeof(out->key)},
        {OMB_OPT_AS, "OMBUD_OPERATOR", out->operator_code, sizeof(out->operator_code)},
        {OMB_OPT_PASSPHRASE_FILE, NULL, out->passphrase_file, sizeof(out->passphrase_file)},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *value = said(args, values[i].opt, values[i].variable);
        enum omb_rc rc = OMB_OK;

        if (value)
            rc = copy(values[i].to, values[i].size, value, omb_options[values[i].opt].name, err);
        if (rc != OMB_OK)
            return rc;
    }
    if (!*out->operator_code)
        memcpy(out->operator_code, DEFAULT_OPERATOR, sizeof(DEFAULT_OPERATOR));
    if (!omb_text_is_code(omb_view_str(out->operator_code)))
        return omb_fail(err, OMB_INVALID, NULL, "\"%s\" is no operator's code", out->operator_code);
    return OMB_OK;
}

enum omb_rc omb_target_find(const struct omb_args *args, struct omb_target *out,
                            struct omb_error *err)
{
    const char *dir = said(args, OMB_OPT_DIRECTORY, "OMBUD_DIR");
    bool remote = omb_args_has(args, OMB_OPT_CONNECT);
    enum omb_rc rc;

    *out = (struct omb_target){.accept_loss = omb_args_has(args, OMB_OPT_ACCEPT_LOSS)};
    if (!remote && !dir) {
        rc = read_conf(out, &remote, err);
        if (rc != OMB_OK)
            return rc;
    }
    rc = take_said(args, out, err);
    if (rc != OMB_OK)
        return rc;
    if (remote)
        return check_remote(out, err);
    if (!dir)
        return omb_fail(err, OMB_INVALID, NULL, "say which office: -C DIR, OMBUD_DIR, --connect "
                                                "ENDPOINT, or ~/.config/ombud/office.conf");
    return from_directory(dir, out, err);
}

/* --- files of keys --- */

enum omb_rc omb_public_key_read(const char *text_or_path, uint8_t out[32], struct omb_error *err)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view text = omb_view_str(text_or_path);
    struct omb_view name = OMB_VIEW_LIT("public:");
    const uint8_t *at;
    enum omb_rc rc;

    if (text.size == 2 * OMB_PUBLIC_SIZE && omb_unhex(text, out, OMB_PUBLIC_SIZE) == OMB_OK)
        return OMB_OK;
    omb_buf_reserve(&bytes, KEY_FILE_MAX);
    rc = omb_file_read(text_or_path, KEY_FILE_MAX, &bytes, err);
    if (rc != OMB_OK)
        goto out;
    /* Its public line is enough, so that a sealed file needs no passphrase here. */
    rc = omb_fail(err, OMB_INVALID, NULL, "%s is no key file", text_or_path);
    at = memmem(bytes.data, bytes.size, name.data, name.size);
    if (!at)
        goto out;
    at += name.size;
    while (at < bytes.data + bytes.size && *at == ' ')
        at++;
    if ((size_t)(bytes.data + bytes.size - at) >= 2 * OMB_PUBLIC_SIZE &&
        omb_unhex(omb_view(at, 2 * OMB_PUBLIC_SIZE), out, OMB_PUBLIC_SIZE) == OMB_OK)
        rc = OMB_OK;
out:
    omb_buf_wipe(&bytes);
    return rc;
}
