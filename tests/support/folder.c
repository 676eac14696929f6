#define _GNU_SOURCE
#include "support/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/unit.h"

struct test_folder test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    struct test_folder folder;

    (void)snprintf(folder.path, sizeof(folder.path), "%s/ombud-unit-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

void test_folder_remove(const struct test_folder *folder)
{
    assert_int_equal(nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

struct test_path test_path(const struct test_folder *folder, const char *name)
{
    struct test_path path;
    int size = snprintf(path.text, sizeof(path.text), "%s/%s", folder->path, name);

    assert_in_range(size, 1, sizeof(path.text) - 1);
    return path;
}

void test_write(const char *path, struct omb_view bytes, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.size ? bytes.data : (const uint8_t *)"", 1, bytes.size, file),
                     bytes.size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

struct omb_buf test_read(const char *path)
{
    struct omb_buf buf = OMB_BUF_INIT;
    uint8_t chunk[4096];
    size_t size;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        omb_buf_add(&buf, chunk, size);
    (void)fclose(file);
    return buf;
}

bool test_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

unsigned test_mode(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct test_path *)a)->text, ((const struct test_path *)b)->text);
}

size_t test_list(const struct test_folder *folder, const char *sub, const char *end,
                 struct test_path *out, size_t max)
{
    struct test_path parent = test_path(folder, sub);
    DIR *list = opendir(parent.text);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(list);
    while ((entry = readdir(list)) != NULL) {
        size_t size = strlen(entry->d_name);
        int written;

        if (size < strlen(end) || strcmp(entry->d_name + size - strlen(end), end) != 0)
            continue;
        assert_true(count < max);
        written = snprintf(out[count].text, sizeof(out[count].text), "%s/%s", parent.text,
                           entry->d_name);
        assert_in_range(written, 1, sizeof(out[count].text) - 1);
        count++;
    }
    closedir(list);
    qsort(out, count, sizeof(*out), by_name);
    return count;
}

off_t test_size(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

void test_damage(const char *path, off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0xff;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    assert_int_equal(close(fd), 0);
}

void test_cut(const char *path, off_t bytes)
{
    assert_int_equal(truncate(path, test_size(path) - bytes), 0);
}

void test_zero(const char *path, off_t from, off_t size)
{
    struct omb_buf bytes = test_read(path);

    assert_true(from >= 0 && size >= 0 && (size_t)(from + size) <= bytes.size);
    if (size > 0)
        memset(bytes.data + from, 0, (size_t)size);
    test_write(path, omb_buf_view(&bytes), 0600);
    omb_buf_free(&bytes);
}
