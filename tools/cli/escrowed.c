#define _GNU_SOURCE /* getline */
#include "cli/escrowed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/record.h"
#include "wire/header.h"
#include "wire/limits.h"
#include "wire/parts.h"

/* The bytes of a base64 value; empty when it is no such text. */
static struct omb_view bytes_in(const struct omb_escrowed *found, const json_t *value)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_view out = OMB_VIEW_NONE;

    if (json_is_string(value) &&
        omb_unbase64(omb_view(json_string_value(value), json_string_length(value)), &bytes) ==
            OMB_OK)
        out = omb_arena_copy(found->arena, omb_buf_view(&bytes));
    omb_buf_free(&bytes);
    return out;
}

static struct omb_view bytes_of(const struct omb_escrowed *found, const json_t *object,
                                const char *key)
{
    return bytes_in(found, json_object_get(object, key));
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

static struct omb_proof proof_of(const struct omb_escrowed *found, const json_t *object)
{
    const json_t *list = json_object_get(object, "path");
    const size_t said = json_array_size(list); /* 0: it is no array */
    const size_t count = said <= OMB_PROOF_LEVELS_MAX ? said : OMB_PROOF_LEVELS_MAX;
    struct omb_digest *path = OMB_ARENA_NEW(found->arena, struct omb_digest, count);

    for (size_t i = 0; i < count; i++) {
        const struct omb_view bytes = bytes_in(found, json_array_get(list, i));

        if (bytes.size == OMB_DIGEST_SIZE)
            memcpy(path[i].bytes, bytes.data, OMB_DIGEST_SIZE);
    }
    return (struct omb_proof){
        .signature = bytes_of(found, object, "signature"),
        .index = (uint32_t)json_integer_value(json_object_get(object, "index")),
        .path = {path, count},
    };
}

static void take_header(struct omb_escrowed *found, const json_t *object)
{
    const struct omb_view bytes = bytes_of(found, object, "header");
    struct omb_header header;
    bool odd;

    if (bytes.size == 0 || bytes.size > OMB_HEADER_MAX ||
        omb_header_decode(bytes, found->arena, &header, &odd, NULL) != OMB_OK)
        return;
    if (omb_incarnation_number(&header.incarnation) >= found->life) {
        found->life = omb_incarnation_number(&header.incarnation);
        found->last = (struct omb_escrowed_record){header.office, header.key,
                                                   omb_record_digest(bytes),
                                                   proof_of(found, object)};
    }
    if (!header.facts || header.facts->event.tag != OMB_EVENT_ESCROW_OPENED)
        return;
    open_escrow(found, OMB_AS(escrow_opened, header.facts->event));
}

/* --- certificates --- */

static struct omb_signed_certificate outer_of(const struct omb_escrowed *found,
                                              const json_t *object)
{
    const json_t *list = json_object_get(object, "signatures");
    const size_t said = json_array_size(list); /* 0: it is no array */
    const size_t count =
        said <= OMB_CERTIFICATE_SIGNATURES_MAX ? said : OMB_CERTIFICATE_SIGNATURES_MAX;
    struct omb_certificate_signature *signatures =
        OMB_ARENA_NEW(found->arena, struct omb_certificate_signature, count);

    for (size_t i = 0; i < count; i++) {
        const json_t *by = json_array_get(list, i);

        signatures[i].key = bytes_of(found, by, "key");
        signatures[i].signature = bytes_of(found, by, "signature");
    }
    return (struct omb_signed_certificate){
        .certificate = bytes_of(found, object, "certificate"), .signatures = {signatures, count}};
}

static void keep(struct omb_escrowed *found, const struct omb_known_certificate *known)
{
    if (found->count == found->room) {
        const size_t room = found->room ? 2 * found->room : 16;
        struct omb_known_certificate *items =
            OMB_ARENA_NEW(found->arena, struct omb_known_certificate, room);

        if (found->count > 0)
            memcpy(items, found->certificates, found->count * sizeof(*items));
        found->certificates = items;
        found->room = room;
    }
    found->certificates[found->count++] = *known;
}

/* The export gives a certificate and its signatures apart: they are put together as they were. */
static enum omb_rc take_certificate(struct omb_escrowed *found, const json_t *object,
                                    struct omb_error *err)
{
    const struct omb_signed_certificate outer = outer_of(found, object);
    struct omb_known_certificate known;
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_error why = {0};
    enum omb_rc rc;

    omb_encode_signed_certificate(&outer, &bytes);
    rc = omb_certify_read(omb_arena_copy(found->arena, omb_buf_view(&bytes)), found->arena, &known,
                          &why);
    omb_buf_free(&bytes);
    if (rc != OMB_OK)
        return omb_fail(err, OMB_INVALID, NULL, "what it gives as a certificate is none%s%s",
                        why.field[0] ? ": " : "", why.field);
    keep(found, &known);
    if (!omb_view_equal(known.inner.code, found->code))
        return OMB_OK;
    if (!found->has_certificate || known.inner.not_before > found->newest.inner.not_before)
        found->newest = known;
    found->has_certificate = true;
    return OMB_OK;
}

static const struct omb_known_certificate *issuer_of(const struct omb_escrowed *found,
                                                     const struct omb_known_certificate *one)
{
    for (size_t i = 0; i < found->count; i++)
        if (omb_digest_equal(&found->certificates[i].digest, &one->inner.issuer))
            return &found->certificates[i];
    return NULL;
}

/* Whether the certificate leads to that anchor; NULL: to one at all, which *out_anchor says. */
static enum omb_rc check_chain(const struct omb_escrowed *found,
                               const struct omb_known_certificate *from, const uint8_t *anchor,
                               uint8_t out_anchor[OMB_PUBLIC_SIZE], struct omb_error *err)
{
    struct omb_known_certificate chain[OMB_CHAIN_MAX];
    const struct omb_known_certificate *at = from;
    struct omb_error why = {0};
    size_t count = 0;

    while (count < OMB_CHAIN_MAX) {
        const struct omb_known_certificate *one = at;

        chain[count++] = *one;
        if (one->inner.depth == 0)
            break;
        at = issuer_of(found, one);
        if (!at)
            return omb_fail(err, OMB_NOT_FOUND, NULL,
                            "the export lacks the certificate that issued that of %.*s: make it "
                            "with `ombud log export %.*s --certificates`",
                            OMB_VIEW_ARGS(one->inner.code), OMB_VIEW_ARGS(found->code));
    }
    memcpy(out_anchor, anchor ? anchor : chain[count - 1].outer.signatures.items[0].key.data,
           OMB_PUBLIC_SIZE);
    if (omb_certify_check_chain(chain, count, out_anchor, &why) != OMB_OK)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "the certificates of the export do not lead to the bank's anchor: %s",
                        why.words);
    return OMB_OK;
}

