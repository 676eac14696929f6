/*
 * Keys of cases and escrow keys, wrapped under the store key, and the parts that they open
 * (design: records, Parts).
 *
 *   wrapped key = XChaCha20-Poly1305(store key, key; ad = the row's key)
 *   body        = nonce(24) || XChaCha20-Poly1305(case key or escrow key, Body; ad = office(16)
 *                 incarnation(12) seq(8))
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "wire/limits.h"

enum { BODY_AD_SIZE = OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE + 8 };

/* --- wrapping --- */

static void keep_key(struct omb_step *step, const struct omb_key *at,
                     const uint8_t key[OMB_KEY_SIZE])
{
    uint8_t nonce[OMB_NONCE_SIZE], sealed_bytes[OMB_KEY_SIZE + OMB_TAG_SIZE];
    struct omb_buf sealed = {sealed_bytes, 0, sizeof(sealed_bytes)};
    struct omb_key_row row = {.nonce = OMB_VIEW_OF(nonce)};

    omb_drbg_bytes(&step->drbg, nonce, sizeof(nonce));
    omb_seal(omb_secret_bytes(step->office->store_key), nonce, omb_key_view(at),
             omb_view(key, OMB_KEY_SIZE), &sealed);
    row.sealed = omb_buf_view(&sealed);
    omb_buf_clear(&step->update->row);
    omb_encode_key_row(&row, &step->update->row);
    omb_put(step->update->writes, OMB_FAMILY_KEY, omb_key_view(at),
            omb_buf_view(&step->update->row));
}

static enum omb_rc unwrap(const struct omb_office *office, struct omb_view at,
                          struct omb_view value, struct omb_arena *arena, uint8_t out[OMB_KEY_SIZE])
{
    uint8_t plain_bytes[OMB_KEY_SIZE + OMB_TAG_SIZE];
    struct omb_buf plain = {plain_bytes, 0, sizeof(plain_bytes)};
    struct omb_key_row row;

    if (omb_decode_key_row(value, arena, &row, NULL) != OMB_OK ||
        row.nonce.size != OMB_NONCE_SIZE || row.sealed.size != sizeof(plain_bytes) ||
        omb_open(omb_secret_bytes(office->store_key), row.nonce.data, at, row.sealed, &plain) !=
            OMB_OK)
        return OMB_DAMAGED;
    memcpy(out, plain.data, OMB_KEY_SIZE);
    omb_wipe(plain_bytes, sizeof(plain_bytes));
    return OMB_OK;
}

static enum omb_rc read_key(const struct omb_office *office, const struct omb_port *port,
                            struct omb_arena *arena, const struct omb_key *at,
                            uint8_t out[OMB_KEY_SIZE])
{
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(port, OMB_FAMILY_KEY, omb_key_view(at), &value);

    if (rc == OMB_OK)
        rc = unwrap(office, omb_key_view(at), omb_buf_view(&value), arena, out);
    omb_buf_free(&value);
    return rc;
}

/* --- case keys --- */

static void remember_key(struct omb_update *update, const struct omb_case_id *id,
                         const uint8_t key[OMB_KEY_SIZE])
{
    update->key_case = *id;
    memcpy(update->key, key, OMB_KEY_SIZE);
    update->key_known = true;
}

static bool remembers_key(const struct omb_update *update, const struct omb_case_id *id)
{
    return update->key_known && omb_case_id_equal(&update->key_case, id);
}

void omb_vault_forget_key(struct omb_update *update)
{
    omb_wipe(update->key, sizeof(update->key));
    update->key_known = false;
}

void omb_vault_keep_case_key(struct omb_step *step, const struct omb_case_id *id,
                             const uint8_t key[OMB_KEY_SIZE])
{
    const struct omb_key at = omb_key_case_secret(id);

    keep_key(step, &at, key);
    remember_key(step->update, id, key);
}

