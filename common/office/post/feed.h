/*
 * Feeds: what each child must still get, as rows of the store (design: replication, What goes
 * where). They are written in the same batch as the record that they name.
 *
 * A case is in a child's scope when a party of it is at or below the child. When it enters, its
 * earlier records are offered before the one that caused it; nothing else about a case crosses.
 * Certificates go before the records that need them. An office without children writes none.
 * What a comparison finds is put right through here too: post/compare.h.
 */
#ifndef OMB_OFFICE_POST_FEED_H
#define OMB_OFFICE_POST_FEED_H

#include "office/corridor.h"
#include "office/receive.h"

/* --- who is below --- */

/* The offices directly below, by their newest certificates; closed and revoked ones not. */
size_t omb_feed_children(struct omb_step *step, const struct omb_office_id **out);
/* The child at or above that office; none: it is not below this one, or gets nothing any more. */
struct omb_office_id omb_feed_child_above(struct omb_step *step,
                                          const struct omb_office_id *office);
/* The same as the tree alone says: also a child that was revoked or closed. */
struct omb_office_id omb_feed_branch_of(struct omb_step *step, const struct omb_office_id *office);
/* The tree changed: what is known of the children is read again. Between inputs. */
void omb_feed_forget(struct omb_office *office);
void omb_feed_free(struct omb_office *office);

/* --- what is offered --- */

/*
 * After a case was folded anew: its fresh records are offered, or all when it entered a scope.
 * Called by omb_casefile_save. step->source is the office whose link brought them; what came from a
 * child is not offered to it.
 */
enum omb_rc omb_feed_case(struct omb_step *step, const struct omb_casefile *file,
                          struct omb_error *err) OMB_MUST_USE;
/*
 * After an event of an office was written or kept, and learned (its rows are put, the office's
 * `tree_changed` is set): policies, certificates, revocations, moves, closings, forks.
 */
enum omb_rc omb_feed_event(struct omb_step *step, const struct omb_header *header,
                           const struct omb_row_at *at, struct omb_error *err) OMB_MUST_USE;
/* Offers the records that carry a certificate and those above it, unless the child has them. */
enum omb_rc omb_feed_certificate(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_digest *certificate,
                                 struct omb_error *err) OMB_MUST_USE;
/* Offers one record, with the certificates that it needs before it. One of a case: in scope. */
enum omb_rc omb_feed_record(struct omb_step *step, const struct omb_office_id *child,
                            const struct omb_row_at *at, struct omb_error *err) OMB_MUST_USE;
/* The same for a record of the child's own side, whatever its case: what a disk lost comes home. */
enum omb_rc omb_feed_give_back(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_row_at *at, struct omb_error *err) OMB_MUST_USE;
/*
 * Offers every record of a case again (after a comparison), but for those from below the child.
 * Nothing when the case is not in the child's scope, whatever the child says.
 */
enum omb_rc omb_feed_whole_case(struct omb_step *step, const struct omb_office_id *child,
                                const struct omb_case_id *id,
                                struct omb_error *err) OMB_MUST_USE;
/*
 * The office came to stand below another child than before, or is one: what others wrote in a case
 * of which it or one below it is a party is offered, whatever that child was given before.
 */
enum omb_rc omb_feed_newcomer(struct omb_step *step, const struct omb_office_id *office,
                              const struct omb_casefile *file,
                              struct omb_error *err) OMB_MUST_USE;
/*
 * The office of that certificate is a child from now on: unless it was one before, what its bundle
 * holds counts as given, and it is offered what goes to every child. Done by omb_feed_event for a
 * certificate that a record carries; after its rows were put.
 */
enum omb_rc omb_feed_certified(struct omb_step *step, const struct omb_digest *certificate,
                               struct omb_error *err) OMB_MUST_USE;
/*
 * The child lost its store, or some of it: only its bundle counts as given. It is offered again
 * what goes to every child, the certificates that it had, and what revoked, closed or decided
 * between forks of the offices that they are of.
 */
enum omb_rc omb_feed_anew(struct omb_step *step, const struct omb_office_id *child,
                          struct omb_error *err) OMB_MUST_USE;

/* Whether a child may hear of a fork: what two records say is in it, perhaps of cases. */
enum omb_rc omb_feed_fork_concerns(struct omb_step *step, const struct omb_fork_found *fork,
                                   const struct omb_office_id *child, bool *out,
                                   struct omb_error *err) OMB_MUST_USE;

/*
 * Offers revocations, closings and forks that concern the child: all, or those alone that others
 * wrote about offices at or below it. And where those stand that left it, or one below it.
 */
enum omb_rc omb_feed_standings(struct omb_step *step, const struct omb_office_id *child, bool all,
                               struct omb_error *err) OMB_MUST_USE;

/* --- the rows --- */

/* Whether a case is in the child's scope. */
bool omb_feed_in_scope(struct omb_step *step, const struct omb_office_id *child,
                       const struct omb_case_id *id);
/*
 * The child holds all up to here: rows before it go, the last one stays as the cursor. Shows the
 * rows that it took since this was said last.
 */
typedef enum omb_rc omb_feed_taken_fn(void *arg, const struct omb_row_at *at);
enum omb_rc omb_feed_acked(struct omb_step *step, const struct omb_office_id *child,
                           uint64_t position, omb_feed_taken_fn *fn, void *arg,
                           struct omb_error *err) OMB_MUST_USE;
/* The next row behind a position. OMB_NOT_FOUND. */
enum omb_rc omb_feed_next(struct omb_step *step, const struct omb_office_id *child,
                          uint64_t after, uint64_t *out_position, struct omb_row_at *out,
                          struct omb_error *err) OMB_MUST_USE;
/* Shows the rows behind a position in order; OMB_STOP ends it well. */
typedef enum omb_rc omb_feed_fn(void *arg, uint64_t position, const struct omb_row_at *at);
enum omb_rc omb_feed_each(struct omb_step *step, const struct omb_office_id *child,
                          uint64_t after, omb_feed_fn *fn, void *arg,
                          struct omb_error *err) OMB_MUST_USE;
/*
 * Children whose feeds got rows since this was asked last, and perhaps others: what a pump must
 * look at. In the step's arena.
 */
size_t omb_feed_touched(struct omb_step *step, const struct omb_office_id **out);

#endif
