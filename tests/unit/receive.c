/* The inbound door: is what is authentic kept once, and nothing else at all? */
#include "office/inside.h"
#include "office/logs.h"
#include "support/casework.h"
#include "support/crossing.h"
#include "unit.h"

/* --- helpers --- */

static struct rig *at(struct crossing *crossing, enum place place)
{
    return &crossing->rigs[place];
}

static void carry(struct crossing *crossing, enum place from, enum place to)
{
    const struct parcels all = crossing_pack(crossing, at(crossing, from));
    const struct parcels own = crossing_of(crossing, &all, &crossing->refs[from].office);

    (void)crossing_give(crossing, to, from, own.items, own.count);
}

static size_t rows(struct crossing *crossing, enum place place)
{
    return memport_count(at(crossing, place)->store, OMB_FAMILY_RECORD);
}

/* A copy with one byte of a view turned. */
static struct omb_view turned(struct crossing *crossing, struct omb_view view, size_t index)
{
    const struct omb_view copy = omb_arena_copy(&crossing->arena, view);

    ((uint8_t *)(uintptr_t)copy.data)[index] ^= 1;
    return copy;
}

static struct parcels outlet_with_case(struct crossing *crossing, struct omb_case_id *out)
{
    crossing_register(at(crossing, OUTLET), out);
    crossing_note(at(crossing, OUTLET), out, "called back");
    return crossing_pack(crossing, at(crossing, OUTLET));
}

/* --- what is kept --- */

static void a_log_crosses_to_the_parent(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const size_t before = rows(crossing, NORTH);

    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, all.count), all.count,
                  OMB_RECEIPT_NEW);
    assert_int_equal(rows(crossing, NORTH), before + all.count);
    assert_true(crossing_same_case(at(crossing, OUTLET), at(crossing, NORTH), &id));
}

static void what_is_here_is_a_duplicate(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    struct memport *before;

    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, all.count), all.count,
                  OMB_RECEIPT_NEW);
    before = memport_copy(at(crossing, NORTH)->store);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, all.count), all.count,
                  OMB_RECEIPT_DUPLICATE);
    for (enum omb_family family = 0; family < OMB_FAMILY_COUNT; family++)
        assert_true(memport_same(before, at(crossing, NORTH)->store, family));
    memport_free(before);
}

static enum omb_rc check_count(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_header *header = arg;
    struct omb_log log;

    assert_int_equal(
        omb_log_find(step, &header->office, &header->incarnation, 0, &log, err), OMB_OK);
    assert_int_equal(log.row.head, header->seq);
    assert_int_equal(log.row.count, header->seq);
    return omb_record_verify(step, log.number, log.row.head, &(uint32_t){0}, err);
}

static void a_received_log_is_counted_and_verifies(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);

    (void)crossing_give(crossing, NORTH, OUTLET, all.items, all.count);
    crossing_run(at(crossing, NORTH), check_count, &all.headers[all.count - 1]);
}

/* --- what is refused --- */

static void a_forged_header_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const size_t before = rows(crossing, NORTH);
    struct omb_record forged = all.items[0];
    const struct omb_receipt *receipt;

    /* The last byte is of the facts: the frame holds, the signature does not. */
    forged.header = turned(crossing, forged.header, forged.header.size - 1);
    receipt = crossing_give(crossing, NORTH, OUTLET, &forged, 1);
    crossing_must(receipt, 1, OMB_RECEIPT_REFUSED);
    assert_true(receipt->words[0] != '\0');
    assert_int_equal(rows(crossing, NORTH), before);
}

static void a_garbled_proof_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    struct omb_proof proof = *all.items[0].proof;
    struct omb_record garbled = all.items[0];

    proof.signature = turned(crossing, proof.signature, 5);
    garbled.proof = &proof;
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &garbled, 1), 1, OMB_RECEIPT_REFUSED);
    garbled.proof = NULL;
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &garbled, 1), 1, OMB_RECEIPT_REFUSED);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, 1), 1, OMB_RECEIPT_NEW);
}

static size_t with_body(const struct parcels *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].body.size > 0 && all->headers[i].case_id)
            return i;
    fail();
    return 0;
}

static void a_garbled_part_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const size_t index = with_body(&all);
    struct omb_record garbled = all.items[index];

    crossing_must(crossing_give(crossing, NORTH, OUTLET, all.items, index), index, OMB_RECEIPT_NEW);
    garbled.body = turned(crossing, garbled.body, 30);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &garbled, 1), 1, OMB_RECEIPT_REFUSED);
    assert_false(crossing_holds_case(at(crossing, NORTH), &id));
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &all.items[index], 1), 1, OMB_RECEIPT_NEW);
}

