#include "io/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/clock.h"
#include "wire/control.h"

static enum omb_rc open_config(struct omb_driver *driver, struct omb_error *err)
{
    char path[sizeof(driver->dir)];
    enum omb_rc rc = omb_dir_path(driver->dir, "ombud.conf", path, sizeof(path), err);

    if (rc == OMB_OK)
        rc = omb_config_read(path, &driver->config, err);
    if (rc == OMB_OK)
        rc = omb_config_zone(path, &driver->config, &driver->zone, err);
    return rc;
}

/* Where clients of other machines may listen, the bell is told by that address. */
static enum omb_rc name_bell(struct omb_driver *driver, struct omb_error *err)
{
    char path[sizeof(driver->bell) - sizeof("ipc://")];
    enum omb_rc rc;

    if (driver->config.bell_listen[0]) {
        snprintf(driver->bell, sizeof(driver->bell), "%s", driver->config.bell_listen);
        return OMB_OK;
    }
    if (!driver->serves) /* nothing rings there */
        return OMB_OK;
    rc = omb_socket_path(driver->dir, "run/bell.sock", path, sizeof(path), err);
    if (rc == OMB_OK)
        snprintf(driver->bell, sizeof(driver->bell), "ipc://%s", path);
    return rc;
}

static enum omb_rc open_office(struct omb_driver *driver, struct omb_error *err)
{
    const struct omb_office_setup setup = {
        .port = omb_store_port(driver->store),
        .signer = driver->keys.signer,
        .transport = driver->keys.transport,
        .sealing = driver->keys.sealing,
        .zone = &driver->zone,
        .bell = omb_view_str(driver->bell),
        .started_at = omb_clock_wall_ms(),
        .serves = driver->serves,
        .takes_children = driver->takes_children,
        .parents = driver->parents,
        .parent_count = omb_config_parents(&driver->config, driver->parents),
        .advertise = omb_config_advertised(&driver->config),
        .last_exit = omb_view_str(driver->last_exit),
        .backup_max_age_days = driver->config.backup_max_age_days,
        .looks = driver->looks,
    };
    struct omb_error met = {0};
    enum omb_rc rc;

    driver->update = omb_update_new();
    rc = omb_office_open(&setup, &driver->office, err);
    /* A row that could not be read counts whatever the core made of it, and the store knows why. */
    if (omb_store_health(driver->store, &met) == OMB_OK)
        return rc;
    if (err)
        *err = met;
    return met.rc;
}

/* Files that another user leaves in the store, root too, the office's daemon could not open. */
static enum omb_rc check_rights(const char *dir, struct omb_error *err)
{
    char path[4096];
    struct stat st;
    enum omb_rc rc = omb_dir_path(dir, "db", path, sizeof(path), err);

    if (rc != OMB_OK || stat(path, &st) != 0) /* what is not there the store itself misses */
        return rc;
    if (st.st_uid != geteuid())
        return omb_fail(err, OMB_FORBIDDEN, NULL,
                        "the store %.200s belongs to another user: run this as its owner", path);
    if (access(path, R_OK | W_OK | X_OK) != 0)
        return omb_fail(err, OMB_IO, NULL, "the store %.200s cannot be opened: %s", path,
                        strerror(errno));
    return OMB_OK;
}

static enum omb_rc open_all(struct omb_driver *driver, struct omb_error *err)
{
    enum omb_rc rc = open_config(driver, err);

    if (rc == OMB_OK)
        rc = name_bell(driver, err);
    if (rc == OMB_OK)
        rc = check_rights(driver->dir, err);
    if (rc == OMB_OK)
        rc = omb_office_keys_load(driver->dir, &driver->config, &driver->keys, err);
    if (rc == OMB_OK)
        rc = omb_store_open(driver->dir,
                            driver->takes            ? OMB_STORE_TAKE
                            : driver->accepts_loss   ? OMB_STORE_ACCEPT_LOSS
                            : driver->takes_children ? OMB_STORE_HUB
                                                     : OMB_STORE_OPEN,
                            &driver->store, err);
    if (rc != OMB_OK || !driver->serves)
        return rc == OMB_OK ? open_office(driver, err) : rc;
    /* Another daemon's file is left alone: the store is ours. */
    rc = omb_last_exit_begin(driver->dir, driver->last_exit, err);
    if (rc == OMB_OK)
        rc = open_office(driver, err);
    if (rc != OMB_OK)
        omb_last_exit_end(driver->dir, err);
    return rc;
}

enum omb_rc omb_driver_open(const char *dir, struct omb_driver *out, struct omb_error *err)
{
    return omb_driver_open_for(OMB_DRIVER_COMMAND, dir, out, err);
}

enum omb_rc omb_driver_open_for(enum omb_driver_use use, const char *dir, struct omb_driver *out,
                                struct omb_error *err)
{
    char *path = realpath(dir, NULL);
    enum omb_rc rc;

    if (!path)
        return omb_fail(err, errno == ENOENT ? OMB_NOT_FOUND : OMB_IO, NULL,
                        "the office's directory %s: %s", dir, strerror(errno));
    *out = (struct omb_driver){.serves = use == OMB_DRIVER_NODE || use == OMB_DRIVER_HUB,
                               .takes_children = use == OMB_DRIVER_HUB,
                               .takes = use == OMB_DRIVER_TAKE,
                               .accepts_loss = use == OMB_DRIVER_ACCEPT_LOSS};
    OMB_ASSERT(strlen(path) < sizeof(out->dir));
    memcpy(out->dir, path, strlen(path) + 1);
    free(path);
    /* *out holds what was opened so far: the core borrows from it, so it cannot be moved here. */
    rc = open_all(out, err);
    if (rc != OMB_OK)
        omb_driver_close(out);
    return rc;
}

