#include "support/port_subject.h"

#define LIT(text) OMB_VIEW_LIT(text)
#define ALL OMB_VIEW_NONE
#define MIB ((size_t)1024 * 1024)

/* --- helpers --- */

static enum omb_rc note(void *arg, struct omb_view key, struct omb_view value)
{
    struct subject *subject = arg;

    omb_buf_printf(&subject->seen, "%.*s=%.*s ", OMB_VIEW_ARGS(key), OMB_VIEW_ARGS(value));
    return ++subject->rows == subject->stop_after ? OMB_STOP : OMB_OK;
}

/* What a scan of `index` visits, in its order. */
static const char *scan(struct subject *subject, struct omb_view from, struct omb_view until,
                        bool backwards)
{
    omb_buf_clear(&subject->seen);
    subject->rows = 0;
    assert_int_equal(omb_port_scan(port_of(subject), OMB_FAMILY_INDEX, from, until, backwards, note,
                                   subject), OMB_OK);
    return omb_buf_str(&subject->seen);
}

/* b=1 d=2 f=3 h=4, not put in that order */
static void put_letters(struct subject *subject)
{
    put(subject, OMB_FAMILY_INDEX, "f", "3");
    put(subject, OMB_FAMILY_INDEX, "b", "1");
    put(subject, OMB_FAMILY_INDEX, "h", "4");
    put(subject, OMB_FAMILY_INDEX, "d", "2");
    commit(subject);
}

/* --- single rows --- */

static void what_was_put_is_found(void **state)
{
    put(*state, OMB_FAMILY_CASE, "key", "value");
    commit(*state);
    assert_value(*state, OMB_FAMILY_CASE, "key", "value");
}

static void what_was_never_put_is_not_found(void **state)
{
    put(*state, OMB_FAMILY_CASE, "key", "value");
    commit(*state);
    assert_absent(*state, OMB_FAMILY_CASE, "ke");
    assert_absent(*state, OMB_FAMILY_CASE, "keys");
}

static void a_second_put_replaces_the_first(void **state)
{
    put(*state, OMB_FAMILY_CASE, "key", "a longer value");
    commit(*state);
    put(*state, OMB_FAMILY_CASE, "key", "short");
    commit(*state);
    assert_value(*state, OMB_FAMILY_CASE, "key", "short");
}

static void get_replaces_what_the_buffer_held(void **state)
{
    struct subject *subject = *state;
    struct omb_buf got = OMB_BUF_INIT;

    put(subject, OMB_FAMILY_CASE, "key", "value");
    commit(subject);
    omb_buf_add_str(&got, "something that was there before");
    assert_int_equal(omb_port_get(port_of(subject), OMB_FAMILY_CASE, LIT("key"), &got), OMB_OK);
    assert_string_equal(omb_buf_str(&got), "value");
    omb_buf_free(&got);
}

static void what_was_deleted_is_not_found(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "key", "value");
    commit(subject);
    omb_delete(subject->writes, OMB_FAMILY_CASE, LIT("key"));
    commit(subject);
    assert_absent(subject, OMB_FAMILY_CASE, "key");
}

static void deleting_what_is_not_there_is_no_error(void **state)
{
    struct subject *subject = *state;

    omb_delete(subject->writes, OMB_FAMILY_CASE, LIT("key"));
    put(subject, OMB_FAMILY_CASE, "other", "value");
    commit(subject);
    assert_absent(subject, OMB_FAMILY_CASE, "key");
    assert_value(subject, OMB_FAMILY_CASE, "other", "value");
}

static void an_empty_value_is_not_an_absent_one(void **state)
{
    put(*state, OMB_FAMILY_CASE, "empty", "");
    commit(*state);
    assert_value(*state, OMB_FAMILY_CASE, "empty", "");
    assert_absent(*state, OMB_FAMILY_CASE, "absent");
}

static void families_do_not_mix(void **state)
{
    put(*state, OMB_FAMILY_CASE, "key", "of a case");
    put(*state, OMB_FAMILY_KEY, "key", "of a key");
    commit(*state);
    assert_value(*state, OMB_FAMILY_CASE, "key", "of a case");
    assert_value(*state, OMB_FAMILY_KEY, "key", "of a key");
    assert_absent(*state, OMB_FAMILY_RECORD, "key");
}

