#define _GNU_SOURCE /* getline */
#include "cli/escrowed.h"

#include <jansson.h>
#include <stdlib.h>

#include "wire/header.h"
#include "wire/limits.h"
#include "wire/parts.h"

/* The bytes of a base64 value; empty when there is no such text. */
static struct omb_view bytes_of(const struct omb_escrowed *found, const json_t *object,
                                const char *key)
{
    const json_t *value = json_object_get(object, key);
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view out = OMB_VIEW_NONE;

    if (json_is_string(value) &&
        omb_unbase64(omb_view(json_string_value(value), json_string_length(value)), &bytes) ==
            OMB_OK)
        out = omb_arena_copy(found->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return out;
}

static void replace(struct omb_secret **secret, struct omb_view bytes)
{
    if (bytes.size != OMB_KEY_SIZE)
        return;
    if (*secret)
        omb_secret_free(*secret);
    *secret = omb_secret_new(bytes.data);
}

/* Secrets go along only where they changed: the last that were said count. */
static void open_escrow(struct omb_escrowed *found, const struct omb_escrow_opened *facts)
{
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_escrow_secret secret;
    struct omb_arena arena;

    omb_arena_init(&arena, OMB_HEADER_MAX * OMB_DECODE_FACTOR);
    omb_buf_reserve(&plain, facts->sealed.size); /* no copy is left behind */
    if (omb_box_open(found->recovery->secret, facts->sealed, &plain) == OMB_OK &&
        omb_decode_escrow_secret(omb_buf_view(&plain), &arena, &secret, NULL) == OMB_OK) {
        replace(&found->transport, secret.transport_secret);
        replace(&found->sealing, secret.sealing_secret);
        found->opened++;
    } else {
        found->unopened++;
    }
    omb_buf_wipe(&plain);
    omb_arena_wipe(&arena); /* what was decoded is a copy */
}

static void take_header(struct omb_escrowed *found, struct omb_view bytes)
{
    struct omb_header header;
    bool odd;

    if (bytes.size == 0 || bytes.size > OMB_HEADER_MAX ||
        omb_header_decode(bytes, found->arena, &header, &odd, NULL) != OMB_OK)
        return;
    if (omb_incarnation_number(&header.incarnation) > found->life)
        found->life = omb_incarnation_number(&header.incarnation);
    if (!header.facts || header.facts->event.tag != OMB_EVENT_ESCROW_OPENED)
        return;
    open_escrow(found, OMB_AS(escrow_opened, header.facts->event));
}

/* The export gives a certificate and its signatures apart; here the form is enough. */
static void take_certificate(struct omb_escrowed *found, const json_t *object)
{
    struct omb_known_certificate known = {
        .outer = {.certificate = bytes_of(found, object, "certificate")}};

    if (known.outer.certificate.size == 0 ||
        known.outer.certificate.size > OMB_CERTIFICATE_MAX ||
        omb_decode_certificate(known.outer.certificate, found->arena, &known.inner, NULL) !=
            OMB_OK ||
        !omb_view_equal(known.inner.code, found->code))
        return;
    known.digest = omb_certify_digest(known.outer.certificate);
    if (!found->has_certificate || known.inner.not_before > found->newest.inner.not_before)
        found->newest = known;
    found->has_certificate = true;
}

/* What the parser says of a line repeats it, and it may be of another file: of a key, say. */
static enum omb_rc take_line(struct omb_escrowed *found, const char *line, size_t size,
                             struct omb_error *err)
{
    json_error_t why;
    json_t *object = json_loadb(line, size, 0, &why);

    if (!json_is_object(object)) {
        json_decref(object);
        return omb_fail(err, OMB_INVALID, NULL, "column %d: the line is no JSON object",
                        why.column);
    }
    if (json_object_get(object, "header"))
        take_header(found, bytes_of(found, object, "header"));
    else if (json_object_get(object, "certificate"))
        take_certificate(found, object);
    json_decref(object);
    return OMB_OK;
}

enum omb_rc omb_escrowed_read(FILE *file, struct omb_escrowed *found, struct omb_error *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned long number = 0;
    ssize_t size;
    enum omb_rc rc = OMB_OK;

    while (rc == OMB_OK && (size = getline(&line, &room, file)) >= 0) {
        number++;
        rc = take_line(found, line, (size_t)size, err);
        if (rc != OMB_OK) {
            char where[64];

            snprintf(where, sizeof(where), "line %lu of the export", number);
            rc = omb_fail_within(err, where);
        }
    }
    free(line);
    return rc;
}

void omb_escrowed_free(struct omb_escrowed *found)
{
    omb_secret_free(found->transport);
    omb_secret_free(found->sealing);
    found->transport = found->sealing = NULL;
}
