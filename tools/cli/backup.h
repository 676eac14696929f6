/*
 * Where backups lie, for the verbs that look at them without a daemon.
 */
#ifndef OMB_CLI_BACKUP_H
#define OMB_CLI_BACKUP_H

#include "cli/run.h"

/* --from, or what the office's configuration says. OMB_INVALID: the line does not say which. */
enum omb_rc omb_cli_backup_folder(struct omb_cli *cli, char out[4096],
                                  struct omb_error *err) OMB_MUST_USE;

#endif
