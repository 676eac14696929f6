#include "office/restored.h"

#include <string.h>

#include "office/inside.h"
#include "office/receive.h"

/* --- what is kept --- */

enum omb_rc omb_restored_load(struct omb_office *office, struct omb_error *err)
{
    const struct omb_key key = omb_key_meta("restored");
    struct omb_withholding *restored = &office->restored;
    struct omb_buf value = OMB_BUF_INIT;
    struct omb_arena arena;
    enum omb_rc rc = omb_port_get(office->setup.port, OMB_FAMILY_META, omb_key_view(&key), &value);

    omb_arena_init(&arena, SIZE_MAX);
    if (rc == OMB_OK) {
        restored->on = true;
        if (omb_decode_restored_row(omb_buf_view(&value), &arena, &restored->row, NULL) != OMB_OK)
            rc = omb_fail(err, OMB_DAMAGED, "restored", "the row of the restore is damaged");
    } else if (rc == OMB_NOT_FOUND) {
        rc = OMB_OK;
    } else {
        rc = omb_fail(err, rc, "restored", "the row of the restore cannot be read");
    }
    restored->owes = true;
    omb_arena_free(&arena);
    omb_buf_free(&value);
    return rc;
}

static void put_row(struct omb_writes *writes, const struct omb_restored_row *row)
{
    const struct omb_key key = omb_key_meta("restored");
    struct omb_buf value = OMB_BUF_INIT;

    omb_encode_restored_row(row, &value);
    omb_put(writes, OMB_FAMILY_META, omb_key_view(&key), omb_buf_view(&value));
    omb_buf_free(&value);
}

static enum omb_rc forget_row(void *arg, struct omb_view key, struct omb_view value)
{
    (void)value;
    omb_delete(arg, OMB_FAMILY_PEER, key);
    return OMB_OK;
}

/* What was heard since a restore, and what its backup had. */
static enum omb_rc forget_rows(const struct omb_port *port, struct omb_writes *writes)
{
    const struct omb_key heard = omb_key_heard(NULL), had = omb_key_in_backup(0);
    enum omb_rc rc =
        omb_port_scan_prefix(port, OMB_FAMILY_PEER, omb_key_view(&heard), forget_row, writes);

    if (rc == OMB_OK)
        rc = omb_port_scan_prefix(port, OMB_FAMILY_PEER, omb_key_view(&had), forget_row, writes);
    return rc;
}

static enum omb_rc note_head(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_log_row row;
    struct omb_key note;
    struct omb_arena arena;
    uint8_t head[8];
    enum omb_rc rc;

    if (key.size != 4)
        return OMB_DAMAGED;
    omb_arena_init(&arena, SIZE_MAX);
    rc = omb_decode_log_row(value, &arena, &row, NULL);
    omb_arena_free(&arena);
    if (rc != OMB_OK)
        return OMB_DAMAGED;
    note = omb_key_in_backup(omb_be32(key.data));
    omb_put_be64(head, row.head);
    omb_put(arg, OMB_FAMILY_PEER, omb_key_view(&note), OMB_VIEW_OF(head));
    return OMB_OK;
}

static enum omb_rc is_heard(struct omb_step *step, const struct omb_office_id *peer, bool *out,
                            struct omb_error *err)
{
    const struct omb_key key = omb_key_heard(peer);
    struct omb_buf value = OMB_BUF_INIT;
    const enum omb_rc rc = omb_port_get(step->port, OMB_FAMILY_PEER, omb_key_view(&key), &value);

    omb_buf_free(&value);
    *out = rc == OMB_OK;
    return rc == OMB_OK || rc == OMB_NOT_FOUND
               ? OMB_OK
               : omb_fail(err, rc, NULL, "the rows of the restore cannot be read");
}

int64_t omb_restored_made_at(const struct omb_office *office)
{
    return office->restored.on ? office->restored.row.made_at : 0;
}

/* --- the log --- */

static enum omb_rc write_event(struct omb_step *step, bool served, struct omb_appended *out,
                               struct omb_error *err)
{
    const struct omb_restored_row *row = &step->office->restored.row;
    const struct omb_restored restored = {row->made_at, row->backup, served};
    const struct omb_facts facts = {.event = {OMB_EVENT_RESTORED, &restored}};
    const struct omb_draft draft = {
        .facts = &facts,
        .actor = step->who ? omb_view_str(step->who->code) : OMB_VIEW_LIT("system"),
    };

    return omb_append(step, &draft, out, err);
}

enum omb_rc omb_restored_start(struct omb_step *step, struct omb_error *err)
{
    struct omb_withholding *restored = &step->office->restored;
    struct omb_appended record;
    enum omb_rc rc;

