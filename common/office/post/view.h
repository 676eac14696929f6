/*
 * What can be seen of links: read by the desk, never changed there.
 */
#ifndef OMB_OFFICE_POST_VIEW_H
#define OMB_OFFICE_POST_VIEW_H

#include "office/corridor.h"
#include "wire/link.h"

/* In the history of a link: the peer called again while its line stood, or a copy of it did. */
#define OMB_REPLACED_WORDS "another line with its key greeted"
/* Likewise: a start of it that was met before the one that spoke last. */
#define OMB_EARLIER_WORDS "an earlier start of it speaks again"
/* This office was started: what stood then had ended. */
#define OMB_STARTED_WORDS "the daemon here was started"
/* Whether the newest step that is kept is of a line that ended with the daemon. */
bool omb_link_ended_with_daemon(const struct omb_peer_row *row);

struct omb_link_seen {
    struct omb_office_id peer;
    bool up;                         /* the link to the parent */
    const char *state;
    int64_t since;                   /* wall clock */
    const char *reason;              /* blocked or waiting on what; empty */
    const char *address;             /* of the parent, as dialled last; empty */
    struct omb_incarnation incarnation; /* of the peer's own newest life, as it greeted */
    uint64_t head, sent, acked;      /* positions of the feed to the peer */
    uint64_t lag_records, lag_bytes; /* not acknowledged; bytes of those that were counted */
    int64_t oldest_unacked;          /* wall clock; 0: none */
    uint64_t credit_bytes;           /* that this office may still send */
    uint64_t latency_ms_median, latency_ms_p99;
    int64_t last_progress;
    uint32_t errors;                 /* in a row */
    const char *last_error;
    int64_t next_try;                /* wall clock; 0: none */
    uint64_t forks;
    struct omb_peer_row row;         /* what is kept: cursors, refused, history, health */
};

/* All links, the one to the parent first; in the step's arena. */
size_t omb_post_links(struct omb_step *step, const struct omb_link_seen **out);

/* This office's own disk and store, as it tells them in its health. 0: not known; none. */
void omb_post_room(const struct omb_office *office, uint64_t *out_free_bytes,
                   uint64_t *out_stalls);
/* Whether the line to the parent stands, and what waited on it for this office has come. */
bool omb_post_above_is_live(const struct omb_office *office);
/* Whether the child greeted on the line that it holds now. */
bool omb_post_is_connected(const struct omb_office *office, const struct omb_office_id *child);
/* Whether it spoke since its last ping was due: one that has left may still count as connected. */
bool omb_post_is_heard(const struct omb_office *office, const struct omb_office_id *child);

/* Why the parent takes nothing of this office; NULL: it does, as far as is known. */
const char *omb_post_blocked_above(const struct omb_office *office);

/* What offices below said of themselves last, newest first of each. */
struct omb_health_seen {
    const struct omb_health *health;
    int64_t came_at;
};
size_t omb_post_healths(struct omb_step *step, const struct omb_health_seen **out);

/* The newest of one office; NULL: it told none, or none came here. */
const struct omb_health *omb_post_health_of(struct omb_step *step,
                                            const struct omb_office_id *office);

/* Who durably holds a log, and how far: the newest witness of each office above. */
struct omb_witness_seen {
    struct omb_office_id witness;
    uint64_t seq;
    int64_t at;
};
enum omb_rc omb_post_witnesses(struct omb_step *step, uint32_t log_number,
                               const struct omb_witness_seen **out, size_t *out_count,
                               struct omb_error *err) OMB_MUST_USE;

#endif
