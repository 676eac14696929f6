/*
 * Answering a Want: only what the asker may see, and only as much as fits. Whatever is left out is
 * asked for again.
 */
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/post/compare.h"
#include "office/post/feed.h"
#include "office/post/walk.h"

enum {
    LOOKED_AT_MAX = 4 * OMB_WANT_RECORDS_MAX, /* rows that one Want may have read */
    TOLD_MAX = 4 * OMB_CHAIN_MAX, /* certificates for one that is wanted, and for the newest */
};

struct answer {
    struct omb_step *step;
    const struct omb_office_id *asker;
    bool to_child;
    size_t room;
    size_t looked_at;
    struct omb_record *records;
    struct omb_missing_part *missing;
    size_t count, missing_count, max;
    struct omb_digest told[2 * TOLD_MAX]; /* certificates, for the digest that is looked at */
    size_t told_count, told_max;
    bool full;
};

/* --- whether the asker may see it --- */

/* What every office needs to judge others by, and says nothing about a case or a person. */
static bool is_about_trust(const struct omb_header *header)
{
    uint32_t tag;

    if (header->case_id || !header->facts)
        return false;
    tag = header->facts->event.tag;
    return tag == OMB_EVENT_OFFICE_CERTIFIED || tag == OMB_EVENT_OFFICE_REVOKED ||
           tag == OMB_EVENT_OFFICE_MOVED || tag == OMB_EVENT_OFFICE_CLOSED ||
           tag == OMB_EVENT_FORK_FOUND || tag == OMB_EVENT_POLICY_PUBLISHED;
}

/* Two records are told in it whole; of a fork that cannot be judged nothing is said. */
static bool may_hear_of(const struct answer *answer, const struct omb_fork_found *fork)
{
    bool concerned = false;

    return omb_feed_fork_concerns(answer->step, fork, answer->asker, &concerned, NULL) ==
               OMB_OK && concerned;
}

/*
 * A parent takes from a child what offices wrote that stood below the child once (what they wrote
 * elsewhere it may refuse). Of its own log it takes all: what its disk lost comes home. So do parts
 * of any record that it has.
 */
static enum omb_rc parent_may_see(const struct answer *answer, const struct omb_header *header,
                                  uint32_t parts, bool *out, struct omb_error *err)
{
    struct omb_step *step = answer->step;

    *out = parts != 0 || omb_office_id_equal(&header->office, answer->asker);
    return *out ? OMB_OK
                : omb_office_came_below(step, &header->office, &step->office->self.office, out,
                                        err);
}

/* `parts`: these alone are asked for. */
static enum omb_rc may_see(const struct answer *answer, const struct omb_header *header,
                           uint32_t parts, bool *out, struct omb_error *err)
{
    struct omb_step *step = answer->step;
    struct omb_office_id branch;

    if (!answer->to_child)
        return parent_may_see(answer, header, parts, out, err);
    *out = is_about_trust(header);
    if (*out && header->facts->event.tag == OMB_EVENT_FORK_FOUND) {
        *out = may_hear_of(answer, OMB_AS(fork_found, header->facts->event));
        return OMB_OK;
    }
    branch = omb_feed_branch_of(step, &header->office);
    *out |= omb_office_id_equal(&branch, answer->asker) ||
            (header->case_id && omb_feed_in_scope(step, answer->asker, header->case_id));
    return OMB_OK;
}

/* --- one record --- */

/* More than the encoding has: tags and sizes of every field. */
static size_t size_of(const struct omb_record *record)
{
    return 128 + record->header.size + record->proof->signature.size +
           record->proof->path.count * (OMB_DIGEST_SIZE + 4) + record->body.size +
           record->grants.size + record->extract.size;
}

/* Whether it was put into this answer already: a Want may name a record, and parts of it. */
static bool is_there(const struct answer *answer, struct omb_view header)
{
    for (size_t i = 0; i < answer->count; i++)
        if (omb_view_equal(answer->records[i].header, header))
            return true;
    return false;
}

static bool is_over(const struct answer *answer)
{
    return answer->full || answer->looked_at >= LOOKED_AT_MAX || omb_looked_enough(answer->step);
}

static void look(struct answer *answer)
{
    answer->looked_at++;
    omb_looked(answer->step, 1);
}

/* `parts`: it is asked for these alone; one that has none of them is no answer. 0: all of it. */
static enum omb_rc add(struct answer *answer, const struct omb_row_at *at, uint32_t parts,
                       struct omb_error *err)
{
    struct omb_stored_record stored;
    struct omb_record record;
    struct omb_header header;
    uint32_t missing = 0;
    bool may = false;
    size_t size;
    enum omb_rc rc;

