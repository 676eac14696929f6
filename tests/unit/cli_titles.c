/* Do titles and texts of other systems become codes and texts of this one? */
#include "unit.h"

#include "cli/titles.h"

static void assert_code(const char *title, const char *code)
{
    char out[OMB_CODE_MAX + 1];

    omb_title_code(omb_view_str(title), out);
    assert_string_equal(out, code);
}

static void letters_and_digits_stay_and_the_rest_is_a_hyphen(void **state)
{
    (void)state;
    assert_code("Loan modification,collection,foreclosure",
                "loan-modification-collection-foreclosure");
    assert_code("JPMORGAN CHASE & CO.", "jpmorgan-chase-co");
    assert_code("900XX", "900xx");
    assert_code("2011-12-27", "2011-12-27");
}

static void hyphens_are_neither_doubled_nor_at_the_ends(void **state)
{
    (void)state;
    assert_code(" (a) -- b! ", "a-b");
}

static void blanks_have_no_code(void **state)
{
    (void)state;
    assert_code("", "");
    assert_code(" \t ", "");
}

static void every_title_makes_a_code_that_is_one(void **state)
{
    const char *const titles[] = {"Карта", "银行卡", "!!!", "Caf\xc3\xa9", "A", "\xff\xfe"};
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(titles); i++) {
        char code[OMB_CODE_MAX + 1];

        omb_title_code(omb_view_str(titles[i]), code);
        assert_true(omb_text_is_code(omb_view_str(code)));
    }
}

static void titles_that_differ_in_foreign_letters_differ(void **state)
{
    char a[OMB_CODE_MAX + 1], b[OMB_CODE_MAX + 1];
    (void)state;

    omb_title_code(OMB_VIEW_LIT("Карта"), a);
    omb_title_code(OMB_VIEW_LIT("Вклад"), b);
    assert_string_not_equal(a, b);
}

static void long_titles_are_cut_and_stay_different(void **state)
{
    char title[300], a[OMB_CODE_MAX + 1], b[OMB_CODE_MAX + 1];
    (void)state;

    memset(title, 'a', sizeof(title));
    omb_title_code(omb_view(title, sizeof(title)), a);
    title[sizeof(title) - 1] = 'b';
    omb_title_code(omb_view(title, sizeof(title)), b);
    assert_int_equal(strlen(a), OMB_CODE_MAX);
    assert_true(omb_text_is_code(omb_view_str(a)));
    assert_string_not_equal(a, b);
}

static void a_title_of_exactly_the_limit_is_not_cut(void **state)
{
    char title[OMB_CODE_MAX + 1];
    (void)state;

    memset(title, 'a', OMB_CODE_MAX);
    title[OMB_CODE_MAX] = '\0';
    assert_code(title, title);
}

static void the_same_title_always_makes_the_same_code(void **state)
{
    char a[OMB_CODE_MAX + 1], b[OMB_CODE_MAX + 1];
    (void)state;

    omb_title_code(OMB_VIEW_LIT("Кредитная карта"), a);
    omb_title_code(OMB_VIEW_LIT("Кредитная карта"), b);
    assert_string_equal(a, b);
}

/* --- texts --- */

static void assert_clean(struct omb_view text, const char *clean, bool changed)
{
    struct omb_buf out = OMB_BUF_INIT;

    assert_int_equal(omb_text_clean(text, 100, false, &out), changed);
    assert_string_equal(omb_buf_str(&out), clean);
    omb_buf_free(&out);
}

static void good_texts_stay(void **state)
{
    (void)state;
    assert_clean(OMB_VIEW_LIT("two\nlines\tи 中文"), "two\nlines\tи 中文", false);
}

static void line_ends_become_line_feeds(void **state)
{
    (void)state;
    assert_clean(OMB_VIEW_LIT("a\r\nb\rc"), "a\nb\nc", false);
}

static void what_is_no_utf8_is_replaced(void **state)
{
    (void)state;
    assert_clean(OMB_VIEW_LIT("a\xff" "b\xc3"), "a\xef\xbf\xbd" "b\xef\xbf\xbd", true);
}

static void controls_become_blanks(void **state)
{
    (void)state;
    assert_clean(OMB_VIEW_LIT("a\x01" "b\x7f" "c\xc2\x85" "d\0e"), "a b c d\xef\xbf\xbd" "e", true);
}

static void a_text_is_cut_between_characters(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    assert_true(omb_text_clean(OMB_VIEW_LIT("abя"), 3, false, &out));
    assert_string_equal(omb_buf_str(&out), "ab");
    omb_buf_free(&out);
}

static void one_line_has_no_line_ends(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    assert_false(omb_text_clean(OMB_VIEW_LIT("a\r\nb\tc"), 100, true, &out));
    assert_string_equal(omb_buf_str(&out), "a b c");
    omb_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_digits_stay_and_the_rest_is_a_hyphen),
        cmocka_unit_test(hyphens_are_neither_doubled_nor_at_the_ends),
        cmocka_unit_test(blanks_have_no_code),
        cmocka_unit_test(every_title_makes_a_code_that_is_one),
        cmocka_unit_test(titles_that_differ_in_foreign_letters_differ),
        cmocka_unit_test(long_titles_are_cut_and_stay_different),
        cmocka_unit_test(a_title_of_exactly_the_limit_is_not_cut),
        cmocka_unit_test(the_same_title_always_makes_the_same_code),
        cmocka_unit_test(good_texts_stay),
        cmocka_unit_test(line_ends_become_line_feeds),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(controls_become_blanks),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(one_line_has_no_line_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
