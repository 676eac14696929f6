/*
 * The store looked through, page by page: every row is what it should be, as far as other rows can
 * say. It finds; it mends nothing (desk/rebuild.c does).
 */
#include <string.h>

#include "ledger/certify.h"
#include "office/desk/act.h"
#include "office/desk/derived.h"
#include "office/duty/duty.h"
#include "office/logs.h"

struct checking {
    struct omb_aside aside;
    struct omb_store_checked *answer;
    struct omb_lines problems;
    size_t limit;
    struct omb_page_mark cursor;
    bool stopped;
    enum omb_family family;
    struct omb_error *err;
};

/* A stage looks at the rows of one family; OMB_OK also when it found something wrong. */
typedef enum omb_rc stage_fn(struct checking *check, struct omb_view key, struct omb_view value);

static void say(struct checking *check, struct omb_view what, const char *words)
{
    omb_lines_add(&check->problems, "%s %.*s: %s", omb_family_name(check->family),
                  OMB_VIEW_ARGS(what), words);
}

/* Damage is what is looked for: only a store that cannot be read at all ends the page. */
static enum omb_rc note(struct checking *check, struct omb_view what, enum omb_rc rc,
                        const struct omb_error *why)
{
    if (rc == OMB_IO)
        return omb_fail(check->err, rc, NULL, "%s", why->words);
    if (rc != OMB_OK)
        say(check, what, why->rc != OMB_OK ? why->words : omb_rc_meaning(rc));
    return OMB_OK;
}

static struct omb_view hex_of(struct checking *check, struct omb_view key)
{
    return omb_desk_hex(&check->aside.arena, key);
}

/* "log 1, record 17" */
static struct omb_view place_of(struct checking *check, const struct omb_row_at *at)
{
    return omb_arena_printf(&check->aside.arena, "log %u, record %llu", at->number,
                            (unsigned long long)at->seq);
}

/* --- records and their parts --- */

/* A record of a line that lost a fork is evidence and belongs to no case. */
static bool is_aside(struct checking *check, const struct omb_opened *record)
{
    struct omb_log log;

    return omb_log_by_number(&check->aside.step, record->at.number, &log, NULL) == OMB_OK &&
           log.row.line > 0;
}

static enum omb_rc check_case_log(struct checking *check, const struct omb_opened *record,
                                  struct omb_view what)
{
    const struct omb_case_id *id = record->header.case_id;
    struct omb_key key;
    struct omb_error why = {0};
    bool stands = true;
    enum omb_rc rc;

    if (id == NULL)
        return OMB_OK;
    key = omb_key_case_log(id, record->at.number, record->at.seq);
    rc = omb_derived_stands(&check->aside.step, OMB_FAMILY_CASE_LOG, omb_key_view(&key),
                            OMB_VIEW_NONE, &stands, &why);
    if (rc == OMB_OK && !stands && !is_aside(check, record))
        say(check, what, "is not listed with its case");
    return note(check, what, rc, &why);
}

static enum omb_rc check_record(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_step *step = &check->aside.step;
    struct omb_error why = {0};
    struct omb_opened record;
    struct omb_row_at at;
    struct omb_view what;
    uint32_t parts;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &at.number, &at.seq)) {
        say(check, hex_of(check, key), "is no key of a record");
        return OMB_OK;
    }
    what = place_of(check, &at);
    rc = omb_record_verify(step, at.number, at.seq, &parts, &why);
    if (rc != OMB_OK)
        return note(check, what, rc, &why);
    rc = omb_desk_open(step, at.number, at.seq, &record, &why);
    return rc == OMB_OK ? check_case_log(check, &record, what) : note(check, what, rc, &why);
}

static const struct omb_digest *named_part(const struct omb_header *header, uint8_t kind)
{
    switch (kind) {
    case OMB_PART_BODY:
        return &header->body_digest;
    case OMB_PART_GRANTS:
        return &header->grants_digest;
    case OMB_PART_EXTRACT:
        return &header->extract_digest;
    }
    return NULL;
}

/* Digests of parts were checked with their records: here, that each belongs to one. */
static enum omb_rc check_part(struct checking *check, struct omb_view key, struct omb_view value)
{
    const struct omb_digest *digest;
    struct omb_error why = {0};
    struct omb_opened record;
    struct omb_row_at at;
    enum omb_rc rc;

