/*
 * What a peer lacks and what both hold: wants, their answers, and the pages of a comparison
 * (post/compare.h). One Want is answered by one frame of records beside the feed, empty when
 * nothing of it is here; so what may come beside the feed is what was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/post/walk.h"
#include "office/post/work.h"
#include "wire/limits.h"

enum {
    ANSWER_MAX = 256 * 1024,
    PAGE = 200,
    PARTS_AT_ONCE = 500,
    DOWN_ROWS = 3, /* read besides, of a record that went down: its place, itself, whose it is */
    PARTS_SOON_MS = 20000, /* a few times at first: what the peer lacks, too, comes to it level */
    PARTS_SOON = 3,        /* by level */
    RANGES_MAX = 2 * OMB_WANT_RANGES_MAX, /* wanted of one peer, when its next page comes */
};

void omb_want_send(struct omb_step *step, struct omb_link *link, const struct omb_want *want)
{
    link->wanted++;
    omb_link_send(step, link, OMB_FRAME_WANT, want);
}

void omb_want_anew(struct omb_link *link)
{
    memset(link->asked, 0, sizeof(link->asked));
}

/*
 * An office that comes from elsewhere in the tree does not hold the records that certified it. What
 * children say must not fill what this office itself may want of its parent.
 */
void omb_want_above(struct omb_step *step, const struct omb_link *link,
                    const struct omb_want *want)
{
    struct omb_post *post = step->office->post;
    struct omb_link *up = post->up;

    if (link != up && want->digests.count > 0 && up && up->greeted && up->connection != 0 &&
        post->asked_above++ < OMB_ASKED_ABOVE_MAX)
        omb_want_send(step, up, &(struct omb_want){.digests = want->digests});
}

/* What is not here the parent may have; the child asks for it again. */
static enum omb_rc pass_up(struct omb_step *step, const struct omb_link *link,
                           const struct omb_want *want, struct omb_error *err)
{
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && !link->up && i < want->digests.count; i++) {
        bool lacks = false;

        rc = omb_want_lacks(step, &want->digests.items[i], &lacks, err);
        if (rc == OMB_OK && lacks)
            omb_want_above(step, link, &(struct omb_want){.digests = {&want->digests.items[i], 1}});
    }
    return rc;
}

enum omb_rc omb_want_came(struct omb_step *step, struct omb_link *link, const struct omb_want *want,
                          struct omb_error *err)
{
    struct omb_records records;
    enum omb_rc rc;

    if (++link->wants > OMB_WANTS_MAX)
        return omb_link_wrong(step, link, "it wants too much at a time", err);
    rc = omb_want_answer(step, &link->peer, !link->up, want, ANSWER_MAX, &records, err);
    if (rc == OMB_LIMIT || rc == OMB_INVALID)
        return omb_link_wrong(step, link, "what it wants is not said as wants are", err);
    if (rc != OMB_OK)
        return rc;
    records.first = records.last = 0;
    omb_link_send(step, link, OMB_FRAME_RECORDS, &records);
    return pass_up(step, link, want, err);
}

/* --- ranges of a comparison --- */

void omb_want_ranges(struct omb_step *step, struct omb_link *link, const struct omb_want *want)
{
    const size_t count = link->range_count + want->ranges.count;

    if (want->ranges.count == 0)
        return;
    link->ranges = realloc(link->ranges, count * sizeof(*link->ranges));
    OMB_ASSERT(link->ranges != NULL);
    memcpy(link->ranges + link->range_count, want->ranges.items,
           want->ranges.count * sizeof(*link->ranges));
    link->range_count = count;
    link->ranges_left = 0;
    omb_want_send(step, link, want);
}

static enum omb_rc see_newest(void *arg, struct omb_view key, struct omb_view value)
{
    uint64_t *seq = arg;
    uint32_t number;

    (void)value;
    return omb_key_read_record(key, &number, seq) ? OMB_STOP : OMB_DAMAGED;
}

/* What is wanted was not here, and an answer goes from its first on: cut behind what came. */
static enum omb_rc cut_range(struct omb_step *step, struct omb_log_range *range,
                             struct omb_error *err)
{
    struct omb_log log;
    uint64_t newest = 0;
    enum omb_rc rc = omb_log_find(step, &range->office, &range->incarnation, 0, &log, err);

