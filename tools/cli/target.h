/*
 * Which office a command line means, and as whom: from the options, the environment, and last
 * ~/.config/ombud/office.conf. Nothing is opened here but that file.
 */
#ifndef OMB_CLI_TARGET_H
#define OMB_CLI_TARGET_H

#include "base/bytes.h"
#include "base/error.h"
#include "cli/parse.h"

struct omb_target {
    char dir[4096];         /* absolute; "": another machine */
    char endpoint[512];     /* ipc:///... or tcp://host:port */
    char server_key[4096];  /* file of the office's public transport key */
    char key[4096];         /* the operator's key file */
    char operator_code[97];
    char passphrase_file[512]; /* or fd:N; "": none was said */
    bool accept_loss;       /* of a store whose last writes are gone */
};

/*
 * OMB_INVALID: the line does not say which office, or only half of it. OMB_NOT_FOUND: there is no
 * such directory or no office in it.
 */
enum omb_rc omb_target_find(const struct omb_args *args, struct omb_target *out,
                            struct omb_error *err) OMB_MUST_USE;

/* The public key in a key file, or in 64 hex digits. */
enum omb_rc omb_public_key_read(const char *text_or_path, uint8_t out[32],
                                struct omb_error *err) OMB_MUST_USE;

#endif
