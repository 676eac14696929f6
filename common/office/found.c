/*
 * A new office: the first rows of its store. The log's first records are written by the office
 * itself when it starts (start.c).
 */
#include <string.h>

#include "office/inside.h"

/* Takes the next length-prefixed certificate off the list. */
static enum omb_rc next_certificate(struct omb_view *list, struct omb_arena *arena,
                                    struct omb_known_certificate *out, struct omb_error *err)
{
    size_t size;
    enum omb_rc rc;

    if (list->size < 4)
        return omb_fail(err, OMB_INVALID, "certificates", "the list of certificates is cut off");
    size = omb_be32(list->data);
    *list = omb_view(list->data + 4, list->size - 4);
    if (size > list->size)
        return omb_fail(err, OMB_INVALID, "certificates", "the list of certificates is cut off");
    rc = omb_certify_read(omb_view(list->data, size), arena, out, err);
    *list = omb_view(list->data + size, list->size - size);
    return rc;
}

static void put_meta(struct omb_writes *writes, const char *name, struct omb_view value)
{
    const struct omb_key key = omb_key_meta(name);

    omb_put(writes, OMB_FAMILY_META, omb_key_view(&key), value);
}

/* A point of small order would let anyone open what is sealed to it. */
static enum omb_rc check_recovery(const uint8_t recovery[OMB_PUBLIC_SIZE], struct omb_error *err)
{
    static const uint8_t seed[OMB_SEED_SIZE];
    struct omb_buf sealed = OMB_BUF_INIT;
    struct omb_drbg drbg;
    enum omb_rc rc;

    omb_drbg_init(&drbg, seed);
    rc = omb_box_seal(recovery, OMB_VIEW_LIT("-"), &drbg, &sealed);
    omb_buf_free(&sealed);
    return rc == OMB_OK
               ? rc
               : omb_fail(err, OMB_INVALID, "recovery", "the recovery key is no X25519 key");
}

static void put_rows(const struct omb_office_birth *birth,
                     const struct omb_known_certificate *chain, size_t count,
                     struct omb_writes *writes)
{
    uint8_t schema[4], life[4];

    omb_put_be32(schema, OMB_OFFICE_SCHEMA);
    put_meta(writes, "schema", OMB_VIEW_OF(schema));
    put_meta(writes, "identity", OMB_VIEW_OF(chain[0].digest.bytes));
    put_meta(writes, "anchor", OMB_VIEW_OF(birth->anchor));
    put_meta(writes, "recovery", OMB_VIEW_OF(birth->recovery));
    put_meta(writes, "admin", OMB_VIEW_OF(birth->admin_key));
    put_meta(writes, "epoch", OMB_VIEW_OF(birth->epoch));
    put_meta(writes, "zone", birth->zone);
    omb_put_be32(life, birth->life);
    if (birth->life > 0)
        put_meta(writes, "life", OMB_VIEW_OF(life));
    for (size_t i = 0; i < count; i++)
        omb_certificate_put(writes, &chain[i]);
}

enum omb_rc omb_office_found(const struct omb_office_birth *birth, struct omb_writes *writes,
                             struct omb_error *err)
{
    struct omb_known_certificate chain[OMB_CHAIN_MAX];
    struct omb_view list = birth->certificates;
    struct omb_arena arena;
    size_t count = 0;
    enum omb_rc rc = check_recovery(birth->recovery, err);

    omb_arena_init(&arena, SIZE_MAX);
    while (rc == OMB_OK && list.size > 0 && count < OMB_CHAIN_MAX)
        rc = next_certificate(&list, &arena, &chain[count++], err);
    if (rc == OMB_OK && list.size > 0)
        rc = omb_fail(err, OMB_LIMIT, "certificates", "a chain has at most %d certificates",
                      OMB_CHAIN_MAX);
    if (rc == OMB_OK)
        rc = omb_certify_check_chain(chain, count, birth->anchor, err);
    if (rc == OMB_OK)
        put_rows(birth, chain, count, writes);
    for (list = birth->earlier; rc == OMB_OK && list.size > 0;) {
        rc = next_certificate(&list, &arena, &chain[0], err);
        if (rc == OMB_OK)
            omb_certificate_put(writes, &chain[0]);
    }
    omb_arena_free(&arena);
    return rc;
}