    if (rc == OMB_OK) {
        const struct omb_key from = omb_key_record(log.number, range->first);
        const struct omb_key until = omb_key_record(log.number, range->last + 1);

        rc = omb_port_scan(step->port, OMB_FAMILY_RECORD, omb_key_view(&from),
                           omb_key_view(&until), true, see_newest, &newest);
        if (rc != OMB_OK)
            return omb_fail(err, rc, NULL, "the records of a log cannot be read");
    }
    if (newest > 0)
        range->first = newest + 1;
    return rc == OMB_NOT_FOUND ? OMB_OK : rc;
}

/* Of the ranges those that one Want asks for: the first ones. */
static size_t asked_of(const struct omb_link *link)
{
    return link->range_count < OMB_WANT_RANGES_MAX ? link->range_count : OMB_WANT_RANGES_MAX;
}

static void drop_ranges(struct omb_link *link, size_t from, size_t until)
{
    memmove(link->ranges + from, link->ranges + until,
            (link->range_count - until) * sizeof(*link->ranges));
    link->range_count -= until - from;
}

/* UINT64_MAX: at least so many. A peer says how long its logs are. */
static uint64_t lacking_of(const struct omb_link *link, size_t count)
{
    uint64_t left = 0;

    for (size_t i = 0; i < count; i++) {
        const uint64_t more = link->ranges[i].last - link->ranges[i].first + 1;

        left = left < UINT64_MAX - more ? left + more : UINT64_MAX;
    }
    return left;
}

/* Takes off what came of those that were asked for; how many of them are left. */
static enum omb_rc cut_ranges(struct omb_step *step, struct omb_link *link, size_t *out_kept,
                              struct omb_error *err)
{
    const size_t asked = asked_of(link);
    size_t kept = 0;

    for (size_t i = 0; i < asked; i++) {
        struct omb_log_range range = link->ranges[i];
        const enum omb_rc rc = cut_range(step, &range, err);

        if (rc != OMB_OK)
            return rc;
        if (range.first <= range.last)
            link->ranges[kept++] = range;
    }
    drop_ranges(link, kept, asked);
    *out_kept = kept;
    return OMB_OK;
}

static enum omb_rc answer_page(struct omb_step *step, struct omb_link *link, bool last,
                               struct omb_error *err)
{
    const struct omb_compare page = {
        .last = last,
        .answer = true,
        .again = last && link->passed_over && link->learned != step->office->post->learned,
    };

    omb_link_send(step, link, OMB_FRAME_COMPARE, &page);
    link->page_due = false;
    return last ? omb_restored_heard(step, &link->peer, err) : OMB_OK;
}

/*
 * What waited for a certificate was let go with the page that it was wanted for. It is said outside
 * of any comparison, so not as the last answer of one: a page may be on its way here.
 */
void omb_compare_once_more(struct omb_step *step, struct omb_link *link)
{
    const struct omb_compare page = {.answer = true, .again = true};

    if (!link->once_more || link->once_more_told || !link->greeted || link->page_due ||
        link->page_rest)
        return;
    omb_link_send(step, link, OMB_FRAME_COMPARE, &page);
    link->once_more_told = true;
    link->dirty |= link->lacked;
    link->lacked = false;
}

/* It compares from the first log on: what was learned before it was asked to is looked at now. */
static void begins_once_more(struct omb_link *link)
{
    if (!link->once_more_told)
        return;
    link->once_more = link->once_more_told = false;
    link->dirty = true;
}

/*
 * An answer holds as much as fits: the rest is wanted again, as long as something comes. Then the
 * page that they are of is done with.
 */
enum omb_rc omb_want_more(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    size_t kept, asked;
    enum omb_rc rc;

    if (link->wanted > 0)
        return OMB_OK;
    rc = cut_ranges(step, link, &kept, err);
    if (rc != OMB_OK)
        return rc;
    if (link->ranges_left != 0 && lacking_of(link, kept) >= link->ranges_left)
        drop_ranges(link, 0, kept); /* it has no more of them */
    asked = asked_of(link);
    link->ranges_left = lacking_of(link, asked);
    if (asked > 0)
        omb_want_send(step, link, &(struct omb_want){.ranges = {link->ranges, asked}});
    else if (!omb_later_page_goes_on(step, link) && link->page_due)
        return answer_page(step, link, link->page_last, err);
    return OMB_OK;
}

