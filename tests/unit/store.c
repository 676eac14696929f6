/*
 * Does the store keep its promises to the next start and to other processes? Those to the core are
 * store_port.c's, damage store_damage.c's.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/storeroom.h"

enum { NO_NAMESPACES = 77, LOG_GREW = 78 };

/* --- opening --- */

static void creating_says_the_schema(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_buf value = OMB_BUF_INIT;

    assert_int_equal(omb_port_get(omb_store_port(store), OMB_FAMILY_META, OMB_VIEW_LIT("schema"),
                                  &value), OMB_OK);
    assert_int_equal(value.size, 4);
    assert_int_equal(omb_be32(value.data), OMB_STORE_SCHEMA);
    omb_buf_free(&value);
    omb_store_close(store);
}

static void the_folder_is_for_its_owner_alone(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct test_path db = test_path(*state, "db");

    assert_int_equal(test_mode(db.text), 0700);
    omb_store_close(store);
}

static void creating_over_a_store_is_refused(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_store *store = storeroom_make(state), *second = NULL;

    storeroom_rows(store, OMB_FAMILY_CASE, 3);
    omb_store_close(store);
    assert_int_equal(omb_store_open(folder->path, OMB_STORE_CREATE, &second, NULL), OMB_EXISTS);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_CASE), 3);
    omb_store_close(store);
}

static void opening_where_no_store_is_says_so(void **state)
{
    struct test_path db = test_path(*state, "db");

    storeroom_assert_refused(state, OMB_NOT_FOUND, "there is no store");
    assert_false(test_exists(db.text));
}

static void a_store_in_use_is_busy(void **state)
{
    struct omb_store *store = storeroom_make(state);

    storeroom_assert_refused(state, OMB_BUSY, "in use by another process");
    omb_store_close(store);
    omb_store_close(storeroom_reopen(state));
}

static void a_later_schema_is_refused(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_writes *writes = omb_writes_new();
    uint8_t later[4];

    omb_put_be32(later, OMB_STORE_SCHEMA + 1);
    omb_writes_reset(writes, omb_store_port(store));
    omb_put(writes, OMB_FAMILY_META, OMB_VIEW_LIT("schema"), OMB_VIEW_OF(later));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_OK);
    omb_writes_free(writes);
    omb_store_close(store);
    storeroom_assert_refused(state, OMB_LATER, "schema 2");
}

static void a_store_without_a_schema_is_refused(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_writes *writes = omb_writes_new();

    omb_writes_reset(writes, omb_store_port(store));
    omb_delete(writes, OMB_FAMILY_META, OMB_VIEW_LIT("schema"));
    assert_int_equal(omb_store_commit(store, writes, true, NULL), OMB_OK);
    omb_writes_free(writes);
    omb_store_close(store);
    storeroom_assert_refused(state, OMB_DAMAGED, "says no schema");
}

static void sizes_name_each_family(void **state)
{
    struct omb_store *store = storeroom_make(state);
    struct omb_family_size sizes[OMB_FAMILY_COUNT];

    storeroom_rows(store, OMB_FAMILY_JOURNAL, 50);
    assert_int_equal(omb_store_sizes(store, sizes), OMB_FAMILY_COUNT);
    assert_string_equal(sizes[OMB_FAMILY_JOURNAL].family, "journal");
    assert_int_equal(sizes[OMB_FAMILY_JOURNAL].rows, 50);
    assert_in_range(sizes[OMB_FAMILY_JOURNAL].bytes, 50 * 300, 1024 * 1024);
    assert_int_equal(sizes[OMB_FAMILY_FEED].rows, 0);
    omb_store_close(store);
}

/* --- other processes: this program again, with a word that says what to do --- */

static int run_self(const char *word, const char *dir)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        (void)execl("/proc/self/exe", "store", word, dir, (char *)NULL);
        _exit(126);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Writes, acknowledges and is gone without closing anything. */
static int act_write_and_die(const char *dir)
{
    struct omb_store *store = NULL;

    if (omb_store_open(dir, OMB_STORE_CREATE, &store, NULL) != OMB_OK)
        return 1;
    storeroom_rows(store, OMB_FAMILY_RECORD, 50);
    _exit(0);
}

static int act_open(const char *dir)
{
    struct omb_store *store = NULL;
    enum omb_rc rc = omb_store_open(dir, OMB_STORE_OPEN, &store, NULL);

    omb_store_close(store);
    return (int)rc;
}