    if (is_over(answer))
        return OMB_OK;
    look(answer);
    rc = omb_record_read(answer->step, at->number, at->seq, &stored, &header, NULL, err);
    if (rc == OMB_NOT_FOUND || (rc == OMB_OK && !stored.proof))
        return OMB_OK;
    if (rc == OMB_OK)
        rc = may_see(answer, &header, parts, &may, err);
    if (rc == OMB_OK && !may)
        return OMB_OK;
    if (rc == OMB_OK)
        rc = omb_record_whole(answer->step, at, &record, &header, &missing, err);
    if (rc == OMB_OK && answer->to_child)
        rc = omb_restored_hold_back(answer->step, answer->asker, at->number, &header, &record,
                                    &missing, err);
    if (rc != OMB_OK)
        return rc;
    if (parts != 0 && ((parts & ~missing) == 0 || is_there(answer, record.header)))
        return OMB_OK;
    size = size_of(&record);
    if ((size > answer->room && answer->count > 0) || answer->count == answer->max) {
        answer->full = true;
        return OMB_OK;
    }
    answer->full = size >= answer->room; /* one that is too large goes alone: else it never would */
    answer->room -= answer->full ? answer->room : size;
    answer->records[answer->count++] = record;
    if (missing != 0)
        answer->missing[answer->missing_count++] =
            (struct omb_missing_part){omb_record_digest(record.header), missing};
    return OMB_OK;
}

/* --- what is asked for --- */

/* The record that carries a certificate, and which; of a signer's only the key id is known. */
static enum omb_rc find_carrier(struct omb_step *step, const struct omb_digest *digest,
                                struct omb_digest *out_certificate, struct omb_row_at *out,
                                struct omb_error *err)
{
    static const uint8_t zeros[OMB_DIGEST_SIZE - OMB_KEY_ID_SIZE];
    struct omb_key key;

    *out_certificate = *digest;
    if (memcmp(digest->bytes + OMB_KEY_ID_SIZE, zeros, sizeof(zeros)) == 0) {
        const struct omb_key_id id = omb_key_id_of(digest);
        const struct omb_office_card *card = omb_office_card_by_key(step, &id);

        if (!card)
            return OMB_NOT_FOUND;
        *out_certificate = card->certificate.digest;
    }
    key = omb_key_carrier(out_certificate);
    return omb_office_place(step, &key, out, err);
}

enum omb_rc omb_want_lacks(struct omb_step *step, const struct omb_digest *digest, bool *out,
                           struct omb_error *err)
{
    struct omb_digest certificate;
    struct omb_row_at at;
    enum omb_rc rc = find_carrier(step, digest, &certificate, &at, err);

    if (rc == OMB_NOT_FOUND)
        rc = omb_record_place(step, digest, &at);
    *out = rc == OMB_NOT_FOUND;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* Gives the certificate its turn; false: it had it, or those for one digest are enough. */
static bool take_turn(struct answer *answer, const struct omb_digest *certificate)
{
    for (size_t i = 0; i < answer->told_count; i++)
        if (omb_digest_equal(&answer->told[i], certificate))
            return false;
    if (answer->told_count == answer->told_max || is_over(answer))
        return false;
    answer->told[answer->told_count++] = *certificate;
    return true;
}

static enum omb_rc add_certificate(struct answer *answer, const struct omb_digest *certificate,
                                   struct omb_error *err);

/* The record that carries one; before it that of the certificate which the record is judged by. */
static enum omb_rc add_carrier(struct answer *answer, const struct omb_digest *certificate,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_carrier(certificate);
    const struct omb_office_card *signer;
    struct omb_header header;
    struct omb_digest digest;
    struct omb_row_at at;
    enum omb_rc rc;

    look(answer);
    rc = omb_office_place(answer->step, &key, &at, err);
    if (rc == OMB_OK)
        rc = omb_header_read(answer->step, &at, &header, &digest, NULL, err);
    if (rc != OMB_OK) /* of this office's own bundle: the asker has it */
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    signer = omb_office_card_by_key(answer->step, &header.key);
    if (signer)
        rc = add_certificate(answer, &signer->certificate.digest, err);
    return rc == OMB_OK ? add(answer, &at, 0, err) : rc;
}

/*
 * A certificate behind those above it, from the root down, which it would wait for, and behind
 * those before it: of a later one that comes first nobody could tell that all are of one office.
 */
static enum omb_rc add_certificate(struct answer *answer, const struct omb_digest *certificate,
                                   struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_named(answer->step, certificate);
    enum omb_rc rc = OMB_OK;

    if (!take_turn(answer, certificate))
        return OMB_OK;
    if (card && !omb_digest_none(&card->certificate.inner.previous))
        rc = add_certificate(answer, &card->certificate.inner.previous, err);
    if (rc == OMB_OK && card && card->certificate.inner.depth > 0)
        rc = add_certificate(answer, &card->certificate.inner.issuer, err);
    return rc == OMB_OK ? add_carrier(answer, certificate, err) : rc;
}

/*
 * The newest certificate of the same office: one that it never joined with counts because it joined
 * with a later one, and says so in its own log.
 */
static enum omb_rc add_newest(struct answer *answer, const struct omb_digest *certificate,
                              struct omb_error *err)
{
    const struct omb_office_card *card = omb_office_named(answer->step, certificate), *newest;

