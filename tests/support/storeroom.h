/*
 * A store in a folder of its own for each test, and rows to put into it.
 */
#ifndef OMB_TESTS_STOREROOM_H
#define OMB_TESTS_STOREROOM_H

#include "io/store.h"
#include "support/folder.h"

/* For cmocka: *state is the folder; it and all in it are gone after the test. */
int storeroom_setup(void **state);
int storeroom_teardown(void **state);
#define STOREROOM_TEST(test) \
    cmocka_unit_test_setup_teardown(test, storeroom_setup, storeroom_teardown)

struct omb_store *storeroom_open(const char *dir, enum omb_store_mode mode);
struct omb_store *storeroom_make(void **state);
struct omb_store *storeroom_reopen(void **state);
/* The store does not open, and `word` is among the words that say why. */
void storeroom_assert_refused(void **state, enum omb_rc rc, const char *word);

/* Rows 1 to count, a synced batch each. */
void storeroom_rows(struct omb_store *store, enum omb_family family, uint64_t count);
/* One more, which nobody synced. */
void storeroom_unsynced(struct omb_store *store, enum omb_family family, uint64_t number);
/*
 * Rows of that size, `mib` mebibytes of them: from some three on more than the store keeps in
 * memory, so that they come to lie in table and blob files.
 */
void storeroom_fill(struct omb_store *store, enum omb_family family, size_t value_size, size_t mib);
/* The last by name of the store's files whose names end so. */
enum { STOREROOM_FILES = 512 };
struct test_path storeroom_newest(void **state, const char *end);
/* A new store with `count` rows that were synced, closed; all of them are in one log, this one. */
struct test_path storeroom_log(void **state, uint64_t count);
uint64_t storeroom_count(const struct omb_store *store, enum omb_family family);
/* For omb_port_scan; arg is a uint64_t. */
enum omb_rc storeroom_count_row(void *arg, struct omb_view key, struct omb_view value) OMB_MUST_USE;

#endif
