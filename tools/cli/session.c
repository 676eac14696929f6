#include "cli/session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "io/driver.h"
#include "io/net.h"
#include "wire/limits.h"

#define ANSWER_MS INT64_C(60000)
/* Reading or folding a whole store takes as long as it takes. */
#define LONG_ANSWER_MS INT64_C(3600000)

enum {
    PROTOCOL = 1,
    ID_SIZE = 16,
    FIRST_QUESTION = 32, /* asks below this tag write */
    FOREIGN_REPLIES_MAX = 64, /* late answers to what an earlier ask gave up on */
};

struct omb_session {
    struct omb_target target;
    struct omb_client *client;    /* NULL: the store itself */
    struct omb_keyfile key;       /* the client's; it borrows the secret */
    struct omb_driver driver;
    struct omb_arena arena;       /* of the last answer */
    struct omb_arena aside;       /* of the last status, so that it does not take its place */
    struct omb_buf bytes;
    struct omb_zone zone;
    bool zone_loaded;
    bool bell_asked;
    bool bell_rings;              /* subscribed */
    uint8_t next_id[OMB_REQUEST_ID_MAX];
    size_t next_id_size;          /* 0: any */
    uint8_t asked_id[OMB_REQUEST_ID_MAX]; /* of the last request */
    size_t asked_id_size;
};

/* --- opening --- */

static enum omb_rc load_key(struct omb_session *session, struct omb_error *err)
{
    struct omb_buf passphrase = OMB_BUF_INIT;
    struct omb_config config;
    char path[4096];
    enum omb_rc rc = OMB_OK;

    omb_buf_reserve(&passphrase, OMB_PASSPHRASE_MAX);
    /* The office's own passphrase opens the keys that `office init` made. */
    if (!*session->target.passphrase_file && *session->target.dir &&
        omb_dir_path(session->target.dir, "ombud.conf", path, sizeof(path), NULL) == OMB_OK &&
        omb_config_read(path, &config, NULL) == OMB_OK && config.passphrase_file[0] == '/')
        memcpy(session->target.passphrase_file, config.passphrase_file,
               sizeof(config.passphrase_file));
    if (*session->target.passphrase_file)
        rc = omb_passphrase_load(session->target.passphrase_file, &passphrase, err);
    if (rc == OMB_OK)
        rc = omb_key_load(session->target.key, omb_buf_view(&passphrase), &session->key, err);
    if (rc == OMB_NOT_FOUND && *session->target.dir)
        rc = omb_fail(err, OMB_NOT_FOUND, NULL, "there is no operator %s here: no file %s",
                      session->target.operator_code, session->target.key);
    omb_buf_wipe(&passphrase);
    return rc;
}

static enum omb_rc connect_daemon(struct omb_session *session, struct omb_error *err)
{
    struct omb_client_setup setup = {.endpoint = session->target.endpoint};
    enum omb_rc rc = omb_public_key_read(session->target.server_key, setup.server_key, err);

    if (rc != OMB_OK)
        return rc;
    rc = load_key(session, err);
    if (rc != OMB_OK)
        return rc;
    setup.secret = session->key.secret;
    return omb_client_open(&setup, &session->client, err);
}

static enum omb_rc open_store(struct omb_session *session, struct omb_error *err)
{
    const enum omb_driver_use use =
        session->target.accept_loss ? OMB_DRIVER_ACCEPT_LOSS : OMB_DRIVER_COMMAND;
    enum omb_rc rc = omb_driver_open_for(use, session->target.dir, &session->driver, err);

    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_NOT_FOUND, NULL,
                        "%s has no store: an office starts once the office above has certified it",
                        session->target.dir);
    if (rc == OMB_BUSY)
        return omb_fail(err, OMB_UNREACHABLE, NULL,
                        "another process has the store of %s, and no daemon answers yet",
                        session->target.dir);
    return rc;
}

enum omb_rc omb_session_open(const struct omb_target *target, enum omb_reach reach,
                             struct omb_session **out, struct omb_error *err)
{
    struct omb_session *session = calloc(1, sizeof(*session));
    enum omb_rc rc;

