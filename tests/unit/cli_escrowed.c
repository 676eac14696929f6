/* Does of the secrets in an export stay what was asked for, and nothing else in memory? */
#include "unit.h"

#include <stdio.h>

#include "cli/escrowed.h"
#include "wire/header.h"
#include "wire/parts.h"

static struct omb_keyfile recovery_key(void)
{
    const uint8_t bytes[OMB_KEY_SIZE] = {0x13};
    struct omb_keyfile key = {.use = "recovery", .secret = omb_secret_new(bytes)};

    omb_box_public(key.secret, key.public_key);
    return key;
}

/* A line of an export: the header of a record that escrows these two secrets. */
static void add_escrow(const uint8_t public_key[OMB_PUBLIC_SIZE], struct omb_view transport,
                       struct omb_view sealing, struct omb_buf *line)
{
    static const uint8_t zero[OMB_KEY_SIZE], seed[OMB_SEED_SIZE] = {9}, salt[OMB_SALT_SIZE] = {1};
    const struct omb_escrow_secret secret = {
        .key = OMB_VIEW_OF(zero), .transport_secret = transport, .sealing_secret = sealing};
    struct omb_buf plain = OMB_BUF_INIT, box = OMB_BUF_INIT, bytes = OMB_BUF_INIT;
    struct omb_escrow_opened opened = {.year = 2026};
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
    omb_encode_escrow_secret(&secret, &plain);
    assert_int_equal(omb_box_seal(public_key, omb_buf_view(&plain), &drbg, &box), OMB_OK);
    opened.sealed = omb_buf_view(&box);
    omb_encode_header(&header, &bytes);
    omb_buf_add_str(line, "{\"header\": \"");
    omb_base64(omb_buf_view(&bytes), line);
    omb_buf_add_str(line, "\"}\n");
    omb_buf_free(&plain);
    omb_buf_free(&box);
    omb_buf_free(&bytes);
}

static void no_secret_stays_in_what_was_lent(void **state)
{
    uint8_t transport[OMB_KEY_SIZE], sealing[OMB_KEY_SIZE];
    struct omb_keyfile recovery = recovery_key();
    struct omb_buf line = OMB_BUF_INIT;
    struct omb_arena arena;
    struct omb_escrowed found = {
        .arena = &arena, .recovery = &recovery, .code = OMB_VIEW_LIT("vsp-0045")};
    const uint8_t *first;
    FILE *file;

    (void)state;
    omb_random(transport, sizeof(transport));
    omb_random(sealing, sizeof(sealing));
    add_escrow(recovery.public_key, OMB_VIEW_OF(transport), OMB_VIEW_OF(sealing), &line);
    omb_arena_init(&arena, SIZE_MAX / 2);
    first = omb_arena_get(&arena, 1); /* what follows lies behind it */
    file = fmemopen(line.data, line.size, "rb");
    assert_int_equal(omb_escrowed_read(file, &found, NULL), OMB_OK);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(found.opened, 1);
    assert_memory_equal(omb_secret_bytes(found.transport), transport, OMB_KEY_SIZE);
    assert_memory_equal(omb_secret_bytes(found.sealing), sealing, OMB_KEY_SIZE);
    for (size_t at = 0; at + OMB_KEY_SIZE <= arena.used; at++) {
        assert_memory_not_equal(first + at, transport, OMB_KEY_SIZE);
        assert_memory_not_equal(first + at, sealing, OMB_KEY_SIZE);
    }
    omb_escrowed_free(&found);
    omb_arena_free(&arena);
    omb_buf_free(&line);
    omb_secret_free(recovery.secret);
}

static int setup(void **state)
{
    (void)state;
    omb_crypto_init();
    omb_wire_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_secret_stays_in_what_was_lent),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
