/* Is a log line one line, whatever its values hold? */
#include "unit.h"

#include "base/logline.h"

static void check(enum omb_log_format format, const char *what, struct omb_log_field field,
                  const char *expected)
{
    struct omb_buf out = OMB_BUF_INIT;

    omb_log_line(&out, format, OMB_LOG_INFO, what, &field, 1);
    assert_string_equal(omb_buf_str(&out), expected);
    omb_buf_free(&out);
}

static void a_text_line_has_priority_decision_and_fields(void **state)
{
    const struct omb_log_field fields[] = {OMB_LOG_T("office", "vsp-0045"), OMB_LOG_N("seq", -12),
                                           OMB_LOG_T("why", "the proof does not hold")};
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    omb_log_line(&out, OMB_LOG_TEXT, OMB_LOG_WARNING, "bad proof -> refused", fields, 3);
    assert_string_equal(omb_buf_str(&out), "<4>bad proof -> refused office=vsp-0045 seq=-12 "
                                           "why=\"the proof does not hold\"\n");
    omb_buf_free(&out);
}

static void a_json_line_is_one_object(void **state)
{
    const struct omb_log_field fields[] = {OMB_LOG_T("office", "vsp-0045"), OMB_LOG_N("seq", 7)};
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    omb_log_line(&out, OMB_LOG_JSON, OMB_LOG_ERROR, "disk full -> stop", fields, 2);
    assert_string_equal(omb_buf_str(&out), "{\"level\":\"error\",\"message\":\"disk full -> stop\","
                                           "\"office\":\"vsp-0045\",\"seq\":7}\n");
    omb_buf_free(&out);
}

static void a_line_without_fields_stands(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;
    (void)state;

    omb_log_line(&out, OMB_LOG_TEXT, OMB_LOG_NOTICE, "started", NULL, 0);
    omb_log_line(&out, OMB_LOG_JSON, OMB_LOG_DEBUG, "started", NULL, 0);
    assert_string_equal(omb_buf_str(&out),
                        "<5>started\n{\"level\":\"debug\",\"message\":\"started\"}\n");
    omb_buf_free(&out);
}

static void an_empty_value_is_quoted(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", ""), "<6>w k=\"\"\n");
}

static void quotes_and_line_feeds_are_escaped(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", "a\"b\\c\n<2>d\t\r"),
          "<6>w k=\"a\\\"b\\\\c\\n<2>d\\t\\r\"\n");
    check(OMB_LOG_JSON, "w", OMB_LOG_T("k", "a\"b\\c\nd\t\r"),
          "{\"level\":\"info\",\"message\":\"w\",\"k\":\"a\\\"b\\\\c\\nd\\t\\r\"}\n");
}

static void other_controls_are_shown_as_numbers(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", "\x1b[2J\x7f"), "<6>w k=\"\\x1b[2J\\x7f\"\n");
    check(OMB_LOG_JSON, "w", OMB_LOG_T("k", "\x1b\x7f"),
          "{\"level\":\"info\",\"message\":\"w\",\"k\":\"\\u001b\\u007f\"}\n");
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", "\xc2\x9b"), "<6>w k=\"\\xc2\\x9b\"\n");
}

static void the_decision_cannot_break_the_line_either(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "a\nb", OMB_LOG_N("n", 0), "<6>a\\nb n=0\n");
}

static void letters_of_any_language_pass(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", "\xd0\x9a"), "<6>w k=\"\xd0\x9a\"\n");
    check(OMB_LOG_JSON, "w", OMB_LOG_T("k", "\xd0\x9a"),
          "{\"level\":\"info\",\"message\":\"w\",\"k\":\"\xd0\x9a\"}\n");
}

static void broken_utf8_does_not_break_the_line(void **state)
{
    (void)state;
    check(OMB_LOG_TEXT, "w", OMB_LOG_T("k", "a\xff"), "<6>w k=\"a\\xff\"\n");
    check(OMB_LOG_JSON, "w", OMB_LOG_T("k", "a\xff"),
          "{\"level\":\"info\",\"message\":\"w\",\"k\":\"a\\ufffd\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_line_has_priority_decision_and_fields),
        cmocka_unit_test(a_json_line_is_one_object),
        cmocka_unit_test(a_line_without_fields_stands),
        cmocka_unit_test(an_empty_value_is_quoted),
        cmocka_unit_test(quotes_and_line_feeds_are_escaped),
        cmocka_unit_test(other_controls_are_shown_as_numbers),
        cmocka_unit_test(the_decision_cannot_break_the_line_either),
        cmocka_unit_test(letters_of_any_language_pass),
        cmocka_unit_test(broken_utf8_does_not_break_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
