/*
 * The insides of the inbound door, for receive*.c, learn.c and casefile_parts.c alone: an intake,
 * and one record while it is judged.
 *
 *     receive.c         an intake from its beginning to its end; what is kept of a record
 *     receive_check.c   whether a record is authentic, and whether it is here already
 *     receive_fork.c    two records at one place: which stands, and where the other is kept
 *     receive_sides.c   records move between the line that stands and those that do not
 *     receive_follow.c  rows that name them follow
 *     receive_touched.c cases and offices that are looked at again at its end
 *     learn.c           what events of offices do: certificates, revocations
 */
#ifndef OMB_OFFICE_RECEIVE_INSIDE_H
#define OMB_OFFICE_RECEIVE_INSIDE_H

#include "office/inside.h"
#include "office/receive.h"

/* A record whose parts wait for the fold of its case: of an erased one none are kept. */
struct omb_held_parts {
    struct omb_row_at at;
    const struct omb_header *header;
    struct omb_digest digest;
    struct omb_view body, grants, extract;
    struct omb_held_parts *next;
};

/* A case that will be folded at the end of the intake. */
struct omb_touched {
    struct omb_case_id id;
    struct omb_case_record *fresh; /* without a header: it was moved here, not taken in */
    size_t fresh_count, fresh_room;
    struct omb_held_parts *parts;
    bool registered; /* the record that opens it is among the fresh ones */
};

/* An office whose cases are folded again once all of a frame is taken. */
struct omb_refold_due {
    struct omb_office_id office;
    enum omb_refold which;
};

struct omb_intake {
    struct omb_step *step;
    struct omb_office_id from;
    bool from_above;
    const struct omb_office_id *source_before;
    struct omb_intake *outer;

    /* The log that records come for just now: line 0 of one life. */
    struct omb_log log;
    bool log_set;
    bool log_moved;  /* its row is to be put */
    bool log_forked; /* a decision about a fork in it is here */
    bool log_aside;  /* records of it are kept aside, on another line */
    bool moved;      /* records changed sides: what was touched before may lie elsewhere */
    bool came_home;  /* records of the own log that this store did not have */

    struct omb_touched **cases; /* in the order in which they were touched */
    size_t case_count, case_room;
    uint32_t *slots; /* open addressing: index into cases + 1 */
    size_t slot_count;

    struct omb_refold_due *refolds; /* offices whose cases mean something else now */
    size_t refold_count, refold_room;
};

/* One record while it is judged. */
struct omb_judging {
    struct omb_intake *intake;
    struct omb_step *step;
    const struct omb_record *record;
    uint32_t missing;
    bool holes;
    bool odd;
    struct omb_header header;
    struct omb_digest digest;
    const struct omb_office_card *card; /* of the signer */
    struct omb_receipt *receipt;
    struct omb_error *err;
};

/* A record that moves from one line to another. */
struct omb_mover {
    uint64_t seq;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_digest digest;
};

struct omb_movers {
    struct omb_step *step;
    struct omb_mover *items;
    size_t count, room, most; /* most 0: as many as there are */
};

/*
 * Checks return OMB_OK to go on, OMB_STOP when the receipt says what became of the record, and any
 * other code when the store cannot be read.
 */

/* --- receive.c --- */
/* The current log becomes line 0 of that life; the row of the one before is put. */
enum omb_rc omb_intake_log(struct omb_intake *intake, const struct omb_office_id *office,
                           const struct omb_incarnation *incarnation,
                           struct omb_error *err) OMB_MUST_USE;
/* Puts the row of the current log, when it moved, and forgets which it is. */
void omb_intake_flush(struct omb_intake *intake);
/* The case will be folded; `fresh`, when given, is new in it. */
struct omb_touched *omb_intake_touch(struct omb_intake *intake, const struct omb_case_id *id,
                                     const struct omb_case_record *fresh);
/*
 * A record of the case leaves its place: its parts, if they wait for the fold, go with it to the
 * same place of that log; 0: they are dropped.
 */
