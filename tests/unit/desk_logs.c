/* Logs, changes and exports as auditors and other systems read them. */
#include "office/inside.h"
#include "support/deskwork.h"
#include "unit.h"
#include "wire/header.h"

static uint64_t records(struct rig *rig)
{
    return omb_office_tip(rig->office)->records;
}

/* --- logs --- */

static void test_log_list_shows_every_life(void **state)
{
    struct rig *rig = *state;
    const struct omb_log_list *logs;

    new_case(rig);
    rig_commit(rig);
    rig_reopen(rig);
    new_case(rig);
    logs = ASK(rig, "au1", LOG_LIST, log_list_ask, log_list);
    assert_int_equal(logs->logs.count, 2);
    assert_text(logs->logs.items[0].office, "ho");
    assert_true(omb_view_compare(logs->logs.items[0].incarnation,
                                 logs->logs.items[1].incarnation) < 0);
    assert_int_equal(logs->logs.items[0].head + logs->logs.items[1].head, records(rig));
    assert_int_equal(logs->logs.items[0].records, logs->logs.items[0].head);
    assert_int_equal(logs->logs.items[0].digest.size, 64);
}

static void test_log_show_pages_through_all_lives_in_order(void **state)
{
    struct rig *rig = *state;
    struct omb_log_show_ask ask = {.limit = 3};
    uint64_t seen = 0, last = 0;

    new_case(rig);
    rig_commit(rig);
    rig_reopen(rig);
    new_case(rig);
    do {
        const struct omb_log_show *page =
            ANSWER(log_show, ask_as(rig, "au1", OMB_ASK_LOG_SHOW, &ask));

        for (size_t i = 0; i < page->records.count; i++) {
            assert_true(page->records.items[i].seq == last + 1 || page->records.items[i].seq == 1);
            last = page->records.items[i].seq;
        }
        seen += page->records.count;
        ask.cursor = page->cursor;
    } while (ask.cursor.size);
    assert_int_equal(seen, records(rig));
}

static void test_log_entry_says_type_case_and_parts(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_log_show *page =
        ASK(rig, "au1", LOG_SHOW, log_show_ask, log_show, .office = OMB_VIEW_LIT("ho"));
    const struct omb_log_entry *first = &page->records.items[0];
    const struct omb_log_entry *newest = &page->records.items[page->records.count - 1];

    assert_text(first->type, "escrow-opened");
    assert_text(first->actor, "system");
    assert_int_equal(first->case_number.size, 0);
    assert_text(newest->type, "registered");
    assert_text(newest->actor, "t1");
    assert_true(omb_view_equal(newest->case_number, number));
    assert_text(newest->parts, "body, grants");
    assert_true(newest->size > 100);
}

static void test_log_of_an_unknown_office_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_log_show_ask ask = {.office = OMB_VIEW_LIT("hoo")};

    must_refuse(ask_as(rig, "au1", OMB_ASK_LOG_SHOW, &ask), "not-found", "ho");
}

/* --- verification --- */

static const struct omb_log_verified *verify(struct rig *rig)
{
    return ASK(rig, "au1", LOG_VERIFY, log_verify_ask, log_verified, .limit = 0);
}

static void test_verify_counts_all_that_holds(void **state)
{
    struct rig *rig = *state;
    const struct omb_log_verified *found;

    settle(rig, new_case(rig));
    found = verify(rig);
    assert_int_equal(found->records, records(rig));
    assert_int_equal(found->proofs, records(rig));
    assert_true(found->parts > 4);
    assert_int_equal(found->problems.count, 0);
}

static void test_verify_goes_on_from_a_cursor(void **state)
{
    struct rig *rig = *state;
    struct omb_log_verify_ask ask = {.limit = 2};
    uint64_t seen = 0;

    new_case(rig);
    rig_commit(rig);
    rig_reopen(rig);
    new_case(rig);
    do {
        const struct omb_log_verified *page =
            ANSWER(log_verified, ask_as(rig, "au1", OMB_ASK_LOG_VERIFY, &ask));

        assert_int_equal(page->problems.count, 0);
        seen += page->proofs;
        ask.cursor = page->cursor;
    } while (ask.cursor.size);
    assert_int_equal(seen, records(rig));
}

static void test_verify_names_a_changed_part(void **state)
{
    struct rig *rig = *state;
    struct omb_key key;
    const struct omb_log_verified *found;

    new_case(rig);
    rig_commit(rig);
    key = omb_key_part(omb_office_tip(rig->office)->number, omb_office_tip(rig->office)->seq,
                       OMB_PART_BODY);
    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_LIT("other bytes"));
    found = verify(rig);
    assert_int_equal(found->records, records(rig));
    assert_int_equal(found->proofs, records(rig) - 1);
    assert_int_equal(found->problems.count, 1);
    assert_true(has_line(found->problems, "ho/"));
}

