/* Is it clear which office a command line means, where only a file says so? */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cli/target.h"
#include "support/folder.h"

struct home {
    struct test_folder folder;
    struct test_path conf;
    struct omb_args args; /* nothing was said */
    struct omb_target target;
    struct omb_error err;
};

static int setup(void **state)
{
    struct home *home = calloc(1, sizeof(*home));

    assert_non_null(home);
    home->folder = test_folder_make();
    assert_int_equal(mkdir(test_path(&home->folder, ".config").text, 0700), 0);
    assert_int_equal(mkdir(test_path(&home->folder, ".config/ombud").text, 0700), 0);
    home->conf = test_path(&home->folder, ".config/ombud/office.conf");
    assert_int_equal(setenv("HOME", home->folder.path, 1), 0);
    assert_int_equal(unsetenv("OMBUD_DIR"), 0);
    assert_int_equal(unsetenv("OMBUD_OPERATOR"), 0);
    *state = home;
    return 0;
}

static int teardown(void **state)
{
    struct home *home = *state;

    test_folder_remove(&home->folder);
    free(home);
    return 0;
}

static enum omb_rc find(struct home *home, const char *conf)
{
    test_write(home->conf.text, omb_view_str(conf), 0600);
    return omb_target_find(&home->args, &home->target, &home->err);
}

static void assert_refused(struct home *home, const char *conf, const char *words)
{
    assert_int_equal(find(home, conf), OMB_INVALID);
    if (!strstr(home->err.words, words))
        fail_msg("refused with: %s", home->err.words);
}

static void a_file_says_all_of_it(void **state)
{
    struct home *home = *state;

    assert_int_equal(find(home, "connect = tcp://10.0.0.1:7200\nserver-key = /srv/ho.pub\n"
                                "key = /srv/t1.key\noperator = t1\npassphrase-file = fd:4\n"),
                     OMB_OK);
    assert_string_equal(home->target.dir, "");
    assert_string_equal(home->target.endpoint, "tcp://10.0.0.1:7200");
    assert_string_equal(home->target.server_key, "/srv/ho.pub");
    assert_string_equal(home->target.key, "/srv/t1.key");
    assert_string_equal(home->target.operator_code, "t1");
    assert_string_equal(home->target.passphrase_file, "fd:4");
}

static void who_acts_is_admin_unless_said(void **state)
{
    struct home *home = *state;

    assert_int_equal(find(home, "connect = tcp://10.0.0.1:7200\nserver-key = /srv/ho.pub\n"
                                "key = /srv/admin.key\n"),
                     OMB_OK);
    assert_string_equal(home->target.operator_code, "admin");
}

static void half_a_file_is_refused(void **state)
{
    struct home *home = *state;

    assert_refused(home, "", "--connect takes the office's endpoint");
    assert_refused(home, "connect =\nserver-key = /srv/ho.pub\nkey = /srv/t1.key\n",
                   "--connect takes the office's endpoint");
    assert_refused(home, "connect = tcp://10.0.0.1:7200\nkey = /srv/t1.key\n", "--server-key");
    assert_refused(home, "connect = tcp://10.0.0.1:7200\nserver-key = /srv/ho.pub\n", "--key");
}

static void a_file_that_is_none_is_refused_with_its_place(void **state)
{
    struct home *home = *state;

    assert_refused(home, "conect = tcp://10.0.0.1:7200\n", "did you mean connect?");
    assert_refused(home, "connect = tcp://10.0.0.1:7200\nserver\n", "office.conf: line 2");
    assert_refused(home, "connect = tcp://10.0.0.1:7200\nserver-key = /srv/ho.pub\n"
                         "key = /srv/t1.key\noperator = T 1\n", "no operator's code");
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ROW(a_file_says_all_of_it),
        ROW(who_acts_is_admin_unless_said),
        ROW(half_a_file_is_refused),
        ROW(a_file_that_is_none_is_refused_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
