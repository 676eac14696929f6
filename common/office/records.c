/*
 * Records as they lie in the store: reading, finding and verifying them.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/logs.h"
#include "wire/header.h"
#include "wire/limits.h"

enum { PREFIX_DIGITS_MIN = 8 };

const enum omb_part_kind omb_part_kinds[OMB_PART_KINDS] = {OMB_PART_BODY, OMB_PART_GRANTS,
                                                           OMB_PART_EXTRACT};

void omb_parts_delete(struct omb_writes *writes, const struct omb_row_at *at)
{
    for (size_t i = 0; i < OMB_PART_KINDS; i++) {
        const struct omb_key key = omb_key_part(at->number, at->seq, omb_part_kinds[i]);

        omb_delete(writes, OMB_FAMILY_PART, omb_key_view(&key));
    }
}

static enum omb_rc fail_damaged(struct omb_error *err, uint32_t number, uint64_t seq)
{
    return omb_fail(err, OMB_DAMAGED, NULL, "record %llu of log %u in the store is damaged",
                    (unsigned long long)seq, number);
}

static enum omb_rc read_stored(struct omb_step *step, uint32_t number, uint64_t seq,
                               struct omb_stored_record *out, struct omb_error *err)
{
    const struct omb_pending *pending = omb_update_find(step->update, number, seq);
    const struct omb_key key = omb_key_record(number, seq);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    if (pending && !omb_update_signed(step->update, pending)) {
        *out = (struct omb_stored_record){.header = pending->header};
        return OMB_OK;
    }
    rc = omb_port_get(step->port, OMB_FAMILY_RECORD, omb_key_view(&key), &value);
    if (rc == OMB_NOT_FOUND)
        rc = omb_fail(err, rc, NULL, "there is no record %llu in log %u", (unsigned long long)seq,
                      number);
    else if (rc == OMB_OK &&
             omb_decode_stored_record(omb_buf_view(&value), step->arena, out, NULL) != OMB_OK)
        rc = fail_damaged(err, number, seq);
    else if (rc != OMB_OK)
        rc = omb_fail(err, rc, NULL, "record %llu of log %u cannot be read",
                      (unsigned long long)seq, number);
    omb_buf_free(&value);
    return rc;
}

bool omb_stored_read(struct omb_view row, struct omb_arena *arena, struct omb_stored_record *out,
                     struct omb_header *out_header)
{
    bool odd;

    return omb_decode_stored_record(row, arena, out, NULL) == OMB_OK &&
           omb_header_decode(out->header, arena, out_header, &odd, NULL) == OMB_OK;
}

static enum omb_rc decode_header(struct omb_step *step, struct omb_view bytes, uint32_t number,
                                 uint64_t seq, struct omb_header *out, bool *out_odd,
                                 struct omb_error *err)
{
    bool odd = false;

    if (omb_header_decode(bytes, step->arena, out, &odd, NULL) != OMB_OK || out->seq != seq)
        return fail_damaged(err, number, seq);
    if (out_odd)
        *out_odd = odd;
    return OMB_OK;
}

enum omb_rc omb_record_read(struct omb_step *step, uint32_t number, uint64_t seq,
                            struct omb_stored_record *out, struct omb_header *out_header,
                            bool *out_odd, struct omb_error *err)
{
    struct omb_stored_record stored;
    enum omb_rc rc = read_stored(step, number, seq, &stored, err);

    if (rc == OMB_OK && out_header)
        rc = decode_header(step, stored.header, number, seq, out_header, out_odd, err);
    if (rc == OMB_OK)
        *out = stored;
    return rc;
}

enum omb_rc omb_header_read(struct omb_step *step, const struct omb_row_at *at,
                            struct omb_header *out_header, struct omb_digest *out_digest,
                            bool *out_odd, struct omb_error *err)
{
    const struct omb_pending *pending = omb_update_find(step->update, at->number, at->seq);
    struct omb_stored_record stored;
    enum omb_rc rc = OMB_OK;

    if (pending) {
        stored.header = pending->header;
        *out_digest = pending->leaf;
    } else {
        rc = read_stored(step, at->number, at->seq, &stored, err);
        if (rc != OMB_OK)
            return rc;
        *out_digest = omb_record_digest(stored.header);
    }
    return decode_header(step, stored.header, at->number, at->seq, out_header, out_odd, err);
}

/* --- finding --- */

struct matches {
    uint8_t digits[OMB_DIGEST_SIZE]; /* of the prefix, low digit of an odd one zero */
    struct omb_row_at at;
    size_t count;
    struct omb_step *step;
    struct omb_view reference; /* in lower-case hex */
    enum omb_rc rc;
};