/* The certificate of the office whose key signed the last record; NULL: the export lacks it. */
static const struct omb_known_certificate *signer_of(const struct omb_escrowed *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct omb_known_certificate *one = &found->certificates[i];
        const struct omb_key_id id = omb_key_id_of(&one->digest);

        if (memcmp(id.bytes, found->last.key.bytes, sizeof(id.bytes)) == 0 &&
            omb_office_id_equal(&one->inner.office, &found->last.office))
            return one;
    }
    return NULL;
}

/* The log goes on above its newest life: a word that nobody signed could use up what is there. */
static enum omb_rc check_life(const struct omb_escrowed *found,
                              const uint8_t anchor[OMB_PUBLIC_SIZE],
                              struct omb_error *err)
{
    const struct omb_escrowed_record *last = &found->last;
    const struct omb_known_certificate *signer = signer_of(found);
    uint8_t same[OMB_PUBLIC_SIZE];

    if (found->life == 0)
        return OMB_OK;
    if (!signer || !omb_office_id_equal(&last->office, &found->newest.inner.office) ||
        omb_proof_verify(&last->leaf, &last->proof, signer->inner.signing_key.data, NULL, NULL) !=
            OMB_OK)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "%.*s did not sign the last record of its newest life that the export has",
                        OMB_VIEW_ARGS(found->code));
    return check_chain(found, signer, anchor, same, err);
}

enum omb_rc omb_escrowed_check(const struct omb_escrowed *found, const uint8_t *anchor,
                               uint8_t out_anchor[OMB_PUBLIC_SIZE], struct omb_error *err)
{
    const enum omb_rc rc = check_chain(found, &found->newest, anchor, out_anchor, err);

    return rc == OMB_OK ? check_life(found, out_anchor, err) : rc;
}

/* --- lines --- */

/* What the parser says of a line repeats it, and it may be of another file: of a key, say. */
static enum omb_rc take_line(struct omb_escrowed *found, const char *line, size_t size,
                             struct omb_error *err)
{
    json_error_t why;
    json_t *object = json_loadb(line, size, 0, &why);
    enum omb_rc rc = OMB_OK;

    if (!json_is_object(object)) {
        json_decref(object);
        return omb_fail(err, OMB_INVALID, NULL, "column %d: the line is no JSON object",
                        why.column);
    }
    if (json_object_get(object, "header"))
        take_header(found, object);
    else if (json_object_get(object, "certificate"))
        rc = take_certificate(found, object, err);
    json_decref(object);
    return rc;
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
