/*
 * A new office on disk: its directory, keys, configuration, and for the root office its certificate
 * and store. Either all of it is there in the end, or nothing of it.
 */
#ifndef OMB_CLI_BIRTH_H
#define OMB_CLI_BIRTH_H

#include "io/officedir.h"
#include "office/office.h"

struct omb_birth {
    const char *dir;
    bool root;
    const char *name;
    const char *kind;         /* head, regional, branch */
    struct omb_config config; /* code, zone, endpoints, passphrase file */
};

/* What people compare and write down. */
struct omb_born {
    char dir[4096];           /* absolute */
    char signing[40];         /* fingerprints */
    char transport[40];
    char anchor[40];          /* "" but for the root */
    char recovery[40];
};

/*
 * OMB_EXISTS: the directory is in use or not empty, and was not changed. After any other failure
 * what was made is gone again.
 */
enum omb_rc omb_birth(const struct omb_birth *birth, struct omb_born *out,
                      struct omb_error *err) OMB_MUST_USE;

/*
 * Makes the store in DIR/db, puts the first rows and has the office write its log's first batch.
 * OMB_EXISTS: there is a store. After any other failure there is none.
 */
enum omb_rc omb_birth_store(const char *dir, const struct omb_office_birth *birth,
                            struct omb_error *err) OMB_MUST_USE;

#endif
