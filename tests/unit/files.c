/* Are files read and written whole, and secrets refused that others could read? */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/officedir.h"
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

static void assert_file(const char *path, const char *text)
{
    struct omb_buf buf = test_read(path);

    assert_string_equal(omb_buf_str(&buf), text);
    omb_buf_free(&buf);
}

/* --- paths --- */

static void a_path_is_the_folder_and_the_part(void **state)
{
    char path[32];

    (void)state;
    assert_int_equal(omb_dir_path("/srv/ho", "keys/a.key", path, sizeof(path), NULL), OMB_OK);
    assert_string_equal(path, "/srv/ho/keys/a.key");
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
    char path[12] = "before";

    (void)state;
    assert_int_equal(omb_dir_path("/srv/ho", "abc", path, sizeof(path), NULL), OMB_OK);
    assert_int_equal(omb_dir_path("/srv/ho", "abcd", path, sizeof(path), NULL), OMB_LIMIT);
    assert_string_equal(path, "/srv/ho/abc");
}

static void a_socket_has_at_most_107_bytes(void **state)
{
    char dir[200], path[256];
    struct omb_error err;

    (void)state;
    memset(dir, 'd', sizeof(dir));
    dir[107 - strlen("/run/api.sock")] = '\0';
    assert_int_equal(omb_socket_path(dir, "run/api.sock", path, sizeof(path), &err), OMB_OK);
    assert_int_equal(strlen(path), 107);
    assert_int_equal(omb_socket_path(dir, "run/bell.sock", path, sizeof(path), &err), OMB_LIMIT);
    assert_non_null(strstr(err.words, "108 bytes and the system takes 107"));
}

/* --- reading --- */

static void a_file_is_appended_whole(void **state)
{
    struct test_path path = test_path(&folder, "file");
    struct omb_buf out = OMB_BUF_INIT;

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("second"), 0644);
    omb_buf_add_str(&out, "first ");
    assert_int_equal(omb_file_read(path.text, 6, &out, NULL), OMB_OK);
    assert_string_equal(omb_buf_str(&out), "first second");
    omb_buf_free(&out);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "file");
    struct omb_buf out = OMB_BUF_INIT;

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("seven.."), 0644);
    omb_buf_add_str(&out, "kept");
    assert_int_equal(omb_file_read(path.text, 6, &out, NULL), OMB_LIMIT);
    assert_string_equal(omb_buf_str(&out), "kept");
    omb_buf_free(&out);
}

static void an_empty_file_is_no_error(void **state)
{
    struct test_path path = test_path(&folder, "file");
    struct omb_buf out = OMB_BUF_INIT;

    (void)state;
    test_write(path.text, OMB_VIEW_NONE, 0644);
    assert_int_equal(omb_file_read(path.text, 6, &out, NULL), OMB_OK);
    assert_int_equal(out.size, 0);
    omb_buf_free(&out);
}

static void what_is_missing_or_no_file_says_so(void **state)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_error err;

    (void)state;
    assert_int_equal(omb_file_read(test_path(&folder, "none").text, 6, &out, &err), OMB_NOT_FOUND);
    assert_non_null(strstr(err.words, "/none cannot be opened: No such file"));
    assert_int_equal(omb_file_read(folder.path, 6, &out, &err), OMB_IO);
    omb_buf_free(&out);
}

/* --- writing --- */

static void a_written_file_has_its_bytes_and_mode(void **state)
{
    struct test_path path = test_path(&folder, "file");
    mode_t mask = umask(0077);

    (void)state;
    assert_int_equal(omb_file_write(path.text, OMB_VIEW_LIT("text"), 0644, NULL), OMB_OK);
    (void)umask(mask);
    assert_file(path.text, "text");
    assert_int_equal(test_mode(path.text), 0644);
}

static void a_file_is_replaced_with_its_mode(void **state)
{
    struct test_path path = test_path(&folder, "file");

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("something longer"), 0644);
    assert_int_equal(omb_file_write(path.text, OMB_VIEW_LIT("new"), 0600, NULL), OMB_OK);
    assert_file(path.text, "new");
    assert_int_equal(test_mode(path.text), 0600);
    assert_false(test_exists(test_path(&folder, "file.new").text));
}

/* A reader that has the old file open keeps it whole. */
static void the_old_file_is_not_written_over(void **state)
{
    struct test_path path = test_path(&folder, "file");
    char text[8] = "";
    int fd;

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("old"), 0644);
    fd = open(path.text, O_RDONLY | O_CLOEXEC);
    assert_int_equal(omb_file_write(path.text, OMB_VIEW_LIT("new"), 0644, NULL), OMB_OK);
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    assert_memory_equal(text, "old", 3);
    assert_int_equal(close(fd), 0);
}

