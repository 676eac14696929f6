/*
 * An office of a small bank on which a fuzzer plays its neighbours and its clients:
 *
 *     ho ─── north ─── vsp-0045        north is the real core; the others are played
 *
 * The bank is made once, with cases that crossed; for every input north begins again on a copy of
 * its rows. A fuzzer guesses no digest, so messages may say "the n-th that is known" instead
 * (stage_resolve), and what a record leaves out is filled in and signed (stage_seal).
 */
#ifndef OMB_TESTS_FUZZ_STAGE_H
#define OMB_TESTS_FUZZ_STAGE_H

#include "support/tree.h"

enum stage_peer { STAGE_BRANCH, STAGE_HO, STAGE_PEERS };
enum { STAGE_CASES = 4, STAGE_SEEN = 8, STAGE_TEXT = 160 };

/* An id, a life or a digest of zeroes but for these two bytes at its end: the known one number n.
 */
#define STAGE_MARK 0x5d
/* Of digests: the newest of the peer's log, of the case's spine; certificates, by peer, north's. */
enum { STAGE_NEWEST = 0xff, STAGE_SPINE = 0xfe, STAGE_CERTIFICATE = 0xf8 };

/* A neighbour: by which key it signs, and where its log stands. */
struct stage_author {
    struct omb_office_id office;
    struct omb_key_id key;
    struct omb_digest certificate;
    uint32_t depth;
    const struct omb_signer *signer;
    const uint8_t *transport;
    struct omb_incarnation life;
    uint64_t seq;
    struct omb_digest prev;
    uint64_t position; /* of its feed to north, the newest that was sent */
    uint8_t epoch[16];
};

struct stage {
    struct tree_office *north;
    struct rig *rig; /* north's */
    struct stage_author authors[STAGE_PEERS];
    char numbers[STAGE_CASES][STAGE_TEXT];
    char seen[STAGE_SEEN][STAGE_TEXT]; /* lines of the newest replies: cursors, positions */
    size_t seen_count;
};

/* The stage as it is at the beginning of an input; made at the first call. */
struct stage *stage_begin(void);
struct stage *stage_begun(void); /* the same one, as it is now */
/* One input in a batch of its own, with what must hold after every one. */
void stage_work(struct omb_input *input);
/* The second half of it: of an input that was stepped. */
void stage_close(const struct omb_input *input);
void stage_pass(int64_t ms); /* and a tick */
/*
 * The office opens again, every record and row holds, and nothing needs mending. This costs several
 * times what the input did: it is asked of one input in four, by its bytes, and of none that left
 * the rows as they were.
 */
void stage_end(struct omb_view input);

/* Puts what is known in place of what only says which; the message's own memory is written. */
void stage_resolve(struct stage *stage, enum stage_peer peer, const struct omb_shape *shape,
                   void *message, struct omb_arena *arena);
/* The same where a digest may be the newest spine record of a case. */
void stage_resolve_of(struct stage *stage, enum stage_peer peer, const struct omb_case_id *id,
                      const struct omb_shape *shape, void *message, struct omb_arena *arena);
/*
 * Completes the records of a frame as that peer would write them, and signs those without proof. A
 * body that is a plain Body is sealed under the one case key that the stage knows, a grant's plain
 * GrantKey for north, and a certificate that nobody signed is issued.
 */
void stage_seal(struct stage *stage, enum stage_peer peer, struct omb_records *records,
                struct omb_arena *arena);
/* Signs the request of an office to be certified, if nobody did. */
void stage_wish(struct omb_office_certify *certify, struct omb_arena *arena);
/* The same of the statements of witnesses. */
void stage_attest(struct stage *stage, enum stage_peer peer, struct omb_ack *ack,
                  struct omb_arena *arena);

#endif
