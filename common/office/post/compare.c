/*
 * Comparing what two offices hold of cases, downward. Both sides' functions in one file, since they
 * must agree on every bit of a sum.
 */
#include "office/post/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "office/inside.h"
#include "office/post/feed.h"
#include "office/post/walk.h"

enum omb_rc omb_compare_check_size(size_t count, struct omb_error *err)
{
    if (count > OMB_COMPARE_PAGE_MAX)
        return omb_fail(err, OMB_LIMIT, NULL, "a page of a comparison has %zu entries, at most %d",
                        count, OMB_COMPARE_PAGE_MAX);
    return OMB_OK;
}

/* --- the sum of a case --- */

struct places {
    struct omb_arena *arena;
    struct omb_row_at *items;
    size_t count, room;
};

static enum omb_rc take_place(void *arg, struct omb_view key, struct omb_view value)
{
    struct places *places = arg;
    struct omb_case_id id;
    struct omb_row_at at;

    (void)value;
    if (!omb_key_read_case_log(key, &id, &at.number, &at.seq))
        return OMB_DAMAGED;
    if (places->count == places->room) {
        const size_t room = places->room ? 2 * places->room : 32;
        struct omb_row_at *items = OMB_ARENA_NEW(places->arena, struct omb_row_at, room);

        if (places->count > 0)
            memcpy(items, places->items, places->count * sizeof(*items));
        places->items = items;
        places->room = room;
    }
    places->items[places->count++] = at;
    return OMB_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, OMB_DIGEST_SIZE);
}

/* Digests of the records held of a case, in rising order, after the tag. */
static enum omb_rc sum_case(struct omb_step *step, const struct omb_case_id *id,
                            struct omb_case_sum *out, struct omb_error *err)
{
    const struct omb_key prefix = omb_key_case(id);
    struct places places = {.arena = step->arena};
    struct omb_digest *digests, hash;
    enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_CASE_LOG, omb_key_view(&prefix),
                                          take_place, &places);

    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the records of a case cannot be read");
    omb_looked(step, places.count);
    digests = OMB_ARENA_NEW(step->arena, struct omb_digest, places.count);
    for (size_t i = 0; i < places.count; i++) {
        struct omb_header header;

        rc = omb_header_read(step, &places.items[i], &header, &digests[i], NULL, err);
        if (rc != OMB_OK)
            return rc;
    }
    if (places.count > 1)
        qsort(digests, places.count, sizeof(*digests), by_bytes);
    hash = omb_hash("ombud/case-sum/1",
                    omb_view((const uint8_t *)digests, places.count * sizeof(*digests)));
    *out = (struct omb_case_sum){
        .case_id = omb_shape_copy(&omb_shape_case_id, id, step->arena),
        .count = places.count,
        .hash = omb_arena_copy(step->arena, OMB_VIEW_OF(hash.bytes)),
    };
    return OMB_OK;
}

/* --- pages of cases --- */

struct scope_page {
    struct omb_case_id *items;
    struct omb_view after; /* the whole key of the row that the page begins behind; or empty */
    size_t count, max;
    bool more;
};

static enum omb_rc take_scope(void *arg, struct omb_view key, struct omb_view value)
{
    struct scope_page *page = arg;

    (void)value;
    if (page->after.size > 0 && omb_view_compare(key, page->after) <= 0)
        return OMB_OK;
    if (page->count == page->max) {
        page->more = true;
        return OMB_STOP;
    }
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_CASE_KEY_SIZE ||
        !omb_key_read_case(omb_view(key.data + 1 + OMB_OFFICE_ID_SIZE, OMB_CASE_KEY_SIZE),
                           &page->items[page->count++]))
        return OMB_DAMAGED;
    return OMB_OK;
}

/* The first key behind all that begin as this one; it never is all of 0xff. */
static struct omb_key behind(struct omb_key key)
{
    while (key.size > 0 && key.bytes[key.size - 1] == 0xff)
        key.size--;
    OMB_ASSERT(key.size > 0);
    key.bytes[key.size - 1]++;
    return key;
}

static enum omb_rc read_scope_page(struct omb_step *step, const struct omb_office_id *child,
                                   struct omb_view after, struct scope_page *out,
                                   struct omb_error *err)
{
    const struct omb_key prefix = omb_key_scope(child, NULL);
    const struct omb_key until = behind(prefix);
    struct omb_key from = prefix;
    enum omb_rc rc;

