/* The store looked through and made again: what is derived follows from the records. */
#include "support/deskwork.h"
#include "unit.h"

static struct omb_case_id first_case(struct rig *rig)
{
    return (struct omb_case_id){.home = omb_office_self(rig->office)->office,
                                .incarnation = omb_office_tip(rig->office)->incarnation,
                                .year = 2026,
                                .serial = 1};
}

/* Cases of several kinds: settled, rated, imported, open; in the store. */
static void fill(struct rig *rig)
{
    struct complaint complaint;
    struct omb_import_row row = {.line = 2, .reference = OMB_VIEW_LIT("A-1")};
    struct omb_view number = new_case(rig);

    settle(rig, number);
    answer_of(ACT(rig, "t1", number, RATED, rated, "not content", .score = 2));
    new_case(rig);
    complaint_new(&complaint);
    complaint.imported.source = OMB_VIEW_LIT("csv");
    complaint.registered.imported = &complaint.imported;
    complaint.extract.reference = row.reference;
    complaint.act.extract = &complaint.extract;
    row.act = &complaint.act;
    answer_of(ask_as(rig, "s1", OMB_ASK_IMPORT_BATCH,
                     &(struct omb_import_batch){.source = OMB_VIEW_LIT("csv"), .rows = {&row, 1}}));
    rig_commit(rig);
}

/* All problems of all pages. */
static struct omb_views check_by(struct rig *rig, uint32_t limit, uint64_t *out_rows)
{
    struct omb_view *lines = OMB_ARENA_NEW(&rig->arena, struct omb_view, 256);
    struct omb_store_check_ask ask = {.limit = limit};
    size_t count = 0;
    uint64_t rows = 0;

    do {
        const struct omb_store_checked *page =
            ANSWER(store_checked, ask_as(rig, "au1", OMB_ASK_STORE_CHECK, &ask));

        for (size_t i = 0; i < page->problems.count; i++) {
            assert_true(count < 256);
            lines[count++] = page->problems.items[i];
        }
        rows += page->rows;
        ask.cursor = page->cursor;
    } while (ask.cursor.size);
    if (out_rows != NULL)
        *out_rows = rows;
    return (struct omb_views){lines, count};
}

static struct omb_views check(struct rig *rig)
{
    return check_by(rig, 0, NULL);
}

static void assert_in_order(struct rig *rig)
{
    const struct omb_views problems = check(rig);

    for (size_t i = 0; i < problems.count; i++)
        print_error("%.*s\n", OMB_VIEW_ARGS(problems.items[i]));
    assert_int_equal(problems.count, 0);
}

/* Flips one bit of a row; false: it is not that long. */
static bool flip_at(struct rig *rig, enum omb_family family, struct omb_view key, size_t at)
{
    struct omb_buf value = OMB_BUF_INIT;
    bool flipped;

    assert_int_equal(omb_port_get(memport_port(rig->store), family, key, &value), OMB_OK);
    flipped = at < value.size;
    if (flipped) {
        value.data[at] ^= 1;
        memport_set(rig->store, family, key, omb_buf_view(&value));
    }
    omb_buf_free(&value);
    return flipped;
}

static void flip(struct rig *rig, enum omb_family family, struct omb_view key)
{
    assert_true(flip_at(rig, family, key, 10));
}

/* --- check --- */

static void test_store_in_order_has_no_problems(void **state)
{
    struct rig *rig = *state;

    fill(rig);
    assert_in_order(rig);
}

static void test_check_looks_at_the_same_rows_in_any_pages(void **state)
{
    struct rig *rig = *state;
    uint64_t whole, small;

    fill(rig);
    check_by(rig, 0, &whole);
    check_by(rig, 3, &small);
    assert_int_equal(whole, small);
    assert_true(whole > 50);
}

