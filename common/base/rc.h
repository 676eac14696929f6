/*
 * Result codes: how every function that can fail says so.
 *
 * A code steers the caller; the sentence for people travels beside it in a struct omb_error. Normal
 * outcomes of the domain (a duplicate, a superseded act) are verdicts of the function that finds
 * them, not result codes. Read base/error.h next.
 */
#ifndef OMB_BASE_RC_H
#define OMB_BASE_RC_H

/* name, word in the client protocol's Refusal.code, meaning */
#define OMB_RC_TABLE(X)                                                       \
    X(OK, "ok", "done")                                                       \
    X(INVALID, "invalid", "the input breaks its format")                      \
    X(UNKNOWN_CODE, "unknown-code", "a code that no vocabulary lists")        \
    X(MISSING, "missing", "a field that must be said is not")                 \
    X(NOT_FOUND, "not-found", "there is no such thing here")                  \
    X(EXISTS, "exists", "it is already there")                                \
    X(REFUSED, "refused", "a rule of the procedure does not allow it")        \
    X(FORBIDDEN, "forbidden", "the role does not allow it")                   \
    X(CONFLICT, "conflict", "the same request id came with other content")    \
    X(SEALED, "sealed", "this office holds no key to the case")               \
    X(ERASED, "erased", "the part was erased")                                \
    X(LIMIT, "limit", "over a limit of this program")                         \
    X(UNAUTHENTIC, "unauthentic", "a signature, digest or chain does not hold") \
    X(DAMAGED, "damaged", "stored bytes are not what was written")            \
    X(LATER, "later", "written by a later version of this program")           \
    X(BUSY, "busy", "in use by another process")                              \
    X(FULL, "full", "no space left on the device")                            \
    X(IO, "io", "the operating system failed")                                \
    X(UNREACHABLE, "unreachable", "the daemon cannot be reached")             \
    X(STOP, "stop", "a visitor has seen enough")

enum omb_rc {
#define OMB_RC_ENUM(name, word, meaning) OMB_##name,
    OMB_RC_TABLE(OMB_RC_ENUM)
#undef OMB_RC_ENUM
};

#define OMB_MUST_USE __attribute__((warn_unused_result))

/* The word of the client protocol for a code; never NULL. */
const char *omb_rc_word(enum omb_rc rc);

/* What the code means, for people; never NULL. */
const char *omb_rc_meaning(enum omb_rc rc);

#endif
