/*
 * Is a configuration that is read the one that was written, and is one that is refused refused
 * with its place? The first byte picks the file: ombud.conf of an office, ~/.config/ombud/
 * office.conf of who works with one, keys/request.conf of an office that has not joined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/assert.h"
#include "cli/join.h"
#include "cli/target.h"
#include "support/folder.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

static struct test_folder folder;
static struct test_path office_conf, user_conf, request_conf;

static void remove_folder(void)
{
    test_folder_remove(&folder);
}

static void begin(void)
{
    static const char *const folders[] = {"keys", ".config", ".config/ombud"};

    if (folder.path[0] != '\0')
        return;
    folder = test_folder_make();
    OMB_ASSERT(atexit(remove_folder) == 0);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const int made = mkdir(test_path(&folder, folders[i]).text, 0700);

        OMB_ASSERT(made == 0);
    }
    office_conf = test_path(&folder, "ombud.conf");
    user_conf = test_path(&folder, ".config/ombud/office.conf");
    request_conf = test_path(&folder, "keys/request.conf");
    OMB_ASSERT(setenv("HOME", folder.path, 1) == 0);
    OMB_ASSERT(unsetenv("OMBUD_DIR") == 0 && unsetenv("OMBUD_OPERATOR") == 0);
}

/* A refusal names the file. */
static void check_error(enum omb_rc rc, const struct omb_error *err, const char *path)
{
    fuzz_said(rc, err);
    if (rc != OMB_OK)
        OMB_ASSERT(strstr(err->words, path));
}

/* --- ombud.conf --- */

static void write_again(const struct omb_config *config)
{
    struct omb_config back;
    struct omb_error err = {0};
    enum omb_rc rc = omb_config_write(office_conf.text, config, &err);

    OMB_ASSERT(rc == OMB_OK);
    rc = omb_config_read(office_conf.text, &back, &err);
    OMB_ASSERT(rc == OMB_OK);
    OMB_ASSERT(strcmp(config->code, back.code) == 0 && strcmp(config->zone, back.zone) == 0);
    OMB_ASSERT(strcmp(config->client_listen, back.client_listen) == 0);
    OMB_ASSERT(strcmp(config->bell_listen, back.bell_listen) == 0);
    OMB_ASSERT(strcmp(config->listen, back.listen) == 0);
    OMB_ASSERT(strcmp(config->advertise, back.advertise) == 0);
    OMB_ASSERT(strcmp(config->passphrase_file, back.passphrase_file) == 0);
    OMB_ASSERT(config->log_level == back.log_level && config->log_format == back.log_format);
    OMB_ASSERT(config->batch_inputs == back.batch_inputs);
}

static void check_parents(const struct omb_config *config)
{
    struct omb_view parents[OMB_PARENTS_MAX];
    const size_t count = omb_config_parents(config, parents);

    for (size_t i = 0; i < count; i++)
        OMB_ASSERT(omb_endpoint_check(parents[i], OMB_ENDPOINT_REACH, NULL) == OMB_OK);
    (void)omb_config_advertised(config);
}

static void read_office_conf(struct omb_view text)
{
    struct omb_config config;
    struct omb_error err = {0};
    char place[600];
    enum omb_rc rc;

    test_write(office_conf.text, text, 0644);
    rc = omb_config_read(office_conf.text, &config, &err);
    check_error(rc, &err, office_conf.text);
    if (rc == OMB_OK) {
        OMB_ASSERT(config.code[0] != '\0' && config.batch_inputs > 0);
        check_parents(&config);
        write_again(&config);
    } else if (rc != OMB_MISSING && !strstr(err.words, "is not text")) {
        snprintf(place, sizeof(place), "%s:", office_conf.text);
        OMB_ASSERT(strstr(err.words, place) || rc == OMB_LIMIT);
    }
}

/* --- the others --- */

static void read_user_conf(struct omb_view text)
{
    static struct omb_args args; /* nothing was said */
    struct omb_target target;
    struct omb_error err = {0};
    enum omb_rc rc;

    test_write(user_conf.text, text, 0600);
    rc = omb_target_find(&args, &target, &err);
    fuzz_said(rc, &err);
    if (rc == OMB_OK)
        OMB_ASSERT(target.endpoint[0] != '\0' && target.server_key[0] != '\0' &&
                   target.key[0] != '\0' && target.operator_code[0] != '\0');
}

static void read_request_conf(struct omb_view text)
{
    struct omb_wished wished, back;
    struct omb_error err = {0};
    enum omb_rc rc;

    test_write(request_conf.text, text, 0600);
    rc = omb_join_wished(folder.path, &wished, &err);
    check_error(rc, &err, "request.conf");
    if (rc != OMB_OK)
        return;
    rc = omb_join_wish_again(folder.path, &wished, &err);
    OMB_ASSERT(rc == OMB_OK);
    rc = omb_join_wished(folder.path, &back, &err);
    OMB_ASSERT(rc == OMB_OK);
    OMB_ASSERT(strcmp(wished.name, back.name) == 0 && strcmp(wished.kind, back.kind) == 0);
    OMB_ASSERT(omb_digest_equal(&wished.previous, &back.previous) && wished.life == back.life);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view text = omb_view(data, size);
    const uint8_t which = fuzz_byte(&text);

    begin();
    if (which % 4 == 1)
        read_user_conf(text);
    else if (which % 4 == 2)
        read_request_conf(text);
    else
        read_office_conf(text);
    return 0;
}
