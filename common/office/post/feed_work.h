/*
 * Between the files of the feeds alone: what is kept in memory of the children, and the rows.
 *
 *     feed_tree.c   who is below: the children, and which of them stands above an office
 *     feed_rows.c   rows of a feed, scopes, certificates that were given
 *     feed.c        cases and records
 *     feed_event.c  events of offices: which children they concern
 *     feed_begin.c  what a child begins with
 */
#ifndef OMB_OFFICE_POST_FEED_WORK_H
#define OMB_OFFICE_POST_FEED_WORK_H

#include "office/inside.h"
#include "office/post/feed.h"

#define OMB_FEED_TOUCHED_MAX 64

/* Where an office stands, as far as this one is concerned. */
struct omb_feed_seat {
    struct omb_office_id office;
    struct omb_office_id branch; /* the office directly below at or above it; none */
    bool fed;                    /* that one is a child that gets records */
    bool used;
    uint64_t trimmed; /* of a child: its rows before this position are gone */
};

struct omb_feed {
    struct omb_arena arena; /* children and slots, until the tree changes */
    struct omb_office_id *children;
    size_t child_count;
    bool known;
    struct omb_feed_seat *slots; /* open addressing by office id */
    size_t slot_count, slot_capacity;
    struct omb_office_id touched[OMB_FEED_TOUCHED_MAX];
    size_t touched_count;
};

/* --- feed_tree.c --- */
struct omb_feed *omb_feed_memory(struct omb_step *step);
/* Of a child; NULL while nothing is kept. Until the tree changes. */
struct omb_feed_seat *omb_feed_seat_kept(struct omb_step *step, const struct omb_office_id *child);
void omb_feed_touch(struct omb_step *step, const struct omb_office_id *child);

/* --- feed_rows.c --- */
/* The next row of a child's feed. */
void omb_feed_put(struct omb_step *step, const struct omb_office_id *child,
                  const struct omb_row_at *at);
/* Whether the child has the certificate, or its record is in the feed. */
enum omb_rc omb_feed_was_given(struct omb_step *step, const struct omb_office_id *child,
                               const struct omb_digest *certificate, bool *out,
                               struct omb_error *err) OMB_MUST_USE;
/* Whether it was given any of those, which are of one office. */
enum omb_rc omb_feed_knows(struct omb_step *step, const struct omb_office_id *child,
                           const struct omb_office_certificates *list, bool *out,
                           struct omb_error *err) OMB_MUST_USE;
void omb_feed_note_given(struct omb_step *step, const struct omb_office_id *child,
                         const struct omb_digest *certificate);
/* Reads whether the case is in scope. */
enum omb_rc omb_feed_read_scope(struct omb_step *step, const struct omb_office_id *child,
                                const struct omb_case_id *id, bool *out,
                                struct omb_error *err) OMB_MUST_USE;

/* --- feed.c --- */
/* Whether the child's link brought the record; what is written meanwhile, it did not. */
bool omb_feed_came_from(const struct omb_step *step, const struct omb_office_id *child,
                        const struct omb_row_at *at);

/*
 * Offers what stands of a log from the place of a fork on, as far as it concerns the child and is
 * not of its own side: after a decision, which may have had the child put it aside.
 */
enum omb_rc omb_feed_line(struct omb_step *step, const struct omb_office_id *child,
                          const struct omb_fork_found *fork, struct omb_error *err) OMB_MUST_USE;

/* --- feed_event.c --- */
/* Offers an event of an office again to a child that was or would be offered it. */
enum omb_rc omb_feed_event_again(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_header *header, const struct omb_row_at *at,
                                 struct omb_error *err) OMB_MUST_USE;

/* --- feed_begin.c --- */
/* Places of records, in an arena. */
struct omb_feed_places {
    struct omb_arena *arena;
    struct omb_row_at *items;
    size_t count, room;
};
struct omb_row_at *omb_feed_next_place(struct omb_feed_places *list);

#endif
