/*
 * An office on a store in memory, driven by hand: keys, certificates and clocks are made up, the
 * same in every run. Tests give it requests; with scripted_desk.c in place of the real desk a
 * test's own function answers them and works with the corridor directly.
 */
#ifndef OMB_TESTS_RIG_H
#define OMB_TESTS_RIG_H

#include "ledger/certify.h"
#include "office/corridor.h"
#include "support/memport.h"

#define RIG_START_MS INT64_C(1774951200000) /* 2026-03-31T10:00:00Z */
#define RIG_CHAIN_MAX 3

struct rig {
    struct memport *store;
    const struct omb_zone *zone;
    struct omb_signer *anchor;
    struct omb_signer *signers[RIG_CHAIN_MAX]; /* own first, then those above */
    struct omb_secret *transport, *sealing, *recovery;
    struct omb_buf certificates, earlier; /* as omb_office_birth wants them */
    uint8_t admin[OMB_PUBLIC_SIZE]; /* CURVE key of operator `admin` */
    uint8_t epoch[16];

    struct omb_office *office;
    struct omb_update *update;
    int64_t now_ms, monotonic_ms;
    uint64_t inputs;        /* seeds count on from it */
    uint64_t ids;           /* of requests */
    struct omb_arena arena; /* of replies */
};

/*
 * Founds an office `depth` levels below the root (ho, north, vsp-0045), opens and starts it, and
 * commits. For cmocka: rig_setup takes a root office.
 */
void rig_open(struct rig *rig, unsigned depth);
/*
 * The same for an office of a tree that a test draws: signing, transport and sealing secrets are
 * made of the seed (rig_secret), certificates are as omb_office_birth wants them.
 */
enum rig_secret { RIG_SIGNING, RIG_TRANSPORT, RIG_SEALING };
void rig_open_as(struct rig *rig, uint8_t seed, struct omb_view certificates);
void rig_secret(uint8_t seed, enum rig_secret which, uint8_t out[32]);
void rig_anchor(uint8_t out[32]); /* the seed of the bank's anchor */
void rig_free(struct rig *rig);
int rig_setup(void **state);
int rig_teardown(void **state);
#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

/* Drops the office and what was not committed, and opens it again from its store. */
void rig_reopen(struct rig *rig);
/* Lets both clocks go on. */
void rig_pass(struct rig *rig, int64_t ms);

enum omb_rc rig_step(struct rig *rig, struct omb_input *input, struct omb_error *err) OMB_MUST_USE;
void rig_tick(struct rig *rig);
/* Closes the batch, keeps it, begins the next. */
void rig_commit(struct rig *rig);
/* The store notes that the n-th record of an office, which there need not be, lacks its body. */
void rig_lose_body(struct rig *rig, const struct omb_office_id *office, uint64_t n);

/* One request of the operator with that key; the reply, decoded, lives until the rig is freed. */
const struct omb_reply *rig_request(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                    const struct omb_request *request);
const struct omb_reply *rig_bytes(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                  struct omb_view bytes);
/* The same by operator `admin` under an id of its own. */
const struct omb_reply *rig_ask(struct rig *rig, uint32_t tag, const void *ask);

/* The same as a command line that opened the store itself. */
const struct omb_reply *rig_ask_offline(struct rig *rig, uint32_t tag, const void *ask);

/* --- with scripted_desk.c --- */

typedef enum omb_rc rig_script(struct omb_step *step, void *arg, struct omb_error *err);

/* What the desk answers from now on. */
void rig_script_set(rig_script *script, void *arg);
/* Runs `script` as the answer to one request of `admin`, on a savepoint; its reply. */
const struct omb_reply *rig_run(struct rig *rig, rig_script *script, void *arg);
/* The same with a request id, of any operator. */
const struct omb_reply *rig_run_as(struct rig *rig, const uint8_t key[OMB_PUBLIC_SIZE],
                                   struct omb_view id, rig_script *script, void *arg);

#endif
