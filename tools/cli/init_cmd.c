/*
 * `office init`: what the line says about a new office, and what people are told about it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/birth.h"
#include "cli/run.h"

#define ZONEINFO "/zoneinfo/"

/* This machine's zone: TZ, else where /etc/localtime points; UTC when neither says a name. */
static void machine_zone(char *out, size_t size)
{
    const char *name = getenv("TZ");
    char link[PATH_MAX];
    struct omb_zone zone;
    ssize_t got;

    if (!name || !*name) {
        got = readlink("/etc/localtime", link, sizeof(link) - 1);
        link[got > 0 ? got : 0] = '\0';
        name = strstr(link, ZONEINFO);
        name = name ? name + strlen(ZONEINFO) : "UTC";
    }
    if (*name == ':')
        name++;
    if (strlen(name) >= size || omb_zone_load(name, &zone, NULL) != OMB_OK)
        name = "UTC";
    else
        omb_zone_free(&zone);
    memcpy(out, name, strlen(name) + 1);
}

static enum omb_rc take(const struct omb_args *args, enum omb_opt opt, char *out, size_t size,
                        struct omb_error *err)
{
    const char *value = omb_args_get(args, opt);

    if (!value)
        return OMB_OK;
    if (strlen(value) >= size)
        return omb_fail(err, OMB_INVALID, NULL, "--%s is too long", omb_options[opt].name);
    memcpy(out, value, strlen(value) + 1);
    return OMB_OK;
}

static enum omb_rc read_config(const struct omb_args *args, struct omb_config *out,
                               struct omb_error *err)
{
    struct omb_zone zone;
    enum omb_rc rc;

    omb_config_defaults(out);
    machine_zone(out->zone, sizeof(out->zone));
    rc = take(args, OMB_OPT_OFFICE_CODE, out->code, sizeof(out->code), err);
    if (rc == OMB_OK)
        rc = take(args, OMB_OPT_TIME_ZONE, out->zone, sizeof(out->zone), err);
    if (rc == OMB_OK)
        rc = take(args, OMB_OPT_LISTEN, out->listen, sizeof(out->listen), err);
    if (rc == OMB_OK)
        rc = take(args, OMB_OPT_ADVERTISE, out->advertise, sizeof(out->advertise), err);
    if (rc == OMB_OK)
        rc = take(args, OMB_OPT_CLIENT_LISTEN, out->client_listen, sizeof(out->client_listen), err);
    if (rc == OMB_OK && omb_config_lacks_advertise(out))
        rc = omb_fail(err, OMB_MISSING, NULL,
                      "--listen %s is every address of this machine, and none that an office below "
                      "can call: say that one too, --%s %s",
                      out->listen, omb_options[OMB_OPT_ADVERTISE].name,
                      omb_options[OMB_OPT_ADVERTISE].argument);
    if (rc != OMB_OK)
        return rc;
    if (omb_args_has(args, OMB_OPT_PASSPHRASE_FILE)) {
        const char *said = omb_args_get(args, OMB_OPT_PASSPHRASE_FILE);
        char *path = strncmp(said, "fd:", 3) == 0 ? strdup(said) : realpath(said, NULL);

        if (!path || strlen(path) >= sizeof(out->passphrase_file))
            rc = omb_fail(err, OMB_NOT_FOUND, NULL, "%s: there is no such passphrase file", said);
        else
            memcpy(out->passphrase_file, path, strlen(path) + 1);
        free(path);
        if (rc != OMB_OK)
            return rc;
    }
    rc = omb_zone_load(out->zone, &zone, err);
    if (rc == OMB_OK)
        omb_zone_free(&zone);
    return rc;
}

static enum omb_rc missing(enum omb_opt opt, const char *words, struct omb_error *err)
{
    return omb_fail(err, OMB_MISSING, NULL, "%s: --%s %s", words, omb_options[opt].name,
                    omb_options[opt].argument);
}

