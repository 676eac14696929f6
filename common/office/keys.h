/*
 * The keys of the store, all drawn here: fixed width, big-endian, so that they sort as they read.
 *
 *   meta       name (text)
 *   log        number(4)
 *   record     number(4) seq(8)
 *   part       number(4) seq(8) kind(1)                1 body, 2 grants, 4 extract
 *   digest     first 16 bytes of the digest
 *   journal    position(8)                -> number(4) seq(8), and 1 when it came from above
 *   feed       child(16) position(8)
 *   case       home(16) incarnation(12) year(4) serial(8)            = case id (40)
 *   case_log   case id(40) number(4) seq(8)
 *   index      kind(1) value NUL case id(40)
 *   key        'C' case id(40)   |   'E' number(4) seq(8) of `escrow opened`
 *              | 'F' case id(40)                           of a registration that lost a fork
 *   office     'C' certificate digest(32)   |   'I' office id(16) certificate digest(32)
 *              | 'N' code NUL office id(16)
 *              | 'B' parent(16) office id(16)              offices directly below one
 *              | 'J' office id(16) parent(16) certificate digest(32)
 *                                                          -> number(4) seq(8) of the record that
 *                                                             says so, and proves it not yet
 *              | 'L' office id(16) incarnation(12) line(4) -> number(4) of the log
 *              | 'D' certificate digest(32)                -> the certificate, that was claimed
 *              | 'R' certificate digest(32)                -> number(4) seq(8) of the record that
 *                                                             carries it
 *              | 'V' certificate digest(32)                -> number(4) seq(8) of its revocation
 *              | 'X' office id(16)                         -> number(4) seq(8) of its closing
 *              | 'U' office id(16)                         -> how far its cases were folded again
 *              | 'F' office id(16) incarnation(12) seq(8)  -> number(4) seq(8) of the `fork found`
 *                                                             that decides which record stands
 *              | 'T' office id(16) incarnation(12) seq(8) record digest(32)
 *                                                        a `fork found` that does not decide here
 *   peer       'P' office id(16)                           -> PeerRow
 *              | 'C' child(16) certificate digest(32)      the child has it, or it is in its feed
 *              | 'O' child(16) case id(40)                 the case is in the child's scope
 *              | 'A' number(4) seq(8)                      this record goes to every child
 *              | 'W' number(4) witness(16)                 -> Witness of that log, the newest
 *              | 'M' record digest(32)                     -> MissingRow
 *              | 'R' record digest(32)                     -> RefusedRecord: an own record that the
 *                                                             parent refused
 *              | 'N' record digest(32)                     -> number(4) seq(8) of the own record
 *                                                             that was written in its place
 *              | 'L' incarnation(12) seq(8) record digest(32)
 *                                                          -> (): an own record that lost a fork,
 *                                                             and was not written again yet
 *              | 'S' name                                  -> SubscriptionRow
 *              | 'Q' office id(16)                         -> (): since the store was restored that
 *                                                             office was compared with
 *              | 'B' number(4)                             -> head(8) that this log had in the
 *                                                             backup when the store was restored
 *              | 'H' child(16) record digest(32)           -> (): its parts were held back from
 *                                                             the child after a restore
 *   operator   code (text)
 *   request    operator code NUL id
 *
 * A value of an index row is at most 160 bytes; of a longer one stand the first 96 and its hash.
 */
#ifndef OMB_OFFICE_KEYS_H
#define OMB_OFFICE_KEYS_H

#include "base/bytes.h"
#include "base/ids.h"
#include "ledger/record.h"
#include "wire/facts.h"

#define OMB_CASE_KEY_SIZE 40
#define OMB_KEY_MAX 256

/* A key being built; its view lives as long as it does. */
struct omb_key {
    uint8_t bytes[OMB_KEY_MAX];
    size_t size;
};
struct omb_view omb_key_view(const struct omb_key *key);

/* Kinds of index rows; values are codes, numbers as text, or bytes without NUL. */
enum omb_index_kind {
    OMB_INDEX_STATUS = 's',
    OMB_INDEX_DUE = 'd',        /* due of the decision, be64, of open cases */
    OMB_INDEX_FLAG = 'f',
    OMB_INDEX_REFERENCE = 'x',  /* source/reference of imports */
    OMB_INDEX_NUMBER = 'n',     /* code-year-serial: finds a case by its number */
    OMB_INDEX_FORMERLY = 'o',   /* the same of the number that it had before a lost fork */
};

struct omb_key omb_key_meta(const char *name);
struct omb_key omb_key_log(uint32_t number);
struct omb_key omb_key_record(uint32_t number, uint64_t seq);
struct omb_key omb_key_part(uint32_t number, uint64_t seq, enum omb_part_kind kind);
struct omb_key omb_key_digest(const struct omb_digest *digest);
struct omb_key omb_key_journal(uint64_t position);
struct omb_key omb_key_case(const struct omb_case_id *id);
struct omb_key omb_key_case_log(const struct omb_case_id *id, uint32_t number, uint64_t seq);
struct omb_key omb_key_index(enum omb_index_kind kind, struct omb_view value,
                             const struct omb_case_id *id); /* id NULL: the prefix of the value,
                                                               of the kind without value */