static void test_check_finds_a_flipped_bit_anywhere_in_a_record(void **state)
{
    struct rig *rig = *state;
    struct omb_key key;

    fill(rig);
    key = omb_key_record(omb_office_tip(rig->office)->number, omb_office_tip(rig->office)->seq);
    for (size_t at = 0; flip_at(rig, OMB_FAMILY_RECORD, omb_key_view(&key), at); at++) {
        if (check(rig).count == 0)
            fail_msg("byte %zu", at);
        flip_at(rig, OMB_FAMILY_RECORD, omb_key_view(&key), at);
    }
    assert_in_order(rig);
}

static void test_check_finds_a_flipped_bit_in_each_record(void **state)
{
    struct rig *rig = *state;
    const struct omb_tip *tip;

    fill(rig);
    tip = omb_office_tip(rig->office);
    for (uint64_t seq = 1; seq <= tip->seq; seq++) {
        const struct omb_key key = omb_key_record(tip->number, seq);

        flip(rig, OMB_FAMILY_RECORD, omb_key_view(&key));
        if (check(rig).count == 0)
            fail_msg("record %u", (unsigned)seq);
        flip(rig, OMB_FAMILY_RECORD, omb_key_view(&key));
    }
    assert_in_order(rig);
}

static void test_check_finds_a_flipped_bit_in_a_part(void **state)
{
    static const enum omb_part_kind kinds[] = {OMB_PART_BODY, OMB_PART_GRANTS, OMB_PART_EXTRACT};
    struct rig *rig = *state;
    const struct omb_tip *tip;

    fill(rig);
    tip = omb_office_tip(rig->office); /* the imported registration: it has all three */
    for (size_t i = 0; i < UNIT_COUNT(kinds); i++) {
        const struct omb_key key = omb_key_part(tip->number, tip->seq, kinds[i]);

        flip(rig, OMB_FAMILY_PART, omb_key_view(&key));
        assert_true(has_line(check(rig), "record log 1, record"));
        flip(rig, OMB_FAMILY_PART, omb_key_view(&key));
    }
    assert_in_order(rig);
}

static void test_check_finds_a_flipped_bit_in_a_case_row(void **state)
{
    struct rig *rig = *state;
    struct omb_case_id id;
    struct omb_key key;

    fill(rig);
    id = first_case(rig);
    key = omb_key_case(&id);
    flip(rig, OMB_FAMILY_CASE, omb_key_view(&key));
    assert_true(has_line(check(rig), "case ho-2026-000001"));
}

static void test_check_finds_a_flipped_bit_in_a_key(void **state)
{
    struct rig *rig = *state;
    struct omb_case_id id;
    struct omb_key key;

    fill(rig);
    id = first_case(rig);
    key = omb_key_case_secret(&id);
    flip(rig, OMB_FAMILY_KEY, omb_key_view(&key));
    assert_true(has_line(check(rig), "key ho-2026-000001"));
    flip(rig, OMB_FAMILY_KEY, omb_key_view(&key));
    key = omb_key_escrow(1, 1);
    flip(rig, OMB_FAMILY_KEY, omb_key_view(&key));
    assert_true(has_line(check(rig), "key log 1, record 1"));
}

static void test_check_finds_missing_rows(void **state)
{
    struct rig *rig = *state;
    const struct omb_view nothing = OMB_VIEW_NONE;
    struct omb_case_id id;
    struct omb_key key;

    fill(rig);
    id = first_case(rig);
    key = omb_key_case(&id);
    memport_set(rig->store, OMB_FAMILY_CASE, omb_key_view(&key), nothing);
    assert_true(has_line(check(rig), "its case has no row"));
    assert_true(has_line(check(rig), "there is no such case here"));
    key = omb_key_journal(2);
    memport_set(rig->store, OMB_FAMILY_JOURNAL, omb_key_view(&key), nothing);
    assert_true(has_line(check(rig), "the position before it is missing"));
}

