#include "wire/header.h"

#include <string.h>

#include "base/text.h"
#include "wire/limits.h"

enum { SIGNATURE_SIZE = 64 };

static bool none(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static enum omb_rc check_part(const struct omb_digest *digest, uint32_t size, const char *field,
                              struct omb_error *err)
{
    if (omb_digest_none(digest) != (size == 0))
        return omb_fail(err, OMB_INVALID, field,
                        "%s: a part has both a digest and a size, or neither", field);
    if (size > OMB_PART_MAX)
        return omb_fail(err, OMB_LIMIT, field, "%s: a part has at most %d bytes", field,
                        OMB_PART_MAX);
    return OMB_OK;
}

static enum omb_rc check_author(const struct omb_header *header, struct omb_error *err)
{
    if (header->version == 0)
        return omb_fail(err, OMB_INVALID, "version", "version: a header says its version");
    if (header->version > OMB_HEADER_VERSION)
        return omb_fail(err, OMB_LATER, "version", "version: %u is later than this program knows",
                        (unsigned)header->version);
    if (omb_office_id_none(&header->office))
        return omb_fail(err, OMB_INVALID, "office", "office: a header names its author");
    if (none(header->incarnation.bytes, sizeof(header->incarnation.bytes)))
        return omb_fail(err, OMB_INVALID, "incarnation",
                        "incarnation: a header names the life of its log");
    if (header->seq == 0)
        return omb_fail(err, OMB_INVALID, "seq", "seq: records are numbered from 1");
    if (none(header->key.bytes, sizeof(header->key.bytes)))
        return omb_fail(err, OMB_INVALID, "key", "key: a header names the certificate of its key");
    if (header->salt.size != OMB_SALT_SIZE)
        return omb_fail(err, OMB_INVALID, "salt", "salt: it has %d bytes", OMB_SALT_SIZE);
    if (!omb_text_is_code(header->actor))
        return omb_fail(err, OMB_INVALID, "actor", "actor: it is the code of an operator");
    return OMB_OK;
}

static enum omb_rc check_header(const struct omb_header *header, bool odd, struct omb_error *err)
{
    enum omb_rc rc = check_author(header, err);

    if (rc == OMB_OK)
        rc = check_part(&header->body_digest, header->body_size, "body_size", err);
    if (rc == OMB_OK)
        rc = check_part(&header->grants_digest, header->grants_size, "grants_size", err);
    if (rc == OMB_OK)
        rc = check_part(&header->extract_digest, header->extract_size, "extract_size", err);
    if (rc != OMB_OK)
        return rc;
    if (!header->facts || (header->facts->event.tag == 0 && !odd))
        return omb_fail(err, OMB_INVALID, "facts", "facts: a header says what happened");
    return OMB_OK;
}

enum omb_rc omb_header_decode(struct omb_view bytes, struct omb_arena *arena,
                              struct omb_header *out_header, bool *out_odd, struct omb_error *err)
{
    struct omb_header header;
    bool odd = false;
    enum omb_rc rc;

    if (bytes.size > OMB_HEADER_MAX)
        return omb_fail(err, OMB_LIMIT, "header", "a header has at most %d bytes", OMB_HEADER_MAX);
    rc = omb_shape_decode(&omb_shape_header, bytes, arena, &header, out_odd ? &odd : NULL, err);
    if (rc == OMB_OK)
        rc = check_header(&header, odd, err);
    if (rc != OMB_OK)
        return rc;
    *out_header = header;
    if (out_odd)
        *out_odd = odd;
    return OMB_OK;
}

static enum omb_rc check_proof(const struct omb_proof *proof, struct omb_error *err)
{
    if (!proof)
        return omb_fail(err, OMB_INVALID, "proof", "proof: a record carries its proof");
    if (proof->signature.size != SIGNATURE_SIZE)
        return omb_fail(err, OMB_INVALID, "proof.signature", "proof.signature: it has %d bytes",
                        SIGNATURE_SIZE);
    if (proof->path.count > OMB_PROOF_LEVELS_MAX)
        return omb_fail(err, OMB_LIMIT, "proof.path", "proof.path: it has at most %d levels",
                        OMB_PROOF_LEVELS_MAX);
    if (proof->index >> proof->path.count != 0)
        return omb_fail(err, OMB_INVALID, "proof.index",
                        "proof.index: it has bits beyond the path");
    return OMB_OK;
}

enum omb_rc omb_record_check_sizes(const struct omb_record *record, struct omb_error *err)
{
    const struct {
        const char *name;
        struct omb_view bytes;
    } parts[] = {{"body", record->body}, {"grants", record->grants}, {"extract", record->extract}};

    if (record->header.size == 0)
        return omb_fail(err, OMB_INVALID, "header", "header: a record has one");
    if (record->header.size > OMB_HEADER_MAX)
        return omb_fail(err, OMB_LIMIT, "header", "header: it has at most %d bytes",
                        OMB_HEADER_MAX);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].bytes.size > OMB_PART_MAX)
            return omb_fail(err, OMB_LIMIT, parts[i].name, "%s: a part has at most %d bytes",
                            parts[i].name, OMB_PART_MAX);
    return check_proof(record->proof, err);
}
