/*
 * A log as bytes, enough for anybody to verify it without this program. What is hashed and signed
 * is proto/README.md.
 */
#include <string.h>

#include "office/desk/read.h"
#include "wire/limits.h"

struct exporting {
    struct omb_step *step;
    struct omb_exported_record *records;
    size_t count, limit, bytes;
    struct omb_page_mark cursor;
    bool stopped;
    struct omb_error *err;
};

static void export_record(struct exporting *page, const struct omb_opened *record)
{
    struct omb_arena *arena = page->step->arena;
    const struct omb_header *header = &record->header;
    struct omb_exported_record *out = &page->records[page->count++];

    *out = (struct omb_exported_record){
        .office = omb_office_code_of(page->step, &header->office),
        .incarnation = omb_desk_hex(arena, OMB_VIEW_OF(header->incarnation.bytes)),
        .seq = header->seq,
        .header = record->stored.header,
        .digest = omb_arena_copy(arena, OMB_VIEW_OF(record->digest.bytes)),
        .prev = omb_arena_copy(arena, OMB_VIEW_OF(header->prev.bytes)),
        .key = omb_arena_copy(arena, OMB_VIEW_OF(header->key.bytes)),
    };
    if (record->stored.proof != NULL) {
        out->index = record->stored.proof->index;
        out->path = record->stored.proof->path;
        out->signature = record->stored.proof->signature;
    }
    page->bytes += record->stored.header.size + 1024;
}

static enum omb_rc visit(void *arg, struct omb_view key, struct omb_view value)
{
    struct exporting *page = arg;
    struct omb_opened record;
    uint32_t number;
    uint64_t seq;
    enum omb_rc rc;

    (void)value;
    if (!omb_key_read_record(key, &number, &seq))
        return omb_fail(page->err, OMB_DAMAGED, NULL, "a record has a key that is none");
    rc = omb_desk_open(page->step, number, seq, &record, page->err);
    if (rc != OMB_OK)
        return rc;
    export_record(page, &record);
    omb_page_mark_set(&page->cursor, key);
    if (page->count < page->limit && page->bytes < OMB_PAGE_BYTES)
        return OMB_OK;
    page->stopped = true;
    return OMB_STOP;
}

/* --- certificates --- */

struct certificates {
    struct omb_step *step;
    const struct omb_office_card **items;
    size_t count, room;
};

/* `card` NULL: not here. */
static void keep_card(struct certificates *all, const struct omb_office_card *card)
{
    if (card == NULL)
        return;
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i] == card)
            return;
    }
    if (all->count == all->room) {
        const struct omb_office_card **items;

        all->room = all->room ? 2 * all->room : 16;
        items = OMB_ARENA_NEW(all->step->arena, const struct omb_office_card *, all->room);
        if (all->count > 0)
            memcpy(items, all->items, all->count * sizeof(*items));
        all->items = items;
    }
    all->items[all->count++] = card;
}

/*
 * Whatever a verifier walks: of each certificate the issuer's, up to the root's, which the anchor
 * signed, and the one before it. Those that this adds are looked at in their turn.
 */
static void keep_related(struct certificates *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct omb_certificate *inner = &all->items[i]->certificate.inner;

        if (inner->depth > 0)
            keep_card(all, omb_office_card(all->step, &inner->issuer));
        if (!omb_digest_none(&inner->previous))
            keep_card(all, omb_office_card(all->step, &inner->previous));
    }
}

static enum omb_rc visit_certificate(void *arg, struct omb_view key, struct omb_view value)
{
    struct certificates *all = arg;
    struct omb_digest digest;

    (void)value;
    if (key.size != 1 + OMB_OFFICE_ID_SIZE + OMB_DIGEST_SIZE)
        return OMB_DAMAGED;
    memcpy(digest.bytes, key.data + 1 + OMB_OFFICE_ID_SIZE, OMB_DIGEST_SIZE);
    keep_card(all, omb_office_card(all->step, &digest));
    return OMB_OK;
}

static void export_certificate(struct omb_arena *arena, const struct omb_office_card *card,
                               struct omb_exported_certificate *out)
{
    const struct omb_known_certificate *known = &card->certificate;
    struct omb_exported_signature *signatures =
        OMB_ARENA_NEW(arena, struct omb_exported_signature, known->outer.signatures.count);

    for (size_t i = 0; i < known->outer.signatures.count; i++) {
        signatures[i].key = known->outer.signatures.items[i].key;
        signatures[i].signature = known->outer.signatures.items[i].signature;
    }
    *out = (struct omb_exported_certificate){
        .digest = omb_arena_copy(arena, OMB_VIEW_OF(known->digest.bytes)),
        .issuer = omb_arena_copy(arena, OMB_VIEW_OF(known->inner.issuer.bytes)),
        .office = known->inner.code,
        .signing_key = known->inner.signing_key,
        .certificate = known->outer.certificate,
    };
    out->signatures.items = signatures;
    out->signatures.count = known->outer.signatures.count;
}

/* All certificates of the office and what they rest on, on the first page. */
static enum omb_rc export_certificates(struct omb_step *step, struct omb_view code,
                                       struct omb_log_export *out, struct omb_error *err)
{
    struct certificates all = {.step = step};
    struct omb_exported_certificate *views;
    struct omb_office_ref office;
    struct omb_key prefix;
    enum omb_rc rc = omb_desk_office(step, code, "office", &office, err);

    if (rc != OMB_OK)
        return rc;
    prefix = omb_key_office(&office.office, NULL);
    rc = omb_desk_scan(step, OMB_FAMILY_OFFICE, omb_key_view(&prefix), NULL, visit_certificate,
                       &all, err);
    if (rc != OMB_OK)
        return rc;
    keep_related(&all);
    views = OMB_ARENA_NEW(step->arena, struct omb_exported_certificate, all.count);
    for (size_t i = 0; i < all.count; i++)
        export_certificate(step->arena, all.items[i], &views[i]);
    out->certificates.items = views;
    out->certificates.count = all.count;
    return OMB_OK;
}

enum omb_rc omb_desk_log_export(struct omb_step *step, const void *ask, const void **out,
                                struct omb_error *err)
{
    const struct omb_log_export_ask *request = ask;
    const struct omb_view code =
        request->office.size ? request->office : omb_office_self_code(step->office);
    struct omb_log_export *answer = OMB_ARENA_NEW(step->arena, struct omb_log_export, 1);
    struct exporting page = {.step = step, .err = err};
    struct omb_desk_logs logs;
    enum omb_rc rc = omb_page_mark_read(request->cursor, 1, &page.cursor, err);

    if (rc == OMB_OK)
        rc = omb_desk_logs_of(step, code, &logs, err);
    if (rc == OMB_OK && request->certificates && page.cursor.after.size == 0)
        rc = export_certificates(step, code, answer, err);
    if (rc != OMB_OK)
        return rc;
    page.limit = omb_desk_limit(request->limit, OMB_PAGE_DEFAULT, OMB_PAGE_MAX);
    page.records = OMB_ARENA_NEW(step->arena, struct omb_exported_record, page.limit);
    rc = omb_desk_logs_walk(step, &logs, &page.cursor, &page.stopped, visit, &page, err);
    if (rc != OMB_OK)
        return rc;
    answer->records.items = page.records;
    answer->records.count = page.count;
    if (page.stopped)
        answer->cursor = omb_page_mark_print(step->arena, &page.cursor);
    *out = answer;
    return OMB_OK;
}
