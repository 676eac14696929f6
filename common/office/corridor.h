/*
 * The corridor: how every event is written, whoever asked for it (design: architecture, Two doors).
 *
 *     draft -> seal -> next seq, prev -> digest -> rows -> fold of the case -> indexes -> journal
 *
 * Internal to office/: the desk, the duty and (with issue B) the post write through it. The in-memory
 * state that a batch changes is struct omb_tip, small enough to copy: a savepoint is a copy of it
 * and a mark in the writes.
 */
#ifndef OMB_OFFICE_CORRIDOR_H
#define OMB_OFFICE_CORRIDOR_H

#include "base/text.h"
#include "base/text.h"
#include "cases/fold.h"
#include "cases/policy.h"
#include "ledger/certify.h"
#include "office/keys.h"
#include "office/office.h"
#include "wire/control.h"
#include "wire/parts.h"
#include "wire/record.h"

/* Where the office's own log and counters stand, including the batch being built. */
struct omb_tip {
    uint32_t number;                    /* store-local number of (own office, incarnation, line 0) */
    struct omb_incarnation incarnation;
    uint64_t seq;                       /* of the newest record; 0: none in this incarnation */
    struct omb_digest prev;             /* digest of the newest record of the log */
    int64_t time_ms;                    /* of the newest record of the incarnation */
    uint64_t journal;                   /* newest position */
    uint32_t next_number;               /* for the next (office, incarnation, line) */
    uint32_t serial_year;
    uint64_t serial;                    /* newest serial of serial_year */
    uint64_t cases;
    uint64_t records;
    struct omb_digest escrow;           /* digest of the newest `escrow opened` of this incarnation */
    uint32_t escrow_month;              /* year * 12 + month - 1 */
    uint8_t escrow_key[OMB_KEY_SIZE];
    bool must_open;                     /* an incarnation opens at the next append */
};

/* An enrolled operator, held in memory. */
struct omb_operator {
    char code[OMB_CODE_MAX + 1];
    uint32_t roles; /* bits of enum omb_duty_role */
    uint8_t key[OMB_PUBLIC_SIZE];
    bool revoked;
};

#define OMB_ROLE_BITS(X)                                                                          \
    X(TELLER, "teller") X(HANDLER, "handler") X(SUPERVISOR, "supervisor") X(ANALYST, "analyst")   \
    X(AUDITOR, "auditor") X(ADMIN, "admin")
enum omb_role_bit {
#define OMB_ROLE_INDEX(name, word) OMB_ROLEIDX_##name,
    OMB_ROLE_BITS(OMB_ROLE_INDEX)
#undef OMB_ROLE_INDEX
    OMB_ROLEIDX_COUNT
};
#define OMB_MAY(name) (1u << OMB_ROLEIDX_##name)

/* One input being worked on. */
struct omb_step {
    struct omb_office *office;
    struct omb_update *update;
    const struct omb_input *input;
    const struct omb_port *port;        /* sees the batch */
    struct omb_arena *arena;            /* lives until the next input */
    struct omb_drbg drbg;               /* seeded by the input */
    const struct omb_operator *who;     /* NULL: system */
};

struct omb_draft {
    const struct omb_case_id *case_id;  /* NULL: an event of the office */
    const struct omb_facts *facts;
    const struct omb_body *body;        /* NULL: none */
    const struct omb_extract *extract;  /* NULL: none; blind is filled in */
    const struct omb_grants *grants;    /* NULL: none */
    struct omb_digest after;
    struct omb_view actor;
};

struct omb_appended {
    struct omb_digest digest;
    uint32_t number;
    uint64_t seq;
    uint64_t position;
};

/*
 * Writes one event into the own log: seals the body under the case key (or the escrow key), takes
 * the next seq, puts record, parts, digest and journal rows, and case_log when of a case. The case
 * itself is folded by omb_casefile_save. OMB_LIMIT when header or part is too large.
 */
enum omb_rc omb_append(struct omb_step *step, const struct omb_draft *draft,
                       struct omb_appended *out, struct omb_error *err) OMB_MUST_USE;

/*
 * Opens a new incarnation when one is due, so that tip.incarnation is the life in which the next
 * event will be written: a case is named by it.
 */
