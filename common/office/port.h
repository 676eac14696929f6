/*
 * The read-only port through which the core asks questions of a store, and the families of rows.
 * What keys look like is office/keys.h; the store behind it is io/store.h or a test's. Every read
 * sees one state: the port does not change while an input is worked on.
 */
#ifndef OMB_OFFICE_PORT_H
#define OMB_OFFICE_PORT_H

#include "base/bytes.h"
#include "base/error.h"

/* name of the column family, what its rows are (design: records, Store) */
#define OMB_FAMILY_TABLE(X)                                                       \
    X(META, "meta")         /* name -> value: schema, identity, epoch, counters */  \
    X(LOG, "log")           /* number -> LogRow */                                \
    X(RECORD, "record")     /* number|seq -> StoredRecord */                      \
    X(PART, "part")         /* number|seq|kind -> sealed bytes */                 \
    X(DIGEST, "digest")     /* first 16 bytes -> number|seq */                    \
    X(JOURNAL, "journal")   /* position -> number|seq, source */                  \
    X(FEED, "feed")         /* child|position -> number|seq */                    \
    X(CASE, "case")         /* case id -> CaseRow */                              \
    X(CASE_LOG, "case_log") /* case id|number|seq -> () */                        \
    X(INDEX, "index")       /* kind|value|case -> () */                           \
    X(KEY, "key")           /* case id or escrow -> KeyRow */                     \
    X(PEER, "peer")         /* links, scopes, witnesses, subscriptions */         \
    X(OFFICE, "office")     /* certificate digest -> SignedCertificate, ... */    \
    X(OPERATOR, "operator") /* code -> OperatorRow */                             \
    X(POLICY, "policy")                                                           \
    X(REQUEST, "request")   /* operator|id -> RequestRow */                       \
    X(OUTBOX, "outbox")

/*
 * In meta, once the store's keeper went on without writes that had been synced: the time of it in
 * ms, how many they were (0: not known), and the number of the last that had been synced (which is
 * the keeper's own), 8 bytes each, big-endian.
 */
#define OMB_META_LOSS "loss"
enum { OMB_META_LOSS_SIZE = 24 };

enum omb_family {
#define OMB_FAMILY_ENUM(name, word) OMB_FAMILY_##name,
    OMB_FAMILY_TABLE(OMB_FAMILY_ENUM)
#undef OMB_FAMILY_ENUM
    OMB_FAMILY_COUNT
};

const char *omb_family_name(enum omb_family family);

/* Sees one row; OMB_OK goes on, OMB_STOP ends the scan well, any other code ends it with that. */
typedef enum omb_rc omb_row_fn(void *arg, struct omb_view key, struct omb_view value);

struct omb_port {
    void *ctx;
    /* Replaces *out's content with the row's value. OMB_NOT_FOUND, OMB_DAMAGED or OMB_IO. */
    enum omb_rc (*get)(void *ctx, enum omb_family family, struct omb_view key,
                       struct omb_buf *out);
    /*
     * Visits rows with from <= key < until in key order, or in falling order when `backwards` (both
     * bounds as before); until empty: to the end of the family. The views given to `fn` live
     * during its call only. `fn` may read through the port but not change anything.
     */
    enum omb_rc (*scan)(void *ctx, enum omb_family family, struct omb_view from,
                        struct omb_view until, bool backwards, omb_row_fn *fn, void *arg);
};

static inline OMB_MUST_USE enum omb_rc omb_port_get(const struct omb_port *port,
                                                    enum omb_family family, struct omb_view key,
                                                    struct omb_buf *out)
{
    return port->get(port->ctx, family, key, out);
}

static inline OMB_MUST_USE enum omb_rc omb_port_scan(const struct omb_port *port,
                                                     enum omb_family family, struct omb_view from,
                                                     struct omb_view until, bool backwards,
                                                     omb_row_fn *fn, void *arg)
{
    return port->scan(port->ctx, family, from, until, backwards, fn, arg);
}

/* Visits the rows whose key starts with `prefix`, which is at most 256 bytes. */
enum omb_rc omb_port_scan_prefix(const struct omb_port *port, enum omb_family family,
                                 struct omb_view prefix, omb_row_fn *fn, void *arg) OMB_MUST_USE;

#endif