void omb_intake_leave(struct omb_intake *intake, const struct omb_case_id *id,
                      const struct omb_row_at *at, const struct omb_digest *digest, uint32_t to);
/* Parts of a record of a case came later: whoever below was offered it is offered it again. */
void omb_intake_again(struct omb_judging *judging);
/* Parts that came with a record of a case that stands again wait for its fold. OMB_STOP. */
enum omb_rc omb_intake_hold_parts(struct omb_judging *judging) OMB_MUST_USE;
/* Puts a row of the journal for a record that came; its position. */
uint64_t omb_journal_put(struct omb_step *step, const struct omb_row_at *at, bool from_above);
void omb_put_stored(struct omb_step *step, const struct omb_row_at *at,
                    const struct omb_stored_record *stored, const struct omb_digest *digest);
/* Puts, or with no parts takes away, the row of what is missing of a record. */
void omb_put_missing(struct omb_step *step, const struct omb_digest *digest,
                     const struct omb_office_id *office, uint32_t parts);
/* Bits of the parts that a header names. */
uint32_t omb_parts_named(const struct omb_header *header);

enum omb_rc omb_refuse(struct omb_judging *judging,
                       const struct omb_error *why) OMB_MUST_USE;

/* --- receive_check.c --- */
enum omb_rc omb_check_form(struct omb_judging *judging) OMB_MUST_USE;
enum omb_rc omb_check_known(struct omb_judging *judging) OMB_MUST_USE;
enum omb_rc omb_check_signer(struct omb_judging *judging) OMB_MUST_USE;
enum omb_rc omb_check_parts(struct omb_judging *judging) OMB_MUST_USE;
/* Where it stands in its log: OMB_OK when line 0 is free there and goes on to it. */
enum omb_rc omb_check_place(struct omb_judging *judging) OMB_MUST_USE;

/* --- receive_fork.c --- */
/* Another record stands at its place, or one was decided on: kept aside, `fork found` written. */
enum omb_rc omb_fork_meet(struct omb_judging *judging) OMB_MUST_USE;
/* It goes on from a record that lost: kept aside too. OMB_OK: it does not. */
enum omb_rc omb_fork_follows(struct omb_judging *judging) OMB_MUST_USE;
/* A decision that this office knows of says that another record stands here. */
enum omb_rc omb_fork_decided(struct omb_judging *judging, bool *out_lost) OMB_MUST_USE;
/* A record of another line comes from above: it stands there, and here if nothing is against it. */
enum omb_rc omb_fork_restore(struct omb_judging *judging, const struct omb_log *aside,
                             bool *out_restored) OMB_MUST_USE;
/* `fork found` was written or came. */
enum omb_rc omb_fork_learn(struct omb_step *step, const struct omb_header *header,
                           const struct omb_row_at *at, const struct omb_digest *digest,
                           struct omb_error *err) OMB_MUST_USE;

/* --- receive_sides.c --- */
/* The records of a line from `seq` on, or that one alone. */
enum omb_rc omb_movers_gather(struct omb_step *step, uint32_t number, uint64_t seq, bool alone,
                              struct omb_movers *out, struct omb_error *err) OMB_MUST_USE;
/* Records of `down` leave line 0 for `aside`, those of `up` come from there to stand. */
enum omb_rc omb_change_sides(struct omb_intake *intake, struct omb_log *standing,
                             struct omb_log *aside, struct omb_movers *down,
                             struct omb_movers *up, struct omb_error *err) OMB_MUST_USE;

/* --- receive_follow.c --- */
/* Rows of the offices that name these records name them where they will be. */
enum omb_rc omb_follow_offices(struct omb_step *step, uint32_t standing, uint32_t aside,
                               const struct omb_movers *down, const struct omb_movers *up,
                               struct omb_error *err) OMB_MUST_USE;
/* Those of the journal and of feeds will (omb_follow_moved). */
void omb_follow_later(struct omb_intake *intake, uint32_t standing, uint32_t aside,
                      const struct omb_movers *down, const struct omb_movers *up);

#endif
