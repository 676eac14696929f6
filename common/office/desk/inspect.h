/*
 * What the answers about links, logs and the tree share: how a link is judged, how far the office
 * is behind those below it, and what is kept without effect.
 */
#ifndef OMB_OFFICE_DESK_INSPECT_H
#define OMB_OFFICE_DESK_INSPECT_H

#include "office/desk/read.h"
#include "office/post/view.h"

/* --- levels (interfaces: `link check`, `tree check`) --- */

#define OMB_SILENT_MS (5 * 60 * OMB_SECOND_MS)         /* critical beyond */
#define OMB_LAG_MS (60 * OMB_SECOND_MS)                /* warning beyond */
#define OMB_CLOCK_SLACK_MS (60 * OMB_SECOND_MS)        /* warning beyond */
#define OMB_CERTIFICATE_SOON_MS (30 * OMB_DAY_MS)      /* warning within */

enum omb_level { OMB_LEVEL_OK, OMB_LEVEL_WARNING, OMB_LEVEL_UNKNOWN, OMB_LEVEL_CRITICAL };
const char *omb_level_name(enum omb_level level);

/* A level and why, in words: the worst level, all reasons. Words are the arena's. */
struct omb_judgement {
    struct omb_arena *arena;
    enum omb_level level;
    struct omb_view words; /* empty: nothing is wrong */
};
void omb_judge(struct omb_judgement *judgement, enum omb_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "3 min", "2 h", "5 d": how long ago, for people. */
struct omb_view omb_ago(struct omb_arena *arena, int64_t ms);

/* --- events without effect (desk/quarantine.c) --- */

/* Events of cases in quarantine, or behind another office's act: of the first cases with any. */
enum omb_flagged { OMB_FLAGGED_QUARANTINED, OMB_FLAGGED_SUPERSEDED };
typedef void omb_flagged_fn(void *arg, const struct omb_event *event);
enum omb_rc omb_desk_flagged_each(struct omb_step *step, enum omb_flagged which,
                                  omb_flagged_fn *fn, void *arg,
                                  struct omb_error *err) OMB_MUST_USE;

/* --- links (desk/peers.c; one in full: desk/peer.c) --- */

void omb_judge_link(struct omb_step *step, const struct omb_link_seen *link,
                    struct omb_judgement *out);
/* Of forks of an office's own log, as it says itself: what it lost must be written again there. */
void omb_judge_forks(const struct omb_fork_health_list *forks, struct omb_judgement *out);
/* The certificate's end, if it is here; `card` may be NULL. */
void omb_judge_certificate(struct omb_step *step, const struct omb_office_card *card,
                           struct omb_judgement *out);
/* The same of the one by which this office signs: a part of the link up. */
void omb_judge_own_certificate(struct omb_step *step, struct omb_judgement *out);
/* The link to that office; NULL: there is none. */
const struct omb_link_seen *omb_desk_link_to(struct omb_step *step,
                                             const struct omb_office_id *peer);
/* Whether a record of that office comes and goes over the link. */
bool omb_desk_is_beyond(struct omb_step *step, const struct omb_link_seen *link,
                        const struct omb_office_id *office);
/* The row of the list, but for what is counted by looking at cases. */
void omb_desk_show_peer(struct omb_step *step, const struct omb_link_seen *link,
                        struct omb_peer_view *out);
/* How many such events came over each of the links. */
enum omb_rc omb_desk_count_flagged(struct omb_step *step, enum omb_flagged which,
                                   const struct omb_link_seen *links, size_t count,
                                   uint64_t *out_counts, struct omb_error *err) OMB_MUST_USE;
/* Why nothing comes over a link: "the link to north is down since ...", in words. */
struct omb_view omb_desk_link_words(struct omb_step *step, const struct omb_link_seen *link);

/* --- the tree (desk/tree.c) --- */

struct omb_desk_filter; /* office/desk/filter.h */

/*
 * Offices below that a report with that filter may not know to the end, and since when; in the
 * order of the tree.
 */
enum omb_rc omb_desk_stale(struct omb_step *step, const struct omb_desk_filter *filter,
                           struct omb_stale_office_list *out, struct omb_error *err) OMB_MUST_USE;
/* Whether an office was closed or its newest certificate revoked: "closed", "revoked", or NULL. */
const char *omb_desk_office_ended(struct omb_step *step, const struct omb_office_card *card);

/* --- logs (desk/forks.c) --- */

enum omb_rc omb_desk_fork_count(struct omb_step *step, uint64_t *out,
                                struct omb_error *err) OMB_MUST_USE;

#endif