    newest = card ? omb_office_newest(answer->step, &card->seat.office) : NULL;
    answer->told_max += TOLD_MAX;
    return newest ? add_certificate(answer, &newest->certificate.digest, err) : OMB_OK;
}

static enum omb_rc add_digest(struct answer *answer, const struct omb_digest *digest,
                              struct omb_error *err)
{
    struct omb_row_at at;
    struct omb_digest certificate;
    enum omb_rc rc = find_carrier(answer->step, digest, &certificate, &at, err);

    answer->told_count = 0;
    answer->told_max = TOLD_MAX;
    if (rc == OMB_OK) {
        rc = add_certificate(answer, &certificate, err);
        return rc == OMB_OK ? add_newest(answer, &certificate, err) : rc;
    }
    if (rc == OMB_NOT_FOUND)
        rc = omb_record_place(answer->step, digest, &at);
    if (rc == OMB_NOT_FOUND)
        return OMB_OK;
    return rc == OMB_OK ? add(answer, &at, 0, err) : rc;
}

static enum omb_rc add_parts(struct answer *answer, const struct omb_missing_part *wanted,
                             struct omb_error *err)
{
    struct omb_row_at at;
    const enum omb_rc rc = omb_record_place(answer->step, &wanted->digest, &at);

    if (rc == OMB_NOT_FOUND || wanted->parts == 0)
        return OMB_OK;
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the digests in the store cannot be read");
    return add(answer, &at, wanted->parts, err);
}

struct walk {
    struct omb_row_at *items;
    size_t count, max;
};

static enum omb_rc take_row(void *arg, struct omb_view key, struct omb_view value)
{
    struct walk *walk = arg;
    struct omb_row_at *at = &walk->items[walk->count++];

    (void)value;
    if (!omb_key_read_record(key, &at->number, &at->seq))
        return OMB_DAMAGED;
    return walk->count < walk->max ? OMB_OK : OMB_STOP;
}

enum { WALK = 256 };

struct next_life {
    struct omb_step *step;
    struct omb_row_at first;
    bool found;
};

/* Lives come in rising order; one that came home without its beginning proves nothing. */
static enum omb_rc see_next_life(void *arg, const struct omb_log *log)
{
    struct next_life *next = arg;
    const struct omb_key key = omb_key_record(log->number, 1);
    struct omb_buf value = OMB_BUF_INIT;
    enum omb_rc rc;

    omb_looked(next->step, 1);
    if (log->row.line > 0)
        return omb_looked_enough(next->step) ? OMB_STOP : OMB_OK;
    rc = omb_port_get(next->step->port, OMB_FAMILY_RECORD, omb_key_view(&key), &value);
    omb_buf_free(&value);
    if (rc != OMB_OK)
        return rc == OMB_NOT_FOUND ? OMB_OK : rc;
    next->first = (struct omb_row_at){log->number, 1};
    next->found = true;
    return OMB_STOP;
}

/*
 * What is not here nobody may have any more: a disk lost it, and its office went on in another
 * life. That one says so by its first record, and holes in a finished life hold up nobody.
 */
static enum omb_rc add_next_life(struct answer *answer, const struct omb_log_range *range,
                                 struct omb_error *err)
{
    struct next_life next = {.step = answer->step};
    uint8_t after[OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE];
    uint8_t until[OMB_OFFICE_ID_SIZE + OMB_INCARNATION_SIZE];
    enum omb_rc rc;

