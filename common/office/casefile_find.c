/*
 * Finding a case by its printed number; reading its derived row is casefile.c.
 */
#include <stdio.h>
#include <string.h>

#include "cases/number.h"
#include "office/inside.h"

enum { LISTED_MAX = 4 };

/* Cases of an index row. */
struct candidates {
    const struct omb_number *like; /* NULL: any */
    struct omb_case_id items[OMB_FORMERLY_MAX];
    size_t count;
    size_t unlike; /* of that serial, and not with that number */
    bool more;     /* than are looked at */
};

static enum omb_rc take_candidate(void *arg, struct omb_view key, struct omb_view value)
{
    struct candidates *candidates = arg;
    enum omb_index_kind kind;
    struct omb_view text;
    struct omb_case_id id;

    (void)value;
    if (!omb_key_read_index(key, &kind, &text, &id))
        return OMB_DAMAGED;
    if (candidates->like != NULL && !omb_number_matches(candidates->like, &id)) {
        candidates->unlike++;
        return OMB_OK;
    }
    candidates->more = candidates->count == OMB_FORMERLY_MAX;
    if (candidates->more)
        return OMB_STOP;
    candidates->items[candidates->count++] = id;
    return OMB_OK;
}

/* `like`: of cases with that number alone; a store that was put back often has many of a serial. */
static enum omb_rc read_index(struct omb_step *step, enum omb_index_kind kind, struct omb_view code,
                              uint32_t year, uint64_t serial, const struct omb_number *like,
                              struct candidates *out, struct omb_error *err)
{
    char value[OMB_NUMBER_SIZE];
    struct omb_key prefix;
    enum omb_rc rc;

    *out = (struct candidates){.like = like};
    snprintf(value, sizeof(value), "%.*s-%u-%llu", OMB_VIEW_ARGS(code), year,
             (unsigned long long)serial);
    prefix = omb_key_index(kind, omb_view_str(value), NULL);
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_INDEX, omb_key_view(&prefix), take_candidate,
                              out);
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the case numbers in the store cannot be read");
}

/* --- by the number that a case had --- */

/*
 * Whether the case came to nothing: its registration was written again here (desk/renew.h), or is
 * with nobody above the office that wrote it.
 */
static enum omb_rc is_void(struct omb_step *step, const struct omb_case_id *id, bool *out,
                           struct omb_error *err)
{
    struct omb_casefile file;
    enum omb_rc rc = omb_casefile_load(step, id, &file, err);

    if (rc != OMB_OK)
        return rc;
    *out = file.folded.status == OMB_STATUS_WAITING;
    for (size_t i = 0; rc == OMB_OK && !*out && i < file.event_count; i++) {
        const struct omb_key key = omb_key_renewed(&file.events[i].digest);
        struct omb_buf value = OMB_BUF_INIT;

        if (file.events[i].facts->event.tag != OMB_EVENT_REGISTERED)
            continue;
        rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);
        omb_buf_free(&value);
        *out = rc == OMB_OK;
        rc = rc == OMB_NOT_FOUND ? OMB_OK : rc;
    }
    return rc == OMB_OK ? rc
                        : omb_fail(err, rc, NULL, "the rows of renewed records cannot be read");
}

/* Those that came to nothing go off the list: they were registered again themselves. */
static enum omb_rc drop_void(struct omb_step *step, struct candidates *candidates,
                             struct omb_error *err)
{
    size_t kept = 0;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < candidates->count; i++) {
        bool none = false;

        rc = is_void(step, &candidates->items[i], &none, err);
        if (rc == OMB_OK && !none)
            candidates->items[kept++] = candidates->items[i];
    }
    candidates->count = kept;
    return rc;
}

/* Takes those off the list whose former id `keep` does not want. */
static enum omb_rc narrow(struct omb_step *step, struct candidates *candidates,
                          bool (*keep)(const void *arg, const struct omb_case_id *formerly),
                          const void *arg, struct omb_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < candidates->count; i++) {
        struct omb_case_row row;
        const enum omb_rc rc = omb_case_row_read(step, &candidates->items[i], &row, err);

        if (rc != OMB_OK)
            return rc;
        for (size_t j = 0; j < row.formerly.count; j++)
            if (keep(arg, &row.formerly.items[j])) {
                candidates->items[kept++] = candidates->items[i];
                break;
            }
    }
    candidates->count = kept;
    return kept > 1 ? drop_void(step, candidates, err) : OMB_OK;
}

static bool has_number(const void *arg, const struct omb_case_id *formerly)
{
    return omb_number_matches(arg, formerly);
}

static bool is_case(const void *arg, const struct omb_case_id *formerly)
{
    return omb_case_id_equal(arg, formerly);
}

enum omb_rc omb_casefile_replacing(struct omb_step *step, const struct omb_case_id *formerly,
                                   struct omb_case_id out[OMB_FORMERLY_MAX], size_t *out_count,
                                   struct omb_error *err)
{
    struct candidates candidates;
    enum omb_rc rc = read_index(step, OMB_INDEX_FORMERLY, omb_office_code_of(step, &formerly->home),
                                formerly->year, formerly->serial, NULL, &candidates, err);

