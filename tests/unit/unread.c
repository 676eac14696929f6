/* Is a connection ended over which too much came, and that one alone? */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/unread.h"

enum { BYTES = 1000 };

/* Both ends of a TCP connection. */
struct line {
    int near, far;
};

static struct line make_line(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct line line = {.far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    socklen_t size = sizeof(address);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(line.far, (struct sockaddr *)&address, size), 0);
    line.near = accept(listener, NULL, NULL);
    assert_true(line.near >= 0);
    assert_int_equal(close(listener), 0);
    return line;
}

static void close_line(struct line line)
{
    assert_int_equal(close(line.near), 0);
    assert_int_equal(close(line.far), 0);
}

/* What is sent on loopback has come when it is seen there. */
static void send_bytes(struct line line, size_t size)
{
    uint8_t bytes[2 * BYTES] = {0};

    assert_in_range(size, 1, sizeof(bytes));
    assert_int_equal(send(line.far, bytes, size, 0), size);
    assert_int_equal(recv(line.near, bytes, size, MSG_PEEK | MSG_WAITALL), size);
}

static bool stands(struct line line)
{
    uint8_t byte;

    return recv(line.far, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static struct omb_unread_ended look(struct omb_unread *unread)
{
    omb_unread_look(unread);
    return omb_unread_ended(unread);
}

static void too_much_before_a_message_ends_it(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    const struct line much = make_line(), little = make_line();

    (void)state;
    omb_unread_begin(unread, much.near);
    omb_unread_begin(unread, little.near);
    send_bytes(much, BYTES + 1);
    send_bytes(little, BYTES);
    assert_int_equal(look(unread).endless, 1);
    assert_false(stands(much));
    assert_true(stands(little));
    omb_unread_close(unread);
    close_line(much);
    close_line(little);
}

/* Any number of connections may be of one peer. */
static void of_all_together_the_largest_are_ended(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    const struct line large = make_line(), small = make_line(), other = make_line();

    (void)state;
    omb_unread_begin(unread, large.near);
    omb_unread_begin(unread, small.near);
    omb_unread_begin(unread, other.near);
    send_bytes(large, BYTES);
    send_bytes(small, BYTES / 2);
    send_bytes(other, BYTES / 2);
    assert_int_equal(look(unread).endless, 0);
    send_bytes(other, 1);
    assert_int_equal(look(unread).endless, 1);
    assert_false(stands(large));
    assert_true(stands(small) && stands(other));
    omb_unread_close(unread);
    close_line(large);
    close_line(small);
    close_line(other);
}

/* Until its end is told its number may have become another's, who sent as much. */
static void the_next_of_its_number_is_let_be(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line gone = make_line(), next = make_line();

    (void)state;
    omb_unread_begin(unread, gone.near);
    send_bytes(next, BYTES + 1);
    assert_int_equal(dup2(next.near, gone.near), gone.near);
    assert_int_equal(look(unread).endless, 0);
    assert_true(stands(next));
    omb_unread_close(unread);
    close_line(gone);
    close_line(next);
}

static void the_next_of_its_number_is_not_of_too_many(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line gone = make_line(), next = make_line(), silent = make_line(), other = make_line();

    (void)state;
    omb_unread_begin(unread, gone.near);
    omb_unread_begin(unread, silent.near);
    omb_unread_begin(unread, other.near);
    assert_int_equal(dup2(next.near, gone.near), gone.near);
    omb_unread_expect(unread, 1, OMB_STRANGERS_SILENT);
    assert_int_equal(look(unread).silent, 1);
    assert_true(stands(next));
    assert_int_equal(stands(silent) + stands(other), 1);
    omb_unread_close(unread);
    close_line(gone);
    close_line(next);
    close_line(silent);
    close_line(other);
}

/* Until there are descriptors again it stands, and is one that is to be ended. */
static void where_no_descriptor_is_left_it_is_ended_later(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    const struct line much = make_line();
    struct rlimit limit, none;
    struct omb_unread_ended ended;

    (void)state;
    omb_unread_begin(unread, much.near);
    send_bytes(much, BYTES + 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ended = look(unread);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(ended.endless, 0);
    assert_true(stands(much));
    assert_int_equal(look(unread).endless, 1);
    assert_false(stands(much));
    omb_unread_close(unread);
    close_line(much);
}

/* Its window is shut, and nobody tells it once what it sent was read: the end must. */
static void who_waits_for_room_hears_of_the_end(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    const struct line much = make_line();
    struct pollfd ended = {.fd = much.far};
    uint8_t bytes[2 * BYTES] = {0};

    (void)state;
    omb_unread_begin(unread, much.near);
    do {
        while (send(much.far, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
            continue;
    } while (poll(&(struct pollfd){.fd = much.far, .events = POLLOUT}, 1, 300) > 0);
    assert_int_equal(look(unread).endless, 1);
    while (recv(much.near, bytes, sizeof(bytes), 0) > 0) /* as libzmq does, until it sees the end */
        continue;
    assert_int_equal(close(much.near), 0);
    assert_int_equal(poll(&ended, 1, 10000), 1);
    assert_true(ended.revents & POLLHUP);
    assert_int_equal(close(much.far), 0);
    omb_unread_close(unread);
}

/* --- how many stand --- */

/* Both ends of several; the first is the oldest. */
static void begin_lines(struct omb_unread *unread, struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lines[i] = make_line();
        omb_unread_begin(unread, lines[i].near);
    }
}

static void close_lines(const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close_line(lines[i]);
}

/* Until it has stood for longer than a handshake may take. */
static void look_for_long(struct omb_unread *unread)
{
    for (int i = 0; i < 30000 / OMB_UNREAD_LOOK_MS; i++)
        omb_unread_look(unread);
}

/* The newest may be in its handshake still, whatever its number. */
static void of_too_many_strangers_the_oldest_are_ended(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    const struct line lines[] = {make_line(), make_line(), make_line()};

    (void)state;
    omb_unread_begin(unread, lines[2].near);
    omb_unread_begin(unread, lines[0].near);
    omb_unread_begin(unread, lines[1].near);
    omb_unread_expect(unread, 1, OMB_STRANGERS_SILENT);
    assert_int_equal(look(unread).silent, 2);
    assert_false(stands(lines[0]) || stands(lines[2]));
    assert_true(stands(lines[1]));
    omb_unread_close(unread);
    close_lines(lines, 3);
}

static void who_stands_long_may_but_listen(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line listens, comes;

    (void)state;
    begin_lines(unread, &listens, 1);
    look_for_long(unread);
    begin_lines(unread, &comes, 1);
    omb_unread_expect(unread, 1, OMB_STRANGERS_SILENT);
    assert_int_equal(look(unread).silent, 1);
    assert_true(stands(listens));
    assert_false(stands(comes));
    omb_unread_close(unread);
    close_line(listens);
    close_line(comes);
}

static void where_links_are_kept_who_but_listens_gives_way(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line lines[2], comes;

    (void)state;
    begin_lines(unread, lines, 2);
    send_bytes(lines[0], BYTES);
    omb_unread_keep(unread, lines[0].near, 7);
    look_for_long(unread);
    begin_lines(unread, &comes, 1);
    omb_unread_expect(unread, 2, OMB_STRANGERS_UNKEPT);
    assert_int_equal(look(unread).silent, 1);
    assert_false(stands(lines[1]));
    assert_true(stands(lines[0]) && stands(comes));
    omb_unread_drop(unread, 7);
    omb_unread_expect(unread, 1, OMB_STRANGERS_UNKEPT);
    assert_int_equal(look(unread).silent, 1);
    assert_false(stands(lines[0]));
    assert_true(stands(comes));
    omb_unread_close(unread);
    close_lines(lines, 2);
    close_line(comes);
}

static void what_was_kept_is_hung_up_and_no_other(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line lines[3], next = make_line();

    (void)state;
    begin_lines(unread, lines, 3);
    for (size_t i = 0; i < 3; i++) {
        send_bytes(lines[i], BYTES);
        omb_unread_keep(unread, lines[i].near, i + 1);
    }
    omb_unread_hang_up(unread, 1);
    assert_false(stands(lines[0]));
    assert_true(stands(lines[1]));
    /* The one has ended, and its number is another's. */
    assert_int_equal(dup2(next.near, lines[1].near), lines[1].near);
    omb_unread_hang_up(unread, 2);
    assert_true(stands(next));
    /* It is the other's, which was heard of now. */
    omb_unread_keep(unread, lines[2].near, 4);
    omb_unread_hang_up(unread, 3);
    assert_true(stands(lines[2]));
    omb_unread_hang_up(unread, 4);
    assert_false(stands(lines[2]));
    omb_unread_close(unread);
    close_lines(lines, 3);
    close_line(next);
}

/* What is read so late came over the one before it. */
static void who_is_in_its_handshake_is_kept_for_nobody(void **state)
{
    struct omb_unread *unread = omb_unread_new(NULL, BYTES, 2 * BYTES);
    struct line line;

    (void)state;
    begin_lines(unread, &line, 1);
    send_bytes(line, 300);
    omb_unread_keep(unread, line.near, 7);
    omb_unread_hang_up(unread, 7);
    assert_true(stands(line));
    omb_unread_close(unread);
    close_line(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_much_before_a_message_ends_it),
        cmocka_unit_test(of_all_together_the_largest_are_ended),
        cmocka_unit_test(the_next_of_its_number_is_let_be),
        cmocka_unit_test(the_next_of_its_number_is_not_of_too_many),
        cmocka_unit_test(where_no_descriptor_is_left_it_is_ended_later),
        cmocka_unit_test(who_waits_for_room_hears_of_the_end),
        cmocka_unit_test(of_too_many_strangers_the_oldest_are_ended),
        cmocka_unit_test(who_stands_long_may_but_listen),
        cmocka_unit_test(where_links_are_kept_who_but_listens_gives_way),
        cmocka_unit_test(what_was_kept_is_hung_up_and_no_other),
        cmocka_unit_test(who_is_in_its_handshake_is_kept_for_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