static void test_check_finds_rows_that_nothing_implies(void **state)
{
    struct rig *rig = *state;
    const struct omb_digest digest = {{7}};
    const struct omb_case_id id = {.year = 2026, .serial = 9};
    struct omb_key key = omb_key_digest(&digest);
    uint8_t place[12];

    fill(rig);
    omb_put_place(place, 1, 1);
    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_OF(place));
    assert_true(has_line(check(rig), "names a record of another digest"));
    key = omb_key_index(OMB_INDEX_STATUS, OMB_VIEW_LIT("open"), &id);
    memport_set(rig->store, OMB_FAMILY_INDEX, omb_key_view(&key), OMB_VIEW_LIT(""));
    assert_true(has_line(check(rig), "there is no such case here"));
    key = omb_key_part(1, 1, OMB_PART_BODY);
    memport_set(rig->store, OMB_FAMILY_PART, omb_key_view(&key), OMB_VIEW_LIT("x"));
    assert_true(has_line(check(rig), "has a part that its header does not name"));
}

/* --- rebuild --- */

static const enum omb_family derived[] = {OMB_FAMILY_DIGEST, OMB_FAMILY_CASE, OMB_FAMILY_CASE_LOG,
                                          OMB_FAMILY_INDEX};

static const struct omb_store_rebuilt *rebuild(struct rig *rig)
{
    return ASK(rig, "admin", STORE_REBUILD, store_rebuild, store_rebuilt);
}

struct keys {
    struct omb_view items[512];
    size_t count;
    struct omb_arena *arena;
};

static enum omb_rc take_key(void *arg, struct omb_view key, struct omb_view value)
{
    struct keys *keys = arg;

    (void)value;
    assert_true(keys->count < UNIT_COUNT(keys->items));
    keys->items[keys->count++] = omb_arena_copy(keys->arena, key);
    return OMB_OK;
}

/* Deletes every `step`-th row of a family. */
static void thin_out(struct rig *rig, enum omb_family family, size_t step)
{
    struct keys *keys = OMB_ARENA_NEW(&rig->arena, struct keys, 1);

    keys->arena = &rig->arena;
    assert_int_equal(omb_port_scan(memport_port(rig->store), family, OMB_VIEW_NONE, OMB_VIEW_NONE,
                                   false, take_key, keys),
                     OMB_OK);
    for (size_t i = 0; i < keys->count; i += step)
        memport_set(rig->store, family, keys->items[i], OMB_VIEW_NONE);
}

static void assert_rebuilt_as(struct rig *rig, struct memport *before)
{
    rig_commit(rig);
    for (size_t i = 0; i < UNIT_COUNT(derived); i++)
        assert_true(memport_same(rig->store, before, derived[i]));
    memport_free(before);
    assert_in_order(rig);
}

static void test_rebuild_of_a_store_in_order_changes_nothing(void **state)
{
    struct rig *rig = *state;
    const struct omb_store_rebuilt *done;

    fill(rig);
    done = rebuild(rig);
    assert_int_equal(done->changed, 0);
    assert_int_equal(done->cases, 3);
    assert_int_equal(done->records, omb_office_tip(rig->office)->records);
}

static void test_rebuild_makes_the_same_bytes_from_nothing(void **state)
{
    struct rig *rig = *state;
    struct memport *before;

    fill(rig);
    before = memport_copy(rig->store);
    for (size_t i = 0; i < UNIT_COUNT(derived); i++) {
        thin_out(rig, derived[i], 1);
        assert_int_equal(memport_count(rig->store, derived[i]), 0);
    }
    assert_true(rebuild(rig)->changed > 20);
    assert_rebuilt_as(rig, before);
}

static void test_rebuild_fills_holes(void **state)
{
    struct rig *rig = *state;

    fill(rig);
    for (size_t i = 0; i < UNIT_COUNT(derived); i++) {
        struct memport *before = memport_copy(rig->store);

        thin_out(rig, derived[i], 2);
        assert_true(rebuild(rig)->changed > 0);
        assert_rebuilt_as(rig, before);
    }
}

