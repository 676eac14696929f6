/*
 * Recovery: with the bank's recovery key an office whose disk died reads again what it registered,
 * once its log has come home from its parent (design: records, Parts). Each `escrow opened` gives
 * back an escrow key, and with it the case keys of the registrations that follow. Keys of cases
 * that others registered come with their grants, which the recovered sealing secret opens.
 *
 * Whoever decides such a case and cannot read it gets the key that this office owes: its cases are
 * folded again.
 *
 * Offline only: the recovery key is not sent to a daemon.
 */
#include "office/desk.h"
#include "office/desk/read.h"
#include "office/logs.h"
#include "office/receive.h"
#include "wire/limits.h"

struct recovering {
    struct omb_step *step;
    struct omb_aside aside;
    const struct omb_secret *recovery;
    struct omb_office_recovered *answer;
    size_t limit, seen;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

/* --- escrow keys --- */

static enum omb_rc open_secret(struct recovering *page, const struct omb_escrow_opened *facts,
                               struct omb_buf *plain, struct omb_arena *arena,
                               struct omb_escrow_secret *out)
{
    enum omb_rc rc = omb_box_open(page->recovery, facts->sealed, plain);

    if (rc == OMB_OK)
        rc = omb_decode_escrow_secret(omb_buf_view(plain), arena, out, NULL);
    if (rc == OMB_OK && out->key.size != OMB_KEY_SIZE)
        rc = OMB_INVALID;
    return rc;
}

/* A first key that does not open says that it is another bank's; nothing was changed then. */
static enum omb_rc take_escrow(struct recovering *page, const struct omb_opened *record)
{
    const struct omb_escrow_opened *facts = OMB_AS(escrow_opened, record->header.facts->event);
    struct omb_buf plain = OMB_BUF_INIT;
    struct omb_escrow_secret secret;
    struct omb_arena arena;
    enum omb_rc rc;

    omb_arena_init(&arena, OMB_HEADER_MAX * OMB_DECODE_FACTOR);
    omb_buf_reserve(&plain, facts->sealed.size); /* no copy is left behind */
    rc = open_secret(page, facts, &plain, &arena, &secret);
    if (rc == OMB_OK) {
        omb_vault_keep_escrow_key(page->step, record->at.number, record->at.seq, secret.key.data);
        page->answer->escrow_keys++;
    } else {
        rc = omb_fail(page->err, OMB_UNAUTHENTIC, "secret",
                      "the recovery key does not open the escrow key of record %llu: it is another "
                      "bank's, or an older one",
                      (unsigned long long)record->at.seq);
    }
    omb_buf_wipe(&plain);
    omb_arena_wipe(&arena); /* what was decoded is a copy */
    return rc;
}

/* --- case keys --- */

/* Not every one must succeed: parts may be on their way. */
static enum omb_rc take_registration(struct recovering *page, const struct omb_opened *record)
{
    const struct omb_case_id *id = record->header.case_id;
    uint8_t key[OMB_KEY_SIZE];
    bool opened, erased = false;
    enum omb_rc rc = omb_vault_open_escrow(&page->aside.step, &record->at, id,
                                           OMB_AS(registered, record->header.facts->event), key);

    if (rc == OMB_OK)
        rc = omb_vault_regained(page->step, id, key);
    omb_wipe(key, sizeof(key));
    if (rc == OMB_IO || rc == OMB_DAMAGED)
        return omb_fail(page->err, rc, NULL, "a part of the log cannot be read");
    opened = rc == OMB_OK;
    rc = opened ? OMB_OK : omb_case_is_erased(&page->aside.step, id, &erased, page->err);
    if (rc != OMB_OK)
        return rc;
    page->answer->case_keys += opened;
    page->answer->erased += erased;
    page->answer->without_key += !opened && !erased;
    return OMB_OK;
}

/* --- the log --- */

static enum omb_rc take_record(struct recovering *page, const struct omb_opened *record)
{
    const struct omb_office_id *self = &omb_office_self(page->step->office)->office;

    switch (omb_opened_tag(record)) {
    case OMB_EVENT_ESCROW_OPENED:
        return take_escrow(page, record);
    case OMB_EVENT_REGISTERED:
        return omb_office_id_equal(&record->header.case_id->home, self)
                   ? take_registration(page, record)
                   : OMB_OK;
    default:
        return OMB_OK;
    }
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct recovering *page = arg;
    struct omb_opened record;
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &number, &seq))
        return omb_fail(page->err, OMB_DAMAGED, NULL, "a record has a key that is none");
    rc = omb_desk_open(&page->aside.step, number, seq, &record, page->err);
    if (rc == OMB_OK)
        rc = take_record(page, &record);
    omb_arena_reset(&page->aside.arena);
    if (rc != OMB_OK)
        return rc;
    omb_page_mark_set(&page->cursor, key);
    if (++page->seen < page->limit)
        return OMB_OK;
    page->stopped = true;
    return OMB_STOP;
}

static enum omb_rc check_key(struct recovering *page, const struct omb_office_recover *request,
                             struct omb_error *err)
{
    uint8_t public_key[OMB_PUBLIC_SIZE];

    if (!page->step->input->local_admin)
        return omb_fail(err, OMB_REFUSED, NULL,
                        "the recovery key is not sent to a daemon: stop it first");
    if (request->secret.size != OMB_KEY_SIZE)
        return omb_fail(err, OMB_INVALID, "secret", "a recovery key has %d bytes, not %zu",
                        OMB_KEY_SIZE, request->secret.size);
    omb_box_public(page->recovery, public_key);
    if (!omb_view_equal(OMB_VIEW_OF(public_key), omb_office_recovery(page->step->office)))
        return omb_fail(err, OMB_REFUSED, "secret",
                        "that is not the recovery key that this office was enrolled with");
    return OMB_OK;
}

static enum omb_rc walk(struct recovering *page, struct omb_error *err)
{
    struct omb_desk_logs logs;
    enum omb_rc rc =
        omb_desk_logs_of(page->step, omb_office_self_code(page->step->office), &logs, err);

    if (rc != OMB_OK)
        return rc;
    omb_aside_begin(&page->aside, page->step);
    rc = omb_desk_logs_walk(page->step, &logs, &page->cursor, &page->stopped, visit, page, err);
    omb_aside_end(&page->aside);
    return rc;
}

enum omb_rc omb_desk_office_recover(struct omb_step *step, const void *ask, const void **out,
                                    struct omb_error *err)
{
    const struct omb_office_recover *request = ask;
    struct recovering page = {.step = step, .err = err};
    struct omb_secret *recovery = NULL;
    enum omb_rc rc = omb_page_mark_read(request->cursor, 1, &page.cursor, err);

    if (rc == OMB_OK && request->secret.size == OMB_KEY_SIZE)
        page.recovery = recovery = omb_secret_new(request->secret.data);
    if (rc == OMB_OK)
        rc = check_key(&page, request, err);
    if (rc == OMB_OK) {
        page.answer = OMB_ARENA_NEW(step->arena, struct omb_office_recovered, 1);
        page.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
        rc = walk(&page, err);
    }
    if (rc == OMB_OK) {
        page.answer->records = page.seen;
        if (page.stopped)
            page.answer->cursor = omb_page_mark_print(step->arena, &page.cursor);
        *out = page.answer;
    }
    if (rc == OMB_OK && !page.stopped)
        rc = omb_refold_cases_of(step, &omb_office_self(step->office)->office, OMB_REFOLD_OWN, err);
    if (recovery)
        omb_secret_free(recovery);
    return rc;
}