static void what_is_out_of_scope_is_refused(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);

    crossing_must(crossing_give(crossing, NORTH, OTHER, all.items, all.count), all.count,
                  OMB_RECEIPT_REFUSED);
}

/* --- what waits --- */

/* A row that a disk lost is made of all records, not of those alone that came since. */
static void a_lost_row_comes_back_with_the_next_record(void **state)
{
    struct crossing *crossing = *state;
    struct rig *outlet = at(crossing, OUTLET), *north = at(crossing, NORTH);
    struct omb_case_id id;
    struct omb_key key;

    crossing_register(outlet, &id);
    carry(crossing, OUTLET, NORTH);
    key = omb_key_case(&id);
    memport_set(north->store, OMB_FAMILY_CASE, omb_key_view(&key), OMB_VIEW_NONE);
    crossing_note(outlet, &id, "called back");
    carry(crossing, OUTLET, NORTH);
    assert_true(crossing_same_case(outlet, north, &id));
}

static void a_gap_waits_for_its_range(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const size_t last = all.count - 1;
    const struct omb_receipt *receipt;

    assert_true(all.count >= 4);
    (void)crossing_give(crossing, NORTH, OUTLET, all.items, 1);
    receipt = crossing_give(crossing, NORTH, OUTLET, &all.items[last], 1);
    crossing_must(receipt, 1, OMB_RECEIPT_WAITS);
    assert_int_equal(receipt->range.first, 2);
    assert_int_equal(receipt->range.last, last);
    assert_true(omb_office_id_equal(&receipt->range.office, &crossing->refs[OUTLET].office));
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &all.items[1], last), last,
                  OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, OUTLET), at(crossing, NORTH), &id));
}

static void a_record_waits_for_its_certificate(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const struct omb_receipt *receipt;

    receipt = crossing_give(crossing, HO, NORTH, all.items, 1);
    crossing_must(receipt, 1, OMB_RECEIPT_WAITS);
    assert_memory_equal(receipt->certificate.bytes, crossing->refs[OUTLET].certificate.bytes,
                        OMB_KEY_ID_SIZE);
    carry(crossing, NORTH, HO);
    crossing_must(crossing_give(crossing, HO, NORTH, all.items, all.count), all.count,
                  OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, OUTLET), at(crossing, HO), &id));
    assert_true(crossing_has(at(crossing, HO), OMB_FAMILY_OFFICE,
                             omb_key_carrier(&crossing->refs[OUTLET].certificate)));
}

static void certificates_and_records_may_share_a_frame(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels north = crossing_pack(crossing, at(crossing, NORTH));
    const struct parcels outlet = outlet_with_case(crossing, &id);
    const size_t count = north.count + outlet.count;
    struct omb_record *both = OMB_ARENA_NEW(&crossing->arena, struct omb_record, count);

    memcpy(both, north.items, north.count * sizeof(*both));
    memcpy(both + north.count, outlet.items, outlet.count * sizeof(*both));
    crossing_must(crossing_give(crossing, HO, NORTH, outlet.items, 1), 1, OMB_RECEIPT_WAITS);
    crossing_must(crossing_give(crossing, HO, NORTH, both, count), count, OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, OUTLET), at(crossing, HO), &id));
}

/* --- parts --- */

static void a_part_that_was_missing_completes(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    const struct parcels all = outlet_with_case(crossing, &id);
    const size_t index = with_body(&all);
    const struct omb_digest digest = omb_record_digest(all.items[index].header);
    struct omb_record bare = all.items[index], garbled;
    const struct omb_receipt *receipt;

    (void)crossing_give(crossing, NORTH, OUTLET, all.items, index);
    bare.body = OMB_VIEW_NONE;
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &bare, 1), 1, OMB_RECEIPT_NEW);
    assert_true(crossing_has(at(crossing, NORTH), OMB_FAMILY_PEER, omb_key_missing(&digest)));
    garbled = all.items[index];
    garbled.body = turned(crossing, garbled.body, 30);
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &garbled, 1), 1, OMB_RECEIPT_REFUSED);
    receipt = crossing_give(crossing, NORTH, OUTLET, &all.items[index], 1);
    crossing_must(receipt, 1, OMB_RECEIPT_COMPLETED);
    assert_false(crossing_has(at(crossing, NORTH), OMB_FAMILY_PEER, omb_key_missing(&digest)));
    assert_true(crossing_has(at(crossing, NORTH), OMB_FAMILY_PART,
                             omb_key_part(receipt->at.number, receipt->at.seq, OMB_PART_BODY)));
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &all.items[index], 1), 1,
                  OMB_RECEIPT_DUPLICATE);
}