static void test_rebuild_takes_away_what_nothing_implies(void **state)
{
    struct rig *rig = *state;
    const struct omb_digest digest = {{7}};
    const struct omb_case_id id = {.year = 2026, .serial = 9};
    struct memport *before;
    struct omb_key key;
    uint8_t place[12];

    fill(rig);
    before = memport_copy(rig->store);
    omb_put_place(place, 1, 1);
    key = omb_key_digest(&digest);
    memport_set(rig->store, OMB_FAMILY_DIGEST, omb_key_view(&key), OMB_VIEW_OF(place));
    key = omb_key_case_log(&id, 1, 1);
    memport_set(rig->store, OMB_FAMILY_CASE_LOG, omb_key_view(&key), OMB_VIEW_LIT(""));
    key = omb_key_case(&id);
    memport_set(rig->store, OMB_FAMILY_CASE, omb_key_view(&key), OMB_VIEW_LIT("x"));
    key = omb_key_index(OMB_INDEX_STATUS, OMB_VIEW_LIT("open"), &id);
    memport_set(rig->store, OMB_FAMILY_INDEX, omb_key_view(&key), OMB_VIEW_LIT(""));
    assert_int_equal(rebuild(rig)->changed, 4);
    assert_rebuilt_as(rig, before);
}

static void test_rebuild_mends_a_damaged_case_row(void **state)
{
    struct rig *rig = *state;
    struct memport *before;
    struct omb_case_id id;
    struct omb_key key;

    fill(rig);
    before = memport_copy(rig->store);
    id = first_case(rig);
    key = omb_key_case(&id);
    memport_set(rig->store, OMB_FAMILY_CASE, omb_key_view(&key), OMB_VIEW_LIT("\377\377"));
    assert_int_equal(rebuild(rig)->changed, 1);
    assert_rebuilt_as(rig, before);
}

/* More rows than are looked at between two writes. */
static void test_rebuild_of_many_rows_makes_the_same_bytes(void **state)
{
    struct rig *rig = *state;
    struct memport *before;

    for (size_t i = 0; i < 600; i++)
        new_case(rig);
    rig_commit(rig);
    before = memport_copy(rig->store);
    for (size_t i = 1; i <= 600; i++) {
        struct omb_case_id id = first_case(rig);
        struct omb_key key;

        id.serial = i;
        key = omb_key_case(&id);
        memport_set(rig->store, OMB_FAMILY_CASE, omb_key_view(&key), OMB_VIEW_NONE);
    }
    assert_int_equal(rebuild(rig)->changed, 600);
    assert_rebuilt_as(rig, before);
}

static void test_rebuild_without_a_whole_log_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct omb_key key = omb_key_record(1, 1);

    fill(rig);
    memport_set(rig->store, OMB_FAMILY_RECORD, omb_key_view(&key), OMB_VIEW_LIT("x"));
    must_refuse(ask_as(rig, "admin", OMB_ASK_STORE_REBUILD, NULL), "refused", "verify the log");
}

static void test_rebuild_keeps_imports_known(void **state)
{
    struct rig *rig = *state;
    struct omb_key key = omb_key_index(OMB_INDEX_REFERENCE, OMB_VIEW_LIT("csv/A-1"), NULL);
    struct keys *keys = OMB_ARENA_NEW(&rig->arena, struct keys, 1);

    fill(rig);
    thin_out(rig, OMB_FAMILY_INDEX, 1);
    rebuild(rig);
    rig_commit(rig);
    keys->arena = &rig->arena;
    assert_int_equal(omb_port_scan_prefix(memport_port(rig->store), OMB_FAMILY_INDEX,
                                          omb_key_view(&key), take_key, keys),
                     OMB_OK);
    assert_int_equal(keys->count, 1);
}

/* --- a damaged row and the other cases --- */