/* A name is one line and goes into a certificate. */
static enum omb_rc read_birth(const struct omb_args *args, struct omb_birth *out,
                              struct omb_error *err)
{
    const char *dir = omb_args_get(args, OMB_OPT_DIRECTORY);

    out->dir = dir ? dir : getenv("OMBUD_DIR");
    out->root = omb_args_has(args, OMB_OPT_ROOT);
    out->name = omb_args_get(args, OMB_OPT_OFFICE_NAME);
    out->kind = omb_args_get(args, OMB_OPT_OFFICE_KIND);
    if (!out->dir || !*out->dir)
        return missing(OMB_OPT_DIRECTORY, "say where the office's directory goes", err);
    if (!omb_args_has(args, OMB_OPT_OFFICE_CODE))
        return missing(OMB_OPT_OFFICE_CODE, "an office has a code", err);
    if (!omb_text_is_code(omb_view_str(omb_args_get(args, OMB_OPT_OFFICE_CODE))))
        return omb_fail(err, OMB_INVALID, "code", "the office's code is 1 to %d of a-z, 0-9 and -",
                        OMB_CODE_MAX);
    if (!out->name || !*out->name)
        return missing(OMB_OPT_OFFICE_NAME, "an office has a name", err);
    if (!omb_text_utf8(omb_view_str(out->name)) ||
        omb_text_has_controls(omb_view_str(out->name)) || strchr(out->name, '\n'))
        return omb_fail(err, OMB_INVALID, "name", "the office's name is one line of text");
    if (out->root && out->kind)
        return omb_fail(err, OMB_INVALID, "kind", "the root office is of kind head: leave --kind");
    if (!out->root && !out->kind)
        return missing(OMB_OPT_OFFICE_KIND, "an office below another has a kind", err);
    if (out->root)
        out->kind = "head";
    return read_config(args, &out->config, err);
}

static void print_born(const struct omb_birth *birth, const struct omb_born *born)
{
    printf("%s: office %s, kind %s, time zone %s\n", born->dir, birth->config.code, birth->kind,
           birth->config.zone);
    printf("  signing key    %s\n  transport key  %s\n", born->signing, born->transport);
    if (!birth->root) {
        puts("This office has keys and no certificate yet: it can start once the office above has "
             "certified it.");
        return;
    }
    printf("  anchor         %s\n  recovery       %s\n", born->anchor, born->recovery);
    printf("Take %s/offline/anchor.key and %s/offline/recovery.key away from this machine and keep "
           "them safe:\nthe first certifies the root office, the second recovers what a lost disk "
           "held. The daemon needs neither.\n",
           born->dir, born->dir);
}

static json_t *born_json(const struct omb_birth *birth, const struct omb_born *born)
{
    json_t *object = json_object();
    const struct {
        const char *key;
        const char *value;
    } texts[] = {
        {"directory", born->dir},         {"code", birth->config.code},
        {"name", birth->name},            {"kind", birth->kind},
        {"zone", birth->config.zone},     {"signing_key", born->signing},
        {"transport_key", born->transport}, {"anchor", born->anchor},
        {"recovery", born->recovery},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_object_set_new(object, texts[i].key, omb_json_text(omb_view_str(texts[i].value)));
    json_object_set_new(object, "certified", json_boolean(birth->root));
    return object;
}

enum omb_exit omb_run_office_init(struct omb_cli *cli)
{
    struct omb_birth birth = {.dir = NULL};
    struct omb_born born;
    struct omb_error err;

    if (read_birth(&cli->args, &birth, &err) != OMB_OK ||
        omb_birth(&birth, &born, &err) != OMB_OK) {
        omb_cli_name_option(cli, &err);
        return omb_cli_fail(&err);
    }
    if (cli->json)
        omb_json_print(born_json(&birth, &born), cli->json_lines);
    else
        print_born(&birth, &born);
    return OMB_EXIT_DONE;
}