enum omb_rc omb_vault_regained(struct omb_step *step, const struct omb_case_id *id,
                               const uint8_t key[OMB_KEY_SIZE])
{
    const struct omb_key lost = omb_key_lost_secret(id);
    uint8_t other[OMB_KEY_SIZE];
    enum omb_rc rc = read_key(step->office, step->port, step->arena, &lost, other);

    omb_vault_keep_case_key(step, id, key);
    if (rc == OMB_OK && memcmp(other, key, sizeof(other)) == 0)
        omb_delete(step->update->writes, OMB_FAMILY_KEY, omb_key_view(&lost));
    omb_wipe(other, sizeof(other));
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

void omb_vault_keep_escrow_key(struct omb_step *step, uint32_t number, uint64_t seq,
                               const uint8_t key[OMB_KEY_SIZE])
{
    const struct omb_key at = omb_key_escrow(number, seq);

    keep_key(step, &at, key);
}

/* Why there is no key, or no part, of a case: OMB_ERASED, `otherwise`, or that of the store. */
static enum omb_rc reason_gone(struct omb_step *step, const struct omb_case_id *id,
                               enum omb_rc otherwise)
{
    bool erased;
    const enum omb_rc rc = omb_case_is_erased(step, id, &erased, NULL);

    if (rc != OMB_OK)
        return rc;
    return erased ? OMB_ERASED : otherwise;
}

enum omb_rc omb_vault_case_key(struct omb_step *step, const struct omb_case_id *id,
                               uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_key at = omb_key_case_secret(id);
    enum omb_rc rc;

    if (remembers_key(step->update, id)) {
        memcpy(out, step->update->key, OMB_KEY_SIZE);
        return OMB_OK;
    }
    rc = read_key(step->office, step->port, step->arena, &at, out);
    if (rc == OMB_NOT_FOUND)
        return reason_gone(step, id, OMB_SEALED);
    if (rc == OMB_OK)
        remember_key(step->update, id, out);
    return rc;
}

/* A wrapped key goes to another row; OMB_OK when there is none. */
static enum omb_rc move_key(struct omb_step *step, const struct omb_key *from,
                            const struct omb_key *to)
{
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = read_key(step->office, step->port, step->arena, from, key);

    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    if (rc == OMB_OK) {
        keep_key(step, to, key);
        omb_delete(step->update->writes, OMB_FAMILY_KEY, omb_key_view(from));
    }
    omb_wipe(key, sizeof(key));
    return rc;
}

enum omb_rc omb_vault_move_escrow_key(struct omb_step *step, uint32_t from, uint32_t to,
                                      uint64_t seq)
{
    const struct omb_key was = omb_key_escrow(from, seq), is = omb_key_escrow(to, seq);

    return move_key(step, &was, &is);
}

void omb_vault_drop_case_key(struct omb_step *step, const struct omb_case_id *id)
{
    const struct omb_key secret = omb_key_case_secret(id);

    omb_vault_forget_key(step->update);
    omb_delete(step->update->writes, OMB_FAMILY_KEY, omb_key_view(&secret));
}

enum omb_rc omb_vault_lose_case_key(struct omb_step *step, const struct omb_case_id *id)
{
    const struct omb_key secret = omb_key_case_secret(id), lost = omb_key_lost_secret(id);

    omb_vault_forget_key(step->update);
    return move_key(step, &secret, &lost);
}

/* Two copies of an office may give one id to two cases: the key must be that of this one. */
enum omb_rc omb_vault_regain_case_key(struct omb_step *step, const struct omb_case_id *id,
                                      const struct omb_digest *commitment)
{
    const struct omb_key secret = omb_key_case_secret(id), lost = omb_key_lost_secret(id);
    uint8_t key[OMB_KEY_SIZE];
    struct omb_digest committed;
    enum omb_rc rc = read_key(step->office, step->port, step->arena, &lost, key);

    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    committed = omb_case_key_commitment(key);
    omb_wipe(key, sizeof(key));
    omb_vault_forget_key(step->update);
    return omb_digest_equal(&committed, commitment) ? move_key(step, &lost, &secret) : OMB_OK;
}

enum omb_rc omb_vault_new_case(struct omb_step *step, const struct omb_case_id *id,
                               struct omb_digest *out_commitment, struct omb_grants *out_grants,
                               struct omb_error *err)
{
    struct omb_escrow_grant *grant = OMB_ARENA_NEW(step->arena, struct omb_escrow_grant, 1);
    uint8_t *nonce = OMB_ARENA_NEW(step->arena, uint8_t, OMB_NONCE_SIZE);
    uint8_t *room = OMB_ARENA_NEW(step->arena, uint8_t, OMB_KEY_SIZE + OMB_TAG_SIZE);
    struct omb_buf sealed = {room, 0, OMB_KEY_SIZE + OMB_TAG_SIZE};
    const struct omb_key ad = omb_key_case(id);
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_vault_escrow(step, err);

    if (rc != OMB_OK)
        return rc;
    omb_drbg_bytes(&step->drbg, key, sizeof(key));
    omb_drbg_bytes(&step->drbg, nonce, OMB_NONCE_SIZE);
    omb_seal(step->office->tip.escrow_key, nonce, omb_key_view(&ad), OMB_VIEW_OF(key), &sealed);
    omb_vault_keep_case_key(step, id, key);
    *out_commitment = omb_case_key_commitment(key);
    omb_wipe(key, sizeof(key));
    grant->escrow = step->office->tip.escrow;
    grant->nonce = omb_view(nonce, OMB_NONCE_SIZE);
    grant->sealed = omb_buf_view(&sealed);
    out_grants->escrow = grant;
    return OMB_OK;
}

enum omb_rc omb_vault_grant(struct omb_step *step, const struct omb_case_id *id,
                            const struct omb_office_ref *to, struct omb_grant *out,
                            struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card(step, &to->certificate);
    struct omb_buf plain = OMB_BUF_INIT, sealed = OMB_BUF_INIT;
    uint8_t key[OMB_KEY_SIZE];
    const struct omb_grant_key grant = {
        .case_id = id, .recipient = to->office, .key = OMB_VIEW_OF(key)};
    struct omb_view withheld;
    bool withholds;
    enum omb_rc rc;

    if (!card)
        return omb_fail(err, OMB_NOT_FOUND, "to", "the certificate of that office is not here");
    rc = omb_restored_withholds(step, id, &withholds, &withheld, err);
    if (rc == OMB_OK && withholds) /* the recipient would show what this office does not */
        return omb_fail(err, OMB_SEALED, NULL, "%.*s", OMB_VIEW_ARGS(withheld));
    if (rc != OMB_OK)
        return rc;
    rc = omb_vault_case_key(step, id, key);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "this office has no key to the case that it could grant");
    omb_buf_reserve(&plain, 256);
    omb_encode_grant_key(&grant, &plain);
    omb_wipe(key, sizeof(key));
    rc = omb_box_seal(card->certificate.inner.sealing_key.data, omb_buf_view(&plain), &step->drbg,
                      &sealed);
    if (rc == OMB_OK) {
        out->recipient = to->office;
        out->sealed = omb_arena_copy(step->arena, omb_buf_view(&sealed));
    } else {
        rc = omb_fail(err, OMB_REFUSED, "to", "the sealing key in the certificate is no key");
    }
    omb_buf_wipe(&plain);
    omb_buf_free(&sealed);
    return rc;
}