    OMB_ASSERT(session != NULL);
    OMB_ASSERT(reach != OMB_REACH_NOTHING);
    session->target = *target;
    omb_arena_init(&session->arena, (size_t)OMB_REPLY_MAX * (OMB_DECODE_FACTOR + 1));
    omb_arena_init(&session->aside, OMB_REPLY_MAX);
    rc = connect_daemon(session, err);
    if (rc == OMB_UNREACHABLE && *target->dir) {
        if (reach == OMB_REACH_OFFICE)
            rc = open_store(session, err);
        else
            rc = omb_fail(err, OMB_UNREACHABLE, NULL,
                          "no daemon answers in %s: start it with `ombud-node -C %s` (`ombud-hub` "
                          "for an office with offices below it)",
                          target->dir, target->dir);
    }
    if (rc != OMB_OK) {
        omb_session_close(session);
        return rc;
    }
    *out = session;
    return OMB_OK;
}

void omb_session_close(struct omb_session *session)
{
    if (!session)
        return;
    if (session->client)
        omb_client_close(session->client);
    if (session->driver.store)
        omb_driver_close(&session->driver);
    else if (session->zone_loaded)
        omb_zone_free(&session->zone);
    omb_keyfile_free(&session->key);
    omb_arena_free(&session->arena);
    omb_arena_free(&session->aside);
    omb_buf_free(&session->bytes);
    free(session);
}

struct omb_driver *omb_session_driver(struct omb_session *session)
{
    return session->client ? NULL : &session->driver;
}

/* --- asking --- */

void omb_session_set_id(struct omb_session *session, struct omb_view id)
{
    OMB_ASSERT(id.size <= sizeof(session->next_id));
    memcpy(session->next_id, id.data, id.size);
    session->next_id_size = id.size;
}

static void encode(struct omb_session *session, uint32_t tag, const void *ask)
{
    struct omb_request request = {.protocol = PROTOCOL, .ask = {tag, ask}};

    if (session->next_id_size && tag < FIRST_QUESTION) {
        session->asked_id_size = session->next_id_size;
        memcpy(session->asked_id, session->next_id, session->next_id_size);
    } else {
        session->asked_id_size = ID_SIZE;
        omb_random(session->asked_id, ID_SIZE);
    }
    request.id = omb_view(session->asked_id, session->asked_id_size);
    omb_buf_clear(&session->bytes);
    omb_encode_request(&request, &session->bytes);
}

static enum omb_rc refusal(const struct omb_refusal *refused, struct omb_error *err)
{
    const bool exists = omb_view_is(refused->code, omb_rc_word(OMB_EXISTS));
    char field[64];
    struct omb_view cut = refused->field;

    if (cut.size >= sizeof(field))
        cut.size = sizeof(field) - 1;
    memcpy(field, cut.size ? cut.data : (const uint8_t *)"", cut.size);
    field[cut.size] = '\0';
    return omb_fail(err, exists ? OMB_EXISTS : OMB_REFUSED, field, "%.*s",
                    OMB_VIEW_ARGS(refused->words));
}

/* Decodes session->bytes. *out_id: whose answer it is. */
static enum omb_rc decode(struct omb_session *session, uint32_t tag, struct omb_view *out_id,
                          const void **out, struct omb_error *err)
{
    struct omb_reply reply;
    enum omb_rc rc;

    omb_arena_reset(&session->arena);
    rc = omb_shape_decode_tolerant(&omb_shape_reply, omb_buf_view(&session->bytes), &session->arena,
                                   &reply, err);
    if (rc != OMB_OK)
        return omb_fail_within(err, "the daemon's answer cannot be read");
    *out_id = reply.id;
    if (reply.error)
        return refusal(reply.error, err);
    if (reply.answer.tag != tag || !reply.answer.value)
        return omb_fail(err, OMB_INVALID, NULL, "the daemon answered something else than asked");
    *out = reply.answer.value;
    return OMB_OK;
}

static bool takes_long(uint32_t tag)
{
    return tag == OMB_ASK_STORE_REBUILD || tag == OMB_ASK_STORE_CHECK ||
           tag == OMB_ASK_LOG_VERIFY || tag == OMB_ASK_IMPORT_BATCH || tag == OMB_ASK_REPORT ||
           tag == OMB_ASK_DOCTOR;
}

static enum omb_rc receive(struct omb_session *session, uint32_t tag, struct omb_error *err)
{
    omb_buf_clear(&session->bytes);
    return omb_client_receive(session->client, takes_long(tag) ? LONG_ANSWER_MS : ANSWER_MS,
                              &session->bytes, err);
}

static enum omb_rc ask_store(struct omb_session *session, struct omb_error *err)
{
    struct omb_buf answer = OMB_BUF_INIT;
    struct omb_input input = {.kind = OMB_INPUT_REQUEST, .local_admin = true};
    enum omb_rc rc;

