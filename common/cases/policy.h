/*
 * A policy: vocabularies, profiles of deadlines, calendars and bounds. Policy 0 is compiled in and
 * is what an office has before the head office publishes another (design: complaints, Policy).
 */
#ifndef OMB_CASES_POLICY_H
#define OMB_CASES_POLICY_H

#include "base/error.h"
#include "base/ids.h"
#include "cases/calendar.h"

/* Units are never converted into one another. */
enum omb_unit { OMB_UNIT_HOURS, OMB_UNIT_DAYS, OMB_UNIT_WORKING_DAYS, OMB_UNIT_WEEKS };

struct omb_term {
    uint32_t count;
    enum omb_unit unit;
};

struct omb_profile_row {
    const char *code; /* first-response, target, decision, maximum; survey counts from `answered` */
    struct omb_term term;
    bool limit; /* legal: may be extended, with notice; else an internal target */
};

struct omb_profile {
    const char *code; /* bank-standard */
    const struct omb_profile_row *rows;
    size_t count;
};

/*
 * One vocabulary, named by the field of the message that takes its codes: product, reply_methods.
 * Where an event narrows or widens a field it is event.field: answered.method. Besides those there
 * are outcome.KIND (the outcomes that fit a kind), status, topics, profile and calendar.
 */
struct omb_vocabulary {
    const char *name;
    const struct omb_view *codes;
    size_t count;
    bool closed; /* part of the procedure: the same in every policy, and for imported cases too */
};

struct omb_policy {
    struct omb_digest digest; /* zero: policy 0 */
    uint32_t version;
    const struct omb_vocabulary *vocabularies;
    size_t vocabulary_count;
    const struct omb_profile *profiles;
    size_t profile_count;
    const struct omb_calendar *calendars;
    size_t calendar_count;
    uint32_t hand_overs_max;   /* more raise the flag hand-overs */
    struct omb_term shelved;   /* no act for this long: shelved */
    uint32_t attention_max;    /* scores 1..this put a case on the attention list */
};

extern const struct omb_policy omb_policy_0;

const struct omb_vocabulary *omb_policy_vocabulary(const struct omb_policy *policy,
                                                   const char *name);
const struct omb_profile *omb_policy_profile(const struct omb_policy *policy, struct omb_view code);
const struct omb_calendar *omb_policy_calendar(const struct omb_policy *policy,
                                               struct omb_view code);

/* Whether a code is in a vocabulary; a vocabulary that no policy has is the caller's fault. */
bool omb_policy_knows(const struct omb_policy *policy, const char *vocabulary,
                      struct omb_view code);

/*
 * OMB_UNKNOWN_CODE names the nearest known codes, or all of a short list; `field` goes into the
 * error. OMB_INVALID: not a code at all. An empty code passes: whether a field must be said is
 * another rule.
 */
enum omb_rc omb_policy_check_code(const struct omb_policy *policy, const char *vocabulary,
                                  struct omb_view code, const char *field,
                                  struct omb_error *err) OMB_MUST_USE;

/*
 * Checks every code field of an event's facts against the vocabulary that the field belongs to (one
 * table: event, field -> vocabulary). `imported` events may carry unlisted codes where the
 * vocabulary is not closed (closed are kind, severity, outcome, bank_error, ...). Empty fields
 * pass.
 */
struct omb_facts;
enum omb_rc omb_policy_check_facts(const struct omb_policy *policy, const struct omb_facts *facts,
                                   bool imported, struct omb_error *err) OMB_MUST_USE;

#endif
