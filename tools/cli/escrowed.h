/*
 * What an export of a log (`log export CODE --certificates`) holds of the office's secrets, for
 * whoever has the bank's recovery key. Whether the log is authentic is not asked here: anybody can
 * seal to the recovery key, and secrets count when they belong to the office's newest certificate,
 * which the caller looks at. That certificate counts when it leads to the bank's anchor, and the
 * newest life of the log when a record in it is signed. What is done with them is `office recover`
 * (recover_cmd.c).
 */
#ifndef OMB_CLI_ESCROWED_H
#define OMB_CLI_ESCROWED_H

#include <stdio.h>

#include "crypto/keyfile.h"
#include "ledger/certify.h"
#include "wire/record.h"

/* A record of an export, as far as it is verified. */
struct omb_escrowed_record {
    struct omb_office_id office;
    struct omb_key_id key;
    struct omb_digest leaf;
    struct omb_proof proof;
};

/* An office's newest certificate in an export, and its secrets escrowed last. */
struct omb_escrowed {
    struct omb_arena *arena;            /* lent: of what the certificate points to */
    const struct omb_keyfile *recovery; /* lent: has its secret */
    struct omb_view code;               /* of the office */
    struct omb_known_certificate newest;
    bool has_certificate;
    struct omb_known_certificate *certificates; /* all of the export, in the arena */
    size_t count, room;
    struct omb_secret *transport, *sealing; /* NULL: none was opened */
    uint64_t opened, unopened;
    uint32_t life;                   /* the newest of the log; 0: there is no record, */
    struct omb_escrowed_record last; /* and the last one in it */
};

/*
 * Reads a whole export, an object a line; the caller has filled in what is lent and the code.
 * OMB_INVALID names the line that is no JSON object, or whose certificate is none. What an object
 * does not hold is passed over.
 */
enum omb_rc omb_escrowed_read(FILE *file, struct omb_escrowed *found,
                              struct omb_error *err) OMB_MUST_USE;
/*
 * Whether the office's newest certificate, which it has, leads to that anchor. NULL: none is at
 * hand, and it is to lead to one at all; *out_anchor says to which. Then, whether the office signed
 * the last record of the newest life. OMB_NOT_FOUND: the export lacks one of the chain.
 * OMB_UNAUTHENTIC: it is another bank's, or forged.
 */
enum omb_rc omb_escrowed_check(const struct omb_escrowed *found, const uint8_t *anchor,
                               uint8_t out_anchor[OMB_PUBLIC_SIZE],
                               struct omb_error *err) OMB_MUST_USE;
/* Wipes the secrets. */
void omb_escrowed_free(struct omb_escrowed *found);

#endif
