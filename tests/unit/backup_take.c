/* Is what a restore takes what was verified? */
#include "unit.h"

#include <sys/stat.h>

#include "io/backup_inside.h"
#include "support/folder.h"

static int setup(void **state)
{
    static struct test_folder folder;

    folder = test_folder_make();
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    test_folder_remove(*state);
    return 0;
}

/* Keys are not opened before it is known that they are those of the backup. */
static void keys_that_changed_since_they_were_verified_are_refused(void **state)
{
    const struct test_path from = test_path(*state, "backup"), to = test_path(*state, "office");
    const struct test_path keys = test_path(*state, "backup/keys.sealed");
    struct omb_backup_file file = {OMB_VIEW_LIT("keys.sealed"), 4,
                                   omb_hash(OMB_BACKUP_FILE_TAG, OMB_VIEW_LIT("keys"))};
    struct omb_backup_check checked = {.known = {.manifest = {.files = {&file, 1}}}};
    const struct omb_backup_restore ask = {.from = from.text, .to = to.text};
    struct omb_backup_restored out;
    static const char *const others[] = {"KEYS", "key", "keys2"};

    assert_int_equal(mkdir(from.text, 0700), 0);
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        struct omb_error err = {.words = ""};

        test_write(keys.text, omb_view_str(others[i]), 0600);
        assert_int_equal(omb_backup_take(&checked, &ask, &out, &err), OMB_DAMAGED);
        assert_non_null(strstr(err.words, "keys.sealed changed while it was restored"));
        assert_false(test_exists(to.text));
        assert_false(test_exists(test_path(*state, ".office.restoring").text));
    }
    /* Those that it was verified with are looked into. */
    test_write(keys.text, OMB_VIEW_LIT("keys"), 0600);
    assert_int_equal(omb_backup_take(&checked, &ask, &out, NULL), OMB_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_that_changed_since_they_were_verified_are_refused,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
