/*
 * What the acting system owes: events that it writes by itself, by code and not by an operator
 * (design: complaints, Events of a case).
 */
#ifndef OMB_OFFICE_DUTY_DUTY_H
#define OMB_OFFICE_DUTY_DUTY_H

#include "office/corridor.h"

/* Of an office that was closed (duty/close.c). */
struct omb_closing {
    bool closed;
    bool giving; /* keys of its cases are still to be given to the successor */
    struct omb_office_id successor;
    struct omb_key from; /* the case that was looked at last; empty: none */
};

/* Cases of offices that are to be folded again (duty/refold.c). */
struct omb_refolding {
    bool pending;
    size_t cost; /* of this batch, which is bounded */
};

/* Certificates that are due since an office above stands elsewhere (duty/seat.c). */
struct omb_seating {
    bool own;      /* of this office there may be one to go on under; so at the opening */
    bool children; /* some of them may stand where this office stood before */
    int64_t at_ms; /* when they are looked at next */
};

/*
 * After a case was folded anew, here or from a link: the key for a custodian that has none
 * (`granted` by `system`: home first; by another holder when home is gone), and for whoever stands
 * in for this office since it was closed. Writes into the file.
 */
enum omb_rc omb_duty_case(struct omb_step *step, struct omb_casefile *file,
                          struct omb_error *err) OMB_MUST_USE;

/* This office was closed: from now on what it can read goes to the other one (duty/close.c). */
void omb_duty_closed(struct omb_step *step, const struct omb_office_id *successor);
/* It had left the office that closed it, as is known now. */
void omb_duty_reopened(struct omb_step *step);
/* At the opening: whether it was closed, and how far the walk over its cases had come. */
enum omb_rc omb_duty_close_open(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;
/* Some more cases, on a tick; the office says `giving` while there are any. */
enum omb_rc omb_duty_close_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* At the opening: whether cases are to be folded again. */
enum omb_rc omb_duty_refold_open(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;
/* Whether some cases still stand as they were folded before something changed what they mean. */
bool omb_duty_refolds(const struct omb_step *step);
/* Some more of them, on a tick; the office says `pending` while there are any. */
enum omb_rc omb_duty_refold_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* This office goes on under another certificate: what follows from that is looked for. */
void omb_duty_seat_new(struct omb_step *step);
/* A certificate of this office came: it goes on under it, if nobody has to join for that. */
void omb_duty_certified(struct omb_step *step, const struct omb_known_certificate *known);
/* A child greeted: it may have been away when others were certified anew. */
void omb_duty_child_called(struct omb_step *step, const struct omb_office_id *child);
/* Some more of the children, on a tick. */
enum omb_rc omb_duty_seat_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

#endif
