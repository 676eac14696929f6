/*
 * Everything that explains the command line, made from its table.
 */
#ifndef OMB_CLI_HELP_H
#define OMB_CLI_HELP_H

#include <stdio.h>

#include "cli/verbs.h"

/* "usage: ombud case show [options] NUMBER" */
void omb_help_usage(FILE *file, const struct omb_verb *verb);
/* A verb with its options; NULL: all verbs. */
void omb_help_print(FILE *file, const struct omb_verb *verb);
/* The verbs of a group. */
void omb_help_group(FILE *file, const char *group);
/* ombud(1) */
void omb_help_man(FILE *file);
/* For bash: `. <(ombud completion bash)` */
void omb_help_completion(FILE *file);

#endif
