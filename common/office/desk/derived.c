#include "office/desk/derived.h"

#include <string.h>

struct omb_view omb_derived_case_row(struct omb_step *step, const struct omb_casefile *file)
{
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_view copy;

    omb_encode_case_row(&file->folded.row, &value);
    copy = omb_arena_copy(step->arena, omb_buf_view(&value));
    omb_buf_free(&value);
    return copy;
}

struct taking {
    struct omb_arena *arena;
    struct omb_derived_keys *keys;
    size_t room;
};

static void take_key(void *arg, struct omb_view key)
{
    struct taking *take = arg;

    if (take->keys->count == take->room) {
        struct omb_view *items;

        take->room = take->room ? 2 * take->room : 16;
        items = OMB_ARENA_NEW(take->arena, struct omb_view, take->room);
        if (take->keys->count > 0)
            memcpy(items, take->keys->items, take->keys->count * sizeof(*items));
        take->keys->items = items;
    }
    take->keys->items[take->keys->count++] = omb_arena_copy(take->arena, key);
}

enum omb_rc omb_derived_index(struct omb_step *step, const struct omb_casefile *file,
                              struct omb_derived_keys *out, struct omb_error *err)
{
    struct omb_derived_keys keys = {0};
    struct taking take = {.arena = step->arena, .keys = &keys};
    struct omb_view reference;
    enum omb_rc rc = omb_casefile_reference(step, file, &reference, err);

    if (rc != OMB_OK)
        return rc;
    omb_casefile_index(step, &file->folded.row, reference, take_key, &take);
    *out = keys;
    return OMB_OK;
}

struct matching {
    struct omb_view key;
    bool found;
};

static void match_key(void *arg, struct omb_view key)
{
    struct matching *match = arg;

    match->found = match->found || omb_view_equal(match->key, key);
}

enum omb_rc omb_derived_implied(struct omb_step *step, struct omb_view key, struct omb_error *err)
{
    struct matching match = {.key = key};
    struct omb_view value, reference = OMB_VIEW_NONE;
    struct omb_casefile file;
    struct omb_case_row row;
    enum omb_index_kind kind;
    struct omb_case_id id;
    enum omb_rc rc;

    if (!omb_key_read_index(key, &kind, &value, &id))
        return omb_fail(err, OMB_NOT_FOUND, NULL, "its key is none of an index");
    rc = omb_case_row_read(step, &id, &row, err);
    /* All but references follow from the row; those are in an extract. */
    if (rc == OMB_OK && kind == OMB_INDEX_REFERENCE) {
        rc = omb_casefile_load(step, &id, &file, err);
        if (rc == OMB_OK)
            rc = omb_casefile_reference(step, &file, &reference, err);
    }
    if (rc != OMB_OK)
        return rc;
    if (row.case_id == NULL)
        return omb_fail(err, OMB_DAMAGED, NULL, "the row of its case is damaged");
    omb_casefile_index(step, &row, reference, match_key, &match);
    if (!match.found)
        return omb_fail(err, OMB_NOT_FOUND, NULL, "its case does not imply it");
    return OMB_OK;
}

enum omb_rc omb_derived_stands(struct omb_step *step, enum omb_family family, struct omb_view key,
                               struct omb_view value, bool *out, struct omb_error *err)
{
    struct omb_buf stored = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(step->port, family, key, &stored);

    if (rc == OMB_OK || rc == OMB_NOT_FOUND) {
        *out = rc == OMB_OK && omb_view_equal(omb_buf_view(&stored), value);
        rc = OMB_OK;
    } else {
        rc = omb_fail(err, rc, NULL, "the rows of `%s` cannot be read", omb_family_name(family));
    }
    omb_buf_free(&stored);
    return rc;
}
