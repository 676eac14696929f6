/*
 * The insides of an office and of an update, for this folder's own files alone: the desk stays
 * with office/corridor.h.
 *
 * An office holds what it read at its opening and keeps up to date: its own identity, where its log
 * stands (the tip), its operators, and certificates that it met. An update holds one batch.
 */
#ifndef OMB_OFFICE_INSIDE_H
#define OMB_OFFICE_INSIDE_H

#include "office/backup.h"
#include "office/cards.h"
#include "office/corridor.h"
#include "office/duty/duty.h"
#include "office/operators.h"
#include "office/post/feed.h"
#include "office/post/post.h"
#include "office/restored.h"

#define OMB_OFFICE_SCHEMA 1
#define OMB_REQUEST_KEPT_MS (30 * OMB_DAY_MS)
#define OMB_MEMOS 16 /* batches of several offices come in turns */

/*
 * A record written in this batch. Its row is put when it is signed; until then it is read from
 * here. What it points to lives in the update's arena.
 */
struct omb_pending {
    uint32_t number;
    uint64_t seq;
    struct omb_digest leaf;
    struct omb_view header;
};

/* An operator as it was before a change of this step. */
struct omb_operator_undo {
    size_t index;
    bool added;
    struct omb_operator was;
};

struct omb_bell_at {
    const char *topic;
    uint64_t position;
};

struct omb_update {
    const struct omb_office *office;
    struct omb_writes *writes;
    struct omb_arena arena;      /* headers, replies, bells: until it is begun again */
    struct omb_arena step_arena; /* one input */
    struct omb_buf header, body, grants, extract, row, kept; /* reused for encoding */

    struct omb_pending *pending;
    size_t pending_count, pending_capacity;
    size_t signed_count; /* of the pending, the first ones that have their proofs */

    struct omb_reply_out *replies;
    size_t reply_count, reply_capacity;
    struct omb_bell_at *bells;
    size_t bell_count, bell_capacity;
    struct omb_bell *rung; /* as given to the driver */
    size_t rung_count;
    struct omb_send *sends;
    size_t send_count, send_capacity;
    struct omb_dial dial;
    const struct omb_backup_create *backup; /* to be made; NULL: none */

    /* The case key that this input used last: most acts seal one body after another with it. */
    struct omb_case_id key_case;
    uint8_t key[OMB_KEY_SIZE];
    bool key_known;

    int64_t timer;
    int64_t link_timer;
    bool dirty; /* the tip moved since it was put last */
    bool operators_changed, children_changed, erased;
    struct omb_moves *moves; /* records that changed sides (receive_follow.c) */
};

struct omb_office {
    struct omb_office_setup setup;

    struct omb_arena own_arena; /* own certificate and seat, for the life of the office */
    struct omb_known_certificate own;
    struct omb_seat self;
    struct omb_key_id key_id;
    uint8_t anchor[OMB_PUBLIC_SIZE];
    uint8_t recovery[OMB_PUBLIC_SIZE];
    uint8_t admin_key[OMB_PUBLIC_SIZE];
    uint8_t epoch[16];
    struct omb_view listen; /* endpoint for clients of other machines */
    struct omb_secret *store_key;

    struct omb_tip tip;
    uint32_t life_told; /* number of the newest own life that a parent told of */
    const struct omb_policy *policy;

    struct omb_operator *operators;
    size_t operator_count, operator_capacity;
    struct omb_operator local_admin; /* who a command line without a daemon acts as */
    uint8_t (*admitted)[OMB_PUBLIC_SIZE];
    size_t admitted_count;

    struct omb_office_cache *cache; /* certificates (offices.c) */
    bool tree_changed;              /* the cache is emptied before the next input */
    struct omb_post *post;
    struct omb_feed *feed; /* what is known of the children (post/feed.h); NULL: not looked at */
    int64_t link_wake_ms;           /* monotonic: next tick that a link wants; INT64_MAX: none */
    struct omb_proof_memo memos[OMB_MEMOS]; /* by the first byte of a signature */
    struct omb_closing closing;
    struct omb_backed backed;
    struct omb_withholding restored;
    struct omb_refolding refolding;
    struct omb_seating seating;

