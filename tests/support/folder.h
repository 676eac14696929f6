/*
 * A folder of a test's own, and what a test does to the files in it. Everything here fails the test
 * when the system does not play along.
 */
#ifndef OMB_TESTS_FOLDER_H
#define OMB_TESTS_FOLDER_H

#include <sys/types.h>

#include "base/bytes.h"

struct test_folder {
    char path[256];
};

struct test_folder test_folder_make(void); /* mode 0700 */
void test_folder_remove(const struct test_folder *folder);

struct test_path {
    char text[512];
};
/* FOLDER/name */
struct test_path test_path(const struct test_folder *folder, const char *name);

void test_write(const char *path, struct omb_view bytes, mode_t mode);
struct omb_buf test_read(const char *path);
bool test_exists(const char *path);
unsigned test_mode(const char *path);

/* The files of folder FOLDER/sub whose names end in `end`, by name; returns how many there are. */
size_t test_list(const struct test_folder *folder, const char *sub, const char *end,
                 struct test_path *out, size_t max);
off_t test_size(const char *path);
/* Turns one byte over. */
void test_damage(const char *path, off_t at);
void test_zero(const char *path, off_t from, off_t size);
void test_cut(const char *path, off_t bytes); /* off the end */

#endif