/* --- missing parts --- */

struct lacking {
    struct omb_step *step;
    const struct omb_link *link;
    struct omb_missing_part *items;
    size_t count, looked;
    struct omb_digest last; /* that was looked at */
    bool cut;               /* there may be more behind it */
};

/*
 * Whether a child may have it of a record that did not come from below: this office wrote it, or it
 * came from above. Each child may that the case has to do with; what was lost up here and by all
 * above is perhaps there.
 */
static bool went_down(struct lacking *lacking)
{
    struct omb_step *step = lacking->step;
    struct omb_buf row = OMB_BUF_INIT;
    struct omb_stored_record stored;
    struct omb_header header;
    struct omb_arena arena;
    struct omb_row_at at;
    struct omb_key key;
    bool may = false;

    omb_looked(step, DOWN_ROWS);
    lacking->looked += DOWN_ROWS;
    omb_arena_init(&arena, SIZE_MAX);
    if (omb_record_place(step, &lacking->last, &at) == OMB_OK) {
        key = omb_key_record(at.number, at.seq);
        may = omb_port_get(step->port, OMB_FAMILY_RECORD, omb_key_view(&key), &row) == OMB_OK &&
              omb_stored_read(omb_buf_view(&row), &arena, &stored, &header) && header.case_id &&
              omb_feed_in_scope(step, &lacking->link->peer, header.case_id);
    }
    omb_arena_free(&arena);
    omb_buf_free(&row);
    return may;
}

static enum omb_rc see_missing(void *arg, struct omb_view key, struct omb_view value)
{
    struct lacking *lacking = arg;
    struct omb_missing_row row;
    struct omb_missing_part *part = &lacking->items[lacking->count];
    struct omb_office_id child;

    omb_looked(lacking->step, 1);
    lacking->looked++;
    if (key.size == 1 + OMB_DIGEST_SIZE) /* else, or when damaged, left to the store's check */
        memcpy(lacking->last.bytes, key.data + 1, OMB_DIGEST_SIZE);
    if (key.size == 1 + OMB_DIGEST_SIZE &&
        omb_decode_missing_row(value, lacking->step->arena, &row, NULL) == OMB_OK) {
        child = omb_feed_child_above(lacking->step, &row.office);
        if (lacking->link->up || omb_office_id_equal(&child, &lacking->link->peer) ||
            (omb_office_id_none(&child) && went_down(lacking))) {
            *part = (struct omb_missing_part){lacking->last, row.parts};
            lacking->count++;
        }
    }
    lacking->cut = lacking->count == PARTS_AT_ONCE || lacking->looked >= OMB_LOOK_ROWS;
    return lacking->cut ? OMB_STOP : OMB_OK;
}

/* Those of from < digest <= until that lack, as far as may be looked at a time. */
static enum omb_rc find_missing(struct omb_step *step, const struct omb_link *link,
                                const struct omb_digest *from, const struct omb_digest *until,
                                struct lacking *out, struct omb_error *err)
{
    const struct omb_key first = omb_key_missing(from), last = omb_key_missing(until);
    struct omb_key begin = first, end = last;
    enum omb_rc rc;

    begin.bytes[begin.size++] = 0; /* the next one behind it */
    end.bytes[end.size++] = 0;
    *out = (struct lacking){
        .step = step,
        .link = link,
        .items = OMB_ARENA_NEW(step->arena, struct omb_missing_part, PARTS_AT_ONCE),
    };
    rc = omb_port_scan(step->port, OMB_FAMILY_PEER, omb_key_view(&begin), omb_key_view(&end), false,
                       see_missing, out);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of missing parts cannot be read");
    if (!out->cut)
        out->last = *until;
    step->office->post->parts.rows += out->looked + 1;
    return OMB_OK;
}

static void send_parts(struct omb_step *step, struct omb_link *link, const struct lacking *lacking)
{
    link->parts_asked = lacking->count;
    link->parts_any |= lacking->count > 0;
    if (lacking->count > 0)
        omb_want_send(step, link, &(struct omb_want){.parts = {lacking->items, lacking->count}});
}

static void go_on_with_parts(struct omb_step *step, struct omb_link *link)
{
    link->parts_due = step->office->post->parts.due = true;
    omb_post_wake(step, step->input->monotonic_ms + OMB_TURN_MS);
}