    bool clock_known;
    int64_t wall_ms, monotonic_ms; /* of the last input */
    int64_t wake_ms;               /* next tick; INT64_MAX: none */
    int64_t looked_ms;             /* dates up to here have rung */
    int64_t forget_ms, oldest_request_ms; /* ids are walked again; INT64_MAX: none; the oldest */
    struct omb_key forget_from;           /* where the walk goes on; empty: it begins */

    struct omb_operator_undo *undo; /* changes of operators in this step */
    size_t undo_count, undo_capacity;
};

#define OMB_POSITION_FORMAT "%08x-%llu"
#define OMB_POSITION_ARGS(office_, position_)                                                     \
    omb_be32((office_)->epoch), (unsigned long long)(position_)

/* --- update.c --- */
/* Makes the bells that the driver will ring. */
void omb_update_ring(struct omb_update *update);
void omb_update_reply(struct omb_update *update, uint64_t to, struct omb_view bytes);
/* A frame for a link; the bytes are copied. */
void omb_update_send(struct omb_update *update, uint64_t link, bool dialled, struct omb_view bytes);
void omb_update_dial_set(struct omb_update *update, const struct omb_dial *dial);
/* Notes a record; what it points to is copied into the update's arena. */
void omb_update_pend(struct omb_update *update, const struct omb_pending *record);
/* The record of this batch at a place; NULL: it is of another. */
const struct omb_pending *omb_update_find(const struct omb_update *update, uint32_t number,
                                          uint64_t seq);
/* Whether the record has its proof and its row. */
bool omb_update_signed(const struct omb_update *update, const struct omb_pending *record);
/* Takes records off the list again. */
void omb_update_unpend(struct omb_update *update, size_t count);

/* --- tip.c --- */
enum omb_rc omb_tip_load(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;
/* Puts the tip and the log's row as they stand. */
void omb_tip_put(const struct omb_office *office, struct omb_writes *writes);
void omb_tip_put_log(const struct omb_tip *tip, const struct omb_office_id *office,
                     struct omb_writes *writes);

/* --- append.c --- */
/* Rings for an event that lies at a position of the journal, whoever wrote it. */
void omb_ring_for(struct omb_step *step, const struct omb_facts *facts, bool of_case,
                  uint64_t position);
/* Signs what is not signed yet and completes those records; puts the tip. */
void omb_settle(struct omb_office *office, struct omb_update *update);

/* --- records.c --- */
/* The header of a record, decoded; own records of this batch without reading. */
enum omb_rc omb_header_read(struct omb_step *step, const struct omb_row_at *at,
                            struct omb_header *out_header, struct omb_digest *out_digest,
                            bool *out_odd, struct omb_error *err) OMB_MUST_USE;

/* --- casefile_parts.c --- */
void omb_casefile_drop_parts(struct omb_step *step, const struct omb_casefile *file);
/* A case that is not erased any more: the parts that it lost are wanted. */
enum omb_rc omb_casefile_want_parts(struct omb_step *step, const struct omb_casefile *file,
                                    struct omb_error *err) OMB_MUST_USE;

/* --- receive_sides.c --- */
/* Drops the parts of own records of an erased case that lie aside. */
enum omb_rc omb_aside_erase(struct omb_step *step, const struct omb_case_id *id,
                            struct omb_error *err) OMB_MUST_USE;

/* --- vault.c --- */
void omb_vault_forget_key(struct omb_update *update);
enum omb_rc omb_vault_load_escrow(struct omb_office *office, uint32_t number, uint64_t seq,
                                  struct omb_error *err) OMB_MUST_USE;
/* The escrow key that seals bodies of the office's own events at this place of its own log. */
enum omb_rc omb_vault_escrow_at(struct omb_step *step, const struct omb_row_at *at,
                                uint8_t out[OMB_KEY_SIZE]) OMB_MUST_USE;
/* Appends nonce || sealed body of the next record. */
void omb_vault_seal_body(struct omb_step *step, const uint8_t key[OMB_KEY_SIZE], uint64_t seq,
                         const struct omb_body *body, struct omb_buf *out);

/* --- tick.c --- */
enum omb_rc omb_tick(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
void omb_tick_kept(struct omb_step *step, int64_t at_ms); /* the id of a request */
/* What comes due, as the store says it. */
enum omb_rc omb_tick_open(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;

#endif