    if (!restored->on || restored->row.told)
        return OMB_OK;
    rc = write_event(step, false, &record, err);
    if (rc != OMB_OK)
        return rc;
    restored->row.told = true;
    put_row(step->update->writes, &restored->row);
    return OMB_OK;
}

/* --- who must be heard --- */

static const struct omb_office_id *above(const struct omb_step *step)
{
    const struct omb_seat *self = omb_office_self(step->office);

    return self->depth > 0 ? &self->above[0] : NULL;
}

/*
 * The first of the offices below that was not compared with; NULL: all were. The office itself when
 * nobody is beside it.
 */
static enum omb_rc find_unheard(struct omb_step *step, const struct omb_office_id **out,
                                struct omb_error *err)
{
    const struct omb_office_id *children;
    const size_t count = omb_feed_children(step, &children);

    *out = count == 0 && !above(step) ? &omb_office_self(step->office)->office : NULL;
    for (size_t i = 0; i < count; i++) {
        bool heard;
        const enum omb_rc rc = is_heard(step, &children[i], &heard, err);

        if (rc != OMB_OK)
            return rc;
        if (!heard) {
            *out = &children[i];
            break;
        }
    }
    return OMB_OK;
}

struct asked {
    struct omb_step *step;
    bool erasure;
    struct omb_error *err;
};

static enum omb_rc see_record(void *arg, struct omb_view key, struct omb_view value)
{
    struct asked *asked = arg;
    struct omb_case_id id;
    struct omb_row_at at;
    struct omb_header header;
    struct omb_digest digest;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_case_log(key, &id, &at.number, &at.seq))
        return OMB_DAMAGED;
    rc = omb_header_read(asked->step, &at, &header, &digest, NULL, asked->err);
    asked->erasure = rc == OMB_OK && header.facts && header.facts->event.tag == OMB_EVENT_ERASED;
    return asked->erasure ? OMB_STOP : rc;
}

/* Whether the erasure of the case was asked for, as far as is known here. */
static enum omb_rc is_asked(struct omb_step *step, const struct omb_case_id *id, bool *out,
                            struct omb_error *err)
{
    const struct omb_key prefix = omb_key_case(id);
    struct asked asked = {.step = step, .err = err};
    const enum omb_rc rc = omb_port_scan_prefix(step->port, OMB_FAMILY_CASE_LOG,
                                                omb_key_view(&prefix), see_record, &asked);

    *out = asked.erasure;
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the records of a case cannot be read");
}

/* The first unheard one of the children that the case went to, the one above its home before all.
 */
static enum omb_rc find_party(struct omb_step *step, const struct omb_case_id *id,
                              const struct omb_office_id *branch, const struct omb_office_id **out,
                              struct omb_error *err)
{
    const struct omb_office_id *children;
    const size_t count = omb_feed_children(step, &children);

    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        const bool home = omb_office_id_equal(&children[i], branch);
        bool heard;
        enum omb_rc rc;

        if (!home && (*out || !omb_feed_in_scope(step, &children[i], id)))
            continue;
        rc = is_heard(step, &children[i], &heard, err);
        if (rc != OMB_OK)
            return rc;
        if (!heard)
            *out = &children[i];
        if (!heard && home)
            break;
    }
    return OMB_OK;
}

/* The office above, if there is one, was heard: of those below whom the case waits for. */
static enum omb_rc waits_below(struct omb_step *step, const struct omb_case_id *id,
                               const struct omb_office_id **out, struct omb_error *err)
{
    const struct omb_office_id branch = omb_feed_branch_of(step, &id->home);
    const bool below = !omb_office_id_none(&branch);
    bool heard, asked = false;
    enum omb_rc rc;

    if (!below && !above(step))
        return find_unheard(step, out, err);
    rc = find_party(step, id, &branch, out, err);
    if (rc != OMB_OK || *out || !below)
        return rc;
    rc = is_heard(step, &branch, &heard, err);
    if (rc == OMB_OK && heard)
        rc = is_asked(step, id, &asked, err);
    return rc == OMB_OK && (asked || !heard) ? find_unheard(step, out, err) : rc;
}

/* Whom the case still waits for; NULL: nobody. */
static enum omb_rc case_waits_for(struct omb_step *step, const struct omb_case_id *id,
                                  const struct omb_office_id **out, struct omb_error *err)
{
    const struct omb_office_id *up = above(step);
    bool heard = true;
    const enum omb_rc rc = up ? is_heard(step, up, &heard, err) : OMB_OK;

    *out = NULL;
    if (rc != OMB_OK || !heard) {
        *out = up;
        return rc;
    }
    return waits_below(step, id, out, err);
}