/* Writes until something gives way; what it was is the exit code, if the store keeps to it. */
static int write_until_refused(struct omb_store *store)
{
    struct omb_writes *writes = omb_writes_new();
    uint8_t value[65536], key[8];
    enum omb_rc rc = OMB_OK;

    for (uint64_t i = 0; rc == OMB_OK && i < 1000; i++) {
        omb_writes_reset(writes, omb_store_port(store));
        omb_put_be64(key, i);
        for (size_t at = 0; at < sizeof(value); at += 8) /* what no compression makes small */
            omb_put_be64(value + at, (i + at) * UINT64_C(0x9e3779b97f4a7c15));
        omb_put(writes, OMB_FAMILY_RECORD, OMB_VIEW_OF(key), OMB_VIEW_OF(value));
        rc = omb_store_commit(store, writes, true, NULL);
    }
    if (omb_store_commit(store, writes, true, NULL) != rc || omb_store_health(store, NULL) != rc)
        rc = OMB_OK;
    omb_writes_free(writes);
    return (int)rc;
}

static int act_meet_a_limit(const char *dir)
{
    struct rlimit limit = {.rlim_cur = 300000, .rlim_max = 300000};
    struct omb_store *store = NULL;
    int rc;

    (void)signal(SIGXFSZ, SIG_IGN);
    if (omb_store_open(dir, OMB_STORE_CREATE, &store, NULL) != OMB_OK ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 126;
    rc = write_until_refused(store);
    omb_store_close(store);
    return rc;
}

static bool tell(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool told = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        (void)close(fd);
    return told;
}

/* Enters a namespace in which this process is root; who is nobody there may not make files. */
static bool become_root(void)
{
    char user[64], group[64];

    (void)snprintf(user, sizeof(user), "0 %u 1", (unsigned)getuid());
    (void)snprintf(group, sizeof(group), "0 %u 1", (unsigned)getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && tell("/proc/self/uid_map", user) &&
           tell("/proc/self/setgroups", "deny") && tell("/proc/self/gid_map", group);
}

static off_t log_size(const char *dir)
{
    char path[4096];
    struct stat seen = {.st_size = -1};

    (void)snprintf(path, sizeof(path), "%s/db/LOG", dir);
    (void)stat(path, &seen);
    return seen.st_size;
}

/* On a small file system that only this process sees. */
static int act_fill_the_disk(const char *dir)
{
    struct omb_store *store = NULL;
    off_t before;
    int rc;

    if (!become_root() || mount("none", dir, "tmpfs", 0, "size=16m") != 0)
        return NO_NAMESPACES;
    if (omb_store_open(dir, OMB_STORE_CREATE, &store, NULL) != OMB_OK)
        return 126;
    before = log_size(dir);
    rc = write_until_refused(store);
    if (before < 0 || log_size(dir) != before)
        rc = LOG_GREW; /* RocksDB gives up where it cannot write to it */
    omb_store_close(store);
    return rc;
}

static void what_was_synced_survives_a_killed_process(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_store *store;

    assert_int_equal(run_self("write-and-die", folder->path), 0);
    store = storeroom_reopen(state);
    assert_int_equal(storeroom_count(store, OMB_FAMILY_RECORD), 50);
    omb_store_close(store);
}

static void a_store_in_use_by_another_process_is_busy(void **state)
{
    const struct test_folder *folder = *state;
    struct omb_store *store = storeroom_make(state);

    assert_int_equal(run_self("open", folder->path), OMB_BUSY);
    omb_store_close(store);
    assert_int_equal(run_self("open", folder->path), OMB_OK);
}

static void a_failed_write_ends_the_service(void **state)
{
    const struct test_folder *folder = *state;

    assert_int_equal(run_self("meet-a-limit", folder->path), OMB_IO);
}

static void a_full_disk_is_called_so(void **state)
{
    const struct test_folder *folder = *state;
    int rc = run_self("fill-the-disk", folder->path);

    if (rc == NO_NAMESPACES)
        skip();
    assert_int_equal(rc, OMB_FULL);
}

static const struct {
    const char *word;
    int (*act)(const char *dir);
} acts[] = {
    {"write-and-die", act_write_and_die},
    {"open", act_open},
    {"meet-a-limit", act_meet_a_limit},
    {"fill-the-disk", act_fill_the_disk},
};

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STOREROOM_TEST(creating_says_the_schema),
        STOREROOM_TEST(the_folder_is_for_its_owner_alone),
        STOREROOM_TEST(creating_over_a_store_is_refused),
        STOREROOM_TEST(opening_where_no_store_is_says_so),
        STOREROOM_TEST(a_store_in_use_is_busy),
        STOREROOM_TEST(a_store_in_use_by_another_process_is_busy),
        STOREROOM_TEST(a_later_schema_is_refused),
        STOREROOM_TEST(a_store_without_a_schema_is_refused),
        STOREROOM_TEST(sizes_name_each_family),
        STOREROOM_TEST(what_was_synced_survives_a_killed_process),
        STOREROOM_TEST(a_failed_write_ends_the_service),
        STOREROOM_TEST(a_full_disk_is_called_so),
    };

    for (size_t i = 0; argc == 3 && i < UNIT_COUNT(acts); i++)
        if (strcmp(argv[1], acts[i].word) == 0)
            return acts[i].act(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
