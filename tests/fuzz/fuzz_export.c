/*
 * Does an export of a log give secrets to nobody but who holds the recovery key, and does a bad
 * line cost more than a refusal with its number? The bytes are the file, or after a 0 its lines one
 * by one: what is sealed and in base64 is made here, since a fuzzer does not guess it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cli/escrowed.h"
#include "wire/header.h"
#include "wire/parts.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum line { TEXT, HEADER, CERTIFICATE, ESCROW, LINES };

static struct omb_keyfile recovery;

static void begin(void)
{
    uint8_t secret[OMB_KEY_SIZE];

    omb_crypto_init();
    omb_wire_init();
    if (recovery.secret)
        return;
    memset(secret, 0x13, sizeof(secret));
    recovery.secret = omb_secret_new(secret);
    memcpy(recovery.use, "recovery", sizeof("recovery"));
    omb_box_public(recovery.secret, recovery.public_key);
}

/* --- making a file --- */

static void add_object(struct omb_buf *file, const char *key, struct omb_view bytes)
{
    omb_buf_printf(file, "{\"%s\": \"", key);
    omb_base64(bytes, file);
    omb_buf_add_str(file, "\"}\n");
}

/* A header that escrows these bytes. */
static void add_escrow(struct omb_buf *file, struct omb_view secret)
{
    const uint8_t seed[OMB_SEED_SIZE] = {9}, salt[OMB_SALT_SIZE] = {1};
    struct omb_buf box = OMB_BUF_INIT, bytes = OMB_BUF_INIT;
    struct omb_escrow_opened opened = {.sealed = OMB_VIEW_NONE};
    const struct omb_facts facts = {.event = {OMB_EVENT_ESCROW_OPENED, &opened}};
    const struct omb_header header = {.version = OMB_HEADER_VERSION,
                                      .office = {{1}},
                                      .incarnation = {{0, 0, 0, 1}},
                                      .seq = 1,
                                      .time_ms = 1,
                                      .key = {{1}},
                                      .salt = OMB_VIEW_OF(salt),
                                      .actor = OMB_VIEW_LIT("system"),
                                      .facts = &facts};
    struct omb_drbg drbg;

    omb_drbg_init(&drbg, seed);
    OMB_ASSERT(omb_box_seal(recovery.public_key, secret, &drbg, &box) == OMB_OK);
    opened.sealed = omb_buf_view(&box);
    omb_encode_header(&header, &bytes);
    add_object(file, "header", omb_buf_view(&bytes));
    omb_buf_free(&box);
    omb_buf_free(&bytes);
}

/* Returns how many escrows were made. */
static uint64_t make_file(struct omb_view script, struct omb_buf *file)
{
    uint64_t escrows = 0;

    while (script.size > 0) {
        const enum line what = (enum line)(fuzz_byte(&script) % LINES);
        const struct omb_view piece = fuzz_piece(&script);

        if (what == ESCROW) {
            add_escrow(file, piece);
            escrows++;
        } else if (what == TEXT) {
            omb_buf_add_view(file, piece);
            omb_buf_add_str(file, "\n");
        } else {
            add_object(file, what == HEADER ? "header" : "certificate", piece);
        }
    }
    return escrows;
}

/* --- reading it --- */

static uint64_t count_lines(struct omb_view text)
{
    uint64_t lines = 1;

    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    return lines;
}

static void check_refusal(const struct omb_error *err, struct omb_view text)
{
    static const char begins[] = "line ";

    OMB_ASSERT(strncmp(err->words, begins, strlen(begins)) == 0);
    OMB_ASSERT(strtoull(err->words + strlen(begins), NULL, 10) <= count_lines(text));
    fuzz_untold_digits(err, text);
}

static void read_file(struct omb_view text, uint64_t escrows)
{
    struct omb_arena arena;
    struct omb_escrowed found = {
        .arena = &arena, .recovery = &recovery, .code = OMB_VIEW_LIT("vsp-0045")};
    struct omb_error err = {0};
    FILE *file = fmemopen((void *)(uintptr_t)text.data, text.size, "rb");
    enum omb_rc rc;

    OMB_ASSERT(file != NULL);
    omb_arena_init(&arena, SIZE_MAX / 2);
    rc = omb_escrowed_read(file, &found, &err);
    fuzz_said(rc, &err);
    if (rc != OMB_OK)
        check_refusal(&err, text);
    OMB_ASSERT(found.opened <= escrows);
    OMB_ASSERT(found.opened > 0 || (!found.transport && !found.sealing));
    OMB_ASSERT(!found.has_certificate || omb_view_equal(found.newest.inner.code, found.code));
    omb_escrowed_free(&found);
    omb_arena_free(&arena);
    (void)fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    struct omb_buf file = OMB_BUF_INIT;

    begin();
    if (size == 0)
        return 0;
    if (data[0] == 0) {
        uint64_t escrows;

        (void)fuzz_byte(&bytes);
        escrows = make_file(bytes, &file);
        if (file.size > 0)
            read_file(omb_buf_view(&file), escrows);
    } else {
        read_file(bytes, 0);
    }
    omb_buf_free(&file);
    return 0;
}