/* --- escrow --- */

/*
 * The office's transport and sealing secrets go along where the bank does not have these yet; which
 * it has, a hash of their public halves says.
 */
static struct omb_digest secrets_mark(const struct omb_office *office)
{
    const struct omb_view parts[] = {office->own.inner.transport_key,
                                     office->own.inner.sealing_key};

    return omb_hash_parts("ombud/escrowed/1", parts, 2);
}

static enum omb_rc secrets_are_escrowed(struct omb_step *step, bool *out)
{
    const struct omb_key at = omb_key_meta("escrowed");
    const struct omb_digest mark = secrets_mark(step->office);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_META, omb_key_view(&at), &value);

    if (rc == OMB_OK || rc == OMB_NOT_FOUND) {
        *out = rc == OMB_OK && omb_view_equal(omb_buf_view(&value), OMB_VIEW_OF(mark.bytes));
        rc = OMB_OK;
    }
    omb_buf_free(&value);
    return rc;
}

/* What told the bank of them may have come to nothing: they go along once more. */
void omb_vault_escrow_secrets_again(struct omb_step *step)
{
    const struct omb_key at = omb_key_meta("escrowed");

    omb_delete(step->update->writes, OMB_FAMILY_META, omb_key_view(&at));
}

static enum omb_rc seal_escrow(struct omb_step *step, const uint8_t key[OMB_KEY_SIZE],
                               struct omb_buf *out)
{
    const struct omb_office_setup *setup = &step->office->setup;
    struct omb_escrow_secret secret = {.key = omb_view(key, OMB_KEY_SIZE)};
    struct omb_buf plain = OMB_BUF_INIT;
    bool escrowed;
    enum omb_rc rc = secrets_are_escrowed(step, &escrowed);