static enum omb_rc do_import(struct omb_step *step, void *arg, struct omb_error *err)
{
    struct omb_appended record;

    return casework_register(step, true, arg, &record, err);
}

/* An extract that comes late is found by its reference all the same. */
static void a_late_extract_is_indexed(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels all;
    struct omb_key key;
    struct omb_view extract;
    size_t last;

    crossing_run(at(crossing, OUTLET), do_import, &id);
    all = crossing_pack(crossing, at(crossing, OUTLET));
    last = all.count - 1;
    extract = all.items[last].extract;
    assert_true(extract.size > 0);
    all.items[last].extract = OMB_VIEW_NONE;
    (void)crossing_give(crossing, NORTH, OUTLET, all.items, all.count);
    key = omb_key_index(OMB_INDEX_REFERENCE, OMB_VIEW_LIT("test/SRC-1"), &id);
    assert_false(crossing_has(at(crossing, NORTH), OMB_FAMILY_INDEX, key));
    all.items[last].extract = extract;
    crossing_must(crossing_give(crossing, NORTH, OUTLET, &all.items[last], 1), 1,
                  OMB_RECEIPT_COMPLETED);
    assert_true(crossing_has(at(crossing, NORTH), OMB_FAMILY_INDEX, key));
    assert_true(memport_same(at(crossing, OUTLET)->store, at(crossing, NORTH)->store,
                             OMB_FAMILY_INDEX));
}

static enum omb_rc do_erase(struct omb_step *step, void *arg, struct omb_error *err)
{
    return casework_erase(step, arg, err);
}

/* Only an office above home confirms; of a root's case the root itself does. */
static void late_parts_of_an_erased_case_are_not_kept(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels before, all;
    size_t parts, index;
    struct omb_record *bare;

    crossing_register(at(crossing, HO), &id);
    before = crossing_pack(crossing, at(crossing, HO));
    index = with_body(&before);
    crossing_run(at(crossing, HO), do_erase, &id);
    all = crossing_pack(crossing, at(crossing, HO));
    parts = memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART);
    bare = OMB_ARENA_NEW(&crossing->arena, struct omb_record, all.count);
    memcpy(bare, all.items, all.count * sizeof(*bare));

    /* The record without its parts, the erasure, and then a copy that still has them. */
    crossing_must(crossing_give(crossing, NORTH, HO, bare, all.count), all.count, OMB_RECEIPT_NEW);
    assert_true(crossing_same_case(at(crossing, HO), at(crossing, NORTH), &id));
    crossing_must(crossing_give(crossing, NORTH, HO, &before.items[index], 1), 1,
                  OMB_RECEIPT_DUPLICATE);
    assert_int_equal(memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART), parts);
}

static void an_erasure_in_the_same_frame_keeps_no_part(void **state)
{
    struct crossing *crossing = *state;
    struct omb_case_id id;
    struct parcels before, all;
    size_t parts, index;

    crossing_register(at(crossing, HO), &id);
    before = crossing_pack(crossing, at(crossing, HO));
    index = with_body(&before);
    crossing_run(at(crossing, HO), do_erase, &id);
    all = crossing_pack(crossing, at(crossing, HO));
    all.items[index] = before.items[index];
    parts = memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART);
    crossing_must(crossing_give(crossing, NORTH, HO, all.items, all.count), all.count,
                  OMB_RECEIPT_NEW);
    assert_int_equal(memport_count(at(crossing, NORTH)->store, OMB_FAMILY_PART), parts);
}

/* --- what comes home --- */

static void a_lost_store_gets_its_records_back(void **state)
{
    struct crossing *crossing = *state;
    struct rig *outlet = at(crossing, OUTLET);
    struct memport *backup = memport_copy(outlet->store), *lost;
    struct omb_case_id id, after;
    const struct parcels all = outlet_with_case(crossing, &id);
    const struct omb_receipt *receipts;
    size_t news = 0;

    (void)crossing_give(crossing, NORTH, OUTLET, all.items, all.count);
    lost = outlet->store;
    outlet->store = backup;
    rig_reopen(outlet);
    memport_free(lost);
    assert_false(crossing_holds_case(outlet, &id));
    receipts = crossing_give(crossing, OUTLET, NORTH, all.items, all.count);
    for (size_t i = 0; i < all.count; i++)
        news += receipts[i].kind == OMB_RECEIPT_NEW;
    assert_true(news > 0);
    assert_true(crossing_same_case(outlet, at(crossing, NORTH), &id));

    /* The next record begins a life of its own, and goes up after what was lost and came home. */
    crossing_register(outlet, &after);
    assert_false(omb_incarnation_equal(&after.incarnation, &id.incarnation));
    carry(crossing, OUTLET, NORTH);
    assert_true(crossing_same_case(outlet, at(crossing, NORTH), &after));
}