static void a_link_left_in_the_way_is_not_followed(void **state)
{
    struct test_path path = test_path(&folder, "file"), other = test_path(&folder, "other");

    (void)state;
    test_write(other.text, OMB_VIEW_LIT("precious"), 0644);
    assert_int_equal(symlink(other.text, test_path(&folder, "file.new").text), 0);
    assert_int_equal(omb_file_write(path.text, OMB_VIEW_LIT("text"), 0600, NULL), OMB_OK);
    assert_file(other.text, "precious");
    assert_file(path.text, "text");
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    struct test_path path = test_path(&folder, "sub"), inside = test_path(&folder, "sub/file");
    struct omb_error err;

    (void)state;
    assert_int_equal(mkdir(path.text, 0700), 0);
    test_write(inside.text, OMB_VIEW_LIT("old"), 0600);
    assert_int_equal(omb_file_write(path.text, OMB_VIEW_LIT("new"), 0600, &err), OMB_IO);
    assert_non_null(strstr(err.words, "/sub cannot be replaced"));
    assert_file(inside.text, "old");
    assert_false(test_exists(test_path(&folder, "sub.new").text));
}

static void a_folder_is_made_with_its_mode(void **state)
{
    struct test_path path = test_path(&folder, "sub");
    mode_t mask = umask(0277);
    enum omb_rc rc = omb_folder_make(path.text, 0700, NULL);

    (void)state;
    (void)umask(mask);
    assert_int_equal(rc, OMB_OK);
    assert_int_equal(test_mode(path.text), 0700);
    assert_int_equal(omb_folder_make(path.text, 0700, NULL), OMB_OK);
}

static void a_folder_that_is_wider_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "sub");
    struct omb_error err;

    (void)state;
    assert_int_equal(mkdir(path.text, 0700), 0);
    assert_int_equal(chmod(path.text, 0750), 0);
    assert_int_equal(omb_folder_make(path.text, 0700, &err), OMB_FORBIDDEN);
    assert_non_null(strstr(err.words, "has mode 0750; run: chmod 0700 /"));
}

/* --- secrets --- */

static void assert_private(const char *path, enum omb_rc rc, const char *words)
{
    struct omb_buf out = OMB_BUF_INIT;
    struct omb_error err = {.words = ""};

    assert_int_equal(omb_private_read(path, 100, &out, &err), rc);
    assert_int_equal(out.size, rc == OMB_OK ? 6 : 0);
    if (rc != OMB_OK && !strstr(err.words, words))
        fail_msg("\"%s\" is not in: %s", words, err.words);
    omb_buf_free(&out);
}

static void a_secret_is_read_when_only_its_owner_can(void **state)
{
    struct test_path path = test_path(&folder, "secret");

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("secret"), 0600);
    assert_private(path.text, OMB_OK, "");
    assert_int_equal(chmod(path.text, 0400), 0);
    assert_private(path.text, OMB_OK, "");
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "secret");
    char words[1200];

    (void)state;
    (void)snprintf(words, sizeof(words), "%s holds a secret and has mode 0640; run: chmod 0600 %s",
                   path.text, path.text);
    test_write(path.text, OMB_VIEW_LIT("secret"), 0640);
    assert_private(path.text, OMB_FORBIDDEN, words);
    assert_int_equal(chmod(path.text, 0602), 0);
    assert_private(path.text, OMB_FORBIDDEN, "has mode 0602");
}

static void a_secret_in_a_folder_of_others_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "secret");
    char words[1200];

    (void)state;
    (void)snprintf(words, sizeof(words), "%s holds secrets and has mode 0755; run: chmod 0700 %s",
                   folder.path, folder.path);
    test_write(path.text, OMB_VIEW_LIT("secret"), 0600);
    assert_int_equal(chmod(folder.path, 0755), 0);
    assert_private(path.text, OMB_FORBIDDEN, words);
    assert_int_equal(chmod(folder.path, 0700), 0);
}

static void a_link_to_a_secret_is_refused(void **state)
{
    struct test_path path = test_path(&folder, "secret"), link = test_path(&folder, "link");

    (void)state;
    test_write(path.text, OMB_VIEW_LIT("secret"), 0600);
    assert_int_equal(symlink(path.text, link.text), 0);
    assert_private(link.text, OMB_FORBIDDEN, "is a link");
}

static void a_pipe_is_no_secret_and_nobody_waits_for_it(void **state)
{
    struct test_path path = test_path(&folder, "pipe");

    (void)state;
    assert_int_equal(mkfifo(path.text, 0600), 0);
    assert_private(path.text, OMB_FORBIDDEN, "is not a file");
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_path_is_the_folder_and_the_part),
        ROW(a_path_that_does_not_fit_is_refused),
        ROW(a_socket_has_at_most_107_bytes),
        ROW(a_file_is_appended_whole),
        ROW(a_file_over_the_limit_is_refused),
        ROW(an_empty_file_is_no_error),
        ROW(what_is_missing_or_no_file_says_so),
        ROW(a_written_file_has_its_bytes_and_mode),
        ROW(a_file_is_replaced_with_its_mode),
        ROW(the_old_file_is_not_written_over),
        ROW(a_link_left_in_the_way_is_not_followed),
        ROW(a_failed_write_leaves_the_old_file),
        ROW(a_folder_is_made_with_its_mode),
        ROW(a_folder_that_is_wider_is_refused),
        ROW(a_secret_is_read_when_only_its_owner_can),
        ROW(a_secret_that_others_can_read_is_refused),
        ROW(a_secret_in_a_folder_of_others_is_refused),
        ROW(a_link_to_a_secret_is_refused),
        ROW(a_pipe_is_no_secret_and_nobody_waits_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
