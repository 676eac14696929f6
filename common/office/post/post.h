/*
 * The post: links to the parent and to the children (design: replication, Links).
 *
 *     down -> connecting -> greeting -> catching-up -> live          blocked(reason) from any
 *
 * One sender serves both directions: upward it reads the journal, downward the child's feed; it
 * sends as far as the peer's credit reaches and goes on from the acknowledged row after a greeting.
 * Nothing is dropped while a link is down: feeds are on disk. Frames leave only when the batch that
 * made them is durable, so an Ack says what it says. What is held in memory of a link is in
 * post/inside.h; what administrators see of it post/view.h.
 */
#ifndef OMB_OFFICE_POST_POST_H
#define OMB_OFFICE_POST_POST_H

#include "office/corridor.h"

struct omb_post; /* of one office */

struct omb_post *omb_post_new(void);
void omb_post_free(struct omb_post *post);
/* Reads peers and children; a daemon's link to its parent is wanted from now on. */
enum omb_rc omb_post_open(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;

/* FRAME, LINK_UP, LINK_DOWN. What a peer does wrong shows on its link; an error is the store's. */
enum omb_rc omb_post_input(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* Silence, pings, redials, health, the daily comparison. Sets the link timer. */
enum omb_rc omb_post_tick(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/*
 * At the end of a batch, after its records were signed: acks and witnesses for what came, then
 * records for every link that has credit. Puts the rows of peers that changed.
 */
enum omb_rc omb_post_pump(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* The tree changed (a certificate, a revocation): children are looked up again. */
void omb_post_tree_changed(struct omb_step *step);
/* It is known, or said, of an office that it stands elsewhere: in the same step. */
void omb_post_standing_learned(struct omb_step *step);
/* Starts a comparison with a peer now. OMB_NOT_FOUND: no such link. */
enum omb_rc omb_post_resync(struct omb_step *step, const struct omb_office_id *peer,
                            struct omb_error *err) OMB_MUST_USE;
/*
 * An office came to stand below that child, which soon compares what it has of it with this one;
 * if its line or a daemon ends before, when it has greeted again.
 */
void omb_post_came_below(struct omb_step *step, const struct omb_office_id *child);
/* Parts are listed as missing that were here before: they are wanted when links are next tended. */
void omb_post_want_parts(struct omb_step *step);
/*
 * The clock says that the machine was put back, and this memory with it: whatever children told of
 * their logs may be less than they told.
 */
void omb_post_put_back(struct omb_office *office);
/*
 * A link stands otherwise than before, or of a fork of the own log something is known now, or made
 * good: the office above hears it soon.
 */
void omb_health_changed(struct omb_step *step);
/* What kept the parent away may be mended: a link that waits for its next try is dialled now. */
void omb_post_dial_now(struct omb_step *step);

#endif
