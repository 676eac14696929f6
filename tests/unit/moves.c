/* Does the mover move along its table and stop the program elsewhere? */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/moves.h"

enum door { OPEN, CLOSED, LOCKED, DOORS };

static const struct omb_state doors[DOORS] = {
    [OPEN] = {"open", 1u << CLOSED},
    [CLOSED] = {"closed", 1u << OPEN | 1u << LOCKED},
    [LOCKED] = {"locked", 1u << CLOSED},
};

static void only_the_moves_of_the_table_are_allowed(void **state)
{
    (void)state;
    assert_true(omb_move_allowed(doors, DOORS, OPEN, CLOSED));
    assert_true(omb_move_allowed(doors, DOORS, CLOSED, LOCKED));
    assert_false(omb_move_allowed(doors, DOORS, OPEN, LOCKED));
    assert_false(omb_move_allowed(doors, DOORS, OPEN, OPEN));
}

static void states_beyond_the_table_are_not_allowed(void **state)
{
    (void)state;
    assert_false(omb_move_allowed(doors, DOORS, DOORS, OPEN));
    assert_false(omb_move_allowed(doors, DOORS, OPEN, DOORS));
    assert_false(omb_move_allowed(doors, DOORS, OPEN, 40));
}

static void the_mover_moves(void **state)
{
    unsigned door = OPEN;
    (void)state;

    omb_move(doors, DOORS, &door, CLOSED);
    omb_move(doors, DOORS, &door, LOCKED);
    assert_int_equal(door, LOCKED);
}

static void a_forbidden_move_stops_the_program(void **state)
{
    unsigned door = OPEN;
    int status = 0;
    pid_t child = fork();
    (void)state;

    assert_true(child >= 0);
    if (child == 0) {
        fclose(stderr);
        signal(SIGABRT, SIG_DFL);
        omb_move(doors, DOORS, &door, LOCKED);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_moves_of_the_table_are_allowed),
        cmocka_unit_test(states_beyond_the_table_are_not_allowed),
        cmocka_unit_test(the_mover_moves),
        cmocka_unit_test(a_forbidden_move_stops_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