    (void)value;
    if (key.size != 13 || !omb_key_read_record(omb_view(key.data, 12), &at.number, &at.seq)) {
        say(check, hex_of(check, key), "is no key of a part");
        return OMB_OK;
    }
    rc = omb_desk_open(&check->aside.step, at.number, at.seq, &record, &why);
    if (rc != OMB_OK)
        return note(check, place_of(check, &at), rc, &why);
    digest = named_part(&record.header, key.data[12]);
    if (digest == NULL || omb_digest_none(digest))
        say(check, place_of(check, &at), "has a part that its header does not name");
    return OMB_OK;
}

static enum omb_rc check_digest(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_error why = {0};
    struct omb_opened record;
    struct omb_row_at at;
    enum omb_rc rc;

    if (!omb_read_place(value, &at.number, &at.seq)) {
        say(check, hex_of(check, key), "names no place");
        return OMB_OK;
    }
    rc = omb_desk_open(&check->aside.step, at.number, at.seq, &record, &why);
    if (rc != OMB_OK)
        return note(check, hex_of(check, key), rc, &why);
    if (!omb_view_equal(key, omb_view(record.digest.bytes, 16)))
        say(check, hex_of(check, key), "names a record of another digest");
    return OMB_OK;
}

/* --- the journal and the heads of logs --- */

static enum omb_rc check_position(struct checking *check, struct omb_view key,
                                  struct omb_view value)
{
    const struct omb_tip *tip = omb_office_tip(check->aside.step.office);
    const struct omb_view what = hex_of(check, key);
    struct omb_error why = {0};
    struct omb_opened record;
    struct omb_row_at at;
    struct omb_key before;
    struct omb_buf row = OMB_BUF_INIT;
    uint64_t position;
    enum omb_rc rc = OMB_OK;

    if (key.size != 8 || !omb_read_journal(value, &at.number, &at.seq, NULL)) {
        say(check, what, "names no place");
        return OMB_OK;
    }
    position = omb_be64(key.data);
    if (position > tip->journal)
        say(check, what, "lies beyond the newest position");
    if (position > 1) {
        before = omb_key_journal(position - 1);
        rc = omb_port_get(check->aside.step.port, OMB_FAMILY_JOURNAL, omb_key_view(&before), &row);
        if (rc == OMB_NOT_FOUND)
            (void)omb_fail(&why, rc, NULL, "the position before it is missing");
    }
    omb_buf_free(&row);
    if (rc != OMB_OK)
        return note(check, what, rc, &why);
    rc = omb_desk_open(&check->aside.step, at.number, at.seq, &record, &why);
    return note(check, what, rc, &why);
}

static enum omb_rc check_log(struct checking *check, struct omb_view key, struct omb_view value)
{
    const struct omb_view what = hex_of(check, key);
    struct omb_error why = {0};
    struct omb_opened newest;
    struct omb_log_row row;
    enum omb_rc rc;

    if (key.size != 4 || omb_decode_log_row(value, &check->aside.arena, &row, NULL) != OMB_OK) {
        say(check, what, "cannot be decoded");
        return OMB_OK;
    }
    rc = omb_desk_open(&check->aside.step, omb_be32(key.data), row.head, &newest, &why);
    if (rc != OMB_OK)
        return note(check, what, rc, &why);
    if (!omb_digest_equal(&newest.digest, &row.digest))
        say(check, what, "its head is another record");
    if (!omb_office_id_equal(&newest.header.office, &row.office) ||
        !omb_incarnation_equal(&newest.header.incarnation, &row.incarnation))
        say(check, what, "its records are of another log");
    return OMB_OK;
}

/* --- cases --- */

static enum omb_rc check_index_of(struct checking *check, const struct omb_casefile *file,
                                  struct omb_view what)
{
    struct omb_derived_keys keys;
    struct omb_error why = {0};
    enum omb_rc rc = omb_derived_index(&check->aside.step, file, &keys, &why);

    for (size_t i = 0; rc == OMB_OK && i < keys.count; i++) {
        bool stands = true;

        rc = omb_derived_stands(&check->aside.step, OMB_FAMILY_INDEX, keys.items[i],
                                OMB_VIEW_NONE, &stands, &why);
        if (rc == OMB_OK && !stands)
            omb_lines_add(&check->problems, "case %.*s: a row of its index `%c` is missing",
                          OMB_VIEW_ARGS(what), keys.items[i].data[0]);
    }
    return note(check, what, rc, &why);
}

static enum omb_rc check_case(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_step *step = &check->aside.step;
    struct omb_error why = {0};
    struct omb_casefile file;
    struct omb_case_id id;
    struct omb_view what;
    enum omb_rc rc;

    if (!omb_key_read_case(key, &id)) {
        say(check, hex_of(check, key), "is no key of a case");
        return OMB_OK;
    }
    if (omb_duty_refolds(step))
        return OMB_OK; /* it may be older than what is known */
    what = omb_act_number(step, &id);
    rc = omb_casefile_load(step, &id, &file, &why);
    if (rc != OMB_OK)
        return note(check, what, rc, &why);
    if (!omb_view_equal(value, omb_derived_case_row(step, &file)))
        say(check, what, "its row is not what its records give");
    return check_index_of(check, &file, what);
}

