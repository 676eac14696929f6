/* Do failures say what they should, and no more than fits? */
#include "unit.h"

#include "base/error.h"
#include "base/text.h"

static void a_failure_holds_code_field_and_sentence(void **state)
{
    struct omb_error err = {0};
    (void)state;

    assert_int_equal(omb_fail(&err, OMB_MISSING, "product", "a complaint needs a %s", "product"),
                     OMB_MISSING);
    assert_int_equal(err.rc, OMB_MISSING);
    assert_string_equal(err.field, "product");
    assert_string_equal(err.words, "a complaint needs a product");
}

static void without_an_error_only_the_code_comes_back(void **state)
{
    (void)state;
    assert_int_equal(omb_fail(NULL, OMB_REFUSED, NULL, "no"), OMB_REFUSED);
    assert_int_equal(omb_fail_within(NULL, "above"), OMB_INVALID);
}

static void nobody_to_blame_is_an_empty_field(void **state)
{
    struct omb_error err = {.field = "left over"};
    (void)state;

    omb_fail(&err, OMB_IO, NULL, "the disk is gone");
    assert_string_equal(err.field, "");
}

static void long_words_are_cut_at_a_character(void **state)
{
    struct omb_error err = {0};
    char letters[1001];
    (void)state;

    /* Two bytes a letter, at either parity of the cut. */
    for (size_t i = 0; i < 1000; i += 2)
        memcpy(letters + i, "\xd0\x9a", 2);
    letters[1000] = '\0';
    for (int shift = 0; shift < 2; shift++) {
        omb_fail(&err, OMB_INVALID, NULL, "%s%s", shift ? "x" : "", letters);
        assert_true(strlen(err.words) >= sizeof(err.words) - 2);
        assert_true(omb_text_utf8(omb_view_str(err.words)));
    }
}

static void bytes_from_outside_are_made_fit_to_be_shown(void **state)
{
    struct omb_error err = {0};
    (void)state;

    omb_fail(&err, OMB_INVALID, "a\nb", "\"%s\" is no date", "\x1b[2J\xff\xd0\x9a\xc2\x9b\t\n\x7f");
    assert_string_equal(err.words, "\"?[2J?\xd0\x9a?" "???\" is no date");
    assert_string_equal(err.field, "a?b");
    omb_fail_within(&err, "line\r7");
    assert_string_equal(err.words, "line?7: \"?[2J?\xd0\x9a?" "???\" is no date");
}

static void a_long_field_is_cut(void **state)
{
    struct omb_error err = {0};
    char field[100];
    (void)state;

    memset(field, 'f', sizeof(field) - 1);
    field[sizeof(field) - 1] = '\0';
    omb_fail(&err, OMB_INVALID, field, "wrong");
    assert_int_equal(strlen(err.field), sizeof(err.field) - 1);
}

static void an_error_may_be_made_of_itself(void **state)
{
    struct omb_error err = {0};
    (void)state;

    omb_fail(&err, OMB_INVALID, "due", "not a date");
    omb_fail(&err, OMB_REFUSED, err.field, "row 7: %s", err.words);
    assert_string_equal(err.words, "row 7: not a date");
    assert_string_equal(err.field, "due");
}

static void a_prefix_goes_before_the_words(void **state)
{
    struct omb_error err = {0};
    (void)state;

    omb_fail(&err, OMB_UNKNOWN_CODE, "issue", "\"feez\" is unknown");
    assert_int_equal(omb_fail_within(&err, "line 12"), OMB_UNKNOWN_CODE);
    assert_string_equal(err.words, "line 12: \"feez\" is unknown");
    assert_string_equal(err.field, "issue");
}

static void every_code_has_its_own_word(void **state)
{
    static const char *const words[] = {
#define WORD(name, word, meaning) word,
        OMB_RC_TABLE(WORD)
#undef WORD
    };
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(words); i++) {
        assert_string_equal(omb_rc_word((enum omb_rc)i), words[i]);
        assert_true(omb_text_is_code(omb_view_str(words[i])));
        assert_true(strlen(omb_rc_meaning((enum omb_rc)i)) > 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(words[i], words[j]);
    }
}

static void zero_is_ok(void **state)
{
    (void)state;
    assert_int_equal(OMB_OK, 0);
    assert_string_equal(omb_rc_word(OMB_OK), "ok");
    assert_string_equal(omb_rc_word(OMB_UNKNOWN_CODE), "unknown-code");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_holds_code_field_and_sentence),
        cmocka_unit_test(without_an_error_only_the_code_comes_back),
        cmocka_unit_test(nobody_to_blame_is_an_empty_field),
        cmocka_unit_test(long_words_are_cut_at_a_character),
        cmocka_unit_test(bytes_from_outside_are_made_fit_to_be_shown),
        cmocka_unit_test(a_long_field_is_cut),
        cmocka_unit_test(an_error_may_be_made_of_itself),
        cmocka_unit_test(a_prefix_goes_before_the_words),
        cmocka_unit_test(every_code_has_its_own_word),
        cmocka_unit_test(zero_is_ok),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