static enum omb_rc do_enrol(struct omb_step *step, void *arg, struct omb_error *err)
{
    static const uint8_t key[OMB_PUBLIC_SIZE] = {9};
    const struct omb_view role = OMB_VIEW_LIT("teller");
    const struct omb_operator_enrolled enrolled = {
        .code = omb_view_str(arg), .roles = {&role, 1}, .public_key = OMB_VIEW_OF(key)};
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_ENROLLED, &enrolled}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_operator_row row = {.code = enrolled.code,
                                   .roles = enrolled.roles,
                                   .public_key = enrolled.public_key,
                                   .since = step->input->now_ms};
    struct omb_operator operator_ = {.roles = OMB_MAY(TELLER)};
    struct omb_appended record;
    const enum omb_rc rc = omb_append(step, &draft, &record, err);

    row.record = record.digest;
    memcpy(operator_.code, enrolled.code.data, enrolled.code.size);
    omb_office_set_operator(step, &operator_, &row);
    return rc;
}

static enum omb_rc do_revoke(struct omb_step *step, void *arg, struct omb_error *err)
{
    const struct omb_operator_revoked revoked = {.code = omb_view_str(arg)};
    const struct omb_facts facts = {.event = {OMB_EVENT_OPERATOR_REVOKED, &revoked}};
    const struct omb_draft draft = {.facts = &facts, .actor = OMB_VIEW_LIT("admin")};
    struct omb_appended record;

    return omb_append(step, &draft, &record, err);
}

static const struct omb_operator *operator_of(struct rig *rig, const char *code)
{
    return omb_operator_by_code(rig->office, omb_view_str(code));
}

/* A disk that went back in time gives nobody back a right that was taken. */
static void a_lost_store_learns_of_its_operators(void **state)
{
    struct crossing *crossing = *state;
    struct rig *outlet = at(crossing, OUTLET);
    struct memport *backup, *lost;
    struct parcels all;

    crossing_run(outlet, do_enrol, "t8");
    backup = memport_copy(outlet->store);
    crossing_run(outlet, do_revoke, "t8");
    crossing_run(outlet, do_enrol, "t9");
    all = crossing_pack(crossing, outlet);
    (void)crossing_give(crossing, NORTH, OUTLET, all.items, all.count);
    lost = outlet->store;
    outlet->store = backup;
    rig_reopen(outlet);
    memport_free(lost);
    assert_false(operator_of(outlet, "t8")->revoked);
    assert_null(operator_of(outlet, "t9"));
    (void)crossing_give(crossing, OUTLET, NORTH, all.items, all.count);
    assert_true(operator_of(outlet, "t8")->revoked);
    assert_non_null(operator_of(outlet, "t9"));
    rig_reopen(outlet);
    assert_true(operator_of(outlet, "t8")->revoked);
    assert_int_equal(operator_of(outlet, "t9")->roles, OMB_MAY(TELLER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROSSING_TEST(a_log_crosses_to_the_parent),
        CROSSING_TEST(what_is_here_is_a_duplicate),
        CROSSING_TEST(a_received_log_is_counted_and_verifies),
        CROSSING_TEST(a_forged_header_is_refused),
        CROSSING_TEST(a_garbled_proof_is_refused),
        CROSSING_TEST(a_garbled_part_is_refused),
        CROSSING_TEST(what_is_out_of_scope_is_refused),
        CROSSING_TEST(a_lost_row_comes_back_with_the_next_record),
        CROSSING_TEST(a_gap_waits_for_its_range),
        CROSSING_TEST(a_record_waits_for_its_certificate),
        CROSSING_TEST(certificates_and_records_may_share_a_frame),
        CROSSING_TEST(a_part_that_was_missing_completes),
        CROSSING_TEST(a_late_extract_is_indexed),
        CROSSING_TEST(late_parts_of_an_erased_case_are_not_kept),
        CROSSING_TEST(an_erasure_in_the_same_frame_keeps_no_part),
        CROSSING_TEST(a_lost_store_gets_its_records_back),
        CROSSING_TEST(a_lost_store_learns_of_its_operators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