    if (rc != OMB_OK)
        return rc;
    if (!escrowed) {
        secret.transport_secret = omb_view(omb_secret_bytes(setup->transport), OMB_KEY_SIZE);
        secret.sealing_secret = omb_view(omb_secret_bytes(setup->sealing), OMB_KEY_SIZE);
    }
    omb_buf_reserve(&plain, 256);
    omb_encode_escrow_secret(&secret, &plain);
    rc = omb_box_seal(step->office->recovery, omb_buf_view(&plain), &step->drbg, out);
    OMB_ASSERT(rc == OMB_OK); /* looked at when the office was founded and opened */
    omb_buf_wipe(&plain);
    if (!escrowed) {
        const struct omb_key at = omb_key_meta("escrowed");
        const struct omb_digest mark = secrets_mark(step->office);

        omb_put(step->update->writes, OMB_FAMILY_META, omb_key_view(&at), OMB_VIEW_OF(mark.bytes));
    }
    return OMB_OK;
}

static enum omb_rc open_escrow(struct omb_step *step, const struct omb_civil *month,
                               struct omb_error *err)
{
    struct omb_tip *tip = &step->office->tip;
    struct omb_escrow_opened facts = {.year = (uint32_t)month->year,
                                      .month = (uint32_t)month->month};
    const struct omb_facts event = {.event = {OMB_EVENT_ESCROW_OPENED, &facts}};
    const struct omb_draft draft = {.facts = &event, .actor = OMB_VIEW_LIT("system")};
    struct omb_buf sealed = OMB_BUF_INIT;
    struct omb_appended record;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc;

    omb_drbg_bytes(&step->drbg, key, sizeof(key));
    rc = seal_escrow(step, key, &sealed);
    facts.sealed = omb_buf_view(&sealed);
    if (rc == OMB_OK)
        rc = omb_append(step, &draft, &record, err);
    if (rc == OMB_OK) {
        omb_vault_keep_escrow_key(step, record.number, record.seq, key);
        tip->escrow = record.digest;
        tip->escrow_month = facts.year * 12 + facts.month - 1;
        memcpy(tip->escrow_key, key, sizeof(key));
    }
    omb_wipe(key, sizeof(key));
    omb_buf_free(&sealed);
    return rc;
}

enum omb_rc omb_vault_escrow(struct omb_step *step, struct omb_error *err)
{
    const struct omb_tip *tip = &step->office->tip;
    enum omb_rc rc = omb_log_ready(step, err);
    struct omb_civil local;