static void test_damaged_case_does_not_stop_the_others(void **state)
{
    struct rig *rig = *state;
    struct omb_case_id id;
    struct omb_view second;
    struct omb_key key;

    fill(rig);
    second = new_case(rig);
    rig_commit(rig);
    id = first_case(rig);
    key = omb_key_case(&id);
    memport_set(rig->store, OMB_FAMILY_CASE, omb_key_view(&key), OMB_VIEW_LIT("\377\377"));
    must_refuse(ask_as(rig, "t1", OMB_ASK_CASE_LIST, &(struct omb_case_list_ask){.limit = 9}),
                "damaged", "rebuild");
    assert_text(show(rig, "t1", second)->status, "open");
}

/* --- stats and doctor --- */

static void test_stats_count_rows_of_every_family(void **state)
{
    struct rig *rig = *state;
    const struct omb_store_stats *stats;

    fill(rig);
    stats = ASK(rig, "admin", STORE_STATS, store_stats_ask, store_stats);
    assert_int_equal(stats->families.count, OMB_FAMILY_COUNT);
    assert_int_equal(stats->cases, 3);
    assert_int_equal(stats->records, omb_office_tip(rig->office)->records);
    assert_int_equal(stats->schema, 1);
    assert_int_equal(stats->epoch.size, 32);
    for (size_t i = 0; i < stats->families.count; i++) {
        const struct omb_family_stats *family = &stats->families.items[i];

        assert_int_equal(family->rows, memport_count(rig->store, (enum omb_family)i));
        assert_false(family->more);
    }
}

static const struct omb_finding *finding(struct rig *rig, const char *name)
{
    const struct omb_doctor *doctor = ASK(rig, "admin", DOCTOR, doctor_ask, doctor);

    for (size_t i = 0; i < doctor->findings.count; i++) {
        if (omb_view_is(doctor->findings.items[i].check, name))
            return &doctor->findings.items[i];
    }
    fail_msg("no finding %s", name);
    return NULL;
}

static void test_doctor_finds_a_healthy_office_well(void **state)
{
    struct rig *rig = *state;
    const struct omb_doctor *doctor;

    fill(rig);
    doctor = ASK(rig, "admin", DOCTOR, doctor_ask, doctor);
    assert_true(doctor->findings.count >= 9);
    for (size_t i = 0; i < doctor->findings.count; i++) {
        if (!omb_view_is(doctor->findings.items[i].level, "ok"))
            fail_msg("%.*s: %.*s", OMB_VIEW_ARGS(doctor->findings.items[i].check),
                     OMB_VIEW_ARGS(doctor->findings.items[i].words));
    }
}

static void test_doctor_warns_before_the_certificate_expires(void **state)
{
    struct rig *rig = *state;

    rig_pass(rig, 3640 * OMB_DAY_MS);
    assert_text(finding(rig, "certificate")->level, "warning");
    rig_pass(rig, 20 * OMB_DAY_MS);
    assert_text(finding(rig, "certificate")->level, "critical");
}

static void test_doctor_notices_a_clock_set_back(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    rig_pass(rig, -OMB_DAY_MS);
    assert_text(finding(rig, "clock")->level, "critical");
}

static void test_doctor_counts_what_is_overdue(void **state)
{
    struct rig *rig = *state;

    new_case(rig);
    new_case(rig);
    rig_pass(rig, 40 * OMB_DAY_MS);
    assert_text(finding(rig, "overdue")->level, "warning");
    assert_text(omb_view(finding(rig, "overdue")->words.data, 7), "2 cases");
}

static void test_doctor_misses_a_supervisor(void **state)
{
    struct rig *rig = *state;
    const struct omb_operator_change change = {.code = OMB_VIEW_LIT("s1"), .revoke = true};

    answer_of(ask_as(rig, "admin", OMB_ASK_OPERATOR_CHANGE, &change));
    assert_text(finding(rig, "operators")->level, "warning");
}

static void test_doctor_notices_wrong_counters_and_rebuild_mends_them(void **state)
{
    struct rig *rig = *state;

    fill(rig);
    omb_office_tip(rig->office)->cases++;
    assert_text(finding(rig, "counters")->level, "critical");
    assert_int_equal(rebuild(rig)->changed, 1);
    rig_commit(rig);
    rig_reopen(rig);
    assert_text(finding(rig, "counters")->level, "ok");
}

