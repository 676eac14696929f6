/*
 * Where the fields of a message that is decoded go: into our structs, in the arena of the caller
 * and within a budget. For this folder alone.
 */
#ifndef OMB_WIRE_TAKE_H
#define OMB_WIRE_TAKE_H

#include "wire/bridge.h"
#include "wire/token.h"

struct omb_taking {
    struct omb_arena *arena;
    size_t budget; /* bytes of structs and lists that may still be made */
};

/*
 * Stores a field that is no message; views point into the token's bytes. `at` is the member of its
 * message, of a list of which `more` items may follow. False over the budget.
 */
bool omb_take_value(struct omb_taking *taking, const struct omb_binding *binding,
                    const struct omb_token *token, size_t more, void *at) OMB_MUST_USE;
/* The empty message that a field is to be decoded into; NULL over the budget. */
void *omb_take_message(struct omb_taking *taking, const struct omb_binding *binding, size_t more,
                       void *at);

#endif
