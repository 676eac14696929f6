/* Does of the secrets in an export stay what was asked for, and nothing else in memory? */
#include "unit.h"

#include <stdio.h>

#include "cli/escrowed.h"
#include "ledger/record.h"
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

/* --- certificates --- */

enum { OFFICES = 3, ANCHOR = 0xa0 };

static const char *const codes[OFFICES] = {"ho", "north", "vsp-0045"};

static struct omb_signer *signer_of(uint8_t with)
{
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, with, sizeof(seed));
    return omb_signer_from_seed(seed);
}

static void add_base64(struct omb_buf *line, const char *key, struct omb_view bytes)
{
    omb_buf_add_str(line, key);
    omb_base64(bytes, line);
}

/* A line of an export, as the office above makes it. */
static void add_certificate(const struct omb_known_certificate *known, struct omb_buf *line)
{
    const struct omb_certificate_signature *by = &known->outer.signatures.items[0];

    add_base64(line, "{\"certificate\": \"", known->outer.certificate);
    add_base64(line, "\", \"signatures\": [{\"key\": \"", by->key);
    add_base64(line, "\", \"signature\": \"", by->signature);
    omb_buf_add_str(line, "\"}]}\n");
}

/* An export of vsp-0045's certificates; each is issued by `signers` of the level above. */
static void make_export(uint8_t anchor_with, uint8_t signers_with, bool without_north,
                        struct omb_arena *arena, struct omb_buf *out)
{
    static const char *const kinds[OFFICES] = {"head", "regional", "branch"};
    struct omb_signer *issuer = signer_of(anchor_with);
    struct omb_certificate inner[OFFICES];
    uint8_t keys[OFFICES][OMB_PUBLIC_SIZE], anchor[OMB_PUBLIC_SIZE];
    struct omb_known_certificate known;

    omb_signer_public(issuer, anchor);
    for (size_t i = 0; i < OFFICES; i++) {
        struct omb_signer *own = signer_of((uint8_t)(0x50 + i));
        struct omb_buf bytes = OMB_BUF_INIT;

        omb_signer_public(own, keys[i]);
        inner[i] = (struct omb_certificate){
            .version = 1,
            .office = omb_certify_office_id(omb_view_str(codes[i]), keys[i]),
            .code = omb_view_str(codes[i]),
            .name = omb_view_str(codes[i]),
            .kind = omb_view_str(kinds[i]),
            .signing_key = OMB_VIEW_OF(keys[i]),
            .transport_key = OMB_VIEW_OF(keys[i]),
            .sealing_key = OMB_VIEW_OF(keys[i]),
            .not_before = 1,
            .not_after = 2,
            .depth = (uint32_t)i,
            .certify_depth = OMB_ROOT_CERTIFY_DEPTH - (uint32_t)i,
            .issuer = i == 0 ? omb_certify_anchor_issuer(anchor) : known.digest,
        };
        if (i > 0)
            inner[i].parent = inner[i - 1].office;
        omb_certify_issue(&inner[i], issuer, &bytes);
        assert_int_equal(omb_certify_read(omb_arena_copy(arena, omb_buf_view(&bytes)), arena,
                                          &known, NULL),
                         OMB_OK);
        if (!(without_north && i == 1))
            add_certificate(&known, out);
        omb_buf_free(&bytes);
        omb_signer_free(issuer);
        issuer = signer_of((uint8_t)(signers_with + i));
        omb_signer_free(own);
    }
    omb_signer_free(issuer);
}

static enum omb_rc read_text(struct omb_escrowed *found, struct omb_view text,
                             struct omb_error *err)
{
    FILE *file = fmemopen((void *)(uintptr_t)text.data, text.size, "rb");
    const enum omb_rc rc = omb_escrowed_read(file, found, err);

    assert_int_equal(fclose(file), 0);
    return rc;
}

/* What is said of such an export; *out_same: whether it leads to that anchor. */
static enum omb_rc check(uint8_t anchor_with, uint8_t signers_with, bool without_north,
                         bool at_hand, bool *out_same, struct omb_error *err)
{
    struct omb_keyfile recovery = recovery_key();
    struct omb_signer *signer = signer_of(ANCHOR);
    struct omb_buf text = OMB_BUF_INIT;
    struct omb_arena arena;
    struct omb_escrowed found = {
        .arena = &arena, .recovery = &recovery, .code = OMB_VIEW_LIT("vsp-0045")};
    uint8_t anchor[OMB_PUBLIC_SIZE], to[OMB_PUBLIC_SIZE] = {0};
    enum omb_rc rc;

    omb_signer_public(signer, anchor);
    omb_arena_init(&arena, SIZE_MAX / 2);
    make_export(anchor_with, signers_with, without_north, &arena, &text);
    assert_int_equal(read_text(&found, omb_buf_view(&text), NULL), OMB_OK);
    assert_true(found.has_certificate);
    rc = omb_escrowed_check(&found, at_hand ? anchor : NULL, to, err);
    *out_same = memcmp(anchor, to, sizeof(to)) == 0;
    omb_escrowed_free(&found);
    omb_arena_free(&arena);
    omb_buf_free(&text);
    omb_signer_free(signer);
    omb_secret_free(recovery.secret);
    return rc;
}

static void a_chain_to_the_anchor_counts(void **state)
{
    bool same;

    (void)state;
    assert_int_equal(check(ANCHOR, 0x50, false, true, &same, NULL), OMB_OK);
    assert_int_equal(check(ANCHOR, 0x50, false, false, &same, NULL), OMB_OK);
    assert_true(same);
    assert_int_equal(check(0xb0, 0x50, false, false, &same, NULL), OMB_OK);
    assert_false(same); /* which whoever reads it can see */
}

