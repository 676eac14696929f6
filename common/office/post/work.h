/*
 * What the files of the post do for each other, for this folder alone. A function that returns a
 * code fails only when the store cannot be read: what a peer does wrong shows on its link.
 */
#ifndef OMB_OFFICE_POST_WORK_H
#define OMB_OFFICE_POST_WORK_H

#include "office/post/inside.h"

/* --- post.c --- */
struct omb_link *omb_post_peer(struct omb_post *post, const struct omb_office_id *peer);
struct omb_link *omb_post_connection(struct omb_post *post, uint64_t connection);
struct omb_link *omb_post_add(struct omb_post *post, const struct omb_office_id *peer, bool up);
void omb_post_connect(struct omb_post *post, struct omb_link *link, uint64_t connection);
void omb_post_disconnect(struct omb_post *post, struct omb_link *link);
/* The pump looks at the link at the end of this batch. */
void omb_post_busy(struct omb_post *post, struct omb_link *link);
/* Wants a tick no later than this instant of the monotonic clock. */
void omb_post_wake(struct omb_step *step, int64_t at_ms);

/* --- link.c --- */
void omb_link_free(struct omb_link *link);
/* Moves it, says why, and keeps the step in its history where people look for it. */
enum omb_rc omb_link_to(struct omb_step *step, struct omb_link *link, unsigned state,
                        const char *reason, struct omb_error *err) OMB_MUST_USE;
