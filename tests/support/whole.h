/*
 * All records of all stores of a tree together, and whom each case concerns: what tree_whole.c
 * judges by.
 */
#ifndef OMB_TESTS_SUPPORT_WHOLE_H
#define OMB_TESTS_SUPPORT_WHOLE_H

#include "support/tree_drive.h"

/* Sets of offices are bits by their place in the tree. */
typedef uint64_t offices;
_Static_assert(TREE_OFFICES_MAX <= 64, "an office is a bit");

/* A case and who it concerns. */
struct matter {
    struct omb_case_id id;
    offices parties;
    offices ever; /* and whoever was one before an office moved */
    bool erased;
};

/* A record that any store holds on a line that stands. */
struct record {
    struct omb_digest digest;
    bool filled;
    struct omb_digest row; /* of its bytes as they are kept */
    struct omb_office_id office;
    struct omb_incarnation incarnation;
    uint64_t seq;
    size_t matter; /* SIZE_MAX: of no case */
    uint32_t event;
    offices holders;
    uint32_t parts;         /* that it was written with */
    offices part_holders[3]; /* body, grants, extract */
    uint64_t part_marks[3];  /* bytes of each that no other has */
    offices named;          /* offices that it makes parties */
};

struct whole {
    struct tree *tree;
    struct matter *matters;
    size_t matter_count;
    struct record *records;
    size_t record_count, record_room;
    const struct memport *store; /* that is read */
    offices holder;              /* whose it is; 0: it is lost, or its office is gone */
    offices gone;
};

/* Body, grants, extract: in the order of a record's part_holders. */
extern const uint32_t whole_part_kinds[3];

/* Copies of one office are one: all of them. */
offices whole_offices(const struct tree *tree, const struct omb_office_id *id);
/* And everybody above one; ever: also where it stood before. */
offices whole_with_above(const struct tree *tree, offices below, bool ever);

/* Reads every store, also those that were lost; `whole` names the tree. Freed by whole_free. */
void whole_read(struct whole *whole);
void whole_free(struct whole *whole);

#endif