/* --- a copy that is looked at --- */

static void make_keys(struct omb_office_keys *out)
{
    uint8_t bytes[OMB_KEY_SIZE];

    omb_random(bytes, sizeof(bytes));
    out->signer = omb_signer_from_seed(bytes);
    out->transport = omb_secret_new(bytes);
    out->sealing = omb_secret_new(bytes);
    omb_wipe(bytes, sizeof(bytes));
}

enum omb_rc omb_driver_look(const char *dir, struct omb_driver *out, struct omb_error *err)
{
    enum omb_rc rc;

    *out = (struct omb_driver){.looks = true};
    if (strlen(dir) >= sizeof(out->dir))
        return omb_fail(err, OMB_LIMIT, NULL, "the path of a folder is too long");
    memcpy(out->dir, dir, strlen(dir) + 1);
    omb_config_defaults(&out->config);
    make_keys(&out->keys);
    rc = omb_zone_load(out->config.zone, &out->zone, err);
    if (rc == OMB_OK)
        rc = omb_store_open(dir, OMB_STORE_LOOK, &out->store, err);
    if (rc == OMB_OK)
        rc = open_office(out, err);
    if (rc != OMB_OK)
        omb_driver_close(out);
    return rc;
}

static enum omb_rc take_answer(const struct omb_update *update, uint32_t tag,
                               struct omb_arena *arena, const void **out, struct omb_error *err)
{
    const struct omb_reply_out *replies;
    struct omb_reply reply;
    enum omb_rc rc;

    OMB_ASSERT(omb_update_replies(update, &replies) == 1);
    rc = omb_decode_reply(omb_arena_copy(arena, replies[0].bytes), arena, &reply, err);
    if (rc != OMB_OK)
        return rc;
    if (reply.error)
        return omb_fail(err, OMB_REFUSED, NULL, "%.*s", OMB_VIEW_ARGS(reply.error->words));
    OMB_ASSERT(reply.answer.tag == tag && reply.answer.value);
    *out = reply.answer.value;
    return OMB_OK;
}

enum omb_rc omb_driver_question(struct omb_driver *driver, uint32_t tag, const void *ask,
                                struct omb_arena *arena, const void **out, struct omb_error *err)
{
    const struct omb_request request = {
        .protocol = 1, .id = OMB_VIEW_LIT("look"), .ask = {tag, ask}};
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = true};
    struct omb_buf bytes = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_encode_request(&request, &bytes);
    input.bytes = omb_buf_view(&bytes);
    omb_driver_stamp(&input);
    omb_driver_begin(driver);
    rc = omb_driver_step(driver, &input, err);
    if (rc == OMB_OK)
        rc = take_answer(driver->update, tag, arena, out, err);
    omb_buf_free(&bytes);
    return rc;
}

void omb_driver_close(struct omb_driver *driver)
{
    if (driver->update)
        omb_update_free(driver->update);
    if (driver->office)
        omb_office_free(driver->office);
    if (driver->store)
        omb_store_close(driver->store);
    omb_office_keys_free(&driver->keys);
    omb_zone_free(&driver->zone);
    *driver = (struct omb_driver){0};
}

void omb_driver_note_end(const struct omb_driver *driver, const struct omb_error *why)
{
    if (driver->store)
        omb_last_exit_end(driver->dir, why);
}

void omb_driver_stamp(struct omb_input *input)
{
    input->now_ms = omb_clock_wall_ms();
    input->monotonic_ms = omb_clock_monotonic_ms();
    omb_random(input->seed, sizeof(input->seed));
}

void omb_driver_begin(struct omb_driver *driver)
{
    omb_update_begin(driver->update, driver->office);
}

enum omb_rc omb_driver_step(struct omb_driver *driver, const struct omb_input *input,
                            struct omb_error *err)
{
    return omb_office_step(driver->office, input, driver->update, err);
}

static enum omb_rc commit(struct omb_driver *driver, bool sync, struct omb_error *err)
{
    const struct omb_writes *writes = omb_update_writes(driver->update);
    enum omb_rc rc;

    if (omb_writes_count(writes) == 0)
        return OMB_OK;
    rc = omb_store_commit(driver->store, writes, sync, err);
    if (rc == OMB_OK && omb_update_erased(driver->update))
        rc = omb_store_forget(driver->store, writes, err);
    return rc;
}

enum omb_rc omb_driver_write(struct omb_driver *driver, bool *out_durable, struct omb_error *err)
{
    bool erased, must_sync;
    enum omb_rc rc;

    rc = omb_office_close(driver->office, driver->update, err);
    if (rc != OMB_OK)
        return rc;
    erased = omb_update_erased(driver->update);
    must_sync = omb_update_must_sync(driver->update);
    rc = commit(driver, must_sync && erased, err);
    if (rc == OMB_OK)
        *out_durable = !must_sync || erased;
    return rc;
}

enum omb_rc omb_driver_persist(struct omb_driver *driver, struct omb_error *err)
{
    const enum omb_rc rc = omb_office_close(driver->office, driver->update, err);

    if (rc != OMB_OK)
        return rc;
    return commit(driver, omb_update_must_sync(driver->update), err);
}

enum omb_rc omb_driver_once(struct omb_driver *driver, const struct omb_input *input,
                            struct omb_buf *out, struct omb_error *err)
{
    const struct omb_reply_out *replies;
    enum omb_rc rc;

    omb_driver_begin(driver);
    rc = omb_driver_step(driver, input, err);
    if (rc == OMB_OK)
        rc = omb_driver_persist(driver, err);
    if (rc == OMB_OK && out && omb_update_replies(driver->update, &replies) > 0)
        omb_buf_add_view(out, replies[0].bytes);
    return rc;
}
