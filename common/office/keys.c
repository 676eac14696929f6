#include "office/keys.h"

#include <string.h>

#include "base/assert.h"
#include "crypto/crypto.h"

/* Longer values of an index row are cut here and told apart by their hash. */
enum { VALUE_MAX = 160, VALUE_CUT = 96 };

struct omb_view omb_key_view(const struct omb_key *key)
{
    return omb_view(key->bytes, key->size);
}

static void add(struct omb_key *key, const void *data, size_t size)
{
    OMB_ASSERT(size <= OMB_KEY_MAX - key->size);
    if (size > 0)
        memcpy(key->bytes + key->size, data, size);
    key->size += size;
}

static void add_u8(struct omb_key *key, uint8_t value)
{
    add(key, &value, 1);
}

static void add_be32(struct omb_key *key, uint32_t value)
{
    uint8_t bytes[4];

    omb_put_be32(bytes, value);
    add(key, bytes, sizeof(bytes));
}

static void add_be64(struct omb_key *key, uint64_t value)
{
    uint8_t bytes[8];

    omb_put_be64(bytes, value);
    add(key, bytes, sizeof(bytes));
}

static void add_case(struct omb_key *key, const struct omb_case_id *id)
{
    add(key, id->home.bytes, sizeof(id->home.bytes));
    add(key, id->incarnation.bytes, sizeof(id->incarnation.bytes));
    add_be32(key, id->year);
    add_be64(key, id->serial);
}

struct omb_key omb_key_meta(const char *name)
{
    struct omb_key key = {.size = 0};

    add(&key, name, strlen(name));
    return key;
}

struct omb_key omb_key_log(uint32_t number)
{
    struct omb_key key = {.size = 0};

    add_be32(&key, number);
    return key;
}

struct omb_key omb_key_record(uint32_t number, uint64_t seq)
{
    struct omb_key key = {.size = 0};

    add_be32(&key, number);
    add_be64(&key, seq);
    return key;
}

struct omb_key omb_key_part(uint32_t number, uint64_t seq, enum omb_part_kind kind)
{
    struct omb_key key = omb_key_record(number, seq);

    add_u8(&key, (uint8_t)kind);
    return key;
}

struct omb_key omb_key_digest(const struct omb_digest *digest)
{
    struct omb_key key = {.size = 0};

    add(&key, digest->bytes, 16);
    return key;
}

struct omb_key omb_key_journal(uint64_t position)
{
    struct omb_key key = {.size = 0};

    add_be64(&key, position);
    return key;
}

struct omb_key omb_key_case(const struct omb_case_id *id)
{
    struct omb_key key = {.size = 0};

    add_case(&key, id);
    return key;
}

struct omb_key omb_key_case_log(const struct omb_case_id *id, uint32_t number, uint64_t seq)
{
    struct omb_key key = omb_key_case(id);

    add_be32(&key, number);
    add_be64(&key, seq);
    return key;
}

static void add_value(struct omb_key *key, struct omb_view value)
{
    struct omb_digest digest;
    char hex[OMB_HEX_DIGEST_SIZE];

    if (value.size <= VALUE_MAX) {
        add(key, value.data, value.size);
        return;
    }
    digest = omb_hash("ombud/index/1", value);
    omb_hex(OMB_VIEW_OF(digest.bytes), hex);
    add(key, value.data, VALUE_CUT);
    add(key, hex, sizeof(hex) - 1);
}

struct omb_key omb_key_index(enum omb_index_kind kind, struct omb_view value,
                             const struct omb_case_id *id)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, (uint8_t)kind);
    if (value.size == 0 && !id)
        return key;
    add_value(&key, value);
    add_u8(&key, 0);
    if (id)
        add_case(&key, id);
    return key;
}

struct omb_key omb_key_case_secret(const struct omb_case_id *id)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'C');
    add_case(&key, id);
    return key;
}

struct omb_key omb_key_lost_secret(const struct omb_case_id *id)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'F');
    add_case(&key, id);
    return key;
}

struct omb_key omb_key_escrow(uint32_t number, uint64_t seq)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'E');
    add_be32(&key, number);
    add_be64(&key, seq);
    return key;
}

struct omb_key omb_key_certificate(const struct omb_digest *digest)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'C');
    add(&key, digest->bytes, sizeof(digest->bytes));
    return key;
}

struct omb_key omb_key_office(const struct omb_office_id *id, const struct omb_digest *digest)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'I');
    add(&key, id->bytes, sizeof(id->bytes));
    if (digest)
        add(&key, digest->bytes, sizeof(digest->bytes));
    return key;
}