static enum omb_rc check_listed(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_error why = {0};
    struct omb_opened record;
    struct omb_case_id id;
    struct omb_row_at at;
    struct omb_key case_key;
    struct omb_buf row = OMB_BUF_INIT;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_case_log(key, &id, &at.number, &at.seq)) {
        say(check, hex_of(check, key), "is no key of a case's record");
        return OMB_OK;
    }
    rc = omb_desk_open(&check->aside.step, at.number, at.seq, &record, &why);
    if (rc == OMB_OK &&
        (record.header.case_id == NULL || !omb_case_id_equal(record.header.case_id, &id)))
        say(check, place_of(check, &at), "is listed with another case");
    case_key = omb_key_case(&id);
    if (rc == OMB_OK) {
        rc = omb_port_get(check->aside.step.port, OMB_FAMILY_CASE, omb_key_view(&case_key), &row);
        if (rc == OMB_NOT_FOUND)
            (void)omb_fail(&why, rc, NULL, "its case has no row");
    }
    omb_buf_free(&row);
    return note(check, place_of(check, &at), rc, &why);
}

static enum omb_rc check_index(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_error why = {0};
    enum omb_rc rc;

    (void)value;
    if (omb_duty_refolds(&check->aside.step))
        return OMB_OK;
    rc = omb_derived_implied(&check->aside.step, key, &why);
    return note(check, hex_of(check, key), rc, &why);
}

/* --- keys, operators and offices --- */

static enum omb_rc check_case_key(struct checking *check, const struct omb_case_id *id)
{
    struct omb_step *step = &check->aside.step;
    const struct omb_view what = omb_act_number(step, id);
    struct omb_error why = {0};
    struct omb_casefile file;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_vault_case_key(step, id, key);

    if (rc == OMB_OK)
        rc = omb_casefile_load(step, id, &file, &why);
    else
        (void)omb_fail(&why, rc, NULL, "does not open under the office's key");
    if (rc == OMB_OK && file.folded.registered != NULL) {
        const struct omb_registered *facts =
            OMB_AS(registered, file.folded.registered->facts->event);
        const struct omb_digest commitment = omb_case_key_commitment(key);

        if (!omb_digest_equal(&commitment, &facts->key_commitment))
            say(check, what, "is not the key that the registration committed to");
    }
    omb_wipe(key, sizeof(key));
    return note(check, what, rc, &why);
}

static enum omb_rc check_escrow_key(struct checking *check, const struct omb_row_at *at)
{
    const struct omb_view what = place_of(check, at);
    struct omb_error why = {0};
    struct omb_opened record;
    uint8_t key[OMB_KEY_SIZE];
    enum omb_rc rc = omb_vault_escrow_key(&check->aside.step, at, key);

    omb_wipe(key, sizeof(key));
    if (rc != OMB_OK)
        (void)omb_fail(&why, rc, NULL, "does not open under the office's key");
    else
        rc = omb_desk_open(&check->aside.step, at->number, at->seq, &record, &why);
    if (rc == OMB_OK && omb_opened_tag(&record) != OMB_EVENT_ESCROW_OPENED)
        say(check, what, "is a key of a record that opened none");
    return note(check, what, rc, &why);
}

static enum omb_rc check_key(struct checking *check, struct omb_view key, struct omb_view value)
{
    struct omb_case_id id;
    struct omb_row_at at;

    (void)value;
    if (key.size > 1 && key.data[0] == 'C' &&
        omb_key_read_case(omb_view(key.data + 1, key.size - 1), &id))
        return check_case_key(check, &id);
    if (key.size > 1 && key.data[0] == 'E' &&
        omb_key_read_record(omb_view(key.data + 1, key.size - 1), &at.number, &at.seq))
        return check_escrow_key(check, &at);
    if (key.size > 1 && key.data[0] == 'F' &&
        omb_key_read_case(omb_view(key.data + 1, key.size - 1), &id))
        return OMB_OK; /* of a registration that lost a fork */
    say(check, hex_of(check, key), "is no key of a case or an escrow");
    return OMB_OK;
}

static enum omb_rc check_operator(struct checking *check, struct omb_view key,
                                  struct omb_view value)
{
    struct omb_operator_row row;

