/* Is text from outside checked as strictly as promised? */
#include "unit.h"

#include "base/text.h"

/* Encodes without any check, so that ill-formed text can be made. */
static size_t encode(uint32_t point, size_t size, uint8_t *out)
{
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    if (size == 1) {
        out[0] = (uint8_t)point;
        return 1;
    }
    for (size_t i = size - 1; i > 0; i--, point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
    out[0] = (uint8_t)(first[size] | point);
    return size;
}

static void every_character_is_well_formed_in_its_shortest_form_only(void **state)
{
    uint8_t bytes[4];
    (void)state;

    for (uint32_t point = 0; point < 0x120000; point++) {
        size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        bool real = point != 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);

        for (size_t size = shortest; size <= 4; size++) {
            encode(point, size, bytes);
            if (omb_text_utf8(omb_view(bytes, size)) != (real && size == shortest))
                fail_msg("U+%04X in %zu bytes", point, size);
        }
    }
}

static void cut_and_stray_bytes_are_not_well_formed(void **state)
{
    static const char *const bad[] = {
        "\x80",  "a\xbf",     "\xc3",          "\xe2\x82", "\xf0\x9f\x98",
        "\xc3(", "\xe2(\xa1", "\xf0\x9f(\x98", "\xfe",     "\xf8\x88\x80\x80\x80"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_false(omb_text_utf8(omb_view_str(bad[i])));
    assert_true(omb_text_utf8(OMB_VIEW_NONE));
    assert_false(omb_text_utf8(OMB_VIEW_LIT("a\0b")));
}

static void controls_are_found_but_not_line_ends(void **state)
{
    (void)state;
    assert_false(omb_text_has_controls(OMB_VIEW_LIT("two\r\nlines\tand a tab")));
    assert_false(omb_text_has_controls(OMB_VIEW_LIT("\xd0\x9a\xc2\xa0")));
    assert_true(omb_text_has_controls(OMB_VIEW_LIT("\x1b[31m")));
    assert_true(omb_text_has_controls(OMB_VIEW_LIT("a\x7f")));
    assert_true(omb_text_has_controls(OMB_VIEW_LIT("a\xc2\x85")));
}

static void plain_text_is_printable_ascii_wherever_a_byte_stands(void **state)
{
    uint8_t text[19];
    (void)state;

    assert_true(omb_text_is_plain(OMB_VIEW_NONE));
    for (size_t size = 1; size <= sizeof(text); size++)
        for (size_t at = 0; at < size; at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                memset(text, 'a' + (int)at, size);
                text[at] = (uint8_t)byte;
                assert_int_equal(omb_text_is_plain(omb_view(text, size)),
                                 byte >= 0x20 && byte < 0x7f);
            }
}

static void codes_are_small_letters_digits_and_hyphens(void **state)
{
    char longest[OMB_CODE_MAX + 1];
    (void)state;

    memset(longest, 'a', sizeof(longest));
    assert_true(omb_text_is_code(OMB_VIEW_LIT("vsp-0045")));
    assert_true(omb_text_is_code(omb_view(longest, OMB_CODE_MAX)));
    assert_false(omb_text_is_code(omb_view(longest, OMB_CODE_MAX + 1)));
    assert_false(omb_text_is_code(OMB_VIEW_NONE));
    assert_false(omb_text_is_code(OMB_VIEW_LIT("Vsp")));
    assert_false(omb_text_is_code(OMB_VIEW_LIT("a b")));
    assert_false(omb_text_is_code(OMB_VIEW_LIT("a_b")));
    assert_false(omb_text_is_code(OMB_VIEW_LIT("a\0")));
}

static void a_cut_keeps_whole_characters(void **state)
{
    struct omb_view text = OMB_VIEW_LIT("a\xe2\x82\xac"
                                        "b"); /* a, the euro sign, b */
    static const size_t kept[] = {0, 1, 1, 1, 4, 5, 5};
    (void)state;

    for (size_t max = 0; max < UNIT_COUNT(kept); max++)
        assert_int_equal(omb_text_cut(text, max).size, kept[max]);
}

static void numbers_are_read_to_the_last_one(void **state)
{
    uint64_t value = 0;
    (void)state;

    assert_int_equal(omb_text_u64(OMB_VIEW_LIT("0"), &value), OMB_OK);
    assert_true(value == 0);
    assert_int_equal(omb_text_u64(OMB_VIEW_LIT("18446744073709551615"), &value), OMB_OK);
    assert_true(value == UINT64_MAX);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "00",
                                      "1x",
                                      "0x1",
                                      "18446744073709551616",
                                      "99999999999999999999"};
    uint64_t value = 7;
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        assert_int_equal(omb_text_u64(omb_view_str(bad[i]), &value), OMB_INVALID);
    assert_true(value == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_well_formed_in_its_shortest_form_only),
        cmocka_unit_test(cut_and_stray_bytes_are_not_well_formed),
        cmocka_unit_test(controls_are_found_but_not_line_ends),
        cmocka_unit_test(plain_text_is_printable_ascii_wherever_a_byte_stands),
        cmocka_unit_test(codes_are_small_letters_digits_and_hyphens),
        cmocka_unit_test(a_cut_keeps_whole_characters),
        cmocka_unit_test(numbers_are_read_to_the_last_one),
        cmocka_unit_test(what_is_no_number_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