static void every_family_keeps_rows(void **state)
{
    for (int i = 0; i < OMB_FAMILY_COUNT; i++)
        put(*state, (enum omb_family)i, "row", omb_family_name((enum omb_family)i));
    commit(*state);
    reopen(*state);
    for (int i = 0; i < OMB_FAMILY_COUNT; i++)
        assert_value(*state, (enum omb_family)i, "row", omb_family_name((enum omb_family)i));
}

static void bytes_of_any_value_are_kept(void **state)
{
    struct subject *subject = *state;
    struct omb_buf got = OMB_BUF_INIT;
    uint8_t all[256];

    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)(255 - i);
    omb_put(subject->writes, OMB_FAMILY_CASE, omb_view(all, 200), OMB_VIEW_OF(all));
    commit(subject);
    assert_int_equal(omb_port_get(port_of(subject), OMB_FAMILY_CASE, omb_view(all, 200), &got),
                     OMB_OK);
    assert_true(omb_view_equal(omb_buf_view(&got), OMB_VIEW_OF(all)));
    omb_buf_free(&got);
}

static void a_value_of_a_mebibyte_is_kept(void **state)
{
    struct subject *subject = *state;
    struct omb_buf large = OMB_BUF_INIT, got = OMB_BUF_INIT;

    for (size_t i = 0; i < MIB / 8; i++)
        omb_buf_add_be64(&large, i * UINT64_C(0x9e3779b97f4a7c15));
    omb_put(subject->writes, OMB_FAMILY_PART, LIT("large"), omb_buf_view(&large));
    omb_put(subject->writes, OMB_FAMILY_RECORD, LIT("large"), omb_buf_view(&large));
    commit(subject);
    reopen(subject);
    assert_int_equal(omb_port_get(port_of(subject), OMB_FAMILY_PART, LIT("large"), &got), OMB_OK);
    assert_true(omb_view_equal(omb_buf_view(&got), omb_buf_view(&large)));
    assert_int_equal(omb_port_get(port_of(subject), OMB_FAMILY_RECORD, LIT("large"), &got), OMB_OK);
    assert_true(omb_view_equal(omb_buf_view(&got), omb_buf_view(&large)));
    omb_buf_free(&large);
    omb_buf_free(&got);
}

/* --- scans --- */

static void a_scan_without_bounds_visits_the_family_in_key_order(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, ALL, ALL, false), "b=1 d=2 f=3 h=4 ");
}

static void a_scan_of_an_empty_family_visits_nothing(void **state)
{
    assert_string_equal(scan(*state, ALL, ALL, false), "");
    assert_string_equal(scan(*state, ALL, ALL, true), "");
}

static void a_scan_begins_at_from_and_ends_before_until(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, LIT("d"), LIT("h"), false), "d=2 f=3 ");
    assert_string_equal(scan(*state, LIT("c"), LIT("g"), false), "d=2 f=3 ");
}

static void a_scan_with_one_bound_is_open_at_the_other_end(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, LIT("d"), ALL, false), "d=2 f=3 h=4 ");
    assert_string_equal(scan(*state, ALL, LIT("f"), false), "b=1 d=2 ");
}

static void bounds_that_hold_no_row_visit_nothing(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, LIT("e"), LIT("f"), false), "");
    assert_string_equal(scan(*state, LIT("i"), ALL, false), "");
    assert_string_equal(scan(*state, ALL, LIT("b"), false), "");
    assert_string_equal(scan(*state, LIT("e"), LIT("f"), true), "");
}

static void bounds_in_the_wrong_order_visit_nothing(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, LIT("f"), LIT("b"), false), "");
    assert_string_equal(scan(*state, LIT("f"), LIT("b"), true), "");
    assert_string_equal(scan(*state, LIT("d"), LIT("d"), false), "");
}

static void a_scan_backwards_visits_the_same_rows_the_other_way(void **state)
{
    put_letters(*state);
    assert_string_equal(scan(*state, ALL, ALL, true), "h=4 f=3 d=2 b=1 ");
    assert_string_equal(scan(*state, LIT("d"), LIT("h"), true), "f=3 d=2 ");
    assert_string_equal(scan(*state, LIT("d"), ALL, true), "h=4 f=3 d=2 ");
    assert_string_equal(scan(*state, ALL, LIT("f"), true), "d=2 b=1 ");
}

