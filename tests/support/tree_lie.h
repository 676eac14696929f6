/*
 * An office of a tree (support/tree.h) that lies: of the records that it sends next one is not what
 * its author wrote, or the liar writes one that it may not.
 */
#ifndef OMB_TESTS_TREE_LIE_H
#define OMB_TESTS_TREE_LIE_H

#include "base/bytes.h"
#include "ledger/record.h"

struct tree_office;

#define TREE_LIE_TABLE(X)                                                                          \
    X(HEADER, "a header that nobody signed")                                                       \
    X(PROOF, "a signature with a bit turned")                                                      \
    X(PART, "a part with a bit turned")                                                            \
    X(NAME, "a record in another's name")                                                          \
    X(CHAIN, "a record that does not follow the one before it")

enum tree_lie {
    TREE_HONEST,
#define TREE_LIE_ENUM(name, words) TREE_LIE_##name,
    TREE_LIE_TABLE(TREE_LIE_ENUM)
#undef TREE_LIE_ENUM
    TREE_LIES
};

struct tree_lies {
    enum tree_lie next; /* that the office tells as soon as it sends a record that suits it */
    unsigned told;      /* on the line between the office and its parent, by either */
};

void tree_lie(struct tree_office *office, enum tree_lie lie);

/*
 * By that region's keys one more certificate of an office, for the keys that it has, upon the one
 * before; the same revoked, and the office closed by it. What is written is kept at once. Where its
 * store is damaged the region falls, and the certificate is none.
 */
struct omb_digest tree_lie_certify(struct tree_office *region, const struct tree_office *office,
                                   const struct omb_digest *previous);
/* One for a key that the region made, and so many more that this key signed as well. */
struct omb_digest tree_lie_speak(struct tree_office *region, const struct tree_office *office,
                                 const struct omb_digest *previous, unsigned more);
void tree_lie_revoke(struct tree_office *region, const struct omb_digest *certificate);
void tree_lie_close(struct tree_office *region, const struct tree_office *office,
                    const struct omb_digest *certificate, const struct tree_office *successor);

/* --- for tree_drive.c --- */

/* What leaves in place of a frame on the line of that child. */
struct omb_view tree_lie_in(struct tree_office *office, struct tree_office *child,
                            struct omb_view bytes);

#endif
