/*
 * An event as the fold sees it: one record of a case, decoded and already known to be authentic,
 * with what is needed to judge its right. The table of all events is cases/events.def; who may
 * write each is judged in cases/rules.h.
 */
#ifndef OMB_CASES_EVENT_H
#define OMB_CASES_EVENT_H

#include "wire/facts.h"

/* A closed office, and which office said first that another one stands in for it. */
struct omb_succession {
    struct omb_office_id closed, by;
};

/* Where an office stands in the tree, read off its certificate and the issuers above it. */
struct omb_seat {
    struct omb_office_id office;
    struct omb_digest certificate;
    struct omb_view code;                      /* for words alone; may be empty */
    uint32_t depth;                            /* the root is 0 */
    struct omb_office_id above[9];             /* its parent first, up to the root */
    size_t above_count;
    bool service;
    const struct omb_succession *succeeds;     /* that it stands in for them, it is said */
    size_t succeeds_count;
    const struct omb_seat *later;              /* its next certificate along `previous`, or NULL */
};

/* Whether `upper` is above the seat, by its certificate or a later one of the same office. */
bool omb_seat_is_above(const struct omb_seat *seat, const struct omb_office_id *upper);
/*
 * Whether the seat is that office, or stands in for it since it closed. Only an office above the
 * closed one can say so: a region cannot make a branch of its own into another region's home
 * (design: trust, Who may hurt us). other NULL: no.
 */
bool omb_seat_counts_as(const struct omb_seat *seat, const struct omb_seat *other);
/* The same, as its certificate says: of this office itself, whose parent it has to believe. */
bool omb_seat_is_said_to_be(const struct omb_seat *seat, const struct omb_office_id *office);

struct omb_event {
    struct omb_digest digest;
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    uint64_t seq;
    const struct omb_seat *seat; /* of the author, by the certificate that signed; NULL: not here */
    struct omb_view actor;
    int64_t time_ms;
    struct omb_digest after;
    struct omb_case_id case_id;
    const struct omb_facts *facts; /* any tag below 64; tag 0: not understood */
    bool odd;                      /* holds something this version does not understand */
    bool revoked;                  /* beyond what a revocation lets stand: no effect */
    bool has_grants;               /* the header names a grants part, here or not */
};

/* Finds the seat of an office that an event names, by the certificate it names. */
struct omb_seats {
    void *ctx;
    /* NULL: that certificate is not here. The seat lives as long as the fold. */
    const struct omb_seat *(*find)(void *ctx, const struct omb_office_ref *ref);
};

/* Statuses, in the order of the drawing in complaints.md. */
#define OMB_STATUS_TABLE(X)                                                                       \
    X(WAITING, "waiting")  /* `registered` is not here yet */                                     \
    X(OPEN, "open")                                                                               \
    X(RESOLVED, "resolved")                                                                       \
    X(ANSWERED, "answered")                                                                       \
    X(CLOSED, "closed")                                                                           \
    X(WITHDRAWN, "withdrawn")

enum omb_case_status {
#define OMB_STATUS_ENUM(name, word) OMB_STATUS_##name,
    OMB_STATUS_TABLE(OMB_STATUS_ENUM)
#undef OMB_STATUS_ENUM
    OMB_STATUS_COUNT
};

const char *omb_status_name(enum omb_case_status status);

/* Least role that may write an event, in ascending order. */
enum omb_role { OMB_ROLE_NONE, OMB_ROLE_TELLER, OMB_ROLE_HANDLER, OMB_ROLE_SUPERVISOR,
                OMB_ROLE_SYSTEM };

/* Who may write an event: a set of these. */
enum omb_right {
    OMB_RIGHT_HOME = 1,        /* H: home, or an office whose certificate succeeds it */
    OMB_RIGHT_CUSTODIAN = 2,   /* C */
    OMB_RIGHT_ABOVE = 4,       /* A: any office above the custodian */
    OMB_RIGHT_RESOLVER = 8,    /* R: the office that resolved */
    OMB_RIGHT_PARTY = 16,      /* P: any party of the case */
    OMB_RIGHT_ASKED = 32,      /* the office that the question went to */
    OMB_RIGHT_ABOVE_HOME = 64, /* an office above home; at the root home itself */
    OMB_RIGHT_KEYHOLDER = 128, /* home, the custodian or a party that was granted the key */
};

#define OMB_IN(status) (1U << OMB_STATUS_##status)

/* One row of events.def. */
struct omb_event_row {
    uint32_t tag;
    const char *name;    /* as in the .proto: taken_over */
    const char *verb;    /* of the command line: take */
    uint32_t rights;     /* OMB_RIGHT_* */
    enum omb_role least;
    bool system;         /* the acting system may write it too */
    bool spine;
    uint32_t in;         /* bit n: takes effect in status n, on every replica */
    uint32_t offered;    /* bit n: the author's door lets it in in status n; a subset of `in` */
    bool sealed;         /* has a body */
    const char *answers; /* event type that it answers by digest, or NULL */
    const char *summary; /* for help and documentation */
};

const struct omb_event_row *omb_event_row(uint32_t tag);             /* NULL: not of a case */
const struct omb_event_row *omb_event_row_by_verb(struct omb_view verb);
const struct omb_event_row *omb_event_rows(size_t *out_count); /* in the order of tags */

/* The row of an event; NULL when this version does not understand its facts. */
const struct omb_event_row *omb_event_row_of(const struct omb_event *event);
/* The digest of the event that this one answers; NULL when its type answers none. */
const struct omb_digest *omb_event_answers(const struct omb_event *event);
/* The office that custody, a grant or a question goes to; NULL: the event names none. */
const struct omb_office_ref *omb_event_to(const struct omb_event *event);

#endif