    if (after.size > 0) {
        struct omb_case_id id;

        if (!omb_key_read_case(after, &id))
            return omb_fail(err, OMB_INVALID, NULL, "a page of cases begins behind no case");
        from = omb_key_scope(child, &id);
        out->after = omb_arena_copy(step->arena, omb_key_view(&from));
    }
    rc = omb_port_scan(step->port, OMB_FAMILY_PEER, omb_key_view(&from), omb_key_view(&until),
                       false, take_scope, out);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the scope of a child cannot be read");
}

enum omb_rc omb_compare_cases_page(struct omb_step *step, const struct omb_office_id *child,
                                   struct omb_view after, size_t max, struct omb_compare *out,
                                   struct omb_error *err)
{
    struct scope_page page = {.max = max < OMB_COMPARE_PAGE_MAX ? max : OMB_COMPARE_PAGE_MAX};
    struct omb_case_sum *sums;
    size_t count = 0, records = 0;
    enum omb_rc rc;

    OMB_ASSERT(max > 0);
    page.items = OMB_ARENA_NEW(step->arena, struct omb_case_id, page.max);
    rc = read_scope_page(step, child, after, &page, err);
    if (rc != OMB_OK)
        return rc;
    sums = OMB_ARENA_NEW(step->arena, struct omb_case_sum, page.count);
    while (count < page.count && records < OMB_COMPARE_RECORDS_MAX) {
        rc = sum_case(step, &page.items[count], &sums[count], err);
        if (rc != OMB_OK)
            return rc;
        records += sums[count++].count;
    }
    *out = (struct omb_compare){
        .cases = {sums, count},
        .after = omb_arena_copy(step->arena, after),
        .last = !page.more && count == page.count,
    };
    return OMB_OK;
}

static bool same_sum(const struct omb_case_sum *a, const struct omb_case_sum *b)
{
    return a->count == b->count && omb_view_equal(a->hash, b->hash);
}

enum omb_rc omb_compare_cases_answer(struct omb_step *step, const struct omb_compare *page,
                                     struct omb_compare *out, struct omb_error *err)
{
    struct omb_case_sum *differ;
    size_t count = 0;
    enum omb_rc rc = omb_compare_check_size(page->cases.count, err);

    if (rc != OMB_OK)
        return rc;
    differ = OMB_ARENA_NEW(step->arena, struct omb_case_sum, page->cases.count);
    for (size_t i = 0; i < page->cases.count; i++) {
        const struct omb_case_sum *theirs = &page->cases.items[i];

        if (!theirs->case_id)
            return omb_fail(err, OMB_INVALID, NULL, "an entry of a comparison names no case");
        if (omb_looked_enough(step)) { /* what is not summed up is offered again */
            differ[count++] =
                (struct omb_case_sum){.case_id = theirs->case_id, .hash = theirs->hash};
            continue;
        }
        rc = sum_case(step, theirs->case_id, &differ[count], err);
        if (rc != OMB_OK)
            return rc;
        if (!same_sum(theirs, &differ[count]))
            count++;
    }
    *out = (struct omb_compare){
        .cases = {differ, count}, .after = page->after, .last = page->last, .answer = true};
    return OMB_OK;
}

/* Once for each case, in whatever order they are named. */
static bool named_before(const struct omb_case_sum_list *list, size_t at)
{
    const struct omb_key key = omb_key_case(list->items[at].case_id);

    for (size_t i = 0; i < at; i++) {
        const struct omb_key other = omb_key_case(list->items[i].case_id);

        if (omb_view_equal(omb_key_view(&key), omb_key_view(&other)))
            return true;
    }
    return false;
}

enum omb_rc omb_compare_cases_again(struct omb_step *step, const struct omb_office_id *child,
                                    const struct omb_compare *answer, bool *out_all,
                                    struct omb_error *err)
{
    enum omb_rc rc = omb_compare_check_size(answer->cases.count, err);

    *out_all = true;
    for (size_t i = 0; rc == OMB_OK && i < answer->cases.count; i++) {
        if (!answer->cases.items[i].case_id)
            return omb_fail(err, OMB_INVALID, NULL, "an entry of a comparison names no case");
        if (omb_looked_enough(step)) {
            *out_all = false;
            return OMB_OK;
        }
        if (!named_before(&answer->cases, i))
            rc = omb_feed_whole_case(step, child, answer->cases.items[i].case_id, err);
    }
    return rc;
}

struct omb_view omb_compare_cases_next(struct omb_step *step, const struct omb_compare *page)
{
    struct omb_key key;

    if (page->cases.count == 0)
        return page->after;
    key = omb_key_case(page->cases.items[page->cases.count - 1].case_id);
    return omb_arena_copy(step->arena, omb_key_view(&key));
}
