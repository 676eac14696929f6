/*
 * The store that a test of the port's suite works on, and how it does.
 */
#ifndef OMB_TESTS_PORT_SUBJECT_H
#define OMB_TESTS_PORT_SUBJECT_H

#include "support/port_suite.h"
#include "unit/unit.h"

struct subject {
    const struct omb_port_maker *maker;
    void *it;
    struct omb_writes *writes;
    struct omb_buf seen; /* "key=value " of every row visited */
    size_t stop_after;   /* rows; 0: never */
    size_t rows;
};

int subject_open(void **state);
int subject_close(void **state);
#define SUBJECT_ROW(test, maker) {#test, test, subject_open, subject_close, (void *)(maker)}

const struct omb_port *port_of(struct subject *subject);
void put(struct subject *subject, enum omb_family family, const char *key, const char *value);
/* What was put goes to the store, durable; or, by the other, as far as a batch goes unsynced. */
void commit(struct subject *subject);
void commit_unsynced(struct subject *subject);
/* The result code of the store; what was put is forgotten. */
enum omb_rc try_commit(struct subject *subject, bool sync);
void reopen(struct subject *subject);
void crash(struct subject *subject, unsigned hundredths);

void assert_value(struct subject *subject, enum omb_family family, const char *key,
                  const char *value);
void assert_absent(struct subject *subject, enum omb_family family, const char *key);

#endif
