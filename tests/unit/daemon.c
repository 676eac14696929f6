/*
 * What a daemon does for its process before it opens anything, whatever it was started with. Each
 * question is asked in a child, where only --check-config is run.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/daemon.h"
#include "support/folder.h"

enum { HOLDS = 40, FAILS };

static int setup(void **state)
{
    static struct test_folder folder;
    struct test_path path;

    folder = test_folder_make();
    path = test_path(&folder, "ombud.conf");
    test_write(path.text, OMB_VIEW_LIT("[office]\ncode = vsp-0045\n"), 0600);
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    test_folder_remove(*state);
    return 0;
}

static int check_config(const struct test_folder *folder)
{
    static const struct omb_daemon daemon = {.program = "ombud-node", .does = "An office."};
    char dir[sizeof(folder->path)], program[] = "ombud-node", check[] = "--check-config",
                                    where[] = "-C";
    char *args[] = {program, check, where, dir, NULL};

    memcpy(dir, folder->path, sizeof(dir));
    return omb_daemon_main(&daemon, 4, args);
}

/* Runs the question in a child: HOLDS or FAILS. */
static int in_child(const struct test_folder *folder, bool (*holds)(const struct test_folder *))
{
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        _exit(holds(folder) ? HOLDS : FAILS);
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool closed_descriptors_are_held(const struct test_folder *folder)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        (void)close(fd);
    if (check_config(folder) != 0)
        return false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return false;
    return open("/dev/null", O_RDONLY) > STDERR_FILENO;
}

static void no_file_takes_the_place_of_a_standard_descriptor(void **state)
{
    assert_int_equal(in_child(*state, closed_descriptors_are_held), HOLDS);
}

static bool no_more_descriptors_than_before(const struct test_folder *folder)
{
    int before = open("/dev/null", O_RDONLY), after;

    (void)close(before);
    if (check_config(folder) != 0)
        return false;
    after = open("/dev/null", O_RDONLY);
    return before > STDERR_FILENO && after == before;
}

static void descriptors_that_are_open_stay_as_they_are(void **state)
{
    assert_int_equal(in_child(*state, no_more_descriptors_than_before), HOLDS);
}

static bool memory_is_private(const struct test_folder *folder)
{
    return prctl(PR_GET_DUMPABLE) == 1 && check_config(folder) == 0 && prctl(PR_GET_DUMPABLE) == 0;
}

static void no_core_file_can_hold_what_is_in_memory(void **state)
{
    assert_int_equal(in_child(*state, memory_is_private), HOLDS);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(no_file_takes_the_place_of_a_standard_descriptor),
        HERE(descriptors_that_are_open_stay_as_they_are),
        HERE(no_core_file_can_hold_what_is_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