/* Nothing of it was in the backup: this office registered it in a life that opened since. */
static bool is_since(const struct omb_step *step, const struct omb_case_id *id)
{
    return omb_office_id_equal(&id->home, &omb_office_self(step->office)->office) &&
           omb_incarnation_number(&id->incarnation) > step->office->restored.row.life;
}

static struct omb_view why_withheld(struct omb_step *step, const struct omb_office_id *waits_for)
{
    const struct omb_view code = omb_office_code_of(step, waits_for);
    char at[OMB_RFC3339_SIZE];

    omb_rfc3339(step->office->restored.row.made_at, 0, at);
    if (omb_office_id_equal(waits_for, &omb_office_self(step->office)->office))
        return omb_arena_printf(step->arena,
                                "this office was restored from a backup of %s, and no office is "
                                "beside it that could say what was erased since: `ombud backup "
                                "serve-anyway`",
                                at);
    return omb_arena_printf(step->arena,
                            "this office was restored from a backup of %s and has not compared it "
                            "with %.*s yet: what was erased since is not known here",
                            at, OMB_VIEW_ARGS(code));
}

enum omb_rc omb_restored_withholds(struct omb_step *step, const struct omb_case_id *id, bool *out,
                                   struct omb_view *out_words, struct omb_error *err)
{
    const struct omb_office_id *waits_for = NULL;
    enum omb_rc rc = OMB_OK;

    if (step->office->restored.on && !is_since(step, id))
        rc = case_waits_for(step, id, &waits_for, err);
    *out = waits_for != NULL;
    if (out_words)
        *out_words = waits_for ? why_withheld(step, waits_for) : OMB_VIEW_NONE;
    return rc;
}

enum omb_rc omb_restored_unheard(struct omb_step *step, struct omb_views *out,
                                 struct omb_error *err)
{
    const struct omb_office_id *children, *up = above(step);
    const size_t count = omb_feed_children(step, &children);
    struct omb_view *codes = OMB_ARENA_NEW(step->arena, struct omb_view, count + 1);
    bool heard = true;
    enum omb_rc rc = OMB_OK;

    *out = (struct omb_views){codes, 0};
    if (!step->office->restored.on)
        return OMB_OK;
    if (up)
        rc = is_heard(step, up, &heard, err);
    if (!heard)
        codes[out->count++] = omb_office_code_of(step, up);
    for (size_t i = 0; rc == OMB_OK && i < count; i++) {
        rc = is_heard(step, &children[i], &heard, err);
        if (rc == OMB_OK && !heard)
            codes[out->count++] = omb_office_code_of(step, &children[i]);
    }
    return rc;
}

/* --- the end --- */

/* Whoever came to decide a case meanwhile got no key: it is given where the case is folded. */
static enum omb_rc give_keys(struct omb_step *step, struct omb_error *err)
{
    const struct omb_seat *self = omb_office_self(step->office);
    enum omb_rc rc = omb_refold_cases_of(step, &self->office, OMB_REFOLD_OWN, err);

    for (size_t i = 0; rc == OMB_OK && i < self->succeeds_count; i++)
        rc = omb_refold_cases_of(step, &self->succeeds[i].closed, OMB_REFOLD_OWN, err);
    return rc;
}

static enum omb_rc end(struct omb_step *step, struct omb_error *err)
{
    const struct omb_key key = omb_key_meta("restored");
    enum omb_rc rc;

    omb_delete(step->update->writes, OMB_FAMILY_META, omb_key_view(&key));
    rc = forget_rows(step->port, step->update->writes);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of the restore cannot be read");
    step->office->restored = (struct omb_withholding){.on = false, .owes = true};
    omb_wake_at(step, step->input->now_ms);
    return give_keys(step, err);
}

enum omb_rc omb_restored_serve(struct omb_step *step, struct omb_appended *out,
                               struct omb_views *out_unheard, struct omb_error *err)
{
    enum omb_rc rc = omb_restored_unheard(step, out_unheard, err);

    if (rc == OMB_OK && !step->office->restored.on)
        rc = omb_fail(err, OMB_REFUSED, NULL,
                      "nothing is withheld here: the office was not restored, or it has compared "
                      "with all beside it");
    if (rc == OMB_OK)
        rc = write_event(step, true, out, err);
    return rc == OMB_OK ? end(step, err) : rc;
}

/* Also without anybody heard: one that was waited for may have been put out. */
enum omb_rc omb_restored_turn(struct omb_step *step, struct omb_error *err)
{
    const struct omb_office_id *up = above(step), *unheard;
    bool heard = true;
    enum omb_rc rc;

    if (!step->office->restored.on)
        return OMB_OK;
    rc = find_unheard(step, &unheard, err);
    if (rc == OMB_OK && up)
        rc = is_heard(step, up, &heard, err);
    return rc == OMB_OK && heard && !unheard ? end(step, err) : rc;
}