struct omb_key omb_key_office_code(struct omb_view code, const struct omb_office_id *id)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'N');
    if (code.size == 0 && !id)
        return key;
    add(&key, code.data, code.size);
    add_u8(&key, 0);
    if (id)
        add(&key, id->bytes, sizeof(id->bytes));
    return key;
}

struct omb_key omb_key_below(const struct omb_office_id *parent, const struct omb_office_id *office)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'B');
    if (parent)
        add(&key, parent->bytes, sizeof(parent->bytes));
    if (office)
        add(&key, office->bytes, sizeof(office->bytes));
    return key;
}

struct omb_key omb_key_claimed(const struct omb_office_id *office,
                               const struct omb_office_id *parent,
                               const struct omb_digest *certificate)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'J');
    add(&key, office->bytes, sizeof(office->bytes));
    if (parent) {
        add(&key, parent->bytes, sizeof(parent->bytes));
        add(&key, certificate->bytes, sizeof(certificate->bytes));
    }
    return key;
}

struct omb_key omb_key_life(const struct omb_office_id *office,
                            const struct omb_incarnation *incarnation, uint32_t line)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'L');
    add(&key, office->bytes, sizeof(office->bytes));
    if (incarnation) {
        add(&key, incarnation->bytes, sizeof(incarnation->bytes));
        add_be32(&key, line);
    }
    return key;
}

static struct omb_key of_certificate(uint8_t kind, const struct omb_digest *certificate)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, kind);
    if (certificate)
        add(&key, certificate->bytes, sizeof(certificate->bytes));
    return key;
}

struct omb_key omb_key_carrier(const struct omb_digest *certificate)
{
    return of_certificate('R', certificate);
}

struct omb_key omb_key_named(const struct omb_digest *certificate)
{
    return of_certificate('D', certificate);
}

struct omb_key omb_key_revocation(const struct omb_digest *certificate)
{
    return of_certificate('V', certificate);
}

static struct omb_key of_office(uint8_t kind, const struct omb_office_id *office)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, kind);
    if (office)
        add(&key, office->bytes, sizeof(office->bytes));
    return key;
}

struct omb_key omb_key_closing(const struct omb_office_id *office)
{
    return of_office('X', office);
}

struct omb_key omb_key_unfolded(const struct omb_office_id *office)
{
    return of_office('U', office);
}

static struct omb_key of_place(char prefix, const struct omb_office_id *office,
                               const struct omb_incarnation *incarnation, uint64_t seq)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, (uint8_t)prefix);
    if (!office)
        return key;
    add(&key, office->bytes, sizeof(office->bytes));
    if (!incarnation)
        return key;
    add(&key, incarnation->bytes, sizeof(incarnation->bytes));
    if (seq > 0)
        add_be64(&key, seq);
    return key;
}

struct omb_key omb_key_fork(const struct omb_office_id *office,
                            const struct omb_incarnation *incarnation, uint64_t seq)
{
    return of_place('F', office, incarnation, seq);
}

struct omb_key omb_key_told_fork(const struct omb_office_id *office,
                                 const struct omb_incarnation *incarnation, uint64_t seq,
                                 const struct omb_digest *told)
{
    struct omb_key key = of_place('T', office, incarnation, seq);

    if (office)
        add(&key, told->bytes, sizeof(told->bytes));
    return key;
}

/* --- feeds and peers --- */

struct omb_key omb_key_feed(const struct omb_office_id *child, uint64_t position)
{
    struct omb_key key = {.size = 0};

    add(&key, child->bytes, sizeof(child->bytes));
    add_be64(&key, position);
    return key;
}

struct omb_key omb_key_peer(const struct omb_office_id *office)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'P');
    if (office)
        add(&key, office->bytes, sizeof(office->bytes));
    return key;
}

struct omb_key omb_key_for_all(uint32_t number, uint64_t seq)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'A');
    if (seq > 0) {
        add_be32(&key, number);
        add_be64(&key, seq);
    }
    return key;
}

struct omb_key omb_key_given(const struct omb_office_id *child,
                             const struct omb_digest *certificate)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'C');
    add(&key, child->bytes, sizeof(child->bytes));
    add(&key, certificate->bytes, sizeof(certificate->bytes));
    return key;
}

struct omb_key omb_key_scope(const struct omb_office_id *child, const struct omb_case_id *id)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'O');
    add(&key, child->bytes, sizeof(child->bytes));
    if (id)
        add_case(&key, id);
    return key;
}

struct omb_key omb_key_witness(uint32_t number, const struct omb_office_id *witness)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'W');
    add_be32(&key, number);
    if (witness)
        add(&key, witness->bytes, sizeof(witness->bytes));
    return key;
}

static struct omb_key of_record(uint8_t kind, const struct omb_digest *record)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, kind);
    if (record)
        add(&key, record->bytes, sizeof(record->bytes));
    return key;
}