static enum omb_rc want_next_parts(struct omb_step *step, struct omb_link *link,
                                   struct omb_error *err)
{
    struct omb_digest last;
    struct lacking lacking;
    enum omb_rc rc;

    memset(last.bytes, 0xff, sizeof(last.bytes));
    link->parts_due = false;
    rc = find_missing(step, link, &link->parts_from, &last, &lacking, err);
    if (rc != OMB_OK)
        return rc;
    send_parts(step, link, &lacking);
    link->parts_until = lacking.last;
    if (lacking.count == 0 && lacking.cut) {
        link->parts_from = lacking.last;
        go_on_with_parts(step, link);
    } else if (lacking.count == 0) { /* the end: who was asked for nothing is not asked soon */
        link->parts_at = step->input->monotonic_ms;
        link->parts_soon = link->parts_any ? link->parts_soon : 0;
    }
    return OMB_OK;
}

static void begin_with_parts(struct omb_step *step, struct omb_link *link)
{
    link->parts_from = (struct omb_digest){{0}};
    link->parts_at = step->input->monotonic_ms;
    link->parts_any = false;
}

enum omb_rc omb_want_parts(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    link->parts_soon = PARTS_SOON;
    link->anew_at = step->input->monotonic_ms;
    begin_with_parts(step, link);
    return want_next_parts(step, link, err);
}

/* What lacked here and at the peer may have come to it since. */
void omb_want_again(struct omb_step *step, struct omb_link *link)
{
    const int64_t now = step->input->monotonic_ms;
    const bool soon = link->parts_soon > 0 && now - link->parts_at >= PARTS_SOON_MS;
    const bool anew = now - link->anew_at >= OMB_PARTS_MS;

    if (link->parts_asked > 0 || link->parts_due || (!soon && !anew))
        return;
    link->parts_soon -= soon;
    if (anew)
        link->anew_at = now;
    if (anew && link->held_first) {
        link->retries = link->besides = 0;
        if (!link->up) /* what the parent had not got it need not have: it is done without */
            omb_want_anew(link);
        step->office->post->retry = true;
        omb_post_wake(step, step->input->monotonic_ms);
    }
    begin_with_parts(step, link);
    go_on_with_parts(step, link);
}

static bool lacks_parts(const struct omb_link *link)
{
    return link->parts_due;
}

enum omb_rc omb_want_parts_turn(struct omb_step *step, struct omb_error *err)
{
    return omb_turn_take(step, &step->office->post->parts, lacks_parts, want_next_parts, err);
}

void omb_post_want_parts(struct omb_step *step)
{
    struct omb_post *post = step->office->post;

    for (size_t i = 0; i < post->slots; i++)
        for (struct omb_link *link = post->peers[i]; link; link = link->next_peer) {
            link->anew_at = step->input->monotonic_ms - OMB_PARTS_MS;
            link->parts_soon = PARTS_SOON;
        }
}

/* An answer holds as much as fits: what is left of them is wanted as long as some come. */
enum omb_rc omb_want_parts_more(struct omb_step *step, struct omb_link *link,
                                struct omb_error *err)
{
    struct lacking left;
    enum omb_rc rc;

    if (link->wanted > 0 || link->parts_asked == 0)
        return OMB_OK;
    rc = find_missing(step, link, &link->parts_from, &link->parts_until, &left, err);
    if (rc != OMB_OK)
        return rc;
    if (left.count > 0 && left.count < link->parts_asked) {
        send_parts(step, link, &left);
        return OMB_OK;
    }
    link->parts_from = link->parts_until;
    return want_next_parts(step, link, err);
}

/* --- comparisons --- */

/* What of the parts lacked at the greeting may have come to the peer since. */
static enum omb_rc compared(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    link->comparing = false;
    if (link->reason && strcmp(link->reason, OMB_LINK_COMPARES) == 0)
        omb_link_reason(link, "%s", "");
    if (link->up && !link->in_part)
        link->settled = link->start;
    link->compared_at = link->in_part ? OMB_LONG_AGO : step->input->now_ms;
    link->in_part = false;
    link->dirty = true;
    omb_post_busy(step->office->post, link);
    return link->parts_asked == 0 && !link->parts_due ? omb_want_parts(step, link, err) : OMB_OK;
}

