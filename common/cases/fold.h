/*
 * The fold: a case is a function of the set of its records (invariant 4). Any order of arrival and
 * any duplication give the same case, bit for bit.
 *
 * The spine is walked from `registered`: of the authorised spine events that follow the same record
 * one takes effect; what follows a line that lost is kept and moves nothing. Other events hang on
 * the nearest effective spine record of their `after` and apply in a fixed order. No clock decides.
 * The specification is design/complaints.md, Spine and custody.
 */
#ifndef OMB_CASES_FOLD_H
#define OMB_CASES_FOLD_H

#include "cases/event.h"
#include "cases/policy.h"
#include "wire/rows.h"

enum omb_verdict {
    OMB_VERDICT_EFFECT,     /* it took effect */
    OMB_VERDICT_SUPERSEDED, /* lost against `by`, or hangs on a line that lost */
    OMB_VERDICT_NO_RIGHT,   /* the author had no right there */
    OMB_VERDICT_BAD_STATUS, /* not in that status */
    OMB_VERDICT_RULE,       /* breaks another rule; `why` says which */
    OMB_VERDICT_WAITS,      /* names a record or certificate that is not here */
    OMB_VERDICT_ODD,        /* not understood by this version */
    OMB_VERDICT_REVOKED,    /* signed beyond a revocation */
};

#define OMB_PLACE_NONE UINT32_MAX
#define OMB_FORMERLY_MAX 8 /* ids that one case had before, and cases that had one id */

/* What became of one event. */
struct omb_judged {
    const struct omb_event *event;
    enum omb_verdict verdict;
    struct omb_digest by;      /* superseded by, waits for, or follows in vain; zero: none */
    const char *why;           /* a sentence without full stop; NULL with effect */
    uint32_t place;            /* index of the spine record it is or hangs on; or OMB_PLACE_NONE */
    enum omb_case_status status_after; /* of spine events with effect */
};

struct omb_old_value {
    struct omb_view field, value;
    const struct omb_event *by;
};
struct omb_promise {
    const struct omb_event *event; /* `promised` or `asked` */
    bool kept;
};
struct omb_tie {
    const struct omb_event *event; /* `linked`, not unlinked */
};

/*
 * The case: `row` is what the store keeps; the rest is for showing. Memory is the arena's; texts
 * and nested facts still point into the events, which must live as long.
 */
struct omb_case {
    struct omb_case_row row;
    enum omb_case_status status;
    struct omb_judged *judged; /* one per distinct event: effective spine, then as applied */
    size_t judged_count;
    const struct omb_seat *home;
    const struct omb_seat *custodian;
    const struct omb_event *registered; /* NULL while waiting */
    const struct omb_event *resolved;   /* that took effect last and stands */
    struct omb_digest spine;            /* newest effective spine record */
    uint32_t kinds;                     /* bits of finding.h: those it was ever given by home */
    struct omb_office_id *parties;      /* sorted, distinct */
    size_t party_count;
    struct omb_office_id *holders;      /* sorted, distinct: home and who was granted the key */
    size_t holder_count;
    struct omb_old_value *corrected;
    size_t corrected_count;
    struct omb_promise *promises;
    size_t promise_count;
    struct omb_tie *ties;
    size_t tie_count;
    uint32_t superseded;                /* how many events were */
    uint32_t quarantined;               /* kept without effect: a rule, or not understood */
};

/*
 * Folds the events of one case. Events may stand in any order and several times. Events with
 * another case_id are the caller's fault (asserted), as are no events at all and an arena with less
 * than OMB_FOLD_ROOM(count) left. `policy` is the one that the case names, or what stands in for
 * it. Flags of the row are sorted by name; the table of them is fold_flags.c.
 */
#define OMB_FOLD_ROOM(count) (16384 + (size_t)(count) * 8192)
void omb_fold(const struct omb_event *events, size_t count, const struct omb_policy *policy,
              const struct omb_seats *seats, struct omb_arena *arena, struct omb_case *out);

/* Whether the records say that an office holds the key: it is home, or was granted it. */
bool omb_case_is_holder(const struct omb_case *now, const struct omb_office_id *office);

/* Whether an event is kept without effect for a rule or because nobody here understands it. */
bool omb_verdict_is_quarantine(enum omb_verdict verdict);
/* Whether an event brings a key for the office that it names: its author held one to give. */
bool omb_case_gives_key(const struct omb_case *now, const struct omb_event *event);

/* "superseded by ...", "waits for ...", the rule: one sentence for people. */
void omb_judged_words(const struct omb_judged *judged, char *out, size_t size);

#endif