void omb_link_reason(struct omb_link *link, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void omb_link_error(struct omb_link *link, const char *words);
/* Forgets what belongs to one greeting: windows, held frames, comparisons. */
void omb_link_reset(struct omb_link *link);
/* What is kept of the peer, as it will be: in the step's arena. */
enum omb_rc omb_link_row(struct omb_step *step, const struct omb_link *link,
                         struct omb_peer_row *out, struct omb_error *err) OMB_MUST_USE;
/* What is kept of the peer goes into its link. */
enum omb_rc omb_link_recall(struct omb_step *step, struct omb_link *link,
                            struct omb_error *err) OMB_MUST_USE;
void omb_link_put(struct omb_step *step, struct omb_link *link, const struct omb_peer_row *row);
enum omb_rc omb_link_history(struct omb_step *step, struct omb_link *link, const char *state,
                             const char *reason, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_link_refused(struct omb_step *step, struct omb_link *link,
                             const struct omb_receipt *receipt, struct omb_error *err) OMB_MUST_USE;
/* How far the peer holds ours: it said so, at this greeting or before, or a comparison found it. */
uint64_t omb_link_acked(const struct omb_link *link);
/* What runs there, as the greeting says. */
enum omb_rc omb_link_software(struct omb_step *step, struct omb_link *link,
                              struct omb_view software, struct omb_error *err) OMB_MUST_USE;
/* Encodes and sends a frame; its size. */
size_t omb_link_send(struct omb_step *step, const struct omb_link *link, uint32_t tag,
                     const void *message);
void omb_link_refuse(struct omb_step *step, uint64_t connection, bool dialled, const char *code,
                     const char *words);
/* What the peer did breaks the protocol: the link is blocked, for a minute at least. */
enum omb_rc omb_link_wrong(struct omb_step *step, struct omb_link *link, const char *words,
                           struct omb_error *err) OMB_MUST_USE;
/* The peer said something again that is done with: let lie, unless it goes on and on. */
enum omb_rc omb_link_useless(struct omb_step *step, struct omb_link *link,
                             struct omb_error *err) OMB_MUST_USE;
/* The line ended. */
enum omb_rc omb_link_ended(struct omb_step *step, struct omb_link *link, const char *why,
                           struct omb_error *err) OMB_MUST_USE;
/* Ping: it is answered. Pong: how far the clocks are apart. */
void omb_link_pinged(struct omb_step *step, struct omb_link *link, const struct omb_ping *ping,
                     bool pong);
/* Words from outside as a reason: one plain line, cut. */
void omb_link_words(struct omb_view bytes, char *out, size_t size);
/* The link to the parent, on ticks: dials, pings, hears silence. Returns when to look again. */
enum omb_rc omb_link_tend(struct omb_step *step, struct omb_link *link, int64_t *out_at,
                          struct omb_error *err) OMB_MUST_USE;

/* --- greet.c --- */
enum omb_rc omb_greet_send(struct omb_step *step, struct omb_link *link,
                           struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_greet_hello(struct omb_step *step, const struct omb_hello *hello,
                            struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_greet_welcome(struct omb_step *step, struct omb_link *link,
                              const struct omb_hello *welcome, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_greet_refused(struct omb_step *step, struct omb_link *link,
                              const struct omb_refuse *refuse, struct omb_error *err) OMB_MUST_USE;
/* Whether what a comparison offered has yet to be acknowledged. */
bool omb_greet_offers(const struct omb_link *link);
/* Whether a comparison is: a day after the last one, or that one was cut off. */
bool omb_greet_is_due(const struct omb_step *step, const struct omb_link *link);
/* Starts a comparison on a link that stands; a restored office first hears the one above. */
enum omb_rc omb_greet_compare(struct omb_step *step, struct omb_link *link,
                              struct omb_error *err) OMB_MUST_USE;

/* --- child.c --- */
/* A certificate of a child that may connect with this key now; NULL, and why not. */
const struct omb_office_card *omb_child_card(struct omb_step *step,
                                             const struct omb_office_id *child,
                                             const uint8_t key[OMB_PUBLIC_SIZE],
                                             struct omb_error *err);
/* The line of a child that may not connect any more is given up; any other is let be. */
enum omb_rc omb_child_lost(struct omb_step *step, struct omb_link *link,
                           struct omb_error *err) OMB_MUST_USE;
/* Children are looked up: new ones get a link, others lose their line. */
enum omb_rc omb_post_look_up(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* At the end of a batch in which the tree changed. */
enum omb_rc omb_post_learn_tree(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* --- inbox.c --- */
enum omb_rc omb_inbox_records(struct omb_step *step, struct omb_link *link,
                              const struct omb_records *records,
                              struct omb_error *err) OMB_MUST_USE;
/* The window that is granted to the peer. */
uint64_t omb_inbox_window(const struct omb_post *post, const struct omb_link *link);
/* Tries the frames that wait again. */
enum omb_rc omb_inbox_retry(struct omb_step *step, struct omb_link *link,
                            struct omb_error *err) OMB_MUST_USE;

/* --- want.c --- */
enum omb_rc omb_want_came(struct omb_step *step, struct omb_link *link,
                          const struct omb_want *want, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_compare_came(struct omb_step *step, struct omb_link *link,
                             const struct omb_compare *page, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_compare_send(struct omb_step *step, struct omb_link *link,
                             struct omb_error *err) OMB_MUST_USE;
void omb_want_send(struct omb_step *step, struct omb_link *link, const struct omb_want *want);
/* What a child waits for or wants, and nobody here has, is wanted of the parent, some of it. */
void omb_want_above(struct omb_step *step, const struct omb_link *link,
                    const struct omb_want *want);
/* Ranges that a comparison wants, page by page of the answer. */
void omb_want_ranges(struct omb_step *step, struct omb_link *link, const struct omb_want *want);
enum omb_rc omb_want_more(struct omb_step *step, struct omb_link *link,
                          struct omb_error *err) OMB_MUST_USE;
/* Parts that neither came nor were erased, of records of the peer's side. */
enum omb_rc omb_want_parts(struct omb_step *step, struct omb_link *link,
                           struct omb_error *err) OMB_MUST_USE;
/* The same, and what a frame waits for, when it is long ago. */
void omb_want_again(struct omb_step *step, struct omb_link *link);
enum omb_rc omb_want_parts_more(struct omb_step *step, struct omb_link *link,
                                struct omb_error *err) OMB_MUST_USE;
/* At a tick: goes on where it was left, some of each link. */
enum omb_rc omb_want_parts_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;

/* --- later.c --- */
/* A Want or a Compare: answered now, or put off while too much was looked up for that peer. */
enum omb_rc omb_later_ask(struct omb_step *step, struct omb_link *link, const struct omb_any *ask,
                          struct omb_error *err) OMB_MUST_USE;
/* The rest of a page of which enough was looked at: later, when what is wanted of it is here. */
void omb_later_page(struct omb_step *step, struct omb_link *link, const struct omb_compare *rest);
/* What was wanted is: whether there is a rest, which is looked at in its turn. */
bool omb_later_page_goes_on(struct omb_step *step, struct omb_link *link);
/* What was put off goes on, some of each link. */
enum omb_rc omb_later_turn(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* Takes the answer to a page that was put off, if there is one, now: before a greeting drops it. */
enum omb_rc omb_later_answer(struct omb_step *step, struct omb_link *link,
                             struct omb_error *err) OMB_MUST_USE;
/* Whether its slice of this second is not used up. */
bool omb_later_may(const struct omb_step *step, struct omb_link *link);
/* What is looked at between them is for that peer; most 0: whatever it is. */
void omb_later_begin(struct omb_step *step, uint64_t most);
void omb_later_end(struct omb_step *step, struct omb_link *link);
void omb_later_drop(struct omb_link *link);
/* Serves links that wait in turn, OMB_TURN_ROWS in a tick by turn->rows, which `serve` counts. */
enum omb_rc omb_turn_take(struct omb_step *step, struct omb_turn *turn,
                          bool (*waits)(const struct omb_link *link),
                          enum omb_rc (*serve)(struct omb_step *step, struct omb_link *link,
                                               struct omb_error *err),
                          struct omb_error *err) OMB_MUST_USE;

/* --- outbox.c --- */
enum omb_rc omb_outbox_pump(struct omb_step *step, struct omb_link *link,
                            struct omb_error *err) OMB_MUST_USE;
void omb_outbox_acked(struct omb_step *step, struct omb_link *link, uint64_t position);
/* Records behind what is acknowledged; of the newest its position (0: none), if not `cut`. */
struct omb_backlog {
    uint64_t records, bytes, newest;
    int64_t oldest; /* when it was written */
    bool cut;
};
enum omb_rc omb_outbox_backlog(struct omb_step *step, const struct omb_link *link,
                               struct omb_backlog *out, struct omb_error *err) OMB_MUST_USE;

/* --- health.c --- */
void omb_health_disk(struct omb_step *step);
enum omb_rc omb_health_send(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
/* What those below told goes on to the parent, some of it in each batch. */
enum omb_rc omb_health_pass_on(struct omb_step *step, struct omb_error *err) OMB_MUST_USE;
enum omb_rc omb_health_came(struct omb_step *step, struct omb_link *link,
                            const struct omb_health *health, struct omb_error *err) OMB_MUST_USE;

#endif