/* Beyond 32 digits only the record itself can say whether it is meant. */
static enum omb_rc take_match(void *arg, struct omb_view key, struct omb_view value)
{
    struct matches *matches = arg;
    struct omb_stored_record stored;
    struct omb_row_at at;
    struct omb_digest digest;
    char hex[OMB_HEX_DIGEST_SIZE];
    enum omb_rc rc;

    omb_hex(key, hex);
    if (!omb_view_starts(omb_view_str(hex),
                         omb_view(matches->reference.data, matches->reference.size < 2 * key.size
                                                               ? matches->reference.size
                                                               : 2 * key.size)))
        return omb_view_compare(omb_view_str(hex), matches->reference) > 0 ? OMB_STOP : OMB_OK;
    if (!omb_read_place(value, &at.number, &at.seq))
        return OMB_DAMAGED;
    rc = read_stored(matches->step, at.number, at.seq, &stored, NULL);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_DAMAGED : rc;
    digest = omb_record_digest(stored.header);
    omb_hex(OMB_VIEW_OF(digest.bytes), hex);
    if (!omb_view_starts(omb_view_str(hex), matches->reference))
        return OMB_OK;
    matches->at = at;
    return ++matches->count < 2 ? OMB_OK : OMB_STOP;
}

static enum omb_rc fail_reference(struct omb_error *err)
{
    return omb_fail(err, OMB_INVALID, NULL,
                    "a record is named by %d to %d hex digits of its digest, or as OFFICE/SEQ",
                    PREFIX_DIGITS_MIN, 2 * OMB_DIGEST_SIZE);
}

static enum omb_rc find_by_digest(struct omb_step *step, struct omb_view reference,
                                  struct omb_row_at *out, struct omb_error *err)
{
    struct matches matches = {.step = step};
    const size_t whole = reference.size / 2 < 16 ? reference.size / 2 : 16;
    char *lower;
    enum omb_rc rc;

    if (reference.size < PREFIX_DIGITS_MIN || reference.size > 2 * OMB_DIGEST_SIZE)
        return fail_reference(err);
    lower = omb_arena_str(step->arena, reference);
    for (size_t i = 0; i < reference.size; i++) {
        if (lower[i] >= 'A' && lower[i] <= 'F')
            lower[i] = (char)(lower[i] - 'A' + 'a');
        if (!strchr("0123456789abcdef", lower[i]) || lower[i] == '\0')
            return fail_reference(err);
    }
    matches.reference = omb_view(lower, reference.size);
    if (omb_unhex(omb_view(lower, 2 * whole), matches.digits, whole) != OMB_OK)
        return fail_reference(err);
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_DIGEST, omb_view(matches.digits, whole),
                              take_match, &matches);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    if (matches.count == 0)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "no record here has a digest that begins so");
    if (matches.count > 1)
        return omb_fail(err, OMB_INVALID, NULL,
                        "several records have a digest that begins so: give more digits");
    *out = matches.at;
    return OMB_OK;
}

struct life_search {
    struct omb_step *step;
    struct omb_office_id office;
    uint64_t seq;
    uint32_t best_life;
    struct omb_row_at at;
    bool found;
};

/* Of several lives that have the number the newest is meant. */
static enum omb_rc take_life(void *arg, struct omb_view key, struct omb_view value)
{
    struct life_search *search = arg;
    struct omb_log_row row;

    if (key.size != 4 || omb_decode_log_row(value, search->step->arena, &row, NULL) != OMB_OK)
        return OMB_DAMAGED;
    if (!omb_office_id_equal(&row.office, &search->office) || row.line != 0 ||
        row.head < search->seq)
        return OMB_OK;
    if (search->found && omb_incarnation_number(&row.incarnation) < search->best_life)
        return OMB_OK;
    search->best_life = omb_incarnation_number(&row.incarnation);
    search->at = (struct omb_row_at){omb_be32(key.data), search->seq};
    search->found = true;
    return OMB_OK;
}

static enum omb_rc find_by_place(struct omb_step *step, struct omb_view code,
                                 struct omb_view digits, struct omb_row_at *out,
                                 struct omb_error *err)
{
    struct life_search search = {.step = step};
    struct omb_office_ref office;
    enum omb_rc rc;

    if (omb_text_u64(digits, &search.seq) != OMB_OK || search.seq == 0)
        return omb_fail(err, OMB_INVALID, NULL,
                        "behind the / stands the number of a record, from 1");
    rc = omb_office_by_code(step, code, &office, err);
    if (rc != OMB_OK)
        return rc;
    search.office = office.office;
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_LOG, OMB_VIEW_NONE, take_life, &search);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the logs in the store cannot be read");
    if (!search.found)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "no log of %.*s here has a record %llu",
                        OMB_VIEW_ARGS(code), (unsigned long long)search.seq);
    *out = search.at;
    return OMB_OK;
}

