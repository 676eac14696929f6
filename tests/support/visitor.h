/*
 * A line to an office that a test speaks over by hand, in place of the daemon below it: what goes
 * out is made frame by frame, and what comes back is read frame by frame.
 *
 *     ho ─── north ─── vsp-0045        the visitor is north at ho
 */
#ifndef OMB_TESTS_VISITOR_H
#define OMB_TESTS_VISITOR_H

#include "support/tree.h"

struct visitor {
    struct tree *tree;
    struct tree_office *ho, *north, *branch;
    uint64_t line;                 /* that is spoken over; a test takes others as it likes */
    const uint8_t *key;            /* of that line */
    struct omb_frame heard[64];    /* what the office said over it since */
    size_t heard_count;
};

/* North and its branch are stopped: whoever wants to be north says so by hand. */
int visitor_setup(void **state);
int visitor_teardown(void **state);
#define VISITOR_TEST(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, visitor_setup, visitor_teardown)

/* One frame, as a batch of its own; what was heard before is forgotten. */
void visitor_say(struct visitor *visitor, uint32_t tag, const void *message);
void visitor_say_bytes(struct visitor *visitor, struct omb_view bytes);
/* Time passes at the office, which gets its tick. */
void visitor_pass(struct visitor *visitor, int64_t ms);
/* The first frame of that kind since the last word; NULL: none. */
const void *visitor_hears(const struct visitor *visitor, uint32_t tag);
#define HEARS(visitor, UPPER, shape)                                                               \
    ((const struct omb_##shape *)visitor_hears((visitor), OMB_FRAME_##UPPER))
/* Fails unless refused with that code. */
void visitor_refused(const struct visitor *visitor, const char *code);

/* North's greeting; it must be welcomed by visitor_greet. */
struct omb_hello visitor_hello(struct visitor *visitor);
void visitor_greet(struct visitor *visitor);
/* North's journal, in frames as it sends them: everything from `first` to `last`. */
struct omb_records visitor_journal(struct visitor *visitor, uint64_t first, uint64_t last);
/* Greets, and gives all of it. */
void visitor_give_journal(struct visitor *visitor);

#endif
