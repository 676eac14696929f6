/* Does a daemon's end leave a word for the next one, whatever the end was? */
#include "unit.h"

#include <stdio.h>

#include "io/lastexit.h"
#include "support/folder.h"

static struct test_folder folder;

static int setup(void **state)
{
    (void)state;
    folder = test_folder_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(&folder);
    return 0;
}

static void assert_begins_with(const char *word)
{
    char out[OMB_LAST_EXIT_MAX];
    struct omb_error err = {0};

    if (omb_last_exit_begin(folder.path, out, &err) != OMB_OK)
        fail_msg("%s", err.words);
    assert_string_equal(out, word);
}

static void the_first_daemon_knows_of_none(void **state)
{
    (void)state;
    assert_begins_with("");
}

static void one_that_was_asked_to_end_ended_clean(void **state)
{
    (void)state;
    assert_begins_with("");
    omb_last_exit_end(folder.path, NULL);
    assert_begins_with("clean");
}

static void one_that_failed_says_why(void **state)
{
    const struct omb_error why = {.rc = OMB_FULL, .words = "no space left on the device"};

    (void)state;
    assert_begins_with("");
    omb_last_exit_end(folder.path, &why);
    assert_begins_with("failed: no space left on the device");
}

static void one_that_said_nothing_was_killed(void **state)
{
    (void)state;
    assert_begins_with("");
    assert_begins_with("killed");
    assert_begins_with("killed");
}

static void a_long_reason_is_cut(void **state)
{
    struct omb_error why = {.rc = OMB_IO};
    char out[OMB_LAST_EXIT_MAX];

    (void)state;
    memset(why.words, 'x', sizeof(why.words) - 1);
    assert_begins_with("");
    omb_last_exit_end(folder.path, &why);
    assert_int_equal(omb_last_exit_begin(folder.path, out, NULL), OMB_OK);
    assert_in_range(strlen(out), 200, OMB_LAST_EXIT_MAX - 1);
}

static void what_is_no_text_is_not_told(void **state)
{
    struct test_path path;

    (void)state;
    assert_begins_with("");
    path = test_path(&folder, "run/last-exit");
    test_write(path.text, OMB_VIEW_LIT("\xff\xfe"), 0600);
    assert_begins_with("");
    test_write(path.text, OMB_VIEW_LIT("clean\nand more\n"), 0600);
    assert_begins_with("clean");
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_first_daemon_knows_of_none),
        HERE(one_that_was_asked_to_end_ended_clean),
        HERE(one_that_failed_says_why),
        HERE(one_that_said_nothing_was_killed),
        HERE(a_long_reason_is_cut),
        HERE(what_is_no_text_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