    if (omb_decode_operator_row(value, &check->aside.arena, &row, NULL) != OMB_OK)
        say(check, key, "cannot be decoded");
    else if (!omb_view_equal(row.code, key))
        say(check, key, "is the row of another operator");
    return OMB_OK;
}

static enum omb_rc check_office(struct checking *check, struct omb_view key, struct omb_view value)
{
    const struct omb_view what = hex_of(check, key);
    struct omb_known_certificate known;
    struct omb_error why = {0};
    enum omb_rc rc;

    if (key.size != 1 + OMB_DIGEST_SIZE || key.data[0] != 'C')
        return OMB_OK; /* ways to a certificate */
    rc = omb_certify_read(value, &check->aside.arena, &known, &why);
    if (rc == OMB_OK &&
        !omb_view_equal(omb_view(key.data + 1, OMB_DIGEST_SIZE), OMB_VIEW_OF(known.digest.bytes)))
        say(check, what, "is the row of another certificate");
    return note(check, what, rc, &why);
}

/* --- the stages in order --- */

static const struct stage {
    enum omb_family family;
    stage_fn *look;
} stages[] = {
    {OMB_FAMILY_RECORD, check_record},     {OMB_FAMILY_PART, check_part},
    {OMB_FAMILY_DIGEST, check_digest},     {OMB_FAMILY_JOURNAL, check_position},
    {OMB_FAMILY_LOG, check_log},           {OMB_FAMILY_CASE, check_case},
    {OMB_FAMILY_CASE_LOG, check_listed},   {OMB_FAMILY_INDEX, check_index},
    {OMB_FAMILY_KEY, check_key},           {OMB_FAMILY_OPERATOR, check_operator},
    {OMB_FAMILY_OFFICE, check_office},
};
#define STAGES (sizeof(stages) / sizeof(stages[0]))

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct checking *check = arg;
    const enum omb_rc rc = stages[check->cursor.stage].look(check, key, value);

    omb_arena_reset(&check->aside.arena);
    if (rc != OMB_OK)
        return rc;
    omb_page_mark_set(&check->cursor, key);
    if (++check->answer->rows < check->limit)
        return OMB_OK;
    check->stopped = true;
    return OMB_STOP;
}

/* The newest position must be there: its row is what the tip counts by. */
static enum omb_rc check_newest_position(struct checking *check)
{
    const uint64_t newest = omb_office_tip(check->aside.step.office)->journal;
    const struct omb_key key = omb_key_journal(newest);
    struct omb_buf row = OMB_BUF_INIT;
    enum omb_rc rc = OMB_OK;

    if (newest > 0)
        rc = omb_port_get(check->aside.step.port, OMB_FAMILY_JOURNAL, omb_key_view(&key), &row);
    if (rc == OMB_NOT_FOUND) {
        check->family = OMB_FAMILY_JOURNAL;
        say(check, hex_of(check, omb_key_view(&key)), "the newest position is missing");
        rc = OMB_OK;
    }
    omb_buf_free(&row);
    return rc;
}

static enum omb_rc run(struct checking *check)
{
    enum omb_rc rc = OMB_OK;

    if (check->cursor.stage == 0 && check->cursor.after.size == 0)
        rc = check_newest_position(check);
    while (rc == OMB_OK && !check->stopped && check->cursor.stage < STAGES) {
        const struct omb_key after = check->cursor.after;

        check->family = stages[check->cursor.stage].family;
        rc = omb_desk_scan(&check->aside.step, check->family, OMB_VIEW_NONE, &after, visit, check,
                           check->err);
        if (check->stopped)
            break;
        check->cursor.stage++;
        check->cursor.after.size = 0;
    }
    return rc;
}

enum omb_rc omb_desk_store_check(struct omb_step *step, const void *ask, const void **out,
                                 struct omb_error *err)
{
    const struct omb_store_check_ask *request = ask;
    struct checking check = {.problems = {.arena = step->arena}, .err = err};
    enum omb_rc rc = omb_page_mark_read(request->cursor, STAGES, &check.cursor, err);

    if (rc != OMB_OK)
        return rc;
    check.answer = OMB_ARENA_NEW(step->arena, struct omb_store_checked, 1);
    check.limit = omb_desk_limit(request->limit, OMB_VERIFY_MAX, OMB_VERIFY_MAX);
    omb_aside_begin(&check.aside, step);
    rc = run(&check);
    omb_aside_end(&check.aside);
    if (rc != OMB_OK)
        return rc;
    check.answer->problems = omb_lines_views(&check.problems);
    if (check.stopped)
        check.answer->cursor = omb_page_mark_print(step->arena, &check.cursor);
    *out = check.answer;
    return OMB_OK;
}