static void test_verify_names_a_missing_record(void **state)
{
    struct rig *rig = *state;
    struct omb_key key;
    const struct omb_log_verified *found;

    new_case(rig);
    new_case(rig);
    rig_commit(rig);
    key = omb_key_record(omb_office_tip(rig->office)->number, omb_office_tip(rig->office)->seq - 1);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_NONE);
    found = verify(rig);
    assert_int_equal(found->records, records(rig) - 1);
    assert_true(has_line(found->problems, "missing"));
    assert_true(has_line(found->problems, "before it is not here"));
}

static void test_verify_notices_that_the_end_is_missing(void **state)
{
    struct rig *rig = *state;
    struct omb_key key;

    new_case(rig);
    rig_commit(rig);
    key = omb_key_record(omb_office_tip(rig->office)->number, omb_office_tip(rig->office)->seq);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_NONE);
    assert_true(has_line(verify(rig)->problems, "missing"));
}

/* --- export --- */

/* As anybody would who has only the export and proto/README.md. */
static void test_export_can_be_verified_without_the_store(void **state)
{
    struct rig *rig = *state;
    const struct omb_log_export *all;
    struct omb_digest prev = {{0}};

    settle(rig, new_case(rig));
    all = ASK(rig, "au1", LOG_EXPORT, log_export_ask, log_export, .certificates = true,
              .limit = 1000);
    assert_int_equal(all->records.count, records(rig));
    assert_int_equal(all->certificates.count, 1);
    for (size_t i = 0; i < all->records.count; i++) {
        const struct omb_exported_record *record = &all->records.items[i];
        const struct omb_exported_certificate *certificate = &all->certificates.items[0];
        const struct omb_digest digest = omb_record_digest(record->header);
        const struct omb_proof proof = {record->signature, record->index, record->path};

        assert_true(omb_view_equal(record->digest, OMB_VIEW_OF(digest.bytes)));
        assert_true(omb_view_equal(record->prev, OMB_VIEW_OF(prev.bytes)));
        assert_true(omb_view_starts(certificate->digest, record->key));
        assert_int_equal(
            omb_proof_verify(&digest, &proof, certificate->signing_key.data, NULL, NULL), OMB_OK);
        prev = digest;
    }
}

static void test_export_shows_certificates_up_to_the_root(void **state)
{
    struct rig rig;
    struct omb_log_export_ask ask = {.certificates = true, .limit = 1};
    const struct omb_log_export *page;

    (void)state;
    rig_open(&rig, 2);
    page = ANSWER(log_export, ask_as(&rig, "admin", OMB_ASK_LOG_EXPORT, &ask));
    assert_int_equal(page->certificates.count, 3);
    assert_text(page->certificates.items[0].office, "vsp-0045");
    assert_text(page->certificates.items[2].office, "ho");
    assert_true(omb_view_equal(page->certificates.items[0].issuer,
                               page->certificates.items[1].digest));
    assert_int_equal(page->certificates.items[2].signatures.count, 1);
    ask.cursor = page->cursor;
    page = ANSWER(log_export, ask_as(&rig, "admin", OMB_ASK_LOG_EXPORT, &ask));
    assert_int_equal(page->certificates.count, 0);
    rig_free(&rig);
}

/* Puts a further certificate like `like` into the store; its digest. */
static struct omb_digest certify_again(struct rig *rig, const struct omb_exported_certificate *like,
                                       struct omb_digest issuer, struct omb_digest previous,
                                       const struct omb_signer *by)
{
    struct omb_writes *writes = omb_writes_new();
    struct omb_buf bytes = OMB_BUF_INIT;
    struct omb_known_certificate known;
    struct omb_certificate inner;

    assert_int_equal(omb_decode_certificate(like->certificate, &rig->arena, &inner, NULL), OMB_OK);
    inner.issuer = issuer;
    inner.previous = previous;
    inner.not_before--;
    omb_certify_issue(&inner, by, &bytes);
    assert_int_equal(omb_certify_read(omb_arena_copy(&rig->arena, omb_buf_view(&bytes)),
                                      &rig->arena, &known, NULL), OMB_OK);
    omb_writes_reset(writes, memport_port(rig->store));
    omb_certificate_put(writes, &known);
    memport_commit(rig->store, writes);
    omb_writes_free(writes);
    omb_buf_free(&bytes);
    return known.digest;
}