    if (rc != OMB_OK)
        return rc;
    local = omb_zone_local(step->office->setup.zone, omb_log_time(step));
    if (!omb_digest_none(&tip->escrow) &&
        tip->escrow_month == (uint32_t)(local.year * 12 + local.month - 1))
        return OMB_OK;
    return open_escrow(step, &local, err);
}

enum omb_rc omb_vault_load_escrow(struct omb_office *office, uint32_t number, uint64_t seq,
                                  struct omb_error *err)
{
    const struct omb_key at = omb_key_escrow(number, seq);
    const enum omb_rc rc =
        read_key(office, office->setup.port, &office->own_arena, &at, office->tip.escrow_key);

    if (rc == OMB_DAMAGED || rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_DAMAGED, NULL,
                        "the office's sealing key does not open the escrow key in the store");
    return rc;
}

struct newest_escrow {
    struct omb_key at;
    bool found;
};

static enum omb_rc take_key_of_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct newest_escrow *newest = arg;

    (void)value;
    memcpy(newest->at.bytes, key.data, key.size);
    newest->at.size = key.size;
    newest->found = true;
    return OMB_STOP;
}

enum omb_rc omb_vault_escrow_at(struct omb_step *step, const struct omb_row_at *at,
                                uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_key from = omb_key_escrow(at->number, 0);
    const struct omb_key until = omb_key_escrow(at->number, at->seq);
    struct newest_escrow newest = {.found = false};
    enum omb_rc rc = omb_port_scan(step->port, OMB_FAMILY_KEY, omb_key_view(&from),
                                   omb_key_view(&until), true, take_key_of_row, &newest);

    if (rc != OMB_OK)
        return rc;
    if (!newest.found)
        return OMB_SEALED; /* of another office, or of a life whose keys are with the bank only */
    return read_key(step->office, step->port, step->arena, &newest.at, out);
}

enum omb_rc omb_vault_escrow_key(struct omb_step *step, const struct omb_row_at *at,
                                 uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_key key = omb_key_escrow(at->number, at->seq);
    const enum omb_rc rc = read_key(step->office, step->port, step->arena, &key, out);

    return rc == OMB_NOT_FOUND ? OMB_SEALED : rc;
}

/* --- bodies and extracts --- */

static void body_ad(const struct omb_office_id *office, const struct omb_incarnation *incarnation,
                    uint64_t seq, uint8_t out[BODY_AD_SIZE])
{
    memcpy(out, office->bytes, sizeof(office->bytes));
    memcpy(out + OMB_OFFICE_ID_SIZE, incarnation->bytes, sizeof(incarnation->bytes));
    omb_put_be64(out + OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE, seq);
}

void omb_vault_seal_body(struct omb_step *step, const uint8_t key[OMB_KEY_SIZE], uint64_t seq,
                         const struct omb_body *body, struct omb_buf *out)
{
    const struct omb_office *office = step->office;
    struct omb_buf *plain = &step->update->row;
    uint8_t ad[BODY_AD_SIZE], nonce[OMB_NONCE_SIZE];

    body_ad(&office->self.office, &office->tip.incarnation, seq, ad);
    omb_drbg_bytes(&step->drbg, nonce, sizeof(nonce));
    omb_buf_clear(plain);
    omb_encode_body(body, plain);
    omb_buf_add(out, nonce, sizeof(nonce));
    omb_seal(key, nonce, OMB_VIEW_OF(ad), omb_buf_view(plain), out);
}

static enum omb_rc read_part(struct omb_step *step, const struct omb_row_at *at,
                             enum omb_part_kind kind, struct omb_buf *out)
{
    const struct omb_key key = omb_key_part(at->number, at->seq, kind);

    return omb_port_get(step->port, OMB_FAMILY_PART, omb_key_view(&key), out);
}

static enum omb_rc open_body(struct omb_step *step, const struct omb_event *event,
                             const uint8_t key[OMB_KEY_SIZE], struct omb_view part,
                             struct omb_body *out)
{
    uint8_t ad[BODY_AD_SIZE];
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_view sealed;
    enum omb_rc rc;