    memcpy(after, range->office.bytes, OMB_OFFICE_ID_SIZE);
    memcpy(after + OMB_OFFICE_ID_SIZE, range->incarnation.bytes, OMB_INCARNATION_SIZE);
    memcpy(until, range->office.bytes, OMB_OFFICE_ID_SIZE);
    memset(until + OMB_OFFICE_ID_SIZE, 0xff, OMB_INCARNATION_SIZE);
    rc = omb_logs_between(answer->step, OMB_VIEW_OF(after), OMB_VIEW_OF(until), see_next_life,
                          &next, err);
    return rc == OMB_OK && next.found ? add(answer, &next.first, 0, err) : rc;
}

static enum omb_rc add_range(struct answer *answer, const struct omb_log_range *range,
                             struct omb_error *err)
{
    struct omb_step *step = answer->step;
    struct walk walk = {OMB_ARENA_NEW(step->arena, struct omb_row_at, WALK), 0, WALK};
    uint64_t first = range->first;
    struct omb_log log;
    enum omb_rc rc = omb_log_find(step, &range->office, &range->incarnation, 0, &log, err);

    if (rc == OMB_NOT_FOUND || first > range->last)
        return OMB_OK;
    if (rc != OMB_OK)
        return rc;
    do {
        const struct omb_key from = omb_key_record(log.number, first);
        const struct omb_key until = range->last == UINT64_MAX
                                         ? omb_key_record(log.number + 1, 0)
                                         : omb_key_record(log.number, range->last + 1);

        walk.count = 0;
        rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from),
                           omb_key_view(&until), false, take_row, &walk);
        if (rc != OMB_OK)
            return omb_fail(err, rc, NULL, "a log cannot be read");
        for (size_t i = 0; rc == OMB_OK && i < walk.count; i++) {
            rc = add(answer, &walk.items[i], 0, err);
            first = walk.items[i].seq + 1;
        }
    } while (rc == OMB_OK && walk.count == walk.max && first <= range->last && !is_over(answer));
    return rc;
}

static enum omb_rc check_want(const struct omb_want *want, struct omb_error *err)
{
    if (want->digests.count > OMB_WANT_DIGESTS_MAX || want->ranges.count > OMB_WANT_RANGES_MAX ||
        want->parts.count > OMB_WANT_DIGESTS_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a want names more than may be asked at a time");
    return OMB_OK;
}

static size_t most(const struct omb_want *want)
{
    size_t count = want->digests.count * 2 * TOLD_MAX + want->parts.count;

    for (size_t i = 0; i < want->ranges.count && count < OMB_WANT_RECORDS_MAX; i++) {
        const struct omb_log_range *range = &want->ranges.items[i];
        const uint64_t length = range->last >= range->first ? range->last - range->first : 0;

        count += length < OMB_WANT_RECORDS_MAX ? (size_t)length + 2 : OMB_WANT_RECORDS_MAX;
    }
    return count < OMB_WANT_RECORDS_MAX ? count : OMB_WANT_RECORDS_MAX;
}

enum omb_rc omb_want_answer(struct omb_step *step, const struct omb_office_id *asker,
                            bool asker_is_child, const struct omb_want *want, size_t max_bytes,
                            struct omb_records *out, struct omb_error *err)
{
    struct answer answer = {
        .step = step, .asker = asker, .to_child = asker_is_child, .room = max_bytes};
    enum omb_rc rc = check_want(want, err);

    if (rc != OMB_OK)
        return rc;
    answer.max = most(want);
    answer.records = OMB_ARENA_NEW(step->arena, struct omb_record, answer.max);
    answer.missing = OMB_ARENA_NEW(step->arena, struct omb_missing_part, answer.max);
    for (size_t i = 0; rc == OMB_OK && i < want->digests.count && !is_over(&answer); i++)
        rc = add_digest(&answer, &want->digests.items[i], err);
    for (size_t i = 0; rc == OMB_OK && i < want->ranges.count && !is_over(&answer); i++) {
        const struct omb_log_range *range = &want->ranges.items[i];
        const size_t before = answer.count;

        rc = add_range(&answer, range, err);
        if (rc == OMB_OK && range->last >= range->first &&
            answer.count - before <= range->last - range->first)
            rc = add_next_life(&answer, range, err);
    }
    for (size_t i = 0; rc == OMB_OK && i < want->parts.count && !is_over(&answer); i++)
        rc = add_parts(&answer, &want->parts.items[i], err);
    if (rc == OMB_OK)
        *out = (struct omb_records){.records = {answer.records, answer.count},
                                    .missing = {answer.missing, answer.missing_count}};
    return rc;
}
