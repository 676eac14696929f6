/* Is a command line taken apart as people write it, and refused in words that help? */
#include "unit.h"

#include "cli/parse.h"

enum { WORDS_MAX = 16 };

/* A line parsed; the words are copied since parsing reorders them. */
struct line {
    char *argv[WORDS_MAX + 2];
    struct omb_args args;
    struct omb_error err;
    enum omb_rc rc;
};

static void parse(struct line *line, const char *const *words, size_t count)
{
    line->argv[0] = (char *)(uintptr_t)"ombud";
    for (size_t i = 0; i < count; i++)
        line->argv[i + 1] = (char *)(uintptr_t)words[i];
    line->argv[count + 1] = NULL;
    line->err = (struct omb_error){.rc = OMB_OK};
    line->rc = omb_args_parse((int)count + 1, line->argv, &line->args, &line->err);
}
#define PARSE(line, ...)                                                                           \
    parse((line), (const char *const[]){__VA_ARGS__},                                              \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void assert_refused(struct line *line, const char *words)
{
    assert_int_equal(line->rc, OMB_INVALID);
    assert_non_null(strstr(line->err.words, words));
    omb_args_free(&line->args);
}

static void a_verb_is_found_in_its_group(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "show", "ho-2026-000001-py");
    assert_int_equal(line.rc, OMB_OK);
    assert_ptr_equal(line.args.verb, omb_verb_find("case", "show"));
    assert_int_equal(line.args.word_count, 1);
    assert_string_equal(line.args.words[0], "ho-2026-000001-py");
    omb_args_free(&line.args);
}

static void global_options_stand_anywhere(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "-C", "dir", "case", "--json", "show", "x", "--as", "t17");
    assert_int_equal(line.rc, OMB_OK);
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_DIRECTORY), "dir");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_AS), "t17");
    assert_true(omb_args_has(&line.args, OMB_OPT_JSON));
    assert_string_equal(line.args.words[0], "x");
    omb_args_free(&line.args);
}

static void enrolment_takes_files_and_standard_input(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "-C", "ho", "office", "certify", "-", "--days", "365", "--service",
          "--fingerprint", "abcd ef01");
    assert_int_equal(line.rc, OMB_OK);
    assert_ptr_equal(line.args.verb, omb_verb_find("office", "certify"));
    assert_string_equal(line.args.words[0], "-");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_DAYS), "365");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_FINGERPRINT), "abcd ef01");
    omb_args_free(&line.args);
    PARSE(&line, "office", "move", "north", "--to", "south");
    assert_int_equal(line.rc, OMB_OK);
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_NEW_PARENT), "south");
    omb_args_free(&line.args);
    PARSE(&line, "office", "join");
    assert_refused(&line, "FILE");
}

static void options_and_words_mix(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "resolve", "--outcome", "founded", "x", "--cause=staff");
    assert_int_equal(line.rc, OMB_OK);
    assert_string_equal(line.args.words[0], "x");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_OUTCOME), "founded");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_CAUSE), "staff");
    omb_args_free(&line.args);
}

static void one_name_means_what_the_verb_means_by_it(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "promise", "x", "--to", "client");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_TO_WHOM), "client");
    omb_args_free(&line.args);
    PARSE(&line, "case", "escalate", "x", "--to", "ho");
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_TO_OFFICE), "ho");
    omb_args_free(&line.args);
}

static void lists_may_be_said_in_parts(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "list", "--status", "open,resolved", "--status", "closed");
    assert_int_equal(line.rc, OMB_OK);
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_F_STATUS), "open,resolved,closed");
    omb_args_free(&line.args);
}

static void a_value_may_begin_with_a_hyphen(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "note", "x", "--text-file", "-");
    assert_int_equal(line.rc, OMB_OK);
    assert_string_equal(omb_args_get(&line.args, OMB_OPT_TEXT_FILE), "-");
    omb_args_free(&line.args);
}

static void an_unknown_option_names_the_nearest(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "new", "--chanel", "book");
    assert_refused(&line, "there is no option --chanel; did you mean --channel?");
    PARSE(&line, "case", "list", "--statsu=open");
    assert_refused(&line, "--status");
    PARSE(&line, "case", "list", "-x");
    assert_refused(&line, "there is no option -x");
}

static void an_unknown_verb_names_the_nearest(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "shwo", "x");
    assert_refused(&line, "there is no verb `case shwo`; did you mean case show?");
    PARSE(&line, "reprot");
    assert_refused(&line, "report");
}