    if (part.size < OMB_NONCE_SIZE)
        return OMB_DAMAGED;
    body_ad(&event->office, &event->incarnation, event->seq, ad);
    sealed = omb_view(part.data + OMB_NONCE_SIZE, part.size - OMB_NONCE_SIZE);
    rc = omb_open(key, part.data, OMB_VIEW_OF(ad), sealed, &plain);
    if (rc == OMB_OK)
        rc = omb_decode_body(omb_buf_view(&plain), step->arena, out, NULL);
    omb_buf_free(&plain);
    return rc == OMB_OK ? rc : OMB_UNAUTHENTIC;
}

static bool is_of_case(const struct omb_event *event)
{
    return event->facts->event.tag < OMB_EVENT_POLICY_PUBLISHED;
}

static enum omb_rc body_key(struct omb_step *step, const struct omb_event *event,
                            const struct omb_row_at *at, uint8_t out[OMB_KEY_SIZE])
{
    return is_of_case(event) ? omb_vault_case_key(step, &event->case_id, out)
                             : omb_vault_escrow_at(step, at, out);
}

/* Of a record aside: keys that moved with its line, else those from before the fork. */
static enum omb_rc lost_body_key(struct omb_step *step, const struct omb_event *event,
                                 const struct omb_row_at *at, uint8_t out[OMB_KEY_SIZE])
{
    const struct omb_key lost = omb_key_lost_secret(&event->case_id);
    struct omb_row_at before = *at;
    struct omb_log log;
    enum omb_rc rc = is_of_case(event) ? read_key(step->office, step->port, step->arena, &lost, out)
                                       : omb_vault_escrow_at(step, at, out);

    if (is_of_case(event))
        return rc == OMB_NOT_FOUND ? omb_vault_case_key(step, &event->case_id, out) : rc;
    if (rc != OMB_SEALED ||
        omb_log_find(step, &event->office, &event->incarnation, 0, &log, NULL) != OMB_OK)
        return rc;
    before.number = log.number;
    return omb_vault_escrow_at(step, &before, out);
}

static enum omb_rc read_body(struct omb_step *step, const struct omb_event *event,
                             const struct omb_row_at *at, bool aside, struct omb_body *out)
{
    struct omb_buf part = OMB_BUF_INIT;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = read_part(step, at, OMB_PART_BODY, &part);

    if (rc == OMB_NOT_FOUND && is_of_case(event))
        rc = reason_gone(step, &event->case_id, OMB_NOT_FOUND);
    if (rc != OMB_OK)
        goto out;
    rc = aside ? lost_body_key(step, event, at, key) : body_key(step, event, at, key);
    if (rc == OMB_OK)
        rc = open_body(step, event, key, omb_buf_view(&part), out);
    omb_wipe(key, sizeof(key));
out:
    omb_buf_free(&part);
    return rc;
}

enum omb_rc omb_vault_body(struct omb_step *step, const struct omb_event *event,
                           const struct omb_row_at *at, struct omb_body *out)
{
    return read_body(step, event, at, false, out);
}

enum omb_rc omb_vault_lost_body(struct omb_step *step, const struct omb_event *event,
                                const struct omb_row_at *at, struct omb_body *out)
{
    return read_body(step, event, at, true, out);
}

enum omb_rc omb_vault_extract(struct omb_step *step, const struct omb_row_at *at,
                              struct omb_extract *out)
{
    struct omb_buf part = OMB_BUF_INIT;
    enum omb_rc rc = read_part(step, at, OMB_PART_EXTRACT, &part);

    if (rc == OMB_OK && omb_decode_extract(omb_buf_view(&part), step->arena, out, NULL) != OMB_OK)
        rc = OMB_DAMAGED;
    omb_buf_free(&part);
    return rc;
}
