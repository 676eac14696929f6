/*
 * Opening an office: its identity, held against the keys that the driver lends, and what it keeps
 * in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"

static enum omb_rc read_meta(const struct omb_office *office, const char *name, void *out,
                             size_t size, struct omb_error *err)
{
    const struct omb_key key = omb_key_meta(name);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(office->setup.port, OMB_FAMILY_META, omb_key_view(&key), &value);

    if (rc == OMB_NOT_FOUND)
        rc = omb_fail(err, rc, name, "the store holds no office: its row `%s` is missing", name);
    else if (rc != OMB_OK)
        rc = omb_fail(err, rc, name, "the row `%s` of the store cannot be read", name);
    else if (value.size != size)
        rc = omb_fail(err, OMB_DAMAGED, name, "the row `%s` of the store has %zu bytes, not %zu",
                      name, value.size, size);
    else
        memcpy(out, value.data, size);
    omb_buf_free(&value);
    return rc;
}

static enum omb_rc check_schema(const struct omb_office *office, struct omb_error *err)
{
    uint8_t schema[4];
    enum omb_rc rc = read_meta(office, "schema", schema, sizeof(schema), err);

    if (rc != OMB_OK)
        return rc;
    if (omb_be32(schema) > OMB_OFFICE_SCHEMA)
        return omb_fail(err, OMB_LATER, "schema",
                        "a later version of this program wrote the store (schema %u, known is %d)",
                        omb_be32(schema), OMB_OFFICE_SCHEMA);
    if (omb_be32(schema) != OMB_OFFICE_SCHEMA)
        return omb_fail(err, OMB_DAMAGED, "schema", "the store has an unknown schema %u",
                        omb_be32(schema));
    return OMB_OK;
}

/* Without the last looks a tick after a long pause would ring for every date of the past again. */
static enum omb_rc read_look(struct omb_office *office, struct omb_error *err)
{
    uint8_t look[8] = {0};
    enum omb_rc rc = read_meta(office, "look", look, sizeof(look), err);

    if (rc == OMB_NOT_FOUND)
        rc = OMB_OK;
    office->looked_ms = (int64_t)omb_be64(look);
    return rc;
}

/* The log of an office that is rebuilt began long before this store. */
static enum omb_rc read_life(struct omb_office *office, struct omb_error *err)
{
    uint8_t life[4] = {0};
    enum omb_rc rc = read_meta(office, "life", life, sizeof(life), err);

    if (rc == OMB_NOT_FOUND)
        rc = OMB_OK;
    office->life_told = omb_be32(life);
    return rc;
}

static enum omb_rc read_certificate(struct omb_office *office, struct omb_error *err)
{
    struct omb_digest digest;
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_key key;
    enum omb_rc rc = read_meta(office, "identity", digest.bytes, sizeof(digest.bytes), err);

    if (rc != OMB_OK)
        return rc;
    key = omb_key_certificate(&digest);
    rc = omb_port_get(office->setup.port, OMB_FAMILY_OFFICE, omb_key_view(&key), &value);
    if (rc == OMB_OK)
        rc = omb_certify_read(omb_arena_copy(&office->own_arena, omb_buf_view(&value)),
                              &office->own_arena, &office->own, err);
    else
        rc = omb_fail(err, rc == OMB_NOT_FOUND ? OMB_DAMAGED : rc, NULL,
                      "the office's own certificate is not in the store");
    if (rc == OMB_OK && !omb_digest_equal(&office->own.digest, &digest))
        rc = omb_fail(err, OMB_DAMAGED, NULL, "the office's own certificate is another one");
    office->key_id = omb_key_id_of(&digest);
    omb_buf_free(&value);
    return rc;
}

/* Keys and certificate must be one office's, or nothing that it signs or opens would hold. */
static enum omb_rc check_keys(const struct omb_office *office, struct omb_error *err)
{
    const struct omb_certificate *inner = &office->own.inner;
    const struct {
        const char *name;
        struct omb_view certified;
    } keys[] = {{"signing", inner->signing_key},
                {"transport", inner->transport_key},
                {"sealing", inner->sealing_key}};
    uint8_t held[3][OMB_PUBLIC_SIZE];

