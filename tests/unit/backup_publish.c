/* Is a folder named to the end, or not at all? */
#include "unit.h"

#include <sys/stat.h>

#include "io/backup_inside.h"
#include "support/folder.h"
#include "support/power.h"

static int setup(void **state)
{
    static struct test_folder folder;
    struct test_path partial;

    power_on();
    folder = test_folder_make();
    partial = test_path(&folder, ".partial");
    *state = &folder;
    return mkdir(partial.text, 0700);
}

static int teardown(void **state)
{
    power_on();
    test_folder_remove(*state);
    return 0;
}

static enum omb_rc publish(void **state, struct omb_error *err)
{
    const struct test_folder *folder = *state;

    return omb_backup_publish(test_path(folder, ".partial").text, test_path(folder, "name").text,
                              folder->path, err);
}

static void assert_named(void **state, bool named)
{
    assert_int_equal(test_exists(test_path(*state, "name").text), named);
    assert_int_equal(test_exists(test_path(*state, ".partial").text), !named);
}

static void what_is_whole_is_named(void **state)
{
    assert_int_equal(publish(state, NULL), OMB_OK);
    assert_named(state, true);
}

/* Who is told of a failure finds nothing that looks as if it had been none. */
static void a_name_that_cannot_be_made_durable_is_taken_back(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_error err = {.words = ""};

    power_refuse_names(folder->path, true);
    assert_int_equal(publish(state, &err), OMB_IO);
    assert_non_null(strstr(err.words, "cannot be synced"));
    assert_named(state, false);
    power_refuse_names(folder->path, false);
    assert_int_equal(publish(state, NULL), OMB_OK);
    assert_named(state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_whole_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_that_cannot_be_made_durable_is_taken_back, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
