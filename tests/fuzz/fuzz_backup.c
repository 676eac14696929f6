/*
 * Is a backup that is believed the one that its office signed, and can its files lie nowhere but in
 * an office's directory? The first byte says what the rest is: a manifest as it stands in a file,
 * one that is signed here, sealed keys (under a passphrase that is hashed plainly, passphrase.c),
 * or a path.
 */
#define _GNU_SOURCE
#include <string.h>

#include "base/assert.h"
#include "io/backup_inside.h"
#include "ledger/backup.h"
#include "wire/limits.h"

#include "fuzz/check.h"
#include "fuzz/fuzz.h"

enum what { SIGNED, MANIFEST, KEYS, PATH, WHATS };

static struct omb_arena arena;

static struct omb_signer *signer(bool anchor)
{
    static struct omb_signer *both[2];
    uint8_t seed[OMB_SEED_SIZE];

    memset(seed, anchor ? 1 : 2, sizeof(seed));
    if (!both[anchor])
        both[anchor] = omb_signer_from_seed(seed);
    return both[anchor];
}

/* --- paths --- */

static void check_path(struct omb_view path)
{
    OMB_ASSERT(path.size > 0 && path.data[0] != '/' && path.data[0] != '.');
    OMB_ASSERT(!memmem(path.data, path.size, "/.", 2));
    OMB_ASSERT(!memchr(path.data, '\0', path.size) && !memchr(path.data, '\\', path.size));
    for (size_t i = 0, slashes = 0; i < path.size; i++) {
        slashes += path.data[i] == '/';
        OMB_ASSERT(slashes < 2 && path.data[i] > ' ' && path.data[i] < 0x7f);
    }
}

static void read_path(struct omb_view path)
{
    if (omb_backup_path_is_good(path))
        check_path(path);
    if (omb_backup_key_path_is_good(path)) {
        check_path(path);
        OMB_ASSERT(memmem(path.data, path.size, ".key", 4) != NULL);
    }
    OMB_ASSERT(!omb_backup_path_is_good(path) || !omb_backup_key_path_is_good(path));
}

/* --- manifests --- */

static void read_signed(struct omb_view bytes, bool must_hold)
{
    struct omb_known_backup known;
    struct omb_error err = {0};
    const enum omb_rc rc = omb_backup_read(bytes, &arena, &known, &err);
    uint64_t sum = 0;

    fuzz_said(rc, &err);
    OMB_ASSERT(!must_hold || rc != OMB_UNAUTHENTIC);
    if (rc != OMB_OK)
        return;
    OMB_ASSERT(known.chain_count >= 1 && known.chain_count <= OMB_CHAIN_MAX);
    for (size_t i = 0; i < known.manifest.files.count; i++) {
        check_path(known.manifest.files.items[i].path);
        sum += known.manifest.files.items[i].size;
    }
    OMB_ASSERT(sum == known.bytes && known.manifest.files.count >= 3);
    fuzz_inside(&omb_shape_backup_manifest, &known.manifest, bytes.size);
    fuzz_again(&omb_shape_backup_manifest, &known.manifest, &arena);
}

static void certify(struct omb_view code, struct omb_view key, struct omb_view anchor,
                    struct omb_certificate *inner, struct omb_buf *out)
{
    *inner = (struct omb_certificate){
        .version = 1,
        .office = omb_certify_office_id(code, key.data),
        .code = code,
        .name = OMB_VIEW_LIT("Head Office"),
        .kind = OMB_VIEW_LIT("head"),
        .signing_key = key,
        .transport_key = key,
        .sealing_key = key,
        .not_before = 1000,
        .not_after = 2000,
        .issuer = omb_certify_anchor_issuer(anchor.data),
        .certify_depth = OMB_ROOT_CERTIFY_DEPTH,
    };
    omb_certify_issue(inner, signer(true), out);
}

/* What the draft leaves out is as it should be; then the root office signs it. */
static void read_manifest(struct omb_view draft)
{
    uint8_t key[OMB_PUBLIC_SIZE], anchor[OMB_PUBLIC_SIZE];
    struct omb_buf paper = OMB_BUF_INIT, out = OMB_BUF_INIT;
    struct omb_backup_manifest manifest;
    struct omb_certificate inner;
    struct omb_view certificate;

    if (omb_decode_backup_manifest(draft, &arena, &manifest, NULL) != OMB_OK)
        return;
    omb_signer_public(signer(false), key);
    omb_signer_public(signer(true), anchor);
    if (manifest.version == 0)
        manifest.version = OMB_BACKUP_VERSION;
    if (manifest.code.size == 0)
        manifest.code = OMB_VIEW_LIT("ho");
    manifest.anchor = OMB_VIEW_OF(anchor);
    certify(manifest.code, OMB_VIEW_OF(key), manifest.anchor, &inner, &paper);
    manifest.office = inner.office;
    certificate = omb_buf_view(&paper);
    omb_backup_sign(&manifest, (struct omb_views){&certificate, 1}, signer(false), &out);
    read_signed(omb_buf_view(&out), true);
    if (out.size > 0) {
        out.data[draft.size / 2] ^= 1;
        OMB_ASSERT(omb_backup_read(omb_buf_view(&out), &arena, &(struct omb_known_backup){0},
                                   NULL) != OMB_OK);
    }
    omb_buf_free(&paper);
    omb_buf_free(&out);
}

/* --- keys --- */

/* Nobody but who has the secret or the passphrase can have sealed what opens. */
static void read_keys(struct omb_view bytes)
{
    static struct omb_secret *recovery;
    static const uint8_t secret[OMB_KEY_SIZE] = {0x13};
    static const struct omb_office_id office = {{1}};
    struct omb_backup_restore with = {.passphrase = OMB_VIEW_LIT("passphrase of a test")};
    struct omb_error err = {0};
    uint64_t operators;
    enum omb_rc rc;

    if (!recovery)
        recovery = omb_secret_new(secret);
    for (int turn = 0; turn < 2; turn++) {
        rc = omb_backup_unseal(bytes, &with, &office, "/nowhere", OMB_VIEW_NONE, &operators, &err);
        OMB_ASSERT(rc != OMB_OK);
        fuzz_said(rc, &err);
        fuzz_untold_digits(&err, bytes);
        with = (struct omb_backup_restore){.recovery = recovery};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct omb_view bytes = omb_view(data, size);
    enum what what;

    omb_crypto_init();
    omb_wire_init();
    what = (enum what)(fuzz_byte(&bytes) % WHATS);
    omb_arena_init(&arena, SIZE_MAX / 2);
    if (what == SIGNED)
        read_signed(bytes, false);
    else if (what == MANIFEST)
        read_manifest(bytes);
    else if (what == KEYS)
        read_keys(bytes);
    else
        read_path(bytes);
    omb_arena_free(&arena);
    return 0;
}