static bool exports(const struct omb_log_export *page, const struct omb_digest *certificate)
{
    for (size_t i = 0; i < page->certificates.count; i++)
        if (omb_view_equal(page->certificates.items[i].digest, OMB_VIEW_OF(certificate->bytes)))
            return true;
    return false;
}

/* The office's new certificate is by its parent's new keys; both had others before. */
static void test_export_shows_the_certificates_before_those_it_shows(void **state)
{
    struct rig rig;
    const struct omb_log_export_ask ask = {.certificates = true};
    const struct omb_log_export *page;
    struct omb_digest own, anchor, old_parent, new_parent, later;
    uint8_t key[OMB_PUBLIC_SIZE];

    (void)state;
    rig_open(&rig, 1);
    omb_signer_public(rig.anchor, key);
    anchor = omb_certify_anchor_issuer(key);
    page = ANSWER(log_export, ask_as(&rig, "admin", OMB_ASK_LOG_EXPORT, &ask));
    assert_int_equal(page->certificates.count, 2);
    memcpy(own.bytes, page->certificates.items[0].digest.data, sizeof(own.bytes));
    old_parent = certify_again(&rig, &page->certificates.items[1], anchor,
                               (struct omb_digest){{0}}, rig.anchor);
    new_parent =
        certify_again(&rig, &page->certificates.items[1], anchor, old_parent, rig.anchor);
    later = certify_again(&rig, &page->certificates.items[0], new_parent, own, rig.signers[1]);
    page = ANSWER(log_export, ask_as(&rig, "admin", OMB_ASK_LOG_EXPORT, &ask));
    assert_int_equal(page->certificates.count, 5);
    assert_true(exports(page, &own));
    assert_true(exports(page, &later));
    assert_true(exports(page, &new_parent));
    assert_true(exports(page, &old_parent));
    rig_free(&rig);
}

/* --- explain --- */

static const struct omb_explanation *explain(struct rig *rig, struct omb_view record)
{
    return ASK(rig, "au1", EXPLAIN, explain_ask, explanation, .record = record);
}

static void test_explain_says_each_thing_on_its_line(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_view digest = show(rig, "au1", number)->events.items[0].digest;
    const struct omb_explanation *found = explain(rig, omb_view(digest.data, 8));

    assert_text(found->record->type, "registered");
    assert_true(found->effect);
    assert_true(has_line(found->lines, "frame: version 1"));
    assert_true(has_line(found->lines, "certificate: "));
    assert_true(has_line(found->lines, "signature: holds"));
    assert_true(has_line(found->lines, "chain: holds"));
    assert_true(has_line(found->lines, "body: "));
    assert_true(has_line(found->lines, "effect: took effect"));
}

static void test_explain_finds_a_record_by_its_place(void **state)
{
    struct rig *rig = *state;
    const struct omb_explanation *found = explain(rig, OMB_VIEW_LIT("ho/1"));

    assert_text(found->record->type, "escrow-opened");
    assert_true(has_line(found->lines, "the log's first record"));
}

static void test_explain_of_nothing_is_refused(void **state)
{
    static const char *const wrong[] = {"", "abc", "ho/", "ho/0", "ho/999", "00000000", "zzzzzzzz"};
    struct rig *rig = *state;

    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        const struct omb_explain_ask ask = {.record = omb_view_str(wrong[i])};

        assert_non_null(ask_as(rig, "au1", OMB_ASK_EXPLAIN, &ask)->error);
    }
}

/* --- changes --- */

static const struct omb_changes *changes(struct rig *rig, struct omb_view since, const char *topic,
                                         uint32_t limit)
{
    const struct omb_view topics = omb_view_str(topic);

    return ASK(rig, "h1", CHANGES, changes_ask, changes, .since = since,
               .topics = {&topics, topic != NULL}, .limit = limit);
}

static void test_changes_go_on_from_where_they_ended(void **state)
{
    struct rig *rig = *state;
    struct omb_view since = OMB_VIEW_NONE;
    const struct omb_changes *page;
    size_t seen = 0;

    settle(rig, new_case(rig));
    do {
        page = changes(rig, since, NULL, 2);
        assert_true(page->changes.count <= 2);
        seen += page->changes.count;
        since = page->next;
    } while (page->changes.count > 0);
    assert_int_equal(seen, records(rig));
    assert_true(omb_view_equal(changes(rig, since, NULL, 2)->next, since));
    new_case(rig);
    page = changes(rig, since, NULL, 0);
    assert_int_equal(page->changes.count, 1);
    assert_text(page->changes.items[0].type, "registered");
    assert_true(omb_view_equal(page->changes.items[0].position, page->next));
}

