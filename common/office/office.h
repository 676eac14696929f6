/*
 * Welcome to the office: the pure core of every daemon.
 *
 *     omb_office_open       reads what it keeps in memory through the port
 *     omb_office_step       one input: a client's request or a tick; may be called many times,
 *                           each on top of the writes of those before it
 *     omb_office_close      signs the batch once and completes the records
 *
 * after which the driver performs the update in one order, always: persist in one synced batch,
 * then send to links and reply, then ring the bells, dial and arm the timers. The core does no I/O,
 * reads no clock, draws no random number and never blocks: time and random bytes come with the
 * input. When persisting fails the driver must drop the office and open it again (or stop).
 *
 * Read office/corridor.h next for how an event is written, then desk/ for what operators may ask
 * and post/post.h for what offices say to each other.
 */
#ifndef OMB_OFFICE_OFFICE_H
#define OMB_OFFICE_OFFICE_H

#include "cases/zone.h"
#include "crypto/crypto.h"
#include "office/writes.h"

#define OMB_SOFTWARE "ombud 0.1.0"

struct omb_office;

/* What the driver lends for the life of the office. */
struct omb_office_setup {
    const struct omb_port *port;
    const struct omb_signer *signer;       /* the office's signing key */
    const struct omb_secret *transport;    /* X25519, for escrow of a new key */
    const struct omb_secret *sealing;      /* X25519: opens grants; store key derives from it */
    const struct omb_zone *zone;           /* the office's time zone */
    struct omb_view bell;                  /* endpoint of the PUB socket, told in Status */
    int64_t started_at;
    bool serves;                           /* a daemon: keeps its links; else only its store */
    bool takes_children;                   /* a hub: offices below may greet it */
    const struct omb_view *parents;        /* addresses of the parent, tried in turn; may be none */
    size_t parent_count;
    struct omb_view advertise;             /* the own address as children call it; may be empty */
    struct omb_view last_exit;             /* how the daemon ended last: "clean", "killed", ... */
    uint32_t backup_max_age_days;          /* then the doctor warns; 0: never */
    bool looks;                            /* a copy that is read alone: keys are none of its own */
};

enum omb_input_kind {
    OMB_INPUT_START,   /* once, first: opens an incarnation where one is due */
    OMB_INPUT_REQUEST, /* bytes of a Request */
    OMB_INPUT_TICK,    /* a timer came due: deadlines, month's end, request ids, links */
    OMB_INPUT_FRAME,   /* bytes of a Frame from the link `link` */
    OMB_INPUT_LINK_UP,   /* the dialled link `link` stands: the handshake was made */
    OMB_INPUT_LINK_DOWN, /* the dialled link ended or could not be made; bytes: why, in words */
    OMB_INPUT_BACKUP,    /* how a backup goes on or ended; bytes of a BackupState */
};

struct omb_input {
    enum omb_input_kind kind;
    int64_t now_ms;                /* wall clock, UTC */
    int64_t monotonic_ms;          /* a clock that is never set: its jump against now_ms shows */
    uint8_t seed[OMB_SEED_SIZE];   /* fresh random bytes for this input alone */
    uint8_t peer[OMB_PUBLIC_SIZE]; /* CURVE key of the sender, from the transport */
    bool local_admin;              /* a command line that opened the store itself */
    struct omb_view bytes;
    uint64_t reply_to;             /* the driver's name for whoever waits */
    uint64_t link;                 /* the driver's name of a connection; never used again */
    bool dialled;                  /* FRAME: the connection is the one to the parent */
    bool refused;                  /* LINK_DOWN: the parent lets nobody in with this office's key */
    uint64_t disk_free_bytes;      /* TICK: told in Health; 0: not known */
    uint64_t store_stalls;         /* TICK: commits that took long, since the start; told as well */
};

/*
 * A frame for a link; one whose connection is gone is dropped, and so are all behind one that found
 * no room: what arrives has no gaps, but it may end.
 */
struct omb_send {
    uint64_t link;
    bool dialled;
    struct omb_view bytes;
};
/*
 * What is wanted of the connection to the parent. At most one stands at a time: CONNECT hangs up
 * what stood. What was hung up is told no more: neither its frames nor that it is down.
 */
enum omb_dial_kind { OMB_DIAL_NONE, OMB_DIAL_CONNECT, OMB_DIAL_HANG_UP };
struct omb_dial {
    enum omb_dial_kind kind;
    struct omb_view address;             /* CONNECT: tcp://host:port */
    uint8_t server_key[OMB_PUBLIC_SIZE]; /* the parent's CURVE key */
};

struct omb_reply_out {
    uint64_t to;
    struct omb_view bytes;
};
struct omb_bell {
    const char *topic;
    struct omb_view position; /* text */
};

struct omb_update; /* opaque to others than the office; reused from batch to batch */

