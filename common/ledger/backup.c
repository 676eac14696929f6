#include "ledger/backup.h"

#include <string.h>

#include "base/text.h"
#include "wire/limits.h"

#define BACKUP_TAG "ombud/backup/1"

/* --- paths --- */

bool omb_backup_name_is_good(struct omb_view name)
{
    if (name.size == 0 || name.size > 200 || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.size; i++) {
        const uint8_t c = name.data[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static bool ends_with(struct omb_view text, const char *end)
{
    const size_t size = strlen(end);

    return text.size > size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* The name behind "folder/"; empty when the path lies elsewhere. */
static struct omb_view name_in(struct omb_view path, const char *folder)
{
    const size_t size = strlen(folder);

    if (path.size <= size || memcmp(path.data, folder, size) != 0)
        return OMB_VIEW_NONE;
    return omb_view(path.data + size, path.size - size);
}

bool omb_backup_path_is_good(struct omb_view path)
{
    const struct omb_view in_keys = name_in(path, "keys/");

    if (omb_view_is(path, "ombud.conf") || omb_view_is(path, "keys.sealed"))
        return true;
    if (in_keys.size > 0)
        return omb_backup_name_is_good(in_keys) && ends_with(in_keys, ".pub");
    return omb_backup_name_is_good(name_in(path, "db/"));
}

bool omb_backup_key_path_is_good(struct omb_view path)
{
    const struct omb_view of_operator = name_in(path, "operators/");

    if (of_operator.size > 0)
        return omb_backup_name_is_good(of_operator) && ends_with(of_operator, ".key");
    return omb_view_is(path, "keys/signing.key") || omb_view_is(path, "keys/transport.key") ||
           omb_view_is(path, "keys/sealing.key");
}

/* --- writing --- */

void omb_backup_sign(const struct omb_backup_manifest *manifest, struct omb_views certificates,
                     const struct omb_signer *signer, struct omb_buf *out_signed)
{
    struct omb_buf bytes = OMB_BUF_INIT;
    uint8_t signature[OMB_SIGNATURE_SIZE];
    struct omb_signed_backup outer = {.certificates = certificates};

    omb_encode_backup_manifest(manifest, &bytes);
    omb_sign(signer, BACKUP_TAG, omb_buf_view(&bytes), signature);
    outer.manifest = omb_buf_view(&bytes);
    outer.signature = OMB_VIEW_OF(signature);
    omb_encode_signed_backup(&outer, out_signed);
    omb_buf_free(&bytes);
}

/* --- reading --- */

static enum omb_rc read_chain(const struct omb_signed_backup *outer, struct omb_arena *arena,
                              struct omb_known_backup *out, struct omb_error *err)
{
    const size_t count = outer->certificates.count;
    enum omb_rc rc = OMB_OK;

    if (count == 0)
        return omb_fail(err, OMB_MISSING, "certificates", "it names no certificate");
    if (count > OMB_CHAIN_MAX)
        return omb_fail(err, OMB_LIMIT, "certificates",
                        "it has %zu certificates, a chain at most %d", count, OMB_CHAIN_MAX);
    for (size_t i = 0; rc == OMB_OK && i < count; i++)
        rc = omb_certify_read(outer->certificates.items[i], arena, &out->chain[i], err);
    out->chain_count = count;
    return rc;
}

static enum omb_rc check_sizes(const struct omb_backup_manifest *manifest, struct omb_error *err)
{
    if (manifest->version != OMB_BACKUP_VERSION)
        return omb_fail(err, manifest->version > OMB_BACKUP_VERSION ? OMB_LATER : OMB_INVALID,
                        "version", "it has version %u; this program knows %d", manifest->version,
                        OMB_BACKUP_VERSION);
    if (manifest->schema == 0)
        return omb_fail(err, OMB_MISSING, "schema", "it does not say the store's schema");
    if (manifest->code.size == 0)
        return omb_fail(err, OMB_MISSING, "code", "it does not say the office's code");
    if (manifest->made_at == 0)
        return omb_fail(err, OMB_MISSING, "made_at", "it does not say when it was made");
    if (manifest->anchor.size != OMB_PUBLIC_SIZE)
        return omb_fail(err, OMB_INVALID, "anchor", "the anchor has %zu bytes, not %d",
                        manifest->anchor.size, OMB_PUBLIC_SIZE);
    if (manifest->recovery.size != OMB_PUBLIC_SIZE)
        return omb_fail(err, OMB_INVALID, "recovery", "the recovery key has %zu bytes, not %d",
                        manifest->recovery.size, OMB_PUBLIC_SIZE);
    if ((manifest->head == 0) != omb_digest_none(&manifest->digest))
        return omb_fail(err, OMB_INVALID, "digest",
                        "the newest record and its digest are not "
                        "both there");
    return OMB_OK;
}

static bool lists(const struct omb_backup_manifest *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->files.count; i++)
        if (omb_view_is(manifest->files.items[i].path, path))
            return true;
    return false;
}

static enum omb_rc check_files(const struct omb_backup_manifest *manifest, uint64_t *out_bytes,
                               struct omb_error *err)
{
    static const char *const needed[] = {"db/CURRENT", "keys.sealed", "ombud.conf"};

    *out_bytes = 0;
    for (size_t i = 0; i < manifest->files.count; i++) {
        const struct omb_backup_file *file = &manifest->files.items[i];
        const struct omb_view shown = omb_text_cut(file->path, 100);

        if (!omb_backup_path_is_good(file->path))
            return omb_fail(err, OMB_INVALID, "files", "\"%.*s\" has no place in a backup",
                            OMB_VIEW_ARGS(shown));
        if (i > 0 && omb_view_compare(manifest->files.items[i - 1].path, file->path) >= 0)
            return omb_fail(err, OMB_INVALID, "files", "%.*s stands twice or out of its order",
                            OMB_VIEW_ARGS(shown));
        if (omb_digest_none(&file->digest))
            return omb_fail(err, OMB_MISSING, "files", "%.*s has no digest", OMB_VIEW_ARGS(shown));
        if (file->size > UINT64_MAX - *out_bytes)
            return omb_fail(err, OMB_LIMIT, "files", "the sizes of the files are too large");
        *out_bytes += file->size;
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!lists(manifest, needed[i]))
            return omb_fail(err, OMB_MISSING, "files", "it does not list %s", needed[i]);
    return OMB_OK;
}

static enum omb_rc check_author(const struct omb_signed_backup *outer,
                                const struct omb_known_backup *backup, struct omb_error *err)
{
    const struct omb_certificate *own = &backup->chain[0].inner;
    enum omb_rc rc = omb_certify_check_chain(backup->chain, backup->chain_count,
                                             backup->manifest.anchor.data, err);

    if (rc != OMB_OK)
        return rc;
    if (!omb_view_equal(own->code, backup->manifest.code) ||
        !omb_office_id_equal(&own->office, &backup->manifest.office))
        return omb_fail(err, OMB_UNAUTHENTIC, "office",
                        "it is of another office than its "
                        "certificate");
    if (!omb_verify(own->signing_key.data, BACKUP_TAG, outer->manifest, outer->signature.data))
        return omb_fail(err, OMB_UNAUTHENTIC, "signature",
                        "the signature of %.*s does not hold: it was changed, or made by somebody "
                        "else",
                        OMB_VIEW_ARGS(own->code));
    return OMB_OK;
}

static enum omb_rc read_parts(struct omb_view signed_bytes, struct omb_arena *arena,
                              struct omb_known_backup *out, struct omb_error *err)
{
    struct omb_signed_backup outer;
    enum omb_rc rc = omb_decode_signed_backup(signed_bytes, arena, &outer, err);

    if (rc != OMB_OK)
        return rc;
    if (outer.manifest.size == 0)
        return omb_fail(err, OMB_MISSING, "manifest", "it holds nothing that was signed");
    if (outer.signature.size != OMB_SIGNATURE_SIZE)
        return omb_fail(err, OMB_INVALID, "signature", "the signature has %zu bytes, not %d",
                        outer.signature.size, OMB_SIGNATURE_SIZE);
    rc = omb_decode_backup_manifest(outer.manifest, arena, &out->manifest, err);
    if (rc == OMB_OK)
        rc = check_sizes(&out->manifest, err);
    if (rc == OMB_OK)
        rc = read_chain(&outer, arena, out, err);
    if (rc == OMB_OK)
        rc = check_author(&outer, out, err);
    if (rc == OMB_OK)
        rc = check_files(&out->manifest, &out->bytes, err);
    if (rc == OMB_OK)
        out->digest = omb_hash(BACKUP_TAG, outer.manifest);
    return rc;
}

enum omb_rc omb_backup_read(struct omb_view signed_bytes, struct omb_arena *arena,
                            struct omb_known_backup *out, struct omb_error *err)
{
    struct omb_known_backup known = {.chain_count = 0};
    enum omb_rc rc;

    if (signed_bytes.size > OMB_BACKUP_MANIFEST_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "it has %zu bytes, at most %d", signed_bytes.size,
                        OMB_BACKUP_MANIFEST_MAX);
    rc = read_parts(signed_bytes, arena, &known, err);
    if (rc == OMB_OK)
        *out = known;
    return rc;
}