static void a_foreign_chain_is_refused(void **state)
{
    struct omb_error err = {0};
    bool same;

    (void)state;
    assert_int_equal(check(0xb0, 0x50, false, true, &same, &err), OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "do not lead to the bank's anchor: ho: "));
}

/* Also when no anchor is at hand: whoever forges a certificate has no key of the office above. */
static void a_forged_certificate_is_refused(void **state)
{
    struct omb_error err = {0};
    bool same;

    (void)state;
    assert_int_equal(check(ANCHOR, 0xc0, false, true, &same, &err), OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "vsp-0045: its certificate is not signed by north"));
    assert_int_equal(check(ANCHOR, 0xc0, false, false, &same, &err), OMB_UNAUTHENTIC);
}

static void a_chain_that_lacks_one_is_refused(void **state)
{
    struct omb_error err = {0};
    bool same;

    (void)state;
    assert_int_equal(check(ANCHOR, 0x50, true, true, &same, &err), OMB_NOT_FOUND);
    assert_non_null(strstr(err.words, "issued that of vsp-0045"));
}

/* A line of an export: a record in that life of the office, proven by whoever has the key. */
static void add_record(const struct omb_known_certificate *of, uint32_t life, uint8_t signer_with,
                       struct omb_arena *arena, struct omb_buf *line)
{
    static const uint8_t salt[OMB_SALT_SIZE] = {1};
    const struct omb_escrow_opened opened = {.year = 2026, .sealed = OMB_VIEW_LIT("sealed")};
    const struct omb_facts facts = {.event = {OMB_EVENT_ESCROW_OPENED, &opened}};
    struct omb_header header = {.version = OMB_HEADER_VERSION,
                                .office = of->inner.office,
                                .seq = 1,
                                .time_ms = 1,
                                .key = omb_key_id_of(&of->digest),
                                .salt = OMB_VIEW_OF(salt),
                                .actor = OMB_VIEW_LIT("system"),
                                .facts = &facts};
    struct omb_signer *signer = signer_of(signer_with);
    struct omb_digest leaves[2] = {{{7}}, {{8}}};
    struct omb_proof proofs[2];
    struct omb_buf bytes = OMB_BUF_INIT;

    omb_put_be32(header.incarnation.bytes, life);
    omb_encode_header(&header, &bytes);
    leaves[1] = omb_record_digest(omb_buf_view(&bytes));
    omb_batch_sign(signer, leaves, 2, arena, proofs);
    add_base64(line, "{\"header\": \"", omb_buf_view(&bytes));
    add_base64(line, "\", \"signature\": \"", proofs[1].signature);
    add_base64(line, "\", \"path\": [\"", OMB_VIEW_OF(proofs[1].path.items[0].bytes));
    omb_buf_printf(line, "\"], \"index\": %u}\n", proofs[1].index);
    omb_buf_free(&bytes);
    omb_signer_free(signer);
}

/* A word that nobody signed would use up the lives of the log: none is above it. */
static void a_life_counts_that_the_office_signed(void **state)
{
    struct omb_keyfile recovery = recovery_key();
    struct omb_buf text = OMB_BUF_INIT, record = OMB_BUF_INIT;
    struct omb_arena arena;
    struct omb_escrowed found = {
        .arena = &arena, .recovery = &recovery, .code = OMB_VIEW_LIT("vsp-0045")};
    struct omb_error err = {0};
    uint8_t to[OMB_PUBLIC_SIZE];

    (void)state;
    omb_arena_init(&arena, SIZE_MAX / 2);
    make_export(ANCHOR, 0x50, false, &arena, &text);
    assert_int_equal(read_text(&found, omb_buf_view(&text), NULL), OMB_OK);
    add_record(&found.newest, 3, 0x52, &arena, &record);
    assert_int_equal(read_text(&found, omb_buf_view(&record), NULL), OMB_OK);
    assert_int_equal(omb_escrowed_check(&found, NULL, to, NULL), OMB_OK);
    assert_int_equal(found.life, 3);
    omb_buf_clear(&record);
    add_record(&found.newest, UINT32_MAX - 1, 0x77, &arena, &record);
    assert_int_equal(read_text(&found, omb_buf_view(&record), NULL), OMB_OK);
    assert_int_equal(omb_escrowed_check(&found, NULL, to, &err), OMB_UNAUTHENTIC);
    assert_non_null(strstr(err.words, "newest life"));
    omb_escrowed_free(&found);
    omb_arena_free(&arena);
    omb_buf_free(&record);
    omb_buf_free(&text);
    omb_secret_free(recovery.secret);
}

static void a_certificate_that_is_none_is_named_by_its_line(void **state)
{
    static const char text[] = "{\"header\": \"\"}\n{\"certificate\": \"AAAA\"}\n";
    struct omb_keyfile recovery = recovery_key();
    struct omb_arena arena;
    struct omb_escrowed found = {
        .arena = &arena, .recovery = &recovery, .code = OMB_VIEW_LIT("vsp-0045")};
    struct omb_error err = {0};

    (void)state;
    omb_arena_init(&arena, SIZE_MAX / 2);
    assert_int_equal(read_text(&found, omb_view_str(text), &err), OMB_INVALID);
    assert_non_null(strstr(err.words, "line 2 of the export: what it gives as a certificate"));
    omb_arena_free(&arena);
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
        cmocka_unit_test(a_chain_to_the_anchor_counts),
        cmocka_unit_test(a_foreign_chain_is_refused),
        cmocka_unit_test(a_forged_certificate_is_refused),
        cmocka_unit_test(a_chain_that_lacks_one_is_refused),
        cmocka_unit_test(a_life_counts_that_the_office_signed),
        cmocka_unit_test(a_certificate_that_is_none_is_named_by_its_line),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