    omb_signer_public(office->setup.signer, held[0]);
    omb_box_public(office->setup.transport, held[1]);
    omb_box_public(office->setup.sealing, held[2]);
    for (size_t i = 0; i < 3; i++)
        if (memcmp(held[i], keys[i].certified.data, OMB_PUBLIC_SIZE) != 0)
            return omb_fail(err, OMB_UNAUTHENTIC, keys[i].name,
                            "the %s key is not the one in the certificate of %.*s", keys[i].name,
                            OMB_VIEW_ARGS(inner->code));
    return OMB_OK;
}

static enum omb_rc seat_of(struct omb_office *office, const struct omb_port *port,
                           struct omb_error *err)
{
    struct omb_step step = {.office = office, .port = port, .arena = &office->own_arena};
    const struct omb_office_card *card = omb_office_card(&step, &office->own.digest);
    enum omb_rc rc;

    if (!card || !card->complete)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "the certificates above the office are not all in the store");
    rc = omb_office_card_check(&step, card, err);
    if (rc != OMB_OK)
        return rc;
    office->self = card->seat;
    office->self.code = office->own.inner.code;
    /* The cache may forget; what the office is stays. */
    if (office->self.succeeds_count > 0) {
        struct omb_succession *succeeds =
            OMB_ARENA_NEW(&office->own_arena, struct omb_succession, office->self.succeeds_count);

        memcpy(succeeds, card->seat.succeeds, office->self.succeeds_count * sizeof(*succeeds));
        office->self.succeeds = succeeds;
    }
    office->self.later = NULL;
    return OMB_OK;
}

static enum omb_rc read_identity(struct omb_office *office, struct omb_error *err)
{
    enum omb_rc rc = check_schema(office, err);

    if (rc == OMB_OK)
        rc = read_meta(office, "anchor", office->anchor, sizeof(office->anchor), err);
    if (rc == OMB_OK)
        rc = read_meta(office, "recovery", office->recovery, sizeof(office->recovery), err);
    if (rc == OMB_OK)
        rc = read_meta(office, "admin", office->admin_key, sizeof(office->admin_key), err);
    if (rc == OMB_OK)
        rc = read_meta(office, "epoch", office->epoch, sizeof(office->epoch), err);
    if (rc == OMB_OK)
        rc = read_look(office, err);
    if (rc == OMB_OK)
        rc = read_life(office, err);
    if (rc == OMB_OK)
        rc = read_certificate(office, err);
    if (rc == OMB_OK && !office->setup.looks)
        rc = check_keys(office, err);
    if (rc == OMB_OK)
        rc = seat_of(office, office->setup.port, err);
    return rc;
}

/* Texts that the driver lends for the opening alone. */
static void keep_texts(struct omb_office *office, const struct omb_office_setup *setup)
{
    struct omb_arena *arena = &office->own_arena;
    struct omb_view *parents = OMB_ARENA_NEW(arena, struct omb_view, setup->parent_count);

    for (size_t i = 0; i < setup->parent_count; i++)
        parents[i] = omb_arena_copy(arena, setup->parents[i]);
    office->setup.parents = parents;
    office->setup.bell = omb_arena_copy(arena, setup->bell);
    office->setup.advertise = omb_arena_copy(arena, setup->advertise);
    office->setup.last_exit = omb_arena_copy(arena, setup->last_exit);
}

enum omb_rc omb_office_open(const struct omb_office_setup *setup, struct omb_office **out,
                            struct omb_error *err)
{
    struct omb_office *office = calloc(1, sizeof(*office));
    enum omb_rc rc;

