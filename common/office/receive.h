/*
 * The inbound door: records that other offices wrote (design: architecture, Two doors).
 *
 *     frame -> authentic? (certificates, proof, chain, parts) -> rows -> fold of the case -> feeds
 *
 * An authentic record is kept, even if a rule says that it has no effect; one that is not is
 * refused with the reason. Records of one frame share an intake: each case is folded once, at its
 * end.
 */
#ifndef OMB_OFFICE_RECEIVE_H
#define OMB_OFFICE_RECEIVE_H

#include "office/logs.h"
#include "wire/link.h"

/*
 *  NEW        kept; its case will be folded, its certificate learned, its feeds written
 *  DUPLICATE  was here already: a verdict, not an error
 *  COMPLETED  was here; a part that was missing came with it
 *  WAITS      neither kept nor refused: what it wants must come first, and the ack waits
 *  FORK       another record stands at its place: kept as evidence, `fork found` was written
 *  REFUSED    not authentic, or over a limit: `words` say why; nothing was kept
 */
enum omb_receipt_kind {
    OMB_RECEIPT_NEW, OMB_RECEIPT_DUPLICATE, OMB_RECEIPT_COMPLETED, OMB_RECEIPT_WAITS,
    OMB_RECEIPT_FORK, OMB_RECEIPT_REFUSED,
};

struct omb_receipt {
    enum omb_receipt_kind kind;
    struct omb_digest digest;
    struct omb_office_id office;       /* whose record it says it is */
    struct omb_incarnation incarnation;
    uint64_t seq;
    struct omb_row_at at;              /* of NEW, DUPLICATE, COMPLETED, FORK */
    struct omb_digest certificate;     /* WAITS: that it lacks, or its key id and zeros; or none */
    struct omb_log_range range;        /* WAITS: the records before it; first 0: none */
    struct omb_log_range parted;       /* WAITS: it is of another line than what is here, and so */
                                       /* is what stands before it, as these; first 0: none */
    bool of_chain;                     /* WAITS: for what comes before it in its log, or before */
                                       /* the certificate that it carries */
    bool out_of_scope;                 /* REFUSED: its author is not below who gave it */
    char words[200];                   /* REFUSED, FORK */
};

struct omb_intake; /* of one frame, in the step's arena */

/* from: the office at the other end of the link. from_above: it is the parent. */
struct omb_intake *omb_intake_begin(struct omb_step *step, const struct omb_office_id *from,
                                    bool from_above);
/*
 * Judges and keeps one record. `missing`: bits of parts that the sender says it lacks itself.
 * Upward, a log is complete and contiguous: a record whose predecessor is not here waits for the
 * range, unless `holes` says that the sender has none either (stragglers of an older life).
 * Not OK: the store cannot be read.
 */
enum omb_rc omb_intake_take(struct omb_intake *intake, const struct omb_record *record,
                            uint32_t missing, bool holes, struct omb_receipt *out,
                            struct omb_error *err) OMB_MUST_USE;
/* Which cases of an office are folded again; each also what those behind it do. */
enum omb_refold {
    OMB_REFOLD_CAME,  /* all that name it or one below it, which its new child is offered as well */
    OMB_REFOLD_NAMED, /* all that name it */
    OMB_REFOLD_OWN,   /* those that are found by it */
};
/* That is done at the end. */
void omb_intake_refold(struct omb_intake *intake, const struct omb_office_id *office,
                       enum omb_refold which);
/* Folds each case that was touched, writes feeds and bells. Always once, after the last record. */
enum omb_rc omb_intake_end(struct omb_intake *intake, struct omb_error *err) OMB_MUST_USE;

/*
 * Records that changed sides in this batch. Rows of the journal and of feeds that name them follow
 * in one walk for all, before anybody reads those rows and at the end of the batch.
 */
struct omb_moves;
struct omb_moves *omb_moves_new(void);
void omb_moves_free(struct omb_moves *moves);
void omb_moves_forget(struct omb_moves *moves);
enum omb_rc omb_follow_moved(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* What an event of an office does, whoever wrote it: certificates, revocations, forks. */
enum omb_rc omb_learn(struct omb_step *step, const struct omb_header *header,
                      const struct omb_row_at *at, const struct omb_digest *digest,
                      struct omb_error *err) OMB_MUST_USE;

/*
 * Folds again the cases of an office, since its certificate, standing or revocation changed what
 * its records mean: its own, those in the scope of a child, those that it wrote in, and others as
 * `which` says. Of many the rest comes on ticks (duty/refold.c).
 */
enum omb_rc omb_refold_cases_of(struct omb_step *step, const struct omb_office_id *office,
                                enum omb_refold which, struct omb_error *err) OMB_MUST_USE;

#endif