enum omb_rc omb_compare_send(struct omb_step *step, struct omb_link *link, struct omb_error *err)
{
    const struct omb_view after = omb_key_view(&link->after);
    struct omb_compare page;
    struct omb_view next;
    enum omb_rc rc = link->up ? omb_compare_logs_page(step, after, PAGE, &page, err)
                              : omb_compare_cases_page(step, &link->peer, after, PAGE, &page, err);

    if (rc != OMB_OK)
        return rc;
    omb_link_send(step, link, OMB_FRAME_COMPARE, &page);
    next = link->up ? omb_compare_logs_next(step, &page) : omb_compare_cases_next(step, &page);
    OMB_ASSERT(next.size <= OMB_KEY_MAX);
    if (next.size > 0)
        memcpy(link->after.bytes, next.data, next.size);
    link->after.size = next.size;
    link->last_page = page.last || next.size == 0;
    omb_post_busy(step->office->post, link);
    return OMB_OK;
}

/* The peer has dealt with our page: the next one, or the end. */
static enum omb_rc next_page(struct omb_step *step, struct omb_link *link,
                             const struct omb_compare *answer, struct omb_error *err)
{
    const uint64_t before = step->office->tip.feed;
    bool all = true;
    enum omb_rc rc = OMB_OK;

    if (link->up && answer->again && !answer->last) { /* it answers no page */
        link->in_part |= link->comparing;
        link->dirty |= link->compared_at != OMB_LONG_AGO;
        link->compared_at = OMB_LONG_AGO;
        return OMB_OK;
    }
    if (!link->comparing) /* said twice, or of a comparison before the greeting */
        return omb_link_useless(step, link, err);
    if (!link->up)
        rc = omb_compare_cases_again(step, &link->peer, answer, &all, err);
    if (rc == OMB_LIMIT || rc == OMB_INVALID)
        return omb_link_wrong(step, link, "its answer to a comparison is not formed as such", err);
    if (rc != OMB_OK)
        return rc;
    if (step->office->tip.feed > before)
        link->offered = step->office->tip.feed;
    link->in_part |= !all || answer->again;
    if (!link->last_page)
        return omb_compare_send(step, link, err);
    return compared(step, link, err);
}

static enum omb_rc answer_cases(struct omb_step *step, struct omb_link *link,
                                const struct omb_compare *page, const struct omb_compare *answer,
                                struct omb_error *err)
{
    bool again;
    enum omb_rc rc;

    omb_link_send(step, link, OMB_FRAME_COMPARE, answer);
    rc = omb_restored_page(step, page->after.size == 0, page->last, answer->cases.count, &again,
                           err);
    return rc == OMB_OK && again ? omb_greet_send(step, link, err) : rc;
}

enum omb_rc omb_compare_came(struct omb_step *step, struct omb_link *link,
                             const struct omb_compare *page, struct omb_error *err)
{
    struct omb_compare answer = {0}, rest = {0};
    struct omb_want want = {0};
    enum omb_rc rc;

    if (page->answer)
        return next_page(step, link, page, err);
    if (++link->wants > OMB_WANTS_MAX)
        return omb_link_wrong(step, link, "it compares too often", err);
    if (link->range_count > RANGES_MAX || (!link->up && link->page_rest))
        return omb_link_wrong(step, link, "it compares on, and gives nothing that it has", err);
    if (page->after.size == 0) {
        omb_want_anew(link);
        link->passed_over = false;
        link->learned = step->office->post->learned;
        begins_once_more(link);
    }
    rc = link->up ? omb_compare_cases_answer(step, page, &answer, err)
                  : omb_compare_logs_take(step, &link->peer, page, &want, &rest, err);
    if (rc == OMB_LIMIT || rc == OMB_INVALID)
        return omb_link_wrong(step, link, "its comparison is not formed as such", err);
    if (rc != OMB_OK)
        return rc;
    if (link->up)
        return answer_cases(step, link, page, &answer, err);
    omb_want_ranges(step, link, &want);
    if (rest.logs.count > 0 || link->page_mark.next > 0) { /* with its end the page is done */
        omb_later_page(step, link, &rest);
        return OMB_OK;
    }
    link->page_due = link->range_count > 0;
    link->page_last = page->last;
    return link->page_due ? OMB_OK : answer_page(step, link, page->last, err);
}