static void each_verb_meant_is_named_once_and_whole(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "cases", "list");
    assert_refused(&line, "there is no verb `cases`; did you mean case or export cases?");
    PARSE(&line, "case", "reslove", "x");
    assert_refused(&line, "did you mean case resolve?");
    PARSE(&line, "resolve", "x");
    assert_refused(&line, "there is no verb `resolve`; did you mean case resolve?");
    PARSE(&line, "reslove", "x");
    assert_refused(&line, "did you mean case resolve or backup restore?");
    PARSE(&line, "rekey", "x");
    assert_refused(&line, "did you mean operator rekey?");
    PARSE(&line, "case", "rekey", "x");
    assert_refused(&line, "did you mean operator rekey?");
    PARSE(&line, "qqqqqq");
    assert_refused(&line, "there is no verb `qqqqqq`");
    assert_null(strstr(line.err.words, "mean"));
}

static void what_is_missing_is_named(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "show");
    assert_refused(&line, "`case show` takes NUMBER");
    PARSE(&line, "case", "new", "--channel");
    assert_refused(&line, "--channel takes CODE");
    PARSE(&line, "case");
    assert_refused(&line, "`ombud help case`");
    PARSE(&line, "--json");
    assert_refused(&line, "say what to do");
}

static void what_is_too_much_is_named(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "show", "x", "y");
    assert_refused(&line, "not \"y\"");
    PARSE(&line, "status", "x");
    assert_refused(&line, "takes options alone");
    PARSE(&line, "case", "show", "x", "--json=yes");
    assert_refused(&line, "--json takes no argument");
    PARSE(&line, "case", "show", "x", "--as", "a", "--as", "b");
    assert_refused(&line, "--as is said twice");
}

static void a_choice_is_one_of_its_words(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "report", "--format", "xml");
    assert_refused(&line, "--format takes table|csv|json");
    PARSE(&line, "report", "--format", "csv");
    assert_int_equal(line.rc, OMB_OK);
    omb_args_free(&line.args);
}

static void help_forgives_the_rest(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "show", "--help");
    assert_int_equal(line.rc, OMB_OK);
    assert_ptr_equal(line.args.verb, omb_verb_find("case", "show"));
    omb_args_free(&line.args);
    PARSE(&line, "--version");
    assert_int_equal(line.rc, OMB_OK);
    assert_null(line.args.verb);
    omb_args_free(&line.args);
}

static void numbers_are_numbers(void **state)
{
    struct line line;
    uint64_t number = 0;
    (void)state;

    PARSE(&line, "case", "list", "--limit", "7");
    assert_int_equal(omb_args_number(&line.args, OMB_OPT_LIMIT_ROWS, 1, &number, NULL), OMB_OK);
    assert_true(number == 7);
    omb_args_free(&line.args);
    PARSE(&line, "case", "list", "--limit", "many");
    assert_int_equal(omb_args_number(&line.args, OMB_OPT_LIMIT_ROWS, 1, &number, &line.err),
                     OMB_INVALID);
    omb_args_free(&line.args);
}

static void assert_option(const char *verb, const char *path, const char *name)
{
    const struct omb_args args = {.verb = omb_verb_find("case", verb)};
    const struct omb_option *option = omb_args_option_of(&args, path);

    if (!name) {
        assert_null(option);
        return;
    }
    assert_non_null(option);
    assert_string_equal(option->name, name);
}

static void a_refused_field_is_known_by_its_option(void **state)
{
    (void)state;
    assert_option("resolve", "prevent_owner", "owner");
    assert_option("resolve", "facts.resolved.prevent_due", "due");
    assert_option("extend", "until", "until");
    assert_option("assign", "body.text", "reason");
    assert_option("new", "narrative", "text");
    assert_option("new", "wish", "wish");
    assert_option("new", "body.registered.wish", "wish-text");
    assert_option("escalate", "to", "to");
    assert_option("list", "filter.status", "status");
    assert_option("new", "number", NULL);
    assert_option("close", "cause", NULL);
}

static void of_two_options_for_a_field_the_one_said_is_named(void **state)
{
    struct line line;
    (void)state;

    PARSE(&line, "case", "new", "--text-file", "-");
    assert_string_equal(omb_args_option_of(&line.args, "narrative")->name, "text-file");
    omb_args_free(&line.args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_is_found_in_its_group),
        cmocka_unit_test(global_options_stand_anywhere),
        cmocka_unit_test(enrolment_takes_files_and_standard_input),
        cmocka_unit_test(options_and_words_mix),
        cmocka_unit_test(one_name_means_what_the_verb_means_by_it),
        cmocka_unit_test(lists_may_be_said_in_parts),
        cmocka_unit_test(a_value_may_begin_with_a_hyphen),
        cmocka_unit_test(an_unknown_option_names_the_nearest),
        cmocka_unit_test(an_unknown_verb_names_the_nearest),
        cmocka_unit_test(each_verb_meant_is_named_once_and_whole),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_is_too_much_is_named),
        cmocka_unit_test(a_choice_is_one_of_its_words),
        cmocka_unit_test(help_forgives_the_rest),
        cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(a_refused_field_is_known_by_its_option),
        cmocka_unit_test(of_two_options_for_a_field_the_one_said_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
