/* Do views compare and buffers grow as they say? */
#include "unit.h"

#include "base/bytes.h"

static void empty_views_are_equal_whatever_they_point_at(void **state)
{
    (void)state;
    assert_true(omb_view_equal(OMB_VIEW_NONE, omb_view("x", 0)));
    assert_true(omb_view_is(OMB_VIEW_NONE, ""));
    assert_true(omb_view_equal(omb_view_str(NULL), OMB_VIEW_NONE));
}

static void views_compare_bytewise_with_the_prefix_first(void **state)
{
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(sorted); i++)
        for (size_t j = 0; j < UNIT_COUNT(sorted); j++) {
            int order = omb_view_compare(omb_view_str(sorted[i]), omb_view_str(sorted[j]));

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void a_view_starts_with_its_prefixes_only(void **state)
{
    (void)state;
    assert_true(omb_view_starts(OMB_VIEW_LIT("cards"), OMB_VIEW_LIT("card")));
    assert_true(omb_view_starts(OMB_VIEW_LIT("cards"), OMB_VIEW_NONE));
    assert_false(omb_view_starts(OMB_VIEW_LIT("card"), OMB_VIEW_LIT("cards")));
    assert_false(omb_view_starts(OMB_VIEW_LIT("cards"), OMB_VIEW_LIT("bard")));
}

static void a_buffer_holds_all_that_was_added(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    (void)state;

    for (int i = 0; i < 10000; i++)
        omb_buf_add_u8(&buf, (uint8_t)(i % 256));
    assert_int_equal(buf.size, 10000);
    for (size_t i = 0; i < buf.size; i++)
        assert_int_equal(buf.data[i], i % 256);
    omb_buf_free(&buf);
}

static void a_buffer_grows_by_doubling(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    size_t capacities = 0;
    (void)state;

    for (int i = 0; i < 1 << 16; i++) {
        size_t before = buf.capacity;

        omb_buf_add_u8(&buf, 0);
        capacities += buf.capacity != before;
    }
    assert_true(capacities <= 12);
    omb_buf_free(&buf);
}

static void a_reserved_buffer_does_not_move(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    const uint8_t *at;
    (void)state;

    omb_buf_reserve(&buf, 5000);
    at = buf.data;
    for (int i = 0; i < 5000; i++)
        omb_buf_add_u8(&buf, 1);
    assert_ptr_equal(buf.data, at);
    omb_buf_free(&buf);
}

static void numbers_go_out_and_come_back_big_endian(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    (void)state;

    omb_buf_add_be16(&buf, 0x0102);
    omb_buf_add_be32(&buf, 0x83040506);
    omb_buf_add_be64(&buf, UINT64_C(0x8708090a0b0c0d0e));
    assert_memory_equal(buf.data, "\x01\x02\x83\x04\x05\x06\x87\x08\x09\x0a\x0b\x0c\x0d\x0e", 14);
    assert_int_equal(omb_be16(buf.data), 0x0102);
    assert_int_equal(omb_be32(buf.data + 2), 0x83040506);
    assert_true(omb_be64(buf.data + 6) == UINT64_C(0x8708090a0b0c0d0e));
    omb_buf_free(&buf);
}

static void formatted_text_is_appended_whole(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    (void)state;

    omb_buf_add_str(&buf, "case ");
    for (int i = 0; i < 100; i++)
        omb_buf_printf(&buf, "%03d,", i);
    assert_int_equal(buf.size, 5 + 400);
    assert_memory_equal(buf.data + buf.size - 8, "098,099,", 8);
    omb_buf_free(&buf);
}

static void text_of_a_buffer_ends_with_an_uncounted_nul(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    (void)state;

    assert_string_equal(omb_buf_str(&buf), "");
    for (int i = 0; i < 64; i++)
        omb_buf_add_str(&buf, "x");
    assert_int_equal(strlen(omb_buf_str(&buf)), 64);
    assert_int_equal(buf.size, 64);
    omb_buf_free(&buf);
}

static void a_cleared_buffer_keeps_its_memory(void **state)
{
    struct omb_buf buf = OMB_BUF_INIT;
    (void)state;

    omb_buf_add_str(&buf, "words");
    omb_buf_clear(&buf);
    assert_int_equal(buf.size, 0);
    assert_true(buf.capacity > 0);
    omb_buf_wipe(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.capacity, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_views_are_equal_whatever_they_point_at),
        cmocka_unit_test(views_compare_bytewise_with_the_prefix_first),
        cmocka_unit_test(a_view_starts_with_its_prefixes_only),
        cmocka_unit_test(a_buffer_holds_all_that_was_added),
        cmocka_unit_test(a_buffer_grows_by_doubling),
        cmocka_unit_test(a_reserved_buffer_does_not_move),
        cmocka_unit_test(numbers_go_out_and_come_back_big_endian),
        cmocka_unit_test(formatted_text_is_appended_whole),
        cmocka_unit_test(text_of_a_buffer_ends_with_an_uncounted_nul),
        cmocka_unit_test(a_cleared_buffer_keeps_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