static void test_changes_are_told_by_topic(void **state)
{
    struct rig *rig = *state;
    const struct omb_view number = new_case(rig);
    const struct omb_changes *page;

    settle(rig, number);
    answer_of(ACT(rig, "t1", number, RATED, rated, NULL, .score = 9));
    answer_of(ACT(rig, "t1", number, RATED, rated, NULL, .score = 2));
    page = changes(rig, OMB_VIEW_NONE, "resolutions", 0);
    assert_int_equal(page->changes.count, 1);
    assert_text(page->changes.items[0].type, "resolved");
    assert_text(page->changes.items[0].topic, "resolutions");
    assert_true(omb_view_equal(page->changes.items[0].number, number));
    assert_int_equal(changes(rig, OMB_VIEW_NONE, "attention", 0)->changes.count, 1);
    assert_int_equal(changes(rig, OMB_VIEW_NONE, "cases", 0)->changes.count, 6);
    assert_int_equal(changes(rig, OMB_VIEW_NONE, "escalations", 0)->changes.count, 0);
    assert_int_equal(changes(rig, OMB_VIEW_NONE, "offices", 0)->changes.count, records(rig) - 6);
}

static void test_empty_page_still_says_where_to_go_on(void **state)
{
    struct rig *rig = *state;
    const struct omb_changes *page;

    new_case(rig);
    page = changes(rig, OMB_VIEW_NONE, "escalations", 0);
    assert_int_equal(page->changes.count, 0);
    assert_true(omb_view_equal(
        page->next, omb_arena_copy(&rig->arena, changes(rig, OMB_VIEW_NONE, NULL, 0)->next)));
}

static void test_position_of_another_store_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_changes_ask ask = {.since = OMB_VIEW_LIT("00000000-1")};

    assert_non_null(ask_as(rig, "h1", OMB_ASK_CHANGES, &ask)->error);
}

/* --- export of events --- */

static void test_export_of_events_goes_page_by_page(void **state)
{
    struct rig *rig = *state;
    struct omb_export_events_ask ask = {.limit = 2};
    size_t seen = 0;

    settle(rig, new_case(rig));
    new_case(rig);
    do {
        const struct omb_export_events *page =
            ANSWER(export_events, ask_as(rig, "s1", OMB_ASK_EXPORT_EVENTS, &ask));

        for (size_t i = 0; i < page->events.count; i++) {
            assert_true(page->events.items[i].event->effect);
            assert_non_null(page->events.items[i].event->facts);
        }
        seen += page->events.count;
        ask.cursor = page->cursor;
    } while (ask.cursor.size);
    assert_int_equal(seen, 5);
}

static void test_export_of_events_filters_by_case(void **state)
{
    struct rig *rig = *state;
    const struct omb_filter filter = {.status = {&OMB_VIEW_LIT("closed"), 1}};
    const struct omb_export_events *page;

    settle(rig, new_case(rig));
    new_case(rig);
    page = ASK(rig, "s1", EXPORT_EVENTS, export_events_ask, export_events, .filter = &filter);
    assert_int_equal(page->events.count, 4);
    assert_text(page->events.items[0].event->text, "charged twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_log_list_shows_every_life),
        DESK_TEST(test_log_show_pages_through_all_lives_in_order),
        DESK_TEST(test_log_entry_says_type_case_and_parts),
        DESK_TEST(test_log_of_an_unknown_office_is_refused),
        DESK_TEST(test_verify_counts_all_that_holds),
        DESK_TEST(test_verify_goes_on_from_a_cursor),
        DESK_TEST(test_verify_names_a_changed_part),
        DESK_TEST(test_verify_names_a_missing_record),
        DESK_TEST(test_verify_notices_that_the_end_is_missing),
        DESK_TEST(test_export_can_be_verified_without_the_store),
        cmocka_unit_test(test_export_shows_certificates_up_to_the_root),
        cmocka_unit_test(test_export_shows_the_certificates_before_those_it_shows),
        DESK_TEST(test_explain_says_each_thing_on_its_line),
        DESK_TEST(test_explain_finds_a_record_by_its_place),
        DESK_TEST(test_explain_of_nothing_is_refused),
        DESK_TEST(test_changes_go_on_from_where_they_ended),
        DESK_TEST(test_changes_are_told_by_topic),
        DESK_TEST(test_empty_page_still_says_where_to_go_on),
        DESK_TEST(test_position_of_another_store_is_refused),
        DESK_TEST(test_export_of_events_goes_page_by_page),
        DESK_TEST(test_export_of_events_filters_by_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
