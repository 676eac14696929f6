/*
 * Which connection is which: the names of the connections from below. libzmq tells where a message
 * came from by a routing id that it picked, the handshake tells whose key it was; both together are
 * a connection, and its name is never used again.
 *
 * It is bounded: a key has at most OMB_LINKS_OF_A_KEY connections, a new one taking the place of
 * its own oldest, and above the bound the one that was idle the longest gives way. What is sent to
 * one that is removed goes nowhere; when it is heard of again, it is a new one. Internal to io/.
 */
#ifndef OMB_IO_LINKTABLE_H
#define OMB_IO_LINKTABLE_H

#include "crypto/crypto.h"

/* An office has one; more are those that its parent does not know yet to have ended. */
#define OMB_LINKS_OF_A_KEY 4

struct omb_linked {
    uint64_t name;
    uint64_t used; /* when it was asked for last, as a count of all askings */
    uint32_t route;
    bool full;     /* a frame for it found no room: those behind it must not arrive */
    uint8_t key[OMB_PUBLIC_SIZE];
};

struct omb_linktable {
    struct omb_linked *all; /* in the order of their names */
    size_t count, capacity;
    uint32_t *slots;        /* by route: a place in `all`, plus one; 0: free */
    size_t slot_count;
    uint64_t uses;
};

/* A table of zero bytes is an empty one. */
void omb_linktable_free(struct omb_linktable *table);

/*
 * The connection with that routing id and key, for the moment; NULL: a new one. One with the same
 * id and another key has ended, and is forgotten.
 */
struct omb_linked *omb_linktable_find(struct omb_linktable *table, uint32_t route,
                                      const uint8_t key[OMB_PUBLIC_SIZE]);
/* The same by name. */
struct omb_linked *omb_linktable_named(struct omb_linktable *table, uint64_t name);
/*
 * One that is to be removed before one of that key is added, or, where `key` is NULL, before none
 * is; NULL: there is room. `most`: how many there may be, at least one.
 */
struct omb_linked *omb_linktable_surplus(struct omb_linktable *table, const uint8_t *key,
                                         size_t most);
/* Adds one that was not found; `name` is above all others. */
void omb_linktable_add(struct omb_linktable *table, uint32_t route,
                       const uint8_t key[OMB_PUBLIC_SIZE], uint64_t name);
void omb_linktable_remove(struct omb_linktable *table, const struct omb_linked *linked);

#endif