struct omb_key omb_key_missing(const struct omb_digest *record)
{
    return of_record('M', record);
}

struct omb_key omb_key_refused(const struct omb_digest *record)
{
    return of_record('R', record);
}

struct omb_key omb_key_renewed(const struct omb_digest *record)
{
    return of_record('N', record);
}

struct omb_key omb_key_lost(const struct omb_incarnation *incarnation, uint64_t seq,
                            const struct omb_digest *record)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'L');
    add(&key, incarnation->bytes, sizeof(incarnation->bytes));
    add_be64(&key, seq);
    if (record)
        add(&key, record->bytes, sizeof(record->bytes));
    return key;
}

struct omb_key omb_key_subscription(struct omb_view name)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'S');
    add(&key, name.data, name.size);
    return key;
}

/* --- operators and requests --- */

struct omb_key omb_key_heard(const struct omb_office_id *office)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'Q');
    if (office)
        add(&key, office->bytes, sizeof(office->bytes));
    return key;
}

struct omb_key omb_key_in_backup(uint32_t number)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'B');
    if (number > 0)
        add_be32(&key, number);
    return key;
}

struct omb_key omb_key_held_back(const struct omb_office_id *child, const struct omb_digest *record)
{
    struct omb_key key = {.size = 0};

    add_u8(&key, 'H');
    if (record) {
        add(&key, child->bytes, sizeof(child->bytes));
        add(&key, record->bytes, sizeof(record->bytes));
    }
    return key;
}

struct omb_key omb_key_operator(struct omb_view code)
{
    struct omb_key key = {.size = 0};

    add(&key, code.data, code.size);
    return key;
}

struct omb_key omb_key_request(struct omb_view operator_code, struct omb_view id)
{
    struct omb_key key = {.size = 0};

    add(&key, operator_code.data, operator_code.size);
    add_u8(&key, 0);
    add(&key, id.data, id.size);
    return key;
}

/* --- the other direction --- */

bool omb_key_read_record(struct omb_view key, uint32_t *out_number, uint64_t *out_seq)
{
    if (key.size != 12)
        return false;
    *out_number = omb_be32(key.data);
    *out_seq = omb_be64(key.data + 4);
    return true;
}

bool omb_key_read_case(struct omb_view key, struct omb_case_id *out)
{
    if (key.size != OMB_CASE_KEY_SIZE)
        return false;
    memcpy(out->home.bytes, key.data, sizeof(out->home.bytes));
    memcpy(out->incarnation.bytes, key.data + 16, sizeof(out->incarnation.bytes));
    out->year = omb_be32(key.data + 28);
    out->serial = omb_be64(key.data + 32);
    return true;
}

bool omb_key_read_case_log(struct omb_view key, struct omb_case_id *out_id, uint32_t *out_number,
                           uint64_t *out_seq)
{
    return key.size == OMB_CASE_KEY_SIZE + 12 &&
           omb_key_read_case(omb_view(key.data, OMB_CASE_KEY_SIZE), out_id) &&
           omb_key_read_record(omb_view(key.data + OMB_CASE_KEY_SIZE, 12), out_number, out_seq);
}

bool omb_key_read_index(struct omb_view key, enum omb_index_kind *out_kind,
                        struct omb_view *out_value, struct omb_case_id *out_id)
{
    if (key.size < 2 + OMB_CASE_KEY_SIZE || key.data[key.size - OMB_CASE_KEY_SIZE - 1] != 0)
        return false;
    *out_kind = (enum omb_index_kind)key.data[0];
    *out_value = omb_view(key.data + 1, key.size - 2 - OMB_CASE_KEY_SIZE);
    return omb_key_read_case(omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE),
                             out_id);
}

void omb_put_place(uint8_t out[12], uint32_t number, uint64_t seq)
{
    omb_put_be32(out, number);
    omb_put_be64(out + 4, seq);
}

bool omb_read_place(struct omb_view value, uint32_t *out_number, uint64_t *out_seq)
{
    return omb_key_read_record(value, out_number, out_seq);
}

void omb_put_journal(struct omb_buf *out, uint32_t number, uint64_t seq, bool from_above)
{
    omb_buf_add_be32(out, number);
    omb_buf_add_be64(out, seq);
    if (from_above)
        omb_buf_add_u8(out, 1);
}

bool omb_read_journal(struct omb_view value, uint32_t *out_number, uint64_t *out_seq,
                      bool *out_from_above)
{
    const bool marked = value.size == 13;

    if ((value.size != 12 && !marked) || (marked && value.data[12] != 1))
        return false;
    if (out_from_above)
        *out_from_above = marked;
    return omb_read_place(omb_view(value.data, 12), out_number, out_seq);
}
