/*
 * Imports: many rows in one request, each a registration with what followed. A row is imported
 * once: its reference at the source is indexed with the case. A row that is refused rolls back
 * alone.
 */
#include <string.h>

#include "base/assert.h"
#include "office/desk/act.h"
#include "office/savepoint.h"
#include "wire/limits.h"

/* "cfpb/7887": the value of an index row; NUL and over-long references were refused by then. */
static struct omb_view reference_value(struct omb_step *step, struct omb_view source,
                                       struct omb_view reference)
{
    return omb_arena_printf(step->arena, "%.*s/%.*s", OMB_VIEW_ARGS(source),
                            OMB_VIEW_ARGS(reference));
}

struct seen {
    struct omb_case_id id;
    bool found;
};

static enum omb_rc take_case(void *arg, struct omb_view key, struct omb_view value)
{
    struct seen *seen = arg;

    (void)value;
    OMB_ASSERT(key.size > OMB_CASE_KEY_SIZE);
    seen->found = omb_key_read_case(
        omb_view(key.data + key.size - OMB_CASE_KEY_SIZE, OMB_CASE_KEY_SIZE), &seen->id);
    return OMB_STOP;
}

/*
 * The case that was made of this row before. Of one whose words are withheld it is not known
 * whether it was erased, and its reference with it: as a duplicate the row could be lost, as a new
 * case it could be there twice.
 */
static enum omb_rc find_imported(struct omb_step *step, struct omb_view value, struct seen *out,
                                 struct omb_error *err)
{
    const struct omb_key prefix = omb_key_index(OMB_INDEX_REFERENCE, value, NULL);
    struct omb_view words;
    bool withheld = false;
    enum omb_rc rc;

    memset(out, 0, sizeof(*out));
    rc = omb_port_scan_prefix(step->port, OMB_FAMILY_INDEX, omb_key_view(&prefix), take_case, out);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the references of imported cases cannot be read");
    if (out->found)
        rc = omb_restored_withholds(step, &out->id, &withheld, &words, err);
    if (rc == OMB_OK && withheld)
        rc = omb_fail(err, OMB_REFUSED, "reference",
                      "whether its case is here or was erased is not known, import it later: %.*s",
                      OMB_VIEW_ARGS(words));
    return rc;
}

/* What the case will be indexed by, once its registration is written, must be what the row says. */
static bool names_its_source(struct omb_view source, const struct omb_import_row *row)
{
    const struct omb_registered *registered = OMB_AS(registered, row->act->facts->event);

    return registered->imported != NULL &&
           omb_view_equal(registered->imported->source, source) && row->act->extract != NULL &&
           omb_view_equal(row->act->extract->reference, row->reference);
}

static enum omb_rc check_row(struct omb_view source, const struct omb_import_row *row,
                             struct omb_error *err)
{
    if (row->reference.size == 0)
        return omb_fail(err, OMB_MISSING, "reference", "a row needs its id at the source");
    if (row->reference.size > OMB_CODE_MAX)
        return omb_fail(err, OMB_LIMIT, "reference", "the id at the source is over %d bytes",
                        OMB_CODE_MAX);
    if (row->act == NULL || row->act->facts == NULL ||
        row->act->facts->event.tag != OMB_EVENT_REGISTERED)
        return omb_fail(err, OMB_INVALID, "act", "a row begins with a registration");
    if (!names_its_source(source, row))
        return omb_fail(err, OMB_INVALID, "act",
                        "the registration names another source or reference than the row");
    return OMB_OK;
}

static enum omb_rc import_new(struct omb_step *step, const struct omb_import_row *row,
                              struct omb_import_result *result,
                              struct omb_error *err)
{
    struct omb_buf warnings = OMB_BUF_INIT;
    struct omb_act_work work = {
        .step = step, .act = row->act, .imported = true, .warnings = &warnings};
    enum omb_rc rc = omb_act_write(&work, err);

    if (rc == OMB_OK)
        result->number = omb_act_number(step, &work.file.id);
    else
        omb_desk_within(err, "act");
    omb_buf_free(&warnings);
    return rc;
}

/* Only a store that cannot be read ends the whole request; a refusal is the row's own. */
static enum omb_rc import_row(struct omb_step *step, struct omb_view source,
                              const struct omb_import_row *row, bool dry_run,
                              struct omb_import_result *result, struct omb_error *err)
{
    struct omb_savepoint before;
    struct seen seen = {.found = false};
    struct omb_error why = {0};
    enum omb_rc rc = check_row(source, row, &why);

    result->line = row->line;
    omb_step_save(step, &before);
    if (rc == OMB_OK)
        rc = find_imported(step, reference_value(step, source, row->reference), &seen, &why);
    if (rc == OMB_OK && seen.found) {
        result->duplicate = true;
        result->number = omb_act_number(step, &seen.id);
    } else if (rc == OMB_OK) {
        rc = import_new(step, row, result, &why);
        if (dry_run)
            result->number = OMB_VIEW_NONE;
    }
    if (rc != OMB_OK || dry_run)
        omb_step_restore(step, &before);
    omb_wipe(&before, sizeof(before));
    if (rc == OMB_DAMAGED || rc == OMB_IO || rc == OMB_FULL) {
        if (err != NULL)
            *err = why;
        return rc;
    }
    if (rc != OMB_OK) {
        struct omb_refusal *refusal = OMB_ARENA_NEW(step->arena, struct omb_refusal, 1);

        refusal->code = omb_view_str(omb_rc_word(rc));
        refusal->words = omb_arena_copy(step->arena, omb_view_str(why.words));
        refusal->field = omb_arena_copy(step->arena, omb_view_str(why.field));
        result->error = refusal;
        result->number = OMB_VIEW_NONE;
    }
    return OMB_OK;
}

enum omb_rc omb_desk_import_batch(struct omb_step *step, const void *ask, const void **out,
                                  struct omb_error *err)
{
    const struct omb_import_batch *batch = ask;
    struct omb_import_done *done = OMB_ARENA_NEW(step->arena, struct omb_import_done, 1);
    struct omb_import_result *results;

    if (!omb_text_is_code(batch->source))
        return omb_fail(err, OMB_INVALID, "source", "an import needs the code of its source");
    if (batch->rows.count > OMB_IMPORT_ROWS_MAX)
        return omb_fail(err, OMB_LIMIT, "rows", "a batch holds at most %d rows",
                        OMB_IMPORT_ROWS_MAX);
    results = OMB_ARENA_NEW(step->arena, struct omb_import_result, batch->rows.count);
    for (size_t i = 0; i < batch->rows.count; i++) {
        const enum omb_rc rc = import_row(step, batch->source, &batch->rows.items[i],
                                          batch->dry_run, &results[i], err);

        if (rc != OMB_OK)
            return rc;
    }
    done->results.items = results;
    done->results.count = batch->rows.count;
    *out = done;
    return OMB_OK;
}
