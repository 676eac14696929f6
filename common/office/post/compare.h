/*
 * Anti-entropy: what two offices hold of the same things, compared in pages (design: replication,
 * Links). Downward by cases, from the parent; upward by logs, from the child. Nothing is sent here:
 * pages, answers and wants are made and judged; what the child lacks goes into its feed.
 *
 *     parent                                     child
 *     omb_compare_cases_page    -- cases -->     omb_compare_cases_answer
 *     omb_compare_cases_again   <-- answer --    the cases that differ
 *
 *     omb_compare_logs_take     <-- logs --      omb_compare_logs_page
 *     ... wants what it lacks, gives back what the child lacks
 *
 * OMB_LIMIT and OMB_INVALID say that the peer's message breaks a bound: its fault. Any other error
 * is the store's. Memory is the step's arena.
 */
#ifndef OMB_OFFICE_POST_COMPARE_H
#define OMB_OFFICE_POST_COMPARE_H

#include "office/corridor.h"
#include "wire/link.h"

#define OMB_COMPARE_PAGE_MAX 500       /* entries of a page, made or taken */
#define OMB_COMPARE_RECORDS_MAX 4096   /* records summed for one page: it ends early */
#define OMB_WANT_DIGESTS_MAX 1024      /* of one Want, made or answered */
#define OMB_WANT_RANGES_MAX 1024
#define OMB_WANT_RECORDS_MAX 4096      /* answered at a time */
#define OMB_GIVE_BACK_MAX 262144       /* rows at a greeting; a comparison brings more */

/* Where in a log the looking goes on (compare_look.c); next 0: nowhere. */
struct omb_log_mark {
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    unsigned stage;
    uint64_t next;  /* to be counted, or given back, from there on */
    uint64_t held;  /* how many of it were counted */
    uint64_t holes; /* were looked for up to there */
};

/* Cases of the child's scope behind the key `after` (empty: from the first). */
enum omb_rc omb_compare_cases_page(struct omb_step *step, const struct omb_office_id *child,
                                   struct omb_view after, size_t max, struct omb_compare *out,
                                   struct omb_error *err) OMB_MUST_USE;
/* The child: those of the page of which another set of records is here, with its own sums. */
enum omb_rc omb_compare_cases_answer(struct omb_step *step, const struct omb_compare *page,
                                     struct omb_compare *out, struct omb_error *err) OMB_MUST_USE;
/*
 * The parent on the answer: those cases are offered again, as far as they are in scope; not
 * *out_all when enough was looked at for one peer before all were, which another comparison finds
 * again.
 */
enum omb_rc omb_compare_cases_again(struct omb_step *step, const struct omb_office_id *child,
                                    const struct omb_compare *answer, bool *out_all,
                                    struct omb_error *err) OMB_MUST_USE;

/* Logs of offices that stand or stood at or below this one, behind the key `after`. */
enum omb_rc omb_compare_logs_page(struct omb_step *step, struct omb_view after, size_t max,
                                  struct omb_compare *out, struct omb_error *err) OMB_MUST_USE;
/*
 * The parent: wants what it lacks of them; what the child lacks of logs at or below it, those that
 * the page passes over too, goes into its feed. What is left of the page when enough was looked at
 * for one peer (post/walk.h), more lacks than one Want names, or the child has not taken what it
 * was given, is *out_rest, a page itself. It is to be looked at when what is wanted came, or will
 * not come. Where in a log that goes on, is kept with the link; when nowhere and the rest has no
 * logs, nothing is left.
 */
enum omb_rc omb_compare_logs_take(struct omb_step *step, const struct omb_office_id *child,
                                  const struct omb_compare *page, struct omb_want *out_want,
                                  struct omb_compare *out_rest, struct omb_error *err) OMB_MUST_USE;

/*
 * Where the page after one that was made here begins: behind its last entry. `last` says that there
 * is none.
 */
struct omb_view omb_compare_cases_next(struct omb_step *step, const struct omb_compare *page);
struct omb_view omb_compare_logs_next(struct omb_step *step, const struct omb_compare *page);
/* OMB_LIMIT: more entries than a page has. */
enum omb_rc omb_compare_check_size(size_t count, struct omb_error *err) OMB_MUST_USE;

/* Lives of one office's log as held here, oldest first: Hello.own and Hello.yours. */
enum omb_rc omb_compare_lives(struct omb_step *step, const struct omb_office_id *office,
                              struct omb_life_list *out, struct omb_error *err) OMB_MUST_USE;
/*
 * The parent at a greeting: as omb_compare_logs_take, with Hello.own, the child's lives. A list
 * that is full (OMB_LIVES_TOLD) says nothing of lives older than its first.
 */
enum omb_rc omb_compare_greeting(struct omb_step *step, const struct omb_office_id *child,
                                 const struct omb_life_list *own, struct omb_want *out_want,
                                 struct omb_error *err) OMB_MUST_USE;
/*
 * The parent at a greeting, of Hello.yours: wants what the child holds of this office's own log and
 * a restored store lacks. The child holds a part of it alone, and answers with what it has. More
 * ranges than one Want names are wanted at the next greetings.
 */
enum omb_rc omb_compare_yours(struct omb_step *step, const struct omb_life_list *yours,
                              struct omb_want *out_want, struct omb_error *err) OMB_MUST_USE;

/*
 * Answers a Want: records with the parts that are here, as many as fit into max_bytes (the first
 * whatever its size), and which parts lack. What says who may be trusted goes to either side:
 * certificates, revocations, moves, closings, forks, policies. A child gets besides what is in its
 * scope: records of its cases, and of offices at or below it. The parent gets its own records, and
 * those of offices that stand or stood at or below this one. What is not here, not in scope, not
 * signed yet or does not fit is left out. OMB_LIMIT: it names too much.
 */
enum omb_rc omb_want_answer(struct omb_step *step, const struct omb_office_id *asker,
                            bool asker_is_child, const struct omb_want *want, size_t max_bytes,
                            struct omb_records *out, struct omb_error *err) OMB_MUST_USE;
/*
 * Whether this office has no record to give for that digest. Of a certificate it may know by its
 * bundle alone, or not at all: an office came here from elsewhere in the tree, or this one did.
 */
enum omb_rc omb_want_lacks(struct omb_step *step, const struct omb_digest *digest, bool *out,
                           struct omb_error *err) OMB_MUST_USE;
struct omb_link;
/*
 * Asks a child to compare again, if more is known of what waited here than when it compared: once
 * on each line, until it does.
 */
void omb_compare_once_more(struct omb_step *step, struct omb_link *link);
/* What the peer was asked for in vain beside the feed may be asked for again. */
void omb_want_anew(struct omb_link *link);

#endif
