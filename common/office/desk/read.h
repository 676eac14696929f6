/*
 * What the questions of the desk share: pages and their cursors, lists of sentences, memory for
 * rows that are looked at and let go, and how offices and records are put into words. Who may see
 * what of a case is desk/view.c; filters are desk/filter.c.
 */
#ifndef OMB_OFFICE_DESK_READ_H
#define OMB_OFFICE_DESK_READ_H

#include "office/desk.h"

#define OMB_PAGE_DEFAULT 100
#define OMB_VERIFY_MAX 2000                 /* records verified, or rows checked, for one page */
#define OMB_SCAN_MAX 20000                  /* rows looked at for one page: no step blocks long */
#define OMB_PAGE_BYTES (6u * 1024 * 1024)   /* of texts and headers in one page */

/* Rows of a page: as many as were asked for, `standard` when none were, at most `most`. */
uint32_t omb_desk_limit(uint32_t asked, uint32_t standard, uint32_t most);

/*
 * A step beside the step: the same office, port and input, but memory of its own, which the caller
 * empties (omb_arena_reset) after each row of a scan.
 */
struct omb_aside {
    struct omb_step step;
    struct omb_arena arena;
};
void omb_aside_begin(struct omb_aside *aside, const struct omb_step *step);
void omb_aside_end(struct omb_aside *aside);

/* --- scans and cursors --- */

/* Where a page ended: opaque text for the client, "2-<hex of the last key>". */
struct omb_page_mark {
    uint32_t stage;       /* which of several scans in order */
    struct omb_key after; /* goes on behind this key; empty: from the start of the stage */
};
/* Empty text is the beginning. OMB_INVALID: not a cursor, or of another kind of page. */
enum omb_rc omb_page_mark_read(struct omb_view text, uint32_t stages, struct omb_page_mark *out,
                            struct omb_error *err) OMB_MUST_USE;
struct omb_view omb_page_mark_print(struct omb_arena *arena, const struct omb_page_mark *cursor);
void omb_page_mark_set(struct omb_page_mark *cursor, struct omb_view key);

/* Visits the rows that start with `prefix` and come behind `after`; either may be empty. */
enum omb_rc omb_desk_scan(const struct omb_step *step, enum omb_family family,
                          struct omb_view prefix, const struct omb_key *after, omb_row_fn *fn,
                          void *arg, struct omb_error *err) OMB_MUST_USE;

/* --- lists of sentences --- */

struct omb_lines {
    struct omb_arena *arena;
    struct omb_view *items;
    size_t count, room;
};
/* Appends one line, cut to what a line of a reply may hold. */
void omb_lines_add(struct omb_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct omb_views omb_lines_views(const struct omb_lines *lines);

/* --- words --- */

struct omb_view omb_desk_hex(struct omb_arena *arena, struct omb_view bytes);
/* "t17", or "t17@north" when the operator is of another office. */
struct omb_view omb_desk_actor(struct omb_step *step, const struct omb_office_id *office,
                               struct omb_view actor);
/* "north/0000000112ab...34/17" */
struct omb_view omb_desk_place(struct omb_step *step, const struct omb_office_id *office,
                               const struct omb_incarnation *incarnation, uint64_t seq);
struct omb_views omb_desk_roles(struct omb_step *step, uint32_t roles);
/* Roles of whoever asks; a command line that opened the store itself is an admin. */
uint32_t omb_desk_asking(const struct omb_step *step);

/* --- a record, opened --- */

struct omb_opened {
    struct omb_row_at at;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_digest digest;
    bool odd;
};
/* Reads and decodes; OMB_NOT_FOUND when the row is not there, OMB_DAMAGED when it is no record. */
enum omb_rc omb_desk_open(struct omb_step *step, uint32_t number, uint64_t seq,
                          struct omb_opened *out, struct omb_error *err) OMB_MUST_USE;
/* The tag of what happened; 0: not understood by this version. */
uint32_t omb_opened_tag(const struct omb_opened *record);
/* A part's stored bytes. OMB_NOT_FOUND: not here. */
enum omb_rc omb_desk_part(struct omb_step *step, const struct omb_row_at *at,
                          enum omb_part_kind kind, struct omb_buf *out) OMB_MUST_USE;
/* One line of a log (desk/logs.c). */
void omb_desk_log_entry(struct omb_step *step, const struct omb_opened *record,
                        struct omb_log_entry *out);

/* --- logs in order --- */

struct omb_desk_log {
    uint32_t number;
    struct omb_log_row row;
};
struct omb_desk_logs {
    struct omb_desk_log *items; /* by office, then by life; lines that lost a fork are left out */
    size_t count;
};
/* Logs of one office, all when `code` is empty. OMB_NOT_FOUND: no such office. */
enum omb_rc omb_desk_logs_of(struct omb_step *step, struct omb_view code,
                             struct omb_desk_logs *out, struct omb_error *err) OMB_MUST_USE;
/* The page's logs from where the cursor stands: *out_first is the first, *out_seq goes behind. */
enum omb_rc omb_desk_logs_resume(const struct omb_desk_logs *logs,
                                 const struct omb_page_mark *cursor, size_t *out_first,
                                 uint64_t *out_seq, struct omb_error *err) OMB_MUST_USE;
/* Visits the records of the logs from where the cursor stands, until *stopped. */
enum omb_rc omb_desk_logs_walk(struct omb_step *step, const struct omb_desk_logs *logs,
                               const struct omb_page_mark *cursor, const bool *stopped,
                               omb_row_fn *visit, void *arg, struct omb_error *err) OMB_MUST_USE;

/* --- offices (desk/offices.c) --- */

/* Ids of all offices whose certificates are here, ascending. */
enum omb_rc omb_desk_office_ids(struct omb_step *step, struct omb_office_id **out,
                                size_t *out_count, struct omb_error *err) OMB_MUST_USE;
/*
 * Ids of the offices that a filter names, ascending and distinct: codes, or patterns over the path
 * of codes from any level downwards: * and ? within a code, ** for any number of levels. So north
 * followed by / and ** is north and all below it. OMB_NOT_FOUND: a code or pattern that names no
 * office here.
 */
enum omb_rc omb_desk_office_match(struct omb_step *step, const struct omb_views *patterns,
                                  struct omb_office_id **out, size_t *out_count,
                                  struct omb_error *err) OMB_MUST_USE;

/* The name in the sealed body of an operator's enrolment; empty when it has none. */
struct omb_view omb_desk_operator_name(struct omb_step *step, const struct omb_operator_row *row);

#endif