static void keys_are_ordered_as_unsigned_bytes_with_prefixes_first(void **state)
{
    put(*state, OMB_FAMILY_INDEX, "\xff", "4");
    put(*state, OMB_FAMILY_INDEX, "a\x01", "2");
    put(*state, OMB_FAMILY_INDEX, "a\x80", "3");
    put(*state, OMB_FAMILY_INDEX, "a", "1");
    commit(*state);
    assert_string_equal(scan(*state, ALL, ALL, false), "a=1 a\x01=2 a\x80=3 \xff=4 ");
}

static void a_visitor_that_has_seen_enough_ends_the_scan_well(void **state)
{
    struct subject *subject = *state;

    put_letters(subject);
    subject->stop_after = 2;
    assert_string_equal(scan(subject, ALL, ALL, false), "b=1 d=2 ");
    assert_string_equal(scan(subject, ALL, ALL, true), "h=4 f=3 ");
}

static enum omb_rc refuse(void *arg, struct omb_view key, struct omb_view value)
{
    (void)key;
    (void)value;
    ++*(int *)arg;
    return OMB_LIMIT;
}

static void a_visitor_that_fails_ends_the_scan_with_its_code(void **state)
{
    struct subject *subject = *state;
    int visits = 0;

    put_letters(subject);
    assert_int_equal(omb_port_scan(port_of(subject), OMB_FAMILY_INDEX, ALL, ALL, false, refuse,
                                   &visits), OMB_LIMIT);
    assert_int_equal(visits, 1);
}

static enum omb_rc read_within(void *arg, struct omb_view key, struct omb_view value)
{
    struct omb_buf got = OMB_BUF_INIT;
    enum omb_rc rc = omb_port_get(arg, OMB_FAMILY_INDEX, key, &got);

    assert_true(omb_view_equal(omb_buf_view(&got), value));
    omb_buf_free(&got);
    return rc;
}

static void a_visitor_may_read_through_the_port(void **state)
{
    struct subject *subject = *state;

    put_letters(subject);
    assert_int_equal(omb_port_scan(port_of(subject), OMB_FAMILY_INDEX, ALL, ALL, false, read_within,
                                   (void *)port_of(subject)), OMB_OK);
}

static void a_scan_shows_empty_values_and_no_deleted_rows(void **state)
{
    struct subject *subject = *state;

    put_letters(subject);
    omb_delete(subject->writes, OMB_FAMILY_INDEX, LIT("d"));
    put(subject, OMB_FAMILY_INDEX, "f", "");
    commit(subject);
    assert_string_equal(scan(subject, ALL, ALL, false), "b=1 f= h=4 ");
    assert_string_equal(scan(subject, ALL, ALL, true), "h=4 f= b=1 ");
}

static void a_prefix_visits_the_rows_that_start_with_it(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_INDEX, "case", "0");
    put(subject, OMB_FAMILY_INDEX, "case/1", "1");
    put(subject, OMB_FAMILY_INDEX, "case/2", "2");
    put(subject, OMB_FAMILY_INDEX, "case0", "3");
    put(subject, OMB_FAMILY_INDEX, "\xff\xff", "4");
    put(subject, OMB_FAMILY_INDEX, "\xff\xff\xff", "5");
    commit(subject);
    assert_int_equal(omb_port_scan_prefix(port_of(subject), OMB_FAMILY_INDEX, LIT("case/"), note,
                                          subject), OMB_OK);
    assert_string_equal(omb_buf_str(&subject->seen), "case/1=1 case/2=2 ");
    omb_buf_clear(&subject->seen);
    assert_int_equal(omb_port_scan_prefix(port_of(subject), OMB_FAMILY_INDEX, LIT("\xff\xff"), note,
                                          subject), OMB_OK);
    assert_string_equal(omb_buf_str(&subject->seen), "\xff\xff=4 \xff\xff\xff=5 ");
}

static enum omb_rc count_up(void *arg, struct omb_view key, struct omb_view value)
{
    uint64_t *next = arg;

    assert_int_equal(key.size, 8);
    assert_int_equal(omb_be64(key.data), *next);
    assert_int_equal(value.size, 100);
    ++*next;
    return OMB_OK;
}

static void many_rows_over_many_batches_keep_their_order(void **state)
{
    struct subject *subject = *state;
    uint8_t key[8], value[100] = {0};
    uint64_t next = 0;

    for (uint64_t i = 0; i < 20000; i++) {
        omb_put_be64(key, (i * 7919) % 20000);
        omb_put(subject->writes, OMB_FAMILY_JOURNAL, OMB_VIEW_OF(key), OMB_VIEW_OF(value));
        if (i % 1000 == 999)
            commit(subject);
    }
    assert_int_equal(omb_port_scan(port_of(subject), OMB_FAMILY_JOURNAL, ALL, ALL, false, count_up,
                                   &next), OMB_OK);
    assert_int_equal(next, 20000);
}

