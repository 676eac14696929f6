/*
 * Offices of one tree in one process, each on a store of its own. They know each other's
 * certificates from the start, and records cross when a test says so, in the order it says.
 *
 *     HO ─┬─ NORTH ─┬─ OUTLET (vsp-0045)
 *         │         └─ OTHER  (vsp-0046)
 *         └─ CARDS (card-centre, a service office)
 */
#ifndef OMB_TESTS_FAMILY_H
#define OMB_TESTS_FAMILY_H

#include "support/deskwork.h"

enum member { HO, NORTH, OUTLET, OTHER, CARDS, FAMILY };

struct family {
    struct rig rigs[FAMILY];
    struct omb_office_ref refs[FAMILY];
};

/* Every office has t1, h1, s1, s2, an1 and au1. */
int family_setup(void **state);
int family_teardown(void **state);
#define FAMILY_TEST(test) cmocka_unit_test_setup_teardown(test, family_setup, family_teardown)

/* A step of an office that ends with a commit; what it returns must be OMB_OK. */
typedef enum omb_rc family_script(struct omb_step *step, void *arg, struct omb_error *err);
void family_run(struct rig *rig, family_script *script, void *arg);

/*
 * Gives every record that `from` holds to `to`, in the order in which it came there. It is taken in
 * as from a link; one that is neither kept nor here already fails the test.
 */
void family_carry(struct family *family, enum member from, enum member to);
/* The same for those alone that `from` wrote itself. */
void family_carry_own(struct family *family, enum member from, enum member to);
/* Carries until everybody of the list has what anyone of them has. */
void family_meet(struct family *family, const enum member *members, size_t count);
#define MEET(family, ...)                                                                          \
    family_meet((family), (const enum member[]){__VA_ARGS__},                                      \
                sizeof((const enum member[]){__VA_ARGS__}) / sizeof(enum member))

/* --- asking --- */

#define RIG(family, member) (&(family)->rigs[member])

/* An act that names an office; by s1. */
const struct omb_reply *send_to(struct rig *rig, const char *who, struct omb_view number,
                                uint32_t tag, const void *event, const char *text,
                                const char *to);
#define SEND(rig, number, UPPER, shape, to, text, ...)                                             \
    send_to((rig), "s1", (number), OMB_EVENT_##UPPER, &(struct omb_##shape){__VA_ARGS__}, (text),  \
            (to))
const struct omb_reply *escalate(struct rig *rig, struct omb_view number, const char *to);
const struct omb_reply *take_over(struct rig *rig, struct omb_view number);

/* The case as s1 of that office sees it. */
const struct omb_case_view *shown(struct family *family, enum member member,
                                  struct omb_view number);
/* The words of a case of new_case are read there, or are not. */
void assert_reads(struct family *family, enum member member, struct omb_view number);
void assert_sealed(struct family *family, enum member member, struct omb_view number);
size_t count_events(const struct omb_case_view *view, const char *type);

#endif