enum omb_rc omb_record_find(struct omb_step *step, struct omb_view reference,
                            struct omb_row_at *out, struct omb_error *err)
{
    const uint8_t *slash = reference.size > 0 ? memchr(reference.data, '/', reference.size) : NULL;
    size_t before;

    if (!slash)
        return find_by_digest(step, reference, out, err);
    before = (size_t)(slash - reference.data);
    return find_by_place(step, omb_view(reference.data, before),
                         omb_view(slash + 1, reference.size - before - 1), out, err);
}

/* --- verifying --- */

struct verifying {
    struct omb_step *step;
    struct omb_row_at at;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_digest digest;
    struct omb_log log; /* head 0: it has no row */
};

static enum omb_rc check_place(const struct verifying *v, struct omb_error *err)
{
    struct omb_row_at at;
    const enum omb_rc rc = omb_record_place(v->step, &v->digest, &at);

    if (rc == OMB_NOT_FOUND)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL,
                        "its bytes are not those that were stored: no row has their digest");
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    if (at.number != v->at.number || at.seq != v->at.seq)
        return omb_fail(err, OMB_UNAUTHENTIC, NULL, "the row of its digest names another record");
    return OMB_OK;
}

static bool is_signed(const struct verifying *v)
{
    const struct omb_update *update = v->step->update;
    const struct omb_pending *pending = omb_update_find(update, v->at.number, v->at.seq);

    return !pending || omb_update_signed(update, pending);
}

static enum omb_rc check_signature(const struct verifying *v, struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_card_by_key(v->step, &v->header.key);
    enum omb_rc rc;

    if (!card)
        return omb_fail(err, OMB_UNAUTHENTIC, "key", "its signing certificate is not here");
    if (!omb_office_id_equal(&card->seat.office, &v->header.office))
        return omb_fail(err, OMB_UNAUTHENTIC, "key",
                        "its signing certificate is of another office");
    rc = omb_office_card_check(v->step, card, err);
    if (rc != OMB_OK || !is_signed(v))
        return rc;
    if (!v->stored.proof)
        return omb_fail(err, OMB_UNAUTHENTIC, "proof", "it has no proof");
    return omb_proof_verify(&v->digest, v->stored.proof, card->certificate.inner.signing_key.data,
                            omb_office_memo(v->step->office, v->stored.proof->signature), err);
}

/*
 * Whether what this office writes now goes on, life by life, from the life at hand. One that came
 * home to a store that was put back stands aside: what it goes on from may be lost.
 */
static enum omb_rc leads_to_tip(const struct verifying *v, bool *out, struct omb_error *err)
{
    struct omb_digest prev = v->step->office->tip.prev, digest;
    struct omb_row_at at = {.number = UINT32_MAX};
    enum omb_rc rc = OMB_OK;

    *out = false;
    while (rc == OMB_OK && !omb_digest_none(&prev)) {
        const uint32_t later = at.number; /* this store numbered them as they began */
        struct omb_header first;

        rc = omb_record_place(v->step, &prev, &at);
        if (rc != OMB_OK || at.number >= later)
            break;
        *out = at.number == v->at.number;
        if (*out)
            break;
        at.seq = 1;
        rc = omb_header_read(v->step, &at, &first, &digest, NULL, err);
        if (rc == OMB_OK)
            prev = first.prev;
    }
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/*
 * Of a life with holes the record before one need not be here; nor need what the life of another
 * office goes on from, or one that came home.
 */
static enum omb_rc may_lack(const struct verifying *v, bool *out, struct omb_error *err)
{
    bool leads = true;
    enum omb_rc rc = OMB_OK;

    *out = v->log.row.count < v->log.row.head;
    if (*out || v->header.seq > 1 || v->log.row.head == 0)
        return OMB_OK;
    if (omb_office_id_equal(&v->log.row.office, &v->step->office->self.office))
        rc = leads_to_tip(v, &leads, err);
    else
        leads = false;
    *out = !leads;
    return rc;
}

static enum omb_rc lacks(const struct verifying *v, const char *words, struct omb_error *err)
{
    bool may = false;
    const enum omb_rc rc = may_lack(v, &may, err);