enum omb_rc omb_restored_heard(struct omb_step *step, const struct omb_office_id *peer,
                               struct omb_error *err)
{
    const struct omb_key key = omb_key_heard(peer);

    if (!step->office->restored.on)
        return OMB_OK;
    omb_put(step->update->writes, OMB_FAMILY_PEER, omb_key_view(&key), OMB_VIEW_LIT(""));
    return omb_restored_turn(step, err);
}

/* --- the comparison with the office above --- */

enum omb_rc omb_restored_awaits_above(struct omb_step *step, bool *out, struct omb_error *err)
{
    const struct omb_office_id *up = above(step);
    bool heard = true;
    enum omb_rc rc = OMB_OK;

    if (step->office->restored.on && up)
        rc = is_heard(step, up, &heard, err);
    *out = !heard;
    return rc;
}

static struct omb_view another_epoch(struct omb_step *step)
{
    uint8_t now[16];
    struct omb_digest other;

    omb_put_be64(now, (uint64_t)step->input->now_ms);
    omb_put_be64(now + 8, ++step->office->restored.greetings);
    other = omb_hash_parts(
        "ombud/restored-epoch/1",
        (const struct omb_view[]){OMB_VIEW_OF(step->office->epoch), OMB_VIEW_OF(now)}, 2);
    return omb_arena_copy(step->arena, omb_view(other.bytes, sizeof(step->office->epoch)));
}

enum omb_rc omb_restored_epoch(struct omb_step *step, const struct omb_office_id *peer,
                               struct omb_view *out, struct omb_error *err)
{
    bool heard = true;
    const enum omb_rc rc =
        step->office->restored.on ? is_heard(step, peer, &heard, err) : OMB_OK;

    *out = heard ? OMB_VIEW_OF(step->office->epoch) : another_epoch(step);
    return rc;
}

enum omb_rc omb_restored_again(struct omb_step *step, bool knew, bool *out, struct omb_error *err)
{
    struct omb_withholding *restored = &step->office->restored;
    bool awaits;
    const enum omb_rc rc = omb_restored_awaits_above(step, &awaits, err);

    if (rc != OMB_OK)
        return rc;
    *out = awaits && !knew && !restored->once;
    restored->once |= *out;
    return OMB_OK;
}

void omb_restored_line_ended(struct omb_office *office)
{
    office->restored.once = false;
    office->restored.passes = 0;
    office->restored.in_pass = false;
}

enum omb_rc omb_restored_page(struct omb_step *step, bool first, bool last, size_t differing,
                              bool *out_again, struct omb_error *err)
{
    struct omb_withholding *restored = &step->office->restored;
    bool awaits;
    enum omb_rc rc = omb_restored_awaits_above(step, &awaits, err);

    *out_again = false;
    if (rc != OMB_OK || !awaits)
        return rc;
    if (first && restored->passes > 0)
        return omb_restored_heard(step, above(step), err);
    if (first) {
        restored->in_pass = true;
        restored->differing = 0;
    }
    if (!restored->in_pass)
        return OMB_OK;
    restored->differing += differing;
    if (!last)
        return OMB_OK;
    restored->in_pass = false;
    if (restored->differing == 0)
        return omb_restored_heard(step, above(step), err);
    restored->passes++;
    *out_again = true;
    return OMB_OK;
}

/* --- the restore --- */

enum omb_rc omb_restored_put(const struct omb_office *office, const struct omb_port *port,
                             const struct omb_restoring *restoring, struct omb_writes *writes,
                             struct omb_error *err)
{
    const struct omb_key epoch = omb_key_meta("epoch"), last = omb_key_meta("backup");
    const struct omb_restored_row row = {
        .made_at = restoring->made_at,
        .backup = restoring->backup,
        .restored_at = restoring->restored_at,
        .life = omb_incarnation_number(&office->tip.incarnation),
    };
    enum omb_rc rc;

    omb_put(writes, OMB_FAMILY_META, omb_key_view(&epoch), OMB_VIEW_OF(restoring->epoch));
    omb_put(writes, OMB_FAMILY_META, omb_key_view(&last), restoring->state);
    put_row(writes, &row);
    /* What an earlier restore heard is of no use any more. */
    rc = forget_rows(port, writes);
    if (rc != OMB_OK)
        return omb_fail(err, rc, NULL, "the rows of the restore cannot be read");
    rc = omb_port_scan(port, OMB_FAMILY_LOG, OMB_VIEW_NONE, OMB_VIEW_NONE, false, note_head,
                       writes);
    return rc == OMB_OK ? rc : omb_fail(err, rc, NULL, "the logs in the store cannot be read");
}