/* --- batches and restarts --- */

static void nothing_is_seen_before_the_commit_and_all_of_it_after(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "a", "1");
    put(subject, OMB_FAMILY_INDEX, "b", "2");
    assert_absent(subject, OMB_FAMILY_CASE, "a");
    assert_absent(subject, OMB_FAMILY_INDEX, "b");
    commit(subject);
    assert_value(subject, OMB_FAMILY_CASE, "a", "1");
    assert_value(subject, OMB_FAMILY_INDEX, "b", "2");
}

static void the_last_word_of_a_batch_counts(void **state)
{
    struct subject *subject = *state;

    put(subject, OMB_FAMILY_CASE, "kept", "first");
    omb_delete(subject->writes, OMB_FAMILY_CASE, LIT("kept"));
    put(subject, OMB_FAMILY_CASE, "kept", "last");
    put(subject, OMB_FAMILY_CASE, "gone", "value");
    omb_delete(subject->writes, OMB_FAMILY_CASE, LIT("gone"));
    commit(subject);
    assert_value(subject, OMB_FAMILY_CASE, "kept", "last");
    assert_absent(subject, OMB_FAMILY_CASE, "gone");
}

static void an_empty_batch_changes_nothing(void **state)
{
    put_letters(*state);
    commit(*state);
    assert_string_equal(scan(*state, ALL, ALL, false), "b=1 d=2 f=3 h=4 ");
}

static void everything_is_there_after_a_restart(void **state)
{
    struct subject *subject = *state;

    put_letters(subject);
    omb_delete(subject->writes, OMB_FAMILY_INDEX, LIT("b"));
    put(subject, OMB_FAMILY_CASE, "empty", "");
    commit(subject);
    reopen(subject);
    assert_string_equal(scan(subject, ALL, ALL, false), "d=2 f=3 h=4 ");
    assert_value(subject, OMB_FAMILY_CASE, "empty", "");
    put(subject, OMB_FAMILY_INDEX, "d", "5");
    commit(subject);
    reopen(subject);
    assert_string_equal(scan(subject, ALL, ALL, false), "d=5 f=3 h=4 ");
}

int omb_port_suite(const struct omb_port_maker *maker)
{
#define ROW(test) SUBJECT_ROW(test, maker)
    const struct CMUnitTest tests[] = {
        ROW(what_was_put_is_found),
        ROW(what_was_never_put_is_not_found),
        ROW(a_second_put_replaces_the_first),
        ROW(get_replaces_what_the_buffer_held),
        ROW(what_was_deleted_is_not_found),
        ROW(deleting_what_is_not_there_is_no_error),
        ROW(an_empty_value_is_not_an_absent_one),
        ROW(families_do_not_mix),
        ROW(every_family_keeps_rows),
        ROW(bytes_of_any_value_are_kept),
        ROW(a_value_of_a_mebibyte_is_kept),
        ROW(a_scan_without_bounds_visits_the_family_in_key_order),
        ROW(a_scan_of_an_empty_family_visits_nothing),
        ROW(a_scan_begins_at_from_and_ends_before_until),
        ROW(a_scan_with_one_bound_is_open_at_the_other_end),
        ROW(bounds_that_hold_no_row_visit_nothing),
        ROW(bounds_in_the_wrong_order_visit_nothing),
        ROW(a_scan_backwards_visits_the_same_rows_the_other_way),
        ROW(keys_are_ordered_as_unsigned_bytes_with_prefixes_first),
        ROW(a_visitor_that_has_seen_enough_ends_the_scan_well),
        ROW(a_visitor_that_fails_ends_the_scan_with_its_code),
        ROW(a_visitor_may_read_through_the_port),
        ROW(a_scan_shows_empty_values_and_no_deleted_rows),
        ROW(a_prefix_visits_the_rows_that_start_with_it),
        ROW(many_rows_over_many_batches_keep_their_order),
        ROW(nothing_is_seen_before_the_commit_and_all_of_it_after),
        ROW(the_last_word_of_a_batch_counts),
        ROW(an_empty_batch_changes_nothing),
        ROW(everything_is_there_after_a_restart),
    };
#undef ROW

    return _cmocka_run_group_tests(maker->name, tests, UNIT_COUNT(tests), NULL, NULL);
}