struct omb_update *omb_update_new(void);
void omb_update_free(struct omb_update *update);
/* Begins a batch on top of the store as it is now. */
void omb_update_begin(struct omb_update *update, const struct omb_office *office);

const struct omb_writes *omb_update_writes(const struct omb_update *update);
bool omb_update_must_sync(const struct omb_update *update); /* false: it only read */
size_t omb_update_replies(const struct omb_update *update, const struct omb_reply_out **out);
size_t omb_update_bells(const struct omb_update *update, const struct omb_bell **out);
/* In their order; for each link frames arrive in the order in which they were sent. */
size_t omb_update_sends(const struct omb_update *update, const struct omb_send **out);
const struct omb_dial *omb_update_dial(const struct omb_update *update);
/* Wall-clock time at which the next tick is wanted; INT64_MAX: none. */
int64_t omb_update_timer(const struct omb_update *update);
/* The same by the monotonic clock, for links: a clock that is set must not hold them up. */
int64_t omb_update_link_timer(const struct omb_update *update);
/* Which offices may connect changed: ask omb_office_children again. */
bool omb_update_children_changed(const struct omb_update *update);
/* Who may connect changed: ask omb_office_admitted again. */
bool omb_update_operators_changed(const struct omb_update *update);
/* A backup to be made, once the batch is durable; NULL: none. It lives as long as the batch. */
struct omb_backup_create;
const struct omb_backup_create *omb_update_backup(const struct omb_update *update);
/* Parts were erased: once durable, compact the families part, key and index. */
bool omb_update_erased(const struct omb_update *update);

enum omb_rc omb_office_open(const struct omb_office_setup *setup, struct omb_office **out,
                            struct omb_error *err) OMB_MUST_USE;
void omb_office_free(struct omb_office *office);

/*
 * Works one input. Refusals are replies, not errors: an error here means that the store cannot be
 * read (OMB_DAMAGED, OMB_IO), and the driver stops.
 */
enum omb_rc omb_office_step(struct omb_office *office, const struct omb_input *input,
                            struct omb_update *update, struct omb_error *err) OMB_MUST_USE;

/*
 * Builds the batch's proofs, signs once, completes the records, and hands to the links what they
 * have credit for. Cheap when nothing was written. OMB_IO, OMB_DAMAGED as with omb_office_step.
 */
enum omb_rc omb_office_close(struct omb_office *office, struct omb_update *update,
                             struct omb_error *err) OMB_MUST_USE;

/* Whether the transport may let this CURVE key in (an enrolled operator). */
bool omb_office_admits(const struct omb_office *office, const uint8_t key[OMB_PUBLIC_SIZE]);
/* Every admitted key, for the transport's own table. */
size_t omb_office_admitted(const struct omb_office *office,
                           const uint8_t (**out_keys)[OMB_PUBLIC_SIZE]);
/* Every office that may connect from below (their CURVE keys), for the listener's own table. */
size_t omb_office_children(const struct omb_office *office,
                           const uint8_t (**out_keys)[OMB_PUBLIC_SIZE]);
struct omb_view omb_office_code(const struct omb_office *office);
/*
 * Where clients of other machines reach the office, told in Status: once, when it is known, which
 * for a port that was picked is after binding. The text is copied.
 */
void omb_office_set_listen(struct omb_office *office, struct omb_view endpoint);
/* The same for where offices below reach it, told in their bundles. */
void omb_office_set_advertise(struct omb_office *office, struct omb_view endpoint);

/* How old the last good backup may be before the doctor warns; 0: it never does. */
void omb_office_set_backup_max_age(struct omb_office *office, uint32_t days);

/* --- a new office (tools only): the rows of an empty store and the log's first batch --- */

struct omb_office_birth {
    struct omb_view certificates;       /* SignedCertificates, each behind its length (be32):
                                           own first, up to the root's */
    struct omb_view earlier;            /* the same of those that they had before */
    uint8_t anchor[OMB_PUBLIC_SIZE];    /* pinned */
    uint8_t recovery[OMB_PUBLIC_SIZE];  /* sealing key of the offline recovery key */
    uint8_t admin_key[OMB_PUBLIC_SIZE]; /* CURVE key of operator `admin` */
    uint8_t epoch[16];                  /* store epoch */
    struct omb_view zone;               /* IANA name */
    uint32_t life;                      /* number of the newest life that its log had; 0: none */
    int64_t now_ms;
};

/*
 * Puts the first rows (schema, identity, epoch, certificates) into the update's writes. The driver
 * persists them, opens the office and gives it OMB_INPUT_START, which writes the first records:
 * escrow opened, operator admin enrolled.
 */
enum omb_rc omb_office_found(const struct omb_office_birth *birth, struct omb_writes *writes,
                             struct omb_error *err) OMB_MUST_USE;

#endif
