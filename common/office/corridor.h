/*
 * The corridor: how every event is written, whoever asked for it (design: architecture, Two doors).
 *
 *     draft -> seal -> next seq, prev -> digest -> rows -> fold of the case -> indexes -> journal
 *
 * Internal to office/. The state in memory that a batch changes is struct omb_tip, small enough to
 * copy (savepoint.h). What else the corridor offers is in casefile.h (cases), vault.h (keys and
 * bodies), records.h and offices.h.
 */
#ifndef OMB_OFFICE_CORRIDOR_H
#define OMB_OFFICE_CORRIDOR_H

#include "base/text.h"
#include "cases/policy.h"
#include "office/casefile.h"
#include "office/keys.h"
#include "office/office.h"
#include "office/offices.h"
#include "office/vault.h"
#include "wire/control.h"

/* Where the office's own log and counters stand, including the batch being built. */
struct omb_tip {
    uint32_t number;          /* store-local number of (own office, incarnation, line 0) */
    struct omb_incarnation incarnation;
    uint64_t seq;             /* of the newest record; 0: none in this incarnation */
    struct omb_digest prev;   /* digest of the newest record of the log */
    int64_t time_ms;          /* of the newest record of the incarnation */
    uint64_t journal;         /* newest position */
    uint32_t next_number;     /* for the next (office, incarnation, line) */
    uint32_t serial_year;
    uint64_t serial;          /* newest serial of serial_year */
    uint64_t cases;
    uint64_t records;
    uint64_t feed;            /* newest position of the feeds to children: one row of numbers */
    struct omb_digest escrow; /* digest of the incarnation's newest `escrow opened` */
    uint32_t escrow_month;    /* year * 12 + month - 1 */
    uint8_t escrow_key[OMB_KEY_SIZE];
    bool must_open;           /* an incarnation opens at the next append */
};

/* An enrolled operator, held in memory. */
struct omb_operator {
    char code[OMB_CODE_MAX + 1];
    uint32_t roles; /* OMB_MAY bits */
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
/* Of a restored office: whether words of the case that was asked for last are withheld. */
struct omb_held_case {
    bool known;
    struct omb_case_id id;
    bool withheld;
};

/* Whether one office came below another, as it was asked last (omb_office_came_below). */
struct omb_came {
    struct omb_office_id office, from;
    bool known, came;
};

struct omb_step {
    struct omb_office *office;
    struct omb_update *update;
    const struct omb_input *input;
    const struct omb_port *port;        /* sees the batch */
    struct omb_arena *arena;            /* lives until the next input */
    struct omb_drbg drbg;               /* seeded by the input */
    const struct omb_operator *who;     /* NULL: system */
    const struct omb_office_id *source; /* the office whose link brought it; NULL: made here */
    struct omb_intake *intake;          /* records are taken in (receive.h); NULL: none are */
    struct omb_held_case held_case;
    struct omb_came came;               /* forgotten when something of it is learned */
};

struct omb_draft {
    const struct omb_case_id *case_id;  /* NULL: an event of the office */
    const struct omb_facts *facts;
    const struct omb_body *body;        /* NULL: none */
    const struct omb_extract *extract;  /* NULL: none; blind is filled in */
    const struct omb_grants *grants;    /* NULL: none */
    struct omb_digest after;
    struct omb_view actor;
    bool erased;                        /* the case was: its headers alone are kept */
};

struct omb_appended {
    struct omb_digest digest;
    uint32_t number;
    uint64_t seq;
    uint64_t position;
};

/* Whether the record will have a grants part. */
bool omb_draft_grants(const struct omb_draft *draft);

/*
 * Writes one event into the own log: seals the body under the case key (or the escrow key), takes
 * the next seq, puts record, parts, digest and journal rows, and case_log when of a case. An event
 * of a case goes through omb_casefile_write, which folds it in and knows whether the case was
 * erased. OMB_LIMIT when header or part is too large.
 */
enum omb_rc omb_append(struct omb_step *step, const struct omb_draft *draft,
                       struct omb_appended *out, struct omb_error *err) OMB_MUST_USE;

/*
 * Opens a new incarnation when one is due, so that tip.incarnation is the life in which the next
 * event will be written: a case is named by it.
 */
enum omb_rc omb_log_ready(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/*
 * Own records came home: one is due, and out_due says so, when a life with holes is as new as the
 * one that is written.
 */
enum omb_rc omb_log_outlive(struct omb_step *step, bool *out_due,
                            struct omb_error *err) OMB_MUST_USE;
/* What the next record will be dated: now, but never before the newest of its incarnation. */
int64_t omb_log_time(const struct omb_step *step);
/*
 * Names a new case: the next serial of the year of registration in office time, in the life that
 * omb_log_ready sees to. Serials of a year go on where they stood, also when the clock was set.
 */
enum omb_rc omb_case_next(struct omb_step *step, struct omb_case_id *out,
                          struct omb_error *err) OMB_MUST_USE;
/*
 * A registration of the own log that this store did not have: serials go on behind it. A leap that
 * no office makes in a year does not count, or a stolen key would use them up.
 */
enum omb_rc omb_case_came_home(struct omb_step *step, const struct omb_case_id *id,
                               struct omb_error *err) OMB_MUST_USE;

struct omb_writes *omb_step_writes(struct omb_step *step);

/* --- the office --- */

struct omb_view omb_office_self_code(const struct omb_office *office);
const struct omb_office_setup *omb_office_lent(const struct omb_office *office);
struct omb_view omb_office_epoch(const struct omb_office *office); /* 16 bytes */
struct omb_view omb_office_anchor(const struct omb_office *office); /* public key */
struct omb_view omb_office_recovery(const struct omb_office *office); /* public key */
struct omb_view omb_office_listens(const struct omb_office *office); /* endpoint; empty: nowhere */
struct omb_tip *omb_office_tip(struct omb_office *office);
/* The tip was changed by hand (a rebuild counted anew): it is put with this batch. */
void omb_tip_touch(struct omb_step *step);
/* Who stands in for this office since it was closed; NULL: it was not. */
const struct omb_office_id *omb_office_successor(const struct omb_office *office);
const struct omb_policy *omb_office_policy(const struct omb_office *office);
const struct omb_zone *omb_office_zone(const struct omb_office *office);
const struct omb_seat *omb_office_self(const struct omb_office *office);
size_t omb_office_operators(const struct omb_office *office, const struct omb_operator **out);
/* Puts an operator into memory and the store (after its event was appended). */
void omb_office_set_operator(struct omb_step *step, const struct omb_operator *operator_,
                             const struct omb_operator_row *row);

/*
 * Goes on under a further certificate, whose row and those above it stand in the batch already.
 * What is in memory changes at once: nothing of this step may fail behind it.
 */
void omb_identity_take(struct omb_step *step, const struct omb_known_certificate *certificate);
/* Puts a certificate that came in a bundle: no record here holds it. */
void omb_certificate_keep(struct omb_step *step, const struct omb_known_certificate *known);

/* A position of the changes feed as text: "<store epoch hex 8>-<journal position>". */
struct omb_view omb_position_print(struct omb_step *step, uint64_t position);
enum omb_rc omb_position_parse(struct omb_step *step, struct omb_view text, uint64_t *out,
                               struct omb_error *err) OMB_MUST_USE;

/* Rings a bell after the batch is durable. */
void omb_ring(struct omb_step *step, const char *topic, uint64_t position);
/* Wants a tick no later than this instant. */
void omb_wake_at(struct omb_step *step, int64_t at_ms);

#endif