    if (rc == OMB_OK)
        rc = narrow(step, &candidates, is_case, formerly, err);
    if (rc != OMB_OK)
        return rc;
    memcpy(out, candidates.items, candidates.count * sizeof(*out));
    *out_count = candidates.count;
    return OMB_OK;
}

/* --- by its number --- */

static enum omb_rc not_found(struct omb_step *step, const struct omb_number *number, size_t near,
                             struct omb_error *err)
{
    struct omb_office_ref home;
    enum omb_rc rc;

    if (near > 0 && number->exact)
        return omb_fail(err, OMB_NOT_FOUND, "number",
                        "no case %llu of %u of %s is here that this life of its log registered",
                        (unsigned long long)number->serial, number->year, number->code);
    if (near > 0)
        return omb_fail(err, OMB_NOT_FOUND, "number",
                        "the check characters %s do not belong to case %llu of %u of %s: "
                        "something is mistyped, or the store that had it was put back",
                        number->check, (unsigned long long)number->serial, number->year,
                        number->code);
    rc = omb_office_by_code(step, omb_view_str(number->code), &home, err);
    if (rc != OMB_OK)
        return rc;
    return omb_fail(err, OMB_NOT_FOUND, "number", "no case %llu of %u of %s is here",
                    (unsigned long long)number->serial, number->year, number->code);
}

/* The number with its life and the day of the registration, as another one of a list. */
static enum omb_rc list_one(struct omb_step *step, const struct omb_case_id *id,
                            struct omb_buf *list, struct omb_error *err)
{
    char exact[OMB_NUMBER_EXACT_SIZE];
    struct omb_case_row row;
    enum omb_rc rc = omb_case_row_read(step, id, &row, err);

    if (rc != OMB_OK)
        return rc;
    omb_number_print_exact(id, omb_office_code_of(step, &id->home), exact);
    omb_buf_printf(list, "%s%s", list->size > 0 ? ", " : "", exact);
    if (row.registered_at > 0) {
        const struct omb_civil day = omb_zone_local(step->office->setup.zone, row.registered_at);

        omb_buf_printf(list, " of %04d-%02d-%02d", day.year, day.month, day.day);
    }
    return OMB_OK;
}

/* Lives of a store that was put back gave one serial, and their check characters are the same. */
static enum omb_rc fail_ambiguous(struct omb_step *step, const struct candidates *found,
                                  struct omb_error *err)
{
    struct omb_buf list = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    for (size_t i = 0; rc == OMB_OK && i < found->count && i < LISTED_MAX; i++)
        rc = list_one(step, &found->items[i], &list, err);
    if (rc == OMB_OK)
        rc =
            omb_fail(err, OMB_INVALID, "number", "%zu cases here have this number; say which: %s%s",
                     found->count, omb_buf_str(&list), found->count > LISTED_MAX ? ", ..." : "");
    omb_buf_free(&list);
    return rc;
}

/* What came to nothing gives way to a case that had its number before, and to another with it. */
static enum omb_rc prefer(struct omb_step *step, struct candidates *now,
                          const struct candidates *before, struct omb_error *err)
{
    const struct candidates all = *now;
    enum omb_rc rc = OMB_OK;

    if (now->count + before->count > 1)
        rc = drop_void(step, now, err);
    if (now->count == 0)
        *now = before->count > 0 ? *before : all;
    return rc;
}

/* A case that has the number comes before one that had it, unless it came to nothing. */
enum omb_rc omb_casefile_find(struct omb_step *step, struct omb_view number,
                              struct omb_case_id *out, struct omb_error *err)
{
    struct omb_number parsed;
    struct candidates now, before;
    size_t near;
    enum omb_rc rc = omb_number_parse(number, &parsed, err);

    if (rc != OMB_OK)
        return rc;
    rc = read_index(step, OMB_INDEX_NUMBER, omb_view_str(parsed.code), parsed.year, parsed.serial,
                    &parsed, &now, err);
    if (rc == OMB_OK)
        rc = read_index(step, OMB_INDEX_FORMERLY, omb_view_str(parsed.code), parsed.year,
                        parsed.serial, NULL, &before, err);
    if (rc != OMB_OK)
        return rc;
    near = now.count + now.unlike + before.count;
    if (now.more || (now.count == 0 && before.more))
        return omb_fail(err, OMB_LIMIT, "number", "more than %d cases here have this number",
                        OMB_FORMERLY_MAX);
    if (before.count > 0)
        rc = narrow(step, &before, has_number, &parsed, err);
    if (rc == OMB_OK)
        rc = prefer(step, &now, &before, err);
    if (rc != OMB_OK)
        return rc;
    if (now.count == 0)
        return not_found(step, &parsed, near, err);
    if (now.count > 1)
        return fail_ambiguous(step, &now, err);
    *out = now.items[0];
    return OMB_OK;
}
