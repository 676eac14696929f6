/*
 * Offices and operators: who is known here, by certificates and enrolments, and the patterns over
 * the tree of offices that filters use.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "office/desk/view.h"

#define EXPIRES_SOON_MS (30 * OMB_DAY_MS)
#define LEVELS_MAX 16 /* of a pattern; a tree is at most OMB_CHAIN_MAX deep */

/* --- which offices there are --- */

struct id_list {
    struct omb_arena *arena;
    struct omb_office_id *items;
    size_t count, room;
};

static void add_id(struct id_list *list, const struct omb_office_id *id)
{
    if (list->count == list->room) {
        struct omb_office_id *items;

        list->room = list->room ? 2 * list->room : 32;
        items = OMB_ARENA_NEW(list->arena, struct omb_office_id, list->room);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    list->items[list->count++] = *id;
}

/* Rows of one office follow each other. */
static enum omb_rc visit_id(void *arg, struct omb_view key, struct omb_view value)
{
    struct id_list *list = arg;
    struct omb_office_id id;

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(id.bytes, key.data + 1, OMB_OFFICE_ID_SIZE);
    if (list->count == 0 || !omb_office_id_equal(&list->items[list->count - 1], &id))
        add_id(list, &id);
    return OMB_OK;
}

enum omb_rc omb_desk_office_ids(struct omb_step *step, struct omb_office_id **out,
                                size_t *out_count, struct omb_error *err)
{
    struct id_list list = {.arena = step->arena};
    const enum omb_rc rc =
        omb_desk_scan(step, OMB_FAMILY_OFFICE, OMB_VIEW_LIT("I"), NULL, visit_id, &list, err);

    if (rc != OMB_OK)
        return rc;
    *out = list.items;
    *out_count = list.count;
    return OMB_OK;
}

/* --- patterns --- */

struct path {
    struct omb_view parts[LEVELS_MAX];
    size_t count;
};

static enum omb_rc split_pattern(struct omb_view pattern, struct path *out, struct omb_error *err)
{
    size_t from = 0;

    out->count = 0;
    for (size_t i = 0; i <= pattern.size; i++) {
        const bool ends = i == pattern.size || pattern.data[i] == '/';

        if (!ends && strchr("abcdefghijklmnopqrstuvwxyz0123456789-*?", pattern.data[i]) == NULL)
            return omb_fail(err, OMB_INVALID, "office",
                            "an office is a code, or a path of codes with * ? and **");
        if (!ends)
            continue;
        if (i == from || out->count == LEVELS_MAX)
            return omb_fail(err, OMB_INVALID, "office",
                            "a path of offices has 1 to %d levels, none of them empty",
                            LEVELS_MAX);
        out->parts[out->count++] = omb_view(pattern.data + from, i - from);
        from = i + 1;
    }
    return OMB_OK;
}

static bool code_matches(struct omb_view pattern, struct omb_view code)
{
    size_t p = 0, c = 0, star = SIZE_MAX, retry = 0;

    while (c < code.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            retry = c;
        } else if (p < pattern.size &&
                   (pattern.data[p] == '?' || pattern.data[p] == code.data[c])) {
            p++;
            c++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            c = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*')
        p++;
    return p == pattern.size;
}

static bool path_matches(const struct omb_view *pattern, size_t pattern_count,
                         const struct omb_view *path, size_t path_count)
{
    if (pattern_count == 0)
        return path_count == 0;
    if (omb_view_is(pattern[0], "**")) {
        for (size_t skip = 0; skip <= path_count; skip++) {
            if (path_matches(pattern + 1, pattern_count - 1, path + skip, path_count - skip))
                return true;
        }
        return false;
    }
    return path_count > 0 && code_matches(pattern[0], path[0]) &&
           path_matches(pattern + 1, pattern_count - 1, path + 1, path_count - 1);
}

static void path_of(struct omb_step *step, const struct omb_office_card *card, struct path *out)
{
    const struct omb_seat *seat = &card->seat;

    out->count = 0;
    for (size_t i = seat->above_count; i > 0; i--)
        out->parts[out->count++] = omb_office_code_of(step, &seat->above[i - 1]);
    out->parts[out->count++] = seat->code;
}

/* A pattern may begin at any level of the tree. */
static bool office_matches(const struct path *pattern, const struct path *office)
{
    for (size_t from = 0; from < office->count; from++) {
        if (path_matches(pattern->parts, pattern->count, office->parts + from,
                         office->count - from))
            return true;
    }
    return false;
}

static bool is_pattern(struct omb_view text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (strchr("*?/", text.data[i]) != NULL)
            return true;
    }
    return false;
}

static enum omb_rc match_pattern(struct omb_step *step, struct omb_view text, struct id_list *list,
                                 struct omb_error *err)
{
    const size_t before = list->count;
    struct omb_office_id *ids;
    struct path pattern, office;
    size_t count;
    enum omb_rc rc = split_pattern(text, &pattern, err);

    if (rc == OMB_OK)
        rc = omb_desk_office_ids(step, &ids, &count, err);
    if (rc != OMB_OK)
        return rc;
    for (size_t i = 0; i < count; i++) {
        const struct omb_office_card *card = omb_office_newest(step, &ids[i]);

        if (card == NULL)
            continue;
        path_of(step, card, &office);
        if (office_matches(&pattern, &office))
            add_id(list, &ids[i]);
    }
    if (list->count == before)
        return omb_fail(err, OMB_NOT_FOUND, "office", "no office here matches %.*s",
                        OMB_VIEW_ARGS(text));
    return OMB_OK;
}

static enum omb_rc match_code(struct omb_step *step, struct omb_view code, struct id_list *list,
                              struct omb_error *err)
{
    struct omb_office_ref ref;
    enum omb_rc rc = omb_desk_office(step, code, "office", &ref, err);

    if (rc == OMB_OK)
        add_id(list, &ref.office);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct omb_office_id *first = a, *second = b;

    return OMB_ID_COMPARE(first, second);
}

enum omb_rc omb_desk_office_match(struct omb_step *step, const struct omb_views *patterns,
                                  struct omb_office_id **out, size_t *out_count,
                                  struct omb_error *err)
{
    struct id_list list = {.arena = step->arena};
    size_t distinct = 0;

    for (size_t i = 0; i < patterns->count; i++) {
        const struct omb_view text = patterns->items[i];
        const enum omb_rc rc = is_pattern(text) ? match_pattern(step, text, &list, err)
                                                : match_code(step, text, &list, err);

        if (rc != OMB_OK)
            return rc;
    }
    if (list.count > 0)
        qsort(list.items, list.count, sizeof(*list.items), by_id);
    for (size_t i = 0; i < list.count; i++) {
        if (i == 0 || !omb_office_id_equal(&list.items[i], &list.items[distinct - 1]))
            list.items[distinct++] = list.items[i];
    }
    *out = list.items;
    *out_count = distinct;
    return OMB_OK;
}

/* --- office list, office show --- */

static bool has_row(const struct omb_step *step, const struct omb_key *key)
{
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc =
        omb_port_get(step->port, OMB_FAMILY_OFFICE, omb_key_view(key), &value);

    omb_buf_free(&value);
    return rc == OMB_OK;
}

static const char *state_of(const struct omb_step *step, const struct omb_office_card *card)
{
    const struct omb_certificate *inner = &card->certificate.inner;
    const struct omb_key closing = omb_key_closing(&inner->office);
    const int64_t now = step->input->now_ms;

    if (card->revoked)
        return "revoked";
    if (has_row(step, &closing))
        return "closed";
    if (now > inner->not_after)
        return "expired";
    return now > inner->not_after - EXPIRES_SOON_MS ? "expires-soon" : "valid";
}

/* Whether it has another signing key than before, and the holder of that one had no part in it. */
static bool is_rekeyed(struct omb_step *step, const struct omb_office_card *card)
{
    const struct omb_office_card *at = omb_office_card(step, &card->certificate.inner.previous);
    struct omb_known_certificate *chain =
        OMB_ARENA_NEW(step->arena, struct omb_known_certificate, OMB_CHAIN_MAX);
    const struct omb_view key = card->certificate.inner.signing_key;
    size_t count = 0;

    if (at == NULL || omb_view_equal(key, at->certificate.inner.signing_key))
        return false;
    for (; at != NULL && count < OMB_CHAIN_MAX;
         at = omb_office_card(step, &at->certificate.inner.issuer))
        chain[count++] = at->certificate;
    return omb_certify_further(&card->certificate, chain, count) != OMB_FURTHER_COUNTS;
}

static struct omb_view fingerprint_of(struct omb_step *step, struct omb_view key)
{
    char print[40];

    omb_fingerprint(key.data, print);
    return omb_arena_copy(step->arena, omb_view_str(print));
}

static struct omb_views codes_of(struct omb_step *step, const struct omb_office_card *card)
{
    struct omb_lines lines = {.arena = step->arena};

    for (size_t i = 0; i < card->seat.succeeds_count; i++)
        omb_lines_add(&lines, "%.*s",
                      OMB_VIEW_ARGS(omb_office_code_of(step, &card->seat.succeeds[i].closed)));
    return omb_lines_views(&lines);
}

/* The code of the office that a closing named; empty: it was not closed. */
static struct omb_view successor_of(struct omb_step *step, const struct omb_office_id *office)
{
    const struct omb_key key = omb_key_closing(office);
    const struct omb_office_ref *successor = NULL;
    struct omb_opened record;
    struct omb_row_at at;

    if (omb_office_place(step, &key, &at, NULL) == OMB_OK &&
        omb_desk_open(step, at.number, at.seq, &record, NULL) == OMB_OK && record.header.facts &&
        record.header.facts->event.tag == OMB_EVENT_OFFICE_CLOSED)
        successor = OMB_AS(office_closed, record.header.facts->event)->successor;
    return successor ? omb_office_code_of(step, &successor->office) : OMB_VIEW_NONE;
}

static enum omb_rc count_row(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    return ++*(size_t *)arg < 2 ? OMB_OK : OMB_STOP;
}

static bool is_code_of_two(struct omb_step *step, struct omb_view code)
{
    const struct omb_key prefix = omb_key_office_code(code, NULL);
    size_t count = 0;

    return omb_port_scan_prefix(step->port, OMB_FAMILY_OFFICE, omb_key_view(&prefix), count_row,
                                &count) == OMB_OK &&
           count > 1;
}

static void office_view(struct omb_step *step, const struct omb_office_card *card,
                        struct omb_office_view *out)
{
    const struct omb_certificate *inner = &card->certificate.inner;

    *out = (struct omb_office_view){
        .code = inner->code,
        .name = inner->name,
        .kind = inner->kind,
        .depth = inner->depth,
        .id = omb_desk_hex(step->arena, OMB_VIEW_OF(inner->office.bytes)),
        .certificate = omb_desk_hex(step->arena, OMB_VIEW_OF(card->certificate.digest.bytes)),
        .not_before = inner->not_before,
        .not_after = inner->not_after,
        .state = omb_view_str(state_of(step, card)),
        .self = omb_office_id_equal(&inner->office, &omb_office_self(step->office)->office),
        .anchor = omb_desk_hex(step->arena, omb_office_anchor(step->office)),
        .same_code = is_code_of_two(step, inner->code),
        .service = inner->service,
        .rekeyed = is_rekeyed(step, card),
        .fingerprint = fingerprint_of(step, inner->signing_key),
        .transport = fingerprint_of(step, inner->transport_key),
        .succeeds = codes_of(step, card),
        .successor = successor_of(step, &inner->office),
    };
    if (!omb_office_id_none(&inner->parent))
        out->parent = omb_office_code_of(step, &inner->parent);
    if (!omb_digest_none(&inner->previous))
        out->previous = omb_desk_hex(step->arena, OMB_VIEW_OF(inner->previous.bytes));
}

static int by_depth(const void *a, const void *b)
{
    const struct omb_office_view *first = a, *second = b;

    if (first->depth != second->depth)
        return first->depth < second->depth ? -1 : 1;
    return omb_view_compare(first->code, second->code);
}

enum omb_rc omb_desk_office_list(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    struct omb_office_list *answer = OMB_ARENA_NEW(step->arena, struct omb_office_list, 1);
    struct omb_office_view *views;
    struct omb_office_id *ids;
    size_t count, shown = 0;
    enum omb_rc rc = omb_desk_office_ids(step, &ids, &count, err);

    (void)ask;
    if (rc != OMB_OK)
        return rc;
    views = OMB_ARENA_NEW(step->arena, struct omb_office_view, count);
    for (size_t i = 0; i < count; i++) {
        const struct omb_office_card *card = omb_office_newest(step, &ids[i]);

        if (card != NULL)
            office_view(step, card, &views[shown++]);
    }
    if (shown > 0)
        qsort(views, shown, sizeof(*views), by_depth);
    answer->offices.items = views;
    answer->offices.count = shown;
    *out = answer;
    return OMB_OK;
}

enum omb_rc omb_desk_office_show(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_office_ask *request = ask;
    struct omb_office_view *view = OMB_ARENA_NEW(step->arena, struct omb_office_view, 1);
    const struct omb_office_card *card;
    struct omb_office_ref ref;
    const struct omb_view code =
        request->code.size ? request->code : omb_office_self_code(step->office);
    enum omb_rc rc = omb_desk_office(step, code, "code", &ref, err);

    if (rc != OMB_OK)
        return rc;
    card = omb_office_card(step, &ref.certificate);
    if (card == NULL)
        return omb_fail(err, OMB_NOT_FOUND, "code", "that office's certificate is not here");
    office_view(step, card, view);
    *out = view;
    return OMB_OK;
}

/* --- operator list --- */

struct omb_view omb_desk_operator_name(struct omb_step *step, const struct omb_operator_row *row)
{
    const struct omb_view digest = omb_desk_hex(step->arena, OMB_VIEW_OF(row->record.bytes));
    struct omb_opened record;
    struct omb_event event = {0};
    struct omb_body body = {0};
    struct omb_row_at at;

    if (omb_record_find(step, digest, &at, NULL) != OMB_OK ||
        omb_desk_open(step, at.number, at.seq, &record, NULL) != OMB_OK)
        return OMB_VIEW_NONE;
    event.digest = record.digest;
    event.office = record.header.office;
    event.incarnation = record.header.incarnation;
    event.seq = record.header.seq;
    event.facts = record.header.facts;
    if (omb_vault_body(step, &event, &at, &body) != OMB_OK ||
        body.event.tag != OMB_BODY_OPERATOR_ENROLLED)
        return OMB_VIEW_NONE;
    return OMB_AS(operator_body, body.event)->name;
}

struct staff {
    struct omb_step *step;
    bool names;
    struct omb_operator_view *views;
    size_t count, room;
    struct omb_error *err;
};

static enum omb_rc visit_operator(void *arg, struct omb_view key, struct omb_view value)
{
    struct staff *staff = arg;
    struct omb_operator_row row;
    struct omb_operator_view *view;
    char print[40] = "";

    (void)key;
    if (omb_decode_operator_row(value, staff->step->arena, &row, NULL) != OMB_OK)
        return omb_fail(staff->err, OMB_DAMAGED, NULL, "an operator's row cannot be read");
    if (staff->count == staff->room) {
        struct omb_operator_view *views;

        staff->room = staff->room ? 2 * staff->room : 32;
        views = OMB_ARENA_NEW(staff->step->arena, struct omb_operator_view, staff->room);
        if (staff->count > 0)
            memcpy(views, staff->views, staff->count * sizeof(*views));
        staff->views = views;
    }
    view = &staff->views[staff->count++];
    if (row.public_key.size == OMB_PUBLIC_SIZE)
        omb_fingerprint(row.public_key.data, print);
    *view = (struct omb_operator_view){
        .code = row.code,
        .roles = row.roles,
        .title = row.title,
        .key = omb_arena_copy(staff->step->arena, omb_view_str(print)),
        .revoked = row.revoked,
        .since = row.since,
    };
    if (staff->names)
        view->name = omb_desk_operator_name(staff->step, &row);
    return OMB_OK;
}

/* Names of staff are for admins alone: they are sealed where they are kept. */
enum omb_rc omb_desk_operator_list(struct omb_step *step, const void *ask, const void **out,
                                   struct omb_error *err)
{
    struct omb_operator_list *answer = OMB_ARENA_NEW(step->arena, struct omb_operator_list, 1);
    struct staff staff = {
        .step = step,
        .names = (omb_desk_asking(step) & OMB_MAY(ADMIN)) != 0,
        .err = err,
    };
    enum omb_rc rc = omb_desk_scan(step, OMB_FAMILY_OPERATOR, OMB_VIEW_NONE, NULL, visit_operator,
                                   &staff, err);

    (void)ask;
    if (rc != OMB_OK)
        return rc;
    answer->operators.items = staff.views;
    answer->operators.count = staff.count;
    *out = answer;
    return OMB_OK;
}
