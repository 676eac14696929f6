/*
 * Inside cases: what a rule found, for the fold (which wants the verdict) and the door (which wants
 * words and the field). Others use cases/rules.h.
 */
#ifndef OMB_CASES_FINDING_H
#define OMB_CASES_FINDING_H

#include "cases/rules.h"

struct omb_finding {
    enum omb_verdict verdict; /* EFFECT, RULE or WAITS */
    enum omb_rc rc;           /* OMB_MISSING, OMB_INVALID, OMB_REFUSED; OMB_OK with EFFECT */
    const char *why;
    const char *field;                /* NULL: none is to blame */
    const struct omb_digest *waits;   /* the certificate that is not here, else NULL */
    const struct omb_seat *to;        /* the seat that the event names, once found */
};

/* omb_rules_content() with all that it found. */
void omb_content_find(const struct omb_event *event, const struct omb_case *so_far,
                      const struct omb_place *place, const struct omb_seats *seats,
                      struct omb_finding *out);

/* OMB_KIND_BIT of a kind of case; 0: none that is known. */
enum { OMB_KIND_COMPLAINT = 1, OMB_KIND_CLAIM = 2, OMB_KIND_SUGGESTION = 4,
       OMB_KIND_COMMENDATION = 8 };
uint32_t omb_kind_bit(struct omb_view kind);
/*
 * The field of a matter that an amendment empties, by its name as a code (reply-methods); NULL:
 * there is none, or a case always has it.
 */
const struct omb_shape_field *omb_matter_clearable(struct omb_view code);
/* The kinds that an outcome fits. */
uint32_t omb_outcome_kinds(struct omb_view outcome);

/* "the custodian": who may write an event of these rights. */
const char *omb_rights_words(uint32_t rights);
/* "an open case": what an event offered in these statuses needs. */
const char *omb_statuses_words(uint32_t statuses);

/* Whether an id is in a sorted list. */
bool omb_ids_have(const struct omb_office_id *ids, size_t count, const struct omb_office_id *id);

#endif
