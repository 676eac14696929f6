/*
 * Log lines on their way out: which are written, and that none holds up an office.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include "io/log.h"

struct pipe_ends {
    int out, in;
};

static struct pipe_ends pipe_new(void)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    return (struct pipe_ends){.out = fds[0], .in = fds[1]};
}

static void pipe_close(struct pipe_ends ends)
{
    (void)close(ends.out);
    (void)close(ends.in);
}

static void a_line_is_written_at_once(void **state)
{
    struct pipe_ends ends = pipe_new();
    struct omb_log log = {.fd = ends.in, .level = OMB_LOG_INFO};
    char text[64] = "";

    (void)state;
    OMB_LOG(&log, NOTICE, "serving", OMB_LOG_N("cases", 7));
    assert_true(read(ends.out, text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "<5>serving cases=7\n");
    pipe_close(ends);
}

static void what_matters_less_than_the_level_is_not_written(void **state)
{
    struct pipe_ends ends = pipe_new();
    struct omb_log log = {.fd = ends.in, .level = OMB_LOG_NOTICE};
    char text[64] = "";

    (void)state;
    OMB_LOG(&log, INFO, "quiet", OMB_LOG_N("n", 1));
    OMB_LOG(&log, ERROR, "loud", OMB_LOG_N("n", 2));
    assert_true(read(ends.out, text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "<3>loud n=2\n");
    pipe_close(ends);
}

static void a_terminal_shows_no_priority(void **state)
{
    char text[64] = "";
    int out, in;
    struct omb_log log = {.level = OMB_LOG_INFO};

    (void)state;
    assert_int_equal(openpty(&out, &in, NULL, NULL, NULL), 0);
    log.fd = in;
    OMB_LOG(&log, NOTICE, "serving", OMB_LOG_T("range", "<1>"));
    assert_true(read(out, text, sizeof(text) - 1) > 0);
    assert_int_equal(strncmp(text, "serving range=", strlen("serving range=")), 0);
    pipe_close((struct pipe_ends){.out = out, .in = in});
}

/* A pipe that nobody reads: were the line awaited, the alarm would end the test. */
static void a_full_pipe_loses_the_line_and_stops_nobody(void **state)
{
    struct pipe_ends ends = pipe_new();
    struct omb_log log = {.fd = ends.in, .level = OMB_LOG_INFO};
    static const char page[4096];
    int flags = fcntl(ends.in, F_GETFL);

    (void)state;
    assert_int_equal(fcntl(ends.in, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(ends.in, page, sizeof(page)) > 0)
        continue;
    assert_int_equal(fcntl(ends.in, F_SETFL, flags), 0);
    (void)alarm(5);
    OMB_LOG(&log, NOTICE, "serving", OMB_LOG_N("cases", 7));
    (void)alarm(0);
    pipe_close(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_at_once),
        cmocka_unit_test(a_terminal_shows_no_priority),
        cmocka_unit_test(what_matters_less_than_the_level_is_not_written),
        cmocka_unit_test(a_full_pipe_loses_the_line_and_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