    return rc != OMB_OK || may ? rc : omb_fail(err, OMB_UNAUTHENTIC, "prev", "%s", words);
}

/* The first record of a life continues another one of the same office, or none. */
static enum omb_rc check_first(const struct verifying *v, struct omb_error *err)
{
    struct omb_digest digest;
    struct omb_header before;
    struct omb_row_at at;
    enum omb_rc rc = omb_chain_verify(&v->header, NULL, NULL, err);

    if (rc != OMB_OK || omb_digest_none(&v->header.prev))
        return rc;
    rc = omb_record_place(v->step, &v->header.prev, &at);
    if (rc == OMB_NOT_FOUND)
        return lacks(v, "the record that it continues is not here", err);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    rc = omb_header_read(v->step, &at, &before, &digest, NULL, err);
    if (rc != OMB_OK)
        return rc;
    if (!omb_digest_equal(&digest, &v->header.prev) ||
        !omb_office_id_equal(&before.office, &v->header.office) ||
        OMB_ID_COMPARE(&before.incarnation, &v->header.incarnation) >= 0)
        return omb_fail(err, OMB_UNAUTHENTIC, "prev",
                        "the record that it continues is not of an earlier life of its log");
    return OMB_OK;
}

/*
 * What lost a fork is evidence: each record holds by its own proof, and may say that it follows
 * whatever its office liked.
 */
static enum omb_rc check_chain(struct verifying *v, struct omb_error *err)
{
    const struct omb_row_at at = {v->at.number, v->at.seq - 1};
    struct omb_header before;
    struct omb_digest digest;
    enum omb_rc rc = omb_log_by_number(v->step, v->at.number, &v->log, err);

    if (rc != OMB_OK && rc != OMB_NOT_FOUND)
        return rc;
    if (v->log.row.line > 0)
        return OMB_OK;
    if (v->header.seq == 1)
        return check_first(v, err);
    rc = omb_header_read(v->step, &at, &before, &digest, NULL, err);
    if (rc == OMB_NOT_FOUND)
        return lacks(v, "the record before it is not here", err);
    if (rc != OMB_OK)
        return rc;
    return omb_chain_verify(&v->header, &before, &digest, err);
}

static enum omb_rc check_parts(const struct verifying *v, uint32_t *out_count,
                               struct omb_error *err)
{
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;
    uint32_t count = 0;

    for (size_t i = 0; i < OMB_PART_KINDS; i++) {
        const struct omb_key key = omb_key_part(v->at.number, v->at.seq, omb_part_kinds[i]);

        rc = omb_port_get(v->step->port, OMB_FAMILY_PART, omb_key_view(&key), &value);
        if (rc == OMB_NOT_FOUND) { /* erased, not here, or never there */
            rc = OMB_OK;
            continue;
        }
        if (rc == OMB_OK)
            rc = omb_part_verify(&v->header, omb_part_kinds[i], omb_buf_view(&value), err);
        else
            rc = omb_fail(err, rc, NULL, "a part cannot be read");
        if (rc != OMB_OK)
            break;
        count++;
    }
    omb_buf_free(&value);
    if (rc == OMB_OK)
        *out_count = count;
    return rc;
}

static enum omb_rc verify(struct verifying *v, uint32_t *out_parts_checked, struct omb_error *err)
{
    enum omb_rc rc = read_stored(v->step, v->at.number, v->at.seq, &v->stored, err);
    bool odd;

    if (rc != OMB_OK)
        return rc;
    if (omb_header_decode(v->stored.header, v->step->arena, &v->header, &odd, NULL) != OMB_OK)
        return omb_fail(err, OMB_UNAUTHENTIC, "header", "its header breaks the frame");
    if (v->header.seq != v->at.seq)
        return omb_fail(err, OMB_UNAUTHENTIC, "seq", "it is stored as record %llu but is %llu",
                        (unsigned long long)v->at.seq, (unsigned long long)v->header.seq);
    v->digest = omb_record_digest(v->stored.header);
    rc = check_place(v, err);
    if (rc == OMB_OK)
        rc = check_signature(v, err);
    if (rc == OMB_OK)
        rc = check_chain(v, err);
    if (rc == OMB_OK)
        rc = check_parts(v, out_parts_checked, err);
    return rc;
}

enum omb_rc omb_record_verify(struct omb_step *step, uint32_t number, uint64_t seq,
                              uint32_t *out_parts_checked, struct omb_error *err)
{
    struct verifying v = {.step = step, .at = {number, seq}};
    enum omb_rc rc = verify(&v, out_parts_checked, err);

    /* Damage is what verifying looks for: a finding, not a reason to stop. */
    if (rc == OMB_DAMAGED) {
        rc = OMB_UNAUTHENTIC;
        if (err)
            err->rc = rc;
    }
    return rc;
}
