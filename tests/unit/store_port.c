/* Does the store keep the promises that every store behind the core's port makes? */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/port_suite.h"
#include "support/power.h"
#include "support/storeroom.h"

enum { FILES = 64 };

struct subject {
    struct test_folder folder;
    struct omb_store *store; /* NULL: it did not open */
};

static void *open_store(void)
{
    struct subject *subject = calloc(1, sizeof(*subject));

    power_on();
    subject->folder = test_folder_make();
    subject->store = storeroom_open(subject->folder.path, OMB_STORE_CREATE);
    return subject;
}

static const struct omb_port *port_of(void *arg)
{
    return omb_store_port(((struct subject *)arg)->store);
}

static enum omb_rc commit(void *arg, const struct omb_writes *writes, bool sync)
{
    return omb_store_commit(((struct subject *)arg)->store, writes, sync, NULL);
}

static enum omb_rc sync_store(void *arg)
{
    return omb_store_sync(((struct subject *)arg)->store, NULL);
}

static enum omb_rc health(void *arg)
{
    return omb_store_health(((struct subject *)arg)->store, NULL);
}

static enum omb_rc reopen(void *arg)
{
    struct subject *subject = arg;

    omb_store_close(subject->store);
    subject->store = NULL;
    return omb_store_open(subject->folder.path, OMB_STORE_OPEN, &subject->store, NULL);
}

static void crash(void *arg, unsigned hundredths)
{
    struct subject *subject = arg;
    const struct test_folder after = test_folder_make();

    power_cut(test_path(&subject->folder, "db").text, test_path(&after, "db").text, hundredths);
    omb_store_close(subject->store);
    subject->store = NULL;
    test_folder_remove(&subject->folder);
    subject->folder = after;
    subject->store = storeroom_open(after.path, OMB_STORE_OPEN);
}

static void fill(void *arg, bool full)
{
    (void)arg;
    power_fill(full);
}

/* Where the value lies in a file, if it does. */
static bool find_value(const char *path, struct omb_view value, off_t *out_at)
{
    struct omb_buf bytes = test_read(path);
    bool found = false;

    for (size_t at = 0; !found && at + value.size <= bytes.size; at++) {
        found = memcmp(bytes.data + at, value.data, value.size) == 0;
        *out_at = (off_t)at;
    }
    omb_buf_free(&bytes);
    return found;
}

/* A start brings rows from the write-ahead log into table and blob files. */
static void damage(void *arg, enum omb_family family, struct omb_view key, struct omb_view value)
{
    struct subject *subject = arg;
    struct test_path files[FILES];
    unsigned found = 0;
    size_t count;

    (void)family;
    (void)key;
    assert_int_equal(reopen(subject), OMB_OK);
    omb_store_close(subject->store);
    subject->store = NULL;
    count = test_list(&subject->folder, "db", "", files, FILES);
    for (size_t i = 0; i < count; i++) {
        off_t at;

        if (!find_value(files[i].text, value, &at))
            continue;
        test_damage(files[i].text, at + (off_t)value.size / 2);
        found++;
    }
    assert_int_equal(found, 1);
    subject->store = storeroom_open(subject->folder.path, OMB_STORE_OPEN);
}

static void close_store(void *arg)
{
    struct subject *subject = arg;

    omb_store_close(subject->store);
    test_folder_remove(&subject->folder);
    free(subject);
}

int main(void)
{
    const struct omb_port_maker maker = {
        .name = "port of the store",
        .open = open_store,
        .port = port_of,
        .commit = commit,
        .sync = sync_store,
        .health = health,
        .reopen = reopen,
        .crash = crash,
        .fill = fill,
        .damage = damage,
        .close = close_store,
    };

    return omb_port_suite(&maker) + omb_port_suite_faults(&maker);
}