enum omb_rc omb_log_ready(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* What the next record will be dated: now, but never before the newest of its incarnation. */
int64_t omb_log_time(const struct omb_step *step);
/*
 * Names a new case: the next serial of the year of registration in office time, in the life that
 * omb_log_ready sees to. Serials of a year go on where they stood, also when the clock was set.
 */
enum omb_rc omb_case_next(struct omb_step *step, struct omb_case_id *out,
                          struct omb_error *err) OMB_MUST_USE;

/* A point to return to within a step: the rows of one import batch fail one by one. */
struct omb_savepoint {
    struct omb_tip tip;
    size_t writes;
    size_t bells;
    size_t pending;   /* records appended in this batch */
    size_t operators; /* changes of operators in this step */
    int64_t timer;
};
struct omb_writes *omb_step_writes(struct omb_step *step);
void omb_step_save(struct omb_step *step, struct omb_savepoint *out);
void omb_step_restore(struct omb_step *step, const struct omb_savepoint *to);

/* --- cases --- */

/* The records of a case as far as they are here, folded. Memory is the step's arena. */
struct omb_casefile {
    struct omb_case_id id;
    struct omb_event *events;
    size_t event_count;
    struct omb_row_at *rows;  /* same order: where each record lies */
    struct omb_case folded;
};
struct omb_row_at {
    uint32_t number;
    uint64_t seq;
};

/* OMB_NOT_FOUND when no record of the case is here. */
enum omb_rc omb_casefile_load(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;
/* Loads again with the batch's own records, folds, and puts case row and index rows. */
enum omb_rc omb_casefile_save(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_casefile *out, struct omb_error *err) OMB_MUST_USE;
/* Finds the case of a printed number; says which of number, check characters, case is wrong. */
enum omb_rc omb_casefile_find(struct omb_step *step, struct omb_view number,
                              struct omb_case_id *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Index rows (kind|value|case) of a case, from its row alone; used by save, check and rebuild.
 * `reference` is what omb_casefile_reference found: empty for most cases.
 */
void omb_casefile_index(struct omb_step *step, const struct omb_case_row *row,
                        struct omb_view reference,
                        void (*fn)(void *arg, struct omb_view key), void *arg);
/* "source/reference" of an imported case, from the extract of its registration; else empty. */
enum omb_rc omb_casefile_reference(struct omb_step *step, const struct omb_casefile *file,
                                   struct omb_view *out, struct omb_error *err) OMB_MUST_USE;
/* The stored row of a case, decoded into the arena. OMB_NOT_FOUND. */
enum omb_rc omb_case_row_read(struct omb_step *step, const struct omb_case_id *id,
                              struct omb_case_row *out, struct omb_error *err) OMB_MUST_USE;

/* --- keys and bodies --- */

/* The case key, unwrapped; OMB_SEALED when this office has none, OMB_ERASED after an erasure. */
enum omb_rc omb_vault_case_key(struct omb_step *step, const struct omb_case_id *id,
                               uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
/* The escrow key that the record at this place opened; OMB_SEALED when it is not kept here. */
enum omb_rc omb_vault_escrow_key(struct omb_step *step, const struct omb_row_at *at,
                                 uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
void omb_vault_keep_case_key(struct omb_step *step, const struct omb_case_id *id,
                             const uint8_t key[OMB_KEY_SIZE]);
/* Opens the escrow key of this month and incarnation when it is due (writes `escrow opened`). */
enum omb_rc omb_vault_escrow(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/*
 * A new case's key: random, kept wrapped, committed to in the facts, and sealed under the escrow key
 * (opened first when the month or the incarnation has none).
 */
enum omb_rc omb_vault_new_case(struct omb_step *step, const struct omb_case_id *id,
                               struct omb_digest *out_commitment, struct omb_grants *out_grants,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * A grant of the case's key to another office: sealed to the sealing key of the certificate that
 * `to` names. OMB_SEALED, OMB_ERASED, or OMB_NOT_FOUND when that certificate is not here.
 */
enum omb_rc omb_vault_grant(struct omb_step *step, const struct omb_case_id *id,
                            const struct omb_office_ref *to, struct omb_grant *out,
                            struct omb_error *err) OMB_MUST_USE;
/* The decoded body of a record: OMB_NOT_FOUND (part not here), OMB_SEALED, OMB_ERASED. */
enum omb_rc omb_vault_body(struct omb_step *step, const struct omb_event *event,
                           const struct omb_row_at *at, struct omb_body *out) OMB_MUST_USE;
enum omb_rc omb_vault_extract(struct omb_step *step, const struct omb_row_at *at,
                              struct omb_extract *out) OMB_MUST_USE;

/* --- records and offices --- */

/* Reads one record's header and proof (StoredRecord decoded into the arena). */
enum omb_rc omb_record_read(struct omb_step *step, uint32_t number, uint64_t seq,
                            struct omb_stored_record *out, struct omb_header *out_header,
                            bool *out_odd, struct omb_error *err) OMB_MUST_USE;
/* Full or prefix (8 hex digits or more) of a digest, or OFFICE/SEQ -> place of the record. */
enum omb_rc omb_record_find(struct omb_step *step, struct omb_view reference,
                            struct omb_row_at *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Everything checked that can be: frame, digest row, climb, signature, certificates up to the
 * anchor, chain to prev, parts that are here. OMB_UNAUTHENTIC says what does not hold; a record
 * that this update has not signed yet is checked but for its proof.
 */
enum omb_rc omb_record_verify(struct omb_step *step, uint32_t number, uint64_t seq,
                              uint32_t *out_parts_checked, struct omb_error *err) OMB_MUST_USE;

/* A certificate that is here, taken apart, and where it puts its office. Lives until the next input. */
struct omb_office_card {
    struct omb_known_certificate certificate;
    struct omb_seat seat;
    bool complete; /* every issuer up to the root is here: the seat is whole */
};
/* NULL: not here. */
const struct omb_office_card *omb_office_card(struct omb_step *step,
                                              const struct omb_digest *certificate);
/* The newest certificate of an office; NULL: none here. */
const struct omb_office_card *omb_office_newest(struct omb_step *step,
                                                const struct omb_office_id *id);

/* Code of an office as its certificate says; its id in hex when no certificate is here. */
struct omb_view omb_office_code_of(struct omb_step *step, const struct omb_office_id *id);
/* OMB_NOT_FOUND names the nearest known office codes. */
enum omb_rc omb_office_by_code(struct omb_step *step, struct omb_view code,
                               struct omb_office_ref *out, struct omb_error *err) OMB_MUST_USE;
/* The look-up that the fold and the rules are given. */
struct omb_seats omb_step_seats(struct omb_step *step);
const struct omb_seat *omb_office_seat(struct omb_step *step, const struct omb_office_ref *ref);

struct omb_view omb_office_self_code(const struct omb_office *office);
const struct omb_office_setup *omb_office_lent(const struct omb_office *office);
struct omb_view omb_office_epoch(const struct omb_office *office); /* 16 bytes */
struct omb_tip *omb_office_tip(struct omb_office *office);
/* The tip was changed by hand (a rebuild counted anew): it is put with this batch. */
void omb_tip_touch(struct omb_step *step);
const struct omb_policy *omb_office_policy(const struct omb_office *office);
const struct omb_zone *omb_office_zone(const struct omb_office *office);
const struct omb_seat *omb_office_self(const struct omb_office *office);
size_t omb_office_operators(const struct omb_office *office, const struct omb_operator **out);
/* Puts an operator into memory and the store (after its event was appended). */
void omb_office_set_operator(struct omb_step *step, const struct omb_operator *operator_,
                             const struct omb_operator_row *row);

/* A position of the changes feed as text: "<store epoch hex 8>-<journal position>". */
struct omb_view omb_position_print(struct omb_step *step, uint64_t position);
enum omb_rc omb_position_parse(struct omb_step *step, struct omb_view text, uint64_t *out,
                               struct omb_error *err) OMB_MUST_USE;

/* Rings a bell after the batch is durable. */
void omb_ring(struct omb_step *step, const char *topic, uint64_t position);
/* Wants a tick no later than this instant. */
void omb_wake_at(struct omb_step *step, int64_t at_ms);

#endif