static void test_doctor_names_the_newest_record_when_it_is_damaged(void **state)
{
    struct rig *rig = *state;
    const struct omb_tip *tip = omb_office_tip(rig->office);
    struct omb_key key;

    fill(rig);
    key = omb_key_record(tip->number, tip->seq);
    flip(rig, OMB_FAMILY_RECORD, omb_key_view(&key));
    assert_text(finding(rig, "newest-record")->level, "critical");
    assert_text(omb_view(finding(rig, "newest-record")->words.data, 10), "record 14:");
}

static void test_doctor_tells_of_a_loss_for_a_month(void **state)
{
    const struct omb_key key = omb_key_meta(OMB_META_LOSS);
    struct rig *rig = *state;
    const struct omb_doctor *doctor;
    uint8_t value[OMB_META_LOSS_SIZE] = {0};

    omb_put_be64(value, (uint64_t)rig->now_ms);
    omb_put_be64(value + 8, 17);
    memport_set(rig->store, OMB_FAMILY_META, omb_key_view(&key), OMB_VIEW_OF(value));
    assert_text(finding(rig, "loss")->level, "warning");
    assert_text(omb_view(finding(rig, "loss")->words.data, 9), "17 writes");
    omb_put_be64(value + 8, 0);
    memport_set(rig->store, OMB_FAMILY_META, omb_key_view(&key), OMB_VIEW_OF(value));
    assert_text(omb_view(finding(rig, "loss")->words.data, 6), "writes");
    rig_pass(rig, 31 * OMB_DAY_MS);
    doctor = ASK(rig, "admin", DOCTOR, doctor_ask, doctor);
    for (size_t i = 0; i < doctor->findings.count; i++)
        assert_false(omb_view_is(doctor->findings.items[i].check, "loss"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(test_store_in_order_has_no_problems),
        DESK_TEST(test_check_looks_at_the_same_rows_in_any_pages),
        DESK_TEST(test_check_finds_a_flipped_bit_anywhere_in_a_record),
        DESK_TEST(test_check_finds_a_flipped_bit_in_each_record),
        DESK_TEST(test_check_finds_a_flipped_bit_in_a_part),
        DESK_TEST(test_check_finds_a_flipped_bit_in_a_case_row),
        DESK_TEST(test_check_finds_a_flipped_bit_in_a_key),
        DESK_TEST(test_check_finds_missing_rows),
        DESK_TEST(test_check_finds_rows_that_nothing_implies),
        DESK_TEST(test_rebuild_of_a_store_in_order_changes_nothing),
        DESK_TEST(test_rebuild_makes_the_same_bytes_from_nothing),
        DESK_TEST(test_rebuild_fills_holes),
        DESK_TEST(test_rebuild_takes_away_what_nothing_implies),
        DESK_TEST(test_rebuild_mends_a_damaged_case_row),
        DESK_TEST(test_rebuild_of_many_rows_makes_the_same_bytes),
        DESK_TEST(test_rebuild_without_a_whole_log_is_refused),
        DESK_TEST(test_rebuild_keeps_imports_known),
        DESK_TEST(test_damaged_case_does_not_stop_the_others),
        DESK_TEST(test_stats_count_rows_of_every_family),
        DESK_TEST(test_doctor_finds_a_healthy_office_well),
        DESK_TEST(test_doctor_warns_before_the_certificate_expires),
        DESK_TEST(test_doctor_notices_a_clock_set_back),
        DESK_TEST(test_doctor_counts_what_is_overdue),
        DESK_TEST(test_doctor_misses_a_supervisor),
        DESK_TEST(test_doctor_tells_of_a_loss_for_a_month),
        DESK_TEST(test_doctor_notices_wrong_counters_and_rebuild_mends_them),
        DESK_TEST(test_doctor_names_the_newest_record_when_it_is_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