    OMB_ASSERT(office != NULL);
    office->setup = *setup;
    office->policy = &omb_policy_0;
    office->cache = omb_cache_new();
    office->post = omb_post_new();
    office->link_wake_ms = INT64_MAX;
    omb_arena_init(&office->own_arena, SIZE_MAX);
    keep_texts(office, setup);
    office->store_key = omb_secret_derive(setup->sealing, "ombud/store-key/1");
    office->wake_ms = INT64_MAX;
    rc = read_identity(office, err);
    if (rc == OMB_OK)
        rc = omb_tip_load(office, err);
    if (rc == OMB_OK)
        rc = omb_backed_load(office, err);
    if (rc == OMB_OK)
        rc = omb_restored_load(office, err);
    /* What its log had behind the backup is not known here: nothing is written in that life. */
    if (rc == OMB_OK && office->restored.on && !office->restored.row.told)
        office->tip.must_open = true;
    if (rc == OMB_OK)
        rc = omb_operators_load(office, setup->port, err);
    if (rc == OMB_OK)
        rc = omb_duty_close_open(office, err);
    if (rc == OMB_OK)
        rc = omb_duty_refold_open(office, err);
    office->seating.own = true;
    if (rc == OMB_OK)
        rc = omb_tick_open(office, err);
    if (rc == OMB_OK)
        rc = omb_post_open(office, err);
    if (rc != OMB_OK) {
        omb_office_free(office);
        return rc;
    }
    *out = office;
    return OMB_OK;
}

void omb_office_free(struct omb_office *office)
{
    if (!office)
        return;
    omb_post_free(office->post);
    omb_feed_free(office);
    omb_cache_free(office->cache);
    omb_secret_free(office->store_key);
    omb_arena_free(&office->own_arena);
    omb_backed_free(&office->backed);
    omb_wipe(&office->tip, sizeof(office->tip));
    free(office->operators);
    free(office->admitted);
    free(office->undo);
    free(office);
}

/* --- a further certificate of the office --- */

void omb_identity_take(struct omb_step *step, const struct omb_known_certificate *certificate)
{
    struct omb_office *office = step->office;
    const struct omb_key key = omb_key_meta("identity");
    struct omb_error err;
    enum omb_rc rc;

    omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&key),
            OMB_VIEW_OF(certificate->digest.bytes));
    rc = omb_certify_read(omb_arena_copy(&office->own_arena, certificate->signed_bytes),
                          &office->own_arena, &office->own, &err);
    OMB_ASSERT(rc == OMB_OK);
    office->key_id = omb_key_id_of(&office->own.digest);
    rc = seat_of(office, step->port, &err);
    OMB_ASSERT(rc == OMB_OK);
    office->tree_changed = true;
    omb_duty_seat_new(step);
    omb_post_dial_now(step); /* the old certificate may have kept it out */
}

void omb_certificate_keep(struct omb_step *step, const struct omb_known_certificate *known)
{
    omb_certificate_put(step->update->writes, known);
    omb_cache_learned(step, &known->digest);
    step->office->tree_changed = true;
    omb_post_tree_changed(step);
}

/* --- what others ask of it --- */

struct omb_view omb_office_code(const struct omb_office *office)
{
    return office->own.inner.code;
}

struct omb_view omb_office_self_code(const struct omb_office *office)
{
    return office->own.inner.code;
}

const struct omb_office_setup *omb_office_lent(const struct omb_office *office)
{
    return &office->setup;
}

struct omb_view omb_office_epoch(const struct omb_office *office)
{
    return OMB_VIEW_OF(office->epoch);
}

struct omb_view omb_office_anchor(const struct omb_office *office)
{
    return OMB_VIEW_OF(office->anchor);
}

struct omb_view omb_office_recovery(const struct omb_office *office)
{
    return OMB_VIEW_OF(office->recovery);
}

struct omb_view omb_office_listens(const struct omb_office *office)
{
    return office->listen;
}

void omb_office_set_listen(struct omb_office *office, struct omb_view endpoint)
{
    office->listen = omb_arena_copy(&office->own_arena, endpoint);
}

void omb_office_set_advertise(struct omb_office *office, struct omb_view endpoint)
{
    office->setup.advertise = omb_arena_copy(&office->own_arena, endpoint);
}

struct omb_tip *omb_office_tip(struct omb_office *office)
{
    return &office->tip;
}

const struct omb_policy *omb_office_policy(const struct omb_office *office)
{
    return office->policy;
}

const struct omb_zone *omb_office_zone(const struct omb_office *office)
{
    return office->setup.zone;
}

const struct omb_seat *omb_office_self(const struct omb_office *office)
{
    return &office->self;
}
