/*
 * The command line of the daemons. A line that cannot be parsed ends the program with status 2 and
 * the reason on stderr; --help and --version end it with 0. Internal to io/.
 */
#ifndef OMB_IO_OPTIONS_H
#define OMB_IO_OPTIONS_H

#include <stdbool.h>

#include "base/logline.h"

struct omb_options {
    const char *dir;       /* -C, else OMBUD_DIR */
    bool check_config;
    bool format_said;
    enum omb_log_format format;
};

/* program: ombud-node, ...; does: what it is, in a line. */
void omb_options_parse(const char *program, const char *does, int argc, char **argv,
                       struct omb_options *out);

#endif
