/*
 * An office whose store was restored from a backup (design: records, Erasure and Log and
 * incarnation).
 *
 * What was erased after the backup was made is there again, and only those beside this office know.
 * So the words of restored cases are withheld until they were asked; all else goes on at once:
 * cases are registered, acts are taken, facts are read and counted. Nor is the key of such a case
 * granted: what a new custodian is owed it gets at the end. Parts that the backup brought back do
 * not go down either: they are said to lack, and those below want them again until they come; at
 * the end they are offered.
 *
 * Who can know of an erasure that is not known here: an erasure is asked for by the home, or the
 * office that stands in for it, and confirmed above it, by somebody who had heard it asked for.
 * What came from above, or was confirmed there, the office above has. What came from below the
 * child has through which it came. What this office confirmed itself it may have told to any one of
 * its children alone, also to one that came to the case only then; but the child above the home
 * then has what was asked for. So the words are withheld of
 *
 *   - every case, until the office above was compared with; then
 *   - one of an office below, until the child above it was, and each other child that the case went
 *     to; and all children, when the erasure is found to be asked for and not to be confirmed, or
 *     the child above the home was put out and cannot be asked;
 *   - another one, until each child that it went to was; at the root until all children were, and
 *     where there are none, until the own act below, since nobody can tell what the root erased.
 *
 * Who is below whom is taken as the store and those heard so far have it. A child that was revoked
 * or closed is not waited for.
 *
 * Cases that this office registers after the restore are not withheld. A comparison with the office
 * above has ended when all that it offered in a first pass has come: a second one begins only
 * behind the rows of the first. With an office below it has ended when the last page of its logs
 * was answered, which waits for the records that lacked. Either begins since the greeting says
 * another store epoch, each time until it has ended: the office itself may be put back to where it
 * had not. A restored office lets those below compare with it only when it has heard the one above
 * itself.
 *
 * An administrator may end the withholding by an own act (`ombud backup serve-anyway`), which is
 * written into the log. That the office was restored stands in its log, too.
 */
#ifndef OMB_OFFICE_RESTORED_H
#define OMB_OFFICE_RESTORED_H

#include "office/corridor.h"
#include "wire/header.h"
#include "wire/record.h"
#include "wire/rows.h"

struct omb_withholding {
    bool on;
    bool owes;                   /* parts may be noted that were held back */
    struct omb_restored_row row; /* its views are none: it holds numbers and a digest */
    /* of the comparison with the office above, on the line that stands */
    uint64_t greetings; /* ever, by this daemon */
    bool once;
    unsigned passes;  /* that ended */
    bool in_pass;     /* from its first page on */
    size_t differing; /* cases in it */
};

enum omb_rc omb_restored_load(struct omb_office *office, struct omb_error *err) OMB_MUST_USE;
/* At START: the log says that it was restored, once. */
enum omb_rc omb_restored_start(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/*
 * Whether the words of the case are withheld; *out_words (NULL is fine) then says why, for people.
 */
enum omb_rc omb_restored_withholds(struct omb_step *step, const struct omb_case_id *id, bool *out,
                                   struct omb_view *out_words, struct omb_error *err) OMB_MUST_USE;
/* Ends the withholding. out_unheard: offices that were not compared with, in the step's arena. */
enum omb_rc omb_restored_serve(struct omb_step *step, struct omb_appended *out,
                               struct omb_views *out_unheard, struct omb_error *err) OMB_MUST_USE;
/* Codes of the offices that it waits for; none when nothing is withheld. */
enum omb_rc omb_restored_unheard(struct omb_step *step, struct omb_views *out,
                                 struct omb_error *err) OMB_MUST_USE;
/* The instant that the backup shows; 0: nothing is withheld. */
int64_t omb_restored_made_at(const struct omb_office *office);

/* --- for the post --- */

/* Whether the comparison with the office above is awaited. */
enum omb_rc omb_restored_awaits_above(struct omb_step *step, bool *out,
                                      struct omb_error *err) OMB_MUST_USE;
/*
 * The epoch of the store as a greeting says it to a peer: another one each time as long as the
 * comparison with it is awaited, since that makes it compare.
 */
enum omb_rc omb_restored_epoch(struct omb_step *step, const struct omb_office_id *peer,
                               struct omb_view *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Whether the office above is to be greeted once more, once on a line: it `knew` nothing of this
 * one before, so that the first epoch made it compare nothing.
 */
enum omb_rc omb_restored_again(struct omb_step *step, bool knew, bool *out,
                               struct omb_error *err) OMB_MUST_USE;
/* The line to the office above ended: its comparison begins anew. */
void omb_restored_line_ended(struct omb_office *office);
/*
 * A page of cases came from above and `differing` of its cases are held otherwise here. *out_again:
 * the pass ended and another one is needed: greet again.
 */
enum omb_rc omb_restored_page(struct omb_step *step, bool first, bool last, size_t differing,
                              bool *out_again, struct omb_error *err) OMB_MUST_USE;
/* Ends the withholding when nobody is waited for any more. */
enum omb_rc omb_restored_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* The comparison with that office ended. */
enum omb_rc omb_restored_heard(struct omb_step *step, const struct omb_office_id *peer,
                               struct omb_error *err) OMB_MUST_USE;

/*
 * Before a record of the log `number` goes down to that child: parts that the backup brought back,
 * of a case that is withheld, are taken off it and said to lack. What was written since its author
 * has and may show.
 */
enum omb_rc omb_restored_hold_back(struct omb_step *step, const struct omb_office_id *child,
                                   uint32_t number, const struct omb_header *header,
                                   struct omb_record *record, uint32_t *missing,
                                   struct omb_error *err) OMB_MUST_USE;
/* At a tick: what was held back is offered, once nothing is withheld any more. */
enum omb_rc omb_restored_give(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* --- for the restore (tools only) --- */

struct omb_restoring {
    uint8_t epoch[16]; /* of the store from now on */
    int64_t made_at;
    struct omb_digest backup;
    int64_t restored_at;
    struct omb_view state; /* a BackupState: the backup is the last good one of the office */
};
/* Puts what a store gets that was restored. The office was opened and has not begun. */
enum omb_rc omb_restored_put(const struct omb_office *office, const struct omb_port *port,
                             const struct omb_restoring *restoring, struct omb_writes *writes,
                             struct omb_error *err) OMB_MUST_USE;

#endif