struct omb_key omb_key_case_secret(const struct omb_case_id *id);
struct omb_key omb_key_lost_secret(const struct omb_case_id *id);
struct omb_key omb_key_escrow(uint32_t number, uint64_t seq);
struct omb_key omb_key_certificate(const struct omb_digest *digest);
/* digest or id NULL: the prefix of all of that office, of that code (none: of all codes). */
struct omb_key omb_key_office(const struct omb_office_id *id, const struct omb_digest *digest);
struct omb_key omb_key_office_code(struct omb_view code, const struct omb_office_id *id);
struct omb_key omb_key_feed(const struct omb_office_id *child, uint64_t position);
/* office NULL: the prefix of all below that parent; both: of all. */
struct omb_key omb_key_below(const struct omb_office_id *parent,
                             const struct omb_office_id *office);
/* parent NULL, with the certificate: the prefix of all that say so of that office. */
struct omb_key omb_key_claimed(const struct omb_office_id *office,
                               const struct omb_office_id *parent,
                               const struct omb_digest *certificate);
/* incarnation NULL: the prefix of all lives of that office. */
struct omb_key omb_key_life(const struct omb_office_id *office,
                            const struct omb_incarnation *incarnation, uint32_t line);
struct omb_key omb_key_carrier(const struct omb_digest *certificate);
/* A certificate that was claimed: records may name its office by it. */
struct omb_key omb_key_named(const struct omb_digest *certificate);
struct omb_key omb_key_revocation(const struct omb_digest *certificate); /* NULL: prefix of all */
/* seq 0: the prefix of that life; incarnation NULL: of that office; office NULL: of all. */
struct omb_key omb_key_fork(const struct omb_office_id *office,
                            const struct omb_incarnation *incarnation, uint64_t seq);
/* `told`: the `fork found`; office NULL: the prefix of all. */
struct omb_key omb_key_told_fork(const struct omb_office_id *office,
                                 const struct omb_incarnation *incarnation, uint64_t seq,
                                 const struct omb_digest *told);
struct omb_key omb_key_closing(const struct omb_office_id *office); /* NULL: the prefix of all */
struct omb_key omb_key_unfolded(const struct omb_office_id *office); /* NULL: the prefix of all */
struct omb_key omb_key_peer(const struct omb_office_id *office); /* NULL: the prefix of all */
struct omb_key omb_key_for_all(uint32_t number, uint64_t seq); /* 0, 0: the prefix of all */
struct omb_key omb_key_given(const struct omb_office_id *child,
                             const struct omb_digest *certificate);
/* id NULL: the prefix of all cases of that child. */
struct omb_key omb_key_scope(const struct omb_office_id *child, const struct omb_case_id *id);
/* witness NULL: the prefix of all of that log. */
struct omb_key omb_key_witness(uint32_t number, const struct omb_office_id *witness);
struct omb_key omb_key_missing(const struct omb_digest *record); /* NULL: the prefix of all */
struct omb_key omb_key_refused(const struct omb_digest *record); /* NULL: the prefix of all */
struct omb_key omb_key_renewed(const struct omb_digest *record);
/* record NULL: before all from that place on. */
struct omb_key omb_key_lost(const struct omb_incarnation *incarnation, uint64_t seq,
                            const struct omb_digest *record);
struct omb_key omb_key_subscription(struct omb_view name); /* empty: the prefix of all */
struct omb_key omb_key_heard(const struct omb_office_id *office); /* NULL: the prefix of all */
struct omb_key omb_key_in_backup(uint32_t number); /* 0: the prefix of all */
/* record NULL: the prefix of all. */
struct omb_key omb_key_held_back(const struct omb_office_id *child,
                                 const struct omb_digest *record);
struct omb_key omb_key_operator(struct omb_view code);
struct omb_key omb_key_request(struct omb_view operator_code, struct omb_view id);

/* The other direction; false when the size is wrong. */
bool omb_key_read_record(struct omb_view key, uint32_t *out_number, uint64_t *out_seq);
bool omb_key_read_case(struct omb_view key, struct omb_case_id *out);
bool omb_key_read_case_log(struct omb_view key, struct omb_case_id *out_id, uint32_t *out_number,
                           uint64_t *out_seq);
bool omb_key_read_index(struct omb_view key, enum omb_index_kind *out_kind,
                        struct omb_view *out_value, struct omb_case_id *out_id);

/* A place of a record as a value: number(4) seq(8). */
void omb_put_place(uint8_t out[12], uint32_t number, uint64_t seq);
bool omb_read_place(struct omb_view value, uint32_t *out_number, uint64_t *out_seq);
/* A row of the journal. */
void omb_put_journal(struct omb_buf *out, uint32_t number, uint64_t seq, bool from_above);
bool omb_read_journal(struct omb_view value, uint32_t *out_number, uint64_t *out_seq,
                      bool *out_from_above);

#endif