    omb_driver_stamp(&input);
    input.bytes = omb_buf_view(&session->bytes);
    rc = omb_driver_once(&session->driver, &input, &answer, err);
    omb_buf_free(&session->bytes);
    session->bytes = answer;
    return rc;
}

enum omb_rc omb_session_send(struct omb_session *session, uint32_t tag, const void *ask,
                             struct omb_error *err)
{
    OMB_ASSERT(session->client != NULL);
    encode(session, tag, ask);
    return omb_client_send(session->client, omb_buf_view(&session->bytes), err);
}

enum omb_rc omb_session_receive(struct omb_session *session, uint32_t tag, const void **out,
                                struct omb_error *err)
{
    struct omb_view id;
    enum omb_rc rc = receive(session, tag, err);

    return rc == OMB_OK ? decode(session, tag, &id, out, err) : rc;
}

enum omb_rc omb_session_ask(struct omb_session *session, uint32_t tag, const void *ask,
                            const void **out, struct omb_error *err)
{
    struct omb_view id = OMB_VIEW_NONE;
    enum omb_rc rc;

    if (!session->client) {
        encode(session, tag, ask);
        rc = ask_store(session, err);
        return rc == OMB_OK ? decode(session, tag, &id, out, err) : rc;
    }
    rc = omb_session_send(session, tag, ask, err);
    for (size_t i = 0; rc == OMB_OK && i < FOREIGN_REPLIES_MAX; i++) {
        rc = receive(session, tag, err);
        if (rc != OMB_OK)
            return rc;
        rc = decode(session, tag, &id, out, err);
        if (omb_view_equal(id, omb_view(session->asked_id, session->asked_id_size)) ||
            id.size == 0)
            return rc;
        rc = OMB_OK;
    }
    return rc == OMB_OK ? omb_fail(err, OMB_INVALID, NULL, "the daemon answers others' questions")
                        : rc;
}

/* --- the office's own --- */

static enum omb_rc ask_status(struct omb_session *session, const struct omb_status **out,
                              struct omb_error *err)
{
    const struct omb_arena answers = session->arena;
    const void *answer;
    enum omb_rc rc;

    session->arena = session->aside;
    rc = omb_session_ask(session, OMB_ASK_STATUS, NULL, &answer, err);
    session->aside = session->arena;
    session->arena = answers;
    if (rc == OMB_OK)
        *out = answer;
    return rc;
}

enum omb_rc omb_session_zone(struct omb_session *session, const struct omb_zone **out,
                             struct omb_error *err)
{
    const struct omb_status *status;
    char name[64];
    enum omb_rc rc;

    if (!session->client) {
        *out = &session->driver.zone;
        return OMB_OK;
    }
    if (!session->zone_loaded) {
        rc = ask_status(session, &status, err);
        if (rc != OMB_OK)
            return rc;
        if (status->zone.size == 0 || status->zone.size >= sizeof(name))
            return omb_fail(err, OMB_INVALID, NULL, "the daemon does not say its time zone");
        memcpy(name, status->zone.data, status->zone.size);
        name[status->zone.size] = '\0';
        rc = omb_zone_load(name, &session->zone, err);
        if (rc != OMB_OK)
            return rc;
        session->zone_loaded = true;
    }
    *out = &session->zone;
    return OMB_OK;
}

/* Where the bell cannot be heard, e.g. from another machine, one looks again now and then. */
static void listen(struct omb_session *session)
{
    const struct omb_status *status;
    char endpoint[OMB_LINE_MAX + 1];

    session->bell_asked = true;
    if (ask_status(session, &status, NULL) != OMB_OK || status->bell.size == 0 ||
        status->bell.size >= sizeof(endpoint))
        return;
    memcpy(endpoint, status->bell.data, status->bell.size);
    endpoint[status->bell.size] = '\0';
    if (!*session->target.dir && strncmp(endpoint, "ipc:", 4) == 0)
        return;
    session->bell_rings = omb_client_subscribe(session->client, endpoint, NULL) == OMB_OK;
}

enum omb_rc omb_session_wait(struct omb_session *session, int64_t timeout_ms,
                             struct omb_error *err)
{
    char topic[32];
    enum omb_rc rc;

    if (!session->bell_asked) {
        /* Whatever rang before the subscription stood is looked for at once. */
        listen(session);
        return OMB_OK;
    }
    if (!session->bell_rings) {
        poll(NULL, 0, (int)timeout_ms);
        return OMB_OK;
    }
    rc = omb_client_bell(session->client, timeout_ms, topic, err);
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}
